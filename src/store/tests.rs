//! The store against both databases: every statement prepares, the schemas agree, values come back bit for bit,
//! and a database that could forget a commit is refused.

mod migrations;
mod plans;
#[path = "../../tests/it/support/postgres.rs"]
mod postgres;

use std::collections::BTreeSet;

use rstest::rstest;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Executor as _, Row as _, SqlSafeStr as _};

use super::bulk::{Many, bulk_text};
use super::connection::Link;
use super::db::Tx;
use super::limits::Limits;
use super::value::{Value, values};
use super::{Store, StoreError, sql};
use crate::domain::ids::BureauId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

/// A migrated database of its own; the directory goes with the test.
async fn store(backend: Backend) -> (Store, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let url = match backend {
        Backend::Sqlite => directory.path().join("t.db").display().to_string(),
        Backend::Postgres => postgres::fresh_database(),
    };
    let store = Store::open(&url, Limits::default()).await.unwrap();
    store.migrate_if_fresh().await.unwrap();
    (store, directory)
}

/// As [`store`], of the first version of the schema.
async fn first_version(backend: Backend) -> (Store, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let url = match backend {
        Backend::Sqlite => directory.path().join("t.db").display().to_string(),
        Backend::Postgres => postgres::fresh_database(),
    };
    let store = Store::open(&url, Limits::default()).await.unwrap();
    let mut link = store.db.open_alone().await.unwrap();
    let first = Migrator::with_migrations(Store::migrator(&link).iter().take(1).cloned().collect());
    match &mut link {
        Link::Sqlite(connection) => first.run(connection).await.unwrap(),
        Link::Postgres(connection) => first.run(connection).await.unwrap(),
    }
    link.close().await.unwrap();
    (store, directory)
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_statement_prepares(#[case] backend: Backend) {
    let (store, _directory) = store(backend).await;
    let single = sql::one().map(|(name, text)| (name, text.into_sql_str()));
    let sizes: &[usize] = if backend == Backend::Sqlite { &[1, 2, 256] } else { &[0] };
    let bulk =
        sql::all_many().flat_map(|(name, many)| sizes.iter().map(move |n| (name, bulk_text(many, *n))));
    let mut tx = store.read().await.unwrap();
    for (name, text) in single.chain(bulk) {
        let prepared = match tx.link() {
            Link::Sqlite(connection) => connection.prepare(text).await.map(|_| ()),
            Link::Postgres(connection) => connection.prepare(text).await.map(|_| ()),
        };
        assert!(prepared.is_ok(), "{name}: {prepared:?}");
    }
}

/// SQLite runs them in chunks: an order would hold inside each of them, and the caller may not see that it does not hold.
#[test]
fn no_bulk_statement_says_an_order_of_its_rows() {
    for (name, many) in sql::all_many() {
        let mut depth = 0_i32;
        let outermost = many.sql.chars().filter(|c| {
            depth += i32::from(*c == '(');
            let outside = depth == 0;
            depth -= i32::from(*c == ')');
            outside
        });
        let outermost: String = outermost.collect();
        assert!(!outermost.contains("ORDER BY"), "{name}: sort where the rows are read");
    }
}

/// A database of the first version, with an event in it, is brought to this one.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_older_database_keeps_its_events_and_takes_new_kinds(#[case] backend: Backend) {
    const NEW: &str =
        "INSERT INTO event (bureau_id, sequence, recorded_at, kind, caller_id, request_id, digest, payload)
        VALUES (1, $1, 77, $2, 3, $3, $4, $4)";
    let (store, _directory) = first_version(backend).await;
    let event = |sequence: i64, kind: i16| values![sequence, kind, format!("r{sequence}"), vec![1_u8, 2]];
    let mut tx = store.begin(BureauId(1)).await.unwrap();
    tx.execute(NEW, event(1, 23)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(store.migrate_if_fresh().await, Err(StoreError::Schema)));
    store.migrate().await.unwrap();
    store.migrate_if_fresh().await.unwrap();
    let mut tx = store.begin(BureauId(1)).await.unwrap();
    tx.execute(NEW, event(2, 24)).await.unwrap();
    let rows =
        tx.all("SELECT kind, recorded_at, request_id, payload FROM event ORDER BY sequence", values![]).await;
    let rows = rows.unwrap();
    let row = |at: usize| {
        let row = &rows[at];
        let payload: Vec<u8> = row.get(3).unwrap();
        (row.get::<i16>(0).unwrap(), row.get::<i64>(1).unwrap(), row.get::<String>(2).unwrap(), payload)
    };
    assert_eq!(row(0), (23, 77, "r1".to_owned(), vec![1, 2]));
    assert_eq!(row(1), (24, 77, "r2".to_owned(), vec![1, 2]));
    tx.commit().await.unwrap();
    let mut tx = store.begin(BureauId(1)).await.unwrap();
    assert!(tx.execute(NEW, event(3, 0)).await.is_err(), "a code that is none");
    drop(tx);
    store.close().await;
}

