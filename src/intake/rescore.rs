//! 重评: an open complaint is scored again, by the model that is in use now.

use std::sync::Arc;

use super::amend::{Renewed, likeness_percent, score_again};
use super::past::{Asking, Past};
use crate::domain::command::{EventKind, Outcome};
use crate::domain::ids::{FileId, RegistrationNumber, Track};
use crate::domain::refusal::Refusal;
use crate::domain::submission::Submission;
use crate::ledger::{Batch, Event, LedgerError, Prepared, Stop, key_hashes_of};

/// A score as of the complaint's receive time, beside the decisions that there are: the first one, unit, terms and token stay, as
/// for an amendment. Where the model says what the latest score said, there is nothing to record.
pub(crate) async fn rescore(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    number: &RegistrationNumber,
) -> Result<Outcome, Stop> {
    let unknown = || Refusal::NotFound { what: "complaint", what_zh: "投诉件" };
    let Some(submission) = batch.tx.submission(batch.bureau, number).await? else {
        return Err(unknown().into());
    };
    let id = FileId { submission, track: Track::Complaint };
    let file = batch.tx.file(batch.bureau, id).await?.ok_or_else(unknown)?;
    if file.state.status.has_ended() {
        return Err(Refusal::FileEnded(file.state.status).into());
    }
    let facts = batch.submission(submission).await?;
    let as_of = Submission { received: facts.first_received, ..facts.facts };
    let mut renewed = as_it_stands(batch, as_of, id).await?;
    let upcoming = batch.upcoming();
    let decision = score_again(batch, submission, upcoming, &mut renewed).await?;
    let latest = batch.tx.decisions(batch.bureau, &[id]).await?.remove(&id).unwrap_or_default().pop();
    if !batch.is_done_already() && latest.is_some_and(|latest| latest.suspicion == decision.suspicion) {
        return Ok(Outcome::Amended { sequence: batch.last(), rescored: None });
    }
    let sequence = batch.next();
    batch.writes.decision(batch.bureau, &decision)?;
    batch.record(Event::new(sequence, EventKind::Rescore, prepared).on(id))?;
    Ok(Outcome::Amended { sequence, rescored: Some(Box::new(decision)) })
}

/// A complaint with its facts and its template as they stand, and the past it is seen against.
async fn as_it_stands(batch: &mut Batch<'_>, as_of: Submission, id: FileId) -> Result<Renewed, LedgerError> {
    let hash_key = Arc::clone(&batch.hash_key);
    let (mut key_hashes, _) = key_hashes_of(&hash_key, &as_of);
    let shingles = hash_key.shingles(&as_of);
    key_hashes.template = batch.tx.template_of(batch.bureau, id.submission).await?;
    if let Some(template) = key_hashes.template {
        key_hashes.likeness_percent = likeness_percent(batch, template, shingles.as_ref()).await?;
    }
    let asking = Asking { submission: &as_of, key_hashes: key_hashes.clone(), shingles: shingles.as_ref() };
    let past = Past::read(batch, &[asking]).await?;
    Ok(Renewed { as_of, key_hashes, past })
}
