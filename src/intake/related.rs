//! Open files that belong with those of a run: read ahead for all, and changed as the run opens and ends files.

use std::collections::{BTreeSet, HashMap};

use crate::domain::ids::Track;
use crate::ledger::{Batch, LedgerError};
use crate::routing::{Related, Spread};
use crate::store::FileRow;

type Key = (i64, Track);

/// Open files by hand and by operator.
#[derive(Debug, Default)]
pub(super) struct RelatedFiles {
    clusters: HashMap<Key, Spread>,
    respondents: HashMap<Key, Spread>,
}

/// Whose a file is, and against whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileKeys {
    pub(super) track: Track,
    /// With whom it takes turns (关联投诉人（组）).
    pub(super) cluster: i64,
    /// Nothing is known of whose it is: it has a cluster of its own.
    pub(super) alone: bool,
    /// The operator.
    pub(super) respondent: Option<i64>,
    /// Many persons complain of this operator at once (群体事件).
    pub(super) mass_incident: bool,
}

impl RelatedFiles {
    /// Reads what will likely be asked.
    pub(super) async fn read(
        batch: &mut Batch<'_>,
        clusters: BTreeSet<Key>,
        respondents: BTreeSet<Key>,
    ) -> Result<Self, LedgerError> {
        let mut book = Self::default();
        book.read_clusters(batch, clusters).await?;
        book.read_respondents(batch, respondents).await?;
        Ok(book)
    }

    async fn read_clusters(&mut self, batch: &mut Batch<'_>, keys: BTreeSet<Key>) -> Result<(), LedgerError> {
        let found = batch.tx.open_of_clusters(batch.bureau, keys.iter().copied()).await?;
        self.clusters.extend(keys.into_iter().map(|key| (key, Spread::default())));
        for (cluster, track, unit, files) in found {
            self.clusters.entry((cluster, track)).or_default().add(&unit, files);
        }
        Ok(())
    }

    async fn read_respondents(
        &mut self,
        batch: &mut Batch<'_>,
        keys: BTreeSet<Key>,
    ) -> Result<(), LedgerError> {
        let found = batch.tx.open_of_respondents(batch.bureau, keys.iter().copied()).await?;
        self.respondents.extend(keys.into_iter().map(|key| (key, Spread::default())));
        for (respondent, track, unit, files) in found {
            self.respondents.entry((respondent, track)).or_default().add(&unit, files);
        }
        Ok(())
    }

    /// The open files that belong with a file. What was not read ahead, because a link led there, is read now; what the
    /// run has opened meanwhile is not written yet, so it is written first.
    pub(super) async fn of(&mut self, batch: &mut Batch<'_>, keys: FileKeys) -> Result<Related, LedgerError> {
        let cluster = (keys.cluster, keys.track);
        if !keys.alone && !self.clusters.contains_key(&cluster) {
            batch.flush().await?;
            self.read_clusters(batch, BTreeSet::from([cluster])).await?;
        }
        let of_cluster = self.clusters.get(&cluster).cloned().unwrap_or_default();
        let against = keys.respondent.and_then(|respondent| self.respondents.get(&(respondent, keys.track)));
        let respondent = against.cloned().unwrap_or_default();
        let bundle = if keys.mass_incident { respondent.clone() } else { of_cluster };
        Ok(Related { bundle, respondent })
    }

    /// Updates the count after a file was made or changed.
    pub(super) fn apply_change(&mut self, before: Option<&FileRow>, after: &FileRow) {
        let open = |file: &&FileRow| !file.state.status.has_ended();
        if let Some(before) = before.filter(open) {
            self.count(before, -1);
        }
        if let Some(after) = Some(after).filter(open) {
            self.count(after, 1);
        }
    }

    /// What was not read yet is not counted: it will be read as it is then.
    fn count(&mut self, file: &FileRow, files: i64) {
        let track = file.id.track;
        if let Some(known) = self.clusters.get_mut(&(file.cluster, track)) {
            known.add(&file.unit, files);
        }
        if let Some(known) = file.respondent.and_then(|one| self.respondents.get_mut(&(one, track))) {
            known.add(&file.unit, files);
        }
    }
}
