//! The command line: one binary, a few commands, each with an example.

mod account;
pub mod audit;
mod backup;
pub mod bench;
mod caller;
mod chinese;
mod clock;
mod compare;
mod config;
mod deadline;
mod demo;
mod document;
mod dossier;
mod draft;
mod due;
mod evidence;
mod explain;
mod features;
mod figures;
mod import;
mod init;
mod keys;
mod law;
mod migrate;
mod models;
mod notice;
mod office;
mod person;
mod place;
mod places;
mod printed;
mod purge;
pub mod queue;
mod rescore;
mod sample;
mod serve;
pub mod show;
mod simulate;
pub mod stats;
mod table;
pub mod whatif;

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::OnceCell;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::app::{App, AppError, Config};
use crate::clock::Clock;
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
    /// 数据目录：密钥文件，以及（不用 --database 时）SQLite 文件
    #[arg(long, global = true, env = "TRIAGE_DATA", default_value = "triage-data", value_name = "DIR")]
    data: PathBuf,
    #[arg(
        help = "PostgreSQL 地址，如 postgres://user@host/name；口令放在 PGPASSWORD 或 pgpass 文件中，不写在这里"
    )]
    #[arg(long, global = true, env = "TRIAGE_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// 局的编号
    #[arg(long, global = true, default_value_t = 1, value_name = "ID")]
    bureau: i64,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 启动服务（gRPC）
    #[command(after_help = serve::HELP)]
    Serve(serve::Arguments),
    /// 在空的数据目录中新建
    #[command(after_help = init::HELP)]
    Init,
    /// 升级数据库结构，使之与本版本相符
    #[command(after_help = migrate::HELP)]
    Migrate,
    /// 备份数据库，不必停止服务
    #[command(after_help = backup::HELP)]
    Backup(backup::Arguments),
    /// 查看设置：每一项的值、来源和范围
    #[command(after_help = config::HELP)]
    Config {
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 本机时钟：是否可信，以及确认
    #[command(subcommand)]
    Clock(clock::ClockCommand),
    /// 机构配置：单位、人员、街路和设置
    #[command(subcommand)]
    Bureau(BureauCommand),
    /// 调用方及其访问令牌
    #[command(subcommand)]
    Caller(caller::CallerCommand),
    /// 个人账户：开户、角色、口令、销户
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// 导入平台导出的文件
    #[command(after_help = import::HELP)]
    Import(import::Asked),
    /// 供 import 使用：在另一进程中读取旧版工作簿
    #[command(hide = true, after_help = "示例：\n  triage read-workbook 导出.xls")]
    ReadWorkbook { file: PathBuf },
    /// 单位队列：待领取的件（按领取顺序）和已在办的件
    #[command(after_help = "示例：\n  triage queue kunhe --track complaint --limit 20")]
    Queue {
        /// 单位代码（见机构文件）
        unit: String,
        /// 只列投诉或者举报
        #[arg(long)]
        track: Option<TrackArgument>,
        /// 投诉、举报各最多列出几件
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "N")]
        limit: u32,
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 查看登记件：内容、候选单位、评分和理由
    #[command(after_help = "显示个人信息，查看会被记录。\n\n示例：\n  triage show 1150203000000000000001")]
    Show {
        /// 登记编号
        number: String,
        /// 输出 JSON；时间为 1970 年起的微秒数
        #[arg(long)]
        json: bool,
    },
    /// 研判参考材料：一件投诉的评分和分送当时依据的全部内容，做成可打印的一页
    #[command(after_help = evidence::HELP)]
    Evidence(evidence::Arguments),
    /// 应诉卷：一件的全部办理情况，供行政复议答复、行政诉讼举证
    #[command(after_help = dossier::HELP)]
    Dossier(dossier::Arguments),
    /// 告知文书草稿：一件现在应当告知的各项，做成可打印的页
    #[command(after_help = notice::HELP)]
    Notice(notice::Arguments),
    /// 年度、月度统计：收到、受理、立案、办结、挽回损失、疑似占比、按时率、复议诉讼
    #[command(after_help = figures::HELP)]
    Figures(figures::Arguments),
    /// 试运行对比：本系统分送的单位与实际办理单位，一致率、不一致的件、承办量
    #[command(after_help = compare::HELP)]
    Compare(compare::Arguments),
    /// 概况：单位、负荷、档次、分送、模型
    #[command(after_help = "示例：\n  triage stats")]
    Stats {
        /// 输出 JSON；时间为 1970 年起的微秒数
        #[arg(long)]
        json: bool,
    },
    /// 压力测试：以虚构的登记件调用运行中的服务并计时
    #[command(
        after_help = "登记件会留在服务的数据库中，请另建数据目录测试。\n访问令牌由文件或者环境变量 TRIAGE_TOKEN 读取，不写在参数中。\n\n示例：\n  triage bench --token-file intake.token --rate 200/s --seconds 30\n  triage bench --token-file intake.token --streamed --count 10000"
    )]
    Bench(bench::Arguments),
    /// 演示：在单独的目录中以虚构数据走一遍全部流程
    #[command(after_help = "示例：\n  triage demo\n  triage demo --once")]
    Demo(demo::Arguments),
    /// 用本局的认定训练模型
    #[command(
        after_help = "示例：\n  triage train          # 训练、报告、保存\n  triage train --use    # 并立即启用；未办结的投诉再用 triage rescore 重评"
    )]
    Train(models::TrainArguments),
    /// 模型：列表、模型卡、启用
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// 按现用模型重评未办结的投诉；首次评分、分送和期限不变
    #[command(after_help = rescore::HELP)]
    Rescore(rescore::Arguments),
    /// 特征表：评分读取哪些特征，各属哪一项因素、范围和方向
    #[command(after_help = "示例：\n  triage features\n  triage features --json")]
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
    /// 期限计算：各项法定期限届满于哪一天，附条款
    #[command(after_help = deadline::HELP)]
    Deadline(deadline::Arguments),
    /// 法律依据：本系统所依的各项期限和情形、条款及其核对情况
    #[command(after_help = law::HELP)]
    Law(law::Arguments),
    /// 审计链：核验、查看审计记录、签名公钥
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// 封存密钥：查看、更换、重新封存、删除
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// 本人信息：依本人申请，提供以其为投诉人、举报人登记的全部内容
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// 清除：保存期限届满的件，清除其个人信息和文字内容
    #[command(after_help = purge::HELP)]
    Purge(purge::Arguments),
    /// 重放核对：在旁边的库中重新处理全部变更记录，逐项比较
    #[command(after_help = office::REPLAY_HELP)]
    Replay {
        /// 输出 JSON，列明每一处不一致
        #[arg(long)]
        json: bool,
    },
    /// 生成虚构辖区的历史数据，供试用
    #[command(
        after_help = "写出 history.xlsx、history.csv、truth.csv 和 bureau.toml，人物和商户均为虚构。\n\n示例：\n  triage simulate --seed 1 --out world\n  triage simulate --seed 1 --world paraphrase --out moved      # 逐件改写的世界，用来检验在别处训练的模型\n  triage simulate --seed 1 --items 60000 --lookalikes 6 --out lookalikes   # 易混淆的诚实来件加倍"
    )]
    Simulate(simulate::Simulate),
}

