//! Overload is an answer: a full lane says so, with a hint, and what is sent again gets in once.

use std::time::Duration;

use rstest::rstest;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Code, Status, Streaming};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_types::StatusExt as _;
use triage::clock::Clock;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::submit_stream_response::Answer;
use triage::grpc::{Limits, pb};
use triage::service::Bounds;

use crate::support::hold::Hold;
use crate::support::items::{complaint, submit};
use crate::support::{Backend, Called, MONDAY, TestApp, fresh, ok, rows};

const ITEMS: usize = 64;

/// The two ends of an open `SubmitStream`.
type Open = (UnboundedSender<pb::SubmitStreamRequest>, Streaming<pb::SubmitStreamResponse>);

async fn open(intake: &mut IntakeServiceClient<Called>) -> Result<Open, Status> {
    let (items, sent) = unbounded_channel();
    let answers = intake.submit_stream(UnboundedReceiverStream::new(sent)).await?;
    Ok((items, answers.into_inner()))
}

fn item(number: &str) -> pb::SubmitStreamRequest {
    let pb::SubmitRequest { request_id, submission } = submit(complaint(number, 0));
    pb::SubmitStreamRequest { request_id, submission }
}

fn pull(id: &str, wait_s: i64) -> pb::PullRequest {
    pb::PullRequest {
        request_id: id.to_owned(),
        officer: "e1".to_owned(),
        track: pb::Track::Complaint as i32,
        max_files: 9,
        wait: Some(prost_types::Duration { seconds: wait_s, nanos: 0 }),
    }
}

fn search() -> pb::SearchRequest {
    let by = pb::search_request::By::Phone("13900000001".to_owned());
    pb::SearchRequest { by: Some(by), ..Default::default() }
}

/// An answer that is there, now or soon; one that never comes is a failure of the test.
async fn soon<T>(answer: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), answer).await.unwrap()
}

/// A refusal for want of room, with when to try again.
fn is_full(status: &Status) -> bool {
    let details = status.get_error_details();
    status.code() == Code::ResourceExhausted
        && details.error_info().is_some_and(|info| info.reason == "FULL")
        && details.retry_info().is_some_and(|info| info.retry_delay.is_some())
}

