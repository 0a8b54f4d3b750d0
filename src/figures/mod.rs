//! The figures of a period (年度、月度统计): what came in, what became of it, by whom it was done in time.
//!
//! Counted by the day of receipt: a file belongs to the period in which the bureau received it, and is counted as it stands now.
//! Reviews belong to the period in which the bureau was notified of them. Pure: the same files give the same figures, and the
//! time of making is not on them, but as of which event they are. Numbers alone: no person, no list by suspicion (promise 16).

mod html;
mod rates;
mod sentences;
mod share;
mod sheet;
mod tables;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

pub use rates::Mediation;
pub use share::Share;
pub use tables::{Cell, Table};
pub use terms::TermsKept;

use crate::domain::deadline::{Clock, Duty, LastDay, Law, Review};
use crate::domain::handling::{
    Disposition, Finding, RefusalGround, ReviewKind, ReviewOutcome, Status, listed,
};
use crate::domain::ids::{FileId, Track};
use crate::domain::outcome::ImportedLabel;
use crate::domain::time::{Day, Days};
use crate::domain::view::Term;

/// Layout of the JSON; another number is another layout.
const FORMAT: u32 = 3;

listed!(
    /// What became of a file, as figures count it (办理结果归类).
    Fate {
        /// Complaint: nothing decided yet. Report: neither.
        Undecided = 1, "尚未决定";
        /// Complaint: accepted, whatever came of it, as far as that is stated; one that an export has closed may have been.
        Accepted = 2, "受理";
        /// Complaint: refused.
        Refused = 3, "不予受理";
        /// Complaint: withdrawn before it was decided.
        Withdrawn = 4, "决定前撤回";
        /// Report: filed, whatever came of it, as far as that is stated.
        Filed = 5, "立案";
        /// Report: not filed.
        NotFiled = 6, "不予立案";
        /// Report: an earlier one again, or handled with it.
        Repeated = 7, "重复举报或者并入前件";
        /// Report: no competence.
        NotCompetent = 8, "不具备处理权限";
        /// Either: handed over without having been accepted or filed.
        HandedOver = 9, "移送";
        /// Either: no complaint and no report.
        OtherChannel = 10, "不适用投诉举报程序";
        /// Closed, and an export does not say how.
        Closed = 11, "已办结（导出未载明结果）";
    }
);

/// A file as figures read it.
#[derive(Debug, Clone)]
pub struct CountedFile {
    /// The file.
    pub id: FileId,
    /// The day on which it came in.
    pub received: Day,
    /// The order that governs it.
    pub law: Law,
    /// The sender gave a real name.
    pub named: bool,
    /// Name of the unit that has it.
    pub unit: String,
    /// The two upper levels of its category of goods or services; empty where none was stated.
    pub category: String,
    /// How it came in; empty where that was not stated.
    pub channel: &'static str,
    /// Status.
    pub status: Status,
    /// The platform accepted or filed it before anybody here did.
    pub accepted_upstream: bool,
    /// An export has stated its end.
    pub ended_upstream: bool,
    /// Ground of a refusal.
    pub ground: Option<RefusalGround>,
    /// How it ended.
    pub disposition: Option<Disposition>,
    /// Latest finding.
    pub finding: Option<Finding>,
    /// The officer's mark in an export.
    pub label: Option<ImportedLabel>,
    /// Amount recovered, in fen, where that was stated.
    pub recovered_fen: Option<i64>,
    /// Fines, in fen, where that was stated.
    pub fined_fen: Option<i64>,
    /// What was confiscated, in fen, where that was stated.
    pub confiscated_fen: Option<i64>,
    /// Its terms.
    pub clocks: Vec<Term>,
}

