//! Linked complainants (关联投诉人（组）): which earlier complaints belong to one cluster with this one, and by which keys.
//!
//! Nothing is stored but the keys of each complaint; a cluster is walked anew for every complaint, as of its receive
//! time, over what history has under its keys, their complaints' keys, and so on. So a future record, an amended fact
//! or a cut link changes no cluster that was walked before it, and none has to be mended after it (decision 0010).

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::domain::evidence::{IdentityKey, Link};
use crate::domain::ids::{RegistrationNumber, Sequence};

use super::history::{Entry, History, KeyHash, PLACES, Recency, Window};
use super::near_duplicates;

/// Keys whose complaints are looked at for one cluster.
const MOST_KEY_HASHES: usize = 24;

/// Links told with a decision.
pub(super) const MOST_LINKS: usize = 12;

/// Complaints of the cluster that are kept with a decision, for the sheet.
const MOST_LINKED: usize = 64;

/// Keys on the way from this complaint to the farthest of its cluster.
const MOST_STEPS: usize = 3;

/// From this many names on, a phone or an address that strangers use is called a relay; below it, a family's.
pub(super) const RELAY_NAMES: usize = 4;

/// Names under one key that make claims at different operators, from which they are one group.
const TRADE_NAMES: usize = 3;

/// Operators claimed from under one phone or address, from which even two names are one group.
const TRADE_OPERATORS: usize = 4;

/// Whose key it is, as far as this complaint's holder goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyUse {
    /// One name's, as far as names are known.
    Own,
    /// Several names', of which this one acts as one group with others: the same texts against several operators.
    OneGroup,
    /// Several names' without anything else in common: a family, a hotel, a hotline. Links a name with itself alone.
    Unrelated,
    /// On the bureau's list of relays. Links nobody.
    Relay,
}

/// What is known of one key of this complaint.
#[derive(Debug, Clone)]
pub(super) struct Held<'a> {
    pub(super) key: IdentityKey,
    pub(super) key_use: KeyUse,
    /// Distinct names under it, this complaint's included.
    pub(super) names: usize,
    /// Complaints under it, newest first.
    pub(super) complaints: Vec<&'a Entry>,
}

/// The cluster of one complaint.
#[derive(Debug, Default)]
pub(super) struct Cluster<'a> {
    /// Earlier complaints of it, newest first.
    pub(super) complaints: Vec<&'a Entry>,
    /// How they are linked, nearest first.
    pub(super) links: Vec<Link>,
    /// This complaint's own keys.
    pub(super) held: Vec<Held<'a>>,
    /// Keys that should have been looked at, and are not read yet.
    pub(super) lacking: Vec<KeyHash>,
}

impl Cluster<'_> {
    /// Whether an earlier complaint is of the cluster.
    pub(super) fn has(&self, entry: &Entry) -> bool {
        self.complaints.binary_search_by(|known| entry.recency.cmp(&known.recency)).is_ok()
    }

    /// The numbers of its latest complaints.
    pub(super) fn numbers(&self) -> Vec<RegistrationNumber> {
        self.complaints.iter().take(MOST_LINKED).map(|entry| entry.number.clone()).collect()
    }
}

/// A complaint whose keys are to be followed.
struct Holder<'a> {
    entry: &'a Entry,
    /// None for the complaint the cluster is of.
    number: Option<&'a RegistrationNumber>,
    steps: usize,
}

