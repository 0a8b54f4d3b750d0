//! What the terminal is told of one imported file.

use std::collections::BTreeSet;
use std::io;

use super::{Done, in_a_line};
use crate::cli::say;
use crate::exchange::Fault;
use crate::import::Imported;

/// Titles of columns and rows with faults that a summary names.
const COLUMNS_SAID: usize = 30;
const FAULTS_SAID: usize = 20;
const ALL_TO_RECEPTION: &str =
    "（统一接收机构），没有一件能确定所、股室：机构文件是本局的吗？请核对（triage bureau show）";
const MOST_TO_RECEPTION: &str = "（统一接收机构），不能确定所、股室：机构文件是本局的吗？地名、路名是否齐全？请核对（triage bureau show）";

/// What was done with a file, line by line.
pub(super) fn say_all(done: &Done) -> io::Result<()> {
    let Done { file, dry_run, ignored_columns, notes, costs, learning, imported, lists } = done;
    say(&file.display().to_string())?;
    if !ignored_columns.is_empty() {
        let first = &ignored_columns[..ignored_columns.len().min(COLUMNS_SAID)];
        let more = if first.len() < ignored_columns.len() {
            format!("等 {} 列", ignored_columns.len())
        } else {
            String::new()
        };
        say(&format!("  未读取的列：{}{more}", first.join("、")))?;
    }
    for cost in notes.iter().chain(costs) {
        say(&format!("  {cost}"))?;
    }
    say_rows(imported, *dry_run)?;
    say_faults(&imported.faults)?;
    if let Some(note) = &learning.note_zh {
        say(&format!("  {note}"))?;
    }
    for list in lists {
        say(&format!("  清单已写入：{}", list.display()))?;
    }
    if imported.stopped {
        say("  已中断：已导入的行不会丢失，再次执行同一命令即可继续")?;
    }
    Ok(())
}

/// The first rows that were not taken, and how many more there are.
fn say_faults(faults: &[Fault]) -> io::Result<()> {
    let rows: BTreeSet<u32> = faults.iter().map(|fault| fault.row).collect();
    let last = rows.iter().take(FAULTS_SAID).next_back().copied().unwrap_or_default();
    for fault in faults.iter().filter(|fault| fault.row <= last) {
        say(&format!("  未能导入：{}", in_a_line(fault).trim_start()))?;
    }
    if rows.len() > FAULTS_SAID {
        say(&format!("  另有 {} 行未能导入，见清单", rows.len() - FAULTS_SAID))?;
    }
    Ok(())
}

/// What became of the rows, and where the new files went.
fn say_rows(imported: &Imported, dry_run: bool) -> io::Result<()> {
    let Imported { rows, open, ended, outcomes, unmasked, known, changed, stale, refused, passed, .. } =
        imported;
    say(&format!("  共 {rows} 行{}", if dry_run { "（试导入，没有导入任何件）" } else { "" }))?;
    let done = open + ended + outcomes + unmasked + known + changed + passed.len() + refused;
    for (what, count) in [
        (if dry_run { "新件，未办结" } else { "新件，未办结（已评分、分送）" }, *open),
        ("新件，已办结（作为历史和标注）", *ended),
        ("已有件，结果有更新", *outcomes),
        ("已有件，补全了信息", *unmasked),
        ("已有件，内容有不同（导入时逐项比较）", *changed),
        ("已有件，无变化", *known),
        ("不适用投诉举报处理程序（第四十四条）", passed.len()),
        ("未能导入", *refused),
        ("尚未处理", rows.saturating_sub(done)),
    ] {
        if count > 0 {
            say(&format!("{count:>8} 行  {what}"))?;
        }
    }
    for to in &imported.routed {
        say(&format!("{:>8} 件  {}：{}", to.files, if dry_run { "将分送" } else { "已分送" }, to.name))?;
    }
    let reception = imported.routed.iter().find(|to| to.is_reception);
    if let Some((reception, percent)) = reception.zip(imported.percent_to_reception) {
        let why = if percent == 100 { ALL_TO_RECEPTION } else { MOST_TO_RECEPTION };
        say(&format!("  注意：未办结的件 {percent} % 转{}{why}", reception.name))?;
    }
    if *stale > 0 {
        say(&format!(
            "  其中 {stale} 行的结果或标注与较新的导出文件不同，未采用，见清单；如本文件其实较新，请加 --as-of 导出日期"
        ))?;
    }
    if imported.warned > 0 {
        say(&format!("  其中 {} 行有内容无法识别（按空白处理）或者须核对，见清单", imported.warned))?;
    }
    Ok(())
}
