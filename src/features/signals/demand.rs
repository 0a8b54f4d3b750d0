//! What the complaint asks for beyond the price back (惩罚性赔偿诉求).

use super::numeral;
use super::offer;
use super::phrase_lists::{Cue, Hit, List, PhraseLists, What, clause, clause_of_sums};
use super::voice::{Reading, any, ends as ends_with};

/// Multiples of the price that a demand can name; two parts of a price are no multiple.
const MULTIPLES: std::ops::RangeInclusive<u64> = 2..=100;
/// The multiple and the least award of Food Safety Law Art. 148, in fen.
const FOOD: (u64, i64) = (10, 100_000);
/// The multiple and the least award of Consumer Law Art. 55, in fen.
const GOODS: (u64, i64) = (3, 50_000);

/// A demand for more than the price.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Demand {
    /// Multiple of the price (赔三、赔十).
    pub multiple: Option<u64>,
    /// The statutory minimum named, in fen.
    pub minimum_fen: Option<i64>,
    /// A sum demanded as an award, in fen: not the price back, not an offer of the shop, not a loss of its own.
    pub sum_fen: Option<i64>,
    /// Punitive words that name no figure.
    pub words: Option<&'static str>,
}

impl Demand {
    /// Reads the text with the demands behind it, of which the hits are the complainant's own; `price_fen` is the amount of the purchase where a field tells it.
    pub(super) fn read(lists: &PhraseLists, text: &str, hits: &[Hit], price_fen: Option<i64>) -> Self {
        let mut demand = Self::default();
        for hit in hits {
            demand.hear(lists, text, hit);
        }
        // A statutory minimum is reckoned from no price.
        let is_reckoned = demand.multiple.is_none() && demand.minimum_fen.is_none();
        if let Some(sum) = demand.sum_fen.filter(|sum| is_reckoned && !is_statutory(*sum)) {
            demand.multiple = multiple_of(sum, price_fen, text);
        }
        demand
    }

    fn hear(&mut self, lists: &PhraseLists, text: &str, hit: &Hit) {
        let is_written = lists.reading() == Reading::Written;
        let (before, after) = clause(text, hit.start, hit.end);
        let reckoned = |multiple: Option<u64>| {
            multiple.and_then(|_| offer::sum_reckoned(lists.context(), &text[hit.end + after.len()..]))
        };
        match hit.what {
            What::Phrase(List::Punitive) => self.words = self.words.or(Some(hit.phrase)),
            What::Phrase(List::Minimum500) if is_minimum(text, hit) => {
                self.minimum_fen = self.minimum_fen.max(Some(GOODS.1));
            }
            What::Phrase(List::Minimum1000) if is_minimum(text, hit) => {
                self.minimum_fen = self.minimum_fen.max(Some(FOOD.1));
            }
            What::Cue(Cue::Award) => {
                let multiple = multiple_after(before, after);
                self.multiple = self.multiple.max(multiple);
                self.sum_fen = self.sum_fen.max(reckoned(multiple));
                let says = |words: &[String]| any(words, before) || any(words, after);
                let context = lists.context();
                if !says(&context.not_demanded) || says(&context.meaning.beyond) {
                    let sum = if is_written {
                        sum_around(before, after)
                    } else {
                        let (before, after) = clause_of_sums(text, hit.start, hit.end);
                        offer::sum_around(context, before, after)
                    };
                    self.sum_fen = self.sum_fen.max(sum);
                }
            }
            What::Cue(Cue::Times) => {
                let multiple = multiple_before(lists, before, after);
                self.multiple = self.multiple.max(multiple);
                self.sum_fen = self.sum_fen.max(reckoned(multiple));
                let doubled = || doubled(lists, before, after).filter(|_| !is_written);
                self.words = self.words.or_else(doubled);
            }
            _ => {}
        }
    }

    /// Whether a punitive award is asked for. A sum alone is one when it is a statutory minimum.
    pub(crate) fn punitive(&self) -> bool {
        self.multiple.is_some() || self.words.is_some() || self.least_fen().is_some()
    }

