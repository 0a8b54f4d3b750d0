//! Exports of the platform: taken once whatever their order, closed rows as history, open rows as work, and nothing
//! lost when the command is ended in the middle.

mod accepted_upstream;
mod bounds;
mod cells;
mod files;
mod kinds;
mod learning;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};

use rstest::rstest;
use triage::app::{App, Config, FIRST_BUREAU};
use triage::clock::Clock;
use triage::domain::caller::Role;
use triage::domain::command::Command;
use triage::domain::ids::RequestId;
use triage::domain::text::Line;
use triage::exchange::Sheet;
use triage::grpc::client::Client;
use triage::grpc::pb;
use triage::grpc::pb::Track::{Complaint, Report};
use triage::grpc::target::Target;
use triage::import::Imported;
use triage::lifecycle::Lifecycle;
use triage::replay::replay;
use triage::routing::LoadBasis;

use crate::support::items::{both, complaint, submit};
use crate::support::models::{artefact, use_model};
use crate::support::officers::{OfficerAt, Verb};
use crate::support::server::{Server, arguments};
use crate::support::{
    BUREAU, Backend, MONDAY, TestApp, beside, file, fresh, lease, ok, refusal, rows, scratch_context,
};

const HEADER: &str = "登记编号,登记时间,类型,提供方姓名,提供方联系方式,企业名称,企业地址,消费金额(单位:元),具体问题,\
    初查受理状态,不予受理原因,办理情况状态,处理部门,办结时间,挽回经济损失(单位:元),疑似职业索赔";
const BREAD: &str = "面包未标注生产日期，要求退一赔十";
const PHONE: &str = "维修后的手机仍不能开机，请求退费";
const SHOP: &str = "该店无照经营，请查处";

/// Files of two months and of another sender; the second holds the first again, a month older.
fn may() -> Vec<&'static str> {
    vec![
        "A1,2026-04-01 10:00:00,投诉,王某,13900000001,东街蛋糕房,东街街道一号,9.9,{BREAD},不予受理,不是为生活消费需要,不予受理,城东所,2026-04-10,0,是",
        "A2,2026-04-02 11:00:00,投诉,王某,13900000001,西街超市,西街街道三号,12,{BREAD},已受理,,已办结,,2026-04-20,12,",
        "A3,2026-05-02,投诉,李某,1390000****,东街面馆,东街街道二号,560,{PHONE},待核查,,待受理,,,,",
        "A4,2026-05-03 09:00:00,举报,,,西街药店,西街街道四号,,{SHOP},核查中,,办理中,,,,",
        "A5,2026-05-04 09:30:00,投诉,赵某,13900000003,西街超市,西街街道三号,88,{PHONE},已受理,,办理中,,,,否",
    ]
}

fn june() -> Vec<&'static str> {
    vec![
        "A5,2026-05-04 09:30:00,投诉,赵某,13900000003,西街超市,西街街道三号,88,{PHONE},已受理,,已办结,,2026-05-20,88,否",
        "A4,2026-05-03 09:00:00,举报,,,西街药店,西街街道四号,,{SHOP},不予立案,,已办结,,2026-05-18,,",
        "A3,2026-05-02,投诉,李某,13900000002,东街面馆,东街街道二号,560,{PHONE},已受理,,办理中,,,,否",
        "A2,2026-04-02 11:00:00,投诉,王某,13900000001,西街超市,西街街道三号,12,{BREAD},已受理,,已办结,,2026-04-20,12,是",
        "A1,2026-04-01 10:00:00,投诉,王某,13900000001,东街蛋糕房,东街街道一号,9.9,{BREAD},不予受理,不是为生活消费需要,不予受理,城东所,2026-04-10,0,是",
        "B1,2026-05-28 08:00:00,投诉,王某,13900000001,东街面馆,东街街道二号,12,{BREAD},待核查,,待受理,,,,",
    ]
}

