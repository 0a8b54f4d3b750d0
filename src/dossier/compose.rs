//! How a dossier is put together from what was read, without reading or asking for anything more.

use std::collections::HashMap;

use super::{Decided, Dossier, Entry, FORMAT, Fact, Link, Linked, Reader, articles, items, notices, terms};
use crate::domain::act::FileAct;
use crate::domain::command::{Command, EventKind, Handling, Ruling, Verb};
use crate::domain::deadline::Review;
use crate::domain::decision::Basis;
use crate::domain::given::{Fact as _, Given, PURGED};
use crate::domain::handling::{Disposition, Finding, RefusalGround, TerminationGround};
use crate::domain::ids::{OfficerId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::plain::seen;
use crate::domain::text::Why;
use crate::domain::time::Timestamp;
use crate::domain::view::{Act, FileView};
use crate::evidence::{Earlier, Sheet, Standing};
use crate::routing::Bureau;
use crate::statute::RuleSet;

/// What a dossier is made from.
#[derive(Debug)]
pub(crate) struct Gathered<'a> {
    /// The file as it stands.
    pub(crate) file: &'a FileView,
    /// What was done on it, oldest first, with the command of each.
    pub(crate) acts: &'a [(Act, Command)],
    /// The evidence sheet of a complaint, where one was scored.
    pub(crate) sheet: Option<&'a Sheet>,
    /// Where the complaints that the sheet names stand now.
    pub(crate) now: &'a HashMap<RegistrationNumber, Standing>,
    /// The bureau file in force.
    pub(crate) rules: &'a Bureau,
    /// The order that governs the file.
    pub(crate) law: &'static RuleSet,
    /// The last event of the bureau, and when that was.
    pub(crate) last: (Sequence, Timestamp),
    /// Its row in the trail.
    pub(crate) link: Option<Link>,
}

/// Makes the dossier.
pub(crate) fn dossier(gathered: &Gathered<'_>) -> Dossier {
    let Gathered { file, law, rules, last: (as_of_sequence, at), .. } = gathered;
    let as_of = at.day();
    Dossier {
        format: FORMAT,
        number: file.number.clone(),
        track: file.id.track,
        bureau: rules.name().to_owned(),
        as_of_sequence: *as_of_sequence,
        as_of,
        audit: gathered.link.clone(),
        reader: Reader::Bureau,
        rules: law.law,
        facts: facts(file).into(),
        standing: standing(gathered),
        timeline: gathered.acts.iter().map(|act| entry(gathered, act)).collect::<Vec<_>>().into(),
        decisions: gathered.acts.iter().filter_map(|act| decided(gathered, act)).collect::<Vec<_>>().into(),
        notices: notices::given(gathered).into(),
        terms: file.state.clocks.iter().map(|term| terms::owed(gathered, term)).collect(),
        articles: articles::quoted(gathered),
        linked: linked(gathered),
        linked_as_of: gathered.sheet.map(|sheet| sheet.as_of_time.clone()),
        evidence: items::evidence(gathered).into(),
        reviews: file.state.reviews.iter().map(review).collect(),
    }
}

fn fact(name: impl Into<String>, value: impl Into<String>) -> Fact {
    Fact { name: name.into(), value: value.into() }
}

/// What was stated, without what was not.
/// What was sent, fact by fact.
pub(crate) fn facts(file: &FileView) -> Vec<Fact> {
    let FileView { received, channel, complainant, respondent, part, .. } = file;
    let came = [
        ("接收时间", Given::Known(received.words())),
        ("接收方式", channel.map(crate::domain::given::Fact::words)),
    ];
    let rest = complainant.shown().chain(respondent.shown()).chain(part.shown());
    let all = came.into_iter().chain(rest.map(|(name, words)| (name.zh, words)));
    let named = |zh: &str| zh.replace(Track::Complaint.zh(), file.id.track.zh());
    all.filter_map(|(zh, words)| match words {
        Given::Absent => None,
        Given::Masked => Some(fact(named(zh), "（平台已遮盖）")),
        Given::Purged => Some(fact(named(zh), PURGED)),
        Given::Known(words) => Some(fact(named(zh), seen(&words))),
    })
    .collect()
}

fn standing(gathered: &Gathered<'_>) -> Vec<Fact> {
    let state = &gathered.file.state;
    let unit = unit(gathered.rules, &state.unit);
    let officer = state.officer.as_ref().map(|id| officer(gathered.rules, id));
    let more = [
        officer.map(|officer| fact("承办人员", officer)),
        state.finding.map(|finding| fact("研判意见", Finding::zh(finding))),
        state.ground.map(|ground| fact("不予受理情形", RefusalGround::zh(ground))),
        state.termination.map(|ground| fact("终止调解情形", TerminationGround::zh(ground))),
        state.disposition.map(|disposition| fact("处理结果", Disposition::zh(disposition))),
        state.ended_at.map(|at| fact("办结日期", at.day().zh())),
    ];
    let purged = gathered.file.purged.as_ref().map(|purged| fact("清除", purged.zh()));
    let first = [fact("办理状态", state.status.zh()), fact("承办单位", unit)];
    first.into_iter().chain(more.into_iter().flatten()).chain(purged).collect()
}

