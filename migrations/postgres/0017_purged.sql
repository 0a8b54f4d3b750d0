-- By which event what a submission's events kept of persons was purged (清除). None: it was not.
ALTER TABLE submission ADD COLUMN purged BIGINT;
