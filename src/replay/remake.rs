//! Keys made again (标识重算): what a bureau keeps by its keys is made anew by applying its log in a database beside it, by the present
//! reading of what people wrote, and taken over in one transaction. What was decided stays as it was.

use super::others::Others;
use super::{Replayed, apply_next, begin, head};
use crate::domain::ids::{BureauId, Sequence};
use crate::ledger::{Context, LedgerError};
use crate::store::{Keyed, StoreError};

/// What became of the keys of a bureau.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remade {
    /// They are of the present form. How many complaints are found by other keys than before.
    Done(usize),
    /// Interrupted: called again on the same databases, it goes on where it was.
    Stopped,
    /// The log could not be applied to its end; nothing was changed. The first thing that was in the way.
    NotPossible(String),
}

/// Makes the keys of a bureau again. Nobody else may work on `from`. `beside` is empty, or what an earlier call left. `go_on` is told
/// how many events are applied and how many there are, and says whether to go on.
pub async fn remake_keys(
    from: &Context,
    beside: &Context,
    bureau: BureauId,
    mut go_on: impl FnMut(usize, usize) -> bool,
) -> Result<Remade, LedgerError> {
    let events = |sequence: Sequence| usize::try_from(sequence.0).unwrap_or_default();
    let last = head(from, bureau).await?;
    let mut after = if let Some(reached) = reached(beside, bureau).await? {
        reached
    } else {
        begin(from, beside, bureau).await?;
        Sequence(0)
    };
    let mut others = Others::read(from, bureau).await?;
    let mut found = Replayed::default();
    while let Some(reached) = apply_next(from, beside, bureau, after, &mut others, &mut found).await? {
        if found.ends_early() {
            return Ok(Remade::NotPossible(
                found.differences.first().map(ToString::to_string).unwrap_or_default(),
            ));
        }
        after = reached;
        if !go_on(events(after), events(last)) {
            return Ok(Remade::Stopped);
        }
    }
    let mut made = beside.store.read_at_length().await?;
    let mut tx = from.store.begin(bureau).await?;
    let key = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?.hash_key;
    let changed = tx.take_over(&mut made, Keyed { bureau, key }, beside.identity.key_form()).await?;
    tx.commit().await?;
    made.rollback().await?;
    Ok(Remade::Done(changed))
}

/// Whether `beside` holds the beginning of this log, or nothing yet. A backup may have been restored since it was left.
pub async fn is_beginning(from: &Context, beside: &Context, bureau: BureauId) -> Result<bool, LedgerError> {
    let Some(Sequence(last)) = reached(beside, bureau).await? else { return Ok(true) };
    let event = async |context: &Context| {
        let mut tx = context.store.read().await?;
        let event = tx.events(bureau, Sequence(last - 1), 1).await?.pop();
        tx.rollback().await?;
        let known = event.map(|event| (event.sequence, event.recorded_at, event.caller, event.request_id));
        Ok::<_, LedgerError>(known)
    };
    Ok(last == 0 || event(from).await? == event(beside).await?)
}

/// How far the log was applied in a database; none where there is no such bureau yet.
async fn reached(beside: &Context, bureau: BureauId) -> Result<Option<Sequence>, StoreError> {
    let mut tx = beside.store.read().await?;
    let head = tx.head(bureau).await?;
    tx.rollback().await?;
    Ok(head.map(|head| head.sequence))
}
