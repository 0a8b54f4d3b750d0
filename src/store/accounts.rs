//! Accounts of persons and their sessions.

use const_format::concatcp;

use super::bulk::Many;
use super::ledger::word;
use super::statements::statements;
use super::value::{Row, values};
use super::{StoreError, Tx};
use crate::domain::account::{Account, Source};
use crate::domain::caller::Roles;
use crate::domain::ids::{BureauId, CallerId, OfficerId};
use crate::domain::personal::Personal;
use crate::domain::time::Timestamp;

/// An account as it is read; what it is of follows.
const READ: &str = "SELECT caller_id, officer, roles, created_at, closed_at, passwords, password_at, must_change, failures, failed_at, signed_in_at
    FROM account ";

statements! {
    one {
        /// An account.
        ACCOUNT = concatcp!(READ, "WHERE bureau_id = $1 AND caller_id = $2");
        /// The living account of a person.
        ACCOUNT_OF = concatcp!(READ, "WHERE bureau_id = $1 AND officer = $2 AND closed_at IS NULL");
        /// All accounts, the ended ones too.
        ACCOUNTS = concatcp!(READ, "WHERE bureau_id = $1 ORDER BY caller_id");
        NEW_ACCOUNT = "INSERT INTO account (bureau_id, caller_id, officer, roles, created_at, closed_at, passwords, password_at, must_change, failures, failed_at, signed_in_at)
            VALUES ($1, $2, $3, $4, $5, NULL, $6, $5, 1, 0, NULL, NULL)";
        CHANGE_ACCOUNT = "UPDATE account SET roles = $3, closed_at = $4, passwords = $5, password_at = $6, must_change = $7, failures = $8, failed_at = $9, signed_in_at = $10
            WHERE bureau_id = $1 AND caller_id = $2";
        SESSION = "SELECT caller_id, ends_at, used_at FROM session WHERE bureau_id = $1 AND token_hash = $2";
        NEW_SESSION = "INSERT INTO session (bureau_id, token_hash, caller_id, ends_at, used_at) VALUES ($1, $2, $3, $4, $5)";
        USE_SESSION = "UPDATE session SET used_at = $3 WHERE bureau_id = $1 AND token_hash = $2 AND used_at < $3";
        END_SESSION = "DELETE FROM session WHERE bureau_id = $1 AND token_hash = $2";
        END_SESSIONS = "DELETE FROM session WHERE bureau_id = $1 AND caller_id = $2";
        SOURCE = "SELECT failures, failed_at, signed_in_at FROM sign_in_source WHERE bureau_id = $1 AND caller_id = $2 AND source = $3";
        SET_SOURCE = "INSERT INTO sign_in_source (bureau_id, caller_id, source, failures, failed_at, signed_in_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (bureau_id, caller_id, source) DO UPDATE SET failures = excluded.failures, failed_at = excluded.failed_at, signed_in_at = excluded.signed_in_at";
        /// Of an account, the sources that were last heard of before a time.
        END_SOURCES = "DELETE FROM sign_in_source WHERE bureau_id = $1 AND caller_id = $2 AND COALESCE(failed_at, 0) < $3 AND COALESCE(signed_in_at, 0) < $3";
        SESSION_FAILED = "UPDATE session SET failures = failures + 1 WHERE bureau_id = $1 AND token_hash = $2";
        END_FAILED = "DELETE FROM session WHERE bureau_id = $1 AND token_hash = $2 AND failures >= $3";
        END_OVER = "DELETE FROM session WHERE bureau_id = $1 AND caller_id = $2 AND ends_at <= $3";
        /// A caller's next token; the present one ends at a time.
        ROTATE_TOKEN = "UPDATE caller SET earlier_token_hash = token_hash, earlier_until = $4, token_hash = $3, expires_at = $5
            WHERE bureau_id = $1 AND caller_id = $2 AND revoked_at IS NULL";
    }
    many {}
}

