//! Models made by hand.

use triage::app::{App, FIRST_BUREAU};
use triage::domain::command::Command;
use triage::features::{Direction, FEATURES, Feature, schema_hash};
use triage::model::Artefact;
use triage::model::artefact::FORMAT;

/// A model that fits this program. Every feature says `size` more, or less, where the law lets it, at each of two cuts.
/// The law fixes those signs, so no model is the negation of another; the model of `-size` puts at the bottom what the
/// model of `size` puts at the top.
pub(crate) fn artefact(size: f64) -> Artefact {
    let bent = |feature: &Feature| {
        let sign = if feature.direction == Direction::LessSuspicious { -1.0 } else { 1.0 };
        let step = sign * size.abs().min(feature.cap.unwrap_or(f64::MAX) / 2.0);
        let cuts = [feature.most / 64.0, feature.most / 2.0];
        serde_json::json!({ "code": feature.code, "cuts": cuts, "steps": [step, step] })
    };
    let features: Vec<_> = FEATURES.iter().map(bent).collect();
    // With item (5) and context held below the band High, as the loader wants it.
    let (slope, offset) = (0.7, size * 0.25);
    let intercept = if size < 0.0 { -40.0 } else { -offset / slope };
    let pointers: Vec<_> = FEATURES.iter().filter(|one| one.is_pointer()).map(|one| one.code).collect();
    let pointers = serde_json::json!({ "codes": pointers, "most": 0.4 - (slope * intercept + offset) });
    let artefact = serde_json::json!({
        "format": FORMAT, "source": "bureau", "made_by": "a proof", "schema_hash": schema_hash(), "features": features,
        "pairs": [], "pointers": pointers, "intercept": intercept, "ridge": 3.0,
        "platt": { "a": slope, "b": offset },
        "mark_errors": { "wrong": 0.0, "missed": 0.0 },
        "trained_on": { "examples": 10, "suspected": 5, "findings": 10, "clusters": 10, "first": 1, "last": 10 },
        "metrics": { "roc_auc": 0.9, "pr_auc": 0.8, "brier": 0.1, "log_loss": 0.3, "ece": 0.02 },
        "held_out": null,
        "note": "made by hand for a proof",
    });
    serde_json::from_value(artefact).unwrap()
}

/// Makes a model the champion.
pub(crate) async fn use_model(app: &App, artefact: &Artefact) {
    let model = app.add_model(FIRST_BUREAU, artefact).await.unwrap();
    app.act(FIRST_BUREAU, Command::UseModel { model }).await.unwrap();
}
