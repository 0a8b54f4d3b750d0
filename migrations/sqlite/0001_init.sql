-- The first schema. Same tables and columns on both databases; only types and storage words differ.
-- Times are microseconds since the epoch, enums small integers, ids (bureau_id, sequence[, track]).

-- A bureau and the head of its history: the last sequence, the clock that never goes back, and what is in force.
CREATE TABLE bureau (
    bureau_id       INTEGER NOT NULL,
    key_fingerprint BLOB NOT NULL,
    sequence        INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    audit_number    INTEGER NOT NULL,
    rules           INTEGER NOT NULL,
    champion        TEXT,
    PRIMARY KEY (bureau_id)
) STRICT, WITHOUT ROWID;

-- Named callers. Tokens are random and stored hashed.
CREATE TABLE caller (
    bureau_id  INTEGER NOT NULL,
    caller_id  INTEGER NOT NULL,
    token_hash BLOB NOT NULL,
    role       INTEGER NOT NULL CHECK (role BETWEEN 1 AND 3),
    unit       TEXT,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (bureau_id, caller_id),
    UNIQUE (bureau_id, token_hash)
) STRICT, WITHOUT ROWID;

-- The event log: everything that changed the bureau, in order. The payload is the sealed command.
CREATE TABLE event (
    bureau_id   INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    kind        INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 23),
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
CREATE INDEX event_of_submission ON event (bureau_id, submission, sequence);

