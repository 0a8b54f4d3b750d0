//! A file with rows (导出文件): the rows under its header, whatever the order of its columns, cut down to what is read.
//!
//! A row that does not fit its header is kept with the reason, and never taken.

mod collect;
mod merged;
mod rows;

use std::collections::HashSet;

use super::cell::{Cell, Kind};
use super::columns::Column;
use super::header::{Header, Unread};
use super::mapping::Mapping;
use super::value::{date, number};
use crate::domain::personal::Personal;
pub(super) use collect::{Collector, HEADER_WITHIN, MOST_ROWS, Record};
pub(super) use merged::Merged;

/// The rows of a file.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub(super) mapping: Mapping,
    headers: Vec<Header>,
    rows: Vec<Row>,
    notes: Vec<String>,
}

/// One row: its number in the spreadsheet, from 1, and the cells that are read.
#[derive(Debug, Clone)]
pub struct Row {
    /// Number of the row in the spreadsheet, the header counted.
    pub number: u32,
    /// Under which header it stands.
    table: u16,
    /// It does not fit its header.
    pub(super) misfit: Option<Misfit>,
    cells: Personal<Box<[Cell]>>,
}

/// Why a row is no row of its table (不合表头的行).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfit {
    /// A quotation mark without its other.
    Quote,
    /// It stands between two quotation marks that look like those of one cell, and other rows with it.
    Swallowed,
    /// Longer than a row can be.
    TooLong,
    /// More cells than the header.
    MoreCells,
    /// Fewer cells than the header.
    FewerCells,
    /// Fewer cells than the header, and nothing behind it: the file ends in it.
    CutOff,
    /// A word of one column stands in another.
    Shifted(Column),
    /// Its number has lost its last digits, as all long ones of the file have.
    Rounded,
    /// Its number has lost the zeros that all others begin with.
    ZerosLost,
    /// Its table lacks what a row needs.
    OtherTable,
}

impl Misfit {
    /// The column that it is told of.
    pub(super) fn column(self) -> Column {
        match self {
            Misfit::Shifted(column) => column,
            _ => Column::Number,
        }
    }

    /// Of what kind the value is that is wrong.
    pub(super) fn kind(self) -> Kind {
        match self {
            Misfit::Rounded | Misfit::ZerosLost => Kind::Number,
            _ => Kind::Row,
        }
    }

    /// What is wrong and what to do.
    pub(super) fn zh(self) -> &'static str {
        match self {
            Misfit::Quote => {
                "本行的引号不成对（没有闭合，或闭合后还有文字），无法分清各列；请在原系统重新导出，或在 Excel 中打开核对后另存为 .xlsx"
            }
            Misfit::Swallowed => {
                "本行与相邻的行被一对引号连成了一格（前面某行多了一个引号，后面某行又有一个），无法确定各行的内容，这些行都没有导入；请在原文件中删去或补齐引号，或在原系统重新导出"
            }
            Misfit::TooLong => "本行过长（超过 1 MB），不像一行数据；请在 Excel 中打开核对",
            Misfit::MoreCells => "本行的单元格多于表头，可能有未加引号的逗号，其后各列已错位",
            Misfit::FewerCells => "本行的单元格少于表头，可能在文字中间换了行或缺了逗号，各列已错位",
            Misfit::CutOff => {
                "本行的单元格少于表头，或者编号比其他行短，且文件到此为止：文件不完整（下载时被截断），请重新导出"
            }
            Misfit::Shifted(_) => "本行各列已错位：这一列的内容是另一列的用语，请在原文件中核对",
            Misfit::Rounded => {
                "文件中的长编号末位都是 0：已被存为数字，末位已丢失；请将该列设为文本格式后重新导出"
            }
            Misfit::ZerosLost => "编号比其他行短，开头的 0 已丢失；请将该列设为文本格式后重新导出",
            Misfit::OtherTable => "本行上方另有一个表头，其中缺少必需的列；请将两张表分开导入",
        }
    }
}

impl Sheet {
    /// Columns of the file that are not read, with the letters they have in a spreadsheet.
    pub fn ignored(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let unread = self.headers.iter().flat_map(|header| &header.ignored).map(Unread::zh);
        unread.filter(|unread| seen.insert(unread.clone())).collect()
    }

    /// What else of the file was not read, or read in a way that people should know of: a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether the file has a column.
    pub fn has(&self, column: Column) -> bool {
        self.headers.iter().any(|header| header.slot(column).is_some())
    }

