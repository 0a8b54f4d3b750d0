//! Many items in flight on one stream, and never more than that.
//!
//! [`Answers`] is the answering half itself: it reads an item only when it is asked for an answer and fewer than
//! `most` items are unanswered. A client that does not read its answers is not read from; there is no buffer that
//! grows, and the lane's own fullness is felt by the sender through HTTP/2's flow control.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::task::JoinSet;
use tokio::task::coop::unconstrained;
use tokio_stream::Stream;
use tonic::Status;

use super::status;
use crate::service::Failure;

/// Something that becomes known.
pub(super) type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// An item that was read.
pub(super) enum Begun<T> {
    /// Rejected before it entered the queue.
    Known(T),
    /// It waits for room; then its answer is asked for. Nothing is read meanwhile.
    Waits(Later<Later<T>>),
}

/// The answers to a stream of items, in the order in which they become known.
///
/// Items are begun in the order sent: the next is read when the one before has its room, and each is polled once before
/// that, which puts it in its place in the lane's queue. So a backlog sent in order of receive time is decided in that order.
pub(super) struct Answers<S, T, B> {
    items: Option<S>,
    begin: B,
    waits: Option<Later<Later<T>>>,
    most: usize,
    in_flight: JoinSet<T>,
    /// How the stream ends once nothing is in flight; none for a clean end.
    farewell: Option<Status>,
    ends: Later<Status>,
}

impl<S, T, B> Answers<S, T, B> {
    /// `begin` makes of an item what becomes its answer. `ends` ends the reading; what is in flight is still answered, and
    /// then the stream ends with its status.
    pub(super) fn new(items: S, most: usize, ends: Later<Status>, begin: B) -> Self {
        Self { items: Some(items), begin, waits: None, most, in_flight: JoinSet::new(), farewell: None, ends }
    }

    fn end(&mut self, farewell: Option<Status>) {
        self.items = None;
        self.farewell = farewell;
    }
}

impl<S, T: Send + 'static, B> Answers<S, T, B> {
    /// Asks for the answer of an item that has its room. An answer that is known at once is given back.
    fn ask(&mut self, answer: Later<T>, context: &mut Context<'_>) -> Option<T> {
        // Without tokio's budget, which would let an item yield before it stood in the lane's queue, and the next one
        // overtake it.
        let mut answer = unconstrained(answer);
        if let Poll::Ready(known) = Pin::new(&mut answer).poll(context) {
            return Some(known);
        }
        self.in_flight.spawn(answer);
        None
    }
}

