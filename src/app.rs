//! The composition root: everything is opened, checked and named here, in order, before a port is bound.

mod backup;
mod callers;
mod clock;
mod keys;
mod open;
mod purge;
mod rekey;
mod serve;
mod trail;
mod upgrade;
mod zh;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::{ConfigError, Settings};
use crate::domain::caller::{Caller, Role, Roles};
use crate::domain::command::{Command, Outcome, Request};
use crate::domain::ids::{BureauId, CallerId, ModelId, RequestId, UnitId};
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::domain::time::Timestamp;
use crate::domain::trust::Untrusted;
use crate::engine::{Waiters, Work, settle};
use crate::exchange::Sheet;
use crate::grpc::TlsError;
use crate::identity::IdentityError;
use crate::import::{Imported, Importer, Pace, Rescored, Rows, Running};
use crate::ledger::{BEFORE_ANY_RULES, Context, LedgerError, Prepared};
use crate::lifecycle::Lifecycle;
use crate::model::{Artefact, ArtefactError, Classifier};
use crate::service::{Failure, Service};
use crate::store::StoreError;
use open::{Hold, lock};

pub use self::serve::{Listen, Serving};

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
    /// The settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The keys.
    #[error("{}", zh::identity(.0))]
    Identity(IdentityError),
    /// The database.
    #[error("{}", zh::store(.0))]
    Store(StoreError),
    /// A batch.
    #[error("{}", zh::ledger(.0))]
    Ledger(LedgerError),
    /// The machine's clock cannot be right.
    #[error("{}；未写入任何内容。请校准时钟；确认时钟无误后执行 triage clock accept", .0.zh())]
    Clock(Untrusted),
    /// A person's watch and the machine's clock disagree.
    #[error("本机时钟为 {}，与所给的 {} 不符；请先校准本机时钟", clock.display(), watch.display())]
    ClockDiffers {
        /// What the clock says.
        clock: Timestamp,
        /// What the person says.
        watch: Timestamp,
    },
    /// The keys (标识) of the database are of another form than this program makes.
    #[error("数据库中的标识按其他版本的规范形式计算；请停止服务（triage serve），再执行 triage migrate")]
    OtherKeyForm,
    /// The log could not be applied again, so no keys were made again.
    #[error("变更记录不能重放到底，标识没有重算，数据没有改动：{0}。请恢复原版本，并把这句话告诉开发者")]
    KeysNotRemade(String),
    /// The database was sealed with another key.
    #[error("该数据库由另一把密钥封存，请使用存有其 identity.key 的数据目录")]
    OtherKey,
    /// A sealing key.
    #[error(transparent)]
    SealKey(#[from] SealKeyError),
    /// An identity key.
    #[error(transparent)]
    HashKey(#[from] HashKeyError),
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
    #[error("目录 {0} 中没有数据；请检查 --data，或先执行 triage init 或 triage bureau load 机构文件.toml")]
    NoData(PathBuf),
    /// The key is there and the database is not.
    #[error(
        "{0} 不存在，而旁边有它的密钥；请从备份恢复该文件（见 README“备份与恢复”），或检查 --data 和 --database"
    )]
    NoDatabase(PathBuf),
    /// The database is there and its key is not.
    #[error(
        "密钥文件 {0} 不存在，而数据库中有数据；请从保管密钥之处取回（权限 600），没有它任何封存内容都无法打开"
    )]
    NoKey(PathBuf),
    /// No bureau was ever made in the database.
    #[error("数据库中还没有数据；请检查 --data 和 --database，确要新建请执行 triage init")]
    NoBureau,
    /// There is a bureau already.
    #[error("已有数据，无需新建：{0}")]
    AlreadyMade(PathBuf),
    /// Something else is there.
    #[error("目录 {0} 中有其他文件；请另选空目录，或检查 --data")]
    NotEmpty(PathBuf),
    /// A server has its own way of being copied.
    #[error(
        "数据在 PostgreSQL 中，请用它自己的工具备份：pg_dump --format=custom --file={0}/triage.dump postgres://…；\
         恢复用 pg_restore。密钥 identity.key 须另行保管"
    )]
    UsePgDump(PathBuf),
    /// Others of this machine can reach it.
    #[error("{path} 可被本机其他用户访问；请执行 chmod {mode} {path}")]
    OpenToOthers {
        /// What.
        path: PathBuf,
        /// The mode it should have.
        mode: &'static str,
    },
    /// A caller of a unit that is not in the bureau file.
    #[error("名册中没有单位 {0}；请先执行 triage bureau load，或检查单位代码")]
    NoUnit(UnitId),
    /// A caller with a role that persons have.
    #[error("“{}”是个人的角色，请用 triage account open 开户；调用方只有登记系统、统一接收机构和办案单位", .0.zh())]
    RoleOfPersons(Role),
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
    /// There is no answer; what happened is in the log.
    #[error("暂时没有答复，详情见日志")]
    NoAnswer(#[source] Failure),
}