    /// The statutory minimum that is asked for, in fen: named as one, or a sum of just that much.
    pub(crate) fn least_fen(&self) -> Option<i64> {
        self.minimum_fen.or(self.sum_fen.filter(|sum| is_statutory(*sum)))
    }

    /// The award asked for on goods of this price, in fen: the sum, or the multiple with the minimum that the law
    /// adds to it. The price itself, which is given back beside it, is not in it.
    pub(crate) fn award_fen(&self, price_fen: i64) -> i64 {
        let lawful = |multiple: u64| {
            let least =
                [FOOD, GOODS].into_iter().find(|(law, _)| *law == multiple).map_or(0, |(_, least)| least);
            price_fen.saturating_mul(i64::try_from(multiple).unwrap_or(i64::MAX)).max(least)
        };
        let figures = [self.multiple.map(lawful), self.minimum_fen, self.sum_fen];
        figures.into_iter().flatten().max().unwrap_or(0)
    }
}

fn is_statutory(sum: i64) -> bool {
    sum == FOOD.1 || sum == GOODS.1
}

/// A sum that is three or ten times a price that is told is the law's multiple, reckoned out.
fn multiple_of(sum: i64, price_fen: Option<i64>, text: &str) -> Option<u64> {
    let mut prices = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (next, price) = match numeral::money(rest) {
            Some((fen, after)) => (after, Some(fen)),
            None => (numeral::whole(rest).map_or(&rest[c.len_utf8()..], |(_, after)| after), None),
        };
        prices.extend(price);
        rest = next;
    }
    let is_price = |times: i64| {
        let mut prices = prices.iter().copied().chain(price_fen);
        prices.any(|price| price > 0 && price.checked_mul(times) == Some(sum))
    };
    [FOOD.0, GOODS.0].into_iter().find(|times| is_price(i64::try_from(*times).unwrap_or(i64::MAX)))
}

/// `不足500元的按500元`, `最低赔1000`; not `不足500克`, nor a price of `至少500元`.
fn is_minimum(text: &str, hit: &Hit) -> bool {
    let (before, after) = clause(text, hit.start, hit.end);
    let is_figure = ends(after) || after.starts_with(['元', '块', '圆', '按', '的', '时', '则', '以', '赔']);
    let is_award = |text: &str| text.contains(['赔', '按']);
    is_figure && (hit.phrase.starts_with('不') || is_award(before) || is_award(after))
}

/// `退一赔三`, `假一赔10`, `赔三倍`: a number right behind the word.
fn multiple_after(before: &str, after: &str) -> Option<u64> {
    let (value, rest) = numeral::whole(after)?;
    let for_one = before.ends_with(['一', '1', '壹']);
    let is_part = rest.starts_with('.') || is_money(rest);
    (MULTIPLES.contains(&value) && (for_one || rest.starts_with('倍') || ends(rest)) && !is_part)
        .then_some(value)
}

/// `十倍赔偿`, `赔偿价款的十倍`: a number before 倍, in a clause that speaks of an award.
fn multiple_before(lists: &PhraseLists, before: &str, after: &str) -> Option<u64> {
    let is_award = |text: &str| text.contains('赔') || text.contains("补偿");
    if !(is_award(before) || is_award(after)) {
        return None;
    }
    // The longest number that ends here: 百 in 一百倍 is not all of it.
    let longest = before.char_indices().rev().take(6).filter_map(|(at, _)| {
        numeral::whole(&before[at..]).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| (value, at))
    });
    let (value, at) = longest.last()?;
    // 比别家贵三倍, 三倍工资: a comparison, or what an employer owes.
    let is_compared = ends_with(&before[..at], &lists.context().compared);
    (MULTIPLES.contains(&value) && !is_compared && !is_of_work(lists, after)).then_some(value)
}

/// `加倍赔偿`, `双倍赔偿`: more than the price, without a figure.
fn doubled(lists: &PhraseLists, before: &str, after: &str) -> Option<&'static str> {
    let words = [("加", "加倍赔偿"), ("双", "双倍赔偿")];
    let (_, said) = words.into_iter().find(|(word, _)| before.ends_with(word))?;
    (["赔", "返还", "补偿", "退赔"].iter().any(|word| after.starts_with(word)) && !is_of_work(lists, after))
        .then_some(said)
}

