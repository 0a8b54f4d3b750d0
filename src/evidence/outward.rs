//! A sheet for readers outside the bureau (对外): without what the law protects of others - numbers by which a person can be reached
//! or identified, texts, files and operators that are not of this dispute - and without a probability that was computed from
//! made-up complaints.

use super::mask::masked;
use super::{Earlier, Row, Scored, Sheet};
use crate::domain::ids::RegistrationNumber;
use crate::model::Source;

impl Sheet {
    /// The same sheet for readers outside. Its own unit gets the loads of other units in no form.
    #[must_use]
    pub fn outward(self) -> Self {
        let own = self.complaint.expose().respondent.clone();
        // Linked complaints are of this complainant's own cluster; what only a look-alike or a template leads to is a stranger's.
        let is_linked = |one: &Earlier| one.named_by.iter().any(|by| by.starts_with("关联"));
        let earlier: Vec<Earlier> = self
            .earlier
            .into_iter()
            .filter(is_linked)
            .map(|one| Earlier {
                respondent: one.respondent.filter(|name| Some(name) == own.as_ref()),
                ..one
            })
            .collect();
        let kept = |records: &mut Vec<RegistrationNumber>| {
            records.retain(|number| earlier.iter().any(|one| one.number == *number));
        };
        let mut complaint = self.complaint.into_exposed();
        (complaint.phone, complaint.resident_id) = (None, None);
        complaint.text = complaint.text.map(|text| masked(&text, &[]));
        for demand in &mut complaint.demands {
            *demand = masked(demand, &[]);
        }
        let simulated = self.score.model_source == Some(Source::Simulated);
        let mut score = if simulated { without_numbers(self.score) } else { self.score };
        for reason in &mut score.reasons {
            kept(&mut reason.records);
        }
        let mut guards = self.guards;
        for guard in &mut guards {
            kept(&mut guard.records);
        }
        let bare = |row: Row| Row { probability: row.probability.filter(|_| !simulated), ..row };
        Self {
            outward: true,
            complaint: complaint.into(),
            score,
            scores: self.scores.into_iter().map(bare).collect(),
            guards,
            near_duplicate: self.near_duplicate.filter(|compared| compared.near_duplicate.own),
            earlier,
            routing: self.routing.map(super::Sent::without_loads),
            ..self
        }
    }
}

/// The band and the facts, without a number that simulated complaints have made.
fn without_numbers(score: Scored) -> Scored {
    let mut reasons = score.reasons;
    for reason in &mut reasons {
        reason.contribution = None;
    }
    Scored {
        probability: None,
        log_odds: None,
        baseline: None,
        rest: None,
        terms: Vec::new(),
        reasons,
        ..score
    }
}
