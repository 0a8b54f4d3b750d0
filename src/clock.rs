//! Time enters here and nowhere else.
//!
//! Everything that decides takes a [`Timestamp`] as an argument; only the edges
//! hold a [`Clock`]. Tests hold a clock that is moved by hand.
//!
//! What is written down comes from a clock that is watched: see [`watch`].

pub mod watch;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::domain::time::Timestamp;
use crate::domain::trust::Untrusted;
use watch::Watch;

/// Where the time comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that moves only when it is moved.
    Manual(Arc<AtomicI64>),
    /// One of these, whose jumps are noticed.
    Watched(Arc<Watch>),
}

impl Clock {
    /// A clock that shows `at`.
    pub fn manual(at: Timestamp) -> Self {
        Clock::Manual(Arc::new(AtomicI64::new(at.0)))
    }

    /// The time now. A machine clock before 1970 reads as 1970.
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
            Clock::System => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                Timestamp(since.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX)))
            }
            Clock::Manual(at) => Timestamp(at.load(Ordering::SeqCst)),
            Clock::Watched(watch) => watch.clock().now(),
        }
    }

    /// The time now, to be written down behind an event of the time `last`; an error when it cannot be right. A clock that
    /// nobody watches is believed.
    pub fn trusted(&self, last: Timestamp) -> Result<Timestamp, Untrusted> {
        match self {
            Clock::Watched(watch) => watch.trusted(last),
            Clock::System | Clock::Manual(_) => Ok(self.now()),
        }
    }

    /// Somebody has said that the clock is right as it stands: from here on it is believed again.
    pub fn accept(&self) -> io::Result<()> {
        match self {
            Clock::Watched(watch) => watch.accept(),
            Clock::System | Clock::Manual(_) => Ok(()),
        }
    }

    /// Moves a manual clock; the machine's clock cannot be moved. To whoever watches it, it was set.
    pub fn advance(&self, by: Duration) {
        match self {
            Clock::Manual(at) => {
                at.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
            }
            Clock::Watched(watch) => watch.clock().advance(by),
            Clock::System => {}
        }
    }

    /// Waits before a retry. A manual clock does not move meanwhile: a proof has no time to lose.
    pub async fn pause(&self, wait: Duration) {
        match self {
            Clock::System => pause(wait).await,
            Clock::Watched(watch) => Box::pin(watch.clock().pause(wait)).await,
            Clock::Manual(_) => tokio::task::yield_now().await,
        }
    }
}

/// A point on the monotonic clock after which something is given up.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(tokio::time::Instant);

impl Deadline {
    /// `wait` from now.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    pub fn after(wait: Duration) -> Self {
        Self(tokio::time::Instant::now() + wait)
    }

    /// Runs `work` until it is done, `step` has passed, or the deadline is reached.
    pub async fn within<T>(self, step: Duration, work: impl Future<Output = T>) -> Option<T> {
        let until = self.0.min(Deadline::after(step).0);
        tokio::time::timeout_at(until, work).await.ok()
    }

    /// Whether it has passed.
    pub fn has_passed(self) -> bool {
        Deadline::after(Duration::ZERO).0 >= self.0
    }
}

/// Rings after a while, for what is polled and not awaited.
#[derive(Debug)]
pub struct Alarm(Pin<Box<tokio::time::Sleep>>);

impl Alarm {
    /// Rings `wait` from now.
    pub fn after(wait: Duration) -> Self {
        Self(Box::pin(tokio::time::sleep_until(Deadline::after(wait).0)))
    }

    /// Rings `wait` from now, and not when it would have.
    pub fn set(&mut self, wait: Duration) {
        self.0.as_mut().reset(Deadline::after(wait).0);
    }

    /// Ready once it rings; until then the task is woken when it does.
    pub fn poll_ring(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

/// How long something took, for logs and metrics.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(tokio::time::Instant);

impl Stopwatch {
    /// Starts.
    pub fn start() -> Self {
        Self(Deadline::after(Duration::ZERO).0)
    }

    /// Time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Planned starts, `every` so long from now on, at most `most` of them: each comes when its time has come, as a
/// stopwatch that started then. Whoever is late with taking one finds the delay on the watch.
///
/// They come from a thread of their own: the runtime's timer rounds up to the millisecond, which would be measured as
/// waiting. The thread ends with its receiver.
pub fn planned_starts(every: Duration, most: u64) -> mpsc::Receiver<Stopwatch> {
    let (sender, starts) = mpsc::channel(1024);
    let first = Stopwatch::start();
    std::thread::spawn(move || {
        let mut planned = first.0;
        for _ in 0..most {
            #[expect(clippy::disallowed_methods, reason = "the one place that sleeps")]
            std::thread::sleep(planned.saturating_duration_since(Stopwatch::start().0));
            if sender.blocking_send(Stopwatch(planned)).is_err() {
                return;
            }
            planned += every;
        }
    });
    starts
}

/// Waits before a retry.
#[expect(clippy::disallowed_methods, reason = "the one place that sleeps")]
pub async fn pause(wait: Duration) {
    tokio::time::sleep(wait).await;
}
