//! What runs out (到期): overdue and soon due terms, how many were kept in time, files that nobody has signed for, and what
//! could be moved to even the loads out.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::Service;
use super::views::shown_term;
use crate::domain::caller::{Caller, Role};
use crate::domain::command::{Command, FileRef};
use crate::domain::deadline::{Clock, DuePlace, LastDay};
use crate::domain::handling::Status;
use crate::domain::ids::{BureauId, CallerId, FileId, RegistrationNumber, RequestId, Track, UnitId};
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::domain::submission::Submission;
use crate::domain::time::{Day, Timestamp};
use crate::domain::view::Term;
use crate::ledger::{LedgerError, Opener, Stop, facts, seen};
use crate::routing::{Bureau, Loads, Movable, Move, OnDuty, competence, rebalance};
use crate::store::{FileRow, Tx};

/// Terms that have run out or are about to (到期提醒).
#[derive(Debug, Clone, Serialize)]
pub struct DueList {
    /// Today.
    pub today: Day,
    /// The last day that was looked at.
    pub until: Day,
    /// The terms, the earliest first.
    pub terms: Vec<DueTerm>,
    /// There are more: the place of the last one shown, to go on behind it. As JSON, whether there are.
    #[serde(rename = "more", serialize_with = "is_some")]
    pub next: Option<DuePlace>,
}

#[expect(clippy::ref_option, reason = "what serde asks for")]
fn is_some<S: Serializer>(next: &Option<DuePlace>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(next.is_some())
}

/// Which terms are asked for.
#[derive(Debug, Clone)]
pub struct DueAsked {
    /// Those that run out within so many working days.
    pub within: u16,
    /// Those of one unit; else of all that the caller may see.
    pub unit: Option<UnitId>,
    /// Those behind a place of an earlier answer.
    pub after: Option<DuePlace>,
    /// How many at most.
    pub most: u32,
}

/// A running term of a file.
#[derive(Debug, Clone, Serialize)]
pub struct DueTerm {
    /// Registration number.
    pub number: RegistrationNumber,
    /// The track.
    pub track: Track,
    /// The owning unit.
    pub unit: UnitId,
    /// The status of the file.
    pub status: Status,
    /// The term.
    pub clock: Term,
    /// Working days left: 0 on the last day, below once it is overdue; none where the law names no number of days, and while
    /// the term stands still.
    pub working_days_left: Option<i64>,
}

pub(super) fn left(rules: &Bureau, today: Day, term: &Term) -> Option<i64> {
    Some(rules.calendar().working_days_between(today, term.clock.due_on.day()?))
}

/// A move that would even the loads out (均衡建议), for reception to make by Reassign, or not.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// Registration number.
    pub number: RegistrationNumber,
    /// The move.
    #[serde(flatten)]
    pub change: Move,
}

/// Files looked at for a rebalancing.
const MOST_MOVABLE: u32 = 2_000;
/// Moves proposed at most.
const MOST_MOVES: usize = 50;
/// Files escalated in one go.
const ESCALATED_AT_ONCE: u32 = 256;

impl Service {
    pub(super) async fn show_due(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        asked: &DueAsked,
    ) -> Result<DueList, Stop> {
        let &DueAsked { within, ref unit, after, most } = asked;
        let unit = unit.as_ref();
        let (context, bureau) = (&self.inner.context, caller.bureau);
        let mut tx = context.store.read().await?;
        let rules = context.rules_in_force(&mut tx, bureau).await?;
        if let Some(asked) = unit
            && let Err(refusal) = may_ask(caller, asked, &rules)
        {
            tx.rollback().await?;
            return Err(refusal.into());
        }
        let today = self.now().day();
        let until = rules.calendar().plus_working_days(today, within);
        let sight = Sight::of(caller);
        let unit = sight.unit.as_ref().or(unit);
        let (mut terms, mut after) = (Vec::new(), after);
        // A page is of what is shown: where it ended by what is not, it would tell of that.
        loop {
            let rows = due_page(&mut tx, (bureau, unit), until, after, most + 1).await?;
            let is_last = rows.len() <= most as usize;
            after = rows.last().map(|(file, clock)| clock.place(*file));
            let ids: Vec<FileId> = rows.iter().map(|(file, _)| *file).collect();
            let files = tx.files(bureau, &ids).await?;
            let seen = seen(&mut tx, opener, bureau, &sight, files.iter()).await?;
            let files: HashMap<FileId, FileRow> = files.into_iter().map(|file| (file.id, file)).collect();
            let shown = rows.into_iter().filter(|(id, _)| seen.contains(id));
            terms.extend(shown.filter_map(|(id, clock)| {
                let file = files.get(&id)?;
                Some((clock.place(id), due_term(file, clock, &rules, today)))
            }));
            if is_last || terms.len() > most as usize {
                break;
            }
        }
        tx.rollback().await?;
        let more = terms.len() > most as usize;
        terms.truncate(most as usize);
        let next = terms.last().filter(|_| more).map(|(place, _)| *place);
        Ok(DueList { today, until, terms: terms.into_iter().map(|(_, term)| term).collect(), next })
    }

