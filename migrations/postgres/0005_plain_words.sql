-- One word for one thing (docs/glossary.md): a keyed hash is a key hash, what an officer wrote in an export an imported label, what the
-- platform accepted or filed before anybody here did accepted upstream, and files of one cluster or against one operator related files.
-- Names alone change. The service is stopped for it, as for every `triage migrate`; no older program can work on the database after it.
ALTER TABLE history RENAME COLUMN mark TO key_hash;
ALTER TABLE cut RENAME COLUMN mark TO key_hash;
ALTER TABLE search_key RENAME COLUMN mark TO key_hash;
ALTER TABLE file RENAME COLUMN mark TO imported_label;
ALTER TABLE file RENAME COLUMN taken_up TO accepted_upstream;
ALTER TABLE kin RENAME TO related_files;
ALTER TABLE related_files RENAME COLUMN mark TO related_to;
ALTER INDEX kin_pkey RENAME TO related_files_pkey;
