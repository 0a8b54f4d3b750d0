//! Why a command was refused, in words for a program, for an integrator and for a Chinese reader.

use super::handling::Status;
use super::ids::Sequence;
use super::submission::Submission;
use super::violation::Violation;

/// What of a known submission's facts was sent otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Differing {
    /// The fields that differ.
    pub fields: Vec<String>,
    /// Of each of them what is known and what was sent, where no person can be read from it.
    pub values: Vec<Option<(String, String)>>,
}

/// A refusal. Nothing was changed. Never holds personal text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Some fields are wrong; all of them are named.
    #[error("{} field(s) of the request are wrong", .0.len())]
    Invalid(Vec<Violation>),
    /// No such thing, or not for this caller to know of.
    #[error("no such {what}, or you may not see it")]
    NotFound {
        /// `submission`, `file`, `unit`, ...
        what: &'static str,
        /// 中文名称
        what_zh: &'static str,
    },
    /// The number is known with other facts (promise 2).
    #[error("the registration number is known with other facts: {}; use Amend with a reason", fields.join(", "))]
    FactsDiffer {
        /// The fields that differ.
        fields: Vec<String>,
        /// Of each of them what is known and what was sent, where no person can be read from it; for whoever sent it.
        values: Vec<Option<(String, String)>>,
    },
    /// The request id was used for something else.
    #[error("the request_id was already used for another request; choose a new one")]
    RequestIdReused,
    /// The lease ended or is another's; pull again.
    #[error("the lease has ended or is not yours; pull again")]
    LeaseLost,
    /// The holding moved on; read the file again.
    #[error("the file has changed; read it again and use version {}", current.0)]
    VersionStale {
        /// The version that holds now.
        current: Sequence,
    },
    /// A unit has the file on lease.
    #[error("a unit has the file on lease; reassign it when the lease has ended, or let the unit return it")]
    Leased,
    /// The cursor is of a history that a backup has replaced.
    #[error(
        "the cursor is not of this history, because a backup was restored in the meantime; go on from the cursor in `resume`, and expect changes that you have seen"
    )]
    CursorUnknown {
        /// A cursor up to which both histories are the same.
        resume: String,
    },
    /// A unit has as much open work as it may have.
    #[error(
        "the unit has as much open work on this track as its capacity allows; choose another one, or raise it"
    )]
    AtCapacity,
    /// The service is on trial.
    #[error(
        "the service is on trial and hands out no work; go on in the present way, and call again once it serves without `--trial`"
    )]
    OnTrial,
    /// The file has ended.
    #[error("the file has ended ({0:?}); nothing more can be done on it")]
    FileEnded(Status),
    /// The verb does not fit the status of the file.
    #[error("{verb} is not possible while the file is {status:?}")]
    WrongState {
        /// The verb.
        verb: &'static str,
        /// The status of the file.
        status: Status,
    },
}

impl Refusal {
    /// A single wrong field, found after the message itself was parsed.
    pub fn field(field: &str, en: &str, zh: &str) -> Self {
        Refusal::Invalid(vec![Violation {
            field: field.to_owned(),
            description: en.to_owned(),
            description_zh: zh.to_owned(),
        }])
    }

    /// Machine-readable reason, stable for ten years.
    pub fn reason(&self) -> &'static str {
        match self {
            Refusal::Invalid(_) => "INVALID_FIELDS",
            Refusal::NotFound { .. } => "NOT_FOUND",
            Refusal::FactsDiffer { .. } => "FACTS_DIFFER",
            Refusal::RequestIdReused => "REQUEST_ID_REUSED",
            Refusal::LeaseLost => "LEASE_LOST",
            Refusal::VersionStale { .. } => "VERSION_STALE",
            Refusal::Leased => "LEASED",
            Refusal::CursorUnknown { .. } => "CURSOR_UNKNOWN",
            Refusal::AtCapacity => "AT_CAPACITY",
            Refusal::OnTrial => "ON_TRIAL",
            Refusal::FileEnded(_) => "FILE_ENDED",
            Refusal::WrongState { .. } => "WRONG_STATE",
        }
    }

    /// The refusal for a Chinese reader, with what to do.
    pub fn zh(&self) -> String {
        match self {
            Refusal::Invalid(found) => {
                let fields: Vec<String> =
                    found.iter().map(|v| format!("{}：{}", v.field, v.description_zh)).collect();
                format!("请求中有 {} 处错误：{}", found.len(), fields.join("；"))
            }
            Refusal::NotFound { what_zh, .. } => format!("未找到该{what_zh}，或您无权查看"),
            Refusal::FactsDiffer { fields, .. } => {
                format!(
                    "该登记编号已登记，但以下内容不一致：{}；如确需更正，请使用补充并说明理由",
                    fields.iter().map(|field| Submission::name_of(field)).collect::<Vec<_>>().join("、")
                )
            }
            Refusal::RequestIdReused => "该请求编号已用于其他请求，请更换".to_owned(),
            Refusal::LeaseLost => "领取已失效，请重新领取".to_owned(),
            Refusal::VersionStale { current } => {
                format!("该件已有新变化，请重新查看后以版本 {} 办理", current.0)
            }
            Refusal::Leased => "该件正被单位领取，请待领取到期后改派，或由该单位签收后退回".to_owned(),
            Refusal::CursorUnknown { .. } => {
                "该游标不属于现有变更记录（曾由备份恢复），请从 resume 给出的游标继续读取，可能收到已读过的变更".to_owned()
            }
            Refusal::AtCapacity => "该单位未结工作量已达承办上限，请改派其他单位，或者调整承办上限".to_owned(),
            Refusal::OnTrial => "试运行期间不派件：请仍按现行方式办理，分送结果可以查看；正式启用（服务不再以 --trial 启动）后再领取".to_owned(),
            Refusal::FileEnded(status) => format!("该件已结束（{}），不能再办理", status.zh()),
            Refusal::WrongState { status, .. } => format!("该件当前为“{}”，不能进行此操作", status.zh()),
        }
    }
}
