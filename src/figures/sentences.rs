//! The figures in sentences, as such offices print them. What a sentence gives in parts adds up to its whole, and what nobody stated is
//! said to be untold: it is not zero.

use super::{Counts, Fate, Figures, Money, Reviews, Share, rates};
use crate::domain::deadline::Law;
use crate::domain::handling::{RefusalGround, ReviewKind, ReviewOutcome};
use crate::domain::ids::Track;
use crate::statute::RuleSet;

/// How the figures are counted; stands on every form of them.
pub(super) const NOTE: &str = "统计口径：投诉件、举报件按本局收到之日计入，办结、挽回损失等均为这些件截至数据截至日的情况；单位为现承办单位；复议、诉讼按本局收到通知之日计入。“受理”“立案”只计已知作出该决定的件，其余（尚未决定、导出仅载明已办结、决定前撤回、移送等）计入“其他、未载明”。疑似职业索赔以承办人员认定为准，不含评分；认定只针对该件投诉的行为；平台标注不是抽样，不计区间。金额只计登记或者导出载明的件。调解成功率是调解成功的件占受理后已办结并载明办结方式的投诉；按时核查率按举报的核查期限（含延长）计。期限的届满日按本局对《市场监督管理投诉举报处理办法》第四十五条的口径计算；暂停、未定日数和不再适用的期限不计；导出载明已办结、已受理或者已立案而没有载明日期的，计入“未载明日期”，不作按时或者逾期；有未载明日期或者起算日以收到日代替的，不计算按时率。";

/// 本期共接收投诉举报 n 件 ...
pub(super) fn sentences(figures: &Figures) -> Vec<String> {
    let Figures { whole, from, to, as_of, .. } = figures;
    let Counts { complaints, reports, complaints_ended, reports_ended, .. } = whole;
    let mut found = vec![format!(
        "{}至{}，共接收投诉举报 {} 件，其中投诉 {complaints} 件、举报 {reports} 件；截至{}，已办结 {} 件，其中投诉 {complaints_ended} 件、举报 {reports_ended} 件。",
        from.zh(),
        to.zh(),
        whole.received(),
        as_of.zh(),
        whole.ended(),
    )];
    found.extend([Track::Complaint, Track::Report].map(|track| fates(figures, track)));
    found.extend(refusals(figures));
    found.push(money(whole));
    found.extend(rates::sentence(figures));
    found.push(suspected(figures));
    found.extend(undated(figures));
    found.extend(reviewed(figures));
    found
}

/// What became of the complaints or reports, each of them once.
fn fates(figures: &Figures, track: Track) -> String {
    let count = |fate: Fate| {
        let of = figures.fates.iter().filter(|(of, one, _)| (*of, *one) == (track, fate));
        of.map(|(_, _, files)| files).sum::<i64>()
    };
    let (whole, first) = match track {
        Track::Complaint => (figures.whole.complaints, [Fate::Accepted, Fate::Refused]),
        Track::Report => (figures.whole.reports, [Fate::Filed, Fate::NotFiled]),
    };
    let [taken, not] = first.map(|fate| format!("{} {} 件", fate.zh(), count(fate)));
    let more: Vec<String> = Fate::ALL
        .iter()
        .filter(|fate| !first.contains(fate) && count(**fate) > 0)
        .map(|fate| format!("{} {} 件", rest_zh(*fate, track), count(*fate)))
        .collect();
    let more = if more.is_empty() { String::new() } else { format!("；另有{}", more.join("，")) };
    format!("{} {whole} 件中，{taken}，{not}{more}。", track.zh())
}

/// What was neither taken up nor declined, in words that say what is known of it.
fn rest_zh(fate: Fate, track: Track) -> &'static str {
    match (fate, track) {
        (Fate::Closed, Track::Complaint) => "导出仅载明已办结、未载明是否受理的",
        (Fate::Closed, Track::Report) => "导出仅载明已办结、未载明是否立案的",
        (fate, _) => fate.zh(),
    }
}

/// Refusals by item, for each order apart: the same number of an item is not the same ground in both.
fn refusals(figures: &Figures) -> Option<String> {
    let orders: Vec<String> = [Law::Earlier, Law::Order20, Law::Order121]
        .into_iter()
        .filter_map(|law| {
            let of: Vec<_> = figures.refused_by.iter().filter(|(of, _, _)| *of == law).collect();
            let whole: i64 = of.iter().map(|(_, _, files)| files).sum();
            let parts: Vec<String> =
                of.iter().map(|(_, ground, files)| format!("{} {files} 件", item(law, *ground).0)).collect();
            (whole > 0).then(|| format!("按{} {whole} 件（{}）", law.zh(), parts.join("，")))
        })
        .collect();
    (!orders.is_empty()).then(|| format!("不予受理的依据：{}。", orders.join("；")))
}

/// Article and item of a ground under an order, and how that words it.
pub(super) fn item(law: Law, ground: Option<RefusalGround>) -> (&'static str, &'static str) {
    match ground.map(|ground| (ground, RuleSet::of(law).refusal(ground))) {
        Some((_, Some(row))) => (&row.item, &row.text),
        // An export may name a ground that only the other order has.
        Some((ground, None)) => ("该令无此项", ground.zh()),
        None => ("导出未载明情形", "导出未载明情形"),
    }
}

