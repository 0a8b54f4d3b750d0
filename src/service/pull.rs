//! A pull that may wait (领取): it asks the lane, waits for the queue to grow, and is shown what it got.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::views::Snapshot;
use super::{Failure, RETRY_AFTER, Service, answer, failed};
use crate::clock::Deadline;
use crate::domain::caller::Caller;
use crate::domain::command::{Command, Lease, Outcome};
use crate::domain::ids::{BureauId, FileId, OfficerId, RequestId, Track, UnitId};
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::domain::view::FileView;
use crate::lane::{self, Lane, Place};
use crate::ledger::{LedgerError, Opener, facts};
use crate::store::QueueAt;

/// Leases that expire and commits of other processes are noticed at least this often.
const SLOW_POLL: Duration = Duration::from_secs(1);

/// Files looked at for an officer who must keep off some; what waits behind them only the lane tells.
const LOOKED_AT: u32 = 128;

/// Pulls shown in one look at the database.
const SHOWN_MOST: usize = 64;

/// Pulls that wait to be shown what they got; the next one waits for room.
const SHOWN_ROOM: usize = 256;

/// Files that a caller has pulled and is about to be shown.
#[derive(Debug)]
pub(super) struct Leased {
    caller: Caller,
    files: Vec<FileId>,
}

/// Shows callers what they pulled.
type ReadLane = Lane<Leased, Result<Vec<FileView>, Failure>>;

/// Lanes by bureau in which what was pulled is read: pulls that were settled together are shown together.
#[derive(Debug, Default)]
pub(super) struct Readers {
    lanes: Mutex<HashMap<BureauId, ReadLane>>,
}

impl Service {
    /// Leases up to `most` waiting files of the caller's unit, waiting up to `wait` for the first one.
    /// Dropping the future gives up the wait.
    pub async fn pull(
        &self,
        caller: &Caller,
        request_id: RequestId,
        officer: OfficerId,
        track: Track,
        most: u32,
        wait: Duration,
    ) -> Result<Vec<FileView>, Failure> {
        let Some(unit) = caller.unit.clone() else {
            return Err(Refusal::NotFound { what: "unit", what_zh: "单位" }.into());
        };
        let deadline = Deadline::after(wait);
        let command = Command::Pull { unit: unit.clone(), officer: officer.clone(), track, most };
        let pull = self.prepare(caller, request_id, command)?;
        let (lane, share) = (self.inner.lane(caller.bureau), self.share(caller));
        let (mut first, mut place) = (true, None);
        loop {
            let last = deadline.has_passed() || self.inner.life.is_stopping();
            // It waits before it asks, so that nothing can come unseen between the two, and keeps its place as it asks again.
            let stand = || self.inner.waiters.wait(caller.bureau, (unit.clone(), track), pull.clone());
            place = if last { None } else { Some(place.unwrap_or_else(stand)) };
            // The first request is refused when the lane is full; one that has waited is not.
            let asked = if first {
                lane.enter(pull.clone().into(), share.call()?).await
            } else {
                lane.enter_when_room(pull.clone().into(), share.call_when_room().await).await
            };
            first = false;
            let Outcome::Pulled(leases) = answer(asked)? else { return Err(Failure::Internal) };
            if !leases.is_empty() {
                return self.leased(caller, &leases).await;
            }
            let Some(mut waiting) = place.take() else { return Ok(Vec::new()) };
            // Asking the lane is a writing transaction; while nothing waits, looking costs only a read.
            loop {
                match deadline.within(SLOW_POLL, waiting.given()).await {
                    Some(Some(leases)) => return self.leased(caller, &leases).await,
                    // It was answered elsewhere, or the batch failed.
                    Some(None) => break,
                    None => {}
                }
                if deadline.has_passed() || self.inner.life.is_stopping() {
                    if waiting.leave() {
                        return Ok(Vec::new());
                    }
                    break;
                }
                let waits = self.something_waits(caller, &officer, &unit, track).await;
                if waits.map_err(|error| failed(&error))? {
                    place = Some(waiting);
                    break;
                }
            }
        }
    }

