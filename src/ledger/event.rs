//! An event as it is put together: `Event::new(sequence, kind, prepared).on(file).by(officer)`.

use super::{LedgerError, Prepared};
use crate::domain::command::EventKind;
use crate::domain::ids::{FileId, OfficerId, Sequence, Track};
use crate::stored::{self, Stored};

/// One event, before it is sealed and written.
pub(crate) struct Event<'a> {
    /// Its place.
    pub(super) sequence: Sequence,
    /// What happened.
    pub(super) kind: EventKind,
    /// The request that caused it.
    pub(super) prepared: &'a Prepared,
    /// The submission it is about.
    pub(super) submission: Option<Sequence>,
    /// The track, when it is about one file.
    pub(super) track: Option<Track>,
    /// The officer, when one was named.
    pub(super) officer: Option<OfficerId>,
    /// The answer to keep.
    pub(super) answer: Option<String>,
}

impl<'a> Event<'a> {
    /// An event that is about no submission, names nobody and keeps no answer.
    pub(crate) fn new(sequence: Sequence, kind: EventKind, prepared: &'a Prepared) -> Self {
        Self { sequence, kind, prepared, submission: None, track: None, officer: None, answer: None }
    }

    /// It is about a submission.
    pub(crate) fn of(self, submission: Sequence) -> Self {
        Self { submission: Some(submission), ..self }
    }

    /// It is about a queue of this track.
    pub(crate) fn on_track(self, track: Track) -> Self {
        Self { track: Some(track), ..self }
    }

    /// It is about one file.
    pub(crate) fn on(self, FileId { submission, track }: FileId) -> Self {
        self.of(submission).on_track(track)
    }

    /// An officer did it.
    pub(crate) fn by(self, officer: &OfficerId) -> Self {
        Self { officer: Some(officer.clone()), ..self }
    }

    /// The answer cannot be read from elsewhere and is kept.
    pub(crate) fn answered<T: Stored>(self, answer: &T) -> Result<Self, LedgerError> {
        let answer = stored::to_json(answer).map_err(|_| LedgerError::Unreadable("answer"))?;
        Ok(Self { answer: Some(answer), ..self })
    }
}
