//! What a bureau remembers of earlier complaints, by key hashes: the only past that features may read.
//!
//! Reports never enter here (promise 16), and nothing here is a person's text: key hashes are
//! made in `identity`. The same code serves, replays and trains.

mod matter;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::domain::evidence::IdentityKey;
use crate::domain::handling::Disposition;
use crate::domain::ids::{RegistrationNumber, Sequence};
use crate::domain::time::Timestamp;

use super::signals::Signals;

pub use matter::Matter;

/// A keyed 128-bit hash of something a complaint has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub [u8; 16]);

/// What stands at each place of [`Keys`]: every key once, and a telephone for each of the others that a person gives.
pub const PLACES: [IdentityKey; 8] = {
    let [resident_id, phone, email, account, delivery, address] = IdentityKey::ALL;
    [resident_id, phone, email, account, delivery, address, phone, phone]
};

/// The key hashes of one complainant's identity keys, by [`PLACES`].
pub type Keys = [Option<KeyHash>; PLACES.len()];

/// The key hashes of one complaint. Absent and masked facts have none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyHashes {
    /// What may link it to other complaints. A public service line has no mark: it links nobody.
    pub keys: Keys,
    /// The phone given is a public service line by its form.
    pub public_line: bool,
    /// The operator, by name, else by credit code, else by premises.
    pub respondent: Option<KeyHash>,
    /// Complainant's name, as a number to count distinct ones.
    pub name: Option<i64>,
    /// The complainant: by document, else by contact and name together, so that callers of one line are several.
    pub person: Option<i64>,
    /// Goods or service: the product name, else the object category.
    pub product: Option<i64>,
    /// Which purchase it is about, what is wrong with it and what is asked for.
    pub matter: Option<Matter>,
    /// The template (文本模板) of the text, by the sequence of its first text. Found at intake.
    pub template: Option<Sequence>,
    /// Likeness with that text, in hundredths.
    pub likeness_percent: u32,
    /// What its words say, of which `matter` was made: read once, outside the lane.
    pub signals: Option<Arc<Signals>>,
}

impl KeyHashes {
    /// All that it is found by later: identity keys, operator, template.
    pub fn all(&self) -> impl Iterator<Item = KeyHash> {
        self.keys.into_iter().flatten().chain(self.groups())
    }

    /// What it has in common with strangers' complaints: operator, template.
    pub fn groups(&self) -> impl Iterator<Item = KeyHash> {
        self.respondent.into_iter().chain(self.template.map(KeyHash::of_template))
    }

    /// What history keeps of the complaint.
    pub fn entry(&self, number: RegistrationNumber, recency: Recency) -> Entry {
        let Self { keys, name, person, product, matter, template, .. } = *self;
        let respondent = self.respondent.map(KeyHash::number);
        Entry { recency, number, keys, name, person, respondent, product, matter, template }
    }
}

impl KeyHash {
    /// The mark under which complaints of a template are kept; no key is needed to name a sequence.
    pub fn of_template(template: Sequence) -> Self {
        let mut key_hash = *b"template\0\0\0\0\0\0\0\0";
        key_hash[8..].copy_from_slice(&template.0.to_be_bytes());
        Self(key_hash)
    }

    /// Half of it, as a number to compare by.
    pub fn number(self) -> i64 {
        self.0[..8].iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
    }
}

/// Place of a complaint in receive order: receive second, then sequence. One integer, so that one index orders
/// a history totally and "the latest n before x" is a bounded index range on both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recency(pub i64);

impl Recency {
    const SEQUENCE_BITS: u32 = 30;

    /// Sequences up to 2^30 and seconds up to the year 2242 fit.
    pub fn new(received: Timestamp, sequence: Sequence) -> Self {
        Self((received.seconds() << Self::SEQUENCE_BITS) | (sequence.0 & ((1 << Self::SEQUENCE_BITS) - 1)))
    }

    /// The first place after everything received up to and including the second of `received`.
    pub fn after(received: Timestamp) -> Self {
        Self((received.seconds() + 1) << Self::SEQUENCE_BITS)
    }

    /// The sequence, of which 30 bits are kept.
    pub fn sequence(self) -> Sequence {
        Sequence(self.0 & ((1 << Self::SEQUENCE_BITS) - 1))
    }

