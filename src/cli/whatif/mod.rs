//! `triage what-if`: a recorded period played again under another policy, roster or map (假设推演).

mod page;
mod picture;

use std::path::PathBuf;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::day;
use super::table::table;
use crate::app::{App, AppError};
use crate::domain::caller::Caller;
use crate::domain::ids::BureauId;
use crate::domain::time::{Day, Days};
use crate::routing::Bureau;
use crate::service::Service;
use crate::service::period::Period;
use crate::whatif::{Arrival, Figures, Pace, Strategy, UnitMonth, Waits, figures, play};

/// What `--help` says below the options.
pub(super) const HELP: &str = "\
把一段时期收到的件按现行机构文件和另一方案各推演一遍，比较负荷、等待、超期和转接收机构次数。只是推演，不改动任何件；输出只有合计数和
单位代码；每次使用都有查看记录。

负荷是每名在岗人员每个工作日分得的工作量。办理速度（--pace）、没有记录的办理时长（--held-days）是假设；人的决定（跳过、退回、
改派、延期）不在推演之内；现行机构文件用于整个时期。

示例：
  triage what-if --policy territory --above 3            # 属地优先，人均未结超过 3 件才分送其他所
  triage what-if --policy station --policy round-robin   # 仅属地、轮流，与现行方案对照
  triage what-if --policy pool --pool-unit wangjian --above 5
  triage what-if --file 新机构文件.toml --from 2026-01-01 --to 2026-06-30 --out 推演";

/// What is to be compared with the bureau file in force.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 从哪一天收到的件开始
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Day>,
    /// 到哪一天收到的件为止
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<Day>,
    /// 另一份机构文件（TOML）：人员、辖区、分送方式都可以不同
    #[arg(long, value_name = "FILE", required_unless_present = "policy")]
    file: Option<PathBuf>,
    /// 全部件改用这种分送方式；可以写几次，各推演一遍
    #[arg(long, value_enum)]
    policy: Vec<PolicyArgument>,
    /// territory、pool 的人均工作量界限
    #[arg(long, default_value_t = 3.0, value_name = "UNITS")]
    above: f64,
    /// pool 的专班（单位代码）
    #[arg(long, value_name = "UNIT", required_if_eq("policy", "pool"))]
    pool_unit: Option<String>,
    /// random 的种子
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// 假设每名在岗人员一个工作日能办的工作量
    #[arg(long, default_value_t = 1.0, value_name = "UNITS")]
    pace: f64,
    /// 假设没有记录的件从领取到办结要几个工作日
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(i64).range(0..=250), value_name = "DAYS")]
    held_days: i64,
    /// 在这个目录写一页可打印的对照（what-if.html）
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// 输出 JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PolicyArgument {
    /// 属地优先，超过界限才分送其他有权的所
    Territory,
    /// 有权的单位中，连同本件本月每人分得最少的
    Balanced,
    /// 对照：有权的单位中，每人未结最少的
    OpenWork,
    /// 疑似程度高的投诉由专班办理，其余按属地
    Pool,
    /// 对照：始终由属地所办理
    Station,
    /// 对照：有权的单位轮流
    RoundRobin,
    /// 对照：有权的单位中随机
    Random,
}

/// What the command cannot go on with.
#[derive(Debug, thiserror::Error)]
enum WhatIfError {
    #[error("办理速度（--pace）应在 0.01 至 100 之间")]
    Pace,
    #[error("这段时期没有收到件")]
    Nothing,
    #[error("机构文件不能使用：{0}")]
    Bureau(String),
}

/// A way of doing it, with what comes of it.
#[derive(Debug, Serialize)]
struct Variant {
    name: String,
    #[serde(flatten)]
    figures: Figures,
}

/// A comparison, as JSON gives it and the page shows it.
#[derive(Debug, Serialize)]
struct Comparison {
    from: Day,
    to: Day,
    pace: f64,
    held_days: i64,
    /// The bureau file in force first.
    variants: Vec<Variant>,
    /// Names of units, by code.
    units: Vec<(String, String)>,
}

