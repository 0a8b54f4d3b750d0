//! The end of the page: every feature of the sum, the articles in force, and how to object.

use maud::{Markup, html};

use super::html::signed;
use super::law::articles;
use super::{Scored, Sheet};
use crate::model::feature_name;

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
                "对本件是否受理由本局依法决定。当事人认为材料中本人信息不准确、不完整的，可以依《中华人民共和国个人信息保护法》第四十六条请求本局更正、补充；\
                 对本局的决定不服的，可以依法申请行政复议或者提起行政诉讼。关联有误的，由统一接收机构切断，其后的评分不再计入。"
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
                p { "合计的全部组成，按特征表的顺序；特征表摘要 " (score.schema_hash) "，各项含义见 triage features 列出的特征表。" }
                table.list {
                    thead { tr { th { "特征" } th.number { "值" } th.number { "分值" } } }
                    tbody {
                        @for term in &score.terms {
                            tr {
                                td { (feature_name(&term.feature).unwrap_or(&term.feature)) }
                                td.number { (shortened(term.value)) }
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
