//! The open queue is brought to the model in use (重评), run by run.

use std::collections::BTreeMap;

use super::{Importer, Pace};
use crate::clock::{Stopwatch, pause};
use crate::domain::command::{Command, Outcome, Request};
use crate::domain::decision::Band;
use crate::domain::ids::{ModelId, RegistrationNumber, RequestId, Sequence};
use crate::domain::sight::Sight;
use crate::engine::{Waiters, Work, settle};
use crate::ledger::{LedgerError, Prepared};
use crate::lifecycle::Lifecycle;

/// What a rescoring did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Rescored {
    /// The model in use.
    pub model: Option<ModelId>,
    /// Open complaints whose latest score was not of it.
    pub complaints: usize,
    /// Of these, scored again.
    pub rescored: usize,
    /// Of these, ended by somebody in the meantime.
    pub ended: usize,
    /// Complaints that have another band now, by both bands.
    pub moved: Vec<Moved>,
    /// Stopped by a signal; the rest is done when it is asked for again.
    pub stopped: bool,
}

/// Complaints whose band is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Moved {
    /// The band before.
    pub from: Band,
    /// The band now.
    pub to: Band,
    /// Complaints.
    pub complaints: usize,
}

impl Importer<'_> {
    /// Scores the open complaints that the model in use has not scored. The first decisions, units and terms stay.
    pub async fn rescore(
        &self,
        life: &Lifecycle,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Rescored, LedgerError> {
        let mut tx = self.context.store.read().await?;
        let head = tx.head(self.bureau).await?.ok_or(LedgerError::Unreadable("bureau"))?;
        let complaints = match &head.champion {
            Some(model) => tx.not_scored_by(self.bureau, model).await?,
            None => Vec::new(),
        };
        tx.rollback().await?;
        let mut done =
            Rescored { model: head.champion.clone(), complaints: complaints.len(), ..Rescored::default() };
        let Some(model) = head.champion else { return Ok(done) };
        let mut moved: BTreeMap<(i16, i16), usize> = BTreeMap::new();
        for (at, run) in complaints.chunks(self.pace.run()).enumerate() {
            if life.is_stopping() {
                done.stopped = true;
                break;
            }
            progress(at * self.pace.run(), complaints.len());
            let watch = Stopwatch::start();
            let works = run.iter().map(|(number, latest, _)| self.asks(&model, number, *latest));
            let works: Vec<Work> = works.collect::<Result<_, _>>()?;
            let answers = settle(self.context, self.bureau, self.clock, &works, &Waiters::default()).await?;
            for ((_, _, before), answer) in run.iter().zip(answers) {
                match answer {
                    Ok(Outcome::Amended { rescored: Some(decision), .. }) => {
                        done.rescored += 1;
                        let now = decision.suspicion.map(|suspicion| suspicion.band);
                        if let Some((from, to)) = before.zip(now).filter(|(from, to)| from != to) {
                            *moved.entry((from.code(), to.code())).or_default() += 1;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => done.ended += 1,
                }
            }
            if self.pace == Pace::Half {
                pause(watch.elapsed()).await;
            }
        }
        if !done.stopped {
            progress(complaints.len(), complaints.len());
        }
        done.moved = moved
            .into_iter()
            .filter_map(|((from, to), complaints)| {
                Some(Moved { from: Band::from_code(from)?, to: Band::from_code(to)?, complaints })
            })
            .collect();
        Ok(done)
    }

    /// The request for one complaint. The same again has the same name; after another score it is asked anew.
    fn asks(
        &self,
        model: &ModelId,
        number: &RegistrationNumber,
        latest: Sequence,
    ) -> Result<Work, LedgerError> {
        let name = format!("{model} {number} {}", latest.0);
        let request_id = format!("rescore-{}", hex::encode(self.context.identity.digest(name.as_bytes())));
        let request_id = RequestId::parse(&request_id).map_err(|_| LedgerError::Unreadable("request id"))?;
        let command = Command::Rescore { number: number.clone() };
        let request = Request { caller: self.caller, unit: None, sight: Sight::ALL, request_id, command };
        Ok(Prepared::new(self.context, request)?.into())
    }
}
