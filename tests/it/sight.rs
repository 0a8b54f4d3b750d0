//! To whom a report is not told (Order 121 Art. 37): whatever a person asks who does not handle it is answered as for a number that
//! does not exist, and no list, page or count tells that there is one more.

use std::time::Duration;

use rstest::rstest;
use tonic::Status;
use triage::domain::caller::{Caller, Role, Roles};
use triage::domain::ids::{OfficerId, Track};
use triage::grpc::pb;
use triage::grpc::pb::decide_request::{Filed, NotFiled, Repeated, Ruling};
use triage::grpc::pb::record_act_request::{Act, LeadFound, Recused};
use triage::grpc::pb::unit_service_client::UnitServiceClient;

use crate::accounts::person;
use crate::queues::{self, Hall};
use crate::support::items::{complaint, from, report, submit};
use crate::support::officers::{OfficerAt, Verb, new_id};
use crate::support::world::unit;
use crate::support::{Backend, MONDAY, TestApp, file, lease, ok, refusal};

const EAST: usize = 1;

/// What is told by a refusal, whatever it was asked about.
fn answered(status: &Status) -> (tonic::Code, String, Vec<String>, Vec<String>) {
    let (reason, fields) = refusal(status);
    let keys =
        status.metadata().keys().map(|key| format!("{key:?}")).filter(|key| !key.contains("grpc-status"));
    (status.code(), reason, fields, keys.collect())
}

fn at(app: &TestApp, token: &str, officer: &'static str) -> OfficerAt {
    OfficerAt { client: UnitServiceClient::new(app.called_by(token)), officer }
}

/// Every question about one file, with what a caller may guess of it; the answers as far as they are refusals.
async fn asked(hand: &mut OfficerAt, name: &str, tokens: &[i64]) -> Vec<(String, Option<Status>)> {
    let mut answers = Vec::new();
    for token in tokens {
        for verb in Verb::ALL {
            answers.push((format!("{verb:?} {token}"), hand.does(verb, name, *token).await.err()));
        }
        // Of a number that there is: whoever may not have the file is not told that either.
        let lead =
            LeadFound { registration_number: "A1".to_owned(), facts: "货架上有过期食品".to_owned() };
        let act = pb::RecordActRequest {
            request_id: new_id(),
            file: name.to_owned(),
            officer: hand.officer.to_owned(),
            token: *token,
            done_on: MONDAY.day().to_string(),
            act: Some(Act::LeadFound(lead)),
        };
        answers.push((format!("RecordAct {token}"), hand.client.record_act(act).await.err()));
    }
    let rulings =
        [Ruling::Filed(Filed {}), Ruling::NotFiled(NotFiled { reason: "经核实".to_owned(), basis: None })];
    for ruling in rulings {
        let decide = pb::DecideRequest {
            request_id: new_id(),
            file: name.to_owned(),
            officer: hand.officer.to_owned(),
            token: 1,
            ruling: Some(ruling),
            ..pb::DecideRequest::default()
        };
        let decision = Some(pb::check_decision_request::Decision::Decide(decide));
        let check = pb::CheckDecisionRequest { decision };
        answers.push(("CheckDecision".to_owned(), hand.client.check_decision(check).await.err()));
    }
    let get = pb::GetFileRequest { file: name.to_owned() };
    answers.push(("GetFile".to_owned(), hand.client.get_file(get).await.err()));
    let number = name.split('/').nth(1).unwrap_or(name).to_owned();
    let evidence = pb::GetEvidenceRequest { registration_number: number, ..Default::default() };
    answers.push(("GetEvidence".to_owned(), hand.client.get_evidence(evidence).await.err()));
    let dossier = pb::GetDossierRequest { file: name.to_owned(), ..Default::default() };
    answers.push(("GetDossier".to_owned(), hand.client.get_dossier(dossier).await.err()));
    answers
}

