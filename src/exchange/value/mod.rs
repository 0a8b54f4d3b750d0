//! What a cell says, one module for each kind of value: dates, money, pieces, registration numbers, words of a list.
//!
//! Each reads what people and programs write, and says what it cannot read instead of guessing.

pub(super) mod amount;
pub(super) mod count;
pub(super) mod date;
pub(super) mod number;
pub(super) mod words;
