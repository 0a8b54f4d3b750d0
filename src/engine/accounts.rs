//! Accounts of persons (个人账户): opened, changed, ended, signed in to - events as any other. Passwords are judged before they come
//! here: an event holds their hashes alone.

use crate::domain::account::{Account, AccountChange, LockOut, Source};
use crate::domain::caller::{Role, Roles};
use crate::domain::command::{EventKind, Outcome};
use crate::domain::ids::{CallerId, OfficerId};
use crate::domain::personal::Personal;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::ledger::{Batch, Event, LedgerError, Prepared, Stop};
use crate::store::Session;

/// Passwords of an account that are remembered: the present one, and those that may not be used again.
pub(crate) const PASSWORDS_KEPT: usize = 6;

/// Applies a change to the accounts. Its row of the trail names whose account it is.
pub(super) async fn change(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    change: &AccountChange,
) -> Result<Outcome, Stop> {
    if let AccountChange::Open { id, officer, roles, password } = change {
        let id = open(batch, *id, officer, roles, password).await?;
        let sequence = batch.next();
        let event = Event::new(sequence, EventKind::from(change), prepared);
        batch.record(event.by(officer).answered(&id)?)?;
        return Ok(Outcome::Opened { sequence, id });
    }
    let whose = apply(batch, prepared.request.caller, change).await?;
    let sequence = batch.next();
    let event = Event::new(sequence, EventKind::from(change), prepared);
    batch.record(match &whose {
        Some(officer) => event.by(officer),
        None => event,
    })?;
    Ok(Outcome::Noted { sequence })
}

/// Whose account it was; none where no account is called so.
async fn apply(
    batch: &mut Batch<'_>,
    caller: CallerId,
    change: &AccountChange,
) -> Result<Option<OfficerId>, Stop> {
    let (bureau, now) = (batch.bureau, batch.now);
    let account = match change {
        AccountChange::SetRoles { id, roles } => {
            let mut account = living(batch, *id).await?;
            account.roles = lawful(batch, roles)?;
            batch.tx.change_account(bureau, &account).await?;
            Some(account)
        }
        AccountChange::SetPassword { id, password, by_holder, proved } => {
            let mut account = living(batch, *id).await?;
            is_present(&account, proved.as_ref())?;
            let mut passwords = std::mem::take(&mut account.passwords).into_exposed();
            passwords.insert(0, password.expose().clone());
            passwords.truncate(PASSWORDS_KEPT);
            account.passwords = Personal::new(passwords);
            (account.password_at, account.must_change) = (now, !by_holder);
            (account.failures, account.failed_at) = (0, None);
            // Whoever holds a session may be who the password was changed against, and what was locked is free again.
            Some(ended(batch, account).await?)
        }
        AccountChange::Close { id } => {
            let account = Account { closed_at: Some(now), ..living(batch, *id).await? };
            Some(ended(batch, account).await?)
        }
        AccountChange::SignIn { .. } => Some(sign_in(batch, change).await?),
        AccountChange::SignOut { token_hash } => {
            if !batch.tx.end_session(bureau, token_hash.expose()).await? {
                return Err(Refusal::NotFound { what: "session", what_zh: "登录" }.into());
            }
            batch.tx.account(bureau, caller).await?
        }
        AccountChange::Failed { id, session: Some(token_hash), lock_out, .. } => {
            let most = lock_out.map_or(i64::MAX, |rule| rule.failures);
            batch.tx.session_failed(bureau, token_hash.expose(), most).await?;
            living_or_none(batch, id.unwrap_or(CallerId::TERMINAL)).await?
        }
        AccountChange::Failed { id, source, lock_out, session: None } => {
            failed(batch, *id, source.as_ref(), *lock_out).await?
        }
        AccountChange::Open { .. } => None,
    };
    Ok(account.map(|account| account.officer))
}

/// Writes an account as it stands now, and ends its sessions and what is known of the addresses.
async fn ended(batch: &mut Batch<'_>, account: Account) -> Result<Account, LedgerError> {
    batch.tx.change_account(batch.bureau, &account).await?;
    batch.tx.end_sessions(batch.bureau, account.id).await?;
    batch.tx.end_sign_in_sources(batch.bureau, account.id, Timestamp(i64::MAX)).await?;
    Ok(account)
}

