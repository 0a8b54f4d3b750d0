//! A store that fails on request, for the proofs. A value and not a setting: nothing in the service makes one, and
//! `tests/it/tidy.rs` sees to that.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::clock::Deadline;

/// Where we wait for the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A connection is opened.
    Connect,
    /// An idle connection is asked for a sign of life.
    Ping,
    /// A transaction begins.
    Begin,
    /// One of its statements.
    Statement,
    /// It is made true.
    Commit,
    /// It is given up.
    Rollback,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::Connect => "connect",
            Place::Ping => "ping",
            Place::Begin => "begin",
            Place::Statement => "statement",
            Place::Commit => "commit",
            Place::Rollback => "rollback",
        })
    }
}

/// What becomes of it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is lost, and nothing was done.
    Before,
    /// It is done, and the connection is lost before we hear of it.
    After,
    /// Nothing is heard any more after so many looks; the deadline passes.
    Silent(u32),
}

/// Says of each place, in the order in which they are come to, what becomes of it; none when all is well.
#[derive(Clone)]
pub struct Faults(Arc<dyn Fn(Place) -> Option<Fault> + Send + Sync>);

impl Faults {
    /// Faults as `fails` says.
    pub fn new(fails: impl Fn(Place) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self(Arc::new(fails))
    }

    /// The outcome of `work`, or what becomes of it at this place; none when nothing is heard of it within `limit`. It is
    /// dropped then, wherever it stands.
    pub(super) async fn meet<T, E: From<sqlx::Error>>(
        faults: Option<&Self>,
        place: Place,
        limit: Duration,
        work: impl Future<Output = Result<T, E>>,
    ) -> Option<Result<T, E>> {
        let lost = || sqlx::Error::Io(io::ErrorKind::ConnectionReset.into()).into();
        match faults.and_then(|Self(fails)| fails(place)) {
            None => within(limit, work).await,
            Some(Fault::Before) => Some(Err(lost())),
            Some(Fault::After) => within(limit, work).await.map(|done| done.and_then(|_| Err(lost()))),
            Some(Fault::Silent(mut accesses)) => {
                let mut work = pin!(work);
                let looked = poll_fn(|context| {
                    // What it says is not heard, and what has an end is not looked at again.
                    if accesses == 0 || work.as_mut().poll(context).is_ready() {
                        return Poll::Ready(());
                    }
                    accesses -= 1;
                    if accesses == 0 { Poll::Ready(()) } else { Poll::Pending }
                });
                within(limit, looked).await;
                None
            }
        }
    }
}

/// The outcome of `work`; none when it takes longer than `limit`.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    Deadline::after(limit).within(limit, work).await
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faults")
    }
}
