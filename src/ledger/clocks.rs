//! The statutory clocks of a file (期限): started, kept, prolonged, dropped; and the day that decides its place in the queue.

use std::sync::Arc;

use super::{Batch, LedgerError, TERM_VERSION};
use crate::domain::act::Notice;
use crate::domain::deadline::{Clock, Duty, LastDay, Start, Testing};
use crate::domain::ids::{FileId, Sequence, Track};
use crate::domain::plain::bare;
use crate::domain::submission::Submission;
use crate::domain::time::{Day, Days};
use crate::routing::Bureau;
use crate::statute::{Deadline, RuleSet};
use crate::store::FileRow;

/// Duties that a decision on a file keeps.
pub(crate) const DECIDING: [Duty; 3] = [Duty::Accept, Duty::Verify, Duty::VerifyProlonged];

/// The clocks of one file, and which of them have changed.
#[derive(Debug)]
pub(crate) struct Clocks {
    rows: Vec<Clock>,
    changed: Vec<bool>,
}

/// What a clock is started under.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Under<'a> {
    /// Calendar and settings in force.
    pub(crate) bureau: &'a Bureau,
    /// The day on which the file came in: it decides the rules.
    pub(crate) received: Day,
    /// Today.
    pub(crate) today: Day,
    /// The event that starts it.
    pub(crate) by: Sequence,
    /// That event keeps only the duties that it is an act of; not so under earlier releases.
    pub(crate) acts: bool,
}

/// What a reconsideration or a suit has ordered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ordered<'a> {
    /// By when it is to be done; open where no day was set.
    pub(crate) by: LastDay,
    /// Who has ordered it.
    pub(crate) authority: &'a str,
}

impl Under<'_> {
    fn rules(&self) -> &'static RuleSet {
        self.bureau.governing(self.received, self.today)
    }
}

impl Clocks {
    /// Of a file that has just come in.
    pub(crate) fn none() -> Self {
        Self { rows: Vec::new(), changed: Vec::new() }
    }

    /// As they were stored.
    pub(crate) fn of(rows: Vec<Clock>) -> Self {
        let changed = vec![false; rows.len()];
        Self { rows, changed }
    }

    /// Starts the clock of a duty. Rules without such a term start none.
    pub(crate) fn start(&mut self, under: Under<'_>, duty: Duty, started: Day, testing: &Testing) {
        let (bureau, rules) = (under.bureau, under.rules());
        let found = rules.deadline(bureau.calendar(), duty, started, &excluded(testing));
        if let Some(found) = found {
            self.add(under, started, found);
        }
    }

    /// Starts the clocks of notifying people (告知) that begin so, as far as the file's kind has any.
    pub(crate) fn start_notice(
        &mut self,
        under: Under<'_>,
        track: Track,
        submission: &Submission,
        start: Start,
        started: Day,
    ) {
        let (bureau, rules) = (under.bureau, under.rules());
        let category = category(submission, track);
        for term in rules.notices(track, start, &category, submission.complainant.is_named()) {
            // Earlier releases did not write down what has no day.
            if under.acts || term.days.is_some() {
                self.add(under, started, rules.deadline_of(term, bureau.calendar(), started, &[]));
            }
        }
    }

    /// Starts the clock of a duty by what a reconsideration or a suit has ordered on a day.
    pub(crate) fn start_ordered(&mut self, under: Under<'_>, duty: Duty, started: Day, ordered: Ordered<'_>) {
        let found = Deadline {
            duty,
            law: under.rules().law,
            started,
            due: ordered.by,
            latest: ordered.by,
            provisional: false,
            article: format!("{}的决定或者裁判", ordered.authority),
        };
        self.add(under, started, found);
    }

    /// A term goes on until a day that the heads of the bureau have set.
    pub(crate) fn start_until(&mut self, under: Under<'_>, running: &Clock, until: Day) {
        let found = Deadline {
            duty: running.duty,
            law: running.law,
            started: running.started_on,
            due: until.into(),
            latest: until.into(),
            provisional: false,
            article: format!("{}，负责人集体讨论决定", running.article),
        };
        self.add(under, running.started_on, found);
    }

