//! What the units' verbs read and change: the status of files.

use serde::Serialize;

use super::columns::{Cell as _, Columns as _, columns};
use super::ledger::{day_of, track_code, track_of, word};
use super::value::{Row, Value, values};
use super::{StoreError, Tx, sql};
use crate::domain::act::Recused;
use crate::domain::command::FileRef;
use crate::domain::deadline::Testing;
use crate::domain::handling::{Disposition, Finding, RefusalGround, Status, TerminationGround};
use crate::domain::ids::{BureauId, FileId, OfficerId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::outcome::ImportedLabel;
use crate::domain::time::{Day, Timestamp};
use crate::statute::life::State;

columns! {
    /// The state of a file: one row of `file`.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub(crate) struct FileRow (
        /// The file.
        id
    ) in "file" as "f" {
        fixed {
            /// Registration number.
            number: RegistrationNumber,
            /// Expected effort, in hundredths of a work unit.
            centiunits: i64,
            /// With whom it takes turns (关联投诉人（组）).
            cluster: i64,
            /// The operator, as a key hash.
            respondent: Option<i64>,
            /// What kind of work it is: its problem category below the root.
            kind: String,
        }
        changes {
            /// Owning unit.
            unit: UnitId,
            /// Lease token while waiting, version once signed for.
            token: Option<Sequence>,
            /// End of the lease.
            leased_until: Option<Timestamp>,
            /// Not offered before this.
            skipped_until: Option<Timestamp>,
            /// Who signed for it.
            officer: Option<OfficerId>,
            /// How often it was urged.
            urges: i64,
            /// Its place in the order of the pull; see `routing::fair_queue`.
            turn: i64,
            /// The day its clock in force runs out, by the earliest reading; none when no clock runs.
            due_on: Option<Day>,
            /// When it joined its unit's queue.
            queued_at: Timestamp,
            /// When somebody is notified next that nobody has signed for it.
            escalates_at: Option<Timestamp>,
            /// When its unit's manager was notified.
            warned_at: Option<Timestamp>,
            /// When it was signed for.
            signed_at: Option<Timestamp>,
            /// How often it was skipped.
            skips: i64,
            /// Days of testing, which do not count (Art. 22).
            testing: Testing,
            /// Officers who do not handle it (Art. 21).
            recused: Recused,
        }
        /// Its state, by what was done with it.
        #[serde(flatten)]
        state: State {
            fixed {
                received_at: Timestamp,
            }
            changes {
                status: Status,
                withdrawn_at: Option<Timestamp>,
                accepted_upstream: bool,
                finding: Option<Finding>,
                imported_label: Option<ImportedLabel>,
                ground: Option<RefusalGround>,
                disposition: Option<Disposition>,
                termination: Option<TerminationGround>,
                recovered_fen: Option<i64>,
                fined_fen: Option<i64>,
                confiscated_fen: Option<i64>,
                ended_at: Option<Timestamp>,
                outcome: Option<Sequence>,
                as_of: Option<Timestamp>,
                reopened_at: Option<Timestamp>,
                danger: Option<bool>,
            }
        }
    }
}

/// A file that a unit's queue may give out.
#[derive(Debug, Clone)]
pub(crate) struct WaitingRow {
    /// Its submission.
    pub(crate) submission: Sequence,
    /// A danger that a person has confirmed: first of all.
    pub(crate) danger: bool,
    /// Of class A.
    pub(crate) urgent: bool,
    /// Its place in the order of the pull.
    pub(crate) turn: i64,
    /// The day its clock runs out.
    pub(crate) due_on: Day,
    /// Receive time.
    pub(crate) received_at: Timestamp,
    /// Registration number.
    pub(crate) number: RegistrationNumber,
    /// With whom it takes turns.
    pub(crate) cluster: i64,
    /// Officers who do not handle it.
    pub(crate) recused: Recused,
}

/// By what open files belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Relation {
    /// Of one cluster (关联投诉人（组）).
    Cluster,
    /// Against one operator (被投诉人).
    Operator,
}

impl Relation {
    pub(super) fn code(self) -> i16 {
        match self {
            Relation::Cluster => 0,
            Relation::Operator => 1,
        }
    }
}

/// A file given out on lease.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// The file.
    pub(crate) file: FileId,
    /// The fencing token.
    pub(crate) token: Sequence,
    /// When the lease ends.
    pub(crate) until: Timestamp,
    /// Its place in the order of the pull, which it keeps.
    pub(crate) turn: i64,
}

