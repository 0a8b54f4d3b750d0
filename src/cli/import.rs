//! `triage import`: an export of the platform, with a progress bar, a summary, and lists of what was not taken.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, say};
use crate::app::App;
use crate::domain::ids::BureauId;
use crate::domain::time::{Day, Timestamp};
use crate::exchange::{Sheet, costs, write_faults, write_passed};
use crate::import::Imported;
use crate::lifecycle::Lifecycle;

pub(super) const HELP: &str = "\
按登记时间和编号的先后导入。未办结的行评分、分送、进入队列；已办结的行作为历史和标注。同一文件再次导入不产生变化，下月的文件补充新的
内容。可以用 Ctrl-C 中断，不会丢失，再执行一次即可。服务运行时也可以导入。

不能导入的行按行和列写入清单（不含个人信息）；咨询等不适用投诉举报处理程序的（第四十四条）另列一张。有行未导入时以 2 退出，中断时以
130 退出。

示例：
  triage import 投诉举报导出-截至20260630.xlsx";

/// Not every row of the file could be taken.
const SOME_REFUSED: u8 = 2;
/// As a shell has it for a command that was interrupted.
const INTERRUPTED: u8 = 130;
/// Without a terminal, progress is a log line every so many rows.
const LOGGED_EVERY: usize = 500;

/// What was asked for.
pub(super) struct Asked {
    pub(super) files: Vec<PathBuf>,
    pub(super) report: Option<PathBuf>,
    pub(super) as_of: Option<Day>,
    pub(super) json: bool,
}

/// What became of one file.
#[derive(serde::Serialize)]
struct Done {
    file: PathBuf,
    ignored_columns: Vec<String>,
    /// What the file's missing columns and masked cells cost the score.
    costs: Vec<String>,
    imported: Imported,
    lists: Vec<PathBuf>,
}

/// Imports files one after the other. What was taken is told, even when a later file cannot be read.
pub(super) async fn import(app: &App, bureau: BureauId, asked: Asked, life: &Lifecycle) -> Outcome {
    let Asked { files, report, as_of, json } = asked;
    let report = report.unwrap_or_else(|| app.data().join("imports"));
    // What is listed is not personal, but it is nobody else's either.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&report)?;
    // The last moment of the day: an export of a day knows all of it.
    let as_of = as_of.map(|day| Day(day.0 + 1).start().plus_seconds(-1));
    let mut done: Vec<Done> = Vec::with_capacity(files.len());
    let mut failed = None;
    for file in files {
        match one(app, bureau, &file, as_of, life).await {
            Ok((sheet, imported)) => {
                let name = list_name(&file, &done);
                let lists = write_lists(&report, &name, &imported)?;
                let ignored_columns = sheet.ignored().to_vec();
                let costs = costs(&sheet);
                done.push(Done { file, ignored_columns, costs, imported, lists });
            }
            Err(error) => {
                failed = Some(format!("{}：{error}", file.display()));
                break;
            }
        }
        if let Some(last) = done.last().filter(|_| !json) {
            summary(last)?;
        }
        if done.last().is_some_and(|last| last.imported.stopped) {
            break;
        }
    }
    if json {
        say(&serde_json::to_string_pretty(&done)?)?;
    }
    if let Some(error) = failed {
        return Err(error.into());
    }
    let any = |found: fn(&Imported) -> bool| done.iter().any(|done| found(&done.imported));
    Ok(if any(|imported| imported.stopped) {
        ExitCode::from(INTERRUPTED)
    } else if any(|imported| imported.refused > 0) {
        ExitCode::from(SOME_REFUSED)
    } else {
        ExitCode::SUCCESS
    })
}

async fn one(
    app: &App,
    bureau: BureauId,
    file: &Path,
    as_of: Option<Timestamp>,
    life: &Lifecycle,
) -> Result<(Sheet, Imported), Box<dyn std::error::Error>> {
    let path = file.to_owned();
    let sheet = tokio::task::spawn_blocking(move || Sheet::read(&path)).await??;
    let (rows, mut bar) = (sheet.rows().len(), bar());
    let imported = app.import(bureau, &sheet, as_of, life, |done| bar(done, rows)).await?;
    Ok((sheet, imported))
}

