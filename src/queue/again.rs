//! A report that was sent before (重复举报、补充新的事实, Order 121 Art. 35), as an officer has confirmed.

use std::sync::Arc;

use super::{find, in_sight};
use crate::domain::command::{FileRef, Ruling};
use crate::domain::deadline::Duty;
use crate::domain::handling::Disposition;
use crate::domain::ids::{RegistrationNumber, Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::ledger::{Batch, DECIDING, Prepared, Stop};
use crate::store::FileRow;

/// An officer has confirmed that a report is an earlier one again. Where new facts are added to it, the earlier one's clock
/// starts again at the receipt of this one.
pub(super) async fn same_report(
    batch: &mut Batch<'_>,
    file: &FileRow,
    earlier: &RegistrationNumber,
    (prepared, ruling): (&Prepared, &Ruling),
    sequence: Sequence,
) -> Result<(), Stop> {
    let rules = Arc::clone(&batch.rules);
    let under = batch.under(&rules, file, sequence);
    let mut known = earlier_of(batch, prepared, file, earlier).await?;
    if under.acts && !is_of_its_own(&known, file) {
        return Err(refused(
            "is not an earlier report that was handled itself, about an operator that is known",
            "前件应当先于本件收到、已经或者正在独立办理，并且被举报人明确",
        )
        .into());
    }
    if matches!(ruling, Ruling::Repeat { .. }) {
        return Ok(());
    }
    let mut clocks = batch.clocks(known.id).await?;
    let running =
        [Duty::Verify, Duty::VerifyProlonged].into_iter().find(|duty| clocks.running(*duty).is_some());
    if known.state.status.has_ended() || running.is_none() {
        return Err(refused(
            "is decided already; new facts are verified as a report of their own",
            "前件已作出决定；补充的新事实应作为新的举报核查",
        )
        .into());
    }
    let started = file.state.received_at.day();
    let until = if under.acts { started } else { under.today };
    clocks.release(under, |row| DECIDING.contains(&row.duty), until);
    clocks.start(under, Duty::Verify, started, &known.testing);
    batch.put_clocks(&mut known, &clocks)?;
    // Whoever holds it must have seen this before the next verb.
    if known.signed_at.is_some() {
        known.token = Some(sequence);
    }
    batch.tx.move_file(batch.bureau, &known).await?;
    Ok(())
}

/// The earlier report, at whichever unit it is. One that the caller may not know of, and that is not the same reporter's about the same
/// operator, is not told apart from one that does not exist (promise 11).
async fn earlier_of(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    file: &FileRow,
    number: &RegistrationNumber,
) -> Result<FileRow, Stop> {
    let reference = FileRef { number: number.clone(), track: Track::Report };
    let found = find(batch, &reference).await?.filter(|known| known.id != file.id);
    let is_same = |known: &FileRow| known.cluster == file.cluster && known.respondent == file.respondent;
    let known = match found {
        Some(known) if is_same(&known) => Some(known),
        found => in_sight(batch, prepared, found.filter(|known| known.unit == file.unit)).await?,
    };
    let Some(known) = known else {
        return Err(refused(
            "no other report of that number is known to your unit, nor one of the same reporter about the same operator",
            "本单位没有该编号的其他举报件，也没有同一举报人对同一被举报人的该编号举报件",
        )
        .into());
    };
    if known.cluster != file.cluster {
        return Err(refused("was not sent by the same reporter", "不是同一举报人的举报").into());
    }
    if known.respondent != file.respondent {
        return Err(refused("is not against the same operator", "不是针对同一被举报人的举报").into());
    }
    Ok(known)
}

/// Whether the earlier report is or was handled by a decision of its own: only then need the later one not be.
fn is_of_its_own(known: &FileRow, file: &FileRow) -> bool {
    let by_another = matches!(
        known.state.disposition,
        Some(
            Disposition::Repeated
                | Disposition::Merged
                | Disposition::OtherChannel
                | Disposition::NotCompetent
        )
    );
    !by_another && known.state.received_at <= file.state.received_at && known.respondent.is_some()
}

fn refused(en: &str, zh: &str) -> Refusal {
    Refusal::field("earlier_registration_number", en, zh)
}
