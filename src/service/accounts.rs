//! Accounts of persons (个人账户): signing in and out, passwords, and what the security administrator does with them.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::{Failure, Found, Operation, RETRY_AFTER, Service, answer, failed};
use crate::domain::account::{Account, AccountChange};
use crate::domain::caller::{Caller, Role};
use crate::domain::command::{Command, Outcome, Request};
use crate::domain::ids::{BureauId, CallerId, OfficerId, RequestId};
use crate::domain::personal::Personal;
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::domain::time::Timestamp;
use crate::identity::{
    IdentityError, PasswordRule, first_password, new_session_token, random_request_id, read_token,
};
use crate::lane::Place;
use crate::ledger::{LedgerError, Prepared};

/// What holds for passwords and sessions; the defaults are those of 等保 level 2.
#[derive(Debug, Clone, Copy)]
pub struct AccountRules {
    /// What a password must be.
    pub password: PasswordRule,
    /// For how long; then it has to be changed.
    pub password_life: Duration,
    /// How many of the last ones may not be used again: five at most.
    pub password_history: usize,
    /// Wrong passwords in a row after which an account is locked.
    pub failures_most: u32,
    /// For how long.
    pub locked: Duration,
    /// A session that is not used for so long ends.
    pub idle: Duration,
    /// A session ends after so long, whatever happens in it.
    pub session: Duration,
}

impl Default for AccountRules {
    fn default() -> Self {
        const HOUR: u64 = 3_600;
        Self {
            password: PasswordRule { length: 8, sorts: 3 },
            password_life: Duration::from_secs(90 * 24 * HOUR),
            password_history: 5,
            failures_most: 5,
            locked: Duration::from_secs(HOUR / 2),
            idle: Duration::from_secs(HOUR / 2),
            session: Duration::from_secs(12 * HOUR),
        }
    }
}

/// Passwords hashed at once: each takes 19 MiB and a core.
const HASHED_AT_ONCE: usize = 2;
/// Sign-ins waiting for it; more are asked to come back.
const WAITING: usize = 64;

/// What keeps sign-ins from taking the machine.
#[derive(Debug)]
pub(super) struct Door {
    hashing: Semaphore,
    waiting: Semaphore,
}

impl Default for Door {
    fn default() -> Self {
        Self { hashing: Semaphore::new(HASHED_AT_ONCE), waiting: Semaphore::new(WAITING) }
    }
}

/// A session that was begun.
#[derive(Debug)]
pub struct SignedIn {
    /// Its token, for `authorization: Bearer`; kept nowhere here.
    pub token: Personal<String>,
    /// When it ends, whatever happens in it.
    pub ends_at: Timestamp,
    /// The account, as it stood before: with the last sign-in and the wrong passwords since.
    pub account: Account,
    /// The password has to be changed before anything else.
    pub must_change: bool,
}

/// A password that was given to somebody, shown once.
#[derive(Debug, Serialize)]
pub struct Given {
    /// Of which account.
    pub id: CallerId,
    /// To be changed at the first sign-in.
    #[serde(serialize_with = "exposed")]
    pub password: Personal<String>,
}

fn exposed<S: serde::Serializer>(text: &Personal<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text.expose())
}

