//! The machine's clock when it is wrong: nothing is written by it, looks go on, a restart after a holiday is no question, and
//! after a confirmation the history goes on at the true time and replays the same.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rstest::rstest;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;
use triage::app::{App, AppError, FIRST_BUREAU};
use triage::clock::Clock;
use triage::clock::watch::{Uptime, Watch};
use triage::domain::caller::Role;
use triage::domain::ids::CallerId;
use triage::domain::text::Line;
use triage::domain::trust::Untrusted;
use triage::grpc::pb::Track::{Complaint, Report};
use triage::replay::replay;
use triage::routing::LoadBasis;
use triage::service::Bounds;

use crate::support::items::{both, complaint, submit};
use crate::support::officers::{OfficerAt, Verb};
use crate::support::{Backend, MONDAY, TestApp, file, fresh, lease, ok, refusal, rows, scratch_context};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// A machine: a clock that can be set, and the time since its start, which cannot.
#[derive(Clone)]
struct Machine {
    wall: Clock,
    boot: Arc<AtomicI64>,
    up_us: Arc<AtomicI64>,
}

impl Machine {
    fn new() -> Self {
        Self { wall: Clock::manual(MONDAY), boot: Arc::default(), up_us: Arc::default() }
    }

    /// Its clock, as a process with this data directory watches it.
    fn clock(&self, data: &Path) -> Clock {
        let uptime = Uptime::Manual { boot: Arc::clone(&self.boot), up_us: Arc::clone(&self.up_us) };
        Clock::Watched(Arc::new(Watch::new(self.wall.clone(), uptime, data)))
    }

    fn pass(&self, time: Duration) {
        self.wall.advance(time);
        self.up_us.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }

    fn set_forward(&self, by: Duration) {
        self.wall.advance(by);
    }

