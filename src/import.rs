//! Import (导入): the rows of an export through the ledger, in order of receive time and number.
//!
//! A run of rows is one transaction; what it did is true once it has committed, so a run can be stopped anywhere and
//! started again. Rows that were taken before, word for word, are passed over by their request ids; what else is known
//! of a number is for `intake` to compare (promise 2).

mod pair;
mod rescore;
mod routed;
mod running;

use std::borrow::Borrow;
use std::collections::HashSet;
use std::time::Duration;

use crate::clock::{Clock, Stopwatch, pause};
use crate::domain::command::{Command, FileRef, News, Novelty, Outcome, Request};
use crate::domain::ids::{BureauId, CallerId, RegistrationNumber, RequestId, Track};
use crate::domain::refusal::{Differing, Refusal};
use crate::domain::sight::Sight;
use crate::domain::time::Timestamp;
use crate::engine::{Waiters, settle};
use crate::exchange::{Fault, Item, Parsed, Passed, Row, Sheet, Times};
use crate::intake::outcome_of_row;
use crate::ledger::{Context, LedgerError, Prepared};
use crate::lifecycle::Lifecycle;
use crate::stored;
use pair::Pairs;
pub use rescore::{Moved, Rescored};
pub use routed::Routed;
use routed::{Counting, percent_at_reception};
pub use running::{Rows, Running, Waiting};

/// What an import did, row by row.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// Rows of the file.
    pub rows: usize,
    /// New files that are open: scored, routed, queued.
    pub open: usize,
    /// New files that had ended: history and label.
    pub ended: usize,
    /// Known files of whose end, acceptance or mark the row reported something new.
    pub outcomes: usize,
    /// Known files of whose facts the row reported something that was masked or missing.
    pub unmasked: usize,
    /// Rows that reported nothing new.
    pub known: usize,
    /// Of these, rows that reported something else of them than a newer export had reported: that one holds.
    pub stale: usize,
    /// Rows that could not be taken. A row may have several faults.
    pub refused: usize,
    /// What is wrong with them, in the order of the file.
    pub faults: Vec<Fault>,
    /// Rows that were taken, or known, with cells that could not be read.
    pub warned: usize,
    /// These cells, in the order of the file.
    pub warnings: Vec<Fault>,
    /// Rows of other procedures (Order 121 Art. 44), in the order of the file.
    pub passed: Vec<Passed>,
    /// Known files of which the row tells something else than before: compared field by field when it is imported.
    /// Counted in a dry run alone.
    pub changed: usize,
    /// Where the new open files went, most files first; in a dry run, where they would go.
    pub routed: Vec<Routed>,
    /// All of them went to reception: the bureau file may be of another place.
    pub all_to_reception: bool,
    /// How many in a hundred went there, where they are many.
    pub percent_to_reception: Option<usize>,
    /// Stopped by a signal before the last row; the rest is taken when the same file is imported again.
    pub stopped: bool,
}

/// Where an import goes, and how it goes about it.
#[derive(Debug)]
pub struct Importer<'a> {
    /// The context.
    pub context: &'a Context,
    /// The clock.
    pub clock: &'a Clock,
    /// The bureau.
    pub bureau: BureauId,
    /// In whose name.
    pub caller: CallerId,
    /// Who else may be waiting to write.
    pub pace: Pace,
    /// As of when the sheet reports (截至); the latest time in it unless given.
    pub as_of: Option<Timestamp>,
}

/// Rows of a sheet that show what place it is of.
const SAMPLE: usize = 400;

/// How an import shares the bureau's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Nobody else writes: runs are long.
    Alone,
    /// Others queue for the lock (PostgreSQL): runs are short, so that they do not wait long.
    Queued,
    /// A server polls for the lock (SQLite has no queue for it): runs are short, and it is left half of the time.
    Half,
}

impl Pace {
    /// Rows in one transaction.
    fn run(self) -> usize {
        match self {
            Pace::Alone => 256,
            Pace::Queued => 64,
            Pace::Half => 48,
        }
    }
}

/// One row, ready for the ledger.
struct Ready<'s> {
    row: &'s Row,
    ended: bool,
    /// Both parts of a submission, ahead of the rows that tell of them: no row by itself.
    is_pair: bool,
    prepared: Prepared,
}

