//! Acts and what must follow (办理行为及其后果): days, notices, terms, ends, hand-overs, reviews, corrections - one short history each.

use rstest::rstest;
use triage::domain::act::{
    Delegation, DisputeEnd, FileAct, MediationMeans, MediationPaper, Notice, NoticeMeans, NoticeSubject,
    Party,
};
use triage::domain::command::{Command, FileRef, Outcome, Ruling, Verb};
use triage::domain::deadline::{Against, Clock, Duty, LastDay, Law, ReviewEnd};
use triage::domain::handling::{
    Disposition, Finding, OtherMatter, RefusalGround, ReviewKind, ReviewOutcome, Status, StepKind,
    TerminationGround,
};
use triage::domain::ids::{Sequence, Track};
use triage::domain::outcome::{Ended, Ending, FileOutcome};
use triage::domain::refusal::Refusal;
use triage::domain::text::{AmountFen, Line};
use triage::domain::time::{Day, Moment, Timestamp};
use triage::service::Failure;
use triage::service::due::DueAsked;

use crate::queues::{DAY, EAST, Hall, complaint, day, fields, named, report, step};
use crate::support::world::{LATEST, intake, officer, reception, unit, unit_id, why};
use crate::support::{BUREAU, Backend, MONDAY};

mod cases;
mod ends;
mod flow;
mod reviews;
mod undone;

fn line(text: &str) -> Line {
    Line::parse(text).unwrap()
}

/// A day so many days after that Monday, 2026-06-01.
fn on(days: i32) -> Day {
    MONDAY.day().plus(days)
}

fn decide(ruling: Ruling, on: Option<Day>) -> Verb {
    let finding =
        (ruling.track() == Some(Track::Complaint)).then(|| (Finding::NotSuspected, why("首次投诉")));
    Verb::Decide { ruling, finding, on, approved_by: None }
}

fn accept() -> Verb {
    decide(Ruling::Accept, None)
}

fn refuse(ground: RefusalGround) -> Verb {
    decide(Ruling::Refuse { ground, reason: why("经核实不能证明") }, None)
}

fn close(disposition: Disposition, termination: Option<TerminationGround>) -> Verb {
    Verb::Close { disposition, termination, ground: None, on: None, recovered: None, note: None }
}

fn record(on: Day, act: FileAct) -> Verb {
    Verb::Record { on, act }
}

pub(crate) fn tell(subject: NoticeSubject, to: Party, on: Day) -> Verb {
    let (means, proof) = (NoticeMeans::Platform, line("平台反馈第88号"));
    record(on, FileAct::Notice(Notice { subject, to, means, proof, note: None, text: None }))
}

fn prolong(on: Option<Day>) -> Verb {
    Verb::Prolong { approved_by: line("局长"), reason: why("案情复杂"), on, until: None }
}

/// What is owed on a file now.
async fn owed(hall: &Hall, file: &FileRef) -> Vec<Duty> {
    let clocks = hall.state(file).await.clocks;
    clocks.into_iter().map(|term| term.clock).filter(Clock::runs).map(|clock| clock.duty).collect()
}

/// Terms of a duty that count in the figures, and those that were kept in time.
async fn figures(hall: &Hall, duty: Duty) -> (i64, i64) {
    let seen = hall.world.service.overview(&reception()).await.unwrap();
    let of = seen.kept.iter().filter(|one| one.duty == duty);
    of.fold((0, 0), |(terms, in_time), one| (terms + one.terms, in_time + one.in_time))
}

/// The terms that are listed as due within so many working days.
async fn due(hall: &Hall, within: u16) -> Vec<(String, Duty, Option<i64>)> {
    let asked = DueAsked { within, unit: None, after: None, most: 100 };
    let seen = hall.world.service.due(&reception(), &asked).await.unwrap();
    let row = |term: &triage::service::due::DueTerm| {
        (term.number.to_string(), term.clock.clock.duty, term.working_days_left)
    };
    seen.terms.iter().map(row).collect()
}

