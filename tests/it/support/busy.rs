//! People who work while something else is done: no call of theirs may fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use triage::grpc::pb::Track::Complaint;
use triage::grpc::pb::search_request::By;

use super::items::{complaint, submit};
use super::officers::{OfficerAt, Verb};
use super::{TestApp, lease, ok};

/// Calls answered before the next thing is done.
pub(crate) const CALLS: u64 = 150;
/// A test that takes longer hangs.
const MOST: Duration = Duration::from_secs(300);

/// Two clients that submit, and officers of a station who pull, sign for and search.
pub(crate) struct Busy {
    stop: Arc<AtomicBool>,
    answered: watch::Sender<u64>,
    people: JoinSet<()>,
}

impl Busy {
    pub(crate) async fn new(app: &TestApp, officers: &[&'static str]) -> Self {
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
        for officer in officers {
            let mut east = OfficerAt::new(app, "east", officer).await;
            let (stop, answered) = (Arc::clone(&stop), answered.clone());
            people.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    for pulled in east.pull(Complaint, 3).await {
                        east.must(Verb::SignFor, &pulled.name, lease(&pulled)).await;
                        let by = By::Phone("13900000001".to_owned());
                        assert!(!east.search(by).await.is_empty(), "what came in is found by its telephone");
                        answered.send_modify(|answered| *answered += 3);
                    }
                    tokio::task::yield_now().await;
                }
            });
        }
        Self { stop, answered, people }
    }

    /// Waits until as many calls more are answered as make the next thing meet work under way.
    pub(crate) async fn work(&self) {
        let mut heard = self.answered.subscribe();
        let goal = *heard.borrow() + CALLS;
        tokio::time::timeout(MOST, heard.wait_for(|answered| *answered >= goal)).await.unwrap().unwrap();
    }

    /// Everybody goes home; how many calls were answered. A call that failed has ended its task.
    pub(crate) async fn stop(mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.people.join_next().await {
            ended.unwrap();
        }
        *self.answered.borrow()
    }
}