/// Everything that lists, page by page of one: the names of files that are listed, and how many pages there were.
async fn listed(hand: &mut OfficerAt) -> (Vec<String>, usize) {
    let (mut names, mut pages) = (Vec::new(), 0);
    let mut token = String::new();
    loop {
        let request = pb::ListFilesRequest {
            track: pb::Track::Report.into(),
            page_size: 1,
            page_token: token,
            ..pb::ListFilesRequest::default()
        };
        let page = ok(hand.client.list_files(request).await);
        names.extend(page.files.iter().map(|file| file.name.clone()));
        (pages, token) = (pages + 1, page.next_page_token);
        if token.is_empty() {
            break;
        }
    }
    loop {
        let request = pb::ListDueRequest {
            within_working_days: 250,
            page_size: 1,
            page_token: token,
            ..pb::ListDueRequest::default()
        };
        let page = ok(hand.client.list_due(request).await);
        names.extend(page.terms.iter().map(|term| term.file.clone()).filter(|name| name.ends_with("report")));
        (pages, token) = (pages + usize::from(!page.terms.is_empty()), page.next_page_token);
        if token.is_empty() {
            break;
        }
    }
    loop {
        let by = Some(pb::search_request::By::ShopPrefix("东街".to_owned()));
        let request = pb::SearchRequest { by, page_size: 1, page_token: token };
        let page = ok(hand.client.search(request).await);
        names.extend(page.files.iter().map(|file| file.name.clone()).filter(|name| name.ends_with("report")));
        (pages, token) = (pages + usize::from(!page.files.is_empty()), page.next_page_token);
        if token.is_empty() {
            break;
        }
    }
    (names, pages)
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_report_is_not_told_to_those_who_do_not_handle_it(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    let reporter =
        |name: &str, number: i64| from(report(name, number), "李某", &(13_900_000_100 + number).to_string());
    for item in [reporter("R1", 0), reporter("R2", 1), complaint("A1", 2)] {
        ok(intake.submit(submit(item)).await);
    }
    let (_, handler) = person(&app, "e1", &[Role::Officer]).await;
    let (_, colleague) = person(&app, "e2", &[Role::Officer]).await;
    let (_, lawyer) = person(&app, "n1", &[Role::Lawyer]).await;
    let mut holder = at(&app, &handler, "");
    let mut other = at(&app, &colleague, "");

    // Each pulls one: the lease alone shows it, and signing for it.
    let (first, second) = (file("R1", "report"), file("R2", "report"));
    let pulled = holder.pull(pb::Track::Report, 1).await;
    assert_eq!(pulled[0].name, first);
    let leased = lease(&pulled[0]);
    let sees = async |hand: &mut OfficerAt, name: &str| {
        hand.client.get_file(pb::GetFileRequest { file: name.to_owned() }).await.is_ok()
    };
    assert!(sees(&mut holder, &first).await && !sees(&mut other, &first).await, "leased");
    assert!(!sees(&mut holder, &second).await && !sees(&mut other, &second).await, "waiting");
    // Sent again by another, a number of a lease that is guessed takes nothing away.
    assert!(other.does(Verb::SignFor, &first, leased).await.is_err());
    let held = holder.must(Verb::SignFor, &first, leased).await;
    assert!(sees(&mut holder, &first).await && !sees(&mut other, &first).await, "signed for");

    let guessed = [1, leased, held];
    let nothing = file("NONE", "report");
    let mut of_law = at(&app, &lawyer, "");
    for hand in [&mut other, &mut of_law] {
        let (about, of_none) = (asked(hand, &first, &guessed).await, asked(hand, &nothing, &guessed).await);
        for ((what, one), (_, none)) in about.iter().zip(&of_none) {
            let (one, none) = (one.as_ref().unwrap_or_else(|| panic!("{what}")), none.as_ref().unwrap());
            assert_eq!(answered(one), answered(none), "{what}");
        }
    }
    let before = listed(&mut other).await;
    assert!(before.0.is_empty(), "{before:?}");

    // A report of his own is no way to ask for others' by.
    let pulled = other.pull(pb::Track::Report, 1).await;
    assert_eq!(pulled[0].name, second);
    let own = other.must(Verb::SignFor, &second, lease(&pulled[0])).await;
    let mut again = async |earlier: &str| {
        let ruling = Ruling::Repeated(Repeated {
            earlier_registration_number: earlier.to_owned(),
            reason: "同一举报".to_owned(),
        });
        let request = pb::DecideRequest {
            request_id: new_id(),
            file: second.clone(),
            token: own,
            ruling: Some(ruling),
            ..pb::DecideRequest::default()
        };
        answered(&other.client.decide(request).await.unwrap_err())
    };
    assert_eq!(again("R1").await, again("NONE").await);

    // More reports than his own make no page longer.
    let few = listed(&mut other).await;
    for number in 0..9 {
        ok(intake.submit(submit(reporter(&format!("R9{number}"), 40 + number))).await);
    }
    assert_eq!(listed(&mut other).await, few);
    assert!(few.0.iter().all(|name| *name == second), "{few:?}");
    app.stop().await;
}

/// A pull that is sent again long after shows a person no report that another holds by then.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_pull_sent_again_shows_what_is_still_his(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    ok(app.intake().await.submit(submit(report("R1", 0))).await);
    let (_, one) = person(&app, "e1", &[Role::Officer]).await;
    let (_, two) = person(&app, "e2", &[Role::Officer]).await;
    let (mut first, mut second) = (at(&app, &one, ""), at(&app, &two, ""));
    let request = first.pull_request(pb::Track::Report, 1);
    let shown = async |hand: &mut OfficerAt| ok(hand.client.pull(request.clone()).await).files.len();
    assert_eq!((shown(&mut first).await, shown(&mut first).await), (1, 1));
    app.advance(Duration::from_secs(15 * 60));
    assert_eq!(second.pull(pb::Track::Report, 1).await.len(), 1, "the lease has run out");
    assert_eq!(shown(&mut first).await, 0);
    app.stop().await;
}

