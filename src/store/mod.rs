//! The store: the only room that knows sqlx. Two databases, one SQL text per statement.
//!
//! Verbs are grouped by who needs them (`ledger`, `intake`, `queue`, `view`, `office`). All of them are methods of
//! an open transaction, so that what belongs together is one commit. Rows become domain values here; a row that
//! cannot is [`StoreError::Corrupt`], never a panic.

mod clocks;
mod db;
mod faults;
mod history;
mod intake;
mod ledger;
mod office;
mod overview;
mod queue;
mod reads;
mod sql;
#[cfg(test)]
mod tests;
mod value;
mod view;
mod writes;

use std::borrow::Cow;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migrate as _, Migration, MigrationType, Migrator};

use crate::domain::ids::BureauId;

use db::Db;
pub use db::PLANNING;
pub(crate) use db::Tx;
pub use faults::{Faults, Place};
pub(crate) use intake::{KnownNumber, KnownRequest, Load};
pub(crate) use ledger::{AuditRow, EventRow, Head, LoggedEvent};
pub use office::CallerRow;
pub(crate) use office::ExampleRow;
pub(crate) use overview::Standing;
pub(crate) use queue::{FileRow, Given, QueueAt, Relation, WaitingRow};
pub use reads::Reads;
pub(crate) use view::ChangeRow;
pub(crate) use writes::Writes;

/// What went wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no. Whether a retry can help: [`StoreError::is_transient`].
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
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
    #[error("row of {table} is corrupt in {column}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
    },
    /// Something that must exist does not.
    #[error("{0}")]
    Missing(&'static str),
}

impl StoreError {
    /// A corrupt row.
    pub(crate) fn corrupt(table: &'static str, column: &'static str) -> Self {
        StoreError::Corrupt { table, column }
    }

    /// Whether the same transaction may succeed when tried again.
    pub fn is_transient(&self) -> bool {
        let StoreError::Database(error) = self else { return false };
        match error {
            sqlx::Error::Database(error) => matches!(
                error.code().as_deref(),
                // SQLITE_BUSY and its snapshot form; serialization failure, deadlock, shutdown of the server.
                Some("5" | "261" | "517" | "40001" | "40P01" | "57P01" | "57P02" | "57P03")
            ),
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
            _ => false,
        }
    }
}

/// A database of bureaus. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    reads: Reads,
    /// None but in proofs.
    faults: Option<Faults>,
}

/// Migrations, oldest first: `(version, name, SQLite text, PostgreSQL text)`. Append-only.
const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "init",
        include_str!("../../migrations/sqlite/0001_init.sql"),
        include_str!("../../migrations/postgres/0001_init.sql"),
    ),
    (
        3,
        "kin",
        include_str!("../../migrations/sqlite/0003_kin.sql"),
        include_str!("../../migrations/postgres/0003_kin.sql"),
    ),
];

impl Store {
    /// Opens the database of a URL: `postgres://...`, or the path of a SQLite file.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self { db: Db::open(url).await?, reads: Reads::default(), faults: None })
    }

    /// The same database, which fails as it is told to.
    #[must_use]
    pub fn failing(self, faults: Faults) -> Self {
        Self { faults: Some(faults), ..self }
    }

    /// Brings the schema to this program's. A fresh database gets all of it.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let migrator = self.migrator();
        match &self.db {
            Db::Sqlite { writer, .. } => migrator.run(writer).await?,
            Db::Postgres(pool) => migrator.run(pool).await?,
        }
        Ok(())
    }

    /// Checks the schema without changing an existing one; a fresh database is migrated.
    pub async fn migrate_if_fresh(&self) -> Result<(), StoreError> {
        let applied = match &self.db {
            Db::Sqlite { writer, .. } => {
                let mut connection = writer.acquire().await?;
                connection.ensure_migrations_table("_sqlx_migrations").await?;
                connection.list_applied_migrations("_sqlx_migrations").await?
            }
            Db::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                connection.ensure_migrations_table("_sqlx_migrations").await?;
                connection.list_applied_migrations("_sqlx_migrations").await?
            }
        };
        if applied.is_empty() {
            return self.migrate().await;
        }
        let wanted = self.migrator();
        let same = applied.len() == wanted.iter().count()
            && wanted.iter().zip(&applied).all(|(w, a)| w.version == a.version && w.checksum == a.checksum);
        if same { Ok(()) } else { Err(StoreError::Schema) }
    }

    fn migrator(&self) -> Migrator {
        let migrations = MIGRATIONS.iter().map(|(version, name, sqlite, postgres)| {
            let sql = match &self.db {
                Db::Sqlite { .. } => sqlite,
                Db::Postgres(_) => postgres,
            };
            Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql.into_sql_str(), false)
        });
        Migrator::with_migrations(migrations.collect())
    }

    /// Begins the one ordered writing transaction of a bureau.
    pub(crate) async fn begin(&self, bureau: BureauId) -> Result<Tx, StoreError> {
        Ok(self.counted(self.db.begin(bureau.0, self.faults.clone()).await?))
    }

    /// Begins a reading transaction: one state for all its statements.
    pub(crate) async fn read(&self) -> Result<Tx, StoreError> {
        Ok(self.counted(self.db.read(self.faults.clone()).await?))
    }

    fn counted(&self, mut tx: Tx) -> Tx {
        tx.reads = self.reads.clone();
        tx
    }

    /// What was asked of the database by this store and its clones.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.db.close().await;
    }
}
