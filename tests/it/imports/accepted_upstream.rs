//! Open rows that the platform has accepted or filed: work like any other, and not to be decided once more.

use rstest::rstest;
use triage::app::FIRST_BUREAU;
use triage::cli::show;
use triage::domain::ids::RegistrationNumber;
use triage::domain::time::Day;
use triage::grpc::pb::Track::{Complaint, Report};
use triage::grpc::pb::{self, FileStatus};
use triage::replay::replay;
use triage::routing::LoadBasis;

use super::{counts, import};
use crate::support::officers::{OfficerAt, Verb, reassign, reception};
use crate::support::{Backend, MONDAY, TestApp, file, lease, refusal, rows, scratch_context};

const EVENTS: &str = "SELECT COUNT(*) FROM event";
const FILES: &str = "SELECT number, unit, status, accepted_upstream FROM file ORDER BY number";
const CLOCKS: &str = "SELECT f.number, d.duty, d.started_on,
        CASE WHEN d.dropped = 1 THEN 'dropped' WHEN d.met_on IS NULL THEN 'runs' ELSE 'kept' END
    FROM deadline d JOIN file f ON f.bureau_id = d.bureau_id AND f.submission = d.submission AND f.track = d.track
    WHERE d.duty NOT IN (7, 8) ORDER BY f.number, d.duty";
const DUE: &str = "SELECT f.number FROM file f WHERE f.due_on <> (SELECT MIN(d.due_on) FROM deadline d
    WHERE d.bureau_id = f.bureau_id AND d.submission = f.submission AND d.track = f.track AND d.met_on IS NULL AND d.dropped = 0)";

/// A row that came in on 2026-05-20, by what its first check and its standing say.
fn row(number: &str, kind: &str, imported: [&str; 2], mark: &str) -> String {
    let [first, standing] = imported;
    let (shop, story) = if kind == "投诉" {
        ("东街蛋糕房,东街街道一号", "{BREAD}")
    } else {
        ("东街面馆,东街街道二号", "{SHOP}")
    };
    format!(
        "{number},2026-05-20 10:00:00,{kind},王某,13900000001,{shop},9.9,{story},{first},,{standing},,,,{mark}"
    )
}

/// The day on which the rows came in.
fn received() -> Day {
    Day(MONDAY.day().0 - 12)
}

/// Imports rows as of a day of May 2026: a consultation of that day says so. What became of them.
async fn imported(app: &TestApp, day: u8, rows: &[String]) -> [usize; 7] {
    let dated = format!("Z{day},2026-05-{day},咨询,,,,,,,,,,,,,");
    let rows: Vec<&str> = rows.iter().map(String::as_str).chain([dated.as_str()]).collect();
    let mut found = counts(&import(&app.app, "told", &rows).await);
    found[6] -= 1;
    found
}

async fn state(hand: &mut OfficerAt, number: &str, track: &str) -> pb::FileState {
    hand.see(number, track).await.unwrap().state.unwrap()
}

async fn sign(hand: &mut OfficerAt, track: pb::Track, number: &str) -> pb::Progress {
    let name = file(number, if track == Complaint { "complaint" } else { "report" });
    let pulled = hand.pull(track, 10).await;
    let found = pulled.iter().find(|pulled| pulled.name == name).unwrap();
    hand.does(Verb::SignFor, &name, lease(found)).await.unwrap()
}

