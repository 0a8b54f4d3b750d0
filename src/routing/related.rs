//! Open files that belong with the one to be routed (关联的在办件): its bundle, and those of the same operator.
//!
//! Of its own track alone: a report's way must not depend on a complaint (promise 4), and a complaint's must not tell of a
//! report (promise 11).

use crate::domain::ids::UnitId;

/// How many open files of one kind each unit has; the units in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spread {
    units: Vec<(UnitId, i64)>,
}

impl Spread {
    /// So many more files at a unit (less when negative). A unit that has none is not one of them.
    pub fn add(&mut self, unit: &UnitId, files: i64) {
        match self.units.binary_search_by(|(known, _)| known.cmp(unit)) {
            Ok(at) => {
                if let Some((_, known)) = self.units.get_mut(at) {
                    *known += files;
                }
            }
            Err(at) => self.units.insert(at, (unit.clone(), files)),
        }
        self.units.retain(|(_, files)| *files != 0);
    }

    /// How many there are.
    pub fn files(&self) -> i64 {
        self.units.iter().map(|(_, files)| files).sum()
    }

    /// The unit that has most of them; of equals the first.
    pub fn most(&self) -> Option<&UnitId> {
        let most = self.units.iter().map(|(_, files)| *files).max()?;
        self.units.iter().find(|(_, files)| *files == most).map(|(unit, _)| unit)
    }
}

/// The open files that belong with a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Related {
    /// Of the same cluster (关联投诉人（组）), or of the same mass incident (群体事件).
    pub bundle: Spread,
    /// Against the same operator (被投诉人).
    pub respondent: Spread,
}
