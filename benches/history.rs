//! Submit on a long history, and the plans of every statement there.
//!
//! The history is made of 10,000 items that were really submitted, received over 175 days, and copied as often as wanted:
//! same keys, other persons and texts in each copy. First it is checked that a copy is what submitting leaves, column by
//! column. What handling would add - events and audit rows - is not there, but for the columns of the ended files.
//!
//! `cargo bench --bench history [sqlite|postgres]`: TRIAGE_BENCH_ITEMS is the longest history (1,000,000), beside those
//! of 10,000 and 100,000. Fails when an item costs more than 1.5 times as much as on the shortest, or when a plan reads a
//! big table from end to end.

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
use std::time::Duration;

use common::database::Bare;
use common::items::{CYCLE, CYCLE_SECONDS};
use common::load::{Measured, Shape, load};
use common::machine::spread;
use common::plans;
use common::rows::{Item, Templates};
use common::server::{Backend, Ready, templates};
use common::{Fallible, bare, items, setting, truth};
use sqlx::SqlitePool;
use triage::clock::{Clock, Stopwatch};

/// The short histories; the first is what the others are measured by.
const SHORT: [u64; 2] = [10_000, 100_000];
/// Items of one filling transaction.
const FILL: u64 = 2_048;
/// Seconds after which files have ended.
const HANDLED: i64 = 30 * 86_400;
/// What an item may cost on a longer history, in times of the shortest.
const RATIO_MOST: f64 = 1.5;

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let wanted = arguments.first().map(String::as_str).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let directory = tempfile::tempdir()?;
        // The item of the receipt is the last of the cycle.
        let (templates, _) = templates(directory.path(), CYCLE - 1).await?;
        is_true(directory.path(), &templates).await?;
        let mut failed = Vec::new();
        for backend in Backend::ALL.into_iter().filter(|backend| backend.word().contains(wanted)) {
            measure(backend, directory.path(), &templates, &mut failed).await?;
        }
        if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
    })
}

async fn measure(
    backend: Backend,
    directory: &Path,
    templates: &Path,
    failed: &mut Vec<String>,
) -> Fallible<()> {
    let longest = setting("TRIAGE_BENCH_ITEMS", 1_000_000);
    let mut filled = Vec::new();
    for count in SHORT.into_iter().filter(|short| *short < longest).chain([longest]) {
        let ready =
            prepared(backend, &directory.join(format!("{}-{count}", backend.word())), templates).await?;
        fill(&ready, templates, count).await?;
        filled.push((ready, count));
    }
    let window = Duration::from_secs(setting("TRIAGE_BENCH_SECONDS", 3));
    let servers = filled.iter().map(|(ready, count)| ready.ours(*count)).collect::<Fallible<Vec<_>>>()?;
    for shape in [Shape::Unary, Shape::Stream] {
        let mut seen: Vec<Vec<Measured>> = servers.iter().map(|_| Vec::new()).collect();
        // The first turn warms all up and does not count.
        for turn in 0..=setting("TRIAGE_BENCH_REPEATS", 5) {
            for (server, kept) in servers.iter().zip(&mut seen) {
                let measured = load(server, shape, 64, window).await?;
                if turn > 0 {
                    kept.push(measured);
                }
            }
        }
        let name = format!("{}/{shape:?}/64", backend.word());
        for ((_, count), long) in filled.iter().zip(&seen).skip(1) {
            report(&name, [filled[0].1, *count], [&seen[0], long], failed);
        }
    }
    drop(servers);
    for (ready, count) in &filled {
        println!("\nplans of {} at {count} items", backend.word());
        failed.extend(plans::check(&bare::open(&ready.url()).await?).await?);
    }
    Ok(())
}

