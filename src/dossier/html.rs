//! The dossier as one HTML page: nothing is fetched, black on white, made for A4.

use maud::{Markup, html};

use super::{Dossier, Fact, Link, Linked, Owed, Reader};
use crate::domain::ids::Track;
use crate::domain::text::AmountFen;
use crate::statute::RuleSet;

pub(super) const STYLE: &str = include_str!("dossier.css");

/// So much of a hash is printed that nobody finds another row with it.
const PRINTED: usize = 32;

/// The whole page.
pub(super) fn page(dossier: &Dossier) -> String {
    let name = match (dossier.reader, dossier.track) {
        (Reader::Bureau, _) => "办理卷宗（内部使用，不作为提交材料）",
        (Reader::Sender, Track::Complaint) => "案件材料（申请人查阅，仅供投诉人本人）",
        (Reader::Sender, Track::Report) => "案件材料（申请人查阅，仅供举报人本人）",
        (Reader::Others, _) => "应诉卷（供复议机关、人民法院和其他当事人）",
    };
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
        (section("八、认定所涉既往投诉", linked(dossier)))
        (section("九、复议、诉讼", facts(&dossier.reviews)))
        (section("十、证据目录", evidence(dossier)))
        @if dossier.reader != Reader::Bureau {
            p.note { "正文中提到的其他人的姓名，程序可能未能识别，交付前请人工复核。" }
        }
    };
    crate::page::page(&title, STYLE, &body)
}

pub(super) fn section(title: &str, content: Option<Markup>) -> Markup {
    html! { section { h2 { (title) } @match content { Some(content) => (content), None => p { "无。" } } } }
}

fn heading(dossier: &Dossier) -> Markup {
    html! {
        table.facts {
            tr { th { "登记编号" } td { (dossier.number) } th { "制作单位" } td { (dossier.bureau) } }
            tr { th { "截至" } td { (dossier.as_of.zh()) "（序号 " (dossier.as_of_sequence.0) "）" } th { "适用规则" } td { (RuleSet::of(dossier.rules).in_force()) } }
            @if let Some(Link { number, hash: Some(hash) }) = &dossier.audit {
                tr { th { "审计链" } td colspan="3" { "编号 " (number) "，哈希 " (hash.get(..PRINTED).unwrap_or(hash)) } }
            }
        }
    }
}

pub(super) fn facts(facts: &[Fact]) -> Option<Markup> {
    (!facts.is_empty()).then(|| {
        html! { table.facts { @for fact in facts { tr { th { (fact.name) } td.text { (fact.value) } } } } }
    })
}

pub(super) fn decisions(dossier: &Dossier) -> Option<Markup> {
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
                                @if let Some(records) = &one.records { div.note { (records) } }
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

pub(super) fn notices(dossier: &Dossier) -> Option<Markup> {
    let notices = dossier.notices.expose();
    (!notices.is_empty()).then(|| {
        html! {
            table.list {
                thead { tr { th { "日期" } th { "告知对象" } th { "告知事项" } th { "方式" } th { "凭证" } th { "告知内容" } } }
                tbody {
                    @for one in notices {
                        tr {
                            td.day { (one.on) }
                            td { (one.to) }
                            td { (one.subject) }
                            td { (one.means) }
                            td { (one.proof) }
                            td {
                                @match &one.text {
                                    Some((_, digest)) => { "正文 SHA-256 " (digest) },
                                    None => "未留存正文",
                                }
                                @for fact in &one.stated { div.note { (fact.name) "：" (fact.value) } }
                            }
                        }
                    }
                }
            }
            @for (text, digest) in notices.iter().filter_map(|one| one.text.as_ref()) {
                p.note { "告知书正文（SHA-256 " (digest) "）：" }
                p.text { (text) }
            }
        }
    })
}

/// Stands where no officer has done a thing: it was sent to the bureau, or the program did it.
const PROGRAM: &str = "程序";

pub(super) fn timeline(dossier: &Dossier) -> Option<Markup> {
    let entries = dossier.timeline.expose();
    (!entries.is_empty()).then(|| {
        html! {
            table.list {
                thead { tr { th.time { "记录时间" } th { "事项" } th { "内容" } th.who { "办理人" } } }
                tbody {
                    @for one in entries {
                        tr {
                            td.day { (one.recorded) @if let Some(day) = one.done_on { div.note { (day) " 办理" } } }
                            td { (one.title) }
                            td.text {
                                (one.text.as_deref().unwrap_or("-"))
                                @for warning in &one.warnings { div.note { "决定前提示：" (warning) } }
                            }
                            td { (one.officer.as_deref().unwrap_or(PROGRAM)) @if let Some(unit) = &one.unit { div.note { (unit) } } }
                        }
                    }
                }
            }
        }
    })
}

pub(super) fn terms(terms: &[Owed]) -> Option<Markup> {
    (!terms.is_empty()).then(|| {
        html! {
            table.list {
                thead { tr { th { "职责" } th { "依据" } th { "收到（受理、决定）之日（不计入）" } th { "届满" } th { "履行情况" } } }
                tbody {
                    @for one in terms {
                        tr {
                            td { (one.duty) }
                            td { (one.article) }
                            td.day { (one.started_on) }
                            td { (one.until) }
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
                td { (one.number) }
                td.day { (one.received) }
                td { (one.respondent.as_deref().unwrap_or("-")) }
                td { (one.product.as_deref().unwrap_or("-")) @if let Some(amount) = one.amount_fen { div.note { (yuan(amount)) } } }
                td { (one.then) }
                td { (one.now) }
            }
        }
    };
    let then = dossier.linked_as_of.as_deref().unwrap_or("登记");
    (!dossier.linked.is_empty()).then(|| {
        html! {
            table.list {
                thead { tr { th { "登记编号" } th { "收到" } th { "被投诉人" } th { "商品、金额" } th { "本件登记（补充）时的情况（" (then) "）" } th { "现在的情况（" (dossier.as_of) "）" } } }
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
                        tr { td.number { (at + 1) } td { (one.name) } td { (one.source) } td.text { (one.shows) @if let Some(digest) = &one.digest { "，SHA-256 " (digest) } } }
                    }
                }
            }
        }
    })
}

fn yuan(amount: AmountFen) -> String {
    format!("{}.{:02} 元", amount.fen() / 100, amount.fen() % 100)
}
