//! The office's own acts are events and looks as any other: with who, when and in which order; and a replay does them again.

use rstest::rstest;
use triage::app::FIRST_BUREAU;
use triage::domain::caller::Role;
use triage::domain::text::Line;
use triage::replay::replay;
use triage::routing::LoadBasis;

use crate::support::models::artefact;
use crate::support::world::{World, unit_id};
use crate::support::{Backend, fresh, rows, scratch_context};

const CALLERS: &str =
    "SELECT caller_id, token_hash, role, unit, name, created_at, revoked_at FROM caller ORDER BY caller_id";
const MODELS: &str = "SELECT model, created_at, artefact FROM model ORDER BY model";

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn callers_and_models_are_events_and_the_training_table_is_a_look(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 7, LoadBasis::LAWFUL).await;
    let name = |name: &str| Line::parse(name).unwrap();
    let (first, _) = world.app.add_caller(FIRST_BUREAU, Role::Intake, None, &name("登记系统")).await.unwrap();
    world.wait(5);
    let east = Some(unit_id("east"));
    let (second, _) = world.app.add_caller(FIRST_BUREAU, Role::Unit, east, &name("东街所")).await.unwrap();
    assert!(world.app.revoke_caller(FIRST_BUREAU, first.id).await.unwrap());
    assert!(!world.app.revoke_caller(FIRST_BUREAU, first.id).await.unwrap(), "there is no living one");
    world.app.add_model(FIRST_BUREAU, &artefact(0.4)).await.unwrap();
    let table =
        async |service: &triage::service::Service, caller: &_| service.training_table(caller, true).await;
    world.app.access(FIRST_BUREAU, table).await.unwrap();

    assert_eq!((first.id.0, second.id.0), (1, 2));
    // The service put its baseline to use; everything else was done by a person at the terminal.
    let events = "SELECT sequence, kind, caller_id FROM event ORDER BY sequence";
    assert_eq!(
        rows::rows(&config, events).await,
        ["1 | 16 | -1", "2 | 15 | 0", "3 | 25 | 0", "4 | 25 | 0", "5 | 26 | 0", "6 | 27 | 0"]
    );
    let audit = "SELECT caller_id, action, sequence FROM audit WHERE number > 2 ORDER BY number";
    assert_eq!(
        rows::rows(&config, audit).await,
        [
            "0 | make_caller | 3",
            "0 | make_caller | 4",
            "0 | revoke_caller | 5",
            "0 | store_model | 6",
            "0 | export_training_table | -"
        ]
    );

    let other = scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&world.app.context, &other, FIRST_BUREAU).await.unwrap();
    assert_eq!((found.events, found.differences), (6, vec![]));
    other.store.close().await;
    let again = triage::app::Config {
        data: config.data.clone(),
        database: Some(directory.path().join("replayed.db").display().to_string()),
    };
    for table in [CALLERS, MODELS] {
        assert_eq!(rows::rows(&config, table).await, rows::rows(&again, table).await, "{table}");
    }
    world.close().await;
}
