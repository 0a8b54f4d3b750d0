use rstest::rstest;

use super::reported::{Reported, reported};
use super::*;
use crate::domain::decision::{Basis, Candidate};
use crate::domain::ids::Sequence;
use crate::figures::Cell;
use crate::routing::UnitKind;

const SMALL: &str = r#"
bureau = { name = "测试区市场监督管理局" }
unit = [
  { id = "desk", name = "接收中心", kind = "reception" },
  { id = "a", name = "甲所", kind = "station" },
  { id = "b", name = "乙所", kind = "station" },
  { id = "c", name = "丙所", kind = "station" },
  { id = "d", name = "丁股", kind = "division" },
  { id = "e", name = "戊股", kind = "division" },
]
officer = [
  { id = "1", name = "示例一", unit = "a" },
  { id = "2", name = "示例二", unit = "a" },
  { id = "3", name = "示例三", unit = "b" },
  { id = "4", name = "示例四", unit = "d" },
  { id = "5", name = "示例五", unit = "e" },
  { id = "6", name = "示例六", unit = "e" },
]
"#;

fn small() -> Bureau {
    Bureau::parse(SMALL).unwrap()
}

#[rstest]
#[case("甲所", Some("a"), "甲所")]
#[case(" 甲 所", Some("a"), "甲所")]
#[case("测试区市场监督管理局甲所", Some("a"), "测试区市场监督管理局甲所")]
#[case("甲所（示例一）", Some("a"), "甲所")]
#[case("甲所 张某某 13900000001", Some("a"), "甲所")]
#[case("示例三", None, "（不像单位名称，不列出）")]
#[case("乙甲所", None, "乙甲所")]
#[case("测试区市场监督管理局", None, "测试区市场监督管理局")]
#[case("丁街所", None, "丁街所")]
#[case("李所", None, "（不像单位名称，不列出）")]
#[case("某市测试区市场监督管理局甲所(甲片)", Some("a"), "某市测试区市场监督管理局甲所")]
#[case("办理中", None, "（不像单位名称，不列出）")]
#[case("13900000001", None, "（不像单位名称，不列出）")]
#[case("王某", None, "（不像单位名称，不列出）")]
fn a_unit_is_known_by_its_name_and_no_person_is_shown(
    #[case] text: &str,
    #[case] unit: Option<&str>,
    #[case] written: &str,
) {
    let expected = match unit {
        Some(unit) => Reported::Unit { unit: UnitId::parse(unit).unwrap(), written: written.to_owned() },
        None => Reported::Unknown(written.to_owned()),
    };
    assert_eq!(reported(&small(), text), expected, "{text}");
}

fn routing(unit: &str, competent: &[&str]) -> Routing {
    let candidate = |one: &&str| Candidate {
        unit: UnitId::parse(one).unwrap(),
        open_centiunits: 0,
        centiofficers: 100,
        assigned_centiunits: 0,
        month_centiofficers: 100,
        barred: None,
        chosen: *one == unit,
    };
    Routing {
        unit: UnitId::parse(unit).unwrap(),
        basis: if unit == "desk" { Basis::UnknownPlace } else { Basis::LeastLoad },
        candidates: competent.iter().map(candidate).collect(),
        centiunits: 150,
        matched: None,
    }
}

fn file(at: i64, ours: Option<Routing>, unit: Option<&str>) -> ComparedFile {
    ComparedFile {
        id: FileId { submission: Sequence(at), track: Track::Complaint },
        number: RegistrationNumber::parse(&format!("N{at}")).unwrap(),
        received: Day(20_600),
        law: Law::Order121,
        category: String::new(),
        imported: false,
        decided: ours,
        reported: unit.map(|unit| Handler { unit: unit.to_owned(), as_of: Day(20_605) }),
        status: Status::Closed,
        label: None,
        band: Some(Band::Low),
    }
}

fn april(files: &[ComparedFile], training: Option<Training>) -> Comparison {
    compare(&small(), Days::between(Day(20_600), Day(20_601)), Day(20_610), (files, &[]), training)
}

/// One of each: the same, both may, not competent, left open, by reception, the bureau alone, untold.
fn one_of_each() -> [ComparedFile; 7] {
    [
        file(1, Some(routing("a", &["a", "b"])), Some("甲所")),
        file(2, Some(routing("a", &["a", "b"])), Some("乙所")),
        file(3, Some(routing("a", &["a", "b"])), Some("丙所")),
        file(4, Some(routing("desk", &[])), Some("甲所")),
        file(5, Some(routing("b", &["b"])), Some("接收中心")),
        file(6, Some(routing("b", &["b"])), Some("测试区市场监督管理局")),
        file(7, Some(routing("b", &["b"])), None),
    ]
}