/// The log replays, and what decides a place in the queue is the first day of what runs.
async fn holds(app: &TestApp) {
    assert_eq!(rows::rows(&app.config, DUE).await, [""; 0]);
    let replayed = scratch_context(&app.config, &app.directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&app.app.context, &replayed, FIRST_BUREAU).await.unwrap();
    assert!(found.differences.is_empty(), "{:#?}", found.differences);
    replayed.store.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_the_platform_took_up_waits_and_is_not_decided_again(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let export = [row("T1", "投诉", ["已受理", "办理中"], ""), row("T2", "举报", ["立案", "办理中"], "")];
    assert_eq!(imported(&app, 25, &export).await, [2, 0, 0, 0, 0, 0, 0]);
    assert_eq!(rows::rows(&app.config, FILES).await, ["T1 | east | 1 | 1", "T2 | east | 1 | 1"]);
    let day = received().0;
    let clocks = [
        format!("T1 | 1 | {day} | dropped"),
        format!("T1 | 2 | {day} | runs"),
        format!("T2 | 4 | {day} | dropped"),
    ];
    assert_eq!(rows::rows(&app.config, CLOCKS).await, clocks);

    // The same again, under the same day and a later one.
    let before = rows::rows(&app.config, EVENTS).await;
    for day in [25, 28] {
        assert_eq!(imported(&app, day, &export).await, [0, 0, 0, 0, 2, 0, 0]);
    }
    assert_eq!(rows::rows(&app.config, EVENTS).await, before);
    assert_eq!(rows::rows(&app.config, CLOCKS).await, clocks);

    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let accepted = sign(&mut east, Complaint, "T1").await;
    assert_eq!(accepted.status(), FileStatus::Accepted);
    assert!(state(&mut east, "T1", "complaint").await.accepted_upstream);
    // It cannot be refused any more; a unit that has no competence gives it back, and reception sends it on.
    let name = file("T1", "complaint");
    let refused = east.does(Verb::Refuse, &name, accepted.token).await.unwrap_err();
    assert_eq!(refusal(&refused).0, "WRONG_STATE");
    east.must(Verb::Return, &name, accepted.token).await;
    let (mut service, mut front) = reception(&app).await;
    assert_eq!(sign(&mut front, Complaint, "T1").await.status(), FileStatus::Accepted);
    reassign(&mut service, &name, "west").await.unwrap();
    assert_eq!(rows::rows(&app.config, FILES).await, ["T1 | west | 1 | 1", "T2 | east | 1 | 1"]);
    assert_eq!(rows::rows(&app.config, CLOCKS).await, clocks, "wherever it waits");
    let mut west = OfficerAt::new(&app, "west", "w1").await;
    let accepted = sign(&mut west, Complaint, "T1").await;
    let closed = west.does(Verb::Close, &name, accepted.token).await.unwrap();
    assert_eq!((accepted.status(), closed.status()), (FileStatus::Accepted, FileStatus::Closed));

    let filed = sign(&mut east, Report, "T2").await;
    let closed = east.does(Verb::Close, &file("T2", "report"), filed.token).await.unwrap();
    assert_eq!((filed.status(), closed.status()), (FileStatus::Filed, FileStatus::Closed));
    for (number, words) in [("T1", "平台已受理"), ("T2", "平台已立案")] {
        let number = RegistrationNumber::parse(number).unwrap();
        let shown = show::show(&app.app, FIRST_BUREAU, &number, false).await.unwrap();
        assert!(shown.contains(words), "{shown}");
    }
    let loads = rows::rows(&app.config, "SELECT COUNT(*) FROM unit_load WHERE open_centiunits <> 0").await;
    assert_eq!(loads, ["0"]);
    holds(&app).await;
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_newer_export_accepts_what_is_held_and_an_older_one_nothing(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let fresh = ["待核查", "待受理"];
    let first = [
        row("H1", "投诉", fresh, ""),
        row("H2", "举报", fresh, ""),
        row("H3", "投诉", fresh, "否"),
        row("H4", "投诉", fresh, ""),
        row("H5", "投诉", fresh, ""),
    ];
    assert_eq!(imported(&app, 25, &first).await, [5, 0, 0, 0, 0, 0, 0]);
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut tokens = Vec::new();
    for pulled in east.pull(Complaint, 10).await {
        let token = east.must(Verb::SignFor, &pulled.name, lease(&pulled)).await;
        tokens.push((pulled.name, token));
    }
    let token = |number| tokens.iter().find(|(name, _)| *name == file(number, "complaint")).unwrap().1;
    let report = sign(&mut east, Report, "H2").await.token;
    let own = east.must(Verb::Accept, &file("H4", "complaint"), token("H4")).await;
    let refused = east.must(Verb::Refuse, &file("H5", "complaint"), token("H5")).await;

    // An older one, of which H3 has told a newer mark; then a newer one of the others.
    let accepted = ["已受理", "办理中"];
    assert_eq!(imported(&app, 22, &[row("H3", "投诉", accepted, "")]).await, [0, 0, 0, 0, 1, 0, 0]);
    let newer = [
        row("H1", "投诉", accepted, ""),
        row("H2", "举报", ["立案", "办理中"], ""),
        row("H4", "投诉", accepted, ""),
        row("H5", "投诉", accepted, ""),
    ];
    assert_eq!(imported(&app, 28, &newer).await, [0, 0, 2, 0, 2, 0, 0]);
    let stand = [
        "H1 | east | 3 | 1",
        "H2 | east | 5 | 1",
        "H3 | east | 2 | 0",
        "H4 | east | 3 | 0",
        "H5 | east | 4 | 0",
    ];
    assert_eq!(rows::rows(&app.config, FILES).await, stand);
    let (came, today) = (received().0, MONDAY.day().0);
    let clocks = [
        format!("H1 | 1 | {came} | dropped"),
        format!("H1 | 2 | {came} | runs"),
        format!("H2 | 4 | {came} | dropped"),
        format!("H3 | 1 | {came} | runs"),
        format!("H4 | 1 | {came} | kept"),
        format!("H4 | 2 | {today} | runs"),
        format!("H5 | 1 | {came} | kept"),
    ];
    assert_eq!(rows::rows(&app.config, CLOCKS).await, clocks);
    let before = rows::rows(&app.config, EVENTS).await;
    assert_eq!(imported(&app, 29, &newer).await, [0, 0, 0, 0, 4, 0, 0]);
    assert_eq!(rows::rows(&app.config, EVENTS).await, before);

    // Whoever holds it must have seen it; what was decided here stays with its unit, under its version.
    for (number, track, old) in [("H1", "complaint", token("H1")), ("H2", "report", report)] {
        let stale = east.does(Verb::Close, &file(number, track), old).await.unwrap_err();
        assert_eq!(refusal(&stale).0, "VERSION_STALE");
        let seen = state(&mut east, number, track).await;
        east.must(Verb::Close, &file(number, track), seen.token.unwrap()).await;
    }
    let given_back = east.does(Verb::Return, &file("H4", "complaint"), own).await.unwrap_err();
    assert_eq!(refusal(&given_back).0, "WRONG_STATE");
    east.must(Verb::Close, &file("H4", "complaint"), own).await;
    let ended = east.does(Verb::Step, &file("H5", "complaint"), refused).await.unwrap_err();
    assert_eq!(refusal(&ended).0, "FILE_ENDED");
    holds(&app).await;
    app.stop().await;
}
