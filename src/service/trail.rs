//! The trail as it is read by people (查看审计记录): for the terminal alone, and itself recorded.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use super::{Failure, Service, failed};
use crate::audit::words::{action_zh, own_caller_zh};
use crate::audit::{Entry, Row};
use crate::domain::caller::Caller;
use crate::domain::ids::{BureauId, CallerId, FileId, OfficerId, RegistrationNumber, Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::time::{Days, Timestamp};
use crate::ledger::{Context, LedgerError};
use crate::routing::Bureau;
use crate::store::StoreError;

/// The word of the look.
const SHOWN: &str = "show_audit";

/// Rows read at a time.
const PAGE: i64 = 1_024;

/// Which rows are asked for: all that fit everything that is said.
#[derive(Debug, Clone, Default)]
pub struct TrailAsked {
    /// Between these days.
    pub days: Option<Days>,
    /// Of the files of this number.
    pub number: Option<RegistrationNumber>,
    /// Of this officer.
    pub officer: Option<OfficerId>,
    /// With one of these words; none: with any.
    pub actions: Vec<&'static str>,
}

/// A row of the trail, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Running number in the bureau.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// When, in UTC+8.
    pub time: String,
    /// Who called.
    pub caller: i64,
    /// The caller's name.
    pub caller_name: Option<String>,
    /// The officer who was named.
    pub officer: Option<String>,
    /// What was done, in the stored word.
    pub action: String,
    /// The same in Chinese.
    pub action_zh: String,
    /// Of which registration number.
    pub registration_number: Option<RegistrationNumber>,
    /// Of which of its files.
    pub track: Option<Track>,
    /// The change, where something was changed.
    pub sequence: Option<i64>,
    /// Its link in the chain, in hex; none in a row from before that.
    pub hash: Option<String>,
}

/// Rows of the trail, page by page, up to the last one that there was when it was asked for.
#[derive(Debug)]
pub struct Trail {
    context: Arc<Context>,
    bureau: BureauId,
    asked: TrailAsked,
    submission: Option<Sequence>,
    callers: HashMap<i64, String>,
    rules: Arc<Bureau>,
    after: i64,
    last: i64,
}

impl Service {
    /// The trail, for the terminal alone. That it was read is recorded before anything of it is shown, at the files whose number was
    /// asked for.
    pub async fn trail(&self, caller: &Caller, asked: TrailAsked) -> Result<Trail, Failure> {
        if caller.id != CallerId::TERMINAL {
            return Err(Failure::Denied);
        }
        let found = match &asked.number {
            Some(number) => self.find_submission(caller, number).await.map_err(|error| failed(&error))?,
            None => None,
        };
        let files = match found {
            Some(submission) => self.files_of(caller.bureau, submission).await,
            None => Ok(Vec::new()),
        };
        self.record(caller, SHOWN, files.map_err(|error| failed(&error))?).await?;
        if asked.number.is_some() && found.is_none() {
            return Err(Refusal::NotFound { what: "submission", what_zh: "登记件" }.into());
        }
        let trail = Trail::open(&self.inner.context, caller.bureau, asked, found).await;
        trail.map_err(|error| failed(&error))
    }

    async fn files_of(&self, bureau: BureauId, submission: Sequence) -> Result<Vec<FileId>, LedgerError> {
        let mut tx = self.inner.context.store.read().await?;
        let both = Track::ALL.map(|track| FileId { submission, track });
        let files = tx.files(bureau, &both).await?;
        tx.rollback().await?;
        Ok(files.into_iter().map(|file| file.id).collect())
    }
}

impl Trail {
    async fn open(
        context: &Arc<Context>,
        bureau: BureauId,
        asked: TrailAsked,
        submission: Option<Sequence>,
    ) -> Result<Self, LedgerError> {
        let mut tx = context.store.read().await?;
        let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        let rules = context.rules(&mut tx, bureau, head.rules).await?;
        let callers =
            tx.callers(bureau).await?.into_iter().map(|caller| (caller.id.0, caller.name)).collect();
        tx.rollback().await?;
        let context = Arc::clone(context);
        Ok(Self { context, bureau, asked, submission, callers, rules, after: 0, last: head.audit_number })
    }

    /// The next rows that were asked for; none when there are no more.
    pub async fn next(&mut self) -> Result<Option<Vec<Shown>>, Failure> {
        self.page().await.map_err(|error| failed(&error))
    }

    async fn page(&mut self) -> Result<Option<Vec<Shown>>, LedgerError> {
        while self.after < self.last {
            let mut tx = self.context.store.read().await?;
            let rows = tx.trail(self.bureau, self.after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(None) };
            self.after = last.entry.number;
            let mut rows = rows;
            rows.retain(|row| row.entry.number <= self.last && self.fits(&row.entry));
            let about: HashSet<i64> = rows.iter().filter_map(|row| row.entry.submission).collect();
            let numbers = tx.numbers_of(self.bureau, about.into_iter().map(Sequence)).await?;
            tx.rollback().await?;
            if !rows.is_empty() {
                return Ok(Some(rows.into_iter().map(|row| self.shown(row, &numbers)).collect()));
            }
        }
        Ok(None)
    }

    fn fits(&self, entry: &Entry) -> bool {
        let TrailAsked { days, officer, actions, .. } = &self.asked;
        days.is_none_or(|days| days.contains(Timestamp(entry.at).day()))
            && self.submission.is_none_or(|wanted| entry.submission == Some(wanted.0))
            && officer.as_ref().is_none_or(|officer| entry.officer.as_deref() == Some(officer.as_str()))
            && (actions.is_empty() || actions.contains(&entry.action.as_ref()))
    }

    fn shown(&self, Row { entry, hash }: Row, numbers: &HashMap<Sequence, RegistrationNumber>) -> Shown {
        let own = own_caller_zh(entry.caller).map(str::to_owned);
        let officer = entry.officer.map(|id| {
            let known = OfficerId::parse(&id).ok().and_then(|id| self.rules.officer(&id));
            match known {
                Some(officer) => format!("{}（{id}）", officer.name.expose().as_str()),
                None => id,
            }
        });
        Shown {
            number: entry.number,
            at: Timestamp(entry.at),
            time: Timestamp(entry.at).display(),
            caller: entry.caller,
            caller_name: own.or_else(|| self.callers.get(&entry.caller).cloned()),
            officer,
            action_zh: action_zh(&entry.action).unwrap_or_else(|| entry.action.clone().into_owned()),
            action: entry.action.into_owned(),
            registration_number: entry.submission.and_then(|id| numbers.get(&Sequence(id)).cloned()),
            track: match entry.track {
                Some(0) => Some(Track::Complaint),
                Some(1) => Some(Track::Report),
                _ => None,
            },
            sequence: entry.sequence,
            hash: hash.map(hex::encode),
        }
    }
}
