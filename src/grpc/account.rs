//! `SessionService` and `AccountService`: persons sign in, and the security administrator keeps their accounts.

use tonic::{Request, Response, Status};

use super::pb::account_service_server::AccountService;
use super::pb::session_service_server::SessionService;
use super::places::Peer;
use super::{Shared, auth, convert, pb};

/// Where persons sign in; needs no token.
#[derive(Clone)]
pub(super) struct Session(pub(super) Shared);

/// The accounts; see the proto for what its methods promise.
#[derive(Clone)]
pub(super) struct Accounts(pub(super) Shared);

#[tonic::async_trait]
impl SessionService for Session {
    async fn sign_in(
        &self,
        request: Request<pb::SignInRequest>,
    ) -> Result<Response<pb::SignInResponse>, Status> {
        let from = request.extensions().get::<Peer>().and_then(Peer::address);
        let (bureau, officer, password) = convert::sign_in(request.into_inner())?;
        let signed_in = self.0.service.sign_in(bureau, &officer, password, from).await?;
        Ok(super::small(convert::signed_in(signed_in)))
    }
}

#[tonic::async_trait]
impl AccountService for Accounts {
    async fn sign_out(
        &self,
        mut request: Request<pb::SignOutRequest>,
    ) -> Result<Response<pb::SignOutResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let pass = auth::pass(request.extensions_mut())?;
        self.0.service.sign_out(&caller, pass.shown()).await?;
        Ok(super::small(pb::SignOutResponse {}))
    }

    async fn change_password(
        &self,
        mut request: Request<pb::ChangePasswordRequest>,
    ) -> Result<Response<pb::ChangePasswordResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let pass = auth::pass(request.extensions_mut())?;
        let pb::ChangePasswordRequest { present_password, new_password } = request.into_inner();
        let (present, new) = (present_password.into(), new_password.into());
        self.0.service.change_password(&caller, pass.shown(), present, new).await?;
        Ok(super::small(pb::ChangePasswordResponse {}))
    }

    async fn get_account(
        &self,
        mut request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<pb::GetAccountResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let account = self.0.service.own_account(&caller).await?;
        Ok(super::small(pb::GetAccountResponse { account: Some(convert::account(&account)) }))
    }

    async fn list_accounts(
        &self,
        mut request: Request<pb::ListAccountsRequest>,
    ) -> Result<Response<pb::ListAccountsResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let accounts = self.0.service.accounts(&caller).await?;
        let accounts = accounts.iter().map(convert::account).collect();
        Ok(Response::new(pb::ListAccountsResponse { accounts }))
    }

    async fn open_account(
        &self,
        mut request: Request<pb::OpenAccountRequest>,
    ) -> Result<Response<pb::OpenAccountResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let (request_id, officer, roles) = convert::open_account(request.get_ref())?;
        let given = self.0.service.open_account(&caller, request_id, officer, roles).await?;
        let password = given.password.into_exposed();
        Ok(super::small(pb::OpenAccountResponse { id: given.id.0, password }))
    }

    async fn set_roles(
        &self,
        mut request: Request<pb::SetRolesRequest>,
    ) -> Result<Response<pb::SetRolesResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let (request_id, id, roles) = convert::set_roles(request.get_ref())?;
        self.0.service.set_roles(&caller, request_id, id, roles).await?;
        Ok(super::small(pb::SetRolesResponse {}))
    }

    async fn reset_password(
        &self,
        mut request: Request<pb::ResetPasswordRequest>,
    ) -> Result<Response<pb::ResetPasswordResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let pb::ResetPasswordRequest { request_id, id } = request.get_ref();
        let (request_id, id) = convert::account_named(request_id, *id)?;
        let given = self.0.service.reset_password(&caller, request_id, id).await?;
        Ok(super::small(pb::ResetPasswordResponse { password: given.password.into_exposed() }))
    }

    async fn close_account(
        &self,
        mut request: Request<pb::CloseAccountRequest>,
    ) -> Result<Response<pb::CloseAccountResponse>, Status> {
        let caller = auth::caller(request.extensions_mut())?;
        let pb::CloseAccountRequest { request_id, id } = request.get_ref();
        let (request_id, id) = convert::account_named(request_id, *id)?;
        self.0.service.close_account(&caller, request_id, id).await?;
        Ok(super::small(pb::CloseAccountResponse {}))
    }
}
