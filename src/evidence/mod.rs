//! The evidence sheet (研判参考材料): everything behind one complaint's score and routing as of that moment, for an
//! officer, a lawyer, a reconsideration.
//!
//! A sheet is a pure function of what was stored with the decision and of events up to its sequence, and of nothing
//! else: made again a year later it is the same, byte for byte. Therefore the time of making is not on it, nor what
//! came of the complaint afterwards, nor which unit holds a file today. It knows nothing of any report, and of
//! persons only what this complaint's own file shows: earlier complaints come without their complainants, and texts are
//! compared with names and numbers covered, and of the other text nothing is shown that is not in this one's, whoever asks.

mod annex;
mod compare;
mod compose;
mod html;
mod law;
mod mask;
mod outward;
mod score;
mod standing;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use compare::Run;
pub(crate) use compose::{Gathered, Past, named, sheet};
pub use standing::Standing;

/// A text with these words (and what stands for them), numbers and mail addresses of persons covered.
pub(crate) fn masked_with(text: &str, known: &[(&str, &str)]) -> String {
    mask::masked(text, known)
}

use crate::domain::deadline::Law;
use crate::domain::decision::{Band, Barred, Basis, Factor, Floors};
use crate::domain::evidence::{Guard, IdentityKey, NearDuplicate};
use crate::domain::ids::{ModelId, RegistrationNumber, Sequence, UnitId};
use crate::domain::personal::Personal;
use crate::domain::plain::written_out;
use crate::domain::text::AmountFen;
use crate::model::Source;
use crate::model::artefact::TrainedOn;
use crate::model::recall::Term;

/// How a masked fact is shown, here as on the wire.
const MASK: &str = "*****";

/// Layout of the JSON; another number is another layout.
const FORMAT: u32 = 1;

/// One sheet. Days and times are of UTC+8, amounts in fen, work in hundredths of a work unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sheet {
    /// Layout of this document.
    pub format: u32,
    /// Registration number.
    pub number: RegistrationNumber,
    /// The bureau, by its name then.
    pub bureau: String,
    /// Sequence of the event that was decided on: nothing after it is on the sheet.
    pub as_of_sequence: Sequence,
    /// When that was recorded.
    pub as_of_time: String,
    /// For readers outside the bureau (对外).
    pub outward: bool,
    /// What a score is and who decides.
    pub advice: &'static str,
    /// The rules that govern it.
    pub rules: Law,
    /// That its facts were purged since, when and why; nothing before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purged: Option<String>,
    /// The complaint itself.
    pub complaint: Personal<Complaint>,
    /// Its score, taken apart.
    pub score: Scored,
    /// Every score up to this one, oldest first: more than one when it was amended.
    pub scores: Vec<Row>,
    /// Look-alikes recognised before the score.
    pub guards: Vec<Guard>,
    /// Links to earlier complaints.
    pub links: Vec<Linked>,
    /// The near-duplicate of the text.
    pub near_duplicate: Option<Compared>,
    /// Earlier complaints that are linked or named, newest first.
    pub earlier: Vec<Earlier>,
    /// What a sheet for readers outside leaves out, so that it says so; nothing inside.
    #[serde(skip_serializing_if = "Withheld::is_nothing")]
    pub withheld: Withheld,
    /// Where it went, and why.
    pub routing: Option<Sent>,
}

/// What is left out of a sheet for readers outside, in numbers: it concerns other people (不列的他人事项).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Withheld {
    /// Links to or from complaints of others.
    pub links: usize,
    /// Complaints of others that the sheet inside names.
    pub earlier: usize,
    /// The near-duplicate, where it is another person's: its counts.
    pub near_duplicate: Option<TemplateCounts>,
}

impl Withheld {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// The complaints that a model was fitted on, in numbers (训练数据).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TrainedExamples {
    /// Complaints used.
    pub examples: u64,
    /// Of these, labelled by an officer's finding; the rest by an imported label.
    pub findings: u64,
}

impl From<TrainedOn> for TrainedExamples {
    fn from(TrainedOn { examples, findings, .. }: TrainedOn) -> Self {
        Self { examples, findings }
    }
}

/// How far a text template goes, without naming a complaint of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TemplateCounts {
    /// Likeness with the template's first text, in hundredths.
    pub likeness_percent: u32,
    /// Earlier complaints of the template within a year.
    pub complaints: u32,
    /// Their operators.
    pub respondents: u32,
    /// Their complainants.
    pub persons: u32,
}

/// The complaint as told up to then (投诉情况); absent facts are null, masked ones `*****`.
#[derive(Clone, PartialEq, Serialize)]
pub struct Complaint {
    /// 接收时间
    pub received: String,
    /// 接收方式
    pub channel: Option<String>,
    /// 投诉人
    pub complainant: Option<String>,
    /// 联系电话
    pub phone: Option<String>,
    /// 证件号码
    pub resident_id: Option<String>,
    /// 通讯地址
    pub address: Option<String>,
    /// 收货地址
    pub delivery_address: Option<String>,
    /// 电子邮箱
    pub email: Option<String>,
    /// 收款账户
    pub payment_account: Option<String>,
    /// 被投诉人
    pub respondent: Option<String>,
    /// 统一社会信用代码
    pub credit_code: Option<String>,
    /// 企业地址
    pub premises: Option<String>,
    /// 具体问题
    pub text: Option<String>,
    /// 诉求
    pub demands: Vec<String>,
    /// 金额
    pub amount_fen: Option<AmountFen>,
    /// 客体类别
    pub object_category: Option<String>,
    /// 问题类别
    pub problem_category: Option<String>,
    /// 商品或服务
    pub product: Option<String>,
    /// 品牌
    pub brand: Option<String>,
    /// 销售方式
    pub sales_mode: Option<String>,
    /// 平台名称
    pub platform: Option<String>,
    /// 订单号
    pub order_number: Option<String>,
    /// 数量
    pub quantity: Option<i64>,
    /// 发生时间
    pub occurred: Option<String>,
    /// 事发地
    pub place: Option<String>,
    /// 附件数
    pub attachments: usize,
}

