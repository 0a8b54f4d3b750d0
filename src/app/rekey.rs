//! Another identity key (更换标识密钥): put in the key file, everything made by it beside a serving process, then put in the place of the one
//! before by one event, and what that one made removed. Stopped or killed anywhere, it goes on where it was.

use serde::Serialize;

use super::open::{Hold, lock};
use super::{App, AppError, untokened};
use crate::clock::{Stopwatch, pause};
use crate::domain::command::Command;
use crate::domain::ids::{BureauId, CallerId, HashKeyId};
use crate::domain::time::Timestamp;
use crate::engine::{Waiters, settle};
use crate::ledger::{Context, LedgerError, Rekeying, rekey_next};
use crate::store::{BureauRow, Head, KeyRow, Keyed, StoreError, Tx};

/// Why another identity key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashKeyError {
    /// The database needs keys that the key file does not hold.
    #[error(
        "密钥文件中缺少 {0} 号标识密钥，或者同一编号的不是原来那一把，本局的标识按它计算；请从保管密钥之处取回存有该密钥的 identity.key（权限 600）"
    )]
    Missing(String),
    /// Other machines have to have it before.
    #[error(
        "数据在 PostgreSQL 中，可能有几台机器共用：请先执行 triage keys rekey --prepare，把 identity.key 复制到每一台机器，再执行 triage keys rekey"
    )]
    NotPrepared,
    /// Other events came in faster than it could catch up with.
    #[error("新的变更太多，标识密钥没有换成，原来的密钥照常使用；请稍后再执行 triage keys rekey")]
    Overtaken,
}

/// What became of an identity key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rekeyed {
    /// The key in use now, or that will be.
    pub key: HashKeyId,
    /// Submissions that are found by it.
    pub submissions: u64,
    /// Submissions that were purged: nothing of them is left to be found by, and they stay as they are.
    pub purged: u64,
    /// Whether it is in use.
    pub is_in_use: bool,
    /// Whether it was stopped: called again, it goes on.
    pub is_stopped: bool,
}

/// Events behind the last one from which on the change itself catches up.
const NEAR: i64 = 64;
/// How often the change is tried while other events come in.
const TRIES: usize = 100;
/// Rows that are removed at a time.
const REMOVED: i64 = 1_024;

/// Refuses a key file that does not hold what the database needs.
pub(super) async fn check(context: &Context, tx: &mut Tx, now: Timestamp) -> Result<(), AppError> {
    for BureauRow { bureau, .. } in tx.bureaus().await? {
        let head = head(tx, bureau).await?;
        let known = tx.hash_keys(bureau).await?;
        let held = context.identity.hash_keys();
        let needed = std::iter::once(head.hash_key).chain(head.next_hash_key);
        let is_missing = |id: &HashKeyId| {
            let Some(held) = held.get(id) else { return true };
            known.iter().any(|known| known.id == *id && known.fingerprint != *held.fingerprint())
        };
        let missing: Vec<String> = needed.clone().filter(is_missing).map(|id| id.to_string()).collect();
        if !missing.is_empty() {
            return Err(HashKeyError::Missing(missing.join("、")).into());
        }
        for id in needed.filter(|id| *id != HashKeyId(0)) {
            note(context, tx, bureau, id, now).await?;
        }
    }
    Ok(())
}

async fn note(
    context: &Context,
    tx: &mut Tx,
    bureau: BureauId,
    id: HashKeyId,
    made_at: Timestamp,
) -> Result<(), AppError> {
    let fingerprint = context.identity.hash_key(id)?.fingerprint().to_vec();
    Ok(tx.new_hash_key(bureau, &KeyRow { id, made_at, fingerprint }).await?)
}

async fn head(tx: &mut Tx, bureau: BureauId) -> Result<Head, StoreError> {
    tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))
}

impl App {
    /// Puts the next identity key in the key file, to be brought to other machines before anything is made by it. One that is there and
    /// was not used yet stays the next one.
    pub async fn prepare_rekey(&self) -> Result<HashKeyId, AppError> {
        let _one = lock(&self.config.data, "open.lock", Hold::Wait)?;
        self.add_next_hash_key().await
    }

    async fn add_next_hash_key(&self) -> Result<HashKeyId, AppError> {
        let identity = &self.context.identity;
        identity.look_again()?;
        let newest = identity.newest_hash_key();
        if newest > self.hash_key_in_use().await? {
            return Ok(newest);
        }
        self.record("prepare_rekey").await?;
        Ok(identity.add_hash_key()?)
    }

    /// The newest key that any bureau uses or is about to.
    async fn hash_key_in_use(&self) -> Result<HashKeyId, AppError> {
        let mut newest = HashKeyId(0);
        let mut tx = self.context.store.read().await?;
        for BureauRow { bureau, .. } in tx.bureaus().await? {
            let head = head(&mut tx, bureau).await?;
            newest = newest.max(head.hash_key).max(head.next_hash_key.unwrap_or_default());
        }
        tx.rollback().await?;
        Ok(newest)
    }

