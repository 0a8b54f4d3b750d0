//! `IntakeService`: what the 12315 intake system calls.

use std::pin::Pin;
use std::sync::Arc;

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use super::pb::intake_service_server::IntakeService;
use super::pb::submit_stream_response::Answer;
use super::stream::Answers;
use super::{Served, auth, convert, pb, status};
use crate::desk::{Desk, Failure};
use crate::domain::caller::Caller;
use crate::domain::command::Outcome;
use crate::domain::ids::Sequence;

/// The service; see the proto for what its methods promise.
#[derive(Clone)]
pub(super) struct Intake(pub(super) Served);

/// A request id sent too long is refused, and its echo is cut to this many characters.
const ECHO_MOST: usize = 64;

#[tonic::async_trait]
impl IntakeService for Intake {
    async fn submit(
        &self,
        mut request: Request<pb::SubmitRequest>,
    ) -> Result<Response<pb::SubmitResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let pb::SubmitRequest { request_id, submission } = request.into_inner();
        let desk = &self.0.desk;
        let act = convert::submit(&request_id, submission, desk.now())?;
        let receipt = receipt(desk.act(&caller, act.request_id, act.command).await?)?;
        Ok(super::small(pb::SubmitResponse { receipt: Some(receipt) }))
    }

    type SubmitStreamStream = Pin<Box<dyn Stream<Item = Result<pb::SubmitStreamResponse, Status>> + Send>>;

    async fn submit_stream(
        &self,
        mut request: Request<Streaming<pb::SubmitStreamRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let caller = Arc::new(auth::caller(request.extensions_mut())?);
        let Served { desk, stop, limits } = self.0.clone();
        let begin = move |item| -> Pin<Box<dyn Future<Output = _> + Send>> {
            Box::pin(answer(desk.clone(), Arc::clone(&caller), item))
        };
        let answers = Answers::new(request.into_inner(), limits.stream_items_in_flight, stop, begin);
        Ok(Response::new(Box::pin(answers)))
    }

    async fn amend(
        &self,
        mut request: Request<pb::AmendRequest>,
    ) -> Result<Response<pb::AmendResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let desk = &self.0.desk;
        let act = convert::amend(request.into_inner(), desk.now())?;
        let number = act.registration_number();
        match desk.act(&caller, act.request_id, act.command).await? {
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
        let seen = self.0.desk.submission(&caller, number).await?;
        Ok(Response::new(convert::submission_view(seen)))
    }

    async fn list_changes(
        &self,
        mut request: Request<pb::ListChangesRequest>,
    ) -> Result<Response<pb::ListChangesResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let asked = convert::list_changes(request.get_ref())?;
        let after = asked.after.unwrap_or(Sequence(0));
        let page = self.0.desk.changes(&caller, after, asked.most).await?;
        Ok(Response::new(convert::changes(page, after)))
    }
}

/// One item of a stream. Whatever is wrong with it is its answer, and the stream goes on.
///
/// The conversion is done at the first poll, so that it happens in the order sent and not before there is room.
async fn answer(desk: Desk, caller: Arc<Caller>, item: pb::SubmitStreamRequest) -> pb::SubmitStreamResponse {
    let pb::SubmitStreamRequest { mut request_id, submission } = item;
    let done = match convert::submit(&request_id, submission, desk.now()) {
        Ok(act) => desk.act_when_room(&caller, act.request_id, act.command).await.and_then(receipt),
        Err(wrong) => Err(wrong),
    };
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
