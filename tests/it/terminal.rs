//! Looks from a terminal: what they print, in which order, what they keep to themselves, and that they are recorded.

use clap::{Args as _, FromArgMatches as _};
use rstest::rstest;
use triage::app::FIRST_BUREAU;
use triage::cli::{queue, show, stats, whatif};
use triage::domain::caller::{Caller, Role};
use triage::domain::ids::{CallerId, RegistrationNumber, Track, UnitId};
use triage::grpc::pb;
use triage::service::Service;

use crate::support::items::{at, both, complaint, from, report, submit};
use crate::support::models::{artefact, use_model};
use crate::support::officers::{OfficerAt, Verb, new_id};
use crate::support::{Backend, TestApp, file, lease, ok, rows};

/// A small bureau in the middle of a morning: files waiting, leased, skipped, held and ended, one urged, one withdrawn.
async fn morning(backend: Backend) -> TestApp {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    ok(intake.submit(submit(complaint("A0", 0))).await);
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    east.lead(&file("A0", "complaint"), &[Verb::SignFor, Verb::Accept, Verb::Close]).await;
    use_model(&app.app, &artefact(1.0)).await;
    let west = |number: &str, minutes| at(complaint(number, minutes), "西街超市", "西街街道三号");
    let nowhere = at(from(complaint("X1", 3), "李某", "13900000002"), "游商", "某处");
    let items = [
        complaint("A1", 20),
        complaint("A2", 10),
        complaint("A3", 30),
        both("B1", 40),
        both("B2", 5),
        report("R1", 50),
        west("W1", 60),
        west("W2", 61),
        nowhere,
    ];
    for item in items {
        ok(intake.submit(submit(item)).await);
    }
    let registration_number = "A2".to_owned();
    ok(intake.urge(pb::UrgeRequest { request_id: new_id(), registration_number, note: None }).await);
    let registration_number = "A3".to_owned();
    ok(intake
        .withdraw(pb::WithdrawRequest { request_id: new_id(), registration_number, reason: None })
        .await);

    // In the order of receipt: B2 is skipped, A2 is held, A1 stays on lease, A3 and B1 wait.
    let skipped = east.pull(pb::Track::Complaint, 1).await;
    east.must(Verb::Skip, &skipped[0].name, lease(&skipped[0])).await;
    let held = east.pull(pb::Track::Complaint, 1).await;
    east.must(Verb::SignFor, &held[0].name, lease(&held[0])).await;
    let mut other = east.by("e2");
    let leased = other.pull(pb::Track::Complaint, 1).await;
    other.must(Verb::Extend, &leased[0].name, lease(&leased[0])).await;
    app
}

fn unit(id: &str) -> UnitId {
    UnitId::parse(id).unwrap()
}

