//! Training: from labelled complaints to a model, its report and its figures.
//!
//! linfa and ndarray are named here and nowhere else. Everything is deterministic: the same examples give the
//! same bytes, on the same platform.

mod additive;
mod calibrate;
mod choose;
mod clusters;
mod dataset;
pub mod fit;
pub mod hold_out;
pub mod metrics;
mod model;
pub mod report;
mod steps;
mod structure;

pub use dataset::{Logged, examples, logged};
pub use fit::{Example, Fitted, Origin, TrainError, Trust, fit};
pub use hold_out::{ChampionFigures, HoldOut};
pub use report::{FeatureRow, PairRow, Report, State};
