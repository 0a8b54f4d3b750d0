//! The statutory clocks of files (期限), one row a duty from what started it to the day it was kept; and the reviews of
//! their decisions (复议、诉讼).

use super::columns::{Cell as _, Columns as _, columns};
use super::ledger::{file_of, listed, track_code, track_of, word};
use super::value::{Row, Value, values};
use super::{FileRow, StoreError, Tx, sql};
use crate::domain::deadline::{Clock, DuePlace, Duty, LastDay, Law, Review, Testing};
use crate::domain::handling::{ReviewKind, ReviewOutcome, Status};
use crate::domain::ids::{BureauId, FileId, Sequence, Track, UnitId};
use crate::domain::text::Line;
use crate::domain::time::{Day, Days, Timestamp};

columns! {
    Clock in "deadline" as "d" {
        fixed { duty: Duty, started_by: Sequence, law: Law, article: String, }
        changes {
            started_on: Day,
            due_on: LastDay,
            latest_on: LastDay,
            provisional: bool,
            met_on: Option<Day>,
            dropped: bool,
            version: Option<i16>,
        }
    }
}

columns! {
    Review (file) in "review" as "r" {
        fixed {
            sequence: Sequence,
            kind: ReviewKind,
            authority: Line,
            challenged: Status,
            received_on: Day,
            reply_on: Day,
        }
        changes { outcome: Option<ReviewOutcome>, ended_by: Option<Sequence>, }
    }
}

/// The row alone.
fn review(row: &Row) -> Result<Review, StoreError> {
    Review::read(row).map(|(_, review)| review)
}

impl Tx {
    /// A review is opened.
    pub(crate) async fn new_review(&mut self, bureau: BureauId, row: &Review) -> Result<(), StoreError> {
        self.many(&sql::NEW_REVIEWS, vec![row.inserted(bureau, row.file)?]).await?;
        Ok(())
    }

    /// A review by the event that opened it.
    pub(crate) async fn review(
        &mut self,
        bureau: BureauId,
        sequence: Sequence,
    ) -> Result<Option<Review>, StoreError> {
        self.optional(sql::REVIEW, values![bureau.0, sequence.0]).await?.as_ref().map(review).transpose()
    }

    /// The reviews of these files, in the order in which they were opened.
    pub(crate) async fn reviews(
        &mut self,
        bureau: BureauId,
        files: &[FileId],
    ) -> Result<Vec<Review>, StoreError> {
        let row = |file: &FileId| values![bureau.0, file.submission.0, track_code(file.track)];
        let rows = self.many(&sql::REVIEWS, files.iter().map(row).collect()).await?;
        let mut reviews = rows.iter().map(review).collect::<Result<Vec<_>, _>>()?;
        reviews.sort_unstable_by_key(|review| review.sequence);
        Ok(reviews)
    }

    /// The reviews of which the bureau was notified in a period, in the order in which they were opened.
    pub(crate) async fn reviews_between(
        &mut self,
        bureau: BureauId,
        days: Days,
    ) -> Result<Vec<Review>, StoreError> {
        let [first, last] = [days.first(), days.last()].map(|day| i64::from(day.0));
        let rows = self.all(sql::REVIEWS_BETWEEN, values![bureau.0, first, last]).await?;
        rows.iter().map(review).collect()
    }

    /// A review has ended.
    pub(crate) async fn end_review(&mut self, bureau: BureauId, row: &Review) -> Result<(), StoreError> {
        let outcome = row.outcome.map(ReviewOutcome::code);
        let values = values![bureau.0, row.sequence.0, outcome, row.ended_by.map(|by| by.0)];
        self.execute(sql::END_REVIEW, values).await?;
        Ok(())
    }

    /// Files with a running clock that was computed over an unknown calendar year, after a submission; a submission's
    /// files come together.
    pub(crate) async fn provisional(
        &mut self,
        bureau: BureauId,
        after: Sequence,
        most: i64,
    ) -> Result<Vec<FileId>, StoreError> {
        let rows = self.all(sql::PROVISIONAL, values![bureau.0, after.0, most]).await?;
        let submissions = rows.iter().map(|row| row.get(0).map(Sequence)).collect::<Result<Vec<_>, _>>()?;
        let files = |submission| Track::ALL.map(|track| FileId { submission, track });
        Ok(submissions.into_iter().flat_map(files).collect())
    }

    /// Running clocks that end by a day, the earliest first; of one unit's files if given.
    pub(crate) async fn due(
        &mut self,
        bureau: BureauId,
        unit: Option<&UnitId>,
        until: LastDay,
        after: Option<DuePlace>,
        most: u32,
    ) -> Result<Vec<(FileId, Clock)>, StoreError> {
        let mut values = values![bureau.0, i64::from(until.number()), i64::from(most)];
        values.extend(match after {
            None => values![i64::MIN, 0_i64, 0_i16, 0_i16, 0_i64],
            Some(DuePlace { due_on, file, duty, started_by }) => values![
                i64::from(due_on.number()),
                file.submission.0,
                track_code(file.track),
                duty.code(),
                started_by.0
            ],
        });
        let sql = match unit {
            None => sql::DUE,
            Some(unit) => {
                values.push(Value::from(unit.as_str()));
                sql::DUE_IN_UNIT
            }
        };
        self.all(sql, values).await?.iter().map(Clock::read).collect()
    }

