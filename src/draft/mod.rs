//! A bureau file from what an office has (机构文件草稿): units and officers from its own table, places, operators and special lines
//! from what past exports sent where - each with its count, and what speaks against it.
//!
//! Pure: the same rows give the same text. It is a draft for a person to check: what few rows show, or rows that contradict each other,
//! is written as a comment, and no unit is made competent beside another, for that needs a document (Art. 30).

mod address;
mod learnt;
mod places;
mod staff;
mod tally;
#[cfg(test)]
mod tests;
mod write;

pub use learnt::{Confirmed, PlaceProposal, Source, proposals};

use crate::domain::ids::Track;
use crate::exchange::RosterRow;

/// What a past row of an export shows: where it was, of what it was, who handled it.
#[derive(Debug, Clone)]
pub struct PastRow {
    /// Complaint or report.
    pub track: Track,
    /// The operator's address, else the place of the act.
    pub address: Option<String>,
    /// The operator's name.
    pub shop: Option<String>,
    /// Its credit code, where it is a valid one.
    pub code: Option<String>,
    /// Category of goods or services (客体类别).
    pub object: Option<String>,
    /// Category of the problem (问题类别).
    pub problem: Option<String>,
    /// Who handled it (办理部门), as the export has it.
    pub unit: Option<String>,
}

/// A draft, with how much of it is sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The bureau file.
    pub text: String,
    /// Units.
    pub units: usize,
    /// Officers.
    pub officers: usize,
    /// Rows of the exports that name a unit of the draft.
    pub matched: usize,
    /// Rows of the exports.
    pub rows: usize,
    /// Of each table, the entries that are written and those that are commented out.
    pub entries: Vec<(&'static str, usize, usize)>,
}

/// Drafts a bureau file.
pub fn draft(past: &[PastRow], staff: &[RosterRow]) -> Draft {
    let office = staff::Office::of(past, staff);
    let found = places::Found::of(&office, past);
    write::write(&office, &found, past)
}