/// Walks the cluster of `this` complaint.
pub(super) fn cluster<'a>(
    this: &'a Entry,
    history: &'a History,
    window: Window,
    itself: Option<Recency>,
) -> Cluster<'a> {
    let mut walk =
        Walk { history, window, itself, seen: HashMap::new(), followed: HashSet::new(), lacking: Vec::new() };
    let mut members: BTreeMap<Recency, &Entry> = BTreeMap::new();
    let mut links = Vec::new();
    let mut waiting = VecDeque::from([Holder { entry: this, number: None, steps: 0 }]);
    while let Some(holder) = waiting.pop_front() {
        for (key, key_hash) in keys_of(holder.entry) {
            let Some(linked) = walk.follow(this, holder.entry, key, key_hash) else { continue };
            let fresh: Vec<&Entry> =
                linked.iter().copied().filter(|entry| !members.contains_key(&entry.recency)).collect();
            // Farther off, only what brings somebody new is worth telling.
            if holder.number.is_none() || !fresh.is_empty() {
                links.extend(link(key, holder.number, &linked));
            }
            members.extend(fresh.iter().map(|entry| (entry.recency, *entry)));
            let steps = holder.steps + 1;
            if steps < MOST_STEPS {
                waiting.extend(fresh.iter().map(|entry| Holder {
                    entry,
                    number: Some(&entry.number),
                    steps,
                }));
            }
        }
    }
    let held = keys_of(this)
        .filter_map(|(key, key_hash)| {
            let seen = walk.seen.get(&key_hash)?;
            let key_use = seen.key_use(this);
            Some(Held { key, key_use, names: seen.names.count, complaints: seen.complaints.clone() })
        })
        .collect();
    Cluster { complaints: members.into_values().rev().collect(), links, held, lacking: walk.lacking }
}

fn keys_of(entry: &Entry) -> impl Iterator<Item = (IdentityKey, KeyHash)> {
    PLACES.into_iter().zip(entry.keys).filter_map(|(key, key_hash)| Some((key, key_hash?)))
}

fn link(key: IdentityKey, from: Option<&RegistrationNumber>, linked: &[&Entry]) -> Option<Link> {
    // Farther off, the one it starts from is under the key as well.
    let linked: Vec<&Entry> = linked.iter().copied().filter(|entry| Some(&entry.number) != from).collect();
    let newest = linked.first()?;
    Some(Link {
        key,
        from: from.cloned(),
        to: newest.number.clone(),
        received: newest.recency.received().day(),
        complaints: u32::try_from(linked.len()).unwrap_or(u32::MAX),
        names: u32::try_from(names(linked.iter().copied()).len()).unwrap_or(u32::MAX),
    })
}

/// Whose complaint it is under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum KeyHolder {
    /// A name's, or that of the one who gives none: on a phone of which one name is known, that one's.
    Named(Option<i64>),
    /// Without a name where as many names as at a relay are known: anyone's, and each another's.
    Anyone(Recency),
}

impl KeyHolder {
    fn of(entry: &Entry, names: &Names) -> Self {
        match entry.name {
            None if names.count >= RELAY_NAMES => Self::Anyone(entry.recency),
            None => Self::Named(names.only),
            name => Self::Named(name),
        }
    }
}

/// The names under one key.
#[derive(Debug, Clone, Copy)]
struct Names {
    /// Distinct ones.
    count: usize,
    /// The only one of a phone.
    only: Option<i64>,
}

/// What a look at one mark showed.
struct Seen<'a> {
    is_relay: bool,
    names: Names,
    complaints: Vec<&'a Entry>,
    /// Faces by the group they act as; empty where all are one.
    groups: HashMap<KeyHolder, usize>,
}

impl Seen<'_> {
    fn key_holder(&self, entry: &Entry) -> KeyHolder {
        KeyHolder::of(entry, &self.names)
    }

    /// Whether two faces act as one group under this key.
    fn are_one(&self, one: KeyHolder, other: KeyHolder) -> bool {
        one == other || self.groups.get(&one) == self.groups.get(&other)
    }

    fn key_use(&self, this: &Entry) -> KeyUse {
        let this = self.key_holder(this);
        let is_another = |key_holder: &KeyHolder| *key_holder != this && self.are_one(*key_holder, this);
        if self.is_relay {
            KeyUse::Relay
        } else if self.names.count < 2 {
            KeyUse::Own
        } else if self.groups.is_empty() || self.groups.keys().any(is_another) {
            KeyUse::OneGroup
        } else {
            KeyUse::Unrelated
        }
    }
}

struct Walk<'a> {
    history: &'a History,
    window: Window,
    itself: Option<Recency>,
    seen: HashMap<KeyHash, Seen<'a>>,
    /// Marks followed, and for whom.
    followed: HashSet<(KeyHash, KeyHolder, Option<i64>)>,
    lacking: Vec<KeyHash>,
}

