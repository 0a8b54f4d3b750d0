//! What the people of the small bureau do, knowing no more than what they were answered.

use std::collections::{BTreeMap, VecDeque};

use triage::app::FIRST_BUREAU;
use triage::domain::caller::{Caller, Role};
use triage::domain::command::{Command, FileRef, Handling, Outcome, Ruling, Verb};
use triage::domain::handling::{Disposition, Finding, RefusalGround, Status, StepKind};
use triage::domain::ids::{CallerId, FileId, RegistrationNumber, Sequence, Track};
use triage::domain::time::Timestamp;
use triage::service::Failure;

use super::check::Seen;
use super::plan::{Dice, Item, ON_LEAVE, STAFF, bureau};
use crate::support::world::{Asked, intake, officer, reception, request_id, unit_id, why};

/// A file in somebody's hands, as far as that person knows.
#[derive(Debug, Clone)]
struct Held {
    file: FileId,
    unit: usize,
    officer: &'static str,
    token: Sequence,
    /// End of the lease; none once it is signed for.
    until: Option<Timestamp>,
    status: Status,
}

/// A request on its way, the same until it is answered.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) asked: Asked,
    /// What it is done with; none for what opens something new.
    held: Option<Held>,
    /// A late or foreign token: it must come to nothing.
    refused: bool,
    /// It was answered before, in these words.
    before: Option<String>,
}

/// Everybody.
#[derive(Debug)]
pub(crate) struct Office {
    pub(crate) dice: Dice,
    coming: VecDeque<Item>,
    /// Asked and not answered: asked again.
    pub(crate) open: Vec<Ask>,
    held: Vec<Held>,
    names: BTreeMap<FileId, FileRef>,
    /// Answered pulls and verbs that somebody may ask again, long after.
    again: Vec<Ask>,
    asked: usize,
    ended: usize,
    files: usize,
    on_leave: bool,
    /// Pulls in a thousand chances.
    diligence: u64,
    /// The latest time there was: the clock may have been set back since.
    latest: Timestamp,
    /// Requests that found no answer, tokens that came late, requests asked again after their answer.
    pub(crate) unanswered: usize,
    pub(crate) late: usize,
    pub(crate) repeated: usize,
    pub(crate) seen: Seen,
}

impl Office {
    pub(crate) fn new(mut dice: Dice, items: &BTreeMap<String, Item>) -> Self {
        let files = items.values().map(|item| super::check::tracks(item.parts).count()).sum();
        let diligence = 100 + dice.below(300);
        let mut coming: Vec<Item> = items.values().cloned().collect();
        coming.sort_by_key(|item| item.minute);
        Self {
            dice,
            coming: coming.into(),
            open: Vec::new(),
            held: Vec::new(),
            names: BTreeMap::new(),
            again: Vec::new(),
            asked: 0,
            ended: 0,
            files,
            on_leave: false,
            diligence,
            latest: Timestamp(0),
            unanswered: 0,
            late: 0,
            repeated: 0,
            seen: Seen::default(),
        }
    }

    /// Everything that came in has ended, and everybody has their answer.
    pub(crate) fn is_done(&self) -> bool {
        self.coming.is_empty() && self.open.is_empty() && self.ended == self.files
    }

    /// How far it is, for whoever waits in vain.
    pub(crate) fn progress(&self) -> String {
        format!(
            "{} to come, {} open, {} of {} ended",
            self.coming.len(),
            self.open.len(),
            self.ended,
            self.files
        )
    }

    fn ask(&mut self, caller: Caller, command: Command, held: Option<Held>) {
        self.asked += 1;
        let id = request_id(&format!("q{}", self.asked));
        self.open.push(Ask { asked: (caller, id, command), held, refused: false, before: None });
    }

