//! Honest look-alikes (易误判情形), recognised before the score is computed and shown with what they rest on.

use crate::domain::evidence::{Guard, GuardKind};
use crate::domain::submission::Submission;

use super::history::{Entry, History, KeyHashes};
use super::links::{Cluster, Held, KeyUse, RELAY_NAMES};
use super::observation::{Past, Tally, is_from_hotline};
use super::signals::Signals;

/// Other persons against one operator within seven days from which it is called a mass incident.
pub(super) const MASS_PERSONS: usize = 5;

/// Other purchases at one operator that are a series, and the days within which they are.
const SERIES: usize = 3;
const SERIES_DAYS: i64 = 30;

/// Days within which many persons of several operators tell of one event.
const EVENT_DAYS: i64 = 14;

/// What the guards look at.
pub(super) struct Seen<'a> {
    pub(super) past: &'a Past<'a>,
    pub(super) key_hashes: &'a KeyHashes,
    pub(super) cluster: &'a Cluster<'a>,
    pub(super) history: &'a History,
    /// Earlier complaints of the template.
    pub(super) template: &'a [&'a Entry],
}

/// Guards that hold, in the order of [`GuardKind`].
pub(super) fn guards(
    seen: &Seen<'_>,
    burst: &Tally,
    signals: &Signals,
    submission: &Submission,
) -> Vec<Guard> {
    let identified = identifies(seen.cluster);
    [
        mass_incident(burst),
        open_duplicate(seen.past, seen.history),
        relay(seen.key_hashes, seen.cluster),
        (!identified).then(|| {
            let text =
                "没有投诉人本人的电话、证件、地址等信息（缺失、被遮盖或为公用），无法查询历史投诉，不作提示";
            guard(GuardKind::TooLittleKnown, text.to_owned(), Tally::default())
        }),
        (identified && seen.past.own.is_empty()).then(|| {
            let text = "一年内没有查到关联的其他投诉；引用法律、提出法定赔偿系投诉人的权利";
            guard(GuardKind::FirstComplaint, text.to_owned(), Tally::default())
        }),
        different_disputes(seen.past),
        family(seen.cluster),
        brand_event(seen),
        signals.agent.map(|words| {
            let text = format!("文中称代他人投诉（“{words}”），应有授权委托书（第十一条）；件数多不当然异常");
            guard(GuardKind::Agent, text, Tally::default())
        }),
        is_from_hotline(submission).then(|| {
            let text = "文字由热线人员记录，格式和用语不是投诉人自己的，不作为疑点";
            guard(GuardKind::HotlineText, text.to_owned(), Tally::default())
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn guard(kind: GuardKind, text: String, on: Tally) -> Guard {
    Guard { kind, text, records: on.records }
}

/// Whether a key of the complainant's own is known: a relay is nobody's own. Who has a past under his own name is
/// known by it, whoever else uses the line.
fn identifies(cluster: &Cluster<'_>) -> bool {
    !cluster.complaints.is_empty() || cluster.held.iter().any(|held| !is_relay(held))
}

/// Many persons, one operator: may be offered as a joint complaint, and is no sign against anyone of them (Art. 12).
fn mass_incident(burst: &Tally) -> Option<Guard> {
    let count = burst.count;
    (count >= MASS_PERSONS).then(|| {
        let text = format!(
            "7天内另有 {count} 人投诉同一经营者；经投诉人同意，可按共同投诉处理（第十二条）；人数多不作为疑点"
        );
        guard(GuardKind::MassIncident, text, burst.clone())
    })
}

/// The same dispute told again while it is open: linked, and not counted. Of who complains of the operator about so many other
/// purchases within a month, by order numbers or days, one that cannot be told from an earlier one is no sign of that.
fn open_duplicate(past: &Past<'_>, history: &History) -> Option<Guard> {
    let is_other = |entry: &Entry| {
        let matters = past.this.matter.zip(entry.matter);
        past.this.is_of_operator(entry) && matters.is_some_and(|(one, other)| one.is_another_purchase(&other))
    };
    if past.tally(SERIES_DAYS, is_other).count >= SERIES {
        return None;
    }
    let is_open =
        |entry: &Entry| history.closure(entry.recency).is_some_and(|closure| closure.was_open(past.received));
    let open = Tally::of(past.own, |entry| past.this.is_same_dispute(entry) && is_open(entry));
    (open.count > 0).then(|| {
        let text = format!(
            "投诉人就同一经营者的同类事项已有 {} 件尚未办结，可能为同一纠纷的再次反映，请核对；不计入重复投诉",
            open.count
        );
        guard(GuardKind::OpenDuplicate, text, open)
    })
}

/// A line that many people share links nobody.
fn relay(key_hashes: &KeyHashes, cluster: &Cluster<'_>) -> Option<Guard> {
    let held = cluster.held.iter().find(|held| is_relay(held));
    let text = match held {
        None if key_hashes.public_line => "联系电话为公共服务号码，不据以关联他人".to_owned(),
        None => return None,
        Some(Held { key, key_use: KeyUse::Relay, .. }) => {
            format!("{}在本局公用号码和地址名单内，不据以关联他人", key.zh())
        }
        Some(Held { key, names, .. }) => format!(
            "一年内 {names} 个不同姓名使用同一{}，所诉经营者和文字各不相同，可能为公用，请核实（第十七条第一款第四项）；不据以关联他人",
            key.zh()
        ),
    };
    let complaints = held.map(|held| held.complaints.as_slice()).unwrap_or_default();
    Some(guard(GuardKind::SharedLine, text, Tally::of(complaints, |_| true)))
}

fn is_relay(held: &Held<'_>) -> bool {
    held.key_use == KeyUse::Relay || (held.key_use == KeyUse::Unrelated && held.names >= RELAY_NAMES)
}

/// Earlier complaints that have neither operator nor goods nor problem in common with this one, none of which asks for
/// more than the loss: whoever lives and buys has disputes.
fn different_disputes(past: &Past<'_>) -> Option<Guard> {
    let is_plain = |entry: &Entry| entry.matter.is_some_and(|matter| !matter.is_punitive());
    let others = past.tally(365, |entry| !past.this.is_same_dispute(entry));
    let plain = |entry: &Entry| !past.is_alike(entry) && is_plain(entry);
    let all = past.tally(365, |entry| past.this.is_same_dispute(entry) || plain(entry));
    let is_different = others.count > 0 && all.count == past.own.len() && is_plain(past.this);
    is_different.then(|| {
        let text = format!(
            "一年内另有投诉 {} 件，经营者、商品、问题各不相同，均未要求惩罚性赔偿；不同纠纷的件数不作为疑点",
            others.count
        );
        guard(GuardKind::DifferentDisputes, text, others)
    })
}

/// Two or three names on one phone or at one address.
fn family(cluster: &Cluster<'_>) -> Option<Guard> {
    let is_home = |held: &&Held<'_>| held.key_use == KeyUse::Unrelated && held.names < RELAY_NAMES;
    cluster.held.iter().find(is_home).map(|held| {
        let text = format!(
            "一年内 {} 个姓名使用同一{}，所诉事项各不相同，可能为家庭成员；各自的投诉不合并计算",
            held.names,
            held.key.zh()
        );
        guard(GuardKind::Family, text, Tally::of(&held.complaints, |_| true))
    })
}

/// Many persons, each once, about one thing at several operators within days: an event of a brand or a product.
fn brand_event(seen: &Seen<'_>) -> Option<Guard> {
    let since = seen.past.since(EVENT_DAYS);
    let others: Vec<&Entry> =
        seen.template.iter().copied().filter(|entry| !seen.cluster.has(entry)).collect();
    let of = |key: fn(&Entry) -> Option<i64>| {
        Tally::distinct(&others, |entry| key(entry).filter(|_| entry.recency >= since))
    };
    let (persons, operators) = (of(|entry| entry.person), of(|entry| entry.respondent));
    let one_each = Tally::of(&others, |entry| entry.recency >= since).count <= persons.count;
    (persons.count >= MASS_PERSONS && operators.count > 1 && one_each).then(|| {
        let text = format!(
            "{EVENT_DAYS}天内另有 {} 人以相近文字投诉 {} 家经营者，每人一件，可能出自同一品牌或产品的事件或者公开范文",
            persons.count, operators.count
        );
        guard(GuardKind::BrandEvent, text, persons)
    })
}
