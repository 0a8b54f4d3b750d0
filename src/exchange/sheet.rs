//! A file with rows: Excel workbooks and CSV, whatever the order of their columns, cut down to what is read.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetVisible, Xlsx, XlsxError};
use encoding_rs::{Encoding, GB18030, UTF_8};

use super::cell::Cell;
use super::columns::{Column, Header};
use crate::domain::ids::RegistrationNumber;
use crate::domain::personal::Personal;

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file.
    #[error("不能读取文件：{0}；请检查路径和权限")]
    File(#[from] io::Error),
    /// Not a workbook.
    #[error("不能读取 Excel 工作簿，文件可能已损坏；请在 Excel 中打开后另存为 .xlsx")]
    Workbook(XlsxError),
    /// The format before 2007.
    #[error("这是旧版 Excel（.xls）文件；请在 Excel 中另存为 .xlsx 或 CSV 后再导入")]
    OldWorkbook,
    /// Not a CSV.
    #[error("不能读取 CSV：{0}；请在 Excel 中打开后另存为 .xlsx")]
    Csv(#[from] csv::Error),
    /// A table, but of something else.
    #[error("前 {HEADER_WITHIN} 行中没有表头（应有“登记编号”等列名）；请确认这是12315平台的投诉举报导出文件")]
    NoHeader,
    /// An export without what a row needs.
    #[error("缺少必需的列：{}；请在导出时勾选这些列", .0.iter().map(|column| column.title()).collect::<Vec<_>>().join("、"))]
    Missing(Vec<Column>),
    /// A quotation mark that swallows what follows it.
    #[error("第 {0} 行的引号没有闭合，其后的行被并入同一个单元格；请在 Excel 中打开核对后重新保存")]
    OpenQuote(u32),
    /// Several tables.
    #[error("工作簿中有多个含数据的工作表：{}；请分别另存为文件后导入", .0.join("、"))]
    SeveralSheets(Vec<String>),
    /// More than one file should hold.
    #[error("文件过大：最多 {MOST_ROWS} 行、{} MB；请分成几个文件导入", MOST_BYTES >> 20)]
    TooBig,
}

/// Rows taken from one file at most (promise 13): a country's month.
const MOST_ROWS: usize = 1_000_000;
/// Bytes of a CSV, or of an unpacked workbook, at most.
const MOST_BYTES: u64 = 1 << 30;
/// Columns of an Excel sheet.
const MOST_COLUMNS: u32 = 16_384;
/// Titles and notes are above the header of some exports.
const HEADER_WITHIN: u32 = 10;

/// The rows of a file.
#[derive(Debug)]
pub struct Sheet {
    header: Header,
    rows: Vec<Row>,
}

/// One row: its number in the spreadsheet, from 1, and the cells that are read.
#[derive(Debug, Clone)]
pub struct Row {
    /// Number of the row in the spreadsheet, the header counted.
    pub number: u32,
    /// It has cells beyond the header's last.
    pub(super) overflows: bool,
    cells: Personal<Box<[Cell]>>,
}

impl Sheet {
    /// Reads a file whole. Its first bytes say what it is, not its name.
    pub fn read(path: &Path) -> Result<Self, SheetError> {
        let mut start = [0; 4];
        let read = File::open(path)?.read(&mut start)?;
        match &start[..read] {
            [b'P', b'K', ..] => workbook(path),
            [0xD0, 0xCF, 0x11, 0xE0] => Err(SheetError::OldWorkbook),
            _ => csv(path),
        }
    }

    /// Headers of the file that are not read.
    pub fn ignored(&self) -> &[String] {
        &self.header.ignored
    }

    /// Whether the file has a column.
    pub fn has(&self, column: Column) -> bool {
        self.header.slot(column).is_some()
    }

    /// All rows in the order of the file. Blank rows are none.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A cell of one of this sheet's rows; empty when the file has no such column.
    pub fn cell<'a>(&self, row: &'a Row, column: Column) -> &'a Cell {
        const EMPTY: &Cell = &Cell::Empty;
        self.header.slot(column).and_then(|slot| row.cells.expose().get(slot)).unwrap_or(EMPTY)
    }

    /// What this file calls a column.
    pub fn title(&self, column: Column) -> &str {
        self.header.title(column)
    }
}

