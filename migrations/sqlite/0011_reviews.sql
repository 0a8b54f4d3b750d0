-- Reconsideration by the simplified procedure (review.kind), and acts that are declared void (review.outcome).
-- SQLite widens a CHECK only by another table.
CREATE TABLE review_wider (
    bureau_id   INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    submission  INTEGER NOT NULL,
    track       INTEGER NOT NULL CHECK (track IN (0, 1)),
    kind        INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
    authority   TEXT NOT NULL,
    challenged  INTEGER NOT NULL,
    received_on INTEGER NOT NULL,
    reply_on    INTEGER NOT NULL,
    outcome     INTEGER CHECK (outcome BETWEEN 1 AND 9),
    ended_by    INTEGER,
    PRIMARY KEY (bureau_id, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO review_wider SELECT * FROM review;
DROP TABLE review;
ALTER TABLE review_wider RENAME TO review;
CREATE INDEX review_of_file ON review (bureau_id, submission, track);

-- What the planner is told of it went with it; see 0001.
DELETE FROM sqlite_stat1 WHERE tbl IN ('review', 'review_wider');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('review', 'review', '1000 1000 1'),
    ('review', 'review_of_file', '1000 1000 1 1');
ANALYZE sqlite_schema;
