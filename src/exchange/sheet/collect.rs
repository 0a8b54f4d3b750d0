//! Rows as a file gives them, one after the other: the header is found among them, and what stands under it is kept.

use std::collections::BTreeMap;

use super::merged::{MOST_MERGED, Merged};
use super::{Misfit, Row, Sheet, rows};
use crate::exchange::cell::Cell;
use crate::exchange::columns::Column;
use crate::exchange::file::{Named, SheetError};
use crate::exchange::header::{Header, Slot, is_details, known_titles, letters};
use crate::exchange::mapping::Mapping;
use crate::exchange::value::number;

/// Rows taken from one file at most (promise 13): more than all districts of a large city receive in half a year.
pub(in crate::exchange) const MOST_ROWS: usize = 300_000;
/// Rows of a spreadsheet, blank ones too: no program writes more.
const MOST_RECORDS: usize = 1_048_576;
/// Cells of one file at most, blank ones too.
const MOST_CELLS: usize = 100_000_000;
/// Bytes that the rows of one file keep at most.
const MOST_KEPT: usize = 384 << 20;
/// Bytes of text in one row at most.
const MOST_ROW: usize = 1 << 20;
/// Columns of a sheet.
const MOST_COLUMNS: usize = 16_384;
/// Titles and notes are above the header of some exports: so many rows with something in them.
pub(in crate::exchange) const HEADER_WITHIN: usize = 100;
/// Places without a title of which it is told.
const UNTITLED_MOST: usize = 20;

/// One row as a file has it.
#[derive(Debug, Default)]
pub(in crate::exchange) struct Record {
    pub(in crate::exchange) number: u32,
    pub(in crate::exchange) cells: Vec<Cell>,
    /// A text file says how many cells a row has: the blank ones behind the last too.
    pub(in crate::exchange) counted: bool,
    /// Nothing ends it: the file does.
    pub(in crate::exchange) is_open: bool,
    /// Its cells cannot be told apart.
    pub(in crate::exchange) misfit: Option<Misfit>,
    /// A filter or a person has hidden it.
    pub(in crate::exchange) is_hidden: bool,
    /// Bytes of its cells so far.
    pub(in crate::exchange) bytes: usize,
}

impl Record {
    /// Puts a cell at its place. A row with more text than a row can have is none.
    pub(in crate::exchange) fn place(&mut self, at: usize, cell: Cell) {
        if cell == Cell::Empty || at >= MOST_COLUMNS || self.misfit.is_some() {
            return;
        }
        self.bytes += cell.weight();
        if self.bytes > MOST_ROW {
            self.misfit = Some(Misfit::TooLong);
            self.cells = Vec::new();
            return;
        }
        if self.cells.len() <= at {
            self.cells.resize_with(at + 1, Cell::default);
        }
        self.cells[at] = cell;
    }
}

/// Rows as they come, until the header is found and from there on.
pub(in crate::exchange) struct Collector<'m> {
    mapping: &'m Mapping,
    /// Only whether there is a header is wanted.
    is_looking: bool,
    /// Texts of the row above, and of the header's row while the row below it may still belong to it.
    above: Vec<String>,
    pending: Option<(u32, Vec<String>)>,
    headers: Vec<Header>,
    /// Cells of the header as a text file counts them, by table.
    counts: Vec<usize>,
    rows: Vec<Row>,
    /// Rows with fewer cells than their header: place among the rows, and whether the file ends in it.
    short: Vec<(usize, bool)>,
    /// Rows before the header that have something in them.
    before: usize,
    /// Rows and cells that were given, blank ones too.
    records: usize,
    cells: usize,
    kept: usize,
    hidden: usize,
    footers: usize,
    /// Places without a title that hold something, with the first row in which they do.
    untitled: BTreeMap<usize, u32>,
    merged: Vec<Merged>,
    /// Nothing ends the last row that was kept.
    ends_open: bool,
}

impl<'m> Collector<'m> {
    pub(in crate::exchange) fn new(mapping: &'m Mapping) -> Self {
        Self {
            mapping,
            is_looking: false,
            above: Vec::new(),
            pending: None,
            headers: Vec::new(),
            counts: Vec::new(),
            rows: Vec::new(),
            short: Vec::new(),
            before: 0,
            records: 0,
            cells: 0,
            kept: 0,
            hidden: 0,
            footers: 0,
            untitled: BTreeMap::new(),
            merged: Vec::new(),
            ends_open: false,
        }
    }

    /// One that wants no more than the header.
    pub(in crate::exchange) fn looking(mapping: &'m Mapping) -> Self {
        Self { is_looking: true, ..Self::new(mapping) }
    }

    /// Whether it needs no further rows.
    pub(in crate::exchange) fn has_enough(&self) -> bool {
        self.is_looking && self.has_header()
    }