/// Rows as they come, until the header is found and from there on.
#[derive(Default)]
struct Collector {
    header: Option<Header>,
    rows: Vec<Row>,
}

impl Collector {
    fn push(&mut self, number: u32, cells: &mut [Cell]) -> Result<(), SheetError> {
        let Some(header) = &self.header else {
            let titles = cells.iter().map(|cell| if let Cell::Text(text) = cell { text } else { "" });
            self.header = Header::find(titles);
            return if self.header.is_none() && number >= HEADER_WITHIN {
                Err(SheetError::NoHeader)
            } else {
                Ok(())
            };
        };
        let overflows = cells.iter().skip(header.width).any(|cell| *cell != Cell::Empty);
        let kept: Box<[Cell]> = header
            .places()
            .map(|place| cells.get_mut(place).map(std::mem::take).unwrap_or_default())
            .collect();
        if self.rows.len() >= MOST_ROWS {
            return Err(SheetError::TooBig);
        }
        if kept.iter().any(|cell| *cell != Cell::Empty) {
            self.rows.push(Row { number, overflows, cells: kept.into() });
        }
        Ok(())
    }

    fn finish(self) -> Result<Sheet, SheetError> {
        let header = self.header.ok_or(SheetError::NoHeader)?;
        let missing = header.missing();
        if missing.is_empty() {
            Ok(Sheet { header, rows: self.rows })
        } else {
            Err(SheetError::Missing(missing))
        }
    }
}

/// The first sheet that has a header, cell by cell: a sheet of 50,000 rows is never held twice.
fn workbook(path: &Path) -> Result<Sheet, SheetError> {
    let packed = zip::ZipArchive::new(BufReader::new(File::open(path)?));
    let unpacked = packed.ok().and_then(|packed| packed.decompressed_size());
    if unpacked.is_some_and(|bytes| bytes > u128::from(MOST_BYTES)) {
        return Err(SheetError::TooBig);
    }
    let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(File::open(path)?)).map_err(SheetError::Workbook)?;
    let sheets = workbook.sheets_metadata().iter();
    let visible = sheets.filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = visible.map(|sheet| sheet.name.clone()).collect();
    let mut found = Vec::new();
    let mut trouble = SheetError::NoHeader;
    for name in names {
        match worksheet(&mut workbook, &name) {
            Ok(sheet) => found.push((name, sheet)),
            Err(SheetError::NoHeader) => {}
            // A table of something else beside the export is none of its business.
            Err(error @ SheetError::Missing(_)) => trouble = error,
            Err(error) => return Err(error),
        }
    }
    if found.len() > 1 {
        return Err(SheetError::SeveralSheets(found.into_iter().map(|(name, _)| name).collect()));
    }
    found.pop().map(|(_, sheet)| sheet).ok_or(trouble)
}

fn worksheet(workbook: &mut Xlsx<BufReader<File>>, name: &str) -> Result<Sheet, SheetError> {
    let mut reader = workbook.worksheet_cells_reader(name).map_err(SheetError::Workbook)?;
    let mut collector = Collector::default();
    let (mut row, mut cells): (u32, Vec<Cell>) = (0, Vec::new());
    while let Some(next) = reader.next_cell().map_err(SheetError::Workbook)? {
        let (at, column) = next.get_position();
        if at != row {
            collector.push(row + 1, &mut cells)?;
            cells.clear();
            row = at;
        }
        if column >= MOST_COLUMNS {
            return Err(SheetError::TooBig);
        }
        let column = column as usize;
        if cells.len() <= column {
            cells.resize_with(column + 1, Cell::default);
        }
        cells[column] = cell(next.get_value());
    }
    collector.push(row + 1, &mut cells)?;
    collector.finish()
}

