//! What a dossier is made from (应诉卷), read for whoever may see the file.

use std::collections::HashMap;

use super::acts::opened;
use super::views::{Snapshot, may_know_of_other};
use super::{Failure, Found, Operation, Service};
use crate::domain::caller::Caller;
use crate::domain::command::{Command, EventKind, FileRef};
use crate::domain::ids::{BureauId, FileId, RegistrationNumber, Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::domain::view::Act;
use crate::dossier::{Dossier, Gathered, Link, Outside, Reader, dossier};
use crate::evidence::{Sheet, Standing};
use crate::ledger::{LedgerError, MOST_ACTS, Opener, Stop, lives, within};
use crate::store::Tx;

/// A dossier, and whose files were looked at for it.
pub(super) struct Made {
    pub(super) dossier: Dossier,
    file: FileId,
    pub(super) named: Vec<FileId>,
}

impl Service {
    /// The dossier of a file, for the bureau itself or for a reader outside. The making is recorded as a look at the file and at the
    /// complaints it names.
    pub async fn dossier(
        &self,
        caller: &Caller,
        reference: &FileRef,
        reader: Reader,
    ) -> Result<Dossier, Failure> {
        let seen = self.look(caller, Operation::GetDossier, "get_dossier", async |opener| {
            let Made { dossier, file, named } = self.make_dossier(opener, caller, reference, reader).await?;
            Ok(Found::of(dossier, vec![file]).naming("named_in_dossier", named))
        });
        seen.await
    }

    pub(super) async fn make_dossier(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        reference: &FileRef,
        reader: Reader,
    ) -> Result<Made, Stop> {
        let unknown = || Refusal::NotFound { what: "file", what_zh: "件" };
        let (context, bureau, sight) = (&self.inner.context, caller.bureau, Sight::of(caller));
        let mut tx = context.store.read().await?;
        let head = tx.head(bureau).await?.ok_or(LedgerError::Unreadable("bureau"))?;
        let rules = context.rules(&mut tx, bureau, head.rules).await?;
        let found = tx.files_by_number(bureau, std::iter::once(reference)).await?.pop();
        let Some(row) = within(&mut tx, opener, bureau, &sight, found).await? else {
            tx.rollback().await?;
            return Err(unknown().into());
        };
        let last = tx.event_digests(bureau, std::iter::once(head.sequence)).await?.pop();
        let link = last_link(&mut tx, bureau, head.sequence).await?;
        let last = (head.sequence, last.map_or(Timestamp(0), |(_, at, _)| at));
        let mut acts: Vec<(Act, Command)> = Vec::new();
        for change in tx.acts(bureau, row.id, MOST_ACTS).await? {
            let recorded = opened(opener, bureau, &change)?;
            let mut act = super::acts::act(&change, &recorded, row.state.received_at.day(), &rules);
            if change.track.is_none() && !may_know_of_other(caller, row.id.track) {
                // What was written about the whole submission may speak of its report.
                if change.kind == EventKind::Amend {
                    continue;
                }
                act.text = None;
            }
            acts.push((act, recorded.command));
        }
        tx.rollback().await?;
        let seen = Snapshot::read(context, opener, bureau, &sight, &[row.id]).await?;
        let file = seen.views(caller, &[row.id])?.pop().ok_or_else(unknown)?;
        let (sheet, named) = self.sheet_of(opener, caller, &reference.number, row.id).await?;
        let now = self.standing_now(opener, bureau, &named).await?;
        let law = rules.governing(row.state.received_at.day(), last.1.day());
        let gathered = Gathered {
            file: &file,
            acts: &acts,
            sheet: sheet.as_ref(),
            now: &now,
            rules: &rules,
            law,
            last,
            link,
        };
        let made = dossier(&gathered);
        let made = if reader == Reader::Bureau {
            made
        } else {
            let own = own(sheet);
            let [sender, respondent] =
                [&file.complainant.name, &file.respondent.name].map(|name| name.known().map(Line::as_str));
            made.outward(&Outside { reader, own: &own, sender, respondent })
        };
        Ok(Made { dossier: made, file: row.id, named })
    }

    /// The evidence sheet of the latest score of a complaint, where there is one.
    async fn sheet_of(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        number: &RegistrationNumber,
        file: FileId,
    ) -> Result<(Option<Sheet>, Vec<FileId>), Stop> {
        if file.track == Track::Report {
            return Ok((None, Vec::new()));
        }
        let mut tx = self.inner.context.store.read().await?;
        let decisions = tx.decisions(caller.bureau, &[file]).await?.remove(&file).unwrap_or_default();
        tx.rollback().await?;
        let scored = decisions.iter().rev().find(|decision| decision.suspicion.is_some());
        let Some(latest) = scored.map(|decision| decision.sequence) else { return Ok((None, Vec::new())) };
        let made = self.make_evidence(opener, caller, number, Some(latest)).await?;
        Ok((Some(made.sheet), made.named))
    }

    /// Where complaints stand now.
    async fn standing_now(
        &self,
        opener: Opener<'_>,
        bureau: BureauId,
        files: &[FileId],
    ) -> Result<HashMap<RegistrationNumber, Standing>, LedgerError> {
        let mut tx = self.inner.context.store.read().await?;
        let now = standing(&mut tx, opener, bureau, files).await;
        tx.rollback().await?;
        now
    }
}

/// The row of the last event in the trail.
async fn last_link(tx: &mut Tx, bureau: BureauId, last: Sequence) -> Result<Option<Link>, LedgerError> {
    let link = tx.last_link(bureau, last).await?;
    Ok(link.map(|(number, hash)| Link { number, hash: hash.map(hex::encode) }))
}

async fn standing(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    files: &[FileId],
) -> Result<HashMap<RegistrationNumber, Standing>, LedgerError> {
    let rows = tx.files(bureau, files).await?;
    let came = rows.iter().map(|row| (row.id, row.state.received_at));
    let lives = lives(tx, opener, bureau, came, Sequence(i64::MAX)).await?;
    let standing =
        |row: &crate::store::FileRow| Some((row.number.clone(), Standing::from(lives.get(&row.id)?)));
    Ok(rows.iter().filter_map(standing).collect())
}

/// The complaints that the sheet for readers outside names.
fn own(sheet: Option<Sheet>) -> Vec<RegistrationNumber> {
    let sheet = sheet.map(Sheet::outward);
    sheet.map(|sheet| sheet.earlier.into_iter().map(|one| one.number).collect()).unwrap_or_default()
}
