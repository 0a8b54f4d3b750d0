//! 复议、诉讼: an act is challenged, and what comes of it. What falls is undone: the file stands again as it did before that act.

use std::sync::Arc;

use super::{find, send, unknown_file};
use crate::domain::command::{EventKind, FileRef, Outcome};
use crate::domain::deadline::{Against, Duty, LastDay, Review, ReviewEnd, Start, Testing};
use crate::domain::decision::Basis;
use crate::domain::handling::{ReviewKind, ReviewOutcome, Status};
use crate::domain::ids::{Sequence, Track, UnitId};
use crate::domain::refusal::Refusal;
use crate::domain::text::Line;
use crate::domain::time::{Day, Timestamp};
use crate::ledger::{Batch, Clocks, Event, LedgerError, Ordered, Prepared, Stop};
use crate::routing::CaseClock;
use crate::statute::life::{self, Act, By, Falls, FileChange, State};
use crate::store::FileRow;

/// What is known of a review when it is opened.
pub(crate) struct Opening<'a> {
    /// By what.
    pub(crate) kind: ReviewKind,
    /// Before whom.
    pub(crate) authority: &'a Line,
    /// The day on which the bureau was notified.
    pub(crate) received: Day,
    /// Against what.
    pub(crate) against: Option<Against>,
}

/// Notes that an act is challenged, and until when the bureau replies.
pub(crate) async fn open(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    reference: &FileRef,
    opening: Opening<'_>,
) -> Result<Outcome, Stop> {
    let Opening { kind, authority, received, against } = opening;
    let Some(mut file) = find(batch, reference).await? else { return Err(unknown_file().into()) };
    let standing = file.state.standing(super::circumstances(batch, &file));
    if let Err(barred) = life::allows(file.id.track, standing, Act::Review) {
        return Err(super::refused(barred, "review", &file).into());
    }
    if received > batch.now.day() {
        return Err(Refusal::field("received_on", "is in the future", "收到日期不能晚于今天").into());
    }
    // Nothing is challenged before the file came in. What came in before the decision was challenged for want of one.
    if !batch.is_done_already() && received < file.state.received_at.day() {
        return Err(Refusal::field(
            "received_on",
            "is before the file came in",
            "收到日期早于该件的接收日期",
        )
        .into());
    }
    let challenged = challenged(batch, &file, against, received).await?;
    let sequence = batch.next();
    let reply_on = start_reply(batch, &mut file, kind, received, sequence).await?;
    let row = Review {
        sequence,
        file: file.id,
        kind,
        authority: authority.clone(),
        challenged,
        received_on: received,
        reply_on,
        outcome: None,
        ended_by: None,
    };
    batch.tx.new_review(batch.bureau, &row).await?;
    note(batch, prepared, &file, sequence, EventKind::OpenReview)
}

/// What is challenged, as the status that the act had led to.
async fn challenged(
    batch: &mut Batch<'_>,
    file: &FileRow,
    against: Option<Against>,
    received: Day,
) -> Result<Status, Stop> {
    if against.is_none() {
        let undecided = !batch.is_done_already() && received < decided_on(batch, file).await?;
        return Ok(if undecided { Status::SignedFor } else { file.state.status });
    }
    let found = batch.life(file).await?.against(against, received);
    Ok(found.map(|found| found.status).ok_or_else(|| {
        Refusal::field(
            "challenged",
            "the file does not stand by such an act; leave it out for what was decided last",
            "该件现有的决定中没有所填的行为；针对最近一次决定的，可以不填",
        )
    })?)
}

/// The days within which releases without the duty to reply had it, where the bureau file said nothing else.
const REPLY_DAYS_BEFORE: i32 = 10;

