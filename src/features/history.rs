//! What a bureau remembers of earlier complaints, by keyed marks: the only past that features may read.
//!
//! Reports never enter here (promise 16), and nothing here is a person's text: marks are keyed hashes
//! made in `identity`. The same code serves, replays and trains.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::domain::evidence::IdentityKey;
use crate::domain::handling::Disposition;
use crate::domain::ids::{RegistrationNumber, Sequence};
use crate::domain::time::{Day, Timestamp};

/// A keyed 128-bit mark of something a complaint has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(pub [u8; 16]);

/// The keyed marks of one complainant's identity keys, by [`IdentityKey::ALL`].
pub type Keys = [Option<Mark>; IdentityKey::ALL.len()];

/// The keyed marks of one complaint. Absent and masked facts have none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// What may link it to other complaints. A public service line has no mark: it links nobody.
    pub keys: Keys,
    /// The phone given is a public service line by its form.
    pub public_line: bool,
    /// The operator, by name, else by credit code, else by premises.
    pub respondent: Option<Mark>,
    /// Complainant's name, as a number to count distinct ones.
    pub name: Option<i64>,
    /// The complainant: by document, else by contact and name together, so that callers of one line are several.
    pub person: Option<i64>,
    /// Goods or service: the product name, else the object category.
    pub product: Option<i64>,
    /// The template (文本模板) of the text, by the sequence of its first text. Found at intake.
    pub template: Option<Sequence>,
    /// Likeness with that text, in hundredths.
    pub likeness_percent: u32,
}

impl Marks {
    /// All that it is found by later: identity keys, operator, template.
    pub fn all(&self) -> impl Iterator<Item = Mark> {
        let template = self.template.map(Mark::of_template);
        self.keys.into_iter().flatten().chain(self.respondent).chain(template)
    }

    /// What history keeps of the complaint.
    pub fn entry(&self, number: RegistrationNumber, recency: Recency) -> Entry {
        let Self { keys, name, person, product, template, .. } = *self;
        let respondent = self.respondent.map(Mark::number);
        Entry { recency, number, keys, name, person, respondent, product, template }
    }
}

impl Mark {
    /// The mark under which complaints of a template are kept; no key is needed to name a sequence.
    pub fn of_template(template: Sequence) -> Self {
        let mut mark = *b"template\0\0\0\0\0\0\0\0";
        mark[8..].copy_from_slice(&template.0.to_be_bytes());
        Self(mark)
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
    /// Product mark.
    pub product: Option<i64>,
    /// Template of its text.
    pub template: Option<Sequence>,
}

impl Entry {
    /// Both operators are known and not the same. An unknown one is neither the same nor another.
    pub(super) fn is_elsewhere(&self, other: &Self) -> bool {
        matches!((self.respondent, other.respondent), (Some(one), Some(other)) if one != other)
    }
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
    pub mark: Mark,
    /// Name or person mark of one holder.
    pub one: i64,
    /// The same of the other.
    pub other: i64,
}

/// The stretch of history that the complaints of one batch and day need of a mark: up to `high`, and of what was
/// received before `low` the latest [`MOST_ENTRIES`], not before `since`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Nothing before this.
    pub since: Recency,
    /// Where the earliest of these complaints looks back from.
    pub low: Recency,
    /// Where the latest looks back from.
    pub high: Recency,
}

impl Stretch {
    /// What a complaint received then needs.
    pub fn of(received: Timestamp) -> Self {
        let Window { since, before, .. } = Window::of(received);
        Self { since, low: before, high: before }
    }

    /// So that it covers another one, too.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            since: self.since.min(other.since),
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }
}

/// The year a complaint looks back on: from `since`, up to `before`.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    since: Recency,
    before: Recency,
    day: Day,
}

impl Window {
    /// The window of a complaint received then: that second is in it.
    pub fn of(received: Timestamp) -> Self {
        let since = Recency::after(received.plus_seconds(-HORIZON_DAYS * 86_400));
        Self { since, before: Recency::after(received), day: received.day() }
    }

    /// The day looked back from.
    pub(super) fn day(self) -> Day {
        self.day
    }
}

