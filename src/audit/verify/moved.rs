//! Rows that do not follow where they stand, but would elsewhere.

use crate::audit::found::Kind;
use crate::audit::{Entry, Hash};

/// Rows that are looked at together: each is held against each.
pub(super) const MOST: usize = 48;

/// A row that does not follow on the one before.
#[derive(Debug)]
pub(super) struct Suspect {
    /// What it says.
    pub(super) entry: Entry,
    /// Its hash.
    pub(super) hash: Hash,
    /// The hash of the row before it.
    pub(super) previous: Hash,
}

/// What became of each, by number. One that only stands behind a moved row is none of them.
pub(super) fn moved(bureau: i64, suspects: &[Suspect]) -> Vec<(i64, Kind)> {
    if suspects.len() > 2 * MOST {
        return suspects.iter().map(|one| (one.entry.number, Kind::Changed)).collect();
    }
    let hashes: Vec<&Hash> = suspects.iter().flat_map(|one| [&one.previous, &one.hash]).collect();
    let kind = |one: &Suspect| {
        let number = one.entry.number;
        // With all of it, hash included, from another place.
        let from = suspects.iter().map(|other| other.entry.number).find(|place| {
            hashes.iter().any(|previous| one.entry.numbered(*place, bureau, previous) == one.hash)
        });
        // Or without the hash, which stayed.
        let has_others = || {
            let other = |other: &&Suspect| {
                other.entry.number != number
                    && other.entry.numbered(number, bureau, &one.previous) == one.hash
            };
            suspects.iter().any(|one| other(&one))
        };
        match from {
            Some(place) if place == number => None,
            Some(_) => Some((number, Kind::Reordered)),
            None if has_others() => Some((number, Kind::Reordered)),
            None => Some((number, Kind::Changed)),
        }
    };
    suspects.iter().filter_map(kind).collect()
}
