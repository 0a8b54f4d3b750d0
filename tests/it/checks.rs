//! The check before a decision (决定前体检): what is warned of, and what is kept of a warning that was decided against.

use rstest::rstest;
use serde_json::{Value, json};
use triage::domain::act::{
    FileAct, NoticeMeans, NoticeSubject, Party, Verification, VerificationAnswer, VerificationSubject,
};
use triage::domain::check::{Warning, WarningKind};
use triage::domain::command::{Command, FileRef, Handling, Outcome, Ruling, Verb};
use triage::domain::deadline::ReviewEnd;
use triage::domain::handling::{
    Disposition, Finding, OtherMatter, RefusalGround, ReviewKind, ReviewOutcome, StepKind,
};
use triage::domain::ids::{Sequence, Track};
use triage::domain::text::Line;
use triage::service::Failure;

use crate::queues::{EAST, Hall, fields, named, step};
use crate::support::world::{LATEST, intake, officer, reception, unit, why};
use crate::support::{Backend, MONDAY, rows};

use RefusalGround::{
    HandledElsewhere, IdentityRefused, MaterialMissing, NotForConsumption, NotOurDuty, OtherByLaw, TooLate,
};
use VerificationAnswer::{Awaited, Declined, Given, Insufficient, Lapsed, Unreached};
use VerificationSubject::{Authority, Dispute, Identity, Purchase};
use WarningKind::{FindingDiffers, Late, NoFact, NotAnswered, NotAsked, NotVerified, WithinThreeYears};

/// A file that is about to be decided, and what is to be said of it.
struct Row {
    track: Track,
    days_ago: i64,
    occurred: Option<&'static str>,
    quantity: i64,
    done: Vec<Verb>,
    verb: Verb,
    expected: Vec<WarningKind>,
}

fn row(verb: Verb, expected: &[WarningKind]) -> Row {
    let (done, expected) = (Vec::new(), expected.to_vec());
    Row { track: Track::Complaint, days_ago: 0, occurred: None, quantity: 1, done, verb, expected }
}

impl Row {
    fn report(self) -> Self {
        Self { track: Track::Report, ..self }
    }

    fn received(self, days_ago: i64) -> Self {
        Self { days_ago, ..self }
    }

    fn occurred(self, day: &'static str) -> Self {
        Self { occurred: Some(day), ..self }
    }

    fn pieces(self, quantity: i64) -> Self {
        Self { quantity, ..self }
    }

    fn after(mut self, done: Verb) -> Self {
        self.done.push(done);
        self
    }

    fn asked(self, subject: VerificationSubject, answers: &[VerificationAnswer]) -> Self {
        answers.iter().fold(self, |row, answer| row.after(asked(subject, *answer)))
    }
}

fn asked(subject: VerificationSubject, answer: VerificationAnswer) -> Verb {
    let asked = Line::parse("六月一日的购物小票").unwrap();
    let one =
        Verification {
            subject, asked, means: NoticeMeans::Phone, answer, note: Some(why("通话记录第12号"))
        };
    Verb::Record { on: MONDAY.day(), act: FileAct::Verified(one) }
}

fn decide(ruling: Ruling, finding: Option<Finding>) -> Verb {
    Verb::Decide {
        ruling,
        finding: finding.map(|finding| (finding, why("见核验记录"))),
        on: None,
        approved_by: None,
    }
}

fn refuse(ground: RefusalGround) -> Verb {
    decide(Ruling::Refuse { ground, reason: why("经核实不能证明") }, Some(Finding::Suspected))
}

fn accept() -> Verb {
    decide(Ruling::Accept, Some(Finding::NotSuspected))
}

fn file() -> Verb {
    decide(Ruling::File, None)
}

fn not_file() -> Verb {
    decide(Ruling::NotFile { reason: why("查无实据"), basis: None }, None)
}

fn found_later() -> Verb {
    Verb::Close {
        disposition: Disposition::GroundFoundLater,
        termination: None,
        ground: Some(NotForConsumption),
        on: None,
        recovered: None,
        note: Some(why("调解中发现用于转售")),
    }
}

fn visit() -> Verb {
    step(StepKind::SiteVisit, MONDAY)
}

