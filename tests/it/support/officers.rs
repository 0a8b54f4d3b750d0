//! Officers at their clients: every verb in one line, with made-up request ids.

use std::sync::atomic::{AtomicU64, Ordering};

use tonic::{Response, Status};
use triage::grpc::pb;
use triage::grpc::pb::decide_request::{Accepted, Filed, NotFiled, Refused, Ruling};
use triage::grpc::pb::reception_service_client::ReceptionServiceClient;
use triage::grpc::pb::unit_service_client::UnitServiceClient;

use super::{Called, TestApp, file, ok};

/// What an officer does with a file, with words that fit where words are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Extend,
    Skip,
    SignFor,
    /// Complaint: accepted, not a professional claim.
    Accept,
    Refuse,
    /// Report: filed as a case.
    FileCase,
    NotFile,
    Step,
    Close,
    /// Complaint: closed as withdrawn.
    CloseWithdrawn,
    Return,
}

impl Verb {
    pub(crate) const ALL: [Verb; 10] = [
        Verb::Extend,
        Verb::Skip,
        Verb::SignFor,
        Verb::Accept,
        Verb::Refuse,
        Verb::FileCase,
        Verb::NotFile,
        Verb::Step,
        Verb::Close,
        Verb::Return,
    ];
}

/// A request id nobody has used.
pub(crate) fn new_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("made-up-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// An officer of a unit at a client.
#[derive(Clone)]
pub(crate) struct OfficerAt {
    pub(crate) client: UnitServiceClient<Called>,
    pub(crate) officer: &'static str,
}

/// Reception, as those who reassign and as a unit with a queue.
pub(crate) async fn reception(app: &TestApp) -> (ReceptionServiceClient<Called>, OfficerAt) {
    let (service, client) = app.reception().await;
    (service, OfficerAt { client, officer: "r1" })
}

impl OfficerAt {
    /// An officer of a unit, with a client of its own.
    pub(crate) async fn new(app: &TestApp, unit: &str, officer: &'static str) -> Self {
        Self { client: app.unit(unit).await, officer }
    }

    /// The same client in another officer's hand.
    pub(crate) fn by(&self, officer: &'static str) -> Self {
        Self { client: self.client.clone(), officer }
    }

    /// A request to pull, without a wait.
    pub(crate) fn pull_request(&self, track: pb::Track, most: i32) -> pb::PullRequest {
        let (officer, track) = (self.officer.to_owned(), track as i32);
        pb::PullRequest { request_id: new_id(), officer, track, max_files: most, wait: None }
    }

    /// What a pull gives.
    pub(crate) async fn pull(&mut self, track: pb::Track, most: i32) -> Vec<pb::File> {
        let request = self.pull_request(track, most);
        ok(self.client.pull(request).await).files
    }

    /// Pulls complaints; their numbers.
    pub(crate) async fn pull_numbers(&mut self, most: i32) -> Vec<String> {
        numbers(&self.pull(pb::Track::Complaint, most).await)
    }

    /// Files found by what is asked.
    pub(crate) async fn search(&mut self, by: pb::search_request::By) -> Vec<pb::File> {
        let request = pb::SearchRequest { by: Some(by), page_size: 50, page_token: String::new() };
        ok(self.client.search(request).await).files
    }

    /// One file of the unit, found by its number.
    pub(crate) async fn see(&mut self, number: &str, track: &str) -> Option<pb::File> {
        let by = pb::search_request::By::RegistrationNumber(number.to_owned());
        self.search(by).await.into_iter().find(|found| found.name == file(number, track))
    }

    /// Does a verb under a new request id.
    pub(crate) async fn does(&mut self, verb: Verb, name: &str, token: i64) -> Result<pb::Progress, Status> {
        self.does_as(new_id(), verb, name, token).await
    }

    /// Does a verb that must be possible; the next token.
    pub(crate) async fn must(&mut self, verb: Verb, name: &str, token: i64) -> i64 {
        match self.does(verb, name, token).await {
            Ok(progress) => progress.token,
            Err(status) => panic!("{verb:?} {name}: {status:?}"),
        }
    }

    /// Does a verb under a request id.
    pub(crate) async fn does_as(
        &mut self,
        request_id: String,
        verb: Verb,
        name: &str,
        token: i64,
    ) -> Result<pb::Progress, Status> {
        let (file, officer) = (name.to_owned(), self.officer.to_owned());
        let reason = "经核实".to_owned();
        let client = &mut self.client;
        macro_rules! ask {
            ($method:ident, $request:ident $(, $field:ident: $value:expr)*) => {
                progress(client.$method(pb::$request { request_id, file, officer, token $(, $field: $value)* }).await,
                    |answer| answer.progress)
            };
        }
        match verb {
            Verb::Extend => ask!(extend, ExtendRequest),
            Verb::Skip => ask!(skip, SkipRequest, reason: reason),
            Verb::SignFor => ask!(sign_for, SignForRequest),
            Verb::Step => {
                let time = Some(prost_types::Timestamp { seconds: super::MONDAY.seconds(), nanos: 0 });
                ask!(step, StepRequest, kind: pb::StepKind::SiteVisit as i32, time: time, note: Some(reason))
            }
            Verb::Close => {
                let complaint = name.ends_with("/complaint");
                let end =
                    if complaint { pb::Disposition::Settled } else { pb::Disposition::Penalised } as i32;
                ask!(close_file, CloseFileRequest, disposition: end, recovered_amount_fen: Some(468), note: None,
                    termination: None, ground: None, closed_on: None)
            }
            Verb::CloseWithdrawn => {
                let end = pb::Disposition::Withdrawn as i32;
                ask!(close_file, CloseFileRequest, disposition: end, recovered_amount_fen: None, note: None,
                    termination: None, ground: None, closed_on: None)
            }
            Verb::Return => ask!(return_file, ReturnFileRequest, reason: reason),
            Verb::Accept | Verb::Refuse | Verb::FileCase | Verb::NotFile => {
                let (ruling, finding) = ruling(verb, reason.clone());
                let finding_reason = finding.map(|_| reason);
                ask!(decide, DecideRequest, ruling: Some(ruling), finding: finding, finding_reason: finding_reason,
                    decided_on: None, approved_by: None)
            }
        }
    }

    /// Pulls one file by name and leads it where it should stand; the token of its last answer.
    pub(crate) async fn lead(&mut self, name: &str, verbs: &[Verb]) -> i64 {
        let track = if name.ends_with("/complaint") { pb::Track::Complaint } else { pb::Track::Report };
        let pulled = self.pull(track, 50).await;
        let found = pulled.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("{name}"));
        let mut token = super::lease(found);
        for verb in verbs {
            token = self.must(*verb, name, token).await;
        }
        token
    }
}

