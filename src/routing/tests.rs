//! Files through the whole of the routing, and what the tests of its parts share.

use proptest::prelude::*;

use super::*;
use crate::domain::given::Given;
use crate::domain::ids::{RegistrationNumber, UnitId};
use crate::domain::person::Complainant;
use crate::domain::respondent::Respondent;
use crate::domain::submission::Part;
use crate::domain::text::{Address, Line, Story};
use crate::domain::time::{Day, Moment};

/// Two stations that share two sub-districts, one apart, one with nobody, and a division.
pub(super) const SMALL: &str = r#"
[bureau]
name = "测试局"
district_names = ["昆都仑区", "昆区"]
region_names = ["内蒙古自治区", "包头市"]
[work_units]
complaint = 1.0
report = 1.5
suspected = 2.25
[[unit]]
id = "desk"
name = "接收"
kind = "reception"
[[unit]]
id = "a"
name = "甲所"
kind = "station"
[[unit]]
id = "b"
name = "乙所"
kind = "station"
[[unit]]
id = "empty"
name = "空所"
kind = "station"
[[unit]]
id = "drugs"
name = "药股"
kind = "division"
[[officer]]
id = "1"
name = "示例一"
unit = "a"
[[officer]]
id = "2"
name = "示例二"
unit = "a"
away = [{ from = "2026-05-01", to = "2026-05-10", why = "年休假" }, { from = "2026-05-05", to = "2026-05-06" }]
[[officer]]
id = "3"
name = "示例三"
unit = "b"
[[subdistrict]]
code = "150203001"
name = "林荫路街道"
station = "a"
alternates = ["b", "empty"]
authorised_by = "文件"
[[subdistrict]]
code = "150203002"
name = "昆北街道"
station = "a"
alternates = ["b"]
authorised_by = "文件"
[[subdistrict]]
code = "150203003"
name = "昆工路街道"
station = "b"
[[subdistrict]]
code = "150203004"
name = "昆河镇"
station = "empty"
[[street]]
name = "林荫路"
station = "b"
[[street]]
name = "新林荫路"
station = "a"
[[special_line]]
name = "药品"
division = "drugs"
object_category_contains = ["->药品"]
work_units = 3
[[special_line]]
name = "药品广告"
division = "drugs"
tracks = ["report"]
object_category_contains = ["保健"]
problem_category_contains = ["广告"]
"#;

pub(super) fn small() -> Bureau {
    Bureau::parse(SMALL).unwrap()
}

pub(super) fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

pub(super) fn at(premises: &str, place: &str) -> Submission {
    let address = |text: &str| Address::parse(text).ok().into();
    let part = Part {
        text: Given::Known(Story::parse("问题").unwrap()),
        demands: Given::Absent,
        amount_fen: Given::Absent,
        object_category: Given::Absent,
        problem_category: Given::Absent,
        product: Given::Absent,
        brand: Given::Absent,
        sales_mode: Given::Absent,
        platform: Given::Absent,
        order_number: Given::Absent,
        quantity: Given::Absent,
        occurred: Given::Absent,
        place: address(place),
        attachments: Given::Absent,
    };
    Submission {
        number: RegistrationNumber::parse("1").unwrap(),
        received: Moment::from_date("2026-05-20").unwrap(),
        channel: Given::Absent,
        complainant: Complainant::default(),
        respondent: Respondent { premises: address(premises), ..Respondent::default() },
        complaint: Some(part.clone()),
        report: Some(part),
    }
}

fn categories(mut submission: Submission, object: &str, problem: &str) -> Submission {
    for part in [&mut submission.complaint, &mut submission.report].into_iter().flatten() {
        part.object_category = Line::parse(object).ok().into();
        part.problem_category = Line::parse(problem).ok().into();
    }
    submission
}

/// All of it assigned this month, and open.
pub(super) fn loads(rows: &[(&str, Track, i64)]) -> Loads {
    let mut loads = Loads::default();
    for (unit, track, centiunits) in rows {
        loads.assign(&UnitId::parse(unit).unwrap(), *track, *centiunits);
    }
    loads
}