    fn set_back(&self, by: Duration) {
        let Clock::Manual(at) = &self.wall else { panic!("{:?}", self.wall) };
        at.fetch_sub(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }

    fn restart(&self) {
        self.boot.fetch_add(1, Ordering::SeqCst);
        self.up_us.store(7_000_000, Ordering::SeqCst);
    }
}

async fn bureau(backend: Backend) -> (TestApp, Machine) {
    let machine = Machine::new();
    let (config, directory) = fresh(backend);
    let clock = machine.clock(&config.data);
    (TestApp::spawn_with(config, directory, Bounds::default(), clock, true).await, machine)
}

/// Another process on this machine.
async fn command(app: &TestApp, machine: &Machine) -> App {
    App::open_existing(app.config.clone(), machine.clock(&app.config.data)).await.unwrap()
}

async fn replays(app: &TestApp) {
    let beside = scratch_context(&app.config, &app.directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&app.app.context, &beside, FIRST_BUREAU).await.unwrap();
    beside.store.close().await;
    std::fs::remove_file(app.directory.path().join("replayed.db")).unwrap();
    assert!(found.differences.is_empty() && found.files > 0, "{:#?}", found.differences);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_clock_that_was_set_is_not_written_by_until_it_is_right_again(#[case] backend: Backend) {
    let (app, machine) = bureau(backend).await;
    let mut intake = app.intake().await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut health = HealthClient::new(app.channel());
    machine.pass(DAY);
    ok(intake.submit(submit(complaint("A0", 0))).await);
    let watched = HealthCheckRequest { service: "triage.clock".to_owned() };
    let mut reports = ok(health.watch(watched).await);
    let mut next_report = async move || loop {
        let status = reports.message().await.unwrap().unwrap().status;
        // Before it was looked at for the first time, there is no such service.
        if status != ServingStatus::ServiceUnknown as i32 {
            return status;
        }
    };
    assert_eq!(next_report().await, ServingStatus::Serving as i32);
    let kept = "SELECT (SELECT sequence FROM bureau), (SELECT COUNT(*) FROM file)";
    for (forward, by) in [(true, DAY), (false, 60 * MINUTE), (true, 20_000 * DAY), (false, 6 * MINUTE)] {
        machine.pass(10 * MINUTE);
        let before = rows::rows(&app.config, kept).await;
        if forward {
            machine.set_forward(by);
        } else {
            machine.set_back(by);
        }
        let refused = intake.submit(submit(complaint("A1", 1))).await.unwrap_err();
        assert_eq!((refused.code(), refusal(&refused).0.as_str()), (Code::Unavailable, "CLOCK_NOT_TRUSTED"));
        let details = refused.get_error_details();
        assert!(details.retry_info().is_some());
        assert!(details.localized_message().unwrap().message.contains("triage clock accept"), "{details:?}");
        let pull = east.pull_request(Complaint, 5);
        assert_eq!(refusal(&east.client.pull(pull).await.unwrap_err()).0, "CLOCK_NOT_TRUSTED");
        // Looks go on, each under the time that it should be.
        assert!(east.see("A0", "complaint").await.is_some());
        assert_eq!(rows::rows(&app.config, kept).await, before, "nothing was written");
        let looked = &rows::rows(&app.config, "SELECT MAX(at) FROM audit").await[0];
        let should_be = if forward { app.clock.now().0 - micros(by) } else { app.clock.now().0 + micros(by) };
        assert_eq!(looked, &should_be.to_string());
        assert_eq!(next_report().await, ServingStatus::NotServing as i32);

        if forward {
            machine.set_back(by);
        } else {
            machine.set_forward(by);
        }
        let id = format!("{}-{forward}", by.as_secs());
        ok(intake.submit(submit(complaint(&id, 1))).await);
        assert_eq!(next_report().await, ServingStatus::Serving as i32);
    }
    // A correction is no jump, and two minutes back stand still.
    machine.set_back(2 * MINUTE);
    ok(intake.submit(submit(complaint("A9", 2))).await);
    replays(&app).await;
    app.stop().await;
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_holiday_is_no_question_and_years_are(#[case] backend: Backend) {
    let (app, machine) = bureau(backend).await;
    let mut intake = app.intake().await;
    ok(intake.submit(submit(complaint("A1", 0))).await);
    // It runs through a long silence: nothing is asked.
    machine.pass(100 * DAY);
    ok(intake.submit(submit(complaint("A2", 1))).await);
    let (config, directory, _) = app.stop().await;

    machine.restart();
    machine.pass(10 * DAY);
    let clock = machine.clock(&config.data);
    let app = TestApp::spawn_with(config, directory, Bounds::default(), clock, false).await;
    ok(app.intake().await.submit(submit(complaint("A3", 2))).await);
    let (config, directory, _) = app.stop().await;

    // Restarted again, and the clock is 55 years ahead: until somebody says so, nothing is written.
    machine.restart();
    machine.set_forward(20_000 * DAY);
    let clock = machine.clock(&config.data);
    let app = TestApp::spawn_with(config, directory, Bounds::default(), clock, false).await;
    let name = Line::parse("测试").unwrap();
    let refused = app.app.add_caller(FIRST_BUREAU, Role::Intake, None, &name).await.unwrap_err();
    assert!(matches!(refused, AppError::Clock(Untrusted::Ahead { .. })), "{refused}");
    assert!(refused.to_string().contains("triage clock accept"), "{refused}");
    // A token that got lost is ended all the same.
    assert!(app.app.revoke_caller(FIRST_BUREAU, CallerId(1)).await.unwrap());
    let own_watch = Some(MONDAY.plus_seconds(110 * 86_400));
    let differs = app.app.accept_clock(FIRST_BUREAU, own_watch).await.unwrap_err();
    assert!(matches!(differs, AppError::ClockDiffers { .. }), "{differs}");

    machine.set_back(20_000 * DAY);
    assert!(app.app.accept_clock(FIRST_BUREAU, own_watch).await.unwrap().is_none(), "nothing to confirm");
    app.app.add_caller(FIRST_BUREAU, Role::Intake, None, &name).await.unwrap();
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn there_is_a_recorded_way_back(#[case] backend: Backend) {
    let (app, machine) = bureau(backend).await;
    for (number, minutes) in [("A1", 0), ("A2", 1), ("A3", 2)] {
        ok(app.intake().await.submit(submit(both(number, minutes))).await);
    }
    let (config, directory, _) = app.stop().await;

    // The machine starts with a clock that is a day ahead: nobody can tell, and the bureau works by it.
    machine.restart();
    machine.set_forward(DAY);
    let clock = machine.clock(&config.data);
    let app = TestApp::spawn_with(config, directory, Bounds::default(), clock, false).await;
    let mut intake = app.intake().await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut other = east.by("e2");
    let leased = other.pull(Complaint, 1).await;
    let held = east.pull(Complaint, 1).await;
    let name = held[0].name.clone();
    let version = east.must(Verb::SignFor, &name, lease(&held[0])).await;
    let version = east.must(Verb::Accept, &name, version).await;
    ok(intake.submit(submit(complaint("A4", 3))).await);

    // Somebody sets it right: now the history is ahead of it, and nothing is written until that is confirmed.
    machine.set_back(DAY);
    machine.pass(MINUTE);
    let refused = intake.submit(submit(complaint("A5", 4))).await.unwrap_err();
    assert_eq!(refusal(&refused).0, "CLOCK_NOT_TRUSTED");
    // In another process, as an operator does it.
    let terminal = command(&app, &machine).await;
    let accepted = terminal.accept_clock(FIRST_BUREAU, None).await.unwrap().unwrap();
    let now = machine.wall.now();
    assert_eq!(accepted.at, now);
    assert!(accepted.mended.events > 0 && accepted.mended.files > 0, "{accepted:?}");
    let terms: Vec<String> =
        accepted.mended.terms.iter().map(|term| file(term.number.as_str(), "complaint")).collect();
    assert_eq!(terms, std::slice::from_ref(&name), "the one that was decided on a day to come");
    terminal.context.store.close().await;

    // The service goes on at the true time, and so does what ends in it.
    ok(intake.submit(submit(complaint("A5", 4))).await);
    let times = rows::rows(&app.config, "SELECT recorded_at FROM event ORDER BY sequence DESC").await;
    assert_eq!(times[0], now.0.to_string());
    let until = other.see(leased[0].name.split('/').nth(1).unwrap(), "complaint").await.unwrap();
    let until = until.state.unwrap().leased_until.unwrap().seconds;
    assert_eq!(until, now.seconds() + 600, "as a lease that begins now");
    machine.pass(10 * MINUTE);
    let again = east.pull(Complaint, 5).await;
    assert!(again.iter().any(|file| file.name == leased[0].name), "offered again in time");
    let today = i64::from(now.day().0);
    let ahead = format!("SELECT COUNT(*) FROM deadline WHERE met_on > {today} OR (started_on > {today})");
    assert_eq!(rows::rows(&app.config, Box::leak(ahead.into_boxed_str())).await, ["0"]);
    east.must(Verb::Close, &name, version).await;
    replays(&app).await;
    app.stop().await;
}

/// Steps of a month in which the clock is set now and then, noticed or not, and confirmed when nothing is written any more.
#[rstest]
#[case::sqlite(Backend::Sqlite, 6)]
#[case::postgres(Backend::Postgres, 3)]
#[tokio::test]
async fn a_month_of_wrong_clocks_replays_the_same(#[case] backend: Backend, #[case] seeds: u64) {
    for seed in 0..seeds {
        let (mut app, machine) = bureau(backend).await;
        machine.pass(30 * DAY);
        let mut dice = Dice(seed);
        let (mut confirmed, mut number) = (0, 0);
        for _ in 0..6 {
            let mut intake = app.intake().await;
            let mut east = OfficerAt::new(&app, "east", "e1").await;
            for _ in 0..12 {
                machine.pass(Duration::from_mins(dice.below(600)));
                number += 1;
                let trouble = intake.submit(submit(both(&format!("A{number}"), number))).await;
                if let Err(status) = trouble {
                    assert_eq!(refusal(&status).0, "CLOCK_NOT_TRUSTED", "{status:?}");
                    let accepted = app.app.accept_clock(FIRST_BUREAU, None).await.unwrap();
                    assert!(accepted.is_some());
                    confirmed += 1;
                }
                work(&mut east, &mut dice).await;
            }
            if dice.below(2) == 0 {
                let (config, directory, _) = app.stop().await;
                machine.restart();
                set(&machine, &mut dice);
                let clock = machine.clock(&config.data);
                app = TestApp::spawn_with(config, directory, Bounds::default(), clock, false).await;
                // The caller of the next round is made by a clock that may have to be confirmed first.
                confirmed += i64::from(app.app.accept_clock(FIRST_BUREAU, None).await.unwrap().is_some());
            } else {
                set(&machine, &mut dice);
                confirmed += i64::from(app.app.accept_clock(FIRST_BUREAU, None).await.unwrap().is_some());
            }
        }
        let events = rows::rows(&app.config, "SELECT COUNT(*) FROM event WHERE kind = 24").await;
        assert_eq!(events, [confirmed.to_string()], "every confirmation is an event");
        replays(&app).await;
        app.stop().await;
    }
}

fn set(machine: &Machine, dice: &mut Dice) {
    let by = Duration::from_mins(dice.below(4_000));
    if dice.below(2) == 0 { machine.set_forward(by) } else { machine.set_back(by) }
}

/// Takes something, and does something with it.
async fn work(east: &mut OfficerAt, dice: &mut Dice) {
    let track = if dice.below(2) == 0 { Complaint } else { Report };
    for taken in east.pull(track, 2).await {
        let verb = [Verb::Skip, Verb::Extend, Verb::SignFor][usize::try_from(dice.below(3)).unwrap()];
        let token = east.must(verb, &taken.name, lease(&taken)).await;
        if verb == Verb::SignFor && dice.below(2) == 0 {
            let decided = if track == Complaint { Verb::Accept } else { Verb::FileCase };
            let token = east.must(decided, &taken.name, token).await;
            if dice.below(2) == 0 {
                east.must(Verb::Close, &taken.name, token).await;
            }
        }
    }
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}
