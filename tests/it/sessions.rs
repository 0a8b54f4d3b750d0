//! Signing in under attack: what a stranger without a token can do to those who have an account, and what ends with what is taken away.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use rstest::rstest;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use triage::app::FIRST_BUREAU;
use triage::cli::audit::line;
use triage::domain::account::AccountChange;
use triage::domain::caller::{Caller, Role};
use triage::domain::command::Command;
use triage::domain::ids::{CallerId, OfficerId};
use triage::grpc::pb;
use triage::grpc::pb::account_service_client::AccountServiceClient;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::session_service_client::SessionServiceClient;
use triage::grpc::pb::unit_service_client::UnitServiceClient;
use triage::identity::Credential;
use triage::lifecycle::Lifecycle;
use triage::replay::replay;
use triage::routing::LoadBasis;
use triage::service::{Bounds, Operation, Service, Still, TrailAsked};

use crate::accounts::{OWN, change, open, person, sign_in};
use crate::support::items::{complaint, report, submit};
use crate::support::officers::new_id;
use crate::support::world::at_once;
use crate::support::{BUREAU, Backend, TestApp, file, ok, refusal, rows, scratch_context};

const MINUTE: Duration = Duration::from_secs(60);

/// A connection from another address of this machine.
async fn from(app: &TestApp, last: u8) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{}", app.address)).unwrap();
    let endpoint = endpoint.local_address(Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))));
    endpoint.connect().await.unwrap()
}

async fn sign_in_over(
    channel: &Channel,
    officer: &str,
    password: &str,
) -> Result<pb::SignInResponse, Status> {
    let request = pb::SignInRequest { officer: officer.to_owned(), password: password.to_owned(), bureau: 0 };
    SessionServiceClient::new(channel.clone()).sign_in(request).await.map(tonic::Response::into_inner)
}

fn reason(answer: Result<impl std::fmt::Debug, Status>) -> String {
    refusal(&answer.unwrap_err()).0
}

async fn is_alive(app: &TestApp, token: &str) -> bool {
    AccountServiceClient::new(app.called_by(token)).get_account(pb::GetAccountRequest {}).await.is_ok()
}

