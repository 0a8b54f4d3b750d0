//! Calibration: from log-odds of complaints not seen to probabilities - of what is so, not of what was marked.
//!
//! A finding is taken as it is. An imported mark (标注) is a tick in a sheet, and some are wrong both ways: even the
//! clearest cases then show a few per cent of the other mark, and a curve fitted to them never dares to come near 0
//! or 1. So wrong marks have a place of their own in the likelihood (class-conditional noise, Natarajan et al. 2013):
//! `P(marked) = e + (1 - e - m) P(so)`, where `e` is the share of wrong marks, `m` of missed ones. What is assumed is
//! that errors do not depend on the complaint; both shares are estimated with the curve, by expectation-maximisation.

use linfa::ParamGuard;
use linfa::composing::platt_scaling::{PlattParams, platt_newton_method};
use ndarray::Array1;

use crate::model::artefact::{MarkErrors, Platt};
use crate::model::classifier::sigmoid;

use super::fit::{Example, TrainError, Trust};

/// What is thought of marks before any is seen, as so many wrong ones of so many: two in a hundred are wrong, and one in
/// a hundred claimants is missed. Wrong marks are held to more firmly: where nearly all complaints are clear, marks alone
/// hardly tell a few wrong ones from a flatter curve, and a curve taken too flat says 3 % where it is one in two hundred.
const EXPECTED_WRONG: (f64, f64) = (4.0, 200.0);
const EXPECTED_MISSED: (f64, f64) = (1.0, 100.0);

/// More than this is no slip of the pen: the curve may not explain away more.
const MOST_ERRORS: f64 = 0.05;

/// Rounds of expectation and maximisation; each counts every example once.
const MOST_ROUNDS: usize = 200;

/// Newton steps of a calibration made again.
const STEPS: usize = 12;

/// Change of slope and offset below which the rounds end.
const SETTLED: f64 = 1e-7;

/// Platt's two numbers for log-odds, with how often marks are taken to be wrong.
pub(super) fn calibrate(log_odds: &[f64], rows: &[&Example]) -> Result<(Platt, MarkErrors), TrainError> {
    let suspected: Vec<bool> = rows.iter().map(|example| example.suspected).collect();
    let mut platt = plain(log_odds, &suspected)?;
    let mut errors = MarkErrors::default();
    if rows.iter().all(|example| example.trust == Trust::Finding) {
        return Ok((platt, errors));
    }
    let share = |(expected, weight): (f64, f64)| expected / weight;
    errors = MarkErrors { wrong: share(EXPECTED_WRONG), missed: share(EXPECTED_MISSED) };
    for _ in 0..MOST_ROUNDS {
        let truths: Vec<f64> =
            log_odds.iter().zip(rows).map(|(z, example)| truth(*z, example, platt, errors)).collect();
        errors = errors_of(rows, &truths);
        let next = newton(log_odds, &truths, platt);
        let moved = (next.a - platt.a).abs().max((next.b - platt.b).abs());
        platt = next;
        if moved < SETTLED {
            break;
        }
    }
    if platt.a > 0.0 && platt.b.is_finite() { Ok((platt, errors)) } else { Err(TrainError::NoOrder(platt.a)) }
}

/// The calibration again, after something was taken from or added to the log-odds: errors of marks stay as they were found, and
/// the slope between these two.
pub(super) fn again(
    log_odds: &[f64],
    rows: &[&Example],
    platt: Platt,
    errors: MarkErrors,
    slopes: [f64; 2],
) -> Platt {
    let truths: Vec<f64> =
        log_odds.iter().zip(rows).map(|(z, example)| truth(*z, example, platt, errors)).collect();
    let free = (0..STEPS).fold(platt, |platt, _| newton(log_odds, &truths, platt));
    let a = free.a.clamp(slopes[0], slopes[1]);
    let mut b = if a.to_bits() == free.a.to_bits() { free.b } else { platt.b };
    for _ in 0..STEPS {
        let (mut slope, mut curve) = (0.0, 1e-9);
        for (z, truth) in log_odds.iter().zip(&truths) {
            let p = sigmoid(a * z + b);
            slope += truth - p;
            curve += p * (1.0 - p);
        }
        let step = (slope / curve).clamp(-1.0, 1.0);
        b += step;
        if step.abs() < SETTLED {
            break;
        }
    }
    Platt { a, b }
}

/// Platt's two numbers for labels taken as they are: linfa's Newton method on log-odds in f64.
pub(super) fn plain(log_odds: &[f64], suspected: &[bool]) -> Result<Platt, TrainError> {
    let failed = |error: &dyn std::fmt::Display| TrainError::NotConverged(error.to_string());
    let params = PlattParams::<f64, ()>::default().check().map_err(|error| failed(&error))?;
    let (a, b) = platt_newton_method(
        Array1::from(log_odds.to_vec()).view(),
        Array1::from(suspected.to_vec()).view(),
        &params,
    )
    .map_err(|error| failed(&error))?;
    // linfa's probability is 1 / (1 + exp(a z + b)).
    let platt = Platt { a: -a, b: -b };
    if platt.a > 0.0 { Ok(platt) } else { Err(TrainError::NoOrder(platt.a)) }
}

