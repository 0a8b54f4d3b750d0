//! Where the chain of the trail stands when a batch begins. As a rule the head row says it. It does not in a database of a release
//! without a chain, nor behind a process of one that still writes beside this one.

use tracing::{error, info, warn};

use super::{Context, LedgerError};
use crate::audit::{Chain, Fold};
use crate::domain::ids::BureauId;
use crate::store::{Head, StoreError, Tx};

/// Rows read at a time.
const PAGE: i64 = 4_096;

/// Where the chain stands, and whether it is taken up again: behind rows without a hash, or where the head row had lost it. That has to
/// be recorded.
pub(super) async fn stands(tx: &mut Tx, bureau: BureauId, head: &Head) -> Result<(Chain, bool), LedgerError> {
    let mut fold = match head.chain {
        Some(chain) if chain.number == head.audit_number => return Ok((chain, false)),
        Some(chain) if chain.number < head.audit_number => {
            warn!(
                bureau.id = bureau.0,
                after = chain.number,
                to = head.audit_number,
                "rows of a release without a chain"
            );
            Fold::behind(bureau.0, chain)
        }
        _ => Fold::new(bureau.0),
    };
    let mut after = fold.chain().0.number;
    while after < head.audit_number {
        let page = tx.trail(bureau, after, PAGE.min(head.audit_number.saturating_sub(after))).await?;
        let Some(last) = page.last() else { break };
        after = last.entry.number;
        page.iter().filter(|row| row.entry.number <= head.audit_number).for_each(|row| fold.take(row));
    }
    let (mut chain, has_begun) = fold.chain();
    // What is missing there is missing; the next row gets the next number.
    chain.number = head.audit_number;
    if head.chain.is_none() && has_begun {
        error!(bureau.id = bureau.0, "the head of the trail was gone; run `triage audit verify`");
    }
    Ok((chain, has_begun))
}

/// Binds what a bureau has of rows from before there was a chain, where that was not done yet: once, at leisure, and not within the first
/// batch. Of several processes one does it.
pub(crate) async fn begin_chain(context: &Context, bureau: BureauId) -> Result<(), LedgerError> {
    let mut tx = context.store.read().await?;
    let head = tx.head(bureau).await?;
    tx.rollback().await?;
    if head.is_none_or(|head| head.chain.is_some()) {
        return Ok(());
    }
    let mut tx = context.store.begin(bureau).await?;
    let mut head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
    let (chain, has_begun) = stands(&mut tx, bureau, &head).await?;
    if head.chain.is_some() || has_begun {
        // Another process was first; or the head is gone, which the next batch has to record.
        return Ok(tx.rollback().await?);
    }
    head.chain = Some(chain);
    tx.move_head(bureau, &head).await?;
    tx.commit().await?;
    if chain.before > 0 {
        info!(
            bureau.id = bureau.0,
            rows = chain.before,
            "the rows so far are bound; the chain begins behind them"
        );
    }
    Ok(())
}
