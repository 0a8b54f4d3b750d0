//! A client of our own services, in domain words: what intake and a unit call, over a real connection.
//!
//! For `triage bench` and `triage demo`; other programs are written from `proto/`.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt as _;

use super::pb::intake_service_client::IntakeServiceClient;
use super::pb::submit_stream_response::Answer;
use super::pb::unit_service_client::UnitServiceClient;
use super::target::Target;
use super::{convert, pb};
use crate::domain::act::Notice;
use crate::domain::command::{FileRef, Receipt, Ruling};
use crate::domain::decision::Decision;
use crate::domain::handling::{Disposition, Finding, Status as FileStatus, TerminationGround};
use crate::domain::ids::{OfficerId, RegistrationNumber, RequestId, Sequence, Track, UnitId};
use crate::domain::submission::Submission;
use crate::domain::text::Why;
use crate::domain::time::Day;

pub use super::convert::EvidenceForm;

/// Why a call did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not an address.
    #[error("“{0}” 不是服务地址，应为 主机:端口、https://主机:端口 或 unix:/路径")]
    Address(String),
    /// A token that cannot be sent.
    #[error("访问令牌中含有不能发送的字符")]
    Token,
    /// A certificate cannot be checked without the authority that signed it.
    #[error("{0} 使用 TLS，须用 --tls-ca 指明签发其证书的 CA")]
    NoAuthority(String),
    /// What is for TLS, and an address without it.
    #[error("{0} 不使用 TLS，不需要 --tls-ca、--tls-cert、--tls-key；TLS 地址以 https:// 开头")]
    NotTls(String),
    /// A file for TLS.
    #[error("{path}：{why}")]
    TlsFile {
        /// Where.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Nobody answers there.
    #[error("不能连接 {address}，请检查服务是否已启动，使用 TLS 时请检查 CA 和客户端证书")]
    Connect {
        /// Where.
        address: String,
        /// Why.
        source: tonic::transport::Error,
    },
    /// The service refused the call.
    #[error("{zh}（{code}）")]
    Refused {
        /// The gRPC code, e.g. `RESOURCE_EXHAUSTED`.
        code: String,
        /// In Chinese, for people.
        zh: String,
    },
    /// An answer that means nothing to this program.
    #[error("服务的答复缺少 {0} 或者不能理解，两端版本可能不同")]
    Unreadable(&'static str),
}

impl ClientError {
    /// The gRPC code of a refusal, `UNREADABLE` and the like for what never was one.
    pub fn code(&self) -> &str {
        match self {
            ClientError::Refused { code, .. } => code,
            ClientError::Unreadable(_) => "UNREADABLE",
            ClientError::Connect { .. } => "NOT_CONNECTED",
            ClientError::Address(_)
            | ClientError::Token
            | ClientError::NoAuthority(_)
            | ClientError::NotTls(_)
            | ClientError::TlsFile { .. } => "NOT_SENT",
        }
    }
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        let received =
            status.get_error_details().localized_message().map(|received| received.message.clone());
        ClientError::Refused {
            code: code(status.code()),
            zh: received.unwrap_or_else(|| status.message().to_owned()),
        }
    }
}

/// The code as gRPC spells it.
fn code(code: Code) -> String {
    let mut spelled = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !spelled.is_empty() {
            spelled.push('_');
        }
        spelled.push(letter.to_ascii_uppercase());
    }
    spelled
}

/// A file as a client sees it (件).
#[derive(Debug, Clone)]
pub struct Seen {
    /// The file.
    pub file: FileRef,
    /// Status.
    pub status: FileStatus,
    /// Owning unit.
    pub unit: UnitId,
    /// Lease token, or version once signed for.
    pub token: Option<Sequence>,
    /// The first decision.
    pub decision: Decision,
}

/// What a unit's verb on a file is done by: which file, by whom, under which token.
#[derive(Debug, Clone)]
pub struct Grip {
    /// The file.
    pub file: FileRef,
    /// The officer.
    pub officer: OfficerId,
    /// The token of the last answer.
    pub token: Sequence,
}

