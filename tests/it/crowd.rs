//! A crowded day: however many of today's items share a shop, a person, a line or a text, one more of them reads no
//! more rows than the features need. Rows are counted, not seconds.

use rstest::rstest;
use serde_json::json;
use triage::domain::command::Command;
use triage::domain::outcome::FileOutcome;
use triage::domain::submission::Submission;
use triage::routing::LoadBasis;

use crate::support::models::{artefact, use_model};
use crate::support::world::{Asked, UNITS, World, intake, request_id};
use crate::support::{Backend, MONDAY, fresh, rows};

/// What all items of a day have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crowd {
    /// One shop, many persons.
    Shop,
    /// One person, many shops.
    Person,
    /// One line, many names.
    Line,
    /// One text, many persons and shops.
    Text,
}

/// How they come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// Each in a batch of its own.
    OneByOne,
    /// Eight in a batch, received at all hours of the day.
    Batches,
    /// The same, as rows of an export.
    Import,
}

/// Items at which the crowd is counted the first and the second time, and how many are counted.
const ENDS: [usize; 2] = [600, 2_400];
const COUNTED: usize = 64;

/// Rows that an item may read. Its crowd's key hash: 65 entries before it, as many up to the end of the batch, what became of
/// each. Beside them what a batch reads anyhow: the head, loads of all units, what is held, clocks.
const MOST_ROWS: u64 = 4 * 65 + 60;
/// The same as PostgreSQL counts it, which looks at an entry once to find where to begin and once to read it.
const MOST_TUPLES: u64 = 3 * MOST_ROWS;

/// Item `n` of a crowd. Its other facts are its own, its text is like no other.
fn item(crowd: Crowd, door: Door, n: usize) -> Submission {
    let own = |shared: Crowd| if crowd == shared { 0 } else { n };
    let person = if crowd == Crowd::Person { 0 } else { n };
    let line = if matches!(crowd, Crowd::Person | Crowd::Line) { 0 } else { n };
    let (shop, text) = (own(Crowd::Shop), own(Crowd::Text) as u64);
    let sign = |place: u64| ((text * 60 + place).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % 20_000;
    let story: String =
        (0..60).filter_map(|place| char::from_u32(0x4e00 + u32::try_from(sign(place)).unwrap())).collect();
    // All of one day, before the clock.
    let second = match door {
        Door::OneByOne => MONDAY.seconds() - 4_000 + i64::try_from(n).unwrap(),
        Door::Batches | Door::Import => MONDAY.seconds() - 1 - i64::try_from(n * 7_919 % 30_000).unwrap(),
    };
    serde_json::from_value(json!({
        "number": format!("C{n}"),
        "received": { "at": second * 1_000_000, "date_only": false },
        "complainant": { "name": format!("某{person}"), "phone": format!("139{line:08}") },
        "respondent": { "name": format!("第{shop}号店"), "premises": "东街街道一号" },
        "complaint": { "text": story, "object_category": "商品->食品" },
    }))
    .unwrap()
}

fn asked(crowd: Crowd, door: Door, n: usize) -> Asked {
    let submission = Box::new(item(crowd, door, n));
    let command = match door {
        Door::Import => Command::Import {
            submission,
            outcome: FileOutcome {
                as_of: MONDAY,
                imported_label: None,
                handled_by: None,
                accepted_upstream: false,
                ending: None,
            },
        },
        Door::OneByOne | Door::Batches => Command::Submit(submission),
    };
    (intake(), request_id(&format!("c{n}")), command)
}

#[rstest]
#[tokio::test]
async fn an_item_reads_no_more_on_a_crowded_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Crowd::Shop, Crowd::Person, Crowd::Line, Crowd::Text)] crowd: Crowd,
    #[values(Door::OneByOne, Door::Batches)] door: Door,
) {
    reads_no_more(backend, crowd, door).await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_row_of_an_export_of_a_crowded_day_reads_no_more(#[case] backend: Backend) {
    reads_no_more(backend, Crowd::Shop, Door::Import).await;
}

async fn reads_no_more(backend: Backend, crowd: Crowd, door: Door) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 256, LoadBasis::LAWFUL).await;
    use_model(&world.app, &artefact(0.4)).await;
    world.close().await;
    let mut next = 0;
    let mut seen = Vec::new();
    for end in ENDS {
        let world = World::beside(&config, 256, LoadBasis::LAWFUL).await;
        let numbers: Vec<usize> = (next..end).collect();
        // As many at a time as find room.
        for numbers in numbers.chunks(512) {
            let answers = world.ask_at_once(numbers.iter().map(|n| asked(crowd, door, *n)).collect()).await;
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        }
        world.close().await;
        next = end + COUNTED;

        let before = rows::tuples_read(&config).await;
        let most = if door == Door::OneByOne { 1 } else { 8 };
        let world = World::beside(&config, most, LoadBasis::LAWFUL).await;
        for answers in world.ask_at_once((end..next).map(|n| asked(crowd, door, n)).collect()).await {
            answers.unwrap();
        }
        let (read, run) =
            (world.app.context.store.reads().rows(), world.app.context.store.reads().statements());
        world.close().await;
        let tuples = rows::tuples_read(&config).await - before;
        seen.push([read, run, tuples].map(|count| count.div_ceil(COUNTED as u64)));
    }
    let [[few, first, little], [many, last, much]] = seen[..] else { panic!("{seen:?}") };
    eprintln!(
        "{backend:?} {crowd:?} {door:?}: rows {few} and {many}, statements {first} and {last}, tuples {little} and {much} an item"
    );
    assert!(many <= MOST_ROWS, "{many} rows an item, {few} at first");
    assert!(much <= MOST_TUPLES, "{much} tuples an item, {little} at first");
    if door == Door::OneByOne {
        // Each looks back on as much as any other; only units that had no work before have some now.
        assert!(many <= few + UNITS.len() as u64, "{many} rows an item, {few} at first");
        assert_eq!(first, last, "statements an item");
    }
}
