//! Our routing beside the units that really handled imported rows (试运行对比), counted again by hand on both databases.

use std::path::Path;

use rstest::rstest;
use triage::app::{App, FIRST_BUREAU};
use triage::clock::Clock;
use triage::compare::{Comparison, Coverage, Difference, Extent, Origin};
use triage::domain::command::Command;
use triage::domain::command::FileRef;
use triage::domain::decision::Band;
use triage::domain::ids::{RegistrationNumber, Track};
use triage::domain::outcome::FileOutcome;
use triage::domain::text::Line;
use triage::domain::time::Days;
use triage::exchange::Sheet;
use triage::lifecycle::Lifecycle;
use triage::routing::LoadBasis;
use triage::service::{Failure, Service};

use crate::queues::day;
use crate::support::models::{artefact, use_model};
use crate::support::world::{World, intake, reception, request_id, unit};
use crate::support::{BUREAU, Backend, MONDAY, fresh, rows};

const HEADER: &str = "登记编号,登记时间,类型,提供方姓名,提供方联系方式,企业名称,企业地址,客体类别,具体问题,办理情况状态,处理部门,办结时间,疑似职业索赔";

/// Ended rows and open ones: of two stations' places, of a special line, of an unknown place, of a unit that is not ours.
const ROWS: [&str; 9] = [
    "C1,2026-04-01 10:00:00,投诉,王某,13900000001,东街蛋糕房,东街街道一号,商品->食品->糕点,面包有异物,已办结,城东所,2026-04-10,否",
    "C2,2026-04-02 10:00:00,投诉,李某,13900000002,东街面馆,东街街道二号,商品->食品,面条有异物,不予受理,城西所（东甲）,2026-04-11,是",
    "C3,2026-04-03 10:00:00,举报,,,西街药店,西街街道三号,药品,卖过期药,已办结,测试区市场监督管理局药械股,2026-04-12,",
    "C4,2026-04-07 10:00:00,投诉,赵某,13900000003,游商,某处,服务,不退费,已办结,城北所,2026-04-13,",
    "C5,2026-04-08 10:00:00,投诉,钱某,13900000004,西街超市,西街街道三号,商品->食品,少称,办理中,城东所,,",
    "C6,2026-04-09 10:00:00,投诉,孙某,13900000005,东街面馆,东街街道二号,商品->食品,少称,办理中,,,",
    "C7,2026-04-10 10:00:00,投诉,周某,13900000006,东街面馆,东街街道二号,商品->食品,少称,已办结,测试区市场监督管理局,2026-04-20,",
    "C8,2026-04-10 11:00:00,投诉,吴某,13900000007,东街面馆,东街街道二号,商品->食品,少称,已办结,张某某,2026-04-20,",
    "C9,2026-05-10 11:00:00,投诉,郑某,13900000008,东街面馆,东街街道二号,商品->食品,少称,已办结,城西所,2026-05-20,",
];

