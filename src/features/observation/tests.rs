use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::evidence::GuardKind;
use crate::domain::ids::Sequence;
use crate::features::history::{Closure, Cut, Matter, Stretch};

const NOON: i64 = 1_780_000_000;
const DAY: i64 = 86_400;

fn key_hash(kind: u8, of: u8) -> KeyHash {
    let mut bytes = [kind; 16];
    bytes[0] = of;
    KeyHash(bytes)
}

/// A complaint in history: who, with which phone and from where, against whom, with which text, how many seconds
/// before noon.
#[derive(Debug, Clone, Copy)]
struct Earlier {
    name: u8,
    phone: u8,
    address: u8,
    respondent: u8,
    product: u8,
    text: u8,
    order: u8,
    ago: i64,
}

const THIS: Earlier =
    Earlier { name: 1, phone: 1, address: 1, respondent: 1, product: 1, text: 1, order: 0, ago: 0 };

impl Earlier {
    /// Somebody else altogether.
    fn by(person: u8) -> Self {
        Earlier { name: person, phone: person, address: person, ..THIS }
    }

    fn key_hashes(self) -> KeyHashes {
        let mut keys = crate::features::history::Keys::default();
        let known = |kind, of| Some(key_hash(kind, of)).filter(|_| of > 0);
        keys[IdentityKey::Phone as usize] = known(1, self.phone);
        keys[IdentityKey::Address as usize] = known(3, self.address);
        KeyHashes {
            keys,
            name: Some(self.name.into()).filter(|name| *name > 0),
            person: Some(i64::from(self.name) * 1_000 + i64::from(self.phone)),
            respondent: Some(key_hash(4, self.respondent)),
            product: Some(self.product.into()),
            matter: Some(Matter {
                order: Some(self.order.into()).filter(|order| *order > 0),
                goods: Some(self.product.into()),
                problem: Some(1),
                // What is of the first text is a claim.
                plan: Some(1).filter(|_| self.text == 1),
                is_target: self.text == 1,
                ..Matter::default()
            }),
            template: Some(Sequence(self.text.into())),
            likeness_percent: 90,
            ..KeyHashes::default()
        }
    }

    fn fold(self, sequence: i64, history: &mut History) {
        let key_hashes = self.key_hashes();
        let recency = Recency::new(Timestamp((NOON - self.ago) * 1_000_000), Sequence(sequence));
        let number = RegistrationNumber::parse(&format!("N{sequence}")).unwrap();
        history.fold(&key_hashes, &key_hashes.entry(number, recency));
        history.close(recency, Closure { ended_at: None, withdrawn_at: None });
    }
}

fn history(entries: &[Earlier]) -> History {
    let mut history = History::default();
    for (sequence, entry) in (1..).zip(entries) {
        entry.fold(sequence, &mut history);
    }
    history
}

pub(in crate::features) fn complaint(text: &str) -> Submission {
    let json = json!({
        "number": "X1", "received": { "at": NOON * 1_000_000 }, "complainant": {},
        "respondent": { "name": "某超市" },
        "complaint": { "text": text, "demands": ["退货", "赔偿损失"], "amount_fen": 468, "sales_mode": "现场购物" },
    });
    serde_json::from_value(json).unwrap()
}

pub(in crate::features) const LETTER: &str = "事实与理由：本人购买木耳60袋，分6单付款，外包装未标注生产日期，不符合ＧＢ ７７１８和ＧＢ ２８０５０的要求，要求退一赔十，\
                           请书面答复，赔偿后撤回投诉。食用后过敏去医院。此前投诉后再次购买。有照片，无小票。";

fn see(earlier: Earlier, history: &History) -> Observation {
    observe(&complaint(LETTER), &earlier.key_hashes(), history, None).unwrap()
}

