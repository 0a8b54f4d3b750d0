//! The clients: intake one by one and in a stream, and officers who reach for the same files.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use triage::grpc::pb;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::unit_service_client::UnitServiceClient;

use super::book::Book;
use super::random;
use crate::support::lease;

/// Items of the stream that wait for their answers.
const IN_FLIGHT: usize = 48;

/// The token of each caller.
pub(super) type Tokens = HashMap<&'static str, MetadataValue<Ascii>>;

/// The clients of a bureau.
#[derive(Clone)]
pub(super) struct Office {
    pub(super) tokens: Arc<Tokens>,
    pub(super) book: Arc<Book>,
    /// Where the service is; none while it is down.
    pub(super) place: Arc<watch::Sender<Option<Channel>>>,
    /// One message an answer.
    pub(super) answered: mpsc::UnboundedSender<()>,
    pub(super) answers: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<()>>>,
    /// Changes read so far.
    pub(super) cursor: Arc<Mutex<String>>,
}

impl Office {
    pub(super) fn new(tokens: Tokens) -> Self {
        let (answered, answers) = mpsc::unbounded_channel();
        Self {
            tokens: Arc::new(tokens),
            book: Arc::default(),
            place: Arc::new(watch::Sender::new(None)),
            answered,
            answers: Arc::new(tokio::sync::Mutex::new(answers)),
            cursor: Arc::default(),
        }
    }

