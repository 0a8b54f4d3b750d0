//! Which of the competent units gets a file: who may not take it now, then the policy, then the work assigned this month.

use std::cmp::Ordering;

use crate::domain::decision::{Band, Barred, Basis, Candidate};
use crate::domain::ids::UnitId;
use crate::domain::submission::Submission;

use super::bureau::{Bureau, Settings};
use super::policy::Mode;
use super::related::Related;
use super::{Incoming, Standing};

/// Says of each candidate whether it may not take the file now. Where nobody is on duty anywhere, that bars nobody:
/// somebody must have it.
pub(super) fn bar(
    bureau: &Bureau,
    standing: &Standing<'_>,
    submission: &Submission,
    incoming: Incoming,
    centiunits: i64,
    candidates: &mut [Candidate],
) {
    let track = incoming.track();
    for candidate in &mut *candidates {
        let capacity = bureau.unit(&candidate.unit).and_then(|unit| unit.capacity(track));
        let open = standing.loads.open(&candidate.unit, track);
        if bureau.is_recused(&candidate.unit, &submission.respondent) {
            candidate.barred = Some(Barred::Recused);
        } else if capacity.is_some_and(|capacity| open.saturating_add(centiunits) > capacity) {
            candidate.barred = Some(Barred::AtCapacity);
        }
    }
    let anyone = candidates.iter().any(|one| one.barred.is_none() && one.centiofficers > 0);
    for candidate in candidates.iter_mut().filter(|one| anyone && one.centiofficers == 0) {
        candidate.barred = candidate.barred.or(Some(Barred::NobodyOnDuty));
    }
}

/// What a choice is made by.
pub(super) struct Choosing<'a> {
    pub(super) mode: &'a Mode,
    pub(super) settings: &'a Settings,
    /// Position of the station of the place (属地所) among the candidates, if the place decides.
    pub(super) station: Option<usize>,
    pub(super) related: &'a Related,
    pub(super) incoming: Incoming,
    /// Expected effort of the file.
    pub(super) centiunits: i64,
}

/// The position of the unit that gets the file, and why it; none when all are barred.
pub(super) fn choose(candidates: &[Candidate], by: &Choosing<'_>) -> Option<(usize, Basis)> {
    let suspected = by.incoming == Incoming::Complaint(Band::High);
    let open = |at: &usize| candidates.get(*at).is_some_and(|candidate| candidate.barred.is_none());
    // The pool's unit gets files below High only when no other unit is free.
    let others = (0..candidates.len()).any(|at| open(&at) && !is_pool_unit(candidates, at, by.mode));
    let free = |at: usize| open(&at) && (suspected || !others || !is_pool_unit(candidates, at, by.mode));
    let place_of = |unit: &UnitId| {
        candidates.iter().position(|candidate| candidate.unit == *unit).filter(|at| free(*at))
    };
    let below = |at: usize, most: i64| candidates.get(at).is_some_and(|candidate| is_below(candidate, most));
    let (least, best) = candidates
        .iter()
        .enumerate()
        .filter(|(at, _)| free(*at))
        .min_by(|(_, a), (_, b)| by_share(a, b, by.centiunits))?;
    if candidates.len() == 1 {
        return Some((least, Basis::OnlyCompetent));
    }
    if let Mode::Pool { unit, above } = by.mode
        && suspected
        && let Some(pool) = place_of(unit).filter(|at| below(*at, *above))
    {
        return Some((pool, Basis::Pool));
    }
    let bundled = by.related.bundle.files();
    if (by.settings.bundle_from..by.settings.bundle_most).contains(&bundled)
        && let Some(at) = by.related.bundle.most().and_then(place_of)
    {
        return Some((at, Basis::Bundle));
    }
    match by.mode {
        Mode::Territory { above } | Mode::Pool { above, .. } => match by.station.filter(|at| free(*at)) {
            Some(station) if by.mode.is_pool() || below(station, *above) || station == least => {
                Some((station, Basis::Territory))
            }
            _ => Some((least, Basis::Relief)),
        },
        Mode::Balanced => {
            let near =
                |at: usize| is_near(candidates.get(at)?, best, by.settings.affinity_centiunits).then_some(at);
            let known = by.related.respondent.most().and_then(place_of).and_then(near);
            Some(known.map_or((least, Basis::LeastLoad), |at| (at, Basis::Affinity)))
        }
    }
}

fn is_pool_unit(candidates: &[Candidate], at: usize, mode: &Mode) -> bool {
    matches!(mode, Mode::Pool { unit, .. } if candidates.get(at).is_some_and(|candidate| candidate.unit == *unit))
}

impl Mode {
    fn is_pool(&self) -> bool {
        matches!(self, Mode::Pool { .. })
    }
}

/// Officers to divide by: units where nobody is on duty are compared only among themselves, and count as one officer.
fn officers(centiofficers: i64) -> i128 {
    i128::from(if centiofficers == 0 { 100 } else { centiofficers })
}

/// Compares work assigned this month per officer of this month, the file on top so that a small unit is not over before it
/// counts; then open work per officer. By cross multiplication: exact, where a quotient would round.
fn by_share(a: &Candidate, b: &Candidate, file: i64) -> Ordering {
    let assigned = |one: &Candidate, other: &Candidate| {
        i128::from(one.assigned_centiunits.saturating_add(file)) * i128::from(other.month_centiofficers)
    };
    let open =
        |one: &Candidate, other: &Candidate| i128::from(one.open_centiunits) * officers(other.centiofficers);
    assigned(a, b).cmp(&assigned(b, a)).then_with(|| open(a, b).cmp(&open(b, a)))
}

/// Whether a unit's load is at most so many centiunits an officer.
fn is_below(candidate: &Candidate, most: i64) -> bool {
    i128::from(candidate.open_centiunits) * 100 <= i128::from(most) * officers(candidate.centiofficers)
}

/// Whether what a unit was assigned this month is at most so many centiunits an officer above the best one's.
fn is_near(one: &Candidate, best: &Candidate, within: i64) -> bool {
    let (mine, least) = (officers(one.month_centiofficers), officers(best.month_centiofficers));
    i128::from(one.assigned_centiunits) * 100 * least
        <= i128::from(best.assigned_centiunits) * 100 * mine + i128::from(within) * mine * least
}

#[cfg(test)]
mod tests;
