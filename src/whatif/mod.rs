//! What would have been (假设推演): a recorded period played again under another bureau file, policy or baseline.
//!
//! Pure. Every file goes the way it would go live: [`crate::routing::route`] with the loads, officers on duty, related files and learned
//! effort of that moment, then [`crate::routing::fair_queue`] in the queue of its unit and track.
//!
//! # What is modelled
//!
//! - **Time** is working time in steps of [`STEP_MINUTES`]; what comes after hours is routed when the office opens.
//! - **Pulls**: a unit gets [`Pace::centiunits`] of work done for each officer on duty and working day, evenly over the
//!   day. It takes the next file as soon as it has that much time in hand; idle officers have one ordinary file's each. A report
//!   is taken before a complaint and sees the time that reports leave: so no band can move a report (promise 4).
//! - **Open work**: a file counts as its unit's load from its routing until it ends: as long after its pull as it was held in
//!   the record; where an export alone told its end, as long after its receipt; else [`Pace::held_days`] after its pull. Never
//!   less than one officer's time for it.
//! - **Escalation** to reception after the bureau's own working minutes, once (promise 7). Reception then works on it.
//! - **Overdue**: taken after the first term of its track - accept a complaint, verify a report - had run out, or never.
//!
//! # What is not
//!
//! Decisions of people: skips, returns, reassignments, prolonged terms, reopened files; an officer's own recusal (a unit's is); work
//! other than 12315's, but for the pace; a change of the bureau file within the period. What reception sends on is not known,
//! so it is reception's work.

mod figures;
mod play;
mod strategy;
#[cfg(test)]
mod tests;
mod unit;

pub use figures::{Figures, Month, UnitMonth, Waits, figures};
pub use play::{competent, play};
pub use strategy::Strategy;

use crate::domain::decision::Routing;
use crate::domain::ids::{FileId, Sequence, UnitId};
use crate::domain::submission::Submission;
use crate::domain::time::{Day, Timestamp};
use crate::routing::Incoming;

/// Working minutes between two looks at queues.
pub const STEP_MINUTES: i64 = 5;

/// A submission of the period.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Its sequence.
    pub sequence: Sequence,
    /// Its facts; routing reads no text, so the caller leaves texts out.
    pub submission: Submission,
    /// Its files, the report first.
    pub files: Vec<RecordedFile>,
}

/// A file of a submission, with what the record says of it.
#[derive(Debug, Clone)]
pub struct RecordedFile {
    /// Track and band.
    pub incoming: Incoming,
    /// With whom it takes turns (关联投诉人（组）).
    pub cluster: i64,
    /// The operator, as a key hash.
    pub respondent: Option<i64>,
    /// One of many persons against one operator (群体事件).
    pub mass_incident: bool,
    /// The first complaint of its cluster in the record (首次投诉人).
    pub first_time: bool,
    /// Working minutes from signing to end, when both are recorded: what the bureau learns from.
    pub held_minutes: Option<i64>,
    /// Working minutes from receipt to end, when an export reported the end.
    pub open_minutes: Option<i64>,
}

/// How fast work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Work done by an officer in a working day, in centiunits.
    pub centiunits: i64,
    /// Working days from pull to end of a file that the record does not tell.
    pub held_days: i64,
}

impl Default for Pace {
    /// One ordinary file an officer and working day, ten working days from pull to end.
    fn default() -> Self {
        Self { centiunits: 100, held_days: 10 }
    }
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The file.
    pub file: FileId,
    /// A first-time complainant's.
    pub first_time: bool,
    /// When it was received.
    pub received_at: Timestamp,
    /// Where it was sent, and why there.
    pub routing: Routing,
    /// Units that were competent and not recused; the unit alone where there was no choice.
    pub competent: Vec<UnitId>,
    /// Who took it; none when nobody had by the end.
    pub taken_by: Option<UnitId>,
    /// Working minutes from receipt to pull.
    pub waited: Option<i64>,
    /// Taken after its first term had run out, or not at all.
    pub overdue: bool,
    /// How often it changed hands (移送次数): to reception at once, or by escalation.
    pub moves: u32,
}

/// A period as it was played.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// Every file, in order of arrival.
    pub files: Vec<Placed>,
    /// Officers on duty of every unit on every working day of the period, in hundredths.
    pub on_duty: Vec<(UnitId, Vec<(Day, i64)>)>,
    /// Files taken out of queues, all in all.
    pub taken: usize,
}
