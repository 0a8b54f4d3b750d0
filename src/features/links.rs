//! Linked complainants (关联人群): which earlier complaints come from one hand with this one, and by which keys.
//!
//! Nothing is stored but the keys of each complaint; a cluster is walked anew for every complaint, as of its receive
//! time, over what history has under its keys, their complaints' keys, and so on. So a future record, an amended fact
//! or a cut link changes no cluster that was walked before it, and none has to be mended after it (decision 0010).

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::domain::evidence::{IdentityKey, Link};
use crate::domain::ids::RegistrationNumber;

use super::history::{Entry, History, Mark, Recency, Window};

/// Keys whose complaints are looked at for one cluster.
const MOST_MARKS: usize = 24;

/// Links told with a decision.
pub(super) const MOST_LINKS: usize = 12;

/// Keys on the way from this complaint to the farthest of its cluster.
const MOST_STEPS: usize = 3;

/// Complaints of a key that are compared with each other to tell whose key it is.
const COMPARED: usize = 24;

/// Share of pairs under different names that must be alike, in percent, before a shared key counts as one hand's.
/// Callers of a hotel have next to none; a gang with three wordings has a third.
const ALIKE_TEMPLATE_PERCENT: usize = 8;
const ALIKE_PRODUCT_PERCENT: usize = 40;

/// From this many names on, a phone or an address that strangers use is called a relay; below it, a family's.
pub(super) const RELAY_NAMES: usize = 4;

/// Whose key it is, by what history shows under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bond {
    /// One person's, as far as names are known.
    Own,
    /// Several names that act as one hand: the same texts or the same goods against several operators.
    OneHand,
    /// Several names without anything else in common: a family, a hotel, a hotline. Links a name with itself alone.
    Strangers,
    /// On the bureau's list of relays. Links nobody.
    Relay,
}

/// What is known of one key of this complaint.
#[derive(Debug, Clone)]
pub(super) struct Held<'a> {
    pub(super) key: IdentityKey,
    pub(super) bond: Bond,
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
    pub(super) lacking: Vec<Mark>,
}

impl Cluster<'_> {
    /// Whether an earlier complaint is of the cluster.
    pub(super) fn has(&self, entry: &Entry) -> bool {
        self.complaints.binary_search_by(|known| entry.recency.cmp(&known.recency)).is_ok()
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
        for (key, mark) in keys_of(holder.entry) {
            let Some(linked) = walk.follow(this, holder.entry, key, mark) else { continue };
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
        .filter_map(|(key, mark)| {
            let Seen { bond, names, complaints } = walk.seen.remove(&mark)?;
            Some(Held { key, bond, names, complaints })
        })
        .collect();
    Cluster { complaints: members.into_values().rev().collect(), links, held, lacking: walk.lacking }
}

fn keys_of(entry: &Entry) -> impl Iterator<Item = (IdentityKey, Mark)> {
    IdentityKey::ALL.into_iter().zip(entry.keys).filter_map(|(key, mark)| Some((key, mark?)))
}

fn link(key: IdentityKey, from: Option<&RegistrationNumber>, linked: &[&Entry]) -> Option<Link> {
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

/// What a look at one mark showed.
struct Seen<'a> {
    bond: Bond,
    names: usize,
    complaints: Vec<&'a Entry>,
}

struct Walk<'a> {
    history: &'a History,
    window: Window,
    itself: Option<Recency>,
    seen: HashMap<Mark, Seen<'a>>,
    /// Marks followed, and for whom where it matters who holds them.
    followed: HashSet<(Mark, Option<i64>, Option<i64>)>,
    lacking: Vec<Mark>,
}

impl<'a> Walk<'a> {
    /// Complaints that `holder` is linked to by one of its keys; none when that is known already or bounded away.
    fn follow(
        &mut self,
        this: &Entry,
        holder: &Entry,
        key: IdentityKey,
        mark: Mark,
    ) -> Option<Vec<&'a Entry>> {
        if !self.seen.contains_key(&mark) {
            if self.seen.len() >= MOST_MARKS {
                return None;
            }
            if !self.history.is_read(mark, self.window.day()) {
                self.lacking.push(mark);
            }
            let seen = self.look(this, key, mark);
            self.seen.insert(mark, seen);
        }
        let Seen { bond, complaints, .. } = self.seen.get(&mark)?;
        let has_cuts = self.history.has_cuts(mark);
        let whose = match bond {
            Bond::Own | Bond::OneHand if !has_cuts => (mark, None, None),
            _ => (mark, holder.name, holder.person.filter(|_| has_cuts)),
        };
        if *bond == Bond::Relay || !self.followed.insert(whose) {
            return None;
        }
        let one = (holder.name, holder.person);
        let is_linked = |entry: &Entry| {
            (*bond != Bond::Strangers || (holder.name.is_some() && entry.name == holder.name))
                && !(has_cuts && self.history.is_cut(mark, [one, (entry.name, entry.person)]))
        };
        Some(complaints.iter().copied().filter(|entry| is_linked(entry)).collect())
    }

    fn look(&self, this: &Entry, key: IdentityKey, mark: Mark) -> Seen<'a> {
        let complaints = self.history.under(mark, self.window, self.itself);
        let this = Some(this).filter(|this| this.keys.contains(&Some(mark)));
        let all: Vec<&Entry> = this.into_iter().chain(complaints.iter().copied()).collect();
        let names = names(all.iter().copied()).len();
        let bond = if self.history.is_relay(mark) {
            Bond::Relay
        } else if names < 2 {
            Bond::Own
        } else if !key.is_shareable() || is_one_hand(&all) {
            Bond::OneHand
        } else {
            Bond::Strangers
        };
        Seen { bond, names, complaints }
    }
}

/// Whether complaints under several names look like one hand's: texts of one template, or the same goods, against
/// different operators.
fn is_one_hand(complaints: &[&Entry]) -> bool {
    let compared = &complaints[..complaints.len().min(COMPARED)];
    let (mut pairs, mut of_template, mut of_product) = (0, 0, 0);
    for (at, one) in compared.iter().enumerate() {
        for other in &compared[at + 1..] {
            if one.name.is_none() || other.name.is_none() || one.name == other.name {
                continue;
            }
            pairs += 1;
            let elsewhere =
                one.respondent.is_some() && other.respondent.is_some_and(|o| one.respondent != Some(o));
            of_template += usize::from(elsewhere && one.template.is_some() && one.template == other.template);
            of_product += usize::from(elsewhere && one.product.is_some() && one.product == other.product);
        }
    }
    of_template * 100 > pairs * ALIKE_TEMPLATE_PERCENT || of_product * 100 > pairs * ALIKE_PRODUCT_PERCENT
}

fn names<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<i64> {
    let mut names: Vec<i64> = entries.filter_map(|entry| entry.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}
