//! Submissions that were purged (清除): which may be, what is left of their events, and what was decided by them.

use std::collections::HashMap;

use super::bulk::Many;
use super::ledger::{event_kind, word};
use super::statements::{statements, types};
use super::value::values;
use super::{Keyed, StoreError, Tx};
use crate::domain::event::EventKind;
use crate::domain::ids::{BureauId, RegistrationNumber, Sequence};
use crate::domain::time::Timestamp;
use crate::features::history::{Cut, KeyHash, Recency};

statements! {
    one {
        /// Submissions behind one that came in before a time and hold what was not purged.
        UNPURGED = "SELECT s.sequence, s.number FROM submission s
            WHERE s.bureau_id = $1 AND s.sequence > $2 AND s.received_at < $3 AND (s.purged IS NULL OR EXISTS
              (SELECT 1 FROM event e WHERE e.bureau_id = s.bureau_id AND e.submission = s.sequence AND e.sequence > s.purged))
            ORDER BY s.sequence LIMIT $4";
        /// A submission was purged by an event.
        SET_PURGED = "UPDATE submission SET purged = $3 WHERE bureau_id = $1 AND sequence = $2";
        /// The event by which a submission was purged.
        PURGED_BY = "SELECT purged FROM submission WHERE bureau_id = $1 AND sequence = $2";
        /// The same of the submission that an event is about. The order keeps an empty table to the index of its key.
        PURGED_WITH = "SELECT s.purged FROM submission s WHERE s.bureau_id = $1 AND s.sequence =
            (SELECT e.submission FROM event e WHERE e.bureau_id = $1 AND e.sequence >= $2 ORDER BY e.sequence LIMIT 1)";
        /// The latest purge.
        LAST_PURGE = "SELECT MAX(purged) FROM submission WHERE bureau_id = $1";
        /// Everything that was done on a submission.
        EVENTS_OF = "SELECT sequence, kind, payload FROM event WHERE bureau_id = $1 AND submission = $2 ORDER BY sequence + 0";
        /// A template is found under an anchor no more.
        FORGET_ANCHOR = "DELETE FROM anchor WHERE bureau_id = $1 AND anchor = $2 AND recency = $3";
        /// Links that an event cut.
        CUTS_BY = "SELECT key_hash, one, other FROM cut WHERE bureau_id = $1 AND sequence = $2 ORDER BY key_hash, one, other";
        /// A cut under a key hash that none of both parties has any more.
        FORGET_CUT = "DELETE FROM cut WHERE bureau_id = $1 AND key_hash = $2 AND one = $3 AND other = $4 AND NOT EXISTS
            (SELECT 1 FROM history h WHERE h.bureau_id = $1 AND h.key_hash = $2
              AND (h.name = $3 OR h.name = $4 OR h.person = $3 OR h.person = $4))";
    }
    many {
        /// By which event submissions were purged, and when.
        PURGES ("bigint", "bigint") =
            "WITH wanted (bureau, subject) AS ({rows})
             SELECT s.sequence, e.sequence, e.recorded_at, e.payload FROM wanted w CROSS JOIN submission s CROSS JOIN event e
             WHERE s.bureau_id = w.bureau AND s.sequence = w.subject AND e.bureau_id = s.bureau_id AND e.sequence = s.purged";
        /// Templates of submissions whose first text was purged.
        LOST_TEMPLATES ("bigint", "bigint") =
            "WITH wanted (bureau, subject) AS ({rows})
             SELECT s.sequence, s.template FROM wanted w CROSS JOIN submission s CROSS JOIN event e CROSS JOIN submission f
             WHERE s.bureau_id = w.bureau AND s.sequence = w.subject AND e.bureau_id = s.bureau_id AND e.sequence = s.template
               AND f.bureau_id = e.bureau_id AND f.sequence = e.submission AND f.purged IS NOT NULL";
    }
}

/// By which event a submission was purged.
#[derive(Debug)]
pub(crate) struct PurgeRow {
    /// The event.
    pub(crate) sequence: Sequence,
    /// When it was recorded.
    pub(crate) recorded_at: Timestamp,
    /// The sealed command.
    pub(crate) payload: Vec<u8>,
}

impl Tx {
    /// The next submissions behind one that came in before a time and hold what was not purged.
    pub(crate) async fn unpurged(
        &mut self,
        bureau: BureauId,
        after: Sequence,
        before: Timestamp,
        most: i64,
    ) -> Result<Vec<(Sequence, RegistrationNumber)>, StoreError> {
        let rows = self.all(UNPURGED, values![bureau.0, after.0, before.0, most]).await?;
        let number = |text: String| word(&text, RegistrationNumber::parse, "submission", "number");
        rows.iter().map(|row| Ok((Sequence(row.get(0)?), number(row.get(1)?)?))).collect()
    }