/// An observation in which every feature of the past speaks.
pub(in crate::features) fn extreme() -> Observation {
    let many = (0..90).map(|n| Earlier {
        name: 1 + n % 3,
        phone: 1 + n % 7,
        respondent: 1 + n % 20,
        product: 1 + n % 3,
        order: 1 + n,
        ago: i64::from(n) * 3_600,
        ..THIS
    });
    let crowd = (100..110).map(|n| Earlier { respondent: 1 + n % 4, ago: 7_200, ..Earlier::by(n) });
    let mut history = history(&many.chain(crowd).collect::<Vec<_>>());
    let at = Timestamp((NOON - 50 * 3_600) * 1_000_000);
    history.close(Recency::new(at, Sequence(51)), Closure { ended_at: Some(at), withdrawn_at: Some(at) });
    observe(&complaint(LETTER), &THIS.key_hashes(), &history, None).unwrap()
}

fn value(observation: &Observation, code: &str) -> f64 {
    let feature = FEATURES.iter().find(|feature| feature.code == code).unwrap();
    feature.value(observation)
}

fn guards(observation: &Observation) -> Vec<GuardKind> {
    observation.evidence().guards.iter().map(|guard| guard.kind).collect()
}

#[test]
fn every_feature_can_speak() {
    let seen = extreme();
    for feature in FEATURES {
        assert!(feature.value(&seen) > 0.0, "{}", feature.code);
    }
}

#[test]
fn nothing_seen_is_the_zero_vector() {
    let mut bare = complaint("请帮助。");
    bare.complaint.as_mut().unwrap().amount_fen = crate::domain::given::Given::Masked;
    let seen = observe(&bare, &KeyHashes::default(), &History::default(), None).unwrap();
    assert_eq!(seen.vector(), vec![0.0; FEATURES.len()]);
    assert!(!seen.identified());
    assert_eq!(guards(&seen), [GuardKind::TooLittleKnown]);
}

#[test]
fn a_dispute_told_again_is_one_dispute() {
    let calls: Vec<Earlier> = (1..6).map(|day| Earlier { ago: day * DAY, ..THIS }).collect();
    let mut known = history(&calls);
    let seen = see(THIS, &known);
    assert_eq!((seen.same_dispute.count, seen.linked[2].count), (5, 0));
    assert_eq!(guards(&seen), [GuardKind::OpenDuplicate]);
    for feature in FEATURES.iter().filter(|f| !f.code.starts_with("same_dispute")) {
        assert!(feature.records(&seen).is_empty(), "{}", feature.code);
    }
    // Once all of them have ended, another complaint is no duplicate of an open one. An end that came later is not
    // known yet.
    for (sequence, call) in (1..).zip(&calls) {
        let at = Timestamp((NOON - call.ago) * 1_000_000);
        let ended_at = Some(at.plus_seconds(if sequence == 1 { 3 * DAY } else { 3_600 }));
        known.close(Recency::new(at, Sequence(sequence)), Closure { ended_at, withdrawn_at: None });
    }
    assert_eq!(see(THIS, &known).evidence().guards[0].records.len(), 1);
}

#[test]
fn a_chat_group_against_one_gym_is_not_a_gang_against_many_shops() {
    let crowd: Vec<Earlier> = (20..29).map(|n| Earlier { ago: 3_600, ..Earlier::by(n) }).collect();
    let seen = see(THIS, &history(&crowd));
    assert_eq!((seen.burst.count, seen.burst.records.len()), (9, MOST_RECORDS));
    assert_eq!(guards(&seen), [GuardKind::MassIncident, GuardKind::FirstComplaint]);
    let near_duplicate = seen.evidence().near_duplicate.as_ref().unwrap();
    assert_eq!(
        (near_duplicate.complaints, near_duplicate.respondents, near_duplicate.persons, near_duplicate.own),
        (9, 1, 9, false)
    );
    for code in ["alike_90d", "shared_names", "others_twins_365d", "template_spread"] {
        assert_eq!(value(&seen, code), 0.0, "{code}");
    }
    // Three persons, each to three other shops, with the same text.
    let gang: Vec<Earlier> =
        (0..9).map(|n| Earlier { respondent: 10 + n, ago: 3_600, ..Earlier::by(20 + n % 3) }).collect();
    let seen = see(THIS, &history(&gang));
    assert_eq!(seen.others_near_duplicates.count, 9);
    assert_eq!(value(&seen, "template_spread"), 25.0);
    assert_eq!(guards(&seen), [GuardKind::FirstComplaint]);
}

