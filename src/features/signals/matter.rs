//! What a complaint is about, in words (事项): the purchase, the kind of goods, the kind of problem, the plan. Key hashes are
//! made of them where the key is.

use super::phrase_lists::{Hit, List, PhraseLists, What, clause};
use super::{Signals, bought, squeeze};
use crate::domain::plain::bare;
use crate::domain::submission::Part;
use crate::domain::time::Day;
use crate::features::history::Matter;

/// The category of problems that are advertisements.
const ADVERTISEMENTS: &str = "广告";

/// The matter of a complaint part received that day, whose words say this, in words.
#[must_use]
pub fn matter(part: &Part, signals: &Signals, received: Day) -> Matter<String> {
    let text = part.text.known().map(|text| squeeze(text.as_str()));
    let goods = goods(part, signals);
    let category = category(part);
    let is_target = signals.is_target() || category.as_deref() == Some(ADVERTISEMENTS);
    let is_punitive = signals.demand.punitive();
    let plan = goods.as_ref().filter(|_| is_punitive);
    let defect = if is_target && !signals.is_target() { "label" } else { signals.defect() };
    Matter {
        order: order(part, text.as_deref()),
        bought: part.occurred.known().map(|moment| moment.at.day()),
        said: text.and_then(|text| bought::day(&text, received)),
        // Dates, labels and advertisements are one kind, because claims are made of them; else the category tells.
        problem: if is_target { Some("target".to_owned()) } else { category },
        plan: plan.map(|goods| format!("{goods} {defect}")),
        goods,
        is_target,
        is_punitive,
    }
}

/// Characters of an order number in a text: fewer are a count.
const LEAST_ORDER: usize = 8;

/// The order number, from its field, else as the squeezed text tells it.
fn order(part: &Part, text: Option<&str>) -> Option<String> {
    if let Some(order) = part.order_number.known() {
        return Some(squeeze(order.as_str())).filter(|order| !order.is_empty());
    }
    let text = text?;
    let (_, after) = text.split_once("订单号").or_else(|| text.split_once("订单编号"))?;
    let after = after.trim_start_matches([':', '为', '是', '(']);
    let number: String =
        after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect();
    (number.len() >= LEAST_ORDER).then_some(number)
}

/// The kind of goods: the word that names it in the product, else that product; else in the text; a service's category
/// where nothing else is said. Goods' categories are too wide to be a kind.
fn goods(part: &Part, signals: &Signals) -> Option<String> {
    if let Some(product) = part.product.known() {
        let product = squeeze(product.as_str());
        let named = super::lists().find(&product);
        let last = named.iter().rfind(|hit| hit.what == What::Phrase(List::Kind));
        return Some(last.map_or(product, |hit| hit.phrase.to_owned()));
    }
    let service = || {
        let category = bare(part.object_category.known()?.as_str()).into_owned();
        category.starts_with("服务").then(|| category.rsplit("->").next().map(str::to_owned)).flatten()
    };
    signals.kind.map(str::to_owned).or_else(service)
}

/// The last word of the problem's category.
fn category(part: &Part) -> Option<String> {
    let category = bare(part.problem_category.known()?.as_str()).into_owned();
    category.rsplit("->").next().filter(|last| !last.is_empty()).map(str::to_owned)
}

/// The first kind of goods that is said to have been bought, else the first that is named.
pub(super) fn kind(lists: &'static PhraseLists, text: &str, hits: &[Hit]) -> Option<&'static str> {
    let kinds = |text: &str| {
        let found = lists.find(text);
        found.iter().find(|hit| hit.what == What::Phrase(List::Kind)).map(|hit| hit.phrase)
    };
    let bought = hits.iter().filter(|hit| hit.what == What::Phrase(List::Buying));
    let bought = bought.take(3).find_map(|hit| kinds(clause(text, hit.start, hit.end).1));
    let named = || hits.iter().find(|hit| hit.what == What::Phrase(List::Kind)).map(|hit| hit.phrase);
    bought.or_else(named)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn words(part: serde_json::Value) -> Matter<String> {
        let part = serde_json::from_value(part).unwrap();
        matter(&part, &Signals::of(&part), Day::parse("2026-05-20").unwrap())
    }

    #[rstest]
    #[case(json!({ "text": "在某炒货店购买瓜子一袋，标签不对", "object_category": "商品->食品" }), Some("瓜子"))]
    #[case(json!({ "text": "牛肉干过期了", "object_category": "商品->食品" }), Some("牛肉干"))]
    #[case(json!({ "text": "东西过期了", "object_category": "商品->食品" }), None)]
    #[case(json!({ "text": "包裹", "product": "原味瓜子250g" }), Some("瓜子"))]
    #[case(json!({ "text": "不好", "object_category": "服务->电信服务" }), Some("电信服务"))]
    fn one_kind_of_goods_is_not_all_food(#[case] part: serde_json::Value, #[case] goods: Option<&str>) {
        assert_eq!(words(part).goods.as_deref(), goods);
    }

    #[test]
    fn orders_problems_and_plans() {
        let claim = words(json!({
            "text": "订单号：DD-77000123，买了木耳一袋，标签没有生产日期，要求退一赔十",
            "problem_category": "投诉问题->食品安全",
        }));
        assert_eq!(claim.order.as_deref(), Some("DD-77000123"));
        assert_eq!(claim.problem.as_deref(), Some("target"));
        assert_eq!(claim.plan.as_deref(), Some("木耳 label"));
        let other = words(json!({
            "text": "木耳发霉了，请退款", "order_number": "A1", "problem_category": "投诉问题->质量",
        }));
        assert_eq!((other.order.as_deref(), other.plan), (Some("A1"), None));
        assert_eq!(other.problem.as_deref(), Some("质量"));
    }
}
