//! A unit's verbs on one file: what is possible where the file stands, and what each verb changes.

use serde::{Deserialize, Serialize};

use super::{find, officer_of, send, unknown_file};
use crate::domain::command::{Answer, EventKind, Handling, Outcome, Ruling, Verb};
use crate::domain::decision::Basis;
use crate::domain::handling::{Finding, Status};
use crate::domain::ids::{Sequence, Track, UnitId};
use crate::domain::refusal::Refusal;
use crate::domain::text::{AmountFen, Why};
use crate::domain::time::Timestamp;
use crate::ledger::{Batch, Event, LedgerError, Prepared};
use crate::store::FileRow;

/// What a verb was answered, as the event keeps it: a retry gets it again, the feed of changes reads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Handled {
    /// Token for the next verb.
    pub(crate) token: Sequence,
    /// Status after it.
    pub(crate) status: Status,
    /// Owning unit after it.
    pub(crate) unit: UnitId,
    /// End of the lease, after an Extend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Timestamp>,
}

impl Handled {
    /// The answer of the event at `sequence`.
    pub(crate) fn outcome(self, sequence: Sequence) -> Outcome {
        Outcome::Handled { sequence, token: self.token, status: self.status, until: self.until }
    }
}

/// Does a verb on a file of the caller's unit.
pub(crate) async fn handle(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    handling: &Handling,
) -> Result<Answer, LedgerError> {
    let Some(unit) = &prepared.request.unit else { return Ok(Err(unknown_file())) };
    // A file of another unit is not told apart from one that does not exist (promise 11).
    let Some(mut file) = find(batch, &handling.file).await?.filter(|file| file.unit == *unit) else {
        return Ok(Err(unknown_file()));
    };
    let allowed = officer_of(batch, &handling.officer, unit)
        .and_then(|()| may(&file, handling, batch.now))
        .and_then(|()| fits(&file, handling, batch));
    if let Err(refusal) = allowed {
        return Ok(Err(refusal));
    }
    let sequence = batch.next();
    apply(batch, &mut file, handling, sequence).await?;
    let handled = Handled {
        token: file.token.unwrap_or(sequence),
        status: file.status,
        unit: file.unit.clone(),
        until: file.leased_until,
    };
    batch.record(Event {
        sequence,
        kind: EventKind::from(&handling.verb),
        action: handling.verb.word(),
        prepared,
        submission: Some(file.id.submission),
        track: Some(file.id.track),
        officer: Some(handling.officer.clone()),
        answer: Some(serde_json::to_string(&handled).map_err(|_| LedgerError::Unreadable("answer"))?),
    })?;
    Ok(Ok(handled.outcome(sequence)))
}

/// Whether the verb is possible where the file stands, under the token given (promise 7).
fn may(file: &FileRow, handling: &Handling, now: Timestamp) -> Result<(), Refusal> {
    if file.status.has_ended() {
        return Err(Refusal::FileEnded(file.status));
    }
    let verb = &handling.verb;
    let leased = matches!(verb, Verb::Extend | Verb::Skip { .. } | Verb::SignFor);
    if leased && file.status == Status::Waiting {
        let holds = file.token == Some(handling.token) && file.leased_until.is_some_and(|until| until > now);
        return if holds { Ok(()) } else { Err(Refusal::LeaseLost) };
    }
    let withdrawn = file.withdrawn_at.is_some();
    let possible = match (verb, file.status) {
        (Verb::Decide { ruling, .. }, status) => {
            // Once accepted, a decision may be repeated to revise its finding, never to reverse it.
            status == Status::SignedFor || (status == Status::Accepted && *ruling == Ruling::Accept)
        }
        (Verb::Step { .. } | Verb::Return { .. }, Status::SignedFor)
        | (Verb::Step { .. } | Verb::Close { .. }, Status::Accepted | Status::Filed) => true,
        (Verb::Close { .. }, Status::SignedFor) => withdrawn,
        _ => false,
    };
    if !possible {
        return Err(Refusal::WrongState { verb: verb.word(), status: file.status });
    }
    match file.token {
        Some(current) if current != handling.token => Err(Refusal::VersionStale { current }),
        _ => Ok(()),
    }
}

