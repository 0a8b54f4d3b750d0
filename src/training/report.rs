//! What came of a training run, for a terminal.

use std::fmt;

use crate::features::FEATURES;
use crate::model::artefact::{Metrics, Platt};

/// What became of a feature in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum State {
    /// In the model.
    Kept,
    /// Pointed against the law's direction and was left out.
    Clamped,
    /// The same in every example: nothing to learn.
    Constant,
}

impl State {
    fn words(self) -> &'static str {
        match self {
            State::Kept => "kept 采用",
            State::Clamped => "clamped 方向不符",
            State::Constant => "constant 无变化",
        }
    }
}

/// One feature of a trained model.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FeatureRow {
    /// Its code, as in the feature table.
    pub code: &'static str,
    /// Its Chinese name.
    pub zh: &'static str,
    /// Calibrated log-odds per feature unit.
    pub weight: f64,
    /// Calibrated log-odds per standard deviation in the examples: comparable between features.
    pub per_deviation: f64,
    /// What became of it.
    pub state: State,
}

/// The report of one training run.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Report {
    /// Findings used.
    pub examples: usize,
    /// Of these, suspected.
    pub suspected: usize,
    /// Cross-fitted quality, after calibration.
    pub metrics: Metrics,
    /// The calibration.
    pub platt: Platt,
    /// Every feature, in table order.
    pub features: Vec<FeatureRow>,
}

impl Report {
    /// Share of suspected complaints among the findings, 0 to 1.
    pub fn base_rate(&self) -> f64 {
        self.suspected as f64 / self.examples as f64
    }
}

/// Chinese words stand last in each line: terminals do not agree on their width.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Metrics { roc_auc, pr_auc, brier, log_loss, ece } = self.metrics;
        let share = self.base_rate() * 100.0;
        writeln!(f, "{:<22} {:>9}  认定数", "findings", self.examples)?;
        writeln!(f, "{:<22} {:>9}  其中疑似（占 {share:.1} %）", "suspected", self.suspected)?;
        writeln!(f, "cross-fitted by person 按人交叉验证:")?;
        for (name, value, zh) in [
            ("ROC-AUC", roc_auc, "排序能力，0.5 为随机"),
            ("PR-AUC", pr_auc, "平均查准率，随机时等于疑似占比"),
            ("Brier", brier, "概率均方误差，越小越好"),
            ("log loss", log_loss, "对数损失，越小越好"),
            ("ECE (15 bins)", ece, "校准误差，越小越好"),
            ("Platt a", self.platt.a, "校准斜率"),
            ("Platt b", self.platt.b, "校准截距"),
        ] {
            writeln!(f, "  {name:<20} {value:>9.4}  {zh}")?;
        }
        writeln!(f, "{:<22} {:>9} {:>9}  state, 特征", "feature", "per sd", "weight")?;
        // What speaks loudest first; the table's order among equals.
        let mut rows: Vec<&FeatureRow> = self.features.iter().collect();
        rows.sort_by(|one, other| other.per_deviation.abs().total_cmp(&one.per_deviation.abs()));
        debug_assert_eq!(rows.len(), FEATURES.len());
        for row in rows {
            let FeatureRow { code, zh, weight, per_deviation, state } = row;
            writeln!(f, "  {code:<20} {per_deviation:>+9.3} {weight:>+9.3}  {}, {zh}", state.words())?;
        }
        Ok(())
    }
}
