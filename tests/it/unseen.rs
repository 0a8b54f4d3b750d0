//! What is not the caller's is as if it were not there (promise 11): the same answer, and the same work behind it. And a unit
//! that is not there is said to be none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rstest::rstest;
use triage::domain::caller::Caller;
use triage::domain::ids::RegistrationNumber;
use triage::domain::refusal::Refusal;
use triage::domain::view::SearchBy;
use triage::identity::Identity;
use triage::ledger::Context;
use triage::lifecycle::Lifecycle;
use triage::routing::LoadBasis;
use triage::service::due::DueAsked;
use triage::service::{Bounds, Failure, Service};
use triage::store::{Faults, Place};

use crate::queues::{Hall, complaint, fields, report};
use crate::support::models::{artefact, use_model};
use crate::support::world::{reception, unit, unit_id};
use crate::support::{Backend, TestApp, ok, refusal, rows};

const EAST: usize = 1;
const WEST: usize = 2;

fn number(text: &str) -> RegistrationNumber {
    RegistrationNumber::parse(text).unwrap()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_number_of_another_unit_takes_the_work_of_none(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    use_model(&hall.world.app, &artefact(0.4)).await;
    hall.file(complaint("A1", 1, 1)).await;
    hall.file(report("R1", 2, 1)).await;
    // Every statement is counted.
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let counting = Faults::new(move |place| {
        counter.fetch_add(usize::from(place == Place::Statement), Ordering::Relaxed);
        None
    });
    let identity = Identity::open(&hall.world.config.data.join("identity.key")).unwrap();
    let context =
        Context::new(hall.world.app.context.store.clone().failing(counting), identity, LoadBasis::LAWFUL);
    let life = Lifecycle::default();
    let service = Service::new(Arc::new(context), hall.world.clock.clone(), Bounds::default(), life.clone());
    let search = async |caller: Caller, text: &str| {
        let before = count.load(Ordering::Relaxed);
        let found =
            service.search(&caller, SearchBy::Number(number(text)), None, 20).await.unwrap().items.len();
        (found, count.load(Ordering::Relaxed) - before)
    };
    let sheet = async |caller: Caller, text: &str| {
        let before = count.load(Ordering::Relaxed);
        let made = service.evidence(&caller, &number(text), None).await;
        let unknown = matches!(made, Err(Failure::Refused(Refusal::NotFound { .. })));
        (unknown, count.load(Ordering::Relaxed) - before)
    };
    // What has been parsed once is parsed.
    for caller in [unit(EAST), unit(WEST)] {
        search(caller.clone(), "A1").await;
        sheet(caller, "A1").await;
    }
    assert_eq!(search(unit(EAST), "A1").await.0, 1);
    assert_eq!((search(reception(), "A1").await.0, search(reception(), "R1").await.0), (1, 1));
    assert!(!sheet(unit(EAST), "A1").await.0);
    // What nobody opens cannot be told by the time it takes to open it: sealed texts that do not open are not missed.
    rows::rows(
        &hall.world.config,
        "UPDATE event SET payload = substr(payload, 1, 20) WHERE submission IS NOT NULL",
    )
    .await;
    let (nothing, no_sheet) = (search(unit(WEST), "NONE").await, sheet(unit(WEST), "NONE").await);
    for foreign in ["A1", "R1"] {
        assert_eq!(search(unit(WEST), foreign).await, nothing, "{foreign}");
        assert_eq!(sheet(unit(WEST), foreign).await, no_sheet, "{foreign}");
    }
    assert_eq!((nothing.0, no_sheet.0), (0, true));
    life.drained().cancel();
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_unit_that_is_not_there_is_said_to_be_none(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    hall.file(complaint("A1", 1, 30)).await;
    let due = async |caller: Caller, asked: Option<&str>| {
        let asked = asked.map(unit_id);
        let asked = DueAsked { within: 250, unit: asked, after: None, most: 10 };
        hall.world.service.due(&caller, &asked).await.map(|seen| seen.terms.len())
    };
    assert_eq!(due(reception(), None).await.unwrap(), 2);
    assert_eq!(due(reception(), Some("east")).await.unwrap(), 2);
    assert_eq!(due(reception(), Some("west")).await.unwrap(), 0, "a unit with nothing to do");
    assert_eq!(fields(due(reception(), Some("esat")).await), ["unit"]);
    assert_eq!(due(unit(EAST), Some("east")).await.unwrap(), 2);
    // Whose is not asked whether it is there.
    for foreign in ["west", "esat"] {
        assert_eq!(fields(due(unit(EAST), Some(foreign)).await), ["unit"], "{foreign}");
    }
    hall.world.close().await;

    let app = TestApp::spawn(backend).await;
    let asked = |unit: &str| triage::grpc::pb::ListDueRequest {
        unit: unit.to_owned(),
        within_working_days: 3,
        ..triage::grpc::pb::ListDueRequest::default()
    };
    let (_, mut front) = app.reception().await;
    assert!(ok(front.list_due(asked("")).await).terms.is_empty());
    let refused = front.list_due(asked("esat")).await.unwrap_err();
    assert_eq!(refusal(&refused).1, ["unit"]);
    app.stop().await;
}
