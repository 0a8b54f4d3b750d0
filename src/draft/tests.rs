use super::*;
use crate::routing::{Bureau, UnitKind};

fn row(address: &str, unit: &str) -> PastRow {
    PastRow {
        track: Track::Complaint,
        address: Some(address.to_owned()),
        shop: None,
        code: None,
        object: Some("商品->食品->糕点".to_owned()),
        problem: Some("投诉问题->质量".to_owned()),
        unit: Some(unit.to_owned()),
    }
}

fn staff(unit: &str, name: &str, number: &str) -> RosterRow {
    let number = (!number.is_empty()).then(|| number.to_owned());
    RosterRow {
        unit: unit.to_owned(),
        name: name.to_owned().into(),
        number,
        post: Some("科员\n二".to_owned()),
    }
}

fn times(row: &PastRow, count: usize) -> Vec<PastRow> {
    vec![row.clone(); count]
}

/// A district of two stations and a division, with what an office really has: names written otherwise, rows of other districts.
fn office() -> (Vec<PastRow>, Vec<RosterRow>) {
    let east = "某某省某某市东区东街街道甲路1号";
    let west = "某某市东区西街街道乙路2号";
    let mut past = [
        times(&row(east, "某某市东区市场监督管理局东街所"), 8),
        times(&row(east, "西街市场监督管理所"), 2),
        times(&row(west, "西街市监所"), 5),
        times(&row("东区西街街道甲路9号", "西街市监所"), 1),
        times(&row("东区南街街道丙路9号", "东街所"), 1),
        times(&row("别区北街街道丁路9号", "东街所"), 9),
        times(&row(east, "某某市东区市场监督管理局"), 4),
        times(&row(east, "张某某"), 1),
    ]
    .concat();
    let drug = PastRow { object: Some("商品->药品->中药".to_owned()), ..row(east, "药械股") };
    let shop = |code: &str, unit: &str| PastRow {
        code: Some(code.to_owned()),
        shop: Some("某店\"甲\"".to_owned()),
        ..row("东区戊路1号", unit)
    };
    past.extend(times(&drug, 4));
    past.extend(times(&shop("91350100M000100Y43", "东街所"), 3));
    past.extend([shop("92350100M000100Y4X", "东街所"), shop("92350100M000100Y4X", "西街市监所")]);
    let staff = vec![
        staff("投诉举报中心", "示例零", "1"),
        staff("东街所", "示例一", "05-01"),
        staff("东街所", "示例二", "05-01"),
        staff("西街所", "示例三", "蒙 3"),
        staff("药械股", "示例四", ""),
        staff("办公室", "", ""),
    ];
    (past, staff)
}

#[test]
fn a_draft_loads_and_holds_what_is_sure() {
    let (past, staff) = office();
    let found = draft(&past, &staff);
    let bureau =
        Bureau::parse(&found.text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}\n{}", found.text));
    assert_eq!(bureau.name(), "某某市东区市场监督管理局");
    assert_eq!(bureau.reception().name, "投诉举报中心");
    let kinds: Vec<UnitKind> = bureau.units().iter().map(|unit| unit.kind).collect();
    let wanted =
        [UnitKind::Reception, UnitKind::Station, UnitKind::Station, UnitKind::Division, UnitKind::Division];
    assert_eq!(kinds, wanted);
    assert_eq!((found.units, found.officers, bureau.officers().count()), (5, 5, 5));
    let ids: Vec<&str> = bureau.officers().map(|officer| officer.id.as_str()).collect();
    // A number that stands twice, or is none, is made up.
    assert_eq!(ids, ["1", "05-01", "p003", "p004", "p005"]);
    let lines: Vec<&str> = bureau.special_lines().iter().map(|line| line.name.as_str()).collect();
    assert_eq!(lines, ["药品（投诉）"]);
    let line = |text: &str| found.text.lines().find(|line| line.contains(text)).unwrap().trim().to_owned();
    assert_eq!(
        line("name = \"东街街道\""),
        "{ name = \"东街街道\", station = \"u02\" }, # 东街所 8 件，西街所 2 件"
    );
    assert_eq!(line("name = \"西街街道\""), "{ name = \"西街街道\", station = \"u03\" }, # 西街所 6 件");
    // One row is none; a road against its sub-district is none; another district's is not there.
    assert!(line("南街街道").starts_with("# {"), "{}", line("南街街道"));
    assert!(line("name = \"甲路\"").starts_with("# {"), "{}", line("name = \"甲路\""));
    assert!(!found.text.contains("北街街道"));
    assert!(line("name = \"乙路\"").starts_with("{ name"), "{}", line("name = \"乙路\""));
    assert!(line("91350100M000100Y43").starts_with("{ code"), "{}", found.text);
    assert!(line("92350100M000100Y4X").starts_with("# {"), "{}", found.text);
    assert!(!found.text.contains("张某某"), "what is no unit's name may be a person's");
    assert_eq!(found, draft(&past, &staff), "made again it is the same");
}

