//! The figures as one HTML page: nothing is fetched, black on white, made for A4.

use maud::{Markup, html};

use super::tables::NOTE;
use super::{Figures, Table};

const STYLE: &str = include_str!("figures.css");

/// The whole page.
pub(super) fn page(figures: &Figures) -> String {
    let title = format!("投诉举报办理情况统计（{}至{}）", figures.from.zh(), figures.to.zh());
    let body = html! {
        h1 { "投诉举报办理情况统计" }
        p.of { (figures.bureau) "　" (figures.from.zh()) "至" (figures.to.zh()) "　数据截至" (figures.as_of.zh()) }
        @for sentence in figures.sentences() { p { (sentence) } }
        @for one in figures.tables() { (table(&one)) }
        p.note { (NOTE) }
    };
    crate::page::page(&title, STYLE, &body)
}

fn table(table: &Table) -> Markup {
    html! {
        section {
            h2 { (table.title) }
            @if table.rows.is_empty() { p { "无。" } } @else {
                table {
                    thead { tr { @for heading in &table.headings { th { (heading) } } } }
                    tbody {
                        @for row in &table.rows {
                            tr { @for cell in row { td class=[cell.is_number().then_some("number")] { (cell.words()) } } }
                        }
                    }
                }
            }
        }
    }
}
