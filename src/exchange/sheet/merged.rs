//! Cells merged over several rows (合并单元格): what stands in the first of them holds for all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Row, Sheet};
use crate::exchange::cell::Cell;

/// Merged cells of one sheet that are looked at.
pub(in crate::exchange) const MOST_MERGED: usize = 65_536;

/// Cells of one column that are one: its place from 0, and the numbers of the first and the last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::exchange) struct Merged {
    pub(in crate::exchange) column: usize,
    pub(in crate::exchange) first: u32,
    pub(in crate::exchange) last: u32,
}

impl Sheet {
    /// Gives the rows of merged cells what stands in the first of them. Returns how many cells were filled, by the titles of
    /// their columns, or nothing when that would be more cells than the sheet has, or more bytes than may be added.
    pub(super) fn fill_merged(
        &mut self,
        merged: &[Merged],
        most_bytes: usize,
    ) -> Option<BTreeMap<String, usize>> {
        let mut filled = BTreeMap::new();
        if merged.is_empty() {
            return Some(filled);
        }
        let places: BTreeMap<u32, usize> =
            self.rows.iter().enumerate().map(|(at, row)| (row.number, at)).collect();
        let most = self.rows.iter().map(|row| row.cells.expose().len()).sum::<usize>();
        let (mut looked_at, mut bytes) = (0, 0);
        for merged in merged.iter().filter(|merged| merged.first < merged.last) {
            let Some(first) = places.get(&merged.first) else { continue };
            let Some((slot, cell)) = self.merged_cell(*first, merged) else { continue };
            let table = self.rows[*first].table;
            let title = self.header(&self.rows[*first]).slots()[slot].title.clone();
            for (_, at) in places.range(merged.first + 1..=merged.last) {
                looked_at += 1;
                let row = &mut self.rows[*at];
                if row.table == table && row.fill(slot, &cell) {
                    *filled.entry(title.clone()).or_default() += 1;
                    bytes += cell.weight();
                }
                if looked_at > most || bytes > most_bytes {
                    return None;
                }
            }
        }
        Some(filled)
    }

    /// The cell that stands for merged ones, and its slot in the rows.
    fn merged_cell(&self, at: usize, merged: &Merged) -> Option<(usize, Cell)> {
        let row = &self.rows[at];
        let slot = self.header(row).slots().iter().position(|slot| slot.places == [merged.column])?;
        let cell = row.cells.expose().get(slot).filter(|cell| **cell != Cell::Empty)?;
        Some((slot, cell.clone()))
    }
}

impl Row {
    fn fill(&mut self, slot: usize, cell: &Cell) -> bool {
        match self.cells.expose_mut().get_mut(slot) {
            Some(blank @ Cell::Empty) if self.misfit.is_none() => {
                *blank = cell.clone();
                true
            }
            _ => false,
        }
    }
}