/// A bureau file in which something was changed.
async fn load(app: &TestApp, from: &str, to: &str) {
    let content = BUREAU.replace(from, to);
    assert_ne!(content, BUREAU);
    app.app.act(FIRST_BUREAU, Command::LoadBureau { content: content.into() }).await.unwrap();
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_old_password_begins_no_session_that_outlives_a_reset(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (_, security) = person(&app, "w1", &[Role::Security]).await;
    let (id, _) = person(&app, "e1", &[Role::Officer]).await;
    let mut old = OWN.to_owned();
    for round in 0..4 {
        let mut accounts = AccountServiceClient::new(app.called_by(&security));
        let reset = accounts.reset_password(pb::ResetPasswordRequest { request_id: new_id(), id });
        // Each round from elsewhere: where the old password was tried after the reset, the account is locked.
        let before = from(&app, 20 + round).await;
        let many = |most: usize| at_once((0..most).map(|_| sign_in_over(&before, "e1", &old)).collect());
        let (early, first, late) = tokio::join!(many(3), reset, many(5));
        for begun in early.into_iter().chain(late).flatten() {
            assert!(!is_alive(&app, &begun.token).await, "round {round}: begun with the old password");
        }
        let first = ok(first).password;
        let elsewhere = from(&app, 60 + round).await;
        let begun = sign_in_over(&elsewhere, "e1", &first).await.unwrap();
        old = format!("Kundulun-{round}-x");
        change(&app, &begun.token, &first, &old).await.unwrap();
    }
    app.stop().await;
}

/// Who has other roles, another unit, or is no deputy any more ends what was let in before.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_is_taken_away_ends_open_calls(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (_, security) = person(&app, "w1", &[Role::Security]).await;
    let (id, token) = person(&app, "e1", &[Role::Officer, Role::Intake]).await;

    let (items, sent) = mpsc::channel(1);
    let mut registrar = IntakeServiceClient::new(app.called_by(&token));
    let mut answers = ok(registrar.submit_stream(ReceiverStream::new(sent)).await);
    let item = |number: &str| pb::SubmitStreamRequest {
        request_id: new_id(),
        submission: Some(complaint(number, 0)),
    };
    items.send(item("A1")).await.unwrap();
    assert!(answers.message().await.unwrap().is_some());
    let waiting = waits(&app, &token).await;
    let mut accounts = AccountServiceClient::new(app.called_by(&security));
    let roles = vec![pb::PersonRole::Leader.into()];
    ok(accounts.set_roles(pb::SetRolesRequest { request_id: new_id(), id, roles }).await);
    assert_eq!(reason(answers.message().await), "NOT_ALLOWED", "the stream ends");
    assert_eq!(reason(waiting.await.unwrap()), "NOT_ALLOWED", "nothing is given to who waited");

    // Another role that may still do it is another caller: who waits asks again.
    let (id, token) = person(&app, "e2", &[Role::Officer]).await;
    let waiting = waits(&app, &token).await;
    let roles = vec![pb::PersonRole::Officer.into(), pb::PersonRole::Manager.into()];
    ok(accounts.set_roles(pb::SetRolesRequest { request_id: new_id(), id, roles }).await);
    assert_eq!(waiting.await.unwrap().unwrap_err().code(), Code::Unavailable);

    // A bureau file that is loaded elsewhere moves the officer; a minute later, by this process's clock, it is known.
    let waiting = waits(&app, &token).await;
    load(&app, "name = \"东乙\"\nunit = \"east\"", "name = \"东乙\"\nunit = \"north\"").await;
    app.advance(MINUTE);
    assert_eq!(waiting.await.unwrap().unwrap_err().code(), Code::Unavailable);

    // The last day of a deputy ends, and with it what he does as one.
    app.advance(Duration::from_secs((14 * 60 + 40) * 60));
    person(&app, "n1", &[Role::Manager]).await;
    let away = "name = \"北甲\"\nunit = \"north\"\naway = [{ from = \"2026-06-01\", to = \"2026-06-01\", why = \"年休假\", deputy = \"n2\" }]";
    load(&app, "name = \"北甲\"\nunit = \"north\"", away).await;
    let (_, deputy) = person(&app, "n2", &[Role::Leader]).await;
    let waiting = waits(&app, &deputy).await;
    assert!(pulls_nothing(&app, &deputy).await, "until midnight he leads the unit");
    app.advance(20 * MINUTE);
    assert_eq!(reason(waiting.await.unwrap()), "NOT_ALLOWED");
    app.stop().await;
}

/// Who has left his desk leaves calls open: that they ask whether they go on is no use of the session.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn open_calls_keep_no_session_from_ending(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (_, token) = person(&app, "e1", &[Role::Officer]).await;
    let service =
        Service::new(app.app.context.clone(), app.clock.clone(), Bounds::default(), Lifecycle::default());
    let shown = Credential::of_token(&token).unwrap();
    let caller = service.caller(&shown).await.unwrap().unwrap();
    let goes_on = async |is_certain| {
        matches!(service.still(&shown, (&caller, Operation::Pull), is_certain).await.unwrap(), Still::Allowed)
    };
    for _ in 0..2 {
        app.advance(14 * MINUTE);
        assert!(goes_on(false).await && goes_on(true).await, "while the session lives");
    }
    app.advance(3 * MINUTE);
    assert!(!goes_on(true).await && !is_alive(&app, &token).await, "not used for half an hour");
    let begun = sign_in(&app, "e1", OWN).await.unwrap().token;
    for _ in 0..3 {
        app.advance(14 * MINUTE);
        assert!(is_alive(&app, &begun).await, "used in between");
    }
    app.stop().await;
}

/// What one person may not be is settled before a bureau file says so.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_bureau_file_that_parts_roles_is_refused_while_one_person_has_both(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let small = BUREAU.replace("[settings]", "[settings]\nseparation = \"small\"");
    assert_ne!(small, BUREAU);
    let load = async |content: &str| {
        app.app.act(FIRST_BUREAU, Command::LoadBureau { content: content.to_owned().into() }).await
    };
    load(&small).await.unwrap();
    let (id, _) = person(&app, "e1", &[Role::Officer, Role::Lawyer]).await;
    let refused = load(BUREAU).await.unwrap_err();
    assert!(format!("{refused:?}").contains("e1 兼任“法制”和“承办人”"), "{refused:?}");
    let roles = vec![Role::Officer];
    app.app
        .act(FIRST_BUREAU, Command::Account(AccountChange::SetRoles { id: CallerId(id), roles }))
        .await
        .unwrap();
    load(BUREAU).await.unwrap();
    app.stop().await;
}

