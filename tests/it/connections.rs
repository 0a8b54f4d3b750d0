//! Nobody fills the service with connections: what nothing comes of is closed, and whoever has no token gives way.

use std::time::Duration;

use triage::app::FIRST_BUREAU;
use triage::clock::Clock;
use triage::domain::caller::Role;
use triage::domain::text::Line;
use triage::grpc::ConnectionLimits;
use triage::grpc::target::Target;
use triage::service::Bounds;

use crate::support::door::{Door, NEVER, Open, PREFACE, call, is_closed, silent};
use crate::support::items::{complaint, submit};
use crate::support::server::Server;
use crate::support::{Backend, TestApp, fresh, ok};

const SHORT: Duration = Duration::from_millis(50);

/// Limits that nothing runs into in a test.
fn never() -> ConnectionLimits {
    ConnectionLimits { handshake: NEVER, known: NEVER, idle: NEVER, stopping: SHORT, ..Default::default() }
}

#[tokio::test]
async fn a_connection_that_sends_nothing_is_closed() {
    let app = TestApp::spawn(Backend::Sqlite).await;
    let (door, address) = Door::open_here(&app, ConnectionLimits { handshake: SHORT, ..never() }).await;
    for stream in (0..8).map(|_| silent(address, b"")).collect::<Vec<_>>() {
        assert!(is_closed(stream).await);
    }
    door.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn a_connection_without_a_known_caller_is_closed_and_one_with_an_open_call_is_not() {
    let app = TestApp::spawn(Backend::Sqlite).await;
    let limits = ConnectionLimits { handshake: SHORT, known: SHORT, idle: SHORT, ..never() };
    let (door, address) = Door::open_here(&app, limits).await;
    let token = app.token(Role::Intake, None).await;
    let mut stream = Open::new(&mut call(&Target::plain(address.to_string()), &token).await).await;
    stream.submit("C1").await;
    // Twice: the stream's connection has outlived every limit by then.
    for _ in 0..2 {
        assert!(is_closed(silent(address, PREFACE)).await, "HTTP/2 alone is no caller");
    }
    stream.submit("C2").await;
    door.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_its_client_comes_again() {
    let app = TestApp::spawn(Backend::Sqlite).await;
    let limits = ConnectionLimits { handshake: SHORT, known: SHORT, idle: SHORT, ..never() };
    let (door, address) = Door::open_here(&app, limits).await;
    let token = app.token(Role::Intake, None).await;
    let mut intake = call(&Target::plain(address.to_string()), &token).await;
    ok(intake.submit(submit(complaint("I1", 0))).await);
    for _ in 0..2 {
        assert!(is_closed(silent(address, PREFACE)).await);
    }
    // The client may have been told in the middle of sending: then it sends again, as after any outage.
    let again = intake.submit(submit(complaint("I1", 0))).await;
    let again = if again.is_err() { intake.submit(submit(complaint("I1", 0))).await } else { again };
    assert!(ok(again).receipt.is_some());
    door.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn silent_connections_do_not_hold_up_a_stop() {
    let app = TestApp::spawn(Backend::Sqlite).await;
    let (door, address) = Door::open_here(&app, never()).await;
    let open: Vec<_> =
        [b"".as_slice(), b"PRI", PREFACE].repeat(8).into_iter().map(|bytes| silent(address, bytes)).collect();
    // Connections are taken in order: this one's answer says that the others were.
    let token = app.token(Role::Intake, None).await;
    ok(call(&Target::plain(address.to_string()), &token).await.submit(submit(complaint("S1", 0))).await);
    door.stop().await;
    for stream in open {
        assert!(is_closed(stream).await);
    }
    app.stop().await;
}

#[tokio::test]
async fn where_all_places_are_taken_whoever_has_no_token_gives_way() {
    let app = TestApp::spawn(Backend::Sqlite).await;
    let (door, address) = Door::open_here(&app, ConnectionLimits { most: 3, ..never() }).await;
    let target = Target::plain(address.to_string());
    let token = app.token(Role::Intake, None).await;
    let mut streams = Vec::new();
    for number in ["F1", "F2"] {
        let mut stream = Open::new(&mut call(&target, &token).await).await;
        stream.submit(number).await;
        streams.push(stream);
    }
    for bytes in [b"".as_slice(), PREFACE].repeat(8) {
        drop(silent(address, bytes));
    }
    let held: Vec<_> =
        [b"".as_slice(), PREFACE].repeat(8).into_iter().map(|bytes| silent(address, bytes)).collect();
    let mut third = Open::new(&mut call(&target, &token).await).await;
    third.submit("F3").await;
    for stream in held {
        assert!(is_closed(stream).await);
    }
    // All three places are held by known callers now: the next one is refused, and they go on.
    assert!(is_closed(silent(address, PREFACE)).await);
    assert!(call_fails(&target, &token).await);
    streams.push(third);
    for (number, stream) in streams.iter_mut().enumerate() {
        stream.submit(&format!("G{number}")).await;
    }
    drop(streams.pop());
    // A place is free once the server has seen the end of that connection.
    while call_fails(&target, &token).await {}
    door.stop().await;
    app.stop().await;
}

async fn call_fails(target: &Target, token: &str) -> bool {
    let Ok(channel) = target.connect().await else { return true };
    crate::support::door::called(channel, token).submit(submit(complaint("F1", 0))).await.is_err()
}

#[tokio::test]
async fn with_few_descriptors_a_flood_of_connections_leaves_callers_and_database_theirs() {
    // By the machine's clock, as the process that follows.
    let (config, directory) = fresh(Backend::Sqlite);
    let app = TestApp::spawn_with(config, directory, Bounds::default(), Clock::System, true).await;
    let name = Line::parse("测试调用方").unwrap();
    let token = app.app.add_caller(FIRST_BUREAU, Role::Intake, None, &name).await.unwrap().1;
    let (config, _directory, _) = app.stop().await;
    let server = Server::start_with_descriptors(&config, 64);
    let target = Target::plain(server.address.to_string());
    let mut before = call(&target, &token).await;
    ok(before.submit(submit(complaint("L0", 0))).await);
    let _flood: Vec<_> = (0..120).map(|_| silent(server.address, PREFACE)).collect();
    let mut after = call(&target, &token).await;
    for number in 1..=30 {
        let number = format!("L{number}");
        ok(before.submit(submit(complaint(&number, 0))).await);
        let asked = triage::grpc::pb::GetSubmissionRequest { registration_number: number };
        ok(after.get_submission(asked).await);
    }
}
