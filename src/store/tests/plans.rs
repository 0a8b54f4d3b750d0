//! The plan of every statement, on a database that is empty and on one of 5,000 items, both without statistics: a bureau's
//! first day. `cargo bench --bench history` looks at the plans of 100,000 items and more.

use std::collections::BTreeMap;

use rstest::rstest;
use sqlx::{AssertSqlSafe, PgConnection, Row as _, SqlSafeStr as _, SqlStr, SqliteConnection};

use super::{Backend, store};
use crate::store::bulk::bulk_text;
use crate::store::connection::Link;
use crate::store::{Store, remade, sql};

/// Reports and looks over a whole bureau, training, replay and a clock that is set back: they may read all of it, as keys that are made
/// again do.
const WHOLE: [&str; 37] = [
    "DROP_HISTORY",
    "DROP_ANCHORS",
    "DROP_CUTS",
    "DROP_SEARCH_KEYS",
    "DROP_NUMBERS",
    "LAST_REKEY",
    "CUTS_MADE",
    "RENUMBER_FILES",
    "COUNT_CLUSTERS",
    "COUNT_OPERATORS",
    "COUNT_SUBMISSIONS",
    "HAPPENED",
    "LAST_PURGE",
    "CUTS_BY",
    "SEALED",
    "SEALED_BY",
    "NOT_SEALED_BY",
    "NOT_JUDGED",
    "UNDATED",
    "RECEIVED_BETWEEN",
    "REVIEWS_BETWEEN",
    "KEPT",
    "KEPT_UNSETTLED",
    "STANDINGS",
    "BANDS",
    "FIRST_ROUTES",
    "LAST_USE",
    "EXAMPLES",
    "TO_RESCORE",
    "SENT_ON",
    "EVENTS",
    "DEADLINES_OF_OTHERS",
    "BUREAUS",
    "MOVABLE",
    "EVENTS_AHEAD",
    "ESCALATED_AHEAD",
    "FILES_AHEAD",
];
/// What does not grow with the history.
const SMALL: [&str; 9] =
    ["bureau", "caller", "rules", "model", "unit_load", "account", "session", "seal_key", "hash_key"];

/// Files, of which a third have ended.
pub(super) const FILES: &str = "INSERT INTO file (bureau_id, submission, track, number, received_at, unit, status, centiunits, urges, accepted_upstream, cluster, respondent,
            turn, due_on, queued_at, skips, kind, escalates_at)
        SELECT 1, i, 0, 'n' || i, i, 'u' || (i % 30), CASE WHEN i % 3 = 0 THEN 7 ELSE 1 END, 100, 0, 0, i % 5000, i % 2000, i, i % 365, i, 0,
            'k', CASE WHEN i % 3 = 0 THEN NULL ELSE i END FROM {numbers}";

/// Rows as they are after so many items, of which a third have ended.
const FILLED: [&str; 14] = [
    "INSERT INTO event SELECT 1, i, i, 1, i % 3, 'r' || i, {key_hash}, i, NULL, {key_hash}, NULL, 1 FROM {numbers}",
    "INSERT INTO submission SELECT 1, i, 'n' || i, i, 'shop' || (i % 2000), i, NULL, NULL FROM {numbers}",
    FILES,
    "INSERT INTO related_files SELECT 1, i % 2, i, 0, 'u' || (i % 30), 1 FROM {numbers}",
    "INSERT INTO deadline SELECT 1, i, 0, 1, i, 1, '', i % 365, i % 365 + 10, i % 365 + 12, 0, CASE WHEN i % 3 = 0 THEN 1 END, 0, 1 FROM {numbers}",
    "INSERT INTO held SELECT 1, 0, 'k' || (i % 5), i, 10 FROM {numbers}",
    "INSERT INTO review SELECT 1, i, i, 0, 1, 'a', 1, 1, 1, NULL, NULL FROM {numbers} WHERE i % 100 = 0",
    "INSERT INTO decision SELECT 1, i, 0, i, 0, 'h', {key_hash}, 'm', 0, 0, 1, 'x', NULL FROM {numbers}",
    "INSERT INTO assignment SELECT 1, i, 0, i, 'u1', 1, 100, NULL FROM {numbers}",
    "INSERT INTO candidate SELECT 1, i, 0, 1, 'u1', 1, 1, 1, 1, NULL, 0 FROM {numbers}",
    "INSERT INTO history SELECT 1, {key_hash}, i, 'n' || i, 1, 1, 1, 1, 1, {key_hash}, {key_hash} FROM {numbers}",
    "INSERT INTO anchor SELECT 1, i % 2000, i, 1, 1 FROM {numbers}",
    "INSERT INTO search_key SELECT 1, {key_hash}, i, 0 FROM {numbers}",
    "INSERT INTO audit SELECT 1, i, i, 1, NULL, 'submit', i, i, 0, NULL FROM {numbers}",
];

/// Fills a database in. PostgreSQL is kept from gathering statistics by itself.
pub(super) async fn fill(store: &Store, texts: &[&str], items: u32) {
    let mut link = store.db.open_alone().await.unwrap();
    for text in texts {
        let (numbers, key_hash) = match &link {
            Link::Sqlite(_) => (
                format!(
                    "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {items}) SELECT i FROM n WHERE {items} > 0)"
                ),
                "unhex(printf('%032x', i % 1000))",
            ),
            Link::Postgres(_) => {
                (format!("generate_series(1, {items}) i"), "decode(lpad(to_hex(i % 1000), 32, '0'), 'hex')")
            }
        };
        let text =
            AssertSqlSafe(text.replace("{numbers}", &numbers).replace("{key_hash}", key_hash)).into_sql_str();
        match &mut link {
            Link::Sqlite(connection) => sqlx::query(text).execute(connection).await.map(|_| ()).unwrap(),
            Link::Postgres(connection) => sqlx::query(text).execute(connection).await.map(|_| ()).unwrap(),
        }
    }
}

