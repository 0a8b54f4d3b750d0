//! The four files: `history.xlsx`, `history.csv`, `truth.csv`, `bureau.toml`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::item::Cell;
use super::{HEADERS, SimulateError, World};

impl World {
    /// Writes the files into a directory, which is made if need be. `written` hears of every row of the sheet.
    pub fn write(&self, directory: &Path, written: impl FnMut(usize)) -> Result<(), SimulateError> {
        std::fs::create_dir_all(directory)?;
        self.sheet(&directory.join("history.xlsx"), written)?;
        self.csv(&directory.join("history.csv"))?;
        self.truth(&directory.join("truth.csv"))?;
        std::fs::write(directory.join("bureau.toml"), &self.bureau_file)?;
        Ok(())
    }

    /// The export as a sheet. Rows go to disk as they come: memory does not grow with the history.
    fn sheet(&self, path: &Path, mut written: impl FnMut(usize)) -> Result<(), SimulateError> {
        let mut workbook = Workbook::new();
        // A fixed date: the same world is the same bytes.
        let properties = DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2026, 1, 1)?);
        workbook.set_properties(&properties);
        let date = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        for (column, header) in (0..).zip(HEADERS) {
            sheet.write_string(0, column, header)?;
        }
        for ((at, row), line) in self.rows.iter().enumerate().zip(1..) {
            for (column, cell) in (0..).zip(row) {
                write_cell(sheet, line, column, cell, &date)?;
            }
            written(at + 1);
        }
        workbook.save(path)?;
        Ok(())
    }

    /// The export as CSV: UTF-8 with a byte order mark for Excel, RFC 4180.
    fn csv(&self, path: &Path) -> Result<(), SimulateError> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all("\u{feff}".as_bytes())?;
        let mut writer = csv_writer(file);
        writer.write_record(HEADERS)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(plain))?;
        }
        writer.flush()?;
        Ok(())
    }

    fn truth(&self, path: &Path) -> Result<(), SimulateError> {
        let mut writer = csv_writer(BufWriter::new(File::create(path)?));
        writer.write_record([
            "number",
            "kind",
            "suspected",
            "agent",
            "subdistrict",
            "subdistrict_name",
            "unit",
            "form",
            "address",
            "template",
        ])?;
        for truth in &self.truths {
            writer.write_record([
                truth.number.as_str(),
                truth.kind.word(),
                if truth.suspected { "1" } else { "0" },
                &truth.agent.to_string(),
                &truth.subdistrict,
                &truth.subdistrict_name,
                &truth.unit,
                truth.form,
                truth.address,
                &truth.template.map(|template| format!("{template:016x}")).unwrap_or_default(),
            ])?;
        }
        writer.flush()?;
        Ok(())
    }
}

fn csv_writer<W: Write>(to: W) -> csv::Writer<W> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(to)
}

fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Blank => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Time(at, _) => at.display(),
    }
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    date: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Blank => {}
        Cell::Number(number) => {
            sheet.write_number(row, column, *number)?;
        }
        Cell::Time(at, true) => {
            let moment = ExcelDateTime::parse_from_str(&at.display())?;
            sheet.write_datetime_with_format(row, column, &moment, date)?;
        }
        Cell::Text(_) | Cell::Time(_, false) => {
            sheet.write_string(row, column, plain(cell))?;
        }
    }
    Ok(())
}
