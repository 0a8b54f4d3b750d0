//! What past rows sent where: sub-districts, roads, estates, operators, special lines - counted, and sure or not.

use std::collections::BTreeMap;

use super::PastRow;
use super::address::{Known, Taken, is_bare_kind, is_root, taken};
use super::staff::{Kind, Office};
use super::tally::{Sure, Tally};
use crate::domain::branch::{is_branch, is_shop};
use crate::domain::ids::Track;
use crate::domain::plain::bare;

/// Two files that agree, or three of four: a station handles what lies with it, and its neighbours help out.
const PLACE: Sure = Sure { rows: 2, percent: 75 };
const OPERATOR: Sure = PLACE;
/// A name of two signs is meant for the place itself where nearly all files say so.
const ROOT: Sure = Sure { rows: 5, percent: 90 };
/// A line takes every file of its category from the stations, wherever it lies.
const LINE: Sure = Sure { rows: 3, percent: 80 };
/// Levels of a category that lines are told by.
const LEVELS: usize = 2;

/// Why an entry is not written, but commented out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Few rows, or they contradict each other.
    Few,
    /// The sub-districts named beside it are another station's.
    AgainstSubdistrict,
    /// Of what kind it is, and not which one (农贸市场).
    BareKind,
    /// A name that branches have (某某超市江南店).
    Branches,
}

/// An entry with its counts.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) tally: Tally,
    pub(super) doubt: Option<Doubt>,
}

/// An operator.
#[derive(Debug, Clone)]
pub(super) struct Operator {
    pub(super) code: String,
    pub(super) entry: Entry,
}

/// A special line: categories that one division handled.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) entry: Entry,
    /// By the category of the problem, else of the goods or services.
    pub(super) by_problem: bool,
    /// The track of it; both where both go there.
    pub(super) track: Option<Track>,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) districts: Vec<String>,
    pub(super) regions: Vec<String>,
    pub(super) subdistricts: Vec<Entry>,
    pub(super) roads: Vec<Entry>,
    pub(super) places: Vec<Entry>,
    pub(super) operators: Vec<Operator>,
    pub(super) lines: Vec<Line>,
}

/// A past row, and the unit of the draft that handled it, where it names one.
struct Handled<'a> {
    row: &'a PastRow,
    unit: Option<usize>,
    at: Taken,
}

impl Found {
    pub(super) fn of(office: &Office, past: &[PastRow]) -> Self {
        let Around { districts, regions, known } = Around::of(past);
        let handled = |row| Handled {
            row,
            unit: office.unit(row),
            at: row.address.as_deref().map(|address| taken(address, &known)).unwrap_or_default(),
        };
        let handled: Vec<Handled<'_>> = past.iter().map(handled).collect();
        let ours = districts.first().cloned();
        let is_ours =
            |one: &&Handled<'_>| one.at.district.as_deref().is_none_or(|name| is_same(name, ours.as_deref()));
        let here: Vec<&Handled<'_>> = handled.iter().filter(is_ours).collect();
        // What a division handled says nothing of the place; what names no unit shows at least which places there are.
        let is_by_place =
            |one: &&Handled<'_>| one.unit.is_none_or(|unit| office.is_kind(unit, Kind::Station));
        let stations: Vec<&Handled<'_>> = here.iter().copied().filter(is_by_place).collect();
        let subdistricts = entries(&stations, |one| one.at.subdistrict.clone(), PLACE);
        // An address that tells no more than the district or the city (青铜峡市) names no place in it.
        let is_around = |entry: &Entry| districts.iter().chain(&regions).any(|name| *name == entry.name);
        let places = places(&stations).into_iter().filter(|entry| !is_around(entry)).collect();
        let mut found = Self {
            districts: districts.into_iter().filter(|name| is_same(name, ours.as_deref())).collect(),
            regions,
            roads: entries(&stations, |one| one.at.road.clone(), PLACE),
            places,
            operators: operators(&stations),
            lines: lines(office, &here),
            subdistricts,
        };
        found.hold_against_subdistricts();
        found
    }

