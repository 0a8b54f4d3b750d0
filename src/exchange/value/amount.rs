//! Amounts of money (消费金额) as people write them. What is a range, an estimate or another currency is none.

use crate::domain::plain::bare;
use crate::domain::spoken;
use crate::domain::text::AmountFen;
use crate::domain::violation::Invalid;
use crate::exchange::cell::{Cell, EXACT};

/// What may stand before an amount and says no more than that it is one.
const BEFORE: [&str; 12] =
    ["人民币", "rmb", "cny", "¥", "￥", "共计", "合计", "总计", "总额", "金额", "共", ":"];
/// What may stand behind it, longest first.
const BEHIND: [&str; 9] = ["人民币", "rmb", "cny", "元整", "圆整", "块钱", "整", "元", "圆"];
/// Words for thousands and the like between the digits and 元.
const TIMES: [(&str, f64); 6] = [("万", 1e4), ("w", 1e4), ("千", 1e3), ("k", 1e3), ("百", 1e2), ("亿", 1e8)];

/// An amount in yuan, as fen. `unit` is what the column counts in, in yuan, where the cell does not say it.
pub(in crate::exchange) fn amount(cell: &Cell, unit: f64) -> Result<Option<AmountFen>, Invalid> {
    let yuan = match cell {
        Cell::Empty => return Ok(None),
        Cell::Number(number) => Some(number * unit),
        Cell::Text(_) => of_text(&cell.bare().unwrap_or_default().to_lowercase(), unit),
        Cell::Date(_) => None,
        Cell::Unreadable(why) => return Err(why.invalid()),
    };
    let bad = || Invalid::new("not an amount; write it as 1299.00", "不是金额，请写成数字，如 1299.00");
    let fen = yuan.map(|yuan| (yuan * 100.0).round()).filter(|fen| fen.abs() < EXACT).ok_or_else(bad)?;
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 10^15, checked above")]
    AmountFen::parse(fen as i64)
        .map(Some)
        .map_err(|_| Invalid::new("must be 0 to 10 billion yuan", "金额应在 0 至 100 亿元之间"))
}

/// Whether the star in it is for a price and a number of pieces (129元*2): nothing is masked.
pub(in crate::exchange) fn is_product(text: &str) -> bool {
    let text = bare(text);
    let Some((one, other)) = text.split_once('*') else { return false };
    let is_number = |side: &str| {
        let digits = side.trim_end_matches(|c: char| !c.is_ascii_digit() && c != '*');
        number_of(digits).is_some()
    };
    is_number(one) && is_number(other)
}

fn of_text(text: &str, unit: f64) -> Option<f64> {
    let mut rest = text;
    while let Some(behind) = BEFORE.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = behind;
    }
    let digits = rest;
    while let Some(before) = BEHIND.iter().find_map(|word| rest.strip_suffix(word)) {
        rest = before;
    }
    let is_yuan = rest.len() < digits.len();
    if let Some(yuan) = with_coins(digits) {
        return Some(yuan);
    }
    let scale = if is_yuan { 1.0 } else { unit };
    // 三百元, 一千五; 三五百 is a range.
    if !rest.starts_with(|c: char| c.is_ascii())
        && let Some((said, "")) = spoken::number(rest)
    {
        return u32::try_from(said? / 100).ok().map(|yuan| f64::from(yuan) * scale);
    }
    for (word, times) in TIMES {
        if let Some(number) = rest.strip_suffix(word) {
            return Some(number_of(number)? * times);
        }
    }
    Some(number_of(rest)? * scale)
}

/// 5元3角, 9块9, 3角5分, 12块.
fn with_coins(text: &str) -> Option<f64> {
    let whole = |text: &str| -> Option<f64> { if text.is_empty() { Some(0.0) } else { number_of(text) } };
    let coins = |text: &str| -> Option<f64> {
        let (jiao, fen) = text.split_once(['角', '毛']).unwrap_or(match text.strip_suffix('分') {
            Some(_) => ("", text),
            None => (text, ""),
        });
        let one = |text: &str, each: f64| -> Option<f64> {
            match text.trim_end_matches('分') {
                "" => Some(0.0),
                digit if digit.len() == 1 => {
                    Some(digit.parse::<u8>().ok()?.into()).map(|value: f64| value * each)
                }
                _ => None,
            }
        };
        Some(one(jiao, 0.1)? + one(fen, 0.01)?)
    };
    if let Some((yuan, rest)) = text.split_once('块') {
        return Some(number_of(yuan)? + coins(rest.trim_start_matches('钱'))?);
    }
    if !text.contains(['角', '毛', '分']) {
        return None;
    }
    let (yuan, rest) = text.split_once(['元', '圆']).unwrap_or(("", text));
    Some(whole(yuan)? + coins(rest)?)
}

