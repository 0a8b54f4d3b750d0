//! The chain, its heads and what a verification makes of them, without a database.

use std::borrow::Cow;

use proptest::prelude::*;
use proptest::sample::Index;

use super::found::{Kind, Verified};
use super::head::{Head, Heads, Line, Signer, Trouble};
use super::verify::{HeadsFile, Seen, Standing, Verification};
use super::{Chain, Entry, Fold, Hash, RESUME, Row, beginning};

const BUREAU: i64 = 7;

/// Signs with a word: whoever knows it can sign, as whoever has a key can.
struct Word(u8);

impl Signer for Word {
    fn public(&self) -> [u8; 32] {
        [self.0; 32]
    }
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        [message, &[self.0]].concat()
    }
    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.sign(message) == signature
    }
}

fn entry(number: i64, seed: i64) -> Entry {
    Entry {
        number,
        at: 1_000_000 + 60 * number,
        caller: seed % 5 - 2,
        officer: (seed % 3 == 0).then(|| format!("e{}", seed % 4)),
        action: Cow::Borrowed(if seed % 2 == 0 { "submit" } else { "search" }),
        sequence: None,
        submission: (seed % 7 > 2).then_some(seed % 7),
        track: (seed % 7 > 4).then_some(1),
    }
}

/// A trail of rows, the first `before` of them without a hash.
#[derive(Debug, Clone)]
struct Trail {
    rows: Vec<Row>,
    chain: Chain,
}

fn trail(seeds: &[i64], before: usize) -> Trail {
    let mut rows: Vec<Row> = Vec::new();
    let mut fold = Fold::new(BUREAU);
    for (number, seed) in (1..).zip(seeds) {
        let entry = entry(number, *seed);
        let hash = entry.after(BUREAU, &fold.chain().0.hash).to_vec();
        rows.push(Row { entry, hash: (rows.len() >= before).then_some(hash) });
        fold.take(rows.last().unwrap());
    }
    Trail { rows, chain: fold.chain().0 }
}

impl Trail {
    fn head(&self) -> Head {
        Head { bureau: BUREAU, number: self.chain.number, hash: self.chain.hash, before: self.chain.before }
    }

    /// Computes the chain anew behind whatever was done, as somebody would who can write to the database.
    fn cover_up(&mut self) {
        let mut fold = Fold::new(BUREAU);
        for (number, row) in (1..).zip(&mut self.rows) {
            row.entry.number = number;
            row.hash = row.hash.is_some().then(|| row.entry.after(BUREAU, &fold.chain().0.hash).to_vec());
            fold.take(row);
        }
        self.chain = fold.chain().0;
    }

    fn verified(&self, heads: &[Head]) -> Verified {
        let standing = Standing { sequence: 0, number: self.chain.number, chain: Some(self.chain) };
        let lines: Vec<String> = (1..).zip(heads).map(|(line, head)| written(*head, line)).collect();
        let heads = Some(Heads::read(lines.concat().as_bytes(), &Word(1)));
        let file = HeadsFile { name: "heads".to_owned(), heads };
        let files = if lines.is_empty() { Vec::new() } else { vec![file] };
        let mut verification = Verification::new(BUREAU, standing, files);
        for row in &self.rows {
            verification.row(row);
        }
        verification.finish()
    }
}

fn written(head: Head, line: u64) -> String {
    serde_json::to_string(&Line::signed(head, line, "2026-06-01T09:00:00+08:00", &Word(1))).unwrap() + "\n"
}

fn kinds(found: &Verified) -> Vec<(Kind, i64, i64)> {
    found.findings.iter().map(|one| (one.kind, one.from, one.to)).collect()
}

/// Written down once: another form needs another version, and this one is read for ever.
#[test]
fn the_form_of_a_row_is_what_it_was() {
    let first = Entry {
        number: 1,
        at: 1_780_275_600_000_000,
        caller: -1,
        officer: Some("e1".to_owned()),
        action: "decide".into(),
        sequence: Some(3),
        submission: Some(2),
        track: Some(0),
    };
    let bare =
        Entry { number: 2, officer: None, sequence: None, submission: None, track: None, ..first.clone() };
    let one = first.after(1, &beginning(1));
    let two = bare.after(1, &one);
    // Computed by another program from the words at the head of the room.
    assert_eq!(hex::encode(beginning(1)), "53332e2618f4a6797791deacd9882e42f354f8f5421237a0d6bf74ab602374e0");
    assert_eq!(hex::encode(one), "d27bdf49fc57a52f718bb477dc5c5fc59ca40a58a8ca8a4d39814dc570093562");
    assert_eq!(hex::encode(two), "28957f68b083cf1f303bd9ef40658aa55a0ece8a86464328418055cc71ac5c0d");
}

