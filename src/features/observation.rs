//! One complaint with its past, observed as of its receive time.

use crate::domain::ids::{RegistrationNumber, Track};
use crate::domain::submission::Submission;
use crate::domain::text::AmountFen;
use crate::domain::time::Timestamp;

use super::history::{Entry, Handle, History, MOST_ENTRIES, Marks, Past, Recency};
use super::signals::Signals;
use super::table::FEATURES;

/// Record numbers kept as evidence for one reason.
pub const MOST_RECORDS: usize = 5;

/// A count over the past, with the handle it was found by and the newest records it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub count: usize,
    pub by: Option<Handle>,
    pub records: Vec<RegistrationNumber>,
}

impl Tally {
    /// `count` of something in `entries` (newest first).
    fn new<'a>(count: usize, by: Handle, entries: impl Iterator<Item = &'a Entry>) -> Self {
        if count == 0 {
            return Self::default();
        }
        let records = entries.take(MOST_RECORDS).map(|entry| entry.number.clone()).collect();
        Self { count, by: Some(by), records }
    }

    /// Entries that `keep` holds for, counted.
    fn count(past: &Past<'_>, by: Handle, keep: impl Fn(&Entry) -> bool) -> Self {
        let count = past.of(by).iter().filter(|entry| keep(entry)).count();
        Self::new(count, by, past.of(by).iter().copied().filter(|entry| keep(entry)))
    }

    /// The largest over the handles that identify a complainant; the first one wins a tie.
    fn most(of: impl Fn(Handle) -> Self) -> Self {
        Handle::IDENTITY
            .into_iter()
            .map(of)
            .fold(Self::default(), |best, next| if next.count > best.count { next } else { best })
    }
}

/// Everything the feature table reads of one complaint. Made by [`observe`].
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub(super) identified: bool,
    /// Complaints of one contact in 30, 90 and 365 days.
    pub(super) contact: [Tally; 3],
    pub(super) respondents: Tally,
    pub(super) same_product: Tally,
    pub(super) same_respondent: Tally,
    pub(super) names: Tally,
    pub(super) own_text: Tally,
    pub(super) others_text: Tally,
    pub(super) burst: Tally,
    pub(super) signals: Signals,
    pub(super) amount_fen: Option<i64>,
}

impl Observation {
    /// The feature vector, in the order of [`FEATURES`], each in its feature's unit.
    pub fn vector(&self) -> Vec<f64> {
        FEATURES.iter().map(|feature| (feature.value)(self)).collect()
    }

    /// Whether anything tells who the complainant is; without it the past is unknown, not empty.
    pub fn identified(&self) -> bool {
        self.identified
    }
}

/// Observes the complaint part of `submission` as of its receive time (promise 5).
///
/// `itself` is the place of the submission's own earlier version, which must not count (amendments). The report
/// part is not looked at (promise 4).
pub fn observe(
    submission: &Submission,
    marks: &Marks,
    history: &History,
    itself: Option<Recency>,
) -> Observation {
    let received = submission.received.at;
    let past = history.past(marks, received, itself);
    let complaint = submission.part(Track::Complaint);
    let signals = complaint.map(Signals::of).unwrap_or_default();
    let elsewhere = |entry: &Entry| differ(entry.respondent, marks.respondent);
    let own = Own::new(&past, marks.person);
    let [own_text, others_text] = [true, false].map(|mine| {
        let repeated = |entry: &Entry| elsewhere(entry) && own.has(entry) == mine;
        if signals.telling { Tally::count(&past, Handle::Text, repeated) } else { Tally::default() }
    });
    Observation {
        identified: marks.identifies_someone(),
        contact: [30, 90, 365].map(|days| {
            let since = since(received, days);
            Tally::most(|by| Tally::count(&past, by, |entry| entry.recency >= since))
        }),
        respondents: Tally::most(|by| {
            distinct(&past, by, |entry| entry.respondent.filter(|_| elsewhere(entry)))
        }),
        same_product: {
            let since = since(received, 90);
            let same = |entry: &Entry| marks.product.is_some() && entry.product == marks.product;
            Tally::most(|by| {
                Tally::count(&past, by, |entry| entry.recency >= since && same(entry) && elsewhere(entry))
            })
        },
        same_respondent: Tally::most(|by| {
            let same = |entry: &Entry| marks.respondent.is_some() && entry.respondent == marks.respondent;
            Tally::count(&past, by, same)
        }),
        names: names(&past, marks),
        own_text,
        others_text,
        burst: {
            let since = since(received, 7);
            distinct(&past, Handle::Respondent, |entry| {
                entry.person.filter(|_| entry.recency >= since && !own.has(entry))
            })
        },
        signals,
        amount_fen: complaint.and_then(|part| part.amount_fen.known()).copied().map(AmountFen::fen),
    }
}