impl Ready<'_> {
    /// The file that the row is of, where it is open.
    fn file(&self) -> Option<FileRef> {
        let version = self.prepared.request.command.version().filter(|_| !self.ended)?;
        let track = if version.report.is_some() { Track::Report } else { Track::Complaint };
        Some(FileRef { number: version.number.clone(), track })
    }
}

impl Importer<'_> {
    /// Takes in the rows of a sheet; each run of them goes from memory once it is written. `progress` is told how many of them are done, `life` ends it between two runs.
    pub async fn import(
        &self,
        sheet: Sheet,
        life: &Lifecycle,
        mut progress: impl FnMut(usize),
    ) -> Result<Imported, LedgerError> {
        let mut running = self.begin(sheet).await?;
        self.go_on(&mut running, Rows::All, life, &mut progress).await?;
        Ok(running.finish())
    }

    /// Begins an import: the rows are in their order, and none is taken.
    pub async fn begin(&self, sheet: Sheet) -> Result<Running, LedgerError> {
        Running::begin(self, sheet).await
    }

    /// Takes rows that are left, of those that are asked for.
    pub async fn go_on(
        &self,
        running: &mut Running,
        rows: Rows,
        life: &Lifecycle,
        mut progress: impl FnMut(usize),
    ) -> Result<(), LedgerError> {
        let mut left = running.next(rows).into_iter();
        loop {
            let rows: Vec<Row> = left.by_ref().take(self.pace.run()).collect();
            if rows.is_empty() {
                break;
            }
            if life.is_stopping() {
                running.imported.stopped = true;
                break;
            }
            progress(running.done);
            let watch = Stopwatch::start();
            let new = self
                .take(&running.sheet, running.times, &rows, &running.pairs, &mut running.imported)
                .await?;
            running.counting.add(self, &new).await?;
            running.done += rows.len();
            if self.pace == Pace::Half {
                pause(watch.elapsed().max(Duration::from_millis(5))).await;
            }
        }
        progress(running.done);
        Ok(())
    }

    /// What an import would do, and nothing written.
    pub async fn preview(&self, sheet: &Sheet) -> Result<Imported, LedgerError> {
        let mut imported = Imported { rows: sheet.rows().len(), ..Imported::default() };
        let now = self.clock.now();
        let times = Times { now, as_of: self.as_of.unwrap_or_else(|| sheet.as_of(now)) };
        let order = in_order(sheet, sheet.rows().iter(), times, &mut imported);
        let mut new: HashSet<(RegistrationNumber, Track)> = HashSet::new();
        let mut counting = Counting::begin(self).await?;
        for rows in order.chunks(Pace::Alone.run()) {
            let mut ready = Vec::with_capacity(rows.len());
            for row in rows {
                match sheet.parse(row, times) {
                    Parsed::Item(mut item) => {
                        imported.warn(std::mem::take(&mut item.warnings));
                        ready.push(self.ready(row, *item)?);
                    }
                    parsed => set_aside(row, parsed, sheet, &mut imported),
                }
            }
            let fresh = self.fresh(ready, &mut imported).await?;
            let numbers: Vec<RegistrationNumber> =
                fresh.iter().filter_map(|ready| sheet.number(ready.row)).collect();
            let mut tx = self.context.store.read().await?;
            let known = tx.known_numbers(self.bureau, numbers.iter()).await?;
            tx.rollback().await?;
            for (ready, number) in fresh.iter().zip(numbers) {
                let Some(version) = ready.prepared.request.command.version() else { continue };
                let track = if version.report.is_some() { Track::Report } else { Track::Complaint };
                let is_first = !known.contains_key(number.as_str()) && new.insert((number, track));
                match (is_first, ready.ended) {
                    (true, true) => imported.ended += 1,
                    (true, false) => {
                        counting.add_expected(version, track, now.day());
                        imported.open += 1;
                    }
                    (false, _) => imported.changed += 1,
                }
            }
        }
        Ok(imported.finished(counting))
    }

    /// How many in a hundred rows of a sheet would go to reception, where they are so many that the bureau file may be of another
    /// place; by a sample of its rows, and nothing written.
    pub async fn expected_at_reception(&self, sheet: &Sheet) -> Result<Option<usize>, LedgerError> {
        let now = self.clock.now();
        let times = Times { now, as_of: now };
        let mut counting = Counting::begin(self).await?;
        for row in sheet.rows().iter().step_by((sheet.rows().len() / SAMPLE).max(1)) {
            let Parsed::Item(item) = sheet.parse(row, times) else { continue };
            let track = if item.submission.report.is_some() { Track::Report } else { Track::Complaint };
            counting.add_expected(&item.submission, track, now.day());
        }
        Ok(percent_at_reception(&counting.done()))
    }

    /// One run of rows, one transaction. Gives the new files that are open.
    async fn take(
        &self,
        sheet: &Sheet,
        times: Times,
        rows: &[Row],
        pairs: &Pairs,
        imported: &mut Imported,
    ) -> Result<Vec<FileRef>, LedgerError> {
        let mut ready = Vec::with_capacity(rows.len());
        for row in rows {
            match sheet.parse(row, times) {
                Parsed::Item(mut item) => {
                    imported.warn(std::mem::take(&mut item.warnings));
                    if let Some(both) = pairs.before(row, &item) {
                        ready.push(Ready { is_pair: true, ..self.ready(row, both)? });
                    }
                    ready.push(self.ready(row, *item)?);
                }
                parsed => set_aside(row, parsed, sheet, imported),
            }
        }
        let fresh = self.fresh(ready, imported).await?;
        let mut new = Vec::new();
        if fresh.is_empty() {
            return Ok(new);
        }
        let (rows, works): (Vec<_>, Vec<_>) = fresh
            .into_iter()
            .map(|ready| ((ready.row, ready.file(), ready.is_pair), ready.prepared.into()))
            .unzip();
        let answers = settle(self.context, self.bureau, self.clock, &works, &Waiters::default()).await?;
        for ((row, open, is_pair), answer) in rows.into_iter().zip(answers) {
            match answer {
                // What became of both parts, their own rows tell: they are known by then, or refused.
                Ok(Outcome::Imported { facts, .. }) if is_pair => pairs.took(row, facts),
                Err(_) if is_pair => {}
                Ok(Outcome::Imported { facts: Novelty::Known, .. }) if pairs.is_new(row) => {
                    imported.count(Novelty::New, News::Known, open.is_none());
                    new.extend(open);
                }
                Ok(Outcome::Imported { facts, outcome, differing }) => {
                    imported.left_aside(sheet, row, differing.as_deref(), outcome);
                    imported.count(facts, outcome, open.is_none());
                    new.extend(open.filter(|_| facts == Novelty::New));
                }
                Ok(_) => return Err(LedgerError::Unreadable("answer")),
                Err(refusal) => {
                    imported.refused += 1;
                    imported.faults.push(match refusal {
                        Refusal::FactsDiffer { fields, values } => sheet.differing(row, &fields, &values),
                        refusal => sheet.refused(row, refusal.zh()),
                    });
                }
            }
        }
        Ok(new)
    }

    fn ready<'s>(&self, row: &'s Row, item: Item) -> Result<Ready<'s>, LedgerError> {
        let ended = item.outcome.ending.is_some();
        // The same row has the same name whenever it comes: that is how it is known again.
        let facts = (item.submission, item.outcome);
        let content = stored::to_json(&facts).map_err(|_| LedgerError::Unreadable("row"))?;
        let request_id = format!("import-{}", hex::encode(self.context.identity.digest(content.as_bytes())));
        let request_id = RequestId::parse(&request_id).map_err(|_| LedgerError::Unreadable("request id"))?;
        let (submission, outcome) = facts;
        let command = Command::Import { submission: Box::new(submission), outcome };
        let request = Request { caller: self.caller, unit: None, sight: Sight::ALL, request_id, command };
        Ok(Ready { row, ended, is_pair: false, prepared: Prepared::new(self.context, request)? })
    }

    /// The rows that were not taken before, word for word.
    async fn fresh<'s>(
        &self,
        ready: Vec<Ready<'s>>,
        imported: &mut Imported,
    ) -> Result<Vec<Ready<'s>>, LedgerError> {
        let mut ids = Vec::with_capacity(ready.len() * 2);
        for row in &ready {
            let id = &row.prepared.request.request_id;
            ids.push(outcome_of_row(id)?);
            ids.push(id.clone());
        }
        let mut tx = self.context.store.read().await?;
        let known = tx.known_requests(self.bureau, ids.iter().map(|id| (self.caller, id))).await?;
        tx.rollback().await?;
        let mut seen: HashSet<RequestId> = known.into_keys().map(|(_, id)| id).collect();
        let mut fresh = Vec::with_capacity(ready.len());
        for row in ready {
            let id = &row.prepared.request.request_id;
            if seen.contains(&outcome_of_row(id)?) || !seen.insert(id.clone()) {
                imported.known += usize::from(!row.is_pair);
            } else {
                fresh.push(row);
            }
        }
        Ok(fresh)
    }
}

