//! Managers pulling beside intake (promise 7; claims and wake-up of section 6 of the design): 150 officers of 15 stations,
//! each a client with a token of its own, on both databases.
//!
//! `cargo bench --bench pull [sqlite|postgres]`. TRIAGE_BENCH_SECONDS is the length of a window, TRIAGE_BENCH_RATE how
//! many submissions a second come while the officers wait, TRIAGE_BENCH_DAYS over how many days up to now they were received:
//! of ten a fifth or so is of class A, of a hundred nearly all.
//!
//! The 150 clients share the machine with the server. What a claim takes of the server and its database is told in CPU, and
//! of how many cores the clients left them little: where all are busy, claims a second tell of the machine. `waiting` windows begin
//! with empty queues, and a wake-up is from the answer to a submission to the answer to the pull that holds its file; of a `backlog`
//! claims alone are told, for nobody waits there.

#![expect(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::result_large_err,
    reason = "a bench is measured, not shipped"
)]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[expect(dead_code, reason = "each bench uses its part of what they share")]
mod common;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use triage::app::{App, FIRST_BUREAU};
use triage::clock::{Clock, Stopwatch, pause, planned_starts};
use triage::domain::caller::Role;
use triage::domain::command::Command;
use triage::domain::ids::UnitId;
use triage::domain::text::Line;
use triage::grpc::pb;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::unit_service_client::UnitServiceClient;

use common::database::Bare;
use common::items::item;
use common::machine::seconds_of;
use common::server::{Backend, Ready, Server};
use common::{Fallible, bare, setting};

const STATIONS: usize = 15;
const OFFICERS: usize = 10;
/// Open complaints that the first station may have, in work units.
const CAPACITY: i64 = 400;
/// Files that wait before officers pull as fast as they can.
const BACKLOG: u64 = 16_000;

fn main() -> Fallible<()> {
    let filter = std::env::args().skip(1).find(|argument| argument != "--bench").unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    println!(
        "{:<35} {:>8} {:>8} {:>6} {:>23} {:>8} {:>14} {:>5} {:>8} {:>5}",
        "",
        "claims/s",
        "signed/s",
        "in/s",
        "wake-up ms p50/p99/max",
        "us/claim",
        "cores srv/bench",
        "twice",
        "too full",
        "steal"
    );
    for backend in Backend::ALL.into_iter().filter(|backend| backend.word().contains(&filter)) {
        runtime.block_on(measure(backend))?;
    }
    Ok(())
}

async fn measure(backend: Backend) -> Fallible<()> {
    let directory = tempfile::tempdir()?;
    let ready = Ready::new(backend, directory.path()).await?;
    let officers = officers(&ready).await?;
    let server = ready.ours(0)?;
    let window = Duration::from_secs(setting("TRIAGE_BENCH_SECONDS", 5));
    let rate = setting("TRIAGE_BENCH_RATE", 150);
    let mut hall = Hall::new(&server, &officers).await?;
    for (name, most, sign, intake, backlog) in [
        ("waiting, 1 a pull", 1, false, Intake::Planned(rate), false),
        ("waiting, 5 a pull, signed", 5, true, Intake::Planned(rate), false),
        ("waiting, full intake, 1 a pull", 1, false, Intake::Full, false),
        ("waiting, full intake, 5, signed", 5, true, Intake::Full, false),
        ("backlog, 1 a pull", 1, false, Intake::None, true),
        ("backlog, 5 a pull", 5, false, Intake::None, true),
        ("backlog, 1 a pull, signed", 1, true, Intake::None, true),
        ("backlog, full intake, 1 a pull", 1, false, Intake::Full, true),
        ("backlog, full intake, 5, signed", 5, true, Intake::Full, true),
    ] {
        if backlog {
            hall.file(BACKLOG).await?;
        }
        let seen = hall.window(&server, most, sign, intake, window).await?;
        let (twice, full) = (hall.twice(), too_full(&ready).await?);
        let [p50, p99, max] = seen.woken_ms;
        // Where files wait for officers, nobody is woken.
        let woken =
            if backlog || p50.is_nan() { "-".to_owned() } else { format!("{p50:.1} / {p99:.1} / {max:.1}") };
        println!(
            "{:<35} {:>8.0} {:>8.0} {:>6.0} {woken:>23} {:>8.0} {:>15} {twice:>5} {full:>8} {:>4.1}%",
            format!("{} {name}", backend.word()),
            seen.claims,
            seen.signed,
            seen.submitted,
            seen.serving * 1e6 / seen.claims,
            format!("{:.2} / {:.2}", seen.serving, seen.asking),
            seen.steal,
        );
        if twice > 0 || full > 0 {
            return Err("a promise is broken".into());
        }
    }
    Ok(())
}

