//! What a complaint's score is to people: a band and reasons with evidence.

use crate::domain::decision::{Band, Factor, Reason, Suspicion};
use crate::features::{FEATURES, Feature, Observation, Pair, schema_hash};

use super::artefact::Source;
use super::classifier::Classifier;

/// Reasons stored with a decision. What is left out can be worked out again from vector and model.
const MOST_REASONS: usize = 6;

/// Contributions below this, in log-odds, explain nothing (1 % in the odds).
const LEAST_CONTRIBUTION: f64 = 0.01;

/// What every score of a model that has seen simulated complaints only says first.
const SIMULATED: &str =
    "评分模型由模拟数据训练，未见过任何真实投诉，仅供参考；请尽快用本局认定重新训练（triage train --use）";

/// From which probability a complaint is in which band. Settings of the bureau, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bands {
    /// [`Band::Medium`] from here.
    pub medium: f64,
    /// [`Band::High`] from here.
    pub high: f64,
}

impl Bands {
    fn band(self, probability: f64) -> Band {
        if probability >= self.high {
            Band::High
        } else if probability >= self.medium {
            Band::Medium
        } else {
            Band::Low
        }
    }
}

/// Scores an observed complaint with the bureau's champion.
///
/// A model trained on simulated data says so first, whatever it finds. Without a champion the band is [`Band::NotScored`]. When nothing identifies the complainant it is
/// [`Band::Insufficient`]: the past is unknown, so the score is kept for the record but says nothing.
pub fn suspicion(champion: Option<&Classifier>, observation: &Observation, bands: Bands) -> Suspicion {
    let Some(champion) = champion else {
        return unscored(observation, notice("no_model", "尚无启用的模型，未评分"));
    };
    let vector = observation.vector();
    let scored = champion.score(&vector);
    let mut reasons = reasons(champion, observation, &scored.contributions);
    let band = if observation.identified() {
        bands.band(scored.probability)
    } else {
        reasons.insert(
            0,
            notice(
                "no_identity",
                "投诉人本人的电话、证件、地址等缺失、被遮盖或为公用，无从查考既往，不作提示",
            ),
        );
        Band::Insufficient
    };
    if reasons.is_empty() {
        reasons.push(notice("no_signal", "本件及既往记录中没有值得提示的特征"));
    }
    if champion.artefact().source == Source::Simulated {
        reasons.insert(0, notice("simulated_model", SIMULATED));
    }
    reasons.truncate(MOST_REASONS);
    Suspicion {
        schema_hash: schema_hash().to_owned(),
        vector,
        model: Some(champion.id().clone()),
        log_odds: Some(scored.log_odds),
        score: Some(scored.probability),
        band,
        reasons,
        evidence: observation.evidence().clone(),
    }
}

/// The vector of a complaint that had ended before it came in: logged for training, without a score.
pub fn not_scored(observation: &Observation) -> Suspicion {
    unscored(observation, notice("ended", "导入时已办结，作为历史记录，不评分"))
}

fn unscored(observation: &Observation, why: Reason) -> Suspicion {
    Suspicion {
        schema_hash: schema_hash().to_owned(),
        vector: observation.vector(),
        model: None,
        log_odds: None,
        score: None,
        band: Band::NotScored,
        reasons: vec![why],
        evidence: observation.evidence().clone(),
    }
}

/// Reasons that matter, strongest first, in the order of the sum among equals.
fn reasons(champion: &Classifier, observation: &Observation, contributions: &[f64]) -> Vec<Reason> {
    let terms = FEATURES.iter().map(Term::Feature).chain(champion.pairs().map(Term::Pair));
    let mut weightiest: Vec<(Term, f64)> = terms
        .zip(contributions.iter().copied())
        .filter(|(_, contribution)| contribution.abs() >= LEAST_CONTRIBUTION)
        .collect();
    weightiest.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
    let suspicion_made = weightiest.into_iter().take(MOST_REASONS);
    suspicion_made.map(|(term, contribution)| term.reason(observation, contribution)).collect()
}

