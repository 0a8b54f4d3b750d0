//! The words of terms (期限): what is owed, since when, under which rules, how near it is.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::act::{NoticeSubject, Party};
use super::handling::{ReviewKind, ReviewOutcome, Status, listed};
use super::ids::{FileId, Sequence, Track};
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
    /// While it goes on, the terms that leave its days out stand still (暂停). Not so under releases that counted on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pauses: bool,
}

impl Testing {
    /// Since when the terms that leave its days out stand still.
    pub fn paused_since(&self) -> Option<Day> {
        self.since.filter(|_| self.pauses)
    }
}

listed!(
    /// What the bureau owes by a day (法定职责). A prolonged term is a duty of its own: it cannot be prolonged again.
    Duty {
        /// Complaint: accept or refuse.
        Accept = 1, "作出受理或者不予受理决定";
        /// Complaint: mediate; without agreement by then mediation ends.
        Mediate = 2, "调解";
        /// Complaint: tell the complainant that mediation has ended.
        NotifyTermination = 3, "告知投诉人终止调解";
        /// Report: verify it.
        Verify = 4, "核查";
        /// Report: verify it, the term prolonged once by the head of the bureau.
        VerifyProlonged = 5, "核查（经批准延长）";
        /// Agree on competence with another bureau, or ask the superior.
        ResolveCompetence = 6, "协商确定处理权限";
        /// Report: tell the reporter.
        TellReporter = 7, "告知举报人";
        /// Complaint: tell the complainant whether it is accepted.
        TellComplainant = 8, "告知投诉人受理或者不予受理";
        /// Complaint: tell the operator that mediation has ended.
        NotifyTerminationRespondent = 9, "告知被投诉人终止调解";
        /// Reply in a reconsideration.
        ReplyReconsideration = 10, "提交行政复议答复";
        /// Reply in a suit.
        ReplySuit = 11, "提交行政诉讼答辩状";
        /// Do what a reconsideration or a suit has ordered.
        ActAsOrdered = 12, "按行政复议决定或者裁判履行";
        /// Report: decide the case that was filed.
        DecideCase = 13, "立案后作出处理决定";
        /// Report: decide the case that was filed, the term prolonged by the head of the bureau, or later by the heads together.
        DecideCaseProlonged = 14, "立案后作出处理决定（经批准延长）";
        /// Reply in a reconsideration by the simplified procedure.
        ReplySimplified = 15, "提交行政复议答复（简易程序）";
    }
);

impl Duty {
    /// The duty it becomes when the head of the bureau prolongs its term (延长期限).
    pub fn prolonged(self) -> Option<Self> {
        match self {
            Duty::Verify => Some(Duty::VerifyProlonged),
            Duty::DecideCase => Some(Duty::DecideCaseProlonged),
            _ => None,
        }
    }

    /// The duty to reply that a review brings.
    pub fn reply_in(kind: ReviewKind) -> Self {
        match kind {
            ReviewKind::Reconsideration => Duty::ReplyReconsideration,
            ReviewKind::Suit => Duty::ReplySuit,
            ReviewKind::Simplified => Duty::ReplySimplified,
        }
    }

    /// Whether it is a duty to reply in a reconsideration or suit.
    pub fn is_to_reply(self) -> bool {
        matches!(self, Duty::ReplyReconsideration | Duty::ReplySuit | Duty::ReplySimplified)
    }

    /// Whether it is a duty to tell somebody (告知): kept by a notice and by nothing else, also after the end of the file.
    pub fn is_to_tell(self) -> bool {
        matches!(
            self,
            Duty::NotifyTermination
                | Duty::NotifyTerminationRespondent
                | Duty::TellReporter
                | Duty::TellComplainant
        )
    }

    /// Whether a reconsideration or suit brought it: nothing that is decided on the file ends it.
    pub fn is_of_a_review(self) -> bool {
        self.is_to_reply() || self == Duty::ActAsOrdered
    }

    /// Whether it goes on when the file has ended: duties to tell, and those of a reconsideration or suit.
    pub fn outlives_the_file(self) -> bool {
        self.is_to_tell() || self.is_of_a_review()
    }

