//! A sheet for readers outside the bureau (对外): without what the law protects of others - numbers by which a person can be reached
//! or identified, texts, files and operators that are not of this dispute - and without a probability that was computed from
//! made-up complaints, or from marks alone.

use super::mask::masked;
use super::{Compared, Earlier, Linked, Row, Scored, Sheet, TemplateCounts, Withheld};
use crate::domain::evidence::NearDuplicate;
use crate::domain::ids::RegistrationNumber;
use crate::model::Source;

impl Sheet {
    /// The same sheet for readers outside. Its own unit gets the loads of other units in no form.
    #[must_use]
    pub fn outward(self) -> Self {
        let respondent = self.complaint.expose().respondent.clone();
        let all = self.earlier.len();
        let earlier: Vec<Earlier> = self
            .earlier
            .into_iter()
            .filter(|one| one.is_own)
            .map(|one| Earlier {
                respondent: one.respondent.filter(|name| Some(name) == respondent.as_ref()),
                ..one
            })
            .collect();
        let is_own = |number: &RegistrationNumber| earlier.iter().any(|one| one.number == *number);
        let kept = |records: &mut Vec<RegistrationNumber>| records.retain(&is_own);
        let (links, of_others): (Vec<Linked>, Vec<Linked>) = self
            .links
            .into_iter()
            .partition(|link| is_own(&link.to) && link.from.as_ref().is_none_or(&is_own));
        let (near_duplicate, strangers): (Vec<Compared>, Vec<Compared>) =
            self.near_duplicate.into_iter().partition(|compared| is_own(&compared.near_duplicate.number));
        let withheld = Withheld {
            links: of_others.len(),
            earlier: all - earlier.len(),
            near_duplicate: strangers.first().map(|compared| counts(&compared.near_duplicate)),
        };
        let mut complaint = self.complaint.into_exposed();
        (complaint.phone, complaint.resident_id, complaint.email) = (None, None, None);
        (complaint.address, complaint.delivery_address, complaint.payment_account) = (None, None, None);
        complaint.text = complaint.text.map(|text| masked(&text, &[]));
        for demand in &mut complaint.demands {
            *demand = masked(demand, &[]);
        }
        // Without a finding of an officer, the number says how such complaints were marked by others, not what they were.
        let unfounded = self.score.model_source == Some(Source::Simulated)
            || self.score.model_trained_on.is_none_or(|of| of.findings == 0);
        let mut score = if unfounded { without_numbers(self.score) } else { self.score };
        for reason in &mut score.reasons {
            let named = reason.records.len();
            kept(&mut reason.records);
            reason.withheld = named - reason.records.len();
        }
        let mut guards = self.guards;
        for guard in &mut guards {
            kept(&mut guard.records);
        }
        let bare = |row: Row| Row { probability: row.probability.filter(|_| !unfounded), ..row };
        Self {
            outward: true,
            complaint: complaint.into(),
            score,
            scores: self.scores.into_iter().map(bare).collect(),
            guards,
            links,
            near_duplicate: near_duplicate.into_iter().next(),
            earlier,
            withheld,
            routing: self.routing.map(super::Sent::without_loads),
            ..self
        }
    }
}

fn counts(of: &NearDuplicate) -> TemplateCounts {
    let NearDuplicate { likeness_percent, complaints, respondents, persons, .. } = *of;
    TemplateCounts { likeness_percent, complaints, respondents, persons }
}

/// The band and the facts, without a number that no finding stands behind.
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
