//! Every statement, once, for both databases. A test prepares each of them on both, another looks at their plans.
//!
//! Portable rules: `$n` binds, collation is part of the schema, NULL order never matters, SUM is cast,
//! no LIKE, no `now()`, no arrays but in bulk statements, ties broken by sequence. Bulk statements give their rows in no
//! order, for SQLite runs them in chunks: where order matters the caller sorts. Bulk look-ups say CROSS JOIN and
//! WHERE: to PostgreSQL that is a join like any other, and SQLite keeps its order. Left to choose, without statistics
//! and with 200 rows wanted, it reads the big table from end to end instead.
//! A partial index is asked for in its own words, and each has words of its own (`status + 0 IN (..)`), so that a statement
//! finds the one that it is written for and no planner takes another for it. `+ 0` elsewhere keeps a planner from what it
//! would else do with a table that it takes for empty.

use const_format::concatcp;

use super::bulk::Many;
use super::columns::Columns as _;
use super::queue::FileRow;
use super::statements::{kinds, statements, types};
use super::view::{AssignmentRow, DecisionRow};
use super::{accounts, audit, purged, rekeyed, remade, sealed, view};
use crate::domain::deadline::{Clock, Review};
use crate::domain::event::EventKind;

/// The name of a statement, for errors and spans.
pub(super) fn name_of(text: &'static str) -> &'static str {
    one().find(|(_, one)| *one == text).map_or("unnamed", |(name, _)| name)
}

/// As [`name_of`], of a bulk statement.
pub(super) fn name_of_many(many: &'static Many) -> &'static str {
    all_many().find(|(_, one)| std::ptr::eq(*one, many)).map_or("unnamed", |(name, _)| name)
}

/// Every single statement, with its name.
pub(super) fn one() -> impl Iterator<Item = (&'static str, &'static str)> {
    let all =
        [ONE, accounts::ONE, audit::ONE, purged::ONE, rekeyed::ONE, remade::ONE, sealed::ONE, view::ONE];
    all.into_iter().flatten().copied()
}

/// Every bulk statement, with its name.
pub(super) fn all_many() -> impl Iterator<Item = (&'static str, &'static Many)> {
    let all = [MANY, accounts::MANY, audit::MANY, purged::MANY, remade::MANY, sealed::MANY, view::MANY];
    all.into_iter().chain([rekeyed::MANY]).flatten().copied()
}

/// Terms that began within a time and were kept or have run out, with their files.
const OVER: &str =
    "d.bureau_id = $1 AND d.dropped = 0 AND (d.met_on IS NOT NULL OR d.due_on < $2) AND d.due_on < 2147483647
              AND d.started_on BETWEEN $3 AND $4
              AND f.bureau_id = d.bureau_id AND f.submission = d.submission AND f.track = d.track";
/// Of these, the ones of `KEPT_UNSETTLED`.
const UNSETTLED: &str = "(d.met_on IS NULL AND f.testing IS NOT NULL)
              OR (d.latest_on > d.due_on AND (d.met_on IS NULL OR d.met_on > d.due_on))";

/// A row when there is a table of bureaus; the one question that each database has its own words for.
pub(super) const HAS_SCHEMA_SQLITE: &str =
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'bureau'";
/// As [`HAS_SCHEMA_SQLITE`].
pub(super) const HAS_SCHEMA_POSTGRES: &str = "SELECT 1 FROM pg_class WHERE oid = to_regclass('bureau')";

statements! {
    one {
        /// What is in force in a bureau.
        HEAD = "SELECT sequence, recorded_at, audit_number, rules, champion, audit_hash, audit_linked, audit_before, audit_first,
              (SELECT MAX(seal_key.id) FROM seal_key WHERE seal_key.bureau_id = $1), hash_key, next_hash_key, rekeyed_to, last_hash_key FROM bureau WHERE bureau_id = $1";
        /// A new bureau with an empty history.
        NEW_BUREAU = "INSERT INTO bureau (bureau_id, key_fingerprint, key_form, hash_key, sequence, recorded_at, audit_number, rules, champion)
            VALUES ($1, $2, $3, $4, 0, 0, 0, 0, NULL)";
        /// The end of a batch.
        MOVE_HEAD = "UPDATE bureau SET sequence = $2, recorded_at = $3, audit_number = $4, rules = $5, champion = $6,
              audit_hash = $7, audit_linked = $8, audit_before = $9, audit_first = $10
            WHERE bureau_id = $1";
        /// Whether there is a bureau, whatever release made it.
        ANY_BUREAU = "SELECT bureau_id FROM bureau LIMIT 1";
        /// Bureaus there are.
        BUREAUS = "SELECT bureau_id, key_fingerprint, key_form FROM bureau ORDER BY bureau_id";

        /// The caller of a token.
        CALLER = "SELECT caller_id, role, unit, expires_at FROM caller WHERE bureau_id = $1 AND token_hash = $2 AND revoked_at IS NULL
            UNION ALL SELECT caller_id, role, unit, earlier_until FROM caller
            WHERE bureau_id = $1 AND earlier_token_hash = $2 AND earlier_token_hash IS NOT NULL AND revoked_at IS NULL";
        /// All callers of a bureau.
        CALLERS = "SELECT caller_id, role, unit, name, created_at, revoked_at, expires_at, token_hash FROM caller
            WHERE bureau_id = $1 ORDER BY caller_id";
        /// A new caller.
        NEW_CALLER = "INSERT INTO caller (bureau_id, caller_id, token_hash, role, unit, name, created_at, revoked_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8)";
        /// A caller's token dies.
        REVOKE_CALLER = "UPDATE caller SET revoked_at = $3 WHERE bureau_id = $1 AND caller_id = $2 AND revoked_at IS NULL";

        /// A bureau file by its sequence.
        RULES = "SELECT content FROM rules WHERE bureau_id = $1 AND sequence = $2";
        /// Takes the trial away by which it is seen whether the database takes writes.
        DROP_TRIAL = "DELETE FROM rules WHERE bureau_id = $1 AND sequence = 0";
        /// A new bureau file.
        NEW_RULES = "INSERT INTO rules (bureau_id, sequence, content) VALUES ($1, $2, $3)";

        /// A model's artefact.
        MODEL = "SELECT artefact FROM model WHERE bureau_id = $1 AND model = $2";
        /// A fitted model; the same artefact again changes nothing.
        NEW_MODEL = "INSERT INTO model (bureau_id, model, created_at, artefact) VALUES ($1, $2, $3, $4)
            ON CONFLICT (bureau_id, model) DO NOTHING";
        /// All models of a bureau.
        MODELS = "SELECT model, created_at, artefact FROM model WHERE bureau_id = $1 ORDER BY created_at, model";
        /// When a model was last put to use.
        LAST_USE = concatcp!("SELECT recorded_at FROM event WHERE bureau_id = $1 AND kind = ", kinds!(UseModel), " ORDER BY sequence DESC LIMIT 1");

        /// How many events are recorded at a later time than this.
        EVENTS_AHEAD = "SELECT CAST(COUNT(*) AS BIGINT) FROM event WHERE bureau_id = $1 AND recorded_at > $2";
        /// Files that were escalated at a later time than this.
        ESCALATED_AHEAD = concatcp!("SELECT DISTINCT submission, track FROM event
            WHERE bureau_id = $1 AND recorded_at > $2 AND kind = ", kinds!(Escalate), " ORDER BY submission, track");
        /// Files with a time after this one, with a lease or a skip that ends after $3, or with a term that begins or was kept
        /// after the day $4.
        FILES_AHEAD = "SELECT submission, track FROM file
            WHERE bureau_id = $1 AND (queued_at > $2 OR warned_at > $2 OR signed_at > $2 OR ended_at > $2 OR withdrawn_at > $2
                OR leased_until > $3 OR skipped_until > $3)
            UNION SELECT submission, track FROM deadline WHERE bureau_id = $1 AND (started_on > $4 OR met_on > $4)
            ORDER BY 1, 2";

        /// Open work of every unit.
        LOADS = "SELECT unit, track, open_centiunits, served, month, assigned_centiunits FROM unit_load WHERE bureau_id = $1";

        /// A submission's place in the history, by number.
        SUBMISSION = "SELECT sequence FROM submission WHERE bureau_id = $1 AND number = $2";

        /// Files of a queue that may be given out now and whose clocks run out by a day, in no order. Which of them come when
        /// there are too many is left open. `$7` is the status of what waits: said as a value, it leads to the index of days.
        WAITING_BY = "SELECT submission, turn, COALESCE(due_on, 2147483647), received_at, number, cluster, recused FROM file
            WHERE bureau_id = $1 AND unit = $2 AND track = $3 AND status + 0 IN (1, 2, 3, 5) AND status = $7
              AND (leased_until IS NULL OR leased_until <= $4) AND (skipped_until IS NULL OR skipped_until <= $4)
              AND due_on <= $5 AND COALESCE(danger, 0) = 0 LIMIT $6";
        /// Files of a queue that may be given out now and that a person has found to be dangerous, in turn.
        WAITING_IN_DANGER = "SELECT submission, turn, COALESCE(due_on, 2147483647), received_at, number, cluster, recused FROM file
            WHERE bureau_id = $1 AND unit = $2 AND track = $3 AND danger = 1 AND status + 0 = 1 AND (leased_until IS NULL OR leased_until <= $4) AND (skipped_until IS NULL OR skipped_until <= $4) ORDER BY turn, COALESCE(due_on, 2147483647), received_at, number LIMIT $5";
        /// Open files of a track that nobody has looked at for danger, behind a submission; of one unit where one is named.
        NOT_JUDGED = "SELECT submission FROM file WHERE bureau_id = $1 AND ($2 = '' OR unit = $2) AND track = $3
              AND status IN (1, 2, 3, 5) AND danger IS NULL AND submission > $4 ORDER BY submission LIMIT $5";
        /// Files of a queue that may be given out now, in turn: of those whose clocks run out after one day and by another.
        WAITING_IN_TURN = "SELECT submission, turn, COALESCE(due_on, 2147483647), received_at, number, cluster, recused FROM file
            WHERE bureau_id = $1 AND unit = $2 AND track = $3 AND status = 1
              AND (leased_until IS NULL OR leased_until <= $4) AND (skipped_until IS NULL OR skipped_until <= $4)
              AND COALESCE(due_on, 2147483647) > $5 AND COALESCE(due_on, 2147483647) <= $6 AND COALESCE(danger, 0) = 0 ORDER BY turn, COALESCE(due_on, 2147483647), received_at, number LIMIT $7";
        /// Submissions with a running clock that was computed over an unknown calendar year.
        PROVISIONAL = "SELECT DISTINCT submission FROM deadline
            WHERE bureau_id = $1 AND provisional = 1 AND met_on IS NULL AND dropped = 0 AND submission > $2 ORDER BY submission LIMIT $3";
        /// Running terms that end by a day and come behind a place in this order, the earliest first. Asked for the greatest day, it
        /// gives those that are open (未定日数).
        DUE = concatcp!("SELECT ", Clock::SELECTED, "
            FROM deadline d WHERE d.bureau_id = $1 AND d.met_on IS NULL AND d.dropped = 0 AND d.due_on <= $2
              AND (d.due_on, d.submission, d.track, d.duty, d.started_by) > ($4, $5, $6, $7, $8)
            ORDER BY d.due_on, d.submission, d.track, d.duty, d.started_by LIMIT $3");
        /// Running terms of one unit's files that end by a day, the earliest first.
        DUE_IN_UNIT = concatcp!("SELECT ", Clock::SELECTED, "
            FROM deadline d CROSS JOIN file f
            WHERE d.bureau_id = $1 AND d.met_on IS NULL AND d.dropped = 0 AND d.due_on <= $2
              AND f.bureau_id = d.bureau_id + 0 AND f.submission = d.submission AND f.track = d.track AND f.unit = $9
              AND (d.due_on, d.submission, d.track, d.duty, d.started_by) > ($4, $5, $6, $7, $8)
            ORDER BY d.due_on, d.submission, d.track, d.duty, d.started_by LIMIT $3");
        /// Terms that were last computed by another version, for replay. Reads all terms of the bureau.
        DEADLINES_OF_OTHERS = concatcp!("SELECT ", Clock::SELECTED, "
            FROM deadline d WHERE d.bureau_id = $1 AND (d.version IS NULL OR d.version <> $2)
            ORDER BY d.submission, d.track, d.started_by, d.duty");
        /// How many terms of each duty and unit were kept in time, of those that were kept or have run out, but for those of `KEPT_UNSETTLED`.
        /// `$2` is today, `$3` and `$4` the days between which they began. Reads all terms of the bureau: for looks, not for a hot path.
        KEPT = concatcp!("SELECT d.duty, f.unit, CAST(COUNT(*) AS BIGINT), CAST(SUM(CASE WHEN d.met_on <= d.due_on THEN 1 ELSE 0 END) AS BIGINT)
            FROM deadline d CROSS JOIN file f
            WHERE ", OVER, " AND NOT (", UNSETTLED, ") GROUP BY d.duty, f.unit ORDER BY d.duty, f.unit");
        /// Those whose last day alone does not say whether they were kept in time: the readings of the law differ, or something is or was
        /// tested and the term may stand still.
        KEPT_UNSETTLED = concatcp!("SELECT ", Clock::SELECTED, ", f.unit, f.testing FROM deadline d CROSS JOIN file f
            WHERE ", OVER, " AND (", UNSETTLED, ") ORDER BY d.submission, d.track, d.duty, d.started_by");
        /// How many files that came in between two times an export has ended or taken up without a day, by unit and track.
        UNDATED = "SELECT f.unit, f.track, CAST(COUNT(*) AS BIGINT) FROM file f
            WHERE f.bureau_id = $1 AND f.received_at >= $2 AND f.received_at < $3 AND (f.outcome IS NOT NULL OR f.accepted_upstream = 1)
              AND NOT EXISTS (SELECT 1 FROM deadline d WHERE d.bureau_id = f.bureau_id AND d.submission = f.submission
                  AND d.track = f.track AND d.duty IN (1, 4, 5) AND d.met_on IS NOT NULL)
            GROUP BY f.unit, f.track ORDER BY f.unit, f.track";
        /// Files that came in between two times, behind one of them.
        RECEIVED_BETWEEN = "SELECT submission, track FROM file WHERE bureau_id = $1 AND received_at >= $2 AND received_at < $3
              AND (submission > $4 OR (submission = $4 AND track > $5)) ORDER BY submission, track LIMIT $6";
        /// Reviews of which the bureau was notified between two days.
        REVIEWS_BETWEEN = concatcp!("SELECT ", Review::SELECTED, " FROM review r WHERE r.bureau_id = $1 AND r.received_on BETWEEN $2 AND $3 ORDER BY r.sequence");
        /// Files that nobody has signed for in time.
        ESCALATING = "SELECT submission, track FROM file
            WHERE bureau_id = $1 AND status = 1 AND escalates_at IS NOT NULL AND escalates_at <= $2
              AND (leased_until IS NULL OR leased_until <= $2)
            ORDER BY escalates_at, submission, track LIMIT $3";
        /// Files that wait and that nobody has on lease, the least urgent first.
        MOVABLE = "SELECT submission, track FROM file
            WHERE bureau_id = $1 AND status = 1 AND (leased_until IS NULL OR leased_until <= $2)
            ORDER BY due_on DESC, received_at DESC, submission DESC, track LIMIT $3";
        /// A reconsideration or suit.
        REVIEW = concatcp!("SELECT ", Review::SELECTED, " FROM review r WHERE r.bureau_id = $1 AND r.sequence = $2");
        /// A reconsideration or suit has ended.
        END_REVIEW = "UPDATE review SET outcome = $3, ended_by = $4 WHERE bureau_id = $1 AND sequence = $2";
        /// The shop's name after an amendment.
        RENAME_SHOP = "UPDATE submission SET shop = $3 WHERE bureau_id = $1 AND sequence = $2";
        /// The operator of a submission's files after an amendment.
        CHANGE_OPERATOR = "UPDATE file SET respondent = $3 WHERE bureau_id = $1 AND submission = $2";
        /// Forgets one key hash of a complaint that was amended.
        FORGET = "DELETE FROM history WHERE bureau_id = $1 AND key_hash = $2 AND recency = $3";
        /// Two holders of a key are not one.
        NEW_CUT = "INSERT INTO cut (bureau_id, key_hash, one, other, sequence) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (bureau_id, key_hash, one, other) DO NOTHING";
        /// The template of a complaint's text.
        TEMPLATE_OF = "SELECT template FROM submission WHERE bureau_id = $1 AND sequence = $2";
        /// The template of an amended complaint's text.
        SET_TEMPLATE = "UPDATE submission SET template = $3 WHERE bureau_id = $1 AND sequence = $2";
        /// Forgets one search key of an amended submission.
        FORGET_KEY = "DELETE FROM search_key WHERE bureau_id = $1 AND key_hash = $2 AND submission = $3 AND track = $4";

        /// Files of a shop, by prefix of its name, for whoever may see all. `+ 0` keeps both databases from walking
        /// the whole bureau, newest first, in search of a rare name.
        BY_SHOP = "SELECT s.sequence, f.track FROM submission s
            JOIN file f ON f.bureau_id = s.bureau_id + 0 AND f.submission = s.sequence
            WHERE s.bureau_id = $1 AND s.shop >= $2 AND s.shop < $3 AND s.sequence + 0 < $4 ORDER BY s.sequence + 0 DESC, f.track DESC LIMIT $5";
        /// Files of a shop, for one unit.
        BY_SHOP_IN_UNIT = "SELECT s.sequence, f.track FROM submission s
            JOIN file f ON f.bureau_id = s.bureau_id + 0 AND f.submission = s.sequence AND f.unit = $6
            WHERE s.bureau_id = $1 AND s.shop >= $2 AND s.shop < $3 AND s.sequence + 0 < $4 ORDER BY s.sequence + 0 DESC, f.track DESC LIMIT $5";
        /// Files of a number, for whoever may see all.
        BY_NUMBER = "SELECT s.sequence, f.track FROM submission s
            JOIN file f ON f.bureau_id = s.bureau_id + 0 AND f.submission = s.sequence
            WHERE s.bureau_id = $1 AND s.number = $2 ORDER BY f.track";
        /// Files of a number, for one unit: what is another's is not there.
        BY_NUMBER_IN_UNIT = "SELECT s.sequence, f.track FROM submission s
            JOIN file f ON f.bureau_id = s.bureau_id + 0 AND f.submission = s.sequence AND f.unit = $3
            WHERE s.bureau_id = $1 AND s.number = $2 ORDER BY f.track";
        /// Files under a key hash, for whoever may see all.
        BY_SEARCH_KEY = "SELECT k.submission, k.track FROM search_key k
            WHERE k.bureau_id = $1 AND k.key_hash = $2 AND k.submission < $3 ORDER BY k.submission DESC, k.track DESC LIMIT $4";
        /// Files under a key hash, for one unit. The bureau without its key: `Keyed`.
        BY_SEARCH_KEY_IN_UNIT = "SELECT k.submission, k.track FROM search_key k
            JOIN file f ON f.bureau_id = k.bureau_id % 4294967296 AND f.submission = k.submission AND f.track = k.track AND f.unit = $5
            WHERE k.bureau_id = $1 AND k.key_hash = $2 AND k.submission < $3
            ORDER BY k.submission DESC, k.track DESC LIMIT $4";

        /// Events in the change feed, after a cursor.
        CHANGES = concatcp!("SELECT sequence, recorded_at, kind, submission, track, payload, answer FROM event
            WHERE bureau_id = $1 AND sequence > $2 AND kind IN (", kinds!(Submit, Backfill, Amend, Withdraw, Urge, SignFor, Decide, Step, Close, Return, Reassign, Escalate, Prolong, OpenReview, EndReview, Outcome, Record, Purge), ") ORDER BY sequence LIMIT $3");
        /// The whole log, for replay.
        EVENTS = "SELECT sequence, recorded_at, caller_id, request_id, payload, submission, answer, version FROM event
            WHERE bureau_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";

        /// Open files of a unit on one track: first what a pull would give now and in its order, then what is leased or
        /// skipped, then what officers hold. Reads all files of the bureau: for looks at a terminal, not for a hot path.
        OPEN_AT = "SELECT submission FROM file
            WHERE bureau_id = $1 AND unit = $2 AND track = $3 AND status + 0 IN (1, 2, 3, 5)
            ORDER BY CASE WHEN status <> 1 THEN 2 WHEN leased_until > $4 OR skipped_until > $4 THEN 1 ELSE 0 END,
                CASE WHEN danger = 1 THEN 0 WHEN due_on <= $5 THEN 1 ELSE 2 END, turn, COALESCE(due_on, 2147483647), received_at, number LIMIT $6";
        /// Open files of a unit on one track behind a submission, of one officer where one is named.
        FILES_AT = "SELECT submission FROM file
            WHERE bureau_id = $1 AND unit = $2 AND track = $3 AND status + 0 IN (1, 2, 3, 5) AND submission > $4
              AND ($5 = '' OR officer = $5) ORDER BY submission LIMIT $6";
        /// How many files of each unit stand where, with the oldest of them.
        STANDINGS = "SELECT unit, track, status, CAST(CASE WHEN status = 1 AND leased_until > $2 THEN 1 ELSE 0 END AS BIGINT),
                CAST(COUNT(*) AS BIGINT), MIN(received_at)
            FROM file WHERE bureau_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";
        /// How complaints were first banded.
        BANDS = "SELECT band, CAST(COUNT(*) AS BIGINT) FROM decision
            WHERE bureau_id = $1 AND band IS NOT NULL AND sequence = submission GROUP BY band ORDER BY band";
        /// Where files were first sent, and why.
        FIRST_ROUTES = "SELECT unit, track, basis, CAST(COUNT(*) AS BIGINT) FROM assignment
            WHERE bureau_id = $1 AND sequence = submission GROUP BY unit, track, basis ORDER BY unit, track, basis";
        /// Open complaints whose latest score is not of a model, with its event and band.
        TO_RESCORE = "SELECT f.number, d.sequence, d.band FROM file f
            JOIN decision d ON d.bureau_id = f.bureau_id AND d.submission = f.submission AND d.track = f.track
            WHERE f.bureau_id = $1 AND f.track = 0 AND f.status IN (1, 2, 3, 5) AND (d.model IS NULL OR d.model <> $2)
              AND NOT EXISTS (SELECT 1 FROM decision l WHERE l.bureau_id = d.bureau_id AND l.submission = d.submission AND l.track = d.track AND l.sequence > d.sequence)
            ORDER BY f.received_at, f.number";
        /// Logged vectors with the findings or marks made on them since, if there are any, for training.
        EXAMPLES = "SELECT d.submission, d.vector, d.schema_hash, f.finding, f.imported_label, f.received_at, d.band FROM file f
            JOIN decision d ON d.bureau_id = f.bureau_id AND d.submission = f.submission AND d.track = f.track AND d.sequence = f.submission
            WHERE f.bureau_id = $1 AND f.track = 0 AND f.submission > $2 ORDER BY f.submission LIMIT $3";
        /// Files whose place was not known, by these bases, signed for by another unit than reception.
        SENT_ON = "SELECT f.submission, f.track FROM file f
            JOIN assignment a ON a.bureau_id = f.bureau_id AND a.submission = f.submission AND a.track = f.track AND a.sequence = f.submission
            WHERE f.bureau_id = $1 AND f.unit <> $2 AND f.signed_at IS NOT NULL AND a.basis IN ($3, $4) AND (f.submission, f.track) > ($5, $6)
            ORDER BY f.submission, f.track LIMIT $7";
        /// Which complaints share a phone or a document, after a place.
        LINKS = "SELECT key_hash, submission FROM search_key
            WHERE bureau_id = $1 AND (key_hash, submission) > ($2, $3) AND track = 0 ORDER BY key_hash, submission LIMIT $4";
    }
    many {
        /// Events of a batch.
        NEW_EVENTS ("bigint", "bigint", "bigint", "smallint", "bigint", "text", "bytea", "bigint", "smallint", "bytea", "text", "smallint") =
            "INSERT INTO event (bureau_id, sequence, recorded_at, kind, caller_id, request_id, digest, submission, track, payload, answer, version) {rows}";
        /// Audit rows of a batch.
        NEW_AUDIT ("bigint", "bigint", "bigint", "bigint", "text", "text", "bigint", "bigint", "smallint", "bytea") =
            "INSERT INTO audit (bureau_id, number, at, caller_id, officer, action, sequence, submission, track, hash) {rows}";
        /// Submissions of a batch.
        NEW_SUBMISSIONS ("bigint", "bigint", "text", "bigint", "text", "bigint") =
            "INSERT INTO submission (bureau_id, sequence, number, received_at, shop, template) {rows}";
        /// Files of a batch.
        NEW_FILES [FileRow::INSERTED_TYPES] =
            concatcp!("INSERT INTO file (", FileRow::INSERTED, ") {rows}");
        /// Decisions are challenged.
        NEW_REVIEWS [Review::INSERTED_TYPES] = concatcp!("INSERT INTO review (", Review::INSERTED, ") {rows}");
        /// Decisions of a batch.
        NEW_DECISIONS [DecisionRow::INSERTED_TYPES] =
            concatcp!("INSERT INTO decision (", DecisionRow::INSERTED, ") {rows}");
        /// Assignments of a batch.
        NEW_ASSIGNMENTS [AssignmentRow::INSERTED_TYPES] =
            concatcp!("INSERT INTO assignment (", AssignmentRow::INSERTED, ") {rows}");
        /// Candidates of a batch.
        NEW_CANDIDATES ("bigint", "bigint", "smallint", "smallint", "text", "bigint", "bigint", "bigint", "bigint", "smallint", "smallint") =
            "INSERT INTO candidate (bureau_id, submission, track, position, unit, open_centiunits, centiofficers, assigned_centiunits, month_centiofficers, barred, chosen) {rows}";
        /// History rows of a batch.
        NEW_HISTORY ("bigint", "bytea", "bigint", "text", "bigint", "bigint", "bigint", "bigint", "bigint", "bytea", "bytea") =
            "INSERT INTO history (bureau_id, key_hash, recency, number, name, person, respondent, product, template, keys, matter)
             {rows}";
        /// Anchors of the templates that a batch founds.
        NEW_ANCHORS ("bigint", "bigint", "bigint", "bigint", "bigint") =
            "INSERT INTO anchor (bureau_id, anchor, recency, sketch_high, sketch_low) {rows}";
        /// Search keys of a batch.
        NEW_SEARCH_KEYS ("bigint", "bytea", "bigint", "smallint") =
            "INSERT INTO search_key (bureau_id, key_hash, submission, track) {rows}";
        /// Open work after a batch.
        SET_LOADS ("bigint", "text", "smallint", "bigint", "bigint", "bigint", "bigint") =
            "INSERT INTO unit_load (bureau_id, unit, track, open_centiunits, served, month, assigned_centiunits) {rows}
             ON CONFLICT (bureau_id, unit, track) DO UPDATE SET open_centiunits = excluded.open_centiunits, served = excluded.served,
               month = excluded.month, assigned_centiunits = excluded.assigned_centiunits";
        /// Clocks of files, started, kept or dropped.
        SET_DEADLINES [Clock::INSERTED_TYPES] =
            concatcp!("INSERT INTO deadline (", Clock::INSERTED, ") {rows}
             ON CONFLICT (bureau_id, submission, track, duty, started_by) DO UPDATE SET ", Clock::EXCLUDED);
        /// How long files were held.
        NEW_HELD ("bigint", "smallint", "text", "bigint", "bigint") =
            "INSERT INTO held (bureau_id, track, kind, sequence, minutes) {rows}";
        /// Files are leased, each under the token of its pull.
        LEASE ("bigint", "bigint", "smallint", "bigint", "bigint", "bigint") =
            "WITH wanted (bureau, subject, wanted_track, new_token, lease_end, own_turn) AS ({rows})
             UPDATE file SET token = wanted.new_token, leased_until = wanted.lease_end, skipped_until = NULL, turn = wanted.own_turn FROM wanted
             WHERE file.bureau_id = wanted.bureau AND file.submission = wanted.subject AND file.track = wanted.wanted_track";
        /// The status of files. What was changed is returned, because a file that is gone would be a broken promise.
        MOVE_FILES [FileRow::WANTED_TYPES] =
            concatcp!("WITH wanted (", FileRow::WANTED, ") AS ({rows})
             UPDATE file SET ", FileRow::CHANGED, " FROM wanted
             WHERE file.bureau_id = wanted.bureau AND file.submission = wanted.subject AND file.track = wanted.wanted_track
             RETURNING submission");
        /// The others of a cluster that wait in a queue move behind.
        TAKE_TURN ("bigint", "text", "smallint", "bigint", "bigint") =
            "WITH wanted (bureau, wanted_unit, wanted_track, wanted_cluster, new_turn) AS ({rows})
             UPDATE file SET turn = wanted.new_turn FROM wanted
             WHERE file.bureau_id = wanted.bureau AND file.unit = wanted.wanted_unit AND file.track = wanted.wanted_track
               AND file.status + 0 < 2 AND file.cluster = wanted.wanted_cluster";
        /// How many open files of clusters or against operators each unit has.
        RELATED_FILES ("bigint", "smallint", "bigint", "smallint") =
            "WITH wanted (bureau, wanted_relation, wanted_to, wanted_track) AS ({rows})
             SELECT k.related_to, k.track, k.unit, k.files FROM wanted w
             CROSS JOIN related_files k WHERE k.bureau_id = w.bureau AND k.relation = w.wanted_relation AND k.related_to = w.wanted_to
               AND k.track = w.wanted_track AND k.files > 0";
        /// More open files of clusters or against operators, or fewer.
        ADD_RELATED ("bigint", "smallint", "bigint", "smallint", "text", "bigint") =
            "INSERT INTO related_files (bureau_id, relation, related_to, track, unit, files) {rows}
             ON CONFLICT (bureau_id, relation, related_to, track, unit) DO UPDATE SET files = related_files.files + excluded.files";
        /// How long the latest files of a kind were held: sixty-four, in one text, for only a list that ends is read from
        /// the end of the index whatever a planner thinks of the kinds.
        HELD ("bigint", "smallint", "text") =
            "WITH wanted (bureau, wanted_track, wanted_kind) AS ({rows})
             SELECT w.wanted_track, w.wanted_kind, (SELECT string_agg(CAST(latest.minutes AS TEXT), ',') FROM
                  (SELECT k.minutes FROM held k
                   WHERE k.bureau_id = w.bureau AND k.track = w.wanted_track AND k.kind = w.wanted_kind
                   ORDER BY k.sequence DESC LIMIT 64) latest)
             FROM wanted w";
        /// Reconsiderations and suits against decisions on files.
        REVIEWS ("bigint", "bigint", "smallint") =
            concatcp!("WITH wanted (bureau, subject, wanted_track) AS ({rows})
             SELECT ", Review::SELECTED, "
             FROM wanted w CROSS JOIN review r WHERE r.bureau_id = w.bureau AND r.submission = w.subject AND r.track = w.wanted_track");
        /// Clocks of files.
        DEADLINES ("bigint", "bigint", "smallint") =
            concatcp!("WITH wanted (bureau, subject, wanted_track) AS ({rows})
             SELECT ", Clock::SELECTED, "
             FROM wanted w CROSS JOIN deadline d WHERE d.bureau_id = w.bureau AND d.submission = w.subject AND d.track = w.wanted_track");

        /// Requests already answered.
        KNOWN_REQUESTS ("bigint", "bigint", "text") =
            "WITH wanted (bureau, caller, request) AS ({rows})
             SELECT e.caller_id, e.request_id, e.digest, e.sequence, e.recorded_at, e.kind, e.submission, e.answer FROM wanted w
             CROSS JOIN event e WHERE e.bureau_id = w.bureau AND e.caller_id = w.caller AND e.request_id = w.request";
        /// Numbers already known, with the digest of what was first said under them.
        KNOWN_NUMBERS ("bigint", "text") =
            "WITH wanted (bureau, num) AS ({rows})
             SELECT s.number, s.sequence, e.digest, e.recorded_at, s.purged FROM wanted w
             CROSS JOIN submission s CROSS JOIN event e
             WHERE s.bureau_id = w.bureau AND s.number = w.num AND e.bureau_id = s.bureau_id AND e.sequence = s.sequence";
        /// The latest entries under each key hash in a stretch of receive order: a bounded index range.
        /// 64 are used; the 65th is read because an amended complaint does not count itself. One lower bound: of two,
        /// SQLite takes one for the index and asks the other of every entry; found before the join, in which PostgreSQL
        /// may look for it once for every entry.
        PAST ("bigint", "bytea", "bigint", "bigint") =
            "WITH wanted (bureau, wanted_hash, since, before) AS ({rows}),
             bounded AS MATERIALIZED (SELECT w.bureau, w.wanted_hash, w.before, COALESCE((SELECT k.recency FROM history k
                   WHERE k.bureau_id = w.bureau AND k.key_hash = w.wanted_hash AND k.recency < w.before AND k.recency >= w.since
                   ORDER BY k.recency DESC LIMIT 1 OFFSET 64), w.since) AS least FROM wanted w)
             SELECT h.key_hash, h.recency, h.number, h.name, h.person, h.respondent, h.product, h.template, h.keys, h.matter
             FROM bounded
             CROSS JOIN history h WHERE h.bureau_id = bounded.bureau AND h.key_hash = bounded.wanted_hash
              AND h.recency < bounded.before AND h.recency >= bounded.least";
        /// The same of operators and templates, whose complaints are counted and not followed: what is asked of each, in one
        /// text a stretch. Sixty-five rows that are each fetched cost ten times as much.
        NEIGHBOURS ("bigint", "bytea", "bigint", "bigint") =
            "WITH wanted (bureau, wanted_hash, since, before) AS ({rows})
             SELECT w.wanted_hash, (SELECT string_agg(latest.entry, ';') FROM
                  (SELECT CAST(k.recency AS TEXT) || ',' || k.number || ',' || COALESCE(CAST(k.person AS TEXT), '') || ',' ||
                       COALESCE(CAST(k.respondent AS TEXT), '') AS entry FROM history k
                   WHERE k.bureau_id = w.bureau AND k.key_hash = w.wanted_hash AND k.recency < w.before AND k.recency >= w.since
                   ORDER BY k.recency DESC LIMIT 65) latest)
             FROM wanted w";
        /// The latest templates under each anchor in a stretch of receive order: sixteen, as
        /// [`crate::features::template::MOST_UNDER_ANCHOR`] says.
        ANCHORS ("bigint", "bigint", "bigint", "bigint") =
            "WITH wanted (bureau, wanted_anchor, since, before) AS ({rows}),
             bounded AS MATERIALIZED (SELECT w.bureau, w.wanted_anchor, w.before, COALESCE((SELECT k.recency FROM anchor k
                   WHERE k.bureau_id = w.bureau AND k.anchor = w.wanted_anchor AND k.recency < w.before AND k.recency >= w.since
                   ORDER BY k.recency DESC LIMIT 1 OFFSET 15), w.since) AS least FROM wanted w)
             SELECT a.anchor, a.recency, a.sketch_high, a.sketch_low FROM bounded
             CROSS JOIN anchor a WHERE a.bureau_id = bounded.bureau AND a.anchor = bounded.wanted_anchor
              AND a.recency < bounded.before AND a.recency >= bounded.least";
        /// Links cut under key hashes.
        CUTS ("bigint", "bytea") =
            "WITH wanted (bureau, wanted_hash) AS ({rows})
             SELECT c.key_hash, c.one, c.other FROM wanted w
             CROSS JOIN cut c WHERE c.bureau_id = w.bureau AND c.key_hash = w.wanted_hash";
        /// What has become of complaints.
        COMPLAINT_ENDS ("bigint", "bigint", "smallint") =
            "WITH wanted (bureau, subject, wanted_track) AS ({rows})
             SELECT f.submission, f.ended_at, f.withdrawn_at, f.disposition FROM wanted w
             CROSS JOIN file f WHERE f.bureau_id = w.bureau AND f.submission = w.subject AND f.track = w.wanted_track";

        /// Everything sent under submissions: the versions of their facts. The index is named by what it
        /// covers: asked for the payload at once, SQLite would rather read the whole bureau.
        VERSIONS ("bigint", "bigint") =
            concatcp!("WITH wanted (bureau, subject) AS ({rows})
             SELECT e.submission, e.sequence, e.payload, e.recorded_at FROM wanted w
             CROSS JOIN event i CROSS JOIN event e
             WHERE i.bureau_id = w.bureau AND i.submission = w.subject
               AND e.bureau_id = i.bureau_id AND e.sequence = i.sequence AND e.kind IN (", kinds!(Submit, Unmask, Amend, Backfill), ")");
        /// What people and exports did with files that can change their status: withdrawn, signed for, decided, closed,
        /// returned, sent elsewhere, told of, reviewed.
        HANDLED ("bigint", "bigint", "smallint") =
            concatcp!("WITH wanted (bureau, subject, wanted_track) AS ({rows})
             SELECT e.submission, w.wanted_track, e.sequence, e.recorded_at, e.payload FROM wanted w
             CROSS JOIN event i CROSS JOIN event e
             WHERE i.bureau_id = w.bureau AND i.submission = w.subject
               AND e.bureau_id = i.bureau_id AND e.sequence = i.sequence AND e.kind IN (", kinds!(Withdraw, SignFor, Decide, Close, Return, Reassign, Outcome, OpenReview, EndReview, Record), ")
               AND (e.track IS NULL OR e.track = w.wanted_track)");
        /// Names of shops.
        SHOPS ("bigint", "bigint") =
            "WITH wanted (bureau, subject) AS ({rows})
             SELECT s.sequence, s.shop FROM wanted w
             CROSS JOIN submission s WHERE s.bureau_id = w.bureau AND s.sequence = w.subject";
        /// Sealed commands by their place.
        PAYLOADS ("bigint", "bigint") =
            "WITH wanted (bureau, place) AS ({rows})
             SELECT e.sequence, e.payload FROM wanted w
             CROSS JOIN event e WHERE e.bureau_id = w.bureau AND e.sequence = w.place";
        /// Events as they are shown, by their place.
        CHANGES_AT ("bigint", "bigint") =
            "WITH wanted (bureau, place) AS ({rows})
             SELECT e.sequence, e.recorded_at, e.kind, e.submission, e.track, e.payload, e.answer FROM wanted w
             CROSS JOIN event e WHERE e.bureau_id = w.bureau AND e.sequence = w.place AND e.submission IS NOT NULL";
        /// When events were recorded, and the digests of what was asked, by their place.
        EVENT_DIGESTS ("bigint", "bigint") =
            "WITH wanted (bureau, place) AS ({rows})
             SELECT e.sequence, e.recorded_at, e.digest FROM wanted w
             CROSS JOIN event e WHERE e.bureau_id = w.bureau AND e.sequence = w.place";
        /// The status of files.
        FILES ("bigint", "bigint", "smallint") =
            concatcp!("WITH wanted (bureau, subject, wanted_track) AS ({rows})
             SELECT ", FileRow::SELECTED, "
             FROM wanted w CROSS JOIN file f WHERE f.bureau_id = w.bureau AND f.submission = w.subject AND f.track = w.wanted_track");
        /// The status of files, by their numbers.
        FILES_BY_NUMBER ("bigint", "text", "smallint") =
            concatcp!("WITH wanted (bureau, num, wanted_track) AS ({rows})
             SELECT ", FileRow::SELECTED, "
             FROM wanted w CROSS JOIN submission s CROSS JOIN file f
             WHERE s.bureau_id = w.bureau AND s.number = w.num AND f.bureau_id = s.bureau_id AND f.submission = s.sequence
               AND f.track = w.wanted_track");
        /// Decisions of files.
        DECISIONS ("bigint", "bigint", "smallint") =
            concatcp!("WITH wanted (bureau, subject, wanted_track) AS ({rows})
             SELECT ", DecisionRow::SELECTED, "
             FROM wanted w CROSS JOIN decision d WHERE d.bureau_id = w.bureau AND d.submission = w.subject AND d.track = w.wanted_track");
        /// Assignments of files.
        ASSIGNMENTS ("bigint", "bigint", "smallint") =
            concatcp!("WITH wanted (bureau, subject, wanted_track) AS ({rows})
             SELECT ", AssignmentRow::SELECTED, "
             FROM wanted w CROSS JOIN assignment a WHERE a.bureau_id = w.bureau AND a.submission = w.subject AND a.track = w.wanted_track");
        /// Candidates of files.
        CANDIDATES ("bigint", "bigint", "smallint") =
            "WITH wanted (bureau, subject, wanted_track) AS ({rows})
             SELECT c.submission, c.track, c.position, c.unit, c.open_centiunits, c.centiofficers, c.assigned_centiunits, c.month_centiofficers, c.barred, c.chosen
             FROM wanted w CROSS JOIN candidate c WHERE c.bureau_id = w.bureau AND c.submission = w.subject AND c.track = w.wanted_track";
    }
}
