//! Fitting: a logistic regression by linfa, made to obey the law's direction, calibrated on persons not seen.

use std::collections::HashSet;

use linfa::ParamGuard;
use linfa::composing::platt_scaling::{PlattParams, platt_newton_method};
use ndarray::Array1;

use crate::domain::time::Timestamp;
use crate::features::{FEATURES, schema_hash};
use crate::model::artefact::{Artefact, ArtefactError, FORMAT, Metrics, Platt, Source, TrainedOn};
use crate::model::classifier::{Classifier, sigmoid};

use super::hold_out::hold_out;
use super::linear::Linear;
use super::metrics::measure;
use super::report::Report;

/// Complaints of each class that a fit needs, and that figures need; with fewer, both follow single complaints.
pub const LEAST_OF_EACH: usize = 30;

/// Folds of the cross-fitting.
const FOLDS: u64 = 5;

/// By whom a complaint was labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// 认定: an officer's own finding, with a reason.
    Finding,
    /// 标注: a mark that came with an imported file; of lower trust.
    Mark,
}

/// One labelled complaint to learn from (样本).
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The feature vector as it was logged with the decision.
    pub vector: Vec<f64>,
    /// Labelled suspected (疑似).
    pub suspected: bool,
    /// By whom.
    pub trust: Trust,
    /// Receive time: the latest are held out.
    pub received: Timestamp,
    /// The complaint's sequence; unique, orders the examples.
    pub order: i64,
    /// Its cluster (关联人群), by the sequence of the cluster's first complaint: one cluster stays in one fold, and on
    /// one side of the hold-out.
    pub group: i64,
}

/// Where a model comes from, for its card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Whose complaints it is trained on.
    pub source: Source,
    /// The command that makes it, with its seeds where there are any.
    pub made_by: String,
}

/// A trained model with its report.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The model.
    pub artefact: Artefact,
    /// What came of it.
    pub report: Report,
}

/// Why there is no model, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Too few findings of a class.
    #[error(
        "认定太少，无法训练：疑似 {suspected} 件，非疑似 {cleared} 件；两类各至少需要 {LEAST_OF_EACH} 件，请积累认定后再训练"
    )]
    TooFew {
        /// Suspected findings there are.
        suspected: usize,
        /// Findings of not suspected there are.
        cleared: usize,
    },
    /// One class comes from so few persons that it cannot be checked on others.
    #[error("“{0}”认定涉及的人太少，无法用其他人的件检验模型；请积累更多人的认定后再训练")]
    TooFewPersons(&'static str),
    /// A vector that is not of this feature table.
    #[error(
        "序号 {order} 的样本有 {found} 个有效特征值，特征表有 {} 个；请去掉其他特征表的样本",
        FEATURES.len()
    )]
    Vector {
        /// Its sequence.
        order: i64,
        /// Finite values it has.
        found: usize,
    },
    /// The optimiser gave up.
    #[error("拟合没有收敛（{0}）；请检查认定是否互相矛盾，或报告此问题")]
    NotConverged(String),
    /// The calibration would turn the order around.
    #[error("评分不能区分未见过的人的认定（校准斜率 {0:.3}）；请检查认定，或积累更多认定后再训练")]
    NoOrder(f64),
    /// The result is not a model this binary would serve.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

