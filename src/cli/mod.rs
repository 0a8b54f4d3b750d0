//! The command line: one binary, a few commands, each with an example.

mod backup;
pub mod bench;
mod clock;
mod config;
mod deadline;
mod demo;
mod due;
mod evidence;
mod explain;
mod features;
mod import;
mod init;
mod models;
mod office;
pub mod queue;
mod sample;
mod serve;
pub mod show;
mod simulate;
pub mod stats;
mod table;
pub mod whatif;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::app::{App, AppError, Config};
use crate::clock::Clock;
use crate::domain::caller::Role;
use crate::domain::ids::{BureauId, RegistrationNumber, Track, UnitId};
use crate::domain::plain::written_out;
use crate::domain::time::Day;
use crate::lifecycle::Lifecycle;
use crate::telemetry;

/// Takes in 12315 complaints and reports, scores complaints, routes every item to a unit.
#[derive(Debug, Parser)]
#[command(
    name = "triage",
    version,
    about = "12315 投诉举报分诊：登记、评分、分送、办理",
    arg_required_else_help = true
)]
struct Cli {
    /// Directory of the key file and, without --database, of the SQLite file
    #[arg(long, global = true, env = "TRIAGE_DATA", default_value = "triage-data", value_name = "DIR")]
    data: PathBuf,
    /// `postgres://user@host/name`; put the password in PGPASSWORD or a pgpass file, never here
    #[arg(long, global = true, env = "TRIAGE_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// Bureau to work on
    #[arg(long, global = true, default_value_t = 1, value_name = "ID")]
    bureau: i64,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve gRPC (启动服务)
    #[command(after_help = serve::HELP)]
    Serve(serve::Arguments),
    /// Make a new bureau in an empty data directory (新建)
    #[command(after_help = init::HELP)]
    Init,
    /// Bring an existing database to this program's schema (升级数据库结构)
    #[command(
        after_help = "Stop `triage serve` first. A fresh database needs no migration.\n\nExample:\n  triage migrate"
    )]
    Migrate,
    /// Copy the database while it is in use (备份)
    #[command(after_help = backup::HELP)]
    Backup(backup::Arguments),
    /// 查看设置：每一项的值、来源和范围
    #[command(after_help = config::HELP)]
    Config {
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// The machine's clock: whether it is trusted, and confirming it (时钟)
    #[command(subcommand)]
    Clock(clock::ClockCommand),
    /// Units, officers, streets and settings (单位名册)
    #[command(subcommand)]
    Bureau(BureauCommand),
    /// Who may call (调用方)
    #[command(subcommand)]
    Caller(CallerCommand),
    /// Take in an export of the 12315 platform (导入平台导出文件)
    #[command(after_help = import::HELP)]
    Import {
        /// Excel workbook (.xlsx) or CSV (UTF-8 or GB18030), in any order of columns
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Where to write the lists of rows that were not taken; the data directory's `imports` unless given
        #[arg(long, value_name = "DIR")]
        report: Option<PathBuf>,
        /// Day of the export (截至日), when that is later than the latest day in it; of two exports, the later one's ends
        /// and marks stand
        #[arg(long, value_name = "DATE", value_parser = day)]
        as_of: Option<Day>,
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// What waits at a unit and who has the rest, in the order of its pulls (单位队列)
    #[command(after_help = "Example:\n  triage queue kunhe --track complaint --limit 20")]
    Queue {
        /// Unit, by its code in the bureau file
        unit: String,
        /// One track only
        #[arg(long)]
        track: Option<TrackArgument>,
        /// Files listed at most, of each track
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "N")]
        limit: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// One submission: facts, units considered, score and reasons (查看登记件)
    #[command(
        after_help = "Shows persons' data; the look is recorded.\n\nExample:\n  triage show 1150203000000000000001"
    )]
    Show {
        /// Registration number
        number: String,
        /// Print JSON; times are microseconds since 1970
        #[arg(long)]
        json: bool,
    },
    /// 依据材料：一件投诉的评分和分送当时依据的全部内容，做成可打印的一页
    #[command(after_help = evidence::HELP)]
    Evidence(evidence::Arguments),
    /// How the bureau stands: units, loads, bands, routes, model (概况)
    #[command(after_help = "Example:\n  triage stats")]
    Stats {
        /// Print JSON; times are microseconds since 1970
        #[arg(long)]
        json: bool,
    },
    /// Drive a running server as the 12315 intake system would, with made-up submissions, and measure (压力测试)
    #[command(
        after_help = "The submissions stay in the server's database: use a bureau of its own.\nThe token is read from a file or from TRIAGE_TOKEN, never from an argument.\n\nExamples:\n  triage bench --token-file intake.token --rate 200/s --seconds 30\n  triage bench --token-file intake.token --streamed --count 10000"
    )]
    Bench(bench::Arguments),
    /// A tour of the whole service, on made-up data in a directory of its own (演示)
    #[command(after_help = "Example:\n  triage demo\n  triage demo --once")]
    Demo(demo::Arguments),
    /// Fit a model on the bureau's own findings (训练模型)
    #[command(
        after_help = "Example:\n  triage train          # fit, report, store\n  triage train --use    # and put it to use at once"
    )]
    Train(models::TrainArguments),
    /// Models: list, show a card, put to use (模型)
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// What the score reads of a complaint: every feature with factor, range and direction (特征表)
    #[command(after_help = "Examples:\n  triage features\n  triage features --json")]
    Features(features::Arguments),
    /// 到期提醒：已超期和即将到期的法定期限
    #[command(after_help = due::HELP)]
    Due(due::Arguments),
    /// 均衡建议：哪些待领取的件可以改派，使各单位负荷接近
    #[command(after_help = due::REBALANCE_HELP)]
    Rebalance {
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 假设推演：一段时期收到的件换一种分送方式、名册或者辖区会怎样
    #[command(after_help = whatif::HELP)]
    WhatIf(whatif::Arguments),
    /// Until when something is owed, with the article (期限)
    #[command(after_help = deadline::HELP)]
    Deadline(deadline::Arguments),
    /// Apply the whole event log again beside the database and compare every decision (重放核对)
    #[command(after_help = office::REPLAY_HELP)]
    Replay {
        /// Print the result as JSON, with every difference whole
        #[arg(long)]
        json: bool,
    },
    /// Make up a district's history to try things on (模拟辖区数据)
    #[command(
        after_help = "Writes history.xlsx, history.csv, truth.csv and bureau.toml. Nobody in them exists.\n\nExamples:\n  triage simulate --seed 1 --out world\n  triage simulate --seed 1 --world paraphrase --out moved      # 逐件改写的世界，用来检验在别处训练的模型\n  triage simulate --seed 1 --items 60000 --lookalikes 6 --out lookalikes   # 易混淆的诚实来件加倍"
    )]
    Simulate(simulate::Simulate),
}

