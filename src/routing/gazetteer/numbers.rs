//! House numbers (门牌号): in an address behind a street's name, and as ranges of the bureau file.

use super::text::{near_a_place, unified};

/// Which side of a street.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    /// 单号
    Odd,
    /// 双号
    Even,
}

impl Side {
    fn has(self, number: u32) -> bool {
        match self {
            Side::Both => true,
            Side::Odd => !number.is_multiple_of(2),
            Side::Even => number.is_multiple_of(2),
        }
    }
}

/// Some numbers in a row, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    first: u32,
    last: u32,
    side: Side,
}

impl Span {
    fn has(&self, number: u32) -> bool {
        (self.first..=self.last).contains(&number) && self.side.has(number)
    }

    /// Of two numbers in a row, one is of either side: looking at the first two of the common stretch is enough.
    fn meets(&self, other: &Span) -> bool {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first..=last).take(2).any(|number| self.has(number) && other.has(number))
    }
}

/// The house numbers of one row of the bureau file (号段), e.g. `1-99单、2-48双`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::routing) struct Numbers {
    /// As the file has it.
    text: String,
    spans: Vec<Span>,
}

impl Numbers {
    /// Parses ranges divided by `、`: `1-99`, `1-99单`, `2-98双`, `100-` (and above), `7`, `单`, `双`.
    pub(in crate::routing) fn parse(text: &str) -> Result<Self, &'static str> {
        let unified = unified(text).replace(['号', '段'], "").replace('至', "-");
        let spans = unified.split(['、', ',', ';']).map(span).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { text: text.trim().to_owned(), spans })
    }

    /// Whether a number is among them.
    pub(super) fn has(&self, number: u32) -> bool {
        self.spans.iter().any(|span| span.has(number))
    }

    /// Whether some number is in both.
    pub(in crate::routing) fn meet(&self, other: &Self) -> bool {
        self.spans.iter().any(|mine| other.spans.iter().any(|theirs| mine.meets(theirs)))
    }

    /// As the file has it.
    pub(in crate::routing) fn as_str(&self) -> &str {
        &self.text
    }
}

fn span(text: &str) -> Result<Span, &'static str> {
    const FORM: &str = "应写为 1-99、1-99单、2-98双、100-（100 号以上）、单 或 双，多段用顿号隔开";
    let (bounds, side) = match text.strip_suffix('单') {
        Some(bounds) => (bounds, Side::Odd),
        None => text.strip_suffix('双').map_or((text, Side::Both), |bounds| (bounds, Side::Even)),
    };
    let number = |digits: &str| digits.parse().ok().filter(|number| (1..=MOST).contains(number)).ok_or(FORM);
    let (first, last) = match bounds.split_once('-') {
        _ if bounds.is_empty() && side != Side::Both => return Ok(Span { first: 1, last: MOST, side }),
        None => (number(bounds)?, number(bounds)?),
        Some((first, "")) => (number(first)?, MOST),
        Some((first, last)) => (number(first)?, number(last)?),
    };
    if first > last {
        return Err("起号大于止号；请改正");
    }
    if !side.has(first) || (last != MOST && !side.has(last)) {
        return Err("起止号与单、双不符；请改正");
    }
    Ok(Span { first, last, side })
}

/// No street has more.
const MOST: u32 = 99_999;

/// What stands behind a street's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Behind {
    /// Numbers of the house: one, or both ends of several (`12-18号`).
    Numbers(Vec<u32>),
    /// A block (`12号街坊`): named after the street, not a house on it.
    Block,
    /// No number, or one that is not the house's: of a building (`3号楼`), a stall, a place next to it.
    NoNumber,
}

/// Reads on behind a street's name; the text is [`unified`].
pub(super) fn behind(text: &str) -> Behind {
    let text = without_filler(text);
    let text = text.strip_prefix(EXTRA).unwrap_or(text);
    let Some((first, mut rest, mut marked)) = number(text) else { return Behind::NoNumber };
    let mut house_numbers = vec![first];
    while let Some((more, after, is_marked)) = rest.strip_prefix(['-', '、', '~', '至']).and_then(number) {
        // 12-3号 is a part of No. 12; 12-18号 are several houses.
        if more > first || is_marked && marked {
            house_numbers.push(more);
        }
        (rest, marked) = (after, marked || is_marked);
    }
    if rest.starts_with("街坊") {
        return Behind::Block;
    }
    let is_house_number = if marked {
        !NOT_HOUSE_NUMBERS.iter().any(|word| rest.starts_with(word)) || sells(rest)
    } else {
        ends(rest)
    };
    if is_house_number && !near_a_place(rest.strip_prefix('院').unwrap_or(rest)) {
        Behind::Numbers(house_numbers)
    } else {
        Behind::NoNumber
    }
}

/// 甲12号, and 12甲号.
const EXTRA: [char; 8] = ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛'];
/// Words between a street and its number: 北段, 路东, 门牌号.
const FILLER: [&str; 20] = [
    "北段",
    "南段",
    "东段",
    "西段",
    "中段",
    "路北",
    "路南",
    "路东",
    "路西",
    "街北",
    "街南",
    "街东",
    "街西",
    "北侧",
    "南侧",
    "东侧",
    "西侧",
    "门牌号",
    "门牌",
    ":",
];
/// What is numbered apart from houses.
const NOT_HOUSE_NUMBERS: [&str; 15] =
    ["楼", "线", "门", "桥", "摊", "柜", "铺", "店", "库", "厅", "地块", "公馆", "车", "机", "档"];

