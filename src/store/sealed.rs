//! Sealing keys by their numbers, and which values are sealed by which. The first six bytes of a sealed value say it
//! (`identity::header`).

use super::bulk::Many;
use super::statements::{statements, types};
use super::value::values;
use super::{KeyRow, StoreError, Tx};
use crate::domain::ids::{BureauId, SealKeyId, Sequence};

statements! {
    one {
        SEAL_KEYS = "SELECT id, made_at, fingerprint FROM seal_key WHERE bureau_id = $1 ORDER BY id";
        NEW_SEAL_KEY = "INSERT INTO seal_key (bureau_id, id, made_at, fingerprint) VALUES ($1, $2, $3, $4)";
        DROP_SEAL_KEY = "DELETE FROM seal_key WHERE id = $1";
        /// Sealed values of all bureaus, and those whose header is this one.
        SEALED = "SELECT COUNT(*) FROM event";
        SEALED_BY = "SELECT COUNT(*) FROM event WHERE substr(payload, 1, 6) = $1";
        NOT_SEALED_BY = "SELECT sequence FROM event WHERE bureau_id = $1 AND sequence > $2 AND substr(payload, 1, 6) <> $3
            ORDER BY sequence LIMIT $4";
    }
    many {
        SET_PAYLOADS ("bigint", "bigint", "bytea") =
            "WITH wanted (bureau, subject, new_payload) AS ({rows})
             UPDATE event SET payload = wanted.new_payload FROM wanted
             WHERE event.bureau_id = wanted.bureau AND event.sequence = wanted.subject";
    }
}

impl Tx {
    /// The sealing keys that the key file must hold for a bureau, beside key 0.
    pub(crate) async fn seal_keys(&mut self, bureau: BureauId) -> Result<Vec<KeyRow<SealKeyId>>, StoreError> {
        let rows = self.all(SEAL_KEYS, values![bureau.0]).await?;
        rows.iter().map(|row| KeyRow::of(row, SealKeyId)).collect()
    }

    /// Notes that there is a sealing key.
    pub(crate) async fn new_seal_key(
        &mut self,
        bureau: BureauId,
        key: &KeyRow<SealKeyId>,
    ) -> Result<(), StoreError> {
        let KeyRow { id, made_at, fingerprint } = key;
        self.execute(NEW_SEAL_KEY, values![bureau.0, i64::from(id.0), made_at.0, fingerprint.clone()])
            .await?;
        Ok(())
    }

    /// Notes that a sealing key is not needed any more.
    pub(crate) async fn drop_seal_key(&mut self, SealKeyId(id): SealKeyId) -> Result<(), StoreError> {
        self.execute(DROP_SEAL_KEY, values![i64::from(id)]).await?;
        Ok(())
    }

    /// How many sealed values there are.
    pub(crate) async fn sealed(&mut self) -> Result<u64, StoreError> {
        let row = self.optional(SEALED, values![]).await?;
        count(row.map(|row| row.get(0)).transpose()?)
    }

    /// How many of them begin with a header.
    pub(crate) async fn sealed_by(&mut self, header: [u8; 6]) -> Result<u64, StoreError> {
        let row = self.optional(SEALED_BY, values![header.to_vec()]).await?;
        count(row.map(|row| row.get(0)).transpose()?)
    }

    /// The next events behind one whose commands begin with another header.
    pub(crate) async fn not_sealed_by(
        &mut self,
        bureau: BureauId,
        after: Sequence,
        header: [u8; 6],
        most: i64,
    ) -> Result<Vec<Sequence>, StoreError> {
        let rows = self.all(NOT_SEALED_BY, values![bureau.0, after.0, header.to_vec(), most]).await?;
        rows.iter().map(|row| Ok(Sequence(row.get(0)?))).collect()
    }

    /// Puts other sealed values in the place of commands of events.
    pub(crate) async fn set_payloads(
        &mut self,
        bureau: BureauId,
        payloads: Vec<(Sequence, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        let rows =
            payloads.into_iter().map(|(sequence, payload)| values![bureau.0, sequence.0, payload]).collect();
        self.many(&SET_PAYLOADS, rows).await.map(drop)
    }
}

fn count(counted: Option<i64>) -> Result<u64, StoreError> {
    u64::try_from(counted.unwrap_or_default()).map_err(|_| StoreError::corrupt("event", "count"))
}
