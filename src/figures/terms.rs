//! Terms in figures (按时率): what was kept, what is late, and what nobody can tell, for an export names an end without its day.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{CountedFile, Fate};
use crate::domain::deadline::{Duty, Law, Start};
use crate::domain::ids::Track;
use crate::domain::time::Day;
use crate::domain::view::Term;
use crate::statute::RuleSet;

/// Terms of one duty, of files that have ended or of those that have not (按时率).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TermsKept {
    /// What was owed.
    pub duty: Duty,
    /// Under which order, for a duty whose term the two orders measure otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub law: Option<Law>,
    /// Of files that have ended.
    pub ended: bool,
    /// Kept by the last day.
    pub in_time: i64,
    /// Kept after it, or not kept and it is over.
    pub late: i64,
    /// Not kept, and not over.
    pub running: i64,
    /// Files of which an export tells that the duty was done or is over, and not on which day: in time or late, nobody can tell.
    pub undated: i64,
    /// Of those in time, late or running, the terms that an export's taking up began: it does not tell the day, and the day of
    /// receipt stands for it.
    pub from_receipt: i64,
}

impl TermsKept {
    fn of((duty, law, ended): (Duty, Option<Law>, bool)) -> Self {
        Self { duty, law, ended, in_time: 0, late: 0, running: 0, undated: 0, from_receipt: 0 }
    }

    /// What is owed, for people.
    #[must_use]
    pub fn zh(&self) -> String {
        match self.law {
            Some(law) => format!("{}（{}）", self.duty.zh(), law.zh()),
            None => self.duty.zh().to_owned(),
        }
    }
}

/// Terms by duty; those that stand still are neither kept nor late, and those that were dropped are not owed.
pub(super) fn terms(files: &[CountedFile], as_of: Day) -> Vec<TermsKept> {
    let mut found: BTreeMap<(Duty, Option<Law>, bool), TermsKept> = BTreeMap::new();
    for file in files {
        let ended = file.status.has_ended();
        let mut row = |duty: Duty, law: Law, count: &dyn Fn(&mut TermsKept)| {
            let key = (duty, (duty == Duty::Mediate).then_some(law), ended);
            count(found.entry(key).or_insert_with(|| TermsKept::of(key)));
        };
        for term in file.clocks.iter().filter(|term| counts(term)) {
            let (kept, stand_in) = (term.was_kept(as_of), i64::from(file.begins_by_receipt(term)));
            row(term.clock.duty, term.clock.law, &|found| {
                match kept {
                    Some(true) => found.in_time += 1,
                    Some(false) => found.late += 1,
                    None => found.running += 1,
                }
                found.from_receipt += stand_in;
            });
        }
        for duty in file.undated() {
            row(duty, file.law, &|found| found.undated += 1);
        }
    }
    found.into_values().collect()
}

/// It has a last day, is owed, and does not stand still.
fn counts(term: &Term) -> bool {
    !term.clock.dropped && term.ends_on.is_some() && term.paused_since.is_none()
}

impl CountedFile {
    /// Duties of which an export tells that they are done or over, without the day.
    fn undated(&self) -> Vec<Duty> {
        if !self.ended_upstream && !self.accepted_upstream {
            return Vec::new();
        }
        let mut duties = match self.id.track {
            Track::Complaint => vec![Duty::Accept, Duty::TellComplainant],
            Track::Report => vec![Duty::Verify],
        };
        if self.ended_upstream {
            match self.id.track {
                Track::Complaint if matches!(self.fate(), Fate::Accepted | Fate::Closed) => {
                    duties.push(Duty::Mediate);
                }
                Track::Report if self.tells_reporter() => duties.push(Duty::TellReporter),
                _ => {}
            }
        }
        let known = |duty: Duty| {
            let of = |term: &Term| term.clock.duty == duty || Some(term.clock.duty) == duty.prolonged();
            self.clocks.iter().any(|term| of(term) && (counts(term) || term.clock.runs()))
        };
        duties.retain(|duty| !known(*duty));
        duties
    }

    /// A reporter is to be notified within a number of days.
    fn tells_reporter(&self) -> bool {
        RuleSet::of(self.law).terms.iter().any(|term| {
            term.duty == Duty::TellReporter
                && term.days.is_some()
                && term.applies(&self.category)
                && (self.named || !term.real_name)
        })
    }

    /// It was taken up by an export that does not tell on which day, from which the term runs.
    fn begins_by_receipt(&self, term: &Term) -> bool {
        let clock = &term.clock;
        let cited = RuleSet::of(clock.law).cited(clock.duty, &clock.article);
        self.accepted_upstream
            && clock.started_on == self.received
            && cited.is_some_and(|cited| matches!(cited.start, Start::Acceptance | Start::FilingDecision))
    }
}