    /// Whether something waits that the officer may have, or more than is looked at.
    async fn something_waits(
        &self,
        caller: &Caller,
        by: &OfficerId,
        unit: &UnitId,
        track: Track,
    ) -> Result<bool, LedgerError> {
        let context = &self.inner.context;
        let now = self.now();
        let queue = QueueAt { unit, track, now, class_a_until: now.day() };
        let mut tx = context.store.read().await?;
        let rules = context.rules_in_force(&mut tx, caller.bureau).await?;
        let officer = rules.officer(by).filter(|officer| officer.has_recusals());
        let most = if officer.is_none() { 1 } else { LOOKED_AT };
        let (mut first, whole) = tx.waiting(caller.bureau, queue, most).await?;
        first.retain(|file| !file.recused.has(by));
        let may = match officer {
            None => !first.is_empty(),
            Some(officer) => {
                let waiting = first.iter().map(|file| file.submission);
                let opener = Opener::deciding(&context.identity);
                let known = facts(&mut tx, opener, caller.bureau, waiting).await?;
                known.into_values().any(|known| !officer.is_recused_from(&known.facts.respondent))
            }
        };
        tx.rollback().await?;
        Ok(may || !whole)
    }

    /// The files of a pull. A lease that ended meanwhile is still shown as it was granted; its token is refused when it is used.
    async fn leased(&self, caller: &Caller, leases: &[Lease]) -> Result<Vec<FileView>, Failure> {
        let request =
            Leased { caller: caller.clone(), files: leases.iter().map(|lease| lease.file).collect() };
        let shown = self.showing(caller.bureau).enter_when_room(request, Place::default()).await;
        let mut views = shown.unwrap_or(Err(Failure::Busy { retry_after: RETRY_AFTER }))?;
        for (view, lease) in views
            .iter_mut()
            .filter_map(|view| leases.iter().find(|lease| lease.file == view.id).map(|lease| (view, lease)))
        {
            view.state.token = Some(lease.token);
            view.state.leased_until = Some(lease.until);
        }
        Ok(views)
    }

    fn showing(&self, bureau: BureauId) -> ReadLane {
        let mut lanes = self.inner.shows.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || {
            let (lane, exit) = Lane::new(SHOWN_ROOM, 0);
            let service = self.clone();
            let show = move |requests: Vec<Leased>| {
                let service = service.clone();
                async move { service.show_together(bureau, requests).await }
            };
            self.inner.life.tasks().spawn(lane::run(exit, SHOWN_MOST, self.inner.life.drained(), show));
            lane
        };
        lanes.entry(bureau).or_insert_with(start).clone()
    }

    /// Shows many callers their files; when that fails, one by one, so that only the failing one fails.
    async fn show_together(
        &self,
        bureau: BureauId,
        requests: Vec<Leased>,
    ) -> Vec<Result<Vec<FileView>, Failure>> {
        match self.show_all(bureau, &requests).await {
            Ok(shown) => return shown.into_iter().map(Ok).collect(),
            Err(error) if error.is_transient() => {
                // Alone it would wait for the same database.
                failed(&error);
                return requests.iter().map(|_| Err(Failure::Busy { retry_after: RETRY_AFTER })).collect();
            }
            Err(_) => {}
        }
        let mut shown = Vec::with_capacity(requests.len());
        for request in &requests {
            let alone = self.show_all(bureau, std::slice::from_ref(request)).await;
            shown.push(
                alone.map(|views| views.into_iter().flatten().collect()).map_err(|error| failed(&error)),
            );
        }
        shown
    }

    async fn show_all(
        &self,
        bureau: BureauId,
        requests: &[Leased],
    ) -> Result<Vec<Vec<FileView>>, LedgerError> {
        let is_person = |request: &&Leased| Sight::of(&request.caller).handler.is_some();
        let of_units = requests.iter().filter(|request| !is_person(request));
        let files: BTreeSet<FileId> = of_units.flat_map(|request| request.files.iter().copied()).collect();
        let files: Vec<FileId> = files.into_iter().collect();
        let opener = self.opener_of_leases(requests);
        let seen = Snapshot::read(&self.inner.context, opener, bureau, &Sight::ALL, &files).await?;
        let mut shown = Vec::with_capacity(requests.len());
        for request in requests {
            let Leased { caller, files } = request;
            // A pull may be sent again long after: of what he pulled then, a person is shown what is his now.
            shown.push(if is_person(&request) {
                self.show_files(opener, caller, files).await?
            } else {
                seen.views(caller, files)?
            });
        }
        Ok(shown)
    }
}
