//! What was suffered, and what ran out: a hospital that is only named is no harm, a card past its date are no goods past their date.

use super::phrase_lists::{Hit, List, PhraseLists, What, clause};
use super::voice::{any, sentence, without_words};

/// Whether a word of harm tells of harm: of a hospital, that somebody went there; not what goods are for (用于皮肤瘙痒), nor an illness
/// that nothing bought has caused (得了肿瘤住院).
pub(super) fn is_suffered(lists: &PhraseLists, text: &str, hit: &Hit) -> bool {
    const BETWEEN: usize = 6;
    let (context, meaning) = (lists.context(), &lists.context().meaning);
    let (before, after) = clause(text, hit.start, hit.end);
    let from = before.char_indices().rev().nth(BETWEEN - 1).map_or(0, |(at, _)| at);
    let went = || any(&context.went, &without_words(&before[from..], &meaning.not_went));
    let is_purpose = any(&meaning.purposes, before) || any(&meaning.for_whom, after);
    let sentence = sentence(text, hit.start, hit.end);
    let is_own_illness = || any(&meaning.illnesses, sentence) && !any(&meaning.caused, sentence);
    (hit.phrase != "医院" || went()) && !is_purpose && !is_own_illness()
}

/// Whether what is past its date are goods: not a certificate, a ticket, a card, an insurance, nor a term (超过期限).
pub(super) fn is_of_goods(lists: &'static PhraseLists, text: &str, hit: &Hit) -> bool {
    let context = lists.context();
    let (before, after) = clause(text, hit.start, hit.end);
    if hit.phrase.contains("保质期")
        || context.goods_behind.iter().any(|word| after.starts_with(word.as_str()))
    {
        return true;
    }
    let kind = |text: &str| {
        let hits = lists.find(text);
        hits.iter().filter(|hit| hit.what == What::Phrase(List::Kind)).map(|hit| hit.end).max()
    };
    let last = |word: &String, text: &str| Some(text.rfind(word.as_str())? + word.len());
    let paper = |text: &str| context.papers.iter().filter_map(|word| last(word, text)).max();
    // Between a paper and the word, it is another thing that ran out.
    let is_of_paper = |text: &str| {
        paper(text).is_some_and(|paper| {
            kind(text).is_none_or(|kind| kind <= paper) && !any(&context.other_things, &text[paper..])
        })
    };
    // The thing may be named at the end of the clause before: 买了餐券,没注意发现过期了.
    let earlier = text[..hit.start - before.len()].trim_end_matches([',', '。', ';', '、']);
    let ends_so =
        || kind(before).is_none() && context.papers.iter().any(|word| earlier.ends_with(word.as_str()));
    !after.starts_with('限') && !is_of_paper(before) && !ends_so()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::features::signals::{phrase_lists::lists, squeeze};

    fn hits(text: &str, list: List, keep: impl Fn(&str, &Hit) -> bool) -> bool {
        let text = squeeze(text);
        lists().own(&text).iter().any(|hit| hit.what == What::Phrase(list) && keep(&text, hit))
    }

    #[rstest]
    #[case("吃完当晚就去医院挂水了", true)]
    #[case("孩子被送到区人民医院", true)]
    #[case("在城东医院买的药是假的", false)]
    #[case("楼梯太滑，有摔倒的风险", false)]
    #[case("气罐乱放，爆炸都有可能", false)]
    #[case("吃了也不过敏，就是味道不对", false)]
    #[case("手被门夹得流血", true)]
    #[case("吃完恶心想吐", true)]
    #[case("用完脸上起了水泡，留疤", true)]
    #[case("玻璃杯裂开割破手，缝了三针", true)]
    #[case("孩子喝了以后身体不舒服", true)]
    #[case("遇到大医院就放过", false)]
    #[case("晚上找到医院来推销", false)]
    #[case("到晚上才去了医院", true)]
    #[case("冒充急救中心的车", false)]
    #[case("用于皮肤瘙痒的凝胶包装破了", false)]
    #[case("凝胶是给皮肤瘙痒人群用的", false)]
    #[case("父亲得了肿瘤住院，停车费太贵", false)]
    #[case("查出高血压，吃了他家的保健品反而住院", true)]
    #[case("不存在过期变质", false)]
    #[case("负责人不耐烦：“吃出了病你上医院去。”", false)]
    fn harm_that_came(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(hits(text, List::Harm, |text, hit| is_suffered(lists(), text, hit)), expected, "{text}");
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
