//! A unit's verbs on one file: what is possible in the file's status, and what each verb changes.

use std::collections::HashMap;

use super::{
    again, circumstances, find, joint, lawful, officer_of, refused, review, send, terms, unknown_file,
};
use crate::domain::act::FileAct;
use crate::domain::command::{Answer, EventKind, FileRef, Handled, Handling, Outcome, Ruling, Verb};
use crate::domain::deadline::Duty;
use crate::domain::decision::{Basis, Factor, Reason};
use crate::domain::handling::{Disposition, RefusalGround, Status, StepKind, TerminationGround};
use crate::domain::ids::{CallerId, Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::time::{Day, Timestamp};
use crate::ledger::{Access, Batch, Event, LedgerError, Prepared, Stop, answer};
use crate::statute::life::{self, By, Circumstances, FileChange, State};
use crate::store::FileRow;

/// Does a verb on a file of the caller's unit.
pub(crate) async fn handle(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    handling: &Handling,
) -> Result<Outcome, Stop> {
    let file = find(batch, &handling.file).await?;
    on_file(batch, prepared, handling, file).await
}

/// Answers a run of verbs on distinct files, each as if it had come alone; the status of all files is read at once.
pub(crate) async fn handle_run(
    batch: &mut Batch<'_>,
    run: &[(&Prepared, &Handling)],
) -> Result<Vec<Answer>, LedgerError> {
    let files = run.iter().map(|(_, handling)| &handling.file);
    let found = batch.tx.files_by_number(batch.bureau, files).await?;
    let named = |file: FileRow| (FileRef { number: file.number.clone(), track: file.id.track }, file);
    let mut found: HashMap<FileRef, FileRow> = found.into_iter().map(named).collect();
    let mut answers = Vec::with_capacity(run.len());
    for (prepared, handling) in run {
        let file = found.remove(&handling.file);
        answers.push(answer(on_file(batch, prepared, handling, file).await)?);
    }
    Ok(answers)
}

async fn on_file(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    handling: &Handling,
    file: Option<FileRow>,
) -> Result<Outcome, Stop> {
    let Some(unit) = &prepared.request.unit else { return Err(unknown_file().into()) };
    // A file of another unit is not told apart from one that does not exist (promise 11).
    let Some(mut file) = file.filter(|file| file.unit == *unit) else { return Err(unknown_file().into()) };
    let mut circumstances = circumstances(batch, &file);
    if let Verb::Prolong { .. } = handling.verb {
        let clocks = batch.clocks(file.id).await?;
        let runs = |duty| clocks.running(duty).is_some();
        circumstances.prolonged = runs(Duty::VerifyProlonged);
        circumstances.case_timed = runs(Duty::DecideCase) || runs(Duty::DecideCaseProlonged);
    }
    let allowed = officer_of(batch, &handling.officer, unit)
        .and_then(|()| may(&file, handling, batch, circumstances))
        .and_then(|after| fits(&file, handling, batch).map(|()| after));
    let after = allowed?;
    if !batch.is_done_already() {
        may_be_done(batch, &file, handling).await?;
        warn(batch, prepared.request.caller, &file, handling).await?;
    }
    check_recusal(batch, &file, handling).await?;
    let sequence = batch.upcoming();
    carry_out(batch, &mut file, handling, after, sequence).await?;
    batch.next();
    let handled = Handled {
        token: file.token.unwrap_or(sequence),
        status: file.status,
        unit: file.unit.clone(),
        until: file.leased_until,
    };
    batch.record(
        Event::new(sequence, EventKind::from(&handling.verb), prepared)
            .on(file.id)
            .by(&handling.officer)
            .answered(&handled)?,
    )?;
    Ok(handled.outcome(sequence))
}

/// Whether the verb is possible in the file's status, under the token given (promise 7), and its status after it.
fn may(
    file: &FileRow,
    handling: &Handling,
    batch: &Batch<'_>,
    mut circumstances: Circumstances,
) -> Result<State, Refusal> {
    circumstances.leased &= file.token == Some(handling.token);
    let by = By { sequence: batch.upcoming(), at: batch.now };
    let deed = FileChange::Verb(&handling.verb);
    let after = life::apply(file.id.track, &file.state(), circumstances, deed, by)
        .map_err(|barred| refused(barred, handling.verb.word(), file))?;
    match file.token {
        Some(current) if current != handling.token => Err(Refusal::VersionStale { current }),
        _ => Ok(after),
    }
}

/// Checks the request against the file: a finding only on complaints, a disposition of its track, a time that is not in the
/// future.
fn fits(file: &FileRow, handling: &Handling, batch: &Batch<'_>) -> Result<(), Refusal> {
    let track = file.id.track;
    match &handling.verb {
        _ if batch.is_done_already() => Ok(()),
        // What is no complaint carries none.
        Verb::Decide { ruling: Ruling::OtherChannel { .. }, finding: None, .. } => Ok(()),
        Verb::Decide { finding: None, .. } if track == Track::Complaint => Err(Refusal::field(
            "finding",
            "a decision on a complaint carries a finding and its reason",
            "对投诉件作出决定时须填写认定及理由",
        )),
        Verb::Decide { finding: Some(_), .. } if track == Track::Report => Err(Refusal::field(
            "finding",
            "reports have no finding; they are verified whatever the reporter",
            "举报件不作职业索赔认定，应依法核查",
        )),
        Verb::Close { disposition, .. } if !disposition.fits(track) || !disposition.by_close() => {
            Err(Refusal::field(
                "disposition",
                "files of this track are not closed this way",
                "该处理结果不适用于此类件",
            ))
        }
        Verb::Close { disposition, .. }
            if file.status == Status::SignedFor && *disposition != Disposition::Withdrawn =>
        {
            Err(Refusal::field(
                "disposition",
                "a complaint that was withdrawn before it was decided is closed as withdrawn only",
                "未作出受理决定即撤回的投诉，只能以撤回投诉办结",
            ))
        }
        Verb::Step { kind, at, .. } => step_fits(file, *kind, *at, batch.now),
        _ => Ok(()),
    }
}

/// Checks what is done against the law that governs the file, and its day against what it follows.
async fn may_be_done(batch: &mut Batch<'_>, file: &FileRow, handling: &Handling) -> Result<(), Stop> {
    let today = batch.now.day();
    let rules = batch.rules.governing(file.received_at.day(), today);
    lawful::grounds(rules, file, &handling.verb)?;
    lawful::approved(&batch.rules.settings().approval, &handling.verb)?;
    if let Verb::Close { termination: Some(TerminationGround::TermEnded), on, .. } = &handling.verb {
        let clocks = batch.clocks(file.id).await?;
        let last = clocks.running(Duty::Mediate).map(|clock| clock.due_on);
        lawful::term_has_ended(last, on.unwrap_or(today))?;
    }
    if let Verb::Record { act, .. } = &handling.verb {
        let accepted = batch.clocks(file.id).await?.were_mediating();
        lawful::act(file, accepted, act)?;
        if let FileAct::Joined { lead, .. } = act {
            joint::may_join(batch, file, lead).await?;
        }
        if let FileAct::Recused { officer, .. } = act
            && batch.rules.officer(officer).is_none()
        {
            let zh = "名册中没有该人员编号";
            return Err(
                Refusal::field("recused.officer", "no officer of that id; see the bureau file", zh).into()
            );
        }
    }
    if let Some((field, on)) = lawful::day_of(&handling.verb) {
        let clocks = batch.clocks(file.id).await?;
        let after = match &handling.verb {
            // What was reopened is decided after that.
            Verb::Decide { .. } => clocks.deciding_since(),
            Verb::Close { .. } if file.status == Status::SignedFor => file.withdrawn_at.map(Timestamp::day),
            // A reply, and what was ordered, follow the review and not the decision.
            Verb::Prolong { .. }
            | Verb::Record { act: FileAct::Replied { .. } | FileAct::Performed { .. }, .. } => None,
            _ => clocks.decided_on(),
        };
        lawful::day(field, on, after.unwrap_or(Day(i32::MIN)).max(file.received_at.day()), today)?;
    }
    Ok(())
}

/// A refusal under Art. 16(3) for which the material shows no fact under items (1) to (4) of Art. 17 is allowed - the officer may
/// know more - and goes into the trail as such.
async fn warn(
    batch: &mut Batch<'_>,
    caller: CallerId,
    file: &FileRow,
    handling: &Handling,
) -> Result<(), Stop> {
    let ground = match &handling.verb {
        Verb::Decide { ruling: Ruling::Refuse { ground, .. }, .. } => Some(*ground),
        Verb::Close { ground, .. } => *ground,
        _ => None,
    };
    if ground != Some(RefusalGround::NotForConsumption) {
        return Ok(());
    }
    let decisions = batch.tx.decisions(batch.bureau, &[file.id]).await?;
    let of_file = decisions.get(&file.id).into_iter().flatten();
    let mut reasons =
        of_file.filter_map(|decision| decision.suspicion.as_ref()).flat_map(|made| &made.reasons);
    let is_fact = |reason: &Reason| {
        !matches!(reason.factor, Factor::Other | Factor::Context) && reason.contribution > 0.0
    };
    if !reasons.any(is_fact) {
        batch.access(&Access { caller, action: "refused_without_fact", files: vec![file.id] });
    }
    Ok(())
}

/// Whether a step is of this kind of file, and its day is after what it follows.
fn step_fits(file: &FileRow, kind: StepKind, at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    let on = at.day();
    let wrong = |field, en, zh| Err(Refusal::field(field, en, zh));
    match (kind, file.testing.since) {
        _ if at.seconds() > now.seconds() + 300 => {
            wrong("time", "is in the future; note what was done", "办理时间不能晚于当前时间")
        }
        _ if on < file.received_at.day() => wrong(
            "time",
            "is before the file came in; note the day on which it was done",
            "办理时间早于接收日期，请填写实际办理的日期",
        ),
        (kind, _) if kind.is_joint() && file.id.track == Track::Report => {
            wrong("kind", "only complaints are joined", "共同投诉只适用于投诉件")
        }
        (StepKind::TestingEnded, None) => wrong(
            "kind",
            "no testing is going on; note its beginning first",
            "没有进行中的检测鉴定，请先登记开始",
        ),
        (StepKind::TestingEnded, Some(since)) if on < since => {
            wrong("time", "is before the testing began", "结束时间早于检测鉴定开始的日期")
        }
        (StepKind::TestingBegan, Some(_)) => {
            wrong("kind", "testing is going on already", "检测鉴定已在进行中")
        }
        (StepKind::TestingBegan, None) if file.testing.past.iter().any(|past| on < past.last()) => {
            wrong("time", "is before an earlier testing ended", "开始时间早于前次检测鉴定结束的日期")
        }
        _ => Ok(()),
    }
}

/// Refuses if the officer is recused from this file, or from its operator (回避, Art. 21). The facts are opened only for officers
/// who have recusals.
async fn check_recusal(batch: &mut Batch<'_>, file: &FileRow, handling: &Handling) -> Result<(), Stop> {
    let taking = match &handling.verb {
        Verb::Extend | Verb::Skip { .. } | Verb::Return { .. } => false,
        // Who conducts a mediation is kept off first of all (Art. 21).
        Verb::Step { kind, .. } => *kind == StepKind::Mediation,
        Verb::Record { act, .. } => !matches!(act, FileAct::Recused { .. } | FileAct::Notice(_)),
        Verb::SignFor | Verb::Decide { .. } | Verb::Close { .. } | Verb::Prolong { .. } => true,
    };
    if taking && !batch.is_done_already() && file.recused.has(&handling.officer) {
        return Err(Refusal::field(
            "officer",
            "is recused from this file; a colleague has to handle it",
            "该人员对此件应当回避，请由其他人员办理",
        )
        .into());
    }
    let officer = batch.rules.officer(&handling.officer).filter(|officer| officer.has_recusals());
    let Some(officer) = officer.filter(|_| taking && !batch.is_done_already()).cloned() else {
        return Ok(());
    };
    let known = batch.submission(file.id.submission).await?;
    if !officer.is_recused_from(&known.facts.respondent) {
        return Ok(());
    }
    Err(Refusal::field(
        "officer",
        "is recused from this operator; a colleague has to handle the file",
        "该人员对此被投诉人应当回避，请由其他人员办理",
    )
    .into())
}

/// Does the verb, after which the file has this status.
async fn carry_out(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    handling: &Handling,
    after: State,
    sequence: Sequence,
) -> Result<(), Stop> {
    let lease_end = batch.now.plus_seconds(batch.rules.settings().lease_seconds);
    let today = batch.now.day();
    match &handling.verb {
        Verb::Extend => file.leased_until = Some(lease_end),
        Verb::Skip { .. } => {
            file.token = None;
            file.leased_until = None;
            file.skipped_until = Some(lease_end);
            file.skips += 1;
        }
        Verb::SignFor => {
            file.officer = Some(handling.officer.clone());
            file.leased_until = None;
            file.escalates_at = None;
            file.signed_at = Some(batch.now);
            file.token = Some(sequence);
        }
        Verb::Decide { ruling, on, .. } => {
            decide(batch, file, ruling, on.unwrap_or(today), sequence).await?;
            file.token = Some(sequence);
        }
        Verb::Step { kind, at, .. } => {
            terms::step(batch, file, *kind, at.day(), sequence).await?;
            file.token = Some(sequence);
        }
        Verb::Close { disposition, termination, on, .. } => {
            terms::end(batch, file, (*disposition, *termination), on.unwrap_or(today), sequence).await?;
            batch.leave(file, sequence).await?;
            file.token = Some(sequence);
        }
        Verb::Prolong { on, until, .. } => {
            terms::prolong(batch, file, (on.unwrap_or(today), *until), sequence).await?;
            file.token = Some(sequence);
        }
        Verb::Record { on, act } => {
            if let FileAct::SelfCorrected { .. } = act {
                file.put(after);
                return Ok(review::reopen(batch, file, *on, None, sequence).await?);
            }
            record(batch, file, act, *on, sequence).await?;
        }
        Verb::Return { .. } => {
            terms::give_back(batch, file, sequence).await?;
            file.put(after);
            let reception = batch.rules.reception().id.clone();
            send(batch, file, &reception, Basis::Returned, sequence).await?;
            return Ok(());
        }
    }
    file.put(after);
    batch.writes.moved(batch.bureau, file)?;
    Ok(())
}

/// Does an act of the law that leaves the file where it is, or ends it.
async fn record(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    act: &FileAct,
    on: Day,
    sequence: Sequence,
) -> Result<(), Stop> {
    match act {
        FileAct::Notice(notice) => terms::tell(batch, file, notice, on).await?,
        FileAct::DisputeEnded { .. } => terms::end_dispute(batch, file, on).await?,
        FileAct::HandedOver { .. } => {
            terms::end(batch, file, (Disposition::HandedOver, None), on, sequence).await?;
            batch.leave(file, sequence).await?;
        }
        FileAct::Replied { review, .. } => terms::reply(batch, file, *review, on).await?,
        FileAct::Performed { .. } => terms::perform(batch, file, on).await?,
        FileAct::Recused { officer, .. } => file.recused.add(officer.clone()),
        FileAct::HandOverResult { .. }
        | FileAct::SelfCorrected { .. }
        | FileAct::LeadFound { .. }
        | FileAct::Joined { .. }
        | FileAct::Mediated { .. } => {}
    }
    // Whoever holds it must have seen this before the next verb; what waits has no version.
    if file.status != Status::Waiting {
        file.token = Some(sequence);
    }
    Ok(())
}

async fn decide(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    ruling: &Ruling,
    on: Day,
    sequence: Sequence,
) -> Result<(), Stop> {
    if let Ruling::Repeat { of: earlier, .. } | Ruling::Merge { into: earlier, .. } = ruling {
        again::same_report(batch, file, earlier, ruling, sequence).await?;
    }
    // Accepted again is a finding revised: nothing starts anew.
    if file.status == Status::SignedFor {
        terms::decide(batch, file, ruling, on, sequence).await?;
    }
    if ruling.status().has_ended() {
        batch.leave(file, sequence).await?;
    }
    Ok(())
}
