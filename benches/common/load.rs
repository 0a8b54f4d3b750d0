//! Load over real sockets: so many items in flight, one by one or in streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use triage::clock::{Stopwatch, pause};
use triage::grpc::pb;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::submit_stream_response::Answer;

use super::Fallible;
use super::items::{earlier, item};
use super::server::Server;

/// Connections of every load.
const CONNECTIONS: usize = 4;
/// What a load runs before it is measured.
const WARM_UP: Duration = Duration::from_millis(400);

/// How items are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One call an item.
    Unary,
    /// One stream a connection.
    Stream,
}

/// What a load came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Items acknowledged a second.
    pub(crate) rate: f64,
    /// CPU of the server, in microseconds an item.
    pub(crate) server_us: f64,
    /// CPU of the database server, in microseconds an item.
    pub(crate) database_us: f64,
    /// Percent.
    pub(crate) steal: f64,
    /// Median and 99th percentile of the time to the answer, in milliseconds; unary only.
    pub(crate) waited_ms: (f64, f64),
}

#[derive(Clone)]
struct Client {
    channel: Channel,
    token: MetadataValue<Ascii>,
    next: Arc<AtomicU64>,
    acknowledged: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    item: fn(u64) -> pb::Submission,
}

/// Loads `server` for `window` with new items.
pub(crate) async fn load(
    server: &Server,
    shape: Shape,
    in_flight: usize,
    window: Duration,
) -> Fallible<Measured> {
    let acknowledged = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients: JoinSet<Fallible<Vec<f64>>> = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let endpoint = Endpoint::from_shared(format!("http://{}", server.address))?;
        let client = Client {
            channel: endpoint.tcp_nodelay(true).connect().await?,
            token: server.token.clone(),
            next: Arc::clone(&server.next),
            acknowledged: Arc::clone(&acknowledged),
            stop: Arc::clone(&stop),
            item,
        };
        match shape {
            Shape::Unary => {
                for _ in 0..in_flight / CONNECTIONS {
                    clients.spawn(client.clone().one_by_one());
                }
            }
            Shape::Stream => {
                clients.spawn(client.in_a_stream(in_flight / CONNECTIONS, u64::MAX));
            }
        }
    }
    pause(WARM_UP).await;
    let (before, counted) = (server.used(), acknowledged.load(Ordering::Relaxed));
    let watch = Stopwatch::start();
    pause(window).await;
    let seconds = watch.elapsed().as_secs_f64();
    let items = (acknowledged.load(Ordering::Relaxed) - counted) as f64;
    let used = server.used().since(before);
    stop.store(true, Ordering::Relaxed);
    let mut waited = Vec::new();
    while let Some(client) = clients.join_next().await {
        waited.extend(client??);
    }
    waited.sort_by(f64::total_cmp);
    let at = |share: f64| waited.get((waited.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    Ok(Measured {
        rate: items / seconds,
        server_us: 1e6 * used.server / items,
        database_us: 1e6 * used.database / items,
        steal: used.steal(),
        waited_ms: (at(0.5), at(0.99)),
    })
}

/// Submits `count` new items as one stream, received before all others.
pub(crate) async fn submit(server: &Server, count: u64) -> Fallible<()> {
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address))?;
    let client = Client {
        channel: endpoint.connect().await?,
        token: server.token.clone(),
        next: Arc::clone(&server.next),
        acknowledged: Arc::default(),
        stop: Arc::default(),
        item: earlier,
    };
    client.in_a_stream(256, count).await.map(|_| ())
}

impl Client {
    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.token.clone());
        request
    }

    /// The next item that nobody has sent yet.
    fn item(&self) -> (String, pb::Submission) {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (format!("submit-{index:013}"), (self.item)(index))
    }

    async fn one_by_one(self) -> Fallible<Vec<f64>> {
        let mut intake = IntakeServiceClient::new(self.channel.clone());
        let mut waited = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            let (request_id, submission) = self.item();
            let request = pb::SubmitRequest { request_id, submission: Some(submission) };
            let watch = Stopwatch::start();
            intake.submit(self.request(request)).await?;
            waited.push(watch.elapsed().as_secs_f64() * 1e3);
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        Ok(waited)
    }

    async fn in_a_stream(self, in_flight: usize, most: u64) -> Fallible<Vec<f64>> {
        let mut intake = IntakeServiceClient::new(self.channel.clone());
        let (sender, items) = mpsc::channel(in_flight + 1);
        let mut sent = 0;
        let mut send = || {
            let (request_id, submission) = self.item();
            sent += 1;
            sender.try_send(pb::SubmitStreamRequest { request_id, submission: Some(submission) })
        };
        for _ in 0..in_flight {
            send()?;
        }
        let mut answers = intake.submit_stream(self.request(ReceiverStream::new(items))).await?.into_inner();
        let mut open = in_flight;
        let mut more = most.saturating_sub(in_flight as u64);
        while open > 0 {
            match answers.message().await?.and_then(|answer| answer.answer) {
                Some(Answer::Receipt(_)) => {}
                other => return Err(format!("no receipt but {other:?}").into()),
            }
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
            open -= 1;
            if more > 0 && !self.stop.load(Ordering::Relaxed) {
                send()?;
                more -= 1;
                open += 1;
            }
        }
        Ok(Vec::new())
    }
}

/// The receipt of a complaint, as bytes.
pub(crate) async fn receipt(server: &Server) -> Fallible<Vec<u8>> {
    let index = server.next.fetch_add(1, Ordering::Relaxed);
    let mut request = Request::new(pb::SubmitRequest {
        request_id: format!("submit-{index:013}"),
        submission: Some(earlier(index)),
    });
    request.metadata_mut().insert("authorization", server.token.clone());
    let channel = Endpoint::from_shared(format!("http://{}", server.address))?.connect().await?;
    let answer = IntakeServiceClient::new(channel).submit(request).await?.into_inner();
    Ok(prost::Message::encode_to_vec(&answer.receipt.unwrap_or_default()))
}
