//! Where people sign in (登录口): what keeps those who try from taking the machine, and each other's place.
//!
//! A password takes a core for some hundredths of a second and 19 MiB. Anybody who reaches the port may have one hashed, so:
//!
//! - who signs in from where the account was signed in to lately has places of his own, and strangers have others;
//! - strangers of one address have a few of theirs together, and of one account one password is looked at at a time;
//! - strangers' passwords take at most half of one core;
//! - an account that is locked for an address by what was tried here is not looked at again, whether there is such an account or not;
//! - an address from which many wrong passwords came has to wait, whatever names it gives.
//!
//! The locks themselves are kept with the accounts (`domain::account::LockOut`); here is only what costs nothing to forget.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hashlink::LruCache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use super::{Failure, RETRY_AFTER, failed};
use crate::clock::{Deadline, Stopwatch, pause};
use crate::domain::account::LockOut;
use crate::domain::ids::{BureauId, CallerId, OfficerId};
use crate::domain::time::Timestamp;
use crate::identity::IdentityError;
use crate::ledger::LedgerError;

/// Passwords waiting to be hashed, of strangers and as many of all others; more are asked to come back.
const WAITING: usize = 64;
/// Of those, from one address of strangers, or by one account.
const WAITING_OF_ONE: usize = 8;
/// Names, addresses and accounts of which something is remembered, those that were tried last.
const REMEMBERED: usize = 16_384;
/// Wrong passwords after which strangers of an address have to wait.
const SOURCE_FAILURES: i64 = 20;
/// How long for each further one.
const SOURCE_PAUSE_SECONDS: i64 = 30;
/// Looks at accounts at once, by those who try to sign in.
const LOOKING: usize = 2;
/// What anybody can cause is logged no more often than this.
const LOGGED_EVERY: Duration = Duration::from_secs(10);

/// What somebody tries to sign in to, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Tried {
    pub(super) bureau: BureauId,
    /// As it was said: there may be no such account.
    pub(super) officer: OfficerId,
    /// None from this machine by a socket file.
    pub(super) from: Option<IpAddr>,
}

/// Whose password is to be hashed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose<'a> {
    /// Of somebody who signed in to the account from there lately.
    Known(&'a Tried),
    /// Of anybody else.
    Stranger(&'a Tried),
    /// Of somebody who has signed in.
    Holder(BureauId, CallerId),
}

/// Who has a share of the places.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Pair(Tried),
    Source(Option<IpAddr>),
    Account(BureauId, OfficerId),
    Holder(BureauId, CallerId),
}

/// A share: so many may wait, and one is looked at.
#[derive(Debug, Clone)]
struct Share {
    waiting: Arc<Semaphore>,
    one: Arc<Semaphore>,
}

impl Default for Share {
    fn default() -> Self {
        let places = |most| Arc::new(Semaphore::new(most));
        Self { waiting: places(WAITING_OF_ONE), one: places(1) }
    }
}

/// Places of one kind.
#[derive(Debug)]
struct Places {
    waiting: Arc<Semaphore>,
    hashing: Arc<Semaphore>,
}

impl Default for Places {
    fn default() -> Self {
        Self { waiting: Arc::new(Semaphore::new(WAITING)), hashing: Arc::new(Semaphore::new(1)) }
    }
}

/// Wrong passwords in a row, and when the last one came.
#[derive(Debug, Clone, Copy)]
struct Failures {
    count: i64,
    at: Timestamp,
}

/// What happened since it was last logged.
#[derive(Debug, Default)]
struct Counted {
    failed: u64,
    locked: u64,
    refused: u64,
    again: Option<Deadline>,
}

/// What is remembered by key, of those that were used last.
type Kept<K, V> = Mutex<LruCache<K, V>>;

/// What keeps sign-ins from taking the machine.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) looking: Semaphore,
    known: Places,
    strangers: Places,
    shares: Kept<Key, Share>,
    pairs: Kept<Tried, Failures>,
    sources: Kept<Option<IpAddr>, Failures>,
    counted: Mutex<Counted>,
}

impl Default for Door {
    fn default() -> Self {
        Self {
            looking: Semaphore::new(LOOKING),
            known: Places::default(),
            strangers: Places::default(),
            shares: kept(),
            pairs: kept(),
            sources: kept(),
            counted: Mutex::default(),
        }
    }
}

fn kept<K: Eq + Hash, V>() -> Kept<K, V> {
    Mutex::new(LruCache::new(REMEMBERED))
}

/// A place of one whose password may be hashed. Nobody else's of the same share is looked at before it is dropped.
#[derive(Debug)]
pub(super) struct Pass {
    hashing: Arc<Semaphore>,
    is_stranger: bool,
    _held: [OwnedSemaphorePermit; 3],
}

impl Door {
    /// Whether an account is locked for an address by what was tried in this process.
    pub(super) fn is_locked(&self, tried: &Tried, rule: LockOut, now: Timestamp) -> bool {
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let known = pairs.get(tried);
        known.is_some_and(|known| known.count >= rule.failures && now < known.at.plus_seconds(rule.seconds))
    }

