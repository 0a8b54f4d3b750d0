//! The feature table: every number the score may use, declared once.

mod context;
mod facts;
mod words;

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::domain::decision::{Factor, Gate};
use crate::domain::ids::RegistrationNumber;

use super::history::MOST_ENTRIES;
use super::observation::{Observation, Tally};
use super::signals;

/// In which direction the law allows a feature to count. Training takes out what points the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More of it may raise the suspicion, never lower it (a factor of Art. 17).
    MoreSuspicious,
    /// More of it may lower the suspicion, never raise it (an honest sign).
    LessSuspicious,
    /// The law is silent; the bureau's own findings decide.
    Either,
}

impl Direction {
    /// Whether the law forbids a contribution of this sign.
    pub fn forbids(self, contribution: f64) -> bool {
        match self {
            Direction::MoreSuspicious => contribution < 0.0,
            Direction::LessSuspicious => contribution > 0.0,
            Direction::Either => false,
        }
    }
}

/// One feature: what it measures, what the law says of it, and how people read it.
#[derive(Debug, Clone, Copy)]
pub struct Feature {
    /// Its name, in stored decisions and artefacts. Never reused for another meaning.
    pub code: &'static str,
    /// Version of its meaning: raised with every change of `value` that the phrase lists do not show.
    pub version: u32,
    /// Name for people, in Chinese.
    pub zh: &'static str,
    /// Factor of Order 121 Art. 17 it belongs to.
    pub factor: Factor,
    /// Unit of the value.
    pub unit: &'static str,
    /// Greatest value; the least is 0 for every feature, so that what is absent contributes nothing.
    pub most: f64,
    /// Most that it may add to or take from the calibrated log-odds, where policy holds it down. Whatever may raise the
    /// score has one.
    pub cap: Option<f64>,
    /// Least value that counts: what 大量 can bear. Below it the value is 0.
    pub floor: f64,
    /// The setting of the bureau file from which it is strong enough for the band High; none for what never is.
    pub gate: Option<Gate>,
    /// From which value it says how much at least, in calibrated log-odds: stated by experts, whatever training shows.
    pub prior: &'static [(f64, f64)],
    /// In which direction it may count.
    pub direction: Direction,
    /// What it reads and how it is worked out, in Chinese, for the page of features.
    pub reads: &'static str,
    /// Where the value comes from, in its unit; the model cuts it into steps, so only its order matters.
    pub measure: Measure,
    /// The fact in Chinese, about this complaint, without a judgement of a person.
    pub text: fn(&Observation) -> String,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy)]
pub enum Measure {
    /// Counted over the past; it rests on the newest records of the count.
    Past(fn(&Observation) -> &Tally),
    /// Read in the complaint itself.
    Complaint(fn(&Observation) -> f64),
}

/// All features, in the order of every vector and of every sum.
pub const FEATURES: &[Feature] = &ALL;

const PARTS: [&[Feature]; 3] = [facts::FACTS, words::WORDS, context::CONTEXT];

const ALL: [Feature; PARTS[0].len() + PARTS[1].len() + PARTS[2].len()] = {
    let mut all = [COUNT; PARTS[0].len() + PARTS[1].len() + PARTS[2].len()];
    let (mut row, mut part, mut within) = (0, 0, 0);
    while row < all.len() {
        while within == PARTS[part].len() {
            (part, within) = (part + 1, 0);
        }
        all[row] = PARTS[part][within];
        (row, within) = (row + 1, within + 1);
    }
    all
};

/// What most rows of the table have in common. Counts saturate where history is not read further.
const COUNT: Feature = Feature {
    code: "",
    version: 1,
    zh: "",
    factor: Factor::Context,
    unit: "件",
    most: MOST_ENTRIES as f64,
    cap: None,
    floor: 0.0,
    gate: None,
    prior: &[],
    direction: Direction::Either,
    reads: "",
    measure: Measure::Complaint(|_| 0.0),
    text: |_| String::new(),
};

impl Feature {
    /// The value that counts: 0 below the floor, and no more than the greatest.
    pub fn value(&self, seen: &Observation) -> f64 {
        let value = match self.measure {
            Measure::Past(tally) => tally(seen).count as f64,
            Measure::Complaint(value) => value(seen),
        };
        if value < self.floor { 0.0 } else { value.clamp(0.0, self.most) }
    }