    fn add(&mut self, under: Under<'_>, started: Day, found: Deadline) {
        // Of two terms of one duty, e.g. of two laws on one kind of goods, the shorter is owed.
        let known = self.rows.iter().position(|row| row.duty == found.duty && row.started_by == under.by);
        let row = Clock {
            duty: found.duty,
            started_by: under.by,
            law: found.law,
            article: found.article,
            started_on: started,
            due_on: found.due,
            latest_on: found.latest,
            provisional: found.provisional,
            met_on: None,
            dropped: false,
            version: Some(TERM_VERSION),
        };
        match known.and_then(|at| self.rows.get_mut(at)) {
            Some(known) if known.due_on <= row.due_on => {}
            Some(known) => *known = row,
            None => {
                self.rows.push(row);
                self.changed.push(true);
            }
        }
    }

    fn each_running(&mut self, of: impl Fn(&Clock) -> bool, mut change: impl FnMut(&mut Clock)) {
        for (row, changed) in self.rows.iter_mut().zip(&mut self.changed) {
            if row.runs() && of(row) {
                change(row);
                *changed = true;
            }
        }
    }

    /// A duty has been done on a day. What began later is not done by it.
    pub(crate) fn keep(&mut self, duties: &[Duty], on: Day) {
        self.each_running(
            |row| duties.contains(&row.duty) && row.started_on <= on,
            |row| row.met_on = Some(on),
        );
    }

    /// The file ends on a day: what outlives it goes on, nothing else is owed.
    pub(crate) fn end(&mut self, under: Under<'_>, on: Day) {
        self.release(under, |row| !row.duty.outlives_the_file(), on);
    }

    /// A duty is owed no more from a day on. What had run out before is late whatever follows: it is put down as done on
    /// that day.
    pub(crate) fn release(&mut self, under: Under<'_>, of: impl Fn(&Clock) -> bool, on: Day) {
        self.each_running(of, |row| {
            if under.acts && LastDay::from(on) > row.due_on {
                row.met_on = Some(on);
            } else {
                row.dropped = true;
            }
        });
    }

    /// A duty is owed no more, and whether in time nobody here knows.
    pub(crate) fn drop_running(&mut self, of: impl Fn(Duty) -> bool) {
        self.each_running(|row| of(row.duty), |row| row.dropped = true);
    }

    /// Somebody was told something on a day. What began later is not kept by it.
    pub(crate) fn tell(&mut self, notice: &Notice, on: Day) {
        self.each_running(
            |row| row.duty.is_kept_by(notice.subject, notice.to) && row.started_on <= on,
            |row| row.met_on = Some(on),
        );
    }

    /// The bureau has replied on a day in the review that an event opened.
    pub(crate) fn reply(&mut self, review: Sequence, on: Day) {
        self.each_running(|row| row.is_reply_in(review), |row| row.met_on = Some(on));
    }

    /// What the end of a review has ordered is done, whenever that was noted.
    pub(crate) fn perform(&mut self, ended_by: Option<Sequence>, on: Day) {
        self.each_running(|row| row.is_ordered_by(ended_by), |row| row.met_on = Some(on.max(row.started_on)));
    }

    /// Whether something runs that the end of a review has ordered.
    pub(crate) fn is_ordered(&self, ended_by: Option<Sequence>) -> bool {
        self.running_ones().any(|row| row.is_ordered_by(ended_by))
    }

    /// The bureau wants the reply in a review by an earlier day than the law does.
    pub(crate) fn shorten_reply(&mut self, review: Sequence, by: Day) {
        self.each_running(|row| row.is_reply_in(review), |row| row.due_on = row.due_on.min(by.into()));
    }

    /// The duty to reply in a review, while it runs.
    pub(crate) fn replying(&self, review: Sequence) -> Option<&Clock> {
        self.rows.iter().find(|row| row.runs() && row.is_reply_in(review))
    }

    /// The platform has accepted a complaint, or filed a `report` of these facts. Whether in time, its export does not say, so
    /// what a decision would keep is dropped and counts nowhere. Nor does it tell the day, from which what is owed next runs:
    /// the day of receipt is the cautious reading, for nothing is decided before it.
    pub(crate) fn take_up(&mut self, under: Under<'_>, report: Option<&Submission>, testing: &Testing) {
        self.drop_running(|duty| DECIDING.contains(&duty) || duty == Duty::TellComplainant);
        match report {
            None => self.start(under, Duty::Mediate, under.received, testing),
            Some(report) => {
                self.start_notice(under, Track::Report, report, Start::FilingDecision, under.received);
            }
        }
    }

