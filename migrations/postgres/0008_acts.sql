-- Ends, grounds and acts of Order 121: more ends of a file (file.disposition), why mediation ended (file.termination), officers
-- who do not handle it (file.recused, a JSON list), more ends of a review (review.outcome).
ALTER TABLE file DROP CONSTRAINT file_disposition_check;
ALTER TABLE file ADD CONSTRAINT file_disposition_check CHECK (disposition BETWEEN 1 AND 13);
ALTER TABLE file ADD COLUMN termination SMALLINT CHECK (termination BETWEEN 1 AND 8);
ALTER TABLE file ADD COLUMN recused TEXT COLLATE "C";
ALTER TABLE review DROP CONSTRAINT review_outcome_check;
ALTER TABLE review ADD CONSTRAINT review_outcome_check CHECK (outcome BETWEEN 1 AND 8);
