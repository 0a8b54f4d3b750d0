//! Who may handle a file (处理权限): whether the district is ours, then the special line, then the place in it. Load is not known
//! here (promise 8).

use crate::domain::given::Given;
use crate::domain::ids::Track;
use crate::domain::no_address::tells_of_places;
use crate::domain::submission::{Part, Submission};
use crate::domain::text::Address;
use crate::domain::time::Day;

use super::bureau::{Bureau, SpecialLine, Unit};
use super::gazetteer::{Area, Finding};
use super::trade::Trade;

/// Why some units, or none, are competent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ground<'b> {
    /// A special line (专门业务), whatever the place in the district.
    Line(&'b SpecialLine),
    /// The place (属地).
    Place,
    /// The domicile of the platform's operator (平台住所地), where the merchant's own address does not decide.
    Platform,
    /// Not to be determined from what was given; reception decides (Art. 41).
    Unknown(Unclear),
}

/// Why a place is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// Neither premises nor incident place is known.
    NotGiven,
    /// No name of the bureau file is named.
    NotFound,
    /// Places of different stations are named, or one that lies with several.
    Several,
    /// Only what is next to the place is named, or a part of a longer name.
    Near,
    /// Another district is named.
    Elsewhere,
    /// Sold online, without any address (Art. 13, 31).
    NoPublishedAddress,
    /// Sold on a platform that is not in the bureau file, without any address (Art. 13).
    PlatformElsewhere,
    /// A report that the platform's domicile may handle when it was first to receive it (Art. 31).
    PlatformMay,
    /// An advertisement without a known place (Art. 32).
    PublisherUnknown,
}

/// Who may, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Competence<'b> {
    /// Why.
    pub ground: Ground<'b>,
    /// Order and articles that say what place decides, of the order that governs the file (依据条款).
    pub articles: &'static str,
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

/// Who may handle the part of `track`, as of the day `on`.
///
/// What lies in another district is not the bureau's, whatever its goods (Arts. 13, 29 to 32). Else the special line of the part's
/// categories decides; else the place, as the operator's own row and the addresses show it. What was sold online belongs to
/// the operator's address alone: where the goods arrived says nothing.
pub fn competence<'b>(bureau: &'b Bureau, submission: &Submission, track: Track, on: Day) -> Competence<'b> {
    let part = submission.part(track);
    let trade = part.map_or(Trade::OnTheSpot, |part| Trade::of(part, track));
    let articles = trade.articles(track, bureau.governing(submission.received.at.day(), on).law);
    let found = found(bureau, submission, track, trade);
    let (ground, areas) = match (trade, part) {
        (Trade::Online, Some(part)) => online(bureau, part, track, found),
        (Trade::Advertisement, _) => match found {
            (Ground::Unknown(Unclear::NotGiven | Unclear::NotFound), areas) => {
                (Ground::Unknown(Unclear::PublisherUnknown), areas)
            }
            found => found,
        },
        _ => found,
    };
    if ground != Ground::Unknown(Unclear::Elsewhere)
        && let Some(line) = part.and_then(|part| line_of(bureau, part, track))
        && let Some(division) = bureau.unit(&line.division)
    {
        let (matched, units) = (Some(line.name.clone()), vec![division]);
        return Competence { ground: Ground::Line(line), articles, station: None, units, matched };
    }
    let (ground, units) = units(bureau, ground, &areas, track);
    let held = areas.first().and_then(|area| bureau.units().get(area.station));
    let station = held.filter(|_| matches!(ground, Ground::Place | Ground::Platform));
    Competence { ground, articles, station, units, matched: matched(ground, &areas) }
}

/// The first line of the file that fits: its order is the bureau's own.
fn line_of<'b>(bureau: &'b Bureau, part: &Part, track: Track) -> Option<&'b SpecialLine> {
    bureau.special_lines().iter().find(|line| line.scope.holds(track, part))
}

/// What was found, and the areas it was found by.
type Found<'b> = (Ground<'b>, Vec<&'b Area>);

