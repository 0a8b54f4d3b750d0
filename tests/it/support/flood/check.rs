//! An independent look at a history: what was asked and answered, in the order of the log. It knows no code of ours, only
//! the promises.

use std::collections::{BTreeMap, BTreeSet};

use triage::domain::command::{Command, Handling, Outcome, Ruling, Verb};
use triage::domain::handling::Status;
use triage::domain::ids::Track;

use super::calendar::{day_of, is_urgent, plus_working_days, working_minutes};
use super::plan::{FULL_AT, Item, LEASE_SECONDS, RECUSED};

const RECEPTION: &str = "reception";
const MICROS: i64 = 1_000_000;

/// An event of the log: its place, when, what, and of which file; read past the program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logged {
    pub(crate) sequence: i64,
    pub(crate) at: i64,
    pub(crate) kind: i64,
    pub(crate) file: (i64, Track),
}

/// `EventKind::Escalate`, as it is stored.
pub(crate) const ESCALATE: i64 = 20;

/// All that can be known of a run from outside.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Commands that were done, with their answers.
    pub(crate) done: Vec<(Command, Outcome)>,
    /// The log.
    pub(crate) log: Vec<Logged>,
    /// Places of the log at which everything overdue had been looked for, and the time then.
    pub(crate) swept: Vec<(i64, i64)>,
}

/// A file as the history tells it.
#[derive(Debug, Clone)]
struct File {
    number: String,
    person: usize,
    gym: bool,
    received: i64,
    due: i64,
    centiunits: i64,
    unit: String,
    track: Track,
    status: Status,
    token: Option<i64>,
    leased_until: i64,
    skipped_until: i64,
    queued_at: i64,
    warned: bool,
    /// What the queue had given out when it joined.
    joined: i64,
    /// Given out since it joined.
    given: bool,
    /// What the queue had given out when it joined or its person was last served.
    turn: i64,
    /// Files of others given out instead of this one, and how many others waited at the first of them.
    passed: usize,
    waited_with: Option<usize>,
}

type Queue = (String, Track);
type Id = (i64, Track);

/// The bureau as the history tells it.
#[derive(Debug, Default)]
pub(crate) struct Bureau {
    files: BTreeMap<Id, File>,
    served: BTreeMap<Queue, i64>,
    /// When a person was last served by a queue.
    served_last: BTreeMap<(Queue, usize), i64>,
    open: BTreeMap<Queue, i64>,
    /// Longest that anybody was passed over, in files.
    pub(crate) longest: usize,
    /// Files given out, leases that ended by themselves, warnings, files sent to reception.
    pub(crate) gives: usize,
    pub(crate) warnings: usize,
    pub(crate) rescued: usize,
}

macro_rules! hold {
    ($that:expr, $($text:tt)+) => { if !$that { return Err(format!($($text)+)); } };
}

type Held = Result<(), String>;

/// Goes through a history; the bureau at its end.
pub(crate) fn check(items: &BTreeMap<String, Item>, seen: &Seen) -> Result<Bureau, String> {
    let mut done: BTreeMap<i64, &(Command, Outcome)> = BTreeMap::new();
    for one in &seen.done {
        if let Some(sequence) = sequence_of(&one.1)
            && let Some(other) = done.insert(sequence, one)
        {
            return Err(format!("{sequence} was answered twice: {:?} {:?}", one.0, other.0));
        }
    }
    let mut bureau = Bureau::default();
    let (mut sweeps, mut last) = (seen.swept.iter().peekable(), 0);
    for event in &seen.log {
        hold!(event.at >= last, "the history went back at {}", event.sequence);
        last = event.at;
        let found = match done.remove(&event.sequence) {
            Some((command, outcome)) => bureau.happens(items, event.at, command, outcome),
            None if event.kind == ESCALATE => bureau.escalates(event.at, event.file),
            None => Err("nobody was told of it".to_owned()),
        };
        found.map_err(|error| format!("event {} (kind {}): {error}", event.sequence, event.kind))?;
        while let Some((_, at)) = sweeps.next_if(|(sequence, _)| *sequence == event.sequence) {
            bureau.nobody_is_forgotten(*at).map_err(|error| format!("after {}: {error}", event.sequence))?;
        }
    }
    hold!(done.is_empty(), "acknowledged and not in the log: {:?}", done.keys());
    for item in items.values() {
        for track in tracks(item.parts) {
            let of = |(id, file): (&Id, &File)| {
                (file.number == item.number && id.1 == track).then_some(file.status)
            };
            let found: Vec<Status> = bureau.files.iter().filter_map(of).collect();
            hold!(found.len() == 1 && found[0].has_ended(), "{} {track:?}: {found:?}", item.number);
        }
    }
    hold!(bureau.open.values().all(|open| *open == 0), "open work is left: {:?}", bureau.open);
    Ok(bureau)
}

