//! Models made by hand.

use triage::app::{App, FIRST_BUREAU};
use triage::domain::command::Command;
use triage::features::{FEATURES, schema_hash};
use triage::model::Artefact;
use triage::model::artefact::FORMAT;

/// A model that fits this program. Every feature weighs `sign`; its negation is the model of `-sign`.
pub(crate) fn artefact(sign: f64) -> Artefact {
    let features: Vec<&str> = FEATURES.iter().map(|feature| feature.code).collect();
    let artefact = serde_json::json!({
        "format": FORMAT, "source": "bureau", "made_by": "a proof", "schema_hash": schema_hash(), "features": features,
        "weights": vec![sign; FEATURES.len()], "intercept": sign * 2.0, "platt": { "a": 0.7, "b": sign * 0.25 },
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
