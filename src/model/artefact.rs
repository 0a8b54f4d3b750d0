//! A trained model as plain JSON: stored in the database, copied to disk for people to open.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::decision::POINTERS_MOST;
use crate::domain::ids::ModelId;
use crate::features::{FEATURES, Feature, MOST_PAIRS, PAIRS, Pair, schema_hash};

/// Format of the JSON; another number is another layout.
pub const FORMAT: u32 = 4;

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

/// How often imported marks (标注) were taken to be wrong when calibrating, 0 to 1: an estimate. Findings (认定) are taken
/// as they are.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkErrors {
    /// Share of what is not suspected that is marked suspected.
    pub wrong: f64,
    /// Share of what is suspected that is marked not suspected.
    pub missed: f64,
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
    /// Groups of complaints linked by a phone or a document (关联投诉人（组）).
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
    /// Latest complaints left out because their cluster (关联投诉人（组）) occurs in the earlier part.
    pub cluster_seen: u64,
    /// Quality of the fit on the earlier part.
    pub metrics: Metrics,
    /// The same of all complaints held out, those of known clusters too; none in older models.
    #[serde(default)]
    pub everybody: Option<Box<Metrics>>,
    /// Quality of the earlier part's share of suspected, told of every complaint alike.
    pub base_rate: Metrics,
}

/// One feature of a model (特征): a staircase. What is below the first cut adds nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bent {
    /// Its code in the feature table.
    pub code: String,
    /// Values from which it says more, in the feature's unit, ascending and above 0; none for a feature left out.
    pub cuts: Vec<f64>,
    /// Log-odds that reaching each cut adds, before calibration.
    pub steps: Vec<f64>,
    /// For the card: what the examples alone say from each cut on, in calibrated log-odds, before prior and cap.
    #[serde(default)]
    pub free: Vec<f64>,
    /// For the card: the examples that reach each cut.
    #[serde(default)]
    pub examples: Vec<u64>,
}

/// What item (5) of Art. 17 and context may say together (第五项和背景信息合计上限).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointers {
    /// The features, in table order.
    pub codes: Vec<String>,
    /// The most their contributions come to, in calibrated log-odds; what goes beyond is taken off.
    pub most: f64,
}

/// What the same complaints get from others than this model (对照), for the card.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// From the stated priors and the caps alone, without examples (只用规则).
    pub rules: Metrics,
    /// From the same fit without priors and caps (不加法律结构).
    pub free: Metrics,
    /// Interval of this model's PR-AUC: 95 % of draws by cluster.
    pub interval: [f64; 2],
}

impl Bent {
    /// What the feature says from each cut on, in calibrated log-odds, `slope` being Platt's.
    pub fn levels(&self, slope: f64) -> Vec<f64> {
        let sum = |sum: &mut f64, step: &f64| {
            *sum += step;
            // Plus zero: SQLite keeps no negative zero.
            Some(slope * *sum + 0.0)
        };
        self.steps.iter().scan(0.0, sum).collect()
    }

    /// What it says of a value, in calibrated log-odds.
    pub fn contribution(&self, slope: f64, value: f64) -> f64 {
        self.reached(value).and_then(|last| self.levels(slope).get(last).copied()).unwrap_or(0.0)
    }

    /// The last cut that a value reaches.
    pub(super) fn reached(&self, value: f64) -> Option<usize> {
        self.cuts.iter().take_while(|cut| value >= **cut).count().checked_sub(1)
    }

    /// Whether nothing of it comes from the examples.
    pub fn is_prior(&self) -> bool {
        !self.cuts.is_empty() && self.free.iter().all(|level| *level == 0.0)
    }

    /// Whether what the card says of it is of its cuts.
    fn is_explained(&self) -> bool {
        [self.free.len(), self.examples.len()].iter().all(|count| [0, self.cuts.len()].contains(count))
    }

    /// Whether it says anything the law or its cap forbids.
    fn unlawful(&self, feature: &Feature, slope: f64) -> bool {
        let over = |level: &f64| feature.cap.is_some_and(|cap| level.abs() > cap + ROUNDING);
        self.steps.iter().any(|step| feature.direction.forbids(*step)) || self.levels(slope).iter().any(over)
    }
}

/// A pair of features in a model (特征组合): what both having reached their cut adds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paired {
    /// Its code in the list of pairs.
    pub code: String,
    /// Codes of both features.
    pub features: [String; 2],
    /// The cut of each, in its unit, above 0.
    pub cuts: [f64; 2],
    /// Log-odds it adds, before calibration.
    pub weight: f64,
}

impl Paired {
    /// The pair of the list that it is.
    pub fn known(&self) -> Option<&'static Pair> {
        let same = |pair: &&Pair| pair.features().map(|feature| feature.code) == self.features;
        PAIRS.iter().find(|pair| pair.code == self.code).filter(same)
    }
}

/// The most that a model may say without a fact under items (1) to (4), in log-odds.
pub(crate) fn pointers_most() -> f64 {
    (POINTERS_MOST / (1.0 - POINTERS_MOST)).ln()
}

/// The features that are held down together, in table order.
pub(crate) fn pointer_codes() -> Vec<String> {
    FEATURES.iter().filter(|feature| feature.is_pointer()).map(|feature| feature.code.to_owned()).collect()
}

/// Rounding that a sum of steps may show beside a cap.
const ROUNDING: f64 = 1e-9;

