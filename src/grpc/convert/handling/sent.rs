//! Rulings, onto the wire, as our own client sends them.

use super::Ruling;
use crate::grpc::pb;
use crate::grpc::pb::decide_request::{
    Accepted, Filed, Merged, NotCompetent, NotFiled, OtherChannel, Refused, Repeated, Ruling as Sent,
};

pub(in crate::grpc) fn sent_ruling(ruling: &Ruling) -> pb::decide_request::Ruling {
    let reason = ruling.reason().map(|reason| reason.as_str().to_owned()).unwrap_or_default();
    match ruling {
        Ruling::Accept => Sent::Accepted(Accepted {}),
        Ruling::Refuse { ground, .. } => Sent::Refused(Refused { ground: ground.code().into(), reason }),
        Ruling::File => Sent::Filed(Filed {}),
        Ruling::NotFile { basis, .. } => {
            Sent::NotFiled(NotFiled { reason, basis: basis.map(|basis| basis.code().into()) })
        }
        Ruling::Repeat { of, .. } => {
            Sent::Repeated(Repeated { earlier_registration_number: of.to_string(), reason })
        }
        Ruling::Merge { into, .. } => {
            Sent::Merged(Merged { earlier_registration_number: into.to_string(), reason })
        }
        Ruling::NotCompetent { competent, .. } => {
            let competent = competent.as_ref().map(|name| name.as_str().to_owned());
            Sent::NotCompetent(NotCompetent { competent, reason })
        }
        Ruling::OtherChannel { matter, .. } => {
            Sent::OtherChannel(OtherChannel { matter: matter.code().into(), reason })
        }
    }
}
