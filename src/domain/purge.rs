//! Purging (清除): what a submission's events keep once its time to be kept is over. Names, numbers, addresses and whatever a person wrote
//! are gone; what happened stays - kinds, days, amounts, operators, categories, records by their numbers.

use serde::{Deserialize, Serialize};

use super::act::{Delegation, FileAct, Notice, Verification};
use super::command::{Command, Handling};
use super::ids::{RegistrationNumber, Sequence, Track};
use super::submission::Submission;
use super::text::{Line, Story, Why};
use super::time::Day;
use super::verb::{Ruling, Verb};

/// Facts of a part that are no person's and no free text: what is counted, and what is not sealed elsewhere either.
const KEPT_OF_PART: [&str; 7] =
    ["amount_fen", "object_category", "problem_category", "sales_mode", "platform", "quantity", "occurred"];

/// Why a submission is purged: for how long it was to be kept, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// The submission.
    pub number: RegistrationNumber,
    /// Years that it was kept after its end.
    pub years: u8,
    /// Who has set that (依据).
    pub basis: Line,
}

/// That a submission was purged, for whoever looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// By which event.
    pub sequence: Sequence,
    /// On which day.
    pub on: Day,
    /// Years that it was kept.
    pub years: u8,
    /// Who has set that.
    pub basis: Line,
}

impl Purged {
    /// For people.
    pub fn zh(&self) -> String {
        let Self { on, years, basis, .. } = self;
        format!(
            "个人信息和文字内容已于 {on} 按规定清除（保存期限：办结后 {years} 年；依据：{}）",
            basis.as_str()
        )
    }
}

/// Why a submission is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// Its time is not over.
    NotYet,
    /// No time is set for one of its tracks.
    NoTerm,
    /// One of its files is open.
    Open,
    /// A decision on it is challenged, and that has not ended.
    UnderReview,
    /// An open complaint of the same people is linked to it.
    Linked,
}

impl Hold {
    /// For people.
    pub fn zh(self) -> &'static str {
        match self {
            Hold::NotYet => "保存期限未满",
            Hold::NoTerm => "没有设定该类件的保存期限",
            Hold::Open => "尚未办结",
            Hold::UnderReview => "正在复议、诉讼",
            Hold::Linked => "与尚未办结的投诉关联",
        }
    }
}

/// What the stored form of a purged event says beside what is left of its command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tombstone {
    /// Of a later version of the facts: the tracks whose facts it changed, which can not be found out any more.
    pub changed: Vec<Track>,
}

impl Command {
    /// Takes away what belongs to persons and what they wrote.
    pub fn purge(&mut self) {
        match self {
            Command::Submit(submission) | Command::Import { submission, outcome: _ } => submission.purge(),
            Command::Amend { submission, reason } => {
                submission.purge();
                *reason = Why::purged();
            }
            Command::Withdraw { number: _, reason } => purge(reason),
            Command::Urge { note, .. } | Command::EndReview { note, .. } => purge(note),
            Command::Handle(Handling { verb, .. }) => verb.purge(),
            Command::Reassign { reason, .. } | Command::CutLink { reason, .. } => *reason = Why::purged(),
            // Before whom a decision was challenged is no person's.
            Command::OpenReview { .. }
            | Command::Outcome { .. }
            | Command::Escalate { .. }
            | Command::Rescore { .. }
            | Command::Purge(_)
            // Of no submission.
            | Command::Pull { .. }
            | Command::LoadBureau { .. }
            | Command::UseModel { .. }
            | Command::MakeCaller(_)
            | Command::RevokeCaller { .. }
            | Command::RotateToken { .. }
            | Command::Disclose(_)
            | Command::Account(_)
            | Command::Rekey { .. }
            | Command::StoreModel { .. }
            | Command::AcceptClock { .. } => {}
        }
    }

    /// As it is read from a tombstone: what has the form of a masked fact was given.
    pub fn as_tombstone(&mut self) {
        if let Command::Submit(facts)
        | Command::Import { submission: facts, .. }
        | Command::Amend { submission: facts, .. } = self
        {
            facts.complainant.as_tombstone();
            for part in [&mut facts.complaint, &mut facts.report].into_iter().flatten() {
                part.as_tombstone();
            }
        }
    }
}

impl Submission {
    fn purge(&mut self) {
        self.complainant.purge(&[]);
        for part in [&mut self.complaint, &mut self.report].into_iter().flatten() {
            part.purge(&KEPT_OF_PART);
        }
    }
}

impl Verb {
    fn purge(&mut self) {
        match self {
            Verb::Extend | Verb::SignFor => {}
            Verb::Skip { reason } | Verb::Return { reason } => *reason = Why::purged(),
            Verb::Decide { ruling, finding, on: _, approved_by } => {
                ruling.purge();
                if let Some((_, why)) = finding {
                    *why = Why::purged();
                }
                purge(approved_by);
            }
            Verb::Step { note, .. } | Verb::Close { note, .. } => purge(note),
            Verb::Prolong { approved_by, reason, .. } => {
                *approved_by = Line::purged();
                *reason = Why::purged();
            }
            Verb::Record { on: _, act } => act.purge(),
        }
    }
}

impl Ruling {
    fn purge(&mut self) {
        match self {
            Ruling::Accept | Ruling::File => {}
            Ruling::NotCompetent { competent, reason } => {
                purge(competent);
                *reason = Why::purged();
            }
            Ruling::Refuse { reason, .. }
            | Ruling::NotFile { reason, .. }
            | Ruling::Repeat { reason, .. }
            | Ruling::OtherChannel { reason, .. }
            | Ruling::Merge { reason, .. } => *reason = Why::purged(),
        }
    }
}

impl FileAct {
    fn purge(&mut self) {
        match self {
            FileAct::Notice(Notice { subject: _, to: _, means: _, proof, note, text }) => {
                *proof = Line::purged();
                purge(note);
                purge(text);
            }
            FileAct::Verified(Verification { asked, note, .. }) => {
                *asked = Line::purged();
                purge(note);
            }
            FileAct::DisputeEnded { note, .. } | FileAct::Replied { note, .. } => purge(note),
            FileAct::HandedOver { to: _, receipt, approved_by, reason } => {
                purge(receipt);
                purge(approved_by);
                *reason = Why::purged();
            }
            FileAct::HandOverResult { note } | FileAct::Performed { note, .. } => *note = Why::purged(),
            FileAct::SelfCorrected { approved_by, reason } => {
                *approved_by = Line::purged();
                *reason = Why::purged();
            }
            FileAct::LeadFound { number: _, facts } => *facts = Why::purged(),
            FileAct::Joined { consent, .. } => *consent = Line::purged(),
            FileAct::Mediated { how: _, delegated, paper, note } => {
                if let Some(Delegation { to: _, consent }) = delegated {
                    *consent = Line::purged();
                }
                if let Some((_, number)) = paper {
                    *number = Line::purged();
                }
                purge(note);
            }
            FileAct::Recused { reason, .. } | FileAct::DangerJudged { reason, .. } => *reason = Why::purged(),
        }
    }
}

/// A text for people to read that says that there was one.
trait Text {
    fn gone() -> Self;
}
impl Text for Why {
    fn gone() -> Self {
        Self::purged()
    }
}
impl Text for Line {
    fn gone() -> Self {
        Self::purged()
    }
}
impl Text for Story {
    fn gone() -> Self {
        Self::purged()
    }
}

fn purge<T: Text>(text: &mut Option<T>) {
    if let Some(text) = text {
        *text = T::gone();
    }
}
