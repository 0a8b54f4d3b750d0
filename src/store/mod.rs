//! The store: the only room that knows sqlx. Two databases, one SQL text per statement.
//!
//! Queries are grouped by who needs them (`ledger`, `intake`, `queue`, `view`, `admin`). All of them are methods of
//! an open transaction, so that what belongs together is one commit. Rows become domain values here; a row that
//! cannot is [`StoreError::Corrupt`], never a panic.

mod accounts;
mod admin;
mod ahead;
mod audit;
mod backup;
mod bulk;
mod clocks;
mod columns;
mod connection;
mod db;
mod faults;
mod history;
mod intake;
mod kept;
mod key_row;
mod keyed;
mod ledger;
mod limits;
mod overview;
mod pool;
mod purged;
mod queue;
mod reads;
mod rekeyed;
mod remade;
mod rewrite;
mod sealed;
mod sql;
mod statements;
#[cfg(test)]
mod tests;
mod value;
mod view;
mod writes;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use sqlx::SqlSafeStr as _;
use sqlx::error::DatabaseError;
use sqlx::migrate::{Migrate as _, Migration, MigrationType, Migrator};
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;
use tokio::sync::watch;

use crate::domain::ids::{BureauId, FileId};

pub(crate) use accounts::Session;
pub use admin::CallerRow;
pub(crate) use admin::{BureauRow, ExampleRow};
pub use backup::CopiedBureau;
pub use connection::PLANNING;
use connection::{Link, Purpose};
use db::Db;
pub(crate) use db::Tx;
pub use faults::{Fault, Faults, Place};
pub(crate) use intake::{KnownNumber, KnownRequest, Load};
use kept::Kept;
pub(crate) use key_row::KeyRow;
pub(crate) use keyed::Keyed;
pub(crate) use ledger::track_code;
pub(crate) use ledger::{AuditRow, EventRow, Head, LoggedEvent};
pub(crate) use limits::TRY_AGAIN;
pub use limits::{Limits, MAPPED_BY_IMPORT};
pub(crate) use overview::CountedFiles;
pub(crate) use queue::{FileRow, Given, QueueAt, Relation, WaitingRow};
pub use reads::Reads;
pub(crate) use rekeyed::Standing;
pub use rewrite::Rewritten;
use value::values;
pub(crate) use view::{AssignmentRow, ChangeRow};
pub(crate) use writes::Writes;

/// What went wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no. Whether a retry can help: [`StoreError::is_transient`].
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The database said no to a statement.
    #[error("database: statement {name}: {error}")]
    Statement {
        /// Which, as `sql.rs` names it.
        name: &'static str,
        /// What it said.
        error: sqlx::Error,
    },
    /// A migration failed.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The database could forget a commit.
    #[error("refusing to work on a database that may forget a commit: {0}")]
    Unsafe(&'static str),
    /// The schema is not the one this program was built with.
    #[error(
        "the database's schema is not the one this program needs; stop `triage serve` and run `triage migrate`"
    )]
    Schema,
    /// A row does not mean anything.
    #[error("row {} of {table} is corrupt in {column}", row.as_deref().unwrap_or("unknown"))]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// The row, by its key inside the bureau; none where the key was not read.
        row: Option<String>,
    },
    /// The file went away, or another one took its place, while it was in use.
    #[error(
        "database file {0} is gone or was replaced while in use; what was written since may be lost. Stop `triage serve`, put \
         the file back or restore a backup, and start again"
    )]
    Gone(PathBuf),
    /// Something that must exist does not.
    #[error("{0}")]
    Missing(&'static str),
    /// The database has not answered in time; what it did is not known.
    #[error("the database does not answer ({0})")]
    NoAnswer(Place),
    /// No connection became free in time, or the store is closed.
    #[error("no connection to the database is free")]
    NoConnection,
    /// A batch took too long and was given up; what it did is not known.
    #[error("the batch took too long and was given up")]
    TooLong,
    /// The transaction has failed before.
    #[error("the transaction has failed")]
    Over,
}

impl StoreError {
    /// A corrupt row.
    pub(crate) fn corrupt(table: &'static str, column: &'static str) -> Self {
        StoreError::Corrupt { table, column, row: None }
    }

