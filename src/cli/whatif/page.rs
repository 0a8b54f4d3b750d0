//! The comparison as one HTML page: nothing is fetched, made for A4.

use std::error::Error;

use maud::{PreEscaped, html};

use super::{Comparison, HEADINGS, NOTE, Variant, heading, picture, row};

const STYLE: &str = "@page{size:A4 landscape;margin:12mm}body{font:14px sans-serif;color:#000;background:#fff;max-width:270mm;margin:auto}\
h1{font-size:20px}h2{font-size:16px;break-after:avoid}table{border-collapse:collapse;width:100%;font-size:12px}\
th,td{border:1px solid #888;padding:3px 5px;text-align:right}th:first-child,td:first-child{text-align:left}\
thead{display:table-header-group}tr{break-inside:avoid}figure{margin:8px 0;break-inside:avoid}svg{width:100%;height:auto}";

/// The whole page.
pub(super) fn page(bureau: &str, found: &Comparison) -> Result<String, Box<dyn Error>> {
    let pictures = [picture::months(found)?, picture::units(found)?];
    let body = html! {
        h1 { "分送方案推演对照" }
        p { (bureau) }
        p { (heading(found)) "。" }
        table {
            thead { tr { @for name in HEADINGS { th { (name.trim_end_matches('#')) } } } }
            tbody { @for variant in &found.variants { tr { @for cell in row(variant) { td { (cell) } } } } }
        }
        p { (NOTE) }
        @for picture in &pictures { figure { (PreEscaped(picture)) } }
        h2 { "各月最高负荷（有共同处理权限的单位）" }
        (months(&found.variants))
    };
    Ok(crate::page::page("分送方案推演对照", STYLE, &body))
}

fn months(variants: &[Variant]) -> maud::Markup {
    let highest = |variant: &Variant, at: usize| {
        let month = variant.figures.months.get(at)?;
        let units = month.units.iter().filter(|unit| unit.shares);
        Some(format!("{:.3}", units.map(super::UnitMonth::load).fold(0.0, f64::max)))
    };
    let names = variants.first().map(|variant| variant.figures.months.as_slice()).unwrap_or_default();
    html! {
        table {
            thead { tr { th { "月" } @for variant in variants { th { (variant.name) } } } }
            tbody {
                @for (at, month) in names.iter().enumerate() {
                    tr { td { (month.month) } @for variant in variants { td { (highest(variant, at).unwrap_or_default()) } } }
                }
            }
        }
    }
}
