-- What an earlier complaint was about: order, day of purchase, kind of goods, kind of problem, plan, as marks
-- (src/features/history/matter.rs); none of what an earlier release kept.
ALTER TABLE history ADD COLUMN matter BYTEA;
