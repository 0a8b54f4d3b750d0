//! The work that each way gives the units (承办量), and how evenly. What is at reception is no officer's load yet and is kept apart,
//! with the same files of the other way: so both sides of the table are the same files.

use serde::Serialize;

use super::Pair;
use crate::domain::decision::Routing;
use crate::figures::{Share, number};
use crate::routing::{Bureau, Unit, UnitKind};
use crate::whatif::competent;

/// Files and their work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Files.
    pub files: i64,
    /// Work of these, in centiunits; of both ways as our routing counts it.
    pub work: i64,
}

impl Amount {
    fn of<'a>(pairs: impl Iterator<Item = &'a Pair<'a>>) -> Self {
        pairs.fold(Self::default(), |sum, pair| sum.plus(Self { files: 1, work: pair.ours.centiunits }))
    }

    fn plus(self, other: Self) -> Self {
        Self { files: self.files + other.files, work: self.work + other.work }
    }
}

/// What a station or division would have had, each way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitWork {
    /// The unit, by name.
    pub unit: String,
    /// What it is.
    pub kind: UnitKind,
    /// Its officers in the bureau file.
    pub officers: i64,
    /// Files of the whole period by our routing, whether or not an export names who handled them.
    pub our_files_in_all: i64,
    /// By our routing.
    pub ours: Amount,
    /// By the present way: the same files in all.
    pub theirs: Amount,
}

impl UnitWork {
    /// The sum of several, under a name.
    pub(super) fn sum<'a>(name: &str, kind: UnitKind, units: impl Iterator<Item = &'a Self>) -> Self {
        let none = Amount::default();
        let nothing =
            Self { unit: name.to_owned(), kind, officers: 0, our_files_in_all: 0, ours: none, theirs: none };
        units.fold(nothing, |sum, unit| Self {
            officers: sum.officers + unit.officers,
            our_files_in_all: sum.our_files_in_all + unit.our_files_in_all,
            ours: sum.ours.plus(unit.ours),
            theirs: sum.theirs.plus(unit.theirs),
            ..sum
        })
    }
}

/// What is kept out of the work of stations and divisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AtReception {
    /// Files of the whole period that our routing leaves to reception.
    pub our_files_in_all: i64,
    /// Of those in which both name a unit: left to reception by our routing.
    pub ours: Amount,
    /// Handled by reception.
    pub theirs: Amount,
    /// The one or the other: so much is not compared.
    pub either: Amount,
}

/// A unit's work for each of its officers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitLoad {
    /// The unit, by name.
    pub unit: String,
    /// In centiunits.
    pub per_officer: i64,
}

/// How work is spread over the officers of some units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// Where there is most for each officer.
    pub most: UnitLoad,
    /// Where there is least.
    pub least: UnitLoad,
    /// How many times the least the most is; none where the least is nothing.
    pub times: Option<f64>,
    /// Standard deviation of the units' work per officer by its mean (变异系数): 0 is even.
    pub variation: f64,
}

/// How evenly each way spreads the same work.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evenness {
    /// Over the units of which kind; none: over stations and divisions.
    pub kind: Option<UnitKind>,
    /// Units with officers and work.
    pub units: i64,
    /// By the present way.
    pub theirs: Spread,
    /// By our routing.
    pub ours: Spread,
}

/// Pairs in which neither is reception.
fn at_units<'a>(bureau: &Bureau, pairs: &'a [Pair<'a>]) -> Vec<&'a Pair<'a>> {
    let reception = &bureau.reception().id;
    pairs.iter().filter(|pair| pair.ours.unit != *reception && pair.theirs != *reception).collect()
}