/// A trained model: an additive one, each feature a staircase in the feature's unit.
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
    /// The features, in table order.
    pub features: Vec<Bent>,
    /// The pairs chosen, in the order of the list; at most [`MOST_PAIRS`].
    pub pairs: Vec<Paired>,
    /// What item (5) and context together are held to.
    pub pointers: Pointers,
    /// Log-odds at the zero vector, before calibration.
    pub intercept: f64,
    /// Ridge penalty it was fitted with (linfa's alpha), against a summed loss.
    pub ridge: f64,
    /// Calibration.
    pub platt: Platt,
    /// What calibration took for errors of marks.
    pub mark_errors: MarkErrors,
    /// What it was trained on.
    pub trained_on: TrainedOn,
    /// How good fits of the same kind were on clusters they had not seen: five folds by cluster (交叉检验).
    pub metrics: Metrics,
    /// What rules alone and the fit alone come to on the same complaints; none where nobody compared.
    #[serde(default)]
    pub compared: Option<Compared>,
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
    /// Feature codes or the number of steps differ from the table.
    #[error("model's features or steps do not match the feature table: train again with this binary")]
    Features,
    /// Pairs that are not in the list, twice, out of order or too many.
    #[error("model's pairs do not match the list of pairs: train again with this binary")]
    Pairs,
    /// Cuts that do not ascend from above 0.
    #[error("model's cuts of `{0}` do not ascend from above 0")]
    Cuts(String),
    /// Steps against the law's direction or over a cap.
    #[error("model's `{0}` speaks against the law's direction or over its cap: train again with this binary")]
    Unlawful(String),
    /// Item (5) and context together could reach the band High.
    #[error("model lets item (5) and context reach what facts alone may: train again with this binary")]
    Pointers,
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

/// Whose complaints a stored artefact was trained on, whatever else of it this program can read.
pub fn source_of(json: &str) -> Option<Source> {
    #[derive(Deserialize)]
    struct Of {
        source: Source,
    }
    serde_json::from_str::<Of>(json).ok().map(|of| of.source)
}

impl Artefact {
    /// Reads and verifies an artefact.
    pub fn parse(json: &str) -> Result<Self, ArtefactError> {
        // The number first: another layout is to be reported as that, not as a field too many.
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
        let whole = |feature: &Bent| feature.cuts.len() == feature.steps.len() && feature.is_explained();
        if !codes.eq(self.features.iter().map(|feature| feature.code.as_str()))
            || !self.features.iter().all(whole)
        {
            return Err(ArtefactError::Features);
        }
        let Metrics { roc_auc, pr_auc, brier, log_loss, ece } = self.metrics;
        let steps: Vec<f64> = self.features.iter().flat_map(|feature| &feature.steps).copied().collect();
        let weights: Vec<f64> = self.pairs.iter().map(|pair| pair.weight).collect();
        let numbers: [(&str, &[f64]); 5] = [
            ("steps", &steps),
            ("pairs", &weights),
            ("intercept", &[self.intercept, self.ridge, self.pointers.most]),
            ("platt", &[self.platt.a, self.platt.b, self.mark_errors.wrong, self.mark_errors.missed]),
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
        self.verify_terms()
    }

    /// Checks cuts, directions, caps and pairs.
    fn verify_terms(&self) -> Result<(), ArtefactError> {
        for (feature, bent) in FEATURES.iter().zip(&self.features) {
            let ascending = bent.cuts.is_sorted_by(|one, other| one < other);
            if !ascending || !bent.cuts.iter().all(|cut| *cut > 0.0 && cut.is_finite()) {
                return Err(ArtefactError::Cuts(bent.code.clone()));
            }
            if bent.unlawful(feature, self.platt.a) {
                return Err(ArtefactError::Unlawful(bent.code.clone()));
            }
        }
        let known: Option<Vec<&Pair>> = self.pairs.iter().map(Paired::known).collect();
        let known = known.filter(|known| known.len() <= MOST_PAIRS).ok_or(ArtefactError::Pairs)?;
        let place = |pair: &Pair| PAIRS.iter().position(|listed| listed.code == pair.code);
        if !known.is_sorted_by(|one, other| place(one) < place(other)) {
            return Err(ArtefactError::Pairs);
        }
        for (pair, paired) in known.into_iter().zip(&self.pairs) {
            if !paired.cuts.iter().all(|cut| *cut > 0.0 && cut.is_finite()) {
                return Err(ArtefactError::Cuts(paired.code.clone()));
            }
            if pair.direction.forbids(paired.weight) {
                return Err(ArtefactError::Unlawful(paired.code.clone()));
            }
        }
        self.verify_pointers()
    }

    /// Checks that item (5) and context, all together and whatever else is missing, stay below the band High.
    fn verify_pointers(&self) -> Result<(), ArtefactError> {
        let codes = FEATURES.iter().filter(|feature| feature.is_pointer()).map(|feature| feature.code);
        let Pointers { codes: held, most } = &self.pointers;
        let baseline = self.platt.a * self.intercept + self.platt.b;
        let holds = *most >= 0.0 && baseline + most <= pointers_most() + ROUNDING;
        if holds && codes.eq(held.iter().map(String::as_str)) { Ok(()) } else { Err(ArtefactError::Pointers) }
    }
}

#[cfg(test)]
pub(crate) mod tests;
