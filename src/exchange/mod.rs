//! Exchange (数据交换): the Excel and CSV files that clerks have, read into the words of the domain.
//!
//! `file` tells what a file is and gives its rows, `header` what their columns mean, and [`Sheet`] is both: rows cut down to
//! the columns that are known, each with the reason when it does not fit its header. `value` reads single cells. A row becomes an [`Item`] - the submission as its sender told it and the outcome that the platform adds - or the
//! list of what is wrong with it, by column. Nothing is written here but such lists, and they hold no personal text.
//! Neither the ledger nor a database is known in this room.

mod cell;
mod columns;
mod costs;
mod file;
mod header;
mod lists;
mod mapping;
mod outcome;
mod roster;
mod row;
mod sheet;
mod value;

pub use cell::{Cell, Kind};
pub use columns::Column;
pub use costs::costs;
pub use file::{APART, Named, SheetError, read_text, tell_workbook};
pub use lists::{Fault, Passed, write_faults, write_passed, write_warnings};
pub use mapping::{Mapping, MappingError, columns_zh};
pub use outcome::Times;
pub use roster::{RosterRow, read_roster};
pub use row::{Item, Parsed};
pub use sheet::{Row, Sheet};
