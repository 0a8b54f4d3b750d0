//! What the order that governs a complaint says of a score (适用规则).

use crate::domain::deadline::Law;

/// What a score is and who decides: stands on every sheet, before the score.
pub(super) fn advice(law: Law) -> &'static str {
    match law {
        Law::Order121 => {
            "评分仅供参考，不作为不予受理等决定的依据，不决定受理与否、期限和处理结果。本件是否属于第十六条第三项规定的情形，由承办人员结合第十七条所列因素和本件证据审查判断；受理或者不予受理，由本局依第十五条决定并告知；不予受理的，承办人员写明理由，按程序审批，并告知其他解决争议的途径。"
        }
        Law::Order20 => {
            "评分仅供参考，不作为不予受理等决定的依据，不决定受理与否、期限和处理结果。本件是否属于第20号令第十五条第三项规定的情形，由承办人员结合本件证据审查判断；受理或者不予受理，由本局依第十四条决定并告知；不予受理的，承办人员写明理由，按程序审批。所列“第十二条”“第十七条”出自第121号令，本件收到时尚未施行，在此只用于归类和说明。"
        }
        Law::Earlier => {
            "评分仅供参考，不作为不予受理等决定的依据，不决定受理与否、期限和处理结果。本件应否受理，由本局依收到时的规定和本件证据审查决定，承办人员写明理由，按程序审批。所列“第十二条”“第十七条”出自第121号令，本件收到时尚未施行，在此只用于归类和说明。"
        }
    }
}

/// The provisions by which a complaint is judged, word for word, as published in the order.
pub(super) fn articles(law: Law) -> &'static [&'static str] {
    match law {
        Law::Order121 => &[
            "国家市场监督管理总局令第121号第十六条 投诉有下列情形之一的，市场监督管理部门不予受理：……（三）不是为生活消费需要购买、使用商品或者接受服务，或者不能证明与被投诉人之间存在消费者权益争议的；……",
            "第十七条 市场监督管理部门判断投诉是否属于本办法第十六条第三项规定的情形，可以考虑以下因素：（一）购买商品的数量、次数、频率等与商品保质期或者消费者的通常消费习惯明显不符的；（二）同一投诉人对同一经营者、同一类商品或者服务、同一类问题短期内大量投诉，或者不同投诉人恶意串通，对同一经营者、同一类商品或者服务、同一类问题短期内集中投诉的；（三）不能证明存在已实际购买商品或者接受服务、自身合法权益已实际受到侵害等真实消费关系或者消费者权益争议的；（四）多人使用同一手机号码、通讯地址等联系方式投诉的；（五）其他根据实际需要可以考虑的因素。设区的市级以上市场监督管理部门可以结合实际，对本办法第十六条第三项规定情形的判断因素进行细化。",
        ],
        Law::Order20 | Law::Earlier => &[
            "国家市场监督管理总局令第20号第十五条 投诉有下列情形之一的，市场监督管理部门不予受理：……（三）不是为生活消费需要购买、使用商品或者接受服务，或者不能证明与被投诉人之间存在消费者权益争议的；……",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statute::RuleSet;

    #[test]
    fn every_order_says_that_a_score_is_no_ground_and_nothing_of_reports() {
        for law in Law::ALL {
            assert!(advice(*law).contains("不作为不予受理等决定的依据"), "{law:?}");
            let rules = RuleSet::of(*law).in_force();
            assert!(!advice(*law).contains("举报") && !rules.contains("举报"), "{law:?}");
        }
    }
}