/// The first place of a window of `days` before `received`.
fn since(received: Timestamp, days: i64) -> Recency {
    Recency::after(received.plus_seconds(-days * 86_400))
}

/// Both known and not the same. An unknown operator is neither the same nor another.
fn differ(one: Option<i64>, other: Option<i64>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

/// Distinct values of `key`, with the newest entry of each as evidence.
fn distinct(past: &Past<'_>, by: Handle, key: impl Fn(&Entry) -> Option<i64>) -> Tally {
    let mut seen: Vec<i64> = Vec::new();
    let mut firsts: Vec<&Entry> = Vec::new();
    for entry in past.of(by) {
        if let Some(value) = key(entry)
            && !seen.contains(&value)
        {
            seen.push(value);
            firsts.push(entry);
        }
    }
    Tally::new(firsts.len(), by, firsts.into_iter())
}

/// Names beyond the expected ones under one phone or address (Art. 17(4)). One person per phone; up to three
/// at an address, because families and shared flats write from one.
fn names(past: &Past<'_>, marks: &Marks) -> Tally {
    [(Handle::Phone, 1), (Handle::Address, 3)].into_iter().fold(Tally::default(), |best, (by, expected)| {
        let other = distinct(past, by, |entry| entry.name.filter(|_| entry.name != marks.name));
        let names = other.count + usize::from(marks.name.is_some());
        let beyond = names.saturating_sub(expected);
        if beyond > best.count { Tally { count: beyond, ..other } } else { best }
    })
}

/// The complainant's own earlier complaints. The person mark alone would miss those sent with another
/// document than this one; the handles alone would miss those beyond the entries read.
struct Own {
    person: Option<i64>,
    recencies: Vec<Recency>,
}

impl Own {
    fn new(past: &Past<'_>, person: Option<i64>) -> Self {
        let mut recencies = Vec::with_capacity(MOST_ENTRIES);
        for by in Handle::IDENTITY {
            recencies.extend(past.of(by).iter().map(|entry| entry.recency));
        }
        recencies.sort_unstable();
        recencies.dedup();
        Self { person, recencies }
    }

    fn has(&self, entry: &Entry) -> bool {
        (self.person.is_some() && entry.person == self.person)
            || self.recencies.binary_search(&entry.recency).is_ok()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::ids::Sequence;
    use crate::features::history::Mark;

    const NOON: i64 = 1_780_000_000;

    fn mark(kind: u8, of: u8) -> Mark {
        let mut bytes = [kind; 16];
        bytes[0] = of;
        Mark(bytes)
    }

    /// A complaint in history: who, against whom, with which text, how many seconds before noon.
    #[derive(Debug, Clone, Copy)]
    struct Earlier {
        person: u8,
        name: u8,
        respondent: u8,
        product: u8,
        text: u8,
        ago: i64,
    }

    impl Earlier {
        fn marks(self) -> Marks {
            let mut handles = [None; 5];
            handles[Handle::Phone as usize] = Some(mark(1, self.person));
            handles[Handle::Address as usize] = Some(mark(3, self.person / 2));
            handles[Handle::Respondent as usize] = Some(mark(4, self.respondent));
            handles[Handle::Text as usize] = Some(mark(5, self.text));
            Marks {
                handles,
                name: Some(self.name.into()),
                person: Some(self.person.into()),
                respondent: Some(self.respondent.into()),
                product: Some(self.product.into()),
            }
        }

        fn fold(self, sequence: i64, history: &mut History) {
            let marks = self.marks();
            let entry = Entry {
                recency: Recency::new(Timestamp((NOON - self.ago) * 1_000_000), Sequence(sequence)),
                number: RegistrationNumber::parse(&format!("N{sequence}")).unwrap(),
                name: marks.name,
                person: marks.person,
                respondent: marks.respondent,
                product: marks.product,
            };
            history.fold(&marks, &entry);
        }
    }

    fn history(entries: &[Earlier]) -> History {
        let mut history = History::default();
        for (sequence, entry) in (1..).zip(entries) {
            entry.fold(sequence, &mut history);
        }
        history
    }

    const THIS: Earlier = Earlier { person: 1, name: 1, respondent: 1, product: 1, text: 1, ago: 0 };

    pub(crate) fn complaint(text: &str) -> Submission {
        let json = json!({
            "number": "X1", "received": { "at": NOON * 1_000_000 }, "complainant": {},
            "respondent": { "name": "某超市" },
            "complaint": { "text": text, "demands": ["退货", "赔偿损失"], "amount_fen": 468 },
        });
        serde_json::from_value(json).unwrap()
    }

    const LETTER: &str = "本人购买的木耳外包装未标注生产日期，不符合ＧＢ ７７１８的要求，要求退一赔十，请书面答复。附小票。\
                          食用后过敏去医院。";

    /// An observation in which every feature speaks.
    pub(crate) fn extreme() -> Observation {
        let many: Vec<Earlier> = (0..90)
            .map(|n| Earlier {
                person: if n % 3 == 2 { n } else { 1 },
                name: n,
                respondent: if n % 4 == 0 { 1 } else { n },
                ago: i64::from(n) * 3_600,
                ..THIS
            })
            .collect();
        observe(&complaint(LETTER), &THIS.marks(), &history(&many), None)
    }

    fn value(observation: &Observation, code: &str) -> f64 {
        let feature = FEATURES.iter().find(|feature| feature.code == code).unwrap();
        (feature.value)(observation)
    }

    #[test]
    fn every_feature_can_speak() {
        let seen = extreme();
        for feature in FEATURES {
            let expected = feature.code != "amount_over_100";
            assert_eq!((feature.value)(&seen) > 0.0, expected, "{}", feature.code);
        }
    }

    #[test]
    fn nothing_seen_is_the_zero_vector() {
        let mut bare = complaint("请帮助。");
        bare.complaint.as_mut().unwrap().amount_fen = crate::domain::given::Given::Masked;
        let seen = observe(&bare, &Marks::default(), &History::default(), None);
        assert_eq!(seen.vector(), vec![0.0; FEATURES.len()]);
        assert!(!seen.identified());
    }

    #[test]
    fn a_repeat_caller_about_one_shop_is_not_a_collector_of_shops() {
        let calls: Vec<Earlier> = (1..6).map(|day| Earlier { ago: day * 86_400, ..THIS }).collect();
        let seen = observe(&complaint(LETTER), &THIS.marks(), &history(&calls), None);
        assert_eq!(seen.contact.each_ref().map(|tally| tally.count), [5; 3]);
        assert_eq!(seen.same_respondent.count, 5);
        for code in ["respondents_365d", "same_product_90d", "own_text_365d", "others_text_365d", "burst_7d"]
        {
            assert_eq!(value(&seen, code), 0.0, "{code}");
        }
    }

    #[test]
    fn neighbours_against_one_shop_are_a_burst_and_nothing_else() {
        let crowd: Vec<Earlier> =
            (0..9).map(|n| Earlier { person: 20 + 2 * n, name: 20 + n, ago: 3_600, ..THIS }).collect();
        let seen = observe(&complaint(LETTER), &THIS.marks(), &history(&crowd), None);
        assert_eq!(seen.burst.count, 9);
        assert_eq!(seen.burst.records.len(), MOST_RECORDS);
        for code in ["contact_365d", "names_beyond", "others_text_365d", "same_product_90d"] {
            assert_eq!(value(&seen, code), 0.0, "{code}");
        }
    }

    #[test]
    fn a_family_at_one_address_is_not_a_shared_contact() {
        // Persons 0 and 1 share an address; each has an own phone.
        let family = [0, 5, 6].map(|name| Earlier { person: 0, name, ago: 86_400, ..THIS });
        let two = observe(&complaint(LETTER), &THIS.marks(), &history(&family[..2]), None);
        assert_eq!(value(&two, "names_beyond"), 0.0);
        let three = observe(&complaint(LETTER), &THIS.marks(), &history(&family), None);
        assert_eq!((three.names.count, three.names.by), (1, Some(Handle::Address)));
    }

    #[test]
    fn windows_end_where_they_say() {
        let day = 86_400;
        let at = |ago| [Earlier { ago, respondent: 2, ..THIS }];
        let counts = |ago| {
            let seen = observe(&complaint(LETTER), &THIS.marks(), &history(&at(ago)), None);
            seen.contact.map(|tally| tally.count)
        };
        assert_eq!(counts(30 * day - 1), [1, 1, 1]);
        assert_eq!(counts(30 * day), [0, 1, 1]);
        assert_eq!(counts(90 * day), [0, 0, 1]);
        assert_eq!(counts(365 * day), [0, 0, 0]);
    }

    #[test]
    fn spelling_does_not_hide_a_citation() {
        let seen = observe(
            &complaint("不符合gb 7718，要求 退 一 赔 十"),
            &Marks::default(),
            &History::default(),
            None,
        );
        assert_eq!(seen.signals.statutes, 1);
        assert_eq!(seen.signals.punitive, Some("退一赔"));
    }

    fn earlier(ago: std::ops::Range<i64>) -> impl Strategy<Value = Earlier> {
        (0..6_u8, 0..4_u8, 0..4_u8, 0..3_u8, 0..3_u8, ago).prop_map(
            |(person, name, respondent, product, text, ago)| Earlier {
                person,
                name,
                respondent,
                product,
                text,
                ago,
            },
        )
    }

    proptest! {
        /// Promise 5: nothing received later, nothing beyond the horizon, and not the complaint itself.
        #[test]
        fn only_the_past_is_seen(
            past in proptest::collection::vec(earlier(0..40_000_000), 0..40),
            future in proptest::collection::vec(earlier(-9_000_000..0), 0..40),
            older in proptest::collection::vec(earlier(31_536_000..90_000_000), 0..40),
        ) {
            let submission = complaint(LETTER);
            let mut known = history(&past);
            let before = observe(&submission, &THIS.marks(), &known, None);
            for (sequence, entry) in (1_000..).zip(future.iter().chain(&older)) {
                entry.fold(sequence, &mut known);
            }
            THIS.fold(5_000, &mut known);
            let itself = Recency::new(submission.received.at, Sequence(5_000));
            let after = observe(&submission, &THIS.marks(), &known, Some(itself));
            prop_assert_eq!(&before, &after);
            for (feature, value) in FEATURES.iter().zip(after.vector()) {
                prop_assert!((0.0..=feature.most).contains(&value), "{}: {}", feature.code, value);
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
            let see = |submission| observe(submission, &THIS.marks(), &History::default(), None);
            prop_assert_eq!(see(&plain), see(&other));
        }
    }
}