/// Whether what is said fits the file: a ruling of its track, a finding on complaints only, a fitting end.
fn fits(file: &FileRow, handling: &Handling, batch: &Batch<'_>) -> Result<(), Refusal> {
    let track = file.id.track;
    match &handling.verb {
        Verb::Decide { ruling, .. } if ruling.track() != track => Err(Refusal::field(
            "ruling",
            "accept and refuse are for complaints, file and not_file for reports",
            "受理、不予受理用于投诉件，立案、不予立案用于举报件",
        )),
        Verb::Decide { finding: None, .. } if track == Track::Complaint => Err(Refusal::field(
            "finding",
            "a decision on a complaint carries a finding and its reason",
            "对投诉件作出决定时须填写认定及理由",
        )),
        Verb::Decide { finding: Some(_), .. } if track == Track::Report => Err(Refusal::field(
            "finding",
            "reports have no finding; they are verified whatever the reporter",
            "举报件不作职业索赔认定，应依法核查",
        )),
        Verb::Close { disposition, .. } if !disposition.fits(track) => Err(Refusal::field(
            "disposition",
            "files of this track do not end this way",
            "该处理结果不适用于此类件",
        )),
        Verb::Return { .. } if file.unit == batch.rules.reception().id => Err(Refusal::field(
            "file",
            "it is with the reception unit already; use Reassign",
            "该件已在统一接收机构，请使用改派",
        )),
        Verb::Step { at, .. } if at.seconds() > batch.now.seconds() + 300 => {
            Err(Refusal::field("time", "is in the future; note what was done", "办理时间不能晚于当前时间"))
        }
        _ => Ok(()),
    }
}

/// Does the verb.
async fn apply(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    handling: &Handling,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    let lease_end = batch.now.plus_seconds(batch.rules.lease_seconds());
    match &handling.verb {
        Verb::Extend => file.leased_until = Some(lease_end),
        Verb::Skip { .. } => {
            file.token = None;
            file.leased_until = None;
            file.skipped_until = Some(lease_end);
        }
        Verb::SignFor => {
            file.status = Status::SignedFor;
            file.officer = Some(handling.officer.clone());
            file.leased_until = None;
            file.token = Some(sequence);
        }
        Verb::Decide { ruling, finding } => {
            decide(batch, file, ruling, finding.as_ref()).await?;
            file.token = Some(sequence);
        }
        Verb::Step { .. } => file.token = Some(sequence),
        Verb::Close { disposition, recovered, .. } => {
            file.disposition = Some(*disposition);
            file.recovered_fen = recovered.map(AmountFen::fen);
            end(batch, file, Status::Closed).await?;
            file.token = Some(sequence);
        }
        Verb::Return { .. } => {
            let reception = batch.rules.reception().id.clone();
            return send(batch, file, &reception, Basis::Returned, sequence).await;
        }
    }
    Ok(batch.tx.move_file(batch.bureau, file).await?)
}

async fn decide(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    ruling: &Ruling,
    finding: Option<&(Finding, Why)>,
) -> Result<(), LedgerError> {
    if let Some((finding, _)) = finding {
        file.finding = Some(*finding);
    }
    if let Ruling::Refuse { ground, .. } = ruling {
        file.ground = Some(*ground);
    }
    match ruling.status() {
        status if status.has_ended() => end(batch, file, status).await?,
        status => file.status = status,
    }
    Ok(())
}

/// The file ends; its open work leaves the unit.
async fn end(batch: &mut Batch<'_>, file: &mut FileRow, status: Status) -> Result<(), LedgerError> {
    batch.read_loads().await?;
    batch.add_load(&file.unit, file.id.track, -file.centiunits);
    file.status = status;
    file.ended_at = Some(batch.now);
    Ok(())
}
