//! What a cell says, one module for each kind of value: dates, money, pieces, registration numbers, words of a list.
//!
//! Each reads what people and programs write, and says what it cannot read instead of guessing.

pub(super) mod amount;
pub(super) mod count;
pub(super) mod date;
pub(super) mod number;
pub(super) mod words;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::exchange::cell::Cell;

    fn any_cell() -> impl Strategy<Value = Cell> {
        let text = "([0-9一二三十百千万两半廿]{1,5}|[-/.:,%~至年月日时分秒元角分件盒斤#*转()〔〕投诉举报]|[A-Za-z]{1,3}|\\PC){0,12}";
        prop_oneof![
            text.prop_map(|text| Cell::of_text(&text)),
            any::<String>().prop_map(|text| Cell::of_text(&text)),
            any::<f64>().prop_map(Cell::Number),
            any::<f64>().prop_map(Cell::Date),
            (-1e16..1e16).prop_map(Cell::Number),
            (-1e7..1e7).prop_map(Cell::Date),
        ]
    }

    proptest! {
        /// What a cell holds is read, or it is said that it cannot be.
        #[test]
        fn no_cell_panics(cell in any_cell(), unit in prop_oneof![Just(1.0), Just(1e4), Just(0.01)]) {
            let _ = (number::number(&cell), count::pieces(&cell), amount::amount(&cell, unit), date::moment(&cell), cell.text());
            if let Some(word) = cell.bare() {
                let _ = (words::kind(&word), words::is_both(&word), words::with_addition(&word));
            }
        }
    }
}
