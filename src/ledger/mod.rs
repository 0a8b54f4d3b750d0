//! The ledger: one batch of one bureau, one transaction, events in order.
//!
//! A `Batch` holds all that a decision may depend on, as of its place in the history: the head, the bureau file,
//! the champion, the loads (promise 5). `intake` and `queue` write the daily life into it; nothing of it
//! survives the transaction.

mod clocks;
mod context;
mod decided;
mod event;
mod facts;
mod life;
mod prepared;
mod purge;
mod queues;
mod record;
mod rekey;
mod reseal;
mod sealed;
mod sight;
mod stop;
mod trail;
mod versions;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::audit::{Chain, Entry, RESUME};
use crate::domain::ids::{
    BureauId, CallerId, FileId, ModelId, OfficerId, RequestId, SealKeyId, Sequence, Track, UnitId,
};
use crate::domain::time::Timestamp;
use crate::domain::trust::Untrusted;
use crate::features::history::KeyHash;
use crate::identity::{HashKey, IdentityError, Place};
use crate::model::Classifier;
use crate::routing::{Bureau, Loads, OnDuty};
use crate::store::{AuditRow, EventRow, Head, Keyed, Load, Relation, StoreError, Tx, Writes, track_code};

pub(crate) use clocks::{Clocks, DECIDING, Ordered, Under, paused_since};
pub use context::Context;
pub(crate) use context::{BEFORE_ANY_RULES, FIRST_RULES};
pub(crate) use decided::{Decided, founders};
pub(crate) use event::Event;
use facts::versions_of;
pub(crate) use facts::{Known, facts, facts_as_of, shingles_of};
pub(crate) use life::{States, lives, states};
pub(crate) use prepared::{Prepared, key_hashes_of};
pub(crate) use purge::{came_in_before, may_be_purged, purged};
pub(crate) use record::{MOST_ACTS, MOST_OF_KIND, warnings};
pub(crate) use rekey::{Rekeying, rekey_next};
pub(crate) use reseal::reseal_next;
pub(crate) use sealed::Opener;
pub(crate) use sight::{lease_holders, seen, within};
pub(crate) use stop::{Stop, answer};
pub(crate) use trail::begin_chain;
pub(crate) use versions::{DECISION_VERSION, TERM_VERSION};

/// Why a batch could not be settled. Refusals are answers, not errors.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The clock cannot be right, and nothing is written by it.
    #[error(transparent)]
    Clock(#[from] Untrusted),
    /// Something stored cannot be read back.
    #[error("stored {0} cannot be read back")]
    Unreadable(&'static str),
}

impl LedgerError {
    /// Whether the same batch may succeed when tried again.
    pub fn is_transient(&self) -> bool {
        match self {
            LedgerError::Store(error) => error.is_transient(),
            // Until the key file of the other machine is here.
            LedgerError::Identity(IdentityError::GivenUp(_) | IdentityError::NoHashKey(_)) => true,
            _ => false,
        }
    }
}

/// Nothing is sealed by a key that was given up on another machine, whose key file did not come here: nobody could open it.
async fn may_seal(context: &Context, tx: &mut Tx, bureau: BureauId, head: &Head) -> Result<(), LedgerError> {
    let current = context.identity.current_seal_key();
    if current == SealKeyId(0) || head.seal_key.is_none_or(|newest| newest <= i64::from(current.0)) {
        return Ok(());
    }
    let known = tx.seal_keys(bureau).await?;
    if known.iter().any(|key| key.id == current) {
        Ok(())
    } else {
        Err(IdentityError::GivenUp(current).into())
    }
}

/// Someone looked at something. Recorded before it is shown (promise 11).
#[derive(Debug, Clone)]
pub(crate) struct Access {
    /// Who.
    pub(crate) caller: CallerId,
    /// The person who signed in, or was named.
    pub(crate) officer: Option<OfficerId>,
    /// By which verb.
    pub(crate) action: &'static str,
    /// At which files; one row each, or one row in all when nothing was found.
    pub(crate) files: Vec<FileId>,
}

/// One batch of one bureau inside its transaction.
pub(crate) struct Batch<'a> {
    /// What the process shares.
    pub(crate) context: &'a Context,
    /// The transaction.
    pub(crate) tx: Tx,
    /// The bureau.
    pub(crate) bureau: BureauId,
    /// By which key hashes are made, and whose rows are read.
    pub(crate) hash_key: Arc<HashKey>,
    /// The rows that it made.
    pub(crate) keyed: Keyed,
    /// The only "now" there is: one for the whole batch, never before the last batch's (promise 5) unless the clock was
    /// confirmed since.
    pub(crate) now: Timestamp,
    /// The bureau file in force.
    pub(crate) rules: Arc<Bureau>,
    /// The champion, if there is one.
    pub(crate) champion: Option<Arc<Classifier>>,
    /// Queues that have grown: who waits there is served before the commit.
    pub(crate) grown: BTreeSet<(UnitId, Track)>,
    /// Rows to be written.
    pub(crate) writes: Writes,
    /// What another version of the deciding code decided, in a replay.
    pub(crate) decided: Arc<Decided>,
    head: Head,
    chain: Chain,
    recorded: HashSet<(CallerId, RequestId)>,
    began_at: Sequence,
    loads: Option<Loads>,
    changed_loads: BTreeSet<(UnitId, Track)>,
    changed_related: BTreeMap<(Relation, i64, UnitId, Track), i64>,
    on_duty: Option<(Sequence, Arc<OnDuty>)>,
}

