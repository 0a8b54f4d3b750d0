//! Deadlines (期限): the last day of a term, in every reading of Art. 45.

use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, nth_after};
use super::rules::{Count, RuleSet, Term};
use crate::domain::deadline::{Class, Duty, LastDay, Law};
use crate::domain::time::{Day, Days};

/// What Art. 45 means by 法定节假日: a term whose last day is one ends on the first day after it.
///
/// A term in working days never ends on one. Order 20 does not say how days are counted and has no term in calendar
/// days, so the readings differ for mediation under Order 121 alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Art45 {
    /// The days of the 全国年节及纪念日放假办法 alone. A date that is never too late, so it is the default.
    #[default]
    Statutory,
    /// All days off of the State Council's notice.
    Block,
    /// Any day that is not worked, plain weekends among them.
    AnyRestDay,
}

impl Art45 {
    /// Every reading; each moves on from all days that the one before it moves on from.
    pub const ALL: [Art45; 3] = [Art45::Statutory, Art45::Block, Art45::AnyRestDay];

    fn moves_on(self, calendar: &Calendar, day: Day) -> bool {
        match self {
            Art45::Statutory => calendar.is_statutory(day),
            Art45::Block => calendar.is_off(day),
            Art45::AnyRestDay => !calendar.is_working_day(day),
        }
    }

    /// The day a term ends on that would run out on `day`, or that by the earliest reading ends on it: each reading moves on
    /// from the days that the earlier ones have left behind.
    pub fn end(self, calendar: &Calendar, day: Day) -> Day {
        if self.moves_on(calendar, day) {
            nth_after(day, 1, |day| !self.moves_on(calendar, day))
        } else {
            day
        }
    }
}

/// The last day on which a duty is done in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// What is owed.
    pub duty: Duty,
    /// The rules it was computed under.
    pub law: Law,
    /// The day the term started from.
    pub started: Day,
    /// The earliest reading: warnings and the order of the pull go by it.
    pub due: LastDay,
    /// The latest reading: shown beside it.
    pub latest: LastDay,
    /// Some day was counted by plain weekends, for its year's notice is not known.
    pub provisional: bool,
    /// The law and the article.
    pub article: String,
}

impl RuleSet {
    /// The deadline of a duty that is owed on every file of its kind; none where these rules set no term for all.
    ///
    /// `excluded` are the days of testing, first and last included; they count where the rules leave them in.
    pub fn deadline(
        &self,
        calendar: &Calendar,
        duty: Duty,
        started: Day,
        excluded: &[Days],
    ) -> Option<Deadline> {
        self.term(duty).map(|term| self.deadline_of(term, calendar, started, excluded))
    }

    /// The deadline of one of its terms. Where the law names no number of days, it is open.
    pub fn deadline_of(&self, term: &Term, calendar: &Calendar, started: Day, excluded: &[Days]) -> Deadline {
        let (law, article) = (self.law, self.cite(term));
        let deadline = |due, latest, provisional| Deadline {
            duty: term.duty,
            law,
            started,
            due,
            latest,
            provisional,
            article,
        };
        let Some(days) = term.days else { return deadline(LastDay::OPEN, LastDay::OPEN, false) };
        let excluded = if term.excludes.is_some() { excluded } else { &[] };
        let last = nth_after(started, days, |day| {
            (term.count != Count::WorkingDays || calendar.is_working_day(day))
                && !excluded.iter().any(|days| days.contains(day))
        });
        let end = |reading: Art45| match term.count {
            Count::WorkingDays => last,
            Count::CalendarDays => reading.end(calendar, last),
            Count::CourtDays => Art45::AnyRestDay.end(calendar, last),
        };
        let ends = Art45::ALL.map(end);
        let latest = ends.into_iter().fold(last, Day::max);
        let due = ends.into_iter().fold(latest, Day::min);
        deadline(due.into(), latest.into(), !calendar.covers(started, latest))
    }
}

impl Deadline {
    /// The working days left until it is due: 0 on the last day, negative once it is overdue; none while it is open.
    pub fn working_days_left(&self, calendar: &Calendar, today: Day) -> Option<i64> {
        Some(calendar.working_days_between(today, self.due.day()?))
    }

    /// Its class on `today` (promise 9).
    pub fn class(&self, calendar: &Calendar, today: Day) -> Class {
        self.due.day().map_or(Class::B, |due| calendar.class(today, due))
    }
}
