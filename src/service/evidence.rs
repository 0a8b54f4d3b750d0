//! What an evidence sheet is made from, read in one consistent look at the database and bounded by one sequence.

use std::collections::HashMap;

use super::views::may_know_of_other;
use super::{Failure, Found, Operation, Service};
use crate::domain::caller::Caller;
use crate::domain::decision::{Decision, Suspicion};
use crate::domain::ids::{BureauId, FileId, RegistrationNumber, Sequence, Track};
use crate::domain::purge::Purged;
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::domain::time::Timestamp;
use crate::evidence::{Gathered, Past, Sheet, Standing, named, sheet};
use crate::ledger::{Known, LedgerError, Opener, Stop, facts_as_of, lives, purged, seen};
use crate::model::recall::{Recalled, recall};
use crate::store::Tx;

/// A sheet, and whose files were looked at for it.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) sheet: Sheet,
    /// The complaint it is of.
    pub(super) file: FileId,
    /// The earlier complaints it names.
    pub(super) named: Vec<FileId>,
}

impl Service {
    /// The evidence sheet of a complaint (研判参考材料): of its first decision, or of a later score by the sequence of the
    /// amendment it was made on. The making is recorded as a look at the file and at the complaints it names.
    pub async fn evidence(
        &self,
        caller: &Caller,
        number: &RegistrationNumber,
        sequence: Option<Sequence>,
    ) -> Result<Sheet, Failure> {
        let seen = self.look(caller, Operation::GetEvidence, "get_evidence", async |opener| {
            let Made { sheet, file, named } = self.make_evidence(opener, caller, number, sequence).await?;
            Ok(Found::of(sheet, vec![file]).naming("named_in_evidence", named))
        });
        seen.await
    }

    /// Makes the sheet of a complaint that the caller may see.
    pub(super) async fn make_evidence(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        number: &RegistrationNumber,
        asked: Option<Sequence>,
    ) -> Result<Made, Stop> {
        let mut tx = self.inner.context.store.read().await?;
        let made = async {
            let (file, decisions) = scored_complaint(&mut tx, opener, caller, number, asked).await?;
            Ok(self.gather(&mut tx, opener, caller, file, &decisions).await?)
        };
        let made = made.await;
        tx.rollback().await?;
        made
    }

    /// Reads what was known right after the last of these decisions, and nothing later.
    async fn gather(
        &self,
        tx: &mut Tx,
        opener: Opener<'_>,
        caller: &Caller,
        file: FileId,
        decisions: &[Decision],
    ) -> Result<Made, LedgerError> {
        let (context, bureau) = (&self.inner.context, caller.bureau);
        let unreadable = || LedgerError::Unreadable("decision");
        let (first, last) = decisions.first().zip(decisions.last()).ok_or_else(unreadable)?;
        let suspicion = last.suspicion.as_ref().ok_or_else(unreadable)?;
        let as_of = last.sequence;
        let past = past(tx, opener, bureau, suspicion, as_of).await?;
        let itself = std::iter::once(file.submission);
        let known = facts_as_of(tx, opener, bureau, itself, as_of).await?.remove(&file.submission);
        let known = known.ok_or(LedgerError::Unreadable("submission"))?;
        let at: HashMap<Sequence, Timestamp> = known.versions.iter().copied().collect();
        let timed = |decision: &Decision| Some((decision.clone(), *at.get(&decision.sequence)?));
        let timed: Option<Vec<_>> = decisions.iter().map(timed).collect();
        let sent_under = context.rules(tx, bureau, first.rules).await?;
        let scored_under = context.rules(tx, bureau, last.rules).await?;
        let purged = purged(tx, opener, bureau, std::iter::once(file.submission)).await?;
        let purged = purged.get(&file.submission);
        let gathered = Gathered {
            facts: &known.facts,
            received: known.first_received,
            decisions: &timed.ok_or_else(unreadable)?,
            sent_under: &sent_under,
            scored_under: &scored_under,
            recalled: recalled(tx, bureau, suspicion).await?,
            past: &past,
            purged: purged.map(Purged::zh),
            may_see_loads: may_know_of_other(caller, Track::Complaint),
        };
        let sheet = sheet(&gathered).ok_or_else(unreadable)?;
        let mut named: Vec<FileId> =
            past.values().map(|past| FileId { submission: past.sequence, track: Track::Complaint }).collect();
        named.sort_unstable();
        Ok(Made { sheet, file, named })
    }
}

