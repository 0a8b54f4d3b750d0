//! The rows that real items leave, taken from a database of ours, and written again under other ids: the same tables,
//! the same statements, the same number of rows and bytes, and nothing else.

use std::collections::HashMap;

use sqlx::postgres::{PgArguments, PgPool};
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{
    Arguments as _, AssertSqlSafe, Column as _, Postgres, Row as _, SqlSafeStr as _, Sqlite, TypeInfo as _,
    ValueRef as _,
};

use super::Fallible;

/// One value of a row.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Null,
    I64(i64),
    F64(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// What a written row takes from its new item instead of from the old row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    Same,
    Sequence,
    Number,
    Request,
    Recorded,
    Received,
    Recency,
    Mark,
    Status,
}

/// A table with the columns that Submit fills: name, PostgreSQL type, what is taken from where.
pub(crate) struct Table {
    name: &'static str,
    /// The column that says which submission a row belongs to.
    owner: &'static str,
    columns: &'static [(&'static str, &'static str, Take)],
}

use Take::{Mark, Number, Received, Recency, Recorded, Request, Same, Sequence, Status};

/// In the order in which a batch writes them.
pub(crate) const TABLES: [Table; 10] = [
    Table {
        name: "event",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("sequence", "bigint", Sequence),
            ("recorded_at", "bigint", Recorded),
            ("kind", "smallint", Same),
            ("caller_id", "bigint", Same),
            ("request_id", "text", Request),
            ("digest", "bytea", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("payload", "bytea", Same),
            ("answer", "text", Same),
        ],
    },
    Table {
        name: "submission",
        owner: "sequence",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("sequence", "bigint", Sequence),
            ("number", "text", Number),
            ("received_at", "bigint", Received),
            ("shop", "text", Same),
        ],
    },
    Table {
        name: "file",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("number", "text", Number),
            ("received_at", "bigint", Received),
            ("unit", "text", Same),
            ("status", "smallint", Status),
            ("centiunits", "bigint", Same),
            ("urges", "bigint", Same),
            ("cluster", "bigint", Same),
            ("respondent", "bigint", Same),
            ("turn", "bigint", Same),
            ("due_on", "bigint", Same),
            ("queued_at", "bigint", Recorded),
            ("escalates_at", "bigint", Same),
            ("skips", "bigint", Same),
            ("kind", "text", Same),
        ],
    },
    Table {
        name: "deadline",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("duty", "smallint", Same),
            ("started_by", "bigint", Sequence),
            ("law", "smallint", Same),
            ("article", "text", Same),
            ("started_on", "bigint", Same),
            ("due_on", "bigint", Same),
            ("latest_on", "bigint", Same),
            ("provisional", "smallint", Same),
            ("dropped", "smallint", Same),
        ],
    },
    Table {
        name: "decision",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("sequence", "bigint", Sequence),
            ("rules", "bigint", Same),
            ("schema_hash", "text", Same),
            ("vector", "bytea", Same),
            ("model", "text", Same),
            ("log_odds", "double precision", Same),
            ("score", "double precision", Same),
            ("band", "smallint", Same),
            ("reasons", "text", Same),
        ],
    },
    Table {
        name: "assignment",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("sequence", "bigint", Sequence),
            ("unit", "text", Same),
            ("basis", "smallint", Same),
            ("centiunits", "bigint", Same),
            ("matched", "text", Same),
        ],
    },
    Table {
        name: "candidate",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("position", "smallint", Same),
            ("unit", "text", Same),
            ("open_centiunits", "bigint", Same),
            ("centiofficers", "bigint", Same),
            ("barred", "smallint", Same),
            ("chosen", "smallint", Same),
        ],
    },
    Table {
        name: "history",
        owner: "recency & 1073741823",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("mark", "bytea", Mark),
            ("recency", "bigint", Recency),
            ("number", "text", Number),
            ("name", "bigint", Same),
            ("person", "bigint", Same),
            ("respondent", "bigint", Same),
            ("product", "bigint", Same),
            ("template", "bigint", Same),
            ("keys", "bytea", Same),
        ],
    },
    Table {
        name: "search_key",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("mark", "bytea", Mark),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
        ],
    },
    Table {
        name: "audit",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("number", "bigint", Sequence),
            ("at", "bigint", Recorded),
            ("caller_id", "bigint", Same),
            ("officer", "text", Same),
            ("action", "text", Same),
            ("sequence", "bigint", Sequence),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
        ],
    },
];

/// The rows of one item, by table.
type Left = [Vec<Vec<Cell>>; TABLES.len()];

/// The rows of real items.
pub(crate) struct Templates {
    items: Vec<Left>,
    /// How often each mark stands in `history`.
    marks: HashMap<Vec<u8>, usize>,
}