#[expect(clippy::cast_precision_loss, reason = "what is too long for it is refused by Cell::text")]
fn cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cell::of_text(text)
        }
        DataRef::SharedString(text) => Cell::of_text(text),
        DataRef::Bool(yes) => Cell::of_text(if *yes { "是" } else { "否" }),
        DataRef::DateTime(at) => Cell::Date(since_1900(*at)),
        DataRef::Error(_) => Cell::Unreadable,
    }
}

/// Workbooks of the 1904 epoch count 1,462 days less.
fn since_1900(at: ExcelDateTime) -> f64 {
    let (year, ..) = at.to_ymd_hms_milli();
    let as_1900 = ExcelDateTime::new(at.as_f64(), calamine::ExcelDateTimeType::DateTime, false);
    if as_1900.to_ymd_hms_milli().0 == year { at.as_f64() } else { at.as_f64() + 1_462.0 }
}

/// UTF-8 where it is that, GB18030 where it is not; commas, semicolons or tabs, whichever stands most often in one of the
/// first lines.
fn csv(path: &Path) -> Result<Sheet, SheetError> {
    if std::fs::metadata(path)?.len() > MOST_BYTES {
        return Err(SheetError::TooBig);
    }
    let bytes = std::fs::read(path)?;
    let encoding: &Encoding = if std::str::from_utf8(&bytes).is_ok() { UTF_8 } else { GB18030 };
    let (text, _, _) = encoding.decode(&bytes);
    let many = |delimiter: &u8| {
        let lines = text.lines().take(HEADER_WITHIN as usize);
        lines.map(|line| line.bytes().filter(|byte| byte == delimiter).count()).max()
    };
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(many).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut collector = Collector::default();
    // A text may run over several lines; what people see as a row is the record, and blank lines are rows too.
    let (mut number, mut next_line) = (0, 1);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        let lines = 1 + record.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        let blank = reader.position().line().saturating_sub(next_line + lines);
        number += 1 + u32::try_from(blank).unwrap_or(0);
        next_line = reader.position().line();
        if let Some(header) = &collector.header
            && record.iter().any(|cell| swallows(cell, header, delimiter))
        {
            return Err(SheetError::OpenQuote(number));
        }
        let mut cells: Vec<Cell> = record.iter().map(Cell::of_text).collect();
        collector.push(number, &mut cells)?;
    }
    collector.finish()
}

