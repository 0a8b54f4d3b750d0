//! `triage figures`: the figures of a period (年度、月度统计), as tables, JSON, a workbook or a page to print.

use std::path::{Path, PathBuf};

use super::evidence::{NotWritten, write};
use crate::app::App;
use crate::domain::ids::BureauId;
use crate::domain::time::{Day, Days};
use crate::figures::{Cell, Printed, Table};

/// What `--help` says below the options.
pub(super) const HELP: &str = "\
收到、受理、不予受理（按情形）、立案、办结、挽回损失、罚款和没收、疑似职业索赔占比（按承办人员认定，附区间）、按时率、行政复议
和行政诉讼，并按月份、单位、类别、接收方式分列。投诉件、举报件按收到之日计入，按最近一次登记时的情况统计；同样的数据每次做出的
文件相同。只有数字，没有个人信息。

示例：
  triage figures --from 2026-01-01 --to 2026-12-31
  triage figures --from 2026-06-01 --to 2026-06-30 --xlsx 六月统计.xlsx --html 六月统计.html
  triage figures --from 2026-01-01 --to 2026-12-31 --json > 2026.json";

/// What the command was asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// 收到之日，自这一天起（YYYY-MM-DD）
    #[arg(long, value_name = "DAY")]
    from: String,
    /// 收到之日，至这一天止（YYYY-MM-DD）
    #[arg(long, value_name = "DAY")]
    to: String,
    /// 输出 JSON；金额为分
    #[arg(long)]
    json: bool,
    /// 写成 Excel 工作簿
    #[arg(long, value_name = "FILE")]
    xlsx: Option<PathBuf>,
    /// 写成可打印的网页（A4）
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Both days included.
pub(super) fn period(from: &str, to: &str) -> Result<Days, super::office::OfficeError> {
    let day = |text: &str| Day::parse(text.trim()).map_err(super::office::invalid);
    let (from, to) = (day(from)?, day(to)?);
    if from > to {
        return Err(super::office::OfficeError::Invalid("起始日期晚于截止日期".to_owned()));
    }
    Ok(Days::between(from, to))
}

/// Makes the figures, writes what is to be written, and gives what to print.
pub(super) async fn figures(
    app: &App,
    bureau: BureauId,
    asked: Arguments,
) -> Result<String, Box<dyn std::error::Error>> {
    let period = period(&asked.from, &asked.to)?;
    let access = async |service: &crate::service::Service, caller: &_| service.figures(caller, period).await;
    let figures = app.access(bureau, access).await?;
    let json = asked.json.then(|| figures.to_json()).transpose()?;
    written(|_| figures.printed(), json, asked.xlsx.as_deref(), asked.html.as_deref())
}

/// Where tables are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Terminal,
    Page,
    Workbook,
}

/// Writes what is to be written, and gives what to print: the JSON that is asked for, else what was written, else the tables.
pub(super) fn written(
    printed: impl Fn(Form) -> Printed<'static>,
    json: Option<String>,
    xlsx: Option<&Path>,
    html: Option<&Path>,
) -> Result<String, Box<dyn std::error::Error>> {
    let mut lines = Vec::new();
    if let Some(path) = xlsx {
        lines.push(file(path, &printed(Form::Workbook).to_sheet()?)?);
    }
    if let Some(path) = html {
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

fn file(path: &Path, document: &[u8]) -> Result<String, NotWritten> {
    write(path, document).map_err(|source| NotWritten { path: path.display().to_string(), source })?;
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
