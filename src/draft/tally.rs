//! Counts of which unit handled what, and when they are enough to say so.

use std::collections::BTreeMap;

/// From how many rows on, and from which share, the first unit is taken for the one (in percent).
#[derive(Debug, Clone, Copy)]
pub(super) struct Sure {
    pub(super) rows: usize,
    pub(super) percent: usize,
}

/// How often each unit handled one thing; units by their place in the office.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    units: BTreeMap<usize, usize>,
    /// Rows that do not name a unit of the draft.
    pub(super) unnamed: usize,
    /// Sub-districts that were named beside it.
    pub(super) beside: BTreeMap<String, usize>,
}

impl Tally {
    pub(super) fn add(&mut self, unit: Option<usize>, subdistrict: Option<&String>) {
        match unit {
            Some(unit) => *self.units.entry(unit).or_default() += 1,
            None => self.unnamed += 1,
        }
        if let Some(name) = subdistrict {
            *self.beside.entry(name.clone()).or_default() += 1;
        }
    }

    /// Rows that name a unit of the draft.
    pub(super) fn rows(&self) -> usize {
        self.units.values().sum()
    }

    /// Units with their rows, the most first.
    pub(super) fn ordered(&self) -> Vec<(usize, usize)> {
        let mut units: Vec<(usize, usize)> = self.units.iter().map(|(unit, rows)| (*unit, *rows)).collect();
        units.sort_by_key(|(unit, rows)| (std::cmp::Reverse(*rows), *unit));
        units
    }

    /// The unit that handled most of it.
    pub(super) fn most(&self) -> Option<usize> {
        self.ordered().first().map(|(unit, _)| *unit)
    }

    /// Whether the first unit is sure enough.
    pub(super) fn is_sure(&self, sure: Sure) -> bool {
        let most = self.ordered().first().map_or(0, |(_, rows)| *rows);
        self.rows() >= sure.rows && most * 100 >= self.rows() * sure.percent
    }
}