-- One row a registration number. Facts are in the events; the shop's name stands here to be searched, the template of
-- the complaint's text to be left again when the text is amended.
CREATE TABLE submission (
    bureau_id   INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    number      TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    shop        TEXT,
    template    INTEGER,
    PRIMARY KEY (bureau_id, sequence),
    UNIQUE (bureau_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX submission_by_shop ON submission (bureau_id, shop, sequence);

-- Where each file stands. token: the lease while leased, the version once signed for. mark: what an officer marked in
-- an export; outcome: the event by which an export told its end; as_of: as of when; taken_up: the platform accepted or filed it
-- before anybody here did. cluster: with whom it takes turns; respondent: the operator; turn: its place in the order of the
-- pull; due_on: the day its clock in force runs out, by the earliest reading; escalates_at: when somebody is told next that
-- nobody has signed for it; testing: days that do not count.
CREATE TABLE file (
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
    disposition   INTEGER CHECK (disposition BETWEEN 1 AND 10),
    recovered_fen INTEGER,
    ended_at      INTEGER,
    mark          INTEGER CHECK (mark IN (1, 2)),
    outcome       INTEGER,
    as_of         INTEGER,
    taken_up      INTEGER NOT NULL CHECK (taken_up IN (0, 1)),
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
    PRIMARY KEY (bureau_id, submission, track)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_waiting ON file (bureau_id, unit, track, turn, (COALESCE(due_on, 2147483647)), received_at, number) WHERE status = 1;
CREATE INDEX file_due ON file (bureau_id, unit, track, status, due_on) WHERE status IN (1, 2, 3, 5);
CREATE INDEX file_escalating ON file (bureau_id, escalates_at) WHERE status = 1 AND escalates_at IS NOT NULL;
CREATE INDEX file_of_cluster ON file (bureau_id, cluster, track) WHERE status IN (1, 2, 3, 5);
CREATE INDEX file_of_respondent ON file (bureau_id, respondent, track) WHERE status IN (1, 2, 3, 5);

-- The statutory clocks of each file (期限). started_by: the event that started it; met_on: the day it was kept.
CREATE TABLE deadline (
    bureau_id   INTEGER NOT NULL,
    submission  INTEGER NOT NULL,
    track       INTEGER NOT NULL CHECK (track IN (0, 1)),
    duty        INTEGER NOT NULL,
    started_by  INTEGER NOT NULL,
    law         INTEGER NOT NULL,
    article     TEXT NOT NULL,
    started_on  INTEGER NOT NULL,
    due_on      INTEGER NOT NULL,
    latest_on   INTEGER NOT NULL,
    provisional INTEGER NOT NULL CHECK (provisional IN (0, 1)),
    met_on      INTEGER,
    dropped     INTEGER NOT NULL CHECK (dropped IN (0, 1)),
    PRIMARY KEY (bureau_id, submission, track, duty, started_by)
) STRICT, WITHOUT ROWID;
CREATE INDEX deadline_running ON deadline (bureau_id, due_on, submission) WHERE met_on IS NULL AND dropped = 0;
CREATE INDEX deadline_provisional ON deadline (bureau_id, submission) WHERE provisional = 1 AND met_on IS NULL AND dropped = 0;

-- How long files were held here (办理时长), from signing to the end, in working minutes, by kind.
CREATE TABLE held (
    bureau_id INTEGER NOT NULL,
    track     INTEGER NOT NULL CHECK (track IN (0, 1)),
    kind      TEXT NOT NULL,
    sequence  INTEGER NOT NULL,
    minutes   INTEGER NOT NULL,
    PRIMARY KEY (bureau_id, track, kind, sequence)
) STRICT, WITHOUT ROWID;

-- Reconsiderations and suits against decisions (复议、诉讼).
CREATE TABLE review (
    bureau_id   INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    submission  INTEGER NOT NULL,
    track       INTEGER NOT NULL CHECK (track IN (0, 1)),
    kind        INTEGER NOT NULL CHECK (kind IN (1, 2)),
    authority   TEXT NOT NULL,
    attacked    INTEGER NOT NULL,
    received_on INTEGER NOT NULL,
    reply_on    INTEGER NOT NULL,
    outcome     INTEGER CHECK (outcome BETWEEN 1 AND 5),
    ended_by    INTEGER,
    PRIMARY KEY (bureau_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX review_of_file ON review (bureau_id, submission, track);

-- What was decided, whole: once when the file came in, again (score only) when it was amended.
CREATE TABLE decision (
    bureau_id   INTEGER NOT NULL,
    submission  INTEGER NOT NULL,
    track       INTEGER NOT NULL CHECK (track IN (0, 1)),
    sequence    INTEGER NOT NULL,
    rules       INTEGER NOT NULL,
    schema_hash TEXT,
    vector      BLOB,
    model       TEXT,
    log_odds    REAL,
    score       REAL,
    band        INTEGER CHECK (band BETWEEN 1 AND 5),
    reasons     TEXT,
    evidence    TEXT,
    PRIMARY KEY (bureau_id, submission, track, sequence)
) STRICT, WITHOUT ROWID;

-- Which unit got the file, and why; one row a move.
CREATE TABLE assignment (
    bureau_id  INTEGER NOT NULL,
    submission INTEGER NOT NULL,
    track      INTEGER NOT NULL CHECK (track IN (0, 1)),
    sequence   INTEGER NOT NULL,
    unit       TEXT NOT NULL,
    basis      INTEGER NOT NULL CHECK (basis BETWEEN 1 AND 25),
    centiunits INTEGER NOT NULL,
    matched    TEXT,
    PRIMARY KEY (bureau_id, submission, track, sequence)
) STRICT, WITHOUT ROWID;

-- Who was considered when the file came in, and at what load.
CREATE TABLE candidate (
    bureau_id        INTEGER NOT NULL,
    submission       INTEGER NOT NULL,
    track            INTEGER NOT NULL CHECK (track IN (0, 1)),
    position         INTEGER NOT NULL,
    unit             TEXT NOT NULL,
    open_centiunits  INTEGER NOT NULL,
    centiofficers    INTEGER NOT NULL,
    assigned_centiunits INTEGER NOT NULL,
    month_centiofficers INTEGER NOT NULL,
    barred           INTEGER CHECK (barred BETWEEN 1 AND 3),
    chosen           INTEGER NOT NULL CHECK (chosen IN (0, 1)),
    PRIMARY KEY (bureau_id, submission, track, position)
) STRICT, WITHOUT ROWID;

-- Earlier complaints by keyed marks: all the past that features read. Reports never enter.
CREATE TABLE history (
    bureau_id  INTEGER NOT NULL,
    mark       BLOB NOT NULL,
    recency    INTEGER NOT NULL,
    number     TEXT NOT NULL,
    name       INTEGER,
    person     INTEGER,
    respondent INTEGER,
    product    INTEGER,
    template   INTEGER,
    keys       BLOB NOT NULL,
    PRIMARY KEY (bureau_id, mark, recency)
) STRICT, WITHOUT ROWID;

-- Templates by the keyed anchors of their first text; recency is that text's place in receive order, and the sketch is
-- the text in 128 bits that tell how much two texts are alike.
CREATE TABLE anchor (
    bureau_id   INTEGER NOT NULL,
    anchor      INTEGER NOT NULL,
    recency     INTEGER NOT NULL,
    sketch_high INTEGER NOT NULL,
    sketch_low  INTEGER NOT NULL,
    PRIMARY KEY (bureau_id, anchor, recency)
) STRICT, WITHOUT ROWID;

-- Links that a person has cut: under this mark, these two holders (name or person marks) are not one.
CREATE TABLE cut (
    bureau_id INTEGER NOT NULL,
    mark      BLOB NOT NULL,
    one       INTEGER NOT NULL,
    other     INTEGER NOT NULL,
    sequence  INTEGER NOT NULL,
    PRIMARY KEY (bureau_id, mark, one, other)
) STRICT, WITHOUT ROWID;

-- Phones and documents by keyed hash, for the exact search.
CREATE TABLE search_key (
    bureau_id  INTEGER NOT NULL,
    mark       BLOB NOT NULL,
    submission INTEGER NOT NULL,
    track      INTEGER NOT NULL CHECK (track IN (0, 1)),
    PRIMARY KEY (bureau_id, mark, submission, track)
) STRICT, WITHOUT ROWID;

-- Open work of each unit, how many files its queue has given out, and the work assigned to it in the month of that number
-- (years x 12 + months).
CREATE TABLE unit_load (
    bureau_id       INTEGER NOT NULL,
    unit            TEXT NOT NULL,
    track           INTEGER NOT NULL CHECK (track IN (0, 1)),
    open_centiunits INTEGER NOT NULL,
    served          INTEGER NOT NULL,
    month           INTEGER NOT NULL,
    assigned_centiunits INTEGER NOT NULL,
    PRIMARY KEY (bureau_id, unit, track)
) STRICT, WITHOUT ROWID;

-- Bureau files as loaded; the newest is in force.
CREATE TABLE rules (
    bureau_id INTEGER NOT NULL,
    sequence  INTEGER NOT NULL,
    content   TEXT NOT NULL,
    PRIMARY KEY (bureau_id, sequence)
) STRICT, WITHOUT ROWID;

-- Fitted models, as plain JSON; the id is the digest of the artefact.
CREATE TABLE model (
    bureau_id  INTEGER NOT NULL,
    model      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    artefact   TEXT NOT NULL,
    PRIMARY KEY (bureau_id, model)
) STRICT, WITHOUT ROWID;

-- Every change and every look: ids only, never personal text.
CREATE TABLE audit (
    bureau_id  INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    caller_id  INTEGER NOT NULL,
    officer    TEXT,
    action     TEXT NOT NULL,
    sequence   INTEGER,
    submission INTEGER,
    track      INTEGER CHECK (track IN (0, 1)),
    PRIMARY KEY (bureau_id, number)
) STRICT, WITHOUT ROWID;

-- What the planner cannot know of an empty database and would never learn: a bureau is all there is, and the indexes that
-- begin with it are told apart by what follows. Left to guess, it takes one bureau for ten rows, and reads a table from
-- end to end where an index of open files would do. In average rows by each prefix of an index.
ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('event', 'event', '100000 100000 1'),
    ('event', 'sqlite_autoindex_event_2', '100000 100000 50000 1'),
    ('event', 'event_of_submission', '100000 100000 4 1'),
    ('submission', 'submission', '100000 100000 1'),
    ('submission', 'sqlite_autoindex_submission_2', '100000 100000 1'),
    ('submission', 'submission_by_shop', '100000 100000 10 1'),
    ('file', 'file', '100000 100000 2 1'),
    ('file', 'file_waiting', '2000 2000 100 50 10 4 2 1'),
    ('file', 'file_due', '2000 2000 100 50 10 2'),
    ('file', 'file_escalating', '2000 2000 2'),
    ('file', 'file_of_cluster', '2000 2000 2 2'),
    ('file', 'file_of_respondent', '2000 2000 2 2'),
    ('deadline', 'deadline', '200000 200000 4 2 1 1'),
    ('deadline', 'deadline_running', '4000 4000 100 2'),
    ('deadline', 'deadline_provisional', '100 100 2'),
    ('held', 'held', '100000 100000 50000 1000 1'),
    ('review', 'review', '1000 1000 1'),
    ('review', 'review_of_file', '1000 1000 1 1'),
    ('decision', 'decision', '100000 100000 2 1 1'),
    ('assignment', 'assignment', '100000 100000 2 1 1'),
    ('candidate', 'candidate', '500000 500000 5 4 1'),
    ('history', 'history', '400000 400000 4 1'),
    ('anchor', 'anchor', '1000000 1000000 4 1'),
    ('cut', 'cut', '100 100 2 1 1'),
    ('search_key', 'search_key', '200000 200000 4 2 1'),
    ('audit', 'audit', '100000 100000 1');
ANALYZE sqlite_schema;
