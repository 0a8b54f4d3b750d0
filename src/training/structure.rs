//! The law's structure over a free fit (法律结构): facts say at least what their prior says, no feature says more than its cap,
//! and item (5) with context stays below the band High. All of it in calibrated log-odds, whatever the examples say.

use crate::features::{FEATURES, Feature};
use crate::model::artefact::{Platt, pointers_most};

use super::additive::Additive;
use super::steps::{Column, Table};

/// Relative rounding of a sum of steps.
const ROUNDING: f64 = 1e-12;

/// The fit as it is served under a calibration. Priors are held to the lesser of its slope and `slope`.
pub(super) fn serve(free: &Additive, table: &Table, platt: Platt, slope: f64) -> Additive {
    let mut served = free.clone();
    for (row, feature) in FEATURES.iter().enumerate() {
        let steps: Vec<usize> = (0..served.columns.len())
            .filter(|at| matches!(served.columns[*at], Column::Step { feature, .. } if feature == row))
            .collect();
        let free: Vec<f64> = steps.iter().map(|at| served.weights[*at]).collect();
        for (at, step) in
            steps.into_iter().zip(lawful(feature, &table.cuts[row], &free, [platt.a, platt.a.min(slope)]))
        {
            served.weights[at] = step;
        }
    }
    let most = (pointers_most() - platt.b) / platt.a;
    served.intercept = served.intercept.min(most);
    served.most = most - served.intercept;
    served
}

/// Steps whose sums are at least the prior's and within the cap, each sum as near to the free one as can be.
fn lawful(feature: &Feature, cuts: &[f64], free: &[f64], [slope, of_priors]: [f64; 2]) -> Vec<f64> {
    let most = feature.cap.map_or(f64::INFINITY, |cap| cap / slope);
    let least = |cut: f64| {
        let reached = feature.prior.iter().take_while(|(from, _)| cut >= *from);
        reached.last().map_or(f64::NEG_INFINITY, |(_, level)| level / of_priors)
    };
    let sums = free.iter().scan(0.0, |sum, step| {
        *sum += step;
        Some(*sum)
    });
    // Rounding below the cap, so that no sum of steps goes beyond it.
    let held = most * (1.0 - ROUNDING);
    let sums = sums.zip(cuts).map(|(sum, cut)| sum.max(least(*cut)).clamp(-held, held));
    let step = |below: &mut f64, sum: f64| Some(sum - std::mem::replace(below, sum));
    sums.scan(0.0, step).collect()
}

/// A fit without examples: what the priors and caps say alone, pointing features at half their caps. Rules to compare with.
pub(super) fn rules(free: &Additive, table: &Table) -> Additive {
    let mut rules = free.clone();
    (rules.intercept, rules.most) = (0.0, f64::INFINITY);
    for (at, column) in free.columns.iter().enumerate() {
        rules.weights[at] = match *column {
            Column::Step { feature, level: 1 } => match FEATURES[feature].cap {
                Some(cap) if FEATURES[feature].is_pointer() => cap / 2.0,
                None => -0.5,
                Some(_) => 0.0,
            },
            _ => 0.0,
        };
    }
    serve(&rules, table, Platt { a: 1.0, b: f64::MIN }, 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_sum_keeps_prior_and_cap_and_no_step_turns(
            row in 0..FEATURES.len(),
            steps in proptest::collection::vec(0.0..4.0, 0..7), slope in 0.1..5.0,
        ) {
            let feature = &FEATURES[row];
            let sign = if feature.direction == crate::features::Direction::LessSuspicious { -1.0 } else { 1.0 };
            let free: Vec<f64> = steps.iter().map(|step| sign * step).collect();
            let cuts: Vec<f64> = (0..free.len()).map(|at| feature.floor + 2.0 * at as f64).collect();
            let kept = lawful(feature, &cuts, &free, [slope, slope]);
            prop_assert_eq!(kept.len(), free.len());
            let mut sum = 0.0;
            for (step, cut) in kept.iter().zip(&cuts) {
                prop_assert!(!feature.direction.forbids(*step), "{}: {}", feature.code, step);
                sum += step;
                let level = slope * sum;
                prop_assert!(feature.cap.is_none_or(|cap| level.abs() <= cap + 1e-9));
                let prior = feature.prior.iter().take_while(|(from, _)| cut >= from).last();
                prop_assert!(prior.is_none_or(|(_, least)| level >= least - 1e-9));
            }
        }
    }
}
