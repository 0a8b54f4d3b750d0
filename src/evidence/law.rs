//! The rules a complaint stands under (适用规则), by the day it was received, and what they say of a score.

use crate::domain::time::{Day, Timestamp};

/// A set of rules (规则).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// 国家市场监督管理总局令第121号, in force since 2026-04-15 (Art. 46).
    Order121,
    /// 国家市场监督管理总局令第20号, in force since 2020-01-01 (its Art. 40).
    Order20,
    /// 此前: before either.
    Earlier,
}

/// 2026-04-15 and 2020-01-01, 00:00 of UTC+8, in microseconds.
const ORDER_121: Timestamp = Timestamp(1_776_182_400_000_000);
const ORDER_20: Timestamp = Timestamp(1_577_808_000_000_000);

impl Law {
    /// The rules in force on the day of receipt.
    pub fn of(received: Day) -> Self {
        if received >= ORDER_121.day() {
            Law::Order121
        } else if received >= ORDER_20.day() {
            Law::Order20
        } else {
            Law::Earlier
        }
    }

    /// How the rules are cited. By number: their title names more than complaints.
    pub fn zh(self) -> &'static str {
        match self {
            Law::Order121 => "国家市场监督管理总局令第121号（自2026年4月15日起施行）",
            Law::Order20 => "国家市场监督管理总局令第20号（2026年4月15日前收到的件适用）",
            Law::Earlier => "收到时国家市场监督管理总局令第20号尚未施行",
        }
    }

    /// What a score is and who decides: stands on every sheet, before the score.
    pub fn advice(self) -> &'static str {
        match self {
            Law::Order121 => {
                "评分仅供参考，不作为不予受理等决定的依据，也不决定任何事项。本件是否属于第十六条第三项规定的情形，由承办人员结合第十七条所列因素和本件证据审查判断；受理或者不予受理，由承办人员依第十五条决定并告知，不予受理的，由其本人写明理由，并告知其他解决争议的途径。"
            }
            Law::Order20 => {
                "评分仅供参考，不作为不予受理等决定的依据，也不决定任何事项。本件是否属于第20号令第十五条第三项规定的情形，由承办人员结合本件证据审查判断；受理或者不予受理，由承办人员依第十四条决定并告知，不予受理的，由其本人写明理由。所列“第十二条”“第十七条”出自第121号令，本件收到时尚未施行，在此只用于归类和说明。"
            }
            Law::Earlier => {
                "评分仅供参考，不作为不予受理等决定的依据，也不决定任何事项。本件应否受理，由承办人员依收到时的规定和本件证据审查决定，并由其本人写明理由。所列“第十二条”“第十七条”出自第121号令，本件收到时尚未施行，在此只用于归类和说明。"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_change_on_their_days() {
        let of = |day| Law::of(Day::parse(day).unwrap());
        assert_eq!((of("2026-04-14"), of("2026-04-15")), (Law::Order20, Law::Order121));
        assert_eq!((of("2019-12-31"), of("2020-01-01")), (Law::Earlier, Law::Order20));
        for law in [Law::Order121, Law::Order20, Law::Earlier] {
            assert!(law.advice().contains("不作为不予受理等决定的依据"), "{law:?}");
            assert!(!law.advice().contains("举报") && !law.zh().contains("举报"), "{law:?}");
        }
    }
}
