//! Replay: the event log applied again to an empty database must decide the same (promise 5).
//!
//! What people did is applied, not checked; what was decided - scores, reasons, candidates, assignments, where
//! files stand - is compared bit for bit. What another version of the program decided is not decided again: it is taken over,
//! checked from what is stored with it, and counted apart (`others`).

mod difference;
mod others;
mod remake;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;
use serde_json::{Value, json};

pub use difference::{Difference, RowKind};
pub use others::NotRecomputed;
pub use remake::{Remade, is_beginning, remake_keys};

use crate::domain::command::{Command, Request};
use crate::domain::ids::{BureauId, CallerId, FileId, RegistrationNumber, RequestId, Sequence, Track};
use crate::domain::sight::Sight;
use crate::domain::time::Timestamp;
use crate::engine::{Waiters, Work, settle_batch};
use crate::intake::outcome_of_row;
use crate::ledger::{Batch, Context, Decided, LedgerError, Opener, Prepared, lives};
use crate::store::{LoggedEvent, StoreError};
use crate::stored::Recorded;
use difference::{Key, Rows, between};
use others::Others;

/// What a replay found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Replayed {
    /// Events applied.
    pub events: usize,
    /// Files compared.
    pub files: usize,
    /// What differs, by file; empty when everything is equal.
    pub differences: Vec<Difference>,
    /// Decisions of other versions of the program: not made again, but checked from what is stored with them.
    pub not_recomputed: Vec<NotRecomputed>,
    /// What was passed over because facts were purged.
    pub purged: PassedOver,
}

/// Decisions that were not made again, because facts that they were made by were purged (因清除未重算): checked from what is stored with
/// them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// On complaints and reports that were purged themselves.
    pub decisions: usize,
    /// Scores of others, made before, that rest on a past which was purged since.
    pub by_their_past: usize,
    /// Made while another identity key was in use, and dependent on it: in which order the persons of a cluster are numbered, or which
    /// like text is found first.
    #[serde(skip_serializing_if = "is_none")]
    pub by_key: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_none(many: &usize) -> bool {
    *many == 0
}

/// Events read, and submissions compared, at a time.
const PAGE: i64 = 256;

/// One event of the log, opened.
struct Opened {
    sequence: Sequence,
    recorded_at: Timestamp,
    caller: CallerId,
    request_id: RequestId,
    recorded: Recorded,
    submission: Option<Sequence>,
    answer: Option<String>,
    version: Option<i16>,
}

impl Opened {
    /// What it said of persons was purged since.
    fn is_tombstone(&self) -> bool {
        self.recorded.purged.is_some()
    }

    fn pulled(&self) -> bool {
        matches!(self.recorded.command, Command::Pull { .. })
    }
}

/// Applies the log of a bureau in `from` to the empty database of `to`, then compares both.
pub async fn replay(from: &Context, to: &Context, bureau: BureauId) -> Result<Replayed, LedgerError> {
    let mut found = Replayed::default();
    begin(from, to, bureau).await?;
    let mut others = Others::read(from, bureau).await?;
    let mut after = Sequence(0);
    while let Some(reached) = apply_next(from, to, bureau, after, &mut others, &mut found).await? {
        after = reached;
        if found.ends_early() {
            return Ok(found);
        }
    }
    compare(from, to, bureau, after, &mut found).await?;
    found.purged.decisions = others.purged;
    found.not_recomputed = others.counted();
    Ok(found)
}

/// A bureau without a history, with the models of another database.
async fn begin(from: &Context, to: &Context, bureau: BureauId) -> Result<(), LedgerError> {
    let mut tx = to.store.begin(bureau).await?;
    let mut source = from.store.read().await?;
    // By the key in use from the beginning: what is decided does not depend on it, but for what `others` takes over.
    let key = source.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?.hash_key;
    tx.new_bureau(bureau, to.identity.fingerprint(), to.identity.key_form(), key).await?;
    // The baseline of a bureau, and what earlier releases stored, came in beside the log.
    for (model, at, artefact) in source.models(bureau).await? {
        tx.new_model(bureau, &model, at, &artefact).await?;
    }
    tx.commit().await?;
    Ok(source.rollback().await?)
}

/// Applies the next events behind a place; the place reached, or none at the end of the log.
async fn apply_next(
    from: &Context,
    to: &Context,
    bureau: BureauId,
    after: Sequence,
    others: &mut Others,
    found: &mut Replayed,
) -> Result<Option<Sequence>, LedgerError> {
    let page = read_page(from, bureau, after).await?;
    let Some(last) = page.last().map(|event| event.sequence) else { return Ok(None) };
    found.events += page.len();
    let decided = others.of_page(from, bureau, &page, &mut found.differences).await?;
    callers_before_events(from, to, bureau, &page).await?;
    apply_page(to, bureau, page, &decided, found).await?;
    let reached = head(to, bureau).await?;
    if reached != last {
        // From here on every event has another number: nothing more can be compared.
        found.differences.push(event(last, "sequence", json!(last), json!(reached)));
    }
    Ok(Some(last))
}

