//! The machine's clock, as an operator looks at it and confirms it.

use super::{App, AppError};
use crate::domain::command::{Command, Mended, Outcome};
use crate::domain::ids::{BureauId, Sequence};
use crate::domain::time::Timestamp;
use crate::domain::trust::{Untrusted, agrees};
use crate::engine::{Waiters, settle_batch};
use crate::ledger::{Batch, LedgerError};
use crate::store::StoreError;

/// How the clock relates to a bureau's history.
#[derive(Debug, Clone, Copy)]
pub struct ClockState {
    /// What the clock says.
    pub now: Timestamp,
    /// Time of the bureau's last event or look.
    pub last: Timestamp,
    /// Why nothing is written, if so.
    pub trouble: Option<Untrusted>,
}

/// A confirmation of the clock.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// What the clock said.
    pub at: Timestamp,
    /// Time of the last event before.
    pub last: Timestamp,
    /// The confirmation's place in the history.
    pub sequence: Sequence,
    /// What was mended.
    pub mended: Mended,
}

impl App {
    /// How the clock relates to a bureau's history.
    pub async fn clock_state(&self, bureau: BureauId) -> Result<ClockState, AppError> {
        let mut tx = self.context.store.read().await?;
        let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        tx.rollback().await?;
        let last = head.recorded_at;
        let (now, trouble) = match self.clock.trusted(last) {
            Ok(now) => (now, None),
            Err(untrusted) => (self.clock.now(), Some(untrusted)),
        };
        Ok(ClockState { now, last, trouble })
    }

    /// Confirms that the clock is right, as an event of the bureau (promise 5); none when nothing speaks against it. `watch`
    /// is what a person's own watch says: a clock that differs is not confirmed.
    pub async fn accept_clock(
        &self,
        bureau: BureauId,
        watch: Option<Timestamp>,
    ) -> Result<Option<Accepted>, AppError> {
        let ClockState { now: at, last, trouble } = self.clock_state(bureau).await?;
        if let Some(watch) = watch.filter(|watch| !agrees(at, *watch)) {
            return Err(AppError::ClockDiffers { clock: at, watch });
        }
        if trouble.is_none() {
            return Ok(None);
        }
        let work = self.terminal_work(Command::AcceptClock { at })?;
        let batch = Batch::open(&self.context, bureau, at).await?;
        let mut answers = settle_batch(batch, &[work], &Waiters::default()).await?;
        let Outcome::ClockAccepted { sequence, mended } = answers.remove(0).map_err(AppError::Refused)?
        else {
            return Err(LedgerError::Unreadable("answer").into());
        };
        // Processes of this machine go by it from here on, a serving one too.
        let kept = self.clock.accept();
        kept.map_err(|source| AppError::File { path: self.data().join("clock.json"), source })?;
        Ok(Some(Accepted { at, last, sequence, mended: *mended }))
    }
}
