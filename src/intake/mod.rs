//! Intake (登记): submissions come in, are told again, amended, withdrawn, urged.
//!
//! A run of submissions is taken in bulk - one read of the history, one fold in order - and gives what the same
//! submissions one by one would give (promise 5). Reports are decided before the complaint of the same
//! submission and on report load alone (promise 4).

mod amend;
mod link;
mod outcome;
mod past;

use std::collections::HashMap;
use std::sync::Arc;

pub(crate) use amend::{amend, urge, withdraw};
pub(crate) use link::cut_link;
pub(crate) use outcome::{of_row as outcome_of_row, outcome};

use past::{Asking, Past};

use crate::domain::command::{Answer, Command, EventKind, News, Outcome, Receipt, Told};
use crate::domain::decision::{Basis, Decision, Routing, Suspicion};
use crate::domain::handling::Status;
use crate::domain::ids::{FileId, RegistrationNumber, Sequence, Track};
use crate::domain::outcome::Ending;
use crate::domain::refusal::Refusal;
use crate::domain::submission::Submission;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::features::Observation;
use crate::ledger::{Batch, Event, LedgerError, Prepared, facts};
use crate::model;
use crate::routing::{Bureau, Incoming, route};
use crate::store::{FileRow, KnownNumber};

/// Takes in submissions and imported rows of distinct numbers, in order. Gives the answers of those it got through: it
/// stops before a repeat that must be compared with stored facts, unless that is the first one.
pub(crate) async fn submit(batch: &mut Batch<'_>, run: &[&Prepared]) -> Result<Vec<Answer>, LedgerError> {
    let numbers = run.iter().filter_map(|prepared| number_of(prepared));
    let known = batch.tx.known_numbers(batch.bureau, numbers).await?;
    let known_of = |prepared: &Prepared| number_of(prepared).and_then(|number| known.get(number.as_str()));

    if let Some(first) = run.first()
        && let Some(known) = known_of(first)
        && known.digest != first.digest
    {
        return Ok(vec![tell_again(batch, first, known).await?]);
    }
    let through = run
        .iter()
        .position(|prepared| known_of(prepared).is_some_and(|known| known.digest != prepared.digest))
        .unwrap_or(run.len());
    let run = &run[..through];

    let repeats: Vec<_> = run
        .iter()
        .filter(|prepared| matches!(prepared.request.command, Command::Submit(_)))
        .filter_map(|prepared| Some((number_of(prepared)?.clone(), known_of(prepared)?)))
        .map(|(number, known)| (number, known.sequence, known.recorded_at))
        .collect();
    let mut receipts = receipts(batch, &repeats).await?;
    let retold = run.iter().filter_map(|prepared| Some((*prepared, known_of(prepared)?.sequence)));
    let mut files = outcome::files(batch, retold).await?;
    let new = run.iter().filter(|prepared| known_of(prepared).is_none());
    let asking: Vec<_> = new.filter_map(|prepared| Asking::of(prepared)).collect();
    let mut past = Past::read(batch, &asking).await?;
    batch.read_loads().await?;

    let mut answers = Vec::with_capacity(run.len());
    for prepared in run {
        let Some(known) = known_of(prepared) else {
            answers.push(take_in(batch, prepared, &mut past).await?);
            continue;
        };
        answers.push(if let Command::Import { outcome, .. } = &prepared.request.command {
            let file = files.remove(&known.sequence).ok_or(LedgerError::Unreadable("file"))?;
            let outcome = outcome::tell(batch, prepared, file, outcome).await?;
            Ok(Outcome::Imported { told: Told::Known, outcome })
        } else {
            let receipt = receipts.remove(&known.sequence).ok_or(LedgerError::Unreadable("decision"))?;
            Ok(Outcome::Submitted { receipt, repeat: true })
        });
    }
    Ok(answers)
}

fn number_of(prepared: &Prepared) -> Option<&RegistrationNumber> {
    prepared.request.command.telling().map(|submission| &submission.number)
}

