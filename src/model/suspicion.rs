//! What a complaint's score is to people: a band and reasons with evidence.

use crate::domain::decision::{Band, Factor, Floors, Gate, Reason, Suspicion};
use crate::domain::evidence::{Evidence, Guard, GuardKind};
use crate::features::{FEATURES, Feature, Observation, Pair, schema_hash};

use super::artefact::Source;
use super::classifier::Classifier;
use super::recall::POINTERS_TERM;

/// Reasons stored with a decision. What is left out can be worked out again from vector and model.
const MOST_REASONS: usize = 10;

/// Contributions below this, in log-odds, explain nothing (1 % in the odds).
const LEAST_CONTRIBUTION: f64 = 0.01;

/// What every score of a model that has seen simulated complaints only says first.
const SIMULATED: &str = "评分模型由模拟数据训练，未使用任何真实投诉数据训练，最高只提示“中”，仅供参考；请尽快用本局认定重新训练（triage train --use）";

/// From which probability a complaint is in which band, and from which facts it may be in the highest. Settings of the
/// bureau.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bands<'a> {
    /// [`Band::Medium`] from this probability.
    pub medium: f64,
    /// [`Band::High`] from this probability, with a fact that is strong enough.
    pub high: f64,
    /// From which values on a fact is.
    pub floors: &'a Floors,
}

impl Bands<'_> {
    fn band(self, probability: f64) -> Band {
        if probability >= self.high {
            Band::High
        } else if probability >= self.medium {
            Band::Medium
        } else {
            Band::Low
        }
    }

    /// Whether a feature's value makes a fact under items (1) to (4) that is strong enough for the band High.
    fn is_ground(self, feature: &Feature, value: f64) -> bool {
        feature.gate.is_some_and(|gate| value >= self.floors.of(gate))
    }
}

/// Scores an observed complaint with the bureau's champion.
///
/// High needs a fact under items (1) to (4) of Art. 17 that the bureau's floors call strong, and a model of the bureau's own
/// findings; a look-alike that the law makes decisive bounds the band. A model trained on simulated data says so first,
/// whatever it finds. Without a champion the band is [`Band::NotScored`]. When nothing identifies the complainant it is
/// [`Band::Insufficient`]: the past is unknown, so the score is kept for the record but says nothing.
pub fn suspicion(champion: Option<&Classifier>, observation: &Observation, bands: Bands<'_>) -> Suspicion {
    let Some(champion) = champion else {
        return unscored(observation, notice("no_model", "尚无启用的模型，未评分"));
    };
    let vector = observation.vector();
    let scored = champion.score(&vector);
    let is_simulated = champion.artefact().source == Source::Simulated;
    let terms = terms(champion, &vector, &scored.contributions, bands);
    let has_ground = terms.iter().any(|term| term.rank == Rank::Ground);
    let seen = Seen { guards: &observation.evidence().guards, is_concert: observation.is_concert() };
    let (band, why) = band_within_law(seen, &terms, has_ground, is_simulated, bands, scored.probability);
    let mut reasons = reasons(terms, observation);
    if reasons.is_empty() {
        reasons.push(notice("no_signal", "本件及既往记录中没有值得提示的特征"));
    }
    let simulated = is_simulated.then(|| notice("simulated_model", SIMULATED));
    reasons.splice(0..0, simulated.into_iter().chain(why));
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

/// The band that a complaint would have been given which had ended before it came in and was not scored: by its stored vector and
/// evidence, for comparisons alone. The vector must be of this program's feature table.
pub fn band_of_record(champion: &Classifier, vector: &[f64], evidence: &Evidence, bands: Bands<'_>) -> Band {
    let scored = champion.score(vector);
    let terms = terms(champion, vector, &scored.contributions, bands);
    let has_ground = terms.iter().any(|term| term.rank == Rank::Ground);
    let is_simulated = champion.artefact().source == Source::Simulated;
    let names = FEATURES.iter().zip(vector).find(|(feature, _)| feature.gate == Some(Gate::Names));
    let seen = Seen { guards: &evidence.guards, is_concert: names.is_some_and(|(_, others)| *others > 0.0) };
    band_within_law(seen, &terms, has_ground, is_simulated, bands, scored.probability).0
}

/// What of an observation bounds a band.
#[derive(Clone, Copy)]
struct Seen<'a> {
    guards: &'a [Guard],
    /// Several persons act together, which no crowd explains.
    is_concert: bool,
}

