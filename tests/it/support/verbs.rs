//! The units' verbs in short, for tests about what they come to.

use tonic::{Response, Status};
use triage::grpc::pb;
use triage::grpc::pb::unit_service_client::UnitServiceClient;

use super::{Called, file, lease, ok};

/// A station with one officer who does everything.
pub(crate) struct Station {
    pub(crate) client: UnitServiceClient<Called>,
    pub(crate) officer: &'static str,
    asked: u32,
}

type Answer = Result<pb::Progress, Status>;

fn progress<T>(answer: Result<Response<T>, Status>, of: fn(T) -> Option<pb::Progress>) -> Answer {
    answer.map(|response| of(response.into_inner()).unwrap())
}

macro_rules! verb {
    ($self:ident, $client:ident, $request:ident, $name:expr, $token:expr, { $($field:ident: $value:expr),* }) => {{
        let request = pb::$request {
            request_id: $self.next_id(),
            file: $name,
            officer: $self.officer.to_owned(),
            token: $token,
            $($field: $value),*
        };
        progress($self.client.$client(request).await, |response| response.progress)
    }};
}

impl Station {
    pub(crate) fn new(client: UnitServiceClient<Called>, officer: &'static str) -> Self {
        Self { client, officer, asked: 0 }
    }

    fn next_id(&mut self) -> String {
        self.asked += 1;
        format!("{}-{}", self.officer, self.asked)
    }

    /// A pull that does not wait.
    pub(crate) fn wish(&mut self, track: pb::Track, most: i32) -> pb::PullRequest {
        pb::PullRequest {
            request_id: self.next_id(),
            officer: self.officer.to_owned(),
            track: track.into(),
            max_files: most,
            wait: None,
        }
    }

    /// Complaints waiting, leased.
    pub(crate) async fn pull(&mut self, most: i32) -> Vec<pb::File> {
        let wish = self.wish(pb::Track::Complaint, most);
        ok(self.client.pull(wish).await).files
    }

    /// Numbers of the complaints waiting, leased.
    pub(crate) async fn numbers(&mut self, most: i32) -> Vec<String> {
        self.pull(most).await.into_iter().map(|file| file.registration_number).collect()
    }

    /// Pulls one complaint and signs for it; its first version.
    pub(crate) async fn take(&mut self) -> (String, i64) {
        let pulled = self.pull(1).await.remove(0);
        let signed = self.sign_for(&pulled.name, lease(&pulled)).await.unwrap();
        (pulled.name, signed.token)
    }

    pub(crate) async fn extend(&mut self, name: &str, token: i64) -> Answer {
        verb!(self, extend, ExtendRequest, name.to_owned(), token, {})
    }

    pub(crate) async fn skip(&mut self, name: &str, token: i64) -> Answer {
        verb!(self, skip, SkipRequest, name.to_owned(), token, { reason: "等待材料".into() })
    }

    pub(crate) async fn sign_for(&mut self, name: &str, token: i64) -> Answer {
        verb!(self, sign_for, SignForRequest, name.to_owned(), token, {})
    }

    pub(crate) async fn accept(&mut self, name: &str, token: i64) -> Answer {
        let ruling = pb::decide_request::Ruling::Accepted(pb::decide_request::Accepted::default());
        self.decide(name, token, ruling, Some(pb::Finding::Not)).await
    }

    pub(crate) async fn refuse(&mut self, name: &str, token: i64) -> Answer {
        let refused = pb::decide_request::Refused {
            ground: pb::RefusalGround::NotForConsumption.into(),
            reason: "短期内大量购买同类商品，不能说明生活消费用途".into(),
        };
        let ruling = pb::decide_request::Ruling::Refused(refused);
        self.decide(name, token, ruling, Some(pb::Finding::Suspected)).await
    }

    pub(crate) async fn decide(
        &mut self,
        name: &str,
        token: i64,
        ruling: pb::decide_request::Ruling,
        finding: Option<pb::Finding>,
    ) -> Answer {
        verb!(self, decide, DecideRequest, name.to_owned(), token, {
            ruling: Some(ruling),
            finding: finding.map(Into::into),
            finding_reason: finding.map(|_| "依据本件材料".into())
        })
    }

    pub(crate) async fn step(&mut self, name: &str, token: i64) -> Answer {
        let time = prost_types::Timestamp { seconds: 1_780_275_000, nanos: 0 };
        verb!(self, step, StepRequest, name.to_owned(), token, {
            kind: pb::StepKind::SiteVisit.into(),
            time: Some(time),
            note: Some("现场核查".into())
        })
    }

    pub(crate) async fn close(&mut self, name: &str, token: i64) -> Answer {
        verb!(self, close, CloseRequest, name.to_owned(), token, {
            disposition: pb::Disposition::Settled.into(),
            recovered_amount_fen: Some(5_000),
            note: None
        })
    }

    pub(crate) async fn give_back(&mut self, name: &str, token: i64) -> Answer {
        verb!(self, r#return, ReturnRequest, name.to_owned(), token, { reason: "不属本所管辖".into() })
    }
}

/// The name of a complaint's file.
pub(crate) fn complaint_file(number: &str) -> String {
    file(number, "complaint")
}
