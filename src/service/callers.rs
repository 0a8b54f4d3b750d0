//! Who calls: what callers show - a bearer token, the key of a certificate - and whom it stands for, asked of the database and kept for seconds.

use std::sync::{Arc, Mutex as Guard, PoisonError};

use hashlink::LruCache;
use tokio::sync::{Mutex, Semaphore, watch};

use super::{Failure, Operation, RETRY_AFTER, Service, failed};
use crate::domain::caller::{Caller, Role};
use crate::domain::command::Command;
use crate::domain::ids::{BureauId, CallerId};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::identity::Credential;
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
    /// When it last was because a call came in: only that keeps a session from ending.
    used: Option<Timestamp>,
    /// Held by who asks again: others wait for the answer and do not ask the same.
    asking: Arc<Mutex<()>>,
}

/// Why a caller is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    /// A call came in.
    Calls,
    /// One that came in earlier is still open. That is no use of a session: who has left his desk leaves calls open.
    GoesOn,
    /// The same, before something is shown: what is kept is no answer.
    IsCertain,
}

/// What becomes of a call that stays open.
#[derive(Debug)]
pub enum Still {
    /// It goes on.
    Allowed,
    /// Its token is nobody's any more.
    Unknown,
    /// Why it does not go on.
    Not(Failure),
}

/// The callers known by the hash of their token.
#[derive(Debug)]
pub(super) struct Callers {
    known: Guard<LruCache<Vec<u8>, Known>>,
    asked: Semaphore,
    waiting: Semaphore,
    /// How often a caller was forgotten.
    changed: watch::Sender<u64>,
}

impl Default for Callers {
    fn default() -> Self {
        Self {
            known: Guard::new(LruCache::new(MOST_CALLERS)),
            asked: Semaphore::new(STRANGERS_ASKED),
            waiting: Semaphore::new(STRANGERS_WAITING),
            changed: watch::Sender::new(0),
        }
    }
}

impl Callers {
    /// The caller, if it was asked for lately.
    fn kept(&self, hash: &[u8], now: Timestamp, asking: Asking) -> Option<Caller> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(hash)?;
        let (asked, seconds) = match asking {
            Asking::Calls => (known.used?, CALLER_KEPT_SECONDS),
            Asking::GoesOn => (known.asked, RECHECK_CACHE_SECONDS),
            Asking::IsCertain => return None,
        };
        // A clock that went back must not keep a revoked token alive.
        let fresh = asked <= now && now < asked.plus_seconds(seconds);
        fresh.then(|| known.caller.clone())
    }

    fn asking(&self, hash: &[u8]) -> Option<Arc<Mutex<()>>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).map(|known| Arc::clone(&known.asking))
    }

    /// Asks for a caller anew, and wakes the calls that it has open: what it may do has changed here.
    pub(super) fn forget(&self, id: CallerId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, known| known.caller.id != id);
        drop(known);
        self.changed.send_modify(|changes| *changes += 1);
    }

    /// Resolves when some caller was forgotten.
    pub(super) fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn keep(&self, hash: Vec<u8>, found: Option<&Caller>, asked: Timestamp, by: Asking) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.remove(&hash);
        let Some(caller) = found.cloned() else { return };
        let used = if by == Asking::Calls { Some(asked) } else { before.as_ref().and_then(|one| one.used) };
        let asking = before.map(|before| before.asking).unwrap_or_default();
        known.insert(hash, Known { caller, asked, used, asking });
    }
}

impl Service {
    /// The living caller of what was shown; none when no living caller has it.
    pub async fn caller(&self, shown: &Credential) -> Result<Option<Caller>, Failure> {
        self.caller_of(shown, Asking::Calls).await
    }

    /// Resolves when what some caller may do has changed in this process.
    pub async fn callers_changed(&self) {
        let mut changed = self.inner.callers.changed();
        // The sender lives as long as the service.
        let _ = changed.changed().await;
    }

