//! Open work (未结工作量) of units, and which of it a file's routing may see.

use std::collections::HashMap;

use super::bureau::Bureau;
use super::roster::OnDuty;
use crate::domain::ids::{Track, UnitId};
use crate::domain::time::Day;

/// Open work of every unit and track, in hundredths of a work unit (centiunits).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loads {
    open: HashMap<UnitId, [i64; 2]>,
    served: HashMap<UnitId, [i64; 2]>,
}

impl Loads {
    /// Open work of a unit on one track, in centiunits; 0 when it has none.
    pub fn open(&self, unit: &UnitId, track: Track) -> i64 {
        self.open.get(unit).map_or(0, |open| open[slot(track)])
    }

    /// How many files a unit's queue has given out, ever; see [`super::turns`].
    pub fn served(&self, unit: &UnitId, track: Track) -> i64 {
        self.served.get(unit).map_or(0, |served| served[slot(track)])
    }

    /// Sets how many files a unit's queue has given out.
    pub fn set_served(&mut self, unit: &UnitId, track: Track, served: i64) {
        self.served.entry(unit.clone()).or_default()[slot(track)] = served;
    }

    /// Adds a file's expected effort (takes it away when negative), so that the next file of the same batch
    /// sees it. Saturates.
    pub fn add(&mut self, unit: &UnitId, track: Track, centiunits: i64) {
        // Looking first keeps the common case free of an allocation.
        if !self.open.contains_key(unit) {
            self.open.insert(unit.clone(), [0; 2]);
        }
        if let Some(open) = self.open.get_mut(unit) {
            let open = &mut open[slot(track)];
            *open = open.saturating_add(centiunits);
        }
    }
}

/// From the store's sums; rows of the same unit and track add up.
impl FromIterator<(UnitId, Track, i64)> for Loads {
    fn from_iter<I: IntoIterator<Item = (UnitId, Track, i64)>>(rows: I) -> Self {
        let mut loads = Self::default();
        for (unit, track, centiunits) in rows {
            loads.add(&unit, track, centiunits);
        }
        loads
    }
}

fn slot(track: Track) -> usize {
    match track {
        Track::Complaint => 0,
        Track::Report => 1,
    }
}

/// Work given to units since the month began (本月分得), and the officers there over all of the month: what is even at the
/// month's end. Open work is not: whoever is quick would get more for it, and whoever had short files too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Expected effort given, whether it is still open or not.
    pub work: Loads,
    /// The mean over the working days of the month, those ahead as the roster has them.
    pub on_duty: OnDuty,
}

impl Given {
    /// Nothing given yet in the month of this day.
    pub fn in_month_of(bureau: &Bureau, day: Day) -> Self {
        let month = |other: Day| (other.year(), other.month());
        let days: Vec<Day> = (-30..=30)
            .map(|days| day.plus(days))
            .filter(|other| month(*other) == month(day) && bureau.calendar().is_working_day(*other))
            .collect();
        Self { work: Loads::default(), on_duty: OnDuty::over(bureau, &days) }
    }
}

/// Whose open work counts as the load that a file of a track sees.
///
/// A value and not a rule in code, so that a test can hand in an unlawful one and see that it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadBasis {
    /// Tracks that count when a complaint is routed.
    pub complaint: &'static [Track],
    /// Tracks that count when a report is routed.
    pub report: &'static [Track],
}

impl LoadBasis {
    /// Reports see reports alone (promise 4): a score changes how much work a complaint counts as, and nothing
    /// that a score can move may reach a report (Order 121 Art. 28, 35: every report is verified).
    pub const LAWFUL: LoadBasis =
        LoadBasis { complaint: &[Track::Complaint, Track::Report], report: &[Track::Report] };

    /// The load that a file of `track` sees at `unit`, in centiunits. Saturates.
    pub fn load(&self, loads: &Loads, unit: &UnitId, track: Track) -> i64 {
        let counted = match track {
            Track::Complaint => self.complaint,
            Track::Report => self.report,
        };
        counted.iter().fold(0_i64, |sum, track| sum.saturating_add(loads.open(unit, *track)))
    }
}
