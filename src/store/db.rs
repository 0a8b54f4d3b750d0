//! The closed database layer: two databases, one SQL text, dispatched here and in `link`, and nowhere else.
//!
//! What differs, all of it: connect options and the begin-and-lock statement (`link`), column types (the migrations), many
//! rows in ([`Tx::many`]), transient error codes (`StoreError`). No statement takes or skips row locks: each bureau has
//! one ordered writer (see `lane`).
//!
//! Every wait for the database is in [`Tx::run`] or in `pool`, and each has a deadline (`limits`). A transaction with
//! which anything went wrong has no further statement, and its connection is closed.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgArguments;
use sqlx::{Postgres, SqlSafeStr, SqlStr, Sqlite};
use tokio::sync::watch;
use tracing::warn;

use super::StoreError;
use super::bulk::{Many, bulk_text, chunk_of, text_at_once};
use super::connection::{Link, Opening, Purpose};
use super::faults::{Faults, Place};
use super::limits::{Limits, SQLITE_READERS};
use super::pool::{Lent, Pool};
use super::reads::Reads;
use super::sql;
use super::value::{Row, Value, add_columns, postgres_arguments, sqlite_arguments};

/// A database: connections that write, and others that read.
#[derive(Debug, Clone)]
pub(crate) struct Db {
    /// What writes; on SQLite the one writing connection of this process.
    writer: Pool,
    /// What reads. A reader that hangs up has no part in a writer's connection.
    reader: Pool,
    /// Whether writes are taken, as far as is known.
    writable: Arc<watch::Sender<bool>>,
    limits: Limits,
}

/// An open transaction. Dropped, it is given up.
pub(crate) struct Tx {
    /// Its connection, until it has ended.
    lent: Option<Lent>,
    purpose: Purpose,
    /// How long an answer may take.
    patience: Duration,
    /// Whether something went wrong with it.
    failed: bool,
    writable: Arc<watch::Sender<bool>>,
    /// Counts what it gives back.
    reads: Reads,
    faults: Option<Faults>,
}

