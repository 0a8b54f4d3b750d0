//! What people look at as a whole: a unit's queue (队列) and the state of the bureau (概况).
//!
//! Neither holds a field of a natural person or a text, and there is no order or choice by suspicion (promise 16).

use std::collections::HashMap;

use serde::Serialize;

use super::Service;
use super::kept::{Kept, Undated, kept_in_time};
use crate::domain::act::Recused;
use crate::domain::caller::Caller;
use crate::domain::decision::{Band, Basis};
use crate::domain::handling::Status;
use crate::domain::ids::{BureauId, FileId, ModelId, OfficerId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::sight::{Seen, Sight};
use crate::domain::time::{Day, Days, Timestamp};
use crate::ledger::{LedgerError, Opener, lease_holders, seen};
use crate::model::Artefact;
use crate::model::artefact::{Metrics, Source, TrainedOn};
use crate::routing::{OnDuty, Unit, UnitKind};
use crate::store::{CountedFiles, FileRow, QueueAt, StoreError, Tx};

/// A unit's open files of one track (队列), in the order in which pulls would give them.
#[derive(Debug, Clone, Serialize)]
pub struct Queue {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// The track.
    pub track: Track,
    /// Open files there are; more than are listed when the list was cut.
    pub open: i64,
    /// First what a pull would give now, then what is leased or skipped, then what officers hold.
    pub files: Vec<OpenFile>,
}

/// One open file (未结件), without anything about persons.
#[derive(Debug, Clone, Serialize)]
pub struct OpenFile {
    /// The file.
    pub id: FileId,
    /// Registration number.
    pub number: RegistrationNumber,
    /// Receive time.
    pub received_at: Timestamp,
    /// Name of the respondent (被投诉人), a business.
    pub respondent: Option<String>,
    /// Status.
    pub status: Status,
    /// Who has it, on lease or for good.
    pub holder: Option<Holder>,
    /// Not offered before this (跳过).
    pub skipped_until: Option<Timestamp>,
    /// The day its clock runs out, by the earliest reading.
    pub due_on: Option<Day>,
    /// The same by the bureau's own reading of Art. 45 (本局口径).
    pub ends_on: Option<Day>,
    /// How often it was urged (催办).
    pub urges: i64,
    /// How often it was skipped (跳过).
    pub skips: i64,
    /// When the unit's manager was notified that nobody has signed for it (催签).
    pub warned_at: Option<Timestamp>,
    /// The complaint was withdrawn (撤回).
    pub withdrawn: bool,
    /// A person has found that there is a danger (危险情形).
    pub danger: bool,
    /// Band of the latest score, on complaints (档次).
    pub band: Option<Band>,
}

/// Who has a file.
#[derive(Debug, Clone, Serialize)]
pub struct Holder {
    /// The officer, by staff number.
    pub officer: Option<OfficerId>,
    /// End of the lease; none once it is signed for.
    pub until: Option<Timestamp>,
}

/// The state of a bureau (概况): numbers alone.
#[derive(Debug, Clone, Serialize)]
pub struct Overview {
    /// Name of the bureau.
    pub bureau: String,
    /// As of when.
    pub at: Timestamp,
    /// Every unit of the bureau file, in its order.
    pub units: Vec<UnitOverview>,
    /// Files of each track and status.
    pub statuses: Vec<StatusCount>,
    /// Complaints by the band of their first score.
    pub bands: Vec<BandCount>,
    /// Files by why they were first sent where they were sent.
    pub routes: Vec<RouteCount>,
    /// Terms kept in time, of those that began in the last year, by duty and unit.
    pub kept: Vec<Kept>,
    /// Files of the last year whose terms no day is known of, by unit and track.
    pub undated: Vec<Undated>,
    /// The model in use.
    pub model: Option<ModelInUse>,
}

/// The state of a unit.
#[derive(Debug, Clone, Serialize)]
pub struct UnitOverview {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// It is the reception unit.
    pub reception: bool,
    /// Officers on duty over the days ahead (在岗人数), the mean, in hundredths of a full officer.
    pub centiofficers: i64,
    /// Open complaints.
    pub complaints: i64,
    /// Open reports.
    pub reports: i64,
    /// Open work of both tracks, in hundredths of a work unit.
    pub open_centiunits: i64,
    /// Waiting and not on lease.
    pub waiting: i64,
    /// Waiting and on lease.
    pub leased: i64,
    /// Held by an officer.
    pub held: i64,
    /// Receive time of the oldest file that is not signed for.
    pub oldest_waiting: Option<Timestamp>,
}

impl UnitOverview {
    /// Open work units per officer on duty (人均工作量); none when nobody is.
    pub fn load(&self) -> Option<f64> {
        (self.centiofficers > 0).then(|| self.open_centiunits as f64 / self.centiofficers as f64)
    }
}

/// Files of one track and status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StatusCount {
    /// The track.
    pub track: Track,
    /// The status.
    pub status: Status,
    /// How many.
    pub files: i64,
}

