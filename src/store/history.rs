//! What a batch reads of the past: earlier complaints by key hashes, templates by anchors, links that were cut.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{track_code, word};
use super::value::{Row, values};
use super::{Keyed, StoreError, Tx, sql};
use crate::domain::handling::Disposition;
use crate::domain::ids::{BureauId, RegistrationNumber, Sequence, Track};
use crate::domain::time::Timestamp;
use crate::features::history::{
    Closure, Cut, Entry, History, KeyHash, Keys, Matter, Neighbour, Recency, Stretch,
};
use crate::features::template::{Founder, Sketch, Templates};

impl Tx {
    /// Reads into `history` what these key hashes have, each over its stretch.
    ///
    /// One statement whatever the batch; at most 65 rows a stretch, and what became of those that may be linked.
    pub(crate) async fn past(
        &mut self,
        keyed: Keyed,
        wanted: &[(KeyHash, Stretch)],
        history: &mut History,
    ) -> Result<(), StoreError> {
        let rows = wanted.iter().map(|(key_hash, stretch)| {
            values![keyed.id(), key_hash.0.to_vec(), stretch.since.0, stretch.before.0]
        });
        for row in self.many(&sql::PAST, rows.collect()).await? {
            history.add(key_hash_of(&row, 0)?, &entry(&row)?);
        }
        let key_hashes: BTreeSet<KeyHash> = wanted.iter().map(|(key_hash, _)| *key_hash).collect();
        for cut in self.cuts(keyed, key_hashes.into_iter()).await? {
            history.cut(cut);
        }
        self.closures(keyed.bureau, history).await?;
        for (key_hash, stretch) in wanted {
            history.note_read(*key_hash, *stretch);
        }
        Ok(())
    }

    /// Reads into `history` the complaints against these operators or of these templates, each over its stretch.
    ///
    /// One statement whatever the batch, one row a stretch; at most 65 complaints in each.
    pub(crate) async fn neighbours(
        &mut self,
        keyed: Keyed,
        wanted: &[(KeyHash, Stretch)],
        history: &mut History,
    ) -> Result<(), StoreError> {
        let rows = wanted.iter().map(|(key_hash, stretch)| {
            values![keyed.id(), key_hash.0.to_vec(), stretch.since.0, stretch.before.0]
        });
        for row in self.many(&sql::NEIGHBOURS, rows.collect()).await? {
            let key_hash = key_hash_of(&row, 0)?;
            let listed = row.get::<Option<String>>(1)?.unwrap_or_default();
            for listed in listed.split_terminator(';') {
                history.add_neighbour(key_hash, neighbour(listed)?);
            }
        }
        for (key_hash, stretch) in wanted {
            history.note_read(*key_hash, *stretch);
        }
        Ok(())
    }

    /// Links that were cut under these key hashes.
    pub(crate) async fn cuts(
        &mut self,
        keyed: Keyed,
        key_hashes: impl Iterator<Item = KeyHash>,
    ) -> Result<Vec<Cut>, StoreError> {
        let wanted = key_hashes.map(|key_hash| values![keyed.id(), key_hash.0.to_vec()]).collect();
        let rows = self.many(&sql::CUTS, wanted).await?;
        rows.iter()
            .map(|row| Ok(Cut { key_hash: key_hash_of(row, 0)?, one: row.get(1)?, other: row.get(2)? }))
            .collect()
    }

    /// What has become of the complaints that are in `history` without it.
    async fn closures(&mut self, bureau: BureauId, history: &mut History) -> Result<(), StoreError> {
        let mut complaints: BTreeMap<i64, Recency> =
            history.unsettled().map(|recency| (recency.sequence().0, recency)).collect();
        let complaint = track_code(Track::Complaint);
        let wanted = complaints.keys().map(|submission| values![bureau.0, *submission, complaint]).collect();
        for row in self.many(&sql::COMPLAINT_ENDS, wanted).await? {
            let Some(recency) = complaints.remove(&row.get::<i64>(0)?) else { continue };
            let ended_at = row.get::<Option<i64>>(1)?.map(Timestamp);
            let withdrawn_at = row.get::<Option<i64>>(2)?.map(Timestamp);
            let disposition = row.get::<Option<i16>>(3)?.and_then(Disposition::from_code);
            history.close(recency, Closure::of(ended_at, withdrawn_at, disposition));
        }
        Ok(())
    }

    /// Reads into `templates` what is stored under these anchors, each over its stretch.
    pub(crate) async fn anchors(
        &mut self,
        keyed: Keyed,
        wanted: &[(i64, Stretch)],
        templates: &mut Templates,
    ) -> Result<(), StoreError> {
        let rows = wanted
            .iter()
            .map(|(anchor, stretch)| values![keyed.id(), *anchor, stretch.since.0, stretch.before.0]);
        for row in self.many(&sql::ANCHORS, rows.collect()).await? {
            let sketch = Sketch::from([row.get(2)?, row.get(3)?]);
            templates.add(row.get(0)?, Founder { first: Recency(row.get(1)?), sketch });
        }
        Ok(())
    }

