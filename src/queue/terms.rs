//! What the verbs of a unit do to a file's statutory clocks (期限).

use std::sync::Arc;

use super::find;
use crate::domain::command::{FileRef, Ruling};
use crate::domain::deadline::{Duty, Start};
use crate::domain::handling::{Disposition, StepKind};
use crate::domain::ids::{RegistrationNumber, Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::submission::Submission;
use crate::domain::time::{Day, Days};
use crate::ledger::{Batch, Clocks, DECIDING, LedgerError, NOTICE_DUTIES, Stop};
use crate::store::FileRow;

/// A file has been decided.
pub(super) async fn decide(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    ruling: &Ruling,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    let (rules, today) = (Arc::clone(&batch.rules), batch.now.day());
    let mut clocks = batch.clocks(file.id).await?;
    match ruling {
        // Not handled once more: nothing was decided in time or late.
        Ruling::Repeat { .. } | Ruling::Merge { .. } => clocks.drop_running(|_| true),
        // Whoever decides is competent, or says who is: a dispute over it is over.
        _ => {
            clocks.keep(&DECIDING, today);
            clocks.keep(&[Duty::ResolveCompetence], today);
        }
    }
    if ruling.status().has_ended() {
        clocks.end();
    }
    let under = Batch::under(&rules, file, today, sequence);
    match ruling {
        Ruling::Accept => clocks.start(under, Duty::Mediate, today, &file.testing),
        Ruling::File | Ruling::NotFile { .. } => {
            let submission = submission_of(batch, file).await?;
            clocks.start_notice(under, Track::Report, &submission, Start::FilingDecision, today);
        }
        Ruling::Refuse { .. } | Ruling::Repeat { .. } | Ruling::Merge { .. } => {}
    }
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// Whether a step may be of that day, as far as the file's clocks say: a notice follows what it tells, and one dispute over
/// competence goes on at a time.
fn follows(clocks: &Clocks, kind: StepKind, on: Day) -> Result<(), Refusal> {
    match kind {
        StepKind::CompetenceDisputed if clocks.running(Duty::ResolveCompetence).is_some() => {
            Err(Refusal::field(
                "kind",
                "a dispute over competence is going on already, and its term runs",
                "处理权限争议已在进行中，期限已经起算",
            ))
        }
        StepKind::Notified if clocks.notice_since().is_some_and(|since| on < since) => Err(Refusal::field(
            "time",
            "is before the duty to tell began; note the day on which they were told",
            "告知时间早于告知义务的起算日，请填写实际告知的日期",
        )),
        _ => Ok(()),
    }
}

/// A step has been noted.
pub(super) async fn step(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    kind: StepKind,
    on: Day,
    sequence: Sequence,
) -> Result<(), Stop> {
    let (rules, today) = (Arc::clone(&batch.rules), batch.now.day());
    let mut clocks = batch.clocks(file.id).await?;
    if !batch.is_done_already() {
        follows(&clocks, kind, on)?;
    }
    match kind {
        StepKind::TestingBegan => file.testing.since = Some(on),
        StepKind::TestingEnded => {
            let since = file.testing.since.take().unwrap_or(on);
            file.testing.past.push(Days::between(since, on));
            let under = Batch::under(&rules, file, today, sequence);
            clocks.compute_again(under, &file.testing, |_| true);
        }
        StepKind::CompetenceDisputed => {
            let under = Batch::under(&rules, file, today, sequence);
            clocks.start(under, Duty::ResolveCompetence, on, &file.testing);
        }
        StepKind::Notified => clocks.keep(&NOTICE_DUTIES, on),
        _ => return Ok(()),
    }
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// A file leaves the unit that disputed its competence: that dispute is over.
pub(super) async fn give_back(batch: &mut Batch<'_>, file: &mut FileRow) -> Result<(), LedgerError> {
    let mut clocks = batch.clocks(file.id).await?;
    clocks.drop_running(|duty| duty == Duty::ResolveCompetence);
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// A file is closed: mediation has ended one way or the other, and where it was broken off both sides are told.
pub(super) async fn close(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    disposition: Disposition,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    let (rules, today) = (Arc::clone(&batch.rules), batch.now.day());
    let mut clocks = batch.clocks(file.id).await?;
    clocks.keep(&[Duty::Mediate, Duty::ResolveCompetence], today);
    clocks.end();
    let terminated = matches!(disposition, Disposition::MediationEnded | Disposition::GroundFoundLater);
    if terminated {
        let under = Batch::under(&rules, file, today, sequence);
        clocks.start(under, Duty::NotifyTermination, today, &file.testing);
    }
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// The head of the bureau gives more working days, once.
pub(super) async fn prolong(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    let (rules, today) = (Arc::clone(&batch.rules), batch.now.day());
    let mut clocks = batch.clocks(file.id).await?;
    // Every undecided report has a term to verify it that runs.
    let running = clocks.running(Duty::Verify).ok_or(LedgerError::Unreadable("term to verify a report"))?;
    let started = running.started_on;
    clocks.drop_running(|duty| duty == Duty::Verify);
    let under = Batch::under(&rules, file, today, sequence);
    clocks.start(under, Duty::VerifyProlonged, started, &file.testing);
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// An officer has confirmed that a report is an earlier one again (Art. 35). Where new facts are added to it, the
/// earlier one's clock starts again at the receipt of this one.
pub(super) async fn same_report(
    batch: &mut Batch<'_>,
    file: &FileRow,
    earlier: &RegistrationNumber,
    ruling: &Ruling,
    sequence: Sequence,
) -> Result<(), Stop> {
    let refused = |en: &str, zh: &str| Err(Refusal::field("earlier_registration_number", en, zh).into());
    let reference = FileRef { number: earlier.clone(), track: Track::Report };
    let known = find(batch, &reference).await?.filter(|known| known.unit == file.unit && known.id != file.id);
    let Some(mut known) = known else {
        return refused(
            "no other report of that number is known to your unit",
            "本单位没有该编号的其他举报件",
        );
    };
    if known.cluster != file.cluster {
        return refused("was not sent by the same reporter", "不是同一举报人的举报");
    }
    if known.respondent != file.respondent {
        return refused("is not against the same operator", "不是针对同一被举报人的举报");
    }
    if matches!(ruling, Ruling::Repeat { .. }) {
        return Ok(());
    }
    let mut clocks = batch.clocks(known.id).await?;
    let running =
        [Duty::Verify, Duty::VerifyProlonged].into_iter().find(|duty| clocks.running(*duty).is_some());
    if known.status.has_ended() || running.is_none() {
        return refused(
            "is decided already; new facts are verified as a report of their own",
            "前件已作出决定；补充的新事实应作为新的举报核查",
        );
    }
    let (rules, today) = (Arc::clone(&batch.rules), batch.now.day());
    let started = file.received_at.day();
    clocks.drop_running(|duty| DECIDING.contains(&duty));
    clocks.start(Batch::under(&rules, file, today, sequence), Duty::Verify, started, &known.testing);
    batch.put_clocks(&mut known, &clocks)?;
    // Whoever holds it must have seen this before the next verb.
    if known.signed_at.is_some() {
        known.token = Some(sequence);
    }
    batch.tx.move_file(batch.bureau, &known).await?;
    Ok(())
}

/// The facts of a file's submission as they are known now.
async fn submission_of(batch: &mut Batch<'_>, file: &FileRow) -> Result<Submission, LedgerError> {
    Ok(batch.submission(file.id.submission).await?.facts)
}
