//! The served classifier: a sum anyone can check by hand.

use crate::domain::ids::ModelId;

use super::artefact::{Artefact, ArtefactError, Paired};
use crate::features::{FEATURES, Pair};

/// One score, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Calibrated log-odds of the zero vector: what is said before anything is seen.
    pub baseline: f64,
    /// Calibrated contributions, in log-odds: of each feature in table order, then of each of the model's pairs, then
    /// what is taken off item (5) and context beyond their common cap.
    pub contributions: Vec<f64>,
    /// Calibrated log-odds: exactly the baseline plus the contributions, added in their order.
    pub log_odds: f64,
    /// Calibrated probability, 0 to 1.
    pub probability: f64,
}

/// A verified model, ready to score. Calibration is folded into baseline, levels and weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifier {
    artefact: Artefact,
    id: ModelId,
    baseline: f64,
    /// What each feature says from each of its cuts on.
    levels: Vec<Vec<f64>>,
    pairs: Vec<Interaction>,
    /// Rows of the features that are held down together.
    pointers: Vec<usize>,
}

/// A pair, ready to score.
#[derive(Debug, Clone)]
struct Interaction {
    pair: &'static Pair,
    cuts: [f64; 2],
    weight: f64,
}

/// By code, which names it: a pair holds no more than what is declared.
impl PartialEq for Interaction {
    fn eq(&self, other: &Self) -> bool {
        (self.pair.code, self.cuts, self.weight) == (other.pair.code, other.cuts, other.weight)
    }
}

impl Classifier {
    /// Takes a model into service, verifying it first (promise 10).
    pub fn new(artefact: Artefact) -> Result<Self, ArtefactError> {
        artefact.verify()?;
        let a = artefact.platt.a;
        // Plus zero: SQLite keeps no negative zero, and with a baseline that is none no sum ever is one.
        let baseline = a * artefact.intercept + artefact.platt.b + 0.0;
        let levels: Vec<Vec<f64>> = artefact.features.iter().map(|feature| feature.levels(a)).collect();
        let ready = |paired: &Paired| {
            let weight = a * paired.weight + 0.0;
            paired.known().map(|pair| Interaction { pair, cuts: paired.cuts, weight })
        };
        let pairs: Vec<Interaction> = artefact.pairs.iter().filter_map(ready).collect();
        // Folding can still overflow what was finite apart.
        let folded = levels.iter().flatten().copied().chain(pairs.iter().map(|pair| pair.weight));
        if !folded.chain([baseline]).all(f64::is_finite) {
            return Err(ArtefactError::NotFinite("calibrated weights"));
        }
        let pointers = (0..FEATURES.len()).filter(|row| FEATURES[*row].is_pointer()).collect();
        Ok(Self { id: artefact.id()?, artefact, baseline, levels, pairs, pointers })
    }

    /// The model's name.
    pub fn id(&self) -> &ModelId {
        &self.id
    }

    /// The model as it is stored.
    pub fn artefact(&self) -> &Artefact {
        &self.artefact
    }

    /// The model's pairs, in the order of the contributions that follow those of the features.
    pub fn pairs(&self) -> impl Iterator<Item = &'static Pair> {
        self.pairs.iter().map(|interaction| interaction.pair)
    }

    /// Scores a vector in table order, as [`crate::features::Observation::vector`] makes it.
    pub fn score(&self, vector: &[f64]) -> Scored {
        debug_assert_eq!(vector.len(), self.levels.len());
        let mut contributions = Vec::with_capacity(vector.len() + self.pairs.len() + 1);
        for ((bent, levels), value) in self.artefact.features.iter().zip(&self.levels).zip(vector) {
            contributions.push(bent.reached(*value).map_or(0.0, |last| levels[last]));
        }
        for Interaction { pair, cuts, weight } in &self.pairs {
            let reached = pair.rows.iter().zip(cuts).all(|(row, cut)| vector[*row] >= *cut);
            contributions.push(if reached { *weight } else { 0.0 });
        }
        let pointed = self.pointers.iter().map(|row| contributions[*row]);
        contributions.push(beyond(pointed, self.artefact.pointers.most));
        let log_odds = contributions.iter().fold(self.baseline, |sum, contribution| sum + contribution);
        Scored { baseline: self.baseline, log_odds, probability: sigmoid(log_odds), contributions }
    }
}

