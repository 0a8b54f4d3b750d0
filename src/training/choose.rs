//! What a fit leaves open - how finely features are cut, how much is shrunk, which pairs speak - chosen by what it is
//! worth on complaints it has not seen: by cluster and by time, never by rows. Worth is log loss, a proper score: it
//! pays for order and for honest probabilities alike, where an area under a curve would not see the probabilities.

use std::num::NonZero;
use std::thread;

use crate::domain::mix::mixed;
use crate::features::{MOST_PAIRS, PAIRS, Pair};
use crate::model::classifier::sigmoid;

use super::additive::Additive;
use super::fit::{Example, TrainError};
use super::hold_out::first_held_out;
use super::steps::{Column, Table};

/// Folds by cluster.
const FOLDS: u64 = 5;

/// Most cuts of a feature: fine, and coarse.
const FINE: usize = 6;
const COARSE: usize = 3;

/// Ridge penalties tried, strongest first: each fit begins where a stiffer one ended.
const RIDGES: [f64; 3] = [10.0, 3.0, 1.0];

/// Log loss that a pair must save over all complaints, in nats. A hundred candidates are tried, and the best of a
/// hundred that say nothing looks good for `ln 100 = 4.6`.
const LEAST_GAIN: f64 = 4.6;

/// Complaints that both features of a pair must have reached together, in every part it is fitted on.
const LEAST_TOGETHER: usize = 30;

/// What one fit learns from and what it is judged on.
pub(super) struct Split {
    train: Vec<usize>,
    pub judged: Vec<usize>,
}

/// The folds by cluster; then, where there is enough of both classes, the earlier part against the later one.
pub(super) struct Splits {
    splits: Vec<Split>,
    forward: bool,
}

impl Splits {
    pub(super) fn new(rows: &[&Example]) -> Result<Self, TrainError> {
        let part = |is: &dyn Fn(&Example) -> bool| {
            let (judged, train) = (0..rows.len()).partition(|row| is(rows[*row]));
            Split { train, judged }
        };
        let mut splits: Vec<Split> =
            (0..FOLDS).map(|fold| part(&|example| fold_of(example.group) == fold)).collect();
        let has = |part: &[usize], class: bool| part.iter().any(|row| rows[*row].suspected == class);
        for (class, name) in [(true, "疑似"), (false, "非疑似")] {
            if !splits.iter().all(|split| has(&split.train, class)) {
                return Err(TrainError::TooFewPersons(name));
            }
        }
        let forward = first_held_out(rows).map(|from| part(&|example| example.received >= from));
        let forward = forward.filter(|split| {
            [true, false].into_iter().all(|class| has(&split.train, class) && has(&split.judged, class))
        });
        let is_forward = forward.is_some();
        splits.extend(forward);
        Ok(Self { splits, forward: is_forward })
    }

    /// The folds by cluster, which between them judge every row once.
    fn folds(&self) -> usize {
        self.splits.len() - usize::from(self.forward)
    }

    /// Mean of `loss` over what is judged: by cluster, and by time (0 where there is no such part).
    fn means(&self, loss: impl Fn(usize, &[usize]) -> f64) -> [f64; 2] {
        let (folds, forward) = self.splits.split_at(self.folds());
        let kind = |first: usize, splits: &[Split]| {
            let sum: f64 = (first..).zip(splits).map(|(at, split)| loss(at, &split.judged)).sum();
            sum / splits.iter().map(|split| split.judged.len()).sum::<usize>().max(1) as f64
        };
        [kind(0, folds), kind(folds.len(), forward)]
    }

    fn fit(
        &self,
        table: &Table,
        columns: &[Column],
        ridge: f64,
        starts: Option<&[Additive]>,
    ) -> Result<Vec<Additive>, TrainError> {
        let numbered: Vec<(usize, &Split)> = self.splits.iter().enumerate().collect();
        let fit = |(at, split): &(usize, &Split)| {
            Additive::fit(table, &split.train, columns, ridge, starts.map(|starts| &starts[*at]))
        };
        side_by_side(&numbered, fit).into_iter().collect()
    }

