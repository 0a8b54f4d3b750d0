//! One owner, one holder: leases, holdings, their tokens, and where files go when nobody takes them.

use std::time::Duration;

use rstest::rstest;
use tonic::{Code, Status};
use triage::grpc::pb;

use crate::support::items::{at, complaint, report, submit};
use crate::support::verbs::{Station, complaint_file};
use crate::support::{Backend, TestApp, lease, ok, refusal};

const LEASE: Duration = Duration::from_mins(10);
const ALMOST_A_LEASE: Duration = Duration::from_secs(599);

fn refused(answer: Result<pb::Progress, Status>, reason: &str) {
    let status = answer.unwrap_err();
    assert_eq!(refusal(&status).0, reason, "{:?}: {}", status.code(), status.message());
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_expired_lease_is_offered_again_and_a_late_answer_refused(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let mut east = Station::new(app.unit("east").await, "e1");
    ok(intake.submit(submit(complaint("L1", 0))).await);
    let first = east.pull(5).await.remove(0);
    assert!(east.pull(5).await.is_empty(), "a leased file is not offered twice");
    app.advance(ALMOST_A_LEASE);
    let extended = east.extend(&first.name, lease(&first)).await.unwrap();
    assert_eq!(extended.token, lease(&first));
    app.advance(ALMOST_A_LEASE);
    assert!(east.pull(5).await.is_empty(), "an extended lease holds");
    app.advance(Duration::from_secs(1));
    refused(east.sign_for(&first.name, lease(&first)).await, "LEASE_LOST");
    let second = east.pull(5).await.remove(0);
    assert_ne!(lease(&second), lease(&first));
    for late in [lease(&first), 1] {
        refused(east.sign_for(&first.name, late).await, "LEASE_LOST");
        refused(east.skip(&first.name, late).await, "LEASE_LOST");
        refused(east.extend(&first.name, late).await, "LEASE_LOST");
    }
    let signed = east.sign_for(&second.name, lease(&second)).await.unwrap();
    app.advance(LEASE * 1000);
    assert!(east.pull(5).await.is_empty(), "a holding does not expire");
    east.step(&second.name, signed.token).await.unwrap();
    refused(east.step(&second.name, signed.token).await, "VERSION_STALE");
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_skipped_file_keeps_its_place_and_waits_one_lease_length(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let mut east = Station::new(app.unit("east").await, "e1");
    // Sent out of order: the queue goes by receive time, then number.
    for (number, minutes) in [("S3", 9), ("S2", 5), ("S1", 5), ("S0", 2)] {
        ok(intake.submit(submit(complaint(number, minutes))).await);
    }
    let first = east.pull(1).await.remove(0);
    assert_eq!(first.registration_number, "S0");
    east.skip(&first.name, lease(&first)).await.unwrap();
    assert_eq!(east.numbers(1).await, ["S1"]);
    app.advance(ALMOST_A_LEASE);
    assert_eq!(east.numbers(1).await, ["S2"]);
    app.advance(Duration::from_secs(1));
    assert_eq!(east.numbers(9).await, ["S0", "S1", "S3"]);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_waiting_pull_wakes_when_something_comes(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let mut east = Station::new(app.unit("east").await, "e1");
    let wait = Some(prost_types::Duration { seconds: 60, nanos: 0 });
    let wish = pb::PullRequest { wait, ..east.wish(pb::Track::Complaint, 5) };
    let pulling = tokio::spawn(async move { ok(east.client.pull(wish).await).files });
    // What is not for that queue does not end the wait; what is, does.
    ok(intake.submit(submit(report("W1", 0))).await);
    ok(intake.submit(submit(complaint("W2", 1))).await);
    let files = pulling.await.unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].registration_number, "W2");
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_file_without_competence_goes_to_reception_never_sideways(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let mut east = Station::new(app.unit("east").await, "e1");
    let mut north = Station::new(app.unit("north").await, "n1");
    let (mut reassigner, queue) = app.reception().await;
    let mut reception = Station::new(queue, "r1");

    // An unknown place goes to reception with the reason; there is nobody else to name.
    let lost = at(complaint("U1", 0), "无名小店", "某处");
    let receipt = ok(intake.submit(submit(lost)).await).receipt.unwrap();
    let routing = receipt.decisions[0].routing.clone().unwrap();
    assert_eq!((routing.unit.as_str(), routing.basis()), ("reception", pb::Basis::UnknownPlace));
    assert!(routing.candidates.is_empty());
    assert_eq!(reception.numbers(5).await, ["U1"]);

    ok(intake.submit(submit(complaint("U2", 1))).await);
    let (name, version) = east.take().await;
    refused(north.give_back(&name, version).await, "NOT_FOUND");
    east.give_back(&name, version).await.unwrap();
    refused(east.step(&name, version).await, "NOT_FOUND");
    assert_eq!(reception.numbers(5).await, ["U2"]);

    let mut request = pb::ReassignRequest {
        request_id: "re1".into(),
        file: name.clone(),
        unit: "nowhere".into(),
        reason: "属北所辖区".into(),
    };
    let status = reassigner.reassign(request.clone()).await.unwrap_err();
    assert_eq!((status.code(), refusal(&status).1), (Code::InvalidArgument, vec!["unit".to_owned()]));
    request.unit = "north".into();
    ok(reassigner.reassign(request).await);
    assert!(east.numbers(5).await.is_empty());
    let (name, version) = north.take().await;
    assert_eq!(name, complaint_file("U2"));
    // What a station holds is not taken from under it.
    let held = pb::ReassignRequest {
        request_id: "re2".into(),
        file: name.clone(),
        unit: "east".into(),
        reason: "改派".into(),
    };
    assert_eq!(refusal(&reassigner.reassign(held).await.unwrap_err()).0, "WRONG_STATE");
    north.accept(&name, version).await.unwrap();
    app.stop().await;
}

/// Every state a complaint can stand in, and which of the verbs are possible there.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_verb_in_every_state_is_done_or_refused_by_name(#[case] backend: Backend) {
    const VERBS: [&str; 8] = ["extend", "skip", "sign_for", "accept", "refuse", "step", "close", "return"];
    let possible: [(&str, &[&str], &str); 5] = [
        ("leased", &["extend", "skip", "sign_for"], "WRONG_STATE"),
        ("signed", &["accept", "refuse", "step", "return"], "WRONG_STATE"),
        ("accepted", &["accept", "step", "close"], "WRONG_STATE"),
        ("refused", &[], "FILE_ENDED"),
        ("closed", &[], "FILE_ENDED"),
    ];
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let mut east = Station::new(app.unit("east").await, "e1");
    let mut count = 0;
    for (state, allowed, reason) in possible {
        for verb in VERBS {
            count += 1;
            let number = format!("T{count}");
            ok(intake.submit(submit(complaint(&number, count))).await);
            let (name, token) = stand(&mut east, state).await;
            assert_eq!(name, complaint_file(&number));
            let answer = try_verb(&mut east, verb, &name, token).await;
            if allowed.contains(&verb) {
                assert!(answer.is_ok(), "{verb} while {state}: {answer:?}");
            } else {
                let status = answer.expect_err(&format!("{verb} while {state}"));
                assert_eq!(refusal(&status).0, reason, "{verb} while {state}");
            }
        }
    }
    app.stop().await;
}

/// Brings the waiting complaint into a state; its name and the token that holds there.
async fn stand(east: &mut Station, state: &str) -> (String, i64) {
    if state == "leased" {
        let pulled = east.pull(1).await.remove(0);
        return (pulled.name.clone(), lease(&pulled));
    }
    let (name, version) = east.take().await;
    let token = match state {
        "signed" => version,
        "refused" => east.refuse(&name, version).await.unwrap().token,
        _ => east.accept(&name, version).await.unwrap().token,
    };
    let token = if state == "closed" { east.close(&name, token).await.unwrap().token } else { token };
    (name, token)
}

async fn try_verb(east: &mut Station, verb: &str, name: &str, token: i64) -> Result<pb::Progress, Status> {
    match verb {
        "extend" => east.extend(name, token).await,
        "skip" => east.skip(name, token).await,
        "sign_for" => east.sign_for(name, token).await,
        "accept" => east.accept(name, token).await,
        "refuse" => east.refuse(name, token).await,
        "step" => east.step(name, token).await,
        "close" => east.close(name, token).await,
        _ => east.give_back(name, token).await,
    }
}
