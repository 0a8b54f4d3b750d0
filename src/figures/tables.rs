//! The figures as sentences and tables: the one form from which terminal, page and workbook are made.

use super::{Counts, Figures, Group, Reviews, Share};
use crate::domain::handling::{Disposition, RefusalGround};
use crate::domain::ids::Track;

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it is of.
    pub title: &'static str,
    /// Its columns.
    pub headings: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// Files, terms, reviews.
    Count(i64),
    /// Hundredths: money in fen, work in centiunits.
    Hundredths(i64),
    /// A share; none of nothing.
    Share(Option<f64>),
}

impl Cell {
    /// As it is printed.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Count(count) => count.to_string(),
            Cell::Hundredths(value) => decimal(*value),
            Cell::Share(share) => {
                share.map_or_else(|| "-".to_owned(), |share| format!("{:.1}%", 100.0 * share))
            }
        }
    }

    /// Whether it is a number, which stands to the right.
    #[must_use]
    pub fn is_number(&self) -> bool {
        !matches!(self, Cell::Text(_))
    }
}

fn decimal(hundredths: i64) -> String {
    let (sign, all) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
    format!("{sign}{}.{:02}", all / 100, all % 100)
}

/// Ten thousands of yuan, as such offices print sums.
fn wan(fen: i64) -> String {
    format!("{:.2}", fen as f64 / 1_000_000.0)
}

fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

/// How the figures are counted; stands on every form of them.
pub(super) const NOTE: &str = "统计口径：投诉件、举报件按本局收到之日计入，按截至日的办理情况统计；单位为现承办单位；复议、诉讼按本局收到通知之日计入。疑似职业索赔以承办人员认定为准，不含评分；认定只针对该件投诉的行为。按时率按本局口径的届满日计算，暂停和未定日数的期限不计。";

/// 本期共接收投诉举报 n 件 ...
pub(super) fn sentences(figures: &Figures) -> Vec<String> {
    let Figures { whole, from, to, .. } = figures;
    let Counts { complaints, reports, accepted, refused, filed, not_filed, ended, .. } = whole;
    let mut found = vec![
        format!(
            "{}至{}，共接收投诉举报 {} 件，其中投诉 {complaints} 件、举报 {reports} 件；已办结 {ended} 件。",
            from.zh(),
            to.zh(),
            whole.received(),
        ),
        format!(
            "投诉受理 {accepted} 件，不予受理 {refused} 件{}；举报立案 {filed} 件，不予立案 {not_filed} 件。",
            refusals(figures),
        ),
        format!(
            "为消费者挽回经济损失 {} 万元；罚款 {} 万元，没收 {} 万元。",
            wan(whole.recovered_fen),
            wan(whole.fined_fen),
            wan(whole.confiscated_fen),
        ),
        format!("{}。", suspected(figures)),
    ];
    found.extend(figures.reviews.iter().map(reviewed));
    found
}

fn refusals(figures: &Figures) -> String {
    let grounds: Vec<String> = figures
        .refused_by
        .iter()
        .map(|(ground, files)| format!("{} {files} 件", ground_zh(*ground)))
        .collect();
    if grounds.is_empty() { String::new() } else { format!("（{}）", grounds.join("，")) }
}

fn ground_zh(ground: Option<RefusalGround>) -> &'static str {
    ground.map_or("导出未载明情形", RefusalGround::zh)
}

fn suspected(figures: &Figures) -> String {
    let Share { part, whole, .. } = figures.suspected;
    let marked = figures.marked;
    let marks = if marked.whole > 0 {
        format!("；另按平台导出中的标注，疑似 {} 件，占有标注的 {}", marked.part, marked.zh())
    } else {
        String::new()
    };
    format!(
        "承办人员认定疑似职业索赔 {part} 件，占已作认定的投诉 {whole} 件的 {}，暂不能判断 {} 件{marks}",
        figures.suspected.zh(),
        figures.undetermined,
    )
}

fn reviewed(reviews: &Reviews) -> String {
    let Reviews { kind, received, replied, replied_in_time, outcomes, open } = reviews;
    let mut parts: Vec<String> =
        outcomes.iter().map(|(outcome, count)| format!("{} {count} 件", outcome.zh())).collect();
    parts.push(format!("未审结 {open} 件"));
    format!(
        "{} {received} 件，其中{}；已提交答复 {replied} 件，按期 {replied_in_time} 件。",
        kind.zh(),
        parts.join("，"),
    )
}

pub(super) fn tables(figures: &Figures) -> Vec<Table> {
    vec![
        fates(figures),
        refused_by(figures),
        closed_by(figures),
        shares(figures),
        terms(figures),
        reviews(figures),
        groups("按月份", "月份", &figures.months),
        groups("按承办单位", "单位", &figures.units),
        groups("按客体类别", "类别", &figures.categories),
        groups("按接收方式", "方式", &figures.channels),
    ]
}

