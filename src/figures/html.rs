//! Tables as one HTML page: nothing is fetched, black on white, made for A4.

use maud::{Markup, html};

use super::{Cell, Printed, Table};

const STYLE: &str = include_str!("figures.css");

/// The whole page.
pub(super) fn page(printed: &Printed<'_>) -> String {
    let Printed { title, of, sentences, tables, note, signed } = printed;
    let body = html! {
        h1 { (title) }
        p.of { (of) }
        @for sentence in sentences { p { (sentence) } }
        @for one in tables { (table(one)) }
        p.note { (note) }
        @if *signed { p.sign { span { "制表人：" } span { "审核人：" } span { "日期：" } } }
    };
    crate::page::page(title, STYLE, &body)
}

/// Numbers stand to the right; they and short words, such as days, are not broken.
fn class(cell: &Cell) -> Option<&'static str> {
    /// Of a column of Latin letters; a Chinese sign is two wide.
    const SHORT: usize = 10;
    let width: usize = cell.words().chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    match cell {
        Cell::Text(_) => (width <= SHORT).then_some("short"),
        Cell::Number(_) => Some("short"),
        Cell::Blank => Some("blank"),
        _ => Some("number"),
    }
}

/// More columns than a page in upright format holds without breaking words.
const WIDE: usize = 9;

fn table(table: &Table) -> Markup {
    let names_files = table.rows.iter().flatten().any(|cell| matches!(cell, Cell::Number(_)));
    let wide = (names_files || table.headings.len() > WIDE).then_some("wide");
    html! {
        section class=[wide] {
            h2 { (table.title) }
            @if table.rows.is_empty() { p { "无。" } } @else {
                table {
                    thead { tr { @for heading in &table.headings { th { (heading) } } } }
                    tbody {
                        @for row in &table.rows {
                            tr { @for cell in row { td class=[class(cell)] { (cell.words()) } } }
                        }
                    }
                }
            }
        }
    }
}
