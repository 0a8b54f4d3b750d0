//! The verbs of daily life, as one closed list: what a lane takes, what the event log keeps, what replay applies.

use serde::{Deserialize, Serialize};

use super::account::AccountChange;
use super::caller::{Caller, NewCaller};
use super::check::Warning;
use super::deadline::{Against, ReviewEnd};
use super::decision::Decision;
use super::disclosure::Disclosure;
pub use super::event::EventKind;
use super::evidence::IdentityKey;
use super::handling::{ReviewKind, Status};
use super::ids::{
    CallerId, FileId, HashKeyId, ModelId, OfficerId, RegistrationNumber, RequestId, Sequence, Track, UnitId,
};
use super::outcome::FileOutcome;
use super::personal::Personal;
use super::purge::Purge;
use super::refusal::{Differing, Refusal};
use super::sight::Sight;
use super::submission::Submission;
use super::text::{Line, Why};
use super::time::{Day, Timestamp};
pub use super::verb::{Handling, Ruling, Verb};

/// A command with who sent it and under which request id.
#[derive(Debug, Clone)]
pub struct Request {
    /// The caller, already authenticated and allowed.
    pub caller: CallerId,
    /// The caller's unit, when its role has one.
    pub unit: Option<UnitId>,
    /// The files that the caller may know of. It is asked before anything is done, and is not recorded.
    pub sight: Sight,
    /// Unique per caller; the same id with the same content gets the stored answer.
    pub request_id: RequestId,
    /// What to do.
    pub command: Command,
}

impl Request {
    /// What a caller asks for, in the unit that is his and of the files that he may know of.
    pub fn of(caller: &Caller, request_id: RequestId, command: Command) -> Self {
        Self { caller: caller.id, unit: caller.unit.clone(), sight: Sight::of(caller), request_id, command }
    }
}

/// A file named by the people who handle it: registration number and track.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileRef {
    /// Registration number (登记编号).
    pub number: RegistrationNumber,
    /// Which part.
    pub track: Track,
}

/// Everything that changes a bureau. What an event keeps of it has a form of its own (`stored`).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// A submission comes in.
    Submit(Box<Submission>),
    /// 导入: a row of the platform's export, with the outcome it reports. An open file is decided as any other; one
    /// that has ended becomes history, and never work.
    Import {
        /// The facts: a submission of one part.
        submission: Box<Submission>,
        /// What became of that part's file.
        outcome: FileOutcome,
    },
    /// 结果: what became of a file elsewhere, reported by an export.
    Outcome {
        /// Which file.
        file: FileRef,
        /// What became of it.
        outcome: FileOutcome,
    },
    /// 补充: corrected or added facts, with the reason.
    Amend {
        /// The corrected version.
        submission: Box<Submission>,
        /// Why; goes into the file.
        reason: Why,
    },
    /// 撤回: the complaint is marked; its holder closes it.
    Withdraw {
        /// Registration number.
        number: RegistrationNumber,
        /// Why; goes into the file.
        reason: Option<Why>,
    },
    /// 催办: counted and shown.
    Urge {
        /// Registration number.
        number: RegistrationNumber,
        /// In the sender's words.
        note: Option<Why>,
    },
    /// 领取 up to `most` files of one track.
    Pull {
        /// Which unit.
        unit: UnitId,
        /// Who takes them.
        officer: OfficerId,
        /// Which track.
        track: Track,
        /// How many at most.
        most: u32,
    },
    /// A verb on one file.
    Handle(Handling),
    /// 改派, by reception.
    Reassign {
        /// Which file.
        file: FileRef,
        /// Which unit.
        unit: UnitId,
        /// Why; goes into the file.
        reason: Why,
    },
    /// 催签: nobody has signed for a file in time. the manager is notified, or it goes to reception.
    Escalate {
        /// Which file.
        file: FileRef,
    },
    /// 复议、诉讼: a decision on a file is challenged, or that there is none yet.
    OpenReview {
        /// Which file.
        file: FileRef,
        /// By what.
        kind: ReviewKind,
        /// Before whom (复议机关、法院).
        authority: Line,
        /// The day on which the bureau was notified.
        received: Day,
        /// Against what; none: noted by a release that did not ask, and took the status of the file for it.
        against: Option<Against>,
    },
    /// A reconsideration or suit has ended.
    EndReview {
        /// Which file.
        file: FileRef,
        /// Which one: the sequence of the event that opened it.
        review: Sequence,
        /// How.
        end: ReviewEnd,
        /// In the words of whoever notes it.
        note: Option<Why>,
    },
    /// 解除关联: two complaints are not linked by a key, whatever they have in common. From here on clusters are as if
    /// the link had never been.
    CutLink {
        /// One complaint.
        number: RegistrationNumber,
        /// The other.
        other: RegistrationNumber,
        /// The key they share.
        key: IdentityKey,
        /// Why; kept with the event.
        reason: Why,
    },
    /// 重评: an open complaint is scored again by the model in use, beside what was decided before. Its first decision, its
    /// unit and its terms stay.
    Rescore {
        /// Registration number.
        number: RegistrationNumber,
    },
    /// The bureau file is replaced: units, officers, streets, settings.
    LoadBureau {
        /// The file, as TOML text.
        content: Personal<String>,
    },
    /// A model becomes the champion (启用).
    UseModel {
        /// Which model.
        model: ModelId,
    },
    /// 更换标识密钥: from here on key hashes are made by another identity key.
    Rekey {
        /// Which key.
        key: HashKeyId,
    },
    /// 新增调用方: somebody gets a token.
    MakeCaller(Box<NewCaller>),
    /// 停用调用方: a token ends.
    RevokeCaller {
        /// Whose.
        caller: CallerId,
    },
    /// 更换令牌: a caller gets another token; the one it has ends at a time.
    RotateToken {
        /// Whose.
        caller: CallerId,
        /// SHA-256 of the new one.
        token_hash: Personal<Vec<u8>>,
        /// When the one before ends.
        until: Timestamp,
        /// When the new one ends; none: with the caller.
        expires_at: Option<Timestamp>,
    },
    /// Accounts of persons (个人账户), and sign-ins.
    Account(AccountChange),
    /// A fitted model is kept (保存模型), without being put to use.
    StoreModel {
        /// Its id, the digest of the artefact.
        model: ModelId,
        /// The artefact, as JSON.
        artefact: String,
    },
    /// 清除: what a submission's events keep of persons goes; its time to be kept is over.
    Purge(Purge),
    /// 查阅、复制本人信息: a person is given what is held on that person, on a lawful request.
    Disclose(Disclosure),
    /// 确认时钟: somebody says that the machine's clock is right. From this event on the bureau's time is this one and what
    /// follows, also when that is earlier than what was recorded before: the only way back there is.
    AcceptClock {
        /// What the clock said.
        at: Timestamp,
    },
}