/// A pull of reports that waits for a minute. It waits when this returns: calls that were sent after it have been answered.
async fn waits(app: &TestApp, token: &str) -> tokio::task::JoinHandle<Result<pb::PullResponse, Status>> {
    let mut units = UnitServiceClient::new(app.called_by(token));
    let wait = Some(prost_types::Duration { seconds: 60, nanos: 0 });
    let track = pb::Track::Report.into();
    let request = pb::PullRequest { request_id: new_id(), officer: String::new(), track, max_files: 1, wait };
    let waiting = tokio::spawn(async move { units.pull(request).await.map(tonic::Response::into_inner) });
    for _ in 0..3 {
        assert!(is_alive(app, token).await);
    }
    waiting
}

async fn pulls_nothing(app: &TestApp, token: &str) -> bool {
    let track = pb::Track::Report.into();
    let request = pb::PullRequest { request_id: new_id(), track, max_files: 1, ..Default::default() };
    ok(UnitServiceClient::new(app.called_by(token)).pull(request).await).files.is_empty()
}

/// Whoever opens calls to sign in and sends nothing is in nobody's way.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn calls_without_a_body_keep_nobody_from_signing_in(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    person(&app, "e1", &[Role::Officer]).await;
    let stranger = from(&app, 2).await;
    let open = |_| {
        let mut grpc = tonic::client::Grpc::new(stranger.clone());
        async move {
            grpc.ready().await.unwrap();
            let codec = tonic_prost::ProstCodec::<pb::SignInRequest, pb::SignInResponse>::default();
            let path = "/triage.v1.SessionService/SignIn".parse().unwrap();
            let nothing = Request::new(tokio_stream::pending());
            grpc.client_streaming(nothing, path, codec).await
        }
    };
    let slow: Vec<_> = (0..64).map(|at| tokio::spawn(open(at))).collect();
    // What is sent over the same connection afterwards comes in afterwards, and may find the connection's own places taken.
    for _ in 0..4 {
        let mut health = tonic_health::pb::health_client::HealthClient::new(stranger.clone());
        let answered = health.check(tonic_health::pb::HealthCheckRequest::default()).await;
        let refused = answered.err().map(|refusal| refusal.code());
        assert!(matches!(refused, None | Some(Code::ResourceExhausted)), "{refused:?}");
        for _ in 0..4 {
            sign_in(&app, "e1", OWN).await.unwrap();
        }
    }
    for one in slow {
        let code = one.await.unwrap().unwrap_err().code();
        assert!(matches!(code, Code::DeadlineExceeded | Code::ResourceExhausted), "{code:?}");
    }
    app.stop().await;
}

/// Wrong passwords lock an account where they come from; who signs in elsewhere as usual is not locked out by strangers.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn strangers_lock_nobody_out_elsewhere(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let staff = ["e1", "e2", "w1", "n1", "n2", "d1"];
    for officer in staff {
        person(&app, officer, &[Role::Officer]).await;
    }
    let stranger = from(&app, 2).await;
    for _ in 0..5 {
        assert_eq!(reason(sign_in_over(&stranger, "e1", "wrong").await), "NOT_SIGNED_IN");
    }
    assert_eq!(
        reason(sign_in_over(&stranger, "e1", OWN).await),
        "NOT_SIGNED_IN",
        "locked after five, from there"
    );
    sign_in(&app, "e1", OWN).await.unwrap();
    // A second one that knows nobody here: after so many wrong passwords its address has to wait.
    let mut locked = 0;
    for officer in staff {
        for _ in 0..5 {
            let code = sign_in_over(&stranger, officer, "wrong").await.unwrap_err().code();
            locked += usize::from(code == Code::ResourceExhausted);
        }
    }
    assert!(locked >= 5, "{locked}");
    for officer in staff {
        sign_in(&app, officer, OWN).await.unwrap();
    }
    // The stranger's lock ends with its time, and then a right password is a right password.
    app.advance(31 * MINUTE);
    sign_in_over(&stranger, "e1", OWN).await.unwrap();

    // Guesses at one account from many addresses: after twenty it is locked for all but those that signed in lately.
    for last in 40..46 {
        let stranger = from(&app, last).await;
        for _ in 0..4 {
            let _ = sign_in_over(&stranger, "e2", "wrong").await;
        }
    }
    assert_eq!(reason(sign_in_over(&from(&app, 50).await, "e2", OWN).await), "NOT_SIGNED_IN");
    let begun = sign_in(&app, "e2", OWN).await.unwrap();
    assert_eq!(begun.account.unwrap().failures, 20, "what was tried when it was locked does not count");
    // Nothing of it is forgotten with the process, nor by a replay.
    let other = scratch_context(&app.config, &app.directory, "replayed.db", LoadBasis::LAWFUL).await;
    assert_eq!(replay(&app.app.context, &other, FIRST_BUREAU).await.unwrap().differences, []);
    other.store.close().await;
    app.stop().await;
}

