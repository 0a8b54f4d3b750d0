//! What had become of an earlier complaint by a given moment (当时的处理情况), from its events up to then.
//!
//! Findings and marks are left out on purpose: they are about persons' conduct in other complaints (promise 16).

use serde::Serialize;

use crate::domain::command::{Command, Handling, Ruling, Verb};
use crate::domain::handling::{Disposition, RefusalGround, Status};
use crate::domain::outcome::{Ended, FileOutcome};
use crate::domain::time::{Moment, Timestamp};

/// Where a complaint stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Status.
    pub status: Status,
    /// The ground, when it was refused and that is known.
    pub ground: Option<RefusalGround>,
    /// How it ended, when it was closed and that is known.
    pub disposition: Option<Disposition>,
    /// The day it ended, when that is known.
    pub ended_on: Option<String>,
    /// The complainant had withdrawn it.
    pub withdrawn: bool,
    /// An officer here ended it: what an export says of the end no longer counts.
    #[serde(skip)]
    ended_here: bool,
    /// The platform had accepted it before anybody here did.
    #[serde(skip)]
    accepted_upstream: bool,
    #[serde(skip)]
    received: Timestamp,
}

impl Standing {
    /// Just come in.
    pub fn new(received: Timestamp) -> Self {
        Self {
            status: Status::Waiting,
            ground: None,
            disposition: None,
            ended_on: None,
            withdrawn: false,
            ended_here: false,
            accepted_upstream: false,
            received,
        }
    }

    /// After an event of the complaint or of its submission, in the order of the history.
    #[must_use]
    pub fn after(mut self, recorded_at: Timestamp, command: &Command) -> Self {
        match command {
            Command::Withdraw { .. } => self.withdrawn = true,
            Command::Outcome { outcome, .. } => self.apply_outcome(outcome),
            Command::Handle(Handling { verb, .. }) => self.handled(recorded_at, verb),
            _ => {}
        }
        self
    }

    fn handled(&mut self, at: Timestamp, verb: &Verb) {
        match verb {
            Verb::SignFor if self.accepted_upstream => self.status = Status::Accepted,
            Verb::SignFor => self.status = Status::SignedFor,
            Verb::Return { .. } => self.status = Status::Waiting,
            Verb::Decide { ruling, .. } => {
                self.status = ruling.status();
                self.disposition = ruling.disposition().or(self.disposition);
                if let Ruling::Refuse { ground, .. } = ruling {
                    self.ground = Some(*ground);
                }
            }
            Verb::Close { disposition, .. } => {
                self.status = Status::Closed;
                self.disposition = Some(*disposition);
            }
            Verb::Extend | Verb::Skip { .. } | Verb::Step { .. } | Verb::Prolong { .. } => return,
        }
        self.ended_here = self.status.has_ended();
        self.ended_on = self.ended_here.then(|| at.day().to_string());
    }

    /// What an export told of it.
    fn apply_outcome(&mut self, outcome: &FileOutcome) {
        if outcome.accepted_upstream && matches!(self.status, Status::Waiting | Status::SignedFor) {
            self.accepted_upstream = true;
            if self.status == Status::SignedFor {
                self.status = Status::Accepted;
            }
        }
        let Some(ending) = outcome.ending.as_ref().filter(|_| !self.ended_here) else { return };
        self.status = ending.ended.status();
        (self.ground, self.disposition) = match ending.ended {
            Ended::Refused(ground) => (ground.or(self.ground), None),
            Ended::NotFiled => (None, None),
            Ended::Closed(disposition) => (None, disposition.or(self.disposition)),
        };
        // Nothing ends before it came in.
        let day = |Moment { at, .. }: Moment| at.max(self.received).day().to_string();
        self.ended_on = ending.at.map(day).or(self.ended_on.take());
    }

    /// In words, for people.
    pub fn zh(&self) -> String {
        let more = self.ground.map(RefusalGround::zh).or(self.disposition.map(Disposition::zh));
        let more = more.map(|more| format!("（{more}）")).unwrap_or_default();
        let day = self.ended_on.as_ref().map(|day| format!("，{day}")).unwrap_or_default();
        let said = self.disposition == Some(Disposition::Withdrawn);
        let withdrawn = if self.withdrawn && !said { "；投诉人已撤回" } else { "" };
        format!("{}{more}{day}{withdrawn}", self.status.zh())
    }
}
