//! Retention (保存期限): what was purged is gone, what happened stays, and a replay tells what it could not make again.

use std::collections::BTreeMap;
use std::process::{Command as Process, Stdio};

use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};
use triage::app::{App, Config, FIRST_BUREAU, PurgeDone};
use triage::clock::Clock;
use triage::domain::command::{Command, FileRef, Outcome, Ruling, Verb};
use triage::domain::deadline::ReviewEnd;
use triage::domain::disclosure::{Disclosure, Person, Right};
use triage::domain::given::Given;
use triage::domain::handling::{Finding, RefusalGround, ReviewKind, ReviewOutcome};
use triage::domain::ids::{RegistrationNumber, Track};
use triage::domain::outcome::{Ended, Ending, FileOutcome};
use triage::domain::person::{Phone, ResidentId};
use triage::domain::purge::Hold;
use triage::domain::text::{Line, Story};
use triage::domain::time::{Day, Days, Moment, Timestamp};
use triage::domain::view::SearchBy;
use triage::dossier::Reader;
use triage::lifecycle::Lifecycle;
use triage::replay::{fold, replay};
use triage::routing::LoadBasis;
use triage::store::Rewritten;

use crate::queues::{EAST, Hall, named};
use crate::support::histories::live::live_on;
use crate::support::histories::{Facts, bureau, months, submission};
use crate::support::models::{artefact, use_model};
use crate::support::proofs::prove;
use crate::support::server::arguments;
use crate::support::world::{LATEST, World, intake, reception, request_id, unit, why};
use crate::support::{BUREAU, Backend, fresh, rows, scratch_context};

const DAY: u64 = 24 * 60;

const RETENTION: &str = r#"
[settings.retention]
complaint_years = 1
report_years = 1
basis = "测试区市场监督管理局档案保管期限表"
daily_at = "02:30"
"#;

pub(crate) fn with_retention(content: &str) -> String {
    content.replace("[work_units]", &format!("{RETENTION}\n[work_units]"))
}

/// By which later complaints are decided, and searches find. History names the template of each.
const KEYED: [&str; 3] = [
    "SELECT key_hash, recency, number, name, person, respondent, product, template, matter FROM history ORDER BY key_hash, recency",
    "SELECT key_hash, submission, track FROM search_key ORDER BY key_hash, submission, track",
    "SELECT anchor, recency FROM anchor ORDER BY anchor, recency",
];

/// What two databases find by otherwise.
async fn differing(ours: &Config, theirs: &Config) -> Vec<String> {
    let mut found = Vec::new();
    for sql in KEYED {
        let (ours, theirs) = (rows::rows(ours, sql).await, rows::rows(theirs, sql).await);
        found.extend(rows::differences(&ours, &theirs).into_iter().map(|row| format!("{sql}\n{row}")));
    }
    found
}

/// Each version of a complaint has its own template, and only some of them are of one whose first text is gone.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_corrected_text_founds_what_it_founded(#[case] backend: Backend) {
    const OTHER: &str = "办理健身卡后门店关门停业，负责人失去联系，卡内余额无法退还，希望协调退费";
    let hall = Hall::open(backend).await;
    let one = |number, name, phone| Sent { number, name, phone, ..LI };
    let with_text = |command: Command, text: &str| {
        let Command::Submit(mut submission) = command else { panic!("a submission") };
        submission.complaint.as_mut().unwrap().text = Given::Known(Story::parse(text).unwrap());
        submission
    };
    // Of the first one's text, and corrected to one of its own; and the other way around.
    hall.must(intake(), sent(&hall, &one("R1", "王一", "13900000081"))).await;
    hall.lead(&named("R1", Track::Complaint), vec![Verb::SignFor, refuse()]).await;
    let left = sent(&hall, &one("L1", "李二", "13900000082"));
    hall.must(intake(), left.clone()).await;
    let came = sent(&hall, &one("C1", "赵三", "13900000083"));
    let own = with_text(came.clone(), "手机充电时屏幕出现条纹，送修三次仍未修好，商家不肯更换也不肯退款");
    hall.must(intake(), Command::Submit(own)).await;
    let amend = |submission| Command::Amend { submission, reason: why("更正") };
    hall.must(intake(), amend(with_text(left, OTHER))).await;
    let Command::Submit(came) = came else { panic!("a submission") };
    hall.must(intake(), amend(came)).await;
    hall.world.wait(400 * DAY);
    hall.load(with_retention(BUREAU)).await;
    assert_eq!(purge(&hall.world.app, false).await.submissions(), 1, "the others are open");
    let directory = crate::support::directory();
    is_whole(&hall.world.app, &hall.world.config, &directory, "again.db").await;
    let database = Some(directory.path().join("again.db").display().to_string());
    let again = Config { database, ..hall.world.config.clone() };
    assert_eq!(differing(&hall.world.config, &again).await, Vec::<String>::new());
    hall.world.close().await;
}

