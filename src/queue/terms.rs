//! What the verbs of a unit do to a file's statutory clocks (期限).

use std::sync::Arc;

use crate::domain::act::Notice;
use crate::domain::command::Ruling;
use crate::domain::deadline::{Clock, Duty, LastDay, Start, Testing};
use crate::domain::handling::{Disposition, Status, StepKind, TerminationGround};
use crate::domain::ids::{Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::submission::Submission;
use crate::domain::time::{Day, Days};
use crate::ledger::{Batch, DECIDING, LedgerError, Stop, Under, paused_since};
use crate::routing::CaseClock;
use crate::store::FileRow;

/// A file was decided on a day.
pub(super) async fn decide(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    ruling: &Ruling,
    on: Day,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    let rules = Arc::clone(&batch.rules);
    let under = batch.under(&rules, file, sequence);
    let mut clocks = batch.clocks(file.id).await?;
    match ruling {
        // Not handled once more: nothing was decided in time or late.
        Ruling::Repeat { .. } | Ruling::Merge { .. } => {
            clocks.release(under, |row| !row.duty.is_of_a_review(), on);
        }
        // No complaint and no report: nothing was owed under these rules.
        Ruling::OtherChannel { .. } => clocks.drop_running(|duty| !duty.is_of_a_review()),
        // Whoever decides is competent, or says who is: a dispute over it is over.
        _ => {
            clocks.keep(&DECIDING, on);
            clocks.keep(&[Duty::ResolveCompetence, Duty::ActAsOrdered], on);
            if !under.acts {
                clocks.keep(&[Duty::TellComplainant], on);
            }
        }
    }
    if ruling.status().has_ended() {
        clocks.end(under, on);
    }
    match ruling {
        Ruling::Accept => clocks.start(under, Duty::Mediate, on, &file.testing),
        Ruling::File if rules.settings().case_clock == CaseClock::Here => {
            clocks.start(under, Duty::DecideCase, on, &file.testing);
        }
        _ => {}
    }
    if let Some(start) = notice_start(ruling) {
        let submission = submission_of(batch, file).await?;
        clocks.start_notice(under, Track::Report, &submission, start, on);
    }
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// From what a ruling begins that the reporter is told of it.
pub(super) fn notice_start(ruling: &Ruling) -> Option<Start> {
    match ruling {
        Ruling::File | Ruling::NotFile { .. } => Some(Start::FilingDecision),
        Ruling::NotCompetent { .. } => Some(Start::NotCompetent),
        Ruling::Accept
        | Ruling::Refuse { .. }
        | Ruling::Repeat { .. }
        | Ruling::Merge { .. }
        | Ruling::OtherChannel { .. } => None,
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
    let rules = Arc::clone(&batch.rules);
    let under = batch.under(&rules, file, sequence);
    let mut clocks = batch.clocks(file.id).await?;
    match kind {
        StepKind::TestingBegan => {
            (file.testing.since, file.testing.pauses) = (Some(on), under.acts);
        }
        StepKind::TestingEnded => {
            let since = file.testing.since.take().unwrap_or(on);
            file.testing.pauses = false;
            file.testing.past.push(Days::between(since, on));
            clocks.compute_again(under, &file.testing, |_| true);
        }
        StepKind::CompetenceDisputed => {
            if !batch.is_done_already() && clocks.running(Duty::ResolveCompetence).is_some() {
                return Err(Refusal::field(
                    "kind",
                    "a dispute over competence is going on already, and its term runs",
                    "处理权限争议已在进行中，期限已经起算",
                )
                .into());
            }
            clocks.start(under, Duty::ResolveCompetence, on, &file.testing);
        }
        // Of releases that had no notices: a step told everybody everything.
        StepKind::Notified if !under.acts => {
            clocks.keep(&[Duty::NotifyTermination, Duty::TellReporter, Duty::TellComplainant], on);
        }
        _ => return Ok(()),
    }
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// Somebody was told something: that alone keeps the duty to tell it, and not before the duty began.
pub(super) async fn tell(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    notice: &Notice,
    on: Day,
) -> Result<(), Stop> {
    let mut clocks = batch.clocks(file.id).await?;
    if !batch.is_done_already() && clocks.notice_since(notice).is_some_and(|since| on < since) {
        return Err(Refusal::field(
            "done_on",
            "is before the duty to tell began; note the day on which they were told",
            "告知日期早于告知义务的起算日，请填写实际告知的日期",
        )
        .into());
    }
    clocks.tell(notice, on);
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// A dispute over competence has ended.
pub(super) async fn end_dispute(batch: &mut Batch<'_>, file: &mut FileRow, on: Day) -> Result<(), Stop> {
    let mut clocks = batch.clocks(file.id).await?;
    let running = clocks.running(Duty::ResolveCompetence).map(|clock| clock.started_on);
    if !batch.is_done_already() && running.is_none_or(|since| on < since) {
        return Err(Refusal::field(
            "dispute_ended",
            "no dispute over competence was going on on that day; note its beginning as a step first",
            "该日没有进行中的处理权限争议，请先登记争议开始",
        )
        .into());
    }
    clocks.keep(&[Duty::ResolveCompetence], on);
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// What a reconsideration or a suit has ordered is done: that alone, and nothing that another one has ordered.
pub(super) async fn perform(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    review: Sequence,
    on: Day,
) -> Result<(), Stop> {
    let mut clocks = batch.clocks(file.id).await?;
    let known = batch.tx.review(batch.bureau, review).await?.filter(|row| row.file == file.id);
    let ended_by = known.and_then(|row| row.ended_by);
    if !batch.is_done_already() && !clocks.is_ordered(ended_by) {
        return Err(Refusal::field(
            "performed.review",
            "nothing is ordered on this file by such a review, or it is done already",
            "该复议或者诉讼没有责令履行的事项，或者已经履行",
        )
        .into());
    }
    clocks.perform(ended_by, on);
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// The bureau has replied in a reconsideration or a suit.
pub(super) async fn reply(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    review: Sequence,
    on: Day,
) -> Result<(), Stop> {
    let mut clocks = batch.clocks(file.id).await?;
    let since = clocks.replying(review).map(|clock| clock.started_on);
    if !batch.is_done_already() && since.is_none_or(|since| on < since) {
        return Err(Refusal::field(
            "replied.review",
            "no reply is owed in such a review, or none on that day",
            "该复议或者诉讼没有待提交的答复，或者日期早于收到之日",
        )
        .into());
    }
    clocks.reply(review, on);
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// A file leaves the unit that disputed its competence: that dispute is over.
pub(super) async fn give_back(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    let rules = Arc::clone(&batch.rules);
    let under = batch.under(&rules, file, sequence);
    let mut clocks = batch.clocks(file.id).await?;
    clocks.release(under, |row| row.duty == Duty::ResolveCompetence, under.today);
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// A file ends on a day: what was owed is kept or owed no more, and where a mediation was broken off both sides are told.
/// A complaint that was withdrawn before it was accepted has no mediation to end.
pub(super) async fn end(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    (disposition, ground): (Disposition, Option<TerminationGround>),
    on: Day,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    let rules = Arc::clone(&batch.rules);
    let under = batch.under(&rules, file, sequence);
    let mut clocks = batch.clocks(file.id).await?;
    let mediating = file.state.status == Status::Accepted;
    // Mediation ends by itself with its term: who notes that afterwards is not late.
    let mediated = match (ground, clocks.running(Duty::Mediate).and_then(|clock| clock.due_on.day())) {
        (Some(TerminationGround::TermEnded), Some(last)) if under.acts => on.min(last),
        _ => on,
    };
    clocks.keep(&[Duty::Mediate], mediated);
    clocks.keep(&[Duty::ResolveCompetence], on);
    if disposition != Disposition::HandedOver {
        clocks.keep(&[Duty::DecideCase, Duty::DecideCaseProlonged], on);
    }
    let mut owed_until = on;
    if under.acts && !mediating && disposition == Disposition::Withdrawn {
        // With the withdrawal there is no decision any more that could be made or told.
        owed_until = file.state.withdrawn_at.map_or(on, |at| on.min(at.day()));
        clocks.release(under, |row| row.duty == Duty::TellComplainant, owed_until);
    }
    clocks.end(under, owed_until);
    for duty in terminated(under, disposition, mediating) {
        clocks.start(under, *duty, on, &file.testing);
    }
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// Whom a file that ends so leaves to be told that mediation has ended.
pub(super) fn terminated(under: Under<'_>, disposition: Disposition, mediating: bool) -> &'static [Duty] {
    match disposition {
        // Of releases that knew one notice for both sides, and these two ends alone.
        Disposition::MediationEnded | Disposition::GroundFoundLater if !under.acts => {
            &[Duty::NotifyTermination]
        }
        _ if under.acts && mediating && disposition.terminates() => {
            &[Duty::NotifyTermination, Duty::NotifyTerminationRespondent]
        }
        _ => &[],
    }
}

/// The term to verify a report, or to decide the case, is prolonged on a day within it: by what the law gives once, after that
/// until the day that the heads of the bureau together have set.
pub(super) async fn prolong(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    (on, until): (Day, Option<Day>),
    sequence: Sequence,
) -> Result<(), Stop> {
    let rules = Arc::clone(&batch.rules);
    let under = batch.under(&rules, file, sequence);
    let mut clocks = batch.clocks(file.id).await?;
    let running = PROLONGED.into_iter().find_map(|duty| clocks.running(duty)).cloned();
    let Some(running) = running else {
        return Err(Refusal::field(
            "file",
            "no term to verify the report or to decide the case runs that could be prolonged",
            "该举报没有可以延长的核查期限或者案件办理期限",
        )
        .into());
    };
    if !batch.is_done_already() {
        may_be_prolonged(&running, &file.testing, on, until)?;
    }
    clocks.drop_running(|duty| duty == running.duty);
    match (running.duty.prolonged(), until) {
        (Some(prolonged), _) => clocks.start(under, prolonged, running.started_on, &file.testing),
        (None, Some(until)) => clocks.start_until(under, &running, until),
        (None, None) => {}
    }
    batch.put_clocks(file, &clocks)?;
    Ok(())
}

/// Duties whose term is prolonged.
const PROLONGED: [Duty; 3] = [Duty::Verify, Duty::DecideCase, Duty::DecideCaseProlonged];

/// Whether a term that runs is prolonged on a day, and so.
fn may_be_prolonged(running: &Clock, testing: &Testing, on: Day, until: Option<Day>) -> Result<(), Refusal> {
    let over = running.latest_on < on.into() && paused_since(running, testing).is_none();
    if over || on < running.started_on {
        return Err(Refusal::field(
            "approved_on",
            "is outside of the term; what has run out is not prolonged",
            "批准日期不在期限内；期限已经届满的，不能延长",
        ));
    }
    match (running.duty.prolonged(), until) {
        (Some(_), Some(_)) => Err(Refusal::field(
            "until",
            "goes with a case that was prolonged before; the law gives the days",
            "首次延长依法定日数计算，不填写延长至的日期",
        )),
        (None, None) => Err(Refusal::field(
            "until",
            "is required: the case was prolonged before, and the heads of the bureau set the day",
            "案件已延长过的，须经负责人集体讨论决定，请填写延长至的日期",
        )),
        (None, Some(until)) if LastDay::from(until) <= running.due_on => {
            let zh = "延长至的日期应晚于现在的届满日";
            Err(Refusal::field("until", "is not after the day on which the term ends now", zh))
        }
        _ => Ok(()),
    }
}

/// The facts of a file's submission as they are known now.
async fn submission_of(batch: &mut Batch<'_>, file: &FileRow) -> Result<Submission, LedgerError> {
    Ok(batch.submission(file.id.submission).await?.facts)
}
