//! Made-up histories of a small world: a few persons who share phones, a few shops, both tracks, masked facts,
//! numbers told twice, exports that tell of ends between new rows, amendments, pulls, decisions, reviews, cuts, other
//! bureau files, and requests sent again.

pub(crate) mod live;

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use triage::domain::evidence::IdentityKey;
use triage::domain::handling::{Disposition, RefusalGround};
use triage::domain::ids::Track;
use triage::domain::outcome::{Ended, Ending, FileOutcome, ImportedLabel};
use triage::domain::submission::Submission;
use triage::domain::text::{AmountFen, Line};
use triage::domain::time::Moment;

use super::world::UNITS;
use super::{BUREAU, MONDAY};

/// Numbers that are in use at one time; with every wave [`NEW`] of them are new, and as many are left behind.
const NUMBERS: usize = 24;
const NEW: usize = 8;
/// Waves of a month.
const WAVES: usize = 30;
const TEXTS: [&str; 3] = [
    "买到的蛋糕有异物，要求退款",
    "购买600袋，分6单付款，预包装食品未标注生产日期，不符合GB 7718，要求退一赔十，请书面答复",
    "手机维修后仍不能开机，商家拒绝退费",
];

/// What one registration number is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) person: usize,
    pub(crate) shop: usize,
    pub(crate) text: usize,
    /// 1 complaint, 2 report, 3 both.
    pub(crate) parts: u8,
    /// Hours before the start.
    pub(crate) hours: i64,
    pub(crate) amount: i64,
}

/// One thing that happens. Files are picked from where the bureau stands when the wave begins.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Submit {
        number: usize,
        hidden: u8,
        other: Option<Facts>,
    },
    /// A row of an export: what it tells of the file's end, and the officer's label.
    Import {
        number: usize,
        hidden: u8,
        outcome: u8,
    },
    /// As [`Act::Import`], of a row whose facts are told as they were before: its bytes are the same.
    Row {
        number: usize,
        outcome: u8,
    },
    Amend {
        number: usize,
        other: Facts,
    },
    Withdraw {
        number: usize,
    },
    Urge {
        number: usize,
    },
    /// A complaint is scored again: where nothing new is seen, that leaves no event.
    Rescore {
        number: usize,
    },
    /// The unit of some waiting file pulls.
    Pull {
        pick: Index,
        track: Track,
        most: u32,
    },
    /// Some file that is held is handled.
    Handle {
        pick: Index,
        track: Track,
        verb: u8,
        stale: bool,
    },
    /// Some file is sent elsewhere.
    Reassign {
        pick: Index,
        track: Track,
        unit: usize,
    },
    /// Some file's decision is challenged.
    OpenReview {
        pick: Index,
        track: Track,
        kind: u8,
    },
    /// Some open review ends.
    EndReview {
        pick: Index,
        track: Track,
        outcome: u8,
    },
    /// Nobody has signed for some file in time.
    Escalate {
        pick: Index,
        track: Track,
    },
    /// Another bureau file.
    Load {
        variant: usize,
    },
    CutLink {
        number: usize,
        other: usize,
        key: usize,
    },
    /// An earlier request once more.
    Again {
        back: usize,
    },
    /// An earlier request's id, or that of the outcome its row told, for something else.
    Reuse {
        back: usize,
        number: usize,
        outcome: bool,
    },
}

/// A history: what the numbers are about, and what happens, wave by wave. What is in one wave is asked at once;
/// before it some minutes pass.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) facts: Vec<Facts>,
    pub(crate) waves: Vec<(u64, Vec<Act>)>,
}

pub(crate) fn facts() -> impl Strategy<Value = Facts> {
    (0..5_usize, 0..6_usize, 0..TEXTS.len(), 1..=3_u8, 1..3_000_i64, 0..5_i64).prop_map(
        |(person, shop, text, parts, hours, amount)| Facts { person, shop, text, parts, hours, amount },
    )
}

fn track() -> impl Strategy<Value = Track> {
    prop_oneof![Just(Track::Complaint), Just(Track::Report)]
}

/// Numbers in use in a wave.
fn numbers(wave: usize) -> Range<usize> {
    NEW * wave..NEW * wave + NUMBERS
}

