//! An export into the service, stage by stage: where the time and the CPU go.
//!
//! `cargo bench --bench import [sqlite|postgres]`: TRIAGE_BENCH_ITEMS rows (10,000), simulated. CPU is told apart by
//! thread: what reads, parses, decides and seals runs in ours, SQL in the database's.

#![expect(
    clippy::pedantic,
    clippy::expect_used,
    clippy::result_large_err,
    reason = "a bench is measured, not shipped: casts of counts and long texts are fine"
)]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[expect(dead_code, reason = "each bench uses its part of what they share")]
mod common;

use std::path::Path;

use common::machine::{Used, seconds_of_threads};
use common::server::{Backend, Ready};
use common::{Fallible, setting};
use triage::app::{App, FIRST_BUREAU};
use triage::clock::{Clock, Stopwatch};
use triage::domain::command::Command;
use triage::exchange::{Parsed, Sheet, Times};
use triage::lifecycle::Lifecycle;
use triage::simulate::{Options, simulate};

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let wanted = arguments.first().map(String::as_str).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let directory = tempfile::tempdir()?;
    let rows = setting("TRIAGE_BENCH_ITEMS", 10_000) as usize;
    let world = simulate(&Options { seed: 7, items: rows, ..Options::default() })?;
    world.write(directory.path(), |_| ())?;
    println!("{rows} rows, wall and CPU in ms");
    println!("{:<34} {:>9} {:>9} {:>9} {:>10}", "stage", "wall", "our CPU", "SQL CPU", "µs CPU/row");
    runtime.block_on(async {
        for backend in Backend::ALL.into_iter().filter(|backend| backend.word().contains(wanted)) {
            measure(backend, directory.path(), world.bureau_file(), rows).await?;
        }
        Ok(())
    })
}

/// What one stage used.
struct Stage {
    watch: Stopwatch,
    used: Used,
    sql: f64,
    postmaster: Option<u32>,
}

/// SQLite's work is done in threads of this name.
const SQLITE: &str = "sqlx-sqlite";

impl Stage {
    fn start(postmaster: Option<u32>) -> Self {
        let used = Used::now(std::process::id(), postmaster);
        Self { watch: Stopwatch::start(), used, sql: seconds_of_threads(SQLITE), postmaster }
    }

    fn end(self, name: &str, rows: usize) {
        let wall = self.watch.elapsed().as_secs_f64() * 1e3;
        let used = Used::now(std::process::id(), self.postmaster).since(self.used);
        let sqlite = (seconds_of_threads(SQLITE) - self.sql).max(0.0);
        let (ours, sql) = ((used.server - sqlite) * 1e3, (used.database + sqlite) * 1e3);
        let each = (ours + sql) * 1e3 / rows as f64;
        println!("{name:<34} {wall:>9.0} {ours:>9.0} {sql:>9.0} {each:>10.1}  steal {:.1} %", used.steal());
    }
}

async fn measure(backend: Backend, directory: &Path, bureau_file: &str, rows: usize) -> Fallible<()> {
    println!("{}", backend.word());
    let ready = Ready::new(backend, &directory.join(backend.word())).await?;
    let app = App::open(ready.config.clone(), Clock::System).await?;
    app.act(FIRST_BUREAU, Command::LoadBureau { content: bureau_file.to_owned().into() }).await?;

    let stage = Stage::start(ready.postmaster);
    let sheet = Sheet::read(&directory.join("history.xlsx"))?;
    stage.end("read the workbook", rows);

    let stage = Stage::start(ready.postmaster);
    let now = app.clock.now();
    let items = sheet
        .rows()
        .iter()
        .filter(|row| matches!(sheet.parse(row, Times { now, as_of: now }), Parsed::Item(_)))
        .count();
    stage.end("parse rows", rows);

    let stage = Stage::start(ready.postmaster);
    let imported = app.import(FIRST_BUREAU, sheet.clone(), None, &Lifecycle::default(), |_| ()).await?;
    stage.end("import: all after reading", rows);

    let stage = Stage::start(ready.postmaster);
    let again = app.import(FIRST_BUREAU, sheet, None, &Lifecycle::default(), |_| ()).await?;
    stage.end("the same file again", rows);
    println!(
        "{items} items: {} open, {} ended, {} known the second time",
        imported.open, imported.ended, again.known
    );
    app.context.store.close().await;
    Ok(())
}
