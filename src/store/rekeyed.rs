//! Identity keys by their numbers, and what is made by the next one beside what the present one made, until it takes its place.

use std::collections::HashMap;

use const_format::concatcp;

use super::bulk::Many;
use super::ledger::{event_kind, word};
use super::statements::{kinds, statements, types};
use super::value::{Row, values};
use super::{KeyRow, Keyed, StoreError, Tx};
use crate::domain::event::EventKind;
use crate::domain::ids::{BureauId, HashKeyId, RegistrationNumber, Sequence};
use crate::features::history::{Cut, KeyHash, Matter, Recency};

statements! {
    one {
        HASH_KEYS = "SELECT id, made_at, fingerprint FROM hash_key WHERE bureau_id = $1 ORDER BY id";
        NEW_HASH_KEY = "INSERT INTO hash_key (bureau_id, id, made_at, fingerprint) VALUES ($1, $2, $3, $4)
            ON CONFLICT (bureau_id, id) DO NOTHING";
        /// What another key makes is begun, begun anew, or done up to an event.
        BEGIN_REKEY = "UPDATE bureau SET next_hash_key = $2, rekeyed_to = 0 WHERE bureau_id = $1";
        REKEY_ANEW = "UPDATE bureau SET rekeyed_to = 0 WHERE bureau_id = $1";
        SET_REKEYED_TO = "UPDATE bureau SET rekeyed_to = $2 WHERE bureau_id = $1";
        /// The next key takes the place of the present one.
        USE_HASH_KEY = "UPDATE bureau SET last_hash_key = hash_key, hash_key = $2, next_hash_key = NULL, rekeyed_to = 0
            WHERE bureau_id = $1";
        /// Nothing is left of the key before.
        END_REKEY = "UPDATE bureau SET last_hash_key = NULL WHERE bureau_id = $1";
        /// What happened behind an event, and to which submission.
        HAPPENED = "SELECT sequence, kind, submission FROM event WHERE bureau_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
        /// The latest change of the key.
        LAST_REKEY = concatcp!("SELECT sequence FROM event WHERE bureau_id = $1 AND kind = ", kinds!(Rekey), " ORDER BY sequence DESC LIMIT 1");
        /// Links that were cut.
        CUTS_MADE = "SELECT key_hash, one, other, sequence FROM cut WHERE bureau_id = $1 ORDER BY key_hash, one, other";
        /// Clusters and operators of files by the next key's numbers. What was purged before has none, and keeps its own.
        RENUMBER_FILES = "UPDATE file SET
              cluster = COALESCE((SELECT r.number_after FROM rekeyed r WHERE r.bureau_id = file.bureau_id AND r.number_before = file.cluster), cluster),
              respondent = COALESCE((SELECT r.number_after FROM rekeyed r WHERE r.bureau_id = file.bureau_id AND r.number_before = file.respondent), respondent)
            WHERE bureau_id = $1 AND submission > $2 AND submission <= $3";
        COUNT_CLUSTERS = "INSERT INTO related_files (bureau_id, relation, related_to, track, unit, files)
            SELECT bureau_id, 0, cluster, track, unit, COUNT(*) FROM file
            WHERE bureau_id = $1 AND status + 0 IN (1, 2, 3, 5) AND cluster <> -submission GROUP BY bureau_id, cluster, track, unit";
        COUNT_OPERATORS = "INSERT INTO related_files (bureau_id, relation, related_to, track, unit, files)
            SELECT bureau_id, 1, respondent, track, unit, COUNT(*) FROM file
            WHERE bureau_id = $1 AND status + 0 IN (1, 2, 3, 5) AND respondent IS NOT NULL GROUP BY bureau_id, respondent, track, unit";
        /// Some rows of a key that is not in use.
        DROP_HISTORY = "DELETE FROM history WHERE bureau_id = $1 AND (key_hash, recency) IN
            (SELECT h.key_hash, h.recency FROM history h WHERE h.bureau_id = $1 ORDER BY h.key_hash, h.recency LIMIT $2)";
        DROP_ANCHORS = "DELETE FROM anchor WHERE bureau_id = $1 AND (anchor, recency) IN
            (SELECT a.anchor, a.recency FROM anchor a WHERE a.bureau_id = $1 ORDER BY a.anchor, a.recency LIMIT $2)";
        DROP_CUTS = "DELETE FROM cut WHERE bureau_id = $1 AND (key_hash, one, other) IN
            (SELECT c.key_hash, c.one, c.other FROM cut c WHERE c.bureau_id = $1 ORDER BY c.key_hash, c.one, c.other LIMIT $2)";
        DROP_SEARCH_KEYS = "DELETE FROM search_key WHERE bureau_id = $1 AND (key_hash, submission, track) IN
            (SELECT k.key_hash, k.submission, k.track FROM search_key k WHERE k.bureau_id = $1
             ORDER BY k.key_hash, k.submission, k.track LIMIT $2)";
        DROP_NUMBERS = "DELETE FROM rekeyed WHERE bureau_id = $1 AND number_before IN
            (SELECT r.number_before FROM rekeyed r WHERE r.bureau_id = $1 ORDER BY r.number_before LIMIT $2)";
        /// How many submissions there are, and how many were purged.
        COUNT_SUBMISSIONS = "SELECT CAST(COUNT(*) AS BIGINT), CAST(COUNT(purged) AS BIGINT) FROM submission WHERE bureau_id = $1";
    }
    many {
        /// How submissions stand: number, template, whether they were purged, the template that the next key's rows name.
        STANDING ("bigint", "bigint") =
            "WITH wanted (bureau, subject) AS ({rows})
             SELECT s.sequence, s.number, s.template, s.purged, s.rekeyed_template FROM wanted w CROSS JOIN submission s
             WHERE s.bureau_id = w.bureau AND s.sequence = w.subject";
        SET_REKEYED_TEMPLATES ("bigint", "bigint", "bigint") =
            "WITH wanted (bureau, subject, new_template) AS ({rows})
             UPDATE submission SET rekeyed_template = wanted.new_template FROM wanted
             WHERE submission.bureau_id = wanted.bureau AND submission.sequence = wanted.subject";
        /// What complaints are about, by one of the key hashes of each.
        MATTERS ("bigint", "bytea", "bigint") =
            "WITH wanted (bureau, wanted_hash, place) AS ({rows})
             SELECT h.recency, h.matter FROM wanted w CROSS JOIN history h
             WHERE h.bureau_id = w.bureau AND h.key_hash = w.wanted_hash AND h.recency = w.place";
        /// Which texts have founded a template, by one of the anchors of each.
        FOUNDED ("bigint", "bigint", "bigint") =
            "WITH wanted (bureau, wanted_anchor, place) AS ({rows})
             SELECT a.recency FROM wanted w CROSS JOIN anchor a
             WHERE a.bureau_id = w.bureau AND a.anchor = w.wanted_anchor AND a.recency = w.place";
        NEW_NUMBERS ("bigint", "bigint", "bigint") =
            "INSERT INTO rekeyed (bureau_id, number_before, number_after) {rows} ON CONFLICT (bureau_id, number_before) DO NOTHING";
        NUMBERS ("bigint", "bigint") =
            "WITH wanted (bureau, wanted_number) AS ({rows})
             SELECT r.number_before, r.number_after FROM wanted w CROSS JOIN rekeyed r
             WHERE r.bureau_id = w.bureau AND r.number_before = w.wanted_number";
    }
}

