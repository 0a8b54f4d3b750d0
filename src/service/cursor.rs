//! Cursors of the change feed: made for what was read, and refused when this history did not give them out.

use std::collections::HashMap;

use super::Service;
use crate::domain::cursor::{Cursor, Stamp};
use crate::domain::ids::{BureauId, Sequence};
use crate::domain::refusal::Refusal;
use crate::domain::view::Change;
use crate::ledger::LedgerError;
use crate::ledger::Stop;
use crate::store::Tx;

/// A page of the change feed (变更流).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The changes, oldest first.
    pub items: Vec<Change>,
    /// Where reading goes on: behind the last change of the page.
    pub cursor: Cursor,
    /// There are more now.
    pub more: bool,
}

impl Service {
    /// The cursor of a place in the history.
    pub(super) async fn cursor(
        &self,
        tx: &mut Tx,
        bureau: BureauId,
        sequence: Sequence,
    ) -> Result<Cursor, LedgerError> {
        let places: Vec<Sequence> = Cursor::places(sequence).collect();
        let identity = &self.inner.context.identity;
        let events: HashMap<Sequence, Stamp> = tx
            .event_digests(bureau, places.iter().copied())
            .await?
            .into_iter()
            .map(|(at, recorded_at, digest)| (at, identity.stamp(bureau, at, recorded_at, &digest)))
            .collect();
        // Not every sequence is an event's: where there is none, there is none in every history.
        let stamps = places.iter().map(|at| events.get(at).copied().unwrap_or_default()).collect();
        Ok(Cursor { sequence, stamps })
    }

    /// Refuses a cursor that this history did not give out: after a backup was restored, what was read behind its end is not
    /// what is there now. The refusal names a place up to which both histories are the same.
    pub(super) async fn known_cursor(
        &self,
        tx: &mut Tx,
        bureau: BureauId,
        given: &Cursor,
    ) -> Result<(), Stop> {
        let here = self.cursor(tx, bureau, given.sequence).await?;
        if here == *given {
            return Ok(());
        }
        let agreeing =
            |(_, (here, given)): &(Sequence, (&Stamp, &Stamp))| here == given && **here != Stamp::default();
        let places = Cursor::places(given.sequence).zip(here.stamps.iter().zip(&given.stamps));
        let shared = places.filter(agreeing).map(|(at, _)| at).next().unwrap_or(Sequence(0));
        let resume = self.cursor(tx, bureau, shared).await?.token();
        Err(Refusal::CursorUnknown { resume }.into())
    }
}
