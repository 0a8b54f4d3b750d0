//! Changes to accounts, version 1.

use serde::{Deserialize, Serialize};

use super::words::Word;
use super::{form, form_enum};
use crate::domain::account::{AccountChange, LockOut};
use crate::domain::caller::Role;
use crate::domain::ids::{CallerId, OfficerId};
use crate::domain::time::Timestamp;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountChangeV1 {
    Open {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<CallerId>,
        officer: OfficerId,
        roles: Vec<Word<Role>>,
        password: String,
    },
    SetRoles {
        id: CallerId,
        roles: Vec<Word<Role>>,
    },
    SetPassword {
        id: CallerId,
        password: String,
        by_holder: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proved: Option<String>,
    },
    Close {
        id: CallerId,
    },
    SignIn {
        id: CallerId,
        token_hash: Vec<u8>,
        ends_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proved: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lock_out: Option<LockOutV1>,
    },
    SignOut {
        token_hash: Vec<u8>,
    },
    Failed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<CallerId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lock_out: Option<LockOutV1>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<Vec<u8>>,
    },
}
form_enum!(AccountChangeV1 = AccountChange {
    Open = Open { id: id, officer: officer, roles: roles, password: password },
    SetRoles = SetRoles { id: id, roles: roles },
    SetPassword = SetPassword { id: id, password: password, by_holder: by_holder, proved: proved },
    Close = Close { id: id },
    SignIn = SignIn {
        id: id,
        token_hash: token_hash,
        ends_at: ends_at,
        proved: proved,
        source: source,
        lock_out: lock_out,
    },
    SignOut = SignOut { token_hash: token_hash },
    Failed = Failed { id: id, source: source, lock_out: lock_out, session: session },
});

#[derive(Serialize, Deserialize)]
pub(crate) struct LockOutV1 {
    failures: i64,
    seconds: i64,
}
form!(LockOutV1 = LockOut { failures: failures, seconds: seconds });
