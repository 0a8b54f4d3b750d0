//! Pictures of a comparison, as SVG.

use std::error::Error;

use plotters::prelude::*;

use super::{Comparison, Variant};

type Drawn = Result<String, Box<dyn Error>>;

const SIZE: (u32, u32) = (900, 360);
const FONT: (&str, u32) = ("sans-serif", 14);

/// The highest load of a month, month by month, of the units that share work: a line for each variant.
pub(super) fn months(found: &Comparison) -> Drawn {
    let names: Vec<&str> =
        found.variants.iter().flat_map(|one| &one.figures.months).map(|month| month.month.as_str()).collect();
    let mut names = names;
    names.sort_unstable();
    names.dedup();
    let highest = |variant: &Variant| -> Vec<(i32, f64)> {
        let of = |name: &&str| {
            let month = variant.figures.months.iter().find(|month| month.month == **name)?;
            Some(
                month.units.iter().filter(|unit| unit.shares).map(super::UnitMonth::load).fold(0.0, f64::max),
            )
        };
        (0..).zip(&names).filter_map(|(at, name)| Some((at, of(name)?))).collect()
    };
    let lines: Vec<(String, Vec<(i32, f64)>)> =
        found.variants.iter().map(|variant| (variant.name.clone(), highest(variant))).collect();
    draw("各月最高负荷（共担单位）", &lines, &names)
}

/// The load of every unit that shares work over the period, the most loaded first by the first variant.
pub(super) fn units(found: &Comparison) -> Drawn {
    let load = |variant: &Variant, unit: &str| {
        let months = variant.figures.months.iter().flat_map(|month| &month.units);
        let of_unit = months.filter(|one| one.unit.as_str() == unit);
        let (work, days) =
            of_unit.fold((0.0, 0.0), |(work, days), one| (work + one.work, days + one.officer_days));
        if days > 0.0 { work / days } else { 0.0 }
    };
    let shares = |unit: &str| {
        let months = found.variants.iter().flat_map(|one| &one.figures.months).flat_map(|month| &month.units);
        months.into_iter().any(|one| one.shares && one.unit.as_str() == unit)
    };
    let mut units: Vec<&(String, String)> = found.units.iter().filter(|(id, _)| shares(id)).collect();
    if let Some(first) = found.variants.first() {
        units.sort_by(|a, b| load(first, &b.0).total_cmp(&load(first, &a.0)));
    }
    let names: Vec<&str> = units.iter().map(|(_, name)| name.as_str()).collect();
    let line = |variant: &Variant| (0..).zip(&units).map(|(at, (id, _))| (at, load(variant, id))).collect();
    let lines: Vec<(String, Vec<(i32, f64)>)> =
        found.variants.iter().map(|variant| (variant.name.clone(), line(variant))).collect();
    draw("各单位全期负荷（共担单位）", &lines, &names)
}

/// Lines with points over named places, told apart by colour and by the size of their points, also in black and white.
fn draw(title: &str, lines: &[(String, Vec<(i32, f64)>)], names: &[&str]) -> Drawn {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let most = lines.iter().flat_map(|(_, line)| line).map(|(_, load)| *load).fold(0.0, f64::max);
        let last = i32::try_from(names.len()).unwrap_or(1).max(2) - 1;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 18))
            .margin(10)
            .x_label_area_size(60)
            .y_label_area_size(50)
            .build_cartesian_2d(0..last, 0.0..(most * 1.1).max(0.01))?;
        let name = |at: &i32| {
            usize::try_from(*at).ok().and_then(|at| names.get(at)).map_or("", |name| *name).to_owned()
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(names.len())
            .x_label_formatter(&name)
            .x_label_style(FontDesc::from(FONT).transform(FontTransform::Rotate90))
            .y_desc("工作量/人·日")
            .label_style(FONT)
            .draw()?;
        for (at, (name, line)) in lines.iter().enumerate() {
            let colour = Palette99::pick(at).to_rgba();
            let size = 2 + u32::try_from(at).unwrap_or(0);
            chart
                .draw_series(LineSeries::new(line.iter().copied(), colour.stroke_width(2)).point_size(size))?
                .label(name.clone())
                .legend(move |(x, y)| Circle::new((x + 10, y), size, colour.filled()));
        }
        chart
            .configure_series_labels()
            .label_font(FONT)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK)
            .draw()?;
        area.present()?;
    }
    Ok(svg)
}