/// Whether there is such an account is told neither by the answer nor by what is done for it.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_failure_leaves_as_much_whoever_it_names(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    person(&app, "e1", &[Role::Officer]).await;
    let left = async || {
        let count = rows::rows(&app.config, "SELECT COUNT(*) FROM event").await;
        count[0].parse::<i64>().unwrap()
    };
    let before = left().await;
    // Seven times: the last ones find the account locked, if there is one.
    for (officer, times) in [("e1", 1), ("nobody", 2)] {
        for _ in 0..7 {
            assert_eq!(reason(sign_in_over(&from(&app, 9).await, officer, "wrong").await), "NOT_SIGNED_IN");
        }
        assert_eq!(left().await, before + 5 * times, "{officer}");
    }
    app.stop().await;
}

/// A session that was taken over does not find the password out.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_session_ends_with_five_wrong_present_passwords(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (_, token) = person(&app, "e1", &[Role::Officer]).await;
    let guesses = (0..12).map(|_| change(&app, &token, "wrong", "Baotou-2026")).collect();
    let answers = at_once(guesses).await;
    let wrong = answers
        .into_iter()
        .filter(|answer| answer.as_ref().is_err_and(|status| refusal(status).0 == "INVALID_FIELDS"));
    assert!(wrong.count() <= 5);
    assert_eq!(reason(change(&app, &token, OWN, "Baotou-2026").await), "UNKNOWN_TOKEN");
    sign_in(&app, "e1", OWN).await.unwrap();
    app.stop().await;
}

/// A deputy leads a unit only where that goes together with what he is.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_deputy_keeps_to_what_one_person_may_be(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    person(&app, "e1", &[Role::Manager]).await;
    let (_, lawyer) = person(&app, "e2", &[Role::Lawyer]).await;
    let mut intake = app.intake().await;
    ok(intake.submit(submit(report("R1", 0))).await);
    let away = "name = \"东甲\"\nunit = \"east\"\naway = [{ from = \"2026-06-01\", to = \"2026-06-03\", why = \"年休假\", deputy = \"e2\" }]";
    load(&app, "name = \"东甲\"\nunit = \"east\"", away).await;
    app.advance(MINUTE);
    let asked = pb::GetFileRequest { file: file("R1", "report") };
    let answer = UnitServiceClient::new(app.called_by(&lawyer)).get_file(asked.clone()).await;
    assert_eq!(reason(answer), "NOT_FOUND", "a lawyer does not lead a unit");
    let roles = async |token: &str| {
        let mut accounts = AccountServiceClient::new(app.called_by(token));
        ok(accounts.get_account(pb::GetAccountRequest {}).await).account.unwrap().roles
    };
    assert_eq!(roles(&lawyer).await, [pb::PersonRole::Lawyer as i32]);
    let (_, security) = person(&app, "w1", &[Role::Security]).await;
    let mut accounts = AccountServiceClient::new(app.called_by(&security));
    let listed = ok(accounts.list_accounts(pb::ListAccountsRequest {}).await).accounts;
    let id = listed.iter().find(|account| account.officer == "e2").unwrap().id;
    let set = pb::SetRolesRequest { request_id: new_id(), id, roles: vec![pb::PersonRole::Officer.into()] };
    ok(accounts.set_roles(set).await);
    assert!(UnitServiceClient::new(app.called_by(&lawyer)).get_file(asked).await.is_ok(), "an officer does");
    let both = [pb::PersonRole::Manager as i32, pb::PersonRole::Officer as i32];
    assert_eq!(roles(&lawyer).await, both, "and is shown that he does");
    app.stop().await;
}

