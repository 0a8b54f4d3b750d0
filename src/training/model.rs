//! A whole model: chosen, fitted on everything, held to its caps, calibrated on persons not seen.

use std::collections::HashSet;

use crate::features::{FEATURES, Feature, PAIRS, schema_hash};
use crate::model::artefact::{
    Artefact, Bent, Compared, FORMAT, MarkErrors, Metrics, Paired, Platt, Pointers, TrainedOn, pointer_codes,
    pointers_most,
};
use crate::model::classifier::sigmoid;

use super::additive::Additive;
use super::calibrate::{again, calibrate};
use super::choose::{Choice, Splits};
use super::fit::{Example, LEAST_OF_EACH, Origin, TrainError, Trust, classes};
use super::metrics::{interval, measure};
use super::report::{FeatureRow, PairRow, State};
use super::steps::{Column, Table};
use super::structure::{self, serve};

/// Rounds of structure and calibration; it settles in a few.
const MOST_ROUNDS: usize = 12;

/// The least and the most slope of what is served, by that of the free fits.
const SLOPES: [f64; 2] = [1.0, 1.3];

/// Change of slope and offset below which the rounds end.
const SETTLED: f64 = 1e-3;

/// A calibrated fit, with what it is worth on clusters it has not seen.
pub(super) struct Model {
    table: Table,
    /// What the examples alone say.
    free: Additive,
    /// The same under the law's structure.
    additive: Additive,
    ridge: f64,
    platt: Platt,
    errors: MarkErrors,
    metrics: Metrics,
    /// Log-odds of clusters not seen: as served, and as the examples alone have it.
    unseen: [Vec<f64>; 2],
    compared: Option<Compared>,
}

impl Model {
    /// Chooses, fits on all `rows`, calibrates and measures on what fits of the same kind say of clusters not seen.
    pub(super) fn fit(rows: &[&Example]) -> Result<Self, TrainError> {
        check(rows)?;
        let splits = Splits::new(rows)?;
        let mut choice = Choice::new(rows, &splits)?;
        let all: Vec<usize> = (0..rows.len()).collect();
        let start = choice.models.last();
        let free = Additive::fit(&choice.table, &all, &choice.columns, choice.ridge, start)?;
        let Calibration { first, platt, errors, log_odds, free: alone } =
            calibrated(&mut choice, &splits, rows)?;
        let served = serve(&free, &choice.table, first, first.a);
        let held = free.beside_pointers(&served, &choice.table, &all, choice.ridge)?;
        let additive = serve(&held, &choice.table, platt, first.a);
        let probabilities: Vec<f64> = log_odds.iter().map(|z| sigmoid(platt.a * z + platt.b)).collect();
        let metrics = measure(&probabilities, &choice.table.suspected).ok_or_else(|| too_few(rows))?;
        let Choice { table, ridge, .. } = choice;
        let unseen = [log_odds, alone];
        Ok(Self { table, free, additive, ridge, platt, errors, metrics, unseen, compared: None })
    }

    /// Compares on the same complaints: rules without examples, and the fit without the law's structure.
    pub(super) fn compare(&mut self, rows: &[&Example]) -> Result<(), TrainError> {
        let suspected = &self.table.suspected;
        let judged = |log_odds: &[f64]| -> Result<Metrics, TrainError> {
            let (platt, _) = calibrate(log_odds, rows)?;
            let probabilities: Vec<f64> = log_odds.iter().map(|z| sigmoid(platt.a * z + platt.b)).collect();
            measure(&probabilities, suspected).ok_or_else(|| too_few(rows))
        };
        let by_rules = structure::rules(&self.free, &self.table);
        let ruled: Vec<f64> = (0..rows.len()).map(|row| by_rules.log_odds(&self.table, row)).collect();
        let groups: Vec<i64> = rows.iter().map(|example| example.group).collect();
        let [served, free] = &self.unseen;
        let (rules, free) = (judged(&ruled)?, judged(free)?);
        self.compared = Some(Compared { rules, free, interval: interval(served, suspected, &groups) });
        Ok(())
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
            pointers: Pointers { codes: pointer_codes(), most: self.pointers() },
            intercept: self.additive.intercept,
            ridge: self.ridge,
            platt: self.platt,
            mark_errors: self.errors,
            trained_on: trained_on(rows),
            metrics: self.metrics,
            compared: self.compared,
            held_out: None,
            note: "additive logistic regression on steps; advice about single complaints, never about persons, never \
                   about reports"
                .to_owned(),
        }
    }

    /// What item (5) and context may come to above the baseline, in calibrated log-odds.
    fn pointers(&self) -> f64 {
        let baseline = self.platt.a * self.additive.intercept + self.platt.b;
        // Rounding down, so that both together never come to more.
        (pointers_most() - baseline - 1e-9).max(0.0)
    }

    /// The staircase of a feature: a step that says nothing is merged with the one below it.
    fn bent(&self, feature: usize) -> Bent {
        let mut bent = Bent { code: FEATURES[feature].code.to_owned(), ..Bent::default() };
        let mut free = 0.0;
        let weights = self.additive.weights.iter().zip(&self.free.weights);
        for (column, (served, alone)) in self.additive.columns.iter().zip(weights) {
            let Column::Step { feature: of, level } = *column else { continue };
            if of != feature {
                continue;
            }
            let at = usize::from(level) - 1;
            free += alone;
            if *served != 0.0 {
                bent.cuts.push(self.table.cuts[feature][at]);
                bent.steps.push(*served);
                bent.free.push(self.platt.a * free + 0.0);
                bent.examples.push(self.table.reached[feature][at] as u64);
            }
        }
        bent
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
                _ if bent.is_prior() => State::Prior,
                _ if self.table.reached[index].iter().all(|count| *count == 0) => State::Constant,
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
    /// Of the free fits.
    first: Platt,
    platt: Platt,
    errors: MarkErrors,
    log_odds: Vec<f64>,
    /// The same without the law's structure.
    free: Vec<f64>,
}

