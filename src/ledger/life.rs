//! The state of files (`statute::life::State`) from their events.

use std::collections::HashMap;

use super::{Batch, LedgerError, Opener};
use crate::domain::ids::{BureauId, FileId, Sequence};
use crate::domain::time::Timestamp;
use crate::statute::life::{By, Life, State};
use crate::store::{FileRow, Tx};

impl Batch<'_> {
    /// What the events of a file so far make of it.
    pub(crate) async fn life(&mut self, file: &FileRow) -> Result<Life, LedgerError> {
        // Those of this batch as well.
        self.flush().await?;
        let (opener, bureau, last) = (self.opener(), self.bureau, self.last());
        let came = std::iter::once((file.id, file.state.received_at));
        let mut lives = lives(&mut self.tx, opener, bureau, came, last).await?;
        lives.remove(&file.id).ok_or(LedgerError::Unreadable("file"))
    }
}

/// What the events of files up to `as_of` make of each that came in at a given time, in one read.
pub(crate) async fn lives(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    files: impl Iterator<Item = (FileId, Timestamp)>,
    as_of: Sequence,
) -> Result<HashMap<FileId, Life>, LedgerError> {
    let mut lives: HashMap<FileId, Life> =
        files.map(|(file, received_at)| (file, Life::new(file.track, received_at))).collect();
    for row in tx.handled(bureau, lives.keys().copied()).await? {
        let Some(life) = lives.get_mut(&row.file).filter(|_| row.sequence <= as_of) else { continue };
        let recorded = opener.open(bureau, row.sequence, &row.payload)?;
        let by = By { sequence: row.sequence, at: row.recorded_at };
        life.add(by, &recorded.command).map_err(|_| LedgerError::Unreadable("history of a file"))?;
    }
    Ok(lives)
}

/// The states of files after each of their events.
#[derive(Debug, Default)]
pub(crate) struct States {
    of: HashMap<FileId, (Timestamp, Vec<(Sequence, State)>)>,
}

impl States {
    /// The state of a file right after an event, by the events that were read.
    pub(crate) fn after(&self, file: FileId, event: Sequence) -> State {
        let Some((received_at, states)) = self.of.get(&file) else { return State::new(Timestamp(0)) };
        let end = states.partition_point(|(sequence, _)| *sequence <= event);
        let last = end.checked_sub(1).and_then(|at| states.get(at));
        last.map_or(State::new(*received_at), |(_, state)| *state)
    }
}

/// What each event of files up to `as_of` makes of them, in one read.
pub(crate) async fn states(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    files: impl Iterator<Item = (FileId, Timestamp)>,
    as_of: Sequence,
) -> Result<States, LedgerError> {
    let mut lives: HashMap<FileId, Life> = HashMap::new();
    let mut states = States::default();
    for (file, received_at) in files {
        lives.insert(file, Life::new(file.track, received_at));
        states.of.insert(file, (received_at, Vec::new()));
    }
    for row in tx.handled(bureau, lives.keys().copied()).await? {
        let Some(life) = lives.get_mut(&row.file).filter(|_| row.sequence <= as_of) else { continue };
        let recorded = opener.open(bureau, row.sequence, &row.payload)?;
        let by = By { sequence: row.sequence, at: row.recorded_at };
        life.add(by, &recorded.command).map_err(|_| LedgerError::Unreadable("history of a file"))?;
        if let Some((_, states)) = states.of.get_mut(&row.file) {
            states.push((row.sequence, life.state));
        }
    }
    Ok(states)
}
