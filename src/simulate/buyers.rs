//! Claimants whose pattern is the purchase: many orders at one shop, many names at one shop, more than anyone eats.

use super::catalogue::Trade;
use super::claimants::{hunted, manner, someone};
use super::dice::size;
use super::item::Kind;
use super::people::Person;
use super::stage::{Plan, Stage};

/// A matter of any trade with a shop of it.
fn target(stage: &mut Stage) -> (usize, usize) {
    let trade = stage.dice.choose(&[(50.0, Trade::Label), (30.0, Trade::Expired), (20.0, Trade::Ad)]);
    let matter = hunted(stage, trade);
    (matter, stage.operators.any(&stage.matters[matter].shops, &mut stage.dice))
}

/// Ten claims on one shop within a month, each with an order of its own: the same goods, or a shelf of them.
pub(super) fn one_shop(stage: &mut Stage, left: usize) {
    let agent = stage.new_agent();
    let is_local = stage.dice.chance(0.6);
    let person = someone(stage, is_local);
    let manner = manner(stage, Kind::OneShop);
    let (matter, shop) = target(stage);
    let (good, fact) = (stage.dice.index(stage.matters[matter].goods.len()), None);
    let same = stage.dice.chance(0.5);
    let (template, drift) = (stage.dice.chance(0.75).then(|| stage.dice.seed()), 0.25);
    let begins = stage.period.some_day(0, stage.period.days() - 30, &mut stage.dice);
    for _ in 0..size(stage.dice.range(5, 15)).min(left) {
        let plan = stage.plan(agent, Kind::OneShop, &person, manner);
        let day = begins + stage.dice.range(0, 28);
        stage.send(Plan { matter, shop, good: same.then_some(good), fact, day, template, drift, ..plan });
    }
}

/// Several names on two phones and one address, one shop, one plan.
pub(super) fn shop_gang(stage: &mut Stage, left: usize) {
    let agent = stage.new_agent();
    let first = someone(stage, true);
    let other_phone = someone(stage, true).phone;
    let manner = manner(stage, Kind::ShopGang);
    let (matter, shop) = target(stage);
    let good = stage.dice.index(stage.matters[matter].goods.len());
    let template = Some(stage.dice.seed());
    let begins = stage.period.some_day(0, stage.period.days() - 12, &mut stage.dice);
    for nth in 0..size(stage.dice.range(5, 12)).min(left) {
        let face = if nth == 0 { first.clone() } else { first.relative(&mut stage.dice) };
        let phone = if nth % 2 == 0 { first.phone.clone() } else { other_phone.clone() };
        let plan = stage.plan(agent, Kind::ShopGang, &Person { phone, ..face }, manner);
        let day = begins + stage.dice.range(0, 10);
        stage.send(Plan { matter, shop, good: Some(good), day, template, drift: 0.25, ..plan });
    }
}

/// Dozens or hundreds of what keeps for days, cut into orders, an award for each.
pub(super) fn quantity_buyer(stage: &mut Stage, left: usize) {
    let agent = stage.new_agent();
    let is_local = stage.dice.chance(0.5);
    let person = someone(stage, is_local);
    let manner = manner(stage, Kind::QuantityBuyer);
    for _ in 0..size(stage.dice.heavy(1, 1.2, 5)).min(left) {
        let (matter, shop) = target(stage);
        let plan = stage.plan(agent, Kind::QuantityBuyer, &person, manner);
        let quantity = Some(stage.dice.heavy(60, 0.9, 600));
        let orders = stage.dice.range(1, 20);
        stage.send(Plan { matter, shop, quantity, orders, root: Some("quantity"), ..plan });
    }
}