async fn shown(app: &TestApp, number: &str, json: bool) -> String {
    let number = RegistrationNumber::parse(number).unwrap();
    show::show(&app.app, FIRST_BUREAU, &number, json).await.unwrap()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn looks_print_what_stands_and_are_recorded(#[case] backend: Backend) {
    let app = Box::pin(morning(backend)).await;
    let model = artefact(1.0).id().unwrap();
    let plain = |text: String| text.replace(model.as_str(), "MODEL");
    let queued = queue::queue(&app.app, FIRST_BUREAU, &unit("east"), None, 50, false).await.unwrap();
    insta::assert_snapshot!("terminal_queue", queued);
    insta::assert_snapshot!("terminal_show_two_files", plain(shown(&app, "B1", false).await));
    insta::assert_snapshot!("terminal_show_candidates", plain(shown(&app, "W2", false).await));
    let standing = stats::stats(&app.app, FIRST_BUREAU, false).await.unwrap();
    insta::assert_snapshot!("terminal_stats", plain(standing));

    // What is printed of a complaint never mentions a report.
    let both = shown(&app, "B1", false).await;
    let (_, complaint) = both.split_once("■ 投诉件").unwrap();
    // The order's own name holds the word.
    let complaint = complaint.replace("《市场监督管理投诉举报处理办法》", "");
    assert!(!complaint.contains("举报"), "{complaint}");

    // The last look comes back empty, and is kept all the same.
    let unknown = RegistrationNumber::parse("NOBODY").unwrap();
    let refused = show::show(&app.app, FIRST_BUREAU, &unknown, false).await.unwrap_err();
    assert!(refused.to_string().contains("登记件"), "{refused}");
    let sql = "SELECT action, COUNT(*), COUNT(submission) FROM audit
        WHERE caller_id = 0 AND sequence IS NULL GROUP BY action ORDER BY action";
    // Eight files of the queue; of three submissions four files, of the third twice two, and one that is not there.
    let looks = ["get_file | 5 | 5", "get_submission | 6 | 5", "overview | 1 | 0", "queue | 8 | 8"];
    assert_eq!(rows::rows(&app.config, sql).await, looks);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_queue_is_in_the_order_of_the_pull(#[case] backend: Backend) {
    let app = Box::pin(morning(backend)).await;
    let mut intake = app.intake().await;
    // Same receive time: the number decides. None of it is in the order of coming in.
    for (number, minutes) in [("C9", 7), ("C2", 90), ("C1", 90), ("C5", 8)] {
        ok(intake.submit(submit(complaint(number, minutes))).await);
    }
    let track = Some(Track::Complaint);
    let queued = queue::queue(&app.app, FIRST_BUREAU, &unit("east"), track, 50, true).await.unwrap();
    let queued: serde_json::Value = serde_json::from_str(&queued).unwrap();
    let files = queued[0]["files"].as_array().unwrap();
    let free = |file: &&serde_json::Value| file["holder"].is_null() && file["skipped_until"].is_null();
    let listed: Vec<&str> = files.iter().filter(free).map(|file| file["number"].as_str().unwrap()).collect();
    let pulled = OfficerAt::new(&app, "east", "e1").await.pull_numbers(50).await;
    assert_eq!(listed, pulled);
    assert_eq!(listed, ["C9", "C5", "A3", "B1", "C1", "C2"]);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn queue_and_stats_say_nothing_of_persons(#[case] backend: Backend) {
    let app = Box::pin(morning(backend)).await;
    for json in [false, true] {
        let mut said = stats::stats(&app.app, FIRST_BUREAU, json).await.unwrap();
        for unit_id in ["east", "west", "reception"] {
            said += &queue::queue(&app.app, FIRST_BUREAU, &unit(unit_id), None, 50, json).await.unwrap();
        }
        for personal in ["王某", "李某", "1390000", "异物", "无照", "东甲"] {
            assert!(!said.contains(personal), "{personal}: {said}");
        }
        assert!(said.contains("东街蛋糕房"), "the operator is not sealed");
    }
    let west = Caller::service(CallerId(9), FIRST_BUREAU, Role::Unit, Some(unit("west")));
    let queue = async |service: &Service, _: &_| {
        service.queue(&west, &unit("east"), Track::Report, 5).await.map(drop)
    };
    assert!(app.app.access(FIRST_BUREAU, queue).await.is_err(), "another unit's queue");
    let overview = async |service: &Service, _: &_| service.overview(&west).await.map(drop);
    assert!(
        app.app.access(FIRST_BUREAU, overview).await.is_err(),
        "reports elsewhere are not a unit's to count"
    );
    assert!(
        shown(&app, "A1", false).await.contains("13900000001"),
        "an officer's look at one file shows them"
    );
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_if_compares_and_is_recorded(#[case] backend: Backend) {
    let app = Box::pin(morning(backend)).await;
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().display().to_string();
    let asked = |more: &[&str]| {
        let words = ["what-if", "--policy", "station", "--policy", "open-work", "--out", &out];
        let command = whatif::Arguments::augment_args(clap::Command::new("what-if"));
        let matches = command.try_get_matches_from(words.iter().chain(more)).unwrap();
        whatif::Arguments::from_arg_matches(&matches).unwrap()
    };
    let table = whatif::run(&app.app, FIRST_BUREAU, asked(&[])).await.unwrap();
    insta::assert_snapshot!("terminal_what_if", table);
    let json = whatif::run(&app.app, FIRST_BUREAU, asked(&["--json"])).await.unwrap();
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    let files: Vec<i64> =
        found["variants"].as_array().unwrap().iter().map(|one| one["files"].as_i64().unwrap()).collect();
    assert_eq!(files, [12; 3], "ten submissions, two of them with both parts");
    let page = std::fs::read_to_string(directory.path().join("what-if.html")).unwrap();
    assert_eq!(page.matches("<svg").count(), 2);
    for fetched in ["src=", "href=", "url("] {
        assert!(!page.contains(fetched), "the page is whole: {fetched}");
    }
    for personal in ["王某", "李某", "1390000", "异物", "无照"] {
        assert!(![&table, &json, &page].iter().any(|said| said.contains(personal)), "{personal}");
    }
    let sql = "SELECT action, COUNT(*) FROM audit WHERE action = 'what_if' GROUP BY action";
    assert_eq!(rows::rows(&app.config, sql).await, ["what_if | 2"]);
    app.stop().await;
}