    /// Links of a key that were cut are none from here on.
    pub(crate) async fn new_cut(
        &mut self,
        keyed: Keyed,
        cut: Cut,
        sequence: Sequence,
    ) -> Result<u64, StoreError> {
        let values = values![keyed.id(), cut.key_hash.0.to_vec(), cut.one, cut.other, sequence.0];
        self.execute(sql::NEW_CUT, values).await
    }

    /// The template a complaint's text is of.
    pub(crate) async fn template_of(
        &mut self,
        bureau: BureauId,
        submission: Sequence,
    ) -> Result<Option<Sequence>, StoreError> {
        let row = self.optional(sql::TEMPLATE_OF, values![bureau.0, submission.0]).await?;
        Ok(row.map(|row| row.get::<Option<i64>>(0)).transpose()?.flatten().map(Sequence))
    }

    /// The text of an amended complaint is of another template.
    pub(crate) async fn set_template(
        &mut self,
        bureau: BureauId,
        submission: Sequence,
        template: Option<Sequence>,
    ) -> Result<(), StoreError> {
        let values = values![bureau.0, submission.0, template.map(|template| template.0)];
        self.execute(sql::SET_TEMPLATE, values).await?;
        Ok(())
    }

    /// Takes an earlier version's key hashes out of the history and the search.
    pub(crate) async fn forget(
        &mut self,
        keyed: Keyed,
        recency: Recency,
        key_hashes: &[KeyHash],
        keys: &[(KeyHash, Sequence, Track)],
    ) -> Result<(), StoreError> {
        for key_hash in key_hashes {
            self.execute(sql::FORGET, values![keyed.id(), key_hash.0.to_vec(), recency.0]).await?;
        }
        for (key_hash, submission, track) in keys {
            let values = values![keyed.id(), key_hash.0.to_vec(), submission.0, track_code(*track)];
            self.execute(sql::FORGET_KEY, values).await?;
        }
        Ok(())
    }
}

/// A complaint in the form of the statement `NEIGHBOURS`.
fn neighbour(listed: &str) -> Result<Neighbour, StoreError> {
    let corrupt = || StoreError::corrupt("history", "number");
    let fields: Vec<&str> = listed.split(',').collect();
    let [recency, number, person, respondent] = fields[..] else { return Err(corrupt()) };
    let half = |text: &str| Some(text).filter(|text| !text.is_empty()).map(str::parse).transpose();
    Ok(Neighbour {
        recency: Recency(recency.parse().map_err(|_| corrupt())?),
        number: word(number, RegistrationNumber::parse, "history", "number")?,
        person: half(person).map_err(|_| corrupt())?,
        respondent: half(respondent).map_err(|_| corrupt())?,
    })
}

pub(super) fn key_hash_of(row: &Row, column: usize) -> Result<KeyHash, StoreError> {
    let bytes: Vec<u8> = row.get(column)?;
    Ok(KeyHash(bytes.try_into().map_err(|_| StoreError::corrupt("history", "key_hash"))?))
}

fn entry(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        recency: Recency(row.get(1)?),
        number: word(&row.get::<String>(2)?, RegistrationNumber::parse, "history", "number")?,
        name: row.get(3)?,
        person: row.get(4)?,
        respondent: row.get(5)?,
        product: row.get(6)?,
        template: row.get::<Option<i64>>(7)?.map(Sequence),
        keys: keys_of(&row.get::<Vec<u8>>(8)?)?,
        matter: row.get::<Option<Vec<u8>>>(9)?.map(|bytes| matter_of(&bytes)).transpose()?,
    })
}

pub(super) fn matter_of(bytes: &[u8]) -> Result<Matter, StoreError> {
    Matter::from_bytes(bytes).ok_or_else(|| StoreError::corrupt("history", "matter"))
}

/// Identity keys as bytes: each known one by its position and its key hash.
pub(super) fn key_bytes(keys: &Keys) -> Vec<u8> {
    let known = (0_u8..).zip(keys).filter_map(|(position, key_hash)| Some((position, (*key_hash)?)));
    known.flat_map(|(position, key_hash)| std::iter::once(position).chain(key_hash.0)).collect()
}

fn keys_of(bytes: &[u8]) -> Result<Keys, StoreError> {
    let corrupt = || StoreError::corrupt("history", "keys");
    let mut keys = Keys::default();
    let (known, rest) = bytes.as_chunks::<17>();
    for [position, key_hash @ ..] in known {
        *keys.get_mut(usize::from(*position)).ok_or_else(corrupt)? = Some(KeyHash(*key_hash));
    }
    if rest.is_empty() { Ok(keys) } else { Err(corrupt()) }
}
