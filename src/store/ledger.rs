//! The head of a bureau's history and its event log.

use super::value::{Row, values};
use super::{StoreError, Tx, sql};
use crate::audit::{Chain, Entry, Hash};
use crate::domain::command::EventKind;
use crate::domain::ids::{BureauId, CallerId, FileId, HashKeyId, ModelId, RequestId, Sequence, Track};
use crate::domain::time::{Day, Timestamp};

/// The head of a bureau's history: read at the start of a batch, moved at its end.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// Sequence of the last event.
    pub(crate) sequence: Sequence,
    /// Time of the last batch; never decreases.
    pub(crate) recorded_at: Timestamp,
    /// Number of the last audit row.
    pub(crate) audit_number: i64,
    /// Where the chain of these rows stands; none before the first batch of a release that has one.
    pub(crate) chain: Option<Chain>,
    /// Sequence of the bureau file in force; 0 before the first.
    pub(crate) rules: Sequence,
    /// The champion, if there is one.
    pub(crate) champion: Option<ModelId>,
    /// The newest sealing key that was ever made, if one was: read, and written elsewhere.
    pub(crate) seal_key: Option<i64>,
    /// The identity key by which key hashes are made. This and what follows is read, and written elsewhere.
    pub(crate) hash_key: HashKeyId,
    /// The one that is to take its place, while everything is made by it.
    pub(crate) next_hash_key: Option<HashKeyId>,
    /// The event up to which that is done.
    pub(crate) rekeyed_to: Sequence,
    /// The one before, while what it made is being removed.
    pub(crate) last_hash_key: Option<HashKeyId>,
}

/// One event to be written.
#[derive(Debug)]
pub(crate) struct EventRow {
    /// Place in the history.
    pub(crate) sequence: Sequence,
    /// What happened.
    pub(crate) kind: EventKind,
    /// Who asked for it.
    pub(crate) caller: CallerId,
    /// Under which request id.
    pub(crate) request_id: RequestId,
    /// Keyed digest of the command.
    pub(crate) digest: [u8; 16],
    /// The submission it is about.
    pub(crate) submission: Option<Sequence>,
    /// The file's track, when it is about one file.
    pub(crate) track: Option<Track>,
    /// The sealed command.
    pub(crate) payload: Vec<u8>,
    /// What was answered, as JSON, where it cannot be read from elsewhere.
    pub(crate) answer: Option<String>,
    /// The version of the code that decided it.
    pub(crate) version: i16,
}

/// One audit row to be written: who did or saw what.
#[derive(Debug)]
pub(crate) struct AuditRow {
    /// What it says.
    pub(crate) entry: Entry,
    /// Its link in the chain.
    pub(crate) hash: Hash,
}

/// An event as the log gives it back for replay.
#[derive(Debug)]
pub(crate) struct LoggedEvent {
    /// Place in the history.
    pub(crate) sequence: Sequence,
    /// When it was recorded.
    pub(crate) recorded_at: Timestamp,
    /// Who asked for it.
    pub(crate) caller: CallerId,
    /// Under which request id.
    pub(crate) request_id: RequestId,
    /// The sealed command.
    pub(crate) payload: Vec<u8>,
    /// The submission it is about.
    pub(crate) submission: Option<Sequence>,
    /// What was answered.
    pub(crate) answer: Option<String>,
    /// The version of the code that decided it; none: a release that had no versions.
    pub(crate) version: Option<i16>,
}

/// The stored code of a track.
pub(crate) fn track_code(track: Track) -> i16 {
    match track {
        Track::Complaint => 0,
        Track::Report => 1,
    }
}

/// The track of a stored code.
pub(super) fn track_of(row: &Row, column: usize, table: &'static str) -> Result<Track, StoreError> {
    match row.get::<i16>(column)? {
        0 => Ok(Track::Complaint),
        1 => Ok(Track::Report),
        _ => Err(StoreError::corrupt(table, "track")),
    }
}

/// The file of two columns.
pub(super) fn file_of(row: &Row, column: usize, table: &'static str) -> Result<FileId, StoreError> {
    Ok(FileId { submission: Sequence(row.get(column)?), track: track_of(row, column + 1, table)? })
}

/// A day by its stored number.
pub(super) fn day_of(day: i64, table: &'static str, column: &'static str) -> Result<Day, StoreError> {
    i32::try_from(day).map(Day).map_err(|_| StoreError::corrupt(table, column))
}