/// The duty to reply runs from the day on which the bureau was notified; the day by which it replies.
async fn start_reply(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    kind: ReviewKind,
    received: Day,
    sequence: Sequence,
) -> Result<Day, LedgerError> {
    let rules = Arc::clone(&batch.rules);
    let under = batch.under(&rules, file, sequence);
    let own = rules.settings().review_reply_days;
    if !under.acts {
        // Releases that had no such duty counted days by the setting alone.
        return Ok(received.plus(own.unwrap_or(REPLY_DAYS_BEFORE)));
    }
    let mut clocks = batch.clocks(file.id).await?;
    clocks.start(under, Duty::reply_in(kind), received, &Testing::default());
    if let Some(own) = own {
        clocks.shorten_reply(sequence, received.plus(own));
    }
    let due = clocks.replying(sequence).and_then(|clock| clock.due_on.day());
    batch.put_clocks(file, &clocks)?;
    batch.tx.move_file(batch.bureau, file).await?;
    Ok(due.unwrap_or(received))
}

/// The day on which a file was last decided, as far as that is known; nothing is decided before it came in.
async fn decided_on(batch: &mut Batch<'_>, file: &FileRow) -> Result<Day, LedgerError> {
    let decided = batch.clocks(file.id).await?.decided_on();
    let ended = file.state.ended_at.map(Timestamp::day);
    // A file that was accepted is challenged for that, and one that has ended for its end.
    Ok(ended.or(decided).unwrap_or(file.state.received_at.day()))
}

/// Notes how a reconsideration or suit ended. What falls by it is undone, with terms that run anew from that day or by the day
/// that was ordered.
pub(crate) async fn end(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    reference: &FileRef,
    review: Sequence,
    end: ReviewEnd,
) -> Result<Outcome, Stop> {
    let Some(mut file) = find(batch, reference).await? else { return Err(unknown_file().into()) };
    let known = batch.tx.review(batch.bureau, review).await?;
    let Some(mut row) = known.filter(|row| row.file == file.id) else {
        return Err(Refusal::NotFound { what: "review", what_zh: "复议或诉讼" }.into());
    };
    if row.outcome.is_some() {
        let text = (
            "has ended already; open another one if there is one",
            "该复议或诉讼已有结果；如有新的，请另行登记",
        );
        return Err(Refusal::field("review", text.0, text.1).into());
    }
    let by = By { sequence: batch.upcoming(), at: batch.now };
    let Falls { falls, opened } = falls(batch, &file, &row, end).await?;
    let mut circumstances = super::circumstances(batch, &file);
    circumstances.opened = opened;
    let (before, deed) = (file.state, FileChange::EndReview { challenged: row.challenged, end, falls });
    let after = match life::apply(file.id.track, &before, circumstances, deed, by) {
        Ok(after) => after,
        Err(barred) => return Err(super::refused(barred, "end_review", &file).into()),
    };
    let on = end.on.unwrap_or(batch.now.day());
    if !batch.is_done_already() {
        may_have_ended(&row, end, on, batch.now.day())?;
    }
    let sequence = batch.next();
    (row.outcome, row.ended_by) = (Some(end.outcome), Some(sequence));
    batch.tx.end_review(batch.bureau, &row).await?;
    let rules = Arc::clone(&batch.rules);
    let under = batch.under(&rules, &file, sequence);
    let mut clocks = batch.clocks(file.id).await?;
    clocks.release(under, |clock| clock.is_reply_in(review), on);
    let ordered = ordered(end, row.authority.as_str());
    // Releases that did not look at the act counted what was ordered from the day on which that was noted.
    let since = if end.undoes_act { on } else { batch.now.day() };
    if let Some(ordered) = ordered {
        clocks.start_ordered(under, Duty::ActAsOrdered, since, ordered);
    }
    batch.put_clocks(&mut file, &clocks)?;
    file.state = after;
    if falls {
        let ordered = ordered.filter(|ordered| ordered.by != LastDay::OPEN).map(|ordered| (ordered, since));
        let home = if end.undoes_act { home(batch, &file) } else { file.unit.clone() };
        let undoing = Undoing { on, ordered, home, sequence };
        undo(batch, &mut file, &before, undoing).await?;
    } else {
        batch.tx.move_file(batch.bureau, &file).await?;
    }
    note(batch, prepared, &file, sequence, EventKind::EndReview)
}

