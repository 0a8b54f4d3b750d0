//! Joint complaints (共同投诉, Order 121 Art. 12): complaints of several persons against one operator are handled as one, each with
//! its own decision, notices and terms.

use super::find;
use crate::domain::command::FileRef;
use crate::domain::ids::{RegistrationNumber, Track};
use crate::domain::refusal::Refusal;
use crate::ledger::{Batch, Stop};
use crate::store::FileRow;

/// Whether a complaint may be handled with another: one of the same unit against the same operator.
pub(super) async fn may_join(
    batch: &mut Batch<'_>,
    file: &FileRow,
    lead: &RegistrationNumber,
) -> Result<(), Stop> {
    let reference = FileRef { number: lead.clone(), track: Track::Complaint };
    let known = find(batch, &reference).await?;
    let fits = |known: &FileRow| {
        known.unit == file.unit && known.respondent.is_some() && known.respondent == file.respondent
    };
    if known.as_ref().is_some_and(fits) {
        return Ok(());
    }
    Err(Refusal::field(
        "joined.lead_registration_number",
        "no complaint of that number against the same operator is with your unit",
        "本单位没有该编号的对同一被投诉人的投诉件",
    )
    .into())
}
