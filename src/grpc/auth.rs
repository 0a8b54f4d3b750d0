//! Who may call what (promise 11): the one authorisation point, and the one table of rules.
//!
//! Every service is served behind a [`Guarded`], which finds the caller of the bearer token, looks the method up in
//! [`POLICY`] and leaves the caller with the request. A method without a rule is denied to everyone, and a service
//! that were served without a guard would find no caller and answer nobody.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service as TowerService, http};
use tonic::server::NamedService;
use tonic::{Extensions, Status};

use super::body::{Charged, Counted, Kept};
use super::budget::{Budget, Cost};
use super::connection::Peer;
use super::{Served, status};
use crate::clock::pause;
use crate::domain::caller::{Caller, Role};
use crate::service::{Failure, Service};

/// Which roles may call which method, and what it takes of the budget. Health and reflection are open and stand outside.
pub(super) const POLICY: &[(&str, &[Role], Cost)] = &[
    ("/triage.v1.IntakeService/Submit", &[Role::Intake], Cost::Call),
    ("/triage.v1.IntakeService/SubmitStream", &[Role::Intake], Cost::Stream),
    ("/triage.v1.IntakeService/Amend", &[Role::Intake], Cost::Call),
    ("/triage.v1.IntakeService/Withdraw", &[Role::Intake], Cost::Call),
    ("/triage.v1.IntakeService/Urge", &[Role::Intake], Cost::Call),
    ("/triage.v1.IntakeService/GetSubmission", &[Role::Intake, Role::Reception], Cost::Read),
    ("/triage.v1.IntakeService/ListChanges", &[Role::Intake], Cost::Read),
    ("/triage.v1.UnitService/Pull", HANDLERS, Cost::Call),
    ("/triage.v1.UnitService/Extend", HANDLERS, Cost::Call),
    ("/triage.v1.UnitService/Skip", HANDLERS, Cost::Call),
    ("/triage.v1.UnitService/SignFor", HANDLERS, Cost::Call),
    ("/triage.v1.UnitService/Decide", HANDLERS, Cost::Call),
    ("/triage.v1.UnitService/Step", HANDLERS, Cost::Call),
    ("/triage.v1.UnitService/CloseFile", HANDLERS, Cost::Call),
    ("/triage.v1.UnitService/Prolong", HANDLERS, Cost::Call),
    // The reception unit has nobody to give a file back to: it reassigns.
    ("/triage.v1.UnitService/ReturnFile", &[Role::Unit], Cost::Call),
    ("/triage.v1.UnitService/Search", HANDLERS, Cost::Read),
    ("/triage.v1.UnitService/ListDue", HANDLERS, Cost::Read),
    ("/triage.v1.UnitService/GetEvidence", HANDLERS, Cost::Read),
    ("/triage.v1.ReceptionService/Reassign", &[Role::Reception], Cost::Call),
    ("/triage.v1.ReceptionService/CutLink", &[Role::Reception], Cost::Call),
    ("/triage.v1.ReceptionService/ProposeRebalance", &[Role::Reception], Cost::Read),
    ("/triage.v1.ReceptionService/OpenReview", &[Role::Reception], Cost::Call),
    ("/triage.v1.ReceptionService/EndReview", &[Role::Reception], Cost::Call),
];

/// Those who work on files: units, and the reception unit for its own queue.
const HANDLERS: &[Role] = &[Role::Unit, Role::Reception];

/// A bearer token longer than this is not one of ours and is not looked up.
const TOKEN_BYTES_MOST: usize = 256;

/// Why a call was not let in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Denied {
    #[error("no bearer token; send metadata `authorization: Bearer TOKEN`")]
    NoToken,
    #[error("the bearer token is not known")]
    UnknownToken,
    #[error("your role may not call this method")]
    NotAllowed,
    #[error(transparent)]
    NoAnswer(#[from] Failure),
}

/// The caller of a request that came through a [`Guarded`].
pub(super) fn caller(extensions: &mut Extensions) -> Result<Caller, Denied> {
    extensions.remove::<Caller>().ok_or(Denied::NotAllowed)
}

/// How a call that stays open learns that its token was revoked.
#[derive(Clone)]
pub(super) struct Pass {
    service: Service,
    token: Box<str>,
}

/// How often a call that stays open asks.
const STILL_EVERY: Duration = Duration::from_secs(1);

impl Pass {
    /// Ends when the token does. Without an answer the call goes on: it would be cut off by a database that is away.
    pub(super) async fn revoked(self) -> Denied {
        loop {
            pause(STILL_EVERY).await;
            if let Ok(false) = self.service.still_lets_in(&self.token).await {
                return Denied::UnknownToken;
            }
        }
    }
}

