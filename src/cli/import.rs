//! `triage import`: an export of the platform, with a progress bar, a summary, and lists of what was not taken.

mod learn;
mod question;
mod summary;

use std::collections::HashSet;
use std::fs;
use std::io::{self, ErrorKind, IsTerminal as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, say};
use crate::app::{App, AppError};
use crate::domain::ids::{BureauId, Track};
use crate::domain::time::{Day, Timestamp};
use crate::exchange::{
    Fault, Mapping, Sheet, columns_zh, costs, read_text, tell_workbook, write_faults, write_passed,
    write_warnings,
};
use crate::import::{Imported, Rows, Running};
use crate::lifecycle::Lifecycle;
use learn::{Learning, Train};

pub(super) const HELP: &str = "\
按登记时间和编号的先后导入。未办结的行评分、分送、进入队列；已办结的行作为历史和标注。同一文件再次导入不产生变化，下月的文件补充新的
内容。可以用 Ctrl-C 中断，不会丢失，再执行一次即可。服务运行时也可以导入。

不能导入的行按行和列写入清单（不含个人信息）；个别内容无法识别的（如“约三百元”），该内容按空白处理，件照常导入，另列一张；咨询等不适用
投诉举报处理程序的（第四十四条）也另列一张。有文件不能读取时以 1 退出，有行未导入时以 2 退出，中断时以 130 退出。

尚无本局模型的，加 --train yes：已办结的行先导入，用其中的认定和标注训练本局模型，再给未办结的件评分。

列名、用语与平台不同的，用 --columns 查看可以导入的列，写成对照表，用 --map 导入。

示例：
  triage import --train yes 投诉举报导出-截至20260630.xlsx
  triage import --map 对照表.toml --kind 投诉 市局导出.xls";

/// Not every row of the file could be taken.
const SOME_REFUSED: u8 = 2;
/// As a shell has it for a command that was interrupted.
pub(super) const INTERRUPTED: u8 = 130;
/// Without a terminal, progress is a log line every so many rows.
const LOGGED_EVERY: usize = 500;

// What was asked for. The help of the command stands with it in `Command`.
#[derive(Debug, clap::Args)]
pub(super) struct Asked {
    /// Excel（.xlsx、.xls）、WPS（.et）、.ods 或者 CSV（UTF-8、UTF-16、GB18030）文件，列的顺序不限
    #[arg(required_unless_present = "columns")]
    pub(super) files: Vec<PathBuf>,
    /// 试导入：只说明会怎样，不导入；仍写清单
    #[arg(long)]
    pub(super) dry_run: bool,
    /// 列出可以导入的列及其列名
    #[arg(long)]
    pub(super) columns: bool,
    /// 对照表：自己的列名、用语各是什么（TOML）
    #[arg(long, value_name = "FILE")]
    pub(super) map: Option<PathBuf>,
    /// 文件没有“类型”列时，全部行是投诉还是举报
    #[arg(long, value_name = "类型", value_parser = kind_of_file)]
    pub(super) kind: Option<Track>,
    /// 尚无本局模型而文件含有认定或标注时：先导入已办结的行并训练模型，再给未办结的件评分（yes），或者不训练（no）
    #[arg(long, value_name = "yes|no", value_enum, hide_possible_values = true)]
    pub(super) train: Option<Train>,
    /// 未导入行清单的目录；不填则为数据目录下的 imports
    #[arg(long, value_name = "DIR")]
    pub(super) report: Option<PathBuf>,
    /// 导出截至日，晚于文件中最晚的日期时填写；两次导出不一致的，以截至日较晚的结果和标注为准
    #[arg(long, value_name = "DATE", value_parser = super::day)]
    pub(super) as_of: Option<Day>,
    /// 以 JSON 输出结果
    #[arg(long)]
    pub(super) json: bool,
}

/// 投诉 or 举报, as an argument.
fn kind_of_file(word: &str) -> Result<Track, String> {
    match word {
        "投诉" => Ok(Track::Complaint),
        "举报" => Ok(Track::Report),
        _ => Err("应为“投诉”或“举报”".to_owned()),
    }
}

/// What became of one file.
#[derive(serde::Serialize)]
struct Done {
    file: PathBuf,
    /// Nothing was written.
    dry_run: bool,
    ignored_columns: Vec<String>,
    /// What else was not read, or read in a way that people should know of.
    notes: Vec<String>,
    /// What the file's missing columns and masked cells cost the score.
    costs: Vec<String>,
    learning: Learning,
    imported: Imported,
    lists: Vec<PathBuf>,
}

/// What is told of a file beside its rows.
struct About {
    labels: usize,
    ignored_columns: Vec<String>,
    notes: Vec<String>,
    costs: Vec<String>,
}

