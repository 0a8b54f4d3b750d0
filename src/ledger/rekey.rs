//! Another identity key (更换标识密钥): everything that is kept by key hashes is made by the next key beside what the present one made, some
//! submissions at a time beside a serving process; then, in one event, the next key takes the place of the present one.
//!
//! Nothing is decided again and nothing is read otherwise: each row is made as it stands, from the facts it was made of. Which texts founded
//! a template, which complaints are of it and whose cluster a file is of stays as it was.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::{Batch, Context, LedgerError, Opener, key_hashes_of, versions_of};
use crate::domain::command::{Command, EventKind};
use crate::domain::ids::{BureauId, FileId, HashKeyId, Sequence, Track};
use crate::domain::submission::Submission;
use crate::domain::time::Timestamp;
use crate::features::history::{Cut, KeyHash, KeyHashes, Matter, Recency};
use crate::features::template::{Founder, Sketch};
use crate::features::{Reading, Signals};
use crate::identity::HashKey;
use crate::store::{Head, Keyed, Standing, StoreError, Tx, Writes};

/// Events of one step: the bureau waits for no longer than for a batch.
const STEP: i64 = 128;
/// Events that the change itself may still have to catch up with.
const LAST: i64 = 512;

/// How far the next key has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rekeying {
    /// The event up to which everything is made by it.
    pub(crate) to: Sequence,
    /// The last event.
    pub(crate) last: Sequence,
}

/// The present key and the next.
struct Keys {
    now: Arc<HashKey>,
    next: Arc<HashKey>,
    bureau: BureauId,
}

impl Keys {
    fn of(context: &Context, bureau: BureauId, head: &Head) -> Result<Option<Self>, LedgerError> {
        let Some(next) = head.next_hash_key else { return Ok(None) };
        let (now, next) = (context.identity.hash_key(head.hash_key)?, context.identity.hash_key(next)?);
        Ok(Some(Self { now, next, bureau }))
    }

    fn now(&self) -> Keyed {
        Keyed { bureau: self.bureau, key: self.now.id() }
    }

    fn next(&self) -> Keyed {
        Keyed { bureau: self.bureau, key: self.next.id() }
    }
}

/// Makes by the next key what came in by the next events; none when no other key is being made. What another process has done meanwhile
/// is not done again.
pub(crate) async fn rekey_next(context: &Context, bureau: BureauId) -> Result<Option<Rekeying>, LedgerError> {
    let gone = || StoreError::Missing("there is no such bureau");
    // Made without the lock: what changes meanwhile is an event behind these.
    let mut tx = context.store.read_at_length().await?;
    let head = tx.head(bureau).await?.ok_or_else(gone)?;
    let Some(keys) = Keys::of(context, bureau, &head)? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let (to, made) = step(&mut tx, context, &keys, head.rekeyed_to).await?;
    tx.rollback().await?;
    let mut tx = context.store.begin(bureau).await?;
    let now = tx.head(bureau).await?.ok_or_else(gone)?;
    let place = |head: &Head| (head.next_hash_key, head.rekeyed_to);
    if place(&now) != place(&head) {
        tx.rollback().await?;
        return Ok(Some(Rekeying { to: now.rekeyed_to, last: now.sequence }));
    }
    put(&mut tx, &keys, made).await?;
    tx.set_rekeyed_to(bureau, to).await?;
    tx.commit().await?;
    context.store.has_kept()?;
    Ok(Some(Rekeying { to, last: now.sequence }))
}

/// What the events behind a place brought, made by the next key, and the place reached.
async fn step(
    tx: &mut Tx,
    context: &Context,
    keys: &Keys,
    after: Sequence,
) -> Result<(Sequence, Vec<Made>), LedgerError> {
    let events = tx.happened(keys.bureau, after, STEP).await?;
    let to = events.last().map_or(after, |(sequence, ..)| *sequence);
    let is_version = |kind: EventKind| {
        matches!(kind, EventKind::Submit | EventKind::Unmask | EventKind::Amend | EventKind::Backfill)
    };
    let brought = events.into_iter().filter(|(_, kind, _)| is_version(*kind));
    let submissions: BTreeSet<Sequence> = brought.filter_map(|(.., submission)| submission).collect();
    Ok((to, make(tx, context, keys, submissions).await?))
}