/// One term of the sum.
enum Term {
    Feature(&'static Feature),
    Pair(&'static Pair),
}

impl Term {
    fn reason(&self, seen: &Observation, contribution: f64) -> Reason {
        let (code, factor, text, records) = match self {
            Term::Feature(feature) => {
                (feature.code, feature.factor, (feature.text)(seen), (feature.records)(seen))
            }
            Term::Pair(pair) => (pair.code, pair.factor, pair.text(seen), pair.records(seen)),
        };
        Reason { feature: code.to_owned(), factor, text, contribution, records }
    }
}

/// A reason that says why there is no band rather than what speaks for one.
fn notice(feature: &str, text: &str) -> Reason {
    Reason {
        feature: feature.to_owned(),
        factor: Factor::Context,
        text: text.to_owned(),
        contribution: 0.0,
        records: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::submission::Submission;
    use crate::features::history::{History, KeyHash, KeyHashes};
    use crate::features::{PAIRS, observe};
    use crate::model::artefact::tests::{artefact, lawful};
    use crate::model::artefact::{Artefact, Paired};

    const BANDS: Bands = Bands { medium: 0.3, high: 0.7 };

    fn observation(identified: bool) -> Observation {
        let submission: Submission = serde_json::from_value(serde_json::json!({
            "number": "X1", "received": { "at": 1_780_000_000_000_000_i64 }, "complainant": {},
            "respondent": { "name": "某超市" },
            "complaint": { "text": "未标注生产日期，不符合GB7718，要求退一赔十，请书面答复。附小票。食用后过敏。",
                           "amount_fen": 468 },
            "report": { "text": "请依法查处并给予举报奖励" },
        }))
        .unwrap();
        let mut marks = KeyHashes::default();
        if identified {
            marks.keys[1] = Some(KeyHash([1; 16]));
        }
        observe(&submission, &marks, &History::default(), None, &[]).unwrap()
    }

    fn champion(intercept: f64) -> Classifier {
        let mut artefact = artefact();
        artefact.intercept = intercept;
        for (row, bent) in artefact.features.iter_mut().enumerate() {
            let size = if row % 3 == 0 { 0.004 } else { (0.05 * row as f64).min(1.0) };
            bent.steps.iter_mut().for_each(|step| *step *= size);
        }
        Classifier::new(artefact).unwrap()
    }

    #[test]
    fn without_a_champion_nothing_is_scored_but_the_vector_is_kept() {
        let seen = observation(true);
        let suspicion_made = suspicion(None, &seen, BANDS);
        assert_eq!(
            (suspicion_made.band, suspicion_made.score, suspicion_made.log_odds, suspicion_made.model),
            (Band::NotScored, None, None, None)
        );
        assert_eq!(suspicion_made.vector, seen.vector());
        assert_eq!(suspicion_made.schema_hash, schema_hash());
        let [reason] = suspicion_made.reasons.as_slice() else {
            panic!("one reason: {:?}", suspicion_made.reasons)
        };
        assert_eq!((reason.feature.as_str(), reason.text.as_str()), ("no_model", "尚无启用的模型，未评分"));
        assert_eq!((reason.contribution, reason.factor), (0.0, Factor::Context));
    }

    #[test]
    fn nobody_known_is_insufficient_whatever_the_score() {
        let suspicion_made = suspicion(Some(&champion(50.0)), &observation(false), BANDS);
        assert_eq!(suspicion_made.band, Band::Insufficient);
        assert!(suspicion_made.score.unwrap() > 0.99);
        assert_eq!(suspicion_made.reasons[0].feature, "no_identity");
        assert!(suspicion_made.reasons.len() <= MOST_REASONS);
    }

    #[test]
    fn a_model_of_simulated_data_says_so_first_and_scores_the_same() {
        let of = |source| {
            let artefact = Artefact { source, ..champion(-2.0).artefact().clone() };
            Classifier::new(artefact).unwrap()
        };
        for identified in [true, false] {
            let seen = observation(identified);
            let simulated = suspicion(Some(&of(Source::Simulated)), &seen, BANDS);
            let own = suspicion(Some(&of(Source::Bureau)), &seen, BANDS);
            let (first, rest) = simulated.reasons.split_first().unwrap();
            assert_eq!((first.feature.as_str(), first.text.as_str()), ("simulated_model", SIMULATED));
            assert_eq!((first.factor, first.contribution), (Factor::Context, 0.0));
            assert!(simulated.reasons.len() <= MOST_REASONS);
            assert_eq!(rest, &own.reasons[..rest.len()]);
            assert!(own.reasons.iter().all(|reason| reason.feature != "simulated_model"));
            assert_eq!((simulated.band, simulated.score), (own.band, own.score));
        }
    }

    #[test]
    fn the_band_follows_the_probability() {
        let seen = observation(true);
        for (intercept, band) in [(-500.0, Band::Low), (500.0, Band::High)] {
            assert_eq!(suspicion(Some(&champion(intercept)), &seen, BANDS).band, band);
        }
        assert_eq!(
            [0.29, 0.3, 0.69, 0.7].map(|p| BANDS.band(p)),
            [Band::Low, Band::Medium, Band::Medium, Band::High]
        );
    }

    #[test]
    fn reasons_are_the_strongest_facts_that_are_there() {
        let seen = observation(true);
        // The heaviest pair that this complaint shows speaks too.
        let mut artefact = champion(-2.0).artefact().clone();
        let vector = seen.vector();
        let shown = PAIRS.iter().find(|pair| pair.rows.iter().all(|row| vector[*row] > 0.0)).unwrap();
        artefact.pairs = vec![Paired {
            code: shown.code.to_owned(),
            features: shown.features().map(|feature| feature.code.to_owned()),
            cuts: shown.rows.map(|row| vector[row]),
            weight: 4.0 * lawful(shown.direction),
        }];
        let champion = Classifier::new(artefact).unwrap();
        let suspicion_made = suspicion(Some(&champion), &seen, BANDS);
        let scored = champion.score(&suspicion_made.vector);
        assert_eq!(suspicion_made.log_odds, Some(scored.log_odds));
        assert_eq!(suspicion_made.score, Some(scored.probability));
        assert_eq!(suspicion_made.model.as_ref(), Some(champion.id()));
        assert!(suspicion_made.reasons.len() > 1 && suspicion_made.reasons.len() <= MOST_REASONS);
        assert!(
            suspicion_made
                .reasons
                .is_sorted_by(|one, other| one.contribution.abs() >= other.contribution.abs())
        );
        let (first, rest) = suspicion_made.reasons.split_first().unwrap();
        assert_eq!((first.feature.as_str(), first.factor), (shown.code, shown.factor));
        assert_eq!(Some(&first.contribution), scored.contributions.last());
        assert_eq!(first.text, shown.text(&seen));
        for reason in rest {
            let row = FEATURES.iter().position(|feature| feature.code == reason.feature).unwrap();
            assert_eq!(reason.contribution, scored.contributions[row]);
            assert!(suspicion_made.vector[row] > 0.0 && reason.contribution.abs() >= LEAST_CONTRIBUTION);
        }
        assert!(
            suspicion_made.reasons.iter().all(|reason| !reason.text.contains("举报")),
            "{:?}",
            suspicion_made.reasons
        );
    }
}
