//! One budget of bytes in flight for the whole process (promise 13).
//!
//! A [`Charge`] is what one call has taken of it; dropped, by whatever end the call came to, it is given back. It is
//! taken from several purses at once: the caller's own and the whole, and before each the part of it that streams, or reading
//! calls, may take. What is left is for calls that wait for nothing: a caller's own backlog, or readers of its who have hung up and are
//! not yet let go, never turn its submissions away.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::{CALL_BYTES, Limits, READ_BYTES, READ_WAIT, STREAM_BYTES};
use crate::clock::Deadline;
use crate::domain::caller::Caller;
use crate::domain::ids::{BureauId, CallerId};

/// Budgets are counted in these: a permit for every byte would be a large number for nothing.
const KIB: usize = 1 << 10;

/// What a method takes of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    /// What was sent and what is answered, both small as a rule.
    Call,
    /// A page of files, whose size is known only when it has been read.
    Read,
    /// A stream, beside its items.
    Stream,
}

/// Nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UsedUp;

/// The whole budget.
#[derive(Debug)]
pub(super) struct Budget {
    all: Purses,
    /// What one caller's purses hold when nothing is taken.
    caller_bytes: usize,
    caller_part: usize,
    /// There are no more of them than callers that were ever let in.
    callers: Mutex<HashMap<(BureauId, CallerId), Own>>,
}

/// What one caller may take.
#[derive(Debug)]
struct Own {
    purses: Purses,
    /// Places for reading calls that wait.
    waiting: Arc<Semaphore>,
}

/// Reading calls of one caller that wait for their part. Each costs what a call without a body costs.
const READS_WAITING: usize = 64;

/// What may be taken, and how much of it by streams, and by reading calls.
#[derive(Debug)]
struct Purses {
    whole: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    reads: Arc<Semaphore>,
}

impl Purses {
    fn new(bytes: usize, part: usize) -> Self {
        let purse = |bytes: usize| Arc::new(Semaphore::new(bytes / KIB));
        Self { whole: purse(bytes), streams: purse(part), reads: purse(part) }
    }

    /// Those from which this is taken: the part before the whole, so that who waits for the part keeps nothing from others.
    fn of(&self, cost: Cost) -> impl Iterator<Item = Arc<Semaphore>> {
        let part = match cost {
            Cost::Call => None,
            Cost::Read => Some(&self.reads),
            Cost::Stream => Some(&self.streams),
        };
        part.into_iter().chain([&self.whole]).cloned()
    }
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        let Limits { bytes_in_flight, caller_bytes, stream_bytes, .. } = *limits;
        // The same part of a caller's own, but never less than what one such call takes.
        let part = caller_bytes / KIB * stream_bytes / bytes_in_flight.max(1) * KIB;
        let caller_part = part.max(READ_BYTES.max(STREAM_BYTES)).min(caller_bytes);
        let all = Purses::new(bytes_in_flight, stream_bytes.min(bytes_in_flight));
        Self { all, caller_bytes, caller_part, callers: Mutex::default() }
    }

    /// Takes what a call of the caller costs. A reading call waits a little for it.
    pub(super) async fn take(&self, caller: &Caller, cost: Cost) -> Result<Charge, UsedUp> {
        let (purses, waiting) = self.own(caller, cost);
        match cost {
            Cost::Call => purses.charge(CALL_BYTES),
            Cost::Stream => purses.charge(STREAM_BYTES),
            Cost::Read => {
                let _waits = waiting.try_acquire().map_err(|_| UsedUp)?;
                let charge = purses.charge_when_there(READ_BYTES);
                Deadline::after(READ_WAIT).within(READ_WAIT, charge).await.ok_or(UsedUp)
            }
        }
    }

    /// Where what the caller sends or asks for by calls of this kind is taken from.
    pub(super) fn purses(&self, caller: &Caller, cost: Cost) -> Budgets {
        self.own(caller, cost).0
    }

    /// The same, and the caller's places for reading calls that wait.
    fn own(&self, caller: &Caller, cost: Cost) -> (Budgets, Arc<Semaphore>) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let own = callers.entry((caller.bureau, caller.id)).or_insert_with(|| Own {
            purses: Purses::new(self.caller_bytes, self.caller_part),
            waiting: Arc::new(Semaphore::new(READS_WAITING)),
        });
        let purses = Budgets(own.purses.of(cost).chain(self.all.of(cost)).collect());
        (purses, Arc::clone(&own.waiting))
    }
}

/// Budgets that are taken from together, always in this order, so that two never wait for each other.
#[derive(Debug, Clone)]
pub(super) struct Budgets(Arc<[Arc<Semaphore>]>);

impl Budgets {
    /// One budget apart from all others.
    pub(super) fn apart(bytes: usize) -> Self {
        Self(Arc::new([Arc::new(Semaphore::new(bytes / KIB))]))
    }