impl Replayed {
    /// Whether the log could not be applied to its end.
    fn ends_early(&self) -> bool {
        let last = self.differences.last();
        last.is_some_and(|last| last.row == RowKind::Event && last.field.as_deref() == Some("sequence"))
    }
}

/// An event that did not give what it gave.
fn event(sequence: Sequence, field: &str, stored: Value, replayed: Value) -> Difference {
    Difference {
        number: None,
        track: None,
        row: RowKind::Event,
        sequence,
        duty: None,
        field: Some(field.to_owned()),
        stored: Some(stored),
        replayed: Some(replayed),
    }
}

/// The next events; an imported row and the outcome that it reported come together.
async fn read_page(from: &Context, bureau: BureauId, after: Sequence) -> Result<Vec<Opened>, LedgerError> {
    let mut tx = from.store.read().await?;
    let opener = Opener::deciding(&from.identity);
    let open = |event: LoggedEvent| {
        let recorded = opener.open(bureau, event.sequence, &event.payload)?;
        Ok::<_, LedgerError>(Opened {
            sequence: event.sequence,
            recorded_at: event.recorded_at,
            caller: event.caller,
            request_id: event.request_id,
            recorded,
            submission: event.submission,
            answer: event.answer,
            version: event.version,
        })
    };
    let events = tx.events(bureau, after, PAGE).await?;
    let mut page = events.into_iter().map(open).collect::<Result<Vec<_>, _>>()?;
    if let Some(last) = page.last().filter(|last| matches!(last.recorded.command, Command::Import { .. })) {
        let next = tx.events(bureau, last.sequence, 1).await?.pop().map(open).transpose()?;
        page.extend(next.filter(|next| follows(last, next)));
    }
    tx.rollback().await?;
    Ok(page)
}

/// Whether an event is the outcome that the row before it reported.
fn follows(row: &Opened, next: &Opened) -> bool {
    outcome_of_row(&row.request_id).is_ok_and(|outcome| outcome == next.request_id)
}

