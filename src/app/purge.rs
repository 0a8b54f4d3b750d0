//! Purging (清除) what is due, by hand and every day: a few submissions in each transaction, beside a serving process if there is one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;
use tracing::{info, warn};

use super::App;
use super::AppError;
use crate::clock::{Clock, Deadline, Stopwatch, pause};
use crate::domain::command::{Command, Request};
use crate::domain::ids::{BureauId, CallerId, RequestId, Sequence};
use crate::domain::purge::{Hold, Purge};
use crate::domain::sight::Sight;
use crate::domain::time::Day;
use crate::engine::{Waiters, Work, settle};
use crate::identity::IdentityError;
use crate::ledger::{Context, LedgerError, Prepared, came_in_before, may_be_purged};
use crate::lifecycle::Lifecycle;
use crate::routing::Retention;
use crate::store::{BureauRow, Rewritten};

/// Submissions of one transaction: the bureau waits for no longer than for a batch.
const AT_ONCE: usize = 32;

/// Submissions looked at at a time.
const PAGE: i64 = 256;

/// What a purge has done, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PurgeDone {
    /// Nothing was done: this is what would be.
    pub dry_run: bool,
    /// For how long files are kept, and who has set that; none: for ever, and nothing is purged.
    pub retention: Option<Kept>,
    /// Submissions purged, or due, by the year in which they ended.
    pub purged: BTreeMap<i16, usize>,
    /// Submissions that came in early enough and are kept, by why.
    pub kept: BTreeMap<Hold, usize>,
    /// Interrupted; called again, it goes on.
    pub stopped: bool,
    /// What became of the bytes that the database file held; none: nothing was purged.
    pub file: Option<Rewritten>,
}

/// For how long files are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Years of a complaint after its end; none: for ever.
    pub complaint_years: Option<u8>,
    /// Years of a report after its end; none: for ever.
    pub report_years: Option<u8>,
    /// Who has set that.
    pub basis: String,
}

impl From<&Retention> for Kept {
    fn from(retention: &Retention) -> Self {
        let Retention { complaint_years, report_years, basis, .. } = retention;
        let basis = basis.as_str().to_owned();
        Self { complaint_years: *complaint_years, report_years: *report_years, basis }
    }
}

impl PurgeDone {
    /// Submissions purged, or due.
    pub fn submissions(&self) -> usize {
        self.purged.values().sum()
    }
}

impl App {
    /// Purges what is due; with `dry_run` only says what is. `go_on` is told how many are done and how many are due, and says whether to
    /// go on.
    pub async fn purge(
        &self,
        bureau: BureauId,
        dry_run: bool,
        go_on: impl FnMut(usize, usize) -> bool,
    ) -> Result<PurgeDone, AppError> {
        let is_beside = self.config.database.is_some() || self.is_served();
        let purging = Purging {
            context: &self.context,
            clock: &self.clock,
            bureau,
            caller: CallerId::TERMINAL,
            is_beside,
        };
        purging.run(dry_run, go_on).await
    }

    /// What a serving process purges by itself.
    pub fn purge_schedule(&self) -> PurgeSchedule {
        PurgeSchedule { context: Arc::clone(&self.context), clock: self.clock.clone(), done: HashMap::new() }
    }
}

/// A purge that goes on.
struct Purging<'a> {
    context: &'a Context,
    clock: &'a Clock,
    bureau: BureauId,
    caller: CallerId,
    is_beside: bool,
}

/// A submission that is due, and the year in which it ended.
type Due = (Purge, i16);