/// The earlier complaints that a score names, as they were known then.
async fn past(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    suspicion: &Suspicion,
    as_of: Sequence,
) -> Result<HashMap<RegistrationNumber, Past>, LedgerError> {
    let named = named(suspicion);
    let numbers = tx.known_numbers(bureau, named.iter().map(|(number, _)| number)).await?;
    let submissions = numbers.values().map(|number| number.sequence);
    let known = facts_as_of(tx, opener, bureau, submissions, as_of).await?;
    let complaint = |submission: &Sequence| FileId { submission: *submission, track: Track::Complaint };
    let files = known.iter().map(|(sequence, known)| (complaint(sequence), known.first_received.at));
    let lives = lives(tx, opener, bureau, files, as_of).await?;
    let past = |(sequence, known): (Sequence, Known)| {
        let standing = Standing::from(lives.get(&complaint(&sequence))?);
        let (received, facts) = (known.first_received, known.facts);
        Some((facts.number.clone(), Past { facts, sequence, received, standing }))
    };
    Ok(known.into_iter().filter_map(past).collect())
}

/// The complaint of a number with its decisions up to the one asked for, or why there is no sheet of it.
async fn scored_complaint(
    tx: &mut Tx,
    opener: Opener<'_>,
    caller: &Caller,
    number: &RegistrationNumber,
    asked: Option<Sequence>,
) -> Result<(FileId, Vec<Decision>), Stop> {
    let unknown = Refusal::NotFound { what: "complaint", what_zh: "投诉件" };
    // Filtered by unit in the query, so that another unit's number takes as long as an unknown one.
    let sight = Sight::of(caller);
    let found = tx.by_number(caller.bureau, number, sight.unit.as_ref()).await?;
    let Some(file) = found.iter().find(|file| file.track == Track::Complaint).copied() else {
        // Whoever may not see the report is not told that there is one.
        let rows = tx.files(caller.bureau, &found).await?;
        let seen = seen(tx, opener, caller.bureau, &sight, rows.iter()).await?;
        let Some(report) = found.first().filter(|id| seen.contains(id)) else { return Err(unknown.into()) };
        let complaint = FileId { track: Track::Complaint, ..*report };
        let is_alone = tx.file(caller.bureau, complaint).await?.is_none();
        return Err(if is_alone { reports_have_none() } else { unknown }.into());
    };
    let mut decisions = tx.decisions(caller.bureau, &[file]).await?.remove(&file).unwrap_or_default();
    decisions.retain(|decision| decision.suspicion.is_some());
    let last = match asked {
        None => Some(0),
        Some(asked) => decisions.iter().position(|decision| decision.sequence == asked),
    };
    let last = last.ok_or_else(|| no_such_score(&decisions))?;
    decisions.truncate(last + 1);
    Ok((file, decisions))
}

fn reports_have_none() -> Refusal {
    Refusal::field(
        "registration_number",
        "is a report alone: reports are not scored, and there is no evidence sheet",
        "该登记件只有举报：举报不评分，没有研判参考材料",
    )
}

fn no_such_score(decisions: &[Decision]) -> Refusal {
    let sequences: Vec<String> = decisions.iter().map(|decision| decision.sequence.0.to_string()).collect();
    let sequences = sequences.join(", ");
    Refusal::field(
        "sequence",
        &format!("no score of this complaint has that sequence; it has {sequences}"),
        &format!("该件没有这个序号的评分；已有评分的序号：{sequences}"),
    )
}

/// The score taken apart by the model that made it.
async fn recalled(
    tx: &mut Tx,
    bureau: BureauId,
    suspicion: &Suspicion,
) -> Result<Option<Recalled>, LedgerError> {
    let Some(model) = &suspicion.model else { return Ok(None) };
    let Some(artefact) = tx.model(bureau, model).await? else { return Ok(None) };
    Ok(recall(&artefact, &suspicion.vector))
}