#[test]
fn a_family_and_a_hotel_glue_nobody_and_a_gang_is_one_hand() {
    // One phone, other names, nothing else in common.
    let guests = |count: u8| -> Vec<Earlier> {
        let guest =
            |n| Earlier { name: 10 + n, respondent: 10 + n, product: 10 + n, text: 10 + n, ago: DAY, ..THIS };
        (0..count).map(guest).collect()
    };
    for count in [1, 2, 12] {
        let seen = see(THIS, &history(&guests(count)));
        assert_eq!((seen.linked[2].count, seen.names.count), (0, 0), "{count} guests");
        assert_eq!(guards(&seen).contains(&GuardKind::SharedLine), count > 2, "{count} guests");
        assert_eq!(guards(&seen).contains(&GuardKind::Family), count <= 2, "{count} guests");
        assert_eq!(seen.identified(), count <= 2, "{count} guests");
    }
    // The same guest twice is still the same guest.
    let mut stayed = guests(12);
    stayed.push(Earlier { respondent: 9, product: 9, text: 9, ago: DAY, ..THIS });
    assert_eq!(see(THIS, &history(&stayed)).linked[2].count, 1);
    // One text against other operators: one group under several names.
    let gang: Vec<Earlier> = guests(4).into_iter().map(|guest| Earlier { text: 1, ..guest }).collect();
    let seen = see(THIS, &history(&gang));
    assert_eq!((seen.linked[2].count, seen.names.count), (4, 4));
    assert!(guards(&seen).is_empty());
}

#[test]
fn who_gives_no_name_on_a_line_of_many_is_nobody_in_particular() {
    let nameless = |n| Earlier { name: 0, respondent: n, product: n, text: n, ago: DAY, ..THIS };
    let this = Earlier { name: 0, ..THIS };
    let callers: Vec<Earlier> = (20..26).map(nameless).collect();
    // A line of which no other names are known: theirs who always leave it out.
    assert_eq!(see(this, &history(&callers)).linked[2].count, 6);
    let named = (10..14).map(|n| Earlier { name: n, ..nameless(n) });
    let mut many: Vec<Earlier> = named.chain(callers).collect();
    let seen = see(this, &history(&many));
    assert_eq!((seen.linked[2].count, seen.identified()), (0, false));
    assert!(guards(&seen).contains(&GuardKind::SharedLine));
    // The same text against another operator is still one group, and makes nobody else of the line theirs.
    many.push(Earlier { text: 1, ..nameless(30) });
    assert_eq!(see(this, &history(&many)).linked[2].count, 1);
}

#[test]
fn a_listed_relay_links_nobody() {
    let own = [Earlier { address: 0, respondent: 2, ago: DAY, ..THIS }];
    let relays = std::sync::Arc::new([key_hash(1, 1)].into());
    let mut known = History::unread(relays);
    own[0].fold(1, &mut known);
    let Window { since, before } = Window::of(Timestamp(NOON * 1_000_000));
    let stretch = Stretch { since, before };
    THIS.key_hashes().all().for_each(|key_hash| known.note_read(key_hash, stretch));
    let seen = see(Earlier { address: 0, ..THIS }, &known);
    assert_eq!((seen.linked[2].count, guards(&seen).len()), (0, 2));
}

#[test]
fn clusters_reach_through_others_and_a_cut_link_is_none() {
    // This one shares an address with the first, that one a phone with the second.
    let chain = [
        Earlier { phone: 2, respondent: 2, ago: 2 * DAY, ..THIS },
        Earlier { phone: 2, address: 7, respondent: 3, ago: DAY, ..THIS },
    ];
    let mut known = history(&chain);
    let seen = see(THIS, &known);
    assert_eq!((seen.linked[2].count, seen.contacts.count), (2, 1));
    let links = &seen.evidence().links;
    assert_eq!(links.iter().map(|link| link.from.is_some()).collect::<Vec<_>>(), [false, true]);
    assert_eq!((links[1].key, links[1].to.as_str()), (IdentityKey::Phone, "N2"));
    known.cut(Cut { key_hash: key_hash(3, 1), one: 1_001, other: 1_002 });
    assert_eq!(see(THIS, &known).linked[2].count, 0);
}