/// The pass of a request that came through a [`Guarded`].
pub(super) fn pass(extensions: &mut Extensions) -> Result<Pass, Denied> {
    extensions.remove::<Pass>().ok_or(Denied::NotAllowed)
}

async fn let_in(
    service: &Service,
    path: &str,
    headers: &http::HeaderMap,
) -> Result<(Caller, Pass, Cost), Denied> {
    let token = bearer(headers)?;
    let caller = service.caller(token).await?.ok_or(Denied::UnknownToken)?;
    if let Some(cost) = rule(path, caller.role) {
        return Ok((caller, Pass { service: service.clone(), token: token.into() }, cost));
    }
    tracing::info!(rpc.path = path, caller.id = caller.id.0, "call denied: no rule allows it");
    Err(Denied::NotAllowed)
}

fn bearer(headers: &http::HeaderMap) -> Result<&str, Denied> {
    let value = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = value.and_then(|value| value.split_once(' ')).ok_or(Denied::NoToken)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(Denied::NoToken);
    }
    if token.len() > TOKEN_BYTES_MOST { Err(Denied::UnknownToken) } else { Ok(token) }
}

/// What a call costs that a rule allows.
fn rule(path: &str, role: Role) -> Option<Cost> {
    let rule = POLICY.iter().find(|(method, roles, _)| *method == path && roles.contains(&role));
    rule.map(|(_, _, cost)| *cost)
}

/// A service behind the authorisation point, and behind the budget of bytes in flight.
#[derive(Clone)]
pub(super) struct Guarded<S> {
    service: Service,
    budget: Arc<Budget>,
    /// How long an answer is kept that is not read.
    unread: Duration,
    inner: S,
}

impl<S> Guarded<S> {
    pub(super) fn new(served: &Served, inner: S) -> Self {
        let Served { service, budget, limits, .. } = served;
        Self { service: service.clone(), budget: Arc::clone(budget), unread: limits.unread, inner }
    }
}

impl<S: NamedService> NamedService for Guarded<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> TowerService<http::Request<Body>> for Guarded<S>
where
    S: TowerService<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let (service, budget, unread) = (self.service.clone(), Arc::clone(&self.budget), self.unread);
        // The clone goes into the future; what `poll_ready` made ready must be what is called.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let (caller, pass, cost) = match let_in(&service, request.uri().path(), request.headers()).await {
                Ok(known) => known,
                Err(denied) => return Ok(Status::from(denied).into_http()),
            };
            // Open until the answer is sent: its connection is not idle. None where no listener of ours is.
            let call = request.extensions_mut().remove::<Peer>().map(|peer| peer.begin());
            let Ok(charge) = budget.take(&caller, cost).await else {
                return Ok(status::full().into_http());
            };
            let charge = Arc::new(charge);
            request.extensions_mut().insert(caller);
            request.extensions_mut().insert(pass);
            // What a stream reads at once is in its charge; its items are counted one by one.
            let (kept, request) = if cost == Cost::Stream {
                (Kept::Open, request)
            } else {
                let counted = |body| Body::new(Counted { body, charge: Arc::clone(&charge) });
                (Kept::Unread(unread), request.map(counted))
            };
            let answer = status::explained(inner.call(request).await?);
            let answer = answer.map(|body| Body::new(Charged::new(body, charge, kept)));
            Ok(match call {
                Some(call) => answer.map(|body| call.until_sent(body)),
                None => answer,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> http::HeaderMap {
        let mut headers = http::HeaderMap::new();
        headers.insert(http::header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn a_bearer_token_is_read_and_nothing_else() {
        assert_eq!(bearer(&headers("Bearer abc")).unwrap(), "abc");
        assert_eq!(bearer(&headers("bearer  abc ")).unwrap(), "abc");
        assert!(matches!(bearer(&http::HeaderMap::new()), Err(Denied::NoToken)));
        for wrong in ["abc", "Bearer", "Bearer ", "Basic abc"] {
            assert!(matches!(bearer(&headers(wrong)), Err(Denied::NoToken)), "{wrong}");
        }
        let long = format!("Bearer {}", "a".repeat(TOKEN_BYTES_MOST + 1));
        assert!(matches!(bearer(&headers(&long)), Err(Denied::UnknownToken)));
    }

    #[test]
    fn without_a_rule_it_is_denied() {
        assert!(rule("/triage.v1.IntakeService/Submit", Role::Intake).is_some());
        assert!(rule("/triage.v1.IntakeService/Submit", Role::Unit).is_none());
        assert!(rule("/triage.v1.IntakeService/GetSubmission", Role::Unit).is_none());
        for role in Role::ALL {
            assert!(rule("/triage.v1.IntakeService/Purge", *role).is_none());
            assert!(rule("/triage.v1.IntakeService/submit", *role).is_none());
        }
    }
}
