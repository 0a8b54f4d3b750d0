//! What the office does beside the daily life: bureaus, callers, bureau files, models, training data.

use super::ledger::{listed, word};
use super::value::{Row, values};
use super::view::vector_of;
use super::{Keyed, StoreError, Tx, sql};
use crate::domain::caller::{Caller, Role};
use crate::domain::decision::Band;
use crate::domain::handling::Finding;
use crate::domain::ids::{BureauId, CallerId, HashKeyId, ModelId, Sequence, UnitId};
use crate::domain::outcome::ImportedLabel;
use crate::domain::time::Timestamp;
use crate::features::history::KeyHash;

/// A caller as `triage caller list` shows it: without its token.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CallerRow {
    /// Id.
    pub id: CallerId,
    /// Role.
    pub role: Role,
    /// Unit, when the role has one.
    pub unit: Option<UnitId>,
    /// Name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its token died.
    pub revoked_at: Option<Timestamp>,
    /// When its token ends by itself; none: never.
    pub expires_at: Option<Timestamp>,
    /// SHA-256 of its token; kept to copy callers into a replay.
    #[serde(skip)]
    pub(crate) token_hash: Vec<u8>,
}

/// A bureau there is.
#[derive(Debug, Clone)]
pub(crate) struct BureauRow {
    /// Its id.
    pub(crate) bureau: BureauId,
    /// Of the key that seals it.
    pub(crate) key_fingerprint: Vec<u8>,
    /// By which reading its keys were made; none: by a release without a number for it.
    pub(crate) key_form: Option<i16>,
}

/// One logged vector with the finding made on it since.
#[derive(Debug)]
pub(crate) struct ExampleRow {
    /// The submission.
    pub(crate) submission: Sequence,
    /// The vector as logged at receipt.
    pub(crate) vector: Vec<f64>,
    /// The feature table it was made by.
    pub(crate) schema_hash: String,
    /// The officer's finding.
    pub(crate) finding: Option<Finding>,
    /// What an officer marked in an export.
    pub(crate) imported_label: Option<ImportedLabel>,
    /// Receive time.
    pub(crate) received_at: Timestamp,
    /// The band at receipt.
    pub(crate) band: Option<Band>,
}

impl Tx {
    /// Makes a bureau with an empty history.
    pub(crate) async fn new_bureau(
        &mut self,
        bureau: BureauId,
        key: &[u8],
        key_form: i16,
        HashKeyId(hash_key): HashKeyId,
    ) -> Result<(), StoreError> {
        let values = values![bureau.0, key.to_vec(), key_form, i64::from(hash_key)];
        self.execute(sql::NEW_BUREAU, values).await?;
        Ok(())
    }

    /// All bureaus.
    pub(crate) async fn bureaus(&mut self) -> Result<Vec<BureauRow>, StoreError> {
        let rows = self.all(sql::BUREAUS, values![]).await?;
        let bureau = |row: &Row| {
            let (key_fingerprint, key_form) = (row.get(1)?, row.get(2)?);
            Ok(BureauRow { bureau: BureauId(row.get(0)?), key_fingerprint, key_form })
        };
        rows.iter().map(bureau).collect()
    }

    /// The living caller of a token, and when the token ends by itself.
    pub(crate) async fn caller(
        &mut self,
        bureau: BureauId,
        token_hash: &[u8],
    ) -> Result<Option<(Caller, Option<Timestamp>)>, StoreError> {
        let row = self.optional(sql::CALLER, values![bureau.0, token_hash.to_vec()]).await?;
        row.map(|row| {
            let role = listed(row.get(1)?, Role::from_code, "caller", "role")?;
            let role = role.ok_or(StoreError::corrupt("caller", "role"))?;
            let unit = row.get::<Option<String>>(2)?;
            let unit = unit.map(|text| word(&text, UnitId::parse, "caller", "unit")).transpose()?;
            let ends_at = row.get::<Option<i64>>(3)?.map(Timestamp);
            Ok((Caller::service(CallerId(row.get(0)?), bureau, role, unit), ends_at))
        })
        .transpose()
    }

    /// All callers of a bureau, the revoked ones too.
    pub(crate) async fn callers(&mut self, bureau: BureauId) -> Result<Vec<CallerRow>, StoreError> {
        let rows = self.all(sql::CALLERS, values![bureau.0]).await?;
        rows.iter()
            .map(|row| {
                let role = listed(row.get(1)?, Role::from_code, "caller", "role")?;
                Ok(CallerRow {
                    id: CallerId(row.get(0)?),
                    role: role.ok_or(StoreError::corrupt("caller", "role"))?,
                    unit: row
                        .get::<Option<String>>(2)?
                        .map(|text| word(&text, UnitId::parse, "caller", "unit"))
                        .transpose()?,
                    name: row.get(3)?,
                    created_at: Timestamp(row.get(4)?),
                    revoked_at: row.get::<Option<i64>>(5)?.map(Timestamp),
                    expires_at: row.get::<Option<i64>>(6)?.map(Timestamp),
                    token_hash: row.get(7)?,
                })
            })
            .collect()
    }

