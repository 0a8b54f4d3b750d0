//! One cell as the file holds it.

use std::borrow::Cow;

use compact_str::CompactString;

use crate::domain::plain::{bare, is_blank, visible};
use crate::domain::violation::Invalid;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub enum Cell {
    /// Nothing, or blanks.
    #[default]
    Empty,
    /// Text, trimmed. Most cells are short, and stand in place.
    Text(CompactString),
    /// A number.
    Number(f64),
    /// An Excel date: days since its epoch, brought to the epoch of 1900.
    Date(f64),
    /// Something, and nobody can tell what.
    Unreadable(Unreadable),
}

/// Why a cell cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Unreadable {
    /// Bytes that are no text in the file's encoding.
    Bytes,
    /// A spreadsheet's error, such as `#N/A`.
    Error,
    /// A formula whose value the program that wrote the file did not store.
    Formula,
    /// More text than a spreadsheet's cell can hold.
    TooLong,
}

impl Unreadable {
    /// Why, and what to do.
    pub(super) fn invalid(self) -> Invalid {
        let (en, zh) = match self {
            Self::Bytes => ("bytes that are no text", "单元格内容无法读取（含有乱码字节），请在原文件中核对"),
            Self::Error => {
                ("a spreadsheet's error", "单元格内容无法读取（表格错误值，如 #N/A），请在原文件中核对")
            }
            Self::Formula => (
                "a formula without a stored value",
                "公式没有保存计算结果，无法读取；请在 Excel 中打开后另存，再导入",
            ),
            Self::TooLong => ("longer than a cell may be", "单元格内容过长（超过 32767 个字符），无法读取"),
        };
        Invalid::new(en, zh)
    }
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
    /// 整行: the row as a whole, not one of its cells.
    Row,
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
            Kind::Row => "整行",
            Kind::Known => "与已有记录比较",
        }
    }
}

/// From here on a spreadsheet's number has lost digits: it keeps 15.
pub(super) const EXACT: f64 = 1e15;
/// Characters that a spreadsheet's cell holds at most.
pub(super) const CHARACTERS_MOST: usize = 32_767;

/// What spreadsheets write where a formula has no value, once a sheet is text.
const ERRORS: [&str; 13] = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NUM!",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BUSY!",
    "#GETTING_DATA",
    "Err:522",
];

impl Cell {
    /// Bytes that it takes.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + if let Self::Text(text) = self { text.len() } else { 0 }
    }

    /// A cell of a text, as people see it: without the guards that programs write around numbers, without control
    /// characters; a vertical tab is a line's end.
    pub fn of_text(text: &str) -> Self {
        let text = text.trim();
        if is_blank(text) {
            return Cell::Empty;
        }
        if text.contains('\u{FFFD}') {
            return Cell::Unreadable(Unreadable::Bytes);
        }
        if text.len() > CHARACTERS_MOST && text.chars().nth(CHARACTERS_MOST).is_some() {
            return Cell::Unreadable(Unreadable::TooLong);
        }
        let text = typed(text);
        match unguarded(text.trim()) {
            text if is_blank(text) => Cell::Empty,
            text if ERRORS.contains(&text) => Cell::Unreadable(Unreadable::Error),
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
            Cell::Unreadable(_) => Kind::Unreadable,
        }
    }

    /// The text, as a person would read it in the cell; none when it is empty. A long number kept as a number has lost
    /// its last digits, and a text that became a date is not what was typed: both are refused.
    pub fn text(&self) -> Result<Option<Cow<'_, str>>, Invalid> {
        match self {
            Cell::Empty => Ok(None),
            Cell::Text(text) => Ok(Some(Cow::Borrowed(text))),
            Cell::Number(number) if number.abs() >= EXACT => Err(rounded()),
            Cell::Number(number) => Ok(Some(Cow::Owned(number.to_string()))),
            Cell::Date(_) => Err(Invalid::new(
                "a spreadsheet has made a date of it",
                "内容已被 Excel 变成日期（如门牌号 3-2），请将该列设为文本格式后重新导出",
            )),
            Cell::Unreadable(why) => Err(why.invalid()),
        }
    }

    /// The text in its normal form but for case, where it is a text.
    pub(super) fn bare(&self) -> Option<Cow<'_, str>> {
        if let Cell::Text(text) = self { Some(bare(text)) } else { None }
    }

    /// The text in one width with its blanks, where it is a text.
    pub(super) fn visible(&self) -> Option<Cow<'_, str>> {
        if let Cell::Text(text) = self { Some(visible(text)) } else { None }
    }
}