    /// The same, of a file.
    fn corrupt_of(table: &'static str, column: &'static str, file: FileId) -> Self {
        let row = format!("{}/{}", file.submission.0, file.track.word());
        StoreError::Corrupt { table, column, row: Some(row) }
    }

    /// The same, of a statement.
    fn of_statement(self, name: &'static str) -> Self {
        match self {
            StoreError::Database(error) => StoreError::Statement { name, error },
            other => other,
        }
    }

    /// Whether the same transaction may succeed when tried again: in a moment, or once somebody has made room on a disk.
    pub fn is_transient(&self) -> bool {
        match self {
            StoreError::Database(error) | StoreError::Statement { error, .. } => match error {
                sqlx::Error::Database(error) => is_transient(&**error),
                other => matches!(other, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed),
            },
            StoreError::NoAnswer(_)
            | StoreError::NoConnection
            | StoreError::TooLong
            | StoreError::Over
            // Once the file is back; until then the caller cannot know what became of it.
            | StoreError::Gone(_) => true,
            _ => false,
        }
    }

    /// Whether the connection is lost, and with it probably the others.
    fn is_lost(&self) -> bool {
        match self {
            StoreError::Database(error) | StoreError::Statement { error, .. } => match error {
                sqlx::Error::Database(error) => error
                    .try_downcast_ref::<PgDatabaseError>()
                    .is_some_and(|error| ["57P", "08"].iter().any(|class| error.code().starts_with(class))),
                other => matches!(
                    other,
                    sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed
                ),
            },
            StoreError::NoAnswer(_) => true,
            _ => false,
        }
    }
}

/// By what the database says of itself, not of what was asked.
fn is_transient(error: &dyn DatabaseError) -> bool {
    if error.try_downcast_ref::<SqliteError>().is_some() {
        let code = error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
        // The low byte is the kind: busy, locked, out of memory, read-only, input or output, full, cannot open, lock protocol.
        return matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14 | 15);
    }
    let code = error.code().unwrap_or_default();
    // Connection lost, transaction rolled back, resources (disk, memory, connections), cancelled or shut down, system error;
    // read-only after a change of servers, lock not available in time, ended for being idle or slow.
    ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class))
        || ["25006", "55P03", "25P03", "25P04"].contains(&code.as_ref())
}

/// A database of bureaus. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    /// The file, when it is one.
    kept: Option<Kept>,
    reads: Reads,
    /// None but in proofs.
    faults: Option<Faults>,
}

/// Some 256 submissions with everything that is written of them.
const TRIAL_BYTES: usize = 1 << 20;

