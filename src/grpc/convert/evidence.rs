//! What a score is based on, onto the wire and back.

use super::answer::{Parsed, missing, number};
use crate::domain::evidence::{Evidence, Guard, GuardKind, IdentityKey, Link, NearDuplicate};
use crate::domain::ids::RegistrationNumber;
use crate::domain::time::Day;
use crate::grpc::pb;

pub(super) fn evidence(behind: Evidence) -> Option<pb::Evidence> {
    (!behind.is_empty()).then(|| pb::Evidence {
        guards: behind.guards.into_iter().map(guard).collect(),
        links: behind.links.into_iter().map(link).collect(),
        near_duplicate: behind.near_duplicate.map(near_duplicate),
    })
}

fn guard(seen: Guard) -> pb::Guard {
    let kind = match seen.kind {
        GuardKind::MassIncident => pb::GuardKind::MassIncident,
        GuardKind::OpenDuplicate => pb::GuardKind::OpenDuplicate,
        GuardKind::SharedLine => pb::GuardKind::SharedLine,
        GuardKind::TooLittleKnown => pb::GuardKind::TooLittleKnown,
        GuardKind::FirstComplaint => pb::GuardKind::FirstComplaint,
        GuardKind::DifferentDisputes => pb::GuardKind::DifferentDisputes,
        GuardKind::Family => pb::GuardKind::Family,
        GuardKind::BrandEvent => pb::GuardKind::BrandEvent,
        GuardKind::Agent => pb::GuardKind::Agent,
        GuardKind::HotlineText => pb::GuardKind::HotlineText,
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

fn near_duplicate(near_duplicate: NearDuplicate) -> pb::NearDuplicate {
    let NearDuplicate { number, own, likeness_percent, complaints, respondents, persons } = near_duplicate;
    pb::NearDuplicate { number: number.to_string(), own, likeness_percent, complaints, respondents, persons }
}

fn wire_key(key: IdentityKey) -> pb::IdentityKey {
    match key {
        IdentityKey::ResidentId => pb::IdentityKey::IdNumber,
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

pub(super) fn parse_evidence(answer: pb::Evidence) -> Parsed<Evidence> {
    Ok(Evidence {
        guards: answer.guards.into_iter().map(parse_guard).collect::<Result<_, _>>()?,
        links: answer.links.into_iter().map(parse_link).collect::<Result<_, _>>()?,
        near_duplicate: answer.near_duplicate.map(parse_near_duplicate).transpose()?,
        // Not on the wire: the sheet has them.
        linked: Vec::new(),
    })
}

fn parse_guard(answer: pb::Guard) -> Parsed<Guard> {
    let kind = match answer.kind() {
        pb::GuardKind::MassIncident => GuardKind::MassIncident,
        pb::GuardKind::OpenDuplicate => GuardKind::OpenDuplicate,
        pb::GuardKind::SharedLine => GuardKind::SharedLine,
        pb::GuardKind::TooLittleKnown => GuardKind::TooLittleKnown,
        pb::GuardKind::FirstComplaint => GuardKind::FirstComplaint,
        pb::GuardKind::DifferentDisputes => GuardKind::DifferentDisputes,
        pb::GuardKind::Family => GuardKind::Family,
        pb::GuardKind::BrandEvent => GuardKind::BrandEvent,
        pb::GuardKind::Agent => GuardKind::Agent,
        pb::GuardKind::HotlineText => GuardKind::HotlineText,
        pb::GuardKind::Unspecified => return Err(missing("guard")),
    };
    let records = answer.records.iter().map(|record| number(record)).collect::<Result<_, _>>()?;
    Ok(Guard { kind, text: answer.text, records })
}

fn parse_link(answer: pb::Link) -> Parsed<Link> {
    Ok(Link {
        key: identity_key(answer.key).ok_or_else(|| missing("link"))?,
        from: answer.from.map(|from| number(&from)).transpose()?,
        to: number(&answer.to)?,
        received: Day::parse(&answer.received).map_err(|_| missing("link"))?,
        complaints: answer.complaints,
        names: answer.names,
    })
}

fn parse_near_duplicate(answer: pb::NearDuplicate) -> Parsed<NearDuplicate> {
    let pb::NearDuplicate { number: near_duplicate, own, likeness_percent, complaints, respondents, persons } =
        answer;
    Ok(NearDuplicate {
        number: number(&near_duplicate)?,
        own,
        likeness_percent,
        complaints,
        respondents,
        persons,
    })
}
