//! What proofs over made-up histories share: how many cases, and the three lives that must be one.

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestCaseResult, TestRunner};
use tokio::runtime::Runtime;
use triage::app::{Config, FIRST_BUREAU};
use triage::replay::{fold, replay};
use triage::routing::LoadBasis;

use super::histories::live::{Wave, live_in_turn};
use super::models::{artefact, use_model};
use super::world::World;
use super::{Backend, beside, fresh, rows, scratch_context};

/// Open files of hands and against operators, as they are counted with every event.
const RELATED: &str = "SELECT relation, related_to, track, unit, files FROM related_files WHERE files <> 0 ORDER BY relation, related_to, track, unit";
/// The same as they stand.
const OPEN: &str = "SELECT relation, related_to, track, unit, COUNT(*) FROM (
        SELECT CAST(0 AS SMALLINT) AS relation, cluster AS related_to, track, unit FROM file
            WHERE status IN (1, 2, 3, 5) AND cluster <> -submission
        UNION ALL
        SELECT CAST(1 AS SMALLINT), respondent, track, unit FROM file WHERE status IN (1, 2, 3, 5) AND respondent IS NOT NULL) standing
    GROUP BY relation, related_to, track, unit ORDER BY relation, related_to, track, unit";

/// How many cases make a proof; PostgreSQL takes its time to make a database.
pub(crate) fn usual(backend: Backend) -> u32 {
    if backend == Backend::Sqlite { 24 } else { 8 }
}

/// Runs `proof` on made-up cases, `PROPTEST_CASES` of them when that is set; a case that fails is shrunk in 100 steps, or
/// in as many as `PROPTEST_MAX_SHRINK_ITERS` says.
pub(crate) fn prove<T: std::fmt::Debug>(
    usual: u32,
    cases: impl Strategy<Value = T>,
    proof: impl Fn(&Runtime, T) -> TestCaseResult,
) {
    const UNSET: u32 = 256;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let asked = Some(Cases::default().cases).filter(|cases| *cases != UNSET);
    let settings = Cases {
        cases: asked.unwrap_or(usual),
        max_shrink_iters: Cases::default().max_shrink_iters.min(100),
        failure_persistence: None,
        ..Cases::default()
    };
    TestRunner::new(settings).run(&cases, |case| proof(&runtime, case)).unwrap();
}

/// Nothing differs.
pub(crate) fn same(what: &str, ours: &[String], theirs: &[String]) -> TestCaseResult {
    let found = rows::differences(ours, theirs);
    prop_assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
    Ok(())
}

/// A history lived in batches of at most `most`, one request after the other, and replayed from its log: the answers and
/// every row are the same.
pub(crate) async fn thrice(
    backend: Backend,
    most: usize,
    live: impl AsyncFnOnce(&World, &Config) -> (Vec<Wave>, Vec<String>),
) -> TestCaseResult {
    let (config, directory) = fresh(backend);
    let batched = World::open(&config, most, LoadBasis::LAWFUL).await;
    use_model(&batched.app, &artefact(0.4)).await;
    let (waves, answers) = live(&batched, &config).await;

    let alone = beside(&config, &directory, "alone.db");
    let single = World::open(&alone, 1, LoadBasis::LAWFUL).await;
    use_model(&single.app, &artefact(0.4)).await;
    let answers_alone = live_in_turn(&single, waves).await;
    let (ours, theirs) = (rows::all(&config).await, rows::all(&alone).await);
    let [counted, open] = [rows::rows(&config, RELATED).await, rows::rows(&config, OPEN).await];

    // Replayed in the largest batches into SQLite, whatever the log was written in.
    let replayed = scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&single.app.context, &replayed, FIRST_BUREAU).await.unwrap();
    let folded = fold(&batched.app.context, FIRST_BUREAU).await.unwrap();
    let database = Some(directory.path().join("replayed.db").display().to_string());
    let again = rows::all(&Config { data: config.data.clone(), database }).await;
    replayed.store.close().await;
    batched.close().await;
    single.close().await;
    same("answers", &answers, &answers_alone)?;
    same("rows", &ours, &theirs)?;
    same("open files as they are counted", &counted, &open)?;
    prop_assert!(folded.is_empty(), "what events make of a file: {folded:#?}");
    prop_assert!(found.differences.is_empty(), "{:#?}", found.differences);
    same("replayed rows", &ours, &again)
}
