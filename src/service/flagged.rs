//! Open files whose text speaks of a danger and that nobody has looked at yet (待确认的危险情形).

use super::{Failure, Found, Operation, Page, Service};
use crate::domain::caller::Caller;
use crate::domain::ids::{Sequence, Track};
use crate::domain::sight::Sight;
use crate::domain::view::FileView;
use crate::ledger::{LedgerError, Opener, seen};

/// Open files read at a time.
const PAGE: u32 = 256;
/// Texts opened for one page at most; a page that ends by that has fewer files, and says where the next one begins.
const OPENED_MOST: usize = 1_024;

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
        let sight = Sight::of(caller);
        let unit = sight.unit.clone();
        let (mut items, mut opened) = (Vec::new(), 0);
        loop {
            if opened >= OPENED_MOST {
                return Ok(Page { items, next: Some(after) });
            }
            let mut tx = self.inner.context.store.read().await?;
            let mut ids = tx.not_judged(caller.bureau, (unit.as_ref(), track), after, PAGE).await?;
            let rows = tx.files(caller.bureau, &ids).await?;
            let seen = seen(&mut tx, opener, caller.bureau, &sight, rows.iter()).await?;
            tx.rollback().await?;
            let Some(last) = ids.last() else { return Ok(Page { items, next: None }) };
            after = last.submission;
            ids.retain(|id| seen.contains(id));
            opened += ids.len();
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
