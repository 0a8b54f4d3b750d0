//! `triage migrate`: an existing database is brought to this program.

use super::existing;
use crate::app::{App, Config, ModelInUse};
use crate::domain::ids::BureauId;

/// What `--help` says below the options.
pub(super) const HELP: &str = "\
请先停止服务（triage serve）。新建的数据库无需升级。仍用出厂模型的，一并换为本版本的出厂模型；本局模型须重新训练的会提示。

示例：
  triage migrate";

/// Brings up schema and model; gives what to print.
pub(super) async fn migrate(place: Config, bureau: BureauId) -> Result<String, Box<dyn std::error::Error>> {
    App::migrate(&place).await?;
    let model = match existing(place).await?.renew_model(bureau).await? {
        ModelInUse::Fits => String::new(),
        ModelInUse::Renewed(model) => format!(
            "\n原用的出厂模型与本版本的特征表不符，已换用本版本的出厂模型 {model}；未办结的投诉可用 triage rescore 重评"
        ),
        ModelInUse::TrainAgain(model) => format!(
            "\n现用模型 {model} 与本版本的特征表不符，新来的投诉暂不评分；请用 triage train --use 重新训练，再用 triage rescore 重评未办结的投诉"
        ),
    };
    Ok(format!("数据库结构已是最新{model}"))
}
