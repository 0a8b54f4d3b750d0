//! Sealing keys are changed while everybody works: no call fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rstest::rstest;
use tokio::sync::watch;
use tokio::task::JoinSet;
use triage::app::App;
use triage::grpc::pb::Track::Complaint;

use super::{is_whole, sealed_by};
use crate::support::items::{complaint, submit};
use crate::support::officers::{OfficerAt, Verb};
use crate::support::{Backend, TestApp, lease, ok};

/// Calls answered before the keys are changed again.
const CALLS: u64 = 150;
/// A test that takes longer hangs.
const MOST: Duration = Duration::from_secs(300);

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_keys_change(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let office = App::open_existing(app.config.clone(), app.clock.clone()).await.unwrap();
    let (stop, answered) = (Arc::new(AtomicBool::default()), watch::Sender::new(0_u64));
    let mut people = JoinSet::new();
    for hand in 0..2 {
        let mut intake = app.intake().await;
        let (stop, answered) = (Arc::clone(&stop), answered.clone());
        people.spawn(async move {
            for one in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                ok(intake.submit(submit(complaint(&format!("F{hand}-{one}"), one))).await);
                answered.send_modify(|answered| *answered += 1);
            }
        });
    }
    for officer in ["e1", "e2"] {
        let mut east = OfficerAt::new(&app, "east", officer).await;
        let (stop, answered) = (Arc::clone(&stop), answered.clone());
        people.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                for pulled in east.pull(Complaint, 3).await {
                    east.must(Verb::SignFor, &pulled.name, lease(&pulled)).await;
                    answered.send_modify(|answered| *answered += 2);
                }
                tokio::task::yield_now().await;
            }
        });
    }
    let mut heard = answered.subscribe();
    let mut more = async || {
        let goal = *heard.borrow() + CALLS;
        tokio::time::timeout(MOST, heard.wait_for(|answered| *answered >= goal)).await.unwrap().unwrap();
    };
    for round in 1..=3 {
        more().await;
        assert_eq!(office.rotate_seal_key().await.unwrap().0, round);
        more().await;
        assert_eq!(office.reseal(|_, _| true).await.unwrap().unopened, 0);
        if round > 1 {
            office.remove_seal_key(triage::domain::ids::SealKeyId(round - 1)).await.unwrap();
        }
    }
    more().await;
    stop.store(true, Ordering::Relaxed);
    // A call that failed has ended its task.
    while let Some(ended) = people.join_next().await {
        ended.unwrap();
    }
    let (sealed, current) = sealed_by(&office).await;
    assert_eq!((sealed[0], current), ((0, 0), 3));
    assert!(sealed[1].0 == 3 && sealed[1].1 > 4 * CALLS && sealed.len() == 2, "{sealed:?}");
    is_whole(&app.app, &app.config, &app.directory, "replayed.db").await;
    eprintln!("{backend:?}: {} calls, {} values sealed, none failed", *answered.borrow(), sealed[1].1);
    office.context.store.close().await;
    app.stop().await;
}
