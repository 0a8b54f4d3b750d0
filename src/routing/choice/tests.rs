//! Policies, bundles, operators known, capacities and recusals, through the whole of the routing.

use crate::domain::decision::{Band, Barred, Basis, Routing};
use crate::domain::ids::{Track, UnitId};
use crate::domain::submission::Submission;
use crate::domain::text::Line;
use crate::routing::tests::{SMALL, assigned, at, day, loads};
use crate::routing::{Bureau, Incoming, Learned, LoadBasis, Loads, OnDuty, Related, Spread, Standing, route};

/// Both stations are competent; a has two officers, b one.
const BOTH: &str = "昆北街道";

fn bureau(more: &str) -> Bureau {
    Bureau::parse(&format!("{SMALL}\n{more}")).unwrap()
}

fn policy(mode: &str) -> Bureau {
    bureau(&format!("[[policy]]\nname = \"方式\"\n{mode}\nauthorised_by = \"文件\"\n"))
}

fn spread(unit: &str, files: i64) -> Spread {
    let mut spread = Spread::default();
    spread.add(&UnitId::parse(unit).unwrap(), files);
    spread
}

fn send(bureau: &Bureau, loads: &Loads, related: &Related, incoming: Incoming) -> Routing {
    send_of(bureau, loads, related, &at(BOTH, ""), incoming)
}

fn send_of(
    bureau: &Bureau,
    loads: &Loads,
    related: &Related,
    submission: &Submission,
    incoming: Incoming,
) -> Routing {
    let today = day("2026-06-20");
    let on_duty = OnDuty::over(bureau, &[today]);
    let learned = Learned::default();
    let standing = Standing { today, loads, basis: &LoadBasis::LAWFUL, on_duty: &on_duty, learned: &learned };
    route(bureau, &standing, related, submission, incoming)
}

fn sent(routing: &Routing) -> (&str, Basis) {
    (routing.unit.as_str(), routing.basis)
}

const LOW: Incoming = Incoming::Complaint(Band::Low);
const HIGH: Incoming = Incoming::Complaint(Band::High);

#[test]
fn territory_keeps_its_station_until_its_load_is_above_the_bound() {
    let bureau = policy("mode = \"territory\"\nabove = 3.0");
    let with = |open| send(&bureau, &loads(&[("a", Track::Complaint, open)]), &Related::default(), LOW);
    assert_eq!(sent(&with(600)), ("a", Basis::Territory), "3.00 an officer is not above 3.00");
    assert_eq!(sent(&with(601)), ("b", Basis::Relief));
}

#[test]
fn the_desk_gets_what_is_suspected_and_nothing_else_while_it_has_room() {
    let bureau = policy("mode = \"pool\"\npool = \"b\"\nabove = 4.0");
    let with = |open, incoming| {
        let open = loads(&[("b", Track::Complaint, open), ("a", Track::Complaint, 900)]);
        send(&bureau, &open, &Related::default(), incoming)
    };
    assert_eq!(sent(&with(0, HIGH)), ("b", Basis::Pool));
    assert_eq!(sent(&with(401, HIGH)), ("a", Basis::Territory), "it overflows to the territory");
    for band in [Band::Low, Band::Medium, Band::Insufficient, Band::NotScored] {
        assert_eq!(sent(&with(0, Incoming::Complaint(band))), ("a", Basis::Territory), "{band:?}");
    }
    assert_eq!(sent(&with(0, Incoming::Report)), ("a", Basis::Territory));
}

#[test]
fn a_bundle_stays_together_within_its_bounds_and_counts_for_less() {
    let bureau = bureau("");
    // The other station is idle, and still the flood stays where it is.
    let open = loads(&[("a", Track::Complaint, 2_000)]);
    let with = |files| {
        let related = Related { bundle: spread("a", files), ..Related::default() };
        send(&bureau, &open, &related, LOW)
    };
    assert_eq!((sent(&with(4)), with(4).centiunits), (("b", Basis::LeastLoad), 100));
    assert_eq!((sent(&with(5)), with(5).centiunits), (("a", Basis::Bundle), 30));
    assert_eq!(sent(&with(59)), ("a", Basis::Bundle));
    assert_eq!(sent(&with(60)), ("b", Basis::LeastLoad), "and no longer than that");
}

#[test]
fn a_unit_that_knows_the_operator_is_taken_while_its_load_is_near() {
    let bureau = bureau("");
    let related = Related { respondent: spread("a", 1), ..Related::default() };
    let with = |open| send(&bureau, &loads(&[("a", Track::Complaint, open)]), &related, LOW);
    assert_eq!(sent(&with(100)), ("a", Basis::Affinity), "half a work unit an officer above the least");
    assert_eq!(sent(&with(101)), ("b", Basis::LeastLoad));
}