#[test]
fn every_difference_is_named_first_what_the_bureau_file_does_not_allow() {
    let found = april(&one_of_each(), None);
    assert_eq!((found.whole.same.part, found.whole.same.whole, found.whole.lawful.part), (1, 5, 2));
    assert_eq!((found.decided.part, found.decided.whole), (6, 7));
    assert_eq!(found.unknown_units, [("测试区市场监督管理局".to_owned(), 1)]);
    assert_eq!(found.differences, Difference::ALL.iter().map(|one| (*one, 1)).collect::<Vec<_>>());
    let kinds: Vec<Difference> = found.disagreements.iter().map(|one| one.difference).collect();
    assert_eq!(kinds, Difference::ALL.iter().copied().rev().collect::<Vec<_>>());
    let by_reception = &found.disagreements[1];
    assert_eq!((by_reception.ours.as_str(), by_reception.theirs.as_str()), ("乙所", "接收中心"));
    assert_eq!(by_reception.theirs_why, "导出载明“接收中心”，已办结");
    let both_may = &found.disagreements[3];
    assert_eq!((both_may.ours.as_str(), both_may.theirs.as_str()), ("甲所", "乙所"));
    assert!(both_may.ours_why.contains("有 2 个单位有处理权限"), "{both_may:?}");
    assert_eq!(found.bands.iter().map(|of| (of.files, of.closed)).collect::<Vec<_>>(), [(7, 7)]);
}

#[test]
fn every_file_is_compared_or_said_why_not() {
    let mut files = one_of_each().to_vec();
    files.push(file(8, None, Some("甲所")));
    files.push(file(9, Some(routing("a", &["a"])), Some("己街所")));
    files.push(file(10, Some(routing("a", &["a"])), Some("王某")));
    let found = april(&files, None);
    let each = |of: Coverage| (of, if of == Coverage::Compared { 5 } else { 1 });
    assert_eq!(found.coverage, Coverage::ALL.iter().map(|of| each(*of)).collect::<Vec<_>>());
    assert_eq!(found.coverage.iter().map(|(_, files)| files).sum::<i64>(), found.files);
    let said = found.printed(Extent::Page).sentences.concat();
    assert!(said.contains("可以对照的 5 件，占 50.0%；不能对照的 5 件，占 50.0%"), "{said}");
    assert!(said.contains("办理单位依据的平台导出截至2026年6月1日"), "{said}");
}

#[test]
fn what_was_routed_here_is_told_apart_from_what_was_brought() {
    let mut files = one_of_each();
    for file in &mut files[1..4] {
        file.imported = true;
    }
    let found = april(&files, None);
    let of = |of: &OfOrigin| (of.origin, of.files, of.agreement.same.part, of.agreement.same.whole);
    let origins: Vec<_> = found.origins.iter().map(of).collect();
    assert_eq!(origins, [(Origin::Received, 4, 1, 2), (Origin::Imported, 3, 0, 3)]);
    let said = found.printed(Extent::Page).sentences.concat();
    assert!(said.contains("收到时由本系统分送的，可以对照 2 件，一致 1 件"), "{said}");
    assert!(!said.contains("不能代替试运行"), "{said}");
    for file in &mut files {
        file.imported = true;
    }
    let said = april(&files, None).printed(Extent::Page).sentences.concat();
    assert!(said.contains("以上都是导入的历史，不能代替试运行"), "{said}");
}

#[test]
fn loads_are_of_the_same_files_and_what_is_at_reception_stands_apart() {
    let found = april(&one_of_each(), None);
    let sum = UnitWork::sum("", UnitKind::Station, found.work.iter());
    // 4 is left to reception and 5 was handled by it: neither is in the loads.
    assert_eq!((sum.ours, sum.theirs), (amount(3), amount(3)));
    let kept_out = found.at_reception;
    assert_eq!((kept_out.ours, kept_out.theirs, kept_out.either), (amount(1), amount(1), amount(2)));
    assert_eq!(sum.ours.files + kept_out.either.files, found.whole.same.whole);
    assert_eq!((found.choice.part, found.choice.whole), (3, 3), "甲所 and 乙所 both may");
    assert_eq!(sum.our_files_in_all + kept_out.our_files_in_all, found.files);
    assert!(found.work.iter().all(|of| of.kind != UnitKind::Reception));
}

