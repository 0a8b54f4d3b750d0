//! A connection to either database, and how it is opened: what differs between the two is here and in `value`.
//!
//! Nothing here waits for itself: the deadlines are `db`'s and `pool`'s, in one place each.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _};

use super::StoreError;
use super::limits::{KEEPALIVE, LONG_ANSWER, Limits};

/// Prepared texts kept per connection: all row counts (`bulk::chunk_of`) of every bulk statement, and all others.
const STATEMENTS_KEPT: usize = 768;

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

/// An open connection.
#[derive(Debug)]
pub(super) enum Link {
    /// To SQLite.
    Sqlite(SqliteConnection),
    /// To PostgreSQL.
    Postgres(PgConnection),
}

/// How a connection is opened.
#[derive(Debug, Clone)]
pub(super) enum Opening {
    /// A file.
    Sqlite(Box<SqliteConnectOptions>),
    /// A server, and the time limits sent to it.
    Postgres(Box<PgConnectOptions>, String),
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To write, in the turn of a bureau.
    Write(i64),
    /// To read what a call needs.
    Read,
    /// To read a whole bureau.
    ReadAtLength,
}

impl Purpose {
    /// How long an answer may take.
    pub(super) fn patience(self, limits: Limits) -> Duration {
        if self == Purpose::ReadAtLength { LONG_ANSWER } else { limits.answer }
    }
}

impl Opening {
    /// Of a `postgres://...` or the path of a SQLite file: for writing, and for reading.
    pub(super) fn both(url: &str, limits: Limits) -> Result<(Self, Self), StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options =
                PgConnectOptions::from_str(url)?.statement_cache_capacity(STATEMENTS_KEPT).options(PLANNING);
            let opening = |idle| Self::Postgres(Box::new(options.clone()), time_limits(limits, idle));
            // Between two statements of a writing transaction it is for us to answer; once PostgreSQL has waited so long, it ends the
            // transaction of a process that it cannot hear, and the lock is free. The longest that we think is a second or two, over a
            // large bureau file.
            return Ok((opening(limits.answer), opening(LONG_ANSWER)));
        }
        let writing = SqliteConnectOptions::new()
            .filename(url.strip_prefix("sqlite://").unwrap_or(url))
            .create_if_missing(true)
            .page_size(8192)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(limits.lock)
            .pragma("wal_autocheckpoint", "16000")
            .pragma("cache_size", "-65536")
            .pragma("mmap_size", limits.mapped_bytes.to_string())
            .row_buffer_size(ROWS_BUFFERED)
            .statement_cache_capacity(STATEMENTS_KEPT);
        let reading = writing.clone().create_if_missing(false).read_only(true);
        Ok((Self::Sqlite(Box::new(writing)), Self::Sqlite(Box::new(reading))))
    }

    /// The same for a file that is there.
    pub(super) fn of_existing(self) -> Self {
        match self {
            Self::Sqlite(options) => Self::Sqlite(Box::new(options.create_if_missing(false))),
            postgres @ Self::Postgres(..) => postgres,
        }
    }

    /// The same without time limits, for what may take its time: migrations.
    pub(super) fn without_limits(self) -> Self {
        match self {
            Self::Postgres(options, _) => Self::Postgres(options, String::new()),
            sqlite @ Self::Sqlite(_) => sqlite,
        }
    }

    /// Opens a connection, refusing one that could forget a commit (promise 1).
    pub(super) async fn connect(&self) -> Result<Link, StoreError> {
        let mut link = match self {
            Self::Sqlite(options) => Link::Sqlite(SqliteConnection::connect_with(options).await?),
            Self::Postgres(options, limits) => {
                let mut connection = PgConnection::connect_with(options).await?;
                if !limits.is_empty() {
                    sqlx::raw_sql(AssertSqlSafe(limits.clone())).execute(&mut connection).await?;
                }
                Link::Postgres(connection)
            }
        };
        link.refuse_forgetful().await?;
        Ok(link)
    }
}