impl From<IdentityError> for AppError {
    fn from(error: IdentityError) -> Self {
        AppError::Identity(error)
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        AppError::Store(error)
    }
}

impl From<Failure> for AppError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => AppError::Refused(refusal),
            Failure::ClockNotTrusted { why, .. } => AppError::Clock(why),
            other => AppError::NoAnswer(other),
        }
    }
}

impl From<LedgerError> for AppError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Clock(untrusted) => AppError::Clock(untrusted),
            other => AppError::Ledger(other),
        }
    }
}

pub use backup::BackedUp;
pub use clock::{Accepted, ClockState};
pub use keys::{Resealed, SealKeyError, SealedBy};
pub use purge::{Kept, PurgeDone, PurgeSchedule};
pub use rekey::{HashKeyError, Rekeyed};
pub use upgrade::{ModelInUse, Upgraded};

/// An opened data directory: database migrated, keys checked, the first bureau there.
#[derive(Debug)]
pub struct App {
    /// The context.
    pub context: Arc<Context>,
    /// The clock.
    pub clock: Clock,
    config: Config,
    settings: Settings,
}

/// The bureau every installation starts with.
pub const FIRST_BUREAU: BureauId = BureauId::FIRST;

impl App {
    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.config.data
    }

    /// Does a command of the office as one short transaction, beside a serving process if there is one.
    pub async fn act(&self, bureau: BureauId, command: Command) -> Result<Outcome, AppError> {
        let work = self.terminal_work(command)?;
        let nobody = Waiters::default();
        let mut answers = settle(&self.context, bureau, &self.clock, &[work], &nobody).await?;
        answers.remove(0).map_err(AppError::Refused)
    }

    /// A name for a request of the terminal.
    pub fn request_id(&self) -> Result<RequestId, AppError> {
        let mut random = [0u8; 8];
        getrandom::fill(&mut random).map_err(|_| IdentityError::Random)?;
        let id = RequestId::parse(&format!("terminal-{}", hex::encode(random)));
        id.map_err(|_| LedgerError::Unreadable("request id").into())
    }

    /// A command of the terminal under a request id of its own.
    fn terminal_work(&self, command: Command) -> Result<Work, AppError> {
        Ok(untokened(&self.context, CallerId::TERMINAL, self.request_id()?.as_str(), command)?)
    }

    /// Takes in the rows of an export, beside a serving process if there is one. A signal ends it between two runs of
    /// rows; the same file again takes the rest. `as_of`: as of when the sheet reports, when that is known better than by
    /// the latest time in it.
    pub async fn import(
        &self,
        bureau: BureauId,
        sheet: Sheet,
        as_of: Option<Timestamp>,
        life: &Lifecycle,
        progress: impl FnMut(usize),
    ) -> Result<Imported, AppError> {
        Ok(self.importer(bureau, as_of).await?.import(sheet, life, progress).await?)
    }

    /// As [`App::import`], in steps: the rows that have ended may be taken before a model learns from them.
    pub async fn begin_import(
        &self,
        bureau: BureauId,
        sheet: Sheet,
        as_of: Option<Timestamp>,
    ) -> Result<Running, AppError> {
        Ok(self.importer(bureau, as_of).await?.begin(sheet).await?)
    }

    /// Takes rows of an import that has begun.
    pub async fn go_on_importing(
        &self,
        bureau: BureauId,
        running: &mut Running,
        rows: Rows,
        life: &Lifecycle,
        progress: impl FnMut(usize),
    ) -> Result<(), AppError> {
        Ok(self.importer(bureau, None).await?.go_on(running, rows, life, progress).await?)
    }

    /// Scores the open complaints that the model in use has not scored (重评), beside a serving process if there is one.
    pub async fn rescore(
        &self,
        bureau: BureauId,
        life: &Lifecycle,
        progress: impl FnMut(usize, usize),
    ) -> Result<Rescored, AppError> {
        Ok(self.importer(bureau, None).await?.rescore(life, progress).await?)
    }

    /// What [`App::import`] would do, and nothing written.
    pub async fn preview_import(
        &self,
        bureau: BureauId,
        sheet: &Sheet,
        as_of: Option<Timestamp>,
    ) -> Result<Imported, AppError> {
        Ok(self.importer(bureau, as_of).await?.preview(sheet).await?)
    }

    /// How many in a hundred rows would go to reception, where that says that the bureau file is of another place.
    pub async fn expected_at_reception(
        &self,
        bureau: BureauId,
        sheet: &Sheet,
    ) -> Result<Option<usize>, AppError> {
        Ok(self.importer(bureau, None).await?.expected_at_reception(sheet).await?)
    }

    async fn importer(&self, bureau: BureauId, as_of: Option<Timestamp>) -> Result<Importer<'_>, AppError> {
        let mut tx = self.context.store.read().await?;
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
        let (context, clock) = (&*self.context, &self.clock);
        Ok(Importer { context, clock, bureau, caller: CallerId::IMPORTER, pace, as_of })
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
        let mut tx = self.context.store.read().await?;
        let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        let champion = match &head.champion {
            Some(id) => self.context.model(&mut tx, bureau, id).await?,
            None => None,
        };
        tx.rollback().await?;
        Ok((champion, head.champion))
    }

    /// Looks at a bureau from the terminal, which may see what reception may. The service records every look (promise 11),
    /// so all looking goes through here, beside a serving process or alone.
    pub async fn access<T>(
        &self,
        bureau: BureauId,
        access: impl AsyncFnOnce(&Service, &Caller) -> Result<T, Failure>,
    ) -> Result<T, AppError> {
        let mut tx = self.context.store.read().await?;
        tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        tx.rollback().await?;
        let life = Lifecycle::default();
        let service =
            Service::new(Arc::clone(&self.context), self.clock.clone(), self.settings.lane, life.clone());
        let roles = Roles::of(&[Role::Reception, Role::Security]);
        let terminal = Caller { roles, ..Caller::service(CallerId::TERMINAL, bureau, Role::Reception, None) };
        let seen = access(&service, &terminal).await;
        // The service's lane ends with the look.
        life.drained().cancel();
        Ok(seen?)
    }

    /// Keeps a model of the bureau without putting it to use. One that does not verify is refused (promise 10).
    pub async fn add_model(&self, bureau: BureauId, artefact: &Artefact) -> Result<ModelId, AppError> {
        artefact.verify()?;
        let model = artefact.id()?;
        self.act(bureau, Command::StoreModel { model: model.clone(), artefact: artefact.to_json()? }).await?;
        Ok(model)
    }
}

/// A command of somebody who has no token, ready to be settled.
fn untokened(
    context: &Context,
    caller: CallerId,
    request_id: &str,
    command: Command,
) -> Result<Work, LedgerError> {
    let request_id = RequestId::parse(request_id).map_err(|_| LedgerError::Unreadable("request id"))?;
    let request = Request { caller, unit: None, sight: Sight::ALL, request_id, command };
    Ok(Prepared::new(context, request)?.into())
}