#[test]
fn what_is_not_read_is_asked_for() {
    let mut known = History::unread(std::sync::Arc::default());
    let Window { since, before } = Window::of(Timestamp(NOON * 1_000_000));
    let stretch = Stretch { since, before };
    let lacking = |known: &History| observe(&complaint(LETTER), &THIS.key_hashes(), known, None).err();
    let Lacking { keys, groups } = lacking(&known).unwrap();
    assert_eq!((keys.len(), groups.len()), (2, 2));
    THIS.key_hashes().all().for_each(|key_hash| known.note_read(key_hash, stretch));
    assert_eq!(lacking(&known), None);
    Earlier { phone: 2, respondent: 2, ago: DAY, ..THIS }.fold(1, &mut known);
    assert_eq!(lacking(&known), Some(Lacking { keys: vec![key_hash(1, 2)], groups: Vec::new() }));
}

#[test]
fn windows_end_where_they_say() {
    let counts = |ago| {
        let seen = see(THIS, &history(&[Earlier { ago, respondent: 2, ..THIS }]));
        seen.linked.map(|tally| tally.count)
    };
    assert_eq!(counts(30 * DAY - 1), [1, 1, 1]);
    assert_eq!(counts(30 * DAY), [0, 1, 1]);
    assert_eq!(counts(90 * DAY), [0, 0, 1]);
    assert_eq!(counts(365 * DAY), [0, 0, 0]);
}

#[test]
fn another_order_is_another_purchase_and_the_same_one_the_same_dispute() {
    let orders =
        |first: u8| (0..7).map(move |n| Earlier { order: first + n, ago: i64::from(1 + n) * DAY, ..THIS });
    let this = Earlier { order: 8, ..THIS };
    let seen = see(this, &history(&orders(1).collect::<Vec<_>>()));
    let values = ["purchases_30d", "same_operator_30d", "same_plan_90d"].map(|code| value(&seen, code));
    assert_eq!((values, seen.same_dispute.count), ([8.0, 7.0, 7.0], 0));
    let again: Vec<Earlier> = orders(1).map(|call| Earlier { order: 8, ..call }).collect();
    let seen = see(this, &history(&again));
    assert_eq!((seen.same_operator.count, seen.same_dispute.count), (0, 7));
}

#[test]
fn counts_below_their_floors_are_none() {
    let shops = |count: u8| {
        let shop = |n| Earlier { respondent: 10 + n, text: 10 + n, ago: i64::from(1 + n) * DAY, ..THIS };
        history(&(0..count).map(shop).collect::<Vec<_>>())
    };
    let at = |count| value(&see(THIS, &shops(count)), "same_goods_30d");
    assert_eq!([0, 1, 2, 3, 9].map(at), [0.0, 0.0, 2.0, 3.0, 9.0]);
    assert_eq!(value(&see(THIS, &shops(2)), "linked_30d"), 0.0);
}

#[test]
fn who_gives_no_name_on_a_phone_of_one_name_is_that_one() {
    let known = history(&[
        Earlier { name: 0, address: 0, respondent: 2, ago: DAY, ..THIS },
        Earlier { respondent: 3, address: 0, ago: 2 * DAY, ..THIS },
    ]);
    assert_eq!(see(Earlier { address: 0, ..THIS }, &known).linked[2].count, 2);
    assert_eq!(see(Earlier { name: 0, address: 0, ..THIS }, &known).linked[2].count, 2);
    // An address alone is not a phone: a household has many.
    let home = history(&[Earlier { name: 0, phone: 0, respondent: 2, text: 9, ago: DAY, ..THIS }]);
    assert_eq!(see(Earlier { phone: 2, ..THIS }, &home).linked[2].count, 0);
}

