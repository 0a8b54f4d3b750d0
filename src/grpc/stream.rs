//! Many items in flight on one stream, and never more than that.
//!
//! [`Answers`] is the answering half itself: it reads an item only when it is asked for an answer and fewer than
//! `most` items are unanswered. A client that does not read its answers is not read from; there is no buffer that
//! grows, and the lane's own fullness is felt by the sender through HTTP/2's flow control.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::task::coop::unconstrained;
use tokio_stream::Stream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;

use crate::desk::Failure;

/// A client that is told to come back because we are stopping should find the next process.
const RETRY_AFTER: Duration = Duration::from_secs(1);

type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The answers to a stream of items, in the order in which they become known.
///
/// Items are begun in the order sent: each is polled once before the next is read, which puts it in its place in the
/// lane's queue. So a backlog sent in order of receive time is decided in that order.
pub(super) struct Answers<S, T, B> {
    items: Option<S>,
    begin: B,
    most: usize,
    in_flight: JoinSet<T>,
    /// How the stream ends once nothing is in flight; none for a clean end.
    farewell: Option<Status>,
    stopping: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<S, T, B> Answers<S, T, B> {
    /// `begin` makes the future of an item's answer. `stop` ends the reading; what was read is still answered.
    pub(super) fn new(items: S, most: usize, stop: CancellationToken, begin: B) -> Self {
        let stopping = Box::pin(stop.cancelled_owned());
        Self { items: Some(items), begin, most, in_flight: JoinSet::new(), farewell: None, stopping }
    }
}

impl<S, I, T, B> Stream for Answers<S, T, B>
where
    S: Stream<Item = Result<I, Status>> + Unpin,
    T: Send + Unpin + 'static,
    B: FnMut(I) -> Answer<T> + Unpin,
{
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.items.is_some() && this.stopping.as_mut().poll(context).is_ready() {
            this.items = None;
            this.farewell = Some(Failure::Busy { retry_after: RETRY_AFTER }.into());
        }
        while this.in_flight.len() < this.most
            && let Some(items) = &mut this.items
        {
            match Pin::new(items).poll_next(context) {
                Poll::Ready(Some(Ok(item))) => {
                    // Without tokio's budget, which would let an item yield before it stood in the lane's queue,
                    // and the next one overtake it.
                    let mut answer = unconstrained((this.begin)(item));
                    if let Poll::Ready(known) = Pin::new(&mut answer).poll(context) {
                        return Poll::Ready(Some(Ok(known)));
                    }
                    this.in_flight.spawn(answer);
                }
                Poll::Ready(Some(Err(broken))) => {
                    this.items = None;
                    this.farewell = Some(broken);
                }
                Poll::Ready(None) => this.items = None,
                Poll::Pending => break,
            }
        }
        // Nothing in flight while items may still come: the source wakes us.
        if this.in_flight.is_empty() && this.items.is_some() {
            return Poll::Pending;
        }
        match ready!(this.in_flight.poll_join_next(context)) {
            Some(Ok(known)) => Poll::Ready(Some(Ok(known))),
            Some(Err(_panicked)) => {
                // Its request id went with it, so it cannot be answered as an item.
                this.items = None;
                this.in_flight.abort_all();
                this.in_flight.detach_all();
                Poll::Ready(Some(Err(Failure::Internal.into())))
            }
            None => Poll::Ready(this.farewell.take().map(Err)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tokio::sync::oneshot;
    use tokio_stream::StreamExt;
    use tonic::Code;

    type Waiting = Arc<Mutex<Vec<(u32, oneshot::Sender<u32>)>>>;

    /// Answers only when the test says so; 0 is answered at once.
    fn desk() -> (Waiting, impl FnMut(u32) -> Answer<u32> + Unpin) {
        let waiting = Waiting::default();
        let to_fill = waiting.clone();
        let answer = move |item| {
            let to_fill = to_fill.clone();
            Box::pin(async move {
                if item == 0 {
                    return 0;
                }
                let (sender, receiver) = oneshot::channel();
                to_fill.lock().unwrap().push((item, sender));
                receiver.await.unwrap()
            }) as Answer<u32>
        };
        (waiting, answer)
    }

    fn begun(waiting: &Waiting) -> Vec<u32> {
        waiting.lock().unwrap().iter().map(|(item, _)| *item).collect()
    }

    fn settle(waiting: &Waiting, index: usize) {
        let (item, sender) = waiting.lock().unwrap().remove(index);
        sender.send(item).unwrap();
    }

    async fn nothing_yet<T>(answers: &mut (impl Stream<Item = T> + Unpin)) {
        std::future::poll_fn(|context| {
            assert!(Pin::new(&mut *answers).poll_next(context).is_pending());
            Poll::Ready(())
        })
        .await;
    }

    #[tokio::test]
    async fn no_more_than_most_are_read_and_all_are_answered() {
        let (waiting, answer) = desk();
        let items = tokio_stream::iter((1..=5).map(Ok::<u32, Status>));
        let mut answers = Answers::new(items, 2, CancellationToken::new(), answer);
        nothing_yet(&mut answers).await;
        assert_eq!(begun(&waiting), [1, 2], "begun in the order sent, and no more than two");
        settle(&waiting, 1);
        assert_eq!(answers.next().await.unwrap().unwrap(), 2, "answered out of order");
        nothing_yet(&mut answers).await;
        assert_eq!(begun(&waiting), [1, 3]);
        for expected in [1, 3, 4, 5] {
            nothing_yet(&mut answers).await;
            settle(&waiting, 0);
            assert_eq!(answers.next().await.unwrap().unwrap(), expected);
        }
        assert!(answers.next().await.is_none());
    }

    /// A future that yields for fairness before it stands in the queue would let later items overtake it.
    #[tokio::test]
    async fn items_are_begun_in_order_however_many_there_are() {
        let begun = Arc::new(Mutex::new(Vec::new()));
        let noted = begun.clone();
        let answer = move |item: u32| {
            let noted = noted.clone();
            Box::pin(async move {
                tokio::task::coop::consume_budget().await;
                noted.lock().unwrap().push(item);
                std::future::pending().await
            }) as Answer<u32>
        };
        let items = tokio_stream::iter((0..400).map(Ok::<u32, Status>));
        let mut answers = Answers::new(items, 400, CancellationToken::new(), answer);
        // The source of the test rests after every 32 items.
        for _ in 0..=400 / 32 {
            nothing_yet(&mut answers).await;
        }
        assert_eq!(*begun.lock().unwrap(), (0..400).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_broken_stream_is_drained_before_it_ends() {
        let (waiting, answer) = desk();
        let items = tokio_stream::iter([Ok(0), Ok(1), Err(Status::invalid_argument("not UTF-8")), Ok(2)]);
        let mut answers = Answers::new(items, 8, CancellationToken::new(), answer);
        assert_eq!(answers.next().await.unwrap().unwrap(), 0);
        nothing_yet(&mut answers).await;
        settle(&waiting, 0);
        assert_eq!(answers.next().await.unwrap().unwrap(), 1);
        assert_eq!(answers.next().await.unwrap().unwrap_err().code(), Code::InvalidArgument);
        assert!(answers.next().await.is_none());
    }

    #[tokio::test]
    async fn stopping_answers_what_was_read_and_says_come_back() {
        let (waiting, answer) = desk();
        let items = tokio_stream::iter([Ok(1)]).chain(tokio_stream::pending());
        let stop = CancellationToken::new();
        let mut answers = Answers::new(items, 8, stop.clone(), answer);
        nothing_yet(&mut answers).await;
        stop.cancel();
        nothing_yet(&mut answers).await;
        settle(&waiting, 0);
        assert_eq!(answers.next().await.unwrap().unwrap(), 1);
        assert_eq!(answers.next().await.unwrap().unwrap_err().code(), Code::Unavailable);
        assert!(answers.next().await.is_none());
    }
}
