//! Two files of one submission: each with its own unit and life, and the report known only to whom it may be known.

use prost::Message as _;
use rstest::rstest;
use tonic::Code;
use triage::domain::caller::Role;
use triage::grpc::pb;
use triage::grpc::pb::Track::{Complaint, Report};
use triage::grpc::pb::search_request::By;

use crate::support::items::{at, both, complaint, from, part, report, submit};
use crate::support::models::{artefact, use_model};
use crate::support::officers::{OfficerAt, Verb, new_id, reception};
use crate::support::{Backend, TestApp, file, lease, ok, refusal, rows};

/// A complaint for the eastern station whose report is the drug division's.
fn of_two_units(number: &str) -> pb::Submission {
    let mut item = both(number, 0);
    let mut reported = part("该店无证销售处方药，请查处");
    reported.object_category = Some("商品（产品）->药品".to_owned());
    item.report = Some(reported);
    item
}

/// Every way of searching that finds the submission.
fn searches(number: &str) -> [By; 3] {
    [
        By::RegistrationNumber(number.to_owned()),
        By::Phone("13900000001".to_owned()),
        By::ShopPrefix("东街".to_owned()),
    ]
}

fn names(files: &[pb::File]) -> Vec<&str> {
    files.iter().map(|file| file.name.as_str()).collect()
}

