//! Names of things: small parsed types, so that one cannot be taken for another.

use serde::{Deserialize, Serialize};

use super::text::refuse_control;
use super::violation::Invalid;

/// A bureau (市场监督管理局). The unit of sharding: it leads every key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BureauId(pub i64);

impl BureauId {
    /// The bureau every installation starts with.
    pub const FIRST: Self = Self(1);
}

/// Position of an event in its bureau's history, from 1 without gaps (promise 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub i64);

/// Number of a sealing key (封存密钥). 0 is derived from the identity; each later one was made by a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealKeyId(pub u32);

impl std::fmt::Display for SealKeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of an identity key (标识密钥), by which key hashes, search keys and templates are made. 0 is derived from the identity; each later
/// one was made by `triage keys rekey`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HashKeyId(pub u32);

impl std::fmt::Display for HashKeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A named caller: one bearer token of one bureau.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallerId(pub i64);

/// Those who act without a token. Callers with one are numbered from 1.
impl CallerId {
    /// A person at the terminal (终端), who has the database itself.
    pub const TERMINAL: CallerId = CallerId(0);
    /// The service itself (系统): nobody asked for it.
    pub const SERVICE: CallerId = CallerId(-1);
    /// An export's rows as they are imported (导入).
    pub const IMPORTER: CallerId = CallerId(-2);
}

/// Complaint (投诉) or report (举报): separate files with separate units and clocks (Order 121 Art. 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// 投诉件
    Complaint,
    /// 举报件
    Report,
}

impl Track {
    /// Both tracks, in storage order.
    pub const ALL: [Track; 2] = [Track::Complaint, Track::Report];

    /// The word used in resource names and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Track::Complaint => "complaint",
            Track::Report => "report",
        }
    }

    /// The word for people.
    pub fn zh(self) -> &'static str {
        match self {
            Track::Complaint => "投诉",
            Track::Report => "举报",
        }
    }
}

/// One file: the part of a submission on one track. `submission` is the sequence of its Submit event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId {
    /// Sequence of the submission.
    pub submission: Sequence,
    /// Which part.
    pub track: Track,
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $most:literal, $what_en:literal, $what_zh:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Parses, refusing what cannot be one.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                refuse_control(text)?;
                let allowed: fn(char) -> bool = $allowed;
                let length = text.chars().count();
                if length == 0 || length > $most || !text.chars().all(allowed) {
                    return Err(Invalid::new($what_en, $what_zh));
                }
                Ok(Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// What bureaus number their own papers with: 包市监投〔2026〕12号.
fn number_char(c: char) -> bool {
    word_char(c)
        || matches!(
            c,
            '\u{4e00}'..='\u{9fff}' | '〇' | '#' | '(' | ')' | '[' | ']' | '〔' | '〕' | '【' | '】'
        )
}

word!(
    /// Registration number (登记编号) given by 12315, or by the bureau itself; unique in a bureau.
    RegistrationNumber, 64,
    "must be 1 to 64 letters, digits, Chinese characters, brackets or - _ . #",
    "登记编号应为 1 至 64 位字母、数字、汉字、括号或 - _ . #", number_char);
word!(
    /// The caller's own name for one request (请求编号); makes a retry safe.
    RequestId, 64,
    "must be 1 to 64 characters of A-Z a-z 0-9 - _ .",
    "请求编号应为 1 至 64 位字母、数字或 - _ .", word_char);
word!(
    /// A unit (处理单位) of the bureau file, e.g. `shaoxianlu`.
    UnitId, 32,
    "must be 1 to 32 characters of A-Z a-z 0-9 - _ .",
    "单位代码应为 1 至 32 位字母、数字或 - _ .", word_char);
word!(
    /// An officer (执法人员) of the bureau file, by staff number.
    OfficerId, 32,
    "must be 1 to 32 characters of A-Z a-z 0-9 - _ .",
    "人员编号应为 1 至 32 位字母、数字或 - _ .", word_char);
word!(
    /// A fitted model, named by the digest of its artefact.
    ModelId, 64,
    "must be 1 to 64 characters of A-Z a-z 0-9 - _ .",
    "模型编号应为 1 至 64 位字母、数字或 - _ .", word_char);
