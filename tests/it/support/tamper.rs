//! A hand in the database, past the program: what somebody may do who can write to it.

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, SqlSafeStr as _};
use triage::app::Config;
use triage::audit::{Entry, Fold, Row};

use super::rows;

/// Runs statements, one after the other.
pub(crate) async fn run(config: &Config, statements: &[String]) {
    if let Some(url) = &config.database {
        let mut connection = PgConnection::connect(url).await.unwrap();
        for sql in statements {
            let done = sqlx::query(AssertSqlSafe(sql.clone()).into_sql_str()).execute(&mut connection).await;
            done.unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        return connection.close().await.unwrap();
    }
    let options = SqliteConnectOptions::new().filename(config.data.join("triage.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    for sql in statements {
        let done = sqlx::query(AssertSqlSafe(sql.clone()).into_sql_str()).execute(&mut connection).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    connection.close().await.unwrap();
}

/// Bytes, as the database of `config` writes them.
pub(crate) fn bytes(config: &Config, bytes: &[u8]) -> String {
    let hex = hex::encode(bytes);
    if config.database.is_some() { format!("'\\x{hex}'::bytea") } else { format!("x'{hex}'") }
}

/// The tables of which a state is kept and brought back.
const TABLES: [&str; 3] = ["audit", "bureau", "event"];

/// Keeps the trail as it is.
pub(crate) async fn keep(config: &Config) {
    let kept = TABLES.map(|table| format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"));
    run(config, &kept).await;
}

/// Brings back what was kept.
pub(crate) async fn bring_back(config: &Config) {
    let again = TABLES.iter().flat_map(|table| {
        [format!("DELETE FROM {table}"), format!("INSERT INTO {table} SELECT * FROM kept_{table}")]
    });
    run(config, &again.collect::<Vec<_>>()).await;
}

/// The rows of the first bureau's trail as they stand, without their hashes.
async fn entries(config: &Config) -> Vec<Entry> {
    const ROWS: &str =
        "SELECT number, at, caller_id, COALESCE(officer, '-'), action, sequence, submission, track FROM audit
        WHERE bureau_id = 1 ORDER BY number";
    let some = |cell: &str| (cell != "-").then(|| cell.to_owned());
    let entry = |line: String| {
        let cells: Vec<&str> = line.split(" | ").collect();
        Entry {
            number: cells[0].parse().unwrap(),
            at: cells[1].parse().unwrap(),
            caller: cells[2].parse().unwrap(),
            officer: some(cells[3]),
            action: cells[4].to_owned().into(),
            sequence: some(cells[5]).map(|cell| cell.parse().unwrap()),
            submission: some(cells[6]).map(|cell| cell.parse().unwrap()),
            track: some(cells[7]).map(|cell| cell.parse().unwrap()),
        }
    };
    rows::rows(config, ROWS).await.into_iter().map(entry).collect()
}

/// Numbers the rows one after the other and computes all hashes, and the head row where `head` says so: a chain that holds, whatever
/// was done before.
pub(crate) async fn cover_up(config: &Config, head: bool) {
    let entries = entries(config).await;
    let mut statements = Vec::new();
    let mut fold = Fold::new(1);
    for (number, old) in (1..).zip(entries) {
        let entry = Entry { number, ..old.clone() };
        let hash = entry.after(1, &fold.chain().0.hash);
        fold.take(&Row { entry, hash: Some(hash.to_vec()) });
        let hash = bytes(config, &hash);
        statements.push(format!(
            "UPDATE audit SET number = {number}, hash = {hash} WHERE bureau_id = 1 AND number = {}",
            old.number
        ));
    }
    if head {
        let chain = fold.chain().0;
        let (hash, number) = (bytes(config, &chain.hash), chain.number);
        statements.push(format!(
            "UPDATE bureau SET audit_number = {number}, audit_linked = {number}, audit_hash = {hash} WHERE bureau_id = 1"
        ));
    }
    run(config, &statements).await;
}
