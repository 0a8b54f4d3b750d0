//! What the past shows that is under no item of Art. 17: shown to the officer, held down by caps, never a ground of High.

use super::{COUNT, Direction, Feature, Measure};
use crate::domain::decision::Factor;
use crate::features::observation::{Observation, Tally};

/// Twenty operators a person, in tenths.
const MOST_SPREAD: f64 = 200.0;

/// A count that may point a little.
const POINTER: Feature =
    Feature { factor: Factor::Context, direction: Direction::MoreSuspicious, cap: Some(1.0), ..COUNT };
/// An honest sign.
const HONEST: Feature = Feature { factor: Factor::Context, direction: Direction::LessSuspicious, ..COUNT };

pub(super) const CONTEXT: &[Feature] = &[
    Feature {
        code: "linked_30d",
        version: 2,
        zh: "30天内关联投诉数",
        floor: 3.0,
        cap: Some(1.5),
        reads: "本件之前30天内，经电话、证件、邮箱、账户、地址关联到的投诉件数，同一纠纷不计",
        measure: Measure::Past(|seen| &seen.linked[0]),
        text: |seen| linked(seen, &seen.linked[0], 30),
        ..POINTER
    },
    Feature {
        code: "linked_90d",
        version: 2,
        zh: "90天内关联投诉数",
        floor: 5.0,
        reads: "本件之前90天内，关联到的投诉件数，同一纠纷不计",
        measure: Measure::Past(|seen| &seen.linked[1]),
        text: |seen| linked(seen, &seen.linked[1], 90),
        ..POINTER
    },
    Feature {
        code: "linked_365d",
        version: 2,
        zh: "365天内关联投诉数",
        floor: 9.0,
        reads: "本件之前365天内，关联到的投诉件数，同一纠纷不计；一年不是短期",
        measure: Measure::Past(|seen| &seen.linked[2]),
        text: |seen| linked(seen, &seen.linked[2], 365),
        ..POINTER
    },
    Feature {
        code: "respondents_365d",
        version: 2,
        zh: "365天内关联投诉涉及的其他经营者数",
        unit: "家",
        floor: 10.0,
        reads: "上述365天内的关联投诉所涉及的其他经营者家数",
        measure: Measure::Past(|seen| &seen.respondents),
        text: |seen| format!("本件之前365天内，关联投诉涉及其他经营者 {} 家", seen.respondents.count),
        ..POINTER
    },
    Feature {
        code: "other_phones",
        version: 2,
        zh: "关联投诉使用的其他电话数",
        unit: "个",
        floor: 2.0,
        cap: Some(0.5),
        reads: "365天内关联投诉使用的其他电话号码数；一人多号不是多人同号",
        measure: Measure::Past(|seen| &seen.contacts),
        text: |seen| format!("一年内关联投诉另用 {} 个联系电话", seen.contacts.count),
        ..POINTER
    },
    Feature {
        code: "others_twins_365d",
        version: 2,
        zh: "他人以雷同文字投诉其他经营者数",
        floor: 3.0,
        cap: Some(0.5),
        reads: "365天内关联投诉人（组）以外的人，以同一文本模板投诉其他经营者的件数",
        measure: Measure::Past(|seen| &seen.others_near_duplicates),
        text: |seen| {
            format!(
                "365天内另有他人以雷同文字投诉其他经营者 {} 件，也可能出自公开范文",
                seen.others_near_duplicates.count
            )
        },
        ..POINTER
    },
    Feature {
        code: "template_spread",
        version: 2,
        zh: "雷同文字人均投诉的经营者数",
        unit: "家/十人",
        most: MOST_SPREAD,
        floor: 15.0,
        reads: "同一文本模板365天内涉及的经营者数与投诉人数之比；只涉及一家经营者的为0",
        measure: Measure::Past(|seen| &seen.template_spread),
        text: |seen| {
            let tenths = seen.template_spread.count;
            format!("雷同文字平均每人投诉经营者 {}.{} 家（365天内）", tenths / 10, tenths % 10)
        },
        ..POINTER
    },
    Feature {
        code: "same_dispute_365d",
        version: 2,
        zh: "同一纠纷此前反映次数",
        unit: "次",
        // Told again, a dispute that is not settled needs no further sign.
        reads: "365天内关联投诉中，就同一经营者同一次购买或者同一商品、服务再次反映的次数",
        measure: Measure::Past(|seen| &seen.same_dispute),
        text: |seen| format!("可能为同一纠纷此前已反映 {} 次，不计入重复投诉", seen.same_dispute.count),
        ..HONEST
    },
    Feature {
        code: "burst_7d",
        zh: "7天内投诉同一经营者的其他人数",
        unit: "人",
        reads: "7天内投诉同一经营者的、关联投诉人（组）以外的人数",
        measure: Measure::Past(|seen| &seen.burst),
        text: |seen| format!("7天内另有 {} 人投诉同一经营者", seen.burst.count),
        ..HONEST
    },
];

fn linked(seen: &Observation, tally: &Tally, days: u32) -> String {
    let direct = seen.evidence.links.iter().filter(|link| link.from.is_none());
    let keys: Vec<&str> = direct.map(|link| link.key.zh()).collect();
    let keys = if keys.is_empty() { String::new() } else { format!("（按{}关联）", keys.join("、")) };
    format!("本件之前{days}天内，关联投诉 {} 件{keys}", tally.count)
}
