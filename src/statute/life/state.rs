//! The state that follows from what was done with a file (办理情况): one function for the verbs of units, for what exports report, for what a
//! sender adds, for reviews, and for whoever reads the events of a file again.

use serde::Serialize;

use super::{Act, NotPossible, Standing, next, opened};
use crate::domain::act::FileAct;
use crate::domain::command::{Ruling, Verb};
use crate::domain::deadline::ReviewEnd;
use crate::domain::handling::{Disposition, Finding, RefusalGround, Status, TerminationGround};
use crate::domain::ids::{Sequence, Track};
use crate::domain::outcome::{Ended, Ending, FileOutcome, ImportedLabel};
use crate::domain::text::AmountFen;
use crate::domain::time::{Moment, Timestamp};

/// The state of a file by what was done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct State {
    /// When the bureau received it: nothing ends before.
    pub received_at: Timestamp,
    /// Status.
    pub status: Status,
    /// When the complaint was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
    /// The platform accepted or filed it before anybody here did.
    pub accepted_upstream: bool,
    /// The latest finding.
    pub finding: Option<Finding>,
    /// What an officer marked in an export.
    pub imported_label: Option<ImportedLabel>,
    /// The ground of a refusal, or the one that was found after acceptance.
    pub ground: Option<RefusalGround>,
    /// How it ended.
    pub disposition: Option<Disposition>,
    /// Why mediation ended without an agreement.
    pub termination: Option<TerminationGround>,
    /// Amount recovered, in fen.
    pub recovered_fen: Option<i64>,
    /// What an export says that the operator was fined, in fen.
    pub fined_fen: Option<i64>,
    /// What an export says that was confiscated, in fen.
    pub confiscated_fen: Option<i64>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The event by which an export reported its end; none when it ended here, or not yet.
    pub outcome: Option<Sequence>,
    /// As of when an export last reported something new of it.
    pub as_of: Option<Timestamp>,
    /// When it was last to be decided again: an end before that says nothing any more.
    pub reopened_at: Option<Timestamp>,
    /// Whether a person has found that there is a danger; none: nobody has looked.
    pub danger: Option<bool>,
}

/// What else decides whether something is possible, and is not made by the events of the file alone.
#[expect(clippy::struct_excessive_bools, reason = "facts, each true or not whatever the others are")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// A lease on it runs; for 续领, 跳过, 签收: the one the caller names.
    pub leased: bool,
    /// It is with the reception unit.
    pub at_reception: bool,
    /// Its term was prolonged.
    pub prolonged: bool,
    /// A term to decide the case that was filed runs here.
    pub case_timed: bool,
    /// It was accepted or filed before it ended; for what undoes an act: and the end alone is undone.
    pub opened: bool,
}

impl Circumstances {
    /// Those under which something must have been done that was done.
    pub(super) fn of_what_was_done(act: Act, opened: bool) -> Self {
        Self {
            leased: matches!(act, Act::Extend | Act::Skip | Act::SignFor),
            at_reception: act == Act::Reassign,
            prolonged: false,
            case_timed: act == Act::Prolong,
            opened,
        }
    }
}

/// Something done with a file that can change its state.
#[derive(Debug, Clone, Copy)]
pub enum FileChange<'a> {
    /// A verb of its unit.
    Verb(&'a Verb),
    /// 撤回
    Withdraw,
    /// 改派
    Reassign,
    /// An export reports what became of it.
    Outcome(&'a FileOutcome),
    /// A reconsideration or suit ends.
    EndReview {
        /// The decision that was challenged: the status of the file then.
        challenged: Status,
        /// How it ended.
        end: ReviewEnd,
        /// The act by which the file stands as it does falls by it.
        falls: bool,
    },
}

impl FileChange<'_> {
    /// When a file ends by it: at the time of the event, or at the end of the day on which it was done before.
    fn ended_at(self, state: &State, by: By) -> Timestamp {
        let FileChange::Verb(verb) = self else { return by.at };
        match verb.done_on() {
            Some(on) if on < by.at.day() => on.plus(1).start().plus_seconds(-1).max(state.received_at),
            _ => by.at,
        }
    }

    pub(super) fn act(self) -> Act {
        match self {
            FileChange::Verb(verb) => Act::from(verb),
            FileChange::Withdraw => Act::Withdraw,
            FileChange::Reassign => Act::Reassign,
            FileChange::Outcome(_) => Act::Outcome,
            FileChange::EndReview { falls: true, .. } => Act::Redo,
            FileChange::EndReview { .. } => Act::EndReview,
        }
    }
}

