//! Callers (调用方): systems and units, each known by a token or by the key of its certificate.

use super::{App, AppError};
use crate::clock::Clock;
use crate::domain::caller::{NewCaller, Role};
use crate::domain::command::Command;
use crate::domain::ids::{BureauId, CallerId, UnitId};
use crate::domain::refusal::Refusal;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::engine::{Waiters, settle};
use crate::identity::{KnownBy, NewCredential};
use crate::ledger::LedgerError;
use crate::store::{CallerRow, StoreError};

impl App {
    /// Makes a caller with a token that does not end by itself; see [`App::add_caller_for`].
    pub async fn add_caller(
        &self,
        bureau: BureauId,
        role: Role,
        unit: Option<UnitId>,
        name: &Line,
    ) -> Result<(CallerRow, String), AppError> {
        let (caller, token) = self.add_caller_for(bureau, (role, unit), name, KnownBy::Token, None).await?;
        Ok((caller, token.unwrap_or_default()))
    }

    /// Makes a caller that is let in until some days have passed. A token is given back once and kept only as a hash.
    pub async fn add_caller_for(
        &self,
        bureau: BureauId,
        (role, unit): (Role, Option<UnitId>),
        name: &Line,
        known_by: KnownBy,
        days: Option<u32>,
    ) -> Result<(CallerRow, Option<String>), AppError> {
        let mut tx = self.context.store.read().await?;
        let rules = self.context.rules_in_force(&mut tx, bureau).await?;
        let callers = tx.callers(bureau).await?.into_iter().map(|caller| caller.id.0);
        let accounts = tx.accounts(bureau).await?.into_iter().map(|account| account.id.0);
        let last = callers.chain(accounts).max().unwrap_or(0);
        tx.rollback().await?;
        let unit = match role {
            Role::Intake | Role::Reception if unit.is_some() => return Err(AppError::UnitNotWanted),
            Role::Intake => None,
            Role::Reception => Some(rules.reception().id.clone()),
            Role::Unit => {
                let unit = unit.ok_or(AppError::UnitMissing)?;
                Some(rules.unit(&unit).map(|known| known.id.clone()).ok_or(AppError::NoUnit(unit))?)
            }
            _ => return Err(AppError::RoleOfPersons(role)),
        };
        let NewCredential { token, hash } = known_by.new_credential(bureau)?;
        let (id, expires_at) = (CallerId(last + 1), self.in_days(days));
        let new = NewCaller { id, role, unit, name: name.clone(), token_hash: hash.into(), expires_at };
        self.act(bureau, Command::MakeCaller(Box::new(new))).await?;
        let mut tx = self.context.store.read().await?;
        let made = tx.callers(bureau).await?.into_iter().find(|caller| caller.id == id);
        tx.rollback().await?;
        Ok((made.ok_or(StoreError::Missing("the caller is gone"))?, token))
    }

    /// Lets a caller in by another token or key; what it has ends after some hours, so that nothing stops meanwhile.
    pub async fn rotate_token(
        &self,
        bureau: BureauId,
        caller: CallerId,
        known_by: KnownBy,
        hours: u32,
        days: Option<u32>,
    ) -> Result<Option<String>, AppError> {
        let NewCredential { token, hash } = known_by.new_credential(bureau)?;
        let until = self.clock.now().plus_seconds(i64::from(hours) * 3_600);
        let expires_at = self.in_days(days);
        self.act(bureau, Command::RotateToken { caller, token_hash: hash.into(), until, expires_at }).await?;
        Ok(token)
    }

    fn in_days(&self, days: Option<u32>) -> Option<Timestamp> {
        days.map(|days| self.clock.now().plus_seconds(i64::from(days) * 86_400))
    }

    /// Ends a caller's token, whatever the clock says: a token that got lost cannot wait for it. While the clock is not trusted,
    /// that is recorded at the latest time that is believed. False when there was no living one.
    pub async fn revoke_caller(&self, bureau: BureauId, caller: CallerId) -> Result<bool, AppError> {
        let work = self.terminal_work(Command::RevokeCaller { caller })?;
        let works = std::slice::from_ref(&work);
        let nobody = Waiters::default();
        let answers = match settle(&self.context, bureau, &self.clock, works, &nobody).await {
            Err(LedgerError::Clock(why)) => {
                let believed = Clock::manual(why.believed().unwrap_or(Timestamp(0)));
                settle(&self.context, bureau, &believed, works, &nobody).await?
            }
            answers => answers?,
        };
        match answers.into_iter().next() {
            Some(Ok(_)) => Ok(true),
            Some(Err(Refusal::NotFound { .. })) => Ok(false),
            Some(Err(refusal)) => Err(AppError::Refused(refusal)),
            None => Err(LedgerError::Unreadable("answer").into()),
        }
    }
}
