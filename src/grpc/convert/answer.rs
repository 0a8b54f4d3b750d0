//! Answers, from the wire: what our own client is told, in domain words again.

use super::evidence::parse_evidence;
use super::parse_file;
use crate::domain::command::{FileRef, Receipt};
use crate::domain::decision::{Band, Barred, Basis, Candidate, Decision, Factor, Reason, Routing, Suspicion};
use crate::domain::handling::Status;
use crate::domain::ids::{FileId, ModelId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::time::Timestamp;
use crate::grpc::client::{ClientError, Progress, Seen};
use crate::grpc::pb;

pub(super) type Parsed<T> = Result<T, ClientError>;

/// What must be there is not, or means nothing to us.
pub(super) fn missing(what: &'static str) -> ClientError {
    ClientError::Unreadable(what)
}

pub(in crate::grpc) fn receipt(answer: Option<pb::Receipt>) -> Parsed<(Receipt, bool)> {
    let answer = answer.ok_or_else(|| missing("receipt"))?;
    let sequence = Sequence(answer.sequence);
    let recorded_at = answer.recorded_at.ok_or_else(|| missing("recorded_at"))?;
    let micros = recorded_at.seconds * super::MICROS_PER_SECOND + i64::from(recorded_at.nanos) / 1_000;
    let receipt = Receipt {
        number: number(&answer.registration_number)?,
        sequence,
        recorded_at: Timestamp(micros),
        decisions: answer
            .decisions
            .into_iter()
            .map(|made| decision(made, sequence))
            .collect::<Result<_, _>>()?,
    };
    Ok((receipt, answer.repeat))
}

pub(in crate::grpc) fn seen(answer: pb::File) -> Parsed<Seen> {
    let file: FileRef = parse_file(&answer.name).map_err(|_| missing("file"))?;
    let state = answer.state.ok_or_else(|| missing("state"))?;
    let made = answer.decision.ok_or_else(|| missing("decision"))?;
    let submission = Sequence(made.sequence);
    Ok(Seen {
        file,
        status: status(state.status)?,
        unit: unit(&state.unit)?,
        token: state.token.map(Sequence),
        decision: decision(made, submission)?,
    })
}

pub(in crate::grpc) fn made(answer: Option<pb::Progress>) -> Parsed<Progress> {
    let answer = answer.ok_or_else(|| missing("progress"))?;
    Ok(Progress { token: Sequence(answer.token), status: status(answer.status)? })
}

pub(super) fn number(answer: &str) -> Parsed<RegistrationNumber> {
    RegistrationNumber::parse(answer).map_err(|_| missing("registration_number"))
}

fn unit(answer: &str) -> Parsed<UnitId> {
    UnitId::parse(answer).map_err(|_| missing("unit"))
}

fn status(answer: i32) -> Parsed<Status> {
    i16::try_from(answer).ok().and_then(Status::from_code).ok_or_else(|| missing("status"))
}

fn decision(answer: pb::Decision, submission: Sequence) -> Parsed<Decision> {
    let track = match answer.track() {
        pb::Track::Complaint => Track::Complaint,
        pb::Track::Report => Track::Report,
        pb::Track::Unspecified => return Err(missing("track")),
    };
    Ok(Decision {
        file: FileId { submission, track },
        sequence: Sequence(answer.sequence),
        suspicion: answer.suspicion.map(suspicion).transpose()?,
        routing: answer.routing.map(routing).transpose()?,
        rules: Sequence(answer.rules_sequence),
    })
}

fn suspicion(answer: pb::Suspicion) -> Parsed<Suspicion> {
    let band = match answer.band() {
        pb::Band::Low => Band::Low,
        pb::Band::Medium => Band::Medium,
        pb::Band::High => Band::High,
        pb::Band::Insufficient => Band::Insufficient,
        pb::Band::NotScored => Band::NotScored,
        pb::Band::Unspecified => return Err(missing("band")),
    };
    let model = answer.model.map(|model| ModelId::parse(&model).map_err(|_| missing("model")));
    Ok(Suspicion {
        band,
        schema_hash: answer.schema_hash,
        vector: answer.vector,
        model: model.transpose()?,
        log_odds: answer.log_odds,
        score: answer.score,
        reasons: answer.reasons.into_iter().map(reason).collect::<Result<_, _>>()?,
        evidence: answer.evidence.map(parse_evidence).transpose()?.unwrap_or_default(),
    })
}

fn reason(answer: pb::Reason) -> Parsed<Reason> {
    let factor = match answer.factor() {
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
        feature: answer.feature,
        text: answer.text,
        contribution: answer.contribution,
        records: answer.records.iter().map(|record| number(record)).collect::<Result<_, _>>()?,
    })
}

fn routing(answer: pb::Routing) -> Parsed<Routing> {
    let basis =
        i16::try_from(answer.basis).ok().and_then(Basis::from_code).ok_or_else(|| missing("basis"))?;
    let candidate = |answer: pb::Candidate| -> Parsed<Candidate> {
        Ok(Candidate {
            unit: unit(&answer.unit)?,
            open_centiunits: centi(answer.open_work_units),
            centiofficers: centi(answer.officers_on_duty),
            assigned_centiunits: centi(answer.assigned_work_units),
            month_centiofficers: centi(answer.officers_this_month),
            barred: answer.barred.and_then(|code| Barred::from_code(i16::try_from(code).ok()?)),
            chosen: answer.chosen,
        })
    };
    Ok(Routing {
        basis,
        unit: unit(&answer.unit)?,
        candidates: answer.candidates.into_iter().map(candidate).collect::<Result<_, _>>()?,
        centiunits: centi(answer.work_units),
        matched: answer.matched_words,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "open work is far below 2^63 hundredths; a cast saturates"
)]
fn centi(whole: f64) -> i64 {
    (whole * 100.0).round() as i64
}
