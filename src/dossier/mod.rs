//! The reconsideration file (应诉卷): what was done on one file, by whom, when, why, under which article, and how everybody was told -
//! numbered, as an authority or a court asks for it.
//!
//! A dossier is a pure function of the events up to its sequence: made again without anything having happened, it is the same, byte for
//! byte. The form for the applicant (对外) names no third party: no complaint of others, no internal notes, no warnings.

mod compose;
mod html;
mod outward;

use serde::Serialize;

pub(crate) use compose::{Gathered, dossier};

use crate::domain::deadline::Law;
use crate::domain::ids::{RegistrationNumber, Sequence, Track};
use crate::domain::personal::Personal;
use crate::domain::plain::written_out;
use crate::domain::text::AmountFen;
use crate::domain::time::Day;

/// Layout of the JSON; another number is another layout.
const FORMAT: u32 = 1;

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
    /// For the applicant (对外).
    pub outward: bool,
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
    /// Who was told what, with the proof.
    pub notices: Personal<Vec<NoticeGiven>>,
    /// The terms.
    pub terms: Vec<Owed>,
    /// The articles that these rest on, as the governing order has them.
    pub articles: Vec<Quoted>,
    /// Complaints that the score names, as they stood then and as they stand now.
    pub linked: Vec<Linked>,
    /// The evidence, numbered.
    pub evidence: Personal<Vec<Item>>,
    /// Reconsiderations and suits.
    pub reviews: Vec<Fact>,
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
    /// How it went: kept, late, running, no more owed.
    pub result: String,
}

/// An article as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quoted {
    /// Order and number.
    pub article: String,
    /// Its text.
    pub text: &'static str,
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
    /// Where it stood when this complaint was scored.
    pub then: String,
    /// Where it stands now.
    pub now: String,
    /// Which parts of the evidence sheet name it.
    pub named_by: Vec<String>,
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
    /// It is of the bureau's own work, and not for the applicant.
    #[serde(skip)]
    pub internal: bool,
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
