//! Addresses as people write them, and what the bureau file makes of them.

use proptest::prelude::*;

use super::*;
use crate::routing::Bureau;

/// Stations `a`, `b`, `c`; sub-districts east, west, south; a street along two of them, one by sides, two estates of
/// one name.
const TOWN: &str = r#"
bureau = { name = "测试局", district_names = ["昆都仑区", "昆区"], region_names = ["内蒙古自治区", "包头市", "包头"] }
unit = [
  { id = "desk", name = "接收", kind = "reception" },
  { id = "a", name = "甲所", kind = "station" },
  { id = "b", name = "乙所", kind = "station" },
  { id = "c", name = "丙所", kind = "station" },
]
subdistrict = [
  { code = "150203001", name = "东街街道", station = "a", alternates = ["b"], authorised_by = "文件" },
  { code = "150203002", name = "西街街道", station = "b" },
  { code = "150203003", name = "南河镇", station = "c" },
]
street = [
  { name = "钢铁大街", numbers = "1-99", subdistrict = "东街街道" },
  { name = "钢铁大街", numbers = "100-", station = "b" },
  { name = "界河路", numbers = "单", station = "a" },
  { name = "界河路", numbers = "双", station = "b" },
  { name = "校园路", station = "a" },
  { name = "校园南路", station = "c" },
  { name = "光明道", station = "b" },
]
place = [
  { name = "阳光小区", kind = "小区", station = "a" },
  { name = "新阳光小区", kind = "小区", station = "b" },
  { name = "幸福家园", kind = "小区", station = "a" },
  { name = "幸福家园", kind = "小区", station = "c" },
  { name = "包头百货大楼", also = ["包百"], kind = "商场", subdistrict = "东街街道" },
  { name = "恒悦广场", kind = "商场", station = "b" },
  { name = "利民超市", kind = "商场", station = "a" },
]
"#;

fn town() -> Bureau {
    Bureau::parse(TOWN).unwrap()
}

/// The finding in short: what it is, the stations' units and the names.
fn shown(bureau: &Bureau, address: &str) -> String {
    let of = |word: &str, areas: Vec<&Area>| {
        let mut units: Vec<&str> =
            areas.iter().map(|area| bureau.units()[area.station].id.as_str()).collect();
        units.sort_unstable();
        units.dedup();
        let names: Vec<&str> = areas.iter().map(|area| area.name.as_str()).collect();
        format!("{word}{} {}", units.join(""), names.join("、"))
    };
    match bureau.gazetteer().find(&[address], &[]) {
        Finding::Nothing => "nothing".to_owned(),
        Finding::Elsewhere(_) => "elsewhere".to_owned(),
        Finding::At(areas) => of("", areas),
        Finding::Several(areas) => of("several ", areas),
        Finding::Near(areas) => of("near ", areas),
    }
}