fn act(wave: usize) -> impl Strategy<Value = Act> {
    let number = || numbers(wave);
    let pick = any::<Index>;
    prop_oneof![
        4 => (number(), hidden(), proptest::option::weighted(0.1, facts()))
            .prop_map(|(number, hidden, other)| Act::Submit { number, hidden, other }),
        4 => (number(), hidden(), any::<u8>())
            .prop_map(|(number, hidden, outcome)| Act::Import { number, hidden, outcome }),
        2 => (number(), facts()).prop_map(|(number, other)| Act::Amend { number, other }),
        1 => number().prop_map(|number| Act::Withdraw { number }),
        1 => number().prop_map(|number| Act::Urge { number }),
        2 => number().prop_map(|number| Act::Rescore { number }),
        7 => (pick(), track(), 1..6_u32).prop_map(|(pick, track, most)| Act::Pull { pick, track, most }),
        14 => (pick(), track(), 0..100_u8, proptest::bool::weighted(0.05))
            .prop_map(|(pick, track, verb, stale)| Act::Handle { pick, track, verb, stale }),
        2 => (pick(), track(), 0..UNITS.len())
            .prop_map(|(pick, track, unit)| Act::Reassign { pick, track, unit }),
        2 => (1..20_usize).prop_map(|back| Act::Again { back }),
        1 => ((1..20_usize), number(), any::<bool>())
            .prop_map(|(back, number, outcome)| Act::Reuse { back, number, outcome }),
        2 => (pick(), track(), any::<u8>())
            .prop_map(|(pick, track, kind)| Act::OpenReview { pick, track, kind }),
        2 => (pick(), track(), any::<u8>())
            .prop_map(|(pick, track, outcome)| Act::EndReview { pick, track, outcome }),
        1 => (pick(), track()).prop_map(|(pick, track)| Act::Escalate { pick, track }),
        1 => (0..VARIANTS).prop_map(|variant| Act::Load { variant }),
        2 => (number(), number(), 0..IdentityKey::ALL.len())
            .prop_map(|(number, other, key)| Act::CutLink { number, other, key }),
        6 => row(wave),
    ]
}

/// What a version hides: often nothing, and a row of an export may tell the same bytes again.
fn hidden() -> impl Strategy<Value = u8> {
    prop_oneof![2 => Just(0), 1 => any::<u8>()]
}

fn row(wave: usize) -> impl Strategy<Value = Act> {
    (numbers(wave), any::<u8>()).prop_map(|(number, outcome)| Act::Row { number, outcome })
}

/// An export: new rows and known ones, each of which may have ended, mostly without anything else in between.
fn export(wave: usize) -> impl Strategy<Value = Vec<Act>> {
    proptest::collection::vec(prop_oneof![12 => row(wave).boxed(), 1 => act(wave).boxed()], 8..32)
}

/// Waves that follow each other: what waits for an answer at once, and how many minutes pass before it, at most.
fn waves(count: usize, minutes: u64) -> Vec<impl Strategy<Value = (u64, Vec<Act>)>> {
    let wave = |at| {
        let day = proptest::collection::vec(act(at), 3..14);
        (0..minutes, prop_oneof![day.boxed(), export(at).boxed()])
    };
    (0..count).map(wave).collect()
}

/// What all numbers of so many waves are about.
fn facts_of(waves: usize) -> impl Strategy<Value = Vec<Facts>> {
    proptest::collection::vec(facts(), numbers(waves).end)
}

/// A month that is lived in waves: hours and nights pass between them.
pub(crate) fn months() -> impl Strategy<Value = History> {
    (facts_of(WAVES), waves(WAVES, 1_440), 0..VARIANTS).prop_map(|(facts, mut waves, variant)| {
        waves.insert(0, (0, vec![Act::Load { variant }]));
        History { facts, waves }
    })
}

/// Some weeks, short enough to be kept.
pub(crate) fn weeks() -> impl Strategy<Value = History> {
    (facts_of(WAVES), waves(16, 1_440), 0..VARIANTS).prop_map(|(facts, mut waves, variant)| {
        waves.insert(0, (0, vec![Act::Load { variant }]));
        History { facts, waves }
    })
}

/// Histories that fill the small world first and then live in it.
pub(crate) fn histories() -> impl Strategy<Value = History> {
    let outcomes = proptest::collection::vec((0..NUMBERS / 2, hidden()), 10..25);
    let outcomes = (outcomes, 0..VARIANTS).prop_map(|(outcomes, variant)| {
        let submit = |(number, hidden)| Act::Submit { number, hidden, other: None };
        let load = std::iter::once(Act::Load { variant });
        (0, load.chain(outcomes.into_iter().map(submit)).collect::<Vec<_>>())
    });
    let waves = (4..9_usize).prop_flat_map(|count| waves(count, 5));
    (facts_of(9), outcomes, waves).prop_map(|(facts, outcomes, mut waves)| {
        waves.insert(0, outcomes);
        History { facts, waves }
    })
}

/// Bureau files: as the test's is; one where what is open decides; one that lists a relay beside.
const VARIANTS: usize = 3;

