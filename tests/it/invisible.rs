//! Characters that nobody sees, and widths that nobody means (不可见字符): they change no link, no score, no way, no
//! comparison, and what turns a line around reaches no terminal and no page.

use std::process::Command as Process;

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestCaseResult, TestRunner};
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;
use triage::app::Config;
use triage::clock::Clock;
use triage::grpc::pb;
use triage::service::Bounds;

use crate::support::items::{complaint, received, submit};
use crate::support::models::{artefact, use_model};
use crate::support::server::arguments;
use crate::support::{Backend, MONDAY, TestApp, beside, fresh, ok, refusal, rows};

/// Zero width, joiners, soft hyphen, BOM, fillers, variation selectors, tags, turns of direction.
const UNSEEN: [char; 18] = [
    '\u{200b}',
    '\u{200c}',
    '\u{200d}',
    '\u{2060}',
    '\u{feff}',
    '\u{ad}',
    '\u{34f}',
    '\u{115f}',
    '\u{3164}',
    '\u{ffa0}',
    '\u{180e}',
    '\u{fe0f}',
    '\u{e0041}',
    '\u{e0100}',
    '\u{202e}',
    '\u{2066}',
    '\u{2069}',
    '\u{61c}',
];
/// Blanks of several kinds.
const BLANKS: [char; 6] = [' ', '\u{3000}', '\u{a0}', '\u{2009}', '\u{202f}', '\t'];

/// What one made-up item is about, and where the unseen falls.
#[derive(Debug, Clone)]
struct Item {
    person: usize,
    shop: usize,
    text: usize,
    /// 1 complaint, 2 report, 3 both.
    parts: u8,
    hours: i64,
    /// Read one after the other, for each place: which sign, if any.
    dice: Vec<u8>,
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let dice = proptest::collection::vec(any::<u8>(), 64..200);
    let item = (0..4_usize, 0..4_usize, 0..3_usize, 1..=3_u8, 1..2_000_i64, dice);
    let item = item.prop_map(|(person, shop, text, parts, hours, dice)| Item {
        person,
        shop,
        text,
        parts,
        hours,
        dice,
    });
    proptest::collection::vec(item, 3..8)
}

/// Strews what the dice say over texts.
struct Strewer<'d> {
    dice: std::iter::Cycle<std::slice::Iter<'d, u8>>,
    on: bool,
}

impl Strewer<'_> {
    /// The text with unseen signs, other widths and, where they may be, blanks.
    fn over(&mut self, text: &str, blanks: bool) -> String {
        if !self.on {
            return text.to_owned();
        }
        let mut strewn = String::new();
        for c in text.chars() {
            let die = usize::from(*self.dice.next().expect("a cycle"));
            match die % 8 {
                0 | 1 => strewn.push(UNSEEN[die / 8 % UNSEEN.len()]),
                2 if blanks => strewn.push(BLANKS[die / 8 % BLANKS.len()]),
                _ => {}
            }
            let wide =
                (die % 8 == 3 && ('!'..='~').contains(&c)).then(|| char::from_u32(u32::from(c) + 0xfee0));
            strewn.push(wide.flatten().unwrap_or(c));
        }
        strewn.push(UNSEEN[text.len() % UNSEEN.len()]);
        strewn
    }
}

const TEXTS: [&str; 3] = [
    "本人王小明买到的面包未标注生产日期，不符合GB 7718，要求退一赔十，请书面答复，实付12.50元，买了48袋",
    "办了健身年卡，店关门了联系不上人，要求退还余额1200元",
    "手机维修后仍不能开机，商家拒绝退费",
];

