//! `triage rescore`: the open queue is brought to the model in use.

use std::process::ExitCode;

use super::import::{INTERRUPTED, bar_of};
use super::{Outcome, say};
use crate::app::App;
use crate::domain::ids::BureauId;
use crate::import::Rescored;
use crate::lifecycle::Lifecycle;

pub(super) const HELP: &str = "\
启用新的模型（triage train --use、triage models use）后，未办结的投诉仍是原来的评分；本命令按现用模型重评。重评记入变更记录，与首次评分
并列；首次评分、分送、期限和办理状态不变。已由现用模型评分的件不再重评，可以中断后再执行，服务运行时也可以执行。

示例：
  triage rescore
  triage rescore --json";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// 以 JSON 输出结果
    #[arg(long)]
    json: bool,
}

pub(super) async fn rescore(app: &App, bureau: BureauId, asked: Arguments) -> Outcome {
    let done = app.rescore(bureau, &Lifecycle::with_signals()?, bar_of("重评", "件")).await?;
    if asked.json {
        say(&serde_json::to_string_pretty(&done)?)?;
    } else {
        for line in lines(&done) {
            say(&line)?;
        }
    }
    Ok(if done.stopped { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

fn lines(done: &Rescored) -> Vec<String> {
    let Some(model) = &done.model else { return vec!["没有启用的模型，没有重评".to_owned()] };
    if done.complaints == 0 {
        return vec![format!("未办结的投诉都已由现用模型 {model} 评分")];
    }
    let mut lines = vec![format!("按现用模型 {model} 重评未办结的投诉 {} 件", done.rescored)];
    for moved in &done.moved {
        lines.push(format!("{:>8} 件  {} → {}", moved.complaints, moved.from.zh(), moved.to.zh()));
    }
    lines.push("  首次评分、分送、期限和办理状态不变".to_owned());
    if done.ended > 0 {
        lines.push(format!("  {} 件在此期间已办结，没有重评", done.ended));
    }
    if done.stopped {
        lines.push("  已中断：已重评的不会丢失，再次执行即可继续".to_owned());
    }
    lines
}
