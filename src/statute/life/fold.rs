//! The life of a file by its events: its state, the acts by which it stands so, and what reviews challenge of them.

use std::collections::HashMap;

use super::{By, Circumstances, FileChange, NotPossible, State, apply};
use crate::domain::act::FileAct;
use crate::domain::command::{Command, Handling, Verb};
use crate::domain::deadline::{Against, ReviewEnd};
use crate::domain::handling::{Disposition, ReviewOutcome, Status};
use crate::domain::ids::{Sequence, Track};
use crate::domain::time::{Day, Timestamp};

/// What the events of a file tell of it.
#[derive(Debug, Clone)]
pub struct Life {
    track: Track,
    /// Its status.
    pub state: State,
    /// The decision by which it stands so was made void by a reconsideration or a suit, and nothing was decided since:
    /// whether on the merits.
    pub overturned: Option<bool>,
    /// The act by which it was accepted or filed, while that stands.
    opened: Option<Done>,
    /// The act by which it has ended.
    ended: Option<Done>,
    /// What was challenged by reviews that have not ended.
    challenged: HashMap<Sequence, Challenged>,
}

/// An act, and the day on which it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Done {
    by: Sequence,
    on: Day,
}

/// What a review challenges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenged {
    /// The status that the act had led to; an undecided one where it is challenged that nothing was decided.
    pub status: Status,
    /// The act.
    act: Option<Sequence>,
}

/// What falls by the end of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Falls {
    /// The act by which the file stands as it does.
    pub falls: bool,
    /// The file was accepted or filed, and that stands.
    pub opened: bool,
}

impl Falls {
    const NOTHING: Self = Self { falls: false, opened: false };
}

impl Life {
    /// Of a file that has just come in.
    pub fn new(track: Track, received_at: Timestamp) -> Self {
        Self {
            track,
            state: State::new(received_at),
            overturned: None,
            opened: None,
            ended: None,
            challenged: HashMap::new(),
        }
    }

    /// One more event of the file or of its submission. One that was not possible is a mistake in the log.
    pub fn add(&mut self, by: By, command: &Command) -> Result<(), NotPossible> {
        let mut opened = false;
        let deed = match command {
            Command::Handle(Handling { verb, .. }) => {
                opened = self.was_opened() && is_self_correction(verb);
                FileChange::Verb(verb)
            }
            // Of the whole submission, and of its complaint alone.
            Command::Withdraw { .. } if self.track == Track::Report => return Ok(()),
            Command::Withdraw { .. } => FileChange::Withdraw,
            Command::Reassign { .. } => FileChange::Reassign,
            Command::Outcome { outcome, .. } => FileChange::Outcome(outcome),
            Command::OpenReview { received, against, .. } => {
                let challenged = self.against(*against, *received).ok_or(NotPossible::WrongState)?;
                self.challenged.insert(by.sequence, challenged);
                return Ok(());
            }
            Command::EndReview { review, end, .. } => {
                let found = self.falls(*review, end).ok_or(NotPossible::WrongState)?;
                let challenged = self.challenged.remove(review).ok_or(NotPossible::WrongState)?.status;
                opened = found.opened;
                FileChange::EndReview { challenged, end: *end, falls: found.falls }
            }
            _ => return Ok(()),
        };
        let (before, act) = (self.state, deed.act());
        self.state = apply(self.track, &before, Circumstances::of_what_was_done(act, opened), deed, by)?;
        self.follow(&before, deed, by);
        self.overturned = match deed {
            FileChange::EndReview { challenged, end, .. } if end.outcome.overturns() => {
                (challenged == self.state.status).then_some(end.on_merits != Some(false))
            }
            FileChange::Verb(Verb::Decide { .. }) => None,
            _ => {
                let decided = |state: &State| (state.status, state.ground, state.disposition, state.ended_at);
                self.overturned.filter(|_| decided(&self.state) == decided(&before))
            }
        };
        Ok(())
    }

    /// Which acts it stands by after a change of its state.
    fn follow(&mut self, before: &State, deed: FileChange<'_>, by: By) {
        let done = |on: Day| Some(Done { by: by.sequence, on });
        match self.state.status {
            Status::Waiting | Status::SignedFor => (self.opened, self.ended) = (None, None),
            Status::Accepted | Status::Filed => {
                let on = deed.decided_on(&self.state, by);
                if !before.status.has_ended() && before.status != self.state.status {
                    self.opened = done(on);
                }
                (self.opened, self.ended) = (self.opened.or(done(on)), None);
            }
            Status::Refused | Status::NotFiled | Status::Closed => {
                // An export that tells no day: nothing is decided before it came in.
                let on = self.state.ended_at.unwrap_or(self.state.received_at).day();
                self.ended = self.ended.or(done(on));
            }
        }
    }