/// A value of a closed list by its stored code.
pub(super) fn listed<T>(
    code: Option<i16>,
    from_code: fn(i16) -> Option<T>,
    table: &'static str,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    code.map(|code| from_code(code).ok_or(StoreError::corrupt(table, column))).transpose()
}

/// A parsed word of a text column.
pub(super) fn word<T>(
    text: &str,
    parse: fn(&str) -> Result<T, crate::domain::violation::Invalid>,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    parse(text).map_err(|_| StoreError::corrupt(table, column))
}

impl Tx {
    /// The head of a bureau; none when there is no such bureau.
    pub(crate) async fn head(&mut self, bureau: BureauId) -> Result<Option<Head>, StoreError> {
        let Some(row) = self.optional(sql::HEAD, values![bureau.0]).await? else { return Ok(None) };
        let champion: Option<String> = row.get(4)?;
        Ok(Some(Head {
            sequence: Sequence(row.get(0)?),
            recorded_at: Timestamp(row.get(1)?),
            audit_number: row.get(2)?,
            chain: chain_of(&row)?,
            rules: Sequence(row.get(3)?),
            champion: champion.map(|text| word(&text, ModelId::parse, "bureau", "champion")).transpose()?,
            seal_key: row.get(9)?,
            hash_key: hash_key_id(row.get(10)?)?,
            next_hash_key: row.get::<Option<i64>>(11)?.map(hash_key_id).transpose()?,
            rekeyed_to: Sequence(row.get(12)?),
            last_hash_key: row.get::<Option<i64>>(13)?.map(hash_key_id).transpose()?,
        }))
    }

    /// Writes the head at the end of a batch.
    pub(crate) async fn move_head(&mut self, bureau: BureauId, head: &Head) -> Result<(), StoreError> {
        let champion = head.champion.as_ref().map(|id| id.as_str().to_owned());
        let values = values![
            bureau.0,
            head.sequence.0,
            head.recorded_at.0,
            head.audit_number,
            head.rules.0,
            champion,
            head.chain.map(|chain| chain.hash.to_vec()),
            head.chain.map(|chain| chain.number),
            head.chain.map(|chain| chain.before),
            head.chain.map(|chain| chain.first.to_vec())
        ];
        match self.execute(sql::MOVE_HEAD, values).await? {
            1 => Ok(()),
            _ => Err(StoreError::Missing("the bureau is gone")),
        }
    }

    /// The log after a sequence, oldest first.
    pub(crate) async fn events(
        &mut self,
        bureau: BureauId,
        after: Sequence,
        most: i64,
    ) -> Result<Vec<LoggedEvent>, StoreError> {
        let rows = self.all(sql::EVENTS, values![bureau.0, after.0, most]).await?;
        rows.iter()
            .map(|row| {
                Ok(LoggedEvent {
                    sequence: Sequence(row.get(0)?),
                    recorded_at: Timestamp(row.get(1)?),
                    caller: CallerId(row.get(2)?),
                    request_id: word(&row.get::<String>(3)?, RequestId::parse, "event", "request_id")?,
                    payload: row.get(4)?,
                    submission: row.get::<Option<i64>>(5)?.map(Sequence),
                    answer: row.get(6)?,
                    version: row.get(7)?,
                })
            })
            .collect()
    }
}

/// Where the chain stands by a head row; none when that says nothing that could be.
fn chain_of(row: &Row) -> Result<Option<Chain>, StoreError> {
    let hash = |column: usize| {
        Ok::<_, StoreError>(row.get::<Option<Vec<u8>>>(column)?.and_then(|hash| Hash::try_from(hash).ok()))
    };
    let (number, before) = (row.get::<Option<i64>>(6)?, row.get::<Option<i64>>(7)?);
    let all = hash(5)?.zip(number).zip(before.zip(hash(8)?));
    Ok(all.map(|((hash, number), (before, first))| Chain { number, hash, before, first }))
}

/// The stored number of an identity key.
pub(super) fn hash_key_id(id: i64) -> Result<HashKeyId, StoreError> {
    u32::try_from(id).map(HashKeyId).map_err(|_| StoreError::corrupt("bureau", "hash_key"))
}

/// The kind of an event row.
pub(super) fn event_kind(row: &Row, column: usize) -> Result<EventKind, StoreError> {
    EventKind::from_code(row.get(column)?).ok_or(StoreError::corrupt("event", "kind"))
}
