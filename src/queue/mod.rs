//! The queue (分送与办理): units pull files, sign for them, decide, close or return them; reception reassigns.
//!
//! A file has one owning unit always. A pull is a lease with a fencing token - the sequence of the pull; signing
//! for it makes a holding with a version token - the sequence of the last change (promise 7).

mod handle;

pub(crate) use handle::{Handled, handle};

use crate::domain::command::{Answer, EventKind, FileRef, Lease, Outcome};
use crate::domain::decision::Basis;
use crate::domain::handling::Status;
use crate::domain::ids::{FileId, OfficerId, Track, UnitId};
use crate::domain::refusal::Refusal;
use crate::ledger::{Batch, Event, LedgerError, Prepared};
use crate::store::FileRow;

/// 领取: leases up to `most` waiting files of the unit, oldest receive time first. Nothing waiting is no event.
pub(crate) async fn pull(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    unit: &UnitId,
    officer: &OfficerId,
    track: Track,
    most: u32,
) -> Result<Answer, LedgerError> {
    if let Err(refusal) = officer_of(batch, officer, unit) {
        return Ok(Err(refusal));
    }
    let waiting = batch.tx.waiting(batch.bureau, unit, track, batch.now, most).await?;
    if waiting.is_empty() {
        return Ok(Ok(Outcome::Pulled(Vec::new())));
    }
    let token = batch.next();
    let until = batch.now.plus_seconds(batch.rules.lease_seconds());
    let mut leases = Vec::with_capacity(waiting.len());
    for file in waiting {
        batch.tx.lease(batch.bureau, file, token, until).await?;
        leases.push(Lease { file, token, until });
    }
    batch.record(Event {
        sequence: token,
        kind: EventKind::Pull,
        action: "pull",
        prepared,
        submission: None,
        track: Some(track),
        officer: Some(officer.clone()),
        answer: Some(serde_json::to_string(&leases).map_err(|_| LedgerError::Unreadable("answer"))?),
    })?;
    Ok(Ok(Outcome::Pulled(leases)))
}

/// 改派: reception sends a waiting file to another unit. A file that a unit works on is returned by it first.
pub(crate) async fn reassign(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    reference: &FileRef,
    unit: &UnitId,
) -> Result<Answer, LedgerError> {
    let Some(mut file) = find(batch, reference).await? else { return Ok(Err(unknown_file())) };
    let target = batch.rules.unit(unit);
    if target.is_none_or(|target| !target.works_on(file.id.track)) {
        return Ok(Err(Refusal::field(
            "unit",
            "no unit of that id handles this track; see the bureau file",
            "名册中没有办理此类件的该单位",
        )));
    }
    if *unit == file.unit {
        return Ok(Err(Refusal::field("unit", "the file is with that unit already", "该件已在该单位")));
    }
    let reception = batch.rules.reception().id.clone();
    let leased = file.leased_until.is_some_and(|until| until > batch.now) && file.unit != reception;
    let movable = match file.status {
        Status::Waiting if leased => return Ok(Err(Refusal::Leased)),
        Status::Waiting => true,
        Status::SignedFor => file.unit == reception,
        status if status.has_ended() => return Ok(Err(Refusal::FileEnded(status))),
        _ => false,
    };
    if !movable {
        return Ok(Err(Refusal::WrongState { verb: "reassign", status: file.status }));
    }
    let sequence = batch.next();
    send(batch, &mut file, unit, Basis::Reassigned, sequence).await?;
    batch.record(Event {
        sequence,
        kind: EventKind::Reassign,
        action: "reassign",
        prepared,
        submission: Some(file.id.submission),
        track: Some(file.id.track),
        officer: None,
        answer: None,
    })?;
    Ok(Ok(Outcome::Noted { sequence }))
}

/// Moves a file to another unit's queue, its open work with it.
async fn send(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    unit: &UnitId,
    basis: Basis,
    sequence: crate::domain::ids::Sequence,
) -> Result<(), LedgerError> {
    batch.read_loads().await?;
    batch.add_load(&file.unit, file.id.track, -file.centiunits);
    batch.add_load(unit, file.id.track, file.centiunits);
    file.unit = unit.clone();
    file.status = Status::Waiting;
    file.token = None;
    file.leased_until = None;
    file.skipped_until = None;
    file.officer = None;
    batch.tx.move_file(batch.bureau, file).await?;
    batch.writes.assignment(batch.bureau, file.id, sequence, unit, basis, file.centiunits);
    batch.woken.insert((unit.clone(), file.id.track));
    Ok(())
}

async fn find(batch: &mut Batch<'_>, reference: &FileRef) -> Result<Option<FileRow>, LedgerError> {
    let Some(submission) = batch.tx.submission(batch.bureau, &reference.number).await? else {
        return Ok(None);
    };
    Ok(batch.tx.file(batch.bureau, FileId { submission, track: reference.track }).await?)
}

fn unknown_file() -> Refusal {
    Refusal::NotFound { what: "file", what_zh: "件" }
}

/// A verb is done by a named officer of the unit.
fn officer_of(batch: &Batch<'_>, officer: &OfficerId, unit: &UnitId) -> Result<(), Refusal> {
    match batch.rules.officer(officer) {
        Some(known) if known.unit == *unit => Ok(()),
        _ => Err(Refusal::field(
            "officer",
            "no officer of that id belongs to your unit; see the bureau file",
            "名册中本单位没有该人员编号",
        )),
    }
}
