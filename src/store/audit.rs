//! The trail as it is stored, read to be verified and shown.

use std::collections::HashMap;

use super::bulk::Many;
use super::statements::{statements, types};
use super::value::values;
use super::{StoreError, Tx};
use crate::audit::verify::Seen;
use crate::audit::{Entry, Row};
use crate::domain::command::EventKind;
use crate::domain::ids::{BureauId, RegistrationNumber, Sequence};

statements! {
    one {
        /// The trail after a number.
        TRAIL = "SELECT number, at, caller_id, officer, action, sequence, submission, track, hash FROM audit
            WHERE bureau_id = $1 AND number > $2 ORDER BY number LIMIT $3";
        /// The log beside the trail: what both say of an event.
        LOGGED = "SELECT sequence, recorded_at, caller_id, kind, submission, track FROM event
            WHERE bureau_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
        /// The row of the last event: behind it there are looks alone, and no row has a smaller number than its event.
        LAST_LINK = "SELECT number, hash FROM audit WHERE bureau_id = $1 AND number >= $2 AND sequence IS NOT NULL
            ORDER BY number DESC LIMIT 1";
    }
    many {
        /// Registration numbers of submissions.
        NUMBERS ("bigint", "bigint") =
            "WITH wanted (bureau, subject) AS ({rows})
             SELECT s.sequence, s.number FROM wanted w
             CROSS JOIN submission s WHERE s.bureau_id = w.bureau AND s.sequence = w.subject";
    }
}

impl Tx {
    /// The rows of the trail after a number, as they stand: whatever they say.
    pub(crate) async fn trail(
        &mut self,
        bureau: BureauId,
        after: i64,
        most: i64,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = self.all(TRAIL, values![bureau.0, after, most]).await?;
        rows.iter()
            .map(|row| {
                let entry = Entry {
                    number: row.get(0)?,
                    at: row.get(1)?,
                    caller: row.get(2)?,
                    officer: row.get(3)?,
                    action: row.get::<String>(4)?.into(),
                    sequence: row.get(5)?,
                    submission: row.get(6)?,
                    track: row.get(7)?,
                };
                Ok(Row { entry, hash: row.get(8)? })
            })
            .collect()
    }

    /// The events after a sequence, as far as the trail speaks of them.
    pub(crate) async fn logged(
        &mut self,
        bureau: BureauId,
        after: i64,
        most: i64,
    ) -> Result<Vec<Seen>, StoreError> {
        let rows = self.all(LOGGED, values![bureau.0, after, most]).await?;
        rows.iter()
            .map(|row| {
                Ok(Seen {
                    sequence: row.get(0)?,
                    at: row.get(1)?,
                    caller: row.get(2)?,
                    action: EventKind::from_code(row.get(3)?).map(EventKind::word),
                    submission: row.get(4)?,
                    track: row.get(5)?,
                })
            })
            .collect()
    }

    /// Number and hash of the row of the last event, by its sequence; the hash is none in a row from before the chain.
    pub(crate) async fn last_link(
        &mut self,
        bureau: BureauId,
        last: Sequence,
    ) -> Result<Option<(i64, Option<Vec<u8>>)>, StoreError> {
        let row = self.optional(LAST_LINK, values![bureau.0, last.0]).await?;
        row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
    }

    /// The registration numbers of submissions.
    pub(crate) async fn numbers_of(
        &mut self,
        bureau: BureauId,
        submissions: impl Iterator<Item = Sequence>,
    ) -> Result<HashMap<Sequence, RegistrationNumber>, StoreError> {
        let rows = submissions.map(|submission| values![bureau.0, submission.0]).collect();
        let rows = self.many(&NUMBERS, rows).await?;
        rows.iter()
            .map(|row| {
                let number = RegistrationNumber::parse(&row.get::<String>(1)?);
                let number = number.map_err(|_| StoreError::corrupt("submission", "number"))?;
                Ok((Sequence(row.get(0)?), number))
            })
            .collect()
    }
}