fn ruling(verb: Verb, reason: String) -> (Ruling, Option<i32>) {
    let finding = Some(pb::Finding::NotSuspected as i32);
    match verb {
        Verb::Refuse => {
            let ground = pb::RefusalGround::NotOurDuty as i32;
            (Ruling::Refused(Refused { ground, reason }), finding)
        }
        Verb::FileCase => (Ruling::Filed(Filed {}), None),
        Verb::NotFile => (Ruling::NotFiled(NotFiled { reason, basis: None }), None),
        _ => (Ruling::Accepted(Accepted {}), finding),
    }
}

fn progress<T>(
    answer: Result<Response<T>, Status>,
    of: fn(T) -> Option<pb::Progress>,
) -> Result<pb::Progress, Status> {
    answer.map(|answer| of(answer.into_inner()).unwrap())
}

/// Sends a file to another unit.
pub(crate) async fn reassign(
    service: &mut ReceptionServiceClient<Called>,
    name: &str,
    unit: &str,
) -> Result<i64, Status> {
    let (file, unit, reason) = (name.to_owned(), unit.to_owned(), "属地调整".to_owned());
    let request = pb::ReassignRequest { request_id: new_id(), file, unit, reason };
    service.reassign(request).await.map(|answer| answer.into_inner().sequence)
}

/// Registration numbers of files.
pub(crate) fn numbers(files: &[pb::File]) -> Vec<String> {
    files.iter().map(|file| file.registration_number.clone()).collect()
}
