//! Pulls that wait (候领): nobody suffers for them, and they keep their places.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use tokio::task::JoinSet;
use triage::desk::Failure;
use triage::domain::command::{Command, Outcome};
use triage::domain::ids::Track;
use triage::domain::view::FileView;
use triage::routing::LoadBasis;

use crate::support::world::{World, intake, officer, pull, request_id, unit};
use crate::support::{Backend, fresh, rows};

const EAST: usize = 1;

async fn submit(world: &World, number: &str) -> Result<Outcome, Failure> {
    let submission = json!({
        "number": number, "received": { "at": world.clock.now().0, "date_only": false },
        "complainant": { "name": number }, "respondent": { "name": "东街蛋糕房", "premises": "东街街道一号" },
        "complaint": { "text": format!("{number}有异物") },
    });
    let command = Command::Submit(serde_json::from_value(submission).unwrap());
    world.ask((intake(), request_id(&format!("submit-{number}")), command)).await
}

/// An eastern officer's pull of one complaint, waiting up to an hour.
fn waiting(world: &World, by: &'static str) -> impl Future<Output = Result<Vec<FileView>, Failure>> + use<> {
    let desk = world.desk.clone();
    let (id, wait) = (request_id(&format!("wait-{by}")), Duration::from_hours(1));
    async move { desk.pull(&unit(EAST), id, officer("e2"), Track::Complaint, 1, wait).await }
}

/// Files that a pull without waiting gives. By its answer, whoever began to wait before has asked and found nothing.
async fn pulled(world: &World, id: &str) -> usize {
    let outcome = world.ask((unit(EAST), request_id(id), pull(EAST, Track::Complaint, 9))).await;
    let Ok(Outcome::Pulled(leases)) = outcome else { panic!("{outcome:?}") };
    leases.len()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_submission_is_taken_in_though_who_waits_cannot_be_served(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 16, LoadBasis::LAWFUL).await;
    submit(&world, "A1").await.unwrap();
    assert_eq!(pulled(&world, "first").await, 1);
    let waits = tokio::spawn(waiting(&world, "a"));
    assert_eq!(pulled(&world, "barrier").await, 0);
    // A row that cannot be read comes back to the queue.
    rows::rows(&config, "UPDATE file SET number = ''").await;
    world.wait(11);
    submit(&world, "B1").await.unwrap();
    assert!(matches!(waits.await.unwrap(), Err(Failure::Internal)), "it is the pull that fails");
    world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn who_looked_and_found_another_faster_keeps_the_place(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 16, LoadBasis::LAWFUL).await;
    submit(&world, "A1").await.unwrap();
    assert_eq!(pulled(&world, "first").await, 1);
    let mut waits = JoinSet::new();
    for (place, by) in ["a", "b", "c"].into_iter().enumerate() {
        let wait = waiting(&world, by);
        waits.spawn(async move { (place, wait.await.unwrap()[0].number.to_string()) });
        assert_eq!(pulled(&world, &format!("barrier-{by}")).await, 0);
    }
    // A lease ends: no batch brings that file, each sees it at the next look, and one is the fastest.
    world.wait(11);
    let (fastest, number) = waits.join_next().await.unwrap().unwrap();
    assert_eq!(number, "A1");
    let mut others = [0, 1, 2].into_iter().filter(|place| *place != fastest);
    for number in ["B1", "C1"] {
        submit(&world, number).await.unwrap();
        assert_eq!(waits.join_next().await.unwrap().unwrap(), (others.next().unwrap(), number.to_owned()));
    }
    world.close().await;
}