/// A decimal number, its thousands set apart by commas or not.
fn number_of(text: &str) -> Option<f64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    let mut groups = unsigned.split(',');
    let first = groups.next()?;
    let is_grouped = unsigned.contains(',');
    let are_thousands =
        groups.all(|group| group.len() == 3) && (!is_grouped || (1..=3).contains(&first.len()));
    let is_decimal =
        unsigned.chars().all(|c| c.is_ascii_digit() || c == ',') && part.bytes().all(|b| b.is_ascii_digit());
    if !are_thousands || !is_decimal || first.is_empty() && part.is_empty() {
        return None;
    }
    text.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn fen(text: &str, unit: f64) -> Option<i64> {
        amount(&Cell::of_text(text), unit).ok().flatten().map(AmountFen::fen)
    }

    #[rstest]
    #[case::yuan(129_900, &[
        "1299", "1,299.00", "１２９９", "￥1，299．00", "¥ 1 299.00", "人民币1299元", "1,299.00元整", "1299圆", "1299.00RMB",
        "共计1299元", "1299块", "1299块钱", "rmb 1299", "1299.0", "总计：1299元", "1299元人民币", "金额:1299",
    ])]
    #[case::small(990, &["9.9", "￥9.9元", "9块9", "9元9角", "9.90"])]
    #[case::coins(35, &["3角5分", "0.35", "0元3角5分", "3毛5"])]
    #[case::wan(1_200_000, &["1.2万", "1.2万元", "1.2w", "12k", "12千元", "12000", "1.2W"])]
    #[case::said(150_000, &["一千五", "一千五百元", "壹仟伍佰元整", "一千五百块钱"])]
    #[case::nothing(0, &["0", "0.00", "0元"])]
    fn amounts_as_people_write_them(#[case] expected: i64, #[case] texts: &[&str]) {
        for text in texts {
            assert_eq!(fen(text, 1.0), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_one_amount_is_not_guessed_at() {
        for text in [
            "约300",
            "300左右",
            "100-200",
            "100~200",
            "约三百元",
            "三百元左右",
            "三五百元",
            "三百至五百元",
            "1299元/件",
            "$199",
            "199美元",
            "-50",
            "1e300",
            "NaN",
            "inf",
            "12,99",
            "1,2345",
            "1.2.3",
            "元",
            "1299.00元起",
            "10元9块",
            "9块99",
            "3个",
            "5角5角",
        ] {
            assert_eq!(fen(text, 1.0), None, "{text}");
        }
        assert_eq!(amount(&Cell::Empty, 1.0), Ok(None));
    }

    #[test]
    fn the_columns_unit_holds_where_the_cell_says_none() {
        assert_eq!(fen("1.2", 1e4), Some(1_200_000));
        assert_eq!(fen("1.2万", 1e4), Some(1_200_000));
        assert_eq!(fen("12000元", 1e4), Some(1_200_000));
        assert_eq!(amount(&Cell::Number(1.2), 1e4).unwrap().unwrap().fen(), 1_200_000);
        assert_eq!(amount(&Cell::Number(4.68), 1.0).unwrap().unwrap().fen(), 468);
    }

    proptest! {
        #[test]
        fn an_amount_is_the_same_with_every_sign_around_it(yuan in 0..9_999_999_i64, cents in 0..100_i64) {
            let expected = Some(yuan * 100 + cents);
            let plain = format!("{yuan}.{cents:02}");
            let mut grouped = String::new();
            for (at, digit) in yuan.to_string().chars().enumerate() {
                if at > 0 && (yuan.to_string().len() - at) % 3 == 0 {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            let grouped = format!("￥{grouped}.{cents:02}元");
            for text in [plain.clone(), format!("人民币{plain}元整"), grouped, format!(" {plain} RMB ")] {
                prop_assert_eq!(fen(&text, 1.0), expected, "{}", text);
            }
        }

        #[test]
        fn nothing_panics(text in "([0-9,.]{1,6}|[元角分块万wk¥-]|\\PC){0,10}") {
            let _ = amount(&Cell::of_text(&text), 1.0);
        }
    }
}
