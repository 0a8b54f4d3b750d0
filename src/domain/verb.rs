//! What a unit does with a file (办理之操作), and what it decides (决定).

use serde::{Deserialize, Serialize};

use super::act::FileAct;
use super::command::FileRef;
use super::handling::{
    Disposition, Finding, NotFiledBasis, OtherMatter, RefusalGround, Status, StepKind, TerminationGround,
};
use super::ids::{OfficerId, RegistrationNumber, Sequence, Track};
use super::text::{AmountFen, Line, Why};
use super::time::{Day, Timestamp};

/// A unit's verb on one file: who does it, under which token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Handling {
    /// The file.
    pub file: FileRef,
    /// The officer of the caller's unit who does it.
    pub officer: OfficerId,
    /// Fencing token: the lease while the file is leased, the version once it is signed for.
    pub token: Sequence,
    /// What is done.
    pub verb: Verb,
}

/// What a unit does with a file it has pulled (领取之后的操作).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// 续领: a fresh lease length from now.
    Extend,
    /// 跳过: the lease ends, the place is kept, not offered to this unit for one lease length.
    Skip {
        /// Why; goes into the file.
        reason: Why,
    },
    /// 签收: the lease becomes a holding.
    SignFor,
    /// 决定
    Decide {
        /// What is decided.
        ruling: Ruling,
        /// On a complaint: the finding, and why.
        finding: Option<(Finding, Why)>,
        /// The day on which it was decided; none: the day on which it is recorded.
        on: Option<Day>,
        /// Who allowed it (批准人), where the bureau has such decisions approved.
        approved_by: Option<Line>,
    },
    /// 办理
    Step {
        /// Which kind of step.
        kind: StepKind,
        /// When it was done.
        at: Timestamp,
        /// In the officer's words.
        note: Option<Why>,
    },
    /// 办结
    Close {
        /// How it ended.
        disposition: Disposition,
        /// Why mediation ended without agreement, where the disposition does not say it by itself.
        termination: Option<TerminationGround>,
        /// The ground of Art. 16 that was found after acceptance.
        ground: Option<RefusalGround>,
        /// The day on which it ended; none: the day on which it is recorded.
        on: Option<Day>,
        /// Amount recovered for the consumer.
        recovered: Option<AmountFen>,
        /// In the officer's words.
        note: Option<Why>,
    },
    /// 退回: no competence; back to the reception unit (Art. 41).
    Return {
        /// Why; goes into the file.
        reason: Why,
    },
    /// 延长期限: the head of the bureau allows more time to verify a report, once, or to decide a case that was filed.
    Prolong {
        /// Who allowed it.
        approved_by: Line,
        /// Why; goes into the file.
        reason: Why,
        /// The day on which it was allowed; none: the day on which it is recorded.
        on: Option<Day>,
        /// The last day, where the heads of the bureau together have set one: a case that was prolonged before.
        until: Option<Day>,
    },
    /// 登记办理行为: an act of the law, done on a day.
    Record {
        /// The day on which it was done.
        on: Day,
        /// What was done.
        act: FileAct,
    },
}

impl Verb {
    /// The day on which it was done, where it says one.
    pub fn done_on(&self) -> Option<Day> {
        match self {
            Verb::Decide { on, .. } | Verb::Close { on, .. } | Verb::Prolong { on, .. } => *on,
            Verb::Record { on, .. } => Some(*on),
            Verb::Step { at, .. } => Some(at.day()),
            Verb::Extend | Verb::Skip { .. } | Verb::SignFor | Verb::Return { .. } => None,
        }
    }

    /// What was written for it (文书内容): a reason, a note.
    pub fn text(&self) -> Option<&Why> {
        match self {
            Verb::Skip { reason } | Verb::Return { reason } | Verb::Prolong { reason, .. } => Some(reason),
            Verb::Decide { ruling, .. } => ruling.reason(),
            Verb::Step { note, .. } | Verb::Close { note, .. } => note.as_ref(),
            Verb::Record { act, .. } => act.text(),
            Verb::Extend | Verb::SignFor => None,
        }
    }

