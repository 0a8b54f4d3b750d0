-- By which reading of what people write (规范形式) the keys of a bureau were made: src/identity.rs, KEY_FORM. None: by a release that
-- had no number for it; `triage migrate` makes them again.
ALTER TABLE bureau ADD COLUMN key_form SMALLINT;