impl Service {
    /// Begins a session of a person. Whatever is wrong - no such account, the password, too many wrong ones before - the answer is the
    /// same and takes as long.
    pub async fn sign_in(
        &self,
        bureau: BureauId,
        officer: &OfficerId,
        password: Personal<String>,
    ) -> Result<SignedIn, Failure> {
        let rules = self.inner.bounds.accounts;
        let account = self.account_of(bureau, officer).await.map_err(|error| failed(&error))?;
        let hash = account.as_ref().and_then(|account| account.passwords.expose().first().cloned());
        let is_right = self.is_password(password, hash).await?;
        // Read again: others were tried while this one waited to be hashed, and all of them count.
        let account = self.account_of(bureau, officer).await.map_err(|error| failed(&error))?;
        let now = self.now();
        let Some(account) = account else { return Err(Failure::NotSignedIn) };
        let most = i64::from(rules.failures_most);
        let is_locked = account.failures >= most
            && account.failed_at.is_some_and(|at| now < at.plus_seconds(seconds(rules.locked)));
        if is_locked {
            return Err(Failure::NotSignedIn);
        }
        if !is_right {
            // Known to be wrong only once it is written: else who stops the service could try for ever.
            self.do_itself(bureau, CallerId::SERVICE, AccountChange::Failed { id: account.id }).await?;
            return Err(Failure::NotSignedIn);
        }
        let (token, token_hash) =
            new_session_token(bureau).map_err(|error| failed(&LedgerError::Identity(error)))?;
        let ends_at = now.plus_seconds(seconds(rules.session));
        let change = AccountChange::SignIn { id: account.id, token_hash: token_hash.into(), ends_at };
        self.do_itself(bureau, account.id, change).await?;
        let must_change = self.must_change(&account);
        Ok(SignedIn { token: token.into(), ends_at, account, must_change })
    }

    /// Ends the session of a token, at once here and within seconds elsewhere.
    pub async fn sign_out(&self, caller: &Caller, token: &str) -> Result<(), Failure> {
        self.allow(caller, Operation::SignOut)?;
        let (_, token_hash) = read_token(token).ok_or(Failure::Denied)?;
        self.do_itself(caller.bureau, caller.id, AccountChange::SignOut { token_hash: token_hash.into() })
            .await?;
        self.inner.callers.forget(caller.id);
        Ok(())
    }

    /// The caller's own account.
    pub async fn own_account(&self, caller: &Caller) -> Result<Account, Failure> {
        self.allow(caller, Operation::GetAccount)?;
        self.account(caller.bureau, caller.id).await
    }

    /// Changes the caller's own password; all sessions of the account end, this one too.
    pub async fn change_password(
        &self,
        caller: &Caller,
        present: Personal<String>,
        new: Personal<String>,
    ) -> Result<(), Failure> {
        self.allow(caller, Operation::ChangePassword)?;
        let rules = self.inner.bounds.accounts;
        let account = self.account(caller.bureau, caller.id).await?;
        let passwords = account.passwords.expose().clone();
        if !self.is_password(present, passwords.first().cloned()).await? {
            self.do_itself(caller.bureau, caller.id, AccountChange::Failed { id: caller.id }).await?;
            return Err(Refusal::field("present_password", "is wrong", "原口令不正确").into());
        }
        if !rules.password.allows(new.expose()) {
            let PasswordRule { length, sorts } = rules.password;
            let text =
                format!("口令应为 {length} 至 128 个字符，含大写、小写字母、数字、符号中的至少 {sorts} 种");
            return Err(Refusal::field("new_password", "is too short or too plain", &text).into());
        }
        for hash in passwords.into_iter().take(rules.password_history.max(1)) {
            if self.is_password(new.clone(), Some(hash)).await? {
                return Err(
                    Refusal::field("new_password", "was used before", "不能与最近用过的口令相同").into()
                );
            }
        }
        let password = self.hashed(new).await?;
        let change = AccountChange::SetPassword { id: caller.id, password, by_holder: true };
        self.do_itself(caller.bureau, caller.id, change).await?;
        self.inner.callers.forget(caller.id);
        Ok(())
    }

    /// All accounts, the ended ones too. The look is recorded.
    pub async fn accounts(&self, caller: &Caller) -> Result<Vec<Account>, Failure> {
        let seen = self.look(caller, Operation::ListAccounts, "list_accounts", async |_| {
            let mut tx = self.inner.context.store.read().await?;
            let accounts = tx.accounts(caller.bureau).await?;
            tx.rollback().await?;
            Ok(Found::bare(accounts))
        });
        seen.await
    }

