-- The first schema. Same tables and columns on both databases; only types and storage words differ.
-- Times are microseconds since the epoch, enums small integers, ids (bureau_id, sequence[, track]).

-- A bureau and the head of its history: the last sequence, the clock that never goes back, and what is in force.
CREATE TABLE bureau (
    bureau_id       BIGINT NOT NULL,
    key_fingerprint BYTEA NOT NULL,
    sequence        BIGINT NOT NULL,
    recorded_at     BIGINT NOT NULL,
    audit_number    BIGINT NOT NULL,
    rules           BIGINT NOT NULL,
    champion        TEXT COLLATE "C",
    PRIMARY KEY (bureau_id)
);

-- Named callers. Tokens are random and stored hashed.
CREATE TABLE caller (
    bureau_id  BIGINT NOT NULL,
    caller_id  BIGINT NOT NULL,
    token_hash BYTEA NOT NULL,
    role       SMALLINT NOT NULL CHECK (role BETWEEN 1 AND 3),
    unit       TEXT COLLATE "C",
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (bureau_id, caller_id),
    UNIQUE (bureau_id, token_hash)
);

-- The event log: everything that changed the bureau, in order. The payload is the sealed command.
CREATE TABLE event (
    bureau_id   BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    kind        SMALLINT NOT NULL CHECK (kind BETWEEN 1 AND 23),
    caller_id   BIGINT NOT NULL,
    request_id  TEXT COLLATE "C" NOT NULL,
    digest      BYTEA NOT NULL,
    submission  BIGINT,
    track       SMALLINT CHECK (track IN (0, 1)),
    payload     BYTEA NOT NULL,
    answer      TEXT COLLATE "C",
    PRIMARY KEY (bureau_id, sequence),
    UNIQUE (bureau_id, caller_id, request_id)
);
CREATE INDEX event_of_submission ON event (bureau_id, submission, sequence);

-- One row a registration number. Facts are in the events; the shop's name stands here to be searched, the template of
-- the complaint's text to be left again when the text is amended.
CREATE TABLE submission (
    bureau_id   BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    number      TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    shop        TEXT COLLATE "C",
    template    BIGINT,
    PRIMARY KEY (bureau_id, sequence),
    UNIQUE (bureau_id, number)
);
CREATE INDEX submission_by_shop ON submission (bureau_id, shop, sequence);

-- Where each file stands. token: the lease while leased, the version once signed for. mark: what an officer marked in
-- an export; outcome: the event by which an export told its end; as_of: as of when; taken_up: the platform accepted or filed it
-- before anybody here did. cluster: with whom it takes turns; respondent: the operator; turn: its place in the order of the
-- pull; due_on: the day its clock in force runs out, by the earliest reading; escalates_at: when somebody is told next that
-- nobody has signed for it; testing: days that do not count.
CREATE TABLE file (
    bureau_id     BIGINT NOT NULL,
    submission    BIGINT NOT NULL,
    track         SMALLINT NOT NULL CHECK (track IN (0, 1)),
    number        TEXT COLLATE "C" NOT NULL,
    received_at   BIGINT NOT NULL,
    unit          TEXT COLLATE "C" NOT NULL,
    status        SMALLINT NOT NULL CHECK (status BETWEEN 1 AND 7),
    centiunits    BIGINT NOT NULL,
    token         BIGINT,
    leased_until  BIGINT,
    skipped_until BIGINT,
    officer       TEXT COLLATE "C",
    withdrawn_at  BIGINT,
    urges         BIGINT NOT NULL,
    finding       SMALLINT CHECK (finding BETWEEN 1 AND 3),
    ground        SMALLINT CHECK (ground BETWEEN 1 AND 7),
    disposition   SMALLINT CHECK (disposition BETWEEN 1 AND 10),
    recovered_fen BIGINT,
    ended_at      BIGINT,
    mark          SMALLINT CHECK (mark IN (1, 2)),
    outcome       BIGINT,
    as_of         BIGINT,
    taken_up      SMALLINT NOT NULL CHECK (taken_up IN (0, 1)),
    cluster       BIGINT NOT NULL,
    respondent    BIGINT,
    turn          BIGINT NOT NULL,
    due_on        BIGINT,
    queued_at     BIGINT NOT NULL,
    escalates_at  BIGINT,
    warned_at     BIGINT,
    signed_at     BIGINT,
    skips         BIGINT NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    testing       TEXT COLLATE "C",
    PRIMARY KEY (bureau_id, submission, track)
);
CREATE INDEX file_waiting ON file (bureau_id, unit, track, turn, (COALESCE(due_on, 2147483647)), received_at, number) WHERE status = 1;
CREATE INDEX file_due ON file (bureau_id, unit, track, status, due_on) WHERE status IN (1, 2, 3, 5);
CREATE INDEX file_escalating ON file (bureau_id, escalates_at) WHERE status = 1 AND escalates_at IS NOT NULL;
CREATE INDEX file_of_cluster ON file (bureau_id, cluster, track) WHERE status IN (1, 2, 3, 5);
CREATE INDEX file_of_respondent ON file (bureau_id, respondent, track) WHERE status IN (1, 2, 3, 5);

