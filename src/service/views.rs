//! What callers are shown, read in one consistent look at the database.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::{Page, Service};
use crate::domain::act::Recused;
use crate::domain::caller::{Caller, Role};
use crate::domain::deadline::{Clock, Review, Testing};
use crate::domain::decision::Decision;
use crate::domain::ids::{BureauId, FileId, OfficerId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::plain::bare;
use crate::domain::purge::Purged;
use crate::domain::sight::{Seen, Sight};
use crate::domain::view::{FileState, FileView, SearchBy, SubmissionView, Term};
use crate::ledger::{Context, Known, LedgerError, Opener, facts, paused_since, purged, seen};
use crate::routing::Bureau;
use crate::routing::danger::dangers;
use crate::store::{FileRow, Tx};

impl Service {
    pub(super) async fn find_submission(
        &self,
        caller: &Caller,
        number: &RegistrationNumber,
    ) -> Result<Option<Sequence>, LedgerError> {
        let mut tx = self.inner.context.store.read().await?;
        let found = tx.submission(caller.bureau, number).await?;
        tx.rollback().await?;
        Ok(found)
    }

    pub(super) async fn show_submission(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        number: RegistrationNumber,
        submission: Sequence,
    ) -> Result<SubmissionView, LedgerError> {
        let ids = [Track::Report, Track::Complaint].map(|track| FileId { submission, track });
        let seen =
            Snapshot::read(&self.inner.context, opener, caller.bureau, &Sight::of(caller), &ids).await?;
        let recorded_at = seen.known.get(&submission).map(|known| known.recorded_at);
        let recorded_at = recorded_at.ok_or(LedgerError::Unreadable("submission"))?;
        Ok(SubmissionView { number, sequence: submission, recorded_at, files: seen.views(caller, &ids)? })
    }

    pub(super) async fn show_files(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        ids: &[FileId],
    ) -> Result<Vec<FileView>, LedgerError> {
        let sight = Sight::of(caller);
        Snapshot::read(&self.inner.context, opener, caller.bureau, &sight, ids).await?.views(caller, ids)
    }

    pub(super) async fn open_files(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        (track, officer): (Track, Option<&OfficerId>),
        after: Option<Sequence>,
        most: u32,
    ) -> Result<Page<FileView>, LedgerError> {
        let context = &self.inner.context;
        let sight = Sight::of(caller);
        let mut tx = context.store.read().await?;
        let unit = match &caller.unit {
            Some(unit) => unit.clone(),
            None => context.rules_in_force(&mut tx, caller.bureau).await?.reception().id.clone(),
        };
        // Who is not shown all reports of the unit is shown his own: a page of others' would tell how many there are.
        let own = sight
            .handler
            .as_ref()
            .filter(|_| sight.of_file(&unit, track, None, &Recused::default()) == Seen::IfHandled);
        let officer = match (own, officer) {
            (Some(own), Some(asked)) if own.officer != *asked => {
                return Ok(Page { items: Vec::new(), next: None });
            }
            (Some(own), _) => Some(&own.officer),
            (None, asked) => asked,
        };
        let after = after.unwrap_or(Sequence(0));
        let mut ids = tx.files_at(caller.bureau, (&unit, track), officer, after, most + 1).await?;
        tx.rollback().await?;
        let next = cut_page(&mut ids, most as usize);
        Ok(Page { items: self.show_files(opener, caller, &ids).await?, next })
    }

    pub(super) async fn find_files(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        by: SearchBy,
        after: Option<Sequence>,
        most: u32,
    ) -> Result<Page<FileView>, LedgerError> {
        let bureau = caller.bureau;
        let sight = Sight::of(caller);
        let mut below = after.unwrap_or(Sequence(i64::MAX));
        let (mut ids, mut wanted) = (Vec::new(), most + 2);
        let mut tx = self.inner.context.store.read().await?;
        // A page is of what is shown: where it ended by what is not, it would tell of that.
        loop {
            let mut found = self.found(&mut tx, (bureau, &by, sight.unit.as_ref()), below, wanted).await?;
            let is_last = matches!(by, SearchBy::Number(_)) || found.len() < wanted as usize;
            if let Some(last) = found.last().copied().filter(|_| !is_last) {
                // The other file of the last submission may be behind the end.
                found.retain(|id| id.submission != last.submission);
                below = Sequence(last.submission.0 + 1);
            }
            let rows = tx.files(bureau, &found).await?;
            let seen = seen(&mut tx, opener, bureau, &sight, rows.iter()).await?;
            ids.extend(found.into_iter().filter(|id| seen.contains(id)));
            if is_last || ids.len() >= most as usize + 2 {
                break;
            }
            wanted = wanted.saturating_mul(4).min(FOUND_AT_ONCE);
        }
        tx.rollback().await?;
        let next = cut_page(&mut ids, most as usize);
        let mut items = self.show_files(opener, caller, &ids).await?;
        for found in &mut items {
            // Who searches for a person is not told what is suspected of him: the file says it, when it is opened.
            (found.decision.suspicion, found.rescored) = (None, None);
        }
        Ok(Page { items, next })
    }

    /// Files by what they are searched for, newest first.
    async fn found(
        &self,
        tx: &mut Tx,
        (bureau, by, unit): (BureauId, &SearchBy, Option<&UnitId>),
        below: Sequence,
        most: u32,
    ) -> Result<Vec<FileId>, LedgerError> {
        Ok(match by {
            SearchBy::Number(number) => {
                // Filtered by unit in the query, so that another unit's number takes as long as an unknown one.
                let mut files = tx.by_number(bureau, number, unit).await?;
                files.retain(|file| file.submission < below);
                files
            }
            SearchBy::Phone(phone) => {
                let (hash_key, keyed) = self.inner.context.hash_key(tx, bureau).await?;
                tx.by_search_key(keyed, hash_key.phone_key(phone), unit, below, most).await?
            }
            SearchBy::ResidentId(id) => {
                let (hash_key, keyed) = self.inner.context.hash_key(tx, bureau).await?;
                tx.by_search_key(keyed, hash_key.document_key(id), unit, below, most).await?
            }
            SearchBy::ShopPrefix(prefix) => {
                tx.by_shop(bureau, &bare(prefix.as_str()), unit, below, most).await?
            }
        })
    }
}

/// Files of a search looked at in one go at most.
const FOUND_AT_ONCE: u32 = 4_096;

/// What was read of files in one look at the database.
pub(super) struct Snapshot {
    known: HashMap<Sequence, Known>,
    rows: HashMap<FileId, FileRow>,
    decisions: HashMap<FileId, Vec<Decision>>,
    clocks: Vec<(FileId, Clock)>,
    reviews: Vec<Review>,
    purged: HashMap<Sequence, Purged>,
    rules: Arc<Bureau>,
    /// Those that are within sight.
    seen: HashSet<FileId>,
}

impl Snapshot {
    /// Reads all that is shown of files.
    pub(super) async fn read(
        context: &Context,
        opener: Opener<'_>,
        bureau: BureauId,
        sight: &Sight,
        ids: &[FileId],
    ) -> Result<Self, LedgerError> {
        let submissions: BTreeSet<Sequence> = ids.iter().map(|id| id.submission).collect();
        let mut tx = context.store.read().await?;
        let rules = context.rules_in_force(&mut tx, bureau).await?;
        let purged = purged(&mut tx, opener, bureau, submissions.iter().copied()).await?;
        let known = facts(&mut tx, opener, bureau, submissions.into_iter()).await?;
        let rows = tx.files(bureau, ids).await?;
        let seen = Self {
            seen: seen(&mut tx, opener, bureau, sight, rows.iter()).await?,
            rules,
            known,
            purged,
            rows: rows.into_iter().map(|row| (row.id, row)).collect(),
            decisions: tx.decisions(bureau, ids).await?,
            clocks: tx.clocks(bureau, ids).await?,
            reviews: tx.reviews(bureau, ids).await?,
        };
        tx.rollback().await?;
        Ok(seen)
    }

    /// Views of the files among `ids` that exist and are within sight, in the order of `ids`; of another unit's none, whoever it was
    /// read for.
    pub(super) fn views(&self, caller: &Caller, ids: &[FileId]) -> Result<Vec<FileView>, LedgerError> {
        let sight = Sight::of(caller);
        let mut views = Vec::with_capacity(ids.len());
        for id in ids {
            let of_caller = |row: &&FileRow| {
                sight.of_file(&row.unit, row.id.track, row.officer.as_ref(), &row.recused) != Seen::No
            };
            let row = self.rows.get(id).filter(of_caller).filter(|row| self.seen.contains(&row.id));
            let Some(row) = row else { continue };
            let known = self.known.get(&id.submission).ok_or(LedgerError::Unreadable("submission"))?;
            let decisions = self.decisions.get(id).cloned().unwrap_or_default();
            let term = |clock: &Clock| shown_term(clock.clone(), &row.testing, &self.rules);
            let clocks = self.clocks.iter().filter(|(file, _)| file == id).map(|(_, clock)| term(clock));
            let reviews = self.reviews.iter().filter(|review| review.file == *id).cloned();
            let times = (clocks.collect(), reviews.collect());
            let view = file_view(caller, row.clone(), known, decisions, times)?;
            views.push(FileView { purged: self.purged.get(&id.submission).cloned(), ..view });
        }
        Ok(views)
    }
}

/// A term as it is shown: by the bureau's reading of Art. 45, and whether it stands still while something is tested.
pub(super) fn shown_term(clock: Clock, testing: &Testing, rules: &Bureau) -> Term {
    Term {
        ends_on: clock.due_on.day().map(|due| rules.ends_on(due)),
        paused_since: paused_since(&clock, testing),
        clock,
    }
}

/// Whether a caller may know of the other track's files: the complaint's holder is not told that there are reports
/// (promise 11).
pub(super) fn may_know_of_other(caller: &Caller, track: Track) -> bool {
    track == Track::Report || caller.roles.has_any(&[Role::Intake, Role::Reception])
}

/// Whether a caller may be shown the bureau in numbers: they count reports, which are no business of a unit elsewhere.
pub(super) fn counts_all(caller: &Caller) -> bool {
    caller.roles.has_any(&[Role::Reception, Role::Leader])
}

/// Cuts a page without splitting a submission between two pages; gives the cursor of the next one.
fn cut_page(ids: &mut Vec<FileId>, most: usize) -> Option<Sequence> {
    if ids.len() <= most {
        return None;
    }
    let last = ids.get(most.checked_sub(1)?)?.submission;
    let mut keep = most;
    while ids.get(keep).is_some_and(|id| id.submission == last) {
        keep += 1;
    }
    let more = keep < ids.len();
    ids.truncate(keep);
    more.then_some(last)
}

fn file_view(
    caller: &Caller,
    row: FileRow,
    known: &Known,
    decisions: Vec<Decision>,
    (clocks, reviews): (Vec<Term>, Vec<Review>),
) -> Result<FileView, LedgerError> {
    let facts = &known.facts;
    let track = row.id.track;
    let other = if track == Track::Complaint { Track::Report } else { Track::Complaint };
    let may_know = may_know_of_other(caller, track);
    let mut decisions = decisions.into_iter();
    let mut decision: Decision = decisions.next().ok_or(LedgerError::Unreadable("decision"))?;
    // Loads of a complaint's candidates count reports too: shown to its unit, they would tell of them.
    if let Some(routing) = decision.routing.as_mut().filter(|_| !may_know) {
        routing.candidates.clear();
    }
    let part = facts.part(track).cloned().ok_or(LedgerError::Unreadable("part"))?;
    Ok(FileView {
        id: row.id,
        number: row.number,
        received: facts.received,
        channel: facts.channel.clone(),
        complainant: facts.complainant.clone(),
        respondent: facts.respondent.clone(),
        dangers: dangers(&part),
        part,
        linked: facts.part(other).is_some().then_some(other).filter(|_| may_know),
        decision,
        rescored: decisions.next_back(),
        purged: None,
        state: FileState {
            status: row.state.status,
            unit: row.unit,
            token: row.token,
            leased_until: row.leased_until,
            officer: row.officer,
            withdrawn_at: row.state.withdrawn_at,
            urges: row.urges,
            finding: row.state.finding,
            imported_label: row.state.imported_label,
            accepted_upstream: row.state.accepted_upstream,
            ground: row.state.ground,
            disposition: row.state.disposition,
            termination: row.state.termination,
            recovered_fen: row.state.recovered_fen,
            ended_at: row.state.ended_at,
            danger: row.state.danger,
            skips: row.skips,
            warned_at: row.warned_at,
            clocks,
            reviews,
        },
    })
}
