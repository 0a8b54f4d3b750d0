//! One complaint with its past, observed as of its receive time.

use std::sync::Arc;

use crate::domain::decision::MOST_RECORDS;
use crate::domain::evidence::{Evidence, GuardKind, IdentityKey};
use crate::domain::ids::{RegistrationNumber, Track};
use crate::domain::submission::{Channel, Part, Submission};
use crate::domain::text::AmountFen;
use crate::domain::time::Timestamp;

use super::guards;
use super::history::{Entry, History, KeyHash, KeyHashes, Lacking, Recency, Window};
use super::links::{self, Cluster, KeyUse};
use super::near_duplicates;
use super::signals::Signals;
use super::table::FEATURES;

/// Days that are a short time (短期), and the most that may be called so.
const SHORT: i64 = 30;
const LESS_SHORT: i64 = 90;

/// A count over the past with the newest records it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many.
    pub count: usize,
    /// The newest of them, at most five.
    pub records: Vec<RegistrationNumber>,
}

impl Tally {
    /// Entries (newest first) that `keep` holds for.
    pub(super) fn of(entries: &[&Entry], keep: impl Fn(&Entry) -> bool) -> Self {
        let kept: Vec<&Entry> = entries.iter().copied().filter(|entry| keep(entry)).collect();
        Self::new(kept.len(), &kept)
    }

    /// Distinct values of `key`, with the newest entry of each.
    pub(super) fn distinct(entries: &[&Entry], key: impl Fn(&Entry) -> Option<i64>) -> Self {
        let mut seen: Vec<i64> = Vec::new();
        let mut firsts: Vec<&Entry> = Vec::new();
        for entry in entries {
            if let Some(value) = key(entry)
                && !seen.contains(&value)
            {
                seen.push(value);
                firsts.push(entry);
            }
        }
        Self::new(firsts.len(), &firsts)
    }

    fn new(count: usize, entries: &[&Entry]) -> Self {
        Self { count, records: entries.iter().take(MOST_RECORDS).map(|entry| entry.number.clone()).collect() }
    }
}

/// Everything the feature table reads of one complaint. Made by [`observe`].
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Linked complaints about other disputes in 30, 90 and 365 days.
    pub(super) linked: [Tally; 3],
    pub(super) respondents: Tally,
    /// Purchases of the same goods or from the same operator in 30 days, this one's included.
    pub(super) purchases: Tally,
    pub(super) same_operator: Tally,
    /// Against other operators, for goods of the same kind, in 30 days.
    pub(super) same_goods: Tally,
    pub(super) same_problem: Tally,
    /// In 90 days: the operator, the goods or the problem the same.
    pub(super) alike: Tally,
    pub(super) same_day: Tally,
    pub(super) same_plan: Tally,
    /// In 90 days: other operators claimed from, where this is a claim.
    pub(super) claims: Tally,
    /// In 90 days, about dates, labels or advertisements, as this one is.
    pub(super) target: Tally,
    pub(super) same_dispute: Tally,
    pub(super) names: Tally,
    /// Of the linked complaints of 90 days about other disputes, those under other names.
    pub(super) of_others: usize,
    pub(super) contacts: Tally,
    pub(super) own_near_duplicates: Tally,
    /// Other persons' complaints of the template against other operators.
    pub(super) others_near_duplicates: Tally,
    /// Operators a person of the template complains of, in tenths.
    pub(super) template_spread: Tally,
    pub(super) burst: Tally,
    pub(super) signals: Arc<Signals>,
    pub(super) amount_fen: Option<i64>,
    /// Told on the telephone and written down by somebody else.
    pub(super) by_hotline: bool,
    pub(super) evidence: Evidence,
    pub(super) cluster_id: Option<i64>,
}

impl Observation {
    /// The feature vector, in the order of [`FEATURES`], each in its feature's unit.
    pub fn vector(&self) -> Vec<f64> {
        FEATURES.iter().map(|feature| feature.value(self)).collect()
    }

    /// Whether anything of the complainant's own is known; without it the past is unknown, not empty.
    pub fn identified(&self) -> bool {
        self.evidence.guards.iter().all(|guard| guard.kind != GuardKind::TooLittleKnown)
    }

    /// Whose complaint it is, for taking turns in a queue (promise 9): of the persons of the cluster, keyed, the least. No
    /// feature.
    pub fn cluster_id(&self) -> Option<i64> {
        self.cluster_id
    }

    /// Whether many persons complain of the same operator at once (群体事件).
    pub fn is_mass_incident(&self) -> bool {
        self.evidence.guards.iter().any(|guard| guard.kind == GuardKind::MassIncident)
    }

    /// Whether several persons act together here: other names behind one contact, which no crowd explains.
    pub fn is_concert(&self) -> bool {
        self.names.count > 0
    }

    /// Links, near-duplicate and look-alikes.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }
}

