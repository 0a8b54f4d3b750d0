//! Databases of releases, kept in `tests/fixtures/`: this program brings each to its schema and replays it. What people did,
//! where files stand and where they went is the same on both databases, whatever decides by now.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use rstest::rstest;
use serde_json::json;
use tempfile::TempDir;
use triage::app::{App, Config, FIRST_BUREAU, ModelInUse};
use triage::clock::Clock;
use triage::domain::command::Command;
use triage::replay::{Replayed, replay};
use triage::routing::LoadBasis;

use crate::support::dump::{dump, load};
use crate::support::histories::live::live;
use crate::support::histories::weeks;
use crate::support::world::{World, intake, request_id};
use crate::support::{Backend, MONDAY, fresh, rows, scratch_context};

const BYTES_MOST: usize = 300_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// `make fixture` makes the database of this release: some weeks of a small bureau, lived through the service's own verbs.
#[tokio::test]
async fn a_fixture_is_made_when_it_is_asked_for() {
    let Some(release) = std::env::var_os("UPDATE_FIXTURE") else { return };
    let (config, _directory) = fresh(Backend::Sqlite);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    let history = weeks().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    live(&world, &config, &history).await;
    world.close().await;
    let text = dump(&config).await;
    assert!(text.len() <= BYTES_MOST, "{} bytes", text.len());
    let folder = folder().join(release);
    fs::create_dir_all(&folder).unwrap();
    fs::copy(config.data.join("identity.key"), folder.join("identity.key")).unwrap();
    fs::write(folder.join("database.sql"), text).unwrap();
}

/// The kept databases, oldest first.
pub(crate) fn releases() -> Vec<PathBuf> {
    let mut releases: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    releases.sort();
    assert!(!releases.is_empty(), "make fixture");
    releases
}

