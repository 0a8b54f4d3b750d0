//! Models: the plain artefact that is stored, the classifier that serves it, and the suspicion it yields.
//!
//! A model scores complaints only (promise 4) and its score is advice with evidence: nothing here decides.

pub mod artefact;
pub mod baseline;
pub mod card;
pub mod classifier;
pub mod recall;
pub mod suspicion;

pub use artefact::{Artefact, ArtefactError, Source};
pub use baseline::baseline;
pub use card::card;
pub use classifier::{Classifier, Scored};
pub use recall::recall;
pub use suspicion::{Bands, not_scored, suspicion};
