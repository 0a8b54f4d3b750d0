//! Working hours (工作时间): how long a file has waited while somebody could have taken it (promise 7).

use serde::Deserialize;

use super::calendar::Calendar;
use crate::domain::time::{Day, Timestamp};
use crate::domain::violation::Invalid;

const MINUTES_PER_DAY: i64 = 24 * 60;
const MICROS_PER_MINUTE: i64 = 60_000_000;

/// The hours of a working day: intervals in order, apart from each other, at least one; in minutes since midnight.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct OfficeHours(Vec<(i64, i64)>);

impl OfficeHours {
    /// Reads `08:30-12:00` and so on.
    pub fn parse(texts: &[impl AsRef<str>]) -> Result<Self, Invalid> {
        let bad = || {
            let en = "must be intervals like 08:30-12:00, in order, not overlapping";
            Invalid::new(en, "工作时间应为 08:30-12:00 这样的时段，按先后排列，互不重叠")
        };
        let intervals: Option<Vec<(i64, i64)>> = texts.iter().map(|text| interval(text.as_ref())).collect();
        let intervals = intervals.filter(|intervals| !intervals.is_empty()).ok_or_else(bad)?;
        let apart = intervals.iter().zip(intervals.iter().skip(1)).all(|(one, next)| one.1 < next.0);
        if apart { Ok(Self(intervals)) } else { Err(bad()) }
    }

    /// The intervals of a day, as points in time.
    fn on(&self, day: Day) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let at = move |minute: i64| day.start().plus_seconds(minute * 60);
        self.0.iter().map(move |(from, to)| (at(*from), at(*to)))
    }
}

impl Default for OfficeHours {
    /// 08:30-12:00 and 14:30-17:30.
    fn default() -> Self {
        Self(vec![(510, 720), (870, 1050)])
    }
}

impl TryFrom<Vec<String>> for OfficeHours {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        Self::parse(&texts).map_err(|invalid| invalid.zh)
    }
}

fn interval(text: &str) -> Option<(i64, i64)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from)?, minute(to)?);
    (from < to && to <= MINUTES_PER_DAY).then_some((from, to))
}

/// `HH:MM`, up to 24:00.
fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| text.parse::<u8>().ok().filter(|_| text.len() == 2).map(i64::from);
    let (hour, minute) = (number(hour)?, number(minute)?);
    (minute < 60).then_some(hour * 60 + minute)
}

impl Calendar {
    /// The whole working minutes from one time to another; 0 when `to` is not later.
    pub fn working_minutes(&self, from: Timestamp, to: Timestamp, hours: &OfficeHours) -> i64 {
        let worked = self.worked_days(from, to.day());
        let micros = worked
            .flat_map(|day| hours.on(day))
            .map(|(opens, closes)| (closes.min(to).0).saturating_sub(opens.max(from).0).max(0));
        micros.sum::<i64>() / MICROS_PER_MINUTE
    }

    /// The time at which `minutes` of work have passed since `from`.
    pub fn plus_working_minutes(&self, from: Timestamp, minutes: u32, hours: &OfficeHours) -> Timestamp {
        let mut left = i64::from(minutes) * MICROS_PER_MINUTE;
        if left == 0 {
            return from;
        }
        for (opens, closes) in self.worked_days(from, Day(i32::MAX)).flat_map(|day| hours.on(day)) {
            let opens = opens.max(from);
            let open = closes.0.saturating_sub(opens.0).max(0);
            if open >= left {
                return Timestamp(opens.0.saturating_add(left));
            }
            left -= open;
        }
        Timestamp(i64::MAX)
    }

    fn worked_days(&self, from: Timestamp, to: Day) -> impl Iterator<Item = Day> {
        (from.day().0..=to.0).map(Day).filter(|day| self.is_working_day(*day))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(day: &str, time: &str) -> Timestamp {
        Day::parse(day).unwrap().start().plus_seconds(minute(time).unwrap() * 60)
    }

    #[test]
    fn hours_are_read_or_refused() {
        assert_eq!(OfficeHours::parse(&["08:30-12:00", "14:30-17:30"]).unwrap(), OfficeHours::default());
        let none: [&str; 0] = [];
        assert!(OfficeHours::parse(&none).is_err());
        for bad in ["12:00-08:30", "8:30-12:00", "08:60-12:00", "20:00-24:01", "08:30", "08:30-08:30"] {
            assert!(OfficeHours::parse(&[bad]).is_err(), "{bad}");
        }
        for (one, other) in [("14:30-17:30", "08:30-12:00"), ("08:30-12:00", "11:00-13:00")] {
            assert!(OfficeHours::parse(&[one, other]).is_err(), "{one} {other}");
        }
    }

    #[test]
    fn only_working_hours_pass() {
        let calendar = Calendar::built_in();
        let hours = OfficeHours::default();
        // 2026-09-30 is the last working day before the holiday; 10-08 the first after it.
        let evening = at("2026-09-30", "17:00");
        assert_eq!(calendar.working_minutes(evening, at("2026-10-08", "09:00"), &hours), 60);
        assert_eq!(calendar.plus_working_minutes(evening, 30, &hours), at("2026-09-30", "17:30"));
        assert_eq!(calendar.plus_working_minutes(evening, 31, &hours), at("2026-10-08", "08:31"));
        assert_eq!(calendar.plus_working_minutes(evening, 240, &hours), at("2026-10-08", "12:00"));
        assert_eq!(calendar.plus_working_minutes(evening, 480, &hours), at("2026-10-09", "09:30"));
        // A make-up Saturday is worked, the lunch break is not.
        assert_eq!(
            calendar.working_minutes(at("2026-10-10", "11:30"), at("2026-10-10", "15:00"), &hours),
            60
        );
        assert_eq!(calendar.working_minutes(evening, at("2026-09-30", "16:00"), &hours), 0);
    }

    proptest! {
        #[test]
        fn the_two_are_inverse(seconds in 1_514_736_000i64..1_798_732_800, minutes in 1u32..20_000) {
            let calendar = Calendar::built_in();
            let hours = OfficeHours::default();
            let from = Timestamp(seconds * 1_000_000);
            let to = calendar.plus_working_minutes(from, minutes, &hours);
            prop_assert_eq!(calendar.working_minutes(from, to, &hours), i64::from(minutes));
            prop_assert_eq!(calendar.working_minutes(from, to.plus_seconds(-1), &hours), i64::from(minutes) - 1);
        }
    }
}
