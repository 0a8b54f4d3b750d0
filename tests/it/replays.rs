//! Replay: what a batch reads ahead changes with every event of the batch, so the log decides the same however it is cut;
//! and what differs is told so that a person can read it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rstest::rstest;
use tempfile::TempDir;
use triage::app::FIRST_BUREAU;
use triage::domain::command::{Command, FileRef};
use triage::domain::handling::{Disposition, ReviewKind};
use triage::domain::ids::{RegistrationNumber, Track};
use triage::domain::outcome::{Ended, Ending, FileOutcome};
use triage::domain::text::Line;
use triage::domain::time::Moment;
use triage::identity::Identity;
use triage::ledger::Context;
use triage::lifecycle::Lifecycle;
use triage::replay::{Replayed, replay};
use triage::routing::LoadBasis;
use triage::service::{Bounds, Failure, Service};
use triage::store::{Fault, Faults, Place};

use crate::support::histories::live::live;
use crate::support::histories::{Facts, bureau, months, submission};
use crate::support::models::{artefact, use_model};
use crate::support::proofs::{prove, thrice};
use crate::support::world::{Asked, LATEST, World, intake, reception, request_id};
use crate::support::{Backend, MONDAY, fresh, rows, scratch_context};

/// What a row of the family says of the file that ends, or of the new one behind it.
#[derive(Debug, Clone, Copy)]
enum Book {
    /// Open files against one operator.
    Respondent,
    /// The same of reports.
    Reported,
    /// Open files of one hand.
    Cluster,
    /// The same dispute, open at the receive time of the new one, or not.
    OpenDispute,
    /// Complaints taken back.
    Withdrawn,
}

impl Book {
    /// Files that are open, of which the first ends; what comes in behind.
    fn facts(self) -> (Vec<Facts>, Facts) {
        let western = Facts { person: 0, shop: 2, text: 0, parts: 1, hours: 300, amount: 1 };
        let second = Facts { hours: 299, ..western };
        match self {
            Book::Respondent => (vec![western], Facts { person: 2, text: 1, hours: 1, ..western }),
            Book::Reported => {
                let reported = Facts { parts: 2, ..western };
                (vec![reported], Facts { person: 2, hours: 1, ..reported })
            }
            Book::Cluster => (vec![western, second], Facts { text: 1, hours: 1, ..western }),
            Book::OpenDispute => (vec![western], Facts { hours: 1, ..western }),
            Book::Withdrawn => (vec![western], Facts { shop: 0, text: 2, hours: 1, ..western }),
        }
    }
}

fn row(number: &str, facts: Facts, ending: Option<Ending>) -> Asked {
    let answers_given = if ending.is_some() { "ended" } else { "open" };
    let outcome = FileOutcome {
        ending,
        accepted_upstream: false,
        imported_label: None,
        handled_by: None,
        as_of: MONDAY,
    };
    let submission = Box::new(submission(number, facts, 0));
    (intake(), request_id(&format!("{number}-{answers_given}")), Command::Import { submission, outcome })
}

/// The monthly path: in one export a new row, the end of a file that was open, and a new row of the same people.
#[rstest]
#[tokio::test]
async fn what_is_read_ahead_changes_with_every_row_of_an_export(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Book::Respondent, Book::Reported, Book::Cluster, Book::OpenDispute, Book::Withdrawn)] book: Book,
) {
    let (open, behind) = book.facts();
    let ending = Ending {
        ended: Ended::Closed((behind.parts == 1).then_some(Disposition::Withdrawn)),
        at: Some(Moment { at: MONDAY.plus_seconds(-2 * 86_400), date_only: false }),
        recovered: None,
        fined: None,
        confiscated: None,
        handled_by: None,
    };
    let elsewhere = Facts { person: 3, shop: 1, text: 2, parts: 1, hours: 2, amount: 0 };
    let load = (reception(), request_id("bundles"), Command::LoadBureau { content: bureau(1).into() });
    let known = (0..).zip(&open).map(|(at, facts)| row(&format!("A{at}"), *facts, None));
    let first = std::iter::once(load).chain(known).collect();
    let export = vec![row("B", elsewhere, None), row("A0", open[0], Some(ending)), row("C", behind, None)];
    let waves = vec![(0, first), (1, export)];
    let lived = thrice(backend, 256, async |world, _| {
        let mut answers = Vec::new();
        for (minutes, asked) in &waves {
            world.wait(*minutes);
            let answers_given = world.ask_at_once(asked.clone()).await;
            answers.extend(answers_given.iter().map(|answer| format!("{answer:?}")));
        }
        (waves, answers)
    });
    Box::pin(lived).await.unwrap();
}

