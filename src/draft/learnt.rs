//! Places that the bureau file does not know and officers have confirmed (地名建议): where reception sent a file whose place was
//! unknown, and an officer of a station signed for it. Twice the same, it is proposed for the bureau file; a person takes it or does not.

use std::collections::BTreeMap;

use serde::Serialize;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::address::{Known, is_bare_kind, kind, taken};
use crate::domain::ids::{OfficerId, RegistrationNumber, UnitId};
use crate::domain::time::Day;

/// A file whose place was unknown, and where it is handled.
#[derive(Debug, Clone)]
pub struct Confirmed {
    /// The address that was given.
    pub address: String,
    /// The station that signed for it.
    pub station: UnitId,
    /// The proof.
    pub source: Source,
}

/// A file that shows where a place lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Source {
    /// Its registration number.
    pub number: RegistrationNumber,
    /// Who signed for it.
    pub officer: OfficerId,
    /// When.
    pub signed_on: Day,
}

/// A place for the bureau file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceProposal {
    /// Its name, as it was written.
    pub name: String,
    /// Of what sort it is (类别): 小区, 市场, 商场, 楼宇, 其他.
    pub kind: &'static str,
    /// The station that confirmed it.
    pub station: UnitId,
    /// The files, by number.
    pub sources: Vec<Source>,
}

/// Files that agree before a place is proposed.
const AGREEING: usize = 2;
/// Places proposed at most.
const MOST: usize = 1_000;

/// The places that enough files agree on, and no file contradicts; the best proved first.
pub fn proposals(confirmed: Vec<Confirmed>) -> Vec<PlaceProposal> {
    let plainly = confirmed.iter().map(|file| taken(&file.address, &Known::default()));
    let divisions: Vec<String> =
        plainly.flat_map(|at| at.regions.into_iter().chain(at.district).chain(at.subdistrict)).collect();
    let known = Known::of(divisions.iter());
    let mut places: BTreeMap<String, BTreeMap<UnitId, Vec<Source>>> = BTreeMap::new();
    for Confirmed { address, station, source } in confirmed {
        if let Some(place) = taken(&address, &known).place.filter(|place| !is_bare_kind(place)) {
            places.entry(place).or_default().entry(station).or_default().push(source);
        }
    }
    let proposal = |(name, stations): (String, BTreeMap<UnitId, Vec<Source>>)| {
        let [(station, mut sources)] = <[_; 1]>::try_from(stations.into_iter().collect::<Vec<_>>()).ok()?;
        sources.sort();
        // Two files of one submission, and one that came back, are one proof.
        sources.dedup_by(|one, other| one.number == other.number);
        (sources.len() >= AGREEING).then(|| PlaceProposal { kind: kind(&name), name, station, sources })
    };
    let mut found: Vec<PlaceProposal> = places.into_iter().filter_map(proposal).collect();
    found.sort_by(|one, other| {
        other.sources.len().cmp(&one.sources.len()).then_with(|| one.name.cmp(&other.name))
    });
    found.truncate(MOST);
    found
}

impl PlaceProposal {
    /// A bureau file with this place in it, and beside it why; the rest as it was written. None when it is no TOML.
    pub fn taken_into(&self, bureau_file: &str, today: Day) -> Option<String> {
        let mut file: DocumentMut = bureau_file.parse().ok()?;
        let files: Vec<String> = self.sources.iter().map(|source| source.number.to_string()).collect();
        let why = format!("# {today} 采纳：{} 件由该所签收，依据 {}", self.sources.len(), files.join("、"));
        let entry = [("name", self.name.as_str()), ("kind", self.kind), ("station", self.station.as_str())];
        match file.entry("place").or_insert(Item::ArrayOfTables(ArrayOfTables::new())) {
            Item::ArrayOfTables(places) => {
                let mut place = Table::from_iter(entry);
                place.decor_mut().set_prefix(format!("\n{why}\n"));
                places.push(place);
            }
            Item::Value(Value::Array(places)) => {
                let mut place = Value::InlineTable(InlineTable::from_iter(entry));
                // Comments behind the last entry stand in front of the bracket.
                let last = places.trailing().as_str().unwrap_or_default().trim_end();
                place.decor_mut().set_prefix(format!("{last}\n  {why}\n  "));
                places.push_formatted(place);
                places.set_trailing("\n");
                places.set_trailing_comma(true);
            }
            _ => return None,
        }
        Some(file.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::Bureau;

    #[test]
    fn a_place_is_taken_into_either_form_of_the_file() {
        let place = PlaceProposal {
            name: "望园小区".to_owned(),
            kind: "小区",
            station: UnitId::parse("east").unwrap(),
            sources: vec![confirmed("1", "", "east").source, confirmed("2", "", "east").source],
        };
        let units = "# 本局的文件\nbureau.name = \"局\"\nunit = [{ id = \"r\", name = \"统一接收\", kind = \"reception\" }, { id = \"east\", name = \"东所\", kind = \"station\" }]\n";
        let inline = "place = [\n  { name = \"旧小区\", kind = \"小区\", station = \"east\" }, # 记住\n]\n";
        let tables = "[[place]]\nname = \"旧小区\"\nkind = \"小区\"\nstation = \"east\"\n";
        for places in [inline, tables, ""] {
            let text = place.taken_into(&format!("{units}{places}"), Day(20_787)).unwrap();
            assert!(
                text.starts_with("# 本局的文件\n")
                    && text.contains("2026-11-30 采纳：2 件由该所签收，依据 1、2"),
                "{text}"
            );
            assert!(text.contains("记住") || places != inline, "{text}");
            assert!(Bureau::parse(&text).is_ok(), "{text}");
            let again = place.taken_into(&text, Day(20_787)).unwrap();
            assert!(again.matches("望园小区").count() == 2, "{again}");
        }
        assert_eq!(place.taken_into("place = 3", Day(1)), None);
    }

    fn confirmed(number: &str, address: &str, station: &str) -> Confirmed {
        let source = Source {
            number: RegistrationNumber::parse(number).unwrap(),
            officer: OfficerId::parse("k1").unwrap(),
            signed_on: Day(1),
        };
        Confirmed { address: address.to_owned(), station: UnitId::parse(station).unwrap(), source }
    }

    #[test]
    fn two_files_that_agree_propose_a_place() {
        let confirmed = vec![
            confirmed("1", "包头市昆都仑区望园小区3号楼", "east"),
            confirmed("2", "昆都仑区望园小区底商", "east"),
            confirmed("2", "昆都仑区望园小区底商", "east"),
            confirmed("3", "昆都仑区北沙梁市场", "east"),
            confirmed("3", "昆都仑区北沙梁市场", "east"),
            confirmed("4", "昆都仑区银海新村", "east"),
            confirmed("5", "昆都仑区银海新村", "west"),
            confirmed("6", "昆都仑区银海新村", "west"),
            confirmed("7", "不详", "west"),
            confirmed("8", "不详", "west"),
        ];
        let found = proposals(confirmed);
        let names: Vec<_> =
            found.iter().map(|place| (place.name.as_str(), place.kind, place.sources.len())).collect();
        assert_eq!(
            names,
            [("望园小区", "小区", 2)],
            "one file is no proof, and neither are files that contradict"
        );
    }
}