fn money(whole: &Counts) -> String {
    let recovered = match whole.recovered {
        Money { stated: 0, .. } => "为消费者挽回经济损失的金额未载明".to_owned(),
        Money { fen, stated } => format!("为消费者挽回经济损失 {} 万元（{stated} 件载明金额）", wan(fen)),
    };
    let stated = |what: &str, Money { fen, stated }: Money| match stated {
        0 => format!("{what}金额未载明"),
        _ => format!("{what} {} 万元（{stated} 件载明金额）", wan(fen)),
    };
    format!("{recovered}；{}，{}。", stated("罚款", whole.fined), stated("没收", whole.confiscated))
}

/// Ten thousands of yuan, as such offices print sums.
fn wan(fen: i64) -> String {
    format!("{:.2}", fen as f64 / 1_000_000.0)
}

fn suspected(figures: &Figures) -> String {
    let (Share { part, whole, .. }, undetermined) = (figures.suspected, figures.undetermined);
    let found = match (whole, undetermined) {
        (0, 0) => "疑似职业索赔：本期尚无承办人员认定".to_owned(),
        (0, _) => format!("疑似职业索赔：承办人员暂不能判断 {undetermined} 件，尚无其他认定"),
        _ => format!(
            "承办人员认定疑似职业索赔 {part} 件，占已作认定的投诉 {whole} 件的 {}，暂不能判断 {undetermined} 件",
            figures.suspected.zh(),
        ),
    };
    let marks = figures.marked;
    if marks.marked == 0 {
        return format!("{found}。");
    }
    let percent = |whole| super::Cell::Share(Share::of(marks.suspected, whole).share()).words();
    format!(
        "{found}；另按平台导出中的标注，疑似 {} 件，占有标注的投诉 {} 件的 {}，占全部投诉的 {}。",
        marks.suspected,
        marks.marked,
        percent(marks.marked),
        percent(figures.whole.complaints),
    )
}

/// Of what no rate can be given, and why.
fn undated(figures: &Figures) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for kept in &figures.terms {
        if kept.undated > 0 && !parts.iter().any(|known| known.starts_with(&format!("{} ", kept.zh()))) {
            let same = figures.terms.iter().filter(|one| (one.duty, one.law) == (kept.duty, kept.law));
            parts.push(format!("{} {} 件", kept.zh(), same.map(|one| one.undated).sum::<i64>()));
        }
    }
    let from_receipt: i64 = figures.terms.iter().map(|kept| kept.from_receipt).sum();
    let begun = match from_receipt {
        0 => String::new(),
        _ => format!("；起算日导出未载明、以收到日代替的期限 {from_receipt} 项"),
    };
    match (parts.is_empty(), from_receipt) {
        (true, 0) => None,
        (true, _) => {
            Some(format!("法定期限：起算日导出未载明、以收到日代替的 {from_receipt} 项，不计算按时率。"))
        }
        (false, _) => {
            Some(format!("法定期限：导出未载明履行日期的，{}{begun}；以上均不计算按时率。", parts.join("，")))
        }
    }
}

/// A simplified reconsideration is one of the reconsiderations.
fn reviewed(figures: &Figures) -> Vec<String> {
    let of = |kind| figures.reviews.iter().find(|of| of.kind == kind && of.received > 0);
    let (whole, simplified) = (of(ReviewKind::Reconsideration), of(ReviewKind::Simplified));
    let both: Vec<&Reviews> = whole.into_iter().chain(simplified).collect();
    let mut found = Vec::new();
    if !both.is_empty() {
        let within = simplified.map_or(0, |of| of.received);
        let within =
            if within > 0 { format!("（其中适用简易程序 {within} 件）") } else { String::new() };
        found.push(one_kind("行政复议", &within, "提交答复", &both));
    }
    if let Some(suits) = of(ReviewKind::Suit) {
        found.push(one_kind("行政诉讼", "", "提交答辩状", &[suits]));
    }
    if found.is_empty() {
        found.push("本期无行政复议、行政诉讼案件。".to_owned());
    }
    found
}

fn one_kind(name: &str, within: &str, replied: &str, of: &[&Reviews]) -> String {
    let sum = |one: fn(&Reviews) -> i64| of.iter().map(|reviews| one(reviews)).sum::<i64>();
    let count = |outcome: ReviewOutcome| {
        let all = of.iter().flat_map(|reviews| &reviews.outcomes);
        all.filter(|(one, _)| *one == outcome).map(|(_, count)| count).sum::<i64>()
    };
    let ended = ReviewOutcome::ALL.iter().map(|outcome| (outcome.zh(), count(*outcome)));
    let mut parts: Vec<String> =
        ended.filter(|(_, count)| *count > 0).map(|(zh, count)| format!("{zh} {count} 件")).collect();
    parts.push(format!("未审结 {} 件", sum(|of| of.open)));
    format!(
        "{name} {} 件{within}，其中{}；已{replied} {} 件，按期 {} 件。",
        sum(|of| of.received),
        parts.join("，"),
        sum(|of| of.replied),
        sum(|of| of.replied_in_time),
    )
}
