//! What is read in stretches shows each complaint what all of the history would.

use proptest::prelude::*;

use super::*;

const MARK: KeyHash = KeyHash(*b"one mark of them");

fn entry(recency: Recency) -> Entry {
    Entry {
        recency,
        number: RegistrationNumber::parse("N").unwrap(),
        keys: Keys::default(),
        name: None,
        person: None,
        respondent: None,
        product: None,
        matter: None,
        template: None,
    }
}

/// Reads as the store does: of a stretch the latest, as many as are used and one.
fn read(history: &mut History, all: &[Recency], stretch: Stretch) -> usize {
    let within = all.iter().filter(|at| **at < stretch.before && **at >= stretch.since).rev();
    let read: Vec<Recency> = within.take(MOST_ENTRIES + 1).copied().collect();
    for at in &read {
        history.add(MARK, &entry(*at));
    }
    history.note_read(MARK, stretch);
    read.len()
}

proptest! {
    /// However crowded and in whatever order it is asked, from places that were read ahead and places that were not.
    #[test]
    fn stretches_show_what_the_whole_history_shows(
        seconds in proptest::collection::vec(0_i64..2_000, 0..400),
        places in proptest::collection::vec(0_i64..2_000, 1..12),
        ahead in any::<bool>(),
        years in 0_i64..2,
    ) {
        // Of two years, or all within a day.
        let spread = 1 + years * 40_000;
        let at = |second: i64| Timestamp(second * spread * 1_000_000);
        let mut all: Vec<Recency> =
            (1..).zip(&seconds).map(|(n, second)| Recency::new(at(*second), Sequence(n))).collect();
        all.sort_unstable();
        let mut whole = History::default();
        for at in &all {
            whole.add(MARK, &entry(*at));
        }

        let windows: Vec<Window> = places.iter().map(|second| Window::of(at(*second))).collect();
        let floor = windows.iter().map(|window| window.since).min().unwrap();
        let high = windows.iter().map(|window| window.before).max().unwrap();
        let mut some = History::unread(Arc::default());
        let mut asked: Vec<Recency> = windows.iter().map(|window| window.before).collect();
        if ahead {
            asked.extend([high]);
            asked.sort_unstable();
        }
        for place in asked {
            if let Some(stretch) = some.wanted(MARK, place, floor) {
                prop_assert!(read(&mut some, &all, stretch) <= MOST_ENTRIES + 1);
            }
            prop_assert!(some.is_read(MARK, place));
        }
        for window in windows {
            let seen = |history: &History, itself| -> Vec<Recency> {
                history.under(MARK, window, itself).iter().map(|entry| entry.recency).collect()
            };
            for itself in [None, all.iter().rev().find(|at| **at < window.before).copied()] {
                prop_assert_eq!(seen(&some, itself), seen(&whole, itself));
            }
        }
    }
}
