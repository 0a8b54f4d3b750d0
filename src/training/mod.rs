//! Training: from labelled complaints to a model, its report and its figures.
//!
//! linfa and ndarray are named here and nowhere else. Everything is deterministic: the same examples give the
//! same bytes, on the same platform.

mod clusters;
mod dataset;
pub mod fit;
pub mod hold_out;
mod linear;
pub mod metrics;
pub mod report;

pub use dataset::examples;
pub use fit::{Example, Fitted, Origin, TrainError, Trust, fit};
pub use hold_out::{ChampionFigures, HoldOut};
pub use report::{FeatureRow, Report, State};