impl<'a> Walk<'a> {
    /// Complaints that `holder` is linked to by one of its keys; none when that is known already or bounded away.
    fn follow(
        &mut self,
        this: &Entry,
        holder: &Entry,
        key: IdentityKey,
        key_hash: KeyHash,
    ) -> Option<Vec<&'a Entry>> {
        if !self.seen.contains_key(&key_hash) {
            if self.seen.len() >= MOST_KEY_HASHES {
                return None;
            }
            if !self.history.is_read(key_hash, self.window.before) {
                self.lacking.push(key_hash);
            }
            let seen = self.read_key(this, key, key_hash);
            self.seen.insert(key_hash, seen);
        }
        let seen = self.seen.get(&key_hash)?;
        let person = holder.person.filter(|_| self.history.has_cuts(key_hash));
        if !self.followed.insert((key_hash, seen.key_holder(holder), person)) {
            return None;
        }
        Some(self.linked(this, holder, key_hash, seen))
    }

    /// What a person has cut from `holder` or from `this` is linked by no detour either.
    fn linked(&self, this: &Entry, holder: &Entry, key_hash: KeyHash, seen: &Seen<'a>) -> Vec<&'a Entry> {
        let is_linked = |entry: &&Entry| {
            !seen.is_relay
                && seen.are_one(seen.key_holder(holder), seen.key_holder(entry))
                && [this, holder].iter().all(|one| !self.is_cut(key_hash, one, entry))
        };
        seen.complaints.iter().copied().filter(is_linked).collect()
    }

    fn is_cut(&self, key_hash: KeyHash, one: &Entry, other: &Entry) -> bool {
        self.history.is_cut(key_hash, [(one.name, one.person), (other.name, other.person)])
    }

    fn read_key(&self, this: &Entry, key: IdentityKey, key_hash: KeyHash) -> Seen<'a> {
        let complaints = self.history.under(key_hash, self.window, self.itself);
        let this = Some(this).filter(|this| this.keys.contains(&Some(key_hash)));
        let all: Vec<&Entry> = this.into_iter().chain(complaints.iter().copied()).collect();
        let known = names(all.iter().copied());
        let only = known.first().copied().filter(|_| key == IdentityKey::Phone && known.len() == 1);
        let names = Names { count: known.len(), only };
        let groups =
            if key.is_shareable() { self.groups((key, key_hash), &all, &names) } else { HashMap::new() };
        Seen { is_relay: self.history.is_relay(key_hash), names, complaints, groups }
    }

    /// Names that act as one group: texts of one template, or one plan, against different operators; also claims, where most of what
    /// comes under the key is claims, of three names or at four operators, or of four names against one. At an address, that goes for
    /// names that make claims at several operators, or in one text. What others have in common makes nobody theirs, and
    /// however many others come between changes nothing.
    fn groups(
        &self,
        (key, key_hash): (IdentityKey, KeyHash),
        complaints: &[&Entry],
        names: &Names,
    ) -> HashMap<KeyHolder, usize> {
        let key_holders: Vec<KeyHolder> =
            complaints.iter().map(|entry| KeyHolder::of(entry, names)).collect();
        let claims = Claims::of(complaints, &key_holders, key);
        let mut groups: HashMap<KeyHolder, usize> = HashMap::new();
        for key_holder in &key_holders {
            let next = groups.len();
            groups.entry(*key_holder).or_insert(next);
        }
        for (at, one) in complaints.iter().enumerate() {
            let later = complaints.iter().enumerate().skip(at + 1);
            let alike = later.filter(|(place, other)| {
                key_holders[at] != key_holders[*place]
                    && if one.is_elsewhere(other) {
                        is_alike(one, other) || claims.trade && claims.are_claims(at, *place)
                    } else {
                        one.is_of_operator(other)
                            && claims.are_of_a_crowd_against(one.respondent)
                            && claims.are_claims(at, *place)
                    }
            });
            for (place, _) in alike.filter(|(_, other)| !self.is_cut(key_hash, one, other)) {
                let joined = [at, place].map(|at| groups.get(&key_holders[at]).copied());
                for group in groups.values_mut().filter(|group| Some(**group) == joined[1]) {
                    *group = joined[0].unwrap_or(*group);
                }
            }
        }
        groups
    }
}