/// Fifteen stations, a street each, ten officers each; and a client's token for every officer.
async fn officers(ready: &Ready) -> Fallible<Vec<(String, MetadataValue<Ascii>)>> {
    let mut content =
        "[bureau]\nname = \"测试区\"\n[[unit]]\nid = \"reception\"\nname = \"接收\"\nkind = \"reception\"\n"
            .to_owned();
    for station in 0..STATIONS {
        content += &format!("[[unit]]\nid = \"s{station}\"\nname = \"{station}所\"\nkind = \"station\"\n");
        if station == 0 {
            content += &format!("capacity = {{ complaint = {CAPACITY}.0 }}\n");
        }
        for officer in 0..OFFICERS {
            content += &format!(
                "[[officer]]\nid = \"s{station}-{officer}\"\nname = \"甲\"\nunit = \"s{station}\"\n"
            );
        }
        content += &format!(
            "[[subdistrict]]\ncode = \"9999990{station:02}\"\nname = \"{}\"\nstation = \"s{station}\"\n",
            street(station)
        );
    }
    let app = App::open(ready.config.clone(), Clock::System).await?;
    app.act(FIRST_BUREAU, Command::LoadBureau { content: content.into() }).await?;
    let mut tokens = Vec::new();
    for (station, officer) in
        (0..STATIONS).flat_map(|station| (0..OFFICERS).map(move |officer| (station, officer)))
    {
        let name = Line::parse("officer").map_err(|error| error.zh)?;
        let unit = UnitId::parse(&format!("s{station}")).map_err(|error| error.zh)?;
        let (_, token) = app.add_caller(FIRST_BUREAU, Role::Unit, Some(unit), &name).await?;
        tokens.push((format!("s{station}-{officer}"), format!("Bearer {token}").parse()?));
    }
    app.context.store.close().await;
    Ok(tokens)
}

fn street(station: usize) -> String {
    let names = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸", "子", "丑", "寅", "卯", "辰"];
    format!("{}林路街道", names[station])
}

/// A complaint against a shop in the street of some station.
fn complaint(index: u64) -> pb::Submission {
    let mut item = item(index);
    item.complaint = item.complaint.or(item.report.take());
    item.report = None;
    let shop = format!("示例{}号商行", index % 7_919);
    let premises = format!("{}{}号", street((index % STATIONS as u64) as usize), index % 300 + 1);
    item.respondent =
        Some(pb::Respondent { name: Some(shop), premises: Some(premises), ..pb::Respondent::default() });
    let days = setting("TRIAGE_BENCH_DAYS", 10);
    let ago = index / STATIONS as u64 % days * 86_400 + 3_600;
    let time = prost_types::Timestamp { seconds: Clock::System.now().seconds() - ago as i64, nanos: 0 };
    item.received = Some(pb::Moment { moment: Some(pb::moment::Moment::Time(time)) });
    item
}

/// What comes in meanwhile.
#[derive(Clone, Copy)]
enum Intake {
    None,
    /// So many a second.
    Planned(u64),
    /// As fast as it is taken.
    Full,
}

/// What a window came to, a second.
struct Seen {
    claims: f64,
    signed: f64,
    submitted: f64,
    woken_ms: [f64; 3],
    /// CPU of the server and its database, and of this process.
    serving: f64,
    asking: f64,
    /// Share of the machine that the hypervisor took, in percent.
    steal: f64,
}

/// Everybody at their clients.
struct Hall {
    intake: Client,
    officers: Vec<(String, Client)>,
    book: Arc<Book>,
}

#[derive(Clone)]
struct Client {
    channel: Channel,
    token: MetadataValue<Ascii>,
}

/// Who was told what and when, by the watch of this process.
struct Book {
    watch: Stopwatch,
    next: AtomicU64,
    requests: AtomicU64,
    submitted: AtomicU64,
    claims: AtomicU64,
    signed: AtomicU64,
    stop: AtomicBool,
    /// When intake was told that a number is in, when an officer got it, and how often.
    answered: Mutex<HashMap<String, Duration>>,
    got: Mutex<HashMap<String, (Duration, u32)>>,
}