/// The part of a bureau's history that one batch needs; the batch's own complaints are folded in as they pass.
#[derive(Debug, Default)]
pub struct History {
    complaints: HashMap<Recency, Entry>,
    /// Oldest first.
    under: HashMap<Mark, Vec<Recency>>,
    closures: HashMap<Recency, Closure>,
    cuts: HashMap<Mark, HashSet<(i64, i64)>>,
    relays: Arc<HashSet<Mark>>,
    /// What was read, by the day looked back from; none when all there is stands here.
    read: Option<HashSet<(Mark, Day)>>,
}

/// Marks that an observation needs and that were not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking(pub Vec<Mark>);

impl History {
    /// One of which nothing is read yet, under the bureau's list of relay lines and addresses.
    pub fn unread(relays: Arc<HashSet<Mark>>) -> Self {
        Self { relays, read: Some(HashSet::new()), ..Self::default() }
    }

    /// Notes that what these marks have, looked back on from these days, stands here.
    pub fn note_read(&mut self, read: impl Iterator<Item = (Mark, Day)>) {
        self.read.get_or_insert_default().extend(read);
    }

    /// Whether what a mark has, looked back on from a day, stands here.
    pub fn is_read(&self, mark: Mark, day: Day) -> bool {
        self.read.as_ref().is_none_or(|read| read.contains(&(mark, day)))
    }

    /// Adds an entry under a mark. Entries may come in any order, and twice.
    pub fn add(&mut self, mark: Mark, entry: &Entry) {
        let under = self.under.entry(mark).or_default();
        if let Err(place) = under.binary_search(&entry.recency) {
            under.insert(place, entry.recency);
        }
        self.complaints.entry(entry.recency).or_insert_with(|| entry.clone());
    }

    /// Adds one complaint under all its marks.
    pub fn fold(&mut self, marks: &Marks, entry: &Entry) {
        for mark in marks.all() {
            self.add(mark, entry);
        }
    }

    /// Adds what has become of a complaint.
    pub fn close(&mut self, complaint: Recency, closure: Closure) {
        self.closures.insert(complaint, closure);
    }

    /// Adds a cut.
    pub fn cut(&mut self, cut: Cut) {
        self.cuts.entry(cut.mark).or_default().insert((cut.one, cut.other));
    }

    /// Complaints that stand here without what has become of them.
    pub fn unsettled(&self) -> impl Iterator<Item = Recency> {
        self.complaints.keys().filter(|recency| !self.closures.contains_key(recency)).copied()
    }

    /// What has become of a complaint.
    pub(super) fn closure(&self, complaint: Recency) -> Option<Closure> {
        self.closures.get(&complaint).copied()
    }

    /// Whether a person has cut the link between these two holders under a mark.
    pub(super) fn is_cut(&self, mark: Mark, holders: [(Option<i64>, Option<i64>); 2]) -> bool {
        let [one, other] = holders.map(|(name, person)| [name, person]);
        self.cuts.get(&mark).is_some_and(|cuts| {
            cuts.iter().any(|(a, b)| {
                (one.contains(&Some(*a)) && other.contains(&Some(*b)))
                    || (one.contains(&Some(*b)) && other.contains(&Some(*a)))
            })
        })
    }

    /// Whether anything under a mark was cut.
    pub(super) fn has_cuts(&self, mark: Mark) -> bool {
        self.cuts.contains_key(&mark)
    }

    /// Whether the bureau lists the mark's phone or address as a relay.
    pub(super) fn is_relay(&self, mark: Mark) -> bool {
        self.relays.contains(&mark)
    }

    /// Earlier complaints under a mark, newest first, at most [`MOST_ENTRIES`]: only what was received within the
    /// window, without the complaint `itself` (an amendment must not count itself) (promise 5).
    pub fn under(&self, mark: Mark, window: Window, itself: Option<Recency>) -> Vec<&Entry> {
        let Some(under) = self.under.get(&mark) else { return Vec::new() };
        let end = under.partition_point(|recency| *recency < window.before);
        under[..end]
            .iter()
            .rev()
            .take_while(|recency| **recency >= window.since)
            .filter(|recency| Some(**recency) != itself)
            .take(MOST_ENTRIES)
            .filter_map(|recency| self.complaints.get(recency))
            .collect()
    }
}
