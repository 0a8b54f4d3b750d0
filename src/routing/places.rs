//! The places of the bureau file (地点): sub-districts, streets with house numbers, estates and markets, operators -
//! their rows as written, and what is wrong with them.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use crate::domain::ids::Track;
use crate::domain::plain::is_blank;
use crate::domain::respondent::CreditCode;
use crate::domain::text::Line;

use super::bureau::{Unit, UnitKind};
use super::check::Checker;
use super::gazetteer::{Area, Level, Numbers, base_name, unified};
use super::register::Operator;
use super::rows::At;

/// `[[subdistrict]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SubdistrictRow {
    code: String,
    name: String,
    station: String,
    alternates: Vec<String>,
    authorised_by: String,
}

/// `[[street]]`: a whole street, or a part of it by house numbers.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StreetRow {
    name: String,
    numbers: String,
    subdistrict: String,
    station: String,
    alternates: Vec<String>,
    authorised_by: String,
}

/// `[[place]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PlaceRow {
    name: String,
    also: Vec<String>,
    kind: String,
    subdistrict: String,
    station: String,
    alternates: Vec<String>,
    authorised_by: String,
}

/// `[[operator]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OperatorRow {
    code: String,
    name: String,
    premises: Vec<String>,
    platforms: Vec<String>,
    subdistrict: String,
    station: String,
    alternates: Vec<String>,
    authorised_by: String,
}

/// All rows that say where something is.
#[derive(Debug, Default)]
pub(super) struct PlaceRows {
    pub(super) subdistricts: Vec<SubdistrictRow>,
    pub(super) streets: Vec<StreetRow>,
    pub(super) places: Vec<PlaceRow>,
    pub(super) operators: Vec<OperatorRow>,
}

/// Who is competent, as written: a sub-district, or a station with its alternates.
struct Holder<'a> {
    subdistrict: &'a str,
    station: &'a str,
    alternates: &'a [String],
    authorised_by: &'a str,
}

macro_rules! holder {
    ($row:expr, $subdistrict:expr) => {
        Holder {
            subdistrict: $subdistrict,
            station: &$row.station,
            alternates: &$row.alternates,
            authorised_by: &$row.authorised_by,
        }
    };
}

/// What sorts of place there are (类别).
const KINDS: [&str; 5] = ["小区", "市场", "商场", "楼宇", "其他"];
/// Most rows of the register: some megabytes of one event.
const OPERATORS_MOST: usize = 50_000;

/// Station and units of a row.
type Held = (usize, Vec<usize>);

/// What was found while checking.
struct Places<'c, 'm> {
    checker: &'c mut Checker<'m>,
    units: &'c [Unit],
    /// Of each sub-district, by name.
    held: HashMap<String, Held>,
    /// Which table has a name.
    names: HashMap<String, &'static str>,
}

/// Areas of the gazetteer, and the register.
pub(super) fn check(
    checker: &mut Checker<'_>,
    units: &[Unit],
    rows: &PlaceRows,
) -> (Vec<Area>, Vec<Operator>) {
    let mut places = Places { checker, units, held: HashMap::new(), names: HashMap::new() };
    let mut areas = places.subdistricts(&rows.subdistricts);
    areas.extend(places.streets(&rows.streets));
    areas.extend(places.places(&rows.places));
    let operators = places.operators(&rows.operators);
    (areas, operators)
}

impl Places<'_, '_> {
    fn subdistricts(&mut self, rows: &[SubdistrictRow]) -> Vec<Area> {
        let (mut codes, mut areas) = (HashSet::new(), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            let at = At::entry("subdistrict", index, &row.name);
            self.checker.distinct(&mut codes, &at, "code", &row.code);
            // Nothing is decided by it.
            let is_given = !row.code.is_empty();
            let is_code = row.code.len() == 9 && row.code.bytes().all(|digit| digit.is_ascii_digit());
            if is_given && !is_code {
                self.checker.mistakes.add(&at, "code", "应为 9 位数字的行政区划代码（加引号）");
            }
            if !row.name.is_empty() && base_name(row.name.trim()).is_none() {
                let text = "请写全称，以街道、镇、乡、苏木或办事处结尾；道路请写入 street 表";
                self.checker.mistakes.add(&at, "name", text);
            }
            let name = self.name(&at, "name", &row.name);
            self.once(&at, "name", &row.name, "subdistrict");
            let held = self.held(&at, &holder!(row, ""));
            if let (Some(name), Some(held)) = (name, held) {
                self.held.insert(name.clone(), held.clone());
                areas.push(area(name, Level::Subdistrict, held));
            }
        }
        areas
    }

