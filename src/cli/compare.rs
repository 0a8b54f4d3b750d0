//! `triage compare`: our routing beside the present way (试运行对比), for whoever decides whether to start.

use super::printed::{Asked, Form};
use crate::app::App;
use crate::domain::ids::BureauId;

/// What `--help` says below the options.
pub(super) const HELP: &str = "\
把每一件导入的投诉、举报按本系统分送的单位，与导出中载明的实际办理单位（办理部门、处理部门）放在一起对照：一致率及区间，按单位、
按类别；每一件不一致的两边理由；两种方式下各单位的件数和工作量；疑似程度与办理结果。供启用之前决定用。

导入时已办结的件没有分送过，按现行机构文件和当时的负荷重新推演（同 triage what-if，用其默认的办理速度和办理时长）。只比较单位，不出现
人员姓名和投诉人、举报人的个人信息；每次使用都有查看记录。终端列出前 20 件不一致的件，网页列出前 200 件，工作簿和 JSON 列出全部。

示例：
  triage import 投诉举报导出-截至20260630.xlsx
  triage compare --from 2026-01-01 --to 2026-06-30
  triage compare --from 2026-01-01 --to 2026-06-30 --html 试运行对比.html --xlsx 试运行对比.xlsx";

/// Single files on a terminal and on a page.
const ON_TERMINAL: usize = 20;
const ON_PAGE: usize = 200;

/// What the command was asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    asked: Asked,
    /// 输出 JSON；工作量为百分之一
    #[arg(long)]
    json: bool,
}

/// Compares, writes what is to be written, and gives what to print.
pub(super) async fn compare(
    app: &App,
    bureau: BureauId,
    Arguments { asked, json }: Arguments,
) -> Result<String, Box<dyn std::error::Error>> {
    let period = asked.period()?;
    let access = async |service: &crate::service::Service, caller: &_| service.compare(caller, period).await;
    let found = app.access(bureau, access).await?;
    let json = json.then(|| found.to_json()).transpose()?;
    let printed = |form: Form| {
        found.printed(match form {
            Form::Terminal => ON_TERMINAL,
            Form::Page => ON_PAGE,
            Form::Workbook => usize::MAX,
        })
    };
    asked.written(printed, json)
}
