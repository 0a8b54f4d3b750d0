-- One word for one thing (docs/glossary.md): a decision before a court or an authority is challenged. A name alone changes.
ALTER TABLE review RENAME COLUMN attacked TO challenged;
