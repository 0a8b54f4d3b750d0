//! The check before a decision, asked for and answered (决定前体检).

use super::view::deadline;
use super::{close, decide, finish, required};
use crate::domain::check::{Check, ToTell, Warning};
use crate::domain::command::{Command, Handling};
use crate::domain::time::Timestamp;
use crate::domain::violation::{Violation, Violations};
use crate::grpc::pb;
use crate::service::Failure;

pub(in crate::grpc) fn check_decision(
    sent: &pb::CheckDecisionRequest,
    now: Timestamp,
) -> Result<Handling, Failure> {
    use pb::check_decision_request::Decision as Sent;
    let act = match &sent.decision {
        Some(Sent::Decide(sent)) => Some(decide(sent, now)?),
        Some(Sent::Close(sent)) => Some(close(sent, now)?),
        None => None,
    };
    let mut v = Violations::default();
    let handling = match act.map(|act| act.command) {
        Some(Command::Handle(handling)) => Some(handling),
        _ => v.take("decision", Err(required())),
    };
    finish(v, handling)
}

pub(in crate::grpc) fn checked(seen: Check) -> pb::CheckDecisionResponse {
    let Check { objections, warnings, term, working_days_left, to_tell } = seen;
    let objection = |Violation { field, description_zh: description, .. }: Violation| {
        pb::check_decision_response::Objection { field, description }
    };
    let notice =
        |ToTell { subject, to, due_on, article, remedies }: ToTell| pb::check_decision_response::ToTell {
            subject: subject.code().into(),
            to: to.code().into(),
            due_on: due_on.map(|day| day.to_string()).unwrap_or_default(),
            article,
            remedies,
        };
    pb::CheckDecisionResponse {
        objections: objections.into_iter().map(objection).collect(),
        warnings: warnings.iter().map(warning).collect(),
        term: term.map(deadline),
        working_days_left,
        to_tell: to_tell.into_iter().map(notice).collect(),
    }
}

pub(super) fn warning(seen: &Warning) -> pb::DecisionWarning {
    pb::DecisionWarning {
        kind: seen.kind.code().into(),
        text: seen.text(),
        records: seen.records.iter().map(ToString::to_string).collect(),
    }
}
