//! `triage bureau places`: places that officers have confirmed, to be taken into the bureau file.

use super::table::table;
use crate::app::App;
use crate::domain::caller::Caller;
use crate::domain::command::Command;
use crate::domain::ids::BureauId;
use crate::draft::PlaceProposal;
use crate::service::Service;
use crate::store::StoreError;

/// What `--help` says below the options.
pub(super) const HELP: &str = "\
登记时地点不明、由统一接收机构改派的件，有两件以上地址写同一小区、市场等，都由同一个所签收，没有相反的，列为建议。采纳后写入机构文件
（注明日期和依据的件），以后写该地名的件直接送该所；已有的件不变。采纳前请核对该地名是否全部在该所辖区。

JSON 中每项有 name、kind、station 和 sources（依据的件：number、officer 签收人、signed_on 签收日，1970 年起的日数）。

示例：
  triage bureau places
  triage bureau places --take 望园小区";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// 采纳这个地名，写入现行机构文件
    #[arg(long, value_name = "地名")]
    take: Option<String>,
    /// 输出 JSON
    #[arg(long)]
    json: bool,
}

/// What a command at the terminal refuses to do.
#[derive(Debug, thiserror::Error)]
enum PlaceError {
    #[error("建议中没有 {0}；请用 triage bureau places 查看现有建议")]
    NotProposed(String),
    #[error(
        "现行机构文件中的 place 不是列表，不能写入；请用 triage bureau show 取出，改好后用 triage bureau load 导入"
    )]
    NoList,
}

pub(super) async fn places(
    app: &App,
    bureau: BureauId,
    asked: Arguments,
) -> Result<String, Box<dyn std::error::Error>> {
    let seen = async |service: &Service, caller: &Caller| service.place_proposals(caller).await;
    let proposed = app.access(bureau, seen).await?;
    let Some(name) = asked.take else {
        return Ok(if asked.json { serde_json::to_string_pretty(&proposed)? } else { listed(&proposed) });
    };
    let place = proposed.into_iter().find(|place| place.name == name).ok_or(PlaceError::NotProposed(name))?;
    let mut tx = app.context.store.read().await?;
    let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
    let content = tx.rules(bureau, head.rules).await?;
    tx.rollback().await?;
    let content = place.taken_into(&content, app.clock.now().day()).ok_or(PlaceError::NoList)?;
    app.act(bureau, Command::LoadBureau { content: content.into() }).await?;
    Ok(format!(
        "已采纳：{}（{}）属 {}，已写入机构文件；手边的文件请用 triage bureau show > 机构文件.toml 更新",
        place.name, place.kind, place.station
    ))
}

fn listed(proposed: &[PlaceProposal]) -> String {
    if proposed.is_empty() {
        return "暂无地名建议：没有两件以上地点不明、改派后由同一个所签收的同一地名。".to_owned();
    }
    let row = |place: &PlaceProposal| {
        let files = place.sources.iter().map(|source| source.number.to_string());
        [
            place.name.clone(),
            place.kind.to_owned(),
            place.station.to_string(),
            place.sources.len().to_string(),
            files.take(3).collect::<Vec<_>>().join("、"),
        ]
    };
    let headings = ["地名", "类别", "所", "件数#", "依据（前三件）"];
    format!(
        "{}\n\n仅为建议；核对后用 triage bureau places --take 地名 采纳。",
        table(headings, proposed.iter().map(row))
    )
}