/// Whatever was lived before: after a purge the past is as if the rest had never been, and the log still gives every row.
#[rstest]
#[case::sqlite(Backend::Sqlite, 6)]
#[case::postgres(Backend::Postgres, 2)]
fn what_was_purged_is_as_if_it_had_never_been(#[case] backend: Backend, #[case] cases: u32) {
    prove(cases, (months(), 8..24_usize, 0..3_usize), |runtime, (history, before, variant)| {
        runtime.block_on(async {
            let (config, directory) = fresh(backend);
            let world = World::open(&config, 16, LoadBasis::LAWFUL).await;
            use_model(&world.app, &artefact(0.4)).await;
            let mut asked = Vec::new();
            let processes = [world];
            live_on(&processes, (&history, &history.waves[..before]), &mut asked).await;
            let [world] = &processes;
            world.wait(400 * DAY);
            let content = with_retention(&bureau(variant));
            world.app.act(FIRST_BUREAU, Command::LoadBureau { content: content.into() }).await.unwrap();
            let done = world.app.purge(FIRST_BUREAU, false, |_, _| true).await.unwrap();
            prop_assert!(done.retention.is_some() && !done.stopped);
            let rest = &history.waves[before..];
            live_on(&processes, (&history, rest), &mut asked).await;
            let [world] = processes;
            let other = scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
            let found = replay(&world.app.context, &other, FIRST_BUREAU).await.unwrap();
            prop_assert_eq!(&found.differences, &vec![], "purged {:?}", done.purged);
            prop_assert!(found.purged.decisions >= done.submissions());
            prop_assert_eq!(fold(&world.app.context, FIRST_BUREAU).await.unwrap(), vec![]);
            let database = Some(directory.path().join("replayed.db").display().to_string());
            let beside = Config { database, ..config.clone() };
            let differing = differing(&config, &beside).await;
            prop_assert!(differing.is_empty(), "{differing:#?}");
            other.store.close().await;
            world.close().await;
            Ok(())
        })
    });
}

const PHONE: &str = "13900000071";
const DOCUMENT: &str = "11010519491231002X";

/// A complaint of a person, or a submission of both parts, that came in on a day before today.
struct Sent<'a> {
    number: &'a str,
    name: &'a str,
    phone: &'a str,
    days_ago: i64,
    both: bool,
}

const LI: Sent<'static> = Sent { number: "", name: "李秘密", phone: PHONE, days_ago: 1, both: false };

fn sent(hall: &Hall, sent: &Sent<'_>) -> Command {
    let at = hall.world.clock.now().0 - sent.days_ago * 86_400_000_000;
    let text = "购买600袋，分6单付款，预包装食品未标注生产日期，要求退一赔十，住在秘密小区";
    let mut whole: Value = json!({
        "number": sent.number, "received": { "at": at, "date_only": false },
        "complainant": { "name": sent.name, "phone": sent.phone, "address": format!("秘密小区三号楼{}", &sent.phone[9..]) },
        "respondent": { "name": format!("东街{}号店", sent.number), "premises": "东街街道一号" },
        "complaint": { "text": text, "object_category": "商品->食品", "amount_fen": 46_800, "place": "秘密小区门口" },
    });
    if sent.name == LI.name {
        whole["complainant"]["resident_id"] = json!(DOCUMENT);
    }
    if sent.both {
        whole["report"] = json!({ "text": "秘密小区楼下该店无照经营", "object_category": "商品->食品" });
    }
    Command::Submit(serde_json::from_value(whole).unwrap())
}