/// Accounts made at once all stand, and a lost answer is given again.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn accounts_are_made_at_once_and_safe_to_make_again(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (_, security) = person(&app, "w1", &[Role::Security]).await;
    let asked = |officer: &str| pb::OpenAccountRequest {
        request_id: format!("open-{officer}"),
        officer: officer.to_owned(),
        roles: vec![pb::PersonRole::Officer.into()],
    };
    let make = async |officer: &str| {
        let mut accounts = AccountServiceClient::new(app.called_by(&security));
        ok(accounts.open_account(asked(officer)).await)
    };
    let staff = ["e1", "e2", "n1", "n2", "d1", "r1"];
    let made = at_once(staff.iter().map(|officer| make(officer)).collect()).await;
    for (officer, made) in staff.iter().zip(&made) {
        assert_eq!(make(officer).await, *made, "the stored answer");
        sign_in(&app, officer, &made.password).await.unwrap();
    }
    let mut accounts = AccountServiceClient::new(app.called_by(&security));
    let reset = pb::ResetPasswordRequest { request_id: new_id(), id: made[0].id };
    let first = ok(accounts.reset_password(reset.clone()).await);
    assert_eq!(ok(accounts.reset_password(reset).await), first);
    assert_ne!(first.password, made[0].password);
    sign_in(&app, "e1", &first.password).await.unwrap();
    app.stop().await;
}

/// Every row of an account says whose it is and what became of it; what a person looked at is found by that person.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_trail_tells_whose_account_was_touched(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let (_, security) = person(&app, "w1", &[Role::Security]).await;
    let (id, first) = open(&app, "e1", &[Role::Officer]).await;
    let _ = sign_in_over(&from(&app, 7).await, "e1", "wrong").await;
    let token = sign_in(&app, "e1", &first).await.unwrap().token;
    change(&app, &token, &first, OWN).await.unwrap();
    let mut accounts = AccountServiceClient::new(app.called_by(&security));
    let roles = vec![pb::PersonRole::Leader.into(), pb::PersonRole::Lawyer.into()];
    ok(accounts.set_roles(pb::SetRolesRequest { request_id: new_id(), id, roles }).await);
    ok(accounts.reset_password(pb::ResetPasswordRequest { request_id: new_id(), id }).await);
    ok(accounts.list_accounts(pb::ListAccountsRequest {}).await);
    let touched = "SELECT action, officer FROM audit WHERE officer = 'e1' ORDER BY number";
    let expected = [
        "open_account | e1",
        "sign_in_failed | e1",
        "sign_in | e1",
        "set_password | e1",
        "set_roles | e1",
        "reset_password | e1",
    ];
    assert_eq!(rows::rows(&app.config, touched).await, expected);
    // What is read says it in words, and finds what the person did, too.
    let asked = |officer: &str| TrailAsked {
        officer: Some(OfficerId::parse(officer).unwrap()),
        ..TrailAsked::default()
    };
    let read = async |asked: TrailAsked| {
        let open = async |service: &Service, caller: &Caller| service.trail(caller, asked).await;
        let mut trail = app.app.access(FIRST_BUREAU, open).await.unwrap();
        let mut lines = Vec::new();
        while let Some(page) = trail.next().await.unwrap() {
            lines.extend(page.iter().map(|row| line(row).split('　').skip(2).collect::<Vec<_>>().join(" ")));
        }
        lines
    };
    let lines: Vec<String> = read(asked("e1")).await;
    let start = |line: &String| line.rsplit_once(" 变更").map(|(start, _)| start.to_owned());
    let expected = [
        "终端 开户 账户 2 东甲（e1） 角色：承办人",
        "系统 登录失败 账户 2 东甲（e1） 来自 127.0.0.7",
        "东甲（e1） 登录 账户 2 东甲（e1） 来自 127.0.0.1",
        "东甲（e1） 修改口令 账户 2 东甲（e1）",
        "西甲（w1） 调整角色 账户 2 东甲（e1） 角色：法制、局领导",
        "西甲（w1） 重置口令 账户 2 东甲（e1）",
    ];
    assert_eq!(lines.iter().filter_map(start).collect::<Vec<_>>(), expected);
    let done: Vec<String> = read(asked("w1")).await;
    assert!(done.iter().any(|line| line.starts_with("西甲（w1） 调整角色 账户 2")), "{done:#?}");
    let looked = "SELECT officer FROM audit WHERE action = 'list_accounts'";
    assert_eq!(rows::rows(&app.config, looked).await, ["w1"], "looks of persons name them");
    app.stop().await;
}
