//! The second and third part of the page: the score, and the reasons whose sum it is.

use maud::{Markup, html};

use super::html::{fact, numbers};
use super::{Grounds, Scored, Sheet};
use crate::domain::decision::{Band, Floors, MOST_RECORDS};
use crate::model::recall::POINTERS_TERM;

pub(super) fn score(sheet: &Sheet) -> Markup {
    let score = &sheet.score;
    let bands =
        format!("概率达到 {} 为中，达到 {} 为高", fraction(score.medium_from), fraction(score.high_from));
    let model = score.model.as_ref().map(|model| {
        let source = score.model_source.map_or("来源不明", crate::model::Source::zh);
        let of = score.model_trained_on.map_or_else(String::new, |of| {
            let marked = of.examples.saturating_sub(of.findings);
            format!("，{} 件，其中承办人认定 {} 件、导入标注 {marked} 件", of.examples, of.findings)
        });
        format!("{model}（训练数据：{source}{of}）")
    });
    html! {
        section.whole {
            h2 { "二、评分" }
            table.facts {
                tr { th { "“非生活消费需要”疑似程度（参考）" } td { strong { (score.band.zh()) } } }
                (fact("概率（按既往认定和标注推算）", score.probability.map(probability).as_deref()))
                @if matches!(score.band, Band::Low | Band::Medium | Band::High) { (fact("分档标准", Some(&bands))) }
                (fact("“高”的事实界限", Some(&floors(&score.floors))))
                (fact("模型", model.as_deref()))
                tr { th { "特征表" } td { (score.schema_hash) } }
                tr { th { "机构配置（名册）" } td { "序号 " (score.bureau_file.0) } }
            }
            @if sheet.scores.len() > 1 {
                h3 { "各次评分（补充材料或者换用模型后重新评分；本材料为最后一行）" }
                table.list {
                    thead { tr { th { "序号" } th { "时间" } th { "程度" } th { "概率" } th { "模型" } } }
                    tbody {
                        @for row in &sheet.scores {
                            tr {
                                td { (row.sequence.0) } td { (row.time) } td { (row.band.zh()) }
                                td.number { (row.probability.map_or_else(|| "—".to_owned(), probability)) }
                                td { @if let Some(model) = &row.model { (model) } @else { "—" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What is strong enough for band High, and by whose word.
fn floors(floors: &Floors) -> String {
    let Floors { quantity, purchases, repetition, claims, names, pointers_most, author, authority, date } =
        floors;
    format!(
        "第一项：数量达通常的 {quantity} 倍，或者购买 {purchases} 次（一次购买分单付款的按单数计）；第二项：短期（30天，标签、广告、日期类和惩罚性赔偿类为90天）同类 \
         {repetition} 件，或者以同类诉求投诉其他经营者 {claims} 家；第四项：另有 {names} 个姓名；没有这些事实的，概率以 {pointers_most} 为限。制定：{author}；依据：{authority}；日期：{date}"
    )
}

pub(super) fn reasons(score: &Scored) -> Markup {
    let grounds = |at: usize, reason: &Grounds| {
        html! {
            tr {
                td.number { (at) }
                td { (reason.text) (grounded(reason)) }
                td { @if reason.feature == POINTERS_TERM { "—" } @else { (reason.factor.zh()) } }
                td.number { @if let Some(part) = reason.contribution { (signed(part)) } @else { "—" } }
            }
        }
    };
    html! {
        section {
            h2 { "三、理由与合计" }
            table.list {
                thead { tr { th.narrow { "号" } th { "理由" } th.factor { "对应因素" } th.number { "分值" } } }
                tbody {
                    @if let Some(baseline) = score.baseline {
                        tr { td {} td { "基准值（不含任何特征）" } td {} td.number { (signed(baseline)) } }
                    }
                    @for (at, reason) in (1..).zip(&score.reasons) { (grounds(at, reason)) }
                    @if let Some(rest) = score.rest.filter(|rest| rest.features > 0) {
                        tr { td {} td { "其余特征合计（" (rest.features) " 项，明细见附表）" } td {} td.number { (signed(rest.contribution)) } }
                    }
                    @if let Some(sum) = score.log_odds {
                        tr.sum {
                            td {}
                            td { "合计" @if let Some(score) = score.probability { "，换算为概率 " (probability(score)) } }
                            td {}
                            td.number { (signed(sum)) }
                        }
                    }
                }
            }
            @if score.log_odds.is_some() {
                p.note {
                    "分值为对数几率：为正表示疑似程度上升，为负表示下降；合计 S 换算为概率 1 ÷ (1 + e" sup { "−S" } ")。"
                    "各数四舍五入到三位小数，相加可有末位之差。各项理由可能据同一些既往投诉得出，件数不能相加。"
                }
            }
        }
    }
}

/// What a reason rests on; how many of it are not named.
fn grounded(reason: &Grounds) -> Markup {
    let cut = reason.records.len() + reason.withheld >= MOST_RECORDS;
    html! {
        @if !reason.records.is_empty() { div.records { "据：" (numbers(&reason.records)) @if cut { "（只列最近五件）" } } }
        @if reason.withheld > 0 { div.records { "另据他人投诉 " (reason.withheld) " 件，不列编号" } }
    }
}

/// Nothing is certain: a probability is never printed as 0 or 1.
fn probability(probability: f64) -> String {
    match probability {
        ..0.001 => "小于 0.001".to_owned(),
        0.9995.. => "大于 0.999".to_owned(),
        _ => format!("{probability:.3}"),
    }
}

/// A setting, as short as it was written.
fn fraction(value: f64) -> String {
    format!("{value}")
}

/// A signed number with a real minus, that columns line up.
pub(super) fn signed(value: f64) -> String {
    let text = format!("{value:+.3}");
    // What rounds to nothing has no sign.
    if matches!(text.as_str(), "-0.000" | "+0.000") { "0.000".to_owned() } else { text.replace('-', "−") }
}