/// All of it assigned this month, and closed again.
pub(super) fn assigned(rows: &[(&str, Track, i64)]) -> Loads {
    let mut loads = loads(rows);
    for (unit, track, centiunits) in rows {
        loads.add(&UnitId::parse(unit).unwrap(), *track, -centiunits);
    }
    loads
}

pub(super) fn ids<'a>(competence: &Competence<'a>) -> Vec<&'a str> {
    competence.units.iter().map(|unit| unit.id.as_str()).collect()
}

/// Routes under the lawful basis, with who is on duty from a day on, and no related files.
fn go(bureau: &Bureau, loads: &Loads, on: Day, submission: &Submission, incoming: Incoming) -> Routing {
    with_related(bureau, loads, &LoadBasis::LAWFUL, on, &Related::default(), submission, incoming)
}

fn with_related(
    bureau: &Bureau,
    loads: &Loads,
    basis: &LoadBasis,
    on: Day,
    related: &Related,
    submission: &Submission,
    incoming: Incoming,
) -> Routing {
    let on_duty = OnDuty::over(bureau, &[on]);
    let standing = Standing { today: on, loads, basis, on_duty: &on_duty, learned: &Learned::default() };
    route(bureau, &standing, related, submission, incoming)
}

pub(super) fn routed(loads: &Loads, premises: &str, on: &str) -> Routing {
    go(&small(), loads, day(on), &at(premises, ""), Incoming::Complaint(Band::Low))
}

#[test]
fn the_district_comes_before_a_special_line() {
    let bureau = small();
    let drug = categories(at("昆区昆北街道", ""), "商品（产品）->药品", "投诉问题->质量");
    let none = Loads::default();
    let go = |submission: &Submission, incoming| go(&bureau, &none, day("2026-05-20"), submission, incoming);
    let routing = go(&drug, Incoming::Complaint(Band::High));
    assert_eq!((routing.unit.as_str(), routing.basis), ("drugs", Basis::SpecialLine));
    assert_eq!((routing.centiunits, routing.matched.as_deref()), (300, Some("药品")));
    // Nobody is on duty there, but it is the only one.
    assert_eq!((routing.candidates[0].centiofficers, routing.candidates[0].chosen), (0, true));
    // Both conditions and the track must fit.
    let food = categories(at("昆区昆北街道", ""), "商品->保健食品", "举报问题->广告");
    assert_eq!(go(&food, Incoming::Report).unit.as_str(), "drugs");
    assert_eq!(go(&food, Incoming::Complaint(Band::Low)).unit.as_str(), "a");
    let price = categories(at("昆区昆北街道", ""), "商品->保健食品", "举报问题->价格");
    assert_eq!(go(&price, Incoming::Report).unit.as_str(), "a");
    // The district comes first: a pharmacy in another one is not ours, whatever its goods.
    let elsewhere = categories(at("包头市青山区富强路8号", ""), "商品（产品）->药品", "投诉问题->质量");
    for track in Track::ALL {
        let found = competence(&bureau, &elsewhere, track, day("2026-05-20"));
        assert_eq!(found.ground, Ground::Unknown(Unclear::Elsewhere), "{track:?}");
    }
}

#[test]
fn officers_away_are_not_on_duty() {
    let bureau = small();
    let a = UnitId::parse("a").unwrap();
    let on = |text| OnDuty::over(&bureau, &[day(text)]).centiofficers(&a);
    assert_eq!([on("2026-04-30"), on("2026-05-01"), on("2026-05-05")], [200, 100, 100]);
    // Ten days away: the work comes back over a week.
    assert_eq!(
        [on("2026-05-10"), on("2026-05-11"), on("2026-05-17"), on("2026-05-18")],
        [100, 112, 187, 200]
    );
    let days: Vec<Day> = ["2026-04-30", "2026-05-01", "2026-05-02", "2026-05-03"].map(day).to_vec();
    assert_eq!(OnDuty::over(&bureau, &days).centiofficers(&a), 125, "the mean over the days ahead");
    let nobody = UnitId::parse("nobody").unwrap();
    assert_eq!(OnDuty::over(&bureau, &days).centiofficers(&nobody), 0);
    let open = loads(&[("a", Track::Complaint, 300), ("b", Track::Complaint, 200)]);
    assert_eq!(routed(&open, "昆北街道", "2026-05-20").unit.as_str(), "a");
    assert_eq!(routed(&open, "昆北街道", "2026-05-02").unit.as_str(), "b");
}