/// 12号门市: a shop at No. 12, not its door.
fn sells(rest: &str) -> bool {
    ["门市", "门店", "门脸", "门面", "门头", "店铺", "店面"].iter().any(|word| rest.starts_with(word))
}

fn ends(rest: &str) -> bool {
    !rest.starts_with(char::is_alphanumeric)
}

fn without_filler(text: &str) -> &str {
    let mut text = text;
    if let Some((note, rest)) = text.strip_prefix('(').and_then(|text| text.split_once(')'))
        && note.chars().count() <= 12
        && !note.contains(|c: char| c.is_ascii_digit())
    {
        text = rest;
    }
    FILLER.iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text)
}

/// A number with what follows it, and whether it is marked as one (`号`, `#`). Chinese digits count only when marked.
fn number(text: &str) -> Option<(u32, &str, bool)> {
    let length = |is_digit: fn(char) -> bool| text.find(|c| !is_digit(c)).unwrap_or(text.len());
    let digits = length(|c| c.is_ascii_digit());
    let chinese = if digits == 0 { length(|c| CHINESE.contains(c)) } else { 0 };
    let (value, rest) = match (digits, chinese) {
        (0, 0) => return None,
        (0, end) => (chinese_number(&text[..end])?, &text[end..]),
        (end, _) => (text[..end].parse().ok()?, &text[end..]),
    };
    let rest = rest.strip_prefix(EXTRA).unwrap_or(rest);
    let after = rest.strip_prefix(['号', '#']);
    if !(1..=MOST).contains(&value) || (chinese > 0 && after.is_none()) {
        return None;
    }
    // 附3号, 之3: a part of the house.
    let after = after.map(|rest| match rest.strip_prefix(['附', '之']).and_then(number) {
        Some((_, rest, _)) => rest,
        None => rest,
    });
    Some((value, after.unwrap_or(rest), after.is_some()))
}

const CHINESE: &str = "零〇一二三四五六七八九十百千两";

/// 一百二十, 十二, 一二〇.
fn chinese_number(text: &str) -> Option<u32> {
    let digit = |c: char| match c {
        '〇' => Some(0),
        '两' => Some(2),
        c => "零一二三四五六七八九".chars().zip(0..).find(|(known, _)| *known == c).map(|(_, value)| value),
    };
    if !text.contains(['十', '百', '千']) {
        return text.chars().take(6).try_fold(0, |sum: u32, c| Some(sum * 10 + digit(c)?));
    }
    let (mut sum, mut ones) = (0_u32, 0);
    for c in text.chars().take(9) {
        let unit = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1_000,
            c => {
                ones = digit(c)?;
                continue;
            }
        };
        sum += unit * if ones == 0 { 1 } else { ones };
        ones = 0;
    }
    Some(sum + ones)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_behind_a_street() {
        for (text, wanted) in [
            ("12号", vec![12]),
            ("12", vec![12]),
            ("12号院3号楼", vec![12]),
            ("甲12号", vec![12]),
            ("12甲号", vec![12]),
            ("12-3号", vec![12]),
            ("12号附3号", vec![12]),
            ("12-18号", vec![12, 18]),
            ("12号至18号", vec![12, 18]),
            ("12、14号", vec![12, 14]),
            ("12#底商", vec![12]),
            ("十二号", vec![12]),
            ("一百二十号", vec![120]),
            ("一百零五号", vec![105]),
            ("一二〇号", vec![120]),
            ("路北12号", vec![12]),
            ("北段12号", vec![12]),
            ("(原红星路)12号", vec![12]),
            ("12号门市", vec![12]),
            ("12号底商", vec![12]),
        ] {
            assert_eq!(behind(text), Behind::Numbers(wanted), "{text}");
        }
        for text in [
            "",
            "附近",
            "3号楼",
            "12栋",
            "12路公交",
            "2号线",
            "3号摊位",
            "3号门",
            "十二",
            "0号",
            "12号附近",
            "12号院对面",
            "12号东侧",
            "13900000000号",
            "九九九九九九九号",
            "与校园路交叉口",
            "（12号",
        ] {
            assert_eq!(behind(text), Behind::NoNumber, "{text}");
        }
        assert_eq!(behind("18号街坊"), Behind::Block);
    }

    #[test]
    fn ranges_are_parsed_and_meet_only_where_a_number_is_in_both() {
        let of = |text| Numbers::parse(text).unwrap();
        assert!(of("1-99单").has(7) && !of("1-99单").has(8) && !of("1-99单").has(101));
        assert!(
            of("100-").has(100) && of("双").has(2) && of("１－９９号").has(50) && of("3、5、9-11").has(10)
        );
        assert!(!of("1-99单").meet(&of("2-98双")) && of("1-99").meet(&of("98-120双")));

        for wrong in ["", "一", "0-5", "9-3", "2-98单", "1-100单", "a-b", "1-2-3", "-5", "100000", "1-99、"]
        {
            assert!(Numbers::parse(wrong).is_err(), "{wrong}");
        }
    }
}
