//! What a failure becomes on the wire. The only place that names a gRPC code.
//!
//! | failure | code | details besides ErrorInfo and LocalizedMessage |
//! |---|---|---|
//! | wrong fields, bytes that are no message | `INVALID_ARGUMENT` | BadRequest, every field |
//! | no or unknown token | `UNAUTHENTICATED` | |
//! | wrong password, locked account | `UNAUTHENTICATED` | |
//! | no rule allows it, password to change | `PERMISSION_DENIED` | |
//! | not there, or not for this caller to know of | `NOT_FOUND` | |
//! | known with other facts | `ALREADY_EXISTS` | BadRequest, every differing field |
//! | `request_id` used for something else | `ALREADY_EXISTS` | |
//! | lease lost, file ended, verb does not fit, no bureau file | `FAILED_PRECONDITION` | |
//! | version stale | `ABORTED`: read again, then try with the version that holds now | |
//! | a message that is too large | `INVALID_ARGUMENT`: it never fits, so nobody is to try again | |
//! | lane full, or no bytes left | `RESOURCE_EXHAUSTED` | RetryInfo |
//! | an answer that was not read in time | `DEADLINE_EXCEEDED` | |
//! | outcome not known | `UNAVAILABLE` | RetryInfo |
//! | the clock cannot be right, nothing done | `UNAVAILABLE` | RetryInfo |
//! | an internal error | `INTERNAL` | |

use std::collections::HashMap;
use std::time::Duration;

use prost::Message;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, LocalizedMessage, StatusExt};

use super::auth::Denied;
use super::pb;
use crate::domain::refusal::Refusal;
use crate::domain::violation::Violation;
use crate::service::Failure;

/// When to come back for what others hold: calls end in milliseconds, what is not read ends in seconds.
const FULL_RETRY: Duration = Duration::from_secs(1);

const DOMAIN: &str = "triage";
const LOCALE: &str = "zh-CN";

/// Details travel as a trailer, base64 coded, and many clients take no more than 8 KiB of trailers.
/// Fields are never left out for it; their Chinese, then their English is.
const DETAIL_BYTES_MOST: usize = 5_500;

/// What of [`DETAIL_BYTES_MOST`] the Chinese summary may take, in bytes.
const SUMMARY_BYTES_MOST: usize = 1_200;

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let message = failure.to_string();
        match failure {
            Failure::Refused(refusal) => refused(refusal, message),
            Failure::Full { retry_after } => {
                let zh = "排队的请求过多，请稍后以同一请求编号重试";
                retry(Code::ResourceExhausted, message, "FULL", zh, retry_after)
            }
            Failure::Busy { retry_after } => {
                let zh = "服务暂时不能答复，处理结果未知，请稍后以同一请求编号重试";
                retry(Code::Unavailable, message, "BUSY", zh, retry_after)
            }
            Failure::ClockNotTrusted { why, retry_after } => {
                let zh = format!(
                    "{}；为免留下错误的时间，未作任何登记。请联系管理员校准时钟或执行 triage clock accept，\
                    之后以同一请求编号重试",
                    why.zh()
                );
                retry(Code::Unavailable, message, "CLOCK_NOT_TRUSTED", &zh, retry_after)
            }
            Failure::Denied => Denied::NotAllowed.into(),
            Failure::NotSignedIn => {
                let zh = "工号或口令不正确，或者账户已锁定；忘记口令请联系安全管理员";
                Status::with_error_details(
                    Code::Unauthenticated,
                    message,
                    error_details("NOT_SIGNED_IN", zh, &[]),
                )
            }
            Failure::PasswordToChange => {
                let details = error_details("PASSWORD_TO_CHANGE", "请先修改口令", &[]);
                Status::with_error_details(Code::PermissionDenied, message, details)
            }
            Failure::Internal => {
                let details = error_details("INTERNAL", "服务内部错误，请联系管理员", &[]);
                Status::with_error_details(Code::Internal, message, details)
            }
        }
    }
}

