//! What a complaint's template tells: who else wrote it, against whom, and the near-duplicate to lay beside it.

use crate::domain::evidence::NearDuplicate;

use super::history::{Entry, KeyHashes};
use super::links::Cluster;
use super::observation::Tally;

/// Whether an earlier complaint is of the same template.
pub(super) fn is_of(this: &Entry, entry: &Entry) -> bool {
    this.template.is_some() && entry.template == this.template
}

/// Whether an earlier complaint is of the same plan: goods, defect and demand, in whatever words.
pub(super) fn is_of_plan(this: &Entry, entry: &Entry) -> bool {
    this.shares(entry, |matter| matter.plan)
}

/// How many operators each person of a template complains of, in tenths, ten being one each: a gang's wording goes
/// to many shops by few hands, a chat group's to one shop, a public sample's once by each. Counted as of two
/// operators; the complainant's cluster is one person.
pub(super) fn spread(this: &Entry, template: &[&Entry], cluster: &Cluster<'_>) -> Tally {
    let operators =
        Tally::distinct(template, |entry| entry.respondent.filter(|_| entry.respondent != this.respondent));
    if operators.count == 0 {
        return Tally::default();
    }
    let persons = 1 + others(template, cluster);
    Tally { count: (operators.count + 1) * 10 / persons, records: operators.records }
}

/// Persons of the template outside the cluster.
fn others(template: &[&Entry], cluster: &Cluster<'_>) -> usize {
    Tally::distinct(template, |entry| entry.person.filter(|_| !cluster.has(entry))).count
}

/// The near-duplicate: the newest earlier complaint of the template against another operator, else the newest at all.
pub(super) fn near_duplicate(
    key_hashes: &KeyHashes,
    this: &Entry,
    template: &[&Entry],
    cluster: &Cluster<'_>,
) -> Option<NearDuplicate> {
    let elsewhere = template.iter().find(|entry| entry.respondent != this.respondent);
    let newest = elsewhere.or(template.first())?;
    let own = template.iter().any(|entry| cluster.has(entry));
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Some(NearDuplicate {
        number: newest.number.clone(),
        own: cluster.has(newest),
        likeness_percent: key_hashes.likeness_percent,
        complaints: count(template.len()),
        respondents: count(Tally::distinct(template, |entry| entry.respondent).count),
        persons: count(others(template, cluster) + usize::from(own)),
    })
}
