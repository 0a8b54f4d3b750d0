//! Workbooks of the formats before 2007 and of other programs (.xls, .et, .ods), with the reader of `calamine`.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use calamine::{
    Data, ExcelDateTime, ExcelDateTimeType, Ods, Range, Reader, SheetType, SheetVisible, Xls, XlsError,
};

use super::choice::Choice;
use super::{Named, SheetError};
use crate::exchange::cell::{Cell, Unreadable};
use crate::exchange::mapping::Mapping;
use crate::exchange::sheet::{Collector, Record, Sheet};

/// Bytes of such a file at most: its reader holds it whole.
const MOST_BYTES: u64 = 128 << 20;

/// Reads a document of the format before 2007: a workbook, or something else in the same wrapping.
pub(super) fn read(path: &Path, mapping: &Mapping) -> Result<Sheet, SheetError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(SheetError::TooBig);
    }
    let names = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(name.len()).any(|window| window == name)
    };
    if names("EncryptedPackage") || names("EncryptionInfo") {
        return Err(Named::Password.into());
    }
    if names("WordDocument") {
        return Err(Named::Word.into());
    }
    if names("PowerPoint Document") {
        return Err(Named::Slides.into());
    }
    if !names("Workbook") && !names("Book") {
        let is_cut = bytes.len() < 1_536;
        return Err(if is_cut { Named::Truncated } else { Named::OtherDocument }.into());
    }
    let cursor = std::io::Cursor::new(bytes);
    let opened = guarded(|| Xls::new(cursor))?;
    let mut book = opened.map_err(|error| match error {
        XlsError::Password => Named::Password,
        _ => Named::OldDamaged,
    })?;
    sheets(&mut book, mapping)
}

/// Reads a workbook of the open format.
pub(super) fn read_open_document(path: &Path, mapping: &Mapping) -> Result<Sheet, SheetError> {
    let file = BufReader::new(File::open(path)?);
    let opened = guarded(|| Ods::new(file))?;
    let mut book = opened.map_err(|error| match error {
        calamine::OdsError::Password => Named::Password,
        _ => Named::OldDamaged,
    })?;
    sheets(&mut book, mapping)
}

/// A reader that gives up in a panic has met a damaged file: the bytes are a stranger's.
fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, SheetError> {
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| Named::OldDamaged.into())
}

/// The one visible sheet that has a header.
fn sheets<RS, R>(book: &mut R, mapping: &Mapping) -> Result<Sheet, SheetError>
where
    RS: std::io::Read + std::io::Seek,
    R: Reader<RS>,
{
    let listed = book.sheets_metadata().to_vec();
    let mut choice = Choice::new();
    for sheet in listed.into_iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        let range = guarded(|| book.worksheet_range(&sheet.name))?.map_err(|_| Named::OldDamaged)?;
        let read = collected(&range, mapping);
        match (sheet.visible, read) {
            (SheetVisible::Visible, read) => choice.read(sheet.name, read)?,
            (_, Ok(_)) => choice.passed_over(sheet.name),
            (_, Err(_)) => {}
        }
    }
    choice.made()
}

fn collected(range: &Range<Data>, mapping: &Mapping) -> Result<Sheet, SheetError> {
    let mut collector = Collector::new(mapping);
    let (first_row, first_column) = range.start().unwrap_or_default();
    for (at, row) in (first_row + 1..).zip(range.rows()) {
        let before = std::iter::repeat_n(Cell::Empty, first_column as usize);
        let cells = before.chain(row.iter().map(cell)).collect();
        collector.push(Record { number: at, cells, ..Record::default() })?;
    }
    collector.finish()
}

#[expect(clippy::cast_precision_loss, reason = "what is too long for it is refused by Cell::text")]
fn cell(value: &Data) -> Cell {
    match value {
        Data::Empty => Cell::Empty,
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Float(number) => Cell::Number(*number),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::of_text(text),
        Data::Bool(yes) => Cell::of_text(if *yes { "是" } else { "否" }),
        Data::DateTime(at) => Cell::Date(since_1900(*at)),
        Data::Error(_) => Cell::Unreadable(Unreadable::Error),
    }
}

/// Workbooks of the 1904 epoch count 1,462 days less.
fn since_1900(at: ExcelDateTime) -> f64 {
    let (year, ..) = at.to_ymd_hms_milli();
    let as_1900 = ExcelDateTime::new(at.as_f64(), ExcelDateTimeType::DateTime, false);
    if as_1900.to_ymd_hms_milli().0 == year { at.as_f64() } else { at.as_f64() + 1_462.0 }
}
