//! `UnitService`: what stations, divisions and the reception unit call for their own files.

use tonic::{Request, Response, Status};

use super::pb::unit_service_server::UnitService;
use super::{Shared, auth, convert, pb};

/// The service; see the proto for what its methods promise.
#[derive(Clone)]
pub(super) struct Unit(pub(super) Shared);

/// A verb on one file: all of them answer with the file's progress alone.
macro_rules! verb {
    ($self:ident, $request:ident, $verb:path => $response:ident) => {{
        let progress = $self.0.handle($request, $verb).await?;
        Ok(super::small(pb::$response { progress: Some(progress) }))
    }};
}

#[tonic::async_trait]
impl UnitService for Unit {
    async fn pull(
        &self,
        mut request: Request<pb::PullRequest>,
    ) -> Result<Response<pb::PullResponse>, Status> {
        super::in_own_name(&mut request);
        let caller = auth::caller(request.extensions_mut())?;
        let pass = auth::pass(request.extensions_mut())?;
        let convert::PullAsked { request_id, officer, track, most, wait } = convert::pull(request.get_ref())?;
        // Dropped when the client hangs up or its token is revoked: then nobody waits. A shutdown ends the wait inside the
        // service.
        let files = tokio::select! {
            files = self.0.service.pull(&caller, request_id, officer, track, most, wait) => files?,
            denied = pass.clone().revoked() => return Err(denied.into()),
        };
        if !wait.is_zero() {
            pass.confirm().await?;
        }
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

    async fn check_decision(
        &self,
        mut request: Request<pb::CheckDecisionRequest>,
    ) -> Result<Response<pb::CheckDecisionResponse>, Status> {
        super::in_own_name(&mut request);
        let caller = auth::caller(request.extensions_mut())?;
        let handling = convert::check_decision(request.get_ref(), self.0.service.now())?;
        Ok(Response::new(convert::checked(self.0.service.check(&caller, &handling).await?)))
    }

    async fn step(&self, request: Request<pb::StepRequest>) -> Result<Response<pb::StepResponse>, Status> {
        verb!(self, request, convert::step => StepResponse)
    }

    async fn close_file(
        &self,
        request: Request<pb::CloseFileRequest>,
    ) -> Result<Response<pb::CloseFileResponse>, Status> {
        verb!(self, request, convert::close => CloseFileResponse)
    }

    async fn return_file(
        &self,
        request: Request<pb::ReturnFileRequest>,
    ) -> Result<Response<pb::ReturnFileResponse>, Status> {
        verb!(self, request, convert::give_back => ReturnFileResponse)
    }

    async fn prolong(
        &self,
        request: Request<pb::ProlongRequest>,
    ) -> Result<Response<pb::ProlongResponse>, Status> {
        verb!(self, request, convert::prolong => ProlongResponse)
    }

    async fn record_act(
        &self,
        request: Request<pb::RecordActRequest>,
    ) -> Result<Response<pb::RecordActResponse>, Status> {
        verb!(self, request, convert::record_act => RecordActResponse)
    }

    async fn get_file(
        &self,
        mut request: Request<pb::GetFileRequest>,
    ) -> Result<Response<pb::GetFileResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let file = convert::get_file(request.get_ref())?;
        Ok(Response::new(convert::history(self.0.service.file(&caller, &file).await?)))
    }

    async fn list_files(
        &self,
        mut request: Request<pb::ListFilesRequest>,
    ) -> Result<Response<pb::ListFilesResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let convert::FilesAsked { track, officer, flagged_only, page } =
            convert::list_files(request.get_ref())?;
        let service = &self.0.service;
        let seen = if flagged_only {
            service.flagged(&caller, track, page.after, page.most).await?
        } else {
            service.files(&caller, track, officer.as_ref(), page.after, page.most).await?
        };
        Ok(Response::new(convert::open_files(seen)))
    }

    async fn search(
        &self,
        mut request: Request<pb::SearchRequest>,
    ) -> Result<Response<pb::SearchResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let (by, asked) = convert::search(request.get_ref())?;
        let page = self.0.service.search(&caller, by, asked.after, asked.most).await?;
        Ok(Response::new(convert::files(page)))
    }

    async fn list_due(
        &self,
        mut request: Request<pb::ListDueRequest>,
    ) -> Result<Response<pb::ListDueResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let asked = convert::list_due(request.get_ref())?;
        let seen = self.0.service.due(&caller, &asked).await?;
        Ok(Response::new(convert::due(seen)))
    }

    async fn get_evidence(
        &self,
        mut request: Request<pb::GetEvidenceRequest>,
    ) -> Result<Response<pb::GetEvidenceResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let convert::EvidenceAsked { number, sequence, form } = convert::get_evidence(request.get_ref())?;
        let sheet = self.0.service.evidence(&caller, &number, sequence).await?;
        Ok(Response::new(convert::sheet(&sheet, form)?))
    }

    async fn get_dossier(
        &self,
        mut request: Request<pb::GetDossierRequest>,
    ) -> Result<Response<pb::GetDossierResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let convert::DossierAsked { file, form, reader } = convert::get_dossier(request.get_ref())?;
        let dossier = self.0.service.dossier(&caller, &file, reader).await?;
        Ok(Response::new(convert::dossier(&dossier, form)?))
    }
}
