//! The trail holds (promise 12): whatever is done to it in the database, or to the heads beside it, is named or is not anchored.

mod reading;
mod serving;

use std::fs;
use std::path::PathBuf;

use rstest::rstest;
use tempfile::TempDir;
use triage::app::{Config, FIRST_BUREAU};
use triage::audit::found::{Kind, Verified};
use triage::audit::head::{Head, Line};
use triage::domain::command::Command;
use triage::domain::ids::Track;
use triage::domain::text::Line as Words;
use triage::domain::view::SearchBy;
use triage::identity::Identity;
use triage::routing::LoadBasis;

use crate::fixtures::{releases, upgraded};
use crate::support::histories::{Facts, submission};
use crate::support::tamper::{bring_back, bytes, cover_up, keep, run};
use crate::support::world::{World, intake, pull, reception, request_id, unit};
use crate::support::{Backend, fresh, rows};

/// Some events, each followed by looks, and as much again after a head was written.
struct Lived {
    world: World,
    config: Config,
    _directory: TempDir,
    /// The number of the head that was written between.
    middle: i64,
    /// Of the last row.
    last: i64,
}

async fn lived(backend: Backend) -> Lived {
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    let mut at = Vec::new();
    for half in 0..2 {
        for one in 0..4 {
            let number = format!("{half}{one}");
            let whole = submission(
                &number,
                Facts { person: 0, shop: one, text: 0, parts: 1, hours: 1, amount: 10 },
                0,
            );
            let submit = Command::Submit(Box::new(whole));
            world.ask((intake(), request_id(&number), submit)).await.unwrap();
            looks(&world, 3).await;
            world.wait(1);
        }
        world.ask((unit(1), request_id(&format!("pull{half}")), pull(1, Track::Complaint, 2))).await.unwrap();
        looks(&world, 6).await;
        at.push(rows::rows(&config, "SELECT MAX(number) FROM audit").await[0].parse().unwrap());
        world.app.write_heads().await;
    }
    Lived { world, config, _directory: directory, middle: at[0], last: at[1] }
}

/// Looks, which are no events.
async fn looks(world: &World, many: usize) {
    for _ in 0..many {
        let by = SearchBy::ShopPrefix(Words::parse("没有这家店").unwrap());
        world.service.search(&reception(), by, None, 10).await.unwrap();
    }
}

impl Lived {
    fn heads(&self) -> PathBuf {
        self.config.data.join("audit-heads.jsonl")
    }

    async fn verified(&self) -> Verified {
        self.world.app.verify_trail(FIRST_BUREAU, &[], |_, _| ()).await.unwrap()
    }

