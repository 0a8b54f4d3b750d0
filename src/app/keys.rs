//! Sealing keys (封存密钥): made, listed, given up, while a service goes on beside. The key file holds them; the database knows their
//! numbers, so that a key file without one of them is noticed at start.

use std::collections::BTreeMap;

use super::open::{Hold, lock};
use super::{App, AppError};
use crate::clock::{Stopwatch, pause};
use crate::domain::ids::{BureauId, CallerId, SealKeyId, Sequence};
use crate::domain::time::Timestamp;
use crate::engine::{Waiters, Work, settle};
use crate::identity::header;
use crate::ledger::{Access, Context, reseal_next};
use crate::store::{BureauRow, KeyRow, Tx};

/// Why a sealing key cannot be used or removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealKeyError {
    /// The database needs keys that the key file does not hold.
    #[error(
        "密钥文件中缺少 {0} 号封存密钥，以它封存的内容无法打开；请从保管密钥之处取回存有该密钥的 identity.key（权限 600）"
    )]
    Missing(String),
    /// There is no such key.
    #[error("没有 {0} 号封存密钥；请用 triage keys list 查看")]
    Unknown(SealKeyId),
    /// It is derived from the identity.
    #[error("0 号封存密钥由身份密钥派生，不能删除")]
    Derived,
    /// New values are sealed by it.
    #[error("{0} 号是现用的封存密钥，不能删除；请先用 triage keys rotate 更换")]
    Current(SealKeyId),
    /// Values would be lost.
    #[error("还有 {values} 项内容以 {id} 号封存密钥封存，不能删除；请先用 triage keys reseal 重新封存")]
    Needed {
        /// The key.
        id: SealKeyId,
        /// How many.
        values: u64,
    },
}

/// A sealing key, and what is sealed by it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SealedBy {
    /// The key.
    pub key: SealKeyId,
    /// When it was made; none: with the identity.
    pub made_at: Option<Timestamp>,
    /// Whether new values are sealed by it.
    pub is_current: bool,
    /// How many values.
    pub values: u64,
}

/// What sealing again has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Values that are sealed by the current key now, and were not.
    pub values: u64,
    /// Values that no key opens; they are as they were.
    pub unopened: u64,
    /// Whether it was stopped: called again, it goes on.
    pub is_stopped: bool,
}

/// Refuses a key file that does not hold what the database needs, and notes keys that it does not know of yet.
pub(super) async fn check(context: &Context, tx: &mut Tx, now: Timestamp) -> Result<(), AppError> {
    let held = context.identity.seal_key_fingerprints();
    for BureauRow { bureau, .. } in tx.bureaus().await? {
        check_of(&held, tx, bureau, now).await?;
    }
    Ok(())
}

async fn check_of(
    held: &BTreeMap<SealKeyId, [u8; 8]>,
    tx: &mut Tx,
    bureau: BureauId,
    now: Timestamp,
) -> Result<(), AppError> {
    let known = tx.seal_keys(bureau).await?;
    let is_held = |key: &&KeyRow<SealKeyId>| held.get(&key.id).is_some_and(|held| *held == *key.fingerprint);
    let missing: Vec<String> =
        known.iter().filter(|key| !is_held(key)).map(|key| key.id.to_string()).collect();
    if !missing.is_empty() {
        return Err(SealKeyError::Missing(missing.join("、")).into());
    }
    for (id, fingerprint) in held {
        if *id != SealKeyId(0) && known.iter().all(|key| key.id != *id) {
            let key = KeyRow { id: *id, made_at: now, fingerprint: fingerprint.to_vec() };
            tx.new_seal_key(bureau, &key).await?;
        }
    }
    Ok(())
}

impl App {
    /// All sealing keys, and how many values are sealed by each.
    pub async fn seal_keys(&self) -> Result<Vec<SealedBy>, AppError> {
        let identity = &self.context.identity;
        let mut tx = self.context.store.read_at_length().await?;
        let known = tx.seal_keys(super::FIRST_BUREAU).await?;
        let mut rest = tx.sealed().await?;
        let mut keys = Vec::new();
        for key in identity.seal_key_fingerprints().into_keys() {
            let values = tx.sealed_by(header(key)).await?;
            rest = rest.saturating_sub(values);
            let made_at = known.iter().find(|known| known.id == key).map(|known| known.made_at);
            keys.push(SealedBy { key, made_at, is_current: key == identity.current_seal_key(), values });
        }
        tx.rollback().await?;
        // What an earlier release sealed names no key; it is key 0's.
        if let Some(first) = keys.first_mut() {
            first.values += rest;
        }
        Ok(keys)
    }

