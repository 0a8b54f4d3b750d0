//! Overload is an answer: a full lane says so, with a hint, and what is sent again gets in once.

use rstest::rstest;
use tokio::task::JoinSet;
use tonic::Code;
use tonic_types::StatusExt as _;
use triage::clock::Clock;
use triage::desk::Bounds;

use crate::support::items::{complaint, submit};
use crate::support::{Backend, MONDAY, TestApp, fresh, ok};

const ITEMS: i64 = 64;

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_full_lane_is_an_answer_and_a_retry_gets_in_once(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    // One work waiting, one being settled: of sixty-four at once most find no room.
    let bounds = Bounds { lane_room: 1, batch_most: 1 };
    let app = TestApp::spawn_with(config, directory, bounds, Clock::manual(MONDAY), true).await;
    let intake = app.intake().await;
    let mut calls = JoinSet::new();
    for number in 0..ITEMS {
        let mut intake = intake.clone();
        calls.spawn(async move { intake.submit(submit(complaint(&format!("O{number}"), number))).await });
    }
    let mut full = 0;
    for answer in calls.join_all().await {
        let Err(status) = answer else { continue };
        assert_eq!(status.code(), Code::ResourceExhausted, "{}", status.message());
        assert!(status.get_error_details().retry_info().unwrap().retry_delay.is_some());
        full += 1;
    }
    assert!(full > 0, "sixty-four at once found room for all in a lane of one");

    let mut intake = intake;
    let mut repeats = 0;
    for number in 0..ITEMS {
        let receipt = ok(intake.submit(submit(complaint(&format!("O{number}"), number))).await).receipt;
        repeats += i64::from(receipt.unwrap().repeat);
    }
    assert_eq!(repeats, ITEMS - full, "what was refused was not taken, what was taken was not taken again");
    app.stop().await;
}
