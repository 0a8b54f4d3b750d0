//! CPU of one complaint without I/O: its words, and all of its score.
//!
//! `cargo bench --bench score`: TRIAGE_BENCH_REPEATS passes (200) over made-up complaints of about 300 characters.
//! Keyed key_hashes and sealing are not in it; `cargo bench --bench import` has them.

#![expect(clippy::pedantic, reason = "a bench is measured, not shipped: casts of counts are fine")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;

use triage::clock::Stopwatch;
use triage::domain::decision::Floors;
use triage::domain::ids::{RegistrationNumber, Sequence};
use triage::domain::submission::{Part, Submission};
use triage::domain::time::Timestamp;
use triage::features::history::{History, KeyHash, KeyHashes, Recency};
use triage::features::template::{Seeds, Shingles, Templates};
use triage::features::{Signals, observe};
use triage::model::{Bands, Classifier, baseline, suspicion};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// What a complaint says, and what it asks for. Each is said again until it has [`LENGTH`] characters.
const TEXTS: [(&str, &str); 4] = [
    (
        "我妈在小区门口超市买了一袋面包，回家一看已经长毛了，孩子吃了拉肚子，去医院花了三百多。找店里说，店员说卖出去概不负责，\
         打电话过去一直没人接，有小票和照片。希望有关部门管一管，给个说法，把钱退回来。",
        "退款",
    ),
    (
        "在健身房办了年卡，里面还有1200元，店关门了联系不上人，群里的会员一共有一百多人，商家说搬到很远的地方去了，退费要扣一半\
         手续费。合同里写着概不退款，办的时候没有讲。要求按比例退还余额。",
        "退还余额",
    ),
    (
        "本人于2026年3月1日在某超市购买木耳20袋，分5单付款，共计120元。外包装未标注生产日期，执行标准已经作废，不符合GB 7718-2011的\
         要求，违反《食品安全法》第六十七条、第一百四十八条，《消费者权益保护法》第五十五条。要求退货退款，并赔偿1000元，请在七个工作\
         日内书面答复本人。附购物小票、付款截图和照片。",
        "退一赔十，不足1000元按1000元赔偿",
    ),
    (
        "市民来电反映：其在商场购买羽绒服一件，花费899元，穿了几天就跑绒，商家只同意换货，多次沟通无果。吊牌没摘，有付款记录。希望\
         相关部门协调，商家退款。无小票，可以提供聊天记录。",
        "退货退款",
    ),
];
const LENGTH: usize = 300;

const SEEDS: Seeds = Seeds(1, 2);
const RECEIVED: i64 = 1_780_000_000;

fn main() -> Fallible<()> {
    let repeats: usize =
        std::env::var("TRIAGE_BENCH_REPEATS").ok().map_or(Ok(200), |repeats| repeats.parse())?;
    let submissions = TEXTS.iter().map(submission).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<&Part> =
        submissions.iter().filter_map(|submission| submission.complaint.as_ref()).collect();
    time("text signals", repeats, || {
        parts.iter().for_each(|part| drop(black_box(Signals::of(black_box(part)))))
    });
    time("shingles", repeats, || parts.iter().for_each(|part| drop(black_box(shingles(part)))));

    let champion = Classifier::new(baseline()?)?;
    let floors = Floors::default();
    let bands = Bands { medium: 0.5, high: 0.85, floors: &floors };
    for linked in [0, 3, 12, 64] {
        let (history, key_hashes) = past(linked)?;
        let name = format!("features, score, reasons; {linked} linked");
        time(&name, repeats, || {
            for submission in &submissions {
                let Ok(seen) = observe(black_box(submission), &key_hashes, &history, None) else {
                    continue;
                };
                black_box(suspicion(Some(&champion), &seen, bands));
            }
        });
    }
    let mut templates = Templates::default();
    for place in 0..20_000 {
        let text: String = TEXTS[place % 4].0.chars().rev().skip(place % 97).step_by(1 + place % 3).collect();
        if let Some(text) = Shingles::of(&format!("{place}{text}"), &[], SEEDS) {
            templates.found(at(place as i64), text);
        }
    }
    for part in &parts {
        templates.found(at(0), shingles(part).unwrap_or_default());
    }
    let (history, key_hashes) = past(12)?;
    time("all with twins and 12 linked", repeats, || {
        for (submission, part) in submissions.iter().zip(&parts) {
            let text = shingles(part).unwrap_or_default();
            black_box(templates.find(&text, submission.received.at));
            let Ok(seen) = observe(black_box(submission), &key_hashes, &history, None) else {
                continue;
            };
            black_box(suspicion(Some(&champion), &seen, bands));
        }
    });
    Ok(())
}

/// Mean and best µs a complaint; one turn of `work` does all of [`TEXTS`].
fn time(name: &str, repeats: usize, mut work: impl FnMut()) {
    const TURNS: usize = 50;
    let (mut best, mut total) = (f64::INFINITY, 0.0);
    // The first pass builds lists and caches and does not count.
    for pass in 0..=repeats.max(1) {
        let watch = Stopwatch::start();
        (0..TURNS).for_each(|_| work());
        let micros = watch.elapsed().as_secs_f64() * 1e6 / (TURNS * TEXTS.len()) as f64;
        if pass > 0 {
            best = best.min(micros);
            total += micros;
        }
    }
    println!("{name:<42} {best:>8.2} µs (mean {:.2})", total / repeats.max(1) as f64);
}

fn shingles(part: &Part) -> Option<Shingles> {
    Shingles::of(part.text.known()?.as_str(), &["某超市"], SEEDS)
}

fn at(before: i64) -> Recency {
    Recency::new(Timestamp((RECEIVED - 3_600 * before) * 1_000_000), Sequence(1 + before))
}

/// A complaint with `linked` earlier ones of the same phone and address, and twenty others against the same shop.
fn past(linked: u8) -> Fallible<(History, KeyHashes)> {
    let key_hash = |kind: u8, of: u8| Some(KeyHash([kind, of, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]));
    let key_hashes = |person: u8, shop: u8| {
        let mut key_hashes = KeyHashes::default();
        key_hashes.keys[1] = key_hash(1, person);
        key_hashes.keys[5] = key_hash(2, person);
        key_hashes.respondent = key_hash(3, shop);
        (key_hashes.name, key_hashes.person) = (Some(person.into()), Some(person.into()));
        (key_hashes.product, key_hashes.template) =
            (Some(i64::from(shop % 5)), Some(Sequence(i64::from(shop % 7))));
        key_hashes
    };
    let mut history = History::default();
    let earlier = (0..linked).map(|n| (1, 1 + n)).chain((0..20).map(|n| (100 + n, 1)));
    for (before, (person, shop)) in (1..).zip(earlier) {
        let key_hashes = key_hashes(person, shop);
        let number = RegistrationNumber::parse(&format!("N{before}")).map_err(|invalid| invalid.en)?;
        history.fold(&key_hashes, &key_hashes.entry(number, at(before)));
    }
    Ok((history, key_hashes(1, 1)))
}

fn submission((text, demand): &(&str, &str)) -> serde_json::Result<Submission> {
    let text: String = text.chars().cycle().take(LENGTH).collect();
    serde_json::from_value(serde_json::json!({
        "number": "X1", "received": { "at": RECEIVED * 1_000_000 }, "complainant": {}, "respondent": { "name": "某超市" },
        "complaint": { "text": text, "demands": [demand], "amount_fen": 12_000, "product": "木耳",
            "object_category": "商品（产品）->食品" },
    }))
}
