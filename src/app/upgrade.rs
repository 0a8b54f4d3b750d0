//! The model in use after an upgrade: one that was fitted on the feature table of another release scores nothing any more.

use super::{App, AppError};
use crate::domain::command::Command;
use crate::domain::ids::{BureauId, ModelId};
use crate::model::{Source, baseline, source_of};

/// What became of the model in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelInUse {
    /// It fits this program, or there is none.
    Fits,
    /// The simulated model of another release gave way to this one's.
    Renewed(ModelId),
    /// A model of the bureau's own does not fit: it has to be trained again, and nothing is scored until then.
    TrainAgain(ModelId),
}

impl App {
    /// Puts this program's simulated model to use where another release's was, by an event; a bureau's own is left to its people.
    pub async fn renew_model(&self, bureau: BureauId) -> Result<ModelInUse, AppError> {
        let (None, Some(old)) = self.champion(bureau).await? else { return Ok(ModelInUse::Fits) };
        let mut tx = self.context.store.read().await?;
        let stored = tx.model(bureau, &old).await?;
        tx.rollback().await?;
        if stored.as_deref().and_then(source_of) != Some(Source::Simulated) {
            return Ok(ModelInUse::TrainAgain(old));
        }
        let model = self.add_model(bureau, &baseline()?).await?;
        self.act(bureau, Command::UseModel { model: model.clone() }).await?;
        Ok(ModelInUse::Renewed(model))
    }
}