/// A release that made callers beside the log may have made one whose token ended by an event since: it is brought over.
async fn callers_before_events(
    from: &Context,
    to: &Context,
    bureau: BureauId,
    page: &[Opened],
) -> Result<(), LedgerError> {
    let commands = || page.iter().map(|event| &event.recorded.command);
    let made: Vec<CallerId> = commands()
        .filter_map(|command| if let Command::MakeCaller(new) = command { Some(new.id) } else { None })
        .collect();
    for command in commands() {
        let Command::RevokeCaller { caller } = command else { continue };
        if made.contains(caller) {
            continue;
        }
        let mut tx = to.store.begin(bureau).await?;
        let is_known = tx.callers(bureau).await?.iter().any(|known| known.id == *caller);
        let mut source = from.store.read().await?;
        let row = source.callers(bureau).await?.into_iter().find(|row| row.id == *caller);
        source.rollback().await?;
        if let Some(row) = row.filter(|_| !is_known) {
            tx.new_caller(bureau, &row).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Events of one time are settled together. They may have been batches of their own: how a history is cut into batches
/// decides nothing.
async fn apply_page(
    to: &Context,
    bureau: BureauId,
    page: Vec<Opened>,
    decided: &Arc<Decided>,
    found: &mut Replayed,
) -> Result<(), LedgerError> {
    let mut events = follow_ups_left_out(page).into_iter().peekable();
    while let Some(first) = events.next() {
        let now = first.recorded_at;
        let mut batch = vec![first];
        while let Some(next) = events.next_if(|event| event.recorded_at == now) {
            batch.push(next);
        }
        let sequences: Vec<Sequence> = batch.iter().map(|event| event.sequence).collect();
        let works = batch.into_iter().map(|event| work(to, event)).collect::<Result<Vec<_>, _>>()?;
        let mut batch = Batch::open(to, bureau, now).await?;
        batch.decided = Arc::clone(decided);
        let answers = settle_batch(batch, &works, &Waiters::default()).await?;
        found.purged.by_their_past += decided.passed.swap(0, Ordering::Relaxed);
        found.purged.by_key += decided.by_key.swap(0, Ordering::Relaxed);
        for (sequence, answer) in sequences.iter().zip(&answers) {
            if let Err(refusal) = answer {
                let refused = json!(refusal.zh());
                found.differences.push(event(*sequence, "answer", json!("已办理"), refused));
            }
        }
    }
    Ok(())
}

/// An imported row makes its outcome's event itself, right after its own.
fn follow_ups_left_out(page: Vec<Opened>) -> Vec<Opened> {
    let mut left: Vec<Opened> = Vec::with_capacity(page.len());
    for event in page {
        if !left.last().is_some_and(|row| follows(row, &event)) {
            left.push(event);
        }
    }
    left
}

fn work(to: &Context, event: Opened) -> Result<Work, LedgerError> {
    let Recorded { unit, command, purged } = event.recorded;
    let request =
        Request { caller: event.caller, unit, sight: Sight::ALL, request_id: event.request_id, command };
    Ok(Prepared::recorded(to, request, purged)?.into())
}

/// Compares all files, page by page, as they are after the last event.
async fn compare(
    from: &Context,
    to: &Context,
    bureau: BureauId,
    last: Sequence,
    found: &mut Replayed,
) -> Result<(), LedgerError> {
    let mut before = Sequence(0);
    while before < last {
        let end = Sequence(before.0 + PAGE);
        let files: Vec<FileId> = (before.0 + 1..=end.0)
            .flat_map(|submission| Track::ALL.map(|track| FileId { submission: Sequence(submission), track }))
            .collect();
        let mut numbers = HashMap::new();
        let ours = rows(from, bureau, &files, &mut numbers).await?;
        let theirs = rows(to, bureau, &files, &mut numbers).await?;
        found.files += ours.keys().filter(|key| key.kind == RowKind::File).count();
        found.differences.extend(between(&ours, &theirs, |file| numbers.get(&file).cloned()));
        before = end;
    }
    Ok(())
}

/// What the events of each file make of it, compared with its state. Times that a confirmed clock has brought back
/// stand in the rows alone.
pub async fn fold(context: &Context, bureau: BureauId) -> Result<Vec<Difference>, LedgerError> {
    let last = head(context, bureau).await?;
    let (mut found, mut before) = (Vec::new(), Sequence(0));
    while before < last {
        let end = Sequence(before.0 + PAGE);
        let files: Vec<FileId> = (before.0 + 1..=end.0)
            .flat_map(|submission| Track::ALL.map(|track| FileId { submission: Sequence(submission), track }))
            .collect();
        let mut tx = context.store.read().await?;
        let rows = tx.files(bureau, &files).await?;
        let received = rows.iter().map(|row| (row.id, row.state.received_at));
        let lives = lives(&mut tx, Opener::deciding(&context.identity), bureau, received, last).await?;
        tx.rollback().await?;
        let key = |file: FileId| Key { file, kind: RowKind::File, sequence: file.submission, duty: None };
        let value = |state| serde_json::to_value(state).map_err(|_| LedgerError::Unreadable("row"));
        let (mut stored, mut folded, mut numbers) = (Rows::new(), Rows::new(), HashMap::new());
        for row in rows {
            stored.insert(key(row.id), value(row.state)?);
            numbers.insert(row.id, row.number);
        }
        for (file, life) in lives {
            folded.insert(key(file), value(life.state)?);
        }
        found.extend(between(&stored, &folded, |file| numbers.get(&file).cloned()));
        before = end;
    }
    Ok(found)
}

async fn head(context: &Context, bureau: BureauId) -> Result<Sequence, LedgerError> {
    let mut tx = context.store.read().await?;
    let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
    tx.rollback().await?;
    Ok(head.sequence)
}

/// Everything decided on these files, and the numbers of those there are.
async fn rows(
    context: &Context,
    bureau: BureauId,
    files: &[FileId],
    numbers: &mut HashMap<FileId, RegistrationNumber>,
) -> Result<Rows, LedgerError> {
    let mut tx = context.store.read().await?;
    let mut rows = Rows::new();
    let mut add = |file, kind, sequence, duty, row: Result<Value, _>| {
        let row = row.map_err(|_: serde_json::Error| LedgerError::Unreadable("row"))?;
        rows.insert(Key { file, kind, sequence, duty }, row);
        Ok::<_, LedgerError>(())
    };
    for row in tx.files(bureau, files).await? {
        add(row.id, RowKind::File, row.id.submission, None, serde_json::to_value(&row))?;
        numbers.insert(row.id, row.number);
    }
    for row in tx.decisions(bureau, files).await?.into_values().flatten() {
        add(row.file, RowKind::Decision, row.sequence, None, serde_json::to_value(&row))?;
    }
    for row in tx.assignments(bureau, files).await? {
        add(row.file, RowKind::Assignment, row.sequence, None, serde_json::to_value(&row))?;
    }
    for (file, row) in tx.clocks(bureau, files).await? {
        let duty = row.duty.zh().to_owned();
        add(file, RowKind::Clock, row.started_by, Some(duty), serde_json::to_value(&row))?;
    }
    for row in tx.reviews(bureau, files).await? {
        add(row.file, RowKind::Review, row.sequence, None, serde_json::to_value(&row))?;
    }
    tx.rollback().await?;
    Ok(rows)
}
