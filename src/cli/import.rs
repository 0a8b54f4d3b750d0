//! `triage import`: an export of the platform, with a progress bar, a summary, and lists of what was not taken.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, say};
use crate::app::App;
use crate::domain::ids::BureauId;
use crate::exchange::{Sheet, write_faults, write_passed};
use crate::import::Imported;
use crate::lifecycle::Lifecycle;

pub(super) const HELP: &str = "\
Rows are taken in order of receive time and number. An open row is scored, routed and queued; a closed one becomes \
history and label. The same file again changes nothing; next month's file adds what is new. Ctrl-C ends it without \
loss: run the same command again. Works beside `triage serve`.

Rows that cannot be taken are listed by row and column in a CSV, without personal text; 咨询 and the like stand in a \
list of their own (Order 121 Art. 44). Exits with 2 when rows were not taken, with 130 when it was interrupted.

Example:
  triage import 投诉举报导出-截至20260630.xlsx";

/// Not every row of the file could be taken.
const SOME_REFUSED: u8 = 2;
/// As a shell has it for a command that was interrupted.
const INTERRUPTED: u8 = 130;
/// Without a terminal, progress is a log line every so many rows.
const LOGGED_EVERY: usize = 500;

/// Imports files one after the other.
pub(super) async fn import(
    app: &App,
    bureau: BureauId,
    files: &[PathBuf],
    report: Option<PathBuf>,
    life: &Lifecycle,
    json: bool,
) -> Outcome {
    let report = report.unwrap_or_else(|| app.data().join("imports"));
    fs::create_dir_all(&report)?;
    let mut results = Vec::with_capacity(files.len());
    for file in files {
        let path = file.clone();
        let sheet = tokio::task::spawn_blocking(move || Sheet::read(&path)).await?;
        let sheet = sheet.map_err(|error| format!("{}：{error}", file.display()))?;
        let (rows, mut bar) = (sheet.rows().len(), bar());
        let imported = app.import(bureau, &sheet, life, |done| bar(done, rows)).await?;
        let lists = write_lists(&report, file, &imported)?;
        if !json {
            summary(file, sheet.ignored(), &imported, &lists)?;
        }
        let stopped = imported.stopped;
        results.push((file, sheet.ignored().to_vec(), imported, lists));
        if stopped {
            break;
        }
    }
    if json {
        let result = |(file, ignored, imported, lists): &(&PathBuf, Vec<String>, Imported, Vec<PathBuf>)| serde_json::json!({ "file": file, "ignored_columns": ignored, "imported": imported, "lists": lists });
        say(&serde_json::to_string_pretty(&results.iter().map(result).collect::<Vec<_>>())?)?;
    }
    let any = |found: fn(&Imported) -> bool| results.iter().any(|(_, _, imported, _)| found(imported));
    Ok(if any(|imported| imported.stopped) {
        ExitCode::from(INTERRUPTED)
    } else if any(|imported| imported.refused > 0) {
        ExitCode::from(SOME_REFUSED)
    } else {
        ExitCode::SUCCESS
    })
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
fn write_lists(report: &Path, file: &Path, imported: &Imported) -> io::Result<Vec<PathBuf>> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let path = |what: &str| report.join(format!("{stem}-{what}.csv"));
    let (faults, passed) = (path("未导入"), path("不属于本程序"));
    let mut written = Vec::new();
    for (path, empty) in [(&faults, imported.faults.is_empty()), (&passed, imported.passed.is_empty())] {
        if empty {
            if path.exists() {
                fs::remove_file(path)?;
            }
        } else {
            written.push(path.clone());
        }
    }
    if !imported.faults.is_empty() {
        write_faults(BufWriter::new(File::create(&faults)?), &imported.faults)?;
    }
    if !imported.passed.is_empty() {
        write_passed(BufWriter::new(File::create(&passed)?), &imported.passed)?;
    }
    Ok(written)
}

fn summary(file: &Path, ignored: &[String], imported: &Imported, lists: &[PathBuf]) -> io::Result<()> {
    say(&file.display().to_string())?;
    if !ignored.is_empty() {
        say(&format!("  未读取的列：{}", ignored.join("、")))?;
    }
    let Imported { rows, open, ended, outcomes, unmasked, known, refused, passed, .. } = imported;
    for (what, count) in [
        ("共", *rows),
        ("新件，未办结（已评分、分送）", *open),
        ("新件，已办结（作为历史和标注）", *ended),
        ("已有件，结果有更新", *outcomes),
        ("已有件，补全了信息", *unmasked),
        ("已有件，无变化", *known),
        ("不属于本程序", passed.len()),
        ("未能导入", *refused),
    ] {
        say(&format!("{count:>8} 行  {what}"))?;
    }
    for list in lists {
        say(&format!("  清单：{}", list.display()))?;
    }
    if imported.stopped {
        say("  已中断：已导入的行不会丢失，再次执行同一命令即可继续")?;
    }
    Ok(())
}