/// Plays the period and compares: a table or JSON, and a page where one is asked for.
pub async fn run(
    app: &App,
    bureau: BureauId,
    asked: Arguments,
) -> Result<String, Box<dyn std::error::Error>> {
    if !(0.01..=100.0).contains(&asked.pace) {
        return Err(WhatIfError::Pace.into());
    }
    let bar = bar("读取记录")?;
    let days = Days::between(asked.from.unwrap_or(Day(i32::MIN)), asked.to.unwrap_or(Day(i32::MAX)));
    let access = async |service: &Service, caller: &Caller| {
        let heard = |read: u64, all: u64| {
            bar.set_length(all);
            bar.set_position(read);
        };
        service.period(caller, Some(days), heard).await
    };
    let period = app.access(bureau, access).await?;
    bar.finish_and_clear();
    let found = compare(&period, &asked)?;
    if let Some(out) = &asked.out {
        std::fs::create_dir_all(out).map_err(|source| AppError::File { path: out.clone(), source })?;
        let path = out.join("what-if.html");
        let page = page::page(period.bureau.name(), &found)?;
        std::fs::write(&path, page).map_err(|source| AppError::File { path, source })?;
    }
    if asked.json { Ok(serde_json::to_string_pretty(&found)?) } else { Ok(text(&found)) }
}

fn compare(period: &Period, asked: &Arguments) -> Result<Comparison, Box<dyn std::error::Error>> {
    let day_of = |one: Option<&Arrival>| one.map(|one| one.submission.received.at.day());
    let ends = day_of(period.arrivals.first()).zip(day_of(period.arrivals.last()));
    let (from, to) = ends.ok_or(WhatIfError::Nothing)?;
    let mut units = names(&period.bureau);
    let mut variants = vec![played(period, &period.bureau, "现行", Strategy::Rules, asked)?];
    let content = match &asked.file {
        None => period.content.clone(),
        Some(path) => {
            let content = std::fs::read_to_string(path)
                .map_err(|source| AppError::File { path: path.clone(), source })?;
            let other = parsed(&content)?;
            units.extend(names(&other));
            variants.push(played(period, &other, "另一机构文件", Strategy::Rules, asked)?);
            content
        }
    };
    for policy in &asked.policy {
        let (name, strategy, mode) = match policy {
            PolicyArgument::Territory => {
                (format!("属地优先（{}）", asked.above), Strategy::Rules, Some("territory"))
            }
            PolicyArgument::Balanced => ("均衡".to_owned(), Strategy::Rules, Some("balanced")),
            PolicyArgument::OpenWork => ("按未结".to_owned(), Strategy::OpenWork, None),
            PolicyArgument::Pool => (format!("专班（{}）", asked.above), Strategy::Rules, Some("pool")),
            PolicyArgument::Station => ("仅属地".to_owned(), Strategy::Station, None),
            PolicyArgument::RoundRobin => ("轮流".to_owned(), Strategy::RoundRobin, None),
            PolicyArgument::Random => (format!("随机（{}）", asked.seed), Strategy::Random(asked.seed), None),
        };
        let other = match mode {
            Some(mode) => parsed(&with_policy(&content, mode, asked)?)?,
            None => parsed(&content)?,
        };
        variants.push(played(period, &other, &name, strategy, asked)?);
    }
    units.sort();
    units.dedup();
    Ok(Comparison { from, to, pace: asked.pace, held_days: asked.held_days, variants, units })
}

fn names(bureau: &Bureau) -> Vec<(String, String)> {
    bureau.units().iter().map(|unit| (unit.id.as_str().to_owned(), unit.name.clone())).collect()
}

