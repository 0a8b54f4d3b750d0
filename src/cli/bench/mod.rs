//! `triage bench`: drives a running server over gRPC as the 12315 intake system would, and says what it measured.

mod load;

use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use self::load::{Measured, load};
use super::sample::{Mix, Samples};
use super::table::{or_dash, table};
use crate::domain::violation::Invalid;
use crate::grpc::client::ClientError;
use crate::grpc::target::{Target, TlsOptions};
use crate::lifecycle::Lifecycle;

/// How long is measured when neither time nor count is given.
const SECONDS: u64 = 10;

/// What a run is asked for.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    #[arg(help = "服务地址：主机:端口、https://主机:端口 或者 unix:/路径")]
    #[arg(long, default_value = "127.0.0.1:50051", value_name = "ADDR")]
    address: String,
    /// 签发服务证书的机构的证书（PEM），以 TLS 连接
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// 客户端证书（PEM），服务要求时使用
    #[arg(long, value_name = "FILE", requires_all = ["tls_ca", "tls_key"])]
    tls_cert: Option<PathBuf>,
    /// 客户端证书的私钥（PEM）
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    #[arg(help = "存有登记系统访问令牌的文件；不填则读取 TRIAGE_TOKEN")]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// 计划每秒件数，如 200；不填则收到答复后再发下一件
    #[arg(long, value_name = "N/s", value_parser = rate)]
    rate: Option<u32>,
    /// 同时未答复的件数上限［默认 32，有 --rate 时 1024］
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=4096), value_name = "N")]
    concurrency: Option<u16>,
    /// 发送多少秒［默认 10，有 --count 时不限］
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=86_400), value_name = "N")]
    seconds: Option<u64>,
    /// 最多发送多少件
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..), value_name = "N")]
    count: Option<u64>,
    /// 用流（SubmitStream）发送，每个连接一条流
    #[arg(long)]
    streamed: bool,
    /// 投诉、举报和两者兼有的比例
    #[arg(long, default_value = "complaints=83,reports=17", value_name = "SHARES")]
    mix: Mix,
    /// 输出 JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// Whether JSON is to be printed.
    pub(super) fn json(&self) -> bool {
        self.json
    }
}