/// Two reviews of files that are farther apart than one statement of the smaller database reads, opened in the other order.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_order_in_which_a_database_tells_rows_is_no_difference(#[case] backend: Backend) {
    const ROWS: usize = 140;
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 256, LoadBasis::LAWFUL).await;
    let ending = Ending {
        ended: Ended::Closed(None),
        at: None,
        recovered: None,
        fined: None,
        confiscated: None,
        handled_by: None,
    };
    let facts = Facts { person: 4, shop: 1, text: 0, parts: 1, hours: 9, amount: 0 };
    let ended = (0..ROWS).map(|at| row(&format!("A{at}"), facts, Some(ending.clone()))).collect();
    let reviewed = [ROWS - 1, 0].map(|at| {
        let number = RegistrationNumber::parse(&format!("A{at}")).unwrap();
        let file = FileRef { number, track: Track::Complaint };
        let (kind, authority) = (ReviewKind::Suit, Line::parse("测试区人民法院").unwrap());
        let command = Command::OpenReview { file, kind, authority, received: MONDAY.day(), against: LATEST };
        (reception(), request_id(&format!("review-{at}")), command)
    });
    for answer in world.ask_at_once(ended).await.into_iter().chain(world.ask_in_turn(reviewed.into()).await) {
        answer.unwrap();
    }
    let found = replayed(&world, &directory).await;
    assert_eq!((found.files, found.differences), (ROWS, vec![]));
    world.close().await;
}

async fn replayed(world: &World, directory: &TempDir) -> Replayed {
    let other = scratch_context(&world.config, directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&world.app.context, &other, FIRST_BUREAU).await.unwrap();
    other.store.close().await;
    found
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_differs_is_told_by_file_row_and_field(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 256, LoadBasis::LAWFUL).await;
    let facts = Facts { person: 0, shop: 2, text: 0, parts: 1, hours: 9, amount: 0 };
    for answer in world.ask_in_turn(vec![row("A", facts, None), row("B", facts, None)]).await {
        answer.unwrap();
    }
    assert_eq!(replayed(&world, &directory).await.differences, []);
    std::fs::remove_file(directory.path().join("replayed.db")).unwrap();

    let tampered: [&'static str; 4] = [
        "UPDATE file SET unit = 'drugs' WHERE number = 'A' RETURNING number",
        "UPDATE decision SET score = 0.5 WHERE submission = (SELECT sequence FROM submission WHERE number = 'A')
            RETURNING sequence",
        "UPDATE candidate SET open_centiunits = 7 WHERE position = 1
            AND submission = (SELECT sequence FROM submission WHERE number = 'B') RETURNING position",
        "DELETE FROM deadline WHERE submission = (SELECT sequence FROM submission WHERE number = 'B') AND duty = 1
            RETURNING duty",
    ];
    for sql in tampered {
        assert_eq!(rows::rows(&config, sql).await.len(), 1, "{sql}");
    }
    let found = replayed(&world, &directory).await;
    let lines: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
    let expected = [
        "A 投诉 件（事件 3） unit：存 drugs，重放 east",
        "A 投诉 评分分送（事件 3） suspicion.score：存 0.5，重放 0.",
        "B 投诉 评分分送（事件 4） routing.candidates.1.open_centiunits：存 7，重放 0",
        "B 投诉 期限（事件 4） 作出受理或者不予受理决定：没有存，重放有",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, start) in lines.iter().zip(expected) {
        assert!(line.starts_with(start), "{line}");
    }
    world.close().await;
}

/// Of a batch that came to nothing, nothing is remembered: what gets its places in the history is something else.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_batch_that_came_to_nothing_decides_nothing(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let mut world = World::open(&config, 256, LoadBasis::LAWFUL).await;
    use_model(&world.app, &artefact(0.4)).await;
    let armed = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&armed);
    let faults = Faults::new(move |place| {
        (place == Place::Commit && fails.load(Ordering::Relaxed)).then_some(Fault::Before)
    });
    let identity = Identity::open(&config.data.join("identity.key")).unwrap();
    let context = Context::new(world.app.context.store.clone().failing(faults), identity, LoadBasis::LAWFUL);
    world.service =
        Service::new(Arc::new(context), world.clock.clone(), Bounds::default(), Lifecycle::default());

    // A bureau file with a relay and one text come to nothing; one without and another text get their places. Between the
    // rows something else is asked, so that what follows is read anew.
    let batch = |name: &str, variant, text| {
        let answers_given = |number: &str, person, shop, hours| {
            let facts = Facts { person, shop, text, parts: 1, hours, amount: 1 };
            row(&format!("{name}{number}"), facts, None)
        };
        let urge = Command::Urge { number: RegistrationNumber::parse("none").unwrap(), note: None };
        vec![
            (
                reception(),
                request_id(&format!("{name}-load")),
                Command::LoadBureau { content: bureau(variant).into() },
            ),
            answers_given("1", 0, 0, 9),
            (intake(), request_id(&format!("{name}-urge")), urge),
            answers_given("2", 3, 2, 8),
            answers_given("3", 1, 1, 7),
        ]
    };
    for answer in world.ask_at_once(batch("lost", 2, 1)).await {
        assert!(matches!(answer, Err(Failure::Busy { .. })), "{answer:?}");
    }
    armed.store(false, Ordering::Relaxed);
    let kept = world.ask_at_once(batch("kept", 1, 2)).await;
    assert_eq!(kept.iter().filter(|answer| answer.is_ok()).count(), 4, "{kept:?}");
    assert_eq!(replayed(&world, &directory).await.differences, []);
    world.close().await;
}

/// How many months make the proof; `PROPTEST_CASES` asks for more.
const MONTHS: u32 = 1;

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
fn a_month_of_everything_replays(#[case] backend: Backend) {
    prove(MONTHS, months(), |runtime, month| {
        runtime.block_on(thrice(backend, 64, async |world, config| live(world, config, &month).await))
    });
}
