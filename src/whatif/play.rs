//! The period itself: minutes of work, in which files come in, are taken, escalate and end.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};

use super::strategy::{Chooser, Strategy};
use super::unit::UnitQueues;
use super::{Arrival, Pace, Placed, Played, RecordedFile, STEP_MINUTES};
use crate::domain::deadline::Duty;
use crate::domain::decision::{Barred, Basis, Routing};
use crate::domain::ids::{FileId, Track, UnitId};
use crate::domain::time::{Day, Timestamp};
use crate::routing::fair_queue::Waiting;
use crate::routing::{
    Bureau, Learned, LoadBasis, Loads, OnDuty, Related, Spread, Standing, WHOLE_TRACK, kind, route,
};

/// Working days played after the last file came in, at most.
const TAIL_DAYS: u16 = 250;
/// Latest files of a kind that learned effort looks at, as the ledger does.
const LATEST: usize = 64;

/// Plays a period. `arrivals` come in the order of their receive times; `heard` is told how many have come in, day by day.
pub fn play(
    bureau: &Bureau,
    strategy: Strategy,
    pace: Pace,
    arrivals: &[Arrival],
    mut heard: impl FnMut(usize),
) -> Played {
    let Some(office) = Office::of(bureau, arrivals) else {
        return Played { files: Vec::new(), on_duty: Vec::new(), taken: 0 };
    };
    let mut stage = Stage::new(bureau, strategy, pace, &office);
    let mut coming =
        arrivals.iter().map(|one| (office.minute(bureau, one.submission.received.at), one)).peekable();
    let mut come = 0;
    for (nth, day) in (0_i64..).zip(&office.days) {
        stage.open(*day);
        let start = nth * office.day_minutes;
        let steps = (0_i64..).map(|step| start + step * STEP_MINUTES);
        for now in steps.take_while(|now| *now < start + office.day_minutes) {
            stage.now = now;
            stage.end_what_ends();
            while let Some((minute, arrival)) = coming.next_if(|(minute, _)| *minute <= now) {
                stage.take_in(minute, arrival);
                come += 1;
            }
            stage.escalate();
            stage.work();
        }
        heard(come);
        if coming.peek().is_none() && stage.waiting == 0 {
            break;
        }
    }
    stage.played(&office)
}

/// The working days of a period and of the time after it.
struct Office {
    days: Vec<Day>,
    /// The last working day on which something may come in.
    last: Day,
    day_minutes: i64,
}

impl Office {
    fn of(bureau: &Bureau, arrivals: &[Arrival]) -> Option<Self> {
        let calendar = bureau.calendar();
        let first = arrivals.first()?.submission.received.at.day();
        let last = calendar.plus_working_days(arrivals.last()?.submission.received.at.day().plus(-1), 1);
        let end = calendar.plus_working_days(last, TAIL_DAYS);
        let days: Vec<Day> = (first.0..=end.0).map(Day).filter(|day| calendar.is_working_day(*day)).collect();
        let one = *days.first()?;
        let day_minutes = calendar
            .working_minutes(one.start(), one.plus(1).start(), &bureau.settings().office_hours)
            .max(STEP_MINUTES);
        Some(Self { days, last, day_minutes })
    }

    /// Working minutes since the period began.
    fn minute(&self, bureau: &Bureau, at: Timestamp) -> i64 {
        let day = at.day();
        let (nth, is_worked) = match self.days.binary_search(&day) {
            Ok(nth) => (nth, true),
            Err(nth) => (nth, false),
        };
        let hours = &bureau.settings().office_hours;
        let today = if is_worked { bureau.calendar().working_minutes(day.start(), at, hours) } else { 0 };
        i64::try_from(nth).unwrap_or(i64::MAX).saturating_mul(self.day_minutes).saturating_add(today)
    }
}