#[test]
fn no_two_rows_have_one_form() {
    let row = entry(4, 6);
    let previous = beginning(BUREAU);
    let others = [
        Entry { officer: None, ..row.clone() },
        Entry { officer: Some(String::new()), ..row.clone() },
        Entry { officer: Some("e2s".to_owned()), action: "ubmit".into(), ..row.clone() },
        Entry { submission: None, sequence: row.submission, ..row.clone() },
        Entry { track: Some(0), ..row.clone() },
        Entry { track: None, ..row.clone() },
        Entry { caller: row.at, at: row.caller, ..row.clone() },
    ];
    let mut hashes: Vec<Hash> = others.iter().chain([&row]).map(|row| row.after(BUREAU, &previous)).collect();
    hashes.push(row.after(BUREAU + 1, &previous));
    hashes.push(row.after(BUREAU, &beginning(BUREAU + 1)));
    let all = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), all);
}

/// The cells of a row, and how one is changed.
fn change(row: &mut Row, cell: usize, by: i64) {
    let other = |value: Option<i64>| match value {
        Some(_) if by % 4 == 0 => None,
        value => Some(value.unwrap_or_default() + by),
    };
    let entry = &mut row.entry;
    match cell {
        0 => entry.at += by,
        1 => entry.caller += by,
        2 => {
            let was = entry.officer.take().filter(|_| by % 2 == 0);
            entry.officer = was.map_or(Some(format!("n{by}")), |_| None);
        }
        3 => entry.action = format!("{}{by}", entry.action).into(),
        4 => entry.sequence = other(entry.sequence),
        5 => entry.submission = other(entry.submission),
        6 => entry.track = if entry.track.is_some() { None } else { Some(0) },
        7 => entry.number += 1_000 * by,
        _ => {
            let hash = row.hash.get_or_insert_with(|| vec![0; 32]);
            hash[0] ^= 1;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_nobody_touched_is_whole(seeds in prop::collection::vec(0i64..1000, 0..40), before in 0usize..50) {
        let trail = trail(&seeds, before);
        let heads = if seeds.is_empty() { vec![] } else { vec![trail.head()] };
        let found = trail.verified(&heads);
        prop_assert_eq!(kinds(&found), vec![]);
        prop_assert_eq!(found.not_anchored, None);
        prop_assert_eq!(found.before, i64::try_from(seeds.len().min(before)).unwrap());
    }

    /// Any one cell of any row, whether from before the chain or in it, and with or without a head.
    #[test]
    fn any_changed_cell_is_found(
        seeds in prop::collection::vec(0i64..1000, 1..40),
        before in 0usize..20,
        at in any::<Index>(),
        cell in 0usize..9,
        by in 1i64..9,
        anchored in any::<bool>(),
    ) {
        let mut trail = trail(&seeds, before);
        let heads = if anchored { vec![trail.head()] } else { vec![] };
        let row = at.index(trail.rows.len());
        change(&mut trail.rows[row], cell, by);
        trail.rows.sort_by_key(|row| row.entry.number);
        prop_assert!(!trail.verified(&heads).intact);
    }
}

/// What somebody may do who can write to the database, and does not know what he is doing.
fn mangle(trail: &mut Trail, (what, at, by): (u8, &Index, i64)) {
    const EXTREMES: [i64; 5] = [i64::MIN, i64::MAX, 0, -1, 1 << 61];
    if trail.rows.is_empty() {
        return;
    }
    let (row, other) = (at.index(trail.rows.len()), at.index(trail.rows.len().div_ceil(2)));
    let extreme = EXTREMES[at.index(5)];
    match what {
        0 => drop(trail.rows.remove(row)),
        1 => trail.rows[row].entry.number = extreme,
        2 => {
            for row in &mut trail.rows[row..] {
                row.entry.number = row.entry.number.wrapping_add(by);
            }
        }
        3 => trail.rows[row].hash = None,
        4 => trail.rows[row].hash = Some(vec![1; at.index(40)]),
        5 => trail.rows.swap(row, other),
        6 => {
            let number = trail.rows[other].entry.number;
            trail.rows[other].entry.number = trail.rows[row].entry.number;
            trail.rows[row].entry.number = number;
        }
        7 => trail.chain.number = extreme,
        8 => trail.chain.before = extreme,
        9 => trail.chain.first[0] ^= 1,
        10 => trail.rows.push(trail.rows[row].clone()),
        _ => trail.rows.truncate(row),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Whatever was done, in whatever order: a verification comes to an end, and calls nothing whole that is not.
    #[test]
    fn nothing_that_was_done_passes(
        seeds in prop::collection::vec(0i64..1000, 1..40),
        before in 0usize..20,
        deeds in prop::collection::vec((0u8..12, any::<Index>(), -20i64..20), 1..4),
        cover_up in any::<bool>(),
    ) {
        let whole = trail(&seeds, before);
        let mut trail = whole.clone();
        for (what, at, by) in &deeds {
            mangle(&mut trail, (*what, at, *by));
        }
        if cover_up {
            trail.cover_up();
        }
        // The database gives them in the order of their numbers, each once.
        trail.rows.sort_by_key(|row| row.entry.number);
        trail.rows.dedup_by_key(|row| row.entry.number);
        let is_same = trail.rows == whole.rows && trail.chain == whole.chain;
        // Rows that were added behind the signed head, and linked, are not anchored, and nobody can say more.
        let is_longer = cover_up
            && trail.rows.len() > whole.rows.len()
            && trail.rows.starts_with(&whole.rows)
            && trail.rows[whole.rows.len()..].iter().all(|row| row.hash.is_some())
            && trail.chain.before == whole.chain.before;
        let is_whole = is_same || is_longer;
        let found = trail.verified(&[whole.head()]);
        prop_assert_eq!(found.intact, is_whole, "{:?}", found.findings);
        trail.verified(&[]);
    }
}

fn thirty() -> Trail {
    trail(&(1..=30).map(|seed| seed * 37 % 101).collect::<Vec<_>>(), 0)
}

#[test]
fn what_was_done_is_named() {
    let whole = thirty();
    let head = [whole.head()];
    let done = |what: &dyn Fn(&mut Trail)| {
        let mut trail = whole.clone();
        what(&mut trail);
        kinds(&trail.verified(&head))
    };
    let remove = |at: usize| move |trail: &mut Trail| drop(trail.rows.remove(at));
    assert_eq!(done(&remove(0)), [(Kind::Missing, 1, 1)]);
    assert_eq!(done(&remove(12)), [(Kind::Missing, 13, 13)]);
    assert_eq!(done(&remove(29)), [(Kind::CutTail, 30, 30)]);
    assert_eq!(done(&|trail| trail.rows.truncate(20)), [(Kind::CutTail, 21, 30)]);
    assert_eq!(done(&|trail| trail.rows.clear()), [(Kind::CutTail, 1, 30)]);
    // Taken out, and the others moved up.
    let renumbered = |trail: &mut Trail| {
        trail.rows.remove(12);
        (13..29).for_each(|at: usize| trail.rows[at - 1].entry.number -= 1);
        trail.chain.number = 29;
    };
    assert_eq!(done(&renumbered)[0], (Kind::Missing, 13, 13));
    // Put in, and the others moved down.
    let inserted = |trail: &mut Trail| {
        (12..30).for_each(|at: usize| trail.rows[at].entry.number += 1);
        let other = Row { entry: entry(13, 999), hash: Some(vec![5; 32]) };
        trail.rows.insert(12, other);
        trail.chain.number = 31;
    };
    assert_eq!(done(&inserted), [(Kind::Inserted, 13, 13)]);
    // Two rows change places, with their hashes and without; neighbours and others.
    for (one, other) in [(4, 20), (4, 5), (0, 29), (28, 29), (4, 6)] {
        let places = [(Kind::Reordered, one + 1, one + 1), (Kind::Reordered, other + 1, other + 1)];
        let places: Vec<_> =
            if other == one + 1 { vec![(Kind::Reordered, one + 1, other + 1)] } else { places.into() };
        let [a, b] = [one, other].map(|place| usize::try_from(place).unwrap());
        let whole_rows = |trail: &mut Trail| {
            trail.rows.swap(a, b);
            (trail.rows[a].entry.number, trail.rows[b].entry.number) = (one + 1, other + 1);
        };
        let named: Vec<_> = done(&whole_rows).into_iter().filter(|one| one.0 == Kind::Reordered).collect();
        assert_eq!(named, places, "{one} {other}");
        let without = |trail: &mut Trail| {
            whole_rows(trail);
            let hash = trail.rows[a].hash.take();
            trail.rows[a].hash = std::mem::replace(&mut trail.rows[b].hash, hash);
        };
        assert_eq!(done(&without), places, "{one} {other}");
    }
}

#[test]
fn a_chain_that_was_computed_anew_is_not_the_signed_one() {
    let whole = thirty();
    let mut earlier = thirty();
    earlier.rows.truncate(10);
    earlier.cover_up();
    let heads = [earlier.head(), whole.head()];
    for at in [0, 9, 10, 29] {
        let mut changed = whole.clone();
        changed.rows[at].entry.caller = 4;
        changed.cover_up();
        let found = changed.verified(&heads);
        let expected = if at < 10 { (Kind::NotAsAnchored, 1, 10) } else { (Kind::NotAsAnchored, 11, 30) };
        assert_eq!(kinds(&found), [expected]);
        // Nobody can tell without a head, and that is said.
        let found = changed.verified(&[]);
        assert!(found.intact);
        assert_eq!(found.not_anchored.map(|one| (one.from, one.to)), Some((1, 30)));
        let found = changed.verified(&heads[..1]);
        assert_eq!((found.intact, found.not_anchored.map(|one| one.from)), (at >= 10, Some(11)));
    }
    let mut cut = whole;
    cut.rows.truncate(25);
    cut.cover_up();
    assert_eq!(kinds(&cut.verified(&heads)), [(Kind::CutTail, 26, 30)]);
    assert!(cut.verified(&heads[..1]).intact);
}

#[test]
fn a_chain_that_is_taken_away_is_missed() {
    let whole = thirty();
    let mut bare = whole.clone();
    bare.rows.iter_mut().for_each(|row| row.hash = None);
    let found = kinds(&bare.verified(&[whole.head()]));
    assert_eq!(found, [(Kind::Unlinked, 1, 30)]);
    // And called rows from before the chain.
    let mut fold = Fold::new(BUREAU);
    bare.rows.iter().for_each(|row| fold.take(row));
    bare.chain = fold.chain().0;
    assert_eq!(bare.chain.before, 30);
    assert_eq!(
        kinds(&bare.verified(&[whole.head()])),
        [(Kind::Unlinked, 1, 30), (Kind::BeginningMoved, 1, 30)]
    );
}

/// Rows of a release without a chain that still wrote are bound by the row that takes the chain up again.
#[test]
fn a_chain_is_resumed_at_again() {
    let mut trail = thirty();
    let mut fold = Fold::behind(BUREAU, trail.chain);
    for number in [31, 32] {
        trail.rows.push(Row { entry: entry(number, number), hash: None });
        fold.take(trail.rows.last().unwrap());
    }
    let head = Head { number: 30, hash: trail.chain.hash, bureau: BUREAU, before: 0 };
    let waiting = Trail { rows: trail.rows.clone(), chain: trail.chain };
    let standing = Standing { sequence: 0, number: 32, chain: Some(waiting.chain) };
    let mut verification = Verification::new(BUREAU, standing, Vec::new());
    waiting.rows.iter().for_each(|row| verification.row(row));
    let found = verification.finish();
    assert_eq!((kinds(&found), found.unlinked.len()), (vec![], 1));

    let resumed_at = Entry { action: RESUME.into(), caller: -1, ..entry(33, 0) };
    let hash = resumed_at.after(BUREAU, &fold.chain().0.hash).to_vec();
    trail.rows.push(Row { entry: resumed_at, hash: Some(hash) });
    fold.take(trail.rows.last().unwrap());
    trail.chain = fold.chain().0;
    let found = trail.verified(&[head]);
    assert_eq!((kinds(&found), found.resumed.clone()), (vec![], vec![33]));
    assert_eq!(found.unlinked.iter().map(|one| (one.from, one.to)).collect::<Vec<_>>(), [(31, 32)]);
    trail.rows[31].entry.caller = 4;
    assert!(!trail.verified(&[head]).intact);
}

#[test]
fn an_event_and_its_row_say_the_same() {
    let of = |number: i64, sequence: i64| Entry {
        sequence: Some(sequence),
        action: "submit".into(),
        ..entry(number, 1)
    };
    let seen = |entry: &Entry| Seen {
        sequence: entry.sequence.unwrap(),
        at: entry.at,
        caller: entry.caller,
        action: Some("submit"),
        submission: entry.submission,
        track: entry.track,
    };
    let entries = [of(1, 1), of(2, 2), of(3, 3)];
    let events: Vec<Seen> = entries.iter().map(seen).collect();
    let found = |entries: &[Entry], events: &[Seen]| {
        let mut fold = Fold::new(BUREAU);
        let mut rows = Vec::new();
        for entry in entries {
            let hash = Some(entry.after(BUREAU, &fold.chain().0.hash).to_vec());
            rows.push(Row { entry: entry.clone(), hash });
            fold.take(rows.last().unwrap());
        }
        let chain = fold.chain().0;
        let standing = Standing { sequence: 3, number: chain.number, chain: Some(chain) };
        let mut verification = Verification::new(BUREAU, standing, Vec::new());
        for row in &rows {
            verification.row(row);
        }
        for event in events {
            verification.event(event.clone());
        }
        kinds(&verification.finish())
    };
    assert_eq!(found(&entries, &events), []);
    assert_eq!(found(&entries, &[events[0].clone(), events[2].clone()]), [(Kind::EventMissing, 2, 2)]);
    assert_eq!(found(&entries, &events[..2]), [(Kind::EventMissing, 3, 3)]);
    assert_eq!(found(&entries[..2], &events), [(Kind::EventUnrecorded, 3, 3)]);
    let twice = [entries[0].clone(), entries[1].clone(), Entry { number: 3, ..entries[1].clone() }];
    assert_eq!(found(&twice, &events), [(Kind::EventUnrecorded, 3, 3), (Kind::EventRepeated, 3, 3)]);
    let other = Seen { caller: 9, ..events[1].clone() };
    assert_eq!(found(&entries, &[events[0].clone(), other, events[2].clone()]), [(Kind::EventDiffers, 2, 2)]);
}

#[test]
fn a_file_of_heads_is_believed_line_by_line() {
    let heads: Vec<Head> =
        (1..=5).map(|number| Head { bureau: BUREAU, number, hash: [3; 32], before: 0 }).collect();
    let lines: Vec<String> = (1..).zip(&heads).map(|(line, head)| written(*head, line)).collect();
    let read = |lines: &[&str]| Heads::read(lines.concat().as_bytes(), &Word(1));
    let all: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(read(&all).troubles, []);
    assert_eq!(read(&all).newest(BUREAU).unwrap().0, heads[4]);
    assert_eq!(Heads::read(lines.concat().as_bytes(), &Word(2)).troubles.len(), 5);
    for field in ["line", "bureau", "number", "hash", "before", "time", "signature", "version"] {
        let mut line: serde_json::Value = serde_json::from_str(all[2]).unwrap();
        line[field] = match &line[field] {
            serde_json::Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
            text => text.as_str().unwrap().replace(['0', '6'], "1").into(),
        };
        let edited = line.to_string() + "\n";
        let found = read(&[all[0], all[1], &edited, all[3], all[4]]);
        assert_eq!(found.troubles, [(3, Trouble::Forged)], "{field}");
        assert_eq!(found.heads.len(), 4);
    }
    let own = read(&[all[0], all[1], &lines[2].replace("0101", "0202"), all[3], all[4]]);
    assert_eq!(own.troubles, [(3, Trouble::Foreign)]);
    assert_eq!(read(&all[1..]).troubles, [(1, Trouble::Gap)]);
    assert_eq!(read(&[all[0], all[2], all[3]]).troubles, [(2, Trouble::Gap)]);
    assert_eq!(read(&[all[1], all[0]]).troubles, [(1, Trouble::Gap), (2, Trouble::Gap)]);
    assert_eq!(read(&[all[0], "{}\n", all[2]]).troubles, [(2, Trouble::Damaged)]);
    assert_eq!(read(&[all[0], "?\n"]).troubles, [(2, Trouble::Damaged)]);
    // What was cut off while it was written, and written again.
    let torn = read(&[all[0], &all[1][..40], "\n", all[1], all[2]]);
    assert_eq!((torn.troubles.clone(), torn.heads.len()), (vec![], 3));
    let torn = read(&[all[0], &all[1][..40]]);
    assert_eq!((torn.troubles.clone(), torn.is_torn), (vec![], true));
}
