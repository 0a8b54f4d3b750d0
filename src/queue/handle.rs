//! A unit's verbs on one file: what is possible in the file's status, and what each verb changes.

use std::collections::HashMap;
use std::sync::Arc;

use super::review::Undoing;
use super::{
    again, circumstances, find, in_sight, joint, lawful, officer_of, refused, review, send, terms,
    unknown_file,
};
use crate::domain::act::FileAct;
use crate::domain::check::Warning;
use crate::domain::command::{Answer, EventKind, FileRef, Handled, Handling, Outcome, Ruling, Verb};
use crate::domain::deadline::Duty;
use crate::domain::decision::Basis;
use crate::domain::handling::{Disposition, Status, StepKind};
use crate::domain::ids::{OfficerId, Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::respondent::Respondent;
use crate::domain::time::{Day, Timestamp};
use crate::ledger::{self, Access, Batch, Event, LedgerError, MOST_OF_KIND, Prepared, Stop, answer};
use crate::routing::Bureau;
use crate::statute::check;
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

/// The file of a verb, if it is one of the caller's unit that he may know of. A file of another unit, or somebody else's report, is not
/// told apart from one that does not exist (promise 11).
pub(crate) async fn own(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    handling: &Handling,
) -> Result<FileRow, Stop> {
    let file = find(batch, &handling.file).await?;
    own_of(batch, prepared, file).await
}

async fn own_of(batch: &mut Batch<'_>, prepared: &Prepared, file: Option<FileRow>) -> Result<FileRow, Stop> {
    let unit = prepared.request.unit.as_ref();
    let own = file.filter(|file| unit == Some(&file.unit));
    Ok(in_sight(batch, prepared, own).await?.ok_or_else(unknown_file)?)
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
    let mut file = own_of(batch, prepared, file).await?;
    let mut circumstances = circumstances(batch, &file);
    look_further(batch, &file, &handling.verb, &mut circumstances).await?;
    let allowed = officer_of(&batch.rules, &handling.officer, &file.unit)
        .and_then(|()| may(&file, handling, batch, circumstances))
        .and_then(|after| {
            if batch.is_done_already() {
                Ok(after)
            } else {
                fits(&file, &handling.verb, batch.now).map(|()| after)
            }
        });
    let after = allowed?;
    let mut warned = Vec::new();
    if !batch.is_done_already() {
        may_be_done(batch, &file, handling).await?;
        warned = warnings(batch, &file, handling).await?;
    }
    check_recusal(batch, &file, handling).await?;
    let sequence = batch.upcoming();
    carry_out(batch, &mut file, (prepared, handling), after, sequence).await?;
    batch.next();
    for warning in &warned {
        let action = warning.kind.word();
        let (caller, officer) = (prepared.request.caller, Some(handling.officer.clone()));
        batch.access(&Access { caller, officer, action, files: vec![file.id] });
    }
    let handled = Handled {
        token: file.token.unwrap_or(sequence),
        status: file.state.status,
        unit: file.unit.clone(),
        until: file.leased_until,
        warnings: warned,
    };
    batch.record(
        Event::new(sequence, EventKind::from(&handling.verb), prepared)
            .on(file.id)
            .by(&handling.officer)
            .answered(&handled)?,
    )?;
    Ok(handled.outcome(sequence))
}

/// What terms and history say, for the verbs to which it matters.
async fn look_further(
    batch: &mut Batch<'_>,
    file: &FileRow,
    verb: &Verb,
    circumstances: &mut Circumstances,
) -> Result<(), LedgerError> {
    if let Verb::Prolong { .. } = verb {
        let clocks = batch.clocks(file.id).await?;
        let runs = |duty| clocks.running(duty).is_some();
        circumstances.prolonged = runs(Duty::VerifyProlonged);
        circumstances.case_timed = runs(Duty::DecideCase) || runs(Duty::DecideCaseProlonged);
    }
    if life::is_self_correction(verb) && file.state.status == Status::Closed {
        circumstances.opened = batch.life(file).await?.was_opened();
    }
    Ok(())
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
    let after = life::apply(file.id.track, &file.state, circumstances, deed, by)
        .map_err(|barred| refused(barred, handling.verb.word(), file))?;
    match file.token {
        Some(current) if current != handling.token => Err(Refusal::VersionStale { current }),
        _ => Ok(after),
    }
}

/// Checks the request against the file: a finding only on complaints, a disposition of its track, a time that is not in the
/// future.
pub(super) fn fits(file: &FileRow, verb: &Verb, now: Timestamp) -> Result<(), Refusal> {
    let track = file.id.track;
    match verb {
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
            if file.state.status == Status::SignedFor && *disposition != Disposition::Withdrawn =>
        {
            Err(Refusal::field(
                "disposition",
                "a complaint that was withdrawn before it was decided is closed as withdrawn only",
                "未作出受理决定即撤回的投诉，只能以撤回投诉办结",
            ))
        }
        Verb::Step { kind, at, .. } => step_fits(file, *kind, *at, now),
        _ => Ok(()),
    }
}

/// Checks what is done against the law that governs the file, and its day against what it follows.
async fn may_be_done(batch: &mut Batch<'_>, file: &FileRow, handling: &Handling) -> Result<(), Stop> {
    is_not_full(batch, file, &handling.verb).await?;
    lawful::approved(&batch.rules.settings().approval, &handling.verb)?;
    let clocks = batch.clocks(file.id).await?;
    lawful::verb(&batch.rules, file, &clocks, &handling.verb, batch.now.day())?;
    if let Verb::Record { act, .. } = &handling.verb {
        lawful::act(file, clocks.were_mediating(), act)?;
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
        if let FileAct::Recused { officer, applied_for: false, .. } = act
            && *officer != handling.officer
        {
            let en = "recuses himself; of somebody else it is noted as applied for";
            let zh = "自行回避由本人登记；他人应当回避的，登记为依申请回避";
            return Err(Refusal::field("recused.officer", en, zh).into());
        }
    }
    Ok(())
}

/// Refuses what can be noted any number of times once a file has very many of it: who reads the file reads all of it. For what keeps a
/// duty or changes the file there is as much room again.
async fn is_not_full(batch: &mut Batch<'_>, file: &FileRow, verb: &Verb) -> Result<(), Stop> {
    let (field, most) = match verb {
        Verb::Step { .. } => ("step", MOST_OF_KIND),
        Verb::Skip { .. } => ("skip", MOST_OF_KIND),
        Verb::Record { act: FileAct::Verified(_) | FileAct::Mediated { .. }, .. } => ("act", MOST_OF_KIND),
        Verb::Record { .. } => ("act", 2 * MOST_OF_KIND),
        _ => return Ok(()),
    };
    let kind = EventKind::from(verb);
    if batch.tx.done_of_kind(batch.bureau, file.id.submission, (kind, most)).await? < most {
        return Ok(());
    }
    let en = format!("the file has {most} of these on record; note several things in one, or decide it");
    let zh = format!("此件的同类记录已满 {most} 条，请合并登记，或者作出决定");
    Err(Refusal::field(field, &en, &zh).into())
}

/// What speaks against a decision. It is made all the same - the officer may know more - and goes into the trail as such.
async fn warnings(
    batch: &mut Batch<'_>,
    file: &FileRow,
    handling: &Handling,
) -> Result<Vec<Warning>, LedgerError> {
    if check::is_looked_into(&handling.verb) {
        // What other files of the batch have come to counts as well.
        batch.flush().await?;
    }
    let (opener, bureau) = (batch.opener(), batch.bureau);
    let on = handling.verb.done_on().unwrap_or(batch.now.day());
    ledger::warnings(&mut batch.tx, opener, bureau, (file, &handling.verb, on)).await
}

/// Whether a step is of this kind of file, and its day is after what it follows.
fn step_fits(file: &FileRow, kind: StepKind, at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    let on = at.day();
    let wrong = |field, en, zh| Err(Refusal::field(field, en, zh));
    match (kind, file.testing.since) {
        _ if at.seconds() > now.seconds() + 300 => {
            wrong("time", "is in the future; note what was done", "办理时间不能晚于当前时间")
        }
        _ if on < file.state.received_at.day() => wrong(
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
        Verb::Record { act, .. } => !matches!(
            act,
            FileAct::Recused { .. }
                | FileAct::Notice(_)
                | FileAct::Verified(_)
                | FileAct::DangerJudged { .. }
        ),
        Verb::SignFor | Verb::Decide { .. } | Verb::Close { .. } | Verb::Prolong { .. } => true,
    };
    if !taking || batch.is_done_already() {
        return Ok(());
    }
    let rules = Arc::clone(&batch.rules);
    if rules.officer(&handling.officer).is_none_or(|officer| !officer.has_recusals()) {
        return Ok(not_recused(&rules, file, &handling.officer, None)?);
    }
    let known = batch.submission(file.id.submission).await?;
    Ok(not_recused(&rules, file, &handling.officer, Some(&known.facts.respondent))?)
}

/// Refuses if the officer is recused from this file, or from its operator.
pub(super) fn not_recused(
    rules: &Bureau,
    file: &FileRow,
    officer: &OfficerId,
    operator: Option<&Respondent>,
) -> Result<(), Refusal> {
    if file.recused.has(officer) {
        return Err(Refusal::field(
            "officer",
            "is recused from this file; a colleague has to handle it",
            "该人员对此件应当回避，请由其他人员办理",
        ));
    }
    let known = rules.officer(officer);
    if known.zip(operator).is_some_and(|(officer, operator)| officer.is_recused_from(operator)) {
        return Err(Refusal::field(
            "officer",
            "is recused from this operator; a colleague has to handle the file",
            "该人员对此被投诉人应当回避，请由其他人员办理",
        ));
    }
    Ok(())
}

/// Does the verb, after which the file has this status.
async fn carry_out(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    (prepared, handling): (&Prepared, &Handling),
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
            decide(batch, file, (prepared, ruling), on.unwrap_or(today), sequence).await?;
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
                return take_back(batch, file, after, *on, sequence).await;
            }
            record(batch, file, act, *on, sequence).await?;
        }
        Verb::Return { .. } => {
            terms::give_back(batch, file, sequence).await?;
            file.state = after;
            let reception = batch.rules.reception().id.clone();
            send(batch, file, &reception, Basis::Returned, sequence).await?;
            return Ok(());
        }
    }
    file.state = after;
    batch.writes.moved(batch.bureau, file)?;
    Ok(())
}