/// One new submission: decided, folded into the history, collected for writing.
async fn take_in(batch: &mut Batch<'_>, prepared: &Prepared, past: &mut Past) -> Result<Answer, LedgerError> {
    let command = &prepared.request.command;
    let submission = command.telling().ok_or(LedgerError::Unreadable("submission"))?;
    let told = match command {
        Command::Import { outcome, .. } => Some(outcome).filter(|outcome| !outcome.is_empty()),
        _ => None,
    };
    let sequence = batch.next();
    let outcome_sequence = told.map(|_| batch.next());
    let (marks, text) = (prepared.marks.clone(), prepared.shingles.as_ref());
    let marks = past.marks(batch, marks, text, submission.received.at, sequence).await?;
    let mut decisions = Vec::with_capacity(2);
    for track in submission.tracks() {
        let observed = match track {
            Track::Complaint => Some(past.observe(batch, submission, &marks, None).await?),
            Track::Report => None,
        };
        let (suspicion, routing) = match told.and_then(|outcome| outcome.ending.as_ref()) {
            None => decide(batch, submission, observed.as_ref()),
            Some(ending) => keep(batch, observed.as_ref(), ending),
        };
        let mut file = FileRow::waiting(FileId { submission: sequence, track }, submission, &routing);
        if let Some((outcome, sequence)) = told.zip(outcome_sequence) {
            file = outcome::applied(&file, outcome);
            outcome::stamp(&mut file, Status::Waiting, outcome.as_of, sequence);
        }
        let rules = batch.rules_sequence();
        let decision = Decision { file: file.id, sequence, suspicion, routing: Some(routing), rules };
        open_file(batch, &file, &decision)?;
        if track == Track::Complaint {
            past.remember(batch, &marks, &file);
        }
        decisions.push(decision);
    }
    list(batch, prepared, submission, sequence, marks.template);
    let ended = told.is_some_and(|outcome| outcome.ending.is_some());
    let (kind, action) =
        if ended { (EventKind::Backfill, "backfill") } else { (EventKind::Submit, "submit") };
    batch.record(Event {
        sequence,
        kind,
        action,
        prepared,
        submission: Some(sequence),
        track: None,
        officer: None,
        answer: None,
    })?;
    if let Some((outcome, at)) = told.zip(outcome_sequence) {
        let file = decisions.first().ok_or(LedgerError::Unreadable("submission"))?.file;
        outcome::record(batch, prepared, at, &submission.number, file, outcome)?;
    }
    if matches!(command, Command::Import { .. }) {
        let outcome = if told.is_some() { News::New } else { News::Known };
        return Ok(Ok(Outcome::Imported { told: Told::New, outcome }));
    }
    let receipt = Receipt { number: submission.number.clone(), sequence, recorded_at: batch.now, decisions };
    Ok(Ok(Outcome::Submitted { receipt, repeat: false }))
}

/// Lists a new submission, to be found by number, phone, document and shop.
fn list(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    submission: &Submission,
    sequence: Sequence,
    template: Option<Sequence>,
) {
    for (mark, track) in &prepared.search_keys {
        batch.writes.search_key(batch.bureau, *mark, FileId { submission: sequence, track: *track });
    }
    let Submission { number, received, .. } = submission;
    batch.writes.submission(batch.bureau, sequence, number, received.at, shop(submission), template);
}

/// A new file: in its unit's queue, its work on its unit's load, unless it has ended.
fn open_file(batch: &mut Batch<'_>, file: &FileRow, decision: &Decision) -> Result<(), LedgerError> {
    if !file.status.has_ended() {
        batch.add_load(&file.unit, file.id.track, file.centiunits);
        batch.woken.insert((file.unit.clone(), file.id.track));
    }
    Ok(batch.writes.file(batch.bureau, file, decision)?)
}

/// Decides one file. A report has nothing observed: it is never scored, and its way takes no score (promise 4).
fn decide(
    batch: &mut Batch<'_>,
    submission: &Submission,
    observed: Option<&Observation>,
) -> (Option<Suspicion>, Routing) {
    let bands = bands(&batch.rules);
    let suspicion = observed.map(|observed| model::suspicion(batch.champion.as_deref(), observed, bands));
    let incoming = match &suspicion {
        Some(suspicion) => Incoming::Complaint(suspicion.band),
        None => Incoming::Report,
    };
    let (rules, day) = (Arc::clone(&batch.rules), batch.now.day());
    let basis = &batch.house.basis;
    let routing = route(&rules, batch.loads(), basis, day, submission, incoming);
    (suspicion, routing)
}