fn submission(at: usize, item: &Item, on: bool) -> pb::Submission {
    let mut strewer = Strewer { dice: item.dice.iter().cycle(), on };
    let mut strewn = |text: &str| Some(strewer.over(text, true));
    let (name, phone, document) = [
        ("王小明", "13900000001", ""),
        ("李Anna", "13900000001", ""),
        ("张某", "0472-5151234", "11010519491231002X"),
        ("赵某", "13900000003", "11010519491231002X"),
    ][item.person];
    let (shop, premises) = [
        ("东街蛋糕房", "东街街道1号"),
        ("测试市东街ABC面包有限公司", "东街街道12号院3-201"),
        ("西街超市", "西街街道三号"),
        ("西街药店", "西街街道四号"),
    ][item.shop];
    let mut sent = complaint("", -60 * item.hours);
    let part = pb::Part {
        text: strewn(TEXTS[item.text]).unwrap(),
        demands: if on {
            vec![strewn("退一赔十").unwrap(), "\u{200b}".to_owned()]
        } else {
            vec!["退一赔十".to_owned()]
        },
        object_category: strewn(if item.shop == 3 { "商品->药品" } else { "商品->食品" }),
        problem_category: strewn("质量->标签"),
        product: strewn(["面包", "年卡", "手机"][item.text]),
        brand: strewn("Brand"),
        sales_mode: strewn("现场购物"),
        order_number: strewn("A-100"),
        place: strewn("东街街道"),
        ..pb::Part::default()
    };
    sent.complainant = Some(pb::Complainant {
        name: strewn(name),
        phone: strewn(phone),
        id_number: (!document.is_empty()).then(|| strewn(document).unwrap()),
        address: strewn("友谊大街5号院2栋301"),
        delivery_address: strewn("建设路18号菜鸟驿站"),
        payment_account: strewn("6222 0200 1234 5678"),
        email: None,
        other_phones: Vec::new(),
    });
    sent.respondent =
        Some(pb::Respondent { name: strewn(shop), premises: strewn(premises), credit_code: None });
    let report =
        pb::Part { text: strewn("该店无照经营").unwrap(), demands: Vec::new(), ..part.clone() };
    sent.report = (item.parts & 2 != 0).then_some(report);
    sent.complaint = (item.parts & 1 != 0).then_some(part);
    let unseen = |text: &str, strewer: &mut Strewer<'_>| strewer.over(text, false);
    sent.complainant.as_mut().unwrap().email = Some(unseen("wang@example.cn", &mut strewer));
    sent.registration_number = unseen(&format!("N{at}"), &mut strewer);
    sent.received = Some(received(-60 * item.hours));
    sent
}

/// What is read of a database: marks, search keys, templates, vectors, ways.
async fn seen(config: &Config) -> Vec<String> {
    let wanted =
        ["submission", "file", "decision", "assignment", "candidate", "history", "search_key", "unit_load"];
    let mut lines = Vec::new();
    for (table, sql) in rows::TABLES.into_iter().filter(|(table, _)| wanted.contains(table)) {
        lines.extend(rows::rows(config, sql).await.into_iter().map(|row| format!("{table} {row}")));
    }
    for sql in [
        "SELECT sequence, template FROM submission ORDER BY sequence",
        "SELECT anchor, recency, sketch_high, sketch_low FROM anchor ORDER BY anchor, recency",
        "SELECT submission, track, evidence FROM decision ORDER BY submission, track, sequence",
    ] {
        lines.extend(rows::rows(config, sql).await);
    }
    lines
}

async fn spawn(config: Config, directory: TempDir) -> TestApp {
    let app = TestApp::spawn_with(config, directory, Bounds::default(), Clock::manual(MONDAY), true).await;
    use_model(&app.app, &artefact(0.4)).await;
    app
}

async fn strewn_is_plain(backend: Backend, items: &[Item]) -> TestCaseResult {
    let (config, directory) = fresh(backend);
    let other = beside(&config, &directory, "other");
    let (plain, strewn) = (spawn(config, directory).await, spawn(other, crate::support::directory()).await);
    let (mut to_plain, mut to_strewn) = (plain.intake().await, strewn.intake().await);
    for (at, item) in items.iter().enumerate() {
        ok(to_plain.submit(submit(submission(at, item, false))).await);
        let mut sent = submit(submission(at, item, true));
        sent.request_id = format!("s{at}");
        ok(to_strewn.submit(sent).await);
    }
    let found = rows::differences(&seen(&plain.config).await, &seen(&strewn.config).await);
    prop_assert!(found.is_empty(), "{}", found.join("\n"));
    // Told again with signs that nobody sees, it is the same version (promise 2).
    for (at, item) in items.iter().enumerate() {
        let mut again = submit(submission(at, item, true));
        again.request_id = format!("again-{at}");
        let answer = ok(to_plain.submit(again).await).receipt.unwrap();
        prop_assert!(answer.repeat, "N{at}");
    }
    plain.stop().await;
    strewn.stop().await;
    Ok(())
}

