//! The harness: a real bureau on a real database behind a real gRPC server, and a clock moved by hand.

pub(crate) mod authority;
pub(crate) mod busy;
pub(crate) mod door;
pub(crate) mod dump;
pub(crate) mod flood;
pub(crate) mod histories;
pub(crate) mod hold;
pub(crate) mod items;
pub(crate) mod models;
pub(crate) mod officers;
pub(crate) mod postgres;
pub(crate) mod proofs;
pub(crate) mod proxy;
pub(crate) mod rows;
pub(crate) mod server;
pub(crate) mod tamper;
pub(crate) mod world;

use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use triage::app::{App, Config, FIRST_BUREAU};
use triage::clock::Clock;
use triage::domain::caller::Role;
use triage::domain::command::Command;
use triage::domain::ids::{CallerId, UnitId};
use triage::domain::text::Line;
use triage::domain::time::Timestamp;
use triage::grpc::pb;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::reception_service_client::ReceptionServiceClient;
use triage::grpc::pb::unit_service_client::UnitServiceClient;
use triage::ledger::Context;
use triage::lifecycle::Lifecycle;
use triage::routing::LoadBasis;
use triage::service::{Bounds, Service};
use triage::store::{Limits, Store};

/// Each behaviour is tested on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// The test's bureau file.
pub(crate) const BUREAU: &str = include_str!("bureau.toml");

/// 2026-06-01 09:00:00 UTC+8, a Monday under Order 121.
pub(crate) const MONDAY: Timestamp = Timestamp(1_780_275_600_000_000);

/// A client of one caller.
pub(crate) type Called = InterceptedService<Channel, Bearer>;

/// Puts the token on every call.
#[derive(Debug, Clone)]
pub(crate) struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// A served bureau.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) config: Config,
    pub(crate) life: Lifecycle,
    pub(crate) address: std::net::SocketAddr,
    channel: Channel,
    serving: JoinHandle<()>,
    pub(crate) directory: TempDir,
}

/// A fresh directory, in memory where there is room.
pub(crate) fn directory() -> TempDir {
    tempfile::tempdir_in(postgres::scratch()).unwrap()
}

/// A configuration with a fresh directory and a fresh database.
pub(crate) fn fresh(backend: Backend) -> (Config, TempDir) {
    let directory = directory();
    let database = (backend == Backend::Postgres).then(postgres::fresh_database);
    (Config { data: directory.path().join("data"), database }, directory)
}

/// Another empty database with the same keys.
pub(crate) fn beside(config: &Config, directory: &TempDir, name: &str) -> Config {
    if config.database.is_some() {
        return Config { data: config.data.clone(), database: Some(postgres::fresh_database()) };
    }
    let data = directory.path().join(name);
    for made in [&config.data, &data] {
        std::fs::create_dir_all(made).unwrap();
    }
    let key = config.data.join("identity.key");
    triage::identity::Identity::open(&key).unwrap();
    std::fs::copy(&key, data.join("identity.key")).unwrap();
    Config { data, database: None }
}

/// An empty database beside another, with the same keys: for replays and for second processes.
pub(crate) async fn scratch_context(
    config: &Config,
    directory: &TempDir,
    name: &str,
    basis: LoadBasis,
) -> Context {
    let store =
        Store::open(&directory.path().join(name).display().to_string(), Limits::default()).await.unwrap();
    store.migrate().await.unwrap();
    let key = config.data.join("identity.key");
    Context::new(store, triage::identity::Identity::open(&key).unwrap(), basis)
}

impl TestApp {
    /// The test's bureau, served on a free port of this machine, with the clock standing at [`MONDAY`].
    pub(crate) async fn spawn(backend: Backend) -> Self {
        let (config, directory) = fresh(backend);
        Self::spawn_with(config, directory, Bounds::default(), Clock::manual(MONDAY), true).await
    }