/// Keeps a file that had ended before it came in: its vector is logged as of its receipt, for training; it is neither
/// scored nor routed, and stands with the unit that handled it, or with reception where the name tells none.
fn keep(batch: &Batch<'_>, observed: Option<&Observation>, ending: &Ending) -> (Option<Suspicion>, Routing) {
    let handled_by = ending.handled_by.as_ref().map(Line::as_str);
    let unit = batch.rules.units().iter().find(|unit| handled_by == Some(unit.name.as_str()));
    let unit = unit.unwrap_or_else(|| batch.rules.reception()).id.clone();
    let routing = Routing { unit, basis: Basis::Ended, candidates: Vec::new(), centiunits: 0, matched: None };
    (observed.map(model::not_scored), routing)
}

/// Where the bureau draws its bands.
fn bands(rules: &Bureau) -> model::Bands {
    let (medium, high) = rules.bands();
    model::Bands { medium, high }
}

/// A known number told again with other bytes: agreeing facts get the first decision, an unmasking is kept as a
/// version, differing facts are refused by name (promise 2).
async fn tell_again(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    number: &KnownNumber,
) -> Result<Answer, LedgerError> {
    let command = &prepared.request.command;
    let telling = command.telling().ok_or(LedgerError::Unreadable("submission"))?;
    let submission = number.sequence;
    let identity = &batch.house.identity;
    let mut known = facts(&mut batch.tx, identity, batch.bureau, std::iter::once(submission)).await?;
    let known = known.remove(&submission).ok_or(LedgerError::Unreadable("submission"))?;
    let fields = match command {
        Command::Import { .. } => known.facts.in_parts_of(telling).differences(telling),
        _ => known.facts.differences(telling),
    };
    if !fields.is_empty() {
        return Ok(Err(Refusal::FactsDiffer { fields }));
    }
    let mut merged = known.facts.clone();
    let learned = merged.merge(telling);
    if learned {
        let sequence = batch.next();
        amend::renew(batch, prepared, submission, sequence, &known, &merged).await?;
        let changed = amend::changed_tracks(&known.facts, &merged);
        amend::touch(batch, submission, &changed, sequence).await?;
        batch.record(Event {
            sequence,
            kind: EventKind::Unmask,
            action: "unmask",
            prepared,
            submission: Some(submission),
            track: None,
            officer: None,
            answer: None,
        })?;
    }
    if let Command::Import { outcome, .. } = command {
        let mut files = outcome::files(batch, std::iter::once((prepared, submission))).await?;
        let file = files.remove(&submission).ok_or(LedgerError::Unreadable("file"))?;
        let outcome = outcome::tell(batch, prepared, file, outcome).await?;
        let told = if learned { Told::Unmasked } else { Told::Known };
        return Ok(Ok(Outcome::Imported { told, outcome }));
    }
    let repeat = (telling.number.clone(), submission, number.recorded_at);
    let receipt = receipts(batch, &[repeat]).await?.remove(&submission);
    let receipt = receipt.ok_or(LedgerError::Unreadable("decision"))?;
    Ok(Ok(Outcome::Submitted { receipt, repeat: true }))
}

/// The stored first decisions of submissions, as they were answered.
pub(crate) async fn receipts(
    batch: &mut Batch<'_>,
    repeats: &[(RegistrationNumber, Sequence, Timestamp)],
) -> Result<HashMap<Sequence, Receipt>, LedgerError> {
    let files: Vec<FileId> = repeats
        .iter()
        .flat_map(|(_, submission, _)| Track::ALL.map(|track| FileId { submission: *submission, track }))
        .collect();
    let mut stored = batch.tx.decisions(batch.bureau, &files).await?;
    let receipt = |(number, sequence, recorded_at): &(RegistrationNumber, Sequence, Timestamp)| {
        let decisions = [Track::Report, Track::Complaint]
            .into_iter()
            .filter_map(|track| stored.remove(&FileId { submission: *sequence, track }))
            .filter_map(|rows| rows.into_iter().next())
            .collect();
        let (sequence, recorded_at) = (*sequence, *recorded_at);
        (sequence, Receipt { number: number.clone(), sequence, recorded_at, decisions })
    };
    Ok(repeats.iter().map(receipt).collect())
}

/// The shop's name, to be searched by prefix.
fn shop(submission: &Submission) -> Option<String> {
    submission.respondent.name.known().map(|name| name.as_str().to_owned())
}