    /// Whether the header was found.
    pub(in crate::exchange) fn has_header(&self) -> bool {
        self.pending.is_some() || !self.headers.is_empty()
    }

    /// Columns of the header that was found.
    pub(in crate::exchange) fn columns(&self) -> usize {
        let pending =
            self.pending.as_ref().and_then(|(_, row)| Header::of(&self.above, row, &[], self.mapping));
        let header = pending.as_ref().or(self.headers.last());
        header.map_or(0, |header| header.slots().len())
    }

    /// Whether the cells of a line are a row of the table: it goes as far as the text of a row, and its number, its time
    /// and its kind stand where they belong. A line of a story may begin with a number, and may hold a date and commas.
    pub(in crate::exchange) fn is_like_a_row(&self, cells: &[Cell]) -> bool {
        let pending =
            self.pending.as_ref().and_then(|(_, row)| Header::of(&self.above, row, &[], self.mapping));
        let count = self.pending.as_ref().map(|(_, row)| row.len()).or(self.counts.last().copied());
        pending
            .as_ref()
            .or(self.headers.last())
            .is_some_and(|header| rows::is_like_one(header, cells, count.unwrap_or_default()))
    }

    pub(in crate::exchange) fn push(&mut self, mut record: Record) -> Result<(), SheetError> {
        self.records += 1;
        self.cells += record.cells.len();
        if self.records > MOST_RECORDS || self.cells > MOST_CELLS {
            return Err(Named::HugeSheet.into());
        }
        let is_blank = record.misfit.is_none() && record.cells.iter().all(|cell| *cell == Cell::Empty);
        if is_blank {
            return Ok(());
        }
        if let Some((number, row)) = self.pending.take() {
            let texts = texts(&record.cells);
            if number.checked_add(1) == Some(record.number)
                && record.misfit.is_none()
                && is_details(&row, &texts)
            {
                self.begin(&row, &texts, record.cells.len());
                return Ok(());
            }
            self.begin(&row, &[], row.len());
        }
        if record.misfit.is_none() && self.may_be_header(&record.cells) {
            let row = texts(&record.cells);
            if self.starts_table(&row) {
                self.pending = Some((record.number, row));
                return Ok(());
            }
        }
        if self.headers.is_empty() {
            self.before += 1;
            self.above = texts(&record.cells);
            return if self.before >= HEADER_WITHIN { Err(SheetError::NoHeader) } else { Ok(()) };
        }
        self.keep(&mut record)
    }

    /// Whether it is worth to look for titles: before the header always; later where the number should be, no digit is.
    fn may_be_header(&self, cells: &[Cell]) -> bool {
        let Some(header) = self.headers.last() else { return true };
        let place = header.slots().first().and_then(|slot| slot.places.first());
        match place.and_then(|place| cells.get(*place)) {
            Some(Cell::Text(text)) => !text.contains(|c: char| c.is_ascii_digit()),
            Some(Cell::Empty) | None => true,
            Some(_) => false,
        }
    }

    /// Whether a row of titles is a header: it names the number and something else, or below a header enough columns
    /// that what follows is another table.
    fn starts_table(&self, row: &[String]) -> bool {
        let known = known_titles(row, self.mapping);
        known >= 2
            && Header::of(&self.above, row, &[], self.mapping).is_some_and(|header| {
                header.is_ours(self.mapping) || known >= 4 || !self.headers.is_empty() && known >= 3
            })
    }

    /// A table begins. What stood under an earlier header that lacks what a row needs were criteria, or a list beside.
    fn begin(&mut self, row: &[String], details: &[String], count: usize) {
        let Some(header) = Header::of(&self.above, row, details, self.mapping) else { return };
        self.above = Vec::new();
        let is_whole = header.missing(self.mapping).is_empty();
        if self.headers.last().is_some_and(|last| last.is_same(&header)) {
            return;
        }
        if is_whole && self.headers.iter().all(|earlier| !earlier.missing(self.mapping).is_empty()) {
            (self.headers, self.counts, self.rows, self.short) = Default::default();
            (self.hidden, self.footers) = (0, 0);
            self.untitled.clear();
        }
        if self.headers.len() < usize::from(u16::MAX) {
            self.headers.push(header);
            self.counts.push(count.max(row.len()));
        }
    }