/// How a submission stands.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// Its registration number.
    pub(crate) number: RegistrationNumber,
    /// The template of its complaint's text.
    pub(crate) template: Option<Sequence>,
    /// What it kept of persons was purged.
    pub(crate) is_purged: bool,
    /// The template that the next key's rows name.
    pub(crate) rekeyed_template: Option<Sequence>,
}

/// Files that one statement gives other numbers.
const FILES: i64 = 10_000;

impl Tx {
    /// The identity keys that the key file must hold for a bureau, beside key 0.
    pub(crate) async fn hash_keys(&mut self, bureau: BureauId) -> Result<Vec<KeyRow<HashKeyId>>, StoreError> {
        let rows = self.all(HASH_KEYS, values![bureau.0]).await?;
        rows.iter().map(|row| KeyRow::of(row, HashKeyId)).collect()
    }

    /// Notes that an identity key is needed.
    pub(crate) async fn new_hash_key(
        &mut self,
        bureau: BureauId,
        key: &KeyRow<HashKeyId>,
    ) -> Result<(), StoreError> {
        let KeyRow { id, made_at, fingerprint } = key;
        let values = values![bureau.0, i64::from(id.0), made_at.0, fingerprint.clone()];
        self.execute(NEW_HASH_KEY, values).await.map(drop)
    }