/// A file that has come in.
struct Case<'a> {
    recorded: &'a RecordedFile,
    placed: Placed,
    came: i64,
    /// Due by the first term of its track.
    due: Day,
    /// Where it is.
    unit: UnitId,
    kind: Cow<'a, str>,
    escalates: Option<i64>,
}

struct Stage<'a> {
    bureau: &'a Bureau,
    pace: Pace,
    day_minutes: i64,
    chooser: Chooser,
    today: Day,
    now: i64,
    on_duty: OnDuty,
    loads: Loads,
    /// The day that files come in, which may be a day off: the desks are a working day ahead of it then.
    routed_on: Option<Day>,
    learned: Learned,
    held: HashMap<(Track, String), VecDeque<i64>>,
    related: Book,
    units: Vec<UnitQueues>,
    cases: Vec<Case<'a>>,
    at: HashMap<FileId, usize>,
    ends: BinaryHeap<Reverse<(i64, usize)>>,
    /// Files in queues, those that may still escalate in the order they joined, and how many were taken.
    waiting: usize,
    escalating: VecDeque<usize>,
    taken: usize,
}

impl<'a> Stage<'a> {
    fn new(bureau: &'a Bureau, strategy: Strategy, pace: Pace, office: &Office) -> Self {
        let today = office.days.first().copied().unwrap_or(Day(0));
        let on_duty = OnDuty::over(bureau, &[today]);
        let queues =
            |unit: &UnitId| UnitQueues::new(unit.clone(), on_duty.centiofficers(unit), office.day_minutes);
        Self {
            bureau,
            pace,
            day_minutes: office.day_minutes,
            chooser: Chooser::new(strategy),
            routed_on: None,
            today,
            now: 0,
            units: bureau.units().iter().map(|unit| queues(&unit.id)).collect(),
            on_duty,
            loads: Loads::default(),
            learned: Learned::default(),
            held: HashMap::new(),
            related: Book::default(),
            cases: Vec::new(),
            at: HashMap::new(),
            ends: BinaryHeap::new(),
            waiting: 0,
            escalating: VecDeque::new(),
            taken: 0,
        }
    }

    fn open(&mut self, day: Day) {
        self.today = day;
        let there = OnDuty::over(self.bureau, &[day]);
        let until = self.bureau.class_a_until(day);
        for queues in &mut self.units {
            queues.open(there.centiofficers(&queues.unit), until);
        }
        let held = self.held.iter().map(|(of, minutes)| (of.clone(), minutes.iter().copied().collect()));
        self.learned = Learned::from_held(held.collect());
    }

    /// Files that end leave their unit's load, and tell how long they were held.
    fn end_what_ends(&mut self) {
        while let Some(Reverse((minute, at))) = self.ends.peek().copied() {
            if minute > self.now {
                return;
            }
            self.ends.pop();
            let Some(case) = self.cases.get(at) else { continue };
            let track = case.placed.file.track;
            self.loads.add(&case.unit, track, -case.placed.routing.centiunits);
            self.related.add(case.recorded, &case.unit, -1);
            if let Some(minutes) = case.recorded.held_minutes {
                let kinds = [&*case.kind, WHOLE_TRACK];
                let distinct = if case.kind == WHOLE_TRACK { &kinds[..1] } else { &kinds[..] };
                for kind in distinct {
                    let latest = self.held.entry((track, (*kind).to_owned())).or_default();
                    latest.push_back(minutes);
                    let surplus = latest.len().saturating_sub(LATEST);
                    latest.drain(..surplus);
                }
            }
        }
    }

    fn take_in(&mut self, minute: i64, arrival: &'a Arrival) {
        let day = arrival.submission.received.at.day();
        if self.routed_on != Some(day) {
            if self.routed_on.is_none_or(|before| before.month_number() != day.month_number()) {
                self.loads.begin_month();
            }
            self.routed_on = Some(day);
            self.on_duty = OnDuty::at(self.bureau, day);
        }
        for recorded in &arrival.files {
            let file = FileId { submission: arrival.sequence, track: recorded.incoming.track() };
            let standing = Standing {
                today: day,
                loads: &self.loads,
                basis: &LoadBasis::LAWFUL,
                on_duty: &self.on_duty,
                learned: &self.learned,
            };
            let related = self.related.of(recorded);
            let mut routing = route(self.bureau, &standing, &related, &arrival.submission, recorded.incoming);
            self.chooser.choose(self.bureau, file, &arrival.submission, &mut routing);
            self.place(minute, arrival, recorded, file, routing);
        }
    }

