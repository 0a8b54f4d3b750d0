//! Sums as people say and type them: 一千五 (1,500), 三万五, 13万2, 1.5w, 1k, 9块9, ¥1,000.00, 三五百 (a range).
//!
//! The last unit may be left out, and two numbers may be one range.

/// Most that is read, in hundredths of a yuan.
const MOST: u64 = 100_000_000_000;

/// A number in hundredths; none for a range, which is no one number.
pub(crate) type Said = Option<u64>;

/// Whether a number or a sum may begin with this sign.
pub(crate) fn begins(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '¥' | '￥') || sign(c).is_some()
}

/// What `text` begins with, and what follows it.
pub(crate) fn number(text: &str) -> Option<(Said, &str)> {
    let (value, rest) = single(text)?;
    // 3-500元, 三百到五百.
    let range = rest.strip_prefix(['-', '~', '至', '到', '—']).and_then(single);
    match range {
        Some((_, rest)) => Some((None, rest)),
        None => Some((value, rest)),
    }
}

/// A sum of money, in fen: with its unit behind or its sign before it.
pub(crate) fn money(text: &str) -> Option<(Said, &str)> {
    let signed = text.strip_prefix(['¥', '￥']);
    let (value, rest) = number(signed.unwrap_or(text))?;
    let unit = ["元", "块钱", "块", "圆", "RMB"].iter().find_map(|unit| rest.strip_prefix(unit));
    let rest = match unit {
        Some(behind) => behind,
        None if signed.is_some() => rest,
        None => return None,
    };
    // 9块9, 三块五毛.
    let jiao =
        unit.and_then(single).filter(|(jiao, _)| jiao.is_some_and(|jiao| (100..1_000).contains(&jiao)));
    Some(match (value, jiao) {
        (Some(value), Some((Some(jiao), behind))) => match behind.strip_prefix(['毛', '角']) {
            Some(behind) => (Some(value + jiao / 10), behind),
            None if !behind.starts_with(char::is_alphanumeric) => (Some(value + jiao / 10), behind),
            None => (Some(value), rest),
        },
        (value, _) => (value, rest),
    })
}

fn single(text: &str) -> Option<(Said, &str)> {
    let found = if text.starts_with(|c: char| c.is_ascii_digit()) { typed(text) } else { chinese(text) };
    found.filter(|(value, _)| value.is_none_or(|value| value <= MOST))
}

/// Digits with a fraction and a unit: `1.5w`, `13万2`, `1,000.00`.
fn typed(text: &str) -> Option<(Said, &str)> {
    let (whole, mut rest) = digits(text)?;
    let mut value = whole.checked_mul(100)?;
    if let Some(behind) =
        rest.strip_prefix('.').filter(|behind| behind.starts_with(|c: char| c.is_ascii_digit()))
    {
        let length = behind.bytes().take_while(u8::is_ascii_digit).count();
        let mut places = behind[..length].bytes().map(|digit| u64::from(digit - b'0'));
        value += places.next()? * 10 + places.next().unwrap_or(0);
        rest = &behind[length..];
    }
    let is_word = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    let scale = [("万", 10_000), ("W", 10_000), ("千", 1_000), ("K", 1_000), ("百", 100)];
    let scaled = scale.into_iter().find_map(|(name, factor)| {
        let behind = rest.strip_prefix(name)?;
        // 5KG and 12WIFI are no numbers of thousands.
        (!name.is_ascii() || !is_word(behind)).then_some((factor, behind))
    });
    let Some((factor, behind)) = scaled else { return Some((Some(value), rest)) };
    let value = value.checked_mul(factor)?;
    let length = behind.bytes().take_while(u8::is_ascii_digit).count();
    let (more, behind) = match (factor, length) {
        // 13万2, 13万2千, 13万2000.
        (10_000, 1) => {
            let digit: u64 = behind[..1].parse().ok()?;
            (digit * 1_000, behind[1..].strip_prefix('千').unwrap_or(&behind[1..]))
        }
        (10_000, 4) => (behind[..4].parse().ok()?, &behind[4..]),
        _ => (0, behind),
    };
    Some((value.checked_add(more * 100), behind))
}

/// Chinese numerals.
fn chinese(text: &str) -> Option<(Said, &str)> {
    let (mut total, mut section, mut last_unit) = (0_u64, 0_u64, 0_u64);
    let mut run: Vec<u64> = Vec::new();
    let (mut is_range, mut end) = (false, 0);
    for (at, c) in text.char_indices().take(16) {
        match sign(c) {
            Some(Sign::Placed(Place::Digit(value))) => run.push(value),
            Some(Sign::Tens(value)) if run.is_empty() => {
                section += value;
                last_unit = 10;
            }
            Some(Sign::Placed(Place::Unit(10_000))) => {
                is_range |= is_pair(&run);
                let thousands = section + joined(&run);
                if thousands == 0 {
                    break;
                }
                total += thousands * 10_000;
                (section, last_unit) = (0, 10_000);
                run.clear();
            }
            Some(Sign::Placed(Place::Unit(unit))) => {
                is_range |= is_pair(&run);
                let times = if run.is_empty() && unit == 10 { 1 } else { joined(&run) };
                // 十五, but no 百五.
                if times == 0 {
                    break;
                }
                section += times * unit;
                last_unit = unit;
                run.clear();
            }
            Some(Sign::Tens(_)) | None => break,
        }
        if total.max(section) > MOST || run.len() > 10 {
            return None;
        }
        end = at + c.len_utf8();
    }
    if end == 0 {
        return None;
    }
    let tail = match run.as_slice() {
        // 一千五 is 1,500, 三万五 is 35,000; behind 零 or 十 it is what it says.
        [digit] if last_unit >= 100 => digit * (last_unit / 10),
        pair if is_pair(pair) => {
            is_range = true;
            0
        }
        run => joined(run),
    };
    let value = (total + section + tail).checked_mul(100);
    Some((value.filter(|_| !is_range), &text[end..]))
}

