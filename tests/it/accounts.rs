//! Accounts of persons (个人账户): who may sign in, for how long, as what - and every operation by every role, over a real socket.

use std::time::Duration;

use prost::Message as _;
use rstest::rstest;
use tonic::{Code, Request, Status};
use triage::app::{Config, FIRST_BUREAU};
use triage::domain::account::Separation;
use triage::domain::caller::{Caller, Role, Roles};
use triage::domain::ids::{CallerId, OfficerId, RequestId, UnitId};
use triage::domain::text::Line;
use triage::grpc::pb;
use triage::grpc::pb::account_service_client::AccountServiceClient;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::session_service_client::SessionServiceClient;
use triage::grpc::pb::unit_service_client::UnitServiceClient;
use triage::identity::KnownBy;
use triage::replay::replay;
use triage::routing::LoadBasis;
use triage::service::Operation;

use crate::support::items::{complaint, report, submit};
use crate::support::officers::new_id;
use crate::support::world::at_once;
use crate::support::{Backend, Called, TestApp, file, lease, ok, refusal, rows, scratch_context};

/// Accounts as they stand.
const ACCOUNTS: &str = "SELECT caller_id, officer, roles, passwords, password_at, must_change, failures, signed_in_at FROM account";
const MINUTE: Duration = Duration::from_secs(60);

/// What [`person`] changes the first password to.
pub(crate) const OWN: &str = "Kundulun-2026";

/// An account made at the terminal, with its first password.
pub(crate) async fn open(app: &TestApp, officer: &str, roles: &[Role]) -> (i64, String) {
    let officer = OfficerId::parse(officer).unwrap();
    let id = RequestId::parse(&new_id()).unwrap();
    let open = async |service: &triage::service::Service, caller: &Caller| {
        service.open_account(caller, id, officer, roles.to_vec()).await
    };
    let given = app.app.access(FIRST_BUREAU, open).await.unwrap();
    (given.id.0, given.password.into_exposed())
}