async fn submission(app: &TestApp, number: &str) -> pb::GetSubmissionResponse {
    let request = pb::GetSubmissionRequest { registration_number: number.to_owned() };
    ok(app.intake().await.get_submission(request).await)
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn two_parts_become_two_files_with_their_own_units(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    use_model(&app.app, &artefact(1.0)).await;
    let receipt = ok(app.intake().await.submit(submit(of_two_units("A1"))).await).receipt.unwrap();
    let units: Vec<(&str, bool, &str)> = receipt
        .decisions
        .iter()
        .map(|one| {
            let routing = one.routing.as_ref().unwrap();
            (one.file.as_str(), one.suspicion.is_some(), routing.unit.as_str())
        })
        .collect();
    assert_eq!(
        units,
        [(file("A1", "report").as_str(), false, "drugs"), (file("A1", "complaint").as_str(), true, "east")],
        "the report first, and never with a score"
    );

    // One ends, the other goes on.
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut drugs = OfficerAt::new(&app, "drugs", "d1").await;
    east.lead(&file("A1", "complaint"), &[Verb::SignFor, Verb::Refuse]).await;
    let states = submission(&app, "A1").await.files;
    let statuses: Vec<_> = states.iter().map(|file| file.state.as_ref().unwrap().status()).collect();
    assert_eq!(statuses, [pb::FileStatus::Waiting, pb::FileStatus::Refused]);
    drugs.lead(&file("A1", "report"), &[Verb::SignFor, Verb::FileCase, Verb::Close]).await;
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_complaints_unit_never_learns_of_the_report(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    ok(app.intake().await.submit(submit(of_two_units("A1"))).await);
    let (complaint, report) = (file("A1", "complaint"), file("A1", "report"));
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut drugs = OfficerAt::new(&app, "drugs", "d1").await;
    let (_, mut front) = reception(&app).await;

    assert!(east.pull(Report, 5).await.is_empty());
    let mut shown = east.pull(Complaint, 5).await;
    for by in searches("A1") {
        shown.extend(east.search(by).await);
    }
    assert_eq!(names(&shown), [complaint.as_str(); 4]);
    for file in &shown {
        assert_eq!(file.linked_file, None);
        let text = sent(file);
        assert!(!text.contains("处方药") && !text.contains("report"), "{text}");
    }
    for verb in [Verb::SignFor, Verb::FileCase, Verb::Step, Verb::Return] {
        let refused = east.does(verb, &report, lease(&shown[0])).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound, "{verb:?}");
    }

    // The report's holder is told of the complaint, and is not shown it.
    let mut reported = drugs.pull(Report, 5).await;
    for by in searches("A1") {
        reported.extend(drugs.search(by).await);
    }
    assert_eq!(names(&reported), [report.as_str(); 4]);
    assert!(reported.iter().all(|file| file.linked_file.as_deref() == Some(complaint.as_str())));
    assert!(reported.iter().all(|file| !sent(file).contains("异物")), "not the complaint's text");
    assert!(drugs.pull(Complaint, 5).await.is_empty());

    // Intake and reception see both and the link.
    for files in [submission(&app, "A1").await.files, front.search(searches("A1")[0].clone()).await] {
        let mut links: Vec<_> = files.iter().map(|file| (&file.name, file.linked_file.as_ref())).collect();
        links.sort_unstable();
        assert_eq!(links, [(&complaint, Some(&report)), (&report, Some(&complaint))]);
    }
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn one_unit_with_both_files_sees_the_link_from_the_report_alone(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    ok(app.intake().await.submit(submit(both("A1", 0))).await);
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    for by in searches("A1") {
        let mut files = east.search(by).await;
        files.sort_unstable_by_key(pb::File::track);
        let links: Vec<_> =
            files.iter().map(|file| (file.track(), file.linked_file.as_deref().is_some())).collect();
        assert_eq!(links, [(Complaint, false), (Report, true)]);
    }
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn changes_are_told_to_intake_alone(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    ok(intake.submit(submit(of_two_units("A1"))).await);
    ok(intake.submit(submit(report("A2", 0))).await);
    let request = || pb::ListChangesRequest { page_size: 2, page_token: String::new(), wait: None };
    let all = pb::ListChangesRequest { page_size: 100, ..request() };
    let changes = ok(intake.list_changes(all).await).changes;
    let reported: Vec<_> =
        changes.iter().map(|one| (one.file.clone().unwrap(), one.unit.clone().unwrap())).collect();
    let expected = [
        (file("A1", "report"), "drugs".to_owned()),
        (file("A1", "complaint"), "east".to_owned()),
        (file("A2", "report"), "east".to_owned()),
    ];
    assert_eq!(reported, expected);

    let token = app.token(Role::Unit, Some("east")).await;
    let mut as_intake = pb::intake_service_client::IntakeServiceClient::new(app.called_by(&token));
    let denied = as_intake.list_changes(request()).await.unwrap_err();
    assert_eq!((denied.code(), refusal(&denied).0.as_str()), (Code::PermissionDenied, "NOT_ALLOWED"));
    let asked = pb::GetSubmissionRequest { registration_number: "A1".to_owned() };
    assert_eq!(as_intake.get_submission(asked).await.unwrap_err().code(), Code::PermissionDenied);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_is_amended_or_withdrawn_stays_with_its_part(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    ok(intake.submit(submit(complaint("A1", 0))).await);
    ok(intake.submit(submit(both("A2", 0))).await);
    ok(intake.submit(submit(report("A3", 0))).await);
    let amendment = |item| {
        let reason = "补充".to_owned();
        pb::AmendRequest { request_id: new_id(), submission: Some(item), reason }
    };
    let refused = intake.amend(amendment(both("A1", 0))).await.unwrap_err();
    assert_eq!(refusal(&refused).1, ["submission.report"], "a part is said once, by the sender");
    let mut other = report("A3", 0);
    other.report.as_mut().unwrap().amount_fen = Some(100);
    assert_eq!(ok(intake.amend(amendment(other)).await).rescored, None, "a report has no score to renew");

    let withdrawal = |number: &str| pb::WithdrawRequest {
        request_id: new_id(),
        registration_number: number.to_owned(),
        reason: None,
    };
    ok(intake.withdraw(withdrawal("A2")).await);
    let files = submission(&app, "A2").await.files;
    let withdrawn: Vec<_> =
        files.iter().map(|file| file.state.as_ref().unwrap().withdrawn_at.is_some()).collect();
    assert_eq!(withdrawn, [false, true], "the report goes on");
    // There is no complaint to withdraw.
    assert_eq!(intake.withdraw(withdrawal("A3")).await.unwrap_err().code(), Code::NotFound);

    // Withdrawn and signed for, a complaint may be closed without a decision.
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    east.lead(&file("A2", "complaint"), &[Verb::SignFor, Verb::CloseWithdrawn]).await;
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn reports_enter_no_history_and_no_explanation(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    use_model(&app.app, &artefact(1.0)).await;
    let mut intake = app.intake().await;
    let someone = |item, name: &str, phone: &str| from(item, name, phone);
    // One sender reports many shops in the words of a complaint; another has no past at all.
    for count in 0..6 {
        let mut item = someone(report(&format!("R{count}"), count), "王某", "13900000001");
        item.report = Some(part("买到的蛋糕有异物，要求退款"));
        ok(intake.submit(submit(at(item, &format!("店{count}"), "东街街道一号"))).await);
    }
    // More than the loss is asked for: complaints for no more do not count each other.
    let claims = |mut item: pb::Submission| {
        item.complaint.as_mut().unwrap().text = "买到的蛋糕没有标签，要求退一赔十".to_owned();
        item
    };
    let later =
        |number: &str, name: &str, phone: &str| submit(claims(someone(complaint(number, 60), name, phone)));
    let reporter = ok(intake.submit(later("C1", "王某", "13900000001")).await).receipt.unwrap();
    let mut other = at(someone(complaint("C2", 60), "李某", "13900000002"), "西街蛋糕房", "西街街道一号");
    other.complaint.as_mut().unwrap().text = "别家的蛋糕也没有标签，要求退一赔十".to_owned();
    let newcomer = ok(intake.submit(submit(other)).await).receipt.unwrap();
    let vector = |receipt: &pb::Receipt| receipt.decisions[0].suspicion.clone().unwrap().vector;
    assert_eq!(vector(&reporter), vector(&newcomer), "the reports are not held against the sender");

    // Complaints do count, and what they rest on is complaints.
    ok(intake.submit(submit(claims(someone(both("B1", 30), "王某", "13900000001")))).await);
    let elsewhere = at(someone(complaint("C3", 60), "王某", "13900000001"), "南街蛋糕房", "东街街道一号");
    let last = ok(intake.submit(submit(claims(elsewhere))).await).receipt.unwrap();
    assert_ne!(vector(&last), vector(&reporter));
    let reasons = last.decisions[0].suspicion.clone().unwrap().reasons;
    let records: Vec<&String> = reasons.iter().flat_map(|reason| &reason.records).collect();
    assert!(records.iter().any(|number| *number == "C1") && records.iter().any(|number| *number == "B1"));
    assert!(records.iter().all(|number| !number.starts_with('R')), "{records:?}");
    let kept = rows::rows(&app.config, "SELECT DISTINCT number FROM history ORDER BY number").await;
    assert_eq!(kept, ["B1", "C1", "C2", "C3"]);
    app.stop().await;
}

/// All that is sent of a file: its `Debug` shows nothing.
fn sent(file: &pb::File) -> String {
    String::from_utf8_lossy(&file.encode_to_vec()).into_owned()
}
