//! Keys (标识) of another form: no command works with them, `triage migrate` makes them again, and may be interrupted.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use rstest::rstest;
use serde_json::json;
use triage::app::{App, AppError, Config, FIRST_BUREAU, Upgraded};
use triage::clock::Clock;
use triage::domain::command::Command;
use triage::domain::evidence::IdentityKey;
use triage::domain::ids::RegistrationNumber;
use triage::replay::replay;
use triage::routing::LoadBasis;

use crate::support::histories::live::live;
use crate::support::histories::weeks;
use crate::support::world::{World, intake, reception, request_id, why};
use crate::support::{Backend, MONDAY, fresh, rows, scratch_context};

/// What an earlier release may have left: other keys, other names of shops, links that were not cut, and no number of the form.
const SPOILT: [&str; 9] = [
    "UPDATE history SET name = 7, person = 8, respondent = 9, product = 10 RETURNING recency",
    "DELETE FROM history WHERE recency IN (SELECT MIN(recency) FROM history) RETURNING recency",
    "UPDATE anchor SET recency = recency + 1 RETURNING recency",
    "UPDATE cut SET one = one + 1 RETURNING one",
    "DELETE FROM search_key WHERE submission IN (SELECT MIN(submission) FROM search_key) RETURNING submission",
    "UPDATE related_files SET files = files + 1 RETURNING files",
    "UPDATE submission SET shop = '某店', template = NULL RETURNING sequence",
    "UPDATE file SET respondent = 11 RETURNING submission",
    "UPDATE bureau SET key_form = NULL RETURNING bureau_id",
];
const KEYS: [&str; 4] = [
    "SELECT key_form FROM bureau",
    "SELECT anchor, recency, sketch_high, sketch_low FROM anchor ORDER BY anchor, recency",
    "SELECT key_hash, one, other, sequence FROM cut ORDER BY key_hash, one, other",
    "SELECT sequence, template FROM submission ORDER BY sequence",
];

/// Everything that is decided, and everything that is kept by keys.
async fn all(config: &Config) -> Vec<String> {
    let mut lines = rows::all(config).await;
    for sql in KEYS {
        lines.extend(rows::rows(config, sql).await);
    }
    lines
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn keys_of_another_form_are_made_again(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    live(&world, &config, &weeks().new_tree(&mut TestRunner::deterministic()).unwrap().current()).await;
    for (number, name) in [("C1", "王某"), ("C2", "李某")] {
        world.ask((intake(), request_id(number), complaint(number, name, "13900000009"))).await.unwrap();
    }
    let [number, other] = ["C1", "C2"].map(|number| RegistrationNumber::parse(number).unwrap());
    let cut = Command::CutLink { number, other, key: IdentityKey::Phone, reason: why("不是同一人") };
    world.ask((reception(), request_id("cut"), cut)).await.unwrap();
    world.close().await;
    let before = all(&config).await;
    assert!(!rows::rows(&config, "SELECT sequence FROM cut").await.is_empty(), "a link that was cut");
    for sql in SPOILT {
        assert!(!rows::rows(&config, sql).await.is_empty(), "{sql}");
    }
    let refused = App::open_existing(config.clone(), Clock::manual(MONDAY)).await;
    assert!(matches!(refused, Err(AppError::OtherKeyForm)), "{refused:?}");

    let mut calls = 0;
    let changed = loop {
        calls += 1;
        match App::migrate(&config, |_, _| false).await.unwrap() {
            Upgraded::Stopped => assert!(calls < 1_000),
            Upgraded::Done(changed) => break changed.unwrap(),
        }
    };
    assert!(calls > 1 && changed > 0, "{calls} calls, {changed} complaints");
    assert_eq!(rows::differences(&before, &all(&config).await), Vec::<String>::new());
    let left = std::fs::read_dir(&config.data).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with("keys-")));
    assert_eq!(App::migrate(&config, |_, _| false).await.unwrap(), Upgraded::Done(None));

    let app = App::open_existing(config.clone(), Clock::manual(MONDAY)).await.unwrap();
    let other = scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
    assert_eq!(replay(&app.context, &other, FIRST_BUREAU).await.unwrap().differences, []);
    other.store.close().await;
    app.context.store.close().await;
}

/// A step that was interrupted, and a backup that was restored before it went on: what was begun is of another log.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_was_begun_of_another_log_is_begun_anew(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let (other, _other_directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    world.close().await;
    std::fs::create_dir_all(&other.data).unwrap();
    std::fs::copy(config.data.join("identity.key"), other.data.join("identity.key")).unwrap();
    for (config, id, name) in [(&config, "one", "王某"), (&other, "other", "李某")] {
        let world = World::open(config, 64, LoadBasis::LAWFUL).await;
        world.ask((intake(), request_id(id), complaint("1", name, "13900000001"))).await.unwrap();
        world.close().await;
        rows::rows(config, "UPDATE bureau SET key_form = NULL RETURNING bureau_id").await;
    }
    let before = rows::all(&config).await;
    assert_eq!(App::migrate(&other, |_, _| false).await.unwrap(), Upgraded::Stopped);
    for entry in std::fs::read_dir(&other.data).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if name.to_string_lossy().starts_with("keys-") {
            std::fs::rename(path, config.data.join(name)).unwrap();
        }
    }
    assert_eq!(App::migrate(&config, |_, _| true).await.unwrap(), Upgraded::Done(Some(0)));
    assert_eq!(rows::differences(&before, &rows::all(&config).await), Vec::<String>::new());
}

/// What an earlier release kept as a value and says nothing by now links nobody; a number that it wrote otherwise is the same number.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_was_kept_is_read_as_today(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    for (number, name, phone) in [
        ("1", "无", "8613900000001"),
        ("2", "匿名", "13900000001"),
        ("3", "王某", "null"),
        ("4", "李某", "null"),
    ] {
        world.ask((intake(), request_id(number), complaint(number, name, phone))).await.unwrap();
    }
    world.close().await;
    let keys = "SELECT COUNT(*), COUNT(DISTINCT number) FROM history GROUP BY key_hash HAVING COUNT(*) > 1";
    // One telephone of two complaints; the shop of all four.
    assert_eq!(rows::rows(&config, keys).await.len(), 2);
    assert_eq!(rows::rows(&config, "SELECT number FROM history WHERE name IS NOT NULL").await.len(), 2);
    let found = "SELECT COUNT(*) FROM search_key GROUP BY key_hash";
    assert_eq!(rows::rows(&config, found).await, ["2"]);
}

/// A complaint as it is stored, past the reading of what people write.
fn complaint(number: &str, name: &str, phone: &str) -> Command {
    let whole = json!({
        "number": number, "received": { "at": MONDAY.0 - 3_600_000_000 },
        "complainant": { "name": name, "phone": phone },
        "respondent": { "name": "东街一店", "premises": "东街街道一号" },
        "complaint": { "text": number },
    });
    Command::Submit(Box::new(serde_json::from_value(whole).unwrap()))
}
