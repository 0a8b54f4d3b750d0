//! A decision in words: where a file went and why, how a complaint was scored and on what grounds.
//!
//! What is said of a complaint never mentions a report (promise 4).

use super::table::{hundredths, or_dash, table};
use crate::domain::deadline::Law;
use crate::domain::decision::{Barred, Candidate, Reason, Routing, Suspicion, officers_shown};
use crate::domain::ids::{RegistrationNumber, UnitId};
use crate::routing::Bureau;

/// Said with every score.
pub(super) const ADVICE: &str =
    "评分和理由仅供参考，不决定受理与否、期限和处理结果；是否受理由办案人员审查认定并写明理由。";

/// Name and code of a unit.
pub(super) fn unit(rules: &Bureau, id: &UnitId) -> String {
    rules.unit(id).map_or_else(|| id.to_string(), |unit| format!("{}（{id}）", unit.name))
}

/// Why a file went where it went, by the order that governed it, in one sentence.
pub(super) fn sentence(routing: &Routing, rules: &Bureau, law: Law) -> String {
    let name = rules.unit(&routing.unit).map_or(routing.unit.as_str(), |unit| unit.name.as_str());
    routing.sentence(name, law)
}

/// The units considered, with their loads; nothing when there were none.
pub(super) fn candidates(routing: &Routing, rules: &Bureau) -> Option<String> {
    let row = |candidate: &Candidate| {
        [
            unit(rules, &candidate.unit),
            hundredths(candidate.open_centiunits),
            officers_shown(candidate.centiofficers),
            or_dash(candidate.load().map(|load| format!("{load:.2}"))),
            hundredths(candidate.assigned_centiunits),
            officers_shown(candidate.month_centiofficers),
            or_dash(candidate.assigned_with(routing.centiunits).map(|share| format!("{share:.2}"))),
            if candidate.chosen { "选定" } else { candidate.barred.map_or("", Barred::zh) }.to_owned(),
        ]
    };
    let headings =
        ["候选单位", "未结工作量#", "在岗#", "人均未结#", "本月分得#", "本月在岗#", "人均分得#", ""];
    (!routing.candidates.is_empty()).then(|| table(headings, routing.candidates.iter().map(row)))
}

/// Band, score and model in one line.
pub(super) fn score(suspicion: &Suspicion) -> String {
    let band = suspicion.band.zh();
    // Nothing is certain: a probability is never printed as 1.
    let score = suspicion.score.map(|score| format!("，概率 {:.3}", score.min(0.999))).unwrap_or_default();
    let model = suspicion.model.as_ref().map(|model| format!("，模型 {model}")).unwrap_or_default();
    format!("“非生活消费需要”疑似程度（参考）：{band}{score}{model}")
}

/// Every reason with its factor, its weight and the numbers of the complaints it rests on.
pub(super) fn reasons(suspicion: &Suspicion) -> String {
    let reason = |(at, reason): (i32, &Reason)| {
        let records: Vec<&str> = reason.records.iter().map(RegistrationNumber::as_str).collect();
        let records =
            if records.is_empty() { String::new() } else { format!("\n     {}", records.join("、")) };
        format!("  {at}. {}（{}，{:+.2}）{records}", reason.text, reason.factor.zh(), reason.contribution)
    };
    let guards = suspicion
        .evidence
        .guards
        .iter()
        .map(|guard| format!("  易误判情形：{}。{}", guard.kind.zh(), guard.text));
    guards.chain((1..).zip(&suspicion.reasons).map(reason)).collect::<Vec<_>>().join("\n")
}
