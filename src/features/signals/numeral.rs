//! Numbers as people write them: 148, 1,000, 一百四十八, 1.5万, 两百.

use crate::domain::spoken::{Place, digits, place};

/// Most that is read. What is larger is no number of an article, of goods or of yuan here.
const MOST: u64 = 1_000_000_000;

/// The whole number that `text` begins with, and what follows it.
pub(super) fn whole(text: &str) -> Option<(u64, &str)> {
    let (value, rest) = match digits(text) {
        Some((value, rest)) => scaled(value, rest),
        None => chinese(text)?,
    };
    (value <= MOST).then_some((value, rest))
}

/// The amount in yuan that `text` begins with, in fen, and what follows its unit. Without a unit it is none.
pub(super) fn money(text: &str) -> Option<(i64, &str)> {
    let (yuan, rest) = decimal(text).or_else(|| whole(text).map(|(yuan, rest)| (yuan * 100, rest)))?;
    let rest = ["元", "块钱", "块", "圆", "RMB"].iter().find_map(|unit| rest.strip_prefix(unit))?;
    Some((i64::try_from(yuan).ok()?, rest))
}

/// `12.50` or `1.5万`, in hundredths.
fn decimal(text: &str) -> Option<(u64, &str)> {
    let (yuan, rest) = digits(text)?;
    let rest = rest.strip_prefix('.')?;
    let fraction = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut places = rest[..fraction].bytes().map(|digit| u64::from(digit - b'0'));
    let hundredths = places.next()? * 10 + places.next().unwrap_or(0);
    let (value, rest) = scaled(yuan.checked_mul(100)?.checked_add(hundredths)?, &rest[fraction..]);
    (value <= MOST * 100).then_some((value, rest))
}

/// `3千`, `1万`: digits before a Chinese unit.
fn scaled(value: u64, rest: &str) -> (u64, &str) {
    let unit = [("万", 10_000), ("千", 1_000), ("百", 100)];
    unit.into_iter()
        .find_map(|(name, factor)| Some((value.saturating_mul(factor), rest.strip_prefix(name)?)))
        .unwrap_or((value, rest))
}

/// Chinese numerals, read by place (一百四十八) or digit by digit (一四八).
fn chinese(text: &str) -> Option<(u64, &str)> {
    let (mut total, mut section, mut digit) = (0_u64, 0_u64, None::<u64>);
    let mut end = 0;
    for (at, c) in text.char_indices().take(16) {
        match place(c) {
            Some(Place::Digit(value)) => digit = Some(digit.unwrap_or(0) * 10 + value),
            Some(Place::Unit(10_000)) => {
                let thousands = section + digit.take().unwrap_or(0);
                if thousands == 0 {
                    break;
                }
                total += thousands * 10_000;
                section = 0;
            }
            Some(Place::Unit(unit)) => {
                // 十五, but no 百五.
                let times = digit.take().filter(|digit| *digit > 0).or((unit == 10).then_some(1));
                let Some(times) = times else { break };
                section += times * unit;
            }
            None => break,
        }
        if total > MOST || section > MOST || digit > Some(MOST) {
            return None;
        }
        end = at + c.len_utf8();
    }
    (end > 0).then(|| (total + section + digit.unwrap_or(0), &text[end..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("148条", 148, "条")]
    #[case("一百四十八条", 148, "条")]
    #[case("一百零五", 105, "")]
    #[case("十", 10, "")]
    #[case("二十盒", 20, "盒")]
    #[case("两千", 2_000, "")]
    #[case("壹仟元", 1_000, "元")]
    #[case("一四八条", 148, "条")]
    #[case("一千二百六十条", 1_260, "条")]
    #[case("三万五千", 35_000, "")]
    #[case("1,000元", 1_000, "元")]
    #[case("3千", 3_000, "")]
    #[case("1,20盒", 1, ",20盒")]
    #[case("〇", 0, "")]
    fn whole_numbers(#[case] text: &str, #[case] value: u64, #[case] rest: &str) {
        assert_eq!(whole(text), Some((value, rest)));
    }

    #[rstest]
    #[case("1000元", Some(100_000))]
    #[case("4.68元", Some(468))]
    #[case("1.5万元", Some(1_500_000))]
    #[case("一千块钱", Some(100_000))]
    #[case("12.5元", Some(1_250))]
    #[case("1000倍", None)]
    #[case("百元", None)]
    #[case("元", None)]
    #[case("99999999999999999999元", None)]
    fn amounts(#[case] text: &str, #[case] fen: Option<i64>) {
        assert_eq!(money(text).map(|(fen, _)| fen), fen);
    }

    /// A number in Chinese numerals.
    fn spelled(mut value: u64) -> String {
        let names = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
        let (mut text, mut gap) = (String::new(), false);
        for (unit, name) in [(1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
            let digit = usize::try_from(value / unit).unwrap();
            value %= unit;
            if digit == 0 {
                gap = !text.is_empty();
            } else {
                text.push_str(if gap { "零" } else { "" });
                text.push_str(names[digit]);
                text.push_str(name);
                gap = false;
            }
        }
        text
    }

    proptest! {
        #[test]
        fn every_article_is_read_in_both_spellings(value in 1_u64..10_000) {
            for text in [spelled(value), value.to_string()] {
                prop_assert_eq!(whole(&text), Some((value, "")));
            }
        }

        #[test]
        fn any_text_is_read_or_left(text in "[零一二三四五六七八九十百千万两0-9,.元块a]{0,40}") {
            for read in [whole(&text).map(|(_, rest)| rest), money(&text).map(|(_, rest)| rest)] {
                prop_assert!(read.is_none_or(|rest| text.ends_with(rest)));
            }
        }
    }
}