/// Tells a session's time limits to PostgreSQL; those that an older server does not know are left out.
fn time_limits(limits: Limits, idle: Duration) -> String {
    let limits = [
        ("lock_timeout", limits.lock.as_millis()),
        ("statement_timeout", limits.statement.as_millis()),
        ("idle_in_transaction_session_timeout", idle.as_millis()),
        // A statement of a client that has hung up is ended; an answer that nobody takes ends the session.
        ("client_connection_check_interval", 1_000),
        ("tcp_user_timeout", KEEPALIVE.as_millis()),
        ("tcp_keepalives_idle", KEEPALIVE.as_secs().into()),
        ("tcp_keepalives_interval", (KEEPALIVE / 3).as_secs().into()),
    ];
    let rows: Vec<String> = limits.iter().map(|(name, value)| format!("('{name}', '{value}')")).collect();
    format!(
        "SELECT set_config(s.name, l.value, false) FROM (VALUES {}) AS l (name, value) JOIN pg_settings s ON s.name = l.name",
        rows.join(", ")
    )
}

impl Link {
    /// Begins a transaction. A reading one sees one state in all its statements; of those that write in one bureau, others wait
    /// until it ends.
    pub(super) async fn begin(&mut self, purpose: Purpose) -> Result<(), sqlx::Error> {
        match (self, purpose) {
            (Link::Sqlite(connection), Purpose::Write(_)) => {
                sqlx::raw_sql("BEGIN IMMEDIATE").execute(connection).await.map(drop)
            }
            (Link::Sqlite(connection), _) => sqlx::raw_sql("BEGIN").execute(connection).await.map(drop),
            (Link::Postgres(connection), purpose) => {
                let read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                let text = match purpose {
                    Purpose::Write(bureau) => format!("BEGIN; SELECT pg_advisory_xact_lock({bureau})"),
                    Purpose::Read => read.to_owned(),
                    Purpose::ReadAtLength => {
                        format!("{read}; SET LOCAL statement_timeout = {}", LONG_ANSWER.as_millis())
                    }
                };
                sqlx::raw_sql(AssertSqlSafe(text)).execute(connection).await.map(drop)
            }
        }
    }

    /// Commits the transaction.
    pub(super) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        self.say("COMMIT").await
    }

    /// Ends the transaction without a trace.
    pub(super) async fn rollback(&mut self) -> Result<(), sqlx::Error> {
        self.say("ROLLBACK").await
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Link::Sqlite(connection) => connection.ping().await,
            Link::Postgres(connection) => connection.ping().await,
        }
    }

    /// Ends whatever a call that was given up has left: the answer to its statement and its transaction. Told with a word
    /// of its own, so that no answer to something earlier can be taken for the answer to this.
    pub(super) async fn clear(&mut self, word: i64) -> Result<(), sqlx::Error> {
        match self {
            Link::Sqlite(_) => self.rollback().await,
            Link::Postgres(connection) => {
                let text = AssertSqlSafe(format!("ROLLBACK; SELECT '{word}'"));
                let rows = sqlx::raw_sql(text).fetch_all(connection).await?;
                let answered = rows.last().map(|row| sqlx::Row::try_get::<String, _>(row, 0)).transpose()?;
                if rows.len() == 1 && answered == Some(word.to_string()) {
                    return Ok(());
                }
                Err(sqlx::Error::Protocol("the connection answers something else".to_owned()))
            }
        }
    }

    /// Closes it in good order.
    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Link::Sqlite(connection) => connection.close().await,
            Link::Postgres(connection) => connection.close().await,
        }
    }

    /// Refuses a database that answers before the commit is on disk.
    pub(super) async fn refuse_forgetful(&mut self) -> Result<(), StoreError> {
        match self {
            Link::Sqlite(connection) => {
                let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(connection).await?;
                if synchronous < 2 {
                    return Err(StoreError::Unsafe("synchronous is below FULL"));
                }
            }
            Link::Postgres(connection) => {
                let text = "SELECT current_setting('synchronous_commit'), current_setting('fsync')";
                let (commit, fsync): (String, String) = sqlx::query_as(text).fetch_one(connection).await?;
                if commit == "off" {
                    return Err(StoreError::Unsafe(
                        "synchronous_commit is off; turn it on for this database",
                    ));
                }
                if fsync != "on" {
                    return Err(StoreError::Unsafe("fsync is off; turn it on for this server"));
                }
            }
        }
        Ok(())
    }

    async fn say(&mut self, text: &'static str) -> Result<(), sqlx::Error> {
        match self {
            Link::Sqlite(connection) => sqlx::raw_sql(text).execute(connection).await.map(drop),
            Link::Postgres(connection) => sqlx::raw_sql(text).execute(connection).await.map(drop),
        }
    }
}
