//! The servers beside ours: an echo, and one that writes the same rows in the same batches without a thought.

use std::path::PathBuf;
use std::pin::Pin;
use std::str::FromStr as _;
use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};
use triage::clock::Clock;
use triage::grpc::pb;
use triage::grpc::pb::intake_service_server::{IntakeService, IntakeServiceServer};
use triage::grpc::pb::submit_stream_response::Answer;

use super::Fallible;
use super::database::Bare;
use super::rows::{Item, Templates};

/// Items settled in one transaction, as ours.
const BATCH_MOST: usize = 256;

/// One item that waits for its commit.
struct Job {
    request_id: String,
    number: String,
    received: i64,
    reply: oneshot::Sender<i64>,
}

/// Answers with a stored receipt: at once, or after the commit of the item's rows.
#[derive(Clone)]
struct Plain {
    receipt: Arc<pb::Receipt>,
    lane: Option<mpsc::Sender<Job>>,
}

/// Opens a database with the options of ours.
pub(crate) async fn open(url: &str) -> Fallible<Bare> {
    if url.starts_with("postgres://") {
        let options =
            PgConnectOptions::from_str(url)?.statement_cache_capacity(512).options(triage::store::PLANNING);
        let pool = PgPoolOptions::new().max_connections(2).test_before_acquire(false);
        return Ok(Bare::Postgres(pool.connect_with(options).await?));
    }
    let options = SqliteConnectOptions::new()
        .filename(url)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", "4000")
        .pragma("cache_size", "-65536")
        .pragma("mmap_size", "268435456")
        .statement_cache_capacity(512);
    let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
    Ok(Bare::Sqlite(pool.connect_with(options).await?))
}

/// Serves until it is killed; says where on its first line. `database` and `templates` make it write.
pub(crate) async fn serve(
    receipt: PathBuf,
    store: Option<(String, PathBuf)>,
    say: impl FnOnce(std::net::SocketAddr),
) -> Fallible<()> {
    let receipt = Arc::new(prost::Message::decode(std::fs::read(receipt)?.as_slice())?);
    let lane = match store {
        None => None,
        Some((url, templates)) => {
            let templates = open(&templates.display().to_string()).await?;
            let Bare::Sqlite(templates) = templates else { return Err("templates are a SQLite file".into()) };
            let templates = Templates::read(&templates).await?;
            let bare = open(&url).await?;
            let (lane, jobs) = mpsc::channel(1_024);
            tokio::spawn(async move {
                if let Err(error) = settle(bare, templates, jobs).await {
                    tracing::error!(%error, "the bare server cannot write");
                }
            });
            Some(lane)
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(listener.local_addr()?);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let service = IntakeServiceServer::new(Plain { receipt, lane });
    Server::builder().add_service(service).serve_with_incoming(incoming).await?;
    Ok(())
}

/// Takes what waited while the last commit ran, commits once, then replies.
async fn settle(bare: Bare, templates: Templates, mut waiting: mpsc::Receiver<Job>) -> Fallible<()> {
    // Above what making the bureau left.
    let mut last = templates.first - 1;
    let mut jobs = Vec::with_capacity(BATCH_MOST);
    while waiting.recv_many(&mut jobs, BATCH_MOST).await > 0 {
        let (mut items, mut replies) = (Vec::new(), Vec::new());
        for Job { request_id, number, received, reply } in jobs.drain(..) {
            last += 1;
            items.push(Item { sequence: last, number, request_id, received, ended: false });
            replies.push((reply, last));
        }
        bare.write(&templates, &items, Clock::System.now().0).await?;
        for (reply, sequence) in replies {
            // The caller may have gone.
            let _ = reply.send(sequence);
        }
    }
    Ok(())
}

impl Plain {
    async fn take(
        &self,
        request_id: String,
        submission: Option<pb::Submission>,
    ) -> Result<pb::Receipt, Status> {
        let submission = submission.ok_or_else(|| Status::invalid_argument("no submission"))?;
        let mut receipt = pb::Receipt::clone(&self.receipt);
        if let Some(lane) = &self.lane {
            let received = match submission.received.and_then(|received| received.moment) {
                Some(pb::moment::Moment::Time(time)) => time.seconds,
                _ => return Err(Status::invalid_argument("no time")),
            };
            let (reply, answer) = oneshot::channel();
            let job = Job { request_id, number: submission.registration_number, received, reply };
            lane.send(job).await.map_err(|_| Status::unavailable("closed"))?;
            receipt.sequence = answer.await.map_err(|_| Status::unavailable("closed"))?;
        } else {
            receipt.registration_number = submission.registration_number;
        }
        Ok(receipt)
    }
}

type Answers = Pin<Box<dyn Stream<Item = Result<pb::SubmitStreamResponse, Status>> + Send>>;

#[tonic::async_trait]
impl IntakeService for Plain {
    type SubmitStreamStream = Answers;

    async fn submit(
        &self,
        request: Request<pb::SubmitRequest>,
    ) -> Result<Response<pb::SubmitResponse>, Status> {
        let pb::SubmitRequest { request_id, submission } = request.into_inner();
        let receipt = Some(self.take(request_id, submission).await?);
        Ok(Response::new(pb::SubmitResponse { receipt }))
    }

    async fn submit_stream(
        &self,
        request: Request<Streaming<pb::SubmitStreamRequest>>,
    ) -> Result<Response<Answers>, Status> {
        let mut items = request.into_inner();
        let (sender, answers) = mpsc::channel(256);
        let plain = self.clone();
        tokio::spawn(async move {
            while let Some(Ok(item)) = items.next().await {
                let (plain, sender) = (plain.clone(), sender.clone());
                tokio::spawn(async move {
                    let pb::SubmitStreamRequest { request_id, submission } = item;
                    let receipt = plain.take(request_id.clone(), submission).await;
                    let answer = receipt.map(|receipt| pb::SubmitStreamResponse {
                        request_id,
                        answer: Some(Answer::Receipt(receipt)),
                    });
                    // The client may have gone.
                    let _ = sender.send(answer).await;
                });
            }
        });
        Ok(Response::new(Box::pin(tokio_stream::wrappers::ReceiverStream::new(answers))))
    }

    async fn amend(&self, _: Request<pb::AmendRequest>) -> Result<Response<pb::AmendResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn withdraw(
        &self,
        _: Request<pb::WithdrawRequest>,
    ) -> Result<Response<pb::WithdrawResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn urge(&self, _: Request<pb::UrgeRequest>) -> Result<Response<pb::UrgeResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_submission(
        &self,
        _: Request<pb::GetSubmissionRequest>,
    ) -> Result<Response<pb::GetSubmissionResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn list_units(
        &self,
        _: Request<pb::ListUnitsRequest>,
    ) -> Result<Response<pb::ListUnitsResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn list_changes(
        &self,
        _: Request<pb::ListChangesRequest>,
    ) -> Result<Response<pb::ListChangesResponse>, Status> {
        Err(Status::unimplemented(""))
    }
}
