-- Accounts of persons and their sessions, and tokens that end by themselves or give way to another.
ALTER TABLE caller ADD COLUMN expires_at BIGINT;
ALTER TABLE caller ADD COLUMN earlier_token_hash BYTEA;
ALTER TABLE caller ADD COLUMN earlier_until BIGINT;
CREATE UNIQUE INDEX caller_by_earlier_token ON caller (bureau_id, earlier_token_hash) WHERE earlier_token_hash IS NOT NULL;

-- roles: a bit each, by the code of the role. passwords: hashes (argon2id), the present one first, one a line.
CREATE TABLE account (
    bureau_id    BIGINT NOT NULL,
    caller_id    BIGINT NOT NULL,
    officer      TEXT COLLATE "C" NOT NULL,
    roles        SMALLINT NOT NULL,
    created_at   BIGINT NOT NULL,
    closed_at    BIGINT,
    passwords    TEXT COLLATE "C" NOT NULL,
    password_at  BIGINT NOT NULL,
    must_change  SMALLINT NOT NULL CHECK (must_change IN (0, 1)),
    failures     BIGINT NOT NULL,
    failed_at    BIGINT,
    signed_in_at BIGINT,
    PRIMARY KEY (bureau_id, caller_id)
);
CREATE UNIQUE INDEX account_of_officer ON account (bureau_id, officer) WHERE closed_at IS NULL;

-- Tokens are random and stored hashed. used_at: when it was used last, to the minute.
CREATE TABLE session (
    bureau_id  BIGINT NOT NULL,
    token_hash BYTEA NOT NULL,
    caller_id  BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    PRIMARY KEY (bureau_id, token_hash)
);
CREATE INDEX session_of_account ON session (bureau_id, caller_id);
