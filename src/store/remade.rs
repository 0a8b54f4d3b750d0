//! What is kept of a bureau by its keys - the past that scores read, templates, links that were cut, what a search finds by - taken
//! over from a database in which it was made again.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::bulk::Many;
use super::sql;
use super::statements::{statements, types};
use super::value::{Row, Value, values};
use super::{Keyed, StoreError, Tx};

statements! {
    one {
        /// The past, after a key hash and a place in it.
        ALL_HISTORY = "SELECT key_hash, recency, number, name, person, respondent, product, template, keys, matter FROM history
            WHERE bureau_id = $1 AND (key_hash, recency) > ($2, $3) ORDER BY key_hash, recency LIMIT $4";
        /// Anchors of templates.
        ALL_ANCHORS = "SELECT anchor, recency, sketch_high, sketch_low FROM anchor
            WHERE bureau_id = $1 AND (anchor, recency) > ($2, $3) ORDER BY anchor, recency LIMIT $4";
        /// Links that were cut.
        ALL_CUTS = "SELECT key_hash, one, other, sequence FROM cut
            WHERE bureau_id = $1 AND (key_hash, one, other) > ($2, $3, $4) ORDER BY key_hash, one, other LIMIT $5";
        /// Search keys.
        ALL_SEARCH_KEYS = "SELECT key_hash, submission, track FROM search_key
            WHERE bureau_id = $1 AND (key_hash, submission, track) > ($2, $3, $4) ORDER BY key_hash, submission, track LIMIT $5";
        /// Open files of clusters and against operators, by unit.
        ALL_RELATED = "SELECT relation, related_to, track, unit, files FROM related_files
            WHERE bureau_id = $1 AND (relation, related_to, track, unit) > ($2, $3, $4, $5)
            ORDER BY relation, related_to, track, unit LIMIT $6";
        /// Shops and templates of submissions.
        ALL_SHOPS = "SELECT sequence, shop, template FROM submission
            WHERE bureau_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
        /// Operators of files.
        ALL_OPERATORS = "SELECT submission, track, respondent FROM file
            WHERE bureau_id = $1 AND (submission, track) > ($2, $3) ORDER BY submission, track LIMIT $4";
        CLEAR_HISTORY = "DELETE FROM history WHERE bureau_id = $1";
        CLEAR_ANCHORS = "DELETE FROM anchor WHERE bureau_id = $1";
        CLEAR_CUTS = "DELETE FROM cut WHERE bureau_id = $1";
        CLEAR_SEARCH_KEYS = "DELETE FROM search_key WHERE bureau_id = $1";
        CLEAR_RELATED = "DELETE FROM related_files WHERE bureau_id = $1";
        /// By which reading the keys of a bureau are made now.
        SET_KEY_FORM = "UPDATE bureau SET key_form = $2 WHERE bureau_id = $1";
    }
    many {
        NEW_CUTS ("bigint", "bytea", "bigint", "bigint", "bigint") =
            "INSERT INTO cut (bureau_id, key_hash, one, other, sequence) {rows}";
        SET_SHOPS ("bigint", "bigint", "text", "bigint") =
            "WITH wanted (bureau, subject, new_shop, new_template) AS ({rows})
             UPDATE submission SET shop = wanted.new_shop, template = wanted.new_template FROM wanted
             WHERE submission.bureau_id = wanted.bureau AND submission.sequence = wanted.subject";
        SET_OPERATORS ("bigint", "bigint", "smallint", "bigint") =
            "WITH wanted (bureau, subject, wanted_track, new_respondent) AS ({rows})
             UPDATE file SET respondent = wanted.new_respondent FROM wanted
             WHERE file.bureau_id = wanted.bureau AND file.submission = wanted.subject AND file.track = wanted.wanted_track";
    }
}

/// A table, or columns of one, that are made of facts by keys.
struct Made {
    /// Whether they stand under the key that made them.
    is_keyed: bool,
    /// Reads them behind a place, in order. All columns of `write` but the bureau.
    read: &'static str,
    /// The first columns of `read`: its place, and what stands before all of them.
    first: fn() -> Vec<Value>,
    /// Takes the old ones away; none where they are overwritten.
    clear: Option<&'static str>,
    /// Writes them.
    write: &'static Many,
}

