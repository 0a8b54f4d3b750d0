//! What became of a file on the 12315 platform, as an export reports it (导出的结果列).

use serde::{Deserialize, Serialize};

use super::handling::{Disposition, RefusalGround, Status, listed};
use super::ids::Track;
use super::text::{AmountFen, Line};
use super::time::{Moment, Timestamp};

listed!(
    /// The label an officer left in the platform's export (疑似职业索赔: 是 / 否): a label of lower trust than a finding,
    /// for it carries neither name nor reason. A blank one is no label.
    ImportedLabel {
        /// 是
        Suspected = 1, "是";
        /// 否
        Not = 2, "否";
    }
);

/// How a file ended (办理结果).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// A complaint was refused (不予受理), on this ground as far as the words show.
    Refused(Option<RefusalGround>),
    /// A report was not filed (不予立案).
    NotFiled,
    /// A file was closed (已办结), in this way as far as the words show.
    Closed(Option<Disposition>),
}

impl Ended {
    /// The status it leaves the file in.
    pub fn status(self) -> Status {
        match self {
            Ended::Refused(_) => Status::Refused,
            Ended::NotFiled => Status::NotFiled,
            Ended::Closed(_) => Status::Closed,
        }
    }
}

/// The end of a file, when and with what result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// How it ended.
    pub ended: Ended,
    /// When (办结时间), if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// Amount recovered for the consumer (挽回经济损失).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered: Option<AmountFen>,
    /// What the operator was fined (罚款金额).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fined: Option<AmountFen>,
    /// What was confiscated (没收金额).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confiscated: Option<AmountFen>,
    /// Who handled it (处理部门), by the name the platform has for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled_by: Option<Line>,
}

/// The outcome columns of one row (结果列). What is absent equals anything (promise 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOutcome {
    /// The end; none while the file is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// While it is open: the platform has accepted the complaint or filed the report (平台已受理、平台已立案).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accepted_upstream: bool,
    /// The officer's label in an export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_label: Option<ImportedLabel>,
    /// While it is open: who handles it (处理部门), by the name the platform has for it. It changes nothing here; it is what our
    /// routing is compared with (试运行对比).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled_by: Option<Line>,
    /// As of when this is reported (截至): what an older export says does not undo what a newer one said.
    pub as_of: Timestamp,
}

impl FileOutcome {
    /// Who handles it, or did when it ended, by the name the platform has for it.
    pub fn reported_unit(&self) -> Option<&Line> {
        self.ending.as_ref().and_then(|ending| ending.handled_by.as_ref()).or(self.handled_by.as_ref())
    }

    /// Whether it reports nothing of the file but that it is open, and perhaps who handles it.
    pub fn is_empty(&self) -> bool {
        self.ending.is_none() && !self.accepted_upstream && self.imported_label.is_none()
    }
}

/// The words for a file of the track that the platform has taken up.
pub fn accepted_upstream_zh(track: Track) -> &'static str {
    match track {
        Track::Complaint => "平台已受理",
        Track::Report => "平台已立案",
    }
}
