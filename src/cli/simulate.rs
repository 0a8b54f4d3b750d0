//! A made-up district at the terminal.

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{day, say};
use crate::domain::time::Day;
use crate::simulate::{Options, Setting, simulate};

/// What `triage simulate` takes.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// Seed; the same one gives the same files, byte for byte (随机种子)
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Items to make (件数)
    #[arg(long, default_value_t = 14_291, value_name = "N")]
    items: usize,
    /// Months they fall into (月数)
    #[arg(long, default_value_t = 24, value_name = "N")]
    months: u32,
    /// Share of items by professional claimants (疑似职业索赔占比)
    #[arg(long, default_value_t = 0.248, value_name = "SHARE")]
    share: f64,
    /// In what the district differs from the usual one (世界): to judge a model where it was not made
    #[arg(long, value_enum, default_value_t = Setting::Home, value_name = "WORLD")]
    world: Setting,
    /// How many times the usual honest look-alikes for each ordinary consumer (易混淆者倍数): mass incidents, shared
    /// phones, people who know the law .. ; the share of claimants stays
    #[arg(long, default_value_t = 1, value_name = "N")]
    lookalikes: u32,
    /// Directory to write into (输出目录)
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Last day, that of the export (截止日)
    #[arg(long, default_value = "2026-06-30", value_name = "DATE", value_parser = day)]
    until: Day,
}

/// Makes the world and writes it.
pub(super) fn run(arguments: Simulate) -> Result<(), Box<dyn std::error::Error>> {
    let Simulate { seed, items, months, share, world: setting, lookalikes, out, until } = arguments;
    let world = simulate(&Options { seed, items, months, share, until, setting, lookalikes })?;
    // Hidden by itself when standard error is not a terminal.
    let bar = ProgressBar::new(items as u64);
    bar.set_style(ProgressStyle::with_template("写入 {bar:40} {pos}/{len} 件")?);
    world.write(&out, |rows| bar.set_position(rows as u64))?;
    bar.finish_and_clear();
    let suspected = world.truths().iter().filter(|truth| truth.suspected).count();
    say(&format!(
        "已写入 {}：{} 件，其中职业索赔 {suspected} 件（history.xlsx、history.csv、truth.csv、bureau.toml）",
        out.display(),
        world.truths().len(),
    ))?;
    Ok(())
}
