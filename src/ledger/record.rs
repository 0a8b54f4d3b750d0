//! What is on record of a file that is about to be decided (在案材料), read for the check before the decision.

use std::collections::{BTreeSet, HashMap};

use super::{DECIDING, LedgerError, Opener, facts, lives, paused_since};
use crate::domain::check::Warning;
use crate::domain::command::{Command, Verb};
use crate::domain::deadline::Clock;
use crate::domain::decision::Decision;
use crate::domain::handling::Status;
use crate::domain::ids::{BureauId, FileId, RegistrationNumber, Sequence, Track};
use crate::domain::time::Day;
use crate::statute::check::{self, Case};
use crate::statute::life::Life;
use crate::store::{FileRow, Tx};

/// Steps, acts and skips of one submission that are taken, of each: more than any file has by far.
pub(crate) const MOST_OF_KIND: u32 = 300;

/// Acts read of one file: all of those, and what else can be done with it.
pub(crate) const MOST_ACTS: u32 = 4 * MOST_OF_KIND + 600;

/// What speaks against a verb on a file that is done on a day, by all that is on record.
pub(crate) async fn warnings(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    (file, verb, on): (&FileRow, &Verb, Day),
) -> Result<Vec<Warning>, LedgerError> {
    if !matches!(verb, Verb::Decide { .. } | Verb::Close { .. }) {
        return Ok(Vec::new());
    }
    let clocks = tx.clocks(bureau, &[file.id]).await?;
    let deciding = |clock: &&Clock| {
        clock.runs() && DECIDING.contains(&clock.duty) && paused_since(clock, &file.testing).is_none()
    };
    let mut record = Record::default();
    if check::is_looked_into(verb) {
        record = Record::read(tx, opener, bureau, file.id).await?;
    }
    let case = Case {
        received: file.state.received_at.day(),
        on,
        occurred: record.occurred,
        deciding: clocks.iter().map(|(_, clock)| clock).find(deciding),
        decisions: &record.decisions,
        acts: &record.acts,
        overturned: &record.overturned,
    };
    Ok(check::warnings(case, verb))
}

/// What is read for it.
#[derive(Default)]
struct Record {
    occurred: Option<Day>,
    decisions: Vec<Decision>,
    acts: Vec<Command>,
    overturned: Vec<RegistrationNumber>,
}

impl Record {
    async fn read(
        tx: &mut Tx,
        opener: Opener<'_>,
        bureau: BureauId,
        file: FileId,
    ) -> Result<Self, LedgerError> {
        let mut known = facts(tx, opener, bureau, std::iter::once(file.submission)).await?;
        let known = known.remove(&file.submission).ok_or(LedgerError::Unreadable("submission"))?;
        let part = known.facts.part(file.track);
        let occurred = part.and_then(|part| part.occurred.known()).map(|moment| moment.at.day());
        let decisions = tx.decisions(bureau, &[file]).await?.remove(&file).unwrap_or_default();
        let mut acts = Vec::new();
        for row in tx.acts(bureau, file, MOST_ACTS).await? {
            acts.push(opener.open(bureau, row.sequence, &row.payload)?.command);
        }
        let overturned = overturned(tx, opener, bureau, &decisions).await?;
        Ok(Self { occurred, decisions, acts, overturned })
    }
}

/// The complaints that the latest score names, that stood refused then and do not now.
async fn overturned(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    decisions: &[Decision],
) -> Result<Vec<RegistrationNumber>, LedgerError> {
    let latest = decisions.iter().rev().find_map(|decision| Some((decision, decision.suspicion.as_ref()?)));
    let Some((decision, suspicion)) = latest else { return Ok(Vec::new()) };
    let reasons = suspicion.reasons.iter().flat_map(|reason| &reason.records);
    let links = suspicion.evidence.links.iter().flat_map(|link| link.from.iter().chain([&link.to]));
    let named: BTreeSet<&RegistrationNumber> = reasons.chain(links).collect();
    let numbers = tx.known_numbers(bureau, named.iter().copied()).await?;
    let ids: Vec<FileId> = numbers
        .values()
        .map(|known| FileId { submission: known.sequence, track: Track::Complaint })
        .collect();
    let rows = tx.files(bureau, &ids).await?;
    let files = || rows.iter().map(|row| (row.id, row.state.received_at));
    let then = lives(tx, opener, bureau, files(), decision.sequence).await?;
    let now = lives(tx, opener, bureau, files(), Sequence(i64::MAX)).await?;
    let stands = |lives: &HashMap<FileId, Life>, id| {
        lives.get(&id).is_some_and(|life| life.state.status == Status::Refused && life.overturned.is_none())
    };
    let mut fallen: Vec<RegistrationNumber> = rows
        .iter()
        .filter(|row| stands(&then, row.id) && !stands(&now, row.id))
        .map(|row| row.number.clone())
        .collect();
    fallen.sort_unstable();
    Ok(fallen)
}