/// What the lists of a file begin with: its name, and a number when another file of this run has the same.
fn list_name(file: &Path, done: &[Done]) -> String {
    let name = file.file_name().unwrap_or_default();
    let before = done.iter().filter(|done| done.file.file_name() == Some(name)).count();
    let name = name.to_string_lossy();
    if before == 0 { name.into_owned() } else { format!("{name}-{}", before + 1) }
}

/// A bar on a terminal, log lines otherwise: told how many rows are done, of how many.
pub(super) fn bar() -> impl FnMut(usize, usize) {
    let bar = io::stderr().is_terminal().then(|| {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("导入 [{bar:40}] {pos}/{len} 行，约剩 {eta}");
        style.map_or(bar.clone(), |style| bar.with_style(style.progress_chars("=> ")))
    });
    let mut next = 0;
    move |done, rows| match &bar {
        Some(bar) if done == rows => bar.finish_and_clear(),
        Some(bar) => {
            bar.set_length(rows as u64);
            bar.set_position(done as u64);
        }
        None if done == rows || done >= next => {
            next = done + LOGGED_EVERY;
            tracing::info!(rows.done = done, rows.all = rows, "importing");
        }
        None => {}
    }
}

/// Writes the lists that have something in them; those of an earlier run go.
fn write_lists(
    report: &Path,
    name: &str,
    imported: &Imported,
) -> Result<Vec<PathBuf>, Box<dyn std::error::Error>> {
    let path = |what: &str| report.join(format!("{name}-{what}.xlsx"));
    let (faults, passed) = (path("未导入"), path("不适用投诉举报处理程序"));
    let mut written = Vec::new();
    if kept(&faults, imported.faults.is_empty())? {
        make_private(&faults)?;
        write_faults(&faults, &imported.faults)?;
        written.push(faults);
    }
    if kept(&passed, imported.passed.is_empty())? {
        make_private(&passed)?;
        write_passed(&passed, &imported.passed)?;
        written.push(passed);
    }
    Ok(written)
}

/// Whether there is a list to write; an earlier run's goes when there is none.
fn kept(path: &Path, empty: bool) -> io::Result<bool> {
    if empty && path.exists() {
        fs::remove_file(path)?;
    }
    Ok(!empty)
}

/// An empty file for its owner alone, which is then written over. One of an earlier version is closed to others.
fn make_private(path: &Path) -> io::Result<()> {
    let file = fs::File::options().create(true).append(true).mode(0o600).open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

fn summary(done: &Done) -> io::Result<()> {
    let Done { file, ignored_columns, costs, imported, lists } = done;
    say(&file.display().to_string())?;
    if !ignored_columns.is_empty() {
        say(&format!("  未读取的列：{}", ignored_columns.join("、")))?;
    }
    for cost in costs {
        say(&format!("  {cost}"))?;
    }
    let Imported { rows, open, ended, outcomes, unmasked, known, stale, refused, passed, .. } = imported;
    say(&format!("  共 {rows} 行"))?;
    let done = open + ended + outcomes + unmasked + known + passed.len() + refused;
    for (what, count) in [
        ("新件，未办结（已评分、分送）", *open),
        ("新件，已办结（作为历史和标注）", *ended),
        ("已有件，结果有更新", *outcomes),
        ("已有件，补全了信息", *unmasked),
        ("已有件，无变化", *known),
        ("不适用投诉举报处理程序（第四十四条）", passed.len()),
        ("未能导入", *refused),
        ("尚未处理", rows.saturating_sub(done)),
    ] {
        if count > 0 {
            say(&format!("{count:>8} 行  {what}"))?;
        }
    }
    if *stale > 0 {
        say(&format!(
            "  其中 {stale} 行的结果或标注与较新的导出文件不同，未采用；如本文件其实较新，请加 --as-of 导出日期"
        ))?;
    }
    for list in lists {
        say(&format!("  清单：{}", list.display()))?;
    }
    if imported.stopped {
        say("  已中断：已导入的行不会丢失，再次执行同一命令即可继续")?;
    }
    Ok(())
}