impl<'a> Batch<'a> {
    /// Opens what is sealed, to decide by it.
    pub(crate) fn opener(&self) -> Opener<'a> {
        Opener::deciding(&self.context.identity)
    }

    /// Opens a batch: takes the bureau's lock and reads what is in force.
    pub(crate) async fn open(
        context: &'a Context,
        bureau: BureauId,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        Self::within(context, context.store.begin(bureau).await?, bureau, now).await
    }

    /// Opens a batch at the time that `clock` gives for one behind an event of this time, if it gives any.
    pub(crate) async fn open_when(
        context: &'a Context,
        bureau: BureauId,
        clock: impl FnOnce(Timestamp) -> Result<Timestamp, Untrusted>,
    ) -> Result<Self, LedgerError> {
        let mut tx = context.store.begin(bureau).await?;
        let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        match clock(head.recorded_at) {
            Ok(now) => Self::after(context, tx, bureau, head, now).await,
            Err(untrusted) => {
                tx.rollback().await?;
                Err(untrusted.into())
            }
        }
    }

    /// Opens a batch in a transaction that holds the bureau's lock already.
    pub(crate) async fn within(
        context: &'a Context,
        mut tx: Tx,
        bureau: BureauId,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        Self::after(context, tx, bureau, head, now).await
    }

    async fn after(
        context: &'a Context,
        mut tx: Tx,
        bureau: BureauId,
        head: Head,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        context.identity.keep_current();
        may_seal(context, &mut tx, bureau, &head).await?;
        let hash_key = context.hash_key_of(&head)?;
        let (chain, resumed) = trail::stands(&mut tx, bureau, &head).await?;
        let rules = context.rules(&mut tx, bureau, head.rules).await?;
        let champion = match &head.champion {
            None => None,
            Some(id) => context.model(&mut tx, bureau, id).await?,
        };
        let mut batch = Self {
            context,
            tx,
            bureau,
            keyed: Keyed { bureau, key: hash_key.id() },
            hash_key,
            now: now.max(head.recorded_at),
            rules,
            champion,
            grown: BTreeSet::new(),
            writes: Writes::default(),
            decided: Arc::default(),
            recorded: HashSet::new(),
            began_at: head.sequence,
            head,
            chain,
            loads: None,
            changed_loads: BTreeSet::new(),
            changed_related: BTreeMap::new(),
            on_duty: None,
        };
        if resumed {
            batch.audit(CallerId::SERVICE, None, RESUME, None, None, None);
        }
        Ok(batch)
    }

    /// What the bureau file lists as relays.
    pub(crate) fn relays(&self) -> Arc<HashSet<KeyHash>> {
        let committed = self.is_committed(self.head.rules);
        self.context.relays(self.bureau, self.head.rules, &self.rules, committed, &self.hash_key)
    }

    /// Whether an event was there before this batch. What is parsed of the others is kept for no other batch: should this
    /// one come to nothing, another event may get the place.
    pub(crate) fn is_committed(&self, event: Sequence) -> bool {
        event <= self.began_at
    }

    /// Sequence of the bureau file in force.
    pub(crate) fn rules_sequence(&self) -> Sequence {
        self.head.rules
    }

    /// Sequence of the last event so far.
    pub(crate) fn last(&self) -> Sequence {
        self.head.sequence
    }

    /// The next place in the history, which is not taken yet.
    pub(crate) fn upcoming(&self) -> Sequence {
        Sequence(self.head.sequence.0 + 1)
    }

    /// Whether the upcoming event was done under another version, and is applied as it was done.
    pub(crate) fn is_done_already(&self) -> bool {
        self.decided.has(self.upcoming())
    }

    /// Takes the next place in the history.
    pub(crate) fn next(&mut self) -> Sequence {
        self.head.sequence.0 += 1;
        self.head.sequence
    }

    /// Records an event and its audit row.
    pub(crate) fn record(&mut self, event: Event<'_>) -> Result<(), LedgerError> {
        let Event { sequence, kind, prepared, submission, track, officer, answer } = event;
        let place = Place::event(self.bureau, sequence);
        let payload = self.context.identity.seal(place, prepared.content.expose())?;
        let caller = prepared.request.caller;
        self.recorded.insert((caller, prepared.request.request_id.clone()));
        self.writes.event(
            self.bureau,
            self.now,
            EventRow {
                sequence,
                kind,
                caller,
                request_id: prepared.request.request_id.clone(),
                digest: prepared.digest,
                submission,
                track,
                payload,
                answer,
                version: DECISION_VERSION,
            },
        );
        self.audit(caller, officer, kind.word(), Some(sequence), submission, track);
        Ok(())
    }

    /// Whether this batch has recorded an event for a request.
    pub(crate) fn has_recorded(&self, request: &(CallerId, RequestId)) -> bool {
        self.recorded.contains(request)
    }

    /// Records a look.
    pub(crate) fn access(&mut self, access: &Access) {
        let Access { caller, officer, action, files } = access;
        if files.is_empty() {
            self.audit(*caller, officer.clone(), action, None, None, None);
        }
        for file in files {
            let (submission, track) = (Some(file.submission), Some(file.track));
            self.audit(*caller, officer.clone(), action, None, submission, track);
        }
    }

    fn audit(
        &mut self,
        caller: CallerId,
        officer: Option<OfficerId>,
        action: &'static str,
        sequence: Option<Sequence>,
        submission: Option<Sequence>,
        track: Option<Track>,
    ) {
        self.head.audit_number += 1;
        let entry = Entry {
            number: self.head.audit_number,
            at: self.now.0,
            caller: caller.0,
            officer: officer.map(|officer| officer.as_str().to_owned()),
            action: action.into(),
            sequence: sequence.map(|sequence| sequence.0),
            submission: submission.map(|submission| submission.0),
            track: track.map(track_code),
        };
        let hash = entry.after(self.bureau.0, &self.chain.hash);
        (self.chain.number, self.chain.hash) = (entry.number, hash);
        self.writes.audit(self.bureau, AuditRow { entry, hash });
    }

    /// Reads the loads once a batch; they are folded in memory from then on.
    pub(crate) async fn read_loads(&mut self) -> Result<(), LedgerError> {
        if self.loads.is_none() {
            let mut loads = Loads::default();
            for (unit, track, load) in self.tx.loads(self.bureau).await? {
                let this_month = load.month == self.now.day().month_number();
                let assigned = if this_month { load.assigned_centiunits } else { 0 };
                loads.assign(&unit, track, assigned);
                loads.add(&unit, track, load.open_centiunits.saturating_sub(assigned));
                loads.set_served(&unit, track, load.served);
            }
            self.loads = Some(loads);
        }
        Ok(())
    }

    /// The loads as they are at this point of the batch.
    pub(crate) fn loads(&mut self) -> &mut Loads {
        self.loads.get_or_insert_default()
    }

    /// Adds open work to a unit (takes it away when negative).
    pub(crate) fn add_load(&mut self, unit: &UnitId, track: Track, centiunits: i64) {
        self.loads().add(unit, track, centiunits);
        self.changed_loads.insert((unit.clone(), track));
    }

    /// A unit is assigned a file: its work is open there, and counts for this month (both taken back when negative).
    pub(crate) fn assign(&mut self, unit: &UnitId, track: Track, centiunits: i64) {
        self.loads().assign(unit, track, centiunits);
        self.changed_loads.insert((unit.clone(), track));
    }

    /// A unit's queue has given out so many files.
    pub(crate) fn set_served(&mut self, unit: &UnitId, track: Track, served: i64) {
        self.loads().set_served(unit, track, served);
        self.changed_loads.insert((unit.clone(), track));
    }

    /// Who is on duty, as of today.
    pub(crate) fn on_duty(&mut self) -> Arc<OnDuty> {
        let today = self.now.day();
        let (rules, at) = (&self.rules, self.head.rules);
        match &self.on_duty {
            Some((known, on_duty)) if *known == at => Arc::clone(on_duty),
            _ => {
                let on_duty = Arc::new(OnDuty::at(rules, today));
                self.on_duty = Some((at, Arc::clone(&on_duty)));
                on_duty
            }
        }
    }

    /// The bureau's time is `now` from here on, whatever it was before.
    pub(crate) fn put_now(&mut self, now: Timestamp) {
        self.now = now;
        // Both are of a month or a day.
        (self.loads, self.on_duty) = (None, None);
    }

    /// Puts another bureau file in force.
    pub(crate) fn put_rules(&mut self, sequence: Sequence, rules: Arc<Bureau>) {
        self.head.rules = sequence;
        self.rules = rules;
    }

    /// Puts another model to use.
    pub(crate) fn put_champion(&mut self, id: ModelId, model: Option<Arc<Classifier>>) {
        self.head.champion = Some(id);
        self.champion = model;
    }

    /// Key hashes are made by another key from here on.
    fn put_hash_key(&mut self, key: Arc<HashKey>) {
        self.keyed.key = key.id();
        self.hash_key = key;
    }

    /// Writes what was collected, so that statements see it.
    pub(crate) async fn flush(&mut self) -> Result<(), LedgerError> {
        let month = self.now.day().month_number();
        for (unit, track) in std::mem::take(&mut self.changed_loads) {
            let loads = self.loads();
            let load = Load {
                open_centiunits: loads.open(&unit, track),
                served: loads.served(&unit, track),
                month,
                assigned_centiunits: loads.assigned(&unit, track),
            };
            self.writes.load(self.bureau, &unit, track, load);
        }
        for ((relation, key_hash, unit, track), files) in std::mem::take(&mut self.changed_related) {
            self.writes.related(self.bureau, (relation, key_hash), (&unit, track), files);
        }
        self.tx.flush(&mut self.writes).await?;
        Ok(())
    }

    /// Commits the batch.
    pub(crate) async fn commit(mut self) -> Result<(), LedgerError> {
        self.flush().await?;
        (self.head.recorded_at, self.head.chain) = (self.now, Some(self.chain));
        self.tx.move_head(self.bureau, &self.head).await?;
        self.tx.commit().await?;
        Ok(self.context.store.has_kept()?)
    }

    /// Gives the batch up without a trace.
    pub(crate) async fn give_up(self) -> Result<(), LedgerError> {
        Ok(self.tx.rollback().await?)
    }

    /// Whether anything was collected or written.
    pub(crate) fn changed(&self, at_start: (Sequence, i64)) -> bool {
        (self.head.sequence, self.head.audit_number) != at_start
    }

    /// Where the history stood when this is asked, for [`Batch::changed`].
    pub(crate) fn place(&self) -> (Sequence, i64) {
        (self.head.sequence, self.head.audit_number)
    }
}
