//! Version 1 of the stored JSON. Frozen: nothing that is written here may change, only what it is made of.
//!
//! Field names and words of lists are declared here and nowhere else. A struct or an enum of the domain is converted field by
//! field, variant by variant: one more of them does not compile until it has a form. Single values (ids, texts, numbers,
//! days) are written as the one number or text that they are.

mod account;
mod command;
mod decision;
mod facts;
mod words;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Form;
use crate::domain::act::Recused;
use crate::domain::check::{Warning, WarningKind};
use crate::domain::command::{FileRef, Handled, Lease, Mended};
use crate::domain::deadline::Testing;
use crate::domain::given::Given;
use crate::domain::handling::Status;
use crate::domain::ids::{
    CallerId, FileId, HashKeyId, ModelId, OfficerId, RegistrationNumber, RequestId, Sequence, Track, UnitId,
};
use crate::domain::person::{Email, PaymentAccount, Phone, ResidentId};
use crate::domain::personal::Personal;
use crate::domain::respondent::CreditCode;
use crate::domain::submission::Quantity;
use crate::domain::text::{Address, AmountFen, Line, Story, Why};
use crate::domain::time::{Day, Days, Timestamp};
pub(super) use command::RecordedV1;
pub(super) use decision::{EvidenceV1, ReasonV1};
pub(super) use facts::{FileOutcomeV1, SubmissionV1};
use words::Word;
#[cfg(test)]
pub(super) use words::Worded;

/// Single values, stored as they are.
macro_rules! single {
    ($($name:ty),+ $(,)?) => { $(
        impl Form<$name> for $name {
            fn of(value: &$name) -> Self {
                value.clone()
            }
            fn back(self) -> $name {
                self
            }
        }
    )+ };
}
single!(
    bool,
    u8,
    i64,
    u32,
    u64,
    f64,
    String,
    RegistrationNumber,
    RequestId,
    UnitId,
    OfficerId,
    ModelId,
    CallerId,
    HashKeyId,
    Sequence,
    Line,
    Address,
    Story,
    Why,
    AmountFen,
    Quantity,
    CreditCode,
    Phone,
    ResidentId,
    Email,
    PaymentAccount,
    Timestamp,
    Day,
    Days,
);

/// Gives a stored struct (left) and a struct of the domain (right) each other's fields.
macro_rules! form {
    ($stored:ident = $domain:ident { $($kept:ident: $field:ident),+ $(,)? }) => {
        impl $crate::stored::Form<$domain> for $stored {
            fn of(value: &$domain) -> Self {
                let $domain { $($field),+ } = value;
                Self { $($kept: $crate::stored::Form::of($field)),+ }
            }
            fn back(self) -> $domain {
                let Self { $($kept),+ } = self;
                $domain { $($field: $crate::stored::Form::back($kept)),+ }
            }
        }
    };
}
use form;

/// The same of enums, whose variants have fields, one value, or nothing.
macro_rules! form_enum {
    ($stored:ident = $domain:ident { $(
        $variant:ident = $named:ident $({ $($kept:ident: $field:ident),+ $(,)? })? $(($value:ident))?
    ),+ $(,)? }) => {
        impl $crate::stored::Form<$domain> for $stored {
            fn of(value: &$domain) -> Self {
                match value { $(
                    $domain::$named $({ $($field),+ })? $(($value))? =>
                        Self::$variant $({ $($kept: $crate::stored::Form::of($field)),+ })? $(($crate::stored::Form::of($value)))?,
                )+ }
            }
            fn back(self) -> $domain {
                match self { $(
                    Self::$variant $({ $($kept),+ })? $(($value))? =>
                        $domain::$named $({ $($field: $crate::stored::Form::back($kept)),+ })? $(($crate::stored::Form::back($value)))?,
                )+ }
            }
        }
    };
}
use form_enum;

impl<T, F: Form<T>> Form<Option<T>> for Option<F> {
    fn of(value: &Option<T>) -> Self {
        value.as_ref().map(F::of)
    }
    fn back(self) -> Option<T> {
        self.map(F::back)
    }
}

impl<T, F: Form<T>> Form<Vec<T>> for Vec<F> {
    fn of(value: &Vec<T>) -> Self {
        value.iter().map(F::of).collect()
    }
    fn back(self) -> Vec<T> {
        self.into_iter().map(F::back).collect()
    }
}

impl<T, F: Form<T>> Form<Box<T>> for Box<F> {
    fn of(value: &Box<T>) -> Self {
        Box::new(F::of(value))
    }
    fn back(self) -> Box<T> {
        Box::new((*self).back())
    }
}

/// What is personal is stored as what it is; the payload as a whole is sealed.
impl<T, F: Form<T>> Form<Personal<T>> for F {
    fn of(value: &Personal<T>) -> Self {
        F::of(value.expose())
    }
    fn back(self) -> Personal<T> {
        Personal::new(F::back(self))
    }
}

/// Absent takes no bytes by the field's attribute, masked is `null`, known is the value.
impl<T, F: Form<T>> Form<Given<T>> for Given<F>
where
    Given<F>: Serialize + DeserializeOwned,
{
    fn of(value: &Given<T>) -> Self {
        match value {
            Given::Absent => Given::Absent,
            // Of a tombstone alone, which says that it is one.
            Given::Masked | Given::Purged => Given::Masked,
            Given::Known(value) => Given::Known(F::of(value)),
        }
    }
    fn back(self) -> Given<T> {
        match self {
            Given::Absent => Given::Absent,
            Given::Masked => Given::Masked,
            Given::Purged => Given::Purged,
            Given::Known(value) => Given::Known(value.back()),
        }
    }
}

impl<A, B, F: Form<A>, G: Form<B>> Form<(A, B)> for (F, G) {
    fn of((one, other): &(A, B)) -> Self {
        (F::of(one), G::of(other))
    }
    fn back(self) -> (A, B) {
        (self.0.back(), self.1.back())
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct FileIdV1 {
    submission: Sequence,
    track: Word<Track>,
}
form!(FileIdV1 = FileId { submission: submission, track: track });

#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct FileRefV1 {
    number: RegistrationNumber,
    track: Word<Track>,
}
form!(FileRefV1 = FileRef { number: number, track: track });

#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct LeaseV1 {
    file: FileIdV1,
    token: Sequence,
    until: Timestamp,
}
form!(LeaseV1 = Lease { file: file, token: token, until: until });

#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct HandledV1 {
    token: Sequence,
    status: Word<Status>,
    unit: UnitId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<WarningV1>,
}
form!(HandledV1 = Handled { token: token, status: status, unit: unit, until: until, warnings: warnings });

#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct WarningV1 {
    kind: Word<WarningKind>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<RegistrationNumber>,
}
form!(WarningV1 = Warning { kind: kind, records: records });

#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct MendedV1 {
    events: u64,
    files: u64,
    terms: Vec<FileRefV1>,
    escalated: Vec<FileRefV1>,
}
form!(MendedV1 = Mended { events: events, files: files, terms: terms, escalated: escalated });

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct RecusedV1(Vec<OfficerId>);

impl Form<Recused> for RecusedV1 {
    fn of(value: &Recused) -> Self {
        Self(value.0.clone())
    }
    fn back(self) -> Recused {
        Recused(self.0)
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct TestingV1 {
    past: Vec<Days>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Day>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pauses: bool,
}
form!(TestingV1 = Testing { past: past, since: since, pauses: pauses });
