//! What a bureau has written at times that are still to come, when its clock was confirmed to be earlier.

use super::ledger::file_of;
use super::value::values;
use super::{StoreError, Tx, sql};
use crate::domain::ids::{BureauId, FileId};
use crate::domain::time::{Day, Timestamp};

impl Tx {
    /// How many events are recorded after a time.
    pub(crate) async fn events_ahead(&mut self, bureau: BureauId, of: Timestamp) -> Result<u64, StoreError> {
        let row = self.optional(sql::EVENTS_AHEAD, values![bureau.0, of.0]).await?;
        let count: i64 = row.ok_or(StoreError::corrupt("event", "recorded_at"))?.get(0)?;
        Ok(count.unsigned_abs())
    }

    /// Files that were escalated after a time.
    pub(crate) async fn escalated_ahead(
        &mut self,
        bureau: BureauId,
        of: Timestamp,
    ) -> Result<Vec<FileId>, StoreError> {
        let rows = self.all(sql::ESCALATED_AHEAD, values![bureau.0, of.0]).await?;
        rows.iter().map(|row| file_of(row, 0, "event")).collect()
    }

    /// Files with a time after `of`, with a lease or skip that ends after `lease_end`, or with a term of a day after `today`.
    pub(crate) async fn files_ahead(
        &mut self,
        bureau: BureauId,
        of: Timestamp,
        lease_end: Timestamp,
        today: Day,
    ) -> Result<Vec<FileId>, StoreError> {
        let values = values![bureau.0, of.0, lease_end.0, i64::from(today.0)];
        let rows = self.all(sql::FILES_AHEAD, values).await?;
        rows.iter().map(|row| file_of(row, 0, "file")).collect()
    }
}
