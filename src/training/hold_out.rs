//! The hold-out (留出检验): the latest complaints, scored by a fit on the earlier ones that has seen none of their
//! clusters, beside the champion and the bare base rate.

use std::collections::HashSet;

use crate::domain::ids::ModelId;
use crate::domain::time::Timestamp;
use crate::model::Classifier;
use crate::model::artefact::{HeldOut, Metrics, Source};

use super::fit::{Example, LEAST_OF_EACH, Origin, classes};
use super::metrics::measure;
use super::model::Model;

/// One in so many is held out: the latest ones.
const ONE_IN: usize = 4;

/// What the hold-out showed, or why there was none.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldOut {
    /// Both parts were large enough.
    Judged {
        /// The figures of the fit and of the base rate.
        figures: HeldOut,
        /// The champion's, when there is one.
        champion: Option<Box<ChampionFigures>>,
    },
    /// No figures, and why, in Chinese.
    NotDone(String),
}

impl HoldOut {
    /// The figures, if there are any.
    pub fn figures(&self) -> Option<&HeldOut> {
        match self {
            HoldOut::Judged { figures, .. } => Some(figures),
            HoldOut::NotDone(_) => None,
        }
    }
}

/// What the champion (现用模型) says of the complaints held out.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ChampionFigures {
    /// The champion.
    pub model: ModelId,
    /// Whose complaints it was trained on.
    pub source: Source,
    /// Its quality.
    pub metrics: Metrics,
    /// Complaints held out that were received within the span it was trained on, labelled then or later: there the
    /// comparison flatters it.
    pub within_its_training: usize,
}

/// The earlier complaints and the latest ones, with no time and no cluster in common.
pub(super) struct Split<'a> {
    pub earlier: Vec<&'a Example>,
    pub latest: Vec<&'a Example>,
    /// Latest ones left out because their cluster is among the earlier.
    pub known: Vec<&'a Example>,
    /// Receive time of the first complaint held out.
    pub from: Timestamp,
}

/// Splits by receive time, then takes the clusters that are on both sides out of the latest part.
pub(super) fn split<'a>(rows: &[&'a Example]) -> Option<Split<'a>> {
    let from = first_held_out(rows)?;
    let mut rows = rows.to_vec();
    rows.sort_by_key(|example| (example.received, example.order));
    let (earlier, latest): (Vec<_>, Vec<_>) = rows.into_iter().partition(|example| example.received < from);
    let seen: HashSet<i64> = earlier.iter().map(|example| example.group).collect();
    let (known, latest): (Vec<_>, Vec<_>) =
        latest.into_iter().partition(|example| seen.contains(&example.group));
    Some(Split { earlier, latest, known, from })
}

/// Receive time of the first of the latest complaints. What was received in one second stays on one side.
pub(super) fn first_held_out(rows: &[&Example]) -> Option<Timestamp> {
    let mut times: Vec<Timestamp> = rows.iter().map(|example| example.received).collect();
    times.sort_unstable();
    times.get(times.len() - times.len() / ONE_IN).copied()
}

/// Holds the latest rows out, if there is enough on both sides.
pub(super) fn hold_out(rows: &[&Example], champion: Option<&Classifier>) -> HoldOut {
    let Some(Split { earlier, latest, known, from }) = split(rows) else {
        return HoldOut::NotDone("样本太少，未作留出检验".to_owned());
    };
    let cluster_seen = known.len();
    let (suspected, cleared) = classes(&latest);
    if suspected.min(cleared) < LEAST_OF_EACH {
        return HoldOut::NotDone(format!(
            "最近部分的样本太少，未作留出检验：疑似 {suspected} 件，非疑似 {cleared} 件，两类各至少需要 {LEAST_OF_EACH} 件\
             （另有 {cluster_seen} 件因所属人群在此前出现过而不计）"
        ));
    }
    let origin = Origin { source: Source::Bureau, made_by: String::new() };
    let model = Model::fit(&earlier).and_then(|model| Ok(Classifier::new(model.artefact(&earlier, origin))?));
    let model = match model {
        Ok(model) => model,
        Err(error) => return HoldOut::NotDone(format!("较早部分不能单独训练，未作留出检验：{error}")),
    };
    let share = classes(&earlier).0 as f64 / earlier.len() as f64;
    let found: Vec<bool> = latest.iter().map(|example| example.suspected).collect();
    let judge = |probability: &dyn Fn(&Example) -> f64| {
        let scored: Vec<f64> = latest.iter().map(|example| probability(example)).collect();
        measure(&scored, &found)
    };
    let ours = judge(&|example| model.score(&example.vector).probability);
    let (Some(metrics), Some(base_rate)) = (ours, judge(&|_| share)) else {
        return HoldOut::NotDone("最近部分只有一类样本，未作留出检验".to_owned());
    };
    let all: Vec<&Example> = latest.iter().chain(&known).copied().collect();
    let probabilities: Vec<f64> =
        all.iter().map(|example| model.score(&example.vector).probability).collect();
    let suspected_of_all: Vec<bool> = all.iter().map(|example| example.suspected).collect();
    let champion = champion.and_then(|champion| {
        let metrics = judge(&|example| champion.score(&example.vector).probability)?;
        Some(Box::new(champion_figures(champion, metrics, &latest)))
    });
    let figures = HeldOut {
        from: from.day().to_string(),
        earlier: earlier.len() as u64,
        examples: latest.len() as u64,
        suspected: suspected as u64,
        cluster_seen: cluster_seen as u64,
        metrics,
        everybody: measure(&probabilities, &suspected_of_all).map(Box::new),
        base_rate,
    };
    HoldOut::Judged { figures, champion }
}

