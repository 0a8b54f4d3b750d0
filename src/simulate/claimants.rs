//! Professional claimants (职业索赔人): few people, heavy-tailed, most of the suspected items.

use super::buyers;
use super::catalogue::Trade;
use super::contact::Habit;
use super::dice::{part, size, whole};
use super::item::{Channel, Kind, Track};
use super::people::{Person, reversed};
use super::stage::{Manner, Plan, Stage};

/// Share of the suspected items by each kind; the last takes what is left.
const SHARES: [(Kind, f64); 12] = [
    (Kind::ExpiredHunter, 0.15),
    (Kind::AdHunter, 0.13),
    (Kind::PharmacySweep, 0.06),
    (Kind::Gang, 0.16),
    (Kind::Rotator, 0.10),
    (Kind::Paraphraser, 0.10),
    (Kind::Newcomer, 0.07),
    (Kind::SeriousViolation, 0.015),
    (Kind::OneShop, 0.06),
    (Kind::ShopGang, 0.04),
    (Kind::QuantityBuyer, 0.04),
    (Kind::LabelHunter, 1.0),
];

/// Channels of those who use the platform, those who call, those who write letters.
const CHANNELS: [(f64, [f64; 5]); 3] = [
    (62.0, [88.0, 8.0, 1.0, 2.5, 0.5]),
    (26.0, [30.0, 60.0, 7.0, 2.0, 1.0]),
    (12.0, [28.0, 10.0, 2.0, 59.0, 1.0]),
];

/// Share of their items that are reports.
const REPORTS: f64 = 0.24;
/// What the faces of a gang have in common, and what one who rotates names and phones keeps: the money has to arrive.
const GANG: Habit = Habit { account: 0.5, parcels: 0.4, email: 0.08 };
const ROTATOR: Habit = Habit { account: 0.75, parcels: 0.55, email: 0.25 };
/// Most items of one claimant, as a share of all suspected items.
const LARGEST: f64 = 0.06;

/// A claimant or a gang.
struct Claimant {
    agent: u32,
    kind: Kind,
    /// The faces shown; a lone claimant has one.
    identities: Vec<Person>,
    trade: Trade,
    manner: Manner,
    template: Option<u64>,
    drift: f64,
    favourites: Vec<usize>,
    /// Active days, from and to.
    active: (i64, i64),
}

/// Sends `budget` items.
pub(super) fn run(stage: &mut Stage, budget: usize) {
    let end = stage.drafts.len() + budget;
    for (kind, share) in SHARES {
        let until = (stage.drafts.len() + part(budget, share)).min(end);
        while stage.drafts.len() < until {
            let left = until - stage.drafts.len();
            match kind {
                Kind::PharmacySweep => sweep(stage, left),
                Kind::SeriousViolation => serious(stage, left),
                Kind::OneShop => buyers::one_shop(stage, left),
                Kind::ShopGang => buyers::shop_gang(stage, left),
                Kind::QuantityBuyer => buyers::quantity_buyer(stage, left),
                _ => career(stage, kind, left, part(budget, LARGEST)),
            }
        }
    }
}

/// One claimant's whole time in the district.
fn career(stage: &mut Stage, kind: Kind, left: usize, largest: usize) {
    let mut claimant = claimant(stage, kind);
    let cap = i64::try_from(largest).unwrap_or(1).max(6);
    let count = match kind {
        Kind::Newcomer => stage.dice.heavy(2, 1.2, 14),
        Kind::Gang => stage.dice.heavy(12, 1.2, cap),
        // Ten a year and more from most of what they send (Shanghai 2023: 7,880 persons, 246,000 items).
        _ => stage.dice.heavy(5, 1.0, cap),
    };
    let mut left = left.min(usize::try_from(count).unwrap_or(1));
    let mut sent = 0;
    let (from, to) = claimant.active;
    while left > 0 {
        // A trip: some shops of a neighbourhood in a day or two.
        let day = stage.period.some_day(from, to, &mut stage.dice);
        let stops = size(stage.dice.heavy(1, 1.25, 9)).min(left);
        let identity = stage.dice.index(claimant.identities.len());
        for _ in 0..stops.max(1).min(left) {
            if kind == Kind::Rotator && stage.dice.chance(0.4) {
                rotate(stage, &mut claimant);
            }
            let identity = identity.min(claimant.identities.len() - 1);
            let plan = strike(stage, &claimant, identity, day);
            left -= 1;
            sent += 1;
            let report = (left > 0 && plan.track == Track::Complaint && stage.dice.chance(0.1))
                .then(|| Plan { track: Track::Report, root: None, ..plan.clone() });
            stage.send(plan);
            if let Some(report) = report {
                left -= 1;
                stage.send(report);
            }
            if left == 0 {
                break;
            }
            // A wording that stops paying is changed.
            if sent % 25 == 0 && claimant.template.is_some() {
                claimant.template = Some(stage.dice.seed());
            }
        }
    }
}

