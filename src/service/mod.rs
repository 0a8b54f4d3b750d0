//! The service: everything a known caller may ask of its bureau, whatever the wire.
//!
//! Neither gRPC nor SQL is known here. The edges (`grpc`, the command line) authenticate through the service and hand it domain
//! values; who may ask for what is one table here ([`Operation`]). Behind it each bureau has one lane.

mod accounts;
mod acts;
mod bounds;
mod callers;
mod changes;
mod check;
mod compare;
mod cursor;
mod door;
mod dossier;
pub mod due;
mod evidence;
mod figures;
mod flagged;
pub mod kept;
mod look;
mod notices;
mod operation;
pub mod overview;
pub mod period;
mod person;
mod places;
mod pull;
mod share;
mod trail;
mod views;
mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::{debug, error};

use crate::clock::{Clock, Deadline, Stopwatch};
use crate::domain::caller::Caller;
use crate::domain::command::{Answer, Command, Outcome, Request};
use crate::domain::cursor::Cursor;
use crate::domain::ids::{BureauId, OfficerId, RegistrationNumber, RequestId, Sequence, Track, UnitId};
use crate::domain::refusal::Refusal;
use crate::domain::time::{Days, Timestamp};
use crate::domain::trust::Untrusted;
use crate::domain::view::{FileView, SearchBy, SubmissionView};
use crate::engine::{Waiters, Work, settle};
use crate::lane::{self, Lane, Place, Rejected};
use crate::ledger::{Context, LedgerError, Prepared};
use crate::lifecycle::Lifecycle;
use crate::store::StoreError;
pub use accounts::{AccountRules, Given, SignedIn};
pub use bounds::Bounds;
pub use callers::Still;
use callers::{Callers, acts_as_itself};
pub use cursor::Changes;
use door::Door;
use due::{DueAsked, DueList, Proposal};
use look::Found;
pub use operation::Operation;
use overview::{Overview, Queue};
use period::Period;
use pull::Readers;
use share::Shares;
pub use share::{Reserved, Stream};
pub use trail::{Shown, Trail, TrailAsked};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command was understood and refused; nothing changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The caller's role may not ask for this (promise 11).
    #[error("your role may not call this method")]
    Denied,
    /// The staff number or the password is wrong, or there were too many wrong ones.
    #[error("staff number or password is wrong, or the account is locked")]
    NotSignedIn,
    /// The person has to change the password before anything else.
    #[error("change your password first, with AccountService.ChangePassword")]
    PasswordToChange,
    /// The bureau's lane is full; try again after the hint (promise 13).
    #[error("too many requests are waiting; try again in {retry_after:?}")]
    Full {
        /// When to try again.
        retry_after: Duration,
    },
    /// The outcome is not known (database away, shutting down); the same request may be sent again.
    #[error("the service cannot answer now; send the same request again in {retry_after:?}")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The machine's clock cannot be right: nothing was done, and nothing is written until it is right again or somebody
    /// confirms it. Looks go on.
    #[error("nothing is written now because the clock of the service cannot be right: {why}")]
    ClockNotTrusted {
        /// Why.
        why: Untrusted,
        /// When to try again.
        retry_after: Duration,
    },
    /// Our fault; logged where it happened.
    #[error("internal error")]
    Internal,
}

/// One page of something.
#[derive(Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page starts; none on the last page.
    pub next: Option<Sequence>,
}

/// What a lane answers when there is no answer from the ledger.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Busy,
    Clock(Untrusted),
    Internal,
}

type BureauLane = Lane<Work, Result<Answer, Trouble>>;

/// The service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    context: Arc<Context>,
    clock: Clock,
    bounds: Bounds,
    lanes: Mutex<HashMap<BureauId, BureauLane>>,
    callers: Callers,
    door: Door,
    shares: Shares,
    waiters: Arc<Waiters>,
    shows: Readers,
    life: Lifecycle,
    /// A trial run (试运行): no work is handed out.
    is_trial: bool,
}

/// Hint to a caller that found the lane full or the database away.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// Hint to a caller while the clock is not trusted: an administrator has to act.
const CLOCK_RETRY_AFTER: Duration = Duration::from_secs(30);

impl Service {
    /// A service over a context. Its waiting pulls end when the life is stopping, its lanes when it is drained.
    pub fn new(context: Arc<Context>, clock: Clock, bounds: Bounds, life: Lifecycle) -> Self {
        Self::made(context, clock, bounds, life, false)
    }