/// A score with everything it is the sum of (评分).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// The band.
    pub band: Band,
    /// Calibrated probability, 0 to 1.
    pub probability: Option<f64>,
    /// Calibrated log-odds: baseline and terms added up in order.
    pub log_odds: Option<f64>,
    /// The model.
    pub model: Option<ModelId>,
    /// Whose complaints the model was trained on.
    pub model_source: Option<Source>,
    /// How many they were, and who had labelled them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_trained_on: Option<TrainedExamples>,
    /// Digest of the feature table.
    pub schema_hash: String,
    /// Sequence of the bureau file it was made under.
    pub bureau_file: Sequence,
    /// Probability from which on the band is medium.
    pub medium_from: f64,
    /// Probability from which on the band is high.
    pub high_from: f64,
    /// From which facts on it may be high, and who says so.
    pub floors: Floors,
    /// Log-odds before anything is seen.
    pub baseline: Option<f64>,
    /// The reasons that were given, strongest first.
    pub reasons: Vec<Grounds>,
    /// Features that were there without being given as a reason, and what they come to.
    pub rest: Option<Rest>,
    /// Every feature that was there, in table order.
    pub terms: Vec<Term>,
}

/// One reason (理由).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Grounds {
    /// Code of the feature.
    pub feature: String,
    /// In Chinese.
    pub text: String,
    /// Factor of Art. 17.
    pub factor: Factor,
    /// Contribution to the log-odds; none for a mere notice.
    pub contribution: Option<f64>,
    /// Complaints it rests on, the newest five.
    pub records: Vec<RegistrationNumber>,
    /// How many of these are not named outside, for they are of other persons.
    pub withheld: usize,
}

/// What the features that were not given as reasons come to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rest {
    /// How many.
    pub features: usize,
    /// Their contributions added up.
    pub contribution: f64,
}

/// One score among several.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The event that was decided on.
    pub sequence: Sequence,
    /// When it was recorded.
    pub time: String,
    /// The band.
    pub band: Band,
    /// The probability.
    pub probability: Option<f64>,
    /// The model.
    pub model: Option<ModelId>,
}

/// One link, without the value of its key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Linked {
    /// Its number on the sheet, by which other parts name it; outside, where some are left out, the same.
    pub at: usize,
    /// What they have in common.
    pub key: IdentityKey,
    /// The complaint it starts from; none for this one.
    pub from: Option<RegistrationNumber>,
    /// The newest complaint it leads to.
    pub to: RegistrationNumber,
    /// The day that one was received.
    pub received: String,
    /// Complaints the key links, in a year.
    pub complaints: u32,
    /// Names they came under.
    pub names: u32,
}

/// The near-duplicate, laid beside this text with names and numbers covered in both. What the near-duplicate alone says is covered whole: it
/// may be another unit's complaint, and what of it identifies somebody cannot be found for sure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// What was stored of it.
    #[serde(flatten)]
    pub near_duplicate: NearDuplicate,
    /// Both texts; empty when one of them is not known in clear.
    pub runs: Personal<Vec<Run>>,
}

/// An earlier complaint as known then, without its complainant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Earlier {
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
    /// What was asked for.
    pub demands: Vec<String>,
    /// Where it stood then.
    pub standing: Standing,
    /// It ended after this complaint was received, as can be when both come from one export: the score did not see
    /// that end.
    pub ended_after_receipt: bool,
    /// Which parts of the sheet name it, in Chinese.
    pub named_by: Vec<String>,
    /// It came from the complainant of this complaint, as far as the facts of both say: nobody else's may leave the bureau.
    #[serde(skip)]
    is_own: bool,
}

/// Where the complaint went (分送).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sent {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Why it.
    pub basis: Basis,
    /// The same, in Chinese.
    pub why: String,
    /// Expected effort, in hundredths of a work unit.
    pub centiunits: i64,
    /// Sequence of the bureau file it was sent under.
    pub bureau_file: Sequence,
    /// Who else was considered, with loads; null where the reader may not see loads.
    pub candidates: Option<Vec<Considered>>,
    /// Why it, for a reader who may not see loads.
    #[serde(skip)]
    why_without_loads: String,
}

/// A unit that was considered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Considered {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Open work, in hundredths of a work unit.
    pub open_centiunits: i64,
    /// Officers on duty over the days ahead, the mean, in hundredths of a full officer.
    pub centiofficers: i64,
    /// Why it could not take the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub barred: Option<Barred>,
    /// Open work units per officer on duty; none without officers.
    pub load: Option<f64>,
    /// Work assigned since the month began, open or not and without this file, in hundredths of a work unit.
    pub assigned_centiunits: i64,
    /// Officers on duty in this month so far, the mean, in hundredths of a full officer.
    pub month_centiofficers: i64,
    /// Work units assigned this month per officer of this month, this file included; none without officers.
    pub assigned_with: Option<f64>,
    /// Chosen.
    pub chosen: bool,
}

impl Sheet {
    /// As JSON, for a program.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(written_out(&serde_json::to_string_pretty(self)?).into_owned() + "\n")
    }

    /// As one HTML page that needs nothing else, for people and for paper.
    pub fn to_html(&self) -> String {
        html::page(self)
    }
}

impl Sent {
    fn without_loads(self) -> Self {
        Self { candidates: None, why: self.why_without_loads.clone(), ..self }
    }
}
