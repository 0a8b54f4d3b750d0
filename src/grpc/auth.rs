//! Who calls (promise 11): the authorisation point of this edge. Who may call what is in the service's table.
//!
//! Every service is served behind a [`Guarded`], which finds the caller of the bearer token, or of the certificate that the client has shown
//! where it sends no token, looks the method up in
//! [`METHODS`] and leaves the caller with the request. A method without an operation is denied to everyone, and a service
//! that were served without a guard would find no caller and answer nobody.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service as TowerService, http};
use tonic::server::NamedService;
use tonic::{Extensions, Status};
use tracing::Span;
use tracing::field::Empty;

use super::body::{Charged, Counted, Kept};
use super::budget::{Budget, Cost};
use super::places::Peer;
use super::{Shared, status};
use crate::clock::pause;
use crate::domain::caller::Caller;
use crate::domain::ids::BureauId;
use crate::identity::Credential;
use crate::service::{Failure, Operation, Service, Still};

/// Which operation each method asks for, and what it takes of the budget. Who may is for the service to say, in one table for all
/// edges. Health, reflection and signing in need no token.
pub(super) const METHODS: &[(&str, Operation, Cost)] = &[
    ("/triage.v1.IntakeService/Submit", Operation::Submit, Cost::Call),
    ("/triage.v1.IntakeService/SubmitStream", Operation::Submit, Cost::Stream),
    ("/triage.v1.IntakeService/Amend", Operation::Amend, Cost::Call),
    ("/triage.v1.IntakeService/Withdraw", Operation::Withdraw, Cost::Call),
    ("/triage.v1.IntakeService/Urge", Operation::Urge, Cost::Call),
    ("/triage.v1.IntakeService/GetSubmission", Operation::GetSubmission, Cost::Read),
    ("/triage.v1.IntakeService/ListChanges", Operation::ListChanges, Cost::Read),
    ("/triage.v1.IntakeService/ListUnits", Operation::ListUnits, Cost::Read),
    ("/triage.v1.UnitService/Pull", Operation::Pull, Cost::Call),
    ("/triage.v1.UnitService/Extend", Operation::Extend, Cost::Call),
    ("/triage.v1.UnitService/Skip", Operation::Skip, Cost::Call),
    ("/triage.v1.UnitService/SignFor", Operation::SignFor, Cost::Call),
    ("/triage.v1.UnitService/Decide", Operation::Decide, Cost::Call),
    ("/triage.v1.UnitService/CheckDecision", Operation::CheckDecision, Cost::Read),
    ("/triage.v1.UnitService/Step", Operation::Step, Cost::Call),
    ("/triage.v1.UnitService/CloseFile", Operation::CloseFile, Cost::Call),
    ("/triage.v1.UnitService/Prolong", Operation::Prolong, Cost::Call),
    ("/triage.v1.UnitService/RecordAct", Operation::RecordAct, Cost::Call),
    ("/triage.v1.UnitService/GetFile", Operation::GetFile, Cost::Read),
    ("/triage.v1.UnitService/ListFiles", Operation::ListFiles, Cost::Read),
    ("/triage.v1.UnitService/ReturnFile", Operation::ReturnFile, Cost::Call),
    ("/triage.v1.UnitService/Search", Operation::Search, Cost::Read),
    ("/triage.v1.UnitService/ListDue", Operation::ListDue, Cost::Read),
    ("/triage.v1.UnitService/GetEvidence", Operation::GetEvidence, Cost::Read),
    ("/triage.v1.UnitService/GetDossier", Operation::GetDossier, Cost::Read),
    ("/triage.v1.ReceptionService/Reassign", Operation::Reassign, Cost::Call),
    ("/triage.v1.ReceptionService/CutLink", Operation::CutLink, Cost::Call),
    ("/triage.v1.ReceptionService/ProposeRebalance", Operation::ProposeRebalance, Cost::Read),
    ("/triage.v1.ReceptionService/ProposePlaces", Operation::ProposePlaces, Cost::Read),
    ("/triage.v1.ReceptionService/OpenReview", Operation::OpenReview, Cost::Call),
    ("/triage.v1.ReceptionService/EndReview", Operation::EndReview, Cost::Call),
    ("/triage.v1.ReceptionService/GetFigures", Operation::GetFigures, Cost::Read),
    ("/triage.v1.AccountService/SignOut", Operation::SignOut, Cost::Call),
    ("/triage.v1.AccountService/ChangePassword", Operation::ChangePassword, Cost::Call),
    ("/triage.v1.AccountService/GetAccount", Operation::GetAccount, Cost::Call),
    ("/triage.v1.AccountService/ListAccounts", Operation::ListAccounts, Cost::Read),
    ("/triage.v1.AccountService/OpenAccount", Operation::OpenAccount, Cost::Call),
    ("/triage.v1.AccountService/SetRoles", Operation::SetRoles, Cost::Call),
    ("/triage.v1.AccountService/ResetPassword", Operation::ResetPassword, Cost::Call),
    ("/triage.v1.AccountService/CloseAccount", Operation::CloseAccount, Cost::Call),
];

