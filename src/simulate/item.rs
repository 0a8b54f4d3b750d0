//! An item (登记件) of the world: as sent, as decided, and what is true of it.

use crate::domain::time::{Day, Timestamp};

use super::address::Written;
use super::people::Person;

/// What sort of agent sent an item (来源类型).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// 普通消费者
    Consumer,
    /// 职业索赔：标签
    LabelHunter,
    /// 职业索赔：过期食品
    ExpiredHunter,
    /// 职业索赔：广告用语
    AdHunter,
    /// 职业索赔：药店连扫
    PharmacySweep,
    /// 职业索赔：团伙，共用模板、电话、地址
    Gang,
    /// 职业索赔：轮换身份
    Rotator,
    /// 职业索赔：每次改写
    Paraphraser,
    /// 职业索赔：新手
    Newcomer,
    /// 职业索赔人反映的真实严重违法
    SeriousViolation,
    /// 群体事件（预付卡、健身房闭店）
    MassIncident,
    /// 内部举报人
    Insider,
    /// 公益监督者
    Watchdog,
    /// 反复来电的当事人
    Distressed,
    /// 平台故障、召回、媒体曝光
    PlatformFailure,
    /// 家人、代理人、宾馆共用电话
    SharedPhone,
    /// 热线转接号码
    HotlineRelay,
    /// 懂法或借助模板、AI 的消费者
    Literate,
    /// 外地来客
    Visitor,
    /// 老年人
    Elderly,
    /// 事多的家庭：一年里多起互不相干的纠纷
    Household,
    /// 常点外卖、常在外吃饭的人
    Eater,
    /// 代他人投诉的人：房屋中介、物业、公司行政
    Proxy,
    /// 大量采购的人：婚宴、单位、学校
    BulkBuyer,
    /// 一再引用法律的诚实消费者
    Lawful,
    /// 职业索赔：同一店多单
    OneShop,
    /// 职业索赔：多人针对同一店
    ShopGang,
    /// 职业索赔：超量购买、拆单
    QuantityBuyer,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 28] = [
        Self::Consumer,
        Self::LabelHunter,
        Self::ExpiredHunter,
        Self::AdHunter,
        Self::PharmacySweep,
        Self::Gang,
        Self::Rotator,
        Self::Paraphraser,
        Self::Newcomer,
        Self::SeriousViolation,
        Self::MassIncident,
        Self::Insider,
        Self::Watchdog,
        Self::Distressed,
        Self::PlatformFailure,
        Self::SharedPhone,
        Self::HotlineRelay,
        Self::Literate,
        Self::Visitor,
        Self::Elderly,
        Self::Household,
        Self::Eater,
        Self::Proxy,
        Self::BulkBuyer,
        Self::Lawful,
        Self::OneShop,
        Self::ShopGang,
        Self::QuantityBuyer,
    ];

    /// The word used in `truth.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::LabelHunter => "label_hunter",
            Self::ExpiredHunter => "expired_hunter",
            Self::AdHunter => "ad_hunter",
            Self::PharmacySweep => "pharmacy_sweep",
            Self::Gang => "gang",
            Self::Rotator => "rotator",
            Self::Paraphraser => "paraphraser",
            Self::Newcomer => "newcomer",
            Self::SeriousViolation => "serious_violation",
            Self::MassIncident => "mass_incident",
            Self::Insider => "insider",
            Self::Watchdog => "watchdog",
            Self::Distressed => "distressed",
            Self::PlatformFailure => "platform_failure",
            Self::SharedPhone => "shared_phone",
            Self::HotlineRelay => "hotline_relay",
            Self::Literate => "literate",
            Self::Visitor => "visitor",
            Self::Elderly => "elderly",
            Self::Household => "household",
            Self::Eater => "eater",
            Self::Proxy => "proxy",
            Self::BulkBuyer => "bulk_buyer",
            Self::Lawful => "lawful",
            Self::OneShop => "one_shop",
            Self::ShopGang => "shop_gang",
            Self::QuantityBuyer => "quantity_buyer",
        }
    }

    /// Whether its agents claim as a trade (职业索赔).
    pub fn is_professional(self) -> bool {
        matches!(
            self,
            Self::LabelHunter
                | Self::ExpiredHunter
                | Self::AdHunter
                | Self::PharmacySweep
                | Self::Gang
                | Self::Rotator
                | Self::Paraphraser
                | Self::Newcomer
                | Self::SeriousViolation
                | Self::OneShop
                | Self::ShopGang
                | Self::QuantityBuyer
        )
    }

    /// How often a report of theirs proves right (立案).
    pub(super) fn substantiated(self) -> f64 {
        match self {
            Self::SeriousViolation => 0.92,
            Self::Watchdog => 0.72,
            Self::Insider => 0.6,
            kind if kind.is_professional() => 0.14,
            _ => 0.36,
        }
    }
}