impl About {
    fn of(sheet: &Sheet) -> Self {
        Self {
            labels: sheet.labels(),
            ignored_columns: sheet.ignored(),
            notes: sheet.notes().to_vec(),
            costs: costs(sheet),
        }
    }
}

/// Imports files one after the other. A file that cannot be read is told, and the others are taken.
pub(super) async fn import(app: &App, bureau: BureauId, asked: Asked) -> Outcome {
    let life = &Lifecycle::with_signals()?;
    let mapping = mapping(asked.map.as_deref())?.with_kind(asked.kind);
    let today = app.clock.now().day();
    if let Some(day) = asked.as_of.filter(|day| *day > today) {
        return Err(format!(
            "导出截至日 {day} 晚于今天（{today}，按本机时钟）：导出文件不会晚于今天；请核对 --as-of，没有写入任何内容"
        )
        .into());
    }
    // The last moment of the day: an export of a day knows all of it.
    let as_of = asked.as_of.map(|day| Day(day.0 + 1).start().plus_seconds(-1));
    let mut going = Going {
        app,
        bureau,
        as_of,
        life,
        report: asked.report.clone().unwrap_or_else(|| app.data().join("imports")),
        asked: &asked,
        has_own_model: learn::has_own_model(app, bureau).await?,
        ours: HashSet::new(),
        done: Vec::with_capacity(asked.files.len()),
        failed: Vec::new(),
    };
    if !going.has_own_model && learn::may_be_wanted(&asked) {
        going.take_and_may_learn(&mapping).await?;
    } else {
        for file in &asked.files {
            let Some(sheet) = going.read(file, &mapping).await else { continue };
            going.take(file, sheet).await?;
            if going.is_stopped() {
                break;
            }
        }
    }
    let Going { done, failed, .. } = going;
    if asked.json && !done.is_empty() {
        say(&serde_json::to_string_pretty(&done)?)?;
    }
    let any = |found: fn(&Imported) -> bool| done.iter().any(|done| found(&done.imported));
    if any(|imported| imported.stopped) {
        return Ok(ExitCode::from(INTERRUPTED));
    }
    if !failed.is_empty() {
        // A question that a signal answers is none of the file's faults.
        let kind = if life.is_stopping() { ErrorKind::Interrupted } else { ErrorKind::Other };
        return Err(io::Error::new(kind, failed.join("\n")).into());
    }
    Ok(if any(|imported| imported.refused > 0) { ExitCode::from(SOME_REFUSED) } else { ExitCode::SUCCESS })
}

/// Files while they are imported.
struct Going<'a> {
    app: &'a App,
    bureau: BureauId,
    as_of: Option<Timestamp>,
    life: &'a Lifecycle,
    report: PathBuf,
    asked: &'a Asked,
    has_own_model: bool,
    /// Files that are of this bureau, as far as their places or a person say.
    ours: HashSet<PathBuf>,
    done: Vec<Done>,
    /// What is wrong with those that were not taken.
    failed: Vec<String>,
}

impl Going<'_> {
    async fn read(&mut self, file: &Path, mapping: &Mapping) -> Option<Sheet> {
        let read = match read(file, mapping).await {
            Ok(sheet) => self.if_ours(file, sheet).await,
            Err(error) => Err(error),
        };
        read.map_err(|error| self.failed.push(format!("{}：{error}", file.display()))).ok()
    }

    /// A file of another bureau is work of nobody here, and cannot be taken back: a person at the terminal is asked before. Without one
    /// it is told in the summary.
    async fn if_ours(&mut self, file: &Path, sheet: Sheet) -> Result<Sheet, Box<dyn std::error::Error>> {
        if self.asked.dry_run || !question::can_ask(self.asked) || self.ours.contains(file) {
            return Ok(sheet);
        }
        if let Some(percent) = self.app.expected_at_reception(self.bureau, &sheet).await? {
            let question = format!(
                "{}：{percent} % 的件不能确定所、股室，将转统一接收机构；该文件是本局的吗，机构文件正确吗？仍要导入吗？[y/n] ",
                file.display()
            );
            if !question::ask(self.life, &question, "没有回答是否仍要导入，没有导入").await? {
                return Err(
                    "没有导入；请核对文件和机构文件（triage bureau show），或者先试导入（--dry-run）".into(),
                );
            }
        }
        self.ours.insert(file.to_owned());
        Ok(sheet)
    }

    fn is_stopped(&self) -> bool {
        self.life.is_stopping() || self.done.last().is_some_and(|last| last.imported.stopped)
    }

    /// Takes one file, whole.
    async fn take(&mut self, file: &Path, sheet: Sheet) -> io::Result<()> {
        let about = About::of(&sheet);
        let imported = if self.asked.dry_run {
            self.app.preview_import(self.bureau, &sheet, self.as_of).await
        } else {
            let (rows, mut bar) = (sheet.rows().len(), bar());
            self.app.import(self.bureau, sheet, self.as_of, self.life, |done| bar(done, rows)).await
        };
        let learning = Learning::of(about.labels, self.has_own_model, self.asked);
        self.finish(file, about, imported, learning)
    }

    async fn go_on(&self, running: &mut Running, rows: Rows) -> Result<(), AppError> {
        let (all, mut bar) = (running.rows(), bar());
        self.app.go_on_importing(self.bureau, running, rows, self.life, |done| bar(done, all)).await
    }

    /// Tells what became of a file, and keeps it for the end.
    fn finish(
        &mut self,
        file: &Path,
        about: About,
        imported: Result<Imported, AppError>,
        learning: Learning,
    ) -> io::Result<()> {
        let imported = match imported {
            Ok(imported) => imported,
            Err(error) => {
                self.failed.push(format!("{}：{error}", file.display()));
                return Ok(());
            }
        };
        let name = list_name(file, &self.done);
        let lists = write_lists(&self.report, &name, &imported).unwrap_or_else(|error| {
            let place = self.report.display();
            self.failed.push(format!("{}：清单不能写入 {place}：{error}", file.display()));
            self.failed.extend(imported.faults.iter().map(in_a_line));
            Vec::new()
        });
        let last = Done {
            file: file.to_owned(),
            dry_run: self.asked.dry_run,
            ignored_columns: about.ignored_columns,
            notes: about.notes,
            costs: about.costs,
            learning,
            imported,
            lists,
        };
        if !self.asked.json {
            summary::say_all(&last)?;
        }
        self.done.push(last);
        Ok(())
    }
}

