//! A request made ready outside the lane, or read back from the log.

use std::sync::Arc;

use super::LedgerError;
use crate::domain::command::{Command, Request};
use crate::domain::ids::Track;
use crate::domain::personal::Personal;
use crate::domain::purge::Tombstone;
use crate::domain::submission::Submission;
use crate::features::history::{KeyHash, KeyHashes};
use crate::features::template::Shingles;
use crate::identity::Identity;
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
    pub(crate) fn new(identity: &Identity, request: Request) -> Result<Self, LedgerError> {
        Self::again(identity, request, None)
    }

    /// The same of a request that is on record, for a replay: what it said of persons may have been purged since.
    pub(crate) fn again(
        identity: &Identity,
        request: Request,
        tombstone: Option<Tombstone>,
    ) -> Result<Self, LedgerError> {
        let (unit, command) = (request.unit.clone(), request.command);
        let recorded = Recorded { unit, command, purged: tombstone };
        let content =
            stored::to_json(&recorded).map_err(|_| LedgerError::Unreadable("command"))?.into_bytes();
        // The facts alone make the digest of a version: by whatever door it comes in again, it is the same one.
        let (digest, (key_hashes, search_keys)) = match recorded.command.version() {
            Some(version) => {
                let facts = stored::to_json(version).map_err(|_| LedgerError::Unreadable("submission"))?;
                (identity.digest(facts.as_bytes()), key_hashes_of(identity, version))
            }
            None => (identity.digest(&content), Default::default()),
        };
        let shingles = recorded.command.version().and_then(|version| identity.shingles(version));
        let sender = recorded.command.version().and_then(|version| identity.sender(version));
        let respondent =
            recorded.command.version().and_then(|version| identity.respondent(&version.respondent));
        let respondent = respondent.map(KeyHash::number);
        let rules = match &recorded.command {
            Command::LoadBureau { content } => Some(Bureau::parse(content.expose()).map(Arc::new)),
            _ => None,
        };
        let request = Request { command: recorded.command, ..request };
        let content = Personal::new(content);
        Ok(Self {
            request,
            content,
            digest,
            key_hashes,
            search_keys,
            shingles,
            sender,
            respondent,
            rules,
            tombstone: recorded.purged,
        })
    }
}

/// Key hashes and search keys of a submission; without a complaint there are none (promise 16).
pub(crate) fn key_hashes_of(
    identity: &Identity,
    submission: &Submission,
) -> (KeyHashes, Vec<(KeyHash, Track)>) {
    let key_hashes =
        if submission.complaint.is_some() { identity.key_hashes(submission) } else { KeyHashes::default() };
    (key_hashes, identity.search_keys(submission))
}
