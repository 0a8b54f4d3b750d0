//! What was done on a file, for people (办理记录): who, when, what, in whose words, under which article.

use std::collections::{BTreeSet, HashSet};

use super::notices::drafts;
use super::views::{Snapshot, may_know_of_other};
use super::{Failure, Found, Operation, Service};
use crate::domain::act::{Delegation, FileAct, MediationMeans, MediationPaper, Notice, Verification};
use crate::domain::caller::Caller;
use crate::domain::check::Warning;
use crate::domain::command::{Command, EventKind, FileRef, Handled, Handling, Ruling, Verb};
use crate::domain::deadline::{Against, Duty, ReviewEnd};
use crate::domain::handling::{Disposition, NotFiledBasis, RefusalGround, TerminationGround};
use crate::domain::ids::{BureauId, OfficerId, Sequence, Track};
use crate::domain::outcome::Ended;
use crate::domain::purge::Purge;
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::domain::submission::Submission;
use crate::domain::text::{Line, Why};
use crate::domain::time::Day;
use crate::domain::view::{Act, FileHistory};
use crate::ledger::{LedgerError, MOST_ACTS, Opener, within};
use crate::routing::Bureau;
use crate::statute::RuleSet;
use crate::store::ChangeRow;
use crate::stored::{self, Recorded};

impl Service {
    /// One file with what was done on it. The look is recorded. A file of another unit is not told apart from one that does
    /// not exist (promise 11).
    pub async fn file(&self, caller: &Caller, reference: &FileRef) -> Result<FileHistory, Failure> {
        let seen = self.look(caller, Operation::GetFile, "get_file", async |opener| {
            let unknown = Refusal::NotFound { what: "file", what_zh: "件" };
            let found = self.read_file(opener, caller, reference).await?.ok_or(unknown)?;
            let id = found.file.id;
            Ok(Found::of(found, vec![id]))
        });
        seen.await
    }

    async fn read_file(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        reference: &FileRef,
    ) -> Result<Option<FileHistory>, LedgerError> {
        let (context, bureau) = (&self.inner.context, caller.bureau);
        let mut tx = context.store.read().await?;
        let rules = context.rules_in_force(&mut tx, bureau).await?;
        let found = tx.files_by_number(bureau, std::iter::once(reference)).await?.pop();
        let sight = Sight::of(caller);
        let found = within(&mut tx, opener, bureau, &sight, found).await?;
        let Some(row) = found else {
            tx.rollback().await?;
            return Ok(None);
        };
        let rows = tx.acts(bureau, row.id, MOST_ACTS).await?;
        // What has started a term of this file and is no event of its own is a later report that was merged into it.
        let own: HashSet<Sequence> = rows.iter().map(|row| row.sequence).collect();
        let clocks = tx.clocks(bureau, &[row.id]).await?;
        let others: BTreeSet<Sequence> =
            clocks.iter().map(|(_, clock)| clock.started_by).filter(|by| !own.contains(by)).collect();
        let merges = tx.changes_at(bureau, others.into_iter()).await?;
        tx.rollback().await?;
        let seen = Snapshot::read(context, opener, bureau, &sight, &[row.id]).await?;
        let Some(file) = seen.views(caller, &[row.id])?.pop() else { return Ok(None) };
        let received = row.state.received_at.day();
        let recorded: Vec<Recorded> =
            rows.iter().map(|row| opened(opener, bureau, row)).collect::<Result<_, _>>()?;
        let merged_here: Vec<Recorded> =
            merges.iter().map(|row| opened(opener, bureau, row)).collect::<Result<_, _>>()?;
        let drafts = drafts(&file, &recorded, &rules, self.now().day());
        let knows = may_know_of_other(caller, file.id.track);
        let both = recorded.iter().find_map(|one| one.command.version()).is_some_and(has_both);
        // That something was amended which the holder does not see tells of the other part (Art. 37).
        let hides = both && !knows;
        let mut acts = Vec::with_capacity(rows.len());
        let shown = |row: &ChangeRow| !(hides && row.kind == EventKind::Amend);
        for (row, recorded) in rows.iter().zip(&recorded).filter(|(row, _)| shown(row)) {
            let mut act = act(row, recorded, received, &rules);
            // What was written about the whole submission may speak of its report.
            if row.track.is_none() && !knows {
                act.text = None;
            }
            acts.push(act);
        }
        let merges = merges
            .iter()
            .zip(&merged_here)
            .filter(|(_, recorded)| merged_into(recorded).as_ref() == Some(reference));
        acts.extend(merges.filter_map(|(row, recorded)| merged(row, recorded, received, &rules)));
        acts.sort_by_key(|act| act.sequence);
        Ok(Some(FileHistory { file, acts, drafts }))
    }