/// A kept database, brought to this program's schema as an operator does it.
pub(crate) async fn upgraded(release: &Path, backend: Backend) -> (App, Config, TempDir) {
    let (config, directory) = fresh(backend);
    fs::create_dir_all(&config.data).unwrap();
    let key = config.data.join("identity.key");
    fs::copy(release.join("identity.key"), &key).unwrap();
    load(&config, &fs::read_to_string(release.join("database.sql")).unwrap()).await;
    for (path, mode) in [(config.data.clone(), 0o700), (key, 0o600), (config.data.join("triage.db"), 0o600)] {
        if path.exists() {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    }
    App::migrate(&config, |_, _| true).await.unwrap();
    (App::open_existing(config.clone(), Clock::manual(MONDAY)).await.unwrap(), config, directory)
}

async fn replayed(app: &App, config: &Config, directory: &TempDir) -> Replayed {
    replayed_as(app, config, directory, "replayed.db").await
}

async fn replayed_as(app: &App, config: &Config, directory: &TempDir, scratch: &str) -> Replayed {
    let other = scratch_context(config, directory, scratch, LoadBasis::LAWFUL).await;
    let found = replay(&app.context, &other, FIRST_BUREAU).await.unwrap();
    other.store.close().await;
    found
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn databases_of_releases_are_upgraded_and_replay(#[case] backend: Backend) {
    let releases = releases();
    for release in &releases {
        let (app, config, directory) = upgraded(release, backend).await;
        let found = replayed(&app, &config, &directory).await;
        let what = release.display();
        assert_eq!(found.differences, [], "{what}: raise a version in src/ledger/versions.rs?");
        // What scored with an earlier simulated model goes on with this one's, and replays with it.
        let (fits, _) = app.champion(FIRST_BUREAU).await.unwrap();
        let renewed = app.renew_model(FIRST_BUREAU).await.unwrap();
        assert_eq!(fits.is_some(), renewed == ModelInUse::Fits, "{what}: {renewed:?}");
        assert!(app.champion(FIRST_BUREAU).await.unwrap().0.is_some(), "{what}");
        assert_eq!(app.renew_model(FIRST_BUREAU).await.unwrap(), ModelInUse::Fits, "{what}");
        assert_eq!(replayed_as(&app, &config, &directory, "renewed.db").await.differences, [], "{what}");
        let decisions = rows::rows(&config, "SELECT sequence FROM decision").await.len();
        assert!(found.events > 150 && decisions > 50, "{what}: {} {decisions}", found.events);
        let unversioned = rows::rows(&config, "SELECT sequence FROM event WHERE version IS NULL").await.len();
        let apart: usize = found.not_recomputed.iter().map(|other| other.decisions).sum();
        // A release knew versions for all of its events, or for none.
        assert!(unversioned == 0 || unversioned == found.events, "{what}");
        if unversioned > 0 {
            assert_eq!(apart, decisions, "{what}: nothing is passed over");
        }
        app.context.store.close().await;
    }
    let first = releases[0].file_name().unwrap();
    assert_eq!(first, "0.1.0", "the last build before versions");
}

/// A decision of another version is not made again, but what is stored of it has to fit together.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_changed_decision_of_another_version_is_a_difference(#[case] backend: Backend) {
    const SCORE: &str = "UPDATE decision SET log_odds = log_odds + 0.5
        WHERE sequence = (SELECT MIN(sequence) FROM decision WHERE log_odds IS NOT NULL) AND log_odds IS NOT NULL
        RETURNING sequence";
    const UNIT: &str = "UPDATE candidate SET unit = unit || '-2'
        WHERE chosen = 1 AND submission = (SELECT MAX(submission) FROM candidate WHERE chosen = 1) RETURNING submission";
    let (app, config, directory) = upgraded(&folder().join("0.1.0"), backend).await;
    let mut changed = Vec::new();
    for (sql, field) in [(SCORE, "suspicion.log_odds"), (UNIT, "routing.unit")] {
        let sequences = rows::rows(&config, sql).await;
        assert!(!sequences.is_empty(), "{field}");
        changed.push((sequences[0].clone(), field));
    }
    let found = replayed(&app, &config, &directory).await.differences;
    let found: Vec<(String, &str)> =
        found.iter().map(|one| (one.sequence.0.to_string(), one.field.as_deref().unwrap_or(""))).collect();
    for (sequence, field) in &changed {
        assert!(found.contains(&(sequence.clone(), field)), "{field} of {sequence}: {found:?}");
    }
    app.context.store.close().await;
}

/// What a later or earlier version took in since history keeps what complaints are about is about that in a replay, too: this
/// version's own decisions rest on it.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn decisions_rest_on_what_another_version_took_in(#[case] backend: Backend) {
    const OTHERS: &str = "UPDATE event SET version = 99 WHERE sequence <=
        (SELECT sequence FROM submission WHERE number = 'M1') RETURNING sequence";
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    for (at, shop) in (0..).zip(["东街一店", "东街二店", "东街三店", "东街四店"]) {
        let whole = json!({
            "number": format!("M{at}"), "received": { "at": MONDAY.0 - 3_600_000_000 * (10 - at) },
            "complainant": { "name": "王某", "phone": "13900000001" },
            "respondent": { "name": shop, "premises": "东街街道一号" },
            "complaint": { "text": "买的瓜子没有标签，要求退一赔十", "product": "瓜子", "amount_fen": 990 },
        });
        let command = Command::Submit(Box::new(serde_json::from_value(whole).unwrap()));
        world.ask((intake(), request_id(&format!("m{at}")), command)).await.unwrap();
    }
    world.close().await;
    assert!(rows::rows(&config, OTHERS).await.len() > 1);
    let app = App::open_existing(config.clone(), Clock::manual(MONDAY)).await.unwrap();
    let found = replayed(&app, &config, &directory).await;
    assert_eq!(found.differences, []);
    assert!(!found.not_recomputed.is_empty());
    app.context.store.close().await;
}
