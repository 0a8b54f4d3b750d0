//! Decisions of other versions of the deciding code: read to be taken over, checked from what is stored with them, and counted
//! apart - never called a difference, never passed over.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::difference::{Difference, RowKind};
use super::{Opened, event};
use crate::domain::command::Command;
use crate::domain::deadline::Clock;
use crate::domain::decision::{Decision, Suspicion};
use crate::domain::ids::{BureauId, FileId, ModelId, RegistrationNumber, Sequence, Track};
use crate::ledger::{Context, DECISION_VERSION, Decided, LedgerError, TERM_VERSION, founders};
use crate::model::recall::recall;
use crate::store::{Keyed, Tx};
use crate::stored;

/// Decisions that were not made again, for another version of the program had made them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NotRecomputed {
    /// The version of the deciding code; none: a release that had no versions.
    pub version: Option<i16>,
    /// Digest of the feature table of the scores; none of those without a score.
    pub schema_hash: Option<String>,
    /// How many.
    pub decisions: usize,
}

/// What is known of other versions while a log is replayed.
#[derive(Default)]
pub(super) struct Others {
    terms: Arc<HashMap<FileId, Vec<Clock>>>,
    counted: BTreeMap<(Option<i16>, Option<String>), usize>,
    artefacts: HashMap<ModelId, Option<String>>,
    /// The latest purge: what was decided before it may have read what is gone.
    last_purge: Option<Sequence>,
    /// The latest change of the identity key: whose number is the least in a cluster, and which texts share an anchor, was another's before.
    last_rekey: Option<Sequence>,
    /// The rows of the key in use.
    keyed: Option<Keyed>,
    /// Decisions on what was purged.
    pub(super) purged: usize,
}

impl Others {
    /// Reads the terms that another version computed.
    pub(super) async fn read(from: &Context, bureau: BureauId) -> Result<Self, LedgerError> {
        let mut terms: HashMap<FileId, Vec<Clock>> = HashMap::new();
        let mut tx = from.store.read_at_length().await?;
        for (file, clock) in tx.clocks_of_others(bureau, TERM_VERSION).await? {
            terms.entry(file).or_default().push(clock);
        }
        let (last_purge, last_rekey) = (tx.last_purge(bureau).await?, tx.last_rekey(bureau).await?);
        let keyed = tx.head(bureau).await?.map(|head| Keyed { bureau, key: head.hash_key });
        tx.rollback().await?;
        Ok(Self { terms: Arc::new(terms), last_purge, last_rekey, keyed, ..Self::default() })
    }

    /// What the events of a page decided that are of another version, or rests on what was purged since. What does not hold together is a
    /// difference.
    pub(super) async fn of_page(
        &mut self,
        from: &Context,
        bureau: BureauId,
        page: &[Opened],
        found: &mut Vec<Difference>,
    ) -> Result<Arc<Decided>, LedgerError> {
        let (terms, last_purge) = (Arc::clone(&self.terms), self.last_purge);
        let mut decided = Decided { last_purge, terms, ..Decided::default() };
        let theirs = |event: &&Opened| event.version != Some(DECISION_VERSION) || event.is_tombstone();
        decided.events = page.iter().filter(theirs).map(|event| (event.sequence, event.version)).collect();
        for pull in page.iter().filter(|event| theirs(event) && event.pulled()) {
            let leases = pull.answer.as_deref().and_then(|answer| stored::from_json(answer).ok());
            decided.leases.insert(pull.sequence, leases.ok_or(LedgerError::Unreadable("answer"))?);
        }
        let lost = self.last_purge.max(self.last_rekey);
        let of_lost_past = |event: &&Opened| lost.is_some_and(|last| event.sequence < last);
        let wanted: HashMap<Sequence, &Opened> = page
            .iter()
            .filter(|event| theirs(event) || of_lost_past(event))
            .map(|event| (event.sequence, event))
            .collect();
        let submissions: HashSet<Sequence> = wanted.values().filter_map(|event| event.submission).collect();
        let files: Vec<FileId> = submissions
            .into_iter()
            .flat_map(|submission| Track::ALL.map(|track| FileId { submission, track }))
            .collect();
        let mut tx = from.store.read().await?;
        if let Some(keyed) = self.keyed.filter(|_| self.last_purge.is_some()) {
            lost_to_purge(&mut tx, keyed, page, &mut decided).await?;
            let versions = page.iter().filter_map(|event| {
                Some((event.sequence, event.submission?, event.recorded.command.version()?))
            });
            decided.founders = Some(founders(&mut tx, from, keyed, versions).await?);
        }
        let rows = tx.files(bureau, &files).await?;
        let numbers: HashMap<FileId, RegistrationNumber> =
            rows.iter().map(|row| (row.id, row.number.clone())).collect();
        decided.files = rows.into_iter().map(|row| (row.id, (row.cluster, row.kind))).collect();
        for decision in tx.decisions(bureau, &files).await?.into_values().flatten() {
            let Some(event) = wanted.get(&decision.sequence) else { continue };
            if let Some(wrong) = self.wrong(&mut tx, bureau, &decision).await? {
                let of = (numbers.get(&decision.file).cloned(), Some(decision.file.track));
                found.push(Difference { number: of.0, track: of.1, row: RowKind::Decision, ..wrong });
            }
            self.take(event, decision, &mut decided);
        }
        tx.rollback().await?;
        Ok(Arc::new(decided))
    }

