//! Intake (登记): submissions come in, are sent again, amended, withdrawn, urged.
//!
//! A run of submissions is taken in bulk - one read of the history, one fold in order - and gives what the same
//! submissions one by one would give (promise 5). Reports are decided before the complaint of the same
//! submission and on report load alone (promise 4).

mod amend;
mod known;
mod link;
mod outcome;
mod past;
mod purge;
mod related;
mod rescore;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

pub(crate) use amend::{amend, urge, withdraw};
pub(crate) use link::cut_link;
pub(crate) use outcome::{of_row as outcome_of_row, outcome};
pub(crate) use purge::purge;
pub(crate) use rescore::rescore;

use known::compare_known;
use past::{Asking, Past};
use related::{FileKeys, RelatedFiles};

use crate::domain::act::Recused;
use crate::domain::command::{Answer, Command, EventKind, News, Novelty, Outcome, Receipt};
use crate::domain::deadline::{Duty, Start, Testing};
use crate::domain::decision::{Basis, Decision, Routing, Suspicion};
use crate::domain::ids::{FileId, RegistrationNumber, Sequence, Track};
use crate::domain::outcome::{Ending, FileOutcome};
use crate::domain::plain::bare;
use crate::domain::submission::Submission;
use crate::domain::time::Timestamp;
use crate::features::Observation;
use crate::ledger::{Batch, Clocks, Event, LedgerError, Prepared, Stop, Under, answer};
use crate::model;

use crate::routing::{Bureau, Incoming, Learned, Related, Standing, WHOLE_TRACK, kind, route};
use crate::statute::life::State;
use crate::store::{FileRow, KnownNumber};

