//! Replay: the event log applied again to an empty database must decide the same (promise 5).
//!
//! What people did is applied, not checked; what was decided - scores, reasons, candidates, assignments, where
//! files stand - is compared bit for bit.

use crate::desk::{Work, settle};
use crate::domain::command::Request;
use crate::domain::ids::{BureauId, CallerId, FileId, RequestId, Sequence, Track};
use crate::domain::time::Timestamp;
use crate::intake::outcome_of_row;
use crate::ledger::{House, LedgerError, Prepared, Recorded};
use crate::store::{StoreError, Tx};

/// What a replay found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Replayed {
    /// Events applied.
    pub events: usize,
    /// Files compared.
    pub files: usize,
    /// What differs, in words; empty when everything is equal.
    pub differences: Vec<String>,
}

/// Differences listed at most.
const MOST_LISTED: usize = 100;
/// Events read, and files compared, at a time.
const PAGE: i64 = 256;

/// One event of the log, opened.
struct Opened {
    sequence: Sequence,
    recorded_at: Timestamp,
    caller: CallerId,
    request_id: RequestId,
    recorded: Recorded,
}

/// Applies the log of a bureau in `from` to the empty database of `to`, then compares both.
pub async fn replay(from: &House, to: &House, bureau: BureauId) -> Result<Replayed, LedgerError> {
    let mut found = Replayed::default();
    let mut tx = to.store.begin(bureau).await?;
    tx.new_bureau(bureau, to.identity.fingerprint()).await?;
    let mut source = from.store.read().await?;
    // Models are made outside the log; the log only says which one was put to use, and when.
    for (model, at, artefact) in source.models(bureau).await? {
        tx.new_model(bureau, &model, at, &artefact).await?;
    }
    tx.commit().await?;
    source.rollback().await?;

    let mut after = Sequence(0);
    loop {
        let page = read_page(from, bureau, after).await?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        found.events += page.len();
        apply_page(to, bureau, page, &mut found).await?;
        compare(from, to, bureau, after, &mut found).await?;
        if found.differences.len() >= MOST_LISTED {
            break;
        }
    }
    Ok(found)
}

async fn read_page(from: &House, bureau: BureauId, after: Sequence) -> Result<Vec<Opened>, LedgerError> {
    let mut tx = from.store.read().await?;
    let events = tx.events(bureau, after, PAGE).await?;
    tx.rollback().await?;
    events
        .into_iter()
        .map(|event| {
            let plain = from.identity.unseal(bureau, event.sequence, &event.payload)?;
            let recorded = serde_json::from_slice(&plain).map_err(|_| LedgerError::Unreadable("event"))?;
            Ok(Opened {
                sequence: event.sequence,
                recorded_at: event.recorded_at,
                caller: event.caller,
                request_id: event.request_id,
                recorded,
            })
        })
        .collect()
}

/// Events of one original batch have one time: they are settled together again.
async fn apply_page(
    to: &House,
    bureau: BureauId,
    page: Vec<Opened>,
    found: &mut Replayed,
) -> Result<(), LedgerError> {
    let mut events = follow_ups_left_out(page).peekable();
    while let Some(first) = events.next() {
        let now = first.recorded_at;
        let mut batch = vec![first];
        while let Some(next) = events.next_if(|event| event.recorded_at == now) {
            batch.push(next);
        }
        let sequences: Vec<Sequence> = batch.iter().map(|event| event.sequence).collect();
        let works = batch.into_iter().map(|event| work(to, event)).collect::<Result<Vec<_>, _>>()?;
        let answers = settle(to, bureau, now, &works).await?;
        for (sequence, answer) in sequences.iter().zip(&answers) {
            if let Err(refusal) = answer {
                found.differences.push(format!("event {}: refused on replay: {refusal}", sequence.0));
            }
        }
    }
    Ok(())
}

/// An imported row makes its outcome's event itself, right after its own.
fn follow_ups_left_out(page: Vec<Opened>) -> impl Iterator<Item = Opened> {
    let mut row = None;
    page.into_iter().filter(move |event| {
        let follows = row
            .replace(event.request_id.clone())
            .is_some_and(|row| outcome_of_row(&row).is_ok_and(|outcome| outcome == event.request_id));
        !follows
    })
}

fn work(to: &House, event: Opened) -> Result<Work, LedgerError> {
    let Recorded { unit, command } = event.recorded;
    let request = Request { caller: event.caller, unit, request_id: event.request_id, command };
    Ok(Prepared::new(&to.identity, request)?.into())
}

/// Compares the files whose submission stands in the last page of events; a file that is changed later is compared
/// again by the final pass over all pages, so the last word on every file is its end state.
async fn compare(
    from: &House,
    to: &House,
    bureau: BureauId,
    until: Sequence,
    found: &mut Replayed,
) -> Result<(), LedgerError> {
    let head = from_head(from, bureau).await?;
    if until < head {
        return Ok(());
    }
    let mut before = Sequence(0);
    while before < head && found.differences.len() < MOST_LISTED {
        let end = Sequence(before.0 + PAGE);
        let files: Vec<FileId> = (before.0 + 1..=end.0)
            .flat_map(|submission| Track::ALL.map(|track| FileId { submission: Sequence(submission), track }))
            .collect();
        let (mut one, mut other) = (from.store.read().await?, to.store.read().await?);
        let (ours, theirs) =
            (described(&mut one, bureau, &files).await?, described(&mut other, bureau, &files).await?);
        one.rollback().await?;
        other.rollback().await?;
        found.files += ours.iter().filter(|row| row.starts_with("file ")).count();
        if ours != theirs {
            let odd = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs);
            found.differences.extend(odd.map(|(ours, theirs)| format!("{ours} / {theirs}")));
            if ours.len() != theirs.len() {
                found.differences.push(format!("{} rows / {} rows", ours.len(), theirs.len()));
            }
        }
        before = end;
    }
    Ok(())
}

async fn from_head(from: &House, bureau: BureauId) -> Result<Sequence, LedgerError> {
    let mut tx = from.store.read().await?;
    let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
    tx.rollback().await?;
    Ok(head.sequence)
}

/// Everything decided on these files, one line each. Debug prints floats so that they read back bit for bit, and
/// the rows hold no personal text.
async fn described(tx: &mut Tx, bureau: BureauId, files: &[FileId]) -> Result<Vec<String>, LedgerError> {
    let mut rows: Vec<String> =
        tx.files(bureau, files).await?.iter().map(|row| format!("file {row:?}")).collect();
    rows.sort_unstable();
    let mut decisions: Vec<_> = tx.decisions(bureau, files).await?.into_iter().collect();
    decisions.sort_unstable_by_key(|(file, _)| *file);
    rows.extend(decisions.iter().map(|(file, rows)| format!("decisions {file:?} {rows:?}")));
    let clocks = tx.clocks(bureau, files).await?;
    rows.extend(clocks.iter().map(|(file, clock)| format!("clock {file:?} {clock:?}")));
    rows.extend(tx.reviews(bureau, files).await?.iter().map(|review| format!("review {review:?}")));
    let assignments = tx.assignments(bureau, files).await?;
    rows.extend(assignments.iter().map(|row| format!("assignment {row:?}")));
    Ok(rows)
}