impl Db {
    /// Opens `postgres://...` or a SQLite file, refusing one that could forget a commit (promise 1).
    pub(crate) async fn open(url: &str, limits: Limits) -> Result<Self, StoreError> {
        let (writing, reading) = Opening::both(url, limits)?;
        let (writers, readers) = match &writing {
            Opening::Sqlite(_) => (1, SQLITE_READERS.min(limits.readers)),
            Opening::Postgres(..) => (limits.writers, limits.readers),
        };
        // The first connection may make the file; none makes it again when it is gone.
        writing.connect().await?.close().await?;
        let (writer, reader) = (Pool::new(writing.of_existing(), writers), Pool::new(reading, readers));
        for pool in [&writer, &reader] {
            pool.take(None).await?.give_back();
        }
        Ok(Self { writer, reader, writable: Arc::new(watch::Sender::new(true)), limits })
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether it is a file (SQLite), and not a server.
    pub(super) fn is_file(&self) -> bool {
        matches!(self.writer.opening(), Opening::Sqlite(_))
    }

    /// A connection of its own without time limits, for migrations and copies.
    pub(super) async fn open_alone(&self) -> Result<Link, StoreError> {
        self.writer.opening().clone().without_limits().connect().await
    }

    /// Begins a transaction: to read one state, or to write in the turn of a bureau, for which others wait.
    pub(super) async fn begin(
        &self,
        purpose: Purpose,
        reads: Reads,
        faults: Option<Faults>,
    ) -> Result<Tx, StoreError> {
        let pool = if matches!(purpose, Purpose::Write(_)) { &self.writer } else { &self.reader };
        let lent = Some(pool.take(faults.as_ref()).await?);
        let writable = Arc::clone(&self.writable);
        let patience = purpose.patience(self.limits);
        let mut tx = Tx { lent, purpose, patience, failed: false, writable, reads, faults };
        tx.run(Place::Begin, || "BEGIN", async |link| Ok(link.begin(purpose).await?)).await?;
        Ok(tx)
    }

    /// Whether writes are taken, as far as is known.
    pub(super) fn writable(&self) -> &watch::Sender<bool> {
        &self.writable
    }

    /// Closes all connections, checkpointing the SQLite log.
    pub(super) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

impl Tx {
    /// Its connection, for tests that look at the database past the statements.
    #[cfg(test)]
    pub(super) fn link(&mut self) -> &mut Link {
        &mut self.lent.as_mut().unwrap().link
    }

    /// All rows of a statement.
    pub(crate) async fn all(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.fetch(|| sql::name_of(sql), sql.into_sql_str(), values).await
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
        let done = self
            .run(
                Place::Statement,
                || sql::name_of(sql),
                async |link| {
                    Ok(match link {
                        Link::Sqlite(connection) => {
                            let arguments = sqlite_arguments(values.into_iter())?;
                            sqlx::query_with::<Sqlite, _>(sql, arguments)
                                .execute(connection)
                                .await?
                                .rows_affected()
                        }
                        Link::Postgres(connection) => {
                            let arguments = postgres_arguments(values.into_iter())?;
                            sqlx::query_with::<Postgres, _>(sql, arguments)
                                .execute(connection)
                                .await?
                                .rows_affected()
                        }
                    })
                },
            )
            .await?;
        self.reads.count(0);
        Ok(done)
    }

    /// Runs a bulk statement over `rows`: VALUES in chunks on SQLite, one UNNEST on PostgreSQL. What it gives is in no order.
    pub(crate) async fn many(
        &mut self,
        many: &'static Many,
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<Row>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let reads = self.reads.clone();
        self.run(
            Place::Statement,
            || sql::name_of_many(many),
            async |link| {
                let mut found = Vec::new();
                match link {
                    Link::Sqlite(connection) => {
                        let mut left = rows.len();
                        let mut rows = rows.into_iter();
                        while left > 0 {
                            let chunk = chunk_of(left);
                            let arguments = sqlite_arguments(rows.by_ref().take(chunk).flatten())?;
                            let query = sqlx::query_with::<Sqlite, _>(bulk_text(many, chunk), arguments);
                            let chunk_rows = query.fetch_all(&mut *connection).await?;
                            reads.count(chunk_rows.len());
                            found.extend(chunk_rows.into_iter().map(Row::Sqlite));
                            left -= chunk;
                        }
                    }
                    Link::Postgres(connection) => {
                        let mut arguments = PgArguments::default();
                        add_columns(&mut arguments, many.types.len(), rows)?;
                        let query = sqlx::query_with::<Postgres, _>(bulk_text(many, 0), arguments);
                        let rows = query.fetch_all(connection).await?;
                        reads.count(rows.len());
                        found.extend(rows.into_iter().map(Row::Postgres));
                    }
                }
                Ok(found)
            },
        )
        .await
    }

    /// Runs bulk statements that write to a table each and see nothing of one another, in turn; on PostgreSQL as one statement,
    /// for there each takes a way to the server and back.
    pub(crate) async fn many_at_once(
        &mut self,
        parts: Vec<(&'static Many, Vec<Vec<Value>>)>,
    ) -> Result<(), StoreError> {
        let parts: Vec<_> = parts.into_iter().filter(|(_, rows)| !rows.is_empty()).collect();
        if parts.len() < 2 || matches!(self.lent.as_ref().map(|lent| &lent.link), Some(Link::Sqlite(_))) {
            for (many, rows) in parts {
                self.many(many, rows).await?;
            }
            return Ok(());
        }
        self.run(
            Place::Statement,
            || "MANY_AT_ONCE",
            async |link| {
                let Link::Postgres(connection) = link else { return Err(StoreError::Over) };
                let mut arguments = PgArguments::default();
                let mut statements = Vec::with_capacity(parts.len());
                for (many, rows) in parts {
                    statements.push(many);
                    add_columns(&mut arguments, many.types.len(), rows)?;
                }
                sqlx::query_with::<Postgres, _>(text_at_once(&statements), arguments)
                    .execute(connection)
                    .await?;
                Ok(())
            },
        )
        .await?;
        self.reads.count(0);
        Ok(())
    }

    /// Makes everything true at once.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.run(Place::Commit, || "COMMIT", async |link| Ok(link.commit().await?)).await?;
        if matches!(self.purpose, Purpose::Write(_)) {
            self.writable.send_if_modified(|writable| !std::mem::replace(writable, true));
        }
        self.end();
        Ok(())
    }

    /// Gives up everything.
    pub(crate) async fn rollback(mut self) -> Result<(), StoreError> {
        self.run(Place::Rollback, || "ROLLBACK", async |link| Ok(link.rollback().await?)).await?;
        self.end();
        Ok(())
    }

    async fn fetch(
        &mut self,
        name: impl Fn() -> &'static str,
        sql: SqlStr,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let rows: Vec<Row> = self
            .run(Place::Statement, name, async |link| {
                Ok(match link {
                    Link::Sqlite(connection) => {
                        let arguments = sqlite_arguments(values.into_iter())?;
                        let rows =
                            sqlx::query_with::<Sqlite, _>(sql, arguments).fetch_all(connection).await?;
                        rows.into_iter().map(Row::Sqlite).collect()
                    }
                    Link::Postgres(connection) => {
                        let arguments = postgres_arguments(values.into_iter())?;
                        let rows =
                            sqlx::query_with::<Postgres, _>(sql, arguments).fetch_all(connection).await?;
                        rows.into_iter().map(Row::Postgres).collect()
                    }
                })
            })
            .await?;
        self.reads.count(rows.len());
        Ok(rows)
    }

    /// The one wait for an answer on the transaction's connection. `name` is asked for errors and spans alone. After an error, or no answer in time, nobody knows what
    /// is open on it: SQLite may have rolled back by itself, a server may still be at work.
    #[tracing::instrument(name = "statement", level = "debug", skip_all, fields(db.statement = name()))]
    async fn run<T>(
        &mut self,
        place: Place,
        name: impl Fn() -> &'static str,
        work: impl AsyncFnOnce(&mut Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Some(lent) = self.lent.as_mut().filter(|_| !self.failed) else { return Err(StoreError::Over) };
        // Boxed: it stands in every future that asks the store for anything.
        let work = Box::pin(work(&mut lent.link));
        let heard = Faults::meet(self.faults.as_ref(), place, self.patience, work).await;
        let error = match heard {
            Some(Ok(done)) => return Ok(done),
            Some(Err(error)) => error.of_statement(name()),
            None => {
                warn!(%place, statement = name(), patience = ?self.patience, "the database does not answer; its connection is closed");
                StoreError::NoAnswer(place)
            }
        };
        if error.is_lost() {
            lent.pool().close_idle();
        }
        self.failed = true;
        Err(error)
    }

    /// No transaction is open any more: the connection may be used again.
    fn end(&mut self) {
        if let Some(lent) = self.lent.take() {
            lent.give_back();
        }
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let Some(lent) = self.lent.take().filter(|_| !self.failed) {
            lent.clear(self.patience, self.faults.take());
        }
    }
}
