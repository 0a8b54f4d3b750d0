//! `triage clock`: how the machine's clock stands to the history, and confirming it.

use clap::Subcommand;
use serde_json::json;

use super::say;
use crate::app::{Accepted, App, ClockState};
use crate::domain::command::FileRef;
use crate::domain::ids::BureauId;
use crate::domain::time::{Day, Timestamp};

const ACCEPT_HELP: &str = "\
While the clock cannot be right - it was set by more than five minutes, it is behind the last event, or it is more than 60 \
days ahead of it after a restart - nothing is written. Set the clock first; when it is right and still not trusted, confirm \
it here. The confirmation is an event of the bureau. Where events were recorded ahead of the true time, the bureau's time \
goes back to it: leases and the like are shortened, terms that began or were kept on a day to come count as of today, and \
what a person should look at is listed.

Examples:
  triage clock accept
  triage clock accept --at '2026-11-28 09:30'     # only if the machine's clock agrees with your watch";

/// What to do about the clock.
#[derive(Debug, Subcommand)]
pub(super) enum ClockCommand {
    /// Whether the clock is trusted, and why not (查看时钟)
    #[command(
        after_help = "Exits with 0 also when it is not trusted.\n\nExample:\n  triage clock show --json"
    )]
    Show {
        /// Print JSON; times are microseconds since 1970
        #[arg(long)]
        json: bool,
    },
    /// Confirm that the clock is right, as an event (确认时钟)
    #[command(after_help = ACCEPT_HELP)]
    Accept {
        /// What your own watch says, as `YYYY-MM-DD HH:MM` in UTC+8: a clock that differs is not confirmed
        #[arg(long, value_name = "TIME", value_parser = time)]
        at: Option<Timestamp>,
        /// Print JSON; times are microseconds since 1970
        #[arg(long)]
        json: bool,
    },
}

fn time(text: &str) -> Result<Timestamp, String> {
    let bad = || "不是有效时间，请按 YYYY-MM-DD HH:MM 填写（北京时间）".to_owned();
    let (day, clock) = text.split_once([' ', 'T']).ok_or_else(bad)?;
    let (hours, minutes) = clock.split_once(':').ok_or_else(bad)?;
    let number = |text: &str, below: i64| {
        let all_digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|number| all_digits && *number < below).ok_or_else(bad)
    };
    let seconds = number(hours, 24)? * 3_600 + number(minutes, 60)? * 60;
    Ok(Day::parse(day).map_err(|invalid| invalid.zh)?.start().plus_seconds(seconds))
}

pub(super) async fn clock(
    app: &App,
    bureau: BureauId,
    command: ClockCommand,
) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        ClockCommand::Show { json } => show(app.clock_state(bureau).await?, json)?,
        ClockCommand::Accept { at, json } => match app.accept_clock(bureau, at).await? {
            Some(accepted) => tell(&accepted, json)?,
            None if json => say(&json!({ "accepted": false }).to_string())?,
            None => say("时钟没有疑问，无需确认")?,
        },
    }
    Ok(())
}

fn show(state: ClockState, json: bool) -> std::io::Result<()> {
    let ClockState { now, last, trouble } = state;
    if json {
        let trouble = trouble.map(|why| why.to_string());
        return say(
            &json!({ "now": now, "last": last, "trusted": trouble.is_none(), "reason": trouble }).to_string()
        );
    }
    say(&format!("本机时钟　{}", now.display()))?;
    say(&format!("最后记录　{}", last.display()))?;
    match trouble {
        None => say("时钟可信"),
        Some(why) => {
            say(&format!("时钟不可信，暂不写入：{}", why.zh()))?;
            say("请先校准本机时钟；时钟无误仍提示不可信时，执行 triage clock accept")
        }
    }
}

fn tell(accepted: &Accepted, json: bool) -> std::io::Result<()> {
    let Accepted { at, last, sequence, mended } = accepted;
    if json {
        return say(&json!({
            "accepted": true, "at": at, "last": last, "sequence": sequence, "mended": mended,
        })
        .to_string());
    }
    say(&format!(
        "已确认时钟：{}（记录第 {} 条；此前最后记录 {}）",
        at.display(),
        sequence.0,
        last.display()
    ))?;
    if mended.events > 0 {
        say(&format!("  此前有 {} 条记录的时间晚于现在，保持原样；此后的记录按现在的时间", mended.events))?;
        say(&format!("  已改正 {} 件的领取、跳过、排队、签收等时间", mended.files))?;
    }
    list("起算或履行日期晚于今天，已按今天改正，请核对", &mended.terms)?;
    list("曾因时钟有误而提醒或转接收机构，请核对", &mended.escalated)
}

fn list(what: &str, files: &[FileRef]) -> std::io::Result<()> {
    if !files.is_empty() {
        say(&format!("  {what}（{} 件）：", files.len()))?;
    }
    for file in files {
        say(&format!("    {} {}件", file.number, file.track.zh()))?;
    }
    Ok(())
}
