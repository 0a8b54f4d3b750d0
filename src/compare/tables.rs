//! The comparison as tables.

use super::load::per_officer;
use super::{
    Agreement, BandOutcome, Comparison, Coverage, Disagreement, Evenness, Extent, OfOrigin, OfUnit, Spread,
    UnitWork, sentences,
};
use crate::figures::{Cell, Printed, Share, Table};
use crate::routing::UnitKind;

/// Disagreements of each kind that a page lists.
const EACH_ON_PAGE: usize = 20;
const EACH_ON_TERMINAL: usize = 5;

/// Disagreements of each kind that are listed.
pub(super) fn each(extent: Extent) -> usize {
    match extent {
        Extent::Terminal => EACH_ON_TERMINAL,
        Extent::Page => EACH_ON_PAGE,
        Extent::Workbook => usize::MAX,
    }
}

fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

pub(super) fn printed(found: &Comparison, extent: Extent) -> Printed<'static> {
    let mut tables = vec![
        coverage(found),
        origins(found),
        differences(found),
        units(found),
        work(found),
        evenness(found),
        bands(found),
        categories(found),
        unknown(found),
        disagreements(found, each(extent)),
    ];
    if extent != Extent::Terminal {
        tables.push(sample(found));
    }
    Printed {
        title: format!("试运行对比（{}至{}）", found.from.zh(), found.to.zh()),
        of: format!("{}　系统记录截至{}", found.bureau, found.as_of.zh()),
        sentences: sentences::sentences(found, extent),
        tables,
        note: sentences::NOTE,
        signed: false,
    }
}

/// Every file of the period once: compared, or why not.
fn coverage(found: &Comparison) -> Table {
    let row = |(what, files): (&str, i64)| {
        vec![text(what), Cell::Count(files), Cell::Share(Share::of(files, found.files).share())]
    };
    let parts = found.coverage.iter().map(|(of, files)| (Coverage::zh(*of), *files));
    let rows = with_whole(parts.map(row).collect(), || row((WHOLE, found.files)));
    Table { title: "可否对照", headings: vec!["对照范围", "件数", "占比"], rows }
}

const WHOLE: &str = "合计";

/// A last row of what the others add up to, where there are any.
fn with_whole(mut rows: Vec<Vec<Cell>>, whole: impl FnOnce() -> Vec<Cell>) -> Vec<Vec<Cell>> {
    if !rows.is_empty() {
        rows.push(whole());
    }
    rows
}

fn agreement(Agreement { name, same, lawful }: &Agreement) -> Vec<Cell> {
    vec![
        text(name),
        Cell::Count(same.whole),
        Cell::Count(same.part),
        Cell::Share(same.share()),
        Cell::Interval(*same),
        Cell::Share(lawful.share()),
    ]
}

fn agreement_headings(what: &'static str) -> Vec<&'static str> {
    vec![what, "可以对照", "一致", "一致率", "一致率的95%区间", "一致或者也有权"]
}

fn origins(found: &Comparison) -> Table {
    let row = |of: &OfOrigin| agreement(&of.agreement);
    let rows = with_whole(found.origins.iter().map(row).collect(), || agreement(&found.whole));
    Table { title: "按分送的来源", headings: agreement_headings("分送的来源"), rows }
}

fn differences(found: &Comparison) -> Table {
    let all = found.whole.same.whole;
    let same = (std::iter::once(("一致", found.whole.same.part)))
        .chain(found.differences.iter().map(|(difference, files)| (difference.zh(), *files)));
    let row = |(what, files): (&str, i64)| {
        vec![text(what), Cell::Count(files), Cell::Share(Share::of(files, all).share())]
    };
    let rows = if all == 0 { Vec::new() } else { same.map(row).collect() };
    let rows = with_whole(rows, || row((WHOLE, all)));
    Table { title: "一致和不一致", headings: vec!["对照结果", "件数", "占比"], rows }
}

/// Stations, divisions, reception: each with its units in the order of the bureau file and its sum, then the whole.
fn units(found: &Comparison) -> Table {
    let of_kind = |sum: &OfUnit| {
        let units = found.units.iter().filter(|of| of.kind == sum.kind).map(|of| agreement(&of.agreement));
        let name = subtotal(sum.kind);
        let sum = agreement(&Agreement { name, ..sum.agreement.clone() });
        units.chain([sum]).collect::<Vec<_>>()
    };
    let rows = found.kinds.iter().flat_map(of_kind).collect();
    let rows = with_whole(rows, || agreement(&found.whole));
    Table { title: "按实际办理单位", headings: agreement_headings("实际办理单位"), rows }
}

fn subtotal(kind: UnitKind) -> String {
    format!("{}小计", kind.zh())
}

fn categories(found: &Comparison) -> Table {
    let rows = with_whole(found.categories.iter().map(agreement).collect(), || agreement(&found.whole));
    Table { title: "按客体类别", headings: agreement_headings("类别"), rows }
}

fn work(found: &Comparison) -> Table {
    let per = |work: i64, officers: i64| per_officer(work, officers).map_or(text("-"), Cell::Hundredths);
    let row = |of: &UnitWork| {
        let UnitWork { unit, officers, our_files_in_all, ours, theirs, .. } = of;
        vec![
            text(unit),
            Cell::Count(*officers),
            Cell::Count(theirs.files),
            Cell::Hundredths(theirs.work),
            per(theirs.work, *officers),
            Cell::Count(ours.files),
            Cell::Hundredths(ours.work),
            per(ours.work, *officers),
            Cell::Count(*our_files_in_all),
        ]
    };
    let of_kind = |kind: UnitKind| {
        let units: Vec<&UnitWork> = found.work.iter().filter(|of| of.kind == kind).collect();
        let sum = UnitWork::sum(&subtotal(kind), kind, units.iter().copied());
        let sum = (!units.is_empty()).then(|| row(&sum));
        units.into_iter().map(row).chain(sum).collect::<Vec<_>>()
    };
    let rows = [UnitKind::Station, UnitKind::Division].into_iter().flat_map(of_kind).collect();
    let rows = with_whole(rows, || row(&UnitWork::sum(WHOLE, UnitKind::Station, found.work.iter())));
    let headings = vec![
        "单位",
        "人员",
        "实际件数",
        "实际工作量",
        "实际人均",
        "本系统件数",
        "本系统工作量",
        "本系统人均",
        "本期全部分送",
    ];
    Table { title: "两种方式下的承办量", headings, rows }
}

impl Evenness {
    /// Of which units.
    pub(super) fn zh(&self) -> &'static str {
        self.kind.map_or("所和股室、大队合计", UnitKind::zh)
    }
}

