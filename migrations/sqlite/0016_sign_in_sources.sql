-- The addresses that people tried to sign in from, account by account, and the wrong passwords of a session that asks for the present
-- one. source: a keyed hash of the address, which stands sealed in the events. Rows of caller 0 are of names that have no account.
CREATE TABLE sign_in_source (
    bureau_id    INTEGER NOT NULL,
    caller_id    INTEGER NOT NULL,
    source       BLOB NOT NULL,
    failures     INTEGER NOT NULL,
    failed_at    INTEGER,
    signed_in_at INTEGER,
    PRIMARY KEY (bureau_id, caller_id, source)
) STRICT, WITHOUT ROWID;
ALTER TABLE session ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