impl CountedFile {
    /// What became of it.
    pub fn fate(&self) -> Fate {
        let mediated = self.clocks.iter().any(|term| term.clock.duty == Duty::Mediate);
        match (self.status, self.disposition) {
            (Status::Refused, _) => Fate::Refused,
            (Status::NotFiled, _) => Fate::NotFiled,
            (Status::Accepted, _) => Fate::Accepted,
            (Status::Filed, _) => Fate::Filed,
            (Status::Waiting | Status::SignedFor, _) => match self.id.track {
                Track::Complaint if self.accepted_upstream => Fate::Accepted,
                Track::Report if self.accepted_upstream => Fate::Filed,
                _ => Fate::Undecided,
            },
            (Status::Closed, Some(disposition)) => match disposition {
                Disposition::OtherChannel => Fate::OtherChannel,
                Disposition::NotCompetent => Fate::NotCompetent,
                Disposition::Repeated | Disposition::Merged => Fate::Repeated,
                Disposition::Penalised | Disposition::Rectified | Disposition::NoViolation => Fate::Filed,
                Disposition::Withdrawn if !mediated && !self.ended_upstream => Fate::Withdrawn,
                Disposition::HandedOver if !mediated => Fate::HandedOver,
                Disposition::HandedOver
                | Disposition::Withdrawn
                | Disposition::Settled
                | Disposition::SelfSettled
                | Disposition::MediationEnded
                | Disposition::GroundFoundLater => Fate::Accepted,
            },
            (Status::Closed, None) => Fate::Closed,
        }
    }
}

/// A reconsideration or suit as figures read it.
#[derive(Debug, Clone)]
pub struct CountedReview {
    /// It.
    pub review: Review,
    /// The duty to reply in it, where there is one.
    pub reply: Option<Clock>,
}

/// Amounts, and how many files tell one: where none does, the sum is not known, and not zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Money {
    /// The sum, in fen.
    pub fen: i64,
    /// Files that tell an amount.
    pub stated: i64,
}

impl Money {
    fn add(&mut self, fen: Option<i64>) {
        self.fen += fen.unwrap_or_default();
        self.stated += i64::from(fen.is_some());
    }
}

/// Complaints that an officer has marked in an export. Who marks which of them is nobody's sample: there is no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Marks {
    /// Marked as suspected.
    pub suspected: i64,
    /// Marked, the one way or the other.
    pub marked: i64,
}

/// What is counted of any set of files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Complaints received.
    pub complaints: i64,
    /// Of these, accepted.
    pub accepted: i64,
    /// Of these, refused.
    pub refused: i64,
    /// Reports received.
    pub reports: i64,
    /// Of these, filed.
    pub filed: i64,
    /// Of these, not filed.
    pub not_filed: i64,
    /// Complaints that have ended.
    pub complaints_ended: i64,
    /// Reports that have ended.
    pub reports_ended: i64,
    /// Amounts recovered.
    pub recovered: Money,
    /// Fines.
    pub fined: Money,
    /// What was confiscated.
    pub confiscated: Money,
    /// Complaints that an officer has found suspected.
    pub suspected: i64,
    /// Complaints on which an officer has found the one or the other.
    pub found: i64,
}

impl Counts {
    fn add(&mut self, file: &CountedFile) {
        let (fate, ended) = (file.fate(), i64::from(file.status.has_ended()));
        match file.id.track {
            Track::Complaint => {
                self.complaints += 1;
                self.complaints_ended += ended;
            }
            Track::Report => {
                self.reports += 1;
                self.reports_ended += ended;
            }
        }
        self.accepted += i64::from(fate == Fate::Accepted);
        self.refused += i64::from(fate == Fate::Refused);
        self.filed += i64::from(fate == Fate::Filed);
        self.not_filed += i64::from(fate == Fate::NotFiled);
        self.recovered.add(file.recovered_fen);
        self.fined.add(file.fined_fen);
        self.confiscated.add(file.confiscated_fen);
        self.suspected += i64::from(file.finding == Some(Finding::Suspected));
        self.found += i64::from(matches!(file.finding, Some(Finding::Suspected | Finding::NotSuspected)));
    }

    /// Files of both kinds.
    pub fn received(&self) -> i64 {
        self.complaints + self.reports
    }

    /// Files of both kinds that have ended.
    pub fn ended(&self) -> i64 {
        self.complaints_ended + self.reports_ended
    }
}

