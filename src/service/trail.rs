//! The trail as it is read by people (查看审计记录): for the terminal alone, and itself recorded.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use super::look::opener_of_trail;
use super::{Failure, Service, failed};
use crate::audit::words::{action_zh, own_caller_zh};
use crate::audit::{Entry, Row};
use crate::domain::account::{Account, AccountChange};
use crate::domain::caller::{Caller, Role, Roles};
use crate::domain::command::{Command, EventKind};
use crate::domain::ids::{BureauId, CallerId, FileId, OfficerId, RegistrationNumber, Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::time::{Days, Timestamp};
use crate::ledger::{Context, LedgerError};
use crate::routing::Bureau;
use crate::store::{StoreError, Tx};

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
    /// The account that was touched, where one was.
    pub account: Option<i64>,
    /// The roles that it was given.
    pub roles: Vec<Role>,
    /// More of it, in Chinese: roles, and from which address somebody signed in.
    pub detail_zh: Option<String>,
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
    accounts: HashMap<i64, Account>,
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
        let accounts = tx.accounts(bureau).await?.into_iter();
        let accounts = accounts.map(|account| (account.id.0, account)).collect();
        tx.rollback().await?;
        let (context, last) = (Arc::clone(context), head.audit_number);
        Ok(Self { context, bureau, asked, submission, callers, accounts, rules, after: 0, last })
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
            let changes = self.changes(&mut tx, &rows).await?;
            tx.rollback().await?;
            if !rows.is_empty() {
                return Ok(Some(rows.into_iter().map(|row| self.shown(row, &numbers, &changes)).collect()));
            }
        }
        Ok(None)
    }

    /// What became of the accounts that rows are about, by their events. That the trail is read was recorded before.
    async fn changes(&self, tx: &mut Tx, rows: &[Row]) -> Result<HashMap<i64, AccountChange>, LedgerError> {
        let is_of_account = |entry: &Entry| ACCOUNTS.iter().any(|kind| kind.word() == entry.action);
        let places = rows.iter().filter(|row| is_of_account(&row.entry)).filter_map(|row| row.entry.sequence);
        let opener = opener_of_trail(&self.context);
        let opened = tx.payloads(self.bureau, places.map(Sequence)).await?.into_iter();
        // What does not open is for `triage audit verify` to say; the row is shown.
        let change = |(sequence, payload): (Sequence, Vec<u8>)| match opener
            .open(self.bureau, sequence, &payload)
            .ok()?
            .command
        {
            Command::Account(change) => Some((sequence.0, change)),
            _ => None,
        };
        Ok(opened.filter_map(change).collect())
    }

    /// The person whose account a caller is.
    fn person(&self, caller: i64) -> Option<&OfficerId> {
        self.accounts.get(&caller).map(|account| &account.officer)
    }

    /// Name and number of an officer, as far as the bureau file knows him.
    fn named(&self, id: &str) -> String {
        let known = OfficerId::parse(id).ok().and_then(|id| self.rules.officer(&id));
        match known {
            Some(officer) => format!("{}（{id}）", officer.name.expose().as_str()),
            None => id.to_owned(),
        }
    }

    /// What a person did, or what was done in his name or to his account.
    fn fits(&self, entry: &Entry) -> bool {
        let TrailAsked { days, officer, actions, .. } = &self.asked;
        days.is_none_or(|days| days.contains(Timestamp(entry.at).day()))
            && self.submission.is_none_or(|wanted| entry.submission == Some(wanted.0))
            && officer.as_ref().is_none_or(|officer| {
                entry.officer.as_deref() == Some(officer.as_str())
                    || self.person(entry.caller) == Some(officer)
            })
            && (actions.is_empty() || actions.contains(&entry.action.as_ref()))
    }

    fn shown(
        &self,
        Row { entry, hash }: Row,
        numbers: &HashMap<Sequence, RegistrationNumber>,
        changes: &HashMap<i64, AccountChange>,
    ) -> Shown {
        let own = own_caller_zh(entry.caller).map(str::to_owned);
        let person = || self.person(entry.caller).map(|officer| self.named(officer.as_str()));
        let change = entry.sequence.and_then(|sequence| changes.get(&sequence));
        let account = change.and_then(|change| change.account().map(|id| id.0).or_else(|| self.made(&entry)));
        Shown {
            number: entry.number,
            at: Timestamp(entry.at),
            time: Timestamp(entry.at).display(),
            caller: entry.caller,
            caller_name: own.or_else(|| self.callers.get(&entry.caller).cloned()).or_else(person),
            officer: entry.officer.as_deref().map(|id| self.named(id)),
            account,
            roles: change.map(given).unwrap_or_default().to_vec(),
            detail_zh: change.and_then(detail_zh),
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

    /// The account that a row is the making of: its event has no number of it.
    fn made(&self, entry: &Entry) -> Option<i64> {
        let is_it = |account: &&Account| {
            account.created_at.0 == entry.at && Some(account.officer.as_str()) == entry.officer.as_deref()
        };
        self.accounts.values().find(is_it).map(|account| account.id.0)
    }
}

/// The kinds of events that are about accounts.
const ACCOUNTS: &[EventKind] = &[
    EventKind::OpenAccount,
    EventKind::SetRoles,
    EventKind::SetPassword,
    EventKind::ResetPassword,
    EventKind::CloseAccount,
    EventKind::SignIn,
    EventKind::SignInFailed,
];

/// The roles that a change gives.
fn given(change: &AccountChange) -> &[Role] {
    match change {
        AccountChange::Open { roles, .. } | AccountChange::SetRoles { roles, .. } => roles,
        _ => &[],
    }
}

fn detail_zh(change: &AccountChange) -> Option<String> {
    match change {
        AccountChange::Open { roles, .. } | AccountChange::SetRoles { roles, .. } => {
            Some(format!("角色：{}", Roles::of(roles).zh()))
        }
        AccountChange::Failed { session: Some(_), .. } => Some("修改口令时原口令不正确".to_owned()),
        AccountChange::Failed { id: None, source, .. } => {
            let from = source.as_ref().map(|source| format!("，来自 {}", address_zh(source.expose())));
            Some(format!("没有此账户{}", from.unwrap_or_default()))
        }
        AccountChange::SignIn { source, .. } | AccountChange::Failed { source, .. } => {
            source.as_ref().map(|source| format!("来自 {}", address_zh(source.expose())))
        }
        _ => None,
    }
}

fn address_zh(address: &str) -> &str {
    if address == "local" { "本机套接字" } else { address }
}