fn city() -> Vec<&'static str> {
    vec![
        "C1,2026/5/5 8:10,投诉,王某,+86 139-0000-0001,东街面馆,东街街道二号,\"1,299.00\",{PHONE},已受理,,已办结,,2026-05-20,0,",
        "C1,2026/5/5 8:10,投诉,王某,+86 139-0000-0001,东街面馆,东街街道二号,\"1,299.00\",{PHONE},已受理,,已办结,,2026-05-20,0,",
        "C1,2026/5/5 8:10,投诉,王某,13900000001,东街面馆,东街街道二号,999,{PHONE},已受理,,已办结,,2026-05-20,0,",
        "C2,2026-02-30,投诉,,,东街面馆,东街街道二号,,{PHONE},,,待受理,,,,",
        "C3,2026-05-06,咨询,,,东街面馆,,,怎样投诉,,,已办结,,2026-05-06,,",
    ]
}

fn csv(rows: &[&str]) -> String {
    let fill = |row: &&str| row.replace("{BREAD}", BREAD).replace("{PHONE}", PHONE).replace("{SHOP}", SHOP);
    format!("{HEADER}\n{}\n", rows.iter().map(fill).collect::<Vec<_>>().join("\n"))
}

async fn import(app: &App, name: &str, rows: &[&str]) -> Imported {
    let path = app.data().join(format!("{name}.csv"));
    std::fs::write(&path, csv(rows)).unwrap();
    let sheet = Sheet::read(&path).unwrap();
    app.import(FIRST_BUREAU, sheet, None, &Lifecycle::default(), |_| ()).await.unwrap()
}

/// A bureau with the test's file and a model, without a wire.
async fn bureau(config: &Config) -> App {
    bureau_by(config, Clock::manual(MONDAY)).await
}

async fn bureau_by(config: &Config, clock: Clock) -> App {
    let app = App::open(config.clone(), clock).await.unwrap();
    app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
    use_model(&app, &artefact(0.4)).await;
    app
}

/// New and open, new and ended, outcomes, unmasked, known, refused, passed.
fn counts(done: &Imported) -> [usize; 7] {
    let Imported { open, ended, outcomes, unmasked, known, refused, passed, .. } = done;
    [*open, *ended, *outcomes, *unmasked, *known, *refused, passed.len()]
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn exports_a_month_apart_are_taken_once_in_every_order(#[case] backend: Backend) {
    const ENDS: &str =
        "SELECT number, track, received_at, status, finding, ground, disposition, recovered_fen, ended_at,
        imported_label FROM file ORDER BY number, track";
    const EVENTS: &str = "SELECT COUNT(*) FROM event";
    let files = [("may", may()), ("june", june()), ("city", city())];
    let mut ends: Vec<Vec<String>> = Vec::new();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (config, directory) = fresh(backend);
        let app = bureau(&config).await;
        let mut found = Vec::new();
        for at in order {
            let (name, file) = &files[at];
            found.push(counts(&import(&app, name, file).await));
        }
        if order == [0, 1, 2] {
            // A3 is unmasked and marked, A4 and A5 end, A2 is marked; C1 stands twice, and once with another amount.
            assert_eq!(found, [[3, 2, 0, 0, 0, 0, 0], [1, 0, 4, 1, 1, 0, 0], [0, 1, 0, 0, 1, 2, 1]]);
        }
        let before = rows::rows(&config, EVENTS).await;
        for at in order {
            let (name, file) = &files[at];
            let again = counts(&import(&app, name, file).await);
            assert_eq!(again[..4], [0; 4], "the same file again changes nothing");
        }
        assert_eq!(rows::rows(&config, EVENTS).await, before);
        ends.push(rows::rows(&config, ENDS).await);
        let replayed = scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
        let found = replay(&app.context, &replayed, FIRST_BUREAU).await.unwrap();
        assert!(found.differences.is_empty(), "{:#?}", found.differences);
        replayed.store.close().await;
        app.context.store.close().await;
    }
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:#?}");
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_newer_export_stands_in_whatever_order_they_come(#[case] backend: Backend) {
    const ROW: &str = "S1,2026-01-05,投诉,,1390000****,东街面馆,东街街道二号,,{PHONE},,,";
    let row =
        |stated: &str, also: &str| [format!("{ROW}{stated}"), format!("Z{also},{also},咨询,,,,,,,,,,,,,")];
    // Three months: settled and not suspected; refused and suspected; settled again.
    let months = [
        row("调解成功,,2026-02-01,9,否", "2026-02-28"),
        row("不予受理,,2026-03-03,,是", "2026-03-31"),
        row("调解成功,,2026-02-01,9,否", "2026-04-30"),
    ];
    let masked = [months[0][0].replace("1390000****", "*****"), months[0][1].clone()];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let (config, directory) = fresh(backend);
        let app = bureau(&config).await;
        let mut known = None;
        for at in order.into_iter().chain(order) {
            let rows: Vec<&str> = months[at].iter().map(String::as_str).collect();
            import(&app, "month", &rows).await;
            // The older file in another form is as old.
            let rows: Vec<&str> = masked.iter().map(String::as_str).collect();
            let stale = import(&app, "masked", &rows).await;
            assert_eq!(stale.outcomes, 0, "{order:?} {at}");
            known = known.max(Some(at));
        }
        let stands =
            "SELECT status, ground, disposition, recovered_fen, imported_label FROM file WHERE number = 'S1'";
        assert_eq!(rows::rows(&config, stands).await, ["7 | - | 1 | 900 | 2"], "{order:?}");
        let replayed = scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
        let found = replay(&app.context, &replayed, FIRST_BUREAU).await.unwrap();
        assert!(found.differences.is_empty(), "{:#?}", found.differences);
        replayed.store.close().await;
        app.context.store.close().await;
    }
}

