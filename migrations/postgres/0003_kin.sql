-- How many open files of each hand (关联人群) and against each operator (被投诉人) each unit has: routing asks for nothing else of
-- them, and counting them anew for every item would cost more with every one of them. relation: 0 a hand, 1 an operator; mark: the
-- file's `cluster` or `respondent`. Files that are nobody's else are not counted.
CREATE TABLE kin (
    bureau_id BIGINT NOT NULL,
    relation  SMALLINT NOT NULL CHECK (relation IN (0, 1)),
    mark      BIGINT NOT NULL,
    track     SMALLINT NOT NULL CHECK (track IN (0, 1)),
    unit      TEXT COLLATE "C" NOT NULL,
    files     BIGINT NOT NULL,
    PRIMARY KEY (bureau_id, relation, mark, track, unit)
);
INSERT INTO kin (bureau_id, relation, mark, track, unit, files)
    SELECT bureau_id, 0, cluster, track, unit, COUNT(*) FROM file
    WHERE status IN (1, 2, 3, 5) AND cluster <> -submission GROUP BY bureau_id, cluster, track, unit;
INSERT INTO kin (bureau_id, relation, mark, track, unit, files)
    SELECT bureau_id, 1, respondent, track, unit, COUNT(*) FROM file
    WHERE status IN (1, 2, 3, 5) AND respondent IS NOT NULL GROUP BY bureau_id, respondent, track, unit;

-- Each partial index has a condition in words of its own, so that only the statements written for it can use it: which one is right
-- does not depend on what a planner thinks of the data.
DROP INDEX file_of_respondent;
DROP INDEX file_of_cluster;
CREATE INDEX file_of_cluster ON file (bureau_id, unit, track, cluster) WHERE status + 0 < 2;
DROP INDEX file_due;
CREATE INDEX file_due ON file (bureau_id, unit, track, status, due_on) WHERE status + 0 IN (1, 2, 3, 5);
