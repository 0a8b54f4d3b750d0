//! How the goods were bought (购买数量、拆分订单、明知购买).

use super::numeral;
use super::phrase_lists::{Cue, Hit, List, PhraseLists, What, clause};
use super::voice::any;

/// Pieces an ordinary household buys at once of goods that no row of the data names.
const USUAL_OTHERWISE: u64 = 20;
/// A larger number in a text is a sum or a model, not pieces.
const PIECES_MOST: u64 = 10_000;

/// What is said of the purchase.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Purchase {
    /// Pieces, from the field or the text, whichever is more; 0 when neither says.
    pub quantity: u64,
    /// Pieces that are usual for this kind of goods and this shelf life; 0 when the quantity is not known.
    pub usual: u64,
    /// Days the goods keep, where the text says so.
    pub shelf_days: Option<u64>,
    /// Orders that one purchase was cut into; 0 when nothing says so.
    pub orders: u64,
    /// Bought while knowing the defect, with the words that say so.
    pub knowing: Option<&'static str>,
}

impl Purchase {
    /// `quantity` is the field; `goods` are product and category, squeezed.
    pub(super) fn read(
        lists: &PhraseLists,
        text: &str,
        hits: &[Hit],
        quantity: Option<u64>,
        goods: &str,
    ) -> Self {
        let mut purchase = Self { quantity: quantity.unwrap_or(0), ..Self::default() };
        let mut instalments = false;
        for hit in hits {
            let after = &text[hit.end..];
            match hit.what {
                What::Phrase(List::Buying) => {
                    let pieces = pieces(lists, clause(text, hit.start, hit.end).1);
                    purchase.quantity = purchase.quantity.max(pieces.unwrap_or(0));
                }
                What::Phrase(List::SplitOrders) => purchase.orders = purchase.orders.max(2),
                What::Phrase(List::Instalments) => instalments = true,
                What::Phrase(List::Knowing) => purchase.knowing = purchase.knowing.or(Some(hit.phrase)),
                What::Cue(Cue::Split) => purchase.orders = purchase.orders.max(orders(after).unwrap_or(0)),
                What::Cue(Cue::ShelfLife) => {
                    let days = shelf_days(&text[..hit.start], after);
                    purchase.shelf_days = purchase.shelf_days.or(days);
                }
                What::Cue(Cue::Knowing) => {
                    let (before, after) = clause(text, hit.start, hit.end);
                    if buyer_knew(lists, before, after) {
                        purchase.knowing = purchase.knowing.or(Some(hit.phrase));
                    }
                }
                _ => {}
            }
        }
        if instalments {
            purchase.orders = 0;
        }
        if purchase.quantity > 1 {
            purchase.usual = usual(lists, goods, purchase.shelf_days);
        }
        purchase
    }

    /// How many times the usual quantity was bought; 0 when it was not more than usual.
    pub(crate) fn times_usual(&self) -> f64 {
        if self.usual > 0 && self.quantity > self.usual {
            self.quantity as f64 / self.usual as f64
        } else {
            0.0
        }
    }
}

/// The first number of pieces in what follows 买了: `20盒`, `蛋糕二十个`.
fn pieces(lists: &PhraseLists, after: &str) -> Option<u64> {
    let mut rest = after;
    while let Some(c) = rest.chars().next() {
        let Some((value, behind)) = numeral::whole(rest) else {
            rest = &rest[c.len_utf8()..];
            continue;
        };
        let is_piece = lists.pieces().iter().any(|piece| behind.starts_with(piece.as_str()));
        // 三个月, 两个多小时.
        let is_time =
            behind.starts_with('个') && behind.chars().nth(1).is_some_and(|c| "月小星多半季".contains(c));
        // 120粒×4, 250g*10: a pack's size is no quantity.
        let is_size = |text: &str| text.starts_with(['×', 'X', '*', '/']);
        let is_size = behind.char_indices().nth(1).is_some_and(|(at, _)| is_size(&behind[at..]))
            || after[..after.len() - rest.len()].ends_with(['×', 'X', '*', '/']);
        if is_piece && !is_time && !is_size && (1..=PIECES_MOST).contains(&value) {
            return Some(value);
        }
        rest = behind;
    }
    None
}

