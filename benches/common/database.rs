//! Databases of both kinds, written to without a thought.

use sqlx::postgres::{PgArguments, PgPool};
use sqlx::sqlite::{SqliteArguments, SqlitePool};
use sqlx::{Arguments as _, AssertSqlSafe, Postgres, SqlSafeStr as _, Sqlite};
use triage::clock::Clock;

use super::Fallible;
use super::rows::{Item, Templates};
use super::tables::{Cell, TABLES, Table};

/// A database that is written to without a thought.
pub(crate) enum Bare {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Most rows of one statement on SQLite, as ours.
const MOST_ROWS: usize = 256;

impl Bare {
    /// Gives up safety for the speed of filling.
    pub(crate) async fn hurry(&self) -> Fallible<()> {
        match self {
            Bare::Sqlite(pool) => sqlx::query("PRAGMA synchronous = OFF").execute(pool).await.map(|_| ())?,
            Bare::Postgres(pool) => {
                sqlx::query("SELECT set_config('synchronous_commit', 'off', false)")
                    .execute(pool)
                    .await
                    .map(|_| ())?;
            }
        }
        Ok(())
    }

    /// What follows from the files that were filled in: open work and served files of each unit, all of it assigned this
    /// month, how long the ended ones were held, and of whom how many are open.
    pub(crate) async fn settle(&self) -> Fallible<()> {
        let month = Clock::System.now().day().month_number();
        let loads = format!(
            "INSERT INTO unit_load (bureau_id, unit, track, open_centiunits, served, month, assigned_centiunits)
                SELECT bureau_id, unit, track, SUM(CASE WHEN status = 1 THEN centiunits ELSE 0 END),
                    SUM(CASE WHEN status = 1 THEN 0 ELSE 1 END), {month}, SUM(centiunits)
                FROM file WHERE bureau_id = 1 GROUP BY bureau_id, unit, track"
        );
        let statements = [
            "DELETE FROM unit_load WHERE bureau_id = 1",
            &loads,
            "INSERT INTO held (bureau_id, track, kind, sequence, minutes)
                SELECT bureau_id, track, kind, submission, 480 + submission % 4800
                FROM file WHERE bureau_id = 1 AND status = 7",
            "INSERT INTO related_files (bureau_id, relation, related_to, track, unit, files)
                SELECT bureau_id, 0, cluster, track, unit, COUNT(*) FROM file
                WHERE bureau_id = 1 AND status IN (1, 2, 3, 5) AND cluster <> -submission
                GROUP BY bureau_id, cluster, track, unit",
            "INSERT INTO related_files (bureau_id, relation, related_to, track, unit, files)
                SELECT bureau_id, 1, respondent, track, unit, COUNT(*) FROM file
                WHERE bureau_id = 1 AND status IN (1, 2, 3, 5) AND respondent IS NOT NULL
                GROUP BY bureau_id, respondent, track, unit",
        ];
        for sql in statements {
            let sql = AssertSqlSafe(sql).into_sql_str();
            match self {
                Bare::Sqlite(pool) => sqlx::query(sql).execute(pool).await.map(|_| ())?,
                Bare::Postgres(pool) => sqlx::query(sql).execute(pool).await.map(|_| ())?,
            }
        }
        Ok(())
    }

    /// Does what a PostgreSQL does by itself within a minute, and leaves SQLite as it is: it never does.
    pub(crate) async fn analyse(&self) -> Fallible<()> {
        match self {
            Bare::Sqlite(pool) => {
                sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(pool).await?;
                pool.close().await;
            }
            Bare::Postgres(pool) => {
                sqlx::query("VACUUM ANALYZE").execute(pool).await?;
                sqlx::query("CHECKPOINT").execute(pool).await?;
                pool.close().await;
            }
        }
        Ok(())
    }

