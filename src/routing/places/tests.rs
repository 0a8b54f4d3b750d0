//! What is wrong with the places of a bureau file, and how the register is asked.

use std::fmt::Write as _;

use crate::domain::ids::Track;
use crate::domain::respondent::{CreditCode, Respondent};
use crate::domain::submission::Submission;
use crate::domain::text::{Address, Line};
use crate::domain::time::Moment;
use crate::routing::tests::{SMALL, at, day, ids};
use crate::routing::{Bureau, Ground, Unclear, competence};

const WRONG: &str = r#"
[[street]]
name = "钢铁大街"
station = "a"
[[street]]
name = "钢铁大街"
numbers = "1-99"
station = "b"
[[street]]
name = "团结大街"
numbers = "1-99单"
station = "a"
[[street]]
name = "团结大街"
numbers = "50-120"
station = "b"
[[street]]
name = "友谊大街"
numbers = "9-3"
station = "a"
[[street]]
name = "前进道"
numbers = "2-98单"
subdistrict = "没有的街道"
[[street]]
name = "昆北街道"
subdistrict = "昆北街道"
station = "a"
[[place]]
name = "林荫路"
kind = "小区"
station = "a"
[[place]]
name = "阳光小区"
also = ["阳"]
kind = "村子"
station = "nowhere"
[[operator]]
code = "91350100M000100Y44"
name = "某超市"
station = "a"
[[operator]]
name = "某饭店"
station = "a"
[[operator]]
code = "91350100M000100Y43"
name = "某商场"
premises = ["路"]
station = "drugs"
[[operator]]
code = "91350100M000100Y43"
name = "某商场"
premises = ["路"]
station = "a"
"#;

