use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::person::{Email, PaymentAccount, ResidentId};
use crate::routing::Bureau;
use crate::simulate::people::Person;

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
    for setting in [
        Setting::MovedTexts,
        Setting::MovedPrices,
        Setting::MovedChannels,
        Setting::Paraphrase,
        Setting::Masked,
        Setting::Thin,
    ] {
        let [home, moved] = [Setting::Home, setting].map(|setting| {
            let world = simulate(&Options { items: 300, setting, ..small(7) }).unwrap();
            world.rows
        });
        assert!(home != moved, "{setting:?} differs from home");
    }
}

fn text(cell: &Cell) -> &str {
    if let Cell::Text(text) = cell { text } else { "" }
}

/// Of the texts that copy the one before them of their template, the share that a search by shingles would find.
fn found_again(setting: Setting) -> f64 {
    let shingles = |text: &str| {
        let chars: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
        chars.windows(3).map(|three| three.iter().collect::<String>()).collect::<BTreeSet<_>>()
    };
    let world = simulate(&Options { items: 4_000, setting, ..small(5) }).unwrap();
    let (mut last, mut copies, mut found) = (BTreeMap::new(), 0.0, 0.0);
    for (row, truth) in world.rows.iter().zip(world.truths()).filter(|(_, truth)| truth.template.is_some()) {
        let own = shingles(text(&row[16]));
        if let Some(before) = last.insert(truth.template, own.clone()) {
            let both = own.intersection(&before).count() as f64;
            let all = own.union(&before).count().max(1) as f64;
            copies += 1.0;
            found += f64::from(u8::from(both / all >= 0.3));
        }
    }
    found / copies
}

#[test]
fn a_paraphrase_is_not_found_by_its_shingles_but_another_place_copies_as_home_does() {
    let [home, moved, reworded] = [Setting::Home, Setting::MovedTexts, Setting::Paraphrase].map(found_again);
    assert!(home > 0.08 && moved > 0.08, "{home} {moved}");
    assert!(reworded < home / 4.0, "{reworded} of {home}");
}

#[test]
fn lookalikes_are_multiplied_and_the_share_stays() {
    let count = |lookalikes| {
        let world = simulate(&Options { items: 6_000, lookalikes, ..small(6) }).unwrap();
        let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
        for truth in world.truths() {
            *kinds.entry(truth.kind).or_default() += 1;
        }
        kinds
    };
    let (usual, many) = (count(1), count(6));
    let suspected = |kinds: &BTreeMap<Kind, usize>| -> usize {
        kinds.iter().filter(|(kind, _)| kind.is_professional()).map(|(_, count)| count).sum()
    };
    assert_eq!(suspected(&usual), suspected(&many));
    // Six for one of each ordinary consumer; together they stay three quarters of the items, and near half of them is usual.
    for kind in [
        Kind::MassIncident,
        Kind::Distressed,
        Kind::PlatformFailure,
        Kind::SharedPhone,
        Kind::HotlineRelay,
        Kind::Literate,
        Kind::Visitor,
        Kind::Elderly,
    ] {
        let times = many[&kind] as f64 / usual[&kind] as f64;
        assert!((1.5..2.5).contains(&times), "{kind:?} {times}");
    }
    assert!(many[&Kind::Consumer] < usual[&Kind::Consumer]);
}

#[test]
fn few_tell_more_than_a_phone_and_a_rotator_is_still_paid() {
    let world = simulate(&Options { items: 8_000, ..small(9) }).unwrap();
    let share = |column: usize, among: &dyn Fn(&&[Cell; 32]) -> bool| {
        let rows: Vec<_> = world.rows.iter().filter(among).collect();
        rows.iter().filter(|row| row[column] != Cell::Blank).count() as f64 / rows.len() as f64
    };
    let parcels = share(25, &|row| text(&row[13]) == "网购");
    let (mail, account) = (share(26, &|_| true), share(27, &|_| true));
    assert!((parcels - 0.2).abs() < 0.03 && (mail - 0.04).abs() < 0.01, "{parcels} {mail}");
    assert!((account - 0.06).abs() < 0.015, "{account}");
    for row in &world.rows {
        let [mail, account] = [text(&row[26]), text(&row[27])];
        assert!(mail.is_empty() || mail == "*****" || Email::parse(mail).is_ok(), "{mail}");
        assert!(
            account.is_empty() || account == "*****" || PaymentAccount::parse(account).is_ok(),
            "{account}"
        );
    }
    let first = Person::visitor(&mut Dice::new(1, 1));
    let mut dice = Dice::new(2, 1);
    let kept = (0..200).filter(|_| {
        let mut identity = first.relative(&mut dice);
        identity.contact.keep(&first.contact, contact::Habit { account: 0.75, parcels: 0.5, email: 0.2 });
        identity.contact.account == first.contact.account && identity.phone != first.phone
    });
    assert!((120..180).contains(&kept.count()));
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
        Options { lookalikes: 0, ..small(1) },
    ] {
        assert!(matches!(simulate(&options), Err(SimulateError::Option(_))));
    }
}