    /// Forgets what was tried: the right password came, or the account was given another.
    pub(super) fn forget(&self, tried: &Tried) {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner).remove(tried);
    }

    /// A wrong password.
    pub(super) fn failed(&self, tried: &Tried, rule: LockOut, now: Timestamp) {
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let count = pairs.get(tried).map_or(0, |known| known.count) + 1;
        pairs.insert(tried.clone(), Failures { count, at: now });
        drop(pairs);
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let count = sources.get(&tried.from).map_or(0, |known| standing(*known, now)) + 1;
        sources.insert(tried.from, Failures { count, at: now });
        drop(sources);
        self.count(|counted| {
            counted.failed += 1;
            counted.locked += u64::from(count == rule.failures);
        });
    }

    /// Somebody was answered without a look at the password: the account is locked for him.
    pub(super) fn turned_away(&self) {
        self.count(|counted| counted.locked += 1);
    }

    /// A place, once it is one's turn.
    pub(super) async fn enter(&self, whose: Whose<'_>, now: Timestamp) -> Result<Pass, Failure> {
        let entered = self.try_enter(whose, now).await;
        if entered.is_err() {
            self.count(|counted| counted.refused += 1);
        }
        entered
    }

    async fn try_enter(&self, whose: Whose<'_>, now: Timestamp) -> Result<Pass, Failure> {
        let (places, is_stranger, waits, one) = match whose {
            Whose::Known(tried) => (&self.known, false, Key::Pair(tried.clone()), Key::Pair(tried.clone())),
            Whose::Stranger(tried) => {
                self.may_try(tried.from, now)?;
                let account = Key::Account(tried.bureau, tried.officer.clone());
                (&self.strangers, true, Key::Source(tried.from), account)
            }
            Whose::Holder(bureau, id) => {
                (&self.known, false, Key::Holder(bureau, id), Key::Holder(bureau, id))
            }
        };
        let own = take(&self.share(waits).waiting)?;
        let waiting = take(&places.waiting)?;
        // Never closed.
        let one = self.share(one).one.acquire_owned().await.map_err(|_| Failure::Internal)?;
        Ok(Pass { hashing: Arc::clone(&places.hashing), is_stranger, _held: [own, waiting, one] })
    }

    /// Whether strangers of an address may try; else when they may.
    fn may_try(&self, from: Option<IpAddr>, now: Timestamp) -> Result<(), Failure> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = sources.get(&from).map_or(0, |known| standing(*known, now));
        if standing < SOURCE_FAILURES {
            return Ok(());
        }
        Err(Failure::Full { retry_after: Duration::from_secs(SOURCE_PAUSE_SECONDS.unsigned_abs()) })
    }

    fn share(&self, key: Key) -> Share {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        shares.entry(key).or_insert_with(Share::default).clone()
    }

    /// Logs, once in a while, how much was counted; who it was stands in the trail.
    fn count(&self, what: impl FnOnce(&mut Counted)) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        what(&mut counted);
        let has_trouble = counted.locked > 0 || counted.refused > 0;
        if has_trouble && counted.again.is_none_or(Deadline::has_passed) {
            let Counted { failed, locked, refused, .. } = std::mem::take(&mut *counted);
            counted.again = Some(Deadline::after(LOGGED_EVERY));
            tracing::warn!(
                failed,
                locked,
                refused,
                "sign-ins fail or are refused; see `triage audit show --action 登录失败`"
            );
        }
    }
}

impl Pass {
    /// Hashes on a thread of its own, few at a time: the place goes with the work, which nobody who hangs up ends.
    pub(super) async fn hash<T: Send + 'static>(
        &self,
        hash: impl FnOnce() -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, Failure> {
        // Never closed.
        let place = Arc::clone(&self.hashing).acquire_owned().await.map_err(|_| Failure::Internal)?;
        let is_stranger = self.is_stranger;
        let work = move || {
            let watch = Stopwatch::start();
            let done = hash();
            if is_stranger {
                // As long again nobody's: the core is for those who work.
                let took = watch.elapsed();
                tokio::spawn(async move {
                    pause(took).await;
                    drop(place);
                });
            }
            done
        };
        let done = spawn_blocking(work).await.map_err(|_| Failure::Internal)?;
        done.map_err(|error| failed(&LedgerError::Identity(error)))
    }
}

/// How many of an address's wrong passwords still stand against it: one falls away with each pause.
fn standing(known: Failures, now: Timestamp) -> i64 {
    let passed = (now.0.saturating_sub(known.at.0) / 1_000_000).max(0);
    (known.count - passed / SOURCE_PAUSE_SECONDS).max(0)
}

fn take(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Failure> {
    Arc::clone(places).try_acquire_owned().map_err(|_| Failure::Full { retry_after: RETRY_AFTER })
}
