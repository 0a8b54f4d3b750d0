//! Workbooks of the formats before 2007 and of other programs (.xls, .et, .ods), with the reader of `calamine`.
//!
//! That reader takes the room that a file claims to need. So the command reads them in a process of its own
//! ([`tell_workbook`]), whose room is bounded by the size of the file; without such a program it is done in this process.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use calamine::{
    Data, Dimensions, ExcelDateTime, ExcelDateTimeType, Ods, Range, Reader, SheetType, SheetVisible, Xls,
    XlsError,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::choice::Choice;
use super::{Named, SheetError};
use crate::exchange::cell::{Cell, Unreadable};
use crate::exchange::mapping::Mapping;
use crate::exchange::sheet::{Collector, Merged, Misfit, Record, Sheet};

/// Bytes of such a file at most: its reader holds it whole.
const MOST_BYTES: u64 = 128 << 20;
/// The command that reads a workbook for another process.
pub const APART: &str = "read-workbook";
/// Bytes that such a process may take: so many, and for each byte of the workbook's content so many more.
const ROOM: u64 = 160 << 20;
const ROOM_A_BYTE: u64 = 8;
const MOST_ROOM: u64 = 1 << 30;
/// Seconds of the processor that it may take.
const MOST_SECONDS: u64 = 60;
/// Characters of a sheet's name: a spreadsheet has 31.
const MOST_NAME: usize = 64;

/// What is read of a workbook, piece by piece; a process apart writes one a line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Piece {
    /// A sheet begins.
    Sheet { name: String, is_hidden: bool },
    /// A row of it, with its number from 1.
    Row(u32, Vec<Cell>),
    /// A row with more text than a row can have.
    LongRow(u32),
    /// Cells of it that are one.
    Merged(Merged),
    /// It cannot be read.
    Named(Named),
    /// It is more than is read.
    TooBig,
    /// All of it was given.
    End,
}

/// Reads a workbook, in a process apart where there is a program for it.
pub(super) fn read(path: &Path, mapping: &Mapping, program: Option<&Path>) -> Result<Sheet, SheetError> {
    let mut taking = Taking::new(mapping);
    match program {
        Some(program) => listen(path, program, &mut taking)?,
        None => tell(path, &mut |piece| taking.take(piece))?,
    }
    taking.made()
}

/// Reads a workbook for another process: the room is bounded first, and each piece is a line of JSON.
pub fn tell_workbook(path: &Path, out: impl Write) -> Result<(), SheetError> {
    let size =
        if is_package(path)? { super::package::content(path)? } else { File::open(path)?.metadata()?.len() };
    let room = size.saturating_mul(ROOM_A_BYTE).saturating_add(ROOM).min(MOST_ROOM);
    for (resource, most) in [(Resource::Data, room), (Resource::Cpu, MOST_SECONDS), (Resource::Core, 0)] {
        let allowed = getrlimit(resource).maximum.map_or(most, |allowed| allowed.min(most));
        let limit = Rlimit { current: Some(allowed), maximum: Some(allowed) };
        setrlimit(resource, limit).map_err(io::Error::from)?;
    }
    let mut out = BufWriter::new(out);
    let mut write = |piece: Piece| -> Result<(), SheetError> {
        serde_json::to_writer(&mut out, &piece).map_err(io::Error::from)?;
        Ok(out.write_all(b"\n")?)
    };
    match tell(path, &mut write) {
        Ok(()) => write(Piece::End)?,
        Err(SheetError::Named(named)) => write(Piece::Named(named))?,
        Err(SheetError::TooBig) => write(Piece::TooBig)?,
        Err(error) => return Err(error),
    }
    Ok(out.flush()?)
}

