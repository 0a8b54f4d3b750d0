//! A model of the bureau's own before the open rows are scored: on its first day a bureau has one made from simulated complaints.

use std::collections::BTreeSet;
use std::io;

use super::{About, Asked, Going, question};
use crate::app::App;
use crate::cli::models;
use crate::domain::ids::{BureauId, ModelId};
use crate::exchange::{Mapping, Sheet};
use crate::import::Rows;
use crate::lifecycle::Lifecycle;
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
    pub(super) fn of(labels: usize, own_model: bool, asked: &Asked) -> Self {
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
            (false, _) if is_asked => {
                Some("尚未训练本局模型，未办结的件没有导入；再次执行同一命令即可继续".to_owned())
            }
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
                    "已用已办结的件训练本局模型 {model} 并启用，本次新导入的未办结件由它评分；此前导入的未办结件请用 triage rescore 重评（模型卡：triage models show {model}）"
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

/// The files of a list, one in memory at a time: each step reads them again, but for one that was only looked at last.
struct Files<'a> {
    mapping: &'a Mapping,
    last: Option<(usize, Sheet)>,
    /// Those that cannot be read; it is told once.
    unread: BTreeSet<usize>,
}

impl Files<'_> {
    async fn sheet(&mut self, going: &mut Going<'_>, at: usize) -> Option<Sheet> {
        if self.unread.contains(&at) {
            return None;
        }
        if let Some((_, sheet)) = self.last.take_if(|(last, _)| *last == at) {
            return Some(sheet);
        }
        self.last = None;
        let sheet = going.read(going.asked.files.get(at)?, self.mapping).await;
        if sheet.is_none() {
            self.unread.insert(at);
        }
        sheet
    }

    /// Rows with findings. Where nobody is asked, it is enough to know that there are any.
    async fn labels(&mut self, going: &mut Going<'_>) -> usize {
        let mut labels = 0;
        for at in 0..going.asked.files.len() {
            if let Some(sheet) = self.sheet(going, at).await {
                labels += sheet.labels();
                self.last = Some((at, sheet));
            }
            if labels > 0 && going.asked.train.is_some() {
                break;
            }
        }
        labels
    }
}

