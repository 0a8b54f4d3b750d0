//! What the order that governs a complaint says of a score (适用规则).

use crate::domain::deadline::Law;

/// What a score is and who decides: stands on every sheet, before the score.
pub(super) fn advice(law: Law) -> &'static str {
    match law {
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
