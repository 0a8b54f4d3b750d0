//! What an export reports of the status of a file (结果): compared with what is known, recorded where it says something new.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::command::{Command, EventKind, FileRef, News, Outcome, Request};
use crate::domain::handling::Status;
use crate::domain::ids::{FileId, RegistrationNumber, RequestId, Sequence, Track};
use crate::domain::outcome::{Ended, FileOutcome};
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::ledger::{Batch, DECIDING, Event, LedgerError, Prepared, Stop};
use crate::store::FileRow;

/// 结果: what became of a file elsewhere. It ends a file, accepts or files it, whoever holds it; the same again changes
/// nothing.
pub(crate) async fn outcome(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    file: &FileRef,
    outcome: &FileOutcome,
) -> Result<Outcome, Stop> {
    let unknown = Refusal::NotFound { what: "file", what_zh: "件" };
    let Some(submission) = batch.tx.submission(batch.bureau, &file.number).await? else {
        return Err(unknown.into());
    };
    let Some(row) = batch.tx.file(batch.bureau, FileId { submission, track: file.track }).await? else {
        return Err(unknown.into());
    };
    let id = row.id;
    if let Changed::At(sequence, _) = change(batch, &row, outcome).await? {
        batch.record(event(prepared, sequence, id))?;
    }
    Ok(Outcome::Noted { sequence: batch.last() })
}

/// The files that imported rows of known submissions report an outcome for, by submission.
pub(super) async fn files(
    batch: &mut Batch<'_>,
    rows: impl Iterator<Item = (&Prepared, Sequence)>,
) -> Result<HashMap<Sequence, FileRow>, LedgerError> {
    let ids: Vec<FileId> = rows
        .filter_map(|(prepared, submission)| {
            let track = prepared.request.command.version()?.tracks().next()?;
            Some(FileId { submission, track })
        })
        .collect();
    let rows = batch.tx.files(batch.bureau, &ids).await?;
    Ok(rows.into_iter().map(|row| (row.id.submission, row)).collect())
}

/// Compares what a row reports of a known file with what is known, and records what is new. Gives the file as it is then,
/// if that changed.
pub(super) async fn apply(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    file: &FileRow,
    outcome: &FileOutcome,
) -> Result<(News, Option<FileRow>), LedgerError> {
    match change(batch, file, outcome).await? {
        Changed::Not if is_open_again(file, outcome) => Ok((News::OpenAgain, None)),
        Changed::Not => Ok((News::Known, None)),
        Changed::Stale => Ok((News::Stale, None)),
        Changed::At(sequence, after) => {
            record(batch, prepared, sequence, &file.number, file.id, outcome)?;
            Ok((News::New, Some(*after)))
        }
    }
}

/// Whether an export has told the end of a file, and a newer one tells of it as open: it is not opened again by that, and
/// people are told.
fn is_open_again(file: &FileRow, outcome: &FileOutcome) -> bool {
    let state = &file.state;
    let ended_there = state.status.has_ended() && state.outcome.is_some();
    ended_there && outcome.ending.is_none() && state.as_of.is_some_and(|as_of| outcome.as_of > as_of)
}

/// What became of a file that was told of.
enum Changed {
    Not,
    /// It would have, but a newer export already set it.
    Stale,
    At(Sequence, Box<FileRow>),
}

/// Writes the file's status now, if that is elsewhere; its open work leaves the unit when it ends.
async fn change(
    batch: &mut Batch<'_>,
    file: &FileRow,
    outcome: &FileOutcome,
) -> Result<Changed, LedgerError> {
    let before = file.state;
    let state = before.with_outcome(file.id.track, outcome, batch.upcoming());
    if state == before {
        return Ok(Changed::Not);
    }
    if file.state.as_of.is_some_and(|as_of| outcome.as_of < as_of) {
        return Ok(Changed::Stale);
    }
    batch.read_loads().await?;
    let sequence = batch.next();
    let mut after = file.clone();
    after.state = state;
    if after.state.status.has_ended() && !file.state.status.has_ended() {
        batch.add_load(&file.unit, file.id.track, -file.centiunits);
        batch.count_related(file, -1);
        let mut clocks = batch.clocks(file.id).await?;
        let rules = Arc::clone(&batch.rules);
        let under = batch.under(&rules, file, sequence);
        if under.acts {
            // A decision whose day the export tells keeps its term, in time or late; of other ends it tells no decision.
            let decided = outcome.ending.as_ref().filter(|ending| !matches!(ending.ended, Ended::Closed(_)));
            if let Some(on) = decided.and_then(|ending| ending.at).map(|moment| moment.at.day()) {
                clocks.keep(&DECIDING, on);
            }
            clocks.drop_running(|duty| !duty.is_of_a_review());
        } else {
            clocks.drop_running(|_| true);
        }
        batch.put_clocks(&mut after, &clocks)?;
    } else if after.state.accepted_upstream && !file.state.accepted_upstream {
        accept_upstream(batch, &mut after, sequence).await?;
    }
    stamp(&mut after, sequence);
    batch.tx.move_file(batch.bureau, &after).await?;
    Ok(Changed::At(sequence, Box::new(after)))
}

/// What the platform has accepted or filed need not be decided here, and what is owed next runs.
async fn accept_upstream(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    let report = match file.id.track {
        Track::Complaint => None,
        Track::Report => {
            // What the row has unmasked is among the facts.
            batch.flush().await?;
            Some(batch.submission(file.id.submission).await?.facts)
        }
    };
    let rules = Arc::clone(&batch.rules);
    let mut clocks = batch.clocks(file.id).await?;
    let under = batch.under(&rules, file, sequence);
    clocks.take_up(under, report.as_ref(), &file.testing);
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// Marks a changed file with the event that changed it: whoever holds it must have seen that before the next verb.
pub(super) fn stamp(file: &mut FileRow, sequence: Sequence) {
    if file.state.status.has_ended() {
        file.leased_until = None;
        file.skipped_until = None;
        file.escalates_at = None;
        file.token = Some(sequence);
    } else if file.state.status != Status::Waiting {
        file.token = Some(sequence);
    }
}

/// Records the outcome that a row reported beside its facts, as an event of its own.
pub(super) fn record(
    batch: &mut Batch<'_>,
    row: &Prepared,
    sequence: Sequence,
    number: &RegistrationNumber,
    file: FileId,
    outcome: &FileOutcome,
) -> Result<(), LedgerError> {
    let command = Command::Outcome {
        file: FileRef { number: number.clone(), track: file.track },
        outcome: outcome.clone(),
    };
    let request_id = of_row(&row.request.request_id)?;
    let request = Request { caller: row.request.caller, unit: None, sight: Sight::ALL, request_id, command };
    let prepared = Prepared::within(batch, request)?;
    batch.record(event(&prepared, sequence, file))
}

fn event(prepared: &Prepared, sequence: Sequence, file: FileId) -> Event<'_> {
    Event::new(sequence, EventKind::Outcome, prepared).on(file)
}

/// The request id under which a row's outcome is recorded.
pub(crate) fn of_row(row: &RequestId) -> Result<RequestId, LedgerError> {
    RequestId::parse(&format!("{row}-outcome")).map_err(|_| LedgerError::Unreadable("request id"))
}
