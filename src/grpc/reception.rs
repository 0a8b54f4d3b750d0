//! `ReceptionService`: what only the unified reception unit calls.

use tonic::{Request, Response, Status};

use super::pb::reception_service_server::ReceptionService;
use super::{Shared, auth, convert, pb};

/// The service; see the proto for what its methods promise.
#[derive(Clone)]
pub(super) struct Reception(pub(super) Shared);

#[tonic::async_trait]
impl ReceptionService for Reception {
    async fn reassign(
        &self,
        request: Request<pb::ReassignRequest>,
    ) -> Result<Response<pb::ReassignResponse>, Status> {
        let sequence = self.0.note(request, convert::reassign).await?;
        Ok(super::small(pb::ReassignResponse { sequence }))
    }

    async fn propose_rebalance(
        &self,
        mut request: Request<pb::ProposeRebalanceRequest>,
    ) -> Result<Response<pb::ProposeRebalanceResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let proposals = self.0.service.proposals(&caller).await?;
        Ok(Response::new(convert::proposals(&proposals)))
    }

    async fn propose_places(
        &self,
        mut request: Request<pb::ProposePlacesRequest>,
    ) -> Result<Response<pb::ProposePlacesResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let places = self.0.service.place_proposals(&caller).await?;
        Ok(Response::new(convert::places(places)))
    }

    async fn get_figures(
        &self,
        mut request: Request<pb::GetFiguresRequest>,
    ) -> Result<Response<pb::GetFiguresResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let (period, form) = convert::get_figures(request.get_ref())?;
        let figures = self.0.service.figures(&caller, period).await?;
        Ok(Response::new(convert::figures(&figures, form)?))
    }

    async fn open_review(
        &self,
        request: Request<pb::OpenReviewRequest>,
    ) -> Result<Response<pb::OpenReviewResponse>, Status> {
        let sequence = self.0.note(request, convert::open_review).await?;
        Ok(super::small(pb::OpenReviewResponse { sequence }))
    }

    async fn end_review(
        &self,
        request: Request<pb::EndReviewRequest>,
    ) -> Result<Response<pb::EndReviewResponse>, Status> {
        let sequence = self.0.note(request, convert::end_review).await?;
        Ok(super::small(pb::EndReviewResponse { sequence }))
    }

    async fn cut_link(
        &self,
        request: Request<pb::CutLinkRequest>,
    ) -> Result<Response<pb::CutLinkResponse>, Status> {
        let sequence = self.0.note(request, convert::cut_link).await?;
        Ok(super::small(pb::CutLinkResponse { sequence }))
    }
}