    /// The clock of a duty that runs now.
    pub(crate) fn running(&self, duty: Duty) -> Option<&Clock> {
        self.rows.iter().find(|row| row.runs() && row.duty == duty)
    }

    /// The term to decide that runs.
    pub(crate) fn deciding(&self) -> Option<&Clock> {
        self.running_ones().find(|row| DECIDING.contains(&row.duty))
    }

    /// All that runs.
    pub(crate) fn running_ones(&self) -> impl Iterator<Item = &Clock> {
        self.rows.iter().filter(|row| row.runs())
    }

    /// The last day from which a duty runs that a notice of this subject keeps.
    pub(crate) fn notice_since(&self, notice: &Notice) -> Option<Day> {
        let kept = |row: &&Clock| row.runs() && row.duty.is_kept_by(notice.subject, notice.to);
        self.rows.iter().filter(kept).map(|row| row.started_on).max()
    }

    /// The day of the latest decision on the file, as far as it kept a duty.
    pub(crate) fn decided_on(&self) -> Option<Day> {
        self.rows.iter().filter(|row| DECIDING.contains(&row.duty)).filter_map(|row| row.met_on).max()
    }

    /// Computes what runs anew: days of testing have been added, or a calendar year has arrived.
    pub(crate) fn compute_again(
        &mut self,
        under: Under<'_>,
        testing: &Testing,
        which: impl Fn(&Clock) -> bool,
    ) {
        let bureau = under.bureau;
        for (row, changed) in self.rows.iter_mut().zip(&mut self.changed) {
            let rules = RuleSet::of(row.law);
            let excluded = excluded(testing);
            if row.runs()
                && !row.duty.is_of_a_review()
                && which(row)
                && let Some(term) = rules.cited(row.duty, &row.article)
            {
                let found = rules.deadline_of(term, bureau.calendar(), row.started_on, &excluded);
                (row.due_on, row.latest_on, row.provisional) = (found.due, found.latest, found.provisional);
                row.version = Some(TERM_VERSION);
                *changed = true;
            }
        }
    }

    /// The day on which the term to decide that runs began.
    pub(crate) fn deciding_since(&self) -> Option<Day> {
        let deciding = self.rows.iter().filter(|row| row.runs() && DECIDING.contains(&row.duty));
        deciding.map(|row| row.started_on).max()
    }

    /// Whether a duty was kept on a day or later.
    pub(crate) fn were_kept_since(&self, duty: Duty, day: Day) -> bool {
        self.rows.iter().any(|row| row.duty == duty && row.met_on >= Some(day))
    }

    /// The day on which the term began within which what was accepted or filed is handled.
    pub(crate) fn going_on_since(&self) -> Option<Day> {
        let going_on = |duty| matches!(duty, Duty::Mediate | Duty::DecideCase | Duty::DecideCaseProlonged);
        self.running_ones().filter(|row| going_on(row.duty)).map(|row| row.started_on).max()
    }

    /// Whether the complaint was accepted, and is not to be decided anew since: then it was mediated.
    pub(crate) fn were_mediating(&self) -> bool {
        let last = |duty| self.rows.iter().filter(|row| row.duty == duty).map(|row| row.started_by).max();
        last(Duty::Mediate).is_some_and(|mediated| Some(mediated) >= last(Duty::Accept))
    }

    /// Whether anything began, or was kept, on a day after `today`. What begins with the receipt begins on the day that the
    /// sender told.
    pub(crate) fn are_ahead(&self, under: Under<'_>) -> bool {
        self.rows.iter().any(|row| begun_ahead(row, under) || row.met_on > Some(under.today))
    }

