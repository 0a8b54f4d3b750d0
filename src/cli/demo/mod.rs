//! `triage demo`: a tour of the whole service in a directory of its own. What is shown of the live items came over the
//! wire, by the same client that any bench uses.

mod history;
mod tour;

use std::path::PathBuf;
use std::time::Duration;

use self::tour::Tour;
use super::say;
use super::table::table;
use crate::app::{App, Config, FIRST_BUREAU, Listen, Serving};
use crate::clock::{Clock, Stopwatch};
use crate::domain::command::Command;
use crate::lifecycle::Lifecycle;

/// What a tour is asked for.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Arguments {
    /// 演示结束即退出，不继续提供服务
    #[arg(long)]
    once: bool,
    /// 工作目录，须为空或者尚不存在；不填则用临时目录，结束时删除
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 虚构的历史件数
    #[arg(long, default_value_t = 14_291, value_parser = clap::value_parser!(u32).range(500..=100_000), value_name = "N")]
    items: u32,
}

/// Why a tour cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum DemoError {
    #[error("{0} 不是空目录；请另选目录，或先清空它")]
    NotEmpty(PathBuf),
    #[error("服务没有启动")]
    NotServing,
    #[error("演示已中止")]
    Stopped,
    #[error("演示没有按预期进行：{0}")]
    Unexpected(&'static str),
}

type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// The stages of a tour: each says its name, and how long it took is told at the end.
#[derive(Default)]
struct Stages(Vec<(&'static str, Duration)>);

impl Stages {
    /// Runs the next stage.
    async fn run<T>(&mut self, name: &'static str, stage: impl Future<Output = Done<T>>) -> Done<T> {
        say(&format!("\n【{}】{name}", self.0.len() + 1))?;
        let watch = Stopwatch::start();
        let made = stage.await?;
        self.0.push((name, watch.elapsed()));
        Ok(made)
    }

    fn times(&self) -> String {
        let row =
            |(name, took): &(&str, Duration)| [(*name).to_owned(), format!("{:.3}", took.as_secs_f64())];
        table(["步骤", "用时（秒）#"], self.0.iter().map(row))
    }
}

/// Runs the tour, then serves until a signal, or ends with `--once`.
pub(super) async fn run(arguments: Arguments, life: &Lifecycle) -> Done {
    let (dir, temporary) = directory(arguments.dir)?;
    let config = Config { data: dir, database: None };
    let ended = tokio::select! {
        ended = Box::pin(tour(&config, arguments.items, arguments.once, life)) => ended,
        () = life.stopping() => Err(DemoError::Stopped.into()),
    };
    let server = ended.inspect_err(|_| life.stop())?;
    if arguments.once {
        life.stop();
    } else if temporary.is_some() {
        say("数据在临时目录中，结束后删除；要保留请用 --dir 指定目录")?;
    }
    server.await??;
    Ok(())
}

/// The directory, and what removes it in the end when it is a temporary one.
fn directory(wanted: Option<PathBuf>) -> Done<(PathBuf, Option<tempfile::TempDir>)> {
    if let Some(dir) = wanted {
        if std::fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(DemoError::NotEmpty(dir).into());
        }
        return Ok((dir, None));
    }
    let temporary = tempfile::Builder::new().prefix("triage-demo-").tempdir()?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

type Server = tokio::task::JoinHandle<Result<(), crate::app::AppError>>;

/// All stages, in order; the server goes on serving.
async fn tour(config: &Config, items: u32, once: bool, life: &Lifecycle) -> Done<Server> {
    let bureau = FIRST_BUREAU;
    let mut stages = Stages::default();
    let app = App::open(config.clone(), Clock::System).await?;
    say("triage 演示：以下人员、商户、内容均为虚构。")?;
    let (dir, now) = (app.data().join("simulated"), app.clock.now());
    let make = async { Ok(history::make(&dir, items as usize, now)?) };
    let past = stages.run("模拟一个区两年的投诉举报", make).await?;
    say(&format!("平台导出文件、机构文件在 {}", dir.display()))?;
    let load =
        Box::pin(app.act(bureau, Command::LoadBureau { content: past.bureau_file().to_owned().into() }));
    stages.run("导入机构文件（单位、人员、辖区）", async { Ok(load.await?) }).await?;
    let bar = super::import::bar();
    let import = past.import(&app, bureau, life, bar);
    let (imported, like) = stages.run("导入平台导出文件", Box::pin(import)).await?;
    say(&format!("历史件 {} 件已办结，{} 件未办结：已评分、分送", imported.ended, imported.open))?;
    let (model, report) =
        stages.run("用办案人员的标注训练模型并启用", Box::pin(history::train(&app, bureau))).await?;
    let metrics = report.metrics;
    say(&format!("模型 {model}：按人交叉验证 PR-AUC {:.3}，ECE {:.3}", metrics.pr_auc, metrics.ece))?;

    let (server, address) = stages.run("启动服务（gRPC，仅本机）", Box::pin(serve(config, life))).await?;
    say(&format!("正在 {address} 提供服务"))?;
    let mut tour = Tour::new(&app, bureau, address).await?;
    let before = tour.loads().await?;
    let complaint = stages.run("登记系统送来一件投诉", tour.complain(&like)).await?;
    let report = stages.run("登记系统送来一件举报", tour.report()).await?;
    let between = tour.loads().await?;
    let complaint_held = stages.run("所里领取、签收投诉件", tour.take(&complaint)).await?;
    stages.run("办案人员对投诉件作出决定、认定并办结", tour.settle(complaint_held)).await?;
    let report_held = stages.run("所里领取、签收举报件", tour.take(&report)).await?;
    stages.run("办案人员对举报件作出决定并办结", tour.settle(report_held)).await?;
    stages.run("登记系统查询结果", tour.check([&complaint, &report])).await?;
    let after = tour.loads().await?;

    say("\n各单位每名在岗人员的未结工作量")?;
    say(&tour::loads_text(&before, &between, &after))?;
    say(&format!("\n各步骤用时\n{}", stages.times()))?;
    if !once {
        say(&tour.next_steps(&complaint)?)?;
    }
    Ok(server)
}

/// Serves on a free port of this machine, as `triage serve` would.
async fn serve(config: &Config, life: &Lifecycle) -> Done<(Server, Listen)> {
    let app = App::open(config.clone(), Clock::System).await?;
    let (started, listening) = tokio::sync::oneshot::channel();
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into();
    let serving = Serving { listen, tls: None, is_trial: false };
    let serving = app.serve(serving, life.clone(), move |address| {
        // Nobody is told only when the tour has ended already.
        let _ = started.send(address);
    });
    let server = tokio::spawn(serving);
    match listening.await {
        Ok(address) => Ok((server, address)),
        // It ended before it listened: its error says why.
        Err(_) => Err(server.await?.err().map_or_else(|| DemoError::NotServing.into(), Into::into)),
    }
}