/// What the next key makes of one submission.
struct Made {
    submission: Sequence,
    template: Option<Sequence>,
    /// Numbers of persons and operators by both keys.
    numbers: Vec<(i64, i64)>,
    /// Where it stands in the history, its key hashes and its number there.
    kept: Option<(KeyHashes, Recency, Standing)>,
    search: Vec<(KeyHash, Track)>,
    /// Templates that its texts founded.
    founded: Vec<(Founder, Vec<i64>)>,
    /// What an earlier step may have made of it: it has several versions.
    before: Option<Before>,
}

/// Where a submission stands, its key hashes and its search keys by all of its versions.
type Before = (Recency, Vec<KeyHash>, Vec<(KeyHash, Sequence, Track)>);

/// A text that may have founded a template: its anchors by both keys.
struct Text {
    submission: Sequence,
    first: Recency,
    now: i64,
    next: Vec<i64>,
    sketch: Sketch,
}

/// Makes submissions by the next key, as they stand.
async fn make(
    tx: &mut Tx,
    context: &Context,
    keys: &Keys,
    submissions: BTreeSet<Sequence>,
) -> Result<Vec<Made>, LedgerError> {
    let standing = tx.standing(keys.bureau, submissions.iter().copied()).await?;
    let opener = Opener::deciding(&context.identity);
    let versions = versions_of(tx, opener, keys.bureau, submissions.into_iter()).await?;
    let (mut all, mut texts, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    for (submission, versions) in versions {
        let Some(standing) = standing.get(&submission) else { continue };
        let (made, of_now) = of_submission(keys, submission, &versions, standing);
        texts.extend(texts_of(keys, submission, &versions));
        if let Some((_, place, _)) = &made.kept
            && let Some(hash) = first_of(&of_now)
        {
            asked.push((all.len(), hash, *place, of_now, versions));
        }
        all.push(made);
    }
    let matters = tx.matters(keys.now(), asked.iter().map(|(_, hash, place, ..)| (*hash, *place))).await?;
    for (at, _, place, of_now, versions) in asked {
        let stored = matters.get(&place).copied().flatten();
        if let Some((hashes, ..)) = all.get_mut(at).and_then(|made: &mut Made| made.kept.as_mut()) {
            hashes.matter = stored.map(|stored| matter(keys, &stored, (&of_now, hashes), &versions));
        }
    }
    let founded = tx.founded(keys.now(), texts.iter().map(|text| (text.now, text.first))).await?;
    let founded: HashSet<Recency> = founded.into_iter().collect();
    for text in texts.into_iter().filter(|text| founded.contains(&text.first)) {
        let founder = Founder { first: text.first, sketch: text.sketch };
        if let Some(made) = all.iter_mut().find(|made| made.submission == text.submission) {
            made.founded.push((founder, text.next));
        }
    }
    Ok(all)
}

/// One of the key hashes of a complaint.
fn first_of(hashes: &KeyHashes) -> Option<KeyHash> {
    hashes.all().next()
}

/// The versions of a submission: event, facts as stated, facts as known from then on.
type Versions = Vec<(Sequence, Submission, Submission)>;

/// What the next key makes of a submission, but for its matter and the templates it founded; and its key hashes by the present one.
fn of_submission(
    keys: &Keys,
    submission: Sequence,
    versions: &Versions,
    standing: &Standing,
) -> (Made, KeyHashes) {
    let received = versions.first().map_or(Timestamp(0), |(_, stated, _)| stated.received.at);
    let place = Recency::new(received, submission);
    let (mut numbers, mut earlier, mut earlier_search) = (Vec::new(), Vec::new(), Vec::new());
    let (mut of_now, mut of_next, mut search) = Default::default();
    for (.., known) in versions {
        (of_now, _) = key_hashes_of(&keys.now, known);
        (of_next, search) = key_hashes_of(&keys.next, known);
        numbers.extend(pairs(keys, known, &of_now, &of_next));
        earlier.extend(of_next.all());
        earlier_search.extend(search.iter().map(|(key, track)| (*key, submission, *track)));
    }
    (of_now.template, of_next.template) = (standing.template, standing.template);
    earlier.extend(standing.rekeyed_template.map(KeyHash::of_template));
    let has_complaint = versions.last().is_some_and(|(.., known)| known.complaint.is_some());
    let kept = (has_complaint && !standing.is_purged).then(|| (of_next, place, standing.clone()));
    if standing.is_purged {
        search.clear();
    }
    let made = Made {
        submission,
        template: standing.template,
        numbers,
        kept,
        search,
        founded: Vec::new(),
        before: (versions.len() > 1).then_some((place, earlier, earlier_search)),
    };
    (made, of_now)
}

/// Numbers of the sender, the complainant's name and the operator by both keys.
fn pairs(keys: &Keys, known: &Submission, now: &KeyHashes, next: &KeyHashes) -> Vec<(i64, i64)> {
    let operator = |key: &HashKey| key.respondent(&known.respondent).map(KeyHash::number);
    let both = [
        (keys.now.sender(known), keys.next.sender(known)),
        (now.person, next.person),
        (now.name, next.name),
        (operator(&keys.now), operator(&keys.next)),
    ];
    both.into_iter().filter_map(|(now, next)| now.zip(next)).collect()
}

/// The texts of a submission that may have founded a template.
fn texts_of(keys: &Keys, submission: Sequence, versions: &Versions) -> Vec<Text> {
    let received = versions.first().map_or(Timestamp(0), |(_, stated, _)| stated.received.at);
    let text = |(event, stated, _): &(Sequence, Submission, Submission)| {
        let (now, next) = (keys.now.shingles(stated)?, keys.next.shingles(stated)?);
        let first = Recency::new(received, *event);
        let (anchor, sketch) = (now.anchors().next()?, next.sketch());
        Some(Text { submission, first, now: anchor, next: next.anchors().collect(), sketch })
    };
    versions.iter().filter_map(text).collect()
}

/// What a complaint is about, by the next key: as it was read by the release that kept it.
fn matter(
    keys: &Keys,
    stored: &Matter,
    (now, next): (&KeyHashes, &KeyHashes),
    versions: &Versions,
) -> Matter {
    if let (Some(of_now), Some(of_next)) = (&now.matter, &next.matter)
        && of_now == stored
    {
        return *of_next;
    }
    let mut words: HashMap<i64, i64> = HashMap::new();
    for (.., known) in versions {
        let Some(part) = &known.complaint else { continue };
        for reading in Reading::ALL {
            let signals = Signals::read_as(part, reading);
            let of = |key: &HashKey| key.matter(part, &signals, known.received.at.day());
            let (now, next) = (of(&keys.now), of(&keys.next));
            let both = [
                (now.order, next.order),
                (now.goods, next.goods),
                (now.problem, next.problem),
                (now.plan, next.plan),
            ];
            words.extend(both.into_iter().filter_map(|(now, next)| now.zip(next)));
        }
    }
    let next = |word: Option<i64>| words.get(&word?).copied();
    Matter {
        order: next(stored.order),
        goods: next(stored.goods),
        problem: next(stored.problem),
        plan: next(stored.plan),
        ..*stored
    }
}

/// Writes what the next key has made.
async fn put(tx: &mut Tx, keys: &Keys, all: Vec<Made>) -> Result<(), LedgerError> {
    let (bureau, next) = (keys.bureau, keys.next());
    tx.new_numbers(bureau, distinct(all.iter().flat_map(|made| made.numbers.iter().copied()))).await?;
    tx.set_rekeyed_templates(bureau, all.iter().map(|made| (made.submission, made.template))).await?;
    let mut writes = Writes::default();
    for made in all {
        if let Some((place, hashes, search)) = &made.before {
            tx.forget(next, *place, hashes, search).await?;
            for (founder, anchors) in &made.founded {
                tx.forget_template(next, founder.first, anchors.iter().copied()).await?;
            }
        }
        if let Some((hashes, place, standing)) = made.kept {
            let entry = hashes.entry(standing.number, place);
            // An address may be given twice, a row is kept once.
            for hash in hashes.all().collect::<BTreeSet<_>>() {
                writes.history(next, hash, &entry);
            }
        }
        for (key, track) in made.search.into_iter().collect::<HashSet<_>>() {
            writes.search_key(next, key, FileId { submission: made.submission, track });
        }
        for (founder, anchors) in made.founded {
            for anchor in anchors.into_iter().collect::<BTreeSet<_>>() {
                writes.anchor(next, anchor, founder);
            }
        }
    }
    Ok(tx.flush(&mut writes).await?)
}

fn distinct(numbers: impl Iterator<Item = (i64, i64)>) -> impl Iterator<Item = (i64, i64)> {
    numbers.collect::<HashMap<_, _>>().into_iter()
}

impl Batch<'_> {
    /// Whether everything is being made by another identity key.
    pub(crate) fn is_rekeying(&self) -> bool {
        self.head.next_hash_key.is_some()
    }

    /// Puts the next identity key in the place of the present one, if it is that one and has come near the last event. Whether it is the
    /// one in use now, or was before it: in a replay the latest one is in use from the beginning.
    pub(crate) async fn use_hash_key(&mut self, key: HashKeyId) -> Result<bool, LedgerError> {
        if key <= self.head.hash_key {
            return Ok(true);
        }
        let Some(keys) = Keys::of(self.context, self.bureau, &self.head)? else { return Ok(false) };
        if keys.next.id() != key || self.head.sequence.0 - self.head.rekeyed_to.0 > LAST {
            return Ok(false);
        }
        let mut to = self.head.rekeyed_to;
        while to < self.head.sequence {
            let (reached, made) = step(&mut self.tx, self.context, &keys, to).await?;
            put(&mut self.tx, &keys, made).await?;
            to = reached;
        }
        cut_again(&mut self.tx, self.context, &keys).await?;
        self.tx.use_hash_key(keys.next(), self.head.sequence).await?;
        (self.head.last_hash_key, self.head.next_hash_key) = (Some(self.head.hash_key), None);
        self.head.hash_key = key;
        self.put_hash_key(keys.next);
        Ok(true)
    }
}

