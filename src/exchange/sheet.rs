//! A file with rows: Excel workbooks and CSV, whatever the order of their columns, cut down to what is read.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx, XlsxError};
use encoding_rs::{Encoding, GB18030, UTF_8};

use super::cell::Cell;
use super::columns::{Column, Header};

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file.
    #[error("不能读取文件：{0}；请检查路径和权限")]
    File(#[from] io::Error),
    /// Not a workbook.
    #[error("不能读取 Excel 工作簿：{0}；请在 Excel 中打开后另存为 .xlsx")]
    Workbook(#[from] XlsxError),
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
    /// More than one file should hold.
    #[error("文件过大：最多 {MOST_ROWS} 行、{} MB；请分成几个文件导入", MOST_BYTES >> 20)]
    TooBig,
}

/// Rows taken from one file at most (promise 13): a country's month.
const MOST_ROWS: usize = 1_000_000;
/// Bytes of a CSV at most.
const MOST_BYTES: u64 = 1 << 30;
/// Titles and notes stand above the header of some exports.
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
    cells: Box<[Cell]>,
}

impl Sheet {
    /// Reads a file whole. What it is stands in its first bytes, not in its name.
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

    /// All rows in the order of the file. Blank rows are none.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A cell of one of this sheet's rows; empty when the file has no such column.
    pub fn cell<'a>(&self, row: &'a Row, column: Column) -> &'a Cell {
        const EMPTY: &Cell = &Cell::Empty;
        self.header.slot(column).and_then(|slot| row.cells.get(slot)).unwrap_or(EMPTY)
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
        let kept: Box<[Cell]> = header
            .places()
            .map(|place| cells.get_mut(place).map(std::mem::take).unwrap_or_default())
            .collect();
        if self.rows.len() >= MOST_ROWS {
            return Err(SheetError::TooBig);
        }
        if kept.iter().any(|cell| *cell != Cell::Empty) {
            self.rows.push(Row { number, cells: kept });
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
    let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(File::open(path)?))?;
    let mut found = Err(SheetError::NoHeader);
    for name in workbook.sheet_names() {
        found = worksheet(&mut workbook, &name);
        if !matches!(found, Err(SheetError::NoHeader)) {
            break;
        }
    }
    found
}

fn worksheet(workbook: &mut Xlsx<BufReader<File>>, name: &str) -> Result<Sheet, SheetError> {
    let mut reader = workbook.worksheet_cells_reader(name)?;
    let mut collector = Collector::default();
    let (mut row, mut cells): (u32, Vec<Cell>) = (0, Vec::new());
    while let Some(next) = reader.next_cell()? {
        let (at, column) = next.get_position();
        if at != row {
            collector.push(row + 1, &mut cells)?;
            cells.clear();
            row = at;
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

/// UTF-8 where it is that, GB18030 where it is not; commas, semicolons or tabs, whichever the first line has most of.
fn csv(path: &Path) -> Result<Sheet, SheetError> {
    if std::fs::metadata(path)?.len() > MOST_BYTES {
        return Err(SheetError::TooBig);
    }
    let bytes = std::fs::read(path)?;
    let encoding: &Encoding = if std::str::from_utf8(&bytes).is_ok() { UTF_8 } else { GB18030 };
    let (text, _, _) = encoding.decode(&bytes);
    let first = text.lines().next().unwrap_or_default();
    let many = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(many).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut collector = Collector::default();
    // A text may run over several lines; what people see as a row is the record.
    for (number, record) in (1..).zip(reader.records()) {
        let mut cells: Vec<Cell> = record?.iter().map(Cell::of_text).collect();
        collector.push(number, &mut cells)?;
    }
    collector.finish()
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

    const TEXT: &str = "导出表,,,,\n登记编号,登记时间,类型,具体问题,备注\n1,2026-01-05,投诉,\"第一行\n“第二行”, 逗号\",无\n,,,,\n2,2026-01-06,举报,好,无\n";

    #[test]
    fn encodings_delimiters_and_titles_above_the_header_make_no_difference() {
        let (gb18030, _, _) = GB18030.encode(TEXT);
        let with_bom = [b"\xEF\xBB\xBF", TEXT.as_bytes()].concat();
        for bytes in [TEXT.as_bytes().to_vec(), gb18030.into_owned(), with_bom] {
            let sheet = read(&bytes).unwrap();
            let numbers: Vec<u32> = sheet.rows().iter().map(|row| row.number).collect();
            assert_eq!(numbers, [3, 5]);
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

    #[test]
    fn what_is_no_export_is_refused_with_what_to_do() {
        assert!(matches!(sheet("a,b\n1,2\n"), Err(SheetError::NoHeader)));
        assert!(matches!(sheet(""), Err(SheetError::NoHeader)));
        let told = sheet("登记编号,登记时间,类型\n").unwrap_err().to_string();
        assert!(told.contains("具体问题") && told.contains("勾选"), "{told}");
        assert!(matches!(read(b"\xD0\xCF\x11\xE0...."), Err(SheetError::OldWorkbook)));
        assert!(matches!(read(b"PK\x03\x04 no workbook"), Err(SheetError::Workbook(_))));
    }
}
