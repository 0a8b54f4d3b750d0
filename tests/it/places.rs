//! Places that officers have confirmed (地名建议): proposed to reception, taken by a person, and known from then on.

use rstest::rstest;
use triage::app::FIRST_BUREAU;
use triage::domain::command::Command;
use triage::draft::PlaceProposal;
use triage::grpc::pb;

use crate::support::items::{at, complaint, from, submit};
use crate::support::officers::{OfficerAt, Verb, reassign};
use crate::support::{Backend, TestApp, file, ok};

/// The unit a complaint is sent to.
async fn sent_to(app: &TestApp, number: &str, premises: &str) -> String {
    let who = from(complaint(number, 0), &format!("投诉人{number}"), &format!("1390000{number}"));
    let answer = ok(app.intake().await.submit(submit(at(who, "某店", premises))).await);
    answer.receipt.unwrap().decisions[0].routing.clone().unwrap().unit
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_place_that_two_files_confirm_is_proposed_and_taken(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (mut service, _) = app.reception().await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut west = OfficerAt::new(&app, "west", "w1").await;
    let mut proposed = Vec::new();
    for (number, premises) in [
        ("1001", "望园小区3号楼底商"),
        ("1002", "北沙梁市场12号"),
        ("1003", "望园小区南门"),
        ("1004", "北沙梁市场西区"),
    ] {
        assert_eq!(sent_to(&app, number, premises).await, "reception", "{premises}");
        // The second of the market's files goes elsewhere: that contradicts the first.
        let (unit, officer) = if number == "1004" { ("west", &mut west) } else { ("east", &mut east) };
        reassign(&mut service, &file(number, "complaint"), unit).await.unwrap();
        officer.lead(&file(number, "complaint"), &[Verb::SignFor]).await;
        proposed = ok(service.propose_places(pb::ProposePlacesRequest {}).await).places;
        assert_eq!(proposed.len(), usize::from(number >= "1003"), "{proposed:?}");
    }
    let [place] = proposed.as_slice() else { panic!("{proposed:?}") };
    assert_eq!(
        (place.name.as_str(), place.kind.as_str(), place.station.as_str()),
        ("望园小区", "小区", "east")
    );
    let files: Vec<_> = place
        .sources
        .iter()
        .map(|source| (source.registration_number.as_str(), source.officer.as_str()))
        .collect();
    assert_eq!(files, [("1001", "e1"), ("1003", "e1")]);

    // A file that came back is no proof any more.
    let returned = east.see("1003", "complaint").await.unwrap();
    let token = returned.state.unwrap().token.unwrap();
    east.must(Verb::Return, &file("1003", "complaint"), token).await;
    assert!(ok(service.propose_places(pb::ProposePlacesRequest {}).await).places.is_empty());
    assert_eq!(sent_to(&app, "1005", "望园小区2号楼").await, "reception");
    reassign(&mut service, &file("1005", "complaint"), "east").await.unwrap();
    east.lead(&file("1005", "complaint"), &[Verb::SignFor]).await;

    let seen: Vec<PlaceProposal> = app
        .app
        .access(FIRST_BUREAU, async |service, caller| service.place_proposals(caller).await)
        .await
        .unwrap();
    let content = seen[0].taken_into(crate::support::BUREAU, app.app.clock.now().day()).unwrap();
    app.app.act(FIRST_BUREAU, Command::LoadBureau { content: content.into() }).await.unwrap();
    assert_eq!(sent_to(&app, "1006", "望园小区9号楼").await, "east");
    assert!(
        ok(service.propose_places(pb::ProposePlacesRequest {}).await).places.is_empty(),
        "it is known now"
    );
    app.stop().await;
}
