//! The life of a file (件的办理过程): what is possible in its status, in one function for both tracks.

mod fold;
mod page;
mod state;

pub(crate) use fold::is_self_correction;
pub use fold::{Challenged, Falls, Life, fold};
pub use page::{page, table};
pub use state::{By, Circumstances, FileChange, State, apply};

use crate::domain::act::FileAct;
use crate::domain::command::{Ruling, Verb};
use crate::domain::handling::{Status, StepKind, listed};
use crate::domain::ids::Track;

listed!(
    /// What is done with a file (操作).
    Act {
        /// A unit takes it on lease.
        Pull = 1, "领取";
        /// The lease is renewed.
        Extend = 2, "续领";
        /// The lease is given up for now.
        Skip = 3, "跳过";
        /// The lease becomes a holding.
        SignFor = 4, "签收";
        /// Complaint: accepted; once accepted, again, to revise the finding.
        Accept = 5, "受理";
        /// Complaint: refused.
        Refuse = 6, "不予受理";
        /// Report: filed.
        File = 7, "立案";
        /// Report: not filed.
        NotFile = 8, "不予立案";
        /// A step is noted.
        Step = 9, "办理";
        /// It is closed.
        Close = 10, "办结";
        /// It goes back to reception.
        Return = 11, "退回";
        /// Reception sends it to another unit.
        Reassign = 12, "改派";
        /// Its facts are corrected.
        Amend = 13, "补充";
        /// The complainant withdraws.
        Withdraw = 14, "撤回";
        /// Someone asks to hurry. A sender urges a submission; it counts on the files that allow it.
        Urge = 15, "催办";
        /// An export reports what became of it elsewhere; that is its status then.
        Outcome = 16, "结果导入";
        /// A reconsideration or a suit against its decision, or against doing nothing, is noted.
        Review = 17, "复议诉讼";
        /// The head of the bureau prolongs the term to verify it.
        Prolong = 18, "延长期限";
        /// Somebody is told a result, also after the end.
        Notify = 19, "告知";
        /// Report: an earlier one again; not handled once more.
        Repeat = 20, "重复举报";
        /// Report: new facts to an earlier one; handled with it.
        Merge = 21, "并入前件";
        /// A reconsideration or suit ends, and nothing is to be decided again.
        EndReview = 22, "复议诉讼终结";
        /// A reconsideration or suit undoes the act by which it stands so.
        Redo = 23, "撤销或者责令重新作出";
        /// Report: the bureau has no competence.
        NotCompetent = 24, "不具备处理权限";
        /// It is no complaint and no report.
        OtherChannel = 25, "不适用投诉举报程序";
        /// A dispute over competence has ended.
        EndDispute = 26, "处理权限争议结束";
        /// It goes to the police or another authority.
        HandOver = 27, "移送";
        /// What came of a hand-over is noted.
        HandOverResult = 28, "移送结果";
        /// The bureau has replied in a reconsideration or suit.
        Reply = 29, "提交答复";
        /// The bureau takes the act back by which it has ended.
        SelfCorrect = 30, "自行纠正";
        /// An officer does not handle it.
        Recuse = 31, "回避";
        /// Complaint: in mediation, a lead of a violation was found.
        FindLead = 32, "发现线索";
        /// Complaint: it is handled with others of the same dispute.
        Join = 33, "并入共同投诉";
        /// Complaint: both sides are brought together.
        Mediate = 34, "调解";
        /// The sender is asked for something.
        VerifySender = 35, "核验";
        /// A person has looked at what speaks of a danger.
        JudgeDanger = 36, "危险情形确认";
    }
);

impl From<&Verb> for Act {
    fn from(verb: &Verb) -> Self {
        match verb {
            Verb::Extend => Act::Extend,
            Verb::Skip { .. } => Act::Skip,
            Verb::SignFor => Act::SignFor,
            Verb::Decide { ruling: Ruling::Accept, .. } => Act::Accept,
            Verb::Decide { ruling: Ruling::Refuse { .. }, .. } => Act::Refuse,
            Verb::Decide { ruling: Ruling::File, .. } => Act::File,
            Verb::Decide { ruling: Ruling::NotFile { .. }, .. } => Act::NotFile,
            Verb::Decide { ruling: Ruling::Repeat { .. }, .. } => Act::Repeat,
            Verb::Decide { ruling: Ruling::Merge { .. }, .. } => Act::Merge,
            Verb::Decide { ruling: Ruling::NotCompetent { .. }, .. } => Act::NotCompetent,
            Verb::Decide { ruling: Ruling::OtherChannel { .. }, .. } => Act::OtherChannel,
            Verb::Step { kind: StepKind::Notified, .. } => Act::Notify,
            Verb::Step { .. } => Act::Step,
            Verb::Close { .. } => Act::Close,
            Verb::Return { .. } => Act::Return,
            Verb::Prolong { .. } => Act::Prolong,
            Verb::Record { act, .. } => Act::from(act),
        }
    }
}