    /// Makes an account for an officer of the bureau file, with a first password.
    pub async fn open_account(
        &self,
        caller: &Caller,
        request_id: RequestId,
        officer: OfficerId,
        roles: Vec<Role>,
    ) -> Result<Given, Failure> {
        self.allow(caller, Operation::OpenAccount)?;
        let mut tx = self.inner.context.store.read().await.map_err(|error| failed(&error.into()))?;
        let callers = tx.callers(caller.bureau).await.map_err(|error| failed(&error.into()))?;
        let accounts = tx.accounts(caller.bureau).await.map_err(|error| failed(&error.into()))?;
        tx.rollback().await.map_err(|error| failed(&error.into()))?;
        let ids = callers.iter().map(|caller| caller.id.0).chain(accounts.iter().map(|account| account.id.0));
        let id = CallerId(ids.max().unwrap_or(0) + 1);
        let first = first_password().map_err(|error| failed(&LedgerError::Identity(error)))?;
        let password = self.hashed(first.clone()).await?;
        let change = AccountChange::Open { id, officer, roles, password };
        self.act(caller, request_id, Command::Account(change)).await?;
        Ok(Given { id, password: first })
    }

    /// Changes what a person may do; at once here and within seconds elsewhere. Nobody gives rights to himself.
    pub async fn set_roles(
        &self,
        caller: &Caller,
        request_id: RequestId,
        id: CallerId,
        roles: Vec<Role>,
    ) -> Result<(), Failure> {
        if caller.id == id {
            return Err(Refusal::field(
                "account",
                "is your own",
                "不能调整本人的角色，请由其他安全管理员办理",
            )
            .into());
        }
        self.act(caller, request_id, Command::Account(AccountChange::SetRoles { id, roles })).await?;
        self.inner.callers.forget(id);
        Ok(())
    }

    /// Gives an account another first password; its sessions end.
    pub async fn reset_password(
        &self,
        caller: &Caller,
        request_id: RequestId,
        id: CallerId,
    ) -> Result<Given, Failure> {
        let first = first_password().map_err(|error| failed(&LedgerError::Identity(error)))?;
        let password = self.hashed(first.clone()).await?;
        let change = AccountChange::SetPassword { id, password, by_holder: false };
        self.act(caller, request_id, Command::Account(change)).await?;
        self.inner.callers.forget(id);
        Ok(Given { id, password: first })
    }

    /// Ends an account, and its sessions at once here and within seconds elsewhere.
    pub async fn close_account(
        &self,
        caller: &Caller,
        request_id: RequestId,
        id: CallerId,
    ) -> Result<(), Failure> {
        self.act(caller, request_id, Command::Account(AccountChange::Close { id })).await?;
        self.inner.callers.forget(id);
        Ok(())
    }

    /// The caller of a session's token, while the session and the account live and the person is in the bureau file.
    pub(super) async fn signed_in(
        &self,
        bureau: BureauId,
        hash: &[u8],
    ) -> Result<Option<Caller>, LedgerError> {
        let (context, now, rules) = (&self.inner.context, self.now(), self.inner.bounds.accounts);
        let mut tx = context.store.read().await?;
        let session = tx.session(bureau, hash).await?;
        let idle_from = |used_at: Timestamp| used_at.plus_seconds(seconds(rules.idle));
        let Some(session) = session.filter(|s| now < s.ends_at && now < idle_from(s.used_at)) else {
            tx.rollback().await?;
            return Ok(None);
        };
        let account = tx.account(bureau, session.caller).await?.filter(|account| account.closed_at.is_none());
        let file = context.rules_in_force(&mut tx, bureau).await?;
        let found = async {
            let Some((account, officer)) = account.and_then(|a| Some((a.clone(), file.officer(&a.officer)?)))
            else {
                return Ok::<_, LedgerError>(None);
            };
            let mut roles = account.roles;
            for absent in file.deputised_by(&account.officer, now.day()) {
                let leads =
                    tx.account_of(bureau, &absent.id).await?.is_some_and(|a| a.roles.has(Role::Manager));
                roles = if leads { roles.with(Role::Manager) } else { roles };
            }
            let is_reception = officer.unit == file.reception().id;
            // Who has left reception has left what it may see.
            let roles = if is_reception { roles } else { roles.without(Role::Reception) };
            Ok(Some(Caller {
                id: account.id,
                bureau,
                roles,
                unit: Some(officer.unit.clone()),
                must_change_password: self.must_change(&account),
                officer: Some(account.officer),
                names_officers: false,
            }))
        };
        let found = found.await?;
        tx.rollback().await?;
        if found.is_some() && session.used_at.plus_seconds(60) <= now {
            let mut tx = context.store.begin(bureau).await?;
            tx.use_session(bureau, hash, now).await?;
            tx.commit().await?;
        }
        Ok(found)
    }

