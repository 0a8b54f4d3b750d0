//! Who is there (在岗): officers of every unit over the working days ahead, with leave, training and part-time.

use std::collections::HashMap;

use crate::domain::ids::UnitId;
use crate::domain::time::Day;

use super::bureau::{Bureau, Officer};

/// Officers on duty of every unit, over the days ahead and over this month so far, each the mean in hundredths of a full
/// officer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnDuty {
    ahead: HashMap<UnitId, i64>,
    this_month: HashMap<UnitId, i64>,
}

impl OnDuty {
    /// As of a day: ahead over the bureau's horizon; this month over its working days up to the day, or to the next
    /// working day on a day off, so that work that comes at a weekend is divided by those who will find it.
    pub fn at(bureau: &Bureau, today: Day) -> Self {
        let ahead = bureau.horizon(today);
        let last = ahead.first().copied().unwrap_or(today);
        let so_far: Vec<Day> = (-30..=30)
            .map(|days| today.plus(days))
            .filter(|day| day.month_number() == today.month_number() && *day <= last)
            .filter(|day| bureau.calendar().is_working_day(*day))
            .collect();
        Self { ahead: means(bureau, &ahead), this_month: means(bureau, &so_far) }
    }

    /// Over these days, which are taken for the whole of the month so far.
    pub fn over(bureau: &Bureau, days: &[Day]) -> Self {
        let means = means(bureau, days);
        Self { ahead: means.clone(), this_month: means }
    }

    /// Officers on duty of a unit over the days ahead, in hundredths; 0 for one that nobody belongs to.
    pub fn centiofficers(&self, unit: &UnitId) -> i64 {
        self.ahead.get(unit).copied().unwrap_or(0)
    }

    /// Officers on duty of a unit in this month so far, in hundredths.
    pub fn month_centiofficers(&self, unit: &UnitId) -> i64 {
        self.this_month.get(unit).copied().unwrap_or(0)
    }
}

fn means(bureau: &Bureau, days: &[Day]) -> HashMap<UnitId, i64> {
    let mut sums: HashMap<UnitId, i64> = HashMap::new();
    for officer in bureau.officers() {
        let there: i64 = days.iter().map(|day| share(bureau, officer, *day)).sum();
        *sums.entry(officer.unit.clone()).or_default() += there;
    }
    let count = i64::try_from(days.len()).unwrap_or(1).max(1);
    sums.into_iter().map(|(unit, sum)| (unit, sum / count)).collect()
}

/// What an officer counts for on a day, in hundredths. After a long absence work comes back by and by, so that the
/// first day is no flood.
fn share(bureau: &Bureau, officer: &Officer, day: Day) -> i64 {
    if officer.away.iter().any(|absence| absence.covers(day)) {
        return 0;
    }
    let settings = bureau.settings();
    let back_for = officer
        .away
        .iter()
        .filter(|absence| absence.to < day && absence.days() >= settings.long_absence_days)
        .map(|absence| i64::from(day.0) - i64::from(absence.to.0))
        .min();
    match back_for {
        Some(days) if days <= settings.ramp_days => officer.percent * days / (settings.ramp_days + 1),
        _ => officer.percent,
    }
}
