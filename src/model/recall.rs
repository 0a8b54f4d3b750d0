//! A stored score taken apart again (复核), from the stored vector and the stored model alone.
//!
//! Nothing here asks this program's feature table: a score of a year ago is taken apart by the model of that time.

use serde::Deserialize;

use super::artefact::{Platt, Source};

/// What a score is the sum of, as [`super::Classifier::score`] added it up.
#[derive(Debug, Clone, PartialEq)]
pub struct Recalled {
    /// Whose complaints the model was trained on.
    pub source: Source,
    /// Calibrated log-odds before anything is seen.
    pub baseline: f64,
    /// Every feature that was there, in table order.
    pub terms: Vec<Term>,
}

/// One feature's part in a score.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Term {
    /// Code of the feature.
    pub feature: String,
    /// Its value in the stored vector.
    pub value: f64,
    /// Calibrated contribution, in log-odds.
    pub contribution: f64,
}

/// The part of an artefact that scoring uses, of whatever layout.
#[derive(Deserialize)]
struct Weighed {
    source: Source,
    features: Vec<String>,
    weights: Vec<f64>,
    intercept: f64,
    platt: Platt,
}

/// Takes a score apart; none when the model is not of this vector.
pub fn recall(artefact: &str, vector: &[f64]) -> Option<Recalled> {
    let Weighed { source, features, weights, intercept, platt } = serde_json::from_str(artefact).ok()?;
    if weights.len() != vector.len() || features.len() != vector.len() {
        return None;
    }
    let terms = features.into_iter().zip(weights).zip(vector);
    Some(Recalled {
        source,
        baseline: platt.a * intercept + platt.b + 0.0,
        terms: terms
            .filter(|(_, value)| **value != 0.0)
            .map(|((feature, weight), value)| Term {
                feature,
                value: *value,
                contribution: platt.a * weight * value,
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FEATURES;
    use crate::model::Classifier;
    use crate::model::artefact::tests::artefact;

    #[test]
    fn the_terms_add_up_to_the_score_bit_for_bit() {
        let mut artefact = artefact();
        artefact.weights = (0..FEATURES.len()).map(|row| 0.37 * row as f64 - 1.1).collect();
        let vector: Vec<f64> = (0..FEATURES.len()).map(|row| (row % 4) as f64 / 3.0).collect();
        let json = artefact.to_json().unwrap();
        let scored = Classifier::new(artefact).unwrap().score(&vector);
        let recalled = recall(&json, &vector).unwrap();
        let sum = recalled.terms.iter().fold(recalled.baseline, |sum, term| sum + term.contribution);
        assert_eq!(sum.to_bits(), scored.log_odds.to_bits());
        assert_eq!(recall(&json, &vector[1..]), None);
        assert_eq!(recall("{}", &vector), None);
    }
}
