//! The reconsideration file (应诉卷): whole, numbered, the same when made again; for the applicant without third parties.

use rstest::rstest;
use serde_json::{Value, json};
use triage::domain::act::{
    FileAct, Notice, NoticeMeans, NoticeSubject, Party, Verification, VerificationAnswer, VerificationSubject,
};
use triage::domain::command::{Command, FileRef, Outcome, Ruling, Verb};
use triage::domain::deadline::ReviewEnd;
use triage::domain::handling::{Finding, RefusalGround, ReviewKind, ReviewOutcome, StepKind};
use triage::domain::ids::{Sequence, Track};
use triage::domain::text::Line;
use triage::service::Failure;

use crate::queues::{DAY, EAST, Hall, WEST, named, step};
use crate::support::world::{LATEST, intake, reception, unit, why};
use crate::support::{Backend, MONDAY};

const PHONE: &str = "13900000009";

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

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_dossier_holds_what_was_done_and_is_the_same_again(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let files = history(&hall).await;
    let last = files.last().unwrap();
    review(&hall, last).await;
    // The earlier refusal falls: what is told of it now is not what was told then.
    let first = review(&hall, &files[4]).await;
    let end = ReviewEnd { decided_itself: true, ..ReviewEnd::of(ReviewOutcome::Revoked) };
    hall.must(reception(), Command::EndReview { file: files[4].clone(), review: first, end, note: None })
        .await;
    let make = async |outward| hall.world.service.dossier(&unit(EAST), last, outward).await.unwrap();
    let made = make(false).await;
    let titles: Vec<&str> = made.timeline.expose().iter().map(|entry| entry.title.as_str()).collect();
    for part in ["登记", "签收", "办理：现场检查", "核验消费事实和凭证", "不予受理", "告知投诉人", "行政复议"]
    {
        assert!(titles.iter().any(|title| title.contains(part)), "{part} in {titles:?}");
    }
    let [decided] = made.decisions.expose().as_slice() else { panic!("one decision") };
    assert!(decided.reason.as_ref().unwrap().contains("李四") && decided.finding.is_some());
    let [given] = made.notices.expose().as_slice() else { panic!("one notice") };
    assert_eq!((given.proof.as_str(), given.subject), ("挂号信第66号", "不予受理"));
    assert!(
        made.terms.iter().any(|term| term.article.contains("第十五条") && term.result.contains("按期履行"))
    );
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
    // Made again, on whatever day: the same bytes.
    hall.world.wait(3 * DAY);
    let again = make(false).await;
    assert_eq!((made.to_html(), made.to_json().unwrap()), (again.to_html(), again.to_json().unwrap()));
    assert_eq!(make(true).await.to_html(), make(true).await.to_html());
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
    let made = hall.world.service.dossier(&reception(), last, true).await.unwrap();
    let text = made.to_json().unwrap();
    for hidden in [
        PHONE,
        "110101199001011237",
        "办理：现场检查",
        "短期内多次投诉",
        "研判参考材料",
        "决定前提示",
        "东街4号店",
    ] {
        assert!(!text.contains(hidden), "{hidden}");
    }
    for kept in ["挂号信第66号", "核验消费事实和凭证", "第十六条", "东街5号店"] {
        assert!(text.contains(kept), "{kept}");
    }
    assert!(made.outward && made.to_html().contains("申请人查阅"));
    // Another unit, and intake, get none; the look is recorded.
    let other = hall.world.service.dossier(&unit(WEST), last, false).await;
    assert!(matches!(other, Err(Failure::Refused(refusal)) if refusal.reason() == "NOT_FOUND"));
    assert!(matches!(hall.world.service.dossier(&intake(), last, false).await, Err(Failure::Denied)));
    let looks = "SELECT COUNT(*) FROM audit WHERE action = 'get_dossier' AND submission IS NOT NULL";
    assert_eq!(crate::support::rows::rows(&hall.world.config, looks).await, ["1"]);
    hall.world.close().await;
}
