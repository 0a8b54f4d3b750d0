-- Whether a person has found that there is a danger (file.danger): 1 there is, 0 there is none, NULL nobody has looked. What is
-- dangerous goes first.
ALTER TABLE file ADD COLUMN danger INTEGER CHECK (danger IN (0, 1));
CREATE INDEX file_in_danger ON file (bureau_id, unit, track, turn) WHERE danger = 1 AND status + 0 = 1;

-- What the planner is told of it; see 0001.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('file', 'file_in_danger', '20 20 2 2 1');
ANALYZE sqlite_schema;
