//! Who is there (在岗): officers of every unit over the working days ahead, with leave, training and part-time.

use std::collections::HashMap;

use crate::domain::ids::UnitId;
use crate::domain::time::Day;

use super::bureau::{Bureau, Officer};

/// Officers on duty of every unit, the mean over some days ahead, in hundredths of a full officer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnDuty {
    centiofficers: HashMap<UnitId, i64>,
}

impl OnDuty {
    /// The mean over `days`: the working days of the horizon, the first of them today or the next working day.
    pub fn over(bureau: &Bureau, days: &[Day]) -> Self {
        let mut sums: HashMap<UnitId, i64> = HashMap::new();
        for officer in bureau.officers() {
            let there: i64 = days.iter().map(|day| share(bureau, officer, *day)).sum();
            *sums.entry(officer.unit.clone()).or_default() += there;
        }
        let count = i64::try_from(days.len()).unwrap_or(1).max(1);
        Self { centiofficers: sums.into_iter().map(|(unit, sum)| (unit, sum / count)).collect() }
    }

    /// Officers on duty of a unit, in hundredths; 0 for one that nobody belongs to.
    pub fn centiofficers(&self, unit: &UnitId) -> i64 {
        self.centiofficers.get(unit).copied().unwrap_or(0)
    }
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
