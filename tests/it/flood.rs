//! The flood, a few seeds of it: `cargo bench --bench flood` lives a thousand.

use crate::support::flood::{Run, run};

fn live(seed: u64) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(seed)).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"))
}

#[test]
fn nobody_is_starved_and_no_file_has_two_holders() {
    let runs: Vec<Run> = (0..4).map(live).collect();
    // What is not met with proves nothing.
    let met = |what: fn(&Run) -> usize| runs.iter().map(what).sum::<usize>();
    assert!(met(|run| usize::try_from(run.faults).unwrap()) > 100, "{runs:#?}");
    let each: [fn(&Run) -> usize; 5] =
        [|run| run.unanswered, |run| run.late, |run| run.repeated, |run| run.warnings, |run| run.rescued];
    for what in each {
        assert!(met(what) > 20, "{runs:#?}");
    }
}

#[test]
fn a_seed_is_a_run() {
    assert_eq!(live(7), live(7));
}
