//! The closed database layer: two databases, one SQL text, dispatched here and nowhere else.
//!
//! What differs, all of it: connect options, the begin-and-lock statement, column types (the migrations), many
//! rows in ([`Tx::many`]), transient error codes. No statement takes or skips row locks: each bureau has
//! one ordered writer (see `lane`).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::str::FromStr as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, SqlStr, Sqlite, Transaction};

use super::StoreError;
use super::faults::{Faults, Place};
use super::reads::Reads;
use super::value::{Row, Value, postgres_arguments, postgres_columns, sqlite_arguments};

/// Most rows of one statement on SQLite: 256 rows of 20 columns stay well below its 32,766 binds.
const MOST_ROWS: usize = 256;

/// Prepared texts kept per connection: a handful of row counts for each bulk statement, and all others.
const STATEMENTS_KEPT: usize = 512;

/// How PostgreSQL plans. Every statement is written for an index; without these, the plans of a new database are made of what
/// little it holds then, read whole tables, and stay until statistics are gathered. A plan is made once, for any values.
/// Compiling and parallel workers are for long reports.
pub const PLANNING: [(&str, &str); 8] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_material", "off"),
    ("jit", "off"),
    ("max_parallel_workers_per_gather", "0"),
];

/// Rows that SQLite's thread may be ahead of us: a reading statement is then one change of threads, not many.
const ROWS_BUFFERED: usize = 4_096;

/// A database.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    /// One file. One connection writes, several read.
    Sqlite {
        /// The only writing connection of this process.
        writer: SqlitePool,
        /// Read-only connections.
        reader: SqlitePool,
    },
    /// A server.
    Postgres(PgPool),
}

/// An open transaction.
pub(crate) struct Tx {
    pub(super) open: Open,
    pub(super) reads: Reads,
    faults: Option<Faults>,
}

/// Of which database.
pub(super) enum Open {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

/// A statement that takes many rows at once: `{rows}` in its text stands for them.
#[derive(Debug)]
pub(crate) struct Many {
    /// The text.
    pub(crate) sql: &'static str,
    /// PostgreSQL type of each column of `{rows}`.
    pub(crate) types: &'static [&'static str],
}

