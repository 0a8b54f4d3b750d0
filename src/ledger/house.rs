//! The house: what every batch of a process shares - the database, the keys, and parsed forms of rows that never change.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::LedgerError;
use crate::domain::ids::{BureauId, ModelId, OfficerId, Sequence};
use crate::features::history::Mark;
use crate::features::template::Shingles;
use crate::identity::Identity;
use crate::model::{Artefact, Classifier};
use crate::routing::{Bureau, LoadBasis};
use crate::store::{Store, StoreError, Tx};

/// What every batch of a process shares: the database, the keys, and parsed forms of immutable rows.
#[derive(Debug)]
pub struct House {
    /// The database.
    pub store: Store,
    /// The keys.
    pub identity: Identity,
    /// Which open work counts for which track; tests prove promise 4 by breaking it.
    pub basis: LoadBasis,
    parsed: Mutex<Parsed>,
}

/// Parsed bureau files and models, by ids whose content never changes.
#[derive(Debug, Default)]
struct Parsed {
    rules: HashMap<(BureauId, Sequence), Arc<Bureau>>,
    models: HashMap<(BureauId, ModelId), Arc<Classifier>>,
    relays: HashMap<(BureauId, Sequence), Arc<HashSet<Mark>>>,
    /// Shingles of the first texts of templates.
    texts: HashMap<(BureauId, Sequence), Shingles>,
}

/// The bureau file before one is loaded: everything goes to reception, nothing is refused.
pub(crate) const FIRST_RULES: &str = r#"
[bureau]
name = "尚未导入名册"

[[unit]]
id = "reception"
name = "统一接收机构"
kind = "reception"
"#;

/// Place of [`FIRST_RULES`]: before the first event.
pub(crate) const BEFORE_ANY_RULES: Sequence = Sequence(0);

/// Parsed forms kept at most; old ones are dropped all at once, they are cheap to make again.
const MOST_PARSED: usize = 256;

/// First texts of templates kept at most, some 2 KB each.
const MOST_TEXTS: usize = 4_096;

impl House {
    /// A house over a database and its keys.
    pub fn new(store: Store, identity: Identity, basis: LoadBasis) -> Self {
        Self { store, identity, basis, parsed: Mutex::default() }
    }

    /// The bureau file that an event put in force.
    pub(crate) async fn rules(
        &self,
        tx: &mut Tx,
        bureau: BureauId,
        at: Sequence,
    ) -> Result<Arc<Bureau>, LedgerError> {
        let kept = |parsed: &Parsed| parsed.rules.get(&(bureau, at)).cloned();
        if let Some(rules) = kept(&self.parsed.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(rules);
        }
        let content = match at {
            BEFORE_ANY_RULES => FIRST_RULES.to_owned(),
            at => tx.rules(bureau, at).await?,
        };
        let rules = Arc::new(Bureau::parse(&content).map_err(|_| LedgerError::Unreadable("bureau file"))?);
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if parsed.rules.len() >= MOST_PARSED {
            parsed.rules.clear();
        }
        parsed.rules.insert((bureau, at), Arc::clone(&rules));
        Ok(rules)
    }

    /// A verified model of the bureau; none when there is no such model or it does not verify.
    pub(crate) async fn model(
        &self,
        tx: &mut Tx,
        bureau: BureauId,
        id: &ModelId,
    ) -> Result<Option<Arc<Classifier>>, LedgerError> {
        let key = (bureau, id.clone());
        let kept = |parsed: &Parsed| parsed.models.get(&key).cloned();
        if let Some(model) = kept(&self.parsed.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(Some(model));
        }
        let Some(artefact) = tx.model(bureau, id).await? else { return Ok(None) };
        let verified = Artefact::parse(&artefact).and_then(Classifier::new);
        let Some(model) = verified.ok().filter(|model| model.id() == id) else { return Ok(None) };
        let model = Arc::new(model);
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if parsed.models.len() >= MOST_PARSED {
            parsed.models.clear();
        }
        parsed.models.insert(key, Arc::clone(&model));
        Ok(Some(model))
    }

    /// Marks of the relays that a bureau file lists; kept once the file is `committed`.
    pub(super) fn relays(
        &self,
        bureau: BureauId,
        at: Sequence,
        rules: &Bureau,
        committed: bool,
    ) -> Arc<HashSet<Mark>> {
        let marks = || rules.relays().iter().map(|relay| self.identity.relay(relay)).collect();
        if !committed {
            return Arc::new(marks());
        }
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if parsed.relays.len() >= MOST_PARSED {
            parsed.relays.clear();
        }
        let relays = parsed.relays.entry((bureau, at));
        Arc::clone(relays.or_insert_with(|| Arc::new(marks())))
    }

    /// Operators that an officer must keep off by a bureau file, as keyed marks (回避).
    pub(crate) fn keeps_off(&self, rules: &Bureau, officer: &OfficerId) -> HashSet<i64> {
        let operators = rules.officer(officer).map(|officer| officer.recused_from.as_slice());
        let marks = |operator: &String| self.identity.operator(operator);
        operators.unwrap_or_default().iter().flat_map(marks).map(Mark::number).collect()
    }

    /// The shingles that an event's text was found to have.
    pub(super) fn text(&self, bureau: BureauId, told: Sequence) -> Option<Shingles> {
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner).texts.get(&(bureau, told)).cloned()
    }

    pub(super) fn keep_text(&self, bureau: BureauId, told: Sequence, text: &Shingles) {
        let texts = &mut self.parsed.lock().unwrap_or_else(PoisonError::into_inner).texts;
        if texts.len() >= MOST_TEXTS {
            texts.clear();
        }
        texts.insert((bureau, told), text.clone());
    }

    /// The bureau file in force, for those who only read.
    pub(crate) async fn rules_in_force(
        &self,
        tx: &mut Tx,
        bureau: BureauId,
    ) -> Result<Arc<Bureau>, LedgerError> {
        let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        self.rules(tx, bureau, head.rules).await
    }
}