/// A complaint of today that was signed for, and its token.
async fn signed(hall: &Hall, number: &'static str) -> (FileRef, Sequence) {
    hall.file(complaint(number, 1, 0)).await;
    let file = named(number, Track::Complaint);
    let token = hall.lead(&file, vec![Verb::SignFor]).await;
    (file, token)
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_duty_to_tell_is_kept_by_its_notice_alone(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L1: accepted, and nobody told: the duty runs on to the seventh working day.
    let (file, token) = signed(&hall, "L1").await;
    hall.world.wait(DAY);
    let token = hall.verb(&file, token, accept()).await.unwrap();
    assert_eq!(owed(&hall, &file).await, [Duty::TellComplainant, Duty::Mediate]);
    let clock = hall.clock(&file, Duty::TellComplainant).await;
    assert_eq!(clock.due_on, LastDay::from(day("2026-06-10")), "seven working days from 2026-06-01");
    assert!(clock.article.contains("第十五条") && clock.article.contains("第四十六条"), "{}", clock.article);
    assert_eq!(figures(&hall, Duty::TellComplainant).await, (0, 0), "neither kept nor late yet");
    // L3: a notice of long ago, or of tomorrow, or of what was not decided, keeps nothing.
    for (wrong, field) in [
        (tell(NoticeSubject::Acceptance, Party::Sender, day("2020-01-02")), "done_on"),
        (tell(NoticeSubject::Acceptance, Party::Sender, on(2)), "done_on"),
        (tell(NoticeSubject::Refusal, Party::Sender, on(1)), "notice.subject"),
        (tell(NoticeSubject::Termination, Party::Sender, on(1)), "notice.subject"),
    ] {
        assert_eq!(fields(hall.verb(&file, token, wrong).await), [field]);
    }
    // To the operator it keeps nothing that is owed to the complainant.
    let token =
        hall.verb(&file, token, tell(NoticeSubject::Acceptance, Party::Respondent, on(1))).await.unwrap();
    assert_eq!(owed(&hall, &file).await, [Duty::TellComplainant, Duty::Mediate]);
    // L2: told on Wednesday by platform message no. 88.
    hall.world.wait(DAY);
    let token = hall.verb(&file, token, tell(NoticeSubject::Acceptance, Party::Sender, on(2))).await.unwrap();
    assert_eq!(hall.clock(&file, Duty::TellComplainant).await.met_on, Some(on(2)));
    assert_eq!(figures(&hall, Duty::TellComplainant).await, (1, 1));
    // Both sides are to be told of the end, each for itself.
    let end = close(Disposition::MediationEnded, Some(TerminationGround::NoAgreement));
    let token = hall.verb(&file, token, end).await.unwrap();
    assert_eq!(owed(&hall, &file).await, [Duty::NotifyTermination, Duty::NotifyTerminationRespondent]);
    let token =
        hall.verb(&file, token, tell(NoticeSubject::Termination, Party::Sender, on(2))).await.unwrap();
    assert_eq!(owed(&hall, &file).await, [Duty::NotifyTerminationRespondent]);
    hall.verb(&file, token, tell(NoticeSubject::Termination, Party::Respondent, on(2))).await.unwrap();
    assert_eq!(owed(&hall, &file).await, []);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn terms_run_from_the_day_of_the_act(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L15: decided on Friday, noted on Monday.
    let (file, token) = signed(&hall, "L15").await;
    hall.world.wait(7 * DAY);
    for wrong in [on(-1), on(8)] {
        assert_eq!(
            fields(hall.verb(&file, token, decide(Ruling::Accept, Some(wrong))).await),
            ["decided_on"]
        );
    }
    let token = hall.verb(&file, token, decide(Ruling::Accept, Some(on(4)))).await.unwrap();
    assert_eq!(hall.clock(&file, Duty::Accept).await.met_on, Some(on(4)), "kept on Friday");
    let mediate = hall.clock(&file, Duty::Mediate).await;
    assert_eq!((mediate.started_on, mediate.due_on), (on(4), LastDay::from(on(64))), "60 days from Friday");
    // It ends on the day on which it ended, and not before it was accepted.
    let ended = |day| Verb::Close {
        disposition: Disposition::SelfSettled,
        termination: None,
        ground: None,
        on: Some(day),
        recovered: AmountFen::parse(30_000).ok(),
        note: None,
    };
    assert_eq!(fields(hall.verb(&file, token, ended(on(3))).await), ["closed_on"]);
    hall.verb(&file, token, ended(on(5))).await.unwrap();
    assert_eq!(hall.clock(&file, Duty::NotifyTermination).await.started_on, on(5));
    let state = hall.state(&file).await;
    assert_eq!(state.ended_at.map(Timestamp::day), Some(on(5)));
    // L30: settled between the two sides, 300 yuan paid.
    assert_eq!((state.disposition, state.recovered_fen), (Some(Disposition::SelfSettled), Some(30_000)));
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_has_run_out_stays_late(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L7: due on 2026-06-23; prolonged afterwards.
    hall.file(report("L7", 2, 0)).await;
    let file = named("L7", Track::Report);
    let token = hall.lead(&file, vec![Verb::SignFor]).await;
    assert_eq!(hall.clock(&file, Duty::Verify).await.due_on, LastDay::from(day("2026-06-23")));
    hall.world.wait(40 * DAY);
    for wrong in [None, Some(on(40)), Some(day("2026-06-24")), Some(day("2026-05-31"))] {
        assert_eq!(fields(hall.verb(&file, token, prolong(wrong)).await), ["approved_on"], "{wrong:?}");
    }
    assert_eq!(figures(&hall, Duty::Verify).await, (1, 0), "late");
    // Noted late, but allowed in time.
    hall.file(report("L7b", 3, 39)).await;
    let other = named("L7b", Track::Report);
    let token_b = hall.lead(&other, vec![Verb::SignFor, prolong(Some(day("2026-06-22")))]).await;
    assert!(owed(&hall, &other).await.contains(&Duty::VerifyProlonged));
    hall.verb(&other, token_b, decide(Ruling::File, None)).await.unwrap();
    // Handed over, it stays late whatever follows.
    let over = FileAct::HandedOver {
        to: line("昆都仑区公安分局"),
        receipt: Some(line("2026-17")),
        approved_by: Some(line("局长")),
        reason: why("涉嫌犯罪"),
    };
    hall.verb(&file, token, record(on(40), over)).await.unwrap();
    assert_eq!(figures(&hall, Duty::Verify).await, (1, 0), "late for ever");
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_dispute_over_competence_ends_by_what_ends_it(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L8: after three days the bureaus agree.
    let (file, token) = signed(&hall, "L8").await;
    let agreed = |day| record(day, FileAct::DisputeEnded { how: DisputeEnd::Agreed, note: None });
    assert_eq!(fields(hall.verb(&file, token, agreed(on(0))).await), ["dispute_ended"], "there is none");
    let token = hall.verb(&file, token, step(StepKind::CompetenceDisputed, MONDAY)).await.unwrap();
    hall.world.wait(3 * DAY);
    hall.verb(&file, token, agreed(on(3))).await.unwrap();
    let clock = hall.clock(&file, Duty::ResolveCompetence).await;
    assert_eq!((clock.met_on, clock.runs()), (Some(on(3)), false));
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn testing_lets_a_term_stand_still(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L17: testing goes on over the day on which the term would have ended.
    hall.file(report("L17", 2, 0).of("服务->美容")).await;
    let file = named("L17", Track::Report);
    let token = hall.lead(&file, vec![Verb::SignFor, step(StepKind::TestingBegan, MONDAY)]).await;
    hall.world.wait(40 * DAY);
    let term = hall.state(&file).await.clocks.remove(0);
    assert_eq!((term.paused_since, term.clock.duty), (Some(on(0)), Duty::Verify));
    assert_eq!(due(&hall, 5).await, [("L17".to_owned(), Duty::Verify, None)], "listed, and not overdue");
    assert_eq!(figures(&hall, Duty::Verify).await, (0, 0), "not late either");
    let ended = step(StepKind::TestingEnded, hall.world.clock.now());
    hall.verb(&file, token, ended).await.unwrap();
    let term = hall.state(&file).await.clocks.remove(0);
    assert_eq!(term.paused_since, None);
    assert!(term.clock.due_on > LastDay::from(on(40)), "its days do not count: {}", term.clock.due_on);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_duty_without_days_is_a_row_without_a_date(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L16: a food report, 食品安全法 115.
    hall.file(report("L16", 2, 0)).await;
    let file = named("L16", Track::Report);
    let term = hall.state(&file).await.clocks.into_iter().find(|term| term.clock.duty == Duty::TellReporter);
    let term = term.expect("a row");
    assert_eq!((term.clock.due_on, term.ends_on), (LastDay::OPEN, None));
    assert_eq!(term.last_day(), "未定日数");
    assert!(term.clock.article.contains("食品安全法"), "{}", term.clock.article);
    assert_eq!(
        due(&hall, 0).await,
        [("L16".to_owned(), Duty::TellReporter, None)],
        "in the list of what is owed"
    );
    hall.world.wait(60 * DAY);
    assert_eq!(figures(&hall, Duty::TellReporter).await, (0, 0), "never late");
    let token = hall
        .lead(
            &file,
            vec![Verb::SignFor, decide(Ruling::NotFile { reason: why("查无实据"), basis: None }, None)],
        )
        .await;
    hall.verb(&file, token, tell(NoticeSubject::FilingDecision, Party::Sender, on(60))).await.unwrap();
    assert_eq!(owed(&hall, &file).await, []);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn one_order_governs_grounds_terms_and_words(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L13: received under Order 20, which has no such grounds; 2026-04-10 is 52 days before.
    hall.file(complaint("L13", 1, 52)).await;
    let file = named("L13", Track::Complaint);
    let token = hall.lead(&file, vec![Verb::SignFor]).await;
    let refused = hall.verb(&file, token, refuse(RefusalGround::IdentityRefused)).await;
    assert_eq!(fields(refused), ["refused.ground"]);
    let token = hall.verb(&file, token, accept()).await.unwrap();
    let gone = close(Disposition::MediationEnded, Some(TerminationGround::PartyGone));
    assert_eq!(fields(hall.verb(&file, token, gone).await), ["termination"]);
    hall.file(report("L13r", 2, 52)).await;
    hall.file(report("L13s", 2, 52)).await;
    let file = named("L13s", Track::Report);
    let token = hall.lead(&file, vec![Verb::SignFor]).await;
    let again = Ruling::Repeat { of: named("L13r", Track::Report).number, reason: why("同一事实") };
    assert_eq!(fields(hall.verb(&file, token, decide(again, None)).await), ["ruling"]);
    // L14: under the other transition all of it is Order 121's, from its first day on.
    let transition = "transition = \"new_from_effective_date\"";
    hall.load(BUREAU.replacen("[settings]", &format!("[settings]\n{transition}"), 1)).await;
    hall.file(complaint("L14", 3, 52)).await;
    let file = named("L14", Track::Complaint);
    let token = hall.lead(&file, vec![Verb::SignFor]).await;
    hall.verb(&file, token, refuse(RefusalGround::IdentityRefused)).await.unwrap();
    let state = hall.state(&file).await;
    assert!(state.clocks.iter().all(|term| term.clock.law == Law::Order121));
    let seen = hall.world.service.file(&unit(EAST), &file).await.unwrap();
    let said = seen.acts.iter().find(|act| act.title.starts_with("不予受理")).expect("the refusal");
    assert!(said.title.contains("第十六条第六项"), "{}", said.title);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_officer_with_a_relation_does_not_handle_the_file(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L25: the cousin of the complainant.
    hall.file(complaint("L25", 1, 0)).await;
    let file = named("L25", Track::Complaint);
    let recused =
        FileAct::Recused { officer: officer("e1"), applied_for: true, reason: why("系投诉人表亲") };
    hall.verb(&file, Sequence(1), record(on(0), recused)).await.unwrap();
    assert_eq!(hall.pull_by(EAST, "e1", Track::Complaint, 5).await.len(), 0, "passed over");
    let pulled = hall.pull_by(EAST, "e2", Track::Complaint, 5).await;
    assert_eq!(pulled.len(), 1);
    let token = pulled[0].1.token;
    assert_eq!(fields(hall.verb(&file, token, Verb::SignFor).await), ["officer"]);
    hall.world.close().await;
}

/// Testing that begins when a term has run out does not bring it back, and two reports do not end each other.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn nothing_rescues_a_term_that_has_run_out(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    hall.file(report("X1", 2, 0).of("服务->美容")).await;
    hall.file(report("X2", 2, 0).of("服务->美容")).await;
    let (one, other) = (named("X1", Track::Report), named("X2", Track::Report));
    let pulled = hall.pull_by(EAST, "e1", Track::Report, 5).await;
    let mut tokens = Vec::new();
    for file in [&one, &other] {
        let lease = pulled.iter().find(|(number, _)| number == file.number.as_str()).unwrap();
        tokens.push(hall.verb(file, lease.1.token, Verb::SignFor).await.unwrap());
    }
    hall.world.wait(40 * DAY);
    let began = step(StepKind::TestingBegan, hall.world.clock.now());
    let token = hall.verb(&one, tokens[0], began).await.unwrap();
    assert_eq!(hall.state(&one).await.clocks[0].paused_since, None);
    assert_eq!(figures(&hall, Duty::Verify).await, (2, 0), "both are late");
    assert_eq!(fields(hall.verb(&one, token, prolong(None)).await), ["approved_on"]);
    let again =
        |of: &FileRef| decide(Ruling::Repeat { of: of.number.clone(), reason: why("同一事实") }, None);
    hall.verb(&other, tokens[1], again(&one)).await.unwrap();
    assert_eq!(fields(hall.verb(&one, token, again(&other)).await), ["earlier_registration_number"]);
    assert_eq!(figures(&hall, Duty::Verify).await, (2, 0), "late for ever");
    // A mediation is not ended by its term before that is over.
    let (file, token) = signed(&hall, "X3").await;
    let token = hall.verb(&file, token, accept()).await.unwrap();
    let over = close(Disposition::MediationEnded, Some(TerminationGround::TermEnded));
    assert_eq!(fields(hall.verb(&file, token, over.clone()).await), ["termination"]);
    hall.world.wait(64 * DAY);
    hall.verb(&file, token, over).await.unwrap();
    assert_eq!(figures(&hall, Duty::Mediate).await, (1, 1), "it ended with its term");
    hall.world.close().await;
}