/// Decisions that nothing speaks against.
fn right() -> Vec<Row> {
    let elsewhere = || Ruling::OtherChannel { matter: OtherMatter::Consultation, reason: why("系咨询") };
    let settled = Verb::Close {
        disposition: Disposition::Settled,
        termination: None,
        ground: None,
        on: None,
        recovered: None,
        note: None,
    };
    let contradicted =
        decide(Ruling::Refuse { ground: NotOurDuty, reason: why("属劳动争议") }, Some(Finding::NotSuspected));
    vec![
        row(accept(), &[]),
        row(accept(), &[]).received(1),
        row(accept(), &[]).received(5),
        row(accept(), &[]).pieces(400),
        row(refuse(NotOurDuty), &[]),
        row(contradicted, &[]),
        row(refuse(HandledElsewhere), &[]).received(3),
        row(refuse(OtherByLaw), &[]),
        row(refuse(TooLate), &[]),
        row(refuse(TooLate), &[]).occurred("2022-05-01"),
        row(refuse(TooLate), &[]).occurred("2023-05-31"),
        row(refuse(NotForConsumption), &[]).asked(Purchase, &[Insufficient]),
        row(refuse(NotForConsumption), &[]).asked(Purchase, &[Declined]),
        row(refuse(NotForConsumption), &[]).asked(Purchase, &[Awaited, Lapsed]),
        row(refuse(NotForConsumption), &[]).asked(Purchase, &[Unreached, Unreached, Unreached]),
        row(refuse(NotForConsumption), &[]).asked(Dispute, &[Declined]),
        row(refuse(NotForConsumption), &[]).pieces(400),
        row(refuse(NotForConsumption), &[]).pieces(600).asked(Purchase, &[Declined]),
        row(refuse(MaterialMissing), &[]).asked(Identity, &[Lapsed]),
        row(refuse(MaterialMissing), &[]).asked(Authority, &[Declined]),
        row(refuse(MaterialMissing), &[]).asked(Purchase, &[Insufficient]),
        row(refuse(IdentityRefused), &[]).asked(Identity, &[Declined]),
        row(refuse(IdentityRefused), &[]).asked(Identity, &[Unreached, Unreached, Unreached]),
        row(decide(elsewhere(), None), &[]),
        row(settled, &[]).after(accept()),
        row(found_later(), &[]).after(accept()).asked(Purchase, &[Insufficient]),
        row(file(), &[]).report().after(visit()),
        row(not_file(), &[]).report().after(visit()).received(10),
        row(not_file(), &[]).report().asked(Dispute, &[Given]),
        row(decide(elsewhere(), None), &[]).report(),
    ]
}

/// Decisions that something speaks against.
fn wrong() -> Vec<Row> {
    let cleared = decide(
        Ruling::Refuse { ground: NotForConsumption, reason: why("经核实不能证明") },
        Some(Finding::NotSuspected),
    );
    vec![
        row(accept(), &[Late]).received(12),
        row(accept(), &[Late]).received(14),
        row(refuse(NotOurDuty), &[Late]).received(20),
        row(file(), &[Late]).report().after(visit()).received(30),
        row(not_file(), &[NotVerified]).report(),
        row(file(), &[NotVerified]).report(),
        row(file(), &[Late, NotVerified]).report().received(40),
        row(refuse(NotForConsumption), &[NoFact, NotAsked]),
        row(refuse(NotForConsumption), &[NoFact, NotAnswered]).asked(Purchase, &[Awaited]),
        row(refuse(NotForConsumption), &[NoFact, NotAnswered]).asked(Purchase, &[Unreached]),
        row(refuse(NotForConsumption), &[NoFact, NotAnswered]).asked(Purchase, &[Unreached, Unreached]),
        row(refuse(NotForConsumption), &[WarningKind::Given]).asked(Purchase, &[Given]),
        row(refuse(NotForConsumption), &[WarningKind::Given]).asked(Purchase, &[Insufficient, Given]),
        row(refuse(NotForConsumption), &[NoFact, NotAsked]).asked(Identity, &[Declined]),
        row(refuse(NotForConsumption), &[NoFact, NotAsked]).asked(Authority, &[Declined]),
        row(cleared.clone(), &[FindingDiffers]).asked(Purchase, &[Declined]),
        row(cleared, &[NoFact, NotAsked, FindingDiffers]),
        row(refuse(NotForConsumption), &[NotAnswered]).pieces(400).asked(Purchase, &[Awaited]),
        row(refuse(NotForConsumption), &[WarningKind::Given]).pieces(400).asked(Purchase, &[Given]),
        row(refuse(NotForConsumption), &[Late, NoFact, NotAsked]).received(15),
        row(refuse(TooLate), &[WithinThreeYears]).occurred("2023-06-01"),
        row(refuse(TooLate), &[WithinThreeYears]).occurred("2026-05-01"),
        row(refuse(TooLate), &[WithinThreeYears]).occurred("2024-02-29"),
        row(refuse(MaterialMissing), &[NotAsked]),
        row(refuse(MaterialMissing), &[NotAnswered]).asked(Identity, &[Awaited]),
        row(refuse(MaterialMissing), &[WarningKind::Given]).asked(Purchase, &[Given]),
        row(refuse(IdentityRefused), &[NotAsked]).asked(Purchase, &[Declined]),
        row(refuse(IdentityRefused), &[NotAnswered]).asked(Identity, &[Unreached, Unreached]),
        row(refuse(IdentityRefused), &[WarningKind::Given]).asked(Identity, &[Given]),
        row(found_later(), &[NoFact, NotAsked]).after(accept()),
    ]
}

