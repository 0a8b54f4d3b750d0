//! What each part of the feature table adds: our own fit with a group of features held at nothing, judged on what it
//! has not seen.
//!
//! `cargo bench --bench ablation -- trained.csv judged.csv truth.csv`: the tables of `benches/peers/` (its `--out`).

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::HashMap;

use triage::domain::time::Timestamp;
use triage::features::FEATURES;
use triage::model::{Artefact, Classifier, Source};
use triage::training::metrics::measure;
use triage::training::{Example, Origin, Trust, fit};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Features by what they come from.
const GROUPS: &[(&str, &[&str])] = &[
    ("counts of linked complaints", &["linked_30d", "linked_90d", "linked_365d"]),
    ("purchases by order and day", &["purchases_30d"]),
    ("one operator", &["same_operator_30d"]),
    ("one kind of goods", &["same_goods_30d", "same_day_shops"]),
    ("one kind of problem", &["same_problem_30d", "alike_90d"]),
    ("one kind of demand", &["claims_90d"]),
    ("other operators in a year", &["respondents_365d"]),
    ("a dispute told again", &["same_dispute_365d"]),
    ("names and phones in the cluster", &["shared_names", "other_phones"]),
    ("template twins", &["own_twins_90d", "same_plan_90d", "others_twins_365d", "template_spread"]),
    ("burst", &["burst_7d"]),
    ("demand", &["punitive_demand", "award_ratio"]),
    ("citations, formal wording", &["citations", "formal_wording"]),
    ("target: label, harm", &["label_target", "harm_or_service"]),
    ("purchase", &["quantity_over_usual", "split_orders", "knowing_purchase"]),
    ("proof", &["proof_shown", "proof_missing"]),
    ("amount", &["amount_yuan"]),
];

/// One row of a logged table.
struct Row {
    order: i64,
    group: i64,
    suspected: Option<bool>,
    vector: Vec<f64>,
}

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [trained, judged, truth] = arguments.as_slice() else {
        return Err("say trained.csv judged.csv truth.csv, as benches/peers writes them".into());
    };
    let (trained, judged) = (table(trained)?, table(judged)?);
    let mut truths = HashMap::new();
    for record in csv::Reader::from_path(truth)?.records() {
        let record = record?;
        truths.insert(record[0].parse::<i64>()?, &record[1] == "1");
    }
    println!("{:<34} {:>8} {:>8} {:>8} {:>8}", "without", "PR-AUC", "change", "ECE", "pairs");
    let (whole, ..) = judge(&trained, &judged, &truths, &[], true)?;
    let line = |name: &str, silent: &[&str], pairs: bool| -> Fallible<()> {
        let (pr_auc, ece, paired) = judge(&trained, &judged, &truths, silent, pairs)?;
        println!("{name:<34} {pr_auc:>8.4} {:>+8.4} {ece:>8.4} {paired:>8}", pr_auc - whole);
        Ok(())
    };
    line("nothing", &[], true)?;
    line("pairs", &[], false)?;
    for (name, codes) in GROUPS {
        line(name, codes, true)?;
    }
    for feature in FEATURES {
        line(feature.code, &[feature.code], true)?;
    }
    Ok(())
}

/// PR-AUC, ECE and the number of pairs of a fit that does not see these features.
fn judge(
    trained: &[Row],
    judged: &[Row],
    truths: &HashMap<i64, bool>,
    silent: &[&str],
    pairs: bool,
) -> Fallible<(f64, f64, usize)> {
    let seen = |row: &Row| {
        let known = FEATURES.iter().zip(&row.vector);
        known
            .map(|(feature, value)| if silent.contains(&feature.code) { 0.0 } else { *value })
            .collect::<Vec<_>>()
    };
    let examples: Vec<Example> = trained
        .iter()
        .filter_map(|row| {
            let (suspected, trust) = (row.suspected?, Trust::ImportedLabel);
            let (order, group, received) = (row.order, row.group, Timestamp(row.order * 1_000_000));
            Some(Example { vector: seen(row), suspected, trust, received, order, group })
        })
        .collect();
    let origin = Origin { source: Source::Simulated, made_by: "ablation".to_owned() };
    let artefact = fit(&examples, origin, None)?.artefact;
    let artefact = if pairs { artefact } else { Artefact { pairs: Vec::new(), ..artefact } };
    let paired = artefact.pairs.len();
    let classifier = Classifier::new(artefact)?;
    let last = trained.iter().map(|row| row.order).max().unwrap_or(0);
    let live = judged.iter().filter(|row| row.order > last);
    let (scores, truths): (Vec<f64>, Vec<bool>) = live
        .filter_map(|row| Some((classifier.score(&seen(row)).probability, *truths.get(&row.order)?)))
        .unzip();
    let metrics = measure(&scores, &truths).ok_or("nothing to judge")?;
    Ok((metrics.pr_auc, metrics.ece, paired))
}

fn table(path: &str) -> Fallible<Vec<Row>> {
    let mut reader = csv::Reader::from_path(path)?;
    let codes: Vec<String> = reader.headers()?.iter().skip(5).map(str::to_owned).collect();
    if codes != FEATURES.iter().map(|feature| feature.code.to_owned()).collect::<Vec<_>>() {
        return Err("a table of another feature table".into());
    }
    reader
        .records()
        .map(|record| {
            let record = record?;
            let suspected = Some(&record[3]).filter(|label| !label.is_empty()).map(|label| label == "1");
            let vector = record.iter().skip(5).map(str::parse).collect::<Result<_, _>>()?;
            Ok(Row { order: record[0].parse()?, group: record[2].parse()?, suspected, vector })
        })
        .collect()
}
