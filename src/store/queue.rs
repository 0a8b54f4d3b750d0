//! What the units' verbs read and change: where files stand.

use super::ledger::{file_of, listed, track_code, word};
use super::value::{Row, values};
use super::{StoreError, Tx, sql};
use crate::domain::decision::Routing;
use crate::domain::handling::{Disposition, Finding, RefusalGround, Status};
use crate::domain::ids::{BureauId, FileId, OfficerId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::outcome::Marked;
use crate::domain::submission::Submission;
use crate::domain::time::Timestamp;

/// Where a file stands: one row of `file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileRow {
    /// The file.
    pub(crate) id: FileId,
    /// Registration number.
    pub(crate) number: RegistrationNumber,
    /// Receive time, to the second.
    pub(crate) received_at: Timestamp,
    /// Owning unit.
    pub(crate) unit: UnitId,
    /// Status.
    pub(crate) status: Status,
    /// Expected effort, in hundredths of a work unit.
    pub(crate) centiunits: i64,
    /// Lease token while waiting, version once signed for.
    pub(crate) token: Option<Sequence>,
    /// End of the lease.
    pub(crate) leased_until: Option<Timestamp>,
    /// Not offered before this.
    pub(crate) skipped_until: Option<Timestamp>,
    /// Who signed for it.
    pub(crate) officer: Option<OfficerId>,
    /// When the complaint was withdrawn.
    pub(crate) withdrawn_at: Option<Timestamp>,
    /// How often it was urged.
    pub(crate) urges: i64,
    /// Latest finding.
    pub(crate) finding: Option<Finding>,
    /// Ground of a refusal.
    pub(crate) ground: Option<RefusalGround>,
    /// How it ended.
    pub(crate) disposition: Option<Disposition>,
    /// Amount recovered, in fen.
    pub(crate) recovered_fen: Option<i64>,
    /// When it ended.
    pub(crate) ended_at: Option<Timestamp>,
    /// What an officer marked in an export.
    pub(crate) mark: Option<Marked>,
    /// The event by which an export told its end; none when it ended here, or not yet.
    pub(crate) outcome: Option<Sequence>,
    /// As of when an export last told its end or mark.
    pub(crate) as_of: Option<Timestamp>,
}

impl FileRow {
    /// A file that has just come in and waits in its unit's queue.
    pub(crate) fn waiting(id: FileId, submission: &Submission, routing: &Routing) -> Self {
        Self {
            id,
            number: submission.number.clone(),
            received_at: submission.received.at,
            unit: routing.unit.clone(),
            status: Status::Waiting,
            centiunits: routing.centiunits,
            token: None,
            leased_until: None,
            skipped_until: None,
            officer: None,
            withdrawn_at: None,
            urges: 0,
            finding: None,
            ground: None,
            disposition: None,
            recovered_fen: None,
            ended_at: None,
            mark: None,
            outcome: None,
            as_of: None,
        }
    }
}

/// A `file` row in the order of the statements `FILE` and `FILES`.
fn file_row(row: &Row) -> Result<FileRow, StoreError> {
    const TABLE: &str = "file";
    let time = |column| row.get::<Option<i64>>(column).map(|t| t.map(Timestamp));
    let status = listed(row.get(5)?, Status::from_code, TABLE, "status")?;
    Ok(FileRow {
        id: file_of(row, 0, TABLE)?,
        number: word(&row.get::<String>(2)?, RegistrationNumber::parse, TABLE, "number")?,
        received_at: Timestamp(row.get(3)?),
        unit: word(&row.get::<String>(4)?, UnitId::parse, TABLE, "unit")?,
        status: status.ok_or(StoreError::corrupt(TABLE, "status"))?,
        centiunits: row.get(6)?,
        token: row.get::<Option<i64>>(7)?.map(Sequence),
        leased_until: time(8)?,
        skipped_until: time(9)?,
        officer: row
            .get::<Option<String>>(10)?
            .map(|text| word(&text, OfficerId::parse, TABLE, "officer"))
            .transpose()?,
        withdrawn_at: time(11)?,
        urges: row.get(12)?,
        finding: listed(row.get(13)?, Finding::from_code, TABLE, "finding")?,
        ground: listed(row.get(14)?, RefusalGround::from_code, TABLE, "ground")?,
        disposition: listed(row.get(15)?, Disposition::from_code, TABLE, "disposition")?,
        recovered_fen: row.get(16)?,
        ended_at: time(17)?,
        mark: listed(row.get(18)?, Marked::from_code, TABLE, "mark")?,
        outcome: row.get::<Option<i64>>(19)?.map(Sequence),
        as_of: time(20)?,
    })
}