/// What falls when a review ends so.
async fn falls(
    batch: &mut Batch<'_>,
    file: &FileRow,
    review: &Review,
    end: ReviewEnd,
) -> Result<Falls, LedgerError> {
    if !end.undoes_act {
        // Releases that did not look at the act had everything decided anew.
        let falls = file.state.status.has_ended() && end.reopens(review.challenged);
        return Ok(Falls { falls, opened: false });
    }
    let found = batch.life(file).await?.falls(review.sequence, &end);
    found.ok_or(LedgerError::Unreadable("review"))
}

/// What is to be done by the end of a review, and by when. Who is told to act without a day owes it all the same.
fn ordered(end: ReviewEnd, authority: &str) -> Option<Ordered<'_>> {
    let open = end.undoes_act && end.outcome == ReviewOutcome::ActOrdered && !end.decided_itself;
    let by = end.act_by.map(LastDay::from).or(open.then_some(LastDay::OPEN))?;
    Some(Ordered { by, authority })
}

/// Whether a review may have ended so on a day.
fn may_have_ended(review: &Review, end: ReviewEnd, on: Day, today: Day) -> Result<(), Refusal> {
    if on < review.received_on || on > today {
        let text = ("is before the review was received, or in the future", "日期早于收到之日或者晚于今天");
        return Err(Refusal::field("ended_on", text.0, text.1));
    }
    if end.act_by.is_some_and(|act_by| act_by < on) {
        return Err(Refusal::field(
            "act_by",
            "is before the day on which it ended",
            "履行期限早于结果作出之日",
        ));
    }
    if end.act_by.is_some() && !(end.outcome.overturns() || end.outcome.reopens() || unlawful(end)) {
        let text = ("nothing is ordered with that outcome", "该结果没有履行期限");
        return Err(Refusal::field("act_by", text.0, text.1));
    }
    Ok(())
}

/// A decision that is declared unlawful may be ordered to be made good.
fn unlawful(end: ReviewEnd) -> bool {
    end.outcome == ReviewOutcome::DeclaredUnlawful
}

/// How an act of a file is undone.
#[derive(Debug)]
pub(super) struct Undoing<'a> {
    /// The day on which it fell: terms run anew from it.
    pub(super) on: Day,
    /// What was ordered, and from which day on.
    pub(super) ordered: Option<(Ordered<'a>, Day)>,
    /// The unit that handles the file when it had ended.
    pub(super) home: UnitId,
    /// The event by which it fell.
    pub(super) sequence: Sequence,
}

/// An act of a file has been undone; the file has its new state already.
pub(super) async fn undo(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    before: &State,
    undoing: Undoing<'_>,
) -> Result<(), LedgerError> {
    if matches!(file.state.status, Status::Accepted | Status::Filed) {
        return resume(batch, file, before, undoing).await;
    }
    let Undoing { on, ordered, sequence, .. } = undoing;
    let ended = before.status.has_ended();
    if ended {
        (file.signed_at, file.testing) = (None, Testing::default());
    }
    let rules = Arc::clone(&batch.rules);
    let under = batch.under(&rules, file, sequence);
    let mut clocks = batch.clocks(file.id).await?;
    let deciding = match file.id.track {
        Track::Complaint => Duty::Accept,
        Track::Report => Duty::Verify,
    };
    if under.acts {
        // What was to be told of what is undone is void with it, and what followed from it.
        let follows =
            |duty: Duty| matches!(duty, Duty::Mediate | Duty::DecideCase | Duty::DecideCaseProlonged);
        clocks.release(under, |row| row.duty.is_to_tell() || (!ended && follows(row.duty)), on);
    }
    match ordered {
        Some((ordered, since)) => clocks.start_ordered(under, deciding, since, ordered),
        None => clocks.start(under, deciding, on, &file.testing),
    }
    if under.acts {
        again_to_tell(batch, file, &mut clocks, &undoing).await?;
    }
    batch.put_clocks(file, &clocks)?;
    if !ended {
        // Whoever holds it must have seen this before the next verb.
        file.token = Some(sequence);
        return Ok(batch.tx.move_file(batch.bureau, file).await?);
    }
    enter(batch, file).await?;
    send(batch, file, &undoing.home, Basis::Redo, sequence).await
}

