//! Two-stage shutdown: the first signal stops taking calls and lets what was accepted finish, the second, or ten
//! seconds, ends it.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::clock::Deadline;

/// How long what was accepted may take to finish.
const GRACE: Duration = Duration::from_secs(10);

/// The life of a serving process.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    stop: CancellationToken,
    drain: CancellationToken,
    kill: CancellationToken,
    tasks: TaskTracker,
}

impl Lifecycle {
    /// A life that ends on SIGINT or SIGTERM.
    pub fn with_signals() -> std::io::Result<Self> {
        let life = Self::default();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let signalled = life.clone();
        tokio::spawn(async move {
            for stage in [&signalled.stop, &signalled.kill] {
                tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
                info!("signal received; a second one ends the process at once");
                stage.cancel();
            }
        });
        Ok(life)
    }

    /// Begins the end.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Resolves when no new call is to be taken.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static {
        self.stop.clone().cancelled_owned()
    }

    /// Whether no new call is to be taken.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Cancelled when all calls have ended: lanes finish what they hold and stop.
    pub fn drained(&self) -> CancellationToken {
        self.drain.clone()
    }

    /// Tasks that must end before the process does.
    pub fn tasks(&self) -> TaskTracker {
        self.tasks.clone()
    }

    /// Runs `work` until it ends by itself after [`Lifecycle::stop`], then drains; gives up after the grace time or
    /// a second signal.
    pub async fn run<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<(), E> {
        let given_up = async {
            self.stop.cancelled().await;
            // Waiting pulls learn of the end now; their callers get an empty answer.
            let _ = Deadline::after(GRACE).within(GRACE, self.kill.cancelled()).await;
        };
        let outcome = tokio::select! {
            outcome = work => outcome.map(|_| ()),
            () = given_up => {
                warn!("calls were still open and are cut off");
                Ok(())
            }
        };
        self.drain.cancel();
        self.tasks.close();
        if Deadline::after(GRACE).within(GRACE, self.tasks.wait()).await.is_none() {
            warn!("a lane did not finish in time");
        }
        outcome
    }
}