    /// All names of an address must agree: what contradicts the sub-district beside it more often than now and then would decide nothing.
    fn hold_against_subdistricts(&mut self) {
        let sure = self.subdistricts.iter().filter(|entry| entry.doubt.is_none());
        let station: BTreeMap<String, Option<usize>> =
            sure.map(|entry| (entry.name.clone(), entry.tally.most())).collect();
        let operators = self.operators.iter_mut().map(|operator| &mut operator.entry);
        for entry in self.roads.iter_mut().chain(&mut self.places).chain(operators) {
            let most = entry.tally.most();
            let (mut rows, mut agreeing) = (0, 0);
            for (name, beside) in &entry.tally.beside {
                if let Some(unit) = station.get(name) {
                    rows += beside;
                    agreeing += if *unit == most { *beside } else { 0 };
                }
            }
            if entry.doubt.is_none() && agreeing * 100 < rows * PLACE.percent {
                entry.doubt = Some(Doubt::AgainstSubdistrict);
            }
        }
    }
}

/// What the addresses name around the places.
struct Around {
    /// Districts, the most frequent first: of a city without districts, the city.
    districts: Vec<String>,
    /// Cities and the like around it, and the short forms that stand before a place.
    regions: Vec<String>,
    known: Known,
}

impl Around {
    fn of(past: &[PastRow]) -> Self {
        let nothing = Known::default();
        let often = |found: &(String, usize)| found.1 * 20 >= past.len();
        let mut districts = names(past, &nothing, |at| at.district.into_iter().collect());
        let mut around: Vec<(String, usize)> = names(past, &nothing, |at| at.regions);
        around.retain(often);
        // 服务区 in some rows is no district where all others name a city alone.
        let city = around.iter().position(|(name, _)| name.ends_with('市'));
        if let Some(city) = city.filter(|_| !districts.first().is_some_and(often)) {
            districts = vec![around.remove(city)];
        }
        let districts: Vec<String> = districts.into_iter().map(|(name, _)| name).collect();
        let mut regions: Vec<String> = around.into_iter().map(|(name, _)| name).collect();
        let subdistricts = names(past, &nothing, |at| at.subdistrict.into_iter().collect());
        let several = subdistricts.iter().filter(|(_, rows)| *rows > 1).map(|(name, _)| name);
        let known = Known::of(regions.iter().chain(districts.first()).chain(several));
        regions.extend(known.names().iter().cloned());
        Self { districts, regions, known }
    }
}

/// Whether a district is ours, by its whole name or by its short form: 昆区 of 昆都仑区.
fn is_same(name: &str, ours: Option<&str>) -> bool {
    let ends = |text: &str| (text.chars().next(), text.chars().next_back());
    ours.is_some_and(|ours| name == ours || name.chars().count() == 2 && ends(name) == ends(ours))
}

/// Names with their rows, the most frequent first.
fn names(past: &[PastRow], known: &Known, of: impl Fn(Taken) -> Vec<String>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for at in past.iter().filter_map(|row| row.address.as_deref()).map(|address| taken(address, known)) {
        for name in of(at) {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    counts
}

fn tallies<'a>(
    rows: &[&'a Handled<'a>],
    name: impl Fn(&Handled<'_>) -> Option<String>,
) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for one in rows {
        if let Some(name) = name(one) {
            tallies.entry(name).or_default().add(one.unit, one.at.subdistrict.as_ref());
        }
    }
    tallies
}

fn judged(name: String, tally: Tally, sure: Sure) -> Entry {
    let doubt = (!tally.is_sure(sure)).then_some(Doubt::Few);
    Entry { name, tally, doubt }
}

/// Entries by name, those with most rows first.
fn entries(rows: &[&Handled<'_>], name: impl Fn(&Handled<'_>) -> Option<String>, sure: Sure) -> Vec<Entry> {
    let found = tallies(rows, name).into_iter();
    let mut entries: Vec<Entry> = found.map(|(name, tally)| judged(name, tally, sure)).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.tally.rows(), entry.tally.unnamed)));
    entries
}