/// Takes what a process apart tells. One that was ended by a signal wanted more room or time than it may have.
fn listen(path: &Path, program: &Path, taking: &mut Taking<'_>) -> Result<(), SheetError> {
    let mut child = Command::new(program)
        .args([APART, "--"])
        .arg(path)
        // The allocator would set aside more at once than the process may have.
        .env("MIMALLOC_ARENA_RESERVE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let taken = take_lines(&mut child, taking);
    if taken.is_err() {
        // Nobody reads on. It may have ended by itself; it is waited for all the same.
        let _ = child.kill();
    }
    let ended = child.wait()?;
    match taken? {
        true => Ok(()),
        false if ended.signal().is_some() => Err(Named::OldHuge.into()),
        false => Err(Named::OldDamaged.into()),
    }
}

/// Takes the lines of a process; true when it gave all.
fn take_lines(child: &mut Child, taking: &mut Taking<'_>) -> Result<bool, SheetError> {
    let Some(out) = child.stdout.take() else { return Ok(false) };
    for line in BufReader::new(out).lines() {
        // A line that is cut off is the last one of a process that was ended.
        let Ok(piece) = serde_json::from_str(&line?) else { return Ok(false) };
        if matches!(piece, Piece::End) {
            return Ok(true);
        }
        taking.take(piece)?;
    }
    Ok(false)
}

/// A workbook as its pieces come: the one visible sheet that has a header is looked for.
struct Taking<'m> {
    mapping: &'m Mapping,
    choice: Choice,
    current: Option<Current<'m>>,
}

/// The sheet whose rows come now, up to the first of them that ends it.
struct Current<'m> {
    name: String,
    is_hidden: bool,
    collected: Result<Collector<'m>, SheetError>,
}

impl<'m> Taking<'m> {
    fn new(mapping: &'m Mapping) -> Self {
        Self { mapping, choice: Choice::new(), current: None }
    }

    fn take(&mut self, piece: Piece) -> Result<(), SheetError> {
        match piece {
            Piece::Sheet { name, is_hidden } => {
                self.end_sheet()?;
                let new = if is_hidden { Collector::looking } else { Collector::new };
                self.current = Some(Current { name, is_hidden, collected: Ok(new(self.mapping)) });
            }
            Piece::Row(number, cells) => self.push(Record { number, cells, ..Record::default() }),
            Piece::LongRow(number) => {
                self.push(Record { number, misfit: Some(Misfit::TooLong), ..Record::default() });
            }
            Piece::Merged(merged) => {
                if let Some(Current { collected: Ok(collector), .. }) = &mut self.current {
                    collector.merge(merged);
                }
            }
            Piece::Named(named) => return Err(named.into()),
            Piece::TooBig => return Err(SheetError::TooBig),
            Piece::End => {}
        }
        Ok(())
    }

    fn push(&mut self, record: Record) {
        if let Some(Current { collected, .. }) = &mut self.current
            && let Ok(collector) = collected
            && !collector.has_enough()
            && let Err(error) = collector.push(record)
        {
            *collected = Err(error);
        }
    }

    fn end_sheet(&mut self) -> Result<(), SheetError> {
        match self.current.take() {
            Some(Current { name, is_hidden: true, collected }) => {
                if collected.is_ok_and(|collector| collector.has_header()) {
                    self.choice.passed_over(name);
                }
                Ok(())
            }
            Some(Current { name, collected, .. }) => {
                self.choice.read(name, collected.and_then(Collector::finish))
            }
            None => Ok(()),
        }
    }

    fn made(mut self) -> Result<Sheet, SheetError> {
        self.end_sheet()?;
        self.choice.made()
    }
}

/// Gives the pieces of a workbook of whichever kind.
fn tell(path: &Path, give: &mut dyn FnMut(Piece) -> Result<(), SheetError>) -> Result<(), SheetError> {
    if is_package(path)? {
        let file = BufReader::new(File::open(path)?);
        let opened = guarded(|| Ods::new(file))?;
        let mut book = opened.map_err(|error| match error {
            calamine::OdsError::Password => Named::Password,
            _ => Named::OldDamaged,
        })?;
        // Its reader does not tell which cells are merged.
        return sheets(&mut book, |_, _| Vec::new(), give);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(SheetError::TooBig);
    }
    refuse_other_documents(&bytes)?;
    let cursor = io::Cursor::new(bytes);
    let opened = guarded(|| Xls::new(cursor))?;
    let mut book = opened.map_err(|error| match error {
        XlsError::Password => Named::Password,
        _ => Named::OldDamaged,
    })?;
    let merged = |book: &mut Xls<_>, name: &str| book.merge_cells_by_sheet_name(name).unwrap_or_default();
    sheets(&mut book, merged, give)
}

