//! The end of the page: every feature of the sum, the articles in force, and how to object.

use maud::{Markup, html};

use super::law::articles;
use super::score::signed;
use super::{Scored, Sheet};
use crate::model::{feature_meaning, feature_name};

pub(super) fn annex(sheet: &Sheet) -> Markup {
    html! {
        (terms(&sheet.score))
        section {
            h2 { "附二、适用条文" }
            @for article in articles(sheet.rules) { p { (article) } }
        }
        section {
            h2 { "附三、异议" }
            p {
                "本件受理与否，由本局承办人员审查后依法决定，不以评分自动作出。投诉人可以依《中华人民共和国个人信息保护法》第二十四条\
                 请求本局对评分作出说明，并有权拒绝仅以自动化方式作出的决定；可以依该法第四十五条查阅、复制本人信息；认为本人信息不准确、\
                 不完整的，可以依该法第四十六条请求更正、补充；认为所列关联有误的（例如电话由家人、同事共用，收货地址为快递驿站），可以向本局说明，\
                 由统一接收机构核实后切断，其后的评分不再计入。对本局的决定不服的，可以依法申请行政复议或者提起行政诉讼，途径和期限见决定的告知文书。"
            }
        }
    }
}

/// Every term of the sum, also those that are among the reasons.
fn terms(score: &Scored) -> Markup {
    html! {
        section {
            h2 { "附一、各项特征" }
            @if score.terms.is_empty() { p { "本材料不列各项特征的分值。" } }
            @else {
                p { "合计的全部组成，按特征表的顺序；特征表摘要 " (score.schema_hash) "。" }
                table.list {
                    thead { tr { th { "特征" } th.number { "值" } th.number { "分值" } } }
                    tbody {
                        @for term in &score.terms {
                            tr {
                                td {
                                    (feature_name(&term.feature).unwrap_or(&term.feature))
                                    @if let Some((reads, _)) = feature_meaning(&score.schema_hash, &term.feature) { div.records { (reads) } }
                                }
                                td.number {
                                    (shortened(term.value))
                                    @if let Some((_, unit)) = feature_meaning(&score.schema_hash, &term.feature) {
                                        @if unit != "0/1" { " " (unit) }
                                    }
                                }
                                td.number { (signed(term.contribution)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A value with three decimals at most.
fn shortened(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
