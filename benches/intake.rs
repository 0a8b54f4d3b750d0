//! Submit beside its limits: an echo of the same messages, and a bare server that commits the same rows and bytes in
//! the same batches without logic.
//!
//! `cargo bench --bench intake [FILTER]`: FILTER is part of `sqlite/unary/64` and the like. TRIAGE_BENCH_SECONDS is the
//! length of a window, TRIAGE_BENCH_REPEATS how often each of the three has one; they take turns.

#![expect(
    clippy::pedantic,
    clippy::expect_used,
    clippy::result_large_err,
    reason = "a bench is measured, not shipped: casts of counts and long texts are fine"
)]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[expect(dead_code, reason = "each bench uses its part of what they share")]
mod common;

use std::path::PathBuf;
use std::time::Duration;

use common::database::Bare;
use common::load::{Measured, Shape, load};
use common::machine::spread;
use common::rows::Templates;
use common::server::{Backend, Ready, Server, templates};
use common::{Fallible, bare, setting};

/// Real items whose rows the bare server writes.
const TEMPLATES: u64 = 4_096;

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let say = |address| println!("serving on {address}");
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["echo", receipt] => runtime.block_on(bare::serve(PathBuf::from(receipt), None, say)),
        ["bare", receipt, url, templates] => {
            let store = Some(((*url).to_owned(), PathBuf::from(templates)));
            runtime.block_on(bare::serve(PathBuf::from(receipt), store, say))
        }
        filters => runtime.block_on(measure(filters.first().copied().unwrap_or_default())),
    }
}

async fn measure(filter: &str) -> Fallible<()> {
    let directory = tempfile::tempdir()?;
    let (templates, receipt) = templates(directory.path(), TEMPLATES).await?;
    let receipt = receipt.display().to_string();
    let templates = templates.display().to_string();
    if let Bare::Sqlite(pool) = bare::open(&templates).await? {
        let (rows, bytes) = Templates::read(&pool).await?.size();
        pool.close().await;
        println!("an item leaves {rows:.1} rows, {bytes:.0} bytes of values\n");
    }
    println!(
        "{:<22} {:>21} {:>21} {:>8} {:>17} {:>26} {:>13} {:>13} {:>6}",
        "median [min-max]",
        "ours/s",
        "bare/s",
        "echo/s",
        "ours/bare",
        "server CPU us o/b/e",
        "db us o/b",
        "batch o/b",
        "steal"
    );
    for backend in Backend::ALL {
        let name = backend.word();
        let wanted: Vec<(Shape, usize)> =
            [(Shape::Unary, 64), (Shape::Unary, 256), (Shape::Stream, 64), (Shape::Stream, 256)]
                .into_iter()
                .filter(|(shape, in_flight)| {
                    format!("{name}/{shape:?}/{in_flight}").to_lowercase().contains(filter)
                })
                .collect();
        if wanted.is_empty() {
            continue;
        }
        let ready = Ready::new(backend, &directory.path().join(name)).await?;
        let beside = Ready::new(backend, &directory.path().join(format!("{name}-bare"))).await?;
        let ours = ready.ours(0)?;
        let bare = beside.role("bare", &[&receipt, &beside.url(), &templates])?;
        let echo = beside.role("echo", &[&receipt])?;
        for (shape, in_flight) in wanted {
            turns(
                &format!("{name}/{shape:?}/{in_flight}").to_lowercase(),
                shape,
                in_flight,
                [(&ours, &ready), (&bare, &beside), (&echo, &beside)],
            )
            .await?;
        }
    }
    Ok(())
}

/// One shape: the three servers take turns.
async fn turns(name: &str, shape: Shape, in_flight: usize, servers: [(&Server, &Ready); 3]) -> Fallible<()> {
    let window = Duration::from_secs(setting("TRIAGE_BENCH_SECONDS", 3));
    let mut measured: [Vec<(Measured, f64)>; 3] = Default::default();
    for _ in 0..setting("TRIAGE_BENCH_REPEATS", 5) {
        for ((server, ready), kept) in servers.iter().zip(&mut measured) {
            let before = batches(ready).await?;
            let seen = load(server, shape, in_flight, window).await?;
            let after = batches(ready).await?;
            kept.push((seen, (after.0 - before.0) as f64 / (after.1 - before.1).max(1) as f64));
        }
    }
    let [ours, bare, echo] = &measured;
    let of =
        |kept: &[(Measured, f64)], value: fn(&Measured) -> f64| spread(kept.iter().map(|(m, _)| value(m)));
    let text = |(least, middle, most): (f64, f64, f64)| format!("{middle:.0} [{least:.0}-{most:.0}]");
    let ratio = spread(ours.iter().zip(bare).map(|((ours, _), (bare, _))| ours.rate / bare.rate));
    let cpu = [ours, bare, echo].map(|kept| of(kept, |m| m.server_us).1);
    let database = [ours, bare].map(|kept| of(kept, |m| m.database_us).1);
    let batch = [ours, bare].map(|kept| spread(kept.iter().map(|(_, batch)| *batch)).1);
    let steal = spread(measured.iter().flatten().map(|(m, _)| m.steal));
    let waited = of(ours, |m| m.waited_ms.0).1;
    let late = of(ours, |m| m.waited_ms.1).1;
    println!(
        "{name:<22} {:>21} {:>21} {:>8.0} {:>17} {:>26} {:>13} {:>13} {:>5.1}% p50 {waited:.1} p99 {late:.1} ms",
        text(of(ours, |m| m.rate)),
        text(of(bare, |m| m.rate)),
        of(echo, |m| m.rate).1,
        format!("{:.2} [{:.2}-{:.2}]", ratio.1, ratio.0, ratio.2),
        format!("{:.0} / {:.0} / {:.0}", cpu[0], cpu[1], cpu[2]),
        format!("{:.0} / {:.0}", database[0], database[1]),
        format!("{:.0} / {:.0}", batch[0], batch[1]),
        steal.2,
    );
    Ok(())
}

/// Submissions in a database, and the commits they came in.
async fn batches(ready: &Ready) -> Fallible<(i64, i64)> {
    let sql = "SELECT COUNT(*), COUNT(DISTINCT recorded_at) FROM event WHERE bureau_id = 1";
    Ok(match bare::open(&ready.url()).await? {
        Bare::Sqlite(pool) => sqlx::query_as(sql).fetch_one(&pool).await?,
        Bare::Postgres(pool) => sqlx::query_as(sql).fetch_one(&pool).await?,
    })
}