/// What is to be done with an item, decided once from what is known of its number.
enum Plan<'a> {
    /// Its number is new: it is taken in.
    New,
    /// The same bytes once more: answered with the first decision.
    Repeat(&'a KnownNumber),
    /// The same row once more: what it reports of its file may be new.
    Row(&'a KnownNumber, &'a FileOutcome),
    /// Other bytes of a known number: compared with the stored facts.
    Compare(&'a KnownNumber),
}

impl<'a> Plan<'a> {
    fn of(prepared: &'a Prepared, known: Option<&'a KnownNumber>) -> Self {
        match (known, &prepared.request.command) {
            (None, _) => Self::New,
            // Sent again, what was purged does not come back.
            (Some(known), _) if known.is_purged => Self::Repeat(known),
            (Some(known), _) if prepared.tombstone.is_some() => Self::Compare(known),
            (Some(known), _) if known.digest != prepared.digest => Self::Compare(known),
            (Some(known), Command::Import { outcome, .. }) => Self::Row(known, outcome),
            (Some(known), _) => Self::Repeat(known),
        }
    }
}

/// Takes in submissions and imported rows of distinct numbers, in order. Gives the answers of those it got through: it
/// stops before a repeat that must be compared with stored facts, unless that is the first one.
pub(crate) async fn submit(batch: &mut Batch<'_>, run: &[&Prepared]) -> Result<Vec<Answer>, LedgerError> {
    let numbers = run.iter().filter_map(|prepared| number_of(prepared));
    let known = batch.tx.known_numbers(batch.bureau, numbers).await?;
    let known_of = |prepared: &Prepared| number_of(prepared).and_then(|number| known.get(number.as_str()));
    let mut plans: Vec<(&Prepared, Plan<'_>)> =
        run.iter().map(|prepared| (*prepared, Plan::of(prepared, known_of(prepared)))).collect();
    if let Some((first, Plan::Compare(known))) = plans.first() {
        return Ok(vec![answer(compare_known(batch, first, known).await)?]);
    }
    let compared = plans.iter().position(|(_, plan)| matches!(plan, Plan::Compare(_)));
    plans.truncate(compared.unwrap_or(plans.len()));

    let repeats = plans.iter().filter_map(|(prepared, plan)| match plan {
        Plan::Repeat(known) => Some((number_of(prepared)?.clone(), known.sequence, known.recorded_at)),
        _ => None,
    });
    let mut receipts = receipts(batch, &repeats.collect::<Vec<_>>()).await?;
    let rows = plans.iter().filter_map(|(prepared, plan)| match plan {
        Plan::Row(known, _) => Some((*prepared, known.sequence)),
        _ => None,
    });
    let mut files = outcome::files(batch, rows).await?;
    let new = plans.iter().filter(|(_, plan)| matches!(plan, Plan::New)).map(|(prepared, _)| *prepared);
    let mut seen = ReadAhead::read(batch, &new.collect::<Vec<_>>()).await?;

    let mut answers = Vec::with_capacity(plans.len());
    for (prepared, plan) in plans {
        answers.push(match plan {
            Plan::New => answer(take_in(batch, prepared, &mut seen).await)?,
            Plan::Repeat(_) if matches!(prepared.request.command, Command::Import { .. }) => {
                Ok(Outcome::Imported { facts: Novelty::Known, outcome: News::Known, differing: None })
            }
            Plan::Repeat(known) => {
                let receipt = receipts.remove(&known.sequence).ok_or(LedgerError::Unreadable("decision"))?;
                Ok(Outcome::Submitted { receipt, repeat: true })
            }
            Plan::Row(known, outcome) => {
                let before = files.remove(&known.sequence).ok_or(LedgerError::Unreadable("file"))?;
                let (outcome, after) = outcome::apply(batch, prepared, &before, outcome).await?;
                if let Some(after) = after {
                    seen.apply_change(Some(&before), &after);
                }
                Ok(Outcome::Imported { facts: Novelty::Known, outcome, differing: None })
            }
            // The list ends before the first of them.
            Plan::Compare(known) => answer(compare_known(batch, prepared, known).await)?,
        });
    }
    Ok(answers)
}

fn number_of(prepared: &Prepared) -> Option<&RegistrationNumber> {
    prepared.request.command.version().map(|submission| &submission.number)
}

/// What a run of new submissions is seen against. It was read before the first of them, and changes with every event of the
/// run: whatever is read here of files must be updated in [`ReadAhead::apply_change`] (promise 5). How long files were held changes
/// by officers' verbs alone, which are in no run of submissions.
struct ReadAhead {
    past: Past,
    related: RelatedFiles,
    learned: Learned,
}

impl ReadAhead {
    /// Reads what new submissions are decided by.
    async fn read(batch: &mut Batch<'_>, new: &[&Prepared]) -> Result<Self, LedgerError> {
        let asking: Vec<_> = new.iter().filter_map(|prepared| Asking::of(prepared)).collect();
        let past = Past::read(batch, &asking).await?;
        batch.read_loads().await?;
        Ok(Self { past, related: read_related(batch, new).await?, learned: read_learned(batch, new).await? })
    }

    /// Updates what was read ahead after a file was made or changed.
    fn apply_change(&mut self, before: Option<&FileRow>, after: &FileRow) {
        self.past.apply_change(after);
        self.related.apply_change(before, after);
    }
}

/// Reads the open files that may belong with those of a run: of who sent it, and against whom.
async fn read_related(batch: &mut Batch<'_>, new: &[&Prepared]) -> Result<RelatedFiles, LedgerError> {
    let tracks = |prepared: &Prepared| -> Vec<Track> {
        prepared.request.command.version().map(|version| version.tracks().collect()).unwrap_or_default()
    };
    let keys = |key: fn(&Prepared) -> Option<i64>| {
        let keyed = new.iter().filter_map(move |prepared| Some((key(prepared)?, *prepared)));
        keyed
            .flat_map(move |(key, prepared)| tracks(prepared).into_iter().map(move |track| (key, track)))
            .collect()
    };
    let (senders, respondents) = (keys(|prepared| prepared.sender), keys(|prepared| prepared.respondent));
    RelatedFiles::read(batch, senders, respondents).await
}

/// Reads how long files of the kinds of a run were held, and files of each whole track beside them.
async fn read_learned(batch: &mut Batch<'_>, new: &[&Prepared]) -> Result<Learned, LedgerError> {
    let versions = new.iter().filter_map(|prepared| prepared.request.command.version());
    let kinds = versions.flat_map(|version| {
        version.tracks().filter_map(|track| Some((track, kind(version.part(track)?).into_owned())))
    });
    let wanted: BTreeSet<(Track, String)> =
        kinds.chain(Track::ALL.map(|track| (track, WHOLE_TRACK.to_owned()))).collect();
    let held = batch.tx.held(batch.bureau, wanted.into_iter()).await?;
    Ok(Learned::from_held(held.into_iter().map(|(track, kind, minutes)| ((track, kind), minutes)).collect()))
}

/// One new submission: decided, folded into the history, collected for writing.
async fn take_in(batch: &mut Batch<'_>, prepared: &Prepared, seen: &mut ReadAhead) -> Result<Outcome, Stop> {
    let command = &prepared.request.command;
    let submission = command.version().ok_or(LedgerError::Unreadable("submission"))?;
    let row_outcome = match command {
        Command::Import { outcome, .. } => Some(outcome).filter(|outcome| !outcome.is_empty()),
        _ => None,
    };
    let sequence = batch.next();
    let outcome_sequence = row_outcome.map(|_| batch.next());
    let (mut key_hashes, text) = (prepared.key_hashes.clone(), prepared.shingles.as_ref());
    past::read_as_then(batch, &mut key_hashes, submission, sequence);
    let place = (submission.received.at, sequence, sequence);
    let key_hashes = seen.past.key_hashes(batch, key_hashes, text, place).await?;
    let mut decisions = Vec::with_capacity(2);
    for track in submission.tracks() {
        let observed = match track {
            Track::Complaint if prepared.tombstone.is_none() => {
                Some(seen.past.observe(batch, submission, &key_hashes, None).await?)
            }
            Track::Complaint | Track::Report => None,
        };
        let mut file_keys = file_keys(prepared, track, observed.as_ref(), sequence);
        let id = FileId { submission: sequence, track };
        let decided = Arc::clone(&batch.decided);
        let ending = row_outcome.and_then(|outcome| outcome.ending.as_ref());
        let of_file = (id, observed.as_ref(), ending);
        let (suspicion, routing) = decide_new(batch, seen, submission, of_file, &mut file_keys).await?;
        let mut file = new_file(batch, id, submission, &routing, file_keys);
        if let Some((_, _, kind)) = decided.file(id) {
            kind.clone_into(&mut file.kind);
        }
        if let Some((outcome, sequence)) = row_outcome.zip(outcome_sequence) {
            file.state = file.state.with_outcome(track, outcome, sequence);
            outcome::stamp(&mut file, sequence);
        }
        let rules = batch.rules_sequence();
        let decision = Decision { file: file.id, sequence, suspicion, routing: Some(routing), rules };
        open_file(batch, &mut file, submission, &decision, outcome_sequence)?;
        if track == Track::Complaint && prepared.tombstone.is_none() {
            seen.past.remember(batch, &key_hashes, &file);
        }
        seen.apply_change(None, &file);
        decisions.push(decision);
    }
    list(batch, prepared, submission, sequence, key_hashes.template);
    record_submission(batch, prepared, row_outcome.zip(outcome_sequence), sequence, decisions)
}

/// What is decided on a new file. In a replay, what another version of the deciding code decided, or what was decided by a past that
/// is gone, is taken over, with the cluster it was decided in.
async fn decide_new(
    batch: &mut Batch<'_>,
    seen: &mut ReadAhead,
    submission: &Submission,
    (id, observed, ending): (FileId, Option<&Observation>, Option<&Ending>),
    file_keys: &mut FileKeys,
) -> Result<(Option<Suspicion>, Routing), LedgerError> {
    let decided = Arc::clone(&batch.decided);
    let take_over = |file_keys: &mut FileKeys, decision: &Decision, cluster: i64| {
        file_keys.cluster = cluster;
        let routing = decision.routing.clone().ok_or(LedgerError::Unreadable("decision"))?;
        Ok((decision.suspicion.clone(), routing))
    };
    if let Some((decision, cluster, _)) = decided.file(id) {
        return take_over(file_keys, decision, cluster);
    }
    let (suspicion, routing) = match ending {
        None => {
            let related = seen.related.of(batch, *file_keys).await?;
            decide(batch, submission, observed, &related, &seen.learned)
        }
        Some(ending) => keep(batch, observed, ending),
    };
    match decided.file_of_lost_past(id, suspicion.as_ref(), file_keys.cluster) {
        Some((decision, cluster)) => take_over(file_keys, decision, cluster),
        None => Ok((suspicion, routing)),
    }
}

/// Records a submission, with the outcome that its row reported, and answers it.
fn record_submission(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    row_outcome: Option<(&FileOutcome, Sequence)>,
    sequence: Sequence,
    decisions: Vec<Decision>,
) -> Result<Outcome, Stop> {
    let command = &prepared.request.command;
    let submission = command.version().ok_or(LedgerError::Unreadable("submission"))?;
    let ended = row_outcome.is_some_and(|(outcome, _)| outcome.ending.is_some());
    let kind = if ended { EventKind::Backfill } else { EventKind::Submit };
    batch.record(Event::new(sequence, kind, prepared).of(sequence))?;
    if let Some((outcome, at)) = row_outcome {
        let file = decisions.first().ok_or(LedgerError::Unreadable("submission"))?.file;
        outcome::record(batch, prepared, at, &submission.number, file, outcome)?;
    }
    if matches!(command, Command::Import { .. }) {
        let outcome = if row_outcome.is_some() { News::New } else { News::Known };
        return Ok(Outcome::Imported { facts: Novelty::New, outcome, differing: None });
    }
    let receipt = Receipt { number: submission.number.clone(), sequence, recorded_at: batch.now, decisions };
    Ok(Outcome::Submitted { receipt, repeat: false })
}

/// By what a file takes turns: a complaint by its cluster, a report by its sender; a file with neither has a key of its own.
fn file_keys(
    prepared: &Prepared,
    track: Track,
    observed: Option<&Observation>,
    sequence: Sequence,
) -> FileKeys {
    let cluster_id = match observed {
        Some(observed) => observed.cluster_id().or(prepared.sender),
        None => prepared.sender,
    };
    FileKeys {
        track,
        cluster: cluster_id.unwrap_or(-sequence.0),
        alone: cluster_id.is_none(),
        respondent: prepared.respondent,
        mass_incident: observed.is_some_and(Observation::is_mass_incident),
    }
}

/// A file that has just come in and waits in its unit's queue.
fn new_file(
    batch: &mut Batch<'_>,
    id: FileId,
    submission: &Submission,
    routing: &Routing,
    file_keys: FileKeys,
) -> FileRow {
    let part = submission.part(id.track);
    let mut file = FileRow {
        id,
        number: submission.number.clone(),
        unit: routing.unit.clone(),
        centiunits: routing.centiunits,
        token: None,
        leased_until: None,
        skipped_until: None,
        officer: None,
        urges: 0,
        cluster: file_keys.cluster,
        respondent: file_keys.respondent,
        turn: 0,
        due_on: None,
        queued_at: batch.now,
        escalates_at: None,
        warned_at: None,
        signed_at: None,
        skips: 0,
        kind: part.map_or_else(String::new, |part| kind(part).into_owned()),
        testing: Testing::default(),
        recused: Recused::default(),
        state: State::new(submission.received.at),
    };
    batch.join(&mut file);
    file
}

/// Lists a new submission, to be found by number, phone, document and shop.
fn list(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    submission: &Submission,
    sequence: Sequence,
    template: Option<Sequence>,
) {
    for (key_hash, track) in &prepared.search_keys {
        batch.writes.search_key(batch.keyed, *key_hash, FileId { submission: sequence, track: *track });
    }
    let Submission { number, received, .. } = submission;
    batch.writes.submission(batch.bureau, sequence, number, received.at, shop(submission), template);
}

/// A new file: in its unit's queue, its work on its unit's load and its clocks running, unless it has ended. What its row
/// reported beside its facts is of the event `row_event`.
fn open_file(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    submission: &Submission,
    decision: &Decision,
    row_event: Option<Sequence>,
) -> Result<(), LedgerError> {
    let track = file.id.track;
    if file.state.status.has_ended() {
        file.escalates_at = None;
    } else {
        batch.assign(&file.unit, track, file.centiunits);
        batch.count_related(file, 1);
        batch.grown.insert((file.unit.clone(), track));
        let rules = Arc::clone(&batch.rules);
        let under = batch.under(&rules, file, file.id.submission);
        let received = file.state.received_at.day();
        let duty = match track {
            Track::Complaint => Duty::Accept,
            Track::Report => Duty::Verify,
        };
        let mut clocks = Clocks::none();
        clocks.start(under, duty, received, &file.testing);
        clocks.start_notice(under, track, submission, Start::Receipt, received);
        if let Some(by) = row_event.filter(|_| file.state.accepted_upstream) {
            let report = Some(submission).filter(|_| track == Track::Report);
            clocks.take_up(Under { by, ..under }, report, &file.testing);
        }
        batch.put_clocks(file, &clocks)?;
    }
    Ok(batch.writes.file(batch.bureau, file, decision)?)
}

/// Decides one file. A report has nothing observed: it is never scored, and its way takes no score (promise 4).
fn decide(
    batch: &mut Batch<'_>,
    submission: &Submission,
    observed: Option<&Observation>,
    related: &Related,
    learned: &Learned,
) -> (Option<Suspicion>, Routing) {
    let (rules, on_duty) = (Arc::clone(&batch.rules), batch.on_duty());
    let bands = bands(&rules);
    let suspicion = observed.map(|observed| model::suspicion(batch.champion.as_deref(), observed, bands));
    let incoming = match &suspicion {
        Some(suspicion) => Incoming::Complaint(suspicion.band),
        None => Incoming::Report,
    };
    let basis = &batch.context.basis;
    let today = batch.now.day();
    let standing = Standing { today, loads: batch.loads(), basis, on_duty: &on_duty, learned };
    let routing = route(&rules, &standing, related, submission, incoming);
    (suspicion, routing)
}

/// Keeps a file that had ended before it came in: its vector is logged as of its receipt, for training; it is neither
/// scored nor routed, and stands with the unit that handled it, or with reception where the name gives none.
fn keep(batch: &Batch<'_>, observed: Option<&Observation>, ending: &Ending) -> (Option<Suspicion>, Routing) {
    let unit = ending.handled_by.as_ref().and_then(|name| batch.rules.unit_named(name.as_str()));
    let unit = unit.unwrap_or_else(|| batch.rules.reception()).id.clone();
    let routing = Routing { unit, basis: Basis::Ended, candidates: Vec::new(), centiunits: 0, matched: None };
    (observed.map(model::not_scored), routing)
}

/// Where the bureau draws its bands.
pub(crate) fn bands(rules: &Bureau) -> model::Bands<'_> {
    let settings = rules.settings();
    let (medium, high) = settings.bands;
    model::Bands { medium, high, floors: &settings.floors }
}

/// The stored first decisions of submissions, as they were answered.
pub(crate) async fn receipts(
    batch: &mut Batch<'_>,
    repeats: &[(RegistrationNumber, Sequence, Timestamp)],
) -> Result<HashMap<Sequence, Receipt>, LedgerError> {
    let files: Vec<FileId> = repeats
        .iter()
        .flat_map(|(_, submission, _)| Track::ALL.map(|track| FileId { submission: *submission, track }))
        .collect();
    let mut stored = batch.tx.decisions(batch.bureau, &files).await?;
    let receipt = |(number, sequence, recorded_at): &(RegistrationNumber, Sequence, Timestamp)| {
        let decisions = [Track::Report, Track::Complaint]
            .into_iter()
            .filter_map(|track| stored.remove(&FileId { submission: *sequence, track }))
            .filter_map(|rows| rows.into_iter().next())
            .collect();
        let (sequence, recorded_at) = (*sequence, *recorded_at);
        (sequence, Receipt { number: number.clone(), sequence, recorded_at, decisions })
    };
    Ok(repeats.iter().map(receipt).collect())
}

/// The shop's name, to be searched by prefix, and shown in lists: in its normal form but for case.
fn shop(submission: &Submission) -> Option<String> {
    submission.respondent.name.known().map(|name| bare(name.as_str()).into_owned())
}
