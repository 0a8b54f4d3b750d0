//! Terms as they run and as they are shown (期限): what is owed beyond the end of a file, a year that arrives later, and the
//! bureau's own reading of Art. 45.

use rstest::rstest;
use triage::domain::command::{Ruling, Verb};
use triage::domain::deadline::Duty;
use triage::domain::handling::{Disposition, Finding, Status, StepKind};
use triage::domain::ids::Track;
use triage::domain::view::FileState;
use triage::service::due::DueAsked;

use crate::queues::{DAY, Hall, WEST, complaint, day, named, report, step};
use crate::support::world::{reception, unit_id, why};
use crate::support::{BUREAU, Backend, MONDAY};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_notice_is_owed_beyond_the_end(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    hall.file(complaint("A1", 1, 0)).await;
    let file = named("A1", Track::Complaint);
    let accept =
        Verb::Decide { ruling: Ruling::Accept, finding: Some((Finding::NotSuspected, why("首次投诉"))) };
    let close = Verb::Close { disposition: Disposition::MediationEnded, recovered: None, note: None };
    let token = hall.lead(&file, vec![Verb::SignFor, accept, close]).await;
    let ended = hall.state(&file).await;
    assert_eq!(ended.status, Status::Closed);
    let running = |state: &FileState| -> Vec<Duty> {
        state
            .clocks
            .iter()
            .map(|term| &term.clock)
            .filter(|clock| clock.runs())
            .map(|clock| clock.duty)
            .collect()
    };
    // The decision told the consumer that it is handled; that mediation was broken off is another thing to tell.
    assert_eq!(running(&ended), [Duty::NotifyTermination]);
    assert!(
        hall.verb(&file, token, step(StepKind::SiteVisit, MONDAY)).await.is_err(),
        "nothing else is possible"
    );
    hall.world.wait(DAY);
    let notified = hall.world.clock.now();
    hall.verb(&file, token, step(StepKind::Notified, notified)).await.unwrap();
    let after = hall.state(&file).await;
    assert_eq!((after.status, running(&after)), (Status::Closed, vec![]));
    assert_eq!(hall.clock(&file, Duty::NotifyTermination).await.met_on, Some(notified.day()));
    hall.world.close().await;
}

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
        (clock.due_on, clock.provisional)
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
        };
        hall.lead(&file, vec![Verb::SignFor, accept]).await;
        let shown = hall.state(&file).await.clocks.pop().unwrap();
        assert_eq!((shown.clock.duty, shown.ends_on), (Duty::Mediate, day(ends)), "{number}");
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
        let due = due.terms.iter().find(|term| term.number == file.number).unwrap();
        assert_eq!(due.clock, shown);
        let queue =
            hall.world.service.queue(&reception(), &unit_id("east"), Track::Complaint, 9).await.unwrap();
        let listed = queue.files.iter().find(|listed| listed.number == file.number).unwrap();
        assert_eq!((listed.due_on, listed.ends_on), (Some(shown.clock.due_on), Some(day(ends))));
    }
    hall.world.close().await;
}
