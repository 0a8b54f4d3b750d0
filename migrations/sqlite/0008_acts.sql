-- Ends, grounds and acts of Order 121: more ends of a file (file.disposition), why mediation ended (file.termination), officers
-- who do not handle it (file.recused, a JSON list), when it was to be decided again (file.reopened_at), more ends of a review (review.outcome).
-- SQLite widens a CHECK only by another table.
CREATE TABLE file_wider (
    bureau_id     INTEGER NOT NULL,
    submission    INTEGER NOT NULL,
    track         INTEGER NOT NULL CHECK (track IN (0, 1)),
    number        TEXT NOT NULL,
    received_at   INTEGER NOT NULL,
    unit          TEXT NOT NULL,
    status        INTEGER NOT NULL CHECK (status BETWEEN 1 AND 7),
    centiunits    INTEGER NOT NULL,
    token         INTEGER,
    leased_until  INTEGER,
    skipped_until INTEGER,
    officer       TEXT,
    withdrawn_at  INTEGER,
    urges         INTEGER NOT NULL,
    finding       INTEGER CHECK (finding BETWEEN 1 AND 3),
    ground        INTEGER CHECK (ground BETWEEN 1 AND 7),
    disposition   INTEGER CHECK (disposition BETWEEN 1 AND 13),
    recovered_fen INTEGER,
    ended_at      INTEGER,
    imported_label INTEGER CHECK (imported_label IN (1, 2)),
    outcome       INTEGER,
    as_of         INTEGER,
    accepted_upstream INTEGER NOT NULL CHECK (accepted_upstream IN (0, 1)),
    cluster       INTEGER NOT NULL,
    respondent    INTEGER,
    turn          INTEGER NOT NULL,
    due_on        INTEGER,
    queued_at     INTEGER NOT NULL,
    escalates_at  INTEGER,
    warned_at     INTEGER,
    signed_at     INTEGER,
    skips         INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    testing       TEXT,
    termination   INTEGER CHECK (termination BETWEEN 1 AND 8),
    recused       TEXT,
    reopened_at   INTEGER,
    PRIMARY KEY (bureau_id, submission, track)
) STRICT, WITHOUT ROWID;
INSERT INTO file_wider SELECT *, NULL, NULL, NULL FROM file;
DROP TABLE file;
ALTER TABLE file_wider RENAME TO file;
CREATE INDEX file_waiting ON file (bureau_id, unit, track, turn, (COALESCE(due_on, 2147483647)), received_at, number) WHERE status = 1;
CREATE INDEX file_escalating ON file (bureau_id, escalates_at) WHERE status = 1 AND escalates_at IS NOT NULL;
CREATE INDEX file_of_cluster ON file (bureau_id, unit, track, cluster) WHERE status + 0 < 2;
CREATE INDEX file_due ON file (bureau_id, unit, track, status, due_on) WHERE status + 0 IN (1, 2, 3, 5);

CREATE TABLE review_wider (
    bureau_id   INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    submission  INTEGER NOT NULL,
    track       INTEGER NOT NULL CHECK (track IN (0, 1)),
    kind        INTEGER NOT NULL CHECK (kind IN (1, 2)),
    authority   TEXT NOT NULL,
    challenged  INTEGER NOT NULL,
    received_on INTEGER NOT NULL,
    reply_on    INTEGER NOT NULL,
    outcome     INTEGER CHECK (outcome BETWEEN 1 AND 8),
    ended_by    INTEGER,
    PRIMARY KEY (bureau_id, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO review_wider SELECT * FROM review;
DROP TABLE review;
ALTER TABLE review_wider RENAME TO review;
CREATE INDEX review_of_file ON review (bureau_id, submission, track);

-- What the planner is told of the tables went with them; see 0001.
DELETE FROM sqlite_stat1 WHERE tbl IN ('file', 'file_wider', 'review', 'review_wider');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('file', 'file', '100000 100000 2 1'),
    ('file', 'file_waiting', '2000 2000 100 50 10 4 2 1'),
    ('file', 'file_escalating', '2000 2000 2'),
    ('review', 'review', '1000 1000 1'),
    ('review', 'review_of_file', '1000 1000 1 1'),
    ('file', 'file_of_cluster', '2000 2000 100 50 2'),
    ('file', 'file_due', '2000 2000 100 50 10 2');
ANALYZE sqlite_schema;