/// `200` or `200/s`.
fn rate(text: &str) -> Result<u32, String> {
    let rate = text.strip_suffix("/s").unwrap_or(text).parse();
    rate.ok().filter(|rate| (1..=100_000).contains(rate)).ok_or_else(|| "应为每秒 1 至 100000 件".to_owned())
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// There is no token.
    #[error("没有访问令牌：请用 --token-file 指明存有登记系统访问令牌的文件，或设置 TRIAGE_TOKEN")]
    NoToken,
    /// The token's file.
    #[error("{path}：{source}")]
    TokenFile {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A made-up submission is not one.
    #[error("生成的登记件无效：{}", .0.zh)]
    Sample(Invalid),
    /// Chance.
    #[error("无法取得随机数")]
    Random(#[from] getrandom::Error),
    /// The measure itself.
    #[error("无法建立时延统计")]
    Histogram,
    /// The server.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// A run, decided.
struct Options {
    target: Target,
    token: String,
    rate: Option<u32>,
    concurrency: usize,
    seconds: Option<Duration>,
    count: Option<u64>,
    streamed: bool,
}

impl Options {
    fn new(arguments: &Arguments, token: String) -> Result<Self, BenchError> {
        let Arguments { rate, seconds, count, streamed, .. } = *arguments;
        let seconds = seconds.or(count.is_none().then_some(SECONDS)).map(Duration::from_secs);
        let concurrency = arguments.concurrency.unwrap_or(if rate.is_some() { 1_024 } else { 32 });
        let Arguments { address, tls_ca, tls_cert, tls_key, .. } = arguments;
        let identity = tls_cert.clone().zip(tls_key.clone());
        let target = Target::new(address, &TlsOptions { authority: tls_ca.clone(), identity })?;
        Ok(Self { target, token, rate, concurrency: concurrency.into(), seconds, count, streamed })
    }

    /// Time between two planned starts.
    fn every(&self) -> Option<Duration> {
        self.rate.map(|rate| Duration::from_secs(1) / rate)
    }

    /// Items at most: the count, or what the plan holds.
    fn most(&self) -> u64 {
        let planned = self.rate.zip(self.seconds).map(|(rate, seconds)| u64::from(rate) * seconds.as_secs());
        self.count.unwrap_or(u64::MAX).min(planned.unwrap_or(u64::MAX))
    }
}

/// What a run came to.
#[derive(Debug, serde::Serialize)]
pub struct Outcome {
    /// What the registration numbers of this run begin with.
    pub numbers: String,
    /// Streams, or single calls.
    pub streamed: bool,
    /// Planned items a second; none when the loop was closed.
    pub planned_per_s: Option<u32>,
    /// Items without an answer at once, at most.
    pub concurrency: usize,
    /// Items sent.
    pub sent: u64,
    /// Items with a receipt: they are in, durably.
    pub accepted: u64,
    /// From the first start to the last answer, in seconds.
    pub seconds: f64,
    /// Receipts a second.
    pub accepted_per_s: f64,
    /// Time to the receipt in milliseconds: p50, p90, p99, p99.9, max; none without a receipt.
    pub waited_ms: Option<[f64; 5]>,
    /// Items without a receipt, by gRPC code.
    pub errors: std::collections::BTreeMap<String, u64>,
    /// Share of the CPU time that the hypervisor took for others, in percent; none where it is not told.
    pub steal_percent: Option<f64>,
}

/// Runs a bench until its end or a signal; what was measured so far is told in both cases.
pub async fn run(arguments: &Arguments, life: &Lifecycle) -> Result<Outcome, BenchError> {
    let options = Options::new(arguments, token(arguments.token_file.as_deref())?)?;
    let mut samples = Samples::new(arguments.mix)?;
    let numbers = samples.prefix();
    let before = cpu();
    let measured = load(&options, &mut samples, life, bar(&options)).await?;
    let steal_percent = before.zip(cpu()).and_then(|(before, after)| steal(before, after));
    let Measured { waited_us, errors, sent, took } = measured;
    let at = |quantile| waited_us.value_at_quantile(quantile) as f64 / 1_000.0;
    let percentiles = [0.5, 0.9, 0.99, 0.999].map(at);
    let [p50, p90, p99, p999] = percentiles;
    let most = waited_us.max() as f64 / 1_000.0;
    let seconds = took.as_secs_f64();
    Ok(Outcome {
        numbers,
        streamed: options.streamed,
        planned_per_s: options.rate,
        concurrency: options.concurrency,
        sent,
        accepted: waited_us.len(),
        seconds,
        accepted_per_s: if seconds > 0.0 { waited_us.len() as f64 / seconds } else { 0.0 },
        waited_ms: (!waited_us.is_empty()).then_some([p50, p90, p99, p999, most]),
        errors,
        steal_percent,
    })
}

/// What a run prints: a table, or JSON.
pub fn text(outcome: &Outcome, json: bool) -> Result<String, serde_json::Error> {
    if json {
        return serde_json::to_string_pretty(outcome);
    }
    let Outcome { sent, accepted, seconds, accepted_per_s, concurrency, .. } = outcome;
    let way = if outcome.streamed { "流式登记" } else { "逐件登记" };
    let pace = match outcome.planned_per_s {
        Some(rate) => format!("计划每秒 {rate} 件，时延自计划发出时刻起算"),
        None => format!("{concurrency} 件在途，收到答复再发下一件"),
    };
    let ms =
        |at: usize| or_dash(outcome.waited_ms.and_then(|waited| waited.get(at).map(|ms| format!("{ms:.2}"))));
    let rows = [
        ["发出（件）".to_owned(), sent.to_string()],
        ["已登记入库（件）".to_owned(), accepted.to_string()],
        ["用时（秒）".to_owned(), format!("{seconds:.2}")],
        ["每秒入库（件）".to_owned(), format!("{accepted_per_s:.1}")],
        ["时延 p50（毫秒）".to_owned(), ms(0)],
        ["时延 p90（毫秒）".to_owned(), ms(1)],
        ["时延 p99（毫秒）".to_owned(), ms(2)],
        ["时延 p99.9（毫秒）".to_owned(), ms(3)],
        ["时延 最大（毫秒）".to_owned(), ms(4)],
        [
            "CPU 被占用 steal（%）".to_owned(),
            or_dash(outcome.steal_percent.map(|steal| format!("{steal:.1}"))),
        ],
    ];
    let errors =
        outcome.errors.iter().map(|(code, items)| [format!("未入库 {code}（件）"), items.to_string()]);
    let table = table(["", "数值#"], rows.into_iter().chain(errors));
    Ok(format!("{way}：{pace}\n登记编号以 {} 开头\n{table}", outcome.numbers))
}

fn token(file: Option<&Path>) -> Result<String, BenchError> {
    let token = match file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|source| BenchError::TokenFile { path: path.to_owned(), source })?,
        None => std::env::var("TRIAGE_TOKEN").unwrap_or_default(),
    };
    let token = token.trim();
    if token.is_empty() { Err(BenchError::NoToken) } else { Ok(token.to_owned()) }
}

/// To standard error, and only where that is a terminal.
fn bar(options: &Options) -> ProgressBar {
    let known = options.most();
    let (bar, style) = if known == u64::MAX {
        (ProgressBar::new_spinner(), "{spinner} 已答复 {pos} 件，{elapsed}，每秒 {per_sec}")
    } else {
        (ProgressBar::new(known), "[{wide_bar}] {pos}/{len} 件 {elapsed}")
    };
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Jiffies of all processors so far: taken by others, and in all. None where the system does not tell.
fn cpu() -> Option<(u64, u64)> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let times: Vec<u64> =
        stat.lines().next()?.split_whitespace().skip(1).map_while(|time| time.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user already.
    Some((*times.get(7)?, times.iter().take(8).sum()))
}

fn steal(before: (u64, u64), after: (u64, u64)) -> Option<f64> {
    let all = after.1.checked_sub(before.1).filter(|all| *all > 0)?;
    Some(100.0 * after.0.checked_sub(before.0)? as f64 / all as f64)
}