/// A queue shows a person those reports alone that he handles, and counts no others; who leads the unit sees all.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_queue_counts_no_report_that_it_does_not_show(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    for (name, days_ago) in [("R0", 0), ("R1", 1), ("R2", 2)] {
        hall.file(queues::report(name, 1, days_ago)).await;
    }
    let by = |officer: &str, role: Role| Caller {
        roles: Roles::of(&[role]),
        officer: Some(OfficerId::parse(officer).unwrap()),
        ..unit(EAST)
    };
    let queue = async |caller: Caller| {
        let east = caller.unit.clone().unwrap();
        let seen = hall.world.service.queue(&caller, &east, Track::Report, 50).await.unwrap();
        (seen.open, seen.files.len())
    };
    let both = async || (queue(by("e1", Role::Officer)).await, queue(by("e2", Role::Manager)).await);
    assert_eq!(both().await, ((0, 0), (3, 3)));
    assert_eq!(hall.pull_by(EAST, "e1", Track::Report, 1).await.len(), 1);
    assert_eq!(both().await, ((1, 1), (3, 3)));
    assert_eq!(queue(by("e2", Role::Officer)).await, (0, 0));
    assert_eq!(queue(unit(EAST)).await, (3, 3), "an account of the unit itself");
    hall.world.close().await;
}

/// Who must not handle a report (回避) is not shown it either, whatever he leads; he hands on what he holds.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn who_is_recused_from_a_report_is_not_shown_it(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    ok(intake.submit(submit(from(report("R1", 0), "李某", "13900000100"))).await);
    let (_, handler) = person(&app, "e1", &[Role::Officer]).await;
    let (_, leader) = person(&app, "e2", &[Role::Manager]).await;
    let (mut holder, mut leader) = (at(&app, &handler, ""), at(&app, &leader, ""));
    let first = file("R1", "report");
    let pulled = holder.pull(pb::Track::Report, 1).await;
    let mut token = holder.must(Verb::SignFor, &first, lease(&pulled[0])).await;
    let sees = async |hand: &mut OfficerAt| {
        hand.client.get_file(pb::GetFileRequest { file: first.clone() }).await.is_ok()
    };
    assert!(sees(&mut holder).await && sees(&mut leader).await, "he leads the unit");
    for (officer, applied_for) in [("e2", true), ("e1", false)] {
        let reason = "与被举报人有亲属关系".to_owned();
        let act = Act::Recused(Recused { officer: officer.to_owned(), applied_for, reason });
        let request = pb::RecordActRequest {
            request_id: new_id(),
            file: first.clone(),
            token,
            done_on: MONDAY.day().to_string(),
            act: Some(act),
            ..pb::RecordActRequest::default()
        };
        token = ok(holder.client.record_act(request).await).progress.unwrap().token;
        assert!(sees(&mut holder).await && !sees(&mut leader).await, "{officer}");
    }
    let reason = "本人应当回避".to_owned();
    let back = pb::ReturnFileRequest {
        request_id: new_id(),
        file: first.clone(),
        token,
        reason,
        ..Default::default()
    };
    ok(holder.client.return_file(back).await);
    assert!(!sees(&mut holder).await && !sees(&mut leader).await, "handed on");
    assert!(leader.pull(pb::Track::Report, 1).await.is_empty());
    app.stop().await;
}
