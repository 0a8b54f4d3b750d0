//! Commands, as events keep them.

use serde::{Deserialize, Serialize};

use super::account::AccountChangeV1;
use super::facts::{FileOutcomeV1, SubmissionV1};
use super::words::Word;
use super::{FileRefV1, form, form_enum};
use crate::domain::act::{
    Delegation, DisputeEnd, FileAct, MediationMeans, MediationPaper, Notice, NoticeMeans, NoticeSubject,
    Party, Verification, VerificationAnswer, VerificationSubject,
};
use crate::domain::caller::{NewCaller, Role};
use crate::domain::command::{Command, Handling, Ruling, Verb};
use crate::domain::danger::DangerKind;
use crate::domain::deadline::{Against, ReviewEnd};
use crate::domain::disclosure::{Disclosure, Right};
use crate::domain::evidence::IdentityKey;
use crate::domain::handling::{
    Disposition, Finding, NotFiledBasis, OtherMatter, RefusalGround, ReviewKind, ReviewOutcome, Status,
    StepKind, TerminationGround,
};
use crate::domain::ids::{
    CallerId, HashKeyId, ModelId, OfficerId, RegistrationNumber, Sequence, Track, UnitId,
};
use crate::domain::purge::{Purge, Tombstone};
use crate::domain::text::{AmountFen, Line, Story, Why};
use crate::domain::time::{Day, Timestamp};
use crate::stored::{Form, Recorded};