fn claimant(stage: &mut Stage, kind: Kind) -> Claimant {
    let agent = stage.new_agent();
    let trade = match kind {
        Kind::LabelHunter => Trade::Label,
        Kind::ExpiredHunter => Trade::Expired,
        Kind::AdHunter => Trade::Ad,
        _ => stage.dice.choose(&[
            (42.0, Trade::Label),
            (28.0, Trade::Expired),
            (26.0, Trade::Ad),
            (4.0, Trade::Pharmacy),
        ]),
    };
    let is_local = stage.dice.chance(0.55);
    let first = someone(stage, is_local);
    let identities = if kind == Kind::Gang { gang(stage, &first) } else { vec![first] };
    let favourites = (0..3).map(|_| hunted(stage, trade)).collect();
    let days = stage.period.days();
    // The trade grows: the later, the more newcomers.
    let active = if kind == Kind::Newcomer {
        let start = whole(days as f64 * (0.15 + 0.83 * stage.dice.unit().sqrt()));
        (start, start + stage.dice.range(7, 35))
    } else {
        let start = stage.dice.range(-60, days - 20);
        (start.max(0), start + stage.dice.heavy(40, 1.0, 500))
    };
    let (template, drift) = wording(stage, kind);
    let manner = manner(stage, kind);
    Claimant { agent, kind, identities, trade, manner, template, drift, favourites, active }
}

pub(super) fn someone(stage: &mut Stage, is_local: bool) -> Person {
    if is_local { Person::local(&stage.district, &mut stage.dice) } else { Person::visitor(&mut stage.dice) }
}

/// Three to seven people; some share a phone, some an address.
fn gang(stage: &mut Stage, first: &Person) -> Vec<Person> {
    let mut identities = vec![first.clone()];
    for _ in 0..stage.dice.range(2, 6) {
        let mut identity = first.relative(&mut stage.dice);
        if stage.dice.chance(0.5) {
            identity.live_at(someone(stage, true).address);
        }
        if stage.dice.chance(0.35) {
            identity.phone.clone_from(&first.phone);
        }
        identity.contact.keep(&first.contact, GANG);
        identities.push(identity);
    }
    identities
}

/// Template and drift: most copy themselves, a third copies the web, some never write the same twice.
fn wording(stage: &mut Stage, kind: Kind) -> (Option<u64>, f64) {
    let own = stage.dice.seed();
    let web = stage.web_templates[stage.dice.index(stage.web_templates.len())];
    match kind {
        Kind::Paraphraser => (None, 0.0),
        Kind::Newcomer => (Some(web), 0.5),
        _ if stage.dice.chance(0.34) => (Some(web), 0.15 + 0.3 * stage.dice.unit()),
        _ if stage.dice.chance(0.2) => (None, 0.0),
        _ => (Some(own), 0.08 + 0.4 * stage.dice.unit()),
    }
}

pub(super) fn manner(stage: &mut Stage, kind: Kind) -> Manner {
    // plain, short, formal, AI
    let registers = match kind {
        Kind::Paraphraser => [38.0, 4.0, 8.0, 50.0],
        Kind::Newcomer => [42.0, 8.0, 32.0, 18.0],
        _ => stage.dice.choose(&[
            (62.0, [12.0, 4.0, 78.0, 6.0]),
            (22.0, [60.0, 12.0, 24.0, 4.0]),
            (16.0, [24.0, 4.0, 30.0, 42.0]),
        ]),
    };
    Manner {
        channels: stage.dice.choose(&CHANNELS),
        registers,
        punitive: 0.55 + 0.4 * stage.dice.unit(),
        online: stage.dice.choose(&[(70.0, 0.14), (30.0, 0.75)]),
        cheap: 1.0 + stage.dice.unit(),
    }
}

