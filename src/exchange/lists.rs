//! What an import leaves for people: the rows that were not taken, as CSV that Excel opens. No personal text.

use std::io::{self, Write};

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
    /// What kind of value stands there; never the value itself.
    pub kind: Kind,
    /// What is wrong and what to do, in Chinese.
    pub reason_zh: String,
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

/// Excel takes a CSV for UTF-8 only with this at its start.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Writes the rows that could not be taken (未导入的行).
pub fn write_faults(mut out: impl Write, faults: &[Fault]) -> io::Result<()> {
    out.write_all(BOM)?;
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["行号", "登记编号", "列", "值的类型", "问题"])?;
    for Fault { row, number, column, kind, reason_zh } in faults {
        csv.write_record([&row.to_string(), as_text(number.as_ref()), column, kind.zh(), reason_zh])?;
    }
    csv.flush()
}

/// Writes the rows that are not of this procedure (不属于投诉举报程序的行).
pub fn write_passed(mut out: impl Write, passed: &[Passed]) -> io::Result<()> {
    out.write_all(BOM)?;
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["行号", "登记编号", "类型", "处理"])?;
    for Passed { row, number, kind_zh } in passed {
        let advice = "不适用投诉举报处理程序，请告知其通过相应途径提出（第四十四条）";
        csv.write_record([&row.to_string(), as_text(number.as_ref()), kind_zh, advice])?;
    }
    csv.flush()
}

fn as_text(number: Option<&RegistrationNumber>) -> &str {
    number.map_or("", RegistrationNumber::as_str)
}
