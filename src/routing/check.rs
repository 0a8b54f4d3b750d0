//! Whether a bureau file is whole: every rule is tried, so that one reading shows every mistake.

use std::collections::{HashMap, HashSet};

use crate::domain::evidence::Relay;
use crate::domain::ids::{OfficerId, Track, UnitId};
use crate::domain::person::Phone;
use crate::domain::personal::Personal;
use crate::domain::plain::is_blank;
use crate::domain::text::{Address, Line};
use crate::domain::time::Day;
use crate::domain::violation::Invalid;
use crate::statute::Calendar;

use super::bureau::{Absence, Bureau, Officer, SpecialLine, Unit, UnitKind, WorkUnits};
use super::gazetteer::Gazetteer;
use super::register::Register;
use super::rows::{At, AwayRow, BureauRow, LineRow, Mistakes, OfficerRow, RelayRow, Rows, UnitRow, WorkRow};

use settings::Asks;

/// Makes the bureau, or notes why there is none. The caller refuses it when anything was noted.
pub(super) fn check(rows: Rows, mistakes: &mut Mistakes) -> Option<Bureau> {
    let mut checker = Checker { mistakes, known: HashMap::new(), unit_ids: HashSet::new() };
    let name = checker.bureau(&rows.bureau);
    let settings = checker.settings(&rows.settings);
    let work = checker.work(&rows.work_units);
    let units = checker.units(rows.units);
    let reception = checker.reception(&units);
    let officers = checker.officers(rows.officers);
    let (areas, operators) = super::places::check(&mut checker, &units, &rows.places);
    let lines = checker.lines(&units, rows.lines);
    let relays = checker.relays(rows.relays);
    let policies = checker.policies(&units, rows.policies);
    let efforts = checker.efforts(rows.efforts);
    let calendar = Calendar::built_in().with(checker.years(rows.years));
    let gazetteer = Gazetteer::new(areas, &rows.bureau.district_names, &rows.bureau.region_names);
    Some(Bureau {
        name: name?,
        positions: units.iter().enumerate().map(|(at, unit)| (unit.id.clone(), at)).collect(),
        units,
        reception: reception?,
        staff: officers.iter().enumerate().map(|(at, officer)| (officer.id.clone(), at)).collect(),
        officers,
        gazetteer,
        register: Register::new(operators),
        lines,
        relays,
        policies,
        efforts,
        settings: settings?,
        work: work?,
        calendar,
    })
}

/// What the rules of all tables need.
pub(super) struct Checker<'m> {
    pub(super) mistakes: &'m mut Mistakes,
    /// Positions and kinds of the good units.
    known: HashMap<String, (usize, UnitKind)>,
    /// Every id given to a unit, good or not: what is wrong with the unit is said once, at the unit.
    unit_ids: HashSet<String>,
}