#[test]
fn without_a_table_of_staff_the_units_are_those_of_the_exports() {
    let (past, _) = office();
    let found = draft(&past, &[]);
    let bureau =
        Bureau::parse(&found.text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}\n{}", found.text));
    let names: Vec<&str> = bureau.units().iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(names[0], "统一接收机构（请改为实际名称）");
    let mut stations: Vec<&str> = names.iter().copied().filter(|name| name.ends_with('所')).collect();
    stations.sort_unstable();
    assert_eq!(stations, ["东街所", "西街市监所"], "each once, as it is written most often");
    assert!(names.contains(&"药械股"), "{names:?}");
    assert!(Bureau::parse(&draft(&[], &[]).text).is_ok(), "of nothing comes an empty file that loads");
}

#[test]
fn a_place_is_sure_by_two_files_and_three_quarters_of_them() {
    let (mut past, staff) = office();
    let mut cases = Vec::new();
    for (name, east, west, nobody, sure) in [
        ("一片花园", 1, 0, 0, false),
        ("二片花园", 2, 0, 5, true),
        ("三片花园", 2, 1, 0, false),
        ("四片花园", 3, 1, 0, true),
        ("五片花园", 0, 0, 3, false),
    ] {
        let address = format!("东区{name}3号楼");
        past.extend(times(&row(&address, "东街所"), east));
        past.extend(times(&row(&address, "西街所"), west));
        past.extend(times(&row(&address, "某某市东区市场监督管理局"), nobody));
        cases.push((name, sure));
    }
    let found = draft(&past, &staff);
    assert!(Bureau::parse(&found.text).is_ok(), "{}", found.text);
    let line = |name: &str| found.text.lines().find(|line| line.contains(name)).unwrap().trim().to_owned();
    for (name, sure) in cases {
        let line = line(&format!("name = \"{name}\""));
        assert_eq!(!line.starts_with('#'), sure, "{line}");
    }
    assert!(line("四片花园").ends_with("# 东街所 3 件，西街所 1 件"), "{}", line("四片花园"));
    assert!(line("五片花园").ends_with("# 3 件，没有写明办理的单位"), "{}", line("五片花园"));
    let (_, sure, doubtful) = found.entries.iter().find(|(what, ..)| what.contains("小区")).unwrap();
    assert_eq!((*sure, *doubtful), (2, 3));
}

/// A short name that stands alone and in front of others is a place; a kind of place, or a shop with branches, is no one place.
#[test]
fn a_place_is_one_place() {
    let (mut past, staff) = office();
    for (address, rows) in [
        ("东区铝厂", 4),
        ("东区铝厂三村", 2),
        ("东区农贸市场", 3),
        ("东区利民超市", 3),
        ("东区利民超市江南店", 1),
        ("东区甲丁超市", 3),
        ("东区煤矿", 1),
        ("东区煤矿食堂", 9),
    ] {
        past.extend(times(&row(address, "东街所"), rows));
    }
    past.extend(times(&row("东区纱厂", "东街所"), 4));
    past.extend(times(&row("东区纱厂", "西街所"), 1));
    let found = draft(&past, &staff);
    assert!(Bureau::parse(&found.text).is_ok(), "{}", found.text);
    let line = |name: &str| {
        found.text.lines().map(str::trim).find(|line| line.contains(&format!("name = \"{name}\"")))
    };
    for (name, counts) in [("铝厂", "东街所 6 件"), ("甲丁超市", "东街所 3 件")] {
        let line = line(name).unwrap_or_default();
        assert!(line.starts_with("{ kind") && line.ends_with(counts), "{name}: {line}");
    }
    for (name, doubt) in [("农贸市场", "只是一类地方的名称，请写全名"), ("利民超市", "有分店，请分别写明")]
    {
        let line = line(name).unwrap_or_default();
        assert!(line.starts_with("# {") && line.ends_with(doubt), "{name}: {line}");
    }
    for name in ["煤矿", "纱厂"] {
        assert_eq!(line(name), None, "once alone, or not sure");
    }
}

#[test]
fn lines_of_one_name_are_told_apart() {
    let (mut past, staff) = office();
    for category in ["商品->其他", "服务->其他"] {
        let row =
            PastRow { object: Some(category.to_owned()), ..row("东区东街街道甲路1号", "药械股") };
        past.extend(times(&row, 5));
    }
    let found = draft(&past, &staff);
    let bureau =
        Bureau::parse(&found.text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}\n{}", found.text));
    let mut names: Vec<&str> = bureau.special_lines().iter().map(|line| line.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["商品->其他（投诉）", "服务->其他（投诉）", "药品（投诉）"]);
}

/// An address may tell no more than the city: it is no place in it, or it would decide every other address.
#[test]
fn the_city_itself_is_no_place() {
    let past = [
        times(&row("甲子市东镇一路1号", "东镇所"), 6),
        times(&row("甲子市", "西镇所"), 2),
        times(&row("甲子", "西镇所"), 2),
    ]
    .concat();
    let text = draft(&past, &[]).text;
    assert!(text.contains("district_names = [\"甲子市\"]"), "{text}");
    let places = text.split("place = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
    assert!(!places.contains("甲子"), "{places}");
}
