//! `ReceptionService`: what only the unified reception unit calls.

use tonic::{Request, Response, Status};

use super::pb::reception_service_server::ReceptionService;
use super::{Served, convert, pb};

/// The service; see the proto for what its methods promise.
#[derive(Clone)]
pub(super) struct Reception(pub(super) Served);

#[tonic::async_trait]
impl ReceptionService for Reception {
    async fn reassign(
        &self,
        request: Request<pb::ReassignRequest>,
    ) -> Result<Response<pb::ReassignResponse>, Status> {
        let sequence = self.0.note(request, convert::reassign).await?;
        Ok(super::small(pb::ReassignResponse { sequence }))
    }

    async fn cut_link(
        &self,
        request: Request<pb::CutLinkRequest>,
    ) -> Result<Response<pb::CutLinkResponse>, Status> {
        let sequence = self.0.note(request, convert::cut_link).await?;
        Ok(super::small(pb::CutLinkResponse { sequence }))
    }
}
