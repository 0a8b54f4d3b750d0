//! Deadlines against vectors worked out by hand, and what must hold for all of them.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::domain::deadline::{Class, Duty, LastDay, Law};
use crate::domain::time::{Day, Days};

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn known(last: LastDay) -> Day {
    last.day().expect("the law names a number of days")
}

fn deadline(law: Law, duty: Duty, started: Day, excluded: &[Days]) -> Deadline {
    RuleSet::of(law).deadline(&Calendar::built_in(), duty, started, excluded).unwrap()
}

#[rstest]
#[case("2026-04-30", 7, "2026-05-13")]
#[case("2026-09-18", 7, "2026-09-29")]
#[case("2026-09-26", 7, "2026-10-12")]
#[case("2026-02-12", 7, "2026-02-28")]
#[case("2026-02-13", 15, "2026-03-12")]
#[case("2026-06-18", 15, "2026-07-10")]
#[case("2026-09-24", 15, "2026-10-22")]
#[case("2026-04-15", 45, "2026-06-22")]
fn working_days_are_counted(#[case] started: &str, #[case] days: u16, #[case] ends: &str) {
    assert_eq!(Calendar::built_in().plus_working_days(day(started), days), day(ends));
}

// 60 days: into 国庆, on one of its statutory days and on one that is merely off; onto 中秋; onto the Sunday behind it;
// onto a plain Sunday; onto a working day.
#[rstest]
#[case("2026-08-03", ["2026-10-04", "2026-10-08", "2026-10-08"])]
#[case("2026-08-06", ["2026-10-05", "2026-10-08", "2026-10-08"])]
#[case("2026-07-27", ["2026-09-26", "2026-09-28", "2026-09-28"])]
#[case("2026-07-29", ["2026-09-27", "2026-09-28", "2026-09-28"])]
#[case("2026-05-13", ["2026-07-12", "2026-07-12", "2026-07-13"])]
#[case("2026-05-14", ["2026-07-13", "2026-07-13", "2026-07-13"])]
fn mediation_ends_by_three_readings(#[case] started: &str, #[case] ends: [&str; 3]) {
    let [statutory, block, any_rest_day] = ends.map(day);
    for (art45, by_setting) in Art45::ALL.into_iter().zip(ends.map(day)) {
        let (calendar, set) = (Calendar::built_in(), RuleSet::of(Law::Order121));
        let found = set.deadline(&calendar, Duty::Mediate, day(started), &[]).unwrap();
        assert_eq!(
            (known(found.due), known(found.latest), art45.end(&calendar, known(found.due))),
            (statutory, any_rest_day, by_setting),
            "{art45:?}"
        );
        assert!(!found.provisional && block <= any_rest_day);
    }
}

#[test]
fn the_article_stands_beside_the_deadline() {
    let accept = |law| deadline(law, Duty::Accept, day("2026-04-30"), &[]).article;
    assert_eq!(accept(Law::Order121), "《市场监督管理投诉举报处理办法》第十五条");
    assert_eq!(accept(Law::Order20), "《市场监督管理投诉举报处理暂行办法》第十四条");
    let mediate = deadline(Law::Order20, Duty::Mediate, day("2026-04-15"), &[]);
    assert_eq!((known(mediate.due), known(mediate.latest)), (day("2026-06-22"), day("2026-06-22")));
}

#[test]
fn testing_time_counts_only_where_the_rules_leave_it_in() {
    let testing = [Days::parse("2026-08-10..2026-08-19").unwrap()];
    let ends = |law, duty, excluded: &[Days]| known(deadline(law, duty, day("2026-08-03"), excluded).due);
    // Ten calendar days, eight working days; the seven days to accept do not wait.
    assert_eq!(ends(Law::Order121, Duty::Mediate, &testing), day("2026-10-12"));
    assert_eq!(ends(Law::Order121, Duty::Verify, &[]), day("2026-08-24"));
    assert_eq!(ends(Law::Order121, Duty::Verify, &testing), day("2026-09-03"));
    assert_eq!(ends(Law::Order121, Duty::Accept, &testing), ends(Law::Order121, Duty::Accept, &[]));
    // Told twice, or running over each other, days are left out once.
    let twice = [testing[0], Days::parse("2026-08-12..2026-08-19").unwrap()];
    assert_eq!(ends(Law::Order121, Duty::Mediate, &twice), ends(Law::Order121, Duty::Mediate, &testing));
}

#[test]
fn a_term_is_prolonged_once() {
    assert_eq!(Duty::Verify.prolonged(), Some(Duty::VerifyProlonged));
    assert_eq!(Duty::DecideCase.prolonged(), Some(Duty::DecideCaseProlonged));
    for duty in Duty::ALL.iter().filter(|duty| !matches!(duty, Duty::Verify | Duty::DecideCase)) {
        assert_eq!(duty.prolonged(), None, "{duty:?}");
    }
    let calendar = Calendar::built_in();
    for law in Law::ALL {
        let ends = |duty| known(deadline(*law, duty, day("2026-02-13"), &[]).due);
        assert_eq!(ends(Duty::VerifyProlonged), calendar.plus_working_days(ends(Duty::Verify), 15));
    }
}

