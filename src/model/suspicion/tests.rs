use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::domain::decision::POINTERS_MOST;
use crate::domain::submission::Submission;
use crate::features::history::{History, KeyHash, KeyHashes};
use crate::features::{PAIRS, observe};
use crate::model::artefact::tests::{artefact, lawful};
use crate::model::artefact::{Artefact, Bent, Paired};

static FLOORS: LazyLock<Floors> = LazyLock::new(Floors::default);

fn bands() -> Bands<'static> {
    Bands { medium: 0.3, high: 0.7, floors: &FLOORS }
}

const PLAIN: &str = "未标注生产日期，不符合GB7718，要求退一赔十。附小票。食用后过敏。";
/// Item (1): fifteen times the usual quantity, six orders.
const MANY: &str =
    "购买木耳300袋，分6单付款，未标注生产日期，不符合GB7718，要求退一赔十。附小票。食用后过敏。";

fn observation(text: &str, identified: bool) -> Observation {
    let submission: Submission = serde_json::from_value(serde_json::json!({
        "number": "X1", "received": { "at": 1_780_000_000_000_000_i64 }, "complainant": {},
        "respondent": { "name": "某超市" },
        "complaint": { "text": text, "amount_fen": 468 },
        "report": { "text": "请依法查处并给予举报奖励" },
    }))
    .unwrap();
    let mut marks = KeyHashes::default();
    if identified {
        marks.keys[1] = Some(KeyHash([1; 16]));
    }
    observe(&submission, &marks, &History::default(), None).unwrap()
}

/// Facts say `facts` from their floors on, honest signs next to nothing, and what points as much as its cap lets it.
fn champion(facts: f64) -> Classifier {
    let mut artefact = artefact();
    for (feature, bent) in FEATURES.iter().zip(&mut artefact.features) {
        let step = match feature.cap {
            Some(_) if feature.is_fact() => facts.min(feature.cap.unwrap_or(0.0)),
            Some(cap) => cap,
            None => -0.02,
        };
        (bent.cuts, bent.steps) = (vec![feature.floor.max(0.5)], vec![step]);
    }
    Classifier::new(artefact).unwrap()
}

#[test]
fn without_a_champion_nothing_is_scored_but_the_vector_is_kept() {
    let seen = observation(PLAIN, true);
    let made = suspicion(None, &seen, bands());
    assert_eq!((made.band, made.score, made.log_odds, made.model), (Band::NotScored, None, None, None));
    assert_eq!((made.vector, made.schema_hash.as_str()), (seen.vector(), schema_hash()));
    let [reason] = made.reasons.as_slice() else { panic!("one reason: {:?}", made.reasons) };
    assert_eq!((reason.feature.as_str(), reason.text.as_str()), ("no_model", "尚无启用的模型，未评分"));
    assert_eq!((reason.contribution, reason.factor), (0.0, Factor::Context));
}

#[test]
fn nobody_known_is_insufficient_whatever_the_score() {
    let made = suspicion(Some(&champion(5.0)), &observation(MANY, false), bands());
    assert_eq!(made.band, Band::Insufficient);
    assert!(made.score.unwrap() > 0.99);
    assert_eq!(made.reasons[0].feature, "no_identity");
    assert!(made.reasons.len() <= MOST_REASONS);
}

#[test]
fn a_model_of_simulated_data_says_so_first_scores_the_same_and_never_says_high() {
    let of = |source| {
        let artefact = Artefact { source, ..champion(5.0).artefact().clone() };
        Classifier::new(artefact).unwrap()
    };
    for (identified, [theirs, ours]) in
        [(true, [Band::Medium, Band::High]), (false, [Band::Insufficient, Band::Insufficient])]
    {
        let seen = observation(MANY, identified);
        let simulated = suspicion(Some(&of(Source::Simulated)), &seen, bands());
        let own = suspicion(Some(&of(Source::Bureau)), &seen, bands());
        let (first, rest) = simulated.reasons.split_first().unwrap();
        assert_eq!((first.feature.as_str(), first.text.as_str()), ("simulated_model", SIMULATED));
        assert_eq!((first.factor, first.contribution), (Factor::Context, 0.0));
        assert!(simulated.reasons.len() <= MOST_REASONS);
        assert_eq!(rest, &own.reasons[..rest.len()]);
        assert!(own.reasons.iter().all(|reason| reason.feature != "simulated_model"));
        assert_eq!((simulated.band, own.band, simulated.score), (theirs, ours, own.score));
    }
}