/// Probability that a complaint is suspected in truth, given what was said of it.
fn truth(log_odds: f64, example: &Example, platt: Platt, errors: MarkErrors) -> f64 {
    let labelled = f64::from(u8::from(example.suspected));
    if example.trust == Trust::Finding {
        return labelled;
    }
    let p = sigmoid(platt.a * log_odds + platt.b);
    let (so, not) = if example.suspected {
        ((1.0 - errors.missed) * p, errors.wrong * (1.0 - p))
    } else {
        (errors.missed * p, (1.0 - errors.wrong) * (1.0 - p))
    };
    so / (so + not)
}

/// How often marks are wrong, if these are the truths.
fn errors_of(rows: &[&Example], truths: &[f64]) -> MarkErrors {
    let ((mut wrong, mut not), (mut missed, mut so)) = (EXPECTED_WRONG, EXPECTED_MISSED);
    for (example, truth) in
        rows.iter().zip(truths).filter(|(example, _)| example.trust == Trust::ImportedLabel)
    {
        so += truth;
        not += 1.0 - truth;
        if example.suspected {
            wrong += 1.0 - truth;
        } else {
            missed += truth;
        }
    }
    MarkErrors { wrong: (wrong / not).min(MOST_ERRORS), missed: (missed / so).min(MOST_ERRORS) }
}

/// One Newton step on the log loss of uncertain truths, which is convex in both numbers. Truths are drawn in from 0
/// and 1 as Platt does, so that a curve that separates all stays finite.
fn newton(log_odds: &[f64], truths: &[f64], platt: Platt) -> Platt {
    let suspected: f64 = truths.iter().sum();
    let (least, most) =
        (1.0 / (truths.len() as f64 - suspected + 2.0), (suspected + 1.0) / (suspected + 2.0));
    let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
    for (z, truth) in log_odds.iter().zip(truths) {
        let p = sigmoid(platt.a * z + platt.b);
        let residual = least + (most - least) * truth - p;
        let curve = p * (1.0 - p);
        ga += residual * z;
        gb += residual;
        haa += curve * z * z;
        hab += curve * z;
        hbb += curve;
    }
    let determinant = haa * hbb - hab * hab;
    let (da, db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant);
    // Held to a step of 1: far from the end a flat curve would throw it off.
    let scale = 1.0 / da.abs().max(db.abs()).max(1.0);
    Platt { a: platt.a + scale * da, b: platt.b + scale * db }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use crate::training::fit::tests::Dice;

    /// Log-odds from -6 to 6 that are right, with labels of which some are turned.
    fn labelled(trust: Trust, wrong: f64, missed: f64) -> (Vec<f64>, Vec<Example>) {
        let mut dice = Dice::new(11);
        let log_odds: Vec<f64> = (0..20_000).map(|_| 12.0 * dice.unit() - 6.0).collect();
        let label = |(order, z): (i64, &f64)| {
            let so = dice.unit() < sigmoid(*z);
            let turned = dice.unit() < if so { missed } else { wrong };
            let (vector, received) = (Vec::new(), Timestamp(order));
            Example { vector, suspected: so != turned, trust, received, order, group: order }
        };
        let examples = (0..).zip(&log_odds).map(label).collect();
        (log_odds, examples)
    }

    fn calibrated(trust: Trust, wrong: f64, missed: f64) -> (Platt, MarkErrors) {
        let (log_odds, examples) = labelled(trust, wrong, missed);
        calibrate(&log_odds, &examples.iter().collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn wrong_marks_are_found_and_do_not_flatten_the_curve() {
        let (platt, errors) = calibrated(Trust::ImportedLabel, 0.03, 0.02);
        assert!((platt.a - 1.0).abs() < 0.05 && platt.b.abs() < 0.1, "{platt:?}");
        assert!((errors.wrong - 0.03).abs() < 0.006 && (errors.missed - 0.02).abs() < 0.006, "{errors:?}");
        // Taken as they are they would flatten it.
        let (log_odds, examples) = labelled(Trust::ImportedLabel, 0.03, 0.02);
        let suspected: Vec<bool> = examples.iter().map(|example| example.suspected).collect();
        assert!(plain(&log_odds, &suspected).unwrap().a < 0.85);
    }

    #[test]
    fn right_marks_are_hardly_doubted_and_more_than_slips_are_not_explained_away() {
        let (platt, errors) = calibrated(Trust::ImportedLabel, 0.0, 0.0);
        assert!(
            (platt.a - 1.0).abs() < 0.06 && errors.wrong.max(errors.missed) < 0.005,
            "{platt:?} {errors:?}"
        );
        let (_, errors) = calibrated(Trust::ImportedLabel, 0.2, 0.2);
        assert_eq!((errors.wrong, errors.missed), (MOST_ERRORS, MOST_ERRORS));
    }

    #[test]
    fn findings_are_taken_as_they_are() {
        let (platt, errors) = calibrated(Trust::Finding, 0.03, 0.02);
        let (log_odds, examples) = labelled(Trust::Finding, 0.03, 0.02);
        let suspected: Vec<bool> = examples.iter().map(|example| example.suspected).collect();
        assert_eq!(platt, plain(&log_odds, &suspected).unwrap());
        assert_eq!(errors, MarkErrors::default());
    }

    #[test]
    fn a_score_that_turns_the_order_around_is_refused() {
        let log_odds: Vec<f64> = (0..100).map(|row| f64::from(row) / 10.0 - 5.0).collect();
        let reversed: Vec<bool> = (0..100).map(|row| row < 50 || row % 9 == 0).collect();
        assert!(matches!(plain(&log_odds, &reversed), Err(TrainError::NoOrder(a)) if a < 0.0));
    }
}