/// The end of a file is undone, and its acceptance or filing stands: it goes on where it was.
async fn resume(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    before: &State,
    Undoing { on, ordered, home, sequence }: Undoing<'_>,
) -> Result<(), LedgerError> {
    (file.signed_at, file.testing) = (None, Testing::default());
    let rules = Arc::clone(&batch.rules);
    let under = batch.under(&rules, file, sequence);
    let mut clocks = batch.clocks(file.id).await?;
    // What was to be told of the end is void with it; what was to be told before is owed as before.
    let of_the_end = |duty| matches!(duty, Duty::NotifyTermination | Duty::NotifyTerminationRespondent);
    clocks.release(under, |row| of_the_end(row.duty), on);
    let here = rules.settings().case_clock == CaseClock::Here;
    let going_on = match file.id.track {
        Track::Complaint => Some(Duty::Mediate),
        Track::Report => here.then_some(Duty::DecideCase),
    };
    match (going_on, ordered) {
        (Some(duty), Some((ordered, since))) => clocks.start_ordered(under, duty, since, ordered),
        (Some(duty), None) => clocks.start(under, duty, on, &file.testing),
        (None, _) => {}
    }
    // Whoever was told of the end of the case is told of the next one, too.
    let notified =
        before.ended_at.is_some_and(|ended| clocks.were_kept_since(Duty::TellReporter, ended.day()));
    if notified {
        let facts = batch.submission(file.id.submission).await?.facts;
        let under = batch.under(&rules, file, sequence);
        clocks.start_notice(under, Track::Report, &facts, Start::Receipt, on);
    }
    batch.put_clocks(file, &clocks)?;
    enter(batch, file).await?;
    if home != file.unit {
        let officer = file.officer.clone();
        send(batch, file, &home, Basis::Redo, sequence).await?;
        // It waits for nobody to sign for it.
        (file.escalates_at, file.officer) = (None, officer);
    }
    file.token = Some(sequence);
    Ok(batch.tx.move_file(batch.bureau, file).await?)
}

/// A file that had ended is work of its unit again, which it had left when it ended.
async fn enter(batch: &mut Batch<'_>, file: &FileRow) -> Result<(), LedgerError> {
    batch.read_loads().await?;
    batch.add_load(&file.unit, file.id.track, file.centiunits);
    batch.count_related(file, 1);
    Ok(())
}

/// Where a file is handled that had ended: where it was, or at the reception unit when that unit is no more.
fn home(batch: &Batch<'_>, file: &FileRow) -> UnitId {
    let there = batch.rules.unit(&file.unit).is_some_and(|unit| unit.works_on(file.id.track));
    if there { file.unit.clone() } else { batch.rules.reception().id.clone() }
}

/// The new decision is to be told, too.
async fn again_to_tell(
    batch: &mut Batch<'_>,
    file: &FileRow,
    clocks: &mut Clocks,
    &Undoing { on, ordered, sequence, .. }: &Undoing<'_>,
) -> Result<(), LedgerError> {
    let rules = Arc::clone(&batch.rules);
    match (file.id.track, ordered) {
        (Track::Complaint, Some((ordered, since))) => {
            let under = batch.under(&rules, file, sequence);
            clocks.start_ordered(under, Duty::TellComplainant, since, ordered);
        }
        (Track::Complaint, None) => {
            clocks.start(batch.under(&rules, file, sequence), Duty::TellComplainant, on, &file.testing);
        }
        (Track::Report, _) => {
            let facts = batch.submission(file.id.submission).await?.facts;
            let under = batch.under(&rules, file, sequence);
            clocks.start_notice(under, Track::Report, &facts, Start::Receipt, on);
        }
    }
    Ok(())
}

fn note(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    file: &FileRow,
    sequence: Sequence,
    kind: EventKind,
) -> Result<Outcome, Stop> {
    batch.record(Event::new(sequence, kind, prepared).on(file.id))?;
    Ok(Outcome::Noted { sequence })
}