/// The past, by which alone it is told whether a complaint is found under other keys.
const HISTORY: Made = Made {
    is_keyed: true,
    read: ALL_HISTORY,
    first: || values![Vec::new(), i64::MIN],
    clear: Some(CLEAR_HISTORY),
    write: &sql::NEW_HISTORY,
};

fn made() -> [Made; 7] {
    let made = |read, first, clear, write| Made { is_keyed: false, read, first, clear, write };
    let keyed = |read, first, clear, write| Made { is_keyed: true, read, first, clear, write };
    [
        HISTORY,
        keyed(ALL_ANCHORS, || values![i64::MIN, i64::MIN], Some(CLEAR_ANCHORS), &sql::NEW_ANCHORS),
        keyed(ALL_CUTS, || values![Vec::new(), i64::MIN, i64::MIN], Some(CLEAR_CUTS), &NEW_CUTS),
        keyed(
            ALL_SEARCH_KEYS,
            || values![Vec::new(), i64::MIN, -1_i16],
            Some(CLEAR_SEARCH_KEYS),
            &sql::NEW_SEARCH_KEYS,
        ),
        made(ALL_RELATED, || values![-1_i16, i64::MIN, -1_i16, ""], Some(CLEAR_RELATED), &sql::ADD_RELATED),
        made(ALL_SHOPS, || values![i64::MIN], None, &SET_SHOPS),
        made(ALL_OPERATORS, || values![i64::MIN, -1_i16], None, &SET_OPERATORS),
    ]
}

impl Made {
    fn id(&self, keyed: Keyed) -> i64 {
        if self.is_keyed { keyed.id() } else { keyed.bureau.0 }
    }
}

/// Rows read at a time.
const PAGE: i64 = 4_096;

impl Tx {
    /// Takes over what `from` holds of a bureau by its keys, and notes by which reading they were made. How many complaints are found
    /// by other keys than before.
    pub(crate) async fn take_over(
        &mut self,
        from: &mut Tx,
        keyed: Keyed,
        key_form: i16,
    ) -> Result<usize, StoreError> {
        let bureau = keyed.bureau;
        let before = self.found_by(keyed).await?;
        for made in made() {
            if let Some(clear) = made.clear {
                self.execute(clear, values![made.id(keyed)]).await?;
            }
            let mut place = (made.first)();
            loop {
                let page = from.page(&made, keyed, &place).await?;
                let Some(last) = page.last() else { break };
                place = last.iter().take(place.len()).cloned().collect();
                let bureau = || Value::from(made.id(keyed));
                let rows = page.into_iter().map(|row| std::iter::once(bureau()).chain(row).collect());
                self.many(made.write, rows.collect()).await?;
            }
        }
        self.execute(SET_KEY_FORM, values![bureau.0, key_form]).await?;
        self.rekey_anew(bureau).await?;
        let after = self.found_by(keyed).await?;
        let changed = after.iter().filter(|(complaint, keys)| before.get(complaint) != Some(keys)).count();
        Ok(changed + before.keys().filter(|complaint| !after.contains_key(complaint)).count())
    }

    /// By what each complaint is found, in one number.
    async fn found_by(&mut self, keyed: Keyed) -> Result<HashMap<i64, u64>, StoreError> {
        let (mut found, mut place) = (HashMap::new(), (HISTORY.first)());
        loop {
            let page = self.page(&HISTORY, keyed, &place).await?;
            let Some(last) = page.last() else { return Ok(found) };
            place = last.iter().take(place.len()).cloned().collect();
            for row in page {
                let [key_hash, Value::I64(Some(recency)), ..] = row.as_slice() else { continue };
                let mut hasher = DefaultHasher::new();
                format!("{key_hash:?}").hash(&mut hasher);
                *found.entry(*recency).or_default() ^= hasher.finish();
            }
        }
    }

    /// The next rows behind a place.
    async fn page(
        &mut self,
        made: &Made,
        keyed: Keyed,
        place: &[Value],
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let mut asked = values![made.id(keyed)];
        asked.extend(place.iter().cloned());
        asked.push(PAGE.into());
        let types = made.write.types.get(1..).unwrap_or_default();
        let row =
            |row: &Row| types.iter().enumerate().map(|(column, kind)| row.value(column, kind)).collect();
        self.all(made.read, asked).await?.iter().map(row).collect()
    }
}