/// Tracks of a submission's parts.
pub(crate) fn tracks(parts: u8) -> impl Iterator<Item = Track> {
    Track::ALL.into_iter().filter(move |track| parts & if *track == Track::Complaint { 1 } else { 2 } != 0)
}

/// The place of what an answer tells; none where nothing happened.
fn sequence_of(outcome: &Outcome) -> Option<i64> {
    match outcome {
        Outcome::Submitted { receipt, .. } => Some(receipt.sequence.0),
        Outcome::Noted { sequence } | Outcome::Handled { sequence, .. } => Some(sequence.0),
        Outcome::Pulled(leases) => leases.first().map(|lease| lease.token.0),
        _ => None,
    }
}

impl Bureau {
    fn happens(
        &mut self,
        items: &BTreeMap<String, Item>,
        at: i64,
        command: &Command,
        outcome: &Outcome,
    ) -> Held {
        match (command, outcome) {
            (Command::Submit(_), Outcome::Submitted { receipt, .. }) => {
                let item = &items[receipt.number.as_str()];
                hold!(
                    receipt.decisions.len() == tracks(item.parts).count(),
                    "a part of {} is lost",
                    item.number
                );
                for decision in &receipt.decisions {
                    let routing = decision.routing.as_ref().ok_or("not routed")?;
                    let id = (decision.file.submission.0, decision.file.track);
                    let file = File::new(item, id.1, routing.centiunits);
                    hold!(self.files.insert(id, file).is_none(), "{} is in twice", item.number);
                    self.join(id, routing.unit.as_str(), at)?;
                }
                Ok(())
            }
            (Command::Pull { unit, officer, track, most }, Outcome::Pulled(leases)) => {
                hold!(leases.len() <= *most as usize, "more than was asked for");
                for lease in leases {
                    let until = lease.until.0;
                    hold!(until == at + LEASE_SECONDS * MICROS, "a lease of another length");
                    let id = (lease.file.submission.0, lease.file.track);
                    hold!(id.1 == *track, "of the other track");
                    self.give(id, unit.as_str(), officer.as_str(), at)?;
                    let file = self.file(id)?;
                    (file.token, file.leased_until) = (Some(lease.token.0), until);
                }
                Ok(())
            }
            (Command::Handle(handling), Outcome::Handled { token, status, until, .. }) => {
                self.handle(at, handling, token.0, *status, until.map(|until| until.0))
            }
            (Command::Reassign { file, unit, .. }, Outcome::Noted { .. }) => {
                let id = self.named(file.number.as_str(), file.track)?;
                let known = self.file(id)?;
                let free = known.status == Status::Waiting && known.leased_until <= at;
                hold!(free || known.unit == RECEPTION, "sent on while somebody has it");
                self.leave(id)?;
                self.join(id, unit.as_str(), at)
            }
            (Command::LoadBureau { .. }, Outcome::Noted { .. }) => Ok(()),
            _ => Err(format!("an answer to something else: {outcome:?}")),
        }
    }

    fn file(&mut self, id: Id) -> Result<&mut File, String> {
        self.files.get_mut(&id).ok_or_else(|| format!("{id:?} is not known"))
    }

    fn named(&self, number: &str, track: Track) -> Result<Id, String> {
        let found = self.files.iter().find(|(id, file)| file.number == number && id.1 == track);
        found.map(|(id, _)| *id).ok_or_else(|| format!("{number} is not known"))
    }

