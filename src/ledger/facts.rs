//! The facts of submissions as they are known now: every version, opened and merged in order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Batch, LedgerError, Opener};
use crate::domain::command::Command;
use crate::domain::ids::{BureauId, Sequence};
use crate::domain::submission::Submission;
use crate::domain::time::{Moment, Timestamp};
use crate::features::template::Shingles;
use crate::store::Tx;

/// What is known of one submission.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The merged facts: the latest unmasked value of each.
    pub(crate) facts: Submission,
    /// The receive time as first sent: it starts the clocks and orders the history.
    pub(crate) first_received: Moment,
    /// When it was first recorded.
    pub(crate) recorded_at: Timestamp,
    /// The events that brought its versions, with the time of each, in order.
    pub(crate) versions: Vec<(Sequence, Timestamp)>,
}

impl Batch<'_> {
    /// What is known of a submission.
    pub(crate) async fn submission(&mut self, id: Sequence) -> Result<Known, LedgerError> {
        let opener = self.opener();
        let mut known = facts(&mut self.tx, opener, self.bureau, std::iter::once(id)).await?;
        known.remove(&id).ok_or(LedgerError::Unreadable("submission"))
    }
}

/// Reads the facts of submissions as of the last event.
pub(crate) async fn facts(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    submissions: impl Iterator<Item = Sequence>,
) -> Result<HashMap<Sequence, Known>, LedgerError> {
    facts_as_of(tx, opener, bureau, submissions, Sequence(i64::MAX)).await
}

/// Reads the facts of submissions as they were known right after an event.
pub(crate) async fn facts_as_of(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    submissions: impl Iterator<Item = Sequence>,
    as_of: Sequence,
) -> Result<HashMap<Sequence, Known>, LedgerError> {
    let mut known: HashMap<Sequence, Known> = HashMap::new();
    for version in tx.versions(bureau, submissions).await? {
        if version.sequence > as_of {
            continue;
        }
        let stated = open(opener, bureau, version.sequence, &version.payload)?;
        let versions = (version.sequence, version.recorded_at);
        if let Some(known) = known.get_mut(&version.submission) {
            known.facts.merge(&stated);
            known.versions.push(versions);
        } else {
            let (first_received, recorded_at) = (stated.received, version.recorded_at);
            let facts = *stated;
            known.insert(
                version.submission,
                Known { facts, first_received, recorded_at, versions: vec![versions] },
            );
        }
    }
    Ok(known)
}

/// The versions of submissions, in order: the event, the facts as it states them, the facts as they are known from then on.
pub(super) async fn versions_of(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    submissions: impl Iterator<Item = Sequence>,
) -> Result<BTreeMap<Sequence, Vec<(Sequence, Submission, Submission)>>, LedgerError> {
    let mut found: BTreeMap<Sequence, Vec<(Sequence, Submission, Submission)>> = BTreeMap::new();
    for version in tx.versions(bureau, submissions).await? {
        let stated = *open(opener, bureau, version.sequence, &version.payload)?;
        let versions = found.entry(version.submission).or_default();
        let mut known = versions.last().map_or_else(|| stated.clone(), |(.., known)| known.clone());
        known.merge(&stated);
        versions.push((version.sequence, stated, known));
    }
    Ok(found)
}

/// The shingles of the complaint texts in these events, each by its own version alone.
pub(crate) async fn shingles_of(
    batch: &mut Batch<'_>,
    events: impl Iterator<Item = Sequence>,
) -> Result<HashMap<Sequence, Shingles>, LedgerError> {
    let (context, bureau, opener) = (batch.context, batch.bureau, batch.opener());
    let hash_key = Arc::clone(&batch.hash_key);
    let mut found = HashMap::new();
    let mut sealed = BTreeSet::new();
    for event in events {
        match context.text((bureau, hash_key.id()), event) {
            Some(text) => drop(found.insert(event, text)),
            None => drop(sealed.insert(event)),
        }
    }
    for (event, payload) in batch.tx.payloads(bureau, sealed.into_iter()).await? {
        let stated = open(opener, bureau, event, &payload)?;
        let text = hash_key.shingles(&stated).unwrap_or_default();
        if batch.is_committed(event) {
            context.keep_text((bureau, hash_key.id()), event, &text);
        }
        found.insert(event, text);
    }
    Ok(found)
}

/// The facts of one event.
fn open(
    opener: Opener<'_>,
    bureau: BureauId,
    sequence: Sequence,
    payload: &[u8],
) -> Result<Box<Submission>, LedgerError> {
    match opener.open(bureau, sequence, payload)?.command {
        Command::Submit(stated)
        | Command::Import { submission: stated, .. }
        | Command::Amend { submission: stated, .. } => Ok(stated),
        _ => Err(LedgerError::Unreadable("submission")),
    }
}
