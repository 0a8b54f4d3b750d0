//! Accounts of persons (个人账户): opened, changed, ended, signed in to - events as any other. Passwords are judged before they come
//! here: an event holds their hashes alone.

use crate::domain::account::{Account, AccountChange};
use crate::domain::caller::{Role, Roles};
use crate::domain::command::{EventKind, Outcome};
use crate::domain::ids::{CallerId, OfficerId};
use crate::domain::personal::Personal;
use crate::domain::refusal::Refusal;
use crate::ledger::{Batch, Event, Prepared, Stop};
use crate::store::Session;

/// Passwords of an account that are remembered: the present one, and those that may not be used again.
pub(crate) const PASSWORDS_KEPT: usize = 6;

/// Applies a change to the accounts.
pub(super) async fn change(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    change: &AccountChange,
) -> Result<Outcome, Stop> {
    let (bureau, now) = (batch.bureau, batch.now);
    match change {
        AccountChange::Open { id, officer, roles, password } => {
            open(batch, *id, officer, roles, password).await?;
        }
        AccountChange::SetRoles { id, roles } => {
            let mut account = living(batch, *id).await?;
            account.roles = lawful(batch, roles)?;
            batch.tx.change_account(bureau, &account).await?;
        }
        AccountChange::SetPassword { id, password, by_holder } => {
            let mut account = living(batch, *id).await?;
            let mut passwords = account.passwords.into_exposed();
            passwords.insert(0, password.expose().clone());
            passwords.truncate(PASSWORDS_KEPT);
            account.passwords = Personal::new(passwords);
            (account.password_at, account.must_change) = (now, !by_holder);
            (account.failures, account.failed_at) = (0, None);
            batch.tx.change_account(bureau, &account).await?;
            // Whoever holds a session may be who the password was changed against.
            batch.tx.end_sessions(bureau, *id).await?;
        }
        AccountChange::Close { id } => {
            let mut account = living(batch, *id).await?;
            account.closed_at = Some(now);
            batch.tx.change_account(bureau, &account).await?;
            batch.tx.end_sessions(bureau, *id).await?;
        }
        AccountChange::SignIn { id, token_hash, ends_at } => {
            let mut account = living(batch, *id).await?;
            (account.failures, account.failed_at) = (0, None);
            account.signed_in_at = Some(now);
            batch.tx.change_account(bureau, &account).await?;
            batch.tx.end_over(bureau, *id, now).await?;
            let session = Session { caller: *id, ends_at: *ends_at, used_at: now };
            batch.tx.new_session(bureau, token_hash.expose(), session).await?;
        }
        AccountChange::SignOut { token_hash } => {
            if !batch.tx.end_session(bureau, token_hash.expose()).await? {
                return Err(Refusal::NotFound { what: "session", what_zh: "登录" }.into());
            }
        }
        AccountChange::Failed { id } => {
            let mut account = living(batch, *id).await?;
            account.failures += 1;
            account.failed_at = Some(now);
            batch.tx.change_account(bureau, &account).await?;
        }
    }
    let sequence = batch.next();
    batch.record(Event::new(sequence, EventKind::from(change), prepared))?;
    Ok(Outcome::Noted { sequence })
}

async fn open(
    batch: &mut Batch<'_>,
    id: CallerId,
    officer: &OfficerId,
    roles: &[Role],
    password: &Personal<String>,
) -> Result<(), Stop> {
    let bureau = batch.bureau;
    let callers = batch.tx.callers(bureau).await?.into_iter().map(|caller| caller.id);
    let accounts = batch.tx.accounts(bureau).await?;
    if callers.chain(accounts.iter().map(|account| account.id)).any(|known| known >= id) {
        return Err(Refusal::field(
            "caller",
            "another caller was made at the same time; make this one again",
            "同时新增了其他调用方，请重新执行",
        )
        .into());
    }
    if accounts.iter().any(|account| account.officer == *officer && account.closed_at.is_none()) {
        return Err(Refusal::field(
            "officer",
            "has an account already",
            "该人员已有账户；忘记口令请重置，离任请先销户",
        )
        .into());
    }
    if batch.rules.officer(officer).is_none() {
        return Err(Refusal::NotFound { what: "officer", what_zh: "人员" }.into());
    }
    let account = Account {
        id,
        officer: officer.clone(),
        roles: lawful(batch, roles)?,
        created_at: batch.now,
        closed_at: None,
        password_at: batch.now,
        must_change: true,
        failures: 0,
        failed_at: None,
        signed_in_at: None,
        passwords: Personal::new(vec![password.expose().clone()]),
    };
    Ok(batch.tx.new_account(bureau, &account).await?)
}

async fn living(batch: &mut Batch<'_>, id: CallerId) -> Result<Account, Stop> {
    let account = batch.tx.account(batch.bureau, id).await?.filter(|account| account.closed_at.is_none());
    account.ok_or_else(|| Refusal::NotFound { what: "account", what_zh: "有效账户" }.into())
}

/// The roles, if one person may have them all.
fn lawful(batch: &Batch<'_>, roles: &[Role]) -> Result<Roles, Stop> {
    if let Some(role) = roles.iter().find(|role| !role.is_of_persons()) {
        return Err(Refusal::field(
            "roles",
            "holds a role that no person has",
            &format!("“{}”是单位共用账户的角色，个人不能使用", role.zh()),
        )
        .into());
    }
    let roles = Roles::of(roles);
    if let Some((one, other)) = batch.rules.settings().separation.conflict(roles) {
        return Err(Refusal::field(
            "roles",
            "holds two roles that one person may not have",
            &format!("“{}”和“{}”不能由同一人担任", one.zh(), other.zh()),
        )
        .into());
    }
    Ok(roles)
}
