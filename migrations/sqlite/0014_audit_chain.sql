-- The trail as a chain: each row keeps its hash, the head row of a bureau the newest. hash: none in rows of releases that had no
-- chain. audit_hash: that of row audit_linked; audit_before: the last row from before there was a chain, audit_first: what binds
-- these rows. None until the first batch or the first command of this release.
ALTER TABLE audit ADD COLUMN hash BLOB;
ALTER TABLE bureau ADD COLUMN audit_hash BLOB;
ALTER TABLE bureau ADD COLUMN audit_linked INTEGER;
ALTER TABLE bureau ADD COLUMN audit_before INTEGER;
ALTER TABLE bureau ADD COLUMN audit_first BLOB;
