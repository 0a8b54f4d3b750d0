//! Telephone numbers (联系电话) as people write them: with separators, notes, extensions, and two in one place.

use serde::{Deserialize, Serialize};

use super::given::Fact;
use super::mask::masked_number;
use super::personal::Personal;
use super::plain::visible;
use super::violation::Invalid;

/// A telephone number in digits: without separators, country code and the extension of an office.
///
/// Behind a mobile number the extension is the person: platforms hide their customers behind a few numbers of their own
/// (隐私号), `18412345678转0001`, and it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(Personal<String>);

/// Telephones that are kept beside the first, at most.
pub const OTHER_PHONES_MOST: usize = 2;

/// Characters of numbers with their notes at most.
const MOST: usize = 200;
/// Between a number and the extension that is kept.
const EXTENSION: char = '转';

impl Fact for Phone {
    fn words(&self) -> String {
        self.digits().to_owned()
    }

    /// A version that does not tell the extension tells nothing else.
    fn agrees(&self, other: &Self) -> bool {
        let untold = self.extension().is_none() || other.extension().is_none();
        self == other || untold && self.line() == other.line()
    }

    fn sharper_than(&self, other: &Self) -> bool {
        self.extension().is_some() && other.extension().is_none()
    }
}

impl Fact for Vec<Phone> {
    fn words(&self) -> String {
        self.iter().map(Phone::digits).collect::<Vec<_>>().join("、")
    }

    /// In whatever order they are given; a version that leaves one out does not deny it.
    fn agrees(&self, other: &Self) -> bool {
        let (fewer, more) = if self.len() < other.len() { (self, other) } else { (other, self) };
        fewer.iter().all(|phone| more.iter().any(|known| known.agrees(phone)))
    }

    fn sharper_than(&self, other: &Self) -> bool {
        self.len() > other.len()
    }
}

impl Phone {
    /// The first number of a text.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Ok(Self::parse_all(text)?.swap_remove(0))
    }

    /// Every number of a text, at least one: `13547207780/0472-5151234`, `13547207780（女儿）`.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, Invalid> {
        let bad = || {
            Invalid::new(
                "not a telephone number; send 3 to 20 digits, or leave it out",
                "不是有效电话号码，应为 3 至 20 位数字，未知可不填",
            )
        };
        // What is left of a masked number is another number; a story of digits is none.
        if masked_number(text) || text.chars().nth(MOST).is_some() {
            return Err(bad());
        }
        let numbers = groups(text).and_then(|groups| assembled(&groups)).ok_or_else(bad)?;
        Ok(numbers.into_iter().map(|number| Self(number.into())).collect())
    }

    /// The numbers of a text behind the first, each once: `13547207780、0472-5151234` gives the landline.
    pub fn others_in(text: &str) -> Vec<Self> {
        let mut others: Vec<Self> = Vec::new();
        let mut all = Self::parse_all(text).unwrap_or_default().into_iter();
        let first = all.next();
        for phone in all {
            if Some(&phone) != first.as_ref() && !others.contains(&phone) {
                others.push(phone);
            }
        }
        others
    }

    /// The digits, with the extension that tells persons apart.
    pub fn digits(&self) -> &str {
        self.0.expose()
    }

    /// The number that is dialled.
    fn line(&self) -> &str {
        self.digits().split(EXTENSION).next().unwrap_or_default()
    }

    fn extension(&self) -> Option<&str> {
        self.digits().split_once(EXTENSION).map(|(_, extension)| extension)
    }

    /// A number that somebody has made up to fill a field: one digit over and over, digits in a row, a few digits again and again. It is
    /// kept as it was given and links nobody.
    pub fn is_made_up(&self) -> bool {
        let digits: Vec<u32> = self.line().chars().filter_map(|c| c.to_digit(10)).collect();
        let again = |period: usize| {
            digits.len() > 2 * period && digits.iter().zip(&digits[period..]).all(|(a, b)| a == b)
        };
        let in_a_row = digits.windows(2).all(|pair| pair[1] == pair[0] + 1 || pair == [9, 0]);
        let last_alike = digits.iter().rev().take_while(|digit| Some(*digit) == digits.last()).count();
        (1..=3).any(again) || in_a_row || last_alike >= 7
    }

    /// Whether it begins like a mobile number and has a digit too few or too many.
    pub fn is_miscounted(&self) -> bool {
        let line = self.line();
        let begins = line.starts_with('1')
            && line.as_bytes().get(1).is_some_and(|digit| (b'3'..=b'9').contains(digit));
        begins && matches!(line.len(), 10 | 12)
    }

    /// Whether it is a service line by its form (12345, 96315, 95xxx, 400...): one that many people call from or are
    /// passed on by, and nobody's own. Behind an area code (0472 12345), too: a subscriber's number has ten digits or
    /// more with it.
    pub fn is_public_line(&self) -> bool {
        match self.line().len() {
            ..=6 => true,
            7..=9 => self.line().starts_with('0'),
            10 => self.line().starts_with("400") || self.line().starts_with("800"),
            _ => false,
        }
    }
}