fn check(cases: &[(&str, &str)]) {
    let bureau = town();
    let wrong: Vec<String> = cases
        .iter()
        .map(|(address, wanted)| (address, wanted, shown(&bureau, address)))
        .filter(|(_, wanted, found)| *wanted != found)
        .map(|(address, wanted, found)| format!("{address}: {found}, not {wanted}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_number_says_which_part_of_a_street() {
    check(&[
        ("昆区钢铁大街12号", "a 钢铁大街"),
        ("昆区钢铁大街１２０号", "b 钢铁大街"),
        ("钢铁大街 一百二十 号", "b 钢铁大街"),
        ("钢铁大街甲12号院3号楼", "a 钢铁大街"),
        ("钢铁大街（原胜利路）12-3号底商", "a 钢铁大街"),
        ("钢铁大街路北12号", "a 钢铁大街"),
        ("钢铁大街98-102号", "several ab 钢铁大街、钢铁大街"),
        ("钢铁大街96－98号", "a 钢铁大街"),
        ("钢铁大街", "several ab 钢铁大街、钢铁大街"),
        ("钢铁大街12号对面", "several ab 钢铁大街、钢铁大街"),
        ("钢铁大街18号街坊", "near ab 钢铁大街、钢铁大街"),
        ("钢铁大街3号楼", "several ab 钢铁大街、钢铁大街"),
        ("界河路7号", "a 界河路"),
        ("界河路8号", "b 界河路"),
        ("界河路7、8号", "several ab 界河路、界河路"),
        ("界河路7、9号", "a 界河路"),
        ("校园路", "a 校园路"),
        ("校园路999号", "a 校园路"),
        ("校园路5号对面", "a 校园路"),
        ("校园南路5号", "c 校园南路"),
    ]);
}

#[test]
fn what_is_next_to_a_name_or_inside_another_one_decides_nothing() {
    check(&[
        ("校园路附近", "near a 校园路"),
        ("校园路对面的小店", "near a 校园路"),
        ("紧邻校园路", "near a 校园路"),
        ("新校园路5号", "near a 校园路"),
        ("校园路小学", "near a 校园路"),
        ("校园路小区3号楼", "near a 校园路"),
        ("校园路街道", "nothing"),
        ("阳光小区东侧", "near a 阳光小区"),
        ("校园路东侧", "a 校园路"),
        ("阳光小区东门", "a 阳光小区"),
        ("新阳光小区3号楼", "b 新阳光小区"),
        ("大阳光小区", "near a 阳光小区"),
        ("恒悦广场路12号", "near b 恒悦广场"),
        ("恒悦广场路口", "b 恒悦广场"),
        ("东街街道附近", "near a 东街街道"),
        // What is certain stays so beside it.
        ("西街街道校园路附近", "b 西街街道"),
        ("光明道5号阳光小区旁", "b 光明道"),
    ]);
}

/// Two names that share signs: the second begins inside the first.
#[test]
fn names_that_overlap_are_read() {
    let town = Bureau::parse(&TOWN.replace("恒悦广场", "大楼恒悦")).unwrap();
    assert!(!shown(&town, "包头百货大楼恒悦二楼").is_empty());
    assert!(!shown(&town, "包头百货大楼恒悦、钢铁大街12号").is_empty());
}

#[test]
fn names_must_agree_or_a_person_decides() {
    check(&[
        ("昆区东街街道钢铁大街12号", "a 东街街道"),
        ("昆区东街街道钢铁大街", "a 东街街道"),
        ("昆区东街街道钢铁大街120号", "several ab 东街街道、钢铁大街"),
        ("南河镇钢铁大街", "several abc 南河镇、钢铁大街、钢铁大街"),
        ("西街街道校园路5号", "several ab 西街街道、校园路"),
        ("校园路阳光小区", "a 阳光小区"),
        ("幸福家园3号楼", "several ac 幸福家园、幸福家园"),
        ("南河镇幸福家园", "c 南河镇"),
        ("昆区包百三楼", "a 包头百货大楼"),
        ("包头市昆区包头百货大楼一楼", "a 包头百货大楼"),
        ("校园路与光明道交叉口", "several ab 校园路、光明道"),
        ("校园路与钢铁大街交汇处", "several ab 校园路、钢铁大街、钢铁大街"),
        ("校园路与阳光小区之间", "a 校园路、阳光小区"),
        ("光明道与钢铁大街120号之间", "b 光明道、钢铁大街"),
        ("光明道与西街街道交界", "b 光明道、西街街道"),
        ("校园路与某某路交叉口", "near a 校园路"),
        ("某某路与校园路交汇处西北角", "near a 校园路"),
        ("西街街道某某路与光明道路口", "b 西街街道"),
        ("利民超市门口", "a 利民超市"),
        ("利民超市江南店", "near a 利民超市"),
        ("恒悦广场利民店", "b 恒悦广场"),
        ("某某晚市（阳光小区）", "a 阳光小区"),
        ("名园东区西门", "nothing"),
        ("二楼1号鞋区", "nothing"),
        ("某厂家属区阳光小区", "a 阳光小区"),
        ("江北区校园路5号", "elsewhere"),
        ("青山区校园路5号", "elsewhere"),
        ("江苏省南京市校园路阳光小区", "elsewhere"),
        ("某某路1号", "nothing"),
        ("", "nothing"),
    ]);
}

#[test]
fn a_street_of_another_sort_of_spaces_and_widths_is_the_same() {
    let bureau = town();
    assert_eq!(shown(&bureau, " 昆区　钢 铁 大 街 ＃１２ "), shown(&bureau, "昆区钢铁大街#12"));
}

fn words() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "昆区",
        "东街街道",
        "西街",
        "南河镇",
        "钢铁大街",
        "界河路",
        "校园路",
        "校园南路",
        "阳光小区",
        "幸福家园",
        "包百",
        "12号",
        "101号",
        "7-9",
        "十二号",
        "附近",
        "对面",
        "街坊",
        "新",
        "与",
        "交叉口",
        "路北",
        "小区",
        "，",
        " ",
        "甲",
        "（",
        "）",
        "青山区",
        "号",
    ]);
    prop_oneof![".{0,60}", prop::collection::vec(words, 0..9).prop_map(|words| words.concat())]
}

fn widened(text: &str) -> String {
    let wide = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
        c => c,
    };
    text.chars().flat_map(|c| [wide(c), '\u{3000}']).collect()
}

proptest! {
    #[test]
    fn any_text_gives_only_areas_whose_name_stands_in_it_and_one_station_when_decided(text in words()) {
        let bureau = town();
        let (areas, decided) = match bureau.gazetteer().find(&[&text], &[]) {
            Finding::Nothing | Finding::Elsewhere(_) => (Vec::new(), false),
            Finding::At(areas) => (areas, true),
            Finding::Several(areas) | Finding::Near(areas) => (areas, false),
        };
        let plain = unified(&text);
        for area in &areas {
            let base = base_name(&area.name).unwrap_or(&area.name);
            let named = std::iter::once(base).chain(area.also.iter().map(String::as_str));
            prop_assert!(named.into_iter().any(|name| plain.contains(name)), "{} in {text}", area.name);
        }
        let stations: std::collections::HashSet<usize> = areas.iter().map(|area| area.station).collect();
        prop_assert!(!decided || stations.len() == 1);
    }

    #[test]
    fn width_and_spaces_change_nothing(text in words()) {
        let bureau = town();
        prop_assert_eq!(shown(&bureau, &text), shown(&bureau, &widened(&text)));
        prop_assert_eq!(unified(&unified(&text)), unified(&text));
    }

    #[test]
    fn any_text_is_numbers_or_a_mistake(text in "[0-9单双、,至号 -]{0,12}|.{0,12}") {
        if let Ok(numbers) = Numbers::parse(&text) {
            prop_assert!(numbers.meet(&numbers));
        }
    }
}
