//! Bureau files, good and bad.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::routing::OnDuty;
use crate::routing::tests::{SMALL, day};

const SAMPLE: &str = include_str!("../../../examples/kundulun.toml");

#[test]
fn the_sample_is_whole_and_has_the_figures_it_states() {
    let bureau = Bureau::parse(SAMPLE).unwrap();
    let officers = |kind: Option<UnitKind>| -> i64 {
        let units = bureau.units().iter().filter(|unit| kind.is_none_or(|kind| unit.kind == kind));
        let on_duty = OnDuty::over(&bureau, &[day("2026-01-05")]);
        units.map(|unit| on_duty.centiofficers(&unit.id) / 100).sum()
    };
    assert_eq!(bureau.units().iter().filter(|unit| unit.kind == UnitKind::Station).count(), 15);
    assert_eq!(bureau.units().iter().filter(|unit| unit.kind != UnitKind::Station).count(), 28);
    assert_eq!(officers(Some(UnitKind::Station)), 75);
    assert_eq!(officers(None), 153);
    assert_eq!(bureau.reception().kind, UnitKind::Reception);
    assert_eq!((bureau.settings().lease_seconds, bureau.settings().bands), (600, (0.5, 0.85)));
}

const WRONG: &str = r#"
lease = 5
[bureau]
nmae = "局"
[settings]
lease_minutes = 0
band_medium = 0.9
band_high = 0.8
[work_units]
report = 1.005
suspected = "二"
[[unit]]
id = "a b"
name = "甲所"
kind = "station"
[[unit]]
id = "b"
name = "乙所"
kind = "shop"
[[unit]]
id = "b"
name = "丙所"
kind = "station"
tracks = ["complaint"]
[[unit]]
id = "r1"
name = "接一"
kind = "reception"
tracks = ["report"]
[[unit]]
id = "r2"
name = "接二"
kind = "reception"
[[officer]]
id = "1"
name = "示例一"
unit = "nowhere"
away = [{ from = "2026-05-02", to = "2026-05-01" }]
[[officer]]
id = "1"
name = 5
unit = "b"
shift = "夜"
away = [{ from = "五一", to = "2026-05-01" }]
[[subdistrict]]
code = "15"
name = "林荫路"
station = "b"
[[subdistrict]]
code = "150203001"
name = "昆北街道"
station = "r1"
alternates = ["zzz"]
[[street]]
name = "昆北街道"
[[special_line]]
name = "药品"
division = "b"
"#;

#[test]
fn every_mistake_is_shown_at_once_with_its_path() {
    let mistakes = Bureau::parse(WRONG).unwrap_err();
    let shown: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    let paths: Vec<&str> = mistakes.iter().map(|mistake| mistake.path.as_str()).collect();
    let wanted = [
        "lease",
        "bureau.nmae",
        "bureau.name",
        "settings.lease_minutes",
        "settings.band_high",
        "work_units.report",
        "work_units.suspected",
        "unit[1].id",
        "unit[2].kind",
        "unit[3].id",
        "unit[4].tracks",
        "unit",
        "officer[1].unit",
        "officer[1].away",
        "officer[2].id",
        "officer[2].name",
        "officer[2].shift",
        "officer[2].away.from",
        "subdistrict[1].code",
        "subdistrict[1].name",
        "subdistrict[1].station",
        "subdistrict[2].station",
        "subdistrict[2].alternates",
        "subdistrict[2].authorised_by",
        "street[1].name",
        "street[1].station",
        "special_line[1].division",
        "special_line[1]",
    ];
    let (paths, wanted): (HashSet<_>, HashSet<_>) =
        (paths.into_iter().collect(), wanted.into_iter().collect());
    assert_eq!(paths, wanted, "\n{}", shown.join("\n"));
    for mistake in &mistakes {
        assert!(!mistake.text.is_ascii(), "{mistake}");
    }
    assert!(shown.contains(
        &"officer[1].unit（示例一）：没有单位“nowhere”；请改为 unit 表中的 id，或先登记该单位".to_owned()
    ));
}

#[test]
fn a_file_that_is_not_toml_is_named_by_line() {
    let mistakes = Bureau::parse("[bureau]\nname = “局”\n").unwrap_err();
    assert!(mistakes[0].path.starts_with("第 2 行"), "{}", mistakes[0]);
    let empty = Bureau::parse("").unwrap_err();
    assert_eq!(
        empty.iter().map(|mistake| mistake.path.as_str()).collect::<Vec<_>>(),
        ["bureau.name", "unit"]
    );
    assert_eq!(Bureau::parse("unit = 3").unwrap_err()[0].path, "unit");
}

proptest! {
    #[test]
    fn any_text_is_a_bureau_or_a_list_of_mistakes(text in ".{0,200}", cut in 0..SMALL.len()) {
        let front: String = SMALL.chars().take(cut).collect();
        for text in [text, front] {
            if let Err(mistakes) = Bureau::parse(&text) {
                prop_assert!(!mistakes.is_empty());
            }
        }
    }
}

#[test]
fn how_long_files_are_kept_is_for_a_document_to_say() {
    let parse = |table: &str| Bureau::parse(&format!("{SMALL}\n[settings.retention]\n{table}\n"));
    let kept = parse("complaint_years = 3\nbasis = \"档案保管期限表\"\ndaily_at = \"02:30\"").unwrap();
    let retention = kept.settings().retention.clone().unwrap();
    assert_eq!(
        (retention.complaint_years, retention.report_years, retention.daily_at),
        (Some(3), None, Some(150))
    );
    for (table, key) in [
        ("basis = \"表\"", "settings.retention"),
        ("complaint_years = 3", "basis"),
        ("complaint_years = 0\nbasis = \"表\"", "complaint_years"),
        ("report_years = 101\nbasis = \"表\"", "report_years"),
        ("report_years = 3\nbasis = \"表\"\ndaily_at = \"2:30\"", "daily_at"),
        ("report_years = 3\nbasis = \"表\"\ndaily_at = \"24:00\"", "daily_at"),
        ("years = 3\nbasis = \"表\"", "years"),
    ] {
        let mistakes = parse(table).unwrap_err();
        let [mistake] = mistakes.as_slice() else { panic!("{table}: {mistakes:?}") };
        assert!(mistake.to_string().contains(key), "{table}: {mistake}");
    }
}
