//! One batch from start to commit: repeats of requests answered from the log, runs of submissions in bulk, every
//! other verb in its place.

use std::collections::HashMap;
use std::time::Duration;

use tracing::warn;

use super::office;
use super::runs::{pulls_of, signings_of, submissions_of};
use super::waiters::{Waiters, serve};
use crate::clock::{Clock, Deadline, Stopwatch};
use crate::domain::command::{Answer, Command, EventKind, Handled, Lease, News, Novelty, Outcome};
use crate::domain::ids::{BureauId, CallerId, FileId, RequestId, Track};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::intake;
use crate::ledger::{Access, Batch, Context, LedgerError, Prepared};
use crate::queue;
use crate::store::{KnownRequest, StoreError};
use crate::stored;

/// What a lane carries.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// A command.
    Act(Box<Prepared>),
    /// A look to be recorded.
    Access(Access),
}

impl From<Prepared> for Work {
    fn from(prepared: Prepared) -> Self {
        Work::Act(Box::new(prepared))
    }
}

pub(super) type Key = (CallerId, RequestId);

/// How often a batch is tried when the database says that may help.
const TRIES: u32 = 4;

/// After so long it is not tried again: those who wait are to be told that there is no answer, within seconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// As [`settle_batch`], by a clock that can be right, and tried again while the database says that may help. A batch that takes
/// too long is given up with its connection, and the next one has another.
pub(crate) async fn settle_again(
    context: &Context,
    bureau: BureauId,
    clock: &Clock,
    works: &[Work],
    waiters: &Waiters,
) -> Result<Vec<Answer>, LedgerError> {
    let mut wait = Duration::from_millis(10);
    let mut tries = 1;
    let watch = Stopwatch::start();
    loop {
        let settled = async {
            let batch = Batch::open_when(context, bureau, |last| clock.trusted(last)).await?;
            settle_batch(batch, works, waiters).await
        };
        let most = context.store.limits().batch;
        let settled = Deadline::after(most).within(most, Box::pin(settled)).await;
        match settled.unwrap_or_else(|| Err(StoreError::TooLong.into())) {
            Err(error) if error.is_transient() && tries < TRIES && watch.elapsed() < PATIENCE => {
                warn!(bureau.id = bureau.0, batch.len = works.len(), %error, "batch will be tried again");
                clock.pause(wait).await;
                wait *= 4;
                tries += 1;
            }
            settled => return settled,
        }
    }
}

/// Settles works of one bureau in one transaction: an answer for each, in order. Nothing is true unless this returns.
pub(crate) async fn settle(
    context: &Context,
    bureau: BureauId,
    now: Timestamp,
    works: &[Work],
) -> Result<Vec<Answer>, LedgerError> {
    settle_batch(Batch::open(context, bureau, now).await?, works, &Waiters::default()).await
}

/// As [`settle`], in a batch that is open already; what it brings is given to those who wait for it.
pub(crate) async fn settle_batch(
    mut batch: Batch<'_>,
    works: &[Work],
    waiters: &Waiters,
) -> Result<Vec<Answer>, LedgerError> {
    let start = batch.place();
    let known = known(&mut batch, works).await?;
    let mut fresh = Fresh::new();
    let mut answers: Vec<Answer> = Vec::with_capacity(works.len());
    while let Some(work) = works.get(answers.len()) {
        let prepared = match work {
            Work::Access(access) => {
                batch.access(access);
                answers.push(Ok(Outcome::Noted { sequence: batch.last() }));
                continue;
            }
            Work::Act(prepared) => prepared,
        };
        if let Some(answer) = answered(&mut batch, prepared, &known, &fresh).await? {
            answers.push(answer);
            continue;
        }
        if prepared.request.command.version().is_some() {
            let run = submissions_of(&works[answers.len()..], &known, &fresh);
            let before = batch.last();
            let taken = intake::submit(&mut batch, &run).await?;
            // A repeat leaves an event of its own only where it unmasked something, and then it was taken alone.
            let unmasked = taken.len() == 1 && batch.last() != before;
            for (prepared, answer) in run.iter().zip(taken) {
                if unmasked || !is_repeat(&answer) {
                    remember(&mut fresh, prepared, &answer);
                }
                answers.push(answer);
            }
        } else {
            batch.flush().await?;
            for (prepared, answer) in act_run(&mut batch, &works[answers.len()..], &known, &fresh).await? {
                remember(&mut fresh, prepared, &answer);
                answers.push(answer);
            }
        }
        if works.len() > answers.len() {
            batch.flush().await?;
        }
    }
    if !batch.changed(start) {
        batch.give_up().await?;
        return Ok(answers);
    }
    let bureau = batch.bureau;
    let served = serve(&mut batch, waiters).await?;
    batch.commit().await?;
    waiters.tell(bureau, served);
    Ok(answers)
}

/// Requests answered in this batch, with the digest of their content.
pub(super) type Fresh = HashMap<Key, ([u8; 16], Outcome)>;

