//! Two files: a complaint and a report of one number live apart, and only the report's people know of the report.

use rstest::rstest;
use triage::grpc::pb;

use crate::support::items::{at, both, complaint, part, report, submit};
use crate::support::{Backend, TestApp, file, lease, ok, refusal};

fn pull(officer: &str, track: pb::Track) -> pb::PullRequest {
    pb::PullRequest {
        request_id: format!("pull-{officer}-{track:?}"),
        officer: officer.to_owned(),
        track: track as i32,
        max_files: 50,
        wait: None,
    }
}

fn search(by: pb::search_request::By) -> pb::SearchRequest {
    pb::SearchRequest { by: Some(by), page_size: 50, page_token: String::new() }
}

/// The medicine report goes to the division for drugs, the complaint of the same number to the eastern station.
fn split(number: &str) -> pb::Submission {
    let mut item = both(number, 0);
    item.report =
        Some(pb::Part { object_category: Some("商品->药品".to_owned()), ..part("该店无证售药") });
    item
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_complaints_unit_never_learns_of_the_report(#[case] backend: Backend) {
    use pb::search_request::By;
    let app = TestApp::spawn(backend).await;
    let (mut intake, mut east, mut drugs) =
        (app.intake().await, app.unit("east").await, app.unit("drugs").await);
    let (_, mut reception) = app.reception().await;
    let receipt = ok(intake.submit(submit(split("B1"))).await).receipt.unwrap();
    let tracks: Vec<_> = receipt.decisions.iter().map(pb::Decision::track).collect();
    assert_eq!(tracks, [pb::Track::Report, pb::Track::Complaint]);
    assert!(receipt.decisions[0].suspicion.is_none(), "a report is never scored");

    assert!(ok(east.pull(pull("e1", pb::Track::Report)).await).files.is_empty());
    let [complaint] = &ok(east.pull(pull("e1", pb::Track::Complaint)).await).files[..] else { panic!() };
    assert_eq!(complaint.linked_file, None);
    assert_eq!(complaint.part.as_ref().unwrap().text, "买到的蛋糕有异物，要求退款");
    let [report] = &ok(drugs.pull(pull("d1", pb::Track::Report)).await).files[..] else { panic!() };
    assert_eq!(report.linked_file, Some(file("B1", "complaint")));
    assert_eq!(report.part.as_ref().unwrap().text, "该店无证售药");

    for by in [
        By::RegistrationNumber("B1".into()),
        By::Phone("139-0000-0001".into()),
        By::ShopPrefix("东街".into()),
    ] {
        let east_sees = ok(east.search(search(by.clone())).await).files;
        assert_eq!(east_sees.iter().map(|f| f.name.clone()).collect::<Vec<_>>(), [file("B1", "complaint")]);
        assert_eq!(east_sees[0].linked_file, None);
        let drugs_see = ok(drugs.search(search(by.clone())).await).files;
        assert_eq!(drugs_see.iter().map(|f| f.name.clone()).collect::<Vec<_>>(), [file("B1", "report")]);
        assert_eq!(ok(reception.search(search(by)).await).files.len(), 2);
    }
    // A verb on the report tells the complaint's unit exactly what a verb on nothing tells it.
    let foreign = |name: String| pb::SignForRequest {
        request_id: format!("foreign-{name}"),
        file: name,
        officer: "e1".into(),
        token: lease(report),
    };
    let on_report = east.sign_for(foreign(file("B1", "report"))).await.unwrap_err();
    let on_nothing = east.sign_for(foreign(file("NONE", "report"))).await.unwrap_err();
    assert_eq!((on_report.code(), on_report.message()), (on_nothing.code(), on_nothing.message()));
    assert_eq!(refusal(&on_report), refusal(&on_nothing));
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn reports_leave_no_trace_in_any_score(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let vector = |receipt: pb::Receipt| {
        let scored = receipt.decisions.into_iter().find_map(|decision| decision.suspicion).unwrap();
        (scored.vector, scored.reasons.into_iter().flat_map(|reason| reason.records).collect::<Vec<_>>())
    };
    // The same person: a lone complaint, then many reports, then the same complaint against another shop.
    let alone = vector(ok(intake.submit(submit(complaint("C0", 0))).await).receipt.unwrap());
    for number in 0..9 {
        ok(intake.submit(submit(report(&format!("R{number}"), number))).await);
    }
    let west = |number| at(complaint(number, 20), "西街面馆", "西街街道二号");
    let after = vector(ok(intake.submit(submit(west("C1"))).await).receipt.unwrap());
    let other = TestApp::spawn(backend).await;
    let mut fresh = other.intake().await;
    let alone_elsewhere = vector(ok(fresh.submit(submit(complaint("C0", 0))).await).receipt.unwrap());
    let without = vector(ok(fresh.submit(submit(west("C1"))).await).receipt.unwrap());
    assert_eq!(alone, alone_elsewhere);
    assert_eq!(after, without);
    app.stop().await;
    other.stop().await;
}
