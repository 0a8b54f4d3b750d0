//! Small periods, played.

use proptest::prelude::*;
use proptest::strategy::Strategy as Made;

use super::Strategy;
use super::*;
use crate::domain::decision::Band;
use crate::domain::given::Given;
use crate::domain::ids::{RegistrationNumber, Track};
use crate::domain::person::Complainant;
use crate::domain::respondent::Respondent;
use crate::domain::submission::Part;
use crate::domain::text::Address;
use crate::domain::time::Moment;
use crate::routing::Bureau;

/// Two stations that may act for each other, with two officers and one; an own place for each; a policy table to fill in.
const SMALL: &str = r#"
bureau = { name = "测试局" }
settings = { escalate_hours = 8 }
unit = [
  { id = "desk", name = "接收", kind = "reception" },
  { id = "a", name = "甲所", kind = "station" },
  { id = "b", name = "乙所", kind = "station" },
]
officer = [
  { id = "0", name = "示例零", unit = "desk" },
  { id = "1", name = "示例一", unit = "a" },
  { id = "2", name = "示例二", unit = "a" },
  { id = "3", name = "示例三", unit = "b" },
]
subdistrict = [
  { code = "150203001", name = "林荫路街道", station = "a", alternates = ["b"], authorised_by = "文件" },
  { code = "150203002", name = "昆北街道", station = "b", alternates = ["a"], authorised_by = "文件" },
  { code = "150203003", name = "昆工路街道", station = "a" },
]
"#;
const PLACES: [&str; 4] = ["林荫路街道", "昆北街道", "昆工路街道", "无此地"];
const PACE: Pace = Pace { centiunits: 100, held_days: 3 };
const ALL: [Strategy; 5] =
    [Strategy::Rules, Strategy::OpenWork, Strategy::Station, Strategy::RoundRobin, Strategy::Random(7)];
/// 2026-05-20, a Wednesday, 09:00.
const NINE: i64 = 1_779_238_800;

fn small(policy: &str) -> Bureau {
    Bureau::parse(&format!("{SMALL}{policy}")).unwrap()
}

/// A submission that came in so many minutes after nine.
fn arrival(at: i64, minutes: i64, place: usize, incoming: &[Incoming], cluster: i64) -> Arrival {
    let part = Part {
        text: Given::Absent,
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
        place: Address::parse(PLACES[place]).ok().into(),
        attachments: Given::Absent,
    };
    let has = |track| incoming.iter().any(|one| one.track() == track).then(|| part.clone());
    let recorded = |incoming: &Incoming| RecordedFile {
        incoming: *incoming,
        cluster,
        respondent: Some(cluster % 3),
        mass_incident: false,
        first_time: *incoming != Incoming::Report,
        held_minutes: (at % 3 == 0).then_some(600),
        open_minutes: (at % 3 == 1).then_some(900),
    };
    Arrival {
        sequence: Sequence(at),
        submission: Submission {
            number: RegistrationNumber::parse(&format!("N{at:05}")).unwrap(),
            received: Moment::from_seconds(NINE + minutes * 60).unwrap(),
            channel: Given::Absent,
            complainant: Complainant::default(),
            respondent: Respondent::default(),
            complaint: has(Track::Complaint),
            report: has(Track::Report),
        },
        files: incoming.iter().map(recorded).collect(),
    }
}

/// Submissions of one or two files, some minutes apart.
fn period() -> impl Made<Value = Vec<Arrival>> {
    let one = (0..300_i64, 0..PLACES.len(), 0..3_u8, 0..4_u8, 0..5_i64);
    prop::collection::vec(one, 1..60).prop_map(|rows| {
        let mut minutes = 0;
        let arrival = |(at, (after, place, parts, band, cluster)): (i64, (i64, usize, u8, u8, i64))| {
            minutes += after;
            let complaint = Incoming::Complaint(
                [Band::Low, Band::Medium, Band::High, Band::NotScored][usize::from(band)],
            );
            let incoming = [vec![Incoming::Report], vec![complaint], vec![Incoming::Report, complaint]];
            arrival(at, minutes, place, &incoming[usize::from(parts)], cluster)
        };
        (1..).zip(rows).map(arrival).collect()
    })
}
/// Every score turned round.
fn negated(arrivals: &[Arrival]) -> Vec<Arrival> {
    let mut arrivals = arrivals.to_vec();
    for recorded in arrivals.iter_mut().flat_map(|one| &mut one.files) {
        recorded.incoming = match recorded.incoming {
            Incoming::Complaint(Band::High) => Incoming::Complaint(Band::Low),
            Incoming::Complaint(_) => Incoming::Complaint(Band::High),
            Incoming::Report => Incoming::Report,
        };
    }
    arrivals
}

fn of(played: &Played, track: Track) -> Vec<Placed> {
    played.files.iter().filter(|file| file.file.track == track).cloned().collect()
}