impl Db {
    /// Opens `postgres://...` or a SQLite file, refusing one that could forget a commit (promise 1).
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options =
                PgConnectOptions::from_str(url)?.statement_cache_capacity(STATEMENTS_KEPT).options(PLANNING);
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(10))
                .test_before_acquire(false)
                .connect_with(options)
                .await?;
            let commit: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&pool).await?;
            if commit == "off" {
                return Err(StoreError::Unsafe("synchronous_commit is off; turn it on for this database"));
            }
            let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(&pool).await?;
            if fsync != "on" {
                return Err(StoreError::Unsafe("fsync is off; turn it on for this server"));
            }
            return Ok(Db::Postgres(pool));
        }
        let path = url.strip_prefix("sqlite://").unwrap_or(url);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .page_size(8192)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .pragma("wal_autocheckpoint", "4000")
            .pragma("cache_size", "-65536")
            .pragma("mmap_size", "268435456")
            .row_buffer_size(ROWS_BUFFERED)
            .statement_cache_capacity(STATEMENTS_KEPT);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await?;
        refuse_forgetful(&writer).await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(4)
            .test_before_acquire(false)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Db::Sqlite { writer, reader })
    }

    /// Begins the one ordered writing transaction of a bureau: others wait until it ends.
    pub(crate) async fn begin(&self, bureau: i64, faults: Option<Faults>) -> Result<Tx, StoreError> {
        Faults::at(faults.as_ref(), Place::Begin)?;
        let open = match self {
            Db::Sqlite { writer, .. } => Open::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(bureau).execute(&mut *tx).await?;
                Open::Postgres(tx)
            }
        };
        Ok(Tx { open, reads: Reads::default(), faults })
    }

    /// Begins a reading transaction: all its statements see one state.
    pub(crate) async fn read(&self, faults: Option<Faults>) -> Result<Tx, StoreError> {
        Faults::at(faults.as_ref(), Place::Begin)?;
        let open = match self {
            Db::Sqlite { reader, .. } => Open::Sqlite(reader.begin_with("BEGIN").await?),
            Db::Postgres(pool) => {
                Open::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        };
        Ok(Tx { open, reads: Reads::default(), faults })
    }

    /// Closes all connections, checkpointing the SQLite log.
    pub(crate) async fn close(&self) {
        match self {
            Db::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

/// Refuses a SQLite connection that answers before the commit is on disk.
pub(super) async fn refuse_forgetful(writer: &SqlitePool) -> Result<(), StoreError> {
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(writer).await?;
    if synchronous < 2 { Err(StoreError::Unsafe("synchronous is below FULL")) } else { Ok(()) }
}

impl Tx {
    /// All rows of a statement.
    pub(crate) async fn all(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.fetch(sql.into_sql_str(), values).await
    }

    /// The one row of a statement, if there is one.
    pub(crate) async fn optional(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.all(sql, values).await?.pop())
    }

    /// Runs a statement; the number of rows it changed.
    pub(crate) async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        Faults::at(self.faults.as_ref(), Place::Statement)?;
        self.reads.count(0);
        Ok(match &mut self.open {
            Open::Sqlite(tx) => {
                let arguments = sqlite_arguments(values.into_iter())?;
                sqlx::query_with::<Sqlite, _>(sql, arguments).execute(&mut **tx).await?.rows_affected()
            }
            Open::Postgres(tx) => {
                let arguments = postgres_arguments(values.into_iter())?;
                sqlx::query_with::<Postgres, _>(sql, arguments).execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// Runs a bulk statement over `rows`: VALUES in chunks on SQLite, one UNNEST on PostgreSQL. What it gives is in no order.
    /// Chunks are powers of two, so that at most nine texts a statement are ever prepared.
    pub(crate) async fn many(
        &mut self,
        many: &'static Many,
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<Row>, StoreError> {
        Faults::at(self.faults.as_ref(), Place::Statement)?;
        let mut found = Vec::new();
        match &mut self.open {
            _ if rows.is_empty() => {}
            Open::Sqlite(tx) => {
                let mut left = rows.len();
                let mut rows = rows.into_iter();
                while left > 0 {
                    let chunk = 1 << left.min(MOST_ROWS).ilog2();
                    let arguments = sqlite_arguments(rows.by_ref().take(chunk).flatten())?;
                    let sql = bulk_text(many, chunk);
                    let chunk_rows =
                        sqlx::query_with::<Sqlite, _>(sql, arguments).fetch_all(&mut **tx).await?;
                    self.reads.count(chunk_rows.len());
                    found.extend(chunk_rows.into_iter().map(Row::Sqlite));
                    left -= chunk;
                }
            }
            Open::Postgres(tx) => {
                let arguments = postgres_columns(many.types.len(), rows.into_iter())?;
                let rows = sqlx::query_with::<Postgres, _>(bulk_text(many, 0), arguments)
                    .fetch_all(&mut **tx)
                    .await?;
                self.reads.count(rows.len());
                found.extend(rows.into_iter().map(Row::Postgres));
            }
        }
        Ok(found)
    }

    /// Makes everything true at once.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Faults::at(self.faults.as_ref(), Place::Commit)?;
        match self.open {
            Open::Sqlite(tx) => tx.commit().await?,
            Open::Postgres(tx) => tx.commit().await?,
        }
        Faults::at(self.faults.as_ref(), Place::Answer)
    }

    /// Gives up everything.
    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        match self.open {
            Open::Sqlite(tx) => tx.rollback().await?,
            Open::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    async fn fetch(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        Faults::at(self.faults.as_ref(), Place::Statement)?;
        let rows: Vec<Row> = match &mut self.open {
            Open::Sqlite(tx) => {
                let arguments = sqlite_arguments(values.into_iter())?;
                let rows = sqlx::query_with::<Sqlite, _>(sql, arguments).fetch_all(&mut **tx).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Open::Postgres(tx) => {
                let arguments = postgres_arguments(values.into_iter())?;
                let rows = sqlx::query_with::<Postgres, _>(sql, arguments).fetch_all(&mut **tx).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        };
        self.reads.count(rows.len());
        Ok(rows)
    }
}

/// The text of a bulk statement for `rows` rows; none means UNNEST. Texts are built once and shared.
pub(super) fn bulk_text(many: &'static Many, rows: usize) -> SqlStr {
    type Texts = HashMap<(usize, usize), Arc<str>>;
    static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let text = texts.entry((std::ptr::from_ref(many) as usize, rows)).or_insert_with(|| {
        let mut source = String::new();
        if rows == 0 {
            source.push_str("SELECT * FROM UNNEST(");
            for (number, kind) in (1..).zip(many.types) {
                let comma = if number == 1 { "" } else { ", " };
                // Writing to a String cannot fail.
                let _ = write!(source, "{comma}${number}::{kind}[]");
            }
            // All of them. A limit that is not known when the plan is made tells the planner that they are few, so that it
            // begins with them even where it takes the other table for empty.
            source.push_str(") LIMIT cardinality($1)");
        } else {
            source.push_str("VALUES ");
            let columns = many.types.len();
            for row in 0..rows {
                source.push_str(if row == 0 { "(" } else { ", (" });
                for column in 0..columns {
                    // Not `$n`: sqlx asks for the name of each bind, and SQLite looks for it among all of them.
                    source.push_str(if column == 0 { "?" } else { ", ?" });
                }
                source.push(')');
            }
        }
        Arc::from(many.sql.replace("{rows}", &source))
    });
    AssertSqlSafe(Arc::clone(text)).into_sql_str()
}
