//! A trained model as plain JSON: stored in the database, copied to disk for people to open.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::ids::ModelId;
use crate::features::{FEATURES, schema_hash};

/// Format of the JSON; another number is another layout.
pub const FORMAT: u32 = 2;

/// Whose complaints a model was trained on (训练数据来源).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// 模拟数据: our simulator's. Its every score says so, and it is meant to be replaced on day one.
    Simulated,
    /// 本局数据: the bureau's own findings and marks.
    Bureau,
}

impl Source {
    /// The word for people.
    pub fn zh(self) -> &'static str {
        match self {
            Source::Simulated => "模拟数据",
            Source::Bureau => "本局数据",
        }
    }
}

/// Platt's calibration: `log-odds = a * z + b`, `z` being the uncalibrated log-odds (Platt 1999; Lin, Lin and
/// Weng 2007).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platt {
    /// Slope, above 0: calibration may not turn the order around.
    pub a: f64,
    /// Offset, in log-odds.
    pub b: f64,
}

/// What a model was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainedOn {
    /// Complaints used (样本数).
    pub examples: u64,
    /// Of these, suspected (疑似).
    pub suspected: u64,
    /// Labelled by an officer's finding (认定); the rest by an imported mark (标注).
    pub findings: u64,
    /// Groups of complaints linked by a phone or a document (关联人群).
    pub clusters: u64,
    /// Smallest sequence used.
    pub first: i64,
    /// Largest sequence used.
    pub last: i64,
}

/// How good probabilities were on complaints that whoever gave them had not been fitted on. All without unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Area under the ROC curve, 0.5 to 1 for a useful model.
    pub roc_auc: f64,
    /// Area under the precision-recall curve, as average precision; the base rate is what chance gives.
    pub pr_auc: f64,
    /// Mean squared error of the probability (Brier 1950).
    pub brier: f64,
    /// Mean negative log-likelihood, in nats.
    pub log_loss: f64,
    /// Expected calibration error over 15 bins of equal mass.
    pub ece: f64,
}

/// How a fit on the earlier complaints alone did on the latest ones (留出检验).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldOut {
    /// Receive day from which complaints were held out, `YYYY-MM-DD`.
    pub from: String,
    /// Complaints of the earlier part, all received before those held out.
    pub earlier: u64,
    /// Complaints held out and scored.
    pub examples: u64,
    /// Of these, suspected.
    pub suspected: u64,
    /// Latest complaints left out because their cluster (关联人群) occurs in the earlier part.
    pub cluster_seen: u64,
    /// Quality of the fit on the earlier part.
    pub metrics: Metrics,
    /// Quality of the earlier part's share of suspected, told of every complaint alike.
    pub base_rate: Metrics,
}

/// A trained model. `weights` are in feature units and in the order of `features`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artefact {
    /// [`FORMAT`].
    pub format: u32,
    /// Whose complaints it was trained on.
    pub source: Source,
    /// The command that made it, with its seeds where there are any.
    pub made_by: String,
    /// [`schema_hash`] of the feature table it was trained with.
    pub schema_hash: String,
    /// Feature codes, in table order.
    pub features: Vec<String>,
    /// Log-odds per unit of each feature, before calibration; 0 for a feature left out.
    pub weights: Vec<f64>,
    /// Log-odds at the zero vector, before calibration.
    pub intercept: f64,
    /// Calibration.
    pub platt: Platt,
    /// What it was trained on.
    pub trained_on: TrainedOn,
    /// How good fits of the same kind were on clusters they had not seen: five folds by cluster (交叉检验).
    pub metrics: Metrics,
    /// How good a fit on the earlier part was on the latest part; none when there was too little for it.
    pub held_out: Option<HeldOut>,
    /// For people: where it comes from and what it is for.
    pub note: String,
}

/// Why a model is refused; the one in use goes on (promise 10).
#[derive(Debug, thiserror::Error)]
pub enum ArtefactError {
    /// Not the JSON of an artefact.
    #[error("not a model artefact: {0}")]
    Json(#[from] serde_json::Error),
    /// Another layout.
    #[error(
        "model artefact of format {found}; this binary reads format {FORMAT}: train again with this binary"
    )]
    Format {
        /// Format found.
        found: u32,
    },
    /// Trained on another feature table.
    #[error(
        "model was trained on feature schema {found}, this binary has {known}: train again with this binary"
    )]
    Schema {
        /// Digest found.
        found: String,
        /// Digest of this binary.
        known: &'static str,
    },
    /// Feature codes or number of weights differ from the table.
    #[error("model's features or weights do not match the feature table: train again with this binary")]
    Features,
    /// A number that is not finite.
    #[error("model holds a number that is not finite in `{0}`")]
    NotFinite(&'static str),
    /// A calibration that turns the order around.
    #[error("model's calibration slope is {0}, it must be above 0: train again on more findings")]
    Slope(f64),
}

#[derive(Deserialize)]
struct Layout {
    format: u32,
}