#[test]
fn many_names_of_one_phone_on_one_shop_are_one_hand_and_a_family_is_not() {
    let face = |n: u8| Earlier { name: 10 + n, order: 10 + n, ago: DAY, ..THIS };
    let names =
        |count: u8| value(&see(THIS, &history(&(0..count).map(face).collect::<Vec<_>>())), "shared_names");
    assert_eq!([1, 2, 3, 5].map(names), [0.0, 0.0, 3.0, 5.0]);
}

#[test]
fn different_disputes_are_told_as_such() {
    let plain = |n: u8| {
        let mut key_hashes =
            Earlier { respondent: 10 + n, product: 10 + n, text: 10 + n, ago: DAY, ..THIS }.key_hashes();
        key_hashes.matter = key_hashes.matter.map(|matter| Matter {
            plan: None,
            problem: Some(n.into()),
            is_target: false,
            ..matter
        });
        key_hashes
    };
    let mut known = History::default();
    for n in 2..6 {
        let recency = Recency::new(Timestamp((NOON - DAY) * 1_000_000), Sequence(n.into()));
        known.fold(&plain(n), &plain(n).entry(RegistrationNumber::parse("N").unwrap(), recency));
    }
    let seen = observe(&complaint("请退款"), &plain(9), &known, None).unwrap();
    assert_eq!((seen.linked[0].count, guards(&seen)), (4, vec![GuardKind::DifferentDisputes]));
    assert!(FEATURES.iter().filter(|feature| feature.is_fact()).all(|feature| feature.value(&seen) == 0.0));
    // One of them that asks for more is no ordinary dispute.
    assert!(!guards(&see(THIS, &known)).contains(&GuardKind::DifferentDisputes));
}

#[test]
fn a_series_at_one_shop_is_no_single_dispute_told_again() {
    let order = |n: u8| Earlier { order: n, ago: i64::from(n) * DAY, ..THIS };
    // Cannot be told from the one that is open.
    let unclear = Earlier { order: 0, ago: DAY, ..THIS };
    let guarded = |orders: u8| {
        let past: Vec<Earlier> = (0..orders).map(|n| order(2 + n)).chain([unclear]).collect();
        guards(&see(Earlier { order: 1, ..THIS }, &history(&past))).contains(&GuardKind::OpenDuplicate)
    };
    assert_eq!([0, 2, 3].map(guarded), [true, true, false]);
    // Goods that a text names otherwise each time make no series.
    let calls = (2..7).map(|n| Earlier { product: n, ago: i64::from(n) * DAY, ..THIS }).chain([unclear]);
    assert!(guards(&see(THIS, &history(&calls.collect::<Vec<_>>()))).contains(&GuardKind::OpenDuplicate));
}

#[test]
fn claims_of_several_operators_count_whatever_the_goods_and_only_beside_a_claim() {
    let claim = |n: u8| Earlier { respondent: 10 + n, product: 10 + n, ago: i64::from(n) * 20 * DAY, ..THIS };
    let past: Vec<Earlier> = (1..6).map(claim).collect();
    let seen = see(THIS, &history(&past));
    assert_eq!((value(&seen, "claims_90d"), value(&seen, "same_goods_30d")), (4.0, 0.0));
    assert_eq!(value(&see(Earlier { text: 2, ..THIS }, &history(&past)), "claims_90d"), 0.0);
    let twice: Vec<Earlier> = past.iter().map(|claim| Earlier { respondent: 10, ..*claim }).collect();
    assert_eq!(see(THIS, &history(&twice)).claims.count, 1);
}

