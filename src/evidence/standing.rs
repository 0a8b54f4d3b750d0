//! What had become of an earlier complaint by a given moment (当时的处理情况), from its events up to then.
//!
//! Findings and marks are left out on purpose: they are about persons' conduct in other complaints (promise 16).

use serde::Serialize;

use crate::domain::handling::{Disposition, RefusalGround, Status};
use crate::statute::life::Life;

/// Where a complaint stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Status.
    pub status: Status,
    /// The ground, when it was refused, that is known, and the refusal stands.
    pub ground: Option<RefusalGround>,
    /// How it ended, when it was closed and that is known.
    pub disposition: Option<Disposition>,
    /// The day it ended, when that is known.
    pub ended_on: Option<String>,
    /// The complainant had withdrawn it.
    pub withdrawn: bool,
    /// A reconsideration or a suit had made the decision void.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overturned: bool,
}

impl From<&Life> for Standing {
    fn from(life: &Life) -> Self {
        let state = life.state;
        Self {
            status: state.status,
            // What was overturned on the merits is no longer said of anybody.
            ground: state.ground.filter(|_| life.overturned != Some(true)),
            disposition: state.disposition,
            ended_on: state.ended_at.map(|at| at.day().to_string()),
            withdrawn: state.withdrawn_at.is_some(),
            overturned: life.overturned.is_some(),
        }
    }
}

impl Standing {
    /// In words, for people.
    pub fn zh(&self) -> String {
        let more = self.ground.map(RefusalGround::zh).or(self.disposition.map(Disposition::zh));
        let more = more.map(|more| format!("（{more}）")).unwrap_or_default();
        let day = self.ended_on.as_ref().map(|day| format!("，{day}")).unwrap_or_default();
        let said = self.disposition == Some(Disposition::Withdrawn);
        let withdrawn = if self.withdrawn && !said { "；投诉人已撤回" } else { "" };
        let decided = format!("{}{more}{day}", self.status.zh());
        if self.overturned && self.status == Status::Refused && self.ground.is_none() {
            format!("原决定已经复议或者诉讼撤销{withdrawn}")
        } else if self.overturned {
            format!("原决定（{decided}）已经复议或者诉讼撤销{withdrawn}")
        } else {
            format!("{decided}{withdrawn}")
        }
    }
}