impl From<&FileAct> for Act {
    fn from(act: &FileAct) -> Self {
        match act {
            FileAct::Notice(_) => Act::Notify,
            FileAct::DisputeEnded { .. } => Act::EndDispute,
            FileAct::HandedOver { .. } => Act::HandOver,
            FileAct::HandOverResult { .. } => Act::HandOverResult,
            FileAct::Replied { .. } | FileAct::Performed { .. } => Act::Reply,
            FileAct::SelfCorrected { .. } => Act::SelfCorrect,
            FileAct::Recused { .. } => Act::Recuse,
            FileAct::LeadFound { .. } => Act::FindLead,
            FileAct::Joined { .. } => Act::Join,
            FileAct::Mediated { .. } => Act::Mediate,
            FileAct::Verified(_) => Act::VerifySender,
            FileAct::DangerJudged { .. } => Act::JudgeDanger,
        }
    }
}

/// The status of a file, as far as that decides what is possible. Who may act, and under which token, is asked elsewhere.
#[expect(clippy::struct_excessive_bools, reason = "facts, each true or not whatever the others are")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its status.
    pub status: Status,
    /// A lease on it runs; for 续领, 跳过, 签收: the one the caller names.
    pub leased: bool,
    /// The complainant has withdrawn.
    pub withdrawn: bool,
    /// It is with the reception unit.
    pub at_reception: bool,
    /// Its term was prolonged.
    pub prolonged: bool,
    /// A term to decide the case that was filed runs here.
    pub case_timed: bool,
    /// The platform accepted the complaint or filed the report before anybody here did.
    pub accepted_upstream: bool,
    /// It has ended after it was accepted or filed, and of what was done the end alone is undone.
    pub opened: bool,
}

impl Standing {
    /// Of this status, and none of the other facts holds.
    pub const fn of(status: Status) -> Self {
        Self {
            status,
            leased: false,
            withdrawn: false,
            at_reception: false,
            prolonged: false,
            case_timed: false,
            accepted_upstream: false,
            opened: false,
        }
    }
}

/// Why something is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotPossible {
    /// The file has ended.
    Ended,
    /// Not possible in the file's status.
    WrongState,
    /// It is for files of the other track.
    WrongTrack,
    /// The caller holds no lease on it.
    LeaseLost,
    /// A unit holds a lease on it.
    Leased,
    /// It is with the reception unit already.
    AtReception,
    /// Its term was prolonged before.
    Prolonged,
}

/// Whether an act is possible.
pub fn allows(track: Track, standing: Standing, act: Act) -> Result<(), NotPossible> {
    next(track, standing, act).map(|_| ())
}

/// The status after an act, or why it is not possible.
pub fn next(track: Track, standing: Standing, act: Act) -> Result<Status, NotPossible> {
    let status = standing.status;
    match act {
        Act::Pull | Act::Extend | Act::Skip | Act::SignFor => lease(track, standing, act),
        Act::Accept
        | Act::Refuse
        | Act::File
        | Act::NotFile
        | Act::Repeat
        | Act::Merge
        | Act::NotCompetent
        | Act::OtherChannel => decide(track, status, act),
        Act::Notify if status == Status::Waiting => Err(NotPossible::WrongState),
        Act::Step | Act::Close | Act::Return | Act::HandOver => handle(track, standing, act),
        Act::Reassign => reassign(standing),
        Act::Withdraw | Act::FindLead | Act::Join | Act::Mediate if track == Track::Report => {
            Err(NotPossible::WrongTrack)
        }
        Act::FindLead | Act::Mediate if status == Status::Accepted => Ok(status),
        Act::FindLead | Act::Mediate => open(status).and(Err(NotPossible::WrongState)),
        Act::Withdraw
        | Act::Urge
        | Act::EndDispute
        | Act::Recuse
        | Act::Join
        | Act::VerifySender
        | Act::JudgeDanger => open(status),
        // Facts can be corrected, an export can report more, and doing nothing can be challenged, at any time.
        Act::Notify | Act::Amend | Act::Outcome | Act::Review | Act::Reply | Act::EndReview => Ok(status),
        Act::HandOverResult if status == Status::Closed => Ok(status),
        Act::Redo => Ok(undone(track, standing)),
        Act::SelfCorrect if status.has_ended() => Ok(undone(track, standing)),
        Act::HandOverResult | Act::SelfCorrect => Err(NotPossible::WrongState),
        Act::Prolong => prolong(track, standing),
    }
}

fn open(status: Status) -> Result<Status, NotPossible> {
    if status.has_ended() { Err(NotPossible::Ended) } else { Ok(status) }
}

