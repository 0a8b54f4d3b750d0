//! Who handled a file, as an export writes it (办理部门): matched with the units of the bureau file, and shown without persons.

use std::collections::HashMap;

use crate::domain::ids::UnitId;
use crate::domain::unit_name::{is_unit, which};
use crate::routing::Bureau;

/// What is said of a text that is no name of a unit: it may be a person's.
pub(super) const NO_UNIT: &str = "（不像单位名称，不列出）";

/// What a text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reported {
    /// A unit of the bureau file, and the text as it may be shown.
    Unit { unit: UnitId, written: String },
    /// None of it.
    Unknown(String),
}

/// What every text says, each read once: an export has few.
pub(super) fn read_all<'t>(
    bureau: &Bureau,
    texts: impl Iterator<Item = &'t str>,
) -> HashMap<&'t str, Reported> {
    let mut said = HashMap::new();
    for text in texts {
        said.entry(text).or_insert_with(|| reported(bureau, text));
    }
    said
}

pub(super) fn reported(bureau: &Bureau, text: &str) -> Reported {
    let unit = |name: &str| {
        let at = which(bureau.units().iter().map(|unit| unit.name.as_str()), name)?;
        bureau.units().get(at).map(|unit| unit.id.clone())
    };
    if let Some(unit) = bureau.unit_named(text) {
        return Reported::Unit { unit: unit.id.clone(), written: unit.name.clone() };
    }
    let written = without_persons(bureau, text);
    match unit(&written) {
        Some(unit) => Reported::Unit { unit, written },
        None if is_unit(&written) => Reported::Unknown(written),
        None => Reported::Unknown(NO_UNIT.to_owned()),
    }
}

/// The name of the unit, without what is added to it and without officers.
fn without_persons(bureau: &Bureau, text: &str) -> String {
    let whole = text
        .trim()
        .split(['(', '（', '[', '【', '/', '、', '，', ',', ';', '；', ' ', '\u{3000}', '\n', ':', '：'])
        .next();
    let mut name = whole.unwrap_or_default().trim().to_owned();
    for officer in bureau.officers() {
        let of_officer = officer.name.expose().as_str();
        if of_officer.chars().count() >= 2 && name.contains(of_officer) {
            name = name.replace(of_officer, "");
        }
    }
    name
}
