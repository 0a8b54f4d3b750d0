//! One fault does not stop the bureau: whatever becomes of a call, the next one works.

mod real;

use std::time::Duration;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use rstest::rstest;
use tempfile::TempDir;
use triage::app::{Config, FIRST_BUREAU};
use triage::clock::Stopwatch;
use triage::domain::command::Command;
use triage::domain::text::Line;
use triage::domain::view::SearchBy;
use triage::identity::Identity;
use triage::ledger::Context;
use triage::lifecycle::Lifecycle;
use triage::replay::replay;
use triage::routing::LoadBasis;
use triage::service::due::DueAsked;
use triage::service::{Bounds, Service};
use triage::store::{Fault, Faults, Place};

use crate::support::flood::Dice;
use crate::support::histories::{Facts, submission};
use crate::support::world::{World, at_once, intake, reception, request_id};
use crate::support::{BUREAU, Backend, fresh, scratch_context};

/// How many seeds make a proof; `TRIAGE_FAULT_SEEDS` sets another number.
fn seeds() -> u64 {
    std::env::var("TRIAGE_FAULT_SEEDS").map_or(40, |seeds| seeds.parse().unwrap())
}

/// Polls `work` `most` times. What is not done by then is dropped where it stands.
async fn given_up_after<T>(most: u64, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut left = most;
    poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(Some(done));
        }
        left = left.saturating_sub(1);
        if left == 0 { Poll::Ready(None) } else { Poll::Pending }
    })
    .await
}

/// Calls of every kind, reading and writing, by number; whether it was done.
async fn call(world: &World, kind: u64, seed: u64) -> bool {
    let service = &world.service;
    match kind {
        0 => world
            .app
            .act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() })
            .await
            .is_ok(),
        1 => service.changes(&intake(), None, 20, Duration::ZERO).await.is_ok(),
        2 => service.overview(&reception()).await.is_ok(),
        3 => service
            .due(&reception(), &DueAsked { within: 5, unit: None, after: None, most: 20 })
            .await
            .is_ok(),
        4 => service
            .search(&reception(), SearchBy::ShopPrefix(Line::parse("东街").unwrap()), None, 20)
            .await
            .is_ok(),
        _ => submit(world, &format!("G{seed}")).await,
    }
}

async fn submit(world: &World, number: &str) -> bool {
    let facts = Facts { person: 0, shop: 0, text: 1, parts: 1, hours: 1, amount: 1 };
    let command = Command::Submit(Box::new(submission(number, facts, 0)));
    world.service.act(&intake(), request_id(number), command).await.is_ok()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_call_given_up_at_any_await_leaves_the_next_one_able_to_work(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 256, LoadBasis::LAWFUL).await;
    let watch = Stopwatch::start();
    let mut given_up = 0;
    for seed in 0..seeds() {
        let mut dice = Dice(seed);
        let crowd: Vec<(u64, u64)> =
            (0..=dice.below(16)).map(|_| (dice.below(6), 1 + dice.below(16))).collect();
        let calls = crowd.iter().map(|(kind, polls)| given_up_after(*polls, call(&world, *kind, seed)));
        given_up += at_once(calls.collect()).await.iter().filter(|done| done.is_none()).count();
        assert!(submit(&world, &format!("N{seed}")).await, "seed {seed}: after {crowd:?}");
        assert!(call(&world, 1 + dice.below(4), seed).await, "seed {seed}: after {crowd:?}");
    }
    replays(&world, &config, &directory).await;
    world.close().await;
    eprintln!("{backend:?}: {} crowds, {given_up} calls given up, {:.1?}", seeds(), watch.elapsed());
}

/// A fault that is to come: after so many awaits, of one place or of any.
struct Next {
    left: u64,
    of: Option<Place>,
    fault: Fault,
}

/// The fault that is to come, and those that came.
type Met = Arc<Mutex<(Option<Next>, Vec<(Place, Fault)>)>>;

/// Whatever is next is well again after the fault.
fn next_fault(met: &Met) -> Faults {
    let met = Arc::clone(met);
    Faults::new(move |place| {
        let (next, done) = &mut *met.lock().unwrap();
        let Next { left, fault, .. } = next.as_mut().filter(|next| next.of.is_none_or(|of| of == place))?;
        if *left > 0 {
            *left -= 1;
            return None;
        }
        let fault = *fault;
        *next = None;
        done.push((place, fault));
        Some(fault)
    })
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_fault_at_any_await_leaves_the_next_call_able_to_work(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let mut world = World::open(&config, 256, LoadBasis::LAWFUL).await;
    let met = Met::default();
    let identity = Identity::open(&config.data.join("identity.key")).unwrap();
    let store = world.app.context.store.clone().failing(next_fault(&met));
    let context = Arc::new(Context::new(store, identity, LoadBasis::LAWFUL));
    world.service =
        Service::new(Arc::clone(&context), world.clock.clone(), Bounds::default(), Lifecycle::default());
    world.app.context = context;
    let watch = Stopwatch::start();
    for seed in 0..seeds() {
        let mut dice = Dice(seed);
        let (kind, at) = (dice.below(6), dice.below(24));
        let fault = match dice.below(3) {
            0 => Fault::Before,
            1 => Fault::After,
            _ => Fault::Silent(u32::try_from(dice.below(4)).unwrap()),
        };
        // Every other time at a place of its own, for some come seldom.
        let places = [Place::Begin, Place::Statement, Place::Commit, Place::Rollback];
        let of = (seed % 2 == 1).then(|| places[usize::try_from(seed / 2 % 4).unwrap()]);
        met.lock().unwrap().0 = Some(Next { left: if of.is_some() { at % 2 } else { at }, of, fault });
        // Twice, side by side: a fault of one is no fault of the other's.
        at_once(vec![call(&world, kind, seed), call(&world, kind, seed)]).await;
        met.lock().unwrap().0 = None;
        assert!(submit(&world, &format!("N{seed}")).await, "seed {seed}: {fault:?} in call {kind}");
        assert!(call(&world, 1 + dice.below(4), seed).await, "seed {seed}: {fault:?} in call {kind}");
    }
    replays(&world, &config, &directory).await;
    world.close().await;
    let (_, met) = &*met.lock().unwrap();
    let places = [Place::Connect, Place::Begin, Place::Statement, Place::Commit, Place::Rollback];
    let counts = places.map(|place| (place, met.iter().filter(|(at, _)| *at == place).count()));
    eprintln!("{backend:?}: {} calls, faults {counts:?}, {:.1?}", seeds(), watch.elapsed());
    // A connection is opened after a fault, so seldom within reach of the next.
    assert!(counts.iter().all(|(place, count)| *count > 0 || *place == Place::Connect), "{counts:?}");
}

/// What came of it all is what the log says.
async fn replays(world: &World, config: &Config, directory: &TempDir) {
    let replayed = scratch_context(config, directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&world.app.context, &replayed, FIRST_BUREAU).await.unwrap();
    assert!(found.differences.is_empty(), "{:#?}", found.differences);
    replayed.store.close().await;
}