/// Files it, each against an operator and of a person of its own, and does what was done before the decision.
async fn prepared(hall: &Hall, at: usize, row: &Row) -> (FileRef, Sequence) {
    let number = format!("CK{at:02}");
    let received = MONDAY.0 - row.days_ago * 86_400_000_000;
    // Many pieces are bought by whoever asks for more than the loss.
    let pieces = row.quantity;
    let text = if pieces > 1 {
        format!("购买{pieces}袋，预包装食品未标注生产日期，不符合GB 7718，要求退一赔十")
    } else {
        format!("{number}有异物")
    };
    let mut part = json!({ "text": text, "object_category": "商品->食品", "quantity": pieces });
    if let Some(day) = row.occurred {
        part["occurred"] = json!({ "at": crate::queues::day(day).start().0, "date_only": true });
    }
    let mut whole: Value = json!({
        "number": number, "received": { "at": received, "date_only": false },
        "complainant": { "name": format!("民{at}"), "phone": format!("138{at:08}") },
        "respondent": { "name": format!("东街{at}号店"), "premises": "东街街道一号" },
    });
    whole[row.track.word()] = part;
    hall.must(intake(), Command::Submit(serde_json::from_value(whole).unwrap())).await;
    let file = named(&number, row.track);
    let mut verbs = vec![Verb::SignFor];
    verbs.extend(row.done.iter().cloned());
    let token = hall.lead(&file, verbs).await;
    (file, token)
}

fn kinds(warnings: &[Warning]) -> Vec<WarningKind> {
    warnings.iter().map(|warning| warning.kind).collect()
}

