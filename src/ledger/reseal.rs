//! Sealing again (重新封存): what is sealed by an earlier key is opened and sealed by the current one, a few values at a time beside a
//! serving process. Nothing but the sealed bytes changes: no event, no digest, no row of the trail.

use super::{Context, LedgerError};
use crate::domain::ids::{BureauId, Sequence};
use crate::identity::{IdentityError, Place, header};

/// Values of one transaction: the bureau waits for no longer than for a batch.
const MOST: i64 = 256;

/// One step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// How far it went.
    pub(crate) last: Sequence,
    /// Values that are sealed by the current key now.
    pub(crate) resealed: u64,
    /// Values that no key opens. They stay as they are.
    pub(crate) unopened: u64,
}

/// Seals the next values behind an event by the current key; none when there are none.
pub(crate) async fn reseal_next(
    context: &Context,
    bureau: BureauId,
    after: Sequence,
) -> Result<Option<Step>, LedgerError> {
    let identity = &context.identity;
    // Looked for without the lock: it may be a long way to the next.
    let mut tx = context.store.read_at_length().await?;
    let places = tx.not_sealed_by(bureau, after, header(identity.current_seal_key()), MOST).await?;
    tx.rollback().await?;
    let Some(last) = places.last().copied() else { return Ok(None) };
    let mut tx = context.store.begin(bureau).await?;
    // As every batch: behind the lock nothing is sealed by a key that is not the current one.
    identity.look_again()?;
    let (mut resealed, mut unopened) = (Vec::new(), 0);
    for (sequence, sealed) in tx.payloads(bureau, places.into_iter()).await? {
        let place = Place::event(bureau, sequence);
        match identity.reseal(place, &sealed) {
            Ok(sealed) => resealed.push((sequence, sealed)),
            Err(IdentityError::Sealed) => unopened += 1,
            Err(error) => return Err(error.into()),
        }
    }
    let step = Step { last, resealed: resealed.len() as u64, unopened };
    tx.set_payloads(bureau, resealed).await?;
    tx.commit().await?;
    context.store.has_kept()?;
    Ok(Some(step))
}
