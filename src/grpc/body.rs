//! Bodies of calls that know what they cost: what is sent is counted as it comes in, what is answered until its last
//! byte has been written.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use tokio::task::AbortHandle;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::HeaderMap;

use super::budget::Charge;
use super::status;
use crate::clock::pause;

/// An answer goes to HTTP/2 in pieces, as the client makes room: what it does not read can still be given up.
const PIECE_BYTES: usize = 16 << 10;

/// What is sent, counted.
pub(super) struct Counted {
    pub(super) body: Body,
    pub(super) charge: Arc<Charge>,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
        Poll::Ready(if self.charge.sent(bytes).is_ok() { frame } else { Some(Err(status::full())) })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

/// What is sent, for so long.
pub(super) struct Timed {
    body: Body,
    end: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Timed {
    pub(super) fn new(body: Body, most: Duration) -> Self {
        Self { body, end: Box::pin(pause(most)) }
    }
}

impl http_body::Body for Timed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.end.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(status::too_long())));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }
}

/// For how long an answer is kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept {
    /// As long as the call is open: an answer with no end of its own, of small messages.
    Open,
    /// So long from when a long answer is there.
    Unread(Duration),
    /// So long in all.
    Whole(Duration),
}

/// An answer that holds its charge until HTTP/2 has written the last byte of it, or has given the call up.
pub(super) struct Charged {
    rest: Arc<Mutex<Rest>>,
    charge: Arc<Charge>,
    kept: Kept,
    watch: Option<AbortHandle>,
}

/// What is still to be handed to HTTP/2.
struct Rest {
    body: Option<Body>,
    piece: Bytes,
    /// The time was up: between two messages, or within one.
    late: Option<Late>,
    waker: Option<Waker>,
}

#[derive(Clone, Copy)]
enum Late {
    Between,
    Within,
    Reported,
}

impl Charged {
    pub(super) fn new(body: Body, charge: Arc<Charge>, kept: Kept) -> Self {
        let rest = Rest { body: Some(body), piece: Bytes::new(), late: None, waker: None };
        let mut this = Self { rest: Arc::new(Mutex::new(rest)), charge, kept, watch: None };
        if let Kept::Whole(most) = kept {
            this.watch(most);
        }
        this
    }

    /// Gives up what is not read by then. HTTP/2 does not ask for more while its client reads nothing, so nobody else
    /// would notice.
    fn watch(&mut self, most: Duration) {
        let (rest, charge) = (Arc::downgrade(&self.rest), Arc::downgrade(&self.charge));
        let watch = tokio::spawn(async move {
            pause(most).await;
            let (Some(rest), Some(charge)) = (rest.upgrade(), charge.upgrade()) else { return };
            let mut rest = lock(&rest);
            rest.late = Some(if rest.piece.is_empty() { Late::Between } else { Late::Within });
            charge.written(rest.piece.len());
            (rest.body, rest.piece) = (None, Bytes::new());
            rest.waker.take().inspect(Waker::wake_by_ref);
        });
        self.watch = Some(watch.abort_handle());
    }

    fn piece(&self, rest: &mut Rest) -> Frame<Bytes> {
        let whole = rest.piece.len() <= PIECE_BYTES;
        let piece = rest.piece.split_to(rest.piece.len().min(PIECE_BYTES));
        // A copy, because a piece of a long answer would keep all of it.
        let bytes = if whole { piece } else { Bytes::copy_from_slice(&piece) };
        Frame::data(Bytes::from_owner(Piece { bytes, charge: Arc::clone(&self.charge) }))
    }
}

impl Drop for Charged {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            watch.abort();
        }
    }
}