/// What each way gives the units, in the order of the bureau file; units that get nothing either way are left out.
pub(super) fn work(bureau: &Bureau, given: &[&Routing], pairs: &[Pair<'_>]) -> Vec<UnitWork> {
    let pairs = at_units(bureau, pairs);
    let of = |unit: &Unit| UnitWork {
        unit: unit.name.clone(),
        kind: unit.kind,
        officers: number(bureau.officers().filter(|officer| officer.unit == unit.id).count()),
        our_files_in_all: number(given.iter().filter(|ours| ours.unit == unit.id).count()),
        ours: Amount::of(pairs.iter().copied().filter(|pair| pair.ours.unit == unit.id)),
        theirs: Amount::of(pairs.iter().copied().filter(|pair| pair.theirs == unit.id)),
    };
    let units = bureau.units().iter().filter(|unit| unit.kind != UnitKind::Reception).map(of);
    units.filter(|unit| unit.our_files_in_all + unit.theirs.files > 0).collect()
}

/// Of these files, those that more than one unit may handle: only there can load choose.
pub(super) fn choice(bureau: &Bureau, pairs: &[Pair<'_>]) -> Share {
    let pairs = at_units(bureau, pairs);
    let several = pairs.iter().filter(|pair| competent(pair.ours).len() > 1).count();
    Share::of(number(several), number(pairs.len()))
}

pub(super) fn at_reception(bureau: &Bureau, given: &[&Routing], pairs: &[Pair<'_>]) -> AtReception {
    let reception = &bureau.reception().id;
    let ours = |pair: &Pair<'_>| pair.ours.unit == *reception;
    let theirs = |pair: &Pair<'_>| pair.theirs == *reception;
    let of = |which: &dyn Fn(&Pair<'_>) -> bool| Amount::of(pairs.iter().filter(|pair| which(pair)));
    AtReception {
        our_files_in_all: number(given.iter().filter(|ours| ours.unit == *reception).count()),
        ours: of(&ours),
        theirs: of(&theirs),
        either: of(&|pair| ours(pair) || theirs(pair)),
    }
}

/// Of stations, of divisions, and of both, where at least two of them can be compared.
pub(super) fn evenness(work: &[UnitWork]) -> Vec<Evenness> {
    let kinds = [Some(UnitKind::Station), Some(UnitKind::Division), None];
    kinds.into_iter().filter_map(|kind| even(kind, work)).collect()
}

fn even(kind: Option<UnitKind>, work: &[UnitWork]) -> Option<Evenness> {
    let counts = |unit: &&UnitWork| {
        kind.is_none_or(|kind| unit.kind == kind)
            && unit.officers > 0
            && unit.ours.files + unit.theirs.files > 0
    };
    let units: Vec<&UnitWork> = work.iter().filter(counts).collect();
    let theirs = spread(&units, |unit| unit.theirs.work)?;
    let ours = spread(&units, |unit| unit.ours.work)?;
    Some(Evenness { kind, units: number(units.len()), theirs, ours })
}

/// None of fewer than two units, and of no work.
fn spread(units: &[&UnitWork], work: fn(&UnitWork) -> i64) -> Option<Spread> {
    let each = |unit: &&UnitWork| work(unit) as f64 / unit.officers as f64;
    let load = |unit: &UnitWork| UnitLoad {
        unit: unit.unit.clone(),
        per_officer: per_officer(work(unit), unit.officers).unwrap_or_default(),
    };
    let most = units.iter().copied().max_by(|a, b| each(a).total_cmp(&each(b)))?;
    let least = units.iter().copied().min_by(|a, b| each(a).total_cmp(&each(b)))?;
    let count = units.len() as f64;
    let mean = units.iter().map(each).sum::<f64>() / count;
    if units.len() < 2 || mean <= 0.0 {
        return None;
    }
    let variance = units.iter().map(|unit| (each(unit) - mean).powi(2)).sum::<f64>() / count;
    let (top, bottom) = (each(&most), each(&least));
    Some(Spread {
        most: load(most),
        least: load(least),
        times: (bottom > 0.0).then(|| top / bottom),
        variation: variance.sqrt() / mean,
    })
}

/// Work for each officer, rounded; none where there is no officer.
pub(super) fn per_officer(work: i64, officers: i64) -> Option<i64> {
    (officers > 0).then(|| (work + officers / 2) / officers)
}
