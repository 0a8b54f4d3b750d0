//! The figures as tables: the one form from which terminal, page and workbook are made.

use super::sentences::item;
use super::{Counts, Figures, Group, Money, Reviews, Share, TermsKept};
use crate::domain::deadline::Law;
use crate::domain::handling::{Disposition, RefusalGround, ReviewKind};
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
    /// A registration number: it is not broken, and a table of files is printed across.
    Number(String),
    /// Files, terms, reviews.
    Count(i64),
    /// Hundredths: money in fen, work in centiunits.
    Hundredths(i64),
    /// A share; none of nothing.
    Share(Option<f64>),
    /// The interval of a share.
    Interval(Share),
    /// How many times; none of nothing.
    Ratio(Option<f64>),
    /// Left free, for a person to write into.
    Blank,
}

impl Cell {
    /// As it is printed.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Cell::Text(text) | Cell::Number(text) => text.clone(),
            Cell::Count(count) => count.to_string(),
            Cell::Hundredths(value) => decimal(*value),
            Cell::Share(share) => share.map_or_else(|| "-".to_owned(), percent),
            Cell::Interval(Share { low, high, .. }) => match low.zip(*high) {
                Some((low, high)) => format!("{}至{}", percent(low), percent(high)),
                None => "-".to_owned(),
            },
            Cell::Ratio(ratio) => ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            Cell::Blank => String::new(),
        }
    }

    /// Whether it is a number, which stands to the right.
    #[must_use]
    pub fn is_number(&self) -> bool {
        !matches!(self, Cell::Text(_) | Cell::Number(_) | Cell::Blank)
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

fn decimal(hundredths: i64) -> String {
    let (sign, all) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
    format!("{sign}{}.{:02}", all / 100, all % 100)
}

fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

pub(super) fn tables(figures: &Figures) -> Vec<Table> {
    vec![
        fates(figures),
        refused_by(figures),
        closed_by(figures),
        shares(figures),
        terms(figures),
        reviews(figures),
        groups("按接收月份", "接收月份", &figures.months, figures),
        groups("按承办单位", "单位", &figures.units, figures),
        groups("按客体类别", "类别", &figures.categories, figures),
        groups("按接收方式", "方式", &figures.channels, figures),
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
    let row = |(law, ground, files): &(Law, Option<RefusalGround>, i64)| {
        let (item, wording) = item(*law, *ground);
        let share = Share::of(*files, figures.whole.refused).share();
        vec![text(law.zh()), text(item), text(wording), Cell::Count(*files), Cell::Share(share)]
    };
    let mut rows: Vec<Vec<Cell>> = figures.refused_by.iter().map(row).collect();
    if !rows.is_empty() {
        let all = Cell::Count(figures.whole.refused);
        rows.push(vec![text(WHOLE), text(""), text(""), all, Cell::Share(Some(1.0))]);
    }
    let headings = vec!["适用规则", "条款", "情形", "件数", "占比"];
    Table { title: "不予受理情形", headings, rows }
}

/// Every file that has ended, once: refused, not filed, or closed.
fn closed_by(figures: &Figures) -> Table {
    let whole = &figures.whole;
    let row = |track: Track, how: &str, files: i64| {
        vec![text(format!("{}件", track.zh())), text(how), Cell::Count(files)]
    };
    let closed = |(track, disposition, files): &(Track, Option<Disposition>, i64)| {
        row(*track, disposition.map_or("导出未载明结果", Disposition::zh), *files)
    };
    let declined = [
        (Track::Complaint, "不予受理", whole.refused, whole.complaints_ended),
        (Track::Report, "不予立案", whole.not_filed, whole.reports_ended),
    ];
    let mut rows = Vec::new();
    for (track, how, files, ended) in declined {
        if ended > 0 {
            rows.push(row(track, how, files));
            rows.extend(figures.closed_by.iter().filter(|(of, _, _)| *of == track).map(closed));
            rows.push(row(track, WHOLE, ended));
        }
    }
    Table { title: "办结方式", headings: vec!["类型", "处理结果", "件数"], rows }
}

fn shares(figures: &Figures) -> Table {
    let of_all = |part: i64| Cell::Share(Share::of(part, figures.whole.complaints).share());
    let Share { part, whole, low, high } = figures.suspected;
    let mut rows = Vec::new();
    if whole > 0 {
        let ends = [low, high].map(Cell::Share);
        let counts =
            [Cell::Count(part), Cell::Count(whole), Cell::Share(figures.suspected.share()), of_all(part)];
        rows.push(std::iter::once(text("承办人员认定")).chain(counts).chain(ends).collect());
    }
    let marks = figures.marked;
    if marks.marked > 0 {
        let share = Cell::Share(Share::of(marks.suspected, marks.marked).share());
        let counts =
            [Cell::Count(marks.suspected), Cell::Count(marks.marked), share, of_all(marks.suspected)];
        let none = [text("不适用"), text("不适用")];
        rows.push(std::iter::once(text("平台导出标注")).chain(counts).chain(none).collect());
    }
    Table {
        title: "疑似职业索赔占比",
        headings: vec![
            "依据",
            "疑似",
            "已作认定（标注）",
            "占认定（标注）",
            "占全部投诉",
            "95%区间下限",
            "95%区间上限",
        ],
        rows,
    }
}

fn terms(figures: &Figures) -> Table {
    // What is known of a part of a duty says nothing of the whole.
    let is_untold = |kept: &TermsKept| {
        let same = figures.terms.iter().filter(|one| (one.duty, one.law) == (kept.duty, kept.law));
        same.map(|one| one.undated + one.from_receipt).sum::<i64>() > 0
    };
    let row = |kept: &TermsKept| {
        let over = kept.in_time + kept.late;
        let state = if kept.ended { "已办结" } else { "未办结" };
        let rate = if is_untold(kept) {
            text("不计算")
        } else {
            Cell::Share(Share::of(kept.in_time, over).share())
        };
        let counts = [kept.in_time, kept.late, kept.running, kept.undated, kept.from_receipt];
        let named = [text(kept.zh()), text(state)];
        named.into_iter().chain(counts.map(Cell::Count)).chain([rate]).collect()
    };
    Table {
        title: "法定期限按时率",
        headings: vec![
            "职责",
            "件的状态",
            "按时",
            "逾期",
            "未届满",
            "未载明日期",
            "其中起算以收到日代",
            "按时率",
        ],
        rows: figures.terms.iter().map(row).collect(),
    }
}

/// Only what there is: an empty period has no rows.
fn reviews(figures: &Figures) -> Table {
    let mut rows = Vec::new();
    for of in figures.reviews.iter().filter(|of| of.received > 0) {
        let Reviews { kind, received, replied, replied_in_time, outcomes, open } = of;
        let (name, answer) = match kind {
            ReviewKind::Reconsideration => ("行政复议（普通程序）", "答复"),
            ReviewKind::Simplified => ("行政复议（简易程序）", "答复"),
            ReviewKind::Suit => ("行政诉讼", "答辩状"),
        };
        let mut add = |what: String, count: i64| {
            rows.push(vec![text(name), text(what), Cell::Count(count)]);
        };
        add("收到".to_owned(), *received);
        add(format!("已提交{answer}"), *replied);
        add(format!("按期提交{answer}"), *replied_in_time);
        for (outcome, count) in outcomes {
            add(outcome.zh().to_owned(), *count);
        }
        add("未审结".to_owned(), *open);
    }
    Table { title: "行政复议、行政诉讼", headings: vec!["类型", "事项", "件数"], rows }
}

const WHOLE: &str = "合计";

/// A column of the tables by month, unit, category and channel: its heading, and what stands in it.
type Column = (&'static str, fn(&Counts) -> Cell);

/// What every file is counted by; the parts of complaints and of reports come to their whole.
const COUNTED: [Column; 10] = [
    ("投诉", |of| Cell::Count(of.complaints)),
    ("受理", |of| Cell::Count(of.accepted)),
    ("不予受理", |of| Cell::Count(of.refused)),
    ("其他、未载明", |of| Cell::Count(of.complaints - of.accepted - of.refused)),
    ("投诉已办结", |of| Cell::Count(of.complaints_ended)),
    ("举报", |of| Cell::Count(of.reports)),
    ("立案", |of| Cell::Count(of.filed)),
    ("不予立案", |of| Cell::Count(of.not_filed)),
    ("其他、未载明", |of| Cell::Count(of.reports - of.filed - of.not_filed)),
    ("举报已办结", |of| Cell::Count(of.reports_ended)),
];

fn fen(money: Money) -> Cell {
    if money.stated == 0 { text("未载明") } else { Cell::Hundredths(money.fen) }
}

/// The columns in which the period has anything: what was stated nowhere has none.
fn columns(whole: &Counts) -> Vec<Column> {
    let stated: [(i64, Column); 5] = [
        (whole.recovered.stated, ("挽回（元）", |of| fen(of.recovered))),
        (whole.fined.stated, ("罚款（元）", |of| fen(of.fined))),
        (whole.confiscated.stated, ("没收（元）", |of| fen(of.confiscated))),
        (whole.found, ("认定疑似", |of| Cell::Count(of.suspected))),
        (whole.found, ("占已作认定", |of| Cell::Share(Share::of(of.suspected, of.found).share()))),
    ];
    COUNTED
        .into_iter()
        .chain(stated.into_iter().filter(|(stated, _)| *stated > 0).map(|(_, column)| column))
        .collect()
}

fn groups(title: &'static str, what: &'static str, groups: &[Group], figures: &Figures) -> Table {
    let columns = columns(&figures.whole);
    let row = |name: &str, counts: &Counts| {
        std::iter::once(text(name)).chain(columns.iter().map(|(_, cell)| cell(counts))).collect()
    };
    let mut rows: Vec<Vec<Cell>> = groups.iter().map(|group| row(&group.name, &group.counts)).collect();
    if !rows.is_empty() {
        rows.push(row(WHOLE, &figures.whole));
    }
    let headings = std::iter::once(what).chain(columns.iter().map(|(heading, _)| *heading)).collect();
    Table { title, headings, rows }
}