    /// The bureau's units, in the order of the bureau file: code, name, and whether it is the reception unit.
    pub async fn units(&self, caller: &Caller) -> Result<Vec<(String, String, bool)>, Failure> {
        self.allow(caller, Operation::ListUnits)?;
        let read = async {
            let mut tx = self.inner.context.store.read().await?;
            let rules = self.inner.context.rules_in_force(&mut tx, caller.bureau).await?;
            tx.rollback().await?;
            Ok::<_, LedgerError>(rules)
        };
        let rules = read.await.map_err(|error| super::failed(&error))?;
        let reception = &rules.reception().id;
        let unit =
            |unit: &crate::routing::Unit| (unit.id.to_string(), unit.name.clone(), unit.id == *reception);
        Ok(rules.units().iter().map(unit).collect())
    }
}

fn has_both(submission: &Submission) -> bool {
    submission.complaint.is_some() && submission.report.is_some()
}

/// The command of an event.
pub(super) fn opened(opener: Opener<'_>, bureau: BureauId, row: &ChangeRow) -> Result<Recorded, LedgerError> {
    opener.open(bureau, row.sequence, &row.payload)
}

/// An event as people read it.
pub(super) fn act(row: &ChangeRow, recorded: &Recorded, received: Day, rules: &Bureau) -> Act {
    let command = &recorded.command;
    let law = rules.governing(received, row.recorded_at.day());
    Act {
        sequence: row.sequence,
        recorded_at: row.recorded_at,
        kind: row.kind,
        title: title(command, law, rules),
        done_on: done_on(command),
        officer: officer(command),
        unit: recorded.unit.clone(),
        text: text(command).map(|text| text.as_str().to_owned()),
        warnings: warned(row),
    }
}

/// The earlier report into which a decision has merged its own.
pub(super) fn merged_into(recorded: &Recorded) -> Option<FileRef> {
    match &recorded.command {
        Command::Handle(Handling {
            verb: Verb::Decide { ruling: Ruling::Merge { into, .. }, .. }, ..
        }) => Some(FileRef { number: into.clone(), track: Track::Report }),
        _ => None,
    }
}

/// What such a decision is to the earlier report: new facts, by which its term begins again.
pub(super) fn merged(row: &ChangeRow, recorded: &Recorded, received: Day, rules: &Bureau) -> Option<Act> {
    let Command::Handle(Handling { file, .. }) = &recorded.command else { return None };
    let law = rules.governing(received, row.recorded_at.day());
    let title = format!("补充新的事实：后件 {} 并入本件，核查期限重新计算{}", file.number, law.by("repeat"));
    Some(Act { kind: EventKind::Amend, title, ..act(row, recorded, received, rules) })
}

/// What was warned of, and decided all the same.
fn warned(row: &ChangeRow) -> Vec<Warning> {
    let handled = row.answer.as_deref().and_then(|answer| stored::from_json::<Handled>(answer).ok());
    handled.map(|handled| handled.warnings).unwrap_or_default()
}

fn done_on(command: &Command) -> Option<Day> {
    match command {
        Command::Handle(Handling { verb, .. }) => verb.done_on(),
        Command::OpenReview { received, .. } => Some(*received),
        Command::EndReview { end, .. } => end.on,
        _ => None,
    }
}

fn officer(command: &Command) -> Option<OfficerId> {
    match command {
        Command::Handle(Handling { officer, .. }) => Some(officer.clone()),
        _ => None,
    }
}

fn text(command: &Command) -> Option<&Why> {
    match command {
        Command::Handle(Handling { verb, .. }) => verb.text(),
        Command::Amend { reason, .. } | Command::Reassign { reason, .. } => Some(reason),
        Command::Withdraw { reason, .. } => reason.as_ref(),
        Command::Urge { note, .. } | Command::EndReview { note, .. } => note.as_ref(),
        _ => None,
    }
}

