//! How good probabilities are. Ties count as ties; sums are taken in one fixed order.

use crate::model::artefact::Metrics;

/// Bins of the expected calibration error.
const BINS: usize = 15;

/// Probabilities are kept this far from 0 and 1 in the log loss.
const EPSILON: f64 = 1e-15;

/// Measures `probabilities` against what was found. None unless both classes are there.
pub fn measure(probabilities: &[f64], suspected: &[bool]) -> Option<Metrics> {
    let positives = suspected.iter().filter(|suspected| **suspected).count();
    if positives == 0 || positives == suspected.len() || suspected.len() != probabilities.len() {
        return None;
    }
    let mut rows: Vec<(f64, bool)> = probabilities.iter().copied().zip(suspected.iter().copied()).collect();
    let n = rows.len() as f64;
    let brier = rows.iter().map(|&(p, y)| (p - target(y)).powi(2)).sum::<f64>() / n;
    let log_loss =
        rows.iter().map(|&(p, y)| -(if y { p } else { 1.0 - p }).clamp(EPSILON, 1.0).ln()).sum::<f64>() / n;
    // Highest first; a stable sort keeps the given order among equals.
    rows.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (roc_auc, pr_auc) = areas(&rows, positives as f64);
    Some(Metrics { roc_auc, pr_auc, brier, log_loss, ece: calibration_error(&rows) })
}

/// Draws of an interval.
const DRAWS: usize = 200;

/// Interval of the average precision of some scores: the middle 95 % of draws of whole groups, always the same draws.
pub(super) fn interval(scores: &[f64], suspected: &[bool], groups: &[i64]) -> [f64; 2] {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|one, other| scores[*other].total_cmp(&scores[*one]));
    let mut names = groups.to_vec();
    names.sort_unstable();
    names.dedup();
    let places: Vec<usize> = groups.iter().map(|group| names.partition_point(|name| name < group)).collect();
    let mut seed = 1_u64;
    let mut areas: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let mut times = vec![0.0; names.len()];
            for _ in 0..names.len() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                times[usize::try_from(seed >> 33).unwrap_or(0) % names.len()] += 1.0;
            }
            let (mut seen, mut hits, mut precision) = (0.0, 0.0, 0.0);
            for row in &order {
                let times = times[places[*row]];
                seen += times;
                if suspected[*row] && times > 0.0 {
                    hits += times;
                    precision += times * hits / seen;
                }
            }
            precision / f64::max(hits, 1.0)
        })
        .collect();
    areas.sort_by(f64::total_cmp);
    [DRAWS / 40, DRAWS - 1 - DRAWS / 40].map(|at| areas[at])
}

fn target(suspected: bool) -> f64 {
    f64::from(u8::from(suspected))
}

/// Area under ROC (a tie is half right) and average precision (a tie is one threshold), rows highest first.
fn areas(rows: &[(f64, bool)], positives: f64) -> (f64, f64) {
    let negatives = rows.len() as f64 - positives;
    let (mut seen, mut hits) = (0.0, 0.0);
    let (mut roc, mut precision) = (0.0, 0.0);
    for tie in rows.chunk_by(|one, other| one.0.to_bits() == other.0.to_bits()) {
        let found = tie.iter().filter(|(_, suspected)| *suspected).count() as f64;
        let missed = tie.len() as f64 - found;
        roc += missed * (hits + found / 2.0);
        seen += tie.len() as f64;
        hits += found;
        precision += found * hits / seen;
    }
    (roc / (positives * negatives), precision / positives)
}

/// Mean distance between promised and found share over bins of equal mass, weighted by mass.
fn calibration_error(rows: &[(f64, bool)]) -> f64 {
    let n = rows.len();
    let error: f64 = (0..BINS)
        .map(|bin| &rows[bin * n / BINS..(bin + 1) * n / BINS])
        .map(|bin| bin.iter().map(|&(p, suspected)| p - target(suspected)).sum::<f64>().abs())
        .sum();
    error / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-12
    }

    /// Values by hand; the same as scikit-learn's `roc_auc_score`, `average_precision_score`, `brier_score_loss`.
    #[test]
    fn a_small_case_by_hand() {
        let found = measure(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]).unwrap();
        assert!(close(found.roc_auc, 0.75));
        assert!(close(found.pr_auc, f64::midpoint(1.0, 2.0 / 3.0)));
        assert!(close(found.brier, (0.01 + 0.16 + 0.4225 + 0.04) / 4.0));
        let loss = -(0.9_f64.ln() + 0.6_f64.ln() + 0.35_f64.ln() + 0.8_f64.ln()) / 4.0;
        assert!(close(found.log_loss, loss));
        assert!(close(found.ece, (0.1 + 0.4 + 0.65 + 0.2) / 4.0));
    }

    #[test]
    fn ties_are_neither_right_nor_wrong() {
        let found = measure(&[0.5; 4], &[true, false, true, false]).unwrap();
        assert!(close(found.roc_auc, 0.5) && close(found.pr_auc, 0.5));
        let again = measure(&[0.5; 4], &[false, false, true, true]).unwrap();
        assert_eq!((found.roc_auc, found.pr_auc), (again.roc_auc, again.pr_auc));
    }

    #[test]
    fn one_class_or_another_length_is_not_measured() {
        assert_eq!(measure(&[0.5, 0.6], &[true, true]), None);
        assert_eq!(measure(&[0.5], &[true, false]), None);
        assert_eq!(measure(&[], &[]), None);
    }

    #[test]
    fn perfect_calibration_has_no_error() {
        let probabilities = [0.25; 60];
        let suspected: Vec<bool> = (0..60).map(|row| row % 4 == 0).collect();
        assert!(close(measure(&probabilities, &suspected).unwrap().ece, 0.0));
    }
}
