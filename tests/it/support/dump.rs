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
        let rows = texts(&mut connection, format!("SELECT {values} FROM {table}")).await;
        if !rows.is_empty() {
            let rows: Vec<String> = rows.iter().map(|row| format!("({row})")).collect();
            writeln!(text, "INSERT INTO {table} ({columns}) VALUES\n{};", rows.join(",\n")).unwrap();
        }
    }
    connection.close().await.unwrap();
    text
}

/// Makes the database of a dump, with the schema that it had.
pub(crate) async fn load(config: &Config, dump: &str) {
    let (head, rows) = dump.split_once('\n').unwrap();
    let migrations: usize = head.strip_prefix(HEAD).unwrap().parse().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let migrator = async |database: &str| {
        let all = Migrator::new(folder.join(database)).await.unwrap();
        Migrator::with_migrations(all.iter().take(migrations).cloned().collect())
    };
    match &config.database {
        None => {
            let mut connection = sqlite(config).await;
            migrator("sqlite").await.run(&mut connection).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(rows.to_owned()).into_sql_str())
                .execute(&mut connection)
                .await
                .unwrap();
            connection.close().await.unwrap();
        }
        Some(url) => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            migrator("postgres").await.run(&mut connection).await.unwrap();
            let rows = with_bytea(rows);
            sqlx::raw_sql(AssertSqlSafe(rows).into_sql_str()).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
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