/// `(table, column, type)` of every column, types in one vocabulary.
async fn columns(store: &Store) -> BTreeSet<(String, String, &'static str)> {
    let kind = |declared: &str| match declared.to_ascii_lowercase().as_str() {
        // SQLite has one integer; which of the two PostgreSQL has is what its CHECKs and code say.
        "integer" | "bigint" | "smallint" => "integer",
        "blob" | "bytea" => "bytes",
        "real" | "double precision" => "float",
        "text" => "text",
        other => panic!("{other} is not a type of this schema"),
    };
    let mut found = BTreeSet::new();
    let mut add = |table: String, column: String, declared: String| {
        if table != "_sqlx_migrations" && !table.starts_with("sqlite_") {
            found.insert((table, column, kind(&declared)));
        }
    };
    match &mut store.db.open_alone().await.unwrap() {
        Link::Sqlite(connection) => {
            let text = "SELECT m.name, p.name, p.type FROM sqlite_master m JOIN pragma_table_info(m.name) p
                        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'";
            for row in sqlx::query(text).fetch_all(connection).await.unwrap() {
                add(row.get(0), row.get(1), row.get(2));
            }
        }
        Link::Postgres(connection) => {
            let text =
                "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
                        WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'";
            for row in sqlx::query(text).fetch_all(connection).await.unwrap() {
                add(row.get(0), row.get(1), row.get(2));
            }
        }
    }
    found
}

/// `(table, first column)` of every primary and unique key, and the names of the other indexes.
async fn keys(store: &Store) -> (BTreeSet<(String, String)>, BTreeSet<String>) {
    let mut tx = store.read().await.unwrap();
    let text = match tx.link() {
        Link::Sqlite(_) => {
            "SELECT m.name, l.name, l.\"unique\", i.name FROM sqlite_master m
             JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
             WHERE m.type = 'table' AND m.name <> '_sqlx_migrations' AND i.seqno = 0"
        }
        Link::Postgres(_) => {
            "SELECT t.relname::text, x.relname::text, i.indisunique::int::bigint, a.attname::text FROM pg_index i
             JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
             JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
             WHERE t.relname <> '_sqlx_migrations'"
        }
    };
    let (mut unique, mut other) = (BTreeSet::new(), BTreeSet::new());
    for row in tx.all(text, values![]).await.unwrap() {
        if row.get::<i64>(2).unwrap() == 1 {
            unique.insert((row.get(0).unwrap(), row.get(3).unwrap()));
        } else {
            other.insert(row.get(1).unwrap());
        }
    }
    (unique, other)
}