    /// Facts fitted again beside item (5) and context, on each split: of a free fit and of the same as served.
    pub(super) fn beside_pointers(
        &self,
        table: &Table,
        models: &[(Additive, Additive)],
        ridge: f64,
    ) -> Result<Vec<Additive>, TrainError> {
        let all: Vec<(&Split, &(Additive, Additive))> = self.splits.iter().zip(models).collect();
        let fit = |(split, (free, served)): &(&Split, &(Additive, Additive))| {
            free.beside_pointers(served, table, &split.train, ridge)
        };
        side_by_side(&all, fit).into_iter().collect()
    }
}

/// What was chosen, with the fits that chose it: one a split.
pub(super) struct Choice {
    pub table: Table,
    pub columns: Vec<Column>,
    pub ridge: f64,
    pub models: Vec<Additive>,
    loss: f64,
}

impl Choice {
    pub(super) fn new(rows: &[&Example], splits: &Splits) -> Result<Self, TrainError> {
        let mut best = Self::cut(rows, splits, FINE, &RIDGES)?;
        if best.table.cuts.iter().any(|cuts| cuts.len() > COARSE) {
            let coarse = Self::cut(rows, splits, COARSE, &[best.ridge])?;
            if coarse.loss <= best.loss {
                best = coarse;
            }
        }
        best.add_pairs(splits)?;
        Ok(best)
    }

    /// The best ridge for one fineness of cuts.
    fn cut(rows: &[&Example], splits: &Splits, most: usize, ridges: &[f64]) -> Result<Self, TrainError> {
        let table = Table::new(rows, most);
        let columns = table.columns();
        let mut tried: Vec<(f64, f64, Vec<Additive>)> = Vec::new();
        for ridge in ridges {
            let starts = tried.last().map(|(_, _, models)| models.as_slice());
            let models = splits.fit(&table, &columns, *ridge, starts)?;
            tried.push((loss(splits, &table, &models), *ridge, models));
        }
        // The stiffest among equals.
        let best = tried.into_iter().reduce(|best, next| if next.0 < best.0 { next } else { best });
        let (loss, ridge, models) = best.ok_or(TrainError::NoOrder(0.0))?;
        Ok(Self { table, columns, ridge, models, loss })
    }

    /// Takes in the pairs that help, then fits everything again with them - and leaves it at that only if it helps.
    fn add_pairs(&mut self, splits: &Splits) -> Result<(), TrainError> {
        let pairs = Greedy::new(self, splits).pairs();
        if pairs.is_empty() {
            return Ok(());
        }
        let columns: Vec<Column> = self.columns.iter().copied().chain(pairs).collect();
        let models = splits.fit(&self.table, &columns, self.ridge, Some(&self.models))?;
        let loss = loss(splits, &self.table, &models);
        if loss < self.loss {
            (self.columns, self.models, self.loss) = (columns, models, loss);
        }
        Ok(())
    }

    /// Log-odds of every row from the fold that has seen nothing of its cluster.
    pub(super) fn unseen_clusters(&self, splits: &Splits) -> Vec<f64> {
        let mut log_odds = vec![0.0; self.table.suspected.len()];
        for (split, model) in splits.splits.iter().zip(&self.models).take(splits.folds()) {
            for row in &split.judged {
                log_odds[*row] = model.log_odds(&self.table, *row);
            }
        }
        log_odds
    }
}

fn loss(splits: &Splits, table: &Table, models: &[Additive]) -> f64 {
    let by_kind = splits.means(|at, judged| {
        judged.iter().map(|row| nats(models[at].log_odds(table, *row), table.suspected[*row])).sum()
    });
    by_kind.iter().sum()
}

/// Log loss of one row: `ln(1 + exp(-z))` for a suspected one, without overflow.
fn nats(log_odds: f64, suspected: bool) -> f64 {
    let z = if suspected { -log_odds } else { log_odds };
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// The search for pairs: one after another, each with the rest held still, on every split at once.
struct Greedy<'a> {
    choice: &'a Choice,
    splits: &'a Splits,
    /// Log-odds of every row, by split.
    log_odds: Vec<Vec<f64>>,
}