    /// Takes so many bytes if they are there.
    pub(super) fn charge(&self, bytes: usize) -> Result<Charge, UsedUp> {
        Ok(Charge::new(self.clone(), bytes, self.try_take(kib(bytes))?))
    }

    /// Takes so many bytes once they are there.
    pub(super) async fn charge_when_there(&self, bytes: usize) -> Charge {
        let mut taken = Vec::with_capacity(self.0.len());
        for purse in &*self.0 {
            // Never closed: without a permit there is merely no bound to wait for.
            taken.extend(Arc::clone(purse).acquire_many_owned(kib(bytes)).await);
        }
        Charge::new(self.clone(), bytes, taken)
    }

    fn try_take(&self, kib: u32) -> Result<Vec<OwnedSemaphorePermit>, UsedUp> {
        self.0.iter().map(|purse| Arc::clone(purse).try_acquire_many_owned(kib).map_err(|_| UsedUp)).collect()
    }
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(KIB)).unwrap_or(u32::MAX)
}

/// Bytes that a call has taken, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Charge {
    purses: Budgets,
    account: Mutex<Account>,
}

#[derive(Debug)]
struct Account {
    /// Held in any case.
    least: usize,
    /// What was sent, and what is to be written.
    spent: usize,
    /// One of every purse, of equal size.
    taken: Vec<OwnedSemaphorePermit>,
}

impl Charge {
    fn new(purses: Budgets, least: usize, taken: Vec<OwnedSemaphorePermit>) -> Self {
        Self { purses, account: Mutex::new(Account { least, spent: 0, taken }) }
    }

    /// So many bytes more were sent.
    pub(super) fn sent(&self, bytes: usize) -> Result<(), UsedUp> {
        self.change(|account| account.spent += bytes)
    }

    /// So many bytes more are to be written. What was held for an answer of unknown size is held no more.
    pub(super) fn answered(&self, bytes: usize) -> Result<(), UsedUp> {
        self.change(|account| {
            account.least = account.least.min(CALL_BYTES);
            account.spent += bytes;
        })
    }

    /// So many bytes have been written, or are not to be written any more.
    pub(super) fn written(&self, bytes: usize) {
        // Less than before is always there.
        let _ = self.change(|account| account.spent = account.spent.saturating_sub(bytes));
    }

