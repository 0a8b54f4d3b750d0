//! The sheet as one HTML page: nothing is fetched, black on white, made for A4.

use maud::{Markup, html};

use super::annex::annex;
use super::compare::{OTHERS_OWN, Run};
use super::compose::LINKED;
use super::score::{reasons, score};
use super::{Compared, Complaint, Considered, Earlier, Linked, MASK, Sent, Sheet, TemplateCounts};
use crate::domain::decision::officers_shown;
use crate::domain::evidence::Guard;
use crate::domain::ids::RegistrationNumber;
use crate::domain::text::AmountFen;
use crate::statute::RuleSet;

const STYLE: &str = include_str!("sheet.css");

/// The whole page.
pub(super) fn page(sheet: &Sheet) -> String {
    let name = if sheet.outward {
        "投诉件研判参考材料（对外提供）"
    } else {
        "投诉件研判参考材料（内部使用）"
    };
    let title = format!("{name} {}", sheet.number);
    let body = html! {
        header {
            h1 { (name) }
            (heading(sheet))
        }
        p.advice { strong { (sheet.advice) } }
        (notes(sheet))
        (complaint(sheet.complaint.expose(), sheet.purged.as_deref()))
        (score(sheet))
        (reasons(&sheet.score))
        (guards(&sheet.guards))
        (links(sheet))
        (near_duplicate(sheet))
        (earlier(sheet))
        @if let Some(routing) = &sheet.routing { (sent(routing)) }
        (annex(sheet))
    };
    crate::page::page(&title, STYLE, &body)
}

fn heading(sheet: &Sheet) -> Markup {
    html! {
        table.facts {
            tr { th { "登记编号" } td { (sheet.number) } th { "制作单位" } td { (sheet.bureau) } }
            tr { th { "截至" } td colspan="3" { (sheet.as_of_time) "（序号 " (sheet.as_of_sequence.0) "），作出本次评分时" } }
            tr { th { "适用规则" } td colspan="3" { (RuleSet::of(sheet.rules).in_force()) } }
        }
    }
}

/// One row of a table of facts; nothing for a fact that was not told.
pub(super) fn fact(name: &str, value: Option<&str>) -> Markup {
    html! { @if let Some(value) = value { tr { th { (name) } td { (or_dash(value)) } } } }
}

fn or_dash(value: &str) -> &str {
    if value == MASK { "（平台已遮盖）" } else { value }
}

fn complaint(seen: &Complaint, purged: Option<&str>) -> Markup {
    let amount = seen.amount_fen.map(yuan);
    let demands = (!seen.demands.is_empty()).then(|| seen.demands.join("；"));
    let quantity = seen.quantity.map(|quantity| quantity.to_string());
    let attachments = (seen.attachments > 0).then(|| format!("{} 个", seen.attachments));
    html! {
        section {
            h2 { "一、投诉情况" }
            @if let Some(purged) = purged { p { (purged) } }
            table.facts {
                (fact("接收时间", Some(&seen.received)))
                (fact("接收方式", seen.channel.as_deref()))
                (fact("投诉人", seen.complainant.as_deref()))
                (fact("联系电话", seen.phone.as_deref()))
                (fact("证件号码", seen.resident_id.as_deref()))
                (fact("通讯地址", seen.address.as_deref()))
                (fact("收货地址", seen.delivery_address.as_deref()))
                (fact("电子邮箱", seen.email.as_deref()))
                (fact("收款账户", seen.payment_account.as_deref()))
                (fact("被投诉人", seen.respondent.as_deref()))
                (fact("统一社会信用代码", seen.credit_code.as_deref()))
                (fact("企业地址", seen.premises.as_deref()))
                (fact("金额", amount.as_deref()))
                (fact("诉求", demands.as_deref()))
                (fact("客体类别", seen.object_category.as_deref()))
                (fact("问题类别", seen.problem_category.as_deref()))
                (fact("商品或服务", seen.product.as_deref()))
                (fact("品牌", seen.brand.as_deref()))
                (fact("销售方式", seen.sales_mode.as_deref()))
                (fact("平台名称", seen.platform.as_deref()))
                (fact("订单号", seen.order_number.as_deref()))
                (fact("数量", quantity.as_deref()))
                (fact("发生时间", seen.occurred.as_deref()))
                (fact("事发地", seen.place.as_deref()))
                (fact("附件", attachments.as_deref()))
                tr.long { th { "具体问题" } td.text { (seen.text.as_deref().map_or("（未提供）", or_dash)) } }
            }
        }
    }
}

