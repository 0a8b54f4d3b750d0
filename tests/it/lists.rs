//! Lists are read page by page, and a place in a list is refused where it is none.

use std::time::Duration;

use rstest::rstest;
use triage::domain::cursor::Cursor;
use triage::domain::deadline::DuePlace;
use triage::domain::refusal::Refusal;
use triage::service::Failure;
use triage::service::due::DueAsked;

use crate::queues::{Hall, complaint, report};
use crate::support::world::{intake, reception, unit_id};
use crate::support::{Backend, rows};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn terms_are_read_page_by_page_and_none_is_missed(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    for (number, person, days_ago) in [("A1", 1, 30), ("A2", 2, 3), ("A3", 3, 3), ("A4", 4, 1), ("A5", 5, 3)]
    {
        hall.file(complaint(number, person, days_ago)).await;
    }
    for (number, person) in [("R1", 6), ("R2", 7)] {
        hall.file(report(number, person, 3)).await;
    }
    let list = async |unit: Option<&str>, most: u32| {
        let mut after: Option<DuePlace> = None;
        let mut found = Vec::new();
        loop {
            let asked = DueAsked { within: 250, unit: unit.map(unit_id), after, most };
            let seen = hall.world.service.due(&reception(), &asked).await.unwrap();
            assert!(seen.terms.len() <= most as usize);
            found.extend(
                seen.terms
                    .into_iter()
                    .map(|term| (term.clock.clock.due_on, term.number, term.clock.clock.duty)),
            );
            after = seen.next;
            if after.is_none() {
                return found;
            }
        }
    };
    for unit in [None, Some("east")] {
        let whole = list(unit, 1_000).await;
        assert!(whole.len() > 7 && whole.is_sorted_by_key(|(due_on, ..)| *due_on), "{whole:?}");
        for most in [1, 2, 3, 5] {
            assert_eq!(list(unit, most).await, whole, "pages of {most}");
        }
    }
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_cursor_of_a_history_that_a_backup_replaced_is_refused(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let changes = async |after: Option<&Cursor>| {
        hall.world.service.changes(&intake(), after, 1_000, Duration::ZERO).await
    };
    hall.file(complaint("A1", 1, 3)).await;
    let early = changes(None).await.unwrap().cursor;
    for (number, person) in [("A2", 2), ("A3", 3), ("A4", 4), ("A5", 5)] {
        hall.file(complaint(number, person, 3)).await;
    }
    let late = changes(Some(&early)).await.unwrap().cursor;
    assert_eq!(changes(Some(&late)).await.unwrap().items, [], "nothing new");
    // The backup was made after A2; what came in since is another A3.
    let replaced = "UPDATE event SET recorded_at = recorded_at + 1 WHERE submission IS NOT NULL AND sequence > 1 + (SELECT sequence
        FROM submission WHERE number = 'A2')";
    rows::rows(&hall.world.config, replaced).await;
    let Err(Failure::Refused(Refusal::CursorUnknown { resume })) = changes(Some(&late)).await else {
        panic!("a cursor of another history is refused")
    };
    let resume = Cursor::parse(&resume).unwrap();
    assert!(resume.sequence < late.sequence);
    let again = changes(Some(&resume)).await.unwrap();
    let numbers: Vec<_> = again.items.iter().map(|change| change.number.to_string()).collect();
    assert!(
        numbers.ends_with(&["A3".into(), "A4".into(), "A5".into()]),
        "what was replaced is read: {numbers:?}"
    );
    assert_eq!(again.cursor.sequence, late.sequence);
    changes(Some(&early)).await.unwrap();
    hall.world.close().await;
}