impl Purging<'_> {
    async fn run(
        &self,
        dry_run: bool,
        mut go_on: impl FnMut(usize, usize) -> bool,
    ) -> Result<PurgeDone, AppError> {
        let mut done = PurgeDone { dry_run, ..PurgeDone::default() };
        let due = self.due(&mut done).await?;
        if dry_run {
            for (_, year) in due {
                *done.purged.entry(year).or_default() += 1;
            }
            return Ok(done);
        }
        let all = due.len();
        let mut watch = Stopwatch::start();
        for several in due.chunks(AT_ONCE) {
            if !go_on(done.submissions(), all) {
                done.stopped = true;
                break;
            }
            self.purge(several, &mut done).await?;
            if self.is_beside {
                // Half of the time is the service's.
                pause(watch.elapsed()).await;
                watch = Stopwatch::start();
            }
        }
        if done.submissions() > 0 || self.caller == CallerId::TERMINAL && self.has_purged().await? {
            done.file = Some(self.context.store.rewrite().await?);
        }
        if !done.stopped {
            go_on(all, all);
        }
        Ok(done)
    }

    /// What is due today, and what is not.
    async fn due(&self, done: &mut PurgeDone) -> Result<Vec<Due>, AppError> {
        let (context, bureau, today) = (self.context, self.bureau, self.clock.now().day());
        let mut tx = context.store.read_at_length().await?;
        let rules = context.rules_in_force(&mut tx, bureau).await?;
        let Some(retention) = &rules.settings().retention else {
            tx.rollback().await?;
            return Ok(Vec::new());
        };
        done.retention = Some(retention.into());
        let Some(before) = came_in_before(retention, today) else { return Ok(Vec::new()) };
        let (mut due, mut after) = (Vec::new(), Sequence(0));
        loop {
            let page = tx.unpurged(bureau, after, before, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            for (submission, number) in &page {
                match may_be_purged(&mut tx, bureau, (retention, today), (*submission, number)).await? {
                    Ok((purge, ended)) => due.push((purge, ended.year())),
                    Err(hold) => *done.kept.entry(hold).or_default() += 1,
                }
            }
        }
        tx.rollback().await?;
        Ok(due)
    }

    /// Whether anything was ever purged: an earlier purge may have been killed before the file was written anew.
    async fn has_purged(&self) -> Result<bool, AppError> {
        let mut tx = self.context.store.read_at_length().await?;
        let last = tx.last_purge(self.bureau).await?;
        tx.rollback().await?;
        Ok(last.is_some())
    }

    async fn purge(&self, several: &[Due], done: &mut PurgeDone) -> Result<(), AppError> {
        let works = several.iter().map(|(purge, _)| self.work(purge)).collect::<Result<Vec<_>, _>>()?;
        let answers = settle(self.context, self.bureau, self.clock, &works, &Waiters::default()).await?;
        for ((_, year), answer) in several.iter().zip(answers) {
            match answer {
                Ok(_) => *done.purged.entry(*year).or_default() += 1,
                // Something was done on it since it was looked at.
                Err(_) => *done.kept.entry(Hold::NotYet).or_default() += 1,
            }
        }
        Ok(())
    }

    fn work(&self, purge: &Purge) -> Result<Work, AppError> {
        let mut random = [0u8; 8];
        getrandom::fill(&mut random).map_err(|_| IdentityError::Random)?;
        let request_id = RequestId::parse(&format!("purge-{}", hex::encode(random)));
        let request_id = request_id.map_err(|_| LedgerError::Unreadable("request id"))?;
        let (caller, command) = (self.caller, Command::Purge(purge.clone()));
        let request = Request { caller, unit: None, sight: Sight::ALL, request_id, command };
        Ok(Prepared::new(self.context, request)?.into())
    }
}

/// How often a server looks whether it is time.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(60);

/// Within so many minutes of the time that is set, a server that comes up late still purges.
const LATE_MOST: u16 = 60;

/// What a serving process purges by itself, once a day at the time that the bureau file sets.
#[derive(Debug)]
pub struct PurgeSchedule {
    context: Arc<Context>,
    clock: Clock,
    /// The day on which each bureau was last looked through.
    done: HashMap<BureauId, Day>,
}

impl PurgeSchedule {
    /// Looks once whether it is time, and purges what is due. What was purged, by bureau.
    pub async fn look(&mut self, life: &Lifecycle) -> Result<Vec<(BureauId, PurgeDone)>, AppError> {
        let mut tx = self.context.store.read().await?;
        let mut bureaus = Vec::new();
        for BureauRow { bureau, .. } in tx.bureaus().await? {
            bureaus.push((bureau, self.context.rules_in_force(&mut tx, bureau).await?));
        }
        tx.rollback().await?;
        let now = self.clock.now();
        let minute = now.0.div_euclid(60_000_000) - now.day().start().0.div_euclid(60_000_000);
        let mut purged = Vec::new();
        for (bureau, rules) in bureaus {
            let at = rules.settings().retention.as_ref().and_then(|retention| retention.daily_at);
            let is_time = at.is_some_and(|at| (i64::from(at)..i64::from(at + LATE_MOST)).contains(&minute));
            if !is_time || self.done.get(&bureau) == Some(&now.day()) {
                continue;
            }
            let (context, clock) = (&*self.context, &self.clock);
            let purging = Purging { context, clock, bureau, caller: CallerId::SERVICE, is_beside: true };
            let done = purging.run(false, |_, _| !life.is_stopping()).await?;
            if !done.stopped {
                self.done.insert(bureau, now.day());
            }
            purged.push((bureau, done));
        }
        Ok(purged)
    }

    /// Until the service stops.
    pub(super) async fn keep(mut self, life: Lifecycle) {
        while !life.is_stopping() {
            match self.look(&life).await {
                Ok(purged) => {
                    for (bureau, done) in purged.iter().filter(|(_, done)| done.submissions() > 0) {
                        info!(
                            bureau.id = bureau.0,
                            submissions = done.submissions(),
                            "purged; older backups still hold them"
                        );
                    }
                }
                Err(error) => warn!(%error, "nothing was purged; again in a minute"),
            }
            Deadline::after(LOOK_EVERY).within(LOOK_EVERY, life.stopping()).await;
        }
    }
}
