//! The one normal form of a text (规范形式): what is compared, keyed and looked for, whatever signs that nobody sees, widths
//! and blanks were written between. And texts made fit for a page and for a terminal.
//!
//! What was sent is kept as it was sent; every comparison goes through here. Unicode says which signs are invisible
//! (`Default_Ignorable_Code_Point`, format and control characters) and what is one sign in another form (NFKC).

use std::borrow::Cow;
use std::fmt::Write as _;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, JoinControl};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization as _;

/// The normal form: nothing invisible, no blanks, one width (NFKC), lower case.
pub fn plain(text: &str) -> Cow<'_, str> {
    let bare = bare(text);
    if !bare.chars().any(|c| c.is_uppercase() || !is_ordinary(c)) {
        return bare;
    }
    // A letter in lower case may be written in two signs, which are one again.
    Cow::Owned(composed(bare.chars().flat_map(char::to_lowercase)))
}

/// The normal form with its case: for names that are shown, and for numbers and codes.
pub fn bare(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if !text.contains(char::is_whitespace) {
        return text;
    }
    let bare = text.chars().filter(|c| !c.is_whitespace());
    // A mark that stood on a blank stands on the letter before it, and with it is one sign.
    Cow::Owned(if text.chars().all(is_ordinary) { bare.collect() } else { bare.nfc().collect() })
}

/// Without what is invisible, in one width; blanks stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_ordinary) {
        return Cow::Borrowed(text);
    }
    if text.chars().all(|c| is_ordinary(c) || is_wide(c)) {
        return Cow::Owned(text.chars().map(narrowed).collect());
    }
    Cow::Owned(composed(text.chars()))
}

/// Without what is invisible, and else as it was sent.
pub fn seen(text: &str) -> Cow<'_, str> {
    if text.contains(is_invisible) { Cow::Owned(text.replace(is_invisible, "")) } else { Cow::Borrowed(text) }
}

/// Whether nobody sees anything of it.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// Fit for a page: without the signs that turn the direction of a line or mark it otherwise, and else as it was sent.
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.contains(is_format) { Cow::Owned(text.replace(is_format, "")) } else { Cow::Borrowed(text) }
}

/// Fit for a terminal: such signs are written out as `\u202e`. In JSON that is the same text.
pub fn written_out(text: &str) -> Cow<'_, str> {
    if !text.contains(is_format) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        if is_format(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(written, "\\u{unit:04x}");
            }
        } else {
            written.push(c);
        }
    }
    Cow::Owned(written)
}

/// Composed as NFKC has it, without what is invisible before and after.
fn composed(text: impl Iterator<Item = char>) -> String {
    text.filter(|c| !is_invisible(*c)).nfkc().filter(|c| !is_invisible(*c)).nfc().collect()
}

/// What most texts are made of; it is its own normal form but for case and blanks, and joins with no sign beside it.
fn is_ordinary(c: char) -> bool {
    matches!(c, ' '..='~' | '\n' | '\r' | '\t' | '\u{4e00}'..='\u{9fff}' | '、' | '。' | '《' | '》' | '“' | '”' | '‘' | '’' | '—')
}

/// Full-width forms of ASCII, in its order.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{ff01}'..='\u{ff5e}' | '\u{3000}')
}

