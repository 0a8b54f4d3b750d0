//! The plans of every statement of the store, read from its source.

use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _};
use triage::clock::Stopwatch;

use super::Fallible;
use super::database::Bare;

const SOURCE: &str = include_str!("../../src/store/sql.rs");

/// Tables that grow with the history, with the letters that stand for them.
const BIG: [(&str, &str); 13] = [
    ("event", "e"),
    ("submission", "s"),
    ("file", "f"),
    ("decision", "d"),
    ("assignment", "a"),
    ("candidate", "c"),
    ("history", "h"),
    ("search_key", "k"),
    ("audit", ""),
    ("deadline", ""),
    ("anchor", ""),
    ("held", "h"),
    ("related_files", "k"),
];

/// Indexes of what is open, whatever the history.
const SMALL: [&str; 6] = [
    "file_waiting",
    "file_due",
    "file_escalating",
    "file_of_cluster",
    "deadline_running",
    "deadline_provisional",
];

/// Rows that PostgreSQL may read in one go rather than look for.
const FEW: u64 = 5_000;

/// Training reads all findings, replay all events: in pages, and not while anybody waits.
const NOT_HOT: [&str; 8] =
    ["EXAMPLES", "EVENTS", "OPEN_AT", "STANDINGS", "BANDS", "FIRST_ROUTES", "KEPT", "LAST_USE"];

/// One statement: its name, its text, and the types of its rows when it takes many.
struct Statement {
    name: String,
    types: Vec<String>,
    sql: String,
}

/// Explains every statement and says what is wrong.
pub(crate) async fn check(database: &Bare) -> Fallible<Vec<String>> {
    let mut wrong = Vec::new();
    for statement in statements() {
        let plan = match database {
            Bare::Sqlite(pool) => {
                let mut plan = Vec::new();
                // The number of rows wanted may turn a plan around.
                for rows in [1, 16, 256] {
                    let sql = format!("EXPLAIN QUERY PLAN {}", statement.values(rows));
                    for row in sqlx::raw_sql(AssertSqlSafe(sql).into_sql_str()).fetch_all(pool).await? {
                        let line = row.try_get::<String, _>(3)?;
                        if !plan.contains(&line) {
                            plan.push(line);
                        }
                    }
                }
                plan
            }
            Bare::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                let mut rows = Vec::new();
                for sql in statement.explained() {
                    rows =
                        sqlx::raw_sql(AssertSqlSafe(sql).into_sql_str()).fetch_all(&mut *connection).await?;
                }
                rows.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?
            }
        };
        let reads: Vec<&str> = plan.iter().map(|line| line.trim()).filter(|line| tells(line)).collect();
        if !reads.is_empty() {
            println!("  {:<16} {}", statement.name, reads.join("; "));
        }
        let hot = !NOT_HOT.contains(&statement.name.as_str());
        // PostgreSQL names the index on one line and what is asked of it on the next.
        let above = std::iter::once("").chain(plan.iter().map(String::as_str));
        let whole = plan.iter().zip(above).filter(|(line, above)| hot && reads_all(line, above));
        wrong.extend(whole.map(|(line, _)| format!("{}: {}", statement.name, line.trim())));
    }
    busiest(database, &mut wrong).await?;
    Ok(wrong)
}

/// The busiest key hash of the history: PAST reads a bounded stretch of it.
async fn busiest(database: &Bare, wrong: &mut Vec<String>) -> Fallible<()> {
    let busiest = "SELECT key_hash, COUNT(*) FROM history WHERE bureau_id = 1 GROUP BY key_hash ORDER BY COUNT(*) DESC LIMIT 1";
    let past = statements().into_iter().find(|statement| statement.name == "PAST").ok_or("no PAST")?;
    let before = i64::MAX;
    let (count, rows, took, plan) = match database {
        Bare::Sqlite(pool) => {
            let (key_hash, count): (Vec<u8>, i64) = sqlx::query_as(busiest).fetch_one(pool).await?;
            let mut took = Vec::new();
            let mut rows = 0;
            for _ in 0..20 {
                let sql = AssertSqlSafe(past.values(1)).into_sql_str();
                let query = sqlx::query(sql).bind(1i64).bind(key_hash.clone()).bind(0i64).bind(before);
                let watch = Stopwatch::start();
                rows = query.fetch_all(pool).await?.len();
                took.push(watch.elapsed().as_secs_f64() * 1e3);
            }
            took.sort_by(f64::total_cmp);
            (count, rows, took[10], Vec::new())
        }
        Bare::Postgres(pool) => {
            let (key_hash, count): (Vec<u8>, i64) = sqlx::query_as(busiest).fetch_one(pool).await?;
            let sql = format!("EXPLAIN (ANALYZE, BUFFERS) {}", past.unnest());
            // The first look warms the cache; what the disk takes is not the plan's doing.
            let mut seen = (Vec::new(), 0.0);
            for _ in 0..3 {
                let query = sqlx::query(AssertSqlSafe(sql.clone()).into_sql_str())
                    .bind(vec![1i64])
                    .bind(vec![key_hash.clone()])
                    .bind(vec![0i64])
                    .bind(vec![before]);
                let watch = Stopwatch::start();
                let plan = query.fetch_all(pool).await?;
                let plan =
                    plan.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
                seen = (plan, watch.elapsed().as_secs_f64() * 1e3);
            }
            let (plan, took) = seen;
            let rows =
                plan.first().and_then(|line| line.split("rows=").nth(2)?.split(' ').next()?.parse().ok());
            (count, rows.unwrap_or(usize::MAX), took, plan)
        }
    };
    println!("  busiest key_hash: {count} entries, PAST reads {rows} in {took:.2} ms");
    for line in plan {
        println!("      {line}");
    }
    if rows > 65 || took > 50.0 {
        wrong.push(format!("PAST reads {rows} entries of one key_hash in {took:.1} ms"));
    }
    Ok(())
}

