//! `triage bench` against a real server: what it says was accepted is in, once each, whatever the way.

use clap::Parser;
use rstest::rstest;
use triage::cli::bench::{Arguments, BenchError, run, text};
use triage::clock::Clock;
use triage::domain::caller::Role;
use triage::lifecycle::Lifecycle;
use triage::service::Bounds;

use crate::support::{Backend, TestApp, fresh, rows};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    bench: Arguments,
}

fn arguments(app: &TestApp, token_file: &std::path::Path, more: &[&str]) -> Arguments {
    let (address, file) = (app.address.to_string(), token_file.display().to_string());
    let line = ["bench", "--address", address.as_str(), "--token-file", file.as_str()];
    Line::parse_from(line.iter().chain(more)).bench
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_item_of_a_bench_is_in(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let token_file = directory.path().join("token");
    let app = TestApp::spawn_with(config, directory, Bounds::default(), Clock::System, true).await;
    std::fs::write(&token_file, app.token(Role::Intake, None).await + "\n").unwrap();
    let life = Lifecycle::default();
    let mut sent = 0;
    for (count, way) in [
        (150, vec!["--concurrency", "8", "--mix", "complaints=1,reports=1,both=1"]),
        (400, vec!["--streamed", "--concurrency", "64"]),
        (100, vec!["--rate", "2000/s"]),
    ] {
        let many = count.to_string();
        let arguments = arguments(&app, &token_file, &[way.as_slice(), &["--count", &many]].concat());
        let outcome = run(&arguments, &life).await.unwrap();
        assert_eq!((outcome.sent, outcome.accepted), (count, count), "{way:?} {:?}", outcome.errors);
        let [p50, p90, p99, p999, most] = outcome.waited_ms.unwrap();
        assert!(0.0 < p50 && p50 <= p90 && p90 <= p99 && p99 <= p999 && p999 <= most);
        assert!(text(&outcome, false).unwrap().contains(&outcome.numbers));
        sent += count;
        let stored = rows::rows(&app.config, "SELECT number FROM submission").await;
        let of_run = stored.iter().filter(|number| number.starts_with(&outcome.numbers)).count();
        assert_eq!((of_run as u64, stored.len() as u64), (count, sent));
    }
    let tracks = "SELECT track, CASE WHEN COUNT(*) > 50 THEN 'many' ELSE 'few' END FROM file GROUP BY track ORDER BY track";
    assert_eq!(rows::rows(&app.config, tracks).await, ["0 | many", "1 | many"]);

    // A signal ends a run at once, and it still says what it measured.
    life.stop();
    let outcome = run(&arguments(&app, &token_file, &["--seconds", "600"]), &life).await.unwrap();
    assert_eq!(outcome.sent, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_bench_that_may_not_submit_says_so_by_code() {
    let (config, directory) = fresh(Backend::Sqlite);
    let token_file = directory.path().join("token");
    let app = TestApp::spawn_with(config, directory, Bounds::default(), Clock::System, true).await;
    std::fs::write(&token_file, app.token(Role::Unit, Some("east")).await).unwrap();
    let life = Lifecycle::default();
    let refused = run(&arguments(&app, &token_file, &["--count", "5"]), &life).await.unwrap();
    assert_eq!(refused.errors.into_iter().collect::<Vec<_>>(), [("PERMISSION_DENIED".to_owned(), 5)]);
    assert!(refused.waited_ms.is_none());
    std::fs::write(&token_file, "nobodys").unwrap();
    let stranger = run(&arguments(&app, &token_file, &["--count", "5"]), &life).await.unwrap_err();
    assert!(stranger.to_string().contains("UNAUTHENTICATED"), "{stranger}");
    std::fs::write(&token_file, "\n").unwrap();
    let none = run(&arguments(&app, &token_file, &["--count", "5"]), &life).await.unwrap_err();
    assert!(matches!(none, BenchError::NoToken));
    app.stop().await;
}
