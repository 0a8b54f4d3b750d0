//! The reconsideration file (应诉卷): whole, numbered, the same when made again; for the applicant without third parties.

use rstest::rstest;
use serde_json::{Value, json};
use triage::domain::act::{
    FileAct, Notice, NoticeMeans, NoticeSubject, Party, Verification, VerificationAnswer, VerificationSubject,
};
use triage::domain::command::{Command, FileRef, Outcome, Ruling, Verb};
use triage::domain::deadline::ReviewEnd;
use triage::domain::handling::{
    Disposition, Finding, NotFiledBasis, RefusalGround, ReviewKind, ReviewOutcome, StepKind,
    TerminationGround,
};
use triage::domain::ids::{Sequence, Track};
use triage::domain::text::{Line, Story};
use triage::dossier::{Dossier, Reader};
use triage::service::Failure;

use crate::queues::{DAY, EAST, Hall, WEST, named, step};
use crate::support::world::{LATEST, intake, reception, unit, why};
use crate::support::{Backend, MONDAY};

const PHONE: &str = "13900000009";
const CODE: &str = "92150203MA7CPAWX8Y";

async fn complaint(hall: &Hall, number: &str, at: i64) -> FileRef {
    let whole: Value = json!({
        "number": number, "received": { "at": MONDAY.0 - 86_400_000_000 + at, "date_only": false },
        "complainant": { "name": "民九", "phone": PHONE, "resident_id": "110101199001011237" },
        "respondent": { "name": format!("东街{at}号店"), "premises": "东街街道一号" },
        "complaint": {
            "text": format!("购买的食品标签不符，要求退一赔十，电话{PHONE}"), "object_category": "商品->食品", "quantity": 1,
            "attachments": [{ "name": "小票.jpg", "media_type": "image/jpeg", "size_bytes": 1024, "sha256": "ab".repeat(32) }],
        },
    });
    hall.must(intake(), Command::Submit(serde_json::from_value(whole).unwrap())).await;
    named(number, Track::Complaint)
}

fn refuse() -> Verb {
    let reason = why(&format!("投诉人经两次核验未提供小票，来电号码{PHONE}；与李四的投诉内容相同"));
    let ruling = Ruling::Refuse { ground: RefusalGround::NotForConsumption, reason };
    Verb::Decide {
        ruling,
        finding: Some((Finding::Suspected, why("短期内多次投诉"))),
        on: None,
        approved_by: None,
    }
}

fn verified(hall: &Hall) -> Verb {
    let one = Verification {
        subject: VerificationSubject::Purchase,
        asked: Line::parse("购物小票").unwrap(),
        means: NoticeMeans::Phone,
        answer: VerificationAnswer::Declined,
        note: None,
    };
    Verb::Record { on: hall.world.clock.now().day(), act: FileAct::Verified(one) }
}

fn notice(hall: &Hall) -> Verb {
    let notice = Notice {
        subject: NoticeSubject::Refusal,
        to: Party::Sender,
        means: NoticeMeans::Letter,
        proof: Line::parse("挂号信第66号").unwrap(),
        note: None,
        text: None,
    };
    Verb::Record { on: hall.world.clock.now().day(), act: FileAct::Notice(notice) }
}

/// Six complaints of one person; the last but one is refused, and so is the last, after skip, step and verification.
async fn history(hall: &Hall) -> Vec<FileRef> {
    let mut files = Vec::new();
    for at in 0..6 {
        files.push(complaint(hall, &format!("DS{at}"), at).await);
        if at == 4 {
            hall.lead(&files[4], vec![Verb::SignFor, verified(hall), refuse()]).await;
        }
    }
    let last = &files[5];
    let visit = step(StepKind::SiteVisit, hall.world.clock.now());
    let token = hall.lead(last, vec![Verb::SignFor, visit, verified(hall), refuse()]).await;
    hall.world.wait(DAY);
    hall.verb(last, token, notice(hall)).await.unwrap();
    files
}

async fn review(hall: &Hall, file: &FileRef) -> Sequence {
    let open = Command::OpenReview {
        file: file.clone(),
        kind: ReviewKind::Reconsideration,
        authority: Line::parse("昆都仑区人民政府").unwrap(),
        received: hall.world.clock.now().day(),
        against: LATEST,
    };
    let Outcome::Noted { sequence } = hall.must(reception(), open).await else { panic!("noted") };
    sequence
}

