//! Masked values (脱敏): what platforms write over the digits and characters that we are not to see. Whatever sign they
//! take for it, a masked value is no value.

use super::plain::{bare, plain};

/// Signs that stand for a character that is kept from us.
fn is_star(c: char) -> bool {
    matches!(
        c,
        '*' | '∗'
            | '⁎'
            | '✱'
            | '✲'
            | '•'
            | '●'
            | '○'
            | '◯'
            | '◦'
            | '⚫'
            | '⚪'
            | '×'
            | '✕'
            | '✖'
            | '✗'
            | '╳'
            | '⨯'
            | '※'
            | '█'
            | '▇'
            | '▉'
            | '■'
            | '□'
            | '▓'
            | '▒'
            | '░'
            | '★'
            | '☆'
            | '◆'
            | '◇'
            | '∎'
    )
}

/// Only stars and blanks: a masked free text. A story that mentions `***` is still a story.
pub fn all_stars(text: &str) -> bool {
    let text = plain(text);
    !text.is_empty() && (text.chars().all(is_star) || text.len() >= 3 && text.chars().all(|c| c == 'x'))
}

/// Any star: a masked name, number or code (`张*`, `138****1234`).
pub fn any_star(text: &str) -> bool {
    plain(text).contains(is_star)
}

/// A masked name of a business: a star, or two signs on end. A single ★ or × may be part of a shop's sign.
pub fn masked_business(text: &str) -> bool {
    let text = plain(text);
    let signs: Vec<bool> = text.chars().map(is_star).collect();
    text.contains('*') || signs.windows(2).any(|two| two == [true, true])
}

/// A masked name: stars, X behind a Chinese character (王X), or a surname with a title (王女士), which says as little.
pub fn masked_name(text: &str) -> bool {
    const TITLES: [&str; 8] = ["先生", "女士", "小姐", "男士", "同志", "师傅", "大姐", "大爷"];
    let text = plain(text);
    let surname = |name: &str| (1..=2).contains(&name.chars().count()) && !name.is_ascii();
    let crossed = text.trim_end_matches('x');
    text.contains(is_star)
        || crossed.len() < text.len() && surname(crossed)
        || TITLES.iter().any(|title| text.strip_suffix(title).is_some_and(surname))
}

/// A masked telephone or account number: stars, or a run of signs among its digits (`135----7780`, `135xxxx7780`). A star
/// before the extension of a landline masks nothing.
pub fn masked_number(text: &str) -> bool {
    let text = bare(text);
    if let Some((line, extension)) = text.split_once('*')
        && is_landline(line)
        && (1..=6).contains(&extension.len())
        && extension.bytes().all(|b| b.is_ascii_digit())
    {
        return false;
    }
    any_star(&text)
        || among_digits(&text, |c| matches!(c, 'x' | 'X' | '?' | '_' | '#' | '·'), 2)
        || among_digits(&text, |c| matches!(c, '-' | '.' | '\u{2014}'), 3)
}

/// A masked document number or code: stars, or at least three letters X or signs on end among its digits.
pub fn masked_code(text: &str) -> bool {
    any_star(text) || among_digits(&plain(text), |c| matches!(c, 'x' | '?' | '_' | '#' | '·' | '-' | '.'), 3)
}

/// Whether a run of `least` or more such signs stands beside a digit.
fn among_digits(text: &str, sign: fn(char) -> bool, least: usize) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let mut at = 0;
    while at < chars.len() {
        let length = chars[at..].iter().take_while(|c| sign(**c)).count();
        if length >= least && (is_digit(at.checked_sub(1)) || is_digit(Some(at + length))) {
            return true;
        }
        at += length.max(1);
    }
    false
}

/// A whole line with its area code, or a local one.
fn is_landline(line: &str) -> bool {
    let digits: Vec<char> = line.chars().filter(|c| !matches!(c, '-' | '(' | ')')).collect();
    let whole = match digits.first() {
        Some('0') => 10..=12,
        Some('2'..='9') => 7..=8,
        _ => return false,
    };
    whole.contains(&digits.len()) && digits.iter().all(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn stars_mask_a_name_but_not_a_story() {
        assert!(any_star("张*") && any_star("138****1234") && any_star("*****"));
        assert!(all_stars("*****") && all_stars("＊＊ ＊") && all_stars("●●●") && all_stars("XXXX"));
        assert!(!all_stars("包装上写着***字样") && !all_stars("  ") && !all_stars("xx"));
    }

    #[rstest]
    #[case::masked(
        "135----7780 135xxxx7780 135XXXX7780 135••••7780 135××××7780 135﹡﹡﹡﹡7780 135＊＊＊＊7780 135●●●●7780 135????7780 \
         135____7780 135....7780 ******* 1354720*780 0472-515**** 13547****** □□□□7780",
        true
    )]
    #[case::whole(
        "0472-5151234*801 5151234*8 135-4720-7780 0472——5151234 13547207780 135.4720.7780 0472-5151234-801",
        false
    )]
    fn every_sign_of_a_mask_masks_a_number(#[case] texts: &str, #[case] masked: bool) {
        for text in texts.split(' ').filter(|text| !text.is_empty()) {
            assert_eq!(masked_number(text), masked, "{text}");
        }
    }

    #[rstest]
    #[case::masked("张* 张** 王X 王xx 欧阳X 王女士 欧阳先生 李○○ 王×× ■■■", true)]
    #[case::whole("王某 张晓明 买买提·艾力 Max 阿X小X 王小女", false)]
    fn a_name_with_a_part_left_out_is_masked(#[case] texts: &str, #[case] masked: bool) {
        for text in texts.split(' ') {
            assert_eq!(masked_name(text), masked, "{text}");
        }
    }

    #[test]
    fn the_last_sign_of_a_document_number_masks_nothing() {
        assert!(!masked_code("11010519491231002X") && !masked_code("E12345678"));
        assert!(masked_code("110105XXXXXXXX002X") && masked_code("1101051949****002X"));
    }
}
