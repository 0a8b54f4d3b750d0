//! Intake (登记): submissions come in, are told again, amended, withdrawn, urged.
//!
//! A run of submissions is taken in bulk - one read of the history, one fold in order - and gives what the same
//! submissions one by one would give (promise 5). Reports are decided before the complaint of the same
//! submission and on report load alone (promise 4).

mod amend;

use std::collections::HashMap;

pub(crate) use amend::{amend, urge, withdraw};

use crate::domain::command::{Answer, Command, EventKind, Outcome, Receipt};
use crate::domain::decision::Decision;
use crate::domain::ids::{FileId, RegistrationNumber, Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::submission::Submission;
use crate::domain::time::Timestamp;
use crate::features::history::{Entry, History, Marks, Recency, Stretches, want};
use crate::ledger::{Batch, Event, LedgerError, Prepared, facts};
use crate::routing::{Bureau, Incoming, route};
use crate::store::KnownNumber;
use crate::{features, model};

/// Takes in submissions of distinct numbers, in order. Gives the answers of those it got through: it stops before
/// a repeat that must be compared with stored facts, unless that is the first one.
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
        .filter_map(|prepared| Some((number_of(prepared)?.clone(), known_of(prepared)?)))
        .map(|(number, known)| (number, known.sequence, known.recorded_at))
        .collect();
    let mut receipts = receipts(batch, &repeats).await?;
    let mut history =
        read_past(batch, run.iter().copied().filter(|prepared| known_of(prepared).is_none())).await?;
    batch.read_loads().await?;

    let mut answers = Vec::with_capacity(run.len());
    for prepared in run {
        let stored = known_of(prepared).and_then(|known| receipts.remove(&known.sequence));
        answers.push(match stored {
            Some(receipt) => Ok(Outcome::Submitted { receipt, repeat: true }),
            None => take_in(batch, prepared, &mut history)?,
        });
    }
    Ok(answers)
}

fn number_of(prepared: &Prepared) -> Option<&RegistrationNumber> {
    match &prepared.request.command {
        Command::Submit(submission) => Some(&submission.number),
        _ => None,
    }
}

/// One new submission: decided, folded into the history, collected for writing.
fn take_in(batch: &mut Batch<'_>, prepared: &Prepared, history: &mut History) -> Result<Answer, LedgerError> {
    let Command::Submit(submission) = &prepared.request.command else {
        return Err(LedgerError::Unreadable("submission"));
    };
    let sequence = batch.next();
    let recency = Recency::new(submission.received.at, sequence);
    let mut decisions = Vec::with_capacity(2);
    for track in submission.tracks() {
        let decision = decide(batch, submission, &prepared.marks, history, sequence, track);
        if let Some(routing) = &decision.routing {
            batch.add_load(&routing.unit, track, routing.centiunits);
            batch.woken.insert((routing.unit.clone(), track));
        }
        batch.writes.file(batch.bureau, &submission.number, submission.received.at, &decision)?;
        decisions.push(decision);
    }
    if submission.complaint.is_some() {
        let entry = entry(submission, &prepared.marks, recency);
        remember(batch, &prepared.marks, &entry);
        history.fold(&prepared.marks, &entry);
    }
    for (mark, track) in &prepared.search_keys {
        batch.writes.search_key(batch.bureau, *mark, FileId { submission: sequence, track: *track });
    }
    let shop = shop(submission);
    batch.writes.submission(batch.bureau, sequence, &submission.number, submission.received.at, shop);
    batch.record(Event {
        sequence,
        kind: EventKind::Submit,
        action: "submit",
        prepared,
        submission: Some(sequence),
        track: None,
        officer: None,
        answer: None,
    })?;
    let receipt = Receipt { number: submission.number.clone(), sequence, recorded_at: batch.now, decisions };
    Ok(Ok(Outcome::Submitted { receipt, repeat: false }))
}

/// Decides one file. A report is never scored, and its way takes no score (promise 4).
fn decide(
    batch: &mut Batch<'_>,
    submission: &Submission,
    marks: &Marks,
    history: &History,
    sequence: Sequence,
    track: Track,
) -> Decision {
    let suspicion = (track == Track::Complaint).then(|| {
        let observation = features::observe(submission, marks, history, None);
        model::suspicion(batch.champion.as_deref(), &observation, bands(&batch.rules))
    });
    let incoming = match &suspicion {
        Some(suspicion) => Incoming::Complaint(suspicion.band),
        None => Incoming::Report,
    };
    let (rules, day) = (std::sync::Arc::clone(&batch.rules), batch.now.day());
    let basis = &batch.house.basis;
    let routing = route(&rules, batch.loads(), basis, day, submission, incoming);
    let rules = batch.rules_sequence();
    Decision {
        file: FileId { submission: sequence, track },
        sequence,
        suspicion,
        routing: Some(routing),
        rules,
    }
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
    let Command::Submit(telling) = &prepared.request.command else {
        return Err(LedgerError::Unreadable("submission"));
    };
    let submission = number.sequence;
    let identity = &batch.house.identity;
    let mut known = facts(&mut batch.tx, identity, batch.bureau, std::iter::once(submission)).await?;
    let known = known.remove(&submission).ok_or(LedgerError::Unreadable("submission"))?;
    let fields = known.facts.differences(telling);
    if !fields.is_empty() {
        return Ok(Err(Refusal::FactsDiffer { fields }));
    }
    let mut merged = known.facts.clone();
    if merged.merge(telling) {
        let sequence = batch.next();
        amend::replace_traces(batch, submission, &known, &merged).await?;
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

/// One read of the history for all new complaints of a run.
async fn read_past<'a>(
    batch: &mut Batch<'_>,
    run: impl Iterator<Item = &'a Prepared>,
) -> Result<History, LedgerError> {
    let mut stretches = Stretches::new();
    for prepared in run {
        if let Command::Submit(submission) = &prepared.request.command {
            want(&mut stretches, &prepared.marks, submission.received.at);
        }
    }
    Ok(batch.tx.past(batch.bureau, &stretches).await?)
}

fn entry(submission: &Submission, marks: &Marks, recency: Recency) -> Entry {
    Entry {
        recency,
        number: submission.number.clone(),
        name: marks.name,
        person: marks.person,
        respondent: marks.respondent,
        product: marks.product,
    }
}

fn remember(batch: &mut Batch<'_>, marks: &Marks, entry: &Entry) {
    for mark in marks.handles.into_iter().flatten() {
        batch.writes.history(batch.bureau, mark, entry);
    }
}

/// The shop's name, to be searched by prefix.
fn shop(submission: &Submission) -> Option<String> {
    submission.respondent.name.known().map(|name| name.as_str().to_owned())
}
