//! Registration numbers (登记编号): taken digit by digit or not at all. A number that a program has rounded is another's.

use crate::domain::ids::RegistrationNumber;
use crate::domain::placeholder::says_nothing;
use crate::domain::violation::Invalid;
use crate::exchange::cell::{Cell, EXACT, rounded};

/// A registration number, whatever the width of its digits. One with a fraction or of a date is none.
pub(in crate::exchange) fn number(cell: &Cell) -> Result<RegistrationNumber, Invalid> {
    let blank = || Invalid::new("is blank; fill it in", "不能为空");
    if let Cell::Number(number) = cell
        && number.fract() != 0.0
    {
        return RegistrationNumber::parse("");
    }
    cell.text()?.ok_or_else(blank)?;
    let text = match cell.bare() {
        Some(text) => text.into_owned(),
        None => cell.text()?.unwrap_or_default().into_owned(),
    };
    if says_nothing(&text) {
        return Err(blank());
    }
    let text = match text.split_once('.') {
        Some((whole, zeros)) if is_digits(whole) && is_zeros(zeros) => exact(whole)?,
        _ => text.as_str(),
    };
    if is_scientific(text) {
        return Err(Invalid::new(
            "in scientific notation; keep the column as text",
            "编号被存为科学计数法（如 1.15E+20），末位已丢失；请将该列设为文本格式后重新导出",
        ));
    }
    RegistrationNumber::parse(text)
}

/// Whether a spreadsheet has rewritten a long number (order, identity document) as text: in scientific notation, or with zeros for what
/// stands behind the 15th digit.
pub(in crate::exchange) fn is_rewritten(cell: &Cell) -> bool {
    const KEPT: usize = 15;
    let Some(text) = cell.bare() else { return false };
    let lost = text.get(KEPT..).is_some_and(|rest| rest.len() >= 2 && is_zeros(rest));
    is_scientific(&text) || is_digits(&text) && lost
}

/// Whether a text looks like a number of some paper: it has a digit, and no more signs than a number may have.
pub(in crate::exchange) fn is_number(cell: &Cell) -> bool {
    number(cell).is_ok_and(|number| number.as_str().bytes().any(|b| b.is_ascii_digit()))
}

/// `115020.0` went through a program that calculates. A long one that it could have rounded is not taken.
fn exact(whole: &str) -> Result<&str, Invalid> {
    let number: f64 = whole.parse().map_err(|_| rounded())?;
    let could_be_rounded = number >= EXACT && format!("{number:.0}") == whole;
    if could_be_rounded { Err(rounded()) } else { Ok(whole) }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_zeros(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b == b'0')
}

/// `1.15E+20`, `2e15`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_mantissa = mantissa.contains('.') || exponent.len() < text.len() - mantissa.len() - 1;
    is_mantissa && is_digits(&mantissa.replacen('.', "", 1)) && is_digits(exponent)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("115020326010500001", "115020326010500001")]
    #[case("１１５０２０", "115020")]
    #[case("1150 2032\u{a0}6010", "115020326010")]
    #[case("\u{feff}115020\u{200b}\t", "115020")]
    #[case("115020326010500001.0", "115020326010500001")]
    #[case("20260501000123.0", "20260501000123")]
    #[case("=\"115020\"", "115020")]
    #[case("'0115020", "0115020")]
    #[case("包市监投〔2026〕12号", "包市监投〔2026〕12号")]
    #[case("包市监投（2026）12号", "包市监投(2026)12号")]
    #[case("No.115020", "No.115020")]
    #[case("115020#1", "115020#1")]
    #[case("1640381002025111257550342", "1640381002025111257550342")]
    #[case("E12", "E12")]
    #[case("12E5", "12E5")]
    fn numbers_are_taken_digit_by_digit(#[case] text: &str, #[case] read: &str) {
        assert_eq!(number(&Cell::of_text(text)).unwrap().as_str(), read);
    }

    #[rstest]
    #[case("1.1502E+20")]
    #[case("1.15020320260501E20")]
    #[case("2.0260501000123e15")]
    #[case("1E+20")]
    #[case("-")]
    #[case("/")]
    #[case("NULL")]
    #[case("nan")]
    #[case("无")]
    #[case("")]
    #[case("2026050100012340.0")]
    #[case("#N/A")]
    #[case("1,150,203")]
    fn spoilt_numbers_are_none(#[case] text: &str) {
        assert!(number(&Cell::of_text(text)).is_err());
    }

    #[test]
    fn a_spreadsheets_number_has_fifteen_digits() {
        assert_eq!(number(&Cell::Number(115_020.0)).unwrap().as_str(), "115020");
        for lost in [2_026_050_100_012_340.0, 1.5, 1.15e20] {
            assert!(number(&Cell::Number(lost)).is_err(), "{lost}");
        }
        assert!(number(&Cell::Date(46_082.0)).is_err());
    }
}
