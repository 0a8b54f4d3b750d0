//! Files as offices have them: what each is by its first bytes, and why one cannot be read.
//!
//! Every kind that is no table gets a sentence of its own, with what to do. What is read is bounded by what is kept,
//! whatever a file claims of itself.

mod book;
mod choice;
mod named;
mod package;
mod records;
mod text;
mod xlsx;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::columns::Column;
use super::mapping::Mapping;
use super::sheet::{HEADER_WITHIN, MOST_ROWS, Sheet};
pub use book::{APART, tell_workbook};
pub use named::Named;
pub use text::read_text;

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file.
    #[error("不能读取文件：{}；请检查路径和权限", why_zh(.0))]
    File(#[from] io::Error),
    /// It is something else than a table.
    #[error("{0}")]
    Named(Named),
    /// A table, but of something else.
    #[error("前 {HEADER_WITHIN} 行中没有表头（应有“登记编号”等列名）；请确认这是12315平台的投诉举报导出文件")]
    NoHeader,
    /// An export without what a row needs.
    #[error("缺少必需的列：{}；{}", titles(.0), missing_zh(.0))]
    Missing(Vec<Column>),
    /// Columns that nobody can tell apart.
    #[error("有同名或者对照表写成同一列的列，无法分清：{}；请在文件中改名（如“提供方联系电话”“企业联系电话”），或者修改对照表（--map）", .0.join("、"))]
    Doubtful(Vec<String>),
    /// No row fits the header: the cells stand a column beside their titles.
    #[error("各行的内容与表头错开了一列，从“{0}”列起对不上；请在 Excel 中核对表头与内容，对齐后再导入")]
    Shifted(String),
    /// Several tables.
    #[error("工作簿中有多个含数据的工作表：{}；请分别另存为文件后导入", .0.join("、"))]
    SeveralSheets(Vec<String>),
    /// More than one file should hold.
    #[error("文件过大：最多 {MOST_ROWS} 行、{} MB；请分成几个文件导入", MOST_BYTES >> 20)]
    TooBig,
}

impl From<Named> for SheetError {
    fn from(named: Named) -> Self {
        Self::Named(named)
    }
}

/// Bytes of a text, or of an unpacked workbook, at most.
const MOST_BYTES: u64 = 1 << 30;

fn titles(columns: &[Column]) -> String {
    columns.iter().map(|column| column.title()).collect::<Vec<_>>().join("、")
}

/// What to do about columns that are not there.
fn missing_zh(columns: &[Column]) -> String {
    let mut advice = vec!["请在导出时勾选这些列，或用 --map 说明列名"];
    if columns.contains(&Column::Kind) {
        advice.push("全文件都是投诉或都是举报的，可加 --kind 投诉 或 --kind 举报");
    }
    if columns.contains(&Column::Received) {
        advice.push("期限自登记时间起算，登记编号不能代替");
    }
    advice.join("；")
}

/// Why the system does not give a file, as people say it.
fn why_zh(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "文件不存在".to_owned(),
        io::ErrorKind::PermissionDenied => "没有读取权限".to_owned(),
        _ => error.to_string(),
    }
}

impl Sheet {
    /// Reads a file whole. Its first bytes say what it is, not its name.
    pub fn read(path: &Path) -> Result<Self, SheetError> {
        Self::read_as(path, &Mapping::default(), None)
    }

    /// Reads a file whose titles and words a clerk has explained. Old workbooks are read by a process apart, which is
    /// `program` with [`APART`] and whose room is bounded; within this process where there is none.
    pub fn read_as(path: &Path, mapping: &Mapping, program: Option<&Path>) -> Result<Self, SheetError> {
        named::refuse_by_path(path)?;
        let mut start = Vec::new();
        File::open(path)?.take(4_096).read_to_end(&mut start)?;
        match start.as_slice() {
            [] => Err(Named::Empty.into()),
            [b'P', b'K', 3 | 5, ..] => package::read(path, mapping, program),
            [0xD0, 0xCF, 0x11, 0xE0, ..] => book::read(path, mapping, program),
            _ => match named::by_start(&start) {
                Some(named) => Err(named.into()),
                None => text::read(path, mapping),
            },
        }
    }
}