async fn taken(app: &TestApp) -> usize {
    rows::rows(&app.config, "SELECT sequence FROM submission").await.len()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_full_lane_is_an_answer_and_a_retry_gets_in_once(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    // Two works waiting, one being settled: no more than three of sixty-four have a place while nothing moves.
    let bounds = Bounds { lane_room: 2, batch_most: 1, ..Bounds::default() };
    let app = TestApp::spawn_with(config, directory, bounds, Clock::manual(MONDAY), true).await;
    let mut intake = app.intake().await;
    let hold = Hold::take(&app.config).await;
    let mut calls = JoinSet::new();
    for number in 0..ITEMS {
        let mut intake = intake.clone();
        calls.spawn(async move { intake.submit(submit(complaint(&format!("O{number}"), 0))).await });
    }
    for _ in 0..ITEMS - 3 {
        let status = calls.join_next().await.unwrap().unwrap().unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{}", status.message());
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "FULL");
        assert!(details.retry_info().unwrap().retry_delay.is_some());
    }
    hold.release().await;
    let done = calls.join_all().await.iter().filter(|answer| answer.is_ok()).count();
    assert!(done >= 2, "what has a place waits, and is done");
    assert_eq!(taken(&app).await, done, "what was refused was not taken");

    for number in 0..ITEMS {
        ok(intake.submit(submit(complaint(&format!("O{number}"), 0))).await);
    }
    assert_eq!(taken(&app).await, ITEMS, "what was taken was not taken again");
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn with_the_lane_full_of_stream_items_a_pull_and_a_search_are_let_in(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    // One being settled and two waiting fill a lane without a room for streams.
    let bounds = Bounds { lane_room: 2, batch_most: 1, ..Bounds::default() };
    let app = TestApp::spawn_with(config, directory, bounds, Clock::manual(MONDAY), true).await;
    let (mut intake, unit) = (app.intake().await, app.unit("east").await);
    let hold = Hold::take(&app.config).await;
    let (items, mut answers) = open(&mut intake).await.unwrap();
    for number in ["S1", "S2", "S3"] {
        items.send(item(number)).unwrap();
    }
    // What is wrong is answered at once: by then those before it wait for the lane.
    items.send(pb::SubmitStreamRequest { request_id: "wrong".to_owned(), submission: None }).unwrap();
    assert_eq!(soon(answers.message()).await.unwrap().unwrap().request_id, "wrong");
    let mut calls = JoinSet::new();
    let pull = pull("pull", 0);
    let search = search();
    calls.spawn({
        let mut unit = unit.clone();
        async move { unit.pull(pull).await.map(|_| ()) }
    });
    calls.spawn(async move { { unit }.search(search).await.map(|_| ()) });
    hold.release().await;
    for answer in calls.join_all().await {
        answer.unwrap();
    }
    for _ in 0..3 {
        let answer = soon(answers.message()).await.unwrap().unwrap().answer.unwrap();
        assert!(matches!(answer, Answer::Receipt(_)), "{answer:?}");
    }
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_caller_has_so_many_streams_and_another_has_its_own(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (mut one, mut other) = (app.intake().await, app.intake().await);
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(open(&mut one).await.unwrap());
    }
    let refused = open(&mut one).await.unwrap_err();
    assert!(is_full(&refused), "{refused:?}");
    let (items, mut answers) = open(&mut other).await.unwrap();
    items.send(item("T1")).unwrap();
    let answer = soon(answers.message()).await.unwrap().unwrap().answer.unwrap();
    assert!(matches!(answer, Answer::Receipt(_)), "{answer:?}");
    // One that has ended makes room for the next.
    drop(streams.pop());
    let next = async {
        loop {
            match open(&mut one).await {
                Ok(open) => return open,
                Err(status) => assert!(is_full(&status), "{status:?}"),
            }
        }
    };
    soon(next).await;
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn however_a_call_ends_its_bytes_come_back(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    // Room for one page to be read and one stream beside it, to the last byte.
    let room = (2 << 20) + (512 << 10);
    let limits = Limits { bytes_in_flight: room, caller_bytes: room, ..Limits::default() };
    let bounds = (Bounds::default(), limits);
    let app = TestApp::spawn_within(config, directory, bounds, Clock::manual(MONDAY), true).await;
    let (mut intake, mut unit) = (app.intake().await, app.unit("east").await);
    for round in 0..8 {
        // Answered, refused, too large, given up by the client, and a stream that is dropped with items on their way.
        ok(intake.submit(submit(complaint(&format!("E{round}"), 0))).await);
        let mut wrong = submit(complaint("", 0));
        assert_eq!(intake.submit(wrong.clone()).await.unwrap_err().code(), Code::InvalidArgument);
        wrong.request_id = "w".repeat(300 << 10);
        let status = intake.submit(wrong).await.unwrap_err();
        assert_eq!(status.get_error_details().error_info().unwrap().reason, "TOO_LARGE");
        let waiting = tokio::spawn({
            let mut unit = app.unit("west").await;
            async move { unit.pull(pull("waits", 60)).await }
        });
        let (items, mut answers) = open(&mut intake).await.unwrap();
        for number in 0..4 {
            items.send(item(&format!("E{round}-{number}"))).unwrap();
        }
        soon(answers.message()).await.unwrap();
        waiting.abort();
    }
    // Both at once have room only when nothing else is held.
    let both = async {
        loop {
            let stream = open(&mut intake).await;
            match (&stream, unit.search(search()).await) {
                (Ok(_), Ok(found)) => return found.into_inner().files.len(),
                (stream, found) => {
                    for refused in [stream.as_ref().err(), found.as_ref().err()].into_iter().flatten() {
                        assert!(is_full(refused), "{refused:?}");
                    }
                }
            }
        }
    };
    assert!(soon(both).await > 0);
    app.stop().await;
}

#[tokio::test]
async fn reflection_takes_short_questions_on_few_streams() {
    let app = TestApp::spawn(Backend::Sqlite).await;
    let ask = |symbol: String| ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol(symbol)),
    };
    let mut client = ServerReflectionClient::new(app.channel());
    let mut streams = Vec::new();
    let refused = loop {
        let (questions, asked) = unbounded_channel();
        questions.send(ask("triage.v1.IntakeService".to_owned())).unwrap();
        match client.server_reflection_info(UnboundedReceiverStream::new(asked)).await {
            Ok(answers) => {
                let mut answers = answers.into_inner();
                assert!(soon(answers.message()).await.unwrap().is_some());
                streams.push((questions, answers));
            }
            Err(status) => break status,
        }
    };
    assert!(is_full(&refused), "{refused:?}");
    assert_eq!(streams.len(), 16);
    // Streams without a token are nobody's but their own: callers and health go on.
    ok(app.intake().await.submit(submit(complaint("F1", 0))).await);
    let (questions, mut answers) = streams.pop().unwrap();
    questions.send(ask("x".repeat(900 << 10))).unwrap();
    // It ends without an answer, which would repeat the question.
    assert!(!matches!(soon(answers.message()).await, Ok(Some(_))));
    app.stop().await;
}
