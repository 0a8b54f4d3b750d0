//! What a batch writes, collected by table: few statements a batch instead of many an item.

use super::columns::Columns as _;
use super::history::key_bytes;
use super::ledger::track_code;
use super::sql;
use super::value::{Value, values};
use super::view::DecisionRow;
use super::{AssignmentRow, AuditRow, EventRow, FileRow, Keyed, Load, Relation, StoreError, Tx};
use crate::domain::deadline::Clock;
use crate::domain::decision::{Barred, Decision, Routing};
use crate::domain::ids::{BureauId, FileId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::time::Timestamp;
use crate::features::history::{Entry, KeyHash};
use crate::features::template::Founder;

/// Rows waiting to be written, by table.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    events: Vec<Vec<Value>>,
    audit: Vec<Vec<Value>>,
    submissions: Vec<Vec<Value>>,
    files: Vec<Vec<Value>>,
    moved: Vec<Vec<Value>>,
    decisions: Vec<Vec<Value>>,
    assignments: Vec<Vec<Value>>,
    candidates: Vec<Vec<Value>>,
    history: Vec<Vec<Value>>,
    anchors: Vec<Vec<Value>>,
    search_keys: Vec<Vec<Value>>,
    loads: Vec<Vec<Value>>,
    deadlines: Vec<Vec<Value>>,
    held: Vec<Vec<Value>>,
    related: Vec<Vec<Value>>,
}

impl Writes {
    /// An event.
    pub(crate) fn event(&mut self, bureau: BureauId, recorded_at: Timestamp, event: EventRow) {
        self.events.push(values![
            bureau.0,
            event.sequence.0,
            recorded_at.0,
            event.kind.code(),
            event.caller.0,
            event.request_id.as_str(),
            event.digest.to_vec(),
            event.submission.map(|s| s.0),
            event.track.map(track_code),
            event.payload,
            event.answer,
            event.version
        ]);
    }

    /// An audit row.
    pub(crate) fn audit(&mut self, bureau: BureauId, AuditRow { entry, hash }: AuditRow) {
        self.audit.push(values![
            bureau.0,
            entry.number,
            entry.at,
            entry.caller,
            entry.officer,
            entry.action.as_ref(),
            entry.sequence,
            entry.submission,
            entry.track,
            hash.to_vec()
        ]);
    }

    /// A submission.
    pub(crate) fn submission(
        &mut self,
        bureau: BureauId,
        sequence: Sequence,
        number: &RegistrationNumber,
        received_at: Timestamp,
        shop: Option<String>,
        template: Option<Sequence>,
    ) {
        let template = template.map(|template| template.0);
        self.submissions.push(values![bureau.0, sequence.0, number.as_str(), received_at.0, shop, template]);
    }

    /// A new file with its first decision, its candidates and its first assignment.
    pub(crate) fn file(
        &mut self,
        bureau: BureauId,
        file: &FileRow,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let Some(routing) = &decision.routing else {
            return Err(StoreError::Missing("a first decision without a routing"));
        };
        self.files.push(file.inserted(bureau, file.id)?);
        self.sent(bureau, file.id, decision.sequence, routing)?;
        self.decision(bureau, decision)
    }

    /// Where a file was first sent, and who was considered.
    fn sent(
        &mut self,
        bureau: BureauId,
        file: FileId,
        sequence: Sequence,
        routing: &Routing,
    ) -> Result<(), StoreError> {
        let FileId { submission, track } = file;
        let track = track_code(track);
        self.assignments.push(AssignmentRow::first(file, sequence, routing).inserted(bureau, file)?);
        for (position, candidate) in (0i16..).zip(&routing.candidates) {
            self.candidates.push(values![
                bureau.0,
                submission.0,
                track,
                position,
                candidate.unit.as_str(),
                candidate.open_centiunits,
                candidate.centiofficers,
                candidate.assigned_centiunits,
                candidate.month_centiofficers,
                candidate.barred.map(Barred::code),
                i16::from(candidate.chosen)
            ]);
        }
        Ok(())
    }

    /// The present state of a file that nobody else changes in this batch.
    pub(crate) fn moved(&mut self, bureau: BureauId, file: &FileRow) -> Result<(), StoreError> {
        self.moved.push(file.changed(bureau, file.id)?);
        Ok(())
    }