#[test]
fn a_missing_year_refuses_nothing_and_is_told() {
    let plain = deadline(Law::Order121, Duty::Accept, day("2026-12-28"), &[]);
    assert_eq!((known(plain.due), plain.provisional), (day("2027-01-06"), true));
    assert!(!deadline(Law::Order121, Duty::Accept, day("2026-12-22"), &[]).provisional);
    // The table arrives, and the same term is computed again.
    let row = YearRow {
        year: 2027,
        off: vec!["2027-01-01..2027-01-03".to_owned()],
        statutory: vec!["2027-01-01".to_owned()],
        work: Vec::new(),
    };
    let calendar = Calendar::built_in().with([row.check().unwrap()]);
    let set = RuleSet::of(Law::Order121);
    let sure = set.deadline(&calendar, Duty::Accept, day("2026-12-28"), &[]).unwrap();
    assert_eq!((known(sure.due), sure.provisional), (day("2027-01-07"), false));
}

#[test]
fn the_law_may_name_no_number_of_days() {
    let set = RuleSet::of(Law::Order121);
    let calendar = Calendar::built_in();
    assert_eq!(set.deadline(&calendar, Duty::ActAsOrdered, day("2026-08-03"), &[]), None);
    let ends: Vec<_> = set
        .terms
        .iter()
        .filter(|term| term.duty == Duty::TellReporter)
        .map(|term| set.deadline_of(term, &calendar, day("2026-08-03"), &[]).due)
        .collect();
    assert_eq!(ends, [LastDay::from(day("2026-08-12")), LastDay::OPEN, LastDay::OPEN]);
    assert!(LastDay::from(day("9999-12-31")) < LastDay::OPEN, "after every day");
}

#[test]
fn a_deadline_knows_its_class() {
    let calendar = Calendar::built_in();
    let accept = deadline(Law::Order121, Duty::Accept, day("2026-04-30"), &[]);
    for (today, left, class) in
        [("2026-05-11", 2, Class::B), ("2026-05-12", 1, Class::A), ("2026-05-14", -1, Class::A)]
    {
        let today = day(today);
        assert_eq!(accept.working_days_left(&calendar, today), Some(left));
        assert_eq!(accept.class(&calendar, today), class);
    }
}

fn any_day() -> impl Strategy<Value = Day> {
    // 2016-01-01 to 2029-01-01: known years with unknown ones on both sides.
    (16_801..21_550).prop_map(Day)
}

fn any_duty() -> impl Strategy<Value = Duty> {
    prop::sample::select(Duty::ALL)
}

proptest! {
    #[test]
    fn counting_working_days_is_a_walk(from in any_day(), n in 0u16..60, more in 1u16..60) {
        let calendar = Calendar::built_in();
        let to = calendar.plus_working_days(from, n);
        prop_assert_eq!(calendar.plus_working_days(to, more), calendar.plus_working_days(from, n + more));
        prop_assert_eq!(calendar.working_days_between(from, to), i64::from(n));
        prop_assert_eq!(calendar.working_days_between(to, from), -i64::from(n));
        prop_assert!(n == 0 || calendar.is_working_day(to));
    }

    #[test]
    fn a_later_start_is_never_due_earlier(from in any_day(), days in 0i32..40, duty in any_duty()) {
        for law in Law::ALL {
            let set = RuleSet::of(*law);
            let calendar = Calendar::built_in();
            let at = |day| set.deadline(&calendar, duty, day, &[]);
            let (Some(one), Some(other)) = (at(from), at(from.plus(days))) else { continue };
            prop_assert!(one.due <= other.due && one.latest <= other.latest);
            let (Some(one), Some(other)) = (one.due.day(), other.due.day()) else { continue };
            for art45 in Art45::ALL {
                prop_assert!(art45.end(&calendar, one) <= art45.end(&calendar, other));
            }
        }
    }

    #[test]
    fn the_readings_enclose_the_setting(from in any_day(), duty in any_duty(), reading in 0usize..3) {
        let (calendar, art45) = (Calendar::built_in(), Art45::ALL[reading]);
        for set in Law::ALL.iter().map(|law| RuleSet::of(*law)) {
            let Some(found) = set.deadline(&calendar, duty, from, &[]) else { continue };
            let (Some(due), Some(latest)) = (found.due.day(), found.latest.day()) else { continue };
            let by_setting = art45.end(&calendar, due);
            prop_assert!(from < due && due <= by_setting && by_setting <= latest);
            prop_assert!(!calendar.is_statutory(due));
            prop_assert!(calendar.is_working_day(latest));
            if set.term(duty).unwrap().count == Count::WorkingDays {
                prop_assert!(calendar.is_working_day(due) && due == latest);
            }
            let unknown = !(2018..=2026).contains(&from.plus(1).year()) || !(2018..=2026).contains(&latest.year());
            prop_assert_eq!(found.provisional, unknown);
        }
    }

    #[test]
    fn the_class_is_by_the_working_days_left(today in any_day(), ahead in -40i32..40) {
        let calendar = Calendar::built_in();
        let due = today.plus(ahead);
        let urgent = calendar.working_days_between(today, due) <= 1;
        prop_assert_eq!(calendar.class(today, due) == Class::A, urgent);
    }
}
