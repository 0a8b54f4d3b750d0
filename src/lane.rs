//! The lane: one ordered stream of work per bureau, settled in natural batches.
//!
//! A lane takes what waited while the last commit ran, settles it in one transaction, then replies. It knows nothing of
//! what the work is. Callers who were just answered and ask again come a moment too late for the next batch, so it waits
//! for as many as the last one had, for a small part of the time that one took; who is alone never waits.
//!
//! Single calls and items of streams wait in rooms of their own. A stream's item waits for a [`Place`] before it
//! enters, so a backlog never takes the room of a call; calls are taken first, and a batch takes only as many items as can
//! be settled in a fraction of a second, so a call does not wait long behind a backlog either.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{Span, instrument};

use crate::clock::{Deadline, Stopwatch};

/// However many calls wait, items of streams get one in so many places of a batch, so that they go on too.
const STREAMED_PART: usize = 4;
/// A batch with items of streams is to take no longer: a call that comes meanwhile waits for its end.
const BATCH_TIME: Duration = Duration::from_millis(400);
/// However slow the database is, a batch takes one in so many of them: each batch has a price of its own.
const LEAST_PART: usize = 8;

/// A batch waits for others no longer than this part of the time which the last one took, nor than [`GATHER_TIME`].
const GATHER_PART: u32 = 4;
const GATHER_TIME: Duration = Duration::from_millis(10);

/// What the next batch is made of, by the last one. It changes no decision (a batch equals its works one by one).
#[derive(Debug, Clone, Copy)]
struct Pace {
    most: usize,
    /// How many items of streams it takes: fewer after a batch that took long, more after a short one.
    streamed: usize,
    /// How many works it waits for.
    gathered: usize,
    /// How long it waits for them.
    gather_time: Duration,
}

impl Pace {
    fn new(most: usize) -> Self {
        Self { most, streamed: most, gathered: 0, gather_time: Duration::ZERO }
    }

    /// A batch of so many works, so many of them items of streams, took so long.
    fn took(&mut self, works: usize, streamed: usize, time: Duration) {
        self.gathered = works;
        self.gather_time = (time / GATHER_PART).min(GATHER_TIME);
        if streamed == 0 {
            return;
        }
        if time > BATCH_TIME {
            self.streamed = (self.streamed / 2).max(self.most / LEAST_PART).max(1);
        } else if time < BATCH_TIME / 2 {
            self.streamed = (self.streamed * 2).min(self.most);
        }
    }
}

/// Work waiting for its answer.
#[derive(Debug)]
pub(crate) struct Job<W, A> {
    work: W,
    /// Where the answer goes. A caller that went away is no reason not to do the work.
    reply: oneshot::Sender<A>,
    /// What the work holds while it waits, given back when a batch takes it.
    holds: Place,
    /// The request that it is done for.
    request: Span,
}

/// What work holds while it waits in a lane: given back when a batch takes it, or when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Place {
    _held: Vec<OwnedSemaphorePermit>,
}

impl From<OwnedSemaphorePermit> for Place {
    fn from(permit: OwnedSemaphorePermit) -> Self {
        Self { _held: vec![permit] }
    }
}

/// The entrance to a lane. Cheap to clone.
#[derive(Debug)]
pub(crate) struct Lane<W, A> {
    calls: mpsc::Sender<Job<W, A>>,
    streamed: mpsc::UnboundedSender<Job<W, A>>,
    /// Places of items of streams: what bounds `streamed`.
    places: Arc<Semaphore>,
}

impl<W, A> Clone for Lane<W, A> {
    fn clone(&self) -> Self {
        let Self { calls, streamed, places } = self;
        Self { calls: calls.clone(), streamed: streamed.clone(), places: Arc::clone(places) }
    }
}

/// Why work did not enter the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// The lane is full.
    Full,
    /// The lane is closed: the process is shutting down.
    Closed,
}

/// Where a lane's work comes out, for [`run`].
#[derive(Debug)]
pub(crate) struct Exit<W, A> {
    calls: mpsc::Receiver<Job<W, A>>,
    streamed: mpsc::UnboundedReceiver<Job<W, A>>,
    /// Calls that have come for the next batch.
    next_calls: Vec<Job<W, A>>,
    /// And items of streams.
    next_streamed: Vec<Job<W, A>>,
}

