//! Which of the files that were read a caller may know of, where it takes more than the files themselves to tell.

use std::collections::{HashMap, HashSet};

use super::{LedgerError, Opener};
use crate::domain::command::{Command, Handling};
use crate::domain::handling::Status;
use crate::domain::ids::{BureauId, FileId, OfficerId, Sequence};
use crate::domain::sight::{Handler, Seen, Sight};
use crate::store::{FileRow, Tx};

/// Those of these files that are within sight.
pub(crate) async fn seen<'r>(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    sight: &Sight,
    rows: impl Iterator<Item = &'r FileRow> + Clone,
) -> Result<HashSet<FileId>, LedgerError> {
    let plain = |row: &FileRow| sight.of_file(&row.unit, row.id.track, row.officer.as_ref(), &row.recused);
    let mut seen: HashSet<FileId> =
        rows.clone().filter(|row| plain(row) == Seen::Yes).map(|row| row.id).collect();
    let Some(Handler { officer, answers, .. }) = &sight.handler else { return Ok(seen) };
    let open: Vec<&FileRow> = rows.filter(|row| plain(row) == Seen::IfHandled).collect();
    if *answers {
        let ids: Vec<FileId> = open.iter().map(|row| row.id).collect();
        seen.extend(tx.reviews(bureau, &ids).await?.into_iter().map(|review| review.file));
    }
    let holders = lease_holders(tx, opener, bureau, open.iter().copied()).await?;
    let holds = |row: &&&FileRow| row.token.and_then(|token| holders.get(&token)) == Some(officer);
    seen.extend(open.iter().filter(holds).map(|row| row.id));
    Ok(seen)
}

/// The file, if it is within sight.
pub(crate) async fn within(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    sight: &Sight,
    row: Option<FileRow>,
) -> Result<Option<FileRow>, LedgerError> {
    let seen = seen(tx, opener, bureau, sight, row.iter()).await?;
    Ok(row.filter(|row| seen.contains(&row.id)))
}

/// The officers of leases, also of those that have run out and that nobody else has been given: a lease's token is the place of the
/// pull, or of its last extension, in the log.
pub(crate) async fn lease_holders<'r>(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    rows: impl Iterator<Item = &'r FileRow>,
) -> Result<HashMap<Sequence, OfficerId>, LedgerError> {
    let leased = rows.filter(|row| row.state.status == Status::Waiting && row.leased_until.is_some());
    let mut places: Vec<Sequence> = leased.filter_map(|row| row.token).collect();
    places.sort_unstable();
    places.dedup();
    let mut holders = HashMap::new();
    for (place, payload) in tx.payloads(bureau, places.into_iter()).await? {
        let recorded = opener.open(bureau, place, &payload)?;
        if let Command::Pull { officer, .. } | Command::Handle(Handling { officer, .. }) = recorded.command {
            holders.insert(place, officer);
        }
    }
    Ok(holders)
}