impl Artefact {
    /// Reads and verifies an artefact.
    pub fn parse(json: &str) -> Result<Self, ArtefactError> {
        // The number first: another layout is to be told as that, not as a field too many.
        let Layout { format } = serde_json::from_str(json)?;
        if format != FORMAT {
            return Err(ArtefactError::Format { found: format });
        }
        let artefact: Self = serde_json::from_str(json)?;
        artefact.verify()?;
        Ok(artefact)
    }

    /// Canonical JSON: fields in declared order, numbers in their shortest exact form.
    pub fn to_json(&self) -> Result<String, ArtefactError> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// Name of the model: the first 16 hex digits of the SHA-256 of its canonical JSON.
    pub fn id(&self) -> Result<ModelId, ArtefactError> {
        let digest = Sha256::digest(self.to_json()?);
        ModelId::parse(&hex::encode(&digest[..8])).map_err(|_| ArtefactError::Features)
    }

    /// Checks everything the scoring relies on.
    pub fn verify(&self) -> Result<(), ArtefactError> {
        if self.format != FORMAT {
            return Err(ArtefactError::Format { found: self.format });
        }
        if self.schema_hash != schema_hash() {
            return Err(ArtefactError::Schema { found: self.schema_hash.clone(), known: schema_hash() });
        }
        let codes = FEATURES.iter().map(|feature| feature.code);
        if !codes.eq(self.features.iter().map(String::as_str)) || self.weights.len() != FEATURES.len() {
            return Err(ArtefactError::Features);
        }
        let Metrics { roc_auc, pr_auc, brier, log_loss, ece } = self.metrics;
        let numbers: [(&str, &[f64]); 4] = [
            ("weights", &self.weights),
            ("intercept", &[self.intercept]),
            ("platt", &[self.platt.a, self.platt.b]),
            ("metrics", &[roc_auc, pr_auc, brier, log_loss, ece]),
        ];
        if let Some((name, _)) =
            numbers.iter().find(|(_, values)| !values.iter().all(|value| value.is_finite()))
        {
            return Err(ArtefactError::NotFinite(name));
        }
        if self.platt.a <= 0.0 {
            return Err(ArtefactError::Slope(self.platt.a));
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An artefact that fits this binary, with weight 1 on everything.
    pub(crate) fn artefact() -> Artefact {
        Artefact {
            format: FORMAT,
            source: Source::Bureau,
            made_by: "a test".to_owned(),
            schema_hash: schema_hash().to_owned(),
            features: FEATURES.iter().map(|feature| feature.code.to_owned()).collect(),
            weights: vec![1.0; FEATURES.len()],
            intercept: -3.0,
            platt: Platt { a: 1.0, b: 0.0 },
            trained_on: TrainedOn {
                examples: 100,
                suspected: 40,
                findings: 90,
                clusters: 70,
                first: 1,
                last: 100,
            },
            metrics: Metrics { roc_auc: 0.9, pr_auc: 0.8, brier: 0.1, log_loss: 0.3, ece: 0.02 },
            held_out: None,
            note: "test".to_owned(),
        }
    }

    proptest! {
        #[test]
        fn json_carries_every_bit(
            weights in proptest::collection::vec(proptest::num::f64::NORMAL | proptest::num::f64::ZERO, FEATURES.len()),
            intercept in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL,
        ) {
            let artefact = Artefact { weights, intercept, ..artefact() };
            let json = artefact.to_json().unwrap();
            let read = Artefact::parse(&json).unwrap();
            let bits = |artefact: &Artefact| artefact.weights.iter().map(|w| w.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&read), bits(&artefact));
            prop_assert_eq!(read.intercept.to_bits(), artefact.intercept.to_bits());
            prop_assert_eq!(read.to_json().unwrap(), json);
            prop_assert_eq!(read.id().unwrap(), artefact.id().unwrap());
        }
    }

    #[test]
    fn a_model_that_does_not_fit_is_refused_with_the_reason() {
        let refuse = |change: fn(&mut Artefact)| {
            let mut changed = artefact();
            change(&mut changed);
            Artefact::parse(&changed.to_json().unwrap()).unwrap_err()
        };
        assert!(matches!(refuse(|model| model.format = 9), ArtefactError::Format { found: 9 }));
        // Of the first layout, which has other fields.
        assert!(matches!(Artefact::parse(r#"{"format":1,"a":2}"#), Err(ArtefactError::Format { found: 1 })));
        assert!(matches!(refuse(|model| model.schema_hash.clear()), ArtefactError::Schema { .. }));
        assert!(matches!(refuse(|model| model.features.swap(0, 1)), ArtefactError::Features));
        assert!(matches!(refuse(|model| model.weights.truncate(3)), ArtefactError::Features));
        assert!(matches!(refuse(|model| model.platt.a = 0.0), ArtefactError::Slope(_)));
        // JSON knows no infinity: it is written as null and cannot come back.
        assert!(matches!(refuse(|model| model.intercept = f64::INFINITY), ArtefactError::Json(_)));
        let mut infinite = artefact();
        infinite.weights[2] = f64::NAN;
        assert!(matches!(infinite.verify(), Err(ArtefactError::NotFinite("weights"))));
        assert!(matches!(Artefact::parse("{}"), Err(ArtefactError::Json(_))));
    }
}