/// Requests among `works` that were answered before. An imported row has two names: its own, and that of its outcome,
/// which may have been all that it told.
async fn known(batch: &mut Batch<'_>, works: &[Work]) -> Result<HashMap<Key, KnownRequest>, LedgerError> {
    let prepared = works.iter().filter_map(|work| match work {
        Work::Act(prepared) => Some(&**prepared),
        Work::Access(_) => None,
    });
    let keys: Vec<Key> =
        prepared.flat_map(|prepared| [Some(key_of(prepared)), outcome_key(prepared)]).flatten().collect();
    Ok(batch.tx.known_requests(batch.bureau, keys.iter().map(|(caller, id)| (*caller, id))).await?)
}

/// What the command at the front is answered, and those of its kind behind it that are done with it.
async fn act_run<'w>(
    batch: &mut Batch<'_>,
    works: &'w [Work],
    known: &HashMap<Key, KnownRequest>,
    fresh: &Fresh,
) -> Result<Vec<(&'w Prepared, Answer)>, LedgerError> {
    let pulls = pulls_of(works, known, fresh);
    if !pulls.is_empty() {
        let answers = queue::pull(batch, &pulls).await?;
        return Ok(pulls.into_iter().zip(answers).collect());
    }
    let signings = signings_of(works, known, fresh);
    if !signings.is_empty() {
        let answers = queue::handle_run(batch, &signings).await?;
        return Ok(signings.into_iter().map(|(prepared, _)| prepared).zip(answers).collect());
    }
    let Some(Work::Act(prepared)) = works.first() else { return Err(LedgerError::Unreadable("work")) };
    Ok(vec![(prepared, act(batch, prepared).await?)])
}

/// A version that left no event under its own request id.
fn is_repeat(answer: &Answer) -> bool {
    matches!(
        answer,
        Ok(Outcome::Submitted { repeat: true, .. }
            | Outcome::Imported { facts: Novelty::Known, outcome: News::Known | News::Stale })
    )
}

pub(super) fn key_of(prepared: &Prepared) -> Key {
    (prepared.request.caller, prepared.request.request_id.clone())
}

/// The name under which an imported row's outcome is recorded.
pub(super) fn outcome_key(prepared: &Prepared) -> Option<Key> {
    let Command::Import { .. } = prepared.request.command else { return None };
    let id = intake::outcome_of_row(&prepared.request.request_id).ok()?;
    Some((prepared.request.caller, id))
}

fn remember(fresh: &mut Fresh, prepared: &Prepared, answer: &Answer) {
    // Only what left an event is bound to its request id; an empty pull may be asked again.
    match answer {
        Ok(Outcome::Pulled(leases)) if leases.is_empty() => {}
        Ok(outcome) => {
            // Every event that it left is bound to a request id: the row's, that of the outcome it told, or both.
            let (row, outcome_is_new) = match outcome {
                Outcome::Imported { facts, outcome } => (*facts != Novelty::Known, *outcome == News::New),
                _ => (true, false),
            };
            let row = row.then(|| key_of(prepared));
            let keys = row.into_iter().chain(outcome_key(prepared).filter(|_| outcome_is_new));
            fresh.extend(keys.map(|key| (key, (prepared.digest, as_stored(outcome.clone())))));
        }
        Err(_) => {}
    }
}

/// An answer as it can be told again: that an outcome was left aside is not kept.
fn as_stored(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Imported { facts, outcome: News::Stale } => {
            Outcome::Imported { facts, outcome: News::Known }
        }
        outcome => outcome,
    }
}

/// The stored answer of a request id that was used before (promise 2).
async fn answered(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    known: &HashMap<Key, KnownRequest>,
    fresh: &Fresh,
) -> Result<Option<Answer>, LedgerError> {
    let key = key_of(prepared);
    let outcome_key = outcome_key(prepared);
    if let Some((digest, outcome)) = fresh.get(&key) {
        let same = *digest == prepared.digest;
        return Ok(Some(if same { Ok(outcome.clone()) } else { Err(Refusal::RequestIdReused) }));
    }
    let outcome_known = outcome_key.is_some_and(|key| fresh.contains_key(&key) || known.contains_key(&key));
    let Some(stored) = known.get(&key) else {
        let only_outcome = || Ok(Outcome::Imported { facts: Novelty::Known, outcome: News::New });
        return Ok(outcome_known.then(only_outcome));
    };
    if stored.digest != prepared.digest {
        return Ok(Some(Err(Refusal::RequestIdReused)));
    }
    if matches!(prepared.request.command, Command::Import { .. }) {
        let facts = if stored.kind == EventKind::Unmask { Novelty::Unmasked } else { Novelty::New };
        let outcome = if outcome_known { News::New } else { News::Known };
        return Ok(Some(Ok(Outcome::Imported { facts, outcome })));
    }
    stored_outcome(batch, prepared, stored).await.map(|outcome| Some(Ok(outcome)))
}