/// Complaints of one band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BandCount {
    /// The band.
    pub band: Band,
    /// How many.
    pub files: i64,
}

/// Files first sent for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RouteCount {
    /// Why.
    pub basis: Basis,
    /// To the reception unit.
    pub reception: bool,
    /// How many.
    pub files: i64,
}

/// The model in use (现用模型) and where it comes from.
#[derive(Debug, Clone, Serialize)]
pub struct ModelInUse {
    /// Its id.
    pub id: ModelId,
    /// What it was trained on, how good it was, and its own words; none when it does not verify.
    pub source: Option<ModelSource>,
}

/// Where a model comes from.
#[derive(Debug, Clone, Serialize)]
pub struct ModelSource {
    /// What it was trained on.
    pub trained_on: TrainedOn,
    /// How good it was, cross-fitted.
    pub metrics: Metrics,
    /// What the complaints were.
    pub source: Source,
}

impl Service {
    /// None when there is no such unit, or not for this caller.
    pub(super) async fn show_queue(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        unit: &UnitId,
        track: Track,
        most: u32,
    ) -> Result<Option<Queue>, LedgerError> {
        let (context, bureau, now) = (&self.inner.context, caller.bureau, self.now());
        let mut tx = context.store.read().await?;
        let rules = context.rules_in_force(&mut tx, bureau).await?;
        let sight = Sight::of(caller);
        let visible = sight.unit.as_ref().is_none_or(|own| own == unit);
        let Some(unit) = rules.unit(unit).filter(|_| visible) else { return Ok(None) };
        let queue = QueueAt { unit: &unit.id, track, now, class_a_until: rules.class_a_until(now.day()) };
        let ids = tx.open_at(bureau, queue, most).await?;
        let mut rows: HashMap<FileId, FileRow> =
            tx.files(bureau, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
        let mut decisions = tx.decisions(bureau, &ids).await?;
        let mut shops = tx.shops(bureau, ids.iter().map(|id| id.submission)).await?;
        let seen = seen(&mut tx, opener, bureau, &sight, rows.values()).await?;
        let leased = rows.values().filter(|row| leased(row, now));
        let pullers = lease_holders(&mut tx, opener, bureau, leased).await?;
        let standings = tx.standings(bureau, now).await?;
        tx.rollback().await?;
        let open = |one: &&CountedFiles| one.unit == unit.id && one.track == track && !one.status.has_ended();
        // Who is not shown all reports of the unit is not told how many there are.
        let open = match sight.of_file(&unit.id, track, None, &Recused::default()) {
            Seen::Yes => standings.iter().filter(open).map(|one| one.files).sum(),
            Seen::No | Seen::IfHandled => i64::try_from(seen.len()).unwrap_or(i64::MAX),
        };
        let mut files = Vec::with_capacity(ids.len());
        for id in ids.into_iter().filter(|id| seen.contains(id)) {
            let row = rows.remove(&id).ok_or(LedgerError::Unreadable("file"))?;
            let latest = decisions.remove(&id).and_then(|mut decisions| decisions.pop());
            files.push(OpenFile {
                id,
                respondent: shops.remove(&id.submission),
                band: latest.and_then(|decision| decision.suspicion).map(|suspicion| suspicion.band),
                holder: holder(&row, now, &pullers),
                skipped_until: row.skipped_until.filter(|until| *until > now),
                number: row.number,
                received_at: row.state.received_at,
                status: row.state.status,
                due_on: row.due_on,
                ends_on: row.due_on.map(|due| rules.ends_on(due)),
                urges: row.urges,
                skips: row.skips,
                warned_at: row.warned_at,
                withdrawn: row.state.withdrawn_at.is_some(),
                danger: row.state.danger == Some(true),
            });
        }
        Ok(Some(Queue { unit: unit.id.clone(), name: unit.name.clone(), track, open, files }))
    }

    pub(super) async fn show_overview(&self, caller: &Caller) -> Result<Overview, LedgerError> {
        let (context, bureau, now) = (&self.inner.context, caller.bureau, self.now());
        let mut tx = context.store.read_at_length().await?;
        let rules = context.rules_in_force(&mut tx, bureau).await?;
        let standings = tx.standings(bureau, now).await?;
        let mut work: HashMap<UnitId, i64> = HashMap::new();
        for (unit, _, load) in tx.loads(bureau).await? {
            *work.entry(unit).or_default() += load.open_centiunits;
        }
        let bands = tx.bands(bureau).await?;
        let routes = tx.first_routes(bureau).await?;
        let today = now.day();
        let year = Days::between(Day(today.0.saturating_sub(365)), today);
        let kept = kept_in_time(&mut tx, &rules, bureau, (today, year)).await?;
        let undated = tx.undated(bureau, year).await?;
        let model = model_in_use(&mut tx, bureau).await?;
        tx.rollback().await?;
        let mut counted: Vec<RouteCount> = Vec::new();
        for route in routes {
            let (basis, reception) = (route.basis, route.unit == rules.reception().id);
            match counted.iter_mut().find(|one| (one.basis, one.reception) == (basis, reception)) {
                Some(one) => one.files += route.files,
                None => counted.push(RouteCount { basis, reception, files: route.files }),
            }
        }
        counted.sort_unstable_by_key(|one| (one.reception, std::cmp::Reverse(one.files)));
        let on_duty = OnDuty::over(&rules, &rules.horizon(now.day()));
        let unit = |unit| unit_overview(unit, &standings, (&work, &on_duty));
        Ok(Overview {
            bureau: rules.name().to_owned(),
            at: now,
            units: rules.units().iter().map(unit).collect(),
            statuses: statuses(&standings),
            bands: bands.into_iter().map(|(band, files)| BandCount { band, files }).collect(),
            routes: counted,
            kept,
            undated: undated.into_iter().map(|(unit, track, files)| Undated { unit, track, files }).collect(),
            model,
        })
    }
}

/// A lease of the past is none.
fn leased(row: &FileRow, now: Timestamp) -> bool {
    row.state.status == Status::Waiting && row.leased_until.is_some_and(|until| until > now)
}

fn holder(row: &FileRow, now: Timestamp, pullers: &HashMap<Sequence, OfficerId>) -> Option<Holder> {
    if leased(row, now) {
        let officer = row.token.and_then(|token| pullers.get(&token).cloned());
        return Some(Holder { officer, until: row.leased_until });
    }
    (row.state.status != Status::Waiting).then(|| Holder { officer: row.officer.clone(), until: None })
}

fn unit_overview(
    unit: &Unit,
    standings: &[CountedFiles],
    (work, on_duty): (&HashMap<UnitId, i64>, &OnDuty),
) -> UnitOverview {
    let open = || standings.iter().filter(|one| one.unit == unit.id && !one.status.has_ended());
    let count = |which: &dyn Fn(&CountedFiles) -> bool| -> i64 {
        open().filter(|one| which(one)).map(|one| one.files).sum()
    };
    UnitOverview {
        unit: unit.id.clone(),
        name: unit.name.clone(),
        reception: unit.kind == UnitKind::Reception,
        centiofficers: on_duty.centiofficers(&unit.id),
        complaints: count(&|one| one.track == Track::Complaint),
        reports: count(&|one| one.track == Track::Report),
        open_centiunits: work.get(&unit.id).copied().unwrap_or_default(),
        waiting: count(&|one| one.status == Status::Waiting && !one.leased),
        leased: count(&|one| one.leased),
        held: count(&|one| one.status != Status::Waiting),
        oldest_waiting: open().filter(|one| one.status == Status::Waiting).map(|one| one.oldest).min(),
    }
}

fn statuses(standings: &[CountedFiles]) -> Vec<StatusCount> {
    let files = |track: Track, status: Status| {
        let here = standings.iter().filter(|one| one.track == track && one.status == status);
        StatusCount { track, status, files: here.map(|one| one.files).sum() }
    };
    let every =
        Track::ALL.into_iter().flat_map(|track| Status::ALL.iter().map(move |status| (track, *status)));
    every.map(|(track, status)| files(track, status)).filter(|count| count.files > 0).collect()
}

async fn model_in_use(tx: &mut Tx, bureau: BureauId) -> Result<Option<ModelInUse>, LedgerError> {
    let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
    let Some(id) = head.champion else { return Ok(None) };
    let artefact = tx.model(bureau, &id).await?.and_then(|json| Artefact::parse(&json).ok());
    let source = artefact.map(|Artefact { trained_on, metrics, source, .. }| ModelSource {
        trained_on,
        metrics,
        source,
    });
    Ok(Some(ModelInUse { id, source }))
}