fn fates(figures: &Figures) -> Table {
    let of_track = |track: Track| {
        if track == Track::Complaint { figures.whole.complaints } else { figures.whole.reports }
    };
    let row = |(track, fate, files): &(Track, super::Fate, i64)| {
        let share = Share::of(*files, of_track(*track)).share();
        vec![text(format!("{}件", track.zh())), text(fate.zh()), Cell::Count(*files), Cell::Share(share)]
    };
    let headings = vec!["类型", "办理情况", "件数", "占比"];
    Table { title: "投诉举报办理情况", headings, rows: figures.fates.iter().map(row).collect() }
}

fn refused_by(figures: &Figures) -> Table {
    let row = |(ground, files): &(Option<RefusalGround>, i64)| {
        let share = Share::of(*files, figures.whole.refused).share();
        vec![text(ground_zh(*ground)), Cell::Count(*files), Cell::Share(share)]
    };
    let headings = vec!["不予受理情形", "件数", "占比"];
    Table { title: "不予受理情形", headings, rows: figures.refused_by.iter().map(row).collect() }
}

fn closed_by(figures: &Figures) -> Table {
    let row = |(track, disposition, files): &(Track, Option<Disposition>, i64)| {
        let how = disposition.map_or("导出未载明结果", Disposition::zh);
        vec![text(format!("{}件", track.zh())), text(how), Cell::Count(*files)]
    };
    let headings = vec!["类型", "处理结果", "件数"];
    Table { title: "办结方式", headings, rows: figures.closed_by.iter().map(row).collect() }
}

fn shares(figures: &Figures) -> Table {
    let row = |name: &str, share: Share| {
        let cells = [share.share(), share.low, share.high].map(Cell::Share);
        let counts = [Cell::Count(share.part), Cell::Count(share.whole)];
        std::iter::once(text(name)).chain(counts).chain(cells).collect()
    };
    Table {
        title: "疑似职业索赔占比",
        headings: vec!["依据", "疑似", "已作认定（标注）", "占比", "95%区间下限", "95%区间上限"],
        rows: vec![row("承办人员认定", figures.suspected), row("平台导出标注", figures.marked)],
    }
}

fn terms(figures: &Figures) -> Table {
    let row = |kept: &super::TermsKept| {
        let over = kept.in_time + kept.late;
        let state = if kept.ended { "已办结" } else { "未办结" };
        vec![
            text(kept.duty.zh()),
            text(state),
            Cell::Count(kept.in_time),
            Cell::Count(kept.late),
            Cell::Count(kept.running),
            Cell::Share(Share::of(kept.in_time, over).share()),
        ]
    };
    Table {
        title: "法定期限按时率",
        headings: vec!["职责", "件的状态", "按时", "逾期", "未届满", "按时率"],
        rows: figures.terms.iter().map(row).collect(),
    }
}

fn reviews(figures: &Figures) -> Table {
    let mut rows = Vec::new();
    for Reviews { kind, received, replied, replied_in_time, outcomes, open } in &figures.reviews {
        let mut add = |what: &str, count: i64| {
            rows.push(vec![text(kind.zh()), text(what), Cell::Count(count)]);
        };
        add("收到", *received);
        add("已提交答复", *replied);
        add("按期提交答复", *replied_in_time);
        for (outcome, count) in outcomes {
            add(outcome.zh(), *count);
        }
        add("未审结", *open);
    }
    Table { title: "行政复议、行政诉讼", headings: vec!["类型", "事项", "件数"], rows }
}

fn groups(title: &'static str, what: &'static str, groups: &[Group]) -> Table {
    let row = |Group { name, counts }: &Group| {
        let counted = [
            counts.complaints,
            counts.accepted,
            counts.refused,
            counts.reports,
            counts.filed,
            counts.not_filed,
            counts.ended,
        ];
        let money = [counts.recovered_fen, counts.fined_fen, counts.confiscated_fen];
        let shares =
            [Cell::Count(counts.suspected), Cell::Share(Share::of(counts.suspected, counts.found).share())];
        std::iter::once(text(name))
            .chain(counted.map(Cell::Count))
            .chain(money.map(Cell::Hundredths))
            .chain(shares)
            .collect()
    };
    let headings = vec![
        what,
        "投诉",
        "受理",
        "不予受理",
        "举报",
        "立案",
        "不予立案",
        "办结",
        "挽回（元）",
        "罚款（元）",
        "没收（元）",
        "认定疑似",
        "疑似占比",
    ];
    Table { title, headings, rows: groups.iter().map(row).collect() }
}
