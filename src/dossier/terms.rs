//! The terms of a file (法定期限) and what was recorded for each. A term is kept by an act that somebody recorded: the day alone, on
//! which it came to an end, says nothing of what was done.

use super::{Gathered, Owed};
use crate::domain::act::{FileAct, Notice};
use crate::domain::command::{Command, Handling, Ruling, Verb};
use crate::domain::deadline::{Clock, Duty};
use crate::domain::handling::{Disposition, StepKind, TerminationGround};
use crate::domain::outcome::FileOutcome;
use crate::domain::time::Day;
use crate::domain::view::{Act, Term};

/// What stands where an act is expected and nobody has recorded one.
pub(super) const NO_RECORD: &str = "无记录";

/// A term with what became of it.
pub(super) fn owed(gathered: &Gathered<'_>, term: &Term) -> Owed {
    let clock = &term.clock;
    let provisional = if clock.provisional { "（暂定：该年度放假安排尚未录入）" } else { "" };
    Owed {
        duty: clock.duty.zh(),
        article: clock.article.clone(),
        started_on: clock.started_on,
        due_on: clock.due_on.day(),
        until: match clock.due_on.day() {
            Some(_) => format!("{}{provisional}", term.last_day()),
            None if clock.duty.is_of_a_review() => "决定或者裁判未定期限".to_owned(),
            None => "法律未规定日数".to_owned(),
        },
        result: match clock.met_on {
            Some(on) => kept(gathered, term, on),
            None => open(gathered, term),
        },
    }
}

/// What has come to an end on a day.
fn kept(gathered: &Gathered<'_>, term: &Term, on: Day) -> String {
    let clock = &term.clock;
    let in_time = match term.was_kept(gathered.last.1.day()) {
        Some(true) => "，按期",
        Some(false) => "，超过期限",
        None => "",
    };
    let Some(done) = gathered.acts.iter().rev().find(|act| keeps(clock, act, on)) else {
        return match term.was_kept(on) {
            Some(false) => format!("至{}未见履行记录，已超过期限", on.zh()),
            _ => format!("{}终结，履行情况{NO_RECORD}", on.zh()),
        };
    };
    let records = match clock.duty {
        Duty::Verify | Duty::VerifyProlonged => {
            verified(gathered, on).map(|records| format!("；核查：{records}"))
        }
        Duty::Mediate => Some(format!("；组织调解：{}", mediated(gathered, on))),
        _ => None,
    };
    format!("{}：{}{in_time}{}", words(&done.1), on.zh(), records.unwrap_or_default())
}

/// Whether an act is what the duty asks for, and was done on that day.
fn keeps(clock: &Clock, (act, command): &(Act, Command), on: Day) -> bool {
    let day = act.done_on.unwrap_or(act.recorded_at.day());
    let decides = || matches!(clock.duty, Duty::Accept | Duty::Verify | Duty::VerifyProlonged);
    match command {
        Command::Import { outcome, .. } | Command::Outcome { outcome, .. } => {
            decides() && ended_on(outcome) == Some(on)
        }
        Command::Handle(Handling { verb, .. }) => {
            // Mediation ends by itself with its term, whenever that is noted.
            let by_itself =
                matches!(verb, Verb::Close { termination: Some(TerminationGround::TermEnded), .. });
            does(clock, verb) && (day == on || (by_itself && day > on && clock.duty == Duty::Mediate))
        }
        _ => false,
    }
}

fn ended_on(outcome: &FileOutcome) -> Option<Day> {
    outcome.ending.as_ref().and_then(|ending| ending.at).map(|moment| moment.at.day())
}

fn does(clock: &Clock, verb: &Verb) -> bool {
    let decided = |wanted: fn(&Ruling) -> bool| match verb {
        Verb::Decide { ruling, .. } => wanted(ruling),
        _ => false,
    };
    let closed = matches!(verb, Verb::Close { .. });
    let handed_over = matches!(verb, Verb::Record { act: FileAct::HandedOver { .. }, .. });
    match clock.duty {
        Duty::Accept => decided(|ruling| matches!(ruling, Ruling::Accept | Ruling::Refuse { .. })),
        Duty::Verify | Duty::VerifyProlonged => decided(|ruling| {
            matches!(ruling, Ruling::File | Ruling::NotFile { .. } | Ruling::NotCompetent { .. })
        }),
        Duty::Mediate => closed || handed_over,
        Duty::DecideCase | Duty::DecideCaseProlonged => closed,
        Duty::ResolveCompetence => {
            closed
                || handed_over
                || decided(|_| true)
                || matches!(verb, Verb::Record { act: FileAct::DisputeEnded { .. }, .. })
        }
        Duty::TellComplainant
        | Duty::TellReporter
        | Duty::NotifyTermination
        | Duty::NotifyTerminationRespondent => match verb {
            Verb::Record { act: FileAct::Notice(Notice { subject, to, .. }), .. } => {
                clock.duty.is_kept_by(*subject, *to)
            }
            Verb::Step { kind, .. } => *kind == StepKind::Notified,
            _ => false,
        },
        Duty::ReplyReconsideration | Duty::ReplySimplified | Duty::ReplySuit => match verb {
            Verb::Record { act: FileAct::Replied { review, .. }, .. } => clock.is_reply_in(*review),
            _ => false,
        },
        Duty::ActAsOrdered => {
            decided(|_| true) || matches!(verb, Verb::Record { act: FileAct::Performed { .. }, .. })
        }
    }
}