    /// Of clocks that began between two days and were kept or have run out: how many there are, and how many were kept
    /// in time.
    pub(crate) async fn kept(
        &mut self,
        bureau: BureauId,
        today: Day,
        began: Days,
    ) -> Result<Vec<(Duty, UnitId, i64, i64)>, StoreError> {
        let days = [today, began.first(), began.last()].map(|day| i64::from(day.0));
        let [today, first, last] = days;
        let rows = self.all(sql::KEPT, values![bureau.0, today, first, last]).await?;
        rows.iter()
            .map(|row| {
                let duty = listed(row.get(0)?, Duty::from_code, "deadline", "duty")?;
                let unit = word(&row.get::<String>(1)?, UnitId::parse, "file", "unit")?;
                Ok((duty.ok_or(StoreError::corrupt("deadline", "duty"))?, unit, row.get(2)?, row.get(3)?))
            })
            .collect()
    }

    /// Files that came in on these days and that an export has ended or taken up without saying when, by unit and track.
    pub(crate) async fn undated(
        &mut self,
        bureau: BureauId,
        received: Days,
    ) -> Result<Vec<(UnitId, Track, i64)>, StoreError> {
        let (from, to) = (received.first().start(), received.last().plus(1).start());
        let rows = self.all(sql::UNDATED, values![bureau.0, from.0, to.0]).await?;
        rows.iter()
            .map(|row| {
                let unit = word(&row.get::<String>(0)?, UnitId::parse, "file", "unit")?;
                Ok((unit, track_of(row, 1, "file")?, row.get(2)?))
            })
            .collect()
    }

    /// The clocks that [`Tx::kept`] leaves to be looked at one by one, with unit and days of testing: of these the last day alone does
    /// not say whether they were kept in time.
    pub(crate) async fn kept_unsettled(
        &mut self,
        bureau: BureauId,
        today: Day,
        began: Days,
    ) -> Result<Vec<(Clock, UnitId, Testing)>, StoreError> {
        let [today, first, last] = [today, began.first(), began.last()].map(|day| i64::from(day.0));
        let rows = self.all(sql::KEPT_UNSETTLED, values![bureau.0, today, first, last]).await?;
        rows.iter()
            .map(|row| {
                let (_, clock) = Clock::read(row)?;
                let at = Clock::COLUMNS;
                let unit = word(&row.get::<String>(at)?, UnitId::parse, "file", "unit")?;
                Ok((clock, unit, Testing::read(row, at + 1)?.unwrap_or_default()))
            })
            .collect()
    }

    /// All clocks that were last computed by another version of the rules' code, by file.
    pub(crate) async fn clocks_of_others(
        &mut self,
        bureau: BureauId,
        version: i16,
    ) -> Result<Vec<(FileId, Clock)>, StoreError> {
        let rows = self.all(sql::DEADLINES_OF_OTHERS, values![bureau.0, version]).await?;
        rows.iter().map(Clock::read).collect()
    }

    /// Files that nobody has signed for in time.
    pub(crate) async fn escalating(
        &mut self,
        bureau: BureauId,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<FileRow>, StoreError> {
        let rows = self.all(sql::ESCALATING, values![bureau.0, now.0, i64::from(most)]).await?;
        let ids = rows.iter().map(|row| file_of(row, 0, "file")).collect::<Result<Vec<_>, _>>()?;
        self.files(bureau, &ids).await
    }

    /// Files that wait and that nobody has on lease, the least urgent first.
    pub(crate) async fn movable(
        &mut self,
        bureau: BureauId,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<FileId>, StoreError> {
        let rows = self.all(sql::MOVABLE, values![bureau.0, now.0, i64::from(most)]).await?;
        rows.iter().map(|row| file_of(row, 0, "file")).collect()
    }

    /// All clocks of these files, by file, each file's in the order in which they were started.
    pub(crate) async fn clocks(
        &mut self,
        bureau: BureauId,
        files: &[FileId],
    ) -> Result<Vec<(FileId, Clock)>, StoreError> {
        let row = |file: &FileId| values![bureau.0, file.submission.0, track_code(file.track)];
        let rows = self.many(&sql::DEADLINES, files.iter().map(row).collect()).await?;
        let mut clocks = rows.iter().map(Clock::read).collect::<Result<Vec<_>, _>>()?;
        clocks.sort_unstable_by_key(|(file, clock)| (*file, clock.started_by, clock.duty.code()));
        Ok(clocks)
    }
}
