//! Places to take into the bureau file (地名建议), for reception.

use super::{Failure, Found, Operation, Service};
use crate::domain::caller::Caller;
use crate::domain::given::Given;
use crate::domain::ids::{FileId, Sequence, Track};
use crate::domain::submission::Submission;
use crate::domain::text::Address;
use crate::draft::{Confirmed, PlaceProposal, Source, proposals};
use crate::ledger::{LedgerError, Opener, facts};
use crate::routing::{Ground, Unclear, UnitKind, competence};

/// Files read at a time.
const PAGE: u32 = 256;

impl Service {
    /// Places that the bureau file does not know and officers of one station have confirmed, with the files that show it. The look is
    /// recorded.
    pub async fn place_proposals(&self, caller: &Caller) -> Result<Vec<PlaceProposal>, Failure> {
        let seen = self.look(caller, Operation::ProposePlaces, "propose_places", async |opener| {
            Ok(Found::bare(self.confirmed_places(opener, caller).await?))
        });
        seen.await
    }

    async fn confirmed_places(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
    ) -> Result<Vec<PlaceProposal>, LedgerError> {
        let (context, bureau, today) = (&self.inner.context, caller.bureau, self.now().day());
        let (mut confirmed, mut after) =
            (Vec::new(), FileId { submission: Sequence(0), track: Track::Complaint });
        let mut tx = context.store.read_at_length().await?;
        let rules = context.rules_in_force(&mut tx, bureau).await?;
        loop {
            let ids = tx.sent_on(bureau, &rules.reception().id, after, PAGE).await?;
            let Some(last) = ids.last() else { break };
            after = *last;
            let rows = tx.files(bureau, &ids).await?;
            let known = facts(&mut tx, opener, bureau, ids.iter().map(|id| id.submission)).await?;
            for row in rows {
                let Some(known) = known.get(&row.id.submission) else { continue };
                let is_unclear = matches!(
                    competence(&rules, &known.facts, row.id.track, today).ground,
                    Ground::Unknown(Unclear::NotFound | Unclear::Near)
                );
                let is_station = rules.unit(&row.unit).is_some_and(|unit| unit.kind == UnitKind::Station);
                if let (true, true, Some(address), Some(officer), Some(signed_at)) =
                    (is_unclear, is_station, address(&known.facts, row.id.track), row.officer, row.signed_at)
                {
                    let source = Source { number: row.number, officer, signed_on: signed_at.day() };
                    confirmed.push(Confirmed { address: address.to_owned(), station: row.unit, source });
                }
            }
        }
        tx.rollback().await?;
        Ok(proposals(confirmed))
    }
}

/// Where it was: the operator's premises, else the place of what happened.
fn address(facts: &Submission, track: Track) -> Option<&str> {
    let place = facts.part(track).map(|part| &part.place);
    let known = facts.respondent.premises.known().or_else(|| place.and_then(Given::known));
    known.map(Address::as_str)
}
