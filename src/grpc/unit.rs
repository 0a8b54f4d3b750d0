//! `UnitService`: what stations, divisions and the reception unit call for their own files.

use std::time::Duration;

use tonic::{Request, Response, Status};

use super::pb::unit_service_server::UnitService;
use super::{Served, auth, convert, pb};
use crate::desk::Failure;

/// The service; see the proto for what its methods promise.
#[derive(Clone)]
pub(super) struct Unit(pub(super) Served);

/// A waiting Pull that is given up because we are stopping should be sent again to the next process.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A verb on one file: all of them answer with the file's progress alone.
macro_rules! verb {
    ($self:ident, $request:ident, $verb:path => $response:ident) => {{
        let progress = $self.0.handle($request, $verb).await?;
        Ok(super::small(pb::$response {
            progress: Some(progress),
        }))
    }};
}

#[tonic::async_trait]
impl UnitService for Unit {
    async fn pull(
        &self,
        mut request: Request<pb::PullRequest>,
    ) -> Result<Response<pb::PullResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let asked = convert::pull(request.get_ref())?;
        let may_wait = !asked.wait.is_zero();
        let pull = self.0.desk.pull(
            &caller,
            asked.request_id,
            asked.officer,
            asked.track,
            asked.most,
            asked.wait,
        );
        // A pull that waits would hold up a shutdown for a minute. One that does not is let through.
        let files = tokio::select! {
            biased;
            files = pull => files?,
            () = self.0.stop.cancelled(), if may_wait => {
                return Err(Failure::Busy { retry_after: RETRY_AFTER }.into());
            }
        };
        let files = files.into_iter().map(convert::file).collect();
        Ok(Response::new(pb::PullResponse { files }))
    }

    async fn extend(
        &self,
        request: Request<pb::ExtendRequest>,
    ) -> Result<Response<pb::ExtendResponse>, Status> {
        verb!(self, request, convert::extend => ExtendResponse)
    }

    async fn skip(&self, request: Request<pb::SkipRequest>) -> Result<Response<pb::SkipResponse>, Status> {
        verb!(self, request, convert::skip => SkipResponse)
    }

    async fn sign_for(
        &self,
        request: Request<pb::SignForRequest>,
    ) -> Result<Response<pb::SignForResponse>, Status> {
        verb!(self, request, convert::sign_for => SignForResponse)
    }

    async fn decide(
        &self,
        request: Request<pb::DecideRequest>,
    ) -> Result<Response<pb::DecideResponse>, Status> {
        verb!(self, request, convert::decide => DecideResponse)
    }

    async fn step(&self, request: Request<pb::StepRequest>) -> Result<Response<pb::StepResponse>, Status> {
        verb!(self, request, convert::step => StepResponse)
    }

    async fn close(&self, request: Request<pb::CloseRequest>) -> Result<Response<pb::CloseResponse>, Status> {
        verb!(self, request, convert::close => CloseResponse)
    }

    async fn r#return(
        &self,
        request: Request<pb::ReturnRequest>,
    ) -> Result<Response<pb::ReturnResponse>, Status> {
        verb!(self, request, convert::give_back => ReturnResponse)
    }

    async fn search(
        &self,
        mut request: Request<pb::SearchRequest>,
    ) -> Result<Response<pb::SearchResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let (by, asked) = convert::search(request.get_ref())?;
        let page = self.0.desk.search(&caller, by, asked.after, asked.most).await?;
        Ok(Response::new(convert::files(page)))
    }
}
