//! What comes after a submission from the sender's side: amended, withdrawn, urged.

use std::sync::Arc;

use super::link::keep_cuts;
use super::past::{Asking, Past, keep, kept, percent, read_as_then};
use super::purge::renew_as_it_was;
use super::{bands, shop};
use crate::domain::command::{EventKind, Outcome};
use crate::domain::decision::Decision;
use crate::domain::given::Given;
use crate::domain::handling::Status;
use crate::domain::ids::{FileId, RegistrationNumber, Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::submission::Submission;
use crate::domain::text::Story;
use crate::features::history::{KeyHash, KeyHashes, Recency};
use crate::features::template::Shingles;
use crate::ledger::{Batch, Event, Known, LedgerError, Prepared, Stop, key_hashes_of, shingles_of};
use crate::model;
use crate::statute::life::{self, Act, By, Circumstances, FileChange};
use crate::store::FileRow;

/// 补充: a new version of the facts and a second score row. Unit, clock and first decision stay.
pub(crate) async fn amend(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    version: &Submission,
) -> Result<Outcome, Stop> {
    let Some(submission) = batch.tx.submission(batch.bureau, &version.number).await? else {
        return Err(unknown_submission().into());
    };
    if batch.tx.is_purged(batch.bureau, submission).await? {
        return Err(Refusal::field(
            "submission.number",
            "what was known of it was purged when its time to be kept was over; submit under a number of its own",
            "该登记件的个人信息和文字内容已按规定清除，不能补充；新情况请另行登记",
        )
        .into());
    }
    if let Some(tombstone) = &prepared.tombstone {
        let what = (submission, EventKind::Amend);
        let sequence = renew_as_it_was(batch, prepared, what, (version, tombstone)).await?;
        return Ok(Outcome::Amended { sequence, rescored: None });
    }
    let known = batch.submission(submission).await?;
    let merged = merged(&known, version)?;
    let sequence = batch.next();
    let mut renewed = renew(batch, prepared, submission, sequence, &known, &merged).await?;
    let changed = changed_tracks(&known.facts, &merged);
    let rescored = if changed.contains(&Track::Complaint) {
        let decision = score_again(batch, submission, sequence, &mut renewed).await?;
        batch.writes.decision(batch.bureau, &decision)?;
        Some(decision)
    } else {
        None
    };
    touch(batch, submission, &changed, sequence).await?;
    batch.record(Event::new(sequence, EventKind::Amend, prepared).of(submission))?;
    Ok(Outcome::Amended { sequence, rescored: rescored.map(Box::new) })
}

/// The facts with the amendment in, or why it cannot be.
fn merged(known: &Known, version: &Submission) -> Result<Submission, Refusal> {
    for track in Track::ALL {
        if version.part(track).is_some() && known.facts.part(track).is_none() {
            return Err(Refusal::field(
                &format!("submission.{}", track.word()),
                "a part cannot be added by an amendment; submit it under a number of its own",
                "补充不能新增投诉或举报部分，请另行登记",
            ));
        }
    }
    if !known.facts.received.agrees_with(&version.received) {
        return Err(Refusal::field(
            "submission.received",
            "the receive time started the clocks and cannot be amended",
            "登记时间是期限起点，不能更改",
        ));
    }
    let mut merged = known.facts.clone();
    if merged.merge(version) {
        Ok(merged)
    } else {
        Err(Refusal::field("submission", "says nothing new", "没有需要补充的内容"))
    }
}

/// A submission with its facts renewed, and the past it is seen against.
pub(super) struct Renewed {
    /// The facts as of the first receipt: it started the clocks and orders the history.
    pub(super) as_of: Submission,
    pub(super) key_hashes: KeyHashes,
    pub(super) past: Past,
}

/// A later score of a complaint, as of its receive time and without counting itself; it is for the caller to write.
pub(super) async fn score_again(
    batch: &mut Batch<'_>,
    submission: Sequence,
    sequence: Sequence,
    renewed: &mut Renewed,
) -> Result<Decision, LedgerError> {
    let Renewed { as_of, key_hashes, past } = renewed;
    let file = FileId { submission, track: Track::Complaint };
    let suspicion = if let Some(taken) = batch.decided.score(file, sequence).cloned() {
        taken
    } else {
        let itself = Recency::new(as_of.received.at, submission);
        let observation = past.observe(batch, as_of, key_hashes, Some(itself)).await?;
        let now = model::suspicion(batch.champion.as_deref(), &observation, bands(&batch.rules));
        batch.decided.score_of_lost_past(file, sequence, &now).cloned().unwrap_or(now)
    };
    Ok(Decision { file, sequence, suspicion: Some(suspicion), routing: None, rules: batch.rules_sequence() })
}

/// Later histories and searches find the submission by its new facts, no longer by its old ones.
pub(super) async fn renew(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    submission: Sequence,
    sequence: Sequence,
    known: &Known,
    merged: &Submission,
) -> Result<Renewed, LedgerError> {
    let hash_key = Arc::clone(&batch.hash_key);
    let (mut old_hashes, old_keys) = key_hashes_of(&hash_key, &known.facts);
    let (mut key_hashes, new_keys) = key_hashes_of(&hash_key, merged);
    read_as_then(batch, &mut key_hashes, merged, sequence);
    keep_cuts(batch, &old_hashes, &key_hashes, sequence).await?;
    let as_of = Submission { received: known.first_received, ..merged.clone() };
    let shingles = prepared.shingles.as_ref();
    let asking = Asking { submission: &as_of, key_hashes: key_hashes.clone(), shingles };
    let mut past = Past::read(batch, &[asking]).await?;
    old_hashes.template = batch.tx.template_of(batch.bureau, submission).await?;
    key_hashes.template = old_hashes.template;
    if text(&known.facts) != text(merged) {
        key_hashes =
            past.key_hashes(batch, key_hashes, shingles, (as_of.received.at, sequence, submission)).await?;
        batch.tx.set_template(batch.bureau, submission, key_hashes.template).await?;
    } else if let Some(template) = key_hashes.template {
        let text = hash_key.shingles(merged);
        key_hashes.likeness_percent = likeness_percent(batch, template, text.as_ref()).await?;
    }
    let recency = Recency::new(as_of.received.at, submission);
    let keys: Vec<_> = old_keys.into_iter().map(|(key_hash, track)| (key_hash, submission, track)).collect();
    batch.tx.forget(batch.keyed, recency, &old_hashes.all().collect::<Vec<_>>(), &keys).await?;
    if merged.complaint.is_some() {
        let entry = kept(batch, key_hashes.entry(merged.number.clone(), recency), sequence);
        keep(batch, &key_hashes, &entry);
    }
    for (key_hash, track) in new_keys {
        batch.writes.search_key(batch.keyed, key_hash, FileId { submission, track });
    }
    rename(batch, (submission, sequence), &known.facts, merged).await?;
    batch.flush().await?;
    Ok(Renewed { as_of, key_hashes, past })
}

/// The operator that an event names for a submission, where it is another one.
pub(super) async fn rename(
    batch: &mut Batch<'_>,
    (submission, sequence): (Sequence, Sequence),
    known: &Submission,
    merged: &Submission,
) -> Result<(), LedgerError> {
    let hash_key = Arc::clone(&batch.hash_key);
    let renamed = shop(merged);
    if renamed != shop(known) {
        batch.tx.rename_shop(batch.bureau, submission, renamed).await?;
    }
    let operator = |facts: &Submission| hash_key.respondent(&facts.respondent).map(KeyHash::number);
    if batch.decided.changes_operator(sequence) && operator(known) != operator(merged) {
        batch.change_operator(submission, operator(merged)).await?;
    }
    Ok(())
}

/// How like a text is to the first of its template, in hundredths; nothing is like one that was purged.
pub(super) async fn likeness_percent(
    batch: &mut Batch<'_>,
    template: Sequence,
    text: Option<&Shingles>,
) -> Result<u32, LedgerError> {
    // Asked first: a text that was opened before may still be at hand.
    if batch.tx.is_purged_event(batch.bureau, template).await? {
        return Ok(0);
    }
    let first = shingles_of(batch, std::iter::once(template)).await?.remove(&template);
    let likeness = first.zip(text).map(|(one, other)| one.likeness(other));
    Ok(percent(likeness.unwrap_or_default()))
}

fn text(facts: &Submission) -> Option<&Given<Story>> {
    facts.complaint.as_ref().map(|part| &part.text)
}

/// The tracks whose file has other facts now. What changes in one part alone is no business of the other's
/// holder, and must not be felt there (promise 3).
pub(super) fn changed_tracks(before: &Submission, after: &Submission) -> Vec<Track> {
    let shared = (&before.received, &before.channel, &before.complainant, &before.respondent)
        != (&after.received, &after.channel, &after.complainant, &after.respondent);
    after.tracks().filter(|track| shared || before.part(*track) != after.part(*track)).collect()
}

/// A holder's version moves when the facts move: the next verb must have seen them.
pub(super) async fn touch(
    batch: &mut Batch<'_>,
    submission: Sequence,
    tracks: &[Track],
    sequence: Sequence,
) -> Result<(), LedgerError> {
    for track in tracks {
        let id = FileId { submission, track: *track };
        if let Some(mut file) = batch.tx.file(batch.bureau, id).await?
            && file.state.status != Status::Waiting
            && !file.state.status.has_ended()
        {
            file.token = Some(sequence);
            batch.tx.move_file(batch.bureau, &file).await?;
        }
    }
    Ok(())
}

/// 撤回: the complaint is marked and its holder closes it; a report goes on.
pub(crate) async fn withdraw(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    number: &RegistrationNumber,
) -> Result<Outcome, Stop> {
    let Some(submission) = batch.tx.submission(batch.bureau, number).await? else {
        return Err(unknown_submission().into());
    };
    let id = FileId { submission, track: Track::Complaint };
    let Some(mut file) = batch.tx.file(batch.bureau, id).await? else {
        return Err(Refusal::NotFound { what: "complaint", what_zh: "投诉件" }.into());
    };
    let by = By { sequence: batch.upcoming(), at: batch.now };
    let deed = FileChange::Withdraw;
    let Ok(after) = life::apply(id.track, &file.state, Circumstances::default(), deed, by) else {
        return Err(Refusal::FileEnded(file.state.status).into());
    };
    let sequence = batch.next();
    file.state = after;
    if file.state.status != Status::Waiting {
        file.token = Some(sequence);
    }
    batch.tx.move_file(batch.bureau, &file).await?;
    batch.record(Event::new(sequence, EventKind::Withdraw, prepared).on(id))?;
    Ok(Outcome::Noted { sequence })
}

/// 催办: counted and shown on every open file; the order of the pull does not change.
pub(crate) async fn urge(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    number: &RegistrationNumber,
) -> Result<Outcome, Stop> {
    let Some(submission) = batch.tx.submission(batch.bureau, number).await? else {
        return Err(unknown_submission().into());
    };
    let ids = Track::ALL.map(|track| FileId { submission, track });
    let files = batch.tx.files(batch.bureau, &ids).await?;
    let sequence = batch.next();
    let may = |file: &FileRow| {
        let standing = file.state.standing(Circumstances::default());
        life::allows(file.id.track, standing, Act::Urge).is_ok()
    };
    for mut file in files.into_iter().filter(may) {
        file.urges += 1;
        batch.tx.move_file(batch.bureau, &file).await?;
    }
    batch.record(Event::new(sequence, EventKind::Urge, prepared).of(submission))?;
    Ok(Outcome::Noted { sequence })
}

fn unknown_submission() -> Refusal {
    Refusal::NotFound { what: "submission", what_zh: "登记件" }
}
