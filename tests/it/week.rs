//! A week of a small bureau in which nobody shares an account: twenty officers, reception, a lawyer, a leader, and two computer people.

use std::fmt::Write as _;
use std::time::Duration;

use rstest::rstest;
use triage::app::FIRST_BUREAU;
use triage::domain::caller::Role;
use triage::domain::command::Command;
use triage::grpc::pb;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::reception_service_client::ReceptionServiceClient;
use triage::grpc::pb::unit_service_client::UnitServiceClient;
use triage::replay::replay;
use triage::routing::LoadBasis;

use crate::accounts::{person, sign_in};
use crate::support::items::{at, both, complaint, from, report, submit};
use crate::support::officers::new_id;
use crate::support::{Backend, Called, TestApp, lease, ok, rows, scratch_context};

const STATIONS: [&str; 4] = ["s0", "s1", "s2", "s3"];
const STREETS: [&str; 4] = ["东街", "西街", "南街", "北街"];
const DAY: Duration = Duration::from_secs(86_400);

/// Four stations of five officers each, the first of whom leads; reception, and two people for the computers.
fn bureau() -> String {
    let mut text =
        "[bureau]\nname = \"测试局\"\n[settings]\nunit_accounts_name_officers = false\n".to_owned();
    let mut unit = |id: &str, kind: &str| {
        writeln!(text, "[[unit]]\nid = \"{id}\"\nname = \"{id}单位\"\nkind = \"{kind}\"").unwrap();
    };
    unit("reception", "reception");
    unit("office", "division");
    for station in STATIONS {
        unit(station, "station");
    }
    let mut officer = |id: &str, unit: &str| {
        writeln!(text, "[[officer]]\nid = \"{id}\"\nname = \"{id}\"\nunit = \"{unit}\"").unwrap();
    };
    for id in ["r0", "r1"] {
        officer(id, "reception");
    }
    for id in ["security", "system", "auditor", "lawyer", "leader"] {
        officer(id, "office");
    }
    for station in STATIONS {
        (0..5).for_each(|at| officer(&format!("{station}-{at}"), station));
    }
    for (at, (station, street)) in STATIONS.iter().zip(STREETS).enumerate() {
        write!(
            text,
            "[[subdistrict]]\nname = \"{street}街道\"\ncode = \"99999900{at}\"\nstation = \"{station}\"\n"
        )
        .unwrap();
    }
    text
}