/// Trains a model on complaints, in any order, and compares it with the `champion` (现用模型) if there is one.
pub fn fit(
    examples: &[Example],
    origin: Origin,
    champion: Option<&Classifier>,
) -> Result<Fitted, TrainError> {
    let mut rows: Vec<&Example> = examples.iter().collect();
    rows.sort_by_key(|example| (example.order, example.group));
    let model = Model::fit(&rows)?;
    let hold_out = hold_out(&rows, champion);
    let artefact = Artefact {
        format: FORMAT,
        source: origin.source,
        made_by: origin.made_by,
        schema_hash: schema_hash().to_owned(),
        features: FEATURES.iter().map(|feature| feature.code.to_owned()).collect(),
        weights: model.linear.weights.clone(),
        intercept: model.linear.intercept,
        platt: model.platt,
        trained_on: trained_on(&rows),
        metrics: model.metrics,
        held_out: hold_out.figures().cloned(),
        note: "logistic regression; advice about single complaints, never about persons, never about reports"
            .to_owned(),
    };
    // What training makes must be servable; the check costs nothing here and an outage later.
    Classifier::new(artefact.clone())?;
    let report = Report {
        trained_on: artefact.trained_on,
        metrics: model.metrics,
        hold_out,
        platt: model.platt,
        features: model.linear.rows(model.platt.a),
    };
    Ok(Fitted { artefact, report })
}

fn trained_on(rows: &[&Example]) -> TrainedOn {
    let count = |is: fn(&Example) -> bool| rows.iter().filter(|example| is(example)).count() as u64;
    TrainedOn {
        examples: rows.len() as u64,
        suspected: count(|example| example.suspected),
        findings: count(|example| example.trust == Trust::Finding),
        clusters: rows.iter().map(|example| example.group).collect::<HashSet<_>>().len() as u64,
        first: rows.first().map_or(0, |example| example.order),
        last: rows.last().map_or(0, |example| example.order),
    }
}

/// A calibrated fit, with what it is worth on clusters it has not seen.
pub(super) struct Model {
    linear: Linear,
    platt: Platt,
    metrics: Metrics,
}

impl Model {
    /// Fits on all `rows`; calibrates and measures on cross-fitted log-odds.
    pub(super) fn fit(rows: &[&Example]) -> Result<Self, TrainError> {
        check(rows)?;
        let linear = Linear::fit(rows)?;
        let log_odds = cross_fitted(rows)?;
        let suspected: Vec<bool> = rows.iter().map(|example| example.suspected).collect();
        let platt = calibrate(&log_odds, &suspected)?;
        let probabilities: Vec<f64> = log_odds.iter().map(|z| sigmoid(platt.a * z + platt.b)).collect();
        let metrics = measure(&probabilities, &suspected).ok_or_else(|| too_few(rows))?;
        Ok(Self { linear, platt, metrics })
    }

    /// Calibrated probability of a vector, 0 to 1.
    pub(super) fn probability(&self, vector: &[f64]) -> f64 {
        sigmoid(self.platt.a * self.linear.log_odds(vector) + self.platt.b)
    }
}

/// Counts of both classes: suspected, cleared.
pub(super) fn classes(rows: &[&Example]) -> (usize, usize) {
    let suspected = rows.iter().filter(|example| example.suspected).count();
    (suspected, rows.len() - suspected)
}

fn too_few(rows: &[&Example]) -> TrainError {
    let (suspected, cleared) = classes(rows);
    TrainError::TooFew { suspected, cleared }
}

fn check(rows: &[&Example]) -> Result<(), TrainError> {
    for example in rows {
        let found = example.vector.iter().filter(|value| value.is_finite()).count();
        if found != FEATURES.len() || example.vector.len() != FEATURES.len() {
            return Err(TrainError::Vector { order: example.order, found });
        }
    }
    let (suspected, cleared) = classes(rows);
    if suspected.min(cleared) < LEAST_OF_EACH { Err(too_few(rows)) } else { Ok(()) }
}

/// Log-odds of every row from a model that has seen no row of its group.
fn cross_fitted(rows: &[&Example]) -> Result<Vec<f64>, TrainError> {
    let mut log_odds = vec![0.0; rows.len()];
    for fold in 0..FOLDS {
        let seen: Vec<&Example> =
            rows.iter().copied().filter(|example| fold_of(example.group) != fold).collect();
        for (suspected, name) in [(true, "疑似"), (false, "非疑似")] {
            if !seen.iter().any(|example| example.suspected == suspected) {
                return Err(TrainError::TooFewPersons(name));
            }
        }
        let linear = Linear::fit(&seen)?;
        for (z, example) in log_odds.iter_mut().zip(rows) {
            if fold_of(example.group) == fold {
                *z = linear.log_odds(&example.vector);
            }
        }
    }
    Ok(log_odds)
}

