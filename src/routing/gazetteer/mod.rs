//! Which places an address names (地名库): sub-districts, estates and markets, streets by number - never a guess.
//!
//! Every name is read for itself, and each reading says one station or several: a street in several parts says one
//! only with a number that lies in one of them. All readings that say one must say the same one, and those that say
//! several must not exclude it; then it is decided, by the units of the most trusted reading. A sub-district named
//! against the street's own number is a contradiction, and goes to a person like any other.
//!
//! At a crossing the place is on either street, so both must say the same.
//!
//! A name next to which the place lies (`附近`, `对面`), or that may be part of a longer one (`新林荫路`), decides nothing.
//! Behind a house number such words take back the number, not the street.

mod names;
mod numbers;
mod text;

use std::borrow::Cow;

pub(super) use names::base_name;
use names::{Hit, Names};
pub(super) use numbers::Numbers;
use numbers::{Behind, behind};
pub(super) use text::unified;
use text::{crosses_another, joined, names_a_division};

/// What an area's name is, the most trusted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// 登记在册的经营者
    Operator,
    /// 街道、镇、办事处
    Subdistrict,
    /// 小区、市场、商场、楼宇
    Place,
    /// 道路
    Street,
}

/// An area with its competent units.
#[derive(Debug, Clone)]
pub(super) struct Area {
    /// Its name in the bureau file.
    pub(super) name: String,
    /// Other names of a place (别名).
    pub(super) also: Vec<String>,
    pub(super) level: Level,
    /// House numbers of this part of a street; all when none are given.
    pub(super) numbers: Option<Numbers>,
    /// Position of the competent station (属地所) in the bureau file.
    pub(super) station: usize,
    /// Positions of the station and its authorised alternates, ascending.
    pub(super) units: Vec<usize>,
}

