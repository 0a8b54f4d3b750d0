//! What speaks against a decision (决定前体检), by what is on record. It warns; what the law forbids is refused elsewhere.

use crate::domain::act::{Asked, FileAct, Verification, VerificationSubject};
use crate::domain::check::{Warning, WarningKind};
use crate::domain::command::{Command, Handling, Ruling, Verb};
use crate::domain::deadline::{Clock, LastDay};
use crate::domain::decision::{Decision, Factor, Reason};
use crate::domain::evidence::GuardKind;
use crate::domain::handling::{Finding, RefusalGround};
use crate::domain::ids::RegistrationNumber;
use crate::domain::time::Day;

/// What is on record of a file that is about to be decided.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// When it came in.
    pub received: Day,
    /// The day on which it is decided: what was done later does not count.
    pub on: Day,
    /// When the purchase or the dispute was, as far as that is known.
    pub occurred: Option<Day>,
    /// The term to decide, while it runs.
    pub deciding: Option<&'a Clock>,
    /// Its scores, oldest first.
    pub decisions: &'a [Decision],
    /// What was done on it, oldest first.
    pub acts: &'a [Command],
    /// Complaints that its score names, whose refusal did not stand.
    pub overturned: &'a [RegistrationNumber],
}

/// What a verb claims against the sender: the ground of Art. 16 by which a complaint is refused, or ended after acceptance.
pub fn ground(verb: &Verb) -> Option<RefusalGround> {
    match verb {
        Verb::Decide { ruling: Ruling::Refuse { ground, .. }, .. } => Some(*ground),
        Verb::Close { ground, .. } => *ground,
        _ => None,
    }
}

/// Whether anything but its term has to be read for a verb.
pub fn is_looked_into(verb: &Verb) -> bool {
    ground(verb).is_some()
        || matches!(verb, Verb::Decide { ruling: Ruling::File | Ruling::NotFile { .. }, .. })
}

/// What speaks against a verb.
pub fn warnings(case: Case<'_>, verb: &Verb) -> Vec<Warning> {
    let mut found: Vec<Warning> = Vec::new();
    let decides = matches!(verb, Verb::Decide { .. });
    if decides && case.deciding.is_some_and(|clock| clock.due_on < LastDay::from(case.on)) {
        found.push(WarningKind::Late.into());
    }
    if let Some(ground) = ground(verb) {
        found.extend(case.against(ground).into_iter().map(Warning::from));
        if !case.overturned.is_empty() {
            found.push(Warning { kind: WarningKind::Overturned, records: case.overturned.to_vec() });
        }
        let clears = matches!(verb, Verb::Decide { finding: Some((Finding::NotSuspected, _)), .. });
        if clears && ground == RefusalGround::NotForConsumption {
            found.push(WarningKind::FindingDiffers.into());
        }
    }
    if decided(verb).is_some_and(|decided| case.undone().contains(&decided)) {
        found.push(WarningKind::SameAgain.into());
    }
    let verified = matches!(verb, Verb::Decide { ruling: Ruling::File | Ruling::NotFile { .. }, .. });
    if verified && !case.was_worked_on() {
        found.push(WarningKind::NotVerified.into());
    }
    found
}

/// What a verb decides against the sender.
fn decided(verb: &Verb) -> Option<Adverse> {
    let not_filed = matches!(verb, Verb::Decide { ruling: Ruling::NotFile { .. }, .. });
    ground(verb).map(Adverse::Refused).or(not_filed.then_some(Adverse::NotFiled))
}

/// A decision against the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Adverse {
    /// By a ground of Art. 16.
    Refused(RefusalGround),
    /// A report is not filed.
    NotFiled,
}