    /// The earlier complaints it rests on, newest first, at most five; none when it rests on the text alone.
    pub fn records(&self, seen: &Observation) -> Vec<RegistrationNumber> {
        match self.measure {
            Measure::Past(tally) => tally(seen).records.clone(),
            Measure::Complaint(_) => Vec::new(),
        }
    }

    /// Whether it is a fact under items (1) to (4) of Art. 17 that may raise the score.
    pub const fn is_fact(&self) -> bool {
        !matches!(self.factor, Factor::Other | Factor::Context)
            && matches!(self.direction, Direction::MoreSuspicious)
    }

    /// Whether it counts among those that together stay below the band High: item (5) and context.
    pub const fn is_pointer(&self) -> bool {
        matches!(self.factor, Factor::Other | Factor::Context)
    }
}

fn flag(set: bool) -> f64 {
    if set { 1.0 } else { 0.0 }
}

/// Digest of the table: 16 hex digits over codes, versions and phrase lists. Vectors and models of another
/// digest do not fit this binary.
#[must_use]
pub fn schema_hash() -> &'static str {
    static HASH: LazyLock<String> = LazyLock::new(|| {
        let mut digest = Sha256::new();
        for Feature { code, version, floor, .. } in FEATURES {
            digest.update(format!("{code}:{version}:{floor}\n"));
        }
        for phrase in signals::phrases_of_all_lists() {
            digest.update(phrase);
            digest.update("\n");
        }
        hex::encode(&digest.finalize()[..8])
    });
    &HASH
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::observation::tests::extreme;

    #[test]
    fn codes_are_unique_and_every_row_is_whole() {
        let mut codes: Vec<_> = FEATURES.iter().map(|feature| feature.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), FEATURES.len());
        for feature in FEATURES {
            assert!(feature.version > 0 && feature.most > 0.0, "{}", feature.code);
            assert!(!feature.zh.is_empty() && !feature.unit.is_empty(), "{}", feature.code);
            assert!(!feature.reads.is_empty() && !feature.reads.contains('|'), "{}", feature.code);
            assert!(feature.cap.is_none_or(|cap| cap > 0.0), "{}", feature.code);
            let may_raise = feature.direction != Direction::LessSuspicious;
            assert!(feature.cap.is_some() || !may_raise, "{}: what may raise has a cap", feature.code);
            let is_stair = feature.prior.is_sorted_by(|one, other| one.0 < other.0 && one.1 < other.1);
            assert!(is_stair && (feature.prior.is_empty() || feature.is_fact()), "{}", feature.code);
            let within = |level: &(f64, f64)| level.0 >= feature.floor && Some(level.1) <= feature.cap;
            assert!(feature.prior.iter().all(within), "{}", feature.code);
            assert!(feature.gate.is_none() || feature.is_fact(), "{}: only a fact is a ground", feature.code);
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(feature.code.chars().all(word), "{}", feature.code);
        }
    }

    #[test]
    fn the_schema_hash_is_sixteen_hex_digits_and_stands_still() {
        assert_eq!(schema_hash().len(), 16);
        assert!(schema_hash().chars().all(|c| c.is_ascii_hexdigit()));
        assert_eq!(schema_hash(), schema_hash());
    }

    /// Promises 4 and 16: an explanation names no report, no remedy, and no person's label.
    #[test]
    fn no_word_of_reports_remedies_or_labels_of_persons() {
        let seen = extreme();
        let texts = FEATURES.iter().map(|feature| (feature.text)(&seen));
        let words = signals::phrases_of_all_lists();
        let names = FEATURES.iter().flat_map(|feature| [feature.zh.to_owned(), feature.reads.to_owned()]);
        let remedies = ["举报", "复议", "诉讼", "起诉", "撤诉", "信访", "信息公开", "立案"];
        let labels = ["职业", "打假", "恶意", "索赔人"];
        for text in texts.chain(words).chain(names) {
            for forbidden in remedies.into_iter().chain(labels) {
                assert!(!text.contains(forbidden), "{forbidden} in {text}");
            }
        }
    }

    #[test]
    fn records_are_bounded_and_rest_on_history() {
        let seen = extreme();
        for feature in FEATURES {
            let value = feature.value(&seen);
            assert!((0.0..=feature.most).contains(&value), "{}: {value}", feature.code);
            let records = feature.records(&seen);
            assert!(records.len() <= 5, "{}", feature.code);
            let text = (feature.text)(&seen);
            assert!(!text.is_empty() && text.chars().count() < 90, "{text}");
        }
        assert_eq!(FEATURES[0].records(&seen).len(), 5);
    }
}
