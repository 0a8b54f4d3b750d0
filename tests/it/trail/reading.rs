//! The trail as people and programs read it: what is shown, in which words, with which exit codes; and that no look is given without
//! its record.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command as Process, Output};
use std::sync::Arc;

use rstest::rstest;
use triage::app::{App, Config, FIRST_BUREAU};
use triage::audit::found::Kind;
use triage::audit::words::{action_zh, words_of};
use triage::cli::audit::{line, lines};
use triage::clock::Clock;
use triage::domain::command::Command;
use triage::domain::ids::RegistrationNumber;
use triage::domain::text::Line as Words;
use triage::domain::time::{Day, Days};
use triage::domain::view::SearchBy;
use triage::identity::Identity;
use triage::ledger::Context;
use triage::lifecycle::Lifecycle;
use triage::routing::LoadBasis;
use triage::service::{Bounds, Failure, Service, Shown, TrailAsked};
use triage::store::{Fault, Faults, Place};

use super::lived;
use crate::support::server::arguments;
use crate::support::tamper::run;
use crate::support::world::{World, intake, officer, reception};
use crate::support::{BUREAU, Backend, MONDAY, fresh, rows};

async fn shown(app: &App, asked: TrailAsked) -> Vec<Shown> {
    let trail = app.access(FIRST_BUREAU, async |service, caller| service.trail(caller, asked).await).await;
    let mut trail = trail.unwrap();
    let mut all = Vec::new();
    while let Some(page) = trail.next().await.unwrap() {
        all.extend(page);
    }
    all
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_trail_reads_well_and_who_reads_it_is_in_it(#[case] backend: Backend) {
    let lived = lived(backend).await;
    let app = &lived.world.app;
    let all = shown(app, TrailAsked::default()).await;
    // With the look itself, which was recorded before.
    assert_eq!(i64::try_from(all.len()).unwrap(), lived.last + 1);
    let read: Vec<String> = all.iter().map(line).collect();
    let kinds: BTreeSet<&str> = all.iter().map(|row| row.action.as_str()).collect();
    let firsts = kinds.iter().map(|kind| all.iter().position(|row| row.action == *kind).unwrap());
    let firsts: BTreeSet<usize> = firsts.collect();
    let firsts: Vec<&str> = firsts.into_iter().map(|at| read[at].as_str()).collect();
    insta::assert_snapshot!("trail_lines", firsts.join("\n"));

    let number = RegistrationNumber::parse("02").unwrap();
    let of_number = shown(app, TrailAsked { number: Some(number.clone()), ..TrailAsked::default() }).await;
    assert!(of_number.iter().all(|row| row.registration_number.as_ref() == Some(&number)));
    let actions: Vec<&str> = of_number.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["submit", "show_audit"]);
    let by = shown(app, TrailAsked { officer: Some(officer("e1")), ..TrailAsked::default() }).await;
    assert!(by.len() == 2 && by.iter().all(|row| row.action == "pull"), "{by:?}");
    assert_eq!(words_of("领取"), ["pull"]);
    let pulls = shown(app, TrailAsked { actions: words_of("领取"), ..TrailAsked::default() }).await;
    assert_eq!(pulls, by);
    let days = |from: i32, to: i32| {
        let day = |by| MONDAY.day().plus(by);
        TrailAsked { days: Some(Days::between(day(from), day(to))), ..TrailAsked::default() }
    };
    assert_eq!(shown(app, days(1, 3)).await, []);
    assert!(shown(app, days(0, 0)).await.len() > all.len());
    let ever = Days::between(Day(i32::MIN), Day(i32::MAX));
    assert!(shown(app, TrailAsked { days: Some(ever), ..TrailAsked::default() }).await.len() > all.len());

    let unknown =
        TrailAsked { number: Some(RegistrationNumber::parse("NOBODY").unwrap()), ..TrailAsked::default() };
    let refused =
        app.access(FIRST_BUREAU, async |service, caller| service.trail(caller, unknown).await).await;
    assert!(refused.is_err());
    let denied = lived.world.service.trail(&reception(), TrailAsked::default()).await;
    assert!(matches!(denied, Err(Failure::Denied)), "{denied:?}");
    let looks = "SELECT COUNT(*) FROM audit WHERE action = 'show_audit' AND caller_id = 0";
    assert_eq!(rows::rows(&lived.config, looks).await, ["8"]);

    let found = lived.verified().await;
    let hidden = lines(&found).join("\n").replace(&found.head.as_ref().unwrap().hash, "HASH");
    insta::assert_snapshot!("trail_verified", hidden);
    run(&lived.config, &["UPDATE audit SET at = at + 1 WHERE number IN (7, 8, 12)".to_owned()]).await;
    run(&lived.config, &["DELETE FROM audit WHERE number IN (20, 21)".to_owned()]).await;
    let found = lived.verified().await;
    assert_eq!(found.findings.len(), 4, "{:?}", found.findings);
    insta::assert_snapshot!("trail_tampered", lines(&found)[4..].join("\n"));
    insta::assert_snapshot!("trail_tampered_json", serde_json::to_string_pretty(&found.findings).unwrap());
    assert!(found.findings.iter().any(|one| one.kind == Kind::Missing));
    lived.world.close().await;
}

