//! The past of a run of complaints: read in few statements for all, seen by each as of its own place.
//!
//! What is read ahead is a guess that saves statements; what a complaint sees is asked of the history at its turn, and
//! read then if the guess fell short. So a batch sees what single submissions would see (promise 5).

use crate::domain::ids::{Sequence, Track};
use crate::domain::submission::Submission;
use crate::domain::time::Timestamp;
use crate::features::history::{
    Closure, Entry, History, KeyHash, KeyHashes, Lacking, Recency, Stretch, Window,
};
use crate::features::template::{Founder, Shingles, Templates};
use crate::features::{self, Observation, Reading, Signals};
use crate::ledger::{Batch, LedgerError, Prepared, shingles_of};
use crate::store::FileRow;

/// Rounds of reading ahead: the complaint's own keys, and the keys those lead to.
const READ_AHEAD: usize = 2;

/// One version that will be observed.
pub(super) struct Asking<'a> {
    pub(super) submission: &'a Submission,
    pub(super) key_hashes: KeyHashes,
    pub(super) shingles: Option<&'a Shingles>,
}

impl<'a> Asking<'a> {
    /// A new version; none when it holds no complaint.
    pub(super) fn of(prepared: &'a Prepared) -> Option<Self> {
        let submission = prepared.request.command.version().filter(|version| version.complaint.is_some())?;
        Some(Self {
            submission,
            key_hashes: prepared.key_hashes.clone(),
            shingles: prepared.shingles.as_ref(),
        })
    }
}

/// What was read of the past, and what the batch has added to it.
pub(super) struct Past {
    history: History,
    templates: Templates,
    /// Where the earliest year that a complaint of the batch looks back on begins.
    floor: Recency,
    /// Where the latest of them looks back from.
    high: Recency,
}