impl Imported {
    /// Lists what of a row that was taken was not taken over.
    fn left_aside(&mut self, sheet: &Sheet, row: &Row, differing: Option<&Differing>, outcome: News) {
        if let Some(differing) = differing {
            self.warn(vec![sheet.ended_differing(row, differing)]);
        }
        match outcome {
            News::Stale => self.warnings.push(sheet.stale(row)),
            News::OpenAgain => self.warn(vec![sheet.open_again(row)]),
            News::New | News::Known => {}
        }
    }

    fn warn(&mut self, warnings: Vec<Fault>) {
        self.warned += usize::from(!warnings.is_empty());
        self.warnings.extend(warnings);
    }

    /// Its lists in the order of the file, and where its files went.
    fn finished(mut self, counting: Counting) -> Self {
        self.faults.sort_by_key(|fault| fault.row);
        self.warnings.sort_by_key(|warning| warning.row);
        self.passed.sort_by_key(|passed| passed.row);
        self.routed = counting.done();
        self.percent_to_reception = percent_at_reception(&self.routed);
        self.all_to_reception = self.percent_to_reception == Some(100);
        self
    }

    fn count(&mut self, facts: Novelty, outcome: News, ended: bool) {
        match facts {
            Novelty::New if ended => self.ended += 1,
            Novelty::New => self.open += 1,
            Novelty::Unmasked => {
                self.unmasked += 1;
                self.outcomes += usize::from(outcome == News::New);
            }
            Novelty::Known if outcome == News::New => self.outcomes += 1,
            Novelty::Known => self.known += 1,
        }
        self.stale += usize::from(outcome == News::Stale);
    }
}