impl<'a> Greedy<'a> {
    fn new(choice: &'a Choice, splits: &'a Splits) -> Self {
        let all = |model: &Additive| {
            (0..choice.table.suspected.len()).map(|row| model.log_odds(&choice.table, row)).collect()
        };
        Self { log_odds: choice.models.iter().map(all).collect(), choice, splits }
    }

    /// The pairs that help, in the order of the list.
    fn pairs(mut self) -> Vec<Column> {
        let mut chosen: Vec<Column> = Vec::new();
        while chosen.len() < MOST_PAIRS {
            let open: Vec<Column> = self.candidates(&chosen);
            let gains = side_by_side(&open, |column| self.gain(*column));
            let best = gains
                .into_iter()
                .zip(open)
                .reduce(|best, next| if next.0.0 > best.0.0 { next } else { best });
            let Some(((gain, weights), column)) = best else { break };
            if gain < LEAST_GAIN {
                break;
            }
            for (log_odds, weight) in self.log_odds.iter_mut().zip(weights) {
                for (row, z) in log_odds.iter_mut().enumerate() {
                    *z += if column.reached(&self.choice.table, row) { weight } else { 0.0 };
                }
            }
            chosen.push(column);
        }
        chosen.sort_by_key(|column| column.term());
        chosen
    }

    /// Every cut of either feature of every pair not chosen yet.
    fn candidates(&self, chosen: &[Column]) -> Vec<Column> {
        let cuts = |row: usize| 1..=u8::try_from(self.choice.table.cuts[row].len()).unwrap_or(u8::MAX);
        let mut open = Vec::new();
        for (pair, Pair { rows: [one, other], .. }) in PAIRS.iter().enumerate() {
            let of = |column: Column| matches!(column, Column::Both { pair: taken, .. } if taken == pair);
            if !chosen.iter().any(|column| of(*column)) {
                let both =
                    |one: u8| cuts(*other).map(move |other| Column::Both { pair, levels: [one, other] });
                open.extend(cuts(*one).flat_map(both));
            }
        }
        open
    }

    /// Log loss saved over all complaints, each judged once by cluster, with the weight that each split gives the pair.
    fn gain(&self, column: Column) -> (f64, Vec<f64>) {
        let table = &self.choice.table;
        let reached: Vec<bool> = (0..table.suspected.len()).map(|row| column.reached(table, row)).collect();
        let at =
            |rows: &[usize]| -> Vec<usize> { rows.iter().copied().filter(|row| reached[*row]).collect() };
        let fitted = self.splits.splits.iter().zip(&self.log_odds).map(|(split, log_odds)| {
            let rows = at(&split.train);
            if rows.len() < LEAST_TOGETHER {
                return 0.0;
            }
            let weight = newton(&rows, log_odds, &table.suspected, self.choice.ridge);
            if column.direction().forbids(weight) { 0.0 } else { weight }
        });
        let weights: Vec<f64> = fitted.collect();
        let [by_cluster, by_time] = self.splits.means(|split, judged| {
            let saved = |row: usize| {
                let (z, suspected) = (self.log_odds[split][row], table.suspected[row]);
                nats(z, suspected) - nats(z + weights[split], suspected)
            };
            at(judged).into_iter().map(saved).sum()
        });
        // What helps with other people must not hurt later on.
        let gain = if by_time < 0.0 { by_time } else { by_cluster * table.suspected.len() as f64 };
        (gain, weights)
    }
}

/// The ridge-penalised weight of one column over rows that have all reached it, the rest held still: Newton's method
/// on a convex function of one number.
fn newton(rows: &[usize], log_odds: &[f64], suspected: &[bool], ridge: f64) -> f64 {
    let mut weight = 0.0;
    for _ in 0..8 {
        let (mut slope, mut curve) = (-ridge * weight, ridge);
        for row in rows {
            let p = sigmoid(log_odds[*row] + weight);
            slope += f64::from(u8::from(suspected[*row])) - p;
            curve += p * (1.0 - p);
        }
        // Held to a step of 1, so that a flat curve throws nothing off.
        let step = (slope / curve).clamp(-1.0, 1.0);
        weight += step;
        if step.abs() < 1e-6 {
            break;
        }
    }
    weight
}

