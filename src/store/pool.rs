//! Connections kept open between transactions.
//!
//! Only a connection of which it is known that no transaction is open on it comes back; every other one is closed. That is why
//! this is not sqlx's pool: there a connection comes back from wherever it was left, after an exchange with the server that has
//! no deadline.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::{debug, warn};

use super::StoreError;
use super::connection::{Link, Opening};
use super::faults::{Faults, Place, within};
use super::limits::{CONNECT, FREE, LIFETIME, SIGN_OF_LIFE, TRUSTED};
use crate::clock::Stopwatch;

/// Connections of one kind. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    opening: Opening,
    most: u32,
    room: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    words: AtomicI64,
}

#[derive(Debug)]
struct Idle {
    link: Link,
    opened: Stopwatch,
    since: Stopwatch,
}

/// A connection in use. Dropped, it is closed.
#[derive(Debug)]
pub(super) struct Lent {
    pub(super) link: Link,
    opened: Stopwatch,
    pool: Pool,
    _room: OwnedSemaphorePermit,
}

impl Pool {
    /// At most `most` connections, opened when they are needed.
    pub(super) fn new(opening: Opening, most: u32) -> Self {
        let room = Arc::new(Semaphore::new(most as usize));
        let inner = Inner { opening, most, room, idle: Mutex::default(), words: AtomicI64::new(1) };
        Self { inner: Arc::new(inner) }
    }

    /// How its connections are opened.
    pub(super) fn opening(&self) -> &Opening {
        &self.inner.opening
    }

    /// A connection without a transaction: one that was used before, else a new one.
    pub(super) async fn take(&self, faults: Option<&Faults>) -> Result<Lent, StoreError> {
        let room = within(FREE, Arc::clone(&self.inner.room).acquire_owned()).await;
        let Some(Ok(room)) = room else { return Err(StoreError::NoConnection) };
        let fresh = self.idle().pop_if(|idle| idle.since.elapsed() < TRUSTED);
        if let Some(Idle { link, opened, .. }) = fresh {
            return Ok(Lent { link, opened, pool: self.clone(), _room: room });
        }
        // By a task of its own: callers who give up sooner than a connection opens leave it to the next. Else a crowd of them
        // would begin connections without end, of which none is ever used, and the server would have no room for anybody.
        let (caller, lent) = oneshot::channel();
        let (pool, faults) = (self.clone(), faults.cloned());
        tokio::spawn(async move {
            if let Err(Ok(unwanted)) = caller.send(pool.make_ready(room, faults.as_ref()).await) {
                unwanted.give_back();
            }
        });
        lent.await.unwrap_or(Err(StoreError::NoConnection))
    }

    /// One that gives a sign of life, else a new one.
    async fn make_ready(
        self,
        room: OwnedSemaphorePermit,
        faults: Option<&Faults>,
    ) -> Result<Lent, StoreError> {
        while let Some(Idle { mut link, opened, .. }) = self.pop() {
            let sign = Faults::meet(faults, Place::Ping, SIGN_OF_LIFE, link.ping()).await;
            if matches!(sign, Some(Ok(()))) {
                return Ok(Lent { link, opened, pool: self, _room: room });
            }
            warn!("an idle connection to the database is lost");
        }
        let connected =
            Faults::meet(faults, Place::Connect, CONNECT, Box::pin(self.inner.opening.connect())).await;
        let link = connected.unwrap_or(Err(StoreError::NoAnswer(Place::Connect)))?;
        Ok(Lent { link, opened: Stopwatch::start(), pool: self, _room: room })
    }

    /// Closes the idle connections: when one is lost, so are the others as a rule.
    pub(super) fn close_idle(&self) {
        let idle = std::mem::take(&mut *self.idle());
        if !idle.is_empty() {
            debug!(connections = idle.len(), "idle connections to the database are closed");
        }
    }

    /// Closes all connections, those in use once they are not.
    pub(super) async fn close(&self) {
        if within(FREE, self.inner.room.acquire_many(self.inner.most)).await.is_none() {
            warn!("a connection to the database is still in use");
        }
        self.inner.room.close();
        while let Some(idle) = self.pop() {
            // Whether it says good-bye in order is of no consequence.
            let _ = within(SIGN_OF_LIFE, idle.link.close()).await;
        }
    }

    fn pop(&self) -> Option<Idle> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent {
    /// Gives it back; no transaction is open on it.
    pub(super) fn give_back(self) {
        let Self { link, opened, pool, _room } = self;
        let is_old = matches!(link, Link::Postgres(_)) && opened.elapsed() > LIFETIME;
        if !is_old && !pool.inner.room.is_closed() {
            pool.idle().push(Idle { link, opened, since: Stopwatch::start() });
        }
    }

    /// Gives it back after a transaction that was left open, perhaps in the middle of a statement: once the database has said
    /// that nothing of it is left. Nobody waits for that; the room it takes up stays taken meanwhile.
    pub(super) fn clear(mut self, patience: Duration, faults: Option<Faults>) {
        // Without a runtime the process is ending.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            let word = self.pool.inner.words.fetch_add(1, Ordering::Relaxed);
            let cleared = Faults::meet(faults.as_ref(), Place::Rollback, patience, self.link.clear(word));
            match cleared.await {
                Some(Ok(())) => self.give_back(),
                Some(Err(error)) => debug!(%error, "a connection that was left is closed"),
                None => {
                    warn!("a connection that was left does not answer and is closed");
                    self.pool.close_idle();
                }
            }
        });
    }

    /// The pool it comes from.
    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }
}