/// The band of a probability within what the law leaves it, and what bounded it, to be shown.
fn band_within_law(
    seen: Seen<'_>,
    terms: &[Term],
    has_ground: bool,
    is_simulated: bool,
    bands: Bands<'_>,
    probability: f64,
) -> (Band, Option<Reason>) {
    if seen.guards.iter().any(|guard| guard.kind == GuardKind::TooLittleKnown) {
        let text = "投诉人本人的电话、证件、地址等缺失、被遮盖或为公用，无法查询历史投诉，本件不作疑似提示";
        return (Band::Insufficient, Some(notice("no_identity", text)));
    }
    let has_fact = terms.iter().any(|term| term.rank != Rank::Rest && term.contribution > 0.0);
    let most = if has_fact { 1.0 } else { bands.floors.pointers_most };
    let band = bands.band(probability.min(most));
    let guard = seen.guards.iter().find(|guard| match guard.kind {
        GuardKind::OpenDuplicate => true,
        GuardKind::MassIncident => !seen.is_concert,
        _ => false,
    });
    match (band, guard) {
        (Band::High | Band::Medium, Some(guard)) if !(band == Band::Medium && has_ground) => {
            let text = format!("有易误判情形“{}”，档次不超过{}", guard.kind.zh(), below(has_ground).zh());
            (below(has_ground), Some(notice("guard", &text)))
        }
        (Band::High, None) if !has_ground => {
            let text = "没有达到本局界限的第十七条第一款第一项至第四项事实，不提示“高”";
            (Band::Medium, Some(notice("no_ground", text)))
        }
        (Band::High, None) if is_simulated => (Band::Medium, None),
        _ => (band, None),
    }
}

/// The highest band beside a decisive look-alike.
fn below(has_ground: bool) -> Band {
    if has_ground { Band::Medium } else { Band::Low }
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

/// In which order terms are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A fact strong enough for the band High.
    Ground,
    /// Another fact under items (1) to (4): told whatever it weighs.
    Fact,
    /// What else matters.
    Rest,
}

/// One term of the sum, as it is told.
struct Term {
    of: Of,
    contribution: f64,
    rank: Rank,
}

/// What a term is of.
enum Of {
    Feature(&'static Feature),
    Pair(&'static Pair),
    Cap,
}

/// The terms worth telling: facts first and strongest first among equals, in the order of the sum.
fn terms(champion: &Classifier, vector: &[f64], contributions: &[f64], bands: Bands<'_>) -> Vec<Term> {
    let features = FEATURES.iter().map(Of::Feature);
    let all = features.chain(champion.pairs().map(Of::Pair)).chain([Of::Cap]);
    let values = vector.iter().copied().map(Some).chain(std::iter::repeat(None));
    let term = |((of, contribution), value): ((Of, &f64), Option<f64>)| {
        let rank = match (&of, value) {
            (Of::Feature(feature), Some(value)) if feature.is_fact() && value > 0.0 => {
                let speaks = *contribution >= LEAST_CONTRIBUTION;
                if speaks && bands.is_ground(feature, value) { Rank::Ground } else { Rank::Fact }
            }
            _ => Rank::Rest,
        };
        Term { of, contribution: *contribution, rank }
    };
    let mut terms: Vec<Term> = all.zip(contributions).zip(values).map(term).collect();
    terms.retain(|term| term.rank != Rank::Rest || term.contribution.abs() >= LEAST_CONTRIBUTION);
    terms.sort_by(|one, other| {
        one.rank.cmp(&other.rank).then(other.contribution.abs().total_cmp(&one.contribution.abs()))
    });
    terms
}

/// The reasons of the terms.
fn reasons(terms: Vec<Term>, seen: &Observation) -> Vec<Reason> {
    terms.into_iter().take(MOST_REASONS).map(|term| term.of.reason(seen, term.contribution)).collect()
}

impl Of {
    fn reason(&self, seen: &Observation, contribution: f64) -> Reason {
        let (code, factor, text, records) = match self {
            Of::Feature(feature) => {
                (feature.code, feature.factor, (feature.text)(seen), feature.records(seen))
            }
            Of::Pair(pair) => (pair.code, pair.factor, pair.text(seen), pair.records(seen)),
            Of::Cap => {
                let text = "第五项因素和背景信息的合计过半上限后逐步折减，始终低于上限";
                (POINTERS_TERM, Factor::Context, text.to_owned(), Vec::new())
            }
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
mod tests;
