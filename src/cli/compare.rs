//! `triage compare`: our routing beside the present way (试运行对比), for whoever decides whether to start.

use super::printed::{Asked, Form};
use crate::app::App;
use crate::compare::Extent;
use crate::domain::ids::BureauId;

/// What `--help` says below the options.
pub(super) const HELP: &str = "\
把每一件导入的投诉、举报按本系统分送的单位，与导出中载明的实际办理单位（办理部门、处理部门）放在一起对照：一致率及区间，按单位、
按按类别、按分送的来源（收到时由本系统分送、导入、事后推演）；不能对照的件及原因；两种方式下所、科室的件数、工作量和均衡程度；疑似程度与
办理结果，模型是否用这些标注训练过；不一致的件的两边理由和一份人工抽查表。供启用之前决定用。

导入时已办结的件没有分送过，按现行机构文件和当时的负荷重新推演（同 triage what-if，用其默认的办理速度和办理时长）。只比较单位，不出现
人员姓名和投诉人、举报人的个人信息；每次使用都有查看记录。不一致的件，终端每类列出 5 件，网页每类列出 20 件，工作簿和 JSON 列出全部；人工抽查表至多 30 件，在网页、工作簿和
JSON 中。

示例：
  triage import 投诉举报导出-截至20260630.xlsx
  triage compare --from 2026-01-01 --to 2026-06-30
  triage compare --from 2026-01-01 --to 2026-06-30 --html 试运行对比.html --xlsx 试运行对比.xlsx";

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
            Form::Terminal => Extent::Terminal,
            Form::Page => Extent::Page,
            Form::Workbook => Extent::Workbook,
        })
    };
    asked.written(printed, json)
}
