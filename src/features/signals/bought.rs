//! The day of the purchase as a text tells it (购买日): `2026年5月20日在某店购买`, `5月20号买的`, `2026.5.20消费`. Exports seldom
//! have a column for it, and it is what tells one purchase at a shop from the next.

use super::numeral;
use super::phrase_lists::lists;
use super::voice::any;
use crate::domain::time::Day;

/// Characters between the date and the word.
const MOST_BETWEEN: usize = 40;

/// A date farther back is a mistake, or means something else.
const MOST_DAYS: i32 = 3 * 366;

/// The first day beside words of buying in a squeezed text, not after the day of receipt. A month and a day without a year
/// are the latest such.
pub(super) fn day(text: &str, received: Day) -> Option<Day> {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let starts = c.is_ascii_digit() && !text[..at].ends_with(|c: char| c.is_ascii_digit());
        let Some((date, rest)) = starts.then(|| date(&text[at..])).flatten() else {
            at += c.len_utf8();
            continue;
        };
        let found = date.before(received).filter(|_| is_of_purchase(&text[..at], rest));
        if found.is_some() {
            return found;
        }
        at = text.len() - rest.len();
    }
    None
}

/// Whether a date belongs to the buying, and is none that stands on the goods.
fn is_of_purchase(before: &str, after: &str) -> bool {
    let clause = before.rsplit([',', '。', ';', '!', '?', '\n']).next().unwrap_or(before);
    let end = after.char_indices().take(MOST_BETWEEN).find(|(_, c)| ['。', '!', '?', '\n'].contains(c));
    let most = || after.char_indices().nth(MOST_BETWEEN).map_or(after.len(), |(at, _)| at);
    let sentence = &after[..end.map_or_else(most, |(at, _)| at)];
    !clause.contains('期') && any(&lists().context().bought, sentence)
}

/// A date as it is written.
struct Date {
    year: Option<u64>,
    month: u64,
    day: u64,
}

impl Date {
    /// The day it means to who reads it on the day of receipt.
    fn before(&self, received: Day) -> Option<Day> {
        let of = |year: u64| Day::parse(&format!("{year:04}-{:02}-{:02}", self.month, self.day)).ok();
        let this_year = u64::try_from(received.year()).ok()?;
        let years = self.year.map_or([this_year, this_year.saturating_sub(1)], |year| [year, year]);
        years.into_iter().filter_map(of).find(|day| *day <= received && received.0 - day.0 <= MOST_DAYS)
    }
}

/// `2026年5月20日`, `5月20号`, `2026.5.20`, `2026-05-20`, with what follows.
fn date(text: &str) -> Option<(Date, &str)> {
    let (first, rest) = number(text, 4)?;
    if let Some(rest) = rest.strip_prefix('月') {
        let (day, rest) = number(rest, 2)?;
        let rest = rest.strip_prefix(['日', '号'])?;
        return Some((Date { year: None, month: first, day }, rest));
    }
    let separator = rest.chars().next().filter(|c| ['年', '.', '-', '/'].contains(c))?;
    let (month, rest) = number(&rest[separator.len_utf8()..], 2)?;
    let rest = rest.strip_prefix(if separator == '年' { '月' } else { separator })?;
    let (day, rest) = number(rest, 2)?;
    let is_year = (2_000..2_100).contains(&first);
    is_year
        .then_some((Date { year: Some(first), month, day }, rest.strip_prefix(['日', '号']).unwrap_or(rest)))
}

/// At most so many digits, for a time of day may follow without a blank; else Chinese numerals.
fn number(text: &str, most: usize) -> Option<(u64, &str)> {
    let end = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if end == 0 { numeral::whole(text) } else { Some((text[..end].parse().ok()?, &text[end..])) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::features::signals::squeeze;

    #[rstest]
    #[case("本人于2026年3月7日在某超市购买面包一袋", Some("2026-03-07"))]
    #[case("5月20号买的牛奶，当天就坏了", Some("2026-05-20"))]
    #[case("12月31日，我在该店购买了坚果", Some("2025-12-31"))]
    #[case("本人2026.3.20在超市消费,购买水饺", Some("2026-03-20"))]
    #[case("2026-05-01 10:20 下单", Some("2026-05-01"))]
    #[case("保质期到4月4日，付款的时候已经超了", None)]
    #[case("生产日期2026年1月2日，5月3日购买", Some("2026-05-03"))]
    #[case("5月2日去找店家，不理。", None)]
    #[case("2027年1月1日购买", None)]
    #[case("2026年13月1日购买", None)]
    #[case("花了12.5元买的，2026.5.6.7", None)]
    fn days_of_purchases(#[case] text: &str, #[case] expected: Option<&str>) {
        let received = Day::parse("2026-05-20").unwrap();
        assert_eq!(day(&squeeze(text), received), expected.map(|day| Day::parse(day).unwrap()), "{text}");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[0-9一二十年月日号.购买，。期a-]{0,40}", received in 0..30_000_i32) {
            let found = day(&squeeze(&text), Day(received));
            prop_assert!(found.is_none_or(|day| day.0 <= received));
        }
    }
}
