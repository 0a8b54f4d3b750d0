//! Whether an act is one that the law knows (依据): grounds that the governing order has, what fits the end of a file, days that
//! come after what they follow.

use crate::domain::act::{FileAct, Notice, NoticeSubject, Party};
use crate::domain::command::{Ruling, Verb};
use crate::domain::deadline::{Duty, LastDay, Law};
use crate::domain::handling::{Disposition, RefusalGround, Status, TerminationGround};
use crate::domain::ids::Track;
use crate::domain::refusal::Refusal;
use crate::domain::text::Why;
use crate::domain::time::{Day, Timestamp};
use crate::ledger::Clocks;
use crate::routing::Bureau;
use crate::statute::RuleSet;
use crate::statute::life::Act;
use crate::statute::reason::is_only_a_score;
use crate::store::FileRow;

/// Whether a verb has a reason of its own and a ground that the governing order has, and was done on a day that can be.
pub(super) fn verb(
    rules: &Bureau,
    file: &FileRow,
    clocks: &Clocks,
    verb: &Verb,
    today: Day,
) -> Result<(), Refusal> {
    reasoned(verb)?;
    grounds(rules.governing(file.state.received_at.day(), today), file, verb)?;
    if let Verb::Close { termination: Some(TerminationGround::TermEnded), on, .. } = verb {
        term_has_ended(clocks.running(Duty::Mediate).map(|clock| clock.due_on), on.unwrap_or(today))?;
    }
    let Some((field, on)) = day_of(verb) else { return Ok(()) };
    let after = match verb {
        // What was reopened is decided after that.
        Verb::Decide { .. } => clocks.deciding_since(),
        Verb::Close { .. } if file.state.status == Status::SignedFor => {
            file.state.withdrawn_at.map(Timestamp::day)
        }
        // What is taken back, what became of a hand-over, and what is told of an end follow that.
        Verb::Record { act, .. } if follows_the_end(act) => {
            file.state.ended_at.map(Timestamp::day).max(clocks.decided_on())
        }
        // It ends once more after its first end has fallen.
        Verb::Close { .. } | Verb::Record { act: FileAct::HandedOver { .. }, .. } => {
            clocks.decided_on().max(clocks.going_on_since())
        }
        // A reply, and what was ordered, follow the review and not the decision.
        Verb::Prolong { .. }
        | Verb::Record { act: FileAct::Replied { .. } | FileAct::Performed { .. }, .. } => None,
        _ => clocks.decided_on(),
    };
    day(field, on, after.unwrap_or(Day(i32::MIN)).max(file.state.received_at.day()), today)
}

