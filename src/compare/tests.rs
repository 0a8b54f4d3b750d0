use rstest::rstest;

use super::reported::{Reported, reported};
use super::*;
use crate::domain::decision::{Basis, Candidate};
use crate::domain::ids::Sequence;

const SMALL: &str = r#"
bureau = { name = "测试区市场监督管理局" }
unit = [
  { id = "desk", name = "接收中心", kind = "reception" },
  { id = "a", name = "甲所", kind = "station" },
  { id = "b", name = "乙所", kind = "station" },
  { id = "c", name = "丙所", kind = "station" },
]
officer = [
  { id = "1", name = "示例一", unit = "a" },
  { id = "2", name = "示例二", unit = "a" },
  { id = "3", name = "示例三", unit = "b" },
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
        decided: ours,
        reported: unit.map(str::to_owned),
        status: Status::Closed,
        label: None,
        band: Some(Band::Low),
    }
}

#[test]
fn every_difference_is_named_and_the_work_of_both_ways_is_the_same_in_all() {
    let files = [
        file(1, Some(routing("a", &["a", "b"])), Some("甲所")),
        file(2, Some(routing("a", &["a", "b"])), Some("乙所")),
        file(3, Some(routing("a", &["a", "b"])), Some("丙所")),
        file(4, Some(routing("desk", &[])), Some("甲所")),
        file(5, Some(routing("b", &["b"])), Some("接收中心")),
        file(6, Some(routing("b", &["b"])), Some("测试区市场监督管理局")),
        file(7, Some(routing("b", &["b"])), None),
    ];
    let found = compare(&small(), Days::between(Day(20_600), Day(20_601)), Day(20_610), &files, &[]);
    assert_eq!((found.whole.same.part, found.whole.same.whole, found.whole.lawful.part), (1, 5, 2));
    assert_eq!((found.decided.part, found.decided.whole, found.unreported), (6, 7, 1));
    assert_eq!(found.unknown_units, [("测试区市场监督管理局".to_owned(), 1)]);
    assert_eq!(found.differences, Difference::ALL.iter().map(|one| (*one, 1)).collect::<Vec<_>>());
    let sum = |of: fn(&UnitWork) -> i64| found.work.iter().map(of).sum::<i64>();
    assert_eq!(sum(|one| one.our_files_in_all), 7);
    assert_eq!((sum(|one| one.our_files), sum(|one| one.their_files)), (5, 5));
    assert_eq!((sum(|one| one.our_work), sum(|one| one.their_work)), (750, 750));
    // What the bureau file does not allow comes first, what load alone chose last.
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
fn an_export_that_names_the_bureau_alone_is_said_to_and_shows_our_routing() {
    let bureau_alone = Some("测试区市场监督管理局");
    let files = [
        file(1, Some(routing("a", &["a"])), bureau_alone),
        file(2, Some(routing("desk", &[])), bureau_alone),
        file(3, Some(routing("a", &["a"])), Some("丁街所")),
    ];
    let found = compare(&small(), Days::between(Day(20_600), Day(20_601)), Day(20_610), &files, &[]);
    let said = found.printed(20).sentences.concat();
    assert!(said.contains("没有写到所、股室的 2 件，载明的单位不在机构文件中的 1 件"), "{said}");
    assert!(said.contains("没有可以对照的件"), "{said}");
    assert!(!said.contains("人均工作量最高"), "nothing is compared: {said}");
    let work: Vec<(&str, i64, i64)> =
        found.work.iter().map(|of| (of.unit.as_str(), of.our_files_in_all, of.our_files)).collect();
    assert_eq!(work, [("接收中心", 1, 0), ("甲所", 2, 0)]);
}
