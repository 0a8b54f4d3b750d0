//! Honest people: ordinary consumers, and each sort that is easily taken for a claimant.

use super::busy;
use super::contact::{Contact, Habit};
use super::dice::{part, size, whole};
use super::item::{Channel, Kind, Track};
use super::people::Person;
use super::stage::{Manner, Plan, Stage};

const RELAYED: f64 = 0.025;
/// Relayed items of the model case: where there are more, there are more lines, not busier ones.
const RELAYED_OF_MODEL_CASE: f64 = 269.0;
/// Share of the honest items by each sort; ordinary consumers send the rest.
const SHARES: [(Kind, f64); 15] = [
    (Kind::MassIncident, 0.062),
    (Kind::Insider, 0.007),
    (Kind::Watchdog, 0.014),
    (Kind::Distressed, 0.018),
    (Kind::PlatformFailure, 0.02),
    (Kind::SharedPhone, 0.022),
    (Kind::HotlineRelay, RELAYED),
    (Kind::Literate, 0.062),
    (Kind::Visitor, 0.036),
    (Kind::Elderly, 0.048),
    (Kind::Household, 0.085),
    (Kind::Eater, 0.034),
    (Kind::Proxy, 0.014),
    (Kind::BulkBuyer, 0.012),
    (Kind::Lawful, 0.026),
];
/// Kinds that are easily taken for claimants and complain: what `lookalikes` multiplies. Insiders and watchdogs report.
fn is_lookalike(kind: Kind) -> bool {
    !matches!(kind, Kind::Insider | Kind::Watchdog)
}
/// What a family has in common besides its address.
const FAMILY: Habit = Habit { account: 0.3, parcels: 1.0, email: 0.05 };
/// Lines that many people speak through, by weight; true for hotlines. Public service numbers, then front desks of hotels
/// and counters where parcels are handed out (numbers that are not given out).
const RELAYS: [(f64, (&str, bool)); 11] = [
    (24.0, ("12345", true)),
    (16.0, ("047212345", true)),
    (8.0, ("12315", true)),
    (10.0, ("04721100345", true)),
    (8.0, ("04721100346", true)),
    (8.0, ("96009", true)),
    (6.0, ("047296117", true)),
    (6.0, ("04721100701", false)),
    (5.0, ("04721100702", false)),
    (5.0, ("04721100811", false)),
    (4.0, ("04721100812", false)),
];
/// Share of the honest items that are questions (咨询).
const INQUIRIES: f64 = 0.008;
/// Share of ordinary items that are reports.
const REPORTS: f64 = 0.155;

/// An ordinary consumer.
pub(super) const CONSUMER: Manner = Manner {
    channels: [42.0, 50.0, 4.5, 1.6, 1.9],
    registers: [74.0, 14.0, 5.0, 7.0],
    punitive: 0.34,
    online: 0.32,
    cheap: 1.15,
};
pub(super) const LITERATE: Manner = Manner {
    channels: [74.0, 16.0, 2.0, 7.0, 1.0],
    registers: [10.0, 2.0, 54.0, 34.0],
    punitive: 0.7,
    ..CONSUMER
};
const VISITOR: Manner = Manner { channels: [52.0, 40.0, 6.0, 1.5, 0.5], online: 0.03, ..CONSUMER };
const ELDERLY: Manner = Manner {
    channels: [4.0, 50.0, 26.0, 9.0, 11.0],
    registers: [80.0, 20.0, 0.0, 0.0],
    punitive: 0.12,
    online: 0.03,
    ..CONSUMER
};
const CALLER: Manner = Manner { channels: [6.0, 66.0, 24.0, 0.0, 4.0], ..CONSUMER };

/// Sends `budget` items.
pub(super) fn run(stage: &mut Stage, budget: usize) {
    let end = stage.drafts.len() + budget;
    for _ in 0..part(budget, INQUIRIES) {
        let person = local(stage);
        stage.inquire(&person);
    }
    // As many of each for every ordinary consumer as asked for; together they stay the honest ones.
    let times = f64::from(stage.lookalikes);
    let usual: f64 = SHARES.iter().filter(|(kind, _)| is_lookalike(*kind)).map(|(_, share)| share).sum();
    let all = 1.0 + (times - 1.0) * usual;
    let lines = size(whole(part(budget, RELAYED * times / all) as f64 / RELAYED_OF_MODEL_CASE));
    for (kind, share) in SHARES {
        let share = if is_lookalike(kind) { share * times } else { share } / all;
        let until = (stage.drafts.len() + part(budget, share).max(1)).min(end);
        while stage.drafts.len() < until {
            let left = until - stage.drafts.len();
            match kind {
                Kind::MassIncident => mass_incident(stage, left),
                Kind::Insider => insider(stage),
                Kind::Watchdog => watchdog(stage, left),
                Kind::Distressed => distressed(stage, left),
                Kind::PlatformFailure => platform_failure(stage, left),
                Kind::SharedPhone => shared_phone(stage, left),
                Kind::HotlineRelay => relayed(stage, lines),
                Kind::Literate => literate(stage),
                Kind::Visitor => visitor(stage),
                Kind::Household => busy::household(stage, left),
                Kind::Eater => busy::eater(stage, left),
                Kind::Proxy => busy::proxy(stage, left),
                Kind::BulkBuyer => busy::bulk_buyer(stage, left),
                Kind::Lawful => busy::lawful(stage, left),
                _ => elderly(stage),
            }
        }
    }
    while stage.drafts.len() < end {
        consumer(stage, end - stage.drafts.len());
    }
}

