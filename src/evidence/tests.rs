//! One sheet with everything on it, as people and programs get it, and what never is on one.

use std::collections::HashMap;

use serde_json::json;

use super::*;
use crate::domain::command::Command;
use crate::domain::decision::{Candidate, Decision, Reason, Routing, Suspicion};
use crate::domain::ids::{FileId, Track};
use crate::domain::submission::Submission;
use crate::domain::time::Timestamp;
use crate::model::recall::Recalled;
use crate::routing::Bureau;
use crate::statute::life::{By, Life, fold};

const BUREAU: &str = include_str!("../../tests/it/support/bureau.toml");

fn number(text: &str) -> RegistrationNumber {
    RegistrationNumber::parse(text).unwrap()
}

/// 2026-05-20 10:00:00 UTC+8 and so many days.
fn at(days: i64) -> Timestamp {
    Timestamp(1_779_242_400_000_000).plus_seconds(days * 86_400)
}

fn submission(number: &str, days: i64, name: &str, phone: &str, shop: &str, text: &str) -> Submission {
    let whole = json!({
        "number": number, "received": { "at": at(days).0 }, "channel": "platform",
        "complainant": { "name": name, "phone": phone, "address": "友谊大街五号院" },
        "respondent": { "name": shop, "premises": "东街街道一号" },
        "complaint": { "text": text, "amount_fen": 468, "demands": ["退货", "赔偿损失"], "product": "木耳", "brand": null },
        "report": { "text": "该店无照经营，请查处" },
    });
    serde_json::from_value(whole).unwrap()
}

fn suspicion(score: f64, log_odds: f64) -> Suspicion {
    let whole = json!({
        "guards": [{ "kind": "mass_incident", "text": "7天内另有 9 人投诉同一经营者", "records": ["P2", "P1"] }],
        "links": [
            { "key": "phone", "to": "P2", "received": at(-3).day().0, "complaints": 2, "names": 2 },
            { "key": "address", "from": "P2", "to": "P1", "received": at(-40).day().0, "complaints": 3, "names": 1 },
        ],
        "twin": { "number": "P1", "own": false, "likeness_percent": 83, "complaints": 7, "respondents": 6, "persons": 2 },
    });
    let reason = |feature: &str, factor, text: &str, contribution, records: &[&str]| Reason {
        feature: feature.to_owned(),
        factor,
        text: text.to_owned(),
        contribution,
        records: records.iter().map(|record| number(record)).collect(),
    };
    Suspicion {
        schema_hash: "0123456789abcdef".to_owned(),
        vector: vec![2.0, 0.0, 1.0, 0.5],
        model: Some(ModelId::parse("feedfacefeedface").unwrap()),
        log_odds: Some(log_odds),
        score: Some(score),
        band: Band::High,
        reasons: vec![
            reason("simulated_model", Factor::Context, "评分模型由模拟数据训练，仅供参考", 0.0, &[]),
            reason("many", Factor::Repetition, "一年内投诉 2 件", 3.0, &["P2", "P1"]),
            reason("small", Factor::Quantity, "金额很小 <10 元", -0.25, &[]),
        ],
        evidence: serde_json::from_value(whole).unwrap(),
    }
}

fn decision(sequence: i64, suspicion: Suspicion, routing: Option<Routing>) -> Decision {
    let file = FileId { submission: Sequence(9), track: Track::Complaint };
    Decision { file, sequence: Sequence(sequence), suspicion: Some(suspicion), routing, rules: Sequence(2) }
}

fn routing() -> Routing {
    let whole = |unit: &str, open_centiunits, chosen| Candidate {
        unit: UnitId::parse(unit).unwrap(),
        open_centiunits,
        centiofficers: 200,
        assigned_centiunits: open_centiunits * 2,
        month_centiofficers: 175,
        barred: None,
        chosen,
    };
    Routing {
        unit: UnitId::parse("north").unwrap(),
        basis: Basis::LeastLoad,
        candidates: vec![whole("west", 450, false), whole("north", 300, true)],
        centiunits: 200,
        matched: Some("东街街道".to_owned()),
    }
}

