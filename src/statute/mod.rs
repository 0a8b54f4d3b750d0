//! The law in numbers (期限): the calendar of working days and hours.
//!
//! Pure: days, times and further calendar years are handed in. A missing year refuses nothing (promise 15).

mod calendar;
mod hours;

pub use calendar::{Calendar, Year, YearMistake, YearRow};
pub use hours::OfficeHours;