/// The rows of a sheet in the order in which they are taken; those that have no place in it are set aside.
fn in_order<R: Borrow<Row>>(
    sheet: &Sheet,
    rows: impl Iterator<Item = R>,
    times: Times,
    imported: &mut Imported,
) -> Vec<R> {
    let mut placed: Vec<(Timestamp, RegistrationNumber, R)> = Vec::with_capacity(imported.rows);
    for row in rows {
        match sheet.place(row.borrow()) {
            Some((received, number)) => placed.push((received, number, row)),
            None => set_aside(row.borrow(), sheet.parse(row.borrow(), times), sheet, imported),
        }
    }
    // Stable: of two rows of one number the upper one comes first.
    placed.sort_by(|(at, number, _), (other_at, other, _)| (at, number).cmp(&(other_at, other)));
    placed.into_iter().map(|(_, _, row)| row).collect()
}

fn set_aside(row: &Row, parsed: Parsed, sheet: &Sheet, imported: &mut Imported) {
    match parsed {
        Parsed::Elsewhere(kind_zh) => {
            imported.passed.push(Passed { row: row.number, number: sheet.number(row), kind_zh });
        }
        Parsed::Faulty(faults) => {
            imported.refused += 1;
            imported.faults.extend(faults);
        }
        // A row without a place that parses is a contradiction; it is not lost for it.
        Parsed::Item(_) => {
            imported.refused += 1;
            imported.faults.push(sheet.refused(row, "登记编号或登记时间无法识别".to_owned()));
        }
    }
}