fn guards(guards: &[Guard]) -> Markup {
    html! {
        section {
            h2 { "四、易误判情形（应先核实）" }
            @if guards.is_empty() { p { "评分前未识别到群体事件、同一纠纷再次反映、公用号码或地址、信息不足等情形。" } }
            @else {
                p { "评分前识别到下列情形，这些情形容易误判，应先核实：" }
                table.list {
                    thead { tr { th.guard { "情形" } th { "说明" } } }
                    tbody {
                        @for guard in guards {
                            tr {
                                td { (guard.kind.zh()) }
                                td {
                                    (guard.text)
                                    @if !guard.records.is_empty() { div.records { "据：" (numbers(&guard.records)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn links(sheet: &Sheet) -> Markup {
    let (links, withheld): (&[Linked], usize) = (&sheet.links, sheet.withheld.links);
    html! {
        section {
            h2 { "五、关联" }
            @if withheld > 0 {
                p { "另有 " (withheld) " 项标识与登记在其他姓名下（或者不能确定为本件投诉人）的既往投诉相同，涉及他人，本材料不列其编号。" }
            }
            @if links.is_empty() && withheld == 0 { p { "没有与本件共用标识的既往投诉。" } }
            @else if !links.is_empty() {
                p { "下列标识与既往投诉相同（一年以内；只列标识种类，不列其内容）：" }
                table.list {
                    thead {
                        tr {
                            th.narrow { "号" } th { "标识" } th { "起自" } th { "关联到（最近一件）" } th { "该件接收日期" }
                            th.number { "件数" } th.number { "姓名数" }
                        }
                    }
                    tbody {
                        @for link in links {
                            tr {
                                td.number { (link.at) }
                                td { (link.key.zh()) }
                                td.code { @if let Some(from) = &link.from { (from) } @else { "本件" } }
                                td.code { (link.to) }
                                td { (link.received) }
                                td.number { (link.complaints) }
                                td.number { (link.names) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn near_duplicate(sheet: &Sheet) -> Markup {
    let of_others = sheet.withheld.near_duplicate;
    html! {
        section {
            h2 { "六、雷同文本" }
            @if let Some(near_duplicate) = &sheet.near_duplicate { (compared(near_duplicate)) }
            @else if let Some(counts) = of_others { (without_text(counts)) }
            @else { p { "本件文字不属于已知的文本模板。" } }
        }
    }
}

/// That the text is of a template, where what it would be laid beside is another person's.
fn without_text(counts: TemplateCounts) -> Markup {
    let TemplateCounts { likeness_percent, complaints, respondents, persons } = counts;
    html! {
        p {
            "本件文字与既往投诉属同一文本模板：与模板首件的相似度 " (likeness_percent) "%；一年内同模板投诉 " (complaints)
            " 件，涉及经营者 " (respondents) " 家、投诉人 " (persons) " 名。可供对照的一件由他人提出，其文字和编号本材料不列。"
        }
    }
}

fn compared(seen: &Compared) -> Markup {
    let near_duplicate = &seen.near_duplicate;
    let whose = if near_duplicate.own {
        "同一投诉人或者与其关联的人"
    } else {
        "与本件投诉人没有关联的人"
    };
    html! {
        p {
            "本件文字与既往投诉属同一文本模板：与模板首件的相似度 " (near_duplicate.likeness_percent) "%；一年内同模板投诉 "
            (near_duplicate.complaints) " 件，涉及经营者 " (near_duplicate.respondents) " 家、投诉人 " (near_duplicate.persons) " 名。下面与其中 "
            span.code { (near_duplicate.number) } "（由" (whose) "提出）对照，"
            "本件独有的文字加粗并加下划线；该件独有的文字不予显示，以" (OTHERS_OWN) "代替。"
            "对照前，两方登记的姓名、电话、证件、邮箱、账户和地址，以及文中六位以上的号码和邮箱，已用符号代替；"
            "本件文字中的其他姓名、住址等未必已识别。"
        }
        @if seen.runs.expose().is_empty() { p { "一方文字已被平台遮盖，不能对照。" } }
        @else {
            table.list.texts {
                thead { tr { th { "本件" } th { (near_duplicate.number) } } }
                tbody {
                    tr {
                        td.text {
                            @for run in seen.runs.expose() {
                                @match run { Run::Both(text) => { (text) } Run::Here(text) => { mark { (text) } } Run::There(_) => {} }
                            }
                        }
                        td.text {
                            @for run in seen.runs.expose() {
                                @match run { Run::Both(text) => { (text) } Run::There(text) => { mark { (text) } } Run::Here(_) => {} }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn earlier(sheet: &Sheet) -> Markup {
    let (earlier, withheld): (&[Earlier], usize) = (&sheet.earlier, sheet.withheld.earlier);
    html! {
        section {
            h2 { "七、所涉既往投诉" }
            @if withheld > 0 {
                p { "以上各项另引用登记在其他姓名下（或者不能确定为本件投诉人）的既往投诉 " (withheld) " 件，涉及他人，本材料不列。" }
            }
            @if earlier.is_empty() && withheld == 0 { p { "本件的评分没有引用既往投诉。" } }
            @else if !earlier.is_empty() {
                p {
                    @if earlier.iter().any(|one| one.named_by.iter().any(|by| by == LINKED)) {
                        "一年内关联到的既往投诉（最多列最近六十四件）和以上各项引用的其他既往投诉"
                    } @else { "以上各项引用的既往投诉，每项最多列最近五件" }
                    "，按作出本次评分时所知列示，不列其投诉人："
                }
                table.list {
                    thead {
                        tr {
                            th.wide { "登记编号" } th.time { "接收时间" } th { "被投诉人" } th { "商品或服务" } th.number { "金额（元）" } th { "诉求" } th { "当时处理情况" }
                            th { "引用处" }
                        }
                    }
                    tbody {
                        @for one in earlier {
                            tr {
                                td.code { (one.number) }
                                td { (one.received) }
                                td { (one.respondent.as_deref().map_or("—", or_dash)) }
                                td { (one.product.as_deref().map_or("—", or_dash)) }
                                td.number { @if let Some(amount) = one.amount_fen { (hundredths(amount.fen())) } @else { "—" } }
                                td { @if one.demands.is_empty() { "—" } @else { (one.demands.join("；")) } }
                                td { (standing(one)) }
                                td { (parts(&one.named_by)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Where an earlier complaint stood, its day in one piece.
fn standing(one: &Earlier) -> Markup {
    let words = one.standing.zh();
    let Some((before, after)) = one.standing.ended_on.as_ref().and_then(|day| words.split_once(day.as_str()))
    else {
        return html! { (words) };
    };
    html! {
        (before) @if let Some(day) = &one.standing.ended_on { span.day { (day) } }
        @if one.ended_after_receipt { "（晚于本件接收）" }
        (after)
    }
}

fn sent(sent: &Sent) -> Markup {
    let row = |unit: &Considered| {
        html! {
            tr {
                td {
                    (unit.unit_name)
                    @if unit.chosen { "（选定）" }
                    @if let Some(barred) = unit.barred { "（" (barred.zh()) "）" }
                }
                td.number { (hundredths(unit.open_centiunits)) }
                td.number { (officers_shown(unit.centiofficers)) }
                td.number { @if let Some(load) = unit.load { (format!("{load:.2}")) } @else { "—" } }
                td.number { (hundredths(unit.assigned_centiunits)) }
                td.number { (officers_shown(unit.month_centiofficers)) }
                td.number { @if let Some(share) = unit.assigned_with { (format!("{share:.2}")) } @else { "—" } }
            }
        }
    };
    html! {
        section {
            h2 { "八、分送" }
            p { (sent.why) }
            p { "预计工作量 " (hundredths(sent.centiunits)) " 个单位；机构配置（名册）序号 " (sent.bureau_file.0) "。" }
            @match &sent.candidates {
                None => { p.note { "候选单位的负荷由统一接收机构掌握，本材料不列。" } }
                Some(candidates) if candidates.is_empty() => {}
                Some(candidates) => {
                    table.list {
                        thead {
                            tr {
                                th { "候选单位" }
                                th.number { "未结工作量" } th.number { "在岗人数" } th.number { "人均未结" }
                                th.number { "本月分得" } th.number { "本月在岗" } th.number { "人均分得（含本件）" }
                            }
                        }
                        tbody { @for unit in candidates { (row(unit)) } }
                    }
                    p.note { "负荷仅供统一接收机构查看；向外提供的，请另以“对外”方式生成，其中不含此表。" }
                }
            }
        }
    }
}

fn notes(sheet: &Sheet) -> Markup {
    html! {
        p.note {
            "本材料供办理时研判参考，不是受理或者不予受理的依据。档次除用于按机构配置估算工作量、是否分送专班外，不影响期限和处理结果。"
            "本材料由系统根据作出评分时保存的数据生成，不含其后发生的事项，何时重新生成内容都相同，故不列生成时间；每次生成均有查看记录。"
            @if sheet.outward { "本材料仅供投诉人本人和有权机关查阅，不含电话号码、证件号码、地址、他人投诉的编号和文字、其他经营者名称及候选单位负荷。" }
            @else { "正文中提到的其他人的姓名，程序可能未能识别；需要向外提供的，请以“对外”方式生成，并在提供前人工复核。" }
        }
    }
}

pub(super) fn numbers(records: &[RegistrationNumber]) -> Markup {
    html! {
        @for (at, number) in records.iter().enumerate() {
            @if at > 0 { "、" }
            span.code { (number) }
        }
    }
}

/// `理由2、理由3、关联1` as `理由 2、3；关联 1`.
fn parts(named_by: &[String]) -> String {
    let mut parts: Vec<(&str, Vec<&str>)> = Vec::new();
    for named in named_by {
        let (part, at) = named.split_at(named.find(|c: char| c.is_ascii_digit()).unwrap_or(named.len()));
        match parts.iter_mut().find(|(known, _)| *known == part) {
            Some((_, all)) => all.push(at),
            None => parts.push((part, vec![at])),
        }
    }
    let part = |(part, at): (&str, Vec<&str>)| format!("{part} {}", at.join("、")).trim_end().to_owned();
    parts.into_iter().map(part).collect::<Vec<_>>().join("；")
}

fn yuan(amount: AmountFen) -> String {
    format!("{} 元", hundredths(amount.fen()))
}

fn hundredths(value: i64) -> String {
    format!(
        "{}{}.{:02}",
        if value < 0 { "-" } else { "" },
        value.unsigned_abs() / 100,
        value.unsigned_abs() % 100
    )
}