/// 类型
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    /// 投诉
    Complaint,
    /// 举报
    Report,
    /// 咨询
    Inquiry,
}

impl Track {
    /// As the export writes it.
    pub(super) fn zh(self) -> &'static str {
        match self {
            Self::Complaint => "投诉",
            Self::Report => "举报",
            Self::Inquiry => "咨询",
        }
    }
}

/// 接收方式
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Platform,
    CityHotline,
    Phone,
    Letter,
    Counter,
}

impl Channel {
    pub(super) const ALL: [Self; 5] =
        [Self::Platform, Self::CityHotline, Self::Phone, Self::Letter, Self::Counter];

    pub(super) fn zh(self) -> &'static str {
        match self {
            Self::Platform => "全国12315平台",
            Self::CityHotline => "12345转办",
            Self::Phone => "电话",
            Self::Letter => "来函",
            Self::Counter => "来人",
        }
    }
}

/// An item as it was sent.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) day: Day,
    pub(super) second: i64,
    pub(super) agent: u32,
    pub(super) kind: Kind,
    pub(super) track: Track,
    pub(super) channel: Channel,
    pub(super) person: Person,
    pub(super) shop: usize,
    pub(super) shop_name: String,
    pub(super) shop_address: Written,
    pub(super) scene: String,
    /// Goods or service, as the platform's form asks for it.
    pub(super) product: String,
    /// Pieces bought.
    pub(super) quantity: i64,
    /// Order number; empty where there was none.
    pub(super) order: String,
    /// Day of the purchase.
    pub(super) bought: Day,
    pub(super) object: String,
    pub(super) problem: String,
    pub(super) online: bool,
    pub(super) amount: Option<f64>,
    pub(super) demands: String,
    pub(super) text: String,
    /// Section the text begins with.
    pub(super) root: &'static str,
    /// Template of the wording, if it has one.
    pub(super) template: Option<u64>,
}

impl Draft {
    pub(super) fn received(&self) -> Timestamp {
        self.day.start().plus_seconds(self.second)
    }
}

/// A cell of the export.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Blank,
    Text(String),
    Number(f64),
    /// A time; `true` when the sheet holds it as a date and not as text.
    Time(Timestamp, bool),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Blank } else { Self::Text(text.to_owned()) }
    }
}

/// What is true of an item (真值).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Registration number (登记编号).
    pub number: String,
    /// Sort of agent.
    pub kind: Kind,
    /// Sent by a professional claimant (职业索赔).
    pub suspected: bool,
    /// The agent; a gang is one.
    pub agent: u32,
    /// Code of the sub-district (街道) where the premises really are.
    pub subdistrict: String,
    /// Its name.
    pub subdistrict_name: String,
    /// The unit, when the bureau file leaves one only.
    pub unit: String,
    /// The form of the text, by its section of the phrase file: `plain`, `formal`, `letter`, `mass`, ..
    pub form: &'static str,
    /// How the address of the premises is written (地址写法): `registered`, `number`, `estate`, ..; empty for a blank.
    pub address: &'static str,
    /// The template (文本模板) it is a copy of; none for someone's own words.
    pub template: Option<u64>,
}
