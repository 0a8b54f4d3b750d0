//! A number that is known is sent again (重复登记): compared with what is known, answered with the first decision.

use super::{amend, outcome, purge, receipts};
use crate::domain::command::{Command, EventKind, News, Novelty, Outcome};
use crate::domain::ids::Sequence;
use crate::domain::refusal::{Differing, Refusal};
use crate::ledger::{Batch, Event, LedgerError, Prepared, Stop};
use crate::store::KnownNumber;

/// A known number sent again with other bytes: agreeing facts get the first decision, an unmasking is kept as a
/// version, differing facts are refused by name (promise 2).
pub(super) async fn compare_known(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    number: &KnownNumber,
) -> Result<Outcome, Stop> {
    let command = &prepared.request.command;
    let version = command.version().ok_or(LedgerError::Unreadable("submission"))?;
    let submission = number.sequence;
    if let Some(tombstone) = &prepared.tombstone {
        let what = (submission, EventKind::Unmask);
        purge::renew_as_it_was(batch, prepared, what, (version, tombstone)).await?;
        return known_again(batch, prepared, number, true).await;
    }
    let known = batch.submission(submission).await?;
    let fields = match command {
        Command::Import { .. } => known.facts.in_parts_of(version).differences(version),
        _ => known.facts.differences(version),
    };
    if !fields.is_empty() {
        let value = |field: &String| known.facts.impersonal(field).zip(version.impersonal(field));
        let differing = Differing { values: fields.iter().map(value).collect(), fields };
        return with_other_facts(batch, prepared, submission, differing).await;
    }
    let mut merged = known.facts.clone();
    let learned = merged.merge(version);
    if learned {
        let sequence = batch.next();
        amend::renew(batch, prepared, submission, sequence, &known, &merged).await?;
        let changed = amend::changed_tracks(&known.facts, &merged);
        amend::touch(batch, submission, &changed, sequence).await?;
        batch.record(Event::new(sequence, EventKind::Unmask, prepared).of(submission))?;
    }
    known_again(batch, prepared, number, learned).await
}

/// The answer to a known number whose facts agree; a row still tells what became of its file.
async fn known_again(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    number: &KnownNumber,
    learned: bool,
) -> Result<Outcome, Stop> {
    let command = &prepared.request.command;
    let version = command.version().ok_or(LedgerError::Unreadable("submission"))?;
    let submission = number.sequence;
    if let Command::Import { outcome, .. } = command {
        let mut files = outcome::files(batch, std::iter::once((prepared, submission))).await?;
        let file = files.remove(&submission).ok_or(LedgerError::Unreadable("file"))?;
        let (outcome, _) = outcome::apply(batch, prepared, &file, outcome).await?;
        let facts = if learned { Novelty::Unmasked } else { Novelty::Known };
        return Ok(Outcome::Imported { facts, outcome, differing: None });
    }
    let repeat = (version.number.clone(), submission, number.recorded_at);
    let receipt = receipts(batch, &[repeat]).await?.remove(&submission);
    let receipt = receipt.ok_or(LedgerError::Unreadable("decision"))?;
    Ok(Outcome::Submitted { receipt, repeat: true })
}

/// Which facts tell what the matter is: a row that differs in one of them is of another.
const MATTER: [&str; 5] =
    ["received", "respondent.name", "respondent.credit_code", "complaint.text", "report.text"];

/// A known number with other facts is refused. A row of an export that is of the same matter - the platform's people correct telephones and
/// addresses - still tells what became of it: no file stays open for a corrected address. Its facts are for the sender to amend.
async fn with_other_facts(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    submission: Sequence,
    differing: Differing,
) -> Result<Outcome, Stop> {
    let tells_matter = |field: &String| MATTER.iter().any(|name| field.ends_with(name));
    let is_same = !differing.fields.iter().any(tells_matter);
    if let Command::Import { outcome, .. } = &prepared.request.command
        && is_same
    {
        let mut files = outcome::files(batch, std::iter::once((prepared, submission))).await?;
        if let Some(file) = files.remove(&submission)
            && let (News::New, _) = outcome::apply(batch, prepared, &file, outcome).await?
        {
            let (facts, outcome) = (Novelty::Known, News::New);
            return Ok(Outcome::Imported { facts, outcome, differing: Some(Box::new(differing)) });
        }
    }
    let Differing { fields, values } = differing;
    Err(Refusal::FactsDiffer { fields, values }.into())
}