fn champion_figures(champion: &Classifier, metrics: Metrics, latest: &[&Example]) -> ChampionFigures {
    let artefact = champion.artefact();
    let known = artefact.trained_on.first..=artefact.trained_on.last;
    // Sequences of a simulated bureau say nothing of this one.
    let own = artefact.source == Source::Bureau;
    let within_its_training = latest.iter().filter(|example| own && known.contains(&example.order)).count();
    ChampionFigures { model: champion.id().clone(), source: artefact.source, metrics, within_its_training }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::training::fit::tests::{findings, lawful};
    use crate::training::fit::{Origin, Trust, fit};

    fn bare(order: i64, received: i64, group: i64) -> Example {
        let (vector, received) = (Vec::new(), Timestamp(received));
        Example { vector, suspected: false, trust: Trust::ImportedLabel, received, order, group }
    }

    proptest! {
        #[test]
        fn the_parts_share_no_time_and_no_cluster(
            drawn in proptest::collection::vec((0..50_i64, 0..30_i64), 0..200)
        ) {
            let examples: Vec<Example> =
                (0..).zip(&drawn).map(|(order, (received, group))| bare(order, *received, *group)).collect();
            let rows: Vec<&Example> = examples.iter().collect();
            let Some(split) = split(&rows) else {
                prop_assert!(rows.len() < ONE_IN);
                return Ok(());
            };
            prop_assert!(split.earlier.iter().all(|example| example.received < split.from));
            prop_assert!(split.latest.iter().all(|example| example.received >= split.from));
            let groups = |part: &[&Example]| part.iter().map(|row| row.group).collect::<HashSet<_>>();
            prop_assert!(groups(&split.earlier).is_disjoint(&groups(&split.latest)));
            // Nothing vanishes, and at least a quarter is on the late side before clusters are taken out.
            prop_assert_eq!(split.earlier.len() + split.latest.len() + split.known.len(), rows.len());
            prop_assert!((split.latest.len() + split.known.len()) * ONE_IN + ONE_IN > rows.len());
            let orders = |part: &[&Example]| part.iter().map(|row| row.order).collect::<HashSet<_>>();
            prop_assert!(orders(&split.earlier).is_disjoint(&orders(&split.latest)));
        }
    }

    fn origin(source: Source) -> Origin {
        Origin { source, made_by: "a test".to_owned() }
    }

    #[test]
    fn the_hold_out_is_told_beside_champion_and_base_rate() {
        let examples = findings(1_200, -1.0, lawful);
        let first = fit(&examples[..1_000], origin(Source::Bureau), None).unwrap();
        let champion = Classifier::new(first.artefact).unwrap();
        let fitted = fit(&examples, origin(Source::Bureau), Some(&champion)).unwrap();
        let HoldOut::Judged { figures, champion: Some(scored) } = &fitted.report.hold_out else {
            panic!("{}", fitted.report)
        };
        assert_eq!((figures.earlier, figures.examples + figures.cluster_seen), (900, 300));
        assert!(figures.metrics.pr_auc > 0.7 && figures.metrics.roc_auc > 0.8, "{}", fitted.report);
        assert_eq!(figures.base_rate.roc_auc, 0.5);
        assert!(
            (figures.base_rate.pr_auc - figures.suspected as f64 / figures.examples as f64).abs() < 1e-12
        );
        // The hundred that both have seen, but for the clusters left out; the artefact knows of no champion.
        assert_eq!(scored.within_its_training, 100);
        assert_eq!(fitted.artefact.held_out.as_ref(), Some(figures));
        assert_eq!(fitted.artefact, fit(&examples, origin(Source::Bureau), None).unwrap().artefact);

        let simulated = fit(&examples[..1_000], origin(Source::Simulated), None).unwrap();
        let champion = Classifier::new(simulated.artefact).unwrap();
        let fitted = fit(&examples, origin(Source::Bureau), Some(&champion)).unwrap();
        let HoldOut::Judged { champion: Some(scored), .. } = fitted.report.hold_out else { panic!() };
        assert_eq!(scored.within_its_training, 0, "its sequences are another bureau's");
    }

    #[test]
    fn too_little_is_said_in_words() {
        let fitted = fit(&findings(200, -1.5, lawful), origin(Source::Bureau), None).unwrap();
        let HoldOut::NotDone(why) = &fitted.report.hold_out else { panic!("{}", fitted.report) };
        assert!(why.contains("最近部分的样本太少") && why.contains("各至少需要 30 件"), "{why}");
        assert_eq!(fitted.artefact.held_out, None);
        assert!(fitted.report.to_string().contains(why));
    }
}
