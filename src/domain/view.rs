//! What callers are shown: files and submissions as they are, and the feed of changes.

use serde::Serialize;

use super::act::{NoticeSubject, Party};
use super::check::Warning;
use super::command::EventKind;
use super::danger::Danger;
use super::deadline::{Clock, Duty};
use super::decision::Decision;
use super::given::Given;
use super::handling::{Disposition, Finding, RefusalGround, Status, TerminationGround};
use super::ids::{FileId, OfficerId, RegistrationNumber, Sequence, Track, UnitId};
use super::person::Complainant;
use super::purge::Purged;
use super::respondent::Respondent;
use super::submission::{Channel, Part};
use super::time::{Day, Moment, Timestamp};

/// One file as its holder, intake or reception sees it. Holds one part only (promise 3).
#[derive(Debug, Clone, Serialize)]
pub struct FileView {
    /// The file.
    pub id: FileId,
    /// Registration number.
    pub number: RegistrationNumber,
    /// When the bureau received it.
    pub received: Moment,
    /// How it came in.
    pub channel: Given<Channel>,
    /// Who sent it.
    pub complainant: Complainant,
    /// The operator.
    pub respondent: Respondent,
    /// The part of this track.
    pub part: Part,
    /// A file of the other track exists. Told to intake, reception and the report's holder only (promise 3).
    pub linked: Option<Track>,
    /// The first decision.
    pub decision: Decision,
    /// The latest later score of a complaint that was amended, or scored again by another model.
    pub rescored: Option<Decision>,
    /// Its state.
    pub state: FileState,
    /// What in its text speaks of a danger, for a person to look at. Never from a score.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dangers: Vec<Danger>,
    /// What it held of persons is gone (已按规定清除).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purged: Option<Purged>,
}

/// A clock as it is shown (期限).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Term {
    /// The clock.
    #[serde(flatten)]
    pub clock: Clock,
    /// The last day by the bureau's own reading of Art. 45 (本局口径); none where the law names no number of days.
    pub ends_on: Option<Day>,
    /// Since when it stands still, for testing goes on whose days do not count (暂停).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_since: Option<Day>,
}

impl Term {
    /// Whether it was kept in time, by the bureau's own reading of Art. 45; none while it runs or stands still, and where the law names no
    /// number of days.
    pub fn was_kept(&self, today: Day) -> Option<bool> {
        let ends_on = self.ends_on?;
        match self.clock.met_on {
            Some(met_on) => Some(met_on <= ends_on),
            None if self.paused_since.is_some() || today <= ends_on => None,
            None => Some(false),
        }
    }

    /// The last day for people: by the earliest reading, and by the others where these are later.
    pub fn last_day(&self) -> String {
        let Self { clock: Clock { due_on, latest_on, .. }, ends_on, .. } = self;
        match ends_on {
            Some(ends_on) if latest_on != due_on => {
                format!("{due_on}（本局口径 {ends_on}，最迟 {latest_on}）")
            }
            _ => due_on.to_string(),
        }
    }
}

/// The state of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileState {
    /// Status.
    pub status: Status,
    /// Owning unit.
    pub unit: UnitId,
    /// The lease's token and end while it is leased; the version while it is held.
    pub token: Option<Sequence>,
    /// When the lease ends.
    pub leased_until: Option<Timestamp>,
    /// The officer who signed for it.
    pub officer: Option<OfficerId>,
    /// When the complainant withdrew the complaint.
    pub withdrawn_at: Option<Timestamp>,
    /// How often it was urged.
    pub urges: i64,
    /// The latest finding.
    pub finding: Option<Finding>,
    /// What an officer marked in the platform's export.
    pub imported_label: Option<super::outcome::ImportedLabel>,
    /// The platform accepted or filed it before anybody here did.
    pub accepted_upstream: bool,
    /// The ground of a refusal.
    pub ground: Option<RefusalGround>,
    /// How it ended.
    pub disposition: Option<Disposition>,
    /// Why mediation ended without an agreement.
    pub termination: Option<TerminationGround>,
    /// Amount recovered, in fen.
    pub recovered_fen: Option<i64>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether a person has found that there is a danger; none: nobody has looked.
    pub danger: Option<bool>,
    /// How often it was skipped.
    pub skips: i64,
    /// When its unit's manager was notified that nobody has signed for it.
    pub warned_at: Option<Timestamp>,
    /// Its clocks, in the order in which they were started.
    pub clocks: Vec<Term>,
    /// Reconsiderations and suits against its decisions.
    pub reviews: Vec<super::deadline::Review>,
}

