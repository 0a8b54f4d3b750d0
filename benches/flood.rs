//! The flood, a thousand times (promises 7 and 9): `cargo bench --bench flood [SEEDS] [FIRST]`. A seed that breaks a
//! promise is printed with what it broke; `cargo bench --bench flood 1 SEED` lives it again.

#![expect(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench that cannot go on fails there"
)]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[expect(dead_code, reason = "the proofs' harness, of which this is one")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use support::flood::{Run, run};
use triage::clock::Stopwatch;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (seeds, first) = (numbers.next().unwrap_or(1_000), numbers.next().unwrap_or(0));
    let watch = Stopwatch::start();
    let (next, broken, runs) = (AtomicU64::new(first), AtomicU64::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds {
                        return;
                    }
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    match runtime.block_on(run(seed)) {
                        Ok(run) => runs.lock().unwrap().push(run),
                        Err(error) => {
                            broken.fetch_add(1, Ordering::Relaxed);
                            println!("seed {seed}: {error}");
                        }
                    }
                }
            });
        }
    });
    let runs = runs.into_inner().unwrap();
    let sum = |what: fn(&Run) -> usize| runs.iter().map(what).sum::<usize>();
    println!(
        "{} of {seeds} seeds from {first} hold, {:.0} s\n\
         files given out {}, faults {}, requests without an answer {}, late or foreign tokens refused {},\n\
         answered requests asked again {}, warnings {}, sent to reception {}; passed over by at most {} others",
        runs.len(),
        watch.elapsed().as_secs_f64(),
        sum(|run| run.gives),
        sum(|run| run.faults as usize),
        sum(|run| run.unanswered),
        sum(|run| run.late),
        sum(|run| run.repeated),
        sum(|run| run.warnings),
        sum(|run| run.rescued),
        runs.iter().map(|run| run.longest).max().unwrap_or_default(),
    );
    let broken = broken.into_inner();
    if broken > 0 {
        println!("{broken} seeds are broken");
        std::process::exit(1);
    }
}
