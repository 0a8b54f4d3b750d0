-- Sealing keys that were ever made and are still needed, so that a key file without one of them is noticed at start. The keys
-- themselves are in the key file alone. Key 0, which is derived from the identity, has no row.
CREATE TABLE seal_key (
    bureau_id   INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    made_at     INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (bureau_id, id)
) STRICT, WITHOUT ROWID;
