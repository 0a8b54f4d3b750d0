//! Terms as they run and as they are shown (期限): a year that arrives later, and the bureau's own reading of Art. 45.

use rstest::rstest;
use triage::domain::command::{Ruling, Verb};
use triage::domain::deadline::Duty;
use triage::domain::handling::Finding;
use triage::domain::ids::Track;
use triage::service::due::{DueAsked, DueTerm};

use crate::queues::{DAY, Hall, WEST, complaint, day, named, report};
use crate::support::world::{reception, unit_id, why};
use crate::support::{BUREAU, Backend};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_year_that_arrives_is_counted_anew(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // Monday 2026-12-28.
    hall.world.wait(210 * DAY);
    hall.file(complaint("A1", 1, 0)).await;
    hall.file(report("R1", 2, 0).of("服务->广告")).await;
    let (one, other) = (named("A1", Track::Complaint), named("R1", Track::Report));
    let of = async |duty| {
        let clock = hall.clock(if duty == Duty::Accept { &one } else { &other }, duty).await;
        (clock.due_on.day().unwrap(), clock.provisional)
    };
    assert_eq!(of(Duty::Accept).await, (day("2027-01-06"), true));
    assert_eq!(of(Duty::Verify).await, (day("2027-01-18"), true));
    assert_eq!(of(Duty::TellReporter).await, (day("2027-01-06"), true));
    let year = "[[year]]\nyear = 2027\noff = [\"2027-01-01..2027-01-03\"]\nstatutory = [\"2027-01-01\"]\n\
        work = [\"2027-01-09\"]\n";
    hall.load(format!("{BUREAU}\n{year}")).await;
    assert_eq!(of(Duty::Accept).await, (day("2027-01-07"), false));
    assert_eq!(of(Duty::Verify).await, (day("2027-01-18"), false), "a holiday and a Saturday worked");
    assert_eq!(of(Duty::TellReporter).await, (day("2027-01-07"), false), "a term of one law alone");
    assert_eq!(hall.pull_by(WEST, "w1", Track::Report, 1).await.len(), 0);
    hall.world.close().await;
}

/// Art. 45 leaves open what a 法定节假日 is: the bureau says so, and every term is shown by its reading beside the others.
#[rstest]
#[tokio::test]
async fn terms_are_shown_by_the_bureaus_reading(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(("statutory", "2026-08-02", "2026-10-04"), ("block", "2026-08-02", "2026-10-08"),
        ("any_rest_day", "2026-08-03", "2026-10-08"))]
    (reading, sunday, holiday): (&str, &str, &str),
) {
    let hall = Hall::open(backend).await;
    hall.load(BUREAU.replace("[settings]\n", &format!("[settings]\nart45 = \"{reading}\"\n"))).await;
    // Accepted on 2026-06-03 and on 2026-08-03: sixty days end on a plain Sunday, and inside a holiday.
    for (number, days, ends) in [("A1", 2, sunday), ("A2", 61, holiday)] {
        hall.world.wait(days * DAY);
        hall.file(complaint(number, 1, 0)).await;
        let file = named(number, Track::Complaint);
        let accept = Verb::Decide {
            ruling: Ruling::Accept,
            finding: Some((Finding::NotSuspected, why("首次投诉"))),
            on: None,
            approved_by: None,
        };
        hall.lead(&file, vec![Verb::SignFor, accept]).await;
        let clocks = hall.state(&file).await.clocks;
        let shown = clocks.into_iter().find(|term| term.clock.duty == Duty::Mediate).unwrap();
        assert_eq!((shown.clock.duty, shown.ends_on), (Duty::Mediate, Some(day(ends))), "{number}");
        assert_eq!(
            shown.last_day().contains(&format!("本局口径 {ends}")),
            shown.clock.due_on != shown.clock.latest_on
        );
        let due = hall
            .world
            .service
            .due(&reception(), &DueAsked { within: 250, unit: None, after: None, most: 100 })
            .await
            .unwrap();
        let of = |term: &&DueTerm| term.number == file.number && term.clock.clock.duty == Duty::Mediate;
        let due = due.terms.iter().find(of).unwrap();
        assert_eq!(due.clock, shown);
        let queue =
            hall.world.service.queue(&reception(), &unit_id("east"), Track::Complaint, 9).await.unwrap();
        let listed = queue.files.iter().find(|listed| listed.number == file.number).unwrap();
        let first = hall.clock(&file, Duty::TellComplainant).await.due_on.day();
        assert_eq!((listed.due_on, listed.ends_on), (first, first), "what runs out first");
    }
    hall.world.close().await;
}