impl http_body::Body for Charged {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let shared = Arc::clone(&this.rest);
        let mut rest = lock(&shared);
        match rest.late {
            Some(Late::Between) => {
                rest.late = Some(Late::Reported);
                return Poll::Ready(Some(trailers(&status::too_long())));
            }
            // Half a message was written: there is no place for a reason.
            Some(Late::Within) => return Poll::Ready(Some(Err(status::too_long()))),
            Some(Late::Reported) => return Poll::Ready(None),
            None => {}
        }
        if rest.piece.is_empty() {
            let Some(body) = &mut rest.body else { return Poll::Ready(None) };
            let Poll::Ready(frame) = Pin::new(body).poll_frame(context) else {
                rest.waker = Some(context.waker().clone());
                return Poll::Pending;
            };
            let Some(frame) = frame.transpose()? else { return Poll::Ready(None) };
            match frame.into_data() {
                Ok(bytes) => rest.piece = bytes,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
            if let Kept::Unread(most) = this.kept {
                if this.charge.answered(rest.piece.len()).is_err() {
                    (rest.body, rest.piece) = (None, Bytes::new());
                    return Poll::Ready(Some(trailers(&status::full())));
                }
                if rest.piece.len() > PIECE_BYTES && this.watch.is_none() {
                    this.watch(most);
                }
            }
        }
        Poll::Ready(Some(Ok(this.piece(&mut rest))))
    }

    fn is_end_stream(&self) -> bool {
        let rest = lock(&self.rest);
        rest.piece.is_empty() && rest.late.is_none() && rest.body.as_ref().is_none_or(Body::is_end_stream)
    }
}

fn lock(rest: &Mutex<Rest>) -> MutexGuard<'_, Rest> {
    rest.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A call's end with a reason, where no more of an answer comes.
fn trailers(status: &Status) -> Result<Frame<Bytes>, Status> {
    let mut headers = HeaderMap::new();
    status.add_header(&mut headers)?;
    Ok(Frame::trailers(headers))
}

/// Bytes on their way out: while HTTP/2 holds them, so is their charge.
struct Piece {
    bytes: Bytes,
    charge: Arc<Charge>,
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.charge.written(self.bytes.len());
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use http_body::Body as _;
    use proptest::prelude::*;
    use tokio::runtime::Builder;

    use super::*;
    use crate::grpc::budget::Budgets;

    const ALL: usize = 1 << 20;

    /// A message of so many bytes, then whatever comes.
    struct Message {
        frames: VecDeque<Bytes>,
        then: Then,
    }

    #[derive(Debug, Clone, Copy)]
    enum Then {
        Ends,
        Breaks,
        NeverEnds,
    }

