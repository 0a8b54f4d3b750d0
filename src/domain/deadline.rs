//! The words of terms (期限): what is owed, since when, under which rules, how near it is.

use serde::{Deserialize, Serialize};

use super::handling::{ReviewKind, ReviewOutcome, Status, listed};
use super::ids::{FileId, Sequence};
use super::text::Line;
use super::time::{Day, Days};

/// Days of testing, inspection or appraisal (检测鉴定), which do not count (Order 121 Art. 22).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Testing {
    /// What has ended.
    pub past: Vec<Days>,
    /// Since when one goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Day>,
}

listed!(
    /// What the bureau owes by a day (法定职责). A prolonged term is a duty of its own: it cannot be prolonged again.
    Duty {
        /// Complaint: accept or refuse, and tell the complainant.
        Accept = 1, "作出受理或者不予受理决定并告知";
        /// Complaint: mediate; without agreement by then mediation ends.
        Mediate = 2, "调解";
        /// Complaint: tell both sides that mediation has ended.
        NotifyTermination = 3, "告知终止调解";
        /// Report: verify it.
        Verify = 4, "核查";
        /// Report: verify it, the term prolonged once by the head of the bureau.
        VerifyProlonged = 5, "核查（经批准延长）";
        /// Agree on competence with another bureau, or ask the superior.
        ResolveCompetence = 6, "协商确定处理权限";
        /// Report: tell the reporter.
        TellReporter = 7, "告知举报人";
        /// Complaint: tell the complainant the result.
        TellComplainant = 8, "告知投诉人";
    }
);

impl Duty {
    /// The duty it becomes when the head of the bureau prolongs its term (延长期限).
    pub fn prolonged(self) -> Option<Self> {
        (self == Duty::Verify).then_some(Duty::VerifyProlonged)
    }
}

listed!(
    /// The day a term starts from (起算日); it is not counted itself.
    Start {
        /// The complaint or report came in.
        Receipt = 1, "收到之日";
        /// The complaint was accepted.
        Acceptance = 2, "受理之日";
        /// It was decided that mediation ends.
        Termination = 3, "作出终止调解决定之日";
        /// The dispute over competence arose.
        Dispute = 4, "发生争议之日";
        /// It was decided whether to file the report.
        FilingDecision = 5, "作出是否立案决定之日";
    }
);

listed!(
    /// The rules that govern a file (适用规则).
    Law {
        /// Received before either: Order 20 is followed, and the file says so.
        Earlier = 1, "收到时总局令第20号尚未施行，参照该令";
        /// 国家市场监督管理总局令第20号
        Order20 = 2, "总局令第20号";
        /// 国家市场监督管理总局令第121号
        Order121 = 3, "总局令第121号";
    }
);

listed!(
    /// How near the end of a term is (缓急); class A is pulled first (promise 9).
    Class {
        /// One working day left at most, or overdue.
        A = 1, "紧急";
        /// More.
        B = 2, "正常";
    }
);

/// One clock of a file: what is owed, since when, and until when (期限).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// What is owed.
    pub duty: Duty,
    /// The event that started it.
    pub started_by: Sequence,
    /// The rules it runs under.
    pub law: Law,
    /// The law and the article.
    pub article: String,
    /// The day it started; not counted itself.
    pub started_on: Day,
    /// The last day, by the earliest reading: warnings and the order of the pull go by it.
    pub due_on: Day,
    /// The last day, by the latest reading.
    pub latest_on: Day,
    /// Computed over a year whose days off are not known (promise 15).
    pub provisional: bool,
    /// The day it was kept.
    pub met_on: Option<Day>,
    /// It is owed no more: another one took its place, or the file ended otherwise.
    pub dropped: bool,
    /// The version of the rules' code that computed it last; none: a release that had no versions.
    #[serde(skip)]
    pub version: Option<i16>,
}

/// A term's place in the list of those that run out: by its last day, then by file, duty and beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuePlace {
    /// The last day.
    pub due_on: Day,
    /// Whose term it is.
    pub file: FileId,
    /// What is owed.
    pub duty: Duty,
    /// The event that started it.
    pub started_by: Sequence,
}

impl Clock {
    /// Its place among the terms that run out.
    pub fn place(&self, file: FileId) -> DuePlace {
        let Self { due_on, duty, started_by, .. } = *self;
        DuePlace { due_on, file, duty, started_by }
    }

    /// Whether it runs.
    pub fn runs(&self) -> bool {
        self.met_on.is_none() && !self.dropped
    }
}

/// A reconsideration or suit against a decision (复议、诉讼).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Review {
    /// The event that opened it.
    pub sequence: Sequence,
    /// The file.
    pub file: FileId,
    /// Which of both.
    pub kind: ReviewKind,
    /// Before whom.
    pub authority: Line,
    /// The decision that is challenged: the status of the file then.
    pub challenged: Status,
    /// The day the bureau was notified.
    pub received_on: Day,
    /// The day by which it replies.
    pub reply_on: Day,
    /// How it ended.
    pub outcome: Option<ReviewOutcome>,
    /// By which event.
    pub ended_by: Option<Sequence>,
}
