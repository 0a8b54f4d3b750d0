//! 清除: what a submission's events keep of persons goes, and everything by which it is found.

use std::sync::Arc;

use super::amend::{changed_tracks, rename, touch};
use crate::domain::command::{Command, EventKind, Outcome};
use crate::domain::ids::{FileId, Sequence};
use crate::domain::purge::{Purge, Tombstone};
use crate::domain::refusal::Refusal;
use crate::domain::submission::Submission;
use crate::domain::time::Timestamp;
use crate::features::history::{Cut, Recency};
use crate::identity::Place;
use crate::ledger::{Batch, Event, Known, LedgerError, Prepared, Stop, key_hashes_of, may_be_purged};
use crate::stored;

/// Purges a submission whose time to be kept is over. What happened stays; scores and their reasons stay; later complaints are decided
/// as if it had never been.
pub(crate) async fn purge(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    purge: &Purge,
) -> Result<Outcome, Stop> {
    let bureau = batch.bureau;
    let Some(submission) = batch.tx.submission(bureau, &purge.number).await? else {
        return Err(Refusal::NotFound { what: "submission", what_zh: "登记件" }.into());
    };
    if let Some(hold) = is_held(batch, submission, purge).await? {
        return Err(hold);
    }
    let known = batch.submission(submission).await?;
    forget(batch, submission, &known).await?;
    bury(batch, submission).await?;
    let sequence = batch.next();
    batch.tx.set_purged(bureau, submission, sequence).await?;
    batch.record(Event::new(sequence, EventKind::Purge, prepared).of(submission))?;
    Ok(Outcome::Noted { sequence })
}

/// Why it is kept after all: something has happened since it was looked at.
async fn is_held(
    batch: &mut Batch<'_>,
    submission: Sequence,
    purge: &Purge,
) -> Result<Option<Stop>, LedgerError> {
    if batch.is_rekeying() {
        let (en, zh) = (
            "another identity key is being brought into use; purge when that is done",
            "正在更换标识密钥（triage keys rekey），完成后再清除",
        );
        return Ok(Some(Refusal::field("number", en, zh).into()));
    }
    let (rules, today) = (Arc::clone(&batch.rules), batch.now.day());
    let Some(retention) = &rules.settings().retention else {
        let (en, zh) =
            ("the bureau file sets no retention", "机构文件没有设定保存期限（settings.retention）");
        return Ok(Some(Refusal::field("retention", en, zh).into()));
    };
    let asked = (submission, &purge.number);
    let held = may_be_purged(&mut batch.tx, batch.bureau, (retention, today), asked).await?.err();
    Ok(held.map(|hold| Refusal::field("number", "is to be kept", hold.zh()).into()))
}

/// Nobody finds it any more: no search, no later complaint, no text.
async fn forget(batch: &mut Batch<'_>, submission: Sequence, known: &Known) -> Result<(), LedgerError> {
    let (bureau, keyed) = (batch.bureau, batch.keyed);
    let (mut key_hashes, search_keys) = key_hashes_of(&batch.hash_key, &known.facts);
    key_hashes.template = batch.tx.template_of(bureau, submission).await?;
    let recency = Recency::new(known.first_received.at, submission);
    let keys: Vec<_> = search_keys.into_iter().map(|(key, track)| (key, submission, track)).collect();
    batch.tx.forget(keyed, recency, &key_hashes.all().collect::<Vec<_>>(), &keys).await?;
    let is_party = |id: i64| [key_hashes.name, key_hashes.person].contains(&Some(id));
    let mut cuts = batch.tx.cuts(keyed, key_hashes.keys.into_iter().flatten()).await?;
    cuts.retain(|Cut { one, other, .. }| is_party(*one) || is_party(*other));
    Ok(batch.tx.forget_cuts(keyed, &cuts).await?)
}

/// Its events keep what happened, and nothing of persons.
async fn bury(batch: &mut Batch<'_>, submission: Sequence) -> Result<(), LedgerError> {
    let (bureau, identity) = (batch.bureau, &batch.context.identity);
    let opener = batch.opener();
    let mut known: Option<(Submission, Timestamp)> = None;
    let mut left = Vec::new();
    for (sequence, kind, payload) in batch.tx.events_of(bureau, submission).await? {
        let mut recorded = opener.open(bureau, sequence, &payload)?;
        if kind == EventKind::Purge || recorded.purged.is_some() {
            continue;
        }
        let mut tombstone = Tombstone::default();
        if let Command::Submit(stated)
        | Command::Import { submission: stated, .. }
        | Command::Amend { submission: stated, .. } = &recorded.command
        {
            let first_received = known.as_ref().map_or(stated.received.at, |(_, first)| *first);
            let first = Recency::new(first_received, sequence);
            let anchors = batch.hash_key.shingles(stated).map(|text| text.anchors().collect::<Vec<_>>());
            batch.tx.forget_template(batch.keyed, first, anchors.into_iter().flatten()).await?;
            match &mut known {
                None => known = Some(((**stated).clone(), first_received)),
                Some((known, _)) => {
                    let before = known.clone();
                    known.merge(stated);
                    tombstone.changed = changed_tracks(&before, known);
                }
            }
        }
        recorded.command.purge();
        recorded.purged = Some(tombstone);
        let json = stored::to_json(&recorded).map_err(|_| LedgerError::Unreadable("event"))?;
        left.push((sequence, identity.seal(Place::event(bureau, sequence), json.as_bytes())?));
    }
    Ok(batch.tx.set_payloads(bureau, left).await?)
}

/// A later version of the facts, of a submission that was purged since, in a replay: what it changed is done as it was.
pub(super) async fn renew_as_it_was(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    (submission, kind): (Sequence, EventKind),
    (version, tombstone): (&Submission, &Tombstone),
) -> Result<Sequence, LedgerError> {
    let known = batch.submission(submission).await?.facts;
    let mut merged = known.clone();
    merged.merge(version);
    let sequence = batch.next();
    rename(batch, (submission, sequence), &known, &merged).await?;
    for cut in batch.decided.cuts.get(&sequence).cloned().unwrap_or_default() {
        batch.tx.new_cut(batch.keyed, cut, sequence).await?;
    }
    for track in &tombstone.changed {
        let file = FileId { submission, track: *track };
        if let Some(decision) = batch.decided.decisions.get(&(file, sequence)).cloned() {
            batch.writes.decision(batch.bureau, &decision)?;
        }
    }
    touch(batch, submission, &tombstone.changed, sequence).await?;
    batch.record(Event::new(sequence, kind, prepared).of(submission))?;
    batch.flush().await?;
    Ok(sequence)
}
