//! What a batch of submissions reads.

use std::collections::HashMap;

use super::ledger::{event_kind, track_code, track_of, word};
use super::value::{Row, values};
use super::{StoreError, Tx, sql};
use crate::domain::command::EventKind;
use crate::domain::ids::{BureauId, CallerId, RegistrationNumber, RequestId, Sequence, Track, UnitId};
use crate::domain::time::Timestamp;

/// A request that was answered before.
#[derive(Debug, Clone)]
pub(crate) struct KnownRequest {
    /// Keyed digest of its content.
    pub(crate) digest: Vec<u8>,
    /// Its event.
    pub(crate) sequence: Sequence,
    /// What it was.
    pub(crate) kind: EventKind,
    /// The submission it was about.
    pub(crate) submission: Option<Sequence>,
    /// What was answered, where it was stored.
    pub(crate) answer: Option<String>,
}

/// A registration number that is known.
#[derive(Debug, Clone)]
pub(crate) struct KnownNumber {
    /// The submission.
    pub(crate) sequence: Sequence,
    /// Keyed digest of what was first said under it.
    pub(crate) digest: Vec<u8>,
    /// When it was recorded.
    pub(crate) recorded_at: Timestamp,
    /// What was said under it is gone.
    pub(crate) is_purged: bool,
}

/// Where a unit's work on one track stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// Open work, in hundredths of a work unit.
    pub(crate) open_centiunits: i64,
    /// Files that the queue has given out, ever.
    pub(crate) served: i64,
    /// The month of what was assigned, by `Day::month_number`.
    pub(crate) month: i64,
    /// Work assigned in that month, in hundredths of a work unit.
    pub(crate) assigned_centiunits: i64,
}

/// One version of a submission's facts, sealed.
#[derive(Debug)]
pub(crate) struct Version {
    /// The submission.
    pub(crate) submission: Sequence,
    /// The event that brought it.
    pub(crate) sequence: Sequence,
    /// The sealed command.
    pub(crate) payload: Vec<u8>,
    /// When it was recorded.
    pub(crate) recorded_at: Timestamp,
}

impl Tx {
    /// Which of these requests were answered before.
    pub(crate) async fn known_requests(
        &mut self,
        bureau: BureauId,
        requests: impl Iterator<Item = (CallerId, &RequestId)>,
    ) -> Result<HashMap<(CallerId, RequestId), KnownRequest>, StoreError> {
        let wanted = requests.map(|(caller, id)| values![bureau.0, caller.0, id.as_str()]).collect();
        let rows = self.many(&sql::KNOWN_REQUESTS, wanted).await?;
        rows.iter()
            .map(|row| {
                let id = word(&row.get::<String>(1)?, RequestId::parse, "event", "request_id")?;
                let known = KnownRequest {
                    digest: row.get(2)?,
                    sequence: Sequence(row.get(3)?),
                    kind: event_kind(row, 5)?,
                    submission: row.get::<Option<i64>>(6)?.map(Sequence),
                    answer: row.get(7)?,
                };
                Ok(((CallerId(row.get(0)?), id), known))
            })
            .collect()
    }

    /// Which of these numbers are known.
    pub(crate) async fn known_numbers(
        &mut self,
        bureau: BureauId,
        numbers: impl Iterator<Item = &RegistrationNumber>,
    ) -> Result<HashMap<String, KnownNumber>, StoreError> {
        let wanted = numbers.map(|number| values![bureau.0, number.as_str()]).collect();
        let rows = self.many(&sql::KNOWN_NUMBERS, wanted).await?;
        rows.iter()
            .map(|row| {
                let known = KnownNumber {
                    sequence: Sequence(row.get(1)?),
                    digest: row.get(2)?,
                    recorded_at: Timestamp(row.get(3)?),
                    is_purged: row.get::<Option<i64>>(4)?.is_some(),
                };
                Ok((row.get(0)?, known))
            })
            .collect()
    }

    /// The submission of a number.
    pub(crate) async fn submission(
        &mut self,
        bureau: BureauId,
        number: &RegistrationNumber,
    ) -> Result<Option<Sequence>, StoreError> {
        let row = self.optional(sql::SUBMISSION, values![bureau.0, number.as_str()]).await?;
        row.map(|row| row.get(0).map(Sequence)).transpose()
    }

    /// Everything sent under these submissions, in order.
    pub(crate) async fn versions(
        &mut self,
        bureau: BureauId,
        submissions: impl Iterator<Item = Sequence>,
    ) -> Result<Vec<Version>, StoreError> {
        let wanted = submissions.map(|submission| values![bureau.0, submission.0]).collect();
        let rows = self.many(&sql::VERSIONS, wanted).await?;
        let version = |row: &Row| {
            Ok(Version {
                submission: Sequence(row.get(0)?),
                sequence: Sequence(row.get(1)?),
                payload: row.get(2)?,
                recorded_at: Timestamp(row.get(3)?),
            })
        };
        let mut versions = rows.iter().map(version).collect::<Result<Vec<_>, StoreError>>()?;
        versions.sort_unstable_by_key(|version| (version.submission, version.sequence));
        Ok(versions)
    }

    /// Open work of every unit, and how many files its queues have given out.
    pub(crate) async fn loads(&mut self, bureau: BureauId) -> Result<Vec<(UnitId, Track, Load)>, StoreError> {
        let rows = self.all(sql::LOADS, values![bureau.0]).await?;
        rows.iter()
            .map(|row| {
                let unit = word(&row.get::<String>(0)?, UnitId::parse, "unit_load", "unit")?;
                let load = Load {
                    open_centiunits: row.get(2)?,
                    served: row.get(3)?,
                    month: row.get(4)?,
                    assigned_centiunits: row.get(5)?,
                };
                Ok((unit, track_of(row, 1, "unit_load")?, load))
            })
            .collect()
    }

    /// The shop's name after an amendment.
    pub(crate) async fn rename_shop(
        &mut self,
        bureau: BureauId,
        submission: Sequence,
        shop: Option<String>,
    ) -> Result<(), StoreError> {
        self.execute(sql::RENAME_SHOP, values![bureau.0, submission.0, shop]).await?;
        Ok(())
    }

    /// The operator of a submission's files after an amendment.
    pub(crate) async fn change_operator(
        &mut self,
        bureau: BureauId,
        submission: Sequence,
        operator: Option<i64>,
    ) -> Result<(), StoreError> {
        self.execute(sql::CHANGE_OPERATOR, values![bureau.0, submission.0, operator]).await?;
        Ok(())
    }

    /// How long the latest files of each kind were held, in working minutes, in no order.
    pub(crate) async fn held(
        &mut self,
        bureau: BureauId,
        kinds: impl Iterator<Item = (Track, String)>,
    ) -> Result<Vec<(Track, String, Vec<i64>)>, StoreError> {
        let wanted = kinds.map(|(track, kind)| values![bureau.0, track_code(track), kind]).collect();
        let rows = self.many(&sql::HELD, wanted).await?;
        let mut held = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(minutes) = row.get::<Option<String>>(2)? else { continue };
            let minutes = minutes.split(',').map(str::parse).collect::<Result<_, _>>();
            let minutes = minutes.map_err(|_| StoreError::corrupt("held", "minutes"))?;
            held.push((track_of(row, 0, "held")?, row.get(1)?, minutes));
        }
        Ok(held)
    }
}