/// The fold of a group: its bits mixed, so that neither runs of sequences nor the marks' own structure put neighbours together.
fn fold_of(group: i64) -> u64 {
    mixed(group.cast_unsigned()) % FOLDS
}

/// Does work that shares nothing on every core; the answers are in the order of the items.
fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let work = &work;
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..cores)
            .map(|lane| {
                let items = items.iter().skip(lane).step_by(cores);
                scope.spawn(move || items.map(work).collect::<Vec<R>>())
            })
            .collect();
        let join = |lane: thread::ScopedJoinHandle<'_, Vec<R>>| {
            lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).into_iter()
        };
        let mut lanes: Vec<_> = lanes.into_iter().map(join).collect();
        (0..items.len()).filter_map(|item| lanes[item % cores].next()).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::training::fit::tests::{Dice, findings, lawful};

    #[test]
    fn parts_share_no_cluster_and_the_last_one_no_time() {
        let examples = findings(400, -1.0, lawful);
        let rows: Vec<&Example> = examples.iter().collect();
        let splits = Splits::new(&rows).unwrap();
        assert!(splits.forward);
        let (folds, forward) = splits.splits.split_at(splits.folds());
        let mut judged: Vec<usize> = folds.iter().flat_map(|split| split.judged.clone()).collect();
        judged.sort_unstable();
        assert!(judged.into_iter().eq(0..rows.len()), "every row is judged once");
        for split in folds {
            let groups = |part: &[usize]| part.iter().map(|row| rows[*row].group).collect::<HashSet<_>>();
            assert!(groups(&split.train).is_disjoint(&groups(&split.judged)));
        }
        let times = |part: &[usize]| part.iter().map(|row| rows[*row].received).collect::<Vec<_>>();
        assert!(times(&forward[0].train).iter().max() < times(&forward[0].judged).iter().min());
    }

    /// The choice with one ridge, which is enough to look for pairs.
    fn pairs(examples: &[Example]) -> Vec<usize> {
        let rows: Vec<&Example> = examples.iter().collect();
        let splits = Splits::new(&rows).unwrap();
        let mut choice = Choice::cut(&rows, &splits, COARSE, &RIDGES[..1]).unwrap();
        choice.add_pairs(&splits).unwrap();
        let pair = |column: &Column| match column {
            Column::Both { pair, .. } => Some(*pair),
            Column::Step { .. } => None,
        };
        choice.columns.iter().filter_map(pair).collect()
    }

    #[test]
    fn a_pair_is_taken_where_both_together_say_more_and_never_against_its_direction() {
        let mut dice = Dice::new(3);
        let mut examples = findings(1_800, -1.0, |_| 0.0);
        let [one, other] = PAIRS[0].rows;
        let way = !PAIRS[0].direction.forbids(1.0);
        for example in &mut examples {
            let both = example.vector[one] > 0.0 && example.vector[other] > 0.0;
            example.suspected = (dice.unit() < if both { 0.8 } else { 0.15 }) == way;
        }
        assert_eq!(pairs(&examples), [0], "and none by chance");
        for example in &mut examples {
            example.suspected = !example.suspected;
        }
        assert!(!pairs(&examples).contains(&0));
    }

    #[test]
    fn a_weight_by_newton_is_where_the_slope_is_flat() {
        let rows: Vec<usize> = (0..50).collect();
        let suspected: Vec<bool> = rows.iter().map(|row| row % 5 > 0).collect();
        let weight = newton(&rows, &[-0.5; 50], &suspected, 2.0);
        let slope = 40.0 - 50.0 * sigmoid(weight - 0.5) - 2.0 * weight;
        assert!(slope.abs() < 1e-4 && weight > 1.0, "{weight} {slope}");
    }
}