fn amount(files: i64) -> Amount {
    Amount { files, work: 150 * files }
}

#[test]
fn evenness_is_of_stations_and_of_divisions_apart() {
    // Ours: 甲所 (2 officers) 4, 乙所 (1) 2: each officer the same. Theirs: 甲所 1, 乙所 5. Divisions: 丁股 (1) 1, 戊股 (2) 3.
    let of = |at: i64, ours: &str, theirs: &str| file(at, Some(routing(ours, &[ours])), Some(theirs));
    let files: Vec<ComparedFile> =
        [("a", "甲所"), ("a", "乙所"), ("a", "乙所"), ("a", "乙所"), ("b", "乙所")]
            .into_iter()
            .chain([("b", "乙所"), ("d", "丁股"), ("e", "戊股"), ("e", "戊股"), ("e", "戊股")])
            .zip(1..)
            .map(|((ours, theirs), at)| of(at, ours, theirs))
            .collect();
    let found = april(&files, None);
    let [stations, divisions, both] = found.evenness.as_slice() else { panic!("{:?}", found.evenness) };
    assert_eq!((stations.kind, stations.units), (Some(UnitKind::Station), 2));
    assert_eq!((stations.ours.times, stations.ours.variation), (Some(1.0), 0.0));
    // 甲所 0.75 each, 乙所 7.50: mean 4.125, deviation 3.375.
    let theirs = &stations.theirs;
    assert_eq!((theirs.most.unit.as_str(), theirs.most.per_officer), ("乙所", 750));
    assert_eq!((theirs.least.unit.as_str(), theirs.least.per_officer), ("甲所", 75));
    assert_eq!(theirs.times, Some(10.0));
    assert!((theirs.variation - 3.375 / 4.125).abs() < 1e-12, "{theirs:?}");
    assert_eq!((divisions.kind, divisions.units), (Some(UnitKind::Division), 2));
    assert_eq!((both.kind, both.units), (None, 4));
    let said = found.printed(Extent::Page).sentences.concat();
    let stations = "所 2 个，人均工作量的最高和最低，实际办理 7.50 和 0.75（10.0 倍），按本系统分送 3.00 和 3.00（1.0 倍）";
    assert!(said.contains(stations), "{said}");
    assert!(said.contains("变异系数分别为 0.82 和 0.00，按本系统分送较均匀；股室、大队 2 个"), "{said}");
    assert!(said.contains("变异系数分别为 0.20 和 0.20，两种方式相当"), "{said}");
    assert!(said.contains("比较的 10 件中有 0 件"), "nobody else may: {said}");
}

#[test]
fn every_table_adds_up_and_has_one_interval_at_most() {
    let found = april(&one_of_each(), None);
    for table in found.printed(Extent::Page).tables {
        let intervals = |row: &Vec<Cell>| row.iter().filter(|cell| matches!(cell, Cell::Interval(_))).count();
        assert!(table.rows.iter().all(|row| intervals(row) <= 1), "{}", table.title);
        let Some((last, rows)) = table.rows.split_last() else { continue };
        if last[0] != Cell::Text("合计".to_owned()) {
            continue;
        }
        let is_part = |row: &&Vec<Cell>| !row[0].words().ends_with("小计");
        for column in 1..last.len() {
            let counts = |row: &Vec<Cell>| match row[column] {
                Cell::Count(count) => count,
                _ => 0,
            };
            let sum: i64 = rows.iter().filter(is_part).map(counts).sum();
            assert_eq!(sum, counts(last), "{} {}", table.title, table.headings[column]);
        }
    }
}

#[test]
fn units_stand_in_the_order_of_the_bureau_file_with_the_sum_of_their_kind() {
    let units = ["戊股", "丙所", "接收中心", "甲所", "丁股", "乙所", "甲所"];
    let files: Vec<ComparedFile> =
        units.iter().zip(1..).map(|(unit, at)| file(at, Some(routing("a", &["a"])), Some(unit))).collect();
    let tables = april(&files, None).printed(Extent::Page).tables;
    let of_units = tables.iter().find(|table| table.title == "按实际办理单位").unwrap();
    let rows: Vec<String> =
        of_units.rows.iter().map(|row| row[..3].iter().map(Cell::words).collect()).collect();
    let expected = [
        "甲所22",
        "乙所10",
        "丙所10",
        "所小计42",
        "丁股10",
        "戊股10",
        "股室、大队小计20",
        "接收中心10",
        "统一接收机构小计10",
        "合计72",
    ];
    assert_eq!(rows, expected);
}