async fn import(app: &App, path: &Path, rows: &[&str]) {
    std::fs::write(path, format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    let sheet = Sheet::read(path).unwrap();
    app.import(FIRST_BUREAU, sheet, None, &Lifecycle::default(), |_| ()).await.unwrap();
}

async fn april(app: &App) -> Comparison {
    let period = Days::between(day("2026-04-01"), day("2026-04-30"));
    app.access(FIRST_BUREAU, async |service: &Service, caller: &_| service.compare(caller, period).await)
        .await
        .unwrap()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_imported_row_stands_beside_the_unit_that_handled_it(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let app = App::open(config.clone(), Clock::manual(MONDAY)).await.unwrap();
    app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
    use_model(&app, &artefact(0.4)).await;
    import(&app, &directory.path().join("april.csv"), &ROWS).await;
    let found = april(&app).await;

    let origins: Vec<(Origin, i64, i64)> =
        found.origins.iter().map(|of| (of.origin, of.files, of.agreement.same.whole)).collect();
    assert_eq!(origins, [(Origin::Imported, 2, 1), (Origin::Played, 6, 4)], "C5 and C6 were open");
    let not = [(Coverage::Unreported, 1), (Coverage::BureauAlone, 1), (Coverage::NoUnit, 1)];
    assert_eq!((found.files, &found.coverage[1..]), (8, &not[..]));
    // The latest day of the export.
    assert_eq!(found.exported, Some((day("2026-05-20"), day("2026-05-20"))));
    // C4 names no place.
    assert_eq!((found.decided.part, found.decided.whole), (7, 8));
    let unknown: Vec<(&str, i64)> =
        found.unknown_units.iter().map(|(unit, files)| (unit.as_str(), *files)).collect();
    assert_eq!(unknown, [("测试区市场监督管理局", 1), ("（不像单位名称，不列出）", 1)]);
    // C1 and C3 are the same; C5 has three competent stations, and whichever of them it is, east may.
    assert_eq!(found.whole.same.whole, 5);
    let differences: Vec<(&str, Difference)> =
        found.disagreements.iter().map(|one| (one.number.as_str(), one.difference)).collect();
    assert!(differences.contains(&("C2", Difference::NotCompetent)), "{differences:?}");
    assert!(differences.contains(&("C4", Difference::LeftOpen)), "{differences:?}");
    assert!(!differences.iter().any(|(number, _)| ["C1", "C3"].contains(number)), "{differences:?}");
    assert_eq!(found.whole.lawful.part, 3);
    let wrong = found.disagreements.iter().find(|one| one.number.as_str() == "C2").unwrap();
    assert_eq!((wrong.ours.as_str(), wrong.theirs.as_str()), ("城东所", "城西所"));
    assert!(wrong.ours_why.contains("东街街道"), "{wrong:?}");
    assert_eq!(wrong.theirs_why, "导出载明“城西所”，不予受理");
    // What the routing gives of all files is told, whether or not the export says who handled them.
    let at_units: i64 = found.work.iter().map(|of| of.our_files_in_all).sum();
    assert_eq!((at_units, found.at_reception.our_files_in_all), (7, 1));
    let line = found.units.iter().find(|of| of.agreement.name == "药械股").unwrap();
    assert_eq!((line.agreement.same.part, line.agreement.same.whole), (1, 1));
    let food = found.categories.iter().find(|of| of.name == "商品->食品").unwrap();
    assert_eq!(food.same.whole, 3, "C1, C2, C5");

    // What had ended is scored by the champion of now, for the comparison alone: nothing of it is stored.
    assert!(found.bands.iter().all(|of| of.band != Band::NotScored), "{:?}", found.bands);
    assert_eq!(found.bands.iter().map(|of| of.files).sum::<i64>(), 7);
    let marks = found.bands.iter().fold((0, 0), |(yes, no), of| (yes + of.marked, no + of.marked_not));
    assert_eq!(marks, (1, 1));
    let not_scored = format!("SELECT COUNT(*) FROM decision WHERE band = {}", Band::NotScored.code());
    assert_eq!(rows::rows(&config, not_scored.leak()).await, ["6"], "C1, C2, C4, C7, C8, and C9 of May");

    // The newest export stands.
    let later = [
        "C5,2026-04-08 10:00:00,投诉,钱某,13900000004,西街超市,西街街道三号,商品->食品,少称,已办结,城东所二中队,2026-05-30,",
    ];
    import(&app, &directory.path().join("may.csv"), &later).await;
    let again = april(&app).await;
    assert_eq!(again.whole.same.whole, 4);
    assert_eq!(again.unknown_units.iter().filter(|(unit, _)| unit == "城东所二中队").count(), 1);

    let printed = again.printed(Extent::Workbook);
    let json = again.to_json().unwrap();
    assert_eq!(json, april(&app).await.to_json().unwrap(), "made again it is the same");
    for said in [printed.to_html(), json, format!("{printed:?}")] {
        for personal in ["王某", "李某", "1390000", "异物", "东甲", "张某某", "东街蛋糕房", "蛋糕房"]
        {
            assert!(!said.contains(personal), "{personal}");
        }
    }
    assert!(printed.to_sheet().unwrap().starts_with(b"PK"));
    let looks = "SELECT action, COUNT(*) FROM audit WHERE action = 'compare' GROUP BY action";
    assert_eq!(rows::rows(&config, looks).await, ["compare | 3"]);
    let period = Days::between(day("2026-04-01"), day("2026-04-30"));
    let denied = async |service: &Service, _: &_| {
        for caller in [unit(1), intake()] {
            assert!(matches!(service.compare(&caller, period).await, Err(Failure::Denied)));
        }
        service.compare(&reception(), period).await
    };
    app.access(FIRST_BUREAU, denied).await.unwrap();
    app.context.store.close().await;
}

/// What came in here while an office went on in its own way, as in a trial, is told apart from what an export brought.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_came_in_here_is_told_apart_by_its_first_decision(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    for (number, theirs) in [("L1", Some("城东所")), ("L2", Some("城西所")), ("L3", None)] {
        let whole = serde_json::json!({
            "number": number, "received": { "at": MONDAY.0, "date_only": false },
            "complainant": { "name": format!("民{number}"), "phone": "13912345678" },
            "respondent": { "name": "东街蛋糕房", "premises": "东街街道一号" },
            "complaint": { "text": format!("{number}面包有异物"), "object_category": "商品->食品" },
        });
        let submit = Command::Submit(serde_json::from_value(whole).unwrap());
        world.ask((intake(), request_id(number), submit)).await.unwrap();
        let Some(theirs) = theirs else { continue };
        let outcome = FileOutcome {
            ending: None,
            accepted_upstream: true,
            imported_label: None,
            handled_by: Some(Line::parse(theirs).unwrap()),
            as_of: MONDAY,
        };
        let of_export = request_id(&format!("outcome-{number}"));
        let number = RegistrationNumber::parse(number).unwrap();
        let outcome = Command::Outcome { file: FileRef { number, track: Track::Complaint }, outcome };
        world.ask((intake(), of_export, outcome)).await.unwrap();
    }
    import(&world.app, &directory.path().join("april.csv"), &ROWS[..1]).await;
    let period = Days::between(day("2026-04-01"), MONDAY.day());
    let found = world.service.compare(&reception(), period).await.unwrap();
    let of: Vec<(Origin, i64, i64, i64)> = found
        .origins
        .iter()
        .map(|of| (of.origin, of.files, of.agreement.same.part, of.agreement.same.whole))
        .collect();
    assert_eq!(of, [(Origin::Received, 3, 1, 2), (Origin::Played, 1, 1, 1)]);
    let said = found.printed(Extent::Page).sentences.concat();
    assert!(said.contains("收到时由本系统分送的，可以对照 2 件，一致 1 件"), "{said}");
    world.close().await;
}
