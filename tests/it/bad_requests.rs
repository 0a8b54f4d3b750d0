//! Bad input is named, whole, by field; overload and strangers get an answer that says what to do.

use std::time::Duration;

use prost::Message as _;
use rstest::rstest;
use tonic::{Code, Status};
use triage::domain::caller::Role;
use triage::domain::ids::CallerId;
use triage::grpc::pb;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;

use crate::support::items::{complaint, received, submit};
use crate::support::{Backend, MONDAY, TestApp, file, ok, refusal};

/// A refusal as a client sees it.
fn seen(status: &Status) -> String {
    use tonic_types::StatusExt as _;
    let details = status.get_error_details();
    let (reason, fields) = refusal(status);
    let mut lines = vec![format!("{:?}: {}", status.code(), status.message()), format!("reason: {reason}")];
    lines.extend(fields.iter().map(|field| format!("field: {field}")));
    if let Some(retry) = details.retry_info() {
        lines.push(format!("retry: {:?}", retry.retry_delay));
    }
    lines.extend(details.localized_message().map(|zh| format!("{}: {}", zh.locale, zh.message)));
    lines.join("\n")
}

/// Everything that can be wrong with a submission, in one.
fn all_wrong() -> pb::Submission {
    let mut item = complaint("not a number!", 0);
    item.received = Some(received(60 * 24 * 365));
    item.channel = Some(0);
    item.complainant = Some(pb::Complainant {
        name: Some("王\0某".into()),
        phone: Some("打不通".into()),
        id_number: Some("没带证件".into()),
        address: Some("长".repeat(301)),
        delivery_address: Some("长".repeat(301)),
        email: Some("邮箱".into()),
        payment_account: Some("支付宝".into()),
        other_phones: vec!["打不通".into(); 3],
    });
    item.respondent = Some(pb::Respondent { credit_code: Some("12".into()), ..pb::Respondent::default() });
    item.complaint = Some(pb::Part {
        text: " ".into(),
        amount_fen: Some(-1),
        occurred: Some(pb::Moment { moment: Some(pb::moment::Moment::Date("2026-02-30".into())) }),
        attachments: vec![pb::Attachment {
            name: "小票.jpg".into(),
            media_type: "image/jpeg".into(),
            size_bytes: 10,
            sha256: "zz".into(),
        }],
        ..pb::Part::default()
    });
    item.report =
        Some(pb::Part { text: "举报".into(), demands: vec!["退款".into()], ..pb::Part::default() });
    item
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_wrong_field_is_named_at_once(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let request = pb::SubmitRequest { request_id: "bad id".into(), submission: Some(all_wrong()) };
    let status = intake.submit(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let (reason, mut fields) = refusal(&status);
    fields.sort();
    insta::assert_snapshot!("all_wrong_fields", format!("{reason}\n{}", fields.join("\n")));

    // The same item on a stream gets the same details, and the stream goes on.
    let items = vec![
        pb::SubmitStreamRequest { request_id: "bad id".into(), submission: Some(all_wrong()) },
        pb::SubmitStreamRequest { request_id: "s2".into(), submission: Some(complaint("S2", 0)) },
    ];
    let mut answers = intake.submit_stream(tokio_stream::iter(items)).await.unwrap().into_inner();
    let mut streamed = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        streamed.push((answer.request_id, answer.answer.unwrap()));
    }
    streamed.sort_by(|one, other| one.0.cmp(&other.0));
    let pb::submit_stream_response::Answer::Error(error) = &streamed[0].1 else { panic!("{streamed:?}") };
    assert_eq!(error.code, Code::InvalidArgument as i32);
    let unary = pb::ItemError::decode(status.details()).unwrap();
    assert_eq!((&error.message, &error.details), (&unary.message, &unary.details));
    assert!(matches!(&streamed[1].1, pb::submit_stream_response::Answer::Receipt(_)));
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn refusals_say_what_to_do(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    ok(intake.submit(submit(complaint("D1", 0))).await);
    let mut other = complaint("D1", 1);
    other.respondent.as_mut().unwrap().name = Some("别家店".into());
    let differing = pb::SubmitRequest { request_id: "again".into(), submission: Some(other) };
    insta::assert_snapshot!("facts_differ", seen(&intake.submit(differing).await.unwrap_err()));
    let reused = pb::SubmitRequest { request_id: "submit-D1".into(), submission: Some(complaint("D2", 0)) };
    insta::assert_snapshot!("request_id_reused", seen(&intake.submit(reused).await.unwrap_err()));
    let missing = pb::GetSubmissionRequest { registration_number: "NONE".into() };
    insta::assert_snapshot!("not_found", seen(&intake.get_submission(missing).await.unwrap_err()));
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn strangers_wrong_roles_and_revoked_tokens_are_told_so(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut nobody = IntakeServiceClient::new(app.channel());
    insta::assert_snapshot!("no_token", seen(&nobody.submit(submit(complaint("E1", 0))).await.unwrap_err()));
    let mut forged = IntakeServiceClient::new(app.called_by("t1.1.00"));
    let status = forged.submit(submit(complaint("E1", 0))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let mut station = IntakeServiceClient::new(app.called_by(&app.token(Role::Unit, Some("east")).await));
    insta::assert_snapshot!(
        "wrong_role",
        seen(&station.submit(submit(complaint("E1", 0))).await.unwrap_err())
    );

    let mut intake = app.intake().await;
    ok(intake.submit(submit(complaint("E1", 0))).await);
    app.revoke(CallerId(2)).await;
    app.advance(Duration::from_secs(6));
    let status = intake.submit(submit(complaint("E2", 0))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn masks_and_wrong_check_digits_are_kept_and_marked(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let mut item = complaint("F1", 0);
    item.complainant = Some(pb::Complainant {
        name: Some("*****".into()),
        phone: Some("138****0001".into()),
        id_number: Some("110105194912310021".into()),
        address: Some("  ".into()),
        email: Some("w***@example.cn".into()),
        payment_account: Some("6222 0200 1234".into()),
        ..pb::Complainant::default()
    });
    item.respondent.as_mut().unwrap().credit_code = Some("91350100M000100Y44".into());
    item.received = Some(pb::Moment { moment: Some(pb::moment::Moment::Date("2026-05-20".into())) });
    ok(intake.submit(submit(item)).await);
    let read = pb::GetSubmissionRequest { registration_number: "F1".into() };
    let file = ok(intake.get_submission(read).await).files.remove(0);
    let person = file.complainant.clone().unwrap();
    assert_eq!((person.name.as_deref(), person.phone.as_deref()), (Some("*****"), Some("*****")));
    assert_eq!(person.address, None);
    assert_eq!(
        (person.email.as_deref(), person.payment_account.as_deref()),
        (Some("*****"), Some("622202001234"))
    );
    assert_eq!(file.received.clone().unwrap().moment, Some(pb::moment::Moment::Date("2026-05-20".into())));
    let warnings: Vec<_> = file.warnings().collect();
    assert_eq!(warnings, [pb::FactWarning::CreditCodeUnverified, pb::FactWarning::IdNumberUnverified]);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_receive_time_may_be_five_minutes_ahead_and_no_more(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let ahead = |number: &str, seconds: i64| {
        let time = prost_types::Timestamp { seconds: MONDAY.seconds() + seconds, nanos: 0 };
        let received = Some(pb::Moment { moment: Some(pb::moment::Moment::Time(time)) });
        submit(pb::Submission { received, ..complaint(number, 0) })
    };
    ok(intake.submit(ahead("G1", 300)).await);
    let refused = intake.submit(ahead("G2", 301)).await.unwrap_err();
    assert_eq!(refusal(&refused).1, ["submission.received"]);
    app.advance(Duration::from_secs(1));
    ok(intake.submit(ahead("G2", 301)).await);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn requests_of_units_name_every_wrong_field_too(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (mut service, front) = app.reception().await;
    let mut east = app.unit("east").await;
    let fields = |status: Status| {
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        refusal(&status).1.join(" ")
    };
    let wait = Some(prost_types::Duration { seconds: 61, nanos: 0 });
    let pull = pb::PullRequest { max_files: 51, wait, ..pb::PullRequest::default() };
    assert_eq!(fields(east.pull(pull).await.unwrap_err()), "request_id officer track max_files wait");
    let decide = pb::DecideRequest { file: file("A1", "complaint"), ..pb::DecideRequest::default() };
    assert_eq!(
        fields(east.decide(decide.clone()).await.unwrap_err()),
        "request_id officer token ruling finding finding_reason"
    );
    let refused = pb::decide_request::Refused { ground: 8, reason: "\0".to_owned() };
    let ruling = Some(pb::decide_request::Ruling::Refused(refused));
    let decide = pb::DecideRequest { ruling, finding: Some(0), finding_reason: Some(" ".into()), ..decide };
    assert_eq!(
        fields(east.decide(decide).await.unwrap_err()),
        "request_id officer token refused.ground refused.reason finding finding_reason"
    );
    let step = pb::StepRequest { file: "A1".to_owned(), token: -1, ..pb::StepRequest::default() };
    assert_eq!(fields(east.step(step).await.unwrap_err()), "request_id file officer token kind time");
    let close = pb::CloseFileRequest {
        file: file("A1", "report"),
        disposition: pb::Disposition::Settled as i32,
        recovered_amount_fen: Some(-1),
        note: Some("长".repeat(2_001)),
        ..pb::CloseFileRequest::default()
    };
    assert_eq!(
        fields(east.close_file(close).await.unwrap_err()),
        "request_id officer token disposition recovered_amount_fen note"
    );
    let search = pb::SearchRequest { by: None, page_size: -1, page_token: "x".to_owned() };
    assert_eq!(fields(front.clone().search(search).await.unwrap_err()), "by page_size page_token");
    let reassign = pb::ReassignRequest::default();
    assert_eq!(fields(service.reassign(reassign).await.unwrap_err()), "request_id file unit reason");
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_revoked_token_ends_within_five_seconds(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    ok(intake.submit(submit(complaint("H1", 0))).await);
    app.revoke(CallerId(1)).await;
    app.advance(Duration::from_micros(4_999_999));
    ok(intake.submit(submit(complaint("H2", 0))).await);
    app.advance(Duration::from_micros(1));
    let status = intake.submit(submit(complaint("H3", 0))).await.unwrap_err();
    assert_eq!((status.code(), refusal(&status).0.as_str()), (Code::Unauthenticated, "UNKNOWN_TOKEN"));
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_revoked_token_ends_an_open_stream_and_a_waiting_pull(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (mut intake, mut unit) = (app.intake().await, app.unit("east").await);
    let (items, sent) = tokio::sync::mpsc::unbounded_channel();
    let mut answers =
        ok(intake.submit_stream(tokio_stream::wrappers::UnboundedReceiverStream::new(sent)).await);
    let mut item = complaint("R1", 0);
    item.registration_number.clear();
    items.send(pb::SubmitStreamRequest { request_id: "r1".to_owned(), submission: Some(item) }).unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap().request_id, "r1", "it is open");
    let pull = pb::PullRequest {
        request_id: "pull".to_owned(),
        officer: "e1".to_owned(),
        track: pb::Track::Complaint as i32,
        max_files: 1,
        wait: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
    };
    let at_once = pb::PullRequest { request_id: "at-once".to_owned(), wait: None, ..pull.clone() };
    let mut asks = unit.clone();
    let waiting = tokio::spawn(async move { asks.pull(pull).await });
    // By this answer the one before it waits.
    assert!(ok(unit.pull(at_once).await).files.is_empty());
    app.revoke(CallerId(1)).await;
    app.revoke(CallerId(2)).await;
    app.advance(Duration::from_secs(5));
    // Looked for again each second; a call that goes on for a minute was not ended.
    let ended =
        tokio::time::timeout(Duration::from_secs(30), async { (answers.message().await, waiting.await) });
    let (stream, pull) = ended.await.unwrap();
    for status in [stream.unwrap_err(), pull.unwrap().unwrap_err()] {
        assert_eq!((status.code(), refusal(&status).0.as_str()), (Code::Unauthenticated, "UNKNOWN_TOKEN"));
    }
    app.stop().await;
}