fn names_of(dossier: &Dossier) -> Vec<String> {
    dossier.evidence.expose().iter().map(|item| item.name.clone()).collect()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_dossier_holds_what_was_done_and_is_the_same_again(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let files = history(&hall).await;
    let last = files.last().unwrap();
    review(&hall, last).await;
    // The earlier refusal falls: what is stated of it now is not what was stated then.
    let first = review(&hall, &files[4]).await;
    let end = ReviewEnd { decided_itself: true, ..ReviewEnd::of(ReviewOutcome::Revoked) };
    hall.must(reception(), Command::EndReview { file: files[4].clone(), review: first, end, note: None })
        .await;
    let make = async |reader| hall.world.service.dossier(&unit(EAST), last, reader).await.unwrap();
    let made = make(Reader::Bureau).await;
    let titles: Vec<&str> = made.timeline.expose().iter().map(|entry| entry.title.as_str()).collect();
    for part in ["登记", "签收", "办理：现场检查", "核验消费事实和凭证", "不予受理", "告知投诉人", "行政复议"]
    {
        assert!(titles.iter().any(|title| title.contains(part)), "{part} in {titles:?}");
    }
    let [decided] = made.decisions.expose().as_slice() else { panic!("one decision") };
    assert!(decided.reason.as_ref().unwrap().contains("李四") && decided.finding.is_some());
    let [given] = made.notices.expose().as_slice() else { panic!("one notice") };
    assert_eq!((given.proof.as_str(), given.subject), ("挂号信第66号", "不予受理"));
    assert!(made.terms.iter().any(|term| term.article.contains("第十五条")
        && term.result.contains("决定不予受理：")
        && term.result.contains("按期")));
    assert!(
        made.articles
            .iter()
            .any(|quoted| quoted.article.ends_with("第十六条") && quoted.text.contains("不是为生活消费需要"))
    );
    let fallen = made.linked.iter().find(|one| one.number == files[4].number).expect("the earlier one");
    assert!(fallen.then.starts_with("不予受理"), "{fallen:?}");
    assert!(fallen.now.contains("撤销"), "{fallen:?}");
    let names: Vec<&str> = made.evidence.expose().iter().map(|item| item.name.as_str()).collect();
    for part in ["附件：小票.jpg", "核验记录：消费事实和凭证", "告知凭证：挂号信第66号", "研判参考材料"]
    {
        assert!(names.iter().any(|name| name.contains(part)), "{part} in {names:?}");
    }
    assert!(made.reviews[0].value.contains("昆都仑区人民政府"));
    // By what is printed it can be held against the trail, and the trail against it.
    let link = made.audit.clone().expect("the row of the last event");
    let row = "SELECT number, hash FROM audit WHERE sequence = (SELECT MAX(sequence) FROM event)";
    let hash = link.hash.unwrap();
    assert_eq!(
        crate::support::rows::rows(&hall.world.config, row).await,
        [format!("{} | {hash}", link.number)]
    );
    assert!(made.to_html().contains(&format!("编号 {}，哈希 {}", link.number, &hash[..32])));
    // Made again, on whatever day: the same bytes.
    hall.world.wait(3 * DAY);
    let again = make(Reader::Bureau).await;
    assert_eq!((made.to_html(), made.to_json().unwrap()), (again.to_html(), again.to_json().unwrap()));
    for reader in [Reader::Sender, Reader::Others] {
        let outward = make(reader).await;
        assert_eq!(outward.to_html(), make(reader).await.to_html());
        // What the bureau files and what the applicant reads are one list.
        assert_eq!(names_of(&outward), names_of(&made));
    }
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_applicant_reads_nothing_of_third_parties_and_no_notes(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let files = history(&hall).await;
    let last = files.last().unwrap();
    let made = hall.world.service.dossier(&reception(), last, Reader::Sender).await.unwrap();
    let text = made.to_json().unwrap();
    for hidden in [PHONE, "110101199001011237", "办理：现场检查", "短期内多次投诉", "决定前提示", "东街4号店"]
    {
        assert!(!text.contains(hidden), "{hidden}");
    }
    for kept in ["挂号信第66号", "核验消费事实和凭证", "第十六条", "东街5号店"] {
        assert!(text.contains(kept), "{kept}");
    }
    let received = &made.facts.expose().iter().find(|fact| fact.name == "接收时间").unwrap().value;
    assert!(received.starts_with("2026-") && received.contains(':'), "{received}");
    assert!(made.reader == Reader::Sender && made.to_html().contains("申请人查阅，仅供投诉人本人"));
    // Another unit, and intake, get none; the look is recorded.
    let other = hall.world.service.dossier(&unit(WEST), last, Reader::Bureau).await;
    assert!(matches!(other, Err(Failure::Refused(refusal)) if refusal.reason() == "NOT_FOUND"));
    assert!(matches!(
        hall.world.service.dossier(&intake(), last, Reader::Bureau).await,
        Err(Failure::Denied)
    ));
    let looks = "SELECT COUNT(*) FROM audit WHERE action = 'get_dossier' AND submission IS NOT NULL";
    assert_eq!(crate::support::rows::rows(&hall.world.config, looks).await, ["1"]);
    hall.world.close().await;
}

fn decide(ruling: Ruling) -> Verb {
    let finding =
        (ruling.track() == Some(Track::Complaint)).then(|| (Finding::NotSuspected, why("个人购买，有小票")));
    Verb::Decide { ruling, finding, on: None, approved_by: None }
}

/// A report of food, which is not filed.
async fn report(hall: &Hall, number: &str) -> FileRef {
    let whole: Value = json!({
        "number": number, "received": { "at": MONDAY.0, "date_only": true },
        "complainant": { "name": "张三丰", "phone": PHONE },
        "respondent": { "name": "东街蛋糕房", "premises": "东街街道一号", "credit_code": CODE },
        "report": { "text": "蛋糕有异物，举报人张三丰", "object_category": "商品->食品" },
    });
    hall.must(intake(), Command::Submit(serde_json::from_value(whole).unwrap())).await;
    named(number, Track::Report)
}

/// The paper that goes out says of a check and of a mediation what somebody recorded, and that nobody recorded one.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn nothing_is_certified_that_nobody_recorded(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let make =
        async |file: &FileRef, reader| hall.world.service.dossier(&reception(), file, reader).await.unwrap();
    let bare = report(&hall, "DR1").await;
    let not_filed = || decide(Ruling::NotFile { reason: why("查无实据"), basis: None });
    hall.lead(&bare, vec![Verb::SignFor, not_filed()]).await;
    let checked = report(&hall, "DR2").await;
    let basis = Some(NotFiledBasis::ConditionsNotMet);
    let visit = step(StepKind::SiteVisit, hall.world.clock.now());
    let on_the_facts = decide(Ruling::NotFile { reason: why("查无实据"), basis });
    hall.lead(&checked, vec![Verb::SignFor, visit, on_the_facts]).await;
    let mediated = complaint(&hall, "DC1", 7).await;
    let ended = Verb::Close {
        disposition: Disposition::MediationEnded,
        termination: Some(TerminationGround::NoAgreement),
        ground: None,
        on: None,
        recovered: None,
        note: None,
    };
    hall.lead(&mediated, vec![Verb::SignFor, decide(Ruling::Accept), ended]).await;
    for reader in [Reader::Bureau, Reader::Sender, Reader::Others] {
        let result = |made: &Dossier, duty: &str| {
            made.terms.iter().find(|term| term.duty == duty).expect("a term").result.clone()
        };
        let made = make(&bare, reader).await;
        let html = made.to_html();
        let verify = result(&made, "核查");
        assert!(verify.starts_with("决定不予立案：") && verify.ends_with("按期；核查：无记录"), "{verify}");
        assert!(html.contains("第十八条、依据第十九条或者第二十条，登记未载明"), "{html}");
        // What has no last day cannot be unexpired.
        let stated = made.terms.iter().find(|term| term.duty == "告知举报人").expect("a term");
        assert_eq!(stated.until, "法律未规定日数");
        assert!(
            stated.result.starts_with("应当及时告知；截至") && stated.result.ends_with("尚未告知"),
            "{stated:?}"
        );
        // What is cited is listed, and nobody has approved anything.
        for article in [
            "《市场监督管理行政处罚程序规定》第十八条",
            "《市场监督管理行政处罚程序规定》第十九条",
            "《食品安全法》第一百一十五条",
        ] {
            assert!(
                made.articles.iter().any(|one| one.article == article),
                "{article} in {:?}",
                made.articles
            );
        }
        let text = |article: &str| {
            made.articles.iter().find(|one| one.article.ends_with(article)).unwrap().text.clone()
        };
        let [compared, not] = ["程序规定》第十八条", "程序规定》第十九条"].map(text);
        assert!(compared.contains("期限已与下列文本核对"), "{compared}");
        assert!(not.ends_with("条号未与现行文本核对。"), "{not}");
        assert!(
            names_of(&made).contains(&"决定记录（承办人员登记）".to_owned()) && !html.contains("审批"),
            "{html}"
        );
        assert!(made.evidence.expose()[0].shows.contains("线索和事实依据"));
        let made = make(&checked, reader).await;
        assert!(result(&made, "核查").contains("核查：现场检查（"), "{:?}", made.terms);
        assert!(made.to_html().contains("第十八条、第十九条）"));
        assert!(names_of(&made).contains(&"办理记录：现场检查".to_owned()));
        let made = make(&mediated, reader).await;
        let mediate = result(&made, "调解");
        assert!(mediate.starts_with("终止调解：") && mediate.ends_with("组织调解：无记录"), "{mediate}");
        assert_eq!(made.decisions.expose()[1].records.as_deref(), Some("组织调解：无记录"));
        let sent = made.timeline.expose()[0].text.clone().expect("how it came to its unit");
        assert!(sent.contains("收到时间") && sent.contains("分送") && sent.contains("第四十一条"), "{sent}");
        assert!(!names_of(&made).iter().any(|name| name.contains("研判")), "no score beside another ground");
    }
    hall.world.close().await;
}

/// Who has sent a report reads what was sent; anybody else does not read who that was.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn only_the_sender_reads_who_has_sent_it(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let file = report(&hall, "DR3").await;
    let reason = why("经核查张三丰所述蛋糕未发现异物");
    hall.lead(&file, vec![Verb::SignFor, decide(Ruling::NotFile { reason, basis: None })]).await;
    let make = async |reader| hall.world.service.dossier(&reception(), &file, reader).await.unwrap();
    let others = make(Reader::Others).await;
    for text in [others.to_html(), others.to_json().unwrap()] {
        assert!(!text.contains("张三丰") && !text.contains("蛋糕有异物"), "{text}");
        assert!(text.contains("东街蛋糕房") && text.contains("未发现异物"));
    }
    let own = make(Reader::Sender).await.to_html();
    assert!(own.contains("张三丰") && own.contains("蛋糕有异物") && own.contains("仅供举报人本人"));
    assert!(!own.contains(PHONE));
    // No person's number: the operator's code, and when it was received.
    assert!(own.contains(CODE), "{own}");
    hall.world.close().await;
}