    /// Adds a caller.
    pub(crate) async fn new_caller(
        &mut self,
        bureau: BureauId,
        caller: &CallerRow,
    ) -> Result<(), StoreError> {
        let values = values![
            bureau.0,
            caller.id.0,
            caller.token_hash.clone(),
            caller.role.code(),
            caller.unit.as_ref().map(|u| u.as_str().to_owned()),
            caller.name.as_str(),
            caller.created_at.0,
            caller.expires_at.map(|at| at.0)
        ];
        self.execute(sql::NEW_CALLER, values).await?;
        Ok(())
    }

    /// Ends a caller's token. False when there was no living one.
    pub(crate) async fn revoke_caller(
        &mut self,
        bureau: BureauId,
        caller: CallerId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(sql::REVOKE_CALLER, values![bureau.0, caller.0, at.0]).await? == 1)
    }

    /// The bureau file loaded at a sequence.
    pub(crate) async fn rules(&mut self, bureau: BureauId, at: Sequence) -> Result<String, StoreError> {
        let row = self.optional(sql::RULES, values![bureau.0, at.0]).await?;
        row.ok_or(StoreError::Missing("the bureau file in force is not in the database"))?.get(0)
    }

    /// Keeps a bureau file.
    pub(crate) async fn new_rules(
        &mut self,
        bureau: BureauId,
        at: Sequence,
        content: &str,
    ) -> Result<(), StoreError> {
        self.execute(sql::NEW_RULES, values![bureau.0, at.0, content]).await?;
        Ok(())
    }

    /// A model's artefact, if there is such a model.
    pub(crate) async fn model(
        &mut self,
        bureau: BureauId,
        model: &ModelId,
    ) -> Result<Option<String>, StoreError> {
        let row = self.optional(sql::MODEL, values![bureau.0, model.as_str()]).await?;
        row.map(|row| row.get(0)).transpose()
    }

    /// All models of a bureau: id, when it was stored, artefact.
    pub(crate) async fn models(
        &mut self,
        bureau: BureauId,
    ) -> Result<Vec<(ModelId, Timestamp, String)>, StoreError> {
        let rows = self.all(sql::MODELS, values![bureau.0]).await?;
        rows.iter()
            .map(|row| {
                let id = word(&row.get::<String>(0)?, ModelId::parse, "model", "model")?;
                Ok((id, Timestamp(row.get(1)?), row.get(2)?))
            })
            .collect()
    }

    /// Keeps a fitted model. The same artefact again changes nothing.
    pub(crate) async fn new_model(
        &mut self,
        bureau: BureauId,
        model: &ModelId,
        at: Timestamp,
        artefact: &str,
    ) -> Result<(), StoreError> {
        self.execute(sql::NEW_MODEL, values![bureau.0, model.as_str(), at.0, artefact]).await?;
        Ok(())
    }

    /// Logged vectors with a finding of suspected or not, after a submission, in order.
    pub(crate) async fn examples(
        &mut self,
        bureau: BureauId,
        after: Sequence,
        most: i64,
    ) -> Result<Vec<ExampleRow>, StoreError> {
        let rows = self.all(sql::EXAMPLES, values![bureau.0, after.0, most]).await?;
        rows.iter()
            .map(|row| {
                Ok(ExampleRow {
                    submission: Sequence(row.get(0)?),
                    vector: vector_of(&row.get::<Vec<u8>>(1)?)?,
                    schema_hash: row.get(2)?,
                    finding: listed(row.get(3)?, Finding::from_code, "file", "finding")?,
                    imported_label: listed(row.get(4)?, ImportedLabel::from_code, "file", "imported_label")?,
                    received_at: Timestamp(row.get(5)?),
                    band: listed(row.get(6)?, Band::from_code, "decision", "band")?,
                })
            })
            .collect()
    }

    /// Key hashes of phones and documents with the complaints that have them, in order of the hash, after a place.
    pub(crate) async fn links(
        &mut self,
        keyed: Keyed,
        after: Option<(KeyHash, Sequence)>,
        most: i64,
    ) -> Result<Vec<(KeyHash, Sequence)>, StoreError> {
        let (key_hash, submission) =
            after.map_or((Vec::new(), 0), |(key_hash, at)| (key_hash.0.to_vec(), at.0));
        let rows = self.all(sql::LINKS, values![keyed.id(), key_hash, submission, most]).await?;
        rows.iter()
            .map(|row| {
                let key_hash = <[u8; 16]>::try_from(row.get::<Vec<u8>>(0)?);
                let key_hash = key_hash.map_err(|_| StoreError::corrupt("search_key", "key_hash"))?;
                Ok((KeyHash(key_hash), Sequence(row.get(1)?)))
            })
            .collect()
    }

    /// When the champion was put to use; none when there never was one.
    pub(crate) async fn champion_since(&mut self, bureau: BureauId) -> Result<Option<Timestamp>, StoreError> {
        let row = self.optional(sql::LAST_USE, values![bureau.0]).await?;
        row.map(|row| Ok(Timestamp(row.get(0)?))).transpose()
    }
}