#[tokio::test]
async fn the_schemas_agree_and_the_bureau_leads_every_key() {
    let (sqlite, _one) = store(Backend::Sqlite).await;
    let (postgres, _other) = store(Backend::Postgres).await;
    let tables = columns(&sqlite).await;
    assert_eq!(tables, columns(&postgres).await);
    let ((sqlite_keys, sqlite_indexes), (postgres_keys, postgres_indexes)) =
        (keys(&sqlite).await, keys(&postgres).await);
    assert_eq!(sqlite_indexes, postgres_indexes);
    assert_eq!(sqlite_keys, postgres_keys);
    let of_bureau = |(table, _, _): &(String, String, &str)| (table.clone(), "bureau_id".to_owned());
    let expected: BTreeSet<_> = tables.iter().map(of_bureau).collect();
    assert_eq!(sqlite_keys, expected, "every table has a key, and the bureau leads it");
}

/// The table `scratch` is made by [`scratch`]; this statement is no part of the product.
static INTO_SCRATCH: Many = Many {
    sql: "INSERT INTO scratch (place, small, large, real, words, bytes) {rows}",
    types: &["bigint", "smallint", "bigint", "double precision", "text", "bytea"],
};

/// A table with a column of every kind.
async fn scratch(store: &Store) -> Tx {
    let mut tx = store.begin(BureauId(1)).await.unwrap();
    let text = match tx.link() {
        Link::Sqlite(_) => {
            "CREATE TABLE scratch (place INTEGER PRIMARY KEY, small INTEGER, large INTEGER, real REAL, words TEXT, bytes BLOB) STRICT"
        }
        Link::Postgres(_) => {
            "CREATE TABLE scratch (place BIGINT PRIMARY KEY, small SMALLINT, large BIGINT, real DOUBLE PRECISION, words TEXT, bytes BYTEA)"
        }
    };
    tx.execute(text, values![]).await.unwrap();
    tx
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn values_come_back_bit_for_bit(#[case] backend: Backend) {
    let (store, _directory) = store(backend).await;
    let mut tx = scratch(&store).await;
    // But for negative zero, which SQLite keeps as zero: the classifier never makes one.
    let reals = [0.0, -5e-324, 5e-324, f64::MIN_POSITIVE, f64::MAX, -1.0 / 3.0, 0.1 + 0.2, f64::INFINITY];
    let integers = [i64::MIN, -1, 0, 1, i64::MAX, 1 << 53, (1 << 53) + 1, 42];
    let words = ["", "投诉", "O'Brien; DROP TABLE", "𠮷\u{10FFFF}", "a\tb\n", "％_*", "null", "0"];
    let mut rows = Vec::new();
    for (place, ((real, integer), word)) in (0i64..).zip(reals.iter().zip(integers).zip(words)) {
        let bytes = vec![u8::try_from(place).unwrap(); usize::try_from(place).unwrap() << 17];
        rows.push(values![place, i16::MIN + 1, integer, *real, word, bytes]);
    }
    rows.push(values![8i64, None::<i16>, None::<i64>, None::<f64>, None::<String>, None::<Vec<u8>>]);
    tx.many(&INTO_SCRATCH, rows).await.unwrap();
    let text = "SELECT small, large, real, words, bytes FROM scratch ORDER BY place";
    let back = tx.all(text, values![]).await.unwrap();
    for (place, row) in back.iter().enumerate().take(8) {
        assert_eq!(row.get::<i16>(0).unwrap(), i16::MIN + 1);
        assert_eq!(row.get::<i64>(1).unwrap(), integers[place]);
        assert_eq!(row.get::<f64>(2).unwrap().to_bits(), reals[place].to_bits());
        assert_eq!(row.get::<String>(3).unwrap(), words[place]);
        assert_eq!(row.get::<Vec<u8>>(4).unwrap().len(), place << 17);
    }
    assert_eq!(back[8].get::<Option<i16>>(0).unwrap(), None);
    assert_eq!(back[8].get::<Option<i64>>(1).unwrap(), None);
    assert_eq!(back[8].get::<Option<f64>>(2).unwrap(), None);
    assert_eq!(back[8].get::<Option<String>>(3).unwrap(), None);
    assert_eq!(back[8].get::<Option<Vec<u8>>>(4).unwrap(), None);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn many_rows_go_in_whatever_their_number(#[case] backend: Backend) {
    let (store, _directory) = store(backend).await;
    let mut tx = scratch(&store).await;
    let mut place = 0i64;
    for count in [0, 1, 2, 3, 255, 256, 257, 1_000] {
        let row = |_| {
            place += 1;
            values![place, 1i16, place, 0.5, "字", None::<Vec<u8>>]
        };
        let rows: Vec<Vec<Value>> = (0..count).map(row).collect();
        tx.many(&INTO_SCRATCH, rows).await.unwrap();
        let stored = tx.optional("SELECT COUNT(*) FROM scratch", values![]).await.unwrap().unwrap();
        assert_eq!(stored.get::<i64>(0).unwrap(), place);
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_schema_of_another_version_is_refused(#[case] backend: Backend) {
    let (store, _directory) = store(backend).await;
    store.migrate_if_fresh().await.unwrap();
    let mut tx = store.begin(BureauId(1)).await.unwrap();
    let forged = "UPDATE _sqlx_migrations SET checksum = $1";
    tx.execute(forged, values![vec![0u8; 48]]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(store.migrate_if_fresh().await, Err(StoreError::Schema)));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn open_files_of_an_older_database_are_counted(#[case] backend: Backend) {
    let (store, _directory) = first_version(backend).await;
    let files = plans::FILES.replace("accepted_upstream", "taken_up");
    plans::fill(&store, &[&files], 90).await;
    store.migrate().await.unwrap();
    let counted =
        "SELECT CAST(relation AS BIGINT), CAST(SUM(files) AS BIGINT), CAST(COUNT(*) AS BIGINT) FROM related_files
        GROUP BY relation ORDER BY relation";
    let rows = store.read().await.unwrap().all(counted, values![]).await.unwrap();
    let rows: Vec<[i64; 3]> = rows.iter().map(|row| [0, 1, 2].map(|at| row.get(at).unwrap())).collect();
    // Sixty of ninety are open, each of another hand and against another operator.
    assert_eq!(rows, [[0, 60, 60], [1, 60, 60]]);
}

#[tokio::test]
async fn a_database_that_may_forget_a_commit_is_refused() {
    let url = postgres::fresh_database();
    let (_, name) = url.rsplit_once('/').unwrap();
    let store = Store::open(&url, Limits::default()).await.unwrap();
    let mut link = store.db.open_alone().await.unwrap();
    let Link::Postgres(connection) = &mut link else { panic!("{link:?}") };
    let text = AssertSqlSafe(format!("ALTER DATABASE {name} SET synchronous_commit = off")).into_sql_str();
    sqlx::query(text).execute(connection).await.unwrap();
    assert!(matches!(Store::open(&url, Limits::default()).await, Err(StoreError::Unsafe(_))));
    assert!(
        matches!(store.db.open_alone().await, Err(StoreError::Unsafe(_))),
        "and so is a later connection"
    );

    let (store, _directory) = self::store(Backend::Sqlite).await;
    let mut link = store.db.open_alone().await.unwrap();
    link.refuse_forgetful().await.unwrap();
    let Link::Sqlite(connection) = &mut link else { panic!("{link:?}") };
    sqlx::query("PRAGMA synchronous = NORMAL").execute(connection).await.unwrap();
    assert!(matches!(link.refuse_forgetful().await, Err(StoreError::Unsafe(_))));
}

/// A batch holds what it founds itself in memory: were more or fewer read there than here, it would see another past than
/// single submissions (promise 5).
#[test]
fn as_many_founders_are_read_under_an_anchor_as_are_looked_at() {
    let offset = crate::features::template::MOST_UNDER_ANCHOR - 1;
    assert!(sql::ANCHORS.sql.contains(&format!("LIMIT 1 OFFSET {offset})")), "{}", sql::ANCHORS.sql);
}