impl<S, I, T, B> Stream for Answers<S, T, B>
where
    S: Stream<Item = Result<I, Status>> + Unpin,
    T: Send + Unpin + 'static,
    B: FnMut(I) -> Begun<T> + Unpin,
{
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if (this.items.is_some() || this.waits.is_some())
            && let Poll::Ready(farewell) = this.ends.as_mut().poll(context)
        {
            // What has no room yet is not taken: whoever comes back sends it again.
            this.waits = None;
            this.end(Some(farewell));
        }
        while this.in_flight.len() < this.most {
            if let Some(waits) = &mut this.waits {
                let Poll::Ready(answer) = waits.as_mut().poll(context) else { break };
                this.waits = None;
                if let Some(known) = this.ask(answer, context) {
                    return Poll::Ready(Some(Ok(known)));
                }
            }
            let Some(items) = &mut this.items else { break };
            match Pin::new(items).poll_next(context) {
                Poll::Ready(Some(Ok(item))) => match (this.begin)(item) {
                    Begun::Known(answer) => return Poll::Ready(Some(Ok(answer))),
                    Begun::Waits(waits) => this.waits = Some(waits),
                },
                Poll::Ready(Some(Err(broken))) => this.end(Some(status::explained_status(broken))),
                Poll::Ready(None) => this.end(None),
                Poll::Pending => break,
            }
        }
        // Nothing in flight while items may still come: the source wakes us.
        if this.in_flight.is_empty() && (this.items.is_some() || this.waits.is_some()) {
            return Poll::Pending;
        }
        match ready!(this.in_flight.poll_join_next(context)) {
            Some(Ok(known)) => Poll::Ready(Some(Ok(known))),
            Some(Err(_panicked)) => {
                // Its request id went with it, so it cannot be answered as an item.
                this.waits = None;
                this.end(None);
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
    fn service() -> (Waiting, impl FnMut(u32) -> Begun<u32> + Unpin) {
        let waiting = Waiting::default();
        let to_fill = waiting.clone();
        let answer = move |item| {
            if item == 0 {
                return Begun::Known(0);
            }
            let to_fill = to_fill.clone();
            let answer: Later<u32> = Box::pin(async move {
                let (sender, receiver) = oneshot::channel();
                to_fill.lock().unwrap().push((item, sender));
                receiver.await.unwrap()
            });
            Begun::Waits(Box::pin(std::future::ready(answer)))
        };
        (waiting, answer)
    }

    fn never() -> Later<Status> {
        Box::pin(std::future::pending())
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
        let (waiting, answer) = service();
        let items = tokio_stream::iter((1..=5).map(Ok::<u32, Status>));
        let mut answers = Answers::new(items, 2, never(), answer);
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
            let answer: Later<u32> = Box::pin(async move {
                tokio::task::coop::consume_budget().await;
                noted.lock().unwrap().push(item);
                std::future::pending().await
            });
            Begun::Waits(Box::pin(std::future::ready(answer)))
        };
        let items = tokio_stream::iter((0..400).map(Ok::<u32, Status>));
        let mut answers = Answers::new(items, 400, never(), answer);
        // The source of the test rests after every 32 items.
        for _ in 0..=400 / 32 {
            nothing_yet(&mut answers).await;
        }
        assert_eq!(*begun.lock().unwrap(), (0..400).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_broken_stream_is_drained_before_it_ends() {
        let (waiting, answer) = service();
        let items = tokio_stream::iter([Ok(0), Ok(1), Err(Status::invalid_argument("not UTF-8")), Ok(2)]);
        let mut answers = Answers::new(items, 8, never(), answer);
        assert_eq!(answers.next().await.unwrap().unwrap(), 0);
        nothing_yet(&mut answers).await;
        settle(&waiting, 0);
        assert_eq!(answers.next().await.unwrap().unwrap(), 1);
        assert_eq!(answers.next().await.unwrap().unwrap_err().code(), Code::InvalidArgument);
        assert!(answers.next().await.is_none());
    }

    #[tokio::test]
    async fn stopping_answers_what_was_read_and_says_come_back() {
        let (waiting, answer) = service();
        let items = tokio_stream::iter([Ok(1)]).chain(tokio_stream::pending());
        let (stop, stopped) = oneshot::channel();
        let ends = async { stopped.await.unwrap_or_else(|_| Status::unavailable("stopping")) };
        let mut answers = Answers::new(items, 8, Box::pin(ends), answer);
        nothing_yet(&mut answers).await;
        stop.send(Status::unavailable("stopping")).unwrap();
        nothing_yet(&mut answers).await;
        settle(&waiting, 0);
        assert_eq!(answers.next().await.unwrap().unwrap(), 1);
        assert_eq!(answers.next().await.unwrap().unwrap_err().code(), Code::Unavailable);
        assert!(answers.next().await.is_none());
    }

    #[tokio::test]
    #[expect(clippy::async_yields_async, reason = "an item is admitted first, and answered afterwards")]
    async fn nothing_is_read_while_an_item_has_no_room() {
        let room = Arc::new(tokio::sync::Semaphore::new(1));
        let read = Arc::new(Mutex::new(Vec::new()));
        let begin = {
            let (room, read) = (room.clone(), read.clone());
            move |item: u32| {
                read.lock().unwrap().push(item);
                let room = room.clone();
                Begun::Waits(Box::pin(async move {
                    let permit = room.acquire_owned().await.unwrap();
                    let answer: Later<u32> = Box::pin(async move {
                        let _permit = permit;
                        tokio::task::yield_now().await;
                        item
                    });
                    answer
                }))
            }
        };
        let items = tokio_stream::iter((1..=4).map(Ok::<u32, Status>));
        let mut answers = Answers::new(items, 8, never(), begin);
        nothing_yet(&mut answers).await;
        assert_eq!(*read.lock().unwrap(), [1, 2]);
        for expected in 1..=4 {
            assert_eq!(answers.next().await.unwrap().unwrap(), expected);
        }
        assert!(answers.next().await.is_none());
        assert_eq!(room.available_permits(), 1);
    }
}