/// The event by which something is done: its place in the history, and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By {
    /// Its place.
    pub sequence: Sequence,
    /// Its time.
    pub at: Timestamp,
}

/// The state of a file after something was done with it, or why that is not possible.
pub fn apply(
    track: Track,
    state: &State,
    circumstances: Circumstances,
    deed: FileChange<'_>,
    by: By,
) -> Result<State, NotPossible> {
    let status = next(track, state.standing(circumstances), deed.act())?;
    let mut after = State { status, ..*state };
    match deed {
        FileChange::Verb(Verb::Decide { ruling, finding, .. }) => {
            after.finding = finding.as_ref().map(|(finding, _)| *finding).or(state.finding);
            if let Ruling::Refuse { ground, .. } = ruling {
                after.ground = Some(*ground);
            }
            after.disposition = ruling.disposition().or(state.disposition);
        }
        FileChange::Verb(Verb::Close { disposition, termination, ground, recovered, .. }) => {
            after.disposition = Some(*disposition);
            after.termination = *termination;
            after.ground = ground.or(state.ground);
            after.recovered_fen = recovered.map(AmountFen::fen);
        }
        FileChange::Verb(Verb::Record { act: FileAct::HandedOver { .. }, .. }) => {
            after.disposition = Some(Disposition::HandedOver);
        }
        FileChange::Verb(Verb::Record { act: FileAct::DangerJudged { stands, .. }, .. }) => {
            after.danger = Some(*stands);
        }
        FileChange::Verb(Verb::Record { act: FileAct::SelfCorrected { .. }, .. }) => {
            after.reopened(state, by.at);
            if state.status == Status::Closed {
                after.without_proceeds();
            }
        }
        FileChange::Verb(_) | FileChange::Reassign => {}
        FileChange::Withdraw => after.withdrawn_at = state.withdrawn_at.or(Some(by.at)),
        FileChange::Outcome(outcome) => return Ok(state.with_outcome(track, outcome, by.sequence)),
        FileChange::EndReview { challenged, end, falls } => {
            after.labelled(track, state, (challenged, end));
            if falls {
                after.fallen(state, end, by.at);
            }
        }
    }
    if after.status.has_ended() && !state.status.has_ended() {
        after.ended_at = Some(deed.ended_at(state, by));
    }
    Ok(after)
}

impl State {
    /// Of a file that has just come in.
    pub const fn new(received_at: Timestamp) -> Self {
        Self {
            received_at,
            status: Status::Waiting,
            withdrawn_at: None,
            accepted_upstream: false,
            finding: None,
            imported_label: None,
            ground: None,
            disposition: None,
            termination: None,
            recovered_fen: None,
            fined_fen: None,
            confiscated_fen: None,
            ended_at: None,
            outcome: None,
            as_of: None,
            reopened_at: None,
            danger: None,
        }
    }

    /// As far as it decides what is possible.
    pub fn standing(&self, circumstances: Circumstances) -> Standing {
        let Circumstances { leased, at_reception, prolonged, case_timed, opened } = circumstances;
        let (status, withdrawn, accepted_upstream) =
            (self.status, self.withdrawn_at.is_some(), self.accepted_upstream);
        Standing { status, leased, withdrawn, at_reception, prolonged, case_timed, accepted_upstream, opened }
    }

    /// With what an export reports of it in the event `by`. What is absent changes nothing; an end that an officer here has
    /// made stands, for it carries a name and a reason, and so does an acceptance or a filing.
    #[must_use]
    pub fn with_outcome(&self, track: Track, outcome: &FileOutcome, by: Sequence) -> Self {
        let mut after = Self { imported_label: outcome.imported_label.or(self.imported_label), ..*self };
        match &outcome.ending {
            // What waits remembers it until somebody here signs for it.
            None if outcome.accepted_upstream
                && matches!(self.status, Status::Waiting | Status::SignedFor) =>
            {
                after.accepted_upstream = true;
                if self.status == Status::SignedFor {
                    after.status = opened(track);
                }
            }
            None => {}
            Some(ending) if self.status == Status::Closed && self.outcome.is_none() => {
                after.recovered_fen = self.recovered_fen.or(ending.recovered.map(AmountFen::fen));
                after.punished(self, ending);
            }
            Some(_) if self.status.has_ended() && self.outcome.is_none() => {}
            // It is the end that a review or the bureau itself has taken back.
            Some(ending) if self.is_void(ending.at) => {}
            Some(ending) => after.ended_elsewhere(self, ending),
        }
        if after != *self {
            after.as_of = Some(outcome.as_of);
            let ends = after.status.has_ended() && !self.status.has_ended();
            after.outcome = self.outcome.or(ends.then_some(by));
        }
        after
    }

