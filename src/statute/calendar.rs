//! Working days (工作日): the State Council's yearly notices, and plain weekends where there is none.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Weekday;
use serde::Deserialize;

use crate::domain::deadline::Class;
use crate::domain::time::{Day, Days};

const TEXT: &str = include_str!("data/calendar.toml");

/// What a notice makes of a day. A statutory day is always off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DayKind {
    Off,
    Statutory,
    Work,
}

/// The days off and the make-up working days of one year (节假日安排), checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    year: i16,
    days: BTreeMap<Day, DayKind>,
}

/// A year as written, in our own table or in a bureau file: dates, or `A..B` for every day from A to B.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct YearRow {
    /// The year.
    pub year: i16,
    /// Days off (放假), the statutory ones among them.
    pub off: Vec<String>,
    /// Statutory holidays (法定节假日).
    pub statutory: Vec<String>,
    /// Weekend days that are worked (调休上班).
    pub work: Vec<String>,
}

/// One mistake in a [`YearRow`], for the officer who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearMistake {
    /// The key: `year`, `off`, `statutory` or `work`.
    pub key: &'static str,
    /// What is wrong and what to do, in Chinese.
    pub text: String,
}

impl YearRow {
    /// The year, or everything that is wrong with it.
    pub fn check(&self) -> Result<Year, Vec<YearMistake>> {
        let mut mistakes = Vec::new();
        if !(1990..2200).contains(&self.year) {
            mistakes.push(YearMistake { key: "year", text: "年份应在 1990 至 2199 之间".to_owned() });
            return Err(mistakes);
        }
        let off = self.days("off", &self.off, &mut mistakes);
        let statutory = self.days("statutory", &self.statutory, &mut mistakes);
        let work = self.days("work", &self.work, &mut mistakes);
        let mut days: BTreeMap<Day, DayKind> = off.into_iter().map(|day| (day, DayKind::Off)).collect();
        let mut wrong =
            |key, day: Day, what| mistakes.push(YearMistake { key, text: format!("{day} {what}") });
        for day in statutory {
            if days.insert(day, DayKind::Statutory).is_none() {
                wrong("statutory", day, "是法定节假日，请同时列入放假日期（off）");
            }
        }
        for day in work {
            if days.insert(day, DayKind::Work).is_some_and(|kind| kind != DayKind::Work) {
                wrong("work", day, "既列为放假又列为上班，请删去其一");
            } else if !is_weekend(day) {
                wrong("work", day, "不是周六、周日，无须列为调休上班");
            }
        }
        if mistakes.is_empty() { Ok(Year { year: self.year, days }) } else { Err(mistakes) }
    }

    fn days(&self, key: &'static str, texts: &[String], mistakes: &mut Vec<YearMistake>) -> Vec<Day> {
        let ours = |day: Day| day.year() == self.year || (day.year() == self.year - 1 && day.month() == 12);
        let mut days = Vec::new();
        // An officer who forgets a list must not get a year without holidays.
        if texts.is_empty() && key != "work" {
            mistakes.push(YearMistake { key, text: "没有填写；请补上".to_owned() });
        }
        for text in texts {
            match Days::parse(text) {
                Ok(run) if ours(run.first()) && ours(run.last()) => days.extend(run.iter()),
                Ok(_) => mistakes.push(YearMistake {
                    key,
                    text: format!("{text} 不在 {} 年或其上年 12 月；请改正日期或年份", self.year),
                }),
                Err(invalid) => mistakes.push(YearMistake { key, text: format!("{text}：{}", invalid.zh) }),
            }
        }
        days
    }
}

/// All years known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeMap<i16, Year>,
}

impl Calendar {
    /// The years this program was built with.
    #[must_use]
    pub fn built_in() -> Self {
        // A test reads the table; should it ever not be readable, every deadline says that it is provisional.
        static BUILT_IN: LazyLock<Calendar> =
            LazyLock::new(|| Calendar::default().with(rows().unwrap_or_default()));
        BUILT_IN.clone()
    }

    /// With further years; one that is known already is replaced.
    #[must_use]
    pub fn with(mut self, years: impl IntoIterator<Item = Year>) -> Self {
        self.years.extend(years.into_iter().map(|year| (year.year, year)));
        self
    }

