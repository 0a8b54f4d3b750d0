//! 领取: files leased in the order of the pull, for a run of wishes at once.

use std::collections::HashMap;

use super::officer_of;
use crate::domain::act::Recused;
use crate::domain::command::{Answer, Command, EventKind, Lease, Outcome};
use crate::domain::ids::{FileId, OfficerId, Sequence, Track, UnitId};
use crate::domain::respondent::Respondent;
use crate::domain::time::Timestamp;
use crate::ledger::{Batch, Event, LedgerError, Prepared, Stop, answer, facts};
use crate::routing::Officer;
use crate::routing::fair_queue::{FairQueue, Next, Waiting};
use crate::store::{Given, QueueAt, WaitingRow};

/// Files read of a queue at first: at least, and at most, as many are wished for.
const FRONT: (u32, u32) = (16, 128);

/// Files read of a queue at last.
const WHOLE: u32 = 16_384;

type QueueKey = (UnitId, Track);

/// A cluster in a queue.
type ClusterQueue = (UnitId, Track, i64);

/// Queues as they are, and what was given out of them and is not written yet.
#[derive(Default)]
struct FairQueues {
    fronts: HashMap<QueueKey, FairQueue>,
    /// Files that the run wishes for.
    asked: HashMap<QueueKey, u32>,
    /// The turn that each hand got last, and the place of the file that was given then.
    turns: HashMap<ClusterQueue, (i64, usize)>,
    given: Vec<(ClusterQueue, Given)>,
    /// The operators of files that wait, read for those officers alone who have somebody to keep off.
    operators: HashMap<Sequence, Respondent>,
    /// The officers who do not handle files that wait, of those files that have any.
    kept_off: HashMap<Sequence, Recused>,
}

/// Answers a run of pulls, each as if it had come alone. A pull that finds nothing leaves no event.
pub(crate) async fn pull(batch: &mut Batch<'_>, run: &[&Prepared]) -> Result<Vec<Answer>, LedgerError> {
    batch.read_loads().await?;
    let mut queues = FairQueues::asked_by(run);
    let mut answers = Vec::with_capacity(run.len());
    for prepared in run {
        answers.push(answer(one(batch, prepared, &mut queues).await)?);
    }
    queues.write(batch).await?;
    Ok(answers)
}

async fn one(batch: &mut Batch<'_>, prepared: &Prepared, queues: &mut FairQueues) -> Result<Outcome, Stop> {
    let Command::Pull { unit, officer, track, most } = &prepared.request.command else {
        return Err(LedgerError::Unreadable("pull").into());
    };
    officer_of(&batch.rules, officer, unit)?;
    let key = (unit.clone(), *track);
    // What another version gave out, in a replay.
    let mut taken = batch.decided.pulled(batch.upcoming()).map(Vec::into_iter);
    let mut token = None;
    let until = batch.now.plus_seconds(batch.rules.settings().lease_seconds);
    let mut leases = Vec::new();
    while leases.len() < *most as usize {
        let only = match &mut taken {
            None => None,
            Some(taken) => match taken.next() {
                None => break,
                only => only,
            },
        };
        let Some((file, turn)) = queues.next(batch, &key, officer, only).await? else { break };
        let token = *token.get_or_insert_with(|| batch.next());
        batch.set_served(unit, *track, turn);
        let id = FileId { submission: file.submission, track: *track };
        queues.give(&key, &file, turn, Given { file: id, token, until, turn: file.turn });
        leases.push(Lease { file: id, token, until });
    }
    let Some(token) = token else { return Ok(Outcome::Pulled(Vec::new())) };
    record(batch, prepared, officer, *track, token, &leases)?;
    Ok(Outcome::Pulled(leases))
}

fn record(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    officer: &OfficerId,
    track: Track,
    token: Sequence,
    leases: &Vec<Lease>,
) -> Result<(), LedgerError> {
    batch.record(Event::new(token, EventKind::Pull, prepared).on_track(track).by(officer).answered(leases)?)
}

impl FairQueues {
    fn asked_by(run: &[&Prepared]) -> Self {
        let mut queues = Self::default();
        for prepared in run {
            if let Command::Pull { unit, track, most, .. } = &prepared.request.command {
                *queues.asked.entry((unit.clone(), *track)).or_default() += most;
            }
        }
        queues
    }

    /// How many files are read of a queue at first: some of those wished for will have moved behind by the time they would be given.
    fn front(&self, key: &QueueKey) -> u32 {
        let (least, first) = FRONT;
        self.asked.get(key).map_or(first, |asked| asked.saturating_mul(2).clamp(least, first))
    }