    /// Writes items in one transaction: their rows, open work of every unit, the head.
    pub(crate) async fn write(&self, templates: &Templates, items: &[Item], recorded: i64) -> Fallible<()> {
        let last = items.last().map_or(0, |item| item.sequence);
        let head =
            "UPDATE bureau SET sequence = $2, recorded_at = $3, audit_number = $4 WHERE bureau_id = $1";
        match self {
            Bare::Sqlite(pool) => {
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                for (table, place) in TABLES.iter().zip(0..) {
                    sqlite(&mut tx, table, templates.rows(place, items, recorded)).await?;
                }
                sqlx::query("UPDATE unit_load SET open_centiunits = open_centiunits + 1 WHERE bureau_id = 1")
                    .execute(&mut *tx)
                    .await?;
                sqlx::query(head).bind(1i64).bind(last).bind(recorded).bind(last).execute(&mut *tx).await?;
                tx.commit().await?;
            }
            Bare::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(1i64).execute(&mut *tx).await?;
                for (table, place) in TABLES.iter().zip(0..) {
                    let rows = templates.rows(place, items, recorded);
                    if !rows.is_empty() {
                        let sql = AssertSqlSafe(unnest(table)).into_sql_str();
                        sqlx::query_with::<Postgres, _>(sql, arrays(table, rows)?).execute(&mut *tx).await?;
                    }
                }
                sqlx::query("UPDATE unit_load SET open_centiunits = open_centiunits + 1 WHERE bureau_id = 1")
                    .execute(&mut *tx)
                    .await?;
                sqlx::query(head).bind(1i64).bind(last).bind(recorded).bind(last).execute(&mut *tx).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }
}

/// VALUES in chunks of powers of two, as ours.
async fn sqlite(tx: &mut sqlx::SqliteConnection, table: &Table, rows: Vec<Vec<Cell>>) -> Fallible<()> {
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    while left > 0 {
        let chunk = 1usize << left.min(MOST_ROWS).ilog2();
        let mut arguments = SqliteArguments::default();
        for cell in rows.by_ref().take(chunk).flatten() {
            match cell {
                Cell::Null => arguments.add(None::<i64>)?,
                Cell::I64(value) => arguments.add(value)?,
                Cell::F64(value) => arguments.add(value)?,
                Cell::Text(value) => arguments.add(value)?,
                Cell::Bytes(value) => arguments.add(value)?,
            }
        }
        let sql = AssertSqlSafe(values(table, chunk)).into_sql_str();
        sqlx::query_with::<Sqlite, _>(sql, arguments).execute(&mut *tx).await?;
        left -= chunk;
    }
    Ok(())
}

fn columns(table: &Table) -> String {
    table.columns.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ")
}

fn values(table: &Table, rows: usize) -> String {
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    format!("INSERT INTO {} ({}) VALUES {}", table.name, columns(table), vec![row; rows].join(", "))
}

fn unnest(table: &Table) -> String {
    let arrays: Vec<String> =
        table.columns.iter().zip(1..).map(|((_, kind, _), number)| format!("${number}::{kind}[]")).collect();
    format!("INSERT INTO {} ({}) SELECT * FROM UNNEST({})", table.name, columns(table), arrays.join(", "))
}

/// One array a column.
fn arrays(table: &Table, rows: Vec<Vec<Cell>>) -> Fallible<PgArguments> {
    let mut by_column: Vec<Vec<Cell>> = Vec::new();
    by_column.resize_with(table.columns.len(), || Vec::with_capacity(rows.len()));
    for row in rows {
        for (column, cell) in by_column.iter_mut().zip(row) {
            column.push(cell);
        }
    }
    let mut arguments = PgArguments::default();
    for ((_, kind, _), cells) in table.columns.iter().zip(by_column) {
        let cells = cells.into_iter();
        match *kind {
            "smallint" => arguments
                .add(cells.map(|c| whole(&c).and_then(|v| i16::try_from(v).ok())).collect::<Vec<_>>())?,
            "bigint" => arguments.add(cells.map(|c| whole(&c)).collect::<Vec<_>>())?,
            "double precision" => {
                arguments.add(
                    cells.map(|c| if let Cell::F64(v) = c { Some(v) } else { None }).collect::<Vec<_>>(),
                )?;
            }
            "text" => {
                arguments.add(
                    cells.map(|c| if let Cell::Text(v) = c { Some(v) } else { None }).collect::<Vec<_>>(),
                )?;
            }
            _ => {
                arguments.add(
                    cells.map(|c| if let Cell::Bytes(v) = c { Some(v) } else { None }).collect::<Vec<_>>(),
                )?;
            }
        }
    }
    Ok(arguments)
}

fn whole(cell: &Cell) -> Option<i64> {
    if let Cell::I64(value) = cell { Some(*value) } else { None }
}
