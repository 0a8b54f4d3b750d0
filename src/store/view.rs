//! What people and 12315 are shown: decisions, routings, searches, changes.

use std::collections::{BTreeMap, HashMap};

use const_format::concatcp;
use serde::Serialize;

use super::bulk::Many;
use super::columns::{Columns as _, columns};
use super::ledger::{event_kind, file_of, listed, track_code, track_of, word};
use super::statements::{kinds, statements};
use super::value::{Row, Value, values};
use super::{Keyed, StoreError, Tx, sql};
use crate::domain::command::EventKind;
use crate::domain::decision::{Band, Barred, Basis, Candidate, Decision, Routing, Suspicion};
use crate::domain::ids::{BureauId, FileId, ModelId, OfficerId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::time::Timestamp;
use crate::features::history::KeyHash;
use crate::stored;

statements! {
    one {
        /// What was done on one file, the latest first: events of its track, and of the whole submission.
        ACTS = concatcp!("SELECT sequence, recorded_at, kind, submission, track, payload, answer FROM event
            WHERE bureau_id = $1 AND submission = $2 AND (track IS NULL OR track = $3) AND kind IN (", kinds!(Submit, Backfill, Amend, Withdraw, Urge, Skip, SignFor, Decide, Step, Close, Return, Reassign, Escalate, Prolong, OpenReview, EndReview, Outcome, Record, Purge), ") ORDER BY sequence DESC LIMIT $4");
        /// Where something was done on a submission, up to so many times.
        DONE_OF_KIND = "SELECT sequence FROM event
            WHERE bureau_id = $1 AND submission = $2 AND kind = $3 ORDER BY sequence DESC LIMIT $4";
    }
    many {}
}

/// An event in the change feed, its payload still sealed.
#[derive(Debug)]
pub(crate) struct ChangeRow {
    /// Place in the history.
    pub(crate) sequence: Sequence,
    /// When it was recorded.
    pub(crate) recorded_at: Timestamp,
    /// What happened.
    pub(crate) kind: EventKind,
    /// The submission.
    pub(crate) submission: Sequence,
    /// The file's track, when it was about one file.
    pub(crate) track: Option<Track>,
    /// The sealed command.
    pub(crate) payload: Vec<u8>,
    /// What was answered.
    pub(crate) answer: Option<String>,
}

/// What someone did with a file, still sealed.
#[derive(Debug)]
pub(crate) struct HandledRow {
    /// The file.
    pub(crate) file: FileId,
    /// The event.
    pub(crate) sequence: Sequence,
    /// When it was recorded.
    pub(crate) recorded_at: Timestamp,
    /// The sealed command.
    pub(crate) payload: Vec<u8>,
}

columns! {
    /// One assignment of a file.
    #[derive(Debug, Clone, Serialize)]
    pub(crate) struct AssignmentRow (
        /// The file.
        file
    ) in "assignment" as "a" {
        fixed {
            /// The event.
            sequence: Sequence,
            /// The unit it went to.
            unit: UnitId,
            /// Why.
            basis: Basis,
            /// The work it is counted as, in hundredths of a work unit.
            centiunits: i64,
            /// What the place or the line was known by.
            matched: Option<String>,
        }
        changes {}
    }
}

columns! {
    /// One decision of a file, without its routing. All but `rules` are empty where nothing was scored.
    #[derive(Debug)]
    pub(super) struct DecisionRow (
        /// The file.
        file
    ) in "decision" as "d" {
        fixed {
            /// The event.
            sequence: Sequence,
            /// The bureau file in force.
            rules: Sequence,
            /// Digest of the feature table.
            schema_hash: Option<String>,
            /// The feature vector: little-endian doubles.
            vector: Option<Vec<u8>>,
            /// The model.
            model: Option<ModelId>,
            /// Log-odds.
            log_odds: Option<f64>,
            /// Probability.
            score: Option<f64>,
            /// The band.
            band: Option<Band>,
            /// The reasons as JSON.
            reasons: Option<String>,
            /// The evidence as JSON; none when there is none.
            evidence: Option<String>,
        }
        changes {}
    }
}

impl Tx {
    /// All decisions of these files, by file, the first one first and with its routing.
    pub(crate) async fn decisions(
        &mut self,
        bureau: BureauId,
        files: &[FileId],
    ) -> Result<HashMap<FileId, Vec<Decision>>, StoreError> {
        let mut candidates: HashMap<FileId, BTreeMap<i16, Candidate>> = HashMap::new();
        for row in self.many(&sql::CANDIDATES, wanted(bureau, files)).await? {
            let of_file = candidates.entry(file_of(&row, 0, "candidate")?).or_default();
            of_file.insert(row.get(2)?, candidate(&row)?);
        }
        let mut routings: HashMap<FileId, Routing> = HashMap::new();
        for row in self.assignments(bureau, files).await? {
            let file = row.file;
            routings.entry(file).or_insert_with(|| Routing {
                unit: row.unit,
                basis: row.basis,
                candidates: candidates.remove(&file).unwrap_or_default().into_values().collect(),
                centiunits: row.centiunits,
                matched: row.matched,
            });
        }
        let mut decisions: HashMap<FileId, Vec<Decision>> = HashMap::new();
        for row in self.many(&sql::DECISIONS, wanted(bureau, files)).await? {
            let (file, row) = DecisionRow::read(&row)?;
            decisions.entry(file).or_default().push(row.decision()?);
        }
        for (file, of_file) in &mut decisions {
            of_file.sort_unstable_by_key(|decision| decision.sequence);
            if let Some(first) = of_file.first_mut() {
                first.routing = routings.remove(file);
            }
        }
        Ok(decisions)
    }

    /// All assignments of these files, by file, each file's in order.
    pub(crate) async fn assignments(
        &mut self,
        bureau: BureauId,
        files: &[FileId],
    ) -> Result<Vec<AssignmentRow>, StoreError> {
        let rows = self.many(&sql::ASSIGNMENTS, wanted(bureau, files)).await?;
        let assignment = |row: &Row| AssignmentRow::read(row).map(|(_, row)| row);
        let mut assignments = rows.iter().map(assignment).collect::<Result<Vec<_>, StoreError>>()?;
        assignments.sort_unstable_by_key(|row| (row.file, row.sequence));
        Ok(assignments)
    }

    /// Everything done with these files that can change their status, in order.
    pub(crate) async fn handled(
        &mut self,
        bureau: BureauId,
        files: impl Iterator<Item = FileId>,
    ) -> Result<Vec<HandledRow>, StoreError> {
        let wanted = files.map(|file| values![bureau.0, file.submission.0, track_code(file.track)]).collect();
        let rows = self.many(&sql::HANDLED, wanted).await?;
        let handled = |row: &Row| {
            Ok(HandledRow {
                file: FileId { submission: Sequence(row.get(0)?), track: track_of(row, 1, "event")? },
                sequence: Sequence(row.get(2)?),
                recorded_at: Timestamp(row.get(3)?),
                payload: row.get(4)?,
            })
        };
        let mut handled = rows.iter().map(handled).collect::<Result<Vec<_>, StoreError>>()?;
        handled.sort_unstable_by_key(|row| (row.file, row.sequence));
        Ok(handled)
    }

    /// Files whose phone or document has this mark, newest first, below a submission; of one unit if given.
    pub(crate) async fn by_search_key(
        &mut self,
        keyed: Keyed,
        key_hash: KeyHash,
        unit: Option<&UnitId>,
        below: Sequence,
        most: u32,
    ) -> Result<Vec<FileId>, StoreError> {
        let mut values = values![keyed.id(), key_hash.0.to_vec(), below.0, i64::from(most)];
        let sql = match unit {
            None => sql::BY_SEARCH_KEY,
            Some(unit) => {
                values.push(Value::from(unit.as_str()));
                sql::BY_SEARCH_KEY_IN_UNIT
            }
        };
        let rows = self.all(sql, values).await?;
        rows.iter().map(|row| file_of(row, 0, "search_key")).collect()
    }

    /// Files of a number; of one unit if given.
    pub(crate) async fn by_number(
        &mut self,
        bureau: BureauId,
        number: &RegistrationNumber,
        unit: Option<&UnitId>,
    ) -> Result<Vec<FileId>, StoreError> {
        let mut values = values![bureau.0, number.as_str()];
        let sql = match unit {
            None => sql::BY_NUMBER,
            Some(unit) => {
                values.push(Value::from(unit.as_str()));
                sql::BY_NUMBER_IN_UNIT
            }
        };
        let rows = self.all(sql, values).await?;
        rows.iter().map(|row| file_of(row, 0, "file")).collect()
    }

    /// Files of shops whose name starts so, newest first, below a submission; of one unit if given.
    pub(crate) async fn by_shop(
        &mut self,
        bureau: BureauId,
        prefix: &str,
        unit: Option<&UnitId>,
        below: Sequence,
        most: u32,
    ) -> Result<Vec<FileId>, StoreError> {
        // The last character there is ends the range of names that start with the prefix: no LIKE.
        let end = format!("{prefix}\u{10FFFF}");
        let mut values = values![bureau.0, prefix, end, below.0, i64::from(most)];
        let sql = match unit {
            None => sql::BY_SHOP,
            Some(unit) => {
                values.push(Value::from(unit.as_str()));
                sql::BY_SHOP_IN_UNIT
            }
        };
        let rows = self.all(sql, values).await?;
        rows.iter().map(|row| file_of(row, 0, "file")).collect()
    }

    /// Open files of a unit on one track behind a submission, of one officer where one is named.
    pub(crate) async fn files_at(
        &mut self,
        bureau: BureauId,
        (unit, track): (&UnitId, Track),
        officer: Option<&OfficerId>,
        after: Sequence,
        most: u32,
    ) -> Result<Vec<FileId>, StoreError> {
        let officer = officer.map_or("", OfficerId::as_str);
        let values = values![bureau.0, unit.as_str(), track_code(track), after.0, officer, i64::from(most)];
        let rows = self.all(sql::FILES_AT, values).await?;
        rows.iter().map(|row| Ok(FileId { submission: Sequence(row.get(0)?), track })).collect()
    }

    /// Events in the change feed, after a cursor, oldest first.
    pub(crate) async fn changes(
        &mut self,
        bureau: BureauId,
        after: Sequence,
        most: u32,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        let rows = self.all(sql::CHANGES, values![bureau.0, after.0, i64::from(most)]).await?;
        rows.iter().map(change_row).collect()
    }

    /// Events of submissions by their place, in its order.
    pub(crate) async fn changes_at(
        &mut self,
        bureau: BureauId,
        places: impl Iterator<Item = Sequence>,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        let wanted = places.map(|place| values![bureau.0, place.0]).collect();
        let rows = self.many(&sql::CHANGES_AT, wanted).await?;
        let mut rows = rows.iter().map(change_row).collect::<Result<Vec<_>, _>>()?;
        rows.sort_unstable_by_key(|row| row.sequence);
        Ok(rows)
    }

    /// What was done on a file, oldest first: the latest so many.
    pub(crate) async fn acts(
        &mut self,
        bureau: BureauId,
        file: FileId,
        most: u32,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        let values = values![bureau.0, file.submission.0, track_code(file.track), i64::from(most)];
        let rows = self.all(ACTS, values).await?;
        rows.iter().rev().map(change_row).collect()
    }

    /// How often something was done on a submission: `most` stands for more, too.
    pub(crate) async fn done_of_kind(
        &mut self,
        bureau: BureauId,
        submission: Sequence,
        (kind, most): (EventKind, u32),
    ) -> Result<u32, StoreError> {
        let values = values![bureau.0, submission.0, kind.code(), i64::from(most)];
        let done = self.all(DONE_OF_KIND, values).await?.len();
        Ok(u32::try_from(done).unwrap_or(most))
    }
}

/// A row of the statements `CHANGES`, `CHANGES_AT` and `ACTS`.
fn change_row(row: &Row) -> Result<ChangeRow, StoreError> {
    let submission: Option<i64> = row.get(3)?;
    let track = row.get::<Option<i16>>(4)?.map(|_| track_of(row, 4, "event"));
    Ok(ChangeRow {
        sequence: Sequence(row.get(0)?),
        recorded_at: Timestamp(row.get(1)?),
        kind: event_kind(row, 2)?,
        submission: Sequence(submission.ok_or(StoreError::corrupt("event", "submission"))?),
        track: track.transpose()?,
        payload: row.get(5)?,
        answer: row.get(6)?,
    })
}

fn wanted(bureau: BureauId, files: &[FileId]) -> Vec<Vec<Value>> {
    files.iter().map(|file| values![bureau.0, file.submission.0, track_code(file.track)]).collect()
}

fn candidate(row: &Row) -> Result<Candidate, StoreError> {
    Ok(Candidate {
        unit: word(&row.get::<String>(3)?, UnitId::parse, "candidate", "unit")?,
        open_centiunits: row.get(4)?,
        centiofficers: row.get(5)?,
        assigned_centiunits: row.get(6)?,
        month_centiofficers: row.get(7)?,
        barred: listed(row.get(8)?, Barred::from_code, "candidate", "barred")?,
        chosen: row.get::<i16>(9)? == 1,
    })
}

impl AssignmentRow {
    /// Where a new file goes first.
    pub(super) fn first(file: FileId, sequence: Sequence, routing: &Routing) -> Self {
        let Routing { unit, basis, centiunits, matched, candidates: _ } = routing;
        Self {
            file,
            sequence,
            unit: unit.clone(),
            basis: *basis,
            centiunits: *centiunits,
            matched: matched.clone(),
        }
    }
}

impl DecisionRow {
    /// The row of a decision.
    pub(super) fn of(decision: &Decision) -> Result<Self, StoreError> {
        let Decision { file, sequence, suspicion, rules, routing: _ } = decision;
        let json = |column: &'static str| move |_| StoreError::corrupt(Self::TABLE, column);
        let suspicion = suspicion.as_ref();
        let reasons = suspicion.map(|s| stored::to_json(&s.reasons)).transpose().map_err(json("reasons"))?;
        let evidence = suspicion.map(|s| &s.evidence).filter(|evidence| !evidence.is_empty());
        Ok(Self {
            file: *file,
            sequence: *sequence,
            rules: *rules,
            schema_hash: suspicion.map(|s| s.schema_hash.clone()),
            vector: suspicion.map(|s| s.vector.iter().flat_map(|v| v.to_le_bytes()).collect()),
            model: suspicion.and_then(|s| s.model.clone()),
            log_odds: suspicion.and_then(|s| s.log_odds),
            score: suspicion.and_then(|s| s.score),
            band: suspicion.map(|s| s.band),
            reasons,
            evidence: evidence.map(stored::to_json).transpose().map_err(json("evidence"))?,
        })
    }

    /// The decision of a row; its routing is in other tables.
    fn decision(self) -> Result<Decision, StoreError> {
        let corrupt = |column| StoreError::corrupt_of(Self::TABLE, column, self.file);
        let suspicion = match self.schema_hash {
            None => None,
            Some(schema_hash) => Some(Suspicion {
                schema_hash,
                vector: vector_of(&self.vector.ok_or_else(|| corrupt("vector"))?)?,
                model: self.model,
                log_odds: self.log_odds,
                score: self.score,
                band: self.band.ok_or_else(|| corrupt("band"))?,
                reasons: stored::from_json(self.reasons.as_deref().unwrap_or("[]"))
                    .map_err(|_| corrupt("reasons"))?,
                evidence: stored::from_json(self.evidence.as_deref().unwrap_or("{}"))
                    .map_err(|_| corrupt("evidence"))?,
            }),
        };
        let (file, sequence, rules) = (self.file, self.sequence, self.rules);
        Ok(Decision { file, sequence, suspicion, routing: None, rules })
    }
}

/// A feature vector from its little-endian bytes: bit for bit what was decided on.
pub(super) fn vector_of(bytes: &[u8]) -> Result<Vec<f64>, StoreError> {
    let (values, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(StoreError::corrupt("decision", "vector"));
    }
    Ok(values.iter().map(|value| f64::from_le_bytes(*value)).collect())
}
