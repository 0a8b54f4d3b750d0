//! The queue (分送与办理): units pull files, sign for them, decide, close or return them; reception reassigns.
//!
//! A file has one owning unit always. A pull is a lease with a fencing token - the sequence of the pull; signing
//! for it makes a holding with a version token - the sequence of the last change (promise 7).

mod accept_clock;
mod again;
mod check;
mod escalate;
mod handle;
mod joint;
mod lawful;
mod pull;
mod review;
mod terms;

pub(crate) use accept_clock::accept_clock;
pub(crate) use check::{Planned, planned};
pub(crate) use escalate::escalate;
pub(crate) use handle::{handle, handle_run, own};
pub(crate) use pull::pull;
pub(crate) use review::{Opening, end as end_review, open as open_review};

use crate::domain::command::{EventKind, FileRef, Outcome};
use crate::domain::decision::Basis;
use crate::domain::handling::Status;
use crate::domain::ids::{OfficerId, Sequence, UnitId};
use crate::domain::refusal::Refusal;
use crate::domain::sight::Seen;
use crate::ledger::{Batch, Event, LedgerError, Prepared, Stop, within};
use crate::routing::Bureau;
use crate::statute::life::{self, By, Circumstances, FileChange, NotPossible};
use crate::store::{AssignmentRow, FileRow};

/// 改派: reception sends a waiting file to another unit. A file that a unit works on is returned by it first.
pub(crate) async fn reassign(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    reference: &FileRef,
    unit: &UnitId,
) -> Result<Outcome, Stop> {
    let Some(mut file) = find(batch, reference).await? else { return Err(unknown_file().into()) };
    let target = batch.rules.unit(unit).cloned();
    if target.as_ref().is_none_or(|target| !target.works_on(file.id.track)) {
        return Err(Refusal::field(
            "unit",
            "no unit of that id handles this track; see the bureau file",
            "名册中没有办理此类件的该单位",
        )
        .into());
    }
    if *unit == file.unit {
        return Err(Refusal::field("unit", "the file is with that unit already", "该件已在该单位").into());
    }
    if !batch.is_done_already() {
        let known = batch.submission(file.id.submission).await?;
        if batch.rules.is_recused(unit, &known.facts.respondent) {
            return Err(Refusal::field(
                "unit",
                "everybody of that unit is recused from this operator (Art. 21); choose another unit",
                "该单位人员对此被投诉人均应当回避，请改派其他单位",
            )
            .into());
        }
    }
    let by = By { sequence: batch.upcoming(), at: batch.now };
    let circumstances = circumstances(batch, &file);
    let after = match life::apply(file.id.track, &file.state, circumstances, FileChange::Reassign, by) {
        Ok(after) => after,
        Err(barred) => return Err(refused(barred, "reassign", &file).into()),
    };
    batch.read_loads().await?;
    let capacity = target.and_then(|target| target.capacity(file.id.track));
    let open = batch.loads().open(unit, file.id.track);
    if capacity.is_some_and(|capacity| open.saturating_add(file.centiunits) > capacity) {
        return Err(Refusal::AtCapacity.into());
    }
    let sequence = batch.next();
    if file.state.status != Status::Waiting {
        terms::give_back(batch, &mut file, sequence).await?;
    }
    file.state = after;
    send(batch, &mut file, unit, Basis::Reassigned, sequence).await?;
    batch.record(Event::new(sequence, EventKind::Reassign, prepared).on(file.id))?;
    Ok(Outcome::Noted { sequence })
}

/// Moves a file that waits to another unit's queue, its open work with it.
async fn send(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    unit: &UnitId,
    basis: Basis,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    batch.read_loads().await?;
    let (track, centiunits) = (file.id.track, file.centiunits);
    if file.queued_at.day().month_number() == batch.now.day().month_number() {
        batch.assign(&file.unit, track, -centiunits);
    } else {
        batch.add_load(&file.unit, track, -centiunits);
    }
    batch.assign(unit, track, centiunits);
    batch.count_related(file, -1);
    file.unit = unit.clone();
    batch.count_related(file, 1);
    file.token = None;
    file.leased_until = None;
    file.skipped_until = None;
    file.officer = None;
    file.signed_at = None;
    batch.join(file);
    batch.tx.move_file(batch.bureau, file).await?;
    let (unit, matched) = (unit.clone(), None);
    let row = AssignmentRow { file: file.id, sequence, unit, basis, centiunits, matched };
    batch.writes.assignment(batch.bureau, &row)?;
    let unit = row.unit;
    batch.grown.insert((unit, track));
    Ok(())
}

async fn find(batch: &mut Batch<'_>, reference: &FileRef) -> Result<Option<FileRow>, LedgerError> {
    Ok(batch.tx.files_by_number(batch.bureau, std::iter::once(reference)).await?.pop())
}

/// The file, if the caller may know of it.
async fn in_sight(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    file: Option<FileRow>,
) -> Result<Option<FileRow>, LedgerError> {
    let Some(file) = file else { return Ok(None) };
    let sight = &prepared.request.sight;
    match sight.of_file(&file.unit, file.id.track, file.officer.as_ref(), &file.recused) {
        Seen::Yes => Ok(Some(file)),
        Seen::No => Ok(None),
        Seen::IfHandled => {
            // Who holds it may have pulled it in this batch.
            batch.flush().await?;
            let (opener, bureau) = (batch.opener(), batch.bureau);
            within(&mut batch.tx, opener, bureau, sight, Some(file)).await
        }
    }
}

/// What decides beside the state of a file; what its clocks say is asked of them where it matters.
fn circumstances(batch: &Batch<'_>, file: &FileRow) -> Circumstances {
    Circumstances {
        leased: file.leased_until.is_some_and(|until| until > batch.now),
        at_reception: file.unit == batch.rules.reception().id,
        prolonged: false,
        case_timed: false,
        opened: false,
    }
}

/// What is said to whoever asks for what is not possible.
fn refused(barred: NotPossible, verb: &'static str, file: &FileRow) -> Refusal {
    match barred {
        NotPossible::Ended => Refusal::FileEnded(file.state.status),
        NotPossible::WrongState => Refusal::WrongState { verb, status: file.state.status },
        NotPossible::LeaseLost => Refusal::LeaseLost,
        NotPossible::Leased => Refusal::Leased,
        NotPossible::WrongTrack => Refusal::field(
            "file",
            "this is for files of the other track: accept and refuse for complaints, file and not_file for reports",
            "受理、不予受理用于投诉件，立案、不予立案、不具备处理权限、延长期限用于举报件",
        ),
        NotPossible::AtReception => Refusal::field(
            "file",
            "it is with the reception unit already; use Reassign",
            "该件已在统一接收机构，请使用改派",
        ),
        NotPossible::Prolonged => Refusal::field(
            "file",
            "was prolonged before; that is possible once",
            "核查期限已延长过一次，不能再次延长",
        ),
    }
}

fn unknown_file() -> Refusal {
    Refusal::NotFound { what: "file", what_zh: "件" }
}

/// A verb is done by a named officer of the unit.
fn officer_of(rules: &Bureau, officer: &OfficerId, unit: &UnitId) -> Result<(), Refusal> {
    match rules.officer(officer) {
        Some(known) if known.unit == *unit => Ok(()),
        _ => Err(Refusal::field(
            "officer",
            "no officer of that id belongs to your unit; see the bureau file",
            "名册中本单位没有该人员编号",
        )),
    }
}