pub(crate) async fn sign_in(
    app: &TestApp,
    officer: &str,
    password: &str,
) -> Result<pb::SignInResponse, Status> {
    let request = pb::SignInRequest { officer: officer.to_owned(), password: password.to_owned(), bureau: 0 };
    SessionServiceClient::new(app.channel()).sign_in(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn change(app: &TestApp, token: &str, from: &str, to: &str) -> Result<(), Status> {
    let (present_password, new_password) = (from.to_owned(), to.to_owned());
    let request = pb::ChangePasswordRequest { present_password, new_password };
    AccountServiceClient::new(app.called_by(token)).change_password(request).await.map(drop)
}

/// A person who has changed the first password; the token of a session.
pub(crate) async fn person(app: &TestApp, officer: &str, roles: &[Role]) -> (i64, String) {
    let (id, first) = open(app, officer, roles).await;
    let token = sign_in(app, officer, &first).await.unwrap().token;
    change(app, &token, &first, OWN).await.unwrap();
    (id, sign_in(app, officer, OWN).await.unwrap().token)
}

fn units(app: &TestApp, token: &str) -> UnitServiceClient<Called> {
    UnitServiceClient::new(app.called_by(token))
}

async fn pull(app: &TestApp, token: &str, officer: &str, track: pb::Track) -> Result<Vec<pb::File>, Status> {
    let request = pb::PullRequest {
        request_id: new_id(),
        officer: officer.to_owned(),
        track: track.into(),
        max_files: 9,
        wait: None,
    };
    units(app, token).pull(request).await.map(|answer| answer.into_inner().files)
}

fn reason(answer: Result<impl std::fmt::Debug, Status>) -> String {
    refusal(&answer.unwrap_err()).0
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_person_acts_in_his_own_name_and_in_no_other(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    for number in ["A1", "A2"] {
        ok(intake.submit(submit(complaint(number, 0))).await);
    }
    let of_unit = app.token(Role::Unit, Some("east")).await;
    assert_eq!(
        pull(&app, &of_unit, "e1", pb::Track::Complaint).await.unwrap().len(),
        2,
        "nobody has an account yet"
    );
    app.advance(11 * MINUTE);

    let (_, first) = open(&app, "e1", &[Role::Officer]).await;
    app.advance(Duration::from_secs(6));
    assert_eq!(
        reason(pull(&app, &of_unit, "e2", pb::Track::Complaint).await),
        "INVALID_FIELDS",
        "from now on each for himself"
    );
    let begun = sign_in(&app, "e1", &first).await.unwrap();
    assert!(begun.account.unwrap().must_change_password);
    assert_eq!(reason(pull(&app, &begun.token, "", pb::Track::Complaint).await), "PASSWORD_TO_CHANGE");
    for plain in ["short1A", "alllowercase", &first] {
        assert_eq!(reason(change(&app, &begun.token, &first, plain).await), "INVALID_FIELDS", "{plain}");
    }
    assert_eq!(reason(change(&app, &begun.token, "wrong", "Kundulun-2026").await), "INVALID_FIELDS");
    change(&app, &begun.token, &first, "Kundulun-2026").await.unwrap();
    assert_eq!(
        reason(pull(&app, &begun.token, "", pb::Track::Complaint).await),
        "UNKNOWN_TOKEN",
        "that session is over"
    );

    let token = sign_in(&app, "e1", "Kundulun-2026").await.unwrap().token;
    assert_eq!(
        reason(pull(&app, &token, "e2", pb::Track::Complaint).await),
        "INVALID_FIELDS",
        "another's name"
    );
    let pulled = pull(&app, &token, "", pb::Track::Complaint).await.unwrap();
    assert_eq!(pulled.len(), 2);
    let mut east = units(&app, &token);
    let sign = |file: &pb::File, officer: &str| pb::SignForRequest {
        request_id: new_id(),
        file: file.name.clone(),
        officer: officer.to_owned(),
        token: lease(file),
    };
    assert_eq!(reason(east.sign_for(sign(&pulled[0], "e2")).await), "INVALID_FIELDS");
    ok(east.sign_for(sign(&pulled[0], "")).await);
    let held = "SELECT officer FROM file WHERE status = 2";
    assert_eq!(rows::rows(&app.config, held).await, ["e1"]);

    // Out: at once in this process, and nothing is left of it.
    ok(AccountServiceClient::new(app.called_by(&token)).sign_out(pb::SignOutRequest {}).await);
    assert_eq!(reason(pull(&app, &token, "", pb::Track::Complaint).await), "UNKNOWN_TOKEN");
    let audit = "SELECT action FROM audit WHERE action LIKE 'sign%' OR action LIKE '%password' OR action LIKE '%account' ORDER BY number";
    let trail =
        ["open_account", "sign_in", "sign_in_failed", "set_password", "sign_in", "sign_for", "sign_out"];
    assert_eq!(rows::rows(&app.config, audit).await, trail);
    // Accounts are events: applied again they are the same, and so is who could do what.
    let other = scratch_context(&app.config, &app.directory, "replayed.db", LoadBasis::LAWFUL).await;
    assert_eq!(replay(&app.app.context, &other, FIRST_BUREAU).await.unwrap().differences, []);
    other.store.close().await;
    let again = Config {
        data: app.config.data.clone(),
        database: Some(app.directory.path().join("replayed.db").display().to_string()),
    };
    assert_eq!(rows::rows(&app.config, ACCOUNTS).await, rows::rows(&again, ACCOUNTS).await);
    app.stop().await;
}

/// A token that gives way to another goes on for a while; both end when they should.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn tokens_are_rotated_and_end(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let name = Line::parse("登记系统").unwrap();
    let east = Some(UnitId::parse("east").unwrap());
    let (caller, first) = app
        .app
        .add_caller_for(FIRST_BUREAU, (Role::Unit, east), &name, KnownBy::Token, Some(30))
        .await
        .unwrap();
    let first = first.unwrap();
    let works = async |token: &str| pull(&app, token, "e1", pb::Track::Complaint).await.is_ok();
    let second = app.app.rotate_token(FIRST_BUREAU, caller.id, KnownBy::Token, 24, Some(60)).await.unwrap();
    let second = second.unwrap();
    assert!(works(&first).await && works(&second).await);
    app.advance(23 * 60 * MINUTE);
    assert!(works(&first).await && works(&second).await);
    app.advance(60 * MINUTE);
    assert!(!works(&first).await && works(&second).await, "the one before ends after its hours");
    app.advance(60 * 24 * 60 * MINUTE);
    assert!(!works(&second).await, "a token ends after its days");
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn sessions_end_and_accounts_lock(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (id, token) = person(&app, "e1", &[Role::Officer]).await;
    let works = async |token: &str| pull(&app, token, "", pb::Track::Complaint).await.is_ok();
    // Used again and again it lives for twelve hours, and no longer.
    for _ in 0..28 {
        app.advance(25 * MINUTE);
        assert!(works(&token).await);
    }
    app.advance(25 * MINUTE);
    assert!(!works(&token).await, "twelve hours");
    let token = sign_in(&app, "e1", "Kundulun-2026").await.unwrap().token;
    app.advance(31 * MINUTE);
    assert!(!works(&token).await, "half an hour without use");

    for _ in 0..5 {
        assert_eq!(reason(sign_in(&app, "e1", "wrong").await), "NOT_SIGNED_IN");
    }
    assert_eq!(reason(sign_in(&app, "e1", "Kundulun-2026").await), "NOT_SIGNED_IN", "locked");
    assert_eq!(reason(sign_in(&app, "e9", "Kundulun-2026").await), "NOT_SIGNED_IN", "no such account");
    app.advance(31 * MINUTE);
    let begun = sign_in(&app, "e1", "Kundulun-2026").await.unwrap();
    assert_eq!(begun.account.unwrap().failures, 5);
    // Tried all at once they are counted, too: two are hashed at a time, and no more than those go beyond the limit.
    at_once((0..16).map(|_| sign_in(&app, "e1", "wrong")).collect()).await;
    let failures: usize = rows::rows(&app.config, "SELECT failures FROM account").await[0].parse().unwrap();
    assert!((5..=6).contains(&failures), "{failures}");
    app.advance(31 * MINUTE);
    // A password is for ninety days.
    app.advance(91 * 24 * 60 * MINUTE);
    let begun = sign_in(&app, "e1", "Kundulun-2026").await.unwrap();
    assert!(begun.account.unwrap().must_change_password);
    change(&app, &begun.token, "Kundulun-2026", "Baotou-2026").await.unwrap();
    let token = sign_in(&app, "e1", "Baotou-2026").await.unwrap().token;
    assert!(works(&token).await);
    assert_eq!(
        reason(change(&app, &token, "Baotou-2026", "Kundulun-2026").await),
        "INVALID_FIELDS",
        "used before"
    );

    // Who ends an account ends its open calls with it.
    let (_, security) = person(&app, "w1", &[Role::Security]).await;
    let waiting = tokio::spawn({
        let mut units = units(&app, &token);
        let wait = Some(prost_types::Duration { seconds: 60, nanos: 0 });
        let track = pb::Track::Complaint.into();
        let request =
            pb::PullRequest { request_id: new_id(), officer: String::new(), track, max_files: 1, wait };
        async move { units.pull(request).await }
    });
    let mut accounts = AccountServiceClient::new(app.called_by(&security));
    ok(accounts.close_account(pb::CloseAccountRequest { request_id: new_id(), id }).await);
    assert_eq!(reason(waiting.await.unwrap()), "UNKNOWN_TOKEN");
    assert!(!works(&token).await && sign_in(&app, "e1", "Baotou-2026").await.is_err());
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn who_may_have_which_roles(#[case] backend: Backend) {
    const MANAGER: i32 = pb::PersonRole::Manager as i32;
    const OFFICER: i32 = pb::PersonRole::Officer as i32;
    const LAWYER: i32 = pb::PersonRole::Lawyer as i32;
    const LEADER: i32 = pb::PersonRole::Leader as i32;
    const AUDITOR: i32 = pb::PersonRole::Auditor as i32;
    const SECURITY: i32 = pb::PersonRole::Security as i32;
    let app = TestApp::spawn(backend).await;
    let (own, security) = person(&app, "w1", &[Role::Security]).await;
    let mut accounts = AccountServiceClient::new(app.called_by(&security));
    let open = |officer: &str, roles: &[i32]| pb::OpenAccountRequest {
        request_id: new_id(),
        officer: officer.to_owned(),
        roles: roles.to_vec(),
    };
    assert_eq!(reason(accounts.open_account(open("n1", &[SECURITY, AUDITOR])).await), "INVALID_FIELDS");
    assert_eq!(reason(accounts.open_account(open("n1", &[OFFICER, LAWYER])).await), "INVALID_FIELDS");
    assert_eq!(reason(accounts.open_account(open("n1", &[])).await), "INVALID_FIELDS");
    assert_eq!(reason(accounts.open_account(open("n1", &[99])).await), "INVALID_FIELDS");
    assert_eq!(reason(accounts.open_account(open("zz", &[OFFICER])).await), "NOT_FOUND");
    let made = ok(accounts.open_account(open("n1", &[OFFICER, MANAGER])).await);
    assert_eq!(
        reason(accounts.open_account(open("n1", &[OFFICER])).await),
        "INVALID_FIELDS",
        "one account a person"
    );
    let set = |id: i64, role: i32| pb::SetRolesRequest { request_id: new_id(), id, roles: vec![role] };
    assert_eq!(reason(accounts.set_roles(set(own, AUDITOR)).await), "INVALID_FIELDS", "nobody's own");
    ok(accounts.set_roles(set(made.id, LEADER)).await);
    let listed = ok(accounts.list_accounts(pb::ListAccountsRequest {}).await).accounts;
    assert_eq!(listed.last().unwrap().roles, [LEADER]);
    let again =
        ok(accounts.reset_password(pb::ResetPasswordRequest { request_id: new_id(), id: made.id }).await);
    assert!(sign_in(&app, "n1", &made.password).await.is_err());
    assert!(sign_in(&app, "n1", &again.password).await.is_ok());
    app.stop().await;
}

/// Art. 37: of reports, a person sees those that he handles; a complaint's officer in the same station is not concerned.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_report_is_for_its_handlers(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let mut intake = app.intake().await;
    for item in [report("R1", 0), complaint("A1", 1)] {
        ok(intake.submit(submit(item)).await);
    }
    let (_, handler) = person(&app, "e1", &[Role::Officer]).await;
    let (_, other) = person(&app, "e2", &[Role::Officer]).await;
    let (_, lawyer) = person(&app, "n1", &[Role::Lawyer]).await;
    let pulled = pull(&app, &handler, "", pb::Track::Report).await.unwrap();
    assert_eq!(pulled.len(), 1, "who pulls it handles it");
    let request = pb::SignForRequest {
        request_id: new_id(),
        file: pulled[0].name.clone(),
        officer: String::new(),
        token: lease(&pulled[0]),
    };
    ok(units(&app, &handler).sign_for(request).await);
    let sees = async |token: &str, number: &str, track: &str| {
        let by = Some(pb::search_request::By::RegistrationNumber(number.to_owned()));
        let found = ok(units(&app, token)
            .search(pb::SearchRequest { by, page_size: 0, page_token: String::new() })
            .await);
        let opened = units(&app, token).get_file(pb::GetFileRequest { file: file(number, track) }).await;
        assert_eq!(found.files.len(), usize::from(opened.is_ok()), "{number}");
        assert!(
            found.files.iter().all(|file| file.decision.as_ref().unwrap().suspicion.is_none()),
            "no band in a search"
        );
        opened.is_ok()
    };
    assert!(sees(&handler, "R1", "report").await);
    assert!(!sees(&other, "R1", "report").await && sees(&other, "A1", "complaint").await);
    assert!(!sees(&lawyer, "R1", "report").await, "nobody has challenged anything");
    // Figures of the whole bureau are no files of other units.
    let (_, elsewhere) = person(&app, "w1", &[Role::Officer, Role::Leader]).await;
    assert!(!sees(&elsewhere, "A1", "complaint").await && !sees(&elsewhere, "R1", "report").await);
    let (_, manager) = person(&app, "n2", &[Role::Manager, Role::Leader]).await;
    assert!(!sees(&manager, "A1", "complaint").await && !sees(&manager, "R1", "report").await);
    let (_, registrar) = person(&app, "r1", &[Role::Intake]).await;
    let asked = pb::GetSubmissionRequest { registration_number: "R1".to_owned() };
    let whole = IntakeServiceClient::new(app.called_by(&registrar)).get_submission(asked).await.unwrap();
    assert_eq!(whole.into_inner().files.len(), 1, "who registers sees both parts");
    for token in [&other, &lawyer] {
        let due = units(&app, token)
            .list_due(pb::ListDueRequest { within_working_days: 250, page_size: 9, ..Default::default() })
            .await;
        let seen = due.map(|due| due.into_inner().terms).unwrap_or_default();
        assert!(seen.iter().all(|term| !term.file.ends_with("/report")), "{seen:?}");
    }
    app.stop().await;
}

/// Every method of the contract by every role, over the wire: the policy says who is let in, and nothing else does.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_method_by_every_role(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let persons: Vec<Role> = Role::ALL.iter().copied().filter(|role| role.is_of_persons()).collect();
    let staff = ["r1", "e1", "e2", "w1", "n1", "n2", "d1"];
    let mut callers: Vec<(Caller, String)> = Vec::new();
    for (role, unit) in [(Role::Intake, None), (Role::Reception, None), (Role::Unit, Some("east"))] {
        let unit_id = unit.map(|unit| UnitId::parse(unit).unwrap());
        callers
            .push((Caller::service(CallerId(0), FIRST_BUREAU, role, unit_id), app.token(role, unit).await));
    }
    // One officer after another: a person has one account at a time.
    let mut open_ids = Vec::new();
    for (at, role) in persons.iter().enumerate() {
        let officer = if *role == Role::Reception { "r1" } else { staff[1 + at % (staff.len() - 1)] };
        let taken = open_ids.iter().position(|(_, of)| *of == officer);
        if let Some(taken) = taken {
            let (id, _): (i64, &str) = open_ids.remove(taken);
            let token = callers.iter().position(|(caller, _)| caller.id.0 == id).unwrap();
            check_all(&app, &callers.remove(token)).await;
            let close = async |service: &triage::service::Service, caller: &Caller| {
                service.close_account(caller, RequestId::parse(&new_id()).unwrap(), CallerId(id)).await
            };
            app.app.access(FIRST_BUREAU, close).await.unwrap();
        }
        let (id, token) = person(&app, officer, &[*role]).await;
        open_ids.push((id, officer));
        let caller = Caller {
            roles: Roles::of(&[*role]),
            officer: Some(OfficerId::parse(officer).unwrap()),
            ..Caller::service(CallerId(id), FIRST_BUREAU, *role, None)
        };
        callers.push((caller, token));
    }
    for caller in &callers {
        check_all(&app, caller).await;
    }
    app.stop().await;
}

/// Calls every method of the contract with an empty message, but for the one that would end the session.
async fn check_all(app: &TestApp, (caller, token): &(Caller, String)) {
    let set = prost_types::FileDescriptorSet::decode(pb::DESCRIPTORS).unwrap();
    let services = set.file.iter().flat_map(|file| &file.service);
    let mut cells = 0;
    for service in services.filter(|service| service.name() != "SessionService") {
        for method in service.method.iter().filter(|method| method.name() != "SignOut") {
            let operation =
                Operation::ALL.iter().copied().find(|one| format!("{one:?}") == operation(method.name()));
            let operation = operation.unwrap_or_else(|| panic!("{} has no operation", method.name()));
            let path = format!("/triage.v1.{}/{}", service.name(), method.name());
            let denied =
                answer(app, token, &path, method.client_streaming()).await == Some(Code::PermissionDenied);
            assert_eq!(denied, !operation.allows(caller), "{path} by {:?}", caller.roles);
            cells += 1;
        }
    }
    assert!(cells > 35, "{cells}");
}

/// The operation of a method: its name, where it has none of its own.
fn operation(method: &str) -> &str {
    match method {
        "SubmitStream" => "Submit",
        other => other,
    }
}

async fn answer(app: &TestApp, token: &str, path: &str, streaming: bool) -> Option<Code> {
    let mut grpc = tonic::client::Grpc::new(app.called_by(token));
    grpc.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let path = path.parse().unwrap();
    if streaming {
        let nothing = tokio_stream::iter(Vec::<()>::new());
        let answer = grpc.streaming(Request::new(nothing), path, codec).await;
        return answer.err().map(|status| status.code());
    }
    grpc.unary(Request::new(()), path, codec).await.err().map(|status| status.code())
}

/// A cell of the policy that nobody has looked at is red: what is for whom stands here once more, by hand.
#[test]
fn the_policy_is_the_one_that_was_agreed() {
    let table: Vec<String> = Operation::ALL
        .iter()
        .map(|operation| {
            let roles: Vec<String> = operation.roles().iter().map(|role| format!("{role:?}")).collect();
            format!("{operation:?}: {}", roles.join(" "))
        })
        .collect();
    insta::assert_snapshot!("policy", table.join("\n"));
    for separation in Separation::ALL {
        let conflict = separation.conflict(Roles::of(&[Role::Security, Role::System]));
        assert!(conflict.is_some(), "{separation:?}");
    }
}
