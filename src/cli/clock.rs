//! `triage clock`: how the machine's clock stands to the history, and confirming it.

use clap::Subcommand;
use serde_json::json;

use super::say;
use crate::app::{Accepted, App, ClockState};
use crate::domain::command::FileRef;
use crate::domain::ids::BureauId;
use crate::domain::time::{Day, Timestamp};

const ACCEPT_HELP: &str = "\
时钟不可能正确时（被拨动 5 分钟以上，早于最近一次变更，或者重启后比它晚 60 天以上）不写入任何内容。请先校准时钟；时钟已正确而仍不
被信任的，在此确认，确认本身记入变更记录。此前曾以超前的时间记录的，自确认起回到真实时间：领取等时限相应缩短，起算或者履行于将来
某日的期限按今日计，需要人工核对的会逐件列出。

示例：
  triage clock accept
  triage clock accept --at '2026-11-28 09:30'     # 本机时钟与手表相符才确认";

/// What to do about the clock.
#[derive(Debug, Subcommand)]
pub(super) enum ClockCommand {
    /// 时钟是否可信，不可信的说明原因
    #[command(after_help = "不可信时也以 0 退出。\n\n示例：\n  triage clock show --json")]
    Show {
        /// 输出 JSON；时间为 1970 年起的微秒数
        #[arg(long)]
        json: bool,
    },
    /// 确认时钟正确，并记入变更记录
    #[command(after_help = ACCEPT_HELP)]
    Accept {
        /// 手表的时间（YYYY-MM-DD HH:MM，北京时间）；与本机时钟不符的不予确认
        #[arg(long, value_name = "TIME", value_parser = time)]
        at: Option<Timestamp>,
        /// 输出 JSON；时间为 1970 年起的微秒数
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
