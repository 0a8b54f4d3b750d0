//! Pulls that wait (候领): the batch that brings a file gives it, before it commits, to who waits for it. The file is
//! held as soon as it is there, and nobody is woken for nothing.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::requests::{Key, key_of};
use crate::domain::command::{Lease, Outcome};
use crate::domain::ids::{BureauId, Track, UnitId};
use crate::ledger::{Batch, LedgerError, Prepared};
use crate::queue;

type Whose = (UnitId, Track);

/// At most this many waiting pulls are served for a queue in one batch; the others poll after one second.
const CALLED_MOST: usize = 64;

/// A pull that found nothing.
#[derive(Debug)]
struct Waiter {
    whose: Whose,
    pull: Prepared,
    reply: oneshot::Sender<Vec<Lease>>,
}

/// Who waits at which queue, the longest first; by default nobody.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    queues: Mutex<HashMap<(BureauId, Whose), VecDeque<Waiter>>>,
}

/// A pull that waits at a queue. Dropping it ends the waiting.
#[derive(Debug)]
pub(crate) struct WaitingPull {
    waiters: Arc<Waiters>,
    at: (BureauId, Whose),
    key: Key,
    given: oneshot::Receiver<Vec<Lease>>,
}

impl WaitingPull {
    /// What the pull was given; none when it must be asked again: under the same request id, so that what it was given
    /// meanwhile is its answer (promise 2).
    pub(crate) async fn given(&mut self) -> Option<Vec<Lease>> {
        (&mut self.given).await.ok()
    }

    /// Leaves. False when a batch is answering the pull already: then it must be asked again.
    pub(crate) fn leave(mut self) -> bool {
        self.give_up()
    }

    fn give_up(&mut self) -> bool {
        self.given.close();
        let mut queues = self.waiters.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queues.get_mut(&self.at) else { return false };
        let left = |waiter: &Waiter| waiter.reply.is_closed() && key_of(&waiter.pull) == self.key;
        queue.iter().position(left).and_then(|at| queue.remove(at)).is_some()
    }
}

impl Drop for WaitingPull {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// What a batch gave to waiting pulls; valid once it has committed.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    given: Vec<(Waiter, Vec<Lease>)>,
    unserved: Vec<Waiter>,
}

impl Waiters {
    /// Registers a pull as waiting at a queue, until the returned value is dropped.
    pub(crate) fn wait(self: &Arc<Self>, bureau: BureauId, whose: Whose, pull: Prepared) -> WaitingPull {
        let (reply, given) = oneshot::channel();
        let place =
            WaitingPull { waiters: Arc::clone(self), at: (bureau, whose.clone()), key: key_of(&pull), given };
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.entry(place.at.clone()).or_default().push_back(Waiter { whose, pull, reply });
        drop(queues);
        place
    }

    /// Those who have waited longest at some queues are taken out of them.
    fn call(&self, bureau: BureauId, grown: &BTreeSet<Whose>) -> Vec<Waiter> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let mut called = Vec::new();
        for whose in grown {
            let Some(queue) = queues.get_mut(&(bureau, whose.clone())) else { continue };
            queue.retain(|waiter| !waiter.reply.is_closed());
            called.extend(queue.drain(..queue.len().min(CALLED_MOST)));
        }
        called
    }

    /// Tells who was given something, after the commit; the others wait on, before who came since.
    pub(super) fn deliver(&self, bureau: BureauId, served: Assigned) {
        for (waiter, leases) in served.given {
            // Who has gone finds the answer under the request id.
            let _ = waiter.reply.send(leases);
        }
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        for waiter in served.unserved.into_iter().rev().filter(|waiter| !waiter.reply.is_closed()) {
            queues.entry((bureau, waiter.whose.clone())).or_default().push_front(waiter);
        }
    }
}

/// Gives what a batch brought to those who wait for it. When it fails nobody waits any more: all ask again.
pub(super) async fn serve(batch: &mut Batch<'_>, waiters: &Waiters) -> Result<Assigned, LedgerError> {
    let called = waiters.call(batch.bureau, &batch.grown);
    if called.is_empty() {
        return Ok(Assigned::default());
    }
    batch.flush().await?;
    // A pull may have been answered since it began to wait, here or by another process.
    let keys: Vec<_> = called.iter().map(|waiter| key_of(&waiter.pull)).collect();
    let known = batch.tx.known_requests(batch.bureau, keys.iter().map(|(caller, id)| (*caller, id))).await?;
    let mut seen = HashSet::new();
    let called: Vec<Waiter> = (called.into_iter().zip(keys))
        .filter_map(|(waiter, key)| (!known.contains_key(&key) && seen.insert(key)).then_some(waiter))
        .collect();
    let pulls: Vec<&Prepared> = called.iter().map(|waiter| &waiter.pull).collect();
    let answers = queue::pull(batch, &pulls).await?;
    let mut served = Assigned::default();
    for (waiter, answer) in called.into_iter().zip(answers) {
        match answer {
            Ok(Outcome::Pulled(leases)) if leases.is_empty() => served.unserved.push(waiter),
            Ok(Outcome::Pulled(leases)) => served.given.push((waiter, leases)),
            // Refused by now: it asks again, and is told why.
            _ => {}
        }
    }
    Ok(served)
}