    /// The verb's word in answers, events and the audit.
    pub fn word(&self) -> &'static str {
        match self {
            Verb::Extend => "extend",
            Verb::Skip { .. } => "skip",
            Verb::SignFor => "sign_for",
            Verb::Decide { .. } => "decide",
            Verb::Step { .. } => "step",
            Verb::Close { .. } => "close",
            Verb::Return { .. } => "return",
            Verb::Prolong { .. } => "prolong",
            Verb::Record { act, .. } => act.word(),
        }
    }
}

/// A decision on a file (受理决定 / 立案决定).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Complaint accepted (受理).
    Accept,
    /// Complaint refused (不予受理), with the ground and the officer's own reason (Art. 15).
    Refuse {
        /// Which ground of Art. 16.
        ground: RefusalGround,
        /// Why; goes into the file.
        reason: Why,
    },
    /// Report verified and filed (立案).
    File,
    /// Report verified and not filed (不予立案), with the reason.
    NotFile {
        /// Why; goes into the file.
        reason: Why,
        /// By which article; none: the record names none.
        basis: Option<NotFiledBasis>,
    },
    /// The same reporter reported the same facts about the same operator before (重复举报): not handled once more (Art. 35).
    Repeat {
        /// The earlier report.
        of: RegistrationNumber,
        /// Why; goes into the file.
        reason: Why,
    },
    /// The bureau has no competence for the report (不具备处理权限): the reporter is told (Art. 34). No question of filing.
    NotCompetent {
        /// Who is competent, as far as that is known (有处理权限的机关).
        competent: Option<Line>,
        /// Why; goes into the file.
        reason: Why,
    },
    /// It is no complaint and no report (不适用投诉举报程序): the sender may be told the proper channel (Art. 44).
    OtherChannel {
        /// What it is.
        matter: OtherMatter,
        /// Why; goes into the file.
        reason: Why,
    },
    /// The same reporter adds new facts to an earlier report (补充新的事实): handled with it, and the earlier one's time
    /// starts again at the receipt of this one (Art. 35).
    Merge {
        /// The earlier report, open.
        into: RegistrationNumber,
        /// Why; goes into the file.
        reason: Why,
    },
}

impl Ruling {
    /// Why; none where the law asks for no reason.
    pub fn reason(&self) -> Option<&Why> {
        match self {
            Ruling::Accept | Ruling::File => None,
            Ruling::Refuse { reason, .. }
            | Ruling::NotFile { reason, .. }
            | Ruling::Repeat { reason, .. }
            | Ruling::Merge { reason, .. }
            | Ruling::NotCompetent { reason, .. }
            | Ruling::OtherChannel { reason, .. } => Some(reason),
        }
    }

    /// The track it is a ruling on; none: on both.
    pub fn track(&self) -> Option<Track> {
        match self {
            Ruling::Accept | Ruling::Refuse { .. } => Some(Track::Complaint),
            Ruling::File
            | Ruling::NotFile { .. }
            | Ruling::Repeat { .. }
            | Ruling::NotCompetent { .. }
            | Ruling::Merge { .. } => Some(Track::Report),
            Ruling::OtherChannel { .. } => None,
        }
    }

    /// The status it leads to.
    pub fn status(&self) -> Status {
        match self {
            Ruling::Accept => Status::Accepted,
            Ruling::Refuse { .. } => Status::Refused,
            Ruling::File => Status::Filed,
            Ruling::NotFile { .. } => Status::NotFiled,
            Ruling::Repeat { .. }
            | Ruling::Merge { .. }
            | Ruling::NotCompetent { .. }
            | Ruling::OtherChannel { .. } => Status::Closed,
        }
    }

    /// How it ends the file, where it says more than its status.
    pub fn disposition(&self) -> Option<Disposition> {
        match self {
            Ruling::Repeat { .. } => Some(Disposition::Repeated),
            Ruling::Merge { .. } => Some(Disposition::Merged),
            Ruling::NotCompetent { .. } => Some(Disposition::NotCompetent),
            Ruling::OtherChannel { .. } => Some(Disposition::OtherChannel),
            _ => None,
        }
    }
}