/// Links that were cut, under the next key's hashes. Whoever was purged keeps the number of before; where both were, nobody is found by the
/// cut any more.
async fn cut_again(tx: &mut Tx, context: &Context, keys: &Keys) -> Result<(), LedgerError> {
    let cuts = tx.cuts_made(keys.now()).await?;
    let parties = parties(tx, context, keys.bureau, cuts.iter().map(|(_, event)| *event)).await?;
    let opener = Opener::deciding(&context.identity);
    let mut hashes: HashMap<KeyHash, KeyHash> = HashMap::new();
    for submission in parties {
        let one = std::iter::once(submission);
        for (_, versions) in versions_of(tx, opener, keys.bureau, one).await? {
            for (.., known) in versions {
                let (now, next) = (key_hashes_of(&keys.now, &known).0, key_hashes_of(&keys.next, &known).0);
                hashes.extend(now.keys.into_iter().zip(next.keys).filter_map(|(now, next)| now.zip(next)));
            }
        }
    }
    let parties = cuts.iter().flat_map(|(cut, _)| [cut.one, cut.other]);
    let numbers = tx.numbers(keys.bureau, parties.collect::<BTreeSet<_>>().into_iter()).await?;
    let number = |before: i64| numbers.get(&before).copied().unwrap_or(before);
    for (cut, event) in cuts {
        let Some(key_hash) = hashes.get(&cut.key_hash) else { continue };
        let cut = Cut { key_hash: *key_hash, one: number(cut.one), other: number(cut.other) };
        tx.new_cut(keys.next(), cut, event).await?;
    }
    Ok(())
}

/// The submissions that events are about which cut links.
async fn parties(
    tx: &mut Tx,
    context: &Context,
    bureau: BureauId,
    events: impl Iterator<Item = Sequence>,
) -> Result<BTreeSet<Sequence>, LedgerError> {
    let mut parties = BTreeSet::new();
    for event in events.collect::<BTreeSet<_>>() {
        let Some(event) = tx.events(bureau, Sequence(event.0 - 1), 1).await?.pop() else { continue };
        parties.extend(event.submission);
        let opener = Opener::deciding(&context.identity);
        if let Command::CutLink { number, other, .. } =
            opener.open(bureau, event.sequence, &event.payload)?.command
        {
            for number in [number, other] {
                parties.extend(tx.submission(bureau, &number).await?);
            }
        }
    }
    Ok(parties)
}
