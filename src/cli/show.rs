//! `triage show`: one submission with its files, as whoever has the database and the key may read it.

use serde_json::json;

use super::explain::{ADVICE, candidates, reasons, score, sentence, unit};
use super::table::hundredths;
use crate::app::App;
use crate::domain::command::FileRef;
use crate::domain::deadline::{Clock, Law, Review};
use crate::domain::decision::Decision;
use crate::domain::given::{Fact, Given, PURGED};
use crate::domain::ids::{BureauId, RegistrationNumber, Track};
use crate::domain::outcome::accepted_upstream_zh;
use crate::domain::time::{Day, Timestamp};
use crate::domain::view::{Act, Draft, FileHistory, FileState, FileView, SubmissionView, Term};
use crate::routing::Bureau;

/// What a submission prints: its files in words, or JSON.
pub async fn show(
    app: &App,
    bureau: BureauId,
    number: &RegistrationNumber,
    json: bool,
) -> Result<String, Box<dyn std::error::Error>> {
    let access = async |service: &crate::service::Service, caller: &_| {
        service.submission(caller, number.clone()).await
    };
    let seen = app.access(bureau, access).await?;
    let mut histories = Vec::new();
    for file in &seen.files {
        let reference = FileRef { number: number.clone(), track: file.id.track };
        let access =
            async |service: &crate::service::Service, caller: &_| service.file(caller, &reference).await;
        histories.push(app.access(bureau, access).await?);
    }
    if json {
        let done = |history: &FileHistory| json!({ "track": history.file.id.track, "acts": history.acts, "drafts": history.drafts });
        let histories: Vec<_> = histories.iter().map(done).collect();
        return Ok(serde_json::to_string_pretty(
            &json!({ "submission": seen, "histories": histories, "advice": ADVICE }),
        )?);
    }
    let mut tx = app.context.store.read().await?;
    let rules = app.context.rules_in_force(&mut tx, bureau).await?;
    tx.rollback().await?;
    Ok(text(&seen, &histories, &rules))
}

fn text(seen: &SubmissionView, histories: &[FileHistory], rules: &Bureau) -> String {
    let SubmissionView { number, sequence, recorded_at, files } = seen;
    let heading = format!("登记件 {number}　序号 {}　入库 {}", sequence.0, recorded_at.display());
    let whole = |seen: &FileView| {
        let history = histories.iter().find(|history| history.file.id == seen.id);
        let lines = history.map(history_of).unwrap_or_default();
        format!("{}\n{}", file(seen, rules, recorded_at.day()), lines.join("\n"))
    };
    std::iter::once(heading).chain(files.iter().map(whole)).collect::<Vec<_>>().join("\n\n")
}

/// What was done on a file, and the notices that are owed.
fn history_of(history: &FileHistory) -> Vec<String> {
    let mut lines = vec!["  办理记录：".to_owned()];
    lines.extend(history.acts.iter().map(|act| format!("    {}", done(act))));
    for Draft { text, .. } in &history.drafts {
        lines.push("  待告知，文书草稿（请核对后送达，并登记告知）：".to_owned());
        lines.extend(text.lines().map(|line| format!("    {line}")));
    }
    lines
}

fn done(act: &Act) -> String {
    let Act { recorded_at, title, done_on, officer, text, warnings, .. } = act;
    let day = done_on.filter(|day| *day != recorded_at.day()).map(|day| format!("（{day} 办理）"));
    let officer = officer.as_ref().map(|officer| format!("　{officer}"));
    let text = text.as_ref().map(|text| format!("：{text}"));
    let [day, officer, text] = [day, officer, text].map(Option::unwrap_or_default);
    let warned: Vec<String> =
        warnings.iter().map(|one| format!("\n      决定前提示：{}", one.text())).collect();
    let warned = warned.concat();
    format!("{}　{title}{day}{officer}{text}{warned}", recorded_at.display())
}

fn file(seen: &FileView, rules: &Bureau, came_in: Day) -> String {
    let track = seen.id.track;
    let law = rules.governing(seen.received.at.day(), came_in).law;
    let FileState { status, unit: owner, .. } = &seen.state;
    let mut lines = vec![format!("■ {}件　{}　{}", track.zh(), status.zh(), unit(rules, owner))];
    lines.extend(seen.purged.as_ref().map(|purged| format!("  {}", purged.zh())));
    lines.extend(state(&seen.state, track).map(|line| format!("  {line}")));
    lines.extend(
        seen.dangers
            .iter()
            .map(|danger| format!("  危险提示：{}（{}）", danger.kind.zh(), danger.words.join("、"))),
    );
    lines.extend(seen.state.clocks.iter().map(|clock| format!("  期限：{}", term(clock))));
    lines.extend(seen.state.reviews.iter().map(|review| format!("  {}", challenged(review))));
    lines.extend(facts(seen).map(|(name, value)| format!("  {name}：{value}")));
    lines.extend(decided(&seen.decision, rules, law));
    if let Some(rescored) = &seen.rescored {
        lines.push(format!("补充或者换用模型后重新评分（序号 {}）", rescored.sequence.0));
        lines.extend(decided(rescored, rules, law));
    }
    if track == Track::Complaint {
        lines.push(ADVICE.to_owned());
    }
    lines.join("\n")
}

