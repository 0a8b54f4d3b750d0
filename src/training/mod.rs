//! Training: from the bureau's own findings to a model.
//!
//! linfa and ndarray are named here and nowhere else. Everything is deterministic: the same examples give the
//! same bytes, on the same platform.

mod dataset;
pub mod fit;
mod linear;
pub mod metrics;
pub mod report;

pub use dataset::examples;
pub use fit::{Example, Fitted, TrainError, fit};
pub use report::{FeatureRow, Report, State};
