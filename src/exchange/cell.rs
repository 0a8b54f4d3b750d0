//! One cell as the file holds it, and the plain values that can be read from it.

use std::borrow::Cow;

use calamine::{ExcelDateTime, ExcelDateTimeType};
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::Offset;

use crate::domain::plain::{bare, is_blank, visible};
use crate::domain::text::AmountFen;
use crate::domain::time::Moment;
use crate::domain::violation::Invalid;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// Nothing, or blanks.
    #[default]
    Empty,
    /// Text, trimmed.
    Text(Box<str>),
    /// A number.
    Number(f64),
    /// An Excel date: days since its epoch, brought to the epoch of 1900.
    Date(f64),
    /// Bytes that are no text in the file's encoding, or an Excel error such as `#N/A`.
    Unreadable,
}

/// What kind of value a cell holds, as told to people (值的类型).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 空白
    Empty,
    /// 文本
    Text,
    /// 数字
    Number,
    /// 日期
    Date,
    /// 无法读取
    Unreadable,
    /// 与已有记录比较: nothing in the cell is wrong by itself.
    Known,
}

impl Kind {
    /// The word for people.
    pub fn zh(self) -> &'static str {
        match self {
            Kind::Empty => "空白",
            Kind::Text => "文本",
            Kind::Number => "数字",
            Kind::Date => "日期",
            Kind::Unreadable => "无法读取",
            Kind::Known => "与已有记录比较",
        }
    }
}

/// From here on a spreadsheet's number has lost digits.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Longest texts first. Months, days and hours may have one digit.
const FORMATS: [&str; 12] = [
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y.%m.%d %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日 %H时%M分",
    "%Y%m%d%H%M%S",
];
const DATES: [&str; 5] = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"];

impl Cell {
    /// A cell of a text file.
    pub fn of_text(text: &str) -> Self {
        match text.trim() {
            text if is_blank(text) => Cell::Empty,
            text if text.contains('\u{FFFD}') => Cell::Unreadable,
            text => Cell::Text(text.into()),
        }
    }

    /// What kind of value it is.
    pub fn kind(&self) -> Kind {
        match self {
            Cell::Empty => Kind::Empty,
            Cell::Text(_) => Kind::Text,
            Cell::Number(_) => Kind::Number,
            Cell::Date(_) => Kind::Date,
            Cell::Unreadable => Kind::Unreadable,
        }
    }

    /// The text, as a person would read it in the cell; none when it is empty. A long number kept as a number has lost
    /// its last digits and is refused.
    pub fn text(&self) -> Result<Option<Cow<'_, str>>, Invalid> {
        match self {
            Cell::Empty => Ok(None),
            Cell::Text(text) => Ok(Some(Cow::Borrowed(text))),
            Cell::Number(number) | Cell::Date(number) if number.abs() >= EXACT => Err(Invalid::new(
                "a long number kept as a number has lost its last digits; keep the column as text",
                "长号码被存为数字，末位已丢失；请将该列设为文本格式后重新导出",
            )),
            Cell::Number(number) | Cell::Date(number) => Ok(Some(Cow::Owned(number.to_string()))),
            Cell::Unreadable => Err(Invalid::new("cannot be read", "单元格内容无法读取，请在原文件中核对")),
        }
    }

    /// A point in time: an Excel date, its serial number, or a text in one of the forms in use.
    pub fn moment(&self) -> Result<Option<Moment>, Invalid> {
        let serial = match self {
            Cell::Empty => return Ok(None),
            Cell::Number(serial) | Cell::Date(serial) => Some(*serial),
            Cell::Text(text) => visible(text).trim().parse::<f64>().ok().filter(|serial| *serial < 100_000.0),
            Cell::Unreadable => None,
        };
        let read = match (serial, self) {
            (Some(serial), _) => of_serial(serial),
            (None, Cell::Text(text)) => of_text(visible(text).trim()),
            _ => None,
        };
        let bad = || {
            Invalid::new(
                "not a date; write it as 2026-05-20 09:30:00",
                "不是有效的日期时间，请写成 2026-05-20 09:30:00 或 2026-05-20",
            )
        };
        let (at, date_only) = read.ok_or_else(bad)?;
        let seconds = UTC8.to_timestamp(at).map_err(|_| bad())?.as_second();
        let moment = Moment::from_seconds(seconds)?;
        Ok(Some(Moment { date_only, ..moment }))
    }

    /// An amount of money in yuan, as fen.
    pub fn amount(&self) -> Result<Option<AmountFen>, Invalid> {
        let yuan = match self {
            Cell::Empty => return Ok(None),
            Cell::Number(yuan) => Some(*yuan),
            Cell::Text(text) => {
                let text = bare(text);
                text.trim_start_matches('¥').trim_end_matches('元').replace(',', "").parse().ok()
            }
            Cell::Date(_) | Cell::Unreadable => None,
        };
        let fen = yuan.map(|yuan| (yuan * 100.0).round()).filter(|fen| fen.abs() < EXACT);
        let bad = || Invalid::new("not an amount; write it as 1299.00", "不是金额，请写成数字，如 1299.00");
        let fen = fen.ok_or_else(bad)?;
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53, checked above")]
        AmountFen::parse(fen as i64)
            .map(Some)
            .map_err(|_| Invalid::new("must be 0 to 10 billion yuan", "金额应在 0 至 100 亿元之间"))
    }

    /// A whole number of pieces.
    pub fn count(&self) -> Result<Option<i64>, Invalid> {
        let bad = || Invalid::new("not a whole number", "不是整数");
        let Some(text) = self.text()? else { return Ok(None) };
        bare(&text).trim_end_matches(['件', '个', '份']).parse().map(Some).map_err(|_| bad())
    }
}