impl Grip {
    fn name(&self) -> String {
        convert::file_name(&self.file.number, self.file.track)
    }
}

/// What a unit's verb came to.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// The token for the next verb.
    pub token: Sequence,
    /// The status of the file.
    pub status: FileStatus,
}

/// Puts the token on every call.
#[derive(Debug, Clone)]
struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// A caller on one connection. Cheap to clone; clones share the connection.
#[derive(Debug, Clone)]
pub struct Client {
    intake: IntakeServiceClient<InterceptedService<Channel, Bearer>>,
    unit: UnitServiceClient<InterceptedService<Channel, Bearer>>,
}

impl Client {
    /// Connects to a service as the caller of a token.
    pub async fn connect(target: &Target, token: &str) -> Result<Self, ClientError> {
        let mut bearer: MetadataValue<Ascii> =
            format!("Bearer {}", token.trim()).parse().map_err(|_| ClientError::Token)?;
        bearer.set_sensitive(true);
        let channel = target.connect().await?;
        let called = InterceptedService::new(channel, Bearer(bearer));
        Ok(Self { intake: IntakeServiceClient::new(called.clone()), unit: UnitServiceClient::new(called) })
    }

    /// Submits one submission (登记): its receipt, and whether it was in before.
    pub async fn submit(
        &self,
        request_id: &RequestId,
        submission: &Submission,
    ) -> Result<(Receipt, bool), ClientError> {
        let submission = Some(convert::sent(submission));
        let request = pb::SubmitRequest { request_id: request_id.to_string(), submission };
        convert::parse_receipt(self.intake.clone().submit(request).await?.into_inner().receipt)
    }

    /// Submits submissions as one stream (批量登记), which ends when `items` does.
    pub async fn submit_stream(
        &self,
        items: mpsc::Receiver<(RequestId, Submission)>,
    ) -> Result<Answers, ClientError> {
        let items = ReceiverStream::new(items).map(|(request_id, submission)| pb::SubmitStreamRequest {
            request_id: request_id.to_string(),
            submission: Some(convert::sent(&submission)),
        });
        Ok(Answers(self.intake.clone().submit_stream(items).await?.into_inner()))
    }

    /// Reads one submission with its files (查询登记件).
    pub async fn submission(&self, number: &RegistrationNumber) -> Result<Vec<Seen>, ClientError> {
        let request = pb::GetSubmissionRequest { registration_number: number.to_string() };
        let answer = self.intake.clone().get_submission(request).await?.into_inner();
        answer.files.into_iter().map(convert::parse_answered_file).collect()
    }

    /// Leases up to `most` files of the caller's unit (领取), waiting up to `wait` for the first one.
    pub async fn pull(
        &self,
        request_id: &RequestId,
        officer: &OfficerId,
        track: Track,
        most: i32,
        wait: Duration,
    ) -> Result<Vec<Seen>, ClientError> {
        let request = pb::PullRequest {
            request_id: request_id.to_string(),
            officer: officer.to_string(),
            track: convert::wire_track(track).into(),
            max_files: most,
            wait: prost_types::Duration::try_from(wait).ok(),
        };
        let answer = self.unit.clone().pull(request).await?.into_inner();
        answer.files.into_iter().map(convert::parse_answered_file).collect()
    }

    /// Signs for a leased file (签收).
    pub async fn sign_for(&self, request_id: &RequestId, grip: &Grip) -> Result<Progress, ClientError> {
        let request = pb::SignForRequest {
            request_id: request_id.to_string(),
            file: grip.name(),
            officer: grip.officer.to_string(),
            token: grip.token.0,
        };
        convert::parse_progress(self.unit.clone().sign_for(request).await?.into_inner().progress)
    }

