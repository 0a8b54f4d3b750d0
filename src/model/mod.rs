//! Models: the plain artefact that is stored, the classifier that serves it, and the suspicion it yields.
//!
//! A model scores complaints only (promise 4) and its score is advice with evidence: nothing here decides.

pub mod artefact;
pub mod baseline;
pub mod card;
pub mod classifier;
pub mod recall;
pub mod suspicion;

pub use artefact::{Artefact, ArtefactError, Source, source_of};
pub use baseline::baseline;
pub use card::card;
pub use classifier::{Classifier, Scored};
pub use recall::recall;
pub use suspicion::{Bands, band_of_record, not_scored, suspicion};

/// What a feature of this digest of the table reads, in Chinese, and the unit of its value; none of another table's.
pub fn feature_meaning(schema: &str, code: &str) -> Option<(&'static str, &'static str)> {
    let known = crate::features::FEATURES.iter().find(|feature| feature.code == code);
    known.filter(|_| schema == crate::features::schema_hash()).map(|feature| (feature.reads, feature.unit))
}

/// What people call a feature or a pair of features; none for one of an earlier table.
pub fn feature_name(code: &str) -> Option<&'static str> {
    let features = crate::features::FEATURES.iter().map(|feature| (feature.code, feature.zh));
    let pairs = crate::features::PAIRS.iter().map(|pair| (pair.code, pair.zh));
    let beyond = (recall::POINTERS_TERM, "第五项因素和背景信息合计的折减");
    features.chain(pairs).chain([beyond]).find(|(known, _)| *known == code).map(|(_, zh)| zh)
}