/// The place that the record names: premises before the incident place for a complaint (Art. 13), the place of the act
/// first for a report (Art. 29). The second is asked only when the first leaves it open, and then with it.
fn found<'b>(bureau: &'b Bureau, submission: &Submission, track: Track, trade: Trade) -> Found<'b> {
    let nowhere = Given::Absent;
    let premises = &submission.respondent.premises;
    let place = submission.part(track).map_or(&nowhere, |part| &part.place);
    let asked = match (trade, track) {
        (Trade::Online, _) => [premises, &nowhere],
        (_, Track::Complaint) => [premises, place],
        (_, Track::Report) => [place, premises],
    };
    let known = asked.into_iter().filter_map(Given::<Address>::known).map(Address::as_str);
    // The places of a sentence may be any: 不在昆区，在青山区.
    let addresses: Vec<&str> = known.filter(|address| !tells_of_places(address)).collect();
    let operator = bureau.register().find(&submission.respondent, bureau.gazetteer());
    let find = |addresses: &[&str]| bureau.gazetteer().find(addresses, &operator);
    let first = addresses.get(..1).unwrap_or_default();
    let finding = match find(first) {
        Finding::At(areas) => Finding::At(areas),
        Finding::Elsewhere(areas) => Finding::Elsewhere(areas),
        _ => find(&addresses),
    };
    match finding {
        Finding::At(areas) => (Ground::Place, areas),
        Finding::Several(areas) => (Ground::Unknown(Unclear::Several), areas),
        Finding::Near(areas) => (Ground::Unknown(Unclear::Near), areas),
        Finding::Elsewhere(areas) => (Ground::Unknown(Unclear::Elsewhere), areas),
        Finding::Nothing if addresses.is_empty() => (Ground::Unknown(Unclear::NotGiven), Vec::new()),
        Finding::Nothing => (Ground::Unknown(Unclear::NotFound), Vec::new()),
    }
}

/// Sold online, and the address does not say where: the platform's domicile handles complaints as well (Art. 13, 14) -
/// it must; a report it may handle (Art. 31), which is for a person to decide.
fn online<'b>(bureau: &'b Bureau, part: &Part, track: Track, found: Found<'b>) -> Found<'b> {
    use Unclear::{Elsewhere, NoPublishedAddress, NotFound, NotGiven, PlatformElsewhere, PlatformMay};
    let Ground::Unknown(unclear @ (NotGiven | NotFound | Elsewhere)) = found.0 else { return found };
    let platform = part.platform.known();
    let hosts = platform.map(|name| bureau.register().platform(name.as_str())).unwrap_or_default();
    match (track, unclear) {
        (Track::Complaint, _) if !hosts.is_empty() => (Ground::Platform, hosts),
        (Track::Report, _) if !hosts.is_empty() => (Ground::Unknown(PlatformMay), hosts),
        (_, NotGiven) if platform.is_some() => (Ground::Unknown(PlatformElsewhere), seen(bureau, part)),
        (_, NotGiven) => (Ground::Unknown(NoPublishedAddress), seen(bureau, part)),
        _ => found,
    }
}

/// What the incident place of an online sale names: perhaps the buyer's own, so for reception to look at only.
fn seen<'b>(bureau: &'b Bureau, part: &Part) -> Vec<&'b Area> {
    let place: Vec<&str> = part.place.known().map(Address::as_str).into_iter().collect();
    match bureau.gazetteer().find(&place, &[]) {
        Finding::At(areas) | Finding::Several(areas) | Finding::Near(areas) => areas,
        Finding::Nothing | Finding::Elsewhere(_) => Vec::new(),
    }
}

/// The units of the areas: of one station, who may in all of them; of several, or none of them, who was seen.
fn units<'b>(
    bureau: &'b Bureau,
    ground: Ground<'b>,
    areas: &[&Area],
    track: Track,
) -> (Ground<'b>, Vec<&'b Unit>) {
    let in_all = |at: usize| areas.iter().all(|area| area.units.contains(&at));
    let in_any = |at: usize| areas.iter().any(|area| area.units.contains(&at));
    let numbered = || bureau.units().iter().enumerate().filter(|(_, unit)| unit.works_on(track));
    if matches!(ground, Ground::Place | Ground::Platform) {
        let units: Vec<&Unit> = numbered().filter(|(at, _)| in_all(*at)).map(|(_, unit)| unit).collect();
        let agree = areas.windows(2).all(|pair| matches!(pair, [a, b] if a.station == b.station));
        if agree && !units.is_empty() {
            return (ground, units);
        }
    }
    let seen = numbered().filter(|(at, _)| in_any(*at)).map(|(_, unit)| unit).collect();
    match ground {
        Ground::Unknown(_) | Ground::Line(_) => (ground, seen),
        Ground::Place | Ground::Platform => (Ground::Unknown(Unclear::Several), seen),
    }
}

/// The names as the file has them, each once; with the house numbers of its part when these decided.
fn matched(ground: Ground<'_>, areas: &[&Area]) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for area in areas {
        let name = match &area.numbers {
            Some(numbers) if ground == Ground::Place => format!("{}（{}）", area.name, numbers.as_str()),
            _ => area.name.clone(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| names.join("、"))
}

#[cfg(test)]
mod tests;