fn is_of_work(lists: &PhraseLists, after: &str) -> bool {
    lists.context().of_work.iter().any(|word| after.starts_with(word.as_str()))
}

/// The sum named with 赔, behind it (`赔偿本人1000元`) or right before it (`1000元的赔偿`).
fn sum_around(before: &str, after: &str) -> Option<i64> {
    let named = after.strip_prefix('偿').or_else(|| after.strip_prefix('付')).unwrap_or(after);
    let bare = || {
        let (yuan, rest) = numeral::whole(named).filter(|(yuan, rest)| *yuan >= 100 && ends(rest))?;
        i64::try_from(yuan).ok().map(|yuan| (yuan * 100, rest))
    };
    let behind = after.char_indices().take(14).find_map(|(at, c)| {
        let starts = !after[..at].ends_with(is_numeral) && is_numeral(c);
        numeral::money(&after[at..]).filter(|_| starts)
    });
    // The longest that ends here: 000元 in 1000元 is not all of it.
    let ahead = || {
        let amounts =
            before.char_indices().rev().take(18).filter_map(|(at, _)| numeral::money(&before[at..]));
        amounts.filter(|(_, rest)| only_links(rest)).last()
    };
    behind.or_else(bare).or_else(ahead).map(|(fen, _)| fen)
}

/// Nothing but the words that join a sum to 赔偿.
pub(super) fn only_links(mut rest: &str) -> bool {
    const LINKS: [&str; 8] = ["的", "进行", "作为", "予以", "给予", "整", "标准", "计算"];
    while let Some(shorter) = LINKS.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = shorter;
    }
    rest.is_empty()
}

fn is_money(rest: &str) -> bool {
    rest.starts_with(['元', '块', '圆'])
}

fn is_numeral(c: char) -> bool {
    numeral::whole(c.encode_utf8(&mut [0; 4])).is_some() || "百千万佰仟".contains(c)
}

