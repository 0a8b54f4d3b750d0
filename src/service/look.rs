//! Looks (查看): whoever is shown anything is asked whether he may see it, and the look is recorded before he does
//! (promise 11). Sealed data may be shown to a caller only with the [`Opener`] made here; `Opener::deciding`
//! opens it for a decision and shows nothing.

use super::pull::Leased;
use super::{Failure, Operation, Service, Work, answer, failed};
use crate::domain::caller::Caller;
use crate::domain::ids::{CallerId, FileId};
use crate::ledger::{Access, Context, Opener, Stop};

/// What was found by a look, and which files it shows.
#[derive(Debug)]
pub(super) struct Found<T> {
    seen: T,
    files: Vec<FileId>,
    /// Nothing was seen that was not seen before: there is no look to record.
    unchanged: bool,
    /// Files that are named in it, and by what word that is recorded.
    named: Option<(&'static str, Vec<FileId>)>,
}

impl<T> Found<T> {
    /// Something that shows these files.
    pub(super) fn of(seen: T, files: Vec<FileId>) -> Self {
        Self { seen, files, unchanged: false, named: None }
    }

    /// Nothing but that nothing has changed.
    pub(super) fn unchanged(seen: T) -> Self {
        Self { unchanged: true, ..Self::bare(seen) }
    }

    /// Something that shows no file: numbers, or that there is nothing.
    pub(super) fn bare(seen: T) -> Self {
        Self::of(seen, Vec::new())
    }

    /// It names other files, too.
    pub(super) fn naming(self, action: &'static str, files: Vec<FileId>) -> Self {
        Self { named: (!files.is_empty()).then_some((action, files)), ..self }
    }
}

/// Opens the events of accounts that a trail tells of: that it is read was recorded before.
pub(super) fn opener_of_trail(context: &Context) -> Opener<'_> {
    Opener::looking(&context.identity)
}

impl Service {
    /// Looks at something and records it as `action`, also when there is nothing to be seen; without that the caller is told
    /// nothing.
    pub(super) async fn look<'s, T, Looking>(
        &'s self,
        caller: &Caller,
        operation: Operation,
        action: &'static str,
        look: impl FnOnce(Opener<'s>) -> Looking,
    ) -> Result<T, Failure>
    where
        Looking: Future<Output = Result<Found<T>, Stop>>,
    {
        self.allow(caller, operation)?;
        let found = match look(Opener::looking(&self.inner.context.identity)).await {
            Ok(found) => found,
            Err(Stop::Refused(refusal)) => {
                self.record(caller, action, Vec::new()).await?;
                return Err(refusal.into());
            }
            Err(Stop::Failed(error)) => return Err(failed(&error)),
        };
        let Found { seen, files, unchanged, named } = found;
        if unchanged {
            return Ok(seen);
        }
        self.record(caller, action, files).await?;
        if let Some((action, files)) = named {
            self.record(caller, action, files).await?;
        }
        Ok(seen)
    }

    /// Opens what callers have pulled: the pull itself is the record.
    pub(super) fn opener_of_leases(&self, _: &[Leased]) -> Opener<'_> {
        Opener::looking(&self.inner.context.identity)
    }

    /// Records that the table from which models are trained is about to be read, or written out: what was observed of every
    /// complaint, with the findings made on it since. For the terminal alone.
    pub async fn training_table(&self, caller: &Caller, written_out: bool) -> Result<(), Failure> {
        if caller.id != CallerId::TERMINAL {
            return Err(Failure::Denied);
        }
        let action = if written_out { "export_training_table" } else { "train" };
        self.record(caller, action, Vec::new()).await
    }

    pub(super) async fn record(
        &self,
        caller: &Caller,
        action: &'static str,
        files: Vec<FileId>,
    ) -> Result<(), Failure> {
        let officer = caller.officer.clone();
        let work = Work::Access(Access { caller: caller.id, officer, action, files });
        let place = self.share(caller).call()?;
        answer(self.inner.lane(caller.bureau).enter(work, place).await).map(|_| ())
    }
}
