//! What a decision would meet, were it made now (决定前体检): by the same rules by which it is taken or refused, and nothing is
//! changed.

use super::{handle, lawful, officer_of, refused, terms};
use crate::domain::act::{NoticeSubject, Party};
use crate::domain::command::{Handling, Ruling, Verb};
use crate::domain::deadline::{Clock, Duty};
use crate::domain::handling::Status;
use crate::domain::ids::{Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::submission::Submission;
use crate::domain::time::Timestamp;
use crate::ledger::{Clocks, Under};
use crate::routing::Bureau;
use crate::statute::life::{self, By, Circumstances, FileChange};
use crate::store::FileRow;

/// What would follow from a decision.
#[derive(Debug)]
pub(crate) struct Planned {
    /// Why it would be refused.
    pub(crate) refusal: Option<Refusal>,
    /// The term to decide, where one runs.
    pub(crate) deciding: Option<Clock>,
    /// Who is to be told of what, and the term for it.
    pub(crate) to_tell: Vec<(NoticeSubject, Party, Clock)>,
}

/// What would follow from a decision on a file, with these terms and facts.
pub(crate) fn planned(
    rules: &Bureau,
    file: &FileRow,
    (terms, facts): (Vec<Clock>, &Submission),
    handling: &Handling,
    now: Timestamp,
) -> Planned {
    let mut clocks = Clocks::of(terms);
    let deciding = clocks.deciding().cloned();
    let refusal = may(rules, file, (&clocks, facts), handling, now).err();
    let (verb, today) = (&handling.verb, now.day());
    let on = verb.done_on().unwrap_or(today);
    let under =
        Under { bureau: rules, received: file.state.received_at.day(), today, by: Sequence(0), acts: true };
    match verb {
        Verb::Decide { ruling, .. } => {
            if let Some(start) = terms::notice_start(ruling) {
                clocks.start_notice(under, Track::Report, facts, start, on);
            }
        }
        Verb::Close { disposition, .. } => {
            for duty in terms::terminated(under, *disposition, file.state.status == Status::Accepted) {
                clocks.start(under, *duty, on, &file.testing);
            }
        }
        _ => {}
    }
    let notice =
        |clock: &Clock| notice_of(verb, clock.duty).map(|(subject, to)| (subject, to, clock.clone()));
    let to_tell = clocks.running_ones().filter_map(notice).collect();
    Planned { refusal, deciding, to_tell }
}

fn may(
    rules: &Bureau,
    file: &FileRow,
    (clocks, facts): (&Clocks, &Submission),
    handling: &Handling,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Handling { officer, verb, .. } = handling;
    officer_of(rules, officer, &file.unit)?;
    let by = By { sequence: Sequence(0), at: now };
    let circumstances =
        Circumstances { at_reception: file.unit == rules.reception().id, ..Default::default() };
    life::apply(file.id.track, &file.state, circumstances, FileChange::Verb(verb), by)
        .map_err(|barred| refused(barred, verb.word(), file))?;
    handle::fits(file, verb, now)?;
    lawful::approved(&rules.settings().approval, verb)?;
    lawful::verb(rules, file, clocks, verb, now.day())?;
    handle::not_recused(rules, file, officer, Some(&facts.respondent))
}

/// What is told of a decision by whoever keeps a duty to tell.
fn notice_of(verb: &Verb, duty: Duty) -> Option<(NoticeSubject, Party)> {
    let subject = match (verb, duty) {
        (Verb::Decide { ruling: Ruling::Accept, .. }, Duty::TellComplainant) => NoticeSubject::Acceptance,
        (Verb::Decide { ruling: Ruling::Refuse { .. }, .. }, Duty::TellComplainant) => NoticeSubject::Refusal,
        (Verb::Decide { ruling: Ruling::File | Ruling::NotFile { .. }, .. }, Duty::TellReporter) => {
            NoticeSubject::FilingDecision
        }
        (Verb::Decide { ruling: Ruling::NotCompetent { .. }, .. }, Duty::TellReporter) => {
            NoticeSubject::NotCompetent
        }
        (Verb::Close { .. }, Duty::NotifyTermination | Duty::NotifyTerminationRespondent) => {
            NoticeSubject::Termination
        }
        _ => return None,
    };
    let to = if duty == Duty::NotifyTerminationRespondent { Party::Respondent } else { Party::Sender };
    Some((subject, to))
}
