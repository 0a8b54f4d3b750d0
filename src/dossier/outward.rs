//! A dossier for the applicant (对外): without third parties and without what the bureau noted for itself.

use super::{Dossier, Entry, Item, Linked};
use crate::domain::ids::RegistrationNumber;
use crate::evidence::masked;

/// Facts by which a person can be reached or identified.
const HIDDEN: [&str; 6] = ["联系电话", "证件号码", "通讯地址", "收货地址", "电子邮箱", "收款账户"];

impl Dossier {
    /// The same for the applicant. `kept` are the linked complaints that the outward evidence sheet names, which are of the
    /// applicant's own.
    #[must_use]
    pub(crate) fn outward(self, kept: &[RegistrationNumber]) -> Self {
        let entry = |entry: Entry| Entry {
            text: entry.text.map(|text| masked(&text)),
            title: masked(&entry.title),
            warnings: Vec::new(),
            ..entry
        };
        let item = |item: Item| Item { shows: masked(&item.shows), ..item };
        let own = |one: Linked| Linked { respondent: None, ..one };
        let mut facts = self.facts.into_exposed();
        facts.retain(|fact| !HIDDEN.contains(&fact.name.as_str()));
        for fact in &mut facts {
            fact.value = masked(&fact.value);
        }
        let mut decisions = self.decisions.into_exposed();
        for decided in &mut decisions {
            decided.reason = decided.reason.take().map(|reason| masked(&reason));
            // The finding is the bureau's own judgement of the conduct, not a reason that was told.
            decided.finding = None;
        }
        let timeline = self.timeline.into_exposed().into_iter().filter(|entry| !entry.internal).map(entry);
        let evidence = self.evidence.into_exposed().into_iter().filter(|item| !item.internal).map(item);
        let linked = self.linked.into_iter().filter(|one| kept.contains(&one.number)).map(own);
        let standing = self.standing.into_iter().filter(|fact| fact.name != "研判意见");
        Self {
            outward: true,
            facts: facts.into(),
            standing: standing.collect(),
            timeline: timeline.collect::<Vec<_>>().into(),
            decisions: decisions.into(),
            evidence: evidence.collect::<Vec<_>>().into(),
            linked: linked.collect(),
            ..self
        }
    }
}
