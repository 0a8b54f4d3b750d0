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
    pub everybody: Option<Metrics>,
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
    fn told(&self) -> bool {
        [self.free.len(), self.examples.len()].iter().all(|told| [0, self.cuts.len()].contains(told))
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
        let whole = |feature: &Bent| feature.cuts.len() == feature.steps.len() && feature.told();
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
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::features::Direction;

    /// The sign that the law allows.
    pub(crate) fn lawful(direction: Direction) -> f64 {
        if direction == Direction::LessSuspicious { -1.0 } else { 1.0 }
    }

    /// An artefact that fits this binary: every feature says 0.5 from its least value and as much again from half of
    /// its greatest, or what its cap leaves, and two pairs speak.
    pub(crate) fn artefact() -> Artefact {
        let bent = |feature: &Feature| {
            let step = lawful(feature.direction) * feature.cap.unwrap_or(1.0).min(1.0) / 2.0;
            Bent {
                code: feature.code.to_owned(),
                cuts: vec![feature.most / 8.0, feature.most / 2.0],
                steps: vec![step; 2],
                ..Bent::default()
            }
        };
        let paired = |pair: &Pair| Paired {
            code: pair.code.to_owned(),
            features: pair.features().map(|feature| feature.code.to_owned()),
            cuts: pair.features().map(|feature| feature.most / 8.0),
            weight: lawful(pair.direction) * 0.25,
        };
        Artefact {
            format: FORMAT,
            source: Source::Bureau,
            made_by: "a test".to_owned(),
            schema_hash: schema_hash().to_owned(),
            features: FEATURES.iter().map(bent).collect(),
            pairs: PAIRS.iter().take(2).map(paired).collect(),
            pointers: Pointers { codes: pointer_codes(), most: 3.0 },
            intercept: -3.0,
            ridge: 3.0,
            platt: Platt { a: 1.0, b: 0.0 },
            mark_errors: MarkErrors { wrong: 0.02, missed: 0.01 },
            trained_on: TrainedOn {
                examples: 100,
                suspected: 40,
                findings: 90,
                clusters: 70,
                first: 1,
                last: 100,
            },
            metrics: Metrics { roc_auc: 0.9, pr_auc: 0.8, brier: 0.1, log_loss: 0.3, ece: 0.02 },
            compared: None,
            held_out: None,
            note: "test".to_owned(),
        }
    }

    proptest! {
        #[test]
        fn json_carries_every_bit(
            sizes in proptest::collection::vec(0.0..0.1, FEATURES.len()),
            cut in 1e-9..1.0,
            intercept in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL,
        ) {
            let intercept = -intercept.abs() - 3.0;
            let mut artefact = Artefact { intercept, ..artefact() };
            for (bent, size) in artefact.features.iter_mut().zip(sizes) {
                bent.steps.iter_mut().for_each(|step| *step *= size);
                bent.cuts = vec![cut, 2.0 * cut];
            }
            let json = artefact.to_json().unwrap();
            let read = Artefact::parse(&json).unwrap();
            let bits = |artefact: &Artefact| -> Vec<u64> {
                let numbers = artefact.features.iter().flat_map(|bent| bent.steps.iter().chain(&bent.cuts));
                numbers.map(|number| number.to_bits()).collect()
            };
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
        assert!(matches!(refuse(|model| model.features.truncate(3)), ArtefactError::Features));
        assert!(matches!(refuse(|model| model.features[2].steps.truncate(1)), ArtefactError::Features));
        assert!(matches!(refuse(|model| model.platt.a = 0.0), ArtefactError::Slope(_)));
        for change in [
            |model: &mut Artefact| model.pointers.most = 3.5,
            |model: &mut Artefact| model.intercept = 0.0,
            |model: &mut Artefact| drop(model.pointers.codes.pop()),
            |model: &mut Artefact| model.pointers.most = -0.1,
        ] {
            assert!(matches!(refuse(change), ArtefactError::Pointers));
        }
        // JSON knows no infinity: it is written as null and cannot come back.
        assert!(matches!(refuse(|model| model.intercept = f64::INFINITY), ArtefactError::Json(_)));
        let mut infinite = artefact();
        infinite.features[2].steps[0] = f64::NAN;
        assert!(matches!(infinite.verify(), Err(ArtefactError::NotFinite("steps"))));
        assert!(matches!(Artefact::parse("{}"), Err(ArtefactError::Json(_))));
    }

    #[test]
    fn what_the_law_or_the_list_forbids_is_refused() {
        let refuse = |change: &dyn Fn(&mut Artefact)| {
            let mut changed = artefact();
            change(&mut changed);
            changed.verify().unwrap_err()
        };
        for (row, feature) in FEATURES.iter().enumerate() {
            let turned = refuse(&|model| model.features[row].cuts.reverse());
            assert!(matches!(turned, ArtefactError::Cuts(code) if code == feature.code));
            // A cut at 0 would let what is absent speak.
            let zero = refuse(&|model| model.features[row].cuts[0] = 0.0);
            assert!(matches!(zero, ArtefactError::Cuts(code) if code == feature.code));
            if feature.direction != Direction::Either {
                let against = refuse(&|model| model.features[row].steps[1] *= -0.1);
                assert!(matches!(against, ArtefactError::Unlawful(code) if code == feature.code));
            }
            if feature.cap.is_some() {
                let over = refuse(&|model| model.platt.a = 1.1);
                assert!(matches!(over, ArtefactError::Unlawful(_)));
            }
        }
        assert!(matches!(refuse(&|model| model.pairs[0].weight *= -1.0), ArtefactError::Unlawful(_)));
        assert!(matches!(refuse(&|model| model.pairs[1].cuts[0] = -1.0), ArtefactError::Cuts(_)));
        assert!(matches!(
            refuse(&|model| model.pairs[1].weight = f64::NAN),
            ArtefactError::NotFinite("pairs")
        ));
        assert!(matches!(refuse(&|model| model.pairs.swap(0, 1)), ArtefactError::Pairs));
        assert!(matches!(refuse(&|model| model.pairs[1] = model.pairs[0].clone()), ArtefactError::Pairs));
        assert!(matches!(refuse(&|model| model.pairs[0].code.push('x')), ArtefactError::Pairs));
        assert!(matches!(refuse(&|model| model.pairs[0].features.reverse()), ArtefactError::Pairs));
    }
}
