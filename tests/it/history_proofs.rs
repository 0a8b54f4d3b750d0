//! Proofs over made-up histories: a batch decides as singles would, the log replays bit for bit on either database,
//! a score reaches no report, nothing that comes later changes what was decided, two processes are as good as one.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use rstest::rstest;
use triage::app::{Config, FIRST_BUREAU};
use triage::domain::caller::{Caller, Role};
use triage::domain::command::{Command, FileRef, Outcome};
use triage::domain::ids::{CallerId, RegistrationNumber, Track};
use triage::replay::replay;
use triage::routing::LoadBasis;

use crate::support::histories::live::live;
use crate::support::histories::{Act, Facts, History, facts, histories, submission};
use crate::support::models::{artefact, use_model};
use crate::support::proofs::{prove, same, thrice, usual};
use crate::support::world::{Asked, UNITS, World, at_once, intake, pull, request_id, unit};
use crate::support::{Backend, beside, fresh, rows, scratch_context};

/// A load basis that promise 4 forbids: reports see what complaints weigh.
const UNLAWFUL: LoadBasis =
    LoadBasis { complaint: &[Track::Complaint, Track::Report], report: &[Track::Complaint, Track::Report] };

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
fn a_batch_decides_as_singles_and_the_log_replays(#[case] backend: Backend) {
    // Batches that are cut often, and batches that hold whole waves.
    let cases = (histories(), prop_oneof![Just(7), Just(64)]);
    prove(usual(backend), cases, |runtime, (history, most)| {
        runtime.block_on(thrice(backend, most, async |world, config| live(world, config, &history).await))
    });
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_left_no_event_is_decided_again_beside_others_as_alone(#[case] backend: Backend) {
    let facts = |person| Facts { person, shop: 0, text: 0, parts: 1, hours: 1, amount: 1 };
    let named = |text| RegistrationNumber::parse(text).unwrap();
    let submit = |name: &str, person| {
        (intake(), request_id(name), Command::Submit(Box::new(submission(name, facts(person), 0))))
    };
    let itself = Caller::service(CallerId::SERVICE, FIRST_BUREAU, Role::Reception, None);
    // Nothing is due so soon: no event.
    let early = Command::Escalate { file: FileRef { number: named("K0"), track: Track::Complaint } };
    let asked = |command: &Command| (itself.clone(), request_id("early"), command.clone());
    let wave: Vec<Asked> = vec![
        submit("K0", 0),
        asked(&early),
        submit("K1", 1),
        asked(&early),
        asked(&Command::Urge { number: named("K0"), note: None }),
        asked(&early),
    ];
    let found = Box::pin(thrice(backend, 64, async |world, _| {
        let answers = world.ask_at_once(wave.clone()).await;
        (vec![(0, wave)], answers.iter().map(|answer| format!("{answer:?}")).collect())
    }));
    found.await.unwrap();
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
fn a_score_reaches_no_report_and_a_forbidden_load_is_caught(#[case] backend: Backend) {
    // Each case is four lives.
    prove(usual(backend) / 2, histories(), |runtime, mut history| {
        // A complaint and a report in one place at the end, by a bureau file under which load decides and not what is open
        // there already: a load that reads the band shows there.
        history.waves.push((0, vec![Act::Load { variant: 0 }]));
        // Against an operator of its own: beside a dispute that is open no complaint is High.
        let tail = Facts { person: 0, shop: 6, text: 1, parts: 1, hours: 1, amount: 1 };
        for parts in [1, 2] {
            let number = history.facts.len();
            history.facts.push(Facts { parts, ..tail });
            history.waves.push((0, vec![Act::Submit { number, hidden: 0, other: None }]));
        }
        let (lawful, unlawful) = runtime.block_on(async {
            let (lawful, complaints) = opposed(backend, &history, LoadBasis::LAWFUL).await;
            assert!(!complaints.is_empty(), "opposite scores must show in complaints");
            (lawful, opposed(backend, &history, UNLAWFUL).await.0)
        });
        prop_assert!(lawful.is_empty(), "reports moved with the score:\n{}", lawful.join("\n"));
        prop_assert!(!unlawful.is_empty(), "a load that reads the band went unnoticed");
        Ok(())
    });
}

/// How reports, and how complaints, differ between a model and its opposite.
async fn opposed(backend: Backend, history: &History, basis: LoadBasis) -> (Vec<String>, Vec<String>) {
    let mut of_reports = Vec::new();
    let mut of_complaints = Vec::new();
    for sign in [1.0, -1.0] {
        let (config, _directory) = fresh(backend);
        let world = World::open(&config, 256, basis).await;
        use_model(&world.app, &artefact(sign)).await;
        live(&world, &config, history).await;
        of_reports.push(report_rows(&config).await);
        of_complaints.push(rows::rows(&config, COMPLAINT_BANDS).await);
        world.close().await;
    }
    let differ = |both: &[Vec<String>]| rows::differences(&both[0], &both[1]);
    (differ(&of_reports), differ(&of_complaints))
}

const COMPLAINT_BANDS: &str = "SELECT f.number, d.band, d.score FROM decision d
    JOIN file f ON f.bureau_id = d.bureau_id AND f.submission = d.submission AND f.track = d.track
    WHERE d.track = 0 ORDER BY f.number, d.sequence";

/// Everything stored of reports, by number: sequences count the complaints' events too, so they are left out (a bureau file
/// is told by its content), and so are key hashes, for each life has a key of its own.
async fn report_rows(config: &Config) -> Vec<String> {
    const FILES: &str = "SELECT number, received_at, unit, status, centiunits, CASE WHEN token IS NULL THEN 'free' ELSE 'held' END,
        leased_until, skipped_until, officer, withdrawn_at, urges, finding, ground, disposition, recovered_fen, ended_at, imported_label,
        turn, due_on, queued_at, escalates_at, warned_at, signed_at, skips, kind, accepted_upstream
        FROM file WHERE track = 1 ORDER BY number";
    const DECISIONS: &str =
        "SELECT f.number, r.content, d.schema_hash, d.vector, d.model, d.log_odds, d.score, d.band,
        d.reasons FROM decision d
        JOIN rules r ON r.bureau_id = d.bureau_id AND r.sequence = d.rules
        JOIN file f ON f.bureau_id = d.bureau_id AND f.submission = d.submission AND f.track = d.track
        WHERE d.track = 1 ORDER BY f.number, d.sequence";
    const ASSIGNMENTS: &str = "SELECT f.number, a.unit, a.basis, a.centiunits, a.matched FROM assignment a
        JOIN file f ON f.bureau_id = a.bureau_id AND f.submission = a.submission AND f.track = a.track
        WHERE a.track = 1 ORDER BY f.number, a.sequence";
    const CANDIDATES: &str =
        "SELECT f.number, c.position, c.unit, c.open_centiunits, c.centiofficers, c.assigned_centiunits, c.month_centiofficers, c.barred, c.chosen
        FROM candidate c
        JOIN file f ON f.bureau_id = c.bureau_id AND f.submission = c.submission AND f.track = c.track
        WHERE c.track = 1 ORDER BY f.number, c.position";
    const LOADS: &str = "SELECT unit, open_centiunits, served, month, assigned_centiunits FROM unit_load WHERE track = 1 ORDER BY unit";
    const CLOCKS: &str =
        "SELECT f.number, d.duty, d.started_on, d.due_on, d.latest_on, d.met_on, d.dropped FROM deadline d
        JOIN file f ON f.bureau_id = d.bureau_id AND f.submission = d.submission AND f.track = d.track
        WHERE d.track = 1 ORDER BY f.number, d.duty, d.started_by";
    let mut found = Vec::new();
    for sql in [FILES, DECISIONS, ASSIGNMENTS, CANDIDATES, LOADS, CLOCKS] {
        found.extend(rows::rows(config, sql).await);
    }
    found
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
fn nothing_later_changes_what_was_decided(#[case] backend: Backend) {
    let known = proptest::collection::vec(facts(), 4..16);
    let more = proptest::collection::vec((facts(), any::<proptest::sample::Index>()), 1..12);
    prove(usual(backend), (known, more), |runtime, (known, more)| {
        runtime.block_on(as_of(backend, &known, &more))
    });
}

async fn as_of(
    backend: Backend,
    known: &[Facts],
    more: &[(Facts, proptest::sample::Index)],
) -> TestCaseResult {
    let (config, directory) = fresh(backend);
    let submit = |name: String, facts: Facts| -> Asked {
        (intake(), request_id(&name), Command::Submit(Box::new(submission(&name, facts, 0))))
    };
    let known: Vec<Asked> = (0..).zip(known).map(|(n, facts)| submit(format!("K{n}"), *facts)).collect();

    let mut decided = Vec::new();
    // Alone; with more facts told in between, all received later than any; with more told after them.
    let mut later = known.clone();
    for (n, (facts, place)) in (0..).zip(more) {
        let received_later = Facts { hours: -1 - n, ..*facts };
        later.insert(place.index(later.len() + 1), submit(format!("L{n}"), received_later));
    }
    let mut after = known.clone();
    after.extend((0..).zip(more).map(|(n, (facts, _))| submit(format!("M{n}"), *facts)));
    for (name, asked) in [("alone.db", known), ("later.db", later), ("after.db", after)] {
        let world = World::open(&beside(&config, &directory, name), 256, LoadBasis::LAWFUL).await;
        use_model(&world.app, &artefact(0.4)).await;
        decided.push(decisions(world.ask_at_once(asked).await.into_iter().map(Result::unwrap)));
        world.close().await;
    }
    let scores = |decided: &[(String, String, String)]| -> Vec<String> {
        decided.iter().map(|(number, score, _)| format!("{number} {score}")).collect()
    };
    same("received later", &scores(&decided[0]), &scores(&decided[1]))?;
    let whole = |decided: &[(String, String, String)]| -> Vec<String> {
        decided.iter().map(|(number, score, rest)| format!("{number} {score} {rest}")).collect()
    };
    same("told after", &whole(&decided[0]), &whole(&decided[2]))
}

/// Number, scores and everything decided of the known submissions among the answers.
fn decisions(answers: impl Iterator<Item = Outcome>) -> Vec<(String, String, String)> {
    answers
        .filter_map(|answer| match answer {
            Outcome::Submitted { receipt, .. } if receipt.number.as_str().starts_with('K') => {
                let scores: Vec<_> = receipt.decisions.iter().map(|one| one.suspicion.clone()).collect();
                Some((receipt.number.to_string(), format!("{scores:?}"), format!("{:?}", receipt.decisions)))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn two_processes_are_as_good_as_one() {
    prove(usual(Backend::Postgres), proptest::collection::vec(facts(), 20..60), |runtime, facts| {
        runtime.block_on(two_processes(&facts))
    });
}

async fn two_processes(facts: &[Facts]) -> TestCaseResult {
    let (config, directory) = fresh(Backend::Postgres);
    let one = World::open(&config, 8, LoadBasis::LAWFUL).await;
    use_model(&one.app, &artefact(0.4)).await;
    let other = World::beside(&config, 8, LoadBasis::LAWFUL).await;

    // Every submission is sent to both at once; both must tell the same.
    let asked = facts.iter().zip(0..).map(|(facts, n)| {
        let name = format!("T{n}");
        (intake(), request_id(&name), Command::Submit(Box::new(submission(&name, *facts, 0))))
    });
    let asked: Vec<Asked> = asked.collect();
    let both = asked.iter().flat_map(|asked| [one.ask(asked.clone()), other.ask(asked.clone())]).collect();
    for pair in at_once(both).await.chunks(2) {
        let receipts: Vec<String> = pair.iter().map(|answer| receipt_of(answer.as_ref().unwrap())).collect();
        prop_assert_eq!(&receipts[0], &receipts[1]);
    }

    // Both pull for every unit until nothing waits; no file is leased twice.
    let mut pulls = Vec::new();
    for (n, world) in [&one, &other, &one, &other].into_iter().enumerate() {
        for at in 0..UNITS.len() {
            for track in Track::ALL {
                let id = request_id(&format!("pull-{n}-{at}-{}", track.word()));
                pulls.push(world.ask((unit(at), id, pull(at, track, 5))));
            }
        }
    }
    let mut held = Vec::new();
    for answer in at_once(pulls).await {
        if let Ok(Outcome::Pulled(leases)) = answer {
            held.extend(leases.into_iter().map(|lease| lease.file));
        }
    }
    let count = held.len();
    held.sort_unstable();
    held.dedup();
    prop_assert_eq!(held.len(), count, "a file with two holders");

    let sequences = rows::rows(&config, "SELECT sequence FROM event ORDER BY sequence").await;
    let contiguous: Vec<String> = (1..=sequences.len()).map(|n| n.to_string()).collect();
    prop_assert_eq!(sequences, contiguous);
    let replayed = scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&one.app.context, &replayed, FIRST_BUREAU).await.unwrap();
    prop_assert!(found.differences.is_empty(), "{:#?}", found.differences);
    replayed.store.close().await;
    one.close().await;
    other.close().await;
    Ok(())
}

fn receipt_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Submitted { receipt, .. } => format!("{receipt:?}"),
        other => format!("{other:?}"),
    }
}
