//! Honest people who complain more than once: a busy household, a delivery eater, who complains for others, who buys for
//! many, who knows the law and says so every time. A model that has not met them takes twice for suspicious.

use super::dice::size;
use super::honest::{CONSUMER, LITERATE, local, ordinary};
use super::item::Kind;
use super::stage::{Manner, Plan, Stage};

const EATER: Manner = Manner { channels: [70.0, 24.0, 4.0, 0.0, 2.0], online: 0.9, ..CONSUMER };
const PROXY: Manner = Manner { registers: [40.0, 6.0, 34.0, 20.0], punitive: 0.05, ..CONSUMER };
const BULK: Manner = Manner { registers: [60.0, 10.0, 20.0, 10.0], punitive: 0.22, ..CONSUMER };

/// Two to eight different disputes a year, of whatever comes in a life.
pub(super) fn household(stage: &mut Stage, left: usize) {
    let (agent, person) = (stage.new_agent(), local(stage));
    for _ in 0..size(stage.dice.heavy(4, 1.4, 16)).min(left) {
        let plan = ordinary(stage, agent, Kind::Household, &person, CONSUMER);
        stage.send(plan);
    }
}

/// Meals that came late, cold, spilt or with something in them: often, at different shops, nothing but the money back.
pub(super) fn eater(stage: &mut Stage, left: usize) {
    let (agent, person) = (stage.new_agent(), local(stage));
    let manner = Manner { punitive: if stage.dice.chance(0.2) { 0.4 } else { 0.05 }, ..EATER };
    let from = stage.period.some_day(0, stage.period.days(), &mut stage.dice);
    for _ in 0..size(stage.dice.heavy(3, 1.3, 12)).min(left) {
        let mut plan = stage.plan(agent, Kind::Eater, &person, manner);
        let matter = stage.dice.pick(&["catering", "delivery", "catering", "food_foreign", "catering_price"]);
        plan.matter = stage.matter(matter);
        plan.shop = stage.visited(plan.matter);
        let day = from + stage.dice.range(0, 240);
        stage.send(Plan { day, ..plan });
    }
}

/// A letting agent, a property manager, a company's clerk: the same phone and name for many people's matters.
pub(super) fn proxy(stage: &mut Stage, left: usize) {
    let (agent, person) = (stage.new_agent(), local(stage));
    let usual = stage.dice.pick(&["repair", "appliance", "telecom", "home", "other_service"]);
    for _ in 0..size(stage.dice.heavy(4, 1.3, 12)).min(left) {
        let mut plan = stage.plan(agent, Kind::Proxy, &person, PROXY);
        if stage.dice.chance(0.6) {
            plan.matter = stage.matter(usual);
            plan.shop = stage.visited(plan.matter);
        }
        plan.root = stage.dice.chance(0.7).then_some("proxy");
        stage.send(plan);
    }
}

/// For a wedding, a canteen, a school: many pieces at once, and many pieces wrong.
pub(super) fn bulk_buyer(stage: &mut Stage, left: usize) {
    let (agent, person) = (stage.new_agent(), local(stage));
    for _ in 0..stage.dice.choose(&[(80.0, 1), (20.0, 2)]).min(left) {
        let mut plan = ordinary(stage, agent, Kind::BulkBuyer, &person, BULK);
        let matter =
            stage.dice.pick(&["food_quality", "household", "food_label", "fibre", "goods_price", "toy"]);
        plan.matter = stage.matter(matter);
        plan.shop = stage.visited(plan.matter);
        let quantity = Some(stage.dice.heavy(20, 0.9, 400));
        let orders = stage.dice.choose(&[(85.0, 1), (12.0, 2), (3.0, 4)]);
        stage.send(Plan { quantity, orders, root: Some("bulk"), ..plan });
    }
}

/// Knows the law, and quotes it with every dispute, two to six in two years.
pub(super) fn lawful(stage: &mut Stage, left: usize) {
    let (agent, person) = (stage.new_agent(), local(stage));
    let template = stage.dice.chance(0.5).then(|| stage.dice.seed());
    for _ in 0..size(stage.dice.heavy(2, 1.4, 7)).min(left) {
        let mut plan = ordinary(stage, agent, Kind::Lawful, &person, LITERATE);
        if stage.dice.chance(0.35) {
            let matter =
                stage.dice.pick(&["food_label", "food_expired", "food_ad", "cosmetics", "household"]);
            plan.matter = stage.matter(matter);
            plan.shop = stage.visited(plan.matter);
        }
        stage.send(Plan { template, drift: 0.35, ..plan });
    }
}