impl Past {
    /// Reads ahead for these complaints, and finds nothing out yet.
    pub(super) async fn read(batch: &mut Batch<'_>, asking: &[Asking<'_>]) -> Result<Self, LedgerError> {
        let windows = || asking.iter().map(|asking| Window::of(asking.submission.received.at));
        let floor = windows().map(|window| window.since).min().unwrap_or(Recency(0));
        let high = windows().map(|window| window.before).max().unwrap_or(floor);
        let history = History::unread(batch.relays());
        let mut past = Self { history, templates: Templates::default(), floor, high };
        past.read_templates(batch, asking).await?;
        let mut keys: Vec<(KeyHash, Recency)> = Vec::new();
        let mut groups: Vec<(KeyHash, Recency)> = Vec::new();
        for Asking { submission, key_hashes, shingles } in asking {
            let place = Window::of(submission.received.at).before;
            keys.extend(key_hashes.keys.iter().flatten().map(|key_hash| (*key_hash, place)));
            groups.extend(key_hashes.groups().map(|key_hash| (key_hash, place)));
            let found = shingles.and_then(|text| past.templates.find(text, submission.received.at));
            groups.extend(found.map(|found| (KeyHash::of_template(found.template), place)));
        }
        past.read_keys(batch, keys).await?;
        past.read_groups(batch, groups).await?;
        for _ in 1..READ_AHEAD {
            let lacking = asking.iter().flat_map(|Asking { submission, key_hashes, .. }| {
                let place = Window::of(submission.received.at).before;
                features::lacking(submission, key_hashes, &past.history)
                    .into_iter()
                    .map(move |key_hash| (key_hash, place))
            });
            let lacking = lacking.collect();
            past.read_keys(batch, lacking).await?;
        }
        Ok(past)
    }

    /// Observes one complaint, as of its receive time. `itself` is the place of its own earlier version.
    pub(super) async fn observe(
        &mut self,
        batch: &mut Batch<'_>,
        submission: &Submission,
        key_hashes: &KeyHashes,
        itself: Option<Recency>,
    ) -> Result<Observation, LedgerError> {
        loop {
            let place = Window::of(submission.received.at).before;
            match features::observe(submission, key_hashes, &self.history, itself) {
                Ok(observation) => return Ok(observation),
                Err(Lacking { keys, groups }) => {
                    self.read_keys(batch, keys.into_iter().map(|key_hash| (key_hash, place)).collect())
                        .await?;
                    self.read_groups(batch, groups.into_iter().map(|key_hash| (key_hash, place)).collect())
                        .await?;
                }
            }
        }
    }

    /// The template of a text received then, and how like it is to its first text.
    async fn template(
        &mut self,
        batch: &mut Batch<'_>,
        text: &Shingles,
        received: Timestamp,
    ) -> Result<Option<(Sequence, f64)>, LedgerError> {
        let missing = self.templates.missing(text, received);
        self.read_texts(batch, missing).await?;
        Ok(self.templates.find(text, received).map(|found| (found.template, found.likeness)))
    }

    /// A text that is of no template founds one, named by its event.
    fn found(&mut self, batch: &mut Batch<'_>, text: &Shingles, received: Timestamp, event: Sequence) {
        let first = Recency::new(received, event);
        let founder = Founder { first, sketch: text.sketch() };
        for anchor in text.anchors() {
            batch.writes.anchor(batch.keyed, anchor, founder);
        }
        self.templates.found(first, text.clone());
        self.history.note_new(KeyHash::of_template(event));
    }

    /// Marks with the template of the text, from the event `event` on a submission. In a replay, of a template whose first text was purged
    /// since it is known who is of it, and nobody else comes to be: nor does a text found one that was of one.
    pub(super) async fn key_hashes(
        &mut self,
        batch: &mut Batch<'_>,
        key_hashes: KeyHashes,
        text: Option<&Shingles>,
        (received, event, submission): (Timestamp, Sequence, Sequence),
    ) -> Result<KeyHashes, LedgerError> {
        let founders = batch.decided.founders.as_ref();
        let was_of_one = founders.is_some_and(|founders| !founders.contains(&event));
        if let Some(template) = batch.decided.templates.get(&submission).filter(|_| was_of_one) {
            return Ok(KeyHashes { template: Some(*template), likeness_percent: 0, ..key_hashes });
        }
        let Some(text) = text else {
            return Ok(KeyHashes { template: None, likeness_percent: 0, ..key_hashes });
        };
        let (template, likeness) = match self.template(batch, text, received).await? {
            Some((template, likeness)) => (Some(template), likeness),
            None if was_of_one => (None, 0.0),
            None => {
                self.found(batch, text, received, event);
                (Some(event), 1.0)
            }
        };
        Ok(KeyHashes { template, likeness_percent: percent(likeness), ..key_hashes })
    }

    /// Keeps a new complaint for later ones, in this batch and after it.
    pub(super) fn remember(&mut self, batch: &mut Batch<'_>, key_hashes: &KeyHashes, file: &FileRow) {
        let recency = Recency::new(file.state.received_at, file.id.submission);
        let entry = kept(batch, key_hashes.entry(file.number.clone(), recency), file.id.submission);
        keep(batch, key_hashes, &entry);
        self.history.fold(key_hashes, &entry);
    }

    /// What has become of a complaint, from here on.
    pub(super) fn apply_change(&mut self, file: &FileRow) {
        if file.id.track == Track::Complaint {
            let complaint = Recency::new(file.state.received_at, file.id.submission);
            self.history.close(
                complaint,
                Closure::of(file.state.ended_at, file.state.withdrawn_at, file.state.disposition),
            );
        }
    }

    async fn read_keys(
        &mut self,
        batch: &mut Batch<'_>,
        mut wanted: Vec<(KeyHash, Recency)>,
    ) -> Result<(), LedgerError> {
        // What one complaint sees another of the batch may be led to, so each key is read up to the latest of them.
        let to_the_end: Vec<_> = wanted.iter().map(|(key_hash, _)| (*key_hash, self.high)).collect();
        wanted.retain(|(key_hash, place)| !self.history.is_read(*key_hash, *place));
        if wanted.is_empty() {
            return Ok(());
        }
        wanted.extend(to_the_end);
        let stretches = stretches(wanted, |key_hash, place| self.history.wanted(key_hash, place, self.floor));
        Ok(batch.tx.past(batch.keyed, &stretches, &mut self.history).await?)
    }

    async fn read_groups(
        &mut self,
        batch: &mut Batch<'_>,
        wanted: Vec<(KeyHash, Recency)>,
    ) -> Result<(), LedgerError> {
        let stretches = stretches(wanted, |key_hash, place| self.history.wanted(key_hash, place, self.floor));
        Ok(batch.tx.neighbours(batch.keyed, &stretches, &mut self.history).await?)
    }

    async fn read_templates(
        &mut self,
        batch: &mut Batch<'_>,
        asking: &[Asking<'_>],
    ) -> Result<(), LedgerError> {
        let texts =
            || asking.iter().filter_map(|asking| Some((asking.shingles?, asking.submission.received.at)));
        let places = texts().flat_map(|(text, received)| {
            let place = Window::of(received).before;
            text.anchors().map(move |anchor| (anchor, place))
        });
        let anchors = stretches(places.collect(), |_, before| Some(Stretch { since: Recency(0), before }));
        batch.tx.anchors(batch.keyed, &anchors, &mut self.templates).await?;
        let missing = texts().flat_map(|(text, received)| self.templates.missing(text, received)).collect();
        self.read_texts(batch, missing).await
    }

    async fn read_texts(&mut self, batch: &mut Batch<'_>, firsts: Vec<Recency>) -> Result<(), LedgerError> {
        let texts = shingles_of(batch, firsts.iter().map(|first| first.sequence())).await?;
        for first in firsts {
            if let Some(text) = texts.get(&first.sequence()) {
                self.templates.tell(first, text.clone());
            }
        }
        Ok(())
    }
}

