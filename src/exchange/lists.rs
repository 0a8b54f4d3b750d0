//! What an import leaves for people: the rows that were not taken, as Excel workbooks. No personal text.

use std::path::Path;

use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};

use super::cell::Kind;
use crate::domain::ids::RegistrationNumber;

/// One thing that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// Number of the row in the spreadsheet.
    pub row: u32,
    /// Its registration number, where it has one.
    pub number: Option<RegistrationNumber>,
    /// The column, by the file's own header.
    pub column: String,
    /// What kind of value it holds.
    pub kind: Kind,
    /// The value, where it is one of no person: a date, an amount, a word of the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is wrong and what to do, in Chinese.
    pub reason_zh: String,
}

impl Fault {
    /// The same of a row that is taken all the same.
    pub(super) fn taken_as_blank(mut self) -> Self {
        self.reason_zh.push_str("；识别不了的内容按空白处理，本行已导入");
        self
    }
}

/// A row that is not of this procedure (不属于本程序, Order 121 Art. 44).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Passed {
    /// Number of the row in the spreadsheet.
    pub row: u32,
    /// Its registration number, where it has one.
    pub number: Option<RegistrationNumber>,
    /// What it is instead.
    pub kind_zh: &'static str,
}

/// Writes the rows that could not be taken (未导入的行).
pub fn write_faults(path: &Path, faults: &[Fault]) -> Result<(), XlsxError> {
    write_cells(path, faults, "问题")
}

/// Writes the cells that were taken as blank in rows that were taken (按空白处理的内容).
pub fn write_warnings(path: &Path, warnings: &[Fault]) -> Result<(), XlsxError> {
    write_cells(path, warnings, "说明")
}

fn write_cells(path: &Path, cells: &[Fault], what: &str) -> Result<(), XlsxError> {
    let rows = cells.iter().map(|Fault { row, number, column, kind, value, reason_zh }| {
        let value = value.as_deref().unwrap_or_default();
        (*row, vec![as_text(number.as_ref()), column, kind.zh(), value, reason_zh])
    });
    let columns = [
        ("行号", 8),
        ("登记编号", 26),
        ("列", 20),
        ("值的类型", 16),
        ("内容（不含个人信息）", 22),
        (what, 72),
    ];
    write(path, &columns, rows)
}

/// Writes the rows that are not of this procedure (不属于投诉举报程序的行).
pub fn write_passed(path: &Path, passed: &[Passed]) -> Result<(), XlsxError> {
    let advice = "不适用投诉举报处理程序，请告知其通过相应途径提出（第四十四条）";
    let rows = passed
        .iter()
        .map(|Passed { row, number, kind_zh }| (*row, vec![as_text(number.as_ref()), *kind_zh, advice]));
    write(path, &[("行号", 8), ("登记编号", 26), ("类型", 20), ("处理", 60)], rows)
}

/// A sheet of texts behind the row number: a registration number of 21 digits must not become a number. Columns are as
/// wide as what they hold, long texts are wrapped, and the header filters.
fn write<'a>(
    path: &Path,
    columns: &[(&str, u16)],
    rows: impl Iterator<Item = (u32, Vec<&'a str>)>,
) -> Result<(), XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (at, (title, width)) in (0..).zip(columns) {
        sheet.set_column_width(at, *width)?;
        sheet.write_string_with_format(0, at, *title, &Format::new().set_bold())?;
    }
    sheet.set_freeze_panes(1, 0)?;
    let mut last = 0;
    for (at, (row, texts)) in (1..).zip(rows) {
        sheet.write_number_with_format(at, 0, row, &wrapped)?;
        for (column, text) in (1..).zip(texts) {
            sheet.write_string_with_format(at, column, text, &wrapped)?;
        }
        last = at;
    }
    let last_column = u16::try_from(columns.len().saturating_sub(1)).unwrap_or_default();
    sheet.autofilter(0, 0, last, last_column)?;
    workbook.save(path)
}

fn as_text(number: Option<&RegistrationNumber>) -> &str {
    number.map_or("", RegistrationNumber::as_str)
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader as _, Xlsx, open_workbook};

    use super::*;

    #[test]
    fn a_number_of_21_digits_keeps_them_all() {
        const NUMBER: &str = "115020320260401000000";
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("faults.xlsx");
        let fault = |number: Option<&str>| Fault {
            row: 13,
            number: number.map(|number| RegistrationNumber::parse(number).unwrap()),
            column: "登记日期".to_owned(),
            kind: Kind::Text,
            value: None,
            reason_zh: "不是有效的日期".to_owned(),
        };
        write_faults(&path, &[fault(Some(NUMBER)), fault(None)]).unwrap();
        let mut book: Xlsx<_> = open_workbook(&path).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        assert_eq!(sheet.get_value((1, 0)), Some(&Data::Float(13.0)));
        assert_eq!(sheet.get_value((1, 1)), Some(&Data::String(NUMBER.to_owned())));
        assert_eq!(sheet.height(), 3);
    }
}
