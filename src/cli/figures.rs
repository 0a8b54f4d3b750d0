//! `triage figures`: the figures of a period (年度、月度统计), as tables, JSON, a workbook or a page to print.

use super::printed::Asked;
use crate::app::App;
use crate::domain::ids::BureauId;

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
    #[command(flatten)]
    asked: Asked,
    /// 输出 JSON；金额为分
    #[arg(long)]
    json: bool,
}

/// Makes the figures, writes what is to be written, and gives what to print.
pub(super) async fn figures(
    app: &App,
    bureau: BureauId,
    Arguments { asked, json }: Arguments,
) -> Result<String, Box<dyn std::error::Error>> {
    let period = asked.period()?;
    let access = async |service: &crate::service::Service, caller: &_| service.figures(caller, period).await;
    let figures = app.access(bureau, access).await?;
    let json = json.then(|| figures.to_json()).transpose()?;
    asked.written(|_| figures.printed(), json)
}