impl From<Denied> for Status {
    fn from(denied: Denied) -> Self {
        let (code, reason, zh) = match denied {
            Denied::NoToken => (Code::Unauthenticated, "NO_TOKEN", "请求未携带访问令牌，或格式不正确"),
            Denied::UnknownCertificate => (
                Code::Unauthenticated,
                "UNKNOWN_CERTIFICATE",
                "客户端证书不是本局任何调用方的（triage caller add --certificate），请求也未携带访问令牌",
            ),
            Denied::UnknownToken => (Code::Unauthenticated, "UNKNOWN_TOKEN", "访问令牌无效或已停用"),
            Denied::NotAllowed => (Code::PermissionDenied, "NOT_ALLOWED", "您的角色无权使用此功能"),
            Denied::NoAnswer(failure) => return failure.into(),
        };
        Status::with_error_details(code, denied.to_string(), error_details(reason, zh, &[]))
    }
}

/// The answer to bytes that are not the message they should be. `what` names the field, never its value.
pub(super) fn not_decodable(what: &str) -> Status {
    let details = error_details("NOT_DECODABLE", "请求无法解析，请检查编码（文字须为 UTF-8）", &[]);
    Status::with_error_details(Code::InvalidArgument, what, details)
}

/// Nothing is left of what bounds the call.
pub(super) fn full() -> Status {
    Failure::Full { retry_after: FULL_RETRY }.into()
}

/// The client did not read, or did not write, for too long.
pub(super) fn too_long() -> Status {
    let details = error_details("TOO_LONG", "读取或发送过慢，本次调用已结束，请重新调用", &[]);
    Status::with_error_details(Code::DeadlineExceeded, "the call was open for too long; call again", details)
}

/// An answer that was made below our code, as we would have said it. All that we say has details.
pub(super) fn explained(answer: http::Response<Body>) -> http::Response<Body> {
    match Status::from_header_map(answer.headers()) {
        Some(status) if status.code() != Code::Ok && status.details().is_empty() => {
            let encodings = answer.headers().get(ACCEPT_ENCODING).cloned();
            let mut explained = explained_status(status).into_http();
            // Which compressions are known is sent with the refusal of another.
            explained.headers_mut().extend(encodings.map(|known| (ACCEPT_ENCODING, known)));
            explained
        }
        _ => answer,
    }
}

const ACCEPT_ENCODING: http::HeaderName = http::HeaderName::from_static("grpc-accept-encoding");

/// A refusal made below our code, as we would have said it: bytes that are no message are the sender's fault, and a
/// message that is too large is not to be sent again.
pub(super) fn explained_status(status: Status) -> Status {
    if !status.details().is_empty() {
        return status;
    }
    match status.code() {
        Code::Internal => not_decodable(status.message()),
        Code::OutOfRange | Code::ResourceExhausted => {
            let details = error_details("TOO_LARGE", "消息过大，请拆分或缩短后再发送", &[]);
            Status::with_error_details(Code::InvalidArgument, status.message(), details)
        }
        Code::Unimplemented => {
            let details = error_details("UNIMPLEMENTED", "没有该方法，或不支持该压缩方式", &[]);
            Status::with_error_details(Code::Unimplemented, status.message(), details)
        }
        _ => status,
    }
}

/// The same error as an item of a stream.
pub(super) fn error(status: &Status) -> pb::ItemError {
    let details = pb::ItemError::decode(status.details())
        .map(|error_details| error_details.details)
        .unwrap_or_default();
    pb::ItemError { code: i32::from(status.code()), message: status.message().to_owned(), details }
}

fn refused(refusal: Refusal, message: String) -> Status {
    let mut details = error_details(refusal.reason(), refusal.zh(), &metadata(&refusal));
    let code = match refusal {
        Refusal::Invalid(violations) => {
            name_fields(&mut details, violations, "INVALID");
            Code::InvalidArgument
        }
        Refusal::FactsDiffer { fields, .. } => {
            name_fields(&mut details, fields.into_iter().map(differing).collect(), "DIFFERS");
            Code::AlreadyExists
        }
        Refusal::NotFound { .. } => Code::NotFound,
        Refusal::RequestIdReused => Code::AlreadyExists,
        Refusal::VersionStale { .. } => Code::Aborted,
        Refusal::LeaseLost
        | Refusal::FileEnded(_)
        | Refusal::WrongState { .. }
        | Refusal::Leased
        | Refusal::CursorUnknown { .. }
        | Refusal::AtCapacity
        | Refusal::OnTrial => Code::FailedPrecondition,
    };
    Status::with_error_details(code, shortened(message, SUMMARY_BYTES_MOST), details)
}

