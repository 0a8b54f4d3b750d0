//! The straight way: a submission comes in, is scored and routed, pulled, signed for, decided, closed.

use rstest::rstest;
use triage::grpc::pb;

use crate::support::items::{both, complaint, submit};
use crate::support::{Backend, TestApp, file, lease, ok};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_complaint_comes_in_and_is_closed(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let mut east = app.unit("east").await;

    let receipt = ok(intake.submit(submit(complaint("A1", 0))).await).receipt.unwrap();
    assert!(!receipt.repeat);
    // Scored from the first complaint on, by a model that says it knows no real one.
    let suspicion = receipt.decisions[0].suspicion.as_ref().unwrap();
    assert!(suspicion.score.is_some() && suspicion.band() != pb::Band::NotScored, "{suspicion:?}");
    assert_eq!(suspicion.reasons[0].feature, "simulated_model");
    let again = ok(intake.submit(submit(complaint("A1", 0))).await).receipt.unwrap();
    assert_eq!(again, receipt);

    let pulled = ok(east
        .pull(pb::PullRequest {
            request_id: "p1".into(),
            officer: "e1".into(),
            track: pb::Track::Complaint as i32,
            max_files: 5,
            wait: None,
        })
        .await)
    .files;
    assert_eq!(pulled.len(), 1);
    let signed = ok(east
        .sign_for(pb::SignForRequest {
            request_id: "s1".into(),
            file: file("A1", "complaint"),
            officer: "e1".into(),
            token: lease(&pulled[0]),
        })
        .await)
    .progress
    .unwrap();
    assert_eq!(signed.status(), pb::FileStatus::SignedFor);
    let decided = ok(east
        .decide(pb::DecideRequest {
            request_id: "d1".into(),
            file: file("A1", "complaint"),
            officer: "e1".into(),
            token: signed.token,
            ruling: Some(pb::decide_request::Ruling::Accepted(pb::decide_request::Accepted::default())),
            finding: Some(pb::Finding::NotSuspected as i32),
            finding_reason: Some("首次投诉，有小票".into()),
            decided_on: None,
            approved_by: None,
        })
        .await)
    .progress
    .unwrap();
    let closed = ok(east
        .close_file(pb::CloseFileRequest {
            request_id: "c1".into(),
            file: file("A1", "complaint"),
            officer: "e1".into(),
            token: decided.token,
            disposition: pb::Disposition::Settled as i32,
            recovered_amount_fen: Some(1_200),
            note: None,
            termination: None,
            ground: None,
            closed_on: None,
        })
        .await)
    .progress
    .unwrap();
    assert_eq!(closed.status(), pb::FileStatus::Closed);

    ok(intake.submit(submit(both("A2", 5))).await);
    let changes = ok(intake
        .list_changes(pb::ListChangesRequest { page_size: 100, page_token: String::new(), wait: None })
        .await)
    .changes;
    let kinds: Vec<_> = changes.iter().map(pb::Change::kind).collect();
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    app.stop().await;
}