#[derive(Serialize, Deserialize)]
pub(crate) struct RecordedV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<UnitId>,
    command: CommandV1,
    /// What is left of a command that was purged: of a later version of the facts, the tracks that it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    purged: Option<Vec<Word<Track>>>,
}
impl Form<Recorded> for RecordedV1 {
    fn of(Recorded { unit, command, purged }: &Recorded) -> Self {
        let purged = purged.as_ref().map(|Tombstone { changed }| Form::of(changed));
        Self { unit: Form::of(unit), command: Form::of(command), purged }
    }
    fn back(self) -> Recorded {
        let mut command: Command = self.command.back();
        let purged = self.purged.map(|changed| Tombstone { changed: changed.back() });
        if purged.is_some() {
            command.as_tombstone();
        }
        Recorded { unit: self.unit.back(), command, purged }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CommandV1 {
    Submit(Box<SubmissionV1>),
    Import {
        submission: Box<SubmissionV1>,
        outcome: FileOutcomeV1,
    },
    Outcome {
        file: FileRefV1,
        outcome: FileOutcomeV1,
    },
    Amend {
        submission: Box<SubmissionV1>,
        reason: Why,
    },
    Withdraw {
        number: RegistrationNumber,
        reason: Option<Why>,
    },
    Urge {
        number: RegistrationNumber,
        note: Option<Why>,
    },
    Pull {
        unit: UnitId,
        officer: OfficerId,
        track: Word<Track>,
        most: u32,
    },
    Handle(HandlingV1),
    Reassign {
        file: FileRefV1,
        unit: UnitId,
        reason: Why,
    },
    Escalate {
        file: FileRefV1,
    },
    OpenReview {
        file: FileRefV1,
        kind: Word<ReviewKind>,
        authority: Line,
        received: Day,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        against: Option<AgainstV1>,
    },
    EndReview {
        file: FileRefV1,
        review: Sequence,
        #[serde(flatten)]
        end: ReviewEndV1,
        note: Option<Why>,
    },
    CutLink {
        number: RegistrationNumber,
        other: RegistrationNumber,
        key: Word<IdentityKey>,
        reason: Why,
    },
    Rescore {
        number: RegistrationNumber,
    },
    LoadBureau {
        content: String,
    },
    UseModel {
        model: ModelId,
    },
    AcceptClock {
        at: Timestamp,
    },
    MakeCaller(Box<NewCallerV1>),
    RevokeCaller {
        caller: CallerId,
    },
    StoreModel {
        model: ModelId,
        artefact: String,
    },
    RotateToken {
        caller: CallerId,
        token_hash: Vec<u8>,
        until: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    Account(AccountChangeV1),
    Purge(PurgeV1),
    Disclose(DisclosureV1),
    Rekey {
        key: HashKeyId,
    },
}
form_enum!(CommandV1 = Command {
    Submit = Submit(submission),
    Import = Import { submission: submission, outcome: outcome },
    Outcome = Outcome { file: file, outcome: outcome },
    Amend = Amend { submission: submission, reason: reason },
    Withdraw = Withdraw { number: number, reason: reason },
    Urge = Urge { number: number, note: note },
    Pull = Pull { unit: unit, officer: officer, track: track, most: most },
    Handle = Handle(handling),
    Reassign = Reassign { file: file, unit: unit, reason: reason },
    Escalate = Escalate { file: file },
    OpenReview = OpenReview {
        file: file,
        kind: kind,
        authority: authority,
        received: received,
        against: against,
    },
    EndReview = EndReview { file: file, review: review, end: end, note: note },
    CutLink = CutLink { number: number, other: other, key: key, reason: reason },
    Rescore = Rescore { number: number },
    LoadBureau = LoadBureau { content: content },
    UseModel = UseModel { model: model },
    AcceptClock = AcceptClock { at: at },
    MakeCaller = MakeCaller(caller),
    RevokeCaller = RevokeCaller { caller: caller },
    StoreModel = StoreModel { model: model, artefact: artefact },
    RotateToken = RotateToken { caller: caller, token_hash: token_hash, until: until, expires_at: expires_at },
    Account = Account(change),
    Purge = Purge(purge),
    Disclose = Disclose(disclosure),
    Rekey = Rekey { key: key },
});

#[derive(Serialize, Deserialize)]
pub(crate) struct PurgeV1 {
    number: RegistrationNumber,
    years: u8,
    basis: Line,
}
form!(PurgeV1 = Purge { number: number, years: years, basis: basis });

#[derive(Serialize, Deserialize)]
pub(crate) struct DisclosureV1 {
    request: Line,
    right: Word<Right>,
}
form!(DisclosureV1 = Disclosure { request: request, right: right });

#[derive(Serialize, Deserialize)]
pub(crate) struct NewCallerV1 {
    id: CallerId,
    role: Word<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<UnitId>,
    name: Line,
    token_hash: Vec<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}
form!(
    NewCallerV1 = NewCaller {
        id: id,
        role: role,
        unit: unit,
        name: name,
        token_hash: token_hash,
        expires_at: expires_at,
    }
);

#[derive(Serialize, Deserialize)]
pub(crate) struct HandlingV1 {
    file: FileRefV1,
    officer: OfficerId,
    token: Sequence,
    verb: VerbV1,
}
form!(HandlingV1 = Handling { file: file, officer: officer, token: token, verb: verb });

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VerbV1 {
    Extend,
    Skip {
        reason: Why,
    },
    SignFor,
    Decide {
        ruling: RulingV1,
        finding: Option<(Word<Finding>, Why)>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<Day>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approved_by: Option<Line>,
    },
    Step {
        kind: Word<StepKind>,
        at: Timestamp,
        note: Option<Why>,
    },
    Close {
        disposition: Word<Disposition>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        termination: Option<Word<TerminationGround>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ground: Option<Word<RefusalGround>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<Day>,
        recovered: Option<AmountFen>,
        note: Option<Why>,
    },
    Return {
        reason: Why,
    },
    Prolong {
        approved_by: Line,
        reason: Why,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<Day>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Day>,
    },
    Record {
        on: Day,
        act: FileActV1,
    },
}
form_enum!(VerbV1 = Verb {
    Extend = Extend,
    Skip = Skip { reason: reason },
    SignFor = SignFor,
    Decide = Decide { ruling: ruling, finding: finding, on: on, approved_by: approved_by },
    Step = Step { kind: kind, at: at, note: note },
    Close = Close {
        disposition: disposition,
        termination: termination,
        ground: ground,
        on: on,
        recovered: recovered,
        note: note,
    },
    Return = Return { reason: reason },
    Prolong = Prolong { approved_by: approved_by, reason: reason, on: on, until: until },
    Record = Record { on: on, act: act },
});

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RulingV1 {
    Accept,
    Refuse {
        ground: Word<RefusalGround>,
        reason: Why,
    },
    File,
    NotFile {
        reason: Why,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basis: Option<Word<NotFiledBasis>>,
    },
    Repeat {
        of: RegistrationNumber,
        reason: Why,
    },
    Merge {
        into: RegistrationNumber,
        reason: Why,
    },
    NotCompetent {
        competent: Option<Line>,
        reason: Why,
    },
    OtherChannel {
        matter: Word<OtherMatter>,
        reason: Why,
    },
}
form_enum!(RulingV1 = Ruling {
    Accept = Accept,
    Refuse = Refuse { ground: ground, reason: reason },
    File = File,
    NotFile = NotFile { reason: reason, basis: basis },
    Repeat = Repeat { of: of, reason: reason },
    Merge = Merge { into: into, reason: reason },
    NotCompetent = NotCompetent { competent: competent, reason: reason },
    OtherChannel = OtherChannel { matter: matter, reason: reason },
});

/// Releases before 0.3.0 wrote the outcome alone: what they did not ask was taken as decided elsewhere.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReviewEndV1 {
    outcome: Word<ReviewOutcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_merits: Option<bool>,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    decided_itself: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    act_by: Option<Day>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<Day>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    undoes_act: bool,
}
form!(
    ReviewEndV1 = ReviewEnd {
        outcome: outcome,
        on_merits: on_merits,
        decided_itself: decided_itself,
        act_by: act_by,
        on: on,
        undoes_act: undoes_act,
    }
);

/// Releases before 0.3.0 did not ask.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AgainstV1 {
    Latest,
    Act(Word<Status>),
}
form_enum!(AgainstV1 = Against { Latest = Latest, Act = Act(status) });

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_yes(value: &bool) -> bool {
    *value
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileActV1 {
    Notice(NoticeV1),
    DisputeEnded {
        how: Word<DisputeEnd>,
        note: Option<Why>,
    },
    HandedOver {
        to: Line,
        receipt: Option<Line>,
        approved_by: Option<Line>,
        reason: Why,
    },
    HandOverResult {
        note: Why,
    },
    Replied {
        review: Sequence,
        note: Option<Why>,
    },
    Performed {
        review: Sequence,
        note: Why,
    },
    SelfCorrected {
        approved_by: Line,
        reason: Why,
    },
    Recused {
        officer: OfficerId,
        applied_for: bool,
        reason: Why,
    },
    LeadFound {
        number: RegistrationNumber,
        facts: Why,
    },
    Joined {
        lead: RegistrationNumber,
        consent: Line,
        represents: bool,
    },
    Mediated {
        how: Word<MediationMeans>,
        delegated: Option<DelegationV1>,
        paper: Option<(Word<MediationPaper>, Line)>,
        note: Option<Why>,
    },
    Verified(VerificationV1),
    DangerJudged {
        kind: Word<DangerKind>,
        stands: bool,
        reason: Why,
    },
}
form_enum!(FileActV1 = FileAct {
    Notice = Notice(notice),
    DisputeEnded = DisputeEnded { how: how, note: note },
    HandedOver = HandedOver { to: to, receipt: receipt, approved_by: approved_by, reason: reason },
    HandOverResult = HandOverResult { note: note },
    Replied = Replied { review: review, note: note },
    Performed = Performed { review: review, note: note },
    SelfCorrected = SelfCorrected { approved_by: approved_by, reason: reason },
    Recused = Recused { officer: officer, applied_for: applied_for, reason: reason },
    LeadFound = LeadFound { number: number, facts: facts },
    Joined = Joined { lead: lead, consent: consent, represents: represents },
    Mediated = Mediated { how: how, delegated: delegated, paper: paper, note: note },
    Verified = Verified(verification),
    DangerJudged = DangerJudged { kind: kind, stands: stands, reason: reason },
});

#[derive(Serialize, Deserialize)]
pub(crate) struct DelegationV1 {
    to: Line,
    consent: Line,
}
form!(DelegationV1 = Delegation { to: to, consent: consent });

#[derive(Serialize, Deserialize)]
pub(crate) struct NoticeV1 {
    subject: Word<NoticeSubject>,
    to: Word<Party>,
    means: Word<NoticeMeans>,
    proof: Line,
    note: Option<Why>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<Story>,
}
form!(NoticeV1 = Notice { subject: subject, to: to, means: means, proof: proof, note: note, text: text });

#[derive(Serialize, Deserialize)]
pub(crate) struct VerificationV1 {
    subject: Word<VerificationSubject>,
    asked: Line,
    means: Word<NoticeMeans>,
    answer: Word<VerificationAnswer>,
    note: Option<Why>,
}
form!(
    VerificationV1 =
        Verification { subject: subject, asked: asked, means: means, answer: answer, note: note }
);
