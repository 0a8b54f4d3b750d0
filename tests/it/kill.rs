//! kill -9 at any moment: nothing acknowledged is lost, nothing stands twice, no file has two holders.
//!
//! The real binary serves real clients, is killed after a random number of answers and a random while, and is started
//! again on the same data. The clients are as a careful integrator writes them: a request without an answer is sent
//! again, unchanged, until it has one. So at the end of a round everything asked for is answered, and the bureau must
//! hold exactly what was answered - no less and no more.
//!
//! `TRIAGE_KILL_ROUNDS` sets the number of kills.

mod book;
mod office;

use std::collections::{BTreeSet, HashMap};
use std::process::Command as Process;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rstest::rstest;
use tokio::task::JoinSet;
use tonic::transport::Endpoint;
use triage::app::{App, Config, FIRST_BUREAU};
use triage::clock::{Clock, Stopwatch};
use triage::domain::caller::Role;
use triage::domain::command::Command;
use triage::domain::ids::UnitId;
use triage::domain::text::Line;
use triage::grpc::pb;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::submit_stream_response::Answer;

use crate::support::server::{Server, arguments};
use crate::support::{BUREAU, Backend, fresh};
use office::{Office, Tokens};

/// Answers after which a round's kill comes at the latest; 0 kills a server that has only just begun.
const ANSWERS_MOST: u32 = 600;
/// The kill comes this many turns of the scheduler later at most: a batch and more.
const TURNS_MOST: u32 = 20_000;
/// A round that takes longer hangs.
const ROUND_MOST: Duration = Duration::from_secs(300);

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_has_kept_all_it_acknowledged(#[case] backend: Backend) {
    let rounds = std::env::var("TRIAGE_KILL_ROUNDS").map_or(4, |rounds| rounds.parse().unwrap());
    let watch = Stopwatch::start();
    let (config, _directory) = fresh(backend);
    let tokens = prepare(&config).await;
    let office = Office::new(tokens);
    let mut server = Server::start(&config);
    for round in 0..rounds {
        let done = tokio::time::timeout(ROUND_MOST, office.round(&config, &mut server));
        done.await.unwrap_or_else(|_| panic!("round {round} hangs; {}", server.log()));
        let wrong = std::mem::take(&mut office.book.kept().wrong);
        assert!(wrong.is_empty(), "round {round}: {wrong:#?}\n{}", server.log());
    }
    office.check(0).await;
    let last = office.submit(office.book.next_item()).await.unwrap().receipt.unwrap().sequence;
    server.kill();

    let replayed = Process::new(env!("CARGO_BIN_EXE_triage"))
        .args(arguments(&config))
        .args(["replay", "--json"])
        .output()
        .unwrap();
    let replayed: serde_json::Value = serde_json::from_slice(&replayed.stdout).unwrap();
    assert_eq!(replayed["differences"].as_array().map(Vec::len), Some(0), "{replayed}");
    // As many events as the last one's number says: the sequence has no gap.
    assert_eq!(replayed["events"], last);
    let kept = office.book.kept();
    assert!(kept.wrong.is_empty(), "{:#?}", kept.wrong);
    eprintln!(
        "{backend:?}: {rounds} kills, {} submissions and {} events acknowledged, {} sent again, 0 violations, {:.1?}",
        kept.receipts.len(),
        kept.events_checked,
        kept.sent_again,
        watch.elapsed()
    );
}

/// Makes the database, the bureau and its callers.
async fn prepare(config: &Config) -> Tokens {
    let app = App::open(config.clone(), Clock::System).await.unwrap();
    // No lease may end during the longest run: then a file is leased once.
    let content = BUREAU.replace("lease_minutes = 10", "lease_minutes = 120");
    app.act(FIRST_BUREAU, Command::LoadBureau { content: content.into() }).await.unwrap();
    let mut tokens = HashMap::new();
    for (key, role, unit) in [
        ("intake", Role::Intake, None),
        ("east", Role::Unit, Some("east")),
        ("west", Role::Unit, Some("west")),
    ] {
        let unit = unit.map(|unit| UnitId::parse(unit).unwrap());
        let name = Line::parse("测试调用方").unwrap();
        let (_, token) = app.add_caller(FIRST_BUREAU, role, unit, &name).await.unwrap();
        tokens.insert(key, format!("Bearer {token}").parse().unwrap());
    }
    app.context.store.close().await;
    tokens
}

fn random(below: u32) -> u32 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).unwrap();
    u32::from_le_bytes(bytes) % below
}

