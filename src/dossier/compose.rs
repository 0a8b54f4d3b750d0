//! How a dossier is put together from what was read, without reading or asking for anything more.

use std::collections::{BTreeSet, HashMap};

use super::{Decided, Dossier, Entry, FORMAT, Fact, Item, Linked, NoticeGiven, Owed, Quoted};
use crate::domain::act::{FileAct, Notice, Verification};
use crate::domain::command::{Command, EventKind, Handling, Verb};
use crate::domain::deadline::{Clock, LastDay, Review};
use crate::domain::given::{Fact as _, Given};
use crate::domain::handling::{Disposition, Finding, RefusalGround, TerminationGround};
use crate::domain::ids::{OfficerId, RegistrationNumber, Sequence, Track, UnitId};
use crate::domain::plain::seen;
use crate::domain::text::{Line, Why};
use crate::domain::time::{Day, Timestamp};
use crate::domain::view::{Act, FileView};
use crate::evidence::{Earlier, Sheet, Standing};
use crate::routing::Bureau;
use crate::statute::{RuleSet, articles};

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
}

/// Makes the dossier.
pub(crate) fn dossier(gathered: &Gathered<'_>) -> Dossier {
    let Gathered { file, law, rules, last: (as_of_sequence, at), .. } = gathered;
    let as_of = at.day();
    let terms = file.state.clocks.iter().map(|term| owed(&term.clock, as_of)).collect();
    Dossier {
        format: FORMAT,
        number: file.number.clone(),
        track: file.id.track,
        bureau: rules.name().to_owned(),
        as_of_sequence: *as_of_sequence,
        as_of,
        outward: false,
        rules: law.law,
        facts: facts(file).into(),
        standing: standing(gathered),
        timeline: gathered.acts.iter().map(|act| entry(gathered, act)).collect::<Vec<_>>().into(),
        decisions: gathered.acts.iter().filter_map(|act| decided(gathered, act)).collect::<Vec<_>>().into(),
        notices: gathered.acts.iter().filter_map(|(_, command)| notice(command)).collect::<Vec<_>>().into(),
        terms,
        articles: quoted(gathered),
        linked: linked(gathered),
        evidence: evidence(gathered).into(),
        reviews: file.state.reviews.iter().map(review).collect(),
    }
}

fn fact(name: impl Into<String>, value: impl Into<String>) -> Fact {
    Fact { name: name.into(), value: value.into() }
}

/// What was told, without what was not.
fn facts(file: &FileView) -> Vec<Fact> {
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
    let first = [fact("办理状态", state.status.zh()), fact("承办单位", unit)];
    first.into_iter().chain(more.into_iter().flatten()).collect()
}

fn unit(rules: &Bureau, id: &UnitId) -> String {
    rules.unit(id).map_or_else(|| id.to_string(), |unit| unit.name.clone())
}

fn officer(rules: &Bureau, id: &OfficerId) -> String {
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
        text: act.text.as_ref().map(|text| seen(text).into_owned()),
        warnings: act.warnings.iter().map(crate::domain::check::Warning::text).collect(),
        internal: is_internal(act.kind, command),
    }
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
        officer: act.officer.as_ref().map(|id| officer(gathered.rules, id)),
    })
}

fn words(why: &Why) -> String {
    seen(why.as_str()).into_owned()
}

fn notice(command: &Command) -> Option<NoticeGiven> {
    let Command::Handle(Handling { verb: Verb::Record { on, act: FileAct::Notice(notice) }, .. }) = command
    else {
        return None;
    };
    let Notice { subject, to, means, proof, .. } = notice;
    let proof = seen(proof.as_str()).into_owned();
    Some(NoticeGiven { on: *on, subject: subject.zh(), to: to.zh(), means: means.zh(), proof })
}

fn owed(clock: &Clock, as_of: Day) -> Owed {
    let result = match clock.met_on {
        Some(day) if LastDay::from(day) <= clock.due_on => format!("{} 按期履行", day.zh()),
        Some(day) => format!("{} 履行，超过期限", day.zh()),
        None if clock.dropped => "不再适用".to_owned(),
        None if clock.due_on < LastDay::from(as_of) => "尚未履行，已超过期限".to_owned(),
        None => "尚未届满".to_owned(),
    };
    Owed {
        duty: clock.duty.zh(),
        article: clock.article.clone(),
        started_on: clock.started_on,
        due_on: clock.due_on.day(),
        result,
    }
}

