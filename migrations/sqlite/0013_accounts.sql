-- Accounts of persons and their sessions, and tokens that end by themselves or give way to another.
ALTER TABLE caller ADD COLUMN expires_at INTEGER;
ALTER TABLE caller ADD COLUMN earlier_token_hash BLOB;
ALTER TABLE caller ADD COLUMN earlier_until INTEGER;
CREATE UNIQUE INDEX caller_by_earlier_token ON caller (bureau_id, earlier_token_hash) WHERE earlier_token_hash IS NOT NULL;

-- roles: a bit each, by the code of the role. passwords: hashes (argon2id), the present one first, one a line.
CREATE TABLE account (
    bureau_id    INTEGER NOT NULL,
    caller_id    INTEGER NOT NULL,
    officer      TEXT NOT NULL,
    roles        INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    closed_at    INTEGER,
    passwords    TEXT NOT NULL,
    password_at  INTEGER NOT NULL,
    must_change  INTEGER NOT NULL CHECK (must_change IN (0, 1)),
    failures     INTEGER NOT NULL,
    failed_at    INTEGER,
    signed_in_at INTEGER,
    PRIMARY KEY (bureau_id, caller_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_of_officer ON account (bureau_id, officer) WHERE closed_at IS NULL;

-- Tokens are random and stored hashed. used_at: when it was used last, to the minute.
CREATE TABLE session (
    bureau_id  INTEGER NOT NULL,
    token_hash BLOB NOT NULL,
    caller_id  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    PRIMARY KEY (bureau_id, token_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of_account ON session (bureau_id, caller_id);
