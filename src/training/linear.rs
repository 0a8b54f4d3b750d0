//! One linear fit by linfa, standardised, obeying the law's direction, in feature units.

use linfa::prelude::*;
use linfa_logistic::{FittedLogisticRegression, LogisticRegression};
use ndarray::{Array1, Array2, ShapeBuilder};

use crate::features::{Direction, FEATURES};

use super::fit::{Example, TrainError};
use super::report::{FeatureRow, State};

/// Ridge penalty on the weights of standardised features, against a summed loss. The features overlap (the same
/// past over three windows), so some shrinkage is needed; between 1 and 30 the ranking hardly moves.
const RIDGE: f64 = 10.0;

/// Gradient tolerance per example: linfa's is absolute on a sum over examples.
const TOLERANCE: f64 = 1e-5;

const MOST_ITERATIONS: u64 = 300;

/// A feature that varies less than this is the same everywhere.
const LEAST_DEVIATION: f64 = 1e-9;

/// A linear model in feature units, with what became of every feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Linear {
    pub weights: Vec<f64>,
    pub intercept: f64,
    deviations: Vec<f64>,
    pub states: Vec<State>,
}

impl Linear {
    /// Fits, and fits again without the worst feature that speaks against the law, until none does.
    pub(super) fn fit(rows: &[&Example]) -> Result<Self, TrainError> {
        let (means, deviations) = moments(rows);
        let mut states: Vec<State> = deviations
            .iter()
            .map(|deviation| if *deviation < LEAST_DEVIATION { State::Constant } else { State::Kept })
            .collect();
        loop {
            let kept: Vec<usize> =
                (0..FEATURES.len()).filter(|index| states[*index] == State::Kept).collect();
            if kept.is_empty() {
                return Err(TrainError::NoOrder(0.0));
            }
            let (standardised, centred) = regress(rows, &kept, &means, &deviations)?;
            let against = kept
                .iter()
                .zip(&standardised)
                .filter(|(index, weight)| points_against(FEATURES[**index].direction, **weight))
                .max_by(|(_, one), (_, other)| one.abs().total_cmp(&other.abs()));
            if let Some((index, _)) = against {
                states[*index] = State::Clamped;
                continue;
            }
            let mut weights = vec![0.0; FEATURES.len()];
            let mut intercept = centred;
            for (index, weight) in kept.iter().zip(&standardised) {
                weights[*index] = weight / deviations[*index];
                intercept -= weights[*index] * means[*index];
            }
            return Ok(Self { weights, intercept, deviations, states });
        }
    }

    /// Uncalibrated log-odds, added in table order.
    pub(super) fn log_odds(&self, vector: &[f64]) -> f64 {
        self.weights.iter().zip(vector).fold(self.intercept, |sum, (weight, value)| sum + weight * value)
    }

    pub(super) fn rows(&self, slope: f64) -> Vec<FeatureRow> {
        FEATURES
            .iter()
            .enumerate()
            .map(|(index, feature)| FeatureRow {
                code: feature.code,
                zh: feature.zh,
                weight: slope * self.weights[index],
                per_deviation: slope * self.weights[index] * self.deviations[index],
                state: self.states[index],
            })
            .collect()
    }
}

/// Whether the law forbids a weight of this sign.
pub(super) fn points_against(direction: Direction, weight: f64) -> bool {
    match direction {
        Direction::MoreSuspicious => weight < 0.0,
        Direction::LessSuspicious => weight > 0.0,
        Direction::Either => false,
    }
}

/// Mean and standard deviation of every feature.
pub(super) fn moments(rows: &[&Example]) -> (Vec<f64>, Vec<f64>) {
    let n = rows.len() as f64;
    let column = |index: usize| rows.iter().map(move |example| example.vector[index]);
    (0..FEATURES.len())
        .map(|index| {
            let mean = column(index).sum::<f64>() / n;
            let variance = column(index).map(|value| (value - mean).powi(2)).sum::<f64>() / n;
            (mean, variance.sqrt())
        })
        .unzip()
}

/// linfa's logistic regression on the `kept` features, standardised: weights and intercept of "suspected".
fn regress(
    rows: &[&Example],
    kept: &[usize],
    means: &[f64],
    deviations: &[f64],
) -> Result<(Vec<f64>, f64), TrainError> {
    let fitted = logistic(rows, standardise(rows, kept, means, deviations))?;
    // linfa calls the class with more rows positive, whichever it is.
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    Ok((fitted.params().iter().map(|weight| sign * weight).collect(), sign * fitted.intercept()))
}

/// linfa's fit as it comes; which class it calls positive is for its `labels()` to say.
pub(super) fn logistic(
    rows: &[&Example],
    records: Array2<f64>,
) -> Result<FittedLogisticRegression<f64, bool>, TrainError> {
    let targets: Array1<bool> = rows.iter().map(|example| example.suspected).collect();
    LogisticRegression::default()
        .alpha(RIDGE)
        .gradient_tolerance(TOLERANCE * rows.len() as f64)
        .max_iterations(MOST_ITERATIONS)
        .fit(&Dataset::new(records, targets))
        .map_err(|error| TrainError::NotConverged(error.to_string()))
}

/// The `kept` features with mean 0 and deviation 1. Column by column in memory: linfa walks the columns for
/// every gradient.
pub(super) fn standardise(
    rows: &[&Example],
    kept: &[usize],
    means: &[f64],
    deviations: &[f64],
) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), kept.len()).f(), |(row, column)| {
        let index = kept[column];
        (rows[row].vector[index] - means[index]) / deviations[index]
    })
}