#[test]
fn every_mistake_of_the_places_is_named_at_its_path() {
    let mistakes = Bureau::parse(&format!("{SMALL}{WRONG}")).unwrap_err();
    let shown: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

const CODE: &str = "91350100M000100Y43";

fn register() -> Bureau {
    let rows = format!(
        r#"
[[operator]]
code = "{CODE}"
name = "昆都仑区鑫和超市有限公司"
station = "a"
platforms = ["昆区到家"]
[[operator]]
code = "91150203MA0000000P"
name = "昆都仑区老李面馆"
station = "a"
[[operator]]
code = "92110105MA01TYCL4M"
name = "惠民连锁"
premises = ["林荫路", "幸福小区"]
station = "b"
"#
    );
    Bureau::parse(&format!("{SMALL}{rows}")).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

fn by(submission: Submission, name: &str, code: &str) -> Submission {
    let Submission { respondent: Respondent { premises, .. }, .. } = submission.clone();
    let (name, credit_code) = (Line::parse(name).ok().into(), CreditCode::parse(code).ok().into());
    Submission { respondent: Respondent { name, credit_code, premises }, ..submission }
}

fn shown(bureau: &Bureau, submission: &Submission, track: Track) -> String {
    let found = competence(bureau, submission, track, submission.received.at.day());
    let matched = found.matched.clone().unwrap_or_default();
    match found.ground {
        Ground::Unknown(unclear) => format!("{unclear:?} {} {matched}", ids(&found).join(",")),
        Ground::Platform => format!("platform {} {matched}", ids(&found).join(",")),
        _ => format!("{} {matched}", ids(&found).join(",")),
    }
}

#[test]
fn an_operator_is_found_by_its_code_or_its_full_name() {
    let bureau = register();
    let of = |premises: &str, name: &str, code: &str| {
        shown(&bureau, &by(at(premises, ""), name, code), Track::Complaint)
    };
    assert_eq!(of("", "", CODE), "a 昆都仑区鑫和超市有限公司");
    assert_eq!(of("", "某店", &CODE.to_lowercase()), "a 昆都仑区鑫和超市有限公司");
    assert_eq!(of("某某路1号", "昆都仑区鑫和超市有限公司", ""), "a 昆都仑区鑫和超市有限公司");
    // Another code, another operator, whatever it is called.
    assert_eq!(of("某某路1号", "昆都仑区鑫和超市有限公司", "91350100M000100Y44"), "NotFound  ");
    // A trader's name alone may be another's.
    assert_eq!(of("某某路1号", "昆都仑区老李面馆", ""), "NotFound  ");
    // A chain: only where the premises show which shop.
    assert_eq!(of("昆区幸福小区底商", "惠民连锁", ""), "b 惠民连锁");
    assert_eq!(of("某某路1号", "惠民连锁", ""), "NotFound  ");
    // The register against the address is a contradiction; what lies elsewhere is for a person.
    assert_eq!(of("昆区昆工路街道1号", "", CODE), "Several a,b 昆都仑区鑫和超市有限公司、昆工路街道");
    assert_eq!(of("青山区某路1号", "", CODE), "Elsewhere a 昆都仑区鑫和超市有限公司");
    assert_eq!(of("昆区昆北街道1号", "", CODE), "a 昆都仑区鑫和超市有限公司");
}

fn sold(submission: Submission, mode: &str, platform: &str, problem: &str) -> Submission {
    let mut submission = submission;
    for part in [&mut submission.complaint, &mut submission.report].into_iter().flatten() {
        part.sales_mode = Line::parse(mode).ok().into();
        part.platform = Line::parse(platform).ok().into();
        part.problem_category = Line::parse(problem).ok().into();
    }
    submission
}

#[test]
fn online_trade_follows_articles_13_and_31() {
    let bureau = register();
    let of = |premises: &str, place: &str, mode: &str, platform: &str| {
        let submission = sold(at(premises, place), mode, platform, "");
        Track::ALL.map(|track| shown(&bureau, &submission, track))
    };
    let here = ["a,b 昆北街道"; 2];
    assert_eq!(of("昆区昆北街道1号", "", "网购", "某购"), here);
    assert_eq!(of("昆区昆北街道1号", "", "直播带货", "昆区到家"), here);
    // Where the goods arrived says nothing of the operator.
    assert_eq!(of("", "昆区昆北街道1号", "网购", ""), ["NoPublishedAddress a,b 昆北街道"; 2]);
    assert_eq!(of("", "昆区昆北街道1号", "现场购物", ""), here);
    assert_eq!(of("", "昆区昆北街道1号", "", "某购"), ["PlatformElsewhere a,b 昆北街道"; 2]);
    assert_eq!(of("某某路1号", "", "网购", "某购"), ["NotFound  "; 2]);
    assert_eq!(of("青山区某某路1号", "", "网购", "某购"), ["Elsewhere  "; 2]);
    // The platform's domicile handles complaints, and may handle reports that came here first.
    let hosted = ["platform a 昆都仑区鑫和超市有限公司", "PlatformMay a 昆都仑区鑫和超市有限公司"];
    for premises in ["", "某某路1号", "青山区某某路1号"] {
        assert_eq!(of(premises, "", "网购", "昆区到家"), hosted, "{premises}");
    }
}

#[test]
fn an_advertisement_without_a_place_asks_for_its_publisher() {
    let bureau = register();
    let of = |premises: &str, track| {
        shown(&bureau, &sold(at(premises, ""), "网购", "某购", "举报问题->广告违法行为"), track)
    };
    assert_eq!(of("", Track::Report), "PublisherUnknown  ");
    assert_eq!(of("某某路1号", Track::Report), "PublisherUnknown  ");
    assert_eq!(of("昆区昆北街道", Track::Report), "a,b 昆北街道");
    assert_eq!(of("", Track::Complaint), "PlatformElsewhere  ");
}

#[test]
fn competence_names_the_articles_of_its_day() {
    let bureau = register();
    let of = |day: &str, mode: &str, problem: &str, track| {
        let mut submission = sold(at("昆区昆北街道", ""), mode, "", problem);
        submission.received = Moment::from_date(day).unwrap();
        competence(&bureau, &submission, track, submission.received.at.day()).articles
    };
    assert_eq!(of("2026-04-15", "", "", Track::Complaint), "总局令第121号第十三条");
    assert_eq!(of("2026-04-14", "", "", Track::Complaint), "总局令第20号第十二条");
    assert_eq!(of("2026-05-20", "", "", Track::Report), "总局令第121号第二十九条、第三十条");
    assert_eq!(of("2026-05-20", "网购", "", Track::Report), "总局令第121号第三十条、第三十一条");
    assert_eq!(of("2026-04-14", "网购", "广告", Track::Report), "总局令第20号第二十六条、第二十八条");
}

#[test]
fn the_two_addresses_of_a_complaint_make_one_place_when_the_first_leaves_it_open() {
    let streets = r#"
[[street]]
name = "钢铁大街"
numbers = "1-99"
station = "a"
[[street]]
name = "钢铁大街"
numbers = "100-"
station = "b"
"#;
    let bureau = Bureau::parse(&format!("{SMALL}{streets}")).unwrap();
    let of = |premises: &str, place: &str| shown(&bureau, &at(premises, place), Track::Complaint);
    assert_eq!(of("昆区钢铁大街", "昆区钢铁大街120号"), "b 钢铁大街（100-）");
    assert_eq!(of("昆区钢铁大街", "昆区昆北街道"), "a,b 昆北街道");
    assert_eq!(of("昆区钢铁大街", ""), "Several a,b 钢铁大街");
    assert_eq!(of("昆区钢铁大街12号", "昆区钢铁大街120号"), "a 钢铁大街（1-99）");
    assert_eq!(Address::MOST, 300);
}

#[test]
fn a_register_of_thirty_thousand_is_read_and_asked_at_once() {
    let mut rows = String::new();
    for at in 0..30_000 {
        let _ = writeln!(
            rows,
            "[[operator]]\nname = \"昆都仑区{at}号店\"\npremises = [\"幸福小区{at}\"]\nstation = \"a\""
        );
    }
    let bureau = Bureau::parse(&format!("{SMALL}{rows}")).unwrap();
    let submission = by(at("昆区幸福小区29999", ""), "昆都仑区29999号店", "");
    assert_eq!(shown(&bureau, &submission, Track::Complaint), "a 昆都仑区29999号店");
    let nowhere = competence(&bureau, &at("", ""), Track::Report, day("2026-05-20"));
    assert_eq!(nowhere.ground, Ground::Unknown(Unclear::NotGiven));
}