/// One item to be written with the rows of a template.
pub(crate) struct Item {
    pub(crate) sequence: i64,
    pub(crate) number: String,
    pub(crate) request_id: String,
    /// In seconds.
    pub(crate) received: i64,
    /// File status; 1 is waiting.
    pub(crate) status: i64,
}

impl Templates {
    /// Reads the rows of every submission in a SQLite database of ours.
    pub(crate) async fn read(pool: &SqlitePool) -> Fallible<Self> {
        let mut places = HashMap::new();
        for row in sqlx::query("SELECT sequence FROM submission ORDER BY sequence").fetch_all(pool).await? {
            places.insert(row.try_get::<i64, _>(0)?, places.len());
        }
        let mut items: Vec<Left> = Vec::new();
        items.resize_with(places.len(), Left::default);
        let mut marks = HashMap::new();
        for (table, position) in TABLES.iter().zip(0..) {
            let columns: Vec<&str> = table.columns.iter().map(|(name, ..)| *name).collect();
            let (owner, name, columns) = (table.owner, table.name, columns.join(", "));
            let sql =
                AssertSqlSafe(format!("SELECT {owner}, {columns} FROM {name} WHERE {owner} IS NOT NULL"));
            for row in sqlx::query(sql.into_sql_str()).fetch_all(pool).await? {
                let place = places.get(&row.try_get::<i64, _>(0)?).ok_or("a row without its submission")?;
                let cells = (1..=table.columns.len())
                    .map(|column| cell(&row, column))
                    .collect::<Fallible<Vec<_>>>()?;
                if let ("history", Some(Cell::Bytes(mark))) = (name, cells.get(1)) {
                    *marks.entry(mark.clone()).or_default() += 1;
                }
                items[*place][position].push(cells);
            }
        }
        Ok(Self { items, marks })
    }

    /// Rows and bytes of values that an average item leaves.
    pub(crate) fn size(&self) -> (f64, f64) {
        let rows = self.items.iter().flatten().flatten();
        let bytes: usize = rows.clone().flatten().map(Cell::bytes).sum();
        (rows.count() as f64 / self.items.len() as f64, bytes as f64 / self.items.len() as f64)
    }

    /// The rows of `items` for one table, in order.
    fn rows(&self, table: usize, items: &[Item], recorded: i64) -> Vec<Vec<Cell>> {
        let Table { columns, .. } = &TABLES[table];
        let mut rows = Vec::new();
        for item in items {
            let count = self.items.len() as i64;
            let (cycle, place) = ((item.sequence - 1) / count, (item.sequence - 1) % count);
            for left in &self.items[place as usize][table] {
                let cells = left.iter().zip(columns.iter()).map(|(cell, (.., take))| match take {
                    Same => cell.clone(),
                    Sequence => Cell::I64(item.sequence),
                    Number => Cell::Text(item.number.clone()),
                    Request => Cell::Text(item.request_id.clone()),
                    Recorded => Cell::I64(recorded),
                    Received => Cell::I64(item.received * 1_000_000),
                    Recency => Cell::I64((item.received << 30) | item.sequence),
                    Mark => self.mark(cell, cycle),
                    Status => Cell::I64(item.status),
                });
                rows.push(cells.collect());
            }
        }
        rows
    }

    /// Each time around, most marks are new ones; those that come often come back every fourth time, and those that
    /// come most often every time.
    fn mark(&self, cell: &Cell, cycle: i64) -> Cell {
        let Cell::Bytes(mark) = cell else { return Cell::Null };
        let cycle = match self.marks.get(mark) {
            Some(40..) => 0,
            Some(20..) => cycle % 4,
            _ => cycle,
        };
        let salt = (cycle as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
        Cell::Bytes(mark.iter().zip(salt.iter().cycle()).map(|(byte, salt)| byte ^ salt).collect())
    }
}

impl Cell {
    fn bytes(&self) -> usize {
        match self {
            Cell::Null => 0,
            Cell::I64(_) | Cell::F64(_) => 8,
            Cell::Text(text) => text.len(),
            Cell::Bytes(bytes) => bytes.len(),
        }
    }
}

fn cell(row: &SqliteRow, column: usize) -> Fallible<Cell> {
    let raw = row.try_get_raw(column)?;
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let kind = raw.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INTEGER" => Cell::I64(row.try_get(column)?),
        "REAL" => Cell::F64(row.try_get(column)?),
        "TEXT" => Cell::Text(row.try_get(column)?),
        "BLOB" => Cell::Bytes(row.try_get(column)?),
        other => return Err(format!("column {} is {other}", row.column(column).name()).into()),
    })
}

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