/// Nobody sees what cannot be recorded, by whatever operation.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_look_whose_record_cannot_be_written_is_refused(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    let rows_before = rows::rows(&config, "SELECT COUNT(*) FROM audit").await;
    let identity = Identity::open(&config.data.join("identity.key")).unwrap();
    let fails = Faults::new(|place| (place == Place::Commit).then_some(Fault::Before));
    let store = world.app.context.store.clone().failing(fails);
    let context = Arc::new(Context::new(store, identity, LoadBasis::LAWFUL));
    let life = Lifecycle::default();
    let service = Service::new(context, world.clock.clone(), Bounds::default(), life.clone());
    let number = || RegistrationNumber::parse("NOBODY").unwrap();
    let shop = || SearchBy::ShopPrefix(Words::parse("东街").unwrap());
    let terminal =
        triage::domain::caller::Caller { id: triage::domain::ids::CallerId::TERMINAL, ..reception() };
    let day = MONDAY.day();
    // Each would be answered, if only with "not found", could it be recorded.
    let looked = [
        service.search(&reception(), shop(), None, 5).await.map(drop),
        service.submission(&intake(), number()).await.map(drop),
        service.overview(&reception()).await.map(drop),
        service.figures(&reception(), Days::between(day, day)).await.map(drop),
        service.trail(&terminal, TrailAsked::default()).await.map(drop),
        service.training_table(&terminal, false).await,
    ];
    for (at, looked) in looked.iter().enumerate() {
        assert!(matches!(looked, Err(Failure::Busy { .. })), "{at}: {looked:?}");
    }
    assert_eq!(rows::rows(&config, "SELECT COUNT(*) FROM audit").await, rows_before);
    life.drained().cancel();
    world.close().await;
}

/// Every word that is recorded has its Chinese: events, warnings, and the looks as the source has them.
#[test]
fn every_action_has_its_words() {
    fn sources(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, all);
            } else {
                all.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut source = String::new();
    for room in ["service", "engine", "queue"] {
        sources(&root.join(room), &mut source);
    }
    let mut words = BTreeSet::new();
    for before in
        ["self.look(caller, ", ".naming(", "action: ", "SHOWN: &str = ", "if written_out { ", "} else { "]
    {
        for (at, _) in source.match_indices(before) {
            let line = source[at + before.len()..].split('\n').next().unwrap();
            let quoted = line
                .split('"')
                .nth(1)
                .filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            let is_first = line.starts_with('"') || line.starts_with("Operation::");
            words.extend(quoted.filter(|_| is_first));
        }
    }
    assert!(words.len() >= 20 && words.contains("named_in_dossier") && words.contains("train"), "{words:?}");
    for word in words {
        assert!(action_zh(word).is_some(), "give `{word}` its Chinese in src/audit/words.rs");
    }
    for kind in triage::domain::event::EventKind::ALL {
        assert!(action_zh(kind.word()).is_some());
    }
}

fn triage(config: &Config, words: &[&str]) -> Output {
    let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
    process.env_remove("TRIAGE_DATABASE").env_remove("TRIAGE_DATA");
    process.args(arguments(config)).args(words).output().unwrap()
}