    /// Whether a caller who was let in for an operation still would be, as the one he was then: for calls that stay open. Where it has to
    /// be certain, what is kept is not taken for an answer.
    pub async fn still(
        &self,
        shown: &Credential,
        (caller, operation): (&Caller, Operation),
        is_certain: bool,
    ) -> Result<Still, Failure> {
        let asking = if is_certain { Asking::IsCertain } else { Asking::GoesOn };
        Ok(match self.caller_of(shown, asking).await? {
            None => Still::Unknown,
            Some(now) if now == *caller => Still::Allowed,
            // With other roles or another unit he is let in anew, or not.
            Some(now) => Still::Not(
                self.allow(&now, operation).err().unwrap_or(Failure::Busy { retry_after: RETRY_AFTER }),
            ),
        })
    }

    /// Recently valid tokens are looked up without a limit. Unknown tokens share few lookups, so that a flood of
    /// guesses takes neither memory nor the database from callers.
    async fn caller_of(&self, shown: &Credential, why: Asking) -> Result<Option<Caller>, Failure> {
        let callers = &self.inner.callers;
        if shown.has_ended(self.now()) {
            return Ok(None);
        }
        if let Some(caller) = callers.kept(shown.hash(), self.now(), why) {
            return Ok(Some(caller));
        }
        if let Some(asking) = callers.asking(shown.hash()) {
            let _one = asking.lock().await;
            return self.ask_for(shown, why).await;
        }
        let full = |_| Failure::Full { retry_after: RETRY_AFTER };
        let _waiting = callers.waiting.try_acquire().map_err(full)?;
        let _asked = callers.asked.acquire().await;
        self.ask_for(shown, why).await
    }

    /// Asks the database, unless another has meanwhile.
    async fn ask_for(&self, shown: &Credential, why: Asking) -> Result<Option<Caller>, Failure> {
        let (bureau, hash, now) = (shown.bureau(), shown.hash(), self.now());
        if let Some(caller) = self.inner.callers.kept(hash, now, why) {
            return Ok(Some(caller));
        }
        let found = if shown.is_of_session() {
            self.signed_in(bureau, hash, why == Asking::Calls).await
        } else {
            self.authenticate(bureau, hash).await
        };
        let found = found.map_err(|error| failed(&error))?;
        self.inner.callers.keep(hash.to_vec(), found.as_ref(), now, why);
        Ok(found)
    }

    async fn authenticate(&self, bureau: BureauId, hash: &[u8]) -> Result<Option<Caller>, LedgerError> {
        let mut tx = self.inner.context.store.read().await?;
        let found = tx.caller(bureau, hash).await?;
        let living = found.filter(|(_, ends_at)| ends_at.is_none_or(|ends_at| self.now() < ends_at));
        let mut found = living.map(|(caller, _)| caller);
        if let Some(caller) = found.as_mut() {
            let rules = self.inner.context.rules_in_force(&mut tx, bureau).await?;
            if caller.has(Role::Reception) {
                // Which unit is reception's is for the bureau file in force to say.
                caller.unit = Some(rules.reception().id.clone());
            }
            caller.names_officers = match rules.settings().unit_accounts_name_officers {
                Some(may) => may,
                None => tx.accounts(bureau).await?.is_empty(),
            };
        }
        tx.rollback().await?;
        Ok(found)
    }
}

/// The officer of an act is who signed in; an account that a unit uses may name one where the bureau allows it.
pub(super) fn acts_as_itself(caller: &Caller, command: &Command) -> Result<(), Refusal> {
    let Some(named) = command.officer() else { return Ok(()) };
    match &caller.officer {
        Some(me) if me != named => {
            Err(Refusal::field("officer", "is not you; leave it empty", "经办人应为登录人本人，请不填"))
        }
        None if !caller.names_officers => Err(Refusal::field(
            "officer",
            "an account of a unit may not name officers in this bureau; sign in as yourself",
            "本局不允许单位共用账户代填经办人，请由本人登录办理",
        )),
        _ => Ok(()),
    }
}