/// Whether a line within a cell looks like a row of its own: as many cells as the header, a number in its place.
fn swallows(cell: &str, header: &Header, delimiter: u8) -> bool {
    cell.lines().skip(1).any(|line| {
        let mut cells = line.split(char::from(delimiter));
        let number = header.places().next().and_then(|place| cells.clone().nth(place));
        let number = number.is_some_and(|text| RegistrationNumber::parse(text.trim_matches('"')).is_ok());
        number && cells.by_ref().count() >= header.width
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A sheet from the text of a CSV.
    pub(in crate::exchange) fn sheet(text: &str) -> Result<Sheet, SheetError> {
        read(text.as_bytes())
    }

    fn read(bytes: &[u8]) -> Result<Sheet, SheetError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        Sheet::read(file.path())
    }

    const TEXT: &str = "导出表\n\n登记编号,登记时间,类型,具体问题,备注\n1,2026-01-05,投诉,\"第一行\n“第二行”, 逗号\",无\n,,,,\n2,2026-01-06,举报,好,无\n";

    #[test]
    fn encodings_delimiters_and_titles_above_the_header_make_no_difference() {
        let (gb18030, _, _) = GB18030.encode(TEXT);
        let with_bom = [b"\xEF\xBB\xBF", TEXT.as_bytes()].concat();
        for bytes in [TEXT.as_bytes().to_vec(), gb18030.into_owned(), with_bom] {
            let sheet = read(&bytes).unwrap();
            let numbers: Vec<u32> = sheet.rows().iter().map(|row| row.number).collect();
            assert_eq!(numbers, [4, 6], "as Excel counts them: the blank line too");
            let story = sheet.cell(&sheet.rows()[0], Column::Story);
            assert_eq!(*story, Cell::of_text("第一行\n“第二行”, 逗号"));
            assert_eq!(sheet.ignored(), ["备注"]);
            assert_eq!(*sheet.cell(&sheet.rows()[0], Column::Shop), Cell::Empty);
        }
        let tabs = "登记编号\t登记时间\t类型\t具体问题\n1\t2026-01-05\t投诉\t一，二；三,四\n";
        assert_eq!(sheet(tabs).unwrap().rows().len(), 1);
    }

    #[test]
    fn bytes_of_no_encoding_are_one_unreadable_cell() {
        let (mut bytes, text) = (Vec::new(), "登记编号,登记时间,类型,具体问题\n7,2026-01-05,投诉,");
        bytes.extend_from_slice(&GB18030.encode(text).0);
        bytes.extend_from_slice(b"\xFF\xFFx\n");
        let sheet = read(&bytes).unwrap();
        assert_eq!(*sheet.cell(&sheet.rows()[0], Column::Story), Cell::Unreadable);
        assert_eq!(*sheet.cell(&sheet.rows()[0], Column::Number), Cell::of_text("7"));
    }

    /// A workbook of sheets: name, hidden, rows.
    fn workbook(sheets: &[(&str, bool, &[&[&str]])]) -> Vec<u8> {
        let mut book = rust_xlsxwriter::Workbook::new();
        for (name, hidden, rows) in sheets {
            let sheet = book.add_worksheet();
            sheet.set_name(*name).unwrap().set_hidden(*hidden);
            if !hidden {
                // Excel cannot hide the sheet it shows first.
                sheet.set_active(true);
            }
            for (at, row) in (0..).zip(*rows) {
                sheet.write_row(at, 0, row.iter().copied()).unwrap();
            }
        }
        book.save_to_buffer().unwrap()
    }

    #[test]
    fn the_one_visible_sheet_with_the_header_is_read_and_two_are_not_guessed_at() {
        const HEADER: &[&str] = &["登记编号", "登记时间", "类型", "具体问题"];
        let (one, other): (&[&str], &[&str]) =
            (&["V1", "2026-01-05", "投诉", "好"], &["H1", "2026-01-05", "投诉", "旧"]);
        let note: &[&[&str]] = &[&["编号", "来源"], &["1", "平台"]];
        let found = read(&workbook(&[
            ("旧", true, &[HEADER, other]),
            ("说明", false, note),
            ("新", false, &[HEADER, one]),
        ]));
        let found = found.unwrap();
        assert_eq!(found.rows().len(), 1);
        assert_eq!(*found.cell(&found.rows()[0], Column::Number), Cell::of_text("V1"));
        let two = read(&workbook(&[("投诉", false, &[HEADER, one]), ("举报", false, &[HEADER, other])]));
        let message = two.unwrap_err().to_string();
        assert!(message.contains("投诉、举报"), "{message}");
    }

    #[test]
    fn what_is_no_export_is_refused_with_what_to_do() {
        assert!(matches!(sheet("a,b\n1,2\n"), Err(SheetError::NoHeader)));
        assert!(matches!(sheet(""), Err(SheetError::NoHeader)));
        let message = sheet("登记编号,登记时间,类型\n").unwrap_err().to_string();
        assert!(message.contains("具体问题") && message.contains("勾选"), "{message}");
        assert!(matches!(read(b"\xD0\xCF\x11\xE0...."), Err(SheetError::OldWorkbook)));
        assert!(matches!(read(b"PK\x03\x04 no workbook"), Err(SheetError::Workbook(_))));
        let open = "登记编号,登记时间,类型,具体问题\nU1,2026-01-05,投诉,\"好评返现的商家\nU2,2026-01-05,投诉,别人的话\n";
        assert!(matches!(sheet(open), Err(SheetError::OpenQuote(2))));
    }
}