/// A queue and the moment it is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueAt<'a> {
    /// Whose.
    pub(crate) unit: &'a UnitId,
    /// Of which track.
    pub(crate) track: Track,
    /// When.
    pub(crate) now: Timestamp,
    /// The last day on which what runs out is of class A.
    pub(crate) class_a_until: Day,
}

/// A row of the statements `WAITING_IN_DANGER`, `WAITING_BY` and `WAITING_IN_TURN`.
fn waiting_row(row: &Row, class_a_until: Day) -> Result<WaitingRow, StoreError> {
    const TABLE: &str = "file";
    let due_on = day_of(row.get(2)?, TABLE, "due_on")?;
    Ok(WaitingRow {
        submission: Sequence(row.get(0)?),
        danger: false,
        urgent: due_on <= class_a_until,
        turn: row.get(1)?,
        due_on,
        received_at: Timestamp(row.get(3)?),
        number: word(&row.get::<String>(4)?, RegistrationNumber::parse, TABLE, "number")?,
        cluster: row.get(5)?,
        recused: Recused::read(row, 6)?.ok_or(StoreError::corrupt(TABLE, "recused"))?,
    })
}

impl Tx {
    /// One file.
    pub(crate) async fn file(&mut self, bureau: BureauId, id: FileId) -> Result<Option<FileRow>, StoreError> {
        Ok(self.files(bureau, &[id]).await?.pop())
    }

    /// Many files, in no order.
    pub(crate) async fn files(
        &mut self,
        bureau: BureauId,
        ids: &[FileId],
    ) -> Result<Vec<FileRow>, StoreError> {
        let wanted = ids.iter().map(|id| values![bureau.0, id.submission.0, track_code(id.track)]).collect();
        self.many(&sql::FILES, wanted).await?.iter().map(|row| Ok(FileRow::read(row)?.1)).collect()
    }

    /// Files by their numbers, in no order.
    pub(crate) async fn files_by_number(
        &mut self,
        bureau: BureauId,
        wanted: impl Iterator<Item = &FileRef>,
    ) -> Result<Vec<FileRow>, StoreError> {
        let wanted =
            wanted.map(|file| values![bureau.0, file.number.as_str(), track_code(file.track)]).collect();
        self.many(&sql::FILES_BY_NUMBER, wanted).await?.iter().map(|row| Ok(FileRow::read(row)?.1)).collect()
    }

    /// The first `most` files of a queue in the order of the pull, in no order; and whether they are all that waits.
    ///
    /// What a person has confirmed to be a danger is read first. As a rule little is urgent: all else of class A is read by its
    /// deadlines and what is left of `most` from class B in turn. When class A alone is more than that, it is read in turn.
    pub(crate) async fn waiting(
        &mut self,
        bureau: BureauId,
        queue: QueueAt<'_>,
        most: u32,
    ) -> Result<(Vec<WaitingRow>, bool), StoreError> {
        let QueueAt { unit, track, now, class_a_until } = queue;
        let until = i64::from(class_a_until.0);
        let (track_code, waits) = (track_code(track), Status::Waiting.code());
        let waiting = |row: &Row| waiting_row(row, class_a_until);
        let values = values![bureau.0, unit.as_str(), track_code, now.0, i64::from(most)];
        let rows = self.all(sql::WAITING_IN_DANGER, values).await?;
        let mut first: Vec<WaitingRow> = rows.iter().map(waiting).collect::<Result<_, _>>()?;
        for row in &mut first {
            row.danger = true;
        }
        let left = i64::from(most).saturating_sub_unsigned(first.len() as u64);
        if left == 0 {
            return Ok((first, false));
        }
        let values = values![bureau.0, unit.as_str(), track_code, now.0, until, left, waits];
        let rows = self.all(sql::WAITING_BY, values).await?;
        let few = i64::try_from(rows.len()).is_ok_and(|read| read < left);
        if few {
            first.extend(rows.iter().map(waiting).collect::<Result<Vec<_>, _>>()?);
        }
        let (after, until) = if few { (until, i64::MAX) } else { (i64::MIN, until) };
        let left = i64::from(most).saturating_sub_unsigned(first.len() as u64);
        let values = values![bureau.0, unit.as_str(), track_code, now.0, after, until, left];
        let rows = self.all(sql::WAITING_IN_TURN, values).await?;
        for row in &rows {
            first.push(waiting(row)?);
        }
        let whole = few && first.len() < most as usize;
        Ok((first, whole))
    }