impl Checker<'_> {
    pub(super) fn parsed<T>(
        &mut self,
        at: &At,
        key: &str,
        text: &str,
        parse: fn(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        if is_blank(text) {
            self.mistakes.missing(at, key);
            return None;
        }
        parse(text).map_err(|invalid| self.mistakes.add(at, key, invalid.zh)).ok()
    }

    fn name(&mut self, at: &At, text: &str) -> Option<String> {
        self.parsed(at, "name", text, Line::parse).map(|line| line.as_str().to_owned())
    }

    pub(super) fn distinct(&mut self, seen: &mut HashSet<String>, at: &At, key: &str, value: &str) {
        if !value.is_empty() && !seen.insert(value.to_owned()) {
            self.mistakes.add(at, key, format!("“{value}”重复；请删除重复项或改用另一个"));
        }
    }

    fn bureau(&mut self, row: &BureauRow) -> Option<String> {
        let at = At::table("bureau");
        for (key, names) in [("district_names", &row.district_names), ("region_names", &row.region_names)] {
            if names.iter().any(|name| is_blank(name)) {
                self.mistakes.add(&at, key, "有空白的名称；请删除或填写");
            }
        }
        self.name(&at, &row.name)
    }

    fn work(&mut self, row: &WorkRow) -> Option<WorkUnits> {
        let at = At::table("work_units");
        let complaint = self.centiunits(&at, "complaint", row.complaint);
        let report = self.centiunits(&at, "report", row.report);
        let suspected = self.centiunits(&at, "suspected", row.suspected);
        Some(WorkUnits { complaint: complaint?, report: report?, suspected: suspected? })
    }

    fn units(&mut self, rows: Vec<UnitRow>) -> Vec<Unit> {
        let mut names = HashSet::new();
        let mut units: Vec<Unit> = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            let at = At::entry("unit", index, if row.name.is_empty() { &row.id } else { &row.name });
            let mut ids = std::mem::take(&mut self.unit_ids);
            self.distinct(&mut ids, &at, "id", &row.id);
            self.unit_ids = ids;
            self.distinct(&mut names, &at, "name", &row.name);
            let id = self.parsed(&at, "id", &row.id, UnitId::parse);
            let name = self.name(&at, &row.name);
            let kind = self.kind(&at, &row.kind);
            let tracks = self.tracks(&at, row.tracks);
            let capacities = self.capacities(&at, &row.capacity);
            if kind == Some(UnitKind::Reception) && tracks.len() != Track::ALL.len() {
                self.mistakes.add(&at, "tracks", "统一接收机构投诉、举报都要接；请删除 tracks");
            }
            if kind == Some(UnitKind::Reception) && !capacities.is_empty() {
                self.mistakes.add(
                    &at,
                    "capacity",
                    "统一接收机构不设容量：无处可送的都在这里；请删除 capacity",
                );
            }
            let (Some(id), Some(name), Some(kind)) = (id, name, kind) else {
                continue;
            };
            self.known.entry(id.as_str().to_owned()).or_insert((units.len(), kind));
            units.push(Unit { id, name, kind, tracks, capacities });
        }
        units
    }

    fn kind(&mut self, at: &At, word: &str) -> Option<UnitKind> {
        match word {
            "station" => Some(UnitKind::Station),
            "division" => Some(UnitKind::Division),
            "reception" => Some(UnitKind::Reception),
            "" => {
                self.mistakes.missing(at, "kind");
                None
            }
            _ => {
                self.mistakes.add(
                    at,
                    "kind",
                    "应为 station（所）、division（股室、大队）或 reception（统一接收机构）",
                );
                None
            }
        }
    }

    fn tracks(&mut self, at: &At, words: Option<Vec<String>>) -> Vec<Track> {
        let Some(words) = words else {
            return Track::ALL.to_vec();
        };
        if words.is_empty() || words.iter().any(|word| Track::ALL.iter().all(|track| track.word() != word)) {
            self.mistakes.add(
                at,
                "tracks",
                "应为 [\"complaint\"]（投诉）、[\"report\"]（举报）或两者；两者都办的可不写",
            );
        }
        Track::ALL.into_iter().filter(|track| words.iter().any(|word| word == track.word())).collect()
    }

    fn reception(&mut self, units: &[Unit]) -> Option<Unit> {
        let mut found = units.iter().filter(|unit| unit.kind == UnitKind::Reception);
        let first = found.next();
        let more: Vec<&str> = found.map(|unit| unit.name.as_str()).collect();
        if first.is_none() {
            self.mistakes.add(
                &At::table("unit"),
                "",
                "没有统一接收机构；请把一个单位的 kind 写为 \"reception\"",
            );
        }
        if !more.is_empty() {
            let text = format!("统一接收机构只能有一个；请改正多余的：{}", more.join("、"));
            self.mistakes.add(&At::table("unit"), "", text);
        }
        first.cloned()
    }

    fn officers(&mut self, rows: Vec<OfficerRow>) -> Vec<Officer> {
        let mut ids = HashSet::new();
        let mut officers = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            let at = At::entry(
                "officer",
                index,
                if row.name.expose().is_empty() { &row.id } else { row.name.expose() },
            );
            self.distinct(&mut ids, &at, "id", &row.id);
            let id = self.parsed(&at, "id", &row.id, OfficerId::parse);
            let name = self.name(&at, row.name.expose()).map(Personal::new);
            let unit = self.unit(&at, "unit", &row.unit, None).and(UnitId::parse(&row.unit).ok());
            let away = row.away.into_iter().filter_map(|away| self.absence(&at, away)).collect();
            let percent = row.percent.unwrap_or(100);
            if !(1..=100).contains(&percent) {
                self.mistakes.add(&at, "percent", "工作时间占全日的百分比应为 1 至 100；全日的可不写");
            }
            let recused_from = row.recused_from;
            if recused_from.iter().any(|operator| is_blank(operator)) {
                self.mistakes.add(&at, "recused_from", "有空白的企业名称或代码；请删除或填写");
            }
            if let (Some(id), Some(name), Some(unit)) = (id, name, unit) {
                officers.push(Officer { id, name, unit, percent, away, recused_from });
            }
        }
        let units: HashMap<&OfficerId, &UnitId> =
            officers.iter().map(|officer| (&officer.id, &officer.unit)).collect();
        for (index, officer) in officers.iter().enumerate() {
            let deputies = officer.away.iter().filter_map(|absence| absence.deputy.as_ref());
            for deputy in deputies.filter(|deputy| units.get(deputy) != Some(&&officer.unit)) {
                let at = At::entry("officer", index, officer.id.as_str());
                let text = format!("代理人 {deputy} 不是同一单位的人员；请填写本单位人员的 id");
                self.mistakes.add(&at, "away.deputy", text);
            }
        }
        officers
    }

    fn absence(&mut self, at: &At, row: AwayRow) -> Option<Absence> {
        let from = self.parsed(at, "away.from", &row.from, Day::parse);
        let to = self.parsed(at, "away.to", &row.to, Day::parse);
        let (from, to) = (from?, to?);
        if from > to {
            self.mistakes.add(at, "away", format!("结束日 {to} 早于开始日 {from}；请改正"));
        }
        let deputy = Some(row.deputy).filter(|deputy| !deputy.is_empty());
        let deputy = deputy.and_then(|deputy| self.parsed(at, "away.deputy", &deputy, OfficerId::parse));
        Some(Absence { from, to, why: row.why, deputy })
    }

    /// The position of the unit named, if it exists and is of the kind wanted.
    pub(super) fn unit(&mut self, at: &At, key: &str, id: &str, wanted: Option<UnitKind>) -> Option<usize> {
        if id.is_empty() {
            self.mistakes.missing(at, key);
            return None;
        }
        match (self.known.get(id), wanted) {
            (Some((_, kind)), Some(wanted)) if *kind != wanted => {
                let text = format!("“{id}”不是{}；请改为{}的 id", wanted.zh(), wanted.zh());
                self.mistakes.add(at, key, text);
                None
            }
            (Some((position, _)), _) => Some(*position),
            (None, _) => {
                if !self.unit_ids.contains(id) {
                    self.mistakes.add(
                        at,
                        key,
                        format!("没有单位“{id}”；请改为 unit 表中的 id，或先登记该单位"),
                    );
                }
                None
            }
        }
    }

    /// Hotels, couriers, transfer lines: each with a phone, an address, or both.
    fn relays(&mut self, rows: Vec<RelayRow>) -> Vec<Relay> {
        let mut relays = Vec::new();
        for (index, RelayRow { name, phone, address }) in rows.into_iter().enumerate() {
            let at = At::entry("relay", index, &name);
            self.name(&at, &name);
            if phone.is_empty() && address.is_empty() {
                self.mistakes.add(&at, "phone", "电话和地址至少填写一项");
            }
            if !phone.is_empty() {
                relays.extend(self.parsed(&at, "phone", &phone, Phone::parse).map(Relay::Phone));
            }
            if !address.is_empty() {
                relays.extend(self.parsed(&at, "address", &address, Address::parse).map(Relay::Address));
            }
        }
        relays
    }

    fn lines(&mut self, units: &[Unit], rows: Vec<LineRow>) -> Vec<SpecialLine> {
        let mut names = HashSet::new();
        let mut lines = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            let at = At::entry("special_line", index, &row.name);
            self.distinct(&mut names, &at, "name", &row.name);
            let name = self.name(&at, &row.name);
            let division = self.unit(&at, "division", &row.division, Some(UnitKind::Division));
            let scope = self.scope(
                &at,
                row.tracks,
                [row.object_category_contains, row.problem_category_contains],
                Asks::Something,
            );
            let centiunits = row.work_units.and_then(|units| self.centiunits(&at, "work_units", units));
            let Some(unit) = division.and_then(|division| units.get(division)) else {
                continue;
            };
            if let Some(track) = scope.tracks.iter().find(|track| !unit.works_on(**track)) {
                let text = format!("“{}”不办{}；请改正 tracks", unit.name, track.zh());
                self.mistakes.add(&at, "tracks", text);
            }
            let Some(name) = name else { continue };
            lines.push(SpecialLine { name, division: unit.id.clone(), scope, centiunits });
        }
        lines
    }
}

mod settings;
#[cfg(test)]
mod tests;
