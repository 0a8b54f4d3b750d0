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
        // A cut at 0 would let what is absent count.
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
    assert!(matches!(refuse(&|model| model.pairs[1].weight = f64::NAN), ArtefactError::NotFinite("pairs")));
    assert!(matches!(refuse(&|model| model.pairs.swap(0, 1)), ArtefactError::Pairs));
    assert!(matches!(refuse(&|model| model.pairs[1] = model.pairs[0].clone()), ArtefactError::Pairs));
    assert!(matches!(refuse(&|model| model.pairs[0].code.push('x')), ArtefactError::Pairs));
    assert!(matches!(refuse(&|model| model.pairs[0].features.reverse()), ArtefactError::Pairs));
}