/// Migrations, oldest first: `(number, name, SQLite text, PostgreSQL text)`, as `build.rs` found them in the folders.
/// Append-only; `migrations/README.md` says how.
const MIGRATIONS: &[(i64, &str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

impl Store {
    /// Opens the database of a URL: `postgres://...`, or the path of a SQLite file.
    pub async fn open(url: &str, limits: Limits) -> Result<Self, StoreError> {
        let db = Db::open(url, limits).await?;
        let path = Path::new(url.strip_prefix("sqlite://").unwrap_or(url));
        let kept = db.is_file().then(|| Kept::of(path)).transpose()?;
        Ok(Self { db, kept, reads: Reads::default(), faults: None })
    }

    /// How long it may take.
    pub(crate) fn limits(&self) -> Limits {
        self.db.limits()
    }

    /// The same database, which fails on request.
    #[must_use]
    pub fn failing(self, faults: Faults) -> Self {
        Self { faults: Some(faults), ..self }
    }

    /// Whether a bureau was ever made here. Asks only; a database of something else is left as it is.
    pub async fn holds_bureau(&self) -> Result<bool, StoreError> {
        let mut tx = self.read().await?;
        let has_schema = if self.db.is_file() { sql::HAS_SCHEMA_SQLITE } else { sql::HAS_SCHEMA_POSTGRES };
        let holds = tx.optional(has_schema, Vec::new()).await?.is_some()
            && tx.optional(sql::ANY_BUREAU, Vec::new()).await?.is_some();
        tx.rollback().await?;
        Ok(holds)
    }

    /// Brings the schema to this program's. A fresh database gets all of it.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut link = self.db.open_alone().await?;
        let migrator = Self::migrator(&link);
        match &mut link {
            Link::Sqlite(connection) => migrator.run(connection).await?,
            Link::Postgres(connection) => migrator.run(connection).await?,
        }
        Ok(link.close().await?)
    }

    /// Checks the schema without changing an existing one; a fresh database is migrated.
    pub async fn migrate_if_fresh(&self) -> Result<(), StoreError> {
        const TABLE: &str = "_sqlx_migrations";
        let mut link = self.db.open_alone().await?;
        let applied = match &mut link {
            Link::Sqlite(connection) => {
                connection.ensure_migrations_table(TABLE).await?;
                connection.list_applied_migrations(TABLE).await?
            }
            Link::Postgres(connection) => {
                connection.ensure_migrations_table(TABLE).await?;
                connection.list_applied_migrations(TABLE).await?
            }
        };
        let wanted = Self::migrator(&link);
        link.close().await?;
        if applied.is_empty() {
            return self.migrate().await;
        }
        let same = applied.len() == wanted.iter().count()
            && wanted.iter().zip(&applied).all(|(w, a)| w.version == a.version && w.checksum == a.checksum);
        if same { Ok(()) } else { Err(StoreError::Schema) }
    }

    fn migrator(link: &Link) -> Migrator {
        let migrations = MIGRATIONS.iter().map(|(version, name, sqlite, postgres)| {
            let sql = match link {
                Link::Sqlite(_) => sqlite,
                Link::Postgres(_) => postgres,
            };
            Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql.into_sql_str(), false)
        });
        Migrator::with_migrations(migrations.collect())
    }

    /// Begins the one ordered writing transaction of a bureau.
    pub(crate) async fn begin(&self, bureau: BureauId) -> Result<Tx, StoreError> {
        self.kept.as_ref().map_or(Ok(()), Kept::check)?;
        self.counted(Purpose::Write(bureau.0)).await
    }

    /// Whether what was just committed can be found again: asked before anybody is answered (promise 1).
    pub(crate) fn has_kept(&self) -> Result<(), StoreError> {
        self.kept.as_ref().map_or(Ok(()), Kept::check)
    }

    /// Begins a reading transaction: one state for all its statements.
    pub(crate) async fn read(&self) -> Result<Tx, StoreError> {
        self.counted(Purpose::Read).await
    }

    /// As [`Store::read`], for what reads a whole bureau: its statements may take minutes.
    pub(crate) async fn read_at_length(&self) -> Result<Tx, StoreError> {
        self.counted(Purpose::ReadAtLength).await
    }

    async fn counted(&self, purpose: Purpose) -> Result<Tx, StoreError> {
        self.db.begin(purpose, self.reads.clone(), self.faults.clone()).await
    }

    /// What was asked of the database by this store and its clones.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Whether the database takes writes, as far as is known: until a batch could not be written, and from the
    /// next commit on again.
    pub fn writable(&self) -> watch::Receiver<bool> {
        self.db.writable().subscribe()
    }

    /// A batch could not be written.
    pub(crate) fn cannot_write(&self) {
        self.db.writable().send_if_modified(|writable| std::mem::replace(writable, false));
    }

    /// Writes as much as a full batch does, and takes it away again. A smaller write would prove nothing: the next batch needs
    /// that room. It is written under a bureau that there is not, where nothing looks and nothing waits.
    pub(crate) async fn try_to_write(&self) -> Result<(), StoreError> {
        const NOBODY: BureauId = BureauId(0);
        let mut tx = self.begin(NOBODY).await?;
        tx.execute(sql::DROP_TRIAL, values![NOBODY.0]).await?;
        tx.execute(sql::NEW_RULES, values![NOBODY.0, 0i64, "0".repeat(TRIAL_BYTES)]).await?;
        tx.commit().await?;
        let mut tx = self.begin(NOBODY).await?;
        tx.execute(sql::DROP_TRIAL, values![NOBODY.0]).await?;
        tx.commit().await
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.db.close().await;
    }
}
