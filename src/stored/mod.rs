//! What is kept as JSON, frozen: its form has a version, and types of its own beside those of the domain.
//!
//! Version 1 ([`v1`]) is what every release so far has written. A field of a domain type may be renamed or moved: its stored
//! form stays, and the conversion between both changes. When a form itself has to change, it becomes another version beside
//! this one, and this one can still be read.
//!
//! | column | what | form |
//! |---|---|---|
//! | `event.payload` (sealed) | the command and the caller's unit | [`Recorded`] |
//! | `event.answer` | of a pull its leases, of a unit's verb its answer, of a confirmed clock what it mended, of an account its id | [`Lease`], [`Handled`], [`Mended`], [`CallerId`] |
//! | `event.digest` | keyed digest of a command's or a submission's JSON | [`Recorded`], [`Submission`] |
//! | `event.request_id` of an imported row | keyed digest of its JSON | [`Submission`] and [`FileOutcome`] |
//! | `decision.reasons`, `decision.evidence` | reasons, links, guards, the near-duplicate | [`Reason`], [`Evidence`] |
//! | `file.testing` | days that do not count | [`Testing`] |
//! | `file.recused` | officers who do not handle it | [`Recused`] |
//!
//! Beside these there are `decision.vector`, little-endian doubles in the order of the feature table that `schema_hash` names;
//! `rules.content`, the bureau file as it was loaded; and `model.artefact`, whose format has a version of its own. Codes in
//! columns are in the tables of the domain (`listed!`, `event_kinds!`).
//!
//! `golden/v1.txt` has an example of everything, checked both ways.

#[cfg(test)]
mod tests;
mod v1;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::act::Recused;
use crate::domain::command::{Command, Handled, Lease, Mended};
use crate::domain::deadline::Testing;
use crate::domain::decision::Reason;
use crate::domain::evidence::Evidence;
use crate::domain::ids::{CallerId, UnitId};
use crate::domain::outcome::FileOutcome;
use crate::domain::purge::Tombstone;
use crate::domain::submission::Submission;

/// What an event keeps of a command: enough to apply it again.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// The caller's unit at that time.
    pub(crate) unit: Option<UnitId>,
    /// What was asked for.
    pub(crate) command: Command,
    /// That what of it belonged to persons was purged.
    pub(crate) purged: Option<Tombstone>,
}

/// A stored form of a value: made of it, and turned into it again.
pub(crate) trait Form<T>: Serialize + DeserializeOwned {
    /// The form of a value.
    fn of(value: &T) -> Self;
    /// The value of a form.
    fn back(self) -> T;
}

/// A value that is stored as JSON.
pub(crate) trait Stored: Sized {
    /// Its form.
    type Form: Form<Self>;
}

/// The stored JSON of a value.
pub(crate) fn to_json<T: Stored>(value: &T) -> serde_json::Result<String> {
    serde_json::to_string(&T::Form::of(value))
}

/// The value of a stored JSON.
pub(crate) fn from_json<T: Stored>(json: impl AsRef<[u8]>) -> serde_json::Result<T> {
    serde_json::from_slice::<T::Form>(json.as_ref()).map(Form::back)
}

impl Stored for Recorded {
    type Form = v1::RecordedV1;
}
impl Stored for Submission {
    type Form = v1::SubmissionV1;
}
/// A row of an export.
impl Stored for (Submission, FileOutcome) {
    type Form = (v1::SubmissionV1, v1::FileOutcomeV1);
}
impl Stored for Vec<Lease> {
    type Form = Vec<v1::LeaseV1>;
}
impl Stored for Handled {
    type Form = v1::HandledV1;
}
impl Stored for CallerId {
    type Form = CallerId;
}
impl Stored for Mended {
    type Form = v1::MendedV1;
}
impl Stored for Vec<Reason> {
    type Form = Vec<v1::ReasonV1>;
}
impl Stored for Evidence {
    type Form = v1::EvidenceV1;
}
impl Stored for Recused {
    type Form = v1::RecusedV1;
}
impl Stored for Testing {
    type Form = v1::TestingV1;
}