    /// The kinds found, each once.
    async fn kinds(&self) -> Vec<Kind> {
        let found = self.verified().await;
        assert_eq!(found.intact, found.findings.is_empty());
        let mut kinds: Vec<Kind> = found.findings.iter().map(|one| one.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// A look (which is no event) some way behind a number.
    async fn look_after(&self, number: i64) -> i64 {
        const LOOKS: &str = "SELECT number FROM audit WHERE sequence IS NULL ORDER BY number";
        let looks = rows::rows(&self.config, LOOKS).await;
        looks.iter().map(|look| look.parse().unwrap()).find(|look: &i64| *look > number).unwrap()
    }
}

/// What is done in the database.
type Deed = (&'static str, Vec<String>, Vec<Kind>);

fn deed(name: &'static str, sql: &[&str], kinds: &[Kind]) -> Deed {
    (name, sql.iter().map(|sql| (*sql).to_owned()).collect(), kinds.to_vec())
}

/// A cell of each column of a look and of an event's row.
fn cells(look: i64, event: i64) -> Vec<Deed> {
    let set = |name: &'static str, what: &str, number: i64, kinds: &[Kind]| {
        deed(name, &[&format!("UPDATE audit SET {what} WHERE bureau_id = 1 AND number = {number}")], kinds)
    };
    let both = [Kind::Changed, Kind::EventDiffers];
    vec![
        set("time of a look", "at = at + 1", look, &[Kind::Changed]),
        set("caller of a look", "caller_id = caller_id + 1", look, &[Kind::Changed]),
        set("officer of a look", "officer = 'e1'", look, &[Kind::Changed]),
        set("action of a look", "action = 'overview'", look, &[Kind::Changed]),
        set("submission of a look", "submission = 3", look, &[Kind::Changed]),
        set("track of a look", "track = 1", look, &[Kind::Changed]),
        set("event of a look", "sequence = 1", look, &[Kind::Changed, Kind::EventRepeated]),
        set(
            "hash of a look",
            "hash = (SELECT o.hash FROM audit o WHERE o.bureau_id = 1 AND o.number = 1)",
            look,
            &[Kind::Changed],
        ),
        set("time of an event", "at = at - 1", event, &both),
        set("caller of an event", "caller_id = caller_id + 1", event, &both),
        set("officer of an event", "officer = 'e2'", event, &[Kind::Changed]),
        set("action of an event", "action = 'urge'", event, &both),
        set("submission of an event", "submission = NULL", event, &both),
        set("track of an event", "track = 1", event, &both),
        set("event of an event", "sequence = NULL", event, &[Kind::Changed, Kind::EventUnrecorded]),
        set("a hash taken away", "hash = NULL", look, &[Kind::Unlinked]),
    ]
}

/// Rows removed, put in, moved.
fn moves(look: i64, last: i64) -> Vec<Deed> {
    let (next, far) = (look + 1, last + 500);
    let copy = "INSERT INTO audit (bureau_id, number, at, caller_id, officer, action, sequence, submission, track, hash)
        SELECT bureau_id";
    let rest = "at, caller_id, officer, action, NULL, submission, track, hash FROM audit WHERE bureau_id = 1 AND number";
    let number = |from: i64, to: i64| {
        format!("UPDATE audit SET number = {to} WHERE bureau_id = 1 AND number = {from}")
    };
    let shift = |from: i64, by: i64| {
        [
            format!("UPDATE audit SET number = number + 10000 WHERE bureau_id = 1 AND number >= {from}"),
            format!(
                "UPDATE audit SET number = number - 10000 + {by} WHERE bureau_id = 1 AND number >= 10000"
            ),
        ]
    };
    let remove = |number: i64| format!("DELETE FROM audit WHERE bureau_id = 1 AND number = {number}");
    let all = |statements: &[String]| statements.to_vec();
    let [up, up_again] = shift(look + 1, -1);
    let [down, down_again] = shift(look, 1);
    let [off, off_again] = shift(look, 3);
    vec![
        ("the first row removed", all(&[remove(1)]), vec![Kind::Missing, Kind::EventUnrecorded]),
        ("a row removed", all(&[remove(look)]), vec![Kind::Missing]),
        ("the last row removed", all(&[remove(last)]), vec![Kind::CutTail]),
        ("a row removed, the others moved up", all(&[remove(look), up, up_again]), vec![Kind::Missing]),
        (
            "two rows swapped",
            all(&[number(look, far), number(last, look), number(far, last)]),
            vec![Kind::Reordered],
        ),
        (
            "two neighbours swapped",
            all(&[number(look, far), number(next, look), number(far, next)]),
            vec![Kind::Reordered],
        ),
        ("a row under another number", all(&[number(look, far)]), vec![Kind::Missing, Kind::BeyondHead]),
        ("the rest under other numbers", all(&[off, off_again]), vec![Kind::Renumbered]),
        (
            "a row put in, the others moved down",
            all(&[down, down_again, format!("{copy}, {look}, {rest} = {}", look + 1)]),
            vec![Kind::Inserted],
        ),
        (
            "a row put in behind the last",
            all(&[format!("{copy}, {}, {rest} = {look}", last + 1)]),
            vec![Kind::BeyondHead],
        ),
        (
            "a row doubled, and counted",
            all(&[
                format!("{copy}, {}, {rest} = {look}", last + 1),
                format!("UPDATE bureau SET audit_number = {} WHERE bureau_id = 1", last + 1),
            ]),
            vec![Kind::Inserted, Kind::HeadChanged],
        ),
    ]
}

/// The head row, and the chain as a whole.
fn heads(last: i64, first_hash: &str) -> Vec<Deed> {
    const HEADLESS: &str =
        "UPDATE bureau SET audit_hash = NULL, audit_linked = NULL, audit_before = NULL, audit_first = NULL
        WHERE bureau_id = 1";
    const BARE: &str = "UPDATE audit SET hash = NULL WHERE bureau_id = 1";
    let set = |what: &str| format!("UPDATE bureau SET {what} WHERE bureau_id = 1");
    vec![
        deed("the head's hash", &[&set(&format!("audit_hash = {first_hash}"))], &[Kind::HeadChanged]),
        deed(
            "the head's number moved back",
            &[&set("audit_number = audit_number - 3")],
            &[Kind::BeyondHead, Kind::HeadChanged],
        ),
        deed("the head's number moved on", &[&set("audit_number = audit_number + 3")], &[Kind::CutTail]),
        deed(
            "the link's number moved back",
            &[&set("audit_linked = audit_linked - 3")],
            &[Kind::HeadChanged],
        ),
        deed("the head removed", &[HEADLESS], &[Kind::HeadRemoved]),
        deed("the chain removed", &[BARE], &[Kind::Unlinked]),
        deed("the chain and the head removed", &[HEADLESS, BARE], &[Kind::Unlinked, Kind::HeadRemoved]),
        deed(
            "the chain called one that never was",
            &[BARE, &set(&format!("audit_before = {last}, audit_first = audit_hash"))],
            &[Kind::Unlinked, Kind::BeginningMoved],
        ),
        deed("the beginning moved", &[&set("audit_before = 5")], &[Kind::BeginningMoved]),
    ]
}

/// The log beside the trail.
fn events(config: &Config) -> Vec<Deed> {
    let of_event = |what: &str| format!("UPDATE event SET {what} WHERE bureau_id = 1 AND sequence = 4");
    let copied = "INSERT INTO event (bureau_id, sequence, recorded_at, kind, caller_id, request_id, digest, submission, track, payload, answer)
        SELECT bureau_id, sequence + 1, recorded_at, kind, caller_id, 'copied', digest, submission, track, payload, answer
        FROM event WHERE bureau_id = 1 AND sequence = (SELECT MAX(sequence) FROM event WHERE bureau_id = 1)";
    let last = "DELETE FROM event WHERE bureau_id = 1 AND sequence = (SELECT MAX(e.sequence) FROM event e WHERE e.bureau_id = 1)";
    let payload = bytes(config, b"other");
    vec![
        deed(
            "an event removed",
            &["DELETE FROM event WHERE bureau_id = 1 AND sequence = 4"],
            &[Kind::EventMissing],
        ),
        deed("the last event removed", &[last], &[Kind::EventMissing]),
        deed("an event put in", &[copied], &[Kind::EventUnrecorded]),
        deed("an event's time", &[&of_event("recorded_at = recorded_at + 1")], &[Kind::EventDiffers]),
        deed("an event's caller", &[&of_event("caller_id = 9")], &[Kind::EventDiffers]),
        deed("an event's kind", &[&of_event("kind = 5")], &[Kind::EventDiffers]),
        deed("an event's submission", &[&of_event("submission = 1")], &[Kind::EventDiffers]),
        // What is sealed is bound to its place by its own seal; the trail says nothing of it.
        deed("an event's content", &[&of_event(&format!("payload = {payload}"))], &[]),
    ]
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn whatever_is_done_to_the_trail_is_named(#[case] backend: Backend) {
    let lived = lived(backend).await;
    let config = &lived.config;
    let whole = lived.verified().await;
    assert_eq!((&whole.findings[..], whole.not_anchored), (&[][..], None));
    assert_eq!(whole.rows, u64::try_from(lived.last).unwrap());
    let (look, event) = (lived.look_after(8).await, 3);
    assert_eq!(rows::rows(config, "SELECT sequence FROM audit WHERE number = 3").await.len(), 1);
    keep(config).await;
    let first = bytes(config, &[7; 32]);
    let deeds =
        [cells(look, event), moves(look, lived.last), heads(lived.last, &first), events(config)].concat();
    assert!(deeds.len() > 40, "{}", deeds.len());
    for (name, sql, mut kinds) in deeds {
        run(config, &sql).await;
        kinds.sort_unstable();
        let found = lived.kinds().await;
        assert_eq!(found, kinds, "{name}: {:?}", lived.verified().await.findings);
        bring_back(config).await;
    }
    assert_eq!(lived.kinds().await, []);
    lived.world.close().await;
}

/// What is done, what is found of it with the newest head, and what with the one before.
type Covered<'a> = (&'a str, &'a [String], &'a [Kind], &'a [Kind]);

/// Somebody who computes the chain anew behind what he has done is found by what was signed, and by the log; and where nothing was
/// signed since, that is said.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_chain_computed_anew_is_found_or_not_anchored(#[case] backend: Backend) {
    let lived = lived(backend).await;
    let (config, middle, last) = (&lived.config, lived.middle, lived.last);
    keep(config).await;
    let all = fs::read_to_string(lived.heads()).unwrap();
    let half = all.lines().next().unwrap().to_owned() + "\n";
    let (early, late) = (lived.look_after(8).await, lived.look_after(middle).await);
    let row = |what: &str, number: i64| format!("{what} WHERE bureau_id = 1 AND number = {number}");
    let other = |number: i64| row("UPDATE audit SET caller_id = 5", number);
    let without = |number: i64| row("DELETE FROM audit", number);
    let cut = format!("DELETE FROM audit WHERE bureau_id = 1 AND number > {}", last - 2);
    let event_too = "DELETE FROM event WHERE bureau_id = 1 AND sequence = 4".to_owned();
    let its_row = "DELETE FROM audit WHERE bureau_id = 1 AND sequence = 4".to_owned();
    let anew = [Kind::NotAsAnchored];
    let cases: [Covered; 6] = [
        ("a row changed", &[other(early)], &anew, &anew),
        ("a row changed since", &[other(late)], &anew, &[]),
        ("a row removed", &[without(early)], &[Kind::NotAsAnchored, Kind::CutTail], &anew),
        ("a row removed since", &[without(late)], &[Kind::CutTail], &[]),
        ("the tail cut", &[cut], &[Kind::CutTail], &[]),
        (
            "an event removed with its row",
            &[event_too, its_row],
            &[Kind::CutTail, Kind::NotAsAnchored, Kind::EventMissing],
            &[Kind::NotAsAnchored, Kind::EventMissing],
        ),
    ];
    for (name, deeds, anchored, half_anchored) in cases {
        run(config, deeds).await;
        cover_up(config, true).await;
        for (heads, expected, from) in [(&all, anchored, None), (&half, half_anchored, Some(middle + 1))] {
            fs::write(lived.heads(), heads).unwrap();
            let mut expected = expected.to_vec();
            // What was lived since took more than an hour.
            expected.extend(from.map(|_| Kind::HeadsStopped));
            expected.sort_unstable();
            assert_eq!(lived.kinds().await, expected, "{name}: {:?}", lived.verified().await.findings);
            assert_eq!(lived.verified().await.not_anchored.map(|stretch| stretch.from), from, "{name}");
        }
        bring_back(config).await;
    }
    // The head row was forgotten.
    fs::write(lived.heads(), &half).unwrap();
    run(config, &[other(late)]).await;
    cover_up(config, false).await;
    assert_eq!(lived.kinds().await, [Kind::HeadChanged, Kind::HeadsStopped]);
    lived.world.close().await;
}

/// Another bureau's rows do not hold in this one.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn rows_of_one_bureau_do_not_hold_in_another(#[case] backend: Backend) {
    let lived = lived(backend).await;
    let copied = ["bureau", "audit", "event"].iter().flat_map(|table| {
        [
            format!("CREATE TABLE copied_{table} AS SELECT * FROM {table}"),
            format!("UPDATE copied_{table} SET bureau_id = 2"),
            format!("INSERT INTO {table} SELECT * FROM copied_{table}"),
        ]
    });
    run(&lived.config, &copied.collect::<Vec<_>>()).await;
    let other = triage::domain::ids::BureauId(2);
    let found = lived.world.app.verify_trail(other, &[], |_, _| ()).await.unwrap();
    assert_eq!(found.findings[0].kind, Kind::Changed);
    assert_eq!((found.findings[0].from, found.findings[0].to), (1, lived.last));
    assert_eq!(lived.kinds().await, []);
    lived.world.close().await;
}

#[tokio::test]
async fn whatever_is_done_to_the_heads_is_named() {
    let lived = lived(Backend::Sqlite).await;
    let all = fs::read_to_string(lived.heads()).unwrap();
    let lines: Vec<&str> = all.lines().collect();
    assert_eq!(lines.len(), 2);
    let edited = lines[1].replace(&format!("\"number\":{}", lived.last), "\"number\":5");
    // Made by a key of one's own.
    let theirs = Identity::from_key(&[9; 32]).unwrap();
    let head = Head { bureau: 1, number: lived.last, hash: [1; 32], before: 0 };
    let foreign =
        serde_json::to_string(&Line::signed(head, 1, "2026-06-01T09:00:00+08:00", &theirs)).unwrap();
    let cases: [(&str, String, &[Kind], i64); 8] = [
        ("a line edited", format!("{}\n{edited}\n", lines[0]), &[Kind::HeadsForged], lived.middle),
        ("the first line removed", format!("{}\n", lines[1]), &[Kind::HeadsGap], lived.last),
        ("lines in another order", format!("{}\n{}\n", lines[1], lines[0]), &[Kind::HeadsGap], lived.last),
        ("another installation's", format!("{foreign}\n"), &[Kind::HeadsForeign], 0),
        ("a line of another's", format!("{all}{foreign}\n"), &[Kind::HeadsForeign], lived.last),
        ("damaged", format!("{}\n{}\n", lines[0], &lines[1][..60]), &[Kind::HeadsDamaged], lived.middle),
        ("the end removed", format!("{}\n", lines[0]), &[Kind::HeadsStopped], lived.middle),
        ("empty", String::new(), &[Kind::HeadsMissing], 0),
    ];
    for (name, text, kinds, anchored) in cases {
        fs::write(lived.heads(), text).unwrap();
        assert_eq!(lived.kinds().await, kinds, "{name}");
        let not_anchored = (anchored < lived.last).then_some(anchored + 1);
        assert_eq!(lived.verified().await.not_anchored.map(|one| one.from), not_anchored, "{name}");
    }
    fs::remove_file(lived.heads()).unwrap();
    assert_eq!(lived.kinds().await, [Kind::HeadsMissing]);
    // Of a file that is named and is not there, nothing can be said.
    let named = [lived.heads()];
    assert!(lived.world.app.verify_trail(FIRST_BUREAU, &named, |_, _| ()).await.is_err());
    // Written anew, it begins again; a line that was cut off is not continued.
    fs::write(lived.heads(), &all[..40]).unwrap();
    lived.world.app.write_heads().await;
    assert_eq!(lived.kinds().await, []);
    // Heads that were cut off show once there should have been others since.
    looks(&lived.world, 1).await;
    lived.world.wait(61);
    looks(&lived.world, 1).await;
    assert_eq!(lived.kinds().await, [Kind::HeadsStopped]);
    lived.world.app.write_heads().await;
    assert_eq!(lived.kinds().await, []);
    lived.world.close().await;
}

/// Behind a head that was gone, and behind rows of a release without a chain, the chain is taken up again, and says so.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_chain_is_taken_up_again_by_the_next_batch(#[case] backend: Backend) {
    let lived = lived(backend).await;
    let (config, last) = (&lived.config, lived.last);
    let older = format!(
        "INSERT INTO audit (bureau_id, number, at, caller_id, action) SELECT 1, {}, at, 2, 'search' FROM audit WHERE number = {last}",
        last + 1
    );
    let counted = "UPDATE bureau SET audit_number = audit_number + 1 WHERE bureau_id = 1".to_owned();
    run(config, &[older, counted]).await;
    let found = lived.verified().await;
    assert_eq!((found.findings.len(), found.unlinked.len(), found.resumed.len()), (0, 1, 0));
    looks(&lived.world, 1).await;
    let found = lived.verified().await;
    assert_eq!((found.findings.len(), &found.resumed[..]), (0, &[last + 2][..]), "{:?}", found.findings);
    assert_eq!((found.unlinked[0].from, found.unlinked[0].to), (last + 1, last + 1));