fn refuse() -> Verb {
    Verb::Decide {
        ruling: Ruling::Refuse {
            ground: RefusalGround::NotForConsumption, reason: why("李秘密未提供小票")
        },
        finding: Some((Finding::Suspected, why("秘密：短期内多次投诉"))),
        on: None,
        approved_by: None,
    }
}

/// Two years: what ended in the first one, a file under review, one linked to an open file; and the second one.
async fn two_years(hall: &Hall) -> Vec<FileRef> {
    let first = [
        Sent { number: "R1", ..LI },
        Sent { number: "R2", ..LI },
        Sent { number: "R3", both: true, ..LI },
        Sent { number: "R4", name: "王复议", phone: "13900000072", ..LI },
        Sent { number: "R5", name: "赵关联", phone: "13900000073", ..LI },
    ];
    let mut files = Vec::new();
    for one in &first {
        hall.must(intake(), sent(hall, one)).await;
        files.push(named(one.number, Track::Complaint));
        hall.lead(files.last().unwrap(), vec![Verb::SignFor, refuse()]).await;
    }
    let report = named("R3", Track::Report);
    let reason = why("秘密小区现场检查未发现");
    let ruling = Ruling::NotFile { reason, basis: None };
    let not_filed = Verb::Decide { ruling, finding: None, on: None, approved_by: None };
    hall.lead(&report, vec![Verb::SignFor, not_filed]).await;
    let review = Command::OpenReview {
        file: files[3].clone(),
        kind: ReviewKind::Reconsideration,
        authority: Line::parse("测试区人民政府").unwrap(),
        received: hall.world.clock.now().day(),
        against: LATEST,
    };
    hall.must(reception(), review).await;
    hall.must(intake(), sent(hall, &Sent { number: "O5", name: "赵关联", phone: "13900000073", ..LI })).await;
    hall.world.wait(300 * DAY);
    hall.must(intake(), sent(hall, &Sent { number: "Y1", ..LI })).await;
    hall.lead(&named("Y1", Track::Complaint), vec![Verb::SignFor, refuse()]).await;
    hall.world.wait(100 * DAY);
    files
}

fn number(text: &str) -> RegistrationNumber {
    RegistrationNumber::parse(text).unwrap()
}

fn who(name: &str, document: Option<&str>) -> Person {
    Person {
        name: Line::parse(name).unwrap(),
        phones: vec![Phone::parse(PHONE).unwrap()],
        resident_id: document.map(|text| ResidentId::parse(text).unwrap()),
    }
}

/// What is seen of the first year, in every way there is.
struct Seen {
    sheet: String,
    score: Value,
    figures: Value,
    found: Vec<String>,
    record: String,
    others: usize,
}

