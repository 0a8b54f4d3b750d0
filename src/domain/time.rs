//! Points in time and days. All days are days of UTC+8 (北京时间); nothing here reads a clock.

use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::violation::Invalid;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const UTC8_MICROS: i64 = 8 * 3_600 * MICROS_PER_SECOND;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A day of UTC+8: days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i32);

impl Timestamp {
    /// The time `seconds` later (earlier when negative), saturating.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)))
    }

    /// Whole seconds since the epoch, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// The day of UTC+8 on which this falls.
    pub fn day(self) -> Day {
        let days = self.0.saturating_add(UTC8_MICROS).div_euclid(MICROS_PER_DAY);
        Day(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }

    /// `2026-05-20 09:30:00`, in UTC+8.
    pub fn display(self) -> String {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(at) => UTC8.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            Err(_) => format!("{} us", self.0),
        }
    }
}

impl Day {
    /// 00:00 of this day in UTC+8.
    pub fn start(self) -> Timestamp {
        Timestamp(i64::from(self.0).saturating_mul(MICROS_PER_DAY).saturating_sub(UTC8_MICROS))
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bad = || Invalid::new("not a date; send it as YYYY-MM-DD", "不是有效日期，请按 YYYY-MM-DD 填写");
        // jiff also reads longer forms (with a time, with a zone); this field has one form.
        if text.len() != 10 {
            return Err(bad());
        }
        let date: Date = text.parse().map_err(|_| bad())?;
        let midnight = UTC8.to_timestamp(date.to_datetime(Time::midnight())).map_err(|_| bad())?;
        Ok(Timestamp(midnight.as_microsecond()).day())
    }
}

impl Day {
    /// The day `days` later (earlier when negative), saturating.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The year it falls in.
    pub fn year(self) -> i16 {
        self.date().year()
    }

    /// The month it falls in, 1 to 12.
    pub fn month(self) -> i8 {
        self.date().month()
    }

    /// The month it falls in, counted from the year 0: consecutive months have consecutive numbers.
    pub fn month_number(self) -> i64 {
        i64::from(self.year()) * 12 + i64::from(self.month()) - 1
    }

    /// The same day so many years later; of a 29 February the last of that month.
    #[must_use]
    pub fn years_later(self, years: i16) -> Self {
        let later = self.date().saturating_add(years.years());
        UTC8.to_timestamp(later.to_datetime(Time::midnight()))
            .map_or(self, |midnight| Timestamp(midnight.as_microsecond()).day())
    }

    /// For people: 2026年5月20日.
    pub fn zh(self) -> String {
        let date = self.date();
        format!("{}年{}月{}日", date.year(), date.month(), date.day())
    }

    /// Its month for people: 2026年5月.
    pub fn month_zh(self) -> String {
        format!("{}年{}月", self.year(), self.month())
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        self.date().weekday()
    }

    /// Saturates at the ends of jiff's calendar, the years -9999 and 9999.
    fn date(self) -> Date {
        const EPOCH: Date = Date::constant(1970, 1, 1);
        const MOST: i32 = 5_000_000;
        EPOCH.saturating_add(self.0.clamp(-MOST, MOST).days())
    }
}

/// A run of days (起止日期): the first, the last and every day between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Days {
    first: Day,
    last: Day,
}

impl Days {
    /// Reads `YYYY-MM-DD` or `YYYY-MM-DD..YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let days = Self { first: Day::parse(first)?, last: Day::parse(last)? };
        if days.first <= days.last {
            Ok(days)
        } else {
            Err(Invalid::new("ends before it begins", "起止日期颠倒，请按“起..止”填写"))
        }
    }

    /// From one day to another, whichever comes first.
    pub fn between(one: Day, other: Day) -> Self {
        Self { first: one.min(other), last: one.max(other) }
    }

    /// The first day.
    pub fn first(self) -> Day {
        self.first
    }

    /// The last day.
    pub fn last(self) -> Day {
        self.last
    }

    /// Whether `day` is one of them.
    pub fn contains(self, day: Day) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// Each of them, in order.
    pub fn iter(self) -> impl Iterator<Item = Day> {
        (self.first.0..=self.last.0).map(Day)
    }
}

impl std::fmt::Display for Days {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last { self.first.fmt(f) } else { write!(f, "{}..{}", self.first, self.last) }
    }
}

