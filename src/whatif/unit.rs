//! A unit at work: its two queues, and how much time it has in hand.

use crate::domain::ids::{Track, UnitId};
use crate::domain::time::Day;
use crate::routing::fair_queue::{FairQueue, Next, Waiting};

/// Time in hand, in centiunits times hundredths of officers times minutes of a day: whole numbers all the way.
#[derive(Debug, Default)]
struct WorkTime {
    /// What reports have left of the unit's time; complaints do not touch it.
    report: i64,
    /// What reports and complaints have left.
    complaint: i64,
}

/// A unit with its queues.
#[derive(Debug)]
pub(super) struct UnitQueues {
    pub(super) unit: UnitId,
    /// Officers on duty today, in hundredths.
    pub(super) centiofficers: i64,
    complaints: FairQueue,
    reports: FairQueue,
    work_time: WorkTime,
}

/// What one hundredth of a work unit costs of a purse.
fn price(day_minutes: i64) -> i64 {
    100 * day_minutes
}

impl UnitQueues {
    pub(super) fn new(unit: UnitId, centiofficers: i64, day_minutes: i64) -> Self {
        let queue = || FairQueue::new(Vec::new(), 0, true);
        let most = most(centiofficers, day_minutes);
        let work_time = WorkTime { report: most, complaint: most };
        Self { unit, centiofficers, complaints: queue(), reports: queue(), work_time }
    }

    pub(super) fn queue(&mut self, track: Track) -> &mut FairQueue {
        match track {
            Track::Complaint => &mut self.complaints,
            Track::Report => &mut self.reports,
        }
    }

    /// A new day: what has come near its end is urgent.
    pub(super) fn open(&mut self, centiofficers: i64, class_a_until: Day) {
        self.centiofficers = centiofficers;
        for track in Track::ALL {
            for file in self.queue(track).waiting_mut() {
                file.urgent = file.due <= class_a_until;
            }
        }
    }

    /// Some minutes of work. Time that nobody needs is lost, but for one ordinary file an officer.
    pub(super) fn work(&mut self, minutes: i64, centiunits_a_day: i64, day_minutes: i64) {
        let most = most(self.centiofficers, day_minutes);
        let earned = self.centiofficers * centiunits_a_day * minutes;
        let add = |work_time: &mut i64| *work_time = (*work_time + earned).min(most.max(*work_time));
        add(&mut self.work_time.report);
        add(&mut self.work_time.complaint);
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
            let work_time =
                if track == Track::Report { self.work_time.report } else { self.work_time.complaint };
            let queue = self.queue(track);
            let first = queue.waiting_mut().iter().min_by(|a, b| a.before(b));
            let Some(cost) = first.map(|file| effort(track, file) * price(day_minutes)) else { continue };
            if work_time < cost.min(most) {
                continue;
            }
            let Next::File(file, _) = queue.next(|_| true) else { continue };
            self.work_time.complaint -= cost;
            if track == Track::Report {
                self.work_time.report -= cost;
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
