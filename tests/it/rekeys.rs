//! Another identity key: everything is made by it while a service goes on, and it is as if it had been in use from the beginning.

use std::fs;
use std::process::{Command as Process, Stdio};

use proptest::prelude::*;
use rstest::rstest;
use tempfile::TempDir;
use triage::app::{App, AppError, Config, FIRST_BUREAU, HashKeyError};
use triage::clock::Clock;
use triage::domain::command::Command;
use triage::domain::ids::HashKeyId;
use triage::replay::{fold, replay};
use triage::routing::LoadBasis;

use crate::retention::with_retention;
use crate::support::busy::Busy;
use crate::support::histories::live::live_on;
use crate::support::histories::{Facts, bureau, months, submission};
use crate::support::models::{artefact, use_model};
use crate::support::proofs::prove;
use crate::support::server::{Server, arguments};
use crate::support::world::{World, intake, request_id};
use crate::support::{BUREAU, Backend, MONDAY, TestApp, fresh, rows, scratch_context};

/// All that is made by the identity key, but for the numbers of clusters, which a replay takes over.
const KEYED: [&str; 6] = [
    "SELECT key_hash, recency, number, name, person, respondent, product, template, keys, matter FROM history ORDER BY key_hash, recency",
    "SELECT key_hash, submission, track FROM search_key ORDER BY key_hash, submission, track",
    "SELECT anchor, recency, sketch_high, sketch_low FROM anchor ORDER BY anchor, recency",
    "SELECT key_hash, one, other, sequence FROM cut ORDER BY key_hash, one, other",
    "SELECT submission, track, cluster, respondent FROM file ORDER BY submission, track",
    "SELECT relation, related_to, track, unit, files FROM related_files WHERE files <> 0 ORDER BY relation, related_to, track, unit",
];

/// What stands while another key is being made alone.
const LEFT: &str = "SELECT COUNT(*) FROM rekeyed";

async fn rekey(app: &App) -> u32 {
    // A database on a server asks for that.
    app.prepare_rekey().await.unwrap();
    let done = app.rekey(|_, _| true).await.unwrap();
    assert!(done.is_in_use && !done.is_stopped);
    done.key.0
}