    /// As [`TestApp::spawn`] with everything chosen. A second process on one database does not load the bureau again.
    pub(crate) async fn spawn_with(
        config: Config,
        directory: TempDir,
        bounds: Bounds,
        clock: Clock,
        load: bool,
    ) -> Self {
        let limits = triage::grpc::Limits::default();
        Self::spawn_within(config, directory, (bounds, limits), clock, load).await
    }

    /// As [`TestApp::spawn_with`], with what the wire may take.
    pub(crate) async fn spawn_within(
        config: Config,
        directory: TempDir,
        (bounds, limits): (Bounds, triage::grpc::Limits),
        clock: Clock,
        load: bool,
    ) -> Self {
        let app = App::open(config.clone(), clock.clone()).await.unwrap();
        if load {
            let command = Command::LoadBureau { content: BUREAU.to_owned().into() };
            app.act(FIRST_BUREAU, command).await.unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let life = Lifecycle::default();
        let service = Service::new(app.context.clone(), clock.clone(), bounds, life.clone());
        let serving = {
            let life = life.clone();
            tokio::spawn(async move {
                let stopping = life.stopping();
                life.run(triage::grpc::serve(listener, service, limits, stopping)).await.unwrap();
            })
        };
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        Self { app, clock, config, life, address, channel, serving, directory }
    }

    /// A new caller's token.
    pub(crate) async fn token(&self, role: Role, unit: Option<&str>) -> String {
        let unit = unit.map(|unit| UnitId::parse(unit).unwrap());
        let name = Line::parse("测试调用方").unwrap();
        self.app.add_caller(FIRST_BUREAU, role, unit, &name).await.unwrap().1
    }

    /// The channel with a token on every call.
    pub(crate) fn called_by(&self, token: &str) -> Called {
        let value = format!("Bearer {token}").parse().unwrap();
        InterceptedService::new(self.channel.clone(), Bearer(value))
    }

    /// The bare channel: no token.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The 12315 intake system.
    pub(crate) async fn intake(&self) -> IntakeServiceClient<Called> {
        IntakeServiceClient::new(self.called_by(&self.token(Role::Intake, None).await))
    }

    /// A unit of the bureau.
    pub(crate) async fn unit(&self, unit: &str) -> UnitServiceClient<Called> {
        UnitServiceClient::new(self.called_by(&self.token(Role::Unit, Some(unit)).await))
    }

    /// The reception unit, as reception and as a unit with a queue.
    pub(crate) async fn reception(&self) -> (ReceptionServiceClient<Called>, UnitServiceClient<Called>) {
        let token = self.token(Role::Reception, None).await;
        let called = self.called_by(&token);
        (ReceptionServiceClient::new(called.clone()), UnitServiceClient::new(called))
    }

    /// Moves the clock.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Ends a caller's token.
    pub(crate) async fn revoke(&self, caller: CallerId) {
        assert!(self.app.revoke_caller(FIRST_BUREAU, caller).await.unwrap());
    }

    /// Stops as on a first signal and waits for the end.
    pub(crate) async fn stop(self) -> (Config, TempDir, Clock) {
        self.life.stop();
        self.serving.await.unwrap();
        self.app.context.store.close().await;
        (self.config, self.directory, self.clock)
    }
}

/// Machine-readable reason and violated fields of a refusal.
pub(crate) fn refusal(status: &Status) -> (String, Vec<String>) {
    use tonic_types::StatusExt as _;
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone()).unwrap_or_default();
    let fields = details
        .bad_request()
        .map(|bad| bad.field_violations.iter().map(|violation| violation.field.clone()).collect())
        .unwrap_or_default();
    (reason, fields)
}

/// Name of a file.
pub(crate) fn file(number: &str, track: &str) -> String {
    format!("submissions/{number}/files/{track}")
}

/// A unary call's answer.
pub(crate) fn ok<T>(response: Result<tonic::Response<T>, Status>) -> T {
    match response {
        Ok(response) => response.into_inner(),
        Err(status) => panic!("{:?} {} {:?}", status.code(), status.message(), refusal(&status)),
    }
}

/// The token of a pulled file.
pub(crate) fn lease(file: &pb::File) -> i64 {
    file.state.as_ref().unwrap().token.unwrap()
}