fn is_package(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(2).read_to_end(&mut start)?;
    Ok(start == b"PK")
}

/// What else has the wrapping of the format before 2007.
fn refuse_other_documents(bytes: &[u8]) -> Result<(), SheetError> {
    let names = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(name.len()).any(|window| window == name)
    };
    let named = if names("EncryptedPackage") || names("EncryptionInfo") {
        Named::Password
    } else if names("WordDocument") {
        Named::Word
    } else if names("PowerPoint Document") {
        Named::Slides
    } else if names("Workbook") || names("Book") {
        return Ok(());
    } else if bytes.len() < 1_536 {
        Named::Truncated
    } else {
        Named::OtherDocument
    };
    Err(named.into())
}

/// A reader that gives up in a panic has met a damaged file: the bytes are a stranger's.
fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, SheetError> {
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| Named::OldDamaged.into())
}

/// Gives the sheets of cells, row by row; rows of nothing are left out.
fn sheets<RS, R>(
    book: &mut R,
    merged: impl Fn(&mut R, &str) -> Vec<Dimensions>,
    give: &mut dyn FnMut(Piece) -> Result<(), SheetError>,
) -> Result<(), SheetError>
where
    RS: io::Read + io::Seek,
    R: Reader<RS>,
{
    let listed = book.sheets_metadata().to_vec();
    for sheet in listed.into_iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        let range: Range<Data> =
            guarded(|| book.worksheet_range(&sheet.name))?.map_err(|_| Named::OldDamaged)?;
        let name = sheet.name.chars().take(MOST_NAME).collect();
        give(Piece::Sheet { name, is_hidden: sheet.visible != SheetVisible::Visible })?;
        let (first_row, first_column) = range.start().unwrap_or_default();
        for (number, row) in (first_row + 1..).zip(range.rows()) {
            let mut record = Record::default();
            for (at, value) in (first_column as usize..).zip(row) {
                record.place(at, cell(value));
            }
            match record {
                Record { misfit: Some(_), .. } => give(Piece::LongRow(number))?,
                Record { cells, .. } if !cells.is_empty() => give(Piece::Row(number, cells))?,
                _ => {}
            }
        }
        for Dimensions { start, end } in merged(book, &sheet.name) {
            let merged = Merged {
                column: start.1 as usize,
                first: start.0.saturating_add(1),
                last: end.0.saturating_add(1),
            };
            give(Piece::Merged(merged))?;
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "what is too long for it is refused by Cell::text")]
fn cell(value: &Data) -> Cell {
    match value {
        Data::Empty => Cell::Empty,
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Float(number) if number.is_finite() => Cell::Number(*number),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::of_text(text),
        Data::Bool(yes) => Cell::of_text(if *yes { "是" } else { "否" }),
        Data::DateTime(at) if at.as_f64().is_finite() => Cell::Date(since_1900(*at)),
        Data::Float(_) | Data::DateTime(_) | Data::Error(_) => Cell::Unreadable(Unreadable::Error),
    }
}

/// Workbooks of the 1904 epoch count 1,462 days less.
fn since_1900(at: ExcelDateTime) -> f64 {
    let (year, ..) = at.to_ymd_hms_milli();
    let as_1900 = ExcelDateTime::new(at.as_f64(), ExcelDateTimeType::DateTime, false);
    if as_1900.to_ymd_hms_milli().0 == year { at.as_f64() } else { at.as_f64() + 1_462.0 }
}