    /// What is asked now, so many minutes after the start: what found no answer, and what people do next.
    pub(crate) fn next(&mut self, minute: u64, now: Timestamp) -> Vec<Ask> {
        self.latest = self.latest.max(now);
        while self.coming.front().is_some_and(|item| item.minute <= minute) {
            let Some(item) = self.coming.pop_front() else { break };
            self.ask(intake(), Command::Submit(Box::new(item.submission())), None);
        }
        if minute > 100 && !self.on_leave {
            self.on_leave = true;
            self.ask(reception(), Command::LoadBureau { content: bureau(true).into() }, None);
        }
        // While the flood comes in the office is slow; by and by it works everything off.
        let often = if minute < 600 { self.diligence / 4 } else { self.diligence * 2 };
        for (at, (_, officers)) in STAFF.iter().enumerate() {
            for name in *officers {
                let away = self.on_leave && ON_LEAVE.contains(name);
                for track in Track::ALL {
                    if !away && self.dice.permille(often) {
                        self.pull(at, name, track);
                    }
                }
            }
        }
        for held in std::mem::take(&mut self.held) {
            self.go_on(held, now);
        }
        if !self.again.is_empty() && self.dice.permille(100) {
            let at = self.dice.place(self.again.len());
            self.open.push(self.again.swap_remove(at));
            self.repeated += 1;
        }
        let mut asks = std::mem::take(&mut self.open);
        for ask in &mut asks {
            // Asked too late and not answered: the clock has been set back since, and the lease lives again.
            let until = ask.held.as_ref().and_then(|held| held.until);
            ask.refused &= until.is_none_or(|until| until <= now);
        }
        for at in (1..asks.len()).rev() {
            asks.swap(at, self.dice.place(at + 1));
        }
        asks
    }

    fn pull(&mut self, at: usize, name: &str, track: Track) {
        let most = u32::try_from(1 + self.dice.below(4)).unwrap();
        let unit = unit_id(STAFF[at].0);
        self.ask(caller(at), Command::Pull { unit, officer: officer(name), track, most }, None);
    }

    /// The next step of whoever has a file in hand.
    fn go_on(&mut self, held: Held, now: Timestamp) {
        let Some(file) = self.names.get(&held.file).cloned() else {
            // Its number has not been told yet.
            self.held.extend(held.until.is_none_or(|until| until > now).then_some(held));
            return;
        };
        let late = held.until.is_some_and(|until| until <= now);
        if late || self.dice.permille(10) {
            let foreign = !late;
            if self.dice.permille(500) {
                let (mut at, mut token) = (held.unit, held.token);
                if foreign && self.dice.permille(500) {
                    at = (at + 1) % STAFF.len();
                } else if foreign {
                    token = Sequence(token.0 - 1);
                }
                let by = if at == held.unit { held.officer } else { STAFF[at].1[0] };
                let handling = Handling { file, officer: officer(by), token, verb: Verb::SignFor };
                self.ask(caller(at), Command::Handle(handling), late.then(|| held.clone()));
                self.open.last_mut().unwrap().refused = true;
                self.late += 1;
            }
            self.held.extend(foreign.then_some(held));
            return;
        }
        let sent_on = held.unit == 0 && matches!(held.status, Status::Waiting | Status::SignedFor);
        if sent_on && self.dice.permille(400) {
            let unit = unit_id(STAFF[1 + self.dice.place(STAFF.len() - 1)].0);
            self.ask(reception(), Command::Reassign { file, unit, reason: why("属地调整") }, Some(held));
            return;
        }
        let Some(verb) = self.verb(&held) else {
            self.held.push(held);
            return;
        };
        let handling = Handling { file, officer: officer(held.officer), token: held.token, verb };
        self.ask(caller(held.unit), Command::Handle(handling), Some(held));
    }

    fn verb(&mut self, held: &Held) -> Option<Verb> {
        let complaint = held.file.track == Track::Complaint;
        let reason = why("经核实");
        let finding = |finding| complaint.then(|| (finding, why("依据小票")));
        Some(match (held.status, self.dice.below(100)) {
            (Status::Waiting, 0..70) => Verb::SignFor,
            (Status::Waiting, 70..76) => Verb::Extend,
            (Status::Waiting, 76..84) => Verb::Skip { reason },
            (Status::SignedFor, 0..50) if complaint => Verb::Decide {
                ruling: Ruling::Refuse { ground: RefusalGround::NotOurDuty, reason },
                finding: finding(Finding::Suspected),
                on: None,
                approved_by: None,
            },
            (Status::SignedFor, 0..50) => Verb::Decide {
                ruling: Ruling::NotFile { reason, basis: None },
                finding: None,
                on: None,
                approved_by: None,
            },
            (Status::SignedFor, 50..70) => Verb::Decide {
                ruling: if complaint { Ruling::Accept } else { Ruling::File },
                finding: finding(Finding::NotSuspected),
                on: None,
                approved_by: None,
            },
            (Status::SignedFor, 70..74) if held.unit != 0 => Verb::Return { reason },
            (Status::Accepted | Status::Filed, 0..60) => {
                let disposition = if complaint { Disposition::Settled } else { Disposition::Penalised };
                Verb::Close {
                    disposition,
                    termination: None,
                    ground: None,
                    on: None,
                    recovered: None,
                    note: None,
                }
            }
            (Status::SignedFor | Status::Accepted | Status::Filed, 74..80) => {
                Verb::Step { kind: StepKind::SiteVisit, at: self.latest, note: None }
            }
            _ => return None,
        })
    }

