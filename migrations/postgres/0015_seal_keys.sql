-- Sealing keys that were ever made and are still needed, so that a key file without one of them is noticed at start. The keys
-- themselves are in the key file alone. Key 0, which is derived from the identity, has no row.
CREATE TABLE seal_key (
    bureau_id   BIGINT NOT NULL,
    id          BIGINT NOT NULL,
    made_at     BIGINT NOT NULL,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (bureau_id, id)
);
