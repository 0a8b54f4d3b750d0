//! Where a file goes (分送): competence before load (promise 8), and reports apart from scores (promise 4).
//!
//! Pure: the roster of the day, the open work and the band are handed in; the same input gives the same unit.

mod bureau;
mod check;
mod competence;
mod gazetteer;
mod load;
mod places;
mod register;
mod rows;
#[cfg(test)]
mod tests;
mod trade;

pub use bureau::{Absence, Bureau, Officer, SpecialLine, Unit, UnitKind};
pub use competence::{Competence, Ground, Unclear, competence};
pub use load::{LoadBasis, Loads};
pub use rows::BureauError;

use std::cmp::Ordering;

use crate::domain::decision::{Band, Basis, Candidate, Routing};
use crate::domain::ids::{Track, UnitId};
use crate::domain::submission::Submission;
use crate::domain::time::Day;

/// A file about to be routed, with what its routing may know of a score: a report has no place for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incoming {
    /// 举报件
    Report,
    /// 投诉件, with the band of its score (`NotScored` without a model).
    Complaint(Band),
}

impl Incoming {
    /// Its track.
    pub fn track(self) -> Track {
        match self {
            Incoming::Report => Track::Report,
            Incoming::Complaint(_) => Track::Complaint,
        }
    }
}

/// Routes one file: the competent units, and among those on duty the one with the least open work per officer.
///
/// Ties go by the order of the bureau file. Units with nobody on duty (在岗) are shown as candidates but taken
/// only when no competent unit has anyone. An unknown place goes to reception with the units seen.
pub fn route(
    bureau: &Bureau,
    loads: &Loads,
    basis: &LoadBasis,
    day: Day,
    submission: &Submission,
    incoming: Incoming,
) -> Routing {
    let track = incoming.track();
    let who = competence(bureau, submission, track);
    let mut candidates: Vec<Candidate> = who
        .units
        .iter()
        .map(|unit| Candidate {
            unit: unit.id.clone(),
            open_centiunits: basis.load(loads, &unit.id, track),
            officers_on_duty: bureau.officers_on_duty(&unit.id, day),
            chosen: false,
        })
        .collect();
    let known = !matches!(who.ground, Ground::Unknown(_));
    let (basis, line) = match who.ground {
        Ground::Line(line) => (Basis::SpecialLine, Some(line)),
        Ground::Place if candidates.len() == 1 => (Basis::OnlyCompetent, None),
        Ground::Place => (Basis::LeastLoad, None),
        Ground::Platform => (Basis::PlatformDomicile, None),
        Ground::Unknown(unclear) => (unclear.basis(), None),
    };
    let centiunits = expected_effort(bureau, line, incoming);
    let chosen = if known { choose(&mut candidates) } else { None };
    let unit = chosen.unwrap_or_else(|| bureau.reception().id.clone());
    Routing { unit, basis, candidates, centiunits, matched: who.matched }
}

impl Unclear {
    /// As it is stored and shown.
    fn basis(self) -> Basis {
        match self {
            Unclear::NotGiven => Basis::NoPlace,
            Unclear::NotFound => Basis::UnknownPlace,
            Unclear::Several => Basis::SeveralPlaces,
            Unclear::Near => Basis::NearPlace,
            Unclear::Elsewhere => Basis::Elsewhere,
            Unclear::NoPublishedAddress => Basis::NoPublishedAddress,
            Unclear::PlatformElsewhere => Basis::PlatformElsewhere,
            Unclear::PlatformMay => Basis::PlatformMay,
            Unclear::PublisherUnknown => Basis::PublisherUnknown,
        }
    }
}

/// Marks and returns the least loaded candidate; none when there are no candidates.
fn choose(candidates: &mut [Candidate]) -> Option<UnitId> {
    let anyone = candidates.iter().any(|candidate| candidate.officers_on_duty > 0);
    let least = candidates
        .iter_mut()
        .filter(|candidate| !anyone || candidate.officers_on_duty > 0)
        .min_by(|a, b| by_load(a, b))?;
    least.chosen = true;
    Some(least.unit.clone())
}

/// Compares open work per officer by cross multiplication: exact, where a quotient would round. Units where
/// nobody is on duty are compared only among themselves, and count as one officer.
fn by_load(a: &Candidate, b: &Candidate) -> Ordering {
    let share = |one: &Candidate, other: &Candidate| {
        i128::from(one.open_centiunits) * i128::from(other.officers_on_duty.max(1))
    };
    share(a, b).cmp(&share(b, a))
}

/// Expected effort of a file, in centiunits.
fn expected_effort(bureau: &Bureau, line: Option<&SpecialLine>, incoming: Incoming) -> i64 {
    let work = bureau.work_units();
    line.and_then(|line| line.centiunits).unwrap_or(match incoming {
        Incoming::Report => work.report,
        Incoming::Complaint(Band::High) => work.suspected,
        Incoming::Complaint(_) => work.complaint,
    })
}
