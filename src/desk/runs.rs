//! Works of a batch beside their like, and the runs at its front that are done at once.

use std::collections::{HashMap, HashSet};

use super::settle::{Fresh, Key, Work, key_of, outcome_key};
use crate::domain::command::{Command, Handling, Verb};
use crate::ledger::Prepared;
use crate::store::KnownRequest;

/// Puts works that came together beside their like, each kind in the order in which it came, so that runs are long: what people
/// do, then submissions, then pulls, which find what came in. None of those who sent them has been answered yet, so nobody
/// can tell in what order the lane heard them. Their places come along, for [`in_place`].
pub(super) fn beside_their_like(works: Vec<Work>) -> (Vec<Work>, Vec<usize>) {
    let kind = |work: &Work| match work {
        Work::Look(_) => 0,
        Work::Act(prepared) if prepared.request.command.telling().is_some() => 3,
        Work::Act(prepared) if matches!(prepared.request.command, Command::Pull { .. }) => 4,
        Work::Act(prepared) => {
            if signing(prepared).is_some() {
                2
            } else {
                1
            }
        }
    };
    let mut placed: Vec<(usize, Work)> = works.into_iter().enumerate().collect();
    placed.sort_by_key(|(_, work)| kind(work));
    let (places, works): (Vec<usize>, Vec<Work>) = placed.into_iter().unzip();
    (works, places)
}

/// Answers in the order in which their works came.
pub(super) fn in_place<A>(answers: Vec<A>, places: Vec<usize>) -> Vec<A> {
    let mut placed: Vec<(usize, A)> = places.into_iter().zip(answers).collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, answer)| answer).collect()
}

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
                prepared.request.command.telling().map(|submission| (&**prepared, &submission.number))
            }
            Work::Look(_) => None,
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
            Work::Look(_) => None,
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
