//! The life of a file (件的办理过程): what is possible in its status, in one function for both tracks.

mod page;
mod state;

pub use page::{page, table};
pub use state::{By, Circumstances, FileChange, Life, State, apply, fold};

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
        /// A reconsideration or suit orders that it be decided again, or leaves it to be.
        Redo = 23, "责令重新作出";
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
        /// The bureau takes its own refusal or not-filing back.
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
        Act::HandOverResult => Err(NotPossible::WrongState),
        Act::Redo => Ok(if status.has_ended() { Status::Waiting } else { status }),
        Act::SelfCorrect => match status {
            Status::Refused | Status::NotFiled => Ok(Status::Waiting),
            _ => open(status).and(Err(NotPossible::WrongState)),
        },
        Act::Prolong => prolong(track, standing),
    }
}

fn open(status: Status) -> Result<Status, NotPossible> {
    if status.has_ended() { Err(NotPossible::Ended) } else { Ok(status) }
}

/// Where an export leaves a file that is signed for, and signing for it a file that the platform has taken up.
pub fn accepted_upstream(track: Track) -> Status {
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
        (Status::Waiting, Act::SignFor, true) if standing.accepted_upstream => Ok(accepted_upstream(track)),
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
mod tests {
    use super::*;

    #[test]
    fn an_ended_file_takes_no_verb_of_a_unit() {
        for status in Status::ALL.iter().copied().filter(|status| status.has_ended()) {
            for track in Track::ALL {
                for act in Act::ALL.iter().copied() {
                    let found = next(track, Standing::of(status), act);
                    let expected = match act {
                        Act::Amend
                        | Act::Outcome
                        | Act::Review
                        | Act::Reply
                        | Act::EndReview
                        | Act::Notify => Ok(status),
                        Act::HandOverResult if status == Status::Closed => Ok(status),
                        Act::HandOverResult => Err(NotPossible::WrongState),
                        Act::SelfCorrect if status != Status::Closed => Ok(Status::Waiting),
                        Act::Redo => Ok(Status::Waiting),
                        Act::Withdraw | Act::FindLead | Act::Join | Act::Mediate
                            if track == Track::Report =>
                        {
                            Err(NotPossible::WrongTrack)
                        }
                        _ => Err(NotPossible::Ended),
                    };
                    assert_eq!(found, expected, "{track:?} {status:?} {act:?}");
                }
            }
        }
    }

    #[test]
    fn a_lease_comes_before_a_holding() {
        let waiting = Standing::of(Status::Waiting);
        let leased = Standing { leased: true, ..waiting };
        for track in Track::ALL {
            assert_eq!(next(track, waiting, Act::Pull), Ok(Status::Waiting));
            assert_eq!(next(track, leased, Act::Pull), Err(NotPossible::Leased));
            assert_eq!(next(track, leased, Act::Reassign), Err(NotPossible::Leased));
            assert_eq!(
                next(track, Standing { at_reception: true, ..leased }, Act::Reassign),
                Ok(Status::Waiting)
            );
            for act in [Act::Extend, Act::Skip, Act::SignFor] {
                assert_eq!(allows(track, waiting, act), Err(NotPossible::LeaseLost));
                assert_eq!(allows(track, leased, act), Ok(()));
                assert_eq!(allows(track, Standing::of(Status::SignedFor), act), Err(NotPossible::WrongState));
            }
            assert_eq!(next(track, leased, Act::SignFor), Ok(Status::SignedFor));
        }
    }

    #[test]
    fn a_decision_is_of_its_track_and_is_not_reversed() {
        use Track::{Complaint, Report};
        let after = |track, status, act| next(track, Standing::of(status), act);
        assert_eq!(after(Complaint, Status::SignedFor, Act::Accept), Ok(Status::Accepted));
        assert_eq!(after(Complaint, Status::Accepted, Act::Accept), Ok(Status::Accepted));
        assert_eq!(after(Complaint, Status::Accepted, Act::Refuse), Err(NotPossible::WrongState));
        assert_eq!(after(Complaint, Status::SignedFor, Act::File), Err(NotPossible::WrongTrack));
        assert_eq!(after(Report, Status::SignedFor, Act::Accept), Err(NotPossible::WrongTrack));
        assert_eq!(after(Report, Status::SignedFor, Act::NotFile), Ok(Status::NotFiled));
        assert_eq!(after(Report, Status::Filed, Act::File), Err(NotPossible::WrongState));
        assert_eq!(after(Report, Status::Waiting, Act::File), Err(NotPossible::WrongState));
    }

    #[test]
    fn a_withdrawn_complaint_is_closed_undecided() {
        let signed = Standing::of(Status::SignedFor);
        assert_eq!(allows(Track::Complaint, signed, Act::Close), Err(NotPossible::WrongState));
        let withdrawn = Standing { withdrawn: true, ..signed };
        assert_eq!(next(Track::Complaint, withdrawn, Act::Close), Ok(Status::Closed));
        assert_eq!(next(Track::Report, withdrawn, Act::Close), Err(NotPossible::WrongState));
        assert_eq!(allows(Track::Report, signed, Act::Withdraw), Err(NotPossible::WrongTrack));
    }

    #[test]
    fn what_a_unit_holds_it_returns_and_reception_sends_on() {
        let signed = Standing::of(Status::SignedFor);
        let received = Standing { at_reception: true, ..signed };
        assert_eq!(next(Track::Report, signed, Act::Return), Ok(Status::Waiting));
        assert_eq!(next(Track::Report, received, Act::Return), Err(NotPossible::AtReception));
        assert_eq!(next(Track::Report, signed, Act::Reassign), Err(NotPossible::WrongState));
        assert_eq!(next(Track::Report, received, Act::Reassign), Ok(Status::Waiting));
        for act in [Act::Return, Act::Reassign] {
            assert_eq!(next(Track::Report, Standing::of(Status::Filed), act), Err(NotPossible::WrongState));
        }
    }

    #[test]
    fn what_the_platform_took_up_is_not_decided_again_and_can_be_given_back() {
        for (track, status) in [(Track::Complaint, Status::Accepted), (Track::Report, Status::Filed)] {
            let waiting = Standing { accepted_upstream: true, ..Standing::of(Status::Waiting) };
            let leased = Standing { leased: true, ..waiting };
            assert_eq!(next(track, waiting, Act::SignFor), Err(NotPossible::LeaseLost));
            assert_eq!(next(track, leased, Act::SignFor), Ok(status));
            assert_eq!(next(track, leased, Act::Skip), Ok(Status::Waiting));
            let held = Standing { accepted_upstream: true, ..Standing::of(status) };
            let received = Standing { at_reception: true, ..held };
            assert_eq!(next(track, held, Act::Close), Ok(Status::Closed));
            assert_eq!(next(track, held, Act::Return), Ok(Status::Waiting));
            assert_eq!(next(track, held, Act::Reassign), Err(NotPossible::WrongState));
            assert_eq!(next(track, received, Act::Return), Err(NotPossible::AtReception));
            assert_eq!(next(track, received, Act::Reassign), Ok(Status::Waiting));
            for act in [Act::Refuse, Act::File, Act::NotFile, Act::Repeat, Act::Merge] {
                assert_eq!(next(track, held, act), Err(NotPossible::WrongState), "{act:?}");
            }
            // What was decided here stays where it was decided.
            assert_eq!(next(track, Standing::of(status), Act::Return), Err(NotPossible::WrongState));
            assert_eq!(
                next(track, Standing { accepted_upstream: false, ..received }, Act::Reassign),
                Err(NotPossible::WrongState)
            );
        }
        let filed = Standing { accepted_upstream: true, ..Standing::of(Status::Waiting) };
        assert_eq!(next(Track::Report, filed, Act::Prolong), Err(NotPossible::WrongState));
    }

    #[test]
    fn an_undecided_report_is_prolonged_once() {
        for status in [Status::Waiting, Status::SignedFor] {
            assert_eq!(next(Track::Report, Standing::of(status), Act::Prolong), Ok(status));
            let again = Standing { prolonged: true, ..Standing::of(status) };
            assert_eq!(next(Track::Report, again, Act::Prolong), Err(NotPossible::Prolonged));
            assert_eq!(
                next(Track::Complaint, Standing::of(status), Act::Prolong),
                Err(NotPossible::WrongTrack)
            );
        }
        let filed = Standing::of(Status::Filed);
        assert_eq!(next(Track::Report, filed, Act::Prolong), Err(NotPossible::WrongState));
        let timed = Standing { case_timed: true, ..filed };
        assert_eq!(next(Track::Report, timed, Act::Prolong), Ok(Status::Filed));
    }

    #[test]
    fn doing_nothing_is_reviewed_too() {
        for status in Status::ALL.iter().copied() {
            assert_eq!(next(Track::Complaint, Standing::of(status), Act::Review), Ok(status), "{status:?}");
        }
    }

    #[test]
    fn what_the_bureau_takes_back_is_decided_again() {
        let after = |track, status| next(track, Standing::of(status), Act::SelfCorrect);
        assert_eq!(after(Track::Complaint, Status::Refused), Ok(Status::Waiting));
        assert_eq!(after(Track::Report, Status::NotFiled), Ok(Status::Waiting));
        assert_eq!(after(Track::Complaint, Status::Accepted), Err(NotPossible::WrongState));
        assert_eq!(after(Track::Complaint, Status::Closed), Err(NotPossible::Ended));
    }
}