/// What is taken off contributions that together may add up to `most`.
pub(super) fn beyond(contributions: impl Iterator<Item = f64>, most: f64) -> f64 {
    let sum = contributions.fold(0.0, |sum, contribution| sum + contribution);
    (bounded(sum, most) - sum).min(0.0) + 0.0
}

/// A sum held below `most`: as it is up to the half, then ever less of what comes, so that more stays more.
pub(crate) fn bounded(sum: f64, most: f64) -> f64 {
    let half = most / 2.0;
    if sum <= half || half <= 0.0 {
        return sum.min(most);
    }
    half + half * (1.0 - (-(sum - half) / half).exp())
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
    use crate::model::artefact::Platt;
    use crate::model::artefact::tests::artefact;

    proptest! {
        #[test]
        fn the_log_odds_are_exactly_the_reasons_added_up(
            sizes in proptest::collection::vec(0.0..9.0, FEATURES.len()),
            vector in proptest::collection::vec(0.0..5.0, FEATURES.len()),
            intercept in -9.0..0.0, a in 0.01..5.0, b in -3.0..3.0,
        ) {
            let mut artefact = artefact();
            for ((bent, feature), size) in artefact.features.iter_mut().zip(FEATURES).zip(sizes) {
                let size = if feature.cap.is_some() { size * 0.02 } else { size };
                bent.steps.iter_mut().for_each(|step| *step *= size);
            }
            artefact.platt = Platt { a, b };
            artefact.intercept = intercept - (b + 6.0) / a;
            artefact.pointers.most = 3.0;
            let intercept = artefact.intercept;
            let scored = Classifier::new(artefact.clone()).unwrap().score(&vector);
            prop_assert_eq!(scored.contributions.len(), FEATURES.len() + artefact.pairs.len() + 1);
            let mut sum = scored.baseline;
            for contribution in &scored.contributions {
                sum += contribution;
            }
            prop_assert_eq!(sum.to_bits(), scored.log_odds.to_bits());
            // And it is what calibrating the plain sum gives, up to rounding.
            let (mut plain, mut pointed) = (intercept, 0.0);
            for ((bent, feature), value) in artefact.features.iter().zip(FEATURES).zip(&vector) {
                *(if feature.is_pointer() { &mut pointed } else { &mut plain }) += bent.cuts.iter().zip(&bent.steps).filter(|(cut, _)| *value >= **cut).map(|(_, w)| w).sum::<f64>();
            }
            for paired in &artefact.pairs {
                let rows = paired.known().unwrap().rows;
                if (0..2).all(|side| vector[rows[side]] >= paired.cuts[side]) {
                    plain += paired.weight;
                }
            }
            plain += bounded(a * pointed, 3.0) / a;
            prop_assert!((a * plain + b - scored.log_odds).abs() < 1e-9);
            prop_assert!((0.0..=1.0).contains(&scored.probability));
        }

        /// More of what the law holds against a complaint never lowers its score, and the other way round.
        #[test]
        fn more_of_a_factor_never_lowers_the_score(
            vector in proptest::collection::vec(0.0..5.0, FEATURES.len()),
            row in 0..FEATURES.len(), more in 0.0..5.0,
        ) {
            let classifier = Classifier::new(artefact()).unwrap();
            let mut raised = vector.clone();
            raised[row] += more;
            let [before, after] = [&vector, &raised].map(|vector| classifier.score(vector).log_odds);
            let moved = after - before;
            // What is taken off beyond the common cap is rounded.
            let moved = if moved.abs() < 1e-12 { 0.0 } else { moved };
            prop_assert!(!FEATURES[row].direction.forbids(moved), "{}", FEATURES[row].code);
        }
    }

    #[test]
    fn the_sigmoid_survives_both_ends() {
        assert_eq!((sigmoid(-1e6), sigmoid(0.0), sigmoid(1e6)), (0.0, 0.5, 1.0));
    }
}
