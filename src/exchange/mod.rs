//! Exchange (数据交换): the Excel and CSV files that clerks have, read into the words of the domain.
//!
//! A file becomes a [`Sheet`]: its rows, cut down to the columns that are known, in order of receive time and number.
//! A row becomes an [`Item`] - the submission as its sender told it and the outcome that the platform adds - or the
//! list of what is wrong with it, by column. Nothing is written here but such lists, and they hold no personal text.
//! Neither the ledger nor a database is known in this room.

mod cell;
mod columns;
mod costs;
mod lists;
mod outcome;
mod row;
mod sheet;

pub use cell::{Cell, Kind};
pub use columns::Column;
pub use costs::costs;
pub use lists::{Fault, Passed, write_faults, write_passed};
pub use outcome::Times;
pub use row::{Item, Parsed};
pub use sheet::{Row, Sheet, SheetError};