/// What was answered, read back from where it was kept.
async fn stored_outcome(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    stored: &KnownRequest,
) -> Result<Outcome, LedgerError> {
    let sequence = stored.sequence;
    let answer = stored.answer.as_deref();
    let unreadable = || LedgerError::Unreadable("answer");
    Ok(match stored.kind {
        EventKind::Submit | EventKind::Unmask | EventKind::Backfill => {
            let Command::Submit(submission) = &prepared.request.command else { return Err(unreadable()) };
            let number = submission.number.clone();
            let numbers = batch.tx.known_numbers(batch.bureau, std::iter::once(&number)).await?;
            let known = numbers.get(number.as_str()).ok_or_else(unreadable)?;
            let repeat = (number, known.sequence, known.recorded_at);
            let mut receipts = intake::receipts(batch, &[repeat]).await?;
            let receipt = receipts.remove(&known.sequence).ok_or_else(unreadable)?;
            Outcome::Submitted { receipt, repeat: stored.kind == EventKind::Unmask }
        }
        EventKind::Amend => {
            let submission = stored.submission.ok_or_else(unreadable)?;
            let file = FileId { submission, track: Track::Complaint };
            let mut decisions = batch.tx.decisions(batch.bureau, &[file]).await?;
            let rows = decisions.remove(&file).unwrap_or_default();
            let rescored = rows.into_iter().find(|decision| decision.sequence == sequence);
            Outcome::Amended { sequence, rescored: rescored.map(Box::new) }
        }
        EventKind::Pull => Outcome::Pulled(pulled_again(batch, prepared, answer.ok_or_else(unreadable)?)?),
        EventKind::Withdraw
        | EventKind::Urge
        | EventKind::Reassign
        | EventKind::CutLink
        | EventKind::LoadBureau
        | EventKind::UseModel
        | EventKind::MakeCaller
        | EventKind::RevokeCaller
        | EventKind::StoreModel
        | EventKind::Escalate
        | EventKind::OpenReview
        | EventKind::EndReview
        | EventKind::AcceptClock
        | EventKind::Outcome => Outcome::Noted { sequence },
        EventKind::Extend
        | EventKind::Skip
        | EventKind::SignFor
        | EventKind::Decide
        | EventKind::Step
        | EventKind::Close
        | EventKind::Prolong
        | EventKind::Return => {
            let handled: Option<Handled> = answer.and_then(|json| stored::from_json(json).ok());
            handled.ok_or_else(unreadable)?.outcome(sequence)
        }
    })
}

/// The files of a pull are shown again: that is a look (promise 11).
fn pulled_again(batch: &mut Batch<'_>, prepared: &Prepared, answer: &str) -> Result<Vec<Lease>, LedgerError> {
    let leases: Vec<Lease> = stored::from_json(answer).map_err(|_| LedgerError::Unreadable("answer"))?;
    let files = leases.iter().map(|lease| lease.file).collect();
    batch.access(&Access { caller: prepared.request.caller, action: "pull_again", files });
    Ok(leases)
}

/// Every verb but Submit.
async fn act(batch: &mut Batch<'_>, prepared: &Prepared) -> Result<Answer, LedgerError> {
    match &prepared.request.command {
        Command::Submit(_) | Command::Import { .. } => {
            Ok(intake::submit(batch, &[prepared]).await?.remove(0))
        }
        Command::Outcome { file, outcome } => intake::outcome(batch, prepared, file, outcome).await,
        Command::Amend { submission, .. } => intake::amend(batch, prepared, submission).await,
        Command::Withdraw { number, .. } => intake::withdraw(batch, prepared, number).await,
        Command::Urge { number, .. } => intake::urge(batch, prepared, number).await,
        Command::Pull { .. } => Ok(queue::pull(batch, &[prepared]).await?.remove(0)),
        Command::Escalate { file } => queue::escalate(batch, prepared, file).await,
        Command::OpenReview { file, kind, authority, received } => {
            queue::open_review(batch, prepared, file, (*kind, authority, *received)).await
        }
        Command::EndReview { file, review, outcome, .. } => {
            queue::end_review(batch, prepared, file, *review, *outcome).await
        }
        Command::Handle(handling) => queue::handle(batch, prepared, handling).await,
        Command::CutLink { number, other, key, .. } => {
            intake::cut_link(batch, prepared, [number, other], *key).await
        }
        Command::Reassign { file, unit, .. } => queue::reassign(batch, prepared, file, unit).await,
        Command::LoadBureau { content } => office::load_bureau(batch, prepared, content.expose()).await,
        Command::UseModel { model } => office::use_model(batch, prepared, model).await,
        Command::AcceptClock { at } => queue::accept_clock(batch, prepared, *at).await,
        Command::MakeCaller(caller) => office::make_caller(batch, prepared, caller).await,
        Command::RevokeCaller { caller } => office::revoke_caller(batch, prepared, *caller).await,
        Command::StoreModel { model, artefact } => {
            office::store_model(batch, prepared, model, artefact).await
        }
    }
}