/// A matter of the trade.
pub(super) fn hunted(stage: &mut Stage, trade: Trade) -> usize {
    stage.dice.weighted(stage.matters.iter().map(|matter| matter.hunted(trade)))
}

/// A new name and phone at the same place, sometimes written the other way round; or a new name on the same phone.
fn rotate(stage: &mut Stage, claimant: &mut Claimant) {
    let Some(last) = claimant.identities.last().cloned() else { return };
    let mut identity = last.relative(&mut stage.dice);
    match stage.dice.index(10) {
        0..4 => {}
        4..7 => identity.address = reversed(&last.address),
        _ => {
            identity.phone.clone_from(&last.phone);
            identity.live_at(someone(stage, true).address);
        }
    }
    identity.contact.keep(&last.contact, ROTATOR);
    claimant.identities = vec![identity];
}

/// One item of a trip.
fn strike(stage: &mut Stage, claimant: &Claimant, identity: usize, day: i64) -> Plan {
    let mut plan = stage.plan(claimant.agent, claimant.kind, &claimant.identities[identity], claimant.manner);
    // Claimants buy as consumers too, and then complain about what everyone complains about.
    if !stage.dice.chance(0.06) {
        plan.matter = match claimant.favourites.get(stage.dice.index(5)) {
            Some(favourite) => *favourite,
            None => hunted(stage, claimant.trade),
        };
        let shops = &stage.matters[plan.matter].shops;
        plan.shop = if stage.dice.chance(0.6) {
            stage.operators.any(shops, &mut stage.dice)
        } else {
            stage.operators.visited(shops, &mut stage.dice)
        };
    }
    plan.day = day + stage.dice.range(0, 2);
    plan.template = claimant.template;
    plan.drift = claimant.drift;
    if stage.dice.chance(REPORTS - 0.08) {
        plan.track = Track::Report;
    }
    plan
}

/// The same lotion in twenty to thirty-three pharmacies within days.
fn sweep(stage: &mut Stage, left: usize) {
    let agent = stage.new_agent();
    let is_local = stage.dice.chance(0.2);
    let person = someone(stage, is_local);
    let template = stage.dice.seed();
    let manner = Manner { channels: CHANNELS[0].1, ..manner(stage, Kind::PharmacySweep) };
    let matter = hunted(stage, Trade::Pharmacy);
    let (goods, facts) = (stage.matters[matter].goods.len(), stage.matters[matter].facts.len());
    let (good, fact) = (stage.dice.index(goods), stage.dice.index(facts));
    let mut shops = stage.operators.of(&stage.matters[matter].shops);
    stage.dice.shuffle(&mut shops);
    let begins = stage.period.some_day(0, stage.period.days() - 5, &mut stage.dice);
    let stops = size(stage.dice.range(20, 33)).min(left);
    for shop in shops.into_iter().cycle().take(stops) {
        let plan = stage.plan(agent, Kind::PharmacySweep, &person, manner);
        let other_fact = stage.dice.chance(0.3);
        let day = begins + stage.dice.range(0, 4);
        stage.send(Plan {
            matter,
            shop,
            good: Some(good),
            fact: (!other_fact).then_some(fact),
            day,
            template: Some(template),
            drift: 0.25,
            ..plan
        });
    }
}

/// A claimant who has come upon something grave: a complaint, and a report that proves right.
fn serious(stage: &mut Stage, left: usize) {
    let agent = stage.new_agent();
    let person = someone(stage, true);
    let manner = manner(stage, Kind::SeriousViolation);
    let matter = stage.dice.pick(&["food_foreign", "food_quality", "drug", "cosmetics", "catering"]);
    let matter = stage.matter(matter);
    let shop = stage.visited(matter);
    let day = stage.period.some_day(0, stage.period.days() - 8, &mut stage.dice);
    for nth in 0..left.min(size(stage.dice.range(2, 5))) {
        let plan = stage.plan(agent, Kind::SeriousViolation, &person, manner);
        let is_report = nth % 2 == 1 || stage.dice.chance(0.3);
        let channel = stage.dice.chance(0.7).then_some(Channel::Platform);
        let later = stage.dice.range(0, 6);
        let track = if is_report { Track::Report } else { Track::Complaint };
        stage.send(Plan { matter, shop, track, channel, day: day + later, ..plan });
    }
}