fn differing(field: String) -> Violation {
    Violation {
        field,
        description: "differs from what is known; use Amend with a reason".to_owned(),
        description_zh: "与已登记内容不一致，如需更正请使用补充并说明理由".to_owned(),
    }
}

/// What a program may want to know besides the reason.
fn metadata(refusal: &Refusal) -> Vec<(&'static str, String)> {
    match refusal {
        Refusal::Invalid(violations) => vec![("count", violations.len().to_string())],
        Refusal::NotFound { what, .. } => vec![("what", (*what).to_owned())],
        Refusal::FactsDiffer { fields, .. } => vec![("count", fields.len().to_string())],
        Refusal::CursorUnknown { resume } => vec![("resume", resume.clone())],
        Refusal::VersionStale { current } => vec![("version", current.0.to_string())],
        Refusal::FileEnded(status) => vec![("status", super::convert::status_word(*status))],
        Refusal::WrongState { verb, status } => {
            vec![("verb", (*verb).to_owned()), ("status", super::convert::status_word(*status))]
        }
        Refusal::RequestIdReused
        | Refusal::LeaseLost
        | Refusal::Leased
        | Refusal::AtCapacity
        | Refusal::OnTrial => Vec::new(),
    }
}

fn retry(code: Code, message: String, reason: &str, zh: &str, after: Duration) -> Status {
    let mut details = error_details(reason, zh, &[]);
    details.set_retry_info(Some(after));
    Status::with_error_details(code, message, details)
}

/// The two details every error has.
fn error_details(reason: &str, zh: impl Into<String>, metadata: &[(&str, String)]) -> ErrorDetails {
    let metadata: HashMap<String, String> =
        metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, metadata);
    details.set_localized_message(LOCALE, shortened(zh.into(), SUMMARY_BYTES_MOST));
    details
}

/// Names every field, with as much said about each as fits.
fn name_fields(details: &mut ErrorDetails, violations: Vec<Violation>, reason: &str) {
    let room = DETAIL_BYTES_MOST.saturating_sub(SUMMARY_BYTES_MOST);
    let names: usize = violations.iter().map(|v| v.field.len() + 24).sum();
    let english = names + violations.iter().map(|v| v.description.len()).sum::<usize>();
    let both = english + violations.iter().map(|v| v.description_zh.len() + 16).sum::<usize>();
    let listed = violations.into_iter().map(|violation| FieldViolation {
        reason: reason.to_owned(),
        description: if english <= room { violation.description } else { String::new() },
        localized_message: (both <= room)
            .then(|| LocalizedMessage { locale: LOCALE.to_owned(), message: violation.description_zh }),
        field: violation.field,
    });
    let listed: Vec<FieldViolation> = listed.collect();
    details.set_bad_request(listed);
}

