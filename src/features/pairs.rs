//! Pairs of features that may say more together than their sum: the candidates, by name. Training takes the few that
//! help on complaints it has not seen; a pair that is not declared here does not exist.

use crate::domain::decision::{Factor, MOST_RECORDS};
use crate::domain::ids::RegistrationNumber;

use super::observation::Observation;
use super::table::{Direction, FEATURES, Feature};

/// Most pairs in one model: as many as a person can read.
pub const MOST_PAIRS: usize = 8;

/// Two features seen together. Its value is 1 when both have reached a cut of theirs, else 0.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// Its name, in artefacts and reasons. Never reused for another meaning.
    pub code: &'static str,
    /// Name for people, in Chinese.
    pub zh: &'static str,
    /// The rows of both features in [`FEATURES`].
    pub rows: [usize; 2],
    /// Factor of Order 121 Art. 17 it belongs to.
    pub factor: Factor,
    /// In which direction it may count.
    pub direction: Direction,
}

impl Pair {
    const fn new(
        code: &'static str,
        zh: &'static str,
        features: [&str; 2],
        factor: Factor,
        direction: Direction,
    ) -> Self {
        Self { code, zh, rows: [row(features[0]), row(features[1])], factor, direction }
    }

    /// Both features.
    pub fn features(&self) -> [&'static Feature; 2] {
        self.rows.map(|row| &FEATURES[row])
    }

    /// Whether it is silent without a fact under items (1) to (4).
    pub const fn is_fact(&self) -> bool {
        !matches!(self.factor, Factor::Other | Factor::Context)
            && matches!(self.direction, Direction::MoreSuspicious)
    }

    /// The fact in Chinese: what either feature says.
    pub fn text(&self, seen: &Observation) -> String {
        let [one, other] = self.features().map(|feature| (feature.text)(seen));
        format!("{}：{one}；{other}", self.zh)
    }

    /// The earlier complaints it rests on, at most five, those of the first feature first.
    pub fn records(&self, seen: &Observation) -> Vec<RegistrationNumber> {
        let mut records = Vec::new();
        for record in self.features().iter().flat_map(|feature| feature.records(seen)) {
            if records.len() < MOST_RECORDS && !records.contains(&record) {
                records.push(record);
            }
        }
        records
    }
}

/// All candidates, in the order of every sum. What is capped - item (5), context - stands here beside a fact under items (1)
/// to (4) alone: without the fact the pair is silent, and so goes around no cap. A code that is not in the table does not
/// compile.
#[rustfmt::skip]
pub const PAIRS: &[Pair] = &[
    Pair::new("goods_punitive", "同类商品多家且求惩罚性赔偿", ["same_goods_30d", "punitive_demand"],
        Factor::Repetition, Direction::MoreSuspicious),
    Pair::new("goods_label", "同类商品多家且针对标签、广告或日期", ["same_goods_30d", "label_target"],
        Factor::Repetition, Direction::MoreSuspicious),
    Pair::new("operator_punitive", "同一经营者多次且求惩罚性赔偿", ["same_operator_30d", "punitive_demand"],
        Factor::Repetition, Direction::MoreSuspicious),
    Pair::new("target_punitive", "标签、广告、日期类问题多件且求惩罚性赔偿", ["target_90d", "punitive_demand"],
        Factor::Repetition, Direction::MoreSuspicious),
    Pair::new("alike_punitive", "同类投诉多件且求惩罚性赔偿", ["alike_90d", "punitive_demand"],
        Factor::Repetition, Direction::MoreSuspicious),
    Pair::new("alike_label", "同类投诉多件且针对标签、广告或日期", ["alike_90d", "label_target"],
        Factor::Repetition, Direction::MoreSuspicious),
    Pair::new("own_twins_punitive", "雷同文字多家且求惩罚性赔偿", ["own_twins_90d", "punitive_demand"],
        Factor::Repetition, Direction::MoreSuspicious),
    Pair::new("quantity_punitive", "购买数量异常且求惩罚性赔偿", ["quantity_over_usual", "punitive_demand"],
        Factor::Quantity, Direction::MoreSuspicious),
    Pair::new("orders_punitive", "拆分订单且求惩罚性赔偿", ["split_orders", "punitive_demand"],
        Factor::Quantity, Direction::MoreSuspicious),
    Pair::new("names_punitive", "多人同一联系方式且求惩罚性赔偿", ["shared_names", "punitive_demand"],
        Factor::SharedContact, Direction::MoreSuspicious),
    Pair::new("dispute_harm", "同一纠纷再次反映且陈述损害", ["same_dispute_365d", "harm_or_service"],
        Factor::Context, Direction::LessSuspicious),
    Pair::new("burst_harm", "多人投诉同一经营者且陈述损害", ["burst_7d", "harm_or_service"],
        Factor::Context, Direction::LessSuspicious),
    Pair::new("proof_harm", "有消费凭证且陈述损害", ["proof_shown", "harm_or_service"],
        Factor::Proof, Direction::LessSuspicious),
    Pair::new("amount_harm", "金额较大且陈述损害", ["amount_yuan", "harm_or_service"],
        Factor::Context, Direction::LessSuspicious),
];

/// The row of a feature. An unknown code indexes past the table, which ends the compilation: [`PAIRS`] is a constant.
const fn row(code: &str) -> usize {
    let mut row = 0;
    while !same(FEATURES[row].code.as_bytes(), code.as_bytes()) {
        row += 1;
    }
    row
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::observation::tests::extreme;

    #[test]
    fn codes_are_unique_and_both_features_may_speak_as_the_pair_does() {
        let mut codes: Vec<_> = PAIRS.iter().map(|pair| pair.code).collect();
        codes.extend(FEATURES.iter().map(|feature| feature.code));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), PAIRS.len() + FEATURES.len());
        for pair in PAIRS {
            assert_ne!(pair.rows[0], pair.rows[1], "{}", pair.code);
            let may_raise = pair.direction != Direction::LessSuspicious;
            let has_fact = pair.features().iter().any(|feature| feature.is_fact());
            assert!(has_fact == may_raise, "{}: what may raise stands on a fact", pair.code);
            assert!(has_fact == pair.is_fact(), "{}", pair.code);
            for feature in pair.features() {
                // Or more of the feature could turn the score the other way.
                let same = [pair.direction, Direction::Either].contains(&feature.direction);
                assert!(same, "{}: {} points elsewhere", pair.code, feature.code);
            }
        }
    }

    /// Promises 4 and 16, as for the features themselves.
    #[test]
    fn a_pair_tells_two_facts_and_no_label_of_a_person() {
        let seen = extreme();
        for pair in PAIRS {
            let text = pair.text(&seen);
            for feature in pair.features() {
                assert!(text.contains(&(feature.text)(&seen)), "{text}");
            }
            for forbidden in ["举报", "复议", "诉讼", "信息公开", "立案", "职业", "打假", "恶意", "索赔人"]
            {
                assert!(!text.contains(forbidden), "{forbidden} in {text}");
            }
            assert!(text.chars().count() < 200, "{text}");
            assert!(pair.records(&seen).len() <= MOST_RECORDS);
        }
    }
}
