//! Work of units - open (未结工作量), and assigned this month (本月分得) - and which of it a file's routing may see.

use std::collections::HashMap;

use crate::domain::ids::{Track, UnitId};

/// Work of every unit and track, in hundredths of a work unit (centiunits).
///
/// Units are chosen by the work assigned to them since the month began: that is what is even at the month's end. Open work
/// is not: whoever is quick would get more for it, and whoever had short files too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loads {
    open: HashMap<UnitId, [i64; 2]>,
    assigned: HashMap<UnitId, [i64; 2]>,
    served: HashMap<UnitId, [i64; 2]>,
}

impl Loads {
    /// Open work of a unit on one track, in centiunits; 0 when it has none.
    pub fn open(&self, unit: &UnitId, track: Track) -> i64 {
        self.open.get(unit).map_or(0, |open| open[slot(track)])
    }

    /// How many files a unit's queue has given out, ever; see [`super::fair_queue`].
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
        add(&mut self.open, unit, track, centiunits);
    }

    /// Work assigned to a unit on one track since the month began, open or not, in centiunits.
    pub fn assigned(&self, unit: &UnitId, track: Track) -> i64 {
        self.assigned.get(unit).map_or(0, |assigned| assigned[slot(track)])
    }

    /// A file's expected effort is open at a unit and counts as assigned this month (both taken back when negative).
    /// Saturates.
    pub fn assign(&mut self, unit: &UnitId, track: Track, centiunits: i64) {
        add(&mut self.open, unit, track, centiunits);
        add(&mut self.assigned, unit, track, centiunits);
    }

    /// A month begins: nothing has been assigned in it.
    pub fn begin_month(&mut self) {
        self.assigned.clear();
    }
}

fn add(work: &mut HashMap<UnitId, [i64; 2]>, unit: &UnitId, track: Track, centiunits: i64) {
    // Looking first keeps the common case free of an allocation.
    if !work.contains_key(unit) {
        work.insert(unit.clone(), [0; 2]);
    }
    if let Some(work) = work.get_mut(unit) {
        let work = &mut work[slot(track)];
        *work = work.saturating_add(centiunits);
    }
}

fn slot(track: Track) -> usize {
    match track {
        Track::Complaint => 0,
        Track::Report => 1,
    }
}

/// Whose work counts as the load that a file of a track sees.
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

    /// The open work that a file of `track` sees at `unit`, in centiunits. Saturates.
    pub fn load(&self, loads: &Loads, unit: &UnitId, track: Track) -> i64 {
        self.sum(track, |counted| loads.open(unit, counted))
    }

    /// The work assigned this month that a file of `track` sees at `unit`, in centiunits. Saturates.
    pub fn assigned(&self, loads: &Loads, unit: &UnitId, track: Track) -> i64 {
        self.sum(track, |counted| loads.assigned(unit, counted))
    }

    fn sum(&self, track: Track, work: impl Fn(Track) -> i64) -> i64 {
        let counted = match track {
            Track::Complaint => self.complaint,
            Track::Report => self.report,
        };
        counted.iter().fold(0_i64, |sum, track| sum.saturating_add(work(*track)))
    }
}