    /// A decision row: of a new file, or a later score of an open one.
    pub(crate) fn decision(&mut self, bureau: BureauId, decision: &Decision) -> Result<(), StoreError> {
        self.decisions.push(DecisionRow::of(decision)?.inserted(bureau, decision.file)?);
        Ok(())
    }

    /// A move of a file to another unit.
    pub(crate) fn assignment(&mut self, bureau: BureauId, row: &AssignmentRow) -> Result<(), StoreError> {
        self.assignments.push(row.inserted(bureau, row.file)?);
        Ok(())
    }

    /// What later features will find under one key hash.
    pub(crate) fn history(&mut self, keyed: Keyed, key_hash: KeyHash, entry: &Entry) {
        self.history.push(values![
            keyed.id(),
            key_hash.0.to_vec(),
            entry.recency.0,
            entry.number.as_str(),
            entry.name,
            entry.person,
            entry.respondent,
            entry.product,
            entry.template.map(|template| template.0),
            key_bytes(&entry.keys),
            entry.matter.map(|matter| matter.to_bytes())
        ]);
    }

    /// Under what a template will be found.
    pub(crate) fn anchor(&mut self, keyed: Keyed, anchor: i64, Founder { first, sketch }: Founder) {
        let [high, low] = sketch.words();
        self.anchors.push(values![keyed.id(), anchor, first.0, high, low]);
    }

    /// What a search will find a file by.
    pub(crate) fn search_key(&mut self, keyed: Keyed, key_hash: KeyHash, file: FileId) {
        self.search_keys.push(values![
            keyed.id(),
            key_hash.0.to_vec(),
            file.submission.0,
            track_code(file.track)
        ]);
    }

    /// A unit's open work after the batch, and how many files its queue has given out.
    pub(crate) fn load(&mut self, bureau: BureauId, unit: &UnitId, track: Track, load: Load) {
        let Load { open_centiunits, served, month, assigned_centiunits } = load;
        let (unit, track) = (unit.as_str(), track_code(track));
        self.loads.push(values![bureau.0, unit, track, open_centiunits, served, month, assigned_centiunits]);
    }

    /// More open files of a cluster or against an operator at a unit, or fewer.
    pub(crate) fn related(
        &mut self,
        bureau: BureauId,
        (relation, key_hash): (Relation, i64),
        (unit, track): (&UnitId, Track),
        files: i64,
    ) {
        self.related.push(values![
            bureau.0,
            relation.code(),
            key_hash,
            track_code(track),
            unit.as_str(),
            files
        ]);
    }

    /// A clock of a file: started, kept, or dropped.
    pub(crate) fn deadline(
        &mut self,
        bureau: BureauId,
        file: FileId,
        clock: &Clock,
    ) -> Result<(), StoreError> {
        self.deadlines.push(clock.inserted(bureau, file)?);
        Ok(())
    }

    /// How long a file was held.
    pub(crate) fn held(
        &mut self,
        bureau: BureauId,
        track: Track,
        kind: &str,
        sequence: Sequence,
        minutes: i64,
    ) {
        self.held.push(values![bureau.0, track_code(track), kind, sequence.0, minutes]);
    }
}

impl Tx {
    /// Writes everything collected so far.
    pub(crate) async fn flush(&mut self, writes: &mut Writes) -> Result<(), StoreError> {
        let Writes {
            events,
            audit,
            submissions,
            files,
            moved,
            decisions,
            assignments,
            candidates,
            history,
            anchors,
            search_keys,
            loads,
            deadlines,
            held,
            related,
        } = std::mem::take(writes);
        self.many_at_once(vec![
            (&sql::NEW_EVENTS, events),
            (&sql::NEW_SUBMISSIONS, submissions),
            (&sql::NEW_FILES, files),
            (&sql::NEW_DECISIONS, decisions),
            (&sql::NEW_ASSIGNMENTS, assignments),
            (&sql::NEW_CANDIDATES, candidates),
            (&sql::NEW_HISTORY, history),
            (&sql::NEW_ANCHORS, anchors),
            (&sql::NEW_SEARCH_KEYS, search_keys),
            (&sql::SET_LOADS, loads),
            (&sql::SET_DEADLINES, deadlines),
            (&sql::NEW_HELD, held),
            (&sql::ADD_RELATED, related),
            (&sql::NEW_AUDIT, audit),
        ])
        .await?;
        // Files that this batch has opened may have moved since.
        self.move_files(moved).await
    }
}