fn title(command: &Command, law: &RuleSet, rules: &Bureau) -> String {
    match command {
        Command::Submit(_) => "登记".to_owned(),
        Command::Import { .. } => "导入".to_owned(),
        Command::Amend { .. } => "补充".to_owned(),
        Command::Withdraw { .. } => "投诉人撤回投诉".to_owned(),
        Command::Urge { .. } => "催办".to_owned(),
        Command::Handle(Handling { verb, .. }) => of_verb(verb, law, rules),
        Command::Reassign { unit, .. } => {
            let name = rules.unit(unit).map_or(unit.as_str(), |unit| unit.name.as_str());
            format!("改派至{name}")
        }
        Command::Escalate { .. } => "逾时未签收，催签".to_owned(),
        Command::OpenReview { kind, authority, against, .. } => {
            let named = match against {
                Some(Against::Act(status)) if status.is_decided() => format!("，针对{}", status.zh()),
                Some(Against::Act(_)) => "，针对不履行职责".to_owned(),
                Some(Against::Latest) | None => String::new(),
            };
            format!("{}（{}）{named}", kind.zh(), authority.as_str())
        }
        Command::EndReview { review, end, .. } => {
            format!("复议、诉讼（序号 {}）结果：{}", review.0, of_review(*end))
        }
        Command::Outcome { outcome, .. } => match &outcome.ending {
            Some(ending) => format!("平台导出的办理结果：{}", ended(ending.ended)),
            None => "平台导出的办理情况".to_owned(),
        },
        Command::Purge(Purge { years, basis, .. }) => {
            format!("按规定清除个人信息和文字内容（办结后保存 {years} 年，依据：{}）", basis.as_str())
        }
        _ => String::new(),
    }
}

fn of_review(end: ReviewEnd) -> String {
    let merits = match end.on_merits.filter(|_| end.outcome.overturns()) {
        Some(true) => "（实体）",
        Some(false) => "（程序）",
        None => "",
    };
    let itself = if end.decided_itself { "，自行作出决定" } else { "" };
    let by = end.act_by.map(|day| format!("，限{}以前履行", day.zh()));
    format!(
        "{}{merits}{}{}",
        end.outcome.zh(),
        if end.undoes_act { itself } else { "" },
        by.unwrap_or_default()
    )
}

fn ended(ended: Ended) -> String {
    match ended {
        Ended::Refused(ground) => {
            let ground = ground.map(|ground| format!("（{}）", ground.zh()));
            format!("不予受理{}", ground.unwrap_or_default())
        }
        Ended::NotFiled => "不予立案".to_owned(),
        Ended::Closed(disposition) => disposition.map_or("已办结", Disposition::zh).to_owned(),
    }
}

fn of_verb(verb: &Verb, law: &RuleSet, rules: &Bureau) -> String {
    match verb {
        Verb::Extend => "续领".to_owned(),
        Verb::Skip { .. } => "跳过".to_owned(),
        Verb::SignFor => "签收".to_owned(),
        Verb::Decide { ruling, approved_by, .. } => {
            let by = approved_by.as_ref().map(|name| format!("，{}批准", name.as_str()));
            format!("{}{}", of_ruling(ruling, law), by.unwrap_or_default())
        }
        Verb::Step { kind, .. } => format!("办理：{}", kind.zh()),
        Verb::Close { disposition, termination, ground, .. } => {
            closed(*disposition, *termination, *ground, law)
        }
        Verb::Return { .. } => format!("退回统一接收机构{}", law.by("return")),
        Verb::Prolong { approved_by, until, .. } => {
            let until = until.map(|day| format!("至{}", day.zh()));
            format!("延长期限{}，{}批准", until.unwrap_or_default(), approved_by.as_str())
        }
        Verb::Record { act, .. } => of_act(act, law, rules),
    }
}

fn of_ruling(ruling: &Ruling, law: &RuleSet) -> String {
    match ruling {
        Ruling::Accept => format!("受理（{}）", law.article(Duty::Accept)),
        Ruling::Refuse { ground, .. } => format!("不予受理：{}", worded(*ground, law)),
        Ruling::File => format!("立案（{}、第十九条）", law.article(Duty::Verify)),
        // Art. 18 is term and competence; whether there is a case is Art. 19 or 20, and which of them the officer says.
        Ruling::NotFile { basis, .. } => {
            let basis = basis.map_or("依据第十九条或者第二十条，登记未载明", NotFiledBasis::zh);
            format!("不予立案（{}、{basis}）", law.article(Duty::Verify))
        }
        Ruling::Repeat { of, .. } => format!("重复举报，不再另行处理{}，前件 {of}", law.by("repeat")),
        Ruling::Merge { into, .. } => format!("并入前件处理{}，前件 {into}", law.by("repeat")),
        Ruling::NotCompetent { competent, .. } => {
            let competent = competent.as_ref().map(|name| format!("，有处理权限的机关：{}", name.as_str()));
            format!("不具备处理权限{}{}", law.by("not_competent"), competent.unwrap_or_default())
        }
        Ruling::OtherChannel { matter, .. } => {
            format!("不适用投诉举报程序{}：{}", law.by("other_channel"), matter.zh())
        }
    }
}

/// A ground of refusal as the governing order words it.
fn worded(ground: RefusalGround, law: &RuleSet) -> String {
    match law.refusal(ground) {
        Some(row) => format!("{}（《{}》{}）", row.text, law.name, row.item),
        None => ground.zh().to_owned(),
    }
}