    /// All rows in the order of the file. Blank rows are none.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Takes the rows out, for whoever lets go of each once it is done with it. What the sheet knows of them stays.
    pub fn take_rows(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.rows)
    }

    /// A cell of one of this sheet's rows; empty when the file has no such column.
    pub fn cell<'a>(&self, row: &'a Row, column: Column) -> &'a Cell {
        const EMPTY: &Cell = &Cell::Empty;
        let slot = self.header(row).slot(column);
        slot.and_then(|slot| row.cells.expose().get(slot)).unwrap_or(EMPTY)
    }

    /// What this file calls a column of a row.
    pub fn title(&self, row: &Row, column: Column) -> &str {
        self.header(row).title(column)
    }

    /// What an amount in a column counts in, in yuan.
    pub(super) fn unit(&self, row: &Row, column: Column) -> f64 {
        self.header(row).unit(column)
    }

    /// The columns of a row that are read, as the file has them.
    pub(super) fn columns(&self, row: &Row) -> &[Column] {
        self.header(row).columns()
    }

    fn header(&self, row: &Row) -> &Header {
        &self.headers[usize::from(row.table)]
    }

    /// The same, with something more to say of it.
    pub(super) fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }
}

impl Sheet {
    /// A program that leaves out the blank cells at a row's end does so in many rows. A row that alone is short has lost
    /// what it lacks, and so has one whose next row does not begin like a row.
    fn judge_short_rows(&mut self, short: &[(usize, bool)]) {
        // A line of a story may begin with a number too, and has no time behind it.
        let begins = |sheet: &Self, at: usize| {
            let is_row = |row: &Row| {
                let has_time = !sheet.columns(row).contains(&Column::Received)
                    || row.misfit.is_some()
                    || matches!(date::moment(sheet.cell(row, Column::Received)), Ok(Some(_)));
                number::is_number(sheet.cell(row, Column::Number)) && has_time
            };
            sheet.rows.get(at).is_none_or(is_row)
        };
        let is_sound = |sheet: &Self, at: usize| begins(sheet, at) && begins(sheet, at + 1);
        let sound = short.iter().filter(|(at, is_open)| !is_open && is_sound(self, *at)).count();
        let is_habit = sound >= 2 && sound * 10 >= self.rows.len();
        for (at, is_open) in short {
            let misfit = match (is_open, is_habit && is_sound(self, *at)) {
                (true, _) => Misfit::CutOff,
                (false, true) => continue,
                (false, false) => Misfit::FewerCells,
            };
            self.rows[*at].misfit = Some(misfit);
        }
    }

    /// A file that ends in its last row may have been cut in it. Where all other numbers have one length, a shorter last one was; else
    /// people are asked to look.
    fn judge_open_end(&mut self) {
        let length = |row: &Row| {
            number::number(self.cell(row, Column::Number)).ok().map(|number| number.as_str().len())
        };
        let Some((last, others)) = self.rows.split_last() else { return };
        let lengths: HashSet<Option<usize>> = others.iter().map(length).collect();
        let usual =
            lengths.iter().next().copied().flatten().filter(|_| lengths.len() == 1 && others.len() >= 3);
        let is_cut = usual.zip(length(last)).is_some_and(|(usual, last)| last < usual);
        let number = last.number;
        if let Some(last) = self.rows.last_mut().filter(|_| is_cut) {
            last.misfit.get_or_insert(Misfit::CutOff);
        } else {
            self.notes
                .push(format!("文件末尾没有换行：文件可能没有下载完整，请核对最后一行（第 {number} 行）"));
        }
    }

    /// What only all numbers of a file together show: that their last digits are lost, or their first zeros.
    fn judge_numbers(&mut self) {
        let numbers: Vec<Option<String>> = self
            .rows
            .iter()
            .map(|row| {
                number::number(self.cell(row, Column::Number)).ok().map(|number| number.as_str().to_owned())
            })
            .collect();
        let is_long = |text: &str| text.len() > 15 && text.bytes().all(|b| b.is_ascii_digit());
        let long: Vec<&str> =
            numbers.iter().flatten().map(String::as_str).filter(|text| is_long(text)).collect();
        let are_rounded = long.len() >= 3 && long.iter().all(|text| text[15..].bytes().all(|b| b == b'0'));
        let zeros = numbers.iter().flatten().filter(|text| text.starts_with('0')).count();
        let length = numbers.iter().flatten().find(|text| text.starts_with('0')).map_or(0, String::len);
        let begin_with_zero = zeros >= 2 && zeros * 2 > numbers.len();
        for (row, number) in self.rows.iter_mut().zip(&numbers) {
            let Some(number) = number else { continue };
            let is_digits = number.bytes().all(|b| b.is_ascii_digit());
            if are_rounded && is_long(number) {
                row.misfit.get_or_insert(Misfit::Rounded);
            } else if begin_with_zero && is_digits && !number.starts_with('0') && number.len() < length {
                row.misfit.get_or_insert(Misfit::ZerosLost);
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