    /// Everything is made by another key from here on, beside what there is.
    pub(crate) async fn begin_rekey(
        &mut self,
        bureau: BureauId,
        HashKeyId(key): HashKeyId,
    ) -> Result<(), StoreError> {
        self.execute(BEGIN_REKEY, values![bureau.0, i64::from(key)]).await.map(drop)
    }

    /// What another key has made so far, if one is at it, is made again.
    pub(super) async fn rekey_anew(&mut self, bureau: BureauId) -> Result<(), StoreError> {
        let head = self.head(bureau).await?;
        let Some(key) = head.and_then(|head| head.next_hash_key) else { return Ok(()) };
        while self.drop_some(Keyed { bureau, key }, 4_096).await? > 0 {}
        self.execute(REKEY_ANEW, values![bureau.0]).await.map(drop)
    }

    /// Everything up to an event is made by the next key.
    pub(crate) async fn set_rekeyed_to(&mut self, bureau: BureauId, to: Sequence) -> Result<(), StoreError> {
        self.execute(SET_REKEYED_TO, values![bureau.0, to.0]).await.map(drop)
    }

    /// The next key takes the place of the present one: files up to the last event get its numbers.
    pub(crate) async fn use_hash_key(&mut self, next: Keyed, last: Sequence) -> Result<(), StoreError> {
        let bureau = next.bureau;
        let mut before = 0;
        while before < last.0 {
            self.execute(RENUMBER_FILES, values![bureau.0, before, before + FILES]).await?;
            before += FILES;
        }
        self.execute(super::remade::CLEAR_RELATED, values![bureau.0]).await?;
        self.execute(COUNT_CLUSTERS, values![bureau.0]).await?;
        self.execute(COUNT_OPERATORS, values![bureau.0]).await?;
        self.execute(USE_HASH_KEY, values![bureau.0, i64::from(next.key.0)]).await.map(drop)
    }

    /// Nothing is left of the key before.
    pub(crate) async fn end_rekey(&mut self, bureau: BureauId) -> Result<(), StoreError> {
        self.execute(END_REKEY, values![bureau.0]).await.map(drop)
    }

    /// The latest change of the key; none where the first one is in use.
    pub(crate) async fn last_rekey(&mut self, bureau: BureauId) -> Result<Option<Sequence>, StoreError> {
        let row = self.optional(LAST_REKEY, values![bureau.0]).await?;
        row.map(|row| Ok(Sequence(row.get(0)?))).transpose()
    }

    /// Removes some of the rows of a key that is not in use, and of the numbers by both keys. How many.
    pub(crate) async fn drop_some(&mut self, keyed: Keyed, most: i64) -> Result<u64, StoreError> {
        for drop in [DROP_HISTORY, DROP_ANCHORS, DROP_CUTS, DROP_SEARCH_KEYS] {
            match self.execute(drop, values![keyed.id(), most]).await? {
                0 => {}
                dropped => return Ok(dropped),
            }
        }
        self.execute(DROP_NUMBERS, values![keyed.bureau.0, most]).await
    }

    /// What happened behind an event, and to which submission.
    pub(crate) async fn happened(
        &mut self,
        bureau: BureauId,
        after: Sequence,
        most: i64,
    ) -> Result<Vec<(Sequence, EventKind, Option<Sequence>)>, StoreError> {
        let rows = self.all(HAPPENED, values![bureau.0, after.0, most]).await?;
        let event = |row: &Row| {
            Ok((Sequence(row.get(0)?), event_kind(row, 1)?, row.get::<Option<i64>>(2)?.map(Sequence)))
        };
        rows.iter().map(event).collect()
    }

