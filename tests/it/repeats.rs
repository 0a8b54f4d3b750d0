//! Once: a request sent again gets its stored answer, a number told again is compared fact by fact.

use rstest::rstest;
use tonic::{Code, Status};
use triage::domain::caller::Role;
use triage::grpc::pb;
use triage::grpc::pb::Track::Complaint;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::search_request::By;

use crate::support::items::{both, complaint, from, received, submit};
use crate::support::officers::{OfficerAt, Verb, new_id, reception};
use crate::support::{Backend, Called, TestApp, file, lease, ok, refusal, rows};

type Intake = IntakeServiceClient<Called>;

/// Events before the first of a test: the baseline put to use, the bureau file loaded, the caller made.
const BEGINNING: usize = 3;

async fn events(app: &TestApp) -> usize {
    rows::rows(&app.config, "SELECT sequence FROM event").await.len()
}

fn reused(refused: Result<impl std::fmt::Debug, Status>) {
    let status = refused.unwrap_err();
    assert_eq!((status.code(), refusal(&status).0.as_str()), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
}

fn amendment(id: &str, fen: i64) -> pb::AmendRequest {
    let mut item = complaint("A1", 0);
    item.complaint.as_mut().unwrap().amount_fen = Some(fen);
    pb::AmendRequest { request_id: id.to_owned(), submission: Some(item), reason: "补充金额".to_owned() }
}

fn withdrawal(id: &str, number: &str) -> pb::WithdrawRequest {
    let (request_id, registration_number) = (id.to_owned(), number.to_owned());
    pb::WithdrawRequest { request_id, registration_number, reason: None }
}

fn urging(id: &str, number: &str) -> pb::UrgeRequest {
    let (request_id, registration_number) = (id.to_owned(), number.to_owned());
    pb::UrgeRequest { request_id, registration_number, note: None }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_verb_of_intake_answers_a_repeat_as_it_did(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let first = ok(intake.submit(submit(complaint("A1", 0))).await).receipt.unwrap();
    ok(intake.submit(submit(complaint("A2", 0))).await);
    let again = ok(intake.submit(submit(complaint("A1", 0))).await).receipt.unwrap();
    assert_eq!(again, first, "the stored answer, not a new one");
    let other = pb::SubmitRequest { submission: Some(complaint("A3", 0)), ..submit(complaint("A1", 0)) };
    reused(intake.submit(other).await);

    let amended = ok(intake.amend(amendment("am", 1_000)).await);
    assert!(amended.rescored.is_some());
    assert_eq!(ok(intake.amend(amendment("am", 1_000)).await), amended);
    reused(intake.amend(amendment("am", 2_000)).await);
    let urged = ok(intake.urge(urging("ur", "A1")).await);
    assert_eq!(ok(intake.urge(urging("ur", "A1")).await), urged);
    reused(intake.urge(urging("ur", "A2")).await);
    let withdrawn = ok(intake.withdraw(withdrawal("wi", "A1")).await);
    assert_eq!(ok(intake.withdraw(withdrawal("wi", "A1")).await), withdrawn);
    reused(intake.withdraw(withdrawal("wi", "A2")).await);
    // An id is one request's, whatever the verb.
    reused(intake.urge(urging("am", "A1")).await);
    // A1, A2, amended, urged, withdrawn - and nothing for a repeat.
    assert_eq!(events(&app).await, BEGINNING + 5);
    let urges =
        ok(intake.get_submission(pb::GetSubmissionRequest { registration_number: "A1".into() }).await);
    assert_eq!(urges.files[0].state.as_ref().unwrap().urges, 1);

    // Ids are unique to a caller: another one has its own.
    let mut second = app.intake().await;
    ok(second.urge(urging("ur", "A2")).await);
    // A request that was refused bound nothing.
    assert_eq!(intake.urge(urging("free", "A9")).await.unwrap_err().code(), Code::NotFound);
    ok(intake.urge(urging("free", "A2")).await);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_verb_of_a_unit_answers_a_repeat_as_it_did(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    for number in ["A1", "A2", "A3"] {
        ok(intake.submit(submit(complaint(number, 0))).await);
    }
    let request = east.pull_request(Complaint, 1);
    let pulled = ok(east.client.pull(request.clone()).await).files;
    assert_eq!(ok(east.client.pull(request.clone()).await).files, pulled, "the same lease");
    reused(east.client.pull(pb::PullRequest { max_files: 2, ..request }).await);

    let ways: [&[Verb]; 4] = [
        &[Verb::Extend, Verb::SignFor, Verb::Step, Verb::Accept, Verb::Close],
        &[Verb::SignFor, Verb::Refuse],
        &[Verb::SignFor, Verb::Return],
        &[Verb::Skip],
    ];
    let mut token = lease(&pulled[0]);
    let mut name = pulled[0].name.clone();
    for (count, way) in (2..).zip(ways) {
        for verb in way {
            let id = new_id();
            let done = east.does_as(id.clone(), *verb, &name, token).await.unwrap();
            let before = events(&app).await;
            assert_eq!(east.does_as(id.clone(), *verb, &name, token).await.unwrap(), done, "{verb:?}");
            reused(east.by("e2").does_as(id.clone(), *verb, &name, token).await);
            reused(east.does_as(id, *verb, &name, token + 1).await);
            assert_eq!(events(&app).await, before, "{verb:?}: a repeat is no event");
            token = done.token;
        }
        if count == 4 {
            ok(intake.submit(submit(complaint("A4", 0))).await);
        }
        if count < 5 {
            let next = east.pull(Complaint, 1).await;
            (name, token) = (next[0].name.clone(), lease(&next[0]));
        }
    }
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_reassignment_and_an_empty_pull_repeat(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let (mut service, _) = reception(&app).await;
    ok(intake.submit(submit(complaint("A1", 0))).await);
    let request = |unit: &str| pb::ReassignRequest {
        request_id: "re".to_owned(),
        file: file("A1", "complaint"),
        unit: unit.to_owned(),
        reason: "属地调整".to_owned(),
    };
    let sent = ok(service.reassign(request("west")).await);
    assert_eq!(ok(service.reassign(request("west")).await), sent);
    reused(service.reassign(request("north")).await);

    // Nothing waited, nothing happened: the same request may be asked until something does.
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let pull = east.pull_request(Complaint, 5);
    assert!(ok(east.client.pull(pull.clone()).await).files.is_empty());
    ok(intake.submit(submit(complaint("A2", 0))).await);
    let pulled = ok(east.client.pull(pull.clone()).await).files;
    assert_eq!(pulled.len(), 1);
    assert_eq!(ok(east.client.pull(pull).await).files, pulled);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_stream_sent_again_is_answered_as_before(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let first = stream(&mut intake, 40, "").await;
    let before = events(&app).await;
    assert_eq!(before, BEGINNING + 40);
    let again = stream(&mut intake, 40, "").await;
    // Another id for the same facts is the same submission.
    let renamed = stream(&mut intake, 40, "x").await;
    assert_eq!(events(&app).await, before);
    for ((first, again), renamed) in first.iter().zip(&again).zip(&renamed) {
        assert_eq!(again, first);
        assert_eq!(*renamed, pb::Receipt { repeat: true, ..first.clone() });
    }
    app.stop().await;
}

/// Streams `count` submissions; their receipts by number.
async fn stream(intake: &mut Intake, count: usize, prefix: &str) -> Vec<pb::Receipt> {
    let items: Vec<pb::SubmitStreamRequest> = (0..count)
        .map(|at| {
            let number = format!("T{at:03}");
            let request_id = format!("{prefix}{number}");
            pb::SubmitStreamRequest { request_id, submission: Some(complaint(&number, 0)) }
        })
        .collect();
    let mut answers = ok(intake.submit_stream(tokio_stream::iter(items)).await);
    let mut receipts = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        match answer.answer.unwrap() {
            pb::submit_stream_response::Answer::Receipt(receipt) => receipts.push(receipt),
            pb::submit_stream_response::Answer::Error(error) => panic!("{error:?}"),
        }
    }
    receipts.sort_unstable_by(|one, other| one.registration_number.cmp(&other.registration_number));
    assert_eq!(receipts.len(), count);
    receipts
}

/// The submission again under a new request id.
async fn tell(intake: &mut Intake, item: pb::Submission) -> Result<pb::Receipt, Status> {
    let request = pb::SubmitRequest { request_id: new_id(), submission: Some(item) };
    intake.submit(request).await.map(|answer| answer.into_inner().receipt.unwrap())
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn differing_facts_are_all_named(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let first = tell(&mut intake, both("A1", 0)).await.unwrap();
    assert_eq!(tell(&mut intake, both("A1", 0)).await.unwrap(), pb::Receipt { repeat: true, ..first });

    let mut other = from(both("A1", 1), "李某", "13900000002");
    other.channel = Some(pb::ReceiptChannel::Letter as i32);
    other.respondent.as_mut().unwrap().premises = Some("西街街道一号".to_owned());
    other.complaint.as_mut().unwrap().text = "别的事情".to_owned();
    other.report.as_mut().unwrap().object_category = Some("服务".to_owned());
    let refused = tell(&mut intake, other).await.unwrap_err();
    let named = [
        "submission.received",
        "submission.channel",
        "submission.complainant.name",
        "submission.complainant.phone",
        "submission.respondent.premises",
        "submission.complaint.text",
        "submission.report.object_category",
    ];
    let (reason, fields) = refusal(&refused);
    assert_eq!((refused.code(), reason.as_str()), (Code::AlreadyExists, "FACTS_DIFFER"));
    assert_eq!(fields, named);

    // A part more or a part less is another submission too.
    assert_eq!(refusal(&tell(&mut intake, complaint("A1", 0)).await.unwrap_err()).1, ["submission.report"]);
    tell(&mut intake, complaint("A2", 0)).await.unwrap();
    assert_eq!(refusal(&tell(&mut intake, both("A2", 0)).await.unwrap_err()).1, ["submission.report"]);
    assert_eq!(events(&app).await, BEGINNING + 2);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn masked_facts_agree_and_an_unmasking_decides_nothing_again(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let phone = || By::Phone("139-0000-0007".to_owned());
    let masked = from(complaint("A1", 0), "王*", "139****0007");
    let first = tell(&mut intake, masked.clone()).await.unwrap();
    let expected = pb::Receipt { repeat: true, ..first.clone() };
    assert!(east.search(phone()).await.is_empty());

    let unmasked = from(complaint("A1", 0), "王某", "13900000007");
    assert_eq!(tell(&mut intake, unmasked.clone()).await.unwrap(), expected, "the first decision stands");
    let found = east.search(phone()).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].complainant.as_ref().unwrap().name.as_deref(), Some("王某"));
    assert!(found[0].rescored.is_none(), "nothing was decided again");
    let mut decision = first.decisions[0].clone();
    // Loads of candidates count reports too: a complaint's unit is not told them.
    decision.routing.as_mut().unwrap().candidates.clear();
    let opened = pb::GetFileRequest { file: file("A1", "complaint") };
    let opened = ok(east.client.get_file(opened).await).file.unwrap();
    assert_eq!(opened.decision, Some(decision));
    assert!(found[0].decision.as_ref().unwrap().suspicion.is_none(), "a search tells nobody's band");
    let versions = "SELECT kind FROM event WHERE submission IS NOT NULL ORDER BY sequence";
    assert_eq!(rows::rows(&app.config, versions).await, ["1", "2"], "told, unmasked");

    // Masked again, left out, told again: all of it is known and agrees.
    let mut bare = masked.clone();
    bare.complainant = None;
    bare.channel = None;
    bare.complaint.as_mut().unwrap().object_category = None;
    bare.complaint.as_mut().unwrap().text = "*****".to_owned();
    for agreeing in [masked, unmasked, bare] {
        assert_eq!(tell(&mut intake, agreeing).await.unwrap(), expected);
    }
    assert_eq!(rows::rows(&app.config, versions).await, ["1", "2"], "nothing new was said");
    // What was unmasked is compared from then on.
    let other = from(complaint("A1", 0), "王某", "13900000008");
    let refused = tell(&mut intake, other).await.unwrap_err();
    assert_eq!(refusal(&refused).1, ["submission.complainant.phone"]);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_date_is_any_time_of_its_day(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let on = |day: &str| Some(pb::Moment { moment: Some(pb::moment::Moment::Date(day.to_owned())) });
    let timed = |number: &str, received| pb::Submission { received, ..complaint(number, 0) };
    // The day first, then the time, and the other way round.
    tell(&mut intake, timed("A1", on("2026-05-20"))).await.unwrap();
    assert!(tell(&mut intake, timed("A1", Some(received(0)))).await.unwrap().repeat);
    assert!(tell(&mut intake, timed("A1", on("2026-05-20"))).await.unwrap().repeat);
    tell(&mut intake, timed("A2", Some(received(0)))).await.unwrap();
    assert!(tell(&mut intake, timed("A2", on("2026-05-20"))).await.unwrap().repeat);
    // The time once known is compared; a day with another date never agrees.
    for (number, wrong) in [("A1", received(1)), ("A2", received(1))] {
        let refused = tell(&mut intake, timed(number, Some(wrong))).await.unwrap_err();
        assert_eq!(refusal(&refused).1, ["submission.received"], "{number}");
    }
    let refused = tell(&mut intake, timed("A2", on("2026-05-21"))).await.unwrap_err();
    assert_eq!(refusal(&refused).1, ["submission.received"]);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn amended_facts_are_the_known_ones(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    ok(intake.submit(submit(complaint("A1", 0))).await);
    let amended = ok(intake.amend(amendment("am", 9_900)).await);
    // The exact first version is a repeat still; anything else is compared with what is known now.
    assert!(tell(&mut intake, complaint("A1", 0)).await.unwrap().repeat);
    let with = |fen| pb::Submission { ..amendment("", fen).submission.unwrap() };
    assert!(tell(&mut intake, with(9_900)).await.unwrap().repeat);
    let refused = tell(&mut intake, with(9_901)).await.unwrap_err();
    assert_eq!(refusal(&refused).1, ["submission.complaint.amount_fen"]);
    // An amendment that says nothing new is refused; unit, clock and first decision stay.
    assert_eq!(refusal(&intake.amend(amendment("am2", 9_900)).await.unwrap_err()).1, ["submission"]);
    let seen = ok(intake.get_submission(pb::GetSubmissionRequest { registration_number: "A1".into() }).await);
    assert_eq!(seen.files[0].rescored, amended.rescored);
    assert_eq!(seen.files[0].decision.as_ref().unwrap().sequence, seen.sequence);

    // Another intake system has other request ids, and the same facts.
    let mut second = IntakeServiceClient::new(app.called_by(&app.token(Role::Intake, None).await));
    assert!(ok(second.submit(submit(with(9_900))).await).receipt.unwrap().repeat);
    app.stop().await;
}