/// A mobile number without its country code; any other number as it is.
pub(super) fn without_country_code(digits: &str) -> &str {
    match digits.strip_prefix("86") {
        Some(rest) if is_mobile(rest) => rest,
        _ => digits,
    }
}

/// What stands before a group of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing, blanks, a dot: it belongs to the group before.
    Joint,
    /// A dash or a bracket: it belongs to the group before, or is its extension.
    Dash,
    /// A comma: an extension, or another number.
    Comma,
    /// 转, `*`, `#`, 分机: an extension.
    Extension,
    /// Another number, or a note.
    Cut,
}

/// The groups of digits of a text; none when letters stand among its digits (`135 4720 778O`).
fn groups(text: &str) -> Option<Vec<(Before, String)>> {
    let mut text = visible(text).to_lowercase();
    for (word, sign) in
        [("分机", "转"), ("ext", "转"), ("telephone", " "), ("mobile", " "), ("phone", " "), ("tel", " ")]
    {
        text = text.replace(word, sign);
    }
    // A number that went through a spreadsheet as a number.
    let text = text.trim();
    let text = text.strip_suffix(".0").filter(|whole| is_whole(whole)).unwrap_or(text);
    let chars: Vec<char> = text.chars().collect();
    let mut groups: Vec<(Before, String)> = Vec::new();
    let mut before = Before::Joint;
    let mut last = None;
    for (at, c) in chars.iter().copied().enumerate() {
        if c.is_ascii_digit() {
            match groups.last_mut() {
                Some((_, group)) if last == Some(true) => group.push(c),
                _ => groups.push((std::mem::replace(&mut before, Before::Joint), c.to_string())),
            }
        } else {
            let beside =
                |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
            if c.is_ascii_alphabetic() && (beside(at.checked_sub(1)) || beside(Some(at + 1))) {
                return None;
            }
            before = before.max_with(match c {
                '.' | '+' => Before::Joint,
                blank if blank.is_whitespace() => Before::Joint,
                '-' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}' => Before::Dash,
                ',' => Before::Comma,
                '转' | '*' | '#' => Before::Extension,
                _ => Before::Cut,
            });
        }
        last = Some(c.is_ascii_digit());
    }
    Some(groups)
}