    /// Receive time, to the second.
    pub fn received(self) -> Timestamp {
        Timestamp((self.0 >> Self::SEQUENCE_BITS) * 1_000_000)
    }
}

/// One earlier complaint, as history keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in receive order; unique in a bureau.
    pub recency: Recency,
    /// Its registration number, for the evidence.
    pub number: RegistrationNumber,
    /// Its identity keys.
    pub keys: Keys,
    /// Name mark.
    pub name: Option<i64>,
    /// Person mark.
    pub person: Option<i64>,
    /// Respondent mark.
    pub respondent: Option<i64>,
    /// Key hash of the product.
    pub product: Option<i64>,
    /// Its matter; none of what an earlier release kept.
    pub matter: Option<Matter>,
    /// Template of its text.
    pub template: Option<Sequence>,
}

impl Entry {
    /// Its hashes of one key, which may be several.
    pub(super) fn keys_of(&self, key: IdentityKey) -> Vec<KeyHash> {
        PLACES
            .into_iter()
            .zip(self.keys)
            .filter(|(at, _)| *at == key)
            .filter_map(|(_, found)| found)
            .collect()
    }

    /// Both operators are known and not the same. An unknown one is neither the same nor another.
    pub(super) fn is_elsewhere(&self, other: &Self) -> bool {
        matches!((self.respondent, other.respondent), (Some(one), Some(other)) if one != other)
    }

    /// Both names are known and not the same.
    pub(super) fn is_of_another_name(&self, other: &Self) -> bool {
        matches!((self.name, other.name), (Some(one), Some(other)) if one != other)
    }

    /// Both operators are known and the same.
    pub(super) fn is_of_operator(&self, other: &Self) -> bool {
        self.respondent.is_some() && self.respondent == other.respondent
    }

    /// Whether `same` holds for both matters; never where one is not known.
    pub(super) fn shares(&self, other: &Self, same: impl Fn(&Matter) -> Option<i64>) -> bool {
        let of = |entry: &Self| entry.matter.as_ref().and_then(&same);
        of(self).is_some() && of(self) == of(other)
    }

    /// The same dispute: the same operator, and nothing that tells another purchase or other goods.
    pub(super) fn is_same_dispute(&self, other: &Self) -> bool {
        self.is_of_operator(other)
            && match (&self.matter, &other.matter) {
                (Some(one), Some(other)) => !one.is_another(other),
                _ => self.product.is_none() || other.product.is_none() || self.product == other.product,
            }
    }
}

/// An earlier complaint of one operator or template, as far as a stranger's complaint is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// Its place in receive order.
    pub recency: Recency,
    /// Its registration number, for the evidence.
    pub number: RegistrationNumber,
    /// Person mark.
    pub person: Option<i64>,
    /// Respondent mark.
    pub respondent: Option<i64>,
}

/// Entries of one mark beyond this are not read: counts saturate here and cost stays flat.
pub const MOST_ENTRIES: usize = 64;

/// How far back a feature may look, in days.
pub const HORIZON_DAYS: i64 = 365;

/// What has become of an earlier complaint, as far as its end goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closure {
    /// When it ended; none while it is open.
    pub ended_at: Option<Timestamp>,
    /// When the complainant took it back, or when it was closed as taken back.
    pub withdrawn_at: Option<Timestamp>,
}

impl Closure {
    /// What a file says of its end.
    pub fn of(
        ended_at: Option<Timestamp>,
        withdrawn_at: Option<Timestamp>,
        disposition: Option<Disposition>,
    ) -> Self {
        let taken_back = ended_at.filter(|_| disposition == Some(Disposition::Withdrawn));
        Self { ended_at, withdrawn_at: withdrawn_at.or(taken_back) }
    }

    /// Whether it was open at a time.
    pub(super) fn was_open(self, at: Timestamp) -> bool {
        [self.ended_at, self.withdrawn_at].into_iter().flatten().all(|end| end > at)
    }
}

/// A link that a person has cut (CutLink): under this mark, these two holders are not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cut {
    /// The key's mark.
    pub key_hash: KeyHash,
    /// Name or person mark of one holder.
    pub one: i64,
    /// The same of the other.
    pub other: i64,
}

/// A stretch of history that is read at once, of a key hash or an anchor: the latest entries before `before`, not before
/// `since`.
///
/// Complaints of one batch look back from several places. For each place a stretch is read that begins at the place
/// before it: none is longer than what one complaint may see, and together they hold what each of them sees, however
/// many entries lie between two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Nothing before this.
    pub since: Recency,
    /// Nothing from here on.
    pub before: Recency,
}

