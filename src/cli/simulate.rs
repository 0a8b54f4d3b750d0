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
    /// 随机种子；种子相同，写出的文件逐字节相同
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// 件数
    #[arg(long, default_value_t = 14_291, value_name = "N")]
    items: usize,
    /// 月数
    #[arg(long, default_value_t = 24, value_name = "N")]
    months: u32,
    /// 疑似职业索赔占比
    #[arg(long, default_value_t = 0.248, value_name = "SHARE")]
    share: f64,
    /// 与常用辖区的不同之处，用来检验在别处训练的模型
    #[arg(long, value_enum, default_value_t = Setting::Home, value_name = "WORLD")]
    world: Setting,
    /// 易混淆的诚实来件的倍数：群体事件、公用电话、熟悉法律的人等；疑似职业索赔占比不变
    #[arg(long, default_value_t = 1, value_name = "N")]
    lookalikes: u32,
    /// 个人信息显示为 ***** 的比例；不写为该世界通常的比例
    #[arg(long, value_name = "SHARE")]
    mask: Option<f64>,
    /// 输出目录
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// 截止日，即导出日
    #[arg(long, default_value = "2026-06-30", value_name = "DATE", value_parser = day)]
    until: Day,
}

/// Makes the world and writes it.
pub(super) fn run(arguments: Simulate) -> Result<(), Box<dyn std::error::Error>> {
    let Simulate { seed, items, months, share, world: setting, lookalikes, mask, out, until } = arguments;
    let world = simulate(&Options { seed, items, months, share, until, setting, lookalikes, mask })?;
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
