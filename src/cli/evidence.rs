//! `triage evidence`: the evidence sheet of one complaint (研判参考材料), as a page to be printed or as JSON.

use std::path::PathBuf;

use super::document::deliver;
use crate::app::App;
use crate::domain::ids::{BureauId, RegistrationNumber, Sequence};

/// What `--help` says below the options.
pub(super) const HELP: &str = "\
把一件投诉的评分和分送所依据的全部内容做成一份材料，供办案人员、法制人员和复议应诉使用：投诉情况、理由与合计、
易误判情形、关联、雷同文本对照、所涉既往投诉、分送。内容截至作出评分时，以后任何时候重做都相同。评分仅供参考，不作为
不予受理等决定的依据。

材料含个人信息，只写成本人可读的文件；每次制作都有查看记录。HTML 文件用浏览器打开，按 A4 打印或存为 PDF。

示例（不指定 --out 时写成当前目录下的 evidence-登记编号.html）：
  triage evidence 1150203000000000000001
  triage evidence 1150203000000000000001 --outward --out 研判参考材料.html
  triage evidence 1150203000000000000001 --json > 研判参考材料.json
  triage evidence 1150203000000000000001 --sequence 4711";

/// What the command was asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// 登记编号
    number: String,
    /// 输出 JSON；不指定 --out 时写到标准输出
    #[arg(long)]
    json: bool,
    /// 写到这个文件，已有的会被替换；“-”为标准输出
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// 对外提供：不含电话、证件、地址、他人投诉的编号和文字、其他经营者名称、候选单位负荷；没有承办人员认定支持的概率也不列出
    #[arg(long)]
    outward: bool,
    /// 哪一次评分（补充材料的序号）；不指定时为首次评分
    #[arg(long, value_name = "N")]
    sequence: Option<i64>,
}

/// Makes the sheet and writes it; gives what to print.
pub(super) async fn make(
    app: &App,
    bureau: BureauId,
    asked: Arguments,
) -> Result<String, Box<dyn std::error::Error>> {
    let number = RegistrationNumber::parse(asked.number.trim()).map_err(super::office::invalid)?;
    let sequence = asked.sequence.map(Sequence);
    let access = async |service: &crate::service::Service, caller: &_| {
        service.evidence(caller, &number, sequence).await
    };
    let sheet = app.access(bureau, access).await?;
    let sheet = if asked.outward { sheet.outward() } else { sheet };
    let document = if asked.json { sheet.to_json()? } else { sheet.to_html() };
    let usual = (!asked.json).then(|| match sequence {
        None => format!("evidence-{number}.html"),
        Some(sequence) => format!("evidence-{number}-{}.html", sequence.0),
    });
    Ok(deliver(&document, asked.out, usual, "研判参考材料")?)
}
