//! From the wire into the domain and back.
//!
//! Every `fn` that takes a request in returns all that is wrong with it at once, by the sender's own field paths
//! (promise 14), and after it no optional field of protobuf survives. Values are moved where the types allow.

mod account;
mod answer;
mod check;
mod due;
mod evidence;
mod figures;
mod handling;
mod intake;
mod sheet;
mod submission;
mod view;

pub(super) use account::{account, account_named, open_account, set_roles, sign_in, signed_in};
pub(super) use answer::{made as parse_progress, receipt as parse_receipt, seen as parse_answered_file};
pub(super) use check::{check_decision, checked};
pub(super) use due::{due, list_due, places, proposals};
pub(super) use figures::{figures, get_figures};
pub(super) use handling::{
    FilesAsked, PullAsked, close, cut_link, decide, end_review, extend, get_file, give_back, list_files,
    open_review, prolong, pull, reassign, record_act, search, sent_ruling, sign_for, skip, status_word, step,
};
pub(super) use intake::{amend, get_submission, list_changes, submit, urge, withdraw};
pub use sheet::EvidenceForm;
pub(super) use sheet::{DossierAsked, EvidenceAsked, dossier, get_dossier, get_evidence, sheet, wire_form};
pub(super) use view::{
    changes, decision, file, files, history, open_files, progress, receipt, sent, submission_view, units,
    wire_track,
};

use super::pb;
use crate::domain::command::{Command, FileRef};
use crate::domain::given::Given;
use crate::domain::ids::{RegistrationNumber, RequestId, Sequence, Track};
use crate::domain::mask::any_star;
use crate::domain::plain::bare;
use crate::domain::refusal::Refusal;
use crate::domain::text::Why;
use crate::domain::time::{Moment, Timestamp};
use crate::domain::violation::{Invalid, Violations};
use crate::service::Failure;

/// A receive time or the time of a step may run this far ahead of our clock, in seconds: clocks differ.
const AHEAD_SECONDS_MOST: i64 = 300;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A writing request, taken apart.
#[derive(Debug)]
pub(super) struct Act {
    pub(super) request_id: RequestId,
    pub(super) command: Command,
}

impl Act {
    /// The registration number of a whole submission.
    pub(super) fn registration_number(&self) -> Option<RegistrationNumber> {
        match &self.command {
            Command::Submit(submission) | Command::Amend { submission, .. } => {
                Some(submission.number.clone())
            }
            _ => None,
        }
    }
}

/// One page of a list, as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageAsked {
    pub(super) after: Option<Sequence>,
    pub(super) most: u32,
}

/// The value, or everything that is wrong.
fn finish<T>(v: Violations, value: Option<T>) -> Result<T, Failure> {
    v.finish(value).map_err(|found| Refusal::Invalid(found).into())
}

/// An act when both its halves are right.
fn act(v: Violations, request_id: Option<RequestId>, command: Option<Command>) -> Result<Act, Failure> {
    let act = request_id.zip(command).map(|(request_id, command)| Act { request_id, command });
    finish(v, act)
}

fn request_id(v: &mut Violations, sent: &str) -> Option<RequestId> {
    v.take("request_id", RequestId::parse(sent))
}

fn registration_number(v: &mut Violations, sent: &str) -> Option<RegistrationNumber> {
    v.take("registration_number", RegistrationNumber::parse(&bare(sent)))
}

fn reason(v: &mut Violations, field: &str, sent: &str) -> Option<Why> {
    v.take(field, Why::parse(sent))
}

/// A note that may be left out; none too when it is wrong, which `v` then says.
fn note(v: &mut Violations, field: &str, sent: Option<&str>) -> Option<Why> {
    let never_masked = |_: &str| false;
    let given = v.take(field, Given::parse(sent, never_masked, Why::parse))?;
    given.known().cloned()
}

/// `submissions/{registration_number}/files/{complaint|report}`
fn file_ref(v: &mut Violations, sent: &str) -> Option<FileRef> {
    v.take("file", parse_file(sent))
}

fn parse_file(name: &str) -> Result<FileRef, Invalid> {
    let bad = || {
        Invalid::new(
            "not a file's name; send submissions/NUMBER/files/complaint or submissions/NUMBER/files/report",
            "不是有效件名，应为 submissions/登记编号/files/complaint 或 submissions/登记编号/files/report",
        )
    };
    let inner = name.strip_prefix("submissions/").ok_or_else(bad)?;
    let (number, word) = inner.split_once("/files/").ok_or_else(bad)?;
    let track = Track::ALL.into_iter().find(|track| track.word() == word).ok_or_else(bad)?;
    Ok(FileRef { number: RegistrationNumber::parse(number).map_err(|_| bad())?, track })
}

