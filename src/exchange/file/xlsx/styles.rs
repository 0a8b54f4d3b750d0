//! Which of a workbook's formats show a number as a date (styles).

use std::collections::HashMap;

use quick_xml::events::Event;

use crate::exchange::file::SheetError;
use crate::exchange::file::package::{Package, attribute};

/// Formats that are read: a workbook has 64,000 of its cells.
const MOST: usize = 65_536;

/// For each format of cells, whether it shows dates.
pub(super) fn dates(package: &mut Package, name: &str) -> Result<Vec<bool>, SheetError> {
    let mut dates = Vec::new();
    let Some(mut part) = package.part(name)? else { return Ok(dates) };
    let mut own: HashMap<u32, bool> = HashMap::new();
    let mut is_of_cells = false;
    loop {
        match part.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "numFmt" => {
                    let id = attribute(&element, "numFmtId").and_then(|id| id.parse().ok());
                    let code = attribute(&element, "formatCode").unwrap_or_default();
                    own.extend(id.map(|id| (id, is_date(&code))));
                }
                "cellXfs" => is_of_cells = true,
                "xf" if is_of_cells => {
                    let id: u32 = attribute(&element, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                    // Built in: dates everywhere, and those of Chinese systems.
                    let built_in = matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58);
                    dates.push(own.get(&id).copied().unwrap_or(built_in));
                }
                _ => {}
            },
            Event::End(element) if element.local_name().as_ref() == "cellXfs" => is_of_cells = false,
            Event::Eof => return Ok(dates),
            _ if dates.len().max(own.len()) >= MOST => return Ok(dates),
            _ => {}
        }
    }
}

/// Whether a format shows years, months, days or hours; what stands in quotes or brackets is only shown.
fn is_date(code: &str) -> bool {
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                chars.by_ref().find(|c| *c == '"');
            }
            '\\' | '_' | '*' => {
                chars.next();
            }
            '[' => {
                let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                // Hours that go on behind 24.
                if matches!(inside.to_lowercase().as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    return true;
                }
            }
            // The first section is that of ordinary numbers.
            ';' => return false,
            'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' | '年' | '月' | '日' => return true,
            'G' | 'g' if code.to_lowercase().starts_with("general") => return false,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_dates_are_told_from_those_of_numbers() {
        for code in ["yyyy-mm-dd", "yyyy\"年\"m\"月\"d\"日\";@", "[$-804]yyyy/m/d h:mm", "[h]:mm", "m/d/yy"]
        {
            assert!(is_date(code), "{code}");
        }
        for code in
            ["General", "0.00", "#,##0.00\"元\"", "[Red]0.00", "0_ ;[Red]\\-0\\ ", "@", "\"day\"0", "0%"]
        {
            assert!(!is_date(code), "{code}");
        }
    }
}