/// A session that was begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session {
    /// Of which account.
    pub(crate) caller: CallerId,
    /// When it ends, whatever happens in it.
    pub(crate) ends_at: Timestamp,
    /// When it was used last, to the minute.
    pub(crate) used_at: Timestamp,
}

impl Tx {
    /// An account, living or not.
    pub(crate) async fn account(
        &mut self,
        bureau: BureauId,
        id: CallerId,
    ) -> Result<Option<Account>, StoreError> {
        self.optional(ACCOUNT, values![bureau.0, id.0]).await?.as_ref().map(account).transpose()
    }

    /// The living account of a person.
    pub(crate) async fn account_of(
        &mut self,
        bureau: BureauId,
        officer: &OfficerId,
    ) -> Result<Option<Account>, StoreError> {
        self.optional(ACCOUNT_OF, values![bureau.0, officer.as_str()])
            .await?
            .as_ref()
            .map(account)
            .transpose()
    }

    /// All accounts of a bureau, the ended ones too.
    pub(crate) async fn accounts(&mut self, bureau: BureauId) -> Result<Vec<Account>, StoreError> {
        self.all(ACCOUNTS, values![bureau.0]).await?.iter().map(account).collect()
    }

    /// Makes an account.
    pub(crate) async fn new_account(&mut self, bureau: BureauId, new: &Account) -> Result<(), StoreError> {
        let passwords = new.passwords.expose().join("\n");
        let (officer, roles) = (new.officer.as_str(), new.roles.code());
        let values = values![bureau.0, new.id.0, officer, roles, new.created_at.0, passwords];
        self.execute(NEW_ACCOUNT, values).await?;
        Ok(())
    }

    /// Writes an account as it stands now.
    pub(crate) async fn change_account(&mut self, bureau: BureauId, now: &Account) -> Result<(), StoreError> {
        let values = values![
            bureau.0,
            now.id.0,
            now.roles.code(),
            now.closed_at.map(|at| at.0),
            now.passwords.expose().join("\n"),
            now.password_at.0,
            i16::from(now.must_change),
            now.failures,
            now.failed_at.map(|at| at.0),
            now.signed_in_at.map(|at| at.0)
        ];
        self.execute(CHANGE_ACCOUNT, values).await?;
        Ok(())
    }

    /// The session of a token.
    pub(crate) async fn session(
        &mut self,
        bureau: BureauId,
        token_hash: &[u8],
    ) -> Result<Option<Session>, StoreError> {
        let row = self.optional(SESSION, values![bureau.0, token_hash.to_vec()]).await?;
        row.map(|row| {
            Ok(Session {
                caller: CallerId(row.get(0)?),
                ends_at: Timestamp(row.get(1)?),
                used_at: Timestamp(row.get(2)?),
            })
        })
        .transpose()
    }

    /// Begins a session.
    pub(crate) async fn new_session(
        &mut self,
        bureau: BureauId,
        token_hash: &[u8],
        session: Session,
    ) -> Result<(), StoreError> {
        let Session { caller, ends_at, used_at } = session;
        let values = values![bureau.0, token_hash.to_vec(), caller.0, ends_at.0, used_at.0];
        self.execute(NEW_SESSION, values).await?;
        Ok(())
    }

    /// Notes that a session is in use.
    pub(crate) async fn use_session(
        &mut self,
        bureau: BureauId,
        token_hash: &[u8],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(USE_SESSION, values![bureau.0, token_hash.to_vec(), at.0]).await?;
        Ok(())
    }

    /// Ends a session. False when there was none.
    pub(crate) async fn end_session(
        &mut self,
        bureau: BureauId,
        token_hash: &[u8],
    ) -> Result<bool, StoreError> {
        Ok(self.execute(END_SESSION, values![bureau.0, token_hash.to_vec()]).await? > 0)
    }