    /// Whether the notice of a year is known.
    pub fn knows(&self, year: i16) -> bool {
        self.years.contains_key(&year)
    }

    /// Whether the notices of all years of the days after `from`, up to `to`, are known.
    pub fn covers(&self, from: Day, to: Day) -> bool {
        (from.plus(1).year()..=to.year()).all(|year| self.knows(year))
    }

    /// Whether a day is worked; by plain weekends where its year is not known.
    pub fn is_working_day(&self, day: Day) -> bool {
        match self.kind(day) {
            Some(kind) => kind == DayKind::Work,
            None => !is_weekend(day),
        }
    }

    /// Whether a notice gives the day off. Weekends beside a holiday mostly are not in the notice.
    pub fn is_off(&self, day: Day) -> bool {
        matches!(self.kind(day), Some(DayKind::Off | DayKind::Statutory))
    }

    /// Whether a day is a statutory holiday (法定节假日).
    pub fn is_statutory(&self, day: Day) -> bool {
        self.kind(day) == Some(DayKind::Statutory)
    }

    /// The `n`th working day after `day`; `day` itself for 0.
    pub fn plus_working_days(&self, day: Day, n: u16) -> Day {
        nth_after(day, n, |day| self.is_working_day(day))
    }

    /// The working days after `from`, up to and with `to`; negative when `to` is earlier. From today to a due day they
    /// are the days left: 0 on the last day, negative once it is overdue.
    pub fn working_days_between(&self, from: Day, to: Day) -> i64 {
        let sign = if from <= to { 1 } else { -1 };
        let (from, to) = (from.min(to), from.max(to));
        let days = (from.plus(1).0..=to.0).filter(|day| self.is_working_day(Day(*day)));
        sign * i64::try_from(days.count()).unwrap_or(i64::MAX)
    }

    /// The class on `today` of what is due on `due` (promise 9).
    pub fn class(&self, today: Day, due: Day) -> Class {
        if due < self.class_b_from(today) { Class::A } else { Class::B }
    }

    /// The first due day of class B on `today`: a queue compares due days with it and asks no calendar for each.
    pub fn class_b_from(&self, today: Day) -> Day {
        self.plus_working_days(today, 2)
    }

    /// A year's notice may arrange days of the December before, and it is the later word on them.
    fn kind(&self, day: Day) -> Option<DayKind> {
        let year = day.year();
        let next = if day.month() == 12 { self.years.get(&(year + 1)) } else { None };
        next.into_iter().chain(self.years.get(&year)).find_map(|year| year.days.get(&day)).copied()
    }
}

/// The `n`th day after `day` that counts.
pub(super) fn nth_after(day: Day, n: u16, counts: impl Fn(Day) -> bool) -> Day {
    let Some(skip) = usize::from(n).checked_sub(1) else { return day };
    (day.plus(1).0..=i32::MAX).map(Day).filter(|day| counts(*day)).nth(skip).unwrap_or(Day(i32::MAX))
}

