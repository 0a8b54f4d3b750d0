//! The comparison as sentences and tables.

use super::{Agreement, BandOutcome, Comparison, Disagreement, UnitWork};
use crate::domain::unit_name::is_bureau;
use crate::figures::{Cell, Printed, Share, Table};

/// How it is compared; stands on every form.
const NOTE: &str = "对照口径：按本局收到之日计入。本系统的分送，未办结即导入的件为当时的首次分送；导入时已办结的件没有分送过，按现行机构文件、名册和当时推演的负荷重新推演，人的改派不在其中。实际办理单位以平台导出的办理（处理）部门为准，按名称与机构文件对照；导出只写本局名称的，不能对照。“全部分送”是本期所有件按本系统分送的件数，其余各列只计可以对照的件；工作量两边都按本系统的预计工作量计。疑似程度只是参考，导入时已办结的投诉由现用模型按当时的记录推算；模型若用同一时期的标注训练，对照会偏好。与实际一致不等于正确，另一单位也有处理权限不等于分送更优，请抽查后判断；疑似程度不得作为不予受理的依据。本对照只比较单位，不评价任何人员。";

fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

pub(super) fn printed(found: &Comparison, files_most: usize) -> Printed<'static> {
    Printed {
        title: format!("试运行对比（{}至{}）", found.from.zh(), found.to.zh()),
        of: format!("{}　数据截至{}", found.bureau, found.as_of.zh()),
        sentences: sentences(found, files_most),
        tables: vec![
            differences(found),
            agreements("按实际办理单位", "实际办理单位", &found.units),
            work(found),
            bands(found),
            agreements("按客体类别", "类别", &found.categories),
            unknown(found),
            disagreements(found, files_most),
        ],
        note: NOTE,
        signed: false,
    }
}

fn sentences(found: &Comparison, files_most: usize) -> Vec<String> {
    let Comparison { files, played, decided, unreported, whole, .. } = found;
    let Share { part: same, whole: compared, .. } = whole.same;
    let (bureaus, others): (Vec<_>, Vec<_>) =
        found.unknown_units.iter().partition(|(unit, _)| is_bureau(unit));
    let [bureaus, others] = [bureaus, others].map(|units| units.iter().map(|(_, files)| files).sum::<i64>());
    let mut said = vec![
        format!(
            "{}至{}，共收到 {files} 件，其中导入时已办结、按现行机构文件回溯推演的 {played} 件。分送到所、股室的 {} 件，占 {}，其余转统一接收机构。",
            found.from.zh(),
            found.to.zh(),
            decided.part,
            decided.zh(),
        ),
        format!(
            "导出载明办理单位、可以对照的 {compared} 件；没有载明的 {unreported} 件，只写本局、没有写到所、股室的 {bureaus} 件，载明的单位不在机构文件中的 {others} 件。",
        ),
    ];
    said.push(if compared == 0 {
        "本期没有可以对照的件，以下只有本系统的分送；请导入写明办理的所、股室的导出。".to_owned()
    } else {
        format!(
            "本系统分送的单位与实际办理单位一致的 {same} 件，占 {}；一致，或者实际办理单位按机构文件也有处理权限的 {} 件，占 {}。",
            whole.same.zh(),
            whole.lawful.part,
            whole.lawful.zh(),
        )
    });
    if let Some(spread) = spread(found) {
        said.push(spread);
    }
    if found.disagreements.len() > files_most {
        said.push(format!(
            "不一致的 {} 件按类型排列，列出前 {files_most} 件；全部清单见导出的电子表格。",
            found.disagreements.len()
        ));
    }
    said
}

/// The highest work per officer each way, of units that have officers and work.
fn spread(found: &Comparison) -> Option<String> {
    let of = |work: fn(&UnitWork) -> i64| {
        let per = |unit: &&UnitWork| work(unit) as f64 / unit.officers as f64;
        let is_compared = |unit: &&UnitWork| unit.officers > 0 && unit.our_files + unit.their_files > 0;
        let units = found.work.iter().filter(is_compared);
        units.max_by(|a, b| per(a).total_cmp(&per(b))).map(|unit| (unit.unit.clone(), per(&unit) / 100.0))
    };
    let ((ours, our_most), (theirs, their_most)) = (of(|unit| unit.our_work)?, of(|unit| unit.their_work)?);
    Some(format!(
        "可以对照的件，人均工作量最高的单位：实际办理为{theirs}，每人 {their_most:.2}；按本系统分送为{ours}，每人 {our_most:.2}。"
    ))
}

