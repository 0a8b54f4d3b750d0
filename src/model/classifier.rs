//! The served classifier: a sum anyone can check by hand.

use crate::domain::ids::ModelId;

use super::artefact::{Artefact, ArtefactError};

/// One score, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Calibrated log-odds of the zero vector: what is said before anything is seen.
    pub baseline: f64,
    /// Calibrated contribution of each feature, in log-odds, in table order.
    pub contributions: Vec<f64>,
    /// Calibrated log-odds: exactly the baseline plus the contributions, added in table order.
    pub log_odds: f64,
    /// Calibrated probability, 0 to 1.
    pub probability: f64,
}

/// A verified model, ready to score. Calibration is folded into baseline and weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifier {
    artefact: Artefact,
    id: ModelId,
    baseline: f64,
    weights: Vec<f64>,
}

impl Classifier {
    /// Takes a model into service, verifying it first (promise 10).
    pub fn new(artefact: Artefact) -> Result<Self, ArtefactError> {
        artefact.verify()?;
        let a = artefact.platt.a;
        // Plus zero: SQLite keeps no negative zero, and with a baseline that is none no sum ever is one.
        let baseline = a * artefact.intercept + artefact.platt.b + 0.0;
        let weights: Vec<f64> = artefact.weights.iter().map(|weight| a * weight).collect();
        // Folding can still overflow what was finite apart.
        if !baseline.is_finite() || !weights.iter().all(|weight| weight.is_finite()) {
            return Err(ArtefactError::NotFinite("calibrated weights"));
        }
        Ok(Self { id: artefact.id()?, artefact, baseline, weights })
    }

    /// The model's name.
    pub fn id(&self) -> &ModelId {
        &self.id
    }

    /// The model as it is stored.
    pub fn artefact(&self) -> &Artefact {
        &self.artefact
    }

    /// Scores a vector in table order, as [`crate::features::Observation::vector`] makes it.
    pub fn score(&self, vector: &[f64]) -> Scored {
        debug_assert_eq!(vector.len(), self.weights.len());
        let contributions: Vec<f64> =
            self.weights.iter().zip(vector).map(|(weight, value)| weight * value).collect();
        let log_odds = contributions.iter().fold(self.baseline, |sum, contribution| sum + contribution);
        Scored { baseline: self.baseline, log_odds, probability: sigmoid(log_odds), contributions }
    }
}

/// The probability of log-odds, without overflow at either end.
pub(crate) fn sigmoid(log_odds: f64) -> f64 {
    if log_odds >= 0.0 {
        1.0 / (1.0 + (-log_odds).exp())
    } else {
        let odds = log_odds.exp();
        odds / (1.0 + odds)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::features::FEATURES;
    use crate::model::artefact::tests::artefact;

    proptest! {
        #[test]
        fn the_log_odds_are_exactly_the_reasons_added_up(
            weights in proptest::collection::vec(-9.0..9.0, FEATURES.len()),
            vector in proptest::collection::vec(0.0..5.0, FEATURES.len()),
            intercept in -9.0..9.0, a in 0.01..5.0, b in -3.0..3.0,
        ) {
            let mut artefact = artefact();
            artefact.weights = weights.clone();
            artefact.intercept = intercept;
            artefact.platt = crate::model::artefact::Platt { a, b };
            let scored = Classifier::new(artefact).unwrap().score(&vector);
            let mut sum = scored.baseline;
            for contribution in &scored.contributions {
                sum += contribution;
            }
            prop_assert_eq!(sum.to_bits(), scored.log_odds.to_bits());
            // And it is what calibrating the plain sum gives, up to rounding.
            let plain: f64 = intercept + weights.iter().zip(&vector).map(|(w, x)| w * x).sum::<f64>();
            prop_assert!((a * plain + b - scored.log_odds).abs() < 1e-9);
            prop_assert!((0.0..=1.0).contains(&scored.probability));
        }
    }

    #[test]
    fn the_sigmoid_survives_both_ends() {
        assert_eq!((sigmoid(-1e6), sigmoid(0.0), sigmoid(1e6)), (0.0, 0.5, 1.0));
    }
}