async fn see(hall: &Hall, at: &str) -> Seen {
    let (service, me) = (&hall.world.service, reception());
    let sheet = service.evidence(&me, &number("R1"), None).await.unwrap();
    let mut score: Value = serde_json::from_str(&sheet.to_json().unwrap()).unwrap();
    let score = score["score"].take();
    let year = Days::between(Day::parse("2026-01-01").unwrap(), Day::parse("2026-12-31").unwrap());
    let figures = serde_json::to_value(service.figures(&me, year).await.unwrap()).unwrap();
    let by = SearchBy::Phone(Phone::parse(PHONE).unwrap());
    let found = service.search(&me, by, None, 100).await.unwrap().items;
    let mut found: Vec<String> =
        found.iter().map(|one| format!("{} {}", one.number, one.id.track.zh())).collect();
    found.sort_unstable();
    let disclosure = Disclosure { request: Line::parse("信查〔2027〕3号").unwrap(), right: Right::Copy };
    let asked = who("李秘密", Some(DOCUMENT));
    let record =
        service.person_record(&me, request_id(&format!("disclose-{at}")), &asked, disclosure.clone());
    let record = record.await.unwrap();
    // Whose name is another, gets nothing of what is under the same telephone.
    let other = request_id(&format!("disclose-other-{at}"));
    let other = service.person_record(&me, other, &who("孙他人", None), disclosure.clone()).await.unwrap();
    assert!(other.files.expose().is_empty() && !other.to_html().contains("秘密"));
    let denied = service.person_record(&unit(EAST), request_id("denied"), &asked, disclosure).await;
    assert!(denied.is_err(), "a unit gives nothing out");
    let record = record.to_json().unwrap() + &record.to_html();
    Seen { sheet: sheet.to_html(), score, figures, found, record, others: other.others }
}

async fn purge(app: &App, dry_run: bool) -> PurgeDone {
    app.purge(FIRST_BUREAU, dry_run, |_, _| true).await.unwrap()
}

/// Everything holds together: the trail, the states, and the log played again. How much of it was passed over.
async fn is_whole(app: &App, config: &Config, directory: &tempfile::TempDir, name: &str) -> (usize, usize) {
    app.write_heads().await;
    let trail = app.verify_trail(FIRST_BUREAU, &[], |_, _| ()).await.unwrap();
    assert!(trail.intact, "{:?}", trail.findings);
    assert_eq!(fold(&app.context, FIRST_BUREAU).await.unwrap(), vec![]);
    let other = scratch_context(config, directory, name, LoadBasis::LAWFUL).await;
    let found = replay(&app.context, &other, FIRST_BUREAU).await.unwrap();
    other.store.close().await;
    assert_eq!(found.differences, vec![]);
    (found.purged.decisions, found.purged.by_their_past)
}

/// The sealed bytes of the first year, as the database has them.
async fn sealed(hall: &Hall) -> Vec<Vec<u8>> {
    let hex =
        if hall.world.config.database.is_some() { "encode(payload, 'hex')" } else { "lower(hex(payload))" };
    let sql = format!(
        "SELECT {hex} FROM event e WHERE submission IN (SELECT sequence FROM submission WHERE number IN ('R1', 'R2', 'R3')) ORDER BY sequence"
    );
    let rows = rows::rows(&hall.world.config, sql.leak()).await;
    rows.iter().map(|row| hex::decode(row).unwrap()).collect()
}