/// One template, or one plan.
fn is_alike(one: &Entry, other: &Entry) -> bool {
    near_duplicates::is_of(one, other) || near_duplicates::is_of_plan(one, other)
}

/// Claims under one key, where most of what comes under it is claims: about dates, labels and advertisements, or for more than the loss.
struct Claims {
    /// Which of the complaints under the key are claims; none where claims do not prevail.
    at: Vec<bool>,
    /// They are of more names, or of more operators, than a family has.
    trade: bool,
    /// Operators against which they are of more names than a family has.
    crowded: HashSet<i64>,
}

impl Claims {
    fn of(complaints: &[&Entry], key_holders: &[KeyHolder], key: IdentityKey) -> Self {
        let is_claim = |entry: &Entry| entry.matter.is_some_and(|matter| matter.is_claim());
        let mut at: Vec<bool> = complaints.iter().map(|entry| is_claim(entry)).collect();
        // Two of three.
        if 3 * at.iter().filter(|claim| **claim).count() < 2 * complaints.len() {
            at.fill(false);
        }
        // A telephone is somebody's; at an address, neighbours live and strangers fetch their parcels. There, one claim in words
        // of one's own makes nobody one of those who make claims.
        if key != IdentityKey::Phone && at.contains(&true) {
            let usual = usual(complaints, key_holders, &at);
            at = at.iter().zip(usual).map(|(claim, usual)| *claim && usual).collect();
        }
        let all: Vec<&Entry> =
            complaints.iter().zip(&at).filter(|(_, claim)| **claim).map(|(entry, _)| *entry).collect();
        let mut against: HashMap<i64, HashSet<i64>> = HashMap::new();
        for entry in &all {
            if let Some(operator) = entry.respondent {
                against.entry(operator).or_default().extend(entry.name);
            }
        }
        // At a parcel shop strangers meet: there, two names are two.
        let many = against.len() >= TRADE_OPERATORS && key != IdentityKey::DeliveryAddress;
        let trade = many || names(all.iter().copied()).len() >= TRADE_NAMES;
        let crowded = against.into_iter().filter(|(_, names)| names.len() >= RELAY_NAMES);
        Self { at, trade, crowded: crowded.map(|(operator, _)| operator).collect() }
    }

    /// Whether two complaints, by their places, are claims.
    fn are_claims(&self, one: usize, other: usize) -> bool {
        [one, other].iter().all(|place| self.at.get(*place) == Some(&true))
    }

    /// Whether claims against this operator are of more names than a family has.
    fn are_of_a_crowd_against(&self, operator: Option<i64>) -> bool {
        operator.is_some_and(|operator| self.crowded.contains(&operator))
    }
}

/// Of the claims under a key, those whose holder makes them at more than one operator, or in a text that another holder has as well.
fn usual<'a>(
    complaints: &'a [&Entry],
    key_holders: &'a [KeyHolder],
    claims: &[bool],
) -> impl Iterator<Item = bool> + 'a {
    let mut operators: HashMap<KeyHolder, HashSet<i64>> = HashMap::new();
    let mut writers: HashMap<Sequence, HashSet<KeyHolder>> = HashMap::new();
    let claimed = complaints.iter().zip(key_holders).zip(claims).filter(|(_, claim)| **claim);
    for ((entry, key_holder), _) in claimed {
        operators.entry(*key_holder).or_default().extend(entry.respondent);
        if let Some(template) = entry.template {
            writers.entry(template).or_default().insert(*key_holder);
        }
    }
    complaints.iter().zip(key_holders).map(move |(entry, key_holder)| {
        let shared = entry.template.and_then(|template| writers.get(&template));
        operators.get(key_holder).is_some_and(|operators| operators.len() > 1)
            || shared.is_some_and(|writers| writers.len() > 1)
    })
}

fn names<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<i64> {
    let mut names: Vec<i64> = entries.filter_map(|entry| entry.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}