/// The exit codes of the real program, and that every command leaves a head behind.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_program_says_by_its_exit_whether_the_trail_is_whole(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let verify = |more: &[&str]| triage(&config, &[&["audit", "verify"], more].concat()).status.code();
    assert_eq!(verify(&[]), Some(1), "there is nothing yet");
    let file = directory.path().join("bureau.toml");
    fs::write(&file, BUREAU).unwrap();
    assert!(triage(&config, &["bureau", "load", file.to_str().unwrap()]).status.success());
    let json = || {
        let output = triage(&config, &["audit", "verify", "--json"]);
        (output.status.code(), serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap())
    };
    let (code, found) = json();
    assert_eq!(
        (code, found["intact"].as_bool(), found["not_anchored"].is_null()),
        (Some(0), Some(true), true),
        "{found}"
    );
    // A command that looks is in the trail, and writes a head at its end.
    assert!(triage(&config, &["stats"]).status.success());
    let rows_now = json().1["rows"].as_u64().unwrap();
    assert!(rows_now > found["rows"].as_u64().unwrap());
    assert!(json().1["not_anchored"].is_null());
    let said = triage(&config, &["audit", "show", "--json"]);
    let said = String::from_utf8(said.stdout).unwrap();
    let last: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((last["action"].as_str(), last["caller_name"].as_str()), (Some("show_audit"), Some("终端")));
    assert_eq!(json().1["rows"].as_u64().unwrap(), rows_now + 1);

    let key = String::from_utf8(triage(&config, &["audit", "key"]).stdout).unwrap();
    assert!(
        key.starts_with("-----BEGIN PUBLIC KEY-----\n") && key.ends_with("-----END PUBLIC KEY-----\n"),
        "{key}"
    );
    signed_by(&key, &fs::read_to_string(config.data.join("audit-heads.jsonl")).unwrap());

    assert_eq!(verify(&["--heads", "/nowhere/heads.jsonl"]), Some(1));
    assert_eq!(verify(&["--what"]), Some(1));
    assert_eq!(triage(&config, &["audit", "show", "--what"]).status.code(), Some(2));
    assert_eq!(triage(&config, &["audit", "show", "--action", "飞"]).status.code(), Some(1));
    run(&config, &["UPDATE audit SET caller_id = 3 WHERE number = 2".to_owned()]).await;
    assert_eq!(verify(&[]), Some(2));
    let (code, found) = json();
    assert_eq!((code, found["intact"].as_bool(), found["format"].as_u64()), (Some(2), Some(false), Some(1)));
    assert_eq!(found["findings"][0]["kind"], "changed");
    assert_eq!(found["rows"].as_u64().unwrap(), rows_now + 1, "verifying writes nothing");
}

/// Whoever has the public key alone can check every line.
fn signed_by(pem: &str, heads: &str) {
    use base64::Engine as _;
    let info: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let info = base64::prelude::BASE64_STANDARD.decode(info).unwrap();
    let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, &info[12..]);
    assert!(!heads.is_empty());
    for line in heads.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let cell = |name: &str| line[name].as_str().map_or_else(|| line[name].to_string(), str::to_owned);
        let said = ["line", "bureau", "number", "hash", "before", "time", "key"]
            .map(|name| format!("{name} {}\n", cell(name)));
        let message = format!("triage head {}\n{}", cell("version"), said.concat());
        key.verify(message.as_bytes(), &hex::decode(cell("signature")).unwrap()).unwrap();
    }
}

#[tokio::test]
async fn heads_are_written_where_the_settings_say() {
    let (config, directory) = fresh(Backend::Sqlite);
    let elsewhere = directory.path().join("heads.jsonl");
    fs::create_dir_all(&config.data).unwrap();
    fs::write(config.data.join("triage.toml"), format!("[audit]\nheads = \"{}\"\n", elsewhere.display()))
        .unwrap();
    let app = App::open(config.clone(), Clock::manual(MONDAY)).await.unwrap();
    app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
    app.write_heads().await;
    // What has not moved is not written again.
    app.write_heads().await;
    assert_eq!(fs::read_to_string(&elsewhere).unwrap().lines().count(), 1);
    let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&elsewhere).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    let found = app.verify_trail(FIRST_BUREAU, &[], |_, _| ()).await.unwrap();
    assert!(found.intact && found.not_anchored.is_none());
    app.context.store.close().await;
}
