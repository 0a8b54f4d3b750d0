//! A lead found in mediation (调解中发现的线索, Order 121 Art. 27): it is noted on the complaint, and comes in as a report of its own,
//! received on the day of its discovery, in the same transaction.

use crate::domain::act::FileAct;
use crate::domain::command::{Command, Handling, Outcome, Request, Verb};
use crate::domain::given::Given;
use crate::domain::ids::{CallerId, RegistrationNumber, RequestId, Sequence};
use crate::domain::person::Complainant;
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::domain::submission::{Channel, Part, Submission};
use crate::domain::text::{Story, Why};
use crate::domain::time::{Day, Moment};
use crate::ledger::{Batch, LedgerError, Prepared, Stop};
use crate::{intake, queue};

/// Does a unit's verb; a lead that it notes is taken in as a report. A replay notes it alone: the report is an event of its own.
pub(super) async fn handle(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    handling: &Handling,
) -> Result<Outcome, Stop> {
    let Verb::Record { on, act: FileAct::LeadFound { number, facts } } = &handling.verb else {
        return queue::handle(batch, prepared, handling).await;
    };
    if batch.is_done_already() {
        return queue::handle(batch, prepared, handling).await;
    }
    // Who has no such file is not told which numbers there are, and who has one is told of those below its own alone: a lead takes
    // no number that the platform may give.
    queue::own(batch, prepared, handling).await?;
    let taken = |en, zh| Refusal::field("lead_found.registration_number", en, zh);
    if !is_below(number, &handling.file.number) {
        let en =
            "is not of this complaint; take the complaint's number, a hyphen and what you like, as C-1-1";
        let zh = "线索编号由本投诉的登记编号加“-”和序号组成，例如 C-1-1，请改正";
        return Err(taken(en, zh).into());
    }
    if batch.tx.submission(batch.bureau, number).await?.is_some() {
        return Err(
            taken("is known already; give the lead a number of its own", "该编号已经登记，请另编号").into()
        );
    }
    let done = queue::handle(batch, prepared, handling).await?;
    batch.flush().await?;
    let complaint = batch.tx.submission(batch.bureau, &handling.file.number).await?;
    let complaint = complaint.ok_or(LedgerError::Unreadable("submission"))?;
    let report = report(batch, complaint, number, facts, *on).await?;
    let event = batch.last();
    let request_id = RequestId::parse(&format!("lead-{}", event.0));
    let request = Request {
        caller: CallerId::SERVICE,
        unit: None,
        sight: Sight::ALL,
        request_id: request_id.map_err(|_| LedgerError::Unreadable("request id"))?,
        command: Command::Submit(Box::new(report)),
    };
    let report = Prepared::within(batch, request)?;
    intake::submit(batch, &[&report]).await?.remove(0)?;
    Ok(done)
}

/// Whether a number is one of those that stand below another: itself, a hyphen, and more.
fn is_below(number: &RegistrationNumber, other: &RegistrationNumber) -> bool {
    let rest = number.as_str().strip_prefix(other.as_str()).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|rest| !rest.is_empty())
}

/// What is known of the operator and the goods, in the officer's words; of the complainant nothing, who has not reported it.
async fn report(
    batch: &mut Batch<'_>,
    complaint: Sequence,
    number: &RegistrationNumber,
    facts: &Why,
    on: Day,
) -> Result<Submission, LedgerError> {
    let known = batch.submission(complaint).await?.facts;
    let unreadable = || LedgerError::Unreadable("part");
    let part = known.complaint.ok_or_else(unreadable)?;
    Ok(Submission {
        number: number.clone(),
        received: Moment { at: on.start(), date_only: true },
        channel: Given::Known(Channel::Other),
        complainant: Complainant::default(),
        respondent: known.respondent,
        complaint: None,
        report: Some(Part {
            text: Given::Known(Story::parse(facts.as_str()).map_err(|_| unreadable())?),
            demands: Given::Absent,
            amount_fen: Given::Absent,
            order_number: Given::Absent,
            quantity: Given::Absent,
            occurred: Given::Absent,
            attachments: Given::Absent,
            ..part
        }),
    })
}
