//! What people look at as a whole: a unit's open files, and the state of the bureau.

use std::collections::HashMap;

use super::ledger::{file_of, listed, track_code, track_of, word};
use super::value::{Row, values};
use super::{StoreError, Tx, sql};
use crate::domain::decision::{Band, Basis};
use crate::domain::handling::Status;
use crate::domain::ids::{BureauId, FileId, ModelId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::time::{Days, Timestamp};

/// How many files of a unit stand at one place.
#[derive(Debug)]
pub(crate) struct CountedFiles {
    /// The unit.
    pub(crate) unit: UnitId,
    /// The track.
    pub(crate) track: Track,
    /// Status.
    pub(crate) status: Status,
    /// Waiting and on lease.
    pub(crate) leased: bool,
    /// How many files.
    pub(crate) files: i64,
    /// Receive time of the oldest.
    pub(crate) oldest: Timestamp,
}

/// How many files were first sent to a unit for one reason.
#[derive(Debug)]
pub(crate) struct FirstRoute {
    /// The unit.
    pub(crate) unit: UnitId,
    /// Why it.
    pub(crate) basis: Basis,
    /// How many files.
    pub(crate) files: i64,
}

impl Tx {
    /// Files behind one, whose place was not known when they came in and that another unit than reception has signed for.
    pub(crate) async fn sent_on(
        &mut self,
        bureau: BureauId,
        reception: &UnitId,
        after: FileId,
        most: u32,
    ) -> Result<Vec<FileId>, StoreError> {
        let [not_found, near] = [Basis::UnknownPlace, Basis::NearPlace].map(Basis::code);
        let (submission, track) = (after.submission.0, track_code(after.track));
        let asked =
            values![bureau.0, reception.as_str(), not_found, near, submission, track, i64::from(most)];
        self.all(sql::SENT_ON, asked).await?.iter().map(|row| file_of(row, 0, "file")).collect()
    }

    /// Names of the shops of submissions, as far as they are known.
    pub(crate) async fn shops(
        &mut self,
        bureau: BureauId,
        submissions: impl Iterator<Item = Sequence>,
    ) -> Result<HashMap<Sequence, String>, StoreError> {
        let wanted = submissions.map(|submission| values![bureau.0, submission.0]).collect();
        let mut shops = HashMap::new();
        for row in self.many(&sql::SHOPS, wanted).await? {
            if let Some(shop) = row.get::<Option<String>>(1)? {
                shops.insert(Sequence(row.get(0)?), shop);
            }
        }
        Ok(shops)
    }

    /// Sealed commands of events.
    pub(crate) async fn payloads(
        &mut self,
        bureau: BureauId,
        places: impl Iterator<Item = Sequence>,
    ) -> Result<Vec<(Sequence, Vec<u8>)>, StoreError> {
        let wanted = places.map(|place| values![bureau.0, place.0]).collect();
        let rows = self.many(&sql::PAYLOADS, wanted).await?;
        rows.iter().map(|row| Ok((Sequence(row.get(0)?), row.get(1)?))).collect()
    }

    /// When events were recorded, and the digests of what was asked.
    pub(crate) async fn event_digests(
        &mut self,
        bureau: BureauId,
        places: impl Iterator<Item = Sequence>,
    ) -> Result<Vec<(Sequence, Timestamp, Vec<u8>)>, StoreError> {
        let wanted = places.map(|place| values![bureau.0, place.0]).collect();
        let rows = self.many(&sql::EVENT_DIGESTS, wanted).await?;
        rows.iter().map(|row| Ok((Sequence(row.get(0)?), Timestamp(row.get(1)?), row.get(2)?))).collect()
    }

    /// All files by status, counted.
    pub(crate) async fn standings(
        &mut self,
        bureau: BureauId,
        now: Timestamp,
    ) -> Result<Vec<CountedFiles>, StoreError> {
        let rows = self.all(sql::STANDINGS, values![bureau.0, now.0]).await?;
        rows.iter()
            .map(|row| {
                let status = listed(row.get(2)?, Status::from_code, "file", "status")?;
                Ok(CountedFiles {
                    unit: word(&row.get::<String>(0)?, UnitId::parse, "file", "unit")?,
                    track: track_of(row, 1, "file")?,
                    status: status.ok_or(StoreError::corrupt("file", "status"))?,
                    leased: row.get::<i64>(3)? == 1,
                    files: row.get(4)?,
                    oldest: Timestamp(row.get(5)?),
                })
            })
            .collect()
    }

    /// Files that came in during a period, behind one of them.
    pub(crate) async fn received_between(
        &mut self,
        bureau: BureauId,
        days: Days,
        after: Option<FileId>,
        most: u32,
    ) -> Result<Vec<FileId>, StoreError> {
        let (from, to) = (days.first().start().0, days.last().plus(1).start().0);
        let (submission, track) = after.map_or((0, 0), |file| (file.submission.0, track_code(file.track)));
        let values = values![bureau.0, from, to, submission, track, i64::from(most)];
        let rows = self.all(sql::RECEIVED_BETWEEN, values).await?;
        rows.iter().map(|row| file_of(row, 0, "file")).collect()
    }

    /// How many complaints came in under which band.
    pub(crate) async fn bands(&mut self, bureau: BureauId) -> Result<Vec<(Band, i64)>, StoreError> {
        let rows = self.all(sql::BANDS, values![bureau.0]).await?;
        rows.iter()
            .map(|row| {
                let band = Band::from_code(row.get(0)?).ok_or(StoreError::corrupt("decision", "band"))?;
                Ok((band, row.get(1)?))
            })
            .collect()
    }

    /// Open complaints whose latest score is not of `model`, in the order of receipt: with the event of that score and its
    /// band.
    pub(crate) async fn not_scored_by(
        &mut self,
        bureau: BureauId,
        model: &ModelId,
    ) -> Result<Vec<(RegistrationNumber, Sequence, Option<Band>)>, StoreError> {
        let rows = self.all(sql::TO_RESCORE, values![bureau.0, model.as_str()]).await?;
        let complaint = |row: &Row| {
            let number = word(&row.get::<String>(0)?, RegistrationNumber::parse, "file", "number")?;
            Ok((number, Sequence(row.get(1)?), row.get::<Option<i16>>(2)?.and_then(Band::from_code)))
        };
        rows.iter().map(complaint).collect()
    }

    /// Where files were first sent, and why.
    pub(crate) async fn first_routes(&mut self, bureau: BureauId) -> Result<Vec<FirstRoute>, StoreError> {
        let rows = self.all(sql::FIRST_ROUTES, values![bureau.0]).await?;
        rows.iter()
            .map(|row| {
                let basis =
                    Basis::from_code(row.get(2)?).ok_or(StoreError::corrupt("assignment", "basis"))?;
                Ok(FirstRoute {
                    unit: word(&row.get::<String>(0)?, UnitId::parse, "assignment", "unit")?,
                    basis,
                    files: row.get(3)?,
                })
            })
            .collect()
    }
}
