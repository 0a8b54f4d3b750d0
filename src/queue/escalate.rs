//! 催签: a file that nobody has signed for in time is reported to its unit's manager, and then goes to reception (promise 7).

use super::{find, send, unknown_file};
use crate::domain::command::{EventKind, FileRef, Outcome};
use crate::domain::decision::Basis;
use crate::domain::handling::Status;
use crate::ledger::{Batch, Event, Prepared, Stop};

/// Does what is due for a file that nobody has signed for; nothing, and no event, when nothing is due any more.
pub(crate) async fn escalate(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    reference: &FileRef,
) -> Result<Outcome, Stop> {
    let Some(mut file) = find(batch, reference).await? else { return Err(unknown_file().into()) };
    let leased = file.leased_until.is_some_and(|until| until > batch.now);
    let due = file.escalates_at.is_some_and(|at| at <= batch.now);
    if file.state.status != Status::Waiting || leased || !due {
        return Ok(Outcome::Noted { sequence: batch.last() });
    }
    let sequence = batch.next();
    if file.warned_at.is_none() {
        file.warned_at = Some(batch.now);
        file.escalates_at = batch.escalation_after(&file, batch.rules.settings().escalate_minutes);
        batch.tx.move_file(batch.bureau, &file).await?;
    } else {
        let reception = batch.rules.reception().id.clone();
        send(batch, &mut file, &reception, Basis::Escalated, sequence).await?;
    }
    batch.record(Event::new(sequence, EventKind::Escalate, prepared).on(file.id))?;
    Ok(Outcome::Noted { sequence })
}