/// The articles of the governing order that a term, a title or a ground of this file cites.
fn quoted(gathered: &Gathered<'_>) -> Vec<Quoted> {
    let law = gathered.law;
    let cited: Vec<&str> = gathered
        .file
        .state
        .clocks
        .iter()
        .filter(|term| term.clock.law == law.law)
        .map(|term| term.clock.article.as_str())
        .chain(gathered.acts.iter().map(|(act, _)| act.title.as_str()))
        .collect();
    let mut numbers: BTreeSet<usize> = BTreeSet::new();
    for (at, article) in articles(law.law).iter().enumerate() {
        let whole = format!("《{}》{}", law.name, article.article);
        let item = |text: &&str| text.contains(&whole) || text.contains(&format!("（{}）", article.article));
        if cited.iter().any(item) {
            numbers.insert(at);
        }
    }
    let quote = |at: usize| {
        let article = articles(law.law).get(at)?;
        Some(Quoted { article: format!("《{}》{}", law.name, article.article), text: &article.text })
    };
    numbers.into_iter().filter_map(quote).collect()
}

fn linked(gathered: &Gathered<'_>) -> Vec<Linked> {
    let earlier = gathered.sheet.map(|sheet| sheet.earlier.as_slice()).unwrap_or_default();
    let linked = |one: &Earlier| Linked {
        number: one.number.clone(),
        received: one.received.clone(),
        respondent: one.respondent.clone(),
        product: one.product.clone(),
        amount_fen: one.amount_fen,
        then: one.standing.zh(),
        now: gathered.now.get(&one.number).unwrap_or(&one.standing).zh(),
        named_by: one.named_by.clone(),
    };
    earlier.iter().map(linked).collect()
}

/// What an authority or a court is handed, in the order in which it came about.
fn evidence(gathered: &Gathered<'_>) -> Vec<Item> {
    let Gathered { file, acts, sheet, .. } = gathered;
    let word = file.id.track.zh();
    let mut items = vec![Item {
        name: format!("{word}登记内容（登记编号 {}）", file.number),
        source: file.received.words(),
        shows: format!("收到{word}的时间、请求和事实"),
        internal: false,
    }];
    for attachment in file.part.attachments.known().into_iter().flatten() {
        items.push(Item {
            name: format!("附件：{}", attachment.name.as_str()),
            source: format!("{word}人随件提交"),
            shows: format!(
                "{}，{} 字节，SHA-256 {}",
                attachment.media_type.as_str(),
                attachment.size_bytes,
                attachment.sha256
            ),
            internal: false,
        });
    }
    items.extend(acts.iter().filter_map(|act| item(gathered, act)));
    if let Some(sheet) = sheet {
        items.push(Item {
            name: "投诉件研判参考材料".to_owned(),
            source: format!("截至 {}（序号 {}）", sheet.as_of_time, sheet.as_of_sequence.0),
            shows: "研判所依据的事实和既往投诉；评分不作为决定依据".to_owned(),
            internal: true,
        });
    }
    items
}

fn item(gathered: &Gathered<'_>, (act, command): &(Act, Command)) -> Option<Item> {
    let Command::Handle(Handling { officer: by, verb, .. }) = command else { return None };
    let on = act.done_on.unwrap_or(act.recorded_at.day());
    let source = format!("{}，{}", on.zh(), officer(gathered.rules, by));
    let (name, shows, internal) = match verb {
        Verb::Step { kind, .. } => (format!("办理记录：{}", kind.zh()), verb.text().map(words), true),
        Verb::Decide { .. } => ("决定审批材料".to_owned(), Some(act.title.clone()), false),
        Verb::Close { .. } => ("办结材料".to_owned(), Some(act.title.clone()), false),
        Verb::Prolong { .. } => ("延长核查期限审批材料".to_owned(), Some(act.title.clone()), false),
        Verb::Record { act: FileAct::Verified(Verification { subject, asked, answer, .. }), .. } => (
            format!("核验记录：{}", subject.zh()),
            Some(format!("要求提供{}；{}", asked.as_str(), answer.zh())),
            false,
        ),
        Verb::Record { act: FileAct::Notice(Notice { subject, to, proof, .. }), .. } => (
            format!("告知凭证：{}", seen(proof.as_str())),
            Some(format!("已告知{}：{}", to.zh(), subject.zh())),
            false,
        ),
        Verb::Record { act: FileAct::HandedOver { receipt, .. }, .. } => (
            format!("移送材料{}", receipt.as_ref().map(number_of).unwrap_or_default()),
            Some(act.title.clone()),
            false,
        ),
        _ => return None,
    };
    Some(Item { name, source, shows: shows.unwrap_or_default(), internal })
}

fn number_of(receipt: &Line) -> String {
    format!("，回执 {}", receipt.as_str())
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