/// The text, cut at a character when it has more than `most` bytes.
fn shortened(mut text: String, most: usize) -> String {
    const MORE: &str = "…";
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most.saturating_sub(MORE.len())));
        text.push_str(MORE);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::handling::Status as FileStatus;
    use crate::domain::ids::Sequence;
    use crate::domain::time::Timestamp;
    use crate::domain::trust::Untrusted;

    fn wrong(count: usize) -> Failure {
        let violation = |index| Violation {
            field: format!("submission.complaint.attachments[{index}].sha256"),
            description: "not a SHA-256 digest; send 64 hexadecimal digits".to_owned(),
            description_zh: "不是有效的 SHA-256 摘要，应为 64 位十六进制数字".to_owned(),
        };
        Refusal::Invalid((0..count).map(violation).collect()).into()
    }

    #[test]
    fn every_wrong_field_is_named_and_the_trailer_stays_small() {
        for count in [1, 3, 20, 64] {
            let status = Status::from(wrong(count));
            assert_eq!(status.code(), Code::InvalidArgument);
            assert!(status.details().len() <= DETAIL_BYTES_MOST + 200, "{count}: {}", status.details().len());
            let details = status.get_error_details();
            let named = details.bad_request().unwrap().field_violations.clone();
            assert_eq!(named.len(), count);
            assert_eq!(
                named[count - 1].field,
                format!("submission.complaint.attachments[{}].sha256", count - 1)
            );
            assert_eq!(details.error_info().unwrap().reason, "INVALID_FIELDS");
            assert_eq!(details.localized_message().unwrap().locale, LOCALE);
        }
        let status = Status::from(wrong(2));
        let named = status.get_error_details().bad_request().unwrap().field_violations.clone();
        assert!(named[0].description.contains("64 hexadecimal"));
        assert!(named[0].localized_message.as_ref().unwrap().message.contains("十六进制"));
    }

    fn clock(retry_after: Duration) -> Failure {
        let (now, last) = (Timestamp(0), Timestamp(1_000_000_000));
        Failure::ClockNotTrusted { why: Untrusted::Behind { now, last, by_s: 1_000 }, retry_after }
    }

    #[test]
    fn each_failure_has_its_code_and_reason() {
        let second = Duration::from_secs(1);
        let stale = Refusal::VersionStale { current: Sequence(7) };
        let too_early = Refusal::WrongState { verb: "decide", status: FileStatus::Waiting };
        for (failure, code, reason) in [
            (Refusal::NotFound { what: "file", what_zh: "件" }.into(), Code::NotFound, "NOT_FOUND"),
            (
                Refusal::FactsDiffer { fields: vec!["a.b".into()], values: vec![None] }.into(),
                Code::AlreadyExists,
                "FACTS_DIFFER",
            ),
            (Refusal::RequestIdReused.into(), Code::AlreadyExists, "REQUEST_ID_REUSED"),
            (Refusal::LeaseLost.into(), Code::FailedPrecondition, "LEASE_LOST"),
            (stale.into(), Code::Aborted, "VERSION_STALE"),
            (Refusal::FileEnded(FileStatus::Closed).into(), Code::FailedPrecondition, "FILE_ENDED"),
            (too_early.into(), Code::FailedPrecondition, "WRONG_STATE"),
            (Refusal::Leased.into(), Code::FailedPrecondition, "LEASED"),
            (Refusal::OnTrial.into(), Code::FailedPrecondition, "ON_TRIAL"),
            (Failure::Full { retry_after: second }, Code::ResourceExhausted, "FULL"),
            (Failure::Busy { retry_after: second }, Code::Unavailable, "BUSY"),
            (clock(second), Code::Unavailable, "CLOCK_NOT_TRUSTED"),
            (Failure::Internal, Code::Internal, "INTERNAL"),
        ] {
            let retried = matches!(
                failure,
                Failure::Full { .. } | Failure::Busy { .. } | Failure::ClockNotTrusted { .. }
            );
            let status = Status::from(failure);
            let details = status.get_error_details();
            assert_eq!(status.code(), code, "{reason}");
            assert_eq!(details.error_info().unwrap().reason, reason);
            assert_eq!(details.retry_info().and_then(|info| info.retry_delay), retried.then_some(second));
            assert!(details.localized_message().is_some());
        }
    }

    #[test]
    fn what_is_refused_below_our_code_has_a_reason_too() {
        for (below, code, reason) in [
            (Status::internal("Unexpected EOF decoding stream."), Code::InvalidArgument, "NOT_DECODABLE"),
            (Status::out_of_range("decoded message length too large"), Code::InvalidArgument, "TOO_LARGE"),
            (Status::resource_exhausted("decompressed too large"), Code::InvalidArgument, "TOO_LARGE"),
            (Status::unimplemented("snappy"), Code::Unimplemented, "UNIMPLEMENTED"),
        ] {
            let error_details = Status::from_header_map(explained(below.into_http()).headers()).unwrap();
            let details = error_details.get_error_details();
            assert_eq!((error_details.code(), details.error_info().unwrap().reason.as_str()), (code, reason));
            assert!(details.localized_message().is_some());
        }
        let ours = Status::from(Failure::Internal);
        assert_eq!(
            Status::from_header_map(explained(ours.into_http()).headers()).unwrap().code(),
            Code::Internal
        );
        assert_eq!(explained(http::Response::new(Body::empty())).headers().len(), 0);
    }

    #[test]
    fn a_stream_item_carries_the_same_details() {
        let status = Status::from(Failure::from(Refusal::VersionStale { current: Sequence(7) }));
        let item = error(&status);
        let error_details = tonic_types::Status::decode(status.details()).unwrap();
        assert_eq!((item.code, item.details), (i32::from(Code::Aborted), error_details.details));
        assert_eq!(status.get_error_details().error_info().unwrap().metadata["version"], "7");
    }
}
