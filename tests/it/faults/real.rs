//! The real server on databases that are full, held, cancelled, read-only, silent, stopped, killed.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command as Process;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;
use triage::app::{App, Config, FIRST_BUREAU};
use triage::clock::{Clock, Stopwatch};
use triage::domain::caller::Role;
use triage::domain::command::Command;
use triage::domain::text::Line;
use triage::grpc::pb;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;

use crate::support::flood::Dice;
use crate::support::hold::Hold;
use crate::support::items::{complaint, submit};
use crate::support::proxy::Proxy;
use crate::support::server::Server;
use crate::support::{BUREAU, Backend, fresh, postgres};

/// A client of a server that may answer late. No call of it waits for ever.
struct Intake {
    client: IntakeServiceClient<Channel>,
    health: HealthClient<Channel>,
    token: String,
    /// What was acknowledged.
    receipts: Vec<(pb::SubmitRequest, pb::Receipt)>,
}

/// The longest that a caller should have to wait for an answer of any kind.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

impl Intake {
    async fn connect(server: &Server, token: &str) -> Self {
        let channel =
            Endpoint::from_shared(format!("http://{}", server.address)).unwrap().connect().await.unwrap();
        let client = IntakeServiceClient::new(channel.clone());
        Self { client, health: HealthClient::new(channel), token: token.to_owned(), receipts: Vec::new() }
    }

    async fn submit(&mut self, number: &str) -> Result<(), Status> {
        let item = submit(complaint(number, 0));
        let mut request = tonic::Request::new(item.clone());
        request.set_timeout(PATIENCE);
        request.metadata_mut().insert("authorization", format!("Bearer {}", self.token).parse().unwrap());
        let receipt = self.client.submit(request).await?.into_inner().receipt.unwrap();
        self.receipts.push((item, receipt));
        Ok(())
    }

    /// Sends one submission until it is acknowledged; what it was answered before is to be sent again.
    async fn submit_until_taken(&mut self, number: &str, server: &Server) {
        while let Err(status) = self.submit(number).await {
            to_be_sent_again(&status, server);
        }
    }

    /// Every submission that was acknowledged gives its receipt again.
    async fn check(&mut self) {
        for (item, receipt) in std::mem::take(&mut self.receipts) {
            let number = item.submission.as_ref().unwrap().registration_number.clone();
            self.submit(&number).await.unwrap();
            assert_eq!(self.receipts.pop().unwrap().1, receipt);
        }
    }

    /// Waits until health says so.
    async fn health(&mut self, wanted: ServingStatus) {
        let request = HealthCheckRequest { service: String::new() };
        let mut reports = self.health.watch(request).await.unwrap().into_inner();
        let wanted = match wanted {
            ServingStatus::Serving => 1,
            _ => 2,
        };
        let reports = tokio::time::timeout(PATIENCE, async {
            while reports.message().await.unwrap().unwrap().status != wanted {}
        });
        reports.await.unwrap_or_else(|_| panic!("health never says {wanted}"));
    }
}

/// An answer with a hint that the same request may be sent again.
fn to_be_sent_again(status: &Status, server: &Server) {
    assert_eq!(status.code(), Code::Unavailable, "{status:?}\n{}", server.log());
    assert!(status.get_error_details().retry_info().is_some(), "{status:?}");
}

/// Makes the bureau; the token of its intake system.
async fn prepare(config: &Config) -> String {
    let app = App::open(config.clone(), Clock::System).await.unwrap();
    app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
    let name = Line::parse("测试调用方").unwrap();
    let (_, token) = app.add_caller(FIRST_BUREAU, Role::Intake, None, &name).await.unwrap();
    app.context.store.close().await;
    token
}

/// What is left for a log to grow, in bytes.
const ROOM_BYTES: u64 = 256 << 10;

/// A server with little room: no file may grow beyond its limit or, on the small disk named by `TRIAGE_SMALL_DISK` (mount a
/// tmpfs of some 30 MB), all the rest is taken.
struct Cramped {
    server: Server,
    ballast: Option<PathBuf>,
    token: String,
    _directory: TempDir,
}

impl Cramped {
    async fn start() -> Self {
        let (mut config, mut directory) = fresh(Backend::Sqlite);
        let disk = std::env::var_os("TRIAGE_SMALL_DISK");
        if let Some(disk) = &disk {
            directory = tempfile::tempdir_in(disk).unwrap();
            config.data = directory.path().join("data");
        }
        let token = prepare(&config).await;
        let (server, ballast) = if disk.is_some() {
            let server = Server::start(&config);
            let path = directory.path().join("ballast");
            let mut ballast = File::create(&path).unwrap();
            // Until there is no room for more.
            while ballast.write_all(&[0; 4_096]).is_ok() {}
            ballast.set_len(ballast.metadata().unwrap().len() - ROOM_BYTES).unwrap();
            (server, Some(path))
        } else {
            let bytes = std::fs::metadata(config.data.join("triage.db")).unwrap().len() + ROOM_BYTES;
            (Server::start_with_room(&config, bytes), None)
        };
        Self { server, ballast, token, _directory: directory }
    }