/// What is known of a place. The areas are distinct and never none.
#[derive(Debug)]
pub(super) enum Finding<'a> {
    /// No name of the file.
    Nothing,
    /// Another district, whatever streets it names; with the operator's own row, if it has one.
    Elsewhere(Vec<&'a Area>),
    /// Areas of one station and one level.
    At(Vec<&'a Area>),
    /// Areas of several stations.
    Several(Vec<&'a Area>),
    /// Areas next to which it is, or whose names are perhaps parts of longer ones.
    Near(Vec<&'a Area>),
}

/// What one name says.
struct Reading<'a> {
    /// Areas that it may be.
    areas: Vec<&'a Area>,
    firm: bool,
}

impl Reading<'_> {
    /// The one station that it says.
    fn station(&self) -> Option<usize> {
        let station = self.areas.first()?.station;
        self.areas.iter().all(|area| area.station == station).then_some(station)
    }

    /// At a crossing (`甲路与乙路交叉口`) the place is on the one or on the other.
    fn or(&mut self, other: Self) {
        self.areas.extend(other.areas);
        self.firm &= other.firm;
    }

    fn level(&self) -> Option<Level> {
        self.areas.iter().map(|area| area.level).min()
    }
}

/// Every name of the bureau file.
#[derive(Debug, Clone, Default)]
pub(super) struct Gazetteer {
    areas: Vec<Area>,
    names: Names,
    district: Vec<String>,
    region: Vec<String>,
}

impl Gazetteer {
    /// `district` are the ways to write this district, `region` those of the places around it (city, province);
    /// without any, no address is taken for another district's.
    pub(super) fn new(areas: Vec<Area>, district: &[String], region: &[String]) -> Self {
        let unify = |names: &[String]| names.iter().map(|name| unified(name)).collect();
        Self { names: Names::new(&areas), areas, district: unify(district), region: unify(region) }
    }

    /// Where the addresses lie, all of one place, and with the operator's own rows.
    pub(super) fn find<'a>(&'a self, addresses: &[&str], operator: &[&'a Area]) -> Finding<'a> {
        let mut readings: Vec<Reading<'_>> = Vec::new();
        if !operator.is_empty() {
            readings.push(Reading { areas: operator.to_vec(), firm: true });
        }
        for address in addresses {
            let text = unified(address);
            let hits = self.names.hits(&text, &[&self.district, &self.region]);
            let head = hits.first().map_or(text.as_str(), |hit| &text[..hit.start]);
            if self.names_another_district(head) {
                return Finding::Elsewhere(operator.to_vec());
            }
            readings.extend(self.readings(&text, &hits));
        }
        decide(&readings)
    }

    /// Whether a text names this district, as the full name of an operator registered here does.
    pub(super) fn names_district(&self, text: &str) -> bool {
        self.district.iter().any(|name| text.contains(name.as_str()))
    }

    /// What each name of a text says; names joined to one place are one reading.
    fn readings(&self, text: &str, hits: &[Hit<'_>]) -> Vec<Reading<'_>> {
        let mut readings: Vec<Reading<'_>> = Vec::new();
        for (at, hit) in hits.iter().enumerate() {
            let (before, after) = (&text[..hit.start], &text[hit.end..]);
            let mut reading = self.reading(hit, after);
            // Names may overlap: 天一新百 and 新百大楼 in 天一新百大楼.
            let is_between = |from: usize, to: usize| text.get(from..to).is_some_and(joined);
            let is_joined = at > 0 && is_between(hits[at - 1].end, hit.start);
            let joins = hits.get(at + 1).is_some_and(|next| is_between(hit.end, next.start));
            // A crossing with a street that is not in the file: it may be on that one.
            reading.firm &= is_joined || joins || !crosses_another(before, after);
            match readings.last_mut() {
                Some(last) if is_joined => last.or(reading),
                _ => readings.push(reading),
            }
        }
        readings
    }

    fn reading(&self, hit: &Hit<'_>, after: &str) -> Reading<'_> {
        let areas: Vec<&Area> = hit.areas.iter().filter_map(|at| self.areas.get(*at)).collect();
        if areas.first().is_none_or(|area| area.level != Level::Street) {
            return Reading { areas, firm: hit.firm };
        }
        match behind(after) {
            Behind::Block => Reading { areas, firm: false },
            Behind::NoNumber => Reading { areas, firm: hit.firm },
            Behind::Numbers(house_numbers) => Reading { areas: parts(areas, &house_numbers), firm: hit.firm },
        }
    }

    /// Whether the text before the first name is about another district: 青山区, 江苏省南京市.
    fn names_another_district(&self, head: &str) -> bool {
        if self.district.is_empty() || self.names_district(head) {
            return false;
        }
        let mut rest = Cow::Borrowed(head);
        for name in &self.region {
            if rest.contains(name.as_str()) {
                rest = Cow::Owned(rest.replace(name.as_str(), ","));
            }
        }
        names_a_division(&rest)
    }
}

/// The parts of a street that its numbers lie in; all of them when a number lies in none.
fn parts<'a>(areas: Vec<&'a Area>, house_numbers: &[u32]) -> Vec<&'a Area> {
    let has = |area: &Area, house_number: u32| {
        area.numbers.as_ref().is_none_or(|numbers| numbers.has(house_number))
    };
    if house_numbers.iter().all(|house_number| areas.iter().any(|area| has(area, *house_number))) {
        areas
            .into_iter()
            .filter(|area| house_numbers.iter().any(|house_number| has(area, *house_number)))
            .collect()
    } else {
        areas
    }
}

fn decide<'a>(readings: &[Reading<'a>]) -> Finding<'a> {
    let (firm, vague): (Vec<_>, Vec<_>) = readings.iter().partition(|reading| reading.firm);
    if firm.is_empty() {
        return if vague.is_empty() { Finding::Nothing } else { Finding::Near(distinct(&vague)) };
    }
    let sure: Vec<&Reading<'_>> =
        firm.iter().copied().filter(|reading| reading.station().is_some()).collect();
    let station = sure.first().and_then(|reading| reading.station());
    let allows = |reading: &&Reading<'_>| reading.areas.iter().any(|area| Some(area.station) == station);
    if station.is_none() || !firm.iter().all(allows) {
        return Finding::Several(distinct(&firm));
    }
    let most = sure.iter().filter_map(|reading| reading.level()).min();
    let deciding: Vec<&Reading<'_>> = sure.into_iter().filter(|reading| reading.level() == most).collect();
    Finding::At(distinct(&deciding))
}

fn distinct<'a>(readings: &[&Reading<'a>]) -> Vec<&'a Area> {
    let mut areas: Vec<&Area> = Vec::new();
    for area in readings.iter().flat_map(|reading| &reading.areas) {
        if !areas.iter().any(|known| std::ptr::eq(*known, *area)) {
            areas.push(area);
        }
    }
    areas
}

#[cfg(test)]
mod tests;
