//! 复议、诉讼: a decision is challenged, and what comes of it. A refusal that is overturned was no professional claim.

use std::sync::Arc;

use super::{find, send, unknown_file};
use crate::domain::command::{EventKind, FileRef, Outcome};
use crate::domain::deadline::{Duty, Review, ReviewEnd, Start, Testing};
use crate::domain::decision::Basis;
use crate::domain::handling::{ReviewKind, ReviewOutcome, Status};
use crate::domain::ids::{Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::text::Line;
use crate::domain::time::{Day, Timestamp};
use crate::ledger::{Batch, Clocks, Event, LedgerError, Prepared, Stop};
use crate::statute::life::{self, Act, By, FileChange};
use crate::store::FileRow;

/// Notes that a decision is challenged, and until when the bureau replies.
pub(crate) async fn open(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    reference: &FileRef,
    (kind, authority, received): (ReviewKind, &Line, Day),
) -> Result<Outcome, Stop> {
    let Some(mut file) = find(batch, reference).await? else { return Err(unknown_file().into()) };
    let standing = file.state().standing(super::circumstances(batch, &file));
    if let Err(barred) = life::allows(file.id.track, standing, Act::Review) {
        return Err(super::refused(barred, "review", &file).into());
    }
    if received > batch.now.day() {
        return Err(Refusal::field("received_on", "is in the future", "收到日期不能晚于今天").into());
    }
    // Nothing is challenged before the file came in. What came in before the decision was challenged for want of one.
    if !batch.is_done_already() && received < file.received_at.day() {
        return Err(Refusal::field(
            "received_on",
            "is before the file came in",
            "收到日期早于该件的接收日期",
        )
        .into());
    }
    let undecided = !batch.is_done_already() && received < decided_on(batch, &file).await?;
    let sequence = batch.next();
    let reply_on = start_reply(batch, &mut file, kind, received, sequence).await?;
    let row = Review {
        sequence,
        file: file.id,
        kind,
        authority: authority.clone(),
        challenged: if undecided { Status::SignedFor } else { file.status },
        received_on: received,
        reply_on,
        outcome: None,
        ended_by: None,
    };
    batch.tx.new_review(batch.bureau, &row).await?;
    note(batch, prepared, &file, sequence, EventKind::OpenReview)
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
    let ended = file.ended_at.map(Timestamp::day);
    // A file that was accepted is challenged for that, and one that has ended for its end.
    Ok(ended.or(decided).unwrap_or(file.received_at.day()))
}

/// Notes how a reconsideration or suit ended. A decision that must be made again goes back to its unit's queue, with a
/// clock of its own from today.
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
    let (before, deed) = (file.state(), FileChange::EndReview { challenged: row.challenged, end });
    let after = match life::apply(file.id.track, &before, super::circumstances(batch, &file), deed, by) {
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
    if let Some(act_by) = end.act_by {
        clocks.start_ordered(under, Duty::ActAsOrdered, act_by, row.authority.as_str());
    }
    batch.put_clocks(&mut file, &clocks)?;
    file.put(after);
    if before.status.has_ended() && !after.status.has_ended() {
        let ordered = end.act_by.map(|act_by| (act_by, row.authority.as_str()));
        reopen(batch, &mut file, on, ordered, sequence).await?;
    } else {
        batch.tx.move_file(batch.bureau, &file).await?;
    }
    note(batch, prepared, &file, sequence, EventKind::EndReview)
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

/// A file that has ended is to be decided again: the terms to decide and to tell run anew from a day, or by the day that was
/// ordered.
pub(super) async fn reopen(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    on: Day,
    ordered: Option<(Day, &str)>,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    (file.signed_at, file.testing) = (None, Testing::default());
    let rules = Arc::clone(&batch.rules);
    let under = batch.under(&rules, file, sequence);
    let mut clocks = batch.clocks(file.id).await?;
    let deciding = match file.id.track {
        Track::Complaint => Duty::Accept,
        Track::Report => Duty::Verify,
    };
    if under.acts {
        // What was to be told of the end is void with it.
        clocks.release(under, |row| row.duty.is_to_tell(), on);
    }
    match ordered {
        Some((act_by, authority)) => clocks.start_ordered(under, deciding, act_by, authority),
        None => clocks.start(under, deciding, on, &file.testing),
    }
    if under.acts {
        again_to_tell(batch, file, &mut clocks, on, ordered, sequence).await?;
    }
    batch.put_clocks(file, &clocks)?;
    let unit = file.unit.clone();
    batch.read_loads().await?;
    // Its work had left the unit when it ended.
    batch.add_load(&unit, file.id.track, file.centiunits);
    batch.count_related(file, 1);
    send(batch, file, &unit, Basis::Redo, sequence).await
}

/// The new decision is to be told, too.
async fn again_to_tell(
    batch: &mut Batch<'_>,
    file: &FileRow,
    clocks: &mut Clocks,
    on: Day,
    ordered: Option<(Day, &str)>,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    let rules = Arc::clone(&batch.rules);
    match (file.id.track, ordered) {
        (Track::Complaint, Some((act_by, authority))) => {
            let under = batch.under(&rules, file, sequence);
            clocks.start_ordered(under, Duty::TellComplainant, act_by, authority);
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