/// Observes the complaint part of `submission` as of its receive time (promise 5).
///
/// `itself` is the place of the submission's own earlier version, which must not count (amendments). The report
/// part is not looked at (promise 4). Where the history lacks what the cluster leads to, the key hashes to be read are
/// named instead.
pub fn observe(
    submission: &Submission,
    key_hashes: &KeyHashes,
    history: &History,
    itself: Option<Recency>,
) -> Result<Observation, Lacking> {
    let received = submission.received.at;
    let window = Window::of(received);
    let this = &key_hashes.entry(submission.number.clone(), Recency::after(received));
    let mut cluster = links::cluster(this, history, window, itself);
    let groups: Vec<KeyHash> =
        key_hashes.groups().filter(|key_hash| !history.is_read(*key_hash, window.before)).collect();
    if !cluster.lacking.is_empty() || !groups.is_empty() {
        return Err(Lacking { keys: std::mem::take(&mut cluster.lacking), groups });
    }
    let complaint = submission.part(Track::Complaint);
    let past = Past { this, received, own: &cluster.complaints };
    let under = |key_hash| history.under(key_hash, window, itself);
    let template = this.template.map(|template| under(KeyHash::of_template(template))).unwrap_or_default();
    let neighbours = key_hashes.respondent.map(under).unwrap_or_default();
    let burst = past.burst(&neighbours, &cluster);
    let signals = signals(complaint, key_hashes);
    let seen = guards::Seen { past: &past, key_hashes, cluster: &cluster, history, template: &template };
    let evidence = Evidence {
        guards: guards::guards(&seen, &burst, &signals, submission),
        links: cluster.links.iter().take(links::MOST_LINKS).cloned().collect(),
        near_duplicate: near_duplicates::near_duplicate(key_hashes, this, &template, &cluster),
        linked: cluster.numbers(),
    };
    let persons = cluster.complaints.iter().filter_map(|entry| entry.person);
    let other = |entry: &Entry| !this.is_same_dispute(entry);
    Ok(Observation {
        cluster_id: persons.chain(this.person).min(),
        linked: [30, 90, 365].map(|days| past.tally(days, other)),
        respondents: Tally::distinct(past.own, |entry| entry.respondent.filter(|_| this.is_elsewhere(entry))),
        purchases: past.purchases(),
        same_operator: past.beside_claims(SHORT, |entry| this.is_of_operator(entry) && other(entry)),
        same_goods: past.beside_claims(SHORT, |entry| past.is_same_goods(entry) && this.is_elsewhere(entry)),
        same_problem: past.tally(SHORT, |entry| past.is_same_claim(entry) && other(entry)),
        alike: past.beside_claims(LESS_SHORT, |entry| past.is_alike(entry) && other(entry)),
        same_day: past.same_day(),
        same_plan: past.tally(LESS_SHORT, |entry| near_duplicates::is_of_plan(this, entry) && other(entry)),
        claims: past.claims(),
        target: past
            .tally(LESS_SHORT, |entry| is_target(this) && past.is_same_problem(entry) && other(entry)),
        same_dispute: past.tally(365, |entry| this.is_same_dispute(entry)),
        names: names(this, &cluster, past.since(LESS_SHORT)),
        of_others: past.tally(LESS_SHORT, |entry| this.is_of_another_name(entry) && other(entry)).count,
        contacts: contacts(this, &cluster),
        own_near_duplicates: past
            .tally(LESS_SHORT, |entry| near_duplicates::is_of(this, entry) && this.is_elsewhere(entry)),
        others_near_duplicates: Tally::of(&template, |entry| this.is_elsewhere(entry) && !cluster.has(entry)),
        template_spread: near_duplicates::spread(this, &template, &cluster),
        burst,
        signals,
        amount_fen: complaint.and_then(|part| part.amount_fen.known()).copied().map(AmountFen::fen),
        by_hotline: is_from_hotline(submission),
        evidence,
    })
}

/// What the words say, as they were read for the key hashes; of key hashes made without them, they are read here.
fn signals(complaint: Option<&Part>, key_hashes: &KeyHashes) -> Arc<Signals> {
    let read = || complaint.map(Signals::of).unwrap_or_default().into();
    key_hashes.signals.clone().unwrap_or_else(read)
}

/// Whether somebody at a hotline wrote the text: its wording is theirs.
pub(super) fn is_from_hotline(submission: &Submission) -> bool {
    matches!(submission.channel.known(), Some(Channel::Hotline | Channel::CityHotline))
}

/// The key hashes that [`observe`] would find lacking.
pub fn lacking(submission: &Submission, key_hashes: &KeyHashes, history: &History) -> Vec<KeyHash> {
    let received = submission.received.at;
    let this = key_hashes.entry(submission.number.clone(), Recency::after(received));
    links::cluster(&this, history, Window::of(received), None).lacking
}

/// The complaint and its cluster's earlier ones.
pub(super) struct Past<'a> {
    pub(super) this: &'a Entry,
    pub(super) received: Timestamp,
    pub(super) own: &'a [&'a Entry],
}