    /// As [`Service::new`], on trial (试运行): it takes in, scores, routes and shows, and hands out no work. Nothing but this process knows
    /// of it.
    pub fn on_trial(context: Arc<Context>, clock: Clock, bounds: Bounds, life: Lifecycle) -> Self {
        Self::made(context, clock, bounds, life, true)
    }

    fn made(context: Arc<Context>, clock: Clock, bounds: Bounds, life: Lifecycle, is_trial: bool) -> Self {
        let inner = Inner {
            context,
            clock,
            bounds,
            lanes: Mutex::default(),
            callers: Callers::default(),
            door: Door::default(),
            shares: Shares::default(),
            waiters: Arc::default(),
            shows: Readers::default(),
            life,
            is_trial,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Whether it is on trial.
    pub fn is_on_trial(&self) -> bool {
        self.inner.is_trial
    }

    /// The time, for checks at the boundary.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Why nothing may be written now, when the clock cannot be right by the history of one of the bureaus.
    pub async fn clock_trouble(&self) -> Result<Option<Untrusted>, StoreError> {
        let mut tx = self.inner.context.store.read().await?;
        let mut found = None;
        for row in tx.bureaus().await? {
            if let Some(head) = tx.head(row.bureau).await? {
                found = found.or(self.inner.clock.trusted(head.recorded_at).err());
            }
        }
        tx.rollback().await?;
        Ok(found)
    }

    /// Puts a command into the caller's bureau's lane and waits for its commit. A full lane is `Full` at once.
    pub async fn act(
        &self,
        caller: &Caller,
        request_id: RequestId,
        command: Command,
    ) -> Result<Outcome, Failure> {
        let prepared = self.prepare(caller, request_id, command)?;
        let place = self.share(caller).call()?;
        answer(self.inner.lane(caller.bureau).enter(prepared.into(), place).await)
    }

    /// As [`Service::act`], but waits for room in the lane: for the service's own work.
    async fn act_when_room(
        &self,
        caller: &Caller,
        request_id: RequestId,
        command: Command,
    ) -> Result<Outcome, Failure> {
        let prepared = self.prepare(caller, request_id, command)?;
        answer(self.inner.lane(caller.bureau).enter_when_room(prepared.into(), Place::default()).await)
    }

    fn prepare(&self, caller: &Caller, request_id: RequestId, command: Command) -> Result<Prepared, Failure> {
        self.allow(caller, Operation::of(&command))?;
        acts_as_itself(caller, &command)?;
        let request = Request::of(caller, request_id, command);
        Prepared::new(&self.inner.context, request).map_err(|error| failed(&error))
    }

    /// One submission as intake or reception sees it. The look is recorded.
    pub async fn submission(
        &self,
        caller: &Caller,
        number: RegistrationNumber,
    ) -> Result<SubmissionView, Failure> {
        let seen = self.look(caller, Operation::GetSubmission, "get_submission", async |opener| {
            let unknown = Refusal::NotFound { what: "submission", what_zh: "登记件" };
            let submission = self.find_submission(caller, &number).await?.ok_or(unknown)?;
            let seen = self.show_submission(opener, caller, number, submission).await?;
            let files = seen.files.iter().map(|file| file.id).collect();
            Ok(Found::of(seen, files))
        });
        seen.await
    }

    /// Changes after a cursor, or all, oldest first, waiting up to `wait` for the first one. The look is recorded, unless nothing
    /// has changed.
    pub async fn changes(
        &self,
        caller: &Caller,
        after: Option<&Cursor>,
        most: u32,
        wait: Duration,
    ) -> Result<Changes, Failure> {
        let deadline = Deadline::after(wait);
        loop {
            let seen = self.look(caller, Operation::ListChanges, "list_changes", async |opener| {
                let seen = self.show_changes(opener, caller, after, most).await?;
                Ok(if seen.items.is_empty() { Found::unchanged(seen) } else { Found::bare(seen) })
            });
            let seen = seen.await?;
            if !seen.items.is_empty() || deadline.has_passed() || self.inner.life.is_stopping() {
                return Ok(seen);
            }
            // A read by index; commits of other processes are noticed as soon as our own.
            let _ = deadline.within(changes::POLL, self.inner.life.stopping()).await;
        }
    }

    /// Files the caller may see, newest first. The look is recorded.
    pub async fn search(
        &self,
        caller: &Caller,
        by: SearchBy,
        after: Option<Sequence>,
        most: u32,
    ) -> Result<Page<FileView>, Failure> {
        let seen = self.look(caller, Operation::Search, "search", async |opener| {
            let seen = self.find_files(opener, caller, by, after, most).await?;
            let files = seen.items.iter().map(|file| file.id).collect();
            Ok(Found::of(seen, files))
        });
        seen.await
    }

    /// Open files of the caller's unit on one track by sequence, of one officer where one is named. The look is recorded.
    pub async fn files(
        &self,
        caller: &Caller,
        track: Track,
        officer: Option<&OfficerId>,
        after: Option<Sequence>,
        most: u32,
    ) -> Result<Page<FileView>, Failure> {
        let seen = self.look(caller, Operation::ListFiles, "list_files", async |opener| {
            let seen = self.open_files(opener, caller, (track, officer), after, most).await?;
            let files = seen.items.iter().map(|file| file.id).collect();
            Ok(Found::of(seen, files))
        });
        seen.await
    }

    /// Open files of a unit on one track, in the order of its pulls. The look is recorded.
    pub async fn queue(
        &self,
        caller: &Caller,
        unit: &UnitId,
        track: Track,
        most: u32,
    ) -> Result<Queue, Failure> {
        let seen = self.look(caller, Operation::GetQueue, "queue", async |opener| {
            let unknown = Refusal::NotFound { what: "unit", what_zh: "单位" };
            let seen = self.show_queue(opener, caller, unit, track, most).await?.ok_or(unknown)?;
            let files = seen.files.iter().map(|file| file.id).collect();
            Ok(Found::of(seen, files))
        });
        seen.await
    }

    /// The state of the bureau, in numbers alone; not for a unit, whom reports elsewhere do not concern. The look is
    /// recorded.
    pub async fn overview(&self, caller: &Caller) -> Result<Overview, Failure> {
        if !views::counts_all(caller) {
            return Err(Refusal::NotFound { what: "overview", what_zh: "概况" }.into());
        }
        let seen = self.look(caller, Operation::GetOverview, "overview", async |_| {
            Ok(Found::bare(self.show_overview(caller).await?))
        });
        seen.await
    }

    /// Terms that have run out or run out within so many working days, the earliest first: a unit's own, or for reception
    /// those of one unit or of all. The look is recorded.
    pub async fn due(&self, caller: &Caller, asked: &DueAsked) -> Result<DueList, Failure> {
        let seen = self.look(caller, Operation::ListDue, "list_due", async |opener| {
            Ok(Found::bare(self.show_due(opener, caller, asked).await?))
        });
        seen.await
    }

    /// Moves that would even the loads out, for reception alone. Nothing moves by it. The look is recorded.
    pub async fn proposals(&self, caller: &Caller) -> Result<Vec<Proposal>, Failure> {
        if !views::counts_all(caller) {
            return Err(Refusal::NotFound { what: "proposal", what_zh: "均衡建议" }.into());
        }
        let seen = self.look(caller, Operation::ProposeRebalance, "propose_rebalance", async |opener| {
            Ok(Found::bare(self.show_proposals(opener, caller).await?))
        });
        seen.await
    }

    /// What came in over a period, to be played again elsewhere, for reception alone. The look is recorded. `on_progress` is given how
    /// much of the log has been read.
    pub async fn period(
        &self,
        caller: &Caller,
        days: Option<Days>,
        on_progress: impl FnMut(u64, u64),
    ) -> Result<Period, Failure> {
        if !views::counts_all(caller) {
            return Err(Refusal::NotFound { what: "period", what_zh: "历史期间" }.into());
        }
        let seen = self.look(caller, Operation::GetPeriod, "what_if", async |opener| {
            Ok(Found::bare(self.show_period(opener, caller, days, on_progress).await?))
        });
        seen.await
    }
}

impl Inner {
    fn lane(self: &Arc<Self>, bureau: BureauId) -> BureauLane {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || {
            let (lane, exit) = Lane::new(self.bounds.lane_room, self.bounds.stream_room);
            let inner = Arc::clone(self);
            let answer = move |works: Vec<Work>| {
                let inner = Arc::clone(&inner);
                async move { inner.answers(bureau, works).await }
            };
            let work = lane::run(exit, self.bounds.batch_most, self.life.drained(), answer);
            self.life.tasks().spawn(work);
            lane
        };
        lanes.entry(bureau).or_insert_with(start).clone()
    }

    /// Answers a batch; when it fails for good, one by one and without serving waiting pulls, so that only the failing item fails.
    async fn answers(&self, bureau: BureauId, works: Vec<Work>) -> Vec<Result<Answer, Trouble>> {
        match self.attempt(bureau, &works, &self.waiters).await {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(Trouble::Busy) => works.iter().map(|_| Err(Trouble::Busy)).collect(),
            Err(Trouble::Clock(why)) => self.record_looks(bureau, &works, why).await,
            Err(Trouble::Internal) => {
                let (mut answers, nobody) = (Vec::with_capacity(works.len()), Waiters::default());
                for work in &works {
                    let alone = self.attempt(bureau, std::slice::from_ref(work), &nobody).await;
                    answers.push(alone.and_then(|mut answer| answer.pop().ok_or(Trouble::Internal)));
                }
                answers
            }
        }
    }

    /// Looks are answered while the clock is not trusted, each recorded at the latest time that is believed; nothing else is.
    async fn record_looks(
        &self,
        bureau: BureauId,
        works: &[Work],
        why: Untrusted,
    ) -> Vec<Result<Answer, Trouble>> {
        let accesses: Vec<Work> =
            works.iter().filter(|work| matches!(work, Work::Access(_))).cloned().collect();
        // The batch's time is never before the last event's.
        let clock = Clock::manual(why.believed().unwrap_or(Timestamp(0)));
        let settled = settle(&self.context, bureau, &clock, &accesses, &Waiters::default()).await;
        let settled = settled.map_err(|error| trouble(bureau, accesses.len(), &error));
        let mut looked = settled.map(Vec::into_iter);
        let answer = |work: &Work| match (work, &mut looked) {
            (Work::Act(_), _) => Err(Trouble::Clock(why)),
            (Work::Access(_), Ok(answers)) => answers.next().ok_or(Trouble::Internal),
            (Work::Access(_), Err(trouble)) => Err(*trouble),
        };
        works.iter().map(answer).collect()
    }

    async fn attempt(
        &self,
        bureau: BureauId,
        works: &[Work],
        waiters: &Waiters,
    ) -> Result<Vec<Answer>, Trouble> {
        let watch = Stopwatch::start();
        match settle(&self.context, bureau, &self.clock, works, waiters).await {
            Ok(answers) => {
                let duration_us = u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX);
                debug!(bureau.id = bureau.0, batch.len = works.len(), duration_us, "batch committed");
                Ok(answers)
            }
            Err(error) => {
                if error.is_transient() {
                    self.context.store.cannot_write();
                }
                Err(trouble(bureau, works.len(), &error))
            }
        }
    }
}

/// What a batch that failed is to those who wait for it. Logged here, but for the clock, which is logged by `clock::watch`.
fn trouble(bureau: BureauId, works: usize, error: &LedgerError) -> Trouble {
    if let LedgerError::Clock(why) = error {
        return Trouble::Clock(*why);
    }
    error!(bureau.id = bureau.0, batch.len = works, %error, "batch failed");
    if error.is_transient() { Trouble::Busy } else { Trouble::Internal }
}

/// What came out of a lane, as an answer to the caller.
fn answer(answer: Result<Result<Answer, Trouble>, Rejected>) -> Result<Outcome, Failure> {
    match answer {
        Ok(Ok(answer)) => answer.map_err(Failure::Refused),
        Ok(Err(Trouble::Busy)) | Err(Rejected::Closed) => Err(Failure::Busy { retry_after: RETRY_AFTER }),
        Ok(Err(Trouble::Clock(why))) => Err(Failure::ClockNotTrusted { why, retry_after: CLOCK_RETRY_AFTER }),
        Ok(Err(Trouble::Internal)) => Err(Failure::Internal),
        Err(Rejected::Full) => Err(Failure::Full { retry_after: RETRY_AFTER }),
    }
}

/// Logs what happened behind a reading call, once, and says no more than the caller needs.
fn failed(error: &LedgerError) -> Failure {
    error!(%error, "request failed");
    if error.is_transient() { Failure::Busy { retry_after: RETRY_AFTER } } else { Failure::Internal }
}