/// Why a long number is none.
pub(super) fn rounded() -> Invalid {
    Invalid::new(
        "a long number kept as a number has lost its last digits; keep the column as text",
        "长号码被存为数字，末位已丢失；请将该列设为文本格式后重新导出",
    )
}

/// Line ends for what moves to a next line, and no other control characters: nobody types them.
fn typed(text: &str) -> Cow<'_, str> {
    let is_line = |c| matches!(c, '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let is_other = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if !text.contains(|c| is_line(c) || is_other(c)) {
        return Cow::Borrowed(text);
    }
    let lines = text.chars().map(|c| if is_line(c) { '\n' } else { c });
    Cow::Owned(lines.filter(|c| !is_other(*c)).collect())
}

/// Without what keeps a spreadsheet from making a number of it: `="0123"`, `'0123`, a backtick.
fn unguarded(text: &str) -> &str {
    let quoted = text.strip_prefix("=\"").and_then(|text| text.strip_suffix('"'));
    if let Some(inner) = quoted.filter(|inner| !inner.contains('"')) {
        return inner.trim();
    }
    match text.strip_prefix(['\'', '`', '’', '‘']) {
        Some(rest)
            if rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '=' | '+' | '-' | '@')) =>
        {
            rest
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(" 甲 ", "甲")]
    #[case("=\"013900000001\"", "013900000001")]
    #[case("'115020", "115020")]
    #[case("`115020", "115020")]
    #[case("'quoted'", "'quoted'")]
    #[case("=\"a\"&\"b\"", "=\"a\"&\"b\"")]
    #[case("第一段\u{b}第二段\u{7f}", "第一段\n第二段")]
    #[case("甲\u{2028}乙\u{1f}", "甲\n乙")]
    #[case("家庭👨\u{200d}👩", "家庭👨\u{200d}👩")]
    fn a_text_is_what_people_see(#[case] raw: &str, #[case] text: &str) {
        assert_eq!(Cell::of_text(raw), Cell::Text(text.into()));
    }

    #[test]
    fn a_short_cell_takes_no_room_of_its_own() {
        assert_eq!(size_of::<Cell>(), 24);
        assert!(
            matches!(Cell::of_text("2026-05-20 10:00:00"), Cell::Text(text) if !text.is_heap_allocated())
        );
    }

    #[test]
    fn nothing_and_what_cannot_be_read_are_told_apart() {
        for blank in ["", " \u{a0}", "\u{200b}", "\u{1a}", "=\"\"", "\u{feff}"] {
            assert_eq!(Cell::of_text(blank), Cell::Empty, "{blank:?}");
        }
        assert_eq!(Cell::of_text("乱\u{FFFD}码"), Cell::Unreadable(Unreadable::Bytes));
        let long = "长".repeat(CHARACTERS_MOST);
        assert!(matches!(Cell::of_text(&long), Cell::Text(_)));
        assert_eq!(Cell::of_text(&(long + "长")), Cell::Unreadable(Unreadable::TooLong));
    }

    #[test]
    fn a_long_number_kept_as_a_number_is_not_guessed_at() {
        for lost in [1.150_203_202_601_05e20, 2_026_050_100_012_340.0] {
            assert!(Cell::Number(lost).text().is_err(), "{lost}");
        }
        assert_eq!(Cell::Number(13_647_208_159.0).text().unwrap().unwrap(), "13647208159");
        assert_eq!(Cell::Number(22.5).text().unwrap().unwrap(), "22.5");
        assert!(Cell::Date(46_082.0).text().is_err(), "3-2 is no date");
    }
}