#[test]
fn two_names_at_one_address_are_a_group_from_four_operators_on() {
    let home = |name: u8, n: u8| Earlier {
        name,
        phone: name,
        respondent: 10 + n,
        product: 10 + n,
        ago: DAY,
        ..THIS
    };
    let names = |claims: u8| {
        let known: Vec<Earlier> = (0..claims).map(|n| home(1 + n % 2, n)).collect();
        // Of another template, but a claim.
        let mut this = Earlier { product: 9, ..THIS }.key_hashes();
        (this.template, this.matter) = (None, this.matter.map(|matter| Matter { plan: Some(7), ..matter }));
        let mut history = History::default();
        for (sequence, entry) in (1..).zip(known) {
            let mut key_hashes = entry.key_hashes();
            let plan = Some(100 + i64::from(entry.product));
            key_hashes.template = None;
            key_hashes.matter = key_hashes.matter.map(|matter| Matter { plan, ..matter });
            let recency = Recency::new(Timestamp((NOON - DAY) * 1_000_000), Sequence(sequence));
            history.fold(&key_hashes, &key_hashes.entry(RegistrationNumber::parse("N").unwrap(), recency));
        }
        observe(&complaint(LETTER), &this, &history, None).unwrap().names.count
    };
    // With three known, the other name has made one claim only, as a neighbour may.
    assert_eq!([2, 3, 4].map(names), [0, 0, 1]);
}

fn earlier(ago: std::ops::Range<i64>) -> impl Strategy<Value = Earlier> {
    (0..4_u8, 0..5_u8, 0..4_u8, 0..4_u8, 0..3_u8, 1..4_u8, 0..3_u8, ago).prop_map(
        |(name, phone, address, respondent, product, text, order, ago)| Earlier {
            name,
            phone,
            address,
            respondent,
            product,
            text,
            order,
            ago,
        },
    )
}

proptest! {
    /// Promise 5: nothing received later, nothing beyond the horizon, and not the complaint itself.
    #[test]
    fn only_the_past_is_seen(
        past in proptest::collection::vec(earlier(0..30_000_000), 0..40),
        future in proptest::collection::vec(earlier(-9_000_000..0), 0..40),
        older in proptest::collection::vec(earlier(31_536_000..90_000_000), 0..40),
    ) {
        let submission = complaint(LETTER);
        let mut known = history(&past);
        let before = see(THIS, &known);
        for (sequence, entry) in (1_000..).zip(future.iter().chain(&older)) {
            entry.fold(sequence, &mut known);
        }
        THIS.fold(5_000, &mut known);
        let itself = Recency::new(submission.received.at, Sequence(5_000));
        let after = observe(&submission, &THIS.key_hashes(), &known, Some(itself)).unwrap();
        prop_assert_eq!(&before, &after);
        for (feature, value) in FEATURES.iter().zip(after.vector()) {
            prop_assert!((0.0..=feature.most).contains(&value), "{}: {}", feature.code, value);
        }
    }

    /// However many join against the same operator, no feature that may raise the score moves (Art. 12).
    #[test]
    fn a_crowd_raises_nothing(
        past in proptest::collection::vec(earlier(0..30_000_000), 0..30),
        crowd in proptest::collection::vec((50..250_u8, 1..4_u8, 0..500_000_i64), 1..30),
    ) {
        let mut known = history(&past);
        let before = see(THIS, &known);
        for (sequence, (person, text, ago)) in (1_000..).zip(crowd) {
            Earlier { text, ago, ..Earlier::by(person) }.fold(sequence, &mut known);
        }
        let after = see(THIS, &known);
        for feature in FEATURES.iter().filter(|f| f.direction == crate::features::Direction::MoreSuspicious) {
            prop_assert!(feature.value(&after) <= feature.value(&before), "{}", feature.code);
        }
    }

    /// Promises 4 and 16: the report part and what is personal change no number.
    #[test]
    fn neither_report_nor_person_is_read(name in "[一-龥]{2,3}", digits in "[0-9]{18}", text in ".{1,60}") {
        let plain = complaint(LETTER);
        let mut other = plain.clone();
        let more = json!({
            "number": "X1", "received": { "at": 0 }, "respondent": {},
            "complainant": { "name": name, "resident_id": digits, "address": text },
            "report": { "text": text, "amount_fen": 99 },
        });
        let more: Submission = serde_json::from_value(more).unwrap();
        other.complainant = more.complainant;
        other.report = more.report;
        let see = |submission| observe(submission, &THIS.key_hashes(), &History::default(), None).unwrap();
        prop_assert_eq!(see(&plain), see(&other));
    }
}
