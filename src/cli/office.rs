//! What the office does at a terminal: bureau file, replay.

use std::path::Path;
use std::process::ExitCode;

use super::{BureauCommand, Outcome, say};
use crate::app::{App, AppError, Config};
use crate::domain::command::Command;
use crate::domain::ids::BureauId;
use crate::domain::violation::Invalid;
use crate::identity::Identity;
use crate::ledger::Context;
use crate::replay::{PassedOver, replay as replay_log};
use crate::routing::LoadBasis;
use crate::store::{Limits, Store, StoreError};

/// What the help of `replay` says beside its options.
pub(super) const REPLAY_HELP: &str = "\
有不一致的以 1 退出。每处不一致一行：登记编号、投诉或者举报、哪一种记录、所属变更、字段、库中的值、重放的值。由其他版本的程序作出
的决定不重新计算，按所存内容核对，另行计数；因清除而缺少依据的同样核对，计为因清除未重算。JSON 中有处理的变更（events）、比较的件
（files）、未重新计算的（not_recomputed，按版本和特征表）、因清除未重算的（purged）和不一致（differences），后者各有：
  number, track   哪一件；变更记录本身不一致的为 null
  row             event、file、decision、assignment、clock 或者 review
  sequence        所属变更的序号
  duty            期限的哪一项职责
  field           字段；整条记录只在一边的为 null
  stored          库中的值；没有的为 null
  replayed        重放的值，同上
均不含个人信息。

示例：
  triage replay
  triage replay --json | jq '.differences[] | select(.row == \"decision\")'";

type Done = Result<(), Box<dyn std::error::Error>>;

/// What a command at the terminal refuses to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum OfficeError {
    #[error("{0}")]
    Invalid(String),
}

pub(super) fn invalid(invalid: Invalid) -> OfficeError {
    OfficeError::Invalid(invalid.zh)
}

/// What is done with bureau files.
pub(super) async fn bureau_file(config: Config, bureau: BureauId, command: BureauCommand) -> Done {
    match command {
        BureauCommand::Load { file } => load_bureau(config, bureau, &file).await,
        BureauCommand::Draft(asked) => Ok(say(&super::draft::run(&asked)?)?),
        BureauCommand::Show => show_bureau(&super::existing(config).await?, bureau).await,
        BureauCommand::Places(asked) => {
            Ok(say(&super::places::places(&super::existing(config).await?, bureau, asked).await?)?)
        }
    }
}

/// Nothing is made before the file could be read.
async fn load_bureau(config: Config, bureau: BureauId, file: &Path) -> Done {
    let content = crate::exchange::read_text(file)
        .map_err(|source| AppError::File { path: file.to_owned(), source })?;
    let app = super::init::open_or_new(config).await?;
    app.act(bureau, Command::LoadBureau { content: content.into() }).await?;
    app.write_heads().await;
    let mut tx = app.context.store.read().await?;
    let rules = app.context.rules_in_force(&mut tx, bureau).await?;
    tx.rollback().await?;
    let officers = rules.officers().count();
    say(&format!("已导入：{}，单位 {} 个，人员 {officers} 名", rules.name(), rules.units().len()))?;
    let names = std::iter::once(rules.name()).chain(rules.units().iter().map(|unit| unit.name.as_str()));
    let unfilled: Vec<&str> =
        names.filter(|name| name.contains("请填写") || name.contains("请改为")).collect();
    if !unfilled.is_empty() {
        let unfilled = unfilled.join("、");
        say(&format!("名称还没有改：{unfilled}；文书和页面会照此显示，请改好后再次导入"))?;
    }
    Ok(())
}

async fn show_bureau(app: &App, bureau: BureauId) -> Done {
    let mut tx = app.context.store.read().await?;
    let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
    let content = tx.rules(bureau, head.rules).await?;
    tx.rollback().await?;
    say(&content)?;
    Ok(())
}

/// Differences that a replay shows at a terminal.
const MOST_SHOWN: usize = 100;

pub(super) async fn replay(app: &App, bureau: BureauId, json: bool) -> Outcome {
    let scratch = tempfile::Builder::new().prefix("replay-").tempdir_in(app.data())?;
    let store =
        Store::open(&scratch.path().join("replay.db").display().to_string(), Limits::default()).await?;
    store.migrate().await?;
    let identity = Identity::open(&app.data().join("identity.key"))?;
    let other = Context::new(store, identity, LoadBasis::LAWFUL);
    let found = replay_log(&app.context, &other, bureau).await?;
    other.store.close().await;
    if json {
        say(&serde_json::to_string_pretty(&found)?)?;
    } else {
        say(&format!(
            "重放事件 {} 个，核对件 {} 件，不一致 {} 处",
            found.events,
            found.files,
            found.differences.len()
        ))?;
        for other in &found.not_recomputed {
            let version =
                other.version.map_or_else(|| "较早版本".to_owned(), |version| format!("版本 {version}"));
            let schema =
                other.schema_hash.as_deref().map(|hash| format!("，特征表 {hash}")).unwrap_or_default();
            say(&format!(
                "另有 {} 个评分分送由{version}作出{schema}：未重新计算，已按所存向量、模型和候选核对",
                other.decisions
            ))?;
        }
        let PassedOver { decisions, by_their_past, by_key } = found.purged;
        if decisions + by_their_past > 0 {
            say(&format!(
                "因清除未重算 {} 个评分分送：本件已清除的 {decisions} 个，此前评分依据的既往投诉已清除的 {by_their_past} 个；已按所存向量、模型和候选核对",
                decisions + by_their_past
            ))?;
        }
        if by_key > 0 {
            say(&format!(
                "另有 {by_key} 个评分分送在更换标识密钥之前作出，成组或者雷同文本因密钥而异：沿用原结果，已按所存向量、模型和候选核对"
            ))?;
        }
        for difference in found.differences.iter().take(MOST_SHOWN) {
            say(&difference.to_string())?;
        }
        if let Some(more) = found.differences.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
            say(&format!("另有 {more} 处，用 --json 查看全部"))?;
        }
    }
    Ok(if found.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