fn report(name: &str, [short, many]: [u64; 2], [few, long]: [&Vec<Measured>; 2], failed: &mut Vec<String>) {
    let of = |kept: &[Measured], value: fn(&Measured) -> f64| spread(kept.iter().map(value));
    let text = |(least, middle, most): (f64, f64, f64)| format!("{middle:.2} [{least:.2}-{most:.2}]");
    let wall = spread(few.iter().zip(long).map(|(few, long)| few.rate / long.rate));
    let cpu = |m: &Measured| m.server_us + m.database_us;
    let work = spread(few.iter().zip(long).map(|(few, long)| cpu(long) / cpu(few)));
    println!(
        "{name}: {:.0} items/s on {short}, {:.0} on {many}; time an item x{}, CPU an item x{} ({:.0} and {:.0} us), p50 {:.1} and {:.1} ms, p99 {:.1} and {:.1} ms, steal {:.1} %",
        of(few, |m| m.rate).1,
        of(long, |m| m.rate).1,
        text(wall),
        text(work),
        of(few, |m| m.server_us + m.database_us).1,
        of(long, |m| m.server_us + m.database_us).1,
        of(few, |m| m.waited_ms.0).1,
        of(long, |m| m.waited_ms.0).1,
        of(few, |m| m.waited_ms.1).1,
        of(long, |m| m.waited_ms.1).1,
        spread(few.iter().chain(long).map(|m| m.steal)).2,
    );
    // On a machine that others use as well, the clock alone proves little.
    if wall.1 > RATIO_MOST && work.1 > RATIO_MOST {
        failed.push(format!("{name}: an item costs {:.2} times as much on {many} as on {short}", wall.1));
    }
}

/// A database under the keys of the real items: what is sent to it finds them.
async fn prepared(backend: Backend, directory: &Path, templates: &Path) -> Fallible<Ready> {
    std::fs::create_dir_all(directory)?;
    std::fs::copy(templates.with_file_name("identity.key"), directory.join("identity.key"))?;
    Ready::new(backend, directory).await
}

async fn sqlite(path: &str) -> Fallible<SqlitePool> {
    match bare::open(path).await? {
        Bare::Sqlite(pool) => Ok(pool),
        Bare::Postgres(_) => Err("not a SQLite file".into()),
    }
}

/// The real items, filled in as they were submitted, must leave what submitting them has left.
async fn is_true(directory: &Path, submitted: &Path) -> Fallible<()> {
    let ready = prepared(Backend::Sqlite, &directory.join("copy"), submitted).await?;
    let submitted = sqlite(&submitted.display().to_string()).await?;
    let templates = Templates::read(&submitted).await?;
    let items =
        (0..templates.count()).map(|index| Item { ended: false, ..past(&templates, index) }).collect();
    let filled = bare::open(&ready.url()).await?;
    filled.hurry().await?;
    truth::copy(&templates, items, &filled).await?;
    if let Bare::Sqlite(filled) = filled {
        truth::compare(&submitted, &filled).await?;
    }
    println!("{} items filled in are what submitting them leaves, column by column", templates.count());
    Ok(())
}

/// Writes a history through the bare writer: the rows of real items, all but the latest of them ended.
async fn fill(ready: &Ready, templates: &Path, count: u64) -> Fallible<()> {
    let watch = Stopwatch::start();
    let pool = sqlite(&templates.display().to_string()).await?;
    let templates = Templates::read(&pool).await?;
    pool.close().await;
    let database = bare::open(&ready.url()).await?;
    database.hurry().await?;
    let mut first = 0;
    while first < count {
        let next = (first + FILL).min(count);
        let items: Vec<Item> = (first..next).map(|index| past(&templates, index as i64)).collect();
        database.write(&templates, &items, Clock::System.now().0).await?;
        first = next;
    }
    database.settle().await?;
    // A bureau's first day: PostgreSQL has gathered no statistics yet.
    println!("\nplans of {} at {count} items, without statistics", ready.url());
    let wrong = plans::check(&database).await?;
    database.analyse().await?;
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    println!("{count} items filled in {:.0?}", watch.elapsed());
    Ok(())
}

/// Item `index` of a history: the first cycle is the latest in time, because what is sealed opens in its own place only.
fn past(templates: &Templates, index: i64) -> Item {
    let (cycle, place) = (index / templates.count(), index % templates.count());
    let received = templates.received(place) - cycle * CYCLE_SECONDS;
    Item {
        sequence: templates.first + index,
        number: items::number(index as u64),
        request_id: format!("submit-{index:013}"),
        received,
        ended: received < items::START - HANDLED,
    }
}
