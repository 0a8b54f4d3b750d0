//! How many terms were kept in time (按时率): 按时初查率, 按时办结率, 举报按时核查率.

use serde::Serialize;

use super::views::shown_term;
use crate::domain::deadline::Duty;
use crate::domain::ids::{BureauId, Track, UnitId};
use crate::domain::time::{Day, Days};
use crate::ledger::LedgerError;
use crate::routing::Bureau;
use crate::store::Tx;

/// Terms of one duty at one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// What was owed.
    pub duty: Duty,
    /// By which unit.
    pub unit: UnitId,
    /// Terms that were kept or have run out.
    pub terms: i64,
    /// Of these, kept in time, by the bureau's own reading of Art. 45 (本局口径).
    pub in_time: i64,
}

/// Files of which an export tells that they are ended or taken up, and not when: whether their terms were kept, nobody can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undated {
    /// Of which unit.
    pub unit: UnitId,
    /// Complaints or reports.
    pub track: Track,
    /// How many.
    pub files: i64,
}

/// Of the terms that began on these days, by duty and unit.
pub(super) async fn kept_in_time(
    tx: &mut Tx,
    rules: &Bureau,
    bureau: BureauId,
    (today, began): (Day, Days),
) -> Result<Vec<Kept>, LedgerError> {
    let clear = tx.kept(bureau, today, began).await?;
    let kept = |(duty, unit, terms, in_time)| Kept { duty, unit, terms, in_time };
    let mut all: Vec<Kept> = clear.into_iter().map(kept).collect();
    for (clock, unit, testing) in tx.kept_unsettled(bureau, today, began).await? {
        let duty = clock.duty;
        let Some(in_time) = shown_term(clock, &testing, rules).was_kept(today) else { continue };
        let place = all.iter().position(|one| one.duty == duty && one.unit == unit);
        let place = place.unwrap_or_else(|| {
            all.push(Kept { duty, unit, terms: 0, in_time: 0 });
            all.len() - 1
        });
        all[place].terms += 1;
        all[place].in_time += i64::from(in_time);
    }
    all.sort_by(|one, other| (one.duty, &one.unit).cmp(&(other.duty, &other.unit)));
    Ok(all)
}