pub(crate) fn bureau(variant: usize) -> String {
    let near = BUREAU.replace("bundle_from = 40", "bundle_from = 2\naffinity_work_units = 5.0");
    match variant {
        0 => BUREAU.to_owned(),
        1 => near,
        _ => format!("{near}\n[[relay]]\nname = \"寄存点\"\nphone = \"13900000001\"\n"),
    }
}

/// The number at a place.
pub(crate) fn number(at: usize) -> String {
    format!("N{at}")
}

/// The submission of some facts; each bit of `hidden` masks a fact, leaves it out, or blurs the receive time.
pub(crate) fn submission(number: &str, facts: Facts, hidden: u8) -> Submission {
    let Facts { person, shop, text, parts, hours, amount } = facts;
    let show = |bit: u8, value: &str| {
        if hidden & (1 << bit) == 0 { json!(value) } else { Value::Null }
    };
    let (name, phone, document) = [
        ("王某", "13900000001", None),
        ("李某", "13900000001", None),
        ("张某", "13900000002", Some("11010519491231002X")),
        ("赵某", "13900000003", Some("11010519491231002X")),
        ("*", "", None),
    ][person];
    let mut complainant = json!({});
    if person != 4 {
        complainant = json!({ "name": show(0, name), "phone": show(1, phone) });
    }
    if let Some(document) = document.filter(|_| hidden & 4 == 0) {
        complainant["resident_id"] = json!(document);
    }
    let (trader, premises) = [
        ("东街蛋糕房", Some("东街街道一号")),
        ("东街面馆", Some("东街街道二号")),
        ("西街超市", Some("西街街道三号")),
        ("西街药店", Some("西街街道四号")),
        ("游商", None),
        ("西街超市", Some("西街街道五号")),
        // Drawn by no strategy: an operator of whom nothing is open.
        ("东街烘焙坊", Some("东街街道七号")),
    ][shop];
    let mut respondent = json!({ "name": trader });
    if let Some(premises) = premises {
        respondent["premises"] = show(3, premises);
    }
    let category = if trader == "西街药店" { "商品->药品" } else { "商品->食品" };
    let mut part = json!({ "text": TEXTS[text], "object_category": category });
    if amount > 0 {
        part["amount_fen"] = json!(amount * 468);
    }
    let second = MONDAY.seconds() - hours * 3_600;
    let date_only = hidden & 0x30 == 0x30;
    let at = if date_only { (second + 28_800).div_euclid(86_400) * 86_400 - 28_800 } else { second };
    let mut whole = json!({
        "number": number, "received": { "at": at * 1_000_000, "date_only": date_only },
        "complainant": complainant, "respondent": respondent,
    });
    if parts & 1 != 0 {
        whole["complaint"] = part.clone();
    }
    if parts & 2 != 0 {
        part["text"] = json!("该店无照经营，请查处");
        whole["report"] = part;
    }
    serde_json::from_value(whole).unwrap()
}

/// What a row tells: mostly nothing or an end, now and then that it was taken up; and now and then a label.
fn outcomes(outcome: u8, complaint: bool) -> FileOutcome {
    let ended = match (outcome % 12, complaint) {
        (0..=5, _) => None,
        (6, true) => Some(Ended::Refused(Some(RefusalGround::NotForConsumption))),
        (6, false) => Some(Ended::NotFiled),
        (7, true) => Some(Ended::Closed(Some(Disposition::Settled))),
        (8 | 9, true) => Some(Ended::Closed(Some(Disposition::Withdrawn))),
        _ => Some(Ended::Closed(None)),
    };
    // Ends lie among the receive times: an earlier complaint is open to some later ones, and not to others.
    let ended_at = MONDAY.plus_seconds(-86_400 * i64::from(outcome % 11) * i64::from(outcome % 4));
    let ending = ended.map(|ended| Ending {
        ended,
        at: (outcome & 0x40 == 0).then_some(Moment { at: ended_at, date_only: true }),
        recovered: (outcome & 0x80 == 0).then(|| AmountFen::parse(i64::from(outcome)).unwrap()),
        fined: (outcome & 0x90 == 0x10).then(|| AmountFen::parse(i64::from(outcome) * 100).unwrap()),
        confiscated: (outcome & 0xa0 == 0xa0).then(|| AmountFen::parse(i64::from(outcome) * 10).unwrap()),
        handled_by: (outcome & 0x20 == 0).then(|| Line::parse("城东所").unwrap()),
    });
    let imported_label = match outcome & 0x18 {
        0x08 if complaint => Some(ImportedLabel::Suspected),
        0x10 if complaint => Some(ImportedLabel::Not),
        _ => None,
    };
    // Exports come in any order: what is told is as of one of four days.
    let as_of = MONDAY.plus_seconds(-86_400 * i64::from(outcome & 3));
    FileOutcome { ending, accepted_upstream: outcome % 12 == 5, imported_label, handled_by: None, as_of }
}