    impl http_body::Body for Message {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            match (self.frames.pop_front(), self.then) {
                (Some(frame), _) => Poll::Ready(Some(Ok(Frame::data(frame)))),
                (None, Then::Ends) => Poll::Ready(None),
                (None, Then::Breaks) => Poll::Ready(Some(Err(Status::internal("broken")))),
                (None, Then::NeverEnds) => Poll::Pending,
            }
        }
    }

    fn message(frames: &[usize], then: Then) -> Body {
        Body::new(Message { frames: frames.iter().map(|len| Bytes::from(vec![7; *len])).collect(), then })
    }

    async fn next<B: http_body::Body<Data = Bytes, Error = Status> + Unpin>(
        body: &mut B,
    ) -> Option<Result<Frame<Bytes>, Status>> {
        std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await
    }

    fn is_whole(purses: &Budgets) -> bool {
        purses.charge(ALL).is_ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// However a call ends - read to its end, dropped half read, broken, too large, never ending - and in whatever order
        /// HTTP/2 lets go of its pieces: the budget is whole again, and not before.
        #[test]
        fn a_call_gives_back_what_it_took(
            sent in proptest::collection::vec(0usize..ALL / 8, 0..6),
            answered in proptest::collection::vec(0usize..ALL / 3, 0..6),
            then in prop_oneof![Just(Then::Ends), Just(Then::Breaks), Just(Then::NeverEnds)],
            read in 0usize..80,
            held in 0usize..80,
            kept in prop_oneof![
                Just(Kept::Open),
                Just(Kept::Unread(Duration::from_secs(60))),
                Just(Kept::Whole(Duration::from_secs(60))),
            ],
        ) {
            let runtime = Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async {
                let purses = Budgets::apart(ALL);
                let charge = Arc::new(purses.charge(1).unwrap());
                let mut counted = Counted { body: message(&sent, Then::Ends), charge: Arc::clone(&charge) };
                while let Some(Ok(_)) = next(&mut counted).await {}
                let mut answer = Charged::new(message(&answered, then), charge, kept);
                let mut pieces = Vec::new();
                for _ in 0..read {
                    let frame = std::future::poll_fn(|context| {
                        Poll::Ready(Pin::new(&mut answer).poll_frame(context))
                    });
                    let Poll::Ready(Some(Ok(frame))) = frame.await else { break };
                    pieces.extend(frame.into_data());
                }
                drop((counted, answer));
                pieces.truncate(held);
                prop_assert_eq!(is_whole(&purses), pieces.is_empty(), "while HTTP/2 holds a piece");
                drop(pieces);
                prop_assert!(is_whole(&purses));
                Ok(())
            })?;
        }
    }

    #[tokio::test]
    async fn an_answer_arrives_whole_and_in_pieces() {
        let purses = Budgets::apart(ALL);
        let charge = Arc::new(purses.charge(1).unwrap());
        let frames = [5, 3 * PIECE_BYTES + 1, PIECE_BYTES];
        let kept = Kept::Unread(Duration::from_secs(60));
        let mut answer = Charged::new(message(&frames, Then::Ends), charge, kept);
        let mut read = Vec::new();
        while let Some(frame) = next(&mut answer).await {
            read.push(frame.unwrap().into_data().unwrap().len());
        }
        assert_eq!(read, [5, PIECE_BYTES, PIECE_BYTES, PIECE_BYTES, 1, PIECE_BYTES]);
    }

    #[tokio::test]
    async fn what_is_not_read_in_time_is_given_up_and_what_was_written_is_not() {
        let purses = Budgets::apart(ALL);
        let charge = Arc::new(purses.charge(1).unwrap());
        let kept = Kept::Unread(Duration::from_millis(1));
        let mut answer = Charged::new(message(&[ALL / 2], Then::Ends), charge, kept);
        let piece = next(&mut answer).await.unwrap().unwrap().into_data().unwrap();
        assert!(purses.charge(ALL / 2 + 1).is_err());
        let there = purses.charge_when_there(ALL - 2 * PIECE_BYTES).await;
        assert_eq!(next(&mut answer).await.unwrap().unwrap_err().code(), tonic::Code::DeadlineExceeded);
        assert_eq!(piece.len(), PIECE_BYTES);
        drop((there, piece, answer));
        purses.charge_when_there(ALL).await;
    }

    #[tokio::test]
    async fn a_stream_without_a_token_ends_in_time_with_a_reason() {
        let purses = Budgets::apart(ALL);
        let charge = Arc::new(purses.charge(ALL).unwrap());
        let kept = Kept::Whole(Duration::from_millis(1));
        let mut answer = Charged::new(message(&[9], Then::NeverEnds), charge, kept);
        let mut asked = Timed::new(message(&[], Then::NeverEnds), Duration::from_millis(1));
        assert_eq!(next(&mut asked).await.unwrap().unwrap_err().code(), tonic::Code::DeadlineExceeded);
        let mut last = next(&mut answer).await.unwrap().unwrap();
        if last.is_data() {
            last = next(&mut answer).await.unwrap().unwrap();
        }
        let status = Status::from_header_map(last.trailers_ref().unwrap()).unwrap();
        assert_eq!(status.code(), tonic::Code::DeadlineExceeded);
        assert!(next(&mut answer).await.is_none());
        drop(answer);
        purses.charge_when_there(ALL).await;
    }
}