-- The statutory clocks of each file (期限). started_by: the event that started it; met_on: the day it was kept.
CREATE TABLE deadline (
    bureau_id   BIGINT NOT NULL,
    submission  BIGINT NOT NULL,
    track       SMALLINT NOT NULL CHECK (track IN (0, 1)),
    duty        SMALLINT NOT NULL,
    started_by  BIGINT NOT NULL,
    law         SMALLINT NOT NULL,
    article     TEXT COLLATE "C" NOT NULL,
    started_on  BIGINT NOT NULL,
    due_on      BIGINT NOT NULL,
    latest_on   BIGINT NOT NULL,
    provisional SMALLINT NOT NULL CHECK (provisional IN (0, 1)),
    met_on      BIGINT,
    dropped     SMALLINT NOT NULL CHECK (dropped IN (0, 1)),
    PRIMARY KEY (bureau_id, submission, track, duty, started_by)
);
CREATE INDEX deadline_running ON deadline (bureau_id, due_on, submission) WHERE met_on IS NULL AND dropped = 0;
CREATE INDEX deadline_provisional ON deadline (bureau_id, submission) WHERE provisional = 1 AND met_on IS NULL AND dropped = 0;

-- How long files were held here (办理时长), from signing to the end, in working minutes, by kind.
CREATE TABLE held (
    bureau_id BIGINT NOT NULL,
    track     SMALLINT NOT NULL CHECK (track IN (0, 1)),
    kind      TEXT COLLATE "C" NOT NULL,
    sequence  BIGINT NOT NULL,
    minutes   BIGINT NOT NULL,
    PRIMARY KEY (bureau_id, track, kind, sequence)
);

-- Reconsiderations and suits against decisions (复议、诉讼).
CREATE TABLE review (
    bureau_id   BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    submission  BIGINT NOT NULL,
    track       SMALLINT NOT NULL CHECK (track IN (0, 1)),
    kind        SMALLINT NOT NULL CHECK (kind IN (1, 2)),
    authority   TEXT COLLATE "C" NOT NULL,
    attacked    SMALLINT NOT NULL,
    received_on BIGINT NOT NULL,
    reply_on    BIGINT NOT NULL,
    outcome     SMALLINT CHECK (outcome BETWEEN 1 AND 5),
    ended_by    BIGINT,
    PRIMARY KEY (bureau_id, sequence)
);
CREATE INDEX review_of_file ON review (bureau_id, submission, track);

-- What was decided, whole: once when the file came in, again (score only) when it was amended.
CREATE TABLE decision (
    bureau_id   BIGINT NOT NULL,
    submission  BIGINT NOT NULL,
    track       SMALLINT NOT NULL CHECK (track IN (0, 1)),
    sequence    BIGINT NOT NULL,
    rules       BIGINT NOT NULL,
    schema_hash TEXT COLLATE "C",
    vector      BYTEA,
    model       TEXT COLLATE "C",
    log_odds    DOUBLE PRECISION,
    score       DOUBLE PRECISION,
    band        SMALLINT CHECK (band BETWEEN 1 AND 5),
    reasons     TEXT COLLATE "C",
    evidence    TEXT COLLATE "C",
    PRIMARY KEY (bureau_id, submission, track, sequence)
);

-- Which unit got the file, and why; one row a move.
CREATE TABLE assignment (
    bureau_id  BIGINT NOT NULL,
    submission BIGINT NOT NULL,
    track      SMALLINT NOT NULL CHECK (track IN (0, 1)),
    sequence   BIGINT NOT NULL,
    unit       TEXT COLLATE "C" NOT NULL,
    basis      SMALLINT NOT NULL CHECK (basis BETWEEN 1 AND 25),
    centiunits BIGINT NOT NULL,
    matched    TEXT COLLATE "C",
    PRIMARY KEY (bureau_id, submission, track, sequence)
);