#[rstest]
#[case::sqlite(Backend::Sqlite, 12)]
#[case::postgres(Backend::Postgres, 3)]
fn what_nobody_sees_changes_nothing(#[case] backend: Backend, #[case] usual: u32) {
    const UNSET: u32 = 256;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let asked = Some(Cases::default().cases).filter(|cases| *cases != UNSET);
    let settings = Cases {
        cases: asked.unwrap_or(usual),
        max_shrink_iters: 20,
        failure_persistence: None,
        ..Cases::default()
    };
    TestRunner::new(settings)
        .run(&items(), |items| runtime.block_on(strewn_is_plain(backend, &items)))
        .unwrap();
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_text_of_nothing_visible_is_no_text(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let nothing = "\u{200b} \u{3164}\u{feff}\u{2800}".to_owned();
    let mut item = complaint("A1", 0);
    item.complaint.as_mut().unwrap().text = nothing.clone();
    item.respondent = Some(pb::Respondent {
        name: Some(nothing.clone()),
        premises: Some(nothing.clone()),
        credit_code: None,
    });
    let refused = app.intake().await.submit(submit(item)).await.unwrap_err();
    assert_eq!(refusal(&refused).1, ["submission.respondent", "submission.complaint.text"]);
    // A name of nothing is none, and stars with nothing between them are a mask.
    let mut item = complaint("A2", 0);
    let who = item.complainant.as_mut().unwrap();
    (who.name, who.address) = (Some(nothing.clone()), Some("**\u{200b}***".to_owned()));
    ok(app.intake().await.submit(submit(item)).await);
    let asked = pb::GetSubmissionRequest { registration_number: "A2".to_owned() };
    let seen = ok(app.intake().await.get_submission(asked).await);
    let who = seen.files[0].complainant.clone().unwrap();
    assert_eq!((who.name, who.address.as_deref()), (None, Some("*****")));
    let amend = pb::AmendRequest {
        request_id: "r".to_owned(),
        submission: Some(complaint("A2", 0)),
        reason: nothing,
    };
    let refused = app.intake().await.amend(amend).await.unwrap_err();
    assert_eq!(refusal(&refused).1, ["reason"]);
    app.stop().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_turns_a_line_around_reaches_no_terminal_and_no_page(#[case] backend: Backend) {
    const TURNED: &str = "买到的\u{202e}蛋糕\u{2066}有异物\u{2069}，要求\u{200f}退款";
    let app = TestApp::spawn(backend).await;
    use_model(&app.app, &artefact(0.4)).await;
    let mut item = complaint("A1", 0);
    item.complaint.as_mut().unwrap().text = TURNED.to_owned();
    item.respondent.as_mut().unwrap().name = Some("东街\u{202e}蛋糕房".to_owned());
    item.complainant.as_mut().unwrap().name = Some("王\u{2067}某".to_owned());
    ok(app.intake().await.submit(submit(item)).await);
    let printed = |asked: &[&str]| {
        let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
        let ran =
            process.env_remove("TRIAGE_DATABASE").args(arguments(&app.config)).args(asked).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let page = app.directory.path().join("sheet.html");
    for asked in [
        &["show", "A1"][..],
        &["show", "A1", "--json"],
        &["queue", "east"],
        &["queue", "east", "--json"],
        &["evidence", "A1", "--json"],
        &["evidence", "A1", "--out", page.to_str().unwrap()],
    ] {
        let text = printed(asked);
        assert!(!text.contains(turns), "{asked:?}: {}", text.escape_unicode());
    }
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("买到的蛋糕有异物，要求退款") && !html.contains(turns));
    // For a program they are written out: what was told is kept as it was told.
    let strewn: Value = serde_json::from_str(&printed(&["show", "A1", "--json"])).unwrap();
    assert_eq!(strewn["submission"]["files"][0]["part"]["text"], TURNED);
    app.stop().await;
}
