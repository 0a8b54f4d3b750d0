//! Where a file goes (分送): competence before load (promise 8), and reports apart from scores (promise 4).
//!
//! Pure: the roster of the day, the open work and the band are handed in; the same input gives the same unit.

mod bureau;
mod check;
mod choice;
mod competence;
pub mod danger;
mod effort;
pub mod fair_queue;
mod gazetteer;
mod load;
mod places;
mod policy;
mod rebalance;
mod recusal;
mod register;
mod related;
mod roster;
mod rows;
mod scope;
#[cfg(test)]
mod tests;
mod trade;

pub use bureau::{
    Absence, Bureau, CaseClock, Officer, Retention, Settings, SpecialLine, Unit, UnitKind, WorkUnits,
};
pub use competence::{Competence, Ground, Unclear, competence};
pub use effort::{EffortRow, Learned, WHOLE_TRACK, kind};
pub use load::{LoadBasis, Loads};
pub use policy::{Mode, Policy};
pub use rebalance::{Movable, Move, rebalance};
pub use related::{Related, Spread};
pub use roster::OnDuty;
pub use rows::BureauError;
pub use scope::Scope;

use crate::domain::decision::{Band, Barred, Basis, Candidate, Routing};
use crate::domain::ids::Track;
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

/// The state of the bureau when a file is routed.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The day on which it is routed.
    pub today: Day,
    /// Work open, and assigned this month.
    pub loads: &'a Loads,
    /// Which of it counts for which track.
    pub basis: &'a LoadBasis,
    /// Who is there.
    pub on_duty: &'a OnDuty,
    /// What kinds of files have taken.
    pub learned: &'a Learned,
}

/// Routes one file: the competent units, and of those that may take it now the one that the policy and the load say.
///
/// Ties go by the order of the bureau file. An unknown place goes to reception with the units seen, and so does a file that
/// no competent unit may take.
pub fn route(
    bureau: &Bureau,
    standing: &Standing<'_>,
    related: &Related,
    submission: &Submission,
    incoming: Incoming,
) -> Routing {
    let track = incoming.track();
    let part = submission.part(track);
    let who = competence(bureau, submission, track, standing.today);
    let line = if let Ground::Line(line) = who.ground { Some(line) } else { None };
    let centiunits = effort::expected(bureau, standing.learned, line, part, incoming, related.bundle.files());
    let mut candidates: Vec<Candidate> = who
        .units
        .iter()
        .map(|unit| Candidate {
            unit: unit.id.clone(),
            open_centiunits: standing.basis.load(standing.loads, &unit.id, track),
            centiofficers: standing.on_duty.centiofficers(&unit.id),
            assigned_centiunits: standing.basis.assigned(standing.loads, &unit.id, track),
            month_centiofficers: standing.on_duty.month_centiofficers(&unit.id),
            barred: None,
            chosen: false,
        })
        .collect();
    let to_reception = |candidates, basis| Routing {
        unit: bureau.reception().id.clone(),
        basis,
        candidates,
        centiunits,
        matched: who.matched.clone(),
    };
    if let Ground::Unknown(unclear) = who.ground {
        return to_reception(candidates, unclear.basis());
    }
    choice::bar(bureau, standing, submission, incoming, centiunits, &mut candidates);
    let by = choice::Choosing {
        mode: part.map_or(&Mode::Balanced, |part| policy::mode_of(bureau.policies(), track, part)),
        settings: bureau.settings(),
        station: who.station.and_then(|station| who.units.iter().position(|unit| unit.id == station.id)),
        related,
        incoming,
        centiunits,
    };
    let Some((at, basis)) = choice::choose(&candidates, &by) else {
        let full = candidates.iter().any(|candidate| candidate.barred == Some(Barred::AtCapacity));
        return to_reception(candidates, if full { Basis::AtCapacity } else { Basis::Recused });
    };
    let mut unit = bureau.reception().id.clone();
    if let Some(chosen) = candidates.get_mut(at) {
        chosen.chosen = true;
        unit = chosen.unit.clone();
    }
    let basis = match who.ground {
        Ground::Line(_) => Basis::SpecialLine,
        Ground::Platform => Basis::PlatformDomicile,
        Ground::Place | Ground::Unknown(_) => basis,
    };
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
