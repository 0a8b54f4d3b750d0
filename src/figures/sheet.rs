//! Tables as a workbook: sentences first, then a sheet for each table.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{Cell, Printed, Table};

const WIDE: f64 = 34.0;
const NARROW: f64 = 12.0;

/// The workbook's bytes: the same tables are the same bytes.
pub(super) fn workbook(printed: &Printed<'_>) -> Result<Vec<u8>, XlsxError> {
    let Printed { of, sentences, tables, note, .. } = printed;
    let mut workbook = Workbook::new();
    workbook
        .set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2026, 1, 1)?));
    let wrap = Format::new().set_text_wrap();
    let first = workbook.add_worksheet().set_name("概况")?;
    first.set_column_width(0, 100.0)?;
    let lines = std::iter::once(of).chain(sentences).map(String::as_str).chain([*note]);
    for (row, line) in (0..).zip(lines) {
        first.write_string_with_format(row, 0, line, &wrap)?;
    }
    for table in tables {
        let sheet = workbook.add_worksheet().set_name(table.title)?;
        write(sheet, table)?;
    }
    workbook.save_to_buffer()
}

fn write(sheet: &mut Worksheet, table: &Table) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let money = Format::new().set_num_format("#,##0.00");
    let percent = Format::new().set_num_format("0.0%");
    for (column, heading) in (0..).zip(&table.headings) {
        sheet.set_column_width(column, NARROW)?;
        sheet.write_string_with_format(0, column, *heading, &bold)?;
    }
    for (line, row) in (1..).zip(&table.rows) {
        for (column, cell) in (0..).zip(row) {
            match cell {
                Cell::Text(text) | Cell::Number(text) => {
                    sheet.set_column_width(column, WIDE)?;
                    sheet.write_string(line, column, text)?;
                }
                Cell::Count(count) => {
                    sheet.write_number(line, column, *count as f64)?;
                }
                Cell::Hundredths(fen) => {
                    sheet.write_number_with_format(line, column, *fen as f64 / 100.0, &money)?;
                }
                Cell::Share(Some(share)) => {
                    sheet.write_number_with_format(line, column, *share, &percent)?;
                }
                Cell::Ratio(Some(ratio)) => {
                    sheet.write_number_with_format(line, column, *ratio, &money)?;
                }
                Cell::Share(None) | Cell::Ratio(None) | Cell::Interval(_) => {
                    sheet.write_string(line, column, cell.words())?;
                }
                Cell::Blank => {
                    sheet.set_column_width(column, WIDE)?;
                }
            }
        }
    }
    Ok(())
}
