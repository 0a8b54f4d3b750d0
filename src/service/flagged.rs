//! Open files whose text speaks of a danger and that nobody has looked at yet (待确认的危险情形).

use super::{Failure, Found, Operation, Page, Service};
use crate::domain::caller::Caller;
use crate::domain::ids::{Sequence, Track};
use crate::domain::sight::Sight;
use crate::domain::view::FileView;
use crate::ledger::{LedgerError, Opener};

/// Open files read at a time.
const PAGE: u32 = 256;

impl Service {
    /// Open files of one track in which words of danger stand and that nobody has judged: the unit's own, or all for the reception
    /// unit. The look is recorded.
    pub async fn flagged(
        &self,
        caller: &Caller,
        track: Track,
        after: Option<Sequence>,
        most: u32,
    ) -> Result<Page<FileView>, Failure> {
        let seen = self.look(caller, Operation::ListFiles, "list_flagged", async |opener| {
            let seen = self.flagged_files(opener, caller, track, after, most).await?;
            let files = seen.items.iter().map(|file| file.id).collect();
            Ok(Found::of(seen, files))
        });
        seen.await
    }

    async fn flagged_files(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        track: Track,
        after: Option<Sequence>,
        most: u32,
    ) -> Result<Page<FileView>, LedgerError> {
        let mut after = after.unwrap_or(Sequence(0));
        let unit = Sight::of(caller).unit;
        let mut items = Vec::new();
        loop {
            let mut tx = self.inner.context.store.read().await?;
            let ids = tx.not_judged(caller.bureau, (unit.as_ref(), track), after, PAGE).await?;
            tx.rollback().await?;
            let Some(last) = ids.last() else { return Ok(Page { items, next: None }) };
            after = last.submission;
            for file in self.show_files(opener, caller, &ids).await? {
                if file.dangers.is_empty() {
                    continue;
                }
                let at = file.id.submission;
                items.push(file);
                if items.len() >= most as usize {
                    return Ok(Page { items, next: Some(at) });
                }
            }
        }
    }
}
