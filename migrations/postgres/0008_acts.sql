-- Ends, grounds and acts of Order 121: more ends of a file (file.disposition), why mediation ended (file.termination), officers
-- who do not handle it (file.recused, a JSON list), when it was to be decided again (file.reopened_at), more ends of a review (review.outcome).
ALTER TABLE file DROP CONSTRAINT file_disposition_check;
ALTER TABLE file ADD CONSTRAINT file_disposition_check CHECK (disposition BETWEEN 1 AND 13);
ALTER TABLE file ADD COLUMN termination SMALLINT CHECK (termination BETWEEN 1 AND 8);
ALTER TABLE file ADD COLUMN recused TEXT COLLATE "C";
ALTER TABLE file ADD COLUMN reopened_at BIGINT;
ALTER TABLE review DROP CONSTRAINT review_outcome_check;
ALTER TABLE review ADD CONSTRAINT review_outcome_check CHECK (outcome BETWEEN 1 AND 8);
