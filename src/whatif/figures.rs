//! What a played period comes to: loads by month, waits, overdue, hand-overs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Placed, Played};
use crate::domain::ids::{Track, UnitId};
use crate::domain::time::Day;

/// Figures of a period (推演结果). Loads are work units sent per officer on duty and working day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Files that came in.
    pub files: usize,
    /// Of them with two or more competent units.
    pub with_choice: usize,
    /// Taken by an officer.
    pub taken: usize,
    /// Taken after the first term had run out, or never.
    pub overdue: usize,
    /// Hand-overs: to reception, at once or by escalation.
    pub moves: u64,
    /// The highest load of a unit in a month.
    pub highest: f64,
    /// The highest load of a unit in a month, of the units that share work with others.
    pub highest_shared: f64,
    /// Gini coefficient of the load of officers over the period, of the units that share work.
    pub gini: f64,
    /// Waits of all files.
    pub waits: Waits,
    /// Waits of complaints.
    pub complaints: Waits,
    /// Waits of complaints of first-time complainants.
    pub first_time: Waits,
    /// Waits of reports.
    pub reports: Waits,
    /// Month by month.
    pub months: Vec<Month>,
}

/// From receipt to pull, in working hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Waits {
    /// Files.
    pub files: usize,
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
}

/// A calendar month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Month {
    /// `2026-05`
    pub month: String,
    /// Gini coefficient of the load of officers, of the units that share work.
    pub gini: f64,
    /// Every unit that somebody was on duty in.
    pub units: Vec<UnitMonth>,
    /// The month's work by who was competent: what any other assignment starts from.
    pub work: Vec<(Vec<UnitId>, f64)>,
}

/// A unit in a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitMonth {
    /// The unit.
    pub unit: UnitId,
    /// It was competent for something beside others.
    pub shares: bool,
    /// Officers on duty times working days.
    pub officer_days: f64,
    /// Work units sent.
    pub work: f64,
}

impl UnitMonth {
    /// Work units per officer-day.
    pub fn load(&self) -> f64 {
        self.work / self.officer_days
    }
}

/// Sums a period up.
pub fn figures(played: &Played) -> Figures {
    let files = &played.files;
    let sharing: BTreeSet<&UnitId> =
        files.iter().filter(|file| file.competent.len() > 1).flat_map(|file| &file.competent).collect();
    let months = months(played, &sharing);
    let highest = |of: &dyn Fn(&UnitMonth) -> bool| {
        let units = months.iter().flat_map(|month| &month.units);
        units.filter(|unit| of(unit)).map(UnitMonth::load).fold(0.0, f64::max)
    };
    Figures {
        files: files.len(),
        with_choice: files.iter().filter(|file| file.competent.len() > 1).count(),
        taken: played.taken,
        overdue: files.iter().filter(|file| file.overdue).count(),
        moves: files.iter().map(|file| u64::from(file.moves)).sum(),
        highest: highest(&|_| true),
        highest_shared: highest(&|unit| unit.shares),
        gini: gini(over_the_period(&months)),
        waits: waits(files, |_| true),
        complaints: waits(files, |file| file.file.track == Track::Complaint),
        first_time: waits(files, |file| file.first_time),
        reports: waits(files, |file| file.file.track == Track::Report),
        months,
    }
}

fn month_of(day: Day) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

fn months(played: &Played, sharing: &BTreeSet<&UnitId>) -> Vec<Month> {
    let mut days: BTreeMap<String, BTreeMap<&UnitId, i64>> = BTreeMap::new();
    for (unit, on_duty) in &played.on_duty {
        for (day, centiofficers) in on_duty {
            *days.entry(month_of(*day)).or_default().entry(unit).or_default() += centiofficers;
        }
    }
    let mut sent: BTreeMap<(String, &UnitId), i64> = BTreeMap::new();
    let mut work: BTreeMap<String, BTreeMap<&[UnitId], i64>> = BTreeMap::new();
    for file in &played.files {
        let month = month_of(file.received_at.day());
        *sent.entry((month.clone(), &file.routing.unit)).or_default() += file.routing.centiunits;
        *work.entry(month).or_default().entry(&file.competent).or_default() += file.routing.centiunits;
    }
    let month = |(month, units): (String, BTreeMap<&UnitId, i64>)| {
        let units: Vec<UnitMonth> = units
            .into_iter()
            .filter(|(_, centiofficers)| *centiofficers > 0)
            .map(|(unit, centiofficers)| UnitMonth {
                unit: unit.clone(),
                shares: sharing.contains(unit),
                officer_days: centiofficers as f64 / 100.0,
                work: sent.get(&(month.clone(), unit)).copied().unwrap_or(0) as f64 / 100.0,
            })
            .collect();
        let gini = gini(
            units.iter().filter(|unit| unit.shares).map(|unit| (unit.work, unit.officer_days)).collect(),
        );
        let work = work.remove(&month).unwrap_or_default();
        let work = work.into_iter().map(|(units, work)| (units.to_vec(), work as f64 / 100.0)).collect();
        Month { month, gini, units, work }
    };
    days.into_iter().map(month).collect()
}

/// Work and officer-days of the units that share work, over all months.
fn over_the_period(months: &[Month]) -> Vec<(f64, f64)> {
    let mut units: BTreeMap<&UnitId, (f64, f64)> = BTreeMap::new();
    for unit in months.iter().flat_map(|month| &month.units).filter(|unit| unit.shares) {
        let (work, days) = units.entry(&unit.unit).or_default();
        *work += unit.work;
        *days += unit.officer_days;
    }
    units.into_values().collect()
}

/// Gini coefficient of the load of an officer-day, from (work, officer-days): 0 when all have the same.
fn gini(mut units: Vec<(f64, f64)>) -> f64 {
    units.sort_by(|(a, x), (b, y)| (a / x).total_cmp(&(b / y)));
    let (work, days) = units.iter().fold((0.0, 0.0), |(work, days), unit| (work + unit.0, days + unit.1));
    if work <= 0.0 || days <= 0.0 {
        return 0.0;
    }
    let mut below = 0.0;
    let mut area = 0.0;
    for (own, officers) in units {
        area += officers / days * (below + own / 2.0) / work;
        below += own;
    }
    1.0 - 2.0 * area
}

/// Of files that were taken.
fn waits(files: &[Placed], of: impl Fn(&Placed) -> bool) -> Waits {
    let mut minutes: Vec<i64> = files.iter().filter(|file| of(file)).filter_map(|file| file.waited).collect();
    minutes.sort_unstable();
    let hours = |minutes: i64| minutes as f64 / 60.0;
    let count = minutes.len();
    // Nearest rank: the smallest value that so many hundredths do not exceed.
    let percentile = |of: usize| {
        let at = (count * of).div_ceil(100).saturating_sub(1);
        minutes.get(at).copied().map_or(0.0, hours)
    };
    let mean = hours(minutes.iter().sum()) / count.max(1) as f64;
    Waits { files: count, mean, p50: percentile(50), p95: percentile(95), p99: percentile(99) }
}
