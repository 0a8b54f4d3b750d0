//! Features of one complaint's own words, demands and purchase.

use super::{COUNT, Direction, Feature, Measure, flag};
use crate::domain::decision::{Factor, Gate};
use crate::features::observation::Observation;

/// Most distinct phrases of one list that count.
const MOST_PHRASES: f64 = 8.0;
/// Most times the price that count: a minimum of 1,000 yuan on goods of 5 yuan.
const MOST_RATIO: f64 = 200.0;
/// Up to this price a minimum award dwarfs the goods (published cases: 4.68 and 22 yuan). In fen.
const SMALL_PRICE_FEN: i64 = 5_000;
const MOST_YUAN: f64 = 100_000.0;

/// A feature of the words.
const WORD: Feature = Feature { factor: Factor::Other, ..COUNT };

pub(super) const WORDS: &[Feature] = &[
    Feature {
        code: "punitive_demand",
        version: 6,
        zh: "惩罚性赔偿诉求",
        factor: Factor::Other,
        unit: "0/1",
        most: 1.0,
        cap: Some(1.5),
        direction: Direction::MoreSuspicious,
        reads: "诉求或正文要求数倍赔偿（退一赔三、赔十等各种写法）、法定最低赔偿（500元、1000元）或惩罚性赔偿；商家的规定、承诺，以及询问能否要求的，不计",
        measure: Measure::Complaint(|seen| flag(seen.signals.demand.punitive())),
        text: |seen| format!("本件诉求含{}，系法定权利，仅供参考", demanded(seen)),
        ..WORD
    },
    Feature {
        code: "award_ratio",
        version: 5,
        zh: "要求的赔偿与消费金额之比",
        factor: Factor::Other,
        unit: "倍",
        most: MOST_RATIO,
        // A right of every consumer: it may point, not carry.
        cap: Some(1.0),
        direction: Direction::MoreSuspicious,
        reads: "要求的赔偿（写明的金额，或倍数与其法定最低额中较大者；不含退款、医药费、精神抚慰金等损失）除以消费金额",
        measure: Measure::Complaint(award_ratio),
        text: |seen| {
            let ratio = award_ratio(seen);
            format!(
                "消费金额 {} 元，要求的赔偿约为其 {} 倍；要求赔偿本身不违法，仅供参考",
                yuan(seen),
                hundredths(ratio)
            )
        },
        ..WORD
    },
    Feature {
        code: "citations",
        version: 6,
        zh: "引用法律条文或标准数",
        factor: Factor::Other,
        unit: "处",
        most: MOST_PHRASES,
        cap: Some(1.0),
        // To name the law that helps is a right: one counts nothing (promise 4).
        floor: 2.0,
        direction: Direction::MoreSuspicious,
        reads: "正文和诉求引用的不同法律条文、国家标准数；同一法律的不同条文分别计；引用一处系行使权利，不计",
        measure: Measure::Complaint(|seen| seen.signals.citations() as f64),
        text: |seen| {
            let count = seen.signals.citations();
            let sources = seen.signals.citation_texts();
            let more = if sources.len() > 2 { "等" } else { "" };
            let sources = sources.iter().take(2).map(String::as_str).collect::<Vec<_>>().join("、");
            format!("文中引用法律条文或标准 {count} 处（{sources}{more}），普通消费者亦可能如此，仅供参考")
        },
        ..WORD
    },
    Feature {
        code: "formal_wording",
        version: 5,
        zh: "格式化、专业化用语",
        factor: Factor::Other,
        unit: "种",
        most: MOST_PHRASES,
        cap: Some(1.0),
        direction: Direction::MoreSuspicious,
        reads: "文书式标题、施压用语中出现的不同用语数；请求书面答复、按期答复、拒绝调解、要求查处的用语系行使权利，不计；由热线人员记录的文字不计",
        measure: Measure::Complaint(|seen| if seen.by_hotline { 0.0 } else { count(&seen.signals.formal) }),
        text: |seen| format!("文中含格式化、专业化用语：{}", quoted(&seen.signals.formal)),
        ..WORD
    },
    Feature {
        code: "label_target",
        version: 7,
        zh: "针对标签、广告用语或小额过期商品",
        factor: Factor::Other,
        unit: "种",
        most: MOST_PHRASES,
        cap: Some(2.0),
        direction: Direction::MoreSuspicious,
        reads: "标签、标准、净含量、中文标签、广告用语、引号内绝对化用语中的不同用语数；只写明配料、净含量等内容，未指出问题的，不计；50元以下商品过期另计一种",
        measure: Measure::Complaint(|seen| targets(seen).len() as f64),
        text: |seen| format!("所诉问题涉及标签、广告用语或日期：{}", quoted(&targets(seen))),
        ..WORD
    },
    Feature {
        code: "harm_or_service",
        version: 6,
        zh: "陈述实际损害或履约纠纷",
        factor: Factor::Proof,
        unit: "种",
        most: MOST_PHRASES,
        direction: Direction::LessSuspicious,
        reads: "身体伤害、不适、食品安全、预付卡、维修、退换、计量、价格、配送等真实纠纷的不同用语数",
        measure: Measure::Complaint(|seen| count(&seen.signals.harm)),
        text: |seen| format!("文中陈述实际损害或履约纠纷：{}", quoted(&seen.signals.harm)),
        ..WORD
    },
    Feature {
        code: "quantity_over_usual",
        version: 4,
        zh: "购买数量与通常数量之比",
        factor: Factor::Quantity,
        unit: "倍",
        most: 50.0,
        cap: Some(5.0),
        floor: 3.0,
        gate: Some(Gate::Quantity),
        prior: &[(4.0, 0.7), (10.0, 1.5), (20.0, 3.0), (40.0, 3.5)],
        direction: Direction::MoreSuspicious,
        reads: "购买数量（登记项或正文，取大者）除以同类商品家庭一次通常购买数量；正文写明保质期的，通常数量不超过其天数；未超出为0，只求退换、补足损失又没有拆分订单的（婚宴、年节、单位采购等）为0",
        measure: Measure::Complaint(times_usual),
        text: |seen| {
            let bought = &seen.signals.purchase;
            let kept = bought.shelf_days.map_or_else(String::new, |days| format!("、保质期 {days} 天"));
            let times = times_usual(seen);
            format!(
                "购买数量 {}，为同类商品通常数量（{}{kept}，参考值）的 {} 倍",
                bought.quantity,
                bought.usual,
                hundredths(times)
            )
        },
    },
    Feature {
        code: "split_orders",
        version: 4,
        zh: "一次购买拆分的订单数",
        factor: Factor::Quantity,
        unit: "单",
        most: 20.0,
        cap: Some(5.0),
        floor: 3.0,
        gate: Some(Gate::Purchases),
        prior: &[(3.0, 0.7), (5.0, 1.5), (10.0, 2.0)],
        direction: Direction::MoreSuspicious,
        reads: "正文所述分开下单、分N单、分N次付款的单数，未写明数目的计2；定金、尾款、分期不计",
        measure: Measure::Complaint(|seen| seen.signals.purchase.orders as f64),
        text: |seen| format!("文中陈述一次购买至少分为 {} 单", seen.signals.purchase.orders),
    },
    Feature {
        code: "knowing_purchase",
        version: 3,
        zh: "知悉问题后购买",
        factor: Factor::Other,
        unit: "0/1",
        most: 1.0,
        // Left out of the final Art. 17: never a sole ground.
        cap: Some(0.3),
        direction: Direction::MoreSuspicious,
        reads: "正文自述知道问题仍购买、为取证购买或投诉、获赔后再次购买；第十七条未列明，不得单独作为依据",
        measure: Measure::Complaint(|seen| flag(seen.signals.purchase.knowing.is_some())),
        text: |seen| {
            let phrase = seen.signals.purchase.knowing.unwrap_or_default();
            format!("文中自述知悉问题后购买（“{phrase}”）；第十七条未列明，不得单独作为依据")
        },
        ..WORD
    },
    Feature {
        code: "proof_shown",
        version: 3,
        zh: "附有或提及消费凭证",
        factor: Factor::Proof,
        unit: "0/1",
        most: 1.0,
        direction: Direction::LessSuspicious,
        reads: "有订单号或附件，或正文提及小票、付款记录、照片等；“无小票”等不计",
        measure: Measure::Complaint(|seen| flag(seen.signals.proof)),
        text: |_| "附有或提及消费凭证（订单号、附件、小票等）".to_owned(),
        ..WORD
    },
    Feature {
        code: "proof_missing",
        version: 4,
        zh: "自述无凭证或不愿提供",
        factor: Factor::Proof,
        unit: "0/1",
        most: 1.0,
        // Many an honest buyer throws the slip away.
        cap: Some(0.5),
        direction: Direction::MoreSuspicious,
        reads: "没有订单号和附件，且正文自述无小票、未保留凭证、不愿提供凭证等；商家不给票据、不愿提供身份不计",
        measure: Measure::Complaint(|seen| flag(seen.signals.no_proof.is_some())),
        text: |seen| {
            let phrase = seen.signals.no_proof.unwrap_or_default();
            format!("文中自述无消费凭证或不愿提供（“{phrase}”），可请其补充")
        },
        ..WORD
    },
    Feature {
        code: "amount_yuan",
        version: 1,
        zh: "消费金额",
        factor: Factor::Context,
        unit: "元",
        most: MOST_YUAN,
        // An unknown amount counts as a small one: it can lower nothing.
        direction: Direction::LessSuspicious,
        reads: "登记的消费金额；未登记为0",
        measure: Measure::Complaint(|seen| seen.amount_fen.unwrap_or(0) as f64 / 100.0),
        text: |seen| format!("消费金额 {} 元", yuan(seen)),
        ..WORD
    },
];

