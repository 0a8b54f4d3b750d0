//! The rows of one sheet, cell by cell.

use quick_xml::events::{BytesStart, Event};

use super::strings::{Strings, rich, unescaped};
use crate::exchange::cell::{Cell, Unreadable};
use crate::exchange::file::package::{Package, Part, attribute};
use crate::exchange::file::{Named, SheetError};
use crate::exchange::sheet::{Collector, Merged, Record};

/// Days between the epochs of 1900 and 1904.
const SINCE_1904: f64 = 1_462.0;

/// What cells refer to.
pub(super) struct Context {
    pub(super) dates: Vec<bool>,
    pub(super) strings: Strings,
    pub(super) from_1904: bool,
    /// Bytes of shared texts that cells may still hold: one text may stand in many.
    pub(super) left: std::cell::Cell<usize>,
}

/// Bytes of the shared texts that all cells of a workbook hold at most.
pub(super) const MOST_SHARED: usize = 1 << 30;

/// What a cell says of itself (`t`). What is not known is read as if it said nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Number,
    Shared,
    Text,
    Bool,
    Error,
    Date,
}

/// A cell while it is read.
struct Raw {
    column: Option<usize>,
    style: usize,
    kind: Type,
    has_value: bool,
    has_formula: bool,
}

/// Gives a collector the rows of a sheet, until it has enough.
pub(super) fn collect(
    package: &mut Package,
    name: &str,
    context: &Context,
    collector: &mut Collector<'_>,
) -> Result<(), SheetError> {
    let Some(mut part) = package.part(name)? else { return Err(Named::Damaged.into()) };
    let mut record = Record::default();
    let mut has_data = false;
    let mut text = String::new();
    // The column of a cell that does not tell its own.
    let mut next = 0;
    loop {
        let raw = match part.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "sheetData" => {
                    has_data = true;
                    None
                }
                "row" if has_data => {
                    begin(&mut record, &element);
                    next = 0;
                    None
                }
                "c" if has_data => Some(Raw::of(&element)),
                _ => None,
            },
            Event::End(element) => match element.local_name().as_ref() {
                "row" if has_data => {
                    let number = record.number;
                    collector.push(std::mem::take(&mut record))?;
                    record.number = number;
                    if collector.has_enough() {
                        return Ok(());
                    }
                    None
                }
                "sheetData" => {
                    merged(&mut part, collector);
                    return Ok(());
                }
                _ => None,
            },
            Event::Eof if has_data => return Err(Named::Truncated.into()),
            Event::Eof => return Ok(()),
            _ => None,
        };
        if raw.is_some() && record.misfit.is_some() {
            part.skip()?;
        } else if let Some(raw) = raw {
            text.clear();
            let (at, cell) = cell(&mut part, raw, context, &mut text, next)?;
            record.place(at, cell);
            next = at + 1;
        }
    }
}

/// Takes the merged cells, which stand behind the rows. Whatever else does may be odd or cut off: the rows were read.
fn merged(part: &mut Part<'_>, collector: &mut Collector<'_>) {
    while let Ok(event) = part.next() {
        match event {
            Event::Start(element) if element.local_name().as_ref() == "mergeCell" => {
                if let Some(merged) = attribute(&element, "ref").as_deref().and_then(merged_of) {
                    collector.merge(merged);
                }
            }
            Event::Eof => return,
            _ => {}
        }
    }
}

/// The rows and the first column of a range such as `B2:C5`.
fn merged_of(range: &str) -> Option<Merged> {
    let (from, to) = range.split_once(':')?;
    let row = |place: &str| place.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok();
    Some(Merged { column: column(from)?, first: row(from)?, last: row(to)? })
}

/// Begins a row: it has a number and may be hidden.
fn begin(record: &mut Record, element: &BytesStart<'_>) {
    let number = attribute(element, "r").and_then(|number| number.trim().parse().ok());
    record.number = number.unwrap_or(record.number.saturating_add(1));
    record.is_hidden =
        attribute(element, "hidden").is_some_and(|hidden| matches!(hidden.as_str(), "1" | "true" | "on"));
}