const UTC8: Offset = Offset::constant(8);

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
    let at = DateTime::new(
        i16::try_from(year).ok()?,
        part(month)?,
        part(day)?,
        part(hour)?,
        part(minute)?,
        part(second)?,
        0,
    )
    .ok()?;
    // The nearest second: thousandths are what is left of the rounding.
    let at = if milli >= 500 { at.checked_add(jiff::SignedDuration::from_secs(1)).ok()? } else { at };
    Some((at, serial.fract() == 0.0))
}

fn of_text(text: &str) -> Option<(DateTime, bool)> {
    let dates = DATES.iter().filter_map(|format| {
        let date = strtime::parse(format, text).ok()?.to_date().ok()?;
        Some((date.to_datetime(jiff::civil::Time::midnight()), true))
    });
    let times = FORMATS.iter().filter_map(|format| {
        let at = strtime::parse(format, text).ok()?.to_datetime().ok()?;
        Some((at, false))
    });
    times.chain(dates).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(cell: &Cell) -> String {
        match cell.moment() {
            Ok(Some(moment)) if moment.date_only => moment.at.display()[..10].to_owned(),
            Ok(Some(moment)) => moment.at.display(),
            Ok(None) => "-".to_owned(),
            Err(_) => "refused".to_owned(),
        }
    }

    #[test]
    fn every_form_of_a_date_that_is_in_use_is_read() {
        for (text, read) in [
            ("2026-04-01 09:16:26", "2026-04-01 09:16:26"),
            ("2026/04/01 23:19", "2026-04-01 23:19:00"),
            ("2026/4/1 3:19", "2026-04-01 03:19:00"),
            ("2026-04-01T09:16:26", "2026-04-01 09:16:26"),
            ("2026年4月1日", "2026-04-01"),
            ("2026年4月1日 9时5分", "2026-04-01 09:05:00"),
            ("2026-04-01", "2026-04-01"),
            ("2026.4.1", "2026-04-01"),
            ("20260401", "2026-04-01"),
            ("20260401091626", "2026-04-01 09:16:26"),
            ("46150.5", "2026-05-08 12:00:00"),
            ("46150", "2026-05-08"),
            ("", "-"),
            ("2026年4月31日", "refused"),
            ("2026-02-29", "refused"),
            ("上周三", "refused"),
            ("2026-04-01 25:00", "refused"),
            ("12", "refused"),
        ] {
            assert_eq!(moment(&Cell::of_text(text)), read, "{text}");
        }
        assert_eq!(moment(&Cell::Date(46150.0)), "2026-05-08");
        assert_eq!(moment(&Cell::Date(46_113.386_412_037)), "2026-04-01 09:16:26");
        assert_eq!(moment(&Cell::Number(46_150.999_999_99)), "2026-05-09 00:00:00");
        assert_eq!(moment(&Cell::Unreadable), "refused");
    }

    #[test]
    fn amounts_are_whole_fen() {
        let fen = |text: &str| Cell::of_text(text).amount().map(|amount| amount.map(AmountFen::fen));
        assert_eq!(fen("1,299.00").unwrap(), Some(129_900));
        assert_eq!(fen("￥9.9元").unwrap(), Some(990));
        assert_eq!(fen("0").unwrap(), Some(0));
        assert_eq!(fen(" ").unwrap(), None);
        assert_eq!(Cell::Number(4.68).amount().unwrap().unwrap().fen(), 468);
        for bad in ["约三百元", "-50", "1e300", "NaN", "inf"] {
            assert!(fen(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_long_number_kept_as_a_number_is_not_guessed_at() {
        assert!(Cell::Number(1.150_203_202_601_05e20).text().is_err());
        assert_eq!(Cell::Number(13_647_208_159.0).text().unwrap().unwrap(), "13647208159");
        assert_eq!(Cell::Number(22.5).text().unwrap().unwrap(), "22.5");
    }
}
