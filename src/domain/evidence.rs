//! What a score is based on (依据): which earlier complaints are linked and by what, the near-duplicate of the text, and the
//! honest look-alikes that were recognised first.
//!
//! Record numbers and counts only: never a name, a phone or a text. Stored with the decision and never changed.

use serde::{Deserialize, Serialize};

use super::ids::RegistrationNumber;
use super::person::Phone;
use super::text::Address;
use super::time::Day;

/// A fact by which two complaints can be attributed to one person or group (标识). Order 121 Art. 17(4) speaks of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKey {
    /// 证件号码
    ResidentId,
    /// 联系电话
    Phone,
    /// 电子邮箱
    Email,
    /// 收款账户
    PaymentAccount,
    /// 收货地址
    DeliveryAddress,
    /// 通讯地址
    Address,
}

impl IdentityKey {
    /// Every key, the most telling first.
    pub const ALL: [Self; 6] = [
        Self::ResidentId,
        Self::Phone,
        Self::Email,
        Self::PaymentAccount,
        Self::DeliveryAddress,
        Self::Address,
    ];

    /// The word for people.
    pub fn zh(self) -> &'static str {
        match self {
            Self::ResidentId => "证件号码",
            Self::Phone => "联系电话",
            Self::Email => "电子邮箱",
            Self::PaymentAccount => "收款账户",
            Self::DeliveryAddress => "收货地址",
            Self::Address => "通讯地址",
        }
    }

    /// Whether strangers may have it in common: a line at a hotel, a parcel shop, a block of flats.
    pub fn is_shareable(self) -> bool {
        matches!(self, Self::Phone | Self::Address | Self::DeliveryAddress)
    }
}

/// A line or a place on the bureau's list of those that many people share (公用号码、地址): it links nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relay {
    /// 电话
    Phone(Phone),
    /// 地址
    Address(Address),
}

/// A link (关联): a key by which earlier complaints belong to the same cluster (关联投诉人（组）) as this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What they have in common.
    pub key: IdentityKey,
    /// The complaint that the link starts from: none for this one, else an earlier one that is linked itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<RegistrationNumber>,
    /// The newest complaint it leads to.
    pub to: RegistrationNumber,
    /// The day that one was received.
    pub received: Day,
    /// Complaints the key links, in the year before this one.
    pub complaints: u32,
    /// Names they came under.
    pub names: u32,
}

/// An honest look-alike (易误判情形), recognised before the score speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// Which.
    pub kind: GuardKind,
    /// What was seen and what it means here, in Chinese.
    pub text: String,
    /// The complaints it rests on, newest first, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RegistrationNumber>,
}

/// Kinds of [`Guard`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardKind {
    /// 群体事件: many persons against one operator within days; may be handled as a joint complaint (Art. 12).
    MassIncident,
    /// 同一纠纷再次反映: an earlier complaint of the same dispute is still open; not counted as another one.
    OpenDuplicate,
    /// 公用号码: the phone or address belongs to a relay line, a hotline, a hotel or a courier; it links nobody.
    SharedLine,
    /// 信息不足: nothing of the complainant's own is known; there is no past to look into.
    TooLittleKnown,
    /// 首次投诉: no earlier complaint is linked to it.
    FirstComplaint,
    /// 多起不同纠纷: earlier complaints about other operators, goods and problems, and nothing beyond the loss asked for.
    DifferentDisputes,
    /// 家庭成员: two or three names on one phone or at one address, about different matters.
    Family,
    /// 品牌或产品事件: many persons about the same thing at several operators within days.
    BrandEvent,
    /// 代理人: somebody complains for others, with a power of attorney (Art. 11).
    Agent,
    /// 热线记录: somebody at a hotline wrote the text down; its wording is theirs.
    HotlineText,
}

impl GuardKind {
    /// The word for people.
    pub fn zh(self) -> &'static str {
        match self {
            Self::MassIncident => "疑似群体事件",
            Self::OpenDuplicate => "同一纠纷再次反映",
            Self::SharedLine => "公用号码或地址",
            Self::TooLittleKnown => "信息不足",
            Self::FirstComplaint => "首次投诉",
            Self::DifferentDisputes => "多起不同纠纷",
            Self::Family => "可能为家庭成员",
            Self::BrandEvent => "可能为品牌或产品事件",
            Self::Agent => "代理投诉",
            Self::HotlineText => "热线记录的文字",
        }
    }
}

/// The template (文本模板) a complaint's text belongs to, and the near-duplicate to lay beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearDuplicate {
    /// The newest earlier complaint of the template, one against another operator if there is any.
    pub number: RegistrationNumber,
    /// It came from the complainant's own cluster.
    pub own: bool,
    /// Likeness of this text and the template's first one, in hundredths: Jaccard's index of their shingles.
    pub likeness_percent: u32,
    /// Earlier complaints of the template in a year; counted up to 64.
    pub complaints: u32,
    /// Operators they were against.
    pub respondents: u32,
    /// Persons they came from.
    pub persons: u32,
}

/// What one score is based on, whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Look-alikes recognised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// Links of the cluster, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// The near-duplicate, if the text is of a known template.
    #[serde(default, rename = "twin", skip_serializing_if = "Option::is_none")]
    pub near_duplicate: Option<NearDuplicate>,
    /// Every complaint of the cluster in the year before, newest first, at most 64; none of what an earlier release kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linked: Vec<RegistrationNumber>,
}

impl Evidence {
    /// Nothing behind it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
