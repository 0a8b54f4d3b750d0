//! `triage migrate`: an existing database is brought to this program.

use std::process::ExitCode;

use super::import::{INTERRUPTED, bar_of};
use super::{Outcome, existing, say};
use crate::app::{App, Config, ModelInUse, Upgraded};
use crate::domain::ids::BureauId;
use crate::lifecycle::Lifecycle;

/// What `--help` says below the options.
pub(super) const HELP: &str = "\
请先停止服务（triage serve）。新建的数据库无需升级。电话、证件、地址、店名等的规范形式与原版本不同的，标识一并重算，新旧各件仍能关联；
可以用 Ctrl-C 中断，再执行一次即从中断处继续。仍用出厂模型的，一并换为本版本的出厂模型；本局模型须重新训练的会提示。

示例：
  triage migrate";

/// Brings up schema, keys and model.
pub(super) async fn migrate(place: Config, bureau: BureauId) -> Outcome {
    let life = Lifecycle::with_signals()?;
    let mut bar = bar_of("重算标识", "个事件");
    let upgraded = App::migrate(&place, |done, all| {
        bar(done, all);
        !life.is_stopping()
    });
    match Box::pin(upgraded).await? {
        Upgraded::Stopped => {
            say("已中断：标识尚未改动，再次执行 triage migrate 即可继续；完成之前不能启动服务")?;
            return Ok(ExitCode::from(INTERRUPTED));
        }
        Upgraded::Done(changed) => {
            say("数据库结构已是最新")?;
            if let Some(complaints) = changed {
                say(&format!("已按本版本的规范形式重算标识，其中 {complaints} 件投诉的标识与原来不同"))?;
            }
        }
    }
    let app = existing(place).await?;
    match app.renew_model(bureau).await? {
        ModelInUse::Fits => {}
        ModelInUse::Renewed(model) => say(&format!(
            "原用的出厂模型与本版本的特征表不符，已换用本版本的出厂模型 {model}；未办结的投诉可用 triage rescore 重评"
        ))?,
        ModelInUse::TrainAgain(model) => say(&format!(
            "现用模型 {model} 与本版本的特征表不符，新来的投诉暂不评分；请用 triage train --use 重新训练，再用 triage rescore 重评未办结的投诉"
        ))?,
    }
    app.write_heads().await;
    Ok(ExitCode::SUCCESS)
}