    /// Decides a file (决定); on a complaint with the officer's finding and its reason.
    pub async fn decide(
        &self,
        request_id: &RequestId,
        grip: &Grip,
        ruling: &Ruling,
        finding: Option<(Finding, &Why)>,
    ) -> Result<Progress, ClientError> {
        let request = pb::DecideRequest {
            request_id: request_id.to_string(),
            file: grip.name(),
            officer: grip.officer.to_string(),
            token: grip.token.0,
            ruling: Some(convert::sent_ruling(ruling)),
            decided_on: None,
            approved_by: None,
            finding: finding.map(|(finding, _)| finding.code().into()),
            finding_reason: finding.map(|(_, why)| why.as_str().to_owned()),
        };
        convert::parse_progress(self.unit.clone().decide(request).await?.into_inner().progress)
    }

    /// The evidence sheet of a complaint (研判参考材料), of its first score unless another is named.
    pub async fn evidence(
        &self,
        number: &RegistrationNumber,
        sequence: Option<Sequence>,
        form: EvidenceForm,
    ) -> Result<Vec<u8>, ClientError> {
        let request = pb::GetEvidenceRequest {
            registration_number: number.to_string(),
            format: convert::wire_form(form).into(),
            sequence: sequence.map(|sequence| sequence.0),
        };
        Ok(self.unit.clone().get_evidence(request).await?.into_inner().document)
    }

    /// Closes a file (办结).
    pub async fn close(
        &self,
        request_id: &RequestId,
        grip: &Grip,
        (disposition, termination): (Disposition, Option<TerminationGround>),
        recovered_fen: Option<i64>,
    ) -> Result<Progress, ClientError> {
        let request = pb::CloseFileRequest {
            request_id: request_id.to_string(),
            file: grip.name(),
            officer: grip.officer.to_string(),
            token: grip.token.0,
            disposition: disposition.code().into(),
            recovered_amount_fen: recovered_fen,
            note: None,
            termination: termination.map(|ground| ground.code().into()),
            ground: None,
            closed_on: None,
        };
        convert::parse_progress(self.unit.clone().close_file(request).await?.into_inner().progress)
    }

    /// Notes that somebody was told something on a day (告知).
    pub async fn tell(
        &self,
        request_id: &RequestId,
        grip: &Grip,
        on: Day,
        notice: &Notice,
    ) -> Result<Progress, ClientError> {
        let request = pb::RecordActRequest {
            request_id: request_id.to_string(),
            file: grip.name(),
            officer: grip.officer.to_string(),
            token: grip.token.0,
            done_on: on.to_string(),
            act: Some(pb::record_act_request::Act::Notice(pb::record_act_request::Notice {
                subject: notice.subject.code().into(),
                to: notice.to.code().into(),
                means: notice.means.code().into(),
                proof: notice.proof.as_str().to_owned(),
                note: notice.note.as_ref().map(|note| note.as_str().to_owned()),
                text: notice.text.as_ref().map(|text| text.as_str().to_owned()),
            })),
        };
        convert::parse_progress(self.unit.clone().record_act(request).await?.into_inner().progress)
    }
}

/// The answers of a stream, in any order.
#[derive(Debug)]
pub struct Answers(Streaming<pb::SubmitStreamResponse>);

/// One answer of a stream: the request id of its item, and its receipt or why there is none.
pub type ItemAnswer = (String, Result<(Receipt, bool), ClientError>);

impl Answers {
    /// The next answer; none when the stream has ended. An error ends the stream.
    pub async fn next(&mut self) -> Result<Option<ItemAnswer>, ClientError> {
        let Some(received) = self.0.message().await? else { return Ok(None) };
        let answer = match received.answer {
            Some(Answer::Receipt(receipt)) => convert::parse_receipt(Some(receipt)),
            Some(Answer::Error(error)) => {
                Err(ClientError::Refused { code: code(Code::from_i32(error.code)), zh: error.message })
            }
            None => Err(ClientError::Unreadable("answer")),
        };
        Ok(Some((received.request_id, answer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_spelled_as_grpc_spells_them() {
        assert_eq!(code(Code::ResourceExhausted), "RESOURCE_EXHAUSTED");
        assert_eq!(code(Code::Internal), "INTERNAL");
    }
}
