//! What an export tells of where a file stands (结果): compared with what is known, recorded where it says something new.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::command::{Answer, Command, EventKind, FileRef, News, Outcome, Request};
use crate::domain::handling::Status;
use crate::domain::ids::{FileId, RegistrationNumber, RequestId, Sequence, Track};
use crate::domain::outcome::{Ended, FileOutcome};
use crate::domain::refusal::Refusal;
use crate::domain::text::AmountFen;
use crate::domain::time::{Moment, Timestamp};
use crate::ledger::{Batch, Event, LedgerError, Prepared, facts};
use crate::statute::life;
use crate::store::FileRow;

/// 结果: what became of a file elsewhere. It ends a file, accepts or files it, whoever holds it; the same again changes
/// nothing.
pub(crate) async fn outcome(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    file: &FileRef,
    outcome: &FileOutcome,
) -> Result<Answer, LedgerError> {
    let unknown = Refusal::NotFound { what: "file", what_zh: "件" };
    let Some(submission) = batch.tx.submission(batch.bureau, &file.number).await? else {
        return Ok(Err(unknown));
    };
    let Some(row) = batch.tx.file(batch.bureau, FileId { submission, track: file.track }).await? else {
        return Ok(Err(unknown));
    };
    let id = row.id;
    if let Changed::At(sequence, _) = change(batch, &row, outcome).await? {
        batch.record(event(prepared, sequence, id))?;
    }
    Ok(Ok(Outcome::Noted { sequence: batch.last() }))
}

/// The files that imported rows of known submissions tell the outcome of, by submission.
pub(super) async fn files(
    batch: &mut Batch<'_>,
    retold: impl Iterator<Item = (&Prepared, Sequence)>,
) -> Result<HashMap<Sequence, FileRow>, LedgerError> {
    let ids: Vec<FileId> = retold
        .filter(|(prepared, _)| matches!(prepared.request.command, Command::Import { .. }))
        .filter_map(|(prepared, submission)| {
            let track = prepared.request.command.version()?.tracks().next()?;
            Some(FileId { submission, track })
        })
        .collect();
    let rows = batch.tx.files(batch.bureau, &ids).await?;
    Ok(rows.into_iter().map(|row| (row.id.submission, row)).collect())
}

/// Compares what a row tells of a known file with what is known, and records what is new. Gives the file as it stands then,
/// if that changed.
pub(super) async fn tell(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    file: &FileRow,
    outcome: &FileOutcome,
) -> Result<(News, Option<FileRow>), LedgerError> {
    match change(batch, file, outcome).await? {
        Changed::Not => Ok((News::Known, None)),
        Changed::Stale => Ok((News::Stale, None)),
        Changed::At(sequence, after) => {
            record(batch, prepared, sequence, &file.number, file.id, outcome)?;
            Ok((News::New, Some(*after)))
        }
    }
}

/// What became of a file that was told of.
enum Changed {
    Not,
    /// It would have, but a newer export has spoken.
    Stale,
    At(Sequence, Box<FileRow>),
}

/// Writes where the file stands now, if that is elsewhere; its open work leaves the unit when it ends.
async fn change(
    batch: &mut Batch<'_>,
    file: &FileRow,
    outcome: &FileOutcome,
) -> Result<Changed, LedgerError> {
    let mut after = applied(file, outcome);
    if after == *file {
        return Ok(Changed::Not);
    }
    if file.as_of.is_some_and(|as_of| outcome.as_of < as_of) {
        return Ok(Changed::Stale);
    }
    batch.read_loads().await?;
    let sequence = batch.next();
    if after.status.has_ended() && !file.status.has_ended() {
        batch.add_load(&file.unit, file.id.track, -file.centiunits);
        batch.count_related(file, -1);
        // It was decided elsewhere; whether in time, an export does not say.
        let mut clocks = batch.clocks(file.id).await?;
        clocks.drop_running(|_| true);
        batch.put_clocks(&mut after, &clocks);
    } else if after.accepted_upstream && !file.accepted_upstream {
        take_up(batch, &mut after, sequence).await?;
    }
    stamp(&mut after, file.status, outcome.as_of, sequence);
    batch.tx.move_file(batch.bureau, &after).await?;
    Ok(Changed::At(sequence, Box::new(after)))
}

