//! Facts under items (1), (2) and (4) of Art. 17 that the past shows: purchases, complaints alike, names behind one contact.
//!
//! Short (短期) is 30 days, 90 at most. A count below its floor is none: 大量 is not two. Priors are ours, for lack of a
//! published figure: how strongly such a fact counts where a bureau's own findings hold no example of it.

use super::{COUNT, Direction, Feature, Measure};
use crate::domain::decision::{Factor, Gate};
use crate::features::observation::Observation;

/// A fact that can open the band High.
const FACT: Feature = Feature { direction: Direction::MoreSuspicious, cap: Some(5.0), ..COUNT };

pub(super) const FACTS: &[Feature] = &[
    Feature {
        code: "purchases_30d",
        version: 2,
        zh: "30天内同类商品或同一经营者的购买次数",
        factor: Factor::Quantity,
        unit: "次",
        floor: 3.0,
        gate: Some(Gate::Purchases),
        prior: &[(4.0, 1.0), (6.0, 2.0), (10.0, 3.0)],
        reads: "本件及之前30天内的关联投诉中，购买同类商品或者向同一经营者购买的次数（本件与该件都只求补足损失的不计），按订单号计，没有订单号的按购买日（登记项或者正文）计",
        measure: Measure::Past(|seen| &seen.purchases),
        text: |seen| {
            format!(
                "本件及之前30天内的关联投诉显示，购买同类商品或者向同一经营者购买 {} 次（按订单号、购买日计）{}",
                seen.purchases.count,
                of_others(seen)
            )
        },
        ..FACT
    },
    Feature {
        code: "same_operator_30d",
        version: 2,
        zh: "30天内对同一经营者的其他投诉数",
        factor: Factor::Repetition,
        floor: 2.0,
        gate: Some(Gate::Repetition),
        prior: &[(4.0, 1.5), (6.0, 2.5), (10.0, 3.0)],
        reads: "30天内关联投诉中，投诉同一经营者的件数，本件与该件都只求补足损失的不计；订单号、购买日、商品均不能区分的为同一纠纷，不计",
        measure: Measure::Past(|seen| &seen.same_operator),
        text: |seen| {
            format!(
                "本件之前30天内，关联投诉就其他购买或者其他商品投诉同一经营者 {} 件{}",
                seen.same_operator.count,
                of_others(seen)
            )
        },
        ..FACT
    },
    Feature {
        code: "same_goods_30d",
        version: 2,
        zh: "30天内就同类商品投诉其他经营者数",
        factor: Factor::Repetition,
        floor: 2.0,
        gate: Some(Gate::Repetition),
        prior: &[(3.0, 1.0), (5.0, 2.0), (8.0, 3.0)],
        reads: "30天内关联投诉中，就同类商品或服务投诉其他经营者的件数，本件与该件都只求补足损失的不计；同为食品不算同类",
        measure: Measure::Past(|seen| &seen.same_goods),
        text: |seen| {
            format!(
                "本件之前30天内，关联投诉就同类商品或服务投诉其他经营者 {} 件{}",
                seen.same_goods.count,
                of_others(seen)
            )
        },
        ..FACT
    },
    Feature {
        code: "same_problem_30d",
        version: 2,
        zh: "30天内就同类问题的其他投诉数",
        factor: Factor::Repetition,
        floor: 3.0,
        gate: Some(Gate::Repetition),
        prior: &[(5.0, 0.5), (8.0, 1.0)],
        reads: "30天内关联投诉中，同类问题的件数：标签、广告、日期类为一类，其他按问题类别；本件或者该件只求补足损失的、同一纠纷不计",
        measure: Measure::Past(|seen| &seen.same_problem),
        text: |seen| {
            format!(
                "本件之前30天内，关联投诉就同类问题另有 {} 件{}",
                seen.same_problem.count,
                of_others(seen)
            )
        },
        ..FACT
    },
    Feature {
        code: "target_90d",
        version: 2,
        zh: "90天内就标签、广告、日期类问题的其他投诉数",
        factor: Factor::Repetition,
        floor: 2.0,
        gate: Some(Gate::Repetition),
        prior: &[(3.0, 1.0), (5.0, 2.0), (8.0, 3.0)],
        reads: "本件所诉为标签、标准、广告用语或者日期的，90天内关联投诉中同为此类问题的件数，同一纠纷不计",
        measure: Measure::Past(|seen| &seen.target),
        text: |seen| {
            format!(
                "本件之前90天内，关联投诉就标签、广告用语或者日期类问题另有 {} 件{}",
                seen.target.count,
                of_others(seen)
            )
        },
        ..FACT
    },
    Feature {
        code: "alike_90d",
        version: 2,
        zh: "90天内同类投诉数",
        factor: Factor::Repetition,
        floor: 3.0,
        prior: &[(8.0, 0.5), (12.0, 1.0)],
        reads: "90天内关联投诉中，经营者、商品、问题三者至少一项相同的件数，本件与该件都只求补足损失的、同一纠纷不计",
        measure: Measure::Past(|seen| &seen.alike),
        text: |seen| {
            format!(
                "本件之前90天内，关联投诉涉及同一经营者、同类商品或者同类问题 {} 件{}",
                seen.alike.count,
                of_others(seen)
            )
        },
        ..FACT
    },
    Feature {
        code: "same_day_shops",
        version: 3,
        zh: "一天内就同类商品投诉的其他经营者数",
        factor: Factor::Repetition,
        unit: "家",
        floor: 2.0,
        gate: Some(Gate::Repetition),
        prior: &[(3.0, 1.5), (6.0, 2.5)],
        reads: "一天内关联投诉中，就同类商品投诉的其他经营者家数，本件与该件都只求补足损失的不计",
        measure: Measure::Past(|seen| &seen.same_day),
        text: |seen| {
            format!("一天之内关联投诉就同类商品涉及其他经营者 {} 家{}", seen.same_day.count, of_others(seen))
        },
        ..FACT
    },
    Feature {
        code: "own_twins_90d",
        zh: "90天内以雷同文字投诉其他经营者数",
        factor: Factor::Repetition,
        floor: 2.0,
        gate: Some(Gate::Repetition),
        prior: &[(3.0, 1.0), (5.0, 2.0), (10.0, 3.0)],
        reads: "90天内关联投诉中，与本件同一文本模板、投诉其他经营者的件数",
        measure: Measure::Past(|seen| &seen.own_near_duplicates),
        text: |seen| {
            format!(
                "本件之前90天内，关联投诉以雷同文字投诉其他经营者 {} 件{}",
                seen.own_near_duplicates.count,
                of_others(seen)
            )
        },
        ..FACT
    },
    Feature {
        code: "same_plan_90d",
        version: 2,
        zh: "90天内商品、问题相同且均求惩罚性赔偿的其他投诉数",
        factor: Factor::Repetition,
        floor: 2.0,
        gate: Some(Gate::Repetition),
        prior: &[(3.0, 1.0), (6.0, 2.0)],
        reads: "90天内关联投诉中，与本件商品种类、问题种类相同，且都要求惩罚性赔偿的件数（文字可以不同），同一纠纷不计",
        measure: Measure::Past(|seen| &seen.same_plan),
        text: |seen| {
            format!(
                "本件之前90天内，关联投诉中商品、问题与本件相同，且都要求惩罚性赔偿的 {} 件{}",
                seen.same_plan.count,
                of_others(seen)
            )
        },
        ..FACT
    },
    Feature {
        code: "claims_90d",
        zh: "90天内以同类诉求投诉的其他经营者数",
        factor: Factor::Repetition,
        unit: "家",
        floor: 2.0,
        gate: Some(Gate::Claims),
        prior: &[(3.0, 1.0), (5.0, 2.0), (8.0, 3.0)],
        reads: "本件求惩罚性赔偿，或者所诉为标签、标准、广告用语或者日期的，90天内关联投诉中以同类诉求投诉的其他经营者家数",
        measure: Measure::Past(|seen| &seen.claims),
        text: |seen| {
            format!(
                "本件之前90天内，关联投诉求惩罚性赔偿或者就标签、广告用语、日期投诉其他经营者 {} 家{}",
                seen.claims.count,
                of_others(seen)
            )
        },
        ..FACT
    },
    Feature {
        code: "shared_names",
        version: 5,
        zh: "90天内同一联系方式下行为一致的其他姓名数",
        factor: Factor::SharedContact,
        unit: "个",
        floor: 2.0,
        gate: Some(Gate::Names),
        prior: &[(2.0, 1.5), (3.0, 2.5), (5.0, 3.5)],
        reads: "90天内与本件使用同一电话、地址、账户、邮箱投诉，且以雷同文字投诉、就相同商品和问题求惩罚性赔偿，或者三人以上、涉及四家以上经营者以同类诉求投诉的其他姓名数；家庭、宾馆、热线等公用的不计",
        measure: Measure::Past(|seen| &seen.names),
        text: |seen| {
            format!(
                "90天内另有 {} 个姓名使用与本件相同的联系方式，投诉文字雷同，或者商品、问题、诉求同类",
                seen.names.count
            )
        },
        ..FACT
    },
];

/// Linked complaints may be of other names. Item (2) asks for one complainant, or for several in concert: who reads a count must see
/// that it is not of one person alone.
fn of_others(seen: &Observation) -> String {
    match seen.of_others {
        0 => String::new(),
        others => format!("；90天内的关联投诉中 {others} 件为其他姓名"),
    }
}
