//! What stands behind a score, onto the wire and back.

use super::told::{Told, missing, number};
use crate::domain::evidence::{Evidence, Guard, GuardKind, IdentityKey, Link, Twin};
use crate::domain::ids::RegistrationNumber;
use crate::domain::time::Day;
use crate::grpc::pb;

pub(super) fn evidence(behind: Evidence) -> Option<pb::Evidence> {
    (!behind.is_empty()).then(|| pb::Evidence {
        guards: behind.guards.into_iter().map(guard).collect(),
        links: behind.links.into_iter().map(link).collect(),
        twin: behind.twin.map(twin),
    })
}

fn guard(seen: Guard) -> pb::Guard {
    let kind = match seen.kind {
        GuardKind::MassIncident => pb::GuardKind::MassIncident,
        GuardKind::OpenDuplicate => pb::GuardKind::OpenDuplicate,
        GuardKind::RelayPhone => pb::GuardKind::RelayPhone,
        GuardKind::TooLittleKnown => pb::GuardKind::TooLittleKnown,
    };
    let records = seen.records.iter().map(RegistrationNumber::to_string).collect();
    pb::Guard { kind: kind.into(), text: seen.text, records }
}

fn link(link: Link) -> pb::Link {
    let Link { key, from, to, received, complaints, names } = link;
    pb::Link {
        key: wire_key(key).into(),
        from: from.map(|from| from.to_string()),
        to: to.to_string(),
        received: received.to_string(),
        complaints,
        names,
    }
}

fn twin(twin: Twin) -> pb::Twin {
    let Twin { number, own, likeness_percent, complaints, respondents, persons } = twin;
    pb::Twin { number: number.to_string(), own, likeness_percent, complaints, respondents, persons }
}

fn wire_key(key: IdentityKey) -> pb::IdentityKey {
    match key {
        IdentityKey::ResidentId => pb::IdentityKey::ResidentId,
        IdentityKey::Phone => pb::IdentityKey::Phone,
        IdentityKey::Email => pb::IdentityKey::Email,
        IdentityKey::PaymentAccount => pb::IdentityKey::PaymentAccount,
        IdentityKey::DeliveryAddress => pb::IdentityKey::DeliveryAddress,
        IdentityKey::Address => pb::IdentityKey::Address,
    }
}

/// The key of a wire value; none for what is no key.
pub(in crate::grpc) fn identity_key(key: i32) -> Option<IdentityKey> {
    IdentityKey::ALL.into_iter().find(|known| i32::from(wire_key(*known)) == key)
}

pub(super) fn told_evidence(told: pb::Evidence) -> Told<Evidence> {
    Ok(Evidence {
        guards: told.guards.into_iter().map(told_guard).collect::<Result<_, _>>()?,
        links: told.links.into_iter().map(told_link).collect::<Result<_, _>>()?,
        twin: told.twin.map(told_twin).transpose()?,
    })
}

fn told_guard(told: pb::Guard) -> Told<Guard> {
    let kind = match told.kind() {
        pb::GuardKind::MassIncident => GuardKind::MassIncident,
        pb::GuardKind::OpenDuplicate => GuardKind::OpenDuplicate,
        pb::GuardKind::RelayPhone => GuardKind::RelayPhone,
        pb::GuardKind::TooLittleKnown => GuardKind::TooLittleKnown,
        pb::GuardKind::Unspecified => return Err(missing("guard")),
    };
    let records = told.records.iter().map(|record| number(record)).collect::<Result<_, _>>()?;
    Ok(Guard { kind, text: told.text, records })
}

fn told_link(told: pb::Link) -> Told<Link> {
    Ok(Link {
        key: identity_key(told.key).ok_or_else(|| missing("link"))?,
        from: told.from.map(|from| number(&from)).transpose()?,
        to: number(&told.to)?,
        received: Day::parse(&told.received).map_err(|_| missing("link"))?,
        complaints: told.complaints,
        names: told.names,
    })
}

fn told_twin(told: pb::Twin) -> Told<Twin> {
    let pb::Twin { number: twin, own, likeness_percent, complaints, respondents, persons } = told;
    Ok(Twin { number: number(&twin)?, own, likeness_percent, complaints, respondents, persons })
}
