//! What was decided by another version of the deciding code: a replay takes it over and decides the rest. What people did under
//! another version is applied as it was done: rules that came later do not refuse it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::versions::{ACTS_SINCE, MATTER_SINCE, MEANT_SINCE, OWNED_SINCE, SPOKEN_SINCE};
use super::{Context, LedgerError};
use crate::domain::command::Lease;
use crate::domain::deadline::Clock;
use crate::domain::decision::{Decision, Suspicion};
use crate::domain::ids::{FileId, Sequence, Track};
use crate::domain::submission::Submission;
use crate::domain::time::Timestamp;
use crate::features::history::{Cut, Recency};
use crate::features::{FEATURES, Measure, Reading};
use crate::store::{Keyed, Tx};

/// What is taken over; empty but in a replay.
#[derive(Debug, Default)]
pub(crate) struct Decided {
    /// Events of another version, with that version; none: a release that had no versions.
    pub(crate) events: HashMap<Sequence, Option<i16>>,
    /// What was decided by them.
    pub(crate) decisions: HashMap<(FileId, Sequence), Decision>,
    /// Cluster and kind of work of the files that came in by them.
    pub(crate) files: HashMap<FileId, (i64, String)>,
    /// The files that their pulls gave out.
    pub(crate) leases: HashMap<Sequence, Vec<Lease>>,
    /// Decisions of this version that may have read a past which was purged since, or were made by another identity key, with cluster and
    /// kind of work where they are first ones: made again, and taken over where the past alone makes the difference.
    pub(crate) of_lost_past: HashMap<(FileId, Sequence), Decision>,
    /// The latest purge.
    pub(crate) last_purge: Option<Sequence>,
    /// How many of these were taken over for it.
    pub(crate) passed: AtomicUsize,
    /// How many were taken over because another identity key was in use then.
    pub(crate) by_key: AtomicUsize,
    /// Templates of submissions whose template has lost its first text.
    pub(crate) templates: HashMap<Sequence, Sequence>,
    /// Where something was purged: the events whose texts founded a template. The text of any other was of one, though its first text may
    /// be gone by now; each version of a submission has its own.
    pub(crate) founders: Option<HashSet<Sequence>>,
    /// Links that were cut by events on complaints that were purged since.
    pub(crate) cuts: HashMap<Sequence, Vec<Cut>>,
    /// Terms that were last computed by another version, by file.
    pub(crate) terms: Arc<HashMap<FileId, Vec<Clock>>>,
}

impl Decided {
    /// Whether an event was decided by another version.
    pub(crate) fn has(&self, event: Sequence) -> bool {
        self.events.contains_key(&event)
    }

    /// Whether an amendment gives its files the operator that it names. Releases that had no versions left them the first one.
    pub(crate) fn changes_operator(&self, amendment: Sequence) -> bool {
        self.events.get(&amendment).is_none_or(Option::is_some)
    }

    /// Whether history keeps what the complaint of an event is about: it did not before version 2.
    pub(crate) fn keeps_matter(&self, event: Sequence) -> bool {
        self.is_since(event, MATTER_SINCE)
    }

    /// How the text of the complaint of an event is read for its matter.
    pub(crate) fn reading(&self, event: Sequence) -> Reading {
        match () {
            () if self.is_since(event, MEANT_SINCE) => Reading::Meant,
            () if self.is_since(event, OWNED_SINCE) => Reading::Owned,
            () if self.is_since(event, SPOKEN_SINCE) => Reading::Spoken,
            () => Reading::Written,
        }
    }

    /// Whether an event keeps only the duties that it is an act of: before version 3 a decision told, too.
    pub(crate) fn keeps_acts(&self, event: Sequence) -> bool {
        self.is_since(event, ACTS_SINCE)
    }

    fn is_since(&self, event: Sequence, first: i16) -> bool {
        self.events.get(&event).is_none_or(|version| version.is_some_and(|version| version >= first))
    }

    /// The first decision on a file, with its cluster and kind of work.
    pub(crate) fn file(&self, file: FileId) -> Option<(&Decision, i64, &str)> {
        let decision = self.decisions.get(&(file, file.submission))?;
        self.files.get(&file).map(|(cluster, kind)| (decision, *cluster, kind.as_str()))
    }

