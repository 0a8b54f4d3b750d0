//! The law in numbers (期限): the calendar, the rule sets, deadlines, and what is possible in the life of a file.
//!
//! Pure: days, times and further calendar years are handed in. No deadline depends on a score (promise 4), and a
//! missing calendar year refuses nothing: its deadlines are provisional (promise 15).

mod articles;
mod calendar;
pub mod check;
mod deadline;
mod hours;
pub mod life;
pub mod reason;
mod rules;
#[cfg(test)]
mod tests;

pub use articles::{Article, articles};
pub use calendar::{Calendar, Year, YearMistake, YearRow};
pub use deadline::{Art45, Deadline};
pub use hours::OfficeHours;
pub use rules::{Count, RuleSet, Term, Transition};
