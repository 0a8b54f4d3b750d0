//! A stored score taken apart again (复核), from the stored vector and the stored model alone.
//!
//! Nothing here asks this program's feature table: a score of a year ago is taken apart by the model of that time.

use serde::Deserialize;

use super::artefact::{Bent, Paired, Platt, Pointers, Source, TrainedOn};
use super::classifier::beyond;

/// What a score is the sum of, as [`super::Classifier::score`] added it up.
#[derive(Debug, Clone, PartialEq)]
pub struct Recalled {
    /// Whose complaints the model was trained on.
    pub source: Source,
    /// How many, and who had labelled them.
    pub trained_on: Option<TrainedOn>,
    /// Calibrated log-odds before anything is seen.
    pub baseline: f64,
    /// Every feature that was there, in table order, every pair, and what was taken off beyond a common cap.
    pub terms: Vec<Term>,
}

/// One feature's part in a score, or one pair's.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Term {
    /// Code of the feature.
    pub feature: String,
    /// Its value in the stored vector.
    pub value: f64,
    /// Calibrated contribution, in log-odds.
    pub contribution: f64,
}

/// The part of an artefact that scoring uses.
#[derive(Deserialize)]
struct Weighed {
    source: Source,
    trained_on: Option<TrainedOn>,
    features: Vec<Bent>,
    pairs: Vec<Paired>,
    /// None of a model of an earlier format.
    pointers: Option<Pointers>,
    intercept: f64,
    platt: Platt,
}

/// The term by which item (5) and context are held to their common cap.
pub const POINTERS_TERM: &str = "pointers_most";

/// Takes a score apart; none when the model is not of this vector, or of another format than this program reads.
pub fn recall(artefact: &str, vector: &[f64]) -> Option<Recalled> {
    let Weighed { source, trained_on, features, pairs, pointers, intercept, platt } =
        serde_json::from_str(artefact).ok()?;
    if features.len() != vector.len() {
        return None;
    }
    let reached = |code: &str, cut: f64| {
        features.iter().zip(vector).any(|(feature, value)| feature.code == code && *value >= cut)
    };
    let of_pair = |pair: &Paired| {
        let both = pair.features.iter().zip(pair.cuts).all(|(code, cut)| reached(code, cut));
        let contribution = platt.a * pair.weight + 0.0;
        both.then(|| Term { feature: pair.code.clone(), value: 1.0, contribution })
    };
    let of_feature = |(feature, value): (&Bent, &f64)| Term {
        feature: feature.code.clone(),
        value: *value,
        contribution: feature.contribution(platt.a, *value),
    };
    let seen = features.iter().zip(vector).filter(|(_, value)| **value != 0.0);
    let mut terms: Vec<Term> = seen.map(of_feature).chain(pairs.iter().filter_map(of_pair)).collect();
    if let Some(Pointers { codes, most }) = pointers {
        let held = terms.iter().filter(|term| codes.contains(&term.feature));
        let contribution = beyond(held.map(|term| term.contribution), most);
        let feature = POINTERS_TERM.to_owned();
        terms.extend((contribution != 0.0).then_some(Term { feature, value: most, contribution }));
    }
    Some(Recalled { source, trained_on, baseline: platt.a * intercept + platt.b + 0.0, terms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FEATURES;
    use crate::model::Classifier;
    use crate::model::artefact::tests::artefact;

    #[test]
    fn the_terms_add_up_to_the_score_bit_for_bit() {
        let artefact = artefact();
        let vector: Vec<f64> =
            FEATURES.iter().enumerate().map(|(row, feature)| (row % 4) as f64 / 3.0 * feature.most).collect();
        let json = artefact.to_json().unwrap();
        let scored = Classifier::new(artefact).unwrap().score(&vector);
        let recalled = recall(&json, &vector).unwrap();
        let sum = recalled.terms.iter().fold(recalled.baseline, |sum, term| sum + term.contribution);
        assert_eq!(sum.to_bits(), scored.log_odds.to_bits());
        assert_eq!(recall(&json, &vector[1..]), None);
        assert_eq!(recall("{}", &vector), None);
    }
}
