//! `IntakeService`: what the 12315 intake system calls.

use std::pin::Pin;
use std::time::Duration;

use prost::Message as _;
use tokio_stream::StreamExt as _;
use tonic::{Request, Response, Status, Streaming};

use super::budget::{Budgets, Charge, Cost};
use super::limits::ITEM_BYTES;
use super::pb::intake_service_server::IntakeService;
use super::pb::submit_stream_response::Answer;
use super::stream::{Answers, Begun, Later};
use super::{Shared, auth, convert, pb, status};
use crate::domain::command::Outcome;
use crate::service::{Failure, Stream};

/// The service; see the proto for what its methods promise.
#[derive(Clone)]
pub(super) struct Intake(pub(super) Shared);

/// A request id sent too long is refused, and its echo is cut to this many characters.
const ECHO_MOST: usize = 64;

/// A client that is asked to come back because we are stopping should find the next process.
const RETRY_AFTER: Duration = Duration::from_secs(1);

#[tonic::async_trait]
impl IntakeService for Intake {
    async fn submit(
        &self,
        mut request: Request<pb::SubmitRequest>,
    ) -> Result<Response<pb::SubmitResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let pb::SubmitRequest { request_id, submission } = request.into_inner();
        let service = &self.0.service;
        let act = convert::submit(&request_id, submission, service.now())?;
        let receipt = receipt(service.act(&caller, act.request_id, act.command).await?)?;
        Ok(super::small(pb::SubmitResponse { receipt: Some(receipt) }))
    }

    type SubmitStreamStream =
        Pin<Box<dyn tokio_stream::Stream<Item = Result<pb::SubmitStreamResponse, Status>> + Send>>;

    async fn submit_stream(
        &self,
        mut request: Request<Streaming<pb::SubmitStreamRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let pass = auth::pass(request.extensions_mut())?;
        let Shared { service, stop, limits, budget } = self.0.clone();
        let purses = budget.purses(&caller, Cost::Stream);
        let stream = service.open_stream(caller)?;
        let ends = async move {
            tokio::select! {
                () = stop.cancelled_owned() => Failure::Busy { retry_after: RETRY_AFTER }.into(),
                denied = pass.revoked() => denied.into(),
            }
        };
        let begin = move |item| begin(&stream, &purses, item);
        let most = limits.stream_items_in_flight;
        let answers = Answers::new(request.into_inner(), most, Box::pin(ends), begin);
        // What an item has taken is given back when its answer is asked for.
        Ok(Response::new(Box::pin(answers.map(|answer| answer.map(|(answer, _charge)| answer)))))
    }

    async fn amend(
        &self,
        mut request: Request<pb::AmendRequest>,
    ) -> Result<Response<pb::AmendResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let service = &self.0.service;
        let act = convert::amend(request.into_inner(), service.now())?;
        let number = act.registration_number();
        match service.act(&caller, act.request_id, act.command).await? {
            Outcome::Amended { sequence, rescored } => {
                let rescored = rescored.zip(number).map(|(made, number)| convert::decision(&number, *made));
                Ok(super::small(pb::AmendResponse { sequence: sequence.0, rescored }))
            }
            other => Err(super::unexpected("Amend", &other).into()),
        }
    }

    async fn withdraw(
        &self,
        request: Request<pb::WithdrawRequest>,
    ) -> Result<Response<pb::WithdrawResponse>, Status> {
        let sequence = self.0.note(request, convert::withdraw).await?;
        Ok(super::small(pb::WithdrawResponse { sequence }))
    }

    async fn urge(&self, request: Request<pb::UrgeRequest>) -> Result<Response<pb::UrgeResponse>, Status> {
        let sequence = self.0.note(request, convert::urge).await?;
        Ok(super::small(pb::UrgeResponse { sequence }))
    }

    async fn get_submission(
        &self,
        mut request: Request<pb::GetSubmissionRequest>,
    ) -> Result<Response<pb::GetSubmissionResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let number = convert::get_submission(request.get_ref())?;
        let seen = self.0.service.submission(&caller, number).await?;
        Ok(Response::new(convert::submission_view(seen)))
    }

    async fn list_units(
        &self,
        mut request: Request<pb::ListUnitsRequest>,
    ) -> Result<Response<pb::ListUnitsResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        Ok(Response::new(convert::units(self.0.service.units(&caller).await?)))
    }

    async fn list_changes(
        &self,
        mut request: Request<pb::ListChangesRequest>,
    ) -> Result<Response<pb::ListChangesResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let pass = auth::pass(request.extensions_mut())?;
        let (after, most, wait) = convert::list_changes(request.get_ref())?;
        // Dropped when the client hangs up or its token is revoked: then nobody waits.
        let seen = tokio::select! {
            seen = self.0.service.changes(&caller, after.as_ref(), most, wait) => seen?,
            denied = pass.clone().revoked() => return Err(denied.into()),
        };
        if !wait.is_zero() {
            pass.confirm().await?;
        }
        Ok(Response::new(convert::changes(seen)))
    }
}

/// An item's answer, and what of the budget it holds until it is sent.
type Charged = (pb::SubmitStreamResponse, Option<Charge>);

/// One item of a stream. Whatever is wrong with it is its answer, and the stream goes on. What is right waits for its part
/// of the budget and for a place in the lane.
#[expect(
    clippy::async_yields_async,
    reason = "an item is admitted first, and answered when its batch is done"
)]
fn begin(stream: &Stream, purses: &Budgets, item: pb::SubmitStreamRequest) -> Begun<Charged> {
    let bytes = item.encoded_len().max(ITEM_BYTES);
    let pb::SubmitStreamRequest { request_id, submission } = item;
    let act = match convert::submit(&request_id, submission, stream.now()) {
        Ok(act) => act,
        Err(wrong) => return Begun::Known((answered(request_id, Err(wrong)), None)),
    };
    let (stream, purses) = (stream.clone(), purses.clone());
    Begun::Waits(Box::pin(async move {
        let charge = purses.charge_when_there(bytes).await;
        let place = stream.place().await;
        let answer: Later<Charged> = Box::pin(async move {
            let done = match place {
                Some(place) => stream.act(place, act.request_id, act.command).await.and_then(receipt),
                None => Err(Failure::Busy { retry_after: RETRY_AFTER }),
            };
            (answered(request_id, done), Some(charge))
        });
        answer
    }))
}

fn answered(mut request_id: String, done: Result<pb::Receipt, Failure>) -> pb::SubmitStreamResponse {
    if let Some((cut, _)) = request_id.char_indices().nth(ECHO_MOST) {
        request_id.truncate(cut);
    }
    let answer = match done {
        Ok(receipt) => Answer::Receipt(receipt),
        Err(failure) => Answer::Error(status::error(&failure.into())),
    };
    pb::SubmitStreamResponse { request_id, answer: Some(answer) }
}

fn receipt(outcome: Outcome) -> Result<pb::Receipt, Failure> {
    match outcome {
        Outcome::Submitted { receipt, repeat } => Ok(convert::receipt(receipt, repeat)),
        other => Err(super::unexpected("Submit", &other)),
    }
}