impl Case<'_> {
    /// What reviews have undone on the merits of what was decided on this file.
    fn undone(self) -> Vec<Adverse> {
        let (mut last, mut undone) = (None, Vec::new());
        for act in self.acts {
            match act {
                Command::Handle(Handling { verb, .. }) => last = decided(verb).or(last),
                Command::EndReview { end, .. }
                    if end.outcome.annuls() && end.on_merits == Some(true) && !end.decided_itself =>
                {
                    undone.extend(last);
                }
                _ => {}
            }
        }
        undone
    }

    /// What speaks against a ground of Art. 16.
    fn against(self, ground: RefusalGround) -> Vec<WarningKind> {
        match ground {
            RefusalGround::NotForConsumption => self.against_purpose(),
            RefusalGround::MaterialMissing => missing(self.asked(VerificationSubject::ALL)),
            RefusalGround::IdentityRefused => missing(self.asked(&[VerificationSubject::Identity])),
            RefusalGround::TooLate => self.within_three_years().into_iter().collect(),
            RefusalGround::NotOurDuty | RefusalGround::HandledElsewhere | RefusalGround::OtherByLaw => {
                Vec::new()
            }
        }
    }

    /// 16(3) stands on a fact of Art. 17(1) to (4): on the sheet, or by proof that was asked for and not given.
    fn against_purpose(self) -> Vec<WarningKind> {
        let asked = self.asked(&[VerificationSubject::Purchase, VerificationSubject::Dispute]);
        let mut found = Vec::new();
        match (asked, self.has_fact()) {
            (Asked::NotGiven, _) | (Asked::Never, true) => {}
            (Asked::Never, false) => found.extend([WarningKind::NoFact, WarningKind::NotAsked]),
            (Asked::Open, true) => found.push(WarningKind::NotAnswered),
            (Asked::Open, false) => found.extend([WarningKind::NoFact, WarningKind::NotAnswered]),
            (Asked::Given, _) => found.push(WarningKind::Given),
        }
        if self.looks_alike() {
            found.push(WarningKind::LookAlike);
        }
        found
    }

    fn has_fact(self) -> bool {
        let suspicions = self.decisions.iter().filter_map(|decision| decision.suspicion.as_ref());
        let is_fact = |reason: &Reason| {
            !matches!(reason.factor, Factor::Other | Factor::Context) && reason.contribution > 0.0
        };
        suspicions.flat_map(|made| &made.reasons).any(is_fact)
    }

    /// The latest score was made with a look-alike that speaks for the complainant.
    fn looks_alike(self) -> bool {
        let latest = self.decisions.iter().rev().find_map(|decision| decision.suspicion.as_ref());
        let speaks = |kind: GuardKind| {
            matches!(
                kind,
                GuardKind::MassIncident
                    | GuardKind::BrandEvent
                    | GuardKind::DifferentDisputes
                    | GuardKind::Family
                    | GuardKind::OpenDuplicate
            )
        };
        latest.is_some_and(|made| made.evidence.guards.iter().any(|guard| speaks(guard.kind)))
    }

    fn asked(self, subjects: &[VerificationSubject]) -> Asked {
        Asked::about(subjects, self.verifications())
    }

    fn verifications(&self) -> impl Iterator<Item = &Verification> {
        self.verbs().filter_map(|verb| match verb {
            Verb::Record { act: FileAct::Verified(one), .. } => Some(one),
            _ => None,
        })
    }

    fn was_worked_on(&self) -> bool {
        self.verbs()
            .any(|verb| matches!(verb, Verb::Step { .. } | Verb::Record { act: FileAct::Verified(_), .. }))
    }

    fn verbs(&self) -> impl Iterator<Item = &Verb> {
        let verb = |command| match command {
            &Command::Handle(Handling { ref verb, .. }) => Some(verb),
            _ => None,
        };
        self.acts.iter().filter_map(verb).filter(|verb| verb.done_on().is_none_or(|on| on <= self.on))
    }

    fn within_three_years(self) -> Option<WarningKind> {
        let too_late = self.occurred?.years_later(3);
        (self.received <= too_late).then_some(WarningKind::WithinThreeYears)
    }
}

/// What is said to be missing was asked for, and not given.
fn missing(asked: Asked) -> Vec<WarningKind> {
    match asked {
        Asked::Never => vec![WarningKind::NotAsked],
        Asked::Open => vec![WarningKind::NotAnswered],
        Asked::Given => vec![WarningKind::Given],
        Asked::NotGiven => Vec::new(),
    }
}