/// Whether the rules that govern the file have the grounds that are named, and all that are needed are named.
fn grounds(rules: &RuleSet, file: &FileRow, verb: &Verb) -> Result<(), Refusal> {
    match verb {
        Verb::Decide { ruling: Ruling::Refuse { ground, .. }, .. } => {
            refusal(rules, "refused.ground", *ground)
        }
        Verb::Decide { ruling: Ruling::Repeat { .. } | Ruling::Merge { .. }, .. }
            if rules.law != Law::Order121 =>
        {
            Err(Refusal::field(
                "ruling",
                "the order that governs this report has no such decision; decide whether to file it",
                "该举报适用的办法没有重复举报、合并处理的规定，请作出是否立案的决定",
            ))
        }
        Verb::Close { disposition, termination, ground, note, .. } if file.id.track == Track::Complaint => {
            terminated(rules, *disposition, *termination)?;
            match (disposition, ground) {
                (Disposition::GroundFoundLater, None) => Err(Refusal::field(
                    "ground",
                    "is required: which ground of refusal was found after acceptance",
                    "请填写受理后发现的不予受理情形",
                )),
                (Disposition::GroundFoundLater, Some(_)) if note.is_none() => {
                    let zh = "请写明发现不予受理情形的事实和依据";
                    Err(Refusal::field("note", "is required: what shows the ground", zh))
                }
                (Disposition::GroundFoundLater, Some(ground)) => refusal(rules, "ground", *ground),
                (_, Some(_)) => Err(Refusal::field(
                    "ground",
                    "goes with the disposition GROUND_FOUND_LATER alone",
                    "只有受理后发现不予受理情形的，才填写该项",
                )),
                (_, None) => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Whether a decision names who allowed it, where the bureau has such decisions approved.
pub(super) fn approved(approval: &[Act], verb: &Verb) -> Result<(), Refusal> {
    match verb {
        Verb::Decide { approved_by: None, .. } if approval.contains(&Act::from(verb)) => Err(Refusal::field(
            "approved_by",
            "is required: this bureau has such decisions approved (settings.approval)",
            "本局规定该决定须经批准，请填写批准人",
        )),
        _ => Ok(()),
    }
}

/// Whoever decides gives a reason of their own (Art. 15), and a finding is the officer's: a score is neither.
fn reasoned(verb: &Verb) -> Result<(), Refusal> {
    let refused = |field: &'static str| {
        Err(Refusal::field(
            field,
            "a score is no reason; write what the material of this case shows",
            "评分不是理由，请写明本案材料反映的事实和依据",
        ))
    };
    let is_score = |text: Option<&Why>| text.is_some_and(|text| is_only_a_score(text.as_str()));
    match verb {
        Verb::Decide { ruling, .. } if is_score(ruling.reason()) => refused(reason_field(ruling)),
        Verb::Decide { finding: Some((_, why)), .. } if is_score(Some(why)) => refused("finding_reason"),
        Verb::Close { note, .. } if is_score(note.as_ref()) => refused("note"),
        Verb::Return { reason } if is_score(Some(reason)) => refused("reason"),
        Verb::Record { act: FileAct::HandedOver { reason, .. }, .. } if is_score(Some(reason)) => {
            refused("handed_over.reason")
        }
        Verb::Record { act: FileAct::SelfCorrected { reason, .. }, .. } if is_score(Some(reason)) => {
            refused("self_corrected.reason")
        }
        Verb::Record { act: FileAct::DangerJudged { reason, .. }, .. } if is_score(Some(reason)) => {
            refused("danger_judged.reason")
        }
        _ => Ok(()),
    }
}

/// The field of a request that holds the reason of a ruling.
fn reason_field(ruling: &Ruling) -> &'static str {
    match ruling {
        Ruling::Refuse { .. } => "refused.reason",
        Ruling::NotFile { .. } => "not_filed.reason",
        Ruling::Repeat { .. } => "repeated.reason",
        Ruling::Merge { .. } => "merged.reason",
        Ruling::NotCompetent { .. } => "not_competent.reason",
        Ruling::OtherChannel { .. } => "other_channel.reason",
        Ruling::Accept | Ruling::File => "ruling",
    }
}

/// A mediation ends by its term when that is over.
fn term_has_ended(last: Option<LastDay>, on: Day) -> Result<(), Refusal> {
    if last.is_some_and(|last| LastDay::from(on) < last) {
        return Err(Refusal::field(
            "termination",
            "the term to mediate has not ended by that day",
            "该日调解期限尚未届满",
        ));
    }
    Ok(())
}

fn refusal(rules: &RuleSet, field: &'static str, ground: RefusalGround) -> Result<(), Refusal> {
    if rules.refusal(ground).is_some() {
        return Ok(());
    }
    Err(Refusal::field(
        field,
        "the order that governs this complaint has no such ground",
        "该投诉适用的办法没有这一不予受理情形",
    ))
}

/// A mediation that ended without agreement says why; another end says it by itself.
fn terminated(
    rules: &RuleSet,
    disposition: Disposition,
    named: Option<TerminationGround>,
) -> Result<(), Refusal> {
    let wrong = |en, zh| Err(Refusal::field("termination", en, zh));
    match (disposition, named) {
        (Disposition::MediationEnded, None) => {
            wrong("is required: why mediation ended, Order 121 Art. 23(1)", "请填写终止调解的情形")
        }
        (Disposition::MediationEnded, Some(ground)) if !ground.is_named() => wrong(
            "has a disposition of its own: WITHDRAWN, SELF_SETTLED, GROUND_FOUND_LATER, or the act HandedOver",
            "该情形请以撤回投诉、双方自行和解、受理后发现不予受理情形或者移送办结",
        ),
        (Disposition::MediationEnded, Some(ground)) if rules.termination(ground).is_none() => wrong(
            "the order that governs this complaint has no such ground",
            "该投诉适用的办法没有这一终止调解情形",
        ),
        (Disposition::MediationEnded, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => {
            wrong("goes with the disposition MEDIATION_ENDED alone", "只有终止调解的，才填写该项")
        }
    }
}

/// Whether an act fits what became of the file.
pub(super) fn act(file: &FileRow, accepted: bool, act: &FileAct) -> Result<(), Refusal> {
    match act {
        FileAct::Notice(notice) => notice_fits(file, accepted, notice),
        FileAct::HandedOver { approved_by: None, .. } => Err(Refusal::field(
            "handed_over.approved_by",
            "is required: a unit hands nothing over by itself, Art. 41",
            "移送须经批准，请填写批准人（第四十一条、第四十二条）",
        )),
        FileAct::HandOverResult { .. } if file.state.disposition != Some(Disposition::HandedOver) => {
            Err(Refusal::field("hand_over_result", "the file was not handed over", "该件没有移送"))
        }
        _ => Ok(()),
    }
}

/// Nobody is told what was not done. `accepted`: the complaint was accepted here.
fn notice_fits(file: &FileRow, accepted: bool, notice: &Notice) -> Result<(), Refusal> {
    let ended_as = |of: Disposition| file.state.disposition == Some(of);
    let complaint = file.id.track == Track::Complaint;
    let investigated = matches!(
        file.state.disposition,
        Some(Disposition::Penalised | Disposition::Rectified | Disposition::NoViolation)
    );
    let filed = matches!(file.state.status, Status::Filed | Status::NotFiled);
    let done = match notice.subject {
        NoticeSubject::Acceptance => complaint && accepted && file.state.status != Status::Refused,
        NoticeSubject::Refusal => file.state.status == Status::Refused,
        NoticeSubject::Termination => {
            complaint && accepted && file.state.disposition.is_some_and(Disposition::terminates)
        }
        NoticeSubject::FilingDecision => !complaint && (filed || investigated),
        NoticeSubject::NotCompetent => ended_as(Disposition::NotCompetent),
        NoticeSubject::OtherChannel => ended_as(Disposition::OtherChannel),
        NoticeSubject::HandedOver => ended_as(Disposition::HandedOver),
        NoticeSubject::Result => filed || investigated || (complaint && file.state.status.has_ended()),
        NoticeSubject::Appointment => complaint && file.state.status == Status::Accepted,
        NoticeSubject::Verification => !complaint && file.state.status == Status::SignedFor,
    };
    if !done {
        return Err(Refusal::field(
            "notice.subject",
            "nothing of that kind was decided on this file",
            "该件没有作出所告知的决定",
        ));
    }
    // Art. 37: the operator learns nothing of a report from us.
    if !complaint && notice.to == Party::Respondent {
        return Err(Refusal::field(
            "notice.to",
            "the operator is not told of a report, Art. 37",
            "举报处理情况不得告知被举报人（第三十七条）",
        ));
    }
    Ok(())
}

/// Whether an act on a file that has ended is about its end.
fn follows_the_end(act: &FileAct) -> bool {
    match act {
        FileAct::SelfCorrected { .. } | FileAct::HandOverResult { .. } => true,
        FileAct::Notice(notice) => !matches!(
            notice.subject,
            NoticeSubject::Acceptance
                | NoticeSubject::FilingDecision
                | NoticeSubject::Verification
                | NoticeSubject::Appointment
        ),
        _ => false,
    }
}

/// The day on which a verb says that it was done, and the field that says so.
fn day_of(verb: &Verb) -> Option<(&'static str, Day)> {
    match verb {
        Verb::Decide { on: Some(on), .. } => Some(("decided_on", *on)),
        Verb::Close { on: Some(on), .. } => Some(("closed_on", *on)),
        Verb::Prolong { on: Some(on), .. } => Some(("approved_on", *on)),
        Verb::Record { on, .. } => Some(("done_on", *on)),
        _ => None,
    }
}

/// What was done was done by today, and not before what it follows.
fn day(field: &'static str, on: Day, after: Day, today: Day) -> Result<(), Refusal> {
    if on > today {
        return Err(Refusal::field(field, "is in the future; note what was done", "日期不能晚于今天"));
    }
    if on < after {
        return Err(Refusal::field(
            field,
            "is before what it follows: the receipt, or the decision",
            "日期早于接收日期或者所依据的决定作出的日期",
        ));
    }
    Ok(())
}