impl Office {
    /// Load, kill, start, answers to everything that is still open, checks.
    async fn round(&self, config: &Config, server: &mut Server) {
        let known = self.book.kept().receipts.last_key_value().map_or(0, |(last, _)| *last);
        self.open(server).await;
        self.book.stopped.store(false, Ordering::SeqCst);
        let mut clients = JoinSet::new();
        for _ in 0..3 {
            clients.spawn(self.clone().submit_one_by_one());
        }
        clients.spawn(self.clone().submit_in_a_stream());
        for (unit, officers, track) in [
            ("east", ["e1", "e2"], pb::Track::Complaint),
            ("east", ["e2", "e1"], pb::Track::Complaint),
            ("east", ["e1", "e2"], pb::Track::Report),
            ("west", ["w1", "w1"], pb::Track::Complaint),
        ] {
            clients.spawn(self.clone().handle_files(unit, officers, track));
        }
        {
            let mut answers = self.answers.lock().await;
            while answers.try_recv().is_ok() {}
            for _ in 0..random(ANSWERS_MOST) {
                answers.recv().await;
            }
        }
        for _ in 0..random(TURNS_MOST) {
            tokio::task::yield_now().await;
        }
        server.kill();
        self.place.send_replace(None);
        self.book.stopped.store(true, Ordering::SeqCst);
        *server = Server::start(config);
        self.open(server).await;
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
        self.check(known).await;
    }

    async fn open(&self, server: &Server) {
        let endpoint = Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
        self.place.send_replace(Some(endpoint.connect().await.unwrap()));
    }

    /// Everything acknowledged since `known` stands, once, as it was acknowledged.
    async fn check(&self, known: i64) {
        self.check_receipts(known).await;
        self.check_changes().await;
        self.check_files().await;
    }

    /// Told again, under the request id of the first time or a new one, each gives the receipt of the first time.
    async fn check_receipts(&self, known: i64) {
        let receipts: Vec<_> =
            self.book.kept().receipts.range(known..).map(|(_, receipts)| receipts.clone()).collect();
        let mut sent_again = receipts.iter().map(|(request, receipt)| {
            let request_id = match receipt.sequence % 2 {
                0 => request.request_id.clone(),
                _ => self.book.request_id(),
            };
            pb::SubmitRequest { request_id, ..request.clone() }
        });
        let answers = self.stream(|| sent_again.next()).await;
        assert_eq!(answers.len(), receipts.len());
        let first: HashMap<_, _> =
            receipts.iter().map(|(_, receipt)| (&receipt.registration_number, receipt)).collect();
        for (request, answer) in answers {
            let number = request.submission.unwrap().registration_number;
            // The same request id gets the stored answer, another one the mark of a repeat.
            let repeat = first[&number].sequence % 2 != 0;
            let expected = pb::Receipt { repeat, ..first[&number].clone() };
            if answer != Some(Answer::Receipt(expected)) {
                self.book.wrong(format!("{number} was acknowledged, and is not as it was: {answer:?}"));
            }
        }
    }

    /// The feed of changes since the last look holds what was acknowledged since, in order, and nothing else.
    async fn check_changes(&self) {
        let mut receipts = BTreeSet::new();
        let mut last = (0, None);
        loop {
            let page_token = self.cursor.lock().unwrap().clone();
            let page = self
                .call(
                    "intake",
                    pb::ListChangesRequest { page_size: 1_000, page_token, wait: None },
                    |channel, q| async { IntakeServiceClient::new(channel).list_changes(q).await },
                )
                .await
                .unwrap();
            for change in page.changes {
                let at = change.recorded_at.map(|at| (at.seconds, at.nanos));
                if (change.sequence, at) < last || at < last.1 {
                    self.book.wrong(format!("the order of changes breaks at {}", change.sequence));
                }
                last = (change.sequence, at);
                let file = change.file.clone().unwrap_or_default();
                if !receipts.insert((change.sequence, change.kind, file)) {
                    self.book.wrong(format!("told twice: {change:?}"));
                }
            }
            *self.cursor.lock().unwrap() = page.cursor;
            if page.next_page_token.is_empty() {
                break;
            }
        }
        let mut kept = self.book.kept();
        let done = std::mem::take(&mut kept.events);
        kept.events_checked += done.len();
        let lost =
            done.difference(&receipts).map(|event| format!("acknowledged, and not in the log: {event:?}"));
        let odd =
            receipts.difference(&done).map(|event| format!("in the log, and not acknowledged: {event:?}"));
        let wrong: Vec<_> = lost.chain(odd).collect();
        kept.wrong.extend(wrong);
    }

    /// Every file that was pulled since the last look is where its last acknowledged verb left it, in one pair of hands.
    async fn check_files(&self) {
        let files = std::mem::take(&mut self.book.kept().files);
        for (name, (token, status, officer)) in files {
            let number = name.split('/').nth(1).unwrap().to_owned();
            let request = pb::GetSubmissionRequest { registration_number: number };
            let shown = self
                .call("intake", request, |channel, q| async move {
                    IntakeServiceClient::new(channel).get_submission(q).await
                })
                .await
                .unwrap();
            let file = shown.files.into_iter().find(|file| file.name == name).unwrap();
            let state = file.state.unwrap();
            if (state.token, state.status(), &state.officer) != (Some(token), status, &officer) {
                self.book.wrong(format!("{name}: {token} {status:?} {officer:?}, but {state:?}"));
            }
            self.book.kept().leased.insert(name);
        }
    }
}
