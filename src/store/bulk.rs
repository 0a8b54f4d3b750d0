//! Statements over many rows, and their texts: VALUES on SQLite, one UNNEST on PostgreSQL.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

/// Most rows of one statement on SQLite: 256 rows of 20 columns stay well below its 32,766 binds.
const MOST_ROWS: usize = 256;

/// A statement that takes many rows at once: `{rows}` in its text stands for them.
#[derive(Debug)]
pub(crate) struct Many {
    /// The text.
    pub(crate) sql: &'static str,
    /// PostgreSQL type of each column of `{rows}`.
    pub(crate) types: &'static [&'static str],
}

impl Many {
    /// The text with its rows in arrays, whose parameters are numbered from `first` on.
    fn over_arrays(&self, first: usize) -> String {
        let mut source = "SELECT * FROM UNNEST(".to_owned();
        for (number, kind) in (first..).zip(self.types) {
            let comma = if number == first { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(source, "{comma}${number}::{kind}[]");
        }
        // All of them. A limit that is not known when the plan is made makes the planner assume that they are few, so that it
        // begins with them even where it takes the other table for empty.
        let _ = write!(source, ") LIMIT cardinality(${first})");
        self.sql.replace("{rows}", &source)
    }

    /// The text with places for `rows` rows.
    fn over_values(&self, rows: usize) -> String {
        let mut source = "VALUES ".to_owned();
        for row in 0..rows {
            source.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..self.types.len() {
                // Not `$n`: sqlx asks for the name of each bind, and SQLite looks for it among all of them.
                source.push_str(if column == 0 { "?" } else { ", ?" });
            }
            source.push(')');
        }
        // A batch in which a statement fails is given up whole. Told so, SQLite keeps no copy of each page to undo the
        // statement alone.
        let sql = if self.sql.contains("INSERT INTO") {
            self.sql.replacen("INSERT INTO", "INSERT OR ROLLBACK INTO", 1)
        } else {
            self.sql.replacen("UPDATE ", "UPDATE OR ROLLBACK ", 1)
        };
        sql.replace("{rows}", &source)
    }
}

/// How many of so many rows go into the next statement on SQLite: a power of two, or one and a half of it. A few statements
/// take them all, and at most sixteen texts of each are ever prepared.
pub(super) fn chunk_of(rows: usize) -> usize {
    let rows = rows.min(MOST_ROWS);
    let power = 1 << rows.max(1).ilog2();
    let more = power + power / 2;
    if more <= rows { more } else { power }
}

/// The text of a bulk statement for `rows` rows; none means arrays. Texts are built once and shared.
pub(super) fn bulk_text(many: &'static Many, rows: usize) -> SqlStr {
    type Texts = HashMap<(usize, usize), Arc<str>>;
    static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let text = texts
        .entry((std::ptr::from_ref(many) as usize, rows))
        .or_insert_with(|| Arc::from(if rows == 0 { many.over_arrays(1) } else { many.over_values(rows) }));
    AssertSqlSafe(Arc::clone(text)).into_sql_str()
}

/// The text of bulk statements that PostgreSQL runs as one, over arrays. Built anew each time: kept, there could be one for
/// every set of tables.
pub(super) fn text_at_once(statements: &[&'static Many]) -> SqlStr {
    let mut text = String::new();
    let mut first = 1;
    for (number, many) in statements.iter().enumerate() {
        let before = if number == 0 { "WITH" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(text, "{before} part{number} AS ({})", many.over_arrays(first));
        first += many.types.len();
    }
    text.push_str(" SELECT 1");
    AssertSqlSafe(text).into_sql_str()
}