#[derive(Debug, Subcommand)]
enum BureauCommand {
    /// 导入机构文件，整体替换现有的
    #[command(
        after_help = "数据目录为空时先新建（同 triage init）。\n\n示例：\n  triage bureau load examples/kundulun.toml"
    )]
    Load {
        /// 机构文件（TOML）
        file: PathBuf,
    },
    /// 机构文件草稿：由单位人员表和以往的导出文件写成，供核对
    #[command(after_help = draft::HELP)]
    Draft(draft::Arguments),
    /// 显示现行机构文件
    #[command(after_help = "示例：\n  triage bureau show > bureau.toml")]
    Show,
    /// 地名建议：机构文件中没有、经各所签收两件以上证实的小区、市场等，逐个核对后采纳
    #[command(after_help = places::HELP)]
    Places(places::Arguments),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TrackArgument {
    /// 投诉
    Complaint,
    /// 举报
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

/// Parses the command line, runs the command, prints the chain of causes when it fails.
pub fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    if let Command::ReadWorkbook { file } = &cli.command {
        // Before anything is started that takes room.
        return import::read_workbook(file);
    }
    telemetry::start(match cli.command {
        // What they print is for a person who reads along.
        Command::Bench(_) | Command::Demo(_) => "warn",
        _ => "info,sqlx=warn",
    });
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let done = runtime.block_on(run(cli));
    // A disk that does not answer is not waited for for ever.
    runtime.shutdown_timeout(DISK_MOST);
    match done {
        Ok(code) => code,
        // Whoever read standard output has read enough.
        Err(error) if error.downcast_ref::<std::io::Error>().is_some_and(is_broken_pipe) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}

/// How long the process waits at its end for what is still being written.
const DISK_MOST: Duration = Duration::from_secs(5);

/// The arguments; or help, version, or what is wrong with them is printed, and this is how the process ends.
fn parse() -> Result<Cli, ExitCode> {
    let matches = chinese::localised(Cli::command()).try_get_matches();
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|error| {
        if let Some(line) = chinese::error_zh(&error) {
            complain(&format!("错误：{line}"));
            return wrong_arguments();
        }
        // A closed standard output is no error.
        let _ = error.print();
        if error.use_stderr() { wrong_arguments() } else { ExitCode::SUCCESS }
    })
}

/// As clap has it; but of `audit verify` that would say that somebody has changed the trail.
fn wrong_arguments() -> ExitCode {
    let said: Vec<_> = std::env::args_os().collect();
    let verifies = ["audit", "verify"].iter().all(|word| said.iter().any(|said| said == word));
    if verifies { ExitCode::FAILURE } else { ExitCode::from(2) }
}

fn is_broken_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

