//! The runs at the front of a batch that are done at once.

use std::collections::{HashMap, HashSet};

use super::Work;
use super::requests::{Fresh, Key, key_of, outcome_key};
use crate::domain::command::{Command, Handling, Verb};
use crate::ledger::Prepared;
use crate::store::KnownRequest;

/// The submissions at the front that can be taken in bulk: fresh requests with distinct numbers and ids.
pub(super) fn submissions_of<'w>(
    works: &'w [Work],
    known: &HashMap<Key, KnownRequest>,
    fresh: &Fresh,
) -> Vec<&'w Prepared> {
    let mut numbers = HashSet::new();
    let mut keys = HashSet::new();
    works
        .iter()
        .map_while(|work| match work {
            Work::Act(prepared) => {
                prepared.request.command.version().map(|submission| (&**prepared, &submission.number))
            }
            Work::Access(_) => None,
        })
        .take_while(|(prepared, number)| {
            let mut names = [Some(key_of(prepared)), outcome_key(prepared)].into_iter().flatten();
            names.all(|key| !known.contains_key(&key) && !fresh.contains_key(&key) && keys.insert(key))
                && numbers.insert(*number)
        })
        .map(|(prepared, _)| prepared)
        .collect()
}

/// The pulls at the front, with distinct ids.
pub(super) fn pulls_of<'w>(
    works: &'w [Work],
    known: &HashMap<Key, KnownRequest>,
    fresh: &Fresh,
) -> Vec<&'w Prepared> {
    let pulls = works.iter().map_while(|work| match work {
        Work::Act(prepared) if matches!(prepared.request.command, Command::Pull { .. }) => Some(&**prepared),
        _ => None,
    });
    let mut keys = HashSet::new();
    pulls.take_while(|prepared| is_fresh(prepared, known, fresh, &mut keys)).collect()
}

/// The signings at the front, with distinct ids and files.
pub(super) fn signings_of<'w>(
    works: &'w [Work],
    known: &HashMap<Key, KnownRequest>,
    fresh: &Fresh,
) -> Vec<(&'w Prepared, &'w Handling)> {
    let (mut keys, mut files) = (HashSet::new(), HashSet::new());
    works
        .iter()
        .map_while(|work| match work {
            Work::Act(prepared) => signing(prepared).map(|handling| (&**prepared, handling)),
            Work::Access(_) => None,
        })
        .take_while(|(prepared, handling)| {
            is_fresh(prepared, known, fresh, &mut keys) && files.insert(&handling.file)
        })
        .collect()
}

/// The signing for a file that a command is, if it is one.
fn signing(prepared: &Prepared) -> Option<&Handling> {
    match &prepared.request.command {
        Command::Handle(handling) if matches!(handling.verb, Verb::SignFor) => Some(handling),
        _ => None,
    }
}

/// Whether a request was not answered before and is none of `keys`, to which it is added.
fn is_fresh(
    prepared: &Prepared,
    known: &HashMap<Key, KnownRequest>,
    fresh: &Fresh,
    keys: &mut HashSet<Key>,
) -> bool {
    let key = key_of(prepared);
    !known.contains_key(&key) && !fresh.contains_key(&key) && keys.insert(key)
}
