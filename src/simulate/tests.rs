use std::collections::BTreeSet;

use super::*;
use crate::domain::person::ResidentId;
use crate::routing::Bureau;

fn small(seed: u64) -> Options {
    Options { seed, items: 1_500, ..Options::default() }
}

fn files(options: &Options) -> Vec<Vec<u8>> {
    let directory = tempfile::tempdir().unwrap();
    simulate(options).unwrap().write(directory.path(), |_| {}).unwrap();
    let names = ["history.xlsx", "history.csv", "truth.csv", "bureau.toml"];
    names.iter().map(|name| std::fs::read(directory.path().join(name)).unwrap()).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let first = files(&small(7));
    assert!(first == files(&small(7)), "all four files");
    let other = files(&small(8));
    assert!(first[..3].iter().zip(&other).all(|(one, two)| one != two));
    let moved = files(&Options { dialect: 5, ..small(7) });
    assert!(first[1] != moved[1], "another dialect has other words");
}

#[test]
fn the_bureau_file_is_sound_and_names_the_units_of_the_truth() {
    let world = simulate(&small(1)).unwrap();
    let bureau = Bureau::parse(world.bureau_file()).unwrap();
    let units: BTreeSet<&str> = bureau.units().iter().map(|unit| unit.id.as_str()).collect();
    for truth in world.truths() {
        assert!(truth.unit.is_empty() || units.contains(truth.unit.as_str()), "{}", truth.unit);
        assert!(world.bureau_file().contains(&truth.subdistrict) && !truth.subdistrict.is_empty());
    }
    assert_eq!(bureau.officers().count(), 153);
}

#[test]
fn the_share_is_hit_and_every_sort_of_agent_is_there() {
    for (seed, share) in [(1, 0.248), (2, 0.1), (3, 0.35), (4, 0.0)] {
        let world = simulate(&Options { share, ..small(seed) }).unwrap();
        let truths = world.truths();
        assert_eq!(truths.len(), 1_500);
        let suspected = truths.iter().filter(|truth| truth.suspected).count() as f64 / 1_500.0;
        assert!((suspected - share).abs() < 0.015, "{suspected} for {share}");
        let kinds: BTreeSet<Kind> = truths.iter().map(|truth| truth.kind).collect();
        let missing = |kind: &&Kind| !kinds.contains(kind) && (share > 0.0 || !kind.is_professional());
        assert_eq!(Kind::ALL.iter().find(missing), None);
    }
}

#[test]
fn rows_have_their_truth_in_order_and_the_last_days_are_open() {
    let options = small(3);
    let world = simulate(&options).unwrap();
    let mut before = None;
    for (row, truth) in world.rows.iter().zip(world.truths()) {
        assert_eq!(row[0], Cell::Text(truth.number.clone()));
        assert!(truth.number.len() == 21 && truth.number.starts_with("1150203"));
        let Cell::Time(at, _) = row[1] else { panic!("a time of receipt") };
        assert!(before <= Some(at) && at.day() <= options.until);
        before = Some(at);
        let Cell::Text(status) = &row[20] else { panic!("a status") };
        let is_open = ["待受理", "办理中"].contains(&status.as_str());
        assert_eq!(is_open, row[22] == Cell::Blank, "closed files have a time, open ones none");
        if options.until.0 - at.day().0 < 15 {
            assert!(is_open, "{status}");
        }
        if let Cell::Time(closed, _) = row[22] {
            assert!(closed > at && closed.day() <= options.until);
        }
        if row[2] != Cell::Text("投诉".to_owned()) {
            assert_eq!(row[24], Cell::Blank, "marks stand on complaints only");
        }
        if let Cell::Text(id) = &row[6]
            && id != "*****"
        {
            assert!(ResidentId::parse(id).unwrap().is_valid());
        }
        let Cell::Text(text) = &row[16] else { panic!("a text") };
        assert!(!text.contains(['{', '}']), "{text}");
    }
}

#[test]
fn the_export_has_its_headers_and_a_byte_order_mark() {
    let files = files(&Options { items: 200, ..small(1) });
    let csv = String::from_utf8(files[1].clone()).unwrap();
    let (head, _) = csv.split_once("\r\n").unwrap();
    assert_eq!(head, format!("\u{feff}{}", HEADERS.join(",")));
}

#[test]
fn impossible_worlds_are_refused() {
    for options in [
        Options { items: 10, ..small(1) },
        Options { months: 0, ..small(1) },
        Options { share: f64::NAN, ..small(1) },
    ] {
        assert!(matches!(simulate(&options), Err(SimulateError::Option(_))));
    }
}