/// A command, of the JSON in which it is stored.
fn command(json: &serde_json::Value) -> crate::domain::command::Command {
    let recorded = json!({ "unit": null, "command": json }).to_string();
    crate::stored::from_json::<crate::stored::Recorded>(recorded).unwrap().command
}

fn past() -> HashMap<RegistrationNumber, Past> {
    let other = "本人王小二在万家福超市购买香菇12袋，未标注生产日期，电话13900000002，请退一赔十。";
    let ended = command(&json!({ "outcome": {
        "file": { "number": "P1", "track": "complaint" },
        "outcome": { "ending": { "ended": { "refused": "not_for_consumption" }, "at": { "at": at(-30).0 } },
                     "mark": "suspected", "as_of": at(-20).0 },
    } }));
    let of = |facts: Submission, sequence, standing: Standing| {
        (
            facts.number.clone(),
            Past { received: facts.received, facts, sequence: Sequence(sequence), standing },
        )
    };
    let open = submission("P2", -3, "李小三", "13900000001", "东街面馆", "面里有异物");
    let refused = submission("P1", -40, "王小二", "13900000002", "万家福超市", other);
    let refusal = Standing::from(&life(refused.received.at, &[(at(-19), ended)]));
    HashMap::from([of(refused, 3, refusal), of(open, 5, Standing::from(&life(at(-3), &[])))])
}

/// A complaint's life by these events.
fn life(received: Timestamp, events: &[(Timestamp, Command)]) -> Life {
    let by = |at, sequence| By { sequence: Sequence(sequence), at };
    let events = events.iter().zip(10..).map(|((at, command), sequence)| (by(*at, sequence), command));
    fold(Track::Complaint, received, events).unwrap()
}

fn made(may_see_loads: bool, decisions: usize) -> Sheet {
    let text = "本人张小四于2026-05-18在东街好又多<超市>购买木耳2袋，未标注生产日期，电话139-0000-0001，请退一赔十。";
    let facts = submission("X9", 0, "张小四", "13900000001", "东街好又多超市", text);
    let rules = Bureau::parse(BUREAU).unwrap();
    let term = |feature: &str, value, contribution| Term { feature: feature.to_owned(), value, contribution };
    let recalled = Recalled {
        source: Source::Simulated,
        trained_on: None,
        baseline: -1.5,
        terms: vec![term("many", 2.0, 3.0), term("other", 1.0, 0.5), term("small", 0.5, -0.25)],
    };
    let all = [
        (decision(9, suspicion(0.851_952_801_968_310_6, 1.75), Some(routing())), at(0)),
        (decision(12, suspicion(0.851_952_801_968_310_6, 1.75), None), at(1)),
    ];
    let gathered = Gathered {
        facts: &facts,
        received: facts.received,
        decisions: &all[..decisions],
        sent_under: &rules,
        scored_under: &rules,
        recalled: Some(recalled),
        past: &past(),
        purged: None,
        may_see_loads,
    };
    sheet(&gathered).unwrap()
}

/// The sheet of a complaint with a near-duplicate, of these texts.
fn near_duplicates(ours: &str, theirs: &str) -> Sheet {
    let facts = submission("X9", 0, "张小四", "13900000001", "东街好又多超市", ours);
    let mut past = past();
    past.get_mut(&number("P1")).unwrap().facts =
        submission("P1", -40, "王小二", "13900000002", "万家福超市", theirs);
    beside(&facts, &past)
}

/// The sheet of a complaint beside earlier ones.
fn beside(facts: &Submission, past: &HashMap<RegistrationNumber, Past>) -> Sheet {
    let rules = Bureau::parse(BUREAU).unwrap();
    let all = [(decision(9, suspicion(0.85, 1.75), Some(routing())), at(0))];
    let gathered = Gathered {
        facts,
        received: facts.received,
        decisions: &all,
        sent_under: &rules,
        scored_under: &rules,
        recalled: None,
        past,
        purged: None,
        may_see_loads: false,
    };
    sheet(&gathered).unwrap()
}

