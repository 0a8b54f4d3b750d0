//! The feature table: every number the score may use, declared once.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::domain::decision::Factor;
use crate::domain::ids::RegistrationNumber;

use super::history::{Handle, MOST_ENTRIES};
use super::observation::{Observation, Tally};
use super::signals;

/// Which way the law lets a feature speak. Training clamps a weight that points the other way to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More of it may raise the suspicion, never lower it (a factor of Art. 17).
    MoreSuspicious,
    /// More of it may lower the suspicion, never raise it (an honest sign).
    LessSuspicious,
    /// The law is silent; the bureau's own findings decide.
    Either,
}

/// One feature: what it measures, what the law says of it, and how it is told to people.
#[derive(Debug)]
pub struct Feature {
    /// Its name, in stored decisions and artefacts. Never reused for another meaning.
    pub code: &'static str,
    /// Version of its meaning: raised with every change of `value` that the phrase lists do not show.
    pub version: u32,
    /// Name for people, in Chinese.
    pub zh: &'static str,
    /// Factor of Order 121 Art. 17 it belongs to.
    pub factor: Factor,
    /// Unit of the value.
    pub unit: &'static str,
    /// Greatest value; the least is 0 for every feature, so that what is absent contributes nothing.
    pub most: f64,
    /// Which way it may speak.
    pub direction: Direction,
    /// The value, already transformed: a linear model takes it as it is.
    pub value: fn(&Observation) -> f64,
    /// The fact in Chinese, about this complaint, without a judgement of a person.
    pub text: fn(&Observation) -> String,
    /// The earlier complaints it rests on, newest first, at most five; none when it rests on the text alone.
    pub records: fn(&Observation) -> Vec<RegistrationNumber>,
}

/// `ln(1 + 64)`: counts saturate at [`MOST_ENTRIES`].
const LN_COUNT: f64 = 4.174_387_269_895_637;
/// `ln(1 + 8)`, for counts of phrases.
const LN_PHRASES: f64 = 2.197_224_577_336_219_6;
const MOST_PHRASES: usize = 8;
const LN_ONE: &str = "ln(1+n)";
/// Up to this price a minimum award dwarfs the goods (published cases: 4.68 and 22 yuan). In fen.
const SMALL_PRICE_FEN: i64 = 5_000;
/// `ln(1000)`: 100,000 yuan over the 100 that count as small.
const LN_AMOUNT: f64 = 6.907_755_278_982_137;

/// All features, in the order of every vector and of every sum.
pub const FEATURES: &[Feature] = &[
    Feature {
        code: "contact_30d",
        version: 1,
        zh: "30天内同一联系方式投诉数",
        factor: Factor::Repetition,
        unit: LN_ONE,
        most: LN_COUNT,
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
        direction: Direction::LessSuspicious,
        value: |seen| ln_count(&seen.burst),
        text: |seen| format!("7天内另有 {} 人投诉同一经营者，可能为群体性消费纠纷", seen.burst.count),
        records: |seen| seen.burst.records.clone(),
    },
    Feature {
        code: "punitive_demand",
        version: 1,
        zh: "惩罚性赔偿诉求",
        factor: Factor::Other,
        unit: "0/1",
        most: 1.0,
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

fn flag(set: bool) -> f64 {
    if set { 1.0 } else { 0.0 }
}

fn ln_count(tally: &Tally) -> f64 {
    (tally.count.min(MOST_ENTRIES) as f64).ln_1p()
}

fn ln_phrases(count: usize) -> f64 {
    (count.min(MOST_PHRASES) as f64).ln_1p()
}

fn small_price(seen: &Observation) -> bool {
    seen.amount_fen.is_some_and(|fen| (1..=SMALL_PRICE_FEN).contains(&fen))
}

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

fn quoted(phrases: &[&str]) -> String {
    let text = phrases.iter().take(4).map(|phrase| format!("“{phrase}”")).collect::<Vec<_>>().join("、");
    if phrases.len() > 4 { format!("{text}等 {} 处", phrases.len()) } else { text }
}

fn yuan(seen: &Observation) -> String {
    let fen = seen.amount_fen.unwrap_or(0);
    if fen % 100 == 0 { (fen / 100).to_string() } else { format!("{}.{:02}", fen / 100, fen % 100) }
}

/// Digest of the table: 16 hex digits over codes, versions and phrase lists. Vectors and models of another
/// digest do not fit this binary.
#[must_use]
pub fn schema_hash() -> &'static str {
    static HASH: LazyLock<String> = LazyLock::new(|| {
        let mut digest = Sha256::new();
        for Feature { code, version, .. } in FEATURES {
            digest.update(format!("{code}:{version}\n"));
        }
        for phrase in signals::phrases() {
            digest.update(phrase);
            digest.update("\n");
        }
        hex::encode(&digest.finalize()[..8])
    });
    &HASH
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::observation::tests::extreme;

    #[test]
    fn codes_are_unique_and_every_row_is_whole() {
        let mut codes: Vec<_> = FEATURES.iter().map(|feature| feature.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), FEATURES.len());
        for feature in FEATURES {
            assert!(feature.version > 0 && feature.most > 0.0, "{}", feature.code);
            assert!(!feature.zh.is_empty() && !feature.unit.is_empty(), "{}", feature.code);
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(feature.code.chars().all(word), "{}", feature.code);
        }
        assert!((LN_COUNT - (MOST_ENTRIES as f64).ln_1p()).abs() < 1e-12);
        assert!((LN_PHRASES - (MOST_PHRASES as f64).ln_1p()).abs() < 1e-12);
    }

    #[test]
    fn the_schema_hash_is_sixteen_hex_digits_and_stands_still() {
        assert_eq!(schema_hash().len(), 16);
        assert!(schema_hash().chars().all(|c| c.is_ascii_hexdigit()));
        assert_eq!(schema_hash(), schema_hash());
    }

    /// Promises 4 and 16: an explanation names no report, no remedy, and no person's label.
    #[test]
    fn no_word_of_reports_remedies_or_labels_of_persons() {
        let seen = extreme();
        let texts = FEATURES.iter().map(|feature| (feature.text)(&seen));
        let words = signals::phrases().map(str::to_owned);
        let names = FEATURES.iter().map(|feature| feature.zh.to_owned());
        for text in texts.chain(words).chain(names) {
            for forbidden in ["举报", "复议", "诉讼", "信息公开", "立案", "职业", "打假", "恶意", "索赔人"]
            {
                assert!(!text.contains(forbidden), "{forbidden} in {text}");
            }
        }
    }

    #[test]
    fn records_are_bounded_and_rest_on_history() {
        let seen = extreme();
        for feature in FEATURES {
            let value = (feature.value)(&seen);
            assert!((0.0..=feature.most).contains(&value), "{}: {value}", feature.code);
            let records = (feature.records)(&seen);
            assert!(records.len() <= 5, "{}", feature.code);
            let text = (feature.text)(&seen);
            assert!(!text.is_empty() && text.chars().count() < 80, "{text}");
        }
        assert_eq!((FEATURES[0].records)(&seen).len(), 5);
    }
}
