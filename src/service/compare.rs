//! What our routing is compared with the present way from (试运行对比), read in one consistent look at the database.

use std::collections::HashMap;

use super::figures::{last_day, upper_levels};
use super::period::{LogPage, read_log};
use super::{Failure, Found, Operation, Service};
use crate::compare::{ComparedFile, Comparison, Handler, Training, compare};
use crate::domain::caller::Caller;
use crate::domain::command::{Command, FileRef};
use crate::domain::decision::{Band, Basis, Decision};
use crate::domain::ids::{FileId, Track};
use crate::domain::outcome::FileOutcome;
use crate::domain::time::{Days, Timestamp};
use crate::features::schema_hash;
use crate::intake::bands;
use crate::ledger::{LedgerError, Opener};
use crate::model::{Classifier, Source, band_of_record};
use crate::routing::Bureau;
use crate::stored::Recorded;
use crate::whatif::{Arrival, Pace, Strategy, play};

/// Who handled which file, as the newest export has it.
type HandledBy = HashMap<FileRef, (Timestamp, String)>;

impl Service {
    /// Our routing of a period beside the present way, units and numbers alone; not for a unit, whom reports elsewhere do not concern.
    /// The look is recorded.
    pub async fn compare(&self, caller: &Caller, period: Days) -> Result<Comparison, Failure> {
        let seen = self.look(caller, Operation::Compare, "compare", async |opener| {
            Ok(Found::bare(self.show_comparison(opener, caller, period).await?))
        });
        seen.await
    }

    async fn show_comparison(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        period: Days,
    ) -> Result<Comparison, LedgerError> {
        let (context, bureau) = (&self.inner.context, caller.bureau);
        let mut tx = context.store.read_at_length().await?;
        let head = tx.head(bureau).await?.ok_or(LedgerError::Unreadable("bureau"))?;
        let rules = context.rules(&mut tx, bureau, head.rules).await?;
        let champion = match &head.champion {
            Some(id) => context.model(&mut tx, bureau, id).await?,
            None => None,
        };
        let band = |decision: &Decision| band(champion.as_deref(), &rules, decision);
        let (mut arrivals, mut files, mut handled_by) = (Vec::new(), Vec::new(), HandledBy::new());
        let page = |page: &LogPage<'_>| {
            for event in page.events {
                let recorded = opener.open(bureau, event.sequence, &event.payload)?;
                note(&mut handled_by, &recorded);
                if page.is_new(event) {
                    let arrival = page.arrival(event, &recorded, &band)?;
                    if period.contains(arrival.submission.received.at.day()) {
                        let imported = matches!(recorded.command, Command::Import { .. });
                        files.extend(compared(page, &arrival, imported, &band));
                    }
                    arrivals.push(arrival);
                }
            }
            Ok(())
        };
        read_log(&mut tx, bureau, &rules, page).await?;
        let as_of = last_day(&mut tx, bureau, head.sequence).await?;
        tx.rollback().await?;
        arrivals.sort_by_key(|one| (one.submission.received.at, one.sequence));
        arrivals.retain(|one| one.submission.received.at.day() <= period.last());
        for file in &mut files {
            let reference = FileRef { number: file.number.clone(), track: file.id.track };
            file.reported =
                handled_by.remove(&reference).map(|(as_of, unit)| Handler { unit, as_of: as_of.day() });
        }
        files.sort_by_key(|file| (file.received, file.id));
        let played = play(&rules, Strategy::Rules, Pace::default(), &arrivals, |_| ());
        Ok(compare(&rules, period, as_of, (&files, &played.files), champion.as_deref().map(training)))
    }
}

fn training(champion: &Classifier) -> Training {
    let artefact = champion.artefact();
    let known = &artefact.trained_on;
    Training { simulated: artefact.source == Source::Simulated, submissions: (known.first, known.last) }
}

/// The band of a complaint: of its first decision, or of one that had ended by what was seen then and the champion of now.
fn band(champion: Option<&Classifier>, rules: &Bureau, decision: &Decision) -> Band {
    let Some(seen) = &decision.suspicion else { return Band::NotScored };
    let had_ended = decision.routing.as_ref().is_some_and(|routing| routing.basis == Basis::Ended);
    match champion {
        Some(champion) if had_ended && seen.schema_hash == schema_hash() => {
            band_of_record(champion, &seen.vector, &seen.evidence, bands(rules))
        }
        _ => seen.band,
    }
}

/// Notes who handled a file, where an export tells it. The newest export stands.
fn note(handled_by: &mut HandledBy, recorded: &Recorded) {
    let mut note = |number: &crate::domain::ids::RegistrationNumber, track: Track, outcome: &FileOutcome| {
        let Some(unit) = outcome.reported_unit() else { return };
        let reference = FileRef { number: number.clone(), track };
        let known = handled_by.get(&reference).map(|(as_of, _)| *as_of);
        if known.is_none_or(|known| known <= outcome.as_of) {
            handled_by.insert(reference, (outcome.as_of, unit.as_str().to_owned()));
        }
    };
    match &recorded.command {
        Command::Import { submission, outcome } => {
            submission.tracks().for_each(|track| note(&submission.number, track, outcome));
        }
        Command::Outcome { file, outcome } => note(&file.number, file.track, outcome),
        _ => {}
    }
}

/// The files of a submission, as they are compared.
fn compared(
    page: &LogPage<'_>,
    arrival: &Arrival,
    imported: bool,
    band: &dyn Fn(&Decision) -> Band,
) -> Vec<ComparedFile> {
    let facts = &arrival.submission;
    let received = facts.received.at.day();
    let one = |track: Track| {
        let id = FileId { submission: arrival.sequence, track };
        let row = page.rows.get(&id)?;
        let first = page.decisions.get(&id)?.first()?;
        let category = facts.part(track).and_then(|part| part.object_category.known());
        Some(ComparedFile {
            id,
            number: row.number.clone(),
            received,
            law: page.rules.governing(received, received).law,
            category: category.map(upper_levels).unwrap_or_default(),
            imported,
            decided: first.routing.clone().filter(|routing| routing.basis != Basis::Ended),
            reported: None,
            status: row.state.status,
            label: row.state.imported_label,
            band: (track == Track::Complaint).then(|| band(first)),
        })
    };
    Track::ALL.into_iter().filter_map(one).collect()
}
