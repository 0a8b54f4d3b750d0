//! A SQLite file written anew, so that its free pages and its log hold nothing of what was deleted.

use sqlx::{Connection as _, Row as _};

use super::connection::Link;
use super::{Store, StoreError};

/// What became of the bytes of a database file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rewritten {
    /// They are only what the database holds.
    Whole,
    /// Somebody is reading: what was deleted may be in free pages or in the log still.
    Busy,
    /// The files are a server's.
    ByServer,
}

impl Store {
    /// Writes the file anew and empties its log. Others wait meanwhile, as for a long batch.
    pub async fn rewrite(&self) -> Result<Rewritten, StoreError> {
        let Link::Sqlite(mut connection) = self.db.open_alone().await? else {
            return Ok(Rewritten::ByServer);
        };
        let is_written = sqlx::query("VACUUM").execute(&mut connection).await.is_ok();
        let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await?;
        let is_busy: i64 = emptied.try_get(0)?;
        connection.close().await?;
        Ok(if is_written && is_busy == 0 { Rewritten::Whole } else { Rewritten::Busy })
    }
}