fn differences(found: &Comparison) -> Table {
    let all = found.whole.same.whole;
    let same = (std::iter::once(("一致", found.whole.same.part)))
        .chain(found.differences.iter().map(|(difference, files)| (difference.zh(), *files)));
    let row = |(what, files): (&str, i64)| {
        let share = Share::of(files, all);
        let cells = [share.share(), share.low, share.high].map(Cell::Share);
        [text(what), Cell::Count(files)].into_iter().chain(cells).collect()
    };
    let rows = if all == 0 { Vec::new() } else { same.map(row).collect() };
    let headings = vec!["对照结果", "件数", "占比", "95%区间下限", "95%区间上限"];
    Table { title: "对照结果", headings, rows }
}

fn agreements(title: &'static str, what: &'static str, groups: &[Agreement]) -> Table {
    let row = |Agreement { name, same, lawful }: &Agreement| {
        let cells = [same.share(), same.low, same.high, lawful.share()].map(Cell::Share);
        [text(name), Cell::Count(same.whole), Cell::Count(same.part)].into_iter().chain(cells).collect()
    };
    let headings = vec![what, "可对照", "一致", "一致率", "95%区间下限", "95%区间上限", "一致或有权"];
    Table { title, headings, rows: groups.iter().map(row).collect() }
}

fn work(found: &Comparison) -> Table {
    let per = |work: i64, officers: i64| {
        if officers > 0 { Cell::Hundredths((work + officers / 2) / officers) } else { text("-") }
    };
    let row = |unit: &UnitWork| {
        let UnitWork { unit, officers, our_files_in_all, our_files, our_work, their_files, their_work } =
            unit;
        vec![
            text(unit),
            Cell::Count(*officers),
            Cell::Count(*our_files_in_all),
            Cell::Count(*their_files),
            Cell::Hundredths(*their_work),
            per(*their_work, *officers),
            Cell::Count(*our_files),
            Cell::Hundredths(*our_work),
            per(*our_work, *officers),
        ]
    };
    let headings = vec![
        "单位",
        "人员",
        "全部分送",
        "实际件数",
        "实际工作量",
        "实际人均",
        "本系统件数",
        "本系统工作量",
        "本系统人均",
    ];
    Table { title: "两种方式下的承办量", headings, rows: found.work.iter().map(row).collect() }
}

fn bands(found: &Comparison) -> Table {
    let row = |of: &BandOutcome| {
        let counts = [of.files, of.refused, of.closed, of.open, of.marked, of.marked_not].map(Cell::Count);
        let share = Cell::Share(Share::of(of.marked, of.marked + of.marked_not).share());
        std::iter::once(text(of.band.zh())).chain(counts).chain([share]).collect()
    };
    let headings = vec!["疑似程度", "投诉", "不予受理", "办结", "未办结", "标注是", "标注否", "“是”占已标注"];
    Table { title: "疑似程度与办理结果", headings, rows: found.bands.iter().map(row).collect() }
}

fn unknown(found: &Comparison) -> Table {
    let row = |(unit, files): &(String, i64)| vec![text(unit), Cell::Count(*files)];
    let headings = vec!["导出中的办理单位", "件数"];
    Table {
        title: "只写本局或者不能对应的办理单位",
        headings,
        rows: found.unknown_units.iter().map(row).collect(),
    }
}

fn disagreements(found: &Comparison, most: usize) -> Table {
    let row = |one: &Disagreement| {
        vec![
            text(one.number.as_str()),
            text(one.track.zh()),
            text(one.received.to_string()),
            text(&one.ours),
            text(&one.ours_why),
            text(&one.theirs),
            text(&one.theirs_why),
            text(one.difference.zh()),
        ]
    };
    let headings = vec![
        "登记编号",
        "类型",
        "收到之日",
        "本系统分送",
        "分送理由",
        "实际办理单位",
        "导出所载",
        "不一致的类型",
    ];
    Table {
        title: "不一致的件", headings, rows: found.disagreements.iter().take(most).map(row).collect()
    }
}
