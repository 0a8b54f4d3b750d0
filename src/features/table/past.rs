//! Features of the past that a complaint's handles lead to.

use super::{Direction, Feature, LN_COUNT, LN_ONE, ln_count};
use crate::domain::decision::Factor;
use crate::features::history::Handle;
use crate::features::observation::Tally;

pub(super) const PAST: &[Feature] = &[
    Feature {
        code: "contact_30d",
        version: 1,
        zh: "30天内同一联系方式投诉数",
        factor: Factor::Repetition,
        unit: LN_ONE,
        most: LN_COUNT,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| ln_count(&seen.contact[0]),
        text: |seen| same_contact(&seen.contact[0], 30),
        records: |seen| seen.contact[0].records.clone(),
    },
    Feature {
        code: "contact_90d",
        version: 1,
        zh: "90天内同一联系方式投诉数",
        factor: Factor::Repetition,
        unit: LN_ONE,
        most: LN_COUNT,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| ln_count(&seen.contact[1]),
        text: |seen| same_contact(&seen.contact[1], 90),
        records: |seen| seen.contact[1].records.clone(),
    },
    Feature {
        code: "contact_365d",
        version: 1,
        zh: "365天内同一联系方式投诉数",
        factor: Factor::Quantity,
        unit: LN_ONE,
        most: LN_COUNT,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| ln_count(&seen.contact[2]),
        text: |seen| {
            let text = same_contact(&seen.contact[2], 365);
            match seen.respondents.count {
                0 => text,
                count => format!("{text}，涉及其他经营者 {count} 家"),
            }
        },
        records: |seen| seen.contact[2].records.clone(),
    },
    Feature {
        code: "respondents_365d",
        version: 1,
        zh: "365天内同一联系方式涉及的其他经营者数",
        factor: Factor::Repetition,
        unit: LN_ONE,
        most: LN_COUNT,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| ln_count(&seen.respondents),
        text: |seen| {
            let Tally { count, by, .. } = &seen.respondents;
            format!("本件之前365天内，{}投诉涉及其他经营者 {count} 家", same(*by))
        },
        records: |seen| seen.respondents.records.clone(),
    },
    Feature {
        code: "same_product_90d",
        version: 1,
        zh: "90天内同类商品投诉其他经营者数",
        factor: Factor::Repetition,
        unit: LN_ONE,
        most: LN_COUNT,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| ln_count(&seen.same_product),
        text: |seen| {
            let Tally { count, by, .. } = &seen.same_product;
            format!("本件之前90天内，{}就同类商品或服务投诉其他经营者 {count} 件", same(*by))
        },
        records: |seen| seen.same_product.records.clone(),
    },
    Feature {
        code: "same_respondent_365d",
        version: 1,
        zh: "365天内对同一经营者的重复投诉数",
        factor: Factor::Context,
        unit: LN_ONE,
        most: LN_COUNT,
        // Repeated calls about one shop are mostly one dispute that is not settled yet.
        cap: None,
        direction: Direction::LessSuspicious,
        value: |seen| ln_count(&seen.same_respondent),
        text: |seen| {
            let Tally { count, by, .. } = &seen.same_respondent;
            format!("本件之前365天内，{}对同一经营者投诉 {count} 件，可能为同一纠纷的再次反映", same(*by))
        },
        records: |seen| seen.same_respondent.records.clone(),
    },
    Feature {
        code: "names_beyond",
        version: 1,
        zh: "同一电话或地址下的不同姓名数（超出通常部分）",
        factor: Factor::SharedContact,
        unit: LN_ONE,
        most: LN_COUNT,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| ln_count(&seen.names),
        text: |seen| {
            let Tally { count, by, .. } = &seen.names;
            let names = count + if *by == Some(Handle::Address) { 3 } else { 1 };
            format!("近365天内，{}有 {names} 个不同姓名提出投诉", same(*by))
        },
        records: |seen| seen.names.records.clone(),
    },
    Feature {
        code: "own_text_365d",
        version: 1,
        zh: "同一联系方式以相同文字投诉其他经营者数",
        factor: Factor::Repetition,
        unit: LN_ONE,
        most: LN_COUNT,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| ln_count(&seen.own_text),
        text: |seen| {
            format!("同一联系方式曾以完全相同的文字投诉其他经营者 {} 件（365天内）", seen.own_text.count)
        },
        records: |seen| seen.own_text.records.clone(),
    },
    Feature {
        code: "others_text_365d",
        version: 1,
        zh: "他人以相同文字投诉其他经营者数",
        factor: Factor::Repetition,
        unit: LN_ONE,
        most: LN_COUNT,
        cap: None,
        direction: Direction::MoreSuspicious,
        value: |seen| ln_count(&seen.others_text),
        text: |seen| {
            let count = seen.others_text.count;
            format!("另有他人以完全相同的文字投诉其他经营者 {count} 件（365天内），也可能出自公开模板")
        },
        records: |seen| seen.others_text.records.clone(),
    },
    Feature {
        code: "burst_7d",
        version: 1,
        zh: "7天内投诉同一经营者的其他人数",
        factor: Factor::Context,
        unit: LN_ONE,
        most: LN_COUNT,
        cap: None,
        direction: Direction::LessSuspicious,
        value: |seen| ln_count(&seen.burst),
        text: |seen| format!("7天内另有 {} 人投诉同一经营者，可能为群体性消费纠纷", seen.burst.count),
        records: |seen| seen.burst.records.clone(),
    },
];

fn same_contact(tally: &Tally, days: u32) -> String {
    format!("本件之前{days}天内，{}的投诉 {} 件", same(tally.by), tally.count)
}

fn same(handle: Option<Handle>) -> &'static str {
    match handle {
        Some(Handle::Phone) => "同一联系电话",
        Some(Handle::ResidentId) => "同一证件号码",
        Some(Handle::Address) => "同一通讯地址",
        _ => "同一联系方式",
    }
}
