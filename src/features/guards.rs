//! Honest look-alikes (排除情形), recognised before the score speaks and shown with what they rest on.

use crate::domain::evidence::{Guard, GuardKind};

use super::history::{Entry, History, KeyHashes};
use super::links::{Cluster, Held, KeyUse, RELAY_NAMES};
use super::observation::{Past, Tally};

/// Other persons against one operator within seven days from which it is called a mass incident.
pub(super) const MASS_PERSONS: usize = 5;

/// Whether a key of the complainant's own is known: a relay is nobody's own. Who has a past under his own name is
/// known by it, whoever else uses the line.
fn identifies(cluster: &Cluster<'_>) -> bool {
    !cluster.complaints.is_empty() || cluster.held.iter().any(|held| !is_relay(held))
}

/// Guards that hold, in the order of [`GuardKind`].
pub(super) fn guards(
    past: &Past<'_>,
    key_hashes: &KeyHashes,
    cluster: &Cluster<'_>,
    history: &History,
    burst: &Tally,
) -> Vec<Guard> {
    [
        mass_incident(burst),
        open_duplicate(past, history),
        relay(key_hashes, cluster),
        (!identifies(cluster)).then(|| Guard {
            kind: GuardKind::TooLittleKnown,
            text: "没有投诉人本人的电话、证件、地址等信息（缺失、被遮盖或为公用），无从查考既往，不作提示"
                .to_owned(),
            records: Vec::new(),
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Many persons, one operator: may be offered as a joint complaint, and is no sign against anyone of them (Art. 12).
fn mass_incident(burst: &Tally) -> Option<Guard> {
    let Tally { count, records } = burst;
    (*count >= MASS_PERSONS).then(|| Guard {
        kind: GuardKind::MassIncident,
        text: format!(
            "7天内另有 {count} 人投诉同一经营者；经投诉人同意，可按共同投诉处理（第十二条）；人数多不作为疑点"
        ),
        records: records.clone(),
    })
}

/// The same dispute told again while it is open: linked, and not counted.
fn open_duplicate(past: &Past<'_>, history: &History) -> Option<Guard> {
    let is_open =
        |entry: &Entry| history.closure(entry.recency).is_some_and(|closure| closure.was_open(past.received));
    let open = Tally::of(past.own, |entry| past.is_same_dispute(entry) && is_open(entry));
    (open.count > 0).then(|| Guard {
        kind: GuardKind::OpenDuplicate,
        text: format!(
            "投诉人就同一经营者的同类事项已有 {} 件尚未办结，可能为同一纠纷的再次反映，请核对；不计入重复投诉",
            open.count
        ),
        records: open.records,
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
            "一年内 {names} 个不同姓名使用同一{}，所诉经营者和文字各不相同，可能为公用，请核实（第十七条第四项）；不据以关联他人",
            key.zh()
        ),
    };
    let complaints = held.map(|held| held.complaints.as_slice()).unwrap_or_default();
    Some(Guard { kind: GuardKind::SharedLine, text, records: Tally::of(complaints, |_| true).records })
}

fn is_relay(held: &Held<'_>) -> bool {
    held.key_use == KeyUse::Relay || (held.key_use == KeyUse::Unrelated && held.names >= RELAY_NAMES)
}
