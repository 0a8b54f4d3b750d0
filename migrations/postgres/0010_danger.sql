-- Whether a person has found that there is a danger (file.danger): 1 there is, 0 there is none, NULL nobody has looked. What is
-- dangerous goes first.
ALTER TABLE file ADD COLUMN danger SMALLINT CHECK (danger IN (0, 1));
CREATE INDEX file_in_danger ON file (bureau_id, unit, track, turn) WHERE danger = 1 AND status + 0 = 1;