    /// Ends all sessions of an account.
    pub(crate) async fn end_sessions(&mut self, bureau: BureauId, id: CallerId) -> Result<(), StoreError> {
        self.execute(END_SESSIONS, values![bureau.0, id.0]).await?;
        Ok(())
    }

    /// What is known of an address that somebody tried to sign in to an account from, by its keyed hash.
    pub(crate) async fn sign_in_source(
        &mut self,
        bureau: BureauId,
        id: CallerId,
        source: [u8; 16],
    ) -> Result<Option<Source>, StoreError> {
        let row = self.optional(SOURCE, values![bureau.0, id.0, source.to_vec()]).await?;
        row.map(|row| {
            let at = |column: usize| Ok::<_, StoreError>(row.get::<Option<i64>>(column)?.map(Timestamp));
            Ok(Source { failures: row.get(0)?, failed_at: at(1)?, signed_in_at: at(2)? })
        })
        .transpose()
    }

    /// Keeps what is known of such an address by now.
    pub(crate) async fn set_sign_in_source(
        &mut self,
        bureau: BureauId,
        id: CallerId,
        source: [u8; 16],
        known: Source,
    ) -> Result<(), StoreError> {
        let Source { failures, failed_at, signed_in_at } = known;
        let (failed_at, signed_in_at) = (failed_at.map(|at| at.0), signed_in_at.map(|at| at.0));
        let values = values![bureau.0, id.0, source.to_vec(), failures, failed_at, signed_in_at];
        self.execute(SET_SOURCE, values).await?;
        Ok(())
    }

    /// Forgets the addresses of an account that were last heard of before a time.
    pub(crate) async fn end_sign_in_sources(
        &mut self,
        bureau: BureauId,
        id: CallerId,
        before: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(END_SOURCES, values![bureau.0, id.0, before.0]).await?;
        Ok(())
    }

    /// A wrong present password was given in a session: it ends with as many as that.
    pub(crate) async fn session_failed(
        &mut self,
        bureau: BureauId,
        token_hash: &[u8],
        most: i64,
    ) -> Result<(), StoreError> {
        self.execute(SESSION_FAILED, values![bureau.0, token_hash.to_vec()]).await?;
        self.execute(END_FAILED, values![bureau.0, token_hash.to_vec(), most]).await?;
        Ok(())
    }

    /// Takes away the sessions of an account that are over.
    pub(crate) async fn end_over(
        &mut self,
        bureau: BureauId,
        id: CallerId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(END_OVER, values![bureau.0, id.0, now.0]).await?;
        Ok(())
    }

    /// Gives a caller another token; the present one ends at a time. False when there is no such living caller.
    pub(crate) async fn rotate_token(
        &mut self,
        bureau: BureauId,
        caller: CallerId,
        token_hash: &[u8],
        (until, expires_at): (Timestamp, Option<Timestamp>),
    ) -> Result<bool, StoreError> {
        let values = values![bureau.0, caller.0, token_hash.to_vec(), until.0, expires_at.map(|at| at.0)];
        Ok(self.execute(ROTATE_TOKEN, values).await? == 1)
    }
}

fn account(row: &Row) -> Result<Account, StoreError> {
    let at = |column: usize| Ok::<_, StoreError>(row.get::<Option<i64>>(column)?.map(Timestamp));
    let roles = Roles::from_code(row.get(2)?).ok_or(StoreError::corrupt("account", "roles"))?;
    let passwords = row.get::<String>(5)?.lines().map(str::to_owned).collect();
    Ok(Account {
        id: CallerId(row.get(0)?),
        officer: word(&row.get::<String>(1)?, OfficerId::parse, "account", "officer")?,
        roles,
        created_at: Timestamp(row.get(3)?),
        closed_at: at(4)?,
        passwords: Personal::new(passwords),
        password_at: Timestamp(row.get(6)?),
        must_change: row.get::<i16>(7)? == 1,
        failures: row.get(8)?,
        failed_at: at(9)?,
        signed_in_at: at(10)?,
    })
}