impl Command {
    /// The officer who does it, where one is named.
    pub fn officer(&self) -> Option<&OfficerId> {
        match self {
            Command::Pull { officer, .. } => Some(officer),
            Command::Handle(handling) => Some(&handling.officer),
            _ => None,
        }
    }

    /// What is sent under a registration number, in the words of a sender.
    pub fn version(&self) -> Option<&Submission> {
        match self {
            Command::Submit(submission) | Command::Import { submission, .. } => Some(submission),
            _ => None,
        }
    }
}

/// The result of a command. Sent only after the commit that makes it true (promise 1).
pub type Answer = Result<Outcome, Refusal>;

/// What was done.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A submission is in; `repeat` when it already was.
    Submitted {
        /// The first decisions.
        receipt: Receipt,
        /// It was in before.
        repeat: bool,
    },
    /// A row of an export is in.
    Imported {
        /// What was known of its facts before.
        facts: Novelty,
        /// What was known of its outcome.
        outcome: News,
        /// What of its facts differs from what is known, and was left as it was.
        differing: Option<Box<Differing>>,
    },
    /// An intake or reception verb was done.
    Noted {
        /// Its place in the history.
        sequence: Sequence,
    },
    /// A person got an account.
    Opened {
        /// Its place in the history.
        sequence: Sequence,
        /// Its id.
        id: CallerId,
    },
    /// An amendment is in, or a complaint was scored again; with the later score row of the complaint, if there is one.
    Amended {
        /// Its place in the history.
        sequence: Sequence,
        /// The later score row of the complaint, if there is one.
        rescored: Option<Box<Decision>>,
    },
    /// Files were leased; empty when nothing was waiting.
    Pulled(Vec<Lease>),
    /// A unit's verb was done.
    Handled {
        /// Its place in the history.
        sequence: Sequence,
        /// The token for the next verb on this file.
        token: Sequence,
        /// The status of the file.
        status: Status,
        /// When the lease ends, after an Extend.
        until: Option<Timestamp>,
        /// What spoke against the decision, after a Decide or a Close.
        warnings: Vec<Warning>,
    },
    /// The clock was confirmed.
    ClockAccepted {
        /// Its place in the history.
        sequence: Sequence,
        /// What had been computed from times that are ahead of it, and was mended.
        mended: Box<Mended>,
    },
}

/// What a confirmed clock has mended: what the bureau had written while its time was ahead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mended {
    /// Events that stay recorded at a later time than the confirmation's.
    pub events: u64,
    /// Files whose lease, skip or own times (joined the queue, warned, signed for, ended) were brought back.
    pub files: u64,
    /// Files of which a statutory term had begun or was kept on a day to come: it counts as of the day of the confirmation,
    /// which is the latest that it can have been.
    pub terms: Vec<FileRef>,
    /// Files that were reported to a manager or sent to reception because nobody had signed for them, by that time. Where they
    /// are now is for a person to judge.
    pub escalated: Vec<FileRef>,
}

/// What an imported row's facts were to the bureau.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Novelty {
    /// A new number.
    New,
    /// A known number of which more is known now.
    Unmasked,
    /// A known number, nothing new.
    Known,
}

/// What an imported row's outcome was to the bureau.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Something new.
    New,
    /// Nothing new.
    Known,
    /// Something else than is known, as of an earlier time: it was left aside.
    Stale,
    /// A file whose end an earlier export told is open in a newer one: it was left as it is.
    OpenAgain,
}

/// What intake is answered about a submission: the first decision of each of its files.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Registration number.
    pub number: RegistrationNumber,
    /// Sequence of the submission.
    pub sequence: Sequence,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The first decision of each file, the report first.
    pub decisions: Vec<Decision>,
}

/// What a unit's verb was answered, as the event keeps it: a retry gets it again, the feed of changes reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// Token for the next verb.
    pub token: Sequence,
    /// Status after it.
    pub status: Status,
    /// Owning unit after it.
    pub unit: UnitId,
    /// End of the lease, after an Extend.
    pub until: Option<Timestamp>,
    /// What spoke against the decision.
    pub warnings: Vec<Warning>,
}

impl Handled {
    /// The answer of the event at `sequence`.
    pub fn outcome(self, sequence: Sequence) -> Outcome {
        let Self { token, status, unit: _, until, warnings } = self;
        Outcome::Handled { sequence, token, status, until, warnings }
    }
}

/// A pulled file and the right to work on it for a while (领取).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The file.
    pub file: FileId,
    /// Fencing token.
    pub token: Sequence,
    /// When it ends unless signed for or extended.
    pub until: Timestamp,
}
