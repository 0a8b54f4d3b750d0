//! Requests of the intake system, from the wire (登记系统的请求).

use std::time::Duration;

use super::submission::submission;
use super::{Act, act, finish, no_token, note, page_size, reason, registration_number, request_id};
use crate::domain::command::Command;
use crate::domain::cursor::Cursor;
use crate::domain::ids::RegistrationNumber;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::grpc::pb;
use crate::service::Failure;

const CHANGES_DEFAULT: u32 = 100;
const CHANGES_MOST: u32 = 1_000;

/// Both halves of a `SubmitRequest`, which are those of a stream's item too.
pub(in crate::grpc) fn submit(
    sent_id: &str,
    sent: Option<pb::Submission>,
    now: Timestamp,
) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let id = request_id(&mut v, sent_id);
    let command = submission(&mut v, sent, now).map(Command::Submit);
    act(v, id, command)
}

pub(in crate::grpc) fn amend(sent: pb::AmendRequest, now: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let id = request_id(&mut v, &sent.request_id);
    let submission = submission(&mut v, sent.submission, now);
    let reason = reason(&mut v, "reason", &sent.reason);
    let command = submission.zip(reason).map(|(submission, reason)| Command::Amend { submission, reason });
    act(v, id, command)
}

pub(in crate::grpc) fn withdraw(sent: &pb::WithdrawRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let id = request_id(&mut v, &sent.request_id);
    let number = registration_number(&mut v, &sent.registration_number);
    let reason = note(&mut v, "reason", sent.reason.as_deref());
    let command = number.map(|number| Command::Withdraw { number, reason });
    act(v, id, command)
}

pub(in crate::grpc) fn urge(sent: &pb::UrgeRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let id = request_id(&mut v, &sent.request_id);
    let number = registration_number(&mut v, &sent.registration_number);
    let note = note(&mut v, "note", sent.note.as_deref());
    let command = number.map(|number| Command::Urge { number, note });
    act(v, id, command)
}

pub(in crate::grpc) fn get_submission(
    sent: &pb::GetSubmissionRequest,
) -> Result<RegistrationNumber, Failure> {
    let mut v = Violations::default();
    let number = registration_number(&mut v, &sent.registration_number);
    finish(v, number)
}

pub(in crate::grpc) fn list_changes(
    sent: &pb::ListChangesRequest,
) -> Result<(Option<Cursor>, u32, Duration), Failure> {
    let mut v = Violations::default();
    let wait = v.take("wait", super::handling::wait(sent.wait));
    let most = page_size(&mut v, sent.page_size, CHANGES_DEFAULT, CHANGES_MOST);
    let after = match sent.page_token.as_str() {
        "" => Some(None),
        token => v.take("page_token", Cursor::parse(token).ok_or_else(no_token)).map(Some),
    };
    finish(v, (|| Some((after?, most?, wait?)))())
}
