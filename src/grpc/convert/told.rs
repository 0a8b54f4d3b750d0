//! Answers, from the wire: what our own client is told, in domain words again.

use super::evidence::told_evidence;
use super::parse_file;
use crate::domain::command::{FileRef, Receipt};
use crate::domain::decision::{Band, Barred, Basis, Candidate, Decision, Factor, Reason, Routing, Suspicion};
use crate::domain::handling::Status;
use crate::domain::ids::{FileId, ModelId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::time::Timestamp;
use crate::grpc::client::{ClientError, Progress, Seen};
use crate::grpc::pb;

pub(super) type Told<T> = Result<T, ClientError>;

/// What must be there is not, or means nothing to us.
pub(super) fn missing(what: &'static str) -> ClientError {
    ClientError::Unreadable(what)
}

pub(in crate::grpc) fn receipt(told: Option<pb::Receipt>) -> Told<(Receipt, bool)> {
    let told = told.ok_or_else(|| missing("receipt"))?;
    let sequence = Sequence(told.sequence);
    let recorded_at = told.recorded_at.ok_or_else(|| missing("recorded_at"))?;
    let micros = recorded_at.seconds * super::MICROS_PER_SECOND + i64::from(recorded_at.nanos) / 1_000;
    let receipt = Receipt {
        number: number(&told.registration_number)?,
        sequence,
        recorded_at: Timestamp(micros),
        decisions: told
            .decisions
            .into_iter()
            .map(|made| decision(made, sequence))
            .collect::<Result<_, _>>()?,
    };
    Ok((receipt, told.repeat))
}

pub(in crate::grpc) fn seen(told: pb::File) -> Told<Seen> {
    let file: FileRef = parse_file(&told.name).map_err(|_| missing("file"))?;
    let state = told.state.ok_or_else(|| missing("state"))?;
    let made = told.decision.ok_or_else(|| missing("decision"))?;
    let submission = Sequence(made.sequence);
    Ok(Seen {
        file,
        status: status(state.status)?,
        unit: unit(&state.unit)?,
        token: state.token.map(Sequence),
        decision: decision(made, submission)?,
    })
}

pub(in crate::grpc) fn made(told: Option<pb::Progress>) -> Told<Progress> {
    let told = told.ok_or_else(|| missing("progress"))?;
    Ok(Progress { token: Sequence(told.token), status: status(told.status)? })
}

pub(super) fn number(told: &str) -> Told<RegistrationNumber> {
    RegistrationNumber::parse(told).map_err(|_| missing("registration_number"))
}

fn unit(told: &str) -> Told<UnitId> {
    UnitId::parse(told).map_err(|_| missing("unit"))
}

fn status(told: i32) -> Told<Status> {
    i16::try_from(told).ok().and_then(Status::from_code).ok_or_else(|| missing("status"))
}

fn decision(told: pb::Decision, submission: Sequence) -> Told<Decision> {
    let track = match told.track() {
        pb::Track::Complaint => Track::Complaint,
        pb::Track::Report => Track::Report,
        pb::Track::Unspecified => return Err(missing("track")),
    };
    Ok(Decision {
        file: FileId { submission, track },
        sequence: Sequence(told.sequence),
        suspicion: told.suspicion.map(suspicion).transpose()?,
        routing: told.routing.map(routing).transpose()?,
        rules: Sequence(told.rules_sequence),
    })
}

fn suspicion(told: pb::Suspicion) -> Told<Suspicion> {
    let band = match told.band() {
        pb::Band::Low => Band::Low,
        pb::Band::Medium => Band::Medium,
        pb::Band::High => Band::High,
        pb::Band::Insufficient => Band::Insufficient,
        pb::Band::NotScored => Band::NotScored,
        pb::Band::Unspecified => return Err(missing("band")),
    };
    let model = told.model.map(|model| ModelId::parse(&model).map_err(|_| missing("model")));
    Ok(Suspicion {
        band,
        schema_hash: told.schema_hash,
        vector: told.vector,
        model: model.transpose()?,
        log_odds: told.log_odds,
        score: told.score,
        reasons: told.reasons.into_iter().map(reason).collect::<Result<_, _>>()?,
        evidence: told.evidence.map(told_evidence).transpose()?.unwrap_or_default(),
    })
}

fn reason(told: pb::Reason) -> Told<Reason> {
    let factor = match told.factor() {
        pb::Factor::Quantity => Factor::Quantity,
        pb::Factor::Repetition => Factor::Repetition,
        pb::Factor::Proof => Factor::Proof,
        pb::Factor::SharedContact => Factor::SharedContact,
        pb::Factor::Other => Factor::Other,
        pb::Factor::Context => Factor::Context,
        pb::Factor::Unspecified => return Err(missing("factor")),
    };
    Ok(Reason {
        factor,
        feature: told.feature,
        text: told.text,
        contribution: told.contribution,
        records: told.records.iter().map(|record| number(record)).collect::<Result<_, _>>()?,
    })
}

fn routing(told: pb::Routing) -> Told<Routing> {
    let basis = i16::try_from(told.basis).ok().and_then(Basis::from_code).ok_or_else(|| missing("basis"))?;
    let candidate = |told: pb::Candidate| -> Told<Candidate> {
        Ok(Candidate {
            unit: unit(&told.unit)?,
            open_centiunits: centi(told.open_work_units),
            centiofficers: centi(told.officers_on_duty),
            assigned_centiunits: centi(told.assigned_work_units),
            month_centiofficers: centi(told.officers_this_month),
            barred: told.barred.and_then(|code| Barred::from_code(i16::try_from(code).ok()?)),
            chosen: told.chosen,
        })
    };
    Ok(Routing {
        basis,
        unit: unit(&told.unit)?,
        candidates: told.candidates.into_iter().map(candidate).collect::<Result<_, _>>()?,
        centiunits: centi(told.work_units),
        matched: told.matched_words,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "open work is far below 2^63 hundredths; a cast saturates"
)]
fn centi(whole: f64) -> i64 {
    (whole * 100.0).round() as i64
}
