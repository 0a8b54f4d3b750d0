//! Opening what events keep sealed: the one place where the sealed becomes readable.

use super::LedgerError;
use crate::domain::ids::{BureauId, Sequence};
use crate::identity::Identity;
use crate::stored::{self, Recorded};

/// The command of an event.
pub(crate) fn open_event(
    identity: &Identity,
    bureau: BureauId,
    sequence: Sequence,
    payload: &[u8],
) -> Result<Recorded, LedgerError> {
    let plain = identity.unseal(bureau, sequence, payload)?;
    stored::from_json(&plain).map_err(|_| LedgerError::Unreadable("event"))
}