/// How many of these the files of the database hold; none of a server's.
fn held(config: &Config, sealed: &[Vec<u8>]) -> usize {
    let files =
        ["triage.db", "triage.db-wal"].map(|file| std::fs::read(config.data.join(file)).unwrap_or_default());
    let is_held = |bytes: &&Vec<u8>| {
        files.iter().any(|file| file.windows(bytes.len()).any(|part| part == bytes.as_slice()))
    };
    sealed.iter().filter(is_held).count()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_purged_year_is_gone_and_what_happened_stays(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let (app, directory) = (&hall.world.app, crate::support::directory());
    use_model(app, &artefact(0.4)).await;
    let files = two_years(&hall).await;
    assert_eq!(purge(app, false).await, PurgeDone::default(), "nothing is purged until somebody sets it");
    hall.load(with_retention(BUREAU)).await;
    let before = see(&hall, "before").await;
    let bytes = sealed(&hall).await;
    assert!(backend == Backend::Postgres || held(&hall.world.config, &bytes) > 0);
    assert_eq!(before.found, ["R1 投诉", "R2 投诉", "R3 举报", "R3 投诉", "Y1 投诉"]);
    for part in ["R1", "R3", "Y1", "秘密小区三号楼", "秘密：短期内多次投诉", "秘密小区现场检查未发现"]
    {
        assert!(before.record.contains(part), "{part}");
    }
    assert_eq!(before.others, 5);

    let kept = BTreeMap::from([(Hold::UnderReview, 1), (Hold::Linked, 1), (Hold::Open, 1)]);
    let planned = purge(app, true).await;
    assert_eq!((&planned.purged, &planned.kept), (&BTreeMap::from([(2026, 3)]), &kept));
    assert_eq!(see(&hall, "planned").await.sheet, before.sheet, "a dry run does nothing");
    let done = purge(app, false).await;
    assert_eq!((&done.purged, &done.kept), (&planned.purged, &kept));
    let file = if backend == Backend::Sqlite { Rewritten::Whole } else { Rewritten::ByServer };
    assert_eq!(done.file, Some(file));
    let again = purge(app, false).await;
    assert_eq!((again.submissions(), again.kept), (0, kept), "a second purge does nothing");

    let after = see(&hall, "after").await;
    assert_eq!(after.found, ["Y1 投诉"]);
    assert_eq!(
        (&after.score, &after.figures),
        (&before.score, &before.figures),
        "scores, reasons and figures stay"
    );
    assert!(!after.sheet.contains("秘密") && after.sheet.contains("档案保管期限表"), "{}", after.sheet);
    assert!(after.record.contains("Y1") && !after.record.contains("R1") && !after.record.contains("R3"));
    assert_eq!(after.others, 1);
    for file in [&files[0], &named("R3", Track::Report)] {
        let made = hall.world.service.dossier(&reception(), file, Reader::Bureau).await.unwrap();
        let pages = made.to_html() + &made.to_json().unwrap();
        assert!(!pages.contains("秘密") && pages.contains("按规定清除") && pages.contains("不予"), "{pages}");
    }
    let shown = hall.world.service.submission(&reception(), number("R3")).await.unwrap();
    assert!(shown.files.iter().all(|file| file.purged.is_some()), "{shown:?}");
    let kept_file = hall.world.service.submission(&reception(), number("R4")).await.unwrap();
    assert!(serde_json::to_string(&kept_file).unwrap().contains("王复议"), "what is under review is kept");
    assert!(sealed(&hall).await.iter().all(|sealed| !bytes.contains(sealed)));
    assert_eq!(held(&hall.world.config, &bytes), 0, "no page of the file holds what was sealed");

    // What is sent again brings nothing back.
    let Outcome::Submitted { repeat: true, .. } =
        hall.must(intake(), sent(&hall, &Sent { number: "R1", ..LI })).await
    else {
        panic!("it is known")
    };
    let Command::Submit(version) = sent(&hall, &Sent { number: "R1", ..LI }) else { panic!("a submission") };
    hall.ask(intake(), Command::Amend { submission: version, reason: why("补充") }).await.unwrap_err();
    assert_eq!(see(&hall, "again").await.found, ["Y1 投诉"]);
    let (decisions, by_their_past) = is_whole(app, &hall.world.config, &directory, "first.db").await;
    assert_eq!(decisions, 4, "of three complaints and a report");
    assert!(by_their_past > 0, "what came in behind them had seen them");

    on_the_schedule(&hall, &files[3]).await;
    is_whole(app, &hall.world.config, &directory, "second.db").await;
    hall.world.close().await;
}

/// What a review has decided is kept for its time from there on; a server purges by itself, once a day at its time.
async fn on_the_schedule(hall: &Hall, file: &FileRef) {
    let app = &hall.world.app;
    let seen = hall.world.service.submission(&reception(), file.number.clone()).await.unwrap();
    let review = seen.files[0].state.reviews[0].sequence;
    let end = ReviewEnd::of(ReviewOutcome::Upheld);
    hall.must(reception(), Command::EndReview { file: file.clone(), review, end, note: Some(why("秘密")) })
        .await;
    assert_eq!(purge(app, true).await.kept.get(&Hold::UnderReview), None);
    assert_eq!(purge(app, true).await.submissions(), 0);
    // From nine in the morning to one in the night.
    hall.world.wait(366 * DAY + 16 * 60);
    let (mut schedule, life) = (app.purge_schedule(), Lifecycle::default());
    assert!(schedule.look(&life).await.unwrap().is_empty(), "it is one in the night");
    hall.world.wait(100);
    let purged = schedule.look(&life).await.unwrap();
    let [(FIRST_BUREAU, done)] = purged.as_slice() else { panic!("one bureau: {purged:?}") };
    assert_eq!((done.submissions(), done.kept.get(&Hold::Linked)), (2, Some(&1)), "{done:?}");
    assert!(schedule.look(&life).await.unwrap().is_empty(), "once a day");
    let by = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit WHERE action = 'purge' AND caller_id <> 0";
    assert_eq!(rows::rows(&hall.world.config, by).await, ["2"]);
}

/// Rows of an export that have long ended, as of a day that no machine's clock is before.
async fn ended_long_ago(world: &World, many: usize) {
    let ended = world.clock.now().plus_seconds(-3 * 366 * 86_400);
    let facts = |at: usize| Facts {
        person: at % 4,
        shop: at % 3,
        text: at % 3,
        parts: [1, 2][at % 2],
        hours: 24_000,
        amount: 1,
    };
    let ending = Ending {
        ended: Ended::Closed(None),
        at: Some(Moment { at: ended, date_only: false }),
        recovered: None,
        fined: None,
        confiscated: None,
        handled_by: None,
    };
    let as_of = world.clock.now();
    let outcome = FileOutcome {
        ending: Some(ending),
        accepted_upstream: false,
        imported_label: None,
        handled_by: None,
        as_of,
    };
    let asked = (0..many).map(|at| {
        let submission = Box::new(submission(&format!("E{at}"), facts(at), 0));
        (intake(), request_id(&format!("E{at}")), Command::Import { submission, outcome: outcome.clone() })
    });
    for answer in world.ask_at_once(asked.collect()).await {
        answer.unwrap();
    }
}

const PURGED: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM submission WHERE purged IS NOT NULL";

/// Killed in the middle, it goes on: what was purged is, and nothing is purged twice.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_purge_that_was_killed_goes_on(#[case] backend: Backend) {
    const MANY: usize = 400;
    let (config, directory) = fresh(backend);
    // 2024-01-02: the process below has the machine's clock.
    let world = World::at(&config, 256, LoadBasis::LAWFUL, Timestamp(1_704_157_200_000_000)).await;
    world
        .app
        .act(FIRST_BUREAU, Command::LoadBureau { content: with_retention(BUREAU).into() })
        .await
        .unwrap();
    ended_long_ago(&world, MANY).await;
    world.close().await;
    let process = |more: &[&str]| {
        let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
        process.args(arguments(&config)).args(more).stdout(Stdio::piped()).stderr(Stdio::null());
        process
    };
    assert!(process(&["clock", "accept"]).output().unwrap().status.success(), "it is years later");
    let mut killed = process(&["purge"]).spawn().unwrap();
    let count = async || rows::rows(&config, PURGED).await[0].parse::<usize>().unwrap();
    while count().await == 0 {}
    killed.kill().unwrap();
    killed.wait().unwrap();
    let first = count().await;
    assert!((1..MANY).contains(&first), "{first}");
    let rest = process(&["purge", "--json"]).output().unwrap();
    let rest: Value = serde_json::from_slice(&rest.stdout).unwrap();
    assert_eq!(rest["purged"], json!({ "2023": MANY - first }), "{rest}");
    assert_eq!(count().await, MANY);
    let again = process(&["purge"]).output().unwrap();
    assert!(String::from_utf8(again.stdout).unwrap().contains("已清除 0 件"));
    let app = App::open_existing(config.clone(), Clock::System).await.unwrap();
    assert_eq!(is_whole(&app, &config, &directory, "killed.db").await, (MANY, 0));
    app.context.store.close().await;
}