/// A page lists twenty of each kind, and says how many there are.
#[test]
fn a_page_lists_at_most_twenty_of_each_kind_and_a_workbook_all() {
    let files: Vec<ComparedFile> = (1..=60).map(|at| odd(at, 25)).collect();
    let found = april(&files, None);
    let listed = |extent: Extent| {
        let tables = found.printed(extent).tables;
        tables.iter().find(|table| table.title == "不一致的件").unwrap().rows.len()
    };
    assert_eq!(found.disagreements.len(), 60);
    assert_eq!([Extent::Terminal, Extent::Page, Extent::Workbook].map(listed), [10, 40, 60]);
    let said = found.printed(Extent::Page).sentences.concat();
    assert!(said.contains("不一致的共 60 件，每一类型列出最早收到的至多 20 件"), "{said}");
}

/// The first of them are left open, the others are of a unit that may not.
fn odd(at: i64, left_open: i64) -> ComparedFile {
    let ours = if at <= left_open { routing("desk", &[]) } else { routing("a", &["a"]) };
    file(at, Some(ours), Some("丙所"))
}

#[test]
fn the_sample_is_even_over_the_kinds_and_the_same_whenever_it_is_drawn() {
    let files: Vec<ComparedFile> = (1..=200).map(|at| odd(at, 4)).collect();
    let found = april(&files, None);
    let of = |kind: Difference| found.sample.iter().filter(|one| one.difference == kind).count();
    assert_eq!((of(Difference::LeftOpen), of(Difference::NotCompetent)), (4, 26));
    assert_eq!(found.sample, april(&files, None).sample);
    // Nobody chose the first ones, and no one is drawn twice.
    let numbers: std::collections::BTreeSet<&str> =
        found.sample.iter().map(|one| one.number.as_str()).collect();
    assert_eq!(numbers.len(), 30);
    assert!(numbers.iter().any(|number| number[1..].parse::<i64>().unwrap() > 100), "{numbers:?}");
    let tables = found.printed(Extent::Page).tables;
    let sheet = tables.last().unwrap();
    assert_eq!((sheet.title, sheet.rows.len()), ("人工抽查表", 30));
    assert!(sheet.rows.iter().all(|row| row.last() == Some(&Cell::Blank)));
}

#[rstest]
#[case(None, None, 0, "没有现用模型")]
#[case(Some((true, 1, 9)), Some(true), 0, "否。现用模型由模拟数据训练")]
#[case(Some((false, 1, 2)), Some(false), 2, "是。本期有标注的投诉 3 件，其中 2 件在训练样本的登记范围内")]
#[case(Some((false, 8, 9)), Some(false), 0, "否。现用模型由本局数据训练，本期有标注的投诉 3 件都不在")]
fn whether_the_model_knows_the_marks_is_said(
    #[case] training: Option<(bool, i64, i64)>,
    #[case] simulated: Option<bool>,
    #[case] learnt: i64,
    #[case] words: &str,
) {
    let mut files = one_of_each();
    for file in &mut files[..3] {
        file.label = Some(ImportedLabel::Suspected);
    }
    let training =
        training.map(|(simulated, first, last)| Training { simulated, submissions: (first, last) });
    let found = april(&files, training);
    assert_eq!(found.model, ModelMarks { simulated, marked: 3, learnt });
    let said = found.printed(Extent::Page).sentences.concat();
    assert!(said.contains(words), "{said}");
}

#[test]
fn an_export_that_names_the_bureau_alone_is_said_to_and_shows_our_routing() {
    let bureau_alone = Some("测试区市场监督管理局");
    let files = [
        file(1, Some(routing("a", &["a"])), bureau_alone),
        file(2, Some(routing("desk", &[])), bureau_alone),
        file(3, Some(routing("a", &["a"])), Some("丁街所")),
    ];
    let found = april(&files, None);
    assert_eq!(found.coverage, [(Coverage::BureauAlone, 2), (Coverage::UnknownUnit, 1)]);
    let said = found.printed(Extent::Terminal).sentences.concat();
    assert!(said.contains("没有可以对照的件"), "{said}");
    assert!(!said.contains("均衡："), "nothing is compared: {said}");
    let work: Vec<(&str, i64, i64)> =
        found.work.iter().map(|of| (of.unit.as_str(), of.our_files_in_all, of.ours.files)).collect();
    assert_eq!(work, [("甲所", 2, 0)]);
    assert!(said.contains("留待人工分送的共 1 件"), "{said}");
}