async fn keep_without_statistics(store: &Store) {
    let Link::Postgres(mut connection) = store.db.open_alone().await.unwrap() else { return };
    let tables =
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    for table in sqlx::query_scalar::<_, String>(tables).fetch_all(&mut connection).await.unwrap() {
        let text = format!("ALTER TABLE {table} SET (autovacuum_enabled = off)");
        sqlx::query(AssertSqlSafe(text).into_sql_str()).execute(&mut connection).await.unwrap();
    }
}

/// Every statement by its name; bulk statements as each database gets them.
fn statements(backend: Backend) -> impl Iterator<Item = (&'static str, SqlStr)> {
    let sizes: &[usize] = if backend == Backend::Sqlite { &[1, 16, 256] } else { &[0] };
    let single = sql::one().map(|(name, text)| (name, text.into_sql_str()));
    single.chain(
        sql::all_many().flat_map(|(name, many)| sizes.iter().map(move |n| (name, bulk_text(many, *n)))),
    )
}

/// What a statement reads: a line for each look at a table or index, with what of its key is known.
async fn sqlite_plan(connection: &mut SqliteConnection, text: &SqlStr) -> Vec<String> {
    let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", text.as_str())).into_sql_str();
    let rows = sqlx::query(explained).fetch_all(connection).await.unwrap();
    rows.iter()
        .map(|row| row.get::<String, _>(3))
        .filter(|step| step.contains("SEARCH") || step.contains("SCAN"))
        .collect()
}

/// The same of PostgreSQL, as the plan is kept for any values.
async fn postgres_plan(connection: &mut PgConnection, text: &SqlStr) -> Vec<String> {
    let text = text.as_str();
    let binds = (1..64).take_while(|n| text.contains(&format!("${n}"))).count();
    let values = if binds == 0 { String::new() } else { format!("({})", vec!["NULL"; binds].join(", ")) };
    let raw = |text: String| sqlx::raw_sql(AssertSqlSafe(text).into_sql_str());
    raw(format!("PREPARE explained AS {text}")).execute(&mut *connection).await.unwrap();
    let rows = raw(format!("EXPLAIN EXECUTE explained{values}")).fetch_all(&mut *connection).await.unwrap();
    raw("DEALLOCATE explained".to_owned()).execute(&mut *connection).await.unwrap();
    let mut steps: Vec<String> = Vec::new();
    for row in rows {
        let line: String = row.get(0);
        let line = line.trim().trim_start_matches("->").trim();
        if line.contains(" Scan") || line.contains(" Join") {
            steps.push(line.split("  (cost").next().unwrap_or_default().to_owned());
        } else if line.starts_with("Index Cond")
            && let Some(step) = steps.last_mut()
        {
            step.push(' ');
            step.push_str(line);
        }
    }
    steps
}

/// Whether a step reads more than it is asked for: a table from end to end, or an index of which the bureau alone is known.
fn reads_all(backend: Backend, step: &str) -> bool {
    let is_own = |own: &[&str]| own.iter().any(|own| step.contains(own));
    match backend {
        Backend::Sqlite => {
            let is_whole = step.ends_with("(bureau_id=?)") || step.starts_with("SCAN ");
            // By its name: every step says `bureau` somewhere.
            let table = step.split(' ').nth(1).unwrap_or_default();
            is_whole
                && !step.contains("INDEX deadline_running")
                && !is_own(&["SCAN w", "SCAN bounded", "SCAN latest", "CONSTANT ROW", "VALUES CLAUSE"])
                && !SMALL.contains(&table)
        }
        Backend::Postgres => {
            let table = step.split(" on ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
            let is_of_request = is_own(&["Function Scan", "CTE Scan", "Subquery Scan"]);
            let is_by_index = step.starts_with("Index") && step.contains(" AND ");
            !is_of_request && !SMALL.contains(&table) && !is_by_index
        }
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn no_statement_of_the_daily_round_reads_a_whole_bureau(#[case] backend: Backend) {
    let (store, _directory) = store(backend).await;
    keep_without_statistics(&store).await;
    let mut seen: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
    for items in [0, 5_000] {
        if items > 0 {
            fill(&store, &FILLED, items).await;
        }
        let mut link = store.db.open_alone().await.unwrap();
        for (name, text) in statements(backend) {
            let plan = match &mut link {
                Link::Sqlite(connection) => sqlite_plan(connection, &text).await,
                Link::Postgres(connection) => postgres_plan(connection, &text).await,
            };
            if !WHOLE.contains(&name) && !remade::ONE.iter().any(|(whole, _)| *whole == name) {
                for step in &plan {
                    assert!(!reads_all(backend, step), "{name} at {items} items: {step}\n{plan:#?}");
                }
                seen.entry(name).or_default().push(plan);
            }
        }
    }
    for (name, plans) in seen {
        let (empty, filled) = plans.split_at(plans.len() / 2);
        assert_eq!(empty, filled, "{name} has a plan that changes as the bureau grows");
    }
}