/// Calibrates what clusters not seen get under the law's structure. What priors add and caps take off changes the
/// calibration, and the calibration the caps: a few rounds settle it. The slope moves within [`SLOPES`] of that of the free
/// fits: caps and slope would chase each other without end.
fn calibrated(choice: &mut Choice, splits: &Splits, rows: &[&Example]) -> Result<Calibration, TrainError> {
    let free = std::mem::take(&mut choice.models);
    choice.models.clone_from(&free);
    let alone = choice.unseen_clusters(splits);
    let (first, errors) = calibrate(&alone, rows)?;
    let (mut platt, slope) = (first, first.a);
    let served = |model: Additive| (serve(&model, &choice.table, first, slope), model);
    let both: Vec<(Additive, Additive)> =
        free.into_iter().map(served).map(|(served, free)| (free, served)).collect();
    let held = splits.beside_pointers(&choice.table, &both, choice.ridge)?;
    for _ in 0..MOST_ROUNDS {
        choice.models = held.iter().map(|model| serve(model, &choice.table, platt, slope)).collect();
        let log_odds = choice.unseen_clusters(splits);
        let next = again(&log_odds, rows, platt, errors, SLOPES.map(|times| times * slope));
        let moved = (next.a - platt.a).abs().max((next.b - platt.b).abs());
        platt = next;
        if moved < SETTLED {
            break;
        }
    }
    choice.models = held.iter().map(|model| serve(model, &choice.table, platt, slope)).collect();
    Ok(Calibration { first, platt, errors, log_odds: choice.unseen_clusters(splits), free: alone })
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
            let uncapped = |row: usize| if FEATURES[row].cap.is_some() { 0.0 } else { lawful(row) };
            let mut examples = findings(3_000, offset, uncapped);
            // What policy holds down or a prior lifts is not linfa's own word: here it stays silent.
            for example in &mut examples {
                let held =
                    example.vector.iter_mut().zip(FEATURES).filter(|(_, feature)| feature.cap.is_some());
                held.for_each(|(value, _)| *value = 0.0);
            }
            let rows: Vec<&Example> = examples.iter().collect();
            let pair = PAIRS.iter().position(|pair| pair.code == "proof_harm").unwrap();
            let together = Column::Both { pair, levels: [1, 1] };
            let first = Table::new(&rows, 2);
            let reached: Vec<usize> = (0..rows.len()).filter(|row| together.reached(&first, *row)).collect();
            let way = lawful(PAIRS[pair].rows[0]) > 0.0;
            reached.iter().step_by(3).for_each(|row| examples[*row].suspected = way);

            let rows: Vec<&Example> = examples.iter().collect();
            let table = Table::new(&rows, 2);
            let all: Vec<usize> = (0..rows.len()).collect();
            let columns: Vec<Column> = table.columns().into_iter().chain([together]).collect();
            let is_reached = |column: &Column| all.iter().any(|row| column.reached(&table, *row));
            let columns: Vec<Column> = columns.into_iter().filter(is_reached).collect();
            let additive = Additive::fit(&table, &all, &columns, 3.0, None).unwrap();
            assert!(additive.weights.iter().all(|weight| *weight != 0.0), "nothing is against the law");
            let records = matrix(&table, &all, &columns);
            let start = vec![0.0; columns.len() + 1].into();
            let linfa = logistic(&table, &all, records.clone(), [3.0, 1e-5], Some(start)).unwrap();
            let probabilities = linfa.predict_probabilities(&records);

            let (platt, errors) = (Platt { a: 1.0, b: -20.0 }, MarkErrors::default());
            let metrics = Metrics { roc_auc: 0.5, pr_auc: 0.5, brier: 0.25, log_loss: 0.7, ece: 0.0 };
            let model = Model {
                table,
                free: additive.clone(),
                additive,
                ridge: 3.0,
                platt,
                errors,
                metrics,
                unseen: [Vec::new(), Vec::new()],
                compared: None,
            };
            let origin = Origin { source: Source::Bureau, made_by: "a test".to_owned() };
            let classifier = Classifier::new(model.artefact(&rows, origin)).unwrap();
            for (row, example) in rows.iter().enumerate() {
                let p = probabilities[row];
                let theirs =
                    if linfa.labels().pos.class { (p / (1.0 - p)).ln() } else { ((1.0 - p) / p).ln() };
                let ours = classifier.score(&example.vector).log_odds;
                assert!((ours - (theirs - 20.0)).abs() < 1e-12, "row {row}: {ours} {theirs}");
            }
        }
    }
}
