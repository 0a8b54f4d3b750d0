//! Under what the rows stand that are found by key hashes: those that one identity key made of one bureau. Another key makes them beside
//! these, and the bureau changes from the one to the other by one number in its head (migration 0018).

use crate::domain::ids::{BureauId, HashKeyId};

/// The rows of a bureau that an identity key made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keyed {
    /// Whose.
    pub(crate) bureau: BureauId,
    /// By which key.
    pub(crate) key: HashKeyId,
}

impl Keyed {
    /// What stands in their column `bureau_id`. Of key 0 it is the bureau's own id, as releases had it that knew no other key.
    pub(super) fn id(self) -> i64 {
        self.bureau.0 + (i64::from(self.key.0) << 32)
    }
}
