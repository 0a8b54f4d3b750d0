//! Who calls: bearer tokens and the callers they stand for, asked of the database and kept for seconds.

use std::sync::{Arc, Mutex as Guard, PoisonError};

use hashlink::LruCache;
use tokio::sync::{Mutex, Semaphore};

use super::{Failure, RETRY_AFTER, Service, failed};
use crate::domain::caller::{Caller, Role};
use crate::domain::ids::BureauId;
use crate::domain::time::Timestamp;
use crate::identity::read_token;
use crate::ledger::LedgerError;

/// A known caller is asked for again after this long: a revoked token ends by then.
const CALLER_KEPT_SECONDS: i64 = 5;
/// Who holds a call open asks each second, and takes an answer that is younger than this: so that, too, ends in time.
const RECHECK_CACHE_SECONDS: i64 = 4;
/// Callers kept at most, those that called last; tokens of strangers are never kept.
const MOST_CALLERS: usize = 10_000;
/// Tokens that are not known, asked for at once.
const STRANGERS_ASKED: usize = 4;
/// Tokens that are not known, waiting to be asked for. More are asked to come back.
const STRANGERS_WAITING: usize = 256;

/// A caller that was found, and when.
#[derive(Debug)]
struct Known {
    caller: Caller,
    asked: Timestamp,
    /// Held by who asks again: others wait for the answer and do not ask the same.
    asking: Arc<Mutex<()>>,
}

/// The callers known by the hash of their token.
#[derive(Debug)]
pub(super) struct Callers {
    known: Guard<LruCache<Vec<u8>, Known>>,
    asked: Semaphore,
    waiting: Semaphore,
}

impl Default for Callers {
    fn default() -> Self {
        Self {
            known: Guard::new(LruCache::new(MOST_CALLERS)),
            asked: Semaphore::new(STRANGERS_ASKED),
            waiting: Semaphore::new(STRANGERS_WAITING),
        }
    }
}

impl Callers {
    /// The caller, if it was asked for less than so many seconds ago.
    fn kept(&self, hash: &[u8], now: Timestamp, seconds: i64) -> Option<Caller> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(hash)?;
        // A clock that went back must not keep a revoked token alive.
        let fresh = known.asked <= now && now < known.asked.plus_seconds(seconds);
        fresh.then(|| known.caller.clone())
    }

    fn asking(&self, hash: &[u8]) -> Option<Arc<Mutex<()>>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).map(|known| Arc::clone(&known.asking))
    }

    fn keep(&self, hash: Vec<u8>, found: Option<&Caller>, asked: Timestamp) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.remove(&hash);
        let Some(caller) = found.cloned() else { return };
        let asking = before.map(|before| before.asking).unwrap_or_default();
        known.insert(hash, Known { caller, asked, asking });
    }
}

impl Service {
    /// The living caller of a bearer token; none when no living caller has it.
    pub async fn caller(&self, token: &str) -> Result<Option<Caller>, Failure> {
        self.caller_of(token, CALLER_KEPT_SECONDS).await
    }

    /// Whether a token that let a call in still would: for calls that stay open.
    pub async fn is_still_valid(&self, token: &str) -> Result<bool, Failure> {
        Ok(self.caller_of(token, RECHECK_CACHE_SECONDS).await?.is_some())
    }

    /// Recently valid tokens are looked up without a limit. Unknown tokens share few lookups, so that a flood of
    /// guesses takes neither memory nor the database from callers.
    async fn caller_of(&self, token: &str, kept_seconds: i64) -> Result<Option<Caller>, Failure> {
        let Some((bureau, hash)) = read_token(token) else { return Ok(None) };
        let callers = &self.inner.callers;
        if let Some(caller) = callers.kept(&hash, self.now(), kept_seconds) {
            return Ok(Some(caller));
        }
        if let Some(asking) = callers.asking(&hash) {
            let _one = asking.lock().await;
            return self.ask_for(bureau, hash, kept_seconds).await;
        }
        let full = |_| Failure::Full { retry_after: RETRY_AFTER };
        let _waiting = callers.waiting.try_acquire().map_err(full)?;
        let _asked = callers.asked.acquire().await;
        self.ask_for(bureau, hash, kept_seconds).await
    }

    /// Asks the database, unless another has meanwhile.
    async fn ask_for(
        &self,
        bureau: BureauId,
        hash: Vec<u8>,
        kept_seconds: i64,
    ) -> Result<Option<Caller>, Failure> {
        let now = self.now();
        if let Some(caller) = self.inner.callers.kept(&hash, now, kept_seconds) {
            return Ok(Some(caller));
        }
        let found = self.authenticate(bureau, &hash).await.map_err(|error| failed(&error))?;
        self.inner.callers.keep(hash, found.as_ref(), now);
        Ok(found)
    }

    async fn authenticate(&self, bureau: BureauId, hash: &[u8]) -> Result<Option<Caller>, LedgerError> {
        let mut tx = self.inner.context.store.read().await?;
        let mut found = tx.caller(bureau, hash).await?;
        if let Some(caller) = found.as_mut().filter(|caller| caller.role == Role::Reception) {
            // Which unit is reception's is for the bureau file in force to say.
            let rules = self.inner.context.rules_in_force(&mut tx, bureau).await?;
            caller.unit = Some(rules.reception().id.clone());
        }
        tx.rollback().await?;
        Ok(found)
    }
}
