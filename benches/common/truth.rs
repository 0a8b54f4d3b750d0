//! Whether what is filled in is what intake writes: the same items submitted and copied, compared column by column.

use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Column as _, Row as _, SqlSafeStr as _};

use super::Fallible;
use super::database::Bare;
use super::rows::{Item, Templates, cell};
use super::tables::{Cell, TABLES};

/// What the making of a bureau leaves, and nothing else does.
const SET_UP: [&str; 5] = ["_sqlx_migrations", "bureau", "caller", "rules", "model"];
/// When something was recorded, and what follows from it.
const RECORDED: [&str; 4] = ["recorded_at", "at", "queued_at", "escalates_at"];

/// Compares a database with the items that were submitted to another; both hold nothing else.
pub(crate) async fn compare(submitted: &SqlitePool, filled: &SqlitePool) -> Fallible<()> {
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    for name in sqlx::query_scalar::<_, String>(names).fetch_all(submitted).await? {
        if SET_UP.contains(&name.as_str()) {
            continue;
        }
        let (real, copied) = (rows(submitted, &name).await?, rows(filled, &name).await?);
        if real.len() != copied.len() {
            return Err(format!("{name}: {} rows are left, {} filled in", real.len(), copied.len()).into());
        }
        for (real, copied) in real.iter().zip(&copied) {
            if let Some(((column, left), (_, filled))) =
                real.iter().zip(copied).find(|(one, other)| one != other)
            {
                return Err(format!("{name}.{column}: {left:?} is left, {filled:?} filled in").into());
            }
        }
    }
    Ok(())
}

/// The rows of a table that items have left, without the time of recording.
async fn rows(pool: &SqlitePool, name: &str) -> Fallible<Vec<Vec<(String, Cell)>>> {
    let first = sqlx::query_scalar::<_, i64>("SELECT MIN(sequence) FROM submission").fetch_one(pool).await?;
    let owner = TABLES.iter().find(|table| table.name == name).map(|table| table.owner);
    let of_items = owner.map_or_else(String::new, |owner| format!("WHERE {owner} >= {first}"));
    let columns = format!("SELECT name FROM pragma_table_info('{name}')");
    let columns: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(columns).into_sql_str()).fetch_all(pool).await?;
    let columns: Vec<&str> =
        columns.iter().map(String::as_str).filter(|column| !RECORDED.contains(column)).collect();
    let columns = columns.join(", ");
    let sql = format!("SELECT {columns} FROM {name} {of_items} ORDER BY {columns}");
    let rows = sqlx::query(AssertSqlSafe(sql).into_sql_str()).fetch_all(pool).await?;
    rows.iter().map(cells).collect()
}

fn cells(row: &SqliteRow) -> Fallible<Vec<(String, Cell)>> {
    (0..row.len()).map(|place| Ok((row.column(place).name().to_owned(), cell(row, place)?))).collect()
}

/// Fills `database` with the real items as they were submitted.
pub(crate) async fn copy(templates: &Templates, items: Vec<Item>, database: &Bare) -> Fallible<()> {
    for items in items.chunks(2_048) {
        database.write(templates, items, 1).await?;
    }
    database.settle().await
}
