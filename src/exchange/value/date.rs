//! Dates and times as systems and people write them. What could be two days is none.

use calamine::{ExcelDateTime, ExcelDateTimeType};
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use crate::domain::time::Moment;
use crate::domain::violation::Invalid;
use crate::exchange::cell::Cell;

const UTC8: Offset = Offset::constant(8);
/// Years that two digits may stand for.
const SHORT_YEARS: std::ops::RangeInclusive<i64> = 15..=35;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A point in time: an Excel date, its serial number, or a text in one of the forms in use.
pub(in crate::exchange) fn moment(cell: &Cell) -> Result<Option<Moment>, Invalid> {
    let bad = || {
        Invalid::new(
            "not a date; write it as 2026-05-20 09:30:00",
            "不是有效的日期时间，请写成 2026-05-20 09:30:00 或 2026-05-20",
        )
    };
    let read = match cell {
        Cell::Empty => return Ok(None),
        Cell::Date(serial) => of_serial(*serial),
        Cell::Number(number) => of_serial(*number).or_else(|| of_digits(&number.to_string())),
        Cell::Text(_) => of_text(&cell.visible().unwrap_or_default()),
        Cell::Unreadable(why) => return Err(why.invalid()),
    };
    let (at, date_only) = read.ok_or_else(bad)?;
    let seconds = UTC8.to_timestamp(at).map_err(|_| bad())?.as_second();
    let moment = Moment::from_seconds(seconds)?;
    Ok(Some(Moment { date_only, ..moment }))
}

/// A month and a day without a year (3月5日), which is what a spreadsheet shows where somebody typed 3-5.
pub(in crate::exchange) fn is_day_of_a_year(text: &str) -> bool {
    let number = |text: &str| text.parse::<i64>().ok();
    let parts = text.strip_suffix('日').and_then(|rest| rest.split_once('月'));
    parts.and_then(|(month, day)| date(2_000, number(month)?, number(day)?)).is_some()
}

/// Days since the epoch of 1900. A whole number is a day without a time.
fn of_serial(serial: f64) -> Option<(DateTime, bool)> {
    if !(1.0..100_000.0).contains(&serial) {
        return None;
    }
    // A second is 1.16e-5 days; serials carry about 1e-11.
    let seconds = (serial * 86_400.0).round() / 86_400.0;
    let read = ExcelDateTime::new(seconds, ExcelDateTimeType::DateTime, false);
    let (year, month, day, hour, minute, second, milli) = read.to_ymd_hms_milli();
    let part = |value: u8| i8::try_from(value).ok();
    let date = Date::new(i16::try_from(year).ok()?, part(month)?, part(day)?).ok()?;
    let time = Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()?;
    // The nearest second: thousandths are what is left of the rounding.
    let carry = SignedDuration::from_secs(i64::from(milli >= 500));
    Some((date.to_datetime(time).checked_add(carry).ok()?, serial.fract() == 0.0))
}

/// Digits alone: 20260105, 20260105132858, 1704439233000 (thousandths since 1970), 45296.6393 (Excel's days).
fn of_digits(text: &str) -> Option<(DateTime, bool)> {
    let all_digits = text.bytes().all(|b| b.is_ascii_digit());
    let part = |from: usize, length: usize| text.get(from..from + length)?.parse().ok();
    match text.len() {
        8 if all_digits => {
            Some((date(part(0, 4)?, part(4, 2)?, part(6, 2)?)?.to_datetime(Time::midnight()), true))
        }
        12 | 14 if all_digits => {
            let day = date(part(0, 4)?, part(4, 2)?, part(6, 2)?)?;
            let second = if text.len() == 14 { part(12, 2)? } else { 0 };
            Some((at(day, [part(8, 2)?, part(10, 2)?, second])?, false))
        }
        10 | 13 if all_digits => {
            let since: i64 = text.parse().ok()?;
            let seconds = if text.len() == 13 { since / 1_000 } else { since };
            Some((UTC8.to_datetime(jiff::Timestamp::from_second(seconds).ok()?), false))
        }
        _ if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') => of_serial(text.parse().ok()?),
        _ => None,
    }
}

