//! Where the new open files of an import go (去向), by unit: what tells a wrong bureau file at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::command::FileRef;
use crate::domain::ids::{Track, UnitId};
use crate::domain::submission::Submission;
use crate::domain::time::Day;
use crate::ledger::LedgerError;
use crate::routing::{Bureau, competence};

use super::Importer;

/// From so many files on, all of them at reception say that the bureau file is of another place.
const ALL_FROM: usize = 3;
/// From so many on, so many in a hundred say so, too.
const MOST_FROM: usize = 10;
const MOST_PERCENT: usize = 80;

/// Files of an import that went to one unit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Routed {
    /// The unit; none where the load decides between several when the file comes in (a dry run).
    pub unit: Option<UnitId>,
    /// Its name.
    pub name: String,
    /// Whether it is reception (统一接收机构), which gets what no unit is competent for.
    pub is_reception: bool,
    /// New open files, complaints and reports.
    pub files: usize,
}

/// Files are counted while an import goes on.
pub(super) struct Counting {
    rules: Arc<Bureau>,
    files: BTreeMap<Option<UnitId>, usize>,
}

impl Counting {
    /// By the bureau file that is in force.
    pub(super) async fn begin(importer: &Importer<'_>) -> Result<Self, LedgerError> {
        let mut tx = importer.context.store.read().await?;
        let head = tx.head(importer.bureau).await?.ok_or(LedgerError::Unreadable("bureau"))?;
        let rules = importer.context.rules(&mut tx, importer.bureau, head.rules).await?;
        tx.rollback().await?;
        Ok(Self { rules, files: BTreeMap::new() })
    }

    /// Counts files that came in, each at the unit that it stands with.
    pub(super) async fn add(&mut self, importer: &Importer<'_>, new: &[FileRef]) -> Result<(), LedgerError> {
        if new.is_empty() {
            return Ok(());
        }
        let mut tx = importer.context.store.read().await?;
        for file in tx.files_by_number(importer.bureau, new.iter()).await? {
            *self.files.entry(Some(file.unit)).or_default() += 1;
        }
        tx.rollback().await?;
        Ok(())
    }

    /// Counts a file that would come in, at the unit that alone is competent.
    pub(super) fn add_expected(&mut self, submission: &Submission, track: Track, today: Day) {
        let found = competence(&self.rules, submission, track, today);
        let unit = match found.units.as_slice() {
            _ if !found.is_known() => Some(&self.rules.reception().id),
            [only] => Some(&only.id),
            _ => None,
        };
        *self.files.entry(unit.cloned()).or_default() += 1;
    }

    /// The units, most files first.
    pub(super) fn done(self) -> Vec<Routed> {
        let Self { rules, files } = self;
        let name = |unit: &Option<UnitId>| match unit {
            Some(unit) => rules.unit(unit).map_or_else(|| unit.to_string(), |unit| unit.name.clone()),
            None => "几个单位都有权处理，分送时按负荷确定".to_owned(),
        };
        let mut routed: Vec<Routed> = files
            .into_iter()
            .map(|(unit, files)| Routed {
                name: name(&unit),
                is_reception: unit.as_ref() == Some(&rules.reception().id),
                unit,
                files,
            })
            .collect();
        // Stable: units of as many files stand by their ids.
        routed.sort_by_key(|routed| std::cmp::Reverse(routed.files));
        routed
    }
}

/// How many in a hundred went to reception, where it is so many that the bureau file may be of another place, or lacks the names of
/// this one.
pub(super) fn percent_at_reception(routed: &[Routed]) -> Option<usize> {
    let sum =
        |is_counted: fn(&&Routed) -> bool| routed.iter().filter(is_counted).map(|routed| routed.files).sum();
    let (files, at_reception): (usize, usize) = (sum(|_| true), sum(|routed| routed.is_reception));
    let is_all = files >= ALL_FROM && at_reception == files;
    let are_most = files >= MOST_FROM && at_reception * 100 >= files * MOST_PERCENT;
    (is_all || are_most).then(|| at_reception * 100 / files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_reception_are_told_and_few_are_not() {
        let routed = |reception: usize, others: usize| {
            let of = |is_reception, files| Routed { unit: None, name: String::new(), is_reception, files };
            percent_at_reception(&[of(true, reception), of(false, others)])
        };
        let warned = [(3, 0), (4, 0), (8, 2), (99, 1), (1_000, 1)]
            .map(|(reception, others)| routed(reception, others));
        assert_eq!(warned, [Some(100), Some(100), Some(80), Some(99), Some(99)]);
        let not = [(0, 0), (2, 0), (3, 1), (7, 2), (7, 3), (0, 50)];
        assert!(not.into_iter().all(|(reception, others)| routed(reception, others).is_none()));
    }
}
