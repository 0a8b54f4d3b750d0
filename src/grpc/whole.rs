//! A call without a token that is read whole, within a moment, before it takes a place of those that are answered: whoever opens calls and
//! sends nothing is in nobody's way but of his own connection.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;
use tonic::{Code, Status};

use super::limits::QUESTION_BYTES;
use super::places::Peer;
use super::status;
use crate::clock::Deadline;

/// How long a body may take. A client sends it with the call.
const BODY_MOST: Duration = Duration::from_secs(1);

/// What stands before a message of gRPC.
const PREFIX_BYTES: usize = 5;

/// A service whose calls are short, read before they are passed on.
#[derive(Clone)]
pub(super) struct Whole<S>(pub(super) S);

impl<S: NamedService> NamedService for Whole<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Whole<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        // The clone goes into the future; what `poll_ready` made ready must be what is called.
        let clone = self.0.clone();
        let mut inner = std::mem::replace(&mut self.0, clone);
        // None where no listener of ours is.
        let reading = request.extensions().get::<Peer>().map(Peer::read);
        Box::pin(async move {
            if matches!(reading, Some(None)) {
                return Ok(status::full().into_http());
            }
            let (head, body) = request.into_parts();
            let read = Deadline::after(BODY_MOST).within(BODY_MOST, whole(body)).await;
            drop(reading);
            match read.unwrap_or_else(|| Err(status::too_long())) {
                Ok(bytes) => {
                    let request = http::Request::from_parts(head, Body::new(Full::new(bytes)));
                    Ok(status::explained(inner.call(request).await?))
                }
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}

async fn whole(body: Body) -> Result<Bytes, Status> {
    match Limited::new(body, QUESTION_BYTES + PREFIX_BYTES).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let large = Status::new(Code::OutOfRange, "the message is too large");
            Err(status::explained_status(large))
        }
        Err(error) => Err(Status::from_error(error)),
    }
}