    /// The first decision on a file as it is stored, with its cluster, where it is not what was decided now and a past that was purged
    /// may be why.
    pub(crate) fn file_of_lost_past(
        &self,
        file: FileId,
        now: Option<&Suspicion>,
        cluster: i64,
    ) -> Option<(&Decision, i64)> {
        let stored = self.of_lost_past.get(&(file, file.submission))?;
        let (cluster_then, _) = self.files.get(&file)?;
        let is_same = stored.suspicion.as_ref() == now && *cluster_then == cluster;
        let may_differ = match (&stored.suspicion, now) {
            (Some(stored), Some(now)) => differs_by_the_past(stored, now),
            (None, None) => true,
            _ => false,
        };
        (!is_same && may_differ).then(|| self.pass(file.submission, (stored, *cluster_then)))
    }

    /// The same of a later score.
    pub(crate) fn score_of_lost_past(
        &self,
        file: FileId,
        event: Sequence,
        now: &Suspicion,
    ) -> Option<&Suspicion> {
        let stored = self.of_lost_past.get(&(file, event))?.suspicion.as_ref()?;
        (stored != now && differs_by_the_past(stored, now)).then(|| self.pass(event, stored))
    }

    fn pass<T>(&self, event: Sequence, taken: T) -> T {
        let is_before_purge = self.last_purge.is_some_and(|last| event < last);
        let count = if is_before_purge { &self.passed } else { &self.by_key };
        count.fetch_add(1, Ordering::Relaxed);
        taken
    }

    /// The score that an amendment led to.
    pub(crate) fn score(&self, file: FileId, amendment: Sequence) -> Option<&Suspicion> {
        self.decisions.get(&(file, amendment))?.suspicion.as_ref()
    }

    /// The files that a pull gave out, in order.
    pub(crate) fn pulled(&self, pull: Sequence) -> Option<Vec<Sequence>> {
        let leases = self.leases.get(&pull)?;
        Some(leases.iter().map(|lease| lease.file.submission).collect())
    }

    /// The terms of a file as they are after an event, those of another version as they were stored. Whether one is kept or
    /// dropped is what people did: that is `ours`. None when the file has none of another version.
    pub(crate) fn terms(&self, file: FileId, ours: &[Clock], after: Sequence) -> Option<Vec<Clock>> {
        let stored = self.terms.get(&file)?;
        let same = |one: &Clock, other: &Clock| (one.duty, one.started_by) == (other.duty, other.started_by);
        let taken = stored.iter().filter(|other| other.started_by <= after).map(|other| {
            let ours = ours.iter().find(|one| same(one, other));
            let met_on = ours.and_then(|one| one.met_on);
            Clock { met_on, dropped: ours.is_some_and(|one| one.dropped), ..other.clone() }
        });
        let kept = ours.iter().filter(|one| !stored.iter().any(|other| same(one, other)));
        Some(kept.cloned().chain(taken).collect())
    }
}

/// Whether two scores say the same of the complaint itself, by the same model: what differs is what they saw of the past.
fn differs_by_the_past(one: &Suspicion, other: &Suspicion) -> bool {
    let of_complaint =
        FEATURES.iter().enumerate().filter(|(_, feature)| matches!(feature.measure, Measure::Complaint(_)));
    let bits = |score: &Suspicion, at: usize| score.vector.get(at).map(|value| value.to_bits());
    (&one.schema_hash, &one.model) == (&other.schema_hash, &other.model)
        && of_complaint.into_iter().all(|(at, _)| bits(one, at) == bits(other, at))
}

/// The events whose texts founded a template that is there still, of events that brought a version of a submission: event, submission and
/// version.
pub(crate) async fn founders(
    tx: &mut Tx,
    context: &Context,
    keyed: Keyed,
    versions: impl Iterator<Item = (Sequence, Sequence, &Submission)> + Clone,
) -> Result<HashSet<Sequence>, LedgerError> {
    let complaint = |submission| FileId { submission, track: Track::Complaint };
    let files: HashSet<FileId> = versions.clone().map(|(_, submission, _)| complaint(submission)).collect();
    let files = tx.files(keyed.bureau, &files.into_iter().collect::<Vec<_>>()).await?;
    let received: HashMap<Sequence, Timestamp> =
        files.into_iter().map(|file| (file.id.submission, file.state.received_at)).collect();
    let hash_key = context.identity.hash_key(keyed.key)?;
    let text = |(event, submission, version): (Sequence, Sequence, &Submission)| {
        let anchor = hash_key.shingles(version)?.anchors().next()?;
        Some((anchor, Recency::new(*received.get(&submission)?, event)))
    };
    let founded = tx.founded(keyed, versions.filter_map(text)).await?;
    Ok(founded.into_iter().map(Recency::sequence).collect())
}
