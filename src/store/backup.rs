//! A consistent copy of a SQLite database, made while others write into it.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::connection::Link;
use super::{Store, StoreError};

/// What a copy holds of one bureau.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CopiedBureau {
    /// The bureau.
    pub bureau: i64,
    /// Sequence of its last event.
    pub sequence: i64,
    /// Time of its last batch, in microseconds since 1970.
    pub recorded_at_us: i64,
}

impl Store {
    /// Copies the database, as of one moment, into an empty file. False, and nothing done, when it is not a file.
    pub async fn copy_to(&self, path: &Path) -> Result<bool, StoreError> {
        let name = path.to_str().ok_or(StoreError::Missing("the name of the copy is not UTF-8"))?;
        let Link::Sqlite(mut connection) = self.db.open_alone().await? else { return Ok(false) };
        sqlx::query("VACUUM INTO ?").bind(name).execute(&mut connection).await?;
        connection.close().await?;
        Ok(true)
    }

    /// Opens a copy and looks it through; what it holds. It is not changed, and nothing is made beside it.
    pub async fn look_through(path: &Path) -> Result<Vec<CopiedBureau>, StoreError> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
        let mut copy = options.connect().await?;
        let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut copy).await?;
        let last = "SELECT b.bureau_id, b.sequence, b.recorded_at,
                (SELECT MAX(e.sequence) FROM event e WHERE e.bureau_id = b.bureau_id) FROM bureau b ORDER BY b.bureau_id";
        let mut bureaus = Vec::new();
        for row in sqlx::query(last).fetch_all(&mut copy).await? {
            let (sequence, last): (i64, Option<i64>) = (row.try_get(1)?, row.try_get(3)?);
            if last.unwrap_or(0) != sequence {
                return Err(StoreError::corrupt("bureau", "sequence"));
            }
            let recorded_at_us = row.try_get(2)?;
            bureaus.push(CopiedBureau { bureau: row.try_get(0)?, sequence, recorded_at_us });
        }
        copy.close().await?;
        if found != "ok" || bureaus.is_empty() {
            return Err(StoreError::Missing("the copy is not whole; look at the disk and make another one"));
        }
        Ok(bureaus)
    }
}