/// Lines of a plan that say what is read by what.
fn tells(line: &str) -> bool {
    ["SEARCH", "SCAN", "Scan", "Index Cond"].iter().any(|word| line.contains(word))
        && !["CONSTANT ROW", "VALUES CLAUSE", "SCAN w"].iter().any(|word| line.contains(word))
}

/// A big table read from end to end, openly or through an index of which only the bureau is used.
fn reads_all(line: &str, above: &str) -> bool {
    let line = line.trim().trim_start_matches("->").trim();
    let few = |rows: &str| {
        rows.split(' ').next().and_then(|rows| rows.parse().ok()).is_some_and(|rows: u64| rows < FEW)
    };
    let is_small = SMALL.iter().any(|index| line.contains(index) || above.contains(index));
    if is_small || line.split_once("rows=").is_some_and(|(_, rows)| few(rows)) {
        return false;
    }
    if line.ends_with("Index Cond: (bureau_id = $1)") || line.ends_with("Index Cond: (bureau_id = 1)") {
        return true;
    }
    BIG.iter().any(|(table, letter)| {
        let named = |start: &str| {
            [*table, *letter].iter().any(|name| {
                !name.is_empty()
                    && line.strip_prefix(start).is_some_and(|rest| rest.split(' ').next() == Some(name))
            })
        };
        let lame = line.ends_with("(bureau_id=?)") && named("SEARCH ");
        lame || named("SCAN ")
            || line.starts_with(&format!("Seq Scan on {table}"))
            || line.starts_with(&format!("Parallel Seq Scan on {table}"))
    })
}

/// The text of a bulk statement for SQLite, with so many rows.
pub(crate) fn bulk(name: &str, rows: usize) -> Fallible<String> {
    let statement = statements().into_iter().find(|statement| statement.name == name);
    Ok(statement.ok_or("no such statement")?.values(rows))
}

/// The statements of the source: `NAME = "text"`, or `NAME ("type", ..) = "text"`, each after its comment.
fn statements() -> Vec<Statement> {
    let body = SOURCE.split_once("statements! {\n").map_or("", |(_, body)| body);
    let code: Vec<&str> = body.lines().filter(|line| !line.trim().starts_with("///")).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for statement in code.split("\";") {
        // No text holds a quote.
        let Some((head, sql)) = statement.rsplit_once('"') else { continue };
        let head = head.trim_end().trim_end_matches('=');
        let (name, types) = head.split_once('(').unwrap_or((head, ""));
        let name = name.split_whitespace().last().unwrap_or_default();
        let types = types.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        found.push(Statement { name: name.to_owned(), types, sql: sql.to_owned() });
    }
    found
}

impl Statement {
    /// With VALUES of so many rows.
    fn values(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.types.len()].join(", "));
        self.sql.replace("{rows}", &format!("VALUES {}", vec![row; rows].join(", ")))
    }

    /// With UNNEST.
    fn unnest(&self) -> String {
        let arrays: Vec<String> =
            self.types.iter().zip(1..).map(|(kind, number)| format!("${number}::{kind}[]")).collect();
        self.sql
            .replace("{rows}", &format!("SELECT * FROM UNNEST({}) LIMIT cardinality($1)", arrays.join(", ")))
    }

    /// What explains the plan that PostgreSQL keeps for any values.
    fn explained(&self) -> [String; 3] {
        let most = (1..64).take_while(|number| self.unnest().contains(&format!("${number}"))).count();
        let values = vec!["NULL"; most].join(", ");
        let execute = if most == 0 { "EXECUTE x".to_owned() } else { format!("EXECUTE x({values})") };
        [
            "SET plan_cache_mode = force_generic_plan".to_owned(),
            format!("DEALLOCATE ALL; PREPARE x AS {}", self.unnest()),
            format!("EXPLAIN {execute}"),
        ]
    }
}
