//! The figures as one HTML page: nothing is fetched, black on white, made for A4.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::tables::NOTE;
use super::{Figures, Table};
use crate::domain::plain::shown;

const STYLE: &str = include_str!("figures.css");

/// The whole page.
pub(super) fn page(figures: &Figures) -> String {
    let title = format!("投诉举报办理情况统计（{}至{}）", figures.from.zh(), figures.to.zh());
    let page = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "投诉举报办理情况统计" }
                p.of { (figures.bureau) "　" (figures.from.zh()) "至" (figures.to.zh()) "　数据截至" (figures.as_of.zh()) }
                @for sentence in figures.sentences() { p { (sentence) } }
                @for one in figures.tables() { (table(&one)) }
                p.note { (NOTE) }
            }
        }
    };
    shown(&page.into_string()).into_owned() + "\n"
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