    /// A submission was purged by an event.
    pub(crate) async fn set_purged(
        &mut self,
        bureau: BureauId,
        submission: Sequence,
        by: Sequence,
    ) -> Result<(), StoreError> {
        self.execute(SET_PURGED, values![bureau.0, submission.0, by.0]).await.map(drop)
    }

    /// Whether a submission was purged.
    pub(crate) async fn is_purged(
        &mut self,
        bureau: BureauId,
        submission: Sequence,
    ) -> Result<bool, StoreError> {
        Ok(self.maybe(PURGED_BY, bureau, Some(submission)).await?.is_some())
    }

    /// Whether what an event kept was purged.
    pub(crate) async fn is_purged_event(
        &mut self,
        bureau: BureauId,
        event: Sequence,
    ) -> Result<bool, StoreError> {
        Ok(self.maybe(PURGED_WITH, bureau, Some(event)).await?.is_some())
    }

    /// The latest event by which anything was purged.
    pub(crate) async fn last_purge(&mut self, bureau: BureauId) -> Result<Option<Sequence>, StoreError> {
        self.maybe(LAST_PURGE, bureau, None).await
    }

    async fn maybe(
        &mut self,
        statement: &'static str,
        bureau: BureauId,
        of: Option<Sequence>,
    ) -> Result<Option<Sequence>, StoreError> {
        let mut asked = values![bureau.0];
        asked.extend(of.map(|of| of.0.into()));
        let row = self.optional(statement, asked).await?;
        Ok(row.map(|row| row.get::<Option<i64>>(0)).transpose()?.flatten().map(Sequence))
    }

    /// By which events these submissions were purged.
    pub(crate) async fn purges(
        &mut self,
        bureau: BureauId,
        submissions: impl Iterator<Item = Sequence>,
    ) -> Result<HashMap<Sequence, PurgeRow>, StoreError> {
        let wanted = submissions.map(|submission| values![bureau.0, submission.0]).collect();
        let rows = self.many(&PURGES, wanted).await?;
        rows.iter()
            .map(|row| {
                let (sequence, recorded_at) = (Sequence(row.get(1)?), Timestamp(row.get(2)?));
                Ok((Sequence(row.get(0)?), PurgeRow { sequence, recorded_at, payload: row.get(3)? }))
            })
            .collect()
    }

    /// The templates of those of these submissions whose template has lost its first text.
    pub(crate) async fn lost_templates(
        &mut self,
        bureau: BureauId,
        submissions: impl Iterator<Item = Sequence>,
    ) -> Result<HashMap<Sequence, Sequence>, StoreError> {
        let wanted = submissions.map(|submission| values![bureau.0, submission.0]).collect();
        let rows = self.many(&LOST_TEMPLATES, wanted).await?;
        rows.iter().map(|row| Ok((Sequence(row.get(0)?), Sequence(row.get(1)?)))).collect()
    }

    /// Everything that was done on a submission, in order.
    pub(crate) async fn events_of(
        &mut self,
        bureau: BureauId,
        submission: Sequence,
    ) -> Result<Vec<(Sequence, EventKind, Vec<u8>)>, StoreError> {
        let rows = self.all(EVENTS_OF, values![bureau.0, submission.0]).await?;
        rows.iter().map(|row| Ok((Sequence(row.get(0)?), event_kind(row, 1)?, row.get(2)?))).collect()
    }

    /// A template that began with a text is found no more.
    pub(crate) async fn forget_template(
        &mut self,
        keyed: Keyed,
        first: Recency,
        anchors: impl Iterator<Item = i64>,
    ) -> Result<(), StoreError> {
        for anchor in anchors {
            self.execute(FORGET_ANCHOR, values![keyed.id(), anchor, first.0]).await?;
        }
        Ok(())
    }

    /// The links that an event cut.
    pub(crate) async fn cuts_by(&mut self, keyed: Keyed, event: Sequence) -> Result<Vec<Cut>, StoreError> {
        let rows = self.all(CUTS_BY, values![keyed.id(), event.0]).await?;
        rows.iter()
            .map(|row| {
                let key_hash: Vec<u8> = row.get(0)?;
                let key_hash = key_hash.try_into().map_err(|_| StoreError::corrupt("cut", "key_hash"))?;
                Ok(Cut { key_hash: KeyHash(key_hash), one: row.get(1)?, other: row.get(2)? })
            })
            .collect()
    }

    /// Forgets cuts under key hashes that none of both parties has any more.
    pub(crate) async fn forget_cuts(&mut self, keyed: Keyed, cuts: &[Cut]) -> Result<(), StoreError> {
        for Cut { key_hash, one, other } in cuts {
            self.execute(FORGET_CUT, values![keyed.id(), key_hash.0.to_vec(), *one, *other]).await?;
        }
        Ok(())
    }
}