/// A row that was done and is open in a newer export is told, and its file stays as it is. An older export may well have it open.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_end_that_a_newer_export_no_longer_has_is_told(#[case] backend: Backend) {
    const ROW: &str = "S1,2026-01-05,投诉,,,东街面馆,东街街道二号,,{PHONE},已受理,";
    let (config, _directory) = fresh(backend);
    let app = bureau(&config).await;
    let mut found = Vec::new();
    let months = [
        (",已办结,,2026-02-01,9,", "2026-02-28"),
        (",办理中,,,,", "2026-01-31"),
        (",办理中,,,,", "2026-03-31"),
    ];
    for (stated, also) in months {
        let rows = [format!("{ROW}{stated}"), format!("Z{also},{also},咨询,,,,,,,,,,,,,")];
        let done = import(&app, also, &rows.each_ref().map(String::as_str)).await;
        found.push((done.outcomes, done.known, done.warned));
        let zh: Vec<&str> = done.warnings.iter().map(|warning| warning.reason_zh.as_str()).collect();
        assert!(zh.iter().all(|zh| zh.contains("仍为已办结")), "{zh:?}");
        assert_eq!(rows::rows(&config, "SELECT status FROM file WHERE number = 'S1'").await, ["7"]);
    }
    assert_eq!(found, [(0, 0, 0), (0, 1, 0), (0, 1, 1)]);
    app.context.store.close().await;
}

#[tokio::test]
async fn nothing_is_imported_before_there_are_units() {
    let (config, _directory) = fresh(Backend::Sqlite);
    let missing = App::open_existing(config.clone(), Clock::manual(MONDAY)).await.unwrap_err().to_string();
    assert!(missing.contains("没有数据"), "{missing}");
    let app = App::open(config.clone(), Clock::manual(MONDAY)).await.unwrap();
    let path = config.data.join("may.csv");
    std::fs::write(&path, csv(&may())).unwrap();
    let sheet = Sheet::read(&path).unwrap();
    let refused = app.import(FIRST_BUREAU, sheet, None, &Lifecycle::default(), |_| ()).await.unwrap_err();
    assert!(refused.to_string().contains("bureau load"), "{refused}");
    assert_eq!(rows::rows(&config, "SELECT COUNT(*) FROM file").await, ["0"]);
}