    /// What came back.
    pub(crate) fn hear(&mut self, mut ask: Ask, answer: Result<Outcome, Failure>) -> Result<(), String> {
        let outcome = match answer {
            Ok(_) if ask.refused => return Err(format!("not refused: {:?}", ask.asked)),
            Ok(outcome) => outcome,
            Err(Failure::Refused(refusal)) => {
                // Of a lease the officer may have been late; a holding, or a new thing, is refused for no reason.
                let leased = ask.held.as_ref().is_some_and(|held| held.status == Status::Waiting);
                let full =
                    matches!(ask.asked.2, Command::Reassign { .. }) && refusal.reason() == "AT_CAPACITY";
                if full {
                    self.held.extend(ask.held);
                } else if !ask.refused && !leased {
                    return Err(format!("refused: {:?} {refusal:?}", ask.asked));
                }
                return Ok(());
            }
            Err(
                Failure::Internal
                | Failure::Denied
                | Failure::NotSignedIn
                | Failure::PasswordToChange
                | Failure::ClockNotTrusted { .. },
            ) => {
                return Err(format!("an internal error: {:?}", ask.asked));
            }
            Err(Failure::Busy { .. } | Failure::Full { .. }) => {
                self.unanswered += 1;
                self.open.push(ask);
                return Ok(());
            }
        };
        let words = format!("{outcome:?}");
        if let Some(before) = ask.before {
            return if words == before { Ok(()) } else { Err(format!("first {before}, then {words}")) };
        }
        self.take(&ask, &outcome);
        self.seen.done.push((ask.asked.2.clone(), outcome));
        let kept = !matches!(&ask.asked.2, Command::Submit(_));
        let got_some = !words.contains("Pulled([])");
        if kept && got_some && self.dice.permille(30) {
            (ask.before, ask.held) = (Some(words), None);
            self.again.push(ask);
        }
        Ok(())
    }

    fn take(&mut self, ask: &Ask, outcome: &Outcome) {
        match (&ask.asked.2, outcome) {
            (_, Outcome::Submitted { receipt, .. }) => {
                for decision in &receipt.decisions {
                    let number = RegistrationNumber::parse(receipt.number.as_str()).unwrap();
                    self.names.insert(decision.file, FileRef { number, track: decision.file.track });
                }
            }
            (Command::Pull { unit, officer, .. }, Outcome::Pulled(leases)) => {
                let at = STAFF.iter().position(|(name, _)| *name == unit.as_str()).unwrap();
                let by = STAFF[at].1.iter().find(|name| **name == officer.as_str()).unwrap();
                self.held.extend(leases.iter().map(|lease| Held {
                    file: lease.file,
                    unit: at,
                    officer: by,
                    token: lease.token,
                    until: Some(lease.until),
                    status: Status::Waiting,
                }));
            }
            (Command::Handle(handling), Outcome::Handled { token, status, until, .. }) => {
                let Some(held) = ask.held.clone() else { return };
                let gone = matches!(handling.verb, Verb::Skip { .. } | Verb::Return { .. });
                self.ended += usize::from(status.has_ended());
                let until = *until;
                let on = !gone && !status.has_ended();
                self.held.extend(on.then_some(Held { token: *token, status: *status, until, ..held }));
            }
            _ => {}
        }
    }
}

/// A unit's system.
fn caller(at: usize) -> Caller {
    if at == 0 {
        return reception();
    }
    let id = CallerId(10 + i64::try_from(at).unwrap());
    Caller::service(id, FIRST_BUREAU, Role::Unit, Some(unit_id(STAFF[at].0)))
}