/// A text as it is compared: without what nobody sees.
fn shown_of(text: &str) -> String {
    text.replace('\u{200b}', "")
}

/// A page in lines, for people who review a change of it.
fn lines(html: &str) -> String {
    let (_, body) = html.split_once("</head>").unwrap();
    ["<section", "<h2", "<p", "<table", "<tr", "<footer", "</section", "</body"]
        .iter()
        .fold(body.to_owned(), |text, tag| text.replace(tag, &format!("\n{tag}")))
}

#[test]
fn the_page_and_the_json() {
    insta::assert_snapshot!("sheet_html", lines(&made(true, 2).to_html()));
    insta::assert_snapshot!("sheet_json", made(false, 1).to_json().unwrap());
}

#[test]
fn other_peoples_fields_reports_and_withheld_loads_are_on_no_sheet() {
    let sheet = made(false, 2);
    for document in [sheet.to_html(), sheet.to_json().unwrap()] {
        for gone in ["王小二", "李小三", "13900000002", "举报", "无照", "report", "4.50", "450"] {
            assert!(!document.contains(gone), "{gone}");
        }
        // Its own complainant is there, once: in the facts of the file.
        assert!(document.contains("张小四") && document.contains("13900000001"));
        assert!(document.contains("不作为不予受理等决定的依据"));
        // A finding or mark on an earlier complaint is nobody's evidence.
        assert!(!document.contains("suspected") && !document.contains("标注（"));
    }
    assert_eq!(sheet.routing.as_ref().unwrap().candidates, None);
    assert!(made(true, 1).to_html().contains("4.50"));
}

/// The other complaint may be another unit's: of its text nothing is shown that is not in this one's, too.
#[test]
fn of_a_near_duplicate_only_what_both_say_is_shown() {
    let ours = "本人张小四于2026-05-18在东街好又多超市购买木耳2袋，未标注生产日期，请退一赔十。";
    let theirs = "本人王小明的母亲孙桂英住友谊大街12号院3栋2单元501室，微信sunguiying66，QQ 778899，\
        在东街好又多超市购买木耳2袋，未标注生产日期，请退一赔十。车牌蒙B12345";
    let sheet = near_duplicates(ours, theirs);
    for document in [sheet.to_html(), sheet.to_json().unwrap()] {
        for gone in ["孙桂英", "王小明", "12号院", "3栋", "501", "sunguiying", "778899", "蒙B"] {
            assert!(!document.contains(gone), "{gone}: {document}");
        }
        assert!(document.contains("〔不同处〕") && document.contains("未标注生产日期，请退一赔十。"));
    }
    // What the page says of itself is so.
    assert!(!sheet.to_html().contains("均已遮盖"));
    assert!(sheet.to_html().contains("该件独有的文字不予显示"));
}

proptest::proptest! {
    #[test]
    fn nothing_that_only_the_near_duplicate_says_is_shown(ours in "[一-三a-c0-3，\u{200b} ]{0,40}", theirs in "[一-五a-e0-5，\u{200b} ]{0,40}") {
        for run in near_duplicates(&ours, &theirs).near_duplicate.unwrap().runs.into_exposed() {
            match run {
                Run::There(text) => proptest::prop_assert_eq!(text, "〔不同处〕"),
                Run::Both(text) => proptest::prop_assert!(shown_of(&ours).contains(&text), "{}", text),
                Run::Here(_) => {}
            }
        }
    }
}

#[test]
fn a_page_asks_for_nothing_and_escapes_everything() {
    let html = made(true, 2).to_html();
    for outside in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "<超市>", "<10 元"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("&lt;10 元"));
}

#[test]
fn the_sum_can_be_followed() {
    let Scored { baseline, reasons, rest, log_odds, terms, .. } = made(true, 1).score;
    assert_eq!(terms.iter().fold(baseline.unwrap(), |sum, term| sum + term.contribution), log_odds.unwrap());
    let stated: f64 = reasons.iter().filter_map(|reason| reason.contribution).sum();
    assert_eq!(baseline.unwrap() + stated + rest.unwrap().contribution, log_odds.unwrap());
    assert_eq!(reasons[0].contribution, None, "a notice is no part of the sum");
}