    fn ended_elsewhere(&mut self, before: &Self, ending: &Ending) {
        self.status = ending.ended.status();
        // Told together or one after the other, in whatever order: the end is what counts.
        self.accepted_upstream = false;
        // Another kind of end leaves nothing of the old one's.
        (self.ground, self.disposition) = match ending.ended {
            Ended::Refused(ground) => (ground.or(before.ground), None),
            Ended::NotFiled => (None, None),
            Ended::Closed(disposition) => (None, disposition.or(before.disposition)),
        };
        self.recovered_fen = ending.recovered.map(AmountFen::fen).or(before.recovered_fen);
        self.punished(before, ending);
        self.termination = None;
        self.ended_at = before.end_of(ending.at);
    }

    /// What an export says of fines; what it leaves out stays as it was.
    fn punished(&mut self, before: &Self, ending: &Ending) {
        self.fined_fen = ending.fined.map(AmountFen::fen).or(before.fined_fen);
        self.confiscated_fen = ending.confiscated.map(AmountFen::fen).or(before.confiscated_fen);
    }

    /// Whether an end of this time lies before the file was to be decided again. An export that tells no time tells the old end.
    fn is_void(&self, ended: Option<Moment>) -> bool {
        self.reopened_at.is_some_and(|again| ended.is_none_or(|ended| ended.at.day() <= again.day()))
    }

    /// When it ended, as far as that is known. A day alone equals any time of it, and nothing ends before it came in.
    fn end_of(&self, ended: Option<Moment>) -> Option<Timestamp> {
        let Some(ended) = ended else { return self.ended_at };
        let known = self.ended_at.map(|at| Moment { at, date_only: false });
        match known {
            Some(known) if ended.date_only && known.agrees_with(&ended) => Some(known.at),
            _ => Some(ended.at.max(self.received_at)),
        }
    }

    /// After a review has ended so. A refusal under Art. 16(3) that is overturned on the merits is the surest label there is:
    /// an authority has looked at it again. One that is overturned for want of form, or under another ground, says nothing of
    /// the complaint. (Releases that did not ask took every refusal that was overturned.)
    fn labelled(&mut self, track: Track, before: &Self, (challenged, end): (Status, ReviewEnd)) {
        let cleared = match end.on_merits {
            Some(on_merits) => on_merits && before.ground == Some(RefusalGround::NotForConsumption),
            None => true,
        };
        if cleared && end.outcome.overturns() && challenged == Status::Refused && track == Track::Complaint {
            self.finding = Some(Finding::NotSuspected);
        }
    }

    /// The act by which it stood so has fallen.
    fn fallen(&mut self, before: &Self, end: ReviewEnd, at: Timestamp) {
        if end.undoes_act {
            self.reopened(before, at);
            self.without_proceeds();
        } else if before.status.has_ended() && !self.status.has_ended() {
            self.reopened(before, at);
            if end.on_merits.is_none() {
                // Of a release that did not keep it.
                self.reopened_at = before.reopened_at;
            }
        }
    }

    /// It goes on again: nothing is left of its end; nor of what the platform had decided, unless that stands.
    fn reopened(&mut self, before: &Self, at: Timestamp) {
        self.reopened_at = Some(at);
        (self.ended_at, self.disposition, self.ground, self.outcome) = (None, None, None, None);
        let stands = matches!(self.status, Status::Accepted | Status::Filed);
        (self.termination, self.accepted_upstream) = (None, stands && before.accepted_upstream);
    }

    /// What was recovered, fined and confiscated by an act that is undone counts no more.
    fn without_proceeds(&mut self) {
        (self.recovered_fen, self.fined_fen, self.confiscated_fen) = (None, None, None);
    }
}
