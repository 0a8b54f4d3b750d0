//! The composition root: everything is opened, checked and named here, in order, before a port is bound.

mod serve;

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing::error;

use crate::clock::Clock;
use crate::desk::{Bounds, Desk, Failure, Waiters, Work, settle, settle_batch};
use crate::domain::caller::{Caller, Role};
use crate::domain::command::{Command, Outcome, Request};
use crate::domain::ids::{BureauId, CallerId, ModelId, RequestId, UnitId};
use crate::domain::refusal::Refusal;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::exchange::Sheet;
use crate::grpc::TlsError;
use crate::identity::{Identity, IdentityError, new_token};
use crate::import::{Imported, Importer, Pace};
use crate::ledger::{BEFORE_ANY_RULES, Batch, House, LedgerError, Prepared};
use crate::lifecycle::Lifecycle;
use crate::model::{Artefact, ArtefactError, Classifier, baseline};
use crate::routing::LoadBasis;
use crate::store::{CallerRow, Store, StoreError, Tx};

pub use self::serve::Listen;

/// What a process needs to know before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Directory of the key file, the lock and the SQLite file.
    pub data: PathBuf,
    /// `postgres://...`; none means a SQLite file in the data directory.
    pub database: Option<String>,
}

/// Why a process cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data directory or the lock.
    #[error("{path}: {source}")]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process holds what this one needs.
    #[error("另一个 triage 进程正在使用 {0}，请先停止它")]
    Locked(PathBuf),
    /// The keys.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A batch.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database was sealed with another key.
    #[error("该数据库由另一把密钥封存，请使用存有其 identity.key 的数据目录")]
    OtherKey,
    /// Nothing listens beyond this machine without TLS.
    #[error(
        "{0} 不是本机地址；供其他机器调用须加 --tls-cert 和 --tls-key，没有 TLS 时只能监听 127.0.0.1、::1 或 unix:/路径"
    )]
    NotLoopback(SocketAddr),
    /// A certificate for a socket file.
    #[error("unix 套接字只供本机使用，不需要 TLS；请去掉 --tls-cert 和 --tls-key")]
    TlsOnUnix,
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The port or the socket file.
    #[error("不能监听 {listen}：{source}；请换一个端口或路径，或查看是否已有进程占用")]
    Listen {
        /// Where.
        listen: Listen,
        /// Why.
        source: io::Error,
    },
    /// The wire.
    #[error("服务中断：{0}")]
    Serve(String),
    /// Another kind of database.
    #[error("--database 只接受 postgres://…；不填则使用数据目录中的 SQLite")]
    NotPostgres,
    /// Rows cannot be routed before there are units.
    #[error("尚未导入机构文件，无法分送；请先执行 triage bureau load 机构文件.toml")]
    NoBureauFile,
    /// Nothing was ever kept there.
    #[error("目录 {0} 中没有数据；请检查 --data，或先执行 triage bureau load 机构文件.toml")]
    NoData(PathBuf),
    /// A caller of a unit that is not in the bureau file.
    #[error("名册中没有单位 {0}；请先执行 triage bureau load，或检查单位代码")]
    NoUnit(UnitId),
    /// A unit's caller without its unit.
    #[error("角色为 unit 时须用 --unit 指明单位")]
    UnitMissing,
    /// A unit for a role that has none of its own choosing.
    #[error("--unit 只用于角色 unit；登记系统没有单位，接收机构的单位由名册决定")]
    UnitNotWanted,
    /// A model that cannot serve.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// A command was refused.
    #[error("{}", .0.zh())]
    Refused(Refusal),
    /// There is no answer; what happened stands in the log.
    #[error("暂时没有答复，详情见日志")]
    NoAnswer(#[source] Failure),
}

impl From<Failure> for AppError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => AppError::Refused(refusal),
            other => AppError::NoAnswer(other),
        }
    }
}

/// An opened house: database migrated, keys checked, the first bureau there.
#[derive(Debug)]
pub struct App {
    /// The house.
    pub house: Arc<House>,
    /// The clock.
    pub clock: Clock,
    config: Config,
}

/// The bureau every installation starts with.
pub const FIRST_BUREAU: BureauId = BureauId(1);

/// What the terminal is called in events: no token, it has the database itself.
const TERMINAL: CallerId = CallerId(0);