/// What the platform has accepted or filed need not be decided here, and what is owed next runs.
async fn take_up(batch: &mut Batch<'_>, file: &mut FileRow, sequence: Sequence) -> Result<(), LedgerError> {
    let report = match file.id.track {
        Track::Complaint => None,
        Track::Report => {
            // What the row has unmasked is among the facts.
            batch.flush().await?;
            let (identity, submission) = (&batch.context.identity, file.id.submission);
            let mut known = facts(&mut batch.tx, identity, batch.bureau, std::iter::once(submission)).await?;
            Some(known.remove(&submission).ok_or(LedgerError::Unreadable("submission"))?.facts)
        }
    };
    let (rules, today) = (Arc::clone(&batch.rules), batch.now.day());
    let mut clocks = batch.clocks(file.id).await?;
    let under = Batch::under(&rules, file, today, sequence);
    clocks.take_up(under, report.as_ref(), &file.testing);
    batch.put_clocks(file, &clocks);
    Ok(())
}

/// The file with what `outcome` tells of it. What is absent changes nothing; an end that an officer here has made
/// stands, for it carries a name and a reason, and so does an acceptance or a filing.
pub(super) fn applied(file: &FileRow, outcome: &FileOutcome) -> FileRow {
    let mut changed =
        FileRow { imported_label: outcome.imported_label.or(file.imported_label), ..file.clone() };
    let Some(ending) = &outcome.ending else {
        // What waits remembers it until somebody here signs for it.
        if outcome.accepted_upstream && matches!(file.status, Status::Waiting | Status::SignedFor) {
            changed.accepted_upstream = true;
            if file.status == Status::SignedFor {
                changed.status = life::accepted_upstream(file.id.track);
            }
        }
        return changed;
    };
    let recovered_fen = ending.recovered.map(AmountFen::fen);
    if file.status.has_ended() && file.outcome.is_none() {
        if file.status == Status::Closed {
            changed.recovered_fen = file.recovered_fen.or(recovered_fen);
        }
        return changed;
    }
    changed.status = ending.ended.status();
    // Told together or one after the other, in whatever order: the end is what stands.
    changed.accepted_upstream = false;
    // Another kind of end leaves nothing of the old one's.
    let (ground, disposition) = match ending.ended {
        Ended::Refused(ground) => (ground.or(file.ground), None),
        Ended::NotFiled => (None, None),
        Ended::Closed(disposition) => (None, disposition.or(file.disposition)),
    };
    (changed.ground, changed.disposition) = (ground, disposition);
    changed.recovered_fen = recovered_fen.or(file.recovered_fen);
    changed.ended_at = ended_at(file, ending.at);
    changed
}

/// When it ended, as far as that was ever told. A day alone equals any time of it, and nothing ends before it came in.
fn ended_at(file: &FileRow, changed: Option<Moment>) -> Option<Timestamp> {
    let Some(changed) = changed else { return file.ended_at };
    let known = file.ended_at.map(|at| Moment { at, date_only: false });
    match known {
        Some(known) if changed.date_only && known.agrees_with(&changed) => Some(known.at),
        _ => Some(changed.at.max(file.received_at)),
    }
}

/// Marks a changed file with the event that changed it: whoever holds it must have seen that before the next verb.
pub(super) fn stamp(file: &mut FileRow, before: Status, as_of: Timestamp, sequence: Sequence) {
    file.as_of = Some(as_of);
    if file.status.has_ended() {
        file.leased_until = None;
        file.skipped_until = None;
        file.escalates_at = None;
        file.outcome = file.outcome.or((!before.has_ended()).then_some(sequence));
        file.token = Some(sequence);
    } else if file.status != Status::Waiting {
        file.token = Some(sequence);
    }
}

/// Records the outcome that a row told beside its facts, as an event of its own.
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
    let request = Request { caller: row.request.caller, unit: None, request_id, command };
    let prepared = Prepared::new(&batch.context.identity, request)?;
    batch.record(event(&prepared, sequence, file))
}

fn event(prepared: &Prepared, sequence: Sequence, file: FileId) -> Event<'_> {
    Event {
        sequence,
        kind: EventKind::Outcome,
        prepared,
        submission: Some(file.submission),
        track: Some(file.track),
        officer: None,
        answer: None,
    }
}

/// The request id under which a row's outcome is recorded.
pub(crate) fn of_row(row: &RequestId) -> Result<RequestId, LedgerError> {
    RequestId::parse(&format!("{row}-outcome")).map_err(|_| LedgerError::Unreadable("request id"))
}