fn count(phrases: &[&str]) -> f64 {
    phrases.len() as f64
}

fn award_ratio(seen: &Observation) -> f64 {
    let price = seen.amount_fen.filter(|fen| *fen > 0);
    price.map_or(0.0, |fen| seen.signals.demand.award_fen(fen) as f64 / fen as f64).min(MOST_RATIO)
}

/// Who buys for a wedding or a canteen and wants back what was paid gains nothing by the quantity.
fn times_usual(seen: &Observation) -> f64 {
    let purchase = &seen.signals.purchase;
    let gains = seen.signals.demand.punitive() || purchase.orders > 1 || purchase.knowing.is_some();
    if gains { purchase.times_usual() } else { 0.0 }
}

/// What makes the demand a punitive one, without quoting the complaint.
fn demanded(seen: &Observation) -> String {
    let demand = &seen.signals.demand;
    let words = demand.words.unwrap_or("惩罚性赔偿");
    match (demand.multiple, demand.least_fen(), demand.sum_fen) {
        (Some(multiple), _, _) => format!("价款 {multiple} 倍赔偿"),
        (None, Some(fen), _) => format!("法定最低赔偿（{} 元）", fen / 100),
        (None, None, Some(fen)) => format!("“{words}”（{} 元）", hundredths(fen as f64 / 100.0)),
        (None, None, None) => format!("“{words}”"),
    }
}

