//! Who may call what (promise 11): the one authorisation point, and the one table of rules.
//!
//! Every service is served behind a [`Guarded`], which finds the caller of the bearer token, looks the method up in
//! [`POLICY`] and leaves the caller with the request. A method without a rule is denied to everyone, and a service
//! that were served without a guard would find no caller and answer nobody.

use std::convert::Infallible;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;
use tonic::{Extensions, Status};

use super::connection::Peer;
use crate::desk::{Desk, Failure};
use crate::domain::caller::{Caller, Role};

/// Which roles may call which method. Health and reflection are open and stand outside.
pub(super) const POLICY: &[(&str, &[Role])] = &[
    ("/triage.v1.IntakeService/Submit", &[Role::Intake]),
    ("/triage.v1.IntakeService/SubmitStream", &[Role::Intake]),
    ("/triage.v1.IntakeService/Amend", &[Role::Intake]),
    ("/triage.v1.IntakeService/Withdraw", &[Role::Intake]),
    ("/triage.v1.IntakeService/Urge", &[Role::Intake]),
    ("/triage.v1.IntakeService/GetSubmission", &[Role::Intake, Role::Reception]),
    ("/triage.v1.IntakeService/ListChanges", &[Role::Intake]),
    ("/triage.v1.UnitService/Pull", HANDLERS),
    ("/triage.v1.UnitService/Extend", HANDLERS),
    ("/triage.v1.UnitService/Skip", HANDLERS),
    ("/triage.v1.UnitService/SignFor", HANDLERS),
    ("/triage.v1.UnitService/Decide", HANDLERS),
    ("/triage.v1.UnitService/Step", HANDLERS),
    ("/triage.v1.UnitService/Close", HANDLERS),
    ("/triage.v1.UnitService/Prolong", HANDLERS),
    // The reception unit has nobody to give a file back to: it reassigns.
    ("/triage.v1.UnitService/Return", &[Role::Unit]),
    ("/triage.v1.UnitService/Search", HANDLERS),
    ("/triage.v1.UnitService/ListDue", HANDLERS),
    ("/triage.v1.UnitService/GetEvidence", HANDLERS),
    ("/triage.v1.ReceptionService/Reassign", &[Role::Reception]),
    ("/triage.v1.ReceptionService/CutLink", &[Role::Reception]),
    ("/triage.v1.ReceptionService/ProposeRebalance", &[Role::Reception]),
    ("/triage.v1.ReceptionService/OpenReview", &[Role::Reception]),
    ("/triage.v1.ReceptionService/EndReview", &[Role::Reception]),
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

async fn let_in(desk: &Desk, path: &str, headers: &http::HeaderMap) -> Result<Caller, Denied> {
    let token = bearer(headers)?;
    let caller = desk.caller(token).await?.ok_or(Denied::UnknownToken)?;
    if allows(path, caller.role) {
        return Ok(caller);
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

fn allows(path: &str, role: Role) -> bool {
    POLICY.iter().any(|(method, roles)| *method == path && roles.contains(&role))
}

/// A service behind the authorisation point.
#[derive(Clone)]
pub(super) struct Guarded<S> {
    desk: Desk,
    inner: S,
}

impl<S> Guarded<S> {
    pub(super) fn new(desk: Desk, inner: S) -> Self {
        Self { desk, inner }
    }
}

impl<S: NamedService> NamedService for Guarded<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Guarded<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
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
        let desk = self.desk.clone();
        // The clone goes into the future; what `poll_ready` made ready must be what is called.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            match let_in(&desk, request.uri().path(), request.headers()).await {
                Ok(caller) => {
                    // Open until the answer is sent: its connection is not idle. None where no listener of ours is.
                    let call = request.extensions_mut().remove::<Peer>().map(|peer| peer.begin());
                    request.extensions_mut().insert(caller);
                    let response = inner.call(request).await?;
                    Ok(match call {
                        Some(call) => response.map(|body| call.until_sent(body)),
                        None => response,
                    })
                }
                Err(denied) => Ok(Status::from(denied).into_http()),
            }
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
        assert!(allows("/triage.v1.IntakeService/Submit", Role::Intake));
        assert!(!allows("/triage.v1.IntakeService/Submit", Role::Unit));
        assert!(!allows("/triage.v1.IntakeService/GetSubmission", Role::Unit));
        for role in Role::ALL {
            assert!(!allows("/triage.v1.IntakeService/Purge", *role));
            assert!(!allows("/triage.v1.IntakeService/submit", *role));
        }
    }
}
