-- What exports say of fines (file.fined_fen) and of what was confiscated (file.confiscated_fen), in fen: for the yearly figures.
ALTER TABLE file ADD COLUMN fined_fen BIGINT;
ALTER TABLE file ADD COLUMN confiscated_fen BIGINT;