#[test]
fn an_end_made_here_stands_against_an_export() {
    let apply = |events: &[serde_json::Value]| {
        let made = |event: &serde_json::Value| (at(2), command(event));
        Standing::from(&life(at(0), &events.iter().map(made).collect::<Vec<_>>()))
    };
    let file = json!({ "number": "P1", "track": "complaint" });
    let handle = |verb| json!({ "handle": { "file": file, "officer": "e1", "token": 1, "verb": verb } });
    let stated = |ended| json!({ "outcome": { "file": file, "outcome": { "ending": { "ended": ended }, "as_of": at(9).0 } } });
    let refuse = handle(json!({ "decide": {
        "ruling": { "refuse": { "ground": "too_late", "reason": "已逾三年" } }, "finding": ["not", "见材料"],
    } }));
    let settled = stated(json!({ "closed": "settled" }));
    let withdraw = json!({ "withdraw": { "number": "P1", "reason": null } });
    let sign = handle(json!("sign_for"));
    assert_eq!(apply(&[]).zh(), "待签收");
    assert_eq!(apply(std::slice::from_ref(&sign)).zh(), "已签收");
    let refused = [sign.clone(), refuse];
    let after =
        |event: &serde_json::Value| apply(&[refused.as_slice(), std::slice::from_ref(event)].concat());
    assert_eq!(after(&settled).zh(), "不予受理（超过三年），2026-05-22");
    let accepted_upstream =
        json!({ "outcome": { "file": file, "outcome": { "taken_up": true, "as_of": at(9).0 } } });
    assert_eq!(apply(std::slice::from_ref(&accepted_upstream)).zh(), "待签收");
    assert_eq!(apply(&[accepted_upstream.clone(), sign.clone()]).zh(), "已受理");
    assert_eq!(apply(&[sign, accepted_upstream.clone()]).zh(), "已受理");
    assert_eq!(after(&accepted_upstream).zh(), "不予受理（超过三年），2026-05-22");
    assert_eq!(apply(&[settled.clone(), stated(json!({ "refused": null }))]).zh(), "不予受理");
    assert_eq!(apply(&[withdraw, settled]).zh(), "已办结（调解成功）；投诉人已撤回");
}

#[test]
fn a_refusal_that_a_review_annulled_is_nobodys_evidence() {
    let file = json!({ "number": "P1", "track": "complaint" });
    let handle = |verb| json!({ "handle": { "file": file, "officer": "e1", "token": 1, "verb": verb } });
    let refuse = handle(json!({ "decide": {
        "ruling": { "refuse": { "ground": "not_for_consumption", "reason": "数量异常" } },
        "finding": ["suspected", "见材料"],
    } }));
    let open = json!({ "open_review": {
        "file": file, "kind": "reconsideration", "authority": "区政府", "received": at(2).day().0,
    } });
    let standing = |outcome: &str, on_merits: bool| {
        let end =
            json!({ "outcome": outcome, "on_merits": on_merits, "decided_itself": true, "undoes_act": true });
        let end = json!({ "end_review": { "file": file, "review": 12, "end": end, "note": null } });
        let events = [handle(json!("sign_for")), refuse.clone(), open.clone(), end];
        let command = |event: &serde_json::Value| (at(2), serde_json::from_value(event.clone()).unwrap());
        Standing::from(&life(at(0), &events.iter().map(command).collect::<Vec<_>>()))
    };
    let stands = "不予受理（不是为生活消费需要，或者不能证明存在消费者权益争议），2026-05-22";
    for outcome in ["discontinued", "upheld", "dismissed"] {
        assert_eq!(standing(outcome, true).zh(), stands, "{outcome}");
    }
    // On the merits nothing is left of it; for want of form it is said as it was, and that it is void.
    assert_eq!(standing("revoked", true).zh(), "原决定已经复议或者诉讼撤销");
    assert_eq!(standing("revoked", true).ground, None);
    assert_eq!(standing("revoked", false).zh(), format!("原决定（{stands}）已经复议或者诉讼撤销"));
    assert_eq!(standing("redo_ordered", true).zh(), "待签收");
}

