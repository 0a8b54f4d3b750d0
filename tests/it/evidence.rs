//! The evidence sheet: the same bytes whatever has happened since, nothing of any report, and only for whom it is.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command as Process, Output};
use std::sync::Arc;

use rstest::rstest;
use serde_json::{Value, json};
use tonic::Code;
use triage::app::{Config, FIRST_BUREAU};
use triage::clock::Clock;
use triage::domain::caller::{Caller, Role};
use triage::domain::command::{Command, FileRef, Handling, Lease, Outcome, Ruling, Verb};
use triage::domain::deadline::ReviewEnd;
use triage::domain::handling::{Disposition, Finding, RefusalGround, ReviewKind, ReviewOutcome};
use triage::domain::ids::{RegistrationNumber, Sequence, Track};
use triage::domain::outcome::{Ended, Ending, FileOutcome, ImportedLabel};
use triage::domain::submission::Submission;
use triage::domain::text::Line;
use triage::domain::time::Timestamp;
use triage::evidence::{Run, Sheet};
use triage::grpc::client::{Client, ClientError, EvidenceForm};
use triage::grpc::pb;
use triage::grpc::target::Target;
use triage::lifecycle::Lifecycle;
use triage::replay::replay;
use triage::routing::LoadBasis;
use triage::service::{Bounds, Failure, Service};

use crate::support::items::{complaint, report, submit};
use crate::support::models::{artefact, use_model};
use crate::support::officers::{OfficerAt, new_id};
use crate::support::server::arguments;
use crate::support::world::{
    LATEST, UNITS, World, intake, officer, pull, reception, request_id, unit, unit_at, unit_id, why,
};
use crate::support::{BUREAU, Backend, MONDAY, TestApp, fresh, ok, refusal, rows, scratch_context};

/// Places of the stations among the test's units.
const EAST: usize = 1;
const WEST: usize = 2;

const BREAD: &str = "本人在店内买到的面包未标注生产日期，不符合GB 7718，要求退一赔十，请书面答复";

/// A complaint so many hours after the first one, by one of a few persons.
fn stated_version(number: &str, hours: i64, (name, phone): (&str, &str), shop: &str, text: &str) -> Value {
    let street = if shop.starts_with('西') { "西街街道三号" } else { "东街街道一号" };
    json!({
        "number": number, "received": { "at": MONDAY.0 + (hours - 500) * 3_600_000_000 },
        "complainant": { "name": name, "phone": phone },
        "respondent": { "name": shop, "premises": street },
        "complaint": { "text": text, "amount_fen": 468 + hours },
    })
}

const WANG: (&str, &str) = ("王小明", "13900000001");
const LI: (&str, &str) = ("李小红", "13900000001");

fn parsed(whole: Value) -> Box<Submission> {
    Box::new(serde_json::from_value(whole).unwrap())
}

fn of(number: &str) -> FileRef {
    FileRef { number: RegistrationNumber::parse(number).unwrap(), track: Track::Complaint }
}

/// Does one thing that must be possible, as `caller`.
async fn does(world: &World, caller: Caller, command: Command) -> Outcome {
    world.wait(1);
    world.ask((caller, request_id(&new_id()), command)).await.unwrap()
}

async fn submits(world: &World, whole: Value) {
    does(world, intake(), Command::Submit(parsed(whole))).await;
}

/// Has the unit of a complaint pull all it has and do these verbs with that one.
async fn handles(world: &World, number: &str, verbs: Vec<Verb>) {
    let file = of(number);
    let found = world.service.submission(&reception(), file.number.clone()).await.unwrap();
    let at = unit_at(&found.files[0].state.unit);
    let Outcome::Pulled(leases) = does(world, unit(at), pull(at, Track::Complaint, 50)).await else {
        panic!("nothing waits")
    };
    let is_its = |lease: &&Lease| lease.file.submission == found.sequence;
    let mut token = leases.iter().find(is_its).unwrap().token;
    for verb in verbs {
        let handling = Handling { file: file.clone(), officer: officer(UNITS[at].1), token, verb };
        let Outcome::Handled { token: next, .. } = does(world, unit(at), Command::Handle(handling)).await
        else {
            panic!("not handled")
        };
        token = next;
    }
    // What was pulled beside it waits again.
    world.wait(20);
}