    fn change(&self, change: impl FnOnce(&mut Account)) -> Result<(), UsedUp> {
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut account);
        let wanted = kib(account.least.max(account.spent));
        let held = account.taken.first().map_or(0, OwnedSemaphorePermit::num_permits);
        let held = u32::try_from(held).unwrap_or(u32::MAX);
        if wanted > held {
            let more = self.purses.try_take(wanted - held)?;
            account.taken.iter_mut().zip(more).for_each(|(taken, more)| taken.merge(more));
        } else {
            account.taken.iter_mut().for_each(|taken| drop(taken.split((held - wanted) as usize)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll};

    use proptest::prelude::*;

    use super::*;
    use crate::domain::caller::Role;

    const ALL: usize = 64 << 20;

    fn budget() -> Budget {
        let limits = Limits {
            bytes_in_flight: ALL,
            caller_bytes: ALL / 2,
            stream_bytes: ALL / 4,
            ..Limits::default()
        };
        Budget::new(&limits)
    }

    fn caller(id: i64) -> Caller {
        Caller::service(CallerId(id), BureauId(1), Role::Intake, None)
    }

    /// What a call does between its begin and its end.
    #[derive(Debug, Clone)]
    enum Act {
        Begin { caller: i64, cost: Cost, bytes: usize },
        Sent(usize, usize),
        Answered(usize, usize),
        Written(usize, usize),
        End(usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        let (call, bytes) = (0usize..8, 0usize..ALL);
        let cost = prop_oneof![Just(Cost::Call), Just(Cost::Read), Just(Cost::Stream)];
        prop_oneof![
            (1i64..4, cost, bytes.clone()).prop_map(|(caller, cost, bytes)| Act::Begin {
                caller,
                cost,
                bytes
            }),
            (call.clone(), bytes.clone()).prop_map(|(call, bytes)| Act::Sent(call, bytes)),
            (call.clone(), bytes.clone()).prop_map(|(call, bytes)| Act::Answered(call, bytes)),
            (call.clone(), bytes).prop_map(|(call, bytes)| Act::Written(call, bytes)),
            call.prop_map(Act::End),
        ]
    }

    proptest! {
        /// Whatever calls do and however they end: never more is taken than there is, of one caller never more than its
        /// part, and in the end all of it is there again.
        #[test]
        fn what_was_taken_comes_back(acts in proptest::collection::vec(act(), 1..80)) {
            let budget = budget();
            let mut calls: Vec<Charge> = Vec::new();
            for act in acts {
                let known = calls.len();
                match act {
                    Act::Begin { caller: id, cost, bytes } => {
                        calls.extend(budget.purses(&caller(id), cost).charge(bytes));
                    }
                    Act::Sent(at, bytes) if at < known => drop(calls[at].sent(bytes)),
                    Act::Answered(at, bytes) if at < known => drop(calls[at].answered(bytes)),
                    Act::Written(at, bytes) if at < known => calls[at].written(bytes),
                    Act::End(at) if at < known => drop(calls.swap_remove(at)),
                    _ => {}
                }
                let held: usize = calls.iter().map(|call| call.account.lock().unwrap().taken[0].num_permits()).sum();
                prop_assert_eq!(budget.all.whole.available_permits() + held, ALL / KIB);
            }
            drop(calls);
            let left = |of: &Purses| [&of.whole, &of.streams, &of.reads].map(|purse| purse.available_permits() * KIB);
            prop_assert_eq!(left(&budget.all), [ALL, ALL / 4, ALL / 4]);
            for own in budget.callers.lock().unwrap().values() {
                prop_assert_eq!(left(&own.purses), [ALL / 2, ALL / 8, ALL / 8]);
            }
        }
    }

    #[test]
    fn one_caller_all_streams_and_all_readers_leave_room_for_others() {
        let budget = budget();
        let one = budget.purses(&caller(1), Cost::Call);
        let all_of_one = one.charge(ALL / 2).unwrap();
        assert_eq!(one.charge(1).unwrap_err(), UsedUp);
        let part = ALL / 8;
        for cost in [Cost::Stream, Cost::Read] {
            // Two callers have all of it, of which neither can have more.
            let both = [2, 3].map(|id| budget.purses(&caller(id), cost).charge(part).unwrap());
            assert_eq!(budget.purses(&caller(2), cost).charge(1).unwrap_err(), UsedUp);
            assert_eq!(budget.purses(&caller(4), cost).charge(1).unwrap_err(), UsedUp);
            let other = budget.purses(&caller(4), Cost::Call).charge(ALL / 4).unwrap();
            assert_eq!(budget.purses(&caller(5), Cost::Call).charge(1).unwrap_err(), UsedUp);
            drop((both, other));
        }
        drop(all_of_one);
        assert!(one.charge(ALL / 2).is_ok());
    }

    /// A caller's readers, as many as like and none of them let go, and its streams: its next submission has room.
    #[tokio::test]
    async fn a_caller_is_not_in_its_own_way() {
        let budget = Budget::new(&Limits::default());
        let one = caller(1);
        let mut held: Vec<Charge> = Vec::new();
        let waiting = budget.purses(&one, Cost::Read);
        held.extend(std::iter::from_fn(|| waiting.charge(READ_BYTES).ok()));
        let backlog = budget.purses(&one, Cost::Stream);
        held.extend(std::iter::from_fn(|| backlog.charge(STREAM_BYTES).ok()));
        assert!(held.len() > 8);
        let mut waits = std::pin::pin!(waiting.charge_when_there(READ_BYTES));
        let look = |context: &mut Context<'_>| Poll::Ready(waits.as_mut().poll(context).is_pending());
        assert!(std::future::poll_fn(look).await);
        assert!(budget.take(&one, Cost::Call).await.is_ok());
    }

    /// Who waits costs something, too: one caller's readers wait in so many places, and others wait in their own.
    #[tokio::test]
    async fn few_readers_of_one_caller_wait() {
        let budget = Budget::new(&Limits::default());
        let (one, other) = (caller(1), caller(2));
        let held: Vec<Charge> =
            std::iter::from_fn(|| budget.purses(&one, Cost::Read).charge(READ_BYTES).ok()).collect();
        let mut waits: Vec<_> =
            (0..=READS_WAITING).map(|_| Box::pin(budget.take(&one, Cost::Read))).collect();
        let last = waits.pop().unwrap();
        for wait in &mut waits {
            let look = |context: &mut Context<'_>| Poll::Ready(wait.as_mut().poll(context).is_pending());
            assert!(std::future::poll_fn(look).await);
        }
        assert_eq!(last.await.unwrap_err(), UsedUp);
        assert!(budget.take(&other, Cost::Read).await.is_ok());
        drop(held);
        assert!(waits.remove(0).await.is_ok());
    }

    #[tokio::test]
    async fn a_reading_call_holds_a_page_until_its_answer_is_there() {
        let budget = Budget::new(&Limits { caller_bytes: READ_BYTES, ..Limits::default() });
        let read = budget.take(&caller(1), Cost::Read).await.unwrap();
        assert_eq!(
            budget.take(&caller(1), Cost::Call).await.unwrap_err(),
            UsedUp,
            "there is room for nothing else"
        );
        read.answered(3 * CALL_BYTES).unwrap();
        let held = read.account.lock().unwrap().taken[0].num_permits();
        assert_eq!(held, 3 * CALL_BYTES / KIB);
        assert!(budget.take(&caller(1), Cost::Call).await.is_ok());
        assert_eq!(
            read.answered(READ_BYTES).unwrap_err(),
            UsedUp,
            "an answer that is larger than the caller's part"
        );
    }
}
