//! Files that offices have: one number as a complaint and as a report, words that stand for nobody, files that are none,
//! and what a clerk may say of hers.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command as Process, Output, Stdio};

use rstest::rstest;
use triage::app::{App, Config, FIRST_BUREAU};
use triage::clock::Clock;
use triage::exchange::Sheet;
use triage::replay::replay;
use triage::routing::LoadBasis;

use super::{bureau, bureau_by, counts, import};
use crate::support::server::arguments;
use crate::support::{Backend, fresh, rows, scratch_context};

const EVENTS: &str = "SELECT COUNT(*) FROM event";

async fn replays(app: &App, config: &Config, directory: &tempfile::TempDir) {
    let replayed = scratch_context(config, directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&app.context, &replayed, FIRST_BUREAU).await.unwrap();
    assert!(found.differences.is_empty(), "{:#?}", found.differences);
    replayed.store.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn one_number_as_complaint_and_as_report_is_two_files_of_one_submission(#[case] backend: Backend) {
    const FILES: &str = "SELECT number, track, status FROM file ORDER BY number, track";
    let (config, directory) = fresh(backend);
    let app = bureau(&config).await;
    let both = [
        "P1,2026-05-20,投诉,王某,13900000001,东街蛋糕房,东街街道一号,9.9,{BREAD},待核查,,待受理,,,,否",
        "P1,2026-05-20,举报,王某,13900000001,东街蛋糕房,东街街道一号,,{SHOP},不予立案,,已办结,,2026-05-26,,",
        "P2,2026-05-20,举报,,,西街药店,西街街道四号,,{SHOP},核查中,,办理中,,,,",
    ];
    let done = import(&app, "both", &both).await;
    assert_eq!(counts(&done), [2, 1, 0, 0, 0, 0, 0], "{done:#?}");
    assert_eq!(rows::rows(&config, FILES).await, ["P1 | 0 | 1", "P1 | 1 | 6", "P2 | 1 | 1"]);
    let submissions = "SELECT COUNT(DISTINCT submission) FROM file WHERE number = 'P1'";
    assert_eq!(rows::rows(&config, submissions).await, ["1"]);

    let before = rows::rows(&config, EVENTS).await;
    let again = import(&app, "again", &[both[2], both[1], both[0]]).await;
    assert_eq!(counts(&again), [0, 0, 0, 0, 3, 0, 0]);
    assert_eq!(rows::rows(&config, EVENTS).await, before);
    // Who was the shop, they do not agree on: no two parts of one submission.
    let apart = [
        "P3,2026-05-20,投诉,王某,13900000001,东街蛋糕房,东街街道一号,9.9,{BREAD},待核查,,待受理,,,,",
        "P3,2026-05-20,举报,王某,13900000001,西街药店,西街街道四号,,{SHOP},核查中,,办理中,,,,",
    ];
    let refused = import(&app, "apart", &apart).await;
    assert_eq!((refused.open, refused.refused), (1, 1), "{refused:#?}");
    replays(&app, &config, &directory).await;
    app.context.store.close().await;
}

/// The platform's people correct telephones and addresses: what became of the file is told all the same, and what is corrected is listed.
/// A row of another matter under the same number tells nothing.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_corrected_row_still_tells_its_outcome(#[case] backend: Backend) {
    const FILES: &str = "SELECT number, status FROM file ORDER BY number";
    let (config, directory) = fresh(backend);
    let app = bureau(&config).await;
    let open = |number: &str| {
        format!(
            "{number},2026-05-20,投诉,王某,13900000001,东街蛋糕房,东街街道一号,9.9,{{BREAD}},已受理,,办理中,,,,否"
        )
    };
    let numbers = ["Q1", "Q2", "Q3", "Q4"].map(open);
    import(&app, "open", &numbers.each_ref().map(String::as_str)).await;
    let later = |number: &str, changed: (&str, &str)| {
        let row = open(number).replace("办理中,,,,", "已办结,,2026-05-28,,").replace(changed.0, changed.1);
        assert_ne!(row, open(number));
        row
    };
    let rows_now = [
        later("Q1", ("13900000001", "13900000002")),
        later("Q2", ("东街街道一号", "东街街道1号院")),
        later("Q3", ("东街蛋糕房", "西街药店")),
        later("Q4", ("{BREAD}", "{PHONE}")),
    ];
    let rows_now = rows_now.each_ref().map(String::as_str);
    let done = import(&app, "later", &rows_now).await;
    assert_eq!((done.outcomes, done.refused, done.warned), (2, 2, 2), "{done:#?}");
    assert_eq!(rows::rows(&config, FILES).await, ["Q1 | 7", "Q2 | 7", "Q3 | 1", "Q4 | 1"]);
    let listed: Vec<&str> = done.warnings.iter().map(|fault| fault.reason_zh.as_str()).collect();
    assert!(
        listed.iter().all(|text| text.starts_with("办理结果已登记；内容与已有记录不一致，未更改：")),
        "{listed:?}"
    );
    assert!(listed[0].contains("不显示内容") && !listed[0].contains("13900000002"), "{listed:?}");
    replays(&app, &config, &directory).await;
    app.context.store.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn words_that_stand_for_nobody_link_nobody(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let app = bureau(&config).await;
    let header = "登记编号,登记时间,类型,提供方姓名,提供方联系方式,提供方地址,企业名称,企业地址,具体问题";
    for (word, phone) in [("匿名", "无"), ("不愿透露姓名", "-"), ("王女士", "135****7780"), ("/", "不详")]
    {
        let mut text = format!("{header}\n");
        for (at, place) in ["/", "无", "不详", "同上", "包头市", "NULL"].into_iter().enumerate() {
            let number = format!("{}-{at}", u32::from(word.chars().next().unwrap()));
            let _ = writeln!(
                text,
                "{number},2026-05-{:02} 10:00:00,投诉,{word},{phone},{place},第{at}食品店,东街街道{at}号,第{at}次买到的东西坏了",
                10 + at
            );
        }
        let path = app.data().join("nobody.csv");
        std::fs::write(&path, text).unwrap();
        let sheet = Sheet::read(&path).unwrap();
        let life = triage::lifecycle::Lifecycle::default();
        let done = app.import(FIRST_BUREAU, sheet, None, &life, |_| ()).await.unwrap();
        assert_eq!((done.open, done.refused, done.warned), (6, 0, 0), "{word}: {done:#?}");
    }
    // Each takes its turn by itself, and none can be found by a number.
    let linked = rows::rows(&config, "SELECT COUNT(*) FROM file WHERE cluster <> -submission").await;
    assert_eq!(linked, ["0"]);
    assert_eq!(rows::rows(&config, "SELECT COUNT(*) FROM search_key").await, ["0"]);
    app.context.store.close().await;
}

/// What stands in the field of an address and is none links nobody, and no station is competent by it; a privacy number is its
/// extension's.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_is_no_address_links_nobody_and_routes_nothing(#[case] backend: Backend) {
    const UNITS: &str = "SELECT DISTINCT unit FROM file ORDER BY unit";
    let (config, _directory) = fresh(backend);
    let app = bureau(&config).await;
    let mut text =
        "登记编号,登记时间,类型,提供方姓名,提供方联系方式,提供方地址,企业名称,企业地址,事发地,具体问题\n"
            .to_owned();
    let places = [
        "null null",
        "//区/街12号",
        "0472-5151234",
        "3号楼201",
        "不在东街街道，说是在西街街道四号",
        "东街街道一号的店员说不知道地址",
    ];
    for (at, place) in places.into_iter().flat_map(|place| [place, place]).enumerate() {
        let _ = writeln!(
            text,
            "N{at},2026-05-{:02} 10:00:00,投诉,王某,18412345678转{at:04},{place},第{at}食品店,{place},{place},第{at}次买到的东西坏了",
            10 + at
        );
    }
    let path = app.data().join("places.csv");
    std::fs::write(&path, text).unwrap();
    let sheet = Sheet::read(&path).unwrap();
    let life = triage::lifecycle::Lifecycle::default();
    let done = app.import(FIRST_BUREAU, sheet, None, &life, |_| ()).await.unwrap();
    assert_eq!((done.open, done.refused, done.warned), (12, 0, 12), "{done:#?}");
    // Three columns of each row, by row and title.
    let named = |row: u32| {
        let of = done.warnings.iter().filter(move |warning| warning.row == row);
        of.map(|warning| warning.column.as_str()).collect::<Vec<_>>()
    };
    assert!((2..14).all(|row| named(row) == ["提供方地址", "企业地址", "事发地"]), "{:?}", named(2));
    assert!(done.all_to_reception && done.percent_to_reception == Some(100), "{:?}", done.routed);
    assert_eq!(rows::rows(&config, UNITS).await.len(), 1);
    assert_eq!(
        rows::rows(&config, "SELECT COUNT(DISTINCT cluster) FROM file").await,
        ["12"],
        "nobody is linked"
    );
    app.context.store.close().await;
}