/// Files that have one thing in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What: a month, a unit, a category, a channel.
    pub name: String,
    /// What is counted of them.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Reviews of one kind (复议、诉讼).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reviews {
    /// Which.
    pub kind: ReviewKind,
    /// Of which the bureau was notified in the period.
    pub received: i64,
    /// In which it has replied.
    pub replied: i64,
    /// Of these, by the last day.
    pub replied_in_time: i64,
    /// How they ended.
    pub outcomes: Vec<(ReviewOutcome, i64)>,
    /// Those that go on.
    pub open: i64,
}

/// The figures of a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Layout of this document.
    pub format: u32,
    /// The bureau, by its name.
    pub bureau: String,
    /// The first day of receipt that counts.
    pub from: Day,
    /// The last.
    pub to: Day,
    /// The last day on which anything was recorded: files are counted as they stood then.
    pub as_of: Day,
    /// All files.
    pub whole: Counts,
    /// What became of complaints and reports.
    pub fates: Vec<(Track, Fate, i64)>,
    /// Refusals by the order that governs them and by ground; none: an export does not say it.
    pub refused_by: Vec<(Law, Option<RefusalGround>, i64)>,
    /// How files were closed, beside what was refused or not filed; none: an export does not say it.
    pub closed_by: Vec<(Track, Option<Disposition>, i64)>,
    /// How mediations ended.
    pub mediation: Mediation,
    /// Suspected among the complaints on which an officer has found the one or the other.
    pub suspected: Share,
    /// Complaints on which an officer could not determine it.
    pub undetermined: i64,
    /// The marks of exports on complaints, apart.
    pub marked: Marks,
    /// Terms.
    pub terms: Vec<TermsKept>,
    /// Reviews.
    pub reviews: Vec<Reviews>,
    /// By month of receipt.
    pub months: Vec<Group>,
    /// By unit, in the order of the bureau file.
    pub units: Vec<Group>,
    /// By category of goods or services.
    pub categories: Vec<Group>,
    /// By how they came in.
    pub channels: Vec<Group>,
}

/// Counts files and reviews of a period, as of a day. `units` are the names of the bureau's units in their order.
pub fn figures(
    (bureau, units): (&str, &[String]),
    period: Days,
    as_of: Day,
    files: &[CountedFile],
    reviews: &[CountedReview],
) -> Figures {
    let mut whole = Counts::default();
    for file in files {
        whole.add(file);
    }
    let closed = |file: &&CountedFile| file.status == Status::Closed;
    let refused = |file: &&CountedFile| file.status == Status::Refused;
    let complaints = || files.iter().filter(|file| file.id.track == Track::Complaint);
    let marked = |one: ImportedLabel| number(complaints().filter(|file| file.label == Some(one)).count());
    let place = |name: &str| units.iter().position(|unit| unit == name).unwrap_or(units.len());
    Figures {
        format: FORMAT,
        bureau: bureau.to_owned(),
        from: period.first(),
        to: period.last(),
        as_of,
        fates: counted(files.iter().map(|file| (file.id.track, file.fate())))
            .into_iter()
            .map(|((track, fate), files)| (track, fate, files))
            .collect(),
        refused_by: counted(files.iter().filter(refused).map(|file| (file.law, file.ground)))
            .into_iter()
            .map(|((law, ground), files)| (law, ground, files))
            .collect(),
        closed_by: counted(files.iter().filter(closed).map(|file| (file.id.track, file.disposition)))
            .into_iter()
            .map(|((track, disposition), files)| (track, disposition, files))
            .collect(),
        mediation: Mediation::of(files),
        suspected: Share::of(whole.suspected, whole.found),
        undetermined: number(files.iter().filter(|file| file.finding == Some(Finding::Undetermined)).count()),
        marked: Marks {
            suspected: marked(ImportedLabel::Suspected),
            marked: marked(ImportedLabel::Suspected) + marked(ImportedLabel::Not),
        },
        terms: terms::terms(files, as_of),
        reviews: ReviewKind::ALL.iter().map(|kind| reviews_of(*kind, reviews)).collect(),
        months: groups(files, |file| {
            ((file.received.year(), file.received.month()), file.received.month_zh())
        }),
        units: groups(files, |file| (place(&file.unit), file.unit.clone())),
        categories: groups(files, |file| ((), named(&file.category))),
        channels: groups(files, |file| ((), named(file.channel))),
        whole,
    }
}

