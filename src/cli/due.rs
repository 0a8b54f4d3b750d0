//! `triage due` and `triage rebalance`: terms that run out, and moves that would even the loads out.

use super::explain::unit;
use super::table::{hundredths, table};
use crate::app::App;
use crate::domain::caller::Caller;
use crate::domain::ids::{BureauId, UnitId};
use crate::routing::Bureau;
use crate::service::Service;
use crate::service::due::{DueAsked, DueList, DueTerm, Proposal};

/// What `triage due --help` says below the options.
pub(super) const HELP: &str = "\
列出已超期和即将到期的法定期限，附依据条款；最早的在前。期限有不同算法的，按最早的一天列出，并写明按本局口径（settings.art45）的一天和最迟的一天。

示例：
  triage due                       # 全局，3 个工作日以内
  triage due kunhe --within 5
  triage due --json";

/// What `triage rebalance --help` says below the options.
pub(super) const REBALANCE_HELP: &str = "\
只是建议，不改动任何件：由统一接收机构逐件确认，确认的以改派（Reassign）办理并写明理由。

示例：
  triage rebalance
  triage rebalance --json";

/// What the list of terms is asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// 只列一个单位（机构文件中的代码）
    unit: Option<String>,
    /// 几个工作日以内到期的
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(0..=250), value_name = "DAYS")]
    within: u16,
    /// 最多列出几项
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "N")]
    limit: u32,
    /// 输出 JSON
    #[arg(long)]
    json: bool,
}

/// Terms that run out: a table, or JSON.
pub(super) async fn due(
    app: &App,
    bureau: BureauId,
    asked: Arguments,
) -> Result<String, Box<dyn std::error::Error>> {
    let only = asked.unit.as_deref().map(UnitId::parse).transpose().map_err(super::office::invalid)?;
    let access = async |service: &Service, caller: &Caller| {
        let asked = DueAsked { within: asked.within, unit: only.clone(), after: None, most: asked.limit };
        service.due(caller, &asked).await
    };
    let seen = app.access(bureau, access).await?;
    if asked.json {
        return Ok(serde_json::to_string_pretty(&seen)?);
    }
    let rules = rules(app, bureau).await?;
    Ok(text(&seen, &rules))
}

fn text(seen: &DueList, rules: &Bureau) -> String {
    let overdue =
        seen.terms.iter().filter(|term| term.working_days_left.is_some_and(|days| days < 0)).count();
    let more = if seen.next.is_some() { "以上" } else { "" };
    let heading = format!(
        "{}　至 {} 到期的期限 {} 项{more}，其中已超期 {overdue} 项",
        seen.today,
        seen.until,
        seen.terms.len()
    );
    if seen.terms.is_empty() {
        return heading;
    }
    let row = |term: &DueTerm| {
        let clock = &term.clock.clock;
        let note = if clock.provisional { "暂定" } else { "" };
        let left = match term.working_days_left {
            Some(days) if days < 0 => format!("超期 {} 个工作日", -days),
            Some(days) => days.to_string(),
            None if term.clock.paused_since.is_some() => "暂停".to_owned(),
            None => "未定日数".to_owned(),
        };
        [
            left,
            term.clock.last_day(),
            format!("{}件 {}", term.track.zh(), term.number),
            term.status.zh().to_owned(),
            unit(rules, &term.unit),
            clock.duty.zh().to_owned(),
            format!("{}{note}", clock.article),
        ]
    };
    let headings = ["剩余工作日#", "届满日", "件", "状态", "单位", "法定事项", "依据"];
    format!("{heading}\n{}", table(headings, seen.terms.iter().map(row)))
}

/// Moves that would even the loads out: a table, or JSON.
pub(super) async fn rebalance(
    app: &App,
    bureau: BureauId,
    json: bool,
) -> Result<String, Box<dyn std::error::Error>> {
    let seen = app
        .access(bureau, async |service: &Service, caller: &Caller| service.proposals(caller).await)
        .await?;
    if json {
        return Ok(serde_json::to_string_pretty(&seen)?);
    }
    let rules = rules(app, bureau).await?;
    if seen.is_empty() {
        return Ok("暂无改派建议：现有待领件改派均不能降低两单位中较高的人均工作量。".to_owned());
    }
    let row = |proposal: &Proposal| {
        let change = &proposal.change;
        let load = |(before, after): (i64, i64)| format!("{} → {}", hundredths(before), hundredths(after));
        [
            format!("{}件 {}", change.file.track.zh(), proposal.number),
            unit(&rules, &change.from),
            load(change.from_load),
            unit(&rules, &change.to),
            load(change.to_load),
        ]
    };
    let headings = ["件", "现在单位", "人均工作量", "建议改派", "人均工作量"];
    let note = "仅为建议；由统一接收机构确认，以改派办理并写明理由。";
    Ok(format!("{}\n\n{note}", table(headings, seen.iter().map(row))))
}

async fn rules(app: &App, bureau: BureauId) -> Result<std::sync::Arc<Bureau>, Box<dyn std::error::Error>> {
    let mut tx = app.context.store.read().await?;
    let rules = app.context.rules_in_force(&mut tx, bureau).await?;
    tx.rollback().await?;
    Ok(rules)
}