impl FileState {
    /// A case was filed whose term does not run here (由执法办案平台计时).
    pub fn is_timed_elsewhere(&self) -> bool {
        let decides = |term: &Term| matches!(term.clock.duty, Duty::DecideCase | Duty::DecideCaseProlonged);
        self.status == Status::Filed && !self.clocks.iter().any(decides)
    }
}

/// A submission as intake sees it.
#[derive(Debug, Clone, Serialize)]
pub struct SubmissionView {
    /// Registration number.
    pub number: RegistrationNumber,
    /// Sequence of the submission.
    pub sequence: Sequence,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Its files, the report first.
    pub files: Vec<FileView>,
}

/// One event of a submission, as the change feed shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What was done.
    pub act: Act,
    /// Registration number.
    pub number: RegistrationNumber,
    /// The file; none when the event is of the whole submission.
    pub track: Option<Track>,
    /// The state of the file right after it.
    pub after: Option<After>,
    /// Terms and reviews of the file as they are now, on the last change of the file in an answer.
    pub owed: Option<Owed>,
}

/// What is owed on a file (期限和复议、诉讼).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// Its clocks, in the order in which they were started.
    pub clocks: Vec<Term>,
    /// Reconsiderations and suits against its decisions.
    pub reviews: Vec<super::deadline::Review>,
}

/// The state of a file right after an event, as far as a reader of the feed keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Status.
    pub status: Status,
    /// Owning unit, where the event has changed it.
    pub unit: Option<UnitId>,
    /// Ground of a refusal, or the one found after acceptance.
    pub ground: Option<RefusalGround>,
    /// How it ended.
    pub disposition: Option<Disposition>,
    /// Why mediation ended without an agreement.
    pub termination: Option<TerminationGround>,
    /// Amount recovered, in fen.
    pub recovered_fen: Option<i64>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When the complaint was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
    /// The platform accepted or filed it before anybody here did.
    pub accepted_upstream: bool,
    /// Whether a person has found that there is a danger; none: nobody has looked.
    pub danger: Option<bool>,
}

/// What was done on a file (办理记录).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// Its place in the history.
    pub sequence: Sequence,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// The same for people, with the decision, the ground or the subject, and the article.
    pub title: String,
    /// The day on which it was done, where it says one.
    pub done_on: Option<Day>,
    /// Who did it.
    pub officer: Option<OfficerId>,
    /// The unit that did it.
    pub unit: Option<UnitId>,
    /// What was written for it.
    pub text: Option<String>,
    /// What spoke against it when it was decided all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// A file with what was done on it (查看件).
#[derive(Debug, Clone, Serialize)]
pub struct FileHistory {
    /// The file as it stands.
    pub file: FileView,
    /// What was done on it, oldest first.
    pub acts: Vec<Act>,
    /// Texts of the notices that are owed now (告知文书草稿), for an officer to check and send.
    pub drafts: Vec<Draft>,
}

/// The text of a notice, prepared from the file (告知文书草稿).
#[derive(Debug, Clone, Serialize)]
pub struct Draft {
    /// Of what.
    pub subject: NoticeSubject,
    /// To whom.
    pub to: Party,
    /// The text, three paragraphs with an empty line between them: the title, what is said to whom, and who says it when.
    pub text: String,
}

/// What to search for. Exact but for the shop, which is by prefix; never by suspicion (promise 16).
#[derive(Debug, Clone)]
pub enum SearchBy {
    /// Registration number.
    Number(RegistrationNumber),
    /// A telephone number, by keyed hash.
    Phone(super::person::Phone),
    /// A document number, by keyed hash.
    ResidentId(super::person::ResidentId),
    /// First characters of the respondent's name.
    ShopPrefix(super::text::Line),
}
