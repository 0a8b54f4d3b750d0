//! `triage bureau draft`: a bureau file from what an office has - its exports and its own table of units and officers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::document::write;
use super::office::OfficeError;
use crate::clock::Clock;
use crate::domain::given::Given;
use crate::domain::ids::{RegistrationNumber, Track};
use crate::domain::respondent::CreditCode;
use crate::domain::text::{Address, Line};
use crate::draft::{Draft, PastRow, draft};
use crate::exchange::{Item, Mapping, Parsed, RosterRow, Sheet, SheetError, Times, read_roster};
use crate::routing::Bureau;

/// What `--help` says below the options.
pub(super) const HELP: &str = "\
由本局已有的两种表格写出机构文件的草稿：单位、人员来自单位人员表（列名如 部门、姓名、工号或执法证号、职务，次序不限；合并的单位格按
上一行），街道、道路、小区市场、登记名册、专门业务来自以往导出文件中各件由哪个单位办理。每项注明件数和不一致之处：有 2 件以上、其中四分
之三以上由同一个所办理的写成正式的项；不足的、与街道划分不一致的、没有写明由谁办理的写成注释。不写 --units 的，单位取导出文件中的办理部门，
没有人员。

草稿须由人核对，再用 triage bureau load 导入。文件含人员姓名，只写成本人可读；已有的文件不覆盖。不读写数据目录。

示例：
  triage bureau draft --from 投诉举报导出-截至20260531.xlsx --units 单位人员表.xlsx --out bureau.toml
  triage bureau load bureau.toml";

/// What the command was asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// 以往的导出文件，可以写几次
    #[arg(long, required = true, value_name = "FILE")]
    from: Vec<PathBuf>,
    /// 单位人员表：Excel、WPS、.ods 或者 CSV
    #[arg(long, value_name = "FILE")]
    units: Option<PathBuf>,
    /// 草稿写到这个文件
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Drafts, writes, and says what is sure and what is not.
pub(super) fn run(asked: &Arguments) -> Result<String, Box<dyn std::error::Error>> {
    let Arguments { from, units, out } = asked;
    if out.exists() {
        let text = format!("{} 已存在；请另写一个文件名，核对后再替换", out.display());
        return Err(OfficeError::Invalid(text).into());
    }
    let past = past(from)?;
    let staff = units.as_deref().map(roster).transpose()?.unwrap_or_default();
    let drafted = draft(&past, &staff);
    write(out, drafted.text.as_bytes())?;
    Ok(summary(out, &drafted))
}

/// The rows of all exports, each file once: of a number that stands in several, the last one.
fn past(from: &[PathBuf]) -> Result<Vec<PastRow>, Box<dyn std::error::Error>> {
    let now = Clock::System.now();
    let mut rows: Vec<PastRow> = Vec::new();
    let mut known: HashMap<(RegistrationNumber, Track), usize> = HashMap::new();
    for path in from {
        let sheet = Sheet::read_as(path, &Mapping::default(), super::import::program().as_deref())
            .map_err(|error| format!("{}：{error}", path.display()))?;
        let times = Times { now, as_of: sheet.as_of(now) };
        for row in sheet.rows() {
            let Parsed::Item(item) = sheet.parse(row, times) else { continue };
            for track in item.submission.tracks() {
                let new = past_row(&item, track);
                let file = (item.submission.number.clone(), track);
                if let Some(known) = known.get(&file).and_then(|at| rows.get_mut(*at)) {
                    *known = new;
                } else {
                    known.insert(file, rows.len());
                    rows.push(new);
                }
            }
        }
    }
    Ok(rows)
}

fn past_row(item: &Item, track: Track) -> PastRow {
    let facts = &item.submission;
    let line = |given: &Given<Line>| given.known().map(|line| line.as_str().to_owned());
    let address = |given: &Given<Address>| given.known().map(|address| address.as_str().to_owned());
    let part = facts.part(track);
    let code = facts.respondent.credit_code.known().filter(|code| code.is_valid());
    PastRow {
        track,
        address: address(&facts.respondent.premises).or_else(|| part.and_then(|part| address(&part.place))),
        shop: line(&facts.respondent.name),
        code: code.map(|code: &CreditCode| code.text().to_owned()),
        object: part.and_then(|part| line(&part.object_category)),
        problem: part.and_then(|part| line(&part.problem_category)),
        unit: item.outcome.reported_unit().map(|unit| unit.as_str().to_owned()),
    }
}

fn roster(path: &Path) -> Result<Vec<RosterRow>, String> {
    read_roster(path, super::import::program().as_deref()).map_err(|error| {
        let why = match error {
            SheetError::NoHeader | SheetError::Missing(_) => {
                "没有找到表头；单位人员表应有“部门”（或者单位、科室）和“姓名”两列".to_owned()
            }
            other => other.to_string(),
        };
        format!("{}：{why}", path.display())
    })
}

fn summary(out: &Path, drafted: &Draft) -> String {
    let Draft { text, units, officers, matched, rows, entries } = drafted;
    let mut lines = vec![
        format!("草稿已写入 {}：单位 {units} 个，人员 {officers} 名", out.display()),
        format!("导出文件共 {rows} 件，其中 {matched} 件的办理单位在草稿中"),
    ];
    for (what, sure, doubtful) in entries {
        lines.push(format!("  {what}：{sure} 项，另有 {doubtful} 项未定（写成注释）"));
    }
    if *matched == 0 && *rows > 0 {
        lines.push(
            "导出没有写明办理的所、股室，不能据以确定各处由谁办理；地名已列出，请填写 station，去掉行首的 #"
                .to_owned(),
        );
    }
    match Bureau::parse(text) {
        Ok(_) => lines.push(format!("请核对后执行：triage bureau load {}", out.display())),
        Err(mistakes) => {
            lines.push("草稿中有以下须先改正之处：".to_owned());
            lines.extend(mistakes.iter().map(|mistake| format!("  {mistake}")));
        }
    }
    lines.join("\n")
}
