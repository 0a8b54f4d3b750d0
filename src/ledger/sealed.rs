//! Opening what events keep sealed: the one place where the sealed becomes readable, and who may do it.

use super::LedgerError;
use crate::domain::ids::{BureauId, Sequence};
use crate::identity::{Identity, Place};
use crate::stored::{self, Recorded};

/// Opens what is sealed. Both constructors do the same; which one is used records the purpose, and a test holds who may use
/// which: `deciding` for a decision or a check that shows nobody anything, `looking` to show something, in `service/look.rs`
/// alone, because that records it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opener<'a> {
    identity: &'a Identity,
}

impl<'a> Opener<'a> {
    /// To decide, or to check what was decided. What is read is shown to nobody.
    pub(crate) fn deciding(identity: &'a Identity) -> Self {
        Self { identity }
    }

    /// To show somebody something.
    pub(crate) fn looking(identity: &'a Identity) -> Self {
        Self { identity }
    }

    /// The command of an event.
    pub(crate) fn open(
        self,
        bureau: BureauId,
        sequence: Sequence,
        payload: &[u8],
    ) -> Result<Recorded, LedgerError> {
        let plain = self.identity.unseal(Place::event(bureau, sequence), payload)?;
        stored::from_json(&plain).map_err(|_| LedgerError::Unreadable("event"))
    }
}
