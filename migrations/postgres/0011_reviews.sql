-- Reconsideration by the simplified procedure (review.kind), and acts that are declared void (review.outcome).
ALTER TABLE review DROP CONSTRAINT review_kind_check;
ALTER TABLE review ADD CONSTRAINT review_kind_check CHECK (kind BETWEEN 1 AND 3);
ALTER TABLE review DROP CONSTRAINT review_outcome_check;
ALTER TABLE review ADD CONSTRAINT review_outcome_check CHECK (outcome BETWEEN 1 AND 9);
