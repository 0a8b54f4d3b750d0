//! The numbered keys of the key file, sealing keys and identity keys, as the database knows them: so that a key file without one of them is
//! noticed at start.

use super::StoreError;
use super::value::Row;
use crate::domain::time::Timestamp;

/// A numbered key of the key file as the database knows it.
#[derive(Debug, Clone)]
pub(crate) struct KeyRow<N> {
    /// Its number.
    pub(crate) id: N,
    /// When it was made, or begun to be used.
    pub(crate) made_at: Timestamp,
    /// Identifies it without revealing it.
    pub(crate) fingerprint: Vec<u8>,
}

impl<N> KeyRow<N> {
    /// From a row of number, time and fingerprint.
    pub(super) fn of(row: &Row, number: fn(u32) -> N) -> Result<Self, StoreError> {
        let id = u32::try_from(row.get::<i64>(0)?).map_err(|_| StoreError::corrupt("key", "id"))?;
        Ok(Self { id: number(id), made_at: Timestamp(row.get(1)?), fingerprint: row.get(2)? })
    }
}