#[tokio::test]
async fn both_databases_decide_the_same_on_the_same_exports() {
    let (sqlite, directory) = fresh(Backend::Sqlite);
    let (postgres, _other) = fresh(Backend::Postgres);
    let postgres = Config { data: beside(&sqlite, &directory, "second").data, ..postgres };
    let mut found = Vec::new();
    for config in [sqlite, postgres] {
        let app = bureau(&config).await;
        for (name, file) in [("may", may()), ("city", city()), ("june", june())] {
            import(&app, name, &file).await;
        }
        found.push(rows::all(&config).await);
        app.context.store.close().await;
    }
    assert!(found[0].len() > 60, "{:#?}", found[0]);
    assert!(
        rows::differences(&found[0], &found[1]).is_empty(),
        "{:#?}",
        rows::differences(&found[0], &found[1])
    );
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_closed_row_is_history_and_label_and_never_work(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    use_model(&app.app, &artefact(0.4)).await;
    import(&app.app, "may", &may()[..2]).await;
    for (unit, officer) in [("reception", "r1"), ("east", "e1"), ("west", "w1")] {
        let mut hand = OfficerAt::new(&app, unit, officer).await;
        for track in [Complaint, Report] {
            assert!(hand.pull(track, 10).await.is_empty(), "{unit}");
        }
    }
    let loads = rows::rows(&app.config, "SELECT COUNT(*) FROM unit_load WHERE open_centiunits <> 0").await;
    assert_eq!(loads, ["0"]);
    let stand =
        "SELECT number, unit, status, imported_label, CASE WHEN outcome IS NULL THEN 'here' ELSE 'told' END FROM file
        ORDER BY number";
    assert_eq!(
        rows::rows(&app.config, stand).await,
        ["A1 | east | 4 | 1 | told", "A2 | reception | 7 | - | told"]
    );
    // Logged as of its receipt: A2 has seen A1, and neither has a score.
    let logged = rows::rows(
        &app.config,
        "SELECT band, CASE WHEN score IS NULL THEN 'none' ELSE 'some' END FROM decision",
    )
    .await;
    assert_eq!(logged, ["5 | none", "5 | none"]);

    // An open row after them rests on them.
    import(&app.app, "june", &june()[5..]).await;
    let seen = ok(app
        .intake()
        .await
        .get_submission(pb::GetSubmissionRequest { registration_number: "B1".to_owned() })
        .await);
    let suspicion = seen.files[0].decision.as_ref().unwrap().suspicion.clone().unwrap();
    assert!(suspicion.score.is_some());
    assert!(
        suspicion.reasons.iter().any(|reason| reason.records == ["A2", "A1"]),
        "{:#?}",
        suspicion.reasons
    );
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_imported_end_ends_a_file_whoever_holds_it(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    import(&app.app, "may", &may()).await;
    let mut north = OfficerAt::new(&app, "north", "n1").await;
    let pulled = north.pull(Complaint, 10).await;
    let held = pulled.iter().find(|pulled| pulled.name == file("A5", "complaint")).unwrap();
    let token = north.must(Verb::SignFor, &held.name, lease(held)).await;
    let token = north.must(Verb::Accept, &held.name, token).await;

    import(&app.app, "june", &june()).await;
    let refused = north.does(Verb::Close, &held.name, token).await.unwrap_err();
    assert_eq!(refusal(&refused).0, "FILE_ENDED");
    let loads = "SELECT open_centiunits FROM unit_load WHERE unit = 'north' AND track = 0";
    assert_eq!(rows::rows(&app.config, loads).await, ["0"]);
    // The officer's finding is still there, and it is worth more than the mark.
    let labels =
        rows::rows(&app.config, "SELECT finding, imported_label, status FROM file WHERE number = 'A5'").await;
    assert_eq!(labels, ["2 | 2 | 7"]);

    // A number of two parts: each row of the export ends its own file.
    ok(app.intake().await.submit(submit(both("E2", 0))).await);
    let story = "东街蛋糕房,,,买到的蛋糕有异物，要求退款,已受理,,已办结,,2026-05-25,5,是";
    let illegal = "东街蛋糕房,,,该店无照经营,不予立案,,已办结,,2026-05-26,,";
    let (complaint_row, report_row) =
        (format!("E2,2026-05-20,投诉,,,{story}"), format!("E2,2026-05-20,举报,,,{illegal}"));
    let done = import(&app.app, "parts", &[&complaint_row, &report_row]).await;
    assert_eq!(counts(&done), [0, 0, 2, 0, 0, 0, 0]);
    let parts =
        rows::rows(&app.config, "SELECT track, status FROM file WHERE number = 'E2' ORDER BY track").await;
    assert_eq!(parts, ["0 | 7", "1 | 6"]);

    // What was ended here stands: an export tells the platform's side of it.
    let mut intake = app.intake().await;
    ok(intake.submit(submit(complaint("E1", 0))).await);
    let mut east = OfficerAt::new(&app, "east", "e1").await;
    east.lead(&file("E1", "complaint"), &[Verb::SignFor, Verb::Refuse]).await;
    let closed =
        "E1,2026-05-20,投诉,,,东街蛋糕房,,,买到的蛋糕有异物，要求退款,已受理,,已办结,,2026-05-25,5,是";
    assert_eq!(counts(&import(&app.app, "later", &[closed]).await), [0, 0, 1, 0, 0, 0, 0]);
    let stands = "SELECT status, recovered_fen, imported_label FROM file WHERE number = 'E1'";
    assert_eq!(rows::rows(&app.config, stands).await, ["4 | - | 1"]);
    app.stop().await;
}

/// Rows of one kind of life each, enough to be interrupted in the middle of.
fn many(rows: usize) -> String {
    let mut text = format!("{HEADER}\n");
    for n in 0..rows {
        let (day, hour) = (1 + n / 24 % 28, n % 24);
        let (street, shop) = if n % 3 == 0 {
            ("东街街道一号", "东街蛋糕房")
        } else {
            ("西街街道三号", "西街超市")
        };
        let end = match n % 4 {
            0 => "待核查,,待受理,,,,",
            1 => "已受理,,已办结,,2026-05-20,5,否",
            2 => "不予受理,其他,不予受理,,2026-05-21,0,是",
            _ => "已受理,,已办结,城西所,2026-05-22,0,",
        };
        let phone = 13_900_000_000_u64 + (n * n % 37) as u64;
        let (time, name) = (format!("2026-04-{day:02} {hour:02}:00:00"), n % 11);
        writeln!(text, "R{n},{time},投诉,某人{name},{phone},{shop},{street},{n},{BREAD}第{n}次,{end}")
            .unwrap();
    }
    text
}

/// What an import decides; when it was recorded is left out, for that is what an interruption moves.
const DECIDED: [&str; 5] = [
    "SELECT sequence, kind, request_id, digest, submission, track FROM event WHERE kind BETWEEN 17 AND 24 OR kind = 1 ORDER BY sequence",
    "SELECT submission, track, number, unit, status, centiunits, token, ground, recovered_fen, ended_at, imported_label, outcome FROM file
        ORDER BY submission",
    "SELECT submission, vector, model, log_odds, band, reasons FROM decision ORDER BY submission",
    "SELECT submission, position, unit, open_centiunits, centiofficers, assigned_centiunits, month_centiofficers, barred, chosen FROM candidate ORDER BY submission, position",
    "SELECT unit, track, open_centiunits, month, assigned_centiunits FROM unit_load ORDER BY unit, track",
];

async fn decided(config: &Config) -> Vec<String> {
    let mut found = Vec::new();
    for sql in DECIDED {
        found.extend(rows::rows(config, sql).await);
    }
    found
}

fn triage(config: &Config, file: &Path) -> Process {
    let mut command = Process::new(env!("CARGO_BIN_EXE_triage"));
    command.args(arguments(config)).env("RUST_LOG", "info").stdout(Stdio::null()).stderr(Stdio::piped());
    command.arg("import").arg(file);
    command
}

/// Sends SIGINT when the command says for the `lines`-th time, from 0, how far it is.
fn interrupt(mut child: Child, lines: usize) -> Option<i32> {
    use std::io::BufRead as _;
    let log = std::io::BufReader::new(child.stderr.take().unwrap());
    let said = log.lines().map_while(Result::ok).filter(|line| line.contains("in progress"));
    for at in said.enumerate().map(|(at, _)| at) {
        if at == lines {
            let sent = Process::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap();
            assert!(sent.success() || child.try_wait().unwrap().is_some());
            break;
        }
    }
    child.wait().unwrap().code()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_interrupted_and_run_again_is_an_import(#[case] backend: Backend) {
    let rows: usize = std::env::var("TRIAGE_IMPORT_ROWS").map_or(1_600, |rows| rows.parse().unwrap());
    let rounds: usize = std::env::var("TRIAGE_INTERRUPTS").map_or(3, |rounds| rounds.parse().unwrap());
    let (config, directory) = fresh(backend);
    let path: PathBuf = directory.path().join("export.csv");
    std::fs::write(&path, many(rows)).unwrap();
    let undisturbed = beside(&config, &directory, "undisturbed");
    for config in [&config, &undisturbed] {
        // By the machine's clock, as the processes that follow.
        bureau_by(config, Clock::System).await.context.store.close().await;
    }

    let mut interrupted = 0;
    for round in 0..rounds {
        let ended = interrupt(triage(&config, &path).spawn().unwrap(), round % 2);
        assert!(matches!(ended, Some(0 | 130)), "round {round}: {ended:?}");
        interrupted += usize::from(ended == Some(130));
    }
    for config in [&config, &undisturbed] {
        let done = triage(config, &path).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    eprintln!("{backend:?}: {rows} rows, {interrupted} of {rounds} interrupted in the middle");
    assert!(interrupted > 0, "no interruption came in time");
    let (ours, theirs) = (decided(&config).await, decided(&undisturbed).await);
    assert!(ours.len() > rows * 3);
    assert!(rows::differences(&ours, &theirs).is_empty(), "{:#?}", rows::differences(&ours, &theirs));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn an_import_beside_a_server_loses_nothing_of_either(#[case] backend: Backend) {
    const ROWS: usize = 600;
    let (config, directory) = fresh(backend);
    let path = directory.path().join("export.csv");
    std::fs::write(&path, many(ROWS)).unwrap();
    let app = App::open(config.clone(), Clock::System).await.unwrap();
    app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
    let (_, token) =
        app.add_caller(FIRST_BUREAU, Role::Intake, None, &Line::parse("登记系统").unwrap()).await.unwrap();
    let mut server = Server::start(&config);

    let mut import = triage(&config, &path).spawn().unwrap();
    let client = Client::connect(&Target::plain(server.address.to_string()), &token).await.unwrap();
    let mut submitted = 0;
    // Every answer is a commit between two of the import's.
    while import.try_wait().unwrap().is_none() || submitted < 50 {
        let number = format!("live-{submitted}");
        let stated = serde_json::json!({
            "number": number, "received": { "at": MONDAY.0 }, "complainant": { "phone": "13900000001" },
            "respondent": { "name": "东街蛋糕房", "premises": "东街街道一号" }, "complaint": { "text": BREAD },
        });
        let request = RequestId::parse(&number).unwrap();
        let (_, repeat) = client.submit(&request, &serde_json::from_value(stated).unwrap()).await.unwrap();
        assert!(!repeat, "{}", server.log());
        submitted += 1;
    }
    assert!(import.wait().unwrap().success());
    server.kill();

    let files = rows::rows(&config, "SELECT COUNT(*) FROM file").await;
    assert_eq!(files, [(ROWS + submitted).to_string()]);
    // The load is what the open files weigh, whoever wrote them.
    let weigh = "SELECT unit, track, CAST(SUM(centiunits) AS BIGINT) FROM file WHERE status IN (1, 2, 3, 5)
        GROUP BY unit, track ORDER BY unit, track";
    let loads =
        "SELECT unit, track, open_centiunits FROM unit_load WHERE open_centiunits <> 0 ORDER BY unit, track";
    assert_eq!(rows::rows(&config, weigh).await, rows::rows(&config, loads).await);
    let replayed = scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&app.context, &replayed, FIRST_BUREAU).await.unwrap();
    assert!(found.differences.is_empty(), "{:#?}", found.differences);
    replayed.store.close().await;
}
