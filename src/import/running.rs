//! An import under way (进行中的导入), and one that waits: of a list of files, one is in memory at a time, and of its rows those
//! that are not written yet.

use std::collections::HashMap;

use super::pair::Pairs;
use super::routed::Counting;
use super::{Imported, Importer, in_order};
use crate::exchange::{Parsed, Row, Sheet, Times};
use crate::ledger::LedgerError;

/// An import under way.
pub struct Running {
    /// Without its rows.
    pub(super) sheet: Sheet,
    pub(super) times: Times,
    /// What is not taken yet.
    order: Vec<Row>,
    pub(super) pairs: Pairs,
    pub(super) counting: Counting,
    pub(super) imported: Imported,
    pub(super) done: usize,
}

/// An import whose sheet may go, until it is read again.
pub struct Waiting {
    times: Times,
    /// Numbers of the rows that are not taken yet, in their order.
    left: Vec<u32>,
    counting: Counting,
    imported: Imported,
    done: usize,
}

/// Which of the rows that are left are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// All of them.
    All,
    /// Those whose files have ended: a model can learn from them before the open ones are scored.
    Ended,
}

impl Running {
    /// All rows of a sheet in their order, and none taken.
    pub(super) async fn begin(importer: &Importer<'_>, mut sheet: Sheet) -> Result<Self, LedgerError> {
        let mut imported = Imported { rows: sheet.rows().len(), ..Imported::default() };
        let now = importer.clock.now();
        let times = Times { now, as_of: importer.as_of.unwrap_or_else(|| sheet.as_of(now)) };
        let rows = sheet.take_rows();
        let order = in_order(&sheet, rows.into_iter(), times, &mut imported);
        let pairs = Pairs::of(&sheet, &order, times);
        let counting = Counting::begin(importer).await?;
        let done = imported.rows - order.len();
        Ok(Self { sheet, times, order, pairs, counting, imported, done })
    }

    /// Takes out the rows that come next.
    pub(super) fn next(&mut self, rows: Rows) -> Vec<Row> {
        let order = std::mem::take(&mut self.order);
        match rows {
            Rows::All => order,
            Rows::Ended => {
                let (ended, rest) = order.into_iter().partition(|row| self.has_ended(row));
                self.order = rest;
                ended
            }
        }
    }

    /// Whether nothing of a row is to be scored: both parts of a submission come in together.
    fn has_ended(&self, row: &Row) -> bool {
        if self.pairs.has(row) {
            return false;
        }
        let parsed = self.sheet.parse(row, self.times);
        matches!(parsed, Parsed::Item(item) if item.outcome.ending.is_some())
    }

    /// Lets go of the sheet.
    #[must_use]
    pub fn wait(self) -> Waiting {
        let Self { times, order, counting, imported, done, .. } = self;
        Waiting { times, left: order.into_iter().map(|row| row.number).collect(), counting, imported, done }
    }

    /// Rows of the sheet.
    pub fn rows(&self) -> usize {
        self.imported.rows
    }

    /// What was done.
    #[must_use]
    pub fn finish(self) -> Imported {
        self.imported.finished(self.counting)
    }
}

impl Waiting {
    /// Goes on with the same sheet, read again; none when it has other rows by now.
    #[must_use]
    pub fn resume(self, mut sheet: Sheet) -> Option<Running> {
        let Self { times, left, counting, imported, done } = self;
        let rows = sheet.take_rows();
        if rows.len() != imported.rows {
            return None;
        }
        let mut rows: HashMap<u32, Row> = rows.into_iter().map(|row| (row.number, row)).collect();
        let order: Vec<Row> = left.iter().filter_map(|number| rows.remove(number)).collect();
        if order.len() != left.len() {
            return None;
        }
        // No row of a pair was taken: it has not ended by itself.
        let pairs = Pairs::of(&sheet, &order, times);
        Some(Running { sheet, times, order, pairs, counting, imported, done })
    }

    /// What was done.
    #[must_use]
    pub fn finish(self) -> Imported {
        self.imported.finished(self.counting)
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.imported.stopped
    }
}
