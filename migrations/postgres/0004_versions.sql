-- Which version of the deciding code an event was decided by, and a term computed by (src/ledger/versions.rs); none: by a release
-- that had no versions.
ALTER TABLE event ADD COLUMN version SMALLINT;
ALTER TABLE deadline ADD COLUMN version SMALLINT;