    /// Whether a file that has ended was accepted or filed before.
    pub fn was_opened(&self) -> bool {
        let by_itself = self.state.disposition.is_some_and(Disposition::follows_opening);
        self.state.status == Status::Closed && (self.opened.is_some() || by_itself)
    }

    /// What a review challenges of which the bureau was notified on a day; none where no such act stands.
    pub fn against(&self, against: Option<Against>, received: Day) -> Option<Challenged> {
        let status = self.state.status;
        let by = |act: Option<Done>| act.map(|act| act.by);
        let opened = super::opened(self.track);
        match against {
            None => Some(Challenged { status, act: by(self.ended.or(self.opened)) }),
            Some(Against::Latest) => {
                let decided = |act: Option<Done>| act.is_some_and(|act| act.on <= received);
                let nothing = if status == Status::Waiting { status } else { Status::SignedFor };
                Some(match (decided(self.ended), decided(self.opened)) {
                    (true, _) => Challenged { status, act: by(self.ended) },
                    (false, true) => Challenged { status: opened, act: by(self.opened) },
                    (false, false) => Challenged { status: nothing, act: None },
                })
            }
            Some(Against::Act(named)) => match named {
                Status::Waiting | Status::SignedFor => Some(Challenged { status: named, act: None }),
                Status::Accepted | Status::Filed => {
                    let act = by(self.opened).filter(|_| named == opened)?;
                    Some(Challenged { status: named, act: Some(act) })
                }
                Status::Refused | Status::NotFiled | Status::Closed => {
                    let act = by(self.ended).filter(|_| named == status)?;
                    Some(Challenged { status: named, act: Some(act) })
                }
            },
        }
    }

    /// What falls when an open review ends so; none where no such review is open.
    pub fn falls(&self, review: Sequence, end: &ReviewEnd) -> Option<Falls> {
        let challenged = self.challenged.get(&review)?;
        let has_ended = self.state.status.has_ended();
        if !end.undoes_act {
            return Some(Falls { falls: has_ended && end.reopens(challenged.status), opened: false });
        }
        let by = |act: Option<Done>| act.map(|act| act.by);
        // Who is told to decide again without any act that was challenged decides again what was decided last.
        let latest = || by(self.ended.or(self.opened)).filter(|_| end.outcome == ReviewOutcome::RedoOrdered);
        let Some(act) = challenged.act.or_else(latest) else { return Some(Falls::NOTHING) };
        let the_end = by(self.ended) == Some(act);
        if !the_end && by(self.opened) != Some(act) {
            // It stands by an act that came later.
            return Some(Falls::NOTHING);
        }
        let opened = the_end && self.was_opened();
        let falls = match end.outcome {
            ReviewOutcome::RedoOrdered => true,
            // What was never decided is to be decided; what was handled to its end stands, and what is ordered is owed beside it.
            ReviewOutcome::ActOrdered => the_end && !opened && !end.decided_itself,
            outcome => outcome.annuls() && !end.decided_itself,
        };
        Some(Falls { falls, opened })
    }
}

impl FileChange<'_> {
    /// The day on which a file is accepted or filed by it. An export does not tell the day: nothing is decided before it came in.
    fn decided_on(self, state: &State, by: By) -> Day {
        match self {
            FileChange::Verb(verb @ Verb::Decide { .. }) => verb.done_on().unwrap_or(by.at.day()),
            _ => state.received_at.day(),
        }
    }
}

/// Whether a verb takes an act of the bureau's own back.
pub(crate) fn is_self_correction(verb: &Verb) -> bool {
    matches!(verb, Verb::Record { act: FileAct::SelfCorrected { .. }, .. })
}

/// What the events of a file, in their order, make of it.
pub fn fold<'a>(
    track: Track,
    received_at: Timestamp,
    events: impl IntoIterator<Item = (By, &'a Command)>,
) -> Result<Life, NotPossible> {
    let mut life = Life::new(track, received_at);
    events.into_iter().try_for_each(|(by, command)| life.add(by, command))?;
    Ok(life)
}