fn parsed(content: &str) -> Result<Bureau, WhatIfError> {
    Bureau::parse(content).map_err(|mistakes| {
        WhatIfError::Bureau(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("；"))
    })
}

/// The bureau file with one policy for all files. It names no document: it is a supposition.
fn with_policy(content: &str, mode: &str, asked: &Arguments) -> Result<String, Box<dyn std::error::Error>> {
    let mut file: toml::Table = toml::from_str(content)?;
    let mut policy = toml::Table::new();
    let mut put = |key: &str, value: toml::Value| drop(policy.insert(key.to_owned(), value));
    put("name", "推演".into());
    put("mode", mode.into());
    put("authorised_by", "推演假设，未经授权".into());
    if mode != "balanced" {
        put("above", asked.above.into());
    }
    if let Some(unit) = asked.pool_unit.as_ref().filter(|_| mode == "pool") {
        put("pool", unit.clone().into());
    }
    file.insert("policy".to_owned(), toml::Value::Array(vec![policy.into()]));
    Ok(toml::to_string(&file)?)
}

fn played(
    period: &Period,
    bureau: &Bureau,
    name: &str,
    strategy: Strategy,
    asked: &Arguments,
) -> Result<Variant, Box<dyn std::error::Error>> {
    let bar = bar(&format!("推演：{name}"))?;
    bar.set_length(period.arrivals.len() as u64);
    #[expect(clippy::cast_possible_truncation, reason = "between 0.01 and 100")]
    let pace = Pace { centiunits: (asked.pace * 100.0).round() as i64, held_days: asked.held_days };
    let played = play(bureau, strategy, pace, &period.arrivals, |come| bar.set_position(come as u64));
    bar.finish_and_clear();
    Ok(Variant { name: name.to_owned(), figures: figures(&played) })
}

/// Hidden by itself when standard error is not a terminal.
fn bar(what: &str) -> Result<ProgressBar, Box<dyn std::error::Error>> {
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{msg} {bar:40} {pos}/{len}")?);
    bar.set_message(what.to_owned());
    Ok(bar)
}

/// Headings of the table, on the terminal and on the page.
const HEADINGS: [&str; 10] = [
    "方案",
    "最高月负荷#",
    "有共同处理权限的单位最高#",
    "基尼系数#",
    "等待均值#",
    "等待 p50/p95/p99#",
    "首次投诉人均值#",
    "首次投诉人 p95#",
    "超期#",
    "转接收机构次数#",
];

fn row(variant: &Variant) -> [String; 10] {
    let figures = &variant.figures;
    let Waits { mean, p50, p95, p99, .. } = figures.waits;
    [
        variant.name.clone(),
        format!("{:.3}", figures.highest),
        format!("{:.3}", figures.highest_shared),
        format!("{:.3}", figures.gini),
        format!("{mean:.2}"),
        format!("{p50:.1}/{p95:.1}/{p99:.1}"),
        format!("{:.2}", figures.first_time.mean),
        format!("{:.1}", figures.first_time.p95),
        figures.overdue.to_string(),
        figures.moves.to_string(),
    ]
}

fn heading(found: &Comparison) -> String {
    let files = found.variants.first().map_or(0, |variant| variant.figures.files);
    let choice = found.variants.first().map_or(0, |variant| variant.figures.with_choice);
    format!(
        "{} 至 {}　{files} 件，其中 {choice} 件有两个以上有权单位；假设每人每个工作日办 {:.2} 个工作量，无记录的件办 {} 个工作日",
        found.from, found.to, found.pace, found.held_days
    )
}

const NOTE: &str = "负荷：每名在岗人员每个工作日分得的工作量。等待：收到至领取的工作小时。有共同处理权限的单位：与其他单位同有处理权限的单位。\
推演结果取决于上述假设，仅供比较方案。";

fn text(found: &Comparison) -> String {
    format!("{}\n{}\n\n{NOTE}", heading(found), table(HEADINGS, found.variants.iter().map(row)))
}