fn unit(rules: &Bureau, id: &UnitId) -> String {
    rules.unit(id).map_or_else(|| id.to_string(), |unit| unit.name.clone())
}

pub(super) fn officer(rules: &Bureau, id: &OfficerId) -> String {
    match rules.officer(id) {
        Some(officer) => format!("{}（{id}）", officer.name.expose().as_str()),
        None => id.to_string(),
    }
}

fn entry(gathered: &Gathered<'_>, (act, command): &(Act, Command)) -> Entry {
    let rules = gathered.rules;
    Entry {
        sequence: act.sequence,
        recorded: act.recorded_at.display(),
        done_on: act.done_on.filter(|day| *day != act.recorded_at.day()),
        title: act.title.clone(),
        officer: act.officer.as_ref().map(|id| officer(rules, id)),
        unit: act.unit.as_ref().map(|id| unit(rules, id)),
        text: act
            .text
            .as_ref()
            .map(|text| seen(text).into_owned())
            .or_else(|| came_in(gathered, act, command)),
        warnings: act.warnings.iter().map(crate::domain::check::Warning::text).collect(),
        internal: is_internal(act.kind, command),
    }
}

/// When it had been received, and to which unit it was sent for what reason: nobody does that by hand.
fn came_in(gathered: &Gathered<'_>, act: &Act, command: &Command) -> Option<String> {
    if !matches!(command, Command::Submit(_) | Command::Import { .. }) {
        return None;
    }
    let Gathered { file, rules, law, .. } = gathered;
    let decision = Some(&file.decision).filter(|decision| decision.sequence == act.sequence);
    let sent = decision.and_then(|decision| decision.routing.as_ref()).map(|routing| match routing.basis {
        Basis::Ended => format!("，{}，未分送", routing.basis.zh()),
        basis => format!("，分送{}（{}）{}", unit(rules, &routing.unit), basis.zh(), law.by("return")),
    });
    Some(format!("收到时间 {}；由程序登记{}", file.received.words(), sent.unwrap_or_default()))
}

/// What the bureau does among itself.
fn is_internal(kind: EventKind, command: &Command) -> bool {
    let recused = |command: &Command| {
        matches!(
            command,
            Command::Handle(Handling { verb: Verb::Record { act: FileAct::Recused { .. }, .. }, .. })
        )
    };
    let among =
        [EventKind::Skip, EventKind::Return, EventKind::Reassign, EventKind::Escalate, EventKind::Step];
    among.contains(&kind) || recused(command)
}

fn decided(gathered: &Gathered<'_>, (act, command): &(Act, Command)) -> Option<Decided> {
    let Command::Handle(Handling { verb, .. }) = command else { return None };
    let finding = match verb {
        Verb::Decide { finding, .. } => finding.as_ref(),
        Verb::Close { .. }
        | Verb::Record { act: FileAct::HandedOver { .. } | FileAct::SelfCorrected { .. }, .. } => None,
        _ => return None,
    };
    Some(Decided {
        on: act.done_on.unwrap_or(act.recorded_at.day()),
        title: act.title.clone(),
        reason: verb.text().map(words),
        finding: finding.map(|(finding, why)| format!("{}：{}", finding.zh(), words(why))),
        records: records(gathered, act, verb),
        officer: act.officer.as_ref().map(|id| officer(gathered.rules, id)),
    })
}

/// What was recorded of the work that a decision speaks of, until the day on which it was made.
fn records(gathered: &Gathered<'_>, act: &Act, verb: &Verb) -> Option<String> {
    let on = act.done_on.unwrap_or(act.recorded_at.day());
    match verb {
        Verb::Decide { ruling: Ruling::File | Ruling::NotFile { .. }, .. } => {
            terms::verified(gathered, on).map(|records| format!("核查：{records}"))
        }
        Verb::Close { disposition: Disposition::MediationEnded | Disposition::Settled, .. } => {
            Some(format!("组织调解：{}", terms::mediated(gathered, on)))
        }
        _ => None,
    }
}

pub(super) fn words(why: &Why) -> String {
    seen(why.as_str()).into_owned()
}

fn linked(gathered: &Gathered<'_>) -> Vec<Linked> {
    // Other complaints have to do with this one only where it was refused for what they show.
    let sheet = gathered.sheet.filter(|_| items::rests_on_past(gathered));
    let earlier = sheet.map(|sheet| sheet.earlier.as_slice()).unwrap_or_default();
    let linked = |one: &Earlier| Linked {
        number: one.number.clone(),
        received: one.received.clone(),
        respondent: one.respondent.clone(),
        product: one.product.clone(),
        amount_fen: one.amount_fen,
        then: one.standing.zh(),
        now: gathered.now.get(&one.number).unwrap_or(&one.standing).zh(),
    };
    earlier.iter().map(linked).collect()
}

fn review(review: &Review) -> Fact {
    let Review { kind, authority, challenged, received_on, reply_on, outcome, .. } = review;
    let end = outcome.map_or_else(
        || format!("应于{}前答复，未审结", reply_on.zh()),
        |outcome| format!("结果：{}", outcome.zh()),
    );
    let value = format!("{}，{}收到，针对“{}”，{end}", authority.as_str(), received_on.zh(), challenged.zh());
    fact(kind.zh(), value)
}
