//! One batch from start to commit, for the service, an import or a replay: requests that were answered
//! before get their stored answer ([`requests`], [`answers`]), runs of one kind are done at once ([`runs`]), every other
//! command in its place, and new files are given to waiting pulls ([`waiters`]).

mod accounts;
mod admin;
mod answers;
mod lead;
mod requests;
mod runs;
mod waiters;

use std::collections::HashMap;
use std::time::Duration;

use tracing::warn;

use answers::answered;
use requests::{Fresh, Key, known, remember};
use runs::{pulls_of, signings_of, submissions_of};
pub(crate) use waiters::Waiters;
use waiters::serve;

use crate::clock::{Clock, Deadline, Stopwatch};
use crate::domain::command::{Answer, Command, Outcome};
use crate::domain::ids::BureauId;
use crate::intake;
use crate::ledger::{Access, Batch, Context, LedgerError, Prepared, Stop, answer};
use crate::queue;
use crate::store::{KnownRequest, StoreError};

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

/// How often a batch is tried when the database says that may help.
const TRIES: u32 = 4;

/// After so long it is not tried again: callers must learn within seconds that there is no answer.
const RETRY_BUDGET: Duration = Duration::from_secs(4);

/// As [`settle_batch`], by a clock that can be right, and tried again while the database says that may help. A batch that takes
/// too long is given up with its connection, and the next one has another.
pub(crate) async fn settle(
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
            Err(error) if error.is_transient() && tries < TRIES && watch.elapsed() < RETRY_BUDGET => {
                warn!(bureau.id = bureau.0, batch.len = works.len(), %error, "batch will be tried again");
                clock.pause(wait).await;
                wait *= 4;
                tries += 1;
            }
            settled => return settled,
        }
    }
}

/// Settles works of one bureau in one transaction: an answer for each, in order. Nothing is committed unless this returns `Ok`. What the
/// batch brings is given to those who wait for it.
pub(crate) async fn settle_batch(
    mut batch: Batch<'_>,
    works: &[Work],
    waiters: &Waiters,
) -> Result<Vec<Answer>, LedgerError> {
    let start = batch.place();
    let again = by_key_in_use(&batch, works);
    let works = again.as_deref().unwrap_or(works);
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
            let taken = intake::submit(&mut batch, &run).await?;
            for (prepared, answer) in run.iter().zip(taken) {
                remember(&batch, &mut fresh, prepared, &answer);
                answers.push(answer);
            }
        } else {
            batch.flush().await?;
            for (prepared, answer) in act_run(&mut batch, &works[answers.len()..], &known, &fresh).await? {
                remember(&batch, &mut fresh, prepared, &answer);
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
    waiters.deliver(bureau, served);
    Ok(answers)
}

/// The works made ready again, if some were by an identity key that is not in use any more.
fn by_key_in_use(batch: &Batch<'_>, works: &[Work]) -> Option<Vec<Work>> {
    let is_by_another = |work: &Work| match work {
        Work::Act(prepared) => prepared.hash_key != batch.hash_key.id(),
        Work::Access(_) => false,
    };
    let again = |work: &Work| match work {
        Work::Act(prepared) if is_by_another(work) => {
            Work::Act(Box::new(Prepared::clone(prepared).by(&batch.hash_key)))
        }
        other => other.clone(),
    };
    works.iter().any(is_by_another).then(|| works.iter().map(again).collect())
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
    Ok(vec![(prepared, answer(act(batch, prepared).await)?)])
}

/// Executes one command. Runs of submissions, pulls and signings are executed together before this.
async fn act(batch: &mut Batch<'_>, prepared: &Prepared) -> Result<Outcome, Stop> {
    match &prepared.request.command {
        Command::Submit(_) | Command::Import { .. } => {
            Ok(intake::submit(batch, &[prepared]).await?.remove(0)?)
        }
        Command::Outcome { file, outcome } => intake::outcome(batch, prepared, file, outcome).await,
        Command::Amend { submission, .. } => intake::amend(batch, prepared, submission).await,
        Command::Withdraw { number, .. } => intake::withdraw(batch, prepared, number).await,
        Command::Urge { number, .. } => intake::urge(batch, prepared, number).await,
        Command::Pull { .. } => Ok(queue::pull(batch, &[prepared]).await?.remove(0)?),
        Command::Escalate { file } => queue::escalate(batch, prepared, file).await,
        Command::OpenReview { file, kind, authority, received, against } => {
            let (kind, received, against) = (*kind, *received, *against);
            let opening = queue::Opening { kind, authority, received, against };
            queue::open_review(batch, prepared, file, opening).await
        }
        Command::EndReview { file, review, end, .. } => {
            queue::end_review(batch, prepared, file, *review, *end).await
        }
        Command::Handle(handling) => lead::handle(batch, prepared, handling).await,
        Command::Disclose(_) => admin::disclose(batch, prepared),
        Command::Purge(purge) => intake::purge(batch, prepared, purge).await,
        Command::CutLink { number, other, key, .. } => {
            intake::cut_link(batch, prepared, [number, other], *key).await
        }
        Command::Rescore { number } => intake::rescore(batch, prepared, number).await,
        Command::Reassign { file, unit, .. } => queue::reassign(batch, prepared, file, unit).await,
        Command::LoadBureau { content } => admin::load_bureau(batch, prepared, content.expose()).await,
        Command::UseModel { model } => admin::use_model(batch, prepared, model).await,
        Command::Rekey { key } => admin::rekey(batch, prepared, *key).await,
        Command::AcceptClock { at } => queue::accept_clock(batch, prepared, *at).await,
        Command::MakeCaller(caller) => admin::make_caller(batch, prepared, caller).await,
        Command::RevokeCaller { caller } => admin::revoke_caller(batch, prepared, *caller).await,
        Command::RotateToken { caller, token_hash, until, expires_at } => {
            admin::rotate_token(batch, prepared, *caller, token_hash.expose(), (*until, *expires_at)).await
        }
        Command::Account(change) => accounts::change(batch, prepared, change).await,
        Command::StoreModel { model, artefact } => admin::store_model(batch, prepared, model, artefact).await,
    }
}