/// A bearer token longer than this is not one of ours and is not looked up.
const TOKEN_BYTES_MOST: usize = 256;

/// Why a call was not let in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Denied {
    #[error("no bearer token; send metadata `authorization: Bearer TOKEN`")]
    NoToken,
    #[error("the bearer token is not known")]
    UnknownToken,
    #[error("the client's certificate stands for no caller of this bureau, and no bearer token was sent")]
    UnknownCertificate,
    #[error("your role may not call this method")]
    NotAllowed,
    #[error(transparent)]
    NoAnswer(#[from] Failure),
}

/// The caller of a request that came through a [`Guarded`].
pub(super) fn caller(extensions: &mut Extensions) -> Result<Caller, Denied> {
    extensions.remove::<Caller>().ok_or(Denied::NotAllowed)
}

/// How a call that stays open learns that it would not be let in any more, or not as the same caller.
#[derive(Clone)]
pub(super) struct TokenWatch {
    service: Service,
    shown: Credential,
    caller: Caller,
    operation: Operation,
}

/// How often a call that stays open asks.
const RECHECK_INTERVAL: Duration = Duration::from_secs(1);

impl TokenWatch {
    /// What the caller has shown.
    pub(super) fn shown(&self) -> &Credential {
        &self.shown
    }

    /// Ends when the call would not be let in any more. Without an answer it goes on: it would be cut off by a database that is away.
    pub(super) async fn revoked(self) -> Denied {
        loop {
            tokio::select! { () = pause(RECHECK_INTERVAL) => {}, () = self.service.callers_changed() => {} }
            if let Ok(Err(denied)) = self.ask(false).await {
                return denied;
            }
        }
    }

    /// Asks the database, before something is shown that was waited for.
    pub(super) async fn confirm(&self) -> Result<(), Denied> {
        self.ask(true).await?
    }

    async fn ask(&self, is_certain: bool) -> Result<Result<(), Denied>, Failure> {
        Ok(match self.service.still(&self.shown, (&self.caller, self.operation), is_certain).await? {
            Still::Allowed => Ok(()),
            Still::Unknown => Err(Denied::UnknownToken),
            Still::Not(failure) => Err(failure.into()),
        })
    }
}

/// The pass of a request that came through a [`Guarded`].
pub(super) fn pass(extensions: &mut Extensions) -> Result<TokenWatch, Denied> {
    extensions.remove::<TokenWatch>().ok_or(Denied::NotAllowed)
}