fn closed(
    disposition: Disposition,
    termination: Option<TerminationGround>,
    ground: Option<RefusalGround>,
    law: &RuleSet,
) -> String {
    let row = termination.or(disposition.termination()).and_then(|ground| law.termination(ground));
    let row = row.map(|row| format!("：{}（《{}》{}）", row.text, law.name, row.item));
    let found = ground.map(|ground| format!("，即{}", worded(ground, law)));
    format!("办结，{}{}{}", disposition.zh(), row.unwrap_or_default(), found.unwrap_or_default())
}

fn of_act(act: &FileAct, law: &RuleSet, rules: &Bureau) -> String {
    match act {
        FileAct::Notice(Notice { subject, to, means, proof, .. }) => {
            format!("告知{}：{}，{}，{}", to.zh(), subject.zh(), means.zh(), proof.as_str())
        }
        FileAct::DisputeEnded { how, .. } => format!("处理权限争议结束：{}", how.zh()),
        FileAct::HandedOver { to, receipt, approved_by, .. } => {
            let receipt = receipt.as_ref().map(|number| format!("，回执 {}", number.as_str()));
            let by = approved_by.as_ref().map(|name| format!("，{}批准", name.as_str()));
            let (receipt, by) = (receipt.unwrap_or_default(), by.unwrap_or_default());
            format!("移送{}{}{receipt}{by}", to.as_str(), law.by("handed_over"))
        }
        FileAct::HandOverResult { .. } => "移送结果".to_owned(),
        FileAct::Performed { review, .. } => format!("按复议决定、裁判履行（序号 {}）", review.0),
        FileAct::Replied { review, .. } => format!("提交答复（复议、诉讼序号 {}）", review.0),
        FileAct::SelfCorrected { approved_by, .. } => format!("自行纠正，{}批准", approved_by.as_str()),
        FileAct::LeadFound { number, .. } => format!("调解中发现线索{}，另立举报件 {number}", law.by("lead")),
        FileAct::Joined { lead, consent, represents } => {
            let represents = if *represents { "，代表人" } else { "" };
            format!(
                "按共同投诉办理{}，牵头件 {lead}，书面同意：{}{represents}",
                law.by("joint"),
                consent.as_str()
            )
        }
        FileAct::Mediated { how, delegated, paper, .. } => {
            mediated(*how, delegated.as_ref(), paper.as_ref(), law)
        }
        FileAct::Verified(Verification { subject, asked, means, answer, .. }) => {
            format!("核验{}：要求提供{}，{}，{}", subject.zh(), asked.as_str(), means.zh(), answer.zh())
        }
        FileAct::DangerJudged { kind, stands, .. } => {
            format!("{}危险情形：{}", if *stands { "确认" } else { "排除" }, kind.zh())
        }
        FileAct::Recused { officer, applied_for, .. } => {
            let name =
                rules.officer(officer).map_or(officer.as_str(), |officer| officer.name.expose().as_str());
            let how = if *applied_for { "依申请" } else { "自行" };
            format!("{how}回避：{name}{}", law.by("recused"))
        }
    }
}

fn mediated(
    how: MediationMeans,
    delegated: Option<&Delegation>,
    paper: Option<&(MediationPaper, Line)>,
    law: &RuleSet,
) -> String {
    let by = delegated.map(|Delegation { to, consent }| {
        format!("，委托{}调解{}，双方同意：{}", to.as_str(), law.by("delegated"), consent.as_str())
    });
    let paper =
        paper.map(|(paper, number)| format!("，{}{}{}", paper.zh(), number.as_str(), law.by("paper")));
    format!("{}{}{}{}", how.zh(), law.by("mediated"), by.unwrap_or_default(), paper.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deadline::Law;

    /// Whatever a file can end by is said in the words of the order that governs it.
    #[test]
    fn grounds_are_said_in_the_words_of_the_order() {
        let title = |law, termination, disposition| closed(disposition, termination, None, RuleSet::of(law));
        let ended = title(Law::Order121, Some(TerminationGround::TermEnded), Disposition::MediationEnded);
        assert!(ended.contains("六十日") && ended.contains("第二十三条第一款第五项"), "{ended}");
        let ended = title(Law::Order20, Some(TerminationGround::TermEnded), Disposition::MediationEnded);
        assert!(ended.contains("四十五个工作日") && ended.contains("第二十一条第一款第五项"), "{ended}");
        let withdrawn = title(Law::Order121, None, Disposition::Withdrawn);
        assert!(withdrawn.contains("第二十三条第一款第一项"), "{withdrawn}");
    }
}
