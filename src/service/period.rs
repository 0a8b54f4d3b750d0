//! A recorded period as it came in, to be played again (假设推演).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Service;
use crate::domain::caller::Caller;
use crate::domain::decision::{Band, Decision};
use crate::domain::evidence::GuardKind;
use crate::domain::given::Given;
use crate::domain::ids::{BureauId, FileId, Sequence, Track};
use crate::domain::submission::Submission;
use crate::domain::time::{Days, Timestamp};
use crate::ledger::{BEFORE_ANY_RULES, FIRST_RULES, LedgerError, Opener};
use crate::routing::{Bureau, Incoming};
use crate::store::{FileRow, LoggedEvent, Tx};
use crate::stored::Recorded;
use crate::whatif::{Arrival, RecordedFile};

/// Events read at a time.
const PAGE: i64 = 256;

/// A recorded period (历史期间).
#[derive(Debug)]
pub struct Period {
    /// The bureau file in force now.
    pub bureau: Arc<Bureau>,
    /// The same, as it was written.
    pub content: String,
    /// What came in, in the order of receive times; without texts.
    pub arrivals: Vec<Arrival>,
}

/// A page of the log with what stands beside it, while a record is read.
pub(super) struct LogPage<'a> {
    pub(super) rules: &'a Bureau,
    pub(super) events: &'a [LoggedEvent],
    /// Files that came in by one of the events.
    pub(super) rows: HashMap<FileId, FileRow>,
    pub(super) decisions: HashMap<FileId, Vec<Decision>>,
}

impl LogPage<'_> {
    /// What came in by an event; none when it is of another kind. `band` is what the routing of a complaint is told.
    pub(super) fn arrival(
        &self,
        event: &LoggedEvent,
        recorded: &Recorded,
        band: &dyn Fn(&Decision) -> Band,
    ) -> Result<Arrival, LedgerError> {
        let version = recorded.command.version().ok_or(LedgerError::Unreadable("submission"))?;
        let files = recorded_files(self, event.sequence, band);
        Ok(Arrival { sequence: event.sequence, submission: bare(version), files })
    }

    /// Whether a submission came in by an event.
    pub(super) fn is_new(&self, event: &LoggedEvent) -> bool {
        both(event).iter().any(|id| self.rows.contains_key(id))
    }
}

fn both(event: &LoggedEvent) -> [FileId; 2] {
    Track::ALL.map(|track| FileId { submission: event.sequence, track })
}

/// The whole log of a bureau, page by page, with the files that came in by it.
pub(super) async fn read_log(
    tx: &mut Tx,
    bureau: BureauId,
    rules: &Bureau,
    mut page: impl FnMut(&LogPage<'_>) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let mut after = Sequence(0);
    loop {
        let events = tx.events(bureau, after, PAGE).await?;
        let Some(last) = events.last() else { return Ok(()) };
        after = last.sequence;
        let ids: Vec<FileId> = events.iter().flat_map(both).collect();
        let rows = tx.files(bureau, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
        let decisions = tx.decisions(bureau, &ids).await?;
        page(&LogPage { rules, events: &events, rows, decisions })?;
    }
}

impl Service {
    pub(super) async fn show_period(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        days: Option<Days>,
        mut on_progress: impl FnMut(u64, u64),
    ) -> Result<Period, LedgerError> {
        let (context, bureau) = (&self.inner.context, caller.bureau);
        let mut tx = context.store.read_at_length().await?;
        let head = tx.head(bureau).await?.ok_or(LedgerError::Unreadable("bureau"))?;
        let rules = context.rules(&mut tx, bureau, head.rules).await?;
        let content = match head.rules {
            BEFORE_ANY_RULES => FIRST_RULES.to_owned(),
            at => tx.rules(bureau, at).await?,
        };
        let mut arrivals = Vec::new();
        let page = |page: &LogPage<'_>| {
            for event in page.events.iter().filter(|event| page.is_new(event)) {
                let recorded = opener.open(bureau, event.sequence, &event.payload)?;
                arrivals.push(page.arrival(event, &recorded, &band_then)?);
                on_progress(event.sequence.0.unsigned_abs(), head.sequence.0.unsigned_abs());
            }
            Ok(())
        };
        read_log(&mut tx, bureau, &rules, page).await?;
        tx.rollback().await?;
        arrivals.sort_by_key(|one| (one.submission.received.at, one.sequence));
        mark_first_times(&mut arrivals);
        arrivals.retain(|one| days.is_none_or(|days| days.contains(one.submission.received.at.day())));
        Ok(Period { bureau: rules, content, arrivals })
    }
}

/// The band that a complaint was given when it came in.
fn band_then(decision: &Decision) -> Band {
    decision.suspicion.as_ref().map_or(Band::NotScored, |seen| seen.band)
}

/// The files of a submission, the report first, as they were decided when they came in.
fn recorded_files(
    page: &LogPage<'_>,
    submission: Sequence,
    band: &dyn Fn(&Decision) -> Band,
) -> Vec<RecordedFile> {
    let bureau = page.rules;
    let one = |track: Track| {
        let id = FileId { submission, track };
        let row = page.rows.get(&id)?;
        let first = page.decisions.get(&id).and_then(|rows| rows.first());
        let suspicion = first.and_then(|row| row.suspicion.as_ref());
        let incoming = match track {
            Track::Report => Incoming::Report,
            Track::Complaint => Incoming::Complaint(first.map_or(Band::NotScored, band)),
        };
        let guards = suspicion.map(|seen| seen.evidence.guards.as_slice()).unwrap_or_default();
        let minutes = |from: Timestamp, to: Timestamp| {
            bureau.calendar().working_minutes(from, to, &bureau.settings().office_hours)
        };
        let signed = row.signed_at.zip(row.state.ended_at);
        let end_known = row.state.ended_at.filter(|_| row.state.outcome.is_some());
        Some(RecordedFile {
            incoming,
            cluster: row.cluster,
            respondent: row.respondent,
            mass_incident: guards.iter().any(|guard| guard.kind == GuardKind::MassIncident),
            first_time: false,
            held_minutes: signed.map(|(from, to)| minutes(from, to)),
            open_minutes: end_known.map(|to| minutes(row.state.received_at, to)),
        })
    };
    [Track::Report, Track::Complaint].into_iter().filter_map(one).collect()
}

/// Facts without what was written in words: routing reads none of it.
fn bare(version: &Submission) -> Submission {
    let mut facts = version.clone();
    for part in [&mut facts.complaint, &mut facts.report].into_iter().flatten() {
        part.text = Given::Absent;
        part.demands = Given::Absent;
    }
    facts
}

/// The first complaint of each cluster in the whole record.
fn mark_first_times(arrivals: &mut [Arrival]) {
    let mut known = HashSet::new();
    for recorded_files in arrivals.iter_mut().flat_map(|one| &mut one.files) {
        recorded_files.first_time =
            recorded_files.incoming.track() == Track::Complaint && known.insert(recorded_files.cluster);
    }
}
