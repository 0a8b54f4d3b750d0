//! What a score is based on.

use serde::{Deserialize, Serialize};

use super::form;
use super::words::Word;
use crate::domain::decision::{Factor, Reason};
use crate::domain::evidence::{Evidence, Guard, GuardKind, IdentityKey, Link, NearDuplicate};
use crate::domain::ids::RegistrationNumber;
use crate::domain::time::Day;

#[derive(Serialize, Deserialize)]
pub(crate) struct ReasonV1 {
    feature: String,
    factor: Word<Factor>,
    text: String,
    contribution: f64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<RegistrationNumber>,
}
form!(
    ReasonV1 =
        Reason { feature: feature, factor: factor, text: text, contribution: contribution, records: records }
);

#[derive(Serialize, Deserialize)]
pub(crate) struct EvidenceV1 {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    guards: Vec<GuardV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<LinkV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    twin: Option<TwinV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    linked: Vec<RegistrationNumber>,
}
form!(EvidenceV1 = Evidence { guards: guards, links: links, twin: near_duplicate, linked: linked });

#[derive(Serialize, Deserialize)]
pub(crate) struct GuardV1 {
    kind: Word<GuardKind>,
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<RegistrationNumber>,
}
form!(GuardV1 = Guard { kind: kind, text: text, records: records });

#[derive(Serialize, Deserialize)]
pub(crate) struct LinkV1 {
    key: Word<IdentityKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<RegistrationNumber>,
    to: RegistrationNumber,
    received: Day,
    complaints: u32,
    names: u32,
}
form!(
    LinkV1 = Link { key: key, from: from, to: to, received: received, complaints: complaints, names: names }
);

#[derive(Serialize, Deserialize)]
pub(crate) struct TwinV1 {
    number: RegistrationNumber,
    own: bool,
    likeness_percent: u32,
    complaints: u32,
    respondents: u32,
    persons: u32,
}
form!(
    TwinV1 = NearDuplicate {
        number: number,
        own: own,
        likeness_percent: likeness_percent,
        complaints: complaints,
        respondents: respondents,
        persons: persons,
    }
);
