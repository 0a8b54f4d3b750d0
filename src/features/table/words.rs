//! Features of one complaint's own words, demands and purchase.

use super::{Direction, Feature, LN_ONE, flag};
use crate::domain::decision::Factor;
use crate::domain::ids::RegistrationNumber;
use crate::features::observation::Observation;

/// `ln(1 + 8)`, for counts of phrases.
pub(super) const LN_PHRASES: f64 = 2.197_224_577_336_219_6;
pub(super) const MOST_PHRASES: usize = 8;
/// Up to this price a minimum award dwarfs the goods (published cases: 4.68 and 22 yuan). In fen.
const SMALL_PRICE_FEN: i64 = 5_000;
/// `ln(1000)`: 100,000 yuan over the 100 that count as small.
const LN_AMOUNT: f64 = 6.907_755_278_982_137;

pub(super) const WORDS: &[Feature] = &[
    Feature {
        code: "punitive_demand",
        version: 1,
        zh: "惩罚性赔偿诉求",
        factor: Factor::Other,
        unit: "0/1",
        most: 1.0,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| flag(seen.signals.punitive.is_some()),
        text: |seen| {
            let phrase = seen.signals.punitive.unwrap_or_default();
            format!("本件诉求含惩罚性或法定最低赔偿（“{phrase}”），系法定权利，仅供参考")
        },
        records: no_records,
    },
    Feature {
        code: "small_price_punitive",
        version: 1,
        zh: "小额消费并求惩罚性赔偿",
        factor: Factor::Other,
        unit: "0/1",
        most: 1.0,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| flag(seen.signals.punitive.is_some() && small_price(seen)),
        text: |seen| format!("消费金额 {} 元，同时要求惩罚性或法定最低赔偿", yuan(seen)),
        records: no_records,
    },
    Feature {
        code: "statutes",
        version: 1,
        zh: "引用法律法规或标准数",
        factor: Factor::Other,
        unit: LN_ONE,
        most: LN_PHRASES,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| ln_phrases(seen.signals.statutes),
        text: |seen| {
            format!("文中引用法律法规或标准 {} 处，普通消费者亦可能如此，仅供参考", seen.signals.statutes)
        },
        records: no_records,
    },
    Feature {
        code: "formal_wording",
        version: 1,
        zh: "格式化、专业化用语",
        factor: Factor::Other,
        unit: LN_ONE,
        most: LN_PHRASES,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| ln_phrases(seen.signals.formal.len()),
        text: |seen| format!("文中含格式化、专业化用语：{}", quoted(&seen.signals.formal)),
        records: no_records,
    },
    Feature {
        code: "label_target",
        version: 1,
        zh: "针对标签、广告用语或日期",
        factor: Factor::Other,
        unit: LN_ONE,
        most: LN_PHRASES,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| ln_phrases(seen.signals.label.len()),
        text: |seen| format!("所诉问题涉及标签、广告用语或日期：{}", quoted(&seen.signals.label)),
        records: no_records,
    },
    Feature {
        code: "harm_or_service",
        version: 1,
        zh: "陈述实际损害或履约纠纷",
        factor: Factor::Proof,
        unit: LN_ONE,
        most: LN_PHRASES,
        cap: None,
        direction: Direction::LessSuspicious,
        value: |seen| ln_phrases(seen.signals.harm.len()),
        text: |seen| format!("文中陈述实际损害或履约纠纷：{}", quoted(&seen.signals.harm)),
        records: no_records,
    },
    Feature {
        code: "proof_shown",
        version: 1,
        zh: "附有或提及消费凭证",
        factor: Factor::Proof,
        unit: "0/1",
        most: 1.0,
        cap: None,
        direction: Direction::LessSuspicious,
        value: |seen| flag(seen.signals.proof),
        text: |_| "附有或提及消费凭证（订单号、附件、小票等）".to_owned(),
        records: no_records,
    },
    Feature {
        code: "amount_over_100",
        version: 1,
        zh: "消费金额（100元以上部分）",
        factor: Factor::Context,
        unit: "ln(yuan/100)",
        most: LN_AMOUNT,
        // An unknown amount counts as a small one: it can lower nothing.
        cap: None,
        direction: Direction::LessSuspicious,
        value: |seen| {
            let fen = seen.amount_fen.unwrap_or(0).clamp(10_000, 10_000_000);
            (fen as f64 / 10_000.0).ln()
        },
        text: |seen| format!("消费金额 {} 元", yuan(seen)),
        records: no_records,
    },
];

fn no_records(_: &Observation) -> Vec<RegistrationNumber> {
    Vec::new()
}

fn ln_phrases(count: usize) -> f64 {
    (count.min(MOST_PHRASES) as f64).ln_1p()
}

fn small_price(seen: &Observation) -> bool {
    seen.amount_fen.is_some_and(|fen| (1..=SMALL_PRICE_FEN).contains(&fen))
}

fn quoted(phrases: &[&str]) -> String {
    let text = phrases.iter().take(4).map(|phrase| format!("“{phrase}”")).collect::<Vec<_>>().join("、");
    if phrases.len() > 4 { format!("{text}等 {} 处", phrases.len()) } else { text }
}

fn yuan(seen: &Observation) -> String {
    let fen = seen.amount_fen.unwrap_or(0);
    if fen % 100 == 0 { (fen / 100).to_string() } else { format!("{}.{:02}", fen / 100, fen % 100) }
}
