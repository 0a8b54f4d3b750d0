//! What may be purged (清除), and what was: the one rule, asked before anything is purged and again in the transaction that does it.

use std::collections::HashMap;

use super::{LedgerError, Opener};
use crate::domain::command::Command;
use crate::domain::ids::{BureauId, FileId, RegistrationNumber, Sequence, Track};
use crate::domain::purge::{Hold, Purge, Purged};
use crate::domain::time::{Day, Timestamp};
use crate::routing::Retention;
use crate::store::{FileRow, Tx};

/// The latest day on which something may have come in that may be purged on a day: whatever ended, came in before.
pub(crate) fn came_in_before(retention: &Retention, today: Day) -> Option<Timestamp> {
    let years = Track::ALL.iter().filter_map(|track| retention.years(*track)).min()?;
    Some(today.years_later(-i16::from(years)).plus(1).start())
}

/// Whether a submission may be purged on a day, and how it is then said; or why it is kept. With the day on which its last file ended.
pub(crate) async fn may_be_purged(
    tx: &mut Tx,
    bureau: BureauId,
    (retention, today): (&Retention, Day),
    (submission, number): (Sequence, &RegistrationNumber),
) -> Result<Result<(Purge, Day), Hold>, LedgerError> {
    let ids = Track::ALL.map(|track| FileId { submission, track });
    let files = tx.files(bureau, &ids).await?;
    if files.is_empty() || files.iter().any(|file| !file.state.status.has_ended()) {
        return Ok(Err(Hold::Open));
    }
    let reviews = tx.reviews(bureau, &ids).await?;
    if reviews.iter().any(|review| review.outcome.is_none()) {
        return Ok(Err(Hold::UnderReview));
    }
    let Some(years) = files.iter().map(|file| retention.years(file.id.track)).collect::<Option<Vec<_>>>()
    else {
        return Ok(Err(Hold::NoTerm));
    };
    let ended = files.iter().map(ended).max().unwrap_or(Timestamp(0)).day();
    // What a review has decided anew begins anew.
    let ends = reviews.iter().filter_map(|review| review.ended_by);
    let reviewed = tx.event_digests(bureau, ends).await?.into_iter().map(|(_, at, _)| at.day()).max();
    let years = years.into_iter().max().unwrap_or(u8::MAX);
    let from = reviewed.map_or(ended, |day| day.max(ended));
    if from.years_later(i16::from(years)) >= today {
        return Ok(Err(Hold::NotYet));
    }
    let complaint = files.iter().find(|file| file.id.track == Track::Complaint);
    if let Some(file) = complaint.filter(|file| file.cluster != -submission.0) {
        let key = (file.cluster, Track::Complaint);
        if !tx.open_of_clusters(bureau, std::iter::once(key)).await?.is_empty() {
            return Ok(Err(Hold::Linked));
        }
    }
    Ok(Ok((Purge { number: number.clone(), years, basis: retention.basis.clone() }, ended)))
}

/// When a file ended. Where an export does not tell, it had ended when that was written, or came in here.
fn ended(file: &FileRow) -> Timestamp {
    file.state.ended_at.or(file.state.as_of).unwrap_or(file.queued_at)
}

/// Which of these submissions were purged, on which day, and why.
pub(crate) async fn purged(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    submissions: impl Iterator<Item = Sequence>,
) -> Result<HashMap<Sequence, Purged>, LedgerError> {
    let mut purged = HashMap::new();
    for (submission, row) in tx.purges(bureau, submissions).await? {
        let Command::Purge(Purge { years, basis, .. }) =
            opener.open(bureau, row.sequence, &row.payload)?.command
        else {
            return Err(LedgerError::Unreadable("purge"));
        };
        let (sequence, on) = (row.sequence, row.recorded_at.day());
        purged.insert(submission, Purged { sequence, on, years, basis });
    }
    Ok(purged)
}