#[test]
fn shares_are_compared_exactly_and_ties_go_by_the_file() {
    let max = i64::MAX - 101;
    let cases =
        [(0, 0, "a"), (300, 100, "a"), (301, 100, "b"), (max, max / 2 - 50, "a"), (max, max / 2 - 51, "b")];
    for (a, b, wanted) in cases {
        let loads = assigned(&[("a", Track::Complaint, a), ("b", Track::Complaint, b)]);
        let routing = routed(&loads, "昆北街道", "2026-05-20");
        assert_eq!((routing.unit.as_str(), routing.basis), (wanted, Basis::LeastLoad), "{a} {b}");
        let chosen: Vec<_> = routing.candidates.iter().filter(|candidate| candidate.chosen).collect();
        assert_eq!(chosen.len(), 1);
        assert_eq!(chosen[0].unit, routing.unit);
    }
}

#[test]
fn a_unit_with_nobody_on_duty_is_taken_only_when_alone() {
    let busy = loads(&[("a", Track::Complaint, 9_000), ("b", Track::Complaint, 9_000)]);
    assert_eq!(routed(&busy, "林荫路街道", "2026-05-20").unit.as_str(), "a");
    let alone = routed(&busy, "昆河镇", "2026-05-20");
    assert_eq!((alone.unit.as_str(), alone.basis), ("empty", Basis::OnlyCompetent));
    // Nobody anywhere: still a competent unit, the one with the least open work.
    let deserted = Bureau::parse(
        &SMALL.replace("unit = \"a\"\n", "unit = \"desk\"\n").replace("unit = \"b\"\n", "unit = \"desk\"\n"),
    );
    let open = loads(&[("a", Track::Complaint, 2), ("b", Track::Complaint, 1)]);
    let submission = at("昆北街道", "");
    let incoming = Incoming::Complaint(Band::Low);
    let routing = go(&deserted.unwrap(), &open, day("2026-05-20"), &submission, incoming);
    assert_eq!(routing.unit.as_str(), "b");
}

#[test]
fn effort_follows_the_band_of_complaints_only() {
    let bureau = small();
    let effort = |incoming| {
        let none = Loads::default();
        go(&bureau, &none, day("2026-05-20"), &at("昆北", ""), incoming).centiunits
    };
    assert_eq!(effort(Incoming::Report), 150);
    assert_eq!(effort(Incoming::Complaint(Band::High)), 225);
    for band in [Band::Low, Band::Medium, Band::Insufficient, Band::NotScored] {
        assert_eq!(effort(Incoming::Complaint(band)), 100, "{band:?}");
    }
}

/// Routes a batch, complaints of the given band between reports, and returns where the reports went.
fn reports_of_a_batch(basis: &LoadBasis, band: Band) -> Vec<Routing> {
    let bureau = small();
    let mut loads = Loads::default();
    let mut reports = Vec::new();
    for turn in 0..12 {
        let submission = at(if turn % 3 == 0 { "昆工路街道" } else { "昆北街道" }, "");
        for incoming in [Incoming::Report, Incoming::Complaint(band)] {
            let (on, related) = (day("2026-05-20"), Related::default());
            let routing = with_related(&bureau, &loads, basis, on, &related, &submission, incoming);
            loads.assign(&routing.unit, incoming.track(), routing.centiunits);
            if incoming == Incoming::Report {
                reports.push(routing);
            }
        }
    }
    reports
}

