//! What was suffered, and what ran out: a hospital that is only named, an injury that is feared, a card past its date are neither
//! harm nor goods past their date.

use super::phrase_lists::{Hit, List, PhraseLists, What, clause};

/// Found in food, by whatever name.
const FOUND: [&str; 3] = ["吃出", "喝出", "混有"];

/// Whether a word of harm tells of harm that came.
pub(super) fn is_suffered(text: &str, hit: &Hit) -> bool {
    /// Before a hospital: somebody went there.
    const WENT: [char; 7] = ['去', '到', '送', '进', '往', '上', '跑'];
    const BETWEEN: usize = 6;
    let (before, after) = clause(text, hit.start, hit.end);
    let is_denied = ["不", "没", "没有", "未", "无"].iter().any(|word| before.ends_with(word));
    // 有滑倒受伤的隐患, 爆炸都有可能.
    let is_feared = (after.starts_with('的')
        && ["隐患", "风险", "危险"].iter().any(|word| after.contains(word)))
        || ["都有可能", "也有可能"].iter().any(|word| after.starts_with(word))
        || ["以免", "防止", "避免", "万一", "一旦", "可能会", "可能导致", "可能造成"]
            .iter()
            .any(|word| before.contains(word));
    let went = || before.chars().rev().take(BETWEEN).any(|c| WENT.contains(&c));
    !is_denied && !is_feared && (hit.phrase != "医院" || went())
}

/// What was found in food, as the text says it.
pub(super) fn found(text: &str) -> impl Iterator<Item = &'static str> {
    FOUND.into_iter().filter(|word| text.contains(word))
}

/// Whether what is past its date are goods: not a certificate, a ticket, a card, an insurance, nor a term (超过期限).
pub(super) fn is_of_goods(lists: &PhraseLists, text: &str, hit: &Hit) -> bool {
    /// Between a paper and the word: it is another thing that ran out.
    const OTHER: [&str; 8] = ["买", "购", "吃", "喝", "货", "产品", "商品", "东西"];
    const GOODS: [&str; 8] = ["食品", "商品", "产品", "药", "奶", "货", "东西", "的"];
    let (before, after) = clause(text, hit.start, hit.end);
    // 听说食品过期可以要求赔偿: what one may ask for, and nothing that happened.
    if ["听说", "据说", "听人说", "网上说", "都说"].iter().any(|word| before.contains(word)) {
        return false;
    }
    if hit.phrase.contains("保质期") || GOODS.iter().any(|word| after.starts_with(word)) {
        return true;
    }
    let kind = |text: &str| {
        let hits = lists.find(text);
        hits.iter().filter(|hit| hit.what == What::Phrase(List::Kind)).map(|hit| hit.end).max()
    };
    let paper = |text: &str| PAPERS.iter().filter_map(|word| Some(text.rfind(word)? + word.len())).max();
    let is_of_paper = |text: &str| {
        paper(text).is_some_and(|paper| {
            kind(text).is_none_or(|kind| kind <= paper)
                && !OTHER.iter().any(|word| text[paper..].contains(word))
        })
    };
    // The thing may be named at the end of the clause before: 买了餐券,没注意发现过期了.
    let earlier = text[..hit.start - before.len()].trim_end_matches([',', '。', ';', '、']);
    let ends_so = || kind(before).is_none() && PAPERS.iter().any(|word| earlier.ends_with(word));
    !after.starts_with('限') && !is_of_paper(before) && !ends_so()
}

/// What runs out and is no goods.
const PAPERS: [&str; 18] = [
    "证", "券", "票", "险", "卡", "合同", "许可", "护照", "执照", "申请", "积分", "会员", "套餐", "资质",
    "保修", "质保", "年检", "贷款",
];

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::features::signals::{phrase_lists::lists, squeeze};

    fn hits(text: &str, list: List, keep: impl Fn(&str, &Hit) -> bool) -> bool {
        let text = squeeze(text);
        lists().find(&text).iter().any(|hit| hit.what == What::Phrase(list) && keep(&text, hit))
    }

    #[rstest]
    #[case("吃完当晚就去医院挂水了", true)]
    #[case("孩子被送到区人民医院", true)]
    #[case("在城东医院买的药是假的", false)]
    #[case("楼梯太滑，有摔倒的风险", false)]
    #[case("气罐乱放，爆炸都有可能", false)]
    #[case("吃了也不过敏，就是味道不对", false)]
    #[case("手被门夹得流血", true)]
    fn harm_that_came(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(hits(text, List::Harm, is_suffered), expected, "{text}");
    }

    #[rstest]
    #[case("面包过期了三天", true)]
    #[case("拿着小票说牛奶过期，店里不认", true)]
    #[case("货架上有过期食品", true)]
    #[case("用会员卡买的酸奶已经过期", true)]
    #[case("身份证过期了还能不能退", false)]
    #[case("团购券过期不给用", false)]
    #[case("车险过期三天才通知我", false)]
    #[case("买了两张自助餐券，到店才发现过期了", false)]
    #[case("店里说退货超过期限", false)]
    #[case("押金一直不退。听说食品过期可以要求赔偿", false)]
    fn goods_past_their_date(#[case] text: &str, #[case] expected: bool) {
        let keep = |text: &str, hit: &Hit| is_of_goods(lists(), text, hit);
        assert_eq!(hits(text, List::Expired, keep), expected, "{text}");
    }
}