/// The bureau takes the act back by which a file has ended.
async fn take_back(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    after: State,
    on: Day,
    sequence: Sequence,
) -> Result<(), Stop> {
    let before = file.state;
    file.state = after;
    let undoing = Undoing { on, ordered: None, home: file.unit.clone(), sequence };
    Ok(review::undo(batch, file, &before, undoing).await?)
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
        FileAct::Performed { review, .. } => terms::perform(batch, file, *review, on).await?,
        FileAct::Recused { officer, .. } => file.recused.add(officer.clone()),
        FileAct::HandOverResult { .. }
        | FileAct::SelfCorrected { .. }
        | FileAct::LeadFound { .. }
        | FileAct::Verified(_)
        | FileAct::DangerJudged { .. }
        | FileAct::Joined { .. }
        | FileAct::Mediated { .. } => {}
    }
    // Whoever holds it must have seen this before the next verb; what waits has no version.
    if file.state.status != Status::Waiting {
        file.token = Some(sequence);
    }
    Ok(())
}

async fn decide(
    batch: &mut Batch<'_>,
    file: &mut FileRow,
    (prepared, ruling): (&Prepared, &Ruling),
    on: Day,
    sequence: Sequence,
) -> Result<(), Stop> {
    if let Ruling::Repeat { of: earlier, .. } | Ruling::Merge { into: earlier, .. } = ruling {
        again::same_report(batch, file, earlier, (prepared, ruling), sequence).await?;
    }
    // Accepted again is a finding revised: nothing starts anew.
    if file.state.status == Status::SignedFor {
        terms::decide(batch, file, ruling, on, sequence).await?;
    }
    if ruling.status().has_ended() {
        batch.leave(file, sequence).await?;
    }
    Ok(())
}
