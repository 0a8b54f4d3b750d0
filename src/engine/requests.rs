//! Which request is which (promise 2): its caller and its id. An imported row has two request ids: its
//! own, and one for its outcome.

use std::collections::HashMap;

use super::Work;
use crate::domain::command::{Answer, Command, News, Outcome};
use crate::domain::ids::{CallerId, RequestId};
use crate::intake;
use crate::ledger::{Batch, LedgerError, Prepared};
use crate::store::KnownRequest;

pub(super) type Key = (CallerId, RequestId);

/// Requests answered in this batch, with the digest of their content.
pub(super) type Fresh = HashMap<Key, ([u8; 16], Outcome)>;

/// Requests among `works` that were answered before. An imported row has two names: its own, and that of its outcome,
/// which may have been all that it reported.
pub(super) async fn known(
    batch: &mut Batch<'_>,
    works: &[Work],
) -> Result<HashMap<Key, KnownRequest>, LedgerError> {
    let prepared = works.iter().filter_map(|work| match work {
        Work::Act(prepared) => Some(&**prepared),
        Work::Access(_) => None,
    });
    let keys: Vec<Key> =
        prepared.flat_map(|prepared| [Some(key_of(prepared)), outcome_key(prepared)]).flatten().collect();
    Ok(batch.tx.known_requests(batch.bureau, keys.iter().map(|(caller, id)| (*caller, id))).await?)
}

pub(crate) fn key_of(prepared: &Prepared) -> Key {
    (prepared.request.caller, prepared.request.request_id.clone())
}

/// The name under which an imported row's outcome is recorded.
pub(super) fn outcome_key(prepared: &Prepared) -> Option<Key> {
    let Command::Import { .. } = prepared.request.command else { return None };
    let id = intake::outcome_of_row(&prepared.request.request_id).ok()?;
    Some((prepared.request.caller, id))
}

/// Keeps an answer for those who ask again in this batch: under the request ids of the events that it left, as it will be
/// kept for those who ask later. What left no event is decided again whenever it is asked.
pub(super) fn remember(batch: &Batch<'_>, fresh: &mut Fresh, prepared: &Prepared, answer: &Answer) {
    let Ok(outcome) = answer else { return };
    let names = [Some(key_of(prepared)), outcome_key(prepared)].into_iter().flatten();
    let left = names.filter(|name| batch.has_recorded(name));
    fresh.extend(left.map(|name| (name, (prepared.digest, as_stored(outcome.clone())))));
}

/// The answer to a repeat: that an outcome was left aside is not kept.
fn as_stored(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Imported { facts, outcome: News::Stale | News::OpenAgain, differing } => {
            Outcome::Imported { facts, outcome: News::Known, differing }
        }
        outcome => outcome,
    }
}
