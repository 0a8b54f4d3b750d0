//! Sealing keys: changed and given up while a service goes on, and missed at start when one is not there.

mod canaries;
mod load;

use std::fs;
use std::process::Command as Process;

use rstest::rstest;
use tempfile::TempDir;
use triage::app::{App, AppError, Config, FIRST_BUREAU, SealKeyError};
use triage::clock::Clock;
use triage::domain::command::Command;
use triage::domain::ids::SealKeyId;
use triage::replay::replay;
use triage::routing::LoadBasis;

use crate::support::histories::{Facts, submission};
use crate::support::server::arguments;
use crate::support::world::{World, intake, request_id};
use crate::support::{BUREAU, Backend, MONDAY, beside, fresh, rows, scratch_context};

/// What is sealed by each key, and which one seals.
async fn sealed_by(app: &App) -> (Vec<(u32, u64)>, u32) {
    let keys = app.seal_keys().await.unwrap();
    let current: Vec<u32> = keys.iter().filter(|key| key.is_current).map(|key| key.key.0).collect();
    assert_eq!(current.len(), 1, "{keys:?}");
    assert!(keys.iter().all(|key| key.made_at.is_some() == (key.key.0 > 0)), "{keys:?}");
    (keys.iter().map(|key| (key.key.0, key.values)).collect(), current[0])
}

/// Everything sealed opens, and is what was decided by; the trail is whole.
pub(crate) async fn is_whole(app: &App, config: &Config, directory: &TempDir, name: &str) {
    let other = scratch_context(config, directory, name, LoadBasis::LAWFUL).await;
    assert_eq!(replay(&app.context, &other, FIRST_BUREAU).await.unwrap().differences, []);
    other.store.close().await;
    app.write_heads().await;
    let trail = app.verify_trail(FIRST_BUREAU, &[], |_, _| ()).await.unwrap();
    assert!(trail.intact, "{:?}", trail.findings);
}

