//! Fitting: what goes in, what comes out, and why there may be nothing.

use crate::domain::time::Timestamp;
use crate::features::FEATURES;
use crate::model::artefact::{Artefact, ArtefactError, Source};
use crate::model::classifier::Classifier;

use super::hold_out::hold_out;
use super::model::Model;
use super::report::Report;

/// Complaints of each class that a fit needs, and that figures need; with fewer, both follow single complaints.
pub const LEAST_OF_EACH: usize = 30;

/// By whom a complaint was labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// 认定: an officer's own finding, with a reason.
    Finding,
    /// 标注: a mark that came with an imported file; of lower trust.
    ImportedLabel,
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
    /// Its cluster (关联投诉人（组）), by the sequence of the cluster's first complaint: one cluster stays in one fold, and on
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
    let mut model = Model::fit(&rows)?;
    model.compare(&rows)?;
    let hold_out = hold_out(&rows, champion);
    let artefact = Artefact { held_out: hold_out.figures().cloned(), ..model.artefact(&rows, origin) };
    // What training makes must be servable; the check costs nothing here and an outage later.
    Classifier::new(artefact.clone())?;
    let report = Report {
        trained_on: artefact.trained_on,
        metrics: artefact.metrics,
        hold_out,
        platt: artefact.platt,
        compared: artefact.compared,
        mark_errors: artefact.mark_errors,
        ridge: artefact.ridge,
        features: model.rows(),
        pairs: model.pair_rows(),
    };
    Ok(Fitted { artefact, report })
}

/// Counts of both classes: suspected, cleared.
pub(super) fn classes(rows: &[&Example]) -> (usize, usize) {
    let suspected = rows.iter().filter(|example| example.suspected).count();
    (suspected, rows.len() - suspected)
}

#[cfg(test)]
pub(super) mod tests;