    /// Makes a sealing key, by which every process that has the key file seals from its next batch on; those of other machines once it has
    /// been brought there. Two machines make one after the other, and the second one needs the file of the first.
    pub async fn rotate_seal_key(&self) -> Result<SealKeyId, AppError> {
        let _one = lock(&self.config.data, "open.lock", Hold::Wait)?;
        self.context.identity.look_again()?;
        // What cannot be recorded is not done.
        self.record("rotate_seal_key").await?;
        let mut tx = self.context.store.begin(super::FIRST_BUREAU).await?;
        let held = self.context.identity.seal_key_fingerprints();
        if let Err(error) = check_of(&held, &mut tx, super::FIRST_BUREAU, self.clock.now()).await {
            tx.rollback().await?;
            return Err(error);
        }
        let id = self.context.identity.add_seal_key()?;
        // Should this come to nothing, the next process that opens the data makes up for it.
        check(&self.context, &mut tx, self.clock.now()).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Seals by the current key what is sealed by earlier ones, beside a serving process if there is one. `go_on` is told how many values
    /// are done and how many there are, and says whether to go on.
    pub async fn reseal(&self, mut go_on: impl FnMut(u64, u64) -> bool) -> Result<Resealed, AppError> {
        let identity = &self.context.identity;
        identity.look_again()?;
        let others = self.seal_keys().await?.into_iter().filter(|key| !key.is_current);
        let all = others.map(|key| key.values).sum();
        let mut done = Resealed::default();
        if all > 0 {
            self.record("reseal").await?;
        }
        let is_beside = self.config.database.is_some() || self.is_served();
        loop {
            let current = identity.current_seal_key();
            done.unopened = 0;
            for bureau in self.bureaus().await? {
                let mut after = Sequence(0);
                let mut watch = Stopwatch::start();
                while let Some(step) = reseal_next(&self.context, bureau, after).await? {
                    after = step.last;
                    done.values += step.resealed;
                    done.unopened += step.unopened;
                    if !go_on(done.values, all) {
                        return Ok(Resealed { is_stopped: true, ..done });
                    }
                    if is_beside {
                        // Half of the time is the service's.
                        pause(watch.elapsed()).await;
                        watch = Stopwatch::start();
                    }
                }
            }
            // Another key was made meanwhile.
            if identity.current_seal_key() == current {
                return Ok(done);
            }
        }
    }

    /// Removes a sealing key for good. Refused while anything is sealed by it.
    pub async fn remove_seal_key(&self, id: SealKeyId) -> Result<(), AppError> {
        let _one = lock(&self.config.data, "open.lock", Hold::Wait)?;
        let identity = &self.context.identity;
        identity.look_again()?;
        if !identity.seal_key_fingerprints().contains_key(&id) {
            return Err(SealKeyError::Unknown(id).into());
        }
        if id == identity.current_seal_key() {
            return Err(SealKeyError::Current(id).into());
        }
        if id == SealKeyId(0) {
            return Err(SealKeyError::Derived.into());
        }
        let values = self.sealed_by(id).await?;
        if values > 0 {
            return Err(SealKeyError::Needed { id, values }.into());
        }
        self.record("remove_seal_key").await?;
        // Noted first: a key that is there and not known of does no harm, and whoever still seals by it elsewhere does so no more.
        let mut tx = self.context.store.begin(super::FIRST_BUREAU).await?;
        tx.drop_seal_key(id).await?;
        tx.commit().await?;
        let values = self.sealed_by(id).await?;
        if values > 0 {
            let mut tx = self.context.store.begin(super::FIRST_BUREAU).await?;
            check(&self.context, &mut tx, self.clock.now()).await?;
            tx.commit().await?;
            return Err(SealKeyError::Needed { id, values }.into());
        }
        Ok(identity.remove_seal_key(id)?)
    }

    /// How many values are sealed by a key. Batches look at the keys once they hold their bureau's lock: those that began before are
    /// waited for.
    async fn sealed_by(&self, id: SealKeyId) -> Result<u64, AppError> {
        for bureau in self.bureaus().await? {
            self.context.store.begin(bureau).await?.rollback().await?;
        }
        let mut tx = self.context.store.read_at_length().await?;
        let values = tx.sealed_by(header(id)).await?;
        tx.rollback().await?;
        Ok(values)
    }

    pub(super) async fn bureaus(&self) -> Result<Vec<BureauId>, AppError> {
        let mut tx = self.context.store.read().await?;
        let bureaus = tx.bureaus().await?;
        tx.rollback().await?;
        Ok(bureaus.into_iter().map(|row| row.bureau).collect())
    }

    /// A row in the trail of every bureau: keys are of all of them.
    pub(super) async fn record(&self, action: &'static str) -> Result<(), AppError> {
        for bureau in self.bureaus().await? {
            let work =
                Work::Access(Access { caller: CallerId::TERMINAL, officer: None, action, files: Vec::new() });
            settle(&self.context, bureau, &self.clock, &[work], &Waiters::default()).await?;
        }
        Ok(())
    }
}