fn of_text(text: &str) -> Option<(DateTime, bool)> {
    let text = text.trim().to_lowercase();
    if let Some(read) = of_digits(&text) {
        return Some(read);
    }
    let mut words = Words::of(&text)?;
    let day = words.date()?;
    if words.left.is_empty() {
        return Some((day.to_datetime(Time::midnight()), true));
    }
    let time = words.time().filter(|_| words.has_clock)?;
    let local = at(day, time)?;
    match words.offset {
        Some(offset) => Some((UTC8.to_datetime(offset.to_timestamp(local).ok()?), false)),
        None => Some((local, false)),
    }
}

fn date(year: i64, month: i64, day: i64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// A time of a day; 24:00:00 is the end of it.
fn at(day: Date, [hour, minute, second]: [i64; 3]) -> Option<DateTime> {
    if (hour, minute, second) == (24, 0, 0) {
        return Some(day.tomorrow().ok()?.to_datetime(Time::midnight()));
    }
    let part = |value: i64| i8::try_from(value).ok();
    Some(day.to_datetime(Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()?))
}

/// The text, cut in its numbers and what is between them.
struct Words {
    /// What was not read yet, in order.
    left: Vec<Word>,
    /// 下午, PM.
    half: Option<Half>,
    offset: Option<Offset>,
    /// A sign of an hour was among the words.
    has_clock: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
    /// 晚上12点 is the end of the day.
    Night,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Number {
        value: i64,
        digits: usize,
    },
    Month(i64),
    /// `-`, `.`, `/`, 年, 月
    Between(char),
    /// `:`, 时, 分
    Clock,
}

impl Words {
    fn of(text: &str) -> Option<Self> {
        let mut found = Self { left: Vec::new(), half: None, offset: None, has_clock: false };
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            rest = found.next(rest, first)?;
        }
        // A sign that nothing follows ends what is before it: 9时, 5日.
        while matches!(found.left.last(), Some(Word::Between(_) | Word::Clock)) {
            found.left.pop();
        }
        Some(found)
    }

    /// Reads one word, and gives what is behind it; none for what belongs to no date.
    fn next<'a>(&mut self, rest: &'a str, first: char) -> Option<&'a str> {
        let behind = &rest[first.len_utf8()..];
        match first {
            '0'..='9' => Some(self.digits(rest)),
            ' ' | '\t' | ',' | '日' | '号' | '秒' | 't'
                if !rest.starts_with("tue") && !rest.starts_with("thu") =>
            {
                Some(behind)
            }
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' if self.has_clock => self.zone(rest),
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => Some(self.push(Word::Between('-'), behind)),
            '/' | '.' | '年' | '月' => Some(self.push(Word::Between(first), behind)),
            ':' | '时' | '点' | '分' => Some(self.clock(behind)),
            '+' => self.zone(rest),
            'z' => {
                self.offset = Some(Offset::UTC);
                Some(behind)
            }
            '(' => rest.split_once(')').map(|(_, behind)| behind),
            '〇' | '○' | '零' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' => {
                self.chinese(rest)
            }
            _ => self.word(rest),
        }
    }

    fn push<'a>(&mut self, word: Word, behind: &'a str) -> &'a str {
        self.left.push(word);
        behind
    }

    fn clock<'a>(&mut self, behind: &'a str) -> &'a str {
        self.has_clock = true;
        self.push(Word::Clock, behind)
    }

    /// A number; behind a time and a dot it is a part of a second, which is left out.
    fn digits<'a>(&mut self, rest: &'a str) -> &'a str {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, behind) = rest.split_at(end);
        if self.has_clock && self.left.last() == Some(&Word::Between('.')) {
            self.left.pop();
        } else {
            let value = digits.parse().unwrap_or(i64::MAX);
            self.left.push(Word::Number { value, digits: digits.len() });
        }
        behind
    }

    /// 二〇二四, 一, 十二: digit by digit, or up to 三十一.
    fn chinese<'a>(&mut self, rest: &'a str) -> Option<&'a str> {
        const DIGITS: &str = "〇一二三四五六七八九";
        let digit = |c: char| match c {
            '○' | '零' => Some(0),
            c => DIGITS.chars().position(|known| known == c).and_then(|at| i64::try_from(at).ok()),
        };
        let end = rest.find(|c: char| c != '十' && digit(c).is_none()).unwrap_or(rest.len());
        let (text, behind) = rest.split_at(end);
        let value = match text.split_once('十') {
            Some((tens, ones)) => {
                let one = |text: &str, blank| {
                    let mut chars = text.chars();
                    match (chars.next(), chars.next()) {
                        (None, _) => Some(blank),
                        (Some(c), None) => digit(c),
                        _ => None,
                    }
                };
                one(tens, 1)? * 10 + one(ones, 0)?
            }
            None if text.chars().count() <= 4 => {
                text.chars().try_fold(0, |sum, c| Some(sum * 10 + digit(c)?))?
            }
            None => return None,
        };
        self.left.push(Word::Number { value, digits: text.chars().count() });
        Some(behind)
    }

    /// `+08:00`, `+0800`, `-5`.
    fn zone<'a>(&mut self, rest: &'a str) -> Option<&'a str> {
        let sign = if rest.starts_with('+') { 1 } else { -1 };
        let digits: String = rest.chars().skip(1).filter(char::is_ascii_digit).take(4).collect();
        let hours: i8 = digits.get(..2).unwrap_or(&digits).parse().ok()?;
        let minutes: i32 = digits.get(2..).filter(|rest| !rest.is_empty()).map_or(Ok(0), str::parse).ok()?;
        let seconds = sign * (i32::from(hours) * 3_600 + minutes * 60);
        self.offset = Some(Offset::from_seconds(seconds).ok()?);
        let end = rest.char_indices().skip(1).find(|(_, c)| !c.is_ascii_digit() && *c != ':');
        Some(end.map_or("", |(at, _)| &rest[at..]))
    }

    fn word<'a>(&mut self, rest: &'a str) -> Option<&'a str> {
        const HALVES: [(&str, Half); 13] = [
            ("上午", Half::Morning),
            ("早上", Half::Morning),
            ("早晨", Half::Morning),
            ("凌晨", Half::Morning),
            ("下午", Half::Afternoon),
            ("晚上", Half::Night),
            ("傍晚", Half::Afternoon),
            ("中午", Half::Afternoon),
            ("am", Half::Morning),
            ("a.m.", Half::Morning),
            ("pm", Half::Afternoon),
            ("p.m.", Half::Afternoon),
            ("晚", Half::Night),
        ];
        if let Some((word, half)) = HALVES.iter().find(|(word, _)| rest.starts_with(word)) {
            self.half = Some(*half);
            return Some(&rest[word.len()..]);
        }
        for zone in ["cst", "gmt", "utc", "北京时间"] {
            if let Some(behind) = rest.strip_prefix(zone) {
                // CST is China's in a Chinese system; a sign behind GMT says more.
                let is_zero = zone == "gmt" || zone == "utc";
                self.offset = Some(if is_zero { Offset::UTC } else { UTC8 });
                return Some(behind);
            }
        }
        if let Some(behind) = rest.strip_prefix("星期").or_else(|| rest.strip_prefix('周')) {
            return Some(&behind[behind.chars().next()?.len_utf8()..]);
        }
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(letters);
        let three = word.get(..3)?;
        if let Some(month) = MONTHS.iter().position(|month| *month == three) {
            self.left.push(Word::Month(i64::try_from(month).ok()? + 1));
            return Some(behind);
        }
        DAYS.contains(&three).then_some(behind)
    }

    /// Takes the day off the words, wherever a year of four digits stands.
    fn date(&mut self) -> Option<Date> {
        let number = |word: &Word| match word {
            Word::Number { value, digits } => Some((*value, *digits)),
            _ => None,
        };
        if let Some(at) = self.left.iter().position(|word| matches!(word, Word::Month(_))) {
            return self.named_month(at);
        }
        let [a, Word::Between(sign), b, Word::Between(other), c, ..] = &self.left[..] else { return None };
        let ((a, a_digits), (b, _), (c, c_digits)) = (number(a)?, number(b)?, number(c)?);
        let is_chinese = (*sign, *other) == ('年', '月');
        if !is_chinese && sign != other {
            return None;
        }
        let year = |two: i64| SHORT_YEARS.contains(&two).then_some(2_000 + two);
        let day = match (a_digits, c_digits, *sign) {
            (4, ..) => date(a, b, c),
            (1 | 2, ..) if is_chinese => date(year(a)?, b, c),
            // As Excel and browsers set to English write it; a day before the month is written by nobody here.
            (1 | 2, 4, '/') => date(c, a, b),
            (1 | 2, 2, '/') if year(a).is_none() => date(year(c)?, a, b),
            (2, 1 | 2, '/') if year(c).is_none() => date(year(a)?, b, c),
            (2, 1 | 2, '-' | '.') => date(year(a)?, b, c),
            _ => None,
        };
        self.left.drain(..5);
        day
    }

    /// `5-Jan-24`, `Jan 5, 2024`, `Fri Jan 05 15:20:33 CST 2024`.
    fn named_month(&mut self, at: usize) -> Option<Date> {
        let Word::Month(month) = self.left.remove(at) else { return None };
        let years = self.left.iter().position(|word| matches!(word, Word::Number { digits: 4, .. }));
        let is_short = |word: &Word| matches!(word, Word::Number { digits: 1 | 2, .. });
        let (year, day) = if let Some(found) = years {
            let Word::Number { value: year, .. } = self.left.remove(found) else { return None };
            (year, self.left.iter().position(is_short)?)
        } else {
            let day = self.left.iter().position(is_short)?;
            let year = day + 1 + self.left[day + 1..].iter().position(is_short)?;
            let Word::Number { value, .. } = self.left.remove(year) else { return None };
            (SHORT_YEARS.contains(&value).then_some(2_000 + value)?, day)
        };
        let Word::Number { value: day, .. } = self.left.remove(day) else { return None };
        self.left.retain(|word| !matches!(word, Word::Between(_)));
        date(year, month, day)
    }

    /// Takes hour, minute and second off the words.
    fn time(&mut self) -> Option<[i64; 3]> {
        let mut time = [0; 3];
        let mut places = time.iter_mut();
        let mut words = std::mem::take(&mut self.left).into_iter();
        loop {
            let Some(Word::Number { value, digits: 1 | 2 }) = words.next() else { return None };
            *places.next()? = value;
            match words.next() {
                None => break,
                Some(Word::Clock) => {}
                Some(_) => return None,
            }
        }
        let [hour, ..] = &mut time;
        match self.half {
            Some(Half::Night) if *hour <= 12 => *hour += 12,
            Some(Half::Afternoon) if *hour < 12 => *hour += 12,
            Some(Half::Morning) if *hour == 12 => *hour = 0,
            _ => {}
        }
        Some(time)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn read(cell: &Cell) -> String {
        match moment(cell) {
            Ok(Some(moment)) if moment.date_only => moment.at.display()[..10].to_owned(),
            Ok(Some(moment)) => moment.at.display(),
            Ok(None) => "-".to_owned(),
            Err(_) => "refused".to_owned(),
        }
    }

    #[rstest]
    #[case::seconds("2024-01-05 15:20:33", &[
        "2024-01-05 15:20:33", "2024/01/05 15:20:33", "2024/1/5 15:20:33", "2024-01-05T15:20:33", "2024.01.05 15:20:33",
        "2024-01-05 15:20:33.0", "2024-01-05 15:20:33.123", "2024-01-05T15:20:33+08:00", "2024-01-05T15:20:33.123+0800",
        "2024-01-05T07:20:33Z", "2024-01-05T07:20:33.000Z", "2024-01-05 02:20:33-05:00", "2024年1月5日 15:20:33",
        "2024年01月05日15时20分33秒", "2024/01/05 15时20分33秒", "2024年1月5日 下午3点20分33秒", "2024-1-5 3:20:33 PM",
        "2024-01-05 15：20：33", "2024－01－05　15:20:33", "2024-01-05  15:20:33", "2024-01-05 15:20:33\u{200b}",
        "Fri Jan 05 15:20:33 CST 2024", "Fri, 5 Jan 2024 15:20:33", "Fri, 05 Jan 2024 07:20:33 GMT", "20240105152033",
        "1704439233000", "1704439233", "Jan 5, 2024 3:20:33 PM", "2024-01-05 15:20:33（北京时间）", "2024-01-05(周五) 15:20:33",
        "2024-01-05 星期五 15:20:33", "1/5/2024, 3:20:33 PM", "1/5/2024 15:20:33", "2024/1/5 PM 3:20:33",
        "Fri Jan 05 2024 15:20:33 GMT+0800",
    ])]
    #[case::minutes("2024-01-05 15:20:00", &[
        "2024/1/5 15:20", "2024年1月5日15时20分", "2024年01月05日 15:20", "2024/1/5 下午3:20", "2024年1月5日 下午3:20",
        "1/5/24 15:20", "2024-01-05 15：20", "202401051520", "24-01-05 15:20", "5-Jan-24 15:20", "2024年1月5日下午三点二十分",
    ])]
    #[case::morning("2024-01-05 00:20:00", &["2024/1/5 上午12:20", "2024-01-05 12:20 AM", "2024/1/5 0:20"])]
    #[case::noon("2024-01-05 12:20:00", &["2024/1/5 下午12:20", "2024-01-05 12:20 pm", "2024/1/5 中午12:20"])]
    #[case::hours("2024-01-05 15:00:00", &["2024年1月5日15时", "2024-01-05 15点", "2024-1-5 下午3点"])]
    #[case::midnight("2024-01-06 00:00:00", &["2024-01-05 24:00:00", "2024-01-05 24:00", "2024年1月5日晚上12点"])]
    #[case::days("2024-01-05", &[
        "2024-01-05", "2024/1/5", "2024.1.5", "2024年1月5日", "20240105", "二〇二四年一月五日", "2024 年 1 月 5 日", "24-01-05",
        "2024－01－05", "5-Jan-24", "Jan 5, 2024", "45296", "2024-01-05（周五）", "24年1月5日", "1/5/24",
    ])]
    #[case::long_days("2024-12-31", &["2024-12-31", "二〇二四年十二月三十一日", "12/31/2024", "24.12.31", "2024-12-31 "])]
    #[case::serial("2026-05-08 12:00:00", &["46150.5"])]
    #[case::none("-", &["", " "])]
    #[case::refused("refused", &[
        "2026年4月31日", "2026-02-29", "上周三", "2026-04-01 25:00", "12", "31/12/2024", "05-01-2024", "05-06-07", "2024-01",
        "2024-01-05 15:20:33:11", "2024-01-05 15:61", "2024年", "15:20", "第3项", "2024-01-05至2024-01-06", "99999999", "2024-01-05 15",
        "20241305", "2024-01-05 24:01", "1月5日", "0000000000000",
    ])]
    fn every_form_of_a_date_that_is_in_use_is_read(#[case] as_read: &str, #[case] texts: &[&str]) {
        for text in texts {
            assert_eq!(read(&Cell::of_text(text)), as_read, "{text}");
        }
    }

    #[test]
    fn a_spreadsheets_date_is_its_day_and_second() {
        assert_eq!(read(&Cell::Date(46150.0)), "2026-05-08");
        assert_eq!(read(&Cell::Date(46_113.386_412_037)), "2026-04-01 09:16:26");
        assert_eq!(read(&Cell::Number(46_150.999_999_99)), "2026-05-09 00:00:00");
        assert_eq!(read(&Cell::Number(20_260_105.0)), "2026-01-05");
        assert_eq!(read(&Cell::Number(20_260_105_132_858.0)), "2026-01-05 13:28:58");
        assert_eq!(read(&Cell::Number(1_704_439_233_000.0)), "2024-01-05 15:20:33");
        assert_eq!(read(&Cell::Unreadable(crate::exchange::cell::Unreadable::Error)), "refused");
    }

    proptest! {
        #[test]
        fn a_time_reads_the_same_however_it_is_written(
            (year, month, day) in (2016..2036_i16, 1..=12_i8, 1..=28_i8),
            (hour, minute, second) in (0..24_i8, 0..60_i8, 0..60_i8),
        ) {
            let form = |date: &str, time: &str| format!("{date}{time}");
            let expected = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
            let dates = [
                format!("{year}-{month}-{day}"), format!("{year}/{month:02}/{day:02}"), format!("{year}年{month}月{day}日"),
                format!("{year}.{month}.{day}"), format!("{month}/{day}/{year}"),
            ];
            let half = if hour < 12 { "上午" } else { "下午" };
            let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
            let times = [
                format!(" {hour:02}:{minute:02}:{second:02}"), format!(" {hour}时{minute}分{second}秒"),
                format!(" {half}{twelve}:{minute:02}:{second:02}"), format!(" {hour:02}:{minute:02}:{second:02}.250"),
            ];
            for date in &dates {
                for time in &times {
                    let text = form(date, time);
                    prop_assert_eq!(read(&Cell::of_text(&text)), expected.clone(), "{}", text);
                }
            }
        }

        #[test]
        fn nothing_panics(text in "([0-9]{1,4}|[-/.:年月日时分秒 tzTZ+]|下午|PM|Jan|\\PC){0,14}") {
            let _ = moment(&Cell::of_text(&text));
        }
    }
}