impl Client {
    async fn new(server: &Server, token: &MetadataValue<Ascii>) -> Fallible<Self> {
        let endpoint = Endpoint::from_shared(format!("http://{}", server.address))?;
        Ok(Self { channel: endpoint.tcp_nodelay(true).connect().await?, token: token.clone() })
    }

    fn ask<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.token.clone());
        request
    }
}

impl Hall {
    async fn new(server: &Server, tokens: &[(String, MetadataValue<Ascii>)]) -> Fallible<Self> {
        let mut officers = Vec::new();
        for (officer, token) in tokens {
            officers.push((officer.clone(), Client::new(server, token).await?));
        }
        let zero = AtomicU64::default;
        let book = Book {
            watch: Stopwatch::start(),
            next: zero(),
            requests: zero(),
            submitted: zero(),
            claims: zero(),
            signed: zero(),
            stop: AtomicBool::new(false),
            answered: Mutex::default(),
            got: Mutex::default(),
        };
        Ok(Self { intake: Client::new(server, &server.token).await?, officers, book: Arc::new(book) })
    }

    /// Files so many, without a look at the time.
    async fn file(&self, count: u64) -> Fallible<()> {
        let until = self.book.next.load(Ordering::Relaxed) + count;
        let mut tasks = JoinSet::new();
        for _ in 0..256 {
            tasks.spawn(submit_until(self.intake.clone(), Arc::clone(&self.book), until));
        }
        while let Some(task) = tasks.join_next().await {
            task??;
        }
        Ok(())
    }

    async fn window(
        &mut self,
        server: &Server,
        most: i32,
        sign: bool,
        intake: Intake,
        window: Duration,
    ) -> Fallible<Seen> {
        let book = &self.book;
        book.stop.store(false, Ordering::Relaxed);
        let mut tasks: JoinSet<Fallible<()>> = JoinSet::new();
        for (officer, client) in &self.officers {
            tasks.spawn(pull(client.clone(), officer.clone(), most, sign, Arc::clone(book)));
        }
        pause(Duration::from_millis(500)).await;
        match intake {
            Intake::None => {}
            Intake::Planned(rate) => {
                let most = rate * (window.as_secs() + 2);
                let starts = planned_starts(Duration::from_secs(1) / u32::try_from(rate)?, most);
                tasks.spawn(submit_planned(self.intake.clone(), Arc::clone(book), starts));
            }
            Intake::Full => {
                for _ in 0..128 {
                    tasks.spawn(submit_until(self.intake.clone(), Arc::clone(book), u64::MAX));
                }
            }
        }
        pause(Duration::from_millis(500)).await;
        let count =
            || [&book.claims, &book.signed, &book.submitted].map(|counter| counter.load(Ordering::Relaxed));
        let cpu = || (server.used(), seconds_of(std::process::id()));
        let (watch, before, from, cpu_before) = (Stopwatch::start(), count(), book.watch.elapsed(), cpu());
        pause(window).await;
        let (after, seconds, (used, asked)) = (count(), watch.elapsed().as_secs_f64(), cpu());
        book.stop.store(true, Ordering::Relaxed);
        while let Some(task) = tasks.join_next().await {
            task??;
        }
        let each = |at: usize| (after[at] - before[at]) as f64 / seconds;
        let used = used.since(cpu_before.0);
        Ok(Seen {
            claims: each(0),
            signed: each(1),
            submitted: each(2),
            woken_ms: book.woken(from),
            serving: (used.server + used.database) / seconds,
            asking: (asked - cpu_before.1) / seconds,
            steal: used.steal(),
        })
    }

    /// Files that two pulls gave.
    fn twice(&self) -> usize {
        self.book.got.lock().unwrap().values().filter(|(_, times)| *times > 1).count()
    }
}

