//! Rows that do not follow where they stand, but would elsewhere.

use std::collections::BTreeSet;

use crate::audit::found::Kind;
use crate::audit::{Entry, Hash};

/// Rows that are looked at together: each is held against each.
pub(super) const MOST: usize = 24;

/// A row that does not follow on the one before.
#[derive(Debug)]
pub(super) struct Suspect {
    /// What it says.
    pub(super) entry: Entry,
    /// Its hash.
    pub(super) hash: Hash,
    /// The hash of the row before it.
    pub(super) previous: Hash,
    /// That of the next row that follows, if one does.
    pub(super) next: Option<Hash>,
    /// What became of it, if it was not moved.
    pub(super) kind: Kind,
}

/// What became of each, by number. Of rows that were moved, those that only stand behind them are not named; where none was moved, all
/// are.
pub(super) fn moved(bureau: i64, suspects: &[Suspect]) -> BTreeSet<(i64, Kind)> {
    let as_they_stand = || suspects.iter().map(|one| (one.entry.number, one.kind)).collect();
    if suspects.len() > 2 * MOST {
        return as_they_stand();
    }
    let around = |one: &Suspect| [Some(one.previous), Some(one.hash), one.next];
    let hashes: BTreeSet<Hash> = suspects.iter().flat_map(around).flatten().collect();
    let places: BTreeSet<i64> =
        suspects.iter().flat_map(|one| [-1, 0, 1].map(|by| one.entry.number + by)).collect();
    let mut named = BTreeSet::new();
    for one in suspects {
        let number = one.entry.number;
        let follows_at = |place: i64| {
            hashes.iter().any(|previous| one.entry.numbered(place, bureau, previous) == one.hash)
        };
        // With all of it, hash included, from another place; or without the hash, which stayed.
        let from = places.iter().copied().find(|place| follows_at(*place));
        let others = || {
            let said_here = |other: &&Suspect| {
                other.entry.number != number
                    && other.entry.numbered(number, bureau, &one.previous) == one.hash
            };
            suspects.iter().find(said_here).map(|other| other.entry.number)
        };
        match from.or_else(others) {
            Some(place) if place == number => {}
            Some(place) => named.extend([(number, Kind::Reordered), (place, Kind::Reordered)]),
            None => drop(named.insert((number, one.kind))),
        }
    }
    if named.is_empty() { as_they_stand() } else { named }
}
