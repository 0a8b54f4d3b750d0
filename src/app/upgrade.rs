//! An existing database is brought to this program: schema, keys, and the model in use - one that was fitted on the feature table of
//! another release scores nothing any more.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::open::{self, Hold, lock};
use super::{App, AppError, Config};
use crate::config::Settings;
use crate::domain::command::Command;
use crate::domain::ids::{BureauId, ModelId};
use crate::identity::Identity;
use crate::ledger::Context;
use crate::model::{Source, baseline, source_of};
use crate::replay::{Remade, is_beginning, remake_keys};
use crate::routing::LoadBasis;
use crate::store::{Limits, Store};

/// For a statement over everything that a large bureau has.
const LONG: Duration = Duration::from_secs(3_600);

/// What became of schema and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upgraded {
    /// They are this program's. How many complaints are found by other keys than before; none: the keys were of this form already.
    Done(Option<usize>),
    /// Interrupted; called again, it goes on where it was. Until then no other command opens the database.
    Stopped,
}

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
    /// Brings an existing database to this program's schema and its keys to this program's form. Nothing may be serving from it.
    /// `go_on` is told how many events are applied again and how many there are, and says whether to go on.
    pub async fn migrate(
        config: &Config,
        mut go_on: impl FnMut(usize, usize) -> bool,
    ) -> Result<Upgraded, AppError> {
        open::check_url(config)?;
        open::refuse_missing(config)?;
        open::refuse_others(config)?;
        let _lock = lock(&config.data, "serve.lock", Hold::Alone)?;
        let limits = Limits { statement: LONG, answer: LONG, ..Settings::read(&config.data)?.database };
        let store = Store::open(&open::database_url(config), limits).await?;
        if !store.holds_bureau().await? {
            return Err(AppError::NoBureau);
        }
        store.migrate().await?;
        let key = config.data.join(open::KEY);
        let context = Context::new(store, Identity::open(&key)?, LoadBasis::LAWFUL);
        let mut tx = context.store.read().await?;
        let bureaus = tx.bureaus().await?;
        tx.rollback().await?;
        if bureaus.iter().any(|row| row.key_fingerprint.as_slice() != context.identity.fingerprint()) {
            return Err(AppError::OtherKey);
        }
        let mut changed = None;
        for row in bureaus.into_iter().filter(|row| row.key_form != Some(context.identity.key_form())) {
            match Box::pin(remade(config, &context, row.bureau, &mut go_on)).await? {
                Remade::Done(complaints) => *changed.get_or_insert(0) += complaints,
                Remade::Stopped => return Ok(Upgraded::Stopped),
                Remade::NotPossible(why) => return Err(AppError::KeysNotRemade(why)),
            }
        }
        context.store.close().await;
        Ok(Upgraded::Done(changed))
    }

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

/// Makes the keys of a bureau again, in a file beside its database that stays until they are taken over: an interrupted step goes on
/// from it.
async fn remade(
    config: &Config,
    context: &Context,
    bureau: BureauId,
    go_on: impl FnMut(usize, usize) -> bool,
) -> Result<Remade, AppError> {
    let directory = config.data.join(format!("keys-{}-{}", context.identity.key_form(), bureau.0));
    let mut beside = open_beside(config, &directory).await?;
    if !is_beginning(context, &beside, bureau).await? {
        beside.store.close().await;
        remove(&directory)?;
        beside = open_beside(config, &directory).await?;
    }
    let found = remake_keys(context, &beside, bureau, go_on).await;
    beside.store.close().await;
    let found = found?;
    if found != Remade::Stopped {
        remove(&directory)?;
    }
    Ok(found)
}

async fn open_beside(config: &Config, directory: &Path) -> Result<Context, AppError> {
    open::make_directory(directory)?;
    let file = directory.join("made.db");
    open::make_private(&file)?;
    let store = Store::open(&file.display().to_string(), Limits::default()).await?;
    store.migrate().await?;
    Ok(Context::new(store, Identity::open(&config.data.join(open::KEY))?, LoadBasis::LAWFUL))
}

fn remove(directory: &Path) -> Result<(), AppError> {
    fs::remove_dir_all(directory).map_err(|source| AppError::File { path: directory.to_owned(), source })
}
