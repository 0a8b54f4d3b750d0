//! The reconsideration file (应诉卷): what was done on one file, by whom, when, why, under which article, and how everybody was notified -
//! numbered, as an authority or a court asks for it.
//!
//! A dossier is a pure function of the events up to its sequence: made again without anything having happened, it is the same, byte for
//! byte. The forms for readers outside (对外) are what is handed in: they name no third party, hold no internal note and no warning, and
//! their list of evidence is the bureau's own. Nothing is called done that nobody has recorded.

mod articles;
mod compose;
mod html;
mod items;
mod notices;
mod outward;
mod record;
mod terms;

use serde::Serialize;

pub(crate) use compose::{Gathered, dossier, facts as sent};
pub(crate) use outward::Outside;
pub(crate) use record::Held;
pub use record::{PersonFile, PersonRecord};

use crate::domain::deadline::Law;
use crate::domain::ids::{RegistrationNumber, Sequence, Track};
use crate::domain::personal::Personal;
use crate::domain::plain::written_out;
use crate::domain::text::AmountFen;
use crate::domain::time::Day;

/// Layout of the JSON; another number is another layout.
const FORMAT: u32 = 2;

/// One dossier. Days and times are of UTC+8, amounts in fen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dossier {
    /// Layout of this document.
    pub format: u32,
    /// Registration number.
    pub number: RegistrationNumber,
    /// Complaint or report.
    pub track: Track,
    /// The bureau, by its name.
    pub bureau: String,
    /// Sequence of the last event that it knows of.
    pub as_of_sequence: Sequence,
    /// The day of that.
    pub as_of: Day,
    /// The row of that event in the trail.
    pub audit: Option<Link>,
    /// For whom it is made.
    pub reader: Reader,
    /// The rules that govern it.
    pub rules: Law,
    /// What was sent.
    pub facts: Personal<Vec<Fact>>,
    /// Where it stands.
    pub standing: Vec<Fact>,
    /// All that was done, oldest first.
    pub timeline: Personal<Vec<Entry>>,
    /// What was decided, with the reasons.
    pub decisions: Personal<Vec<Decided>>,
    /// Who was notified of what, with the proof.
    pub notices: Personal<Vec<NoticeGiven>>,
    /// The terms.
    pub terms: Vec<Owed>,
    /// The articles that these rest on, as the governing order has them; those of other laws by number.
    pub articles: Vec<Quoted>,
    /// Complaints that speak for a refusal under 16(3), as they stood then and as they stand now.
    pub linked: Vec<Linked>,
    /// When that was.
    pub linked_as_of: Option<String>,
    /// The evidence, numbered.
    pub evidence: Personal<Vec<Item>>,
    /// Reconsiderations and suits.
    pub reviews: Vec<Fact>,
}

/// A row of the trail (审计记录): by it a dossier is held against the trail, and the trail against what was printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its number.
    pub number: i64,
    /// Its hash, in hex, which covers all rows before it; none in a row from before there was a chain.
    pub hash: Option<String>,
}

/// Who reads a dossier (查阅人).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// The bureau itself.
    Bureau,
    /// Who has sent the complaint or report, and nobody else.
    Sender,
    /// Anybody outside: the authority, the court, the operator, a third party. Who has sent it is not among what they read (Art. 37).
    Others,
}

/// A fact with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Its name, in Chinese.
    pub name: String,
    /// It.
    pub value: String,
}

/// Something that was done.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its place in the history.
    pub sequence: Sequence,
    /// When it was recorded.
    pub recorded: String,
    /// The day on which it was done, where it says another than that.
    pub done_on: Option<Day>,
    /// What.
    pub title: String,
    /// By whom: name and staff number.
    pub officer: Option<String>,
    /// By which unit.
    pub unit: Option<String>,
    /// What was written for it.
    pub text: Option<String>,
    /// What spoke against it.
    pub warnings: Vec<String>,
    /// It is of the bureau's own work, and not for the applicant.
    #[serde(skip)]
    pub internal: bool,
}

/// A decision.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// The day.
    pub on: Day,
    /// What.
    pub title: String,
    /// Why, in the officer's words.
    pub reason: Option<String>,
    /// The finding, and why.
    pub finding: Option<String>,
    /// What is on record of the work that it speaks of.
    pub records: Option<String>,
    /// By whom.
    pub officer: Option<String>,
}

/// A notice that was given.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct NoticeGiven {
    /// The day.
    pub on: Day,
    /// Of what.
    pub subject: &'static str,
    /// Who.
    pub to: &'static str,
    /// How.
    pub means: &'static str,
    /// What proves it.
    pub proof: String,
    /// What the notice said, where somebody kept it, with its SHA-256.
    pub text: Option<(String, String)>,
    /// What the law wants the notice to say, and whether the text has it.
    pub stated: Vec<Fact>,
}

/// A term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owed {
    /// What was owed.
    pub duty: &'static str,
    /// The law and the article.
    pub article: String,
    /// From when.
    pub started_on: Day,
    /// Until when; none where the law names no number of days.
    pub due_on: Option<Day>,
    /// The same in words: provisional, by which reading, not numbered.
    pub until: String,
    /// How it went: what was recorded and whether in time, what is missing, what is no more owed.
    pub result: String,
}

/// An article as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quoted {
    /// Law and number.
    pub article: String,
    /// Its text; where this program has none, that.
    pub text: String,
}

/// A complaint that the score names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Linked {
    /// Registration number.
    pub number: RegistrationNumber,
    /// When it was received.
    pub received: String,
    /// The respondent.
    pub respondent: Option<String>,
    /// What was bought.
    pub product: Option<String>,
    /// The amount.
    pub amount_fen: Option<AmountFen>,
    /// Where it stood when this complaint came in or was amended.
    pub then: String,
    /// Where it stands now.
    pub now: String,
}

/// A piece of evidence (证据).
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What it is.
    pub name: String,
    /// Where it comes from.
    pub source: String,
    /// What it shows.
    pub shows: String,
    /// Its SHA-256 in hex, by which it can be held against what was sent.
    pub digest: Option<String>,
}

impl Dossier {
    /// As JSON, for a program.
    ///
    /// # Errors
    /// When it cannot be written down, which does not happen.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(written_out(&serde_json::to_string_pretty(self)?).into_owned() + "\n")
    }

    /// As one HTML page that needs nothing else, for people and for paper.
    #[must_use]
    pub fn to_html(&self) -> String {
        html::page(self)
    }
}