    /// Sends a request until it is answered.
    pub(super) async fn call<Q: Clone, A, F>(
        &self,
        caller: &str,
        request: Q,
        method: impl Fn(Channel, Request<Q>) -> F,
    ) -> Result<A, Status>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let mut place = self.place.subscribe();
        loop {
            let channel = place.wait_for(Option::is_some).await.unwrap().clone().unwrap();
            match method(channel, self.request(caller, request.clone())).await {
                Err(status) if no_answer(&status) => {
                    self.book.kept().sent_again += 1;
                    place.changed().await.unwrap();
                }
                answer => {
                    let _ = self.answered.send(());
                    return answer.map(Response::into_inner);
                }
            }
        }
    }

    pub(super) fn request<Q>(&self, caller: &str, message: Q) -> Request<Q> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.tokens[caller].clone());
        request
    }

    pub(super) async fn submit(&self, request: pb::SubmitRequest) -> Result<pb::SubmitResponse, Status> {
        self.call(
            "intake",
            request,
            |channel, q| async move { IntakeServiceClient::new(channel).submit(q).await },
        )
        .await
    }

    pub(super) async fn submit_one_by_one(self) {
        while !self.book.stopped() {
            let request = self.book.next_item();
            match self.submit(request.clone()).await {
                Ok(answer) => self.book.keep_receipt(request, answer.receipt.unwrap()),
                Err(status) => self.book.wrong(format!("{}: {status:?}", request.request_id)),
            }
        }
    }

    pub(super) async fn submit_in_a_stream(self) {
        let more = || (!self.book.stopped()).then(|| self.book.next_item());
        for (request, answer) in self.stream(more).await {
            match answer {
                Some(pb::submit_stream_response::Answer::Receipt(receipt)) => {
                    self.book.keep_receipt(request, receipt);
                }
                other => self.book.wrong(format!("{}: {other:?}", request.request_id)),
            }
        }
    }

    /// Streams what `more` gives until it gives no more; what a killed server left open goes into the next stream.
    pub(super) async fn stream(
        &self,
        mut more: impl FnMut() -> Option<pb::SubmitRequest>,
    ) -> Vec<(pb::SubmitRequest, Option<pb::submit_stream_response::Answer>)> {
        let mut place = self.place.subscribe();
        let mut open: BTreeMap<String, pb::SubmitRequest> = BTreeMap::new();
        let mut answered = Vec::new();
        let item = |request: pb::SubmitRequest| {
            let pb::SubmitRequest { request_id, submission } = request;
            pb::SubmitStreamRequest { request_id, submission }
        };
        loop {
            let channel = place.wait_for(Option::is_some).await.unwrap().clone().unwrap();
            let (sender, items) = mpsc::channel(2 * IN_FLIGHT);
            for request in open.values() {
                sender.try_send(item(request.clone())).unwrap();
            }
            let request = self.request("intake", ReceiverStream::new(items));
            if let Ok(answers) = IntakeServiceClient::new(channel).submit_stream(request).await {
                let mut answers = answers.into_inner();
                loop {
                    while open.len() < IN_FLIGHT
                        && let Some(request) = more()
                    {
                        // A broken stream takes no more; the item stays open and goes into the next one.
                        let _ = sender.try_send(item(request.clone()));
                        open.insert(request.request_id.clone(), request);
                    }
                    if open.is_empty() {
                        return answered;
                    }
                    let Ok(Some(answer)) = answers.message().await else { break };
                    let _ = self.answered.send(());
                    let request = open.remove(&answer.request_id).unwrap();
                    answered.push((request, answer.answer));
                }
            }
            self.book.kept().sent_again += open.len();
            place.changed().await.unwrap();
        }
    }

    /// Pulls, and for each file two reach for it at once: one may have it, decides and perhaps closes.
    pub(super) async fn handle_files(
        self,
        unit: &'static str,
        officers: [&'static str; 2],
        track: pb::Track,
    ) {
        while !self.book.stopped() {
            let pull = pb::PullRequest {
                request_id: self.book.request_id(),
                officer: officers[0].to_owned(),
                track: track.into(),
                max_files: 4,
                wait: Some(prost_types::Duration { seconds: 0, nanos: 50_000_000 }),
            };
            let pulled = self
                .call(unit, pull, |channel, q| async move { UnitServiceClient::new(channel).pull(q).await })
                .await;
            let files = match pulled {
                Ok(pulled) => pulled.files,
                Err(status) => return self.book.wrong(format!("pull: {status:?}")),
            };
            self.book.keep_leases(&files);
            for file in files {
                let token = lease(&file);
                let (one, other) = tokio::join!(
                    self.sign_for(unit, officers[0], &file.name, token),
                    self.sign_for(unit, officers[1], &file.name, token)
                );
                match (one, other) {
                    (Some(token), None) => self.decide(unit, officers[0], &file.name, token, track).await,
                    (None, Some(token)) => self.decide(unit, officers[1], &file.name, token, track).await,
                    both => self.book.wrong(format!("{} signed for by {both:?}", file.name)),
                }
            }
        }
    }

    pub(super) async fn sign_for(&self, unit: &str, officer: &str, file: &str, token: i64) -> Option<i64> {
        let request = pb::SignForRequest {
            request_id: self.book.request_id(),
            file: file.to_owned(),
            officer: officer.to_owned(),
            token,
        };
        let signed =
            self.call(unit, request, |channel, q| async move {
                UnitServiceClient::new(channel).sign_for(q).await
            })
            .await;
        let progress = signed.ok()?.progress.unwrap();
        let token = progress.token;
        self.book.keep_verb(pb::ChangeKind::SignFor, file, officer, &progress);
        Some(token)
    }

    pub(super) async fn decide(&self, unit: &str, officer: &str, file: &str, token: i64, track: pb::Track) {
        use pb::decide_request::{Accepted, Filed, Ruling};
        let complaint = track == pb::Track::Complaint;
        let ruling = if complaint { Ruling::Accepted(Accepted {}) } else { Ruling::Filed(Filed {}) };
        let request = pb::DecideRequest {
            request_id: self.book.request_id(),
            file: file.to_owned(),
            officer: officer.to_owned(),
            token,
            ruling: Some(ruling),
            finding: complaint.then_some(pb::Finding::NotSuspected.into()),
            finding_reason: complaint.then(|| "首次投诉，有小票".to_owned()),
            decided_on: None,
            approved_by: None,
        };
        let decided = self
            .call(unit, request, |channel, q| async move { UnitServiceClient::new(channel).decide(q).await })
            .await;
        match decided {
            Err(status) => self.book.wrong(format!("decide {file}: {status:?}")),
            Ok(decided) => {
                let progress = decided.progress.unwrap();
                let token = progress.token;
                self.book.keep_verb(pb::ChangeKind::Decide, file, officer, &progress);
                if random(2) == 0 {
                    self.close(unit, officer, file, token, complaint).await;
                }
            }
        }
    }

    pub(super) async fn close(&self, unit: &str, officer: &str, file: &str, token: i64, complaint: bool) {
        let end = if complaint { pb::Disposition::Settled } else { pb::Disposition::Penalised };
        let request = pb::CloseFileRequest {
            request_id: self.book.request_id(),
            file: file.to_owned(),
            officer: officer.to_owned(),
            token,
            disposition: end.into(),
            recovered_amount_fen: None,
            note: None,
            termination: None,
            ground: None,
            closed_on: None,
        };
        let closed =
            self.call(unit, request, |channel, q| async move {
                UnitServiceClient::new(channel).close_file(q).await
            })
            .await;
        match closed {
            Err(status) => self.book.wrong(format!("close {file}: {status:?}")),
            Ok(closed) => {
                self.book.keep_verb(pb::ChangeKind::Close, file, officer, &closed.progress.unwrap());
            }
        }
    }
}

/// Our own answers say what they are; a status without that is the broken connection speaking.
fn no_answer(status: &Status) -> bool {
    use tonic_types::StatusExt as _;
    status.get_error_details().error_info().is_none()
}
