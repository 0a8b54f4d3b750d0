//! 解除关联: a person cuts a wrong link, with a reason.

use crate::domain::command::{EventKind, Outcome};
use crate::domain::evidence::IdentityKey;
use crate::domain::ids::{RegistrationNumber, Sequence};
use crate::domain::refusal::Refusal;
use crate::features::history::{Cut, KeyHashes, PLACES};
use crate::ledger::{Batch, Event, LedgerError, Prepared, Stop, key_hashes_of};

/// From here on, the holders of these two complaints are not one under the key they share.
pub(crate) async fn cut_link(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    [number, other]: [&RegistrationNumber; 2],
    key: IdentityKey,
) -> Result<Outcome, Stop> {
    if let Some(cuts) = batch.decided.cuts.get(&batch.upcoming()).cloned() {
        return cut_as_it_was(batch, prepared, number, cuts).await;
    }
    let mut found = Vec::with_capacity(2);
    for number in [number, other] {
        let Some(submission) = batch.tx.submission(batch.bureau, number).await? else {
            return Err(unknown().into());
        };
        let known = batch.submission(submission).await?.facts;
        if known.complaint.is_none() {
            return Err(unknown().into());
        }
        found.push((submission, key_hashes_of(&batch.hash_key, &known).0));
    }
    let [(submission, one), (_, other)] = found.as_slice() else {
        return Err(LedgerError::Unreadable("submission").into());
    };
    let cut = cut(one, other, key)?;
    let sequence = batch.next();
    batch.tx.new_cut(batch.keyed, cut, sequence).await?;
    batch.record(Event::new(sequence, EventKind::CutLink, prepared).of(*submission))?;
    Ok(Outcome::Noted { sequence })
}

/// In a replay: one of both was purged since, and what they had in common cannot be told any more.
async fn cut_as_it_was(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    number: &RegistrationNumber,
    cuts: Vec<Cut>,
) -> Result<Outcome, Stop> {
    let submission = batch.tx.submission(batch.bureau, number).await?.ok_or_else(unknown)?;
    let sequence = batch.next();
    for cut in cuts {
        batch.tx.new_cut(batch.keyed, cut, sequence).await?;
    }
    batch.record(Event::new(sequence, EventKind::CutLink, prepared).of(submission))?;
    Ok(Outcome::Noted { sequence })
}

/// What distinguishes the two: their names, else their persons.
fn cut(one: &KeyHashes, other: &KeyHashes, key: IdentityKey) -> Result<Cut, Refusal> {
    // An address may be written in the one and delivered to in the other.
    let under = |one: &KeyHashes, other: &KeyHashes| {
        let places = PLACES.into_iter().zip(one.keys).filter(|(at, _)| *at == key);
        places.filter_map(|(_, key_hash)| key_hash).find(|key_hash| other.keys.contains(&Some(*key_hash)))
    };
    let shared = under(one, other).or_else(|| under(other, one));
    let Some(key_hash) = shared else {
        return Err(Refusal::field(
            "key",
            "the two complaints do not share this key; read the links of the decision",
            "两件投诉没有共同的该项标识，请核对评分依据中的关联",
        ));
    };
    let apart = |one: Option<i64>, other: Option<i64>| one.zip(other).filter(|(one, other)| one != other);
    let Some((one, other)) = apart(one.name, other.name).or(apart(one.person, other.person)) else {
        return Err(Refusal::field(
            "other_registration_number",
            "their names and persons are the same, or one has neither; amend the complaint first",
            "两件投诉的姓名和身份相同，或者至少一件没有姓名和证件，无从区分；请先补充后再解除关联",
        ));
    };
    Ok(Cut { key_hash, one, other })
}

/// A complainant whose name or person is given otherwise now keeps the cuts: what a person decided stays decided.
pub(super) async fn keep_cuts(
    batch: &mut Batch<'_>,
    old: &KeyHashes,
    new: &KeyHashes,
    sequence: Sequence,
) -> Result<(), LedgerError> {
    let renamed: Vec<(i64, i64)> = [(old.name, new.name), (old.person, new.person)]
        .into_iter()
        .filter_map(|(old, new)| old.zip(new))
        .filter(|(old, new)| old != new)
        .collect();
    if renamed.is_empty() {
        return Ok(());
    }
    let key_hashes = old.keys.into_iter().flatten().filter(|key_hash| new.keys.contains(&Some(*key_hash)));
    for Cut { key_hash, one, other } in batch.tx.cuts(batch.keyed, key_hashes).await? {
        for (old, new) in &renamed {
            let cut = match (one == *old, other == *old) {
                (true, _) => Cut { key_hash, one: *new, other },
                (_, true) => Cut { key_hash, one, other: *new },
                _ => continue,
            };
            batch.tx.new_cut(batch.keyed, cut, sequence).await?;
        }
    }
    Ok(())
}

fn unknown() -> Refusal {
    Refusal::NotFound { what: "complaint", what_zh: "投诉件" }
}
