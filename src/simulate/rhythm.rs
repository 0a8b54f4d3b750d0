//! When people complain: weekdays, seasons, days of note, hours.

use crate::domain::time::Day;

use super::dice::Dice;
use super::item::Channel;

/// The simulated period (模拟时段) with how busy each of its days is.
pub(super) struct Period {
    pub(super) first: Day,
    /// Sum of the weights up to and with each day.
    sums: Vec<f64>,
}

/// Weight of the months, January first: high summer and October are busy, the Spring Festival month is quiet.
const MONTHS: [f64; 12] = [0.95, 0.80, 1.08, 0.96, 1.0, 1.0, 1.13, 1.12, 1.0, 1.02, 1.05, 0.96];
/// Monday to Sunday.
const WEEKDAYS: [f64; 7] = [1.22, 1.14, 1.1, 1.08, 1.04, 0.76, 0.66];
/// Growth of intake within a year (区内 2024 to 2025: about a third; the brief plans with less).
const GROWTH_A_YEAR: f64 = 0.15;
/// Day of the Spring Festival.
const SPRING_FESTIVALS: [(i64, i64, i64); 6] =
    [(2022, 2, 1), (2023, 1, 22), (2024, 2, 10), (2025, 1, 29), (2026, 2, 17), (2027, 2, 6)];
/// Office hours, for what is handed in or written down there.
const OFFICE_HOURS: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 5.0, 9.0, 10.0, 7.0, 2.0, 2.5, 7.0, 9.0, 8.0, 5.0, 0.6, 0.2, 0.0,
    0.0, 0.0, 0.0,
];
/// Any hour, for the platform and the hotline.
const ALL_HOURS: [f64; 24] = [
    0.8, 0.4, 0.2, 0.2, 0.2, 0.4, 1.0, 2.2, 5.0, 8.0, 8.5, 7.0, 5.0, 5.0, 6.5, 7.5, 7.5, 6.5, 5.0, 5.0, 5.0,
    4.2, 3.0, 1.6,
];

impl Period {
    /// `months` calendar months that end with `last`.
    pub(super) fn new(last: Day, months: u32) -> Self {
        let (year, month, day) = date(Day(last.0.saturating_add(1)));
        let begins = year * 12 + month - 1 - i64::from(months);
        let first = day_of(begins.div_euclid(12), begins.rem_euclid(12) + 1, day);
        let mut sum = 0.0;
        let weigh = |at: i32| {
            sum += weight(Day(at), i64::from(at - first.0));
            sum
        };
        Self { first, sums: (first.0..=last.0).map(weigh).collect() }
    }

    /// Days in the period.
    pub(super) fn days(&self) -> i64 {
        i64::try_from(self.sums.len()).unwrap_or(0)
    }

    /// The day at an offset, held within the period.
    pub(super) fn day(&self, offset: i64) -> Day {
        let offset = offset.clamp(0, self.days() - 1);
        Day(self.first.0.saturating_add(i32::try_from(offset).unwrap_or(0)))
    }

    /// An offset between two, busy days more often.
    pub(super) fn some_day(&self, from: i64, to: i64, dice: &mut Dice) -> i64 {
        let last = self.days() - 1;
        let (from, to) = (from.clamp(0, last), to.clamp(0, last));
        let sum = |at: i64| usize::try_from(at).ok().and_then(|at| self.sums.get(at)).copied().unwrap_or(0.0);
        let (low, high) = (sum(from - 1), sum(to.max(from)));
        let drawn = low + (high - low) * dice.unit();
        let at = self.sums.partition_point(|sum| *sum <= drawn);
        i64::try_from(at).unwrap_or(0).clamp(from, to.max(from))
    }

    /// A second of the day.
    pub(super) fn some_second(channel: Channel, dice: &mut Dice) -> i64 {
        let hours = match channel {
            Channel::Platform | Channel::CityHotline => &ALL_HOURS,
            Channel::Phone | Channel::Letter | Channel::Counter => &OFFICE_HOURS,
        };
        let hour = i64::try_from(dice.weighted(hours.iter().copied())).unwrap_or(9);
        hour * 3600 + dice.range(0, 3599)
    }
}

fn weight(day: Day, offset: i64) -> f64 {
    let (year, month, of_month) = date(day);
    let season = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
    let rights_day = match (month, of_month) {
        (3, 15) => 2.6,
        (3, 13 | 14 | 16 | 17) => 1.6,
        (10 | 5, 1..=3) | (1, 1) => 0.6,
        _ => 1.0,
    };
    let festival = SPRING_FESTIVALS.iter().any(|(y, m, d)| {
        *y == year && (-1..=6).contains(&(i64::from(day.0) - i64::from(day_of(*y, *m, *d).0)))
    });
    let trend = 1.0 + GROWTH_A_YEAR * offset as f64 / 365.0;
    WEEKDAYS[weekday(day)] * season * rights_day * trend * if festival { 0.35 } else { 1.0 }
}

/// 0 for Monday.
pub(super) fn weekday(day: Day) -> usize {
    usize::try_from((i64::from(day.0) + 3).rem_euclid(7)).unwrap_or(0)
}

/// The day `count` weekdays later (工作日, plain weekends).
pub(super) fn plus_weekdays(day: Day, count: i64) -> Day {
    let mut day = day;
    let mut left = count;
    while left > 0 {
        day = Day(day.0.saturating_add(1));
        left -= i64::from(weekday(day) < 5);
    }
    day
}

/// Year, month, day of the month.
pub(super) fn date(day: Day) -> (i64, i64, i64) {
    let text = day.to_string();
    let mut parts = text.split('-').map(|part| part.parse().unwrap_or(1));
    let mut next = || parts.next().unwrap_or(1);
    (next(), next(), next())
}

/// The day of a date; a day too late for its month is the month's last.
fn day_of(year: i64, month: i64, day: i64) -> Day {
    let parse = |day: i64| Day::parse(&format!("{year:04}-{month:02}-{day:02}")).ok();
    (28..=day.max(28)).rev().find_map(|last| parse(day.min(last))).unwrap_or(Day(0))
}
