//! What a bureau remembers of earlier complaints, by keyed marks: the only past that features may read.
//!
//! Reports never enter here (promise 16), and nothing here is a person's text: marks are keyed hashes
//! made in `identity`. The same code serves, replays and trains.

use std::collections::HashMap;

use crate::domain::ids::{RegistrationNumber, Sequence};
use crate::domain::time::{Day, Timestamp};

/// A keyed 128-bit mark of something a complaint has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(pub [u8; 16]);

/// By what earlier complaints are found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Handle {
    /// Complainant's phone.
    Phone,
    /// Complainant's identity document.
    ResidentId,
    /// Complainant's mailing address.
    Address,
    /// The operator: by credit code, else by name and premises.
    Respondent,
    /// The complaint's exact words, digits and spaces left out.
    Text,
}

impl Handle {
    /// Every handle; the position indexes [`Marks::handles`].
    pub const ALL: [Handle; 5] =
        [Handle::Phone, Handle::ResidentId, Handle::Address, Handle::Respondent, Handle::Text];

    /// The handles that identify a complainant (Art. 17(4) speaks of these).
    pub const IDENTITY: [Handle; 3] = [Handle::Phone, Handle::ResidentId, Handle::Address];
}

/// The keyed marks of one complaint. Absent and masked facts have none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// By [`Handle::ALL`].
    pub handles: [Option<Mark>; 5],
    /// Complainant's name, as a number to count distinct ones.
    pub name: Option<i64>,
    /// The complainant by the strongest identity known: document, else phone, else address.
    pub person: Option<i64>,
    /// The operator.
    pub respondent: Option<i64>,
    /// Goods or service: the product name, else the object category.
    pub product: Option<i64>,
}

impl Marks {
    /// The mark of a handle.
    pub fn handle(&self, handle: Handle) -> Option<Mark> {
        self.handles[handle as usize]
    }

    /// Whether anything tells who the complainant is.
    pub fn identifies_someone(&self) -> bool {
        Handle::IDENTITY.iter().any(|handle| self.handle(*handle).is_some())
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
    /// Name mark.
    pub name: Option<i64>,
    /// Person mark.
    pub person: Option<i64>,
    /// Respondent mark.
    pub respondent: Option<i64>,
    /// Product mark.
    pub product: Option<i64>,
}

/// Entries of one handle beyond this are not read: counts saturate here and cost stays flat.
pub const MOST_ENTRIES: usize = 64;

/// How far back a feature may look, in days.
pub const HORIZON_DAYS: i64 = 365;

/// The past of one complaint: per handle, newest first, at most [`MOST_ENTRIES`] each.
#[derive(Debug, Default)]
pub struct Past<'a> {
    by_handle: [Vec<&'a Entry>; 5],
}

impl<'a> Past<'a> {
    /// Earlier complaints that share the handle's mark, newest first.
    pub fn of(&self, handle: Handle) -> &[&'a Entry] {
        &self.by_handle[handle as usize]
    }
}

/// The stretch of history that the complaints of one batch need of one mark: up to `high`, and of what was received
/// before `low` the latest [`MOST_ENTRIES`], not before `since`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Which handle the mark is of.
    pub handle: Handle,
    /// Nothing before this.
    pub since: Recency,
    /// Where the earliest of these complaints looks back from.
    pub low: Recency,
    /// Where the latest looks back from.
    pub high: Recency,
}

/// Stretches by mark and by the day looked back from: complaints of one day share what is read, and what lies
/// between them stays little.
pub type Stretches = HashMap<(Mark, Day), Stretch>;

/// Adds what a complaint with these marks, received then, may need.
pub fn want(stretches: &mut Stretches, marks: &Marks, received: Timestamp) {
    let before = Recency::after(received);
    let since = Recency::after(received.plus_seconds(-HORIZON_DAYS * 86_400));
    for handle in Handle::ALL {
        let Some(mark) = marks.handle(handle) else { continue };
        let own = Stretch { handle, since, low: before, high: before };
        let stretch = stretches.entry((mark, received.day())).or_insert(own);
        stretch.since = stretch.since.min(since);
        stretch.low = stretch.low.min(before);
        stretch.high = stretch.high.max(before);
    }
}

/// The part of a bureau's history that one batch needs; the batch's own complaints are folded in as they pass.
#[derive(Debug, Default)]
pub struct History {
    entries: HashMap<(Handle, Mark), Vec<Entry>>,
}

impl History {
    /// Adds an entry under a handle. Entries may come in any order, and twice.
    pub fn add(&mut self, handle: Handle, mark: Mark, entry: Entry) {
        let entries = self.entries.entry((handle, mark)).or_default();
        if let Err(place) = entries.binary_search_by(|known| entry.recency.cmp(&known.recency)) {
            entries.insert(place, entry);
        }
    }

    /// Adds one complaint under all its handles.
    pub fn fold(&mut self, marks: &Marks, entry: &Entry) {
        for handle in Handle::ALL {
            if let Some(mark) = marks.handle(handle) {
                self.add(handle, mark, entry.clone());
            }
        }
    }

    /// The past as of `received`: only what was received up to that second, within the horizon, without the
    /// complaint `itself` (an amendment must not count itself) (promise 5).
    pub fn past(&self, marks: &Marks, received: Timestamp, itself: Option<Recency>) -> Past<'_> {
        let before = Recency::after(received);
        let since = Recency::after(received.plus_seconds(-HORIZON_DAYS * 86_400));
        let mut past = Past::default();
        for handle in Handle::ALL {
            let Some(entries) = marks.handle(handle).and_then(|mark| self.entries.get(&(handle, mark)))
            else {
                continue;
            };
            past.by_handle[handle as usize] = entries
                .iter()
                .filter(|entry| entry.recency < before && Some(entry.recency) != itself)
                .take_while(|entry| entry.recency >= since)
                .take(MOST_ENTRIES)
                .collect();
        }
        past
    }
}