    fn place(
        &mut self,
        came: i64,
        arrival: &'a Arrival,
        recorded: &'a RecordedFile,
        file: FileId,
        routing: Routing,
    ) {
        let submission = &arrival.submission;
        let (unit, centiunits) = (routing.unit.clone(), routing.centiunits);
        let sent = self.bureau.reception().id == unit;
        let placed = Placed {
            file,
            first_time: recorded.first_time,
            received_at: submission.received.at,
            competent: competent(&routing),
            routing,
            taken_by: None,
            waited: None,
            overdue: true,
            moves: u32::from(sent),
        };
        let due = due(self.bureau, file.track, submission.received.at.day());
        self.related.add(recorded, &unit, 1);
        self.loads.assign(&unit, file.track, centiunits);
        let escalates = (!sent).then(|| self.now + i64::from(self.bureau.settings().escalate_minutes));
        let kind = submission.part(file.track).map_or("".into(), kind);
        let at = self.cases.len();
        self.at.insert(file, at);
        if escalates.is_some() {
            self.escalating.push_back(at);
        }
        self.cases.push(Case { recorded, placed, came, due, unit: unit.clone(), kind, escalates });
        let waiting = Waiting {
            submission: file.submission,
            danger: false,
            urgent: due <= self.bureau.class_a_until(self.today),
            turn: 0,
            due,
            received_at: submission.received.at,
            number: submission.number.clone(),
            cluster: recorded.cluster,
        };
        self.waiting += 1;
        self.join(&unit, file.track, waiting);
    }

    fn join(&mut self, unit: &UnitId, track: Track, waiting: Waiting) {
        if let Some(queues) = self.units.iter_mut().find(|queues| queues.unit == *unit) {
            queues.queue(track).join(waiting);
        }
    }

    /// What nobody took in time goes to reception; of files in the order they joined, the first are the first to go.
    fn escalate(&mut self) {
        while let Some(at) = self.escalating.front().copied() {
            let Some(case) = self.cases.get_mut(at) else { break };
            if case.escalates.is_some_and(|minute| minute > self.now) {
                break;
            }
            self.escalating.pop_front();
            if case.placed.taken_by.is_some() {
                continue;
            }
            let FileId { submission, track } = case.placed.file;
            let queues = self.units.iter_mut().find(|queues| queues.unit == case.unit);
            let Some(queue) = queues.map(|queues| queues.queue(track).waiting_mut()) else { continue };
            let Some(place) = queue.iter().position(|file| file.submission == submission) else { continue };
            let waiting = queue.remove(place);
            let reception = self.bureau.reception().id.clone();
            self.loads.add(&case.unit, track, -case.placed.routing.centiunits);
            self.loads.add(&reception, track, case.placed.routing.centiunits);
            self.related.add(case.recorded, &case.unit, -1);
            self.related.add(case.recorded, &reception, 1);
            case.placed.moves += 1;
            case.unit = reception.clone();
            self.join(&reception, track, waiting);
        }
    }