    run(config, &["UPDATE bureau SET audit_hash = NULL, audit_linked = NULL WHERE bureau_id = 1".to_owned()])
        .await;
    assert_eq!(lived.kinds().await, [Kind::HeadRemoved]);
    looks(&lived.world, 1).await;
    let found = lived.verified().await;
    assert_eq!(
        (found.findings.len(), &found.resumed[..]),
        (0, &[last + 2, last + 4][..]),
        "{:?}",
        found.findings
    );
    lived.world.close().await;
}

/// What earlier releases have left is bound as a whole.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn rows_of_releases_without_a_chain_are_bound(#[case] backend: Backend) {
    const ROWS: &str = "SELECT COUNT(*) FROM audit";
    for release in releases() {
        let (app, config, _directory) = upgraded(&release, backend).await;
        app.write_heads().await;
        let before: i64 = rows::rows(&config, ROWS).await[0].parse().unwrap();
        let verified = async || app.verify_trail(FIRST_BUREAU, &[], |_, _| ()).await.unwrap();
        let found = verified().await;
        let what = release.display();
        assert_eq!((found.findings, found.before, found.not_anchored), (vec![], before, None), "{what}");
        let seen = app.access(FIRST_BUREAU, async |service, caller| service.overview(caller).await);
        seen.await.unwrap();
        let found = verified().await;
        assert_eq!(
            (found.findings, found.before, found.rows),
            (vec![], before, u64::try_from(before).unwrap() + 1),
            "{what}"
        );
        let other = format!(
            "UPDATE audit SET caller_id = caller_id + 1 WHERE bureau_id = 1 AND number = {}",
            before / 2
        );
        run(&config, &[other]).await;
        let kinds: Vec<Kind> = verified().await.findings.iter().map(|one| one.kind).collect();
        assert!(kinds.contains(&Kind::BeforeChanged), "{what}: {kinds:?}");
        app.context.store.close().await;
    }
}
