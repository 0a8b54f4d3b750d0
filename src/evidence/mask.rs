//! Texts made fit to be laid beside each other (遮盖): known names and addresses, numbers and mail addresses of persons
//! are covered. What nobody told as a name is not known to be one: a stranger named in a story stays.

/// What stands for a number.
const NUMBER: &str = "〔号码〕";
/// What stands for a mail address.
const MAIL: &str = "〔邮箱〕";
/// Digits from which on a number may be a person's: amounts and dates have fewer.
const LEAST_DIGITS: usize = 6;
/// As above, for digits that stand in groups.
const LEAST_GROUPED: usize = 7;

/// The text with `known` (a word of a person, and what stands for it), mail addresses and long numbers covered.
pub(super) fn masked(text: &str, known: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    let mut known: Vec<_> = known.iter().filter(|(word, _)| word.chars().count() > 1).collect();
    // The longest first: a name may be a part of an address.
    known.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    for (word, sign) in known {
        text = covered(&text, word, sign);
    }
    numbers(&mails(&text))
}

/// The text with a word covered, however it is spaced.
fn covered(text: &str, word: &str, sign: &str) -> String {
    let mut covered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = after_word(rest, word) {
            covered.push_str(sign);
            rest = after;
        } else {
            covered.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    covered
}

/// What comes after `word`, if the text begins with it; spaces inside and case make no difference.
fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut rest = text;
    for (at, wanted) in word.chars().filter(|c| !c.is_whitespace()).enumerate() {
        let begins = if at == 0 { rest } else { rest.trim_start() };
        let found = begins.chars().next().filter(|c| c.to_lowercase().eq(wanted.to_lowercase()))?;
        rest = &begins[found.len_utf8()..];
    }
    (rest.len() < text.len()).then_some(rest)
}

fn mails(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let mut covered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let kept = before.trim_end_matches(is_part);
        let gone = after.len() - after.trim_start_matches(is_part).len();
        covered.push_str(kept);
        covered.push_str(if kept.len() < before.len() && gone > 0 {
            MAIL
        } else {
            &rest[kept.len()..=at + gone]
        });
        rest = &after[gone..];
    }
    covered + rest
}

fn numbers(text: &str) -> String {
    let mut covered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_digit) {
        covered.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = number_end(rest);
        let number = &rest[..end];
        covered.push_str(if is_personal(number) { NUMBER } else { number });
        rest = &rest[end..];
    }
    covered + rest
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '０'..='９') || "〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖".contains(c)
}

/// Where a number ends that the text starts with: digits, with single signs between groups of them, and the X of a
/// document.
fn number_end(text: &str) -> usize {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let joins = matches!(c, '-' | ' ' | '－' | '—' | '.' | '·' | '/')
            && chars.peek().is_some_and(|(_, next)| is_digit(*next));
        if is_digit(c) {
            end = at + c.len_utf8();
        } else if matches!(c, 'x' | 'X') && at > 0 {
            return at + 1;
        } else if !joins {
            break;
        }
    }
    end
}

fn is_personal(number: &str) -> bool {
    let groups: Vec<usize> = number
        .split(|c| !is_digit(c))
        .map(|group| group.chars().count())
        .filter(|digits| *digits > 0)
        .collect();
    // A day, or one with its hour: what follows a colon is no part of a number.
    let is_day = matches!(groups[..], [4, 1..=2, 1..=2]) && number.starts_with(['1', '2']);
    let is_hour = matches!(groups[..], [4, 1..=2, 1..=2, 2]) && number.starts_with("20");
    let is_date = is_day || is_hour;
    // A price has one point, and two places after it.
    let is_price = matches!(groups[..], [_, 1..=2]) && number.contains('.');
    let least = if groups.len() == 1 { LEAST_DIGITS } else { LEAST_GROUPED };
    !is_date && !is_price && groups.iter().sum::<usize>() >= least
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn persons_are_covered_and_the_matter_stays() {
        let known = [("王小明", "〔姓名〕"), ("友谊大街5号院王小明收", "〔地址〕"), ("某", "〔姓名〕")];
        for (text, covered) in [
            ("本人王小明，电话13900000001。", "本人〔姓名〕，电话〔号码〕。"),
            ("139-0000-0001 或 ０４７２５１２３４５６", "〔号码〕 或 〔号码〕"),
            ("一三九零零零零零零零一", "〔号码〕"),
            ("证件15020319900101123X号", "证件〔号码〕号"),
            ("寄友谊大街5号院王小明收", "寄〔地址〕"),
            ("邮箱 wang.x_1@mail.example.cn，谢谢", "邮箱 〔邮箱〕，谢谢"),
            (
                "2026-04-20花46.80元买3袋，不符合GB 7718和第148条，赔1000元",
                "2026-04-20花46.80元买3袋，不符合GB 7718和第148条，赔1000元",
            ),
            ("单价@5元，某店 @", "单价@5元，某店 @"),
            ("收到时间 2026-06-15 20:31", "收到时间 2026-06-15 20:31"),
            (
                "王 小 明 139.0000.0001，壹叁玖零零零零零零零壹，价12345.60元",
                "〔姓名〕 〔号码〕，〔号码〕，价12345.60元",
            ),
        ] {
            assert_eq!(masked(text, &known), covered);
        }
    }

    proptest! {
        #[test]
        fn no_phone_survives(before in "[一-龥a-z ，。-]{0,12}", phone in "1[3-9][0-9]{9}", after in "[一-龥 ，。-]{0,12}") {
            let covered = masked(&format!("{before}{phone}{after}"), &[]);
            prop_assert!(!covered.contains(&phone), "{}", covered);
        }

        #[test]
        fn any_text_is_taken(text in "\\PC{0,60}") {
            masked(&text, &[("王小明", "〔姓名〕")]);
        }
    }
}