proptest! {
    // A case plays weeks, some of them several times.
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// What comes in is in one queue after the other and is taken once, by where it was sent or by reception - where one
    /// officer, to whom all of it may escalate, can do it all before the play ends.
    #[test]
    fn no_file_is_lost_or_doubled(arrivals in period(), pace in 90..300_i64) {
        let bureau = small("");
        for strategy in ALL {
            let played = play(&bureau, strategy, Pace { centiunits: pace, ..PACE }, &arrivals, |_| {});
            let came: Vec<FileId> = arrivals
                .iter()
                .flat_map(|one| one.files.iter().map(|recorded| FileId { submission: one.sequence, track: recorded.incoming.track() }))
                .collect();
            prop_assert_eq!(played.files.iter().map(|file| file.file).collect::<Vec<_>>(), came);
            prop_assert_eq!(played.taken, played.files.len());
            for file in &played.files {
                prop_assert!(file.competent.contains(&file.routing.unit), "{:?}", file);
                let escalated = file.moves == 1 && file.routing.unit.as_str() != "desk";
                let taker = if escalated { "desk" } else { file.routing.unit.as_str() };
                prop_assert_eq!(file.taken_by.as_ref().map(UnitId::as_str), Some(taker));
                prop_assert!(file.moves <= 1 && file.waited.is_some_and(|minutes| minutes >= 0));
            }
            prop_assert_eq!(&played, &play(&bureau, strategy, Pace { centiunits: pace, ..PACE }, &arrivals, |_| {}));
        }
    }

    /// Promise 4: turn every score round, and nothing of any report is different, whatever the policy.
    #[test]
    fn no_score_moves_a_report(arrivals in period(), pace in 20..300_i64) {
        let pace = Pace { centiunits: pace, ..PACE };
        let row = |mode: &str| format!("policy = [{{ name = \"p\", authorised_by = \"d\", {mode} }}]");
        let policies = [String::new(), row("mode = \"territory\", above = 1"), row("mode = \"pool\", pool = \"b\", above = 2")];
        for policy in policies {
            let bureau = small(&policy);
            for strategy in ALL {
                let one = play(&bureau, strategy, pace, &arrivals, |_| {});
                let other = play(&bureau, strategy, pace, &negated(&arrivals), |_| {});
                prop_assert_eq!(of(&one, Track::Report), of(&other, Track::Report));
                if !of(&one, Track::Complaint).is_empty() {
                    prop_assert_ne!(of(&one, Track::Complaint), of(&other, Track::Complaint), "scores do move complaints");
                }
            }
        }
    }
}

fn complaints(count: i64, place: usize) -> Vec<Arrival> {
    (1..=count).map(|at| arrival(at, at, place, &[Incoming::Complaint(Band::Low)], at)).collect()
}

#[test]
fn strategies_choose_as_they_say() {
    let sent = |strategy| {
        let played = play(&small(""), strategy, PACE, &complaints(6, 1), |_| {});
        played.files.iter().map(|file| file.routing.unit.as_str().to_owned()).collect::<String>()
    };
    assert_eq!(sent(Strategy::Station), "bbbbbb");
    assert_eq!(sent(Strategy::RoundRobin), "ababab");
    assert_eq!(sent(Strategy::Rules).matches('a').count(), 4, "two officers have twice as much as one");
    assert!(sent(Strategy::Random(1)) != sent(Strategy::Random(2)));
}

#[test]
fn what_no_officer_has_time_for_waits_and_escalates() {
    let played = play(&small(""), Strategy::Station, PACE, &complaints(4, 1), |_| {});
    // One officer: one at once, one when a day's work is done; the third and fourth are reception's by then.
    let waited: Vec<i64> = played.files.iter().filter_map(|file| file.waited).collect();
    assert_eq!(played.files.iter().map(|file| file.moves).collect::<Vec<_>>(), [0, 0, 1, 1]);
    assert!(waited[0] <= STEP_MINUTES && (385..=395).contains(&waited[1]), "{waited:?}");
    let found = figures(&played);
    assert_eq!((found.files, found.taken, found.moves, found.overdue), (4, 4, 2, 0));
}

#[test]
fn figures_add_up() {
    let played = play(&small(""), Strategy::Station, PACE, &complaints(3, 0), |_| {});
    let found = figures(&played);
    let month = &found.months[0];
    let loads: Vec<(&str, f64)> = month.units.iter().map(|unit| (unit.unit.as_str(), unit.load())).collect();
    assert_eq!(loads, [("a", 1.5), ("b", 0.0), ("desk", 0.0)], "three units of work, two officers, one day");
    assert_eq!((found.highest, found.highest_shared, found.with_choice), (1.5, 1.5, 3));
    // Two thirds of the officers have all, evenly: 1/3.
    assert!((found.gini - 1.0 / 3.0).abs() < 1e-12, "{}", found.gini);
    let units = ["a", "b"].map(|unit| UnitId::parse(unit).unwrap()).to_vec();
    assert_eq!(month.work, [(units, 3.0)]);
    assert_eq!((found.first_time.files, found.reports.files), (3, 0));
    assert_eq!(play(&small(""), Strategy::Rules, PACE, &[], |_| {}).files.len(), 0);
}

/// A weekend's files belong to the month they come in, and so do the officers they are divided by.
#[test]
fn the_last_weekend_of_a_month_is_divided_by_that_months_officers() {
    let away = "unit = \"a\", away = [{ from = \"2026-05-01\", to = \"2026-05-29\", why = \"培训\" }] }";
    let text = SMALL
        .replace("示例二\", unit = \"a\" }", &format!("示例二\", {away}"))
        .replace("escalate_hours = 8", "escalate_hours = 8, ramp_days = 0");
    let bureau = Bureau::parse(&text).unwrap();
    let low = [Incoming::Complaint(Band::Low)];
    // Two on the last Friday of May, two on the Saturday after it; on Monday the first station has twice the officers.
    let arrivals = [9, 9, 10, 10].map(|day| day * 1_440);
    let arrivals: Vec<Arrival> =
        (1..).zip(arrivals).map(|(at, minutes)| arrival(at, minutes, 0, &low, at)).collect();
    let played = play(&bureau, Strategy::Rules, PACE, &arrivals, |_| {});
    let units: Vec<&str> = played.files.iter().map(|file| file.routing.unit.as_str()).collect();
    assert_eq!(units, ["a", "b", "a", "b"]);
}