    /// Whether a notice of this subject to this party keeps it.
    pub fn is_kept_by(self, subject: NoticeSubject, to: Party) -> bool {
        use NoticeSubject as Of;
        match self {
            Duty::TellComplainant => {
                to == Party::Sender
                    && matches!(subject, Of::Acceptance | Of::Refusal | Of::HandedOver | Of::OtherChannel)
            }
            Duty::NotifyTermination => to == Party::Sender && subject == Of::Termination,
            Duty::NotifyTerminationRespondent => to == Party::Respondent && subject == Of::Termination,
            Duty::TellReporter => {
                to == Party::Sender
                    && matches!(
                        subject,
                        Of::FilingDecision
                            | Of::Verification
                            | Of::Result
                            | Of::NotCompetent
                            | Of::OtherChannel
                            | Of::HandedOver
                    )
            }
            _ => false,
        }
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
        /// The bureau got the application for reconsideration or the statement of claim.
        ReviewNotice = 6, "收到行政复议申请书副本或者起诉状副本之日";
        /// The bureau found that it has no competence for the report.
        NotCompetent = 7, "发现不具备处理权限之日";
        /// The report was filed as a case.
        Filing = 8, "立案之日";
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

/// The last day of a term; a law that names no number of days leaves it open (未定日数), and that comes after every day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LastDay(Day);

impl LastDay {
    /// The law names none.
    pub const OPEN: Self = Self(Day(i32::MAX));

    /// The day; none where the law names none.
    pub fn day(self) -> Option<Day> {
        (self != Self::OPEN).then_some(self.0)
    }

    /// As it is stored: days since 1970-01-01, the greatest number where the law names none.
    pub fn number(self) -> i32 {
        self.0.0
    }
}

impl From<Day> for LastDay {
    fn from(day: Day) -> Self {
        Self(day)
    }
}

impl fmt::Display for LastDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.day() {
            Some(day) => day.fmt(f),
            None => f.write_str("未定日数"),
        }
    }
}

impl Serialize for LastDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.day().serialize(serializer)
    }
}

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
    pub due_on: LastDay,
    /// The last day, by the latest reading.
    pub latest_on: LastDay,
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
    pub due_on: LastDay,
    /// Whose term it is.
    pub file: FileId,
    /// What is owed.
    pub duty: Duty,
    /// The event that started it.
    pub started_by: Sequence,
}

impl DuePlace {
    /// The place before all terms that end on a day.
    pub fn first(due_on: LastDay) -> Self {
        let file = FileId { submission: Sequence(0), track: Track::ALL[0] };
        Self { due_on, file, duty: Duty::ALL[0], started_by: Sequence(0) }
    }
}

impl Clock {
    /// Its place among the terms that run out.
    pub fn place(&self, file: FileId) -> DuePlace {
        let Self { due_on, duty, started_by, .. } = *self;
        DuePlace { due_on, file, duty, started_by }
    }

    /// Whether it is the duty to reply in the review that an event opened.
    pub fn is_reply_in(&self, review: Sequence) -> bool {
        self.started_by == review && self.duty.is_to_reply()
    }

    /// Whether it is the duty to do what the event has ordered by which a review ended.
    pub fn is_ordered_by(&self, ended_by: Option<Sequence>) -> bool {
        self.duty == Duty::ActAsOrdered && Some(self.started_by) == ended_by
    }

    /// Whether it runs.
    pub fn runs(&self) -> bool {
        self.met_on.is_none() && !self.dropped
    }
}

/// How a reconsideration or suit ended, and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewEnd {
    /// How.
    pub outcome: ReviewOutcome,
    /// Whether the decision was overturned on the merits (实体), not for want of form. None: noted by a release that did not ask.
    pub on_merits: Option<bool>,
    /// The authority or court has decided the matter itself: the bureau has nothing to decide again.
    pub decided_itself: bool,
    /// The day by which the bureau has to act, where one was set.
    pub act_by: Option<Day>,
    /// The day on which it ended; none: the day on which it is noted.
    pub on: Option<Day>,
    /// Only the act that was challenged falls, and the file stands again as it did before that act. Releases that did not look at
    /// the act sent every file to be decided anew.
    pub undoes_act: bool,
}

impl ReviewEnd {
    /// Ended so, on the merits, and nothing more was said.
    pub const fn of(outcome: ReviewOutcome) -> Self {
        Self {
            outcome,
            on_merits: Some(true),
            decided_itself: false,
            act_by: None,
            on: None,
            undoes_act: true,
        }
    }

    /// Whether the file has to be decided again, when this is how its challenge ended.
    pub fn reopens(&self, challenged: Status) -> bool {
        match self.outcome {
            ReviewOutcome::RedoOrdered => true,
            outcome => outcome.reopens() && !self.decided_itself && challenged.has_ended(),
        }
    }
}

/// What a reconsideration or suit is against (被申请复议、被诉的行为).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Against {
    /// What was decided last on the day on which the bureau was notified; that nothing was, where it was so.
    Latest,
    /// The act by which the file came to this status. A status in which nothing is decided: that nothing was decided
    /// (不履行法定职责).
    Act(Status),
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