fn by_e1(file: &FileRef, token: Sequence, verb: &Verb) -> Handling {
    Handling { file: file.clone(), officer: officer("e1"), token, verb: verb.clone() }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn sixty_decisions_are_checked_before_they_are_made(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let (right, wrong) = (right(), wrong());
    assert_eq!((right.len(), wrong.len()), (30, 30));
    let mut kept = 0;
    for (at, row) in right.iter().chain(&wrong).enumerate() {
        let (file, token) = prepared(&hall, at, row).await;
        let handling = by_e1(&file, token, &row.verb);
        let before = rows::rows(&hall.world.config, "SELECT COUNT(*) FROM event").await;
        let check = hall.world.service.check(&unit(EAST), &handling).await.unwrap();
        assert_eq!(check.objections, [], "row {at}");
        assert_eq!(kinds(&check.warnings), row.expected, "row {at}");
        assert_eq!(
            rows::rows(&hall.world.config, "SELECT COUNT(*) FROM event").await,
            before,
            "nothing changes"
        );
        // What was warned of goes with the answer, into the file and into the trail.
        let made = hall.must(unit(EAST), Command::Handle(handling)).await;
        let Outcome::Handled { warnings, .. } = made else { panic!("{made:?}") };
        assert_eq!(warnings, check.warnings, "row {at}");
        let seen = hall.world.service.file(&unit(EAST), &file).await.unwrap();
        assert_eq!(seen.acts.last().unwrap().warnings, check.warnings, "row {at}");
        kept += row.expected.len();
    }
    let trail = "SELECT COUNT(*) FROM audit WHERE action LIKE 'refused_%' OR action LIKE 'decided_%'";
    assert_eq!(rows::rows(&hall.world.config, trail).await, [kept.to_string()]);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_check_says_what_would_be_refused_and_who_is_to_be_told(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let one = row(accept(), &[]).received(3);
    let (file, token) = prepared(&hall, 1, &one).await;
    let check =
        async |verb: &Verb| hall.world.service.check(&unit(EAST), &by_e1(&file, token, verb)).await.unwrap();
    // As Decide refuses it: a score as the reason, a ruling of the other track, an end before the decision.
    let scored = decide(
        Ruling::Refuse { ground: NotForConsumption, reason: why("系统提示高风险") },
        Some(Finding::Suspected),
    );
    let by_score = Verb::Decide {
        ruling: Ruling::Accept,
        finding: Some((Finding::Suspected, why("疑似等级高"))),
        on: None,
        approved_by: None,
    };
    for (verb, field) in [
        (scored, "refused.reason"),
        (by_score, "finding_reason"),
        (not_file(), "file"),
        (found_later(), "file"),
        (Verb::Decide { ruling: Ruling::Accept, finding: None, on: None, approved_by: None }, "finding"),
    ] {
        let found = check(&verb).await.objections;
        assert_eq!(found.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), [field]);
        let refused = hall.verb(&file, token, verb).await;
        match refused {
            Err(Failure::Refused(triage::domain::refusal::Refusal::Invalid(_))) => {
                assert_eq!(fields(refused), [field]);
            }
            other => drop(other.unwrap_err()),
        }
    }
    // The term, and what the notice has to say.
    let seen = check(&refuse(NotForConsumption)).await;
    assert_eq!(seen.working_days_left, Some(6), "seven working days from a Friday");
    let [notice] = seen.to_tell.as_slice() else { panic!("{:?}", seen.to_tell) };
    assert_eq!((notice.subject, notice.to), (NoticeSubject::Refusal, Party::Sender));
    assert!(notice.article.contains("第十五条") && notice.remedies.len() == 2, "{notice:?}");
    assert!(notice.remedies[1].contains("六十日") && notice.remedies[0].contains("仲裁"), "{notice:?}");
    // Both sides are told of the end of a mediation.
    let token = hall.verb(&file, token, accept()).await.unwrap();
    let seen = hall.world.service.check(&unit(EAST), &by_e1(&file, token, &found_later())).await.unwrap();
    let parties: Vec<Party> = seen.to_tell.iter().map(|one| one.to).collect();
    assert_eq!(parties, [Party::Sender, Party::Respondent]);
    // A file of another unit is not told apart from one that does not exist.
    let elsewhere = hall.world.service.check(&unit(2), &by_e1(&file, token, &accept())).await;
    assert!(matches!(elsewhere, Err(Failure::Refused(refusal)) if refusal.reason() == "NOT_FOUND"));
    assert!(matches!(
        hall.world.service.check(&intake(), &by_e1(&file, token, &accept())).await,
        Err(Failure::Denied)
    ));
    hall.world.close().await;
}

/// A refusal that the score names, and that a reconsideration has made void since, carries nothing any more.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_refusal_that_did_not_stand_is_warned_of(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // One person, eight complaints; the last but one is refused.
    let mut sent = Vec::new();
    for at in 0..8 {
        let number = format!("OV{at}");
        let received = MONDAY.0 - (3 - at / 3) * 86_400_000_000 + at;
        let whole: Value = json!({
            "number": number, "received": { "at": received, "date_only": false },
            "complainant": { "name": "民九", "phone": "13900000009", "resident_id": "110101199001011237" },
            "respondent": { "name": format!("东街{at}号店"), "premises": "东街街道一号" },
            "complaint": { "text": "购买的食品标签不符，要求退一赔十", "object_category": "商品->食品", "quantity": 1 },
        });
        hall.must(intake(), Command::Submit(serde_json::from_value(whole).unwrap())).await;
        let file = named(&number, Track::Complaint);
        if at == 6 {
            let asked = asked(Purchase, Declined);
            hall.lead(&file, vec![Verb::SignFor, asked, refuse(NotForConsumption)]).await;
        }
        sent.push(file);
    }
    let last = sent.last().unwrap();
    let token = hall.lead(last, vec![Verb::SignFor, asked(Purchase, Declined)]).await;
    let check = async || {
        hall.world
            .service
            .check(&unit(EAST), &by_e1(last, token, &refuse(NotForConsumption)))
            .await
            .unwrap()
            .warnings
    };
    assert_eq!(kinds(&check().await), [], "it stands");
    let first = &sent[6];
    let open = Command::OpenReview {
        file: first.clone(),
        kind: ReviewKind::Reconsideration,
        authority: Line::parse("昆都仑区人民政府").unwrap(),
        received: MONDAY.day(),
        against: LATEST,
    };
    let Outcome::Noted { sequence: review } = hall.must(reception(), open).await else { panic!("noted") };
    let end = ReviewEnd { decided_itself: true, ..ReviewEnd::of(ReviewOutcome::Revoked) };
    hall.must(reception(), Command::EndReview { file: first.clone(), review, end, note: None }).await;
    let found = check().await;
    assert_eq!(found, [Warning { kind: WarningKind::Overturned, records: vec![first.number.clone()] }]);
    assert!(found[0].text().contains("OV6"), "{}", found[0].text());
    hall.world.close().await;
}
