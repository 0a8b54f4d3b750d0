//! Heads while a service runs: when it begins, when it ends, and when they cannot be written.

use std::fs;
use std::sync::{Arc, Mutex};

use triage::app::{App, Config, FIRST_BUREAU, Listen, Serving};
use triage::clock::Clock;
use triage::lifecycle::Lifecycle;
use triage::routing::LoadBasis;

use super::looks;
use crate::support::world::World;
use crate::support::{Backend, MONDAY, fresh};

/// Serves until what is done meanwhile is over.
async fn while_serving(config: &Config, meanwhile: impl AsyncFnOnce()) {
    let app = App::open_existing(config.clone(), Clock::manual(MONDAY)).await.unwrap();
    let life = Lifecycle::default();
    let (said, listens) = tokio::sync::oneshot::channel();
    let said = Arc::new(Mutex::new(Some(said)));
    let serving = Serving { listen: Listen::Tcp(([127, 0, 0, 1], 0).into()), tls: None, is_trial: false };
    let announce = move |_| {
        if let Some(said) = said.lock().unwrap().take() {
            said.send(()).unwrap();
        }
    };
    let served = app.serve(serving, life.clone(), announce);
    let done = async {
        listens.await.unwrap();
        meanwhile().await;
        life.stop();
    };
    let (served, ()) = tokio::join!(served, done);
    served.unwrap();
}

fn numbers(config: &Config) -> Vec<i64> {
    let text = fs::read_to_string(config.data.join("audit-heads.jsonl")).unwrap_or_default();
    let number =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["number"].as_i64().unwrap();
    text.lines().map(number).collect()
}

#[tokio::test]
async fn a_service_writes_heads_at_its_beginning_and_at_its_end() {
    let (config, _directory) = fresh(Backend::Sqlite);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    assert_eq!(numbers(&config), [0i64; 0]);
    let meanwhile = async || {
        while numbers(&config).is_empty() {
            tokio::task::yield_now().await;
        }
        looks(&world, 3).await;
    };
    while_serving(&config, meanwhile).await;
    assert_eq!(numbers(&config), [2, 5]);
    let found = world.app.verify_trail(FIRST_BUREAU, &[], |_, _| ()).await.unwrap();
    assert!(found.intact && found.not_anchored.is_none(), "{:?}", found.findings);
    world.close().await;
}

/// A disk that is not there stops nothing; once it is there, heads are written to it.
#[tokio::test]
async fn a_head_that_cannot_be_written_stops_no_service() {
    let (config, directory) = fresh(Backend::Sqlite);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    let disk = directory.path().join("disk");
    let file = disk.join("heads.jsonl");
    fs::write(config.data.join("triage.toml"), format!("[audit]\nheads = \"{}\"\n", file.display())).unwrap();
    while_serving(&config, async || looks(&world, 3).await).await;
    assert!(!file.exists());
    let meanwhile = async || fs::create_dir(&disk).unwrap();
    while_serving(&config, meanwhile).await;
    let app = App::open_existing(config.clone(), Clock::manual(MONDAY)).await.unwrap();
    let found = app.verify_trail(FIRST_BUREAU, &[], |_, _| ()).await.unwrap();
    assert!(found.intact && found.not_anchored.is_none(), "{:?}", found.findings);
    app.context.store.close().await;
    world.close().await;
}
