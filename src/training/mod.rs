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
mod marks;
pub mod metrics;
mod model;
pub mod report;
mod steps;
mod structure;

pub use dataset::{Logged, examples, labelled, logged};
pub use fit::{Example, Fitted, Origin, TrainError, Trust, fit};
pub use hold_out::{ChampionFigures, HoldOut};
pub use marks::Marks;
pub use report::{FeatureRow, PairRow, Report, State};