#[test]
fn high_names_a_fact_first_and_without_one_there_is_none() {
    let made = suspicion(Some(&champion(5.0)), &observation(MANY, true), bands());
    assert_eq!((made.band, made.reasons[0].factor), (Band::High, Factor::Quantity));
    // Everything that points, and no fact.
    let made = suspicion(Some(&champion(5.0)), &observation(PLAIN, true), bands());
    assert_eq!(made.band, Band::Medium);
    assert!(made.score.unwrap() <= POINTERS_MOST + 1e-9, "{:?}", made.score);
    // The same facts below the bureau's own floors are told, and are no ground.
    let floors = Floors { quantity: 20.0, purchases: 7.0, ..Floors::default() };
    let made =
        suspicion(Some(&champion(5.0)), &observation(MANY, true), Bands { floors: &floors, ..bands() });
    assert_eq!((made.band, made.reasons[0].feature.as_str()), (Band::Medium, "no_ground"));
    assert_eq!(made.reasons[1].factor, Factor::Quantity);
    assert_eq!(
        [0.29, 0.3, 0.69, 0.7].map(|p| bands().band(p)),
        [Band::Low, Band::Medium, Band::Medium, Band::High]
    );
}

#[test]
fn a_fact_is_told_whatever_it_weighs() {
    let made = suspicion(Some(&champion(0.001)), &observation(MANY, true), bands());
    let codes: Vec<&str> = made.reasons.iter().map(|reason| reason.feature.as_str()).collect();
    assert_eq!(codes[..2], ["quantity_over_usual", "split_orders"], "{codes:?}");
}

#[test]
fn the_reasons_are_terms_of_the_sum() {
    let seen = observation(MANY, true);
    let mut artefact = champion(1.0).artefact().clone();
    let vector = seen.vector();
    let shown = PAIRS.iter().find(|pair| pair.rows.iter().all(|row| vector[*row] > 0.0)).unwrap();
    artefact.pairs = vec![Paired {
        code: shown.code.to_owned(),
        features: shown.features().map(|feature| feature.code.to_owned()),
        cuts: shown.rows.map(|row| vector[row]),
        weight: 4.0 * lawful(shown.direction),
    }];
    let champion = Classifier::new(artefact).unwrap();
    let made = suspicion(Some(&champion), &seen, bands());
    let scored = champion.score(&made.vector);
    assert_eq!((made.log_odds, made.score), (Some(scored.log_odds), Some(scored.probability)));
    assert_eq!(made.model.as_ref(), Some(champion.id()));
    let pair = made.reasons.iter().find(|reason| reason.feature == shown.code).unwrap();
    assert_eq!(pair.contribution, scored.contributions[FEATURES.len()]);
    assert_eq!(pair.text, shown.text(&seen));
    for reason in made.reasons.iter().filter(|reason| reason.feature != shown.code) {
        match FEATURES.iter().position(|feature| feature.code == reason.feature) {
            Some(row) => assert_eq!(reason.contribution, scored.contributions[row]),
            None => assert_eq!(Some(&reason.contribution), scored.contributions.last()),
        }
    }
    assert!(made.reasons.iter().all(|reason| !reason.text.contains("举报")), "{:?}", made.reasons);
}

/// Any model that the loader takes: steps of any size within law and caps.
fn any_model() -> impl Strategy<Value = Classifier> {
    let sizes = proptest::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), FEATURES.len());
    (sizes, -6.0..0.4_f64, 0.2..3.0_f64).prop_map(|(sizes, baseline, slope)| {
        let mut artefact = artefact();
        for ((feature, bent), (one, two)) in FEATURES.iter().zip(&mut artefact.features).zip(sizes) {
            let most = feature.cap.unwrap_or(4.0) / 2.0 / slope;
            let sign = lawful(feature.direction);
            let cuts = vec![feature.most / 16.0, feature.most / 4.0];
            *bent = Bent {
                code: bent.code.clone(),
                cuts,
                steps: vec![sign * one * most, sign * two * most],
                ..Bent::default()
            };
        }
        artefact.pairs.clear();
        artefact.platt.a = slope;
        artefact.intercept = baseline / slope;
        artefact.pointers.most = (0.405 - baseline).max(0.0);
        Classifier::new(artefact).unwrap()
    })
}

fn any_vector() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(0.0..=1.0_f64, FEATURES.len())
        .prop_map(|shares| shares.iter().zip(FEATURES).map(|(share, feature)| share * feature.most).collect())
}

proptest! {
    /// Show 2: no set of item (5) and context reaches High; a fact more never lowers; without facts High is nobody's.
    #[test]
    fn the_structure_holds_for_any_model(model in any_model(), vector in any_vector(), row in 0..FEATURES.len(), more in 0.0..64.0) {
        let without: Vec<f64> = vector.iter().zip(FEATURES)
            .map(|(value, feature)| if feature.is_fact() { 0.0 } else { *value }).collect();
        let scored = model.score(&without);
        prop_assert!(scored.probability <= POINTERS_MOST + 1e-9, "{}", scored.probability);
        let ranked = terms(&model, &without, &scored.contributions, bands());
        prop_assert!(ranked.iter().all(|term| term.rank == Rank::Rest));
        if FEATURES[row].is_fact() {
            let mut raised = vector.clone();
            raised[row] += more;
            prop_assert!(model.score(&raised).log_odds >= model.score(&vector).log_odds);
        }
    }
}