/// The status before the act by which a file stands so. Whoever is to decide whether to accept or to file at all signs for it
/// again when it had left its unit; what was accepted or filed goes on where it was.
fn undone(track: Track, standing: Standing) -> Status {
    match standing.status {
        Status::Waiting | Status::SignedFor => standing.status,
        Status::Accepted | Status::Filed => Status::SignedFor,
        Status::Closed if standing.opened => opened(track),
        Status::Refused | Status::NotFiled | Status::Closed => Status::Waiting,
    }
}

/// The status of a complaint that is accepted, of a report that is filed.
pub fn opened(track: Track) -> Status {
    match track {
        Track::Complaint => Status::Accepted,
        Track::Report => Status::Filed,
    }
}

/// Held, and not by a decision of the holder: who has no competence gives it back, also what the platform has accepted or
/// filed. What a unit has accepted or filed itself stays with it.
fn is_undecided(standing: Standing) -> bool {
    match standing.status {
        Status::SignedFor => true,
        Status::Accepted | Status::Filed => standing.accepted_upstream,
        _ => false,
    }
}

/// Before it is signed for.
fn lease(track: Track, standing: Standing, act: Act) -> Result<Status, NotPossible> {
    match (open(standing.status)?, act, standing.leased) {
        (Status::Waiting, Act::Pull, true) => Err(NotPossible::Leased),
        (Status::Waiting, Act::Pull, false) | (Status::Waiting, Act::Extend | Act::Skip, true) => {
            Ok(Status::Waiting)
        }
        // What the platform has accepted or filed need not be decided once more.
        (Status::Waiting, Act::SignFor, true) if standing.accepted_upstream => Ok(opened(track)),
        (Status::Waiting, Act::SignFor, true) => Ok(Status::SignedFor),
        (Status::Waiting, _, false) => Err(NotPossible::LeaseLost),
        _ => Err(NotPossible::WrongState),
    }
}

/// Once accepted, a decision may be repeated to revise its finding, never to reverse it.
fn decide(track: Track, status: Status, act: Act) -> Result<Status, NotPossible> {
    let (of, decided) = match act {
        Act::Accept => (Some(Track::Complaint), Status::Accepted),
        Act::Refuse => (Some(Track::Complaint), Status::Refused),
        Act::File => (Some(Track::Report), Status::Filed),
        Act::Repeat | Act::Merge | Act::NotCompetent => (Some(Track::Report), Status::Closed),
        Act::OtherChannel => (None, Status::Closed),
        _ => (Some(Track::Report), Status::NotFiled),
    };
    match open(status)? {
        Status::SignedFor if of.is_some_and(|of| of != track) => Err(NotPossible::WrongTrack),
        Status::SignedFor => Ok(decided),
        Status::Accepted if act == Act::Accept => Ok(Status::Accepted),
        _ => Err(NotPossible::WrongState),
    }
}

/// While somebody holds it.
fn handle(track: Track, standing: Standing, act: Act) -> Result<Status, NotPossible> {
    match (open(standing.status)?, act) {
        (status @ (Status::SignedFor | Status::Accepted | Status::Filed), Act::Step) => Ok(status),
        (Status::Accepted | Status::Filed, Act::Close | Act::HandOver)
        | (Status::SignedFor, Act::HandOver) => Ok(Status::Closed),
        // A complaint that was withdrawn need not be decided; a report goes on.
        (Status::SignedFor, Act::Close) if standing.withdrawn && track == Track::Complaint => {
            Ok(Status::Closed)
        }
        (_, Act::Return) if is_undecided(standing) && standing.at_reception => Err(NotPossible::AtReception),
        (_, Act::Return) if is_undecided(standing) => Ok(Status::Waiting),
        _ => Err(NotPossible::WrongState),
    }
}

/// A file that a unit works on is returned by it first; what reception holds itself it may send on.
fn reassign(standing: Standing) -> Result<Status, NotPossible> {
    match open(standing.status)? {
        Status::Waiting if standing.leased && !standing.at_reception => Err(NotPossible::Leased),
        Status::Waiting => Ok(Status::Waiting),
        _ if is_undecided(standing) && standing.at_reception => Ok(Status::Waiting),
        _ => Err(NotPossible::WrongState),
    }
}

fn prolong(track: Track, standing: Standing) -> Result<Status, NotPossible> {
    match open(standing.status)? {
        _ if track == Track::Complaint => Err(NotPossible::WrongTrack),
        // The term to verify it has ended with the filing.
        Status::Waiting if standing.accepted_upstream => Err(NotPossible::WrongState),
        Status::Waiting | Status::SignedFor if standing.prolonged => Err(NotPossible::Prolonged),
        Status::Filed if standing.case_timed => Ok(Status::Filed),
        status @ (Status::Waiting | Status::SignedFor) => Ok(status),
        _ => Err(NotPossible::WrongState),
    }
}

#[cfg(test)]
mod tests;
