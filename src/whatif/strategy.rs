//! By what a unit is chosen: the bureau file, or one of the baselines that a policy is measured against.

use std::collections::HashMap;
use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use crate::domain::decision::{Basis, Routing};
use crate::domain::ids::{FileId, Track, UnitId};
use crate::domain::submission::Submission;
use crate::routing::{Bureau, competence};

/// How a unit is chosen among the competent ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// By the policies of the bureau file, as live.
    Rules,
    /// Always the station of the place (仅属地).
    Station,
    /// The competent units in turn (轮流).
    RoundRobin,
    /// Any competent unit, by a hash of this seed and the file (随机).
    Random(u64),
}

/// A strategy with what it remembers.
#[derive(Debug)]
pub(super) struct Chooser {
    strategy: Strategy,
    /// Files sent so far, by track and competent units: a track's own, so that none moves the other.
    turns: HashMap<(Track, Vec<UnitId>), usize>,
}

impl Chooser {
    pub(super) fn new(strategy: Strategy) -> Self {
        Self { strategy, turns: HashMap::new() }
    }

    /// Chooses anew among the units that could take the file, where routing had a choice.
    pub(super) fn choose(
        &mut self,
        bureau: &Bureau,
        file: FileId,
        submission: &Submission,
        routing: &mut Routing,
    ) {
        if self.strategy == Strategy::Rules || !routing.candidates.iter().any(|candidate| candidate.chosen) {
            return;
        }
        let free: Vec<UnitId> = routing
            .candidates
            .iter()
            .filter(|one| one.barred.is_none())
            .map(|one| one.unit.clone())
            .collect();
        let Some(unit) = self.pick(bureau, file, submission, free) else { return };
        for candidate in &mut routing.candidates {
            candidate.chosen = candidate.unit == unit;
        }
        if routing.candidates.len() > 1 {
            routing.basis =
                if self.strategy == Strategy::Station { Basis::Territory } else { Basis::LeastLoad };
        }
        routing.unit = unit;
    }

    fn pick(
        &mut self,
        bureau: &Bureau,
        file: FileId,
        submission: &Submission,
        free: Vec<UnitId>,
    ) -> Option<UnitId> {
        let count = free.len().max(1);
        match self.strategy {
            Strategy::Rules => None,
            Strategy::Station => {
                let station = competence(bureau, submission, file.track).station?;
                free.into_iter().find(|unit| *unit == station.id)
            }
            Strategy::RoundRobin => {
                let turn = self.turns.entry((file.track, free.clone())).or_default();
                let unit = free.into_iter().nth(*turn % count);
                *turn += 1;
                unit
            }
            Strategy::Random(seed) => {
                let mut hasher = SipHasher13::new_with_keys(seed, 0);
                hasher.write_i64(file.submission.0);
                hasher.write_u8(u8::from(file.track == Track::Report));
                let at = usize::try_from(hasher.finish() % count as u64).unwrap_or(0);
                free.into_iter().nth(at)
            }
        }
    }
}