fn why(error: Result<impl std::fmt::Debug, AppError>) -> SealKeyError {
    match error {
        Err(AppError::SealKey(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_key_is_changed_and_given_up_beside_a_service(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    let office = App::open_existing(config.clone(), world.clock.clone()).await.unwrap();
    // The model in use, the bureau file, and the complaints.
    world.file("A", 400).await;
    assert_eq!(sealed_by(&office).await, (vec![(0, 402)], 0));
    for id in 1..=3 {
        // The service is told nothing.
        assert_eq!(office.rotate_seal_key().await.unwrap(), SealKeyId(id));
        world.file(&format!("B{id}-"), 2).await;
    }
    assert_eq!(sealed_by(&office).await, (vec![(0, 402), (1, 2), (2, 2), (3, 2)], 3));
    is_whole(&world.app, &config, &directory, "rotated.db").await;

    let remove = async |id: u32| office.remove_seal_key(SealKeyId(id)).await;
    assert_eq!(why(remove(7).await), SealKeyError::Unknown(SealKeyId(7)));
    assert_eq!(why(remove(3).await), SealKeyError::Current(SealKeyId(3)));
    assert_eq!(why(remove(0).await), SealKeyError::Derived);
    assert_eq!(why(remove(1).await), SealKeyError::Needed { id: SealKeyId(1), values: 2 });

    let before = rows::all(&config).await;
    let mut progress = Vec::new();
    let first = office.reseal(|done, all| {
        progress.push((done, all));
        false
    });
    let first = first.await.unwrap();
    assert_eq!((first.values, first.is_stopped, progress), (256, true, vec![(256, 406)]));
    assert_eq!(sealed_by(&office).await, (vec![(0, 146), (1, 2), (2, 2), (3, 258)], 3));
    let rest = office.reseal(|_, _| true).await.unwrap();
    assert_eq!((rest.values, rest.unopened, rest.is_stopped), (150, 0, false));
    assert_eq!(office.reseal(|_, _| true).await.unwrap().values, 0);
    assert_eq!(sealed_by(&office).await, (vec![(0, 0), (1, 0), (2, 0), (3, 408)], 3));
    assert_eq!(rows::differences(&before, &rows::all(&config).await), Vec::<String>::new());

    remove(1).await.unwrap();
    world.file("C", 2).await;
    assert_eq!(sealed_by(&office).await, (vec![(0, 0), (2, 0), (3, 410)], 3));
    is_whole(&world.app, &config, &directory, "resealed.db").await;
    let done =
        rows::rows(&config, "SELECT action FROM audit WHERE action LIKE '%seal%' ORDER BY number").await;
    assert_eq!(
        done,
        ["rotate_seal_key", "rotate_seal_key", "rotate_seal_key", "reseal", "reseal", "remove_seal_key"]
    );
    office.context.store.close().await;
    world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_key_file_without_a_key_that_is_needed_is_refused(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    let key = config.data.join("identity.key");
    let mut files = vec![fs::read_to_string(&key).unwrap()];
    for id in 1..=2 {
        world.app.rotate_seal_key().await.unwrap();
        world.file(&format!("A{id}-"), 1).await;
        files.push(fs::read_to_string(&key).unwrap());
    }
    world.close().await;
    let open = async |text: &str| {
        fs::write(&key, text).unwrap();
        let opened = App::open_existing(config.clone(), Clock::manual(MONDAY)).await;
        if let Ok(app) = &opened {
            app.context.store.close().await;
        }
        assert_eq!(fs::read_to_string(&key).unwrap(), text, "no key is made");
        opened.map(drop)
    };
    open(&files[2]).await.unwrap();
    assert_eq!(why(open(&files[0]).await), SealKeyError::Missing("1、2".to_owned()));
    assert_eq!(why(open(&files[1]).await), SealKeyError::Missing("2".to_owned()));
    // One of another installation, under the same number.
    let foreign = format!("{}\nseal 2 {}", files[1], hex::encode([9; 32]));
    assert_eq!(why(open(&foreign).await), SealKeyError::Missing("2".to_owned()));
    let lines: Vec<&str> = files[2].lines().collect();
    let other = files[2].replacen(lines[0], &hex::encode([9; 32]), 1);
    assert!(matches!(open(&other).await, Err(AppError::OtherKey)));
    let said = open(&format!("{}\nseal", files[2])).await.unwrap_err().to_string();
    assert!(said.contains("第 4 行"), "{said}");
    // Without what it never sealed by, as after a crash between the file and the database.
    open(&format!("{}\nseal 3 {}", files[2], hex::encode([9; 32]))).await.unwrap();
    assert_eq!(why(open(&files[2]).await), SealKeyError::Missing("3".to_owned()));
}

/// What a person at the terminal reads.
#[tokio::test]
async fn the_terminal_says_what_became_of_the_keys() {
    let (config, _directory) = fresh(Backend::Sqlite);
    let app = App::open(config.clone(), Clock::System).await.unwrap();
    app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
    app.context.store.close().await;
    let mut said = Vec::new();
    for words in [
        &["list"][..],
        &["rotate"],
        &["remove", "1"],
        &["rotate"],
        &["remove", "0"],
        &["remove", "9"],
        &["reseal"],
        &["reseal"],
        &["remove", "1"],
        &["list"],
    ] {
        let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
        let done = process.args(arguments(&config)).arg("keys").args(words).env("RUST_LOG", "warn").output();
        let done = done.unwrap();
        said.push(format!("$ triage keys {}", words.join(" ")));
        said.push(String::from_utf8([done.stdout, done.stderr].concat()).unwrap());
    }
    let said = said.join("\n").replace(&config.data.display().to_string(), "数据目录");
    // When a key was made is the machine's time.
    let lines = said.lines().map(|line| match line.split_once(" 号　2") {
        Some((key, rest)) => format!("{key} 号　（时间）{}", rest.split_at(18).1),
        None => line.to_owned(),
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

/// What cannot be recorded is not done: here the clock is not trusted.
#[tokio::test]
async fn a_key_that_cannot_be_recorded_is_not_changed() {
    let (config, _directory) = fresh(Backend::Sqlite);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    world.app.rotate_seal_key().await.unwrap();
    world.app.rotate_seal_key().await.unwrap();
    world.file("A", 3).await;
    world.close().await;
    let key = config.data.join("identity.key");
    let before =
        (fs::read_to_string(&key).unwrap(), rows::rows(&config, "SELECT COUNT(*) FROM seal_key").await);
    let app = App::open_existing(config.clone(), Clock::System).await.unwrap();
    assert!(matches!(app.rotate_seal_key().await, Err(AppError::Clock(_))));
    assert!(matches!(app.remove_seal_key(SealKeyId(1)).await, Err(AppError::Clock(_))));
    assert!(matches!(app.reseal(|_, _| true).await, Err(AppError::Clock(_))));
    assert_eq!(sealed_by(&app).await, (vec![(0, 2), (1, 0), (2, 3)], 2));
    app.context.store.close().await;
    let after =
        (fs::read_to_string(&key).unwrap(), rows::rows(&config, "SELECT COUNT(*) FROM seal_key").await);
    assert_eq!(before, after);
}

/// A backup opens by the key file of its time, whatever was sealed again and given up since.
#[tokio::test]
async fn a_backup_opens_by_the_key_file_of_its_time() {
    let (config, directory) = fresh(Backend::Sqlite);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    world.app.rotate_seal_key().await.unwrap();
    world.file("A", 5).await;
    let restored = beside(&config, &directory, "restored");
    world.app.backup(&directory.path().join("backup")).await.unwrap();
    fs::copy(directory.path().join("backup/triage.db"), restored.data.join("triage.db")).unwrap();
    world.app.rotate_seal_key().await.unwrap();
    world.app.reseal(|_, _| true).await.unwrap();
    world.app.remove_seal_key(SealKeyId(1)).await.unwrap();
    is_whole(&world.app, &config, &directory, "after.db").await;
    world.close().await;
    let open = async || App::open(restored.clone(), Clock::manual(MONDAY)).await;
    let app = open().await.unwrap();
    is_whole(&app, &restored, &directory, "restored.db").await;
    app.context.store.close().await;
    fs::copy(config.data.join("identity.key"), restored.data.join("identity.key")).unwrap();
    assert_eq!(why(open().await), SealKeyError::Missing("1".to_owned()));
}

/// Two machines with a key file each on one database: none seals by a key that the other has given up, and of two that make a key
/// the second needs the file of the first.
#[tokio::test]
async fn a_key_file_that_was_left_behind_seals_nothing_that_is_lost() {
    let (config, directory) = fresh(Backend::Postgres);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    let office = App::open_existing(config.clone(), world.clock.clone()).await.unwrap();
    assert_eq!(office.rotate_seal_key().await.unwrap(), SealKeyId(1));
    let there = TempDir::new().unwrap();
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        fs::copy(from.join("identity.key"), to.join("identity.key.new")).unwrap();
        fs::rename(to.join("identity.key.new"), to.join("identity.key")).unwrap();
    };
    copy(&config.data, there.path());
    fs::set_permissions(there.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let elsewhere = Config { data: there.path().to_owned(), ..config.clone() };
    let other = World::beside(&elsewhere, 64, LoadBasis::LAWFUL).await;
    other.file("A", 3).await;

    assert_eq!(office.rotate_seal_key().await.unwrap(), SealKeyId(2));
    // What the older key seals is opened by both, as long as it is there.
    other.file("B", 3).await;
    let second = App::open_existing(elsewhere.clone(), other.clock.clone()).await;
    assert_eq!(why(second.map(drop)), SealKeyError::Missing("2".to_owned()));
    assert_eq!(why(other.app.rotate_seal_key().await), SealKeyError::Missing("2".to_owned()));

    office.reseal(|_, _| true).await.unwrap();
    office.remove_seal_key(SealKeyId(1)).await.unwrap();
    let command = Command::Submit(Box::new(submission(
        "C1",
        Facts { person: 1, shop: 1, text: 1, parts: 1, hours: 1, amount: 10 },
        0,
    )));
    let refused = other.ask_at_once(vec![(intake(), request_id("C1"), command)]).await.remove(0);
    assert!(refused.is_err(), "sealed by a key that nobody else has");
    copy(&config.data, there.path());
    other.file("D", 3).await;
    other.close().await;
    is_whole(&world.app, &config, &directory, "both.db").await;
    office.context.store.close().await;
    world.close().await;
}