impl Before {
    /// Of several signs, the one that separates more.
    fn max_with(self, other: Self) -> Self {
        let rank = |before| match before {
            Before::Joint => 0,
            Before::Dash => 1,
            Before::Comma => 2,
            Before::Cut => 3,
            Before::Extension => 4,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

/// The numbers that groups of digits make up: each from as few groups as make a whole number.
fn assembled(groups: &[(Before, String)]) -> Option<Vec<String>> {
    let mut numbers: Vec<String> = Vec::new();
    let mut at = 0;
    while at < groups.len() {
        // Groups that may make one number with this one.
        let run =
            groups[at + 1..].iter().take_while(|(before, _)| matches!(before, Before::Joint | Before::Dash));
        let run = 1 + run.count();
        if let Some((number, used)) = whole(&groups[at..at + run]) {
            at += used;
            let extension = groups.get(at).filter(|(before, digits)| before.may_extend(digits));
            numbers.push(match extension {
                Some((_, digits)) if is_mobile(&number) => format!("{number}{EXTENSION}{digits}"),
                _ => number,
            });
            at += usize::from(extension.is_some());
        } else if numbers.is_empty() && at + run == groups.len() {
            // No form that is known here: abroad, a service line, an inner number.
            let digits: String = groups[at..].iter().map(|(_, digits)| digits.as_str()).collect();
            return (3..=20).contains(&digits.len()).then(|| vec![digits]);
        } else {
            // A floor, a year, the rest of a note.
            at += 1;
        }
    }
    (!numbers.is_empty()).then_some(numbers)
}

impl Before {
    fn may_extend(self, digits: &str) -> bool {
        match self {
            Before::Extension => digits.len() <= 8,
            Before::Dash | Before::Comma => digits.len() <= 6,
            Before::Joint | Before::Cut => false,
        }
    }
}

/// The number that the first groups make up, and how many of them.
fn whole(groups: &[(Before, String)]) -> Option<(String, usize)> {
    // 95013 1234 5678 901: a number of a platform, as long as it is written.
    if groups[0].1.starts_with("95") && groups[0].1.len() <= 6 && groups.len() > 1 {
        let digits: String = groups.iter().map(|(_, digits)| digits.as_str()).collect();
        return (11..=20).contains(&digits.len()).then_some((digits, groups.len()));
    }
    let mut digits = String::new();
    let mut longest = None;
    for (at, (before, group)) in groups.iter().enumerate() {
        // A number that is whole goes on over a blank, for blanks are anywhere; a dash begins its extension.
        if longest.is_some() && *before != Before::Joint {
            break;
        }
        digits.push_str(group);
        let home = ["0086", "86"]
            .iter()
            .find_map(|code| digits.strip_prefix(code).filter(|rest| is_whole(rest) && rest.len() > 8));
        match home {
            Some(home) => longest = Some((home.to_owned(), at + 1)),
            None if is_whole(&digits) => longest = Some((digits.clone(), at + 1)),
            None if longest.is_some() => break,
            None => {}
        }
    }
    longest
}

fn is_mobile(digits: &str) -> bool {
    digits.len() == 11 && digits.starts_with('1') && !matches!(digits.as_bytes()[1], b'0'..=b'2')
}

/// A number of this country by its form: mobile, behind an area code, local, 400.
fn is_whole(digits: &str) -> bool {
    match digits.as_bytes() {
        [b'0', b'1'..=b'9', ..] => (10..=12).contains(&digits.len()),
        [b'2'..=b'9', ..] if matches!(digits.len(), 7 | 8) => true,
        [b'4' | b'8', b'0', b'0', ..] => digits.len() == 10,
        _ => is_mobile(digits),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn all(text: &str) -> Vec<String> {
        let phones = Phone::parse_all(text).unwrap_or_default();
        phones.iter().map(|phone| phone.digits().to_owned()).collect()
    }

    #[rstest]
    #[case::one_form(
        &["13947201234", "+86 139-4720-1234", "8613947201234", "0086-13947201234", "1394720 1234", "139.4720.1234",
          "１３９４７２０１２３４", "\u{202d}13947201234\u{202c}", "139\u{a0}4720\u{a0}1234", "13947201234.0",
          "手机：13947201234", "13947201234（女儿）", "王女士 13947201234", "tel:13947201234", "(86)13947201234"],
        &["13947201234"]
    )]
    #[case::landline(
        &["(0472) 515-1234", "0472-5151234转801", "0472—5151234", "86-0472-5151234", "0472-5151234-801",
          "0472-5151234*801", "0472 5151234 #8", "0472-5151234分机801", "０４７２－５１５１２３４"],
        &["04725151234"]
    )]
    #[case::two(
        &["13900000001 5150001", "13900000001/5150001", "13900000001、5150001", "13900000001(5150001)",
          "13900000001;5150001", "13900000001 或 5150001", "13900000001,5150001", "本人13900000001，家里5150001",
          "13900000001\n5150001", "13900000001-5150001"],
        &["13900000001", "5150001"]
    )]
    #[case::two_of_a_kind(&["5150001 5150002", "5150001-5150002"], &["5150001", "5150002"])]
    #[case::private(
        &["18412345678转0001", "18412345678,0001", "18412345678-0001", "184 1234 5678 转 0001", "18412345678#0001"],
        &["18412345678转0001"]
    )]
    #[case::platform(&["95013 1234 5678 901"], &["9501312345678901"])]
    #[case::none(&["12", "call me", "打我电话", "123456789012345678901", "135 4720 778O", "1.35472E+10", "13547207780x",
          "139****1234", "139**1234567", "135----7780", "135xxxx7780", "１３９＊＊＊＊１２３４"], &[])]
    fn numbers_as_people_write_them(#[case] texts: &[&str], #[case] numbers: &[&str]) {
        for text in texts {
            assert_eq!(all(text), numbers, "{text}");
        }
    }

    #[test]
    fn an_untold_extension_agrees_with_any() {
        let phone = |text| Phone::parse(text).unwrap();
        let (one, other, bare) =
            (phone("18412345678转0001"), phone("18412345678转0002"), phone("18412345678"));
        assert!(one.agrees(&bare) && bare.agrees(&one) && !one.agrees(&other));
        assert!(one.sharper_than(&bare) && !bare.sharper_than(&one));
    }

    #[test]
    fn the_other_numbers_of_a_text_are_kept_once_each() {
        let others = |text| Phone::others_in(text).words();
        assert_eq!(others("13900000001、5150001/13900000001 5150001"), "5150001");
        assert_eq!(others("13900000001"), "");
        assert_eq!(others("不详"), "");
        let of = |text| Phone::others_in(text);
        let (two, turned, one) = (
            of("13900000001 5150001 5150002"),
            of("13900000001、5150002、5150001"),
            of("13900000001、5150002"),
        );
        assert!(two.agrees(&turned) && two.agrees(&one) && one.agrees(&two));
        assert!(two.sharper_than(&one) && !one.sharper_than(&two) && !two.sharper_than(&turned));
        assert!(!one.agrees(&of("13900000001、5150001")));
        assert!(Phone::parse(&format!("13900000001{}", " 1".repeat(50_000))).is_err());
    }

    #[test]
    fn service_lines_are_nobodys() {
        let is_public = |digits| Phone::parse(digits).unwrap().is_public_line();
        assert!(
            ["12345", "12315", "96315", "10086", "400-820-1234", "0472-12345", "01095588"]
                .into_iter()
                .all(is_public)
        );
        assert!(!["13947201234", "0472-5151234", "5151234", "18412345678转0001"].into_iter().any(is_public));
    }

    #[test]
    fn what_fills_a_field_is_nobodys() {
        let is_made_up = |digits| Phone::parse(digits).unwrap().is_made_up();
        for filled in ["11111111111", "13800000000", "0472-0000000", "1234567", "12312312312", "12345678901"]
        {
            assert!(is_made_up(filled), "{filled}");
        }
        for own in ["13947201234", "13900000001", "0472-5151234", "13800138000", "18412345678转0001"] {
            assert!(!is_made_up(own), "{own}");
        }
    }

    proptest! {
        /// However a number is cut and marked, it is that number.
        #[test]
        fn separators_and_notes_change_nothing(
            number in "1[3-9][0-9]{9}",
            cuts in proptest::collection::vec((1..11usize, "[ .\u{a0}\u{2009}\u{202f}\u{3000}\t-]"), 0..4),
            before in "(手机[:：]?|电话 ?|王某 )?",
            after in "(（女儿）| 微信同号)?",
        ) {
            let mut written: Vec<String> = number.chars().map(String::from).collect();
            for (at, sign) in cuts {
                // What ends in .0 is a spreadsheet's number, and its last digit is none.
                let is_decimal = (at, sign.as_str()) == (10, ".");
                if !is_decimal && written[at].starts_with(|sign: char| sign.is_ascii_digit()) {
                    written[at].insert_str(0, &sign);
                }
            }
            let text = format!("{before}{}{after}", written.concat());
            prop_assert_eq!(all(&text), [number], "{}", text);
        }

        /// Blanks are anywhere in a landline's number, too.
        #[test]
        fn blanks_in_a_landline_change_nothing(
            area in "0[1-9][0-9]{1,2}",
            number in "[2-9][0-9]{6,7}",
            cuts in proptest::collection::vec((1..10usize, "[ \u{2009}\u{3000}\t]"), 0..5),
        ) {
            let whole = format!("{area}-{number}");
            let mut written: Vec<String> = whole.chars().map(String::from).collect();
            for (at, sign) in cuts {
                written[at].insert_str(0, &sign);
            }
            prop_assert_eq!(all(&written.concat()), [format!("{area}{number}")], "{}", written.concat());
        }

        #[test]
        fn nothing_panics_and_what_is_read_reads_as_itself(text in "([0-9]{1,12}|[-转,/ *#()+.]|\\PC){0,12}") {
            for phone in Phone::parse_all(&text).unwrap_or_default() {
                prop_assert_eq!(Phone::parse(phone.digits()).unwrap(), phone);
            }
        }
    }
}