    /// Open files of a unit on one track: what a pull would give first, then leased and skipped, then held.
    pub(crate) async fn open_at(
        &mut self,
        bureau: BureauId,
        queue: QueueAt<'_>,
        most: u32,
    ) -> Result<Vec<FileId>, StoreError> {
        let QueueAt { unit, track, now, class_a_until } = queue;
        let class_a_until = i64::from(class_a_until.0);
        let values =
            values![bureau.0, unit.as_str(), track_code(track), now.0, class_a_until, i64::from(most)];
        let rows = self.all(sql::OPEN_AT, values).await?;
        rows.iter().map(|row| Ok(FileId { submission: Sequence(row.get(0)?), track })).collect()
    }

    /// Open files of a track behind a submission that nobody has looked at for danger; of one unit where one is named.
    pub(crate) async fn not_judged(
        &mut self,
        bureau: BureauId,
        (unit, track): (Option<&UnitId>, Track),
        after: Sequence,
        most: u32,
    ) -> Result<Vec<FileId>, StoreError> {
        let unit = unit.map_or("", UnitId::as_str);
        let values = values![bureau.0, unit, track_code(track), after.0, i64::from(most)];
        let rows = self.all(sql::NOT_JUDGED, values).await?;
        rows.iter().map(|row| Ok(FileId { submission: Sequence(row.get(0)?), track })).collect()
    }

    /// Files are given out: the others of their clusters that wait in the same queue move behind, and the files are
    /// leased, each keeping its own place.
    pub(crate) async fn give_out(
        &mut self,
        bureau: BureauId,
        turns: &[(UnitId, Track, i64, i64)],
        leases: &[Given],
    ) -> Result<(), StoreError> {
        let turn = |(unit, track, cluster, turn): &(UnitId, Track, i64, i64)| {
            values![bureau.0, unit.as_str(), track_code(*track), *cluster, *turn]
        };
        self.many(&sql::TAKE_TURN, turns.iter().map(turn).collect()).await?;
        let lease = |given: &Given| {
            let Given { file, token, until, turn } = given;
            values![bureau.0, file.submission.0, track_code(file.track), token.0, until.0, *turn]
        };
        self.many(&sql::LEASE, leases.iter().map(lease).collect()).await?;
        Ok(())
    }

    /// Open files of clusters on tracks, by unit.
    pub(crate) async fn open_of_clusters(
        &mut self,
        bureau: BureauId,
        wanted: impl Iterator<Item = (i64, Track)>,
    ) -> Result<Vec<(i64, Track, UnitId, i64)>, StoreError> {
        self.open_of(Relation::Cluster, bureau, wanted).await
    }

    /// Open files against operators on tracks, by unit.
    pub(crate) async fn open_of_respondents(
        &mut self,
        bureau: BureauId,
        wanted: impl Iterator<Item = (i64, Track)>,
    ) -> Result<Vec<(i64, Track, UnitId, i64)>, StoreError> {
        self.open_of(Relation::Operator, bureau, wanted).await
    }

    async fn open_of(
        &mut self,
        relation: Relation,
        bureau: BureauId,
        wanted: impl Iterator<Item = (i64, Track)>,
    ) -> Result<Vec<(i64, Track, UnitId, i64)>, StoreError> {
        let wanted = wanted.map(|(key, track)| values![bureau.0, relation.code(), key, track_code(track)]);
        let rows = self.many(&sql::RELATED_FILES, wanted.collect()).await?;
        rows.iter()
            .map(|row| {
                let unit = word(&row.get::<String>(2)?, UnitId::parse, "related_files", "unit")?;
                Ok((row.get(0)?, track_of(row, 1, "related_files")?, unit, row.get(3)?))
            })
            .collect()
    }

    /// Writes the state of a file.
    pub(crate) async fn move_file(&mut self, bureau: BureauId, file: &FileRow) -> Result<(), StoreError> {
        self.move_files(vec![file.changed(bureau, file.id)?]).await
    }

    pub(super) async fn move_files(&mut self, moved: Vec<Vec<Value>>) -> Result<(), StoreError> {
        let wanted = moved.len();
        let changed = self.many(&sql::MOVE_FILES, moved).await?.len();
        // A change of some rows that changed another number of them is a broken promise, not a result.
        if changed == wanted { Ok(()) } else { Err(StoreError::Missing("the file is gone")) }
    }
}
