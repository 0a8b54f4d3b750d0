//! Services that need no token - health and reflection - and so may take little: so many at once, for so long.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;

use super::body::{Charged, Kept, Timed};
use super::budget::Budgets;
use super::status;

/// A service without a token.
#[derive(Clone)]
pub(super) struct Open<S> {
    inner: S,
    /// Apart from the budget of callers: whoever has no token cannot take theirs.
    purse: Budgets,
    /// What a stream takes of it.
    bytes: usize,
    /// How long a stream lasts.
    most: Option<Duration>,
}

impl<S> Open<S> {
    pub(super) fn new(inner: S, purse: Budgets, bytes: usize, most: Option<Duration>) -> Self {
        Self { inner, purse, bytes, most }
    }
}

impl<S: NamedService> NamedService for Open<S> {
    const NAME: &'static str = S::NAME;
}

/// The one open method that is a single call: it answers at once, and whoever watches over us must not be turned away
/// because others watch.
const CHECK: &str = "/grpc.health.v1.Health/Check";

impl<S> Service<http::Request<Body>> for Open<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S: Send + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if request.uri().path() == CHECK {
            return Box::pin(self.inner.call(request));
        }
        let Ok(charge) = self.purse.charge(self.bytes) else {
            return Box::pin(async { Ok(status::full().into_http()) });
        };
        let most = self.most;
        let timed = |body| match most {
            Some(most) => Body::new(Timed::new(body, most)),
            None => body,
        };
        let answer = self.inner.call(request.map(timed));
        Box::pin(async move {
            let kept = most.map_or(Kept::Open, Kept::Whole);
            let charge = Arc::new(charge);
            Ok(answer.await?.map(|body| Body::new(Charged::new(body, charge, kept))))
        })
    }
}