/// Both numbers of a cell link and find, and the first stays the telephone.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn both_numbers_of_a_cell_are_kept_and_both_link(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let app = bureau(&config).await;
    let row = |number: &str, day: &str, phone: &str| {
        format!(
            "{number},2026-05-{day},投诉,王某,{phone},东街蛋糕房,东街街道一号,9.9,{{BREAD}},待核查,,待受理,,,,"
        )
    };
    let phones = ["13900000001", "0472-5151234", "13900000001、0472-5151234", "13900000001/13900000009"];
    let rows: Vec<String> =
        (11..).zip(phones).map(|(day, phone)| row(&format!("T{day}"), &day.to_string(), phone)).collect();
    let done = import(&app, "phones", &rows.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!((done.open, done.warned), (4, 0), "{done:#?}");
    // The third is linked to the first two, which have nothing in common but it; the fourth to all by the first number.
    let clusters = rows::rows(&config, "SELECT number, cluster FROM file ORDER BY number").await;
    let cluster = |at: usize| clusters[at].split_once(" | ").unwrap().1.to_owned();
    assert_ne!(cluster(0), cluster(1));
    assert_eq!(cluster(2), cluster(3));
    let links = "SELECT COUNT(*) FROM search_key";
    assert_eq!(rows::rows(&config, links).await, ["6"], "one number, one, two, two");
    let linked = "SELECT evidence FROM decision ORDER BY submission";
    let evidence = rows::rows(&config, linked).await;
    assert!(evidence[2].contains("T11") && evidence[2].contains("T12"), "{evidence:#?}");
    replays(&app, &config, &directory).await;
    app.context.store.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn one_number_with_other_facts_shows_both_and_nothing_of_a_person(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let app = bureau(&config).await;
    let row = |day: &str, phone: &str, amount: &str| {
        format!(
            "D1,2026-05-{day},投诉,王某,{phone},东街蛋糕房,东街街道一号,{amount},{{BREAD}},待核查,,待受理,,,,"
        )
    };
    import(&app, "first", &[&row("20", "13900000001", "1299")]).await;
    let other = import(&app, "other", &[&row("21", "13900000002", "999.5")]).await;
    let said = &other.faults[0].reason_zh;
    assert!(said.contains("“登记时间”已有记录为“2026-05-20”，本文件为“2026-05-21”"), "{said}");
    assert!(said.contains("“消费金额(单位:元)”已有记录为“1299.00 元”，本文件为“999.50 元”"), "{said}");
    assert!(said.contains("“提供方联系方式”不同（不显示内容）") && !said.contains("1390000"), "{said}");
    app.context.store.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn where_new_files_go_is_told_and_a_foreign_bureau_file_shows(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let app = bureau(&config).await;
    let foreign: Vec<String> = (1..=3)
        .map(|n| format!("F{n},2026-05-20,投诉,王某,13900000001,某店{n},外地市外地路{n}号,9.9,{{BREAD}},待核查,,待受理,,,,"))
        .collect();
    let foreign: Vec<&str> = foreign.iter().map(String::as_str).collect();
    std::fs::write(app.data().join("foreign.csv"), super::csv(&foreign)).unwrap();
    let sheet = Sheet::read(&app.data().join("foreign.csv")).unwrap();
    let tried = app.preview_import(FIRST_BUREAU, &sheet, None).await.unwrap();
    let done = import(&app, "foreign", &foreign).await;
    for (seen, what) in [(&tried, "tried"), (&done, "done")] {
        assert!(seen.all_to_reception, "{what}: {seen:#?}");
        assert_eq!(
            (seen.routed.len(), seen.routed[0].files, seen.routed[0].is_reception),
            (1, 3, true),
            "{what}"
        );
    }
    let own = import(&app, "may", &super::may()).await;
    assert!(!own.all_to_reception);
    let units = "SELECT unit, COUNT(*) FROM file WHERE number LIKE 'A%' AND status = 1 GROUP BY unit ORDER BY COUNT(*) DESC, unit";
    let units_seen: Vec<String> =
        own.routed.iter().map(|to| format!("{} | {}", to.unit.as_ref().unwrap(), to.files)).collect();
    assert_eq!(units_seen, rows::rows(&config, units).await);
    app.context.store.close().await;
}

/// Runs `triage import` as a clerk does.
pub(super) fn clerk(config: &Config, asked: &[&str]) -> Output {
    let mut command = Process::new(env!("CARGO_BIN_EXE_triage"));
    command.args(arguments(config)).env("RUST_LOG", "error").arg("import").args(asked);
    command.output().unwrap()
}

/// The same at a terminal, with an answer to what she is asked.
fn clerk_at_a_terminal(config: &Config, asked: &[&str], answer: &str) -> Output {
    let asked = asked.iter().map(|word| (*word).to_owned());
    let words = arguments(config).into_iter().chain(["import".to_owned()]).chain(asked);
    let quoted: Vec<String> = words.map(|word| format!("'{word}'")).collect();
    let line = format!("{} {}", env!("CARGO_BIN_EXE_triage"), quoted.join(" "));
    let mut command = Process::new("script");
    command.args(["-qec", &line, "/dev/null"]).env("RUST_LOG", "error");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// A file of another bureau is not taken by mistake: whoever sits at the terminal is asked before anything is written.
#[tokio::test]
async fn a_file_of_another_place_is_asked_about() {
    let (config, directory) = fresh(Backend::Sqlite);
    bureau_by(&config, Clock::System).await.context.store.close().await;
    let path = directory.path().join("theirs.csv");
    let row = |n: usize, place: &str| format!("T{n},2026-05-20 10:00:00,投诉,某某店,{place}{n}号,坏了{n}\n");
    let rows: String = (0..4).map(|n| row(n, "外省某市某区某某路")).collect();
    std::fs::write(&path, format!("登记编号,登记时间,类型,企业名称,企业地址,具体问题\n{rows}")).unwrap();
    let file = path.to_str().unwrap();
    let taken = || rows::rows(&config, "SELECT COUNT(*) FROM file");

    let no = clerk_at_a_terminal(&config, &[file], "n\n");
    assert!(said(&no).contains("仍要导入吗") && said(&no).contains("没有导入"), "{}", said(&no));
    assert_eq!((no.status.code(), taken().await), (Some(1), vec!["0".to_owned()]));
    let yes = clerk_at_a_terminal(&config, &[file], "\ny\n");
    assert_eq!((yes.status.code(), taken().await), (Some(0), vec!["4".to_owned()]), "{}", said(&yes));

    std::fs::write(
        &path,
        format!("登记编号,登记时间,类型,企业名称,企业地址,具体问题\n{}", row(9, "东街街道")),
    )
    .unwrap();
    let ours = clerk_at_a_terminal(&config, &[file], "");
    assert_eq!((ours.status.code(), taken().await), (Some(0), vec!["5".to_owned()]), "{}", said(&ours));
}

pub(super) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_clerk_is_told_what_would_happen_and_may_explain_her_file() {
    let (config, directory) = fresh(Backend::Sqlite);
    bureau_by(&config, Clock::System).await.context.store.close().await;
    let write = |name: &str, text: &str| -> PathBuf {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let own = write(
        "own.csv",
        "流水号,登记时间,企业名称,具体问题,办理情况\nW1,2026-05-20,东街蛋糕房,坏了,市局督办\nW2,2026-05-20,东街蛋糕房,坏了,已办结\n",
    );
    let own = own.to_str().unwrap();
    let unknown = clerk(&config, &[own]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        said(&unknown).contains("登记编号、类型") && said(&unknown).contains("--kind"),
        "{}",
        said(&unknown)
    );
    let columns = said(&clerk(&config, &["--columns"]));
    assert!(columns.contains("登记编号（") && columns.contains("[columns]"), "{columns}");

    let map = write(
        "map.toml",
        "[columns]\n'流水号' = '登记编号'\n[words.'办理情况状态']\n'市局督办' = '办理中'\n",
    );
    let explained = ["--map", map.to_str().unwrap(), "--kind", "投诉", own];
    let tried = clerk(&config, &[&["--dry-run"], &explained[..]].concat());
    assert!(tried.status.success() && said(&tried).contains("没有导入任何件"), "{}", said(&tried));
    assert_eq!(rows::rows(&config, "SELECT COUNT(*) FROM file").await, ["0"]);

    // In a list one file that is none does not stop the others.
    let lock = write("~$own.csv", "x");
    let list = [&[lock.to_str().unwrap(), "nowhere.xlsx"], &explained[..]].concat();
    let done = clerk(&config, &list);
    assert_eq!(done.status.code(), Some(1));
    assert!(said(&done).contains("~$ 开头") && said(&done).contains("文件不存在"), "{}", said(&done));
    let files = rows::rows(&config, "SELECT number, track, status FROM file ORDER BY number").await;
    assert_eq!(files, ["W1 | 0 | 1", "W2 | 0 | 7"]);
    let again = clerk(&config, &[&["--dry-run"], &explained[..]].concat());
    assert!(said(&again).contains("2 行  已有件，无变化"), "{}", said(&again));
    let wrong = write("wrong.toml", "[columns]\n'流水号' = '编'\n");
    let wrong = clerk(&config, &["--map", wrong.to_str().unwrap(), own]);
    assert!(said(&wrong).contains("“编”不是可以导入的列"), "{}", said(&wrong));
}
