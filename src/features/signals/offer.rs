//! Who speaks of an award, and of what sum: what the shop offered, advertised or would have given is nobody's demand.

use super::demand::{ends, only_links};
use crate::domain::spoken::{self, Said};

/// Who offers.
const OTHERS: [&str; 10] = ["商家", "店家", "店主", "店里", "老板", "对方", "客服", "经营者", "商场", "超市"];
/// Words of offering and of advertising behind them.
const OFFERING: [&str; 16] = [
    "提出",
    "答应",
    "同意",
    "愿意",
    "主动",
    "说可以",
    "表示可以",
    "说愿",
    "贴着",
    "挂着",
    "写着",
    "写有",
    "宣传",
    "宣称",
    "打出",
    "标着",
];
/// Before a word of offering: what the shop will not give was asked for.
const DENYING: [&str; 5] = ["不", "没", "没有", "未", "拒绝"];
/// Before a party: it is spoken to, or bound by its word, and does not speak (我向商家提出).
const TO: [&str; 17] =
    ["向", "跟", "和", "找", "与", "同", "对", "给", "让", "叫", "请", "求", "令", "望", "按", "照", "依"];
/// Words of demanding: whoever else was spoken of before, from here on it is the complainant.
const DEMANDING: [&str; 12] =
    ["要求", "请求", "请", "诉求", "希望", "我要", "主张", "责令", "应当", "应该", "必须", "按承诺"];
/// What would be, and would not be wanted.
const SUPPOSING: [&str; 6] = ["如果", "就算", "即使", "哪怕", "就是", "若"];
const UNWANTED: [&str; 6] = ["也不要", "也不接受", "也不同意", "都不要", "不稀罕", "也不需要"];

/// The complainant, of whom somebody else demands: 租车公司要我赔一千元.
const US: [&str; 5] = ["我们", "我", "本人", "消费者", "顾客"];
const DEMANDED_OF: [&str; 10] = ["要", "让", "叫", "令", "逼", "求", "需", "得", "由", "喊"];
/// Right before 赔: it was paid, or is the most that is offered.
const PAID: [&str; 10] = ["已", "已经", "曾", "曾经", "最终", "才", "获", "上次", "最多", "至多"];

/// Whether what stands between is of others: offered, advertised, paid, demanded of the complainant, or supposed and not wanted.
pub(super) fn is_of_others(before: &str, after: &str) -> bool {
    is_paid(before, after) || is_of_us(before) || is_offered(before, after)
}

/// `赔了500元`, `已赔付500元`: done, whatever else is asked for.
fn is_paid(before: &str, after: &str) -> bool {
    let behind = ["偿", "付", "给"].iter().find_map(|word| after.strip_prefix(word)).unwrap_or(after);
    behind.starts_with(['了', '过']) || PAID.iter().any(|word| before.ends_with(word))
}

fn is_of_us(before: &str) -> bool {
    let rest = US.iter().find_map(|word| before.strip_suffix(word));
    rest.is_some_and(|rest| DEMANDED_OF.iter().any(|word| rest.ends_with(word)))
}

fn is_offered(before: &str, after: &str) -> bool {
    const STOPS: [char; 5] = ['。', ';', '!', '?', '\n'];
    let sentence = before.rsplit(STOPS).next().unwrap_or(before);
    let clause = sentence.rsplit(',').next().unwrap_or(sentence);
    let behind = after.split(STOPS).next().unwrap_or(after);
    let is_unwanted = SUPPOSING.iter().any(|word| clause.contains(word))
        && UNWANTED.iter().any(|word| behind.contains(word));
    // The last word of either kind tells who speaks.
    let last = |words: &[&str]| words.iter().filter_map(|word| clause.rfind(word)).max();
    let ends_so = |at: usize, words: &[&str]| words.iter().any(|word| clause[..at].ends_with(word));
    let parties = OTHERS.iter().flat_map(|word| clause.match_indices(word)).map(|(at, _)| at);
    let party = parties.filter(|at| !ends_so(*at, &TO)).min();
    let is_offered = party.is_some_and(|party| {
        last(&OFFERING).is_some_and(|offer| {
            offer > party && !ends_so(offer, &DENYING) && last(&DEMANDING).is_none_or(|demand| demand < offer)
        })
    });
    is_unwanted || is_offered
}

/// The sum named with 赔, behind it (`赔偿本人1000元`, `赔偿金额:1000`) or right before it (`1000元的赔偿`); a range is none.
pub(super) fn sum_around(before: &str, after: &str) -> Option<i64> {
    const NAMING: [&str; 14] =
        ["偿", "付", "金额", "金", "款", "额", "为", "共计", "共", "人民币", "本人", "给", "我", ":"];
    let mut named = after;
    while let Some(rest) = NAMING.iter().find_map(|word| named.strip_prefix(word)) {
        named = rest;
    }
    if let Some((value, rest)) = spoken::number(named).filter(|(_, rest)| ends(rest)) {
        // Less than a hundred without a unit are pieces, or times.
        return fen(value.filter(|value| *value >= 10_000)).or_else(|| scan(rest));
    }
    scan(after).or_else(|| ahead(before))
}

/// The first sum within a few characters; a range ends the search.
fn scan(text: &str) -> Option<i64> {
    const MOST: usize = 14;
    /// A limit is no demand: 赔偿不超过500元.
    const AT_MOST: [&str; 4] = ["不超过", "最多", "至多", "上限"];
    let end = text.char_indices().nth(MOST).map_or(text.len(), |(at, _)| at);
    let mut at = 0;
    while at < end {
        let rest = &text[at..];
        let first = rest.chars().next().unwrap_or_default();
        if !spoken::begins(first) {
            at += first.len_utf8();
            continue;
        }
        if let Some((value, _)) = spoken::money(rest) {
            return fen(value).filter(|_| !AT_MOST.iter().any(|word| text[..at].ends_with(word)));
        }
        at = spoken::number(rest).map_or(at + first.len_utf8(), |(_, behind)| text.len() - behind.len());
    }
    None
}

/// The longest sum that ends here: 000元 in 1000元 is not all of it.
fn ahead(before: &str) -> Option<i64> {
    let sums = before.char_indices().rev().take(18).filter_map(|(at, _)| spoken::money(&before[at..]));
    sums.filter(|(_, rest)| only_links(rest)).last().and_then(|(value, _)| fen(value))
}

fn fen(value: Said) -> Option<i64> {
    value.and_then(|value| i64::try_from(value).ok())
}