/// What has happened to it since.
fn state(state: &FileState, track: Track) -> impl Iterator<Item = String> {
    [
        state.is_timed_elsewhere().then(|| "办案期限：由执法办案平台计时".to_owned()),
        state.accepted_upstream.then(|| accepted_upstream_zh(track).to_owned()),
        state.officer.as_ref().map(|officer| format!("签收人员：{officer}")),
        state.leased_until.map(|until| format!("领取至：{}", until.display())),
        state.withdrawn_at.map(|at| format!("撤回：{}", at.display())),
        (state.urges > 0).then(|| format!("催办：{} 次", state.urges)),
        (state.skips > 0).then(|| format!("跳过：{} 次", state.skips)),
        state.warned_at.map(|at| format!("逾时未签收，已提醒：{}", at.display())),
        state.danger.map(|danger| {
            (if danger { "已确认危险情形，优先办理" } else { "已排除危险情形" }).to_owned()
        }),
        state.finding.map(|finding| format!("研判意见：{}", finding.zh())),
        state.imported_label.map(|mark| format!("平台导出中的标注（疑似职业索赔）：{}", mark.zh())),
        state.ground.map(|ground| format!("不予受理情形：{}", ground.zh())),
        state.termination.map(|ground| format!("终止调解情形：{}", ground.zh())),
        state.disposition.map(|disposition| format!("处理结果：{}", disposition.zh())),
        state.recovered_fen.map(|fen| format!("挽回损失：{} 元", hundredths(fen))),
        ended(state),
    ]
    .into_iter()
    .flatten()
}

/// A term, with its article.
fn term(term: &Term) -> String {
    let clock = &term.clock;
    let Clock { duty, article, started_on, due_on, .. } = clock;
    let last = term.last_day();
    let provisional =
        if clock.provisional { "，暂定（有年份的放假安排尚未公布）" } else { "" };
    let end = match clock.met_on {
        Some(day) if term.was_kept(day) == Some(true) => format!("，{day} 按时履行"),
        Some(day) => format!("，{day} 履行"),
        None if clock.dropped => "，不再适用".to_owned(),
        None => String::new(),
    };
    let last = if due_on.day().is_some() { format!("{last} 届满") } else { last };
    let paused = term.paused_since.map(|day| format!("，检测鉴定中，自 {day} 起暂停")).unwrap_or_default();
    format!("{}　{last}{provisional}{paused}{end}（{article}，自 {started_on} 起算）", duty.zh())
}

/// A reconsideration or suit.
fn challenged(review: &Review) -> String {
    let Review { sequence, kind, authority, challenged, received_on, reply_on, .. } = review;
    let end = review.outcome.map_or_else(|| format!("{reply_on} 前答复"), |outcome| outcome.zh().to_owned());
    format!(
        "{}（序号 {}）：{}，针对“{}”，{received_on} 收到，{end}",
        kind.zh(),
        sequence.0,
        authority.as_str(),
        challenged.zh()
    )
}

/// When it ended; a file that ended elsewhere often tells only the day, and sometimes not even that.
fn ended(state: &FileState) -> Option<String> {
    let day = |at: Timestamp| if at == at.day().start() { at.day().to_string() } else { at.display() };
    state.status.has_ended().then(|| {
        let at = state.ended_at.map_or_else(|| "时间不明".to_owned(), day);
        format!("办结时间：{at}")
    })
}

/// What was told, without what was not.
fn facts(seen: &FileView) -> impl Iterator<Item = (String, String)> {
    let FileView { received, channel, complainant, respondent, part, .. } = seen;
    let came = [("接收时间", Given::Known(received.words())), ("接收方式", channel.map(Fact::words))];
    let rest = complainant.shown().chain(respondent.shown()).chain(part.shown());
    let all = came.into_iter().chain(rest.map(|(name, words)| (name.zh, words)));
    let track = seen.id.track;
    all.filter_map(move |(zh, words)| Some((name_on(track, zh), shown(words)?)))
}

/// A complaint is of a 投诉人 against a 被投诉人, a report of a 举报人 against a 被举报人.
fn name_on(track: Track, zh: &str) -> String {
    zh.replace(Track::Complaint.zh(), track.zh())
}

/// How it was decided, whole (promise 6).
fn decided(decision: &Decision, rules: &Bureau, law: Law) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(routing) = &decision.routing {
        lines.push(format!("分送：{}", sentence(routing, rules, law)));
        lines.push(format!("预计工作量：{}　规则序号：{}", hundredths(routing.centiunits), decision.rules.0));
        lines.extend(candidates(routing, rules));
    }
    if let Some(suspicion) = &decision.suspicion {
        lines.push(score(suspicion));
        lines.push(reasons(suspicion));
    }
    lines
}

fn shown(words: Given<String>) -> Option<String> {
    match words {
        Given::Absent => None,
        Given::Masked => Some("（已脱敏）".to_owned()),
        Given::Purged => Some(PURGED.to_owned()),
        Given::Known(words) => Some(words),
    }
}