    fn work(&mut self) {
        let Self { units, cases, at, .. } = self;
        for queues in units {
            queues.work(STEP_MINUTES, self.pace.centiunits, self.day_minutes);
            loop {
                let effort = |track: Track, file: &Waiting| {
                    let id = FileId { submission: file.submission, track };
                    at.get(&id).and_then(|at| cases.get(*at)).map_or(1, |case| case.placed.routing.centiunits)
                };
                let Some((track, file)) = queues.take(self.day_minutes, effort) else { break };
                let Some(at) = at.get(&FileId { submission: file.submission, track }).copied() else {
                    continue;
                };
                let Some(case) = cases.get_mut(at) else { continue };
                case.placed.taken_by = Some(queues.unit.clone());
                case.placed.waited = Some((self.now - case.came).max(0));
                case.placed.overdue = self.today > case.due;
                let work = case.placed.routing.centiunits * self.day_minutes / self.pace.centiunits.max(1);
                let ends = match (case.recorded.held_minutes, case.recorded.open_minutes) {
                    (Some(held), _) => self.now + held,
                    (None, Some(open)) => case.came + open,
                    (None, None) => self.now + self.pace.held_days * self.day_minutes,
                };
                self.ends.push(Reverse((ends.max(self.now + work), at)));
                self.waiting -= 1;
                self.taken += 1;
            }
        }
    }

    fn played(self, office: &Office) -> Played {
        let days = || office.days.iter().filter(|day| **day <= office.last);
        let mut on_duty: BTreeMap<UnitId, Vec<(Day, i64)>> = BTreeMap::new();
        for day in days() {
            let there = OnDuty::over(self.bureau, &[*day]);
            for unit in self.bureau.units() {
                on_duty.entry(unit.id.clone()).or_default().push((*day, there.centiofficers(&unit.id)));
            }
        }
        let files = self.cases.into_iter().map(|case| case.placed).collect();
        Played { files, on_duty: on_duty.into_iter().collect(), taken: self.taken }
    }
}

/// Units that could lawfully have had it: those considered and not recused; where reception decides, reception.
pub fn competent(routing: &Routing) -> Vec<UnitId> {
    if !routing.candidates.iter().any(|candidate| candidate.chosen) && routing.basis != Basis::AtCapacity {
        return vec![routing.unit.clone()];
    }
    let may = routing.candidates.iter().filter(|candidate| candidate.barred != Some(Barred::Recused));
    may.map(|candidate| candidate.unit.clone()).collect()
}

/// The day by which a file has to be taken up, by the first term of its track.
fn due(bureau: &Bureau, track: Track, received: Day) -> Day {
    let duty = match track {
        Track::Complaint => Duty::Accept,
        Track::Report => Duty::Verify,
    };
    let rules = bureau.governing(received, received);
    let found = rules.deadline(bureau.calendar(), duty, received, &[]);
    found.and_then(|deadline| deadline.due.day()).unwrap_or(Day(i32::MAX))
}

/// Open files by hand and by operator, as intake keeps them.
#[derive(Debug, Default)]
struct Book {
    clusters: HashMap<(i64, Track), BTreeMap<UnitId, i64>>,
    respondents: HashMap<(i64, Track), BTreeMap<UnitId, i64>>,
}

impl Book {
    fn add(&mut self, recorded: &RecordedFile, unit: &UnitId, files: i64) {
        let track = recorded.incoming.track();
        let clusters = self.clusters.entry((recorded.cluster, track)).or_default();
        let respondents = recorded.respondent.map(|one| self.respondents.entry((one, track)).or_default());
        for units in std::iter::once(clusters).chain(respondents) {
            let known = units.entry(unit.clone()).or_default();
            *known += files;
            if *known == 0 {
                units.remove(unit);
            }
        }
    }

    fn of(&self, recorded: &RecordedFile) -> Related {
        let track = recorded.incoming.track();
        let spread = |units: Option<&BTreeMap<UnitId, i64>>| {
            let mut spread = Spread::default();
            units.into_iter().flatten().for_each(|(unit, files)| spread.add(unit, *files));
            spread
        };
        let respondent = spread(recorded.respondent.and_then(|one| self.respondents.get(&(one, track))));
        let bundle = if recorded.mass_incident {
            respondent.clone()
        } else {
            spread(self.clusters.get(&(recorded.cluster, track)))
        };
        Related { bundle, respondent }
    }
}