impl Tx {
    /// One file.
    pub(crate) async fn file(&mut self, bureau: BureauId, id: FileId) -> Result<Option<FileRow>, StoreError> {
        let values = values![bureau.0, id.submission.0, track_code(id.track)];
        self.optional(sql::FILE, values).await?.as_ref().map(file_row).transpose()
    }

    /// Many files, in no order.
    pub(crate) async fn files(
        &mut self,
        bureau: BureauId,
        ids: &[FileId],
    ) -> Result<Vec<FileRow>, StoreError> {
        let wanted = ids.iter().map(|id| values![bureau.0, id.submission.0, track_code(id.track)]).collect();
        self.many(&sql::FILES, wanted).await?.iter().map(file_row).collect()
    }

    /// Files that may be offered to a unit at `now`, oldest receive time first.
    pub(crate) async fn waiting(
        &mut self,
        bureau: BureauId,
        unit: &UnitId,
        track: Track,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<FileId>, StoreError> {
        self.listed(sql::WAITING, bureau, unit, track, now, most).await
    }

    /// Open files of a unit on one track: what a pull would give first, then leased and skipped, then held.
    pub(crate) async fn open_at(
        &mut self,
        bureau: BureauId,
        unit: &UnitId,
        track: Track,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<FileId>, StoreError> {
        self.listed(sql::OPEN_AT, bureau, unit, track, now, most).await
    }

    async fn listed(
        &mut self,
        sql: &'static str,
        bureau: BureauId,
        unit: &UnitId,
        track: Track,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<FileId>, StoreError> {
        let values = values![bureau.0, unit.as_str(), track_code(track), now.0, i64::from(most)];
        let rows = self.all(sql, values).await?;
        rows.iter().map(|row| Ok(FileId { submission: Sequence(row.get(0)?), track })).collect()
    }

    /// Leases a file.
    pub(crate) async fn lease(
        &mut self,
        bureau: BureauId,
        id: FileId,
        token: Sequence,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let values = values![bureau.0, id.submission.0, track_code(id.track), token.0, until.0];
        one(self.execute(sql::LEASE, values).await?)
    }

    /// Writes where a file stands now.
    pub(crate) async fn move_file(&mut self, bureau: BureauId, file: &FileRow) -> Result<(), StoreError> {
        let values = values![
            bureau.0,
            file.id.submission.0,
            track_code(file.id.track),
            file.unit.as_str(),
            file.status.code(),
            file.token.map(|t| t.0),
            file.leased_until.map(|t| t.0),
            file.skipped_until.map(|t| t.0),
            file.officer.as_ref().map(|o| o.as_str().to_owned()),
            file.withdrawn_at.map(|t| t.0),
            file.urges,
            file.finding.map(Finding::code),
            file.ground.map(RefusalGround::code),
            file.disposition.map(Disposition::code),
            file.recovered_fen,
            file.ended_at.map(|t| t.0),
            file.mark.map(Marked::code),
            file.outcome.map(|s| s.0),
            file.as_of.map(|t| t.0)
        ];
        one(self.execute(sql::MOVE_FILE, values).await?)
    }
}

/// A change of one row that changed another number of rows is a broken promise, not a result.
fn one(changed: u64) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Missing("the file is gone")) }
}
