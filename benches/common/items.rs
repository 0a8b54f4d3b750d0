//! Made-up submissions as a district sees them: the same number gives the same item, whoever asks.

use triage::domain::mix::mixed;
use triage::grpc::pb;

/// 2026-05-20 10:00:00 UTC+8.
pub(crate) const START: i64 = 1_779_242_400;

/// Persons who come again and shops; the first of them 150 times as often as an average one.
const PERSONS: f64 = 5_000.0;
const SHOPS: f64 = 20_000.0;

const PLACES: [&str; 8] = [
    "少先路街道",
    "沼潭街道",
    "林荫路街道",
    "友谊大街街道",
    "阿尔丁大街街道",
    "团结大街街道",
    "鞍山道街道",
    "前进道街道",
];

const GOODS: [(&str, &str); 6] = [
    ("商品（产品）->食品", "蛋糕"),
    ("商品（产品）->家用电器", "电饭锅"),
    ("商品（产品）->服装、鞋帽", "运动鞋"),
    ("服务->餐饮和住宿服务", "套餐"),
    ("服务->美容、美发、洗浴服务", "会员卡"),
    ("商品（产品）->食品", "白酒"),
];

const PHRASES: [&str; 12] = [
    "本人在该店购买商品后发现实物与宣传页面不一致，联系商家后一直没有得到答复。",
    "付款时店员口头承诺七天内可以退换，第二天再去时却说特价商品概不负责。",
    "商品外包装上没有标注生产日期和保质期，也没有找到厂家的联系方式。",
    "打开以后有明显异味，食用后出现腹泻，已经保留小票和付款记录。",
    "商家以会员充值可以打折为由让本人一次性付清，现在门店已经关门。",
    "结账时收取的价格比货架标签上的价格高，要求退还多收的差价。",
    "使用不到一个月就出现故障，送修三次仍然没有修好。",
    "广告中使用了最佳、第一等用语，涉嫌虚假宣传，要求依法处理。",
    "按照食品安全法第一百四十八条的规定，要求退还货款并赔偿十倍价款。",
    "客服电话始终无人接听，到店后负责人也不愿意出面协商。",
    "希望有关部门尽快核实情况，督促商家履行退款的承诺。",
    "相关照片、订单截图和聊天记录已经在平台上传，可以随时补充材料。",
];

/// 0 to 1.
fn share(seed: u64) -> f64 {
    (mixed(seed) >> 11) as f64 / (1u64 << 53) as f64
}

/// One of so many, the first ones far more often than the last.
fn few_often(most: f64, seed: u64) -> u64 {
    (most * share(seed).powi(2)) as u64
}

/// From a short list.
fn pick<T: Copy, const N: usize>(list: [T; N], seed: u64) -> T {
    list[(mixed(seed) % N as u64) as usize]
}

/// How every registration number begins, and how many digits follow.
pub(crate) const PREFIX: &str = "1150203";
pub(crate) const DIGITS: usize = 13;

/// Registration number of item `index`.
pub(crate) fn number(index: u64) -> String {
    format!("{PREFIX}{index:0DIGITS$}")
}

/// Real items that a history is copied from.
pub(crate) const CYCLE: u64 = 10_000;
/// Seconds between two items of a history: 175 days for a cycle, 48 years for a million.
const APART: u64 = 1_512;
/// Seconds that a cycle takes; whole days.
pub(crate) const CYCLE_SECONDS: i64 = (CYCLE * APART) as i64;

/// Item `index` as one of the history before [`START`].
pub(crate) fn earlier(index: u64) -> pb::Submission {
    let before = (CYCLE.saturating_sub(index) * APART) as i64;
    pb::Submission { received: Some(moment(START - before)), ..item(index) }
}

/// Item `index`: 80 % complaints, 15 % reports, 5 % both. In three of ten the person was here before.
pub(crate) fn item(index: u64) -> pb::Submission {
    let seed = index << 8;
    let again = share(seed) < 0.3;
    let person = if again { few_often(PERSONS, seed + 1) } else { 1_000_000 + index };
    let shop = few_often(SHOPS, seed + 2);
    let kind = share(seed + 3);
    let (category, product) = pick(GOODS, seed + 4);
    let part = |seed: u64| pb::Part {
        text: text(seed, again.then_some(person)),
        demands: vec!["退货退款".to_owned(), "赔偿损失".to_owned()],
        amount_fen: Some((mixed(seed) % 50_000) as i64),
        object_category: Some(category.to_owned()),
        problem_category: Some("质量->质量不合格".to_owned()),
        product: Some(product.to_owned()),
        sales_mode: Some("现场购买".to_owned()),
        ..pb::Part::default()
    };
    let both = kind >= 0.95;
    pb::Submission {
        registration_number: number(index),
        received: Some(moment(START + (index % 1_000_000) as i64)),
        channel: Some(pb::ReceiptChannel::Platform as i32),
        complainant: Some(complainant(person)),
        respondent: Some(pb::Respondent {
            name: Some(format!("昆都仑区示例{shop}号商行")),
            premises: Some(format!("包头市昆都仑区{}{}号", pick(PLACES, shop), shop % 300 + 1)),
            ..pb::Respondent::default()
        }),
        complaint: (kind < 0.8 || both).then(|| part(seed + 5)),
        report: (kind >= 0.8).then(|| pb::Part { demands: Vec::new(), ..part(seed + 6) }),
    }
}

/// The same person gives the same particulars; some give more than others.
fn complainant(person: u64) -> pb::Complainant {
    let seed = person << 8;
    pb::Complainant {
        name: Some(format!("{}某某", pick(["张", "王", "李", "赵", "陈", "刘"], seed))),
        phone: Some(format!("139{:08}", mixed(seed + 1) % 100_000_000)),
        id_number: (share(seed + 2) < 0.3).then(|| format!("15020319800101{:03}X", mixed(seed + 3) % 1_000)),
        address: (share(seed + 4) < 0.5).then(|| {
            format!("包头市昆都仑区{}{}栋{}号", pick(PLACES, seed), person % 90 + 1, person % 2_000)
        }),
        ..pb::Complainant::default()
    }
}

/// About 200 characters; half of what comes again is written in the same words.
fn text(seed: u64, again: Option<u64>) -> String {
    let words = match again {
        Some(person) if person % 2 == 0 => person << 8,
        _ => seed,
    };
    let mut text = String::with_capacity(720);
    for position in 0..6 {
        text.push_str(pick(PHRASES, words + 16 + position));
    }
    text.push_str(&format!("订单尾号{}。", mixed(words) % 10_000));
    text
}

fn moment(seconds: i64) -> pb::Moment {
    let time = prost_types::Timestamp { seconds, nanos: 0 };
    pb::Moment { moment: Some(pb::moment::Moment::Time(time)) }
}
