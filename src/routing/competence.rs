//! Who may handle a file (处理权限): the special line first, then the place. Load is not known here (promise 8).

use crate::domain::given::Given;
use crate::domain::ids::Track;
use crate::domain::submission::{Part, Submission};
use crate::domain::text::Address;

use super::bureau::{Bureau, SpecialLine, Unit};
use super::gazetteer::{Area, Finding};

/// Why some units, or none, are competent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ground<'b> {
    /// A special line (专门业务), whatever the place.
    Line(&'b SpecialLine),
    /// The place (属地): Order 121 Art. 13 for complaints, Art. 29 and 30 for reports.
    Place,
    /// Not to be told from what was given; reception decides (Art. 41).
    Unknown(Unclear),
}

/// Why a place is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// Neither premises nor incident place is known.
    NotGiven,
    /// No sub-district or street of the bureau file is named.
    NotFound,
    /// Places of different stations are named.
    Several,
    /// Another district is named.
    Elsewhere,
}

/// Who may, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Competence<'b> {
    /// Why.
    pub ground: Ground<'b>,
    /// The station of the place (属地所), when the place decides.
    pub station: Option<&'b Unit>,
    /// Competent units in the order of the bureau file; at least one unless the ground is `Unknown`,
    /// and then the units whose places were seen, none of them competent for sure.
    pub units: Vec<&'b Unit>,
    /// Names of the bureau file that decided, joined by `、`. Never the sender's own words.
    pub matched: Option<String>,
}

impl Competence<'_> {
    /// Whether some unit is competent for sure.
    pub fn is_known(&self) -> bool {
        !matches!(self.ground, Ground::Unknown(_))
    }
}

/// Who may handle the part of `track`.
///
/// The special line of the part's categories; else the place named in the respondent's premises, and only when
/// these name none, in the part's incident place.
pub fn competence<'b>(bureau: &'b Bureau, submission: &Submission, track: Track) -> Competence<'b> {
    let part = submission.part(track);
    if let Some(line) = part.and_then(|part| line_of(bureau, part, track))
        && let Some(division) = bureau.unit(&line.division)
    {
        return Competence {
            ground: Ground::Line(line),
            station: None,
            units: vec![division],
            matched: Some(line.name.clone()),
        };
    }
    let nowhere = Given::Absent;
    let addresses = [&submission.respondent.premises, part.map_or(&nowhere, |part| &part.place)];
    let mut unclear = Unclear::NotGiven;
    for address in addresses.into_iter().filter_map(Given::<Address>::known) {
        match bureau.gazetteer().find(address.as_str()) {
            Finding::Areas(areas) => return of_areas(bureau, &areas, track),
            Finding::Elsewhere => return unknown(Unclear::Elsewhere),
            Finding::Nothing => unclear = Unclear::NotFound,
        }
    }
    unknown(unclear)
}

fn unknown<'b>(unclear: Unclear) -> Competence<'b> {
    Competence { ground: Ground::Unknown(unclear), station: None, units: Vec::new(), matched: None }
}

/// The first line of the file that fits: its order is the bureau's own.
fn line_of<'b>(bureau: &'b Bureau, part: &Part, track: Track) -> Option<&'b SpecialLine> {
    bureau.special_lines().iter().find(|line| line.scope.holds(track, part))
}

/// Areas of one station agree: who may is who may in all of them. Areas of different stations are no answer.
fn of_areas<'b>(bureau: &'b Bureau, areas: &[&Area], track: Track) -> Competence<'b> {
    let names: Vec<&str> = areas.iter().map(|area| area.name.as_str()).collect();
    let matched = Some(names.join("、"));
    let agree = areas.windows(2).all(|pair| matches!(pair, [a, b] if a.station == b.station));
    let in_all = |at: usize| areas.iter().all(|area| area.units.contains(&at));
    let in_any = |at: usize| areas.iter().any(|area| area.units.contains(&at));
    let numbered = || bureau.units().iter().enumerate().filter(|(_, unit)| unit.works_on(track));
    if agree {
        let units: Vec<&Unit> = numbered().filter(|(at, _)| in_all(*at)).map(|(_, unit)| unit).collect();
        if !units.is_empty() {
            let station = areas.first().and_then(|area| bureau.units().get(area.station));
            return Competence { ground: Ground::Place, station, units, matched };
        }
    }
    let seen = numbered().filter(|(at, _)| in_any(*at)).map(|(_, unit)| unit).collect();
    Competence { ground: Ground::Unknown(Unclear::Several), station: None, units: seen, matched }
}

#[cfg(test)]
mod tests;
