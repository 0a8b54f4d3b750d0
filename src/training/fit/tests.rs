use super::*;
use crate::features::{Direction, Feature};
use crate::model::classifier::sigmoid;
use crate::training::report::State;

/// A small generator, so that the tests need no randomness.
pub(in crate::training) struct Dice(u64);

impl Dice {
    pub(in crate::training) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(in crate::training) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The greatest value that examples have: below what a prior speaks of, so that they alone decide.
fn top(feature: &Feature) -> f64 {
    feature.prior.first().map_or(feature.most, |(from, _)| from - 0.5)
}

/// The row of a feature that has no prior.
fn row(code: &str) -> usize {
    FEATURES.iter().position(|feature| feature.code == code).unwrap()
}

/// `n` findings of which a share of about `sigmoid(offset)` is suspected. Every feature is nothing, half or all of what
/// it can be and speaks the way `way` says (1 for suspicion), with noise.
pub(in crate::training) fn findings(n: i64, offset: f64, way: impl Fn(usize) -> f64) -> Vec<Example> {
    let mut dice = Dice(7);
    (0..n)
        .map(|order| {
            let vector: Vec<f64> =
                FEATURES.iter().map(|feature| (dice.unit() * 3.0).floor() / 2.0 * top(feature)).collect();
            let z: f64 = FEATURES
                .iter()
                .zip(&vector)
                .enumerate()
                .map(|(index, (feature, value))| 2.0 * way(index) * (value / top(feature) - 0.5))
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
fn suspected_is_the_positive_class_whichever_is_larger() {
    for offset in [-1.5, 1.5] {
        let fitted = fit(&findings(500, offset, lawful)).unwrap();
        let share = fitted.report.base_rate();
        assert_eq!(share > 0.5, offset > 0.0, "{share}");
        assert!(fitted.report.metrics.roc_auc > 0.8, "{}", fitted.report);
    }
}

#[test]
fn a_feature_against_the_law_is_left_out_and_the_rest_refitted() {
    let against = row("punitive_demand");
    let way = |index| if index == against { -1.0 } else { lawful(index) };
    let fitted = fit(&findings(1_800, -1.0, way)).unwrap();
    assert!(fitted.artefact.features[against].cuts.is_empty(), "{}", fitted.report);
    for (index, row) in fitted.report.features.iter().enumerate() {
        assert_eq!(row.state == State::Clamped, index == against, "{}", fitted.report);
    }
}

#[test]
fn a_feature_that_never_changes_says_nothing() {
    let mut examples = findings(600, -1.0, lawful);
    for example in &mut examples {
        example.vector[row("formal_wording")] = 1.0;
    }
    let fitted = fit(&examples).unwrap();
    assert_eq!(fitted.report.features[row("formal_wording")].state, State::Constant);
    assert!(fitted.artefact.features[row("formal_wording")].cuts.is_empty());
}

/// What a plain line cannot say: it rises to the middle and stays there.
#[test]
fn a_feature_may_bend() {
    let mut examples = findings(1_000, -1.0, lawful);
    let mut dice = Dice::new(5);
    let bent = row("label_target");
    let half = FEATURES[bent].most / 2.0;
    for example in &mut examples {
        example.vector[bent] = dice.unit() * FEATURES[bent].most;
        example.suspected = dice.unit() < if example.vector[bent] < half { 0.05 } else { 0.9 };
    }
    let fitted = fit(&examples).unwrap();
    let classifier = Classifier::new(fitted.artefact).unwrap();
    let says = |share: f64| {
        let mut vector = vec![0.0; FEATURES.len()];
        vector[bent] = share * FEATURES[bent].most;
        classifier.score(&vector).contributions[bent]
    };
    let [quarter, three_quarters, all] = [0.25, 0.75, 1.0].map(says);
    assert!(three_quarters - quarter > 1.5 && all - three_quarters < 0.5, "{}", fitted.report);
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
    let message = fit(&examples).unwrap_err().to_string();
    assert!(
        message.contains("疑似 12 件，非疑似 188 件") && message.contains("各至少需要 30 件"),
        "{message}"
    );
    assert!(matches!(fit(&[]), Err(TrainError::TooFew { suspected: 0, cleared: 0 })));

    let mut examples = findings(200, -1.0, lawful);
    examples.iter_mut().enumerate().for_each(|(row, example)| example.suspected = row < 60);
    examples[..60].iter_mut().for_each(|example| example.group = 1);
    assert!(matches!(fit(&examples), Err(TrainError::TooFewPersons("疑似"))));

    examples[9].vector.pop();
    assert!(matches!(fit(&examples), Err(TrainError::Vector { order: 9, .. })));
}