fn refuse() -> Verb {
    let ruling = Ruling::Refuse {
        ground: RefusalGround::NotForConsumption,
        reason: why("购买数量明显不合常理"),
    };
    Verb::Decide {
        ruling,
        finding: Some((Finding::Suspected, why("见历史记录"))),
        on: None,
        approved_by: None,
    }
}

fn accept() -> Verb {
    Verb::Decide {
        ruling: Ruling::Accept,
        finding: Some((Finding::NotSuspected, why("消费者"))),
        on: None,
        approved_by: None,
    }
}

fn close() -> Verb {
    Verb::Close {
        disposition: Disposition::Settled,
        termination: None,
        ground: None,
        on: None,
        recovered: None,
        note: None,
    }
}

fn outcome(number: &str, ended: Ended, as_of: Timestamp) -> Command {
    let ending =
        Some(Ending { ended, at: None, recovered: None, fined: None, confiscated: None, handled_by: None });
    Command::Outcome {
        file: of(number),
        outcome: FileOutcome {
            ending,
            accepted_upstream: false,
            imported_label: Some(ImportedLabel::Suspected),
            handled_by: None,
            as_of,
        },
    }
}

/// A past, and a complaint that is seen against it.
async fn lived(config: &Config) -> World {
    let world = World::open(config, 7, LoadBasis::LAWFUL).await;
    use_model(&world.app, &artefact(0.4)).await;
    submits(&world, stated_version("P1", 1, WANG, "西街超市", &format!("{BREAD}。联系13900000001"))).await;
    submits(&world, stated_version("P2", 2, LI, "东街面馆", BREAD)).await;
    submits(&world, stated_version("P3", 3, WANG, "东街粮店", "大米有虫，要求退货")).await;
    handles(&world, "P1", vec![Verb::SignFor, refuse()]).await;
    let row = stated_version("P4", 4, WANG, "西街粮店", BREAD);
    let closed = Ending {
        ended: Ended::Closed(Some(Disposition::MediationEnded)),
        at: None,
        recovered: None,
        fined: None,
        confiscated: None,
        handled_by: None,
    };
    let stated = FileOutcome {
        ending: Some(closed),
        accepted_upstream: false,
        imported_label: None,
        handled_by: None,
        as_of: MONDAY,
    };
    does(&world, intake(), Command::Import { submission: parsed(row), outcome: stated }).await;
    submits(&world, stated_version("X", 40, WANG, "东街蛋糕房", &BREAD.replace("面包", "蛋糕"))).await;
    world
}

/// Everything that can happen to the complaints of [`lived`], and to the bureau.
async fn goes_on(world: &World) {
    let mut amended = stated_version("P2", 2, LI, "东街大面馆", "换了一种说法：面条里有异物");
    amended["complaint"]["amount_fen"] = json!(999_900);
    let amend = |whole| Command::Amend { submission: parsed(whole), reason: why("补充") };
    does(world, intake(), amend(amended)).await;
    let withdraw = |number: &str| Command::Withdraw { number: of(number).number, reason: None };
    does(world, intake(), withdraw("P2")).await;
    does(world, intake(), withdraw("X")).await;
    handles(world, "P3", vec![Verb::SignFor, accept(), close()]).await;
    does(world, intake(), outcome("P4", Ended::Refused(None), MONDAY.plus_seconds(86_400))).await;
    does(world, intake(), outcome("P1", Ended::Closed(None), MONDAY.plus_seconds(86_400))).await;
    let moved = Command::Reassign { file: of("P2"), unit: unit_id("north"), reason: why("改派") };
    does(world, reception(), moved).await;
    let renamed = BUREAU.replace("城东所", "新城东所").replace("band_high = 0.8", "band_high = 0.9");
    does(world, reception(), Command::LoadBureau { content: renamed.into() }).await;
    use_model(&world.app, &artefact(-0.3)).await;
    let mut own = stated_version("X", 40, WANG, "东街蛋糕房", "补充：附上购物小票和照片，请核查");
    own["complaint"]["amount_fen"] = json!(12_345);
    does(world, intake(), amend(own)).await;
    submits(world, stated_version("Y", 60, WANG, "东街蛋糕房", BREAD)).await;
    does(world, intake(), outcome("X", Ended::Refused(None), MONDAY.plus_seconds(172_800))).await;
}