fn narrowed(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        c if is_wide(c) => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// Nothing is seen of it, and it is no blank. The empty pattern of Braille is a letter to Unicode, and nothing to a reader.
fn is_invisible(c: char) -> bool {
    !is_ordinary(c)
        && !c.is_whitespace()
        && (c == '\u{2800}'
            || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
            || matches!(category(c), GeneralCategory::Format | GeneralCategory::Control))
}

/// It changes how others are shown. Joiners stay: scripts and pictures are written with them.
fn is_format(c: char) -> bool {
    !is_ordinary(c)
        && category(c) == GeneralCategory::Format
        && !CodePointSetData::new::<JoinControl>().contains(c)
}

/// The first Chinese mark of a line where its program reads ASCII alone: a quote, an equals sign or a bracket, outside of quotes.
pub fn chinese_mark(line: &str) -> Option<char> {
    let mut quote = None;
    line.chars().find(|c| match (quote, *c) {
        (None, '"' | '\'') => {
            quote = Some(*c);
            false
        }
        (Some(open), c) if open == c => {
            quote = None;
            false
        }
        (None, c) => "“”‘’＂＇＝【】［］，＃".contains(c),
        (Some(_), _) => false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("友谊大街 5号\u{200b}院", "友谊大街5号院")]
    #[case("\u{feff}王\u{3164}小\u{fe0f}明\u{e0041}", "王小明")]
    #[case("ＡＢＣ　（昆区）店：１２－３，", "abc(昆区)店:12-3,")]
    #[case("e\u{200b}\u{301}té", "été")]
    #[case("①㎏ ﾊﾝ⼀", "1kgハン一")]
    #[case("木\u{ad}耳\u{2800}", "木耳")]
    #[case("g\u{af}", "\u{1e21}")]
    #[case("一\n二\u{2028}三\t四\u{85}", "一二三四")]
    #[case("包头百货大楼", "包头百货大楼")]
    #[case("", "")]
    fn one_form_of_a_text(#[case] text: &str, #[case] form: &str) {
        assert_eq!(plain(text), form);
    }

    #[test]
    fn what_nobody_sees_is_blank() {
        assert!(is_blank("") && is_blank(" \u{200b}\u{3000}\u{3164}\u{2800}\u{e0100}\n"));
        assert!(!is_blank("\u{200b}.") && !is_blank("店"));
    }

    #[test]
    fn pages_lose_and_terminals_write_out_what_turns_a_line() {
        let text = "店\u{202e}名\u{2069}，👩\u{200d}🍳葛\u{e0100}\u{e0041}";
        assert_eq!(shown(text), "店名，👩\u{200d}🍳葛\u{e0100}");
        assert_eq!(written_out(text), "店\\u202e名\\u2069，👩\u{200d}🍳葛\u{e0100}\\udb40\\udc41");
        let json = serde_json::to_string(text).unwrap();
        assert_eq!(serde_json::from_str::<String>(&written_out(&json)).unwrap(), text);
    }

    proptest! {
        /// The short ways give what the long one gives, and once is enough.
        #[test]
        fn short_ways_are_the_long_one(text in "([ -~]|[一-龥]|[！-～]|[、。《》“”‘’—　]|.|\\PC){0,40}") {
            let long = composed(text.chars());
            prop_assert_eq!(visible(&text), long.as_str());
            let form = bare(&text).into_owned();
            prop_assert_eq!(bare(&form), form.as_str());
            let form = plain(&text).into_owned();
            prop_assert_eq!(plain(&form), form.as_str());
            prop_assert!(!form.chars().any(|c| c.is_whitespace() || is_invisible(c)), "{}", form.escape_unicode());
        }

        #[test]
        fn unseen_signs_and_blanks_make_no_difference(
            text in "\\PC{0,30}",
            signs in proptest::collection::vec(("[\u{200b}\u{202e}\u{feff}\u{ad}\u{3164}\u{fe0f}\u{e0041}\u{3000} \t]", any::<proptest::sample::Index>()), 0..10),
        ) {
            let mut strewn: Vec<char> = text.chars().collect();
            for (sign, place) in &signs {
                strewn.insert(place.index(strewn.len() + 1), sign.chars().next().unwrap());
            }
            let strewn: String = strewn.into_iter().collect();
            prop_assert_eq!(plain(&strewn), plain(&text));
        }
    }

    #[rstest]
    #[case("\"流水号\" = \"登记编号（“旧”）\"", None)]
    #[case("“流水号” = “登记编号”", Some('“'))]
    #[case("\"流水号\" ＝ \"登记编号\"", Some('＝'))]
    #[case("names = [\"甲\"，\"乙\"]", Some('，'))]
    fn chinese_marks_are_found_outside_of_quotes(#[case] line: &str, #[case] mark: Option<char>) {
        assert_eq!(chinese_mark(line), mark);
    }
}
