//! 确认时钟: a person has said that the machine's clock is right. Where the bureau's time was ahead of it, what was computed from
//! that time is brought back to what it can have been at the latest.

use std::sync::Arc;

use crate::domain::command::{EventKind, FileRef, Mended, Outcome};
use crate::domain::ids::{FileId, Sequence};
use crate::domain::time::Timestamp;
use crate::domain::trust::MOST_BEHIND_S;
use crate::ledger::{Batch, Event, LedgerError, Prepared, Stop};
use crate::store::FileRow;

/// Files that are mended at a time.
const PAGE: usize = 256;

/// The bureau's time is `at` from this event on, which is recorded at it.
pub(crate) async fn accept_clock(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    at: Timestamp,
) -> Result<Outcome, Stop> {
    // Another machine's clock may be seconds ahead and right all the same.
    let is_back = at.plus_seconds(MOST_BEHIND_S) < batch.now;
    let sequence = batch.next();
    if is_back || at > batch.now {
        batch.put_now(at);
    }
    let mended = if is_back { mend(batch, sequence).await? } else { Mended::default() };
    batch.record(Event::new(sequence, EventKind::AcceptClock, prepared).answered(&mended)?)?;
    Ok(Outcome::ClockAccepted { sequence, mended: Box::new(mended) })
}

async fn mend(batch: &mut Batch<'_>, by: Sequence) -> Result<Mended, LedgerError> {
    let (bureau, now) = (batch.bureau, batch.now);
    let lease_end = now.plus_seconds(batch.rules.settings().lease_seconds);
    let mut mended = Mended { events: batch.tx.events_ahead(bureau, now).await?, ..Mended::default() };
    let ahead = batch.tx.files_ahead(bureau, now, lease_end, now.day()).await?;
    for page in ahead.chunks(PAGE) {
        for mut file in in_order(batch, page).await? {
            let before = file.clone();
            bring_back(batch, &mut file, lease_end);
            mended.files += u64::from(file != before);
            let rules = Arc::clone(&batch.rules);
            let mut clocks = batch.clocks(file.id).await?;
            let under = batch.under(&rules, &file, by);
            if clocks.are_ahead(under) {
                clocks.bring_back(under, &file.testing);
                batch.put_clocks(&mut file, &clocks)?;
                mended.terms.push(reference(&file));
            }
            if file != before {
                batch.tx.move_file(bureau, &file).await?;
            }
        }
        batch.flush().await?;
    }
    let escalated = batch.tx.escalated_ahead(bureau, now).await?;
    for page in escalated.chunks(PAGE) {
        mended.escalated.extend(in_order(batch, page).await?.iter().map(reference));
    }
    Ok(mended)
}

/// Times that are still to come become now; a lease or a skip ends as late as one that begins now.
fn bring_back(batch: &Batch<'_>, file: &mut FileRow, lease_end: Timestamp) {
    let now = batch.now;
    let earlier = |time: &mut Option<Timestamp>, most: Timestamp| *time = time.map(|at| at.min(most));
    earlier(&mut file.leased_until, lease_end);
    earlier(&mut file.skipped_until, lease_end);
    earlier(&mut file.signed_at, now);
    earlier(&mut file.state.withdrawn_at, now);
    if file.state.outcome.is_none() {
        // An export's own day stands: it was told, not read from the clock.
        earlier(&mut file.state.ended_at, now);
    }
    let is_reported = file.warned_at > Some(now);
    earlier(&mut file.warned_at, now);
    let is_new = file.queued_at > now;
    file.queued_at = file.queued_at.min(now);
    if (is_reported || is_new) && file.escalates_at.is_some() {
        // The manager was notified by a wrong clock, if at all, and is told again in time.
        file.warned_at = None;
        file.escalates_at = batch.escalation_after(file, batch.rules.settings().warn_minutes);
    }
}

async fn in_order(batch: &mut Batch<'_>, ids: &[FileId]) -> Result<Vec<FileRow>, LedgerError> {
    let mut files = batch.tx.files(batch.bureau, ids).await?;
    files.sort_unstable_by_key(|file| file.id);
    Ok(files)
}

fn reference(file: &FileRow) -> FileRef {
    FileRef { number: file.number.clone(), track: file.id.track }
}
