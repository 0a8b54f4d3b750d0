//! Servers as processes of their own, so that their CPU can be told apart: ours, and this binary in another role.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use sqlx::{Row as _, SqlitePool};
use tonic::metadata::{Ascii, MetadataValue};
use triage::app::{App, Config, FIRST_BUREAU};
use triage::clock::Clock;
use triage::domain::caller::Role;
use triage::domain::command::Command;
use triage::domain::text::Line;
use triage::features::{Direction, FEATURES, Feature, schema_hash};
use triage::model::artefact::{
    Artefact, Bent, FORMAT, MarkErrors, Metrics, Platt, Pointers, Source, TrainedOn,
};

use super::database::Bare;
use super::machine::Used;
use super::{Fallible, bare, load, postgres};

/// A database of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub(crate) const ALL: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];

    /// As printed.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Backend::Sqlite => "sqlite",
            Backend::Postgres => "postgres",
        }
    }
}

/// A database with a bureau, its roster, a champion and a caller.
#[derive(Clone)]
pub(crate) struct Ready {
    pub(crate) config: Config,
    pub(crate) token: MetadataValue<Ascii>,
    pub(crate) postmaster: Option<u32>,
}

impl Ready {
    /// Makes it in `directory`.
    pub(crate) async fn new(backend: Backend, directory: &Path) -> Fallible<Self> {
        let database = (backend == Backend::Postgres).then(postgres::fresh_database);
        let config = Config { data: directory.to_owned(), database };
        let app = App::open(config.clone(), Clock::System).await?;
        let content = include_str!("../../examples/kundulun.toml").to_owned();
        app.act(FIRST_BUREAU, Command::LoadBureau { content: content.into() }).await?;
        let (_, token) = app
            .add_caller(FIRST_BUREAU, Role::Intake, None, &Line::parse("bench").map_err(|e| e.zh)?)
            .await?;
        let token = format!("Bearer {token}").parse()?;
        let model = app.add_model(FIRST_BUREAU, &artefact()).await?;
        app.act(FIRST_BUREAU, Command::UseModel { model }).await?;
        app.context.store.close().await;
        let mut ready = Self { config, token, postmaster: None };
        if let Bare::Postgres(pool) = bare::open(&ready.url()).await? {
            let row = sqlx::query("SHOW data_directory").fetch_one(&pool).await?;
            let pid = PathBuf::from(row.try_get::<String, _>(0)?).join("postmaster.pid");
            ready.postmaster =
                Some(std::fs::read_to_string(pid)?.lines().next().unwrap_or_default().parse()?);
        }
        Ok(ready)
    }

    /// The database.
    pub(crate) fn url(&self) -> String {
        let file = || self.config.data.join("triage.db").display().to_string();
        self.config.database.clone().unwrap_or_else(file)
    }

    /// Our server on it. Items from `first` on have not been sent to it.
    pub(crate) fn ours(&self, first: u64) -> Fallible<Server> {
        let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
        process.arg("--data").arg(&self.config.data).args(["serve", "--listen", "127.0.0.1:0"]);
        if let Some(url) = &self.config.database {
            process.args(["--database", url]);
        }
        Server::start(process, self, first)
    }

    /// This binary in another role.
    pub(crate) fn role(&self, role: &str, arguments: &[&str]) -> Fallible<Server> {
        let mut process = Process::new(std::env::current_exe()?);
        process.arg(role).args(arguments);
        Server::start(process, self, 0)
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) token: MetadataValue<Ascii>,
    /// The next item that it has not seen.
    pub(crate) next: Arc<AtomicU64>,
    postmaster: Option<u32>,
    child: Child,
}

impl Server {
    fn start(mut process: Process, ready: &Ready, first: u64) -> Fallible<Self> {
        let mut child =
            process.env("RUST_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address = line.split_whitespace().find_map(|word| word.parse().ok());
        let address = address.ok_or_else(|| format!("it does not serve: {line}"))?;
        let (token, postmaster) = (ready.token.clone(), ready.postmaster);
        Ok(Self { address, token, next: Arc::new(AtomicU64::new(first)), postmaster, child })
    }

    /// CPU used so far.
    pub(crate) fn used(&self) -> Used {
        Used::now(self.child.id(), self.postmaster)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A SQLite database that holds what `count` real items left, and the receipt of one of them as a file.
pub(crate) async fn templates(directory: &Path, count: u64) -> Fallible<(PathBuf, PathBuf)> {
    let ready = Ready::new(Backend::Sqlite, &directory.join("templates")).await?;
    let server = ready.ours(0)?;
    load::submit(&server, count).await?;
    let receipt = directory.join("receipt");
    std::fs::write(&receipt, load::receipt(&server).await?)?;
    drop(server);
    let path = PathBuf::from(ready.url());
    let pool = SqlitePool::connect(&path.display().to_string()).await?;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await?;
    pool.close().await;
    Ok((path, receipt))
}

/// A model in which every feature says something.
fn artefact() -> Artefact {
    let bent = |feature: &Feature| {
        let sign = if feature.direction == Direction::LessSuspicious { -1.0 } else { 1.0 };
        let step = sign * feature.cap.unwrap_or(1.0).min(1.0) / 2.0;
        let cuts = vec![feature.most / 8.0, feature.most / 2.0];
        Bent { code: feature.code.to_owned(), cuts, steps: vec![step; 2], ..Bent::default() }
    };
    let pointers =
        FEATURES.iter().filter(|feature| feature.is_pointer()).map(|feature| feature.code.to_owned());
    Artefact {
        format: FORMAT,
        source: Source::Bureau,
        made_by: "a bench".to_owned(),
        schema_hash: schema_hash().to_owned(),
        features: FEATURES.iter().map(bent).collect(),
        pairs: Vec::new(),
        pointers: Pointers { codes: pointers.collect(), most: 3.0 },
        intercept: -3.0,
        ridge: 3.0,
        platt: Platt { a: 1.0, b: 0.0 },
        mark_errors: MarkErrors::default(),
        trained_on: TrainedOn {
            examples: 100,
            suspected: 40,
            findings: 100,
            clusters: 80,
            first: 1,
            last: 100,
        },
        metrics: Metrics { roc_auc: 0.9, pr_auc: 0.8, brier: 0.1, log_loss: 0.3, ece: 0.02 },
        compared: None,
        held_out: None,
        note: "made by hand for a bench".to_owned(),
    }
}