#[test]
fn no_band_reaches_a_report_and_an_unlawful_basis_is_noticed() {
    let lawful = |band| reports_of_a_batch(&LoadBasis::LAWFUL, band);
    assert_eq!(lawful(Band::Low), lawful(Band::High));
    let mutant = LoadBasis { report: &[Track::Complaint, Track::Report], ..LoadBasis::LAWFUL };
    assert_ne!(reports_of_a_batch(&mutant, Band::Low), reports_of_a_batch(&mutant, Band::High));
}

fn addresses() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "内蒙古自治区",
        "包头市",
        "昆都仑区",
        "昆区",
        "青山区",
        "林荫路",
        "林荫路街道",
        "昆北",
        "昆北街道",
        "昆工路",
        "昆工路街道",
        "昆河镇",
        "昆河路",
        "新",
        "街道",
        "办事处",
        "12号",
        " ",
        "，",
        "小区",
        "市",
        "省",
    ]);
    prop_oneof![".{0,60}", prop::collection::vec(words, 0..8).prop_map(|words| words.concat())]
}

proptest! {
    #[test]
    fn any_file_goes_to_the_least_loaded_competent_unit_or_to_reception(
        premises in addresses(), incident in addresses(), object in ".{0,20}|商品->药品",
        open in prop::collection::vec((0..5_usize, any::<bool>(), any::<i64>()), 0..8),
        band in prop::option::of(prop::sample::select(vec![Band::Low, Band::High, Band::NotScored])), on in any::<i32>(),
    ) {
        let bureau = small();
        let of = |report| if report { Track::Report } else { Track::Complaint };
        let rows = open.iter().map(|(at, report, open)| (bureau.units()[*at].id.clone(), of(*report), *open));
        let mut loads = Loads::default();
        for (unit, track, centiunits) in rows {
            loads.assign(&unit, track, centiunits);
            loads.add(&unit, track, -centiunits / 2);
        }
        let submission = categories(at(&premises, &incident), &object, "");
        let incoming = band.map_or(Incoming::Report, Incoming::Complaint);
        let who = competence(&bureau, &submission, incoming.track(), Day(on));
        let routing = go(&bureau, &loads, Day(on), &submission, incoming);
        prop_assert!(routing.centiunits > 0);
        if let Ground::Unknown(unclear) = who.ground {
            prop_assert_eq!(&routing.unit, &bureau.reception().id);
            let basis = unclear.basis();
            prop_assert_eq!(routing.basis, basis);
            prop_assert!(routing.candidates.iter().all(|candidate| !candidate.chosen));
        } else {
            prop_assert!(who.units.iter().any(|unit| unit.id == routing.unit));
            let chosen = routing.candidates.iter().find(|candidate| candidate.chosen).unwrap();
            prop_assert_eq!(&chosen.unit, &routing.unit);
            for other in routing.candidates.iter().filter(|other| other.centiofficers > 0) {
                let share = |one: &Candidate, by: &Candidate| {
                    i128::from(one.assigned_centiunits.saturating_add(routing.centiunits)) * i128::from(by.month_centiofficers)
                };
                prop_assert!(chosen.centiofficers > 0 && share(chosen, other) <= share(other, chosen));
            }
        }
    }

    #[test]
    fn a_report_sees_nothing_of_complaints(
        premises in addresses(), reports in prop::collection::vec(0..1_000_i64, 3),
        complaints in prop::collection::vec(any::<i64>(), 3),
    ) {
        let bureau = small();
        let units = ["a", "b", "empty"];
        let quiet: Vec<_> = units.iter().zip(&reports).map(|(unit, open)| (*unit, Track::Report, *open)).collect();
        let noise = units.iter().zip(&complaints).map(|(unit, open)| (*unit, Track::Complaint, *open));
        let noisy: Vec<_> = quiet.iter().copied().chain(noise).collect();
        let sent = |rows: &[_]| go(&bureau, &loads(rows), day("2026-05-20"), &at(&premises, ""), Incoming::Report);
        prop_assert_eq!(sent(&quiet), sent(&noisy));
    }
}