fn of_key(error: Result<impl std::fmt::Debug, AppError>) -> HashKeyError {
    match error {
        Err(AppError::HashKey(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// The log played again decides the same, and the trail is whole.
async fn is_whole(app: &App, config: &Config, directory: &TempDir, name: &str) {
    super::keys::is_whole(app, config, directory, name).await;
    assert_eq!(rows::rows(config, LEFT).await, ["0"]);
}

/// Whatever was lived before, purged or not: a bureau with another key is one that had it from the beginning, table by table, and lives on as
/// such.
#[rstest]
#[case::sqlite(Backend::Sqlite, 6)]
#[case::postgres(Backend::Postgres, 2)]
fn a_bureau_with_another_key_is_as_if_it_had_always_had_it(#[case] backend: Backend, #[case] cases: u32) {
    prove(cases, (months(), 8..24_usize, any::<bool>()), |runtime, (history, before, purges)| {
        runtime.block_on(async {
            let (config, directory) = fresh(backend);
            let world = World::open(&config, 16, LoadBasis::LAWFUL).await;
            use_model(&world.app, &artefact(0.4)).await;
            let mut asked = Vec::new();
            let processes = [world];
            live_on(&processes, (&history, &history.waves[..before]), &mut asked).await;
            let [world] = &processes;
            let mut purged = 0;
            if purges {
                world.wait(400 * 24 * 60);
                let content = with_retention(&bureau(0));
                world.app.act(FIRST_BUREAU, Command::LoadBureau { content: content.into() }).await.unwrap();
                purged =
                    world.app.purge(FIRST_BUREAU, false, |_, _| true).await.unwrap().submissions() as u64;
            }
            let office = App::open_existing(config.clone(), world.clock.clone()).await.unwrap();
            for round in 1..=2 {
                office.prepare_rekey().await.unwrap();
                let done = office.rekey(|_, _| true).await.unwrap();
                prop_assert_eq!((done.key.0, done.purged), (round, purged));
            }
            office.context.store.close().await;
            let rest = &history.waves[before..];
            live_on(&processes, (&history, rest), &mut asked).await;
            let [world] = processes;
            let other = scratch_context(&config, &directory, "anew.db", LoadBasis::LAWFUL).await;
            let found = replay(&world.app.context, &other, FIRST_BUREAU).await.unwrap();
            prop_assert_eq!(&found.differences, &vec![]);
            prop_assert_eq!(fold(&world.app.context, FIRST_BUREAU).await.unwrap(), vec![]);
            let database = Some(directory.path().join("anew.db").display().to_string());
            let anew = Config { database, ..config.clone() };
            for sql in KEYED {
                let (ours, theirs) = (rows::rows(&config, sql).await, rows::rows(&anew, sql).await);
                let differences = rows::differences(&ours, &theirs);
                prop_assert!(differences.is_empty(), "{}\n{:#?}", sql, differences);
            }
            other.store.close().await;
            world.close().await;
            Ok(())
        })
    });
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_the_identity_key_changes(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let office = App::open_existing(app.config.clone(), app.clock.clone()).await.unwrap();
    let busy = Busy::new(&app, &["e1"]).await;
    for round in 1..=2 {
        busy.work().await;
        assert_eq!(rekey(&office).await, round);
    }
    busy.work().await;
    let answered = busy.stop().await;
    is_whole(&app.app, &app.config, &app.directory, "replayed.db").await;
    eprintln!("{backend:?}: {answered} calls, none failed");
    office.context.store.close().await;
    app.stop().await;
}

/// Killed in the middle of either half, it goes on and ends as it would have.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_change_that_was_killed_goes_on(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 256, LoadBasis::LAWFUL).await;
    world.file("A", 1_500).await;
    world.close().await;
    let process = |more: &[&str]| {
        let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
        process.args(arguments(&config)).args(more).stdout(Stdio::piped()).stderr(Stdio::null());
        process
    };
    assert!(process(&["clock", "accept"]).output().unwrap().status.success(), "it is later");
    assert!(process(&["keys", "rekey", "--prepare"]).output().unwrap().status.success());
    // What is being made, then what is being removed.
    let stands = [
        "SELECT COUNT(*) FROM bureau WHERE rekeyed_to > 0",
        "SELECT COUNT(*) FROM bureau WHERE last_hash_key IS NOT NULL",
    ];
    for sql in stands {
        let mut killed = process(&["keys", "rekey"]).spawn().unwrap();
        while rows::rows(&config, sql).await == ["0"] {
            assert!(killed.try_wait().unwrap().is_none(), "it was too quick: {sql}");
        }
        killed.kill().unwrap();
        killed.wait().unwrap();
        assert_eq!(rows::rows(&config, sql).await, ["1"], "{sql}");
    }
    let done = process(&["keys", "rekey", "--json"]).output().unwrap();
    let done: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let wanted = serde_json::json!({ "key": 1, "submissions": 1_500, "purged": 0, "is_in_use": true, "is_stopped": false });
    assert_eq!(done, wanted);
    let app = App::open_existing(config.clone(), Clock::System).await.unwrap();
    is_whole(&app, &config, &directory, "killed.db").await;
    app.context.store.close().await;
    let database = Some(directory.path().join("killed.db").display().to_string());
    let anew = Config { database, ..config.clone() };
    for sql in KEYED {
        let (ours, theirs) = (rows::rows(&config, sql).await, rows::rows(&anew, sql).await);
        assert_eq!(rows::differences(&ours, &theirs), Vec::<String>::new(), "{sql}");
    }
}

/// Two machines with a key file each on one database: the one without the new key does nothing by the old one, says which is missing, and
/// goes on once the file is there.
#[tokio::test]
async fn a_machine_without_the_new_key_refuses() {
    let (config, directory) = fresh(Backend::Postgres);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    let there = TempDir::new().unwrap();
    fs::set_permissions(there.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let copy = || {
        fs::copy(config.data.join("identity.key"), there.path().join("identity.key.new")).unwrap();
        fs::rename(there.path().join("identity.key.new"), there.path().join("identity.key")).unwrap();
    };
    copy();
    let elsewhere = Config { data: there.path().to_owned(), ..config.clone() };
    let other = World::beside(&elsewhere, 64, LoadBasis::LAWFUL).await;
    other.file("A", 3).await;
    assert_eq!(of_key(world.app.rekey(|_, _| true).await), HashKeyError::NotPrepared);
    // What is prepared is not used, and prepared once.
    for _ in 0..2 {
        assert_eq!(world.app.prepare_rekey().await.unwrap(), HashKeyId(1));
    }
    other.file("B", 3).await;
    assert!(world.app.rekey(|_, _| true).await.unwrap().is_in_use);
    let facts = Facts { person: 1, shop: 1, text: 1, parts: 1, hours: 1, amount: 10 };
    let command = Command::Submit(Box::new(submission("C1", facts, 0)));
    let refused = other.ask_at_once(vec![(intake(), request_id("C1"), command)]).await.remove(0);
    assert!(refused.is_err(), "by a key that is not in use");
    let second = App::open_existing(elsewhere.clone(), other.clock.clone()).await;
    assert_eq!(of_key(second.map(drop)), HashKeyError::Missing("1".to_owned()));
    copy();
    other.file("D", 3).await;
    other.close().await;
    is_whole(&world.app, &config, &directory, "both.db").await;
    world.close().await;
}

/// A key that is lost or another's is an error at start, and none is made in its place.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_key_file_without_the_identity_key_is_refused(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    let key = config.data.join("identity.key");
    let before = fs::read_to_string(&key).unwrap();
    world.file("A", 3).await;
    assert_eq!(rekey(&world.app).await, 1);
    world.close().await;
    let good = fs::read_to_string(&key).unwrap();
    let foreign = format!("{before}\nhash 1 {}", "9".repeat(64));
    for wrong in [before, foreign] {
        fs::write(&key, &wrong).unwrap();
        let opened = App::open_existing(config.clone(), Clock::manual(MONDAY)).await;
        assert_eq!(of_key(opened.map(drop)), HashKeyError::Missing("1".to_owned()));
        assert_eq!(fs::read_to_string(&key).unwrap(), wrong, "no key is made");
    }
    fs::write(&key, good).unwrap();
    App::open_existing(config, Clock::manual(MONDAY)).await.unwrap().context.store.close().await;
}

/// Stopped, it goes on; meanwhile the key before is in use and nothing is purged.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_change_that_was_stopped_goes_on(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 256, LoadBasis::LAWFUL).await;
    world.file("A", 600).await;
    world.app.prepare_rekey().await.unwrap();
    let mut progress = Vec::new();
    let first = world.app.rekey(|done, all| {
        progress.push((done, all));
        false
    });
    let first = first.await.unwrap();
    assert_eq!((first.is_in_use, first.is_stopped, progress), (false, true, vec![(128, 602)]));
    world.file("B", 200).await;
    assert_eq!(rekey(&world.app).await, 1);
    world.file("C", 20).await;
    is_whole(&world.app, &config, &directory, "stopped.db").await;
    world.close().await;
}

/// What a person at the terminal reads.
#[tokio::test]
async fn the_terminal_says_what_became_of_the_identity_key() {
    let (config, _directory) = fresh(Backend::Sqlite);
    let app = App::open(config.clone(), Clock::System).await.unwrap();
    app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
    app.context.store.close().await;
    let mut server = Server::start(&config);
    let mut said = Vec::new();
    for words in [&["rekey", "--prepare"][..], &["rekey"], &["rekey", "--json"], &["rekey", "--help"]] {
        let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
        let done = process.args(arguments(&config)).arg("keys").args(words).env("RUST_LOG", "warn").output();
        let done = done.unwrap();
        said.push(format!("$ triage keys {}", words.join(" ")));
        said.push(String::from_utf8([done.stdout, done.stderr].concat()).unwrap());
    }
    server.kill();
    insta::assert_snapshot!(said.join("\n").replace(&config.data.display().to_string(), "数据目录"));
}
