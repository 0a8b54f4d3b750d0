//! The database is the bureau's: nothing is made by accident, nothing is written into a file that is gone, others of the machine
//! are kept out, and a copy made under load holds all that was acknowledged before.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rstest::rstest;
use tonic::Code;
use triage::app::{App, AppError, Config, FIRST_BUREAU};
use triage::clock::Clock;
use triage::replay::replay;
use triage::routing::LoadBasis;

use crate::support::items::{complaint, submit};
use crate::support::server::arguments;
use crate::support::{BUREAU, Backend, TestApp, fresh, ok, rows, scratch_context};

/// Runs a command on a configuration.
fn triage(config: &Config, words: &[&str]) -> Output {
    let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
    process.env_remove("TRIAGE_DATABASE").env_remove("TRIAGE_DATA");
    process.args(arguments(config)).args(words).output().unwrap()
}

/// What a command says when it refuses.
fn refuses(config: &Config, words: &[&str]) -> String {
    let output = triage(config, words);
    assert!(!output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

/// What a command says when it is done.
fn does(config: &Config, words: &[&str]) -> String {
    let output = triage(config, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Every command but `init` and `bureau load`, as far as it opens a bureau.
const OTHERS: [&[&str]; 17] = [
    &["serve", "--listen", "127.0.0.1:0"],
    &["migrate"],
    &["bureau", "show"],
    &["caller", "list"],
    &["caller", "add", "--role", "intake", "--name", "登记"],
    &["stats"],
    &["due"],
    &["train"],
    &["models", "list"],
    &["replay"],
    &["audit", "verify"],
    &["audit", "show"],
    &["audit", "key"],
    &["keys", "list"],
    &["keys", "rotate"],
    &["clock", "accept"],
    &["backup", "/nonexistent/backup"],
];

fn bureau_file(directory: &Path) -> String {
    let file = directory.join("bureau.toml");
    fs::write(&file, BUREAU).unwrap();
    file.display().to_string()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn only_init_and_load_make_a_bureau(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    for words in OTHERS {
        let said = refuses(&config, words);
        assert!(said.contains("triage init"), "{words:?}: {said}");
        assert!(!config.data.exists(), "{words:?} made {:?}", names(&config.data));
    }
    let bureau = bureau_file(directory.path());
    assert!(refuses(&config, &["bureau", "load", "/nonexistent.toml"]).contains("/nonexistent.toml"));
    assert!(!config.data.exists(), "nothing is made for a file that cannot be read");
    let said = does(&config, &["bureau", "load", &bureau]);
    assert!(said.contains("已新建") && said.contains(&config.data.display().to_string()), "{said}");
    let said = does(&config, &["bureau", "load", &bureau]);
    assert!(!said.contains("已新建"), "{said}");
    assert!(refuses(&config, &["init"]).contains("已有数据"));

    // A bureau of its own for a directory that `init` makes; not beside what is another's.
    let own = Config { data: directory.path().join("own"), ..fresh(backend).0 };
    fs::create_dir(&own.data).unwrap();
    set_mode(&own.data, 0o700);
    fs::write(own.data.join("notes.txt"), "x").unwrap();
    for words in [&["init"][..], &["bureau", "load", &bureau]] {
        assert!(refuses(&own, words).contains("其他文件"));
        assert_eq!(names(&own.data), ["notes.txt"]);
    }
    fs::remove_file(own.data.join("notes.txt")).unwrap();
    does(&own, &["init"]);
    does(&own, &["bureau", "load", &bureau]);
    assert!(does(&own, &["bureau", "show"]).contains("[["));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn key_and_database_are_missed_and_not_made_again(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let bureau = bureau_file(directory.path());
    does(&config, &["bureau", "load", &bureau]);
    let key = config.data.join("identity.key");
    let aside = directory.path().join("kept.key");
    fs::rename(&key, &aside).unwrap();
    for words in
        [&["serve", "--listen", "127.0.0.1:0"][..], &["stats"], &["init"], &["bureau", "load", &bureau]]
    {
        let said = refuses(&config, words);
        assert!(
            said.contains("identity.key") || said.contains("没有数据") || said.contains("其他文件"),
            "{words:?}: {said}"
        );
        assert!(!key.exists(), "{words:?} made a wrong key");
    }
    fs::rename(&aside, &key).unwrap();
    does(&config, &["stats"]);

    // The database is gone, or another one is named.
    let other = match backend {
        Backend::Postgres => Config { data: config.data.clone(), ..fresh(backend).0 },
        Backend::Sqlite => {
            for name in ["triage.db", "triage.db-wal", "triage.db-shm"] {
                let _ = fs::remove_file(config.data.join(name));
            }
            config.clone()
        }
    };
    for words in [&["serve", "--listen", "127.0.0.1:0"][..], &["stats"], &["bureau", "load", &bureau]] {
        let said = refuses(&other, words);
        assert!(said.contains("备份") || said.contains("数据库中还没有数据"), "{words:?}: {said}");
    }
    if backend == Backend::Sqlite {
        assert!(refuses(&other, &["init"]).contains("triage.db"));
        assert!(!config.data.join("triage.db").exists());
    } else {
        let tables = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!(rows::rows(&other, tables).await, ["0"], "a database of something else is left as it is");
    }
}

#[tokio::test]
async fn a_first_start_that_was_killed_is_finished_by_init() {
    let (config, directory) = fresh(Backend::Sqlite);
    let bureau = bureau_file(directory.path());
    does(&config, &["init"]);
    // Killed before the bureau was committed: key and file are there, and nothing is in it.
    for name in ["triage.db-wal", "triage.db-shm"] {
        let _ = fs::remove_file(config.data.join(name));
    }
    fs::write(config.data.join("triage.db"), "").unwrap();
    assert!(refuses(&config, &["serve", "--listen", "127.0.0.1:0"]).contains("triage init"));
    does(&config, &["init"]);
    does(&config, &["bureau", "load", &bureau]);
}

#[tokio::test]
async fn what_others_could_reach_is_refused() {
    let (config, directory) = fresh(Backend::Sqlite);
    let bureau = bureau_file(directory.path());
    does(&config, &["bureau", "load", &bureau]);
    let file = |name: &str| config.data.join(name);
    for name in ["triage.db", "identity.key", "open.lock", "clock.json"] {
        assert_eq!(mode(&file(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&config.data), 0o700);
    for (path, open, closed, advice) in [
        (config.data.clone(), 0o755, 0o700, "chmod 700"),
        (file("triage.db"), 0o644, 0o600, "chmod 600"),
        (file("identity.key"), 0o640, 0o600, "chmod 600"),
    ] {
        set_mode(&path, open);
        for words in [&["serve", "--listen", "127.0.0.1:0"][..], &["stats"], &["bureau", "load", &bureau]] {
            let said = refuses(&config, words);
            assert!(said.contains(advice) && said.contains(&path.display().to_string()), "{words:?}: {said}");
        }
        set_mode(&path, closed);
    }
    // A lock that an earlier version left open to all is closed.
    set_mode(&file("open.lock"), 0o644);
    let sheet = directory.path().join("rows.csv");
    fs::write(&sheet, "登记编号,登记时间,类型,具体问题\n坏,坏,投诉,坏\n").unwrap();
    let imported = triage(&config, &["import", &sheet.display().to_string()]);
    assert_eq!(mode(&file("open.lock")), 0o600);
    assert_eq!(imported.status.code(), Some(2), "{}", String::from_utf8_lossy(&imported.stderr));
    assert_eq!(mode(&file("imports")), 0o700);
    for list in names(&file("imports")) {
        assert_eq!(mode(&file("imports").join(list)), 0o600);
    }
}

/// As `rm` does it, and as a restore over a running service does it.
#[rstest]
#[case::deleted(false)]
#[case::replaced(true)]
#[tokio::test]
async fn nothing_is_acknowledged_into_a_file_that_is_gone(#[case] replaced: bool) {
    let app = TestApp::spawn(Backend::Sqlite).await;
    let mut intake = app.intake().await;
    ok(intake.submit(submit(complaint("A1", 0))).await);
    let file = app.config.data.join("triage.db");
    let aside = app.directory.path().join("aside.db");
    fs::rename(&file, &aside).unwrap();
    if replaced {
        fs::copy(&aside, &file).unwrap();
    }
    for number in ["A2", "A3", "A4"] {
        let refused = intake.submit(submit(complaint(number, 1))).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    }
    // Put back, it is the bureau's again.
    fs::rename(&aside, &file).unwrap();
    ok(intake.submit(submit(complaint("A2", 1))).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_holds_all_that_was_acknowledged_before() {
    let app = TestApp::spawn(Backend::Sqlite).await;
    let (acknowledged, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut intake = app.intake().await;
    let load = {
        let (acknowledged, stop) = (Arc::clone(&acknowledged), Arc::clone(&stop));
        tokio::spawn(async move {
            for number in 1.. {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                ok(intake.submit(submit(complaint(&format!("A{number}"), number))).await);
                acknowledged.store(number.unsigned_abs(), Ordering::SeqCst);
            }
        })
    };
    let mut copies = Vec::new();
    while copies.len() < 4 {
        if acknowledged.load(Ordering::SeqCst) < 20 * (copies.len() as u64 + 1) {
            tokio::task::yield_now().await;
            continue;
        }
        let target = app.directory.path().join(format!("backup-{}", copies.len()));
        let before = acknowledged.load(Ordering::SeqCst);
        let made = app.app.backup(&target).await.unwrap();
        assert_eq!(
            (names(&target), mode(&target)),
            (vec!["backup.json".to_owned(), "triage.db".to_owned()], 0o700)
        );
        assert_eq!(mode(&made.file), 0o600);
        let taken = app.app.backup(&target).await.unwrap_err();
        assert!(matches!(taken, AppError::NotEmpty(_)), "{taken}");
        copies.push((target, before));
    }
    stop.store(true, Ordering::SeqCst);
    load.await.unwrap();
    let (config, directory, clock) = app.stop().await;
    for (target, before) in copies {
        restored(&config, &directory, clock.clone(), target, before).await;
    }
}

/// As README says: the copy and the key in a directory of their own.
async fn restored(
    config: &Config,
    directory: &tempfile::TempDir,
    clock: Clock,
    target: PathBuf,
    before: u64,
) {
    let refused = App::open_existing(Config { data: target.clone(), database: None }, clock.clone()).await;
    assert!(matches!(refused, Err(AppError::NoKey(_))), "the key is never in it");
    fs::copy(config.data.join("identity.key"), target.join("identity.key")).unwrap();
    let config = Config { data: target, database: None };
    let app = App::open_existing(config.clone(), clock).await.unwrap();
    let found: Vec<u64> = rows::rows(&config, "SELECT number FROM submission")
        .await
        .iter()
        .map(|number| number[1..].parse().unwrap())
        .collect();
    assert!((1..=before).all(|number| found.contains(&number)), "{before} before, {} found", found.len());
    let beside = scratch_context(&config, directory, "replayed.db", LoadBasis::LAWFUL).await;
    let replayed = replay(&app.context, &beside, FIRST_BUREAU).await.unwrap();
    assert!(replayed.differences.is_empty(), "{:#?}", replayed.differences);
    assert_eq!(replayed.files, found.len());
    beside.store.close().await;
    fs::remove_file(directory.path().join("replayed.db")).unwrap();
    app.context.store.close().await;
}

#[tokio::test]
async fn the_command_says_what_it_has_written_and_where_postgres_is_copied() {
    let (config, directory) = fresh(Backend::Sqlite);
    does(&config, &["init"]);
    let target = directory.path().join("copy");
    let said = does(&config, &["backup", "--json", &target.display().to_string()]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["bureaus"][0]["sequence"], 1);
    assert!(refuses(&config, &["backup", &target.display().to_string()]).contains("其他文件"));
    let said = does(&config, &["backup", &directory.path().join("second").display().to_string()]);
    assert!(said.contains("已备份并核对") && said.contains("identity.key"), "{said}");

    let (config, _directory) = fresh(Backend::Postgres);
    does(&config, &["init"]);
    let said = refuses(&config, &["backup", &target.display().to_string()]);
    assert!(said.contains("pg_dump"), "{said}");
    let clock = does(&config, &["clock", "show", "--json"]);
    assert!(clock.contains("\"trusted\":true"), "{clock}");
    assert!(does(&config, &["clock", "accept"]).contains("无需确认"));
}