    /// Does what is due for files that nobody has signed for: managers are notified, reception gets them. Gives how many.
    pub async fn escalate(&self, bureau: BureauId) -> Result<usize, super::Failure> {
        let found = async {
            let mut tx = self.inner.context.store.read().await?;
            let found = tx.escalating(bureau, self.now(), ESCALATED_AT_ONCE).await?;
            tx.rollback().await?;
            Ok::<_, LedgerError>(found)
        };
        let found = found.await.map_err(|error| super::failed(&error))?;
        let itself = Caller::service(CallerId::SERVICE, bureau, Role::Reception, None);
        for file in &found {
            // Named by what is due, so that two processes that see the same do it once.
            let FileId { submission, track } = file.id;
            let due = file.escalates_at.map_or(0, Timestamp::seconds);
            let id = format!("escalate-{}-{}-{due}", submission.0, track.word());
            let Ok(id) = RequestId::parse(&id) else { continue };
            let reference = FileRef { number: file.number.clone(), track };
            self.act_when_room(&itself, id, Command::Escalate { file: reference }).await?;
        }
        Ok(found.len())
    }

    pub(super) async fn show_proposals(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
    ) -> Result<Vec<Proposal>, LedgerError> {
        let (context, bureau, now) = (&self.inner.context, caller.bureau, self.now());
        let mut tx = context.store.read().await?;
        let rules = context.rules_in_force(&mut tx, bureau).await?;
        let ids = tx.movable(bureau, now, MOST_MOVABLE).await?;
        let rows: HashMap<FileId, FileRow> =
            tx.files(bureau, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
        let known = facts(&mut tx, opener, bureau, ids.iter().map(|id| id.submission)).await?;
        let mut loads = Loads::default();
        for (unit, track, load) in tx.loads(bureau).await? {
            loads.add(&unit, track, load.open_centiunits);
        }
        tx.rollback().await?;
        let movable = |id: &FileId| {
            let (row, known) = (rows.get(id)?, known.get(&id.submission)?);
            let (from, others) = elsewhere(&rules, row, &known.facts, now.day())?;
            Some(Movable { file: *id, unit: from, centiunits: row.centiunits, others })
        };
        let files: Vec<Movable> = ids.iter().filter_map(movable).collect();
        let on_duty = OnDuty::over(&rules, &rules.horizon(now.day()));
        let moves = rebalance(&files, &loads, &context.basis, &on_duty, MOST_MOVES);
        let numbered =
            |change: Move| Some(Proposal { number: rows.get(&change.file)?.number.clone(), change });
        Ok(moves.into_iter().filter_map(numbered).collect())
    }
}

/// Running terms behind a place: those that run out by a day, the earliest first, and behind them those for which the law names no
/// number of days.
async fn due_page(
    tx: &mut Tx,
    (bureau, unit): (BureauId, Option<&UnitId>),
    until: Day,
    after: Option<DuePlace>,
    most: u32,
) -> Result<Vec<(FileId, Clock)>, LedgerError> {
    let mut rows = tx.due(bureau, unit, until.into(), after, most).await?;
    let room = most.saturating_sub(u32::try_from(rows.len()).unwrap_or(most));
    if room > 0 {
        let from = rows.last().map(|(file, clock)| clock.place(*file)).or(after);
        let from =
            from.filter(|place| place.due_on == LastDay::OPEN).unwrap_or(DuePlace::first(LastDay::OPEN));
        rows.extend(tx.due(bureau, unit, LastDay::OPEN, Some(from), room).await?);
    }
    Ok(rows)
}

fn due_term(file: &FileRow, clock: Clock, rules: &Bureau, today: Day) -> DueTerm {
    let clock = shown_term(clock, &file.testing, rules);
    DueTerm {
        number: file.number.clone(),
        track: file.id.track,
        unit: file.unit.clone(),
        status: file.state.status,
        working_days_left: left(rules, today, &clock).filter(|_| clock.paused_since.is_none()),
        clock,
    }
}

/// Whether the terms of a unit may be asked for. A unit asks for its own, and is not told which others there are.
fn may_ask(caller: &Caller, asked: &UnitId, rules: &Bureau) -> Result<(), Refusal> {
    match &Sight::of(caller).unit {
        Some(own) if own != asked => Err(Refusal::field(
            "unit",
            "is not your unit; leave it out, or send your own",
            "不是本单位的代码；请不填，或者填写本单位代码",
        )),
        None if rules.unit(asked).is_none() => Err(Refusal::field(
            "unit",
            "no unit of that id is in the bureau file; leave it out for all units",
            "机构文件中没有该单位代码；不填则列出全部单位",
        )),
        _ => Ok(()),
    }
}

/// Where a waiting file is, and the other competent units that need not keep off it. What is with reception for want of a
/// place is not for load to send on. Whether there is room is asked when somebody confirms the move.
fn elsewhere(
    rules: &Arc<Bureau>,
    row: &FileRow,
    facts: &Submission,
    today: Day,
) -> Option<(UnitId, Vec<UnitId>)> {
    let track = row.id.track;
    let who = competence(rules, facts, track, today);
    if !who.is_known() || !who.units.iter().any(|unit| unit.id == row.unit) {
        return None;
    }
    let others =
        who.units.iter().filter(|unit| unit.id != row.unit && !rules.is_recused(&unit.id, &facts.respondent));
    Some((row.unit.clone(), others.map(|unit| unit.id.clone()).collect()))
}
