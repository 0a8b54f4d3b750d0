-- The kinds of events are a list that grows; the program knows it, and refuses to read a code that it does not know.
-- SQLite cannot change a CHECK: the table is written again.
CREATE TABLE event_again (
    bureau_id   INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    kind        INTEGER NOT NULL CHECK (kind >= 1),
    caller_id   INTEGER NOT NULL,
    request_id  TEXT NOT NULL,
    digest      BLOB NOT NULL,
    submission  INTEGER,
    track       INTEGER CHECK (track IN (0, 1)),
    payload     BLOB NOT NULL,
    answer      TEXT,
    PRIMARY KEY (bureau_id, sequence),
    UNIQUE (bureau_id, caller_id, request_id)
) STRICT, WITHOUT ROWID;
INSERT INTO event_again (bureau_id, sequence, recorded_at, kind, caller_id, request_id, digest, submission, track, payload, answer)
    SELECT bureau_id, sequence, recorded_at, kind, caller_id, request_id, digest, submission, track, payload, answer
    FROM event ORDER BY bureau_id, sequence;
DROP TABLE event;
ALTER TABLE event_again RENAME TO event;
CREATE INDEX event_of_submission ON event (bureau_id, submission, sequence);

-- What the planner is told of the table went with it; see 0001.
DELETE FROM sqlite_stat1 WHERE tbl IN ('event', 'event_again');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('event', 'event', '100000 100000 1'),
    ('event', 'sqlite_autoindex_event_2', '100000 100000 50000 1'),
    ('event', 'event_of_submission', '100000 100000 4 1');
ANALYZE sqlite_schema;
