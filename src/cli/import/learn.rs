//! A model of the bureau's own before the open rows are scored: on its first day a bureau has one made from simulated complaints.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::Asked;
use crate::app::App;
use crate::cli::models;
use crate::domain::ids::{BureauId, ModelId};
use crate::exchange::Sheet;
use crate::model::Source;

/// Whether to train before the open rows are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Train {
    /// 先训练
    Yes,
    /// 不训练
    No,
}

/// What a file could teach a model, and what came of it.
#[derive(Debug, serde::Serialize)]
pub(super) struct Learning {
    /// Rows with a finding or a mark.
    labels: usize,
    /// A model of the bureau's own was in use before.
    own_model: bool,
    /// The model that was made and put to use before the open rows were scored.
    model: Option<ModelId>,
    /// What people should know of it.
    pub(super) note_zh: Option<String>,
}

impl Learning {
    /// Nothing was made: which is said where something could have been, or was asked for.
    pub(super) fn of(sheet: &Sheet, own_model: bool, asked: &Asked) -> Self {
        let labels = sheet.labels();
        let is_asked = asked.train == Some(Train::Yes);
        let note_zh = match (own_model, labels) {
            (true, _) => {
                is_asked.then(|| "已有本局模型，没有另行训练；重新训练请用 triage train --use".to_owned())
            }
            (false, 0) => is_asked
                .then(|| "文件中没有认定或标注，没有训练；未办结的件由模拟数据训练的模型评分".to_owned()),
            (false, _) if is_asked && asked.dry_run => Some(format!(
                "尚无本局模型；文件中有 {labels} 行含认定或标注，正式导入时先导入已办结的行并训练本局模型，再给未办结的件评分"
            )),
            (false, _) => Some(format!(
                "尚无本局模型，未办结的件由模拟数据训练的模型评分；文件中有 {labels} 行含认定或标注，可用来训练：导入时加 --train yes，或者导入后执行 triage train --use 和 triage rescore"
            )),
        };
        Self { labels, own_model, model: None, note_zh }
    }

    /// Notes what was made, or why nothing was.
    pub(super) fn note(&mut self, made: Option<&Result<ModelId, String>>) {
        match made {
            Some(Ok(model)) => {
                self.model = Some(model.clone());
                self.note_zh = Some(format!(
                    "已用已办结的件训练本局模型 {model} 并启用，未办结的件由它评分（模型卡：triage models show {model}）"
                ));
            }
            Some(Err(why)) => {
                self.note_zh = Some(format!(
                    "没有训练成本局模型：{why}；未办结的件由模拟数据训练的模型评分，以后可用 triage train --use 和 triage rescore"
                ));
            }
            None => {}
        }
    }
}

/// Whether the model in use was made from complaints of the bureau.
pub(super) async fn has_own_model(app: &App, bureau: BureauId) -> Result<bool, Box<dyn std::error::Error>> {
    let (champion, _) = app.champion(bureau).await?;
    Ok(champion.is_some_and(|champion| champion.artefact().source == Source::Bureau))
}

/// Whether a model may be made before the open rows are scored: as was said, else if a person can be asked.
pub(super) fn may_be_wanted(asked: &Asked) -> bool {
    let can_ask = || !asked.json && io::stdin().is_terminal() && io::stderr().is_terminal();
    !asked.dry_run && asked.train.map_or_else(can_ask, |train| train == Train::Yes)
}

/// Whether a model is to be made, where one may be: as was said, else as a person at the terminal answers.
pub(super) fn is_wanted(asked: &Asked, labels: usize) -> io::Result<bool> {
    match asked.train {
        _ if labels == 0 => Ok(false),
        Some(train) => Ok(train == Train::Yes),
        None => {
            let question = format!(
                "尚无本局模型，文件中有 {labels} 行含认定或标注。先导入已办结的行并训练本局模型，再给未办结的件评分？[y/N] "
            );
            let mut terminal = io::stderr();
            terminal.write_all(question.as_bytes())?;
            terminal.flush()?;
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer)?;
            Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "是"))
        }
    }
}

/// Makes a model of what has been imported, and puts it to use; or says why not.
pub(super) async fn train(app: &App, bureau: BureauId) -> Result<ModelId, String> {
    models::train_and_use(app, bureau).await.map_err(|error| error.to_string())
}