/// The mapping of a file, or none.
fn mapping(path: Option<&Path>) -> Result<Mapping, Box<dyn std::error::Error>> {
    let Some(path) = path else { return Ok(Mapping::default()) };
    let text = read_text(path).map_err(|error| format!("不能读取对照表 {}：{error}", path.display()))?;
    Ok(Mapping::parse(&text).map_err(|error| format!("{}：{error}", path.display()))?)
}

/// The columns that can be read, and the titles they go by (`--columns`).
pub(super) fn columns() -> io::Result<()> {
    say("可以导入的列（左边是平台的列名，括号中是也认识的列名）：")?;
    for (title, others, note) in columns_zh() {
        let others = if others.is_empty() { String::new() } else { format!("（{others}）") };
        let note = if note.is_empty() { String::new() } else { format!("  〔{note}〕") };
        say(&format!("  {title}{others}{note}"))?;
    }
    say("列名、用语与此不同的，写一个对照表，用 --map 对照表.toml 导入：")?;
    say(
        "  [columns]\n  \"流水号\" = \"登记编号\"\n  \"备用电话\" = \"\"          # 不读取\n  [words.\"办理情况状态\"]\n  \"市局督办\" = \"办理中\"",
    )
}

/// One fault in a line.
fn in_a_line(fault: &Fault) -> String {
    let number = fault.number.as_ref().map(|number| format!("（{}）", number.as_str())).unwrap_or_default();
    format!("  第 {} 行{number}  {}：{}", fault.row, fault.column, fault.reason_zh)
}

async fn read(file: &Path, mapping: &Mapping) -> Result<Sheet, Box<dyn std::error::Error>> {
    let (path, mapping) = (file.to_owned(), mapping.clone());
    let program = program();
    Ok(tokio::task::spawn_blocking(move || Sheet::read_as(&path, &mapping, program.as_deref())).await??)
}

/// The program that reads old workbooks for this one: itself.
pub(super) fn program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// Reads an old workbook for the process that imports it.
pub(super) fn read_workbook(path: &Path) -> ExitCode {
    tell_workbook(path, io::stdout().lock()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
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
    bar_of("导入", "行")
}

/// The same of other work.
pub(super) fn bar_of(what: &'static str, unit: &'static str) -> impl FnMut(usize, usize) {
    let bar = io::stderr().is_terminal().then(|| {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template(&format!(
            "{what} [{{bar:40}}] {{pos}}/{{len}} {unit}，约剩 {{eta}}"
        ));
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
            tracing::info!(work = what, done, all = rows, "in progress");
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
    // What is listed is not personal, but it is nobody else's either.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(report)?;
    let path = |what: &str| report.join(format!("{name}-{what}.xlsx"));
    let (faults, passed, warnings) =
        (path("未导入"), path("不适用投诉举报处理程序"), path("已导入但有内容未采用"));
    let mut written = Vec::new();
    if kept(&faults, imported.faults.is_empty())? {
        make_private(&faults)?;
        write_faults(&faults, &imported.faults)?;
        written.push(faults);
    }
    if kept(&warnings, imported.warnings.is_empty())? {
        make_private(&warnings)?;
        write_warnings(&warnings, &imported.warnings)?;
        written.push(warnings);
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
