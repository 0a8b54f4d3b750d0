//! The units and officers of a draft (单位、人员), and which unit a past row names.

use std::collections::{BTreeMap, HashSet};

use super::PastRow;
use crate::domain::ids::OfficerId;
use crate::domain::personal::Personal;
use crate::domain::plain::bare;
use crate::domain::unit_name::{behind_bureau, is_bureau, is_unit, station, which};
use crate::exchange::RosterRow;

/// What a unit is, by its name; the words of the bureau file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Reception,
    Station,
    Division,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Reception => "reception",
            Kind::Station => "station",
            Kind::Division => "division",
        }
    }

    fn of(name: &str) -> Self {
        const RECEPTION: [&str; 5] = ["接收", "投诉举报", "举报中心", "12315", "指挥中心"];
        if RECEPTION.iter().any(|word| name.contains(word)) {
            Kind::Reception
        } else if name.ends_with('所') || name.ends_with("分局") {
            Kind::Station
        } else {
            Kind::Division
        }
    }
}

/// A unit of the draft.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Rows of the exports that it handled.
    pub(super) rows: usize,
}

impl Unit {
    fn name(&self) -> &str {
        &self.name
    }
}

/// An officer of the draft.
#[derive(Debug, Clone)]
pub(super) struct Officer {
    pub(super) id: String,
    pub(super) name: Personal<String>,
    pub(super) unit: usize,
    pub(super) post: Option<String>,
    /// The table's own number could not be taken.
    pub(super) is_numbered_here: bool,
}

/// Units and officers, and how exports name units.
#[derive(Debug)]
pub(super) struct Office {
    pub(super) bureau: Option<String>,
    pub(super) units: Vec<Unit>,
    pub(super) officers: Vec<Officer>,
    /// There was none, so one is made up for the office to rename.
    pub(super) is_reception_made_up: bool,
    /// What exports call a unit, and which unit that is.
    names: BTreeMap<String, Option<usize>>,
    /// What exports name that is no unit of the draft, with rows.
    pub(super) unknown: Vec<(String, usize)>,
}

/// Officers' numbers that are made up begin so.
const MADE_UP: &str = "p";

impl Office {
    pub(super) fn of(past: &[PastRow], staff: &[RosterRow]) -> Self {
        let mut exported: BTreeMap<String, usize> = BTreeMap::new();
        for name in past.iter().filter_map(|row| row.unit.as_ref()) {
            *exported.entry(bare(name).into_owned()).or_default() += 1;
        }
        let bureaus = exported.iter().filter(|(name, _)| is_bureau(name));
        let bureau = bureaus.max_by_key(|(_, rows)| **rows).map(|(name, _)| name.clone());
        let mut names: Vec<String> = Vec::new();
        if staff.is_empty() {
            names.extend(exported_units(&exported));
        } else {
            for row in staff {
                let name = bare(&row.unit).into_owned();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let mut units = units(names);
        let is_reception_made_up = !units.iter().any(|unit| unit.kind == Kind::Reception);
        if is_reception_made_up {
            let name = "统一接收机构（请改为实际名称）".to_owned();
            units.insert(0, Unit { id: "jieshou".to_owned(), name, kind: Kind::Reception, rows: 0 });
        }
        let named: BTreeMap<String, Option<usize>> =
            exported.keys().map(|name| (name.clone(), which(units.iter().map(Unit::name), name))).collect();
        for (name, unit) in &named {
            if let Some(unit) = unit.and_then(|at| units.get_mut(at)) {
                unit.rows += exported.get(name).copied().unwrap_or_default();
            }
        }
        let is_unknown = |name: &String| named.get(name).is_none_or(Option::is_none) && !is_bureau(name);
        let mut unknown: Vec<(String, usize)> = exported
            .iter()
            .filter(|(name, _)| is_unknown(name) && is_unit(name))
            .map(|(name, rows)| (name.clone(), *rows))
            .collect();
        unknown.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        let officers = officers(&units, staff);
        Self { bureau, units, officers, is_reception_made_up, names: named, unknown }
    }

    /// The unit that a past row names.
    pub(super) fn unit(&self, row: &PastRow) -> Option<usize> {
        self.names.get(&*bare(row.unit.as_ref()?)).copied().flatten()
    }

    pub(super) fn is_kind(&self, unit: usize, kind: Kind) -> bool {
        self.units.get(unit).is_some_and(|unit| unit.kind == kind)
    }
}

/// The units that exports name, each once, as it is written most often.
fn exported_units(exported: &BTreeMap<String, usize>) -> Vec<String> {
    let mut units: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (name, rows) in exported.iter().filter(|(name, _)| is_unit(name) && !is_bureau(name)) {
        let own = behind_bureau(name);
        let known = units.entry(station(own).unwrap_or(own)).or_insert((*rows, own));
        *known = (*known).max((*rows, own));
    }
    units.into_values().map(|(_, name)| name.to_owned()).collect()
}

/// Units with ids in their order: u01, u02. The first that receives is the reception unit, another one a division.
fn units(names: Vec<String>) -> Vec<Unit> {
    let mut has_reception = false;
    let unit = |(at, name): (usize, String)| {
        let mut kind = Kind::of(&name);
        if kind == Kind::Reception && std::mem::replace(&mut has_reception, true) {
            kind = Kind::Division;
        }
        let id = if kind == Kind::Reception { "jieshou".to_owned() } else { format!("u{at:02}") };
        Unit { id, name, kind, rows: 0 }
    };
    (1..).zip(names).map(unit).collect()
}

fn officers(units: &[Unit], staff: &[RosterRow]) -> Vec<Officer> {
    let mut seen: HashSet<String> = HashSet::new();
    let mut officers = Vec::new();
    for (at, row) in (1..).zip(staff) {
        let name = bare(row.name.expose()).into_owned();
        let Some(unit) = units.iter().position(|unit| unit.name == *bare(&row.unit)) else { continue };
        if name.is_empty() {
            continue;
        }
        let own = row.number.as_deref().map(|number| bare(number).into_owned());
        let own = own.filter(|number| OfficerId::parse(number).is_ok() && seen.insert(number.clone()));
        let is_numbered_here = own.is_none();
        let Some(id) = own.or_else(|| {
            (at..100_000)
                .map(|number: usize| format!("{MADE_UP}{number:03}"))
                .find(|id| seen.insert(id.clone()))
        }) else {
            continue;
        };
        officers.push(Officer { id, name: name.into(), unit, post: row.post.clone(), is_numbered_here });
    }
    officers
}
