//! Which disagreements are to be checked by hand (抽查). Drawn by a hash with a fixed seed: nobody chooses them, and made again they are
//! the same.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{Difference, Disagreement};

/// Another seed is another sample.
const SEED: &str = "triage compare 1";

/// So many are drawn.
pub(super) const DRAWN: usize = 30;

/// As many of each kind as there are, up to an even part of all; in the order of the list.
pub(super) fn drawn(disagreements: &[Disagreement]) -> Vec<Disagreement> {
    let mut kinds: BTreeMap<Difference, Vec<(Vec<u8>, usize)>> = BTreeMap::new();
    for (at, one) in disagreements.iter().enumerate() {
        kinds.entry(one.difference).or_default().push((rank(one), at));
    }
    for of_kind in kinds.values_mut() {
        of_kind.sort_unstable();
    }
    // One of each kind in turn, until there are enough or none is left.
    let longest = kinds.values().map(Vec::len).max().unwrap_or_default();
    let in_turn = (0..longest).flat_map(|nth| kinds.values().filter_map(move |of_kind| of_kind.get(nth)));
    let mut chosen: Vec<usize> = in_turn.take(DRAWN).map(|(_, at)| *at).collect();
    chosen.sort_unstable();
    chosen.into_iter().filter_map(|at| disagreements.get(at).cloned()).collect()
}

fn rank(one: &Disagreement) -> Vec<u8> {
    Sha256::digest(format!("{SEED} {} {}", one.number, one.track.zh())).to_vec()
}