    fn keep(&mut self, record: &mut Record) -> Result<(), SheetError> {
        let Some(header) = self.headers.last() else { return Ok(()) };
        if self.rows.len() >= MOST_ROWS {
            return Err(SheetError::TooBig);
        }
        let count = self.counts.last().copied().unwrap_or_default();
        if record.misfit.is_none() && !self.mapping.is_roster() && rows::is_footer(header, &record.cells) {
            self.footers += 1;
            return Ok(());
        }
        if record.counted && record.misfit.is_none() && record.cells.len() > count {
            record.misfit = Some(Misfit::MoreCells);
        }
        if record.misfit.is_none() && !header.missing(self.mapping).is_empty() {
            record.misfit = Some(Misfit::OtherTable);
        }
        if record.misfit.is_none() && rows::has_end_beside(header, &record.cells) {
            record.misfit = Some(Misfit::Shifted(Column::EndedAt));
        }
        self.ends_open = record.is_open && record.misfit.is_none();
        let is_short = record.counted && record.misfit.is_none() && record.cells.len() < count;
        // Of a row that does not fit, it is said that it does not: its last cell stands in no column of the file.
        let record_fits = record.misfit.is_none();
        for (at, cell) in record.cells.iter().enumerate() {
            let is_titled = header.titled.get(at).copied().unwrap_or_default();
            if record_fits && !is_titled && *cell != Cell::Empty && self.untitled.len() < UNTITLED_MOST {
                self.untitled.entry(at).or_insert(record.number);
            }
        }
        let mut take = |places: &Vec<usize>| {
            let filled =
                places.iter().find(|at| record.cells.get(**at).is_some_and(|cell| *cell != Cell::Empty));
            filled.and_then(|at| record.cells.get_mut(*at)).map(std::mem::take).unwrap_or_default()
        };
        // Of a row that does not fit, its number alone is kept, where it has one: it is found by that in the list.
        let keeps = |slot: &Slot| record_fits || slot.column == Column::Number;
        let mut cells: Box<[Cell]> = (header.slots().iter())
            .map(|slot| if keeps(slot) { take(&slot.places) } else { Cell::Empty })
            .collect();
        if !record_fits && !cells.iter().any(number::is_number) {
            cells = Box::default();
        }
        if record.misfit.is_none() && cells.iter().all(|cell| *cell == Cell::Empty) {
            return Ok(());
        }
        self.kept += cells.iter().map(Cell::weight).sum::<usize>();
        if self.kept > MOST_KEPT {
            return Err(SheetError::TooBig);
        }
        self.hidden += usize::from(record.is_hidden);
        if is_short {
            self.short.push((self.rows.len(), record.is_open));
        }
        let table = u16::try_from(self.headers.len() - 1).unwrap_or(u16::MAX);
        self.rows.push(Row { number: record.number, table, misfit: record.misfit, cells: cells.into() });
        Ok(())
    }

    /// Takes note of merged cells, which a file tells behind its rows.
    pub(in crate::exchange) fn merge(&mut self, merged: Merged) {
        if merged.first < merged.last && self.merged.len() < MOST_MERGED {
            self.merged.push(merged);
        }
    }

    pub(in crate::exchange) fn finish(mut self) -> Result<Sheet, SheetError> {
        if let Some((_, row)) = self.pending.take() {
            self.begin(&row, &[], row.len());
        }
        let Some(first) = self.headers.first() else { return Err(SheetError::NoHeader) };
        if self.headers.iter().all(|header| !header.missing(self.mapping).is_empty()) {
            return Err(SheetError::Missing(first.missing(self.mapping)));
        }
        let doubtful: Vec<String> = self.headers.iter().flat_map(|header| header.doubtful.clone()).collect();
        if !doubtful.is_empty() {
            return Err(SheetError::Doubtful(doubtful));
        }
        let notes = self.notes();
        let mut sheet =
            Sheet { mapping: self.mapping.clone(), headers: self.headers, rows: self.rows, notes };
        let filled = sheet.fill_merged(&self.merged, MOST_KEPT - self.kept).ok_or(SheetError::TooBig)?;
        for (title, cells) in filled {
            sheet.notes.push(format!(
                "“{title}”有 {cells} 个单元格与上方的单元格合并，已按合并后的内容读取，请核对"
            ));
        }
        if self.ends_open {
            sheet.judge_open_end();
        }
        sheet.judge_short_rows(&self.short);
        sheet.judge_numbers();
        match sheet.is_shifted().filter(|_| !self.mapping.is_roster()) {
            Some(column) => Err(SheetError::Shifted(sheet.title(&sheet.rows[0], column).to_owned())),
            None => Ok(sheet),
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.hidden > 0 {
            notes.push(format!("含 {} 行隐藏（筛选）的行，已一并导入", self.hidden));
        }
        let places: Vec<String> =
            self.untitled.iter().map(|(at, row)| format!("{} 列（第 {row} 行起）", letters(*at))).collect();
        if !places.is_empty() {
            notes.push(format!("没有表头的列有内容，未读取：{}", places.join("、")));
        }
        if self.footers > 0 {
            notes.push(format!("{} 行合计、制表人等表尾，不是数据，未导入", self.footers));
        }
        notes
    }
}

/// The texts of a row, where it has any.
fn texts(cells: &[Cell]) -> Vec<String> {
    cells
        .iter()
        .map(|cell| if let Cell::Text(text) = cell { text.to_string() } else { String::new() })
        .collect()
}
