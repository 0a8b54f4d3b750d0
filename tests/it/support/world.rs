//! A bureau without a wire: an app's context behind a service, with callers made up on the spot.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use triage::app::{App, Config, FIRST_BUREAU};
use triage::clock::Clock;
use triage::domain::caller::{Caller, Role};
use triage::domain::command::{Command, Outcome};
use triage::domain::deadline::Against;
use triage::domain::ids::{CallerId, OfficerId, RequestId, Track, UnitId};
use triage::domain::text::Why;
use triage::domain::time::Timestamp;
use triage::identity::Identity;
use triage::ledger::Context;
use triage::lifecycle::Lifecycle;
use triage::routing::LoadBasis;
use triage::service::{Bounds, Failure, Service};

use super::histories::{Facts, submission};
use super::{BUREAU, MONDAY};

/// Units of the test's bureau file and one officer of each, reception first.
pub(crate) const UNITS: [(&str, &str); 5] =
    [("reception", "r1"), ("east", "e1"), ("west", "w1"), ("north", "n1"), ("drugs", "d1")];

/// A command by whom, under which request id.
pub(crate) type Asked = (Caller, RequestId, Command);

/// A bureau with a service.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) service: Service,
    pub(crate) clock: Clock,
    pub(crate) config: Config,
    life: Lifecycle,
}

impl World {
    /// Opens the database of `config`, making the test's bureau in it when it is fresh.
    pub(crate) async fn open(config: &Config, batch_most: usize, basis: LoadBasis) -> Self {
        let world = Self::beside(config, batch_most, basis).await;
        world.app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
        world
    }

    /// Another process on a database that has its bureau already.
    pub(crate) async fn beside(config: &Config, batch_most: usize, basis: LoadBasis) -> Self {
        Self::at(config, batch_most, basis, MONDAY).await
    }

    /// As [`World::beside`], with a clock that shows `now`.
    pub(crate) async fn at(config: &Config, batch_most: usize, basis: LoadBasis, now: Timestamp) -> Self {
        let clock = Clock::manual(now);
        let mut app = App::open(config.clone(), clock.clone()).await.unwrap();
        let identity = Identity::open(&config.data.join("identity.key")).unwrap();
        app.context = Arc::new(Context::new(app.context.store.clone(), identity, basis));
        let life = Lifecycle::default();
        let bounds = Bounds { batch_most, ..Bounds::default() };
        let service = Service::new(Arc::clone(&app.context), clock.clone(), bounds, life.clone());
        Self { app, service, clock, config: config.clone(), life }
    }

    /// Asks one thing and waits for the answer.
    pub(crate) async fn ask(&self, (caller, id, command): Asked) -> Result<Outcome, Failure> {
        self.service.act(&caller, id, command).await
    }

    /// Asks all of it before the lane has taken any: one batch, as far as the bounds allow.
    pub(crate) async fn ask_at_once(&self, asked: Vec<Asked>) -> Vec<Result<Outcome, Failure>> {
        at_once(asked.into_iter().map(|asked| self.ask(asked)).collect()).await
    }

    /// Asks one after the other.
    pub(crate) async fn ask_in_turn(&self, asked: Vec<Asked>) -> Vec<Result<Outcome, Failure>> {
        let mut answers = Vec::with_capacity(asked.len());
        for one in asked {
            answers.push(self.ask(one).await);
        }
        answers
    }

    /// Files some complaints.
    pub(crate) async fn file(&self, name: &str, many: usize) {
        let facts = |one: usize, hours: i64| Facts {
            person: one % 4,
            shop: one % 3,
            text: one % 3,
            parts: 1,
            hours,
            amount: 10,
        };
        let asks = (0..many).zip(1..).map(|(one, hours)| {
            let number = format!("{name}{one}");
            let command = Command::Submit(Box::new(submission(&number, facts(one, hours), 0)));
            (intake(), request_id(&number), command)
        });
        // As many at once as a lane takes.
        for some in asks.collect::<Vec<_>>().chunks(100) {
            for answer in self.ask_at_once(some.to_vec()).await {
                answer.unwrap();
            }
        }
    }

    /// Moves the clock.
    pub(crate) fn wait(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(minutes * 60));
    }

    /// Closes the database.
    pub(crate) async fn close(self) {
        self.life.stop();
        self.life.drained().cancel();
        self.life.tasks().close();
        self.life.tasks().wait().await;
        self.app.context.store.close().await;
    }
}

/// Polls futures in order, each once before any is polled again, until all are ready.
pub(crate) async fn at_once<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<Pin<Box<_>>> = futures.into_iter().map(Box::pin).collect();
    let mut answers: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, answer) in waiting.iter_mut().zip(&mut answers) {
            if answer.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *answer = Some(ready);
            }
        }
        if answers.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    answers.into_iter().flatten().collect()
}

/// The 12315 intake system.
pub(crate) fn intake() -> Caller {
    Caller::service(CallerId(1), FIRST_BUREAU, Role::Intake, None)
}

/// The reception unit.
pub(crate) fn reception() -> Caller {
    let unit = Some(unit_id(UNITS[0].0));
    Caller::service(CallerId(2), FIRST_BUREAU, Role::Reception, unit)
}

/// A unit by its place in [`UNITS`].
pub(crate) fn unit(at: usize) -> Caller {
    if at == 0 {
        return reception();
    }
    let id = CallerId(10 + i64::try_from(at).unwrap());
    Caller::service(id, FIRST_BUREAU, Role::Unit, Some(unit_id(UNITS[at].0)))
}

/// Place of a unit in [`UNITS`].
pub(crate) fn unit_at(id: &UnitId) -> usize {
    UNITS.iter().position(|(unit, _)| *unit == id.as_str()).unwrap()
}

/// A unit's id.
pub(crate) fn unit_id(unit: &str) -> UnitId {
    UnitId::parse(unit).unwrap()
}

/// An officer's id.
pub(crate) fn officer(officer: &str) -> OfficerId {
    OfficerId::parse(officer).unwrap()
}

/// A request id.
pub(crate) fn request_id(id: &str) -> RequestId {
    RequestId::parse(id).unwrap()
}

/// A review of what was decided last.
pub(crate) const LATEST: Option<Against> = Some(Against::Latest);

/// A reason.
pub(crate) fn why(text: &str) -> Why {
    Why::parse(text).unwrap()
}

/// A pull by the unit at a place in [`UNITS`].
pub(crate) fn pull(at: usize, track: Track, most: u32) -> Command {
    let (unit, by) = UNITS[at];
    Command::Pull { unit: unit_id(unit), officer: officer(by), track, most }
}
