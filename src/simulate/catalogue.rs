//! What people complain about (投诉事项), read from `data/matters.toml`.

use serde::Deserialize;

use super::dice::{Dice, whole};

/// What is usually asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ask {
    /// 核实处理
    Check,
    /// 退货退款
    Refund,
    /// 退一赔十, at least 1000 yuan (食品安全法 148)
    Food,
    /// 退一赔三, at least 500 yuan (消法 55)
    Triple,
    /// 退还预付款余额
    Card,
    /// 修理、更换
    Repair,
    /// 退还多收费用
    Price,
    /// 赔礼道歉
    Apology,
}

impl Ask {
    /// Sections that say it: in one's own words, as told on the telephone, as a formal claim.
    pub(super) fn sections(self) -> [&'static str; 3] {
        match self {
            Self::Check => ["ask_check", "told_ask_check", "claim_check"],
            Self::Refund => ["ask_refund", "told_ask_refund", "claim_refund"],
            Self::Food => ["ask_food", "told_ask_food", "claim_food"],
            Self::Triple => ["ask_triple", "told_ask_triple", "claim_triple"],
            Self::Card => ["ask_card", "told_ask_card", "claim_card"],
            Self::Repair => ["ask_repair", "told_ask_repair", "claim_repair"],
            Self::Price => ["ask_price", "told_ask_price", "claim_price"],
            Self::Apology => ["ask_apology", "told_ask_apology", "claim_apology"],
        }
    }
}

/// What a professional claimant lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trade {
    /// 标签瑕疵
    Label,
    /// 过期食品
    Expired,
    /// 广告用语
    Ad,
    /// 药店
    Pharmacy,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Hunt {
    label: f64,
    expired: f64,
    ad: f64,
    pharmacy: f64,
}

/// Goods or a service with its usual price.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Good {
    pub(super) name: String,
    pub(super) unit: String,
    /// Yuan.
    low: f64,
    high: f64,
    /// What the usual price is multiplied by.
    level: f64,
}

impl TryFrom<String> for Good {
    type Error = String;

    fn try_from(line: String) -> Result<Self, String> {
        let wrong = || format!("goods are \"name unit low high\": {line}");
        let words: Vec<&str> = line.split(' ').collect();
        let [name, unit, low, high] = words[..] else { return Err(wrong()) };
        let (low, high) =
            (low.parse::<f64>().map_err(|_| wrong())?, high.parse::<f64>().map_err(|_| wrong())?);
        if low <= 0.0 || high < low {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), unit: unit.to_owned(), low, high, level: 1.0 })
    }
}

impl Good {
    /// Other prices, for a world that has moved: dearer on the whole, some goods much more than others.
    pub(super) fn reprice(&mut self, dice: &mut Dice) {
        self.level = dice.around(1.6, 0.4);
    }

    /// What is asked here where `price` is usual. Moving the tag alone leaves everyone buying what they buy at home.
    pub(super) fn asked(&self, price: f64) -> f64 {
        let moved = price * self.level;
        if moved < 100.0 { (moved * 10.0).round() / 10.0 } else { moved.round() }
    }

    /// A usual price tag in yuan: cheap ones with jiao, dear ones round. `level` moves it within the range, 0 to 1.
    pub(super) fn price(&self, level: f64, dice: &mut Dice) -> f64 {
        let figure = self.low * (self.high / self.low).powf(level.clamp(0.0, 1.0));
        match figure {
            ..30.0 => whole(figure * if dice.chance(0.6) { 10.0 } else { 2.0 }) as f64 / 10.0,
            ..100.0 => whole(figure) as f64 - if dice.chance(0.4) { 0.1 } else { 0.0 },
            ..1000.0 => whole(figure) as f64,
            _ => whole(figure / 10.0) as f64 * 10.0 - if dice.chance(0.3) { 1.0 } else { 0.0 },
        }
        .max(0.5)
    }
}

/// One kind of trouble.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Matter {
    pub(super) id: String,
    /// 客体类别全称
    pub(super) object: String,
    /// 问题类别 of a complaint, without its root.
    pub(super) problem: String,
    /// Sorts of operator it happens at.
    pub(super) shops: Vec<String>,
    pub(super) goods: Vec<Good>,
    /// Weight among ordinary consumers.
    pub(super) honest: f64,
    hunt: Hunt,
    pub(super) ask: Ask,
    /// Factor on the share bought online.
    pub(super) online: f64,
    pub(super) facts: Vec<String>,
}

impl Matter {
    /// Weight for a trade of professional claimants.
    pub(super) fn hunted(&self, trade: Trade) -> f64 {
        match trade {
            Trade::Label => self.hunt.label,
            Trade::Expired => self.hunt.expired,
            Trade::Ad => self.hunt.ad,
            Trade::Pharmacy => self.hunt.pharmacy,
        }
    }

    /// Whether it is about a service (服务).
    pub(super) fn is_service(&self) -> bool {
        self.object.starts_with("服务")
    }

    /// 问题类别全称 of a complaint.
    pub(super) fn complaint_problem(&self) -> String {
        format!("投诉问题->{}", self.problem)
    }

    /// 问题类别全称 of a report: the same trouble as a violation.
    pub(super) fn report_problem(&self, online: bool) -> String {
        let violation = match self.problem.as_str() {
            "食品安全" => "食品安全违法",
            "广告" => "广告违法",
            "价格" => "价格违法",
            "计量" => "计量违法",
            "质量" if self.object.ends_with("食品") => "食品安全违法",
            "质量" => "产品质量违法",
            _ if online => "网络交易违法",
            _ => "侵害消费者权益",
        };
        format!("举报问题->{violation}")
    }
}

#[derive(Deserialize)]
struct File {
    matter: Vec<Matter>,
}

/// The matters of the catalogue, in the order of the file.
pub(super) fn matters() -> Result<Vec<Matter>, toml::de::Error> {
    toml::from_str::<File>(include_str!("data/matters.toml")).map(|file| file.matter)
}