    fn must_change(&self, account: &Account) -> bool {
        let life = seconds(self.inner.bounds.accounts.password_life);
        account.must_change || account.password_at.plus_seconds(life) <= self.now()
    }

    async fn account(&self, bureau: BureauId, id: CallerId) -> Result<Account, Failure> {
        let found = async {
            let mut tx = self.inner.context.store.read().await?;
            let found = tx.account(bureau, id).await?;
            tx.rollback().await?;
            Ok::<_, LedgerError>(found)
        };
        let found = found.await.map_err(|error| failed(&error))?;
        found.ok_or_else(|| Refusal::NotFound { what: "account", what_zh: "账户" }.into())
    }

    async fn account_of(
        &self,
        bureau: BureauId,
        officer: &OfficerId,
    ) -> Result<Option<Account>, LedgerError> {
        let mut tx = self.inner.context.store.read().await?;
        let found = tx.account_of(bureau, officer).await?;
        tx.rollback().await?;
        Ok(found)
    }

    /// Whether a password is the one of a hash; without a hash it takes as long and is not.
    async fn is_password(&self, password: Personal<String>, hash: Option<String>) -> Result<bool, Failure> {
        let context = Arc::clone(&self.inner.context);
        self.hashing(move || match hash {
            Some(hash) => Ok(context.identity.is_password(password.expose(), &hash)),
            None => context.identity.hash_password(password.expose()).map(|_| false),
        })
        .await
    }

    async fn hashed(&self, password: Personal<String>) -> Result<Personal<String>, Failure> {
        let context = Arc::clone(&self.inner.context);
        self.hashing(move || context.identity.hash_password(password.expose()).map(Personal::new)).await
    }

    /// Hashes on a thread of its own, few at a time.
    async fn hashing<T: Send + 'static>(
        &self,
        hash: impl FnOnce() -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, Failure> {
        let door = &self.inner.door;
        let full = |_| Failure::Full { retry_after: RETRY_AFTER };
        let _waiting = door.waiting.try_acquire().map_err(full)?;
        let _hashing = door.hashing.acquire().await;
        let done = spawn_blocking(hash).await.map_err(|_| Failure::Internal)?;
        done.map_err(|error| failed(&LedgerError::Identity(error)))
    }

    /// A change that the service makes for somebody who has proved who he is, or that proves who is not.
    async fn do_itself(
        &self,
        bureau: BureauId,
        caller: CallerId,
        change: AccountChange,
    ) -> Result<Outcome, Failure> {
        let command = Command::Account(change);
        let request_id = random_request_id().map_err(|error| failed(&LedgerError::Identity(error)))?;
        let request = Request { caller, unit: None, sight: Sight::ALL, request_id, command };
        let prepared =
            Prepared::new(&self.inner.context.identity, request).map_err(|error| failed(&error))?;
        answer(self.inner.lane(bureau).enter_when_room(prepared.into(), Place::default()).await)
    }
}

fn seconds(length: Duration) -> i64 {
    i64::try_from(length.as_secs()).unwrap_or(i64::MAX / 2_000_000)
}