impl App {
    /// Opens everything, making what a first start needs.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, AppError> {
        make_directory(&config.data)?;
        check_url(&config)?;
        // Several commands may be the first one at once; one makes the key and the schema, the others wait.
        let _first = lock(&config.data, "open.lock", Hold::Wait)?;
        if config.database.is_none() {
            make_private(&config.data.join("triage.db"))?;
        }
        let identity = Identity::open(&config.data.join("identity.key"))?;
        let store = Store::open(&database_url(&config)).await?;
        store.migrate_if_fresh().await?;
        let house = House::new(store, identity, LoadBasis::LAWFUL);
        let mut tx = house.store.begin(FIRST_BUREAU).await?;
        let bureaus = tx.bureaus().await?;
        if bureaus.iter().any(|(_, key)| key.as_slice() != house.identity.fingerprint()) {
            return Err(AppError::OtherKey);
        }
        if bureaus.is_empty() {
            first_bureau(&house, tx, clock.now()).await?;
        } else {
            tx.commit().await?;
        }
        Ok(Self { house: Arc::new(house), clock, config })
    }

    /// As [`App::open`], where something was kept before: a mistyped directory is not to become a bureau.
    pub async fn open_existing(config: Config, clock: Clock) -> Result<Self, AppError> {
        if config.data.join("identity.key").exists() {
            Self::open(config, clock).await
        } else {
            Err(AppError::NoData(config.data))
        }
    }

    /// Brings an existing database to this program's schema. Nothing may be serving from it.
    pub async fn migrate(config: &Config) -> Result<(), AppError> {
        make_directory(&config.data)?;
        check_url(config)?;
        let _lock = lock(&config.data, "serve.lock", Hold::Alone)?;
        let store = Store::open(&database_url(config)).await?;
        store.migrate().await?;
        store.close().await;
        Ok(())
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.config.data
    }

    /// Does a command of the office as one short transaction, beside a serving process if there is one.
    pub async fn act(&self, bureau: BureauId, command: Command) -> Result<Outcome, AppError> {
        let now = self.clock.now();
        let mut random = [0u8; 8];
        getrandom::fill(&mut random).map_err(|_| IdentityError::Random)?;
        let work = terminal(&self.house, &format!("terminal-{}", hex::encode(random)), command)?;
        let mut answers = settle(&self.house, bureau, now, &[work]).await?;
        answers.remove(0).map_err(AppError::Refused)
    }

    /// Takes in the rows of an export, beside a serving process if there is one. A signal ends it between two runs of
    /// rows; the same file again takes the rest. `as_of`: as of when the sheet tells, when that is known better than by
    /// the latest time in it.
    pub async fn import(
        &self,
        bureau: BureauId,
        sheet: &Sheet,
        as_of: Option<Timestamp>,
        life: &Lifecycle,
        progress: impl FnMut(usize),
    ) -> Result<Imported, AppError> {
        let mut tx = self.house.store.read().await?;
        let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        tx.rollback().await?;
        if head.rules == BEFORE_ANY_RULES {
            return Err(AppError::NoBureauFile);
        }
        let pace = match &self.config.database {
            Some(_) => Pace::Queued,
            None if self.is_served() => Pace::Half,
            None => Pace::Alone,
        };
        let (house, clock) = (&*self.house, &self.clock);
        let importer = Importer { house, clock, bureau, caller: TERMINAL, pace, as_of };
        Ok(importer.import(sheet, life, progress).await?)
    }

    /// Whether a server holds this data directory.
    fn is_served(&self) -> bool {
        matches!(lock(&self.config.data, "serve.lock", Hold::Shared), Err(AppError::Locked(_)))
    }

    /// The champion (现用模型), and its id: the id alone when it does not fit this program.
    pub async fn champion(
        &self,
        bureau: BureauId,
    ) -> Result<(Option<Arc<Classifier>>, Option<ModelId>), AppError> {
        let mut tx = self.house.store.read().await?;
        let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        let champion = match &head.champion {
            Some(id) => self.house.model(&mut tx, bureau, id).await?,
            None => None,
        };
        tx.rollback().await?;
        Ok((champion, head.champion))
    }

    /// Looks at a bureau from the terminal, which may see what reception may. The desk records every look (promise 11),
    /// so all looking goes through here, beside a serving process or alone.
    pub async fn look<T>(
        &self,
        bureau: BureauId,
        look: impl AsyncFnOnce(&Desk, &Caller) -> Result<T, Failure>,
    ) -> Result<T, AppError> {
        let mut tx = self.house.store.read().await?;
        tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        tx.rollback().await?;
        let life = Lifecycle::default();
        let desk = Desk::new(Arc::clone(&self.house), self.clock.clone(), Bounds::default(), life.clone());
        let terminal = Caller { id: TERMINAL, bureau, role: Role::Reception, unit: None };
        let seen = look(&desk, &terminal).await;
        // The desk's lane ends with the look.
        life.drained().cancel();
        Ok(seen?)
    }

    /// Keeps a model of the bureau without putting it to use. One that does not verify is refused (promise 10).
    pub async fn add_model(&self, bureau: BureauId, artefact: &Artefact) -> Result<ModelId, AppError> {
        artefact.verify()?;
        let id = artefact.id()?;
        let mut tx = self.house.store.begin(bureau).await?;
        tx.new_model(bureau, &id, self.clock.now(), &artefact.to_json()?).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Makes a caller. The token is given back once and kept only as a hash.
    pub async fn add_caller(
        &self,
        bureau: BureauId,
        role: Role,
        unit: Option<UnitId>,
        name: &Line,
    ) -> Result<(CallerRow, String), AppError> {
        let mut tx = self.house.store.begin(bureau).await?;
        let rules = self.house.rules_in_force(&mut tx, bureau).await?;
        let unit = match role {
            Role::Intake | Role::Reception if unit.is_some() => return Err(AppError::UnitNotWanted),
            Role::Intake => None,
            Role::Reception => Some(rules.reception().id.clone()),
            Role::Unit => {
                let unit = unit.ok_or(AppError::UnitMissing)?;
                Some(rules.unit(&unit).map(|known| known.id.clone()).ok_or(AppError::NoUnit(unit))?)
            }
        };
        let (token, token_hash) = new_token(bureau)?;
        let id = CallerId(tx.callers(bureau).await?.last().map_or(1, |last| last.id.0 + 1));
        let (name, created_at) = (name.as_str().to_owned(), self.clock.now());
        let caller = CallerRow { id, role, unit, name, created_at, revoked_at: None, token_hash };
        tx.new_caller(bureau, &caller).await?;
        tx.commit().await?;
        Ok((caller, token))
    }

    /// Ends a caller's token. False when there was no living one.
    pub async fn revoke_caller(&self, bureau: BureauId, caller: CallerId) -> Result<bool, AppError> {
        let mut tx = self.house.store.begin(bureau).await?;
        let revoked = tx.revoke_caller(bureau, caller, self.clock.now()).await?;
        tx.commit().await?;
        Ok(revoked)
    }
}