/// Two digits side by side that are neighbours: 三五百, 两三个.
fn is_pair(run: &[u64]) -> bool {
    matches!(run, [one, other] if *one > 0 && *one < *other && other - one <= 2)
}

fn joined(run: &[u64]) -> u64 {
    run.iter().fold(0, |number, digit| number * 10 + digit)
}

/// What a Chinese numeral says at its place.
pub(crate) enum Place {
    /// 0 to 9.
    Digit(u64),
    /// 10 to 10,000.
    Unit(u64),
}

/// Of one sign.
pub(crate) fn place(c: char) -> Option<Place> {
    Some(match c {
        '零' | '〇' => Place::Digit(0),
        '一' | '壹' => Place::Digit(1),
        '二' | '两' | '贰' => Place::Digit(2),
        '三' | '叁' => Place::Digit(3),
        '四' | '肆' => Place::Digit(4),
        '五' | '伍' => Place::Digit(5),
        '六' | '陆' => Place::Digit(6),
        '七' | '柒' => Place::Digit(7),
        '八' | '捌' => Place::Digit(8),
        '九' | '玖' => Place::Digit(9),
        '十' | '拾' => Place::Unit(10),
        '百' | '佰' => Place::Unit(100),
        '千' | '仟' => Place::Unit(1_000),
        '万' => Place::Unit(10_000),
        _ => return None,
    })
}

/// ASCII digits, with a comma before each third.
pub(crate) fn digits(text: &str) -> Option<(u64, &str)> {
    let length = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut end = length(text);
    let mut plain = text[..end].to_owned();
    let grouped = (1..=3).contains(&end);
    while grouped && plain.len() < 9 && text[end..].starts_with(',') && length(&text[end + 1..]) == 3 {
        plain.push_str(&text[end + 1..end + 4]);
        end += 4;
    }
    Some((plain.parse().ok()?, &text[end..]))
}

enum Sign {
    Placed(Place),
    Tens(u64),
}

fn sign(c: char) -> Option<Sign> {
    match c {
        '俩' => Some(Sign::Placed(Place::Digit(2))),
        '仨' => Some(Sign::Placed(Place::Digit(3))),
        '廿' => Some(Sign::Tens(20)),
        '卅' => Some(Sign::Tens(30)),
        _ => place(c).map(Sign::Placed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("一千五", Some(1_500))]
    #[case("三万五", Some(35_000))]
    #[case("一百五", Some(150))]
    #[case("一百零五", Some(105))]
    #[case("两千六百五", Some(2_650))]
    #[case("一千二百六十", Some(1_260))]
    #[case("三百二十五", Some(325))]
    #[case("二十五", Some(25))]
    #[case("廿五", Some(25))]
    #[case("一四八", Some(148))]
    #[case("13万2", Some(132_000))]
    #[case("13万2千", Some(132_000))]
    #[case("13万2000", Some(132_000))]
    #[case("1.5W", Some(15_000))]
    #[case("1K", Some(1_000))]
    #[case("5KG", Some(5))]
    #[case("三五百", None)]
    #[case("三四十", None)]
    #[case("两三", None)]
    #[case("3-500", None)]
    #[case("100至200", None)]
    #[case("三百到五百", None)]
    fn numbers_as_they_are_said(#[case] text: &str, #[case] value: Option<u64>) {
        assert_eq!(number(text).unwrap().0, value.map(|value| value * 100), "{text}");
    }

    #[rstest]
    #[case("9块9", Some(Some(990)))]
    #[case("三块五毛", Some(Some(350)))]
    #[case("100元3袋", Some(Some(10_000)))]
    #[case("伍仟元整", Some(Some(500_000)))]
    #[case("¥1,000.00", Some(Some(100_000)))]
    #[case("1,000元", Some(Some(100_000)))]
    #[case("三五百元", Some(None))]
    #[case("3-500元", Some(None))]
    #[case("一千五", None)]
    #[case("元", None)]
    fn sums_as_they_are_said(#[case] text: &str, #[case] fen: Option<Said>) {
        assert_eq!(money(text).map(|(fen, _)| fen), fen, "{text}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_left(text in "[零一二三四五六七八九十百千万两廿俩仨0-9,.元块毛¥WK至到~a-]{0,40}") {
            for read in [number(&text).map(|(_, rest)| rest), money(&text).map(|(_, rest)| rest)] {
                prop_assert!(read.is_none_or(|rest| text.ends_with(rest)));
            }
        }
    }
}