    fn join(&mut self, id: Id, unit: &str, at: i64) -> Held {
        let queue = (unit.to_owned(), id.1);
        let served = self.served.get(&queue).copied().unwrap_or_default();
        let file = self.file(id)?;
        let File { number, person, gym, received, due, centiunits, track, .. } = file.clone();
        let fresh = File { number, person, gym, received, due, ..File::empty(track, centiunits) };
        *file = File { unit: unit.to_owned(), queued_at: at, joined: served, turn: served, ..fresh };
        let open = self.open.entry(queue).or_default();
        *open += centiunits;
        let full = unit == FULL_AT.0 && id.1 == Track::Complaint && *open > FULL_AT.1;
        hold!(!full, "{unit} has more open work than it may: {open}");
        Ok(())
    }

    fn leave(&mut self, id: Id) -> Held {
        let file = self.file(id)?;
        let (queue, centiunits) = ((file.unit.clone(), id.1), file.centiunits);
        *self.open.entry(queue).or_default() -= centiunits;
        Ok(())
    }

    /// One file is given out: nobody has it, the officer may, and it is its turn.
    fn give(&mut self, id: Id, unit: &str, officer: &str, at: i64) -> Held {
        let queue: Queue = (unit.to_owned(), id.1);
        let file = self.file(id)?.clone();
        let offered = |other: &&File| other.is_offered(&queue, officer, at);
        hold!(offered(&&file), "{} was not free for {officer} of {unit}: {file:?}", file.number);
        let today = day_of(at);
        let waiting: Vec<&File> = self.files.values().filter(offered).collect();
        let first = waiting.iter().min_by(|a, b| a.rank(today).cmp(&b.rank(today))).ok_or("nothing waits")?;
        hold!(first.number == file.number, "{file:?} was given before {first:?}");
        // Between two files of one person everybody else who waited all along is served once.
        let last = self.served_last.get(&(queue.clone(), file.person)).copied();
        if let Some(last) = last.filter(|_| !file.given) {
            for other in waiting.iter().filter(|other| other.person != file.person && other.joined < last) {
                let ahead = is_urgent(other.due, today) >= is_urgent(file.due, today);
                let since = self.served_last.get(&(queue.clone(), other.person)).is_some_and(|at| *at > last);
                hold!(!ahead || since, "{} again before {}", file.number, other.number);
            }
        }
        let served = self.served.entry(queue.clone()).or_default();
        *served += 1;
        let served = *served;
        self.served_last.insert((queue.clone(), file.person), served);
        self.gives += 1;
        self.pass(id, &file, &queue, officer, at)?;
        for other in
            self.files.values_mut().filter(|other| other.waits_in(&queue) && other.person == file.person)
        {
            (other.turn, other.passed, other.waited_with) = (served, 0, None);
        }
        let given = self.file(id)?;
        // A lease that comes to nothing leaves it where it was.
        (given.turn, given.given) = (file.turn, true);
        Ok(())
    }

    /// Nobody is passed over more often than there were others waiting when he came, but for what is nearly overdue and
    /// what was given out before.
    fn pass(&mut self, id: Id, file: &File, queue: &Queue, officer: &str, at: i64) -> Held {
        let today = day_of(at);
        let persons: BTreeSet<usize> =
            self.files.values().filter(|one| one.waits_in(queue)).map(|one| one.person).collect();
        let urgent = is_urgent(file.due, today);
        for (other_id, other) in &mut self.files {
            let passed = *other_id != id
                && other.person != file.person
                && !file.given
                && other.is_offered(queue, officer, at)
                && is_urgent(other.due, today) >= urgent;
            if passed {
                let bound = *other.waited_with.get_or_insert(persons.len().saturating_sub(1));
                other.passed += 1;
                self.longest = self.longest.max(other.passed);
                hold!(other.passed <= bound, "{} waits for more than {bound} others", other.number);
            }
        }
        Ok(())
    }

