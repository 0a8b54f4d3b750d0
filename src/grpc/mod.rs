//! The gRPC edge: the only room that knows tonic and prost.
//!
//! It authenticates and authorises ([`auth`](self), one table), takes messages apart ([`pb`] to domain, every
//! violation at once), asks the [`Service`], and says its result in gRPC's words (`status`, one file). It decides
//! nothing and stores nothing, holds no clock, and never logs what a sender wrote.

mod account;
mod auth;
mod body;
mod budget;
pub mod client;
/// Public for the generated code alone.
pub mod codec;
mod connection;
mod convert;
mod intake;
mod limits;
mod listener;
mod open;
pub mod pb;
mod places;
mod reception;
mod status;
mod stream;
pub mod target;
mod tls;
mod unit;
mod whole;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::transport::Server;
use tonic::transport::server::Router;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use self::auth::Guarded;
use self::budget::{Budget, Budgets};
use self::limits::{
    CALL_BYTES, CALL_TIMEOUT, CONNECTION_WINDOW_BYTES, KEEPALIVE, KEEPALIVE_TIMEOUT, METADATA_BYTES,
    QUESTION_BYTES, REFLECTION_BYTES, SIGNING_IN_MOST, STREAM_WINDOW_BYTES, WATCH_BYTES,
};
use self::open::Open;
use self::pb::account_service_server::AccountServiceServer;
use self::pb::check_decision_request::Decision;
use self::pb::intake_service_server::IntakeServiceServer;
use self::pb::reception_service_server::ReceptionServiceServer;
use self::pb::session_service_server::SessionServiceServer;
use self::pb::unit_service_server::UnitServiceServer;
use self::places::Places;
use self::whole::Whole;
use crate::clock::pause;
use crate::domain::caller::Caller;
use crate::domain::command::Outcome;
use crate::domain::time::Timestamp;
use crate::service::{Failure, Service};

pub use self::limits::Limits;
pub use self::listener::Listener;
pub use self::places::ConnectionLimits;
pub use self::tls::{CERTIFICATE_HEALTH, Tls, TlsError, TlsFiles, client_key_of_file};

