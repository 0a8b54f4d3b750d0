//! Accounts of persons on the wire (个人账户).

use super::{finish, request_id, timestamp};
use crate::domain::account::Account;
use crate::domain::caller::Role;
use crate::domain::ids::{BureauId, CallerId, OfficerId, RequestId};
use crate::domain::personal::Personal;
use crate::domain::violation::{Invalid, Violations};
use crate::grpc::pb;
use crate::service::{Failure, SignedIn};

pub(in crate::grpc) fn sign_in(
    sent: pb::SignInRequest,
) -> Result<(BureauId, OfficerId, Personal<String>), Failure> {
    let mut v = Violations::default();
    let officer = v.take("officer", OfficerId::parse(&sent.officer));
    let bureau = BureauId(if sent.bureau == 0 { 1 } else { sent.bureau });
    finish(v, officer.map(|officer| (bureau, officer, Personal::new(sent.password))))
}

pub(in crate::grpc) fn signed_in(seen: SignedIn) -> pb::SignInResponse {
    let mut account = account(&seen.account);
    account.must_change_password = seen.must_change;
    let ends_at = Some(timestamp(seen.ends_at));
    pb::SignInResponse { token: seen.token.into_exposed(), ends_at, account: Some(account) }
}

pub(in crate::grpc) fn account(seen: &Account) -> pb::Account {
    pb::Account {
        id: seen.id.0,
        officer: seen.officer.to_string(),
        roles: seen.roles.iter().filter_map(wire_role).map(Into::into).collect(),
        created_at: Some(timestamp(seen.created_at)),
        closed_at: seen.closed_at.map(timestamp),
        password_at: Some(timestamp(seen.password_at)),
        must_change_password: seen.must_change,
        failures: seen.failures,
        signed_in_at: seen.signed_in_at.map(timestamp),
    }
}

pub(in crate::grpc) fn open_account(
    sent: &pb::OpenAccountRequest,
) -> Result<(RequestId, OfficerId, Vec<Role>), Failure> {
    let mut v = Violations::default();
    let request_id = request_id(&mut v, &sent.request_id);
    let officer = v.take("officer", OfficerId::parse(&sent.officer));
    let roles = v.take("roles", roles(&sent.roles));
    finish(v, (|| Some((request_id?, officer?, roles?)))())
}

pub(in crate::grpc) fn set_roles(
    sent: &pb::SetRolesRequest,
) -> Result<(RequestId, CallerId, Vec<Role>), Failure> {
    let mut v = Violations::default();
    let request_id = request_id(&mut v, &sent.request_id);
    let roles = v.take("roles", roles(&sent.roles));
    finish(v, (|| Some((request_id?, CallerId(sent.id), roles?)))())
}

pub(in crate::grpc) fn account_named(sent: &str, id: i64) -> Result<(RequestId, CallerId), Failure> {
    let mut v = Violations::default();
    let request_id = request_id(&mut v, sent);
    finish(v, request_id.map(|request_id| (request_id, CallerId(id))))
}

/// The roles of persons, by their number on the wire.
const ROLES: &[(pb::PersonRole, Role)] = &[
    (pb::PersonRole::Intake, Role::Intake),
    (pb::PersonRole::Reception, Role::Reception),
    (pb::PersonRole::Manager, Role::Manager),
    (pb::PersonRole::Officer, Role::Officer),
    (pb::PersonRole::Lawyer, Role::Lawyer),
    (pb::PersonRole::Analyst, Role::Analyst),
    (pb::PersonRole::Approver, Role::Approver),
    (pb::PersonRole::Leader, Role::Leader),
    (pb::PersonRole::Auditor, Role::Auditor),
    (pb::PersonRole::Security, Role::Security),
    (pb::PersonRole::System, Role::System),
];

fn wire_role(role: Role) -> Option<pb::PersonRole> {
    ROLES.iter().find(|(_, known)| *known == role).map(|(wire, _)| *wire)
}

fn roles(sent: &[i32]) -> Result<Vec<Role>, Invalid> {
    let bad = || Invalid::new("must be one or more of the listed roles", "角色应为所列的一项或多项");
    let role = |sent: &i32| ROLES.iter().find(|(wire, _)| *wire as i32 == *sent).map(|(_, role)| *role);
    let roles: Vec<Role> = sent.iter().map(|sent| role(sent).ok_or_else(bad)).collect::<Result<_, _>>()?;
    if roles.is_empty() { Err(bad()) } else { Ok(roles) }
}