/// What a request shows, and why it is not let in where nobody is known by that.
fn shown<B>(request: &http::Request<B>) -> Result<(Credential, Denied), Denied> {
    let headers = request.headers();
    match request.extensions().get::<Peer>().and_then(Peer::client) {
        Some((key, ends_at)) if !headers.contains_key(http::header::AUTHORIZATION) => {
            let bureau = bureau(headers).ok_or(Denied::UnknownCertificate)?;
            Ok((Credential::of_certificate(bureau, key, *ends_at), Denied::UnknownCertificate))
        }
        _ => {
            let token = bearer(headers)?;
            Ok((Credential::of_token(token).ok_or(Denied::UnknownToken)?, Denied::UnknownToken))
        }
    }
}

async fn let_in(
    service: &Service,
    path: &str,
    shown: Result<(Credential, Denied), Denied>,
) -> Result<(Caller, TokenWatch, Cost), Denied> {
    let (shown, unknown) = shown?;
    let caller = service.caller(&shown).await?.ok_or(unknown)?;
    if let Some((operation, cost)) = rule(path, &caller) {
        if caller.must_change_password && !operation.is_own() {
            return Err(Failure::PasswordToChange.into());
        }
        let watch = TokenWatch { service: service.clone(), shown, caller: caller.clone(), operation };
        return Ok((caller, watch, cost));
    }
    tracing::info!(rpc.path = path, caller.id = caller.id.0, "call denied: no rule allows it");
    Err(Denied::NotAllowed)
}

/// The bureau that a caller without a token means (`bureau`): the first, where it says none. A token names its own.
fn bureau(headers: &http::HeaderMap) -> Option<BureauId> {
    match headers.get("bureau") {
        None => Some(BureauId::FIRST),
        Some(number) => number.to_str().ok()?.parse().ok().map(BureauId),
    }
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

/// What a caller asks for by a method that it may call, and what that costs.
fn rule(path: &str, caller: &Caller) -> Option<(Operation, Cost)> {
    let known = METHODS.iter().find(|(method, ..)| *method == path);
    known.filter(|(_, operation, _)| operation.allows(caller)).map(|(_, operation, cost)| (*operation, *cost))
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
    pub(super) fn new(served: &Shared, inner: S) -> Self {
        let Shared { service, budget, limits, .. } = served;
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

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let (service, budget, unread) = (self.service.clone(), Arc::clone(&self.budget), self.unread);
        // The clone goes into the future; what `poll_ready` made ready must be what is called.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(answer(service, budget, unread, inner, request))
    }
}

/// Lets a request in, and charges it until it is answered. Its span names who called and what, once both are known.
#[tracing::instrument(
    name = "rpc",
    level = "debug",
    skip_all,
    fields(rpc.path = Empty, bureau.id = Empty, caller.id = Empty)
)]
async fn answer<S>(
    service: Service,
    budget: Arc<Budget>,
    unread: Duration,
    mut inner: S,
    mut request: http::Request<Body>,
) -> Result<http::Response<Body>, Infallible>
where
    S: TowerService<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
{
    let (caller, pass, cost) = match let_in(&service, request.uri().path(), shown(&request)).await {
        Ok(known) => known,
        Err(denied) => return Ok(Status::from(denied).into_http()),
    };
    let span = Span::current();
    span.record("rpc.path", request.uri().path());
    span.record("bureau.id", caller.bureau.0).record("caller.id", caller.id.0);
    // Open until the answer is sent: its connection is not idle. None where no listener of ours is.
    let call = request.extensions_mut().remove::<Peer>().map(|peer| peer.begin(&caller));
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::caller::Role;
    use crate::domain::ids::{BureauId, CallerId};

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
        let by = |role| Caller::service(CallerId(1), BureauId(1), role, None);
        assert!(rule("/triage.v1.IntakeService/Submit", &by(Role::Intake)).is_some());
        assert!(rule("/triage.v1.IntakeService/Submit", &by(Role::Unit)).is_none());
        assert!(rule("/triage.v1.IntakeService/GetSubmission", &by(Role::Unit)).is_none());
        for role in Role::ALL {
            assert!(rule("/triage.v1.IntakeService/Purge", &by(*role)).is_none());
            assert!(rule("/triage.v1.IntakeService/submit", &by(*role)).is_none());
        }
    }
}
