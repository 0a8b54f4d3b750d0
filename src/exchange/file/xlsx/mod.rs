//! Workbooks of today (XLSX), read part by part and cell by cell.
//!
//! Programs of many kinds write them, and not all by the standard: what cannot be understood costs a cell, not the
//! workbook. The reader of `calamine`, which reads the older kinds, gives up on such files, keeps rows to itself that are
//! hidden, and takes the room that a file claims to need.

mod cells;
mod strings;
mod styles;

use std::collections::HashMap;

use quick_xml::events::Event;

use super::choice::Choice;
use super::package::{Package, attribute};
use super::{Named, SheetError};
use crate::exchange::mapping::Mapping;
use crate::exchange::sheet::{Collector, Sheet};
use cells::{Context, MOST_SHARED};

/// Sheets of a workbook, and parts that one part refers to, at most.
const MOST_PARTS: usize = 65_536;

/// A sheet as the workbook lists it.
#[derive(Debug)]
struct Listed {
    name: String,
    relation: Option<String>,
    is_hidden: bool,
}

/// What the workbook says of itself.
#[derive(Debug, Default)]
struct Workbook {
    sheets: Vec<Listed>,
    from_1904: bool,
}

/// A part that another refers to.
#[derive(Debug)]
struct Relation {
    kind: String,
    target: String,
}

/// The one visible sheet that has a header.
pub(super) fn read(mut package: Package, mapping: &Mapping) -> Result<Sheet, SheetError> {
    let root = relations(&mut package, "_rels/.rels", "")?;
    let main = root.into_values().find(|relation| relation.kind == "officedocument");
    let main = main.map_or_else(|| "xl/workbook.xml".to_owned(), |relation| relation.target);
    let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
    let related = relations(&mut package, &format!("{folder}/_rels/{file}.rels"), folder)?;
    let workbook = workbook(&mut package, &main)?;
    let part = |kind: &str, usual: &str| {
        let found = related.values().find(|relation| relation.kind == kind);
        found.map_or_else(|| format!("{folder}/{usual}"), |relation| relation.target.clone())
    };
    let dates = styles::dates(&mut package, &part("styles", "styles.xml"))?;
    let strings = strings::read(&mut package, &part("sharedstrings", "sharedStrings.xml"))?;
    let left = std::cell::Cell::new(MOST_SHARED);
    let context = Context { dates, strings, from_1904: workbook.from_1904, left };

    let mut choice = Choice::new();
    for (at, listed) in workbook.sheets.into_iter().enumerate() {
        let relation = listed.relation.as_ref().and_then(|id| related.get(id));
        let target = match relation {
            Some(relation) if relation.is_sheet_of_cells() => relation.target.clone(),
            // A chart, a dialogue.
            Some(_) => continue,
            None => format!("{folder}/worksheets/sheet{}.xml", at + 1),
        };
        if listed.is_hidden {
            let mut collector = Collector::looking(mapping);
            let looked = cells::collect(&mut package, &target, &context, &mut collector);
            if looked.is_ok() && collector.has_header() {
                choice.passed_over(listed.name);
            }
            continue;
        }
        let mut collector = Collector::new(mapping);
        let read = cells::collect(&mut package, &target, &context, &mut collector);
        choice.read(listed.name, read.and_then(|()| collector.finish()))?;
    }
    choice.made()
}

impl Relation {
    /// What it is said to be, or what its place says where that is not known.
    fn is_sheet_of_cells(&self) -> bool {
        match self.kind.as_str() {
            "worksheet" => true,
            "chartsheet" | "dialogsheet" | "macrosheet" | "xlmacrosheet" => false,
            _ => self.target.contains("worksheets/"),
        }
    }
}

fn workbook(package: &mut Package, name: &str) -> Result<Workbook, SheetError> {
    let mut workbook = Workbook::default();
    let Some(mut part) = package.part(name)? else { return Err(Named::Damaged.into()) };
    loop {
        match part.next()? {
            Event::Start(element) if element.local_name().as_ref() == "sheet" => {
                let state = attribute(&element, "state").unwrap_or_default();
                workbook.sheets.push(Listed {
                    name: attribute(&element, "name").unwrap_or_default(),
                    relation: attribute(&element, "id"),
                    is_hidden: state.eq_ignore_ascii_case("hidden")
                        || state.eq_ignore_ascii_case("veryHidden"),
                });
            }
            Event::Start(element) if element.local_name().as_ref() == "workbookPr" => {
                let since = attribute(&element, "date1904").unwrap_or_default();
                workbook.from_1904 = matches!(since.as_str(), "1" | "true" | "on");
            }
            Event::Eof => return Ok(workbook),
            _ if workbook.sheets.len() > MOST_PARTS => return Err(Named::Damaged.into()),
            _ => {}
        }
    }
}

/// The parts that a part refers to, by their ids. A package without such a list is read by the usual names.
fn relations(
    package: &mut Package,
    name: &str,
    folder: &str,
) -> Result<HashMap<String, Relation>, SheetError> {
    let mut relations = HashMap::new();
    let Some(mut part) = package.part(name)? else { return Ok(relations) };
    loop {
        match part.next()? {
            Event::Start(element) if element.local_name().as_ref() == "Relationship" => {
                let kind = attribute(&element, "Type").unwrap_or_default().to_lowercase();
                let kind = kind.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
                let target = attribute(&element, "Target").unwrap_or_default();
                let id = attribute(&element, "Id").unwrap_or_default();
                relations.insert(id, Relation { kind, target: resolved(folder, &target) });
            }
            Event::Eof => return Ok(relations),
            _ if relations.len() > MOST_PARTS => return Err(Named::Damaged.into()),
            _ => {}
        }
    }
}

/// Where a target is, which is written from the root or from the folder of who refers to it.
fn resolved(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path.join("/")
}

#[cfg(test)]
mod tests;