impl Book {
    /// Median, 99th percentile and most of the time from the answer to a submission to the answer to the pull that holds
    /// its file, of what came in since.
    fn woken(&self, from: Duration) -> [f64; 3] {
        let got = self.got.lock().unwrap();
        let answered = self.answered.lock().unwrap();
        let since = answered.iter().filter(|(_, at)| **at >= from);
        let waited = since.filter_map(|(number, at)| Some(got.get(number)?.0.saturating_sub(*at)));
        let mut waited: Vec<f64> = waited.map(|waited| waited.as_secs_f64() * 1e3).collect();
        waited.sort_by(f64::total_cmp);
        let at = |share: f64| waited.get((waited.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
        [at(0.5), at(0.99), waited.last().copied().unwrap_or(f64::NAN)]
    }

    fn request_id(&self) -> String {
        format!("bench-{}", self.requests.fetch_add(1, Ordering::Relaxed))
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

async fn submit_until(client: Client, book: Arc<Book>, until: u64) -> Fallible<()> {
    let mut intake = IntakeServiceClient::new(client.channel.clone());
    while until < u64::MAX || !book.is_over() {
        let index = book.next.fetch_add(1, Ordering::Relaxed);
        if index >= until {
            return Ok(());
        }
        submit(&mut intake, &client, &book, index, until == u64::MAX).await?;
    }
    Ok(())
}

async fn submit(
    intake: &mut IntakeServiceClient<Channel>,
    client: &Client,
    book: &Book,
    index: u64,
    noted: bool,
) -> Fallible<()> {
    let submission = complaint(index);
    let number = submission.registration_number.clone();
    let request_id = format!("submit-{index:013}");
    intake.submit(client.ask(pb::SubmitRequest { request_id, submission: Some(submission) })).await?;
    book.submitted.fetch_add(1, Ordering::Relaxed);
    if noted {
        book.answered.lock().unwrap().insert(number, book.watch.elapsed());
    }
    Ok(())
}

async fn submit_planned(
    client: Client,
    book: Arc<Book>,
    mut starts: tokio::sync::mpsc::Receiver<Stopwatch>,
) -> Fallible<()> {
    let mut tasks: JoinSet<Fallible<()>> = JoinSet::new();
    while !book.is_over() && starts.recv().await.is_some() {
        let (client, book) = (client.clone(), Arc::clone(&book));
        tasks.spawn(async move {
            let mut intake = IntakeServiceClient::new(client.channel.clone());
            let index = book.next.fetch_add(1, Ordering::Relaxed);
            submit(&mut intake, &client, &book, index, true).await
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(())
}

/// An officer pulls, waiting where nothing is there, and signs for what came: at once if that is wanted, or else when the
/// window is over.
async fn pull(client: Client, officer: String, most: i32, sign: bool, book: Arc<Book>) -> Fallible<()> {
    let mut unit = UnitServiceClient::new(client.channel.clone());
    let mut unsigned = Vec::new();
    while !book.is_over() {
        let request = pb::PullRequest {
            request_id: book.request_id(),
            officer: officer.clone(),
            track: pb::Track::Complaint as i32,
            max_files: most,
            wait: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
        };
        let files = unit.pull(client.ask(request)).await?.into_inner().files;
        let at = book.watch.elapsed();
        book.claims.fetch_add(files.len() as u64, Ordering::Relaxed);
        {
            let mut got = book.got.lock().unwrap();
            for file in &files {
                let known = got.entry(file.registration_number.clone()).or_insert((at, 0));
                known.1 += 1;
            }
        }
        unsigned.extend(files);
        if sign {
            sign_for(&mut unit, &client, &officer, &book, unsigned.drain(..)).await?;
        }
    }
    sign_for(&mut unit, &client, &officer, &book, unsigned.into_iter()).await
}

async fn sign_for(
    unit: &mut UnitServiceClient<Channel>,
    client: &Client,
    officer: &str,
    book: &Book,
    files: impl Iterator<Item = pb::File>,
) -> Fallible<()> {
    for file in files {
        let request = pb::SignForRequest {
            request_id: book.request_id(),
            file: file.name.clone(),
            officer: officer.to_owned(),
            token: file.state.as_ref().and_then(|state| state.token).unwrap_or_default(),
        };
        unit.sign_for(client.ask(request)).await?;
        book.signed.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Stations with more open complaints than their capacity.
async fn too_full(ready: &Ready) -> Fallible<i64> {
    let sql = "SELECT COUNT(*) FROM unit_load WHERE unit = 's0' AND track = 0 AND open_centiunits > $1";
    let most = CAPACITY * 100;
    Ok(match bare::open(&ready.url()).await? {
        Bare::Sqlite(pool) => sqlx::query_scalar(sql).bind(most).fetch_one(&pool).await?,
        Bare::Postgres(pool) => sqlx::query_scalar(sql).bind(most).fetch_one(&pool).await?,
    })
}