    fn make_room(&self) {
        match &self.ballast {
            Some(ballast) => std::fs::remove_file(ballast).unwrap(),
            None => self.server.make_room(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_the_bureau_goes_on_when_there_is_room() {
    let mut number = 0;
    let cramped = Cramped::start().await;
    let server = &cramped.server;
    let mut intake = Intake::connect(server, &cramped.token).await;
    let status = loop {
        number += 1;
        if let Err(status) = intake.submit(&format!("F{number}")).await {
            break status;
        }
    };
    to_be_sent_again(&status, server);
    intake.health(ServingStatus::NotServing).await;
    for _ in 0..3 {
        to_be_sent_again(&intake.submit(&format!("F{number}")).await.unwrap_err(), server);
    }
    cramped.make_room();
    intake
        .submit(&format!("F{number}"))
        .await
        .unwrap_or_else(|status| panic!("{status:?}\n{}", server.log()));
    intake.health(ServingStatus::Serving).await;
    let taken = intake.receipts.len();
    intake.check().await;
    eprintln!("full after {taken} acknowledged; all found");
}

/// Without a caller who dares to ask, health finds out by itself that there is room again.
#[tokio::test(flavor = "multi_thread")]
async fn health_comes_back_by_itself() {
    let cramped = Cramped::start().await;
    let mut intake = Intake::connect(&cramped.server, &cramped.token).await;
    intake.health(ServingStatus::Serving).await;
    let mut number = 0;
    while intake.submit(&format!("F{number}")).await.is_ok() {
        number += 1;
    }
    intake.health(ServingStatus::NotServing).await;
    cramped.make_room();
    let watch = Stopwatch::start();
    intake.health(ServingStatus::Serving).await;
    eprintln!("health says so {:.1?} after there was room", watch.elapsed());
}

#[rstest::rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_held_lock_is_answered_in_time(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let token = prepare(&config).await;
    let server = Server::start(&config);
    let mut intake = Intake::connect(&server, &token).await;
    let hold = Hold::take(&config).await;
    let watch = Stopwatch::start();
    to_be_sent_again(&intake.submit("H1").await.unwrap_err(), &server);
    let first = watch.elapsed();
    to_be_sent_again(&intake.submit("H1").await.unwrap_err(), &server);
    eprintln!(
        "{backend:?}: a held lock is answered after {first:.1?}, then after {:.1?}",
        watch.elapsed() - first
    );
    hold.release().await;
    intake.submit("H1").await.unwrap();
}

/// A connection of the administrator's.
async fn administrator(config: &Config) -> PgConnection {
    PgConnection::connect(config.database.as_deref().unwrap()).await.unwrap()
}

async fn tell(administrator: &mut PgConnection, sql: String) {
    sqlx::query(AssertSqlSafe(sql)).execute(administrator).await.unwrap();
}

const OTHERS: &str = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_or_ended_statement_is_done_again() {
    let (config, _directory) = fresh(Backend::Postgres);
    let token = prepare(&config).await;
    let server = Server::start(&config);
    let mut intake = Intake::connect(&server, &token).await;
    let mut administrator = administrator(&config).await;
    for (number, verb) in ["pg_cancel_backend", "pg_terminate_backend"].into_iter().enumerate() {
        let hold = Hold::take(&config).await;
        let number = format!("C{number}");
        let ended = async {
            let waits = format!("SELECT {verb}(pid) {OTHERS} AND wait_event_type = 'Lock'");
            // Twice: what is done again may be ended again.
            for _ in 0..2 {
                let mut ended = 0;
                while ended == 0 {
                    let found = sqlx::query(AssertSqlSafe(waits.clone())).fetch_all(&mut administrator).await;
                    ended = found.unwrap().len();
                }
            }
            hold.release().await;
        };
        let (taken, ()) = tokio::join!(intake.submit(&number), ended);
        taken.unwrap_or_else(|status| panic!("{verb}: {status:?}\n{}", server.log()));
    }
    intake.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_read_only_for_a_while_is_told_and_left_behind() {
    let (config, _directory) = fresh(Backend::Postgres);
    let token = prepare(&config).await;
    let server = Server::start(&config);
    let mut intake = Intake::connect(&server, &token).await;
    intake.submit("R0").await.unwrap();
    let mut administrator = administrator(&config).await;
    let (_, name) = config.database.as_deref().unwrap().rsplit_once('/').unwrap();
    tell(&mut administrator, format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    tell(&mut administrator, format!("SELECT pg_terminate_backend(pid) {OTHERS}")).await;
    to_be_sent_again(&intake.submit("R1").await.unwrap_err(), &server);
    intake.health(ServingStatus::NotServing).await;
    tell(&mut administrator, "SET default_transaction_read_only = off".to_owned()).await;
    tell(&mut administrator, format!("ALTER DATABASE {name} RESET default_transaction_read_only")).await;
    intake.submit("R1").await.unwrap_or_else(|status| panic!("{status:?}\n{}", server.log()));
    intake.health(ServingStatus::Serving).await;
    intake.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_go_silent_are_left_behind() {
    let (config, _directory) = fresh(Backend::Postgres);
    let token = prepare(&config).await;
    let url = config.database.clone().unwrap();
    let (server, name) = url.rsplit_once('/').unwrap();
    let (user, place) = server.rsplit_once('@').unwrap();
    let proxy = Proxy::to(place.to_owned()).await;
    let through = Config { database: Some(format!("{user}@{}/{name}", proxy.address)), ..config };
    let server = Server::start(&through);
    let mut intake = Intake::connect(&server, &token).await;
    intake.submit("S0").await.unwrap();
    proxy.silence();
    let watch = Stopwatch::start();
    intake.submit_until_taken("S1", &server).await;
    eprintln!("silent connections: the first good answer after {:.1?}", watch.elapsed());
    intake.health(ServingStatus::Serving).await;
    intake.check().await;
}

/// The process ids of a server and its children.
fn processes(directory: &str) -> Vec<String> {
    let file = std::fs::read_to_string(format!("{directory}/postmaster.pid")).unwrap();
    let postmaster = file.lines().next().unwrap().to_owned();
    let children = Process::new("ps").args(["-o", "pid=", "--ppid", &postmaster]).output().unwrap();
    let children = String::from_utf8(children.stdout).unwrap();
    std::iter::once(postmaster).chain(children.split_whitespace().map(str::to_owned)).collect()
}

fn signal(signal: &str, processes: &[String]) {
    // One of them may be gone by now.
    Process::new("kill").arg(signal).args(processes).status().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_server_that_is_stopped_or_killed_is_found_again() {
    let cluster = postgres::start(&["--restart"]);
    let (config, _directory) = fresh(Backend::Sqlite);
    let config = Config { database: Some(cluster.url.clone()), ..config };
    let token = prepare(&config).await;
    let directory: String =
        sqlx::query_scalar("SHOW data_directory").fetch_one(&mut administrator(&config).await).await.unwrap();
    let server = Server::start(&config);
    let mut intake = Intake::connect(&server, &token).await;
    intake.submit("P0").await.unwrap();

    let all = processes(&directory);
    signal("-STOP", &all);
    to_be_sent_again(&intake.submit("P1").await.unwrap_err(), &server);
    intake.health(ServingStatus::NotServing).await;
    signal("-CONT", &all);
    let watch = Stopwatch::start();
    intake.submit_until_taken("P1", &server).await;
    eprintln!("stopped for a while: the first good answer {:.1?} after it went on", watch.elapsed());
    intake.health(ServingStatus::Serving).await;

    signal("-KILL", &processes(&directory));
    let watch = Stopwatch::start();
    intake.submit_until_taken("P2", &server).await;
    eprintln!("killed and started again: the first good answer {:.1?} after the kill", watch.elapsed());
    intake.health(ServingStatus::Serving).await;
    intake.check().await;
}

/// Readers who hang up: more than a caller may have at once.
const HANGING_UP: u64 = 24;
/// Submissions beside them.
const BESIDE: u32 = 50;

#[rstest::rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn readers_who_hang_up_cost_nobody_a_submission(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let token = prepare(&config).await;
    let server = Server::start(&config);
    let mut intake = Intake::connect(&server, &token).await;
    // On a connection of its own: h2 closes one on which calls are given up faster than they are looked at.
    let crowd = Intake::connect(&server, &token).await;
    let mut hanging_up = tokio::task::JoinSet::new();
    for reader in 0..HANGING_UP {
        let (mut client, token) = (crowd.client.clone(), token.clone());
        hanging_up.spawn(async move {
            let mut dice = Dice(reader);
            loop {
                let mut request = tonic::Request::new(pb::ListChangesRequest::default());
                request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
                let soon = std::time::Duration::from_micros(1_000 + dice.below(5_000));
                // Whether there was an answer in time is of no concern.
                let _ = tokio::time::timeout(soon, client.list_changes(request)).await;
            }
        });
    }
    let mut took = Vec::new();
    for number in 0..BESIDE {
        let watch = Stopwatch::start();
        let taken = intake.submit(&format!("B{number}")).await;
        taken.unwrap_or_else(|status| panic!("{status:?}\n{}", server.log()));
        took.push(watch.elapsed());
    }
    hanging_up.shutdown().await;
    took.sort_unstable();
    eprintln!(
        "{backend:?}: beside readers who hang up, submissions took {:.1?}, at most {:.1?}",
        took[25], took[49]
    );
    intake.check().await;
}
