//! Leases and holdings: one holder, late answers refused, places kept, every verb only where a file stands for it.

use std::time::Duration;

use rstest::rstest;
use tonic::{Code, Status};
use triage::grpc::pb;
use triage::grpc::pb::Track::{Complaint, Report};

use crate::support::items::{at, both, complaint, report, submit};
use crate::support::officers::{OfficerAt, Verb, new_id, numbers, reassign, reception};
use crate::support::world::at_once;
use crate::support::{Backend, MONDAY, TestApp, file, lease, ok, refusal};

const MINUTE: Duration = Duration::from_mins(1);
/// A lease length but for its last moment.
const NEARLY_A_LEASE: Duration = Duration::from_micros(599_999_999);

fn reason(refused: Result<impl std::fmt::Debug, Status>) -> String {
    refusal(&refused.unwrap_err()).0
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_expired_lease_is_offered_again_and_its_answers_come_late(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut first = OfficerAt::new(&app, "east", "e1").await;
    let mut second = first.by("e2");
    ok(app.intake().await.submit(submit(complaint("A1", 0))).await);
    let name = file("A1", "complaint");

    let pulled = first.pull(Complaint, 5).await;
    let (lost, state) = (lease(&pulled[0]), pulled[0].state.clone().unwrap());
    assert_eq!(state.leased_until.unwrap().seconds, MONDAY.seconds() + 600);
    app.advance(NEARLY_A_LEASE);
    assert!(second.pull(Complaint, 5).await.is_empty(), "leased to the last moment");
    app.advance(Duration::from_micros(1));
    assert_eq!(reason(first.does(Verb::Extend, &name, lost).await), "LEASE_LOST");
    let again = second.pull(Complaint, 5).await;
    let held = lease(&again[0]);
    assert!(held > lost, "a later lease has a larger token");
    for verb in [Verb::Extend, Verb::Skip, Verb::SignFor] {
        let late = first.does(verb, &name, lost).await.unwrap_err();
        assert_eq!((late.code(), refusal(&late).0.as_str()), (Code::FailedPrecondition, "LEASE_LOST"));
    }

    let signed = second.must(Verb::SignFor, &name, held).await;
    app.advance(60 * 24 * 60 * MINUTE);
    assert!(first.pull(Complaint, 5).await.is_empty(), "a holding does not expire");
    second.must(Verb::Accept, &name, signed).await;
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_extended_lease_holds_on_and_a_skipped_file_keeps_its_place(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut intake = app.intake().await;
    for (number, minutes) in [("A1", 0), ("A2", 1)] {
        ok(intake.submit(submit(complaint(number, minutes))).await);
    }
    let (first, name) = (lease(&east.pull(Complaint, 1).await[0]), file("A1", "complaint"));
    app.advance(9 * MINUTE);
    let progress = east.does(Verb::Extend, &name, first).await.unwrap();
    assert_eq!(progress.leased_until.unwrap().seconds, MONDAY.seconds() + 19 * 60);
    app.advance(9 * MINUTE);
    assert_eq!(east.pull_numbers(5).await, ["A2"], "still leased");
    east.must(Verb::Skip, &name, progress.token).await;
    assert!(east.pull(Complaint, 5).await.is_empty(), "skipped: not offered for a lease length");
    assert_eq!(reason(east.does(Verb::SignFor, &name, progress.token).await), "LEASE_LOST");

    ok(intake.submit(submit(complaint("A3", 2))).await);
    app.advance(NEARLY_A_LEASE);
    assert_eq!(east.pull_numbers(1).await, ["A3"]);
    app.advance(Duration::from_micros(1));
    assert_eq!(east.pull_numbers(5).await, ["A1", "A2"], "back in its old place");
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn another_units_file_is_not_told_apart_from_none(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut west = OfficerAt::new(&app, "west", "w1").await;
    ok(app.intake().await.submit(submit(complaint("A1", 0))).await);
    let token = lease(&east.pull(Complaint, 1).await[0]);
    for verb in Verb::ALL.into_iter().filter(|verb| !matches!(verb, Verb::FileCase | Verb::NotFile)) {
        let foreign = west.does(verb, &file("A1", "complaint"), token).await.unwrap_err();
        let none = west.does(verb, &file("A9", "complaint"), token).await.unwrap_err();
        assert_eq!(foreign.code(), Code::NotFound, "{verb:?}");
        assert_eq!(
            (foreign.message(), foreign.details()),
            (none.message(), none.details()),
            "{verb:?}: the answers must not tell them apart"
        );
    }
    assert!(west.see("A1", "complaint").await.is_none());
    // An officer of another unit has no hand in this one's files.
    let stranger = east.by("w1").does(Verb::SignFor, &file("A1", "complaint"), token).await.unwrap_err();
    assert_eq!(refusal(&stranger), ("INVALID_FIELDS".to_owned(), vec!["officer".to_owned()]));
    let mut by_stranger = east.by("w1");
    let request = by_stranger.pull_request(Complaint, 1);
    assert_eq!(refusal(&by_stranger.client.pull(request).await.unwrap_err()).1, ["officer"]);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_stale_version_is_told_the_one_that_holds(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut intake = app.intake().await;
    ok(intake.submit(submit(complaint("A1", 0))).await);
    let name = file("A1", "complaint");
    let signed = east.lead(&name, &[Verb::SignFor]).await;
    let noted = east.must(Verb::Step, &name, signed).await;
    let stale = east.does(Verb::Step, &name, signed).await.unwrap_err();
    assert_eq!((stale.code(), refusal(&stale).0.as_str()), (Code::Aborted, "VERSION_STALE"));
    assert_eq!(stale_version(&stale), noted);

    // Amended facts and a withdrawal are changes too: the next verb must have seen them.
    let mut amended = complaint("A1", 0);
    amended.complaint.as_mut().unwrap().amount_fen = Some(46_800);
    let reason = "补充金额".to_owned();
    let request = pb::AmendRequest { request_id: new_id(), submission: Some(amended), reason };
    let amended = ok(intake.amend(request).await).sequence;
    let stale = east.does(Verb::Accept, &name, noted).await.unwrap_err();
    assert_eq!(stale_version(&stale), amended);
    let accepted = east.must(Verb::Accept, &name, amended).await;
    let request = pb::WithdrawRequest {
        request_id: new_id(),
        registration_number: "A1".to_owned(),
        reason: Some("已和解".to_owned()),
    };
    let withdrawn = ok(intake.withdraw(request).await).sequence;
    assert_eq!(stale_version(&east.does(Verb::Close, &name, accepted).await.unwrap_err()), withdrawn);
    east.must(Verb::Close, &name, withdrawn).await;
    app.stop().await;
}

fn stale_version(status: &Status) -> i64 {
    use tonic_types::StatusExt as _;
    let details = status.get_error_details();
    details.error_info().unwrap().metadata["version"].parse().unwrap()
}

/// What each verb of [`Verb::ALL`] meets where a file stands: done (o), lease lost (L), wrong state (W), file ended
/// (E), invalid because it is a verb of the other track (I).
const MEETS: [(&str, &[Verb], &str); 13] = [
    // Extend, Skip, SignFor, Accept, Refuse, FileCase, NotFile, Step, Close, Return
    ("complaint", &[], "oooWWIIWWW"),
    ("complaint", &[Verb::Extend], "oooWWIIWWW"),
    ("complaint", &[Verb::Skip], "LLLWWIIWWW"),
    ("complaint", &[Verb::SignFor], "WWWooIIoWo"),
    ("complaint", &[Verb::SignFor, Verb::Accept], "WWWoWIIooW"),
    ("complaint", &[Verb::SignFor, Verb::Refuse], "EEEEEIIEEE"),
    ("complaint", &[Verb::SignFor, Verb::Accept, Verb::Close], "EEEEEIIEEE"),
    ("report", &[], "oooIIWWWWW"),
    ("report", &[Verb::Skip], "LLLIIWWWWW"),
    ("report", &[Verb::SignFor], "WWWIIoooWo"),
    ("report", &[Verb::SignFor, Verb::FileCase], "WWWIIWWooW"),
    ("report", &[Verb::SignFor, Verb::NotFile], "EEEIIEEEEE"),
    ("report", &[Verb::SignFor, Verb::FileCase, Verb::Close], "EEEIIEEEEE"),
];

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_verb_meets_what_the_state_allows(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut intake = app.intake().await;
    let mut count = 0;
    for (track, way, expected) in MEETS {
        let mut met = String::new();
        let mut standing = None;
        for verb in Verb::ALL {
            // A verb that was refused changed nothing: the next one may meet the same file.
            let (name, token) = if let Some(standing) = standing.take() {
                standing
            } else {
                count += 1;
                let number = format!("S{count}");
                let item = if track == "report" { report(&number, 0) } else { complaint(&number, 0) };
                ok(intake.submit(submit(item)).await);
                let name = file(&number, track);
                let token = east.lead(&name, way).await;
                (name, token)
            };
            met.push(match east.does(verb, &name, token).await {
                Ok(_) => 'o',
                Err(status) => {
                    standing = Some((name, token));
                    match refusal(&status).0.as_str() {
                        "LEASE_LOST" => 'L',
                        "WRONG_STATE" => 'W',
                        "FILE_ENDED" => 'E',
                        "INVALID_FIELDS" => 'I',
                        other => panic!("{verb:?}: {other}"),
                    }
                }
            });
        }
        assert_eq!(met, expected, "{track} after {way:?}");
    }
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_returned_file_goes_to_reception_and_on(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut west = OfficerAt::new(&app, "west", "w1").await;
    let (mut service, mut front) = reception(&app).await;
    ok(app.intake().await.submit(submit(complaint("A1", 0))).await);
    let name = file("A1", "complaint");
    let signed = east.lead(&name, &[Verb::SignFor]).await;
    assert_eq!(reason(reassign(&mut service, &name, "west").await), "WRONG_STATE", "someone works on it");
    let returned = east.does(Verb::Return, &name, signed).await.unwrap();
    assert_eq!(returned.status(), pb::FileStatus::Waiting);
    assert_eq!(east.does(Verb::Step, &name, returned.token).await.unwrap_err().code(), Code::NotFound);
    assert!(east.see("A1", "complaint").await.is_none() && east.pull(Complaint, 5).await.is_empty());

    let waiting = front.see("A1", "complaint").await.unwrap().state.unwrap();
    assert_eq!((waiting.unit.as_str(), waiting.officer), ("reception", None));
    // Reception may read it first: its own lease and holding do not stand in the way of sending it on.
    let token = lease(&front.pull(Complaint, 5).await[0]);
    front.must(Verb::SignFor, &name, token).await;
    reassign(&mut service, &name, "west").await.unwrap();
    assert!(front.pull(Complaint, 5).await.is_empty());
    assert_eq!(west.pull_numbers(5).await, ["A1"]);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn reception_sends_on_what_nobody_works_on(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let (mut service, _) = reception(&app).await;
    ok(app.intake().await.submit(submit(complaint("A1", 0))).await);
    let name = file("A1", "complaint");
    let token = lease(&east.pull(Complaint, 1).await[0]);
    assert_eq!(reason(reassign(&mut service, &name, "west").await), "LEASED");
    app.advance(10 * MINUTE);
    for (unit, fields) in [("east", ["unit"]), ("nowhere", ["unit"])] {
        assert_eq!(refusal(&reassign(&mut service, &name, unit).await.unwrap_err()).1, fields, "{unit}");
    }
    let none = reassign(&mut service, &file("A9", "complaint"), "west").await.unwrap_err();
    assert_eq!(none.code(), Code::NotFound);
    reassign(&mut service, &name, "north").await.unwrap();
    assert_eq!(east.does(Verb::SignFor, &name, token).await.unwrap_err().code(), Code::NotFound);
    let mut north = OfficerAt::new(&app, "north", "n1").await;
    north.lead(&name, &[Verb::SignFor, Verb::Refuse]).await;
    assert_eq!(reason(reassign(&mut service, &name, "west").await), "FILE_ENDED");
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_waiting_pull_wakes_when_a_file_comes(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    let mut other = east.by("e2");
    let mut intake = app.intake().await;
    let mut request = east.pull_request(Complaint, 5);
    request.wait = Some(prost_types::Duration { seconds: 60, nanos: 0 });
    let waiting = tokio::spawn({
        let mut client = east.client.clone();
        async move { numbers(&ok(client.pull(request).await).files) }
    });
    // By the answer to this one, the waiting pull of the same connection has been asked too, and found nothing.
    assert!(other.pull(Complaint, 1).await.is_empty());
    ok(intake.submit(submit(report("A0", 0))).await);
    ok(intake.submit(submit(complaint("A1", 0))).await);
    assert_eq!(waiting.await.unwrap(), ["A1"], "a report does not wake who waits for complaints");
    assert_eq!(numbers(&other.pull(Report, 5).await), ["A0"]);

    // Whoever still waits when the service stops is told that there is nothing.
    let mut request = east.pull_request(Complaint, 5);
    request.wait = Some(prost_types::Duration { seconds: 60, nanos: 0 });
    let waiting = tokio::spawn(async move { ok(east.client.pull(request).await).files.len() });
    assert!(other.pull(Complaint, 1).await.is_empty());
    app.stop().await;
    assert_eq!(waiting.await.unwrap(), 0);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_pull_goes_by_receive_time_then_number(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    for (number, minutes) in [("B2", 7), ("B10", 7), ("C1", 3), ("A9", 9), ("a1", 7), ("B1", 7)] {
        ok(intake.submit(submit(complaint(number, minutes))).await);
    }
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    assert_eq!(east.pull_numbers(2).await, ["C1", "B1"]);
    assert_eq!(east.pull_numbers(50).await, ["B10", "B2", "a1", "A9"], "numbers by their bytes, on both");
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_unknown_place_goes_to_reception_with_the_candidates_seen(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let places = [
        ("U1", "某某路一号", vec![], pb::Basis::UnknownPlace),
        ("U2", "东街街道与西街街道交界处", vec!["east", "west", "north"], pb::Basis::SeveralPlaces),
        ("U3", "西街街道二号", vec!["east", "west", "north"], pb::Basis::LeastLoad),
    ];
    for (number, premises, expected, basis) in places {
        let item = at(complaint(number, 0), "某店", premises);
        let receipt = ok(intake.submit(submit(item)).await).receipt.unwrap();
        let routing = receipt.decisions[0].routing.clone().unwrap();
        let seen: Vec<&str> = routing.candidates.iter().map(|candidate| candidate.unit.as_str()).collect();
        assert_eq!(seen, expected, "{number}");
        let chosen: Vec<&pb::Candidate> = routing.candidates.iter().filter(|one| one.chosen).collect();
        if number == "U3" {
            assert_eq!((routing.basis(), chosen.len()), (basis, 1));
            assert_eq!(chosen[0].unit, routing.unit);
        } else {
            assert_eq!((routing.basis(), routing.unit.as_str()), (basis, "reception"));
            assert!(chosen.is_empty());
        }
    }
    let (_, mut front) = reception(&app).await;
    assert_eq!(front.pull_numbers(5).await, ["U1", "U2"]);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn no_file_has_two_holders(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    for count in 0..30 {
        ok(intake.submit(submit(both(&format!("H{count:02}"), 0))).await);
    }
    let hand = OfficerAt::new(&app, "east", "e1").await;
    let officers = ["e1", "e2"].into_iter().cycle().take(12);
    let pulls = officers.map(|officer| {
        let mut hand = hand.by(officer);
        async move { hand.pull_numbers(3).await }
    });
    let mut held: Vec<String> = at_once(pulls.collect()).await.concat();
    assert_eq!(held.len(), 30);
    held.sort_unstable();
    held.dedup();
    assert_eq!(held.len(), 30, "every file has one holder");
    app.stop().await;
}