/// What was done, in a word.
fn words(command: &Command) -> String {
    let Command::Handle(Handling { verb, .. }) = command else {
        return "平台导出载明已作出决定".to_owned();
    };
    match verb {
        Verb::Decide { ruling, .. } => format!("决定{}", ruling_zh(ruling)),
        Verb::Close { disposition, .. } => disposition.zh().to_owned(),
        Verb::Step { kind, .. } => kind.zh().to_owned(),
        Verb::Record { act: FileAct::Notice(Notice { means, .. }), .. } => {
            format!("已告知（{}）", means.zh())
        }
        Verb::Record { act: FileAct::HandedOver { .. }, .. } => Disposition::HandedOver.zh().to_owned(),
        Verb::Record { act: FileAct::DisputeEnded { how, .. }, .. } => how.zh().to_owned(),
        Verb::Record { act: FileAct::Replied { .. }, .. } => "已提交".to_owned(),
        _ => "已履行".to_owned(),
    }
}

fn ruling_zh(ruling: &Ruling) -> &'static str {
    match ruling {
        Ruling::Accept => "受理",
        Ruling::Refuse { .. } => "不予受理",
        Ruling::File => "立案",
        Ruling::NotFile { .. } => "不予立案",
        Ruling::NotCompetent { .. } => "不具备处理权限",
        Ruling::Repeat { .. } | Ruling::Merge { .. } | Ruling::OtherChannel { .. } => "不再另行处理",
    }
}

/// What is not done, or not owed any more.
fn open(gathered: &Gathered<'_>, term: &Term) -> String {
    let (clock, as_of) = (&term.clock, gathered.last.1.day());
    if clock.dropped {
        return if is_told_by_an_export(gathered, clock) {
            "平台导出载明已作出，未载明日期，不能判断是否按期".to_owned()
        } else {
            "不再适用".to_owned()
        };
    }
    if let Some(since) = term.paused_since {
        return format!("自{}起暂停（检测、鉴定期间不计入），尚未履行", since.zh());
    }
    let owed = if clock.duty.is_to_tell() { "告知" } else { "履行" };
    match term.ends_on {
        None => format!("应当及时{owed}；截至{}尚未{owed}", as_of.zh()),
        Some(last) if last < as_of => format!("截至{}尚未{owed}，已超过期限", as_of.zh()),
        Some(_) => format!("截至{}尚未{owed}，尚未届满", as_of.zh()),
    }
}

/// An export has taken the file up or ended it, and does not say when.
fn is_told_by_an_export(gathered: &Gathered<'_>, clock: &Clock) -> bool {
    let tells = |command: &Command| match command {
        Command::Import { outcome, .. } | Command::Outcome { outcome, .. } => outcome.ending.is_some(),
        _ => false,
    };
    let of_a_decision =
        matches!(clock.duty, Duty::Accept | Duty::Verify | Duty::VerifyProlonged | Duty::TellComplainant);
    of_a_decision
        && (gathered.file.state.accepted_upstream || gathered.acts.iter().any(|(_, command)| tells(command)))
}

/// What was recorded until a day of the work that verifies a report; nothing on a complaint.
pub(super) fn verified(gathered: &Gathered<'_>, until: Day) -> Option<String> {
    let is_record = |verb: &Verb| {
        matches!(verb, Verb::Step { kind, .. } if *kind != StepKind::Notified)
            || matches!(verb, Verb::Record { act: FileAct::Verified(_), .. })
    };
    (gathered.file.id.track == crate::domain::ids::Track::Report)
        .then(|| recorded(gathered, until, is_record))
}

/// What was recorded until a day of bringing both sides together.
pub(super) fn mediated(gathered: &Gathered<'_>, until: Day) -> String {
    recorded(gathered, until, |verb| {
        matches!(verb, Verb::Step { kind: StepKind::Mediation, .. })
            || matches!(verb, Verb::Record { act: FileAct::Mediated { .. }, .. })
    })
}

fn recorded(gathered: &Gathered<'_>, until: Day, is_record: impl Fn(&Verb) -> bool) -> String {
    let of = |(act, command): &(Act, Command)| match command {
        Command::Handle(Handling { verb, .. }) if is_record(verb) => {
            let day = act.done_on.unwrap_or(act.recorded_at.day());
            (day <= until).then(|| format!("{}（{}）", short(verb), day.zh()))
        }
        _ => None,
    };
    let found: Vec<String> = gathered.acts.iter().filter_map(of).collect();
    if found.is_empty() { NO_RECORD.to_owned() } else { found.join("、") }
}

fn short(verb: &Verb) -> String {
    match verb {
        Verb::Step { kind, .. } => kind.zh().to_owned(),
        Verb::Record { act: FileAct::Verified(one), .. } => format!("核验{}", one.subject.zh()),
        Verb::Record { act: FileAct::Mediated { how, paper, .. }, .. } => {
            let paper = paper.as_ref().map(|(paper, number)| format!("，{}{}", paper.zh(), number.as_str()));
            format!("{}{}", how.zh(), paper.unwrap_or_default())
        }
        _ => String::new(),
    }
}