-- Who was considered when the file came in, and at what load.
CREATE TABLE candidate (
    bureau_id        BIGINT NOT NULL,
    submission       BIGINT NOT NULL,
    track            SMALLINT NOT NULL CHECK (track IN (0, 1)),
    position         SMALLINT NOT NULL,
    unit             TEXT COLLATE "C" NOT NULL,
    open_centiunits  BIGINT NOT NULL,
    centiofficers    BIGINT NOT NULL,
    assigned_centiunits BIGINT NOT NULL,
    month_centiofficers BIGINT NOT NULL,
    barred           SMALLINT CHECK (barred BETWEEN 1 AND 3),
    chosen           SMALLINT NOT NULL CHECK (chosen IN (0, 1)),
    PRIMARY KEY (bureau_id, submission, track, position)
);

-- Earlier complaints by keyed marks: all the past that features read. Reports never enter.
CREATE TABLE history (
    bureau_id  BIGINT NOT NULL,
    mark       BYTEA NOT NULL,
    recency    BIGINT NOT NULL,
    number     TEXT COLLATE "C" NOT NULL,
    name       BIGINT,
    person     BIGINT,
    respondent BIGINT,
    product    BIGINT,
    template   BIGINT,
    keys       BYTEA NOT NULL,
    PRIMARY KEY (bureau_id, mark, recency)
);

-- Templates by the keyed anchors of their first text; recency is that text's place in receive order, and the sketch is
-- the text in 128 bits that tell how much two texts are alike.
CREATE TABLE anchor (
    bureau_id   BIGINT NOT NULL,
    anchor      BIGINT NOT NULL,
    recency     BIGINT NOT NULL,
    sketch_high BIGINT NOT NULL,
    sketch_low  BIGINT NOT NULL,
    PRIMARY KEY (bureau_id, anchor, recency)
);

-- Links that a person has cut: under this mark, these two holders (name or person marks) are not one.
CREATE TABLE cut (
    bureau_id BIGINT NOT NULL,
    mark      BYTEA NOT NULL,
    one       BIGINT NOT NULL,
    other     BIGINT NOT NULL,
    sequence  BIGINT NOT NULL,
    PRIMARY KEY (bureau_id, mark, one, other)
);

-- Phones and documents by keyed hash, for the exact search.
CREATE TABLE search_key (
    bureau_id  BIGINT NOT NULL,
    mark       BYTEA NOT NULL,
    submission BIGINT NOT NULL,
    track      SMALLINT NOT NULL CHECK (track IN (0, 1)),
    PRIMARY KEY (bureau_id, mark, submission, track)
);

-- Open work of each unit, how many files its queue has given out, and the work assigned to it in the month of that number
-- (years x 12 + months).
CREATE TABLE unit_load (
    bureau_id       BIGINT NOT NULL,
    unit            TEXT COLLATE "C" NOT NULL,
    track           SMALLINT NOT NULL CHECK (track IN (0, 1)),
    open_centiunits BIGINT NOT NULL,
    served          BIGINT NOT NULL,
    month           BIGINT NOT NULL,
    assigned_centiunits BIGINT NOT NULL,
    PRIMARY KEY (bureau_id, unit, track)
);

-- Bureau files as loaded; the newest is in force.
CREATE TABLE rules (
    bureau_id BIGINT NOT NULL,
    sequence  BIGINT NOT NULL,
    content   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (bureau_id, sequence)
);

-- Fitted models, as plain JSON; the id is the digest of the artefact.
CREATE TABLE model (
    bureau_id  BIGINT NOT NULL,
    model      TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    artefact   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (bureau_id, model)
);

-- Every change and every look: ids only, never personal text.
CREATE TABLE audit (
    bureau_id  BIGINT NOT NULL,
    number     BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    caller_id  BIGINT NOT NULL,
    officer    TEXT COLLATE "C",
    action     TEXT COLLATE "C" NOT NULL,
    sequence   BIGINT,
    submission BIGINT,
    track      SMALLINT CHECK (track IN (0, 1)),
    PRIMARY KEY (bureau_id, number)
);