/// Begins a session, unless the password that was proved is the present one no more, or the account was locked meanwhile: between the
/// proof and this event others were applied.
async fn sign_in(batch: &mut Batch<'_>, change: &AccountChange) -> Result<Account, Stop> {
    let AccountChange::SignIn { id, token_hash, ends_at, proved, source, lock_out } = change else {
        return Err(LedgerError::Unreadable("sign-in").into());
    };
    let (bureau, now) = (batch.bureau, batch.now);
    let mut account = living(batch, *id).await?;
    is_present(&account, proved.as_ref())?;
    if let Some(source) = source {
        let key = batch.context.identity.sign_in_source(source.expose());
        let known = batch.tx.sign_in_source(bureau, *id, key).await?;
        if lock_out.is_some_and(|rule| rule.locks(&account, known.as_ref(), now)) {
            return Err(
                Refusal::field("password", "comes too late: the account is locked", "账户已锁定").into()
            );
        }
        let known = Source { failures: 0, failed_at: None, signed_in_at: Some(now) };
        batch.tx.set_sign_in_source(bureau, *id, key, known).await?;
    }
    (account.failures, account.failed_at) = (0, None);
    account.signed_in_at = Some(now);
    batch.tx.change_account(bureau, &account).await?;
    batch.tx.end_over(bureau, *id, now).await?;
    let session = Session { caller: *id, ends_at: *ends_at, used_at: now };
    batch.tx.new_session(bureau, token_hash.expose(), session).await?;
    Ok(account)
}

/// Counts a wrong password, unless the account is locked already: trying on does not keep it locked. The same is read and written for a
/// name that nobody has, under [`CallerId::TERMINAL`], which has no account: the time it takes tells nothing.
async fn failed(
    batch: &mut Batch<'_>,
    id: Option<CallerId>,
    source: Option<&Personal<String>>,
    lock_out: Option<LockOut>,
) -> Result<Option<Account>, Stop> {
    let (bureau, now) = (batch.bureau, batch.now);
    let id = id.unwrap_or(CallerId::TERMINAL);
    let mut account = living_or_none(batch, id).await?;
    let key = source.map(|source| batch.context.identity.sign_in_source(source.expose()));
    let known = match key {
        Some(key) => batch.tx.sign_in_source(bureau, id, key).await?,
        None => None,
    };
    let locks = |account: &Account| lock_out.is_some_and(|rule| rule.locks(account, known.as_ref(), now));
    let counts = !account.as_ref().is_some_and(locks);
    let counted = |failures: i64, failed_at: Option<Timestamp>| {
        if counts { (failures + 1, Some(now)) } else { (failures, failed_at) }
    };
    if let Some(account) = account.as_mut() {
        (account.failures, account.failed_at) = counted(account.failures, account.failed_at);
        batch.tx.change_account(bureau, account).await?;
    }
    if let Some(key) = key {
        batch.tx.end_sign_in_sources(bureau, id, Source::forgotten_before(now)).await?;
        let known = known.unwrap_or_default();
        let (failures, failed_at) = counted(known.failures, known.failed_at);
        batch.tx.set_sign_in_source(bureau, id, key, Source { failures, failed_at, ..known }).await?;
    }
    Ok(account)
}

/// Whether what was proved is the present password still. Events of earlier releases do not tell.
fn is_present(account: &Account, proved: Option<&Personal<String>>) -> Result<(), Stop> {
    match proved {
        Some(proved) if account.passwords.expose().first() != Some(proved.expose()) => {
            let zh = "口令已被修改，请使用新口令";
            Err(Refusal::field("present_password", "was changed meanwhile; use the new one", zh).into())
        }
        _ => Ok(()),
    }
}

/// Makes an account, with the next id unless it has one. Its id.
async fn open(
    batch: &mut Batch<'_>,
    id: Option<CallerId>,
    officer: &OfficerId,
    roles: &[Role],
    password: &Personal<String>,
) -> Result<CallerId, Stop> {
    let bureau = batch.bureau;
    let accounts = batch.tx.accounts(bureau).await?;
    let callers = batch.tx.callers(bureau).await?.into_iter().map(|caller| caller.id.0);
    let last = callers.chain(accounts.iter().map(|account| account.id.0)).max().unwrap_or(0);
    let id = id.unwrap_or(CallerId(last + 1));
    if id.0 <= last {
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
    batch.tx.new_account(bureau, &account).await?;
    Ok(id)
}

async fn living_or_none(batch: &mut Batch<'_>, id: CallerId) -> Result<Option<Account>, LedgerError> {
    let account = batch.tx.account(batch.bureau, id).await?;
    Ok(account.filter(|account| account.closed_at.is_none()))
}

async fn living(batch: &mut Batch<'_>, id: CallerId) -> Result<Account, Stop> {
    let account = living_or_none(batch, id).await?;
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
