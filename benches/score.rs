//! CPU of reading one complaint, without I/O.
//!
//! `cargo bench --bench score`: TRIAGE_BENCH_REPEATS passes (200) over made-up complaints of about 300 characters.

#![expect(clippy::pedantic, reason = "a bench is measured, not shipped: casts of counts are fine")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;

use triage::clock::Stopwatch;
use triage::domain::submission::Part;
use triage::features::Signals;

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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repeats: usize =
        std::env::var("TRIAGE_BENCH_REPEATS").ok().map_or(Ok(200), |repeats| repeats.parse())?;
    let parts = TEXTS.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    let mut best = f64::INFINITY;
    let mut total = 0.0;
    // The first pass builds the lists and does not count.
    for pass in 0..=repeats.max(1) {
        let watch = Stopwatch::start();
        for part in parts.iter().cycle().take(1_000) {
            black_box(Signals::of(black_box(part)));
        }
        let micros = watch.elapsed().as_secs_f64() * 1e3;
        if pass > 0 {
            best = best.min(micros);
            total += micros;
        }
    }
    let mean = total / repeats.max(1) as f64;
    println!("text signals: {mean:.2} µs per complaint of {LENGTH} characters (best pass {best:.2} µs)");
    Ok(())
}

fn part((text, demand): &(&str, &str)) -> serde_json::Result<Part> {
    let text: String = text.chars().cycle().take(LENGTH).collect();
    serde_json::from_value(serde_json::json!({
        "text": text, "demands": [demand], "amount_fen": 12_000, "product": "木耳", "object_category": "商品（产品）->食品",
    }))
}