/// Label and wording targets; a date that has passed is one where the goods are cheap.
fn targets(seen: &Observation) -> Vec<&'static str> {
    let is_small = seen.amount_fen.is_some_and(|fen| (1..=SMALL_PRICE_FEN).contains(&fen));
    seen.signals.label.iter().copied().chain(seen.signals.expired.filter(|_| is_small)).collect()
}

fn quoted(phrases: &[&str]) -> String {
    let text = phrases.iter().take(4).map(|phrase| format!("“{phrase}”")).collect::<Vec<_>>().join("、");
    if phrases.len() > 4 { format!("{text}等 {} 处", phrases.len()) } else { text }
}

/// With as many decimals as it needs, two at most: what is printed beside it is not rounded otherwise.
fn hundredths(value: f64) -> String {
    format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn yuan(seen: &Observation) -> String {
    let fen = seen.amount_fen.unwrap_or(0);
    if fen % 100 == 0 { (fen / 100).to_string() } else { format!("{}.{:02}", fen / 100, fen % 100) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::submission::Submission;
    use crate::features::history::{History, KeyHashes};
    use crate::features::observe;

    fn see(complaint: &serde_json::Value) -> Observation {
        let submission: Submission = serde_json::from_value(json!({
            "number": "X1", "received": { "at": 0 }, "complainant": {}, "respondent": {}, "complaint": complaint,
        }))
        .unwrap();
        observe(&submission, &KeyHashes::default(), &History::default(), None).unwrap()
    }

    fn said(seen: &Observation, code: &str) -> (f64, String) {
        let feature = WORDS.iter().find(|feature| feature.code == code).unwrap();
        (feature.value(seen), (feature.text)(seen))
    }

    #[test]
    fn reasons_say_the_fact_and_what_it_is_worth() {
        let seen = see(&json!({
            "text": "买了48盒酸奶，保质期6天，分4单付款，根据食安法148条、消法55条，退一赔十。小票丢了。",
            "amount_fen": 2_000, "product": "酸奶",
        }));
        let expected = [
            ("punitive_demand", 1.0, "本件诉求含价款 10 倍赔偿，系法定权利，仅供参考"),
            ("award_ratio", 50.0, "消费金额 20 元，要求的赔偿约为其 50 倍；要求赔偿本身不违法，仅供参考"),
            (
                "citations",
                2.0,
                "文中引用法律条文或标准 2 处（《食品安全法》第148条、《消费者权益保护法》第55条），普通消费者亦可能如此，仅供参考",
            ),
            ("quantity_over_usual", 8.0, "购买数量 48，为同类商品通常数量（6、保质期 6 天，参考值）的 8 倍"),
            ("split_orders", 4.0, "文中陈述一次购买至少分为 4 单"),
            ("proof_missing", 1.0, "文中自述无消费凭证或不愿提供（“小票丢”），可请其补充"),
        ];
        for (code, value, text) in expected {
            assert_eq!(said(&seen, code), (value, text.to_owned()));
        }
    }

    #[test]
    fn a_sum_is_called_a_statutory_minimum_only_where_it_is_one() {
        let of = |text: &str| said(&see(&json!({ "text": text })), "punitive_demand").1;
        for (text, demanded) in [
            ("茶叶过期，要求惩罚性赔偿13530元", "“惩罚性赔偿”（13530 元）"),
            ("茶叶过期，要求最低赔偿59.7元", "“最低赔偿”（59.7 元）"),
            ("茶叶过期，要求惩罚性赔偿", "“惩罚性赔偿”"),
            ("茶叶过期，要求惩罚性赔偿1000元", "法定最低赔偿（1000 元）"),
            ("茶叶过期，不足五百按五百赔偿", "法定最低赔偿（500 元）"),
        ] {
            assert_eq!(of(text), format!("本件诉求含{demanded}，系法定权利，仅供参考"), "{text}");
        }
    }

    #[test]
    fn to_cite_the_law_once_counts_nothing() {
        let of = |text: &str| said(&see(&json!({ "text": text })), "citations").0;
        assert_eq!(of("依据食品安全法第148条，请求赔偿。"), 0.0);
        assert_eq!(of("依据食品安全法第148条和消费者权益保护法第55条，请求赔偿。"), 2.0);
    }

    #[test]
    fn a_date_that_has_passed_is_a_target_where_the_goods_are_cheap() {
        let of = |fen: i64| {
            said(&see(&json!({ "text": "货架上的火腿过期了", "amount_fen": fen })), "label_target").0
        };
        assert_eq!([of(1_000), of(5_000), of(5_001)], [1.0, 1.0, 0.0]);
    }

    proptest! {
        /// Whatever is written, a value stays in its range and a reason stays a reason.
        #[test]
        fn any_complaint_has_values_in_range(
            text in "(.|买了|赔|倍|一|百|千|万|第|条|分|单|保质期|天|GB|消法|食品安全法|元|，|盒|标签|[0-9]){1,60}",
            demand in "(赔偿|退一赔|[0-9]|千|万|元|.){1,12}",
            amount in 0_i64..1_000_000_000_000,
            quantity in 1_i64..1_000_000,
        ) {
            let complaint = json!({
                "text": text, "demands": [demand], "amount_fen": amount, "quantity": quantity, "sales_mode": "现场购物",
            });
            let seen = see(&complaint);
            for feature in WORDS {
                let value = feature.value(&seen);
                prop_assert!((0.0..=feature.most).contains(&value), "{}: {value}", feature.code);
                prop_assert!(!(feature.text)(&seen).is_empty() && feature.records(&seen).is_empty());
            }
        }
    }
}