    /// How submissions stand.
    pub(crate) async fn standing(
        &mut self,
        bureau: BureauId,
        submissions: impl Iterator<Item = Sequence>,
    ) -> Result<HashMap<Sequence, Standing>, StoreError> {
        let wanted = submissions.map(|submission| values![bureau.0, submission.0]).collect();
        let rows = self.many(&STANDING, wanted).await?;
        let standing = |row: &Row| {
            let number = word(&row.get::<String>(1)?, RegistrationNumber::parse, "submission", "number")?;
            let template = |column| Ok::<_, StoreError>(row.get::<Option<i64>>(column)?.map(Sequence));
            let is_purged = row.get::<Option<i64>>(3)?.is_some();
            let (template, rekeyed_template) = (template(2)?, template(4)?);
            Ok((Sequence(row.get(0)?), Standing { number, template, is_purged, rekeyed_template }))
        };
        rows.iter().map(standing).collect()
    }

    /// The templates that the next key's rows name.
    pub(crate) async fn set_rekeyed_templates(
        &mut self,
        bureau: BureauId,
        templates: impl Iterator<Item = (Sequence, Option<Sequence>)>,
    ) -> Result<(), StoreError> {
        let rows = templates.map(|(submission, template)| {
            values![bureau.0, submission.0, template.map(|template| template.0)]
        });
        self.many(&SET_REKEYED_TEMPLATES, rows.collect()).await.map(drop)
    }

    /// What complaints are about, by one of the key hashes of each.
    pub(crate) async fn matters(
        &mut self,
        keyed: Keyed,
        wanted: impl Iterator<Item = (KeyHash, Recency)>,
    ) -> Result<HashMap<Recency, Option<Matter>>, StoreError> {
        let wanted = wanted.map(|(hash, place)| values![keyed.id(), hash.0.to_vec(), place.0]).collect();
        let rows = self.many(&MATTERS, wanted).await?;
        let matter = |row: &Row| {
            let matter = row.get::<Option<Vec<u8>>>(1)?.map(|bytes| super::history::matter_of(&bytes));
            Ok((Recency(row.get(0)?), matter.transpose()?))
        };
        rows.iter().map(matter).collect()
    }

    /// Which of these texts have founded a template, by one of the anchors of each.
    pub(crate) async fn founded(
        &mut self,
        keyed: Keyed,
        wanted: impl Iterator<Item = (i64, Recency)>,
    ) -> Result<Vec<Recency>, StoreError> {
        let wanted = wanted.map(|(anchor, place)| values![keyed.id(), anchor, place.0]).collect();
        let rows = self.many(&FOUNDED, wanted).await?;
        rows.iter().map(|row| Ok(Recency(row.get(0)?))).collect()
    }

    /// Numbers of persons and operators by the present key and the next.
    pub(crate) async fn new_numbers(
        &mut self,
        bureau: BureauId,
        numbers: impl Iterator<Item = (i64, i64)>,
    ) -> Result<(), StoreError> {
        let rows = numbers.map(|(before, after)| values![bureau.0, before, after]).collect();
        self.many(&NEW_NUMBERS, rows).await.map(drop)
    }

    /// These numbers by the next key, where they are known.
    pub(crate) async fn numbers(
        &mut self,
        bureau: BureauId,
        wanted: impl Iterator<Item = i64>,
    ) -> Result<HashMap<i64, i64>, StoreError> {
        let rows = self.many(&NUMBERS, wanted.map(|number| values![bureau.0, number]).collect()).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    /// All links that were cut, with the event of each.
    pub(crate) async fn cuts_made(&mut self, keyed: Keyed) -> Result<Vec<(Cut, Sequence)>, StoreError> {
        let rows = self.all(CUTS_MADE, values![keyed.id()]).await?;
        let cut = |row: &Row| {
            let key_hash = super::history::key_hash_of(row, 0)?;
            Ok((Cut { key_hash, one: row.get(1)?, other: row.get(2)? }, Sequence(row.get(3)?)))
        };
        rows.iter().map(cut).collect()
    }

    /// How many submissions there are, and how many of them were purged.
    pub(crate) async fn count_submissions(&mut self, bureau: BureauId) -> Result<(u64, u64), StoreError> {
        let row = self.optional(COUNT_SUBMISSIONS, values![bureau.0]).await?;
        let Some(row) = row else { return Ok((0, 0)) };
        let count = |column| {
            u64::try_from(row.get::<i64>(column)?).map_err(|_| StoreError::corrupt("submission", "count"))
        };
        Ok((count(0)?, count(1)?))
    }
}
