//! A trial run (试运行): the real server takes in, scores, routes and shows, hands out no work and escalates nothing.

use rstest::rstest;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;
use triage::app::{App, FIRST_BUREAU};
use triage::clock::Clock;
use triage::domain::caller::{Caller, Role};
use triage::domain::command::Command;
use triage::domain::ids::{CallerId, UnitId};
use triage::domain::text::Line;
use triage::grpc::WORK_HEALTH;
use triage::grpc::pb;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::reception_service_client::ReceptionServiceClient;
use triage::grpc::pb::unit_service_client::UnitServiceClient;
use triage::lifecycle::Lifecycle;
use triage::service::{Bounds, Failure, Operation, Service};

use crate::support::items::{complaint, report, submit};
use crate::support::officers::new_id;
use crate::support::server::Server;
use crate::support::{BUREAU, Backend, MONDAY, file, fresh, ok, rows};

/// A call with a token.
fn by<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

async fn channel(server: &Server) -> Channel {
    Endpoint::from_shared(format!("http://{}", server.address)).unwrap().connect().await.unwrap()
}

async fn work_health(channel: Channel) -> i32 {
    let asked = HealthCheckRequest { service: WORK_HEALTH.to_owned() };
    HealthClient::new(channel).check(asked).await.unwrap().into_inner().status
}

/// Files that a warning was given of, and files that wait for an officer.
const ESCALATED: &str = "SELECT COUNT(*) FROM file WHERE warned_at IS NOT NULL";
const WAITING: &str =
    "SELECT COUNT(*) FROM file WHERE status = 1 AND leased_until IS NULL AND officer IS NULL";

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_trial_routes_and_hands_out_nothing(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    // By the machine's clock, as the process that follows.
    let app = App::open(config.clone(), Clock::System).await.unwrap();
    app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
    let mut tokens = Vec::new();
    for (role, unit) in [(Role::Intake, None), (Role::Unit, Some("east")), (Role::Reception, None)] {
        let unit = unit.map(|unit| UnitId::parse(unit).unwrap());
        tokens.push(app.add_caller(FIRST_BUREAU, role, unit, &Line::parse("测试").unwrap()).await.unwrap().1);
    }
    app.context.store.close().await;

    let server = Server::start_serving(&config, &["--listen", "127.0.0.1:0", "--trial"]);
    let channel_of = channel(&server).await;
    let mut intake = IntakeServiceClient::new(channel_of.clone());
    let receipt = ok(intake.submit(by(&tokens[0], submit(complaint("T1", 0)))).await).receipt.unwrap();
    let decided = receipt.decisions[0].clone();
    assert_eq!(decided.routing.unwrap().unit, "east");
    assert!(decided.suspicion.is_some(), "a trial scores");
    ok(intake.submit(by(&tokens[0], submit(report("T2", 5)))).await);

    let mut unit = UnitServiceClient::new(channel_of.clone());
    let pull = pb::PullRequest {
        request_id: new_id(),
        officer: "e1".to_owned(),
        track: pb::Track::Complaint as i32,
        max_files: 1,
        wait: Some(prost_types::Duration { seconds: 30, nanos: 0 }),
    };
    let refused = unit.pull(by(&tokens[1], pull)).await.unwrap_err();
    let details = refused.get_error_details();
    assert_eq!(
        (refused.code(), details.error_info().unwrap().reason.as_str()),
        (Code::FailedPrecondition, "ON_TRIAL")
    );
    let zh = details.localized_message().unwrap().clone();
    assert!(zh.locale == "zh-CN" && zh.message.contains("试运行期间不派件"), "{zh:?}");
    let moved = pb::ReassignRequest {
        request_id: new_id(),
        file: file("T1", "complaint"),
        unit: "west".to_owned(),
        reason: "试".to_owned(),
    };
    let refused = ReceptionServiceClient::new(channel_of.clone()).reassign(by(&tokens[2], moved)).await;
    assert_eq!(refused.unwrap_err().get_error_details().error_info().unwrap().reason, "ON_TRIAL");
    // What is there can be looked at.
    let listed =
        pb::ListFilesRequest { track: pb::Track::Complaint as i32, ..pb::ListFilesRequest::default() };
    assert_eq!(ok(unit.list_files(by(&tokens[1], listed)).await).files.len(), 1);
    assert_eq!(work_health(channel_of).await, ServingStatus::NotServing as i32);
    assert_eq!(rows::rows(&config, WAITING).await, ["2"]);
    drop(server);

    // The same directory served live hands it out.
    let server = Server::start_serving(&config, &["--listen", "127.0.0.1:0"]);
    let channel_of = channel(&server).await;
    assert_eq!(work_health(channel_of.clone()).await, ServingStatus::Serving as i32);
    let pull = pb::PullRequest {
        request_id: new_id(),
        officer: "e1".to_owned(),
        track: pb::Track::Complaint as i32,
        max_files: 1,
        wait: None,
    };
    assert_eq!(ok(UnitServiceClient::new(channel_of).pull(by(&tokens[1], pull)).await).files.len(), 1);
}

/// Nothing is escalated, whoever asks; and every operation is either of a trial or refused with the reason.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_trial_escalates_nothing(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let clock = Clock::manual(MONDAY);
    let app = App::open(config.clone(), clock.clone()).await.unwrap();
    app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
    let life = Lifecycle::default();
    let bounds = Bounds::default();
    let trial = Service::on_trial(app.context.clone(), clock.clone(), bounds, life.clone());
    let live = Service::new(app.context.clone(), clock.clone(), bounds, life.clone());
    let intake = Caller::service(CallerId(1), FIRST_BUREAU, Role::Intake, None);
    let facts = serde_json::json!({
        "number": "T1",
        "received": { "at": MONDAY.0 - 60_000_000 },
        "complainant": { "name": "王某" },
        "respondent": { "name": "东街蛋糕房", "premises": "东街街道一号" },
        "complaint": { "text": "买到的蛋糕有异物" },
    });
    let command = Command::Submit(serde_json::from_value(facts).unwrap());
    let id = triage::domain::ids::RequestId::parse("t1").unwrap();
    trial.act(&intake, id, command).await.unwrap();
    clock.advance(std::time::Duration::from_secs(24 * 3600));
    let refused = trial.escalate(FIRST_BUREAU).await.unwrap_err();
    assert!(matches!(&refused, Failure::Refused(refusal) if refusal.reason() == "ON_TRIAL"), "{refused}");
    assert_eq!(rows::rows(&config, ESCALATED).await, ["0"]);
    assert_eq!(live.escalate(FIRST_BUREAU).await.unwrap(), 1);
    assert_eq!(rows::rows(&config, ESCALATED).await, ["1"]);
    let refused: Vec<&Operation> = Operation::ALL.iter().filter(|one| !one.is_of_trial()).collect();
    assert_eq!(refused.len(), 14, "{refused:?}");
    life.stop();
    life.drained().cancel();
    app.context.store.close().await;
}