    fn streets(&mut self, rows: &[StreetRow]) -> Vec<Area> {
        let mut areas = Vec::new();
        let mut parts: HashMap<String, Vec<(usize, Option<Numbers>)>> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            let at = At::entry("street", index, &row.name);
            let name = self.name(&at, "name", &row.name);
            let numbers = (!row.numbers.is_empty()).then(|| Numbers::parse(&row.numbers)).transpose();
            if let Err(text) = &numbers {
                self.checker.mistakes.add(&at, "numbers", *text);
            }
            let numbers = numbers.ok().flatten();
            let before = parts.entry(unified(&row.name)).or_default();
            if before.is_empty() {
                self.once(&at, "name", &row.name, "street");
            } else if row.numbers.is_empty() || before.iter().any(|(_, numbers)| numbers.is_none()) {
                let text = format!("道路“{}”写了不止一次，每一项都要写号段 numbers，如 \"1-99单\"", row.name);
                self.checker.mistakes.add(&at, "numbers", text);
            }
            let meets =
                |other: &Option<Numbers>| matches!((&numbers, other), (Some(a), Some(b)) if a.meet(b));
            if let Some((other, _)) = before.iter().find(|(_, other)| meets(other)) {
                let text = format!("号段与 street[{}] 重叠；一个门牌号只能属于一处", other + 1);
                self.checker.mistakes.add(&at, "numbers", text);
            }
            before.push((index, numbers.clone()));
            let held = self.held(&at, &holder!(row, &row.subdistrict));
            if let (Some(name), Some(held)) = (name, held) {
                areas.push(Area { numbers, ..area(name, Level::Street, held) });
            }
        }
        areas
    }

    /// A name may stand twice: two estates may have one name, and then it names neither.
    fn places(&mut self, rows: &[PlaceRow]) -> Vec<Area> {
        let mut areas = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let at = At::entry("place", index, &row.name);
            let name = self.name(&at, "name", &row.name);
            for (key, name) in
                std::iter::once(("name", &row.name)).chain(row.also.iter().map(|name| ("also", name)))
            {
                if self.names.get(&unified(name)).is_none_or(|table| *table != "place") {
                    self.once(&at, key, name, "place");
                }
            }
            let also = row.also.iter().filter_map(|name| self.name(&at, "also", name)).collect();
            if row.kind.is_empty() {
                self.checker.mistakes.missing(&at, "kind");
            } else if !KINDS.contains(&row.kind.as_str()) {
                self.checker.mistakes.add(&at, "kind", format!("应为{}", KINDS.join("、")));
            }
            let held = self.held(&at, &holder!(row, &row.subdistrict));
            if let (Some(name), Some(held)) = (name, held) {
                areas.push(Area { also, ..area(name, Level::Place, held) });
            }
        }
        areas
    }

    fn operators(&mut self, rows: &[OperatorRow]) -> Vec<Operator> {
        if rows.len() > OPERATORS_MOST {
            let text = format!("共 {} 项，最多 {OPERATORS_MOST} 项", rows.len());
            self.checker.mistakes.add(&At::table("operator"), "", text);
            return Vec::new();
        }
        let (mut seen, mut operators) = (HashSet::new(), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            let at = At::entry("operator", index, if row.name.is_empty() { &row.code } else { &row.name });
            let code = self.code(&at, row);
            let name = self.checker.parsed(&at, "name", &row.name, Line::parse);
            let key = format!("{} {} {}", row.code, unified(&row.name), row.premises.join(" "));
            if !seen.insert(key) {
                self.checker.mistakes.add(
                    &at,
                    "",
                    "与前面一项重复；请删除，或者用 premises 区分不同的经营场所",
                );
            }
            let short = |words: &[String]| words.iter().any(|word| unified(word).chars().count() < 2);
            for (key, words) in [("premises", &row.premises), ("platforms", &row.platforms)] {
                if short(words) {
                    self.checker.mistakes.add(&at, key, "每个词至少两个字");
                }
            }
            let held = self.held(&at, &holder!(row, &row.subdistrict));
            if let (Some(name), Some(held)) = (name, held) {
                let area = area(name.as_str().to_owned(), Level::Operator, held);
                let (premises, platforms) = (row.premises.clone(), row.platforms.clone());
                operators.push(Operator { area, code, premises, platforms });
            }
        }
        operators
    }

    /// A code is needed unless premises tell the operator from others of its name.
    fn code(&mut self, at: &At, row: &OperatorRow) -> Option<String> {
        if row.code.is_empty() {
            if row.premises.is_empty() {
                let text = "没有统一社会信用代码的，必须用 premises 写明地址中的字词";
                self.checker.mistakes.add(at, "code", text);
            }
            return None;
        }
        let code = CreditCode::parse(&row.code).ok().filter(CreditCode::is_valid);
        if code.is_none() {
            let text = format!("“{}”不是有效的统一社会信用代码（18 位，末位校验不符）；请核对", row.code);
            self.checker.mistakes.add(at, "code", text);
        }
        code.map(|code| code.text().to_owned())
    }

    fn name(&mut self, at: &At, key: &str, text: &str) -> Option<String> {
        let name = text.trim();
        if name.chars().count() == 1 || name.contains(char::is_whitespace) {
            self.checker.mistakes.add(at, key, "名称至少两个字，中间不留空格");
        }
        self.checker.parsed(at, key, name, Line::parse).map(|line| line.as_str().to_owned())
    }

    /// One name, one meaning: a street is not a place as well.
    fn once(&mut self, at: &At, key: &str, name: &str, table: &'static str) {
        let name = unified(name);
        if name.is_empty() {
            return;
        }
        match self.names.get(&name) {
            None => drop(self.names.insert(name, table)),
            Some(other) if *other == table => {
                self.checker.mistakes.add(at, key, format!("“{name}”重复；请删除重复项或改用另一个"));
            }
            Some(other) => {
                let text = format!("“{name}”在 {other} 表中已有；同一名称只能是一种地点");
                self.checker.mistakes.add(at, key, text);
            }
        }
    }

    /// Station and competent units: those of the sub-district named, or as the row says itself.
    fn held(&mut self, at: &At, holder: &Holder<'_>) -> Option<Held> {
        if holder.subdistrict.is_empty() {
            return self.own(at, holder);
        }
        if !holder.station.is_empty() || !holder.alternates.is_empty() {
            let text = "写了 subdistrict 的，不再写 station 和 alternates";
            self.checker.mistakes.add(at, "subdistrict", text);
        }
        let held = self.held.get(holder.subdistrict).cloned();
        if held.is_none() && self.names.get(holder.subdistrict) != Some(&"subdistrict") {
            let text = format!("没有“{}”；请改为 subdistrict 表中的名称", holder.subdistrict);
            self.checker.mistakes.add(at, "subdistrict", text);
        }
        held
    }

    fn own(&mut self, at: &At, holder: &Holder<'_>) -> Option<Held> {
        let station = self.checker.unit(at, "station", holder.station, Some(UnitKind::Station));
        let mut seen = HashSet::from([holder.station.to_owned()]);
        let mut competent: Vec<usize> = station.into_iter().collect();
        for alternate in holder.alternates {
            self.checker.distinct(&mut seen, at, "alternates", alternate);
            competent.extend(self.checker.unit(at, "alternates", alternate, Some(UnitKind::Station)));
        }
        // Art. 30: a station acts within delegated powers; a second competent unit needs its delegation named.
        if !holder.alternates.is_empty() && is_blank(holder.authorised_by) {
            self.checker.mistakes.add(at, "authorised_by", "列有 alternates 时必须写明授权文件名称");
        }
        competent.sort_unstable();
        let station = station?;
        for track in Track::ALL {
            let works = |at: &usize| self.units.get(*at).is_some_and(|unit| unit.works_on(track));
            if !competent.iter().any(works) {
                let text =
                    format!("列出的所都不办{}；请改正 station、alternates 或该所的 tracks", track.zh());
                self.checker.mistakes.add(at, "station", text);
            }
        }
        Some((station, competent))
    }
}

fn area(name: String, level: Level, (station, units): Held) -> Area {
    Area { name, also: Vec::new(), level, numbers: None, station, units }
}

#[cfg(test)]
mod tests;