/// Nothing that a number could belong to follows.
pub(super) fn ends(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::features::signals::{
        phrase_lists::{lists, lists_as},
        squeeze,
    };

    fn read(text: &str) -> Demand {
        let text = squeeze(text);
        let lists = lists();
        Demand::read(lists, &text, &lists.own(&text), None)
    }

    #[rstest]
    #[case("要求退一赔三", 3)]
    #[case("退 1 赔 ３", 3)]
    #[case("假一赔十", 10)]
    #[case("十倍赔偿", 10)]
    #[case("10倍的赔偿", 10)]
    #[case("要求赔偿10倍", 10)]
    #[case("赔偿价款的三倍", 3)]
    #[case("支付价款十倍的赔偿金", 10)]
    #[case("退货并赔三", 3)]
    #[case("退一赔\u{200b}三", 3)]
    #[case("退一\u{2060}赔\u{ad}三", 3)]
    #[case("\u{feff}退一赔三", 3)]
    fn multiples_in_all_spellings(#[case] text: &str, #[case] multiple: u64) {
        assert_eq!(read(text).multiple, Some(multiple));
        assert!(read(text).punitive());
    }

    #[rstest]
    #[case("赔偿1000元", Some(1_000))]
    #[case("要求商家赔偿本人一千元", Some(1_000))]
    #[case("退钱,再赔500", Some(500))]
    #[case("给予1000元的赔偿", Some(1_000))]
    #[case("不足1000元按1000元赔偿", Some(1_000))]
    #[case("花了100元，要求退款", None)]
    #[case("商家只同意赔偿50元", None)]
    #[case("赔偿医药费500元", None)]
    #[case("要求赔偿损失", None)]
    fn sums_demanded(#[case] text: &str, #[case] yuan: Option<i64>) {
        assert_eq!(read(text).sum_fen, yuan.map(|yuan| yuan * 100));
    }

    #[rstest]
    #[case("要求退款")]
    #[case("比别家贵三倍，要求退差价")]
    #[case("退货退款，运费商家出")]
    #[case("赔偿洗衣费80元")]
    #[case("商家说赔偿不了")]
    #[case("标着500克，称了不足500克")]
    #[case("损失至少1000元，建议对商家十倍罚款")]
    fn plain_demands_are_not_punitive(#[case] text: &str) {
        assert!(!read(text).punitive(), "{:?}", read(text));
    }

    #[rstest]
    #[case("退一赔十，不足1000元的，按1000元", 1_000)]
    #[case("不足五百按五百", 500)]
    #[case("最低赔偿1000元", 1_000)]
    #[case("赔偿最低500", 500)]
    fn minimums_in_all_spellings(#[case] text: &str, #[case] yuan: i64) {
        assert!(read(text).award_fen(0).max(read(text).award_fen(100)) == yuan * 100);
        assert!(read(text).punitive());
    }

    #[test]
    fn the_award_holds_the_statutory_minimum() {
        assert_eq!(read("退一赔十").award_fen(468), 100_000);
        assert_eq!(read("退一赔三").award_fen(468), 50_000);
        assert_eq!(read("退一赔三").award_fen(1_000_000), 3_000_000);
        assert_eq!(read("不足五百按五百").award_fen(100), 50_000);
        assert_eq!(read("退款").award_fen(468), 0);
    }

    #[rstest]
    #[case("花了36元，要求赔偿360元", Some(10))]
    #[case("每袋19.9元，请商家赔59.7元", Some(3))]
    #[case("花了36元，要求赔偿100元", None)]
    #[case("修理费36元，退还360元", None)]
    fn a_sum_of_three_or_ten_prices_is_the_multiple(#[case] text: &str, #[case] multiple: Option<u64>) {
        assert_eq!(read(text).multiple, multiple);
    }

    #[rstest]
    #[case("赔偿一千五", Some(150_000))]
    #[case("要求赔偿三万五元", Some(3_500_000))]
    #[case("赔偿一百五", Some(15_000))]
    #[case("请商家赔偿两千六百五", Some(265_000))]
    #[case("赔偿13万2", Some(13_200_000))]
    #[case("赔偿1.5w", Some(1_500_000))]
    #[case("赔我1k", Some(100_000))]
    #[case("赔偿9块9", Some(990))]
    #[case("赔偿伍仟元整", Some(500_000))]
    #[case("赔偿¥1,000.00", Some(100_000))]
    #[case("赔偿1，000元", Some(100_000))]
    #[case("1,500元的赔偿", Some(150_000))]
    #[case("买了2,000克，赔偿300元", Some(30_000))]
    #[case("赔偿金额：1000", Some(100_000))]
    #[case("赔偿金额为人民币1000元", Some(100_000))]
    #[case("赔偿三五百元", None)]
    #[case("赔偿三四十块", None)]
    #[case("赔偿3-500元", None)]
    #[case("100-200元的赔偿", None)]
    #[case("赔偿5kg大米", None)]
    fn sums_are_read_as_they_are_said(#[case] text: &str, #[case] fen: Option<i64>) {
        assert_eq!(read(text).sum_fen, fen, "{text}");
    }

    #[rstest]
    #[case("商家曾向我提出退一赔三，我没同意，只要求退货")]
    #[case("店家答应赔我一千元，我没有接受")]
    #[case("客服说可以十倍赔偿，我只要退款")]
    #[case("店里贴着“假一赔十”的牌子，我买到的却是假货，要求退款")]
    #[case("如果商家愿意退一赔三我也不要，只要个说法")]
    #[case("就算赔我一千元我也不要")]
    fn what_others_offer_is_no_demand(#[case] text: &str) {
        assert!(!read(text).punitive(), "{:?}", read(text));
    }

    #[rstest]
    #[case("商家只同意退货，我要求退一赔三")]
    #[case("商家承诺假一赔十，请按承诺假一赔十")]
    #[case("店家说没有责任，请责令其赔偿1000元")]
    #[case("如果不退，就要求退一赔三")]
    #[case("客服不理，退一赔三")]
    #[case("商家不同意退一赔三")]
    #[case("我向商家提出退一赔三")]
    #[case("要求商家同意退一赔三")]
    #[case("请按商家宣传的假一赔十赔偿")]
    #[case("1、退款；2、商家不愿意十倍赔偿，请处理")]
    fn a_demand_beside_an_offer_is_one(#[case] text: &str) {
        assert!(read(text).punitive(), "{text}");
    }

    #[test]
    fn earlier_versions_read_numbers_by_place() {
        let text = squeeze("赔偿一千五元");
        let lists = lists_as(Reading::Written);
        let before = Demand::read(lists, &text, &lists.own(&text), None);
        assert_eq!(before.sum_fen, Some(100_500));
    }

    #[rstest]
    #[case("租车公司要我赔偿一千元，可轮胎本来就有裂口")]
    #[case("房东要求我赔1000元才退押金")]
    #[case("店家已经赔了500元，现在又说卡作废")]
    #[case("上次获赔一千元后，这次只想退货")]
    #[case("店长说最多赔偿500元，我不认可")]
    #[case("这家比别家贵三倍要求赔偿差价")]
    #[case("过年上班应给三倍工资，赔偿没给")]
    #[case("不指望退一赔三，把钱退了就行")]
    fn what_was_paid_or_is_asked_of_the_complainant_is_no_demand(#[case] text: &str) {
        assert!(!read(text).punitive(), "{:?}", read(text));
    }

    #[rstest]
    #[case("这个平台规定三天内送到，晚一天赔偿10元，送了一周才到")]
    #[case("公司承诺假一赔十，过后不认")]
    #[case("院方主动提出两万元赔偿，后来反悔")]
    #[case("主动提出10万元赔偿，又降")]
    #[case("把5万赔偿降到一万，我没签")]
    #[case("什么情况下我可以主张十倍赔偿？")]
    #[case("这种事我能不能要求商家退一赔三")]
    #[case("买到过期的可以要求十倍赔偿吗？")]
    #[case("赔偿精神损失费5000元")]
    fn a_rule_an_offer_a_question_or_a_loss_is_no_demand(#[case] text: &str) {
        let read = read(text);
        assert!(!read.punitive() && read.sum_fen.is_none(), "{read:?}");
    }

    #[rstest]
    #[case("商家承诺假一赔十，现要求退一赔十", Some(10), None)]
    #[case("经营者违反食品安全法规定，应当赔偿1000元", None, Some(1_000))]
    #[case("我向某某超市提出十倍赔偿", Some(10), None)]
    #[case("这家公司卖的货我认为应退一赔三", Some(3), None)]
    #[case("可以要求店家早点退一赔十吧", Some(10), None)]
    #[case("提出两万元的索赔", None, Some(20_000))]
    #[case("索赔5万元", None, Some(50_000))]
    #[case("要求十倍赔偿1848元，另赔偿7000元精神抚慰金", Some(10), Some(1_848))]
    #[case("赔付十倍，即2376元", Some(10), Some(2_376))]
    #[case("退一赔三，共计900元", Some(3), Some(900))]
    #[case("有交通费和额外的1000元赔偿", None, Some(1_000))]
    fn what_the_complainant_demands_beside_them(
        #[case] text: &str,
        #[case] multiple: Option<u64>,
        #[case] yuan: Option<i64>,
    ) {
        let read = read(text);
        assert_eq!((read.multiple, read.sum_fen), (multiple, yuan.map(|yuan| yuan * 100)), "{text}");
    }

    #[rstest]
    #[case("请商家加倍赔偿", None)]
    #[case("要求双倍赔偿", None)]
    #[case("不要求退货而要求退一赔三", Some(3))]
    #[case("花了86元，请判令退款并支付最低赔偿金860元", Some(10))]
    #[case("店家已经退款，还要赔偿三倍", Some(3))]
    fn demands_in_other_words(#[case] text: &str, #[case] multiple: Option<u64>) {
        assert!(read(text).punitive(), "{:?}", read(text));
        assert_eq!(read(text).multiple, multiple);
    }

    #[rstest]
    #[case("我不要求赔偿一千元，也没有要求退一赔三，只想退钱")]
    #[case("放弃十倍赔偿，退货就行")]
    #[case("不是为了惩罚性赔偿")]
    #[case("不主张不足一千元按一千元赔偿")]
    fn what_is_not_asked_for_is_no_demand(#[case] text: &str) {
        assert!(!read(text).punitive(), "{:?}", read(text));
    }
}