impl Going<'_> {
    /// Where files have findings and that is wanted, what has ended is taken first, a model of the bureau's own is made of it, and then
    /// the open rows are taken.
    pub(super) async fn take_and_may_learn(&mut self, mapping: &Mapping) -> io::Result<()> {
        let mut files = Files { mapping, last: None, unread: BTreeSet::new() };
        let labels = files.labels(self).await;
        let asked = self.asked;
        if is_wanted(self.life, asked, labels).await? {
            return self.take_and_learn(&mut files).await;
        }
        if asked.train == Some(Train::Yes) && labels == 0 && !files.unread.is_empty() {
            return self.take_what_has_ended(&mut files).await;
        }
        for (at, file) in asked.files.iter().enumerate() {
            let Some(sheet) = files.sheet(self, at).await else { continue };
            self.take(file, sheet).await?;
            if self.is_stopped() {
                break;
            }
        }
        Ok(())
    }

    /// The findings may stand in the file that cannot be read: nothing is scored by simulated complaints without a word.
    async fn take_what_has_ended(&mut self, files: &mut Files<'_>) -> io::Result<()> {
        let asked = self.asked;
        for (at, file) in asked.files.iter().enumerate() {
            let Some(sheet) = files.sheet(self, at).await else { continue };
            let about = About::of(&sheet);
            let taken = match self.app.begin_import(self.bureau, sheet, self.as_of).await {
                Ok(mut running) => self.go_on(&mut running, Rows::Ended).await.map(|()| running.finish()),
                Err(error) => Err(error),
            };
            let mut learning = Learning::of(about.labels, self.has_own_model, asked);
            learning.note_zh = Some(ENDED_ALONE_ZH.to_owned());
            self.finish(file, about, taken, learning)?;
            if self.is_stopped() {
                return Ok(());
            }
        }
        self.failed.push(WAITS_ZH.to_owned());
        Ok(())
    }

    async fn take_and_learn(&mut self, files: &mut Files<'_>) -> io::Result<()> {
        let asked = self.asked;
        let mut begun = Vec::with_capacity(asked.files.len());
        for (at, file) in asked.files.iter().enumerate() {
            let Some(sheet) = files.sheet(self, at).await else { continue };
            let about = About::of(&sheet);
            let taken = match self.app.begin_import(self.bureau, sheet, self.as_of).await {
                Ok(mut running) => self.go_on(&mut running, Rows::Ended).await.map(|()| running.wait()),
                Err(error) => Err(error),
            };
            match taken {
                Ok(waiting) => begun.push((at, file, about, waiting)),
                Err(error) => self.failed.push(format!("{}：{error}", file.display())),
            }
        }
        let is_stopped = begun.iter().any(|(.., waiting)| waiting.is_stopped());
        let made = if is_stopped { None } else { Some(train(self.app, self.bureau).await) };
        // The findings that are wanting may stand in the file that cannot be read.
        let waits = asked.train == Some(Train::Yes)
            && !files.unread.is_empty()
            && made.as_ref().is_some_and(Result::is_err);
        for (at, file, about, waiting) in begun {
            let mut learning = Learning::of(about.labels, self.has_own_model, asked);
            learning.note(made.as_ref());
            if waits {
                learning.note_zh = Some(ENDED_ALONE_ZH.to_owned());
            }
            if is_stopped || waits {
                self.finish(file, about, Ok(waiting.finish()), learning)?;
                continue;
            }
            let Some(sheet) = files.sheet(self, at).await else { continue };
            let Some(mut running) = waiting.resume(sheet) else {
                let changed = "文件在导入过程中被改动，未办结的行没有导入，请再次执行同一命令";
                self.failed.push(format!("{}：{changed}", file.display()));
                continue;
            };
            let gone_on = self.go_on(&mut running, Rows::All).await;
            self.finish(file, about, gone_on.map(|()| running.finish()), learning)?;
        }
        if waits {
            self.failed.push(WAITS_ZH.to_owned());
        }
        Ok(())
    }
}

/// What was done where open rows were left out, and why.
const ENDED_ALONE_ZH: &str = "只导入了已办结的行，未办结的行没有导入，也没有评分";
const WAITS_ZH: &str = "有文件不能读取，其他文件中的认定或标注不足，不能训练本局模型：未办结的行没有导入；请修复该文件后再次执行同一命令，或者改为 --train no（由模拟数据训练的模型评分）";

/// Whether the model in use was made from complaints of the bureau.
pub(super) async fn has_own_model(app: &App, bureau: BureauId) -> Result<bool, Box<dyn std::error::Error>> {
    let (champion, _) = app.champion(bureau).await?;
    Ok(champion.is_some_and(|champion| champion.artefact().source == Source::Bureau))
}

/// Whether a model may be made before the open rows are scored: as was said, else if a person can be asked.
pub(super) fn may_be_wanted(asked: &Asked) -> bool {
    !asked.dry_run && asked.train.map_or_else(|| question::can_ask(asked), |train| train == Train::Yes)
}

/// Whether a model is to be made, where one may be: as was said, else as a person at the terminal answers.
async fn is_wanted(life: &Lifecycle, asked: &Asked, labels: usize) -> io::Result<bool> {
    match asked.train {
        _ if labels == 0 => Ok(false),
        Some(train) => Ok(train == Train::Yes),
        None => {
            let question = format!(
                "尚无本局模型，文件中有 {labels} 行含认定或标注。先导入已办结的行并训练本局模型，再给未办结的件评分（y）；或者不训练，由模拟数据训练的模型评分（n）？[y/n] "
            );
            question::ask(
                life,
                &question,
                "没有回答是否先训练本局模型，没有导入任何件；请加 --train yes 或者 --train no",
            )
            .await
        }
    }
}

/// Makes a model of what has been imported, and puts it to use; or says why not.
pub(super) async fn train(app: &App, bureau: BureauId) -> Result<ModelId, String> {
    models::train_and_use(app, bureau).await.map_err(|error| error.to_string())
}
