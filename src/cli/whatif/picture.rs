//! Pictures of a comparison, as SVG.

use std::error::Error;

use plotters::prelude::*;

use super::{Comparison, Variant};

type Drawn = Result<String, Box<dyn Error>>;

const SIZE: (u32, u32) = (900, 360);
const FONT: (&str, u32) = ("sans-serif", 14);
const TITLE: (&str, u32) = ("sans-serif", 18);
const UNIT: &str = "工作量/人·日";

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
    let lines: Vec<Line> =
        found.variants.iter().map(|variant| (variant.name.clone(), highest(variant))).collect();
    over_months("各月最高负荷（有共同处理权限的单位）", &lines, &names)
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
    let lines: Vec<Line> =
        found.variants.iter().map(|variant| (variant.name.clone(), line(variant))).collect();
    over_units("各单位全期负荷（有共同处理权限的单位）", &lines, &names)
}

/// A line over the months for each variant, told apart by colour and by the size of its points, also in black and white.
fn over_months(title: &str, lines: &[Line], names: &[&str]) -> Drawn {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, TITLE)
            .margin(10)
            .margin_right(60)
            .x_label_area_size(40)
            .y_label_area_size(50)
            .build_cartesian_2d(0..last(names), 0.0..most(lines))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .x_labels(names.len().max(2))
            .x_label_formatter(&|at| name(names, *at))
            .y_desc(UNIT)
            .label_style(FONT)
            .draw()?;
        for (at, (name, line)) in lines.iter().enumerate() {
            let (colour, size) = access(at);
            chart
                .draw_series(LineSeries::new(line.iter().copied(), colour.stroke_width(2)).point_size(size))?
                .label(name.clone())
                .legend(move |(x, y)| Circle::new((x + 10, y), size, colour.filled()));
        }
        let mut legend = chart.configure_series_labels();
        legend.position(SeriesLabelPosition::UpperRight).background_style(WHITE).border_style(BLACK);
        legend.label_font(FONT).draw()?;
        area.present()?;
    }
    Ok(svg)
}

/// A row of points for each unit, one of each variant.
fn over_units(title: &str, lines: &[Line], names: &[&str]) -> Drawn {
    let mut svg = String::new();
    {
        let height = 120 + 22 * u32::try_from(names.len()).unwrap_or(0);
        let area = SVGBackend::with_string(&mut svg, (SIZE.0, height)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, TITLE)
            .margin(10)
            .x_label_area_size(50)
            .y_label_area_size(170)
            .build_cartesian_2d(0.0..most(lines), last(names)..0)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .y_labels(names.len().max(2))
            .y_label_formatter(&|at| name(names, *at))
            .x_desc(UNIT)
            .label_style(FONT)
            .draw()?;
        for (at, (name, line)) in lines.iter().enumerate() {
            let (colour, size) = access(at);
            chart
                .draw_series(
                    line.iter().map(|(at, load)| Circle::new((*load, *at), size, colour.stroke_width(2))),
                )?
                .label(name.clone())
                .legend(move |(x, y)| Circle::new((x + 10, y), size, colour.filled()));
        }
        let mut legend = chart.configure_series_labels();
        legend.position(SeriesLabelPosition::LowerRight).background_style(WHITE).border_style(BLACK);
        legend.label_font(FONT).draw()?;
        area.present()?;
    }
    Ok(svg)
}

/// A variant and its loads by position.
type Line = (String, Vec<(i32, f64)>);

/// Of a variant: its colour, and the size of its points.
fn access(at: usize) -> (RGBAColor, u32) {
    (Palette99::pick(at).to_rgba(), 2 + u32::try_from(at).unwrap_or(0))
}

fn name(names: &[&str], at: i32) -> String {
    usize::try_from(at).ok().and_then(|at| names.get(at)).map_or("", |name| *name).to_owned()
}

/// The last position of an axis, which needs two at least.
fn last(names: &[&str]) -> i32 {
    i32::try_from(names.len()).unwrap_or(1).max(2) - 1
}

/// The end of the axis of loads, with room for the legend.
fn most(lines: &[Line]) -> f64 {
    let most = lines.iter().flat_map(|(_, line)| line).map(|(_, load)| *load).fold(0.0, f64::max);
    (most * 1.5).max(0.01)
}
