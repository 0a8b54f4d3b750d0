//! Once: every writing verb may be sent again; a number told again is compared, unmasked or refused, never doubled.

use rstest::rstest;
use tonic::Status;
use triage::grpc::pb;

use crate::support::items::{complaint, submit};
use crate::support::verbs::complaint_file;
use crate::support::{Backend, TestApp, lease, ok, refusal};

/// Sends a request twice, then the same request id with other content.
macro_rules! twice_then_reused {
    ($client:ident.$verb:ident($request:expr), $change:expr) => {{
        let request = $request;
        let first = ok($client.$verb(request.clone()).await);
        let again = ok($client.$verb(request.clone()).await);
        assert_eq!(format!("{first:?}"), format!("{again:?}"), stringify!($verb));
        let mut other = request;
        #[expect(clippy::redundant_closure_call, reason = "the change is the macro's argument")]
        ($change)(&mut other);
        let status: Status = $client.$verb(other).await.unwrap_err();
        assert_eq!(refusal(&status).0, "REQUEST_ID_REUSED", stringify!($verb));
        first
    }};
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_writing_verb_gets_its_stored_answer_again(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (mut intake, mut east) = (app.intake().await, app.unit("east").await);
    let (mut reassigner, _) = app.reception().await;
    for number in ["Q1", "Q2"] {
        ok(intake.submit(submit(complaint(number, 0))).await);
    }
    let mut amended = complaint("Q1", 0);
    amended.complaint.as_mut().unwrap().product = Some("奶油蛋糕".into());
    let reason = "补充商品名称".to_owned();
    let amend = pb::AmendRequest { request_id: "amend".into(), submission: Some(amended), reason };
    let done = twice_then_reused!(intake.amend(amend), |r: &mut pb::AmendRequest| r.reason.push('。'));
    assert!(done.rescored.is_some());
    let urge = pb::UrgeRequest { request_id: "urge".into(), registration_number: "Q1".into(), note: None };
    twice_then_reused!(intake.urge(urge), |r: &mut pb::UrgeRequest| r.note = Some("快".into()));
    let pull = pb::PullRequest {
        request_id: "pull".into(),
        officer: "e1".into(),
        track: pb::Track::Complaint.into(),
        max_files: 2,
        wait: None,
    };
    let pulled = twice_then_reused!(east.pull(pull), |r: &mut pb::PullRequest| r.max_files = 3).files;
    assert_eq!(pulled[0].state.as_ref().unwrap().urges, 1, "an urge sent twice counts once");
    let (file, officer, token) = (complaint_file("Q1"), "e1".to_owned(), lease(&pulled[0]));
    let extend = pb::ExtendRequest { request_id: "extend".into(), file, officer, token };
    twice_then_reused!(east.extend(extend), |r: &mut pb::ExtendRequest| r.officer = "e2".into());
    let (file, officer) = (complaint_file("Q2"), "e1".to_owned());
    let skip =
        pb::SkipRequest { request_id: "skip".into(), file, officer, token, reason: "等材料".into() };
    twice_then_reused!(east.skip(skip), |r: &mut pb::SkipRequest| r.reason.push('。'));
    let version = handle_twice(&mut east, token).await;
    let withdraw =
        pb::WithdrawRequest { request_id: "wd".into(), registration_number: "Q2".into(), reason: None };
    twice_then_reused!(intake.withdraw(withdraw), |r: &mut pb::WithdrawRequest| r.reason =
        Some("和解".into()));
    let (file, unit) = (complaint_file("Q2"), "north".to_owned());
    let reassign = pb::ReassignRequest { request_id: "re".into(), file, unit, reason: "改派".into() };
    twice_then_reused!(reassigner.reassign(reassign), |r: &mut pb::ReassignRequest| r.unit = "west".into());
    assert!(version > token);
    app.stop().await;
}

type East = pb::unit_service_client::UnitServiceClient<crate::support::Called>;

/// Signs, notes a step, accepts and closes Q1, everything twice; the last version.
async fn handle_twice(east: &mut East, token: i64) -> i64 {
    let (file, officer) = (complaint_file("Q1"), "e1".to_owned());
    let sign = pb::SignForRequest { request_id: "sign".into(), file, officer, token };
    let signed = twice_then_reused!(east.sign_for(sign), |r: &mut pb::SignForRequest| r.token += 1);
    let (file, officer, token) = (complaint_file("Q1"), "e1".to_owned(), signed.progress.unwrap().token);
    let (request_id, finding_reason) = ("decide".to_owned(), Some("有小票，首次投诉".to_owned()));
    let ruling = Some(pb::decide_request::Ruling::Accepted(pb::decide_request::Accepted::default()));
    let finding = Some(pb::Finding::Not.into());
    let decide = pb::DecideRequest { request_id, file, officer, token, ruling, finding, finding_reason };
    let decided = twice_then_reused!(east.decide(decide), |r: &mut pb::DecideRequest| r.token += 1);
    let (file, officer, token) = (complaint_file("Q1"), "e1".to_owned(), decided.progress.unwrap().token);
    let time = Some(prost_types::Timestamp { seconds: 1_780_275_000, nanos: 0 });
    let kind = pb::StepKind::Mediation.into();
    let step = pb::StepRequest { request_id: "step".into(), file, officer, token, kind, time, note: None };
    let stepped = twice_then_reused!(east.step(step), |r: &mut pb::StepRequest| r.token += 1);
    let (file, officer, token) = (complaint_file("Q1"), "e1".to_owned(), stepped.progress.unwrap().token);
    let disposition = pb::Disposition::Settled.into();
    let (recovered_amount_fen, note) = (Some(1), None);
    let request_id = "close".to_owned();
    let close =
        pb::CloseRequest { request_id, file, officer, token, disposition, recovered_amount_fen, note };
    twice_then_reused!(east.close(close), |r: &mut pb::CloseRequest| r.token += 1).progress.unwrap().token
}

/// A submission of the same number under another request id.
fn again(id: &str, item: pb::Submission) -> pb::SubmitRequest {
    pb::SubmitRequest { request_id: id.to_owned(), submission: Some(item) }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_number_told_again_gets_its_first_decision_or_the_fields_that_differ(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let mut masked = complaint("N1", 0);
    masked.complainant.as_mut().unwrap().phone = Some("*****".into());
    let first = ok(intake.submit(submit(masked.clone())).await).receipt.unwrap();
    let same = |receipt: pb::Receipt| {
        assert!(receipt.repeat);
        assert_eq!(receipt.decisions, first.decisions);
        assert_eq!(receipt.recorded_at, first.recorded_at);
    };
    same(ok(intake.submit(again("n2", masked.clone())).await).receipt.unwrap());
    // Only the day is known here: it equals any time of that day.
    let mut dated = masked.clone();
    dated.received = Some(pb::Moment { moment: Some(pb::moment::Moment::Date("2026-05-20".into())) });
    same(ok(intake.submit(again("n3", dated)).await).receipt.unwrap());
    // An unmasking is kept, and decides nothing again.
    let told = complaint("N1", 0);
    same(ok(intake.submit(again("n4", told.clone())).await).receipt.unwrap());
    let mut other = told.clone();
    other.complainant.as_mut().unwrap().phone = Some("13900000002".into());
    other.complaint.as_mut().unwrap().amount_fen = Some(990);
    other.respondent.as_mut().unwrap().premises = Some("西街街道".into());
    other.report = Some(crate::support::items::part("还有举报"));
    let (reason, fields) = refusal(&intake.submit(again("n5", other)).await.unwrap_err());
    assert_eq!(reason, "FACTS_DIFFER");
    // The amount was absent before: it agrees with anything.
    let differing = ["submission.complainant.phone", "submission.respondent.premises", "submission.report"];
    assert_eq!(fields, differing);

    let kinds = ok(intake.list_changes(pb::ListChangesRequest::default()).await).changes;
    let kinds: Vec<_> = kinds.iter().map(pb::Change::kind).collect();
    assert_eq!(kinds, [pb::ChangeKind::Submit], "12315 is told of a decision, not of its own words");
    let mut east = app.unit("east").await;
    let by = Some(pb::search_request::By::Phone("13900000001".into()));
    let found = ok(east.search(pb::SearchRequest { by, ..pb::SearchRequest::default() }).await).files;
    assert_eq!(found.len(), 1, "the unmasked phone finds it");
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_amendment_scores_again_and_moves_nothing(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let first = ok(intake.submit(submit(complaint("M1", 0))).await).receipt.unwrap();
    let mut moved = complaint("M1", 0);
    moved.respondent.as_mut().unwrap().premises = Some("西街街道九号".into());
    moved.complainant.as_mut().unwrap().phone = Some("13900000009".into());
    let reason = "投诉人更正地址和电话".to_owned();
    let amend = pb::AmendRequest { request_id: "m2".into(), submission: Some(moved), reason };
    let rescored = ok(intake.amend(amend).await).rescored.unwrap();
    assert!(rescored.routing.is_none());
    let read = pb::GetSubmissionRequest { registration_number: "M1".into() };
    let file = ok(intake.get_submission(read).await).files.remove(0);
    assert_eq!(file.decision.as_ref(), first.decisions.first(), "the first decision stays");
    assert_eq!(file.rescored, Some(rescored));
    assert_eq!(file.state.unwrap().unit, "east");
    assert_eq!(file.respondent.unwrap().premises.as_deref(), Some("西街街道九号"));
    let mut east = app.unit("east").await;
    for (phone, files) in [("13900000001", 0), ("13900000009", 1)] {
        let by = Some(pb::search_request::By::Phone(phone.into()));
        let found = ok(east.search(pb::SearchRequest { by, ..pb::SearchRequest::default() }).await).files;
        assert_eq!(found.len(), files, "{phone}");
    }
    // Parts were said once, by the sender; the receive time started the clocks.
    let mut grown = complaint("M1", 0);
    grown.report = Some(crate::support::items::part("补举报"));
    let reason = "补充举报".to_owned();
    let amend = pb::AmendRequest { request_id: "m3".into(), submission: Some(grown), reason };
    assert_eq!(refusal(&intake.amend(amend).await.unwrap_err()).1, ["submission.report"]);
    let reason = "更正时间".to_owned();
    let amend = pb::AmendRequest { request_id: "m4".into(), submission: Some(complaint("M1", 60)), reason };
    assert_eq!(refusal(&intake.amend(amend).await.unwrap_err()).1, ["submission.received"]);
    app.stop().await;
}
