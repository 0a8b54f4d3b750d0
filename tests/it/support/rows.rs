//! Rows as they stand in a database, read past the program: one line each, floats bit for bit.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ColumnIndex, Connection as _, Decode, Postgres, Row, Sqlite, Type};
use triage::app::Config;

/// Everything that two runs of one history must agree on. Sealed payloads (random nonces), looks, and the random
/// request ids of the terminal are left out.
pub(crate) const TABLES: [(&str, &str); 16] = [
    ("bureau", "SELECT bureau_id, sequence, rules, champion FROM bureau ORDER BY bureau_id"),
    ("rules", "SELECT sequence, content FROM rules ORDER BY sequence"),
    (
        "event",
        "SELECT sequence, recorded_at, kind, caller_id, CASE WHEN caller_id = 0 THEN '' ELSE request_id END, digest,
            submission, track, answer FROM event ORDER BY sequence",
    ),
    (
        "audit",
        "SELECT sequence, at, caller_id, officer, action, submission, track FROM audit
            WHERE sequence IS NOT NULL ORDER BY sequence",
    ),
    ("submission", "SELECT sequence, number, received_at, shop FROM submission ORDER BY sequence"),
    (
        "file",
        "SELECT submission, track, number, received_at, unit, status, centiunits, token, leased_until, skipped_until,
            officer, withdrawn_at, urges, finding, ground, disposition, recovered_fen, ended_at, imported_label, outcome, as_of,
            cluster, respondent, turn, due_on, queued_at, escalates_at, warned_at, signed_at, skips, kind, testing, accepted_upstream,
            termination, recused, reopened_at, fined_fen, confiscated_fen, danger
            FROM file ORDER BY submission, track",
    ),
    (
        "decision",
        "SELECT submission, track, sequence, rules, schema_hash, vector, model, log_odds, score, band, reasons, evidence
            FROM decision ORDER BY submission, track, sequence",
    ),
    (
        "assignment",
        "SELECT submission, track, sequence, unit, basis, centiunits, matched FROM assignment
            ORDER BY submission, track, sequence",
    ),
    (
        "candidate",
        "SELECT submission, track, position, unit, open_centiunits, centiofficers, assigned_centiunits, month_centiofficers, barred, chosen FROM candidate
            ORDER BY submission, track, position",
    ),
    (
        "history",
        "SELECT key_hash, recency, number, name, person, respondent, product FROM history ORDER BY key_hash, recency",
    ),
    ("search_key", "SELECT key_hash, submission, track FROM search_key ORDER BY key_hash, submission, track"),
    ("unit_load", "SELECT unit, track, open_centiunits, served, month, assigned_centiunits FROM unit_load ORDER BY unit, track"),
    (
        "deadline",
        "SELECT submission, track, duty, started_by, law, article, started_on, due_on, latest_on, provisional, met_on, dropped
            FROM deadline ORDER BY submission, track, duty, started_by",
    ),
    ("held", "SELECT track, kind, sequence, minutes FROM held ORDER BY track, kind, sequence"),
    ("related_files", "SELECT relation, related_to, track, unit, files FROM related_files ORDER BY relation, related_to, track, unit"),
    ("review", "SELECT sequence, submission, track, kind, challenged, received_on, reply_on, outcome FROM review ORDER BY sequence"),
];

/// Every row of [`TABLES`].
pub(crate) async fn all(config: &Config) -> Vec<String> {
    let mut lines = Vec::new();
    for (table, sql) in TABLES {
        lines.extend(rows(config, sql).await.into_iter().map(|row| format!("{table} {row}")));
    }
    lines
}

/// The rows of a query in the database of `config`.
pub(crate) async fn rows(config: &Config, sql: &'static str) -> Vec<String> {
    match &config.database {
        Some(url) if url.starts_with("postgres://") => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            let rows: Vec<PgRow> = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            rows.iter().map(line::<Postgres, _>).collect()
        }
        path => {
            let path = path.as_ref().map_or_else(|| config.data.join("triage.db"), Into::into);
            let options = SqliteConnectOptions::new().filename(path);
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            let rows: Vec<SqliteRow> = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            rows.iter().map(line::<Sqlite, _>).collect()
        }
    }
}

/// Rows and index entries that PostgreSQL has looked at in all, once nobody else is connected: what a statement counts or
/// skips shows here, too. Nothing of the kind is known of SQLite.
pub(crate) async fn tuples_read(config: &Config) -> u64 {
    const OTHERS: &str = "SELECT COUNT(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    const READ: &str = "SELECT ((SELECT SUM(seq_tup_read) FROM pg_stat_user_tables)
        + (SELECT SUM(idx_tup_read) FROM pg_stat_user_indexes))::bigint";
    if config.database.is_none() {
        return 0;
    }
    // A connection that ends tells its counts before it leaves.
    while rows(config, OTHERS).await != ["0"] {}
    rows(config, READ).await[0].parse().unwrap()
}

/// What two databases do not agree on, at most a few lines; empty when they agree.
pub(crate) fn differences(ours: &[String], theirs: &[String]) -> Vec<String> {
    let mut found: Vec<String> = ours
        .iter()
        .zip(theirs)
        .filter(|(ours, theirs)| ours != theirs)
        .take(5)
        .map(|(ours, theirs)| format!("{ours}\n   {theirs}"))
        .collect();
    if ours.len() != theirs.len() {
        found.push(format!("{} rows, {} rows", ours.len(), theirs.len()));
    }
    found
}

fn line<DB, R: Row<Database = DB>>(row: &R) -> String
where
    DB: sqlx::Database,
    usize: ColumnIndex<R>,
    for<'r> Option<i64>: Decode<'r, DB> + Type<DB>,
    for<'r> Option<i16>: Decode<'r, DB> + Type<DB>,
    for<'r> Option<f64>: Decode<'r, DB> + Type<DB>,
    for<'r> Option<String>: Decode<'r, DB> + Type<DB>,
    for<'r> Option<Vec<u8>>: Decode<'r, DB> + Type<DB>,
{
    let cell = |column: usize| {
        let none = || "-".to_owned();
        if let Ok(value) = row.try_get::<Option<i64>, _>(column) {
            return value.map_or_else(none, |value| value.to_string());
        }
        if let Ok(value) = row.try_get::<Option<i16>, _>(column) {
            return value.map_or_else(none, |value| value.to_string());
        }
        if let Ok(value) = row.try_get::<Option<f64>, _>(column) {
            return value.map_or_else(none, |value| format!("{value:?} {:016x}", value.to_bits()));
        }
        if let Ok(value) = row.try_get::<Option<String>, _>(column) {
            return value.unwrap_or_else(none);
        }
        let value = row.try_get::<Option<Vec<u8>>, _>(column).unwrap();
        value.map_or_else(none, hex::encode)
    };
    (0..row.columns().len()).map(cell).collect::<Vec<_>>().join(" | ")
}
