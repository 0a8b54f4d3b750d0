//! `triage dossier`: the reconsideration file of one file (应诉卷), as a page to be printed or as JSON.

use std::path::PathBuf;

use super::TrackArgument;
use super::document::deliver;
use crate::app::App;
use crate::domain::command::FileRef;
use crate::domain::ids::{BureauId, RegistrationNumber, Track};
use crate::dossier::Reader;

/// What `--help` says below the options.
pub(super) const HELP: &str = "\
把一件投诉或者举报从登记到办结的全部办理情况做成一份材料，供行政复议答复、行政诉讼举证使用：登记内容、决定及理由、告知及凭证、
办理经过、法定期限和条文、所涉既往投诉（本件收到时和现在的情况）、编号的证据目录。没有新的办理时，重做与前次相同。

材料含个人信息，只写成本人可读的文件；每次制作都有查看记录。不加 --outward 的供本局内部使用，不作为提交材料；加 --outward 的
不含第三人信息和内部记录，也不含投诉人（举报人）的身份，举报件并不含举报内容；只交投诉人（举报人）本人的，另加 --sender。

示例（不指定 --out 时写成当前目录下的 dossier-登记编号.html）：
  triage dossier 1150203000000000000001
  triage dossier 1150203000000000000001 --track report --outward --sender --out 申请人查阅.html
  triage dossier 1150203000000000000001 --json > 应诉卷.json";

/// What the command was asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// 登记编号
    number: String,
    /// 投诉件或者举报件；不指定时为投诉件
    #[arg(long)]
    track: Option<TrackArgument>,
    /// 输出 JSON；不指定 --out 时写到标准输出
    #[arg(long)]
    json: bool,
    /// 写到这个文件，已有的会被替换；“-”为标准输出
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// 对外提供：不含第三人信息、内部记录和投诉人（举报人）的身份
    #[arg(long)]
    outward: bool,
    /// 仅供投诉人（举报人）本人：保留其姓名和所提内容
    #[arg(long, requires = "outward")]
    sender: bool,
}

/// Makes the dossier and writes it; gives what to print.
pub(super) async fn make(
    app: &App,
    bureau: BureauId,
    asked: Arguments,
) -> Result<String, Box<dyn std::error::Error>> {
    let number = RegistrationNumber::parse(asked.number.trim()).map_err(super::office::invalid)?;
    let track = asked.track.map_or(Track::Complaint, Into::into);
    let reference = FileRef { number: number.clone(), track };
    let reader = match (asked.outward, asked.sender) {
        (false, _) => Reader::Bureau,
        (true, false) => Reader::Others,
        (true, true) => Reader::Sender,
    };
    let access = async |service: &crate::service::Service, caller: &_| {
        service.dossier(caller, &reference, reader).await
    };
    let dossier = app.access(bureau, access).await?;
    let document = if asked.json { dossier.to_json()? } else { dossier.to_html() };
    let usual = (!asked.json).then(|| format!("dossier-{number}.html"));
    Ok(deliver(&document, asked.out, usual, "应诉卷")?)
}