pub(super) fn file_name(number: &RegistrationNumber, track: Track) -> String {
    format!("submissions/{number}/files/{}", track.word())
}

/// A value of one of the closed lists; their codes are the numbers of the wire, and 0 is none of them.
fn listed<T>(v: &mut Violations, field: &str, sent: i32, from_code: fn(i16) -> Option<T>) -> Option<T> {
    let value = i16::try_from(sent).ok().and_then(from_code);
    v.take(field, value.ok_or_else(|| unlisted(sent)))
}

fn unlisted(sent: i32) -> Invalid {
    if sent == 0 {
        Invalid::new("is unspecified; choose one of the listed values", "未选择，请选择列表中的一项")
    } else {
        Invalid::new(format!("{sent} is not one of the listed values"), format!("{sent} 不是列表中的值"))
    }
}

fn track(v: &mut Violations, field: &str, sent: i32) -> Option<Track> {
    let value = match pb::Track::try_from(sent) {
        Ok(pb::Track::Complaint) => Ok(Track::Complaint),
        Ok(pb::Track::Report) => Ok(Track::Report),
        Ok(pb::Track::Unspecified) | Err(_) => Err(unlisted(sent)),
    };
    v.take(field, value)
}

/// A moment that may be left out; a date that holds stars is masked. `None` means it is wrong.
fn moment(v: &mut Violations, field: &str, sent: Option<pb::Moment>) -> Option<Given<Moment>> {
    let Some(sent) = sent else {
        return Some(Given::Absent);
    };
    v.within(field, |v| match sent.moment {
        Some(pb::moment::Moment::Time(time)) => v.take("time", instant(time)).map(Given::Known),
        Some(pb::moment::Moment::Date(date)) => {
            v.take("date", Given::parse(Some(&date), any_star, Moment::from_date))
        }
        None => {
            let zh = "时间为空，请填写时间或日期，未知可不填";
            v.add("", Invalid::new("is empty; send a time or a date, or leave it out", zh));
            None
        }
    })
}

fn instant(time: prost_types::Timestamp) -> Result<Moment, Invalid> {
    if !(0..1_000_000_000).contains(&time.nanos) {
        return Err(Invalid::new("nanos must be 0 to 999999999", "时间的纳秒部分应在 0 至 999999999 之间"));
    }
    Moment::from_seconds(time.seconds)
}

/// Refuses what claims to have happened later than the clock allows.
fn not_ahead(v: &mut Violations, field: &str, at: Timestamp, now: Timestamp) {
    if at > now.plus_seconds(AHEAD_SECONDS_MOST) {
        let zh = "时间比服务器时钟晚 5 分钟以上，请核对";
        v.add(field, Invalid::new("is more than 5 minutes ahead of the server's clock", zh));
    }
}

fn required() -> Invalid {
    Invalid::new("is required", "为必填项")
}

/// AIP-158: 0 means the default, more than the bound means the bound.
fn page_size(v: &mut Violations, size: i32, default: u32, most: u32) -> Option<u32> {
    match u32::try_from(size) {
        Ok(0) => Some(default),
        Ok(size) => Some(size.min(most)),
        Err(_) => {
            v.add("page_size", Invalid::new("must not be negative", "每页条数不能为负数"));
            None
        }
    }
}

fn no_token() -> Invalid {
    Invalid::new("not a token of an earlier answer; send one as it came", "不是之前答复中的页标，请原样传回")
}

fn page(v: &mut Violations, size: i32, token: &str, default: u32, most: u32) -> Option<PageAsked> {
    let size = page_size(v, size, default, most);
    let after =
        if token.is_empty() { Some(None) } else { v.take("page_token", parse_cursor(token)).map(Some) };
    size.zip(after).map(|(most, after)| PageAsked { after, most })
}

fn parse_cursor(token: &str) -> Result<Sequence, Invalid> {
    let sequence = token.parse().ok().filter(|sequence| *sequence >= 0);
    sequence.map(Sequence).ok_or_else(no_token)
}

fn cursor(sequence: Sequence) -> String {
    sequence.0.to_string()
}

fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let nanos = at.0.rem_euclid(MICROS_PER_SECOND) * 1_000;
    prost_types::Timestamp { seconds: at.seconds(), nanos: i32::try_from(nanos).unwrap_or_default() }
}

#[cfg(test)]
mod tests;