/// `分3单`, `分两笔订单`, `分五次付款` after 分.
fn orders(after: &str) -> Option<u64> {
    let after = after.strip_prefix('成').unwrap_or(after);
    let (value, rest) = numeral::whole(after).filter(|(value, _)| (2..=100).contains(value))?;
    let order = rest.starts_with(['单', '笔']) || rest.starts_with("个订单") || rest.starts_with("张小票");
    let paid = rest.strip_prefix('次').is_some_and(|rest| {
        ["付款", "支付", "下单", "购买", "结账", "买单", "扫码"].iter().any(|word| rest.starts_with(word))
    });
    (order || paid).then_some(value)
}

/// `保质期7天`, `保质期为六个月`; 超过保质期7天 says something else.
fn shelf_days(before: &str, after: &str) -> Option<u64> {
    if before.ends_with(['过', '超', '出', '了']) {
        return None;
    }
    let after = after.trim_start_matches(['是', '为', '只', '仅', '有', '就', ':', '才', '(']);
    let (value, rest) = numeral::whole(after).filter(|(value, _)| (1..=3_650).contains(value))?;
    let units = [("天", 1), ("日", 1), ("个月", 30), ("年", 365)];
    units.iter().find(|(unit, _)| rest.starts_with(unit)).map(|(_, days)| value * days)
}

/// 明知 of the buyer: buying is spoken of and selling is not.
fn buyer_knew(lists: &PhraseLists, before: &str, after: &str) -> bool {
    let says = |word: &str| before.contains(word) || after.contains(word);
    let sells = &lists.context().sells;
    (says("购买") || says("买") || says("购入")) && !any(sells, before) && !any(sells, after)
}

/// Pieces usual for the goods: those of the first kind whose word is named, and no more than one a day of shelf life.
fn usual(lists: &PhraseLists, goods: &str, shelf_days: Option<u64>) -> u64 {
    let named = lists.goods().iter().find(|kind| kind.words.iter().any(|word| goods.contains(word.as_str())));
    let usual = named.map_or(USUAL_OTHERWISE, |kind| kind.usual);
    shelf_days.map_or(usual, |days| usual.min(days.max(2)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::features::signals::{phrase_lists::lists, squeeze};

    fn read(text: &str, goods: &str) -> Purchase {
        let text = squeeze(text);
        Purchase::read(lists(), &text, &lists().own(&text), None, goods)
    }

    #[rstest]
    #[case("我在某超市买了20盒酸奶", 20)]
    #[case("购买蛋糕二十个，花费200元", 20)]
    #[case("2026年3月1日购买了面包一百袋", 100)]
    #[case("购买2026年生产的饼干30盒", 30)]
    #[case("买了三个月的会员，购买一件", 1)]
    #[case("买了一箱牛奶", 1)]
    #[case("购买鱼油120粒×4", 0)]
    #[case("购买100g*20袋麦片2盒", 2)]
    #[case("买了5斤苹果，花了200元", 0)]
    #[case("货架上还有50盒", 0)]
    fn quantities(#[case] text: &str, #[case] quantity: u64) {
        assert_eq!(read(text, "").quantity, quantity);
    }

    #[test]
    fn what_is_usual_depends_on_the_goods_and_how_long_they_keep() {
        assert_eq!(read("买了30盒酸奶", "酸奶\n商品->食品").times_usual(), 2.5);
        assert_eq!(read("买了12盒酸奶", "酸奶\n商品->食品").times_usual(), 0.0);
        assert_eq!(read("买了12盒酸奶，保质期为3天", "酸奶").times_usual(), 4.0);
        assert_eq!(read("买了12盒酸奶，超过保质期3天", "酸奶").times_usual(), 0.0);
        assert_eq!(read("买了6部手机", "手机").times_usual(), 2.0);
        assert_eq!(read("东西有问题", "手机").times_usual(), 0.0);
    }

    #[rstest]
    #[case("购买10盒，分10单付款", 10)]
    #[case("分五次付款", 5)]
    #[case("分开下单", 2)]
    #[case("分3次付清尾款，分两次付款", 0)]
    #[case("十分之三，百分之二", 0)]
    #[case("三点二十分，5分钟", 0)]
    fn orders_cut_up(#[case] text: &str, #[case] orders: u64) {
        assert_eq!(read(text, "").orders, orders);
    }

    #[rstest]
    #[case("本人明知过期仍购买", true)]
    #[case("投诉后再次购买", true)]
    #[case("商家明知不合格仍然销售", false)]
    #[case("明知有问题还卖给我买", false)]
    #[case("经营者明知消费者购买", false)]
    #[case("以后再次购买会注意", false)]
    fn knowing(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(read(text, "").knowing.is_some(), expected);
    }
}