impl TryFrom<String> for Days {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|invalid| invalid.zh)
    }
}

impl From<Days> for String {
    fn from(days: Days) -> Self {
        days.to_string()
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.start().display();
        f.write_str(text.get(..10).unwrap_or(&text))
    }
}

const UTC8: Offset = Offset::constant(8);

/// A point in time as a sender knows it: to the second, or only the day.
///
/// Seconds are the finest grain of the 12315 platform; fractions are dropped on entry,
/// which lets `(second, sequence)` order a history totally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The point in time; 00:00 of the day when only the day is known.
    pub at: Timestamp,
    /// Only the day is known (仅有日期).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub date_only: bool,
}

impl Moment {
    /// From seconds since the epoch. Times before 1990 or after 2199 are refused as typing errors.
    pub fn from_seconds(seconds: i64) -> Result<Self, Invalid> {
        let at = Timestamp(seconds.saturating_mul(MICROS_PER_SECOND));
        Self { at, date_only: false }.in_range()
    }

    /// From a date `YYYY-MM-DD`, taken as 00:00 of UTC+8 and marked.
    pub fn from_date(text: &str) -> Result<Self, Invalid> {
        Self { at: Day::parse(text)?.start(), date_only: true }.in_range()
    }

    fn in_range(self) -> Result<Self, Invalid> {
        if (EARLIEST..LATEST).contains(&self.at) {
            Ok(self)
        } else {
            Err(Invalid::new("outside the years 1990 to 2199", "时间不在 1990 至 2199 年之间"))
        }
    }

    /// Whether both can be the same moment: a date-only moment equals any time of its day (promise 2).
    pub fn agrees_with(&self, other: &Self) -> bool {
        if self.date_only || other.date_only { self.at.day() == other.at.day() } else { self.at == other.at }
    }
}

/// 1990-01-01 and 2200-01-01, 00:00 of UTC+8.
const EARLIEST: Timestamp = Timestamp(631_123_200 * MICROS_PER_SECOND);
const LATEST: Timestamp = Timestamp(7_258_089_600 * MICROS_PER_SECOND);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_midnight_of_utc8_and_prints_back() {
        let day = Day::parse("2026-04-15").unwrap();
        assert_eq!(day.to_string(), "2026-04-15");
        assert_eq!(day.start().display(), "2026-04-15 00:00:00");
        assert_eq!(day.start().plus_seconds(-1).day(), Day(day.0 - 1));
        assert_eq!(EARLIEST.display(), "1990-01-01 00:00:00");
        assert_eq!(LATEST.display(), "2200-01-01 00:00:00");
        for bad in ["2026-02-30", "2026-4-15", "2026/04/15", "", "2026-04-15T00:00"] {
            assert!(Day::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_knows_its_place_in_the_calendar() {
        let day = Day::parse("2026-04-15").unwrap();
        assert_eq!((day.year(), day.month(), day.weekday()), (2026, 4, Weekday::Wednesday));
        assert_eq!(day.plus(-105).to_string(), "2025-12-31");
        assert_eq!(day.years_later(3).to_string(), "2029-04-15");
        assert_eq!(Day::parse("2024-02-29").unwrap().years_later(3).to_string(), "2027-02-28");
        assert_eq!((Day(i32::MAX).year(), Day(i32::MIN).year()), (9999, -9999));
    }

    #[test]
    fn days_run_forwards() {
        let days = Days::parse("2026-02-27..2026-03-01").unwrap();
        assert_eq!(days.iter().count(), 3);
        assert!(
            days.contains(days.first()) && days.contains(days.last()) && !days.contains(days.last().plus(1))
        );
        for text in ["2026-02-27..2026-03-01", "2026-02-27"] {
            assert_eq!(Days::parse(text).unwrap().to_string(), text);
        }
        for bad in ["2026-03-01..2026-02-27", "2026-03-01..", "..", "2026-03-01..2026-03-02..2026-03-03"] {
            assert!(Days::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_date_agrees_with_any_time_of_its_day() {
        let date = Moment::from_date("2026-04-15").unwrap();
        let noon = Moment::from_seconds(date.at.seconds() + 43_200).unwrap();
        let next = Moment::from_seconds(date.at.seconds() + 86_400).unwrap();
        assert!(date.agrees_with(&noon) && noon.agrees_with(&date));
        assert!(!date.agrees_with(&next));
    }
}