    /// Counts a decision and keeps it: to be taken over, or to be held against what is decided again.
    fn take(&mut self, event: &Opened, decision: Decision, decided: &mut Decided) {
        let to = if decided.has(event.sequence) { &mut decided.decisions } else { &mut decided.of_lost_past };
        if event.is_tombstone() {
            self.purged += 1;
        } else if event.version != Some(DECISION_VERSION) {
            let schema = decision.suspicion.as_ref().map(|suspicion| suspicion.schema_hash.clone());
            *self.counted.entry((event.version, schema)).or_default() += 1;
        }
        to.insert((decision.file, decision.sequence), decision);
    }

    /// What of a stored decision does not follow from the rest of it: the score from vector and model, the unit from the
    /// candidates.
    async fn wrong(
        &mut self,
        tx: &mut Tx,
        bureau: BureauId,
        decision: &Decision,
    ) -> Result<Option<Difference>, LedgerError> {
        let wrong = |field: &str, stored: Value, found: Value| event(decision.sequence, field, stored, found);
        if let Some(suspicion) = &decision.suspicion
            && let Some(found) = self.log_odds(tx, bureau, suspicion).await?
            && suspicion.log_odds.map(f64::to_bits) != Some(found.to_bits())
        {
            return Ok(Some(wrong("suspicion.log_odds", json!(suspicion.log_odds), json!(found))));
        }
        if let Some(routing) = &decision.routing {
            let chosen: Vec<_> = routing.candidates.iter().filter(|candidate| candidate.chosen).collect();
            if chosen.len() > 1 || chosen.iter().any(|candidate| candidate.unit != routing.unit) {
                let units: Vec<_> = chosen.iter().map(|candidate| &candidate.unit).collect();
                return Ok(Some(wrong("routing.unit", json!(routing.unit), json!(units))));
            }
        }
        Ok(None)
    }

    /// The log-odds of a stored vector by the stored model; none when there was no model, or this program cannot read it.
    async fn log_odds(
        &mut self,
        tx: &mut Tx,
        bureau: BureauId,
        suspicion: &Suspicion,
    ) -> Result<Option<f64>, LedgerError> {
        let Some(model) = suspicion.model.as_ref().filter(|_| suspicion.log_odds.is_some()) else {
            return Ok(None);
        };
        if !self.artefacts.contains_key(model) {
            let artefact = tx.model(bureau, model).await?;
            self.artefacts.insert(model.clone(), artefact);
        }
        let artefact = self.artefacts.get(model).and_then(Option::as_deref);
        let recalled = artefact.and_then(|artefact| recall(artefact, &suspicion.vector));
        let sum = |recalled: crate::model::recall::Recalled| {
            recalled.terms.iter().fold(recalled.baseline, |sum, term| sum + term.contribution)
        };
        Ok(recalled.map(sum))
    }

    /// What was counted apart.
    pub(super) fn counted(self) -> Vec<NotRecomputed> {
        let each = |((version, schema_hash), decisions)| NotRecomputed { version, schema_hash, decisions };
        self.counted.into_iter().map(each).collect()
    }
}

/// What events of a page lack because others were purged: templates without a first text, and cuts of links to them.
async fn lost_to_purge(
    tx: &mut Tx,
    keyed: Keyed,
    page: &[Opened],
    decided: &mut Decided,
) -> Result<(), LedgerError> {
    let bureau = keyed.bureau;
    let submissions: HashSet<Sequence> = page.iter().filter_map(|event| event.submission).collect();
    decided.templates = tx.lost_templates(bureau, submissions.into_iter()).await?;
    for event in page {
        let is_cut = match &event.recorded.command {
            Command::CutLink { number, other, .. } => {
                let known = tx.known_numbers(bureau, [number, other].into_iter()).await?;
                known.values().any(|known| known.is_purged)
            }
            // Whoever is renamed keeps the cuts.
            command => event.is_tombstone() && matches!(command, Command::Amend { .. } | Command::Submit(_)),
        };
        if is_cut {
            decided.cuts.insert(event.sequence, tx.cuts_by(keyed, event.sequence).await?);
        }
    }
    Ok(())
}