impl Past<'_> {
    /// Own complaints of the last `days` that `keep` holds for.
    pub(super) fn tally(&self, days: i64, keep: impl Fn(&Entry) -> bool) -> Tally {
        let since = self.since(days);
        Tally::of(self.own, |entry| entry.recency >= since && keep(entry))
    }

    /// The same of complaints that are claims, or any beside a claim: who is often brought a cold meal and wants no more than
    /// the price back has as many ordinary disputes.
    fn beside_claims(&self, days: i64, keep: impl Fn(&Entry) -> bool) -> Tally {
        self.tally(days, |entry| self.is_beside_a_claim(entry) && keep(entry))
    }

    fn is_beside_a_claim(&self, entry: &Entry) -> bool {
        is_claim(self.this) || is_claim(entry)
    }

    /// The first place of a window of `days`.
    pub(super) fn since(&self, days: i64) -> Recency {
        Recency::after(self.received.plus_seconds(-days * 86_400))
    }

    fn is_same_goods(&self, entry: &Entry) -> bool {
        self.this.shares(entry, |matter| matter.goods)
    }

    fn is_same_problem(&self, entry: &Entry) -> bool {
        self.this.shares(entry, |matter| matter.problem)
    }

    /// Both are claims, about one kind of problem: a category of problems alone is wide, all food or all quality.
    fn is_same_claim(&self, entry: &Entry) -> bool {
        is_claim(self.this) && is_claim(entry) && self.is_same_problem(entry)
    }

    /// The operator, the kind of goods or the kind of problem the same: what Art. 17(2) counts.
    pub(super) fn is_alike(&self, entry: &Entry) -> bool {
        self.this.is_of_operator(entry) || self.is_same_goods(entry) || self.is_same_problem(entry)
    }

    /// Purchases of the same kind of goods or from the same operator, by order number, else by day; this one's too.
    fn purchases(&self) -> Tally {
        let since = self.since(SHORT);
        let of = |entry: &Entry| entry.matter.and_then(|matter| matter.purchase());
        let own = of(self.this);
        let mut bought = Tally::distinct(self.own, |entry| {
            let is_of = (self.this.is_of_operator(entry) || self.is_same_goods(entry))
                && self.is_beside_a_claim(entry);
            of(entry).filter(|mark| Some(*mark) != own && entry.recency >= since && is_of)
        });
        bought.count += usize::from(own.is_some() && bought.count > 0);
        bought
    }

    /// Other operators complained of for goods of the same kind within a day: shops walked through one after another.
    fn same_day(&self) -> Tally {
        let since = self.since(1);
        Tally::distinct(self.own, |entry| {
            let swept = entry.recency >= since
                && self.is_same_goods(entry)
                && self.this.is_elsewhere(entry)
                && self.is_beside_a_claim(entry);
            entry.respondent.filter(|_| swept)
        })
    }

    /// Other operators claimed from: about dates, labels and advertisements, or for more than the loss, as this one is.
    fn claims(&self) -> Tally {
        let since = self.since(LESS_SHORT);
        let of_claim =
            |entry: &Entry| entry.recency >= since && is_claim(entry) && self.this.is_elsewhere(entry);
        Tally::distinct(self.own, |entry| entry.respondent.filter(|_| is_claim(self.this) && of_claim(entry)))
    }

    /// Other persons against the same operator within seven days.
    fn burst(&self, neighbours: &[&Entry], cluster: &Cluster<'_>) -> Tally {
        let since = self.since(7);
        Tally::distinct(neighbours, |entry| {
            entry.person.filter(|_| entry.recency >= since && !cluster.has(entry))
        })
    }
}

/// Other names that use a key of this one as one group with it (Art. 17(4)), and have done so since then: those of a year may each
/// have borrowed a telephone once. A family, a hotel and a hotline are not one group, and who is reached through others only uses
/// no contact of this one.
fn names(this: &Entry, cluster: &Cluster<'_>, since: Recency) -> Tally {
    let groups = cluster.held.iter().filter(|held| held.key_use == KeyUse::OneGroup);
    let mut beside: Vec<&Entry> = groups.flat_map(|held| held.complaints.iter().copied()).collect();
    beside.retain(|entry| entry.recency >= since && cluster.has(entry));
    beside.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.recency));
    Tally::distinct(&beside, |entry| entry.name.filter(|_| entry.name != this.name))
}

/// Whether it is about dates, labels or advertisements, or asks for more than the loss.
fn is_claim(entry: &Entry) -> bool {
    entry.matter.is_some_and(|matter| matter.is_claim())
}

fn is_target(entry: &Entry) -> bool {
    entry.matter.is_some_and(|matter| matter.is_target)
}

/// Other phones in the cluster: one group with many numbers.
fn contacts(this: &Entry, cluster: &Cluster<'_>) -> Tally {
    let mine = this.keys_of(IdentityKey::Phone);
    Tally::distinct(&cluster.complaints, |entry| {
        let phone = entry.keys[IdentityKey::Phone as usize];
        phone.filter(|phone| !mine.contains(phone)).map(KeyHash::number)
    })
}

#[cfg(test)]
pub(super) mod tests;
