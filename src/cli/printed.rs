//! Sentences and tables that a command makes of a time: on the terminal, as a page, as a workbook, or as JSON.

use std::path::{Path, PathBuf};

use super::document::{NotWritten, write};
use crate::domain::time::{Day, Days};
use crate::figures::{Cell, Printed, Table};

/// Which time, and where to: what `figures` and `compare` have in common.
#[derive(Debug, clap::Args)]
pub(super) struct Asked {
    /// 收到之日，自这一天起（YYYY-MM-DD）
    #[arg(long, value_name = "DAY")]
    from: String,
    /// 收到之日，至这一天止（YYYY-MM-DD）
    #[arg(long, value_name = "DAY")]
    to: String,
    /// 写成 Excel 工作簿
    #[arg(long, value_name = "FILE")]
    xlsx: Option<PathBuf>,
    /// 写成可打印的网页（A4）
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Where tables are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Terminal,
    Page,
    Workbook,
}

impl Asked {
    /// Both days included.
    pub(super) fn period(&self) -> Result<Days, super::office::OfficeError> {
        let day = |text: &str| Day::parse(text.trim()).map_err(super::office::invalid);
        let (from, to) = (day(&self.from)?, day(&self.to)?);
        if from > to {
            return Err(super::office::OfficeError::Invalid("起始日期晚于截止日期".to_owned()));
        }
        Ok(Days::between(from, to))
    }

    /// Writes what is to be written, and gives what to print: the JSON that is asked for, else what was written, else the tables.
    pub(super) fn written(
        &self,
        printed: impl Fn(Form) -> Printed<'static>,
        json: Option<String>,
    ) -> Result<String, Box<dyn std::error::Error>> {
        let mut lines = Vec::new();
        if let Some(path) = &self.xlsx {
            lines.push(file(path, &printed(Form::Workbook).to_sheet()?)?);
        }
        if let Some(path) = &self.html {
            lines.push(file(path, printed(Form::Page).to_html().as_bytes())?);
        }
        if let Some(json) = json {
            return Ok(json.trim_end().to_owned());
        }
        if lines.is_empty() {
            lines = shown(&printed(Form::Terminal));
        }
        Ok(lines.join("\n"))
    }
}

fn file(path: &Path, document: &[u8]) -> Result<String, NotWritten> {
    write(path, document)?;
    Ok(format!("已写入 {}", path.display()))
}

/// Sentences and tables, for a terminal.
fn shown(printed: &Printed<'_>) -> Vec<String> {
    let tables = printed.tables.iter().filter(|table| !table.rows.is_empty());
    std::iter::once(printed.of.clone())
        .chain(printed.sentences.clone())
        .chain(tables.map(shown_table))
        .collect()
}

fn shown_table(table: &Table) -> String {
    let is_number = |at: usize| table.rows.iter().any(|row| row.get(at).is_some_and(Cell::is_number));
    let headings: Vec<String> = (0..)
        .zip(&table.headings)
        .map(|(at, heading)| format!("{heading}{}", if is_number(at) { "#" } else { "" }))
        .collect();
    let rows = table.rows.iter().map(|row| row.iter().map(Cell::words).collect());
    format!("\n{}\n{}", table.title, super::table::wide(&headings, rows))
}
