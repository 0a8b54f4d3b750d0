//! The lane: one ordered stream of work per bureau, settled in natural batches.
//!
//! A lane takes what waited while the last commit ran, settles it in one transaction, then replies - no timer
//! on the way. It knows nothing of what the work is.

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Work waiting for its answer.
#[derive(Debug)]
pub(crate) struct Job<W, A> {
    /// The work.
    pub(crate) work: W,
    /// Where the answer goes. A caller that went away is no reason not to do the work.
    pub(crate) reply: oneshot::Sender<A>,
}

/// The entrance to a lane. Cheap to clone.
#[derive(Debug)]
pub(crate) struct Lane<W, A> {
    entrance: mpsc::Sender<Job<W, A>>,
}

impl<W, A> Clone for Lane<W, A> {
    fn clone(&self) -> Self {
        Self { entrance: self.entrance.clone() }
    }
}

/// Why work did not enter the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turned {
    /// The lane is full.
    Full,
    /// The lane is closed: the process is shutting down.
    Closed,
}

impl<W: Send + 'static, A: Send + 'static> Lane<W, A> {
    /// A lane that holds `room` waiting works, and its exit for [`run`].
    pub(crate) fn new(room: usize) -> (Self, mpsc::Receiver<Job<W, A>>) {
        let (entrance, exit) = mpsc::channel(room);
        (Self { entrance }, exit)
    }

    /// Enters if there is room, and waits for the answer.
    pub(crate) async fn enter(&self, work: W) -> Result<A, Turned> {
        let (reply, answer) = oneshot::channel();
        self.entrance.try_send(Job { work, reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Turned::Full,
            mpsc::error::TrySendError::Closed(_) => Turned::Closed,
        })?;
        answer.await.map_err(|_| Turned::Closed)
    }

    /// Waits for room, enters, and waits for the answer.
    pub(crate) async fn enter_when_room(&self, work: W) -> Result<A, Turned> {
        let (reply, answer) = oneshot::channel();
        self.entrance.send(Job { work, reply }).await.map_err(|_| Turned::Closed)?;
        answer.await.map_err(|_| Turned::Closed)
    }
}

/// Runs a lane until it is told to stop; what was accepted by then is settled first.
///
/// `settle` must answer every work it is given, in order, after the commit that makes the answers true.
pub(crate) async fn run<W, A, S: Future<Output = Vec<A>>>(
    mut exit: mpsc::Receiver<Job<W, A>>,
    most: usize,
    stop: CancellationToken,
    mut settle: impl FnMut(Vec<W>) -> S,
) {
    let mut jobs = Vec::with_capacity(most);
    let mut draining = false;
    loop {
        tokio::select! { biased;
            () = stop.cancelled(), if !draining => {
                draining = true;
                exit.close();
            }
            count = exit.recv_many(&mut jobs, most) => {
                if count == 0 {
                    return;
                }
                let (work, replies): (Vec<W>, Vec<_>) = jobs.drain(..).map(|job| (job.work, job.reply)).unzip();
                for (answer, reply) in settle(work).await.into_iter().zip(replies) {
                    // The caller may have gone; the work is done all the same.
                    let _ = reply.send(answer);
                }
            }
        }
    }
}