    /// The next file that an officer may have, or `only` this one, and the turn that its cluster gets.
    async fn next(
        &mut self,
        batch: &mut Batch<'_>,
        key: &QueueKey,
        by: &OfficerId,
        only: Option<Sequence>,
    ) -> Result<Option<(Waiting, i64)>, LedgerError> {
        let officer = batch.rules.officer(by).filter(|officer| officer.has_recusals()).cloned();
        let mut front = self.front(key);
        loop {
            let mut queue = match self.fronts.remove(key) {
                Some(queue) => queue,
                None => self.read(batch, key, front).await?,
            };
            if officer.is_some() && only.is_none() {
                self.read_operators(batch, &mut queue).await?;
            }
            let (operators, kept_off) = (&self.operators, &self.kept_off);
            let may = |file: &Waiting| {
                let recused = kept_off.get(&file.submission).is_some_and(|recused| recused.has(by));
                match only {
                    Some(only) => file.submission == only,
                    None => !recused && may_have(officer.as_ref(), operators.get(&file.submission)),
                }
            };
            let queue = self.fronts.entry(key.clone()).or_insert(queue);
            match queue.next(may) {
                Next::File(file, turn) => return Ok(Some((file, turn))),
                // The last reading is as long whatever the first one was, and so whatever the run wishes for.
                Next::ReadMore if front < WHOLE => {
                    self.write(batch).await?;
                    front = front.saturating_mul(4).min(WHOLE);
                }
                Next::ReadMore | Next::Nothing => return Ok(None),
            }
        }
    }

    async fn read(
        &mut self,
        batch: &mut Batch<'_>,
        (unit, track): &QueueKey,
        front: u32,
    ) -> Result<FairQueue, LedgerError> {
        let (mut rows, whole) = batch.tx.waiting(batch.bureau, queue_at(batch, unit, *track), front).await?;
        let kept_off = rows.iter_mut().filter(|row| !row.recused.0.is_empty());
        self.kept_off.extend(kept_off.map(|row| (row.submission, std::mem::take(&mut row.recused))));
        let served = batch.loads().served(unit, *track);
        Ok(FairQueue::new(rows.into_iter().map(waiting).collect(), served, whole))
    }

    /// Reads against whom the files of a line are, as far as that was not read before.
    async fn read_operators(
        &mut self,
        batch: &mut Batch<'_>,
        queue: &mut FairQueue,
    ) -> Result<(), LedgerError> {
        let waiting = queue.waiting_mut().iter().map(|file| file.submission);
        let new: Vec<Sequence> = waiting.filter(|one| !self.operators.contains_key(one)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let opener = batch.opener();
        let known = facts(&mut batch.tx, opener, batch.bureau, new.into_iter()).await?;
        self.operators
            .extend(known.into_iter().map(|(submission, known)| (submission, known.facts.respondent)));
        Ok(())
    }

    fn give(&mut self, (unit, track): &QueueKey, file: &Waiting, turn: i64, given: Given) {
        let cluster = (unit.clone(), *track, file.cluster);
        self.turns.insert(cluster.clone(), (turn, self.given.len()));
        self.given.push((cluster, given));
    }

    /// Writes what was given out, so that what is read next stands as it should.
    async fn write(&mut self, batch: &mut Batch<'_>) -> Result<(), LedgerError> {
        let turns = std::mem::take(&mut self.turns);
        let mut leases = Vec::with_capacity(self.given.len());
        for (at, (cluster, mut given)) in self.given.drain(..).enumerate() {
            // What a hand was given before its last file has moved behind with the rest, though it is leased: should the
            // lease come to nothing, nobody waits for two of its files.
            if let Some((turn, last)) = turns.get(&cluster)
                && *last != at
            {
                given.turn = *turn;
            }
            leases.push(given);
        }
        let turns: Vec<_> = turns
            .into_iter()
            .map(|((unit, track, cluster), (turn, _))| (unit, track, cluster, turn))
            .collect();
        batch.tx.give_out(batch.bureau, &turns, &leases).await?;
        self.fronts.clear();
        Ok(())
    }
}

/// Whether an officer with somebody to keep off may have a file against this operator; anybody else may have all.
fn may_have(officer: Option<&Officer>, operator: Option<&Respondent>) -> bool {
    officer.zip(operator).is_none_or(|(officer, operator)| !officer.is_recused_from(operator))
}

/// A queue as it is now.
fn queue_at<'a>(batch: &Batch<'_>, unit: &'a UnitId, track: Track) -> QueueAt<'a> {
    let now: Timestamp = batch.now;
    QueueAt { unit, track, now, class_a_until: batch.rules.class_a_until(now.day()) }
}

fn waiting(row: WaitingRow) -> Waiting {
    Waiting {
        submission: row.submission,
        danger: row.danger,
        urgent: row.urgent,
        turn: row.turn,
        due: row.due_on,
        received_at: row.received_at,
        number: row.number,
        cluster: row.cluster,
    }
}
