//! Accounts of persons (个人账户): signing in and out, passwords, and what the security administrator does with them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::door::{Pass, Tried, Whose};
use super::{Failure, Found, Operation, RETRY_AFTER, Service, answer, failed};
use crate::domain::account::{Account, AccountChange, LockOut, Source};
use crate::domain::caller::{Caller, Role};
use crate::domain::command::{Command, Outcome, Request};
use crate::domain::ids::{BureauId, CallerId, OfficerId, RequestId};
use crate::domain::personal::Personal;
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::domain::time::Timestamp;
use crate::identity::{Credential, PasswordRule, new_session_token, random_request_id};
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

impl AccountRules {
    fn lock_out(&self) -> LockOut {
        LockOut { failures: self.failures_most.into(), seconds: seconds(self.locked) }
    }
}

/// What stands of somebody who tries to sign in.
#[derive(Debug)]
struct Seen {
    account: Option<Account>,
    source: Option<Source>,
}

impl Tried {
    /// The address, as the event keeps it.
    fn address(&self) -> Personal<String> {
        Personal::new(self.from.map_or_else(|| "local".to_owned(), |from| from.to_string()))
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
    /// Begins a session of a person who calls from an address. Whatever is wrong - no such account, the password, too many wrong ones
    /// before - the answer is the same, takes as long, and leaves as much behind.
    pub async fn sign_in(
        &self,
        bureau: BureauId,
        officer: &OfficerId,
        password: Personal<String>,
        from: Option<IpAddr>,
    ) -> Result<SignedIn, Failure> {
        let (rule, door) = (self.inner.bounds.accounts.lock_out(), &self.inner.door);
        let tried = Tried { bureau, officer: officer.clone(), from };
        let seen = self.seen(&tried).await?;
        self.is_open(&tried, &seen)?;
        let is_known = seen.source.is_some_and(|source| source.is_known(self.now()));
        let whose = if is_known { Whose::Known(&tried) } else { Whose::Stranger(&tried) };
        let pass = door.enter(whose, self.now()).await?;
        // Read again: others were tried while this one waited, and all of them count.
        let seen = self.seen(&tried).await?;
        self.is_open(&tried, &seen)?;
        let proved = seen.account.and_then(|account| account.passwords.into_exposed().into_iter().next());
        let is_right = self.is_password(&pass, password, proved.clone()).await?;
        let seen = self.seen(&tried).await?;
        let locks = |account: &Account| rule.locks(account, seen.source.as_ref(), self.now());
        if let Some(((account, proved), true)) = seen.account.clone().zip(proved).zip(Some(is_right))
            && !locks(&account)
            && let Some(begun) = self.begin(&tried, account, proved).await?
        {
            door.forget(&tried);
            return Ok(begun);
        }
        door.failed(&tried, rule, self.now());
        let id = seen.account.map(|account| account.id);
        let source = Some(tried.address());
        let change = AccountChange::Failed { id, source, lock_out: Some(rule), session: None };
        self.do_itself(bureau, CallerId::SERVICE, change).await?;
        Err(Failure::NotSignedIn)
    }

    /// Begins the session, unless the password is another by now, or the account is locked or gone.
    async fn begin(
        &self,
        tried: &Tried,
        account: Account,
        proved: String,
    ) -> Result<Option<SignedIn>, Failure> {
        let (rules, now) = (self.inner.bounds.accounts, self.now());
        let (token, token_hash) =
            new_session_token(tried.bureau).map_err(|error| failed(&LedgerError::Identity(error)))?;
        let ends_at = now.plus_seconds(seconds(rules.session));
        let change = AccountChange::SignIn {
            id: account.id,
            token_hash: token_hash.into(),
            ends_at,
            proved: Some(proved.into()),
            source: Some(tried.address()),
            lock_out: Some(rules.lock_out()),
        };
        match self.do_itself(tried.bureau, account.id, change).await {
            Ok(_) => {}
            Err(Failure::Refused(_)) => return Ok(None),
            Err(failure) => return Err(failure),
        }
        let must_change = self.must_change(&account);
        Ok(Some(SignedIn { token: token.into(), ends_at, account, must_change }))
    }

    /// The living account of a name, and what is known of the address.
    async fn seen(&self, tried: &Tried) -> Result<Seen, Failure> {
        let context = &self.inner.context;
        let found = async {
            let _looking = self.inner.door.looking.acquire().await;
            let mut tx = context.store.read().await?;
            let account = tx.account_of(tried.bureau, &tried.officer).await?;
            let id = account.as_ref().map_or(CallerId::TERMINAL, |account| account.id);
            let key = context.identity.sign_in_source(tried.address().expose());
            let source = tx.sign_in_source(tried.bureau, id, key).await?;
            tx.rollback().await?;
            Ok::<_, LedgerError>(Seen { source: source.filter(|_| account.is_some()), account })
        };
        found.await.map_err(|error| failed(&error))
    }

    /// Whether a password for it is looked at. What this process remembers holds for names without an account, too; of an account that
    /// was given another password elsewhere it holds no more.
    fn is_open(&self, tried: &Tried, seen: &Seen) -> Result<(), Failure> {
        let (rule, door, now) = (self.inner.bounds.accounts.lock_out(), &self.inner.door, self.now());
        if !door.is_locked(tried, rule, now) {
            return Ok(());
        }
        let locks = |account: &Account| rule.locks(account, seen.source.as_ref(), now);
        if seen.account.as_ref().is_none_or(locks) {
            door.turned_away();
            return Err(Failure::NotSignedIn);
        }
        door.forget(tried);
        Ok(())
    }

    /// Ends the session of a token, at once here and within seconds elsewhere.
    pub async fn sign_out(&self, caller: &Caller, session: &Credential) -> Result<(), Failure> {
        self.allow(caller, Operation::SignOut)?;
        let token_hash = session.hash().to_vec().into();
        self.do_itself(caller.bureau, caller.id, AccountChange::SignOut { token_hash }).await?;
        self.inner.callers.forget(caller.id);
        Ok(())
    }

    /// The caller's own account, with the roles that he has now: those of whom he is the deputy of, too.
    pub async fn own_account(&self, caller: &Caller) -> Result<Account, Failure> {
        self.allow(caller, Operation::GetAccount)?;
        let account = self.account(caller.bureau, caller.id).await?;
        Ok(Account { roles: caller.roles, ..account })
    }

    /// Changes the caller's own password, in the session of a token; all sessions of the account end, this one too. A session that
    /// gives as many wrong present passwords as lock an account ends.
    pub async fn change_password(
        &self,
        caller: &Caller,
        session: &Credential,
        present: Personal<String>,
        new: Personal<String>,
    ) -> Result<(), Failure> {
        self.allow(caller, Operation::ChangePassword)?;
        let rules = self.inner.bounds.accounts;
        let pass = self.inner.door.enter(Whose::Holder(caller.bureau, caller.id), self.now()).await?;
        // Others were asked while this one waited, and may have ended the session.
        let living =
            self.signed_in(caller.bureau, session.hash(), true).await.map_err(|error| failed(&error))?;
        living.ok_or(Failure::Busy { retry_after: RETRY_AFTER })?;
        let account = self.account(caller.bureau, caller.id).await?;
        let passwords = account.passwords.into_exposed();
        if !self.is_password(&pass, present, passwords.first().cloned()).await? {
            let (id, lock_out) = (Some(caller.id), Some(rules.lock_out()));
            let change = AccountChange::Failed {
                id,
                source: None,
                lock_out,
                session: Some(session.hash().to_vec().into()),
            };
            self.do_itself(caller.bureau, caller.id, change).await?;
            self.inner.callers.forget(caller.id);
            return Err(Refusal::field("present_password", "is wrong", "原口令不正确").into());
        }
        if !rules.password.allows(new.expose()) {
            let PasswordRule { length, sorts } = rules.password;
            let text =
                format!("口令应为 {length} 至 128 个字符，含大写、小写字母、数字、符号中的至少 {sorts} 种");
            return Err(Refusal::field("new_password", "is too short or too plain", &text).into());
        }
        let proved = passwords.first().cloned().map(Personal::new);
        for hash in passwords.into_iter().take(rules.password_history.max(1)) {
            if self.is_password(&pass, new.clone(), Some(hash)).await? {
                return Err(
                    Refusal::field("new_password", "was used before", "不能与最近用过的口令相同").into()
                );
            }
        }
        let context = Arc::clone(&self.inner.context);
        let hash = move || context.identity.hash_password(new.expose()).map(Personal::new);
        let password = pass.hash(hash).await?;
        let change = AccountChange::SetPassword { id: caller.id, password, by_holder: true, proved };
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

    /// Makes an account for an officer of the bureau file, with a first password. The same request gives the same one again.
    pub async fn open_account(
        &self,
        caller: &Caller,
        request_id: RequestId,
        officer: OfficerId,
        roles: Vec<Role>,
    ) -> Result<Given, Failure> {
        self.allow(caller, Operation::OpenAccount)?;
        let (first, password) = self.first_password(caller, &request_id, officer.as_str()).await?;
        let change = AccountChange::Open { id: None, officer, roles, password };
        match self.act(caller, request_id, Command::Account(change)).await? {
            Outcome::Opened { id, .. } => Ok(Given { id, password: first }),
            _ => Err(Failure::Internal),
        }
    }

    /// The password that a request gives to somebody, and its hash.
    async fn first_password(
        &self,
        caller: &Caller,
        request_id: &RequestId,
        whose: &str,
    ) -> Result<(Personal<String>, Personal<String>), Failure> {
        let request = format!("{} {} {request_id} {whose}", caller.bureau.0, caller.id.0);
        let pass = self.inner.door.enter(Whose::Holder(caller.bureau, caller.id), self.now()).await?;
        let context = Arc::clone(&self.inner.context);
        let made = pass.hash(move || {
            let first = context.identity.first_password(&request)?;
            let hash = context.identity.hash_first_password(&first)?;
            Ok((first.password, Personal::new(hash)))
        });
        made.await
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
        self.allow(caller, Operation::ResetPassword)?;
        let whose = format!("account {}", id.0);
        let (first, password) = self.first_password(caller, &request_id, &whose).await?;
        let change = AccountChange::SetPassword { id, password, by_holder: false, proved: None };
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

    /// The caller of a session's token, while the session and the account live and the person is in the bureau file. A call that comes
    /// in uses the session.
    pub(super) async fn signed_in(
        &self,
        bureau: BureauId,
        hash: &[u8],
        is_use: bool,
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
            let separation = file.settings().separation;
            for absent in file.deputised_by(&account.officer, now.day()) {
                let leads =
                    tx.account_of(bureau, &absent.id).await?.is_some_and(|a| a.roles.has(Role::Manager));
                let both = roles.with(Role::Manager);
                // A deputy may not be what one person may not be.
                roles = if leads && separation.conflict(both).is_none() { both } else { roles };
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
        if is_use && found.is_some() && session.used_at.plus_seconds(60) <= now {
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

    /// Whether a password is the one of a hash; without a hash it takes as long and is not.
    async fn is_password(
        &self,
        pass: &Pass,
        password: Personal<String>,
        hash: Option<String>,
    ) -> Result<bool, Failure> {
        let context = Arc::clone(&self.inner.context);
        let hash = move || match hash {
            Some(hash) => Ok(context.identity.is_password(password.expose(), &hash)),
            None => context.identity.hash_password(password.expose()).map(|_| false),
        };
        pass.hash(hash).await
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
        let prepared = Prepared::new(&self.inner.context, request).map_err(|error| failed(&error))?;
        answer(self.inner.lane(bureau).enter_when_room(prepared.into(), Place::default()).await)
    }
}

fn seconds(length: Duration) -> i64 {
    i64::try_from(length.as_secs()).unwrap_or(i64::MAX / 2_000_000)
}