/// The stretches to be read for these places: each from the one before it, so that no two of a key hash overlap.
fn stretches<M: Copy + Ord>(
    mut places: Vec<(M, Recency)>,
    wanted: impl Fn(M, Recency) -> Option<Stretch>,
) -> Vec<(M, Stretch)> {
    places.sort_unstable();
    places.dedup();
    let mut found: Vec<(M, Stretch)> = Vec::with_capacity(places.len());
    for (key_hash, place) in places {
        let Some(mut stretch) = wanted(key_hash, place) else { continue };
        if let Some((_, before)) = found.last().filter(|(last, _)| *last == key_hash) {
            stretch.since = stretch.since.max(before.before);
        }
        found.push((key_hash, stretch));
    }
    found
}

/// What history keeps of a complaint by an event: in a replay, as the version kept it that took it in.
pub(super) fn kept(batch: &Batch<'_>, entry: Entry, event: Sequence) -> Entry {
    let matter = entry.matter.filter(|_| batch.decided.keeps_matter(event));
    Entry { matter, ..entry }
}

/// In a replay: the matter of what another version took in is read as that version read it.
pub(super) fn read_as_then(
    batch: &Batch<'_>,
    key_hashes: &mut KeyHashes,
    submission: &Submission,
    event: Sequence,
) {
    let reading = batch.decided.reading(event);
    if reading != Reading::LATEST {
        let (hash_key, received) = (&batch.hash_key, submission.received.at.day());
        let matter = |part| hash_key.matter(part, &Signals::read_as(part, reading), received);
        key_hashes.matter = submission.complaint.as_ref().map(matter);
    }
}

/// What later complaints will find under each key hash.
pub(super) fn keep(batch: &mut Batch<'_>, key_hashes: &KeyHashes, entry: &Entry) {
    for key_hash in key_hashes.all() {
        batch.writes.history(batch.keyed, key_hash, entry);
    }
}

/// A likeness in hundredths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
pub(super) fn percent(likeness: f64) -> u32 {
    (likeness * 100.0).round() as u32
}