/// The fold of a group: its bits mixed (splitmix64, Steele et al. 2014), so that neither runs of sequences nor
/// the marks' own structure put neighbours together.
fn fold_of(group: i64) -> u64 {
    let mut x = group.cast_unsigned().wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ (x >> 31)) % FOLDS
}

/// Platt's two numbers, by Newton's method on log-odds in f64.
fn calibrate(log_odds: &[f64], suspected: &[bool]) -> Result<Platt, TrainError> {
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::features::Direction;
    use crate::training::linear::{logistic, moments, points_against, standardise};
    use crate::training::report::State;

    /// A small generator, so that the tests need no randomness.
    pub(in crate::training) struct Dice(u64);

    impl Dice {
        pub(in crate::training) fn unit(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    /// `n` findings of which a share of about `sigmoid(offset)` is suspected. Every feature speaks the way
    /// `way` says (1 for suspicion), with noise.
    pub(in crate::training) fn findings(n: i64, offset: f64, way: impl Fn(usize) -> f64) -> Vec<Example> {
        let mut dice = Dice(7);
        (0..n)
            .map(|order| {
                let vector: Vec<f64> = FEATURES.iter().map(|feature| dice.unit() * feature.most).collect();
                let z: f64 = FEATURES
                    .iter()
                    .zip(&vector)
                    .enumerate()
                    .map(|(index, (feature, value))| 2.0 * way(index) * (value / feature.most - 0.5))
                    .sum();
                let suspected = dice.unit() < sigmoid(offset + z);
                let received = Timestamp(order * 3_600_000_000);
                Example { vector, suspected, trust: Trust::Finding, received, order, group: order / 3 }
            })
            .collect()
    }

    fn fit(examples: &[Example]) -> Result<Fitted, TrainError> {
        let origin = Origin { source: Source::Bureau, made_by: "a test".to_owned() };
        super::fit(examples, origin, None)
    }

    pub(in crate::training) fn lawful(index: usize) -> f64 {
        if FEATURES[index].direction == Direction::LessSuspicious { -1.0 } else { 1.0 }
    }

    #[test]
    fn the_served_sum_is_linfas_own_prediction() {
        let examples = findings(900, -1.0, lawful);
        let rows: Vec<&Example> = examples.iter().collect();
        let full = Linear::fit(&rows).unwrap();
        assert!(full.states.iter().all(|state| *state == State::Kept));
        let mut artefact = fit(&examples).unwrap().artefact;
        assert_eq!(artefact.weights, full.weights);
        artefact.platt = Platt { a: 1.0, b: 0.0 };
        let classifier = Classifier::new(artefact).unwrap();

        let (means, deviations) = moments(&rows);
        let all: Vec<usize> = (0..FEATURES.len()).collect();
        let records = standardise(&rows, &all, &means, &deviations);
        let linfa = logistic(&rows, records.clone()).unwrap();
        let probabilities = linfa.predict_probabilities(&records);
        for (row, example) in rows.iter().enumerate() {
            let p = probabilities[row];
            let theirs = if linfa.labels().pos.class { (p / (1.0 - p)).ln() } else { ((1.0 - p) / p).ln() };
            let ours = classifier.score(&example.vector).log_odds;
            assert!((ours - theirs).abs() < 1e-12, "row {row}: {ours} {theirs}");
        }
    }

    #[test]
    fn suspected_is_the_positive_class_whichever_is_larger() {
        for offset in [-1.5, 1.5] {
            let fitted = fit(&findings(900, offset, lawful)).unwrap();
            let share = fitted.report.base_rate();
            assert_eq!(share > 0.5, offset > 0.0, "{share}");
            assert!(fitted.report.metrics.roc_auc > 0.8, "{}", fitted.report);
            for (feature, weight) in FEATURES.iter().zip(&fitted.artefact.weights) {
                assert!(!points_against(feature.direction, *weight), "{}", feature.code);
            }
        }
    }

    #[test]
    fn a_weight_against_the_law_is_left_out_and_the_rest_refitted() {
        let fitted =
            fit(&findings(900, -1.0, |index| if index == 1 { -1.0 } else { lawful(index) })).unwrap();
        assert_eq!(fitted.artefact.weights[1].to_bits(), 0.0_f64.to_bits());
        for (index, row) in fitted.report.features.iter().enumerate() {
            assert_eq!(row.state == State::Clamped, index == 1, "{}", fitted.report);
        }
    }

    #[test]
    fn a_feature_that_never_changes_has_no_weight() {
        let mut examples = findings(600, -1.0, lawful);
        for example in &mut examples {
            example.vector[4] = 1.0;
        }
        let fitted = fit(&examples).unwrap();
        assert_eq!(fitted.report.features[4].state, State::Constant);
        assert_eq!(fitted.artefact.weights[4].to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn the_same_findings_in_any_order_give_the_same_bytes() {
        let examples = findings(400, -1.0, lawful);
        let fitted = fit(&examples).unwrap();
        let mut turned: Vec<Example> = examples.iter().rev().cloned().collect();
        turned.rotate_left(123);
        let again = fit(&turned).unwrap();
        assert_eq!(fitted.artefact.to_json().unwrap(), again.artefact.to_json().unwrap());
        assert_eq!(fitted, again);
        assert_eq!(fitted.artefact.id().unwrap(), again.artefact.id().unwrap());
    }

    #[test]
    fn the_calibrated_mean_is_the_share_found() {
        let examples = findings(900, -1.0, lawful);
        let fitted = fit(&examples).unwrap();
        let classifier = Classifier::new(fitted.artefact).unwrap();
        let promised: f64 = examples.iter().map(|row| classifier.score(&row.vector).probability).sum();
        let share = promised / examples.len() as f64;
        assert!((share - fitted.report.base_rate()).abs() < 0.02, "{share}\n{}", fitted.report);
        assert!(fitted.report.metrics.ece < 0.08, "{}", fitted.report);
    }

    #[test]
    fn errors_say_how_many_there_are_and_what_to_do() {
        let mut examples = findings(200, -1.0, lawful);
        examples.iter_mut().enumerate().for_each(|(row, example)| example.suspected = row < 12);
        let told = fit(&examples).unwrap_err().to_string();
        assert!(told.contains("疑似 12 件，非疑似 188 件") && told.contains("各至少需要 30 件"), "{told}");
        assert!(matches!(fit(&[]), Err(TrainError::TooFew { suspected: 0, cleared: 0 })));

        let mut examples = findings(200, -1.0, lawful);
        examples.iter_mut().enumerate().for_each(|(row, example)| example.suspected = row < 60);
        examples[..60].iter_mut().for_each(|example| example.group = 1);
        assert!(matches!(fit(&examples), Err(TrainError::TooFewPersons("疑似"))));

        examples[9].vector.pop();
        assert!(matches!(fit(&examples), Err(TrainError::Vector { order: 9, .. })));
    }

    #[test]
    fn a_score_that_turns_the_order_around_is_refused() {
        let log_odds: Vec<f64> = (0..100).map(|row| f64::from(row) / 10.0 - 5.0).collect();
        let reversed: Vec<bool> = (0..100).map(|row| row < 50 || row % 9 == 0).collect();
        assert!(matches!(calibrate(&log_odds, &reversed), Err(TrainError::NoOrder(a)) if a < 0.0));
    }
}
