-- Identity keys (标识密钥): by which key the key hashes of a bureau are made. What is found by key hashes stands under the bureau's id plus
-- 2^32 times the number of its key, in history, anchor, cut and search_key: what another key makes is made beside it, and the bureau
-- changes from the one to the other by one number. hash_key: in use; next_hash_key: is being made, from the log up to rekeyed_to;
-- last_hash_key: was in use, its rows are being removed.
ALTER TABLE bureau ADD COLUMN hash_key INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bureau ADD COLUMN next_hash_key INTEGER;
ALTER TABLE bureau ADD COLUMN rekeyed_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bureau ADD COLUMN last_hash_key INTEGER;
-- The template that the next key's rows of a submission name: to take them away when it is made again.
ALTER TABLE submission ADD COLUMN rekeyed_template INTEGER;

-- Identity keys that a bureau needs, so that a key file without one of them is noticed at start. The keys themselves are in the key file
-- alone. Key 0, which is derived from the identity, has no row.
CREATE TABLE hash_key (
    bureau_id   INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    made_at     INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (bureau_id, id)
) STRICT, WITHOUT ROWID;

-- While another key is being made: the numbers of persons and operators by both keys. Empty otherwise.
CREATE TABLE rekeyed (
    bureau_id     INTEGER NOT NULL,
    number_before INTEGER NOT NULL,
    number_after  INTEGER NOT NULL,
    PRIMARY KEY (bureau_id, number_before)
) STRICT, WITHOUT ROWID;

-- What the planner cannot know of an empty table; see 0001.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('rekeyed', 'rekeyed', '100000 100000 1');
ANALYZE sqlite_schema;
