//! The context: what every batch of a process shares - the database, the keys, and parsed forms of rows that never change.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hashlink::LruCache;
use tokio::task::spawn_blocking;
use tracing::error;

use super::LedgerError;
use crate::domain::ids::{BureauId, HashKeyId, ModelId, Sequence};
use crate::features::history::KeyHash;
use crate::features::template::Shingles;
use crate::identity::{HashKey, Identity};
use crate::model::{Artefact, Classifier};
use crate::routing::{Bureau, LoadBasis};
use crate::store::{Head, Keyed, Store, StoreError, Tx};

/// What every batch of a process shares: the database, the keys, and parsed forms of immutable rows.
#[derive(Debug)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// The keys.
    pub identity: Identity,
    /// Which open work counts for which track; tests prove promise 4 by breaking it.
    pub basis: LoadBasis,
    parsed: Mutex<Parsed>,
    /// The identity key that was last seen in use: requests are made ready by it, and again in a batch that is by another.
    hash_key: AtomicU32,
    /// Held by who parses a bureau file: others wait for it and do not parse the same.
    parsing: tokio::sync::Mutex<()>,
}

/// Parsed bureau files and models, by ids whose content never changes.
#[derive(Debug)]
struct Parsed {
    rules: Rules,
    /// None: one that does not fit this program, said once.
    models: LruCache<(BureauId, ModelId), Option<Arc<Classifier>>>,
    /// Shingles of the first texts of templates.
    texts: LruCache<(BureauId, HashKeyId, Sequence), Shingles>,
}

impl Default for Parsed {
    fn default() -> Self {
        let (models, texts) = (LruCache::new(MOST_PARSED), LruCache::new(MOST_TEXTS));
        Self { rules: Rules::default(), models, texts }
    }
}

/// Parsed bureau files, bounded by what they were parsed from; those that were asked for last are kept.
#[derive(Debug, Default)]
struct Rules {
    kept: HashMap<(BureauId, Sequence), Kept>,
    bytes: usize,
    asked: u64,
}

/// A parsed bureau file.
#[derive(Debug)]
struct Kept {
    rules: Arc<Bureau>,
    relays: Option<(HashKeyId, Arc<HashSet<KeyHash>>)>,
    /// Length of what it was parsed from.
    bytes: usize,
    /// When it was last asked for.
    asked: u64,
}

impl Rules {
    fn get(&mut self, key: (BureauId, Sequence)) -> Option<&mut Kept> {
        self.asked += 1;
        let kept = self.kept.get_mut(&key)?;
        kept.asked = self.asked;
        Some(kept)
    }

    /// Keeps one more, and gives up others for it. It is kept itself, however long it is.
    fn keep(&mut self, key: (BureauId, Sequence), rules: Arc<Bureau>, bytes: usize) {
        self.asked += 1;
        let kept = Kept { rules, relays: None, bytes, asked: self.asked };
        self.bytes += bytes;
        self.bytes -= self.kept.insert(key, kept).map_or(0, |before| before.bytes);
        while self.bytes > RULES_BYTES_MOST {
            let others = self.kept.iter().filter(|(other, _)| **other != key);
            let Some(oldest) = others.min_by_key(|(_, kept)| kept.asked).map(|(other, _)| *other) else {
                return;
            };
            self.bytes -= self.kept.remove(&oldest).map_or(0, |kept| kept.bytes);
        }
    }
}

/// Bytes of bureau files whose parsed forms are kept; those take some seven times as much memory.
const RULES_BYTES_MOST: usize = 8 << 20;

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

/// Parsed models kept at most, those that were asked for last.
const MOST_PARSED: usize = 256;

/// First texts of templates kept at most, those that were asked for last; some 2 KB each.
const MOST_TEXTS: usize = 4_096;

impl Context {
    /// A context over a database and its keys.
    pub fn new(store: Store, identity: Identity, basis: LoadBasis) -> Self {
        let (parsed, parsing) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { store, identity, basis, parsed, hash_key: AtomicU32::default(), parsing }
    }

    /// The identity key in use in a bureau.
    pub(super) fn hash_key_of(&self, head: &Head) -> Result<Arc<HashKey>, LedgerError> {
        let key = self.identity.hash_key(head.hash_key)?;
        self.hash_key.store(head.hash_key.0, Ordering::Relaxed);
        Ok(key)
    }

    /// The one to make requests ready by.
    pub(super) fn hash_key_seen(&self) -> Result<Arc<HashKey>, LedgerError> {
        Ok(self.identity.hash_key(HashKeyId(self.hash_key.load(Ordering::Relaxed)))?)
    }

    /// The one in use, and the rows that it made, for those who only read.
    pub(crate) async fn hash_key(
        &self,
        tx: &mut Tx,
        bureau: BureauId,
    ) -> Result<(Arc<HashKey>, Keyed), LedgerError> {
        let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        Ok((self.hash_key_of(&head)?, Keyed { bureau, key: head.hash_key }))
    }