/// Places by name, what is no one place in doubt; and names of two signs that stand alone as well as in front of others.
fn places(rows: &[&Handled<'_>]) -> Vec<Entry> {
    let mut places = entries(rows, |one| one.at.place.clone(), PLACE);
    for entry in places.iter_mut().filter(|entry| entry.doubt.is_none()) {
        let is_branch =
            |one: &&Handled<'_>| one.at.rest.strip_prefix(entry.name.as_str()).is_some_and(is_branch);
        if is_bare_kind(&entry.name) {
            entry.doubt = Some(Doubt::BareKind);
        } else if is_shop(&entry.name) && rows.iter().any(is_branch) {
            entry.doubt = Some(Doubt::Branches);
        }
    }
    let mut alone: BTreeMap<&str, usize> = BTreeMap::new();
    for one in rows.iter().filter(|one| is_root(&one.at.rest)) {
        *alone.entry(one.at.rest.as_str()).or_default() += 1;
    }
    for (root, _) in alone.into_iter().filter(|(_, rows)| *rows >= PLACE.rows) {
        let of_root = |one: &Handled<'_>| one.at.rest.starts_with(root).then(|| root.to_owned());
        places.extend(entries(rows, of_root, ROOT).into_iter().filter(|entry| entry.doubt.is_none()));
    }
    places
}

/// Operators by credit code, with the name that they have most often. One row says nothing of the next.
fn operators(rows: &[&Handled<'_>]) -> Vec<Operator> {
    let mut names: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for one in rows {
        if let (Some(code), Some(shop)) = (&one.row.code, &one.row.shop) {
            *names.entry(code).or_default().entry(bare(shop).into_owned()).or_default() += 1;
        }
    }
    let found = tallies(rows, |one| one.row.code.clone()).into_iter().filter(|(_, tally)| tally.rows() > 1);
    let operator = |(code, tally): (String, Tally)| {
        let name = names.get(code.as_str())?.iter().max_by_key(|(_, rows)| **rows)?.0.clone();
        Some(Operator { code, entry: judged(name, tally, OPERATOR) })
    };
    let mut operators: Vec<Operator> = found.filter_map(operator).collect();
    operators.sort_by_key(|operator| std::cmp::Reverse(operator.entry.tally.rows()));
    operators
}

fn upper(category: &str) -> String {
    category.split("->").take(LEVELS).map(str::trim).collect::<Vec<_>>().join("->")
}

/// Categories that go to one division, first by goods or services, then - of what these leave - by problem.
fn lines(office: &Office, rows: &[&Handled<'_>]) -> Vec<Line> {
    let object = |one: &Handled<'_>| one.row.object.as_deref().map(upper);
    let problem = |one: &Handled<'_>| one.row.problem.as_deref().map(upper);
    let mut found = lines_by(office, rows, &object, false);
    let is_taken = |one: &Handled<'_>| {
        let holds = |line: &Line| {
            line.entry.doubt.is_none()
                && line.track.is_none_or(|track| track == one.row.track)
                && object(one).as_deref() == Some(line.entry.name.as_str())
        };
        found.iter().any(holds)
    };
    let rest: Vec<&Handled<'_>> = rows.iter().copied().filter(|one| !is_taken(one)).collect();
    found.extend(lines_by(office, &rest, &problem, true));
    found
}

fn lines_by(
    office: &Office,
    rows: &[&Handled<'_>],
    name: &dyn Fn(&Handled<'_>) -> Option<String>,
    by_problem: bool,
) -> Vec<Line> {
    let of_track = |track: Track| {
        let rows: Vec<&Handled<'_>> = rows.iter().copied().filter(|one| one.row.track == track).collect();
        entries(&rows, name, LINE)
    };
    let is_line = |entry: &Entry| entry.tally.most().is_some_and(|unit| office.is_kind(unit, Kind::Division));
    let [complaints, reports] = Track::ALL.map(of_track);
    let mut lines = Vec::new();
    for (track, own, other) in
        [(Track::Complaint, &complaints, &reports), (Track::Report, &reports, &complaints)]
    {
        for entry in own.iter().filter(|entry| is_line(entry)) {
            let beside = other.iter().find(|other| other.name == entry.name);
            let both = beside.is_some_and(|other| {
                other.tally.most() == entry.tally.most() && other.doubt.is_none() && entry.doubt.is_none()
            });
            // Both tracks are one line, told with the complaints.
            if both && track == Track::Report {
                continue;
            }
            let track = (!both).then_some(track);
            lines.push(Line { entry: entry.clone(), by_problem, track });
        }
    }
    lines
}
