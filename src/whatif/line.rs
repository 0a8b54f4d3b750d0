//! A unit at work: its two queues, and how much time it has in hand.

use crate::domain::ids::{Track, UnitId};
use crate::domain::time::Day;
use crate::routing::turns::{Line, Next, Waiting};

/// Time in hand, in centiunits times hundredths of officers times minutes of a day: whole numbers all the way.
#[derive(Debug, Default)]
struct Purse {
    /// What reports have left of the unit's time; complaints do not touch it.
    report: i64,
    /// What reports and complaints have left.
    complaint: i64,
}

/// A unit with its queues.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) unit: UnitId,
    /// Officers on duty today, in hundredths.
    pub(super) centiofficers: i64,
    complaints: Line,
    reports: Line,
    purse: Purse,
}

/// What one hundredth of a work unit costs of a purse.
fn price(day_minutes: i64) -> i64 {
    100 * day_minutes
}

impl Desk {
    pub(super) fn new(unit: UnitId, centiofficers: i64, day_minutes: i64) -> Self {
        let line = || Line::new(Vec::new(), 0, true);
        let most = most(centiofficers, day_minutes);
        let purse = Purse { report: most, complaint: most };
        Self { unit, centiofficers, complaints: line(), reports: line(), purse }
    }

    pub(super) fn line(&mut self, track: Track) -> &mut Line {
        match track {
            Track::Complaint => &mut self.complaints,
            Track::Report => &mut self.reports,
        }
    }

    /// A new day: what has come near its end is urgent.
    pub(super) fn open(&mut self, centiofficers: i64, class_a_until: Day) {
        self.centiofficers = centiofficers;
        for track in Track::ALL {
            for file in self.line(track).waiting_mut() {
                file.urgent = file.due <= class_a_until;
            }
        }
    }

    /// Some minutes of work. Time that nobody needs is lost, but for one ordinary file an officer.
    pub(super) fn work(&mut self, minutes: i64, centiunits_a_day: i64, day_minutes: i64) {
        let most = most(self.centiofficers, day_minutes);
        let earned = self.centiofficers * centiunits_a_day * minutes;
        let add = |purse: &mut i64| *purse = (*purse + earned).min(most.max(*purse));
        add(&mut self.purse.report);
        add(&mut self.purse.complaint);
    }

    /// The next file that there is time for: reports before complaints.
    pub(super) fn take(
        &mut self,
        day_minutes: i64,
        effort: impl Fn(Track, &Waiting) -> i64,
    ) -> Option<(Track, Waiting)> {
        if self.centiofficers == 0 {
            return None;
        }
        let most = most(self.centiofficers, day_minutes);
        for track in [Track::Report, Track::Complaint] {
            let purse = if track == Track::Report { self.purse.report } else { self.purse.complaint };
            let line = self.line(track);
            let first = line.waiting_mut().iter().min_by(|a, b| a.before(b));
            let Some(cost) = first.map(|file| effort(track, file) * price(day_minutes)) else { continue };
            if purse < cost.min(most) {
                continue;
            }
            let Next::File(file, _) = line.next(|_| true) else { continue };
            self.purse.complaint -= cost;
            if track == Track::Report {
                self.purse.report -= cost;
            }
            return Some((track, file));
        }
        None
    }
}

/// Time in hand at most: one ordinary file of 1.00 for every officer.
fn most(centiofficers: i64, day_minutes: i64) -> i64 {
    centiofficers * price(day_minutes)
}