pub(super) fn local(stage: &mut Stage) -> Person {
    Person::local(&stage.district, &mut stage.dice)
}

/// An ordinary plan that is a report now and then.
pub(super) fn ordinary(stage: &mut Stage, agent: u32, kind: Kind, person: &Person, manner: Manner) -> Plan {
    let mut plan = stage.plan(agent, kind, person, manner);
    if stage.dice.chance(REPORTS) {
        plan.track = Track::Report;
    }
    plan
}

/// Mostly one matter in two years, some more: how often people complain differs more than chance would have it.
fn consumer(stage: &mut Stage, left: usize) {
    let agent = stage.new_agent();
    let person = local(stage);
    for _ in 0..stage.dice.choose(&[(82.0, 1), (11.0, 2), (4.0, 3), (2.0, 4), (1.0, 6)]).min(left) {
        let mut plan = ordinary(stage, agent, Kind::Consumer, &person, CONSUMER);
        if stage.dice.chance(0.05) {
            plan.template = Some(stage.web_templates[stage.dice.index(stage.web_templates.len())]);
            plan.drift = 0.5;
        }
        stage.send(plan);
    }
}

/// A gym, a swimming hall, a school closes: a hundred to three hundred members within days, the chat group's text.
fn mass_incident(stage: &mut Stage, left: usize) {
    let matter = stage.dice.pick(&["gym", "card", "education"]);
    let matter = stage.matter(matter);
    let shop = stage.visited(matter);
    let good = stage.dice.index(stage.matters[matter].goods.len());
    let texts = [stage.dice.seed(), stage.dice.seed(), stage.dice.seed()];
    let begins = stage.period.some_day(0, stage.period.days() - 12, &mut stage.dice);
    let people = part(size(stage.dice.range(100, 300)), stage.grown).max(8).min(left);
    for _ in 0..people {
        let (agent, person) = (stage.new_agent(), local(stage));
        let plan = stage.plan(agent, Kind::MassIncident, &person, CONSUMER);
        let copies = stage.dice.chance(0.68);
        let later = stage.dice.heavy(1, 1.1, 12) - 1;
        let text = texts[stage.dice.index(texts.len())];
        let usual = stage.dice.chance(0.8);
        stage.send(Plan {
            matter,
            shop,
            good: usual.then_some(good),
            root: copies.then_some("mass"),
            template: copies.then_some(text),
            drift: 0.18,
            day: begins + later,
            ..plan
        });
    }
}

/// Someone who works there: a report, precise, no demand, often no name.
fn insider(stage: &mut Stage) {
    let (agent, mut person) = (stage.new_agent(), local(stage));
    if stage.dice.chance(0.6) {
        person = Person {
            name: "匿名".to_owned(),
            resident_id: String::new(),
            address: String::new(),
            contact: Contact::default(),
            ..person
        };
    }
    let matter = stage.dice.pick(&["catering", "food_quality", "food_foreign", "food_weight"]);
    let matter = stage.matter(matter);
    let plan = stage.plan(agent, Kind::Insider, &person, CONSUMER);
    let shop = stage.visited(matter);
    stage.send(Plan { matter, shop, track: Track::Report, root: Some("insider"), ..plan });
}

/// One person, many reports that prove right, nothing asked.
fn watchdog(stage: &mut Stage, left: usize) {
    let (agent, person) = (stage.new_agent(), local(stage));
    let (template, drift) = (stage.dice.seed(), 0.3);
    for _ in 0..size(stage.dice.heavy(8, 1.0, 60)).min(left) {
        let mut plan = stage.plan(agent, Kind::Watchdog, &person, CONSUMER);
        let matter =
            stage.dice.pick(&["food_expired", "food_label", "goods_price", "parking", "catering", "food_ad"]);
        plan.matter = stage.matter(matter);
        plan.shop = stage.visited(plan.matter);
        plan.template = stage.dice.chance(0.6).then_some(template);
        stage.send(Plan { track: Track::Report, root: Some("watchdog"), drift, ..plan });
    }
}

/// One dispute, many calls.
fn distressed(stage: &mut Stage, left: usize) {
    let (agent, person) = (stage.new_agent(), local(stage));
    let first = stage.plan(agent, Kind::Distressed, &person, CALLER);
    let fact = stage.dice.index(stage.matters[first.matter].facts.len());
    let good = stage.dice.index(stage.matters[first.matter].goods.len());
    let mut day = first.day;
    let purchase = Some((stage.dice.seed(), first.day));
    for nth in 0..size(stage.dice.heavy(3, 1.3, 14)).min(left) {
        let root = (nth > 0).then_some("again");
        let plan = Plan { day, good: Some(good), fact: Some(fact), root, purchase, ..first.clone() };
        stage.send(plan);
        day += stage.dice.range(1, 12);
    }
}

