//! A whole model: chosen, fitted on everything, held to its caps, calibrated on persons not seen.

use std::collections::HashSet;

use crate::features::{FEATURES, Feature, PAIRS, schema_hash};
use crate::model::artefact::{Artefact, Bent, FORMAT, MarkErrors, Metrics, Paired, Platt, TrainedOn};
use crate::model::classifier::sigmoid;

use super::additive::Additive;
use super::calibrate::calibrate;
use super::choose::{Choice, Splits};
use super::fit::{Example, LEAST_OF_EACH, Origin, TrainError, Trust, classes};
use super::metrics::measure;
use super::report::{FeatureRow, PairRow, State};
use super::steps::{Column, Table};

/// Rounds of holding features to their caps, each with a calibration after it; it settles in a few.
const MOST_ROUNDS: usize = 10;

/// A calibrated fit, with what it is worth on clusters it has not seen.
pub(super) struct Model {
    table: Table,
    additive: Additive,
    ridge: f64,
    platt: Platt,
    errors: MarkErrors,
    metrics: Metrics,
}

impl Model {
    /// Chooses, fits on all `rows`, calibrates and measures on what fits of the same kind say of clusters not seen.
    pub(super) fn fit(rows: &[&Example]) -> Result<Self, TrainError> {
        check(rows)?;
        let splits = Splits::new(rows)?;
        let mut choice = Choice::new(rows, &splits)?;
        let all: Vec<usize> = (0..rows.len()).collect();
        let start = choice.models.last();
        let mut additive = Additive::fit(&choice.table, &all, &choice.columns, choice.ridge, start)?;
        let Calibration { platt, errors, log_odds } =
            held_to_caps(&mut additive, &mut choice, &splits, rows)?;
        let probabilities: Vec<f64> = log_odds.iter().map(|z| sigmoid(platt.a * z + platt.b)).collect();
        let metrics = measure(&probabilities, &choice.table.suspected).ok_or_else(|| too_few(rows))?;
        Ok(Self { table: choice.table, additive, ridge: choice.ridge, platt, errors, metrics })
    }

    /// The model as it is stored, without a hold-out.
    pub(super) fn artefact(&self, rows: &[&Example], origin: Origin) -> Artefact {
        Artefact {
            format: FORMAT,
            source: origin.source,
            made_by: origin.made_by,
            schema_hash: schema_hash().to_owned(),
            features: (0..FEATURES.len()).map(|feature| self.bent(feature)).collect(),
            pairs: self.paired().collect(),
            intercept: self.additive.intercept,
            ridge: self.ridge,
            platt: self.platt,
            mark_errors: self.errors,
            trained_on: trained_on(rows),
            metrics: self.metrics,
            held_out: None,
            note: "additive logistic regression on steps; advice about single complaints, never about persons, never \
                   about reports"
                .to_owned(),
        }
    }

    /// The staircase of a feature: a step that says nothing is merged with the one below it.
    fn bent(&self, feature: usize) -> Bent {
        let step = |(column, weight): (&Column, &f64)| match column {
            Column::Step { feature: of, level } if *of == feature && *weight != 0.0 => {
                Some((self.table.cuts[feature][usize::from(*level) - 1], *weight))
            }
            _ => None,
        };
        let (cuts, steps) = self.additive.columns.iter().zip(&self.additive.weights).filter_map(step).unzip();
        Bent { code: FEATURES[feature].code.to_owned(), cuts, steps }
    }

    fn paired(&self) -> impl Iterator<Item = Paired> {
        self.additive.columns.iter().zip(&self.additive.weights).filter_map(
            |(column, weight)| match *column {
                Column::Both { pair, levels: [one, other] } if *weight != 0.0 => {
                    let pair = &PAIRS[pair];
                    let cut = |row: usize, level: u8| self.table.cuts[row][usize::from(level) - 1];
                    Some(Paired {
                        code: pair.code.to_owned(),
                        features: pair.features().map(|feature| feature.code.to_owned()),
                        cuts: [cut(pair.rows[0], one), cut(pair.rows[1], other)],
                        weight: *weight,
                    })
                }
                _ => None,
            },
        )
    }

    /// Every feature for the report, in table order.
    pub(super) fn rows(&self) -> Vec<FeatureRow> {
        let row = |(index, feature): (usize, &'static Feature)| {
            let bent = self.bent(index);
            let levels = bent.levels(self.platt.a);
            let most = levels
                .iter()
                .copied()
                .fold(0.0, |most: f64, level| if level.abs() > most.abs() { level } else { most });
            let state = match feature.cap {
                _ if self.table.cuts[index].is_empty() => State::Constant,
                _ if levels.is_empty() => State::Clamped,
                Some(cap) if most.abs() > cap * (1.0 - 1e-6) => State::Capped,
                _ => State::Kept,
            };
            let per_deviation = self.deviation(index);
            FeatureRow {
                code: feature.code,
                zh: feature.zh,
                direction: feature.direction,
                cuts: bent.cuts,
                levels,
                most,
                per_deviation,
                state,
            }
        };
        FEATURES.iter().enumerate().map(row).collect()
    }