#[tracing::instrument(name = "command", level = "debug", skip_all, fields(bureau.id = cli.bureau))]
async fn run(cli: Cli) -> Outcome {
    let place = place::of(cli.data, cli.database)?;
    let data = Data { place: place.clone(), app: OnceCell::new() };
    let done = Box::pin(command(cli.command, &data, place, BureauId(cli.bureau))).await;
    // Whatever it has written, and whatever became of it.
    if let Some(app) = data.app.get() {
        app.write_heads().await;
    }
    done
}

/// The data of a command, opened when it asks for them.
struct Data {
    place: Config,
    app: OnceCell<App>,
}

impl Data {
    async fn app(&self) -> Result<&App, AppError> {
        self.app.get_or_try_init(|| existing(self.place.clone())).await
    }

    /// Opened to take rows in.
    async fn to_import(&self) -> Result<&App, AppError> {
        self.app.get_or_try_init(|| App::open_to_import(self.place.clone(), Clock::System)).await
    }
}

async fn command(command: Command, data: &Data, place: Config, bureau: BureauId) -> Outcome {
    match command {
        Command::Migrate => return Box::pin(migrate::migrate(place, bureau)).await,
        Command::Config { json } => say(&config::config(&place, json)?)?,
        Command::Init => init::init(place).await?,
        Command::Backup(asked) => backup::backup(data.app().await?, asked).await?,
        Command::Clock(command) => clock::clock(data.app().await?, bureau, command).await?,
        Command::Serve(arguments) => {
            serve::serve(existing(place).await?, arguments, Lifecycle::with_signals()?).await?;
        }
        Command::Bureau(command) => office::bureau_file(place, bureau, command).await?,
        Command::Caller(command) => caller::caller(data.app().await?, bureau, command).await?,
        Command::Account(command) => account::account(data.app().await?, bureau, command).await?,
        Command::ReadWorkbook { .. } => {}
        Command::Import(asked) if asked.columns => import::columns()?,
        Command::Import(asked) => return import::import(data.to_import().await?, bureau, asked).await,
        Command::Queue { unit, track, limit, json } => {
            let unit = UnitId::parse(&unit).map_err(office::invalid)?;
            say(&queue::queue(data.app().await?, bureau, &unit, track.map(Into::into), limit, json).await?)?;
        }
        Command::Show { number, json } => {
            let number = RegistrationNumber::parse(&number).map_err(office::invalid)?;
            say(&show::show(data.app().await?, bureau, &number, json).await?)?;
        }
        Command::Evidence(asked) => say(&evidence::make(data.app().await?, bureau, asked).await?)?,
        Command::Dossier(asked) => say(&dossier::make(data.app().await?, bureau, asked).await?)?,
        Command::Notice(asked) => say(&notice::make(data.app().await?, bureau, asked).await?)?,
        Command::Figures(asked) => say(&figures::figures(data.app().await?, bureau, asked).await?)?,
        Command::Compare(asked) => say(&compare::compare(data.app().await?, bureau, asked).await?)?,
        Command::Stats { json } => say(&stats::stats(data.app().await?, bureau, json).await?)?,
        Command::Due(asked) => say(&due::due(data.app().await?, bureau, asked).await?)?,
        Command::Rebalance { json } => say(&due::rebalance(data.app().await?, bureau, json).await?)?,
        Command::WhatIf(asked) => say(&whatif::run(data.app().await?, bureau, asked).await?)?,
        Command::Bench(arguments) => return measure(&arguments).await,
        Command::Demo(arguments) => Box::pin(demo::run(arguments, &Lifecycle::with_signals()?)).await?,
        Command::Train(arguments) => models::train(data.app().await?, bureau, arguments).await?,
        Command::Rescore(asked) => return rescore::rescore(data.app().await?, bureau, asked).await,
        Command::Models(command) => models::models(data.app().await?, bureau, command).await?,
        Command::Features(arguments) => say(&features::features(&arguments)?)?,
        Command::Deadline(arguments) => say(&deadline::deadline(&arguments)?)?,
        Command::Law(arguments) => say(&law::law(&arguments)?)?,
        Command::Simulate(arguments) => simulate::run(arguments)?,
        Command::Audit(command) => return audit::audit(data, place, bureau, command).await,
        Command::Keys(command) => return keys::keys(data.app().await?, command).await,
        Command::Person(command) => person::person(data.app().await?, bureau, command).await?,
        Command::Purge(asked) => return purge::purge(data.app().await?, bureau, asked).await,
        Command::Replay { json } => return office::replay(data.app().await?, bureau, json).await,
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

fn fail(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    let interrupted =
        error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::Interrupted);
    let mut line = format!("错误：{error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some say their cause themselves. Writing to a String cannot fail.
        if !line.contains(&error.to_string()) {
            let _ = write!(line, "：{error}");
        }
        cause = error.source();
    }
    complain(&line);
    if interrupted { ExitCode::from(import::INTERRUPTED) } else { ExitCode::FAILURE }
}

/// Prints a line to standard error; there is nowhere else to say that this failed.
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
