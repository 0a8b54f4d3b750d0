//! How a file joins a unit's queue, and how its work leaves the unit again.

use super::{Batch, LedgerError};
use crate::domain::ids::{FileId, Sequence, Track};
use crate::domain::time::Timestamp;
use crate::routing::{UnitKind, WHOLE_TRACK};
use crate::store::{FileRow, Relation};

impl Batch<'_> {
    /// A file joins the queue of its unit now, behind what the queue has given out so far.
    pub(crate) fn join(&mut self, file: &mut FileRow) {
        file.turn = self.loads().served(&file.unit, file.id.track);
        file.queued_at = self.now;
        file.warned_at = None;
        file.escalates_at = self.escalation_after(file, self.rules.settings().warn_minutes);
    }

    /// One more open file of its cluster and against its operator at its unit; one fewer when negative. A file without a known
    /// sender has a cluster of its own, which is not counted, because nothing looks it up.
    pub(crate) fn count_related(&mut self, file: &FileRow, files: i64) {
        let cluster = (file.cluster != -file.id.submission.0).then_some((Relation::Cluster, file.cluster));
        let operator = file.respondent.map(|operator| (Relation::Operator, operator));
        for (relation, key_hash) in cluster.into_iter().chain(operator) {
            let key = (relation, key_hash, file.unit.clone(), file.id.track);
            *self.changed_related.entry(key).or_default() += files;
        }
    }

    /// The files of a submission are against another operator from here on: one that an amendment names.
    pub(crate) async fn change_operator(
        &mut self,
        submission: Sequence,
        operator: Option<i64>,
    ) -> Result<(), LedgerError> {
        let ids = Track::ALL.map(|track| FileId { submission, track });
        let open =
            self.tx.files(self.bureau, &ids).await?.into_iter().filter(|file| !file.state.status.has_ended());
        for mut file in open {
            self.count_related(&file, -1);
            file.respondent = operator;
            self.count_related(&file, 1);
        }
        Ok(self.tx.change_operator(self.bureau, submission, operator).await?)
    }

    /// When somebody is notified that nobody has signed for a file, so many working minutes after it joined its queue.
    /// Never at reception: there is nowhere else to send it.
    pub(crate) fn escalation_after(&self, file: &FileRow, minutes: u32) -> Option<Timestamp> {
        let unit = self.rules.unit(&file.unit)?;
        (unit.kind != UnitKind::Reception).then(|| {
            let hours = &self.rules.settings().office_hours;
            self.rules.calendar().plus_working_minutes(file.queued_at, minutes, hours)
        })
    }

    /// A file's open work leaves its unit, for it ends. What was held here shows how much work such files are.
    pub(crate) async fn leave(&mut self, file: &FileRow, sequence: Sequence) -> Result<(), LedgerError> {
        self.read_loads().await?;
        self.add_load(&file.unit, file.id.track, -file.centiunits);
        self.count_related(file, -1);
        if let Some(signed_at) = file.signed_at {
            let hours = &self.rules.settings().office_hours;
            let minutes = self.rules.calendar().working_minutes(signed_at, self.now, hours);
            let kinds = [file.kind.as_str(), WHOLE_TRACK];
            let distinct = if file.kind == WHOLE_TRACK { &kinds[..1] } else { &kinds[..] };
            for kind in distinct {
                self.writes.held(self.bureau, file.id.track, kind, sequence, minutes);
            }
        }
        Ok(())
    }
}
