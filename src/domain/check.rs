//! What speaks against a decision before it is made (决定前体检). It warns and blocks nothing; what was warned of and decided all the
//! same is kept with the decision.

use serde::{Deserialize, Serialize};

use super::act::{NoticeSubject, Party};
use super::handling::listed;
use super::ids::RegistrationNumber;
use super::time::Day;
use super::view::Term;
use super::violation::Violation;

listed!(
    /// Kinds of [`Warning`].
    WarningKind {
        /// No fact under Art. 17 items (1) to (4) is on record, and no proof was asked for that was not given.
        NoFact = 1, "材料中没有第十七条第一款第一项至第四项所列事实的记录，也没有经要求未能证明消费事实的核验记录";
        /// Nobody has asked for what is said to be missing.
        NotAsked = 2, "没有核验记录：决定前应当要求投诉人提供相应材料，并登记核验";
        /// It was asked for, and no answer is on record.
        NotAnswered = 3, "已要求提供，但没有拒绝、逾期、未能证明或者三次未能联系上的记录";
        /// It was asked for, and given.
        Given = 4, "最近一次核验记载投诉人已经提供，与所依据的情形不符";
        /// The term to decide is over by that day.
        Late = 5, "作出决定之日已超过法定期限";
        /// Complaints that the score names were refused, and the refusal did not stand.
        Overturned = 6, "所依据的既往不予受理决定已被撤销或者纠正";
        /// Less than three years lie between the purchase and the receipt.
        WithinThreeYears = 7, "所述消费或者争议发生时间距收到投诉不满三年";
        /// An honest look-alike was recognised.
        LookAlike = 8, "存在易误判情形，请逐项排除并写明";
        /// The finding says the contrary.
        FindingDiffers = 9, "认定为未见疑似情形，与所依据的情形不一致";
        /// Nothing was done to verify the report.
        NotVerified = 10, "没有核查记录：决定前应当核查，并登记办理情况";
        /// A review has undone the same decision on the merits.
        SameAgain = 11, "与本件已被撤销的决定相同：不得以同一事实和理由作出相同或者基本相同的行政行为（《行政复议法》第六十四条、《行政诉讼法》第七十一条）";
    }
);

impl WarningKind {
    /// Its word in the trail.
    pub fn word(self) -> &'static str {
        match self {
            WarningKind::NoFact => "refused_without_fact",
            WarningKind::NotAsked => "decided_without_asking",
            WarningKind::NotAnswered => "decided_without_answer",
            WarningKind::Given => "decided_against_answer",
            WarningKind::Late => "decided_late",
            WarningKind::Overturned => "decided_on_overturned",
            WarningKind::WithinThreeYears => "refused_within_three_years",
            WarningKind::LookAlike => "refused_look_alike",
            WarningKind::FindingDiffers => "refused_against_finding",
            WarningKind::NotVerified => "decided_without_verifying",
            WarningKind::SameAgain => "decided_the_same_again",
        }
    }
}

/// Something that speaks against a decision (提示).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What.
    pub kind: WarningKind,
    /// The complaints it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RegistrationNumber>,
}

impl Warning {
    /// In words, for people.
    pub fn text(&self) -> String {
        let records: Vec<&str> = self.records.iter().map(RegistrationNumber::as_str).collect();
        let records =
            if records.is_empty() { String::new() } else { format!("（{}）", records.join("、")) };
        format!("{}{records}", self.kind.zh())
    }
}

impl From<WarningKind> for Warning {
    fn from(kind: WarningKind) -> Self {
        Self { kind, records: Vec::new() }
    }
}

/// Somebody is to be told what was decided (待告知).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToTell {
    /// Of what.
    pub subject: NoticeSubject,
    /// Whom.
    pub to: Party,
    /// Until when; none where the law names no number of days.
    pub due_on: Option<Day>,
    /// Under which article.
    pub article: String,
    /// What the notice has to say of remedies (救济途径), beside the reason; empty where the law asks for none.
    pub remedies: Vec<String>,
}

/// What a decision would meet, were it made now (决定前体检).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Why it would be refused; empty when it would be taken.
    #[serde(skip)]
    pub objections: Vec<Violation>,
    /// What speaks against it.
    pub warnings: Vec<Warning>,
    /// The term to decide, where one runs.
    pub term: Option<Term>,
    /// Working days left on it; below zero once it is overdue.
    pub working_days_left: Option<i64>,
    /// Who is to be told after it.
    pub to_tell: Vec<ToTell>,
}