#[derive(Debug, Subcommand)]
enum BureauCommand {
    /// Replace the bureau file as one event (导入名册)
    #[command(
        after_help = "Makes the bureau first where nothing was kept yet, as `triage init` does.\n\nExample:\n  triage bureau load examples/kundulun.toml"
    )]
    Load {
        /// A bureau file (TOML)
        file: PathBuf,
    },
    /// Print the bureau file in force (查看名册)
    #[command(after_help = "Example:\n  triage bureau show > bureau.toml")]
    Show,
}

#[derive(Debug, Subcommand)]
enum CallerCommand {
    /// Make a caller and print its token, once (新增调用方)
    #[command(
        after_help = "The token is printed once and kept only as a hash.\n\nExamples:\n  triage caller add --role intake --name 12315\n  triage caller add --role unit --unit kunhe --name 昆河所"
    )]
    Add {
        /// What the caller is
        #[arg(long)]
        role: RoleArgument,
        /// Its unit, for `unit`; reception has the bureau's reception unit
        #[arg(long, value_name = "UNIT")]
        unit: Option<String>,
        /// A name for people
        #[arg(long)]
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List callers (调用方列表)
    #[command(after_help = "Example:\n  triage caller list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End a caller's token; new calls are refused within five seconds (停用调用方)
    #[command(after_help = "Example:\n  triage caller revoke 3")]
    Revoke {
        /// Id, as `triage caller list` shows it
        id: i64,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TrackArgument {
    /// Complaints (投诉)
    Complaint,
    /// Reports (举报)
    Report,
}

impl From<TrackArgument> for Track {
    fn from(track: TrackArgument) -> Self {
        match track {
            TrackArgument::Complaint => Track::Complaint,
            TrackArgument::Report => Track::Report,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArgument {
    /// The 12315 intake system (登记系统)
    Intake,
    /// The unified reception unit (统一接收机构)
    Reception,
    /// A station, division or brigade (办案单位)
    Unit,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::Intake => Role::Intake,
            RoleArgument::Reception => Role::Reception,
            RoleArgument::Unit => Role::Unit,
        }
    }
}

/// Parses the command line, runs the command, prints the chain of causes when it fails.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start(match cli.command {
        // What they print is for a person who reads along.
        Command::Bench(_) | Command::Demo(_) => "warn",
        _ => "info,sqlx=warn",
    });
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        // Whoever read standard output has read enough.
        Err(error) if error.downcast_ref::<std::io::Error>().is_some_and(is_broken_pipe) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}

fn is_broken_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

/// Arguments can be read by every process of the machine.
#[derive(Debug, thiserror::Error)]
#[error("命令行参数中不能含有数据库口令；请放在 PGPASSWORD、pgpass 文件或 TRIAGE_DATABASE 中")]
struct SecretInArguments;

/// Refuses a database URL with a password in it when it was given as an argument.
fn refuse_secrets(
    url: Option<&str>,
    arguments: impl Iterator<Item = OsString>,
) -> Result<(), SecretInArguments> {
    let Some(url) = url else { return Ok(()) };
    let user = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map_or("", |(user, _)| user);
    let has_password = user.contains(':') || url.contains("password=");
    let mut arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    if has_password && arguments.any(|argument| argument.contains(url)) {
        Err(SecretInArguments)
    } else {
        Ok(())
    }
}

