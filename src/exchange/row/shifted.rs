//! Rows whose cells have moved (错位): a column holds what belongs to the column beside it. Nobody can tell what the other cells of such
//! a row are, so it is refused, with the first column that does not fit.

mod strange;

use super::Column as C;
use super::{Column, Row, Sheet};
use crate::domain::ids::Track;
use crate::domain::person;
use crate::exchange::cell::Cell;
use crate::exchange::outcome;
use crate::exchange::sheet::Misfit;
use crate::exchange::value::words::{self, KindOfRow};
use crate::exchange::value::{amount, count, date};

/// A sort of values that is known by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Time,
    Kind,
    Telephone,
    Standing,
    Number,
}

/// Columns of texts in which a word of the status or a time is strange.
const TEXTS: [Column; 16] = [
    C::Name,
    C::Address,
    C::Shop,
    C::Premises,
    C::Object,
    C::Problem,
    C::Product,
    C::Brand,
    C::SalesMode,
    C::Platform,
    C::OrderNumber,
    C::Demands,
    C::Story,
    C::Place,
    C::Reason,
    C::HandledBy,
];

impl Sheet {
    /// What is wrong with a row whose cells have moved.
    pub(in crate::exchange) fn shifted(&self, row: &Row) -> Option<Misfit> {
        self.moved(row).map(Misfit::Shifted)
    }

    /// Whether every row has moved, at the same column: then the header has.
    pub(in crate::exchange) fn is_shifted(&self) -> Option<Column> {
        let moved = |row: &Row| if row.misfit.is_none() { self.moved(row) } else { None };
        let first = self.rows().first().filter(|_| self.rows().len() > 1).and_then(moved)?;
        self.rows().iter().all(|row| moved(row) == Some(first)).then_some(first)
    }

    /// The first column of a row, as the file has them, that does not fit, where others show that its cells have moved. One cell may be a
    /// mistake: a time, a kind, or a status among texts shows it alone; of the others two are needed.
    fn moved(&self, row: &Row) -> Option<Column> {
        let columns = self.columns(row);
        let signs: usize = (0..columns.len()).map(|at| self.signs(row, columns, at)).sum();
        if signs < 2 {
            return None;
        }
        let is_wrong = |(at, column): &(usize, &Column)| {
            let cell = self.cell(row, **column);
            match column {
                C::Number => self.number(row).is_none(),
                C::Received | C::Kind if *cell == Cell::Empty => true,
                _ => is_unfit(**column, cell) || self.signs(row, columns, *at) > 0,
            }
        };
        columns.iter().enumerate().find(is_wrong).map(|(_, column)| *column)
    }

    /// How much the cell of a column shows that the row has moved: what belongs to it stands beside it, or a status or a time of day
    /// among texts.
    fn signs(&self, row: &Row, columns: &[Column], at: usize) -> usize {
        let column = columns[at];
        let cell = self.cell(row, column);
        let Some(sort) = sort_of(column) else {
            let is_strange = || fits(Sort::Standing, column, cell) || is_time_of_day(cell);
            let is_moved = TEXTS.contains(&column) && is_strange();
            return if is_moved { 2 } else { strange::signs(column, cell) };
        };
        // A word of one's own that the clerk has explained is one of the status.
        let is_explained = |word: &str| self.mapping.words(column).is_some_and(|own| own.contains_key(word));
        let strange = match cell.bare() {
            Some(word) if is_explained(&word) => 0,
            _ => strange::signs(column, cell),
        };
        let beside = [at.checked_sub(1), Some(at + 1).filter(|at| *at < columns.len())];
        let mut beside = beside.into_iter().flatten().map(|at| columns[at]);
        let is_moved = is_unfit(column, cell)
            && beside.any(|other| sort_of(other) != Some(sort) && fits(sort, other, self.cell(row, other)));
        match column {
            _ if !is_moved => strange,
            C::Received | C::Kind => 2,
            _ => strange.max(1),
        }
    }
}

/// Whether a column of a sort has something else.
fn is_unfit(column: Column, cell: &Cell) -> bool {
    *cell != Cell::Empty && sort_of(column).is_some_and(|sort| !is_of(sort, cell))
}

fn sort_of(column: Column) -> Option<Sort> {
    match column {
        C::Received | C::EndedAt | C::Occurred => Some(Sort::Time),
        C::Kind => Some(Sort::Kind),
        C::Phone => Some(Sort::Telephone),
        C::Amount | C::Quantity | C::Recovered | C::Fined | C::Confiscated => Some(Sort::Number),
        C::FirstCheck | C::Standing => Some(Sort::Standing),
        _ => None,
    }
}

/// Whether a column of a sort may have the cell. A status may be any word, but no value of another sort.
fn is_of(sort: Sort, cell: &Cell) -> bool {
    let is_word = |text: &str| text.chars().any(char::is_alphabetic);
    match (sort, cell) {
        (_, Cell::Unreadable(_)) | (Sort::Number, Cell::Number(_)) => true,
        (Sort::Time, _) => matches!(date::moment(cell), Ok(Some(_))) || says_little(cell),
        (Sort::Kind, _) => {
            cell.bare().is_some_and(|word| words::kind(&word).is_some() || words::is_both(&word))
        }
        (Sort::Telephone, _) => cell.bare().is_none_or(|text| person::PHONE.read(Some(&text)).is_ok()),
        (Sort::Number, _) => {
            amount::amount(cell, 1.0).is_ok() || count::pieces(cell).is_ok() || says_little(cell)
        }
        (Sort::Standing, _) => {
            cell.bare().is_some_and(|word| is_word(&word)) && !is_time_of_day(cell) && !is_kind(cell)
        }
    }
}

/// A note of a person is no value that has moved: 约三百元, 见附件, ***.
fn says_little(cell: &Cell) -> bool {
    const MOST: usize = 3;
    cell.bare().is_some_and(|text| text.contains('*') || text.chars().count() <= MOST && !is_kind(cell))
}

/// Whether the cell of another column shows a sort for sure.
fn fits(sort: Sort, column: Column, cell: &Cell) -> bool {
    match sort {
        Sort::Time => matches!(cell, Cell::Date(_)) || is_time_of_day(cell) || is_day(cell),
        Sort::Kind => is_kind(cell),
        Sort::Telephone => is_mobile(cell),
        Sort::Number => {
            matches!(cell, Cell::Number(_)) || cell.bare().is_some_and(|text| text.parse::<f64>().is_ok())
        }
        Sort::Standing => cell.bare().is_some_and(|word| outcome::is_status_alone(&word, column)),
    }
}

fn is_time_of_day(cell: &Cell) -> bool {
    cell.bare().is_some_and(|text| text.contains(':')) && matches!(date::moment(cell), Ok(Some(_)))
}

fn is_day(cell: &Cell) -> bool {
    let is_written = |text: &str| text.contains(['-', '/', '年', '.']);
    cell.bare().is_some_and(|text| is_written(&text)) && matches!(date::moment(cell), Ok(Some(_)))
}

fn is_kind(cell: &Cell) -> bool {
    const MOST: usize = 4;
    let Some(word) = cell.bare().filter(|word| word.chars().count() <= MOST) else { return false };
    matches!(words::kind(&word), Some(KindOfRow::File(Track::Complaint | Track::Report)))
}

fn is_mobile(cell: &Cell) -> bool {
    match cell {
        Cell::Number(number) => strange::is_telephone(&number.to_string()),
        cell => cell.bare().is_some_and(|text| strange::is_telephone(&text)),
    }
}