fn evenness(found: &Comparison) -> Table {
    let row = |of: &Evenness, way: &str, Spread { most, least, times, variation }: &Spread| {
        vec![
            text(of.zh()),
            Cell::Count(of.units),
            text(way),
            Cell::Hundredths(most.per_officer),
            Cell::Hundredths(least.per_officer),
            Cell::Ratio(*times),
            Cell::Ratio(Some(*variation)),
        ]
    };
    let rows = found
        .evenness
        .iter()
        .flat_map(|of| [row(of, "实际办理", &of.theirs), row(of, "本系统分送", &of.ours)]);
    let headings = vec!["范围", "单位数", "方式", "人均最高", "人均最低", "最高为最低的倍数", "变异系数"];
    Table { title: "人均工作量的均衡程度", headings, rows: rows.collect() }
}

fn bands(found: &Comparison) -> Table {
    let row = |name: &str, counts: [i64; 6]| {
        let [.., marked, marked_not] = counts;
        let share = Cell::Share(Share::of(marked, marked + marked_not).share());
        std::iter::once(text(name)).chain(counts.map(Cell::Count)).chain([share]).collect()
    };
    let counts = |of: &BandOutcome| [of.files, of.refused, of.closed, of.open, of.marked, of.marked_not];
    let rows = found.bands.iter().map(|of| row(of.band.zh(), counts(of))).collect();
    let rows = with_whole(rows, || {
        let plus = |sum: [i64; 6], of| std::array::from_fn(|at| sum[at] + counts(of)[at]);
        row(WHOLE, found.bands.iter().fold([0; 6], plus))
    });
    let headings = vec!["疑似程度", "投诉", "不予受理", "办结", "未办结", "标注是", "标注否", "“是”占已标注"];
    Table { title: "疑似程度与办理结果", headings, rows }
}

fn unknown(found: &Comparison) -> Table {
    let row = |(unit, files): &(String, i64)| vec![text(unit), Cell::Count(*files)];
    let rows = with_whole(found.unknown_units.iter().map(row).collect(), || {
        row(&(WHOLE.to_owned(), found.unknown_units.iter().map(|(_, files)| files).sum()))
    });
    let headings = vec!["导出中的办理单位", "件数"];
    Table { title: "只写本局或者不能对应的办理单位", headings, rows }
}

/// A file and where it goes each way.
const BOTH_WAYS: [&str; 6] = ["登记编号", "类型", "收到之日", "本系统分送", "分送理由", "实际办理单位"];

fn both_ways(one: &Disagreement) -> [Cell; 6] {
    [
        Cell::Number(one.number.to_string()),
        text(one.track.zh()),
        text(one.received.to_string()),
        text(&one.ours),
        text(&one.ours_why),
        text(&one.theirs),
    ]
}

fn disagreements(found: &Comparison, each: usize) -> Table {
    let row = |one: &Disagreement| {
        let of_kind = [text(&one.theirs_why), text(one.difference.zh())];
        both_ways(one).into_iter().chain(of_kind).collect()
    };
    let headings = BOTH_WAYS.into_iter().chain(["导出所载", "不一致的类型"]).collect();
    let of_kind = found.disagreements.chunk_by(|one, next| one.difference == next.difference);
    let rows = of_kind.flat_map(|of_kind| of_kind.iter().take(each)).map(row).collect();
    Table { title: "不一致的件", headings, rows }
}

fn sample(found: &Comparison) -> Table {
    let row = |(nth, one): (i64, &Disagreement)| {
        let to_judge = [text(one.difference.zh()), Cell::Blank];
        [Cell::Count(nth)].into_iter().chain(both_ways(one)).chain(to_judge).collect()
    };
    let headings = ["序号"].into_iter().chain(BOTH_WAYS).chain(["不一致的类型", "核对结论"]).collect();
    Table { title: "人工抽查表", headings, rows: (1..).zip(&found.sample).map(row).collect() }
}