/// A recall, a broadcast, a platform that fails: many people, one brand, a short time.
fn platform_failure(stage: &mut Stage, left: usize) {
    let matter =
        stage.dice.pick(&["food_quality", "phone", "appliance", "delivery", "cosmetics", "food_import"]);
    let matter = stage.matter(matter);
    let good = stage.dice.index(stage.matters[matter].goods.len());
    let shop = stage.visited(matter);
    let begins = stage.period.some_day(0, stage.period.days() - 10, &mut stage.dice);
    for _ in 0..part(size(stage.dice.range(40, 100)), stage.grown).max(6).min(left) {
        let (agent, person) = (stage.new_agent(), local(stage));
        let manner = Manner { online: 0.7, ..CONSUMER };
        let plan = stage.plan(agent, Kind::PlatformFailure, &person, manner);
        let elsewhere = stage.dice.chance(0.35);
        let shop = if elsewhere { stage.visited(matter) } else { shop };
        let day = begins + stage.dice.heavy(1, 1.0, 9) - 1;
        stage.send(Plan { matter, shop, good: Some(good), root: Some("burst"), day, ..plan });
    }
}

/// A family's, an agent's or a front desk's phone.
fn shared_phone(stage: &mut Stage, left: usize) {
    let host = local(stage);
    let what = stage.dice.index(3);
    let members = if what == 0 { stage.dice.range(2, 4) } else { stage.dice.range(4, 9) };
    for _ in 0..size(members).min(left) {
        let agent = stage.new_agent();
        let mut member = match what {
            0 => host.relative(&mut stage.dice),
            1 => local(stage),
            _ => Person::visitor(&mut stage.dice),
        };
        if what == 0 {
            member.contact.keep(&host.contact, FAMILY);
        }
        let person = Person { phone: host.phone.clone(), ..member };
        let manner = if what == 2 { VISITOR } else { CONSUMER };
        let plan = ordinary(stage, agent, Kind::SharedPhone, &person, manner);
        stage.send(plan);
    }
}

/// The number of a line that many people speak through, where the caller's own should stand.
fn relayed(stage: &mut Stage, lines: usize) {
    let (agent, person) = (stage.new_agent(), local(stage));
    let (phone, is_hotline) = stage.dice.choose(&RELAYS);
    let line = stage.dice.index(lines);
    let phone = match phone.strip_prefix("0472110").and_then(|of_four| of_four.parse::<usize>().ok()) {
        // Far enough apart that no two of the list ever meet.
        Some(first) => format!("0472110{:04}", (first + 13 * line) % 10_000),
        None => phone.to_owned(),
    };
    let person = Person { phone, resident_id: String::new(), ..person };
    let plan = ordinary(stage, agent, Kind::HotlineRelay, &person, CALLER);
    let channel = is_hotline.then_some(Channel::CityHotline);
    stage.send(Plan { channel, ..plan });
}

/// A lawyer, a student, someone with a template from the web or an AI's help: the law is quoted, once.
fn literate(stage: &mut Stage) {
    let (agent, person) = (stage.new_agent(), local(stage));
    let mut plan = ordinary(stage, agent, Kind::Literate, &person, LITERATE);
    if stage.dice.chance(0.5) {
        let matter =
            stage.dice.pick(&["food_label", "food_expired", "food_ad", "fibre", "cosmetics", "household"]);
        plan.matter = stage.matter(matter);
        plan.shop = stage.visited(plan.matter);
    }
    if stage.dice.chance(0.45) {
        plan.template = Some(stage.web_templates[stage.dice.index(stage.web_templates.len())]);
        plan.drift = 0.2;
    }
    stage.send(plan);
}

fn visitor(stage: &mut Stage) {
    let agent = stage.new_agent();
    let person = Person::visitor(&mut stage.dice);
    for _ in 0..stage.dice.choose(&[(94.0, 1), (6.0, 2)]) {
        let mut plan = ordinary(stage, agent, Kind::Visitor, &person, VISITOR);
        if stage.dice.chance(0.6) {
            let matter =
                stage.dice.pick(&["hotel", "catering", "catering_price", "food_ad", "travel", "parking"]);
            plan.matter = stage.matter(matter);
            plan.shop = stage.visited(plan.matter);
        }
        stage.send(plan);
    }
}

fn elderly(stage: &mut Stage) {
    let (agent, person) = (stage.new_agent(), local(stage));
    let mut plan = ordinary(stage, agent, Kind::Elderly, &person, ELDERLY);
    if stage.dice.chance(0.5) {
        let matter = stage.dice.pick(&["device", "drug", "food_weight", "food_ad", "goods_price", "telecom"]);
        plan.matter = stage.matter(matter);
        plan.shop = stage.visited(plan.matter);
    }
    stage.send(plan);
}