#[test]
fn no_way_leads_into_a_unit_that_is_full() {
    let text = SMALL.replace("name = \"甲所\"\n", "name = \"甲所\"\ncapacity = { complaint = 5.0 }\n");
    let bureau = Bureau::parse(&text).unwrap();
    let related = Related { bundle: spread("a", 9), respondent: spread("a", 9) };
    let with = |open, incoming| {
        let open = loads(&[("a", Track::Complaint, open), ("b", Track::Complaint, 9_000)]);
        send(&bureau, &open, &related, incoming)
    };
    assert_eq!(with(470, LOW).unit.as_str(), "a", "30 more is just 500");
    let full = with(471, LOW);
    assert_eq!((full.unit.as_str(), full.candidates[0].barred), ("b", Some(Barred::AtCapacity)));
    // Of the other track's room it says nothing.
    assert_eq!(with(471, Incoming::Report).candidates[0].barred, None);
    let both = text.replace("name = \"乙所\"\n", "name = \"乙所\"\ncapacity = { complaint = 1.0 }\n");
    let bureau = Bureau::parse(&both).unwrap();
    let open = loads(&[("a", Track::Complaint, 500), ("b", Track::Complaint, 100)]);
    assert_eq!(sent(&send(&bureau, &open, &related, LOW)), ("desk", Basis::AtCapacity));
}

#[test]
fn a_unit_whose_officers_must_all_keep_off_the_operator_cannot_have_it() {
    let text = SMALL.replace("name = \"示例三\"\n", "name = \"示例三\"\nrecused_from = [\"某某店\"]\n");
    let mut submission = at(BOTH, "");
    submission.respondent.name = Line::parse("某某店").ok().into();
    let busy = loads(&[("a", Track::Complaint, 9_000)]);
    let bureau = Bureau::parse(&text).unwrap();
    let kept_off = send_of(&bureau, &busy, &Related::default(), &submission, LOW);
    assert_eq!((kept_off.unit.as_str(), kept_off.candidates[1].barred), ("a", Some(Barred::Recused)));
    // One of two officers of a: the other one handles it.
    let one = text.replace("name = \"示例一\"\n", "name = \"示例一\"\nrecused_from = [\"某某店\"]\n");
    let routing = send_of(&Bureau::parse(&one).unwrap(), &busy, &Related::default(), &submission, LOW);
    assert_eq!(routing.unit.as_str(), "a");
    let all = one.replace("name = \"示例二\"\n", "name = \"示例二\"\nrecused_from = [\"某某店\"]\n");
    let routing = send_of(&Bureau::parse(&all).unwrap(), &busy, &Related::default(), &submission, LOW);
    assert_eq!(sent(&routing), ("desk", Basis::Recused));
}

#[test]
fn work_assigned_in_the_month_is_evened_out_with_the_file_on_top() {
    let bureau = bureau("");
    let to = |rows: &[(&str, Track, i64)], incoming| {
        send(&bureau, &assigned(rows), &Related::default(), incoming).unit.as_str().to_owned()
    };
    // Two officers and one: (200 + 100) / 2 is less than 0 + 225, and less than 0 + 150 is not.
    assert_eq!(to(&[("a", Track::Complaint, 200)], HIGH), "a");
    assert_eq!(to(&[("a", Track::Complaint, 301)], LOW), "b");
    // What is closed counts as what is open; a report sees reports alone (promise 4).
    assert_eq!(to(&[("a", Track::Complaint, 900)], Incoming::Report), "a");
    assert_eq!(to(&[("a", Track::Report, 900)], Incoming::Report), "b");
}

#[test]
fn open_work_decides_between_units_that_were_assigned_the_same() {
    let bureau = bureau("");
    // With 100 on top both have 150 an officer.
    let mut loads = assigned(&[("a", Track::Complaint, 200), ("b", Track::Complaint, 50)]);
    loads.add(&UnitId::parse("b").unwrap(), Track::Complaint, 100);
    assert_eq!(send(&bureau, &loads, &Related::default(), LOW).unit.as_str(), "a");
    loads.add(&UnitId::parse("a").unwrap(), Track::Complaint, 300);
    assert_eq!(send(&bureau, &loads, &Related::default(), LOW).unit.as_str(), "b");
    loads.begin_month();
    assert_eq!(
        send(&bureau, &loads, &Related::default(), LOW).unit.as_str(),
        "a",
        "100 / 2 is less than 100"
    );
}