    fn handle(
        &mut self,
        at: i64,
        handling: &Handling,
        token: i64,
        status: Status,
        until: Option<i64>,
    ) -> Held {
        let id = self.named(handling.file.number.as_str(), handling.file.track)?;
        let file = self.file(id)?;
        hold!(file.token == Some(handling.token.0), "{}: a foreign or late token did something", file.number);
        let leased = file.status == Status::Waiting && file.leased_until > at;
        let held = matches!(file.status, Status::SignedFor | Status::Accepted | Status::Filed);
        match &handling.verb {
            Verb::Extend | Verb::Skip { .. } | Verb::SignFor => {
                hold!(leased, "{} was not leased", file.number);
            }
            _ => hold!(held, "{} was not held", file.number),
        }
        match &handling.verb {
            Verb::Extend => file.leased_until = until.ok_or("no end of the lease")?,
            Verb::Skip { .. } => {
                (file.token, file.leased_until) = (None, 0);
                file.skipped_until = at + LEASE_SECONDS * MICROS;
            }
            Verb::Return { .. } => {
                self.leave(id)?;
                self.join(id, RECEPTION, at)?;
            }
            verb => {
                let expected = match verb {
                    Verb::SignFor => Status::SignedFor,
                    Verb::Decide { ruling: Ruling::Accept, .. } => Status::Accepted,
                    Verb::Decide { ruling: Ruling::Refuse { .. }, .. } => Status::Refused,
                    Verb::Decide { ruling: Ruling::File, .. } => Status::Filed,
                    Verb::Decide { .. } => Status::NotFiled,
                    Verb::Close { .. } => Status::Closed,
                    _ => file.status,
                };
                hold!(status == expected, "{}: {verb:?} led to {status:?}", file.number);
                (file.status, file.token, file.leased_until) = (status, Some(token), 0);
                if status.has_ended() {
                    self.leave(id)?;
                }
            }
        }
        Ok(())
    }

    /// Four working hours without a signature: the manager is told; eight: it goes to reception.
    fn escalates(&mut self, at: i64, id: Id) -> Held {
        let file = self.file(id)?;
        let minutes = working_minutes(file.queued_at, at);
        let waits = file.status == Status::Waiting && file.leased_until <= at && file.unit != RECEPTION;
        hold!(waits, "{} did not wait", file.number);
        if !file.warned {
            hold!(minutes >= 240, "{} after {minutes} minutes", file.number);
            file.warned = true;
            self.warnings += 1;
            return Ok(());
        }
        hold!(minutes >= 480, "{} to reception after {minutes} minutes", file.number);
        self.rescued += 1;
        self.leave(id)?;
        self.join(id, RECEPTION, at)
    }

    /// Everything overdue has just been looked for.
    fn nobody_is_forgotten(&self, at: i64) -> Held {
        let waits = |file: &&File| {
            file.status == Status::Waiting && file.leased_until <= at && file.unit != RECEPTION
        };
        for file in self.files.values().filter(waits) {
            let minutes = working_minutes(file.queued_at, at);
            hold!(minutes < 480 && (minutes < 240 || file.warned), "{}: {minutes} minutes", file.number);
        }
        Ok(())
    }

    /// Files given out by each queue.
    pub(crate) fn served(&self) -> &BTreeMap<Queue, i64> {
        &self.served
    }
}

impl File {
    fn empty(track: Track, centiunits: i64) -> Self {
        Self {
            number: String::new(),
            person: 0,
            gym: false,
            received: 0,
            due: 0,
            centiunits,
            unit: String::new(),
            track,
            status: Status::Waiting,
            token: None,
            leased_until: 0,
            skipped_until: 0,
            queued_at: 0,
            warned: false,
            joined: 0,
            given: false,
            turn: 0,
            passed: 0,
            waited_with: None,
        }
    }

    fn new(item: &Item, track: Track, centiunits: i64) -> Self {
        let received = crate::support::MONDAY.0 - item.received_before * MICROS;
        let days = if track == Track::Complaint { 7 } else { 15 };
        let due = plus_working_days(day_of(received), days);
        let Item { number, person, gym, .. } = item.clone();
        Self { number, person, gym, received, due, ..Self::empty(track, centiunits) }
    }

    fn waits_in(&self, queue: &Queue) -> bool {
        self.status == Status::Waiting && self.unit == queue.0 && self.track == queue.1
    }

    fn is_offered(&self, queue: &Queue, officer: &str, at: i64) -> bool {
        let free = self.leased_until <= at && self.skipped_until <= at;
        self.waits_in(queue) && free && !(self.gym && officer == RECUSED)
    }

    /// Class A first, then the turn, then deadline, receive time, number.
    fn rank(&self, today: i64) -> (bool, i64, i64, i64, &str) {
        (!is_urgent(self.due, today), self.turn, self.due, self.received, &self.number)
    }
}