fn is_weekend(day: Day) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Our own table, checked as any other.
fn rows() -> Option<Vec<Year>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        year: Vec<YearRow>,
    }
    let table: Table = toml::from_str(TEXT).ok()?;
    table.year.iter().map(|row| row.check().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn the_table_of_notices_is_whole() {
        let years = rows().unwrap();
        assert_eq!(years.iter().map(|year| year.year).collect::<Vec<_>>(), (2018..=2026).collect::<Vec<_>>());
        for year in years {
            let statutory = year.days.values().filter(|kind| **kind == DayKind::Statutory).count();
            // 11 days by the old list, 13 from 2025 on; in 2020 中秋 was the first day of 国庆.
            let expected = match year.year {
                2020 => 10,
                2018..2025 => 11,
                _ => 13,
            };
            assert_eq!(statutory, expected, "{}", year.year);
        }
    }

    #[test]
    fn years_have_as_many_working_days_as_counted_elsewhere() {
        let calendar = Calendar::built_in();
        for (year, days) in [(2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)] {
            let last = |year: i16| day(&format!("{year}-12-31"));
            assert_eq!(calendar.working_days_between(last(year - 1), last(year)), days, "{year}");
        }
    }

    #[test]
    fn a_notice_arranges_the_december_before_its_year() {
        let calendar = Calendar::built_in();
        assert!(calendar.is_working_day(day("2018-12-29")));
        assert!(!calendar.is_working_day(day("2018-12-31")) && calendar.is_off(day("2018-12-31")));
        assert!(!calendar.is_statutory(day("2018-12-31")) && calendar.is_statutory(day("2019-01-01")));
    }

    #[test]
    fn an_unknown_year_has_plain_weekends_and_says_so() {
        let calendar = Calendar::built_in();
        assert!(calendar.knows(2026) && !calendar.knows(2027));
        assert!(calendar.is_working_day(day("2027-10-01")) && !calendar.is_working_day(day("2027-10-02")));
        assert!(calendar.covers(day("2026-12-01"), day("2026-12-31")));
        assert!(!calendar.covers(day("2026-12-01"), day("2027-01-01")));
        // The start day is not counted, so its year need not be known.
        assert!(calendar.covers(day("2017-12-31"), day("2018-01-05")));
    }

    #[test]
    fn a_year_that_is_handed_in_replaces_the_built_in_one() {
        let row = YearRow {
            year: 2027,
            off: vec!["2026-12-31..2027-01-02".to_owned(), "2027-10-01..2027-10-07".to_owned()],
            statutory: vec!["2027-01-01".to_owned(), "2027-10-01..2027-10-03".to_owned()],
            work: vec!["2027-01-03".to_owned()],
        };
        let calendar = Calendar::built_in().with([row.check().unwrap()]);
        assert!(calendar.knows(2027) && calendar.knows(2026));
        assert!(!calendar.is_working_day(day("2026-12-31")) && calendar.is_working_day(day("2027-01-03")));
        let corrected = YearRow { work: Vec::new(), ..row };
        let calendar = calendar.with([corrected.check().unwrap()]);
        assert!(!calendar.is_working_day(day("2027-01-03")));
    }

    #[test]
    fn mistakes_are_named_all_at_once() {
        let text = "year = 2027\noff = ['2027-01-01', '2027-13-01', '2028-01-01', '2026-11-30']\n\
                    statutory = ['2027-01-01', '2027-05-01']\nwork = ['2027-01-01', '2027-01-04']";
        let row: YearRow = toml::from_str(text).unwrap();
        let found: Vec<String> = row
            .check()
            .unwrap_err()
            .iter()
            .map(|mistake| format!("{}: {}", mistake.key, mistake.text))
            .collect();
        assert_eq!(
            found,
            [
                "off: 2027-13-01：不是有效日期，请按 YYYY-MM-DD 填写",
                "off: 2028-01-01 不在 2027 年或其上年 12 月；请改正日期或年份",
                "off: 2026-11-30 不在 2027 年或其上年 12 月；请改正日期或年份",
                "statutory: 2027-05-01 是法定节假日，请同时列入放假日期（off）",
                "work: 2027-01-01 既列为放假又列为上班，请删去其一",
                "work: 2027-01-04 不是周六、周日，无须列为调休上班",
            ]
        );
        assert_eq!(YearRow::default().check().unwrap_err()[0].key, "year");
        let empty = YearRow { year: 2027, ..YearRow::default() };
        let keys: Vec<_> = empty.check().unwrap_err().iter().map(|mistake| mistake.key).collect();
        assert_eq!(keys, ["off", "statutory"]);
    }

    #[test]
    fn the_class_follows_the_working_days_left() {
        let calendar = Calendar::built_in();
        let friday = day("2026-10-09"); // Saturday the 10th is worked.
        for (due, left, class) in [
            ("2026-10-08", -1, Class::A),
            ("2026-10-09", 0, Class::A),
            ("2026-10-10", 1, Class::A),
            ("2026-10-11", 1, Class::A),
            ("2026-10-12", 2, Class::B),
        ] {
            let due = day(due);
            assert_eq!(
                (calendar.working_days_between(friday, due), calendar.class(friday, due)),
                (left, class),
                "{due}"
            );
        }
    }
}
