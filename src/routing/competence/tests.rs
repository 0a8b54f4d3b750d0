//! Which place an address names, and when it names none.

use super::*;
use crate::domain::decision::Basis;
use crate::routing::Loads;
use crate::routing::tests::{at, day, ids, routed, small};

const SAMPLE: &str = include_str!("../../../examples/kundulun.toml");

/// Competence for a complaint at an address, in short: unit ids and what matched, or why not.
fn place(bureau: &Bureau, premises: &str) -> String {
    let found = competence(bureau, &at(premises, ""), Track::Complaint, day("2026-05-20"));
    let words = found.matched.clone().unwrap_or_default();
    match found.ground {
        Ground::Unknown(unclear) => format!("{unclear:?} {words}"),
        _ => format!("{} {words}", ids(&found).join(",")),
    }
}

#[test]
fn the_longest_name_wins_and_a_road_is_not_its_subdistrict() {
    let bureau = small();
    assert_eq!(place(&bureau, "内蒙古自治区包头市昆都仑区林荫路街道3号"), "a,b,empty 林荫路街道");
    assert_eq!(place(&bureau, "昆区林荫路12号"), "b 林荫路");
    assert_eq!(place(&bureau, "昆区新林荫路12号"), "a 新林荫路");
    assert_eq!(place(&bureau, "昆区 林荫路 办事处"), "a,b,empty 林荫路街道");
    // A sub-district and a road of another station's: one of them is wrong, and it is not for us to say which.
    assert_eq!(place(&bureau, "昆区昆北街道林荫路12号"), "Several 昆北街道、林荫路");
    assert_eq!(place(&bureau, "昆区昆工路街道林荫路12号"), "b 昆工路街道");
    assert_eq!(place(&bureau, "昆区昆工路街道昆北大厦"), "b 昆工路街道");
    assert_eq!(place(&bureau, "昆工路8号"), "NotFound ");
    assert_eq!(place(&bureau, "新林荫路街道3号"), "Near 林荫路街道");
}

#[test]
fn a_name_without_its_suffix_counts_only_when_nothing_else_can_be_meant() {
    let bureau = small();
    for clear in ["昆北", "昆区昆北，市场内", "昆区昆北社区", "昆北辖区"] {
        assert_eq!(place(&bureau, clear), "a,b 昆北街道", "{clear}");
    }
    for unclear in ["昆北路3号", "昆北大厦", "昆河路3号", "昆河3号", "昆工路", "昆工路社区"]
    {
        assert_eq!(place(&bureau, unclear), "NotFound ", "{unclear}");
    }
}

#[test]
fn two_places_of_different_stations_are_no_place() {
    let bureau = small();
    assert_eq!(place(&bureau, "林荫路街道与昆工路街道交界"), "Several 林荫路街道、昆工路街道");
    assert_eq!(place(&bureau, "林荫路与新林荫路路口"), "Several 林荫路、新林荫路");
    // One station: who may in both.
    assert_eq!(place(&bureau, "林荫路街道与昆北街道交界"), "a,b 林荫路街道、昆北街道");
    let routing = routed(&Loads::default(), "林荫路街道与昆工路街道交界", "2026-05-20");
    assert_eq!((routing.unit.as_str(), routing.basis), ("desk", Basis::SeveralPlaces));
    let seen: Vec<_> = routing.candidates.iter().map(|seen| (seen.unit.as_str(), seen.chosen)).collect();
    assert_eq!(seen, [("a", false), ("b", false), ("empty", false)]);
}

#[test]
fn another_districts_street_of_the_same_name_is_not_ours() {
    let bureau = small();
    for other in ["包头市青山区林荫路5号", "江苏省南京市林荫路街道", "固阳县林荫路1号", "达拉特旗林荫路1号"]
    {
        assert_eq!(place(&bureau, other), "Elsewhere ", "{other}");
    }
    for ours in [
        "包头市林荫路5号",
        "昆区A区林荫路5号",
        "一区林荫路5号",
        "昆区万达小区林荫路5号",
        "夜市旁林荫路5号",
        "红旗超市旁林荫路5号",
    ] {
        assert_eq!(place(&bureau, ours), "b 林荫路", "{ours}");
    }
    // An operator elsewhere is not made ours by where the goods arrived (Art. 13).
    let today = day("2026-05-20");
    let away =
        competence(&bureau, &at("江苏省南京市江宁区美益路1号", "昆区昆北街道"), Track::Complaint, today);
    assert_eq!(away.ground, Ground::Unknown(Unclear::Elsewhere));
}

#[test]
fn a_complaint_asks_for_the_premises_first_and_a_report_for_the_place_of_the_act() {
    let bureau = small();
    let of = |premises: &str, place: &str, track| {
        let submission = at(premises, place);
        ids(&competence(&bureau, &submission, track, day("2026-05-20"))).join(",")
    };
    assert_eq!(of("昆区昆工路街道1号", "昆区昆北街道1号", Track::Complaint), "b");
    assert_eq!(of("昆区昆工路街道1号", "昆区昆北街道1号", Track::Report), "a,b");
    for track in Track::ALL {
        assert_eq!(of("昆区永盛路1号", "昆区昆北街道1号", track), "a,b");
        assert_eq!(of("", "昆区昆北街道1号", track), "a,b");
    }
    let today = day("2026-05-20");
    let nowhere = competence(&bureau, &at("", ""), Track::Report, today);
    assert_eq!(nowhere.ground, Ground::Unknown(Unclear::NotGiven));
    let mut masked = at("", "");
    masked.respondent.premises = Given::Masked;
    let hidden = competence(&bureau, &masked, Track::Report, today);
    assert_eq!(hidden.ground, Ground::Unknown(Unclear::NotGiven));
}

#[test]
fn the_sample_knows_its_subdistricts_its_numbers_and_its_estates() {
    let bureau = Bureau::parse(SAMPLE).unwrap();
    for (address, wanted) in [
        ("昆都仑区前进道街道民主路68号", "anshandao,qianjindao,baiyunlu 前进道街道"),
        ("昆区鞍山道12号", "kungonglu 鞍山道"),
        ("昆区钢铁大街40号", "shaoxianlu,aerdingdajie 钢铁大街（39-74）"),
        ("昆区少先路街道钢铁大街40号", "shaoxianlu,aerdingdajie 少先路街道"),
        ("昆区三八路12号", "shifudonglu 三八路（双）"),
        ("昆区示例民西市场二楼", "baiyunlu 示例民西农贸市场"),
        ("示例幸福家园3号楼", "Several 示例幸福家园"),
        ("包头市昆都仑区昆河路117号", "NotFound "),
        ("包头市市府东路街道办事处旁", "Near 市府东路街道"),
    ] {
        assert_eq!(place(&bureau, address), wanted, "{address}");
    }
}