/// What an officer does in a morning: takes what waits, signs for it, decides and ends it. How many files.
async fn morning(units: &mut UnitServiceClient<Called>, track: pb::Track) -> usize {
    let request =
        pb::PullRequest { request_id: new_id(), track: track.into(), max_files: 3, ..Default::default() };
    let pulled = ok(units.pull(request).await).files;
    for file in &pulled {
        let name = file.name.clone();
        let sign = pb::SignForRequest {
            request_id: new_id(),
            file: name.clone(),
            token: lease(file),
            ..Default::default()
        };
        let token = ok(units.sign_for(sign).await).progress.unwrap().token;
        let is_complaint = track == pb::Track::Complaint;
        let ruling = if is_complaint {
            pb::decide_request::Ruling::Accepted(pb::decide_request::Accepted {})
        } else {
            pb::decide_request::Ruling::Filed(pb::decide_request::Filed {})
        };
        let decide = pb::DecideRequest {
            request_id: new_id(),
            file: name.clone(),
            token,
            ruling: Some(ruling),
            finding: is_complaint.then_some(pb::Finding::NotSuspected as i32),
            finding_reason: is_complaint.then(|| "首次投诉".to_owned()),
            ..Default::default()
        };
        let token = ok(units.decide(decide).await).progress.unwrap().token;
        let end = if is_complaint { pb::Disposition::Settled } else { pb::Disposition::Penalised };
        let close = pb::CloseFileRequest {
            request_id: new_id(),
            file: name,
            token,
            disposition: end.into(),
            ..Default::default()
        };
        ok(units.close_file(close).await);
    }
    pulled.len()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_week_without_a_shared_account(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    app.app.act(FIRST_BUREAU, Command::LoadBureau { content: bureau().into() }).await.unwrap();
    let mut people = vec![
        ("r0".to_owned(), vec![Role::Reception, Role::Intake]),
        ("r1".to_owned(), vec![Role::Reception, Role::Intake]),
        ("security".to_owned(), vec![Role::Security]),
        ("system".to_owned(), vec![Role::System]),
        ("auditor".to_owned(), vec![Role::Auditor]),
        ("lawyer".to_owned(), vec![Role::Lawyer]),
        ("leader".to_owned(), vec![Role::Leader]),
    ];
    for station in STATIONS {
        let roles = |at| if at == 0 { vec![Role::Officer, Role::Manager] } else { vec![Role::Officer] };
        people.extend((0..5).map(|at| (format!("{station}-{at}"), roles(at))));
    }
    for (officer, roles) in &people {
        person(&app, officer, roles).await;
    }
    let token = async |officer: &str| sign_in(&app, officer, "Kundulun-2026").await.unwrap().token;
    let (mut came, mut ended) = (0, 0);
    for day in 0..5_usize {
        let registrar = app.called_by(&token(if day % 2 == 0 { "r0" } else { "r1" }).await);
        let mut intake = IntakeServiceClient::new(registrar.clone());
        for nth in 0..16_usize {
            let (number, minutes) = (format!("W{day}{nth:02}"), i64::try_from(day * 1_440 + nth).unwrap());
            let item = match nth % 4 {
                0 => report(&number, minutes),
                1 => both(&number, minutes),
                _ => complaint(&number, minutes),
            };
            let item = from(item, &format!("人{nth}"), &format!("139000{day}{nth:04}"));
            let item = at(item, &format!("{nth}号店"), &format!("{}街道{nth}号", STREETS[nth % 4]));
            came += if nth % 4 == 1 { 2 } else { 1 };
            ok(intake.submit(submit(item)).await);
        }
        for (officer, _) in people.iter().filter(|(_, roles)| roles.contains(&Role::Officer)) {
            let mut units = UnitServiceClient::new(app.called_by(&token(officer).await));
            for track in [pb::Track::Complaint, pb::Track::Report] {
                ended += morning(&mut units, track).await;
            }
        }
        app.advance(DAY);
    }
    let mut figures = ReceptionServiceClient::new(app.called_by(&token("leader").await));
    let request = pb::GetFiguresRequest {
        from_on: "2026-06-01".to_owned(),
        to_on: "2026-06-05".to_owned(),
        format: pb::FiguresFormat::Json.into(),
    };
    assert!(!ok(figures.get_figures(request).await).document.is_empty());
    assert_eq!(ended, came, "nobody's work waits");

    // Every act of an officer was done in the account of that officer.
    let foreign = "SELECT a.action, a.officer FROM audit a LEFT JOIN account c ON c.bureau_id = a.bureau_id AND c.caller_id = a.caller_id
        WHERE a.caller_id > 0 AND (c.officer IS NULL OR a.officer IS NOT NULL AND a.officer <> c.officer)";
    assert_eq!(rows::rows(&app.config, foreign).await, Vec::<String>::new());
    assert_eq!(
        rows::rows(&app.config, "SELECT caller_id FROM caller").await,
        Vec::<String>::new(),
        "no account is shared"
    );
    let acts = rows::rows(&app.config, "SELECT number FROM audit WHERE officer IS NOT NULL").await.len();
    assert!(acts >= 3 * came, "{acts} acts of officers on {came} files");
    let other = scratch_context(&app.config, &app.directory, "replayed.db", LoadBasis::LAWFUL).await;
    assert_eq!(replay(&app.app.context, &other, FIRST_BUREAU).await.unwrap().differences, []);
    other.store.close().await;
    app.stop().await;
}
