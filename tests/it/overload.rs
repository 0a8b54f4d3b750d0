//! Overload is an answer: a full lane says so, with a hint, and what is sent again gets in once.

use rstest::rstest;
use tokio::task::JoinSet;
use tonic::Code;
use tonic_types::StatusExt as _;
use triage::clock::Clock;
use triage::desk::Bounds;

use crate::support::hold::Hold;
use crate::support::items::{complaint, submit};
use crate::support::{Backend, MONDAY, TestApp, fresh, ok, rows};

const ITEMS: usize = 64;

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
    let bounds = Bounds { lane_room: 2, batch_most: 1 };
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