/// What was stated is proved by the text that was kept; without it, that is said.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_notice_is_evidence_of_what_its_text_says(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let file = complaint(&hall, "DN1", 8).await;
    let reason = why("经核验未提供小票");
    let ruling = Ruling::Refuse { ground: RefusalGround::NotForConsumption, reason };
    let token = hall.lead(&file, vec![Verb::SignFor, verified(&hall), decide(ruling)]).await;
    let token = hall.verb(&file, token, notice(&hall)).await.unwrap();
    let make = async |reader| hall.world.service.dossier(&unit(EAST), &file, reader).await.unwrap();
    let made = make(Reader::Bureau).await;
    assert!(made.notices.expose()[0].stated.iter().all(|fact| fact.value == "未留存正文，不能证明"));
    let drafts = hall.world.service.file(&unit(EAST), &file).await.unwrap().drafts;
    assert!(drafts.is_empty(), "stated already");
    let Verb::Record { on, act: FileAct::Notice(plain) } = notice(&hall) else { panic!("a notice") };
    let text = format!(
        "投诉不予受理告知书\n\n民九：\n经核验未提供小票。可以依照《消费者权益保护法》第三十九条解决。可以自收到之日起六十日内申请行政复议，六个月内提起行政诉讼。电话{PHONE}"
    );
    let kept = Notice { text: Some(Story::parse(&text).unwrap()), ..plain };
    hall.verb(&file, token, Verb::Record { on, act: FileAct::Notice(kept) }).await.unwrap();
    for reader in [Reader::Bureau, Reader::Sender, Reader::Others] {
        let made = make(reader).await;
        let [_, second] = made.notices.expose().as_slice() else { panic!("two notices") };
        assert!(second.stated.iter().all(|fact| fact.value == "正文载明"), "{:?}", second.stated);
        let (shown, digest) = second.text.as_ref().unwrap();
        assert_eq!(shown.contains(PHONE), reader == Reader::Bureau);
        let names = names_of(&made);
        for name in ["告知书正文：不予受理", "告知理由", "告知其他途径", "告知复议诉讼权利和期限"]
        {
            assert_eq!(names.iter().filter(|one| *one == name).count(), 1, "{name} in {names:?}");
        }
        assert!(made.evidence.expose().iter().any(|item| item.digest.as_ref() == Some(digest)));
    }
    hall.world.close().await;
}
