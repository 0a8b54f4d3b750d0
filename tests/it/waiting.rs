//! Pulls that wait (候领): what comes is given to them in their order, in the batch that brings it; and nobody suffers
//! for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use tempfile::TempDir;
use tokio::task::{JoinHandle, JoinSet};
use triage::app::FIRST_BUREAU;
use triage::domain::command::{Command, Outcome};
use triage::domain::ids::{Sequence, Track};
use triage::domain::view::FileView;
use triage::identity::Identity;
use triage::ledger::Context;
use triage::lifecycle::Lifecycle;
use triage::replay::replay;
use triage::routing::LoadBasis;
use triage::service::{Bounds, Failure, Service};
use triage::store::{Fault, Faults, Place};

use crate::support::world::{World, intake, officer, pull, reception, request_id, unit};
use crate::support::{BUREAU, Backend, fresh, rows, scratch_context};

const EAST: usize = 1;

/// A shop that one officer keeps off in some tests, and another one.
const CAKES: &str = "东街蛋糕房";
const NOODLES: &str = "东街面馆";

async fn submit(world: &World, number: &str, shop: &str) -> Result<Outcome, Failure> {
    let submission = json!({
        "number": number, "received": { "at": world.clock.now().0, "date_only": false },
        "complainant": { "name": number }, "respondent": { "name": shop, "premises": "东街街道一号" },
        "complaint": { "text": format!("{number}有异物") },
    });
    let command = Command::Submit(serde_json::from_value(submission).unwrap());
    world.ask((intake(), request_id(&format!("submit-{number}")), command)).await
}

/// An eastern officer's pull of one complaint, waiting up to an hour.
fn waiting(world: &World, by: &'static str, id: &str) -> JoinHandle<Result<Vec<FileView>, Failure>> {
    let (service, id, wait) = (world.service.clone(), request_id(id), Duration::from_hours(1));
    tokio::spawn(async move { service.pull(&unit(EAST), id, officer(by), Track::Complaint, 1, wait).await })
}

/// The number and token of the one file that a pull gave.
async fn given(waits: JoinHandle<Result<Vec<FileView>, Failure>>) -> (String, Option<Sequence>) {
    let files = waits.await.unwrap().unwrap();
    let [file] = files.as_slice() else { panic!("one file: {files:?}") };
    (file.number.to_string(), file.state.token)
}

/// Files that a pull without waiting gives. By its answer, whoever began to wait before has asked and found nothing.
async fn pulled(world: &World, id: &str) -> usize {
    let outcome = world.ask((unit(EAST), request_id(id), pull(EAST, Track::Complaint, 9))).await;
    let Ok(Outcome::Pulled(leases)) = outcome else { panic!("{outcome:?}") };
    leases.len()
}

/// A bureau whose one complaint is leased for ten minutes.
async fn leased(backend: Backend) -> (World, TempDir) {
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 16, LoadBasis::LAWFUL).await;
    submit(&world, "A1", CAKES).await.unwrap();
    assert_eq!(pulled(&world, "first").await, 1);
    (world, directory)
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_comes_is_given_at_once_to_who_waits_longest_and_may_have_it(#[case] backend: Backend) {
    let (world, _directory) = leased(backend).await;
    let e1 = "id = \"e1\"\nname = \"东甲\"\nunit = \"east\"\n";
    let content = BUREAU.replace(e1, &format!("{e1}recused_from = [\"{CAKES}\"]\n"));
    world
        .ask((reception(), request_id("load"), Command::LoadBureau { content: content.into() }))
        .await
        .unwrap();
    let [gone, keeps_off, longest, last] = [("e2", "gone"), ("e1", "off"), ("e2", "longest"), ("e2", "last")]
        .map(|(by, id)| waiting(&world, by, id));
    assert_eq!(pulled(&world, "barrier").await, 0);
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let Ok(Outcome::Submitted { receipt, .. }) = submit(&world, "B1", CAKES).await else {
        panic!("no receipt")
    };
    let expected = ("B1".to_owned(), Some(Sequence(receipt.sequence.0 + 1)));
    assert_eq!(given(longest).await, expected, "in the batch that brought it");
    assert_eq!(given(waiting(&world, "e2", "longest")).await, expected, "asked again");
    submit(&world, "C1", NOODLES).await.unwrap();
    assert_eq!(given(keeps_off).await.0, "C1", "who was passed over kept the place");
    submit(&world, "D1", CAKES).await.unwrap();
    assert_eq!(given(last).await.0, "D1");
    world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn who_waits_is_told_after_the_commit_and_the_log_replays(#[case] backend: Backend) {
    let (mut world, directory) = leased(backend).await;
    let armed = Arc::new(AtomicBool::new(false));
    let fails = Arc::clone(&armed);
    let once = Faults::new(move |place| {
        (place == Place::Commit && fails.swap(false, Ordering::Relaxed)).then_some(Fault::Before)
    });
    let identity = Identity::open(&world.config.data.join("identity.key")).unwrap();
    let context = Context::new(world.app.context.store.clone().failing(once), identity, LoadBasis::LAWFUL);
    world.service =
        Service::new(Arc::new(context), world.clock.clone(), Bounds::default(), Lifecycle::default());
    let waits = waiting(&world, "e2", "wait");
    assert_eq!(pulled(&world, "barrier").await, 0);
    armed.store(true, Ordering::Relaxed);
    submit(&world, "B1", CAKES).await.unwrap();
    assert_eq!(given(waits).await.0, "B1");
    assert!(!armed.load(Ordering::Relaxed), "a commit came to nothing");
    assert_eq!(pulled(&world, "after").await, 0, "what was told is so");
    let replayed = scratch_context(&world.config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&world.app.context, &replayed, FIRST_BUREAU).await.unwrap();
    assert!(found.differences.is_empty(), "{:#?}", found.differences);
    world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_submission_is_taken_in_though_who_waits_cannot_be_served(#[case] backend: Backend) {
    let (world, _directory) = leased(backend).await;
    let waits = waiting(&world, "e2", "wait");
    assert_eq!(pulled(&world, "barrier").await, 0);
    // A row that cannot be read comes back to the queue.
    rows::rows(&world.config, "UPDATE file SET number = ''").await;
    world.wait(11);
    submit(&world, "B1", CAKES).await.unwrap();
    assert!(matches!(waits.await.unwrap(), Err(Failure::Internal)), "it is the pull that fails");
    world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn who_looked_and_found_another_faster_keeps_the_place(#[case] backend: Backend) {
    let (world, _directory) = leased(backend).await;
    let mut waits = JoinSet::new();
    for (place, id) in ["a", "b", "c"].into_iter().enumerate() {
        let wait = waiting(&world, "e2", id);
        waits.spawn(async move { (place, given(wait).await.0) });
        assert_eq!(pulled(&world, &format!("barrier-{id}")).await, 0);
    }
    // A lease ends: no batch brings that file, each sees it at the next look, and one is the fastest.
    world.wait(11);
    let (fastest, number) = waits.join_next().await.unwrap().unwrap();
    assert_eq!(number, "A1");
    let mut others = [0, 1, 2].into_iter().filter(|place| *place != fastest);
    for number in ["B1", "C1"] {
        submit(&world, number, CAKES).await.unwrap();
        assert_eq!(waits.join_next().await.unwrap().unwrap(), (others.next().unwrap(), number.to_owned()));
    }
    world.close().await;
}