/// Places that are looked back from, of one key hash or anchor.
#[derive(Debug, Default)]
pub struct Places {
    /// With whether all that lies in the stretch is known, not only the latest of it.
    read: Vec<(Stretch, bool)>,
}

impl Places {
    /// Whether what is seen from a place is loaded.
    pub fn hold(&self, place: Recency) -> bool {
        let within = |stretch: &Stretch| stretch.since <= place && place <= stretch.before;
        self.read.iter().any(|(stretch, whole)| stretch.before == place || (*whole && within(stretch)))
    }

    /// What is to be read for a place, back to the one before it, at most to `floor`; none where it is loaded already.
    pub fn wanted(&self, place: Recency, floor: Recency) -> Option<Stretch> {
        let earlier = self.read.iter().map(|(stretch, _)| stretch.before).filter(|before| *before < place);
        (!self.hold(place))
            .then(|| Stretch { since: earlier.max().unwrap_or(floor).max(floor), before: place })
    }

    /// Notes that a stretch was read.
    pub fn note(&mut self, stretch: Stretch, whole: bool) {
        self.read.push((stretch, whole));
    }
}

/// The year a complaint looks back on: from `since`, up to `before`.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Nothing before this.
    pub since: Recency,
    /// Nothing from here on.
    pub before: Recency,
}

impl Window {
    /// The window of a complaint received then: that second is in it.
    pub fn of(received: Timestamp) -> Self {
        let since = Recency::after(received.plus_seconds(-HORIZON_DAYS * 86_400));
        Self { since, before: Recency::after(received) }
    }
}

/// The part of a bureau's history that one batch needs; the batch's own complaints are folded in as they pass.
#[derive(Debug, Default)]
pub struct History {
    complaints: HashMap<Recency, Entry>,
    /// Those that were read as neighbours alone: their keys, names and goods are not known, and nothing asks for them.
    neighbours: HashMap<Recency, Entry>,
    /// Oldest first.
    under: HashMap<KeyHash, Vec<Recency>>,
    closures: HashMap<Recency, Closure>,
    /// Complaints under an identity key of their own, of which it is not known what has become of them.
    unsettled: BTreeSet<Recency>,
    cuts: HashMap<KeyHash, HashSet<(i64, i64)>>,
    relays: Arc<HashSet<KeyHash>>,
    /// What was read; none when all there is is loaded.
    read: Option<HashMap<KeyHash, Places>>,
}

/// Key hashes that an observation needs and that were not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// Identity keys.
    pub keys: Vec<KeyHash>,
    /// Operators and templates.
    pub groups: Vec<KeyHash>,
}

impl History {
    /// One of which nothing is read yet, under the bureau's list of relay lines and addresses.
    pub fn unread(relays: Arc<HashSet<KeyHash>>) -> Self {
        Self { relays, read: Some(HashMap::new()), ..Self::default() }
    }

    /// Notes that what a key hash has in a stretch is loaded: the latest [`MOST_ENTRIES`] and one, for an amended complaint
    /// does not count itself.
    pub fn note_read(&mut self, key_hash: KeyHash, stretch: Stretch) {
        let under = self.under.get(&key_hash).map(Vec::as_slice).unwrap_or_default();
        let place = |at: Recency| under.partition_point(|recency| *recency < at);
        let whole = place(stretch.before) - place(stretch.since) <= MOST_ENTRIES;
        self.read.get_or_insert_default().entry(key_hash).or_default().note(stretch, whole);
    }

    /// Notes that nothing but what is loaded is under a key hash: it is new.
    pub fn note_new(&mut self, key_hash: KeyHash) {
        let always = Stretch { since: Recency(i64::MIN), before: Recency(i64::MAX) };
        self.read.get_or_insert_default().entry(key_hash).or_default().note(always, true);
    }

    /// Whether what a key hash has, looked back on from a place, is loaded.
    pub fn is_read(&self, key_hash: KeyHash, place: Recency) -> bool {
        let holds =
            |read: &HashMap<KeyHash, Places>| read.get(&key_hash).is_some_and(|places| places.hold(place));
        self.read.as_ref().is_none_or(holds)
    }