    /// Standard deviation of what a feature says, over the examples.
    fn deviation(&self, feature: usize) -> f64 {
        let columns = self.additive.columns.iter().zip(&self.additive.weights);
        let steps: Vec<f64> =
            columns.filter(|(column, _)| column.term() == feature).map(|(_, weight)| *weight).collect();
        let levels = self.table.levels(feature);
        let says = |level: &u8| self.platt.a * steps.iter().take(usize::from(*level)).sum::<f64>();
        let n = levels.len() as f64;
        let mean = levels.iter().map(says).sum::<f64>() / n;
        (levels.iter().map(|level| (says(level) - mean).powi(2)).sum::<f64>() / n).sqrt()
    }

    /// The pairs chosen.
    pub(super) fn pair_rows(&self) -> Vec<PairRow> {
        let row = |paired: Paired| {
            let zh = paired.known().map_or("", |pair| pair.zh);
            PairRow { code: paired.code, zh, cuts: paired.cuts, weight: self.platt.a * paired.weight }
        };
        self.paired().map(row).collect()
    }
}

/// A calibration, with the log-odds of clusters not seen that it was made from.
struct Calibration {
    platt: Platt,
    errors: MarkErrors,
    log_odds: Vec<f64>,
}

/// Calibrates, holding every fit to the caps, which are in calibrated log-odds: what is cut off changes the
/// calibration, and the calibration the caps. The other steps are not fitted again - linfa knows no fixed part - so
/// slope and offset alone make up for what was cut off.
fn held_to_caps(
    additive: &mut Additive,
    choice: &mut Choice,
    splits: &Splits,
    rows: &[&Example],
) -> Result<Calibration, TrainError> {
    let mut rounds = 0;
    loop {
        let log_odds = choice.unseen_clusters(splits);
        let (platt, errors) = calibrate(&log_odds, rows)?;
        let clip = |clipped: bool, model: &mut Additive| model.clip(platt.a) | clipped;
        let clipped = choice.models.iter_mut().chain([&mut *additive]).fold(false, clip);
        rounds += 1;
        if !clipped || rounds == MOST_ROUNDS {
            return Ok(Calibration { platt, errors, log_odds });
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;
    use crate::model::classifier::Classifier;
    use crate::training::additive::{logistic, matrix};
    use crate::training::fit::tests::{findings, lawful};

    /// Steps and pairs: what linfa says of 0/1 columns, the staircases say.
    #[test]
    fn the_served_sum_is_linfas_own_prediction() {
        for offset in [-1.0, 1.0] {
            let mut examples = findings(3_000, offset, lawful);
            // What policy holds down is not linfa's own word: here it stays silent.
            for example in &mut examples {
                let held =
                    example.vector.iter_mut().zip(FEATURES).filter(|(_, feature)| feature.cap.is_some());
                held.for_each(|(value, _)| *value = 0.0);
            }
            let rows: Vec<&Example> = examples.iter().collect();
            let together = Column::Both { pair: 0, levels: [1, 1] };
            let first = Table::new(&rows, 2);
            let reached: Vec<usize> = (0..rows.len()).filter(|row| together.reached(&first, *row)).collect();
            let way = lawful(PAIRS[0].rows[0]) > 0.0;
            reached.iter().step_by(3).for_each(|row| examples[*row].suspected = way);

            let rows: Vec<&Example> = examples.iter().collect();
            let table = Table::new(&rows, 2);
            let all: Vec<usize> = (0..rows.len()).collect();
            let columns: Vec<Column> = table.columns().into_iter().chain([together]).collect();
            let additive = Additive::fit(&table, &all, &columns, 3.0, None).unwrap();
            assert!(additive.weights.iter().all(|weight| *weight != 0.0), "nothing is against the law");
            let records = matrix(&table, &all, &columns);
            let start = vec![0.0; columns.len() + 1].into();
            let linfa = logistic(&table, &all, records.clone(), 3.0, Some(start)).unwrap();
            let probabilities = linfa.predict_probabilities(&records);

            let (platt, errors) = (Platt { a: 1.0, b: 0.0 }, MarkErrors::default());
            let metrics = Metrics { roc_auc: 0.5, pr_auc: 0.5, brier: 0.25, log_loss: 0.7, ece: 0.0 };
            let model = Model { table, additive, ridge: 3.0, platt, errors, metrics };
            let origin = Origin { source: Source::Bureau, made_by: "a test".to_owned() };
            let classifier = Classifier::new(model.artefact(&rows, origin)).unwrap();
            for (row, example) in rows.iter().enumerate() {
                let p = probabilities[row];
                let theirs =
                    if linfa.labels().pos.class { (p / (1.0 - p)).ln() } else { ((1.0 - p) / p).ln() };
                let ours = classifier.score(&example.vector).log_odds;
                assert!((ours - theirs).abs() < 1e-12, "row {row}: {ours} {theirs}");
            }
        }
    }
}
