-- The addresses that people tried to sign in from, account by account, and the wrong passwords of a session that asks for the present
-- one. source: a keyed hash of the address, which stands sealed in the events. Rows of caller 0 are of names that have no account.
CREATE TABLE sign_in_source (
    bureau_id    BIGINT NOT NULL,
    caller_id    BIGINT NOT NULL,
    source       BYTEA NOT NULL,
    failures     BIGINT NOT NULL,
    failed_at    BIGINT,
    signed_in_at BIGINT,
    PRIMARY KEY (bureau_id, caller_id, source)
);
ALTER TABLE session ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
