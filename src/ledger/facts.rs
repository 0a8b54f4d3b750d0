//! The facts of submissions as they are known now: every telling, opened and merged in order.

use std::collections::HashMap;

use super::{LedgerError, Recorded};
use crate::domain::command::Command;
use crate::domain::ids::{BureauId, Sequence};
use crate::domain::submission::Submission;
use crate::domain::time::{Moment, Timestamp};
use crate::identity::Identity;
use crate::store::Tx;

/// What is known of one submission.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The merged facts: the latest unmasked value of each.
    pub(crate) facts: Submission,
    /// The receive time as first told: it starts the clocks and orders the history.
    pub(crate) first_received: Moment,
    /// When it was first recorded.
    pub(crate) recorded_at: Timestamp,
}

/// Reads the facts of submissions as of the last event.
pub(crate) async fn facts(
    tx: &mut Tx,
    identity: &Identity,
    bureau: BureauId,
    submissions: impl Iterator<Item = Sequence>,
) -> Result<HashMap<Sequence, Known>, LedgerError> {
    let mut known: HashMap<Sequence, Known> = HashMap::new();
    for version in tx.versions(bureau, submissions).await? {
        let plain = identity.unseal(bureau, version.sequence, &version.payload)?;
        let recorded: Recorded =
            serde_json::from_slice(&plain).map_err(|_| LedgerError::Unreadable("submission"))?;
        let (Command::Submit(telling)
        | Command::Import { submission: telling, .. }
        | Command::Amend { submission: telling, .. }) = recorded.command
        else {
            return Err(LedgerError::Unreadable("submission"));
        };
        if let Some(known) = known.get_mut(&version.submission) {
            known.facts.merge(&telling);
        } else {
            let first_received = telling.received;
            let recorded_at = version.recorded_at;
            known.insert(version.submission, Known { facts: *telling, first_received, recorded_at });
        }
    }
    Ok(known)
}
