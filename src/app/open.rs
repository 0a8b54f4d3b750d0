//! Opening a bureau's data, and making it: nothing is made but where somebody asked for it and nothing was before.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing::error;

use super::{App, AppError, Config, FIRST_BUREAU, keys, rekey, untokened};
use crate::clock::Clock;
use crate::clock::watch::{Uptime, Watch};
use crate::config::Settings;
use crate::domain::command::Command;
use crate::domain::ids::CallerId;
use crate::domain::time::Timestamp;
use crate::engine::{Waiters, settle_batch};
use crate::identity::Identity;
use crate::ledger::{Batch, Context, begin_chain};
use crate::model::baseline;
use crate::routing::LoadBasis;
use crate::store::{BureauRow, Limits, MAPPED_BY_IMPORT, Store, Tx};

/// The file of a SQLite database in the data directory; its side files are named after it.
pub(super) const DATABASE: &str = "triage.db";
pub(super) const KEY: &str = "identity.key";

/// What may lie in a directory in which nothing was kept yet.
const NOTHING_YET: [&str; 5] = [crate::config::FILE, "open.lock", "serve.lock", "clock.json", "lost+found"];

/// What may be made when it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Make {
    /// Nothing: the bureau must be there.
    Nothing,
    /// The bureau with its key: it must not be there.
    New,
    /// Whatever is missing.
    Missing,
}

impl App {
    /// Opens a data directory, which must be there whole: a mistyped directory is not to become a bureau.
    pub async fn open_existing(config: Config, clock: Clock) -> Result<Self, AppError> {
        open(config, clock, Make::Nothing, None).await
    }

    /// The same for an import, which keeps less of the database in memory.
    pub async fn open_to_import(config: Config, clock: Clock) -> Result<Self, AppError> {
        open(config, clock, Make::Nothing, Some(MAPPED_BY_IMPORT)).await
    }

    /// Makes a bureau with its key, in a directory that is empty or not there yet and a database without one.
    pub async fn open_new(config: Config, clock: Clock) -> Result<Self, AppError> {
        open(config, clock, Make::New, None).await
    }

    /// As [`App::open_new`] where nothing was kept yet, else as [`App::open_existing`]; and whether it is new.
    pub async fn open_or_new(config: Config, clock: Clock) -> Result<(Self, bool), AppError> {
        let is_new =
            !config.data.join(KEY).exists() && !sqlite_file(&config).is_some_and(|file| file.exists());
        let make = if is_new { Make::New } else { Make::Nothing };
        Ok((open(config, clock, make, None).await?, is_new))
    }

    /// Opens everything, making what is missing and closing the directory to others: for who has made sure that it should be,
    /// as tests and the tour. Never a key beside a bureau that was sealed with another.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, AppError> {
        open(config, clock, Make::Missing, None).await
    }
}

async fn open(config: Config, clock: Clock, make: Make, mapped_bytes: Option<u32>) -> Result<App, AppError> {
    check_url(&config)?;
    let settings = Settings::read(&config.data)?;
    match make {
        Make::Nothing => refuse_missing(&config)?,
        Make::New => refuse_other_files(&config)?,
        Make::Missing => {}
    }
    if make != Make::Nothing {
        make_directory(&config.data)?;
    }
    if make == Make::Missing {
        let closed = fs::set_permissions(&config.data, fs::Permissions::from_mode(0o700));
        closed.map_err(|source| AppError::File { path: config.data.clone(), source })?;
    }
    refuse_others(&config)?;
    // Several commands may be the first one at once; one makes the key and the schema, the others wait.
    let _first = lock(&config.data, "open.lock", Hold::Wait)?;
    if let Some(file) = sqlite_file(&config)
        && make != Make::Nothing
    {
        make_private(&file)?;
    }
    let mapped_bytes = mapped_bytes.unwrap_or(settings.database.mapped_bytes);
    let limits = Limits { mapped_bytes, ..settings.database };
    let store = Store::open(&database_url(&config), limits).await?;
    let key = config.data.join(KEY);
    match (store.holds_bureau().await?, make) {
        (false, Make::Nothing) => return Err(AppError::NoBureau),
        (true, _) if !key.exists() => return Err(AppError::NoKey(key)),
        (true, Make::New) => return Err(AppError::AlreadyMade(config.data)),
        _ => {}
    }
    let identity = Identity::open(&key)?;
    store.migrate_if_fresh().await?;
    let context = Context::new(store, identity, LoadBasis::LAWFUL);
    let mut tx = context.store.begin(FIRST_BUREAU).await?;
    let bureaus = tx.bureaus().await?;
    refuse_other_keys(&context, &bureaus)?;
    keys::check(&context, &mut tx, clock.now()).await?;
    rekey::check(&context, &mut tx, clock.now()).await?;
    // Nothing that the machine's clock says is written down unwatched.
    let clock = match clock {
        Clock::System => Clock::Watched(Arc::new(Watch::new(Clock::System, Uptime::machine(), &config.data))),
        other => other,
    };
    if bureaus.is_empty() {
        Box::pin(first_bureau(&context, tx, clock.now())).await?;
    } else {
        tx.commit().await?;
    }
    for BureauRow { bureau, .. } in bureaus {
        begin_chain(&context, bureau).await?;
    }
    Ok(App { context: Arc::new(context), clock, config, settings })
}