async fn sheet(service: &Service, caller: &Caller, number: &str, at: Option<i64>) -> Result<Sheet, Failure> {
    service.evidence(caller, &of(number).number, at.map(Sequence)).await
}

/// Runs the real program on the database of `config`.
fn triage(config: &Config, asked: &[&str]) -> Output {
    let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
    process.env_remove("TRIAGE_DATABASE").args(arguments(config)).args(asked).output().unwrap()
}

/// Both documents of a sheet, as bytes go out.
fn documents(sheet: &Sheet) -> [String; 2] {
    [sheet.to_html(), sheet.to_json().unwrap()]
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn made_again_it_is_the_same_whatever_has_happened(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let world = lived(&config).await;
    let (east, front) = (unit(EAST), reception());
    let of_unit = sheet(&world.service, &east, "X", None).await.unwrap();
    let of_front = sheet(&world.service, &front, "X", None).await.unwrap();

    // It is worth something: it names the past as it stood.
    let named: Vec<_> = of_unit.earlier.iter().map(|one| (one.number.as_str(), one.standing.zh())).collect();
    assert!(
        named.contains(&(
            "P1",
            "不予受理（不是为生活消费需要，或者不能证明存在消费者权益争议），2026-06-01".to_owned()
        )),
        "{named:?}"
    );
    assert!(named.contains(&("P2", "待签收".to_owned())), "{named:?}");
    assert!(named.contains(&("P4", "已办结（终止调解）".to_owned())), "{named:?}");
    let runs = of_unit.near_duplicate.as_ref().unwrap().runs.expose();
    assert!(
        runs.contains(&Run::Here("蛋糕".to_owned()))
            || runs.contains(&Run::Here("蛋糕".chars().take(2).collect())),
        "{runs:?}"
    );
    let score = &of_unit.score;
    let sum = score.terms.iter().fold(score.baseline.unwrap(), |sum, term| sum + term.contribution);
    assert_eq!(sum.to_bits(), score.log_odds.unwrap().to_bits(), "the sum can be followed");

    goes_on(&world).await;
    world.wait(60 * 24 * 365);
    assert_eq!(documents(&sheet(&world.service, &east, "X", None).await.unwrap()), documents(&of_unit));
    assert_eq!(documents(&sheet(&world.service, &front, "X", None).await.unwrap()), documents(&of_front));

    // The amendment has a sheet of its own, with both scores; a sequence without a score has none.
    let amended = rows::rows(
        &config,
        "SELECT MAX(d.sequence) FROM decision d JOIN submission s ON s.sequence = d.submission
        WHERE s.number = 'X'",
    )
    .await[0]
        .parse()
        .unwrap();
    let second = sheet(&world.service, &east, "X", Some(amended)).await.unwrap();
    assert_eq!((second.scores.len(), second.as_of_sequence.0), (2, amended));
    assert_eq!(second.complaint.expose().text.as_deref(), Some("补充：附上购物小票和照片，请核查"));
    assert!(
        second.score.model != of_unit.score.model && second.score.bureau_file > of_unit.score.bureau_file
    );
    assert_eq!(
        second.routing.as_ref().unwrap().unit_name,
        "城东所",
        "unit and reason stay those of the first"
    );
    let Err(Failure::Refused(refused)) = sheet(&world.service, &east, "X", Some(1)).await else { panic!() };
    assert!(refused.zh().contains(&format!("{}, {amended}", of_unit.as_of_sequence.0)), "{}", refused.zh());

    // A database that was made again from the log gives the same bytes.
    let replayed = Arc::new(scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await);
    let found = replay(&world.app.context, &replayed, FIRST_BUREAU).await.unwrap();
    assert_eq!(found.differences, []);
    let life = Lifecycle::default();
    let service = Service::new(
        replayed,
        Clock::manual(MONDAY.plus_seconds(86_400 * 400)),
        Bounds::default(),
        life.clone(),
    );
    assert_eq!(documents(&sheet(&service, &east, "X", None).await.unwrap()), documents(&of_unit));
    let again = sheet(&service, &east, "X", Some(amended)).await.unwrap();
    assert_eq!(documents(&again), documents(&second));
    life.drained().cancel();
    world.close().await;
}

/// Promise 16: what was overturned vanishes.
#[rstest]
#[tokio::test]
async fn a_refusal_that_a_review_annulled_is_on_no_later_sheet(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(ReviewOutcome::Revoked, ReviewOutcome::RedoOrdered, ReviewOutcome::Changed)]
    outcome: ReviewOutcome,
) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 7, LoadBasis::LAWFUL).await;
    use_model(&world.app, &artefact(0.4)).await;
    submits(&world, stated_version("P1", 1, WANG, "西街超市", BREAD)).await;
    handles(&world, "P1", vec![Verb::SignFor, refuse()]).await;
    let authority = Line::parse("测试区人民政府").unwrap();
    let (kind, received) = (ReviewKind::Reconsideration, world.clock.now().day());
    let open = Command::OpenReview { file: of("P1"), kind, authority, received, against: LATEST };
    let Outcome::Noted { sequence: review } = does(&world, reception(), open).await else { panic!() };
    does(
        &world,
        reception(),
        Command::EndReview { file: of("P1"), review, end: ReviewEnd::of(outcome), note: None },
    )
    .await;
    submits(&world, stated_version("X", 40, WANG, "东街蛋糕房", BREAD)).await;
    let made = sheet(&world.service, &unit(EAST), "X", None).await.unwrap();
    let earlier = made.earlier.iter().find(|one| one.number.as_str() == "P1").unwrap();
    let expected = match outcome {
        ReviewOutcome::Changed => "原决定已经复议或者诉讼撤销",
        _ => "待签收",
    };
    assert_eq!((earlier.standing.zh().as_str(), earlier.standing.ground), (expected, None));
    world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_report_changes_no_byte(#[case] backend: Backend) {
    let mut made = Vec::new();
    for with_reports in [false, true] {
        let (config, _directory) = fresh(backend);
        let world = World::open(&config, 7, LoadBasis::LAWFUL).await;
        use_model(&world.app, &artefact(0.4)).await;
        submits(&world, stated_version("P1", 1, WANG, "东街面馆", BREAD)).await;
        // A report takes a place in the history; here it is the same person's against the same shop, there another's.
        let (who, shop) = if with_reports {
            (WANG, "东街蛋糕房")
        } else {
            (("赵某", "13900000009"), "西街药店")
        };
        let mut reported = stated_version("R1", 2, who, shop, BREAD);
        reported["report"] = reported["complaint"].take();
        reported.as_object_mut().unwrap().remove("complaint");
        submits(&world, reported).await;
        let mut whole = stated_version("X", 40, WANG, "东街蛋糕房", &BREAD.replace("面包", "蛋糕"));
        if with_reports {
            whole["report"] = json!({ "text": "该店无照经营，请查处" });
        }
        submits(&world, whole).await;
        made.push(documents(&sheet(&world.service, &unit(EAST), "X", None).await.unwrap()));
        world.close().await;
    }
    assert_eq!(made[0], made[1]);
    assert!(made[0][0].contains("P1") && !made[0][0].contains("举报") && !made[0][1].contains("report"));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn it_is_for_whom_it_may_be_and_every_making_is_recorded(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let world = lived(&config).await;
    let mut only = stated_version("R9", 41, WANG, "东街蛋糕房", BREAD);
    only["report"] = only["complaint"].take();
    only.as_object_mut().unwrap().remove("complaint");
    submits(&world, only).await;

    let of_unit = sheet(&world.service, &unit(EAST), "X", None).await.unwrap();
    for document in documents(&of_unit) {
        // The near-duplicate and the links are other files' persons and texts: their names, numbers and findings stay there.
        for gone in ["李小红", "赵某", "明显不合常理", "见历史记录", "suspected\""] {
            assert!(!document.contains(gone), "{gone}");
        }
    }
    assert_eq!(of_unit.routing.as_ref().unwrap().candidates, None, "loads count reports");
    let of_front = sheet(&world.service, &reception(), "X", None).await.unwrap();
    assert!(of_front.routing.as_ref().unwrap().candidates.as_ref().is_some_and(|units| !units.is_empty()));

    // For readers outside: from either the same, and nothing of others, and no number.
    let outward = of_front.outward();
    assert_eq!(documents(&outward), documents(&of_unit.clone().outward()), "made for readers outside");
    for document in documents(&outward) {
        for gone in ["13900000001", "西街", "东街粮店"] {
            assert!(!document.contains(gone), "{gone}");
        }
        assert!(document.contains("王小明") && document.contains("东街蛋糕房"), "its own complaint");
    }
    assert!(documents(&of_unit).iter().all(|document| document.contains("西街")), "inside, it is there");

    let refused =
        async |caller: Caller, number: &str| match sheet(&world.service, &caller, number, None).await {
            Err(Failure::Refused(refused)) => refused.zh(),
            other => panic!("{other:?}"),
        };
    let unknown = refused(unit(WEST), "NOBODY").await;
    assert_eq!(refused(unit(WEST), "X").await, unknown, "another unit's complaint");
    assert_eq!(refused(unit(WEST), "R9").await, unknown, "another unit's report is not known to be one");
    for holder in [unit(EAST), reception()] {
        assert!(refused(holder, "R9").await.contains("举报不评分，没有研判参考材料"));
    }

    let looks = "SELECT a.action, a.caller_id, COALESCE(s.number, '-'), a.track FROM audit a
        LEFT JOIN submission s ON s.bureau_id = a.bureau_id AND s.sequence = a.submission
        WHERE a.action LIKE '%evidence%' ORDER BY a.number";
    let recorded = rows::rows(&config, looks).await;
    let made = recorded.iter().filter(|row| row.starts_with("get_evidence") && row.contains("| X |")).count();
    let empty =
        recorded.iter().filter(|row| row.starts_with("get_evidence") && row.contains("| - |")).count();
    assert_eq!((made, empty), (2, 5), "{recorded:#?}");
    let named = recorded.iter().filter(|row| row.starts_with("named_in_evidence")).count();
    assert_eq!(named, 2 * of_unit.earlier.len());
    world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_wire_and_the_terminal_give_the_same_bytes(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    use_model(&app.app, &artefact(0.4)).await;
    ok(app.intake().await.submit(submit(complaint("A1", 0))).await);
    ok(app.intake().await.submit(submit(complaint("A2", 10))).await);
    ok(app.intake().await.submit(submit(report("R1", 10))).await);
    let number = |text: &str| RegistrationNumber::parse(text).unwrap();
    let client = async |role, unit: Option<&str>| {
        Client::connect(&Target::plain(app.address.to_string()), &app.token(role, unit).await).await.unwrap()
    };
    let east = client(Role::Unit, Some("east")).await;
    let front = client(Role::Reception, None).await;
    let html = front.evidence(&number("A2"), None, EvidenceForm::Html).await.unwrap();
    let json = front.evidence(&number("A2"), None, EvidenceForm::Json).await.unwrap();
    let own: Value =
        serde_json::from_slice(&east.evidence(&number("A2"), None, EvidenceForm::Json).await.unwrap())
            .unwrap();
    assert_eq!((&own["number"], &own["routing"]["candidates"]), (&json!("A2"), &Value::Null));
    let denied = client(Role::Intake, None).await.evidence(&number("A2"), None, EvidenceForm::Html).await;
    assert!(
        matches!(&denied, Err(ClientError::Refused { code, .. }) if code == "PERMISSION_DENIED"),
        "{denied:?}"
    );
    let mut hand = OfficerAt::new(&app, "east", "e1").await;
    let unspecified =
        pb::GetEvidenceRequest { registration_number: "*".to_owned(), format: 0, sequence: None };
    let wrong = hand.client.get_evidence(unspecified).await.unwrap_err();
    assert_eq!(
        (wrong.code(), refusal(&wrong).1),
        (Code::InvalidArgument, vec!["registration_number".to_owned(), "format".to_owned()])
    );

    let path = app.config.data.join("sheet.html");
    std::fs::write(&path, "old").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let stated = triage(&app.config, &["evidence", "A2", "--out", path.to_str().unwrap()]);
    assert!(stated.status.success(), "{}", String::from_utf8_lossy(&stated.stderr));
    assert!(String::from_utf8_lossy(&stated.stdout).contains("sheet.html"));
    assert_eq!(std::fs::read(&path).unwrap(), html);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "persons' data");
    assert_eq!(triage(&app.config, &["evidence", "A2", "--json"]).stdout, json);
    for (arguments, says) in [
        (["evidence", "NOBODY", "--json"], "未找到该投诉件"),
        (["evidence", "R1", "--json"], "举报不评分，没有研判参考材料"),
        (["evidence", "A2", "--out=/nowhere/x.html"], "--out"),
    ] {
        let refused = triage(&app.config, &arguments);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(says), "{said}");
    }
    app.stop().await;
}
