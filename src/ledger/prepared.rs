//! A request made ready outside the lane, or read back from the log.

use std::sync::Arc;

use super::{Batch, Context, LedgerError};
use crate::domain::command::{Command, Request};
use crate::domain::ids::{HashKeyId, Track};
use crate::domain::personal::Personal;
use crate::domain::purge::Tombstone;
use crate::domain::submission::Submission;
use crate::features::history::{KeyHash, KeyHashes};
use crate::features::template::Shingles;
use crate::identity::{HashKey, Identity};
use crate::routing::{Bureau, BureauError};
use crate::stored::{self, Recorded};

/// A request made ready outside the lane: everything that depends on the request alone.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// The request.
    pub(crate) request: Request,
    /// The command as the event will keep it, before sealing.
    pub(crate) content: Personal<Vec<u8>>,
    /// Keyed digest of the content.
    pub(crate) digest: [u8; 16],
    /// The identity key that what follows is made by.
    pub(crate) hash_key: HashKeyId,
    /// Key hashes of a submission's complaint.
    pub(crate) key_hashes: KeyHashes,
    /// Search keys of a submission's complainant.
    pub(crate) search_keys: Vec<(KeyHash, Track)>,
    /// Shingles of a complaint's text.
    pub(crate) shingles: Option<Shingles>,
    /// Who sent it, for taking turns alone: keyed, and of no feature.
    pub(crate) sender: Option<i64>,
    /// Against whom.
    pub(crate) respondent: Option<i64>,
    /// A bureau file to be loaded, parsed, or what is wrong with it: a large one takes longer than a batch may.
    pub(crate) rules: Option<Result<Arc<Bureau>, Vec<BureauError>>>,
    /// In a replay: what it said of persons was purged since.
    pub(crate) tombstone: Option<Tombstone>,
}

impl Prepared {
    /// Makes a request ready.
    pub(crate) fn new(context: &Context, request: Request) -> Result<Self, LedgerError> {
        Self::again(&context.identity, &*context.hash_key_seen()?, request, None)
    }

    /// The same of a request that is on record, for a replay: what it said of persons may have been purged since.
    pub(crate) fn recorded(
        context: &Context,
        request: Request,
        tombstone: Option<Tombstone>,
    ) -> Result<Self, LedgerError> {
        Self::again(&context.identity, &*context.hash_key_seen()?, request, tombstone)
    }

    /// The same in a batch, by the key in use there.
    pub(crate) fn within(batch: &Batch<'_>, request: Request) -> Result<Self, LedgerError> {
        Self::again(&batch.context.identity, &batch.hash_key, request, None)
    }

    fn again(
        identity: &Identity,
        hash_key: &HashKey,
        request: Request,
        tombstone: Option<Tombstone>,
    ) -> Result<Self, LedgerError> {
        let (unit, command) = (request.unit.clone(), request.command);
        let recorded = Recorded { unit, command, purged: tombstone };
        let content =
            stored::to_json(&recorded).map_err(|_| LedgerError::Unreadable("command"))?.into_bytes();
        // The facts alone make the digest of a version: by whatever door it comes in again, it is the same one.
        let digest = match recorded.command.version() {
            Some(version) => {
                let facts = stored::to_json(version).map_err(|_| LedgerError::Unreadable("submission"))?;
                identity.digest(facts.as_bytes())
            }
            None => identity.digest(&content),
        };
        let rules = match &recorded.command {
            Command::LoadBureau { content } => Some(Bureau::parse(content.expose()).map(Arc::new)),
            _ => None,
        };
        let request = Request { command: recorded.command, ..request };
        let content = Personal::new(content);
        let made = Self {
            request,
            content,
            digest,
            hash_key: hash_key.id(),
            key_hashes: KeyHashes::default(),
            search_keys: Vec::new(),
            shingles: None,
            sender: None,
            respondent: None,
            rules,
            tombstone: recorded.purged,
        };
        Ok(made.by(hash_key))
    }

    /// With what an identity key makes of it.
    pub(crate) fn by(self, hash_key: &HashKey) -> Self {
        let hash_key_id = hash_key.id();
        let Some(version) = self.request.command.version() else {
            return Self { hash_key: hash_key_id, ..self };
        };
        let (key_hashes, search_keys) = key_hashes_of(hash_key, version);
        let (shingles, sender) = (hash_key.shingles(version), hash_key.sender(version));
        let respondent = hash_key.respondent(&version.respondent).map(KeyHash::number);
        Self { hash_key: hash_key_id, key_hashes, search_keys, shingles, sender, respondent, ..self }
    }
}

/// Key hashes and search keys of a submission; without a complaint there are none (promise 16).
pub(crate) fn key_hashes_of(
    hash_key: &HashKey,
    submission: &Submission,
) -> (KeyHashes, Vec<(KeyHash, Track)>) {
    let key_hashes =
        if submission.complaint.is_some() { hash_key.key_hashes(submission) } else { KeyHashes::default() };
    (key_hashes, hash_key.search_keys(submission))
}