/// Bureaus of another identity, or whose keys were made in another form, are not opened.
fn refuse_other_keys(context: &Context, bureaus: &[BureauRow]) -> Result<(), AppError> {
    if bureaus.iter().any(|row| row.key_fingerprint.as_slice() != context.identity.fingerprint()) {
        return Err(AppError::OtherKey);
    }
    if bureaus.iter().any(|row| row.key_form != Some(context.identity.key_form())) {
        return Err(AppError::OtherKeyForm);
    }
    Ok(())
}

/// Makes the first bureau with the baseline in use, in one transaction: no complaint comes in before there is a model,
/// and the log says which one it was.
async fn first_bureau(context: &Context, mut tx: Tx, now: Timestamp) -> Result<(), AppError> {
    let identity = &context.identity;
    let key = identity.newest_hash_key();
    tx.new_bureau(FIRST_BUREAU, identity.fingerprint(), identity.key_form(), key).await?;
    let artefact = match baseline() {
        Ok(artefact) => artefact,
        Err(error) => {
            error!(%error, "the embedded baseline does not fit this program; complaints are not scored");
            return Ok(tx.commit().await?);
        }
    };
    let model = artefact.id()?;
    tx.new_model(FIRST_BUREAU, &model, now, &artefact.to_json()?).await?;
    let work = untokened(context, CallerId::SERVICE, "baseline", Command::UseModel { model })?;
    let batch = Batch::within(context, tx, FIRST_BUREAU, now).await?;
    let mut answers = settle_batch(batch, &[work], &Waiters::default()).await?;
    answers.remove(0).map(drop).map_err(AppError::Refused)
}

/// The database of a configuration.
pub(super) fn database_url(config: &Config) -> String {
    config.database.clone().unwrap_or_else(|| config.data.join(DATABASE).display().to_string())
}

/// The file of the database, when it is one.
fn sqlite_file(config: &Config) -> Option<PathBuf> {
    config.database.is_none().then(|| config.data.join(DATABASE))
}

/// Key and database belong together: the one without the other is a loss that must be reported.
pub(super) fn refuse_missing(config: &Config) -> Result<(), AppError> {
    let (key, file) = (config.data.join(KEY), sqlite_file(config));
    let has_key = key.exists();
    match file.map(|file| (file.exists(), file)) {
        Some((false, file)) if has_key => Err(AppError::NoDatabase(file)),
        _ if has_key => Ok(()),
        Some((true, _)) => Err(AppError::NoKey(key)),
        // Whether a server holds a bureau is not asked: without its key nothing of it could be read.
        _ => Err(AppError::NoData(config.data.clone())),
    }
}

/// A new bureau stands in a directory of its own. What a first start left behind when it was killed is its own.
fn refuse_other_files(config: &Config) -> Result<(), AppError> {
    let failed = |source| AppError::File { path: config.data.clone(), source };
    let has_key = config.data.join(KEY).exists();
    match sqlite_file(config) {
        Some(file) if file.exists() => return Ok(()),
        Some(file) if has_key => return Err(AppError::NoDatabase(file)),
        None if has_key => return Ok(()),
        _ => {}
    }
    let entries = match fs::read_dir(&config.data) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        if !NOTHING_YET.iter().any(|own| name == *own) {
            return Err(AppError::NotEmpty(config.data.clone()));
        }
    }
    Ok(())
}

/// Refuses a directory or a database that other users of the machine could read, write or lock.
pub(super) fn refuse_others(config: &Config) -> Result<(), AppError> {
    let side = |suffix: &str| (config.data.join(format!("{DATABASE}{suffix}")), "600");
    let ours = [(config.data.clone(), "700"), side(""), side("-wal"), side("-shm")];
    for (path, mode) in ours {
        match fs::metadata(&path) {
            Ok(metadata) if metadata.mode() & 0o077 != 0 => {
                return Err(AppError::OpenToOthers { path, mode });
            }
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(AppError::File { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn make_directory(path: &Path) -> Result<(), AppError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| AppError::File { path: path.to_owned(), source })
}

/// A database that is named is a PostgreSQL; SQLite lives in the data directory, behind its lock.
pub(super) fn check_url(config: &Config) -> Result<(), AppError> {
    match &config.database {
        Some(url) if !url.starts_with("postgres://") && !url.starts_with("postgresql://") => {
            Err(AppError::NotPostgres)
        }
        _ => Ok(()),
    }
}

/// Makes the file for its owner alone before SQLite would make it for all; its side files follow it.
pub(super) fn make_private(path: &Path) -> Result<(), AppError> {
    let made = File::options().create(true).append(true).mode(0o600).open(path);
    made.map(drop).map_err(|source| AppError::File { path: path.to_owned(), source })
}

/// How a process holds the data directory's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// By one process; another is refused.
    Alone,
    /// By several that serve one PostgreSQL.
    Shared,
    /// By one process; another waits.
    Wait,
}

/// Takes a lock of the data directory; it ends with the process. `serve.lock` stops a second `serve` and a migration
/// under a running one. A lock that others could open, they could hold.
pub(super) fn lock(data: &Path, name: &str, hold: Hold) -> Result<File, AppError> {
    let path = data.join(name);
    let failed = |source| AppError::File { path: path.clone(), source };
    let file =
        File::options().create(true).write(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
    if file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
        // Made by an earlier version.
        file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(failed)?;
    }
    let taken = match hold {
        Hold::Alone => file.try_lock(),
        Hold::Shared => file.try_lock_shared(),
        Hold::Wait => file.lock().map_err(TryLockError::Error),
    };
    match taken {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(AppError::Locked(data.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}
