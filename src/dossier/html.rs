//! The dossier as one HTML page: nothing is fetched, black on white, made for A4.

use maud::{Markup, html};

use super::{Dossier, Fact, Linked, Owed};
use crate::domain::text::AmountFen;
use crate::statute::RuleSet;

const STYLE: &str = include_str!("dossier.css");

/// The whole page.
pub(super) fn page(dossier: &Dossier) -> String {
    let name =
        if dossier.outward { "案件材料（申请人查阅）" } else { "应诉卷（内部使用）" };
    let title = format!("{}件{name} {}", dossier.track.zh(), dossier.number);
    let body = html! {
        header { h1 { (dossier.track.zh()) "件" (name) } (heading(dossier)) }
        (section("一、登记内容", facts(dossier.facts.expose())))
        (section("二、办理情况", facts(&dossier.standing)))
        (section("三、决定及理由", decisions(dossier)))
        (section("四、告知及凭证", notices(dossier)))
        (section("五、办理经过", timeline(dossier)))
        (section("六、法定期限", terms(&dossier.terms)))
        (section("七、适用条文", articles(dossier)))
        (section("八、所涉既往投诉", linked(dossier)))
        (section("九、复议、诉讼", facts(&dossier.reviews)))
        (section("十、证据目录", evidence(dossier)))
    };
    crate::page::page(&title, STYLE, &body)
}

fn section(title: &str, content: Option<Markup>) -> Markup {
    html! { section { h2 { (title) } @match content { Some(content) => (content), None => p { "无。" } } } }
}

fn heading(dossier: &Dossier) -> Markup {
    html! {
        table.facts {
            tr { th { "登记编号" } td { (dossier.number) } th { "制作单位" } td { (dossier.bureau) } }
            tr { th { "截至" } td { (dossier.as_of.zh()) "（序号 " (dossier.as_of_sequence.0) "）" } th { "适用规则" } td { (RuleSet::of(dossier.rules).in_force()) } }
        }
    }
}

fn facts(facts: &[Fact]) -> Option<Markup> {
    (!facts.is_empty()).then(|| {
        html! { table.facts { @for fact in facts { tr { th { (fact.name) } td.text { (fact.value) } } } } }
    })
}

fn decisions(dossier: &Dossier) -> Option<Markup> {
    let decisions = dossier.decisions.expose();
    (!decisions.is_empty()).then(|| {
        html! {
            table.list {
                thead { tr { th { "日期" } th { "决定" } th { "理由" } th { "承办人员" } } }
                tbody {
                    @for one in decisions {
                        tr {
                            td.day { (one.on) }
                            td { (one.title) }
                            td.text {
                                (one.reason.as_deref().unwrap_or("-"))
                                @if let Some(finding) = &one.finding { div.note { "研判意见：" (finding) } }
                            }
                            td { (one.officer.as_deref().unwrap_or("-")) }
                        }
                    }
                }
            }
        }
    })
}

fn notices(dossier: &Dossier) -> Option<Markup> {
    let notices = dossier.notices.expose();
    (!notices.is_empty()).then(|| {
        html! {
            table.list {
                thead { tr { th { "日期" } th { "告知对象" } th { "告知事项" } th { "方式" } th { "凭证" } } }
                tbody {
                    @for one in notices {
                        tr { td.day { (one.on) } td { (one.to) } td { (one.subject) } td { (one.means) } td { (one.proof) } }
                    }
                }
            }
        }
    })
}

fn timeline(dossier: &Dossier) -> Option<Markup> {
    let entries = dossier.timeline.expose();
    (!entries.is_empty()).then(|| {
        html! {
            table.list {
                thead { tr { th { "记录时间" } th { "事项" } th { "内容" } th { "办理人" } } }
                tbody {
                    @for one in entries {
                        tr {
                            td.day { (one.recorded) @if let Some(day) = one.done_on { div.note { (day) " 办理" } } }
                            td { (one.title) }
                            td.text {
                                (one.text.as_deref().unwrap_or("-"))
                                @for warning in &one.warnings { div.note { "决定前提示：" (warning) } }
                            }
                            td { (one.officer.as_deref().unwrap_or("-")) @if let Some(unit) = &one.unit { div.note { (unit) } } }
                        }
                    }
                }
            }
        }
    })
}

fn terms(terms: &[Owed]) -> Option<Markup> {
    (!terms.is_empty()).then(|| {
        html! {
            table.list {
                thead { tr { th { "职责" } th { "依据" } th { "起算" } th { "届满" } th { "履行情况" } } }
                tbody {
                    @for one in terms {
                        tr {
                            td { (one.duty) }
                            td { (one.article) }
                            td.day { (one.started_on) }
                            td.day { (one.due_on.map_or_else(|| "未定日数".to_owned(), |day| day.to_string())) }
                            td { (one.result) }
                        }
                    }
                }
            }
        }
    })
}

fn articles(dossier: &Dossier) -> Option<Markup> {
    (!dossier.articles.is_empty()).then(|| {
        html! { @for one in &dossier.articles { p { strong { (one.article) } "　" (one.text) } } }
    })
}

fn linked(dossier: &Dossier) -> Option<Markup> {
    let row = |one: &Linked| {
        html! {
            tr {
                td { (one.number) div.note { (one.named_by.join("、")) } }
                td.day { (one.received) }
                td { (one.respondent.as_deref().unwrap_or("-")) }
                td { (one.product.as_deref().unwrap_or("-")) @if let Some(amount) = one.amount_fen { div.note { (yuan(amount)) } } }
                td { (one.then) }
                td { (one.now) }
            }
        }
    };
    (!dossier.linked.is_empty()).then(|| {
        html! {
            table.list {
                thead { tr { th { "登记编号" } th { "收到" } th { "被投诉人" } th { "商品、金额" } th { "评分时的情况" } th { "现在的情况" } } }
                tbody { @for one in &dossier.linked { (row(one)) } }
            }
        }
    })
}

fn evidence(dossier: &Dossier) -> Option<Markup> {
    let items = dossier.evidence.expose();
    (!items.is_empty()).then(|| {
        html! {
            table.list {
                thead { tr { th.narrow { "编号" } th { "名称" } th { "来源" } th { "证明内容" } } }
                tbody {
                    @for (at, one) in items.iter().enumerate() {
                        tr { td.number { (at + 1) } td { (one.name) } td { (one.source) } td.text { (one.shows) } }
                    }
                }
            }
        }
    })
}

fn yuan(amount: AmountFen) -> String {
    format!("{}.{:02} 元", amount.fen() / 100, amount.fen() % 100)
}