/// Sentences and tables that are printed together: the one form from which terminal, page and workbook are made.
#[derive(Debug)]
pub struct Printed<'a> {
    /// What it is.
    pub title: String,
    /// Of whom, and as of when.
    pub of: String,
    /// What it comes to, in sentences.
    pub sentences: Vec<String>,
    /// The tables, in order.
    pub tables: Vec<Table>,
    /// How it is counted.
    pub note: &'a str,
    /// Who made it and who looked it over sign for it on paper.
    pub signed: bool,
}

impl Printed<'_> {
    /// One HTML page, made for A4.
    #[must_use]
    pub fn to_html(&self) -> String {
        html::page(self)
    }

    /// A workbook (.xlsx).
    ///
    /// # Errors
    /// When the workbook cannot be put together.
    pub fn to_sheet(&self) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
        sheet::workbook(self)
    }
}

impl Figures {
    /// As it is printed.
    #[must_use]
    pub fn printed(&self) -> Printed<'static> {
        Printed {
            title: format!("投诉举报办理情况统计（{}至{}）", self.from.zh(), self.to.zh()),
            of: format!("{}　数据截至{}", self.bureau, self.as_of.zh()),
            sentences: self.sentences(),
            tables: self.tables(),
            note: sentences::NOTE,
            signed: true,
        }
    }

    /// One HTML page, made for A4.
    #[must_use]
    pub fn to_html(&self) -> String {
        self.printed().to_html()
    }

    /// A workbook (.xlsx).
    ///
    /// # Errors
    /// When the workbook cannot be put together.
    pub fn to_sheet(&self) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
        self.printed().to_sheet()
    }

    /// As JSON.
    ///
    /// # Errors
    /// When it cannot be written down, which does not happen.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// As tables, in the order in which they are printed.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        tables::tables(self)
    }

    /// The figures in sentences, as such offices print them.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        sentences::sentences(self)
    }
}

pub(crate) fn named(name: &str) -> String {
    if name.is_empty() { "未填写".to_owned() } else { name.to_owned() }
}

pub(crate) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// How often each value occurs, in the order of the values.
pub(crate) fn counted<T: Ord>(values: impl Iterator<Item = T>) -> Vec<(T, i64)> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

/// Files by a name, in the order of its place and then of the names.
fn groups<P: Ord>(files: &[CountedFile], name: impl Fn(&CountedFile) -> (P, String)) -> Vec<Group> {
    let mut groups: BTreeMap<(P, String), Counts> = BTreeMap::new();
    for file in files {
        groups.entry(name(file)).or_default().add(file);
    }
    groups.into_iter().map(|((_, name), counts)| Group { name, counts }).collect()
}

fn reviews_of(kind: ReviewKind, reviews: &[CountedReview]) -> Reviews {
    let of_kind = || reviews.iter().filter(|one| one.review.kind == kind);
    let replied = |one: &&CountedReview| one.reply.as_ref().is_some_and(|clock| clock.met_on.is_some());
    let in_time = |one: &&CountedReview| {
        let clock = one.reply.as_ref();
        clock.is_some_and(|clock| clock.met_on.is_some_and(|day| LastDay::from(day) <= clock.due_on))
    };
    Reviews {
        kind,
        received: number(of_kind().count()),
        replied: number(of_kind().filter(replied).count()),
        replied_in_time: number(of_kind().filter(in_time).count()),
        outcomes: counted(of_kind().filter_map(|one| one.review.outcome)),
        open: number(of_kind().filter(|one| one.review.outcome.is_none()).count()),
    }
}