impl Raw {
    fn of(element: &BytesStart<'_>) -> Self {
        let mut raw =
            Self { column: None, style: 0, kind: Type::Number, has_value: false, has_formula: false };
        let mut attributes = element.attributes();
        attributes.with_checks(false);
        for attribute in attributes.flatten() {
            let value = attribute.value.trim();
            match attribute.key.as_ref() {
                "r" => raw.column = column(value),
                "s" => raw.style = value.parse().unwrap_or(0),
                "t" => {
                    raw.kind = match value {
                        "s" => Type::Shared,
                        "str" | "inlineStr" | "is" => Type::Text,
                        "b" => Type::Bool,
                        "e" => Type::Error,
                        "d" => Type::Date,
                        _ => Type::Number,
                    }
                }
                _ => {}
            }
        }
        raw
    }

    /// What the text of a value means.
    fn read(&self, text: &str, context: &Context) -> Cell {
        let is_blank = text.trim().is_empty();
        if self.has_formula && (!self.has_value || is_blank && self.kind != Type::Text) {
            return Cell::Unreadable(Unreadable::Formula);
        }
        match self.kind {
            _ if is_blank && self.kind != Type::Shared => Cell::Empty,
            Type::Shared => {
                let shared = text.trim().parse().ok().and_then(|at| context.strings.get(at));
                match shared {
                    Some(text) => Cell::of_text(text),
                    None if is_blank => Cell::Empty,
                    None => Cell::Unreadable(Unreadable::Error),
                }
            }
            Type::Text => Cell::of_text(&unescaped(text)),
            Type::Bool => match text.trim().to_lowercase().as_str() {
                "1" | "true" => Cell::of_text("是"),
                "0" | "false" => Cell::of_text("否"),
                _ => Cell::Unreadable(Unreadable::Error),
            },
            Type::Error => Cell::Unreadable(Unreadable::Error),
            Type::Date => Cell::of_text(text),
            Type::Number => match text.trim().parse::<f64>() {
                Ok(number) if context.dates.get(self.style) == Some(&true) => {
                    Cell::Date(number + if context.from_1904 { SINCE_1904 } else { 0.0 })
                }
                Ok(number) if number.is_finite() => Cell::Number(number),
                _ => Cell::of_text(&unescaped(text)),
            },
        }
    }
}

/// Reads a cell that has begun, to its end.
fn cell(
    part: &mut Part<'_>,
    mut raw: Raw,
    context: &Context,
    text: &mut String,
    next: usize,
) -> Result<(usize, Cell), SheetError> {
    enum Do {
        Value,
        Inline,
        Formula,
        Skip,
        Nothing,
    }
    loop {
        let next = match part.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "v" => Do::Value,
                "is" => Do::Inline,
                "f" => Do::Formula,
                _ => Do::Skip,
            },
            Event::End(element) if element.local_name().as_ref() == "c" => break,
            Event::Eof => return Err(Named::Truncated.into()),
            _ => Do::Nothing,
        };
        match next {
            Do::Value if raw.has_value => part.skip()?,
            Do::Value => {
                raw.has_value = true;
                part.text_into(text)?;
            }
            Do::Inline => {
                (raw.has_value, raw.kind) = (true, Type::Text);
                text.clear();
                rich(part, "is", text)?;
            }
            Do::Formula => {
                raw.has_formula = true;
                part.skip()?;
            }
            Do::Skip => part.skip()?,
            Do::Nothing => {}
        }
    }
    let cell = raw.read(text, context);
    if let (Type::Shared, Cell::Text(text)) = (raw.kind, &cell) {
        let left = context.left.get().checked_sub(text.len()).ok_or(Named::HugeTexts)?;
        context.left.set(left);
    }
    Ok((raw.column.unwrap_or(next), cell))
}

/// The column that a place such as `AB12` is in, from 0.
fn column(place: &str) -> Option<usize> {
    let letters = place.trim_start_matches('$').bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters
        .take(4)
        .fold(0, |number, letter| number * 26 + usize::from(letter.to_ascii_uppercase() - b'A' + 1));
    number.checked_sub(1)
}
