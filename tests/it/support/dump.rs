//! A database as a text of INSERTs that both databases take: how a database of a release is kept.

use std::fmt::Write as _;
use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqlSafeStr as _};
use triage::app::Config;

/// First line of a dump: how many migrations its database had.
const HEAD: &str = "-- migrations: ";

async fn sqlite(config: &Config) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(config.data.join("triage.db")).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn texts(connection: &mut SqliteConnection, sql: String) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql).into_sql_str()).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// All that a SQLite database holds.
pub(crate) async fn dump(config: &Config) -> String {
    let mut connection = sqlite(config).await;
    let migrations = texts(&mut connection, "SELECT CAST(COUNT(*) AS TEXT) FROM _sqlx_migrations".to_owned());
    let mut text = format!("{HEAD}{}\n", migrations.await[0]);
    let tables =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
        AND name <> '_sqlx_migrations' ORDER BY name";
    for table in texts(&mut connection, tables.to_owned()).await {
        let names = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid");
        let columns = texts(&mut connection, names).await;
        let values: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let (values, columns) = (values.join(" || ',' || "), columns.join(", "));
        // Tables without a row id come in the order of their keys.
        for row in texts(&mut connection, format!("SELECT {values} FROM {table}")).await {
            writeln!(text, "INSERT INTO {table} ({columns}) VALUES ({row});").unwrap();
        }
    }
    connection.close().await.unwrap();
    text
}

/// Makes the database of a dump, with the schema that it had. `without` names columns to be left out with their
/// migration: as a release before them had the same.
pub(crate) async fn load(config: &Config, dump: &str, before: Option<(usize, &[(&str, &str)])>) {
    let (head, rows) = dump.split_once('\n').unwrap();
    let had: usize = head.strip_prefix(HEAD).unwrap().parse().unwrap();
    let (migrations, left_out) = before.unwrap_or((had, &[]));
    let rows = left_out.iter().fold(rows.to_owned(), |rows, (table, column)| without(&rows, table, column));
    let rows = if before.is_some() { with_old_names(&rows) } else { rows };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let migrator = async |database: &str| {
        let all = Migrator::new(folder.join(database)).await.unwrap();
        Migrator::with_migrations(all.iter().take(migrations).cloned().collect())
    };
    match &config.database {
        None => {
            let mut connection = sqlite(config).await;
            migrator("sqlite").await.run(&mut connection).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(rows).into_sql_str()).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
        Some(url) => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            migrator("postgres").await.run(&mut connection).await.unwrap();
            let rows = with_bytea(&rows);
            sqlx::raw_sql(AssertSqlSafe(rows).into_sql_str()).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

/// The rows of a table without its last column, whose values are numbers.
fn without(rows: &str, table: &str, column: &str) -> String {
    let start = format!("INSERT INTO {table} (");
    let each = |line: &str| {
        if !line.starts_with(&start) {
            return format!("{line}\n");
        }
        let line = line.replacen(&format!(", {column})"), ")", 1);
        let (values, _) = line.rsplit_once(',').unwrap();
        format!("{values});\n")
    };
    rows.lines().map(each).collect()
}

/// Tables and columns by the names that they had before migration 5.
fn with_old_names(rows: &str) -> String {
    let old = [
        (" related_files ", " kin "),
        ("related_to", "mark"),
        ("key_hash", "mark"),
        ("imported_label", "mark"),
        ("accepted_upstream", "taken_up"),
    ];
    let each = |line: &str| match line.split_once(" VALUES ") {
        Some((names, values)) => {
            let names = old.iter().fold(names.to_owned(), |names, (new, old)| names.replace(new, old));
            format!("{names} VALUES {values}\n")
        }
        None => format!("{line}\n"),
    };
    rows.lines().map(each).collect()
}

/// Bytes as PostgreSQL writes them.
fn with_bytea(rows: &str) -> String {
    let mut parts = rows.split("X'");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('\'') {
            Some((hex, rest)) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                write!(text, "'\\x{hex}'::bytea{rest}").unwrap();
            }
            _ => write!(text, "X'{part}").unwrap(),
        }
    }
    text
}