/// Why the edge cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The connections could not be served.
    #[error("gRPC cannot be served")]
    Transport(#[from] tonic::transport::Error),
    /// The descriptors of our own contract do not decode: a broken build.
    #[error("gRPC reflection cannot be built")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Serves until `shutdown` is ready, then drains: nothing new is accepted, health says `NOT_SERVING`, and streams are
/// asked to come back (`UNAVAILABLE` with a retry hint) once what they sent is answered. Waiting pulls are ended by the
/// service.
///
/// # Errors
/// When the listener or the connections fail for good, or the build is broken.
pub async fn serve(
    listener: impl Into<Listener>,
    service: Service,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let stop = CancellationToken::new();
    // Connections end when this is no longer waited for, too.
    let _ended = stop.clone().drop_guard();
    let health = HealthReporter::new();
    let clock = Box::pin(report_clock_health(service.clone(), health.clone()));
    let places = Places::new(limits.connections.clone(), stop.clone());
    let writable = service.writable();
    let work = if service.is_on_trial() { ServingStatus::NotServing } else { ServingStatus::Serving };
    health.set_service_status(WORK_HEALTH, work).await;
    let router = routes(Shared::new(service, stop.clone(), limits), &health).await?;
    let (connections, incoming) = mpsc::channel(1);
    let listening = listener.into().run(places, connections, health.clone(), stop.clone());
    let draining = async {
        tokio::select! { () = shutdown => {}, () = follow(&health, writable) => {} }
        report_health(&health, false).await;
        stop.cancel();
    };
    let serving = Box::pin(router.serve_with_incoming_shutdown(ReceiverStream::new(incoming), draining));
    tokio::select! {
        (served, ()) = async { tokio::join!(serving, listening) } => Ok(served?),
        never = clock => match never {},
    }
}

/// What health calls the handing out of work: `NOT_SERVING` on trial (试运行), while all else is served.
pub const WORK_HEALTH: &str = "triage.work";

/// What health calls the clock: a service of its own, for reading goes on while nothing is written.
const CLOCK_HEALTH: &str = "triage.clock";
/// How often the clock is looked at while nobody writes.
const CLOCK_EVERY: Duration = Duration::from_secs(2);

/// Reports to health whether the clock is trusted, now and whenever that changes; `clock::watch` logs them.
async fn report_clock_health(service: Service, health: HealthReporter) -> Infallible {
    use ServingStatus::{NotServing, Serving};
    let mut last_reported = None;
    loop {
        match service.clock_trouble().await {
            Ok(trouble) => {
                let trusted = trouble.is_none();
                if last_reported.replace(trusted) != Some(trusted) {
                    let status = if trusted { Serving } else { NotServing };
                    health.set_service_status(CLOCK_HEALTH, status).await;
                }
            }
            // Whoever writes finds the database away and says so; of the clock nothing new is known.
            Err(error) => tracing::debug!(%error, "the clock was not looked at"),
        }
        pause(CLOCK_EVERY).await;
    }
}

/// The services, health and reflection, to be served on whatever the caller has: for tests and benches.
///
/// # Errors
/// When the build is broken.
pub async fn router(service: Service, limits: Limits) -> Result<Router, ServeError> {
    routes(Shared::new(service, CancellationToken::new(), limits), &HealthReporter::new()).await
}

async fn routes(served: Shared, health: &HealthReporter) -> Result<Router, ServeError> {
    /// One service with the compression and the size limit, behind the authorisation point.
    macro_rules! guarded {
        ($server:ident, $service:expr) => {{
            let server = $server::new($service(served.clone()))
                .accept_compressed(Gzip)
                .send_compressed(Gzip)
                .max_decoding_message_size(served.limits.message_bytes);
            Guarded::new(&served, server)
        }};
    }
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(pb::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let limits = &served.limits;
    // Of both versions together.
    let reflections = Budgets::apart(limits.reflection_bytes);
    let reflected = (reflections, REFLECTION_BYTES, Some(limits.reflection));
    /// A service without a token, behind its own small bounds.
    macro_rules! open {
        ($service:expr, $bounds:expr) => {{
            let (purse, bytes, most) = $bounds;
            Open::new($service.max_decoding_message_size(QUESTION_BYTES), purse, bytes, most)
        }};
    }
    let healths = HealthServer::new(HealthService::from_health_reporter(health.clone()));
    let signing_in = (Budgets::apart(SIGNING_IN_MOST * CALL_BYTES), CALL_BYTES, Some(limits.reflection));
    let watched = (Budgets::apart(limits.watch_bytes), WATCH_BYTES, None);
    report_health(health, true).await;
    let router = Server::builder()
        .timeout(CALL_TIMEOUT)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(limits.calls_per_connection)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .http2_max_header_list_size(METADATA_BYTES)
        .add_service(Whole(open!(healths, watched)))
        .add_service(open!(reflection().build_v1()?, reflected.clone()))
        // Python's and older generic clients still ask the earlier version of the same service.
        .add_service(open!(reflection().build_v1alpha()?, reflected))
        .add_service(guarded!(IntakeServiceServer, intake::Intake))
        .add_service(guarded!(UnitServiceServer, unit::Unit))
        .add_service(guarded!(ReceptionServiceServer, reception::Reception))
        .add_service(guarded!(AccountServiceServer, account::Accounts))
        .add_service(Whole(open!(SessionServiceServer::new(account::Session(served.clone())), signing_in)));
    Ok(router)
}

/// Health says whether the database takes writes. Does not end while the service lives.
async fn follow(health: &HealthReporter, mut writable: watch::Receiver<bool>) {
    while writable.changed().await.is_ok() {
        let serving = *writable.borrow_and_update();
        report_health(health, serving).await;
    }
}

/// The empty name stands for the whole server.
async fn report_health(health: &HealthReporter, serving: bool) {
    use ServingStatus::{NotServing, Serving};
    use tonic::server::NamedService;
    let names = [
        "",
        IntakeServiceServer::<intake::Intake>::NAME,
        UnitServiceServer::<unit::Unit>::NAME,
        ReceptionServiceServer::<reception::Reception>::NAME,
    ];
    for name in names {
        health.set_service_status(name, if serving { Serving } else { NotServing }).await;
    }
}

/// What every service works with.
#[derive(Clone)]
struct Shared {
    service: Service,
    /// Cancelled when the server drains.
    stop: CancellationToken,
    limits: Limits,
    budget: Arc<Budget>,
}

/// How a writing request is taken apart.
type TakeApart<M> = fn(&M, Timestamp) -> Result<convert::Act, Failure>;

impl Shared {
    fn new(service: Service, stop: CancellationToken, limits: Limits) -> Self {
        let budget = Arc::new(Budget::new(&limits));
        Self { service, stop, limits, budget }
    }

    async fn act<M>(&self, mut request: Request<M>, take_apart: TakeApart<M>) -> Result<Outcome, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let act = take_apart(request.get_ref(), self.service.now())?;
        Ok(self.service.act(&caller, act.request_id, act.command).await?)
    }

    /// An intake or reception verb: answers with its place in the history.
    async fn note<M>(&self, request: Request<M>, take_apart: TakeApart<M>) -> Result<i64, Status> {
        match self.act(request, take_apart).await? {
            Outcome::Noted { sequence } => Ok(sequence.0),
            other => Err(unexpected("an intake or reception verb", &other).into()),
        }
    }

    /// A unit's verb on one file: answers with the file's progress.
    async fn handle<M: Named>(
        &self,
        mut request: Request<M>,
        take_apart: TakeApart<M>,
    ) -> Result<pb::Progress, Status> {
        in_own_name(&mut request);
        match self.act(request, take_apart).await? {
            Outcome::Handled { sequence, token, status, until, warnings } => {
                Ok(convert::progress(sequence, token, status, until, &warnings))
            }
            other => Err(unexpected("a unit's verb", &other).into()),
        }
    }
}

/// A request that names the officer who does it.
trait Named {
    /// Its place; none where nothing is sent that could be done.
    fn officer(&mut self) -> Option<&mut String>;
}

macro_rules! named {
    ($($request:ident),+ $(,)?) => { $(
        impl Named for pb::$request {
            fn officer(&mut self) -> Option<&mut String> {
                Some(&mut self.officer)
            }
        }
    )+ };
}
named!(
    PullRequest,
    ExtendRequest,
    SkipRequest,
    SignForRequest,
    DecideRequest,
    StepRequest,
    CloseFileRequest,
    ReturnFileRequest,
    ProlongRequest,
    RecordActRequest,
);

impl Named for pb::CheckDecisionRequest {
    fn officer(&mut self) -> Option<&mut String> {
        match self.decision.as_mut()? {
            Decision::Decide(decide) => Some(&mut decide.officer),
            Decision::Close(close) => Some(&mut close.officer),
        }
    }
}

/// A person need not say who he is. Whom else he names, the service refuses.
fn in_own_name<M: Named>(request: &mut Request<M>) {
    let me = request.extensions().get::<Caller>().and_then(|caller| caller.officer.clone());
    if let Some((me, officer)) = me.zip(request.get_mut().officer())
        && officer.is_empty()
    {
        *officer = me.to_string();
    }
}

/// An outcome of another verb than the one sent: an internal error. The outcome itself may hold personal text and is not logged.
fn unexpected(verb: &str, outcome: &Outcome) -> Failure {
    let outcome = match outcome {
        Outcome::Submitted { .. } => "submitted",
        Outcome::Imported { .. } => "imported",
        Outcome::Noted { .. } => "noted",
        Outcome::Opened { .. } => "opened",
        Outcome::Amended { .. } => "amended",
        Outcome::Pulled(_) => "pulled",
        Outcome::Handled { .. } => "handled",
        Outcome::ClockAccepted { .. } => "clock_accepted",
    };
    tracing::error!(rpc.verb = verb, outcome, "the service answered with the outcome of another verb");
    Failure::Internal
}

/// An answer that is not worth compressing: it fits into one packet or two, and compressing costs more than all else.
fn small<T>(message: T) -> Response<T> {
    let mut response = Response::new(message);
    response.disable_compression();
    response
}

#[cfg(test)]
mod tests;
