//! The change feed (变更流): how results find their way back to 12315. Folding it from the start gives the state of every file.

use std::collections::HashMap;

use super::acts::{act, opened};
use super::{Changes, Service};
use crate::domain::caller::Caller;
use crate::domain::command::{EventKind, Handled};
use crate::domain::cursor::Cursor;
use crate::domain::ids::{FileId, Sequence, Track, UnitId};
use crate::domain::view::{After, Change};
use crate::ledger::{LedgerError, Opener, States, Stop, states};
use crate::routing::Bureau;
use crate::store::{ChangeRow, FileRow};
use crate::stored;

/// What was read beside the events of a page.
struct Beside<'a> {
    files: HashMap<FileId, FileRow>,
    /// The unit that each event sent a file to.
    assigned: HashMap<(Sequence, Track), UnitId>,
    states: States,
    rules: &'a Bureau,
}

impl Service {
    pub(super) async fn show_changes(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        after: Option<&Cursor>,
        most: u32,
    ) -> Result<Changes, Stop> {
        let (context, bureau) = (&self.inner.context, caller.bureau);
        let mut tx = context.store.read().await?;
        if let Some(given) = after
            && let Err(stop) = self.known_cursor(&mut tx, bureau, given).await
        {
            tx.rollback().await?;
            return Err(stop);
        }
        let rules = context.rules_in_force(&mut tx, bureau).await?;
        let after = after.map_or(Sequence(0), |cursor| cursor.sequence);
        let mut rows = tx.changes(bureau, after, most + 1).await?;
        let more = rows.len() > most as usize;
        rows.truncate(most as usize);
        let read_to = rows.last().map_or(after, |row| row.sequence);
        let cursor = self.cursor(&mut tx, bureau, read_to).await?;
        let ids: Vec<FileId> = rows
            .iter()
            .flat_map(|row| Track::ALL.map(|track| FileId { submission: row.submission, track }))
            .collect();
        let files: HashMap<FileId, FileRow> =
            tx.files(bureau, &ids).await?.into_iter().map(|file| (file.id, file)).collect();
        let assigned = tx.assignments(bureau, &ids).await?;
        let received = files.values().map(|file| (file.id, file.received_at));
        let states = states(&mut tx, opener, bureau, received, read_to).await?;
        tx.rollback().await?;
        let assigned = assigned.into_iter().map(|row| ((row.sequence, row.file.track), row.unit)).collect();
        let beside = Beside { files, assigned, states, rules: &rules };
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            let recorded = opened(opener, bureau, row)?;
            describe(&beside, row, &recorded, &mut items)?;
        }
        Ok(Changes { items, cursor, more })
    }
}

/// An event as the change feed shows it; what a submission begins with appears once a file.
fn describe(
    beside: &Beside<'_>,
    row: &ChangeRow,
    recorded: &stored::Recorded,
    changes: &mut Vec<Change>,
) -> Result<(), LedgerError> {
    let file = |track| FileId { submission: row.submission, track };
    let begins = matches!(row.kind, EventKind::Submit | EventKind::Backfill);
    let tracks: Vec<Track> = match row.track {
        Some(track) => vec![track],
        None => [Track::Report, Track::Complaint]
            .into_iter()
            .filter(|track| beside.files.contains_key(&file(*track)))
            .collect(),
    };
    let first = tracks.first().and_then(|track| beside.files.get(&file(*track)));
    let first = first.ok_or(LedgerError::Unreadable("file"))?;
    let received = first.received_at.day();
    // What is of the whole submission is shown for each file whose state it may change.
    let shown = tracks.into_iter().filter(|track| {
        begins || row.track.is_some() || row.kind != EventKind::Withdraw || *track == Track::Complaint
    });
    for track in shown {
        let whole = row.track.is_none() && !begins && row.kind != EventKind::Withdraw;
        changes.push(Change {
            act: act(row, recorded, received, beside.rules),
            number: first.number.clone(),
            track: Some(track).filter(|_| !whole),
            after: Some(after(beside, row, file(track))).filter(|_| !whole),
        });
        if whole {
            break;
        }
    }
    Ok(())
}

/// The state of a file right after an event.
fn after(beside: &Beside<'_>, row: &ChangeRow, file: FileId) -> After {
    let state = beside.states.after(file, row.sequence);
    let handled: Option<Handled> = row.answer.as_deref().and_then(|answer| stored::from_json(answer).ok());
    let assigned = beside.assigned.get(&(row.sequence, file.track)).cloned();
    let first = || beside.files.get(&file).map(|file| file.unit.clone());
    // A file that came in having ended is never sent anywhere.
    let first = if row.kind == EventKind::Backfill { first() } else { None };
    After {
        status: state.status,
        unit: assigned.or(handled.map(|handled| handled.unit)).or(first),
        ground: state.ground,
        disposition: state.disposition,
        termination: state.termination,
        recovered_fen: state.recovered_fen,
        ended_at: state.ended_at,
        withdrawn_at: state.withdrawn_at,
        accepted_upstream: state.accepted_upstream,
    }
}