impl<W: Send + 'static, A: Send + 'static> Lane<W, A> {
    /// A lane in which `room` calls and `stream_room` items of streams may wait, and its exit.
    pub(crate) fn new(room: usize, stream_room: usize) -> (Self, Exit<W, A>) {
        let (calls, calls_out) = mpsc::channel(room);
        let (streamed, streamed_out) = mpsc::unbounded_channel();
        let lane = Self { calls, streamed, places: Arc::new(Semaphore::new(stream_room)) };
        (
            lane,
            Exit {
                calls: calls_out,
                streamed: streamed_out,
                next_calls: Vec::new(),
                next_streamed: Vec::new(),
            },
        )
    }

    /// Enters if there is room, and waits for the answer.
    pub(crate) async fn enter(&self, work: W, holds: Place) -> Result<A, Rejected> {
        let (reply, answer) = oneshot::channel();
        self.calls.try_send(Job { work, reply, holds, request: Span::current() }).map_err(
            |error| match error {
                mpsc::error::TrySendError::Full(_) => Rejected::Full,
                mpsc::error::TrySendError::Closed(_) => Rejected::Closed,
            },
        )?;
        answer.await.map_err(|_| Rejected::Closed)
    }

    /// Waits for room, enters, and waits for the answer.
    pub(crate) async fn enter_when_room(&self, work: W, holds: Place) -> Result<A, Rejected> {
        let (reply, answer) = oneshot::channel();
        self.calls
            .send(Job { work, reply, holds, request: Span::current() })
            .await
            .map_err(|_| Rejected::Closed)?;
        answer.await.map_err(|_| Rejected::Closed)
    }

    /// Waits for a place for an item of a stream, for a caller that holds one of its own. Who asks first gets it first.
    pub(crate) async fn place(&self, own: OwnedSemaphorePermit) -> Place {
        // Never closed: without a permit there is merely no bound to wait for.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        Place { _held: place.into_iter().chain([own]).collect() }
    }

    /// Enters at once by a place of [`Lane::place`], and waits for the answer.
    pub(crate) async fn enter_streamed(&self, work: W, place: Place) -> Result<A, Rejected> {
        let (reply, answer) = oneshot::channel();
        self.streamed
            .send(Job { work, reply, holds: place, request: Span::current() })
            .map_err(|_| Rejected::Closed)?;
        answer.await.map_err(|_| Rejected::Closed)
    }
}

impl<W, A> Exit<W, A> {
    /// Waits for work and takes what is there, and how many of it are items of streams: calls first, of which a part of the
    /// batch is left to streams. Nothing when both rooms are closed and empty. Nothing is lost when it is dropped.
    async fn take(&mut self, pace: Pace) -> (Vec<Job<W, A>>, usize) {
        let Pace { most, streamed: pace, gathered, gather_time } = pace;
        if self.gathered() == 0 && !self.comes(pace).await {
            return (Vec::new(), 0);
        }
        let gather = async {
            while self.gathered() + self.calls.len() + self.streamed.len() < gathered
                && self.comes(pace).await
            {}
        };
        // It has come in time or not: what is there is taken.
        let _ = Deadline::after(gather_time).within(gather_time, gather).await;
        let (mut calls, mut streamed) =
            (std::mem::take(&mut self.next_calls), std::mem::take(&mut self.next_streamed));
        let part = (most / STREAMED_PART).max(usize::from(most > 1)).min(pace);
        let part = part.min(streamed.len() + self.streamed.len()).max(streamed.len());
        while calls.len() + part < most
            && let Ok(job) = self.calls.try_recv()
        {
            calls.push(job);
        }
        while streamed.len() < pace.min(most - calls.len())
            && let Ok(job) = self.streamed.try_recv()
        {
            streamed.push(job);
        }
        let count = streamed.len();
        calls.append(&mut streamed);
        (calls, count)
    }