    /// What is to be read of a key hash to look back on it from a place, at most to `floor`; none where it is loaded already.
    pub fn wanted(&self, key_hash: KeyHash, place: Recency, floor: Recency) -> Option<Stretch> {
        match self.read.as_ref()?.get(&key_hash) {
            Some(places) => places.wanted(place, floor),
            None => Places::default().wanted(place, floor),
        }
    }

    /// Adds an entry under a key hash. Entries may come in any order, and twice.
    pub fn add(&mut self, key_hash: KeyHash, entry: &Entry) {
        self.place(key_hash, entry.recency);
        // Of strangers, nothing reads what has become of them.
        if entry.keys.contains(&Some(key_hash)) && !self.closures.contains_key(&entry.recency) {
            self.unsettled.insert(entry.recency);
        }
        self.complaints.entry(entry.recency).or_insert_with(|| entry.clone());
    }

    /// Adds a neighbour under the key hash of an operator or a template.
    pub fn add_neighbour(&mut self, key_hash: KeyHash, neighbour: Neighbour) {
        let Neighbour { recency, number, person, respondent } = neighbour;
        self.place(key_hash, recency);
        self.neighbours.entry(recency).or_insert_with(|| Entry {
            recency,
            number,
            keys: Keys::default(),
            name: None,
            person,
            respondent,
            product: None,
            matter: None,
            template: None,
        });
    }

    fn place(&mut self, key_hash: KeyHash, recency: Recency) {
        let under = self.under.entry(key_hash).or_default();
        if let Err(place) = under.binary_search(&recency) {
            under.insert(place, recency);
        }
    }

    /// Adds one complaint under all its key hashes.
    pub fn fold(&mut self, key_hashes: &KeyHashes, entry: &Entry) {
        for key_hash in key_hashes.all() {
            self.add(key_hash, entry);
        }
    }

    /// Adds what has become of a complaint.
    pub fn close(&mut self, complaint: Recency, closure: Closure) {
        self.closures.insert(complaint, closure);
        self.unsettled.remove(&complaint);
    }

    /// Adds a cut.
    pub fn cut(&mut self, cut: Cut) {
        self.cuts.entry(cut.key_hash).or_default().insert((cut.one, cut.other));
    }

    /// Complaints that may be linked to others and are loaded without how they ended.
    pub fn unsettled(&self) -> impl Iterator<Item = Recency> {
        self.unsettled.iter().copied()
    }

    /// What has become of a complaint.
    pub(super) fn closure(&self, complaint: Recency) -> Option<Closure> {
        self.closures.get(&complaint).copied()
    }

    /// Whether a person has cut the link between these two holders under a key hash.
    pub(super) fn is_cut(&self, key_hash: KeyHash, holders: [(Option<i64>, Option<i64>); 2]) -> bool {
        let [one, other] = holders.map(|(name, person)| [name, person]);
        self.cuts.get(&key_hash).is_some_and(|cuts| {
            cuts.iter().any(|(a, b)| {
                (one.contains(&Some(*a)) && other.contains(&Some(*b)))
                    || (one.contains(&Some(*b)) && other.contains(&Some(*a)))
            })
        })
    }

    /// Whether anything under a key hash was cut.
    pub(super) fn has_cuts(&self, key_hash: KeyHash) -> bool {
        self.cuts.contains_key(&key_hash)
    }

    /// Whether the bureau lists the key hash's phone or address as a relay.
    pub(super) fn is_relay(&self, key_hash: KeyHash) -> bool {
        self.relays.contains(&key_hash)
    }

    /// Earlier complaints under a key hash, newest first, at most [`MOST_ENTRIES`]: only what was received within the
    /// window, without the complaint `itself` (an amendment must not count itself) (promise 5).
    pub fn under(&self, key_hash: KeyHash, window: Window, itself: Option<Recency>) -> Vec<&Entry> {
        let Some(under) = self.under.get(&key_hash) else { return Vec::new() };
        let end = under.partition_point(|recency| *recency < window.before);
        under[..end]
            .iter()
            .rev()
            .take_while(|recency| **recency >= window.since)
            .filter(|recency| Some(**recency) != itself)
            .take(MOST_ENTRIES)
            .filter_map(|recency| self.complaints.get(recency).or_else(|| self.neighbours.get(recency)))
            .collect()
    }
}

#[cfg(test)]
mod tests;
