//! Features as staircases: where each is cut, and which step every example has reached.

use crate::features::{Direction, FEATURES, PAIRS};

use super::fit::Example;

/// Examples that every level of a feature needs, the lowest one too.
pub(super) const LEAST_ROWS: usize = 20;

/// The examples in levels. Cuts look at values only, never at labels, so that all folds may share them.
pub(super) struct Table {
    /// Values from which each feature has reached the next level, ascending, above 0.
    pub cuts: Vec<Vec<f64>>,
    /// How many cuts each feature has reached, by feature, then by example.
    levels: Vec<Vec<u8>>,
    /// Labels.
    pub suspected: Vec<bool>,
    /// How many examples reach each cut, by feature.
    pub reached: Vec<Vec<usize>>,
}

impl Table {
    /// Cuts every feature at most `most` times.
    pub(super) fn new(rows: &[&Example], most: usize) -> Self {
        let values = |feature: usize| rows.iter().map(move |example| example.vector[feature]);
        let cuts: Vec<Vec<f64>> = (0..FEATURES.len())
            .map(|feature| with_priors(cuts(values(feature).collect(), most), FEATURES[feature].prior))
            .collect();
        let level = |feature: usize, value: f64| {
            u8::try_from(cuts[feature].partition_point(|cut| *cut <= value)).unwrap_or(u8::MAX)
        };
        let levels: Vec<Vec<u8>> = (0..FEATURES.len())
            .map(|feature| values(feature).map(|value| level(feature, value)).collect())
            .collect();
        let count = |(feature, levels): (usize, &Vec<u8>)| {
            let at = |cut: usize| levels.iter().filter(|level| usize::from(**level) > cut).count();
            (0..cuts[feature].len()).map(at).collect()
        };
        let reached = levels.iter().enumerate().map(count).collect();
        Self { reached, cuts, levels, suspected: rows.iter().map(|example| example.suspected).collect() }
    }

    /// The level that each example has reached of a feature.
    pub(super) fn levels(&self, feature: usize) -> &[u8] {
        &self.levels[feature]
    }

    /// One column a step, in table order, the lowest step of a feature first.
    pub(super) fn columns(&self) -> Vec<Column> {
        let steps = |(feature, cuts): (usize, &Vec<f64>)| {
            (1..=u8::try_from(cuts.len()).unwrap_or(u8::MAX))
                .map(move |level| Column::Step { feature, level })
        };
        self.cuts.iter().enumerate().flat_map(steps).collect()
    }
}

/// The cuts of the examples with those of the priors: a prior speaks from its own values, whoever reaches them.
fn with_priors(mut cuts: Vec<f64>, prior: &[(f64, f64)]) -> Vec<f64> {
    cuts.extend(prior.iter().map(|(from, _)| *from));
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    cuts
}

/// Cuts at least values of levels of equal mass, as far as ties allow. Zero is below every cut.
fn cuts(mut values: Vec<f64>, most: usize) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    let mut cuts = Vec::with_capacity(most);
    let past = |value: f64| values.partition_point(|other| *other <= value);
    let mut from = past(0.0);
    if from < LEAST_ROWS {
        from = values.get(LEAST_ROWS - 1).map_or(values.len(), |value| past(*value));
    }
    while cuts.len() < most && values.len() - from >= LEAST_ROWS {
        let share = (values.len() - from) / (most - cuts.len());
        cuts.push(values[from]);
        from = past(values[from + share.max(LEAST_ROWS) - 1]);
    }
    cuts
}

/// A column of the fit: 1 where it is reached, else 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// A feature has reached a level, from 1.
    Step { feature: usize, level: u8 },
    /// Both features of a pair have reached a level of theirs.
    Both { pair: usize, levels: [u8; 2] },
}

impl Column {
    /// Whether an example has reached it.
    pub(super) fn reached(self, table: &Table, row: usize) -> bool {
        match self {
            Column::Step { feature, level } => table.levels[feature][row] >= level,
            Column::Both { pair, levels } => {
                let [one, other] = PAIRS[pair].rows;
                table.levels[one][row] >= levels[0] && table.levels[other][row] >= levels[1]
            }
        }
    }

    /// Whether it counts among those that are held down together: features of item (5) and context.
    pub(super) fn is_pointer(self) -> bool {
        matches!(self, Column::Step { feature, .. } if FEATURES[feature].is_pointer())
    }

    /// In which direction it may count.
    pub(super) fn direction(self) -> Direction {
        match self {
            Column::Step { feature, .. } => FEATURES[feature].direction,
            Column::Both { pair, .. } => PAIRS[pair].direction,
        }
    }

    /// The feature or pair that it belongs to.
    pub(super) fn term(self) -> usize {
        match self {
            Column::Step { feature, .. } => feature,
            Column::Both { pair, .. } => FEATURES.len() + pair,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cuts_ascend_above_zero_and_every_level_has_enough(
            values in proptest::collection::vec(prop_oneof![Just(0.0), (0..9_i32).prop_map(f64::from), 0.0..50.0], 0..400),
            most in 1..7_usize,
        ) {
            let cuts = cuts(values.clone(), most);
            prop_assert!(cuts.len() <= most && cuts.is_sorted_by(|one, other| one < other));
            prop_assert!(cuts.iter().all(|cut| *cut > 0.0 && values.contains(cut)));
            for level in 0..=cuts.len() {
                let reached = |value: &&f64| cuts.partition_point(|cut| cut <= *value) == level;
                prop_assert!(cuts.is_empty() || values.iter().filter(reached).count() >= LEAST_ROWS);
            }
        }
    }

    #[test]
    fn a_flag_has_one_cut_and_what_never_changes_none() {
        let flag: Vec<f64> = (0..90).map(|row| f64::from(row % 3 / 2)).collect();
        assert_eq!(cuts(flag, 6), [1.0]);
        assert_eq!(cuts(vec![0.0; 90], 6), [0.0; 0]);
        assert_eq!(cuts(vec![2.5; 90], 6), [0.0; 0]);
    }
}