    /// Waits for one work more for the next batch, in which there are at most so many items of streams. None comes when both
    /// rooms are closed and empty.
    async fn comes(&mut self, streamed: usize) -> bool {
        tokio::select! { biased;
            Some(job) = self.calls.recv() => self.next_calls.push(job),
            Some(job) = self.streamed.recv(), if self.next_streamed.len() < streamed => self.next_streamed.push(job),
            else => return false,
        }
        true
    }

    /// How much has come for the next batch.
    fn gathered(&self) -> usize {
        self.next_calls.len() + self.next_streamed.len()
    }

    fn close(&mut self) {
        self.calls.close();
        self.streamed.close();
    }
}

/// What a batch answers. Its span follows from those of its requests.
#[instrument(name = "batch", level = "debug", skip_all, fields(batch.len = work.len()))]
async fn settled<W, A, S: Future<Output = Vec<A>>>(
    settle: &mut impl FnMut(Vec<W>) -> S,
    work: Vec<W>,
    requests: &[Span],
) -> Vec<A> {
    let batch = Span::current();
    for request in requests {
        batch.follows_from(request);
    }
    settle(work).await
}

/// Runs a lane until it is stopped; what was accepted by then is settled first.
///
/// `settle` must answer every work it is given, in order, after the commit that makes the answers true.
pub(crate) async fn run<W, A, S: Future<Output = Vec<A>>>(
    mut exit: Exit<W, A>,
    most: usize,
    stop: CancellationToken,
    mut settle: impl FnMut(Vec<W>) -> S,
) {
    let mut draining = false;
    let mut pace = Pace::new(most);
    loop {
        tokio::select! { biased;
            () = stop.cancelled(), if !draining => {
                draining = true;
                exit.close();
            }
            (jobs, streamed) = exit.take(pace) => {
                if jobs.is_empty() {
                    return;
                }
                let (mut work, mut replies) = (Vec::with_capacity(jobs.len()), Vec::with_capacity(jobs.len()));
                let mut requests = Vec::with_capacity(jobs.len());
                for job in jobs {
                    requests.push(job.request);
                    work.push(job.work);
                    replies.push(job.reply);
                    drop(job.holds);
                }
                let (watch, works) = (Stopwatch::start(), work.len());
                for (answer, reply) in settled(&mut settle, work, &requests).await.into_iter().zip(replies) {
                    // The caller may have gone; the work is done all the same.
                    let _ = reply.send(answer);
                }
                pace.took(works, streamed, watch.elapsed());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    /// Polls once: it has entered, or stands where it waits.
    async fn begun<F: Future + Unpin>(mut work: F) -> F {
        std::future::poll_fn(|context| {
            assert!(std::pin::Pin::new(&mut work).poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        work
    }

    /// Polls once: it is done.
    async fn at_once<F: Future + Unpin>(mut work: F) -> F::Output {
        std::future::poll_fn(|context| match std::pin::Pin::new(&mut work).poll(context) {
            Poll::Ready(done) => Poll::Ready(done),
            Poll::Pending => panic!("it waits"),
        })
        .await
    }

    fn own(of: &Arc<Semaphore>) -> OwnedSemaphorePermit {
        Arc::clone(of).try_acquire_owned().unwrap()
    }

    #[tokio::test]
    async fn a_backlog_takes_no_room_of_calls_and_calls_go_first_but_not_alone() {
        let (lane, mut exit) = Lane::<u32, ()>::new(6, 8);
        let of = Arc::new(Semaphore::new(9));
        let mut waiting = Vec::new();
        for item in 100..108 {
            let place = lane.place(own(&of)).await;
            waiting.push(begun(Box::pin(lane.enter_streamed(item, place))).await);
        }
        let ninth = begun(Box::pin(lane.place(own(&of)))).await;
        let mut calls = Vec::new();
        for call in 0..6 {
            calls.push(begun(Box::pin(lane.enter(call, Place::default()))).await);
        }
        assert_eq!(lane.enter(6, Place::default()).await, Err(Rejected::Full));
        let taken = |(jobs, streamed): (Vec<Job<u32, ()>>, usize)| {
            (jobs.into_iter().map(|job| job.work).collect::<Vec<_>>(), streamed)
        };
        let mut pace = Pace::new(4);
        assert_eq!(taken(exit.take(pace).await), (vec![0, 1, 2, 100], 1));
        ninth.await;
        assert_eq!(taken(exit.take(pace).await), (vec![3, 4, 5, 101], 1));
        pace.took(1, 1, 2 * BATCH_TIME);
        assert_eq!(taken(exit.take(pace).await), (vec![102, 103], 2), "the last one took long");
        calls.push(begun(Box::pin(lane.enter(6, Place::default()))).await);
        pace.took(1, 1, BATCH_TIME / 3);
        assert_eq!(taken(exit.take(pace).await), (vec![6, 104, 105, 106], 3), "what the calls leave");
        assert_eq!(of.available_permits(), 9 - 1, "what was taken holds no place");
    }

    #[test]
    fn the_pace_follows_the_time_a_batch_takes_within_bounds() {
        let mut pace = Pace::new(256);
        let mut after = |times: &[Duration]| {
            for time in times {
                pace.took(1, 1, *time);
            }
            pace.streamed
        };
        let (long, right, short) = (BATCH_TIME * 2, BATCH_TIME, BATCH_TIME / 4);
        assert_eq!(after(&[right, short]), 256);
        assert_eq!(after(&[long]), 128);
        assert_eq!(after(&[right, right]), 128);
        assert_eq!(after(&[long; 9]), 32, "never none");
        assert_eq!(after(&[short; 2]), 128);
        assert_eq!(after(&[short; 9]), 256);
        let mut alone = Pace::new(1);
        alone.took(1, 1, long);
        assert_eq!(alone.streamed, 1);
    }

    #[tokio::test]
    async fn a_batch_waits_a_moment_for_those_who_were_just_answered_and_loses_none_of_them() {
        let (lane, mut exit) = Lane::<u32, ()>::new(6, 8);
        let mut pace = Pace::new(4);
        pace.took(3, 0, Duration::from_secs(1));
        let of = Arc::new(Semaphore::new(1));
        let first = begun(Box::pin(lane.enter(0, Place::default()))).await;
        drop(begun(Box::pin(exit.take(pace))).await);
        let place = lane.place(own(&of)).await;
        let item = begun(Box::pin(lane.enter_streamed(100, place))).await;
        let taking = begun(Box::pin(exit.take(pace))).await;
        let second = begun(Box::pin(lane.enter(1, Place::default()))).await;
        let (jobs, streamed) = at_once(taking).await;
        assert_eq!(
            (jobs.iter().map(|job| job.work).collect::<Vec<_>>(), streamed),
            (vec![0, 1, 100], 1),
            "as many as before"
        );

        let third = begun(Box::pin(lane.enter(2, Place::default()))).await;
        let watch = Stopwatch::start();
        assert_eq!(exit.take(pace).await.0.len(), 1, "no more have come");
        assert!(watch.elapsed() >= GATHER_TIME);
        pace.took(1, 0, Duration::from_secs(1));
        let fourth = begun(Box::pin(lane.enter(3, Place::default()))).await;
        assert_eq!(at_once(Box::pin(exit.take(pace))).await.0.len(), 1, "who is alone does not wait");
        drop((first, second, third, fourth, item));
    }

    #[tokio::test]
    async fn what_was_accepted_is_settled_before_the_end() {
        let (lane, exit) = Lane::<u32, u32>::new(2, 2);
        let of = Arc::new(Semaphore::new(1));
        let place = lane.place(own(&of)).await;
        let item = begun(Box::pin(lane.enter_streamed(1, place))).await;
        let call = begun(Box::pin(lane.enter(2, Place::default()))).await;
        let stop = CancellationToken::new();
        stop.cancel();
        run(exit, 4, stop, async |work: Vec<u32>| work.into_iter().map(|one| one * 10).collect()).await;
        assert_eq!((item.await, call.await), (Ok(10), Ok(20)));
        assert_eq!(lane.enter(3, Place::default()).await, Err(Rejected::Closed));
    }
}