/// A probability that simulated complaints have made, or marks without one finding, is for nobody outside.
#[test]
fn outside_no_number_comes_without_a_finding() {
    for (source, findings) in [(Source::Simulated, 0), (Source::Bureau, 0), (Source::Bureau, 1)] {
        let mut sheet = made(false, 2);
        sheet.score.model_source = Some(source);
        sheet.score.model_trained_on = Some(TrainedExamples { examples: 900, findings });
        let mut complaint = sheet.complaint.into_exposed();
        complaint.text = Some("请打13900000009，或者加微信 a@b.cn".to_owned());
        complaint.demands.push("退到 6222020012345678901".to_owned());
        sheet.complaint = complaint.into();
        assert!(
            sheet.score.probability.is_some() && sheet.scores.iter().all(|row| row.probability.is_some())
        );
        let outward = sheet.outward();
        let numbers = [outward.score.probability, outward.score.log_odds, outward.score.baseline];
        let is_bare = numbers.iter().all(Option::is_none)
            && outward.score.terms.is_empty()
            && outward.scores.iter().all(|row| row.probability.is_none())
            && outward.score.reasons.iter().all(|reason| reason.contribution.is_none());
        assert_eq!(is_bare, findings == 0);
        let page = outward.to_html();
        assert!(page.contains("对外提供") && page.contains("请打〔号码〕"));
        assert!(["13900000009", "a@b.cn", "6222020012345678901"].iter().all(|number| !page.contains(number)));
    }
}

/// One telephone under two names are two people, and a stranger who uses the same words is one: neither's complaint goes out.
/// That there is something is said, for the sheet would be untrue without it.
#[test]
fn outside_no_complaint_of_another_person_is_shown() {
    let inside = made(false, 1);
    assert!(inside.withheld == Withheld::default() && inside.to_html().contains("P2"));
    let outward = inside.outward();
    let counts = outward.withheld.near_duplicate.as_ref().map(|counts| counts.complaints);
    assert_eq!((outward.withheld.links, outward.withheld.earlier, counts), (2, 2, Some(7)));
    for document in [outward.to_html(), outward.to_json().unwrap()] {
        for gone in ["P1", "P2", "王小二", "李小三", "万家福", "东街面馆", "2026-05-17", "2026-04-10"]
        {
            assert!(!document.contains(gone), "{gone}: {document}");
        }
    }
    let page = outward.to_html();
    for untrue in ["没有与本件共用标识的既往投诉", "没有引用既往投诉", "不属于已知的文本模板"]
    {
        assert!(!page.contains(untrue), "{untrue}");
    }
}

#[test]
fn outside_the_complainants_own_complaints_stay_without_other_operators() {
    let facts =
        submission("X9", 0, "张小四", "13900000001", "东街好又多超市", "未标注生产日期，请退一赔十。");
    let made = |name: serde_json::Value, phone: &str, resident_id: Option<&str>| {
        let mut past = past();
        let mut own =
            serde_json::to_value(submission("P2", -3, "某人", phone, "东街面馆", "面里有异物")).unwrap();
        own["complainant"]["name"] = name;
        own["complainant"]["resident_id"] = json!(resident_id);
        past.get_mut(&number("P2")).unwrap().facts = serde_json::from_value(own).unwrap();
        let page = beside(&facts, &past).outward().to_html();
        assert!(!page.contains("东街面馆") && !page.contains("P1"));
        page.contains("P2")
    };
    assert!(made(json!("张 小四"), "13900000001", None));
    assert!(made(json!("张小四"), "13900000009", None), "the name and the address");
    assert!(made(json!(null), "13900000001", None), "no name, the same telephone");
    assert!(!made(json!(null), "13900000009", None));
    assert!(!made(json!("张小五"), "13900000001", None));
}