async fn run(cli: Cli) -> Outcome {
    // An empty variable is how compose files and unit files say "not set".
    let database = cli.database.filter(|url| !url.is_empty());
    refuse_secrets(database.as_deref(), std::env::args_os())?;
    let place = Config { data: cli.data, database };
    let bureau = BureauId(cli.bureau);
    match cli.command {
        Command::Migrate => {
            App::migrate(&place).await?;
            say("数据库结构已是最新")?;
        }
        Command::Config { json } => say(&config::config(&place, json)?)?,
        Command::Init => init::init(place).await?,
        Command::Backup(asked) => backup::backup(&existing(place).await?, asked).await?,
        Command::Clock(command) => clock::clock(&existing(place).await?, bureau, command).await?,
        Command::Serve(arguments) => {
            serve::serve(existing(place).await?, arguments, Lifecycle::with_signals()?).await?;
        }
        Command::Bureau(BureauCommand::Load { file }) => office::load_bureau(place, bureau, &file).await?,
        Command::Bureau(BureauCommand::Show) => office::show_bureau(&existing(place).await?, bureau).await?,
        Command::Caller(CallerCommand::Add { role, unit, name, json }) => {
            let app = existing(place).await?;
            office::add_caller(&app, bureau, role.into(), unit.as_deref(), name, json).await?;
        }
        Command::Caller(CallerCommand::List { json }) => {
            office::list_callers(&existing(place).await?, bureau, json).await?;
        }
        Command::Caller(CallerCommand::Revoke { id }) => {
            office::revoke_caller(&existing(place).await?, bureau, id).await?;
        }
        Command::Import { files, report, as_of, json } => {
            let asked = import::Asked { files, report, as_of, json };
            return import::import(&existing(place).await?, bureau, asked, &Lifecycle::with_signals()?).await;
        }
        Command::Queue { unit, track, limit, json } => {
            let unit = UnitId::parse(&unit).map_err(office::invalid)?;
            say(&queue::queue(&existing(place).await?, bureau, &unit, track.map(Into::into), limit, json)
                .await?)?;
        }
        Command::Show { number, json } => {
            let number = RegistrationNumber::parse(&number).map_err(office::invalid)?;
            say(&show::show(&existing(place).await?, bureau, &number, json).await?)?;
        }
        Command::Evidence(asked) => say(&evidence::make(&existing(place).await?, bureau, asked).await?)?,
        Command::Stats { json } => say(&stats::stats(&existing(place).await?, bureau, json).await?)?,
        Command::Due(asked) => say(&due::due(&existing(place).await?, bureau, asked).await?)?,
        Command::Rebalance { json } => say(&due::rebalance(&existing(place).await?, bureau, json).await?)?,
        Command::WhatIf(asked) => say(&whatif::run(&existing(place).await?, bureau, asked).await?)?,
        Command::Bench(arguments) => return measure(&arguments).await,
        Command::Demo(arguments) => Box::pin(demo::run(arguments, &Lifecycle::with_signals()?)).await?,
        Command::Train(arguments) => models::train(&existing(place).await?, bureau, arguments).await?,
        Command::Models(command) => models::models(&existing(place).await?, bureau, command).await?,
        Command::Features(arguments) => say(&features::features(&arguments)?)?,
        Command::Deadline(arguments) => say(&deadline::deadline(&arguments)?)?,
        Command::Simulate(arguments) => simulate::run(arguments)?,
        Command::Replay { json } => return office::replay(&existing(place).await?, bureau, json).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn measure(arguments: &bench::Arguments) -> Outcome {
    let outcome = bench::run(arguments, &Lifecycle::with_signals()?).await?;
    say(&bench::text(&outcome, arguments.json())?)?;
    // A server that refused everything was not measured.
    Ok(if outcome.accepted > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A day, as an argument.
fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).map_err(|invalid| invalid.zh)
}

async fn existing(config: Config) -> Result<App, AppError> {
    App::open_existing(config, Clock::System).await
}

/// Prints a line to standard output. What a citizen wrote must not turn the lines of a terminal around.
fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{}", written_out(line))
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    let mut line = format!("错误：{error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some say their cause themselves. Writing to a String cannot fail.
        if !line.contains(&error.to_string()) {
            let _ = write!(line, "：{error}");
        }
        cause = error.source();
    }
    // Nowhere else to tell it.
    let _ = writeln!(std::io::stderr(), "{line}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_argument_is_refused() {
        let refused = |url: &str, argument: &str| {
            refuse_secrets(Some(url), ["triage", argument].into_iter().map(OsString::from)).is_err()
        };
        for url in [
            "postgres://triage:secret@127.0.0.1/triage",
            "postgres://triage@h/d?password=secret",
            "postgres://a:b/c@h/d",
        ] {
            assert!(refused(url, url) && refused(url, &format!("--database={url}")), "{url}");
            assert!(!refused(url, "serve"), "from the environment it is fine");
        }
        let plain = "postgres://triage@127.0.0.1:5432/triage";
        assert!(!refused(plain, plain));
    }
}