    /// Brings what began or was kept on a day to come back to today, and computes anew until when it is owed.
    pub(crate) fn bring_back(&mut self, under: Under<'_>, testing: &Testing) {
        for (row, changed) in self.rows.iter_mut().zip(&mut self.changed) {
            if begun_ahead(row, under) {
                row.started_on = under.today;
                let rules = RuleSet::of(row.law);
                if let Some(term) = rules.cited(row.duty, &row.article) {
                    let calendar = under.bureau.calendar();
                    let found = rules.deadline_of(term, calendar, row.started_on, &excluded(testing));
                    (row.due_on, row.latest_on, row.provisional) =
                        (found.due, found.latest, found.provisional);
                    row.version = Some(TERM_VERSION);
                }
                *changed = true;
            }
            if row.met_on > Some(under.today) {
                row.met_on = Some(under.today);
                *changed = true;
            }
        }
    }

    /// The first day on which something runs out that does not stand still.
    pub(crate) fn due_on(&self, testing: &Testing) -> Option<Day> {
        let running = self.rows.iter().filter(|row| row.runs() && paused_since(row, testing).is_none());
        running.filter_map(|row| row.due_on.day()).min()
    }
}

/// Since when a term stands still: it leaves the days of testing out, and a testing goes on that began before it had run out.
pub(crate) fn paused_since(clock: &Clock, testing: &Testing) -> Option<Day> {
    let since =
        testing.paused_since().filter(|since| clock.runs() && LastDay::from(*since) <= clock.latest_on)?;
    let term = RuleSet::of(clock.law).cited(clock.duty, &clock.article);
    term.is_some_and(|term| term.excludes.is_some()).then_some(since)
}

fn begun_ahead(row: &Clock, under: Under<'_>) -> bool {
    row.started_on > under.today && row.started_on != under.received
}

/// Days that testing takes up, as far as it has ended.
fn excluded(testing: &Testing) -> Vec<Days> {
    testing.past.clone()
}

/// The categories by which laws name their goods and services.
fn category(submission: &Submission, track: Track) -> String {
    let part = submission.part(track);
    let words = part.map(|part| [&part.object_category, &part.problem_category]);
    let words = words.into_iter().flatten().filter_map(|given| given.known());
    words.map(|words| bare(words.as_str())).collect::<Vec<_>>().join(" ")
}

/// Files whose provisional clocks are computed again at a time.
const PROVISIONAL_PAGE: i64 = 256;

impl Batch<'_> {
    /// Computes what was counted over an unknown calendar year again: its table may have arrived (promise 15).
    pub(crate) async fn compute_provisional_again(&mut self, by: Sequence) -> Result<(), LedgerError> {
        let rules = Arc::clone(&self.rules);
        let mut after = Sequence(0);
        loop {
            let page = self.tx.provisional(self.bureau, after, PROVISIONAL_PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.submission;
            for mut file in self.tx.files(self.bureau, &page).await? {
                let mut clocks = self.clocks(file.id).await?;
                let under = self.under(&rules, &file, by);
                clocks.compute_again(under, &file.testing, |clock| clock.provisional);
                self.put_clocks(&mut file, &clocks)?;
                self.tx.move_file(self.bureau, &file).await?;
            }
        }
    }

    /// What a clock started now is started under.
    pub(crate) fn under<'b>(&self, bureau: &'b Bureau, file: &FileRow, by: Sequence) -> Under<'b> {
        let (received, today) = (file.state.received_at.day(), self.now.day());
        Under { bureau, received, today, by, acts: self.decided.keeps_acts(by) }
    }

    /// The clocks of a file.
    pub(crate) async fn clocks(&mut self, file: FileId) -> Result<Clocks, LedgerError> {
        let rows = self.tx.clocks(self.bureau, &[file]).await?;
        Ok(Clocks::of(rows.into_iter().map(|(_, row)| row).collect()))
    }

    /// Writes the clocks that have changed, and which day of them decides the file's place.
    pub(crate) fn put_clocks(&mut self, file: &mut FileRow, clocks: &Clocks) -> Result<(), LedgerError> {
        let taken = self.decided.terms(file.id, &clocks.rows, self.upcoming()).map(|rows| {
            let changed = vec![true; rows.len()];
            Clocks { rows, changed }
        });
        let clocks = taken.as_ref().unwrap_or(clocks);
        for (row, _) in clocks.rows.iter().zip(&clocks.changed).filter(|(_, changed)| **changed) {
            self.writes.deadline(self.bureau, file.id, row)?;
        }
        file.due_on = clocks.due_on(&file.testing);
        Ok(())
    }
}