/// Makes the first bureau with the baseline in use, in one transaction: no complaint comes in before there is a model,
/// and the log says which one it was.
async fn first_bureau(house: &House, mut tx: Tx, now: Timestamp) -> Result<(), AppError> {
    tx.new_bureau(FIRST_BUREAU, house.identity.fingerprint()).await?;
    let artefact = match baseline() {
        Ok(artefact) => artefact,
        Err(error) => {
            error!(%error, "the embedded baseline does not fit this program; complaints are not scored");
            return Ok(tx.commit().await?);
        }
    };
    let model = artefact.id()?;
    tx.new_model(FIRST_BUREAU, &model, now, &artefact.to_json()?).await?;
    let work = terminal(house, "baseline", Command::UseModel { model })?;
    let batch = Batch::within(house, tx, FIRST_BUREAU, now).await?;
    let mut answers = settle_batch(batch, &[work], &Waiters::default()).await?;
    answers.remove(0).map(drop).map_err(AppError::Refused)
}

/// A command of the office, ready to be settled.
fn terminal(house: &House, request_id: &str, command: Command) -> Result<Work, LedgerError> {
    let request_id = RequestId::parse(request_id).map_err(|_| LedgerError::Unreadable("request id"))?;
    let request = Request { caller: TERMINAL, unit: None, request_id, command };
    Ok(Prepared::new(&house.identity, request)?.into())
}

/// The database of a configuration.
fn database_url(config: &Config) -> String {
    config.database.clone().unwrap_or_else(|| config.data.join("triage.db").display().to_string())
}

fn make_directory(path: &Path) -> Result<(), AppError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| AppError::File { path: path.to_owned(), source })
}

/// A database that is named is a PostgreSQL; SQLite lives in the data directory, behind its lock.
fn check_url(config: &Config) -> Result<(), AppError> {
    match &config.database {
        Some(url) if !url.starts_with("postgres://") && !url.starts_with("postgresql://") => {
            Err(AppError::NotPostgres)
        }
        _ => Ok(()),
    }
}

/// Makes the file for its owner alone before SQLite would make it for all; its side files follow it.
fn make_private(path: &Path) -> Result<(), AppError> {
    let made = File::options().create(true).append(true).mode(0o600).open(path);
    made.map(drop).map_err(|source| AppError::File { path: path.to_owned(), source })
}

/// How a process holds the data directory's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// By one process; another is refused.
    Alone,
    /// By several that serve one PostgreSQL.
    Shared,
    /// By one process; another waits.
    Wait,
}

/// Takes a lock of the data directory; it ends with the process. `serve.lock` stops a second `serve` and a migration
/// under a running one.
fn lock(data: &Path, name: &str, hold: Hold) -> Result<File, AppError> {
    let path = data.join(name);
    let failed = |source| AppError::File { path: path.clone(), source };
    let file = File::options().create(true).write(true).truncate(false).open(&path).map_err(failed)?;
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