    /// Brings the next identity key into use, beside a serving process if there is one: the one that was begun, or that was prepared, or on
    /// a single machine a new one. `go_on` is told how many events are done and how many there are, and says whether to go on.
    pub async fn rekey(&self, mut go_on: impl FnMut(u64, u64) -> bool) -> Result<Rekeyed, AppError> {
        let _one = lock(&self.config.data, "rekey.lock", Hold::Alone)?;
        let key = self.begin_rekey().await?;
        let mut done = Rekeyed { key, submissions: 0, purged: 0, is_in_use: false, is_stopped: false };
        for bureau in self.bureaus().await? {
            if !self.make_all(bureau, &mut go_on).await? || !self.remove_old(bureau, &mut go_on).await? {
                done.is_stopped = true;
                break;
            }
        }
        let mut tx = self.context.store.read_at_length().await?;
        done.is_in_use = true;
        for BureauRow { bureau, .. } in tx.bureaus().await? {
            let (all, purged) = tx.count_submissions(bureau).await?;
            done.submissions += all - purged.min(all);
            done.purged += purged;
            done.is_in_use &= head(&mut tx, bureau).await?.hash_key == key;
        }
        tx.rollback().await?;
        Ok(done)
    }

    /// The key that everything is made by from here on. What was begun before is gone on with; where nothing is left to be done of it, the
    /// next key begins.
    async fn begin_rekey(&self) -> Result<HashKeyId, AppError> {
        let _one = lock(&self.config.data, "open.lock", Hold::Wait)?;
        self.context.identity.look_again()?;
        let bureaus = self.bureaus().await?;
        let mut tx = self.context.store.read().await?;
        let mut heads = Vec::new();
        for bureau in &bureaus {
            heads.push(head(&mut tx, *bureau).await?);
        }
        tx.rollback().await?;
        let in_use = heads.iter().map(|head| head.hash_key).max().unwrap_or_default();
        let next = heads.iter().filter_map(|head| head.next_hash_key).max();
        let is_removing = heads.iter().any(|head| head.last_hash_key.is_some());
        let is_same = heads.iter().all(|head| head.hash_key == in_use);
        let key = match next {
            Some(next) => next,
            None if is_removing || !is_same => in_use,
            None if self.context.identity.newest_hash_key() > in_use => {
                self.context.identity.newest_hash_key()
            }
            None if self.config.database.is_some() => return Err(HashKeyError::NotPrepared.into()),
            None => self.add_next_hash_key().await?,
        };
        // Not one that is missing here.
        self.context.identity.hash_key(key)?;
        let behind: Vec<BureauId> = bureaus
            .into_iter()
            .zip(&heads)
            .filter(|(_, head)| head.hash_key != key && head.next_hash_key.is_none())
            .map(|(bureau, _)| bureau)
            .collect();
        if !behind.is_empty() {
            self.record("begin_rekey").await?;
        }
        for bureau in behind {
            let mut tx = self.context.store.begin(bureau).await?;
            let now = head(&mut tx, bureau).await?;
            // Begun on another machine meanwhile.
            if now.next_hash_key.is_none() && now.hash_key != key {
                note(&self.context, &mut tx, bureau, key, self.clock.now()).await?;
                tx.begin_rekey(bureau, key).await?;
            }
            tx.commit().await?;
        }
        Ok(key)
    }

    /// Makes everything of a bureau by the next key, and puts it in use. Whether it came to that.
    async fn make_all(
        &self,
        bureau: BureauId,
        go_on: &mut impl FnMut(u64, u64) -> bool,
    ) -> Result<bool, AppError> {
        let count = |events: i64| u64::try_from(events).unwrap_or_default();
        let mut tries = 0;
        let mut watch = Stopwatch::start();
        while let Some(Rekeying { to, last }) = rekey_next(&self.context, bureau).await? {
            if !go_on(count(to.0), count(last.0)) {
                return Ok(false);
            }
            if last.0 - to.0 <= NEAR {
                if self.change(bureau).await? {
                    return Ok(true);
                }
                tries += 1;
                if tries == TRIES {
                    return Err(HashKeyError::Overtaken.into());
                }
            }
            if self.is_beside() {
                // Half of the time is the service's.
                pause(watch.elapsed()).await;
                watch = Stopwatch::start();
            }
        }
        Ok(true)
    }

    fn is_beside(&self) -> bool {
        self.config.database.is_some() || self.is_served()
    }

    /// The event by which the next key takes the place of the present one. Whether it was let.
    async fn change(&self, bureau: BureauId) -> Result<bool, AppError> {
        let mut tx = self.context.store.read().await?;
        let next = head(&mut tx, bureau).await?.next_hash_key;
        tx.rollback().await?;
        let Some(key) = next else { return Ok(true) };
        // One name for each key: two machines that get here at once do it once.
        let name = format!("rekey-{key}");
        let work = untokened(&self.context, CallerId::TERMINAL, &name, Command::Rekey { key })?;
        let answers = settle(&self.context, bureau, &self.clock, &[work], &Waiters::default()).await?;
        let answer = answers.into_iter().next().ok_or(LedgerError::Unreadable("answer"))?;
        Ok(answer.is_ok())
    }

    /// Removes what the key before has made. Whether it came to an end.
    async fn remove_old(
        &self,
        bureau: BureauId,
        go_on: &mut impl FnMut(u64, u64) -> bool,
    ) -> Result<bool, AppError> {
        loop {
            let watch = Stopwatch::start();
            let mut tx = self.context.store.begin(bureau).await?;
            let head = head(&mut tx, bureau).await?;
            let Some(key) = head.last_hash_key else {
                tx.rollback().await?;
                return Ok(true);
            };
            let removed = tx.drop_some(Keyed { bureau, key }, REMOVED).await?;
            if removed == 0 {
                tx.end_rekey(bureau).await?;
            }
            tx.commit().await?;
            let all = u64::try_from(head.sequence.0).unwrap_or_default();
            if !go_on(all, all) {
                return Ok(false);
            }
            if self.is_beside() {
                pause(watch.elapsed()).await;
            }
        }
    }
}