    /// The bureau file that an event put in force. One that is not at hand is parsed on a thread of its own.
    pub(crate) async fn rules(
        &self,
        tx: &mut Tx,
        bureau: BureauId,
        at: Sequence,
    ) -> Result<Arc<Bureau>, LedgerError> {
        if let Some(rules) = self.rules_kept(bureau, at) {
            return Ok(rules);
        }
        let _one = self.parsing.lock().await;
        if let Some(rules) = self.rules_kept(bureau, at) {
            return Ok(rules);
        }
        let content = match at {
            BEFORE_ANY_RULES => FIRST_RULES.to_owned(),
            at => tx.rules(bureau, at).await?,
        };
        let bytes = content.len();
        let parsed = spawn_blocking(move || Bureau::parse(&content)).await;
        let unreadable = || LedgerError::Unreadable("bureau file");
        let rules = Arc::new(parsed.map_err(|_| unreadable())?.map_err(|_| unreadable())?);
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        parsed.rules.keep((bureau, at), Arc::clone(&rules), bytes);
        Ok(rules)
    }

    fn rules_kept(&self, bureau: BureauId, at: Sequence) -> Option<Arc<Bureau>> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        parsed.rules.get((bureau, at)).map(|kept| Arc::clone(&kept.rules))
    }

    /// A verified model of the bureau; none when there is no such model or it does not verify.
    pub(crate) async fn model(
        &self,
        tx: &mut Tx,
        bureau: BureauId,
        id: &ModelId,
    ) -> Result<Option<Arc<Classifier>>, LedgerError> {
        let key = (bureau, id.clone());
        let kept = |parsed: &mut Parsed| parsed.models.get(&key).cloned();
        if let Some(model) = kept(&mut self.parsed.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(model);
        }
        let Some(artefact) = tx.model(bureau, id).await? else { return Ok(None) };
        let verified = Artefact::parse(&artefact).and_then(Classifier::new);
        let model = verified.ok().filter(|model| model.id() == id).map(Arc::new);
        if model.is_none() {
            // Nothing is refused for it: complaints come in unscored until another model is put to use.
            error!(bureau.id = bureau.0, model.id = %id, "a model does not fit this program; not scoring: run `triage migrate`, or train again");
        }
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        parsed.models.insert(key, model.clone());
        Ok(model)
    }

    /// Marks of the relays that a bureau file lists; kept with the file once it is `committed`.
    pub(super) fn relays(
        &self,
        bureau: BureauId,
        at: Sequence,
        rules: &Bureau,
        committed: bool,
        hash_key: &HashKey,
    ) -> Arc<HashSet<KeyHash>> {
        let key_hashes = || Arc::new(rules.relays().iter().map(|relay| hash_key.relay(relay)).collect());
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        match parsed.rules.get((bureau, at)) {
            Some(kept) if committed => {
                if kept.relays.as_ref().is_none_or(|(by, _)| *by != hash_key.id()) {
                    kept.relays = Some((hash_key.id(), key_hashes()));
                }
                kept.relays.as_ref().map(|(_, relays)| Arc::clone(relays)).unwrap_or_default()
            }
            _ => key_hashes(),
        }
    }

    /// The shingles that an event's text was found to have.
    pub(super) fn text(&self, (bureau, key): (BureauId, HashKeyId), event: Sequence) -> Option<Shingles> {
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner).texts.get(&(bureau, key, event)).cloned()
    }

    pub(super) fn keep_text(&self, (bureau, key): (BureauId, HashKeyId), event: Sequence, text: &Shingles) {
        let texts = &mut self.parsed.lock().unwrap_or_else(PoisonError::into_inner).texts;
        texts.insert((bureau, key, event), text.clone());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bureau_files_are_kept_by_their_bytes_and_the_newest_always() {
        let rules = Arc::new(Bureau::parse(FIRST_RULES).unwrap());
        let key = |at| (BureauId(1), Sequence(at));
        let mut kept = Rules::default();
        for at in 0..8 {
            kept.keep(key(at), Arc::clone(&rules), RULES_BYTES_MOST / 4);
            assert!(kept.get(key(0)).is_some(), "asked for all the time");
        }
        let mut left: Vec<i64> = kept.kept.keys().map(|(_, at)| at.0).collect();
        left.sort_unstable();
        assert_eq!(left, [0, 5, 6, 7]);
        kept.keep(key(9), Arc::clone(&rules), 2 * RULES_BYTES_MOST);
        assert_eq!((kept.kept.len(), kept.bytes), (1, 2 * RULES_BYTES_MOST));
        kept.keep(key(9), rules, 1);
        assert_eq!((kept.kept.len(), kept.bytes), (1, 1), "one that is kept again counts once");
    }
}
