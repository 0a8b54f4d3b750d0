//! What one caller holds at once (promise 13): its places in the lane and its open streams. Whoever has used up its
//! own waits or is told so; everybody else goes on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Bounds, Failure, RETRY_AFTER, Service, answer};
use crate::domain::caller::Caller;
use crate::domain::command::{Command, Outcome};
use crate::domain::ids::{BureauId, CallerId, RequestId};
use crate::lane::Place;

/// What one caller may hold.
#[derive(Debug)]
pub(super) struct Share {
    calls: Arc<Semaphore>,
    streamed: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

impl Share {
    fn new(bounds: Bounds) -> Self {
        let [calls, streamed, streams] =
            [bounds.caller_room, bounds.caller_stream_room, bounds.caller_streams]
                .map(|most| Arc::new(Semaphore::new(most)));
        Self { calls, streamed, streams }
    }

    /// A place for a call, if the caller has one left.
    pub(super) fn call(&self) -> Result<Place, Failure> {
        Ok(take(&self.calls)?.into())
    }

    /// A place for a call, once the caller has one left.
    pub(super) async fn call_when_room(&self) -> Place {
        // Never closed: without a permit there is merely no bound to wait for.
        Arc::clone(&self.calls).acquire_owned().await.map(Place::from).unwrap_or_default()
    }
}

/// One permit, or the answer that there is none.
fn take(of: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Failure> {
    Arc::clone(of).try_acquire_owned().map_err(|_| Failure::Full { retry_after: RETRY_AFTER })
}

/// Shares by caller. There are no more of them than callers that were ever let in.
#[derive(Debug, Default)]
pub(super) struct Shares {
    of: Mutex<HashMap<(BureauId, CallerId), Arc<Share>>>,
}

impl Shares {
    pub(super) fn of(&self, caller: &Caller, bounds: Bounds) -> Arc<Share> {
        let mut shares = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let share = shares.entry((caller.bureau, caller.id));
        Arc::clone(share.or_insert_with(|| Arc::new(Share::new(bounds))))
    }
}

/// A caller's open stream of submissions: its items wait for room in the lane, and the stream is not read meanwhile.
#[derive(Debug, Clone)]
pub struct Stream {
    service: Service,
    caller: Caller,
    share: Arc<Share>,
    /// One of the caller's streams until the last clone is gone.
    _open: Arc<OwnedSemaphorePermit>,
}

/// An item's place in the lane, before the item is put there.
#[derive(Debug)]
pub struct Reserved(Place);

impl Service {
    /// Opens a stream of submissions; `Full` when the caller has too many open.
    pub fn open_stream(&self, caller: Caller) -> Result<Stream, Failure> {
        let share = self.share(&caller);
        let open = Arc::new(take(&share.streams)?);
        Ok(Stream { service: self.clone(), caller, share, _open: open })
    }

    pub(super) fn share(&self, caller: &Caller) -> Arc<Share> {
        self.inner.shares.of(caller, self.inner.bounds)
    }
}

impl Stream {
    /// Waits for a place in the lane: first among the caller's own, then among those of all streams.
    pub async fn place(&self) -> Option<Reserved> {
        let own = Arc::clone(&self.share.streamed).acquire_owned().await.ok()?;
        Some(Reserved(self.service.inner.lane(self.caller.bureau).place(own).await))
    }

    /// As [`Service::act`], by a place that was waited for.
    pub async fn act(
        &self,
        place: Reserved,
        request_id: RequestId,
        command: Command,
    ) -> Result<Outcome, Failure> {
        let prepared = self.service.prepare(&self.caller, request_id, command)?;
        answer(self.service.inner.lane(self.caller.bureau).enter_streamed(prepared.into(), place.0).await)
    }

    /// The time, for checks at the boundary.
    pub fn now(&self) -> crate::domain::time::Timestamp {
        self.service.now()
    }
}
