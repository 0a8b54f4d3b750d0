//! The answers of requests that were answered before, read back from where they were kept (promise 2).

use std::collections::HashMap;

use super::requests::{Fresh, Key, key_of, outcome_key};
use crate::domain::command::{Answer, Command, EventKind, Handled, Lease, News, Novelty, Outcome, Receipt};
use crate::domain::ids::{FileId, Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::intake;
use crate::ledger::{Access, Batch, LedgerError, Prepared};
use crate::store::KnownRequest;
use crate::stored;

/// The stored answer of a request id that was used before (promise 2).
pub(super) async fn answered(
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
        let only_outcome =
            || Ok(Outcome::Imported { facts: Novelty::Known, outcome: News::New, differing: None });
        return Ok(outcome_known.then(only_outcome));
    };
    if stored.digest != prepared.digest {
        return Ok(Some(Err(Refusal::RequestIdReused)));
    }
    if matches!(prepared.request.command, Command::Import { .. }) {
        let facts = if stored.kind == EventKind::Unmask { Novelty::Unmasked } else { Novelty::New };
        let outcome = if outcome_known { News::New } else { News::Known };
        return Ok(Some(Ok(Outcome::Imported { facts, outcome, differing: None })));
    }
    stored_outcome(batch, prepared, stored).await.map(|outcome| Some(Ok(outcome)))
}

/// A later score of a complaint, by the event that it was made by.
async fn amended(
    batch: &mut Batch<'_>,
    sequence: Sequence,
    submission: Sequence,
) -> Result<Outcome, LedgerError> {
    let file = FileId { submission, track: Track::Complaint };
    let mut decisions = batch.tx.decisions(batch.bureau, &[file]).await?;
    let rows = decisions.remove(&file).unwrap_or_default();
    let rescored = rows.into_iter().find(|decision| decision.sequence == sequence);
    Ok(Outcome::Amended { sequence, rescored: rescored.map(Box::new) })
}

/// The account that was made: events of earlier releases have its id in the command.
fn opened(prepared: &Prepared, stored: &KnownRequest) -> Result<Outcome, LedgerError> {
    let kept = stored.answer.as_deref().and_then(|json| stored::from_json(json).ok());
    let id = kept.or_else(|| match &prepared.request.command {
        Command::Account(change) => change.account(),
        _ => None,
    });
    Ok(Outcome::Opened { sequence: stored.sequence, id: id.ok_or(LedgerError::Unreadable("answer"))? })
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
            let receipt = receipt_again(batch, prepared).await?.ok_or_else(unreadable)?;
            Outcome::Submitted { receipt, repeat: stored.kind == EventKind::Unmask }
        }
        EventKind::Amend | EventKind::Rescore => {
            amended(batch, sequence, stored.submission.ok_or_else(unreadable)?).await?
        }
        EventKind::OpenAccount => opened(prepared, stored)?,
        EventKind::Pull => Outcome::Pulled(pulled_again(batch, prepared, answer.ok_or_else(unreadable)?)?),
        EventKind::Withdraw
        | EventKind::Urge
        | EventKind::Reassign
        | EventKind::CutLink
        | EventKind::Purge
        | EventKind::Disclose
        | EventKind::Rekey
        | EventKind::LoadBureau
        | EventKind::UseModel
        | EventKind::MakeCaller
        | EventKind::RevokeCaller
        | EventKind::StoreModel
        | EventKind::SetRoles
        | EventKind::SetPassword
        | EventKind::ResetPassword
        | EventKind::CloseAccount
        | EventKind::SignIn
        | EventKind::SignOut
        | EventKind::SignInFailed
        | EventKind::RotateToken
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
        | EventKind::Record
        | EventKind::Return => {
            let handled: Option<Handled> = answer.and_then(|json| stored::from_json(json).ok());
            handled.ok_or_else(unreadable)?.outcome(sequence)
        }
    })
}

/// The first decision of a submission, as it was answered.
async fn receipt_again(batch: &mut Batch<'_>, prepared: &Prepared) -> Result<Option<Receipt>, LedgerError> {
    let Command::Submit(submission) = &prepared.request.command else { return Ok(None) };
    let number = submission.number.clone();
    let numbers = batch.tx.known_numbers(batch.bureau, std::iter::once(&number)).await?;
    let Some(known) = numbers.get(number.as_str()) else { return Ok(None) };
    let repeat = (number, known.sequence, known.recorded_at);
    Ok(intake::receipts(batch, &[repeat]).await?.remove(&known.sequence))
}

/// The files of a pull are shown again: that is a look (promise 11).
fn pulled_again(batch: &mut Batch<'_>, prepared: &Prepared, answer: &str) -> Result<Vec<Lease>, LedgerError> {
    let leases: Vec<Lease> = stored::from_json(answer).map_err(|_| LedgerError::Unreadable("answer"))?;
    let files = leases.iter().map(|lease| lease.file).collect();
    let (caller, officer) = (prepared.request.caller, prepared.request.command.officer().cloned());
    batch.access(&Access { caller, officer, action: "pull_again", files });
    Ok(leases)
}
