//! The change feed (变更流): how results find their way back to 12315. Folding it from the start gives the state of every file.

use std::collections::HashMap;
use std::time::Duration;

use super::acts::{act, merged, merged_into, opened};
use super::views::shown_term;
use super::{Changes, Service};
use crate::domain::caller::Caller;
use crate::domain::command::{EventKind, FileRef, Handled};
use crate::domain::cursor::Cursor;
use crate::domain::deadline::{Clock, Review};
use crate::domain::ids::{BureauId, FileId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::view::{After, Change, Owed};
use crate::ledger::{LedgerError, Opener, States, Stop, states};
use crate::routing::Bureau;
use crate::store::{ChangeRow, FileRow, Tx};
use crate::stored::{self, Recorded};

/// How often a reader who waits for changes is looked for.
pub(super) const POLL: Duration = Duration::from_millis(500);

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
        let recorded: Vec<Recorded> =
            rows.iter().map(|row| opened(opener, bureau, row)).collect::<Result<_, _>>()?;
        // A report that was merged changes the earlier one, too.
        let merged_into: Vec<FileRef> = recorded.iter().filter_map(merged_into).collect();
        let earlier = tx.files_by_number(bureau, merged_into.iter()).await?;
        let of_rows =
            rows.iter().flat_map(|row| Track::ALL.map(|track| FileId { submission: row.submission, track }));
        let ids: Vec<FileId> = of_rows.chain(earlier.iter().map(|file| file.id)).collect();
        let files: HashMap<FileId, FileRow> =
            tx.files(bureau, &ids).await?.into_iter().map(|file| (file.id, file)).collect();
        let assigned = tx.assignments(bureau, &ids).await?;
        let received = files.values().map(|file| (file.id, file.state.received_at));
        let states = states(&mut tx, opener, bureau, received, read_to).await?;
        let mut owed = Owing::read(&mut tx, bureau, &files).await?;
        tx.rollback().await?;
        let assigned = assigned.into_iter().map(|row| ((row.sequence, row.file.track), row.unit)).collect();
        let beside = Beside { files, assigned, states, rules: &rules };
        let mut items = Vec::with_capacity(rows.len());
        for (row, recorded) in rows.iter().zip(&recorded) {
            describe(&beside, row, recorded, &mut items)?;
        }
        for change in items.iter_mut().rev() {
            let Some(track) = change.track else { continue };
            change.owed = owed.take(&beside, &change.number, track);
        }
        Ok(Changes { items, cursor, more })
    }
}

/// Terms and reviews of the files of a page, each to be shown once.
struct Owing {
    clocks: HashMap<FileId, Vec<Clock>>,
    reviews: HashMap<FileId, Vec<Review>>,
    named: HashMap<(RegistrationNumber, Track), FileId>,
}

impl Owing {
    async fn read(
        tx: &mut Tx,
        bureau: BureauId,
        files: &HashMap<FileId, FileRow>,
    ) -> Result<Self, LedgerError> {
        let ids: Vec<FileId> = files.keys().copied().collect();
        let (mut clocks, mut reviews): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        for (file, clock) in tx.clocks(bureau, &ids).await? {
            clocks.entry(file).or_default().push(clock);
        }
        for review in tx.reviews(bureau, &ids).await? {
            reviews.entry(review.file).or_default().push(review);
        }
        let named = files.values().map(|file| ((file.number.clone(), file.id.track), file.id)).collect();
        Ok(Self { clocks, reviews, named })
    }

    /// Of a file, unless they were taken before.
    fn take(&mut self, beside: &Beside<'_>, number: &RegistrationNumber, track: Track) -> Option<Owed> {
        let id = self.named.remove(&(number.clone(), track))?;
        let testing = &beside.files.get(&id)?.testing;
        let clocks = self.clocks.remove(&id).unwrap_or_default();
        let shown = |clock| shown_term(clock, testing, beside.rules);
        let reviews = self.reviews.remove(&id).unwrap_or_default();
        Some(Owed { clocks: clocks.into_iter().map(shown).collect(), reviews })
    }
}

/// An event as the change feed shows it; what a submission begins with appears once a file.
fn describe(
    beside: &Beside<'_>,
    row: &ChangeRow,
    recorded: &Recorded,
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
    let received = first.state.received_at.day();
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
            owed: None,
        });
        if whole {
            break;
        }
    }
    if let Some(earlier) = merged_into(recorded)
        && let Some(file) = beside
            .files
            .values()
            .find(|file| (&file.number, file.id.track) == (&earlier.number, earlier.track))
        && let Some(act) = merged(row, recorded, file.state.received_at.day(), beside.rules)
    {
        let after = After { unit: None, ..after(beside, row, file.id) };
        let (number, track) = (earlier.number, Some(earlier.track));
        changes.push(Change { act, number, track, after: Some(after), owed: None });
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
        danger: state.danger,
    }
}
