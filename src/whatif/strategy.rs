//! By what a unit is chosen: the bureau file, or one of the baselines that a policy is measured against.

use std::collections::HashMap;
use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use crate::domain::decision::{Basis, Candidate, Routing};
use crate::domain::ids::{FileId, Track, UnitId};
use crate::domain::submission::Submission;
use crate::routing::{Bureau, competence};

/// How a unit is chosen among the competent ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// By the policies of the bureau file, as live.
    Rules,
    /// The least open work per officer on duty (按未结), whatever was assigned this month.
    OpenWork,
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
        let free: Vec<Candidate> =
            routing.candidates.iter().filter(|one| one.barred.is_none()).cloned().collect();
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
        free: Vec<Candidate>,
    ) -> Option<UnitId> {
        let count = free.len().max(1);
        let load = |one: &Candidate| one.load().unwrap_or(f64::INFINITY);
        let mut free = free.into_iter();
        let chosen = match self.strategy {
            Strategy::Rules => None,
            Strategy::OpenWork => free.min_by(|a, b| load(a).total_cmp(&load(b))),
            Strategy::Station => {
                let station =
                    competence(bureau, submission, file.track, submission.received.at.day()).station?;
                free.find(|one| one.unit == station.id)
            }
            Strategy::RoundRobin => {
                let units = free.clone().map(|one| one.unit).collect();
                let turn = self.turns.entry((file.track, units)).or_default();
                let chosen = free.nth(*turn % count);
                *turn += 1;
                chosen
            }
            Strategy::Random(seed) => {
                let mut hasher = SipHasher13::new_with_keys(seed, 0);
                hasher.write_i64(file.submission.0);
                hasher.write_u8(u8::from(file.track == Track::Report));
                let at = usize::try_from(hasher.finish() % count as u64).unwrap_or(0);
                free.nth(at)
            }
        };
        chosen.map(|one| one.unit)
    }
}
