//! Features of the past: what the complaint's cluster, its template and its operator's other complaints show.

use super::{Direction, Feature};
use crate::domain::decision::Factor;
use crate::features::history::MOST_ENTRIES;
use crate::features::observation::{Observation, Tally};

/// Counts saturate where history is not read further.
const MOST: f64 = MOST_ENTRIES as f64;
/// Twenty operators a person.
const MOST_TENTHS: usize = 200;
const MOST_SPREAD: f64 = MOST_TENTHS as f64;

pub(super) const PAST: &[Feature] = &[
    Feature {
        code: "linked_30d",
        version: 1,
        zh: "30天内关联投诉数",
        factor: Factor::Quantity,
        unit: "件",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "本件之前30天内，经电话、证件、邮箱、账户、地址关联到的投诉件数，同一纠纷不计",
        value: |seen| count(&seen.linked[0]),
        text: |seen| linked(seen, &seen.linked[0], 30),
        records: |seen| seen.linked[0].records.clone(),
    },
    Feature {
        code: "linked_90d",
        version: 1,
        zh: "90天内关联投诉数",
        factor: Factor::Quantity,
        unit: "件",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "本件之前90天内，关联到的投诉件数，同一纠纷不计",
        value: |seen| count(&seen.linked[1]),
        text: |seen| linked(seen, &seen.linked[1], 90),
        records: |seen| seen.linked[1].records.clone(),
    },
    Feature {
        code: "linked_365d",
        version: 1,
        zh: "365天内关联投诉数",
        factor: Factor::Quantity,
        unit: "件",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "本件之前365天内，关联到的投诉件数，同一纠纷不计",
        value: |seen| count(&seen.linked[2]),
        text: |seen| linked(seen, &seen.linked[2], 365),
        records: |seen| seen.linked[2].records.clone(),
    },
    Feature {
        code: "respondents_365d",
        version: 1,
        zh: "365天内关联投诉涉及的其他经营者数",
        factor: Factor::Quantity,
        unit: "家",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "上述365天内的关联投诉所涉及的其他经营者家数",
        value: |seen| count(&seen.respondents),
        text: |seen| format!("本件之前365天内，关联投诉涉及其他经营者 {} 家", seen.respondents.count),
        records: |seen| seen.respondents.records.clone(),
    },
    Feature {
        code: "same_product_90d",
        version: 1,
        zh: "90天内就同类商品投诉其他经营者数",
        factor: Factor::Repetition,
        unit: "件",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "90天内关联投诉中，就同类商品或服务投诉其他经营者的件数",
        value: |seen| count(&seen.same_product),
        text: |seen| format!("本件之前90天内，就同类商品或服务投诉其他经营者 {} 件", seen.same_product.count),
        records: |seen| seen.same_product.records.clone(),
    },
    Feature {
        code: "same_day_shops",
        version: 1,
        zh: "一天内就同一商品投诉的其他经营者数",
        factor: Factor::Quantity,
        unit: "家",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "一天内关联投诉中，就同一商品投诉的其他经营者家数",
        value: |seen| count(&seen.same_day),
        text: |seen| format!("一天之内就同一商品先后投诉其他经营者 {} 家", seen.same_day.count),
        records: |seen| seen.same_day.records.clone(),
    },
    Feature {
        code: "same_operator_365d",
        version: 1,
        zh: "365天内对同一经营者的其他投诉数",
        factor: Factor::Repetition,
        unit: "件",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "365天内关联投诉中，就其他商品或服务投诉同一经营者的件数",
        value: |seen| count(&seen.same_operator),
        text: |seen| format!("本件之前365天内，就其他事项投诉同一经营者 {} 件", seen.same_operator.count),
        records: |seen| seen.same_operator.records.clone(),
    },
    Feature {
        code: "same_dispute_365d",
        version: 1,
        zh: "同一纠纷此前反映次数",
        factor: Factor::Context,
        unit: "次",
        most: MOST,
        cap: None,
        // Told again, a dispute that is not settled speaks for itself.
        direction: Direction::LessSuspicious,
        reads: "365天内关联投诉中，就同一经营者同一商品或服务再次反映的次数",
        value: |seen| count(&seen.same_dispute),
        text: |seen| format!("可能为同一纠纷此前已反映 {} 次，不计入重复投诉", seen.same_dispute.count),
        records: |seen| seen.same_dispute.records.clone(),
    },
    Feature {
        code: "withdrawn_365d",
        version: 1,
        zh: "365天内撤回的关联投诉数",
        factor: Factor::Other,
        unit: "件",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "365天内关联投诉中，已撤回的件数，同一纠纷不计",
        value: |seen| count(&seen.withdrawn),
        text: |seen| {
            format!(
                "本件之前365天内，关联投诉中已撤回 {} 件，撤回系投诉人的权利，仅供参考",
                seen.withdrawn.count
            )
        },
        records: |seen| seen.withdrawn.records.clone(),
    },
    Feature {
        code: "shared_names",
        version: 1,
        zh: "同一标识下行为一致的其他姓名数",
        factor: Factor::SharedContact,
        unit: "个",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "本件的某一标识下，行为一致的其他姓名数；家庭、宾馆、热线等公用的不计",
        value: |seen| count(&seen.names),
        text: |seen| {
            format!("一年内另有 {} 个姓名使用同一联系方式，以相同文字投诉不同经营者", seen.names.count)
        },
        records: |seen| seen.names.records.clone(),
    },
    Feature {
        code: "other_phones",
        version: 1,
        zh: "关联投诉使用的其他电话数",
        factor: Factor::SharedContact,
        unit: "个",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "365天内关联投诉使用的其他电话号码数",
        value: |seen| count(&seen.contacts),
        text: |seen| format!("一年内关联投诉另用 {} 个联系电话", seen.contacts.count),
        records: |seen| seen.contacts.records.clone(),
    },
    Feature {
        code: "own_twins_365d",
        version: 1,
        zh: "以雷同文字投诉其他经营者数",
        factor: Factor::Repetition,
        unit: "件",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "365天内关联投诉中，与本件同一文本模板、投诉其他经营者的件数",
        value: |seen| count(&seen.own_near_duplicates),
        text: |seen| {
            format!("本件之前365天内，关联投诉以雷同文字投诉其他经营者 {} 件", seen.own_near_duplicates.count)
        },
        records: |seen| seen.own_near_duplicates.records.clone(),
    },
    Feature {
        code: "others_twins_365d",
        version: 1,
        zh: "他人以雷同文字投诉其他经营者数",
        factor: Factor::Repetition,
        unit: "件",
        most: MOST,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "365天内关联人群以外的人，以同一文本模板投诉其他经营者的件数",
        value: |seen| count(&seen.others_near_duplicates),
        text: |seen| {
            format!(
                "365天内另有他人以雷同文字投诉其他经营者 {} 件，也可能出自公开范文",
                seen.others_near_duplicates.count
            )
        },
        records: |seen| seen.others_near_duplicates.records.clone(),
    },
    Feature {
        code: "template_spread",
        version: 1,
        zh: "雷同文字人均投诉的经营者数",
        factor: Factor::Repetition,
        unit: "家/十人",
        most: MOST_SPREAD,
        cap: None,
        direction: Direction::MoreSuspicious,
        reads: "同一文本模板365天内涉及的经营者数与投诉人数之比；只涉及一家经营者的为0",
        value: |seen| seen.template_spread.count.min(MOST_TENTHS) as f64,
        text: |seen| {
            let tenths = seen.template_spread.count;
            format!("雷同文字平均每人投诉经营者 {}.{} 家（365天内）", tenths / 10, tenths % 10)
        },
        records: |seen| seen.template_spread.records.clone(),
    },
    Feature {
        code: "burst_7d",
        version: 1,
        zh: "7天内投诉同一经营者的其他人数",
        factor: Factor::Context,
        unit: "人",
        most: MOST,
        cap: None,
        direction: Direction::LessSuspicious,
        reads: "7天内投诉同一经营者的、关联人群以外的人数",
        value: |seen| count(&seen.burst),
        text: |seen| format!("7天内另有 {} 人投诉同一经营者", seen.burst.count),
        records: |seen| seen.burst.records.clone(),
    },
];

fn count(tally: &Tally) -> f64 {
    tally.count.min(MOST_ENTRIES) as f64
}

fn linked(seen: &Observation, tally: &Tally, days: u32) -> String {
    let direct = seen.evidence.links.iter().filter(|link| link.from.is_none());
    let keys: Vec<&str> = direct.map(|link| link.key.zh()).collect();
    let keys = if keys.is_empty() { String::new() } else { format!("（按{}关联）", keys.join("、")) };
    format!("本件之前{days}天内，关联投诉 {} 件{keys}", tally.count)
}
